//! What the tests of this folder share: one day, one reporter, one team.

use chrono::{DateTime, Utc};

use crate::{
    domain::{
        incident::{Actor, CloseReason, Event, Incident, IncidentKey, Kind, Label, Login, Repo, Standing, What},
        sla::Policy,
        time::parse_rfc3339,
    },
    text::Text,
};

/// An instant on 20 November 2026, or a whole RFC 3339 one.
pub(crate) fn at(time: &str) -> DateTime<Utc> {
    let whole = if time.len() == 5 { format!("2026-11-20T{time}:00Z") } else { time.to_owned() };
    parse_rfc3339(&whole).unwrap()
}

/// The standard policy with mia as its maintainer and one pause label.
pub(in crate::domain) fn policy() -> Policy {
    let mut policy = Policy::standard();
    policy.maintainers = vec![Login::new("mia"), Login::new("rita-maintains")];
    policy.pause_labels = vec!["waiting".to_owned()];
    policy
}

/// One event: "12:05 mia commented", "12:05 mia labeled P0"; the actor `-` is unknown.
pub(in crate::domain) fn event(line: &str) -> Event {
    let mut parts = line.split_whitespace();
    let (time, who, what) = (parts.next().unwrap(), parts.next().unwrap(), parts.next().unwrap());
    let rest = parts.next();
    let what = match (what, rest) {
        ("labeled", Some(label)) => What::Labeled(Label::new(label)),
        ("unlabeled", Some(label)) => What::Unlabeled(Label::new(label)),
        ("assigned", login) => What::Assigned(login.map(Login::new)),
        ("commented", None) => What::Commented,
        ("reviewed", None) => What::Reviewed,
        ("closed", None) => What::Closed(CloseReason::Completed),
        ("closed", Some("not_planned")) => What::Closed(CloseReason::NotPlanned),
        ("closed", Some("duplicate")) => What::Closed(CloseReason::Duplicate),
        ("reopened", None) => What::Reopened,
        other => panic!("{other:?}"),
    };
    let actor = (who != "-").then(|| Actor {
        login: Login::new(who),
        standing: if who == "member" { Standing::Member } else { Standing::Unsaid },
        is_robot: who.ends_with("[bot]"),
    });
    Event { at: at(time), actor, what }
}

/// An incident that rita opened at 12:00 with these labels, and what happened to it.
pub(crate) fn incident(labels: &[&str], events: &[&str]) -> Incident {
    let timeline: Vec<_> = events.iter().map(|line| event(line)).collect();
    let mut now: Vec<_> = labels.iter().map(|label| Label::new(label)).collect();
    for event in &timeline {
        match &event.what {
            What::Labeled(label) if !now.contains(label) => now.push(label.clone()),
            What::Unlabeled(label) => now.retain(|on| on != label),
            _ => {}
        }
    }
    let turn = timeline.iter().rev().find(|e| matches!(e.what, What::Closed(_) | What::Reopened));
    let close = turn.and_then(|event| match event.what {
        What::Closed(reason) => Some((event.at, reason)),
        _ => None,
    });
    Incident {
        key: IncidentKey::issue(Repo::new("acme/api"), 812),
        kind: Kind::Issue,
        title: Text::scrub("Login returns 500"),
        author: Some(Login::new("rita")),
        labels: now,
        assignees: Vec::new(),
        reviewers: Vec::new(),
        milestone: None,
        is_draft: false,
        opened_at: at("12:00"),
        updated_at: at("12:00"),
        closed_at: close.map(|(at, _)| at),
        close_reason: close.map(|(_, reason)| reason),
        comments: 0,
        url: Text::scrub(""),
        body: None,
        timeline,
        has_timeline: true,
    }
}
