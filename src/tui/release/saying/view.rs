//! Draws the form.
//!
//! ```text
//! ╭ qa signs off ──────────────────────── on record, after one more question ╮
//! │ › go         it may go out                                               │
//! │   veto       it must not, and why                                        │
//! │                                                                          │
//! │ › why                                                                    │
//! │   commit     1a2b3c4                                                     │
//! ╰──────────────────────────────────────────────────────────────────────────╯
//! ```

use ratatui::{
    layout::{Position, Rect},
    text::Line,
};

use crate::{
    text::{clip, fit_left},
    tui::{canvas::Canvas, field::Field, release::saying::State, theme::Slot},
};

/// The column in which answers begin.
const ANSWER: usize = 11;

/// Draws the overlay; returns where the cursor blinks.
pub fn render(canvas: &mut Canvas<'_>, body: Rect, state: &State) -> Option<Position> {
    let width = body.width.min(84);
    let n = state.choices.len() as u16;
    let height = (n + 6).min(body.height);
    let area = Rect { x: body.x + (body.width - width) / 2, y: body.y + (body.height - height) / 3, width, height };
    canvas.clear(area);
    let title = Line::from(canvas.span(Slot::Accent, format!(" {} ", clip(&state.title, 40))));
    let hint = Line::from(canvas.span(Slot::Dim, " on record, after one more question "));
    let inside = canvas.frame(area, title, hint, true);
    let room = usize::from(inside.width).saturating_sub(ANSWER + 3);
    let mark = |is_here: bool, canvas: &Canvas<'_>| {
        let sign = if is_here { canvas.theme.sign("›", ">") } else { " " };
        canvas.span(Slot::Accent, format!("{sign} "))
    };
    for (row, choice) in state.choices.iter().enumerate() {
        let is_here = row == state.at;
        let slot = if is_here { Slot::Accent } else { Slot::Text };
        let line = Line::from(vec![
            mark(is_here, canvas),
            canvas.span(slot, fit_left(choice.word, ANSWER)),
            canvas.span(Slot::Dim, clip(&choice.help, room)),
        ]);
        canvas.line(inside, row as u16, &line);
    }
    let needs = state.choices.get(state.at).is_some_and(|choice| choice.needs_reason);
    let why = if needs { "needed" } else { "may be left out" };
    let fields = [("why", &state.reason, why), ("commit", &state.commit, "none is named")];
    let mut blinks = None;
    for (nth, (name, field, note)) in fields.into_iter().enumerate() {
        let is_here = (nth == 1) == state.is_at_commit;
        let row = n + 1 + nth as u16;
        let (slot, said) = shown(field, note, room);
        let line = Line::from(vec![
            mark(is_here, canvas),
            canvas.span(if is_here { Slot::Accent } else { Slot::Dim }, fit_left(name, ANSWER)),
            canvas.span(slot, said),
        ]);
        canvas.line(inside, row, &line);
        if is_here {
            let x = inside.x + (ANSWER + 2 + field.column().min(room)) as u16;
            blinks = Some(Position { x: x.min(inside.right().saturating_sub(1)), y: inside.y + row });
        }
    }
    let last = inside.height.saturating_sub(1);
    match &state.fault {
        Some(why) => canvas.text(inside, last, Slot::Over, &format!("  {why}")),
        None => {
            canvas.text(inside, last, Slot::Dim, "  up down: what   tab: why or commit   enter: go on   esc: leave it")
        }
    }
    blinks
}

/// What is typed, its end where it is long; else what stands for nothing.
fn shown(field: &Field, note: &str, room: usize) -> (Slot, String) {
    if field.text().is_empty() {
        return (Slot::Dim, note.to_owned());
    }
    let n = field.text().chars().count();
    let tail: String = field.text().chars().skip(n.saturating_sub(room)).collect();
    (Slot::Text, tail)
}
