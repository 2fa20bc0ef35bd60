//! `watchfloor check duties`: whether the standing work is done, for CI.

use chrono::{DateTime, Utc};

use super::{rows, troubles};
use crate::{
    domain::{duty::judge::State, escalation::Target, time::short_span},
    floor::Floor,
    sink::{
        duty::Row,
        gate::{Finding, Gate, Verdict, Weight},
    },
    text::{Text, counted},
};

/// The gate's name.
pub const NAME: &str = "duties";

/// Judges a settled floor.
///
/// It fails for each duty that is late, and for one whose last turn was missed while the next is not done either. It warns
/// of turns that were missed lately, of ticks that no file bears out, and of owners that the roster does not know. It
/// cannot judge while the record or evidence cannot be read.
pub fn judge(floor: &Floor, now: DateTime<Utc>) -> Gate {
    let rows = rows(floor);
    if rows.is_empty() {
        return Gate::without_verdict(NAME, Verdict::NotConfigured, "no duty in the settings");
    }
    let mut findings: Vec<Finding> = rows.iter().flat_map(|row| of(row, floor, now)).collect();
    let of_source = troubles(floor).into_iter();
    findings.extend(of_source.map(|what| finding(Weight::Warns, "unheard", None, &[], &what, "see watchfloor doctor")));
    let is_blind = findings.iter().any(|f| BLIND.contains(&f.code));
    findings.sort_by_key(|f| f.weight);
    let gate = Gate::of(NAME, Text::scrub(&counted(rows.len(), "duty", "duties")), findings);
    match gate.verdict {
        Verdict::Pass if is_blind => Gate { verdict: Verdict::NotJudged, ..gate },
        _ => gate,
    }
}

/// Findings that leave the gate without a verdict.
const BLIND: [&str; 2] = ["unknown", "unheard"];

fn of(row: &Row<'_>, floor: &Floor, now: DateTime<Utc>) -> Vec<Finding> {
    let (duty, standing) = (row.duty, row.standing);
    let name = &duty.name;
    let hint = format!("watchfloor duties done \"{name}\"");
    let mut findings = Vec::new();
    let mut say = |weight, code, what: &str, hint: &str| {
        let when = standing.last.as_ref().map(|last| (last.turn.at, duty.late_at(last.turn)));
        let what = Text::scrub(&format!("{name}: {what}"));
        findings.push(finding(weight, code, when, &row.people, &what, hint));
    };
    if let Some(last) = &standing.last {
        match &last.state {
            State::Late => {
                let by = last.late_by(duty, now).map(short_span).unwrap_or_default();
                say(Weight::Fails, "late", &format!("due on {} and not done, {by} ago", last.turn.day), &hint);
            }
            State::Unknown(why) => say(Weight::Warns, "unknown", why.as_str(), "see watchfloor doctor"),
            State::Done(done) if done.is_unproven => {
                say(
                    Weight::Warns,
                    "unproven",
                    "somebody says it is done, and no file bears that out",
                    "look at its evidence",
                );
            }
            State::Due if standing.past.first().is_some_and(|before| before.state == State::Missed) => {
                say(Weight::Fails, "missed", "the turn before was missed, and this one is not done yet", &hint);
            }
            _ => {}
        }
    }
    if let (missed @ 1.., known) = standing.missed() {
        say(
            Weight::Warns,
            "missed_before",
            &format!("{missed} of {known} turns lately were missed"),
            "watchfloor duties list --from DAY",
        );
    }
    if let Some(on_call) = floor.on_call() {
        let roster = &on_call.roster;
        let is_known = match &duty.owner {
            Target::Person(person) => roster.people.is_empty() || roster.people.iter().any(|known| known.id == *person),
            Target::Seat(seat) => roster.schedules.iter().any(|schedule| schedule.name == *seat),
        };
        if !is_known {
            say(Weight::Warns, "owner", "its owner is not in the roster", "see owner and rota in the settings");
        }
    }
    findings
}

fn finding(
    weight: Weight,
    code: &'static str,
    when: Option<(DateTime<Utc>, DateTime<Utc>)>,
    people: &[Text],
    what: &Text,
    hint: &str,
) -> Finding {
    Finding { weight, code, seat: None, people: people.to_vec(), when, what: what.clone(), hint: Text::scrub(hint) }
}
