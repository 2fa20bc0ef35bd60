//! How the hours are shared, and who is away.

pub mod view;

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    domain::{
        rota::{Leave, Person, fairness::Load},
        time::{minus, plus},
    },
    floor::oncall::OnCall,
    text::Text,
};

/// How far back hours are counted, as `oncall fairness` does.
pub const BACK: TimeDelta = TimeDelta::days(90);
/// How far ahead.
pub const AHEAD: TimeDelta = TimeDelta::days(28);

/// One person's hours.
#[derive(Debug, Clone, PartialEq)]
pub struct Share {
    /// Who.
    pub person: Person,
    /// On call in the 90 days behind.
    pub total: TimeDelta,
    /// Of it, at night.
    pub nights: TimeDelta,
    /// Of it, at the weekend.
    pub weekends: TimeDelta,
    /// On call in the 28 days ahead.
    pub ahead: TimeDelta,
}

/// Everybody's hours, most of them first.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Shares {
    /// Each person once.
    pub rows: Vec<Share>,
}

impl Shares {
    /// Works them out by the roster as it stands.
    pub fn new(on_call: &OnCall, now: DateTime<Utc>) -> Self {
        let behind = on_call.roster.fairness(minus(now, BACK), now);
        let ahead: HashMap<Person, TimeDelta> = on_call
            .roster
            .fairness(now, plus(now, AHEAD))
            .people
            .into_iter()
            .map(|load| (load.person, load.total))
            .collect();
        let share = |load: Load| Share {
            ahead: ahead.get(&load.person).copied().unwrap_or_default(),
            person: load.person,
            total: load.total,
            nights: load.nights,
            weekends: load.weekends,
        };
        let rows: Vec<Share> = behind.people.into_iter().map(share).collect();
        Self { rows }
    }
}

/// A time away, with the duty that falls into it.
#[derive(Debug, Clone, PartialEq)]
pub struct Away<'a> {
    /// Who and when.
    pub leave: &'a Leave,
    /// The seat and the first instant of a duty within it, as far as two weeks ahead.
    pub duty: Option<(&'a Text, DateTime<Utc>)>,
}

/// Leave that is not over, by its start.
pub fn away<'a>(on_call: &'a OnCall, now: DateTime<Utc>) -> Vec<Away<'a>> {
    let mut ahead: Vec<&Leave> = on_call.roster.leave.iter().filter(|leave| now < leave.end).collect();
    ahead.sort_by_key(|leave| (leave.start, leave.end));
    let duty = |leave: &Leave| {
        let first = |seat: &'a crate::floor::oncall::Seat| {
            let segments = seat.segments.iter().filter(|s| s.people.contains(&leave.user));
            let within = segments.filter(|s| s.start < leave.end && leave.start < s.end && now < s.end);
            within.map(|s| s.start.max(leave.start)).next().map(|at| (&seat.name, at))
        };
        on_call.seats.iter().filter_map(first).min_by_key(|(_, at)| *at)
    };
    ahead.into_iter().map(|leave| Away { leave, duty: duty(leave) }).collect()
}
