//! Draws the palette.

use ratatui::{
    layout::{Position, Rect},
    text::Line,
};

use crate::tui::{
    canvas::{Canvas, spread},
    palette::{ROWS, State, found},
    theme::Slot,
};

/// Draws the palette near the top of the body; returns where the cursor blinks.
pub fn render(canvas: &mut Canvas<'_>, body: Rect, state: &State) -> Option<Position> {
    let width = body.width.min(76);
    let height = (ROWS as u16 + 3).min(body.height);
    let area = Rect { x: body.x + (body.width - width) / 2, y: body.y + (body.height - height) / 6, width, height };
    canvas.clear(area);
    let title = Line::from(canvas.span(Slot::Accent, " Command "));
    let inside = canvas.frame(area, title, Line::default(), true);
    let typed = state.field.text();
    let field = vec![canvas.span(Slot::Key, " : "), canvas.span(Slot::Text, typed.to_owned())];
    let field = spread(field, Vec::new(), inside.width);
    canvas.line(inside, 0, &field);
    let list = Rect { y: inside.y + 1, height: inside.height.saturating_sub(1), ..inside };
    let specs = found(typed);
    if specs.is_empty() {
        canvas.note(list, Slot::Dim, &["no action of that name".to_owned()]);
    }
    for (row, spec) in specs.iter().skip(state.cursor.top).take(usize::from(list.height)).enumerate() {
        let left = vec![canvas.span(Slot::Text, format!(" {:<24} ", spec.name)), canvas.span(Slot::Dim, spec.help)];
        let key = spec.keys.first().copied().unwrap_or_default();
        let line = spread(left, vec![canvas.span(Slot::Key, format!("{key} "))], list.width);
        canvas.line(list, row as u16, &line);
        if state.cursor.top + row == state.cursor.at {
            let style = canvas.style(Slot::Selection);
            canvas.tint(Rect { y: list.y + row as u16, height: 1, ..list }, style);
        }
    }
    let column = (state.field.column() as u16 + 3).min(inside.width.saturating_sub(1));
    Some(Position { x: inside.x + column, y: inside.y })
}
