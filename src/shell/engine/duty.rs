//! The record of who was on call: written as it is seen, read for reports of the past (SEMANTICS R6).

use chrono::{DateTime, Utc};

use super::{Engine, in_words, lock, set_aside, told_badly};
use crate::{domain::rota::watched::Watched, floor::fact::Fact, shell::clock::Clock, text::Text};

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

    /// Who was seen on call in `[from, until)`, in the order in which it was put on record.
    ///
    /// # Errors
    /// Why the record cannot be read, in words: there is no store, the disk fails, or the file was damaged and is set aside.
    pub fn recorded(&self, from: DateTime<Utc>, until: DateTime<Utc>) -> Result<Vec<Watched>, Text> {
        let Some(roster) = self.roster() else { return Ok(Vec::new()) };
        let store = lock(self.store.as_ref().map_err(Clone::clone)?);
        match store.set_aside() {
            Some(path) => Err(set_aside(path)),
            None => store.seen_on_call(&roster.to_string_lossy(), from, until).map_err(|error| in_words(&error)),
        }
    }

    /// What somebody should know of the record before they rely on it: that nothing goes there and why, or that the file was
    /// damaged. Under a clock of `--now` nothing would in any case.
    pub fn unrecorded(&self) -> Option<Text> {
        match &self.store {
            Ok(store) => lock(store).set_aside().map(set_aside),
            Err(why) if matches!(self.clock, Clock::Wall) => {
                Some(Text::scrub(&format!("nothing is put on record: {why}")))
            }
            Err(_) => None,
        }
    }
}
