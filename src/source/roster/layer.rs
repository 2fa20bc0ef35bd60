//! `[[schedule.layer]]`: one rotation.

use chrono::Weekday;

use super::reader::{Reader, Table, Value};
use crate::{
    domain::{
        rota::{Advance, Layer, Person, Restriction, ShiftLength, ShiftUnit},
        zone::Zone,
    },
    text::Text,
};

const KEYS: [&str; 10] = ["name", "zone", "anchor", "shift", "people", "level", "start", "end", "hours", "advance"];

const EVERY_DAY: [Weekday; 7] =
    [Weekday::Mon, Weekday::Tue, Weekday::Wed, Weekday::Thu, Weekday::Fri, Weekday::Sat, Weekday::Sun];

/// Longer shifts are slips of the keyboard; an hour is the shortest.
const LONGEST_SHIFT: u32 = 9_999;

/// Reads the `nth` layer (from 1) of a schedule whose zone is `roster_zone`.
pub(super) fn read(reader: &mut Reader, table: &Table, nth: usize, roster_zone: &Zone) -> Option<Layer> {
    reader.only(table, &KEYS);
    reader.need(table, "anchor", "write the wall clock of one hand-off: anchor = 2026-01-05T09:00:00");
    reader.need(table, "shift", "write how long a turn is: shift = \"1 week\"");
    reader.need(table, "people", "write who takes turns: people = [\"ana\", \"ben\"]");
    let own_zone = reader.zone(table, "zone");
    let has_zone = own_zone.is_some() || !table.has("zone");
    let zone = own_zone.unwrap_or_else(|| roster_zone.clone());
    let name = reader.text(table, "name").unwrap_or_else(|| Text::scrub(&format!("layer {nth}")));
    let anchor = reader.wall(table, "anchor");
    let shift = shift(reader, table);
    let participants = table.get("people").and_then(|value| turns(reader, value, &table.key("people")));
    let level = reader.level(table);
    let start = reader.instant(table, "start", &zone);
    let end = reader.instant(table, "end", &zone);
    if let (Some(start), Some(end), Some(value)) = (start, end, table.get("end"))
        && end <= start
    {
        reader.complain(value.span(), &table.key("end"), "not after start", Some("an end is left out of the layer"));
    }
    let restrictions: Vec<_> = reader.tables(table, "hours").iter().map(|hours| window(reader, hours)).collect();
    let restrictions: Option<Vec<_>> = restrictions.into_iter().collect();
    let advance = advance(reader, table, shift);
    has_zone.then_some(())?;
    Some(Layer {
        name,
        zone,
        anchor: anchor?,
        shift: shift?,
        participants: participants?,
        level,
        start,
        end,
        restrictions: restrictions?,
        advance: advance?,
    })
}

fn shift(reader: &mut Reader, table: &Table) -> Option<ShiftLength> {
    let value = table.get("shift")?;
    let written = reader.string(value, &table.key("shift"))?;
    let length = length(written);
    if length.is_none() {
        let hint = "write a number and hours, days, weeks or months, such as \"12 hours\" or \"1 week\"";
        let what = format!("\"{written}\" is no length of a shift");
        reader.complain(value.span(), &table.key("shift"), &what, Some(hint));
    }
    length
}

fn length(written: &str) -> Option<ShiftLength> {
    let written = written.trim();
    let (number, unit) = written.split_at_checked(written.find(|c: char| !c.is_ascii_digit())?)?;
    let unit = match unit.trim() {
        "hour" | "hours" | "h" => ShiftUnit::Hours,
        "day" | "days" | "d" => ShiftUnit::Days,
        "week" | "weeks" | "w" => ShiftUnit::Weeks,
        "month" | "months" => ShiftUnit::Months,
        _ => return None,
    };
    let n = number.parse().ok().filter(|n| (1..=LONGEST_SHIFT).contains(n))?;
    Some(ShiftLength { n, unit })
}

/// Turns in order; each is one person or a list of people who take it together.
fn turns(reader: &mut Reader, value: &Value, key: &str) -> Option<Vec<Vec<Person>>> {
    let mut turns = Vec::new();
    let items = reader.items(value, key);
    if items.is_empty() && value.get_ref().is_array() {
        reader.complain(value.span(), key, "nobody takes turns", Some("name at least one person"));
        return None;
    }
    for (nth, item) in items.into_iter().enumerate() {
        let key = format!("{key}[{nth}]");
        turns.push(if item.get_ref().is_array() {
            people(reader, item, &key)
        } else {
            reader.person(item, &key).map(|p| vec![p])
        });
    }
    turns.into_iter().collect()
}

/// A list of people, at least one and at most [`MOST_TOGETHER`](super::reader::MOST_TOGETHER).
pub(super) fn people(reader: &mut Reader, value: &Value, key: &str) -> Option<Vec<Person>> {
    let items = reader.items(value, key);
    if reader.is_too_long(value, key, items.len()) {
        return None;
    }
    if items.is_empty() {
        if value.get_ref().is_array() {
            reader.complain(value.span(), key, "nobody is named", Some("name at least one person"));
        }
        return None;
    }
    let people: Vec<_> =
        items.into_iter().enumerate().map(|(nth, item)| reader.person(item, &format!("{key}[{nth}]"))).collect();
    people.into_iter().collect()
}

fn window(reader: &mut Reader, hours: &Table) -> Option<Restriction> {
    reader.only(hours, &["days", "from", "to"]);
    hours_of(reader, hours)
}

/// The window that `days`, `from` and `to` of a table name.
pub(super) fn hours_of(reader: &mut Reader, hours: &Table) -> Option<Restriction> {
    let days = match hours.get("days") {
        None => Some(EVERY_DAY.to_vec()),
        Some(value) if value.get_ref().is_array() => days_listed(reader, value, &hours.key("days")),
        Some(value) => days_named(reader, value, &hours.key("days")),
    };
    let start = reader.hour(hours, "from");
    let end = reader.hour(hours, "to");
    Some(Restriction { days: days?, start: start?, end: end? })
}

fn days_listed(reader: &mut Reader, value: &Value, key: &str) -> Option<Vec<Weekday>> {
    let items = reader.items(value, key);
    if items.is_empty() {
        reader.complain(value.span(), key, "no day is named", Some("leave days out for every day"));
        return None;
    }
    let days: Vec<_> =
        (0_usize..).zip(items).map(|(nth, item)| days_named(reader, item, &format!("{key}[{nth}]"))).collect();
    let mut days: Vec<Weekday> = days.into_iter().collect::<Option<Vec<_>>>()?.into_iter().flatten().collect();
    days.sort_by_key(Weekday::num_days_from_monday);
    days.dedup();
    Some(days)
}

fn days_named(reader: &mut Reader, value: &Value, key: &str) -> Option<Vec<Weekday>> {
    let written = reader.string(value, key)?;
    let (workdays, weekend) = EVERY_DAY.split_at_checked(5)?;
    match written {
        "daily" => Some(EVERY_DAY.to_vec()),
        "weekdays" => Some(workdays.to_vec()),
        "weekend" => Some(weekend.to_vec()),
        day => {
            let day = day.parse::<Weekday>().ok();
            if day.is_none() {
                let hint = "write \"daily\", \"weekdays\", \"weekend\", or a list such as [\"mon\", \"tue\"]";
                reader.complain(value.span(), key, &format!("\"{written}\" is no day"), Some(hint));
            }
            day.map(|day| vec![day])
        }
    }
}

fn advance(reader: &mut Reader, table: &Table, shift: Option<ShiftLength>) -> Option<Advance> {
    let Some(value) = table.get("advance") else { return Some(Advance::Always) };
    let key = table.key("advance");
    match reader.string(value, &key)? {
        "always" => Some(Advance::Always),
        "active-days" => {
            if shift.is_some_and(|shift| shift.unit != ShiftUnit::Days) {
                let hint = "write the shift in days, or leave advance out";
                reader.complain(value.span(), &key, "only a shift in days steps on active days", Some(hint));
            }
            if !table.has("hours") {
                let hint = "say on which days with hours = [{ days = \"weekdays\", from = \"00:00\", to = \"24:00\" }]";
                reader.complain(value.span(), &key, "every day is active without hours", Some(hint));
            }
            Some(Advance::ActiveDays)
        }
        other => {
            let hint = "write \"always\" or \"active-days\"";
            reader.complain(value.span(), &key, &format!("\"{other}\" is no way to advance"), Some(hint));
            None
        }
    }
}
