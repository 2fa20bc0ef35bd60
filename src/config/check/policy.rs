//! `[sla]` and `[priorities.*]`: what is promised, laid on the policy that was there before.

use std::collections::HashMap;

use chrono::TimeDelta;
use toml::de::DeValue;

use crate::{
    config::{
        check::{Range, choice, span_of},
        problems::Report,
        secrets::quoted,
        units,
        walk::{self, Said, Table},
    },
    domain::{
        incident::Login,
        priority::{Grade, Priority},
        sla::{OnRaise, Policy, Start},
    },
};

/// A promise is at least a minute (the resolution of the clocks) and at most ten years.
const PROMISE_RANGE: Range = Range { least: TimeDelta::minutes(1), most: TimeDelta::days(3_650) };

/// Reads both sections.
pub(super) fn policy(root: &mut Table<'_>, start: Policy, report: &mut Report) -> Policy {
    let mut policy = start;
    if let Some(table) = root.table("sla", report) {
        sla(table, &mut policy, report);
    }
    if let Some(table) = root.table("priorities", report) {
        priorities(table, &mut policy, report);
    }
    policy
}

fn sla(mut table: Table<'_>, policy: &mut Policy, report: &mut Report) {
    if let Some(share) = table.value("at_risk", report).and_then(|said| at_risk(&said, report)) {
        policy.at_risk = share;
    }
    if let Some(said) = table.filled("default_priority", report)
        && let Some(priority) = choice(&said, &Priority::ALL.map(|p| (p.word(), p)), report)
    {
        policy.default_priority = Some(priority);
    }
    if let Some(said) = table.texts("pause_labels", report) {
        policy.pause_labels = said.value.iter().map(|label| label.value.to_owned()).collect();
    }
    if let Some(said) = table.texts("maintainers", report) {
        policy.maintainers = logins(&said.value, report);
    }
    if let Some(said) = table.texts("robots", report) {
        policy.robots = logins(&said.value, report);
    }
    if let Some(said) = table.flag("members_are_maintainers", report) {
        policy.members_are_maintainers = said.value;
    }
    if let Some(said) = table.filled("start", report)
        && let Some(start) = choice(&said, &[("created", Start::Created), ("labeled", Start::Labeled)], report)
    {
        policy.start = start;
    }
    if let Some(said) = table.filled("on_raise", report)
        && let Some(on_raise) = choice(&said, &[("keep", OnRaise::KeepElapsed), ("restart", OnRaise::Restart)], report)
    {
        policy.on_raise = on_raise;
    }
    table.finish(report);
}

/// Reads `0.75` or `"75%"`, above 0 and up to 1 (SEMANTICS R26).
fn at_risk(said: &Said<&DeValue<'_>>, report: &mut Report) -> Option<f64> {
    const HINT: &str = "write a share such as \"75%\" or 0.75";
    let share = match said.value {
        DeValue::String(text) => match units::percent(text) {
            Some(percent) => percent / 100.0,
            None => {
                report.fault(said, &format!("is {}", quoted(text)), HINT);
                return None;
            }
        },
        _ => walk::finite(said, report)?,
    };
    if 0.0 < share && share <= 1.0 {
        return Some(share);
    }
    report.fault(said, "is not above 0 and up to 1 (100%)", HINT);
    None
}

fn logins(list: &[Said<&str>], report: &mut Report) -> Vec<Login> {
    let mut logins = Vec::with_capacity(list.len());
    for said in list {
        // `[bot]` ends the login of a GitHub app.
        if said.value.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'[' | b']')) {
            logins.push(Login::new(said.value));
        } else {
            let hint = "write logins as in \"octocat\" or \"dependabot[bot]\": no @, no team";
            report.fault(said, &format!("names {}, which is no login", quoted(said.value)), hint);
        }
    }
    logins
}

/// A label with the priority it means, and its line where the file gave it.
struct Claim {
    label: String,
    priority: Priority,
    said: Option<Said<()>>,
}

fn priorities(mut table: Table<'_>, policy: &mut Policy, report: &mut Report) {
    let mut claims = Vec::new();
    for priority in Priority::ALL {
        let row = table.table(priority.word(), report);
        let given = row.and_then(|row| graded(row, priority, policy, report));
        match given {
            Some(labels) => claims.extend(labels.into_iter().map(|said| Claim {
                label: said.value.to_owned(),
                priority,
                said: Some(said.with(())),
            })),
            None => {
                claims.extend(policy.priority_labels.iter().filter(|(_, p)| *p == priority).map(|(label, _)| Claim {
                    label: label.clone(),
                    priority,
                    said: None,
                }))
            }
        }
    }
    if let Some(row) = table.table("untriaged", report) {
        untriaged(row, policy, report);
    }
    one_meaning_each(&claims, report);
    policy.priority_labels = claims.into_iter().map(|claim| (claim.label, claim.priority)).collect();
    table.finish(report);
}

/// Reads one priority's row; gives its labels where the file has some.
fn graded<'a>(
    mut row: Table<'a>,
    priority: Priority,
    policy: &mut Policy,
    report: &mut Report,
) -> Option<Vec<Said<&'a str>>> {
    let labels = row.some_texts("labels", "name a label, or leave the key out to keep the default", report);
    let response = promise(&mut row, "response", "none", report);
    let fix = promise(&mut row, "fix", "best effort", report);
    if let Some(target) = policy.targets.get_mut(Grade::Set(priority).index()) {
        if let Some(said) = &response {
            target.response = said.value;
        }
        if let Some(said) = &fix {
            target.fix = said.value;
        }
        if let (Some(given), Some(first), Some(last)) = (fix.or(response), target.response, target.fix)
            && last < first
        {
            let place = Said { value: (), key: row.place().key, line: given.line };
            let what =
                format!("has a fix ({}) shorter than its response ({})", units::written(last), units::written(first));
            report.fault(&place, &what, "a fix takes at least as long as the first answer");
        }
    }
    row.finish(report);
    labels.map(|said| said.value)
}

fn untriaged(mut row: Table<'_>, policy: &mut Policy, report: &mut Report) {
    if let (Some(said), Some(target)) =
        (promise(&mut row, "response", "none", report), policy.targets.get_mut(Grade::Untriaged.index()))
    {
        target.response = said.value;
    }
    let hint = "only response counts: what has no priority label is untriaged, and is fixed once it has one";
    row.misplaced(&["labels", "fix"], "for untriaged incidents", hint, report);
    row.finish(report);
}

/// Reads a length of time, or the words that say that there is no promise.
fn promise(
    row: &mut Table<'_>,
    name: &'static str,
    none: &str,
    report: &mut Report,
) -> Option<Said<Option<TimeDelta>>> {
    let said = row.value(name, report)?;
    if said.value.as_str() == Some(none) {
        return Some(said.with(None));
    }
    span_of(&said, PROMISE_RANGE, report).map(|length| said.with(Some(length)))
}

/// Reports labels that would mean two priorities.
fn one_meaning_each(claims: &[Claim], report: &mut Report) {
    let mut first: HashMap<String, &Claim> = HashMap::new();
    for claim in claims {
        let other = *first.entry(claim.label.to_ascii_lowercase()).or_insert(claim);
        if std::ptr::eq(other, claim) {
            continue;
        }
        // A default row has no line: then the one that was given is the one to change.
        let (Some(said), meant) = (match &claim.said {
            Some(_) => (claim.said.as_ref(), other.priority),
            None => (other.said.as_ref(), claim.priority),
        }) else {
            continue;
        };
        let what = match claim.priority == other.priority {
            true => format!("names the label {} twice", quoted(&claim.label)),
            false => format!("names the label {}, which already means {meant}", quoted(&claim.label)),
        };
        report.fault(said, &what, "a label means one priority: take it out of one of the two");
    }
}
