//! Chance that repeats itself: the same seed gives the same world on every machine.

/// A splitmix64 generator (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014).
///
/// Not for secrets. It was chosen because a whole generator is one number, so that each incident and each instant can
/// have one of its own and nothing depends on the order in which things are asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dice(u64);

/// The generator's step: 2^64 divided by the golden ratio, made odd.
const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

impl Dice {
    /// Dice that always fall the same way for one seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Other dice, settled by these and a name for what they are for; these stay as they are.
    pub fn fork(&self, salt: u64) -> Self {
        Self(mix(self.0 ^ mix(salt.wrapping_add(STEP))))
    }

    /// The next 64 bits.
    pub fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(STEP);
        mix(self.0)
    }

    /// A number in `0..n`; 0 where `n` is 0.
    pub fn below(&mut self, n: u64) -> u64 {
        // The high half of a product is even enough for a play, and never divides by zero.
        let high = (u128::from(self.roll()) * u128::from(n)) >> 64;
        u64::try_from(high).unwrap_or(0)
    }

    /// A number in `from..=to`; `from` where the range is empty.
    pub fn within(&mut self, from: i64, to: i64) -> i64 {
        let width = to.saturating_sub(from).saturating_add(1);
        let offset = self.below(u64::try_from(width).unwrap_or(0));
        from.saturating_add(i64::try_from(offset).unwrap_or(0))
    }

    /// A number in `from..to`.
    pub fn share(&mut self, from: f64, to: f64) -> f64 {
        from + unit(self.roll()) * (to - from)
    }

    /// True once in `n` times on average.
    pub fn once_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }

    /// One of the words; blank where there are none.
    pub fn word<'a>(&mut self, words: &[&'a str]) -> &'a str {
        let place = self.below(words.len() as u64);
        words.get(place as usize).copied().unwrap_or_default()
    }
}

/// A value in `-1..1` settled by a seed and two coordinates alone: the same whenever and in whatever order it is asked for.
pub fn noise(seed: u64, series: u64, at: i64) -> f64 {
    let bits = mix(seed ^ mix(series.wrapping_mul(STEP) ^ mix(at.cast_unsigned())));
    unit(bits) * 2.0 - 1.0
}

/// The top 53 bits as a fraction in `0..1`: as many as an `f64` holds exactly.
fn unit(bits: u64) -> f64 {
    (bits >> 11) as f64 / (1_u64 << 53) as f64
}

fn mix(bits: u64) -> u64 {
    let bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_generator_is_splitmix64() {
        // The first outputs for seed 1234567 as published with the reference implementation.
        let mut dice = Dice::new(1_234_567);
        assert_eq!([dice.roll(), dice.roll()], [6_457_827_717_110_365_317, 3_203_168_211_198_807_973]);
    }

    proptest! {
        #[test]
        fn numbers_stay_within_their_bounds(seed: u64, from in -1_000_i64..1_000, width in 0_i64..1_000) {
            let mut dice = Dice::new(seed);
            let n = dice.within(from, from + width);
            prop_assert!(from <= n && n <= from + width);
            prop_assert!((0.25..0.75).contains(&dice.share(0.25, 0.75)));
            prop_assert!((-1.0..1.0).contains(&noise(seed, 3, from)));
            prop_assert_eq!(dice.below(0), 0);
            prop_assert_eq!(dice.word(&[]), "");
        }

        #[test]
        fn a_fork_leaves_its_parent_alone(seed: u64) {
            let dice = Dice::new(seed);
            prop_assert_ne!(dice.fork(1), dice.fork(2));
            prop_assert_eq!(dice.clone(), Dice::new(seed));
        }
    }
}
