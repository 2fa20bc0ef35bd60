//! Duties: work that comes again, whose it is, and whether it was done.
//!
//! A duty falls due at most once a day, at a time of its own wall clock (SEMANTICS R1, R4, R5). [`Duty::turns`] says when;
//! [`judge`] says of each turn how it stands, by the record and by the files that prove it.

pub mod every;
pub mod judge;
pub mod month;
#[cfg(test)]
mod samples;

use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeDelta, Utc};

use crate::{
    domain::{
        escalation::Target,
        recur::{
            Rule,
            expand::{Wanted, Work, is_named, starts},
        },
        time::plus,
        zone::Zone,
    },
    text::Text,
};

/// Work that comes again.
#[derive(Debug, Clone, PartialEq)]
pub struct Duty {
    /// Its name; stands in the record.
    pub name: Text,
    /// What is to be done; may be blank.
    pub about: Text,
    /// On which days: without COUNT and UNTIL.
    pub rule: Rule,
    /// At what time of its day it is due.
    pub time: NaiveTime,
    /// Whose wall clock that is.
    pub zone: Zone,
    /// Whose it is: a person, or whoever is on call on a seat when it falls due.
    pub owner: Target,
    /// No turn lies before this day; nothing = turns are known from the first one that was done.
    pub start: Option<NaiveDate>,
    /// No turn lies after this day.
    pub until: Option<NaiveDate>,
    /// Due for so long before it is late; not negative.
    pub grace: TimeDelta,
    /// Its owner is reminded so long before; zero = when it is due.
    pub remind: TimeDelta,
    /// What proves it; nothing = somebody says so.
    pub evidence: Option<Evidence>,
    /// Where to read how: an address or a path.
    pub runbook: Option<Text>,
}

/// Files that prove that a duty was done.
#[derive(Debug, Clone, PartialEq)]
pub struct Evidence {
    /// A path, or a pattern with `*`, `?`, `**`; the newest that fits counts.
    pub files: String,
    /// How old it may be when the duty is due; more than zero.
    pub max_age: TimeDelta,
}

/// One time that a duty falls due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Turn {
    /// The day by the duty's own calendar; a duty has at most one turn a day, so it names the turn.
    pub day: NaiveDate,
    /// When it is due.
    pub at: DateTime<Utc>,
}

/// A Monday that rules without a first day are counted from.
const ANCHOR: NaiveDate = match NaiveDate::from_ymd_opt(2001, 1, 1) {
    Some(day) => day,
    None => NaiveDate::MIN,
};

/// Steps that one look-up may take: some thousand years of days.
const WORK: u64 = 400_000;

/// How far ahead and back a turn is looked for: a leap day comes every eight years at the latest.
const FAR: Days = Days::new(366 * 8 + 2);

impl Duty {
    /// Its turns on the days `[from, to]`, in order.
    pub fn turns(&self, from: NaiveDate, to: NaiveDate) -> Vec<Turn> {
        let first = self.start.unwrap_or(ANCHOR);
        let from = from.max(first);
        let to = self.until.map_or(to, |until| to.min(until));
        if to < from {
            return Vec::new();
        }
        let midnight = |day: NaiveDate| day.and_time(NaiveTime::MIN);
        let wanted = Wanted { start: midnight(first), from: midnight(from), to: midnight(to), is_after: &|_, _| false };
        // A rule that takes too long was refused when the settings were read.
        let walls = starts(&self.rule, &wanted, &mut Work(WORK)).unwrap_or_default();
        let days = walls.into_iter().map(|wall| wall.date());
        // A calendar's first event counts whether its rule names it or not; a duty's first day is only where it begins.
        days.filter(|day| *day != first || is_named(&self.rule, first, *day))
            .map(|day| Turn { day, at: self.zone.resolve(day.and_time(self.time)) })
            .collect()
    }

    /// Whether its rule can be worked out in time, for those who read settings.
    pub fn is_workable(rule: &Rule, start: NaiveDate) -> bool {
        let midnight = |day: NaiveDate| day.and_time(NaiveTime::MIN);
        let to = start.checked_add_days(FAR).and_then(|day| day.checked_add_days(FAR)).unwrap_or(start);
        let wanted =
            Wanted { start: midnight(start), from: midnight(start), to: midnight(to), is_after: &|_, _| false };
        starts(rule, &wanted, &mut Work(WORK)).is_ok_and(|walls| walls.len() > 1 || is_named(rule, start, start))
    }

    /// The last turn that is due at `now`; nothing = none is yet.
    pub fn last(&self, now: DateTime<Utc>) -> Option<Turn> {
        let today = self.zone.local(now).date();
        let near = |days: Days| self.turns(today.checked_sub_days(days).unwrap_or(today), today);
        let due = |turns: Vec<Turn>| turns.into_iter().rev().find(|turn| turn.at <= now);
        due(near(Days::new(40))).or_else(|| due(near(FAR)))
    }

    /// The first turn after an instant; nothing = there is none any more.
    pub fn next(&self, after: DateTime<Utc>) -> Option<Turn> {
        let today = self.zone.local(after).date();
        let start = self.start.map_or(today, |start| start.max(today));
        let near = |days: Days| self.turns(today, start.checked_add_days(days).unwrap_or(start));
        let due = |turns: Vec<Turn>| turns.into_iter().find(|turn| after < turn.at);
        due(near(Days::new(40))).or_else(|| due(near(FAR)))
    }

    /// When a turn is late.
    pub fn late_at(&self, turn: Turn) -> DateTime<Utc> {
        plus(turn.at, self.grace)
    }
}

#[cfg(test)]
mod tests {
    use super::{samples::*, *};
    use crate::domain::time::rfc3339;

    fn days(duty: &Duty, from: &str, to: &str) -> Vec<String> {
        duty.turns(day(from), day(to)).iter().map(|turn| turn.day.to_string()).collect()
    }

    #[test]
    fn a_week_has_its_weekday_and_a_month_its_day() {
        let weekly = duty("FREQ=WEEKLY;BYDAY=MO");
        assert_eq!(days(&weekly, "2026-11-01", "2026-11-17"), ["2026-11-02", "2026-11-09", "2026-11-16"]);
        let monthly = duty("FREQ=MONTHLY;BYDAY=1TU");
        assert_eq!(days(&monthly, "2026-11-01", "2027-01-31"), ["2026-11-03", "2026-12-01", "2027-01-05"]);
    }

    #[test]
    fn the_first_day_is_a_turn_only_if_the_rule_names_it() {
        let monday = Duty { start: Some(day("2026-11-02")), ..duty("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO") };
        assert_eq!(days(&monday, "2026-10-01", "2026-11-30"), ["2026-11-02", "2026-11-16", "2026-11-30"]);
        let wednesday = Duty { start: Some(day("2026-11-04")), ..monday };
        assert_eq!(days(&wednesday, "2026-10-01", "2026-11-30"), ["2026-11-16", "2026-11-30"]);
        let ended = Duty { until: Some(day("2026-11-16")), ..wednesday };
        assert_eq!(days(&ended, "2026-10-01", "2026-11-30"), ["2026-11-16"]);
    }

    #[test]
    fn a_time_that_the_clock_skips_is_due_at_the_end_of_the_gap() {
        let berlin = berlin();
        let daily = Duty { time: "02:30:00".parse().unwrap(), zone: berlin, ..duty("FREQ=DAILY") };
        let at: Vec<_> =
            daily.turns(day("2026-03-28"), day("2026-03-30")).iter().map(|turn| rfc3339(turn.at)).collect();
        assert_eq!(at, ["2026-03-28T01:30:00Z", "2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"]);
    }

    #[test]
    fn the_last_and_the_next_are_found_near_and_far() {
        let yearly = duty("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29");
        let now = at("2026-11-20T12:00:00Z");
        assert_eq!(yearly.last(now).unwrap().day, day("2024-02-29"));
        assert_eq!(yearly.next(now).unwrap().day, day("2028-02-29"));
        let daily = duty("FREQ=DAILY");
        assert_eq!(daily.last(at("2026-11-20T08:59:59Z")).unwrap().day, day("2026-11-19"));
        assert_eq!(daily.last(at("2026-11-20T09:00:00Z")).unwrap().day, day("2026-11-20"));
        assert_eq!(daily.next(at("2026-11-20T09:00:00Z")).unwrap().day, day("2026-11-21"));
        let later = Duty { start: Some(day("2027-06-01")), ..daily };
        assert_eq!((later.last(now), later.next(now).unwrap().day), (None, day("2027-06-01")));
    }
}
