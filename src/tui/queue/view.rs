//! Draws the incidents.
//!
//! ```text
//! ╭ 1 Incidents  ‹All 41›  Mine 3  ────── 41 open · 3 over · 5 at risk ╮
//! │ ‼ P0 api#812   Login returns 500 …   bug   ana.k  fix     42m over │
//! ╰────────────────────────────────────────────────────────────────────╯
//! ```

use chrono::{DateTime, Utc};
use ratatui::{
    layout::{Position, Rect},
    text::{Line, Span},
};
use unicode_width::UnicodeWidthStr as _;

use crate::{
    domain::query,
    floor::freshness::{Feed, Source, Worth},
    text::{clip, grouped},
    tui::{
        Model, Pane, alerts,
        canvas::Canvas,
        detail,
        queue::{row::Columns, tabs},
        theme::Slot,
        words,
    },
};

/// Rows of the list on the screen, for an area of the whole pane.
pub fn list_rows(model: &Model, area: Rect) -> usize {
    let (list, _) = split(model, inside(area));
    usize::from(list.height.saturating_sub(input_rows(model, list)))
}

/// Rows that typing or a choice takes from the list: what is typed, and what there is to say of it.
fn input_rows(model: &Model, list: Rect) -> u16 {
    match (&model.queue.field, model.queue.menu) {
        _ if list.height < 2 => 0,
        (Some(_), _) if list.height >= 8 => 2,
        (None, None) => 0,
        _ => 1,
    }
}

fn inside(area: Rect) -> Rect {
    if area.width < 4 || area.height < 2 {
        return Rect { height: 0, ..area };
    }
    Rect { x: area.x + 1, y: area.y + 1, width: area.width - 2, height: area.height - 2 }
}

/// List and preview, where the pane is zoomed and a preview is wanted.
fn split(model: &Model, area: Rect) -> (Rect, Option<Rect>) {
    let is_zoomed = model.is_zoomed && model.focus == Pane::Queue;
    if !is_zoomed || area.height < 16 || !model.queue.has_preview(model.size) {
        return (area, None);
    }
    if area.width >= super::BESIDE {
        let list = area.width * 11 / 20;
        let preview = Rect { x: area.x + list + 1, width: area.width - list - 1, ..area };
        return (Rect { width: list, ..area }, Some(preview));
    }
    let list = area.height * 11 / 20;
    let preview = Rect { y: area.y + list + 1, height: area.height - list - 1, ..area };
    (Rect { height: list, ..area }, Some(preview))
}

/// Draws the pane; returns where the cursor blinks while a filter is typed.
pub fn render(canvas: &mut Canvas<'_>, area: Rect, model: &Model, now: DateTime<Utc>) -> Option<Position> {
    let inside = frame(canvas, area, model, now);
    let (mut list, preview) = split(model, inside);
    let cursor = input(canvas, &mut list, model);
    if model.queue.rows.is_empty() {
        let (slot, lines) = why_empty(model, now);
        canvas.note(list, slot, &lines);
    }
    let columns = Columns::fit(model, list.width, now);
    let state = &model.queue;
    let page = usize::from(list.height);
    for (n, row) in state.rows.iter().skip(state.cursor.top).take(page).enumerate() {
        let line = Line::from(columns.spans(canvas, *row, model, now));
        canvas.line(list, n as u16, &line);
        if state.cursor.top + n == state.cursor.at {
            let slot = if model.focus == Pane::Queue { Slot::Selection } else { Slot::Resting };
            // The bar ends with the title: what the clock says keeps its colour, and a move costs half the bytes.
            let width = columns.bar().min(list.width);
            let bar = Rect { y: list.y + n as u16, height: 1, width, ..list };
            let style = canvas.style(slot);
            canvas.tint(bar, style);
        }
    }
    if preview.is_none() {
        canvas.scroll_mark(list, state.cursor.top, state.rows.len());
    }
    if let (Some(area), Some(entry)) = (preview, state.entry(&model.floor)) {
        rule(canvas, area, inside);
        detail::view::body(canvas, area, entry, model, 0, now);
    }
    if let (Some(area), Some(alarm)) = (preview, state.alarm()) {
        rule(canvas, area, inside);
        alerts::view::body(canvas, area, alarm, model, now);
    }
    cursor
}

/// The quiet line between list and preview.
fn rule(canvas: &mut Canvas<'_>, preview: Rect, inside: Rect) {
    if preview.x > inside.x {
        for row in 0..preview.height {
            let line = Line::from(canvas.span(Slot::Border, canvas.theme.sign("│", "|")));
            canvas.at(preview.x - 1, preview.y + row, 1, &line);
        }
    } else {
        let flat = canvas.theme.sign("─", "-").repeat(usize::from(inside.width));
        let line = Line::from(canvas.span(Slot::Border, flat));
        canvas.at(inside.x, preview.y.saturating_sub(1), inside.width, &line);
    }
}

/// The frame: the sections to the left, what is typed on top of them, the counts to the right.
fn frame(canvas: &mut Canvas<'_>, area: Rect, model: &Model, now: DateTime<Utc>) -> Rect {
    let is_focused = model.focus == Pane::Queue;
    let state = &model.queue;
    let width = |spans: &[Span<'_>]| spans.iter().map(Span::width).sum::<usize>();
    let mut title = vec![
        canvas.span(Slot::Key, format!(" {} ", Pane::Queue.index() + 1)),
        canvas.span(if is_focused { Slot::Accent } else { Slot::Text }, format!("{} ", Pane::Queue.title())),
    ];
    let mut asked = String::new();
    if state.only_mine {
        asked.push_str("mine ");
    }
    // What is typed hides incidents: it is said for as long as it does.
    if !state.filter.is_empty() && state.field.is_none() {
        asked.push_str(&format!("/{} ", clip(&state.filter, usize::from(area.width / 4))));
    }
    let says = state.sorted() != query::Sort::USUAL;
    let order = if says { format!("{} ", state.sorted().says()) } else { String::new() };
    let whole = usize::from(area.width).saturating_sub(width(&title) + asked.width() + 8);
    let counts = counts(canvas, model, whole.saturating_sub(tabs::view::least(&state.tabs)), now);
    let room = whole.saturating_sub(width(&counts));
    let room_beside_order = room.checked_sub(order.width()).filter(|room| tabs::view::least(&state.tabs) <= *room);
    title.extend(tabs::view::spans(canvas, &state.tabs, is_focused, room_beside_order.unwrap_or(room)));
    title.push(canvas.span(Slot::Match, asked));
    if room_beside_order.is_some() {
        title.push(canvas.span(Slot::Dim, order));
    }
    let mut padded = vec![Span::raw(" ")];
    padded.extend(counts);
    padded.push(Span::raw(" "));
    canvas.frame(area, Line::from(title), Line::from(padded), is_focused)
}

/// What is selected, shown, over and at risk. Where there is no room, what is shown leaves first (the section says it),
/// then what is at risk.
fn counts(canvas: &Canvas<'_>, model: &Model, room: usize, now: DateTime<Utc>) -> Vec<Span<'static>> {
    let tally = model.floor.queue().tally();
    let state = &model.queue;
    let unheard = unheard(canvas, model, now);
    if !model.floor.knows_incidents() {
        return canvas.dotted([vec![canvas.span(Slot::Stale, "nothing heard yet")], unheard].concat());
    }
    let (mut selected, mut shown, mut over, mut at_risk) = (unheard, Vec::new(), Vec::new(), Vec::new());
    let n_picked = state.picked.keys().len();
    if n_picked > 0 || state.picked.is_range() {
        let range = if state.picked.is_range() { ", range" } else { "" };
        selected.push(canvas.span(Slot::Match, format!("{} selected{range}", grouped(n_picked))));
    }
    if model.floor.queue().is_glance() {
        selected.push(canvas.span(Slot::Stale, "reading the rest"));
    }
    shown.push(if state.shows_closed() {
        canvas.span(Slot::Match, format!("{} shown", grouped(state.n_shown)))
    } else if state.is_whole() && (state.n_shown == tally.open || model.floor.queue().is_glance()) {
        canvas.span(Slot::Dim, format!("{} open", grouped(tally.open)))
    } else {
        canvas.span(Slot::Match, format!("{} of {} open", grouped(state.n_shown), grouped(tally.open)))
    });
    if tally.over > 0 {
        over.push(canvas.span(Slot::Over, format!("{} over", grouped(tally.over))));
    }
    if tally.at_risk > 0 {
        at_risk.push(canvas.span(Slot::Risk, format!("{} at risk", grouped(tally.at_risk))));
    }
    let n_silenced = state.alarms.n_silenced();
    if n_silenced > 0 {
        at_risk.push(canvas.span(Slot::Dim, format!("{} silenced", grouped(n_silenced))));
    }
    // Among the usual sections one says it.
    let is_told = state.tabs.shown().any(|(_, section, _)| section.name.as_str() == "Snoozed");
    if tally.snoozed > 0 && !is_told {
        at_risk.push(canvas.span(Slot::Dim, format!("{} snoozed", grouped(tally.snoozed))));
    }
    // Typed on top of a section, what is shown is said nowhere else.
    let is_said = state.filter.is_empty() && !state.only_mine;
    let ways = if is_said {
        [[true, true, true], [false, true, true], [false, true, false], [false, false, false]]
    } else {
        [[true, true, true], [true, true, false], [true, false, false], [true, false, false]]
    };
    let mut runs = Vec::new();
    for [with_shown, with_over, with_risk] in ways {
        let some = |is_on: bool, run: &[Span<'static>]| if is_on { run.to_vec() } else { Vec::new() };
        let parts = [selected.clone(), some(with_shown, &shown), some(with_over, &over), some(with_risk, &at_risk)];
        runs = canvas.dotted(parts.concat());
        if runs.iter().map(Span::width).sum::<usize>() <= room {
            break;
        }
    }
    runs
}

/// Servers whose alerts are not known as they are now: what they tell may be missing.
fn unheard(canvas: &Canvas<'_>, model: &Model, now: DateTime<Utc>) -> Vec<Span<'static>> {
    let of = |source: &Source| {
        let age = source.heard_at.map(|at| format!("of {}", words::ago(at, now)));
        format!("alerts at {} {}", clip(source.name.as_str(), 16), age.unwrap_or_else(|| "unknown".to_owned()))
    };
    match model.floor.unheard_servers(now).as_slice() {
        [] => Vec::new(),
        [one] => vec![canvas.span(Slot::Stale, of(one))],
        [one, more @ ..] => vec![canvas.span(Slot::Stale, format!("{} +{}", of(one), more.len()))],
    }
}

/// The line that is typed in, or the choice that is open, and what there is to say of it. Takes the list's first rows.
fn input(canvas: &mut Canvas<'_>, list: &mut Rect, model: &Model) -> Option<Position> {
    let state = &model.queue;
    let rows = input_rows(model, *list);
    if rows == 0 {
        return None;
    }
    let area = *list;
    *list = Rect { y: list.y + rows, height: list.height - rows, ..*list };
    let Some(field) = &state.field else {
        let line = Line::from(choices(canvas, model, usize::from(area.width)));
        canvas.line(area, 0, &line);
        return None;
    };
    let mut spans = vec![canvas.span(Slot::Key, " / ")];
    spans.extend(marked(canvas, field.text(), state.faults()));
    let said = said(model, usize::from(area.width).saturating_sub(3));
    let (slot, text) = said;
    if rows == 1 {
        spans.push(canvas.span(slot, format!("   {text}")));
    } else {
        canvas.text(area, 1, slot, &format!("   {text}"));
    }
    let line = Line::from(spans);
    canvas.line(area, 0, &line);
    let column = field.column() as u16 + 3;
    Some(Position { x: (area.x + column).min(area.right().saturating_sub(1)), y: area.y })
}

/// What is typed, with what cannot be read underlined.
fn marked(canvas: &Canvas<'_>, typed: &str, faults: &[query::Fault]) -> Vec<Span<'static>> {
    let is_wrong = |at: usize| faults.iter().any(|f| !f.is_unfinished && (f.from..f.to).contains(&at));
    let chars: Vec<(bool, char)> = typed.chars().enumerate().map(|(at, c)| (is_wrong(at), c)).collect();
    let runs = chars.chunk_by(|a, b| a.0 == b.0).map(|run| {
        let slot = if run.first().is_some_and(|(is_wrong, _)| *is_wrong) { Slot::Over } else { Slot::Text };
        let text: String = run.iter().map(|(_, c)| *c).collect();
        let span = canvas.span(slot, text);
        if slot == Slot::Over { span.patch_style(ratatui::style::Modifier::UNDERLINED) } else { span }
    });
    runs.collect()
}

/// The first thing that cannot be read, with its column, else what may come next.
fn said(model: &Model, room: usize) -> (Slot, String) {
    let state = &model.queue;
    let faults = || state.faults().iter();
    if let Some(fault) = faults().find(|fault| !fault.is_unfinished) {
        let at = fault.from + 1;
        let what = format!("column {at}: {}: {}", fault.what, fault.hint);
        return (Slot::Risk, clip(&what, room));
    }
    if let Some(fault) = faults().next() {
        return (Slot::Dim, clip(fault.hint.as_str(), room));
    }
    let mut text = "words -word".to_owned();
    for field in query::fields() {
        if text.len() + field.len() + 4 > room {
            break;
        }
        text.push_str(&format!(" {field}:"));
    }
    (Slot::Dim, clip(&text, room))
}

/// The keys of a choice, the one in force in the accent and between signs.
fn choices(canvas: &Canvas<'_>, model: &Model, room: usize) -> Vec<Span<'static>> {
    let Some(menu) = model.queue.menu else { return Vec::new() };
    let choices = menu.choices(model.queue.tabs.current());
    let words: usize = choices.iter().map(|(_, [whole, _], _)| whole.len() + 4).sum();
    let is_narrow = room < words + menu.title().len() + 2;
    let mut spans = vec![canvas.span(Slot::Heading, format!(" {} ", menu.title()))];
    for (key, [whole, short], is_on) in choices {
        let [open, close] = if is_on { ["<", ">"] } else { [" ", " "] };
        let word = if is_narrow { short } else { whole };
        spans.push(canvas.span(Slot::Dim, open));
        spans.push(canvas.span(Slot::Key, key.to_string()));
        spans.push(canvas.span(if is_on { Slot::Accent } else { Slot::Dim }, format!(" {word}{close}")));
    }
    spans
}

/// Why there is no row: filtered away, nothing open, not read yet, not readable, no source. They look different.
fn why_empty(model: &Model, now: DateTime<Utc>) -> (Slot, Vec<String>) {
    let tally = model.floor.queue().tally();
    let state = &model.queue;
    if model.floor.queue().is_glance() {
        return (Slot::Dim, vec!["reading…".to_owned()]);
    }
    if tally.open > 0 && (!state.filter.is_empty() || state.only_mine) {
        return (
            Slot::Dim,
            vec!["nothing passes the filter".to_owned(), "esc clears it, u shows everybody's".to_owned()],
        );
    }
    if tally.open > 0 {
        let section = state.tabs.current();
        let asks = section.query.to_string();
        let of = if asks.is_empty() { String::new() } else { format!(": {}", clip(&asks, 200)) };
        let lines = [format!("nothing in {}{of}", section.name), "h and l go to the other sections".to_owned()];
        return (Slot::Dim, lines.into());
    }
    let sources: Vec<_> =
        [Feed::Host, Feed::History].into_iter().flat_map(|feed| model.floor.sources_of(feed)).collect();
    if sources.is_empty() {
        let hint = "add a [[source]] to watchfloor.toml, or start inside a clone of a GitHub repository";
        return (Slot::Dim, vec!["no source of incidents".to_owned(), hint.to_owned()]);
    }
    let troubles: Vec<String> = sources
        .iter()
        .filter_map(|s| s.trouble.as_ref().map(|(trouble, _, why)| format!("{}: {}: {why}", s.name, trouble.word())))
        .collect();
    if !troubles.is_empty() {
        return (Slot::Over, troubles);
    }
    if sources.iter().any(|s| s.worth(now) == Worth::Reading) {
        return (Slot::Dim, vec!["reading…".to_owned()]);
    }
    (Slot::Good, vec!["no open incident".to_owned()])
}

/// The queue in one line.
pub fn one_line(canvas: &Canvas<'_>, model: &Model, now: DateTime<Utc>) -> Vec<Span<'static>> {
    let mut runs = counts(canvas, model, usize::MAX, now);
    let first = model.floor.queue().order().first().and_then(|place| model.floor.queue().entry(*place));
    if let Some(entry) = first {
        let pressing = entry.pressing(now);
        let text = format!("{} {}", entry.incident.key.short(), words::pressing_figure(entry, &pressing));
        runs.push(canvas.span(Slot::Dim, "  first "));
        runs.push(canvas.span(words::state_slot(pressing.state), text));
    }
    runs
}
