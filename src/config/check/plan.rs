//! How the plans of a release are read: `steps`, `days`, `days_off`, `phases`, `roles`, `milestone` of `[release]`.

use crate::{
    config::{PlanSettings, problems::Report, secrets::quoted, units, walk::Table},
    domain::{
        incident::Repo,
        release::{
            calendar::Mode,
            plan::{Reading, Steps},
            words::{PhaseWords, parse_when},
        },
    },
    text::Text,
};

/// Reads these keys.
pub(super) fn plan(table: &mut Table<'_>, report: &mut Report) -> PlanSettings {
    let steps = word(table, "steps", &[("boxes", Steps::Boxes), ("all", Steps::All)], report).unwrap_or_default();
    let modes = [("calendar", Mode::Calendar), ("business", Mode::Business), ("aoe", Mode::Aoe)];
    let mode = word(table, "days", &modes, report).unwrap_or_default();
    let mut plan = PlanSettings { mode, ..PlanSettings::default() };
    for said in table.texts("days_off", report).map(|said| said.value).unwrap_or_default() {
        match units::day(said.value) {
            Some(day) => drop(plan.days_off.insert(day)),
            None => report.fault(
                &said,
                &format!("is {}, which is no day of the calendar", quoted(said.value)),
                "write days_off = [\"2026-12-25\"]",
            ),
        }
    }
    let mut words = Vec::new();
    if let Some(said) = table.pairs("phases", report) {
        for (name, when) in &said.value {
            match parse_when(when) {
                Some(when) if !name.trim().is_empty() => words.push((name.clone(), when)),
                _ => report.fault(
                    &said,
                    &format!("says of {} that it is {}, which is no time", quoted(name), quoted(when)),
                    "write phases = { \"Code freeze\" = \"T-7..T-5\" }; also T-2h, before, after",
                ),
            }
        }
    }
    let roles = table.pairs("roles", report).map(|said| said.value).unwrap_or_default();
    let login = |who: &str| Text::scrub(who.trim().trim_start_matches('@'));
    let roles = roles.iter().map(|(role, who)| (Text::scrub(role.trim()), login(who))).collect();
    plan.reading = Reading { steps, words: PhaseWords::new(words), roles };
    if let Some(said) = table.filled("milestone", report) {
        plan.milestone = milestone(said.value);
        if plan.milestone.is_none() {
            report.fault(&said, &format!("is {}", quoted(said.value)), "write milestone = \"owner/name#title\"");
        }
    }
    plan
}

fn milestone(written: &str) -> Option<(Repo, Text)> {
    let (repo, title) = written.split_once('#')?;
    let (owner, name) = repo.trim().rsplit_once('/')?;
    let is_whole = [owner, name, title].iter().all(|part| !part.trim().is_empty());
    is_whole.then(|| (Repo::new(repo.trim()), Text::scrub(title.trim())))
}

fn word<T: Copy>(table: &mut Table<'_>, key: &'static str, words: &[(&str, T)], report: &mut Report) -> Option<T> {
    let said = table.filled(key, report)?;
    let found = words.iter().find(|(word, _)| *word == said.value).map(|(_, value)| *value);
    if found.is_none() {
        let names: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        let hint = format!("write one of: {}", names.join(", "));
        report.fault(&said, &format!("is {}", quoted(said.value)), &hint);
    }
    found
}
