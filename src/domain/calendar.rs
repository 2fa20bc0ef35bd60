//! Which hours count (SEMANTICS 3.3, R29–R31).
//!
//! CONTRACT: `Always` is needed now; business hours come with a later issue on the same type.

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::time::{between, plus};

/// Which hours a clock counts.
#[derive(Debug, Clone, PartialEq)]
pub enum Calendar {
    /// `24x7`: real elapsed time; 24 h is 24 h across a clock change.
    Always,
}

impl Calendar {
    /// Time that counts between two instants; zero if `until` is not after `from`.
    pub fn elapsed(&self, from: DateTime<Utc>, until: DateTime<Utc>) -> TimeDelta {
        match self {
            Self::Always => between(from, until).max(TimeDelta::zero()),
        }
    }

    /// The earliest instant at which `length` has counted since `from` (R30).
    pub fn add(&self, from: DateTime<Utc>, length: TimeDelta) -> DateTime<Utc> {
        match self {
            Self::Always => plus(from, length),
        }
    }
    /// The earliest instant at or after `at` from which time counts.
    pub fn counts_from(&self, at: DateTime<Utc>) -> DateTime<Utc> {
        match self {
            Self::Always => at,
        }
    }
}
