//! A TOML table read key by key: what is wrong is noted with its line, and reading goes on.

use std::ops::{Range, RangeInclusive};

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};
use toml::{
    Spanned,
    de::{DeTable, DeValue},
    value::{Date, Datetime, Offset, Time},
};

use crate::{
    domain::{
        rota::Person,
        time::parse_rfc3339,
        trouble::{self, Problem},
        zone::{Zone, Zones, advice::advice},
    },
    text::Text,
};

/// A value with its place in the file.
pub(super) type Value<'t> = Spanned<DeValue<'t>>;

/// The longest wait a roster may name.
const LONGEST: TimeDelta = TimeDelta::days(30);

/// The most people a roster may name, and the most layers, of all seats together. More is a slip of a program, and would
/// take longer to work out than anybody waits.
pub(super) const MOST_PEOPLE: usize = 5_000;
/// The most layers.
pub(super) const MOST_LAYERS: usize = 1_000;
/// The most people on call together by the largest turns of all layers.
pub(super) const MOST_AT_ONCE: usize = 2_000;
/// The most people on call together by one turn or one override.
pub(super) const MOST_TOGETHER: usize = 500;

/// One table of the file and the path that leads to it.
pub(super) struct Table<'t> {
    /// `schedule[0].layer[1]`; empty at the top.
    pub(super) path: String,
    entries: &'t DeTable<'t>,
    start: usize,
}

impl<'t> Table<'t> {
    /// The whole file.
    pub(super) fn top(document: &'t Spanned<DeTable<'t>>) -> Self {
        Self { path: String::new(), entries: document.get_ref(), start: 0 }
    }

    /// Where the table begins.
    pub(super) fn span(&self) -> Range<usize> {
        self.start..self.start
    }

    /// Whether the key is there, with any value.
    pub(super) fn has(&self, key: &str) -> bool {
        self.entries.contains_key(key)
    }

    /// The value of a key.
    pub(super) fn get(&self, key: &str) -> Option<&'t Value<'t>> {
        self.entries.get(key)
    }

    /// The path of a key.
    pub(super) fn key(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }
}

/// Reads values and gathers what is wrong with them.
pub(super) struct Reader<'z> {
    /// Everybody named so far, in file order.
    pub(super) people: Vec<Person>,
    zones: &'z Zones,
    line_starts: Vec<usize>,
    problems: Vec<(usize, Problem)>,
}

impl<'z> Reader<'z> {
    /// Reads nothing yet; `file` is needed for its lines.
    pub(super) fn new(file: &str, zones: &'z Zones) -> Self {
        let line_starts =
            std::iter::once(0).chain(file.match_indices('\n').map(|(at, _)| at.saturating_add(1))).collect();
        Self { people: Vec::new(), zones, line_starts, problems: Vec::new() }
    }

    /// All problems, in the order of the file.
    pub(super) fn into_problems(mut self) -> Vec<Problem> {
        self.problems.sort_by_key(|(at, _)| *at);
        self.problems.into_iter().map(|(_, problem)| problem).collect()
    }

    /// Notes a problem.
    pub(super) fn complain(&mut self, span: Range<usize>, key: &str, what: &str, hint: Option<&str>) {
        let line = self.line_starts.partition_point(|start| *start <= span.start);
        let problem = Problem {
            line: Some(line),
            key: key.to_owned(),
            what: Text::scrub(&what.replace('\n', ", ")),
            hint: hint.map(Text::scrub),
        };
        self.problems.push((span.start, problem));
    }

    /// Complains of every key that is not one of these.
    pub(super) fn only(&mut self, table: &Table, known: &[&str]) {
        for key in table.entries.keys().filter(|key| !known.contains(&key.get_ref().as_ref())) {
            let hint = match trouble::nearest(key.get_ref(), known.iter().copied()) {
                Some(near) => format!("did you mean \"{near}\"?"),
                None => format!("known keys here: {}", known.join(", ")),
            };
            self.complain(key.span(), &table.key(key.get_ref()), "unknown key", Some(&hint));
        }
    }

    /// Complains when a key is missing.
    pub(super) fn need(&mut self, table: &Table, key: &str, hint: &str) {
        if !table.has(key) {
            self.complain(table.span(), &table.key(key), "missing", Some(hint));
        }
    }

    /// The tables of `[[key]]`; those that are none are complained of.
    pub(super) fn tables<'t>(&mut self, table: &Table<'t>, key: &str) -> Vec<Table<'t>> {
        let mut found = Vec::new();
        let Some(value) = table.get(key) else { return found };
        if value.get_ref().is_table() {
            let hint = format!("there may be several: write [[{key}]] or a list of tables");
            self.complain(value.span(), &table.key(key), "found a single table", Some(&hint));
            return found;
        }
        for (nth, item) in self.items(value, &table.key(key)).into_iter().enumerate() {
            let path = format!("{}[{nth}]", table.key(key));
            match item.get_ref() {
                DeValue::Table(entries) => found.push(Table { path, entries, start: item.span().start }),
                other => self.wrong_kind(item, &path, "a table", other.type_str()),
            }
        }
        found
    }

    /// Complains where a list has more than the most, and says so.
    pub(super) fn is_over(&mut self, span: Range<usize>, key: &str, n: usize, most: usize, of: &str) -> bool {
        if n > most {
            let hint = format!("a roster holds at most {most} {of}: split it into several files");
            self.complain(span, key, &format!("{n} {of}"), Some(&hint));
        }
        n > most
    }

    /// Complains where more people are named together than one turn or one override may have, and says so.
    pub(super) fn is_too_long(&mut self, value: &Value<'_>, key: &str, n: usize) -> bool {
        if n > MOST_TOGETHER {
            let hint = format!("at most {MOST_TOGETHER} may be on call together; is a comma or a bracket misplaced?");
            self.complain(value.span(), key, &format!("{n} people at once"), Some(&hint));
        }
        n > MOST_TOGETHER
    }

    /// The items of an array.
    pub(super) fn items<'t>(&mut self, value: &'t Value<'t>, key: &str) -> Vec<&'t Value<'t>> {
        match value.get_ref() {
            DeValue::Array(items) => items.iter().collect(),
            other => {
                self.wrong_kind(value, key, "a list", other.type_str());
                Vec::new()
            }
        }
    }

    /// The characters of a string.
    pub(super) fn string<'t>(&mut self, value: &'t Value<'t>, key: &str) -> Option<&'t str> {
        match value.get_ref() {
            DeValue::String(written) => Some(written.as_ref()),
            other => {
                self.wrong_kind(value, key, "text in quotes", other.type_str());
                None
            }
        }
    }

    /// A line of text, where there is one.
    pub(super) fn text(&mut self, table: &Table, key: &str) -> Option<Text> {
        let written = self.string(table.get(key)?, &table.key(key))?;
        Some(Text::scrub(written))
    }

    /// A name that must be there, not blank, and not be taken already; it is added to the taken ones.
    pub(super) fn name(&mut self, table: &Table, key: &str, taken: &mut Vec<Text>) -> Option<Text> {
        self.need(table, key, &format!("write {key} = \"…\""));
        let name = self.text(table, key)?;
        let span = table.get(key)?.span();
        if name.is_blank() {
            self.complain(span, &table.key(key), "blank", Some("write a name"));
            return None;
        }
        if taken.contains(&name) {
            self.complain(span, &table.key(key), &format!("\"{name}\" is there twice"), Some("give each its own name"));
            return None;
        }
        taken.push(name.clone());
        Some(name)
    }

    /// A whole number that fits a level.
    pub(super) fn level(&mut self, table: &Table) -> i32 {
        let Some(value) = table.get("level") else { return 0 };
        let number = value.get_ref().as_integer().and_then(|n| i32::from_str_radix(n.as_str(), n.radix()).ok());
        if number.is_none() {
            self.complain(value.span(), &table.key("level"), "not a whole number", Some("write a number such as 1"));
        }
        number.unwrap_or_default()
    }

    /// A zone by its IANA name, where there is one.
    pub(super) fn zone(&mut self, table: &Table, key: &str) -> Option<Zone> {
        let value = table.get(key)?;
        let written = self.string(value, &table.key(key))?;
        let zone = self.zones.find(written);
        if zone.is_none() {
            let hint = advice(written);
            self.complain(value.span(), &table.key(key), &format!("no zone is called \"{written}\""), Some(&hint));
        }
        zone
    }

    /// Somebody of the roster.
    pub(super) fn person(&mut self, value: &Value, key: &str) -> Option<Person> {
        let person = Text::scrub(self.string(value, key)?);
        if self.people.contains(&person) {
            return Some(person);
        }
        let near = trouble::nearest(person.as_str(), self.people.iter().map(Text::as_str));
        let hint = match near {
            Some(near) => format!("did you mean \"{near}\"?"),
            None => format!("add a [[person]] with id = \"{person}\""),
        };
        self.complain(value.span(), key, &format!("nobody is called \"{person}\""), Some(&hint));
        None
    }

    /// A wall-clock time; a date alone is its midnight.
    pub(super) fn wall(&mut self, table: &Table, key: &str) -> Option<NaiveDateTime> {
        let value = table.get(key)?;
        let wall = match value.get_ref() {
            DeValue::Datetime(Datetime { date: Some(date), time, offset: None }) => wall_of(*date, *time),
            DeValue::String(written) => wall_in(written),
            _ => None,
        };
        if wall.is_none() {
            let hint = "write the wall clock without an offset: 2026-01-05T09:00:00";
            self.complain(value.span(), &table.key(key), "not a wall-clock time", Some(hint));
        }
        wall
    }

    /// An instant: with an offset as written, without one by the wall clock of `zone`.
    pub(super) fn instant(&mut self, table: &Table, key: &str, zone: &Zone) -> Option<DateTime<Utc>> {
        let value = table.get(key)?;
        let instant = match value.get_ref() {
            DeValue::Datetime(Datetime { date: Some(date), time, offset }) => {
                wall_of(*date, *time).and_then(|wall| match offset {
                    None => Some(zone.resolve(wall)),
                    Some(Offset::Z) => Some(wall.and_utc()),
                    Some(Offset::Custom { minutes }) => {
                        let offset = chrono::FixedOffset::east_opt(i32::from(*minutes).checked_mul(60)?)?;
                        wall.checked_sub_offset(offset).map(|utc| utc.and_utc())
                    }
                })
            }
            DeValue::String(written) => {
                parse_rfc3339(written).or_else(|| wall_in(written).map(|wall| zone.resolve(wall)))
            }
            _ => None,
        };
        if instant.is_none() {
            let hint = "write 2026-12-24T00:00:00 for the wall clock, or 2026-12-24T00:00:00+01:00";
            self.complain(value.span(), &table.key(key), "not a time", Some(hint));
        }
        instant
    }

    /// An hour of the day; `24:00` is the next midnight.
    pub(super) fn hour(&mut self, table: &Table, key: &str) -> Option<NaiveTime> {
        self.need(table, key, &format!("write {key} = \"08:00\""));
        let value = table.get(key)?;
        let hour = match value.get_ref() {
            DeValue::Datetime(Datetime { date: None, time: Some(time), offset: None }) => time_of(*time),
            DeValue::String(written) if written == "24:00" => Some(NaiveTime::MIN),
            DeValue::String(written) => NaiveTime::parse_from_str(written, "%H:%M").or_else(|_| written.parse()).ok(),
            _ => None,
        };
        if hour.is_none() {
            self.complain(value.span(), &table.key(key), "not an hour of the day", Some("write it as \"08:00\""));
        }
        hour
    }

    /// A length of time such as `5m` or `1h 30m`: at least a second, at most thirty days.
    pub(super) fn length(&mut self, table: &Table, key: &str) -> Option<TimeDelta> {
        let value = table.get(key)?;
        let written = self.string(value, &table.key(key))?;
        let length = humantime::parse_duration(written).ok().and_then(|length| TimeDelta::from_std(length).ok());
        let length = length.filter(|length| (TimeDelta::seconds(1)..=LONGEST).contains(length));
        if length.is_none() {
            let hint = "write a length such as \"5m\" or \"1h 30m\", at least a second and at most 30 days";
            self.complain(value.span(), &table.key(key), &format!("\"{written}\" is no length of time"), Some(hint));
        }
        length
    }

    /// A whole number within a range, where there is one.
    pub(super) fn count(&mut self, table: &Table, key: &str, range: RangeInclusive<u32>) -> Option<u32> {
        let value = table.get(key)?;
        let number = value.get_ref().as_integer().and_then(|n| u32::from_str_radix(n.as_str(), n.radix()).ok());
        let number = number.filter(|number| range.contains(number));
        if number.is_none() {
            let hint = format!("write a whole number from {} to {}", range.start(), range.end());
            self.complain(value.span(), &table.key(key), "not a number that is allowed here", Some(&hint));
        }
        number
    }

    fn wrong_kind(&mut self, value: &Value, key: &str, wanted: &str, found: &str) {
        self.complain(value.span(), key, &format!("found {found}"), Some(&format!("write {wanted}")));
    }
}

fn wall_in(written: &str) -> Option<NaiveDateTime> {
    let with_minutes = || NaiveDateTime::parse_from_str(written, "%Y-%m-%dT%H:%M").ok();
    let with_space = || written.replacen(' ', "T", 1).parse().ok();
    let date_alone = || written.parse::<NaiveDate>().ok().map(|date| date.and_time(NaiveTime::MIN));
    written.parse().ok().or_else(with_minutes).or_else(with_space).or_else(date_alone)
}

fn wall_of(date: Date, time: Option<Time>) -> Option<NaiveDateTime> {
    let day = NaiveDate::from_ymd_opt(i32::from(date.year), u32::from(date.month), u32::from(date.day))?;
    Some(day.and_time(time.map_or(Some(NaiveTime::MIN), time_of)?))
}

/// Fractions of a second are left out: a rota is kept by the minute (SEMANTICS 0).
fn time_of(time: Time) -> Option<NaiveTime> {
    NaiveTime::from_hms_opt(u32::from(time.hour), u32::from(time.minute), u32::from(time.second.unwrap_or(0)))
}
