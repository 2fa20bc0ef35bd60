//! What holds alerts back: `[[mute]]`, `[[inhibit]]`, `[[silence]]`.

use chrono::{DateTime, Utc};
use toml::de::DeValue;

use super::{MATCHERS, matchers};
use crate::{
    config::{
        check::calendar::Calendars,
        problems::Report,
        walk::{self, Said, Table, Wanted},
    },
    domain::{
        alert::AlertId,
        notify::{Inhibit, Mute, Silence, SilenceId, mute::When},
        sample::Labels,
        time::parse_rfc3339,
    },
    text::Text,
};

/// What an instant looks like, for hints.
const INSTANT: &str = "write an instant with its offset, such as 2026-11-21T22:00:00Z";

/// Reads a mute window.
pub(super) fn mute(mut table: Table<'_>, calendars: &Calendars, report: &mut Report) -> Option<Mute> {
    if !table.has("name") {
        table.missing("name", "write name = \"nights\"", report);
    }
    let name = table.filled("name", report).map(|said| Text::scrub(said.value));
    let matchers = matchers(table.some_texts("where", MATCHERS, report), report);
    let during = table.filled("during", report);
    let outside = table.filled("outside", report);
    let (from, until) = (instant("from", &mut table, report), instant("until", &mut table, report));
    let place = table.place();
    let is_once = table.has("from") || table.has("until");
    for key in ["from", "until"].into_iter().filter(|key| is_once && !table.has(key)) {
        table.missing(key, INSTANT, report);
    }
    let ways = [table.has("during"), table.has("outside"), is_once];
    table.finish(report);
    if ways.iter().filter(|way| **way).count() != 1 {
        let hint = "write during = \"CALENDAR\", outside = \"CALENDAR\", or from and until";
        report.fault(&place, "does not say when, or says it in two ways", hint);
        return None;
    }
    let when = match (during, outside) {
        (Some(said), _) => When::During(calendars.find(&said, report)?),
        (_, Some(said)) => When::Outside(calendars.find(&said, report)?),
        _ => {
            let (from, until) = both(from, until, &place, report)?;
            When::Once { from, until }
        }
    };
    Some(Mute { name: name?, matchers, when })
}

/// Reads an inhibition.
pub(super) fn inhibit(mut table: Table<'_>, report: &mut Report) -> Option<Inhibit> {
    for (key, hint) in
        [("source", "write source = ['severity=\"page\"']"), ("target", "write target = ['severity=\"ticket\"']")]
    {
        if !table.has(key) {
            table.missing(key, hint, report);
        }
    }
    let source = matchers(table.some_texts("source", MATCHERS, report), report);
    let target = matchers(table.some_texts("target", MATCHERS, report), report);
    let equal = table.texts("equal", report).map(|list| list.value).unwrap_or_default();
    table.finish(report);
    let equal = equal.iter().map(|said| Text::scrub(said.value)).collect();
    (!source.is_empty() && !target.is_empty()).then_some(Inhibit { source, target, equal })
}

/// Reads a silence: it has an end, an author and a comment, or it is none (R45).
pub(super) fn silence(mut table: Table<'_>, report: &mut Report) -> Option<Silence> {
    let needed = [
        ("where", MATCHERS),
        ("from", INSTANT),
        ("until", "a silence without an end is forgotten: write until = 2026-11-22T06:00:00Z"),
        ("author", "write author = \"ann\""),
        ("comment", "write comment = \"move of the database\": whoever finds it at night reads it"),
    ];
    for (key, hint) in needed {
        if !table.has(key) {
            table.missing(key, hint, report);
        }
    }
    let matchers = matchers(table.some_texts("where", MATCHERS, report), report);
    let (from, until) = (instant("from", &mut table, report), instant("until", &mut table, report));
    let author = table.filled("author", report).map(|said| Text::scrub(said.value));
    let comment = table.filled("comment", report).map(|said| Text::scrub(said.value));
    let place = table.place();
    table.finish(report);
    let (from, until) = both(from, until, &place, report)?;
    let (author, comment) = (author?, comment?);
    if matchers.is_empty() {
        return None;
    }
    let name = format!("{matchers:?}{from}{until}{author}");
    let id = SilenceId(AlertId::of(&Text::scrub(&name), &Labels::default()).0);
    match (Silence { id, matchers, from, until, author, comment }).checked() {
        Ok(silence) => Some(silence),
        Err(why) => {
            report.fault(&place, &format!("is no silence: {why}"), "see docs/guide/delivery.md");
            None
        }
    }
}

fn both(
    from: Option<DateTime<Utc>>,
    until: Option<DateTime<Utc>>,
    place: &Said<()>,
    report: &mut Report,
) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
    let (from, until) = (from?, until?);
    if until <= from {
        report.fault(place, "would end before it begins", "write from before until");
        return None;
    }
    Some((from, until))
}

/// Reads an instant: a TOML date and time with an offset, or the same as a text.
fn instant(name: &'static str, table: &mut Table<'_>, report: &mut Report) -> Option<DateTime<Utc>> {
    let said = table.value(name, report)?;
    let written = match said.value {
        DeValue::Datetime(at) => at.to_string(),
        DeValue::String(text) => text.to_string(),
        _ => {
            walk::wrong_type(&said, Wanted::Text, report);
            return None;
        }
    };
    let found = parse_rfc3339(&written);
    if found.is_none() {
        report.fault(&said, "is no instant: it has no offset, or is not readable", INSTANT);
    }
    found
}
