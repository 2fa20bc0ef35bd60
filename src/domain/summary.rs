//! What many values come to: how many, the least, the most, the mean and the 95th percentile.

/// The figures of the values of one bucket.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Figures {
    /// How many records there are, with or without a value.
    pub count: u64,
    /// What their values come to; nothing where none has one.
    pub of_values: Option<OfValues>,
}

/// What values come to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OfValues {
    /// The least.
    pub min: f64,
    /// The most.
    pub max: f64,
    /// Their sum by how many there are.
    pub mean: f64,
    /// The 95th percentile, exact: see [`p95`].
    pub p95: f64,
}

/// Values taken together, but for the percentile. The sum is kept with what rounding lost, so that it does not depend on
/// the order of the values in any digit that is shown.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fold {
    /// How many.
    pub n: u64,
    /// The least; infinity of none.
    pub min: f64,
    /// The most; minus infinity of none.
    pub max: f64,
    sum: f64,
    lost: f64,
    /// The sum is beyond what a number can be: it and what was lost are kept times [`SMALL`].
    is_small: bool,
}

/// By how much values are made smaller that come to too much: no 2^64 of them can come to too much then.
const SMALL: f64 = 1.0 / 18_446_744_073_709_551_616.0;

impl Default for Fold {
    fn default() -> Self {
        Self { n: 0, min: f64::INFINITY, max: f64::NEG_INFINITY, sum: 0.0, lost: 0.0, is_small: false }
    }
}

impl Fold {
    /// Takes in finite values.
    pub fn add(&mut self, values: &[f64]) {
        self.n += values.len() as u64;
        let before = (self.sum, self.lost);
        let by = if self.is_small { SMALL } else { 1.0 };
        for value in values {
            self.min = if *value < self.min { *value } else { self.min };
            self.max = if *value > self.max { *value } else { self.max };
            self.plus(*value * by);
        }
        if !self.is_good() {
            (self.sum, self.lost) = before;
            self.make_small();
            values.iter().for_each(|value| self.plus(*value * SMALL));
        }
    }

    /// Takes in what was taken together elsewhere.
    pub fn join(&mut self, other: &Self) {
        self.n += other.n;
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
        let mut other = *other;
        let mut both = *self;
        both.plus(other.sum);
        both.lost += other.lost;
        if self.is_small || other.is_small || !both.is_good() {
            self.make_small();
            other.make_small();
            self.plus(other.sum);
            self.lost += other.lost;
        } else {
            *self = both;
        }
    }

    fn is_good(&self) -> bool {
        self.sum.is_finite() && self.lost.is_finite()
    }

    fn make_small(&mut self) {
        if !self.is_small {
            (self.sum, self.lost, self.is_small) = (self.sum * SMALL, self.lost * SMALL, true);
        }
    }

    /// Adds, and notes exactly what rounding loses.
    #[inline]
    fn plus(&mut self, value: f64) {
        let sum = self.sum + value;
        let taken = sum - self.sum;
        self.lost += (self.sum - (sum - taken)) + (value - taken);
        self.sum = sum;
    }

    /// The mean; nothing of none. Held between the least and the most, which rounding may pass.
    pub fn mean(&self) -> Option<f64> {
        let sum = self.sum + self.lost;
        let sum = if sum.is_finite() { sum } else { self.sum };
        let mean = sum / self.n as f64;
        let mean = if self.is_small { mean / SMALL } else { mean };
        (self.n > 0).then(|| mean.clamp(self.min, self.max))
    }
}

/// The two places, from 0, between which the quantile `q` (0 to 1) of `n` sorted values lies, and how far from the first.
///
/// That is `(n - 1) * q`, the rule of SQL's `quantile_cont`, of a spreadsheet's `PERCENTILE` and of numpy.
pub fn place(n: u64, q: f64) -> Option<(u64, u64, f64)> {
    let place = n.checked_sub(1)? as f64 * q;
    let (low, high) = (place.floor(), place.ceil());
    Some((low as u64, high as u64, place - low))
}

/// What lies between two values at this share of the way.
pub fn between(low: f64, high: f64, share: f64) -> f64 {
    let apart = high - low;
    // Of two ends of what a number can be.
    if apart.is_finite() { low + apart * share } else { low * (1.0 - share) + high * share }
}

/// The 95th percentile.
pub const P95: f64 = 0.95;

/// The middle.
pub const MEDIAN: f64 = 0.5;

/// The middle of finite values, exact, by the rule of [`place`]; nothing of none. Leaves them in another order.
pub fn median(values: &mut [f64]) -> Option<f64> {
    let (low, high, share) = place(values.len() as u64, MEDIAN)?;
    among(values, usize::try_from(low).ok()?, high > low, share)
}

/// The 95th percentile of finite values, exact, by the rule of [`place`]; nothing of none. Leaves them in another order.
pub fn p95(values: &mut [f64]) -> Option<f64> {
    let (low, high, share) = place(values.len() as u64, P95)?;
    let place = usize::try_from(low).ok()?;
    among_the_largest(values, place, high > low, share).or_else(|| among(values, place, high > low, share))
}

/// What lies this far between the value at a place and the next one.
fn among(values: &mut [f64], place: usize, has_next: bool, share: f64) -> Option<f64> {
    if values.len() <= place {
        return None;
    }
    let (_, at_low, above) = values.select_nth_unstable_by(place, f64::total_cmp);
    let at_low = *at_low;
    let at_high = if has_next { above.iter().copied().fold(f64::INFINITY, f64::min) } else { at_low };
    Some(between(at_low, at_high, share))
}

/// Of fewer values than this all are looked through.
const FEW: usize = 512;

/// The percentile among the values above a guess, which are few; nothing where the guess was wrong.
fn among_the_largest(values: &[f64], place: usize, has_next: bool, share: f64) -> Option<f64> {
    if values.len() < FEW {
        return None;
    }
    // One in so many, sorted, tells about where the upper tenth begins.
    let mut some: Vec<f64> = values.iter().copied().step_by(values.len() / 128).collect();
    some.sort_unstable_by(f64::total_cmp);
    let guess = *some.get(some.len() * 89 / 100)?;
    let mut above: Vec<f64> = Vec::with_capacity(values.len() / 6);
    above.extend(values.iter().copied().filter(|value| *value > guess));
    let place = place.checked_sub(values.len() - above.len())?;
    let (_, at_low, next) = above.select_nth_unstable_by(place, f64::total_cmp);
    let at_low = *at_low;
    let at_high = if has_next { next.iter().copied().fold(f64::INFINITY, f64::min) } else { at_low };
    Some(between(at_low, at_high, share))
}

/// A number that orders as the value does.
fn ordered(value: f64) -> u64 {
    let bits = value.to_bits();
    if bits >> 63 == 1 { !bits } else { bits | 1 << 63 }
}

fn valued(ordered: u64) -> f64 {
    f64::from_bits(if ordered >> 63 == 1 { ordered & !(1 << 63) } else { !ordered })
}

/// How many bits one reading settles.
const BITS: u32 = 16;

/// Finds the value at a place among more values than memory holds, by reading them four times: each time the sixteen next
/// bits of the answer become known.
#[derive(Debug)]
pub struct Search {
    place: u64,
    known: u64,
    settled: u32,
    counts: Vec<u64>,
}

impl Search {
    /// Looks for the value at this place, from 0, in their order.
    pub fn new(place: u64) -> Self {
        Self { place, known: 0, settled: 0, counts: vec![0; 1 << BITS] }
    }

    /// Is shown some of the values; all of them, once a reading.
    pub fn see(&mut self, values: &[f64]) {
        let (shift, settled) = (64 - BITS - self.settled, self.settled);
        for value in values {
            let bits = ordered(*value);
            let is_candidate = settled == 0 || bits >> (64 - settled) == self.known;
            if is_candidate && let Some(n) = self.counts.get_mut(((bits >> shift) & ((1 << BITS) - 1)) as usize) {
                *n += 1;
            }
        }
    }

    /// Ends a reading. The answer after the fourth, infinity where there were fewer values.
    pub fn turn(&mut self) -> Option<f64> {
        let mut chosen = 0;
        for (bits, n) in (0_u64..).zip(&self.counts) {
            chosen = bits;
            if self.place < *n {
                break;
            }
            self.place -= n;
        }
        self.counts.fill(0);
        self.known = self.known << BITS | chosen;
        self.settled += BITS;
        (self.settled == 64).then(|| valued(self.known))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sorted_p95(mut values: Vec<f64>) -> Option<f64> {
        values.sort_by(f64::total_cmp);
        let (low, high, share) = place(values.len() as u64, P95)?;
        Some(between(values[low as usize], values[high as usize], share))
    }

    #[test]
    fn the_percentile_lies_between_two_values() {
        assert_eq!(p95(&mut []), None);
        assert_eq!(p95(&mut [3.0]), Some(3.0));
        assert_eq!(p95(&mut [20.0, 10.0]), Some(19.5));
        let mut hundred: Vec<f64> = (0..100).rev().map(f64::from).collect();
        assert!((p95(&mut hundred).unwrap() - 94.05).abs() < 1e-12);
        assert_eq!(median(&mut hundred), Some(49.5));
        assert_eq!((median(&mut []), median(&mut [3.0, 1.0, 2.0])), (None, Some(2.0)));
    }

    #[test]
    fn a_sum_loses_nothing_to_rounding() {
        let mut fold = Fold::default();
        fold.add(&[1e16, 1.0, 1.0, 1.0, -1e16]);
        assert_eq!((fold.mean(), fold.min, fold.max, fold.n), (Some(0.6), -1e16, 1e16, 5));
        assert_eq!(Fold::default().mean(), None);
        let mut huge = Fold::default();
        huge.add(&[f64::MAX, f64::MAX]);
        assert_eq!(huge.mean(), Some(f64::MAX));
    }

    #[test]
    fn values_that_come_to_more_than_a_number_can_be_have_a_mean() {
        let of = |values: &[f64]| {
            let mut fold = Fold::default();
            fold.add(values);
            fold
        };
        let is_about = |mean: Option<f64>, wanted: f64| (mean.unwrap() / wanted - 1.0).abs() < 1e-14;
        assert!(is_about(of(&[1e308, 1e308, 0.0, 0.0]).mean(), 5e307));
        assert!(is_about(of(&[-1e308, -1e308, 0.0, 0.0]).mean(), -5e307));
        assert_eq!(of(&[1e308, 1e308, -1e308, -1e308]).mean(), Some(0.0));
        // In parts, each of which may be too much or not.
        for (one, other) in
            [(&[1e308, 1e308][..], &[0.0, 0.0][..]), (&[0.0, 0.0], &[1e308, 1e308]), (&[1e308, 0.0], &[1e308, 0.0])]
        {
            let mut joined = of(one);
            joined.join(&of(other));
            assert!(is_about(joined.mean(), 5e307), "{joined:?}");
            let mut added = of(one);
            added.add(other);
            assert!(is_about(added.mean(), 5e307), "{added:?}");
        }
    }

    fn finite() -> impl Strategy<Value = f64> {
        prop_oneof![any::<f64>(), (-50i32..50).prop_map(f64::from)].prop_filter("finite", |v| v.is_finite())
    }

    proptest! {
        #[test]
        fn all_ways_find_the_same_value(values in proptest::collection::vec(finite(), 1..1_500)) {
            let expected = sorted_p95(values.clone());
            prop_assert_eq!(p95(&mut values.clone()), expected);
            let (low, high, share) = place(values.len() as u64, P95).unwrap();
            let find = |place| {
                let mut search = Search::new(place);
                loop {
                    values.chunks(7).for_each(|some| search.see(some));
                    if let Some(found) = search.turn() {
                        return found;
                    }
                }
            };
            prop_assert_eq!(Some(between(find(low), find(high), share)), expected);
        }

        #[test]
        fn parts_taken_together_are_the_whole(values in proptest::collection::vec(-1e6..1e6f64, 1..200), at in 0usize..200) {
            let (one, other) = values.split_at(at.min(values.len()));
            let (mut whole, mut joined, mut rest) = (Fold::default(), Fold::default(), Fold::default());
            whole.add(&values);
            joined.add(one);
            rest.add(other);
            joined.join(&rest);
            prop_assert_eq!((whole.n, whole.min, whole.max), (joined.n, joined.min, joined.max));
            prop_assert!((whole.mean().unwrap() - joined.mean().unwrap()).abs() <= 1e-9);
        }
    }
}
