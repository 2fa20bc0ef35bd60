//! Drawing on a buffer: boxes, rows, runs of text. Everything clips to its area; nothing panics at any size.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    style::Style,
    text::{Line, Span},
};
use unicode_width::UnicodeWidthStr;

pub use crate::text::wrap;
use crate::tui::{
    Pane,
    theme::{Slot, Theme},
};

/// What views draw with: the buffer and the theme.
pub struct Canvas<'a> {
    /// Where to.
    pub buffer: &'a mut Buffer,
    /// In which colours.
    pub theme: &'a Theme,
}

/// Which signs a box is drawn with.
const ROUND: [&str; 6] = ["╭", "╮", "╰", "╯", "─", "│"];
const PLAIN: [&str; 6] = ["+", "+", "+", "+", "-", "|"];

impl Canvas<'_> {
    /// The style of a slot.
    pub fn style(&self, slot: Slot) -> Style {
        self.theme.style(slot)
    }

    /// A run of text in a slot's style.
    pub fn span(&self, slot: Slot, text: impl Into<String>) -> Span<'static> {
        Span::styled(text.into(), self.theme.style(slot))
    }

    /// Draws a line at a row of an area; cells beyond the area stay as they were.
    pub fn line(&mut self, area: Rect, row: u16, line: &Line<'_>) {
        if row < area.height {
            self.at(area.x, area.y + row, area.width, line);
        }
    }

    /// Draws a line at a place, at most `width` columns.
    pub fn at(&mut self, x: u16, y: u16, width: u16, line: &Line<'_>) {
        let bounds = self.buffer.area;
        if y >= bounds.y && y < bounds.bottom() && x >= bounds.x && x < bounds.right() {
            let width = width.min(bounds.right() - x);
            if line.width() > usize::from(width) {
                // What does not fit says so: a number without its end is another number.
                self.put(x, y, width, &clipped(line, usize::from(width)));
            } else {
                self.put(x, y, width, line);
            }
        }
    }

    /// As `Buffer::set_line`, where each character that is one cell by itself is put without asking what belongs to it: nearly
    /// all are, and asking took a fifth of a frame.
    fn put(&mut self, x: u16, y: u16, width: u16, line: &Line<'_>) {
        let (mut x, end) = (x, x.saturating_add(width));
        for span in line {
            let style = line.style.patch(span.style);
            if span.content.chars().all(is_one_cell) {
                for (at, c) in (x..end).zip(span.content.chars()) {
                    if let Some(cell) = self.buffer.cell_mut((at, y)) {
                        cell.set_char(c).set_style(style);
                    }
                }
                x = x.saturating_add(u16::try_from(span.content.chars().count()).unwrap_or(u16::MAX)).min(end);
            } else {
                let left = usize::from(end.saturating_sub(x));
                (x, _) = self.buffer.set_stringn(x, y, &span.content, left, style);
            }
            if end <= x {
                return;
            }
        }
    }

    /// Draws one run of text at a row of an area.
    pub fn text(&mut self, area: Rect, row: u16, slot: Slot, text: &str) {
        let line = Line::from(self.span(slot, text));
        self.line(area, row, &line);
    }

    /// Puts a style over an area, keeping what is written there.
    pub fn tint(&mut self, area: Rect, style: Style) {
        self.buffer.set_style(area.intersection(self.buffer.area), style);
    }

    /// Empties an area to the ground.
    pub fn clear(&mut self, area: Rect) {
        let area = area.intersection(self.buffer.area);
        let ground = self.style(Slot::Ground);
        for y in area.y..area.bottom() {
            for x in area.x..area.right() {
                if let Some(cell) = self.buffer.cell_mut((x, y)) {
                    cell.reset();
                    cell.set_style(ground);
                }
            }
        }
    }

    /// Draws a box with a title to the left and counts to the right; returns what is inside.
    pub fn frame(&mut self, area: Rect, title: Line<'_>, counts: Line<'_>, is_focused: bool) -> Rect {
        if area.width < 4 || area.height < 2 {
            return Rect { height: 0, ..area };
        }
        let slot = if is_focused { Slot::Accent } else { Slot::Border };
        let [nw, ne, sw, se, flat, tall] = match self.theme.glyphs {
            crate::tui::theme::Glyphs::Unicode => ROUND,
            crate::tui::theme::Glyphs::Ascii => PLAIN,
        };
        let width = usize::from(area.width);
        let top = format!("{nw}{}{ne}", flat.repeat(width - 2));
        let bottom = format!("{sw}{}{se}", flat.repeat(width - 2));
        let bottom_row = area.height - 1;
        self.text(area, 0, slot, &top);
        self.text(area, bottom_row, slot, &bottom);
        for row in 1..bottom_row {
            self.at(area.x, area.y + row, 1, &Line::from(self.span(slot, tall)));
            self.at(area.right() - 1, area.y + row, 1, &Line::from(self.span(slot, tall)));
        }
        let room = area.width - 4;
        let title_width = (title.width() as u16).min(room);
        self.at(area.x + 2, area.y, title_width, &title);
        let counts_width = counts.width() as u16;
        if counts_width > 0 && counts_width + title_width + 2 <= room {
            self.at(area.right() - 2 - counts_width, area.y, counts_width, &counts);
        }
        Rect { x: area.x + 1, y: area.y + 1, width: area.width - 2, height: area.height - 2 }
    }

    /// Draws a pane's frame with its number, title and counts; returns what is inside.
    pub fn pane_frame(
        &mut self,
        area: Rect,
        pane: Pane,
        extra: &str,
        counts: Vec<Span<'static>>,
        is_focused: bool,
    ) -> Rect {
        let title = Line::from(vec![
            self.span(Slot::Key, format!(" {} ", pane.index() + 1)),
            self.span(if is_focused { Slot::Accent } else { Slot::Text }, format!("{}{extra} ", pane.title())),
        ]);
        let room = usize::from(area.width).saturating_sub(title.width() + 8);
        self.frame(area, title, Line::from(padded(fitting(counts, room))), is_focused)
    }

    /// Joins runs with a quiet `·`.
    pub fn dotted(&self, runs: Vec<Span<'static>>) -> Vec<Span<'static>> {
        let mut out = Vec::with_capacity(runs.len() * 2);
        for (i, run) in runs.into_iter().enumerate() {
            if i > 0 {
                out.push(self.span(Slot::Dim, self.theme.sign(" · ", " - ")));
            }
            out.push(run);
        }
        out
    }

    /// Draws rows from a list with the scroll position marked at the right edge when there is more than fits.
    pub fn scroll_mark(&mut self, area: Rect, top: usize, total: usize) {
        let height = usize::from(area.height);
        if total <= height || height < 3 {
            return;
        }
        let thumb = (height * height / total).clamp(1, height);
        let start = top * (height - thumb) / (total - height).max(1);
        let x = area.right();
        for row in 0..thumb {
            let y = area.y + (start + row).min(height - 1) as u16;
            let sign = self.theme.sign("┃", "#");
            let line = Line::from(self.span(Slot::Dim, sign));
            self.at(x, y, 1, &line);
        }
    }

    /// Leaves nothing but ASCII on the buffer, for a terminal or a locale that knows nothing else: our own marks get their
    /// nearest sign, other people's letters a question mark.
    pub fn to_ascii(&mut self) {
        for cell in &mut self.buffer.content {
            let sign = match cell.symbol() {
                symbol if symbol.is_ascii() => continue,
                "–" | "╌" => '-',
                "·" | "…" => '.',
                "›" => '>',
                _ => '?',
            };
            cell.set_char(sign);
        }
    }

    /// Says in the middle of an area why there is nothing to see.
    pub fn note(&mut self, area: Rect, slot: Slot, lines: &[String]) {
        let height = lines.len() as u16;
        let top = area.height.saturating_sub(height) / 2;
        let mut row = top;
        for line in lines {
            for part in wrap(line, usize::from(area.width.saturating_sub(2))) {
                let width = part.width() as u16;
                let x = area.x + area.width.saturating_sub(width) / 2;
                if row < area.height {
                    let line = Line::from(self.span(slot, part));
                    self.at(x, area.y + row, area.width, &line);
                }
                row += 1;
            }
        }
    }
}

/// The first `columns` of a line, ending in `…`.
fn clipped<'a>(line: &Line<'a>, columns: usize) -> Line<'a> {
    let mut spans = Vec::with_capacity(line.spans.len());
    let mut left = columns;
    for span in &line.spans {
        let wide = span.width();
        // One column stays for the sign of what is missing.
        if wide < left {
            left -= wide;
            spans.push(span.clone());
            continue;
        }
        let cut = if wide == left { format!("{} ", span.content) } else { span.content.to_string() };
        spans.push(Span::styled(crate::text::clip(&cut, left), span.style));
        break;
    }
    Line { spans, ..line.clone() }
}

/// A line whose right part stands at the right edge of `width` columns; the left part gives way.
pub fn spread<'a>(left: Vec<Span<'a>>, right: Vec<Span<'a>>, width: u16) -> Line<'a> {
    let right_width: usize = right.iter().map(Span::width).sum();
    let room = usize::from(width).saturating_sub(right_width + 1);
    let mut spans = Vec::with_capacity(left.len() + right.len() + 1);
    let mut used = 0;
    for span in left {
        let left_over = room.saturating_sub(used);
        if span.width() <= left_over {
            used += span.width();
            spans.push(span);
            continue;
        }
        let cut = crate::text::clip(&span.content, left_over);
        used += cut.width();
        spans.push(Span::styled(cut, span.style));
        break;
    }
    spans.push(Span::raw(" ".repeat(usize::from(width).saturating_sub(used + right_width))));
    spans.extend(right);
    Line::from(spans)
}

/// Whether a character takes one cell whatever stands beside it: ASCII, lines and blocks, and the dashes and dots we write.
fn is_one_cell(c: char) -> bool {
    matches!(c, ' '..='~' | '\u{2500}'..='\u{259f}' | '·' | '…' | '–')
}

/// Runs with a blank on either side, as they stand in a border; none stays none.
pub fn padded(runs: Vec<Span<'static>>) -> Vec<Span<'static>> {
    if runs.is_empty() {
        return runs;
    }
    let blank = || std::iter::once(Span::raw(" "));
    blank().chain(runs).chain(blank()).collect()
}

/// As many dotted runs as there is room for, the first first.
fn fitting(mut runs: Vec<Span<'static>>, room: usize) -> Vec<Span<'static>> {
    while room < runs.iter().map(Span::width).sum() {
        // A run and the dot before it.
        runs.truncate(runs.len().saturating_sub(2));
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_that_have_no_room_are_left_out_from_the_last() {
        let runs = || ["1 without data", " · ", "2 lines left out"].map(Span::raw).to_vec();
        let said = |room| Line::from(fitting(runs(), room)).to_string();
        assert_eq!([said(33), said(32), said(13)], ["1 without data · 2 lines left out", "1 without data", ""]);
    }

    #[test]
    fn the_right_part_keeps_its_place() {
        let line = spread(vec![Span::raw("a long left part")], vec![Span::raw("9 left")], 16);
        assert_eq!(line.to_string(), "a long l… 9 left");
    }
}
