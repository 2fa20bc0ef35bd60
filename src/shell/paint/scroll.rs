//! Finding rows that only moved.
//!
//! Panes stand beside each other, so whole rows rarely match: each row is cut into chunks, and every changed chunk that
//! stood elsewhere in the same columns votes for that distance. The best distances are only proposals; whether one pays is
//! for a trial encoding to say.

use std::hash::{Hash, Hasher};

use super::grid::{Grid, Spot};

/// Rows `top..bottom` moved up by `by`, down when negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shift {
    pub(super) top: usize,
    pub(super) bottom: usize,
    pub(super) by: isize,
}

/// Columns of one chunk: narrower than any pane, wide enough to tell rows apart.
const CHUNK: usize = 8;

/// Rows inside a moved block that may differ: the cursor bar before and after.
const GAP: usize = 3;

/// How many distances are proposed. Each costs one trial encoding.
const PROPOSALS: usize = 2;

/// The likeliest shifts, best first.
pub(super) fn proposals(front: &Grid, next: &Grid) -> Vec<Shift> {
    let (old, new) = (chunks(front), chunks(next));
    let height = next.height.cast_signed();
    let mut votes: Vec<(usize, isize)> = (-height..=height).map(|by| (0, by)).collect();
    for_each_match(&old, &new, |_, by| {
        if let Some(vote) = usize::try_from(by + height).ok().and_then(|i| votes.get_mut(i)) {
            vote.0 += 1;
        }
    });
    votes.retain(|(n, by)| *n > 1 && *by != 0);
    votes.sort_by_key(|(n, by)| (usize::MAX - n, by.unsigned_abs()));
    votes.truncate(PROPOSALS);
    votes.iter().filter_map(|(_, by)| block(&old, &new, *by)).collect()
}

/// The largest block of rows that moved by `by`.
fn block(old: &[Vec<Option<u64>>], new: &[Vec<Option<u64>>], by: isize) -> Option<Shift> {
    let mut weights = vec![0_usize; new.len()];
    for_each_match(old, new, |y, found| {
        if found == by
            && let Some(weight) = weights.get_mut(y)
        {
            *weight += 1;
        }
    });
    let mut best = (0, 0, 0);
    let mut run = (0, 0, 0);
    for (y, weight) in weights.iter().enumerate().filter(|(_, weight)| **weight > 0) {
        run = if run.0 > 0 && y - run.2 <= GAP { (run.0 + weight, run.1, y) } else { (*weight, y, y) };
        best = if run.0 > best.0 { run } else { best };
    }
    let (_, first, last) = best;
    let top = first.min(first.checked_add_signed(by)?);
    let bottom = 1 + last.max(last.checked_add_signed(by)?);
    (top + by.unsigned_abs() < bottom && bottom <= new.len()).then_some(Shift { top, bottom, by })
}

/// Calls `found(row, distance)` for each changed chunk of `new` and each row of `old` where it stood.
fn for_each_match(old: &[Vec<Option<u64>>], new: &[Vec<Option<u64>>], mut found: impl FnMut(usize, isize)) {
    for (y, (was, row)) in old.iter().zip(new).enumerate() {
        for (c, (before, chunk)) in was.iter().zip(row).enumerate() {
            if chunk.is_none() || before == chunk {
                continue;
            }
            for (from, source) in old.iter().enumerate() {
                if source.get(c) == Some(chunk) {
                    found(y, from.cast_signed() - y.cast_signed());
                }
            }
        }
    }
}

/// The fingerprints of each row's chunks; nothing for a chunk that is all blank, which proves no movement.
fn chunks(grid: &Grid) -> Vec<Vec<Option<u64>>> {
    (0..grid.height).map(|y| grid.row(y).chunks(CHUNK).map(fingerprint).collect()).collect()
}

fn fingerprint(spots: &[Spot]) -> Option<u64> {
    if spots.iter().all(Spot::is_blank) {
        return None;
    }
    let mut mix = Mix(0);
    spots.hash(&mut mix);
    Some(mix.finish())
}

/// A hash for short keys nobody can profit from colliding: a wrong match only loses a trial encoding.
struct Mix(u64);

impl Mix {
    fn add(&mut self, n: u64) {
        // The multiplier is 2^64 divided by the golden ratio.
        self.0 = (self.0.rotate_left(5) ^ n).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
}

impl Hasher for Mix {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.add(u64::from(*byte)));
    }

    fn write_u8(&mut self, n: u8) {
        self.add(u64::from(n));
    }

    fn write_u32(&mut self, n: u32) {
        self.add(u64::from(n));
    }

    fn write_isize(&mut self, n: isize) {
        self.add(n.cast_unsigned() as u64);
    }

    fn write_usize(&mut self, n: usize) {
        self.add(n as u64);
    }
}

#[cfg(test)]
mod tests {
    use super::super::color::Depth;
    use super::*;
    use ratatui::buffer::Buffer;

    fn grid(lines: &[&str]) -> Grid {
        Grid::of(&Buffer::with_lines(lines.to_vec()), Depth::TrueColor)
    }

    #[test]
    fn a_list_that_moved_up_is_found_between_its_title_and_its_foot() {
        let front = grid(&["title   ", "one     ", "two     ", "three   ", "four    ", "foot    "]);
        let next = grid(&["title   ", "two     ", "three   ", "four    ", "five    ", "foot    "]);
        assert_eq!(proposals(&front, &next).first(), Some(&Shift { top: 1, bottom: 5, by: 1 }));
        assert_eq!(proposals(&next, &front).first(), Some(&Shift { top: 1, bottom: 5, by: -1 }));
    }

    #[test]
    fn a_pane_beside_the_list_does_not_hide_the_movement() {
        let front = grid(&["one     detail a", "two     detail b", "three   detail c", "four    detail d"]);
        let next = grid(&["two     detail a", "three   detail b", "four    detail c", "five    detail d"]);
        assert_eq!(proposals(&front, &next).first(), Some(&Shift { top: 0, bottom: 4, by: 1 }));
    }

    #[test]
    fn nothing_is_proposed_when_nothing_moved() {
        let front = grid(&["one     ", "two     "]);
        assert_eq!(proposals(&front, &front), []);
        assert_eq!(proposals(&front, &grid(&["three   ", "four    "])), []);
    }
}
