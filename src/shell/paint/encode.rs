//! From one grid to the next, as bytes.

use std::io::Write as _;

use super::cursor::{At, go};
use super::grid::{Grid, Spot};
use super::scroll::Shift;
use super::sgr::{Pen, step};

/// ESC [ K, erase to the end of the row, is three bytes.
const ERASE: &[u8] = b"\x1b[K";

/// Writes codes and remembers what they did to the terminal's cursor and pen.
#[derive(Debug, Clone)]
pub(super) struct Encoder {
    pub(super) out: Vec<u8>,
    /// Where the cursor is; nothing when it cannot be known.
    pub(super) at: Option<At>,
    /// What the terminal draws with; nothing when it cannot be known.
    pub(super) pen: Option<Pen>,
}

impl Encoder {
    /// Draws what differs between two grids of one size.
    pub(super) fn difference(&mut self, front: &Grid, next: &Grid) {
        for y in 0..next.height {
            let (old, new) = (front.row(y), next.row(y));
            if old != new {
                self.row(y, old, new);
            }
        }
    }

    /// Moves rows by deleting or inserting lines between margins.
    ///
    /// SU and SD would be shorter, but the Linux console has neither. What comes in takes the pen's background, so the
    /// pen is made plain first.
    pub(super) fn scroll(&mut self, shift: Shift, height: usize) {
        self.plain_for_blanks();
        // Lines below the last row do not exist: no margin is needed to keep them.
        let margins = shift.bottom < height;
        if margins {
            self.print(format_args!("\x1b[{};{}r", shift.top + 1, shift.bottom));
            self.at = None;
        }
        self.go(At { x: 0, y: shift.top });
        let code = if shift.by > 0 { 'M' } else { 'L' };
        match shift.by.unsigned_abs() {
            1 => self.print(format_args!("\x1b[{code}")),
            n => self.print(format_args!("\x1b[{n}{code}")),
        }
        if margins {
            self.print(format_args!("\x1b[r"));
        }
        self.at = None;
    }

    /// Moves the cursor.
    pub(super) fn go(&mut self, to: At) {
        let way = go(self.at, to);
        self.out.extend_from_slice(&way);
        self.at = Some(to);
    }

    fn print(&mut self, text: std::fmt::Arguments<'_>) {
        // Writing into a vector cannot fail.
        self.out.write_fmt(text).ok();
    }

    fn row(&mut self, y: usize, old: &[Spot], new: &[Spot]) {
        let erased = erased_from(old, new);
        let limit = erased.unwrap_or(new.len());
        for (x, (was, spot)) in old.iter().zip(new).take(limit).enumerate() {
            if was != spot && spot.columns > 0 {
                self.place(At { x, y }, spot, new);
            }
        }
        if let Some(x) = erased {
            self.go(At { x, y });
            self.plain_for_blanks();
            self.out.extend_from_slice(ERASE);
        }
    }

    fn place(&mut self, to: At, spot: &Spot, row: &[Spot]) {
        let pen = self.pen.filter(|pen| spot.shows_with(*pen)).unwrap_or(spot.pen);
        if !self.walk(to, pen, row) {
            self.go(to);
        }
        self.draw_with(pen);
        spot.append_to(&mut self.out);
        let x = to.x + usize::from(spot.columns);
        // After the last column terminals differ: some wait to wrap, some have wrapped. And some draw a cluster in
        // more or fewer columns than we count. Both times only an absolute move is right.
        self.at = (x < row.len() && spot.is_sure()).then_some(At { x, y: to.y });
    }

    /// Gets to `to` by printing again what stands between, where that is shorter than a move.
    fn walk(&mut self, to: At, pen: Pen, row: &[Spot]) -> bool {
        let Some(from) = self.at.filter(|at| at.y == to.y && at.x < to.x) else { return false };
        let between = row.get(from.x..to.x).unwrap_or_default();
        let bytes: usize = between.iter().map(Spot::bytes).sum();
        let narrow = between.iter().all(|spot| spot.columns == 1 && spot.is_sure());
        if !narrow || bytes > go(self.at, to).len() {
            return false;
        }
        let now = self.pen.filter(|pen| between.iter().all(|spot| spot.shows_with(*pen)));
        if now.is_none() {
            if !between.iter().all(|spot| spot.shows_with(pen)) {
                return false;
            }
            self.draw_with(pen);
        }
        between.iter().for_each(|spot| spot.append_to(&mut self.out));
        true
    }

    fn draw_with(&mut self, pen: Pen) {
        step(&mut self.out, self.pen, pen);
        self.pen = Some(pen);
    }

    fn plain_for_blanks(&mut self) {
        if !self.pen.is_some_and(|pen| Spot::BLANK.shows_with(pen)) {
            self.draw_with(Pen::PLAIN);
        }
    }
}

/// Where an erase to the end of the row starts, if the new row ends in blanks and writing them would cost more.
fn erased_from(old: &[Spot], new: &[Spot]) -> Option<usize> {
    let blank = new.iter().rposition(|spot| *spot != Spot::BLANK).map_or(0, |x| x + 1);
    let changed = |(_, (was, spot)): &(usize, (&Spot, &Spot))| was != spot;
    let mut tail = old.iter().zip(new).enumerate().skip(blank).filter(changed).map(|(x, _)| x);
    let first = tail.next()?;
    let last = tail.next_back().unwrap_or(first);
    (last - first + 1 >= ERASE.len()).then_some(first)
}
