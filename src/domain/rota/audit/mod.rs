//! What is wrong or odd about a roster in a stretch of time (SEMANTICS R3, R6, R9, R10, R11).
//!
//! Findings are data; what they say in words is the business of those who print them.

mod clocks;
pub(in crate::domain::rota) mod exceptions;
mod names;
mod seats;

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};

use super::{Person, Roster};
use crate::text::Text;

/// How bad a finding is; in order, the worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Somebody who should be told would not be, or the roster does not do what it says: a check fails.
    Fails,
    /// Probably a mistake; somebody should look.
    Warns,
    /// Good to know; nothing to do.
    Notes,
}

/// Where in a roster a name stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// A layer's turns.
    Layer {
        /// The seat.
        seat: Text,
        /// The layer's name.
        layer: Text,
    },
    /// A calendar's shifts.
    Calendar {
        /// The seat.
        seat: Text,
        /// The calendar's name.
        calendar: Text,
    },
    /// An override.
    Override {
        /// The seat.
        seat: Text,
        /// Its place in `Schedule::overrides`, from 0.
        index: usize,
    },
    /// A leave; its place in `Roster::leave`, from 0.
    Leave(usize),
    /// An escalation policy, by name.
    Escalation(Text),
}

/// How a hand-off and the wall clock disagree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WallTime {
    /// The clocks spring over it: the hand-off is when they do.
    Missing,
    /// It comes twice: the hand-off is the first time; this is the second.
    Twice(DateTime<Utc>),
}

/// One thing that is wrong or odd. Stretches are half-open and cut to the window that was audited.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// Nobody is on call, and it is not off time.
    Gap {
        /// The seat.
        seat: Text,
        /// From when.
        start: DateTime<Utc>,
        /// Until when.
        end: DateTime<Utc>,
    },
    /// Somebody is named whom the list of people does not know.
    UnknownPerson {
        /// Who.
        person: Person,
        /// Where.
        place: Place,
    },
    /// An escalation names a seat that is none of the roster's.
    UnknownSeat {
        /// The name.
        seat: Text,
        /// The escalation policy.
        policy: Text,
    },
    /// Two or more layers or calendars of one level put different people on call at once. Several people of one turn are meant.
    Overlap {
        /// The seat.
        seat: Text,
        /// The names of the layers and calendars.
        layers: Vec<Text>,
        /// Everybody they put on call in this stretch, sorted.
        people: Vec<Person>,
        /// From when.
        start: DateTime<Utc>,
        /// Until when.
        end: DateTime<Utc>,
    },
    /// One person is on call on several seats at once: nobody is left to escalate to.
    OnSeveralSeats {
        /// Who.
        person: Person,
        /// Which seats, in the roster's order.
        seats: Vec<Text>,
        /// From when.
        start: DateTime<Utc>,
        /// Until when.
        end: DateTime<Utc>,
    },
    /// Somebody is on call while on leave.
    DutyInLeave(DutyInLeave),
    /// An override changes nothing: with and without it the same people are on call (R9), or it has no length.
    OverrideWithoutEffect {
        /// The seat.
        seat: Text,
        /// Its place in `Schedule::overrides`, from 0.
        index: usize,
        /// Its own beginning, not cut.
        start: DateTime<Utc>,
        /// Its own end, not cut.
        end: DateTime<Utc>,
    },
    /// Two overrides speak of the same people at once; one of them wins.
    OverridesClash {
        /// The seat.
        seat: Text,
        /// The place of the one that wins, from 0.
        winner: usize,
        /// The place of the other one, from 0.
        loser: usize,
        /// From when.
        start: DateTime<Utc>,
        /// Until when.
        end: DateTime<Utc>,
    },
    /// A layer is never on call, though its rotation goes round at least once: others hide it, or its hours never come.
    LayerNeverOn {
        /// The seat.
        seat: Text,
        /// The layer's name.
        layer: Text,
    },
    /// A turn of a layer never comes on call, however often the rotation goes round.
    TurnNeverOn {
        /// The seat.
        seat: Text,
        /// The layer's name.
        layer: Text,
        /// Whose turn.
        people: Vec<Person>,
    },
    /// A turn lasts longer or shorter than its nominal length, because clocks change in it; nothing at all = it is skipped (R3).
    OddLength {
        /// The seat.
        seat: Text,
        /// The layer's name.
        layer: Text,
        /// Whose turn.
        people: Vec<Person>,
        /// From when.
        start: DateTime<Utc>,
        /// Until when.
        end: DateTime<Utc>,
        /// How long by the wall clock.
        nominal: TimeDelta,
        /// How long indeed.
        actual: TimeDelta,
    },
    /// A hand-off, or an edge of a layer's hours, is at a wall time that does not exist that day, or exists twice.
    OddWallTime {
        /// The seat.
        seat: Text,
        /// The layer's name.
        layer: Text,
        /// What the wall clock should read.
        wall: NaiveDateTime,
        /// When it is.
        at: DateTime<Utc>,
        /// What is odd.
        how: WallTime,
    },
}

/// Somebody on call while on leave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DutyInLeave {
    /// Who.
    pub person: Person,
    /// On which seat.
    pub seat: Text,
    /// Which leave: its place in `Roster::leave`, from 0.
    pub leave: usize,
    /// From when.
    pub start: DateTime<Utc>,
    /// Until when.
    pub end: DateTime<Utc>,
}

impl Finding {
    /// How bad it is.
    pub fn severity(&self) -> Severity {
        match self {
            Self::Gap { .. }
            | Self::UnknownPerson { .. }
            | Self::UnknownSeat { .. }
            | Self::Overlap { .. }
            | Self::DutyInLeave(_)
            | Self::OverrideWithoutEffect { .. } => Severity::Fails,
            Self::OnSeveralSeats { .. }
            | Self::OverridesClash { .. }
            | Self::LayerNeverOn { .. }
            | Self::TurnNeverOn { .. } => Severity::Warns,
            Self::OddLength { .. } | Self::OddWallTime { .. } => Severity::Notes,
        }
    }

    /// From when it holds; nothing for what holds of the file as it stands.
    pub fn start(&self) -> Option<DateTime<Utc>> {
        match self {
            Self::Gap { start, .. }
            | Self::Overlap { start, .. }
            | Self::OnSeveralSeats { start, .. }
            | Self::DutyInLeave(DutyInLeave { start, .. })
            | Self::OverrideWithoutEffect { start, .. }
            | Self::OverridesClash { start, .. }
            | Self::OddLength { start, .. } => Some(*start),
            Self::OddWallTime { at, .. } => Some(*at),
            Self::UnknownPerson { .. }
            | Self::UnknownSeat { .. }
            | Self::LayerNeverOn { .. }
            | Self::TurnNeverOn { .. } => None,
        }
    }
}

impl Roster {
    /// Everything wrong or odd in `[start, end)`: the worst first, then by time.
    pub fn audit(&self, start: DateTime<Utc>, end: DateTime<Utc>) -> Vec<Finding> {
        let mut findings = names::unknown(self);
        for seat in &self.schedules {
            findings.extend(seat.gaps(start, end).into_iter().map(|gap| Finding::Gap {
                seat: seat.name.clone(),
                start: gap.start,
                end: gap.end,
            }));
            findings.extend(seats::overlaps(seat, start, end));
            findings.extend(seats::never_on(seat, start, end));
            findings.extend(exceptions::findings(seat, start, end));
            findings.extend(clocks::odd(seat, start, end));
        }
        findings.extend(seats::on_several(self, start, end));
        findings.extend(self.duties_in_leave(start, end).into_iter().map(Finding::DutyInLeave));
        // Stable: what has no time of its own stays in the roster's order, before what has one.
        findings.sort_by_key(|finding| (finding.severity(), finding.start()));
        findings
    }
}

#[cfg(test)]
mod tests;
