//! Policies tried on a history.

use serde::Serialize;

use super::{LeftOut, Said, incident::priority, left_out};
use crate::{
    domain::{
        priority::Grade,
        sla::backtest::{Counts as Counted, Month as OfMonth, Worst as OfWorst},
        time::rfc3339,
    },
    sink::{
        trial::{Change, KEPT, Trial, Trials},
        words,
    },
};

/// The whole report.
#[derive(Debug, Serialize)]
pub struct Backtest {
    history: Said,
    as_of: String,
    as_of_from: &'static str,
    left_out: usize,
    left_out_named: Vec<LeftOut>,
    policies: Vec<Policy>,
    differences: Vec<Difference>,
    definitions: Definitions,
}

/// One policy.
#[derive(Debug, Serialize)]
struct Policy {
    name: Said,
    judged: usize,
    opened_later: usize,
    without_priority: usize,
    by_default_priority: usize,
    rules: Vec<OfRule>,
    response: Clock,
    fix: Clock,
    months: Vec<Month>,
    worst: Vec<Worst>,
}

#[derive(Debug, Serialize)]
struct OfRule {
    rule: Said,
    judged: usize,
}

/// One clock: altogether, and by priority.
#[derive(Debug, Serialize)]
struct Clock {
    #[serde(flatten)]
    all: Counts,
    by_priority: Vec<Row>,
}

#[derive(Debug, Serialize)]
struct Row {
    priority: Option<&'static str>,
    #[serde(flatten)]
    counts: Counts,
}

#[derive(Debug, Serialize)]
struct Counts {
    clocks: usize,
    met: usize,
    missed: usize,
    over: usize,
    running_in_time: usize,
    unanswered: usize,
    cancelled: usize,
    not_promised: usize,
    unknown: usize,
    breaches: usize,
    kept: Option<f64>,
}

#[derive(Debug, Serialize)]
struct Month {
    month: String,
    opened: usize,
    response: Counts,
    fix: Counts,
}

#[derive(Debug, Serialize)]
struct Worst {
    key: Said,
    clock: &'static str,
    priority: Option<&'static str>,
    rule: Option<Said>,
    over_s: i64,
    is_business: bool,
    is_open: bool,
}

/// A later policy against the first.
#[derive(Debug, Serialize)]
struct Difference {
    policy: Said,
    against: Said,
    response: Delta,
    fix: Delta,
}

#[derive(Debug, Serialize)]
struct Delta {
    kept_before: Option<f64>,
    kept: Option<f64>,
    kept_points: Option<f64>,
    broken_before: usize,
    broken: usize,
}

#[derive(Debug, Serialize)]
struct Definitions {
    kept: &'static str,
    breaches: &'static str,
    month: &'static str,
    over_s: &'static str,
    without_priority: &'static str,
}

const DEFINITIONS: Definitions = Definitions {
    kept: KEPT,
    breaches: "how often clocks went over, those put right later included",
    month: "the month of the opening, in the zone of this document",
    over_s: "counted time beyond the promise, at the stop or as of the report",
    without_priority: "no priority label, and the policy has no default: triage alone was judged",
};

impl Backtest {
    /// The report on the wire.
    pub fn of(trials: &Trials<'_>) -> Self {
        let mut tried = trials.tried.iter();
        let differences = match tried.next() {
            Some(first) => tried.map(|other| Difference::of(first, other)).collect(),
            None => Vec::new(),
        };
        Self {
            history: Said::from(trials.history),
            as_of: rfc3339(trials.as_of),
            as_of_from: trials.as_of_from,
            left_out: trials.n_skipped,
            left_out_named: left_out(trials.skipped),
            policies: trials.tried.iter().map(Policy::of).collect(),
            differences,
            definitions: DEFINITIONS,
        }
    }
}

impl Policy {
    fn of(trial: &Trial<'_>) -> Self {
        let found = &trial.found;
        let rules = trial.policy.rules.iter().zip(&found.by_rule);
        let [response, fix] = found.all;
        let by_grade = |place: usize| {
            Grade::ALL
                .iter()
                .zip(&found.by_grade)
                .filter_map(|(grade, row)| Some((*grade, *row.get(place)?)))
                .map(|(grade, counts)| Row { priority: priority(grade), counts: Counts::of(&counts) })
                .collect()
        };
        Self {
            name: Said::from(trial.name),
            judged: found.n_judged,
            opened_later: found.n_later,
            without_priority: found.n_untriaged,
            by_default_priority: found.n_defaulted,
            rules: rules.map(|(rule, n)| OfRule { rule: Said::from(&rule.name), judged: *n }).collect(),
            response: Clock { all: Counts::of(&response), by_priority: by_grade(0) },
            fix: Clock { all: Counts::of(&fix), by_priority: by_grade(1) },
            months: found.months.iter().map(Month::of).collect(),
            worst: found.worst.iter().map(|worst| Worst::of(worst, trial)).collect(),
        }
    }
}

impl Counts {
    fn of(counts: &Counted) -> Self {
        Self {
            clocks: counts.total(),
            met: counts.met,
            missed: counts.missed,
            over: counts.over,
            running_in_time: counts.in_time,
            unanswered: counts.unanswered,
            cancelled: counts.cancelled,
            not_promised: counts.unpromised,
            unknown: counts.unknown,
            breaches: counts.breaches,
            kept: counts.kept(),
        }
    }
}

impl Month {
    fn of(month: &OfMonth) -> Self {
        let [response, fix] = &month.clocks;
        Self {
            month: format!("{:04}-{:02}", month.year, month.month),
            opened: month.n_opened,
            response: Counts::of(response),
            fix: Counts::of(fix),
        }
    }
}

impl Worst {
    fn of(worst: &OfWorst, trial: &Trial<'_>) -> Self {
        Self {
            key: Said::from(&worst.key),
            clock: words::clock(worst.clock),
            priority: priority(worst.grade),
            rule: trial.policy.rule_name(worst.rule).map(Said::from),
            over_s: worst.over.num_seconds(),
            is_business: worst.is_business,
            is_open: worst.is_open,
        }
    }
}

impl Difference {
    fn of(first: &Trial<'_>, other: &Trial<'_>) -> Self {
        let ([response, fix], [of_response, of_fix]) = (&first.found.all, &other.found.all);
        Self {
            policy: Said::from(other.name),
            against: Said::from(first.name),
            response: Delta::of(Change::between(response, of_response)),
            fix: Delta::of(Change::between(fix, of_fix)),
        }
    }
}

impl Delta {
    fn of(change: Change) -> Self {
        Self {
            kept_before: change.kept.0,
            kept: change.kept.1,
            kept_points: change.points(),
            broken_before: change.broken.0,
            broken: change.broken.1,
        }
    }
}
