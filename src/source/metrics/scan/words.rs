//! Eight bytes at a time: where a byte stands, whether bytes are the same.

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGHS: u64 = ONES << 7;

/// Marks bytes that are zero by their highest bit. The lowest mark is right; above it there may be wrong ones.
#[inline]
fn zeros(word: u64) -> u64 {
    word.wrapping_sub(ONES) & !word & HIGHS
}

/// How long the text is that ends at a quote; nothing where it holds what JSON must escape, or no quote.
#[inline]
pub(super) fn plain_text(bytes: &[u8]) -> Option<usize> {
    let (words, rest) = bytes.as_chunks::<8>();
    for (at, word) in words.iter().enumerate() {
        let word = u64::from_le_bytes(*word);
        let marks = zeros(word ^ (ONES * 0x22)) | zeros(word ^ (ONES * 0x5c)) | zeros(word & (ONES * 0xe0));
        if marks != 0 {
            let at = at * 8 + (marks.trailing_zeros() / 8) as usize;
            return (bytes.get(at) == Some(&b'"')).then_some(at);
        }
    }
    let before = words.len() * 8;
    let end = rest.iter().position(|b| matches!(b, b'"' | b'\\' | 0..=0x1f))?;
    (rest.get(end) == Some(&b'"')).then_some(before + end)
}

/// Tells of every place where `wanted` stands.
#[inline]
pub(super) fn every(bytes: &[u8], wanted: u8, mut each: impl FnMut(usize)) {
    const LOWS: u64 = !HIGHS;
    let (words, rest) = bytes.as_chunks::<8>();
    let pattern = ONES * u64::from(wanted);
    for (at, word) in words.iter().enumerate() {
        let word = u64::from_le_bytes(*word) ^ pattern;
        // Exact for every byte, for each of them is asked for.
        let mut marks = !(((word & LOWS) + LOWS) | word | LOWS);
        while marks != 0 {
            each(at * 8 + (marks.trailing_zeros() / 8) as usize);
            marks &= marks - 1;
        }
    }
    let before = words.len() * 8;
    for (at, _) in rest.iter().enumerate().filter(|(_, b)| **b == wanted) {
        each(before + at);
    }
}

/// What stands behind `before`, where `bytes` begins with that; without a call for the few bytes there usually are.
#[inline]
pub(super) fn behind<'a>(bytes: &'a [u8], before: &[u8]) -> Option<&'a [u8]> {
    let (start, rest) = bytes.split_at_checked(before.len())?;
    let is_same = match (start.last_chunk::<8>(), before.last_chunk::<8>()) {
        (Some(last), Some(wanted)) => {
            let (some, _) = start.as_chunks::<8>();
            let (of_wanted, _) = before.as_chunks::<8>();
            last == wanted && some.iter().zip(of_wanted).all(|(a, b)| u64::from_le_bytes(*a) == u64::from_le_bytes(*b))
        }
        _ => start.iter().zip(before).all(|(a, b)| a == b),
    };
    is_same.then_some(rest)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn words_say_what_bytes_say(bytes in proptest::collection::vec(
            prop_oneof![any::<u8>(), Just(b'"'), Just(b'\\'), Just(0x1f), Just(b','), Just(b'-'), b'a'..=b'z'], 0..60), cut in 0usize..60)
        {
            let end = bytes.iter().position(|b| matches!(b, b'"' | b'\\' | 0..=0x1f));
            prop_assert_eq!(plain_text(&bytes), end.filter(|at| bytes[*at] == b'"'));
            for wanted in [b',', b'-', 0, 0x80] {
                let mut found = Vec::new();
                every(&bytes, wanted, |at| found.push(at));
                let expected: Vec<_> = (0..bytes.len()).filter(|at| bytes[*at] == wanted).collect();
                prop_assert_eq!(found, expected);
            }
            let before = &bytes[..cut.min(bytes.len())];
            prop_assert_eq!(behind(&bytes, before), bytes.strip_prefix(before));
            let mut other = before.to_vec();
            if let Some(last) = other.last_mut() {
                *last ^= 1;
                prop_assert_eq!(behind(&bytes, &other), None);
            }
        }
    }
}
