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
    policy: Said,
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
}

impl Escalation {
    pub(super) fn of(ladder: &Ladder) -> Self {
        let (state, since, lapses_at) = match ladder.standing {
            Standing::Unknown => ("unknown", None, None),
            Standing::Calling => ("calling", None, None),
            Standing::Exhausted => ("exhausted", None, None),
            Standing::Acknowledged { since, until } => ("acknowledged", Some(since), until),
            Standing::Resolved { since } => ("resolved", Some(since), None),
        };
        Self {
            policy: Said::from(&ladder.policy),
            state,
            since: instant(since),
            lapses_at: instant(lapses_at),
            next: ladder.next().map(step),
            rungs: ladder.rungs.iter().map(step).collect(),
        }
    }
}

fn step(rung: &Rung) -> Step {
    Step {
        at: rfc3339(rung.at),
        round: rung.round.saturating_add(1),
        step: rung.step.map(|step| step.saturating_add(1)),
        people: all(&rung.people),
        mark: match rung.mark {
            Mark::Said => "said",
            Mark::Due => "due",
            Mark::Ahead => "ahead",
            Mark::Nobody => "nobody",
            Mark::Stopped => "stopped",
            Mark::NobodyOnCall => "nobody_on_call",
            Mark::Exhausted => "exhausted",
        },
    }
}
