//! Stretches of the week as windows of a layer.

use chrono::{NaiveTime, Timelike as _, Weekday};

use crate::domain::rota::Restriction;

const DAY: u32 = 86_400;
const WEEK: u32 = 7 * DAY;

const EVERY_DAY: [Weekday; 7] =
    [Weekday::Mon, Weekday::Tue, Weekday::Wed, Weekday::Thu, Weekday::Fri, Weekday::Sat, Weekday::Sun];

/// The same stretch on every day.
pub(super) fn daily(start: NaiveTime, seconds: u32) -> Result<Vec<Restriction>, String> {
    if !(1..=DAY).contains(&seconds) {
        return Err(format!("hours of {seconds} seconds in a day are out of range"));
    }
    Ok(vec![Restriction { days: EVERY_DAY.to_vec(), start, end: later(start, seconds) }])
}

/// One stretch of the week; one that is longer than a day is cut at midnights.
pub(super) fn weekly(day: Weekday, start: NaiveTime, seconds: u32) -> Result<Vec<Restriction>, String> {
    if !(1..=WEEK).contains(&seconds) {
        return Err(format!("hours of {seconds} seconds in a week are out of range"));
    }
    let one = |day, start, seconds| Restriction { days: vec![day], start, end: later(start, seconds) };
    if seconds <= DAY {
        return Ok(vec![one(day, start, seconds)]);
    }
    let mut windows = Vec::new();
    let (mut day, mut start, mut left) = (day, start, seconds);
    while left > 0 {
        let today = DAY.saturating_sub(start.num_seconds_from_midnight()).min(left);
        windows.push(one(day, start, today));
        (day, start, left) = (day.succ(), NaiveTime::MIN, left.saturating_sub(today));
    }
    Ok(windows)
}

/// From one hour of the week to another; an end that is not after its start lies in the next week.
pub(super) fn from_to(from: (Weekday, NaiveTime), to: (Weekday, NaiveTime)) -> Result<Vec<Restriction>, String> {
    let place = |(day, at): (Weekday, NaiveTime)| {
        day.num_days_from_monday().saturating_mul(DAY).saturating_add(at.num_seconds_from_midnight())
    };
    let (start, end) = (place(from), place(to));
    let end = if end <= start { end.saturating_add(WEEK) } else { end };
    weekly(from.0, from.1, end.saturating_sub(start))
}

fn later(start: NaiveTime, seconds: u32) -> NaiveTime {
    let at = start.num_seconds_from_midnight().saturating_add(seconds) % DAY;
    NaiveTime::from_num_seconds_from_midnight_opt(at, 0).unwrap_or(NaiveTime::MIN)
}
