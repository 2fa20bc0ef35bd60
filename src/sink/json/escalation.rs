//! The ladder of an escalation.

use serde::Serialize;

use super::{Said, all, instant};
use crate::domain::{
    escalation::ladder::{Ladder, Mark, Rung, Standing},
    time::rfc3339,
};

/// An escalation as it stands.
#[derive(Debug, Serialize)]
pub(super) struct Escalation {
    policy: Option<Said>,
    state: &'static str,
    since: Option<String>,
    lapses_at: Option<String>,
    next: Option<Step>,
    rungs: Vec<Step>,
}

/// One rung; `round` and `step` count from 1, and an alarm has no step.
#[derive(Debug, Serialize)]
struct Step {
    at: String,
    round: u32,
    step: Option<usize>,
    people: Vec<Said>,
    mark: &'static str,
    alarm: Option<&'static str>,
    is_ahead: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    retried: Option<Retried>,
}

/// Rounds in a row that find nobody.
#[derive(Debug, Serialize)]
struct Retried {
    tries: u32,
    every_s: i64,
    last_at: String,
}

impl Escalation {
    /// Where the roster could not be read, so that nobody knows whether it escalates.
    pub(super) fn unknown() -> Self {
        Self { policy: None, state: "unknown", since: None, lapses_at: None, next: None, rungs: Vec::new() }
    }

    pub(super) fn of(ladder: &Ladder) -> Self {
        let (state, since, lapses_at) = match ladder.standing {
            Standing::Unknown => ("unknown", None, None),
            Standing::Calling => ("calling", None, None),
            Standing::Exhausted => ("exhausted", None, None),
            Standing::Acknowledged { since, until } => ("acknowledged", Some(since), until),
            Standing::Resolved { since } => ("resolved", Some(since), None),
        };
        Self {
            policy: Some(Said::from(&ladder.policy)),
            state,
            since: instant(since),
            lapses_at: instant(lapses_at),
            next: ladder.next().map(step),
            rungs: ladder.rungs.iter().map(step).collect(),
        }
    }
}

fn step(rung: &Rung) -> Step {
    let alarm = match rung.mark {
        Mark::NobodyOnCall => Some("nobody_on_call"),
        Mark::Exhausted => Some("exhausted"),
        Mark::Said | Mark::Due | Mark::Ahead | Mark::Nobody | Mark::Stopped => None,
    };
    let mark = match rung.mark {
        Mark::Said => "said",
        Mark::Due => "due",
        Mark::Nobody => "nobody",
        Mark::Stopped => "stopped",
        Mark::Ahead | Mark::NobodyOnCall | Mark::Exhausted => "ahead",
    };
    Step {
        at: rfc3339(rung.at),
        round: rung.round.saturating_add(1),
        step: rung.step.map(|step| step.saturating_add(1)),
        people: all(&rung.people),
        // An alarm that happened is marked by its name; one that lies ahead has not happened.
        mark: alarm.filter(|_| !rung.is_ahead).unwrap_or(mark),
        alarm,
        is_ahead: rung.is_ahead,
        retried: rung.retried.map(|again| Retried {
            tries: again.tries,
            every_s: again.every.num_seconds(),
            last_at: rfc3339(again.last),
        }),
    }
}
