//! Every action by its name: type some of it, choose, Enter.

pub mod view;

use nucleo_matcher::{
    Config, Matcher,
    pattern::{CaseMatching, Normalization, Pattern},
};

use crate::tui::{
    action::{Action, Spec, TABLE},
    cursor::Cursor,
    field::{Field, Typed},
    input::Key,
};

/// What the person is looking at.
#[derive(Debug, Default)]
pub struct State {
    /// What is typed.
    pub field: Field,
    /// The row under the cursor.
    pub cursor: Cursor,
}

/// What a key did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pressed {
    /// It closes the palette.
    Close,
    /// It was taken.
    Taken,
    /// It chose this.
    Chose(Action),
}

/// Rows the palette shows at once.
pub const ROWS: usize = 12;

/// Takes a key.
pub fn press(state: &mut State, key: &Key) -> Pressed {
    let found = found(state.field.text());
    match key {
        Key::Esc => return Pressed::Close,
        Key::Enter => {
            return found.get(state.cursor.at).map_or(Pressed::Close, |spec| Pressed::Chose(spec.action));
        }
        Key::Down | Key::Ctrl('n') | Key::Tab => drop(state.cursor.step(Action::Down, found.len(), ROWS)),
        Key::Up | Key::Ctrl('p') | Key::BackTab => drop(state.cursor.step(Action::Up, found.len(), ROWS)),
        Key::Backspace if state.field.text().is_empty() => return Pressed::Close,
        key => {
            if state.field.take(key) == Typed::Changed {
                state.cursor = Cursor::default();
            }
        }
    }
    Pressed::Taken
}

/// The actions that fit what is typed, the best first; all of them where nothing is typed.
pub fn found(typed: &str) -> Vec<&'static Spec> {
    if typed.trim().is_empty() {
        return TABLE.iter().collect();
    }
    let pattern = Pattern::parse(typed, CaseMatching::Ignore, Normalization::Smart);
    let mut matcher = Matcher::new(Config::DEFAULT);
    let mut scored: Vec<((u8, u32), &Spec)> = TABLE
        .iter()
        .filter_map(|spec| {
            let text = format!("{} {}", spec.name, spec.help);
            let mut buffer = Vec::new();
            let score = pattern.score(nucleo_matcher::Utf32Str::new(&text, &mut buffer), &mut matcher)?;
            // A name typed whole means itself, one typed from its start comes next, whatever else contains the letters.
            let lower = typed.trim().to_lowercase();
            let by_part = spec.name.split('.').any(|part| part == lower);
            let by_name = match (spec.name == lower, by_part, spec.name.starts_with(&lower)) {
                (true, ..) => 3,
                (_, true, _) => 2,
                (_, _, true) => 1,
                _ => 0,
            };
            Some(((by_name, score), spec))
        })
        .collect();
    scored.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
    scored.into_iter().map(|(_, spec)| spec).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_letters_find_an_action() {
        assert_eq!(found("ack").first().map(|s| s.name), Some("incident.ack"));
        assert_eq!(found("zoomin").first().map(|s| s.name), Some("metrics.zoom-in"));
        assert_eq!(found("zoom").first().map(|s| s.name), Some("pane.zoom"));
        assert_eq!(found("quit").first().map(|s| s.name), Some("quit"));
        assert_eq!(found("").len(), TABLE.len());
    }
}
