//! `watchfloor check goals`: whether figures come to what they should, for CI.

use chrono::{DateTime, Utc};

use super::rows;
use crate::{
    domain::goal::judge::Verdict as Comes,
    floor::Floor,
    sink::{
        gate::{Finding, Gate, Verdict, Weight},
        goal::Row,
    },
    text::{Text, counted},
};

/// The gate's name.
pub const NAME: &str = "goals";

/// Judges a settled floor.
///
/// It fails for each goal that is missed. One that is on the way is noted. It cannot judge while one of them cannot be
/// judged: what is not on record is never met.
pub fn judge(floor: &Floor, now: DateTime<Utc>) -> Gate {
    let rows = rows(floor, now);
    if rows.is_empty() {
        return Gate::without_verdict(NAME, Verdict::NotConfigured, "no goal in the settings");
    }
    let mut findings: Vec<Finding> = rows.iter().filter_map(finding).collect();
    findings.sort_by_key(|finding| finding.weight);
    let met = rows.iter().filter(|row| row.standing.verdict == Comes::Met).count();
    let about = format!("{}, {met} met", counted(rows.len(), "goal", "goals"));
    let is_blind = rows.iter().any(|row| row.standing.verdict == Comes::NotJudged);
    let gate = Gate::of(NAME, Text::scrub(&about), findings);
    match gate.verdict {
        Verdict::Pass if is_blind => Gate { verdict: Verdict::NotJudged, ..gate },
        _ => gate,
    }
}

fn finding(row: &Row<'_>) -> Option<Finding> {
    let (goal, standing) = (row.goal, &row.standing);
    let (weight, code) = match standing.verdict {
        Comes::Missed => (Weight::Fails, "missed"),
        Comes::NotJudged => (Weight::Warns, "not_judged"),
        Comes::OnTheWay => (Weight::Notes, "on_the_way"),
        Comes::Met => return None,
    };
    let hint = match standing.verdict {
        Comes::OnTheWay => String::new(),
        _ => format!("watchfloor goals show \"{}\" says what it is made of", goal.name),
    };
    Some(Finding {
        weight,
        code,
        seat: None,
        people: goal.owner.iter().cloned().collect(),
        when: None,
        what: Text::scrub(&format!("{}: {}", goal.name, row.words())),
        hint: Text::scrub(&hint),
    })
}
