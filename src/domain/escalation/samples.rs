//! A policy, a rota and an incident for the tests of this folder.

use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;

use crate::{
    domain::{
        escalation::{
            Policy, Step, Target,
            engine::{self, Happened},
        },
        incident::{self, Actor, CloseReason, Incident, IncidentKey, Kind, Label, Login, Repo, Standing, What},
        priority::Priority,
        rota::Person,
        sla,
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

pub fn event(seconds: i64, event: engine::Event) -> Happened {
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

/// Any event; a snooze may end before it is said.
pub fn any_event() -> impl Strategy<Value = engine::Event> {
    use engine::Event;
    prop_oneof![
        Just(Event::Triggered),
        Just(Event::Acknowledged),
        Just(Event::Unacknowledged),
        (0..5_000i64).prop_map(|second| Event::Snoozed { until: at(second) }),
        Just(Event::Resolved),
        Just(Event::Reopened),
        Just(Event::Escalated),
    ]
}

/// Up to four steps, some of them with nobody.
pub fn any_policy() -> impl Strategy<Value = Policy> {
    let seat = prop_oneof![Just("nobody"), Just("ana"), Just("bo")];
    let steps = prop::collection::vec((0..500i64, seat).prop_map(|(delay, seat)| step(delay, seat)), 1..5);
    (steps, 0..3u32, prop::option::of(1..1_000i64)).prop_map(|(steps, repeat, timeout)| Policy {
        steps,
        ack_timeout: timeout.map(TimeDelta::seconds),
        ..policy(repeat)
    })
}

/// A rota in which each seat is held by the person of its name, but for `nobody`.
pub fn held(target: &Target, _: DateTime<Utc>) -> Vec<Person> {
    match target {
        Target::Seat(seat) if seat.as_str() == "nobody" => Vec::new(),
        Target::Seat(seat) => vec![seat.clone()],
        Target::Person(person) => vec![person.clone()],
    }
}

/// An instant of 20 November 2026: `12:05`.
pub fn clock(time: &str) -> DateTime<Utc> {
    parse_rfc3339(&format!("2026-11-20T{time}:00Z")).unwrap()
}

/// Promises of a team of one, mia.
pub fn promises() -> sla::Policy {
    let mut promises = sla::Policy::standard();
    promises.maintainers = vec![Login::new("mia")];
    promises.triage_labels = vec!["untriaged".to_owned()];
    promises
}

/// What rita opened at noon, with these labels, and what happened: `12:05 mia labeled P0`.
pub fn opened_at_noon(labels: &[&str], events: &[&str]) -> Incident {
    let timeline: Vec<incident::Event> = events.iter().map(|line| happening(line)).collect();
    let mut labels: Vec<Label> = labels.iter().map(|label| Label::new(label)).collect();
    for event in &timeline {
        match &event.what {
            What::Labeled(label) => labels.push(label.clone()),
            What::Unlabeled(label) => labels.retain(|on| on != label),
            _ => {}
        }
    }
    let closed = timeline.iter().rfind(|e| matches!(e.what, What::Closed(_) | What::Reopened));
    let closed_at = closed.filter(|e| e.what != What::Reopened).map(|e| e.at);
    Incident {
        key: IncidentKey::issue(Repo::new("acme/api"), 1),
        kind: Kind::Issue,
        title: Text::scrub("it fails"),
        author: Some(Login::new("rita")),
        labels,
        assignees: Vec::new(),
        reviewers: Vec::new(),
        milestone: None,
        is_draft: false,
        opened_at: clock("12:00"),
        updated_at: clock("12:00"),
        closed_at,
        close_reason: closed_at.map(|_| CloseReason::Completed),
        comments: 0,
        url: Text::scrub(""),
        body: None,
        timeline,
        has_timeline: true,
    }
}

fn happening(line: &str) -> incident::Event {
    let words: Vec<&str> = line.split_whitespace().collect();
    let label = || Label::new(words[3]);
    let what = match words[2] {
        "labeled" => What::Labeled(label()),
        "unlabeled" => What::Unlabeled(label()),
        "commented" => What::Commented,
        "reviewed" => What::Reviewed,
        "closed" => What::Closed(CloseReason::Completed),
        "reopened" => What::Reopened,
        other => panic!("{other}"),
    };
    let is_robot = words[1].ends_with("[bot]");
    let actor = Actor { login: Login::new(words[1]), standing: Standing::Unsaid, is_robot };
    incident::Event { at: clock(words[0]), actor: Some(actor), what }
}
