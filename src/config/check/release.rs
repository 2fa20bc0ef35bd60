//! `[release]`: the release in preparation.

mod announcement;
mod evidence;
mod gate;
mod rollback;

use std::collections::HashSet;

use chrono::{NaiveDate, NaiveTime};
use toml::de::DeValue;

use crate::{
    config::{
        Context, GithubMore, IncidentSource, ReleaseSettings,
        check::{plan, zone},
        paths,
        problems::Report,
        secrets::quoted,
        units,
        walk::{self, Said, Table, Wanted},
    },
    domain::{incident::Repo, slo::Slo},
    text::Text,
};

/// The labels that block a release where the file does not say.
const BLOCKER_LABELS: [&str; 1] = ["release-blocker"];

/// Reads the section; `slos` are the objectives there are.
pub(super) fn release(
    mut table: Table<'_>,
    slos: &[Slo],
    context: &Context<'_>,
    report: &mut Report,
) -> Option<ReleaseSettings> {
    if !table.has("name") {
        table.missing("name", "write name = \"1.4.0\"", report);
    }
    let name = table.filled("name", report).map(|said| Text::scrub(said.value));
    let day = table.value("day", report).and_then(|said| day(&said, report));
    let time = table.value("time", report);
    if let Some(said) = time.as_ref().filter(|_| !table.has("day")) {
        report.fault(said, "is given without a day", "write day = \"2026-11-22\" as well");
    }
    let time = time.and_then(|said| hour(&said, report));
    let zone = table.filled("zone", report).and_then(|said| zone(&said, context, report));
    let hint = "write checklists = [\"docs/RELEASE*.md\"], or leave the key out";
    let checklists = table.some_texts("checklists", hint, report).map(|said| said.value).unwrap_or_default();
    let checklists = checklists.iter().filter_map(|said| paths::pattern(said, context, report)).collect();
    let asks_for_blockers = table.has("blocker_labels");
    let blocker_labels: Vec<String> = table.texts("blocker_labels", report).map_or_else(
        || BLOCKER_LABELS.map(str::to_owned).into(),
        |said| said.value.iter().map(|label| label.value.to_owned()).collect(),
    );
    let sign_off = sign_off(&mut table, report);
    let mut rules = gate::rules(&mut table, report);
    rules.asks_for_blockers = asks_for_blockers && !blocker_labels.is_empty();
    rules.ties = evidence::all(&mut table, name.as_ref(), slos, context, report);
    rules.announcements = announcement::all(&mut table, report);
    rules.watching = table.table("rollback", report).map(|table| rollback::watching(table, report)).unwrap_or_default();
    let plan = plan::plan(&mut table, report);
    table.finish(report);
    Some(ReleaseSettings { name: name?, day, time, zone, checklists, blocker_labels, sign_off, plan, rules })
}

/// Has the hosts asked what the release is judged by: the host that watches the repository, else the first.
pub(super) fn ask_hosts(release: &ReleaseSettings, incidents: &mut [IncidentSource]) {
    let mut ask = |repo: &Repo, to: fn(&mut GithubMore) -> &mut Vec<(Repo, Text)>, what: &Text| {
        let watches = |source: &IncidentSource| match source {
            IncidentSource::Github { repositories, more, .. } => {
                repositories.contains(repo) || more.patterns.iter().any(|pattern| pattern.fits(repo))
            }
            IncidentSource::History { .. } => false,
        };
        let is_host = |source: &IncidentSource| matches!(source, IncidentSource::Github { .. });
        let at = incidents.iter().position(watches).or_else(|| incidents.iter().position(is_host));
        if let Some(IncidentSource::Github { more, .. }) = at.and_then(|at| incidents.get_mut(at)) {
            to(more).push((repo.clone(), what.clone()));
        }
    };
    for (repo, at) in release.rules.runs() {
        ask(&repo, |more| &mut more.runs, &at);
    }
    for (repo, name) in release.rules.artefacts() {
        ask(&repo, |more| &mut more.artefacts, &name);
    }
}

fn sign_off(table: &mut Table<'_>, report: &mut Report) -> Vec<Text> {
    let (mut roles, mut seen) = (Vec::new(), HashSet::new());
    for said in table.texts("sign_off", report).map(|said| said.value).unwrap_or_default() {
        let role = Text::scrub(said.value);
        if seen.insert(role.as_str().to_ascii_lowercase()) {
            roles.push(role);
        } else {
            report.fault(&said, &format!("names {} twice", quoted(said.value)), "take one out");
        }
    }
    roles
}

/// Reads a day as a text or as TOML's own date.
pub(super) fn day(said: &Said<&DeValue<'_>>, report: &mut Report) -> Option<NaiveDate> {
    let read = match said.value {
        DeValue::String(text) => units::day(text),
        DeValue::Datetime(stamp) if stamp.time.is_none() => {
            stamp.date.and_then(|d| NaiveDate::from_ymd_opt(d.year.into(), d.month.into(), d.day.into()))
        }
        DeValue::Datetime(_) => None,
        _ => {
            walk::wrong_type(said, Wanted::Text, report);
            return None;
        }
    };
    if read.is_none() {
        report.fault(
            said,
            &bad(said.value, "which is no day of the calendar"),
            &format!("write {} = \"2026-11-22\"", said.name()),
        );
    }
    read
}

/// Reads an hour as a text or as TOML's own time, to the minute.
pub(super) fn hour(said: &Said<&DeValue<'_>>, report: &mut Report) -> Option<NaiveTime> {
    let read = match said.value {
        DeValue::String(text) => units::hour(text),
        DeValue::Datetime(stamp) if stamp.date.is_none() => stamp
            .time
            .filter(|t| t.second.unwrap_or(0) == 0 && t.nanosecond.unwrap_or(0) == 0)
            .and_then(|t| NaiveTime::from_hms_opt(t.hour.into(), t.minute.into(), 0)),
        DeValue::Datetime(_) => None,
        _ => {
            walk::wrong_type(said, Wanted::Text, report);
            return None;
        }
    };
    if read.is_none() {
        report.fault(said, &bad(said.value, "which is no time of day"), "write time = \"10:00\"");
    }
    read
}

fn bad(value: &DeValue<'_>, why: &str) -> String {
    match value.as_str() {
        Some(text) => format!("is {}, {why}", quoted(text)),
        None => format!("is a date or a time, {why}"),
    }
}
