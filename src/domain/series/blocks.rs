//! Samples in order, in blocks with what is known of each: what is asked of a long stretch costs its edges, and no sample is
//! ever moved to a larger place.

use std::{collections::VecDeque, ops::Range};

use super::{Column, Sample};

/// Samples of a block before the next one is begun; one in which late ones came may hold twice as many.
pub(super) const BLOCK: usize = 64;

/// Samples, oldest first; those of one stamp in the order in which they came.
#[derive(Debug, Clone, Default)]
pub(super) struct Blocks {
    blocks: VecDeque<Block>,
    len: usize,
}

/// Part of a stretch of time, with what was in it.
pub(super) enum Piece<'a> {
    /// One sample.
    One(Sample),
    /// Several together.
    Many(&'a Sum),
}

/// What samples come to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sum {
    column: Column,
    count: f64,
}

#[derive(Debug, Clone)]
struct Block {
    samples: Vec<Sample>,
    /// So many of the first are forgotten; the sum knows them still.
    n_gone: usize,
    sum: Sum,
}

/// The place of a sample: its block, and where it is in it.
type At = (usize, usize);

impl Blocks {
    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn last(&self) -> Option<Sample> {
        self.blocks.back()?.samples.last().copied()
    }

    pub(super) fn first(&self) -> Option<Sample> {
        self.blocks.front()?.kept().first().copied()
    }

    /// Adds a sample that is not before any other.
    pub(super) fn push(&mut self, sample: Sample) {
        self.len += 1;
        match self.blocks.back_mut().filter(|last| last.samples.len() < BLOCK) {
            Some(last) => {
                last.samples.push(sample);
                last.sum.add(sample.value);
            }
            None => self.blocks.push_back(Block::of(vec![sample])),
        }
    }

    /// Forgets the oldest.
    pub(super) fn forget_first(&mut self) {
        let Some(first) = self.blocks.front_mut() else { return };
        self.len -= 1;
        first.n_gone += 1;
        if first.kept().is_empty() {
            self.blocks.pop_front();
        }
    }

    /// Forgets all samples with a stamp; tells whether there were any.
    pub(super) fn remove(&mut self, at_ms: i64) -> bool {
        let before = self.len;
        let first = self.blocks.partition_point(|block| block.last_at() < at_ms);
        while let Some(block) = self.blocks.get_mut(first).filter(|block| block.first_at() <= at_ms) {
            let (kept, n) = (block.kept(), block.kept().len());
            let rest: Vec<Sample> = kept.iter().filter(|sample| sample.at_ms != at_ms).copied().collect();
            self.len -= n - rest.len();
            if !rest.is_empty() {
                // What goes on in the next block begins there with this stamp.
                let goes_on = rest.last().is_some_and(|last| last.at_ms < at_ms);
                *block = Block::of(rest);
                if goes_on && self.blocks.get(first + 1).is_some_and(|next| next.first_at() == at_ms) {
                    self.remove(at_ms);
                }
                break;
            }
            self.blocks.remove(first);
        }
        self.len < before
    }

    /// Puts a late sample where it belongs, behind those with its stamp.
    pub(super) fn insert(&mut self, sample: Sample) {
        let at = self.blocks.partition_point(|block| block.first_at() <= sample.at_ms).saturating_sub(1);
        let Some(block) = self.blocks.get_mut(at) else {
            return self.push(sample);
        };
        let mut samples = block.kept().to_vec();
        let place = samples.partition_point(|there| there.at_ms <= sample.at_ms);
        samples.insert(place, sample);
        let rest = if samples.len() > 2 * BLOCK { samples.split_off(BLOCK) } else { Vec::new() };
        *block = Block::of(samples);
        if !rest.is_empty() {
            self.blocks.insert(at + 1, Block::of(rest));
        }
        self.len += 1;
    }

    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = Sample> + '_ {
        self.blocks.iter().flat_map(|block| block.kept().iter().copied())
    }

    /// Walks the samples at `from_ms` or later, touching no other.
    pub(super) fn since(&self, from_ms: i64) -> impl DoubleEndedIterator<Item = Sample> + '_ {
        let (block, _) = self.first_from(from_ms);
        let later = move |block: &Block| block.after(from_ms)..block.samples.len();
        self.blocks.range(block..).flat_map(move |block| block.walk(later(block)))
    }

    /// The newest sample before `from_ms`.
    pub(super) fn before(&self, from_ms: i64) -> Option<Sample> {
        let (block, place) = self.first_from(from_ms);
        let here = self.blocks.get(block).and_then(|block| block.kept().get(..place - block.n_gone)?.last());
        let before = || self.blocks.get(block.checked_sub(1)?)?.samples.last();
        here.or_else(before).copied()
    }

    /// Tells what was in the slices of time that begin where the one before ends, the first at `from`; `ends` ascend. The
    /// slice is told by its number.
    pub(super) fn slices<'a>(
        &'a self,
        from: i64,
        ends: impl IntoIterator<Item = i64>,
        tell: &mut dyn FnMut(usize, Piece<'a>),
    ) {
        let (mut at, mut next) = self.first_from(from);
        for (slice, end) in ends.into_iter().enumerate() {
            while let Some(block) = self.blocks.get(at) {
                let is_whole = block.n_gone == 0 && next == 0 && block.last_at() < end;
                if is_whole {
                    tell(slice, Piece::Many(&block.sum));
                } else {
                    for sample in block.walk(next..block.samples.len()).take_while(|sample| sample.at_ms < end) {
                        next += 1;
                        tell(slice, Piece::One(sample));
                    }
                }
                if !is_whole && next < block.samples.len() {
                    break;
                }
                at += 1;
                next = self.blocks.get(at).map_or(0, |block| block.n_gone);
            }
        }
    }

    fn first_from(&self, from_ms: i64) -> At {
        let block = self.blocks.partition_point(|block| block.last_at() < from_ms);
        (block, self.blocks.get(block).map_or(0, |block| block.after(from_ms)))
    }
}

impl PartialEq for Blocks {
    fn eq(&self, other: &Self) -> bool {
        self.len == other.len && self.iter().eq(other.iter())
    }
}

impl Sum {
    /// One value.
    pub(super) fn of(value: f64) -> Self {
        Self { column: Column { low: value, high: value, mean: value }, count: 1.0 }
    }

    /// Lowest, highest and mean.
    pub(super) fn column(&self) -> Column {
        self.column
    }

    pub(super) fn add(&mut self, value: f64) {
        self.join(&Self::of(value));
    }

    pub(super) fn join(&mut self, other: &Self) {
        let (ours, theirs) = (self.column, other.column);
        let (low, high) = (ours.low.min(theirs.low), ours.high.max(theirs.high));
        self.count += other.count;
        // Weighted, not summed: a sum of large finite values may not be finite.
        let share = other.count / self.count;
        let mean = ours.mean * (1.0 - share) + theirs.mean * share;
        self.column = Column { low, high, mean: mean.max(low).min(high) };
    }
}

impl Block {
    /// Samples in order, at least one.
    fn of(samples: Vec<Sample>) -> Self {
        let mut values = samples.iter().map(|sample| sample.value);
        let mut sum = Sum::of(values.next().unwrap_or_default());
        values.for_each(|value| sum.add(value));
        Self { samples, n_gone: 0, sum }
    }

    fn kept(&self) -> &[Sample] {
        self.samples.get(self.n_gone..).unwrap_or_default()
    }

    fn first_at(&self) -> i64 {
        self.kept().first().map_or(i64::MAX, |sample| sample.at_ms)
    }

    fn last_at(&self) -> i64 {
        self.samples.last().map_or(i64::MAX, |sample| sample.at_ms)
    }

    /// The place of the first sample at `from_ms` or later.
    fn after(&self, from_ms: i64) -> usize {
        self.n_gone + self.kept().partition_point(|sample| sample.at_ms < from_ms)
    }

    fn walk(&self, places: Range<usize>) -> impl DoubleEndedIterator<Item = Sample> + '_ {
        self.samples.get(places).unwrap_or_default().iter().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(n: i64) -> Blocks {
        let mut blocks = Blocks::default();
        (0..n).for_each(|at_ms| blocks.push(Sample { at_ms, value: at_ms as f64 }));
        blocks
    }

    fn pieces(blocks: &Blocks, from: i64, until: i64, n: i64) -> usize {
        let mut told = 0;
        let ends = (1..=n).map(|slice| from + (until - from) * slice / n);
        blocks.slices(from, ends, &mut |_, _| told += 1);
        told
    }

    #[test]
    fn a_long_past_costs_its_edges_and_not_its_samples() {
        for samples in [25_000, 50_000, 100_000] {
            let told = pieces(&filled(samples), 7, samples - 7, 48);
            let edges = 49 * BLOCK + usize::try_from(samples).unwrap() / BLOCK;
            assert!(told < edges, "{told} of {samples} were looked at");
        }
        let many = filled(100_000);
        assert_eq!(pieces(&many, 99_000, 99_010, 1), 10);
    }

    #[test]
    fn what_is_forgotten_is_in_no_slice_and_takes_no_room() {
        let mut blocks = filled(1_000);
        (0..900).for_each(|_| blocks.forget_first());
        assert_eq!((blocks.len(), blocks.blocks.len(), pieces(&blocks, 0, 960, 1)), (100, 2, 60));
        assert_eq!(
            (blocks.first().unwrap().at_ms, blocks.before(900), blocks.before(901)),
            (900, None, blocks.first())
        );
        (0..100).for_each(|_| blocks.forget_first());
        assert_eq!((blocks.len(), blocks.blocks.len(), blocks.first()), (0, 0, None));
    }

    #[test]
    fn late_samples_do_not_make_a_block_grow_for_ever() {
        let mut blocks = filled(2);
        blocks.push(Sample { at_ms: 100_000, value: 0.0 });
        for at_ms in (2..5_000).rev() {
            blocks.insert(Sample { at_ms, value: 1.0 });
        }
        assert!(blocks.remove(100_000) && !blocks.remove(100_000));
        blocks.insert(Sample { at_ms: 100_000, value: 1.0 });
        assert_eq!(blocks.len(), 5_001);
        assert!(blocks.blocks.iter().all(|block| block.samples.len() <= 2 * BLOCK));
    }
}
