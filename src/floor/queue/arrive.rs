//! How what the store remembers comes into the queue: all at once, or the first rows of it and then the rest.

use chrono::{DateTime, Utc};

use super::Queue;
use crate::{
    domain::incident::{IncidentKey, Login},
    floor::{entry::Entry, glance::Glance},
};

impl Queue {
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
        let Glance { entries, figures } = glance;
        (self.entries, self.figures) = (entries, Some(figures));
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
