//! The record of who was on call: written as it is seen, read for reports of the past (SEMANTICS R6).

use chrono::{DateTime, Utc};

use super::{Engine, told_badly};
use crate::{
    domain::rota::watched::Watched,
    floor::fact::{Fact, Went},
    shell::{clock::Clock, keeper},
    text::Text,
};

impl Engine {
    /// Has it put on record who was seen on call. Under a clock of `--now` nothing was seen.
    pub(super) fn record(&self, seen: Vec<Watched>) {
        if let (Clock::Wall, Some(roster)) = (self.clock, self.roster()) {
            self.keeper.saw_on_call(roster.to_string_lossy().into_owned(), seen);
        }
    }

    /// As the effect, for a command that prints and ends: waits for the disk, and tells where that failed.
    pub fn record_now(&self, seen: Vec<Watched>) -> Option<Fact> {
        let (Clock::Wall, Some(roster)) = (self.clock, self.roster()) else { return None };
        let roster = roster.to_string_lossy().into_owned();
        match self.keeper.with_now(move |store| store.saw_on_call(&roster, &seen)) {
            Ok(Ok(())) => None,
            Ok(Err(error)) => Some(told_badly(&error)),
            Err(why) => Some(Fact::Told { what: why, went: Went::Badly }),
        }
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
        let roster = roster.to_string_lossy().into_owned();
        self.keeper.with_now(move |store| match store.set_aside() {
            Some(path) => Err(keeper::set_aside(path)),
            None => store.seen_on_call(&roster, from, until).map_err(|error| keeper::in_words(&error)),
        })?
    }

    /// What somebody should know of the record before they rely on it: that nothing goes there and why, or that the file was
    /// damaged. Under a clock of `--now` nothing would in any case.
    pub fn unrecorded(&self) -> Option<Text> {
        let found = self.keeper.with_now(|store| {
            let refused = store.writable().err().map(|error| keeper::in_words(&error));
            (store.set_aside().map(keeper::set_aside), refused)
        });
        let why = match found {
            Ok((Some(aside), _)) => return Some(aside),
            Ok((None, refused)) => refused?,
            Err(why) => why,
        };
        matches!(self.clock, Clock::Wall).then(|| Text::scrub(&format!("nothing is put on record: {why}")))
    }
}
