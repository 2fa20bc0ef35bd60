//! A roster as the TOML file it could have been read from.
//!
//! Read back it is equal. What a calendar named shift by shift is left out: in a file it stands as the calendar's address.

use std::fmt::Write as _;

use chrono::{
    DateTime, Datelike as _, NaiveDateTime, NaiveTime, Offset as _, TimeDelta, TimeZone as _, Timelike as _, Utc,
    Weekday,
};

use crate::domain::{
    escalation::{Policy, Target},
    rota::{
        Advance, Contact, Layer, Leave, Off, Override, OverrideKind, Person, Restriction, Roster, Schedule,
        ShiftLength, ShiftUnit,
    },
    zone::Zone,
};

/// Writes the whole file, in the order in which it is read.
pub fn render(roster: &Roster) -> String {
    let mut file = format!("zone = {}\n", quoted(roster.zone.name()));
    for person in &roster.people {
        table(&mut file, "person", &contact(person));
    }
    for schedule in &roster.schedules {
        seat(&mut file, schedule, &roster.zone);
    }
    for absence in &roster.leave {
        table(&mut file, "leave", &leave(absence, &roster.zone));
    }
    for policy in &roster.escalations {
        escalation(&mut file, policy);
    }
    file
}

/// The keys of an override with their values, times on the clock of `zone` with its offset.
pub(super) fn exception(exception: &Override, zone: &Zone) -> Vec<(&'static str, String)> {
    let mut keys = match &exception.kind {
        OverrideKind::ReplaceAll(people) => {
            vec![("kind", quoted("replace-all")), ("people", list(people.iter().map(|p| quoted(p.as_str()))))]
        }
        OverrideKind::ReplaceUser { user, with } => {
            let (user, with) = (quoted(user.as_str()), quoted(with.as_str()));
            vec![("kind", quoted("replace")), ("user", user), ("with", with)]
        }
        OverrideKind::Add(user) => vec![("kind", quoted("add")), ("user", quoted(user.as_str()))],
        OverrideKind::Remove(user) => vec![("kind", quoted("remove")), ("user", quoted(user.as_str()))],
    };
    keys.push(("from", instant(exception.start, zone)));
    keys.push(("to", instant(exception.end, zone)));
    if exception.level != 0 {
        keys.push(("level", exception.level.to_string()));
    }
    if let Some(created) = exception.created {
        keys.push(("created", instant(created, zone)));
    }
    if let Some(note) = &exception.note {
        keys.push(("note", quoted(note.as_str())));
    }
    keys
}

/// Whether TOML can name the year: four digits.
pub(super) fn is_writable(at: DateTime<Utc>) -> bool {
    (1..=9_998).contains(&at.year())
}

type Keys = Vec<(&'static str, String)>;

fn table(file: &mut String, header: &str, keys: &Keys) {
    // Writing to a string cannot fail.
    let _ = writeln!(file, "\n[[{header}]]");
    for (key, value) in keys {
        let _ = writeln!(file, "{key} = {value}");
    }
}

fn contact(person: &Contact) -> Keys {
    let mut keys = vec![("id", quoted(person.id.as_str()))];
    if !person.name.as_str().is_empty() {
        keys.push(("name", quoted(person.name.as_str())));
    }
    let texts = [("login", &person.login), ("reach", &person.reach), ("email", &person.email)];
    keys.extend(texts.into_iter().filter_map(|(key, text)| Some((key, quoted(text.as_ref()?.as_str())))));
    keys.extend(person.zone.as_ref().map(|zone| ("zone", quoted(zone.name()))));
    keys
}

fn seat(file: &mut String, schedule: &Schedule, zone: &Zone) {
    table(file, "schedule", &vec![("name", quoted(schedule.name.as_str()))]);
    for layer in &schedule.layers {
        table(file, "schedule.layer", &rotation(layer, zone));
    }
    for one in &schedule.overrides {
        table(file, "schedule.override", &exception(one, zone));
    }
    for off in &schedule.off {
        for hours in &off.hours {
            table(file, "schedule.off", &off_hours(off, hours, zone));
        }
    }
}

fn rotation(layer: &Layer, zone: &Zone) -> Keys {
    let mut keys = vec![("name", quoted(layer.name.as_str()))];
    if layer.zone != *zone {
        keys.push(("zone", quoted(layer.zone.name())));
    }
    keys.push(("anchor", wall(layer.anchor)));
    keys.push(("shift", quoted(&shift(layer.shift))));
    keys.push(("people", list(layer.participants.iter().map(|turn| people(turn)))));
    if layer.level != 0 {
        keys.push(("level", layer.level.to_string()));
    }
    keys.extend(layer.start.map(|at| ("start", instant(at, &layer.zone))));
    keys.extend(layer.end.map(|at| ("end", instant(at, &layer.zone))));
    if !layer.restrictions.is_empty() {
        keys.push(("hours", list(layer.restrictions.iter().map(window))));
    }
    if layer.advance == Advance::ActiveDays {
        keys.push(("advance", quoted("active-days")));
    }
    keys
}

/// One person by name alone, several as a list of their own.
fn people(turn: &[Person]) -> String {
    match turn {
        [one] => quoted(one.as_str()),
        several => list(several.iter().map(|p| quoted(p.as_str()))),
    }
}

fn window(hours: &Restriction) -> String {
    format!("{{ days = {}, from = {}, to = {} }}", days(&hours.days), hour(hours.start), hour_of_end(hours.end))
}

fn off_hours(off: &Off, hours: &Restriction, zone: &Zone) -> Keys {
    let mut keys = vec![("days", days(&hours.days)), ("from", hour(hours.start)), ("to", hour_of_end(hours.end))];
    if off.zone != *zone {
        keys.push(("zone", quoted(off.zone.name())));
    }
    keys.extend(off.note.as_ref().map(|note| ("note", quoted(note.as_str()))));
    keys
}

fn leave(absence: &Leave, zone: &Zone) -> Keys {
    let mut keys = vec![
        ("user", quoted(absence.user.as_str())),
        ("from", instant(absence.start, zone)),
        ("to", instant(absence.end, zone)),
    ];
    keys.extend(absence.note.as_ref().map(|note| ("note", quoted(note.as_str()))));
    keys
}

fn escalation(file: &mut String, policy: &Policy) {
    let mut keys = vec![
        ("name", quoted(policy.name.as_str())),
        ("priorities", list(policy.priorities.iter().map(|p| quoted(p.word())))),
    ];
    if policy.repeat != 0 {
        keys.push(("repeat", policy.repeat.to_string()));
    }
    keys.extend(policy.ack_timeout.map(|after| ("ack_timeout", quoted(&span(after)))));
    keys.extend(policy.reserve.as_ref().map(|who| ("reserve", quoted(who.as_str()))));
    table(file, "escalation", &keys);
    for step in &policy.steps {
        let notify = step.targets.iter().map(|target| match target {
            Target::Seat(seat) => quoted(&format!("seat:{seat}")),
            Target::Person(person) => quoted(person.as_str()),
        });
        table(file, "escalation.step", &vec![("notify", list(notify)), ("delay", quoted(&span(step.delay)))]);
    }
}

fn shift(length: ShiftLength) -> String {
    let unit = match length.unit {
        ShiftUnit::Hours => "hour",
        ShiftUnit::Days => "day",
        ShiftUnit::Weeks => "week",
        ShiftUnit::Months => "month",
    };
    format!("{} {unit}{}", length.n, if length.n == 1 { "" } else { "s" })
}

/// The longest unit that says it whole.
fn span(length: TimeDelta) -> String {
    match length.num_seconds() {
        s if s % 3_600 == 0 => format!("{}h", s / 3_600),
        s if s % 60 == 0 => format!("{}m", s / 60),
        s => format!("{s}s"),
    }
}

fn days(days: &[Weekday]) -> String {
    list(days.iter().map(|day| quoted(&day.to_string().to_lowercase())))
}

fn hour(at: NaiveTime) -> String {
    let format = if at.second() == 0 { "%H:%M" } else { "%H:%M:%S" };
    quoted(&at.format(format).to_string())
}

/// A window that ends at midnight ends at the next one.
fn hour_of_end(at: NaiveTime) -> String {
    if at == NaiveTime::MIN { quoted("24:00") } else { hour(at) }
}

fn wall(at: NaiveDateTime) -> String {
    at.format("%Y-%m-%dT%H:%M:%S").to_string()
}

/// The clock of the zone with its offset; UTC where the offset is no whole number of minutes, as TOML wants it.
fn instant(at: DateTime<Utc>, zone: &Zone) -> String {
    let seconds = zone.offset_from_utc_datetime(&at.naive_utc()).fix().local_minus_utc();
    if seconds % 60 != 0 || seconds == 0 {
        return at.format("%Y-%m-%dT%H:%M:%SZ").to_string();
    }
    at.with_timezone(zone).format("%Y-%m-%dT%H:%M:%S%:z").to_string()
}

fn list(items: impl Iterator<Item = String>) -> String {
    format!("[{}]", items.collect::<Vec<_>>().join(", "))
}

/// A TOML 1.0 basic string.
pub(super) fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            c if c.is_control() => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
