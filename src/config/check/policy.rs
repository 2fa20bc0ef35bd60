//! `[sla]` and `[priorities.*]`: what is promised, laid on the policy that was there before.

use std::collections::HashMap;

use chrono::TimeDelta;
use toml::de::DeValue;

use crate::{
    config::{
        check::{
            Range,
            calendar::Calendars,
            choice,
            promise::{CLOCKS, DEFAULT_IN_DAYS, Given, InDays, must_be_rewritten, promise},
            rule, span,
        },
        problems::Report,
        secrets::quoted,
        units,
        walk::{self, Said, Table},
    },
    domain::{
        calendar::Calendar,
        incident::Login,
        priority::{Grade, Priority},
        sla::{OnRaise, Policy, Reopen, Start},
    },
};

/// The longest grace of the gate: as long as the longest promise.
const GRACE_RANGE: Range = Range { least: TimeDelta::zero(), most: TimeDelta::days(3_650) };

/// Reads both sections.
pub(super) fn policy(root: &mut Table<'_>, start: Policy, calendars: &Calendars, report: &mut Report) -> Policy {
    let mut policy = start;
    let mut rules = None;
    let mut place = None;
    if let Some(mut table) = root.table("sla", report) {
        let has_rules = table.has("rule");
        let drafts = rule::rules(table.tables("rule", report), calendars, report);
        rules = has_rules.then_some(drafts);
        let said = table.filled("calendar", report);
        if let Some((said, calendar)) = said.and_then(|said| calendars.find(&said, report).map(|found| (said, found))) {
            policy.targets.iter_mut().for_each(|target| target.calendar = calendar.clone());
            place = Some(said.with(()));
        }
        sla(table, &mut policy, report);
    }
    let mut rows = Rows { place, in_days: DEFAULT_IN_DAYS, calendars };
    match root.table("priorities", report) {
        Some(table) => priorities(table, &mut policy, &mut rows, report),
        None => Grade::ALL.into_iter().for_each(|grade| rows.hold(grade, [None, None], None, &policy, report)),
    }
    if let Some(drafts) = rules {
        policy.rules = drafts.into_iter().map(|draft| draft.settle(&policy, &rows.in_days, report)).collect();
    }
    policy
}

/// What is known of the rows' units while they are read.
struct Rows<'a> {
    /// Where `[sla]` names a calendar for all of them.
    place: Option<Said<()>>,
    in_days: InDays,
    calendars: &'a Calendars,
}

impl Rows<'_> {
    /// Holds what a row promises against the hours it counts by (SEMANTICS R31).
    fn hold(
        &mut self,
        grade: Grade,
        row: [Option<Given>; 2],
        own: Option<Said<()>>,
        policy: &Policy,
        report: &mut Report,
    ) {
        let target = policy.target(grade);
        let place = own.or_else(|| self.place.clone());
        let Some(in_days) = self.in_days.get_mut(grade.index()) else { return };
        for ((given, in_days), (which, name)) in row.iter().zip(in_days).zip(CLOCKS) {
            match (given, &place) {
                (Some(given), _) => {
                    *in_days = given.is_in_days();
                    given.must_fit(&target.calendar, report);
                }
                (None, Some(place)) if *in_days && target.of(which).is_some() => {
                    if matches!(target.calendar, Calendar::Business(_)) {
                        must_be_rewritten(place, grade, name, report);
                    }
                }
                (None, _) => {}
            }
        }
    }

    /// Reads a row's own calendar.
    fn calendar(
        &self,
        row: &mut Table<'_>,
        grade: Grade,
        policy: &mut Policy,
        report: &mut Report,
    ) -> Option<Said<()>> {
        let said = row.filled("calendar", report)?;
        let calendar = self.calendars.find(&said, report)?;
        if let Some(target) = policy.targets.get_mut(grade.index()) {
            target.calendar = calendar;
        }
        Some(said.with(()))
    }
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
    if let Some(said) = table.filled("reopen", report)
        && let Some(reopen) = choice(&said, &[("resume", Reopen::Resume), ("restart", Reopen::Restart)], report)
    {
        policy.reopen = reopen;
    }
    if let Some(said) = span(&mut table, "grace", GRACE_RANGE, report) {
        policy.grace = said.value;
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

fn priorities(mut table: Table<'_>, policy: &mut Policy, rows: &mut Rows<'_>, report: &mut Report) {
    let mut claims = Vec::new();
    for priority in Priority::ALL {
        let given = match table.table(priority.word(), report) {
            Some(row) => graded(row, priority, policy, rows, report),
            None => {
                rows.hold(Grade::Set(priority), [None, None], None, policy, report);
                None
            }
        };
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
    match table.table("untriaged", report) {
        Some(row) => untriaged(row, policy, rows, report),
        None => rows.hold(Grade::Untriaged, [None, None], None, policy, report),
    }
    for label in &policy.triage_labels {
        if let Some(said) = claims.iter().find(|c| c.label.eq_ignore_ascii_case(label)).and_then(|c| c.said.as_ref()) {
            let what = format!("names the label {}, which means untriaged", quoted(label));
            report.fault(said, &what, "take it out here, or name other labels in [priorities.untriaged]");
        }
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
    rows: &mut Rows<'_>,
    report: &mut Report,
) -> Option<Vec<Said<&'a str>>> {
    let grade = Grade::Set(priority);
    let labels = row.some_texts("labels", "name a label, or leave the key out to keep the default", report);
    let response = promise(&mut row, "response", "none", report);
    let fix = promise(&mut row, "fix", "best effort", report);
    let place = rows.calendar(&mut row, grade, policy, report);
    if let Some(target) = policy.targets.get_mut(grade.index()) {
        if let Some(given) = &response {
            target.response = given.length.value;
        }
        if let Some(given) = &fix {
            target.fix = given.length.value;
        }
        let given = fix.as_ref().or(response.as_ref());
        if let (Some(given), Some(first), Some(last)) = (given, target.response, target.fix)
            && last < first
        {
            let place = Said { value: (), key: row.place().key, line: given.length.line };
            let what =
                format!("has a fix ({}) shorter than its response ({})", units::written(last), units::written(first));
            report.fault(&place, &what, "a fix takes at least as long as the first answer");
        }
    }
    rows.hold(grade, [response, fix], place, policy, report);
    row.finish(report);
    labels.map(|said| said.value)
}

fn untriaged(mut row: Table<'_>, policy: &mut Policy, rows: &mut Rows<'_>, report: &mut Report) {
    if let Some(said) = row.texts("labels", report) {
        policy.triage_labels = said.value.iter().map(|label| label.value.to_owned()).collect();
    }
    let response = promise(&mut row, "response", "none", report);
    let place = rows.calendar(&mut row, Grade::Untriaged, policy, report);
    if let (Some(given), Some(target)) = (&response, policy.targets.get_mut(Grade::Untriaged.index())) {
        target.response = given.length.value;
    }
    rows.hold(Grade::Untriaged, [response, None], place, policy, report);
    let hint = "only response counts: what has no priority label is untriaged, and is fixed once it has one";
    row.misplaced(&["fix"], "for untriaged incidents", hint, report);
    row.finish(report);
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
