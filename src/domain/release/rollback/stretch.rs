//! How long a condition held, and how long of that could not be seen.

use chrono::{DateTime, TimeDelta, Utc};

use super::{Bake, HOLE, Look, State};
use crate::domain::time::{between, minus, short_span};

/// How long a condition held, as far as it was seen.
pub(super) struct Stretch {
    hold: TimeDelta,
    bake: Bake,
    /// The newest sample so far.
    last: Option<DateTime<Utc>>,
    /// Since when it holds, and for how long of that it was seen.
    run: Option<(DateTime<Utc>, TimeDelta)>,
    /// Since when it holds, if it does where nothing was seen.
    worst: Option<DateTime<Utc>>,
    longest: Option<TimeDelta>,
    met: Option<DateTime<Utc>>,
    /// Time without data.
    unseen: TimeDelta,
    /// Whether it could have been met in that time.
    is_doubtful: bool,
}

impl Stretch {
    pub(super) fn new(hold: TimeDelta, bake: Bake) -> Self {
        let unseen = TimeDelta::zero();
        let (last, run, worst, longest, met) = (None, None, None, None, None);
        Self { hold, bake, last, run, worst, longest, met, unseen, is_doubtful: false }
    }

    pub(super) fn take(&mut self, look: Look) {
        let of = look.of.max(self.bake.start);
        let gap = self.reach(of);
        self.last = Some(of);
        if !look.is_broken {
            (self.run, self.worst) = (None, None);
            return;
        }
        self.worst.get_or_insert(of);
        self.doubt(of);
        let (begun, seen) = self
            .run
            .map_or((of, TimeDelta::zero()), |(begun, seen)| (begun, if gap <= HOLE { seen + gap } else { seen }));
        self.run = Some((begun, seen));
        if self.bake.holds(begun) {
            self.longest = self.longest.max(Some(seen));
            if self.hold < seen {
                self.met.get_or_insert(minus(of, seen - self.hold));
            }
        }
    }

    /// Time went on until then, and how far from the sample before; what lies between is a hole where it is long.
    fn reach(&mut self, until: DateTime<Utc>) -> TimeDelta {
        let before = self.last.unwrap_or(self.bake.start);
        let gap = between(before, until);
        if HOLE < gap {
            self.unseen += gap;
            self.worst.get_or_insert(before);
            self.doubt(until);
        }
        gap
    }

    fn doubt(&mut self, until: DateTime<Utc>) {
        let could = |from: DateTime<Utc>| self.bake.holds(from) && self.hold < between(from, until);
        self.is_doubtful |= self.worst.is_some_and(could);
    }

    pub(super) fn end(&mut self, until: DateTime<Utc>) {
        self.reach(until);
    }

    pub(super) fn told(&self) -> (State, String) {
        let Some(_) = self.last else { return (State::NotJudged, "no data".to_owned()) };
        let for_long = self.longest.map(|longest| format!("for {}", short_span(longest)));
        let hole = short_span(self.unseen);
        let has_hole = TimeDelta::zero() < self.unseen;
        let beside = if has_hole { format!("; {hole} without data could not be judged") } else { String::new() };
        match (self.met, for_long) {
            (Some(met), Some(said)) => (State::Met(met), format!("{said}{beside}")),
            (_, said) if self.is_doubtful && has_hole => {
                let said = said.map(|said| format!("{said} as far as it was seen")).unwrap_or("not seen".to_owned());
                (State::NotJudged, format!("{said}{beside}"))
            }
            (_, Some(said)) => (State::Quiet, format!("{said} at most{beside}")),
            (_, None) => (State::Quiet, format!("it did not occur{beside}")),
        }
    }
}
