//! Draws what takes a release back: the recommendation, the criteria, the steps.

use chrono::{DateTime, Utc};
use ratatui::{
    layout::Rect,
    text::{Line, Span},
};

use crate::{
    domain::release::rollback::Stage,
    tui::{
        Model,
        canvas::{Canvas, wrap},
        cursor::Scroll,
        release::{
            after,
            back::{steps, written},
        },
        theme::Slot,
    },
};

/// Draws the overlay over the whole body.
pub fn render(canvas: &mut Canvas<'_>, area: Rect, scroll: Scroll, model: &Model, now: DateTime<Utc>) {
    canvas.clear(area);
    let title = Line::from(canvas.span(Slot::Accent, " Roll-back "));
    let counts = match model.floor.rollback() {
        Some(watch) if watch.is_waiting() => {
            let sign = canvas.theme.sign("‼", "!!");
            vec![canvas.span(Slot::Over, format!(" {sign} recommended, nobody has decided "))]
        }
        Some(watch) if watch.stage == Stage::Before => vec![canvas.span(Slot::Dim, " not out yet ")],
        Some(_) => vec![canvas.span(Slot::Dim, " watched ")],
        None => Vec::new(),
    };
    let inside = canvas.frame(area, title, Line::from(counts), true);
    let mut lines: Vec<Line<'static>> = after::view::banner(canvas, model, inside.width, now).into_iter().collect();
    lines.extend(after::view::lines(canvas, model, inside.width, after::view::Long::Wrapped, now));
    let columns = usize::from(inside.width.saturating_sub(8));
    let mut said = written(&model.floor).peekable();
    if said.peek().is_some() {
        lines.push(Line::default());
        lines.push(Line::from(canvas.span(Slot::Heading, " the plan says: take it back when")));
    }
    for criterion in said {
        indented(canvas, criterion.text.as_str(), "   - ", columns, &mut lines);
    }
    lines.push(Line::default());
    lines.push(Line::from(canvas.span(Slot::Heading, " steps")));
    let mut n = 0;
    for step in steps(&model.floor) {
        n += 1;
        indented(canvas, step.text.as_str(), &format!(" {n:>3}. "), columns, &mut lines);
    }
    if n == 0 {
        let hint = "   the plan has none: a heading \"Roll-back\" with a numbered list makes them";
        lines.push(Line::from(canvas.span(Slot::Risk, hint)));
    }
    let page = Rect { height: inside.height.saturating_sub(1), ..inside };
    let top = scroll.held(lines.len(), usize::from(page.height));
    for (row, line) in lines.iter().skip(top).take(usize::from(page.height)).enumerate() {
        canvas.line(page, row as u16, line);
    }
    canvas.scroll_mark(page, top, lines.len());
    let keys = [("d", "put the decision on record"), ("esc", "close")];
    let keys: Vec<Span<'static>> = keys
        .iter()
        .flat_map(|(key, word)| {
            [canvas.span(Slot::Key, format!(" {key}")), canvas.span(Slot::Dim, format!(" {word} "))]
        })
        .collect();
    canvas.line(inside, inside.height.saturating_sub(1), &Line::from(keys));
}

fn indented(canvas: &Canvas<'_>, text: &str, first: &str, columns: usize, lines: &mut Vec<Line<'static>>) {
    let blank = " ".repeat(first.chars().count());
    for (nth, part) in wrap(text, columns).into_iter().enumerate() {
        let indent = if nth == 0 { first } else { blank.as_str() };
        lines.push(Line::from(vec![canvas.span(Slot::Dim, indent.to_owned()), canvas.span(Slot::Text, part)]));
    }
}
