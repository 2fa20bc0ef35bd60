//! Where the delimiters and the ends of lines stand, found for many lines at once: without a guess about how far the next
//! one is, which for values of all lengths would be wrong every other time.

/// How much text is looked through at once: it and its marks stay in the first cache.
pub(super) const WINDOW: usize = 12 * 1024;

/// As many bytes make one mask.
const CHUNK: usize = 64;

/// So many places of a mask are written whether they are marks or not.
const USUAL: usize = 8;

/// Places of two bytes in a text of at most [`WINDOW`] bytes.
#[derive(Debug)]
pub(super) struct Marks {
    places: Box<[u32; WINDOW + CHUNK]>,
}

impl Default for Marks {
    fn default() -> Self {
        Self { places: Box::new([0; WINDOW + CHUNK]) }
    }
}

impl Marks {
    /// Finds every place of either byte in the first [`WINDOW`] bytes of `text`, in order.
    pub(super) fn find(&mut self, text: &[u8], wanted: [u8; 2]) -> &[u32] {
        let text = text.get(..WINDOW).unwrap_or(text);
        let (chunks, rest) = text.as_chunks::<CHUNK>();
        let (mut n, mut from) = (0, 0);
        for chunk in chunks {
            n = self.note(n, from, mask(chunk, wanted));
            from += CHUNK as u32;
        }
        let mut last = [0; CHUNK];
        for (to, byte) in last.iter_mut().zip(rest) {
            *to = *byte;
        }
        let valid = !u64::MAX.unbounded_shl(rest.len() as u32);
        n = self.note(n, from, mask(&last, wanted) & valid);
        self.places.get(..n).unwrap_or_default()
    }

    /// Where each cell of a line ends; nothing for a line longer than [`WINDOW`].
    pub(super) fn cells(&mut self, line: &[u8], delimiter: u8) -> Option<&[u32]> {
        if line.len() > WINDOW {
            return None;
        }
        let n = self.find(line, [delimiter; 2]).len();
        *self.places.get_mut(n)? = u32::try_from(line.len()).ok()?;
        self.places.get(..=n)
    }

    /// Writes the places of a mask behind the first `n`; says how many there are then.
    #[inline]
    fn note(&mut self, n: usize, from: u32, mut mask: u64) -> usize {
        let count = mask.count_ones() as usize;
        let Some(room) = self.places.get_mut(n..) else { return n };
        let (usual, more) = room.split_at_mut(USUAL.min(room.len()));
        for place in usual {
            *place = from + mask.trailing_zeros();
            mask &= mask.wrapping_sub(1);
        }
        if mask != 0 {
            for place in more {
                *place = from + mask.trailing_zeros();
                mask &= mask.wrapping_sub(1);
                if mask == 0 {
                    break;
                }
            }
        }
        n + count
    }
}

/// The bit of each of eight words: the compiler makes a few wide steps of what is written for single bytes.
const BITS: [[u8; 8]; 8] = [[1; 8], [2; 8], [4; 8], [8; 8], [16; 8], [32; 8], [64; 8], [128; 8]];

/// A bit for each byte that is one of the two. Not inlined: among other code the compiler does not see the wide steps.
#[inline(never)]
fn mask(chunk: &[u8; CHUNK], wanted: [u8; 2]) -> u64 {
    let mut bits = [0_u8; CHUNK];
    for ((to, byte), bit) in bits.iter_mut().zip(chunk).zip(BITS.as_flattened()) {
        let is_wanted = (*byte == wanted[0]) | (*byte == wanted[1]);
        *to = u8::from(is_wanted).wrapping_neg() & bit;
    }
    let (parts, _) = bits.as_chunks::<16>();
    let both = parts.iter().fold(0, |all, part| all | u128::from_le_bytes(*part));
    turned(both as u64 | (both >> 64) as u64)
}

/// Eight rows of eight bits, their columns as rows.
#[inline]
fn turned(bits: u64) -> u64 {
    [(0x00aa_00aa_00aa_00aa, 7), (0x0000_cccc_0000_cccc, 14), (0x0000_0000_f0f0_f0f0, 28)].iter().fold(
        bits,
        |bits, (some, by)| {
            let apart = (bits ^ bits >> by) & some;
            bits ^ apart ^ apart << by
        },
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_mark_is_found_and_no_other(
            some in proptest::collection::vec(prop_oneof![3 => any::<u8>(), 1 => Just(b','), 1 => Just(b'\n')], 0..300),
            times in 1usize..60, wanted in any::<[u8; 2]>())
        {
            let text = some.repeat(times);
            let text = &text[..text.len().min(WINDOW)];
            let mut marks = Marks::default();
            for wanted in [wanted, *b",\n", [b'\n', b'\n']] {
                let expected: Vec<u32> =
                    (0..).zip(text).filter(|(_, byte)| wanted.contains(byte)).map(|(at, _)| at).collect();
                prop_assert_eq!(marks.find(text, wanted), &expected);
            }
            let lengths = text.split(|byte| *byte == b',').map(<[u8]>::len);
            let ends: Vec<u32> = lengths.scan(0, |at, len| { *at += len as u32 + 1; Some(*at - 1) }).collect();
            prop_assert_eq!(marks.cells(text, b','), Some(ends.as_slice()));
        }
    }

    #[test]
    fn a_window_of_nothing_else_has_room() {
        let text = [b','; WINDOW + 5];
        assert_eq!(Marks::default().find(&text, *b",\n").len(), WINDOW);
        assert_eq!(Marks::default().find(b"", *b",\n").len(), 0);
    }
}
