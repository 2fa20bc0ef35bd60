//! Many samples of one series as one record: a second, a minute or an hour of it.

use std::collections::{BTreeMap, HashMap, btree_map::Entry};

use chrono::TimeDelta;

use crate::domain::{
    sample::{Labelled, SeriesKey, is_stale_marker},
    sketch::Sketch,
};

/// How long one rollup is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// One second.
    Second,
    /// One minute.
    Minute,
    /// One hour.
    Hour,
}

impl Step {
    /// All of them, the shortest first.
    pub const ALL: [Self; 3] = [Self::Second, Self::Minute, Self::Hour];

    /// Its length in seconds.
    pub fn seconds(self) -> i64 {
        match self {
            Self::Second => 1,
            Self::Minute => 60,
            Self::Hour => 3_600,
        }
    }

    /// The start (epoch seconds) of the rollup a sample falls into: `[start, start + step)`.
    pub fn start_of(self, at_ms: i64) -> i64 {
        let seconds = at_ms.div_euclid(1_000);
        seconds - seconds.rem_euclid(self.seconds())
    }

    /// The longest step that gives a chart of this many columns over a span at least one rollup a column.
    pub fn for_chart(span: TimeDelta, columns: usize) -> Self {
        let a_column = span.num_seconds() / i64::try_from(columns.max(1)).unwrap_or(i64::MAX);
        match a_column {
            3_600.. => Self::Hour,
            60.. => Self::Minute,
            _ => Self::Second,
        }
    }
}

/// What a series did in one step. There is at least one sample in it: no rollup is a gap, never zero.
#[derive(Debug, Clone, PartialEq)]
pub struct Rollup {
    /// How many samples; finite ones only.
    pub count: u64,
    /// Their sum.
    pub sum: f64,
    /// The lowest.
    pub min: f64,
    /// The highest.
    pub max: f64,
    /// The newest by stamp, and its stamp in epoch milliseconds; of two with one stamp the one that came later.
    pub last: (i64, f64),
    /// How they are distributed.
    pub sketch: Sketch,
}

impl Rollup {
    /// One sample; nothing for a value that is not finite.
    pub fn of(at_ms: i64, value: f64) -> Option<Self> {
        if !value.is_finite() {
            return None;
        }
        let mut sketch = Sketch::default();
        sketch.add(value);
        Some(Self { count: 1, sum: value, min: value, max: value, last: (at_ms, value), sketch })
    }

    /// Adds what happened in the same step, told later.
    pub fn merge(&mut self, later: &Self) {
        self.count = self.count.saturating_add(later.count);
        // Huge values of both signs must not make it no number at all.
        self.sum = (self.sum + later.sum).clamp(-f64::MAX, f64::MAX);
        self.min = self.min.min(later.min);
        self.max = self.max.max(later.max);
        if later.last.0 >= self.last.0 {
            self.last = later.last;
        }
        self.sketch.merge(&later.sketch);
    }

    /// The mean.
    pub fn mean(&self) -> f64 {
        (self.sum / self.count.max(1) as f64).clamp(self.min, self.max)
    }

    /// How many of the samples are at most `bound`: exact where all are on one side, else to the nearest hundredth of them
    /// that the distribution tells.
    pub fn n_at_most(&self, bound: f64) -> u64 {
        if self.max <= bound {
            return self.count;
        }
        if bound < self.min {
            return 0;
        }
        let (mut low, mut high) = (0.0_f64, 1.0_f64);
        for _ in 0..24 {
            let middle = (low + high) / 2.0;
            if self.quantile(middle).is_some_and(|value| value <= bound) { low = middle } else { high = middle }
        }
        // One is known to be on each side.
        ((self.count as f64 * low).round() as u64).clamp(1, self.count.saturating_sub(1).max(1))
    }

    /// A percentile, `q` from 0 to 1: within one part in a hundred, and never outside what was measured.
    pub fn quantile(&self, q: f64) -> Option<f64> {
        self.sketch.quantile(q).map(|value| value.clamp(self.min, self.max))
    }
}

/// What a series did in one step of its past.
#[derive(Debug, Clone, PartialEq)]
pub struct Past {
    /// Which series.
    pub key: SeriesKey,
    /// How long the step is.
    pub step: Step,
    /// When it began, in epoch seconds.
    pub start: i64,
    /// What it did.
    pub rollup: Rollup,
}

impl Past {
    /// The most samples that a step is told as.
    const TOLD: u64 = 1_000;

    /// What it did as samples, all at the time of its last, which comes last: of a second each one that was taken, as near as
    /// lowest, highest and distribution tell it; of longer steps the last alone.
    pub fn samples(&self) -> impl Iterator<Item = Labelled> + '_ {
        let Rollup { count, sum, min, max, last, .. } = &self.rollup;
        let n = if self.step == Step::Second { (*count).min(Self::TOLD) } else { 1 };
        let mut values: Vec<f64> = match n {
            0 | 1 => Vec::new(),
            2 => vec![sum - last.1],
            n => (0..n).map(|i| i as f64 / (n - 1) as f64).filter_map(|q| self.rollup.quantile(q)).collect(),
        };
        // The last is one of them: the nearest of those between the ends stands for it.
        if 2 < n {
            values.first_mut().into_iter().for_each(|low| *low = *min);
            values.last_mut().into_iter().for_each(|high| *high = *max);
            let far = |value: &f64| (value - last.1).abs();
            let nearest = (0..values.len()).min_by(|a, b| {
                let of = |place: &usize| values.get(*place).map_or(f64::INFINITY, far);
                of(a).total_cmp(&of(b))
            });
            if let Some(place) = nearest {
                values.remove(place);
            }
        }
        let at_ms = last.0;
        values.push(last.1);
        values.into_iter().map(move |value| Labelled { key: self.key.clone(), at_ms, value })
    }
}

/// What came of followed series since it was last put on disk: by series and second. It grows with what was read, so
/// whoever fills it empties it every few seconds.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Gathered {
    series: HashMap<SeriesKey, BTreeMap<i64, Rollup>>,
    n_seconds: usize,
    held: HashMap<SeriesKey, bool>,
    ended: Vec<(SeriesKey, i64)>,
}

impl Gathered {
    /// Notes that an exposition holds a series, or not any more.
    pub fn hold(&mut self, key: &SeriesKey, is_held: bool) {
        self.held.insert(key.clone(), is_held);
    }

    /// Series that an exposition began to hold, or holds no more.
    pub fn held(&self) -> impl Iterator<Item = (&SeriesKey, bool)> {
        self.held.iter().map(|(key, is_held)| (key, *is_held))
    }

    /// When series ended, in epoch milliseconds.
    pub fn ended(&self) -> impl Iterator<Item = (&SeriesKey, i64)> {
        self.ended.iter().map(|(key, at_ms)| (key, *at_ms))
    }

    /// Adds a sample; one without a finite value is none, but for the end of its series.
    pub fn add(&mut self, sample: &Labelled) {
        if is_stale_marker(sample.value) {
            self.ended.push((sample.key.clone(), sample.at_ms));
            return;
        }
        let Some(one) = Rollup::of(sample.at_ms, sample.value) else { return };
        let seconds = match self.series.get_mut(&sample.key) {
            Some(seconds) => seconds,
            None => self.series.entry(sample.key.clone()).or_default(),
        };
        match seconds.entry(Step::Second.start_of(sample.at_ms)) {
            Entry::Occupied(mut there) => there.get_mut().merge(&one),
            Entry::Vacant(place) => {
                place.insert(one);
                self.n_seconds += 1;
            }
        }
    }

    /// How many rollups of a second it holds.
    pub fn len(&self) -> usize {
        self.n_seconds
    }

    /// Whether there is nothing to be put on disk.
    pub fn is_empty(&self) -> bool {
        self.n_seconds == 0 && self.held.is_empty() && self.ended.is_empty()
    }

    /// Walks the series with what they did in each step, by the step's start in epoch seconds.
    pub fn iter(&self) -> impl Iterator<Item = (&SeriesKey, BTreeMap<(Step, i64), Rollup>)> {
        self.series.iter().map(|(key, seconds)| (key, in_all_steps(seconds)))
    }
}

fn in_all_steps(seconds: &BTreeMap<i64, Rollup>) -> BTreeMap<(Step, i64), Rollup> {
    let mut out: BTreeMap<(Step, i64), Rollup> = BTreeMap::new();
    for (start, rollup) in seconds {
        for step in Step::ALL {
            match out.entry((step, step.start_of(start.saturating_mul(1_000)))) {
                Entry::Occupied(mut there) => there.get_mut().merge(rollup),
                Entry::Vacant(place) => drop(place.insert(rollup.clone())),
            }
        }
    }
    out
}

/// Puts rollups (start in epoch seconds, ascending) into `n` columns of `[from, until)`, epoch seconds. Peaks are kept; a
/// column without any is a gap.
pub fn columns(rollups: &[(i64, Rollup)], from: i64, until: i64, n: usize) -> Vec<Option<Rollup>> {
    let mut out: Vec<Option<Rollup>> = vec![None; n];
    let span = i128::from(until) - i128::from(from);
    if span <= 0 {
        return out;
    }
    for (start, rollup) in rollups.iter().filter(|(start, _)| (from..until).contains(start)) {
        let into = (i128::from(*start) - i128::from(from)) * n as i128 / span;
        match usize::try_from(into).ok().and_then(|i| out.get_mut(i)) {
            Some(Some(there)) => there.merge(rollup),
            Some(empty) => *empty = Some(rollup.clone()),
            None => {}
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{domain::sample::Labels, text::Text};

    fn past(step: Step, values: &[f64]) -> Vec<f64> {
        let rollup = values.iter().filter_map(|value| Rollup::of(5, *value)).reduce(|mut all, next| {
            all.merge(&next);
            all
        });
        let key = SeriesKey { name: Text::scrub("ms"), labels: Labels::default() };
        Past { key, step, start: 0, rollup: rollup.unwrap() }.samples().map(|sample| sample.value).collect()
    }

    #[test]
    fn a_second_is_told_as_so_many_samples_as_were_taken_in_it() {
        assert_eq!(past(Step::Second, &[7.0]), [7.0]);
        assert_eq!(past(Step::Second, &[95.0, 10.0]), [95.0, 10.0]);
        let ten = past(Step::Second, &[900.0, 900.0, 900.0, 900.0, 900.0, 900.0, 900.0, 900.0, 900.0, 10.0]);
        assert_eq!((ten.len(), ten.last(), ten.iter().copied().fold(0.0, f64::max)), (10, Some(&10.0), 900.0));
        assert!((ten.iter().sum::<f64>() / 10.0 - 811.0).abs() < 10.0, "{ten:?}");
        assert_eq!(past(Step::Minute, &[1.0, 2.0, 3.0]), [3.0]);
    }
    use proptest::prelude::*;

    #[test]
    fn a_sample_belongs_to_the_step_that_begins_at_or_before_it() {
        assert_eq!(Step::ALL.map(|step| step.start_of(3_661_999)), [3_661, 3_660, 3_600]);
        assert_eq!(Step::ALL.map(|step| step.start_of(-1)), [-1, -60, -3_600]);
    }

    #[test]
    fn charts_ask_for_the_step_that_fits_their_columns() {
        let found = [1, 24, 24 * 30].map(|hours| Step::for_chart(TimeDelta::hours(hours), 120));
        assert_eq!(found, [Step::Second, Step::Minute, Step::Hour]);
    }

    proptest! {
        #[test]
        fn samples_told_in_any_pieces_roll_up_to_the_same(
            samples in proptest::collection::vec((0i64..5_000, -1e6f64..1e6), 1..80), cut in 0usize..80,
        ) {
            let all = |samples: &[(i64, f64)]| {
                let mut rollups = samples.iter().filter_map(|(at, v)| Rollup::of(*at, *v));
                let first = rollups.next()?;
                Some(rollups.fold(first, |mut sum, next| { sum.merge(&next); sum }))
            };
            let whole = all(&samples).unwrap();
            let (one, other) = samples.split_at(cut.min(samples.len()));
            let merged = match (all(one), all(other)) {
                (Some(mut a), Some(b)) => { a.merge(&b); a }
                (a, b) => a.or(b).unwrap(),
            };
            prop_assert_eq!((merged.count, merged.min, merged.max, merged.last), (whole.count, whole.min, whole.max, whole.last));
            prop_assert_eq!(&merged.sketch, &whole.sketch);
            prop_assert!((merged.sum - whole.sum).abs() <= 1e-3);
        }

        #[test]
        fn columns_keep_the_highest_and_the_lowest(values in proptest::collection::btree_map(0i64..500, -1e6f64..1e6, 1..60), n in 1usize..50) {
            let rollups: Vec<_> = values.iter().filter_map(|(at, v)| Some((*at, Rollup::of(at * 1_000, *v)?))).collect();
            let found = columns(&rollups, 0, 500, n);
            let high = found.iter().flatten().map(|r| r.max).fold(f64::MIN, f64::max);
            prop_assert_eq!(high, values.values().copied().fold(f64::MIN, f64::max));
            prop_assert_eq!(found.iter().flatten().map(|r| r.count).sum::<u64>(), values.len() as u64);
        }
    }
}
