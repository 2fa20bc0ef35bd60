//! The gate of a release, its memo and its notes on the wire.

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::{Said, instant, unless_blank};
use crate::{
    domain::release::{
        course::Standing,
        evidence::{Finding, Judged},
        gate::Verdict,
        notes,
        record::{Deed, Say},
        rollback::{self, Stage},
    },
    sink::release::{Told, finding, state},
    text::Text,
};

/// The verdict with every reason.
#[derive(Debug, Serialize)]
pub struct Gate {
    release: Option<Said>,
    commit: Option<Said>,
    go: bool,
    verdict: &'static str,
    reasons: Vec<Reason>,
    evidence: Vec<Evidence>,
    rollback: Option<Rollback>,
}

#[derive(Debug, Serialize)]
struct Reason {
    code: Said,
    text: Said,
}

/// What evidence says of a step.
#[derive(Debug, Serialize)]
pub struct Evidence {
    step: Said,
    text: Said,
    finding: &'static str,
    said: Said,
    as_of: Option<String>,
    contradicts: bool,
}

/// The watch over a release that went out.
#[derive(Debug, Serialize)]
pub struct Rollback {
    stage: &'static str,
    start: Option<String>,
    end: Option<String>,
    owner: Option<Said>,
    declared: bool,
    recommended: bool,
    waiting: bool,
    criteria: Vec<Criterion>,
    decided: Option<Decision>,
}

#[derive(Debug, Serialize)]
struct Criterion {
    name: Said,
    state: &'static str,
    since: Option<String>,
    said: Said,
}

/// A decision on record.
#[derive(Debug, Serialize)]
pub struct Decision {
    what: Said,
    by: Said,
    at: Option<String>,
}

/// The memo: the gate, with what stands beside it.
#[derive(Debug, Serialize)]
pub struct Memo {
    sign_offs: Vec<SignOff>,
    budgets: Vec<Budget>,
    decisions: Vec<Decision>,
    markdown: String,
}

#[derive(Debug, Serialize)]
struct SignOff {
    role: Said,
    by: Said,
    word: &'static str,
    commit: Option<Said>,
    at: Option<String>,
    reason: Option<Said>,
}

#[derive(Debug, Serialize)]
struct Budget {
    objective: Said,
    state: &'static str,
    left: Option<f64>,
}

/// What went into a release.
#[derive(Debug, Serialize)]
pub struct Notes {
    since: Option<String>,
    until: Option<String>,
    last: Option<Said>,
    step: Option<&'static str>,
    suggested: Option<Said>,
    merged: Vec<Entry>,
    closed: Vec<Entry>,
    contributors: Vec<Said>,
    unknown: usize,
    unheard: Vec<Said>,
    markdown: String,
}

#[derive(Debug, Serialize)]
struct Entry {
    key: Said,
    title: Said,
    author: Option<Said>,
    at: Option<String>,
    url: Option<Said>,
    step: &'static str,
}

impl Gate {
    /// The verdict on the wire.
    pub fn of(told: &Told<'_>) -> Self {
        let reason = |reason: &crate::domain::release::gate::Reason| Reason {
            code: Said::from(&Text::scrub(&reason.code())),
            text: Said::from(&Text::scrub(&reason.words())),
        };
        Self {
            release: unless_blank(&told.release.name),
            commit: told.commit.map(Said::from),
            go: told.outcome.verdict == Verdict::Go,
            verdict: told.outcome.verdict.word(),
            reasons: told.outcome.reasons.iter().map(reason).collect(),
            evidence: told.evidence.iter().map(|(text, judged, how)| Evidence::of(text, judged, *how)).collect(),
            rollback: told.rollback.map(Rollback::of),
        }
    }
}

impl Evidence {
    /// Evidence on the wire; `text` is its step's.
    pub fn of(text: &Text, judged: &Judged, standing: Standing) -> Self {
        Self {
            step: Said::from(&Text::scrub(judged.step.as_str())),
            text: Said::from(text),
            finding: finding(judged.finding),
            said: Said::from(&judged.said),
            as_of: instant(judged.as_of),
            contradicts: standing == Standing::Contradicted && judged.finding == Finding::Fails,
        }
    }
}

impl Rollback {
    /// The watch on the wire.
    pub fn of(watch: &rollback::Rollback) -> Self {
        let criterion = |criterion: &rollback::Criterion| Criterion {
            name: Said::from(&criterion.name),
            state: state(criterion.state),
            since: if let rollback::State::Met(at) = criterion.state { instant(Some(at)) } else { None },
            said: Said::from(&criterion.said),
        };
        Self {
            stage: match watch.stage {
                Stage::Before => "before",
                Stage::Baking => "baking",
                Stage::Over => "over",
            },
            start: instant(Some(watch.start)),
            end: instant(Some(watch.end)),
            owner: unless_blank(&watch.owner),
            declared: watch.is_declared,
            recommended: watch.is_recommended(),
            waiting: watch.is_waiting(),
            criteria: watch.criteria.iter().map(criterion).collect(),
            decided: watch.decided.as_ref().map(|(what, by, at)| Decision {
                what: Said::from(&Text::scrub(what.word())),
                by: Said::from(by),
                at: instant(Some(*at)),
            }),
        }
    }
}

impl Memo {
    /// The memo on the wire, beside the gate.
    pub fn of(told: &Told<'_>, now: DateTime<Utc>) -> Self {
        let entries = || told.release.courses.iter().flat_map(|course| course.record.entries());
        let sign_off = |entry: &crate::domain::release::record::Entry| match &entry.deed {
            Deed::SignOff { role, say } => Some(SignOff {
                role: Said::from(role),
                by: Said::from(&entry.by),
                word: Say::word(*say),
                commit: entry.commit.as_ref().map(Said::from),
                at: instant(Some(entry.at)),
                reason: unless_blank(&entry.reason),
            }),
            _ => None,
        };
        let decision = |entry: &crate::domain::release::record::Entry| match &entry.deed {
            Deed::Decision { what } => Some(Decision {
                what: Said::from(&Text::scrub(what.word())),
                by: Said::from(&entry.by),
                at: instant(Some(entry.at)),
            }),
            _ => None,
        };
        let budget = |(name, state, left): &(&Text, crate::domain::slo::standing::BudgetState, Option<f64>)| Budget {
            objective: Said::from(*name),
            state: state.word(),
            left: *left,
        };
        Self {
            sign_offs: entries().filter_map(sign_off).collect(),
            budgets: told.budgets.iter().map(budget).collect(),
            decisions: entries().filter_map(decision).collect(),
            markdown: crate::sink::release::memo(told, now),
        }
    }
}

impl Notes {
    /// Notes on the wire.
    pub fn of(title: &Text, notes: &notes::Notes, unheard: &[Text]) -> Self {
        let entry = |entry: &notes::Entry| Entry {
            key: Said::from(&entry.key),
            title: Said::from(&entry.title),
            author: entry.author.as_ref().map(Said::from),
            at: instant(Some(entry.at)),
            url: unless_blank(&entry.url),
            step: entry.weight.word(),
        };
        Self {
            since: instant(Some(notes.period.start)),
            until: instant(Some(notes.period.end)),
            last: notes.last.as_ref().map(Said::from),
            step: notes.weight.map(notes::Weight::word),
            suggested: notes.next.as_ref().map(|next| Said::from(&Text::scrub(next))),
            merged: notes.merged.iter().map(entry).collect(),
            closed: notes.closed.iter().map(entry).collect(),
            contributors: notes.contributors.iter().map(Said::from).collect(),
            unknown: notes.n_unknown,
            unheard: unheard.iter().map(Said::from).collect(),
            markdown: crate::sink::release::notes(title, notes, unheard),
        }
    }
}
