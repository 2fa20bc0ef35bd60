//! Figures without rounding: an objective is a decimal, a burn rate a fraction. Whether a limit is passed is never a
//! question of the last bit (SEMANTICS R38: strictly greater).

use std::cmp::Ordering;

/// A whole, in the parts an objective is written in: twelve decimals.
const ONE: u64 = 1_000_000_000_000;

/// The decimals of [`ONE`].
const DECIMALS: usize = 12;

/// The share of what is measured that should be good: in [0, 1), exactly as written.
///
/// One is no objective: it leaves nothing to spend, and every burn rate would be a division by zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Target(u64);

/// Why a text is no [`Target`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoTarget {
    /// It is no decimal number, or has more than twelve decimals.
    Unreadable,
    /// It is one: nothing may ever be bad, so there is no budget.
    Whole,
    /// It is below zero or above one.
    Outside,
}

impl Target {
    /// Reads `0.999` or `99.9%`.
    ///
    /// # Errors
    /// It is no such number, or not in [0, 1).
    pub fn read(written: &str) -> Result<Self, NoTarget> {
        let written = written.trim();
        let (digits, shift) = match written.strip_suffix('%') {
            Some(percent) => (percent.trim_end(), 2),
            None => (written, 0),
        };
        if let Some(negative) = digits.strip_prefix('-') {
            return Err(parts(negative, shift).map_or(NoTarget::Unreadable, |_| NoTarget::Outside));
        }
        match parts(digits, shift) {
            None => Err(NoTarget::Unreadable),
            Some(n) if n == u128::from(ONE) => Err(NoTarget::Whole),
            Some(n) => u64::try_from(n).ok().filter(|n| *n < ONE).map(Self).ok_or(NoTarget::Outside),
        }
    }

    /// The nearest target to a share in [0, 1); nothing outside.
    pub fn of(share: f64) -> Option<Self> {
        // Seventeen digits would keep what binary added to the decimal that was meant.
        (0.0..1.0).contains(&share).then(|| Self::read(&format!("{share:.12}")).ok()).flatten()
    }

    /// The share that may be bad: one less the target.
    pub fn budget(self) -> Ratio {
        Ratio::new(u128::from(ONE - self.0), u128::from(ONE)).unwrap_or(Ratio::ZERO)
    }

    /// The share itself, where it is not used as a target.
    pub fn ratio(self) -> Ratio {
        Ratio::new(u128::from(self.0), u128::from(ONE)).unwrap_or(Ratio::ZERO)
    }

    /// The target as a share, for people and charts.
    pub fn share(self) -> f64 {
        self.0 as f64 / ONE as f64
    }

    /// The target in percent as it would be written: `99.9`.
    pub fn percent(self) -> String {
        // Two of the twelve decimals are the percent's.
        let (whole, rest) = (self.0 / 10_000_000_000, self.0 % 10_000_000_000);
        let rest = format!("{rest:010}");
        match rest.trim_end_matches('0') {
            "" => whole.to_string(),
            rest => format!("{whole}.{rest}"),
        }
    }
}

/// A decimal number in parts of [`ONE`], the point moved `shift` places to the left.
fn parts(digits: &str, shift: usize) -> Option<u128> {
    let (whole, rest) = digits.split_once('.').unwrap_or((digits, ""));
    let is_number = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if (whole.is_empty() && rest.is_empty()) || !is_number(whole) || !is_number(rest) || whole.len() > 9 {
        return None;
    }
    let rest = rest.trim_end_matches('0');
    let zeros = DECIMALS.checked_sub(shift)?.checked_sub(rest.len())?;
    let all: u128 = format!("0{whole}{rest}").parse().ok()?;
    all.checked_mul(10_u128.checked_pow(u32::try_from(zeros).ok()?)?)
}

/// A fraction that is not negative, in its lowest terms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Ratio {
    num: u128,
    den: u128,
}

impl Ratio {
    /// Nothing at all.
    pub const ZERO: Self = Self { num: 0, den: 1 };

    /// `num` of `den`; nothing where that is a division by zero: 0/0 is no data (R39).
    pub fn new(num: u128, den: u128) -> Option<Self> {
        (den != 0).then(|| {
            let by = gcd(num, den);
            Self { num: num / by, den: den / by }
        })
    }

    /// The ratio of its lowest terms.
    pub fn num(self) -> u128 {
        self.num
    }

    /// The denominator of its lowest terms.
    pub fn den(self) -> u128 {
        self.den
    }

    /// The nearest binary number.
    pub fn to_f64(self) -> f64 {
        self.num as f64 / self.den as f64
    }

    /// The product; nothing where it cannot be counted any more.
    pub fn times(self, other: Self) -> Option<Self> {
        // Crosswise first: the terms stay small.
        let (a, b) = (gcd(self.num, other.den), gcd(other.num, self.den));
        let num = (self.num / a).checked_mul(other.num / b)?;
        Self::new(num, (self.den / b).checked_mul(other.den / a)?)
    }

    /// This divided by that; nothing where that is zero, or cannot be counted any more.
    pub fn by(self, other: Self) -> Option<Self> {
        self.times(Self::new(other.den, other.num)?)
    }
}

impl PartialOrd for Ratio {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Ratio {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self.num.checked_mul(other.den), other.num.checked_mul(self.den)) {
            (Some(ours), Some(theirs)) => ours.cmp(&theirs),
            // Continued fractions: the whole parts, then what is over, the other way round.
            _ => (self.num / self.den).cmp(&(other.num / other.den)).then_with(|| {
                let over = |r: &Self| Self::new(r.den, r.num % r.den);
                match (over(self), over(other)) {
                    (None, None) => Ordering::Equal,
                    (None, Some(_)) => Ordering::Less,
                    (Some(_), None) => Ordering::Greater,
                    (Some(ours), Some(theirs)) => theirs.cmp(&ours),
                }
            }),
        }
    }
}

fn gcd(mut a: u128, mut b: u128) -> u128 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a.max(1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn targets_are_read_as_written() {
        let budget = |written| Target::read(written).map(|t| (t.budget().num(), t.budget().den(), t.percent()));
        assert_eq!(budget("0.999"), Ok((1, 1_000, "99.9".to_owned())));
        assert_eq!(budget("99.9 %"), Ok((1, 1_000, "99.9".to_owned())));
        assert_eq!(budget("99.95%"), Ok((1, 2_000, "99.95".to_owned())));
        assert_eq!(budget("0"), Ok((1, 1, "0".to_owned())));
        assert_eq!(budget(".5"), Ok((1, 2, "50".to_owned())));
    }

    #[test]
    fn one_is_no_target_and_neither_is_what_is_no_share() {
        for whole in ["1", "1.000", "100%", "100.0%"] {
            assert_eq!(Target::read(whole), Err(NoTarget::Whole), "{whole}");
        }
        for outside in ["99.9", "1.0001", "-0.5", "101%"] {
            assert_eq!(Target::read(outside), Err(NoTarget::Outside), "{outside}");
        }
        for not in ["", "%", ".", "nan", "1e-3", "0,9", "0.9999999999999", "+0.5"] {
            assert_eq!(Target::read(not), Err(NoTarget::Unreadable), "{not}");
        }
        assert_eq!((Target::of(1.0), Target::of(-0.1), Target::of(f64::NAN)), (None, None, None));
    }

    #[test]
    fn nothing_of_nothing_is_no_fraction() {
        assert_eq!((Ratio::new(0, 0), Ratio::new(1, 0)), (None, None));
        assert_eq!(Ratio::new(2, 4), Ratio::new(1, 2));
    }

    proptest! {
        #[test]
        fn a_share_in_binary_is_the_decimal_that_was_meant(thousandths in 0u32..1000) {
            let share = f64::from(thousandths) / 1000.0;
            prop_assert_eq!(Target::of(share), Target::read(&format!("0.{thousandths:03}")).ok());
        }

        #[test]
        fn what_is_printed_is_read_back(parts in 0u64..1_000_000_000_000) {
            let target = Target(parts);
            prop_assert_eq!(Target::read(&format!("{}%", target.percent())), Ok(target));
        }

        #[test]
        fn order_holds_however_large_the_terms(a in 1u128.., b in 1u128.., c in 1u128.., d in 1u128..) {
            let (x, y) = (Ratio::new(a, b).unwrap(), Ratio::new(c, d).unwrap());
            prop_assert_eq!(x.cmp(&y), y.cmp(&x).reverse());
            let (near_x, near_y) = (x.to_f64(), y.to_f64());
            if near_x < near_y * 0.999 { prop_assert!(x < y) }
        }

        #[test]
        fn no_text_panics(text in ".{0,24}") {
            let _ = Target::read(&text);
        }
    }
}
