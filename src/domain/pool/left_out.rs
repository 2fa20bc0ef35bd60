//! Series that found no room: counted and known by name, for a rule that means them cannot be judged.

use std::{
    collections::{BTreeMap, HashMap},
    hash::{DefaultHasher, Hash as _, Hasher as _},
};

use crate::{domain::sample::SeriesKey, text::Text};

/// As many are counted; of more it is known that there are more.
const COUNTED: usize = 100_000;

/// Series that found no room, and when each was last heard of, in epoch milliseconds.
#[derive(Debug, Clone, Default)]
pub(super) struct LeftOut {
    by_name: BTreeMap<Text, HashMap<u64, i64>>,
    n: usize,
}

impl LeftOut {
    /// Notes one.
    pub(super) fn note(&mut self, key: &SeriesKey, now: i64) {
        let is_full = self.is_full();
        let of_name = match self.by_name.get_mut(&key.name) {
            Some(of_name) => of_name,
            None if is_full => return,
            None => self.by_name.entry(key.name.clone()).or_default(),
        };
        let known = hash(key);
        if let Some(at) = of_name.get_mut(&known) {
            *at = now;
        } else if !is_full {
            of_name.insert(known, now);
            self.n += 1;
        }
    }

    /// One has found room.
    pub(super) fn found_room(&mut self, key: &SeriesKey) {
        let Some(of_name) = self.by_name.get_mut(&key.name) else { return };
        self.n -= usize::from(of_name.remove(&hash(key)).is_some());
        if of_name.is_empty() {
            self.by_name.remove(&key.name);
        }
    }

    /// Forgets those not heard of since the instant that `from` has for their name.
    pub(super) fn forget(&mut self, from: impl Fn(&Text) -> i64) {
        self.by_name.retain(|name, of_name| {
            let from = from(name);
            of_name.retain(|_, at| from <= *at);
            !of_name.is_empty()
        });
        self.n = self.by_name.values().map(HashMap::len).sum();
    }

    /// How many.
    pub(super) fn n(&self) -> usize {
        self.n
    }

    /// Whether there may be more than are counted.
    pub(super) fn is_full(&self) -> bool {
        COUNTED <= self.n
    }

    /// Whether there may be one of a name; any where no name is given, or where not all could be counted.
    pub(super) fn has(&self, name: Option<&Text>) -> bool {
        0 < self.n && name.is_none_or(|name| self.is_full() || self.by_name.contains_key(name))
    }
}

fn hash(key: &SeriesKey) -> u64 {
    let mut hasher = DefaultHasher::new();
    key.hash(&mut hasher);
    hasher.finish()
}
