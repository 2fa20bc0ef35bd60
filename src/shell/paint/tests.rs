use proptest::prelude::*;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::{Color, Modifier, Style};

use super::color::Ink;
use super::grid::{Glyph, Grid};
use super::sgr::Pen;
use super::{Depth, Painter};

/// A terminal that wraps late, as xterm does.
struct Terminal(vt100::Parser);

impl Terminal {
    fn new(width: u16, height: u16) -> Self {
        Self(vt100::Parser::new(height.try_into().unwrap(), width.try_into().unwrap(), 0))
    }

    fn shown(&self, x: usize, y: usize) -> (String, Pen) {
        let cell = self.0.screen().cell(y as u16, x as u16).unwrap();
        let mut marks = Modifier::empty();
        for (set, mark) in [
            (cell.bold(), Modifier::BOLD),
            (cell.dim(), Modifier::DIM),
            (cell.italic(), Modifier::ITALIC),
            (cell.underline(), Modifier::UNDERLINED),
            (cell.inverse(), Modifier::REVERSED),
        ] {
            marks.set(mark, set);
        }
        let pen = Pen { fg: ink(cell.fgcolor()), bg: ink(cell.bgcolor()), marks };
        match cell.contents() {
            "" | " " => (" ".into(), pen.on_blank()),
            text => (text.into(), pen),
        }
    }

    /// Fails where the screen is not what `buffer` asks for.
    fn must_show(&self, buffer: &Buffer, depth: Depth) {
        let grid = Grid::of(buffer, depth);
        for y in 0..grid.height {
            for (x, spot) in grid.row(y).iter().enumerate() {
                let text = match &spot.glyph {
                    Glyph::One(c) => c.to_string(),
                    Glyph::Many(s) => s.to_string(),
                    Glyph::Tail => {
                        let cell = self.0.screen().cell(y as u16, x as u16).unwrap();
                        assert!(cell.is_wide_continuation(), "no right half at {x},{y}");
                        continue;
                    }
                };
                assert_eq!(self.shown(x, y), (text, spot.pen), "at {x},{y}");
            }
        }
    }
}

fn ink(color: vt100::Color) -> Ink {
    match color {
        vt100::Color::Default => Ink::Default,
        // vt100 keeps no difference between a named color and its index.
        vt100::Color::Idx(n @ 0..=15) => Ink::Named(n),
        vt100::Color::Idx(n) => Ink::Indexed(n),
        vt100::Color::Rgb(r, g, b) => Ink::Rgb(r, g, b),
    }
}

/// What a view may do to a buffer.
#[derive(Debug, Clone)]
enum Stroke {
    Write(u16, u16, String, Style),
    Tint(Rect, Style),
    Scroll(u16, u16, i16),
    Clear,
    Raw(u16, u16, String),
}

#[expect(clippy::disallowed_methods, reason = "the painter's last check is for views that do just this")]
fn draw(buffer: &mut Buffer, stroke: &Stroke) {
    let area = buffer.area;
    match stroke {
        Stroke::Write(x, y, text, style) => {
            let (x, y) = (x % area.width, y % area.height);
            buffer.set_string(x, y, text, *style);
        }
        Stroke::Tint(rect, style) => buffer.set_style(rect.intersection(area), *style),
        Stroke::Clear => buffer.reset(),
        Stroke::Raw(x, y, text) => {
            if let Some(cell) = buffer.cell_mut((x % area.width, y % area.height)) {
                cell.set_symbol(text);
            }
        }
        Stroke::Scroll(top, rows, by) => {
            let top = top % area.height;
            let bottom = (top + rows).min(area.height);
            let before = buffer.clone();
            for y in top..bottom {
                let from = i32::from(y) + i32::from(*by);
                if (i32::from(top)..i32::from(bottom)).contains(&from) {
                    for x in 0..area.width {
                        buffer[(x, y)] = before[(x, from as u16)].clone();
                    }
                }
            }
        }
    }
}

fn style() -> impl Strategy<Value = Style> {
    let color = prop_oneof![
        3 => Just(Color::Reset),
        2 => (0u8..16).prop_map(Color::Indexed).prop_map(|c| match c {
            Color::Indexed(n) => [Color::Black, Color::Red, Color::Gray, Color::DarkGray, Color::LightBlue, Color::White]
                [usize::from(n) % 6],
            c => c,
        }),
        1 => (16u8..=255).prop_map(Color::Indexed),
        1 => any::<(u8, u8, u8)>().prop_map(|(r, g, b)| Color::Rgb(r, g, b)),
    ];
    let marks = prop_oneof![
        3 => Just(Modifier::empty()),
        1 => prop::sample::select(vec![
            Modifier::BOLD,
            Modifier::ITALIC,
            Modifier::UNDERLINED,
            Modifier::REVERSED,
            Modifier::BOLD | Modifier::REVERSED,
            Modifier::DIM,
            Modifier::DIM | Modifier::UNDERLINED,
        ]),
    ];
    (color.clone(), color, marks).prop_map(|(fg, bg, m)| Style::reset().fg(fg).bg(bg).add_modifier(m))
}

fn stroke() -> impl Strategy<Value = Stroke> {
    let text = "[ -~]{0,30}| {1,20}|[a日本🚀é─·…e\u{301}]{0,12}|(row [0-9]{1,2}  open  ){1,3}";
    let rect = (0u16..30, 0u16..12, 1u16..30, 1u16..4).prop_map(|(x, y, w, h)| Rect::new(x, y, w, h));
    prop_oneof![
        8 => (any::<u16>(), any::<u16>(), text, style()).prop_map(|(x, y, t, s)| Stroke::Write(x, y, t, s)),
        2 => (rect, style()).prop_map(|(r, s)| Stroke::Tint(r, s)),
        3 => (any::<u16>(), 2u16..14, -4i16..=4).prop_map(|(t, r, by)| Stroke::Scroll(t, r, by)),
        1 => Just(Stroke::Clear),
        1 => (any::<u16>(), any::<u16>(), "\u{1b}\\[2J|日|[\u{0}-\u{1f}\u{7f}-\u{9f}]|\u{301}|xyz|")
            .prop_map(|(x, y, t)| Stroke::Raw(x, y, t)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn any_sequence_of_frames_shows_exactly_the_last(
        width in 1u16..50,
        height in 1u16..14,
        depth in prop::sample::select(vec![Depth::TrueColor, Depth::Ansi256, Depth::Ansi16, Depth::None]),
        frames in prop::collection::vec(
            (prop::collection::vec(stroke(), 0..12), prop::option::of((0u16..50, 0u16..14)), 0u8..20),
            1..12,
        ),
    ) {
        let mut terminal = Terminal::new(width, height);
        let mut painter = Painter::new(depth);
        let mut buffer = Buffer::empty(Rect::new(0, 0, width, height));
        for (strokes, cursor, event) in frames {
            strokes.iter().for_each(|s| draw(&mut buffer, s));
            if event == 0 {
                // Someone else wrote on the screen, then the program came back.
                terminal.0.process(b"\x1b[3;5r\x1b[7;41mjunk\x1b[2;2H");
                painter.reset();
            }
            let cursor = cursor.map(|(x, y)| Position::new(x % width, y % height));
            terminal.0.process(painter.frame(&buffer, cursor));
            terminal.must_show(&buffer, depth);
            let screen = terminal.0.screen();
            prop_assert_eq!(screen.hide_cursor(), cursor.is_none());
            if let Some(at) = cursor {
                prop_assert_eq!(screen.cursor_position(), (at.y, at.x));
            }
            prop_assert_eq!(painter.frame(&buffer, cursor), b"");
        }
    }

    #[test]
    fn a_resize_repaints_at_the_new_size(sizes in prop::collection::vec((1u16..40, 1u16..12), 1..6), s in stroke()) {
        let mut painter = Painter::new(Depth::TrueColor);
        let mut terminal = Terminal::new(10, 10);
        for (width, height) in sizes {
            terminal.0.set_size(height.try_into().unwrap(), width.try_into().unwrap());
            let mut buffer = Buffer::empty(Rect::new(0, 0, width, height));
            draw(&mut buffer, &s);
            painter.reset();
            terminal.0.process(painter.frame(&buffer, None));
            terminal.must_show(&buffer, Depth::TrueColor);
        }
    }
}

const ACCENT: Color = Color::Rgb(137, 180, 250);
const DIM: Color = Color::Rgb(108, 112, 134);

/// A console of 80x24: a title, a list of 20 rows with a bar, a rule, a status line.
fn console(first: usize, selected: usize) -> Buffer {
    let mut buffer = Buffer::empty(Rect::new(0, 0, 80, 24));
    buffer.set_string(0, 0, " watchfloor  incidents 128   on call: mira   14:02 UTC", Style::new().fg(ACCENT));
    buffer.set_string(
        0,
        1,
        " id      pri  title                                     timer    owner",
        Style::new().fg(DIM),
    );
    for row in 0..20_u16 {
        let n = first + usize::from(row);
        let y = row + 2;
        let words = ["checkout", "latency", "returns", "after", "deploy", "queue", "stuck", "disk"];
        let word = |k: usize| words[(n * 7 + k * 3) % words.len()];
        let title = format!("{} {} {} {}", word(1), word(2), word(4), word(n % 5));
        buffer.set_string(1, y, format!("#{}", 4000 + n * 13), Style::new().fg(DIM));
        let pri = 1 + n % 4;
        buffer.set_string(9, y, format!("P{pri}"), Style::new().fg(Color::Rgb(243, 139, 168)).bold_if(pri == 1));
        buffer.set_string(14, y, title, Style::new());
        buffer.set_string(
            56,
            y,
            format!("{:>2}h {:02}m", n % 7, n * 11 % 60),
            Style::new().fg(Color::Rgb(166, 227, 161)),
        );
        buffer.set_string(65, y, ["mira", "jonas", "aki", "unassigned"][n % 4], Style::new());
        if n == selected {
            buffer.set_style(Rect::new(0, y, 80, 1), Style::new().bg(Color::Rgb(49, 50, 68)));
        }
    }
    buffer.set_string(0, 22, "─".repeat(80), Style::new().fg(DIM));
    buffer.set_string(0, 23, " j/k move  enter open  a acknowledge  ? help", Style::new().fg(DIM));
    buffer
}

trait BoldIf {
    fn bold_if(self, yes: bool) -> Self;
}

impl BoldIf for Style {
    fn bold_if(self, yes: bool) -> Self {
        if yes { self.add_modifier(Modifier::BOLD) } else { self }
    }
}

/// The bytes from one console to the next, checked against the terminal.
fn cost(front: &Buffer, next: &Buffer) -> (usize, usize) {
    let mut painter = Painter::new(Depth::TrueColor);
    let mut terminal = Terminal::new(front.area.width, front.area.height);
    let whole = painter.frame(front, None).to_vec();
    terminal.0.process(&whole);
    terminal.must_show(front, Depth::TrueColor);
    let step = painter.frame(next, None).to_vec();
    terminal.0.process(&step);
    terminal.must_show(next, Depth::TrueColor);
    (whole.len(), step.len())
}

#[test]
fn a_full_frame_a_scrolled_row_and_a_moved_bar_stay_within_their_budgets() {
    let (whole, scrolled) = cost(&console(0, 19), &console(1, 20));
    let (_, back) = cost(&console(5, 5), &console(4, 4));
    let (_, moved) = cost(&console(0, 8), &console(0, 9));
    let narrow = |row| {
        let mut buffer = console(0, 99);
        (2..22).for_each(|y| buffer.set_style(Rect::new(0, y, 80, 1), Style::reset()));
        buffer.set_style(Rect::new(0, row, 48, 1), Style::new().add_modifier(Modifier::REVERSED));
        buffer
    };
    let (_, pane) = cost(&narrow(8), &narrow(9));
    println!(
        "full {whole} B, scrolled up {scrolled} B, scrolled down {back} B, bar over 80 columns {moved} B, 48 columns {pane} B"
    );
    assert!(whole <= 3_500, "full frame: {whole} B");
    assert!(scrolled <= 500, "one row scrolled: {scrolled} B");
    assert!(back <= 500, "one row scrolled back: {back} B");
    // 24-bit colors alone are 150 B here: five pens on each of two rows of 80 columns.
    assert!(moved <= 300, "bar over two rows of colored text: {moved} B");
    assert!(pane <= 150, "bar over two rows of a pane: {pane} B");
}

#[test]
fn one_value_that_changes_costs_a_move_and_itself() {
    let front = console(0, 0);
    let mut next = front.clone();
    next.set_string(52, 0, "3", Style::new().fg(ACCENT));
    let (_, bytes) = cost(&front, &next);
    assert!(bytes <= 33, "{bytes} B");
}

#[test]
fn after_the_last_column_the_next_cell_is_reached_absolutely() {
    let mut painter = Painter::new(Depth::TrueColor);
    let mut buffer = Buffer::empty(Rect::new(0, 0, 4, 3));
    painter.frame(&buffer, None);
    buffer.set_string(0, 0, "abcd", Style::new());
    buffer.set_string(0, 1, "efgh", Style::new());
    buffer.set_string(0, 2, "ijkl", Style::new());
    // Neither CR, LF nor plain text may follow a `d` that may or may not have wrapped.
    assert_eq!(String::from_utf8_lossy(painter.frame(&buffer, None)), "\x1b[Habcd\x1b[2Hefgh\x1b[3Hijkl");
}

#[test]
fn a_wide_character_replaced_by_narrow_ones_is_repainted_whole() {
    let mut painter = Painter::new(Depth::TrueColor);
    let mut terminal = Terminal::new(6, 1);
    let mut frame = |text: &str| {
        let buffer = Buffer::with_lines([text]);
        let bytes = painter.frame(&buffer, None).to_vec();
        terminal.0.process(&bytes);
        terminal.must_show(&buffer, Depth::TrueColor);
    };
    for text in ["日本語", "a本語b", "ab語cd", "日本語", "abcdef", " 日本 ", "日本語", "      ", "🚀🚀ab"]
    {
        frame(text);
    }
}

#[test]
fn without_colors_marks_stay_and_no_color_is_sent() {
    let mut painter = Painter::new(Depth::None);
    let mut buffer = Buffer::empty(Rect::new(0, 0, 20, 1));
    buffer.set_string(0, 0, "late", Style::new().fg(Color::Red).bg(Color::Blue).add_modifier(Modifier::BOLD));
    let bytes = String::from_utf8_lossy(painter.frame(&buffer, None)).into_owned();
    assert!(bytes.ends_with("\x1b[H\x1b[J\x1b[1mlate"), "{bytes:?}");
}

#[test]
fn small_frames_are_not_bracketed_and_large_ones_are() {
    let mut painter = Painter::new(Depth::TrueColor);
    let bytes = painter.frame(&console(0, 0), None).to_vec();
    assert!(bytes.starts_with(b"\x1b[?2026h") && bytes.ends_with(b"\x1b[?2026l"));
    let mut next = console(0, 0);
    next.set_string(52, 0, "3", Style::new());
    assert!(!painter.frame(&next, None).starts_with(b"\x1b[?2026h"));
}

#[test]
fn an_empty_screen_is_no_trouble() {
    let mut painter = Painter::new(Depth::Ansi256);
    let nothing = Buffer::empty(Rect::ZERO);
    painter.frame(&nothing, Some(Position::new(0, 0)));
    assert_eq!(painter.frame(&nothing, Some(Position::new(0, 0))), b"");
}
