//! Calendars (RFC 5545): events as concrete occurrences within a window (SEMANTICS R12).
//!
//! What is read of recurrence: `RRULE` daily, weekly, monthly and yearly with INTERVAL, COUNT, UNTIL, BYDAY, BYMONTHDAY,
//! BYMONTH, BYSETPOS and WKST; RDATE, EXDATE, RECURRENCE-ID. Everything else refuses its event, with the reason; nothing is
//! guessed. One broken event costs nobody else anything. Work and size are bounded.

mod block;
mod event;
mod place;
mod series;
mod value;

use std::collections::BTreeSet;

use block::{Block, Blocks};
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use event::{Event, Refused};
use place::Places;
use series::{Window, Working};

use crate::{
    domain::{
        recur::expand::Work,
        time::minus,
        trouble::Skipped,
        zone::{Zone, Zones},
    },
    text::Text,
};

/// What a calendar says within a window.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Calendar {
    /// Its own name, where it has one.
    pub name: Option<Text>,
    /// Occurrences that touch the window, by their start, then in the order of the file.
    pub occurrences: Vec<Occurrence>,
    /// Events without any length: instants, such as a freeze. Nobody is on call for them.
    pub moments: Vec<Occurrence>,
    /// Events left out, in the order of the file; all of them.
    pub skipped: Vec<Skipped>,
    /// What a careful reader should know: an end that another program reads otherwise, events without a calendar.
    pub notes: Vec<Text>,
    /// How many events the file holds, within the window or not.
    pub n_events: usize,
    /// How many of them tell nothing of anybody: refused, or their title is in no encoding we read and no one was asked.
    pub n_unreadable: usize,
}

/// One event on one day, `[start, end)`.
#[derive(Debug, Clone, PartialEq)]
pub struct Occurrence {
    /// The event's name for programs; may be blank.
    pub uid: Text,
    /// The line its event begins on, from 1.
    pub line: usize,
    /// What it is called; may be blank.
    pub summary: Text,
    /// Who was asked and did not decline; no rooms.
    pub attendees: Vec<Named>,
    /// Who asked.
    pub organizer: Option<Named>,
    /// From when.
    pub start: DateTime<Utc>,
    /// Until when: by the wall clock for a DTEND in the zone of its start, exactly for hours; never before the start.
    pub end: DateTime<Utc>,
    /// What RFC 5545, 3.8.5.3 says to the letter, where that is another instant: the length of the first instance.
    pub end_exact: Option<DateTime<Utc>>,
    /// Whether it is made of whole days, which are days of the default zone.
    pub is_all_day: bool,
}

/// Somebody, as calendars name people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// The mail address.
    pub mail: Option<Text>,
    /// The name beside it.
    pub name: Option<Text>,
}

/// Why a file is no calendar at all. What was last read stays.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CalendarError {
    /// There is nothing in it.
    #[error("it is empty, and no calendar")]
    Empty,
    /// It is something else.
    #[error("it is no calendar: it looks like {0}")]
    Other(&'static str),
    /// A part of it is missing: what it holds is no whole answer.
    #[error("it ends in the middle: {0}")]
    CutOff(&'static str),
    /// There are events, and none of them can be read.
    #[error("none of its events can be read ({0})")]
    Unreadable(usize),
    /// It is longer than [`LIMIT_BYTES`].
    #[error("it is longer than {} MiB", LIMIT_BYTES >> 20)]
    TooLong,
}

/// A calendar of a hundred people over ten years has a tenth of this.
pub const LIMIT_BYTES: usize = 16 << 20;

/// Occurrences read of one calendar; the event that would go beyond is left out.
const MOST_OCCURRENCES: usize = 200_000;

/// Days of periods looked at while rules are worked out, for all events of a file together: under a second.
const WORK: u64 = 10_000_000;

/// How many notes are kept.
const MOST_NOTES: usize = 20;

/// Reads a calendar: every occurrence that touches `window`.
///
/// Times without a zone and whole days are read in `default_zone`, never in the host's.
///
/// # Errors
/// [`CalendarError`] when the bytes are no calendar. An event that cannot be read is skipped instead.
pub fn read(
    bytes: &[u8],
    window: (DateTime<Utc>, DateTime<Utc>),
    default_zone: &Zone,
    zones: &Zones,
) -> Result<Calendar, CalendarError> {
    let blocks = taken_apart(bytes)?;
    let mut places = Places::new(zones, default_zone, &blocks.zones);
    let (events, refused) = events(&blocks, &mut places);
    let mut calendar = Calendar { name: name(&blocks), n_events: blocks.events.len(), ..Calendar::default() };
    let instead = events.iter().filter_map(|event| Some((event.uid.clone(), event.instead_of.as_ref()?)));
    let of_refused = refused
        .iter()
        .filter_map(|(block, refused)| refused.instead_of.as_ref().map(|instead| (event::uid(block), instead)));
    let replaced = series::replaced(instead.chain(of_refused), default_zone);
    let mut skipped: Vec<(usize, Skipped)> = refused
        .iter()
        .map(|(block, refused)| (block.line, skip(block.line, &event::uid(block), &refused.why)))
        .collect();
    let window = Window { start: window.0, end: window.1 };
    let mut working = Working { window, days: default_zone, work: Work(WORK), room: MOST_OCCURRENCES };
    for event in &events {
        if event.instead_of.as_ref().is_some_and(|instead| instead.and_later) {
            let why = "it changes this and all later instances (RANGE=THISANDFUTURE), which is not read here: \
                       the series is left out from there on";
            skipped.push((event.line, skip(event.line, &event.uid, why)));
            continue;
        }
        if event.is_cancelled {
            continue;
        }
        match working.occurrences(event, replaced.get(&event.uid)) {
            Ok(found) => found.into_iter().for_each(|occurrence| calendar.add(occurrence)),
            Err(why) => skipped.push((event.line, skip(event.line, &event.uid, &why))),
        }
    }
    let is_garbled = |event: &&Event| event.attendees.is_empty() && event.summary.as_str().contains(NO_LETTER);
    calendar.n_unreadable = skipped.len().saturating_add(events.iter().filter(is_garbled).count());
    calendar.finish(skipped, &blocks);
    Ok(calendar)
}

/// What stands for bytes that are no UTF-8.
const NO_LETTER: char = '\u{fffd}';

/// The zone that a calendar says it is kept in (`X-WR-TIMEZONE`), if it says so and the zone is known.
pub fn own_zone(bytes: &[u8], zones: &Zones) -> Option<Zone> {
    let blocks = taken_apart(bytes).ok()?;
    let said = blocks.calendar.iter().find(|property| property.name == "X-WR-TIMEZONE")?;
    Places::new(zones, &Zone::utc(), &blocks.zones).find(&said.value).ok()
}

/// The days that a calendar's whole-day events cover, from the year 2000 to 2060, and what was left out.
///
/// An event with a time of day is no holiday and is left out with that reason. Days are days wherever one is: no zone.
///
/// # Errors
/// [`CalendarError`] when the bytes are no calendar.
pub fn holidays(bytes: &[u8], zones: &Zones) -> Result<(BTreeSet<NaiveDate>, Vec<Skipped>), CalendarError> {
    let midnight = |year| NaiveDate::from_ymd_opt(year, 1, 1).map(|day| day.and_time(NaiveTime::MIN).and_utc());
    let from = midnight(HOLIDAYS.0).unwrap_or(DateTime::<Utc>::MIN_UTC);
    let until = midnight(HOLIDAYS.1).unwrap_or(DateTime::<Utc>::MAX_UTC);
    // In UTC every day is 24 hours long and none is left out.
    let calendar = read(bytes, (from, until), &Zone::utc(), zones)?;
    let mut days = BTreeSet::new();
    let mut skipped = calendar.skipped;
    let mut refused = BTreeSet::new();
    for occurrence in calendar.occurrences.iter().chain(&calendar.moments) {
        if !occurrence.is_all_day {
            if refused.insert(occurrence.line) {
                let why = "it has a time of day, and is no whole day";
                skipped.push(skip(occurrence.line, &occurrence.summary, why));
            }
            continue;
        }
        let last = minus(occurrence.end, chrono::TimeDelta::seconds(1)).date_naive();
        days.extend(occurrence.start.date_naive().iter_days().take_while(|day| *day <= last));
    }
    Ok((days, skipped))
}

/// The years whose holidays are worked out, the second one excluded.
const HOLIDAYS: (i32, i32) = (2000, 2061);

impl Calendar {
    /// The same calendar, if its events tell anything at all: one that is all noise must not take the place of a good copy.
    ///
    /// # Errors
    /// [`CalendarError::Unreadable`] where there are events and none of them can be read.
    pub fn with_sense(self) -> Result<Self, CalendarError> {
        let is_noise = 0 < self.n_events && self.n_events <= self.n_unreadable;
        if is_noise { Err(CalendarError::Unreadable(self.n_events)) } else { Ok(self) }
    }

    fn add(&mut self, occurrence: Occurrence) {
        // An end that the wall clock moved to the start is an occurrence all the same, and its exact end says so.
        if occurrence.start == occurrence.end && occurrence.end_exact.is_none() {
            self.moments.push(occurrence);
        } else {
            self.occurrences.push(occurrence);
        }
    }

    fn finish(&mut self, mut skipped: Vec<(usize, Skipped)>, blocks: &Blocks) {
        self.occurrences.sort_by_key(|occurrence| (occurrence.start, occurrence.line));
        self.moments.sort_by_key(|occurrence| (occurrence.start, occurrence.line));
        skipped.sort_by_key(|(line, _)| *line);
        self.skipped = skipped.into_iter().map(|(_, skipped)| skipped).collect();
        let differing = self.occurrences.iter().filter(|occurrence| occurrence.end_exact.is_some());
        let mut lines = BTreeSet::new();
        for occurrence in differing.filter(|occurrence| lines.insert(occurrence.line)).take(MOST_NOTES) {
            let note = format!(
                "line {} ({}): clocks change within it: it ends by the wall clock, other programs may end it an hour apart",
                occurrence.line, occurrence.summary
            );
            self.notes.push(Text::scrub(&note));
        }
        if blocks.n_calendars == 0 {
            self.notes.push(Text::scrub("there is no BEGIN:VCALENDAR: its events are read all the same"));
        }
    }
}

fn taken_apart(bytes: &[u8]) -> Result<Blocks, CalendarError> {
    if LIMIT_BYTES < bytes.len() {
        return Err(CalendarError::TooLong);
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let blocks = block::blocks(bytes);
    let head = String::from_utf8_lossy(bytes.get(..bytes.len().min(512)).unwrap_or_default()).into_owned();
    let head = head.trim_start().to_ascii_lowercase();
    // Events alone, without a calendar around them, are what some programs save.
    if 0 < blocks.n_calendars || (head.starts_with("begin:vevent") && !blocks.events.is_empty()) {
        return match (bytes.contains(&0), blocks.is_cut_off) {
            // What a file system leaves of a file that was not written to its end.
            (true, _) => Err(CalendarError::CutOff("there are NUL bytes in it")),
            (false, true) => Err(CalendarError::CutOff("a BEGIN:VCALENDAR has no END:VCALENDAR")),
            (false, false) => Ok(blocks),
        };
    }
    Err(match head.chars().next() {
        None => CalendarError::Empty,
        Some('<') => CalendarError::Other("a web page, perhaps one to log in"),
        Some('{' | '[') => CalendarError::Other("JSON"),
        _ if head.starts_with("begin:vcard") => CalendarError::Other("an address book (vCard)"),
        _ if head.contains('\0') => CalendarError::Other("binary data, or text in UTF-16"),
        _ => CalendarError::Other("other text; a calendar begins with BEGIN:VCALENDAR"),
    })
}

/// Events that can be worked out, and those that cannot. Of two versions of the same event the later one counts.
fn events<'b>(blocks: &'b Blocks, places: &mut Places) -> (Vec<Event>, Vec<(&'b Block, Box<Refused>)>) {
    let (mut events, mut refused) = (Vec::new(), Vec::new());
    for block in &blocks.events {
        match event::read(block, places) {
            Ok(event) => events.push(event),
            Err(why) => refused.push((block, why)),
        }
    }
    let days = places.floating();
    let key = |event: &Event| (event.uid.clone(), event.instead_of.as_ref().map(|instead| instead.of.instant(&days)));
    let mut latest = std::collections::BTreeMap::new();
    for event in events.iter().filter(|event| !event.uid.is_blank()) {
        let sequence = latest.entry(key(event)).or_insert(event.sequence);
        *sequence = event.sequence.max(*sequence);
    }
    events.retain(|event| latest.get(&key(event)).is_none_or(|sequence| *sequence <= event.sequence));
    (events, refused)
}

fn name(blocks: &Blocks) -> Option<Text> {
    let said = |name: &str| blocks.calendar.iter().find(|property| property.name == name);
    let said = said("X-WR-CALNAME").or_else(|| said("NAME"))?;
    let plain = said.value.replace("\\,", ",").replace("\\;", ";").replace("\\\\", "\\");
    Some(Text::scrub(plain.trim())).filter(|name| !name.is_blank())
}

fn skip(line: usize, what: &Text, why: &str) -> Skipped {
    let at = if what.is_blank() { format!("line {line}") } else { format!("line {line} ({what})") };
    Skipped { at: Text::scrub(&at), why: Text::scrub(why) }
}

#[cfg(test)]
mod tests;
