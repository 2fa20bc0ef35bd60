//! One event as read: its own times, its rule, its exceptions, its people.

use chrono::{DateTime, Utc};

use super::{
    Named,
    block::{Block, Property},
    place::Places,
    value::{self, Length, Span, When},
};
use crate::{domain::recur::Rule, text::Text};

/// An event that can be worked out.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Event {
    pub(super) line: usize,
    pub(super) uid: Text,
    pub(super) summary: Text,
    pub(super) attendees: Vec<Named>,
    pub(super) organizer: Option<Named>,
    pub(super) is_cancelled: bool,
    pub(super) sequence: i64,
    pub(super) start: When,
    pub(super) lasts: Lasts,
    pub(super) rule: Option<Rule>,
    pub(super) more: Vec<(When, Option<Lasts>)>,
    pub(super) except: Vec<When>,
    /// Which instance of a series it stands for.
    pub(super) instead_of: Option<Instead>,
}

/// The instance of a series that an event stands for.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Instead {
    pub(super) of: When,
    /// Whether it also means all later ones.
    pub(super) and_later: bool,
}

/// How long an event lasts (SEMANTICS R12).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lasts {
    /// To the same wall clock so many seconds later; the exact length of the first instance beside it.
    Nominal { wall: i64, exact: Option<i64> },
    /// Wall-clock days, then exact seconds.
    Length(Length),
}

/// An event that cannot be worked out, and what is still known of it.
pub(super) struct Refused {
    pub(super) why: String,
    /// The instance it would have stood for: the series must not show it as it was.
    pub(super) instead_of: Option<Instead>,
}

/// Reads an event.
///
/// # Errors
/// Why it is left out.
pub(super) fn read(block: &Block, places: &mut Places) -> Result<Event, Box<Refused>> {
    let instead_of = match block.get("RECURRENCE-ID").map(|property| instead(property, places)).transpose() {
        Ok(instead_of) => instead_of,
        Err(why) => return Err(Box::new(Refused { why, instead_of: None })),
    };
    body(block, places, instead_of.clone()).map_err(|why| Box::new(Refused { why, instead_of }))
}

/// The name that instances and series share.
pub(super) fn uid(block: &Block) -> Text {
    block.get("UID").map(|property| Text::scrub(property.value.trim())).unwrap_or_default()
}

fn instead(property: &Property, places: &mut Places) -> Result<Instead, String> {
    let and_later = match property.param("RANGE") {
        None => false,
        Some(range) if range.eq_ignore_ascii_case("THISANDFUTURE") => true,
        Some(_) => return Err("its RECURRENCE-ID has a RANGE that is not read here".to_owned()),
    };
    Ok(Instead { of: value::when(property, places)?, and_later })
}

fn body(block: &Block, places: &mut Places, instead_of: Option<Instead>) -> Result<Event, String> {
    if let Some(fault) = &block.fault {
        return Err(fault.clone());
    }
    if block.get("EXRULE").is_some() {
        return Err("it has an EXRULE, which is not read here".to_owned());
    }
    let start = value::when(block.get("DTSTART").ok_or("it has no DTSTART")?, places)?;
    let lasts = lasts(block, &start, places)?;
    let mut rules = block.all("RRULE");
    let rule = rules.next().map(|property| Rule::read(&property.value)).transpose()?;
    if rules.next().is_some() {
        return Err("it has several rules".to_owned());
    }
    if instead_of.is_some() && rule.is_some() {
        return Err("it stands for one instance and has a rule of its own".to_owned());
    }
    let mut more = Vec::new();
    for property in block.all("RDATE") {
        for (start, span) in value::periods(property, places)? {
            let lasts = span.map(|span| spanned(&start, span, places)).transpose()?;
            more.push((start, lasts));
        }
    }
    let mut except = Vec::new();
    for property in block.all("EXDATE") {
        except.extend(value::list(property, places)?);
    }
    let number = |key: &str| block.get(key).and_then(|property| property.value.trim().parse().ok());
    Ok(Event {
        line: block.line,
        uid: uid(block),
        summary: block.get("SUMMARY").map(|property| Text::scrub(property.value.trim())).unwrap_or_default(),
        attendees: block.all("ATTENDEE").filter(|property| takes_part(property)).map(named).collect(),
        organizer: block.get("ORGANIZER").map(named),
        is_cancelled: block.get("STATUS").is_some_and(|status| status.value.trim().eq_ignore_ascii_case("CANCELLED")),
        sequence: number("SEQUENCE").unwrap_or(0),
        start,
        lasts,
        rule,
        more,
        except,
        instead_of,
    })
}

fn lasts(block: &Block, start: &When, places: &mut Places) -> Result<Lasts, String> {
    match (block.get("DTEND"), block.get("DURATION")) {
        (Some(_), Some(_)) => Err("it has both a DTEND and a DURATION".to_owned()),
        (Some(end), None) => {
            let end = value::when(end, places)?;
            let is_one_day = matches!((start, &end), (When::Day(start), When::Day(end)) if start == end);
            // Against the standard, and what every program takes for one day.
            if is_one_day { Ok(ONE_DAY) } else { spanned(start, Span::Until(end), places) }
        }
        (None, Some(length)) => {
            let length =
                value::length(&length.value).ok_or("its DURATION cannot be read, or is longer than ten years")?;
            spanned(start, Span::Long(length), places)
        }
        (None, None) => Ok(match start {
            When::Day(_) => ONE_DAY,
            When::Clock(..) => Lasts::Length(Length { days: 0, seconds: 0 }),
        }),
    }
}

const ONE_DAY: Lasts = Lasts::Length(Length { days: 1, seconds: 0 });

/// A span as a length. Of a DTEND in the zone of its start the wall clock counts, else the exact length.
fn spanned(start: &When, span: Span, places: &Places) -> Result<Lasts, String> {
    let days = places.floating();
    match span {
        Span::Long(length) if length.days < 0 || length.seconds < 0 => Err("its length is negative".to_owned()),
        Span::Long(length) if matches!(start, When::Day(_)) && length.seconds != 0 => {
            Err("it begins on a day and lasts hours".to_owned())
        }
        Span::Long(length) => Ok(Lasts::Length(length)),
        Span::Until(end) => {
            if matches!(start, When::Day(_)) != matches!(end, When::Day(_)) {
                return Err("it begins on a day and ends at a time, or the other way round".to_owned());
            }
            let exact = seconds(start.instant(&days), end.instant(&days));
            let wall = end.wall().signed_duration_since(start.wall()).num_seconds();
            let is_like = start.is_like(&end);
            if exact < 0 || (is_like && wall < 0) {
                return Err("it ends before it begins".to_owned());
            }
            if LONGEST < exact {
                return Err("it lasts longer than ten years".to_owned());
            }
            Ok(match (is_like, start) {
                (true, When::Day(_)) => Lasts::Nominal { wall, exact: None },
                (true, When::Clock(..)) => Lasts::Nominal { wall, exact: Some(exact) },
                (false, _) => Lasts::Length(Length { days: 0, seconds: exact }),
            })
        }
    }
}

/// Ten years, in seconds.
const LONGEST: i64 = 3_660 * 86_400;

fn seconds(from: DateTime<Utc>, until: DateTime<Utc>) -> i64 {
    crate::domain::time::between(from, until).num_seconds()
}

/// Whoever declined is not there; a room is nobody.
fn takes_part(attendee: &Property) -> bool {
    let is = |key: &str, value: &str| attendee.param(key).is_some_and(|said| said.eq_ignore_ascii_case(value));
    !is("PARTSTAT", "DECLINED") && !is("CUTYPE", "RESOURCE") && !is("CUTYPE", "ROOM")
}

fn named(property: &Property) -> Named {
    let address = property.value.trim();
    let is_mail = address.get(..7).is_some_and(|head| head.eq_ignore_ascii_case("mailto:"));
    let mail = if is_mail { address.get(7..) } else { property.param("EMAIL") };
    let text = |written: &str| Some(Text::scrub(written.trim())).filter(|text| !text.is_blank());
    Named { mail: mail.and_then(text), name: property.param("CN").and_then(text) }
}
