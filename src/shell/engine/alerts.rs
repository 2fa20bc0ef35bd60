//! What people do about alerts, as it stands on disk.

use std::path::PathBuf;

use super::Engine;
use crate::{
    domain::notify::Silence,
    floor::{
        effect::Effect,
        fact::{Fact, Went},
    },
    shell::{channels::Handling, clock::Clock},
    text::Text,
};

impl Engine {
    /// Begins to tell what people did about alerts, here and in other processes on the state folder. Under a clock of
    /// `--now` nothing was seen, and nothing is told.
    pub fn handle_alerts(&mut self, folder: Option<PathBuf>, silences: Vec<Silence>) {
        let (Clock::Wall, Some(folder)) = (self.clock, folder) else { return };
        let (me, role) = (self.me.clone(), self.keeper.role());
        self.handling = Handling::begin(folder, silences, me, self.clock, role, self.tell.clone()).ok();
    }

    pub(super) fn about_alerts(&self, effect: Effect) -> Vec<Fact> {
        match (&self.handling, effect) {
            (Some(handling), effect) => handling.perform(effect),
            (None, Effect::AlertsCleared(_)) => {}
            (None, Effect::ReadNotices { id, .. }) => {
                return vec![Fact::NoticesRead(id, Err(Text::scrub("there is no state folder")))];
            }
            (None, _) => {
                let what = Text::scrub("not saved: there is no state folder, or the clock stands still (--now)");
                return vec![Fact::Told { what, went: Went::Badly }];
            }
        }
        Vec::new()
    }
}
