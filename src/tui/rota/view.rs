//! Draws who is on call: now, until when, who next, the days ahead.
//!
//! ```text
//! ╭ 3 On call ────────────────────────────╮
//! │ primary  ana.k  until Fri 09:00       │
//! │          then ben.i                   │
//! │          Fr Sa Su Mo Tu We Th         │
//! │ primary  an an an be be be be         │
//! │ ! no backup Sun 02:00–03:00           │
//! ╰───────────────────────────────────────╯
//! ```

use chrono::{DateTime, TimeDelta, Utc};
use ratatui::{
    layout::Rect,
    text::{Line, Span},
};
use unicode_width::UnicodeWidthStr;

use crate::{
    domain::{
        rota::{Person, Segment},
        time::{between, short_span},
    },
    floor::{
        freshness::Feed,
        oncall::{DayCell, OnCall, Seat},
    },
    text::{Text, clip, fit_left},
    tui::{Model, Pane, canvas::Canvas, sources::trouble, theme::Slot, words},
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
    let mut lines = now_and_next(canvas, on_call, model, now);
    lines.push(Line::default());
    lines.extend(strip(canvas, on_call, inside.width));
    let gaps = gap_lines(canvas, on_call, model, now);
    if !gaps.is_empty() {
        lines.push(Line::default());
        lines.extend(gaps);
    }
    let spare = usize::from(inside.height).saturating_sub(lines.len() + 1);
    if !model.is_zoomed && spare >= 2 && inside.width >= 50 {
        lines.push(Line::default());
        lines.extend(turns_ahead(canvas, on_call, model, now).into_iter().take(spare));
    } else if model.is_zoomed {
        lines.push(Line::default());
        lines.extend(hand_offs(canvas, on_call, model, now));
        lines.push(Line::default());
        lines.extend(people(canvas, on_call, inside.width));
    } else {
        // Where rows are short, the blank ones go first.
        while lines.len() > usize::from(inside.height) {
            let Some(blank) = lines.iter().rposition(|l| l.spans.is_empty()) else { break };
            lines.remove(blank);
        }
    }
    let page = usize::from(inside.height);
    let top = if model.is_zoomed { model.rota.scroll.held(lines.len(), page) } else { 0 };
    for (row, line) in lines.iter().skip(top).take(page).enumerate() {
        canvas.line(inside, row as u16, line);
    }
    if model.is_zoomed {
        canvas.scroll_mark(inside, top, lines.len());
    }
}

fn gap_count(canvas: &Canvas<'_>, on_call: &OnCall) -> Vec<Span<'static>> {
    match on_call.gaps().len() {
        0 => vec![canvas.span(Slot::Good, "no gap")],
        n => vec![canvas.span(Slot::Risk, crate::text::counted(n, "gap", "gaps"))],
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

fn seat_width(on_call: &OnCall) -> usize {
    on_call.seats.iter().map(|seat| seat.name.width()).max().unwrap_or(0).clamp(4, 12)
}

fn now_and_next(canvas: &Canvas<'_>, on_call: &OnCall, model: &Model, now: DateTime<Utc>) -> Vec<Line<'static>> {
    let zone = &model.floor.zone;
    let width = seat_width(on_call);
    let mut lines = Vec::new();
    for seat in &on_call.seats {
        let duty = &seat.duty;
        let mut spans = vec![
            canvas.span(Slot::Dim, format!(" {}  ", fit_left(seat.name.as_str(), width))),
            canvas.span(if duty.people.is_empty() { Slot::Over } else { Slot::Accent }, names(&duty.people)),
        ];
        if let Some(until) = duty.until {
            spans.push(canvas.span(Slot::Dim, format!("  until {}", words::moment(until, zone, now))));
        }
        lines.push(Line::from(spans));
        if let (Some(next), Some(until)) = (&duty.next, duty.until) {
            let left = words::age(between(now, until));
            lines.push(Line::from(vec![
                canvas.span(Slot::Dim, format!(" {}  then ", " ".repeat(width))),
                canvas.span(people_slot(next), names(next)),
                canvas.span(Slot::Dim, format!("  in {left}")),
            ]));
        }
    }
    lines
}

/// The days ahead, as many as fit, at least a week where a week fits.
fn strip(canvas: &Canvas<'_>, on_call: &OnCall, width: u16) -> Vec<Line<'static>> {
    let seat = seat_width(on_call);
    let room = usize::from(width).saturating_sub(seat + 2);
    let days = (room / 3).clamp(1, on_call.days.len().max(1)).min(if room >= 70 { 14 } else { 7 });
    // Wide cells hold a name, narrow ones its first two letters.
    let cell = (room / days).saturating_sub(1).clamp(2, 9);
    let mut head = vec![canvas.span(Slot::Dim, format!(" {} ", " ".repeat(seat)))];
    for day in on_call.days.iter().take(days) {
        let text = if cell >= 6 { day.format("%a %-d").to_string() } else { day.format("%a").to_string() };
        head.push(canvas.span(Slot::Dim, format!(" {}", fit_left(&clip_plain(&text, cell), cell))));
    }
    let mut lines = vec![Line::from(head)];
    for Seat { name, by_day, .. } in &on_call.seats {
        let mut spans = vec![canvas.span(Slot::Dim, format!(" {} ", fit_left(name.as_str(), seat)))];
        for day in by_day.iter().take(days) {
            spans.push(day_span(canvas, day, cell));
        }
        lines.push(Line::from(spans));
    }
    lines
}

fn day_span(canvas: &Canvas<'_>, day: &DayCell, cell: usize) -> Span<'static> {
    let (slot, text) = match day.people.first() {
        None => (Slot::Over, "–".to_owned()),
        Some(first) => {
            let slot = if day.gap > TimeDelta::zero() { Slot::Risk } else { Slot::Text };
            (slot, clip_plain(first.as_str(), cell))
        }
    };
    // A day that several people share, or that has a hole, says so before the name of its longest holder.
    // Two letters of a follow-the-sun day have no room for that: only a hole is marked there.
    let mark = match (day.gap > TimeDelta::zero(), day.is_split && cell >= 6) {
        (true, _) => "!",
        (false, true) => "+",
        (false, false) => " ",
    };
    canvas.span(slot, format!("{mark}{}", fit_left(&text, cell)))
}

/// The first columns, without an ellipsis: two letters of a name are a name here.
fn clip_plain(text: &str, columns: usize) -> String {
    if text.width() <= columns {
        return text.to_owned();
    }
    let mut cut = clip(text, columns + 1);
    cut.pop();
    cut
}

fn gap_lines(canvas: &Canvas<'_>, on_call: &OnCall, model: &Model, now: DateTime<Utc>) -> Vec<Line<'static>> {
    let zone = &model.floor.zone;
    let gaps = on_call.gaps();
    let mut lines: Vec<Line<'static>> = gaps
        .iter()
        .take(4)
        .map(|(seat, gap)| {
            let length = short_span(between(gap.start, gap.end));
            let changes = zone_note(on_call, gap);
            let from = words::moment(gap.start, zone, now);
            Line::from(vec![
                canvas.span(Slot::Risk, format!(" ! no {seat} {from}")),
                canvas.span(Slot::Dim, format!("  for {length}{changes}")),
            ])
        })
        .collect();
    if gaps.len() > 4 {
        lines.push(Line::from(canvas.span(Slot::Risk, format!("   and {} more", gaps.len() - 4))));
    }
    lines.extend(clock_changes(canvas, on_call, model, now));
    lines
}

/// A gap that lies at a clock change says so: that is how it came about.
fn zone_note(on_call: &OnCall, gap: &Segment) -> &'static str {
    let near = TimeDelta::hours(3);
    let from = crate::domain::time::minus(gap.start, near);
    let until = crate::domain::time::plus(gap.end, near);
    if zones(on_call).iter().any(|zone| !zone.changes(from, until).is_empty()) { " (clock change)" } else { "" }
}

/// Every zone a roster speaks of, once.
fn zones(on_call: &OnCall) -> Vec<&crate::domain::zone::Zone> {
    let roster = &on_call.roster;
    let layers = roster.schedules.iter().flat_map(|s| s.layers.iter().map(|l| &l.zone));
    let mut zones: Vec<_> = std::iter::once(&roster.zone).chain(layers).collect();
    zones.sort_by_key(|zone| zone.name().to_owned());
    zones.dedup_by_key(|zone| zone.name().to_owned());
    zones
}

/// Clock changes in the days of the strip: hand-offs near them deserve a look.
fn clock_changes(canvas: &Canvas<'_>, on_call: &OnCall, model: &Model, now: DateTime<Utc>) -> Vec<Line<'static>> {
    let until = crate::domain::time::plus(now, TimeDelta::days(14));
    let mut lines = Vec::new();
    for zone in zones(on_call) {
        for at in zone.changes(now, until) {
            let when = words::moment(at, &model.floor.zone, now);
            lines.push(Line::from(canvas.span(Slot::Dim, format!("   clocks change {when} in {}", zone.name()))));
        }
    }
    lines.truncate(2);
    lines
}

/// The hand-offs ahead, by seat, with the length of each turn.
fn hand_offs(canvas: &Canvas<'_>, on_call: &OnCall, model: &Model, now: DateTime<Utc>) -> Vec<Line<'static>> {
    let zone = &model.floor.zone;
    let mut lines = Vec::new();
    for seat in &on_call.seats {
        lines.push(Line::from(canvas.span(Slot::Heading, format!(" {} · the next turns", seat.name))));
        let ahead = seat.segments.iter().filter(|s| s.end > now).take(10);
        for segment in ahead {
            let local = zone.local(segment.start);
            let when = format!("{} {}", words::day(local.date()), local.format("%H:%M"));
            let mark = if segment.start <= now { "now" } else { "" };
            lines.push(Line::from(vec![
                canvas.span(Slot::Dim, format!("   {when:<17}")),
                canvas.span(people_slot(&segment.people), fit_left(&names(&segment.people), 24)),
                canvas.span(Slot::Dim, format!("{:>8}  ", short_span(between(segment.start, segment.end)))),
                canvas.span(Slot::Accent, mark),
            ]));
        }
    }
    lines
}

/// The hand-offs ahead over all seats, the next first: what fits below the strip.
fn turns_ahead(canvas: &Canvas<'_>, on_call: &OnCall, model: &Model, now: DateTime<Utc>) -> Vec<Line<'static>> {
    let zone = &model.floor.zone;
    let mut turns: Vec<(&Text, &Segment)> = on_call
        .seats
        .iter()
        .flat_map(|seat| seat.segments.iter().filter(|s| s.start > now).map(move |s| (&seat.name, s)))
        .collect();
    turns.sort_by_key(|(_, segment)| segment.start);
    let width = seat_width(on_call);
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

/// Everybody in the roster with how to reach them and their hours in the strip.
fn people(canvas: &Canvas<'_>, on_call: &OnCall, width: u16) -> Vec<Line<'static>> {
    let mut lines = vec![Line::from(
        canvas.span(Slot::Heading, format!(" people · hours in the next {} days", on_call.days.len())),
    )];
    for contact in &on_call.roster.people {
        let held: i64 = on_call
            .seats
            .iter()
            .flat_map(|seat| &seat.segments)
            .filter(|s| s.people.contains(&contact.id))
            .map(|s| between(s.start, s.end).num_hours())
            .sum();
        let mut spans = vec![
            canvas.span(Slot::Text, format!("   {}", fit_left(contact.id.as_str(), 14))),
            canvas.span(Slot::Dim, fit_left(contact.name.as_str(), 22)),
            canvas.span(Slot::Text, format!("{held:>5} h  ")),
        ];
        let zone = contact.zone.as_ref().map(|z| z.name().to_owned()).unwrap_or_default();
        spans.push(canvas.span(Slot::Dim, fit_left(&zone, 20)));
        let used: usize = spans.iter().map(Span::width).sum();
        let reach = contact.reach.as_ref().map(Text::as_str).unwrap_or_default();
        spans.push(canvas.span(Slot::Dim, clip(reach, usize::from(width).saturating_sub(used))));
        lines.push(Line::from(spans));
    }
    lines
}

/// Who is on call, for the header.
pub fn header(canvas: &Canvas<'_>, model: &Model, is_narrow: bool, now: DateTime<Utc>) -> Vec<Span<'static>> {
    let Some(seat) = model.floor.on_call().and_then(|on_call| on_call.seats.first()) else { return Vec::new() };
    let duty = &seat.duty;
    let lead = if is_narrow { "  " } else { "  on call " };
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
