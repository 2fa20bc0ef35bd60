//! One question with its count, before something happens. Only `y` is yes; nothing pasted answers it.

pub mod view;

use crate::{
    text::Passage,
    tui::{acting::Errand, action::Action, cursor::Scroll, input::Key},
};

/// The question.
#[derive(Debug)]
pub struct State {
    /// What will be done: `close 3 incidents as completed`.
    pub order: String,
    /// To what, a line each.
    pub doing: Vec<String>,
    /// What is left out, and why, a line each.
    pub skipped: Vec<String>,
    /// The text that will be sent.
    pub text: Option<Passage>,
    /// What yes does.
    pub errand: Errand,
    /// Whether the text can be written again.
    pub can_edit: bool,
    /// The first line shown.
    pub scroll: Scroll,
}

/// What a key did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pressed {
    /// Yes.
    Yes,
    /// No.
    No,
    /// The text is written again.
    Edit,
    /// It was taken.
    Taken,
}

/// Takes a key; the answer to a key pressed too fast is no.
pub fn press(state: &mut State, key: &Key, page: usize) -> Pressed {
    let step = match key {
        Key::Char('y' | 'Y') => return Pressed::Yes,
        Key::Char('e') if state.can_edit => return Pressed::Edit,
        Key::Enter | Key::Esc | Key::Char('n' | 'N' | 'q') => return Pressed::No,
        Key::Down | Key::Char('j') => Action::Down,
        Key::Up | Key::Char('k') => Action::Up,
        Key::PageDown => Action::PageDown,
        Key::PageUp => Action::PageUp,
        _ => return Pressed::Taken,
    };
    state.scroll.step(step, page);
    Pressed::Taken
}
