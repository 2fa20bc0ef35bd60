//! `[release.gate]`, `[[release.role]]`, `[[release.job]]`, `[[release.freeze]]`: what a release needs to go out (SEMANTICS
//! R50, R52).

use chrono::{DateTime, Utc};

use crate::{
    config::{
        check::{choice, github, no_duplicates},
        problems::Report,
        secrets::quoted,
        walk::{Said, Table},
    },
    domain::{
        release::{
            gate::{Class, Freeze, Role},
            rules::{JobRule, Rules},
        },
        time::parse_rfc3339,
    },
    text::Text,
};

const CLASSES: [(&str, Class); 2] = [("blocking", Class::Blocking), ("informing", Class::Informing)];

/// Reads what the release needs, steps and roll-back left out.
pub(super) fn rules(table: &mut Table<'_>, report: &mut Report) -> Rules {
    let mut rules = Rules::default();
    if let Some(mut gate) = table.table("gate", report) {
        rules.may_waive = names(&mut gate, "may_waive", report).unwrap_or_default();
        rules.may_except = names(&mut gate, "may_except", report).unwrap_or_default();
        rules.budgets = names(&mut gate, "budgets", report);
        rules.is_urgent_fix = gate.flag("urgent_fix", report).is_some_and(|said| said.value);
        gate.finish(report);
    }
    for table in table.tables("role", report) {
        rules.roles.extend(role(table, &rules.roles, report));
    }
    rules.jobs = jobs(table, report);
    rules.freezes = freezes(table, report);
    rules
}

fn names(table: &mut Table<'_>, key: &'static str, report: &mut Report) -> Option<Vec<Text>> {
    Some(table.texts(key, report)?.value.iter().map(|said| Text::scrub(said.value.trim())).collect())
}

fn role(mut table: Table<'_>, known: &[Role], report: &mut Report) -> Option<Role> {
    if !table.has("name") {
        table.missing("name", "write name = \"qa\"", report);
    }
    let name = table.filled("name", report).and_then(|said| {
        let name = Text::scrub(said.value.trim());
        let is_new = !known.iter().any(|role| role.name.as_str().eq_ignore_ascii_case(name.as_str()));
        if !is_new {
            report.fault(&said, &format!("{} stands for two roles", quoted(said.value)), "give each its name");
        }
        is_new.then_some(name)
    });
    let members = names(&mut table, "members", report).unwrap_or_default();
    table.finish(report);
    Some(Role { name: name?, members })
}

fn jobs(table: &mut Table<'_>, report: &mut Report) -> Vec<JobRule> {
    let mut jobs = Vec::new();
    for mut table in table.tables("job", report) {
        for (key, hint) in [
            ("name", "write name = \"CI\": the workflow's name, or its file"),
            ("on", "write on = \"owner/name@main\": where it runs"),
        ] {
            if !table.has(key) {
                table.missing(key, hint, report);
            }
        }
        let name = table.filled("name", report).map(|said| Text::scrub(said.value));
        let on = table.filled("on", report).and_then(|said| github::ref_of(&said, report));
        let class = table.filled("class", report).and_then(|said| choice(&said, &CLASSES, report));
        table.finish(report);
        if let (Some(name), Some((repo, at))) = (name, on) {
            jobs.push(JobRule { name, class: class.unwrap_or(Class::Blocking), repo, at });
        }
    }
    jobs
}

fn freezes(table: &mut Table<'_>, report: &mut Report) -> Vec<Freeze> {
    let (mut freezes, mut called) = (Vec::new(), Vec::<Said<Text>>::new());
    for mut table in table.tables("freeze", report) {
        for (key, hint) in [
            ("name", "write name = \"holidays\""),
            ("from", "write from = \"2026-12-20T00:00:00+01:00\""),
            ("until", "write until = \"2027-01-04T00:00:00+01:00\""),
        ] {
            if !table.has(key) {
                table.missing(key, hint, report);
            }
        }
        let name = table.filled("name", report).map(|said| said.with(Text::scrub(said.value)));
        let from = instant(&mut table, "from", report);
        let until = instant(&mut table, "until", report);
        let exception = table.filled("exception", report);
        table.finish(report);
        let (Some(name), Some(from), Some(until)) = (name, from, until) else { continue };
        if until.value <= from.value {
            report.fault(
                &until,
                "is not after from",
                "a freeze holds from the first instant until just before the second",
            );
            continue;
        }
        freezes.push(Freeze {
            name: name.value.clone(),
            start: from.value,
            end: until.value,
            is_excepted: exception.is_some(),
        });
        called.push(name);
    }
    no_duplicates("freeze", &called, report);
    freezes
}

fn instant(table: &mut Table<'_>, key: &'static str, report: &mut Report) -> Option<Said<DateTime<Utc>>> {
    let said = table.filled(key, report)?;
    let read = parse_rfc3339(said.value);
    if read.is_none() {
        let what = format!("is {}, which is no time with its offset", quoted(said.value));
        report.fault(&said, &what, "write it as in \"2026-12-20T00:00:00+01:00\"");
    }
    Some(said.with(read?))
}
