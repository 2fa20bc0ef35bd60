//! Why clocks stand as they do.

use serde::Serialize;

use super::{Said, incident::priority};
use crate::{
    domain::{
        sla::{Evidence, Step},
        time::rfc3339,
    },
    sink::words,
    text::Text,
};

/// One thing that moved a clock.
#[derive(Debug, Serialize)]
pub struct Line {
    at: String,
    clock: &'static str,
    step: &'static str,
    /// The priority it is judged by from here on; only where `step` is `retarget`.
    #[serde(skip_serializing_if = "Option::is_none")]
    judged_as: Option<Option<&'static str>>,
    event: Said,
    by: Option<Said>,
    rule: &'static str,
    rule_words: Said,
    under: Option<Said>,
}

/// The evidence on the wire, oldest first.
pub fn lines(evidence: &[Evidence]) -> Vec<Line> {
    evidence.iter().map(line).collect()
}

fn line(evidence: &Evidence) -> Line {
    let (step, judged_as) = match evidence.step {
        Step::Start => ("start", None),
        Step::Pause => ("pause", None),
        Step::Resume => ("resume", None),
        Step::Stop => ("stop", None),
        Step::Retarget(grade) => ("retarget", Some(priority(grade))),
        Step::Breach => ("breach", None),
    };
    Line {
        at: rfc3339(evidence.at),
        clock: words::clock(evidence.clock),
        step,
        judged_as,
        // Its labels and logins were scrubbed where they came in; an event's words are put together from those.
        event: Said::from(&Text::scrub(&evidence.event)),
        by: evidence.by.as_ref().map(Said::from),
        rule: evidence.rule,
        rule_words: Said::from(&evidence.words),
        under: evidence.under.as_ref().map(Said::from),
    }
}
