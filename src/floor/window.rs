//! What happened in the last 30 days, kept so that a day that falls out is taken out and nothing is counted anew.

use std::collections::VecDeque;

use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    domain::{
        sla::ClockState,
        stats::{period::Period, summary},
        time::{between, minus, plus},
    },
    floor::{brief::Brief, tally::Spread},
};

/// How far compliance and mean times look back.
const WINDOW: TimeDelta = TimeDelta::days(30);

/// A clock that stopped in the window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Stopped {
    at: DateTime<Utc>,
    /// Whether it stopped in time.
    pub(super) is_met: bool,
    grade: usize,
    rule: Option<usize>,
}

impl Stopped {
    /// The rows it counts in: its grade's place, and its rule's.
    pub(super) fn rows(&self) -> (usize, Option<usize>) {
        (self.grade, self.rule)
    }
}

/// The window as of some instant.
#[derive(Debug, Clone, Default)]
pub(super) struct Window {
    stopped: VecDeque<Stopped>,
    acks: Lengths,
    fixes: Lengths,
}

/// Lengths of time, each with the instant that keeps it in the window.
#[derive(Debug, Clone, Default)]
struct Lengths {
    by_time: VecDeque<(DateTime<Utc>, i64)>,
    sorted: Vec<i64>,
    sum: i128,
}

/// The period that compliance and mean times look back on: thirty days before `now`, their first instant included (R35).
/// It ends with what is known: what happened at `now` itself has happened, what comes after has not.
pub fn period(now: DateTime<Utc>) -> Period {
    Period::between(since(now), DateTime::<Utc>::MAX_UTC)
}

/// The start of the 30 days, itself in them.
pub(super) fn since(now: DateTime<Utc>) -> DateTime<Utc> {
    minus(now, WINDOW)
}

/// A window in the making.
#[derive(Debug)]
pub(super) struct Gathering {
    period: Period,
    now: DateTime<Utc>,
    stopped: Vec<Stopped>,
    acks: Vec<(DateTime<Utc>, i64)>,
    fixes: Vec<(DateTime<Utc>, i64)>,
}

impl Gathering {
    /// Of the window at `now`.
    pub(super) fn new(now: DateTime<Utc>) -> Self {
        Self { period: period(now), now, stopped: Vec::new(), acks: Vec::new(), fixes: Vec::new() }
    }

    /// Takes what of an incident lies in the window.
    pub(super) fn add(&mut self, brief: &Brief) {
        // A clock without a promise kept none.
        for hand in [&brief.response, &brief.fix].into_iter().filter(|hand| hand.has_target) {
            let is_met = match hand.state {
                ClockState::Met => true,
                ClockState::Missed => false,
                _ => continue,
            };
            let at = hand.stopped_at.filter(|at| self.period.holds(*at) && *at <= self.now);
            let (grade, rule) = (brief.grade, brief.rule);
            self.stopped.extend(at.map(|at| Stopped { at, is_met, grade, rule }));
        }
        // The same moments as `stats::times::Times`, kept so that they can fall out one by one.
        let length = |at| between(brief.opened_at, at).num_seconds();
        let acked_at = brief.acked_at.filter(|_| self.period.holds(brief.opened_at));
        self.acks.extend(acked_at.map(|at| (brief.opened_at, length(at))));
        self.fixes.extend(brief.resolved_at.filter(|at| self.period.holds(*at)).map(|at| (at, length(at))));
    }

    /// The window.
    pub(super) fn done(mut self) -> Window {
        self.stopped.sort_unstable();
        Window { stopped: self.stopped.into(), acks: Lengths::of(self.acks), fixes: Lengths::of(self.fixes) }
    }
}

impl Window {
    /// Everything that stopped in it.
    pub(super) fn stopped(&self) -> impl Iterator<Item = &Stopped> {
        self.stopped.iter()
    }

    /// Lets fall out what is too old at `now`; gives the clocks among it.
    pub(super) fn expire(&mut self, now: DateTime<Utc>) -> Vec<Stopped> {
        let since = since(now);
        self.acks.expire(since);
        self.fixes.expire(since);
        let old = self.stopped.partition_point(|stopped| stopped.at < since);
        self.stopped.drain(..old).collect()
    }

    /// When the next thing falls out.
    pub(super) fn next_expiry(&self) -> Option<DateTime<Utc>> {
        let first = self.stopped.front().map(|s| s.at);
        let lengths = [&self.acks, &self.fixes].map(|l| l.by_time.front().map(|(at, _)| *at));
        first.into_iter().chain(lengths.into_iter().flatten()).min().map(|at| plus(at, WINDOW))
    }

    /// Times to the team's first act, and times to the close.
    pub(super) fn spreads(&self) -> (Spread, Spread) {
        (self.acks.spread(), self.fixes.spread())
    }
}

impl Lengths {
    fn of(mut found: Vec<(DateTime<Utc>, i64)>) -> Self {
        found.sort_unstable();
        let mut sorted: Vec<i64> = found.iter().map(|(_, length)| *length).collect();
        sorted.sort_unstable();
        Self { sum: sorted.iter().map(|n| i128::from(*n)).sum(), by_time: found.into(), sorted }
    }

    fn expire(&mut self, since: DateTime<Utc>) {
        while let Some((_, length)) = self.by_time.front().copied().filter(|(at, _)| *at < since) {
            self.by_time.pop_front();
            self.sum -= i128::from(length);
            if let Ok(place) = self.sorted.binary_search(&length) {
                self.sorted.remove(place);
            }
        }
    }

    fn spread(&self) -> Spread {
        let n = self.sorted.len();
        if n == 0 {
            return Spread::default();
        }
        let mean = self.sum as f64 / n as f64;
        Spread {
            n,
            median: percentile(&self.sorted, 0.5),
            p90: percentile(&self.sorted, 0.9),
            mean: Some(TimeDelta::seconds(mean.round() as i64)),
        }
    }
}

fn percentile(sorted: &[i64], share: f64) -> Option<TimeDelta> {
    summary::percentile(sorted.len(), share, |place| sorted.get(place).map(|seconds| *seconds as f64))
        .map(summary::length)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::parse_rfc3339;

    fn day(n: i64) -> DateTime<Utc> {
        plus(parse_rfc3339("2026-11-01T00:00:00Z").unwrap(), TimeDelta::days(n))
    }

    #[test]
    fn empty_is_nothing_never_zero() {
        assert_eq!(Lengths::default().spread(), Spread { n: 0, median: None, p90: None, mean: None });
    }

    #[test]
    fn the_middle_of_an_even_number_is_between() {
        let lengths = Lengths::of([10, 20, 30, 100].map(|n| (day(0), n)).into());
        let wanted = [25, 79, 40].map(|s| Some(TimeDelta::seconds(s)));
        let found = lengths.spread();
        assert_eq!((found.n, [found.median, found.p90, found.mean]), (4, wanted));
    }

    #[test]
    fn what_is_thirty_days_old_stays_and_what_is_a_second_older_falls_out() {
        let mut lengths = Lengths::of(vec![(minus(day(0), TimeDelta::seconds(1)), 10), (day(0), 20), (day(2), 60)]);
        lengths.expire(since(day(30)));
        let found = lengths.spread();
        assert_eq!((found.n, found.mean), (2, Some(TimeDelta::seconds(40))));
        lengths.expire(since(day(33)));
        assert_eq!(lengths.spread(), Spread::default());
    }
}
