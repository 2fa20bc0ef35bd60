//! The recent past of one series.

use std::collections::VecDeque;

use crate::domain::{
    pool::chunk::{CHUNK, Chunk, Sum},
    sample::is_stale_marker,
};

/// The samples of one series, oldest first; those of one time in the order in which they came. Windows are `(from, until]`: open on the left.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Ring {
    chunks: VecDeque<Chunk>,
    len: usize,
    is_awaited: bool,
}

/// A series that is not told any more, and was not ended, is missed for so long (a day), in milliseconds.
pub const MISSED_MS: i64 = 86_400_000;

/// The most samples of one series: a day at one a second.
pub const SAMPLES_OF_ONE: usize = 86_400;

impl Ring {
    /// Puts a sample where its time belongs, in place of all of the same time; else as [`Ring::add`].
    pub fn push(&mut self, at_ms: i64, value: f64) -> bool {
        if self.last_at().is_some_and(|last| at_ms <= last) {
            self.forget_at(at_ms);
        }
        self.add(at_ms, value)
    }

    /// Puts a sample where its time belongs, behind those of the same time. A full ring forgets its oldest, and takes
    /// nothing that is older than all it has: false then.
    pub fn add(&mut self, at_ms: i64, value: f64) -> bool {
        let last_at = self.chunks.back().map(Chunk::last_at);
        if last_at.is_some_and(|last| at_ms < last) {
            return self.add_late(at_ms, value);
        }
        let is_told =
            self.chunks.back_mut().filter(|last| last.len() < CHUNK).is_some_and(|last| last.push(at_ms, value));
        if !is_told {
            self.chunks.push_back(Chunk::begin(at_ms, value));
        }
        self.len += 1;
        if self.len > SAMPLES_OF_ONE
            && let Some(oldest) = self.chunks.pop_front()
        {
            self.len -= oldest.len();
        }
        true
    }

    fn forget_at(&mut self, at_ms: i64) {
        let end = self.first_where(|chunk| at_ms < chunk.first_at());
        let places = self.first_where(|chunk| at_ms <= chunk.last_at())..end;
        for place in places.rev() {
            let Some(chunk) = self.chunks.remove(place) else { return };
            self.len -= chunk.len();
            for (i, chunk) in chunk.without(at_ms).into_iter().enumerate() {
                self.len += chunk.len();
                self.chunks.insert(place + i, chunk);
            }
        }
    }

    fn add_late(&mut self, at_ms: i64, value: f64) -> bool {
        let place = self.chunks.partition_point(|chunk| chunk.first_at() <= at_ms).saturating_sub(1);
        let is_oldest = self.chunks.front().is_some_and(|first| at_ms < first.first_at());
        if is_oldest && self.len >= SAMPLES_OF_ONE {
            return false;
        }
        let Some(chunk) = self.chunks.remove(place) else { return false };
        self.len -= chunk.len();
        for (i, chunk) in chunk.with(at_ms, value).into_iter().enumerate() {
            self.len += chunk.len();
            self.chunks.insert(place + i, chunk);
        }
        true
    }

    /// Notes that it is told again and again until it ends: where it is not, nobody knows what it would be.
    pub fn await_more(&mut self) {
        self.is_awaited = true;
    }

    /// When it was last told before an instant, where it should have been within `(from, until]` and was not: it has neither
    /// ended nor been silent for more than [`MISSED_MS`].
    pub fn missed_since(&self, from: i64, until: i64) -> Option<i64> {
        let is_missed = self.is_awaited && self.latest(from, until).is_none();
        let last = self.latest(until.saturating_sub(MISSED_MS), until).filter(|_| is_missed);
        last.map(|(at, _)| at)
    }

    /// Forgets what is older than `from_ms`; a few samples more may stay. Of one that is missed the last ones do.
    pub fn forget_before(&mut self, from_ms: i64, now_ms: i64) {
        let n_least = usize::from(self.missed_since(from_ms, now_ms).is_some());
        while n_least < self.chunks.len()
            && self.chunks.front().is_some_and(|first| first.last_at() < from_ms)
            && let Some(oldest) = self.chunks.pop_front()
        {
            self.len -= oldest.len();
        }
    }

    /// How many samples there are, ends of the series among them.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The time of the oldest.
    pub fn first_at(&self) -> Option<i64> {
        self.chunks.front().map(Chunk::first_at)
    }

    /// The time of the newest.
    pub fn last_at(&self) -> Option<i64> {
        self.chunks.back().map(Chunk::last_at)
    }

    /// The newest sample in `(from, until]`; nothing where the series had ended by then.
    pub fn latest(&self, from: i64, until: i64) -> Option<(i64, f64)> {
        let chunk = self.first_where(|chunk| until < chunk.first_at()).checked_sub(1);
        let chunk = self.chunks.get(chunk?)?;
        let (at, value) = chunk.walk(0..chunk.after(until)).next_back()?;
        (at > from && !is_stale_marker(value)).then_some((at, value))
    }

    /// Walks the samples in `(from, until]`, oldest first, without ends of the series.
    pub fn walk(&self, from: i64, until: i64) -> impl DoubleEndedIterator<Item = (i64, f64)> + '_ {
        let first = self.first_where(|chunk| from < chunk.last_at());
        let end = self.first_where(|chunk| until < chunk.first_at()).max(first);
        let chunks = self.chunks.range(first..end);
        let samples = chunks.flat_map(move |chunk| chunk.walk(chunk.after(from)..chunk.after(until)));
        samples.filter(|(_, value)| !is_stale_marker(*value))
    }

    /// What the samples in `(from, until]` come to. Whole chunks are not looked into.
    pub fn sum(&self, from: i64, until: i64) -> Option<Sum> {
        self.fold(from, until, |chunk, places| {
            let mut sum: Option<Sum> = None;
            for (at, value) in chunk.walk(places).filter(|(_, value)| !is_stale_marker(*value)) {
                match &mut sum {
                    Some(sum) => sum.push(at, value),
                    None => sum = Some(Sum::of(at, value)),
                }
            }
            sum
        })
    }

    /// As [`Ring::sum`], of which only number, ends and resets are right. A chunk in which nothing fell costs its two ends.
    pub fn growth(&self, from: i64, until: i64) -> Option<Sum> {
        self.fold(from, until, |chunk, places| {
            let n = places.len();
            let mut samples = chunk.walk(places).filter(|(_, value)| !is_stale_marker(*value));
            let (at, value) = samples.next()?;
            let mut sum = Sum::of(at, value);
            if chunk.is_plain() {
                sum.last = samples.next_back().unwrap_or((at, value));
                sum.n = n;
                return Some(sum);
            }
            samples.for_each(|(at, value)| sum.push(at, value));
            Some(sum)
        })
    }

    /// The place of the first chunk of which `is_later` holds; it holds of all after that one. Looks from the newest on:
    /// most windows are short, and end now.
    fn first_where(&self, is_later: impl Fn(&Chunk) -> bool) -> usize {
        let (mut end, mut stride) = (self.chunks.len(), 1);
        loop {
            let place = end.saturating_sub(stride);
            if place == 0 || !self.chunks.get(place).is_some_and(&is_later) {
                let (mut low, mut high) = (place, end);
                while low < high {
                    let middle = low.midpoint(high);
                    if self.chunks.get(middle).is_some_and(&is_later) { high = middle } else { low = middle + 1 }
                }
                return low;
            }
            end = place;
            stride = stride.saturating_mul(2);
        }
    }

    fn fold(&self, from: i64, until: i64, edge: impl Fn(&Chunk, std::ops::Range<usize>) -> Option<Sum>) -> Option<Sum> {
        let first = self.first_where(|chunk| from < chunk.last_at());
        let end = self.first_where(|chunk| until < chunk.first_at()).max(first);
        let mut all: Option<Sum> = None;
        for chunk in self.chunks.range(first..end) {
            let is_whole = from < chunk.first_at() && chunk.last_at() <= until;
            let part = if is_whole { chunk.sum().copied() } else { edge(chunk, chunk.after(from)..chunk.after(until)) };
            match (&mut all, part) {
                (Some(all), Some(part)) => all.join(&part),
                (None, part) => all = part,
                (Some(_), None) => {}
            }
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn stale() -> f64 {
        f64::from_bits(0x7ff0_0000_0000_0002)
    }

    #[test]
    fn late_samples_find_their_place_and_equal_times_replace() {
        let mut ring = Ring::default();
        for at in (0..1_000).step_by(2).chain((1..1_000).step_by(2)) {
            assert!(ring.push(at, 1.0));
        }
        ring.push(500, 7.0);
        assert_eq!((ring.len(), ring.last_at()), (1_000, Some(999)));
        assert_eq!(ring.walk(498, 501).collect::<Vec<_>>(), [(499, 1.0), (500, 7.0), (501, 1.0)]);
        assert_eq!(ring.walk(-1, 999).map(|(at, _)| at).collect::<Vec<_>>(), (0..1_000).collect::<Vec<i64>>());
    }

    #[test]
    fn samples_of_one_time_all_count_until_one_takes_their_place() {
        let mut ring = Ring::default();
        for n in 0..300 {
            assert!(ring.add(1_000 + n / 100, if n % 100 == 99 { 10.0 } else { 900.0 }));
        }
        assert!(ring.add(1_000, 5.0));
        let sum = ring.sum(999, 1_002).unwrap();
        assert_eq!((ring.len(), sum.n, sum.low, sum.high, sum.sum.0), (301, 301, 5.0, 900.0, 297.0 * 900.0 + 35.0));
        assert_eq!((ring.sum(1_000, 1_001).unwrap().n, ring.growth(1_000, 1_001).unwrap().n), (100, 100));
        assert_eq!((ring.latest(0, 1_000), ring.latest(0, 1_001)), (Some((1_000, 5.0)), Some((1_001, 10.0))));
        for (at, left) in [(1_001, 202), (1_000, 102), (1_002, 3)] {
            assert!(ring.push(at, 7.0));
            assert_eq!((ring.len(), ring.walk(at - 1, at).collect::<Vec<_>>()), (left, vec![(at, 7.0)]));
        }
        assert!(ring.walk(0, 2_000).map(|(at, _)| at).is_sorted());
    }

    #[test]
    fn an_ended_series_has_no_latest_value_and_its_end_is_in_no_window() {
        let mut ring = Ring::default();
        for (at, value) in [(0, 1.0), (10, stale()), (20, 3.0)] {
            ring.push(at, value);
        }
        assert_eq!(ring.latest(-300, 9), Some((0, 1.0)));
        assert_eq!(ring.latest(-300, 15), None);
        assert_eq!(ring.latest(0, 0), None);
        assert_eq!(ring.walk(-1, 20).count(), 2);
        assert_eq!(ring.sum(-1, 20).unwrap().n, 2);
    }

    #[test]
    fn a_full_ring_forgets_its_oldest() {
        let mut ring = Ring::default();
        for at in 0..=i64::try_from(SAMPLES_OF_ONE).unwrap() {
            ring.push(at, 0.0);
        }
        assert!(ring.len() <= SAMPLES_OF_ONE && ring.len() > SAMPLES_OF_ONE - 2 * CHUNK);
        ring.forget_before(80_000, 80_000);
        assert!(ring.walk(i64::MIN, i64::MAX).next().unwrap().0 > 80_000 - 2 * 64);
    }

    proptest! {
        #[test]
        fn a_window_comes_to_what_its_samples_come_to(
            values in proptest::collection::vec((0i64..400, prop_oneof![
                4 => (-50i32..50).prop_map(f64::from), 1 => Just(f64::NAN), 1 => Just(stale()),
            ]), 0..300), from in -10i64..400, length in 0i64..400,
        ) {
            let mut ring = Ring::default();
            for (at, value) in &values {
                ring.add(*at / 5 * 5, *value);
            }
            prop_assert_eq!(ring.walk(-1, 400).map(|(at, _)| at).is_sorted(), true);
            let until = from + length;
            let samples: Vec<(i64, f64)> = ring.walk(from, until).collect();
            let mut plain: Option<Sum> = None;
            for (at, value) in &samples {
                match &mut plain {
                    Some(sum) => sum.push(*at, *value),
                    None => plain = Some(Sum::of(*at, *value)),
                }
            }
            let (fast, growth) = (ring.sum(from, until), ring.growth(from, until));
            prop_assert_eq!(fast.is_some(), plain.is_some());
            if let (Some(fast), Some(growth), Some(plain)) = (fast, growth, plain) {
                let same = |a: f64, b: f64| (a.is_nan() && b.is_nan()) || (a - b).abs() < 1e-9 * (1.0 + a.abs());
                prop_assert_eq!((fast.n, fast.n_resets, fast.n_changes), (plain.n, plain.n_resets, plain.n_changes));
                prop_assert!(same(fast.low, plain.low) && same(fast.high, plain.high));
                prop_assert!(same(fast.sum.0 + fast.sum.1, plain.sum.0 + plain.sum.1));
                prop_assert!(same(fast.mean, plain.mean) && same(fast.spread, plain.spread));
                prop_assert_eq!((growth.n, growth.first.0, growth.last.0), (plain.n, plain.first.0, plain.last.0));
                prop_assert!(same(growth.lost, plain.lost) && same(fast.lost, plain.lost));
                prop_assert!(same(growth.last.1, plain.last.1) && same(growth.first.1, plain.first.1));
            }
        }
    }
}
