//! A policy and a rota for the tests of this folder.

use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    domain::{
        escalation::{
            Policy, Step, Target,
            engine::{Event, Happened},
        },
        priority::Priority,
        rota::Person,
        time::{between, parse_rfc3339, plus},
    },
    text::Text,
};

/// The instant that seconds are counted from.
pub fn zero() -> DateTime<Utc> {
    parse_rfc3339("2026-11-20T00:00:00Z").unwrap()
}

pub fn at(seconds: i64) -> DateTime<Utc> {
    plus(zero(), TimeDelta::seconds(seconds))
}

pub fn seconds(at: DateTime<Utc>) -> i64 {
    between(zero(), at).num_seconds()
}

pub fn event(seconds: i64, event: Event) -> Happened {
    Happened { at: at(seconds), event }
}

/// A step of so many seconds that tells one seat.
pub fn step(delay: i64, seat: &str) -> Step {
    Step { delay: TimeDelta::seconds(delay), targets: vec![Target::Seat(Text::scrub(seat))] }
}

/// Ana after nothing, bo after 300 s, cy after 600 s more; the round ends 900 s later.
pub fn policy(repeat: u32) -> Policy {
    Policy {
        name: Text::scrub("urgent"),
        priorities: vec![Priority::P0, Priority::P1],
        steps: vec![step(300, "ana"), step(600, "bo"), step(900, "cy")],
        repeat,
        ack_timeout: None,
        reserve: None,
    }
}

/// A rota in which each seat is held by the person of its name, but for `nobody`.
pub fn held(target: &Target, _: DateTime<Utc>) -> Vec<Person> {
    match target {
        Target::Seat(seat) if seat.as_str() == "nobody" => Vec::new(),
        Target::Seat(seat) => vec![seat.clone()],
        Target::Person(person) => vec![person.clone()],
    }
}
