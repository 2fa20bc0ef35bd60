//! Events as concrete occurrences within a window.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Days, NaiveDateTime, TimeDelta, Utc};

use super::{
    Occurrence,
    event::{Event, Instead, Lasts},
    value::{When, later},
};
use crate::domain::{
    recur::expand::{Wanted, Work, starts},
    time::{minus, plus},
    zone::Zone,
};

/// From when until when occurrences are wanted: those that touch it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Window {
    pub(super) start: DateTime<Utc>,
    pub(super) end: DateTime<Utc>,
}

/// Works out one event after the other; counts work and occurrences for the whole file.
pub(super) struct Working<'a> {
    pub(super) window: Window,
    pub(super) days: &'a Zone,
    pub(super) work: Work,
    /// How many occurrences there is still room for.
    pub(super) room: usize,
}

/// The instances of one series that other events stand for.
#[derive(Debug, Default)]
pub(super) struct Replaced {
    instants: BTreeSet<DateTime<Utc>>,
    /// From here on nothing is known.
    from: Option<DateTime<Utc>>,
}

/// Which instances of which series other events stand for, cancelled and refused ones included.
pub(super) fn replaced<'e>(
    all: impl Iterator<Item = (crate::text::Text, &'e Instead)>,
    days: &Zone,
) -> BTreeMap<crate::text::Text, Replaced> {
    let mut found: BTreeMap<_, Replaced> = BTreeMap::new();
    // Events without a name belong to no series.
    for (uid, instead) in all.filter(|(uid, _)| !uid.is_blank()) {
        let of = instead.of.instant(days);
        let series = found.entry(uid).or_default();
        series.instants.insert(of);
        if instead.and_later {
            series.from = Some(series.from.map_or(of, |from| from.min(of)));
        }
    }
    found
}

impl Working<'_> {
    /// The occurrences of an event that touch the window, by their start.
    ///
    /// # Errors
    /// It takes too long, or there are too many.
    pub(super) fn occurrences(
        &mut self,
        event: &Event,
        replaced: Option<&Replaced>,
    ) -> Result<Vec<Occurrence>, String> {
        let mut walls: BTreeMap<NaiveDateTime, Lasts> = BTreeMap::new();
        for wall in self.walls(event)? {
            walls.insert(wall, event.lasts);
        }
        self.work.take(event.more.len().saturating_add(event.except.len()))?;
        let mut found = Vec::new();
        let excluded = Excluded::new(event, self.days);
        let others = event.more.iter().map(|(start, lasts)| (start.clone(), lasts.unwrap_or(event.lasts)));
        let own = walls.into_iter().map(|(wall, lasts)| (event.start.at(wall), lasts));
        let mut seen = BTreeSet::new();
        for (start, lasts) in own.chain(others) {
            let at = start.instant(self.days);
            let is_replaced = event.instead_of.is_none()
                && replaced.is_some_and(|r| r.instants.contains(&at) || r.from.is_some_and(|from| from <= at));
            if is_replaced || excluded.has(&start, at) || !seen.insert(at) {
                continue;
            }
            let (end, end_exact) = ends(&start, lasts, self.days);
            let touches = at < self.window.end && (self.window.start < end || (at == end && self.window.start <= at));
            if touches {
                self.room = self.room.checked_sub(1).ok_or("the calendar has too many occurrences")?;
                found.push(occurrence(event, &start, at, end, end_exact));
            }
        }
        found.sort_by_key(|occurrence| occurrence.start);
        Ok(found)
    }

    /// The wall clocks of an event and its rule near the window.
    fn walls(&mut self, event: &Event) -> Result<Vec<NaiveDateTime>, String> {
        let start = event.start.wall();
        let Some(rule) = &event.rule else { return Ok(vec![start]) };
        // A wall clock is less than a day from UTC; one more for what a gap moves.
        let margin = TimeDelta::days(2);
        let longest = TimeDelta::seconds(match event.lasts {
            Lasts::Nominal { wall, exact } => wall.max(exact.unwrap_or(0)),
            Lasts::Length(length) => length.days.saturating_mul(86_400).saturating_add(length.seconds),
        });
        let from = minus(minus(self.window.start, margin), longest).naive_utc();
        let to = plus(self.window.end, margin).naive_utc();
        let days = self.days;
        let is_after = |wall: NaiveDateTime, until: DateTime<Utc>| match &event.start {
            // The standard wants a date there; of a time its date is meant.
            When::Day(_) => until.date_naive() < wall.date(),
            When::Clock(..) => until < event.start.at(wall).instant(days),
        };
        starts(rule, &Wanted { start, from, to, is_after: &is_after }, &mut self.work)
    }
}

/// What EXDATE takes out: instants, and whole days where only a date is written.
struct Excluded<'e> {
    instants: BTreeSet<DateTime<Utc>>,
    days: BTreeSet<chrono::NaiveDate>,
    event: &'e Event,
}

impl<'e> Excluded<'e> {
    fn new(event: &'e Event, days: &Zone) -> Self {
        let mut excluded = Self { instants: BTreeSet::new(), days: BTreeSet::new(), event };
        for when in &event.except {
            match (when, &event.start) {
                (When::Day(day), _) => drop(excluded.days.insert(*day)),
                (When::Clock(wall, _), When::Day(_)) => drop(excluded.days.insert(wall.date())),
                (When::Clock(..), When::Clock(..)) => drop(excluded.instants.insert(when.instant(days))),
            }
        }
        excluded
    }

    fn has(&self, start: &When, at: DateTime<Utc>) -> bool {
        !self.event.except.is_empty() && (self.instants.contains(&at) || self.days.contains(&start.wall().date()))
    }
}

/// The end, and the exact one where it is another (SEMANTICS R12): never before the start.
fn ends(start: &When, lasts: Lasts, days: &Zone) -> (DateTime<Utc>, Option<DateTime<Utc>>) {
    let at = start.instant(days);
    let wall = start.wall();
    let (end, exact) = match lasts {
        Lasts::Nominal { wall: length, exact } => {
            let end = later(wall, TimeDelta::seconds(length)).map(|wall| start.at(wall).instant(days));
            (end, exact.map(|exact| plus(at, TimeDelta::seconds(exact))))
        }
        Lasts::Length(length) => {
            let day = wall.checked_add_days(Days::new(u64::try_from(length.days).unwrap_or(0)));
            let day = if length.days == 0 { Some(at) } else { day.map(|wall| start.at(wall).instant(days)) };
            (day.map(|day| plus(day, TimeDelta::seconds(length.seconds))), None)
        }
    };
    let end = end.unwrap_or(at).max(at);
    (end, exact.filter(|exact| *exact != end))
}

fn occurrence(
    event: &Event,
    start: &When,
    at: DateTime<Utc>,
    end: DateTime<Utc>,
    end_exact: Option<DateTime<Utc>>,
) -> Occurrence {
    Occurrence {
        uid: event.uid.clone(),
        line: event.line,
        summary: event.summary.clone(),
        attendees: event.attendees.clone(),
        organizer: event.organizer.clone(),
        start: at,
        end,
        end_exact,
        is_all_day: matches!(start, When::Day(_)),
    }
}
