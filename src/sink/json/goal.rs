//! Goals on the wire.

use serde::Serialize;

use super::{Said, unless_blank};
use crate::{
    domain::{
        goal::{
            Measure,
            judge::{Month, Went},
        },
        time::rfc3339,
    },
    sink::goal,
    text::Text,
};

/// A goal on the wire.
#[derive(Debug, Serialize)]
pub struct Row {
    name: Said,
    why: Option<Said>,
    owner: Option<Said>,
    verdict: &'static str,
    because: Option<Said>,
    figure: &'static str,
    title: Said,
    means: &'static str,
    measure: &'static str,
    value: Option<f64>,
    n: Option<usize>,
    note: Option<Said>,
    not_known: Option<Said>,
    asks: Said,
    limit: Option<f64>,
    baseline: Option<f64>,
    from: String,
    until: String,
    period: Option<Said>,
    since: Option<String>,
    by: Option<String>,
    zone: Said,
    months_running: u32,
    run: u32,
    months: Vec<OfMonth>,
}

#[derive(Debug, Serialize)]
struct OfMonth {
    month: Said,
    from: String,
    until: String,
    state: &'static str,
    value: Option<f64>,
    n: usize,
    why: Option<Said>,
}

impl Row {
    /// A goal on the wire.
    pub fn of(row: &goal::Row<'_>) -> Self {
        let (goal, standing) = (row.goal, &row.standing);
        let found = standing.figure.as_ref();
        Self {
            name: Said::from(&goal.name),
            why: unless_blank(&goal.why),
            owner: goal.owner.as_ref().map(Said::from),
            verdict: standing.verdict.code(),
            because: unless_blank(&standing.why),
            figure: goal.figure.word(),
            title: said(&goal.figure.title()),
            means: goal.figure.definition(),
            measure: match goal.figure.measure() {
                Measure::Length => "seconds",
                Measure::Share => "share",
                Measure::Count => "count",
                Measure::Number => "number",
            },
            value: standing.value(),
            n: found.ok().map(|found| found.n),
            note: found.ok().and_then(|found| unless_blank(&found.note)),
            not_known: found.err().map(Said::from),
            asks: said(&goal.asks(standing.limit)),
            limit: standing.limit,
            baseline: standing.baseline.as_ref().and_then(|found| found.as_ref().ok().copied()),
            from: rfc3339(standing.span.from),
            until: rfc3339(standing.span.until),
            period: (!standing.span.name.is_empty()).then(|| said(&standing.span.name)),
            since: goal.since.map(|day| day.to_string()),
            by: goal.by.map(|day| day.to_string()),
            zone: Said::from(&goal.zone),
            months_running: goal.months_running,
            run: standing.run,
            months: standing.months.iter().map(OfMonth::of).collect(),
        }
    }
}

impl OfMonth {
    fn of(month: &Month) -> Self {
        let why = if let Went::NotJudged(why) = &month.went { Some(Said::from(why)) } else { None };
        let state = if why.is_some() { "not_judged" } else { month.went.word() };
        Self {
            month: said(&month.span.name),
            from: rfc3339(month.span.from),
            until: rfc3339(month.span.until),
            state,
            value: month.value,
            n: month.n,
            why,
        }
    }
}

fn said(ours: &str) -> Said {
    Said::from(&Text::scrub(ours))
}
