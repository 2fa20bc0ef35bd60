//! What a goal measures.

use chrono::TimeDelta;

use super::Known;
use crate::{
    config::{
        Context,
        check::{Range, choice, span},
        paths,
        problems::Report,
        secrets::quoted,
        walk::{Said, Table},
    },
    domain::{
        goal::{Figure, Find, Moment, Place, Stat},
        sla::WhichClock,
        trouble::nearest,
    },
    text::Text,
};

const AGE_RANGE: Range = Range { least: TimeDelta::minutes(1), most: TimeDelta::days(3_650) };

const WORDS: [&str; 12] =
    ["mtta", "mttr", "mttd", "kept", "open", "opened", "growth", "reopened", "owned", "signal", "slo", "file"];

/// Keys that belong to some figures alone.
const OF: [(&str, &[&str]); 7] = [
    ("stat", &["mtta", "mttr", "mttd", "signal"]),
    ("older_than", &["open"]),
    ("clock", &["kept"]),
    ("signal", &["signal"]),
    ("slo", &["slo"]),
    ("file", &["file"]),
    ("pattern", &["file"]),
];

/// Reads it.
pub(super) fn read(
    table: &mut Table<'_>,
    known: &Known<'_>,
    context: &Context<'_>,
    report: &mut Report,
) -> Option<Figure> {
    if !table.has("figure") {
        table.missing("figure", "write figure = \"mttr\"; the guide names them all", report);
    }
    let said = table.filled("figure", report)?;
    let words = WORDS.map(|word| (word, word));
    let word = choice(&said, &words, report)?;
    for (key, figures) in OF {
        if !figures.contains(&word) {
            table.misplaced(&[key], &format!("with figure = \"{word}\""), "leave it out", report);
        }
    }
    if word != "file" {
        table.misplaced(&["key"], &format!("with figure = \"{word}\""), "leave it out", report);
    }
    match word {
        "mtta" => Some(Figure::Time(Moment::Acted, stat(table, Stat::Median, report)?)),
        "mttr" => Some(Figure::Time(Moment::Resolved, stat(table, Stat::Median, report)?)),
        "mttd" => Some(Figure::Time(Moment::Detected, stat(table, Stat::Median, report)?)),
        "kept" => {
            let words = [("response", WhichClock::Response), ("fix", WhichClock::Fix)];
            match table.filled("clock", report) {
                None => Some(Figure::Kept(None)),
                Some(said) => Some(Figure::Kept(Some(choice(&said, &words, report)?))),
            }
        }
        "open" => {
            let age = span(table, "older_than", AGE_RANGE, report).map(|said| said.value);
            Some(Figure::Open(age.unwrap_or_default()))
        }
        "opened" => Some(Figure::Opened),
        "growth" => Some(Figure::Growth),
        "reopened" => Some(Figure::Reopened),
        "owned" => Some(Figure::Owned),
        "signal" => {
            let stat = stat(table, Stat::Mean, report);
            let read = known.signals.iter().map(|source| &source.signal);
            let names = read.chain(known.computed.iter().map(|(computed, _)| &computed.signal));
            let name = named(table, "signal", names.map(|signal| &signal.name).collect(), report);
            Some(Figure::Signal(name?, stat?))
        }
        "slo" => {
            let names = known.slos.iter().map(|slo| &slo.name).collect();
            named(table, "slo", names, report).map(Figure::Budget)
        }
        _ => place(table, ("file", "pattern", "key"), context, report).map(Figure::File),
    }
}

fn stat(table: &mut Table<'_>, usual: Stat, report: &mut Report) -> Option<Stat> {
    let Some(said) = table.filled("stat", report) else { return Some(usual) };
    let stat = choice(&said, &Stat::WORDS, report)?;
    if stat == Stat::Last && usual != Stat::Mean {
        report.fault(&said, "is \"last\", which times do not have", "write \"median\", \"mean\", \"p90\" or \"max\"");
        return None;
    }
    Some(stat)
}

fn named(table: &mut Table<'_>, key: &'static str, names: Vec<&Text>, report: &mut Report) -> Option<Text> {
    if !table.has(key) {
        table.missing(key, &format!("write {key} = the name of a [[{key}]]"), report);
    }
    let said = table.filled(key, report)?;
    let found = names.iter().find(|name| name.as_str() == said.value);
    if found.is_none() {
        let near = nearest(said.value, names.iter().map(|name| name.as_str()));
        let hint = near.map_or(format!("write the name of a [[{key}]]"), |near| format!("did you mean \"{near}\"?"));
        report.fault(&said, &format!("is {}, and no [[{key}]] is called so", quoted(said.value)), &hint);
    }
    found.map(|name| (*name).clone())
}

/// Where a number stands in a file: by a pattern or by a way of names.
pub(super) fn place(
    table: &mut Table<'_>,
    (file, pattern, key): (&'static str, &'static str, &'static str),
    context: &Context<'_>,
    report: &mut Report,
) -> Option<Place> {
    if !table.has(file) {
        table.missing(file, &format!("write {file} = \"reports/coverage.json\""), report);
    }
    let path = table.filled(file, report).and_then(|said| paths::path(&said, context, report));
    let (by_pattern, by_key) = (table.filled(pattern, report), table.filled(key, report));
    let find = match (by_pattern, by_key) {
        (Some(said), None) => self::pattern(&said, report),
        (None, Some(said)) => Some(Find::Key(Text::scrub(said.value))),
        (Some(_), Some(said)) => {
            report.fault(&said, &format!("is given together with {pattern}"), "keep one of the two");
            None
        }
        (None, None) if table.has(pattern) || table.has(key) => None,
        (None, None) => {
            table.missing(
                pattern,
                &format!("write {pattern} = 'TOTAL.* (\\d+)%', or {key} = \"totals.percent\" of a JSON file"),
                report,
            );
            None
        }
    };
    Some(Place { path: Text::scrub(&path?.to_string_lossy()), find: find? })
}

fn pattern(said: &Said<&str>, report: &mut Report) -> Option<Find> {
    let what = match regex::Regex::new(said.value) {
        Err(_) => "is no regular expression",
        Ok(read) if read.captures_len() < 2 => "has no group",
        Ok(_) => return Some(Find::Pattern(Text::scrub(said.value))),
    };
    report.fault(said, what, "put the number in brackets, as in 'TOTAL.* (\\d+)%'");
    None
}
