//! Names with their labels as small numbers: hashed once a line, compared once, copied once in all.

use std::{
    collections::HashMap,
    hash::{BuildHasher, Hasher},
};

/// The names seen so far, each with its label.
#[derive(Debug)]
pub struct Keys {
    places: HashMap<Box<[u8]>, u32, Seeded>,
    known: Vec<Key>,
    joined: Vec<u8>,
}

/// A name with its label. Outside bytes, checked to be UTF-8.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// The name.
    pub name: Box<str>,
    /// The label's value; nothing where none was asked for.
    pub label: Option<Box<str>>,
}

impl Default for Keys {
    fn default() -> Self {
        Self::new(0)
    }
}

impl Keys {
    /// No name yet; the seed decides where names are kept, so that nobody can choose names that all meet in one place.
    pub fn new(seed: u64) -> Self {
        Self { places: HashMap::with_hasher(Seeded(seed)), known: Vec::new(), joined: Vec::new() }
    }

    /// The number of a name with its label.
    pub fn of(&mut self, name: &[u8], label: Option<&[u8]>) -> u32 {
        let Some(of_label) = label else { return self.place(name, None) };
        let mut joined = std::mem::take(&mut self.joined);
        joined.clear();
        joined.extend_from_slice(&name.len().to_le_bytes());
        joined.extend_from_slice(name);
        joined.extend_from_slice(of_label);
        let place = self.place(&joined, Some((name, of_label)));
        self.joined = joined;
        place
    }

    fn place(&mut self, joined: &[u8], parts: Option<(&[u8], &[u8])>) -> u32 {
        if let Some(place) = self.places.get(joined) {
            return *place;
        }
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned().into_boxed_str();
        let key = match parts {
            Some((name, label)) => Key { name: text(name), label: Some(text(label)) },
            None => Key { name: text(joined), label: None },
        };
        // Memory ends long before the numbers do.
        let place = u32::try_from(self.known.len()).unwrap_or(u32::MAX);
        self.known.push(key);
        self.places.insert(joined.into(), place);
        place
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.known.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

    /// All of them, by their numbers.
    pub fn into_known(self) -> Vec<Key> {
        self.known
    }
}

/// Makes [`Mix`].
#[derive(Debug, Clone, Copy)]
pub struct Seeded(pub u64);

impl BuildHasher for Seeded {
    type Hasher = Mix;

    fn build_hasher(&self) -> Mix {
        Mix(self.0)
    }
}

/// A hash by multiplying and folding, eight bytes at a time.
#[derive(Debug, Clone, Copy)]
pub struct Mix(u64);

impl Mix {
    fn add(&mut self, word: u64) {
        let wide = u128::from(self.0 ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
        self.0 = (wide as u64) ^ ((wide >> 64) as u64);
    }
}

impl Hasher for Mix {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        for word in words {
            self.add(u64::from_le_bytes(*word));
        }
        let mut last = [0; 8];
        for (to, from) in last.iter_mut().zip(rest) {
            *to = *from;
        }
        self.add(u64::from_le_bytes(last) ^ (bytes.len() as u64).rotate_right(8));
    }

    fn write_u64(&mut self, word: u64) {
        self.add(word);
    }

    fn write_usize(&mut self, word: usize) {
        self.add(word as u64);
    }
}
