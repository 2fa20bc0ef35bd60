//! One rotation: its shifts, the hours it covers, and the stints that come of both (SEMANTICS R2–R6, R8).

use chrono::{DateTime, Datelike, Months, NaiveDateTime, TimeDelta, Utc, Weekday};

use super::{Advance, Layer, Person, Restriction, ShiftUnit, hours::Hours};

/// One turn of a rotation, whether or not its hours are restricted. `[start, end)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shift {
    /// Which turn, counted from the anchor; negative before it.
    pub index: i64,
    /// From when.
    pub start: DateTime<Utc>,
    /// Until when; always after `start`.
    pub end: DateTime<Utc>,
    /// Who takes the turn.
    pub people: Vec<Person>,
}

/// A stretch in which one turn of a layer is in force. `[start, end)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stint {
    pub(super) start: DateTime<Utc>,
    pub(super) end: DateTime<Utc>,
    pub(super) index: i64,
}

/// How far a first guess of the turn may be off, in turns: clocks move by at most a day and a turn is at least an hour.
const GUESS_SLACK: usize = 64;

impl Layer {
    /// The turn at an instant: the greatest k whose boundary is not after it (R2, R3); nothing when nobody takes turns.
    ///
    /// Neither the layer's `start` and `end` nor its restrictions count here.
    pub fn shift_at(&self, at: DateTime<Utc>) -> Option<Shift> {
        if self.participants.is_empty() {
            return None;
        }
        let index = self.index_at(at);
        let (start, end) = (self.boundary(index), self.boundary(index.saturating_add(1)));
        Some(Shift { index, start, end, people: self.turn(index).to_vec() })
    }

    /// Who this layer alone puts on call at an instant; empty outside its hours, before its start and from its end on.
    pub fn people_at(&self, at: DateTime<Utc>) -> &[Person] {
        if self.is_active_at(at) { self.turn(self.index_at(at)) } else { &[] }
    }

    /// Who takes turn `index` (Euclidean, so it also holds before the anchor).
    pub(super) fn turn(&self, index: i64) -> &[Person] {
        let n_turns = i64::try_from(self.participants.len()).unwrap_or(i64::MAX);
        let which = index.checked_rem_euclid(n_turns).and_then(|k| usize::try_from(k).ok());
        which.and_then(|k| self.participants.get(k)).map_or(&[], Vec::as_slice)
    }

    /// The stints in `[from, until)`, in order, cut at both ends, none empty.
    pub(super) fn stints(&self, from: DateTime<Utc>, until: DateTime<Utc>) -> Vec<Stint> {
        let from = self.start.map_or(from, |start| start.max(from));
        let until = self.end.map_or(until, |end| end.min(until));
        if self.participants.is_empty() || until <= from {
            return Vec::new();
        }
        let mut stints = Vec::new();
        let mut index = self.index_at(from);
        let mut next = self.boundary(index.saturating_add(1));
        for (opens, closes) in self.windows(from, until) {
            if next <= opens {
                index = self.index_at(opens);
                next = self.boundary(index.saturating_add(1));
            }
            let mut start = opens;
            while start < closes {
                if start < next {
                    stints.push(Stint { start, end: next.min(closes), index });
                    start = next;
                } else if next == DateTime::<Utc>::MAX_UTC || index == i64::MAX {
                    break;
                }
                if closes < next {
                    break;
                }
                index = index.saturating_add(1);
                next = self.boundary(index.saturating_add(1));
            }
        }
        stints
    }

    fn is_active_at(&self, at: DateTime<Utc>) -> bool {
        if self.start.is_some_and(|start| at < start) || self.end.is_some_and(|end| end <= at) {
            return false;
        }
        if self.restrictions.is_empty() {
            return true;
        }
        self.hours().is_open_at(at)
    }

    /// When the layer's hours are open in `[from, until)`: sorted, merged where they touch or overlap, cut at both ends.
    fn windows(&self, from: DateTime<Utc>, until: DateTime<Utc>) -> Vec<(DateTime<Utc>, DateTime<Utc>)> {
        if self.restrictions.is_empty() {
            return vec![(from, until)];
        }
        self.hours().open_in(from, until)
    }

    /// The windows of its restrictions, on its own clock.
    pub(super) fn hours(&self) -> Hours<'_> {
        Hours::new(&self.zone, &self.restrictions)
    }

    /// The greatest k with `boundary(k) <= at`. Boundaries never run backwards, so shifts without length are passed over.
    pub(super) fn index_at(&self, at: DateTime<Utc>) -> i64 {
        let mut k = self.guess(self.zone.local(at));
        for _ in 0..GUESS_SLACK {
            if self.boundary(k) <= at {
                break;
            }
            k = k.saturating_sub(1);
        }
        for _ in 0..GUESS_SLACK {
            let next = k.saturating_add(1);
            if next == k || at < self.boundary(next) {
                break;
            }
            k = next;
        }
        k
    }

    /// The turn by the wall clock alone; right but for clock changes and the lengths of months.
    fn guess(&self, wall: NaiveDateTime) -> i64 {
        let elapsed = wall.signed_duration_since(self.anchor);
        let steps = match self.shift.unit {
            ShiftUnit::Hours => elapsed.num_seconds().div_euclid(3_600),
            ShiftUnit::Days => match self.active_days() {
                Some(active) => active.before(elapsed.num_seconds().div_euclid(86_400)),
                None => elapsed.num_seconds().div_euclid(86_400),
            },
            ShiftUnit::Weeks => elapsed.num_seconds().div_euclid(7 * 86_400),
            ShiftUnit::Months => {
                let months = |at: NaiveDateTime| i64::from(at.year()) * 12 + i64::from(at.month0());
                months(wall).saturating_sub(months(self.anchor))
            }
        };
        steps.div_euclid(i64::from(self.shift.n.max(1)))
    }

    /// When turn `k` begins: `resolve(anchor + k * n * unit)`, in wall-clock arithmetic (R2, R4).
    pub(super) fn boundary(&self, k: i64) -> DateTime<Utc> {
        match self.wall(k) {
            Some(wall) => self.zone.resolve(wall),
            None if k < 0 => DateTime::<Utc>::MIN_UTC,
            None => DateTime::<Utc>::MAX_UTC,
        }
    }

    /// What the wall clock should read when turn `k` begins; nothing beyond the years chrono knows.
    pub(super) fn wall(&self, k: i64) -> Option<NaiveDateTime> {
        let steps = k.saturating_mul(i64::from(self.shift.n.max(1)));
        match self.shift.unit {
            ShiftUnit::Hours => self.later(steps, 3_600),
            ShiftUnit::Days => match self.active_days() {
                Some(active) => self.later(active.day(steps), 86_400),
                None => self.later(steps, 86_400),
            },
            ShiftUnit::Weeks => self.later(steps, 7 * 86_400),
            ShiftUnit::Months => u32::try_from(steps.unsigned_abs()).ok().and_then(|n| {
                // Added to the anchor and clamped to the month's end, never chained: 31 January, 28 February, 31 March.
                let months = Months::new(n);
                if steps < 0 { self.anchor.checked_sub_months(months) } else { self.anchor.checked_add_months(months) }
            }),
        }
    }

    fn later(&self, steps: i64, seconds: i64) -> Option<NaiveDateTime> {
        self.anchor.checked_add_signed(TimeDelta::try_seconds(steps.checked_mul(seconds)?)?)
    }

    /// The days a rotation steps on, where it does not step on every day (R8; daily rotations only).
    fn active_days(&self) -> Option<ActiveDays> {
        match self.advance {
            Advance::Always => None,
            Advance::ActiveDays => ActiveDays::of(&self.restrictions, self.anchor.weekday()),
        }
    }
}

/// Which days of a week count, as days after the anchor's weekday (0..=6), ascending; never empty.
#[derive(Clone, Copy)]
struct ActiveDays {
    counts: [bool; 7],
    n: i64,
}

impl ActiveDays {
    /// Nothing when every day counts, or none.
    fn of(restrictions: &[Restriction], anchor: Weekday) -> Option<Self> {
        let mut counts = [false; 7];
        for (slot, after) in counts.iter_mut().zip(0..) {
            *slot = restrictions.iter().flat_map(|r| &r.days).any(|day| day.days_since(anchor) == after);
        }
        let n = counts.iter().filter(|c| **c).count();
        (1..7).contains(&n).then_some(Self { counts, n: i64::try_from(n).unwrap_or(7) })
    }

    /// The day after the anchor on which active day `nth` (from 0) falls; both may be negative.
    fn day(self, nth: i64) -> i64 {
        let (week, rest) = (nth.div_euclid(self.n), nth.rem_euclid(self.n));
        let active = self.counts.iter().zip(0_i64..).filter(|(counts, _)| **counts).map(|(_, day)| day);
        let within = active.zip(0_i64..).find(|(_, k)| *k == rest).map_or(0, |(day, _)| day);
        week.saturating_mul(7).saturating_add(within)
    }

    /// How many active days lie in `[anchor, anchor + day)`; negative before the anchor.
    fn before(self, day: i64) -> i64 {
        let (week, rest) = (day.div_euclid(7), day.rem_euclid(7));
        let within = self.counts.iter().zip(0_i64..).filter(|(counts, d)| **counts && *d < rest).count();
        week.saturating_mul(self.n).saturating_add(i64::try_from(within).unwrap_or(0))
    }
}
