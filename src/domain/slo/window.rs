//! Over what time a budget is counted: the last so many days, or a part of the calendar (SEMANTICS R37).

use chrono::{DateTime, Datelike as _, Months, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};

use crate::domain::{
    time::{between, minus},
    zone::Zone,
};

/// The time a budget is for, where nothing else is said: 28 days, so that every window holds the same weekdays (R37).
pub const PERIOD: TimeDelta = TimeDelta::days(28);

/// Over what time a budget is counted.
#[derive(Debug, Clone, PartialEq)]
pub enum TimeWindow {
    /// The last so much time.
    Rolling(TimeDelta),
    /// The running part of the calendar: a new budget at each beginning.
    Calendar {
        /// How much of the calendar is one.
        unit: Unit,
        /// When one of them begins, on the wall clock; the others follow from it, back and forth.
        start: NaiveDateTime,
        /// Whose wall clock.
        zone: Zone,
    },
}

/// A part of the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Seven days.
    Week,
    /// A month.
    Month,
    /// Three months.
    Quarter,
    /// A year.
    Year,
}

impl Unit {
    /// All of them, with their words.
    pub const ALL: [(&'static str, Self); 4] =
        [("week", Self::Week), ("month", Self::Month), ("quarter", Self::Quarter), ("year", Self::Year)];

    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Week => "week",
            Self::Month => "month",
            Self::Quarter => "quarter",
            Self::Year => "year",
        }
    }

    /// The beginning people mean where they say none: a Monday, or the first of January, at midnight.
    pub fn usual_start() -> NaiveDateTime {
        // The first of January 2024 was a Monday.
        NaiveDate::from_ymd_opt(2024, 1, 1).unwrap_or_default().and_time(NaiveTime::MIN)
    }

    fn months(self) -> u32 {
        match self {
            Self::Week => 0,
            Self::Month => 1,
            Self::Quarter => 3,
            Self::Year => 12,
        }
    }

    /// The k-th beginning from `start` on. Months are added to the start itself and cut to the month's end (as R4).
    fn nth(self, start: NaiveDateTime, k: i64) -> Option<NaiveDateTime> {
        if self == Self::Week {
            return start.checked_add_signed(TimeDelta::try_weeks(k)?);
        }
        let months = Months::new(u32::try_from(k.unsigned_abs()).ok()?.checked_mul(self.months())?);
        if k < 0 { start.checked_sub_months(months) } else { start.checked_add_months(months) }
    }

    /// About which beginning `at` comes after; one off at most.
    fn about(self, start: NaiveDateTime, at: NaiveDateTime) -> i64 {
        match self {
            Self::Week => at.signed_duration_since(start).num_days().div_euclid(7),
            Self::Month | Self::Quarter | Self::Year => {
                let months = |t: NaiveDateTime| i64::from(t.year()) * 12 + i64::from(t.month0());
                (months(at) - months(start)).div_euclid(i64::from(self.months()))
            }
        }
    }
}

/// The stretch of time a budget is counted over at an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stretch {
    /// Where it begins.
    pub from: DateTime<Utc>,
    /// Where it ends: now, for a rolling window.
    pub until: DateTime<Utc>,
    /// What the budget is for, and what factors are worked out from.
    pub period: TimeDelta,
}

impl TimeWindow {
    /// The stretch at `now`.
    pub fn at(&self, now: DateTime<Utc>) -> Stretch {
        match self {
            Self::Rolling(period) => Stretch { from: minus(now, *period), until: now, period: *period },
            Self::Calendar { unit, start, zone } => {
                let k = unit.about(*start, zone.local(now));
                let begins = |k: i64| unit.nth(*start, k).map(|wall| zone.resolve(wall));
                let from =
                    [k + 1, k, k - 1].into_iter().find_map(|k| begins(k).filter(|at| *at <= now).map(|at| (k, at)));
                let stretch = from.and_then(|(k, from)| Some((from, begins(k + 1)?)));
                // Outside the calendar that can be counted there is nothing to begin anew.
                let (from, until) = stretch.unwrap_or((minus(now, PERIOD), now));
                Stretch { from, until, period: between(from, until) }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(written: &str) -> DateTime<Utc> {
        written.parse().unwrap()
    }

    fn month(start: &str) -> TimeWindow {
        TimeWindow::Calendar { unit: Unit::Month, start: start.parse().unwrap(), zone: Zone::utc() }
    }

    #[test]
    fn a_rolling_window_ends_now() {
        let stretch = TimeWindow::Rolling(PERIOD).at(at("2026-11-29T00:00:00Z"));
        assert_eq!((stretch.from, stretch.period), (at("2026-11-01T00:00:00Z"), TimeDelta::days(28)));
    }

    #[test]
    fn a_month_begins_on_its_first_and_is_as_long_as_it_is() {
        let of = |now| month("2024-01-01T00:00:00").at(at(now));
        let february = of("2027-02-10T09:00:00Z");
        assert_eq!((february.from, february.until), (at("2027-02-01T00:00:00Z"), at("2027-03-01T00:00:00Z")));
        assert_eq!(february.period, TimeDelta::days(28));
        assert_eq!(of("2026-12-01T00:00:00Z").from, at("2026-12-01T00:00:00Z"), "the first instant is in");
        assert_eq!(of("2026-11-30T23:59:59Z").from, at("2026-11-01T00:00:00Z"));
        assert_eq!(of("2023-11-30T23:59:59Z").from, at("2023-11-01T00:00:00Z"), "before the start as well");
    }

    #[test]
    fn a_month_that_begins_on_the_31st_is_cut_to_the_months_end() {
        let of = |now| month("2026-01-31T12:00:00").at(at(now));
        let stretch = of("2026-03-01T00:00:00Z");
        assert_eq!((stretch.from, stretch.until), (at("2026-02-28T12:00:00Z"), at("2026-03-31T12:00:00Z")));
        assert_eq!(of("2026-03-31T11:59:59Z").from, at("2026-02-28T12:00:00Z"));
    }

    #[test]
    fn quarters_begin_by_the_wall_clock_of_their_zone() {
        let zone = Zone::listed("Test/Plus2", 7_200, &[]);
        let quarter = TimeWindow::Calendar { unit: Unit::Quarter, start: Unit::usual_start(), zone };
        assert_eq!(quarter.at(at("2026-09-30T21:59:59Z")).from, at("2026-06-30T22:00:00Z"));
        assert_eq!(quarter.at(at("2026-09-30T22:00:00Z")).from, at("2026-09-30T22:00:00Z"));
    }

    proptest! {
        #[test]
        fn every_instant_is_in_its_own_window(seconds in -4_000_000_000i64..8_000_000_000, unit in 0usize..4, day in 1u32..=31) {
            let now = DateTime::from_timestamp(seconds, 0).unwrap();
            let start = NaiveDate::from_ymd_opt(2024, 1, day).unwrap().and_time(NaiveTime::MIN);
            let (_, unit) = Unit::ALL[unit];
            let stretch = TimeWindow::Calendar { unit, start, zone: Zone::utc() }.at(now);
            prop_assert!(stretch.from <= now && now < stretch.until);
            let next = TimeWindow::Calendar { unit, start, zone: Zone::utc() }.at(stretch.until);
            prop_assert_eq!(next.from, stretch.until);
        }
    }
}
