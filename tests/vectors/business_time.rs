//! Business hours: `business_time.json`, and the calendars of `sla.json`.

use std::{collections::BTreeSet, sync::Arc};

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc, Weekday};
use serde_json::Value;
use watchfloor::domain::{
    calendar::{Calendar, Hours, Window},
    time::{parse_rfc3339, rfc3339},
    zone::{Zone, Zones},
};

use crate::Ran;

/// Counts or adds open hours in one calendar.
pub fn judge(vector: &Value, file: &Value) -> Result<Ran, String> {
    let name = vector["calendar"].as_str().ok_or("no `calendar`")?;
    let raw = &file["calendars"][name];
    let (calendar, start) = (calendar(raw)?, instant(&vector["start"])?);
    let expect = &vector["expect"];
    let (wanted, found) = match vector["op"].as_str() {
        Some("elapsed") => {
            let seconds = calendar.elapsed(start, instant(&vector["end"])?).num_seconds();
            (expect["seconds"].to_string(), seconds.to_string())
        }
        Some("add") => {
            let length = vector["add_seconds"].as_i64().ok_or("no `add_seconds`")?;
            let due = calendar.add(start, TimeDelta::seconds(length));
            let wanted = format!("{} {}", text(&expect["instant"])?, text(&expect["local"])?);
            (wanted, format!("{} {}", rfc3339(due), local(&zone(raw)?, due)))
        }
        other => return Err(format!("op: {other:?}")),
    };
    if wanted == found { Ok(Ran::Passed) } else { Err(format!("wanted {wanted}, found {found}")) }
}

/// A calendar as the vectors write it.
pub fn calendar(raw: &Value) -> Result<Calendar, String> {
    if raw["always"].as_bool() == Some(true) {
        return Ok(Calendar::Always);
    }
    let mut weekly = Vec::new();
    for (day, windows) in raw["weekly"].as_object().ok_or("no `weekly`")? {
        let day: Weekday = day.parse().map_err(|_| format!("day: {day}"))?;
        for window in windows.as_array().into_iter().flatten() {
            weekly.push(Window { day, opens: time(&window[0])?, closes: time(&window[1])? });
        }
    }
    let holidays = raw["holidays"].as_array().into_iter().flatten().map(date).collect::<Result<BTreeSet<_>, _>>()?;
    Ok(Calendar::Business(Arc::new(Hours::new(zone(raw)?, weekly, holidays))))
}

fn zone(raw: &Value) -> Result<Zone, String> {
    let name = text(&raw["tz"])?;
    Zones::bundled().find(name).ok_or_else(|| format!("no zone {name}"))
}

/// The wall clock with its offset, as `2026-11-23T10:00:00-05:00`.
fn local(zone: &Zone, at: DateTime<Utc>) -> String {
    let wall = zone.local(at);
    let minutes = wall.signed_duration_since(at.naive_utc()).num_minutes();
    let sign = if minutes < 0 { '-' } else { '+' };
    let (hours, rest) = (minutes.abs() / 60, minutes.abs() % 60);
    format!("{}{sign}{hours:02}:{rest:02}", wall.format("%Y-%m-%dT%H:%M:%S"))
}

fn text(value: &Value) -> Result<&str, String> {
    value.as_str().ok_or_else(|| format!("not a text: {value}"))
}

fn instant(value: &Value) -> Result<DateTime<Utc>, String> {
    parse_rfc3339(text(value)?).ok_or_else(|| format!("not an instant: {value}"))
}

fn time(value: &Value) -> Result<NaiveTime, String> {
    NaiveTime::parse_from_str(text(value)?, "%H:%M").map_err(|e| format!("{value}: {e}"))
}

fn date(value: &Value) -> Result<NaiveDate, String> {
    text(value)?.parse().map_err(|e| format!("{value}: {e}"))
}
