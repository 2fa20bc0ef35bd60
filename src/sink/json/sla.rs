//! The promises, how they were kept, and what falls due next.

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::{
    Said,
    incident::{priority, state},
    instant, seconds,
};
use crate::sink::{
    board::{self, Judged, SlaRow, Spread},
    words,
};

/// The matrix and the figures.
#[derive(Debug, Serialize)]
pub struct Sla {
    rows: Vec<Row>,
    mtta: Option<Figures>,
    mttr: Option<Figures>,
    next: Vec<Deadline>,
    definitions: Definitions,
}

/// One row of the policy. Counts are null where no source has told of incidents.
#[derive(Debug, Serialize)]
struct Row {
    priority: Option<&'static str>,
    calendar: &'static str,
    response_s: Option<i64>,
    fix_s: Option<i64>,
    open: Option<usize>,
    at_risk: Option<usize>,
    over: Option<usize>,
    met_30d: Option<usize>,
    missed_30d: Option<usize>,
    in_time_30d: Option<f64>,
}

#[derive(Debug, Serialize)]
struct Figures {
    n: usize,
    median_s: Option<i64>,
    p90_s: Option<i64>,
    mean_s: Option<i64>,
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
    in_time_30d: &'static str,
    at_risk: &'static str,
    over: &'static str,
    p90: &'static str,
}

const DEFINITIONS: Definitions = Definitions {
    mtta: words::MTTA,
    mttr: words::MTTR,
    in_time_30d: words::IN_TIME,
    at_risk: "open, a clock past its at-risk fraction, and none over",
    over: "open, a clock over its target; the response counts as open where the source tells no history",
    p90: "linear between closest ranks (type 7)",
};

/// How many deadlines are named.
const NEXT: usize = 10;

impl Sla {
    /// The promises on the wire; `incidents` in the order in which promises break.
    pub fn of(sla: &board::Sla, incidents: &[Judged<'_>], now: DateTime<Utc>) -> Self {
        Self {
            rows: sla.rows.iter().map(|row| Row::of(row, sla.is_known)).collect(),
            mtta: figures(sla.ack),
            mttr: figures(sla.fix),
            next: incidents.iter().filter(|j| j.is_running()).take(NEXT).map(|j| Deadline::of(j, now)).collect(),
            definitions: DEFINITIONS,
        }
    }
}

impl Row {
    fn of(row: &SlaRow, is_known: bool) -> Self {
        let told = |n: usize| is_known.then_some(n);
        Self {
            priority: priority(row.grade),
            calendar: if row.is_business { "business" } else { "24x7" },
            response_s: seconds(row.response),
            fix_s: seconds(row.fix),
            open: told(row.open),
            at_risk: told(row.at_risk),
            over: told(row.over),
            met_30d: told(row.met),
            missed_30d: told(row.missed),
            in_time_30d: row.in_time,
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

fn figures(spread: Spread) -> Option<Figures> {
    let of = |spread: Spread| Figures {
        n: spread.n,
        median_s: seconds(spread.median),
        p90_s: seconds(spread.p90),
        mean_s: seconds(spread.mean),
    };
    (0 < spread.n).then(|| of(spread))
}
