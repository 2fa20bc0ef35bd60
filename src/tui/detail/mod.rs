//! One incident, whole: its clocks with their evidence, its text.

pub mod ladder;
pub mod view;

use crate::{domain::incident::IncidentKey, tui::cursor::Scroll};

/// What the person is looking at.
#[derive(Debug)]
pub struct State {
    /// Which incident.
    pub key: IncidentKey,
    /// The first line shown.
    pub scroll: Scroll,
}

impl State {
    /// The top of an incident.
    pub fn new(key: IncidentKey) -> Self {
        Self { key, scroll: Scroll::default() }
    }
}
