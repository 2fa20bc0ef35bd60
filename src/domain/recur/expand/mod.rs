//! A rule's instances, in wall-clock time without a zone. Work is counted: a rule cannot hold the console up.

use chrono::{Datelike, Days, Months, NaiveDate, NaiveDateTime, Weekday};

use super::{Every, Rule, Until};

/// Steps that may still be taken, for all events of a file together.
#[derive(Debug)]
pub struct Work(pub u64);

impl Work {
    /// Takes so many steps.
    ///
    /// # Errors
    /// None are left.
    pub fn take(&mut self, steps: usize) -> Result<(), String> {
        match self.0.checked_sub(u64::try_from(steps).unwrap_or(u64::MAX)) {
            Some(left) => {
                self.0 = left;
                Ok(())
            }
            None => Err("working out its rule takes too long".to_owned()),
        }
    }
}

/// What to work out.
pub struct Wanted<'a> {
    /// The first instance; it counts whether the rule names it or not (RFC 5545, 3.8.2.4).
    pub start: NaiveDateTime,
    /// Instances that begin before are left out; they are counted all the same.
    pub from: NaiveDateTime,
    /// Instances that begin later are not looked for.
    pub to: NaiveDateTime,
    /// Whether an instance begins after the rule's UNTIL, where that is an instant.
    pub is_after: &'a dyn Fn(NaiveDateTime, chrono::DateTime<chrono::Utc>) -> bool,
}

/// The instances of a rule that begin in `[from, to]`, in order.
///
/// # Errors
/// The work is used up.
pub fn starts(rule: &Rule, wanted: &Wanted<'_>, work: &mut Work) -> Result<Vec<NaiveDateTime>, String> {
    let mut found = Vec::new();
    let mut n_before: u64 = 0;
    let mut take = |at: NaiveDateTime, found: &mut Vec<NaiveDateTime>| {
        let is_over = wanted.to < at
            || rule.count.is_some_and(|count| count <= n_before)
            || match rule.until {
                None => false,
                Some(Until::Day(day)) => day < at.date(),
                Some(Until::Wall(wall)) => wall < at,
                Some(Until::Instant(until)) => (wanted.is_after)(at, until),
            };
        n_before = n_before.saturating_add(1);
        if !is_over && wanted.from <= at {
            found.push(at);
        }
        !is_over
    };
    if !take(wanted.start, &mut found) {
        return Ok(found);
    }
    // Only a count makes the past matter.
    let mut nth = if rule.count.is_some() { 0 } else { periods_before(rule, wanted.start.date(), wanted.from.date()) };
    // The days a period has: each is looked at.
    let cost = match rule.every {
        Every::Day => 1,
        Every::Week => 7,
        Every::Month => 31,
        Every::Year => 366,
    };
    loop {
        let Some(first) = period(rule, wanted.start.date(), nth).filter(|first| *first <= wanted.to.date()) else {
            return Ok(found);
        };
        work.take(cost)?;
        for day in candidates(rule, first, wanted.start.date()) {
            let at = day.and_time(wanted.start.time());
            if wanted.start < at && !take(at, &mut found) {
                return Ok(found);
            }
        }
        nth = nth.saturating_add(1);
    }
}

/// Whether a rule that begins on `start` names a day of its first period by itself.
pub fn is_named(rule: &Rule, start: NaiveDate, day: NaiveDate) -> bool {
    period(rule, start, 0).is_some_and(|first| candidates(rule, first, start).contains(&day))
}

/// The first day of the nth period of a rule that begins on `start`; nothing beyond the calendar.
fn period(rule: &Rule, start: NaiveDate, nth: u64) -> Option<NaiveDate> {
    let n = nth.checked_mul(u64::from(rule.interval))?;
    match rule.every {
        Every::Day => start.checked_add_days(Days::new(n)),
        Every::Week => week_of(start, rule.week_start)?.checked_add_days(Days::new(n.checked_mul(7)?)),
        Every::Month => start.with_day(1)?.checked_add_months(Months::new(u32::try_from(n).ok()?)),
        Every::Year => {
            let year = i64::from(start.year()).checked_add(i64::try_from(n).ok()?)?;
            NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, 1, 1)
        }
    }
}

fn week_of(day: NaiveDate, week_start: Weekday) -> Option<NaiveDate> {
    day.checked_sub_days(Days::new(u64::from(day.weekday().days_since(week_start))))
}

/// How many whole periods lie before `from`, with one to spare.
fn periods_before(rule: &Rule, start: NaiveDate, from: NaiveDate) -> u64 {
    let days = from.signed_duration_since(start).num_days();
    let shortest = match rule.every {
        Every::Day => days,
        Every::Week => days / 7,
        Every::Month => days / 31,
        Every::Year => days / 366,
    };
    u64::try_from(shortest / i64::from(rule.interval)).unwrap_or(0).saturating_sub(2)
}

/// The days of one period, in order and each once.
fn candidates(rule: &Rule, first: NaiveDate, start: NaiveDate) -> Vec<NaiveDate> {
    let mut days = match rule.every {
        Every::Day => vec![first],
        Every::Week => week(rule, first, start),
        Every::Month => month(rule, first, start.day()),
        Every::Year => year(rule, first, start),
    };
    days.retain(|day| rule.months.is_empty() || rule.months.contains(&day.month()));
    if rule.every == Every::Day {
        days.retain(|day| is_month_day(rule, *day) && is_weekday(rule, *day));
    }
    days.sort_unstable();
    days.dedup();
    if rule.positions.is_empty() {
        return days;
    }
    let mut picked: Vec<NaiveDate> = rule.positions.iter().filter_map(|nth| pick(&days, *nth)).collect();
    picked.sort_unstable();
    picked.dedup();
    picked
}

/// The nth of a list, from 1 or from the end.
fn pick(days: &[NaiveDate], nth: i32) -> Option<NaiveDate> {
    let away = usize::try_from(nth.unsigned_abs()).ok()?.checked_sub(1)?;
    if 0 < nth { days.get(away).copied() } else { days.iter().rev().nth(away).copied() }
}

fn week(rule: &Rule, first: NaiveDate, start: NaiveDate) -> Vec<NaiveDate> {
    let days = first.iter_days().take(7);
    if rule.days.is_empty() {
        days.filter(|day| day.weekday() == start.weekday()).collect()
    } else {
        days.filter(|day| is_weekday(rule, *day)).collect()
    }
}

/// The days of the month of `first`; `default` where the rule names none. A day the month does not have is none.
fn month(rule: &Rule, first: NaiveDate, default: u32) -> Vec<NaiveDate> {
    if !rule.months.is_empty() && !rule.months.contains(&first.month()) {
        return Vec::new();
    }
    let all = || first.iter_days().take_while(|day| day.month() == first.month());
    match (rule.month_days.is_empty(), rule.days.is_empty()) {
        (true, true) => first.with_day(default).into_iter().collect(),
        (false, true) => all().filter(|day| is_month_day(rule, *day)).collect(),
        (_, false) => {
            let whole: Vec<NaiveDate> = all().collect();
            let of_rule = nth_weekdays(rule, &whole);
            of_rule.into_iter().filter(|day| is_month_day(rule, *day)).collect()
        }
    }
}

fn year(rule: &Rule, first: NaiveDate, start: NaiveDate) -> Vec<NaiveDate> {
    let is_plain = rule.month_days.is_empty() && rule.days.is_empty();
    if is_plain && rule.months.is_empty() {
        return first.with_month(start.month()).and_then(|m| m.with_day(start.day())).into_iter().collect();
    }
    // Weekdays count within the year only where no month and no day of a month is named (RFC 5545, 3.3.10, note 2).
    if rule.months.is_empty() && rule.month_days.is_empty() {
        let whole: Vec<NaiveDate> = first.iter_days().take_while(|day| day.year() == first.year()).collect();
        return nth_weekdays(rule, &whole);
    }
    (1..=12).filter_map(|nth| first.with_month(nth)).flat_map(|first| month(rule, first, start.day())).collect()
}

/// The days among `whole` that the rule's weekdays name, counted within `whole`.
fn nth_weekdays(rule: &Rule, whole: &[NaiveDate]) -> Vec<NaiveDate> {
    let mut found = Vec::new();
    for (nth, weekday) in &rule.days {
        let of_name: Vec<NaiveDate> = whole.iter().copied().filter(|day| day.weekday() == *weekday).collect();
        match nth {
            None => found.extend(of_name),
            Some(nth) => found.extend(pick(&of_name, *nth)),
        }
    }
    found
}

fn is_weekday(rule: &Rule, day: NaiveDate) -> bool {
    rule.days.is_empty() || rule.days.iter().any(|(_, weekday)| *weekday == day.weekday())
}

fn is_month_day(rule: &Rule, day: NaiveDate) -> bool {
    let length = i32::from(day.num_days_in_month());
    let day = i32::try_from(day.day()).unwrap_or(0);
    rule.month_days.is_empty()
        || rule.month_days.iter().any(|named| *named == day || (*named < 0 && length + 1 + named == day))
}

#[cfg(test)]
mod tests;
