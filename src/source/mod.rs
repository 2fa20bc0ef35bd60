//! What to ask, and how to read the answer. Pure: bytes and plain data in, domain values out; never fetches.

pub mod alertmanager;
pub mod changelog;
pub mod checklist;
pub mod evidence;
pub mod figure;
pub mod form;
pub mod github;
pub mod history;
pub mod ical;
pub mod metrics;
pub mod openslo;
pub mod plan;
pub mod prometheus;
pub mod roster;
pub mod rules;
pub mod tickets;
pub mod uptime;

use crate::{domain::trouble::Skipped, text::Text};

/// What was read: the good records and the ones left out. Partial success is not an error.
#[derive(Debug, Clone, PartialEq)]
pub struct Batch<T> {
    /// Good records, in the order of the source.
    pub items: Vec<T>,
    /// Records left out, with the reason; at most [`SKIPS_NAMED`] are named.
    pub skipped: Vec<Skipped>,
    /// How many were left out altogether.
    pub n_skipped: usize,
}

/// How many left-out records are named; beyond that only their number is kept.
pub const SKIPS_NAMED: usize = 20;

impl<T> Batch<T> {
    /// Nothing yet.
    pub fn new() -> Self {
        Self { items: Vec::new(), skipped: Vec::new(), n_skipped: 0 }
    }

    /// Counts one record as left out and names it while there is room.
    pub fn skip(&mut self, at: &str, why: &str) {
        self.n_skipped += 1;
        if self.skipped.len() < SKIPS_NAMED {
            self.skipped.push(Skipped { at: Text::scrub(at), why: Text::scrub(why) });
        }
    }
}

impl<T> Default for Batch<T> {
    fn default() -> Self {
        Self::new()
    }
}
