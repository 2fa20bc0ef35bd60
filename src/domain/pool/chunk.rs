//! A run of samples of one series with what is known of them together, so that a window costs its edges and not its length.

use crate::domain::sample::is_stale_marker;

/// Samples of a chunk before the next one is begun.
pub(super) const CHUNK: usize = 64;

/// What a run of samples comes to. Ends of series (stale markers) are in none of the figures.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sum {
    /// How many samples.
    pub n: usize,
    /// The first, time in epoch milliseconds and value.
    pub first: (i64, f64),
    /// The last.
    pub last: (i64, f64),
    /// What was lost at resets: the sum of the values from which the counter fell.
    pub lost: f64,
    /// How often a value was below the one before it.
    pub n_resets: usize,
    /// How often a value was another than the one before it.
    pub n_changes: usize,
    /// The sum, with what rounding took from it.
    pub sum: (f64, f64),
    /// Lowest and highest; NaN only where nothing else was there.
    pub low: f64,
    /// Highest.
    pub high: f64,
    /// The mean so far.
    pub mean: f64,
    /// The sum of the squared distances from the mean.
    pub spread: f64,
}

impl Sum {
    /// One sample.
    pub fn of(at_ms: i64, value: f64) -> Self {
        Self {
            n: 1,
            first: (at_ms, value),
            last: (at_ms, value),
            lost: 0.0,
            n_resets: 0,
            n_changes: 0,
            sum: (value, 0.0),
            low: value,
            high: value,
            mean: value,
            spread: 0.0,
        }
    }

    /// Adds the next sample.
    pub fn push(&mut self, at_ms: i64, value: f64) {
        self.meet(value);
        self.last = (at_ms, value);
        self.n += 1;
        self.sum = added(self.sum, value);
        self.low = lower(self.low, value);
        self.high = higher(self.high, value);
        let off = value - self.mean;
        self.mean += off / count(self.n);
        self.spread += off * (value - self.mean);
    }

    /// Adds a run that comes right after this one.
    pub fn join(&mut self, next: &Self) {
        self.meet(next.first.1);
        self.lost += next.lost;
        self.n_resets += next.n_resets;
        self.n_changes += next.n_changes;
        self.last = next.last;
        self.sum = added(self.sum, next.sum.0);
        self.sum.1 += next.sum.1;
        self.low = lower(self.low, next.low);
        self.high = higher(self.high, next.high);
        let (here, there) = (count(self.n), count(next.n));
        let off = next.mean - self.mean;
        self.mean += off * (there / (here + there));
        self.spread += next.spread + off * off * (here * there / (here + there));
        self.n += next.n;
    }

    fn meet(&mut self, value: f64) {
        let before = self.last.1;
        if value < before {
            self.lost += before;
            self.n_resets += 1;
        }
        self.n_changes += usize::from(value != before && !(value.is_nan() && before.is_nan()));
    }
}

/// A sum with one value more, by Neumaier: small values beside large ones are not lost.
pub fn added((sum, rest): (f64, f64), value: f64) -> (f64, f64) {
    let total = sum + value;
    if total.is_infinite() {
        return (total, 0.0);
    }
    let lost = if sum.abs() >= value.abs() { (sum - total) + value } else { (value - total) + sum };
    (total, rest + lost)
}

/// The lower of two; NaN counts for nothing.
pub fn lower(a: f64, b: f64) -> f64 {
    if a > b || a.is_nan() { b } else { a }
}

/// The higher of two; NaN counts for nothing.
pub fn higher(a: f64, b: f64) -> f64 {
    if a < b || a.is_nan() { b } else { a }
}

/// A number of samples as a figure to divide by. Exact up to 2^32, and no window holds more.
pub fn count(n: usize) -> f64 {
    f64::from(u32::try_from(n).unwrap_or(u32::MAX))
}

/// At most [`CHUNK`] samples in a row, a few more where late ones came in between.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Chunk {
    /// Time of the first in epoch milliseconds; the others are told as distances from it.
    base: i64,
    /// How far the last is from the first. It stands here too: who looks for a window then reads no chunk but its edges.
    last: u32,
    offsets: Vec<u32>,
    values: Vec<f64>,
    sum: Option<Sum>,
    n_ends: usize,
}

impl Chunk {
    pub(super) fn begin(at_ms: i64, value: f64) -> Self {
        // Room for four: a series with few samples costs little, and a vector doubles by itself.
        let (offsets, values) = (Vec::with_capacity(4), Vec::with_capacity(4));
        let mut chunk = Self { base: at_ms, last: 0, offsets, values, sum: None, n_ends: 0 };
        chunk.append(0, value);
        chunk
    }

    pub(super) fn len(&self) -> usize {
        self.values.len()
    }

    pub(super) fn first_at(&self) -> i64 {
        self.base
    }

    pub(super) fn last_at(&self) -> i64 {
        self.base.saturating_add(i64::from(self.last))
    }

    pub(super) fn sum(&self) -> Option<&Sum> {
        self.sum.as_ref()
    }

    /// Whether a value fell anywhere in it, or a series ended: its edges must be looked at one by one then.
    pub(super) fn is_plain(&self) -> bool {
        self.n_ends == 0 && self.sum.as_ref().is_none_or(|sum| sum.n_resets == 0)
    }

    /// Adds a sample after all others; false where it is too far from the first to be told.
    pub(super) fn push(&mut self, at_ms: i64, value: f64) -> bool {
        let Ok(offset) = u32::try_from(at_ms.saturating_sub(self.base)) else { return false };
        self.append(offset, value);
        true
    }

    fn append(&mut self, offset: u32, value: f64) {
        let at_ms = self.base.saturating_add(i64::from(offset));
        self.last = offset;
        self.offsets.push(offset);
        self.values.push(value);
        if is_stale_marker(value) {
            self.n_ends += 1;
            return;
        }
        match &mut self.sum {
            Some(sum) => sum.push(at_ms, value),
            None => self.sum = Some(Sum::of(at_ms, value)),
        }
    }

    /// Walks the samples of `places`, ends of series among them.
    pub(super) fn walk(&self, places: std::ops::Range<usize>) -> impl DoubleEndedIterator<Item = (i64, f64)> + '_ {
        let offsets = self.offsets.get(places.clone()).unwrap_or_default();
        let values = self.values.get(places).unwrap_or_default();
        let at = |offset: &u32| self.base.saturating_add(i64::from(*offset));
        offsets.iter().map(at).zip(values.iter().copied())
    }

    /// The place of the first sample later than `at_ms`.
    pub(super) fn after(&self, at_ms: i64) -> usize {
        let offset = at_ms.saturating_sub(self.base);
        if offset < 0 {
            return 0;
        }
        let Some(offset) = u32::try_from(offset).ok().filter(|offset| *offset < self.last) else {
            return self.offsets.len();
        };
        // Most series come at an even pace: the place that this gives is right, or nearly.
        let there = |place: usize| self.offsets.get(place).copied();
        let steps = u64::try_from(self.offsets.len().saturating_sub(1)).unwrap_or(0);
        let guess = u64::from(offset) * steps / u64::from(self.last);
        let guess = usize::try_from(guess).unwrap_or(0);
        for place in [guess + 1, guess, guess + 2] {
            let is_before = place == 0 || there(place - 1).is_some_and(|before| before <= offset);
            if is_before && there(place).is_some_and(|after| offset < after) {
                return place;
            }
        }
        self.offsets.partition_point(|there| *there <= offset)
    }

    /// Puts a late sample where it belongs, behind those of the same time. A chunk that grew too long comes in two.
    pub(super) fn with(&self, at_ms: i64, value: f64) -> Vec<Self> {
        let mut all: Vec<(i64, f64)> = self.walk(0..self.len()).collect();
        let place = all.partition_point(|(there, _)| *there <= at_ms);
        all.insert(place, (at_ms, value));
        Self::of(all)
    }

    /// The chunk without the samples of a time; nothing where no other is in it.
    pub(super) fn without(&self, at_ms: i64) -> Vec<Self> {
        Self::of(self.walk(0..self.len()).filter(|(there, _)| *there != at_ms).collect())
    }

    fn of(all: Vec<(i64, f64)>) -> Vec<Self> {
        let size = if all.len() > 2 * CHUNK { CHUNK } else { all.len() };
        let mut chunks: Vec<Self> = Vec::new();
        for (i, (at_ms, value)) in all.into_iter().enumerate() {
            let is_told = i % size.max(1) != 0 && chunks.last_mut().is_some_and(|chunk| chunk.push(at_ms, value));
            if !is_told {
                chunks.push(Self::begin(at_ms, value));
            }
        }
        chunks
    }
}
