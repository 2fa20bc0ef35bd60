//! Draws who is on call: now, until when, who next, the ladder, the days ahead.
//!
//! ```text
//! ╭ 3 On call ────────────────────────────╮
//! │ primary  ana.k  until Fri 09:00       │
//! │          then ben.i  in 2d 4h         │
//! │ P0 P1    ana.k › 5m cy.o › 15m mae.l  │
//! │                                       │
//! │ CET      Fr Sa Su Mo Tu We Th         │
//! │ primary  an an an be be be be         │
//! │ ! gap: no backup Sun 02:00            │
//! ╰───────────────────────────────────────╯
//! ```

use chrono::{DateTime, Utc};
use ratatui::{
    layout::Rect,
    text::{Line, Span},
};

use crate::{
    domain::{
        rota::{Person, Segment},
        time::{between, short_span},
    },
    floor::{freshness::Feed, oncall::OnCall},
    text::{Text, clip, fit_left},
    tui::{
        Model, Pane,
        canvas::Canvas,
        rota::{
            glance::{self, view::Then},
            zoomed,
        },
        sources::trouble,
        theme::Slot,
        words,
    },
};

/// Draws the pane.
pub fn render(canvas: &mut Canvas<'_>, area: Rect, model: &Model, now: DateTime<Utc>) {
    let mut counts = model.floor.on_call().map(|on_call| gap_count(canvas, on_call)).unwrap_or_default();
    counts.extend(trouble(canvas, model, Feed::Roster).filter(|_| model.floor.on_call().is_some()));
    let counts = canvas.dotted(counts);
    let inside = canvas.pane_frame(area, Pane::Rota, "", counts, model.focus == Pane::Rota);
    let Some(on_call) = model.floor.on_call() else {
        let (slot, lines) = why_empty(model);
        canvas.note(inside, slot, &lines);
        return;
    };
    if model.is_zoomed {
        zoomed::view::render(canvas, inside, on_call, model, now);
        return;
    }
    let height = usize::from(inside.height);
    let n_seats = on_call.seats.len();
    // Who follows on the lesser seats gives way first, then blank lines.
    let ways =
        if inside.width >= 70 { vec![Then::Beside] } else { (0..=n_seats.min(3)).rev().map(Then::Below).collect() };
    let mut lines = Vec::new();
    for how in ways {
        lines = glance(canvas, on_call, model, inside, how, now);
        if lines.iter().filter(|line| !line.spans.is_empty()).count() <= height {
            break;
        }
    }
    let spare = height.saturating_sub(lines.len() + 1);
    if spare >= 2 && inside.width >= 50 {
        lines.push(Line::default());
        lines.extend(turns_ahead(canvas, on_call, model, now).into_iter().take(spare));
    }
    while lines.len() > height {
        let Some(blank) = lines.iter().rposition(|l| l.spans.is_empty()) else { break };
        lines.remove(blank);
    }
    for (row, line) in lines.iter().take(height).enumerate() {
        canvas.line(inside, row as u16, line);
    }
}

fn glance(
    canvas: &Canvas<'_>,
    on_call: &OnCall,
    model: &Model,
    area: Rect,
    how: Then,
    now: DateTime<Utc>,
) -> Vec<Line<'static>> {
    let mut lines = glance::view::now_and_next(canvas, on_call, model, how, now);
    lines.extend(glance::view::ladder(canvas, on_call, usize::from(area.width), now).into_iter().take(2));
    lines.push(Line::default());
    lines.extend(glance::view::strip(canvas, on_call, area.width, now));
    let warnings = glance::view::warnings(canvas, on_call, model, area.width, 2, now);
    if !warnings.is_empty() {
        lines.push(Line::default());
        lines.extend(warnings);
    }
    lines
}

fn gap_count(canvas: &Canvas<'_>, on_call: &OnCall) -> Vec<Span<'static>> {
    match on_call.gaps().len() {
        0 if on_call.seats.iter().any(|seat| seat.missing.is_some()) => {
            vec![canvas.span(Slot::Risk, "calendar unread")]
        }
        0 => vec![canvas.span(Slot::Good, "no gap")],
        n => vec![canvas.span(Slot::Over, crate::text::counted(n, "gap", "gaps"))],
    }
}

fn why_empty(model: &Model) -> (Slot, Vec<String>) {
    match model.floor.sources_of(Feed::Roster).next() {
        None => (Slot::Dim, vec!["no roster".to_owned(), "name one in watchfloor.toml: [roster] file".to_owned()]),
        Some(source) => match &source.trouble {
            Some((trouble, _, why)) => (Slot::Over, vec![format!("roster {}: {why}", trouble.word())]),
            None => (Slot::Dim, vec!["reading…".to_owned()]),
        },
    }
}

/// `ana.k, ben.i`, or that nobody is.
pub fn names(people: &[Person]) -> String {
    if people.is_empty() {
        return "nobody".to_owned();
    }
    people.iter().map(Text::as_str).collect::<Vec<_>>().join(", ")
}

fn people_slot(people: &[Person]) -> Slot {
    if people.is_empty() { Slot::Over } else { Slot::Text }
}

/// The hand-offs ahead over all seats, the next first: what fits below the strip.
fn turns_ahead(canvas: &Canvas<'_>, on_call: &OnCall, model: &Model, now: DateTime<Utc>) -> Vec<Line<'static>> {
    let zone = &model.floor.zone;
    let mut turns: Vec<(&Text, &Segment)> = on_call
        .seats
        .iter()
        .flat_map(|seat| {
            let is_known = move |s: &&Segment| seat.missing.is_none() || !s.people.is_empty();
            let ahead = seat.segments.iter().filter(move |s| s.start > now).filter(is_known);
            ahead.map(move |s| (&seat.name, s))
        })
        .collect();
    turns.sort_by_key(|(_, segment)| segment.start);
    let width = glance::view::seat_width(on_call);
    turns
        .into_iter()
        .map(|(seat, segment)| {
            Line::from(vec![
                canvas.span(Slot::Dim, format!(" {}  ", fit_left(seat.as_str(), width))),
                canvas.span(Slot::Dim, fit_left(&words::moment(segment.start, zone, now), 14)),
                canvas.span(people_slot(&segment.people), fit_left(&names(&segment.people), 24)),
                canvas.span(Slot::Dim, format!("{:>8}", short_span(between(segment.start, segment.end)))),
            ])
        })
        .collect()
}

/// Who is on call, for the header.
pub fn header(canvas: &Canvas<'_>, model: &Model, is_narrow: bool, now: DateTime<Utc>) -> Vec<Span<'static>> {
    let Some(seat) = model.floor.on_call().and_then(|on_call| on_call.seats.first()) else { return Vec::new() };
    let duty = &seat.duty;
    let lead = if is_narrow { "  " } else { "  on call " };
    if seat.unknown().is_some() {
        return vec![canvas.span(Slot::Dim, lead), canvas.span(Slot::Risk, "unknown: calendar unread")];
    }
    let slot = if duty.people.is_empty() { Slot::Over } else { Slot::Accent };
    let mut spans = vec![canvas.span(Slot::Dim, lead), canvas.span(slot, clip(&names(&duty.people), 20))];
    if let Some(until) = duty.until.filter(|_| model.size.width >= 72) {
        spans.push(canvas.span(Slot::Dim, format!(" until {}", words::moment(until, &model.floor.zone, now))));
    }
    if let Some(next) = &duty.next {
        let arrow = canvas.theme.sign(" › ", " > ");
        spans.push(canvas.span(Slot::Dim, format!("{arrow}{}", clip(&names(next), 16))));
    }
    spans
}

/// Who is on call, in one line.
pub fn one_line(canvas: &Canvas<'_>, model: &Model, now: DateTime<Utc>) -> Vec<Span<'static>> {
    let Some(on_call) = model.floor.on_call() else {
        let (slot, lines) = why_empty(model);
        return vec![canvas.span(slot, lines.join(": "))];
    };
    let mut runs = Vec::new();
    for (i, seat) in on_call.seats.iter().take(2).enumerate() {
        let mut text = if i == 0 { String::new() } else { format!("{} ", seat.name) };
        if seat.unknown().is_some() {
            runs.push(canvas.span(Slot::Risk, format!("{text}unknown: calendar unread")));
            continue;
        }
        text.push_str(&names(&seat.duty.people));
        if let (0, Some(next), Some(until)) = (i, &seat.duty.next, seat.duty.until) {
            let arrow = canvas.theme.sign("›", ">");
            text = format!("{text} {arrow} {} in {}", names(next), words::age(between(now, until)));
        }
        runs.push(canvas.span(people_slot(&seat.duty.people), text));
    }
    if let Some((seat, gap)) = on_call.gaps().first() {
        let when = words::moment(gap.start, &model.floor.zone, now);
        runs.push(canvas.span(Slot::Risk, format!("! no {seat} {when}")));
    }
    canvas.dotted(runs)
}
