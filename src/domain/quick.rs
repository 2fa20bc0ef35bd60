//! A hash that is made in a few steps, for tables of a hundred thousand keys that are built before the first frame.

use std::hash::{BuildHasher, Hasher, RandomState};

/// Makes [`Quick`] hashes. Each has a secret of its own, so that nobody outside can choose keys that all fall together.
#[derive(Debug, Clone, Copy)]
pub struct Quickly(u64);

impl Default for Quickly {
    fn default() -> Self {
        Self(RandomState::new().build_hasher().finish() | 1)
    }
}

impl BuildHasher for Quickly {
    type Hasher = Quick;

    fn build_hasher(&self) -> Quick {
        Quick { state: self.0, secret: self.0 }
    }
}

/// One hash in the making: each eight bytes are multiplied in, both halves of the product kept.
#[derive(Debug, Clone, Copy)]
pub struct Quick {
    state: u64,
    secret: u64,
}

impl Quick {
    fn mix(&mut self, word: u64) {
        // An odd constant with its bits well spread (the golden ratio's), so that no word alone makes the product nothing.
        let product = u128::from(self.state ^ word) * u128::from(self.secret ^ 0x9e37_79b9_7f4a_7c15);
        self.state = (product as u64) ^ ((product >> 64) as u64) ^ self.secret.rotate_left(32);
    }
}

impl Hasher for Quick {
    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        for word in words {
            self.mix(u64::from_le_bytes(*word));
        }
        let mut last = [0; 8];
        last.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
        self.mix(u64::from_le_bytes(last) ^ (bytes.len() as u64).rotate_left(56));
    }

    fn write_u8(&mut self, byte: u8) {
        self.mix(u64::from(byte));
    }

    fn write_u64(&mut self, word: u64) {
        self.mix(word);
    }

    fn write_usize(&mut self, word: usize) {
        self.mix(word as u64);
    }

    fn write_isize(&mut self, word: isize) {
        self.mix(word as u64);
    }

    fn finish(&self) -> u64 {
        let product = u128::from(self.state) * u128::from(self.secret);
        (product as u64) ^ ((product >> 64) as u64)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn names_and_numbers_that_are_near_fall_apart() {
        let quickly = Quickly::default();
        let keys = (0..20_000_u64).flat_map(|n| [("acme/api", n), ("acme/web", n), ("globex/api", n)]);
        let hashes: HashSet<u64> = keys.map(|key| quickly.hash_one(key)).collect();
        assert_eq!(hashes.len(), 60_000);
        // Tables use the low bits for the place and the top seven as a mark: both are spread.
        let low: HashSet<u64> = hashes.iter().map(|hash| hash & 0xfff).collect();
        let high: HashSet<u64> = hashes.iter().map(|hash| hash >> 57).collect();
        assert_eq!((low.len(), high.len()), (4_096, 128));
    }

    #[test]
    fn two_tables_have_two_secrets() {
        assert_ne!(Quickly::default().hash_one("acme/api"), Quickly::default().hash_one("acme/api"));
    }

    #[test]
    fn a_name_and_the_same_name_with_nothing_behind_it_differ() {
        let quickly = Quickly::default();
        assert_ne!(quickly.hash_one([0_u8; 3].as_slice()), quickly.hash_one([0_u8; 4].as_slice()));
    }
}
