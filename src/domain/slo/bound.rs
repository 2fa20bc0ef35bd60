//! An objective on one signal's bound: the budget of bad minutes (SEMANTICS section 5, R36, R37).
//!
//! A slice is one whole minute of UTC. It is bad when any sample in it breaks the bound, and not counted when it has none.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::{
    series::{Sample, Series},
    slo::{
        burn,
        exact::{Ratio, Target},
        ledger::{EVENT, Tally},
    },
    time::between,
};

/// One slice, in milliseconds.
const SLICE_MS: i64 = 60_000;

/// The slices burn is measured over: the last hour, the long window of the fastest paging row (SEMANTICS R38).
const BURN_SLICES: i64 = 60;

/// How a budget stands.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Budget {
    /// Slices with data in the window.
    pub slices: u32,
    /// Bad ones.
    pub bad: u32,
    /// What is left of the budget: 1 = all, 0 = none, negative = overspent; nothing = no data (0/0 is not 100 %).
    pub left: Option<f64>,
    /// Burn rate over the last hour: 1 spends exactly the budget over the window; nothing = no data.
    pub burn: Option<f64>,
    /// From the first sample in the window to now: how much of the window the figures speak for. Zero = no data.
    pub covered: TimeDelta,
}

/// The first minute (since the epoch) of the last `window`, the running minute included.
pub fn first_minute(window: TimeDelta, now: DateTime<Utc>) -> i64 {
    let n_slices = window.num_milliseconds().max(0).div_euclid(SLICE_MS).max(1);
    running(now).saturating_sub(n_slices - 1)
}

fn running(now: DateTime<Utc>) -> i64 {
    now.timestamp_millis().div_euclid(SLICE_MS)
}

/// Measures the budget over the last `window` of slices, the running minute included (SEMANTICS R36, R37).
///
/// `minutes` are those since the epoch in which something was measured, with whether the bound was broken; `series` says when
/// exactly the first of them began. `objective` is the share of slices that should keep the bound, in (0, 1); outside it there
/// is no budget to measure. What is later than the running minute is not counted. Gaps are not counted either (R39): see
/// `covered`.
pub fn budget(
    minutes: &BTreeMap<i64, bool>,
    series: &Series,
    objective: f64,
    window: TimeDelta,
    now: DateTime<Utc>,
) -> Budget {
    let (first, running) = (first_minute(window, now), running(now));
    let (mut all, mut recent) = (Minutes::default(), Minutes::default());
    let recent_from = running.saturating_sub(BURN_SLICES - 1);
    let inside = || minutes.range(first..=running.max(first));
    for (minute, is_bad) in inside() {
        all.count(*is_bad);
        if *minute >= recent_from {
            recent.count(*is_bad);
        }
    }
    let begun_at = inside().next().map(|(minute, _)| {
        let begin = minute.saturating_mul(SLICE_MS);
        let sample = series.since(begin).next().filter(|sample| sample.at_ms.div_euclid(SLICE_MS) == *minute);
        sample.unwrap_or(Sample { at_ms: begin, value: 0.0 }).at()
    });
    let target = Target::of(objective).filter(|_| 0.0 < objective);
    Budget {
        slices: all.slices,
        bad: all.bad,
        left: target.and_then(|target| burn::left(all.tally(), target)),
        burn: target.and_then(|target| burn::rate(recent.tally(), target)).map(Ratio::to_f64),
        covered: begun_at.map_or(TimeDelta::zero(), |at| between(at, now).max(TimeDelta::zero())),
    }
}

#[derive(Clone, Copy, Default)]
struct Minutes {
    slices: u32,
    bad: u32,
}

impl Minutes {
    fn count(&mut self, is_bad: bool) {
        self.slices = self.slices.saturating_add(1);
        self.bad = self.bad.saturating_add(u32::from(is_bad));
    }

    fn tally(self) -> Tally {
        Tally { bad: u64::from(self.bad) * EVENT, total: u64::from(self.slices) * EVENT }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::series::{Side, Threshold};

    const ABOVE_10: Threshold = Threshold { bad: Side::Above, bound: 10.0 };

    /// By the minutes that these samples make.
    fn budget(s: &Series, threshold: Threshold, objective: f64, window: TimeDelta, now: DateTime<Utc>) -> Budget {
        let mut minutes = BTreeMap::new();
        for sample in s.iter() {
            *minutes.entry(sample.at_ms.div_euclid(SLICE_MS)).or_default() |= threshold.is_broken(sample.value);
        }
        super::budget(&minutes, s, objective, window, now)
    }

    fn now() -> DateTime<Utc> {
        "2026-11-20T09:00:30Z".parse().unwrap()
    }

    /// One value so many seconds ago each.
    fn series(samples: &[(i64, f64)]) -> Series {
        let mut series = Series::default();
        for (ago, value) in samples {
            series.push(Sample { at_ms: now().timestamp_millis() - ago * 1_000, value: *value });
        }
        series
    }

    #[test]
    fn no_data_is_not_a_full_budget() {
        let none = Budget { slices: 0, bad: 0, left: None, burn: None, covered: TimeDelta::zero() };
        assert_eq!(budget(&Series::default(), ABOVE_10, 0.99, TimeDelta::days(28), now()), none);
        let future = series(&[(-40, 99.0)]);
        assert_eq!(budget(&future, ABOVE_10, 0.99, TimeDelta::days(28), now()), none);
    }

    #[test]
    fn one_bad_sample_makes_its_minute_bad_once() {
        let s = series(&[(10, 1.0), (20, 99.0), (29, 99.0), (60, 10.0), (7_200, 1.0), (7_260, 1.0)]);
        let found = budget(&s, ABOVE_10, 0.5, TimeDelta::days(1), now());
        assert_eq!(
            found,
            Budget { slices: 4, bad: 1, left: Some(0.5), burn: Some(1.0), covered: TimeDelta::seconds(7_260) }
        );
    }

    #[test]
    fn an_overspent_budget_is_negative() {
        let s = series(&[(0, 99.0), (60, 99.0), (120, 1.0), (180, 1.0)]);
        assert_eq!(budget(&s, ABOVE_10, 0.75, TimeDelta::hours(1), now()).left, Some(-1.0));
    }

    #[test]
    fn the_window_is_whole_minutes_with_the_running_one() {
        let s = series(&[(30, 1.0), (90, 1.0), (91, 99.0)]);
        assert_eq!(budget(&s, ABOVE_10, 0.9, TimeDelta::minutes(2), now()).slices, 2);
        let found = budget(&s, ABOVE_10, 0.9, TimeDelta::minutes(3), now());
        assert_eq!((found.slices, found.bad), (3, 1));
    }

    #[test]
    fn an_objective_of_one_has_no_budget() {
        let s = series(&[(0, 1.0)]);
        assert_eq!(budget(&s, ABOVE_10, 1.0, TimeDelta::days(1), now()).left, None);
        assert_eq!(budget(&s, ABOVE_10, f64::NAN, TimeDelta::days(1), now()).burn, None);
    }

    #[test]
    fn the_ends_of_time_hold() {
        for at_ms in [i64::MIN, i64::MAX] {
            let mut s = Series::default();
            s.push(Sample { at_ms, value: 1.0 });
            for now in [DateTime::<Utc>::MIN_UTC, now(), DateTime::<Utc>::MAX_UTC] {
                budget(&s, ABOVE_10, 0.9, TimeDelta::MAX, now);
            }
        }
    }
}
