//! Draws the list of exceptions.

use chrono::{DateTime, Utc};
use ratatui::text::{Line, Span};

use crate::{
    domain::{
        rota::{OverrideKind, Person},
        time::{between, short_span},
    },
    floor::oncall::OnCall,
    text::{clip, fit_left},
    tui::{
        Model,
        canvas::Canvas,
        rota::{
            overrides::{Listed, Phase, changes_nothing, list},
            view::names,
        },
        theme::Slot,
        words,
    },
};

/// The rows from `top` on, at most `page`; says nothing where there are none.
pub fn rows(
    canvas: &Canvas<'_>,
    on_call: &OnCall,
    model: &Model,
    width: u16,
    (top, page): (usize, usize),
    now: DateTime<Utc>,
) -> Vec<Line<'static>> {
    let listed = list(on_call, now);
    if listed.is_empty() {
        return vec![Line::from(canvas.span(Slot::Dim, " none; o puts one in"))];
    }
    listed.iter().skip(top).take(page).map(|row| line(canvas, on_call, row, model, width, now)).collect()
}

fn line(
    canvas: &Canvas<'_>,
    on_call: &OnCall,
    row: &Listed<'_>,
    model: &Model,
    width: u16,
    now: DateTime<Utc>,
) -> Line<'static> {
    let (exception, zone) = (row.exception, &model.floor.zone);
    let is_over = row.phase == Phase::Over;
    let (slot, state) = match row.phase {
        Phase::Now => (Slot::Accent, "now".to_owned()),
        Phase::Ahead => (Slot::Text, format!("in {}", words::age(between(now, exception.start)))),
        Phase::Over => (Slot::Dim, "over".to_owned()),
    };
    let seat = on_call.roster.schedules.get(row.seat).map(|s| s.name.as_str()).unwrap_or_default();
    let what = what(canvas, &exception.kind);
    let what_width = usize::from(width / 5).clamp(16, 30);
    let mut spans = vec![
        canvas.span(slot, format!(" {state:<11}")),
        canvas.span(Slot::Dim, fit_left(&clip(seat, 8), 9)),
        canvas.span(if is_over { Slot::Dim } else { Slot::Text }, fit_left(&clip(&what, what_width), what_width + 1)),
        canvas.span(
            Slot::Dim,
            fit_left(
                &format!(
                    "{} {} {}",
                    words::moment(exception.start, zone, now),
                    canvas.theme.sign("–", "-"),
                    end(exception.start, exception.end, model, now)
                ),
                28,
            ),
        ),
    ];
    let is_idle = changes_nothing(on_call, row, now);
    if is_idle {
        spans.push(canvas.span(Slot::Risk, "! changes nothing  "));
    }
    let used: usize = spans.iter().map(Span::width).sum();
    let room = usize::from(width).saturating_sub(used + 1);
    let length = short_span(between(exception.start, exception.end));
    let note = exception.note.as_ref().map(|n| n.as_str()).unwrap_or_default();
    let length = if width >= 100 { fit_left(&length, 7) } else { String::new() };
    if room >= 8 {
        spans.push(canvas.span(Slot::Dim, format!("{length}{}", clip(note, room.saturating_sub(length.len())))));
    }
    Line::from(spans)
}

/// The end; on the day of the start the hour is enough.
fn end(start: DateTime<Utc>, end: DateTime<Utc>, model: &Model, now: DateTime<Utc>) -> String {
    let zone = &model.floor.zone;
    let (from, until) = (zone.local(start), zone.local(end));
    if from.date() == until.date() { until.format("%H:%M").to_string() } else { words::moment(end, zone, now) }
}

/// What it does, in few words: `ben.i for ana.k`, `only ben.i`, `+ kai.n`, `- kai.n`.
fn what(canvas: &Canvas<'_>, kind: &OverrideKind) -> String {
    match kind {
        OverrideKind::ReplaceAll(people) => format!("only {}", names(people)),
        OverrideKind::ReplaceUser { user, with } => format!("{with} for {user}"),
        OverrideKind::Add(one) => format!("+ {}", names(std::slice::from_ref::<Person>(one))),
        OverrideKind::Remove(one) => format!("{} {one} off", canvas.theme.sign("−", "-")),
    }
}
