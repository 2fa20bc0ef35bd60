//! A zone's offsets as one sorted list: the transitions of a TZif file, then the years its POSIX footer describes.

use chrono::{DateTime, Datelike, NaiveDate, Weekday};
use tz::timezone::{AlternateTime, RuleDay, TimeZone, TransitionRule};

use super::ZoneError;
use crate::text::Text;

/// The last year whose clock changes are worked out; later instants keep the offset of its end.
///
/// Nobody plans a rota two centuries ahead, and a flat list answers every question with one binary search.
const LAST_YEAR: i32 = 2200;

/// Seconds in a day; an offset of this size or more is refused (chrono holds less than a day, and so does the earth).
const DAY: i64 = 86_400;

/// What clocks show during some stretches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reading {
    /// Seconds east of UTC.
    pub(super) offset: i32,
    /// `CET`, `+03`.
    pub(super) abbreviation: Box<str>,
}

/// A stretch of time with one reading; it lasts until the next one begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stretch {
    /// Unix seconds, included.
    pub(super) from: i64,
    /// Which reading.
    pub(super) reading: usize,
}

/// All readings of a zone and when each holds; there is at least one of both, and the first stretch begins at `i64::MIN`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stretches {
    pub(super) readings: Vec<Reading>,
    pub(super) list: Vec<Stretch>,
}

impl Stretches {
    /// One reading for ever.
    pub(super) fn fixed(offset: i32, abbreviation: &str) -> Self {
        Self {
            readings: vec![Reading { offset, abbreviation: abbreviation.into() }],
            list: vec![Stretch { from: i64::MIN, reading: 0 }],
        }
    }

    /// The offsets of a calendar's own zone: `first` until the first change, which are sorted here. Offsets of a day or more
    /// are left out.
    pub(super) fn listed(first: i32, changes: &[(i64, i32, &str)]) -> Self {
        let mut changes = changes.to_vec();
        changes.sort_by_key(|(from, ..)| *from);
        let first = if i64::from(first).abs() < DAY { first } else { 0 };
        let mut built = Self::fixed(first, "");
        for (from, offset, abbreviation) in changes {
            if i64::from(offset).abs() < DAY {
                let abbreviation = Text::scrub(abbreviation).as_str().into();
                built.add(from, Reading { offset, abbreviation });
            }
        }
        built
    }

    /// Reads TZif bytes (RFC 9636), footer included.
    pub(super) fn read(tzif: &[u8]) -> Result<Self, ZoneError> {
        let file = TimeZone::from_tz_data(tzif).map_err(|e| ZoneError::Garbled(Text::scrub(&e.to_string())))?;
        let file = file.as_ref();
        if !file.leap_seconds().is_empty() {
            return Err(ZoneError::LeapSeconds);
        }
        let mut built = Self { readings: Vec::new(), list: Vec::new() };
        let first = match (file.transitions(), file.extra_rule()) {
            ([], Some(TransitionRule::Fixed(only))) => Some(only),
            ([], Some(TransitionRule::Alternate(rule))) => Some(rule.std()),
            _ => file.local_time_types().first(),
        };
        built.push(i64::MIN, first)?;
        for transition in file.transitions() {
            built.push(transition.unix_leap_time(), file.local_time_types().get(transition.local_time_type_index()))?;
        }
        if let Some(TransitionRule::Alternate(rule)) = file.extra_rule() {
            let last = file.transitions().last().map_or(0, |t| t.unix_leap_time());
            for change in changes(rule, last) {
                built.push(change, file.find_local_time_type(change).ok())?;
            }
        }
        Ok(built)
    }

    fn push(&mut self, from: i64, said: Option<&tz::timezone::LocalTimeType>) -> Result<(), ZoneError> {
        let Some(said) = said else { return Ok(()) };
        if i64::from(said.ut_offset()).abs() >= DAY {
            return Err(ZoneError::OffsetTooLarge);
        }
        // Only what a clock shows counts: the file's DST flag is set in winter for Dublin and Casablanca.
        let reading = Reading {
            offset: said.ut_offset(),
            abbreviation: Text::scrub(said.time_zone_designation()).as_str().into(),
        };
        self.add(from, reading);
        Ok(())
    }

    fn add(&mut self, from: i64, reading: Reading) {
        let reading = match self.readings.iter().position(|known| *known == reading) {
            Some(known) => known,
            None => {
                self.readings.push(reading);
                self.readings.len().saturating_sub(1)
            }
        };
        if self.list.last().is_none_or(|last| last.reading != reading) {
            self.list.push(Stretch { from, reading });
        }
    }
}

/// The instants after `last` at which a footer's rule may change the clocks, in order.
fn changes(rule: &AlternateTime, last: i64) -> Vec<i64> {
    let first_year = DateTime::from_timestamp(last, 0).map_or(LAST_YEAR, |at| at.year());
    let mut found: Vec<i64> = (first_year.saturating_sub(1)..=LAST_YEAR)
        .flat_map(|year| {
            [
                instant(year, rule.dst_start(), rule.dst_start_time(), rule.std().ut_offset()),
                instant(year, rule.dst_end(), rule.dst_end_time(), rule.dst().ut_offset()),
            ]
        })
        .flatten()
        .filter(|at| last < *at)
        .collect();
    found.sort_unstable();
    found
}

/// `time` may be negative or longer than a day (RFC 9636, section 3.3.2).
fn instant(year: i32, day: &RuleDay, time: i32, offset: i32) -> Option<i64> {
    let midnight = date(year, day)?.and_hms_opt(0, 0, 0)?.and_utc().timestamp();
    midnight.checked_add(i64::from(time))?.checked_sub(i64::from(offset))
}

fn date(year: i32, day: &RuleDay) -> Option<NaiveDate> {
    match day {
        RuleDay::Julian1WithoutLeap(nth) => {
            // 29 February is never counted, so any common year gives the month and day.
            let common = NaiveDate::from_yo_opt(2001, u32::from(nth.get()))?;
            NaiveDate::from_ymd_opt(year, common.month(), common.day())
        }
        RuleDay::Julian0WithLeap(nth) => NaiveDate::from_yo_opt(year, u32::from(nth.get()).checked_add(1)?),
        RuleDay::MonthWeekDay(rule) => {
            let weekday = match rule.week_day() {
                0 => Weekday::Sun,
                later => Weekday::try_from(later.checked_sub(1)?).ok()?,
            };
            let nth = |week| NaiveDate::from_weekday_of_month_opt(year, u32::from(rule.month()), weekday, week);
            // Week 5 means the last one, which may be the fourth.
            nth(rule.week()).or_else(|| nth(4))
        }
    }
}
