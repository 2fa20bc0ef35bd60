//! Bad records of a file, to look at: how many, and the first and the last of them.

use std::collections::VecDeque;

use chrono::{DateTime, Utc};

use crate::{domain::trouble::Skipped, source::Batch, text::Text};

/// A record that was left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bad {
    /// Where it stood: `line 12`.
    pub at: Text,
    /// Why it could not be read.
    pub why: Text,
    /// When it was read.
    pub noticed: DateTime<Utc>,
}

/// Kept of the first ones, and as many of the last.
pub const KEPT: usize = 20;

/// The bad records of one file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BadRecords {
    n: usize,
    first: Vec<Bad>,
    last: VecDeque<Bad>,
    whole: Option<Bad>,
}

impl BadRecords {
    /// Takes what a batch left out.
    pub fn take<T>(&mut self, batch: &Batch<T>, now: DateTime<Utc>) {
        self.add(&batch.skipped, batch.n_skipped, now);
    }

    /// Takes named records, and how many there were in all.
    pub fn add(&mut self, named: &[Skipped], n: usize, now: DateTime<Utc>) {
        self.n = self.n.saturating_add(n);
        for skipped in named {
            let bad = Bad { at: skipped.at.clone(), why: skipped.why.clone(), noticed: now };
            if self.first.len() < KEPT {
                self.first.push(bad);
                continue;
            }
            self.last.push_back(bad);
            if self.last.len() > KEPT {
                self.last.pop_front();
            }
        }
    }

    /// Notes that the whole file cannot be read, and why; or that it can again.
    pub fn set_whole(&mut self, why: Option<&str>, now: DateTime<Utc>) {
        let noticed = self.whole.as_ref().map_or(now, |bad| bad.noticed);
        self.whole = why.map(|why| Bad { at: Text::scrub("the file"), why: Text::scrub(why), noticed });
    }

    /// Why the whole file cannot be read, where that is so: one row instead of thousands.
    pub fn whole(&self) -> Option<&Bad> {
        self.whole.as_ref()
    }

    /// How many records were left out.
    pub fn len(&self) -> usize {
        self.n
    }

    /// Whether none was.
    pub fn is_empty(&self) -> bool {
        self.n == 0 && self.whole.is_none()
    }

    /// Walks the first and then the last of them.
    pub fn iter(&self) -> impl Iterator<Item = &Bad> {
        self.first.iter().chain(&self.last)
    }

    /// How many stood between the first and the last and are only counted.
    pub fn n_between(&self) -> usize {
        self.n.saturating_sub(self.first.len() + self.last.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_and_the_last_are_kept_and_the_rest_is_counted() {
        let mut bad = BadRecords::default();
        assert!(bad.is_empty());
        for line in 1..=100 {
            let mut batch = Batch::<()>::new();
            batch.skip(&format!("line {line}"), "no");
            bad.take(&batch, DateTime::UNIX_EPOCH);
        }
        let lines: Vec<&str> = bad.iter().map(|b| b.at.as_str()).collect();
        assert_eq!(
            (lines.len(), lines[0], lines[19], lines[20], lines[39]),
            (40, "line 1", "line 20", "line 81", "line 100")
        );
        assert_eq!((bad.len(), bad.n_between()), (100, 60));
    }

    #[test]
    fn a_bad_file_is_one_record_that_keeps_its_first_time() {
        let mut bad = BadRecords::default();
        bad.set_whole(Some("it is UTF-16"), DateTime::UNIX_EPOCH);
        bad.set_whole(Some("it is UTF-16"), DateTime::<Utc>::MAX_UTC);
        assert_eq!(bad.whole().map(|b| b.noticed), Some(DateTime::UNIX_EPOCH));
        bad.set_whole(None, DateTime::UNIX_EPOCH);
        assert!(bad.is_empty());
    }
}
