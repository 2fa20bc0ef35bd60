//! What the terminal shows, cell by cell, after every conversion.
//!
//! Two buffers that would look the same on this terminal are the same grid: colors are converted, the pen on a blank is
//! reduced to what shows, the cell under the right half of a wide character is a [`Glyph::Tail`] whatever it held.

use ratatui::buffer::{Buffer, Cell};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::color::{Depth, Inks};
use super::sgr::Pen;

/// What stands in place of a character that would steer the terminal or has no columns of its own.
const MARK: char = '·';

/// The most bytes one cell may send; a base with the marks that `Text` keeps stays far below.
const CELL_BYTES: usize = 64;

/// What stands in one cell.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Glyph {
    /// One character, one or two columns.
    One(char),
    /// A base with marks, or a cluster.
    Many(Box<str>),
    /// The right half of the wide glyph before it.
    Tail,
}

/// One cell of the screen.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Spot {
    pub(super) glyph: Glyph,
    pub(super) pen: Pen,
    /// Columns: 1 or 2; 0 for a tail.
    pub(super) columns: u8,
}

impl Spot {
    /// A cleared cell.
    pub(super) const BLANK: Self = Self { glyph: Glyph::One(' '), pen: Pen::PLAIN, columns: 1 };

    /// Whether it shows nothing but a background.
    pub(super) fn is_blank(&self) -> bool {
        self.glyph == Glyph::One(' ')
    }

    /// Whether drawing it with `pen` shows what its own pen would show.
    pub(super) fn shows_with(&self, pen: Pen) -> bool {
        self.pen == pen || (self.is_blank() && pen.on_blank() == self.pen)
    }

    /// Bytes of the glyph.
    pub(super) fn bytes(&self) -> usize {
        match &self.glyph {
            Glyph::One(c) => c.len_utf8(),
            Glyph::Many(s) => s.len(),
            Glyph::Tail => 0,
        }
    }

    /// Whether every terminal agrees on its columns; clusters and emoji differ between terminals.
    pub(super) fn is_sure(&self) -> bool {
        match self.glyph {
            Glyph::One(c) => self.columns < 2 || matches!(c, '\u{1100}'..='\u{115f}' | '\u{2e80}'..='\u{ffef}'),
            Glyph::Many(_) => false,
            Glyph::Tail => true,
        }
    }

    pub(super) fn append_to(&self, out: &mut Vec<u8>) {
        match &self.glyph {
            Glyph::One(c) => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
            Glyph::Many(s) => out.extend_from_slice(s.as_bytes()),
            Glyph::Tail => {}
        }
    }
}

/// A screen of spots, row by row.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Grid {
    pub(super) width: usize,
    pub(super) height: usize,
    spots: Vec<Spot>,
}

impl Grid {
    /// A cleared screen.
    pub(super) fn blank(width: usize, height: usize) -> Self {
        Self { width, height, spots: vec![Spot::BLANK; width * height] }
    }

    /// What `buffer` will look like on a terminal of this depth.
    pub(super) fn of(buffer: &Buffer, depth: Depth) -> Self {
        let (width, height) = (usize::from(buffer.area.width), usize::from(buffer.area.height));
        let mut inks = Inks::new(depth);
        let mut spots = Vec::with_capacity(width * height);
        for row in buffer.content.chunks(width.max(1)).take(height) {
            let mut cells = row.iter().enumerate();
            while let Some((x, cell)) = cells.next() {
                let spot = spot(cell, &mut inks);
                if spot.columns < 2 {
                    spots.push(spot);
                    continue;
                }
                if x + 1 == row.len() {
                    // Half a glyph does not fit: a terminal would wrap it to the next row.
                    let pen = spot.pen.on_blank();
                    spots.push(Spot { pen, ..Spot::BLANK });
                    continue;
                }
                let tail = Spot { glyph: Glyph::Tail, pen: spot.pen, columns: 0 };
                spots.extend([spot, tail]);
                cells.next();
            }
        }
        spots.resize(width * height, Spot::BLANK);
        Self { width, height, spots }
    }

    /// One row; empty below the screen.
    pub(super) fn row(&self, y: usize) -> &[Spot] {
        self.spots.get(y * self.width..(y + 1) * self.width).unwrap_or_default()
    }

    /// Moves the rows `top..bottom` up by `by` (down when negative), as the terminal does; blank rows come in.
    pub(super) fn scroll(&mut self, top: usize, bottom: usize, by: isize) {
        let Some(region) = self.spots.get_mut(top * self.width..bottom * self.width) else { return };
        let shift = by.unsigned_abs().min(bottom - top) * self.width;
        if by > 0 {
            region.rotate_left(shift);
            let kept = region.len() - shift;
            region.iter_mut().skip(kept).for_each(|spot| *spot = Spot::BLANK);
        } else {
            region.rotate_right(shift);
            region.iter_mut().take(shift).for_each(|spot| *spot = Spot::BLANK);
        }
    }
}

fn spot(cell: &Cell, inks: &mut Inks) -> Spot {
    let (fg, bg) = inks.of(cell.fg, cell.bg);
    let pen = Pen { fg, bg, marks: cell.modifier };
    let (glyph, columns) = glyph(cell.symbol());
    let pen = if glyph == Glyph::One(' ') { pen.on_blank() } else { pen };
    Spot { glyph, pen, columns }
}

/// The last check before the terminal: whatever a view put into a cell, no control character leaves it.
fn glyph(symbol: &str) -> (Glyph, u8) {
    let mut chars = symbol.chars();
    let Some(first) = chars.next() else { return (Glyph::One(' '), 1) };
    if chars.next().is_none() {
        return single(first);
    }
    if symbol.chars().any(char::is_control) {
        return (Glyph::One(MARK), 1);
    }
    match (symbol.width(), symbol.len()) {
        (1, ..=CELL_BYTES) if first.width() == Some(1) => (Glyph::Many(symbol.into()), 1),
        (2, ..=CELL_BYTES) if first.width().is_some_and(|n| n > 0) => (Glyph::Many(symbol.into()), 2),
        _ => single(first),
    }
}

fn single(c: char) -> (Glyph, u8) {
    match c.width() {
        Some(1) => (Glyph::One(c), 1),
        Some(2) => (Glyph::One(c), 2),
        _ => (Glyph::One(MARK), 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ratatui::layout::Rect;
    use ratatui::style::{Color, Style};

    #[test]
    fn a_control_character_in_a_cell_never_reaches_the_terminal() {
        for symbol in ["\u{1b}", "\u{1b}[2J", "\u{9b}", "a\n", "\r\n", "\u{7f}", "\u{301}"] {
            assert_eq!(glyph(symbol), (Glyph::One('·'), 1), "{symbol:?}");
        }
        assert_eq!(glyph("abc"), (Glyph::One('a'), 1));
        assert_eq!(glyph(""), (Glyph::One(' '), 1));
        assert_eq!(glyph("e\u{301}"), (Glyph::Many("e\u{301}".into()), 1));
    }

    #[test]
    fn half_a_wide_character_at_the_edge_is_a_blank() {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 2, 1));
        if let Some(cell) = buffer.cell_mut((1, 0)) {
            cell.set_char('日');
        }
        assert!(Grid::of(&buffer, Depth::TrueColor).row(0)[1].is_blank());
    }

    #[test]
    fn what_looks_the_same_is_the_same() {
        let mut one = Buffer::empty(Rect::new(0, 0, 3, 1));
        let mut two = one.clone();
        one.set_string(0, 0, "日x", Style::new().fg(Color::Rgb(250, 0, 0)));
        two.set_string(0, 0, "日x", Style::new().fg(Color::Rgb(251, 0, 0)));
        assert_eq!(Grid::of(&one, Depth::Ansi256), Grid::of(&two, Depth::Ansi256));
        assert_ne!(Grid::of(&one, Depth::TrueColor), Grid::of(&two, Depth::TrueColor));
    }
}
