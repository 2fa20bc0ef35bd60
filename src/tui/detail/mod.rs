//! One incident, whole: its clocks with their evidence, its text.

pub mod ladder;
pub mod view;

use crate::{
    domain::incident::IncidentKey,
    floor::{Floor, changed::Opening, effect::Effect},
    tui::cursor::Scroll,
};

/// What the person is looking at.
#[derive(Debug)]
pub struct State {
    /// Which incident.
    pub key: IncidentKey,
    /// The first line shown.
    pub scroll: Scroll,
    /// Its text was asked for, and has not come yet.
    is_asked: bool,
}

impl State {
    /// The top of an incident.
    pub fn new(key: IncidentKey) -> Self {
        Self { key, scroll: Scroll::default(), is_asked: false }
    }

    /// Asks for the opening text, once, where nobody has read it yet.
    pub fn ask(&mut self, floor: &Floor) -> Option<Effect> {
        let is_unread = floor.opening(&self.key) == Opening::Unread;
        let was_asked = std::mem::replace(&mut self.is_asked, is_unread);
        (is_unread && !was_asked).then(|| Effect::ReadBody(self.key.clone()))
    }
}
