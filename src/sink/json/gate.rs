//! What gates found.

use serde::Serialize;

use super::{Said, all, instant, unless_blank};
use crate::sink::gate;

/// A gate on the wire.
#[derive(Debug, Serialize)]
pub struct Gate {
    gate: &'static str,
    verdict: &'static str,
    about: Option<Said>,
    findings: Vec<Finding>,
}

#[derive(Debug, Serialize)]
struct Finding {
    weight: &'static str,
    code: &'static str,
    seat: Option<Said>,
    people: Vec<Said>,
    start: Option<String>,
    end: Option<String>,
    what: Said,
    hint: Option<Said>,
}

impl Gate {
    /// A gate on the wire.
    pub fn of(gate: &gate::Gate) -> Self {
        Self {
            gate: gate.name,
            verdict: gate.verdict.word(),
            about: unless_blank(&gate.about),
            findings: gate
                .findings
                .iter()
                .map(|finding| Finding {
                    weight: finding.weight.word(),
                    code: finding.code,
                    seat: finding.seat.as_ref().map(Said::from),
                    people: all(&finding.people),
                    start: instant(finding.when.map(|(start, _)| start)),
                    end: instant(finding.when.map(|(_, end)| end)),
                    what: Said::from(&finding.what),
                    hint: unless_blank(&finding.hint),
                })
                .collect(),
        }
    }
}
