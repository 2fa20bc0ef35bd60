//! The keys, from the action table; type to search them.

pub mod view;

use crate::tui::{
    action::{Action, Spec, TABLE},
    cursor::Scroll,
    field::{Field, Typed},
    input::Key,
};

/// What the person is looking at.
#[derive(Debug, Default)]
pub struct State {
    /// What is searched for.
    pub field: Field,
    /// The first line shown.
    pub scroll: Scroll,
}

/// What a key did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pressed {
    /// It closes the page.
    Close,
    /// It was taken.
    Taken,
}

/// Takes a key.
pub fn press(state: &mut State, key: &Key, page: usize) -> Pressed {
    match key {
        Key::Esc | Key::Enter => return Pressed::Close,
        // The keys that open and end things close an empty search, so that nobody is caught in it.
        Key::Char('?' | 'q') if state.field.text().is_empty() => return Pressed::Close,
        Key::Down => drop(state.scroll.step(Action::Down, page)),
        Key::Up => drop(state.scroll.step(Action::Up, page)),
        Key::PageDown => drop(state.scroll.step(Action::HalfPageDown, page)),
        Key::PageUp => drop(state.scroll.step(Action::HalfPageUp, page)),
        key => {
            if state.field.take(key) == Typed::Changed {
                state.scroll = Scroll::default();
            }
        }
    }
    Pressed::Taken
}

/// The rows of the table that a search leaves: every word must stand in the name, the help or the keys.
pub fn found(search: &str) -> impl Iterator<Item = &'static Spec> {
    let words: Vec<String> = search.split_whitespace().map(str::to_lowercase).collect();
    TABLE.iter().filter(move |spec| {
        words.iter().all(|word| {
            spec.help.to_lowercase().contains(word)
                || spec.name.contains(word.as_str())
                || spec.keys.iter().any(|key| key.eq_ignore_ascii_case(word))
        })
    })
}
