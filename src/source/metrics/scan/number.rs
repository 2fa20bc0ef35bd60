//! Decimal numbers, nearly all of which have few enough digits to be exact at once.

use super::words;

/// Powers of ten that a double holds exactly.
const TENS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
    1e21, 1e22,
];

/// A number at the start of some bytes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Number<'a> {
    /// Its bytes: ASCII, as JSON writes numbers.
    pub text: &'a [u8],
    /// Its digits without the point, where it has at most 15 and no exponent.
    exact: Option<u64>,
    /// How many of them stand behind the point.
    decimals: usize,
    /// Whether it has no point and no exponent.
    pub is_whole: bool,
}

/// Reads a number by JSON's grammar off the start of `bytes`; what stands behind it is the caller's to judge.
#[inline]
pub(super) fn leading(bytes: &[u8]) -> Option<Number<'_>> {
    let is_negative = bytes.first() == Some(&b'-');
    let (mut at, mut mantissa) = (usize::from(is_negative), 0_u64);
    let start = at;
    while let Some(d) = digit(bytes, at) {
        mantissa = mantissa.wrapping_mul(10).wrapping_add(d);
        at += 1;
    }
    let whole = at - start;
    // JSON writes no leading zeros.
    if whole == 0 || (whole > 1 && bytes.get(start) == Some(&b'0')) {
        return None;
    }
    let mut decimals = 0;
    let mut is_whole = true;
    if bytes.get(at) == Some(&b'.') {
        at += 1;
        let first = at;
        while let Some(d) = digit(bytes, at) {
            mantissa = mantissa.wrapping_mul(10).wrapping_add(d);
            at += 1;
        }
        decimals = at - first;
        is_whole = false;
        if decimals == 0 {
            return None;
        }
    }
    let mut exact = (whole + decimals <= 15).then_some(mantissa);
    if matches!(bytes.get(at), Some(b'e' | b'E')) {
        at += 1;
        at += usize::from(matches!(bytes.get(at), Some(b'+' | b'-')));
        let first = at;
        while digit(bytes, at).is_some() {
            at += 1;
        }
        if at == first {
            return None;
        }
        (exact, is_whole) = (None, false);
    }
    Some(Number { text: bytes.get(..at)?, exact, decimals, is_whole })
}

#[inline]
fn digit(bytes: &[u8], at: usize) -> Option<u64> {
    let d = bytes.get(at)?.wrapping_sub(b'0');
    (d < 10).then_some(u64::from(d))
}

impl Number<'_> {
    /// Its value, the nearest there is; nothing when it is too large.
    #[inline]
    pub(super) fn value(&self) -> Option<f64> {
        let Some(mantissa) = self.exact else {
            return std::str::from_utf8(self.text).ok()?.parse().ok().filter(|v: &f64| v.is_finite());
        };
        // Both are exact, so that one division rounds once, and right.
        let size = mantissa as f64 / TENS.get(self.decimals)?;
        Some(if self.text.first() == Some(&b'-') { -size } else { size })
    }

    /// Its value where it is whole and a 64-bit integer.
    #[inline]
    pub(super) fn whole(&self) -> Option<i64> {
        if !self.is_whole {
            return None;
        }
        match self.exact {
            Some(size) => i64::try_from(size).ok().map(|n| if self.text.first() == Some(&b'-') { -n } else { n }),
            None => std::str::from_utf8(self.text).ok()?.parse().ok(),
        }
    }
}

/// Reads bytes that are one number and nothing else.
#[inline]
pub(super) fn all(bytes: &[u8]) -> Option<f64> {
    let number = leading(bytes)?;
    if number.text.len() == bytes.len() { number.value() } else { None }
}

/// Reads what stands between two places as [`all`] does: up to eight digits, point among them, at once.
#[inline]
pub(super) fn between(text: &[u8], from: usize, to: usize) -> Option<f64> {
    let is_negative = text.get(from) == Some(&b'-');
    match short(text, from + usize::from(is_negative), to) {
        Some(value) => Some(if is_negative { -value } else { value }),
        None => all(text.get(from..to)?),
    }
}

#[inline]
fn short(text: &[u8], from: usize, to: usize) -> Option<f64> {
    let len = to.wrapping_sub(from);
    if len.wrapping_sub(1) >= 8 {
        return None;
    }
    const POINT: u8 = b'.' ^ b'0';
    let word = (words::before(text, to)? ^ (words::ONES * 0x30)) & u64::MAX << (64 - len * 8);
    let point = words::equal(word, POINT);
    let first = (word >> (64 - len * 8)) as u16;
    if point == 0 {
        let leads = len > 1 && first & 0xff == 0;
        return if leads { None } else { words::eight_digits(word).map(|whole| whole as f64) };
    }
    let place = point.trailing_zeros() & !7;
    // Digits on both sides, and no zero before another digit.
    let leads = first & 0xff == 0 && first >> 8 != u16::from(POINT);
    if place == 56 || first & 0xff == u16::from(POINT) || leads {
        return None;
    }
    let upper = word & !(u64::MAX << place);
    let lower = word & u64::MAX << (place + 8);
    let decimals = 7 - place as usize / 8;
    Some(words::eight_digits(upper << 8 | lower)? as f64 / TENS.get(decimals)?)
}

/// Reads what stands between two places as a whole number without a sign, of up to 16 digits; nothing for any other.
#[inline]
pub(super) fn whole_between(text: &[u8], from: usize, to: usize) -> Option<i64> {
    let len = to.wrapping_sub(from);
    if len.wrapping_sub(1) >= 16 || (len > 1 && text.get(from) == Some(&b'0')) {
        return None;
    }
    let digits = |end, len: usize| {
        Some((words::before(text, end)? ^ (words::ONES * 0x30)) & u64::MAX.unbounded_shl(64 - len as u32 * 8))
    };
    let lower = words::eight_digits(digits(to, len.min(8))?)?;
    let upper = if len > 8 { words::eight_digits(digits(to - 8, len - 8)?)? } else { 0 };
    i64::try_from(upper * 100_000_000 + lower).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_what_json_calls_a_number_is_one() {
        for bad in ["", "-", "01", "-01", "1.", ".5", "1e", "1e+", "+1", "NaN", "inf"] {
            assert_eq!(all(bad.as_bytes()), None, "{bad}");
        }
        assert_eq!(all(b"1e400"), None);
        assert_eq!(leading(b"12.5,").map(|n| n.text), Some(&b"12.5"[..]));
        assert!(all(b"-0").unwrap().is_sign_negative());
    }

    proptest! {
        #[test]
        fn every_number_is_what_the_standard_library_reads(
            written in "-?(0|[1-9][0-9]{0,20})(\\.[0-9]{1,20})?([eE][+-]?[0-9]{1,3})?", other in any::<f64>()
        ) {
            for written in [written, other.to_string(), format!("{other:e}")] {
                let std = written.parse::<f64>().unwrap();
                if let Some(found) = all(written.as_bytes()) {
                    prop_assert_eq!(found.to_bits(), std.to_bits(), "{}", written);
                } else {
                    prop_assert!(!std.is_finite() , "{}", written);
                }
            }
        }

        #[test]
        fn between_two_places_a_number_reads_as_alone(
            before in "[0-9.,-]{0,12}", written in "-?[0-9]{0,10}\\.?[0-9]{0,8}|[0-9]{1,20}|[0-9.,e-]{0,9}", behind in "[,\n0-9]{0,9}")
        {
            let text = format!("{before}{written}{behind}");
            let (from, to) = (before.len(), before.len() + written.len());
            let expected = all(written.as_bytes());
            let found = between(text.as_bytes(), from, to);
            prop_assert_eq!(found.map(f64::to_bits), expected.map(f64::to_bits), "{}", written);
            if let Some(whole) = whole_between(text.as_bytes(), from, to) {
                prop_assert_eq!(leading(written.as_bytes()).and_then(|number| number.whole()), Some(whole));
                prop_assert_eq!(whole.to_string(), written);
            }
        }
    }
}
