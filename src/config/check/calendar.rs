//! `[calendar.NAME]`: open hours by name, and what refers to them.

use std::{collections::BTreeSet, path::PathBuf};

use chrono::{NaiveDate, NaiveTime, Weekday};
use toml::de::DeValue;

use crate::{
    config::{
        Context, NamedCalendar,
        check::zone,
        paths,
        problems::Report,
        secrets::quoted,
        units,
        walk::{self, Said, Table, Wanted},
    },
    domain::{
        calendar::{Calendar, Hours, Window},
        trouble::nearest,
    },
    text::Text,
};

/// The name that always means "around the clock".
pub(super) const ALWAYS: &str = "24x7";

const EVERY_DAY: [Weekday; 7] =
    [Weekday::Mon, Weekday::Tue, Weekday::Wed, Weekday::Thu, Weekday::Fri, Weekday::Sat, Weekday::Sun];

/// Calendars by their names.
pub(super) struct Calendars {
    known: Vec<NamedCalendar>,
    /// Names of those that have a fault of their own: who refers to one has no second fault.
    broken: Vec<String>,
}

impl Calendars {
    /// Reads all of them.
    pub(super) fn read(root: &mut Table<'_>, context: &Context<'_>, report: &mut Report) -> Self {
        let mut calendars = Self { known: Vec::new(), broken: Vec::new() };
        for (name, table) in root.named_tables("calendar", report) {
            if name.value.eq_ignore_ascii_case(ALWAYS) {
                report.fault(&name, "is always there: it counts around the clock", "give yours another name");
            }
            match calendar(name.value, table, context, report) {
                Some((calendar, holidays_file)) => {
                    calendars.known.push(NamedCalendar { name: name.value.to_owned(), calendar, holidays_file });
                }
                None => calendars.broken.push(name.value.to_owned()),
            }
        }
        calendars
    }

    /// The calendar that a key names; nothing where it names none, which is reported.
    pub(super) fn find(&self, said: &Said<&str>, report: &mut Report) -> Option<Calendar> {
        if said.value == ALWAYS {
            return Some(Calendar::Always);
        }
        let found = self.known.iter().find(|known| known.name == said.value).map(|known| known.calendar.clone());
        if found.is_none() && !self.broken.iter().any(|name| name == said.value) {
            let names = || self.known.iter().map(|known| known.name.as_str()).chain([ALWAYS]);
            let hint = match nearest(said.value, names()) {
                Some(name) => format!("did you mean \"{name}\"?"),
                None => format!("known here: {}; [calendar.NAME] makes one", names().collect::<Vec<_>>().join(", ")),
            };
            report.fault(said, &format!("is {}, which is no calendar", quoted(said.value)), &hint);
        }
        found
    }

    /// All of them.
    pub(super) fn into_known(self) -> Vec<NamedCalendar> {
        self.known
    }
}

fn calendar(
    name: &str,
    mut table: Table<'_>,
    context: &Context<'_>,
    report: &mut Report,
) -> Option<(Calendar, Option<PathBuf>)> {
    if !table.has("zone") {
        table.missing("zone", "say where its clock hangs: zone = \"Europe/Berlin\"", report);
    }
    if !table.has("hours") {
        let hint = "say when it is open: hours = [{ days = \"weekdays\", from = \"09:00\", to = \"17:00\" }]";
        table.missing("hours", hint, report);
    }
    let zone = table.filled("zone", report).and_then(|said| zone(&said, context, report));
    let n_said = table.tables("hours", report);
    let is_open = !n_said.is_empty();
    let windows: Vec<Option<Vec<Window>>> = n_said.into_iter().map(|hours| windows(hours, report)).collect();
    if table.has("hours") && !is_open {
        let hint = "write hours = [{ days = \"weekdays\", from = \"09:00\", to = \"17:00\" }]";
        report.fault(&table.place(), "never opens: a clock would never run", hint);
    }
    let holidays = table.value("holidays", report).map_or(Some(BTreeSet::new()), |said| holidays(&said, report));
    let file = table.filled("holidays_file", report).and_then(|said| paths::path(&said, context, report));
    table.finish(report);
    let windows: Vec<Window> = windows.into_iter().collect::<Option<Vec<_>>>()?.into_iter().flatten().collect();
    let hours = Hours::new(zone?, windows, holidays?).named(Text::scrub(name));
    is_open.then(|| (Calendar::Business(hours.into()), file))
}

fn windows(mut table: Table<'_>, report: &mut Report) -> Option<Vec<Window>> {
    let days = table.value("days", report).map_or(Some(EVERY_DAY.to_vec()), |said| days(&said, report));
    let mut edge = |name, example: &str, report: &mut Report| {
        if !table.has(name) {
            table.missing(name, &format!("write {name} = \"{example}\""), report);
        }
        let said = table.filled(name, report)?;
        // A day's end may be written as people say it.
        let at = if said.value == "24:00" { Some(NaiveTime::MIN) } else { units::hour(said.value) };
        if at.is_none() {
            let hint = format!("write {name} = \"{example}\"");
            report.fault(&said, &format!("is {}, which is no time of day", quoted(said.value)), &hint);
        }
        at
    };
    let (opens, closes) = (edge("from", "09:00", report), edge("to", "17:00", report));
    table.finish(report);
    let (opens, closes) = (opens?, closes?);
    Some(days?.into_iter().map(|day| Window { day, opens, closes }).collect())
}

fn days(said: &Said<&DeValue<'_>>, report: &mut Report) -> Option<Vec<Weekday>> {
    let DeValue::Array(list) = said.value else { return days_named(said, report) };
    if list.is_empty() {
        report.fault(said, "is an empty list", "name a day, or leave the key out for every day");
        return None;
    }
    let mut days = Vec::new();
    for item in list.iter() {
        let line = report.line_of(item.span().start);
        days.extend(days_named(&Said { value: item.get_ref(), key: said.key.clone(), line }, report)?);
    }
    days.sort_by_key(Weekday::num_days_from_monday);
    days.dedup();
    Some(days)
}

fn days_named(said: &Said<&DeValue<'_>>, report: &mut Report) -> Option<Vec<Weekday>> {
    let Some(written) = said.value.as_str() else {
        walk::wrong_type(said, Wanted::Text, report);
        return None;
    };
    let (workdays, weekend) = EVERY_DAY.split_at_checked(5)?;
    match written.trim() {
        "daily" => Some(EVERY_DAY.to_vec()),
        "weekdays" => Some(workdays.to_vec()),
        "weekend" => Some(weekend.to_vec()),
        day => {
            let found = day.parse::<Weekday>().ok();
            if found.is_none() {
                let hint = "write \"weekdays\", \"weekend\", \"daily\", or a list such as [\"mon\", \"tue\"]";
                report.fault(said, &format!("is {}, which is no day", quoted(written)), hint);
            }
            found.map(|day| vec![day])
        }
    }
}

fn holidays(said: &Said<&DeValue<'_>>, report: &mut Report) -> Option<BTreeSet<NaiveDate>> {
    let DeValue::Array(list) = said.value else {
        walk::wrong_type(said, Wanted::Texts, report);
        return None;
    };
    let (mut days, mut is_whole) = (BTreeSet::new(), true);
    for item in list.iter() {
        let line = report.line_of(item.span().start);
        let item = Said { value: item.get_ref(), key: said.key.clone(), line };
        let day = match item.value {
            DeValue::String(text) => units::day(text.trim()),
            DeValue::Datetime(stamp) => units::day(&stamp.to_string()),
            _ => {
                walk::wrong_type(&item, Wanted::Item, report);
                is_whole = false;
                continue;
            }
        };
        if day.is_none() {
            let written = item.value.as_str().map_or_else(|| "a date or a time".to_owned(), quoted);
            report.fault(&item, &format!("holds {written}, which is no day of the calendar"), "write \"2026-12-25\"");
            is_whole = false;
        }
        days.extend(day);
    }
    is_whole.then_some(days)
}
