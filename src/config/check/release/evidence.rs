//! `[[release.evidence]]`: what a step of the release is judged by.

use chrono::TimeDelta;

use crate::{
    config::{
        Context,
        check::{Range, github, source::repository, span},
        paths,
        problems::Report,
        walk::{Said, Table},
    },
    domain::{
        expr::Expr,
        release::evidence::{Evidence, Tie, VersionPlace},
        slo::Slo,
        trouble::nearest,
    },
    text::Text,
};

/// How old a file may be.
const AGE_RANGE: Range = Range { least: TimeDelta::minutes(1), most: TimeDelta::days(3_650) };

/// Runs in a row: three as R50 asks.
const IN_A_ROW: u32 = 3;

/// The kinds, each by the key that only it has.
const KINDS: [&str; 8] = ["checks", "milestone", "file", "versions", "changelog", "figure", "artefact", "holds"];

const ONE_OF: &str =
    "write one of checks = \"owner/name@main\", milestone, file, versions, changelog, figure, artefact, holds";

/// Reads what steps are judged by; `release` is the release's name, the version that is looked for where none is named;
/// `slos` are the objectives that a step may be judged by.
pub(super) fn all(
    table: &mut Table<'_>,
    release: Option<&Text>,
    slos: &[Slo],
    context: &Context<'_>,
    report: &mut Report,
) -> Vec<Tie> {
    let tables = table.tables("evidence", report);
    tables.into_iter().filter_map(|table| tie(table, release, slos, context, report)).collect()
}

fn tie(
    mut table: Table<'_>,
    release: Option<&Text>,
    slos: &[Slo],
    context: &Context<'_>,
    report: &mut Report,
) -> Option<Tie> {
    if !table.has("step") {
        table.missing("step", "write step = \"backup\": the step's name, text, or line as in \"L12\"", report);
    }
    let step = table.filled("step", report).map(|said| Text::scrub(said.value));
    let kinds: Vec<&'static str> = KINDS.into_iter().filter(|kind| table.has(kind)).collect();
    let evidence = match kinds.as_slice() {
        [] => {
            let place = table.place();
            report.fault(&place, "says nothing that the step is judged by", ONE_OF);
            None
        }
        [kind] => one(&mut table, kind, release, slos, context, report),
        [kind, others @ ..] => {
            table.misplaced(others, &format!("with {kind}"), "write an [[release.evidence]] for each", report);
            one(&mut table, kind, release, slos, context, report)
        }
    };
    table.finish(report);
    Some(Tie { step: step?, evidence: evidence? })
}

fn one(
    table: &mut Table<'_>,
    kind: &'static str,
    release: Option<&Text>,
    slos: &[Slo],
    context: &Context<'_>,
    report: &mut Report,
) -> Option<Evidence> {
    match kind {
        "checks" => {
            let job = table.filled("job", report).map(|said| Text::scrub(said.value)).unwrap_or_default();
            let in_a_row = in_a_row(table, report);
            let (repo, at) = table.filled(kind, report).and_then(|said| github::ref_of(&said, report))?;
            Some(Evidence::ChecksGreen { repo, at, job, in_a_row })
        }
        "milestone" | "artefact" => {
            if !table.has("repository") {
                table.missing("repository", "write repository = \"owner/name\"", report);
            }
            let repo = table.filled("repository", report).and_then(|said| repository(&said, report));
            let name = table.filled(kind, report).map(|said| Text::scrub(said.value));
            let (repo, name) = (repo?, name?);
            Some(if kind == "milestone" {
                Evidence::MilestoneEmpty { repo, title: name }
            } else {
                Evidence::Artefact { repo, name }
            })
        }
        "file" => {
            let within = span(table, "within", AGE_RANGE, report).map(|said| said.value);
            Some(Evidence::FileFresh { path: file(table, kind, context, report)?, within })
        }
        "changelog" => {
            let version = version(table, report).or_else(|| release.cloned())?;
            Some(Evidence::ChangelogHas { path: file(table, kind, context, report)?, version })
        }
        "figure" => {
            for (key, hint) in [("pattern", "write pattern = 'TOTAL.* (\\d+)%'"), ("least", "write least = 80")] {
                if !table.has(key) {
                    table.missing(key, hint, report);
                }
            }
            let pattern = pattern(table, report);
            let least = table.number("least", report).map(|said| said.value);
            let path = file(table, kind, context, report);
            Some(Evidence::FigureAtLeast { path: path?, pattern: pattern?, least: least? })
        }
        "versions" => {
            let version = version(table, report);
            let list = table.value("versions", report);
            if let Some(said) = list.filter(|said| said.value.as_array().is_some_and(|list| list.is_empty())) {
                report.fault(
                    &said,
                    "is an empty list",
                    "name the places: versions = [{ file = \"Cargo.toml\", pattern = '^version = \"(.+)\"' }]",
                );
            }
            let places = table.tables("versions", report).into_iter().filter_map(|mut table| {
                for (key, hint) in
                    [("file", "write file = \"Cargo.toml\""), ("pattern", "write pattern = '^version = \"(.+)\"'")]
                {
                    if !table.has(key) {
                        table.missing(key, hint, report);
                    }
                }
                let pattern = pattern(&mut table, report);
                let path = file(&mut table, "file", context, report);
                table.finish(report);
                Some(VersionPlace { path: path?, pattern: pattern? })
            });
            let places: Vec<VersionPlace> = places.collect();
            (!places.is_empty()).then_some(Evidence::VersionsAgree { places, version })
        }
        _ => condition(table, kind, slos, report),
    }
}

fn condition(table: &mut Table<'_>, key: &'static str, slos: &[Slo], report: &mut Report) -> Option<Evidence> {
    let said = table.filled(key, report)?;
    let is_objective = slos.iter().any(|slo| slo.name.as_str() == said.value);
    let what = match Expr::read(said.value) {
        _ if is_objective => None,
        Ok(expr) if expr.can_fail() => None,
        Ok(_) => Some("compares nothing, and no [[slo]] has that name".to_owned()),
        Err(fault) => Some(format!("cannot be read, and no [[slo]] has that name: {fault}")),
    };
    if let Some(what) = what {
        let near = nearest(said.value, slos.iter().map(|slo| slo.name.as_str()));
        let hint = near.map_or_else(
            || "write a condition, as in \"error_rate < 0.01\", or the name of an [[slo]]".to_owned(),
            |near| format!("did you mean \"{near}\"?"),
        );
        report.fault(&said, &what, &hint);
        return None;
    }
    Some(Evidence::Condition { expression: Text::scrub(said.value) })
}

fn in_a_row(table: &mut Table<'_>, report: &mut Report) -> u32 {
    let Some(said) = table.number("in_a_row", report) else { return IN_A_ROW };
    let read = (1..=50_u32).find(|n| (f64::from(*n) - said.value).abs() < f64::EPSILON);
    if read.is_none() {
        report.fault(&said, "is no number of runs from 1 to 50", "write in_a_row = 3");
    }
    read.unwrap_or(IN_A_ROW)
}

fn version(table: &mut Table<'_>, report: &mut Report) -> Option<Text> {
    table.filled("version", report).map(|said| Text::scrub(said.value))
}

fn file(table: &mut Table<'_>, key: &'static str, context: &Context<'_>, report: &mut Report) -> Option<Text> {
    let path = paths::path(&table.filled(key, report)?, context, report)?;
    Some(Text::scrub(&path.to_string_lossy()))
}

fn pattern(table: &mut Table<'_>, report: &mut Report) -> Option<Text> {
    let said: Said<&str> = table.filled("pattern", report)?;
    if let Some(what) = unusable(said.value) {
        report.fault(
            &said,
            what,
            "write a regular expression with what is wanted in brackets, as in '^version = \"(.+)\"'",
        );
        return None;
    }
    Some(Text::scrub(said.value))
}

/// What is wrong with a pattern; nothing where it has a group.
fn unusable(written: &str) -> Option<&'static str> {
    match regex::Regex::new(written) {
        Err(_) => Some("is no regular expression"),
        Ok(read) if read.captures_len() < 2 => Some("has no group"),
        Ok(_) => None,
    }
}
