//! Draws a list to choose from.

use chrono::{DateTime, Utc};
use ratatui::{
    layout::{Position, Rect},
    text::{Line, Span},
};

use crate::{
    text::{clip, fit_left},
    tui::{
        Model,
        acting::deed::subject,
        canvas::{Canvas, spread},
        pick::{Choice, Has, Purpose, State},
        theme::Slot,
    },
};

/// Rows of the list shown at once.
const ROWS: u16 = 10;

/// Draws the list near the top of the body; returns where the cursor blinks.
pub fn render(
    canvas: &mut Canvas<'_>,
    body: Rect,
    state: &State,
    model: &Model,
    now: DateTime<Utc>,
) -> Option<Position> {
    let width = body.width.min(76);
    let n_rows = state.rows().count().max(1) as u16;
    let height = (n_rows.min(ROWS) + 4).min(body.height);
    let area = Rect { x: body.x + (body.width - width) / 2, y: body.y + (body.height - height) / 6, width, height };
    canvas.clear(area);
    let title = Line::from(canvas.span(Slot::Accent, format!(" {} ", title(state))));
    let inside = canvas.frame(area, title, Line::default(), true);
    let typed = state.field.text();
    let sign = canvas.theme.sign(" › ", " > ");
    let mut field = vec![canvas.span(Slot::Key, sign), canvas.span(Slot::Text, typed.to_owned())];
    if typed.is_empty() {
        field.push(canvas.span(Slot::Dim, hint(state.purpose)));
    }
    let line = spread(field, Vec::new(), inside.width);
    canvas.line(inside, 0, &line);
    let list = Rect { y: inside.y + 1, height: inside.height.saturating_sub(2), ..inside };
    let page = usize::from(list.height);
    let top = (state.at + 1).saturating_sub(page);
    for (row, choice) in state.rows().enumerate().skip(top).take(page) {
        let is_it = state.is_begun() && row == state.at;
        let line = line_of(canvas, choice, state, is_it, model, now);
        canvas.line(list, (row - top) as u16, &line);
        if is_it {
            let style = canvas.style(Slot::Selection);
            canvas.tint(Rect { y: list.y + (row - top) as u16, height: 1, ..list }, style);
        }
    }
    if state.rows().next().is_none() {
        canvas.text(list, 0, Slot::Dim, "   nothing of that name");
    }
    foot(canvas, inside, state);
    let column = (state.field.column() as u16 + 3).min(inside.width.saturating_sub(1));
    Some(Position { x: inside.x + column, y: inside.y })
}

fn title(state: &State) -> String {
    let what = subject(&state.keys);
    match state.purpose {
        Purpose::Assign => format!("Assign {what}"),
        Purpose::Label => format!("Labels of {what}"),
        Purpose::Priority => format!("Priority of {what}"),
        Purpose::Close => format!("Close {what} as"),
        Purpose::Duplicate => format!("{what}: duplicate of"),
        Purpose::Snooze => format!("Snooze {what} until"),
        Purpose::Create => "New incident in".to_owned(),
    }
}

fn hint(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Assign => "  some of a name, or an account",
        Purpose::Label => "  some of a label, or a new one",
        Purpose::Snooze => "  or type 18:00, fri 09:00, +90m",
        Purpose::Duplicate => "  a number, a key, or some of a title",
        Purpose::Priority | Purpose::Close | Purpose::Create => "",
    }
}

fn line_of(
    canvas: &Canvas<'_>,
    choice: &Choice,
    state: &State,
    is_it: bool,
    model: &Model,
    _now: DateTime<Utc>,
) -> Line<'static> {
    let mark = if is_it { model.theme.sign("› ", "> ") } else { "  " };
    let mut spans = vec![canvas.span(Slot::Accent, format!(" {mark}"))];
    if state.is_many() {
        let now_on = choice.turned.map_or(choice.has, |on| if on { Has::All } else { Has::No });
        let sign = match now_on {
            Has::No => "[ ] ",
            Has::Some => "[-] ",
            Has::All => "[x] ",
        };
        let slot = if choice.turned.is_some() { Slot::Accent } else { Slot::Dim };
        spans.push(canvas.span(slot, sign));
    } else if choice.has == Has::All {
        spans.push(canvas.span(Slot::Dim, model.theme.sign("• ", "* ")));
    } else {
        spans.push(Span::raw("  "));
    }
    let slot = if is_it || choice.turned.is_some() { Slot::Text } else { Slot::Dim };
    spans.push(canvas.span(slot, fit_left(&clip(&choice.word, 30), 22)));
    spans.push(canvas.span(Slot::Dim, format!(" {}", choice.note)));
    Line::from(spans)
}

fn foot(canvas: &mut Canvas<'_>, inside: Rect, state: &State) {
    let row = inside.height.saturating_sub(1);
    if let Some(problem) = &state.problem {
        canvas.text(inside, row, Slot::Over, &format!(" ! {problem}"));
        return;
    }
    let several = state.is_many().then_some(("tab", "choose several"));
    let pairs = [("enter", if state.is_many() { "do it" } else { "choose" })].into_iter().chain(several);
    let spans: Vec<Span<'static>> = pairs
        .chain([("esc", "leave it")])
        .flat_map(|(key, word)| {
            [canvas.span(Slot::Key, format!(" {key}")), canvas.span(Slot::Dim, format!(" {word} "))]
        })
        .collect();
    canvas.line(inside, row, &Line::from(spans));
}
