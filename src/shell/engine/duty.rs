//! The record of who was on call: written as it is seen, read for reports of the past (SEMANTICS R6).

use chrono::{DateTime, Utc};

use super::{Engine, lock, told_badly};
use crate::{
    domain::rota::watched::Watched,
    floor::fact::Fact,
    shell::{clock::Clock, store::StoreError},
};

impl Engine {
    /// Puts on record who was seen on call; tells only where that failed. Under a clock of `--now` nothing was seen.
    pub(super) fn record(&self, seen: &[Watched]) -> Option<Fact> {
        let (Clock::Wall, Some(roster), Ok(store)) = (self.clock, self.roster(), &self.store) else { return None };
        let done = lock(store).saw_on_call(&roster.to_string_lossy(), seen);
        done.err().map(|error| told_badly(&error))
    }

    /// The roster's file; nothing where the settings name none.
    pub fn roster(&self) -> Option<&std::path::Path> {
        self.roster_path.as_deref()
    }

    /// Who was seen on call in `[from, until)`, in the order in which it was put on record. Without a store: nobody was.
    ///
    /// # Errors
    /// As the disk fails.
    pub fn recorded(&self, from: DateTime<Utc>, until: DateTime<Utc>) -> Result<Vec<Watched>, StoreError> {
        match (self.roster(), &self.store) {
            (Some(roster), Ok(store)) => lock(store).seen_on_call(&roster.to_string_lossy(), from, until),
            (_, _) => Ok(Vec::new()),
        }
    }
}
