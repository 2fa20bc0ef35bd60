//! Draws the form.
//!
//! ```text
//! ╭ Silence disk pg-main ─────────────── nobody is told while it holds ╮
//! │  for       2h            until 05:12                                │
//! │  why       cache is filling                                         │
//! │  by        ana.k                                                    │
//! │                                                                     │
//! │  [x] alertname="disk pg-main"                                       │
//! │  [x] severity="page"                                                │
//! │                                                                     │
//! │  holds back 1 alert that is here now                                │
//! ╰─────────────────────────────────────────────────────────────────────╯
//! ```

use chrono::{DateTime, Utc};
use ratatui::{
    layout::{Position, Rect},
    text::{Line, Span},
};
use unicode_width::UnicodeWidthStr;

use crate::{
    domain::{notify::Matcher, time::plus},
    text::{clip, counted, fit_left},
    tui::{
        Model,
        alerts::silencing::{FIELDS, State},
        canvas::Canvas,
        field::Field,
        theme::Slot,
        words,
    },
};

/// The column in which answers begin.
const ANSWER: usize = 11;

/// Draws the overlay; returns where the cursor blinks.
pub fn render(
    canvas: &mut Canvas<'_>,
    body: Rect,
    state: &State,
    model: &Model,
    now: DateTime<Utc>,
) -> Option<Position> {
    let width = body.width.min(84);
    let height = ((FIELDS + state.matchers.len()) as u16 + 5).min(body.height);
    let area = Rect { x: body.x + (body.width - width) / 2, y: body.y + (body.height - height) / 3, width, height };
    canvas.clear(area);
    let title = Line::from(canvas.span(Slot::Accent, format!(" Silence {} ", clip(state.about.as_str(), 30))));
    let hint = match &state.server {
        Some(server) => format!(" made at {}, which tells nobody while it holds ", clip(server.as_str(), 20)),
        None => " nobody is told while it holds ".to_owned(),
    };
    let hint = Line::from(canvas.span(Slot::Dim, hint));
    let inside = canvas.frame(area, title, hint, true);
    let until = state.span().map(|length| words::moment(plus(now, length), &model.floor.zone, now));
    let until = until.map_or("no length".to_owned(), |until| format!("until {until}"));
    let fields = [
        ("for", &state.length, until.as_str()),
        ("why", &state.comment, "for whoever finds it at night"),
        ("by", &state.author, ""),
    ];
    let mut blinks = None;
    for (row, (name, field, note)) in fields.into_iter().enumerate() {
        let is_here = row == state.at;
        let room = usize::from(inside.width).saturating_sub(ANSWER + 4);
        canvas.line(inside, row as u16, &Line::from(typed(canvas, name, field, note, is_here, room)));
        if is_here {
            let x = inside.x + (ANSWER + 2 + field.column()) as u16;
            blinks = Some(Position { x: x.min(inside.right().saturating_sub(1)), y: inside.y + row as u16 });
        }
    }
    let list =
        Rect { y: inside.y + FIELDS as u16 + 1, height: inside.height.saturating_sub(FIELDS as u16 + 3), ..inside };
    let page = usize::from(list.height);
    let at = state.at.checked_sub(FIELDS);
    let top = at.map_or(0, |at| (at + 1).saturating_sub(page));
    for (row, (matcher, is_on)) in state.matchers.iter().enumerate().skip(top).take(page) {
        canvas.line(list, (row - top) as u16, &Line::from(matched(canvas, matcher, *is_on, at == Some(row))));
    }
    let last = inside.height.saturating_sub(1);
    canvas.line(inside, last, &Line::from(remark(canvas, state, model)));
    blinks
}

/// A line of the form: what is asked for, what was typed in at most `room` columns, and a note where there is one.
fn typed(canvas: &Canvas<'_>, name: &str, field: &Field, note: &str, is_here: bool, room: usize) -> Vec<Span<'static>> {
    let mark = if is_here { canvas.theme.sign("›", ">") } else { " " };
    let mut spans = vec![
        canvas.span(Slot::Accent, format!("{mark} ")),
        canvas.span(if is_here { Slot::Accent } else { Slot::Dim }, fit_left(name, ANSWER)),
        canvas.span(
            Slot::Text,
            format!("{}  ", fit_left(&clip(field.text(), room), field.text().width().clamp(8, room.max(8)))),
        ),
    ];
    if field.text().is_empty() || name == "for" {
        spans.push(canvas.span(Slot::Dim, note.to_owned()));
    }
    spans
}

fn matched(canvas: &Canvas<'_>, matcher: &Matcher, is_on: bool, is_here: bool) -> Vec<Span<'static>> {
    let mark = if is_here { canvas.theme.sign("›", ">") } else { " " };
    let (sign, slot) = if is_on { ("[x]", Slot::Text) } else { ("[ ]", Slot::Dim) };
    vec![
        canvas.span(Slot::Accent, format!("{mark} ")),
        canvas.span(slot, format!("{sign} {}", clip(&matcher.to_string(), 70))),
    ]
}

/// What is wrong, else what it would hold back now.
fn remark(canvas: &Canvas<'_>, state: &State, model: &Model) -> Vec<Span<'static>> {
    if let Some(why) = &state.fault {
        return vec![canvas.span(Slot::Over, format!("  {}", clip(why, 200)))];
    }
    let n = model.queue.alarms.held_by(&state.asked(), state.server.as_ref()).count();
    let held = counted(n, "alert that is here now", "alerts that are here now");
    let space = if state.at >= FIELDS { "space leaves a label out or in; " } else { "" };
    vec![canvas.span(Slot::Dim, format!("  {space}holds back {held}"))]
}
