//! Draws a month of duties, week by week.

use chrono::{DateTime, Datelike as _, NaiveDate, Utc};
use ratatui::{layout::Rect, text::Line};

use crate::{
    domain::duty::{judge::Judged, month},
    floor::duties::Tended,
    text::clip,
    tui::{
        Model,
        canvas::Canvas,
        theme::Slot,
        work::{State, list::view::state_of},
    },
};

const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/// Draws the month: its name, its weekdays, and a box of days.
pub fn render(canvas: &mut Canvas<'_>, area: Rect, state: &State, model: &Model, now: DateTime<Utc>) {
    let today = model.floor.zone.local(now).date();
    let first = month::away(today, state.month);
    let turns = model.floor.duties().between(first, month::last(first), now);
    let column = (area.width / 7).max(1);
    let title = format!(" {}   [ month before   ] month after", first.format("%B %Y"));
    canvas.text(area, 0, Slot::Accent, &title);
    for (place, name) in DAYS.iter().enumerate() {
        let line = Line::from(canvas.span(Slot::Dim, format!(" {name}")));
        canvas.at(area.x + column * place as u16, area.y + 1, column, &line);
    }
    let weeks = month::weeks(first);
    let height = (area.height.saturating_sub(2) / weeks.len().max(1) as u16).max(1);
    for (n, week) in weeks.iter().enumerate() {
        for (place, day) in week.iter().enumerate().filter(|(_, day)| day.month() == first.month()) {
            let x = area.x + column * place as u16;
            let y = area.y + 2 + height * n as u16;
            let cell = Rect { x, y, width: column, height: height.min(area.bottom().saturating_sub(y)) };
            let of_day: Vec<_> = turns.iter().filter(|(_, judged)| judged.turn.day == *day).collect();
            one_day(canvas, cell, *day, *day == today, &of_day);
        }
    }
}

fn one_day(canvas: &mut Canvas<'_>, cell: Rect, day: NaiveDate, is_today: bool, turns: &[&(&Tended, Judged)]) {
    if cell.height == 0 {
        return;
    }
    let room = usize::from(cell.height) - 1;
    // Of what does not fit the number is said, beside the day.
    let shown = turns.len().min(room);
    let more = turns.len() - shown;
    let mut head = vec![canvas.span(if is_today { Slot::Accent } else { Slot::Dim }, format!(" {}", day.day()))];
    if is_today {
        head.push(canvas.span(Slot::Accent, " today"));
    }
    if more > 0 {
        head.push(canvas.span(Slot::Dim, format!(" +{more}")));
    }
    canvas.at(cell.x, cell.y, cell.width, &Line::from(head));
    let name = usize::from(cell.width).saturating_sub(4);
    // What is open is not hidden behind what is done.
    let mut by_weight: Vec<_> = turns.iter().collect();
    by_weight.sort_by_key(|(_, judged)| judged.state.is_done());
    for (row, (tended, judged)) in by_weight.into_iter().take(shown).enumerate() {
        let (slot, sign) = state_of(canvas, &judged.state);
        let line = Line::from(vec![
            canvas.span(slot, format!(" {sign} ")),
            canvas.span(
                if judged.state.is_done() { Slot::Dim } else { Slot::Text },
                clip(tended.duty.name.as_str(), name),
            ),
        ]);
        canvas.at(cell.x, cell.y + 1 + row as u16, cell.width, &line);
    }
}
