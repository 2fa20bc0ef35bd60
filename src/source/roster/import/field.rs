//! Single fields of an exported schedule.

use chrono::{DateTime, NaiveDateTime, NaiveTime, Utc};
use serde_json::Value;

use crate::{
    domain::{
        rota::{ShiftLength, ShiftUnit},
        time::parse_rfc3339,
        zone::{Zone, Zones, advice::advice},
    },
    text::Text,
};

/// As many units as a roster file may name in one shift.
const LONGEST_SHIFT: u32 = 9_999;

/// A value as it stands in the file, for messages.
pub(super) fn shown(value: &Value) -> String {
    crate::text::clip(Text::scrub(&value.to_string()).as_str(), 60)
}

pub(super) fn list<'v>(value: &'v Value, key: &str) -> &'v [Value] {
    value.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// A text that is there and not blank.
pub(super) fn text(value: &Value, key: &str) -> Option<Text> {
    value.get(key).and_then(Value::as_str).map(Text::scrub).filter(|text| !text.is_blank())
}

pub(super) fn zone(value: Option<&Value>, zones: &Zones) -> Result<Zone, String> {
    let Some(value) = value.filter(|v| !v.is_null()) else { return Err("there is no time zone".to_owned()) };
    let name = value.as_str().ok_or_else(|| format!("{} is no time zone", shown(value)))?;
    zones.find(name).ok_or_else(|| format!("no zone is called \"{name}\"; {}", advice(name)))
}

/// An instant that must be there, to the second.
pub(super) fn instant(value: &Value, key: &str) -> Result<DateTime<Utc>, String> {
    let value = value.get(key).filter(|v| !v.is_null()).ok_or_else(|| format!("{key} is missing"))?;
    let at = value.as_str().and_then(parse_rfc3339).filter(|at| super::super::write::is_writable(*at));
    at.and_then(|at| DateTime::from_timestamp(at.timestamp(), 0))
        .ok_or_else(|| format!("{key} is no time with an offset: {}", shown(value)))
}

/// An instant that may be missing or null.
pub(super) fn instant_if_any(value: &Value, key: &str) -> Result<Option<DateTime<Utc>>, String> {
    match value.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(_) => instant(value, key).map(Some),
    }
}

/// A wall clock without an offset.
pub(super) fn wall(value: &Value, key: &str) -> Result<NaiveDateTime, String> {
    let value = value.get(key).ok_or_else(|| format!("{key} is missing"))?;
    let read =
        |written: &str| written.parse().ok().or_else(|| NaiveDateTime::parse_from_str(written, "%Y-%m-%dT%H:%M").ok());
    value.as_str().and_then(read).ok_or_else(|| format!("{key} is no wall clock without an offset: {}", shown(value)))
}

/// `08:00`, with or without seconds; `24:00` is the next midnight.
pub(super) fn hour(value: &Value, key: &str) -> Result<NaiveTime, String> {
    let value = value.get(key).ok_or_else(|| format!("{key} is missing"))?;
    let read = |written: &str| match written {
        "24:00" | "24:00:00" => Some(NaiveTime::MIN),
        written => NaiveTime::parse_from_str(written, "%H:%M").or_else(|_| written.parse()).ok(),
    };
    value.as_str().and_then(read).ok_or_else(|| format!("{key} is no hour of the day: {}", shown(value)))
}

/// A shift of `n` units.
pub(super) fn shift(n: u64, unit: ShiftUnit) -> Result<ShiftLength, String> {
    match u32::try_from(n) {
        Ok(n) if (1..=LONGEST_SHIFT).contains(&n) => Ok(ShiftLength { n, unit }),
        Ok(_) | Err(_) => Err(format!("a shift of {n} units is out of range")),
    }
}

/// The instant by the clock of a zone, as the anchor of a rotation.
pub(super) fn anchor(at: DateTime<Utc>, key: &str, zone: &Zone) -> Result<NaiveDateTime, String> {
    let wall = zone.local(at);
    if zone.resolve(wall) == at {
        Ok(wall)
    } else {
        Err(format!("{key} lies in the second pass of an hour that the clock repeats, which no wall clock can say"))
    }
}
