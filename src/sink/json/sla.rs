//! The promises, how they were kept, and what falls due next.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;

use super::{
    Said,
    incident::{priority, state},
    instant, seconds,
    stats::half,
};
use crate::{
    domain::stats::summary::Summary,
    sink::{
        board::{self, Judged, SlaCounts, SlaRow},
        words,
    },
    text::Text,
};

/// The matrix and the figures.
#[derive(Debug, Serialize)]
pub struct Sla {
    rows: Vec<Row>,
    rules: Vec<RuleRow>,
    mtta: Option<Figures>,
    mttr: Option<Figures>,
    opened_30d: Option<usize>,
    still_open_30d: Option<usize>,
    cancelled_30d: Option<usize>,
    km_ttr: Value,
    next: Vec<Deadline>,
    definitions: Definitions,
}

/// One row of the policy. Counts are null where no source has told of incidents.
#[derive(Debug, Serialize)]
struct Row {
    priority: Option<&'static str>,
    calendar: &'static str,
    calendar_name: Option<Said>,
    response_s: Option<i64>,
    fix_s: Option<i64>,
    #[serde(flatten)]
    counts: Counts,
}

/// One rule of the policy.
#[derive(Debug, Serialize)]
struct RuleRow {
    rule: Said,
    #[serde(flatten)]
    counts: Counts,
}

/// How a row stands. Counts are null where no source has told of incidents.
#[derive(Debug, Serialize)]
struct Counts {
    open: Option<usize>,
    at_risk: Option<usize>,
    over: Option<usize>,
    still_over: Option<usize>,
    met_30d: Option<usize>,
    missed_30d: Option<usize>,
    in_time_30d: Option<f64>,
    kept_30d: Option<f64>,
}

/// The matrix alone.
#[derive(Debug, Serialize)]
pub struct Matrix {
    rows: Vec<Row>,
    rules: Vec<RuleRow>,
    definitions: Definitions,
}

impl Matrix {
    /// The matrix on the wire.
    pub fn of(sla: &board::Sla<'_>) -> Self {
        Self { rows: rows(sla), rules: rules(sla), definitions: DEFINITIONS }
    }
}

#[derive(Debug, Serialize)]
struct Figures {
    n: usize,
    median_s: Option<i64>,
    p90_s: Option<i64>,
    mean_s: Option<i64>,
    max_s: Option<i64>,
}

#[derive(Debug, Serialize)]
struct Deadline {
    key: Said,
    clock: &'static str,
    state: &'static str,
    deadline: Option<String>,
    left_s: Option<i64>,
}

#[derive(Debug, Serialize)]
struct Definitions {
    mtta: &'static str,
    mttr: &'static str,
    still_open_30d: &'static str,
    cancelled_30d: &'static str,
    km_ttr: &'static str,
    in_time_30d: &'static str,
    kept_30d: &'static str,
    still_over: &'static str,
    at_risk: &'static str,
    over: &'static str,
    p90: &'static str,
}

const DEFINITIONS: Definitions = Definitions {
    mtta: words::MTTA,
    mttr: words::MTTR,
    still_open_30d: "opened in the last 30 days, neither closed nor cancelled",
    cancelled_30d: "closed in the last 30 days as not planned or a duplicate",
    km_ttr: words::HALF,
    in_time_30d: words::IN_TIME,
    kept_30d: words::KEPT,
    still_over: "clocks of open incidents that are over, however long",
    at_risk: "open, a clock past its at-risk fraction, and none over",
    over: "open, a clock over its target; the response counts as open where the source tells no history",
    p90: "linear between closest ranks (type 7)",
};

/// How many deadlines are named.
const NEXT: usize = 10;

impl Sla {
    /// The promises on the wire; `incidents` in the order in which promises break.
    pub fn of(sla: &board::Sla<'_>, incidents: &[Judged<'_>], now: DateTime<Utc>) -> Self {
        let times = &sla.times;
        let told = |n: usize| sla.is_known.then_some(n);
        Self {
            rows: rows(sla),
            rules: rules(sla),
            mtta: figures(&times.tta),
            mttr: figures(&times.ttr),
            opened_30d: told(times.opened),
            still_open_30d: told(times.still_open),
            cancelled_30d: told(times.cancelled),
            km_ttr: half(times.km_ttr),
            next: incidents.iter().filter(|j| j.is_running()).take(NEXT).map(|j| Deadline::of(j, now)).collect(),
            definitions: DEFINITIONS,
        }
    }
}

fn rows(sla: &board::Sla<'_>) -> Vec<Row> {
    sla.rows.iter().map(|row| Row::of(row, sla.is_known)).collect()
}

fn rules(sla: &board::Sla<'_>) -> Vec<RuleRow> {
    let row = |(name, counts): &(&Text, SlaCounts)| RuleRow {
        rule: Said::from(*name),
        counts: Counts::of(*counts, sla.is_known),
    };
    sla.rules.iter().map(row).collect()
}

impl Counts {
    fn of(counts: SlaCounts, is_known: bool) -> Self {
        let told = |n: usize| is_known.then_some(n);
        Self {
            open: told(counts.open),
            at_risk: told(counts.at_risk),
            over: told(counts.over),
            still_over: told(counts.still_over),
            met_30d: told(counts.met),
            missed_30d: told(counts.missed),
            in_time_30d: counts.in_time,
            kept_30d: counts.kept,
        }
    }
}

impl Row {
    fn of(row: &SlaRow<'_>, is_known: bool) -> Self {
        Self {
            priority: priority(row.grade),
            calendar: if row.is_business { "business" } else { "24x7" },
            calendar_name: row.calendar_name.map(Said::from),
            response_s: seconds(row.response),
            fix_s: seconds(row.fix),
            counts: Counts::of(row.counts, is_known),
        }
    }
}

impl Deadline {
    fn of(judged: &Judged<'_>, now: DateTime<Utc>) -> Self {
        let clock = judged.clock(judged.pressing);
        Self {
            key: Said::from(&judged.incident.key),
            clock: words::clock(judged.pressing),
            state: if judged.is_known(judged.pressing) { state(clock.state) } else { "unknown" },
            deadline: instant(clock.deadline),
            left_s: seconds(clock.left(now)),
        }
    }
}

fn figures(summary: &Summary) -> Option<Figures> {
    let whole = |value: Option<f64>| value.map(|value| value.round() as i64);
    (0 < summary.n).then(|| Figures {
        n: summary.n,
        median_s: whole(summary.median),
        p90_s: whole(summary.p90),
        mean_s: whole(summary.mean),
        max_s: whole(summary.max),
    })
}
