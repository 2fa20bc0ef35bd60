//! The on-call pane: only scrolled.

pub mod view;

use crate::{
    floor::effect::Effect,
    tui::{action::Action, cursor::Scroll},
};

/// What the person is looking at.
#[derive(Debug, Default)]
pub struct State {
    /// The first line shown when zoomed.
    pub scroll: Scroll,
}

/// Does what an action means here.
pub fn update(state: &mut State, action: Action, page: usize) -> Vec<Effect> {
    state.scroll.step(action, page);
    Vec::new()
}
