//! Months, weeks and quarters of a place (R35): half-open, cut at its midnights.

use chrono::{DateTime, Datelike, Days, Months, NaiveDate, NaiveTime, Utc, Weekday};

use crate::domain::zone::Zone;

/// What time is cut into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Calendar months: `2026-11`.
    Month,
    /// ISO weeks, from Monday: `2026-W47`.
    Week,
    /// Quarters: `2026-Q4`.
    Quarter,
}

/// A stretch of time `[start, end)` with its name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Period {
    /// From when, included.
    pub start: DateTime<Utc>,
    /// Until when, excluded.
    pub end: DateTime<Utc>,
    /// What it is called; blank for a stretch somebody chose.
    pub name: String,
}

impl Period {
    /// All of time.
    pub fn always() -> Self {
        Self::between(DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC)
    }

    /// A stretch without a name.
    pub fn between(start: DateTime<Utc>, end: DateTime<Utc>) -> Self {
        Self { start, end, name: String::new() }
    }

    /// Whether an instant lies in it.
    pub fn holds(&self, at: DateTime<Utc>) -> bool {
        self.start <= at && at < self.end
    }
}

impl Unit {
    /// The period an instant lies in, by the wall clock of `zone`.
    pub fn period_of(self, at: DateTime<Utc>, zone: &Zone) -> Period {
        let first = self.first_day(zone.local(at).date());
        let period = self.starting(first, zone);
        if period.holds(at) {
            return period;
        }
        // Where a clock is set back over midnight, the old day's last hour comes twice: the second pass is the new day's.
        let next = self.next(first).map(|next| self.starting(next, zone));
        next.filter(|next| next.holds(at)).unwrap_or(period)
    }

    /// The periods that hold these instants, each once, in order of time.
    pub fn periods_of(self, instants: impl IntoIterator<Item = DateTime<Utc>>, zone: &Zone) -> Vec<Period> {
        let mut periods: Vec<Period> = Vec::new();
        let mut instants: Vec<_> = instants.into_iter().collect();
        instants.sort_unstable();
        for at in instants {
            if !periods.last().is_some_and(|last| last.holds(at)) {
                periods.push(self.period_of(at, zone));
            }
        }
        periods
    }

    fn starting(self, first: NaiveDate, zone: &Zone) -> Period {
        let edge = |day: NaiveDate| zone.resolve(day.and_time(NaiveTime::MIN));
        let end = self.next(first).map_or(DateTime::<Utc>::MAX_UTC, edge);
        Period { start: edge(first), end, name: self.name(first) }
    }

    fn first_day(self, day: NaiveDate) -> NaiveDate {
        let first = match self {
            Self::Month => day.with_day(1),
            Self::Week => NaiveDate::from_isoywd_opt(day.iso_week().year(), day.iso_week().week(), Weekday::Mon),
            Self::Quarter => NaiveDate::from_ymd_opt(day.year(), day.month0() / 3 * 3 + 1, 1),
        };
        first.unwrap_or(day)
    }

    fn next(self, first: NaiveDate) -> Option<NaiveDate> {
        match self {
            Self::Month => first.checked_add_months(Months::new(1)),
            Self::Week => first.checked_add_days(Days::new(7)),
            Self::Quarter => first.checked_add_months(Months::new(3)),
        }
    }

    fn name(self, first: NaiveDate) -> String {
        match self {
            Self::Month => first.format("%Y-%m").to_string(),
            Self::Week => first.format("%G-W%V").to_string(),
            Self::Quarter => format!("{}-Q{}", first.year(), first.month0() / 3 + 1),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::{
        time::{parse_rfc3339, rfc3339},
        zone::Zones,
    };

    fn at(written: &str) -> DateTime<Utc> {
        parse_rfc3339(written).unwrap()
    }

    #[test]
    fn a_month_of_berlin_begins_at_its_midnight() {
        let berlin = Zones::bundled().find("Europe/Berlin").unwrap();
        let october = Unit::Month.period_of(at("2026-09-30T22:30:00Z"), &berlin);
        let told = (october.name.as_str(), rfc3339(october.start), rfc3339(october.end));
        assert_eq!(told, ("2026-10", "2026-09-30T22:00:00Z".to_owned(), "2026-10-31T23:00:00Z".to_owned()));
    }

    #[test]
    fn weeks_and_quarters_are_named_as_calendars_name_them() {
        let name = |unit: Unit, written| unit.period_of(at(written), &Zone::utc()).name;
        assert_eq!(name(Unit::Week, "2027-01-01T00:00:00Z"), "2026-W53");
        assert_eq!(name(Unit::Quarter, "2026-12-31T23:59:59Z"), "2026-Q4");
    }

    proptest! {
        #[test]
        fn every_instant_lies_in_its_period_and_the_periods_touch(
            s in 0_i64..4_000_000_000, zone in prop::sample::select(vec!["UTC", "America/Havana", "Asia/Beirut", "Pacific/Apia"]),
        ) {
            let zone = Zones::bundled().find(zone).unwrap();
            let at = DateTime::from_timestamp(s, 0).unwrap();
            for unit in [Unit::Month, Unit::Week, Unit::Quarter] {
                let period = unit.period_of(at, &zone);
                prop_assert!(period.holds(at), "{:?} {}", period, at);
                prop_assert_eq!(unit.period_of(period.end, &zone).start, period.end);
            }
        }
    }
}
