//! Overlaps that are not meant, people in two places, turns that never come, duty on leave (SEMANTICS R7, R10, R11).

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};

use super::{DutyInLeave, Finding};
use crate::{
    domain::{
        rota::{
            Layer, Person, Roster, Schedule, ShiftUnit,
            hours::{Stretch, union},
            sweep::{Origin, Sweep},
        },
        time::plus,
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

/// How far ahead of the window's beginning a rotation is followed to see each of its turns.
const REACH: TimeDelta = TimeDelta::days(731);

/// A rotation of hours or days meets each hour of the week within as many rounds.
const ROUNDS: i64 = 7;

/// Layers and turns that the other layers, or their own hours, leave no room for; overrides apart.
///
/// Whether something *never* comes takes a while to see: rotations are followed beyond the window, for two years at most.
pub(super) fn never_on(seat: &Schedule, start: DateTime<Utc>, end: DateTime<Utc>) -> Vec<Finding> {
    if end <= start {
        return Vec::new();
    }
    let rounds_end = seat.layers.iter().map(|layer| {
        let turns = n_turns(layer).saturating_mul(rounds_needed(layer)).saturating_add(2);
        layer.boundary(layer.index_at(layer.start.map_or(start, |own| own.max(start))).saturating_add(turns))
    });
    let end = rounds_end.max().unwrap_or(end).min(plus(start, REACH)).max(end);
    let mut came: Vec<BTreeSet<i64>> = vec![BTreeSet::new(); seat.layers.len()];
    let mut sweep = Sweep::new(seat, start, end);
    while sweep.step().is_some() {
        for (layer, index) in sweep.moment().turns() {
            if let Some(turns) = came.get_mut(layer) {
                turns.insert(index);
            }
        }
    }
    seat.layers.iter().zip(came).flat_map(|(layer, came)| of_layer(seat, layer, &came, start, end)).collect()
}

fn of_layer(
    seat: &Schedule,
    layer: &Layer,
    came: &BTreeSet<i64>,
    start: DateTime<Utc>,
    end: DateTime<Utc>,
) -> Vec<Finding> {
    let (from, until) = (layer.start.map_or(start, |own| own.max(start)), layer.end.map_or(end, |own| own.min(end)));
    let n_turns = n_turns(layer);
    let n_seen = if from < until { layer.index_at(until).saturating_sub(layer.index_at(from)) } else { 0 };
    let n_rounds = n_seen.saturating_sub(1).checked_div(n_turns).unwrap_or(0);
    let (seat, name) = (seat.name.clone(), layer.name.clone());
    if came.is_empty() {
        return if n_rounds < 1 { Vec::new() } else { vec![Finding::LayerNeverOn { seat, layer: name }] };
    }
    if n_rounds < rounds_needed(layer) {
        return Vec::new();
    }
    let came: BTreeSet<i64> = came.iter().map(|index| index.rem_euclid(n_turns)).collect();
    let never = (0..n_turns).filter(|turn| !came.contains(turn) && !layer.turn(*turn).is_empty()).map(|turn| {
        Finding::TurnNeverOn { seat: seat.clone(), layer: name.clone(), people: layer.turn(turn).to_vec() }
    });
    never.collect()
}

fn n_turns(layer: &Layer) -> i64 {
    i64::try_from(layer.participants.len()).unwrap_or(i64::MAX)
}

/// Turns of whole weeks meet the same hours in each round.
fn rounds_needed(layer: &Layer) -> i64 {
    if layer.shift.unit == ShiftUnit::Weeks { 1 } else { ROUNDS }
}

/// When one person's duty on a seat begins (true) and ends, by time.
type Edges = BTreeMap<DateTime<Utc>, Vec<(bool, usize)>>;

/// One person on several seats at once; touching stretches of the same seats are one.
pub(super) fn on_several(roster: &Roster, start: DateTime<Utc>, end: DateTime<Utc>) -> Vec<Finding> {
    let mut edges: BTreeMap<&Person, Edges> = BTreeMap::new();
    let seats: Vec<_> = roster.schedules.iter().map(|seat| seat.segments(start, end)).collect();
    for (seat, segments) in seats.iter().enumerate() {
        for segment in segments {
            for person in &segment.people {
                let of_person = edges.entry(person).or_default();
                of_person.entry(segment.start).or_default().push((true, seat));
                of_person.entry(segment.end).or_default().push((false, seat));
            }
        }
    }
    let name = |seat: &usize| roster.schedules.get(*seat).map(|seat| seat.name.clone());
    let found = edges.into_iter().flat_map(|(person, edges)| {
        together(edges).into_iter().map(|(seats, (start, end))| Finding::OnSeveralSeats {
            person: person.clone(),
            seats: seats.iter().filter_map(name).collect(),
            start,
            end,
        })
    });
    found.collect()
}

/// The stretches in which more than one seat is held, with the seats.
fn together(edges: Edges) -> Vec<(BTreeSet<usize>, Stretch)> {
    let mut found = Vec::new();
    let mut on: BTreeSet<usize> = BTreeSet::new();
    let mut since: Option<(BTreeSet<usize>, DateTime<Utc>)> = None;
    for (at, mut changes) in edges {
        // What ends comes before what begins, so that a segment that follows another keeps the seat held.
        changes.sort_unstable();
        for (begins, seat) in changes {
            if begins {
                on.insert(seat);
            } else {
                on.remove(&seat);
            }
        }
        if let Some((seats, from)) = since.take_if(|(seats, _)| *seats != on) {
            found.push((seats, (from, at)));
        }
        if since.is_none() && on.len() > 1 {
            since = Some((on.clone(), at));
        }
    }
    found
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
