//! Time with nobody on call: a gap, or off by design (SEMANTICS R10).

use chrono::{DateTime, TimeDelta, Utc};

use super::{
    Person, Schedule, Segment,
    hours::{Hours, Stretch, outside, union, within},
};
use crate::domain::time::between;

/// Time in which somebody should be on call and nobody is. `[start, end)`, never empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gap {
    /// From when.
    pub start: DateTime<Utc>,
    /// Until when.
    pub end: DateTime<Utc>,
}

/// What a stretch of the final schedule is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Somebody is on call, within off hours or not.
    Manned,
    /// Nobody is, and somebody should be.
    Gap,
    /// Nobody is, and nobody needs to be.
    Off,
}

/// A part of the final schedule with one set of people and one kind. `[start, end)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// From when.
    pub start: DateTime<Utc>,
    /// Until when.
    pub end: DateTime<Utc>,
    /// Who, sorted by name; empty unless manned.
    pub people: Vec<Person>,
    /// What it is.
    pub kind: Kind,
}

impl Schedule {
    /// When nobody needs to be on call in `[start, end)`: sorted, merged, cut at both ends. Both edges through `resolve` (R8).
    pub fn off_windows(&self, start: DateTime<Utc>, end: DateTime<Utc>) -> Vec<Stretch> {
        union(self.off.iter().flat_map(|off| Hours::new(&off.zone, &off.hours).open_in(start, end)).collect())
    }

    /// Whether nobody needs to be on call at an instant.
    pub fn is_off_at(&self, at: DateTime<Utc>) -> bool {
        self.off.iter().any(|off| Hours::new(&off.zone, &off.hours).is_open_at(at))
    }

    /// What an instant is when these people are on call at it.
    pub fn kind_at(&self, at: DateTime<Utc>, people: &[Person]) -> Kind {
        match (people.is_empty(), self.is_off_at(at)) {
            (false, _) => Kind::Manned,
            (true, true) => Kind::Off,
            (true, false) => Kind::Gap,
        }
    }

    /// Segments, computed or recorded, with those of nobody split into gaps and off time. Sorted segments give sorted pieces.
    pub fn split(&self, segments: &[Segment]) -> Vec<Piece> {
        let nobody = || segments.iter().filter(|segment| segment.people.is_empty());
        let first = nobody().map(|segment| segment.start).min();
        let last = nobody().map(|segment| segment.end).max();
        let off = first.zip(last).map(|(first, last)| self.off_windows(first, last)).unwrap_or_default();
        segments.iter().flat_map(|segment| pieces_of(segment, &off)).collect()
    }

    /// The final schedule in `[start, end)` in pieces that touch and cover it all.
    pub fn pieces(&self, start: DateTime<Utc>, end: DateTime<Utc>) -> Vec<Piece> {
        self.split(&self.segments(start, end))
    }

    /// When nobody is on call in `[start, end)` and somebody should be; earliest first.
    pub fn gaps(&self, start: DateTime<Utc>, end: DateTime<Utc>) -> Vec<Gap> {
        let pieces = self.pieces(start, end).into_iter();
        pieces.filter(|piece| piece.kind == Kind::Gap).map(|piece| Gap { start: piece.start, end: piece.end }).collect()
    }

    /// The share of the time in `[start, end)` in which somebody is on call, 0..=1.
    ///
    /// Off time counts only when somebody is on call in it; 1 when no time is left to count (R10).
    pub fn coverage(&self, start: DateTime<Utc>, end: DateTime<Utc>) -> f64 {
        coverage_of(&self.pieces(start, end))
    }
}

/// The share of the pieces' time in which somebody is on call; off time is left out, and nothing to count is 1 (R10).
pub fn coverage_of(pieces: &[Piece]) -> f64 {
    let manned = total(pieces, Kind::Manned).num_seconds();
    let gap = total(pieces, Kind::Gap).num_seconds();
    match manned.saturating_add(gap) {
        0 => 1.0,
        all => manned as f64 / all as f64,
    }
}

/// How much time the pieces of one kind take.
pub fn total(pieces: &[Piece], kind: Kind) -> TimeDelta {
    let lengths = pieces.iter().filter(|piece| piece.kind == kind).map(|piece| between(piece.start, piece.end));
    lengths.fold(TimeDelta::zero(), |sum, length| sum.checked_add(&length).unwrap_or(TimeDelta::MAX))
}

fn pieces_of(segment: &Segment, off: &[Stretch]) -> Vec<Piece> {
    let piece = |start, end, kind| Piece { start, end, people: segment.people.clone(), kind };
    if !segment.people.is_empty() {
        return vec![piece(segment.start, segment.end, Kind::Manned)];
    }
    let (start, end) = (segment.start, segment.end);
    let gaps = outside(start, end, off).into_iter().map(|(from, until)| piece(from, until, Kind::Gap));
    let mut pieces: Vec<Piece> =
        within(start, end, off).map(|(from, until)| piece(from, until, Kind::Off)).chain(gaps).collect();
    pieces.sort_by_key(|piece| piece.start);
    pieces
}
