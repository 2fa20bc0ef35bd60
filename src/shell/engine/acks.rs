//! Taking incidents on: on disk first, and seen from every console that shares the store.

use super::{Engine, lock};
use crate::{domain::incident::IncidentKey, floor::fact::Fact, text::Text};

/// How often the store is looked at for what another console took on.
const LOOKS_FOR_ACKS: std::time::Duration = std::time::Duration::from_secs(5);

impl Engine {
    /// Takes an incident on: on disk first, then said.
    pub(super) fn acknowledge(&self, key: IncidentKey) -> Fact {
        let (by, at) = (self.me.clone(), self.clock.now());
        let saved = match &self.store {
            Ok(store) => lock(store).acknowledge(&key, &by, at).map_err(|error| Text::scrub(&error.to_string())),
            Err(why) => Err(why.clone()),
        };
        match saved {
            Ok(()) => Fact::Acknowledged { key, by, at },
            Err(why) => Fact::AckFailed { key, why },
        }
    }

    /// What others took on since the last look.
    pub(super) fn taken_on_elsewhere(&mut self) -> Vec<Fact> {
        if self.looked_at.is_some_and(|at| at.elapsed() < LOOKS_FOR_ACKS) {
            return Vec::new();
        }
        self.looked_at = Some(std::time::Instant::now());
        let Ok(store) = &self.store else { return Vec::new() };
        // A store that is busy is looked at again next time.
        let Ok(acks) = lock(store).acknowledgements() else { return Vec::new() };
        let new = acks.len().saturating_sub(self.acks_told);
        self.acks_told = acks.len();
        let new = acks.into_iter().rev().take(new).rev();
        new.map(|(key, by, at)| Fact::Acknowledged { key, by, at }).collect()
    }
}
