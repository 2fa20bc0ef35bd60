//! Series that are stamped ahead of our clock: what they tell is left out, and that is said.

use std::collections::BTreeMap;

use crate::{
    domain::sample::SeriesKey,
    text::{Text, counted},
};

/// As many are told apart.
const KNOWN: usize = 1_000;

/// So many names are said.
const NAMED: usize = 3;

/// For so long it is said after it was last seen (a day), in milliseconds.
const SAID_MS: i64 = 86_400_000;

/// Series of which a sample was left out for its stamp and none was taken since, and when that was, in epoch milliseconds.
#[derive(Debug, Clone, Default)]
pub(super) struct Ahead {
    series: BTreeMap<SeriesKey, i64>,
}

impl Ahead {
    /// Notes one.
    pub(super) fn note(&mut self, key: &SeriesKey, now: i64) {
        if let Some(at) = self.series.get_mut(key) {
            *at = now;
        } else if self.series.len() < KNOWN {
            self.series.insert(key.clone(), now);
        }
    }

    /// One was heard of in time.
    pub(super) fn taken(&mut self, key: &SeriesKey) {
        if !self.series.is_empty() {
            self.series.remove(key);
        }
    }

    /// Forgets what was not seen for a day.
    pub(super) fn forget(&mut self, now: i64) {
        self.series.retain(|_, at| now.saturating_sub(*at) < SAID_MS);
    }

    /// That there are such, in words; nothing where there is none.
    pub(super) fn words(&self) -> Option<String> {
        let n = self.series.len();
        let mut names: Vec<&Text> = self.series.keys().map(|key| &key.name).collect();
        names.dedup();
        let more = if NAMED < names.len() { ", and others" } else { "" };
        let named: Vec<&str> = names.iter().take(NAMED).map(|name| name.as_str()).collect();
        (0 < n).then(|| {
            format!(
                "{} stamped more than two minutes ahead of this machine's clock and left out: {}{more}",
                counted(n, "series is", "series are"),
                named.join(", ")
            )
        })
    }
}
