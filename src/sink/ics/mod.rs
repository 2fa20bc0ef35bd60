//! The schedule as a calendar (RFC 5545): one event for each shift, in UTC, for a bounded stretch of time (SEMANTICS R12).
//!
//! An event keeps its name for programs (UID: seat, people, start) from one export to the next. Written over the calendar
//! of an earlier export, events that did not change keep every byte; one that changed has its number raised; a shift that
//! is gone is said to be cancelled, because a program that only hears nothing more of it keeps showing it. Never a rule:
//! programs disagree about those.
//!
//! A shift of more than 35 days is written as one event for each calendar month: who is on call for ever has no start.

pub mod duties;
mod line;

use std::collections::{BTreeMap, HashSet};

use chrono::{DateTime, Datelike as _, NaiveDate, NaiveTime, TimeDelta, Utc};
use line::{escaped, folded};

use crate::{
    domain::{
        rota::{Person, Roster, Segment},
        time::{between, minus, plus},
        zone::Zone,
    },
    text::Text,
};

const PRODUCT: &str = "-//Watchfloor//On call//EN";

/// A longer shift is written by months.
const LONG: TimeDelta = TimeDelta::days(35);

/// The window is worked out wider by this much at both ends, so that its edges cut no shift: more than a month.
const MARGIN: TimeDelta = TimeDelta::days(70);

/// What is written of a roster.
#[derive(Debug, Clone)]
pub struct Wanted<'a> {
    /// The calendar's name.
    pub name: &'a Text,
    /// Only this seat; otherwise all of them.
    pub seat: Option<&'a Text>,
    /// Shifts that touch `[from, to)`.
    pub from: DateTime<Utc>,
    /// The end of it.
    pub to: DateTime<Utc>,
}

/// Why a calendar is not written over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IcsError {
    /// Somebody else's, or no calendar at all.
    #[error("it is no calendar that this program wrote")]
    NotOurs,
    /// Ours, changed or cut short.
    #[error("it is not whole: an event in it is cut short or lacks its times")]
    Broken,
}

/// One event, as it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Event {
    uid: String,
    stamp: String,
    sequence: u32,
    start: String,
    end: String,
    /// Escaped already.
    summary: String,
    /// Escaped already.
    description: String,
    is_cancelled: bool,
}

/// Writes a calendar; `before` is what an earlier export wrote, if there is one.
///
/// Of `before` what ended by `from`, and what begins at `to` or later, is dropped: it is not gone, it is outside.
///
/// # Errors
/// [`IcsError`] when `before` is no whole calendar of ours.
pub fn render(roster: &Roster, wanted: &Wanted, before: Option<&str>, now: DateTime<Utc>) -> Result<String, IcsError> {
    let window = (wanted.from, wanted.to);
    merged(PRODUCT, wanted.name, window, shifts(roster, wanted, now), before, now)
}

/// Events written over those of an earlier export of the same kind.
fn merged(
    product: &str,
    name: &Text,
    window: (DateTime<Utc>, DateTime<Utc>),
    new: Vec<Event>,
    before: Option<&str>,
    now: DateTime<Utc>,
) -> Result<String, IcsError> {
    let mut old: BTreeMap<String, Event> = BTreeMap::new();
    if let Some(before) = before {
        old.extend(read(product, before)?.into_iter().map(|event| (event.uid.clone(), event)));
    }
    let mut events: Vec<Event> = Vec::new();
    for event in new {
        let event = match old.remove(&event.uid) {
            Some(known) if says_the_same(&known, &event) => known,
            Some(known) => Event { sequence: known.sequence.saturating_add(1), ..event },
            None => event,
        };
        events.push(event);
    }
    let (from, to) = (stamp(window.0), stamp(window.1));
    let gone = old.into_values().filter(|event| from < event.end && event.start < to);
    events.extend(gone.map(|event| match event.is_cancelled {
        true => event,
        false => Event { is_cancelled: true, sequence: event.sequence.saturating_add(1), stamp: stamp(now), ..event },
    }));
    events.sort_by(|a, b| (&a.start, &a.summary, &a.uid).cmp(&(&b.start, &b.summary, &b.uid)));
    Ok(written(product, name, &events))
}

fn says_the_same(known: &Event, event: &Event) -> bool {
    let same = |event: &Event| Event { stamp: String::new(), sequence: 0, ..event.clone() };
    same(known) == same(event)
}

fn written(product: &str, name: &Text, events: &[Event]) -> String {
    let name = escaped(name.as_str());
    let mut lines = vec![
        "BEGIN:VCALENDAR".to_owned(),
        "VERSION:2.0".to_owned(),
        format!("PRODID:{product}"),
        "CALSCALE:GREGORIAN".to_owned(),
        "METHOD:PUBLISH".to_owned(),
        format!("NAME:{name}"),
        format!("X-WR-CALNAME:{name}"),
        "REFRESH-INTERVAL;VALUE=DURATION:PT1H".to_owned(),
        "X-PUBLISHED-TTL:PT1H".to_owned(),
    ];
    for event in events {
        lines.extend([
            "BEGIN:VEVENT".to_owned(),
            format!("UID:{}", event.uid),
            format!("DTSTAMP:{}", event.stamp),
            format!("SEQUENCE:{}", event.sequence),
            format!("DTSTART:{}", event.start),
            format!("DTEND:{}", event.end),
            format!("SUMMARY:{}", event.summary),
            format!("DESCRIPTION:{}", event.description),
            format!("STATUS:{}", if event.is_cancelled { "CANCELLED" } else { "CONFIRMED" }),
            // A person on call is not busy for somebody who looks for a time to meet.
            "TRANSP:TRANSPARENT".to_owned(),
            "END:VEVENT".to_owned(),
        ]);
    }
    lines.push("END:VCALENDAR".to_owned());
    lines.iter().map(|line| folded(line)).collect()
}

/// Every shift that touches the window, whole.
fn shifts(roster: &Roster, wanted: &Wanted, now: DateTime<Utc>) -> Vec<Event> {
    let mut events = Vec::new();
    let mut seen = HashSet::new();
    for schedule in roster.schedules.iter().filter(|s| wanted.seat.is_none_or(|seat| s.name == *seat)) {
        let wide = schedule.segments(minus(wanted.from, MARGIN), plus(wanted.to, MARGIN));
        let parts = wide.into_iter().filter(|s| !s.people.is_empty()).flat_map(|s| months(s, &roster.zone));
        for part in parts.filter(|part| part.start < wanted.to && wanted.from < part.end) {
            let uid = uid(&schedule.name, &part);
            // The same words twice would be one event to every reader.
            if !seen.insert(uid.clone()) {
                continue;
            }
            let people: Vec<_> = part.people.iter().map(|person| called(roster, person)).collect();
            events.push(Event {
                uid,
                stamp: stamp(now),
                sequence: 0,
                start: stamp(part.start),
                end: stamp(part.end),
                summary: escaped(&format!("{}: {}", schedule.name, people.join(", "))),
                description: escaped(&description(roster, &part.people)),
                is_cancelled: false,
            });
        }
    }
    events
}

/// A shift as it is, or cut at the first midnight of each month where it is long.
fn months(segment: Segment, zone: &Zone) -> Vec<Segment> {
    if between(segment.start, segment.end) <= LONG {
        return vec![segment];
    }
    let mut parts = Vec::new();
    let mut start = segment.start;
    while start < segment.end {
        let next = next_month(zone.local(start).date());
        let cut = next.map_or(segment.end, |day| zone.resolve(day.and_time(NaiveTime::MIN)));
        let end = if start < cut { cut.min(segment.end) } else { segment.end };
        parts.push(Segment { start, end, people: segment.people.clone() });
        start = end;
    }
    parts
}

fn next_month(day: NaiveDate) -> Option<NaiveDate> {
    let (year, month) = if day.month() == 12 { (day.year().checked_add(1)?, 1) } else { (day.year(), day.month() + 1) };
    NaiveDate::from_ymd_opt(year, month, 1)
}

fn called<'r>(roster: &'r Roster, person: &'r Person) -> &'r str {
    let known = roster.people.iter().find(|contact| contact.id == *person);
    known.map(|contact| contact.name.as_str()).filter(|name| !name.trim().is_empty()).unwrap_or(person.as_str())
}

/// How to reach whoever has the shift, one a line.
fn description(roster: &Roster, people: &[Person]) -> String {
    let line = |person: &Person| {
        let known = roster.people.iter().find(|contact| contact.id == *person);
        let reach = known.and_then(|contact| contact.reach.as_ref()).map(|reach| format!(": {reach}"));
        format!("{person}{}", reach.unwrap_or_default())
    };
    people.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// The same for the same seat, people and start, whenever and wherever it is written.
fn uid(seat: &Text, shift: &Segment) -> String {
    const OFFSET_BASIS: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0000_0100_0000_01b3;
    let words = std::iter::once(seat).chain(&shift.people).flat_map(|word| word.as_str().bytes().chain([0]));
    // FNV-1a, 64 bits (draft-eastlake-fnv).
    let hash = words.fold(OFFSET_BASIS, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(PRIME));
    format!("{}-{hash:016x}@watchfloor", stamp(shift.start))
}

fn stamp(at: DateTime<Utc>) -> String {
    at.format("%Y%m%dT%H%M%SZ").to_string()
}

/// The events of a calendar that an earlier export wrote.
fn read(product: &str, file: &str) -> Result<Vec<Event>, IcsError> {
    let lines = line::unfolded(file);
    let is_ours = lines.first().is_some_and(|line| line == "BEGIN:VCALENDAR")
        && lines.iter().any(|line| line.strip_prefix("PRODID:") == Some(product));
    if !is_ours {
        return Err(IcsError::NotOurs);
    }
    let mut events = Vec::new();
    let mut keys: Option<BTreeMap<&str, &str>> = None;
    for line in &lines {
        match (line.as_str(), &mut keys) {
            ("BEGIN:VEVENT", None) => keys = Some(BTreeMap::new()),
            ("BEGIN:VEVENT", Some(_)) => return Err(IcsError::Broken),
            ("END:VEVENT", Some(found)) => {
                events.push(event(found).ok_or(IcsError::Broken)?);
                keys = None;
            }
            (line, Some(found)) => {
                let (key, value) = line.split_once(':').ok_or(IcsError::Broken)?;
                found.insert(key, value);
            }
            (_, None) => {}
        }
    }
    let is_whole = keys.is_none() && lines.last().is_some_and(|line| line == "END:VCALENDAR");
    if is_whole { Ok(events) } else { Err(IcsError::Broken) }
}

fn event(keys: &BTreeMap<&str, &str>) -> Option<Event> {
    let text = |key: &str| keys.get(key).map(|value| (*value).to_owned());
    Some(Event {
        uid: text("UID")?,
        stamp: text("DTSTAMP")?,
        sequence: keys.get("SEQUENCE")?.parse().ok()?,
        start: text("DTSTART")?,
        end: text("DTEND")?,
        summary: text("SUMMARY")?,
        description: text("DESCRIPTION")?,
        is_cancelled: *keys.get("STATUS")? == "CANCELLED",
    })
}

#[cfg(test)]
mod tests;
