//! Objectives: budget, burn rates, rows of the alert.

use serde::Serialize;

use super::{Said, instant, unless_blank};
use crate::{
    domain::{
        alert::AlertState,
        slo::{
            exact::Ratio,
            ledger::{EVENT, Tally},
            standing::{Burn, RowStanding},
            window::TimeWindow,
        },
        time::rfc3339,
    },
    sink::slo::{self, condition_word, exhausted_word, method_word, window_name},
};

/// One objective.
#[derive(Debug, Serialize)]
pub struct Slo {
    name: Said,
    service: Option<Said>,
    description: Option<Said>,
    state: &'static str,
    target: f64,
    target_percent: String,
    budgeting_method: &'static str,
    window: Window,
    bad: f64,
    total: f64,
    since: Option<String>,
    min_total: u64,
    left: Option<f64>,
    budget_state: &'static str,
    burns: Vec<OnWire>,
    exhausted: &'static str,
    exhausted_at: Option<String>,
    alerts: Vec<Alert>,
    rows: Vec<Row>,
    heard_at: Option<String>,
    absent_after_s: i64,
    absent: &'static str,
    n_late: u64,
    runbook: Option<Said>,
}

#[derive(Debug, Serialize)]
struct Window {
    name: String,
    is_rolling: bool,
    start: String,
    end: String,
    period_s: i64,
    zone: Option<Said>,
}

#[derive(Debug, Serialize)]
struct OnWire {
    window: String,
    bad: f64,
    total: f64,
    burn: Option<f64>,
}

#[derive(Debug, Serialize)]
struct Alert {
    severity: &'static str,
    state: &'static str,
    since: Option<String>,
    blind_since: Option<String>,
}

#[derive(Debug, Serialize)]
struct Row {
    severity: &'static str,
    budget: f64,
    factor: f64,
    long: OnWire,
    short: OnWire,
    condition: &'static str,
}

impl Slo {
    /// An objective on the wire.
    pub fn of(told: &slo::Slo<'_>) -> Self {
        let (slo, standing) = (told.slo, told.standing);
        Self {
            name: Said::from(&slo.name),
            service: unless_blank(&slo.service),
            description: unless_blank(&slo.description),
            state: told.state().word(),
            target: slo.target.share(),
            target_percent: slo.target.percent(),
            budgeting_method: method_word(slo.method),
            window: Window {
                name: window_name(&slo.window),
                is_rolling: matches!(slo.window, TimeWindow::Rolling(_)),
                start: rfc3339(standing.stretch.from),
                end: rfc3339(standing.stretch.until),
                period_s: standing.stretch.period.num_seconds(),
                zone: match &slo.window {
                    TimeWindow::Rolling(_) => None,
                    TimeWindow::Calendar { zone, .. } => Some(Said::from(zone)),
                },
            },
            bad: events(standing.tally.bad),
            total: events(standing.tally.total),
            since: instant(standing.since),
            min_total: slo.min_total,
            left: standing.left,
            budget_state: standing.budget.word(),
            burns: standing.burns.iter().map(OnWire::of).collect(),
            exhausted: exhausted_word(standing.exhausted),
            exhausted_at: instant(told.exhausted_at()),
            alerts: told.alerts.iter().map(|(severity, alert)| Alert::of(severity.word(), *alert)).collect(),
            rows: standing.rows.iter().map(Row::of).collect(),
            heard_at: instant(standing.heard_at),
            absent_after_s: standing.silence.num_seconds(),
            absent: condition_word(standing.absent),
            n_late: told.n_late,
            runbook: slo.runbook.as_ref().map(Said::from),
        }
    }
}

impl OnWire {
    fn new(window: String, tally: Tally, rate: Option<Ratio>) -> Self {
        Self { window, bad: events(tally.bad), total: events(tally.total), burn: rate.map(Ratio::to_f64) }
    }

    fn of(burn: &Burn) -> Self {
        Self::new(burn.name.to_owned(), burn.tally, burn.rate)
    }
}

impl Row {
    fn of(row: &RowStanding) -> Self {
        let (long, short) = (slo::length_name(row.row.long), slo::length_name(row.row.short));
        Self {
            severity: row.row.severity.word(),
            budget: row.row.budget.to_f64(),
            factor: row.factor.to_f64(),
            long: OnWire::new(long, row.seen.long, row.rates.0),
            short: OnWire::new(short, row.seen.short, row.rates.1),
            condition: condition_word(row.condition),
        }
    }
}

impl Alert {
    fn of(severity: &'static str, alert: AlertState) -> Self {
        let (state, since, blind_since) = match alert {
            AlertState::Inactive => ("inactive", None, None),
            AlertState::Pending { since } => ("pending", Some(since), None),
            AlertState::Firing { since, blind_since, .. } => ("firing", Some(since), blind_since),
        };
        Self { severity, state, since: instant(since), blind_since: instant(blind_since) }
    }
}

fn events(millionths: u64) -> f64 {
    millionths as f64 / EVENT as f64
}
