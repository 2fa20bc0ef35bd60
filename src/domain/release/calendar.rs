//! The days of a release: which offset from T-0 an instant lies in, and when a phase starts and ends (SEMANTICS R48).

use std::collections::BTreeSet;

use chrono::{DateTime, Datelike as _, NaiveDate, NaiveTime, TimeDelta, Utc, Weekday};

use super::heading::phase_label;
use crate::{
    domain::{
        time::{minus, plus},
        zone::Zone,
    },
    text::Text,
};

/// How days from T-0 are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mode {
    /// Every date of the calendar counts.
    #[default]
    Calendar,
    /// Monday to Friday count, unless they are holidays. T-0 itself is the day set, whatever day that is.
    Business,
    /// Every date counts, and lasts as long as it is that date anywhere on earth: from 12:00 UTC to 12:00 UTC of the next.
    Aoe,
}

impl Mode {
    /// As settings and JSON write it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Calendar => "calendar",
            Self::Business => "business",
            Self::Aoe => "aoe",
        }
    }
}

/// Who said which day T-0 is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DayFrom {
    /// The command line.
    Asked,
    /// The settings.
    Settings,
    /// The due date of this milestone.
    Milestone(Text),
}

/// The day of T-0, and how days are counted from it.
#[derive(Debug, Clone, PartialEq)]
pub struct Calendar {
    /// The date of T-0.
    pub day: NaiveDate,
    /// The instant of T-0, where an hour is set.
    pub at: Option<DateTime<Utc>>,
    /// The zone of both. [`Mode::Aoe`] does not look at it.
    pub zone: Zone,
    /// How days are counted.
    pub mode: Mode,
    /// Days that do not count in [`Mode::Business`].
    pub holidays: BTreeSet<NaiveDate>,
    /// Who said the day.
    pub day_from: DayFrom,
}

/// Days from T-0, first and last included; `first <= last`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    /// The first day.
    pub first: i32,
    /// The last day.
    pub last: i32,
}

/// When something is to be done, told from T-0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum When {
    /// Before T-0, on no day in particular: `Pre-Release`.
    Before,
    /// On these days: `T-7`, `T-7 ... T-1`.
    Days(Span),
    /// Hours from the hour of T-0, below zero before it: `2 hours before`.
    Hours(i32),
    /// After T-0, on no day in particular: `Post-Release`.
    After,
}

/// A stretch of time, `[start, end)`; a side that nothing bounds is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Window {
    /// When it starts.
    pub start: Option<DateTime<Utc>>,
    /// When it ends.
    pub end: Option<DateTime<Utc>>,
}

impl Span {
    /// One day.
    pub fn day(offset: i32) -> Self {
        Self { first: offset, last: offset }
    }

    /// Two days and those between, in either order.
    pub fn between(one: i32, other: i32) -> Self {
        Self { first: one.min(other), last: one.max(other) }
    }
}

impl When {
    /// As a board writes it: `T-7`, `T-7..T-1`, `T-2h`, `before T-0`.
    pub fn label(self) -> String {
        match self {
            Self::Before => "before T-0".to_owned(),
            Self::After => "after T-0".to_owned(),
            Self::Days(Span { first, last }) if first == last => phase_label(first),
            Self::Days(Span { first, last }) => format!("{}..{}", phase_label(first), phase_label(last)),
            Self::Hours(hours) => format!("{}h", phase_label(hours)),
        }
    }

    /// The day by whose end it is to be done: the last of its days. `After` and hours after T-0 name none.
    pub fn last_day(self) -> Option<i32> {
        match self {
            Self::Before => Some(-1),
            Self::Days(span) => Some(span.last),
            Self::Hours(_) => Some(0),
            Self::After => None,
        }
    }
}

impl Window {
    /// Whether an instant lies in it.
    pub fn holds(&self, at: DateTime<Utc>) -> bool {
        self.start.is_none_or(|start| start <= at) && self.end.is_none_or(|end| at < end)
    }

    /// Whether it is over at an instant. One without an end never is.
    pub fn is_over(&self, at: DateTime<Utc>) -> bool {
        self.end.is_some_and(|end| end <= at)
    }
}

impl Calendar {
    /// A calendar of plain days without an hour.
    pub fn new(day: NaiveDate, zone: Zone, day_from: DayFrom) -> Self {
        Self { day, at: None, zone, mode: Mode::Calendar, holidays: BTreeSet::new(), day_from }
    }

    /// The date so many days from T-0 (R48). Nothing where the calendar ends.
    pub fn date(&self, offset: i32) -> Option<NaiveDate> {
        if self.mode != Mode::Business {
            return self.day.checked_add_signed(TimeDelta::try_days(i64::from(offset))?);
        }
        let mut date = self.day;
        for _ in 0..offset.unsigned_abs().min(MOST_BUSINESS_DAYS) {
            date = self.next_business_day(date, offset < 0)?;
        }
        Some(date)
    }

    /// The offset that an instant lies in: the difference of local dates (R48). In business days a day that does not count
    /// belongs to the business day before it; a day off right after T-0 to T-0.
    pub fn offset(&self, now: DateTime<Utc>) -> Option<i32> {
        let date = match self.mode {
            Mode::Aoe => minus(now, AOE).date_naive(),
            Mode::Calendar | Mode::Business => self.zone.local(now).date(),
        };
        let days = date.signed_duration_since(self.day).num_days();
        if self.mode != Mode::Business {
            return i32::try_from(days).ok();
        }
        // Days are counted one by one: an instant years away is in no phase.
        let (low, high) = (days.min(0), days.max(0));
        if i64::from(MOST_BUSINESS_DAYS) < high - low {
            return None;
        }
        let counted = (low + 1..=high)
            .filter_map(|ahead| self.day.checked_add_signed(TimeDelta::try_days(ahead)?))
            // Going back, T-0 stands for itself even where it is no business day.
            .filter(|day| self.is_business_day(*day) || (days < 0 && *day == self.day))
            .count();
        let counted = i32::try_from(counted).ok()?;
        Some(if days < 0 { -counted } else { counted })
    }

    /// When something is to be done, `[start, end)`: days from midnight to midnight of their dates, each read through
    /// [`Zone::resolve`]. Hours need an hour of T-0: the window ends at that instant; without one it is the whole of T-0.
    pub fn window(&self, when: When) -> Window {
        match when {
            When::Before => Window { start: None, end: self.midnight(0) },
            When::After => Window { start: self.end_of(0), end: None },
            When::Days(Span { first, last }) => Window { start: self.midnight(first), end: self.end_of(last) },
            When::Hours(hours) => {
                let by = TimeDelta::try_hours(i64::from(hours)).unwrap_or_default();
                let end = self.at.map_or_else(|| self.end_of(0), |at| Some(plus(at, by)));
                Window { start: self.midnight(0).min(end), end }
            }
        }
    }

    fn midnight(&self, offset: i32) -> Option<DateTime<Utc>> {
        self.date(offset).and_then(|date| self.start_of(date))
    }

    fn end_of(&self, offset: i32) -> Option<DateTime<Utc>> {
        self.date(offset)?.succ_opt().and_then(|date| self.start_of(date))
    }

    fn start_of(&self, date: NaiveDate) -> Option<DateTime<Utc>> {
        let midnight = date.and_time(NaiveTime::MIN);
        Some(match self.mode {
            Mode::Aoe => plus(midnight.and_utc(), AOE),
            Mode::Calendar | Mode::Business => self.zone.resolve(midnight),
        })
    }

    fn is_business_day(&self, date: NaiveDate) -> bool {
        !matches!(date.weekday(), Weekday::Sat | Weekday::Sun) && !self.holidays.contains(&date)
    }

    fn next_business_day(&self, from: NaiveDate, is_back: bool) -> Option<NaiveDate> {
        let mut date = from;
        for _ in 0..MOST_DAYS_OFF {
            date = if is_back { date.pred_opt()? } else { date.succ_opt()? };
            if self.is_business_day(date) {
                return Some(date);
            }
        }
        None
    }
}

/// Anywhere on earth is UTC-12: a date begins there when it is noon in UTC.
const AOE: TimeDelta = TimeDelta::hours(12);

/// Business days are counted one by one; nobody plans further.
const MOST_BUSINESS_DAYS: u32 = 20_000;

/// Days off in a row before a calendar is taken for one that has no business day.
const MOST_DAYS_OFF: usize = 1_000;
