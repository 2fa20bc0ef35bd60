//! `watchfloor check sla`: whether what was promised is kept.

use chrono::{DateTime, Utc};

use crate::{
    domain::{
        incident::Incident,
        priority::{Grade, Priority},
        sla::{self, Clock, ClockState, WhichClock},
        time::{between, short_span},
    },
    floor::{
        Floor,
        freshness::{Feed, Worth},
    },
    sink::gate::{Finding, Gate, Verdict, Weight},
    text::Text,
};

/// Judges the floor: no clock is over by more than the grace, no P0 is without a response, and everything was heard.
pub fn judge(floor: &Floor, now: DateTime<Utc>) -> Gate {
    let mut sources = floor.sources_of(Feed::Host).chain(floor.sources_of(Feed::History)).peekable();
    if sources.peek().is_none() {
        return Gate::without_verdict("sla", Verdict::NotConfigured, "no source of incidents in the settings");
    }
    let unheard = sources.find(|source| 0 < source.n_skipped || !matches!(source.worth(now), Worth::Fresh(_)));
    let mut findings = Vec::new();
    for place in floor.queue().order() {
        let Some(entry) = floor.queue().entry(*place) else { continue };
        let (incident, verdict) = (&entry.incident, sla::judge(&entry.incident, &floor.policy, now));
        let is_first = verdict.grade == Grade::Set(Priority::P0);
        if incident.has_timeline && is_first && is_open(&verdict.response) {
            findings.push(about(incident, "unanswered", "a P0 without a response", "answer it"));
        } else if incident.has_timeline {
            findings.extend(over(incident, WhichClock::Response, &verdict.response, floor, now));
        }
        findings.extend(over(incident, WhichClock::Fix, &verdict.fix, floor, now));
    }
    let grace = floor.policy.grace;
    let said = if grace.is_zero() { String::new() } else { format!("a grace of {}", short_span(grace)) };
    let gate = Gate::of("sla", Text::scrub(&said), findings);
    match unheard {
        // A "no" stands, whatever was not heard.
        Some(source) if gate.verdict == Verdict::Pass => {
            let why = format!("{} was not heard whole", source.name);
            Gate::without_verdict("sla", Verdict::NotJudged, &why)
        }
        _ => gate,
    }
}

fn is_open(clock: &Clock) -> bool {
    matches!(clock.state, ClockState::Ok | ClockState::AtRisk | ClockState::Breached | ClockState::Paused)
}

fn over(incident: &Incident, which: WhichClock, clock: &Clock, floor: &Floor, now: DateTime<Utc>) -> Option<Finding> {
    let deadline = clock.deadline.filter(|_| clock.state == ClockState::Breached)?;
    let by = between(deadline, now);
    let (name, hint) = match which {
        WhichClock::Response => ("response", "answer it"),
        WhichClock::Fix => ("fix", "close it, or lower its priority"),
    };
    (floor.policy.grace < by)
        .then(|| about(incident, "breach", &format!("the {name} clock is over by {}", short_span(by)), hint))
}

fn about(incident: &Incident, code: &'static str, what: &str, hint: &str) -> Finding {
    Finding {
        weight: Weight::Fails,
        code,
        seat: None,
        people: Vec::new(),
        when: None,
        what: Text::scrub(&format!("{}: {what}: {}", incident.key, incident.title)),
        hint: Text::scrub(hint),
    }
}
