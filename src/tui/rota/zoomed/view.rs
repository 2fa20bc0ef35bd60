//! Draws the zoomed pane. A wide screen shows every part at once, a small one the part in front under a line of names.
//!
//! ```text
//! ╭ 3 On call ───────────────────────────────────────── 1 gap ╮
//! │ primary  ben.i  until 17:00       then eli.r  in 5h 47m   │
//! │ P0 P1    ben.i › 5m cy.o › 15m mae.l                      │
//! │ schedule   layers   overrides 2   fairness   leave        │
//! │ …                                                         │
//! ╰───────────────────────────────────────────────────────────╯
//! ```

use chrono::{DateTime, Utc};
use ratatui::{
    layout::Rect,
    text::{Line, Span},
};

use crate::{
    floor::oncall::OnCall,
    tui::{
        Model,
        canvas::{Canvas, wrap},
        rota::{Section, glance, glance::view::Then, layers, load, odd, overrides, turns},
        theme::Slot,
    },
};

/// From here on every part has a place of its own.
const WIDE: (u16, u16) = (180, 36);
/// Seats named in the head.
const SEATS: usize = 4;

/// How many rows a page of a part has: the head, the names of the parts and the frame are not of it.
pub fn page(area: Rect) -> usize {
    let inside = area.height.saturating_sub(2);
    if is_wide(area.width.saturating_sub(2), inside) {
        return usize::from(lower(inside)).max(1);
    }
    usize::from(inside.saturating_sub(6)).max(1)
}

fn is_wide(width: u16, height: u16) -> bool {
    width >= WIDE.0 && height >= WIDE.1
}

/// The rows of one of the three parts to the right on a wide screen, its heading left out.
fn lower(height: u16) -> u16 {
    (height.saturating_sub(6)) / 3
}

/// Draws the pane's inside.
pub fn render(canvas: &mut Canvas<'_>, area: Rect, on_call: &OnCall, model: &Model, now: DateTime<Utc>) {
    let head = head(canvas, on_call, model, area, now);
    let n = head.len().min(usize::from(area.height.saturating_sub(4)));
    for (row, line) in head.iter().take(n).enumerate() {
        canvas.line(area, row as u16, line);
    }
    let n = n as u16;
    let rest = Rect { y: area.y + n, height: area.height.saturating_sub(n), ..area };
    if is_wide(area.width, area.height) {
        beside(canvas, rest, on_call, model, now);
        return;
    }
    names(canvas, rest, on_call, model, now);
    let body = Rect { y: rest.y + 1, height: rest.height.saturating_sub(1), ..rest };
    part(canvas, body, model.rota.section, true, on_call, model, now);
}

/// Now, next, the ladder, what is wrong, and a blank line.
fn head(canvas: &Canvas<'_>, on_call: &OnCall, model: &Model, area: Rect, now: DateTime<Utc>) -> Vec<Line<'static>> {
    let is_roomy = area.height >= 30;
    let how = if area.width >= 64 { Then::Beside } else { Then::Below(1) };
    let mut lines = glance::view::now_and_next(canvas, on_call, model, how, now);
    let seats = lines.len();
    if seats > SEATS && !is_roomy {
        lines.truncate(SEATS);
        let more = crate::text::counted(seats - SEATS, "more seat", "more seats");
        lines.push(Line::from(canvas.span(Slot::Dim, format!("   and {more}"))));
    } else if seats > SEATS * 2 {
        lines.truncate(SEATS * 2);
        let more = crate::text::counted(seats - SEATS * 2, "more seat", "more seats");
        lines.push(Line::from(canvas.span(Slot::Dim, format!("   and {more}"))));
    }
    let ladders = glance::view::ladder(canvas, on_call, usize::from(area.width), now);
    lines.extend(ladders.into_iter().take(if is_roomy { 4 } else { 1 }));
    lines.extend(glance::view::warnings(canvas, on_call, model, area.width, if is_roomy { 3 } else { 1 }, now));
    lines.push(Line::default());
    lines
}

/// The parts by name, the one in front marked.
fn names(canvas: &mut Canvas<'_>, area: Rect, on_call: &OnCall, model: &Model, now: DateTime<Utc>) {
    let mut spans = Vec::new();
    for section in Section::ALL {
        let title = titled(section, on_call, model, now);
        let is_front = section == model.rota.section;
        // Without colour the brackets carry it.
        let text = if is_front { format!("[{title}]") } else { format!(" {title} ") };
        spans.push(canvas.span(if is_front { Slot::Accent } else { Slot::Dim }, text));
        spans.push(Span::raw(" "));
    }
    canvas.line(area, 0, &Line::from(spans));
}

/// A part's name with its count, so that it answers before it is looked at.
fn titled(section: Section, on_call: &OnCall, model: &Model, now: DateTime<Utc>) -> String {
    let n = match section {
        Section::Overrides => overrides::count(on_call),
        Section::Leave => on_call.roster.leave.len(),
        Section::Odd => odd::all_said(&model.rota.findings, &on_call.strip.zone, "", now).len(),
        Section::Turns | Section::Layers | Section::Fairness => 0,
    };
    if n == 0 { section.title().to_owned() } else { format!("{} {n}", section.title()) }
}

/// Schedule over layers to the left; overrides, fairness, leave to the right.
fn beside(canvas: &mut Canvas<'_>, area: Rect, on_call: &OnCall, model: &Model, now: DateTime<Utc>) {
    let left_width = (area.width * 11 / 20).max(114);
    let left = Rect { width: left_width, ..area };
    let right = Rect { x: area.x + left_width + 2, width: area.width.saturating_sub(left_width + 2), ..area };
    let turns_height = (turns::view::lines(canvas, on_call, left_width, now).len() as u16 + 2).min(area.height * 3 / 5);
    let (upper, below) = split(left, turns_height);
    titled_part(canvas, upper, Section::Turns, on_call, model, now);
    titled_part(canvas, below, Section::Layers, on_call, model, now);
    let list = (overrides::count(on_call).max(1) as u16).saturating_add(2).min(lower(area.height) + 2);
    let (first, rest) = split(right, list);
    let shares = model.rota.fairness.as_ref().map_or(1, |s| s.rows.len()) as u16;
    let (second, third) = split(rest, shares.saturating_add(6).min(rest.height.saturating_sub(6)));
    titled_part(canvas, first, Section::Overrides, on_call, model, now);
    titled_part(canvas, second, Section::Fairness, on_call, model, now);
    let n_leave = load::view::leave(canvas, on_call, model, third.width, now).len().max(1) as u16;
    let n_odd = odd::view::lines(canvas, model, third.width, now).len().max(1) as u16;
    // Half each, unless the warnings leave more.
    let least = (third.height / 2 + 1).max(third.height.saturating_sub(n_odd.saturating_add(2)));
    let leave = n_leave.saturating_add(2).min(least);
    let (third, fourth) = split(third, leave);
    titled_part(canvas, third, Section::Leave, on_call, model, now);
    titled_part(canvas, fourth, Section::Odd, on_call, model, now);
}

fn split(area: Rect, height: u16) -> (Rect, Rect) {
    let height = height.min(area.height);
    (Rect { height, ..area }, Rect { y: area.y + height, height: area.height - height, ..area })
}

fn titled_part(
    canvas: &mut Canvas<'_>,
    area: Rect,
    section: Section,
    on_call: &OnCall,
    model: &Model,
    now: DateTime<Utc>,
) {
    let is_front = section == model.rota.section;
    let mark = if is_front { canvas.theme.sign("› ", "> ") } else { "  " };
    let title = titled(section, on_call, model, now);
    let flat = canvas.theme.sign("─", "-");
    let used = title.chars().count() + 4;
    let line = Line::from(vec![
        canvas.span(Slot::Accent, mark),
        canvas.span(if is_front { Slot::Accent } else { Slot::Text }, title),
        canvas.span(Slot::Border, format!(" {}", flat.repeat(usize::from(area.width).saturating_sub(used)))),
    ]);
    canvas.line(area, 0, &line);
    let body = Rect { y: area.y + 1, height: area.height.saturating_sub(2), ..area };
    part(canvas, body, section, is_front, on_call, model, now);
}

/// One part; only the one in front is scrolled and has a cursor.
fn part(
    canvas: &mut Canvas<'_>,
    area: Rect,
    section: Section,
    is_front: bool,
    on_call: &OnCall,
    model: &Model,
    now: DateTime<Utc>,
) {
    if section == Section::Overrides {
        list(canvas, area, is_front, on_call, model, now);
        return;
    }
    let lines = match section {
        Section::Turns => turns::view::lines(canvas, on_call, area.width, now),
        Section::Layers => layers::view::lines(canvas, on_call, area.width, now),
        Section::Fairness => load::view::shares(canvas, model, area.width),
        Section::Odd => odd::view::lines(canvas, model, area.width, now),
        Section::Leave | Section::Overrides => load::view::leave(canvas, on_call, model, area.width, now),
    };
    let page = usize::from(area.height);
    let top = if is_front { model.rota.scroll.held(lines.len(), page) } else { 0 };
    for (row, line) in lines.iter().skip(top).take(page).enumerate() {
        canvas.line(area, row as u16, line);
    }
    // What does not fit is said where nothing scrolls to it.
    if !is_front && lines.len() > page && page > 0 {
        let more = format!("   and {} more lines", lines.len() - page + 1);
        let blank = " ".repeat(usize::from(area.width));
        canvas.text(area, area.height - 1, Slot::Dim, &blank);
        canvas.text(area, area.height - 1, Slot::Dim, &more);
    }
    if is_front {
        canvas.scroll_mark(Rect { width: area.width.saturating_sub(1), ..area }, top, lines.len());
    }
}

fn list(canvas: &mut Canvas<'_>, area: Rect, is_front: bool, on_call: &OnCall, model: &Model, now: DateTime<Utc>) {
    let (cursor, n) = (model.rota.cursor, overrides::count(on_call));
    let note = if is_front { note(canvas, area, on_call, model, now) } else { Vec::new() };
    let for_note = if usize::from(area.height) > note.len() + 2 { note.len() } else { 0 };
    let list = Rect { height: area.height - for_note as u16, ..area };
    let page = usize::from(list.height);
    // The page that `update` knows may be longer than this one: the row under the cursor is always on it.
    let top = cursor.top.max((cursor.at + 1).saturating_sub(page)).min(cursor.at);
    let rows = overrides::view::rows(canvas, on_call, model, list.width, (top, page), now);
    for (row, line) in rows.iter().enumerate() {
        canvas.line(list, row as u16, line);
    }
    if is_front && n > 0 {
        let style = canvas.style(Slot::Selection);
        canvas.tint(Rect { y: list.y + (cursor.at - top) as u16, height: list.height.min(1), ..list }, style);
    }
    // Close below a short list, at the foot of a long one.
    let below = Rect { y: list.y + rows.len() as u16, height: for_note as u16, ..area };
    for (row, line) in note.iter().take(for_note).enumerate() {
        canvas.line(below, row as u16, line);
    }
    canvas.scroll_mark(Rect { width: list.width.saturating_sub(1), ..list }, top, n);
}

/// The note of the override under the cursor, whole: its row has little room for it.
fn note(canvas: &Canvas<'_>, area: Rect, on_call: &OnCall, model: &Model, now: DateTime<Utc>) -> Vec<Line<'static>> {
    let listed = overrides::list(on_call, now);
    let note = listed.get(model.rota.cursor.at).and_then(|row| row.exception.note.as_ref());
    let Some(note) = note.filter(|note| !note.is_blank()) else { return Vec::new() };
    let parts = wrap(note.as_str(), usize::from(area.width.saturating_sub(10))).into_iter().take(2);
    let lines = parts.enumerate().map(|(row, part)| {
        Line::from(canvas.span(Slot::Dim, format!(" {:<7}{part}", if row == 0 { "note" } else { "" })))
    });
    std::iter::once(Line::default()).chain(lines).collect()
}
