//! Overlaps that are not meant, people in two places, turns that never come, duty on leave (SEMANTICS R7, R10, R11).

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};

use super::{DutyInLeave, Finding};
use crate::{
    domain::rota::{
        Layer, Person, Roster, Schedule,
        hours::{Stretch, union},
        sweep::{Origin, Sweep},
    },
    text::Text,
};

impl<'a> Origin<'a> {
    fn name(self) -> &'a Text {
        match self {
            Self::Layer(_, layer) => &layer.name,
            Self::Calendar(calendar) => &calendar.name,
        }
    }
}

/// Where layers of one level put different people on call; touching stretches of the same layers are one.
pub(super) fn overlaps(seat: &Schedule, start: DateTime<Utc>, end: DateTime<Utc>) -> Vec<Finding> {
    let mut found: Vec<(Vec<&Text>, BTreeSet<&Person>, Stretch)> = Vec::new();
    if seat.layers.len().saturating_add(seat.calendars.len()) < 2 {
        return Vec::new();
    }
    let mut sweep = Sweep::new(seat, start, end);
    while let Some((from, until)) = sweep.step() {
        let origins = sweep.moment().origins();
        let Some((_, first)) = origins.first() else { continue };
        if origins.iter().all(|(_, people)| people == first) {
            continue;
        }
        let layers: Vec<&Text> = origins.iter().map(|(origin, _)| origin.name()).collect();
        let people = origins.iter().flat_map(|(_, people)| people.iter().copied());
        match found.last_mut() {
            Some((same, known, stretch)) if *same == layers && stretch.1 == from => {
                stretch.1 = until;
                known.extend(people);
            }
            _ => {
                let people = people.collect();
                found.push((layers, people, (from, until)));
            }
        }
    }
    let finding = |(layers, people, (start, end)): (Vec<&Text>, BTreeSet<&Person>, Stretch)| Finding::Overlap {
        seat: seat.name.clone(),
        layers: layers.into_iter().cloned().collect(),
        people: people.into_iter().cloned().collect(),
        start,
        end,
    };
    found.into_iter().map(finding).collect()
}

/// Layers and turns that the layers above leave no room for, overrides apart.
pub(super) fn never_on(seat: &Schedule, start: DateTime<Utc>, end: DateTime<Utc>) -> Vec<Finding> {
    let mut came: Vec<BTreeSet<i64>> = vec![BTreeSet::new(); seat.layers.len()];
    let mut sweep = Sweep::new(seat, start, end);
    while sweep.step().is_some() {
        for (layer, index) in sweep.moment().turns() {
            if let Some(turns) = came.get_mut(layer) {
                turns.insert(index);
            }
        }
    }
    let mut findings = Vec::new();
    for (layer, indices) in seat.layers.iter().zip(came) {
        let seat_name = seat.name.clone();
        let n_turns = i64::try_from(layer.participants.len()).unwrap_or(i64::MAX);
        if n_turns == 0 || !goes_round(layer, n_turns, start, end) {
            continue;
        }
        if indices.is_empty() {
            findings.push(Finding::LayerNeverOn { seat: seat_name, layer: layer.name.clone() });
            continue;
        }
        let came: BTreeSet<i64> = indices.into_iter().map(|index| index.rem_euclid(n_turns)).collect();
        findings.extend((0..n_turns).filter(|turn| !came.contains(turn)).map(|turn| Finding::TurnNeverOn {
            seat: seat_name.clone(),
            layer: layer.name.clone(),
            people: layer.turn(turn).to_vec(),
        }));
    }
    findings
}

/// Whether every turn of the layer begins and ends at least once in the window, while the layer holds.
fn goes_round(layer: &Layer, n_turns: i64, start: DateTime<Utc>, end: DateTime<Utc>) -> bool {
    let from = layer.start.map_or(start, |own| own.max(start));
    let until = layer.end.map_or(end, |own| own.min(end));
    from < until && n_turns < layer.index_at(until).saturating_sub(layer.index_at(from))
}

/// One person on several seats at once; touching stretches of the same seats are one.
pub(super) fn on_several(roster: &Roster, start: DateTime<Utc>, end: DateTime<Utc>) -> Vec<Finding> {
    let mut edges: BTreeMap<&Person, BTreeMap<DateTime<Utc>, Vec<(usize, bool)>>> = BTreeMap::new();
    let seats: Vec<_> = roster.schedules.iter().map(|seat| seat.segments(start, end)).collect();
    for (seat, segments) in seats.iter().enumerate() {
        for segment in segments {
            for person in &segment.people {
                let of_person = edges.entry(person).or_default();
                of_person.entry(segment.start).or_default().push((seat, true));
                of_person.entry(segment.end).or_default().push((seat, false));
            }
        }
    }
    let mut findings = Vec::new();
    for (person, edges) in edges {
        let mut on: BTreeSet<usize> = BTreeSet::new();
        let mut since: Option<(BTreeSet<usize>, DateTime<Utc>)> = None;
        for (at, mut changes) in edges {
            // What ends comes before what begins, so that a segment that follows another keeps the seat held.
            changes.sort_by_key(|(_, begins)| *begins);
            for (seat, begins) in changes {
                if begins {
                    on.insert(seat);
                } else {
                    on.remove(&seat);
                }
            }
            if let Some((seats, from)) = since.take_if(|(seats, _)| *seats != on) {
                let named = seats.iter().filter_map(|seat| roster.schedules.get(*seat)).map(|seat| seat.name.clone());
                let (person, seats) = (person.clone(), named.collect());
                findings.push(Finding::OnSeveralSeats { person, seats, start: from, end: at });
            }
            if since.is_none() && on.len() > 1 {
                since = Some((on.clone(), at));
            }
        }
    }
    findings
}

impl Roster {
    /// Who is on call while on leave in `[start, end)`, in order of leave, seat and time; touching stretches are one (R11).
    pub fn duties_in_leave(&self, start: DateTime<Utc>, end: DateTime<Utc>) -> Vec<DutyInLeave> {
        let mut found = Vec::new();
        if self.leave.is_empty() {
            return found;
        }
        let seats: Vec<_> = self.schedules.iter().map(|seat| (seat, seat.segments(start, end))).collect();
        for (leave, away) in self.leave.iter().enumerate() {
            for (seat, segments) in &seats {
                let first = segments.partition_point(|segment| segment.end <= away.start);
                let held = segments.iter().skip(first).take_while(|segment| segment.start < away.end);
                let duty = held.filter(|segment| segment.people.contains(&away.user));
                let stretches = union(duty.map(|s| (s.start.max(away.start), s.end.min(away.end))).collect());
                found.extend(stretches.into_iter().map(|(start, end)| DutyInLeave {
                    person: away.user.clone(),
                    seat: seat.name.clone(),
                    leave,
                    start,
                    end,
                }));
            }
        }
        found
    }
}
