//! The pen: colors and marks, and the shortest way from one pen to the next.

use std::io::Write as _;

use ratatui::style::Modifier;

use super::color::Ink;

/// What the terminal draws the next character with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(super) struct Pen {
    pub(super) fg: Ink,
    pub(super) bg: Ink,
    pub(super) marks: Modifier,
}

/// The marks that show on a blank.
const SHOWS_ON_BLANK: Modifier = Modifier::UNDERLINED.union(Modifier::REVERSED).union(Modifier::CROSSED_OUT);

impl Pen {
    /// The terminal's own colors, no marks.
    pub(super) const PLAIN: Self = Self { fg: Ink::Default, bg: Ink::Default, marks: Modifier::empty() };

    /// The pen that shows the same on a blank: where no mark needs the foreground, only the background counts.
    pub(super) fn on_blank(self) -> Self {
        if self.marks.intersects(SHOWS_ON_BLANK) {
            return self;
        }
        Self { bg: self.bg, ..Self::PLAIN }
    }
}

/// One mark: its bit, its code, and the code that ends it.
///
/// `22` ends bold and dim together, `25` both blinks (ECMA-48, 8.3.117).
const MARKS: [(Modifier, u8, u8); 9] = [
    (Modifier::BOLD, 1, 22),
    (Modifier::DIM, 2, 22),
    (Modifier::ITALIC, 3, 23),
    (Modifier::UNDERLINED, 4, 24),
    (Modifier::SLOW_BLINK, 5, 25),
    (Modifier::RAPID_BLINK, 6, 25),
    (Modifier::REVERSED, 7, 27),
    (Modifier::HIDDEN, 8, 28),
    (Modifier::CROSSED_OUT, 9, 29),
];

/// Appends the shortest codes that turn the pen `from` (nothing: unknown) into `to`.
pub(super) fn step(out: &mut Vec<u8>, from: Option<Pen>, to: Pen) {
    if from == Some(to) {
        return;
    }
    let mut shortest = Vec::new();
    changes(&mut shortest, Pen::PLAIN, to);
    if !shortest.is_empty() {
        // An empty first code is 0: everything off.
        shortest.insert(0, b';');
    }
    if let Some(from) = from {
        let mut by_change = Vec::new();
        changes(&mut by_change, from, to);
        if by_change.len() < shortest.len() {
            shortest = by_change;
        }
    }
    out.extend_from_slice(b"\x1b[");
    out.extend_from_slice(&shortest);
    out.push(b'm');
}

fn code(codes: &mut Vec<u8>, n: u8) {
    if !codes.is_empty() {
        codes.push(b';');
    }
    // Writing into a vector cannot fail.
    write!(codes, "{n}").ok();
}

fn changes(codes: &mut Vec<u8>, from: Pen, to: Pen) {
    let mut held = from.marks;
    for (mark, _, off) in MARKS {
        if held.contains(mark) && !to.marks.contains(mark) {
            code(codes, off);
            for (other, _, same) in MARKS {
                if same == off {
                    held.remove(other);
                }
            }
        }
    }
    for (mark, on, _) in MARKS {
        if to.marks.contains(mark) && !held.contains(mark) {
            code(codes, on);
        }
    }
    if from.fg != to.fg {
        color(codes, to.fg, 30);
    }
    if from.bg != to.bg {
        color(codes, to.bg, 40);
    }
}

/// Adds one color; `base` is 30 for the foreground, 40 for the background.
fn color(codes: &mut Vec<u8>, ink: Ink, base: u8) {
    match ink {
        Ink::Default => code(codes, base + 9),
        Ink::Named(n @ 0..=7) => code(codes, base + n),
        Ink::Named(n) => code(codes, base + 60 + (n & 7)),
        Ink::Indexed(n) => {
            code(codes, base + 8);
            code(codes, 5);
            code(codes, n);
        }
        Ink::Rgb(r, g, b) => {
            code(codes, base + 8);
            for n in [2, r, g, b] {
                code(codes, n);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stepped(from: Option<Pen>, to: Pen) -> String {
        let mut out = Vec::new();
        step(&mut out, from, to);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn only_what_differs_is_sent() {
        let red = Pen { fg: Ink::Named(1), ..Pen::PLAIN };
        let bold = Pen { marks: Modifier::BOLD, ..red };
        assert_eq!(stepped(Some(red), red), "");
        assert_eq!(stepped(Some(red), bold), "\x1b[1m");
        assert_eq!(stepped(Some(bold), red), "\x1b[22m");
        assert_eq!(stepped(Some(bold), Pen::PLAIN), "\x1b[m");
        assert_eq!(stepped(None, red), "\x1b[;31m");
    }

    #[test]
    fn ending_bold_does_not_end_dim() {
        let both = Pen { marks: Modifier::BOLD | Modifier::DIM, bg: Ink::Indexed(236), fg: Ink::Indexed(200) };
        let dim = Pen { marks: Modifier::DIM, ..both };
        assert_eq!(stepped(Some(both), dim), "\x1b[22;2m");
    }

    #[test]
    fn on_a_blank_only_the_background_counts_unless_a_mark_shows() {
        let pen = Pen { fg: Ink::Named(2), bg: Ink::Named(4), marks: Modifier::BOLD };
        assert_eq!(pen.on_blank(), Pen { bg: Ink::Named(4), ..Pen::PLAIN });
        let bar = Pen { marks: Modifier::REVERSED, ..pen };
        assert_eq!(bar.on_blank(), bar);
    }
}
