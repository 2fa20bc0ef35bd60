//! `RRULE`: the part of it that calendars of people use; anything else is refused by name (RFC 5545, 3.3.10).

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc, Weekday};

use super::stamp::{Written, date_or_time};

/// How often.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Every {
    /// Daily.
    Day,
    /// Weekly.
    Week,
    /// Monthly.
    Month,
    /// Yearly.
    Year,
}

/// The last instance may begin then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Until {
    /// On this day, by the event's wall clock.
    Day(NaiveDate),
    /// At this wall clock, in the event's zone.
    Wall(NaiveDateTime),
    /// At this instant.
    Instant(DateTime<Utc>),
}

/// A rule that can be followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// How often, times the interval.
    pub every: Every,
    /// At least 1.
    pub interval: u32,
    /// Months from 1; empty = all.
    pub months: Vec<u32>,
    /// Days of the month from 1, or from the end (-1 = the last); never 0.
    pub month_days: Vec<i32>,
    /// Weekdays; with a number, the nth of the month or year (-1 = the last), never 0.
    pub days: Vec<(Option<i32>, Weekday)>,
    /// Which of a period's instances, from 1 or from the end; empty = all.
    pub positions: Vec<i32>,
    /// So many instances, the first one counted.
    pub count: Option<u64>,
    /// The last one begins by then.
    pub until: Option<Until>,
    /// The day a week begins with.
    pub week_start: Weekday,
}

impl Rule {
    /// A rule without conditions: every day, week, month or year.
    pub fn plain(every: Every) -> Self {
        Self {
            every,
            interval: 1,
            months: Vec::new(),
            month_days: Vec::new(),
            days: Vec::new(),
            positions: Vec::new(),
            count: None,
            until: None,
            week_start: Weekday::Mon,
        }
    }

    /// Reads a rule.
    ///
    /// # Errors
    /// What in it cannot be followed.
    pub fn read(written: &str) -> Result<Self, String> {
        let mut every = None;
        let mut rule = Self::plain(Every::Day);
        let mut seen: Vec<String> = Vec::new();
        for part in written.split(';').map(str::trim).filter(|part| !part.is_empty()) {
            let (key, value) = part.split_once('=').ok_or_else(|| refused(part))?;
            let (key, value) = (key.trim().to_ascii_uppercase(), value.trim());
            if seen.contains(&key) {
                return Err(format!("its rule says {} twice", short(&key)));
            }
            match key.as_str() {
                "FREQ" => every = Some(frequency(value)?),
                _ => rule.part(&key, value).ok_or_else(|| refused(part))?,
            }
            seen.push(key);
        }
        rule.every = every.ok_or("its rule has no FREQ")?;
        rule.checked()
    }

    fn part(&mut self, key: &str, value: &str) -> Option<()> {
        match key {
            "INTERVAL" => self.interval = value.parse().ok().filter(|n| *n >= 1)?,
            "COUNT" => self.count = Some(value.parse().ok().filter(|n| *n >= 1)?),
            "UNTIL" => {
                self.until = Some(match date_or_time(value)? {
                    Written::Date(day) => Until::Day(day),
                    Written::Time { wall, is_utc: true } => Until::Instant(wall.and_utc()),
                    Written::Time { wall, is_utc: false } => Until::Wall(wall),
                });
            }
            "BYMONTH" => self.months = list(value, |n| n.parse().ok().filter(|n| (1..=12).contains(n)))?,
            "BYMONTHDAY" => self.month_days = list(value, |n| from_either_end(n, 31))?,
            "BYSETPOS" => self.positions = list(value, |n| from_either_end(n, 366))?,
            "BYDAY" => self.days = list(value, nth_weekday)?,
            "WKST" => self.week_start = weekday(value)?,
            _ => return None,
        }
        Some(())
    }

    /// Parts that RFC 5545 forbids together mean different things to different programs.
    fn checked(self) -> Result<Self, String> {
        let has_numbers = self.days.iter().any(|(nth, _)| nth.is_some());
        if has_numbers && matches!(self.every, Every::Day | Every::Week) {
            return Err("its rule numbers weekdays (BYDAY), which only months and years can".to_owned());
        }
        if !self.month_days.is_empty() && self.every == Every::Week {
            return Err("its rule names days of the month (BYMONTHDAY) in a weekly rule".to_owned());
        }
        if self.count.is_some() && self.until.is_some() {
            return Err("its rule has both COUNT and UNTIL".to_owned());
        }
        let has_by = !(self.months.is_empty() && self.month_days.is_empty() && self.days.is_empty());
        if !self.positions.is_empty() && !has_by {
            return Err("its rule has BYSETPOS and nothing to pick from".to_owned());
        }
        Ok(self)
    }
}

fn frequency(value: &str) -> Result<Every, String> {
    match value.to_ascii_uppercase().as_str() {
        "DAILY" => Ok(Every::Day),
        "WEEKLY" => Ok(Every::Week),
        "MONTHLY" => Ok(Every::Month),
        "YEARLY" => Ok(Every::Year),
        _ => Err(refused(&format!("FREQ={value}"))),
    }
}

fn refused(part: &str) -> String {
    format!("its rule has {}, which is not read here", short(part))
}

fn short(part: &str) -> String {
    part.chars().take(40).collect()
}

/// More items than a year has days are no rule.
const LONGEST_LIST: usize = 366;

fn list<T: PartialEq>(value: &str, read: impl Fn(&str) -> Option<T>) -> Option<Vec<T>> {
    let mut found = Vec::new();
    for item in value.split(',') {
        let item = read(item.trim())?;
        if !found.contains(&item) {
            found.push(item);
        }
    }
    (found.len() <= LONGEST_LIST).then_some(found)
}

fn from_either_end(written: &str, most: i32) -> Option<i32> {
    written.parse().ok().filter(|n: &i32| *n != 0 && (-most..=most).contains(n))
}

fn nth_weekday(written: &str) -> Option<(Option<i32>, Weekday)> {
    let (nth, day) = written.split_at_checked(written.len().checked_sub(2)?)?;
    let nth = if nth.is_empty() { None } else { Some(from_either_end(nth, 53)?) };
    Some((nth, weekday(day)?))
}

fn weekday(written: &str) -> Option<Weekday> {
    Some(match written.to_ascii_uppercase().as_str() {
        "MO" => Weekday::Mon,
        "TU" => Weekday::Tue,
        "WE" => Weekday::Wed,
        "TH" => Weekday::Thu,
        "FR" => Weekday::Fri,
        "SA" => Weekday::Sat,
        "SU" => Weekday::Sun,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_is_read_part_by_part() {
        let rule = Rule::read("FREQ=MONTHLY;INTERVAL=2;BYDAY=1MO,-1FR,SU;BYSETPOS=-1;COUNT=4;WKST=SU").unwrap();
        assert_eq!((rule.every, rule.interval, rule.count, rule.week_start), (Every::Month, 2, Some(4), Weekday::Sun));
        assert_eq!(rule.days, [(Some(1), Weekday::Mon), (Some(-1), Weekday::Fri), (None, Weekday::Sun)]);
        let until = |written: &str| Rule::read(&format!("FREQ=DAILY;UNTIL={written}")).unwrap().until.unwrap();
        assert!(matches!(until("20260101"), Until::Day(_)) && matches!(until("20260101T000000Z"), Until::Instant(_)));
        assert!(matches!(until("20260101T000000"), Until::Wall(_)));
    }

    #[test]
    fn what_cannot_be_followed_is_refused_by_name() {
        let why = |written: &str| Rule::read(written).unwrap_err();
        assert_eq!(why("FREQ=HOURLY"), "its rule has FREQ=HOURLY, which is not read here");
        assert_eq!(why("FREQ=DAILY;BYHOUR=9,17"), "its rule has BYHOUR=9,17, which is not read here");
        assert_eq!(why("INTERVAL=2"), "its rule has no FREQ");
        for refused in [
            "FREQ=DAILY;INTERVAL=0",
            "FREQ=DAILY;COUNT=0",
            "FREQ=DAILY;INTERVAL=-1",
            "FREQ=DAILY;COUNT=2;UNTIL=20260101",
            "FREQ=WEEKLY;BYDAY=2MO",
            "FREQ=WEEKLY;BYMONTHDAY=1",
            "FREQ=MONTHLY;BYDAY=0MO",
            "FREQ=MONTHLY;BYMONTHDAY=32",
            "FREQ=YEARLY;BYWEEKNO=1",
            "FREQ=YEARLY;BYYEARDAY=1",
            "FREQ=DAILY;FREQ=WEEKLY",
            "FREQ=DAILY;BYSETPOS=1",
            "FREQ=DAILY;UNTIL=tomorrow",
            "FREQ=DAILY;RSCALE=CHINESE",
            "FREQ",
            "",
        ] {
            assert!(Rule::read(refused).is_err(), "{refused}");
        }
    }
}
