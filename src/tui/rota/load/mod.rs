//! How the hours are shared, and who is away.

pub mod view;

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    domain::{
        rota::{Leave, Person, Roster, audit::DutyInLeave, fairness::Load},
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
    /// The seat and the first instant of a duty within it, as far as a year ahead.
    pub duty: Option<(&'a Text, DateTime<Utc>)>,
}

/// How far ahead duties are looked for in a leave that ends later.
const YEAR: TimeDelta = TimeDelta::days(366);
/// A duty that began before now is said with its beginning, if that is not long ago.
const BEGUN: TimeDelta = TimeDelta::days(14);

/// The duties that fall into leave that is not over, as far as it reaches, at most a year ahead.
pub fn duties(roster: &Roster, now: DateTime<Utc>) -> Vec<DutyInLeave> {
    let last = roster.leave.iter().map(|leave| leave.end).max().filter(|last| now < *last);
    last.map(|last| roster.duties_in_leave(minus(now, BEGUN), last.min(plus(now, YEAR)))).unwrap_or_default()
}

/// Leave that is not over, by its start, given what [`duties`] found.
pub fn away<'a>(on_call: &'a OnCall, duties: &'a [DutyInLeave], now: DateTime<Utc>) -> Vec<Away<'a>> {
    let leave = on_call.roster.leave.iter().enumerate().filter(|(_, leave)| now < leave.end);
    let mut ahead: Vec<Away<'a>> = leave
        .map(|(place, leave)| {
            let within = duties.iter().filter(|duty| duty.leave == place && now < duty.end);
            Away { leave, duty: within.map(|duty| (&duty.seat, duty.start)).min_by_key(|(_, at)| *at) }
        })
        .collect();
    ahead.sort_by_key(|away| (away.leave.start, away.leave.end));
    ahead
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        demo,
        domain::{time::parse_rfc3339, zone::Zones},
        floor::oncall::OnCall,
    };

    #[test]
    fn a_duty_in_a_leave_is_found_far_beyond_the_days_of_the_strip() {
        let now = parse_rfc3339("2026-11-20T03:12:00Z").unwrap();
        let zones = Zones::bundled();
        let mut roster = demo::roster::roster(&zones, now);
        let who = roster.schedules[0].duty(plus(now, TimeDelta::days(100))).people[0].clone();
        let (start, end) = (plus(now, TimeDelta::days(99)), plus(now, TimeDelta::days(130)));
        roster.leave = vec![Leave { user: who, start, end, note: None }];
        let on_call = OnCall::new(roster, now);
        let found = duties(&on_call.roster, now);
        let away = away(&on_call, &found, now);
        let (_, at) = away[0].duty.unwrap();
        assert!((start..end).contains(&at), "{at}");
    }
}
