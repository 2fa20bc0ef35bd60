//! The final schedule, day by day: who begins the day, and every hand-off with its time.

pub mod view;

use crate::floor::strip::{Cell, Piece};

/// One entry of a day: the hour it begins at, where it begins on that day.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Entry<'a> {
    /// What runs.
    pub piece: &'a Piece,
    /// Whether it was handed over on this day; what goes on from the day before needs no hour.
    pub is_handed: bool,
}

/// The entries of a day, given the day before it.
pub fn entries<'a>(before: Option<&Cell>, day: &'a Cell) -> Vec<Entry<'a>> {
    let last = before.and_then(|cell| cell.pieces.last());
    let goes_on = |piece: &Piece| last.is_some_and(|l| l.people == piece.people && l.is_off == piece.is_off);
    let entry = |(place, piece): (usize, &'a Piece)| {
        // Before the first day nothing is known: what begins it is taken to go on.
        let is_handed = place > 0 || (last.is_some() && !goes_on(piece));
        Entry { piece, is_handed }
    };
    day.pieces.iter().enumerate().map(entry).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{domain::time::parse_rfc3339, text::Text};

    fn piece(who: &str, from: u32, until: u32) -> Piece {
        let at = |hour: u32| parse_rfc3339("2026-11-20T00:00:00Z").unwrap() + chrono::TimeDelta::hours(hour.into());
        let people = if who.is_empty() { Vec::new() } else { vec![Text::scrub(who)] };
        Piece { start: at(from), end: at(until), people, is_off: false, is_unknown: false }
    }

    #[test]
    fn only_what_begins_on_a_day_has_an_hour() {
        let before = Cell { pieces: vec![piece("a", 0, 24)] };
        let handed = |before: Option<&Cell>, pieces: Vec<Piece>| -> Vec<bool> {
            entries(before, &Cell { pieces }).iter().map(|e| e.is_handed).collect()
        };
        assert_eq!(handed(Some(&before), vec![piece("a", 24, 33), piece("b", 33, 48)]), [false, true]);
        assert_eq!(handed(Some(&before), vec![piece("b", 24, 48)]), [true], "handed over at midnight");
        assert_eq!(handed(Some(&before), vec![piece("", 24, 48)]), [true], "a gap that begins at midnight");
        assert_eq!(handed(None, vec![piece("a", 0, 24)]), [false]);
    }
}
