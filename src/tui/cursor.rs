//! A row under the cursor and the first row on the page.

use crate::tui::action::Action;

/// A place in a list of rows. `at` and `top` are kept inside the list by [`Cursor::hold`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Cursor {
    /// The row under the cursor.
    pub at: usize,
    /// The first row on the page.
    pub top: usize,
}

impl Cursor {
    /// Moves by an action; says whether the action was a move.
    pub fn step(&mut self, action: Action, rows: usize, page: usize) -> bool {
        let last = rows.saturating_sub(1);
        let half = (page / 2).max(1);
        self.at = match action {
            Action::Down => self.at.saturating_add(1),
            Action::Up => self.at.saturating_sub(1),
            Action::Top => 0,
            Action::Bottom => last,
            Action::HalfPageDown => self.at.saturating_add(half),
            Action::HalfPageUp => self.at.saturating_sub(half),
            Action::PageDown => self.at.saturating_add(page.max(1)),
            Action::PageUp => self.at.saturating_sub(page.max(1)),
            _ => return false,
        };
        self.hold(rows, page);
        true
    }

    /// Brings the cursor into the list, and the page to the cursor.
    pub fn hold(&mut self, rows: usize, page: usize) {
        self.at = self.at.min(rows.saturating_sub(1));
        if self.at < self.top {
            self.top = self.at;
        } else if page > 0 && self.at >= self.top + page {
            self.top = self.at + 1 - page;
        }
        self.top = self.top.min(rows.saturating_sub(page));
    }
}

/// A passage that is only scrolled: the first line on the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Scroll {
    /// The first line on the page.
    pub top: usize,
}

impl Scroll {
    /// Moves by an action; says whether the action was a move. The end is held when drawing, where the length is known.
    pub fn step(&mut self, action: Action, page: usize) -> bool {
        self.top = match action {
            Action::Down => self.top.saturating_add(1),
            Action::Up => self.top.saturating_sub(1),
            Action::Top => 0,
            Action::Bottom => usize::MAX / 2,
            Action::HalfPageDown => self.top.saturating_add((page / 2).max(1)),
            Action::HalfPageUp => self.top.saturating_sub((page / 2).max(1)),
            Action::PageDown => self.top.saturating_add(page.max(1)),
            Action::PageUp => self.top.saturating_sub(page.max(1)),
            _ => return false,
        };
        true
    }

    /// The first line to draw of a passage of this length.
    pub fn held(self, lines: usize, page: usize) -> usize {
        self.top.min(lines.saturating_sub(page))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MOVES: [Action; 8] = [
        Action::Down,
        Action::Up,
        Action::Top,
        Action::Bottom,
        Action::HalfPageDown,
        Action::HalfPageUp,
        Action::PageDown,
        Action::PageUp,
    ];

    proptest! {
        #[test]
        fn the_cursor_stays_in_the_list_and_on_the_page(
            moves in proptest::collection::vec((0usize..8, 0usize..200, 1usize..40), 0..60),
        ) {
            let mut cursor = Cursor::default();
            for (action, rows, page) in moves {
                prop_assert!(cursor.step(MOVES[action], rows, page));
                prop_assert!(cursor.at < rows.max(1));
                prop_assert!(cursor.top <= cursor.at && cursor.at < cursor.top + page);
            }
        }
    }
}
