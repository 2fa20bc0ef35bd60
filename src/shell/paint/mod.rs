//! The painter: a frame in, the fewest bytes that turn the screen into it out.
//!
//! Pure: it knows no terminal, only what it sent before. We do it ourselves because each of ratatui's and crossterm's
//! steps costs bytes that a slow link feels: a code per cell, no scrolling, 20 bytes for a frame that did not change, and a
//! cursor query on clearing that some terminals never answer.
//!
//! ```text
//! Buffer --grid--> Grid --scroll?--> Encoder --> bytes of one write
//!          color     \--- difference --/  cursor, sgr
//! ```

mod color;
mod cursor;
mod encode;
mod grid;
mod scroll;
mod sgr;
#[cfg(test)]
mod tests;

use ratatui::buffer::Buffer;
use ratatui::layout::Position;

pub use color::Depth;
use cursor::At;
use encode::Encoder;
use grid::Grid;
use sgr::Pen;

/// Frames above this many bytes are shown at once where the terminal can (synchronized output, mode 2026).
///
/// Not smaller ones: tmux 3.7b repaints its whole pane at the end of each (measured 2026-11).
const AT_ONCE: usize = 512;

/// Frames below this many bytes are not tried with scrolling: a trial costs more than it can save.
const WORTH_A_TRIAL: usize = 120;

/// No margins, plain pen, ASCII in both shifts, home, erase below.
const CLEAR: &[u8] = b"\x1b[r\x1b[m\x0f\x1b(B\x1b[H\x1b[J";

/// Turns frames into bytes, remembering what the terminal shows.
#[derive(Debug)]
pub struct Painter {
    depth: Depth,
    /// What the terminal shows; nothing when it must be cleared first.
    front: Option<Grid>,
    /// What the terminal draws with.
    pen: Option<Pen>,
    /// Where the visible cursor stands, nothing if hidden; the outer nothing: not known.
    cursor: Option<Option<Position>>,
    out: Vec<u8>,
}

impl Painter {
    /// A painter for a terminal whose screen is not known.
    pub fn new(depth: Depth) -> Self {
        Self { depth, front: None, pen: None, cursor: None, out: Vec::new() }
    }

    /// Forgets the screen: the next frame clears and repaints it whole. For after a resize, a resume or a lost write.
    pub fn reset(&mut self) {
        self.front = None;
        self.pen = None;
        self.cursor = None;
    }

    /// The bytes that turn the screen into `next`, with the cursor shown at `cursor` or hidden.
    ///
    /// Empty when nothing changed. All of it must reach the terminal before the next frame is asked for; if it does not,
    /// call [`Painter::reset`]. A frame of another size than the last one clears the screen.
    pub fn frame(&mut self, next: &Buffer, cursor: Option<Position>) -> &[u8] {
        let next = Grid::of(next, self.depth);
        let cursor = cursor.filter(|at| usize::from(at.x) < next.width && usize::from(at.y) < next.height);
        let known = self.front.take().filter(|front| (front.width, front.height) == (next.width, next.height));
        // The cursor is never trusted over a frame: a message of `wall` or a resize may have moved it.
        let start = Encoder { out: Vec::new(), at: None, pen: self.pen };
        let mut best = match &known {
            Some(front) => shortest(&start, front, &next),
            None => repaint(start, &next),
        };
        if known.is_none() {
            self.cursor = None;
        }
        self.out.clear();
        if cursor.is_none() && self.cursor != Some(None) {
            self.out.extend_from_slice(b"\x1b[?25l");
        }
        if let Some(at) = cursor {
            if !best.out.is_empty() || self.cursor != Some(cursor) {
                best.go(At { x: at.x.into(), y: at.y.into() });
            }
            if !matches!(self.cursor, Some(Some(_))) {
                best.out.extend_from_slice(b"\x1b[?25h");
            }
        }
        self.out.extend_from_slice(&best.out);
        if self.out.len() > AT_ONCE {
            self.out.splice(0..0, *b"\x1b[?2026h");
            self.out.extend_from_slice(b"\x1b[?2026l");
        }
        self.pen = best.pen;
        self.cursor = Some(cursor);
        self.front = Some(next);
        &self.out
    }
}

/// Clears the screen and draws all of `next`.
fn repaint(mut start: Encoder, next: &Grid) -> Encoder {
    start.out.extend_from_slice(CLEAR);
    start.pen = Some(Pen::PLAIN);
    start.at = Some(At { x: 0, y: 0 });
    start.difference(&Grid::blank(next.width, next.height), next);
    start
}

/// Draws the difference, with scrolling where a trial shows that it pays.
fn shortest(start: &Encoder, front: &Grid, next: &Grid) -> Encoder {
    let mut best = start.clone();
    best.difference(front, next);
    if best.out.len() < WORTH_A_TRIAL {
        return best;
    }
    for shift in scroll::proposals(front, next) {
        let mut trial = start.clone();
        let mut moved = front.clone();
        trial.scroll(shift, next.height);
        moved.scroll(shift.top, shift.bottom, shift.by);
        trial.difference(&moved, next);
        if trial.out.len() < best.out.len() {
            best = trial;
        }
    }
    best
}
