//! Eight bytes at a time: where a byte stands, whether bytes are the same.

pub(super) const ONES: u64 = 0x0101_0101_0101_0101;
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

/// The eight bytes that end before `end`.
#[inline]
pub(super) fn before(text: &[u8], end: usize) -> Option<u64> {
    text.get(end.checked_sub(8)?..end)?.first_chunk().map(|word| u64::from_le_bytes(*word))
}

/// What the digits come to that each of the bytes is, the first one the highest; nothing where one is none.
#[inline]
pub(super) fn eight_digits(digits: u64) -> Option<u64> {
    if (digits | digits.wrapping_add(ONES * 0x76)) & HIGHS != 0 {
        return None;
    }
    // Two, four and eight neighbours become one number.
    const PAIRS: u64 = 0x0000_00ff_0000_00ff;
    let pairs = digits.wrapping_mul(10).wrapping_add(digits >> 8);
    let upper = (pairs & PAIRS).wrapping_mul(100 + (1_000_000 << 32));
    let lower = (pairs >> 16 & PAIRS).wrapping_mul(1 + (10_000 << 32));
    Some(upper.wrapping_add(lower) >> 32)
}

/// Marks the bytes that are this one by their highest bit. The lowest mark is right; above it there may be wrong ones.
#[inline]
pub(super) fn equal(word: u64, wanted: u8) -> u64 {
    zeros(word ^ (ONES * u64::from(wanted)))
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
            prop_oneof![any::<u8>(), Just(b'"'), Just(b'\\'), Just(0x1f), Just(b','), Just(b'-'), b'a'..=b'z'], 0..60), digits in 0u64..100_000_000, cut in 0usize..60)
        {
            let word = u64::from_le_bytes(*format!("{digits:08}").as_bytes().first_chunk().unwrap());
            prop_assert_eq!(eight_digits(word ^ (ONES * 0x30)), Some(digits));
            let end = bytes.iter().position(|b| matches!(b, b'"' | b'\\' | 0..=0x1f));
            prop_assert_eq!(plain_text(&bytes), end.filter(|at| bytes[*at] == b'"'));
            for (place, some) in bytes.windows(8).enumerate() {
                prop_assert_eq!(before(&bytes, place + 8), Some(u64::from_le_bytes(some.try_into().unwrap())));
                let written = str::from_utf8(some).ok().filter(|some| some.bytes().all(|b| b.is_ascii_digit()));
                let digits = u64::from_le_bytes(some.try_into().unwrap()) ^ (ONES * 0x30);
                prop_assert_eq!(eight_digits(digits), written.map(|some| some.parse().unwrap()));
            }
            prop_assert_eq!(before(&bytes, 7), None);
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
