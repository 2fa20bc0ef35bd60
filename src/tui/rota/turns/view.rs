//! Draws two weeks of the final schedule: a row a day, a column a seat.
//!
//! ```text
//!              primary                            backup
//! › Sat 21 Nov kai.n  09:00 ben.i  17:00 eli.r    cy.o
//!   Sun 22 Nov eli.r  01:00 kai.n  09:00 ben.i    cy.o  02:00 gap  03:00 eli.r
//! ```

use chrono::{DateTime, Utc};
use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthStr;

use crate::{
    floor::{
        oncall::OnCall,
        strip::{Day, Piece},
    },
    text::{clip, counted, fit_left},
    tui::{
        canvas::Canvas,
        rota::{
            turns::{Entry, entries},
            view::names,
        },
        theme::Slot,
        words,
    },
};

/// The columns of a day's name, with its month and without.
const LABEL: (usize, usize) = (14, 10);
/// From here on there is room for the month.
const WITH_MONTH: u16 = 100;
/// A seat needs this many columns to stand beside another.
const NARROW: usize = 26;
/// Nobody's name takes more.
const NAME: usize = 22;

/// All days of all seats; seats that find no room beside the others follow below.
pub fn lines(canvas: &Canvas<'_>, on_call: &OnCall, width: u16, now: DateTime<Utc>) -> Vec<Line<'static>> {
    let label = if width >= WITH_MONTH { LABEL.0 } else { LABEL.1 };
    let room = usize::from(width).saturating_sub(label + 1);
    let n_seats = on_call.seats.len();
    if n_seats == 0 {
        return vec![Line::from(canvas.span(Slot::Dim, " the roster has no schedule"))];
    }
    let beside = (room / NARROW).clamp(1, n_seats);
    let mut lines = Vec::new();
    let seats: Vec<usize> = (0..n_seats).collect();
    for (place, group) in seats.chunks(beside).enumerate() {
        if !lines.is_empty() {
            lines.push(Line::default());
        }
        let columns = widths(on_call, group, room);
        let mut head = head(canvas, on_call, group, &columns, label);
        if let Some(below) = below(on_call, seats.get((place + 1) * beside..).unwrap_or_default(), room / 2) {
            let named = group.last().and_then(|seat| on_call.seats.get(*seat)).map_or(0, |seat| seat.name.width() + 2);
            let last = columns.last().copied().unwrap_or(0);
            if named + below.width() < last {
                let start = label + columns.iter().sum::<usize>() - last + named;
                head = words_at(head, start, canvas.span(Slot::Dim, below));
            } else {
                lines.push(Line::from(canvas.span(Slot::Dim, format!("   {below}"))));
            }
        }
        lines.push(head);
        for day in 0..on_call.strip.days.len() {
            rows(canvas, on_call, group, (label, &columns), day, now, &mut lines);
        }
    }
    lines
}

/// `support below`, for seats that stand further down: on a small screen nobody would look for them there.
fn below(on_call: &OnCall, seats: &[usize], room: usize) -> Option<String> {
    let names: Vec<&str> = seats.iter().filter_map(|seat| on_call.seats.get(*seat)).map(|s| s.name.as_str()).collect();
    let all = format!("{} below", names.join(", "));
    match names.len() {
        0 => None,
        _ if all.width() <= room => Some(all),
        n => Some(format!("{} below", counted(n, "seat", "seats"))),
    }
}

/// A line that ends in blanks, with words from a column on.
fn words_at(mut line: Line<'static>, column: usize, words: Span<'static>) -> Line<'static> {
    let before: usize = line.spans.iter().rev().skip(1).map(Span::width).sum();
    if let Some(last) = line.spans.last_mut() {
        last.content = fit_left(&last.content, column.saturating_sub(before)).into();
    }
    line.spans.push(words);
    line
}

/// Each seat takes what its days need; where that is too much, those that need most share what the others leave.
fn widths(on_call: &OnCall, group: &[usize], room: usize) -> Vec<usize> {
    let needs: Vec<(usize, usize)> = group.iter().map(|seat| needed(on_call, *seat)).collect();
    let mut wants: Vec<usize> = needs.iter().map(|(usual, _)| usual + 2).collect();
    let used: usize = wants.iter().sum();
    if used <= room {
        let mut spare = room - used;
        for (want, (usual, most)) in wants.iter_mut().zip(&needs) {
            let more = (most - usual).min(spare);
            *want += more;
            spare -= more;
        }
        return wants;
    }
    let fair = room / group.len().max(1);
    let spare: usize = wants.iter().map(|w| fair.saturating_sub(*w)).sum();
    let lacking = wants.iter().filter(|w| **w > fair).count().max(1);
    wants.iter().map(|w| if *w > fair { fair + spare / lacking } else { *w }).collect()
}

/// What all but the two longest days of a seat need, for those may take a second line; and what all of them need.
fn needed(on_call: &OnCall, seat: usize) -> (usize, usize) {
    let cells = on_call.strip.seats.get(seat).map(Vec::as_slice).unwrap_or_default();
    let seat_name = on_call.seats.get(seat).map_or(0, |s| s.name.width().min(NAME));
    let of_entry = |entry: &Entry<'_>| word(entry.piece).1.width().min(NAME) + if entry.is_handed { 8 } else { 2 };
    let mut days: Vec<usize> = cells
        .iter()
        .enumerate()
        .map(|(day, cell)| {
            let before = day.checked_sub(1).and_then(|before| cells.get(before));
            entries(before, cell).iter().map(of_entry).sum::<usize>().saturating_sub(2)
        })
        .collect();
    days.sort_unstable_by_key(|width| std::cmp::Reverse(*width));
    let usual = days.get(2).copied().unwrap_or(0).max(seat_name);
    (usual, days.first().copied().unwrap_or(0).max(usual))
}

fn head(canvas: &Canvas<'_>, on_call: &OnCall, group: &[usize], columns: &[usize], label: usize) -> Line<'static> {
    let zone = &on_call.strip.zone;
    let mut spans =
        vec![canvas.span(Slot::Dim, format!("   {}", fit_left(&clip(place(zone.name()), label - 4), label - 3)))];
    for (seat, column) in group.iter().zip(columns) {
        let name = on_call.seats.get(*seat).map(|s| s.name.as_str()).unwrap_or_default();
        let room = column.saturating_sub(1);
        spans.push(canvas.span(Slot::Heading, fit_left(&clip(name, room), *column)));
    }
    Line::from(spans)
}

/// `Berlin` of `Europe/Berlin`.
fn place(zone: &str) -> &str {
    zone.rsplit('/').next().unwrap_or(zone)
}

fn rows(
    canvas: &Canvas<'_>,
    on_call: &OnCall,
    group: &[usize],
    (label_width, columns): (usize, &[usize]),
    at: usize,
    now: DateTime<Utc>,
    lines: &mut Vec<Line<'static>>,
) {
    let strip = &on_call.strip;
    let Some(day) = strip.days.get(at) else { return };
    let label = label(canvas, day, at == 0, label_width);
    let mut cells: Vec<Vec<Vec<Span<'static>>>> = Vec::new();
    for (seat, column) in group.iter().zip(columns) {
        let cells_of_seat = strip.seats.get(*seat).map(Vec::as_slice).unwrap_or_default();
        let before = at.checked_sub(1).and_then(|before| cells_of_seat.get(before));
        let found = cells_of_seat.get(at).map(|cell| entries(before, cell)).unwrap_or_default();
        let runs: Vec<Vec<Span<'static>>> = found
            .iter()
            .map(|entry| {
                let (slot, who) = word(entry.piece);
                let is_now = entry.piece.start <= now && now < entry.piece.end;
                let slot = if is_now && slot == Slot::Text { Slot::Accent } else { slot };
                let mut run = Vec::new();
                if entry.is_handed {
                    let clock = strip.zone.local(entry.piece.start).format("%H:%M ");
                    run.push(canvas.span(Slot::Dim, clock.to_string()));
                }
                run.push(canvas.span(slot, clip(&who, NAME)));
                run
            })
            .collect();
        cells.push(wrapped(runs, column.saturating_sub(1)));
    }
    let height = cells.iter().map(Vec::len).max().unwrap_or(1).max(label.len()).max(1);
    for row in 0..height {
        let mut spans = label.get(row).cloned().unwrap_or_else(|| vec![Span::raw(" ".repeat(label_width))]);
        for (cell, column) in cells.iter().zip(columns) {
            let runs = cell.get(row).cloned().unwrap_or_default();
            let used: usize = runs.iter().map(Span::width).sum();
            spans.extend(runs);
            spans.push(Span::raw(" ".repeat(column.saturating_sub(used))));
        }
        lines.push(Line::from(spans));
    }
}

/// The day, marked if it is today; below, its length where clocks change.
fn label(canvas: &Canvas<'_>, day: &Day, is_today: bool, width: usize) -> Vec<Vec<Span<'static>>> {
    let mark = if is_today { canvas.theme.sign(" › ", " > ") } else { "   " };
    let slot = if is_today { Slot::Accent } else { Slot::Dim };
    let date = day.date.format(if width > LABEL.1 { "%a %-d %b" } else { "%a %-d" });
    let name = fit_left(&format!("{mark}{date}"), width);
    let mut label = vec![vec![canvas.span(slot, name)]];
    if day.length().num_minutes() != 24 * 60 {
        let text = format!("   {}", words::length(day.length()));
        label.push(vec![canvas.span(Slot::Risk, fit_left(&clip(&text, width), width))]);
    }
    label
}

/// Who a piece is, and how it looks: a gap is named, off hours are quiet.
pub fn word(piece: &Piece) -> (Slot, String) {
    match (piece.people.as_slice(), piece.is_off) {
        ([], true) => (Slot::Dim, "·off".to_owned()),
        ([], false) if piece.is_unknown => (Slot::Risk, "unknown".to_owned()),
        ([], false) => (Slot::Over, "gap".to_owned()),
        (people, _) => (Slot::Text, names(people)),
    }
}

/// Runs laid out in lines of at most `room` columns, two blanks between them.
fn wrapped(runs: Vec<Vec<Span<'static>>>, room: usize) -> Vec<Vec<Span<'static>>> {
    let mut lines: Vec<Vec<Span<'static>>> = vec![Vec::new()];
    let mut used = 0;
    for run in runs {
        let width: usize = run.iter().map(Span::width).sum();
        if used > 0 && used + 2 + width > room {
            lines.push(Vec::new());
            used = 0;
        }
        let Some(line) = lines.last_mut() else { break };
        if used > 0 {
            line.push(Span::raw("  "));
            used += 2;
        }
        let mut left = room.saturating_sub(used);
        for span in run {
            let text = clip(&span.content, left);
            left = left.saturating_sub(span.width());
            line.push(Span::styled(text, span.style));
        }
        used += width;
    }
    lines
}
