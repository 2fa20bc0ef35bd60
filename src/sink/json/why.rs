//! What moved the clocks of one incident.

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::{Said, incident::Incident};
use crate::{
    domain::{
        sla::{Evidence, Step},
        time::rfc3339,
    },
    sink::{board::Judged, words},
};

/// One incident, and every step of its clocks.
#[derive(Debug, Serialize)]
pub struct Why {
    incident: Incident,
    is_history_known: bool,
    evidence: Vec<Line>,
}

/// One step.
#[derive(Debug, Serialize)]
struct Line {
    at: String,
    clock: &'static str,
    step: &'static str,
    priority: Option<&'static str>,
    by: Option<Said>,
    event: String,
    /// The rule of the clocks (docs/rules.md).
    rule: &'static str,
    /// The policy's rule in force from here on.
    under: Option<Said>,
}

impl Why {
    /// The answer on the wire.
    pub fn of(judged: &Judged<'_>, evidence: &[Evidence], now: DateTime<Utc>) -> Self {
        Self {
            incident: Incident::of(judged, now),
            is_history_known: judged.incident.has_timeline,
            evidence: evidence.iter().map(Line::of).collect(),
        }
    }
}

impl Line {
    fn of(evidence: &Evidence) -> Self {
        Self {
            at: rfc3339(evidence.at),
            clock: words::clock(evidence.clock),
            step: words::step(evidence.step),
            priority: match evidence.step {
                Step::Retarget(grade) => super::incident::priority(grade),
                _ => None,
            },
            by: evidence.by.as_ref().map(Said::from),
            event: evidence.event.clone(),
            rule: evidence.rule,
            under: evidence.under.as_ref().map(Said::from),
        }
    }
}
