//! Draws a question before something happens.
//!
//! ```text
//! ╭ Close 3 incidents as completed? ─────────────────────────╮
//! │  api#812  Login returns 500 after deploy 4.9.8           │
//! │  web#1204 Checkout total wrong                           │
//! │  left out: web#1 it is closed already                    │
//! │  y yes   enter no                                        │
//! ╰──────────────────────────────────────────────────────────╯
//! ```

use ratatui::{
    layout::Rect,
    text::{Line, Span},
};
use unicode_width::UnicodeWidthStr as _;

use crate::{
    text::clip,
    tui::{
        canvas::{Canvas, wrap},
        confirm::State,
        theme::Slot,
    },
};

/// Incidents named before the rest is counted.
const NAMED: usize = 6;

/// How many lines of it are on the screen: what "a page" means to the keys.
pub fn page(body: Rect) -> usize {
    usize::from(body.height.saturating_sub(4))
}

/// Draws the question in the middle of the body.
pub fn render(canvas: &mut Canvas<'_>, body: Rect, state: &State) {
    let width = body.width.min(84);
    let columns = usize::from(width.saturating_sub(4)).max(8);
    let lines = lines(canvas, state, columns);
    let height = (lines.len() as u16 + 4).min(body.height);
    let area = Rect { x: body.x + (body.width - width) / 2, y: body.y + (body.height - height) / 3, width, height };
    canvas.clear(area);
    let inside = canvas.frame(area, Line::default(), Line::default(), true);
    let mut row = 0;
    for part in wrap(&question(&state.order), columns).into_iter().take(2) {
        canvas.text(inside, row, Slot::Heading, &format!(" {part}"));
        row += 1;
    }
    let list = Rect { y: inside.y + row, height: inside.height.saturating_sub(row + 1), ..inside };
    let page = usize::from(list.height);
    let top = state.scroll.held(lines.len(), page);
    for (row, line) in lines.iter().skip(top).take(page).enumerate() {
        canvas.line(list, row as u16, line);
    }
    canvas.scroll_mark(list, top, lines.len());
    let pairs = [("y", "yes"), ("enter", "no")].into_iter().chain(state.can_edit.then_some(("e", "write it again")));
    let pairs = pairs.chain((lines.len() > page).then_some(("up down", "scroll")));
    let spans: Vec<Span<'static>> = pairs
        .flat_map(|(key, word)| {
            [canvas.span(Slot::Key, format!(" {key}")), canvas.span(Slot::Dim, format!(" {word} "))]
        })
        .collect();
    canvas.line(inside, inside.height.saturating_sub(1), &Line::from(spans));
}

/// `close 3 incidents` as a question: `Close 3 incidents? y/N`.
fn question(order: &str) -> String {
    let mut chars = order.chars();
    let first = chars.next().map(|c| c.to_uppercase().collect::<String>()).unwrap_or_default();
    format!("{first}{}? y/N", chars.as_str())
}

fn lines(canvas: &Canvas<'_>, state: &State, columns: usize) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    let some = |slot, all: &[String], before: &str, lines: &mut Vec<Line<'static>>| {
        for one in all.iter().take(NAMED) {
            let mut indent = "  ";
            for part in wrap(&format!("{before}{one}"), columns.saturating_sub(4)) {
                lines.push(Line::from(canvas.span(slot, format!("{indent}{part}"))));
                indent = "    ";
            }
        }
        if all.len() > NAMED {
            lines.push(Line::from(canvas.span(slot, format!("  and {} more", all.len() - NAMED))));
        }
    };
    some(Slot::Text, &state.doing, "", &mut lines);
    some(Slot::Risk, &state.skipped, "left out: ", &mut lines);
    if let Some(text) = &state.text {
        let flat = canvas.theme.sign("─", "-").repeat(columns.min(60));
        lines.push(Line::from(canvas.span(Slot::Border, format!("  {}", clip(&flat, columns)))));
        // As it is sent, sign by sign: what a page makes of it is another matter.
        for line in text.as_str().lines() {
            let parts = if line.width() <= columns - 2 { vec![line.to_owned()] } else { wrap(line, columns - 2) };
            lines.extend(parts.into_iter().map(|part| Line::from(canvas.span(Slot::Text, format!("  {part}")))));
        }
    }
    lines
}
