//! What the rota files share: zones, instants and names as they are written there.

use chrono::{DateTime, NaiveDateTime, NaiveTime, Utc, Weekday};
use serde_json::Value;
use watchfloor::{
    domain::{
        time::parse_rfc3339,
        zone::{Zone, Zones},
    },
    text::Text,
};

use crate::Ran;

/// Counts a difference as not yet run where the vector depends on zone data newer than ours.
///
/// Told by the versions and the vector's tag, never by its name; a vector that agrees all the same has passed.
pub fn excuse_old_zone_data(ran: Result<Ran, String>, vector: &Value, file: &Value) -> Result<Ran, String> {
    let is_sensitive = list(&vector["tags"]).iter().any(|tag| tag == "tzdata_sensitive");
    let is_ahead = file["tzdata"].as_str().and_then(iana).is_some_and(|theirs| *Zones::bundled().version() < *theirs);
    match ran {
        Err(_) if is_sensitive && is_ahead => Ok(Ran::NotYet("zone data older than the vectors'")),
        ran => ran,
    }
}

/// PyPI's `2026.6` as IANA's `2026f`; an IANA name stays.
fn iana(written: &str) -> Option<String> {
    match written.split_once('.') {
        None => Some(written.to_owned()),
        Some((year, nth)) => {
            let letter = b'a'.checked_add(nth.parse::<u8>().ok()?.checked_sub(1)?)?;
            Some(format!("{year}{}", char::from(letter)))
        }
    }
}

/// A zone by name.
pub fn zone(written: &Value) -> Result<Zone, String> {
    written.as_str().and_then(|name| Zones::bundled().find(name)).ok_or_else(|| format!("no such zone: {written}"))
}

/// An instant.
pub fn instant(written: &Value) -> Result<DateTime<Utc>, String> {
    written.as_str().and_then(parse_rfc3339).ok_or_else(|| format!("no instant: {written}"))
}

/// An instant that may be missing.
pub fn optional(written: &Value) -> Result<Option<DateTime<Utc>>, String> {
    if written.is_null() { Ok(None) } else { instant(written).map(Some) }
}

/// A wall-clock time.
pub fn wall(written: &Value) -> Result<NaiveDateTime, String> {
    written.as_str().and_then(|w| w.parse().ok()).ok_or_else(|| format!("no wall clock: {written}"))
}

/// `08:00`, with or without seconds; `24:00` is the next midnight.
pub fn time_of_day(written: &Value) -> Result<NaiveTime, String> {
    match written.as_str() {
        Some("24:00" | "24:00:00") => Ok(NaiveTime::MIN),
        Some(w) => NaiveTime::parse_from_str(w, "%H:%M").or_else(|_| w.parse()).map_err(|e| format!("{w}: {e}")),
        None => Err(format!("no time of day: {written}")),
    }
}

/// `mon` or `monday`.
pub fn weekday(written: &Value) -> Result<Weekday, String> {
    written.as_str().and_then(|w| w.parse().ok()).ok_or_else(|| format!("no weekday: {written}"))
}

/// A level; none is 0.
pub fn level(written: &Value) -> Result<i32, String> {
    match &written["level"] {
        Value::Null => Ok(0),
        level => level.as_i64().and_then(|n| i32::try_from(n).ok()).ok_or_else(|| format!("level: {level}")),
    }
}

/// A name that must be there, scrubbed.
pub fn named(written: &Value, key: &str) -> Result<Text, String> {
    written[key].as_str().map(Text::scrub).ok_or_else(|| format!("no {key}: {written}"))
}

/// A name, scrubbed; nothing is blank.
pub fn text(written: &Value) -> Text {
    Text::scrub(written.as_str().unwrap_or_default())
}

/// An array; nothing is empty.
pub fn list(written: &Value) -> &[Value] {
    written.as_array().map_or(&[], Vec::as_slice)
}

/// Compares field by field what the vector expects with what was found; every expected field counts.
pub fn agree(expected: &Value, found: &Value) -> Result<Ran, String> {
    let Some(fields) = expected.as_object() else { return Err("the vector expects nothing".to_owned()) };
    let differences: Vec<String> = fields
        .iter()
        .filter(|(key, value)| found[key.as_str()] != **value)
        .map(|(key, value)| format!("{key}: expected {value}, found {}", found[key.as_str()]))
        .collect();
    if differences.is_empty() { Ok(Ran::Passed) } else { Err(differences.join("; ")) }
}
