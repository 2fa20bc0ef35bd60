//! Some lengths of time in a few figures.

use chrono::TimeDelta;

/// The limits that lengths are counted against: their name, and seconds.
pub const LIMITS: [(&str, f64); 5] =
    [("1h", 3_600.0), ("4h", 14_400.0), ("24h", 86_400.0), ("72h", 259_200.0), ("168h", 604_800.0)];

/// Some measured values (lengths in seconds, unless said otherwise) in a few figures; of nothing, nothing (R33).
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Summary {
    /// How many were measured.
    pub n: usize,
    /// How many of the group have no such value.
    pub missing: usize,
    /// The mean.
    pub mean: Option<f64>,
    /// The middle one, or the mean of the two middle ones.
    pub median: Option<f64>,
    /// The 90th percentile, linear between closest ranks (type 7).
    pub p90: Option<f64>,
    /// The value number ⌈0.9 n⌉ of those in order: one that was really measured.
    pub p90_nearest_rank: Option<f64>,
    /// The least.
    pub min: Option<f64>,
    /// The greatest.
    pub max: Option<f64>,
    /// How many are at most each of [`LIMITS`].
    pub within: [usize; LIMITS.len()],
}

impl Summary {
    /// The figures of these values; `missing` items of the group have none. Values that are no number are left out.
    pub fn of(values: impl IntoIterator<Item = f64>, missing: usize) -> Self {
        let mut sorted: Vec<f64> = values.into_iter().filter(|value| value.is_finite()).collect();
        sorted.sort_unstable_by(f64::total_cmp);
        let n = sorted.len();
        let at = |place: usize| sorted.get(place).copied();
        let nearest = (n * 9).div_ceil(10).checked_sub(1);
        Self {
            n,
            missing,
            mean: mean(&sorted),
            median: percentile(n, 0.5, at),
            p90: percentile(n, 0.9, at),
            p90_nearest_rank: nearest.and_then(at),
            min: sorted.first().copied(),
            max: sorted.last().copied(),
            within: LIMITS.map(|(_, limit)| sorted.partition_point(|value| *value <= limit)),
        }
    }

    /// The figures of those that are there; the others are missing.
    pub fn of_some(values: impl IntoIterator<Item = Option<f64>>) -> Self {
        let (mut there, mut missing) = (Vec::new(), 0);
        for value in values {
            match value {
                Some(value) => there.push(value),
                None => missing += 1,
            }
        }
        Self::of(there, missing)
    }
}

/// The mean; of nothing, nothing.
pub fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

/// The middle value, or the mean of the two middle ones; of nothing, nothing.
pub fn median(values: impl IntoIterator<Item = f64>) -> Option<f64> {
    Summary::of(values, 0).median
}

/// A length in seconds, with its fraction.
pub fn seconds(length: TimeDelta) -> f64 {
    length.num_seconds() as f64 + f64::from(length.subsec_nanos()) / 1e9
}

/// A length of so many seconds, to the nearest second.
pub fn length(seconds: f64) -> TimeDelta {
    TimeDelta::try_seconds(seconds.round() as i64).unwrap_or(TimeDelta::MAX)
}

/// Linear between closest ranks (type 7, as numpy's default), of `n` values of which `at` gives the one at a place in
/// ascending order; `share` from 0 to 1.
pub fn percentile(n: usize, share: f64, at: impl Fn(usize) -> Option<f64>) -> Option<f64> {
    let place = share * n.checked_sub(1)? as f64;
    let (low, high) = (at(place.floor() as usize)?, at(place.ceil() as usize)?);
    Some(low + (high - low) * (place - place.floor()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn empty_is_nothing_never_zero() {
        let none = Summary::of([], 3);
        assert_eq!(none, Summary { missing: 3, ..Summary::default() });
        assert_eq!((none.mean, none.median, none.p90, none.max), (None, None, None, None));
    }

    #[test]
    fn the_middle_of_an_even_number_is_between_and_the_percentile_interpolates() {
        let found = Summary::of_some([Some(100.0), Some(10.0), None, Some(30.0), Some(20.0)]);
        let figures = (found.n, found.missing, found.median, found.mean, found.p90_nearest_rank);
        assert_eq!(figures, (4, 1, Some(25.0), Some(40.0), Some(100.0)));
        assert!((found.p90.unwrap() - 79.0).abs() < 1e-9);
    }

    #[test]
    fn a_limit_includes_itself() {
        let hour = Summary::of([3_600.0, 3_600.5, 1.0], 0);
        assert_eq!(hour.within, [2, 3, 3, 3, 3]);
    }

    proptest! {
        #[test]
        fn figures_keep_their_order(values in prop::collection::vec(0.0_f64..1e9, 1..60)) {
            let s = Summary::of(values.iter().copied(), 0);
            let [min, median, p90, nearest, max] = [s.min, s.median, s.p90, s.p90_nearest_rank, s.max].map(Option::unwrap);
            prop_assert!(min <= median && median <= p90 && p90 <= max && values.contains(&nearest));
            prop_assert!(min <= s.mean.unwrap() + 1e-6 && s.mean.unwrap() <= max + 1e-6);
        }
    }
}
