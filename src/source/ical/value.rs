//! Dates, times, lengths and offsets as iCalendar writes them (RFC 5545, 3.3).

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};

use super::{block::Property, place::Places};
use crate::domain::{
    recur::stamp::{Written, date_or_time, part},
    zone::Zone,
};

/// When something begins or ends.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum When {
    /// A whole day, in no zone of its own.
    Day(NaiveDate),
    /// A wall clock and the zone it is read in.
    Clock(NaiveDateTime, Zone),
}

impl When {
    /// What the wall clock reads; a day begins at its midnight.
    pub(super) fn wall(&self) -> NaiveDateTime {
        match self {
            Self::Day(day) => day.and_time(NaiveTime::MIN),
            Self::Clock(wall, _) => *wall,
        }
    }

    /// The instant: a day begins when the clock of `days` first reads it; a wall clock is read by RFC 5545, 3.3.5.
    pub(super) fn instant(&self, days: &Zone) -> DateTime<Utc> {
        match self {
            Self::Day(day) => days.resolve(day.and_time(NaiveTime::MIN)),
            Self::Clock(wall, zone) => zone.rfc5545(*wall),
        }
    }

    /// The same kind of time at another wall clock.
    pub(super) fn at(&self, wall: NaiveDateTime) -> Self {
        match self {
            Self::Day(_) => Self::Day(wall.date()),
            Self::Clock(_, zone) => Self::Clock(wall, zone.clone()),
        }
    }

    /// Whether both are whole days, or both clocks of one zone: only then can their wall clocks be compared.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Day(_), Self::Day(_)) => true,
            (Self::Clock(_, one), Self::Clock(_, two)) => one == two,
            _ => false,
        }
    }
}

/// A length: days and weeks by the wall clock, hours and less exactly (RFC 5545, 3.3.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Length {
    /// Wall-clock days.
    pub(super) days: i64,
    /// Seconds on top.
    pub(super) seconds: i64,
}

/// One value of `DTSTART`, `DTEND`, `RECURRENCE-ID`: a date, or a time in the zone the line names.
pub(super) fn when(property: &Property, places: &mut Places) -> Result<When, String> {
    one(property, &property.value, places)
}

/// All values of `EXDATE`; an empty line has none.
pub(super) fn list(property: &Property, places: &mut Places) -> Result<Vec<When>, String> {
    items(property).map(|item| one(property, item, places)).collect()
}

/// All values of `RDATE`: each with its own end where it is a period.
pub(super) fn periods(property: &Property, places: &mut Places) -> Result<Vec<(When, Option<Span>)>, String> {
    let read = |item: &str, places: &mut Places| match item.split_once('/') {
        None => Ok((one(property, item, places)?, None)),
        Some((start, end)) => {
            let start = one(property, start, places)?;
            let span = if end.starts_with(['P', 'p', '+', '-']) {
                Span::Long(length(end).ok_or_else(|| unreadable(property, end))?)
            } else {
                Span::Until(one(property, end, places)?)
            };
            Ok((start, Some(span)))
        }
    };
    items(property).map(|item| read(item, places)).collect()
}

/// How long something lasts, as written.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Span {
    /// Until then.
    Until(When),
    /// For so long.
    Long(Length),
}

fn items(property: &Property) -> impl Iterator<Item = &str> {
    property.value.split(',').map(str::trim).filter(|item| !item.is_empty())
}

fn one(property: &Property, written: &str, places: &mut Places) -> Result<When, String> {
    let written = written.trim();
    let is_date = property.param("VALUE").is_some_and(|kind| kind.eq_ignore_ascii_case("DATE"));
    match date_or_time(written) {
        Some(Written::Date(day)) => Ok(When::Day(day)),
        // Some programs say DATE and write midnight.
        Some(Written::Time { wall, .. }) if is_date && wall.time() == NaiveTime::MIN => Ok(When::Day(wall.date())),
        Some(Written::Time { wall, is_utc: true }) => Ok(When::Clock(wall, Zone::utc())),
        Some(Written::Time { wall, is_utc: false }) => {
            let zone = match property.param("TZID") {
                None => places.floating(),
                Some(name) => places.find(name)?,
            };
            Ok(When::Clock(wall, zone))
        }
        None => Err(unreadable(property, written)),
    }
}

fn unreadable(property: &Property, written: &str) -> String {
    let short: String = written.chars().take(40).collect();
    format!("its {} is no time: `{short}`", property.name)
}

/// The longest length read: ten years. A longer one is a slip, and sums with it stay far from the ends of time.
const LONGEST_DAYS: i64 = 3_660;

/// Reads `P1D`, `PT8H30M`, `-P1W`; nothing for what is none, or is longer than ten years.
pub(super) fn length(written: &str) -> Option<Length> {
    let written = written.trim();
    let (sign, rest) = match written.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, written.strip_prefix('+').unwrap_or(written)),
    };
    let mut rest = rest.strip_prefix(['P', 'p'])?;
    let (mut days, mut seconds, mut is_clock, mut n_parts) = (0_i64, 0_i64, false, 0);
    while !rest.is_empty() {
        if let Some(clock) = rest.strip_prefix(['T', 't']).filter(|_| !is_clock) {
            (rest, is_clock) = (clock, true);
            continue;
        }
        let (digits, unit) = rest.split_at_checked(rest.find(|c: char| !c.is_ascii_digit())?)?;
        let n: i64 = digits.parse().ok()?;
        let mut unit = unit.chars();
        match (unit.next()?.to_ascii_uppercase(), is_clock) {
            ('W', false) => days = days.checked_add(n.checked_mul(7)?)?,
            ('D', false) => days = days.checked_add(n)?,
            ('H', true) => seconds = seconds.checked_add(n.checked_mul(3_600)?)?,
            ('M', true) => seconds = seconds.checked_add(n.checked_mul(60)?)?,
            ('S', true) => seconds = seconds.checked_add(n)?,
            _ => return None,
        }
        n_parts += 1;
        rest = unit.as_str();
    }
    let is_sane = 0 < n_parts && days <= LONGEST_DAYS && seconds <= LONGEST_DAYS * 86_400;
    is_sane.then_some(Length { days: sign * days, seconds: sign * seconds })
}

/// Reads `-0330` or `+013045`, in seconds east of UTC; less than a day.
pub(super) fn offset(written: &str) -> Option<i32> {
    let written = written.trim();
    let sign = if written.starts_with('-') { -1 } else { 1 };
    let digits = written.strip_prefix(['+', '-'])?;
    let seconds = match digits.get(4..)? {
        "" => 0,
        seconds => part(seconds)?,
    };
    let total = part(digits.get(..2)?)? * 3_600 + part(digits.get(2..4)?)? * 60 + seconds;
    i32::try_from(total).ok().filter(|total| *total < 86_400).map(|total| sign * total)
}

/// A wall clock so much later; nothing beyond the ends of time.
pub(super) fn later(wall: NaiveDateTime, by: TimeDelta) -> Option<NaiveDateTime> {
    wall.checked_add_signed(by)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_part_days_from_hours() {
        assert_eq!(length("P1DT2H"), Some(Length { days: 1, seconds: 7_200 }));
        assert_eq!(length("P2W"), Some(Length { days: 14, seconds: 0 }));
        assert_eq!(length("-PT15M"), Some(Length { days: 0, seconds: -900 }));
        for refused in ["", "P", "PT", "1D", "P1H", "PT1D", "P99999999999D", "P1Y", "P1", "PT1", "P4000D"] {
            assert_eq!(length(refused), None, "{refused}");
        }
    }

    #[test]
    fn times_are_read_to_the_digit() {
        assert!(matches!(date_or_time("20261120"), Some(Written::Date(_))));
        assert!(matches!(date_or_time("20261120T090000Z"), Some(Written::Time { is_utc: true, .. })));
        assert!(date_or_time("20161231T235960Z").is_some());
        for refused in
            ["20261301", "20261120T250000", "2026112", "20261120T", "20261120X090000", "+2261120", "2026éé20", ""]
        {
            assert_eq!(date_or_time(refused), None, "{refused}");
        }
    }

    #[test]
    fn offsets_are_less_than_a_day() {
        assert_eq!(
            (offset("-0330"), offset("+013045"), offset("0100"), offset("+2400")),
            (Some(-12_600), Some(5_445), None, None)
        );
    }
}
