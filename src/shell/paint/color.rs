//! Colors as the terminal at hand can show them.

use ratatui::style::Color;

/// How many colors the terminal shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// 24-bit colors.
    TrueColor,
    /// The xterm palette of 256.
    Ansi256,
    /// The 16 named colors, as the user's palette paints them.
    Ansi16,
    /// No color code at all; bold, dim, underline and reverse stay.
    None,
}

/// A color after conversion: what is really sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(super) enum Ink {
    /// The terminal's own color.
    #[default]
    Default,
    /// One of the 16 named colors, 0..=15.
    Named(u8),
    /// An index into the palette of 256.
    Indexed(u8),
    /// Red, green, blue.
    Rgb(u8, u8, u8),
}

/// Converts the colors of one frame, each pair once: the search for a neighbor among 240 colors, done for every cell, was
/// five sixths of a frame (measured at 120x40).
#[derive(Debug)]
pub(super) struct Inks {
    depth: Depth,
    known: Vec<((Color, Color), (Ink, Ink))>,
}

/// Pairs remembered in a frame. A theme has some thirty; more would make looking dearer than searching.
const MOST_KNOWN: usize = 64;

impl Inks {
    pub(super) fn new(depth: Depth) -> Self {
        Self { depth, known: Vec::new() }
    }

    /// As [`inks`].
    pub(super) fn of(&mut self, fg: Color, bg: Color) -> (Ink, Ink) {
        if let Some((_, found)) = self.known.iter().find(|(pair, _)| *pair == (fg, bg)) {
            return *found;
        }
        let found = inks(fg, bg, self.depth);
        if self.known.len() < MOST_KNOWN {
            self.known.push(((fg, bg), found));
        }
        found
    }
}

/// Converts a foreground and a background together.
///
/// Two colors that differ stay apart: a dim gray on a dark gray may both become "black" in 16 colors, and text that
/// cannot be read is worse than text in the wrong color.
fn inks(fg: Color, bg: Color, depth: Depth) -> (Ink, Ink) {
    let (ink, paper) = (ink(fg, depth), ink(bg, depth));
    if ink == paper && ink != Ink::Default && fg != bg {
        return (if is_light(paper) { Ink::Named(0) } else { Ink::Named(15) }, paper);
    }
    (ink, paper)
}

fn ink(color: Color, depth: Depth) -> Ink {
    match depth {
        Depth::None => Ink::Default,
        Depth::TrueColor => match exact(color) {
            // The same color in half the bytes: eleven instead of nineteen for each change.
            Ink::Rgb(r, g, b) => match nearest_256((r, g, b)) {
                n if palette(n) == (r, g, b) => Ink::Indexed(n),
                _ => Ink::Rgb(r, g, b),
            },
            ink => ink,
        },
        Depth::Ansi256 => match exact(color) {
            Ink::Rgb(r, g, b) => Ink::Indexed(nearest_256((r, g, b))),
            ink => ink,
        },
        Depth::Ansi16 => match exact(color) {
            Ink::Rgb(r, g, b) => Ink::Named(nearest_16((r, g, b))),
            Ink::Indexed(n @ 0..=15) => Ink::Named(n),
            Ink::Indexed(n) => Ink::Named(nearest_16(palette(n))),
            ink => ink,
        },
    }
}

fn exact(color: Color) -> Ink {
    match color {
        Color::Reset => Ink::Default,
        Color::Black => Ink::Named(0),
        Color::Red => Ink::Named(1),
        Color::Green => Ink::Named(2),
        Color::Yellow => Ink::Named(3),
        Color::Blue => Ink::Named(4),
        Color::Magenta => Ink::Named(5),
        Color::Cyan => Ink::Named(6),
        Color::Gray => Ink::Named(7),
        Color::DarkGray => Ink::Named(8),
        Color::LightRed => Ink::Named(9),
        Color::LightGreen => Ink::Named(10),
        Color::LightYellow => Ink::Named(11),
        Color::LightBlue => Ink::Named(12),
        Color::LightMagenta => Ink::Named(13),
        Color::LightCyan => Ink::Named(14),
        Color::White => Ink::Named(15),
        Color::Rgb(r, g, b) => Ink::Rgb(r, g, b),
        Color::Indexed(n) => Ink::Indexed(n),
    }
}

type Rgb = (u8, u8, u8);

/// The steps of one axis of xterm's 6x6x6 cube (xterm 256colres.pl).
const STEPS: [u8; 6] = [0, 95, 135, 175, 215, 255];

/// xterm's default values of the 16 named colors. Palettes differ by user; these are only used to find a neighbor.
const NAMED: [Rgb; 16] = [
    (0, 0, 0),
    (205, 0, 0),
    (0, 205, 0),
    (205, 205, 0),
    (0, 0, 238),
    (205, 0, 205),
    (0, 205, 205),
    (229, 229, 229),
    (127, 127, 127),
    (255, 0, 0),
    (0, 255, 0),
    (255, 255, 0),
    (92, 92, 255),
    (255, 0, 255),
    (0, 255, 255),
    (255, 255, 255),
];

/// The color behind an index of the palette of 256.
fn palette(n: u8) -> Rgb {
    match n {
        0..=15 => NAMED.get(usize::from(n)).copied().unwrap_or_default(),
        16..=231 => {
            let cube = n - 16;
            let step = |i: u8| STEPS.get(usize::from(i)).copied().unwrap_or_default();
            (step(cube / 36), step(cube / 6 % 6), step(cube % 6))
        }
        232..=255 => {
            let gray = 8 + (n - 232) * 10;
            (gray, gray, gray)
        }
    }
}

/// Squared distance, green weighted most as the eye does.
fn distance(a: Rgb, b: Rgb) -> u32 {
    let part = |x: u8, y: u8, weight: u32| u32::from(x.abs_diff(y)).pow(2) * weight;
    part(a.0, b.0, 3) + part(a.1, b.1, 6) + part(a.2, b.2, 1)
}

/// The nearest of the cube and the grays. The 16 named ones are left out: users repaint them.
///
/// The distance is a sum over the axes, so the nearest of the cube is the nearest step on each; this runs for every cell.
fn nearest_256(rgb: Rgb) -> u8 {
    let step = |v: u8| (0..6u8).min_by_key(|i| STEPS.get(usize::from(*i)).map_or(0, |s| s.abs_diff(v))).unwrap_or(0);
    let cube = 16 + 36 * step(rgb.0) + 6 * step(rgb.1) + step(rgb.2);
    if palette(cube) == rgb {
        return cube;
    }
    std::iter::once(cube).chain(232..=255).min_by_key(|n| distance(palette(*n), rgb)).unwrap_or(cube)
}

fn nearest_16(rgb: Rgb) -> u8 {
    (0..16).min_by_key(|n| distance(palette(*n), rgb)).unwrap_or(7)
}

fn is_light(ink: Ink) -> bool {
    let (r, g, b) = match ink {
        Ink::Default => (0, 0, 0),
        Ink::Named(n) | Ink::Indexed(n) => palette(n),
        Ink::Rgb(r, g, b) => (r, g, b),
    };
    u32::from(r) * 3 + u32::from(g) * 6 + u32::from(b) > 1270
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_cube_color_is_found_exactly() {
        for n in 16..=255 {
            let (r, g, b) = palette(n);
            let found = nearest_256((r, g, b));
            assert_eq!(palette(found), (r, g, b), "{n}");
        }
    }

    #[test]
    fn named_colors_stay_named_at_every_depth_that_has_colors() {
        for depth in [Depth::TrueColor, Depth::Ansi256, Depth::Ansi16] {
            assert_eq!(ink(Color::LightRed, depth), Ink::Named(9));
        }
        assert_eq!(ink(Color::LightRed, Depth::None), Ink::Default);
        assert_eq!(ink(Color::Rgb(250, 10, 10), Depth::Ansi16), Ink::Named(9));
        assert_eq!(ink(Color::Indexed(196), Depth::Ansi16), Ink::Named(9));
    }

    #[test]
    fn a_pair_is_converted_the_same_the_second_time_and_beyond_what_is_remembered() {
        let mut known = Inks::new(Depth::Ansi256);
        let pairs = (0..=255).map(|n| (Color::Rgb(n, 7, n), Color::Rgb(9, n, 3)));
        for (fg, bg) in pairs.clone().chain(pairs) {
            assert_eq!(known.of(fg, bg), inks(fg, bg, Depth::Ansi256));
        }
    }

    #[test]
    fn gray_on_nearly_the_same_gray_can_still_be_read() {
        let (fg, bg) = inks(Color::Rgb(30, 30, 30), Color::Rgb(12, 12, 12), Depth::Ansi16);
        assert_eq!((fg, bg), (Ink::Named(15), Ink::Named(0)));
    }

    proptest! {
        #[test]
        fn two_colors_that_differ_never_become_one(a: (u8, u8, u8), b: (u8, u8, u8)) {
            prop_assume!(a != b);
            let (one, two) = (Color::Rgb(a.0, a.1, a.2), Color::Rgb(b.0, b.1, b.2));
            for depth in [Depth::TrueColor, Depth::Ansi256, Depth::Ansi16] {
                let (fg, bg) = inks(one, two, depth);
                prop_assert!(fg != bg);
            }
        }
    }

    #[test]
    fn the_short_way_finds_what_the_long_way_finds() {
        for rgb in (0..4_000u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 8).to_be_bytes()) {
            let rgb = (rgb[1], rgb[2], rgb[3]);
            let long = (16..=255).map(|n| distance(palette(n), rgb)).min();
            assert_eq!(Some(distance(palette(nearest_256(rgb)), rgb)), long, "{rgb:?}");
        }
    }

    #[test]
    fn a_color_of_the_palette_is_sent_by_its_number() {
        assert_eq!(ink(Color::Rgb(0x87, 0xaf, 0xff), Depth::TrueColor), Ink::Indexed(111));
        assert_eq!(ink(Color::Rgb(0x87, 0xaf, 0xfe), Depth::TrueColor), Ink::Rgb(0x87, 0xaf, 0xfe));
    }
}
