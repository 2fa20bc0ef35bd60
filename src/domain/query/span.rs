//! Lengths of time and numbers with `<` or `>` before them.

use std::fmt;

use chrono::TimeDelta;

/// Which side of a bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// `<`
    Below,
    /// `<=`
    AtMost,
    /// `>`
    Above,
    /// `>=`
    AtLeast,
}

impl Side {
    const SIGNS: [(&'static str, Self); 4] =
        [("<=", Self::AtMost), (">=", Self::AtLeast), ("<", Self::Below), (">", Self::Above)];

    /// Takes a side off the front.
    pub(super) fn split(written: &str) -> Option<(Self, &str)> {
        Self::SIGNS.iter().find_map(|(sign, side)| Some((*side, written.strip_prefix(sign)?)))
    }

    /// Whether a value lies on this side of a bound.
    pub(super) fn holds<T: PartialOrd>(self, value: T, bound: T) -> bool {
        match self {
            Self::Below => value < bound,
            Self::AtMost => value <= bound,
            Self::Above => bound < value,
            Self::AtLeast => bound <= value,
        }
    }
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = Self::SIGNS.iter().find(|(_, side)| side == self);
        f.write_str(sign.map(|(sign, _)| *sign).unwrap_or_default())
    }
}

const UNITS: [(char, i64); 5] = [('w', 604_800), ('d', 86_400), ('h', 3_600), ('m', 60), ('s', 1)];

/// The longest length, a hundred years of 365 days: more is a slip.
const LONGEST: i64 = 100 * 365 * 86_400;

/// Reads `90s`, `2h`, `3d`, `1w`, `1d12h`. Months and years differ in length and are none.
pub(super) fn length(written: &str) -> Option<TimeDelta> {
    let (mut seconds, mut rest) = (0_i64, written);
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit())?;
        let (digits, after) = (rest.get(..end)?, rest.get(end..)?);
        let unit = after.chars().next()?;
        let (_, size) = UNITS.iter().find(|(name, _)| *name == unit.to_ascii_lowercase())?;
        seconds = seconds.checked_add(digits.parse::<i64>().ok()?.checked_mul(*size)?)?;
        rest = after.get(unit.len_utf8()..)?;
    }
    (seconds <= LONGEST).then(|| TimeDelta::seconds(seconds))
}

/// Prints a length so that [`length`] reads it back: `2h`, `1d12h`.
pub(super) fn written(length: TimeDelta) -> String {
    let mut rest = length.num_seconds();
    let mut out = String::new();
    for (unit, size) in UNITS {
        if size <= rest {
            out.push_str(&format!("{}{unit}", rest / size));
            rest %= size;
        }
    }
    if out.is_empty() { "0s".to_owned() } else { out }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn lengths_have_a_unit_and_no_month() {
        for (text, seconds) in [("90s", 90), ("2h", 7_200), ("3D", 259_200), ("1w", 604_800), ("1d12h", 129_600)] {
            assert_eq!(length(text), Some(TimeDelta::seconds(seconds)), "{text}");
        }
        for text in ["", "2", "h", "1y", "-1h", "1 h", "99999999999999999999h", "9999999w", "½h"] {
            assert_eq!(length(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_length_is_read_back(seconds in 0..LONGEST) {
            prop_assert_eq!(length(&written(TimeDelta::seconds(seconds))), Some(TimeDelta::seconds(seconds)));
        }
    }
}
