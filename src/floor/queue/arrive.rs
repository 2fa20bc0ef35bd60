//! How what the store remembers comes into the queue: all at once, or the first rows of it and then the rest.

use chrono::{DateTime, Utc};

use super::Queue;
use crate::{
    domain::incident::{IncidentKey, Login},
    floor::{entry::Entry, glance::Glance},
};

impl Queue {
    /// A queue of incidents that were judged elsewhere, with what people did to them, in order as of `now`. Made on a thread of
    /// its own: of a hundred thousand incidents nobody's key waits for it.
    pub fn ready(
        entries: Vec<Entry>,
        acks: impl IntoIterator<Item = (IncidentKey, (Login, DateTime<Utc>))>,
        snoozes: impl IntoIterator<Item = (IncidentKey, (DateTime<Utc>, Login))>,
        now: DateTime<Utc>,
    ) -> Self {
        let (acks, snoozes) = (acks.into_iter().collect(), snoozes.into_iter().collect());
        let mut queue = Self { entries, acks, snoozes, ..Self::default() };
        queue.know_acks();
        queue.reindex();
        queue.settle(now);
        queue
    }

    /// Takes incidents that were judged elsewhere: what the store remembered.
    pub fn adopt(&mut self, entries: Vec<Entry>) {
        if self.entries.is_empty() {
            self.entries = entries;
        } else {
            for entry in entries {
                match self.places.get(&entry.incident.key).and_then(|place| self.entries.get_mut(*place)) {
                    Some(known) => *known = entry,
                    None => {
                        self.places.insert(entry.incident.key.clone(), self.entries.len());
                        self.entries.push(entry);
                    }
                }
            }
        }
        self.know_acks();
        self.reindex();
    }

    /// Takes the first rows and the figures over all, before all is read.
    pub fn glance(&mut self, glance: Glance) {
        let Glance { entries, n_rows, figures } = glance;
        (self.entries, self.figures) = (entries, Some((figures, n_rows)));
        self.know_acks();
        self.reindex();
    }

    /// Whether only the first rows are read, and the figures over all.
    pub fn is_glance(&self) -> bool {
        self.figures.is_some()
    }

    /// Takes the place of a queue that showed the first rows of this one.
    pub fn recall(&mut self, all: Self) {
        let before = std::mem::replace(self, all);
        self.version = before.version.wrapping_add(1);
        self.content = before.content.wrapping_add(1);
        self.rounds = before.rounds;
    }

    fn know_acks(&mut self) {
        for entry in &mut self.entries {
            entry.acked = self.acks.get(&entry.incident.key).cloned();
        }
    }
}
