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
    /// The first incidents in order, those that break next, and those that are out of sight.
    pub entries: Vec<Entry>,
    /// How many of them are the first rows: behind these there are others that are not known yet.
    pub n_rows: usize,
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

    /// The keys of the first rows in order, and of those behind them whose promises break next.
    pub fn first(&mut self, n_rows: usize, n_next: usize) -> (Vec<IncidentKey>, Vec<IncidentKey>) {
        let n_rows = n_rows.min(self.ranked.len());
        if n_rows < self.ranked.len() {
            self.ranked.select_nth_unstable(n_rows);
        }
        let (first, rest) = self.ranked.split_at_mut(n_rows);
        first.sort_unstable();
        let mut next: Vec<&(Rank, IncidentKey)> = rest.iter().filter(|(rank, _)| rank.is_running()).collect();
        if n_next < next.len() {
            next.select_nth_unstable(n_next);
            next.truncate(n_next);
        }
        next.sort_unstable();
        let keys = |(_, key): &(Rank, IncidentKey)| key.clone();
        (first.iter().map(keys).collect(), next.into_iter().map(keys).collect())
    }

    /// The glance: so many rows in unbroken order, and what else is known whole.
    pub fn done(mut self, n_rows: usize, entries: Vec<Entry>) -> Glance {
        self.tally.add_window(&self.window.done());
        Glance { entries, n_rows, figures: self.tally }
    }
}
