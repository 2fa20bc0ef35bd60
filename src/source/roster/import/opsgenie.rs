//! Opsgenie, the answer of `GET /v2/schedules` with `expand=rotation`: one schedule, or a list of them.
//!
//! Everybody on call in any rotation is told, so all rotations have level 0 (SEMANTICS R7). Hours by weekday run from one
//! hour of the week to another, over the days between. Overrides come by another request and are not in this file.

use chrono::{NaiveTime, Weekday};
use serde_json::Value;

use super::{ImportError, LeftOut, field, window};
use crate::{
    domain::{
        rota::{Advance, Contact, Layer, Person, Restriction, Roster, Schedule, ShiftUnit},
        zone::{Zone, Zones},
    },
    text::Text,
};

pub(super) fn read(written: &Value, zones: &Zones, left_out: &mut LeftOut) -> Result<Roster, ImportError> {
    let listed = written.as_array().map_or(std::slice::from_ref(written), Vec::as_slice);
    let mut people: Vec<Contact> = Vec::new();
    let mut schedules: Vec<Schedule> = Vec::new();
    let mut home = None;
    for (nth, value) in (1..).zip(listed) {
        let zone = super::zone_of(value.get("timezone"), "timezone", zones)?;
        let name = field::text(value, "name").unwrap_or_else(|| Text::scrub(&format!("schedule {nth}")));
        let mut layers = Vec::new();
        for (nth, rotation) in (1..).zip(field::list(value, "rotations")) {
            let rotation_name =
                field::text(rotation, "name").unwrap_or_else(|| Text::scrub(&format!("rotation {nth}")));
            let at = format!("{name}: {rotation_name}");
            layers.extend(left_out.keep(&at, layer(rotation, rotation_name, &zone, &mut people)));
        }
        home.get_or_insert(zone);
        match schedules.iter().any(|known| known.name == name) {
            true => left_out.note(name.as_str(), "another schedule has the same name"),
            false if layers.is_empty() => left_out.note(name.as_str(), "no rotation of it could be read"),
            false => schedules.push(Schedule::new(name, layers, Vec::new())),
        }
    }
    Ok(Roster::new(home.unwrap_or_else(Zone::utc), people, schedules))
}

fn layer(value: &Value, name: Text, zone: &Zone, people: &mut Vec<Contact>) -> Result<Layer, String> {
    let unit = match value.get("type").and_then(Value::as_str) {
        Some("hourly") => ShiftUnit::Hours,
        Some("daily") => ShiftUnit::Days,
        Some("weekly") => ShiftUnit::Weeks,
        _ => {
            return Err(format!(
                "its type is none of hourly, daily, weekly: {}",
                field::shown(value.get("type").unwrap_or(&Value::Null))
            ));
        }
    };
    let n = match value.get("length") {
        None | Some(Value::Null) => 1,
        Some(length) => {
            length.as_u64().ok_or_else(|| format!("its length is no whole number: {}", field::shown(length)))?
        }
    };
    let start = field::instant(value, "startDate")?;
    let end = field::instant_if_any(value, "endDate")?;
    if end.is_some_and(|end| end <= start) {
        return Err("it does not end after it starts".to_owned());
    }
    let turns: Vec<_> = field::list(value, "participants").iter().map(participant).collect::<Result<_, _>>()?;
    if turns.is_empty() {
        return Err("nobody takes turns".to_owned());
    }
    let (anchor, shift, restrictions) =
        (field::anchor(start, "startDate", zone)?, field::shift(n, unit)?, restrictions(value)?);
    for person in &turns {
        if !people.iter().any(|known| known.id == *person) {
            let email = person.as_str().contains('@').then(|| person.clone());
            people.push(Contact { email, ..super::stranger(person.clone()) });
        }
    }
    Ok(Layer {
        name,
        zone: zone.clone(),
        anchor,
        shift,
        participants: turns.into_iter().map(|person| vec![person]).collect(),
        level: 0,
        start: Some(start),
        end,
        restrictions,
        advance: Advance::Always,
    })
}

fn participant(value: &Value) -> Result<Person, String> {
    match value.get("type").and_then(Value::as_str) {
        Some("user") => {
            let name = field::text(value, "username").or_else(|| field::text(value, "name"));
            name.or_else(|| field::text(value, "id")).ok_or_else(|| "a participant has no name".to_owned())
        }
        Some("none") => Err("a turn is taken by nobody, which a roster cannot say".to_owned()),
        Some(other) => Err(format!("a turn is taken by a {other}, not by a person")),
        None => Err(format!("a participant has no type: {}", field::shown(value))),
    }
}

fn restrictions(value: &Value) -> Result<Vec<Restriction>, String> {
    let Some(hours) = value.get("timeRestriction").filter(|hours| !hours.is_null()) else { return Ok(Vec::new()) };
    match hours.get("type").and_then(Value::as_str) {
        Some("time-of-day") => {
            let one = hours.get("restriction").ok_or("its hours lack their restriction")?;
            let (from, to) = (clock(one, "startHour", "startMin")?, clock(one, "endHour", "endMin")?);
            let day =
                window::from_to((Weekday::Mon, from), if from < to { (Weekday::Mon, to) } else { (Weekday::Tue, to) })?;
            let every = |hours: Restriction| window::daily(hours.start, length_of(&hours));
            day.into_iter().next().map_or_else(|| Ok(Vec::new()), every)
        }
        Some("weekday-and-time-of-day") => {
            let mut windows = Vec::new();
            for one in field::list(hours, "restrictions") {
                let from = (day(one, "startDay")?, clock(one, "startHour", "startMin")?);
                let to = (day(one, "endDay")?, clock(one, "endHour", "endMin")?);
                windows.extend(window::from_to(from, to)?);
            }
            if windows.is_empty() { Err("its hours name no stretch of the week".to_owned()) } else { Ok(windows) }
        }
        _ => Err(format!("its hours are of no kind we know: {}", field::shown(hours))),
    }
}

/// Seconds from the opening to the closing, at most a day.
fn length_of(hours: &Restriction) -> u32 {
    let seconds = hours.end.signed_duration_since(hours.start).num_seconds();
    u32::try_from(if seconds <= 0 { seconds.saturating_add(86_400) } else { seconds }).unwrap_or(86_400)
}

fn day(value: &Value, key: &str) -> Result<Weekday, String> {
    let read = value.get(key).and_then(Value::as_str).and_then(|day| day.parse().ok());
    read.ok_or_else(|| format!("{key} of its hours is no day of the week"))
}

/// An hour and a minute; 24 is the next midnight.
fn clock(value: &Value, hour: &str, minute: &str) -> Result<NaiveTime, String> {
    let number = |key: &str| match value.get(key) {
        None | Some(Value::Null) => Some(0),
        Some(number) => number.as_u64().and_then(|n| u32::try_from(n).ok()),
    };
    let at = number(hour).zip(number(minute)).and_then(|(h, m)| match (h, m) {
        (24, 0) => Some(NaiveTime::MIN),
        (h, m) => NaiveTime::from_hms_opt(h, m, 0),
    });
    at.filter(|_| value.get(hour).is_some()).ok_or_else(|| format!("{hour} of its hours is no hour of the day"))
}
