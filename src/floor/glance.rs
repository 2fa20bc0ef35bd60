//! What is shown before all is read: the first rows, whole, and the figures over all.

use chrono::{DateTime, Utc};

use crate::{
    domain::incident::IncidentKey,
    floor::{
        brief::{Brief, Rank},
        entry::Entry,
        tally::{Share, Tally},
        window::Gathering,
    },
};

/// The first rows and the figures over all. Made by [`Gatherer`].
#[derive(Debug, Clone, PartialEq)]
pub struct Glance {
    /// The first incidents in order, and those that are out of sight.
    pub entries: Vec<Entry>,
    /// The figures over all incidents.
    pub figures: Tally,
}

/// Works out the order and the figures from what is known of each incident in brief.
#[derive(Debug)]
pub struct Gatherer {
    now: DateTime<Utc>,
    tally: Tally,
    window: Gathering,
    ranked: Vec<(Rank, IncidentKey)>,
}

impl Gatherer {
    /// For the order and the figures at `now`.
    pub fn new(now: DateTime<Utc>) -> Self {
        Self { now, tally: Tally::default(), window: Gathering::new(now), ranked: Vec::new() }
    }

    /// Takes one incident. One that is out of sight counts, and stands in no order.
    pub fn add(&mut self, key: IncidentKey, brief: &Brief, is_in_sight: bool) {
        self.window.add(brief);
        if brief.is_open {
            self.tally.add(Share::of(brief, self.now));
            if is_in_sight {
                self.ranked.push((brief.rank(self.now), key));
            }
        }
    }

    /// The keys of the first rows, in order.
    pub fn first(&mut self, n_rows: usize) -> Vec<IncidentKey> {
        if n_rows < self.ranked.len() {
            self.ranked.select_nth_unstable(n_rows);
            self.ranked.truncate(n_rows);
        }
        self.ranked.sort_unstable();
        self.ranked.iter().map(|(_, key)| key.clone()).collect()
    }

    /// The glance, with its first rows.
    pub fn done(mut self, entries: Vec<Entry>) -> Glance {
        self.tally.add_window(&self.window.done());
        Glance { entries, figures: self.tally }
    }
}
