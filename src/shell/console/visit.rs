//! What leaves the screen for a moment: the clipboard, the browser, the editor.

use chrono::{DateTime, Utc};

use super::Console;
use crate::{
    floor::{effect::Effect, fact::Fact},
    shell::{desk, engine::Outside},
};

impl Console {
    /// Clipboard, browser, editor: a live console has them; the demo's world answers for itself.
    pub(super) fn at_the_desk(&mut self, effect: Effect, now: DateTime<Utc>) -> Vec<Fact> {
        match (effect, &self.outside) {
            (Effect::Copy(text), _) => vec![self.copy(text.as_str())],
            (Effect::CopyAll(text), _) => vec![self.copy(text.as_str())],
            (Effect::Browse(url), Outside::Live(_)) => vec![desk::browse(&url)],
            (Effect::Edit { path, line }, Outside::Live(engine)) => {
                let Some(path) = engine.real_path(&path) else { return Vec::new() };
                let fact = self.away_from_the_terminal(|| desk::edit(&path, line));
                vec![fact]
            }
            (Effect::Compose { about, first }, _) => {
                let written = self.away_from_the_terminal(|| desk::compose(&first));
                vec![written.map_or_else(|told| *told, |text| Fact::Composed { about, text })]
            }
            (effect, _) => self.outside.perform(effect, now),
        }
    }

    fn copy(&mut self, text: &str) -> Fact {
        if !desk::copy_through_tmux(text) {
            self.screen.send(&desk::clipboard_bytes(text));
        }
        desk::copied(text)
    }

    /// Gives the terminal to somebody else, and takes it back.
    pub(super) fn away_from_the_terminal<T>(&mut self, them: impl FnOnce() -> T) -> T {
        // A keyboard that cannot be paused has ended with its terminal; then the editor ends as well.
        let is_paused = self.keyboard.pause().is_ok();
        self.guard.suspend();
        let result = them();
        if self.guard.resume().is_err() || (is_paused && self.keyboard.resume().is_err()) {
            self.exit = Some(128 + 1);
        }
        self.resize();
        result
    }
}
