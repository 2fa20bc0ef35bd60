//! Duties for tests.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use super::Duty;
use crate::{
    domain::{
        escalation::Target,
        recur::Rule,
        time::parse_rfc3339,
        zone::{Zone, Zones},
    },
    text::Text,
};

pub(super) fn at(written: &str) -> DateTime<Utc> {
    parse_rfc3339(written).unwrap()
}

pub(super) fn day(written: &str) -> NaiveDate {
    written.parse().unwrap()
}

pub(super) fn berlin() -> Zone {
    Zones::bundled().find("Europe/Berlin").unwrap()
}

/// Due at 09:00 UTC, late at 10:00, said an hour before.
pub(super) fn duty(rule: &str) -> Duty {
    Duty {
        name: Text::scrub("triage"),
        about: Text::default(),
        rule: Rule::read(rule).unwrap(),
        time: "09:00:00".parse().unwrap(),
        zone: Zone::utc(),
        owner: Target::Person(Text::scrub("ana")),
        start: None,
        until: None,
        grace: TimeDelta::hours(1),
        remind: TimeDelta::hours(1),
        evidence: None,
        runbook: None,
    }
}
