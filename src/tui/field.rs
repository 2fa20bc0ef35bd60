//! One line of typing. A field takes every printable key: no list key works inside it.

use tui_input::{Input, InputRequest};

use crate::{text::Text, tui::input::Key};

/// One line of typing.
#[derive(Debug, Clone, Default)]
pub struct Field {
    input: Input,
}

/// What a key did to a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Typed {
    /// The text changed.
    Changed,
    /// The cursor moved, or nothing happened.
    Same,
    /// The key is not for a field.
    NotForMe,
}

/// The longest line a person types here; a pasted book is cut.
const LONGEST: usize = 400;

impl Field {
    /// A field that begins with this text.
    pub fn with(text: &str) -> Self {
        Self { input: Input::new(text.to_owned()) }
    }

    /// What is typed.
    pub fn text(&self) -> &str {
        self.input.value()
    }

    /// The column of the cursor.
    pub fn column(&self) -> usize {
        self.input.visual_cursor()
    }

    /// Takes a key.
    pub fn take(&mut self, key: &Key) -> Typed {
        let request = match key {
            Key::Char(c) => {
                if self.text().len() >= LONGEST {
                    return Typed::Same;
                }
                InputRequest::InsertChar(*c)
            }
            Key::Paste(pasted) => {
                // Lines of a paste become one: a filter is words between spaces.
                let safe = Text::scrub(&pasted.split(['\n', '\r']).collect::<Vec<_>>().join(" "));
                for c in safe.as_str().chars().take(LONGEST.saturating_sub(self.text().len())) {
                    self.input.handle(InputRequest::InsertChar(c));
                }
                return Typed::Changed;
            }
            Key::Backspace | Key::Ctrl('h') => InputRequest::DeletePrevChar,
            Key::Delete => InputRequest::DeleteNextChar,
            Key::Ctrl('w') => InputRequest::DeletePrevWord,
            Key::Ctrl('u') => InputRequest::DeleteLine,
            Key::Ctrl('k') => InputRequest::DeleteTillEnd,
            Key::Left | Key::Ctrl('b') => InputRequest::GoToPrevChar,
            Key::Right | Key::Ctrl('f') => InputRequest::GoToNextChar,
            Key::CtrlLeft => InputRequest::GoToPrevWord,
            Key::CtrlRight => InputRequest::GoToNextWord,
            Key::Home | Key::Ctrl('a') => InputRequest::GoToStart,
            Key::End | Key::Ctrl('e') => InputRequest::GoToEnd,
            _ => return Typed::NotForMe,
        };
        match self.input.handle(request) {
            Some(change) if change.value => Typed::Changed,
            Some(_) | None => Typed::Same,
        }
    }
}
