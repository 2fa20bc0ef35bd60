//! What a watch over the seats saw: the raw material of the record of who was on call (SEMANTICS R6).

use chrono::{DateTime, TimeDelta, Utc};

use super::Person;
use crate::text::Text;

/// A seat was looked at during `[start, end)`, and these people held it all the while; `start == end` is a single look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Watched {
    /// The seat's name.
    pub seat: Text,
    /// Who, sorted by name; empty = nobody.
    pub people: Vec<Person>,
    /// From when it was watched.
    pub start: DateTime<Utc>,
    /// Until when it was watched.
    pub end: DateTime<Utc>,
}

/// Two looks with one answer that lie no further apart count as having watched in between; beyond that nobody knows.
pub const NEAR: TimeDelta = TimeDelta::minutes(5);
