//! Signals: value, bound, alert, budget.

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::{LeftOut, Said, instant, left_out, seconds, unless_blank};
use crate::{
    domain::{
        alert::AlertState,
        series::{Reading, Side, Threshold},
        slo::{Budget, PERIOD},
        time::{between, rfc3339},
    },
    sink::board,
};

/// One signal.
#[derive(Debug, Serialize)]
pub struct Signal {
    name: Said,
    unit: Option<Said>,
    reading: Value,
    threshold: Option<Bound>,
    stale_after_s: i64,
    alert: Option<Alert>,
    slo: Option<Slo>,
    runbook: Option<Said>,
    n_skipped: usize,
    skipped: Vec<LeftOut>,
    #[serde(skip_serializing_if = "Option::is_none")]
    group: Option<Said>,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<Said>,
}

/// The last value, and whether it may be acted on.
#[derive(Debug, Serialize)]
struct Value {
    state: &'static str,
    value: Option<f64>,
    at: Option<String>,
    age_s: Option<i64>,
}

#[derive(Debug, Serialize)]
struct Bound {
    bad: &'static str,
    bound: f64,
}

/// Where the alert stands; a signal without a bound has none.
#[derive(Debug, Serialize)]
struct Alert {
    state: &'static str,
    since: Option<String>,
    fired_at: Option<String>,
    kept_since: Option<String>,
    blind_since: Option<String>,
}

/// The budget of bad minutes over 28 days.
#[derive(Debug, Serialize)]
struct Slo {
    objective: f64,
    period_s: i64,
    minutes: Option<u32>,
    bad_minutes: Option<u32>,
    left: Option<f64>,
    burn_1h: Option<f64>,
    covered_s: Option<i64>,
}

impl Signal {
    /// A signal on the wire.
    pub fn of(gauge: &board::Signal<'_>, now: DateTime<Utc>) -> Self {
        let signal = gauge.signal;
        Self {
            name: Said::from(&signal.name),
            unit: unless_blank(&signal.unit),
            reading: Value::of(gauge.reading, now),
            threshold: signal.threshold.map(bound),
            stale_after_s: signal.stale_after.num_seconds(),
            alert: signal.threshold.map(|_| Alert::of(gauge.alert)),
            slo: signal.objective.map(|objective| Slo::of(objective, gauge.budget)),
            runbook: signal.runbook.as_ref().map(Said::from),
            n_skipped: gauge.n_skipped,
            skipped: left_out(gauge.skipped),
            group: gauge.group.map(Said::from),
            note: gauge.note.map(Said::from),
        }
    }
}

impl Value {
    fn of(reading: Reading, now: DateTime<Utc>) -> Self {
        let (state, sample) = match reading {
            Reading::Fresh(sample) => ("fresh", Some(sample)),
            Reading::Stale(sample) => ("stale", Some(sample)),
            Reading::Nothing => ("nothing", None),
        };
        Self {
            state,
            value: sample.map(|s| s.value),
            at: sample.map(|s| rfc3339(s.at())),
            age_s: sample.map(|s| between(s.at(), now).num_seconds()),
        }
    }
}

impl Alert {
    fn of(alert: AlertState) -> Self {
        match alert {
            AlertState::Inactive => {
                Self { state: "inactive", since: None, fired_at: None, kept_since: None, blind_since: None }
            }
            AlertState::Pending { since } => Self {
                state: "pending",
                since: Some(rfc3339(since)),
                fired_at: None,
                kept_since: None,
                blind_since: None,
            },
            AlertState::Firing { since, fired_at, kept_since, blind_since } => Self {
                state: "firing",
                since: Some(rfc3339(since)),
                fired_at: Some(rfc3339(fired_at)),
                kept_since: instant(kept_since),
                blind_since: instant(blind_since),
            },
        }
    }
}

impl Slo {
    fn of(objective: f64, budget: Option<Budget>) -> Self {
        Self {
            objective,
            period_s: PERIOD.num_seconds(),
            minutes: budget.map(|b| b.slices),
            bad_minutes: budget.map(|b| b.bad),
            left: budget.and_then(|b| b.left),
            burn_1h: budget.and_then(|b| b.burn),
            covered_s: seconds(budget.map(|b| b.covered)),
        }
    }
}

fn bound(threshold: Threshold) -> Bound {
    let bad = match threshold.bad {
        Side::Above => "above",
        Side::Below => "below",
    };
    Bound { bad, bound: threshold.bound }
}
