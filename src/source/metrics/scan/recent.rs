//! Short texts that were looked up before, found again by all their bytes at once: whatever their length, the same steps.

/// The longest text that is remembered, in words of eight bytes.
const WORDS: usize = 8;

/// How many places there are.
const SLOTS: usize = 4_096;

/// From the right place on: what belongs to a text, and what to that which comes behind it.
const MASKS: [[u8; WORDS * 8]; 2] = [[0xff; WORDS * 8], [0; WORDS * 8]];

/// Texts of at most `W` words and their numbers; a later one may take the place of an earlier one.
#[derive(Debug)]
pub(super) struct Recent<const W: usize> {
    slots: Box<[Slot<W>]>,
    factors: [u64; W],
}

#[derive(Debug, Clone, Copy)]
struct Slot<const W: usize> {
    text: [u64; W],
    len: usize,
    number: u32,
}

impl<const W: usize> Recent<W> {
    /// Nothing yet; the seed decides where texts are kept.
    pub(super) fn new(seed: u64) -> Self {
        let nothing = Slot { text: [0; W], len: usize::MAX, number: 0 };
        let mut factor = seed;
        let factors = [(); W].map(|()| {
            factor = factor.wrapping_add(0x9e37_79b9_7f4a_7c15).rotate_left(23).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            factor | 1
        });
        Self { slots: vec![nothing; SLOTS].into_boxed_slice(), factors }
    }

    /// The number of the text that is the first `len` bytes. Nothing where it was not seen lately, and where fewer bytes
    /// than the longest text has stand there.
    #[inline]
    pub(super) fn find(&self, bytes: &[u8], len: usize) -> Option<u32> {
        let text = padded::<W>(bytes, len)?;
        let place = self.place(&text, len);
        let slot = self.slots.get(place)?;
        if slot.len == len && is_same(&slot.text, &text) {
            return Some(slot.number);
        }
        let slot = self.slots.get(place ^ 1)?;
        (slot.len == len && is_same(&slot.text, &text)).then_some(slot.number)
    }

    /// Remembers a text.
    pub(super) fn put(&mut self, bytes: &[u8], len: usize, number: u32) {
        let Some(text) = padded::<W>(bytes, len) else { return };
        let place = self.place(&text, len);
        let first = self.slots.get(place).copied();
        if let (Some(first), Some(second)) = (first, self.slots.get_mut(place ^ 1)) {
            *second = first;
        }
        if let Some(slot) = self.slots.get_mut(place) {
            *slot = Slot { text, len, number };
        }
    }

    #[inline]
    fn place(&self, text: &[u64; W], len: usize) -> usize {
        let mut sum = len as u64;
        for (word, factor) in text.iter().zip(&self.factors) {
            // The upper half decides: the lower bits of a product know nothing of the upper ones of the word.
            let word = word ^ word >> 32;
            sum = sum.wrapping_add(word.wrapping_mul(*factor));
        }
        (sum >> 48) as usize % SLOTS
    }
}

/// Without a call, and without stopping at the first difference.
#[inline]
fn is_same<const W: usize>(one: &[u64; W], other: &[u64; W]) -> bool {
    one.iter().zip(other).fold(0, |apart, (a, b)| apart | (a ^ b)) == 0
}

/// The text, and zeros behind it.
#[inline]
fn padded<const W: usize>(bytes: &[u8], len: usize) -> Option<[u64; W]> {
    let words = bytes.as_chunks::<8>().0.first_chunk::<W>()?;
    if len > W * 8 {
        return None;
    }
    let (masks, _) = MASKS.as_flattened().get((WORDS * 8).checked_sub(len)?..)?.as_chunks::<8>();
    let mut out = [0; W];
    for ((to, word), mask) in out.iter_mut().zip(words).zip(masks) {
        *to = u64::from_le_bytes(*word) & u64::from_le_bytes(*mask);
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_text_found_again_is_the_same_text(
            texts in proptest::collection::vec("[ab\0]{0,40}", 1..300), behind in "[ab\0]{64}", seed in any::<u64>())
        {
            let (mut recent, mut known) = (Recent::<4>::new(seed), HashMap::new());
            for text in &texts {
                let bytes = format!("{text}{behind}");
                let next = known.len() as u32;
                let number = *known.entry(text).or_insert(next);
                if let Some(found) = recent.find(bytes.as_bytes(), text.len()) {
                    prop_assert_eq!(found, number);
                }
                recent.put(bytes.as_bytes(), text.len(), number);
                let found = recent.find(format!("{text}{}", "c".repeat(64)).as_bytes(), text.len());
                prop_assert_eq!(found, (text.len() <= 32).then_some(number));
                prop_assert_eq!(recent.find(text.as_bytes(), text.len()), (text.len() == 32).then_some(number));
            }
        }
    }
}
