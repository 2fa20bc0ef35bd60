//! How values are distributed, in little room: percentiles within one part in a hundred, and two sketches can be put together.
//!
//! Values are counted in buckets whose bounds grow by a constant factor (Masson, Rim and Lee, "DDSketch", VLDB 2019): a
//! bucket's middle is at most 1% away from every value in it, whatever the values are.

use std::collections::BTreeMap;

/// A percentile is at most this far from the true value, relative to it.
pub const ERROR: f64 = 0.01;

/// The factor between a bucket's bounds: `(1 + ERROR) / (1 - ERROR)`.
const GROWTH: f64 = (1.0 + ERROR) / (1.0 - ERROR);

/// Values closer to zero than this count as zero.
const SMALLEST: f64 = 1e-9;

/// Buckets kept on each side; with more the lowest are put together, so that high percentiles stay right.
const BUCKETS: usize = 2_048;

/// Counts of values by size.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sketch {
    above: BTreeMap<i32, u64>,
    below: BTreeMap<i32, u64>,
    zeros: u64,
}

impl Sketch {
    /// Counts a value; one that is not finite is none.
    pub fn add(&mut self, value: f64) {
        if !value.is_finite() {
            return;
        }
        if value.abs() < SMALLEST {
            self.zeros += 1;
            return;
        }
        let side = if value > 0.0 { &mut self.above } else { &mut self.below };
        // At most ±36 000 for any finite value.
        let bucket = (value.abs().ln() / GROWTH.ln()).ceil() as i32;
        *side.entry(bucket).or_default() += 1;
        collapse(side);
    }

    /// One value, counted `n` times.
    pub fn of_one(value: f64, n: u64) -> Self {
        let mut out = Self::default();
        out.add(value);
        out.zeros *= n;
        out.above.values_mut().chain(out.below.values_mut()).for_each(|count| *count = n);
        out
    }

    /// Adds what another one counted.
    pub fn merge(&mut self, other: &Self) {
        for (side, theirs) in [(&mut self.above, &other.above), (&mut self.below, &other.below)] {
            for (bucket, n) in theirs {
                let count = side.entry(*bucket).or_default();
                *count = count.saturating_add(*n);
            }
            collapse(side);
        }
        self.zeros = self.zeros.saturating_add(other.zeros);
    }

    /// How many values were counted.
    pub fn count(&self) -> u64 {
        self.above.values().chain(self.below.values()).fold(self.zeros, |sum, n| sum.saturating_add(*n))
    }

    /// The value that a share `q` (0 to 1) of all values does not exceed, within [`ERROR`]; nothing where none was counted.
    /// The one in place `q * (count - 1)`, rounded down, counted from 0.
    pub fn quantile(&self, q: f64) -> Option<f64> {
        let count = self.count();
        if count == 0 || q.is_nan() {
            return None;
        }
        let place = (q.clamp(0.0, 1.0) * (count - 1) as f64) as u64;
        let below = self.below.iter().rev().map(|(bucket, n)| (-middle(*bucket), *n));
        let above = self.above.iter().map(|(bucket, n)| (middle(*bucket), *n));
        let mut seen = 0_u64;
        for (value, n) in below.chain([(0.0, self.zeros)]).chain(above) {
            seen = seen.saturating_add(n);
            if n > 0 && seen > place {
                return Some(value);
            }
        }
        None
    }

    /// As bytes, for a store: three lists of buckets and counts as variable-length numbers.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        put(&mut out, self.zeros);
        for side in [&self.above, &self.below] {
            put(&mut out, side.len() as u64);
            let mut last = 0_i64;
            for (bucket, n) in side {
                let step = i64::from(*bucket) - last;
                last = i64::from(*bucket);
                put(&mut out, ((step << 1) ^ (step >> 63)).cast_unsigned());
                put(&mut out, *n);
            }
        }
        out
    }

    /// Reads what [`Sketch::to_bytes`] wrote; nothing for other bytes.
    pub fn from_bytes(mut bytes: &[u8]) -> Option<Self> {
        let rest = &mut bytes;
        let zeros = get(rest)?;
        let mut side = || {
            let mut found = BTreeMap::new();
            let mut last = 0_i64;
            for _ in 0..get(rest)? {
                let step = get(rest)?;
                last = last.checked_add((step >> 1).cast_signed() ^ -((step & 1).cast_signed()))?;
                found.insert(i32::try_from(last).ok()?, get(rest)?);
            }
            Some(found)
        };
        let (above, below) = (side()?, side()?);
        rest.is_empty().then_some(Self { above, below, zeros })
    }
}

/// The value that is at most [`ERROR`] from both bounds of a bucket.
fn middle(bucket: i32) -> f64 {
    2.0 * (f64::from(bucket) * GROWTH.ln()).exp() / (GROWTH + 1.0)
}

fn collapse(side: &mut BTreeMap<i32, u64>) {
    while side.len() > BUCKETS {
        let Some((_, n)) = side.pop_first() else { return };
        if let Some(mut next) = side.first_entry() {
            *next.get_mut() = next.get().saturating_add(n);
        }
    }
}

fn put(out: &mut Vec<u8>, mut n: u64) {
    while n >= 0x80 {
        out.push((n & 0x7f) as u8 | 0x80);
        n >>= 7;
    }
    out.push(n as u8);
}

fn get(bytes: &mut &[u8]) -> Option<u64> {
    let mut n = 0_u64;
    for shift in (0..64).step_by(7) {
        let (first, rest) = bytes.split_first()?;
        *bytes = rest;
        n |= u64::from(first & 0x7f).checked_shl(shift)?;
        if first & 0x80 == 0 {
            return Some(n);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(values: &[f64]) -> Sketch {
        let mut sketch = Sketch::default();
        values.iter().for_each(|v| sketch.add(*v));
        sketch
    }

    #[test]
    fn nothing_has_no_percentile_and_what_is_no_number_is_not_counted() {
        assert_eq!(of(&[f64::NAN, f64::INFINITY]).quantile(0.5), None);
        assert_eq!(of(&[0.0, -0.0]).quantile(0.99), Some(0.0));
    }

    #[test]
    fn bytes_that_are_none_of_ours_are_refused() {
        assert_eq!(Sketch::from_bytes(&[]), None);
        assert_eq!(Sketch::from_bytes(&[0, 1]), None);
        assert_eq!(Sketch::from_bytes(&[0xff; 30]), None);
    }

    proptest! {
        #[test]
        fn a_percentile_is_within_the_stated_error(
            values in proptest::collection::vec(prop_oneof![-1e6f64..1e6, 0.001f64..1.0, Just(0.0)], 1..400), q in 0.0f64..=1.0,
        ) {
            let mut sorted = values.clone();
            sorted.sort_by(f64::total_cmp);
            let exact = sorted[(q * (sorted.len() - 1) as f64) as usize];
            let found = of(&values).quantile(q).unwrap();
            prop_assert!((found - exact).abs() <= exact.abs() * ERROR * 1.000_001 + SMALLEST, "{found} for {exact}");
        }

        #[test]
        fn two_sketches_put_together_are_one_of_all(a in proptest::collection::vec(any::<f64>(), 0..60), b in proptest::collection::vec(any::<f64>(), 0..60)) {
            let mut both = of(&a);
            both.merge(&of(&b));
            prop_assert_eq!(&both, &of(&[a, b].concat()));
            prop_assert_eq!(Sketch::from_bytes(&both.to_bytes()), Some(both));
        }

        #[test]
        fn any_bytes_are_read_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
            Sketch::from_bytes(&bytes);
        }
    }
}
