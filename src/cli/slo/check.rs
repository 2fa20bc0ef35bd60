//! `watchfloor check slo`: whether the objectives are kept, for CI.

use chrono::{DateTime, Utc};

use super::{told, troubles};
use crate::{
    domain::{
        alert::Condition,
        series::figure,
        slo::burn::Severity,
        time::{between, short_span},
    },
    floor::Floor,
    sink::{
        gate::{Finding, Gate, Verdict, Weight},
        slo::{Slo, State, length_name},
    },
    text::{Text, counted},
};

/// The gate's name.
pub const NAME: &str = "slo";

/// Judges a settled floor.
///
/// It fails for each objective whose page fires or whose budget is overspent, and warns of tickets and of budgets of which
/// a quarter or less is left. It cannot judge an objective without data, with too little, or of which nothing was heard
/// for so long that the silence is an alert.
pub fn judge(floor: &Floor, now: DateTime<Utc>) -> Gate {
    let told = told(floor);
    if told.is_empty() {
        return Gate::without_verdict(NAME, Verdict::NotConfigured, "no objective in the settings");
    }
    let mut findings: Vec<Finding> = told.iter().flat_map(|told| of(told, now)).collect();
    findings
        .extend(troubles(floor).iter().map(|what| finding(Weight::Warns, "unheard", what, "see watchfloor doctor")));
    let is_blind = findings.iter().any(|f| BLIND.contains(&f.code));
    findings.sort_by_key(|f| f.weight);
    let about = counted(told.len(), "objective", "objectives");
    let gate = Gate::of(NAME, Text::scrub(&about), findings);
    match gate.verdict {
        Verdict::Pass if is_blind => Gate { verdict: Verdict::NotJudged, ..gate },
        _ => gate,
    }
}

/// Findings that leave the gate without a verdict.
const BLIND: [&str; 3] = ["no_data", "silent", "unheard"];

fn of(told: &Slo<'_>, now: DateTime<Utc>) -> Vec<Finding> {
    let (name, standing) = (&told.slo.name, told.standing);
    let hint = format!("watchfloor slo why {name}");
    let mut findings = Vec::new();
    let mut say = |weight, code, what: &str| findings.push(finding(weight, code, &format!("{name}: {what}"), &hint));
    // One objective may be paging, overspent and silent at once: each is told.
    for row in standing.firing() {
        let weight = if row.row.severity == Severity::Page { Weight::Fails } else { Weight::Warns };
        let [burn, limit] = [row.rates.0.map_or(0.0, |r| r.to_f64()), row.factor.to_f64()].map(figure);
        let long = length_name(row.row.long);
        say(weight, row.row.severity.word(), &format!("burn rate {burn} over {long}, the limit is {limit}"));
    }
    match standing.left {
        Some(left) if left < 0.0 => {
            say(Weight::Fails, "exhausted", &format!("budget overspent by {:.1} %", -left * 100.0))
        }
        Some(left) if told.state() == State::AtRisk => {
            say(Weight::Warns, "at_risk", &format!("{:.1} % of the budget left", (left * 1000.0).floor() / 10.0));
        }
        Some(_) => {}
        None if standing.doubt.is_some() => {
            let why = standing.doubt.as_ref().map_or("", |why| why.as_str());
            say(Weight::Warns, "no_data", why)
        }
        None if standing.tally.total > 0 => say(Weight::Warns, "no_data", "too little was measured to judge"),
        None => say(Weight::Warns, "no_data", "nothing was measured in its window"),
    }
    if told.standing.absent == Condition::True {
        let age = standing.heard_at.map(|at| short_span(between(at, now))).unwrap_or_default();
        say(Weight::Warns, "silent", &format!("nothing heard for {age}"));
    }
    findings
}

fn finding(weight: Weight, code: &'static str, what: &str, hint: &str) -> Finding {
    let (what, hint) = (Text::scrub(what), Text::scrub(hint));
    Finding { weight, code, seat: None, people: Vec::new(), when: None, what, hint }
}
