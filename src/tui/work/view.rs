//! Draws the standing work: its parts in the title, and the one that is looked at.

use chrono::{DateTime, Utc};
use ratatui::{
    layout::Rect,
    text::{Line, Span},
};

use crate::tui::{
    Model,
    canvas::{Canvas, padded},
    theme::Slot,
    work::{Part, State, burn_in, calendar, goals, list},
};

/// Draws the overlay over the whole body.
pub fn render(canvas: &mut Canvas<'_>, area: Rect, state: &State, model: &Model, now: DateTime<Utc>) {
    canvas.clear(area);
    let mut title = vec![Span::raw(" ")];
    title.extend(
        canvas.dotted(
            Part::ALL
                .iter()
                .map(|part| canvas.span(if *part == state.part { Slot::Accent } else { Slot::Dim }, part.title()))
                .collect(),
        ),
    );
    title.push(Span::raw(" "));
    let counts = counts(canvas, model);
    let inside = canvas.frame(area, Line::from(title), Line::from(counts), true);
    match state.part {
        Part::Duties => list::view::render(canvas, inside, state, model, now),
        Part::Goals => goals::view::render(canvas, inside, state, model, now),
        Part::BurnIn => burn_in::view::render(canvas, inside, model, now),
        Part::Calendar => calendar::view::render(canvas, inside, state, model, now),
    }
}

fn counts(canvas: &Canvas<'_>, model: &Model) -> Vec<Span<'static>> {
    let (late, due) = model.floor.duty_counts();
    let mut runs = Vec::new();
    if late > 0 {
        runs.push(canvas.span(Slot::Over, format!("{late} late")));
    }
    if due > 0 {
        runs.push(canvas.span(Slot::Risk, format!("{due} due")));
    }
    padded(canvas.dotted(runs))
}
