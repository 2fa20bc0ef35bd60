//! Draws a runbook: the page, its steps with their boxes, the step under the cursor marked.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    text::{Line, Span},
};

use crate::{
    text::clip,
    tui::{Model, Overlay, canvas::Canvas, markdown, runbook::State, theme::Slot},
};

/// Columns of text: longer lines tire the eye.
const WIDEST: u16 = 110;

/// Rows of the page on the screen.
pub fn page_rows(model: &Model) -> usize {
    usize::from(model.layout().body.height.saturating_sub(2)).max(1)
}

/// The lines of the page on top, and the line of each step.
pub fn drawn(model: &Model) -> (Vec<Line<'static>>, Vec<usize>) {
    let Some(Overlay::Runbook(State { read: Some(Ok(text)), page, .. })) = model.overlays.last() else {
        return (Vec::new(), Vec::new());
    };
    let ticks = model.runbooks.get(page).map(|ticks| ticks.keys().copied().collect()).unwrap_or_default();
    let width = model.layout().body.width.saturating_sub(6).min(WIDEST);
    let mut buffer = Buffer::empty(Rect::new(0, 0, 1, 1));
    let canvas = Canvas { buffer: &mut buffer, theme: &model.theme };
    markdown::render_steps(&canvas, text, width, ticks)
}

/// Draws the overlay over the whole body.
pub fn render(canvas: &mut Canvas<'_>, area: Rect, state: &State, model: &Model) {
    canvas.clear(area);
    let name = clip(state.page.as_str(), usize::from(area.width / 2));
    let title = Line::from(vec![canvas.span(Slot::Accent, " Runbook"), canvas.span(Slot::Text, format!(" {name} "))]);
    let (lines, places) = drawn(model);
    let counts = Line::from(counts(canvas, state, model, places.len()));
    let inside = canvas.frame(area, title, counts, true);
    match &state.read {
        None => return canvas.note(inside, Slot::Dim, &["reading …".to_owned()]),
        Some(Err(why)) => {
            let hint = "the settings name this page as a runbook: runbook = \"…\"";
            return canvas.note(inside, Slot::Over, &[format!("not read: {why}"), hint.to_owned()]);
        }
        Some(Ok(text)) if text.is_blank() => return canvas.note(inside, Slot::Dim, &["the page is empty".to_owned()]),
        Some(Ok(_)) => {}
    }
    let page = usize::from(inside.height);
    let top = state.top.min(lines.len().saturating_sub(page));
    let marked = places.get(state.at).copied();
    let text = Rect { x: inside.x + 3, width: inside.width.saturating_sub(4), ..inside };
    for (row, (at, line)) in lines.iter().enumerate().skip(top).take(page).enumerate() {
        canvas.line(text, row as u16, line);
        if marked == Some(at) {
            let sign = Line::from(canvas.span(Slot::Accent, canvas.theme.sign(" ▸", " >")));
            canvas.line(inside, row as u16, &sign);
            canvas.line(text, row as u16, line);
            let style = canvas.style(Slot::Selection);
            canvas.tint(Rect { y: inside.y + row as u16, height: 1, ..inside }, style);
        }
    }
    canvas.scroll_mark(inside, top, lines.len());
}

fn counts(canvas: &Canvas<'_>, state: &State, model: &Model, n: usize) -> Vec<Span<'static>> {
    if n == 0 {
        return Vec::new();
    }
    let ticked = model.runbooks.get(&state.page).map_or(0, |ticks| ticks.keys().filter(|at| **at < n).count());
    let slot = if ticked == n { Slot::Good } else { Slot::Dim };
    let mut runs = vec![canvas.span(slot, format!("{ticked} of {n} steps done"))];
    if let Some(key) = &state.about {
        runs.push(canvas.span(Slot::Dim, format!("notes go to {}", clip(&key.to_string(), 30))));
    }
    canvas.dotted(runs)
}
