//! Draws an announcement: when, to whom, whether it is out, its text.

use chrono::{DateTime, Utc};
use ratatui::{
    layout::Rect,
    text::{Line, Span},
};

use crate::{
    text::clip,
    tui::{
        Model,
        canvas::{Canvas, wrap},
        release::{
            after::view::pressing,
            telling::{State, shown},
        },
        theme::Slot,
        words,
    },
};

/// Draws the overlay over the body.
pub fn render(canvas: &mut Canvas<'_>, body: Rect, state: &State, model: &Model, now: DateTime<Utc>) {
    let Some((at, it)) = shown(model, state) else {
        canvas.clear(body);
        let inside = canvas.frame(body, Line::default(), Line::default(), true);
        return canvas.note(inside, Slot::Dim, &["the plan does not name it any more".to_owned()]);
    };
    let width = body.width.min(100);
    let columns = usize::from(width.saturating_sub(4));
    let text: Vec<String> = it.text.as_str().trim_end().lines().flat_map(|line| wrapped(line, columns)).collect();
    let height = (text.len() as u16 + 8).clamp(10, body.height.max(10)).min(body.height);
    let area = Rect { x: body.x + (body.width - width) / 2, y: body.y + (body.height - height) / 3, width, height };
    canvas.clear(area);
    let n = model.release.sheet.announcements.len();
    let title = Line::from(canvas.span(Slot::Accent, format!(" Announcement {} of {n} ", at + 1)));
    let (slot, sign, said) = pressing(canvas, it, now);
    let counts = Line::from(canvas.span(slot, format!(" {sign} {said} ")));
    let inside = canvas.frame(area, title, counts, true);
    let head = |slot, name: &str, said: &str, canvas: &Canvas<'_>| {
        Line::from(vec![
            canvas.span(Slot::Dim, format!(" {name:<6} ")),
            canvas.span(slot, clip(said, columns.saturating_sub(7))),
        ])
    };
    let when = match it.window.start {
        Some(start) => format!("{}, {}", it.when.label(), words::day(model.floor.zone.local(start).date())),
        None => it.when.label(),
    };
    let sent = match &it.sent {
        None => "not marked as sent: send it, then m".to_owned(),
        Some((by, Some(at))) => format!("by {by}, {}", words::moment(*at, &model.floor.zone, now)),
        Some((by, None)) if by.is_blank() => "its step is ticked".to_owned(),
        Some((by, None)) => format!("by {by}"),
    };
    let to = if it.to.is_blank() { "not said" } else { it.to.as_str() };
    let lines = [
        head(Slot::Text, "what", it.name.as_str(), canvas),
        head(Slot::Text, "when", &when, canvas),
        head(Slot::Text, "to", to, canvas),
        head(slot, "sent", &sent, canvas),
    ];
    for (row, line) in lines.iter().enumerate() {
        canvas.line(inside, row as u16, line);
    }
    let flat = canvas.theme.sign("─", "-").repeat(usize::from(inside.width));
    canvas.text(inside, 4, Slot::Border, &flat);
    let page = Rect { y: inside.y + 5, height: inside.height.saturating_sub(6), ..inside };
    let top = state.scroll.held(text.len(), usize::from(page.height));
    for (row, line) in text.iter().skip(top).take(usize::from(page.height)).enumerate() {
        canvas.text(page, row as u16, Slot::Text, &format!(" {line}"));
    }
    canvas.scroll_mark(page, top, text.len());
    let pairs = [("y", "copy the text"), ("m", "mark as sent"), ("h l", "another"), ("esc", "close")];
    let keys: Vec<Span<'static>> = pairs
        .iter()
        .flat_map(|(key, word)| {
            [canvas.span(Slot::Key, format!(" {key}")), canvas.span(Slot::Dim, format!(" {word} "))]
        })
        .collect();
    canvas.line(inside, inside.height.saturating_sub(1), &Line::from(keys));
}

fn wrapped(line: &str, columns: usize) -> Vec<String> {
    if line.is_empty() { vec![String::new()] } else { wrap(line, columns) }
}
