//! Layers and overrides put together: who is on call, when that changes, and who follows (SEMANTICS R7, R9, R10).

use std::cmp::Reverse;

use chrono::{DateTime, TimeDelta, Utc};

use super::{Duty, Layer, Override, OverrideKind, Person, Schedule, Segment, layer::Stint};
use crate::domain::time::{minus, plus};

/// How far [`Schedule::duty`] looks, both ways.
const HORIZON: TimeDelta = TimeDelta::days(60);

/// Where it looks first: most rotations turn within a week.
const NEAR: TimeDelta = TimeDelta::days(8);

/// What a window is widened by, so that a change exactly on its edge is seen as a change.
const EDGE: TimeDelta = TimeDelta::seconds(1);

impl Schedule {
    /// Who is on call at an instant, sorted by name; empty = a gap.
    pub fn on_call(&self, at: DateTime<Utc>) -> Vec<Person> {
        let per_layer = self.layers.iter().map(|layer| (layer.level, layer.people_at(at)));
        self.decide(per_layer, at).into_iter().cloned().collect()
    }

    /// The final schedule in `[start, end)`: segments that touch, cover it all, and differ from their neighbours.
    ///
    /// Empty when `end <= start`.
    pub fn segments(&self, start: DateTime<Utc>, end: DateTime<Utc>) -> Vec<Segment> {
        let mut tracks: Vec<Track> = self.layers.iter().map(|layer| Track::of(layer, start, end)).collect();
        let mut segments: Vec<Segment> = Vec::new();
        let mut last: Option<Vec<&Person>> = None;
        let edges = self.edges(&tracks, start, end);
        for (from, until) in edges.iter().zip(edges.iter().skip(1)) {
            let per_layer: Vec<_> =
                tracks.iter_mut().map(|track| (track.layer.level, track.people_at(*from))).collect();
            let people = self.decide(per_layer.into_iter(), *from);
            match segments.last_mut() {
                // The set of people counts, whatever layer or slot it comes from (R10).
                Some(segment) if last.as_ref() == Some(&people) => segment.end = *until,
                _ => {
                    let named = people.iter().map(|person| (*person).clone()).collect();
                    segments.push(Segment { start: *from, end: *until, people: named });
                    last = Some(people);
                }
            }
        }
        segments
    }

    /// Who is on call now, since when, until when, and who follows; looks 60 days both ways, edges included.
    pub fn duty(&self, at: DateTime<Utc>) -> Duty {
        let near = self.duty_within(at, NEAR);
        if near.since.is_some() && near.until.is_some() { near } else { self.duty_within(at, HORIZON) }
    }

    fn duty_within(&self, at: DateTime<Utc>, reach: TimeDelta) -> Duty {
        let (from, until) = (minus(minus(at, reach), EDGE), plus(plus(at, reach), EDGE));
        let segments = self.segments(from, until);
        let mut rest = segments.into_iter().skip_while(|segment| segment.end <= at);
        match rest.next() {
            Some(now) => Duty {
                people: now.people,
                since: (from < now.start).then_some(now.start),
                until: (now.end < until).then_some(now.end),
                next: rest.next().map(|segment| segment.people),
            },
            None => Duty { people: self.on_call(at), since: None, until: None, next: None },
        }
    }

    /// Every instant in the window at which somebody's duty may begin or end, and both ends of the window.
    fn edges(&self, tracks: &[Track], start: DateTime<Utc>, end: DateTime<Utc>) -> Vec<DateTime<Utc>> {
        let of_layers = tracks.iter().flat_map(|track| &track.stints).flat_map(|stint| [stint.start, stint.end]);
        let of_overrides = self.overrides.iter().flat_map(|exception| [exception.start, exception.end]);
        let mut edges: Vec<_> =
            of_layers.chain(of_overrides).filter(|at| start < *at && *at < end).chain([start, end]).collect();
        edges.sort_unstable();
        edges.dedup();
        if start < end { edges } else { Vec::new() }
    }

    /// Applies the overrides in force and the precedence of levels; sorted, each person once.
    fn decide<'a>(
        &'a self,
        per_layer: impl Iterator<Item = (i32, &'a [Person])>,
        at: DateTime<Utc>,
    ) -> Vec<&'a Person> {
        let in_force: Vec<&Override> = self.overrides.iter().filter(|o| o.start <= at && at < o.end).collect();
        let mut people =
            match in_force.iter().filter_map(|o| o.everybody().map(|all| (o, all))).max_by_key(|(o, _)| o.rank()) {
                Some((_, all)) => all.iter().collect(),
                None => {
                    let mut top = highest(per_layer.map(|(level, people)| (level, stand_ins(people, &in_force))));
                    top.extend(in_force.iter().filter_map(|o| match &o.kind {
                        OverrideKind::Add(person) => Some(person),
                        OverrideKind::ReplaceAll(_) | OverrideKind::ReplaceUser { .. } | OverrideKind::Remove(_) => {
                            None
                        }
                    }));
                    top
                }
            };
        people.sort_unstable();
        people.dedup();
        people
    }
}

impl Override {
    fn everybody(&self) -> Option<&[Person]> {
        match &self.kind {
            OverrideKind::ReplaceAll(people) => Some(people),
            OverrideKind::ReplaceUser { .. } | OverrideKind::Add(_) | OverrideKind::Remove(_) => None,
        }
    }

    /// The greater wins: the level, then the later made (R9); of equal ones the later in the file.
    fn rank(&self) -> (i32, Option<DateTime<Utc>>) {
        (self.level, self.created)
    }
}

/// A layer's people after replacements and removals, each looked up once under the original name, so two people can swap.
///
/// A replacement beats a removal of the same person: somebody was named to step in (GoAlert does the same).
fn stand_ins<'a>(people: &'a [Person], in_force: &[&'a Override]) -> Vec<&'a Person> {
    people
        .iter()
        .filter_map(|person| {
            let replaced = in_force.iter().filter_map(|o| match &o.kind {
                OverrideKind::ReplaceUser { user, with } if user == person => Some((o.rank(), with)),
                OverrideKind::ReplaceUser { .. }
                | OverrideKind::ReplaceAll(_)
                | OverrideKind::Add(_)
                | OverrideKind::Remove(_) => None,
            });
            match replaced.max_by_key(|(rank, _)| *rank) {
                Some((_, with)) => Some(with),
                None if in_force.iter().any(|o| matches!(&o.kind, OverrideKind::Remove(away) if away == person)) => {
                    None
                }
                None => Some(person),
            }
        })
        .collect()
}

/// The people of the highest level that has any; equal levels unite (R7).
fn highest<'a>(per_layer: impl Iterator<Item = (i32, Vec<&'a Person>)>) -> Vec<&'a Person> {
    let mut manned: Vec<_> = per_layer.filter(|(_, people)| !people.is_empty()).collect();
    manned.sort_by_key(|(level, _)| Reverse(*level));
    let top = manned.first().map(|(level, _)| *level);
    manned.into_iter().take_while(|(level, _)| Some(*level) == top).flat_map(|(_, people)| people).collect()
}

/// A layer's stints with a place in them that only moves forward.
struct Track<'a> {
    layer: &'a Layer,
    stints: Vec<Stint>,
    next: usize,
}

impl<'a> Track<'a> {
    fn of(layer: &'a Layer, start: DateTime<Utc>, end: DateTime<Utc>) -> Self {
        Self { layer, stints: layer.stints(start, end), next: 0 }
    }

    /// Who the layer puts on call; instants must be asked in order.
    fn people_at(&mut self, at: DateTime<Utc>) -> &'a [Person] {
        while self.stints.get(self.next).is_some_and(|stint| stint.end <= at) {
            self.next = self.next.saturating_add(1);
        }
        match self.stints.get(self.next) {
            Some(stint) if stint.start <= at => self.layer.turn(stint.index),
            _ => &[],
        }
    }
}
