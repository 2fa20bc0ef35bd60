//! Dates and times as iCalendar writes them (RFC 5545, 3.3.4 and 3.3.5).

use chrono::{NaiveDate, NaiveDateTime};

/// A date or a time as written, before any zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// `20261120`.
    Date(NaiveDate),
    /// `20261120T090000`, with a `Z` or without.
    Time {
        /// What is written.
        wall: NaiveDateTime,
        /// Whether a `Z` follows.
        is_utc: bool,
    },
}

/// Reads `20261120` or `20261120T090000Z`. A leap second is the second before it.
pub fn date_or_time(written: &str) -> Option<Written> {
    let (date, rest) = written.split_at_checked(8)?;
    let day = NaiveDate::from_ymd_opt(number(date.get(..4)?)?, part(date.get(4..6)?)?, part(date.get(6..)?)?)?;
    if rest.is_empty() {
        return Some(Written::Date(day));
    }
    let clock = rest.strip_prefix(['T', 't'])?;
    let (clock, is_utc) = match clock.strip_suffix(['Z', 'z']) {
        Some(clock) => (clock, true),
        None => (clock, false),
    };
    let seconds = match clock.get(4..)? {
        "" => 0,
        seconds => part(seconds)?.min(if seconds == "60" { 59 } else { 60 }),
    };
    let wall = day.and_hms_opt(part(clock.get(..2)?)?, part(clock.get(2..4)?)?, seconds)?;
    Some(Written::Time { wall, is_utc })
}

/// Reads exactly two digits.
pub fn part(digits: &str) -> Option<u32> {
    (digits.len() == 2 && digits.bytes().all(|b| b.is_ascii_digit())).then(|| digits.parse().ok()).flatten()
}

fn number(digits: &str) -> Option<i32> {
    digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.parse().ok()).flatten()
}
