//! From the document to [`Settings`]: section by section, every problem reported, nothing given up at the first.

use std::collections::{HashMap, hash_map::Entry};

use chrono::TimeDelta;
use toml::de::DeValue;

use crate::{
    config::{
        Context, FILE_BYTES, IncidentSource, Settings, THEMES, paths,
        problems::Report,
        secrets::{self, quoted},
        units,
        walk::{self, Said, Table},
    },
    domain::{
        trouble::{Problem, nearest},
        zone::{self, Zone, advice::advice},
    },
    text::Text,
};

mod ack;
mod address;
mod alert;
mod asked;
mod burn_in;
mod calendar;
mod computed;
mod duty;
pub(super) mod github;
mod goal;
mod lines;
mod metrics;
pub(super) mod notify;
mod plan;
mod policy;
mod promise;
mod release;
mod remote;
mod rule;
mod section;
mod signal;
mod slo;
mod source;
mod store;
pub(super) mod token;

/// The record of what people did that no host keeps: beside the settings, so that it goes where they go.
const RECORD: &str = "watchfloor.record.md";

/// The one version of the format there is.
const VERSION: f64 = 1.0;

/// Lays a file's text on `start`. The settings are whole even where there are problems: what is wrong keeps its default.
pub(super) fn settle(file: &str, context: &Context<'_>, start: Settings) -> (Settings, Vec<Problem>) {
    let mut report = Report::on(file);
    if file.len() > FILE_BYTES {
        let what = format!("the file is longer than {} KiB", FILE_BYTES / 1024);
        report.at(None, "", &what, "is it the right file?");
        return (start, report.finish());
    }
    let Some(document) = walk::document(file, &mut report) else { return (start, report.finish()) };
    secrets::refuse(document.get_ref(), "", &mut report);
    let settings = sections(Table::root(document.get_ref()), context, start, &mut report);
    (settings, report.finish())
}

fn sections(mut root: Table<'_>, context: &Context<'_>, start: Settings, report: &mut Report) -> Settings {
    version(&mut root, report);
    let team = root.text("team", report).map(|said| Text::scrub(said.value.trim()));
    let zone = root.filled("zone", report).and_then(|said| zone(&said, context, report));
    let theme = root
        .filled("theme", report)
        .and_then(|said| choice(&said, &THEMES.map(|name| (name, name)), report).map(Text::scrub));
    let sections = section::all(root.tables("section", report), report);
    let (sources, hosts) = (root.tables("source", report), root.tables("github", report));
    let mut incidents = source::all(sources, hosts, context, report);
    let is_read_only = root.flag("read_only", report).map_or(start.is_read_only, |said| said.value);
    let ack = match root.table("ack", report) {
        Some(table) => ack::ack(table, context, start.ack, report),
        None => start.ack,
    };
    let calendars = calendar::Calendars::read(&mut root, context, report);
    let policy = policy::policy(&mut root, start.policy, &calendars, report);
    let notify = notify::all(&mut root, context, &calendars, &incidents, report);
    // After the channels: with all of it read-only they say so when they are used, and nothing is wrong with the file.
    if is_read_only {
        incidents.iter_mut().for_each(IncidentSource::protect);
    }
    let (prometheus, alertmanagers) = (root.tables("prometheus", report), root.tables("alertmanager", report));
    let servers = remote::all(prometheus, alertmanagers, context, report);
    let signal::Signals { sources: signals, computed, groups } =
        signal::all(root.tables("signal", report), &servers, context, report);
    let keep_measured = root
        .table("metrics", report)
        .map_or(start.keep_measured, |table| metrics::keep(table, start.keep_measured, report));
    let alerts = alert::all(root.tables("alert", report), context, report);
    let rule_files = alert::files(&mut root, context, report);
    let slos = slo::all(root.tables("slo", report), &signals, &computed, context, report);
    let tzdata_minimum = root.filled("tzdata_minimum", report).and_then(|said| release_of_zones(&said, report));
    let (roster, roster_page) =
        root.table("roster", report).map_or((None, None), |table| roster(table, context, report));
    let home = zone.as_ref().or(start.zone.as_ref());
    let duties = duty::all(root.tables("duty", report), home, context, report);
    let known = burn_in::Known { home, duties: &duties, signals: &signals, computed: &computed, slos: &slos };
    let burn_ins = burn_in::all(root.tables("burn_in", report), &known, context, report);
    let known = goal::Known { home, signals: &signals, computed: &computed, slos: &slos };
    let goals = goal::all(root.tables("goal", report), &known, context, report);
    let release = root.table("release", report).and_then(|table| release::release(table, &slos, context, report));
    if let Some(release) = &release {
        release::ask_hosts(release, &mut incidents);
    }
    let keep = root.table("store", report).and_then(|table| store::keep(table, context, report));
    root.finish(report);
    Settings {
        team: team.unwrap_or(start.team),
        zone: zone.or(start.zone),
        theme: theme.unwrap_or(start.theme),
        policy,
        calendars: calendars.into_known(),
        incidents,
        ack,
        sections: if sections.is_empty() { start.sections } else { sections },
        is_read_only,
        signals,
        servers: servers.all,
        computed,
        groups,
        keep_measured,
        alerts,
        rule_files,
        slos,
        notify,
        roster,
        roster_page,
        tzdata_minimum: tzdata_minimum.or(start.tzdata_minimum),
        record: (!duties.is_empty() || !burn_ins.is_empty() || release.is_some()).then(|| context.base.join(RECORD)),
        release,
        duties,
        burn_ins,
        goals,
        keep: keep.unwrap_or(start.keep),
    }
}

/// The roster's file and its page.
fn roster(
    mut table: Table<'_>,
    context: &Context<'_>,
    report: &mut Report,
) -> (Option<std::path::PathBuf>, Option<std::path::PathBuf>) {
    let (file, page) = (table.filled("file", report), table.filled("page", report));
    if !table.has("file") {
        table.missing("file", "write file = \"oncall.toml\", or leave [roster] out", report);
    }
    table.finish(report);
    let mut path = |said: Option<Said<&str>>| said.and_then(|said| paths::path(&said, context, report));
    (path(file), path(page))
}

fn version(root: &mut Table<'_>, report: &mut Report) {
    let Some(said) = root.number("version", report) else { return };
    if said.value != VERSION {
        let what = format!("is {}, which this watchfloor does not read", said.value);
        report.fault(&said, &what, &format!("write version = {VERSION}; a newer file needs a newer watchfloor"));
    }
}

/// Reads a release of the zone data.
fn release_of_zones(said: &Said<&str>, report: &mut Report) -> Option<Text> {
    let is_one = zone::is_release(said.value);
    if !is_one {
        let what = format!("is {}, which is no release of the zone data", quoted(said.value));
        report.fault(said, &what, "write a year and a letter, such as \"2026a\"");
    }
    is_one.then(|| Text::scrub(said.value.trim()))
}

/// Finds a zone by its IANA name.
fn zone(said: &Said<&str>, context: &Context<'_>, report: &mut Report) -> Option<Zone> {
    let found = (context.zones)(said.value);
    if found.is_none() {
        let what = format!("is {}, which is no time zone known here", quoted(said.value));
        report.fault(said, &what, &advice(said.value));
    }
    found
}

/// Reads one of a few words.
fn choice<T: Copy>(said: &Said<&str>, choices: &[(&str, T)], report: &mut Report) -> Option<T> {
    let found = choices.iter().find(|(word, _)| *word == said.value).map(|(_, meaning)| *meaning);
    if found.is_none() {
        let words: Vec<String> = choices.iter().map(|(word, _)| format!("\"{word}\"")).collect();
        let hint = match nearest(said.value, choices.iter().map(|(word, _)| *word)) {
            Some(word) => format!("did you mean \"{word}\"?"),
            None => format!("write one of {}", words.join(", ")),
        };
        report.fault(said, &format!("is {}, which is not known", quoted(said.value)), &hint);
    }
    found
}

/// The bounds of a length of time, both allowed.
#[derive(Debug, Clone, Copy)]
struct Range {
    least: TimeDelta,
    most: TimeDelta,
}

/// Reads a length of time within bounds.
fn span(table: &mut Table<'_>, name: &'static str, range: Range, report: &mut Report) -> Option<Said<TimeDelta>> {
    let said = table.value(name, report)?;
    span_of(&said, range, report).map(|length| said.with(length))
}

fn span_of(said: &Said<&DeValue<'_>>, range: Range, report: &mut Report) -> Option<TimeDelta> {
    let Some(text) = said.value.as_str() else {
        match said.value {
            DeValue::Integer(_) | DeValue::Float(_) => {
                report.fault(said, "is a number without a unit", units::SPAN_EXAMPLE);
            }
            _ => walk::wrong_type(said, walk::Wanted::Text, report),
        }
        return None;
    };
    let length = match units::span(text) {
        Ok(length) => length,
        Err(fault) => {
            report.fault(said, &format!("is {}", quoted(text)), fault.hint());
            return None;
        }
    };
    let hint = format!("from {} to {}", units::written(range.least), units::written(range.most));
    if length < range.least {
        report.fault(said, &format!("is {}, which is too short", quoted(text)), &hint);
        return None;
    }
    if range.most < length {
        report.fault(said, &format!("is {}, which is too long", quoted(text)), &hint);
        return None;
    }
    Some(length)
}

/// How many tables of a kind are taken, what is done with so many, and what to do about the rest.
struct Most {
    n: usize,
    kept: &'static str,
    hint: &'static str,
}

/// Reads tables that have names, as many as are taken; says where there are more, and which names stand twice. `read` adds
/// the name of its table to those it is given.
fn named<'t, T>(
    what: &str,
    most: &Most,
    tables: Vec<Table<'t>>,
    report: &mut Report,
    mut read: impl FnMut(Table<'t>, &mut Vec<Said<Text>>, &mut Report) -> Option<T>,
) -> Vec<T> {
    if let Some(table) = tables.get(most.n) {
        report.fault(&table.place(), &format!("is one too many: {} {}", most.n, most.kept), most.hint);
    }
    let mut names = Vec::new();
    let all = tables.into_iter().take(most.n).filter_map(|table| read(table, &mut names, report)).collect();
    no_duplicates(what, &names, report);
    all
}

/// Reports names that stand twice, without regard to case.
fn no_duplicates(what: &str, names: &[Said<Text>], report: &mut Report) {
    let mut first_lines: HashMap<String, usize> = HashMap::new();
    for name in names {
        match first_lines.entry(name.value.as_str().to_ascii_lowercase()) {
            Entry::Vacant(place) => {
                place.insert(name.line);
            }
            Entry::Occupied(first) => {
                let called = quoted(name.value.as_str());
                let said = format!("is {called}, as the {what} in line {} is already called", first.get());
                report.fault(name, &said, "give each a name of its own");
            }
        }
    }
}
