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

    /// Who was seen on call in `[from, until)`, in the order in which it was put on record; and what was lost of that, where
    /// the file was damaged after `from`.
    ///
    /// # Errors
    /// Why the record cannot be read, in words: there is no store, or the disk fails.
    pub fn recorded(&self, from: DateTime<Utc>, until: DateTime<Utc>) -> Result<(Vec<Watched>, Option<Text>), Text> {
        let Some(roster) = self.roster() else { return Ok((Vec::new(), None)) };
        let roster = roster.to_string_lossy().into_owned();
        self.keeper.with_now(move |store| {
            let seen = store.seen_on_call(&roster, from, until).map_err(|error| keeper::in_words(&error))?;
            let lost = store.loss_lately(Clock::Wall.now()).filter(|(at, _)| from < *at).map(|(_, what)| what);
            Ok((seen, lost))
        })?
    }

    /// What was lost of the state file lately, in words.
    pub fn loss_lately(&self) -> Option<Text> {
        let lost = self.keeper.with_now(|store| store.loss_lately(Clock::Wall.now())).ok().flatten();
        lost.map(|(_, what)| what)
    }

    /// What somebody should know of the record before they rely on it: that nothing goes there and why, or that the file was
    /// damaged. Under a clock of `--now` nothing would in any case.
    pub fn unrecorded(&self) -> Option<Text> {
        let found = self.keeper.with_now(|store| {
            let refused = store.writable().err().map(|error| keeper::in_words(&error));
            (store.loss(), refused)
        });
        let why = match found {
            Ok((Some(lost), _)) => return Some(lost),
            Ok((None, refused)) => refused?,
            Err(why) => why,
        };
        matches!(self.clock, Clock::Wall).then(|| Text::scrub(&format!("nothing is put on record: {why}")))
    }
}
