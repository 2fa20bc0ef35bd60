//! Which hours count (SEMANTICS 3.3, R29–R31).

use std::{collections::BTreeSet, sync::Arc};

use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveTime, TimeDelta, Utc, Weekday};

use crate::{
    domain::{
        time::{between, plus},
        zone::Zone,
    },
    text::Text,
};

/// Days searched for open hours: a century. A promise that takes longer is never due.
const MAX_DAYS: usize = 36_525;

/// Which hours a clock counts.
#[derive(Debug, Clone, PartialEq)]
pub enum Calendar {
    /// `24x7`: real elapsed time; 24 h is 24 h across a clock change.
    Always,
    /// The open hours of a place.
    Business(Arc<Hours>),
}

/// The hours at which a place is open: windows of its week, in its zone, without its holidays (R29).
#[derive(Debug, Clone, PartialEq)]
pub struct Hours {
    /// What the team calls them; nothing = they have no name.
    name: Option<Text>,
    zone: Zone,
    /// In the order of their opening time, so that the windows of one day come in order.
    weekly: Vec<Window>,
    holidays: BTreeSet<NaiveDate>,
}

/// One window of the week, `[opens, closes)` by the wall clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// The local day on which it opens. A holiday on that day removes the whole window.
    pub day: Weekday,
    /// When it opens.
    pub opens: NaiveTime,
    /// When it closes; at or before `opens` means the next day, so 00:00 to 00:00 is the whole day.
    pub closes: NaiveTime,
}

impl Calendar {
    /// The version of the zone data it counts by; empty where it needs none.
    pub fn zone_data(&self) -> &str {
        match self {
            Self::Always => "",
            Self::Business(hours) => hours.zone.data(),
        }
    }

    /// Whether open hours alone count: lengths are then written in hours, never in days (R31).
    pub fn is_business(&self) -> bool {
        matches!(self, Self::Business(_))
    }

    /// What the team calls it; nothing for around the clock, and for hours without a name.
    pub fn name(&self) -> Option<&Text> {
        match self {
            Self::Always => None,
            Self::Business(hours) => hours.name.as_ref(),
        }
    }

    /// Time that counts between two instants; zero if `until` is not after `from`.
    pub fn elapsed(&self, from: DateTime<Utc>, until: DateTime<Utc>) -> TimeDelta {
        match self {
            Self::Always => between(from, until).max(TimeDelta::zero()),
            Self::Business(hours) => hours.elapsed(from, until),
        }
    }

    /// The earliest instant at which `length` has counted since `from` (R30); `from` itself for no length.
    ///
    /// # Examples
    /// Eight hours from a Friday's opening at 09:00 are that Friday's closing at 17:00, not Monday's opening.
    pub fn add(&self, from: DateTime<Utc>, length: TimeDelta) -> DateTime<Utc> {
        match self {
            Self::Always => plus(from, length),
            Self::Business(hours) => hours.add(from, length),
        }
    }

    /// Whether this is that very calendar, and not one that happens to say the same.
    pub fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Always, Self::Always) => true,
            (Self::Business(hours), Self::Business(others)) => Arc::ptr_eq(hours, others),
            (Self::Always, Self::Business(_)) | (Self::Business(_), Self::Always) => false,
        }
    }

    /// The same hours with these local dates as holidays as well; around the clock there are none.
    pub fn with_holidays(&self, days: impl IntoIterator<Item = NaiveDate>) -> Self {
        match self {
            Self::Always => Self::Always,
            Self::Business(hours) => {
                let mut hours = Hours::clone(hours);
                hours.holidays.extend(days);
                Self::Business(Arc::new(hours))
            }
        }
    }

    /// The earliest instant at or after `at` from which time counts.
    pub fn counts_from(&self, at: DateTime<Utc>) -> DateTime<Utc> {
        match self {
            Self::Always => at,
            Self::Business(hours) => hours.openings(at).next().map_or(DateTime::<Utc>::MAX_UTC, |(opens, _)| opens),
        }
    }
}

impl Hours {
    /// The hours of a place. Windows may come in any order and overlap; time in two of them counts once.
    pub fn new(zone: Zone, mut weekly: Vec<Window>, holidays: BTreeSet<NaiveDate>) -> Self {
        weekly.sort_by_key(|window| window.opens);
        Self { name: None, zone, weekly, holidays }
    }

    /// The same hours under a name.
    pub fn named(self, name: Text) -> Self {
        Self { name: Some(name), ..self }
    }

    /// The zone its wall clocks are in.
    pub fn zone(&self) -> &Zone {
        &self.zone
    }

    fn elapsed(&self, from: DateTime<Utc>, until: DateTime<Utc>) -> TimeDelta {
        if until <= from {
            return TimeDelta::zero();
        }
        let open = self.openings(from).take_while(|(opens, _)| *opens < until);
        open.fold(TimeDelta::zero(), |sum, (opens, closes)| {
            sum.checked_add(&between(opens, closes.min(until))).unwrap_or(TimeDelta::MAX)
        })
    }

    fn add(&self, from: DateTime<Utc>, length: TimeDelta) -> DateTime<Utc> {
        if length <= TimeDelta::zero() {
            return from;
        }
        let mut left = length;
        for (opens, closes) in self.openings(from) {
            let span = between(opens, closes);
            if left <= span {
                return plus(opens, left);
            }
            left = left.checked_sub(&span).unwrap_or(left);
        }
        DateTime::<Utc>::MAX_UTC
    }

    /// The open stretches from `from` on, disjoint and in order, the first one cut at `from`.
    fn openings(&self, from: DateTime<Utc>) -> impl Iterator<Item = (DateTime<Utc>, DateTime<Utc>)> + '_ {
        let today = self.zone.local(from).date();
        // From the day before: last night's window may still be open. Windows that cannot open are not searched for.
        let first = today.checked_sub_days(Days::new(1)).unwrap_or(today);
        let days = first.iter_days().take(if self.weekly.is_empty() { 0 } else { MAX_DAYS });
        let windows = days.filter(|day| !self.holidays.contains(day)).flat_map(|day| self.windows(day));
        windows
            .scan(from, |covered, (opens, closes)| {
                let opens = opens.max(*covered);
                *covered = closes.max(*covered);
                Some((opens, closes))
            })
            .filter(|(opens, closes)| opens < closes)
    }

    fn windows(&self, day: NaiveDate) -> impl Iterator<Item = (DateTime<Utc>, DateTime<Utc>)> + '_ {
        let of_day = self.weekly.iter().filter(move |window| window.day == day.weekday());
        of_day.map(move |window| {
            let is_overnight = window.closes <= window.opens;
            let last = if is_overnight { day.succ_opt().unwrap_or(day) } else { day };
            let edge = |day: NaiveDate, time| self.zone.resolve(day.and_time(time));
            (edge(day, window.opens), edge(last, window.closes))
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::time::parse_rfc3339;

    fn at(instant: &str) -> DateTime<Utc> {
        parse_rfc3339(instant).unwrap()
    }

    fn time(hour: u32) -> NaiveTime {
        NaiveTime::from_hms_opt(hour, 0, 0).unwrap()
    }

    fn hours(days: &[Weekday], opens: u32, closes: u32, holidays: &[&str]) -> Calendar {
        let window = |day: &Weekday| Window { day: *day, opens: time(opens), closes: time(closes) };
        let holidays = holidays.iter().map(|day| day.parse().unwrap()).collect();
        Calendar::Business(Arc::new(Hours::new(Zone::utc(), days.iter().map(window).collect(), holidays)))
    }

    const WEEKDAYS: [Weekday; 5] = [Weekday::Mon, Weekday::Tue, Weekday::Wed, Weekday::Thu, Weekday::Fri];

    #[test]
    fn a_deadline_at_closing_time_stays_there_and_counting_goes_on_at_the_opening() {
        let office = hours(&WEEKDAYS, 9, 17, &[]);
        let friday_evening = at("2026-11-20T17:00:00Z");
        assert_eq!(office.add(at("2026-11-20T09:00:00Z"), TimeDelta::hours(8)), friday_evening);
        assert_eq!(office.counts_from(friday_evening), at("2026-11-23T09:00:00Z"));
        assert_eq!(office.add(friday_evening, TimeDelta::hours(1)), at("2026-11-23T10:00:00Z"));
    }

    #[test]
    fn a_holiday_takes_the_night_that_opens_on_it_and_leaves_the_night_before() {
        let nights = hours(&[Weekday::Wed, Weekday::Thu, Weekday::Fri], 22, 6, &["2026-11-26"]);
        let from = at("2026-11-25T12:00:00Z");
        assert_eq!(nights.elapsed(from, at("2026-11-28T12:00:00Z")), TimeDelta::hours(16));
        assert_eq!(nights.elapsed(at("2026-11-26T05:00:00Z"), at("2026-11-27T12:00:00Z")), TimeDelta::hours(1));
    }

    #[test]
    fn around_the_clock_every_second_counts_and_no_second_more() {
        let from = at("2026-11-20T09:00:00Z");
        assert_eq!(Calendar::Always.elapsed(from, from), TimeDelta::zero());
        assert_eq!(Calendar::Always.elapsed(from, at("2026-11-21T09:00:01Z")), TimeDelta::seconds(86_401));
    }

    #[test]
    fn overlapping_windows_count_once() {
        let twice = [8, 10].map(|opens| Window { day: Weekday::Fri, opens: time(opens), closes: time(opens + 4) });
        let calendar = Calendar::Business(Arc::new(Hours::new(Zone::utc(), twice.into(), BTreeSet::new())));
        let day = |hour: &str| at(&format!("2026-11-20T{hour}:00:00Z"));
        assert_eq!(calendar.elapsed(day("00"), day("23")), TimeDelta::hours(6));
    }

    #[test]
    fn a_place_that_never_opens_is_never_due() {
        let never = hours(&[], 9, 17, &[]);
        assert_eq!(never.elapsed(DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC), TimeDelta::zero());
        assert_eq!(never.add(at("2026-11-20T09:00:00Z"), TimeDelta::seconds(1)), DateTime::<Utc>::MAX_UTC);
    }

    #[test]
    fn the_ends_of_time_hold() {
        let office = hours(&WEEKDAYS, 9, 17, &[]);
        for end in [DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC] {
            assert!(end <= office.add(end, TimeDelta::hours(1)));
            assert!(end <= office.counts_from(end));
        }
    }

    proptest! {
        #[test]
        fn what_is_added_has_elapsed_and_no_instant_earlier(from in 0_i64..2_000_000, length in 1_i64..400_000, opens in 0_u32..24, closes in 0_u32..24) {
            let office = hours(&WEEKDAYS, opens, closes, &["2026-11-25"]);
            let from = plus(at("2026-11-16T00:00:00Z"), TimeDelta::seconds(from));
            let length = TimeDelta::seconds(length);
            let due = office.add(from, length);
            prop_assert_eq!(office.elapsed(from, due), length);
            prop_assert!(office.elapsed(from, plus(due, TimeDelta::seconds(-1))) < length);
        }
    }
}
