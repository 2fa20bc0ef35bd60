//! Draws the keys.

use ratatui::{
    layout::{Position, Rect},
    text::Line,
};
use unicode_width::UnicodeWidthStr;

use crate::tui::{
    action::Scope,
    canvas::{Canvas, spread},
    help::{State, found},
    theme::Slot,
};

/// Draws the page; returns where the cursor blinks.
pub fn render(canvas: &mut Canvas<'_>, body: Rect, state: &State) -> Option<Position> {
    let width = body.width.min(84);
    let area = Rect { x: body.x + (body.width - width) / 2, width, ..body };
    canvas.clear(area);
    let title = Line::from(canvas.span(Slot::Accent, " Keys "));
    let hint = Line::from(canvas.span(Slot::Dim, " type to search, esc closes "));
    let inside = canvas.frame(area, title, hint, true);
    let search = spread(
        vec![canvas.span(Slot::Key, " › "), canvas.span(Slot::Text, state.field.text().to_owned())],
        Vec::new(),
        inside.width,
    );
    canvas.line(inside, 0, &search);
    let list = Rect { y: inside.y + 1, height: inside.height.saturating_sub(1), ..inside };
    let lines = lines(canvas, state.field.text());
    if lines.is_empty() {
        canvas.note(list, Slot::Dim, &["no key and no action of that name".to_owned()]);
    }
    let page = usize::from(list.height);
    let top = state.scroll.held(lines.len(), page);
    for (row, line) in lines.iter().skip(top).take(page).enumerate() {
        canvas.line(list, row as u16, line);
    }
    canvas.scroll_mark(list, top, lines.len());
    let column = (state.field.column() as u16 + 3).min(inside.width.saturating_sub(1));
    Some(Position { x: inside.x + column, y: inside.y })
}

fn lines(canvas: &Canvas<'_>, search: &str) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    for scope in Scope::ALL {
        let mut specs = found(search).filter(|spec| spec.scope == scope).peekable();
        if specs.peek().is_none() {
            continue;
        }
        if !lines.is_empty() {
            lines.push(Line::default());
        }
        lines.push(Line::from(canvas.span(Slot::Heading, format!(" {}", scope.title()))));
        for spec in specs {
            let keys = spec.keys.join("  ");
            let pad = " ".repeat(22usize.saturating_sub(keys.width()));
            lines.push(Line::from(vec![
                canvas.span(Slot::Key, format!("   {keys}{pad}")),
                canvas.span(Slot::Text, spec.help),
            ]));
        }
    }
    lines
}
