//! What a host told since it was last heard, and what of this process others see.

use chrono::{DateTime, Utc};

use crate::{
    domain::incident::IncidentKey,
    floor::{
        Floor,
        fact::{Changed, Reach, Role},
    },
    text::{Passage, Text},
};

/// What is known of the opening text of the incident that was last opened.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Opening<'a> {
    /// Nothing: it is being read.
    #[default]
    Unread,
    /// It has none.
    None,
    /// This.
    Text(&'a Passage),
}

/// The opening text that was read last: only what is looked at is held.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct LastRead(Option<(IncidentKey, Option<Box<Passage>>)>);

/// What waits for the disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unsaved {
    /// How much of what people did.
    pub n: usize,
    /// Why, and what to do.
    pub why: Text,
}

impl Floor {
    pub(super) fn changed(&mut self, changed: Changed, now: DateTime<Utc>) {
        let Changed { source, items, gone, reach, as_of, budget } = changed;
        if !items.is_empty() || !gone.is_empty() {
            let keys: Vec<IncidentKey> = items.iter().map(|incident| incident.key.clone()).collect();
            // What was read may have been changed with the rest.
            if self.last_read.0.as_ref().is_some_and(|(of, _)| keys.contains(of)) {
                self.last_read = LastRead::default();
            }
            self.queue.take(source, items, &self.policy, now);
            self.queue.take_away(&gone);
            let (escalations, ground) = self.escalating();
            escalations.hear(&keys, ground, now);
            if !gone.is_empty() {
                self.escalations.drop_gone(&self.queue);
            }
        }
        self.with(source, |s| {
            s.heard(as_of, now);
            s.reach = Some(reach);
            s.budget = budget.or(s.budget);
        });
    }

    pub(super) fn body_read(&mut self, key: IncidentKey, body: Option<Box<Passage>>) {
        self.last_read = LastRead(Some((key, body)));
    }

    /// The opening text of an incident, as far as it is known: its source told it, or it was read from disk.
    pub fn opening(&self, key: &IncidentKey) -> Opening<'_> {
        let told = self.queue.find(key).and_then(|entry| entry.incident.body.as_deref());
        let read = self.last_read.0.as_ref().filter(|(of, _)| of == key).map(|(_, body)| body.as_deref());
        match (told, read) {
            (Some(text), _) | (None, Some(Some(text))) if !text.is_blank() => Opening::Text(text),
            (Some(_), _) | (None, Some(_)) => Opening::None,
            (None, None) => Opening::Unread,
        }
    }

    /// Which part this process plays among those on the same state folder; nothing = it has not said.
    pub fn role(&self) -> Option<&Role> {
        self.role.as_ref()
    }

    /// What waits for the disk, and why; nothing while all is saved.
    pub fn unsaved(&self) -> Option<&Unsaved> {
        self.unsaved.as_ref()
    }

    /// Whether a source has told part of what is asked for, and the rest is still being read.
    pub fn is_part_told(&self) -> bool {
        self.sources.iter().any(|source| matches!(source.reach, Some(Reach::Part { .. })))
    }
}
