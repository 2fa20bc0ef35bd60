//! Draws the incidents.
//!
//! ```text
//! ╭ 1 Incidents ───────────────────────── 41 open · 3 over · 5 at risk ╮
//! │ ‼ P0 api#812   Login returns 500 …   bug   ana.k  fix     42m over │
//! ╰────────────────────────────────────────────────────────────────────╯
//! ```
//! Columns leave in this order as room shrinks: labels, who is told next (zoomed only), owner, the clock's name, the repository. The title takes what is left.

use chrono::{DateTime, Utc};
use ratatui::{
    layout::{Position, Rect},
    text::{Line, Span},
};
use unicode_width::UnicodeWidthStr;

use crate::{
    domain::sla::ClockState,
    floor::{
        entry::Entry,
        freshness::{Feed, Worth},
    },
    text::{clip, clip_words, fit_left, fit_right, grouped},
    tui::{Model, Pane, canvas::Canvas, detail, theme::Slot, words},
};

/// Rows of the list on the screen, for an area of the whole pane.
pub fn list_rows(model: &Model, area: Rect) -> usize {
    let (list, _) = split(model, inside(area));
    let field = u16::from(model.queue.field.is_some());
    usize::from(list.height.saturating_sub(field))
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
    let counts = counts(canvas, model);
    let mut extra = String::new();
    if model.queue.only_mine {
        extra.push_str(" · mine");
    }
    // A filter in force hides incidents: it is said for as long as it does.
    if !model.queue.filter.is_empty() {
        extra.push_str(&format!(" /{}", clip(&model.queue.filter, usize::from(area.width / 3))));
    }
    let inside = canvas.pane_frame(area, Pane::Queue, &extra, counts, model.focus == Pane::Queue);
    let (mut list, preview) = split(model, inside);
    let cursor = filter_field(canvas, &mut list, model);
    if model.queue.rows.is_empty() {
        let (slot, lines) = why_empty(model, now);
        canvas.note(list, slot, &lines);
    }
    let columns = Columns::fit(model, list.width, now);
    let state = &model.queue;
    let page = usize::from(list.height);
    for (row, place) in state.rows.iter().skip(state.cursor.top).take(page).enumerate() {
        let Some(entry) = model.floor.queue().entry(*place) else { continue };
        let line = columns.line(canvas, entry, model, now);
        canvas.line(list, row as u16, &line);
        if state.cursor.top + row == state.cursor.at {
            let slot = if model.focus == Pane::Queue { Slot::Selection } else { Slot::Resting };
            // The bar ends with the title: what the clock says keeps its colour, and a move costs half the bytes.
            let width = columns.bar().min(list.width);
            let bar = Rect { y: list.y + row as u16, height: 1, width, ..list };
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

fn counts(canvas: &Canvas<'_>, model: &Model) -> Vec<Span<'static>> {
    let tally = model.floor.queue().tally();
    let state = &model.queue;
    let mut runs = Vec::new();
    if !model.floor.knows_incidents() {
        return vec![canvas.span(Slot::Stale, "nothing heard yet")];
    }
    if state.filter.is_empty() && !state.only_mine {
        runs.push(canvas.span(Slot::Dim, format!("{} open", grouped(tally.open))));
    } else {
        let shown = format!("{} of {} open", grouped(state.rows.len()), grouped(tally.open));
        runs.push(canvas.span(Slot::Match, shown));
    }
    if tally.over > 0 {
        runs.push(canvas.span(Slot::Over, format!("{} over", grouped(tally.over))));
    }
    if tally.at_risk > 0 {
        runs.push(canvas.span(Slot::Risk, format!("{} at risk", grouped(tally.at_risk))));
    }
    if tally.snoozed > 0 {
        runs.push(canvas.span(Slot::Dim, format!("{} snoozed", grouped(tally.snoozed))));
    }
    canvas.dotted(runs)
}

/// The filter line: while it is typed, or while it holds. Takes the list's first row.
fn filter_field(canvas: &mut Canvas<'_>, list: &mut Rect, model: &Model) -> Option<Position> {
    let state = &model.queue;
    let field = state.field.as_ref();
    if field.is_none() || list.height < 2 {
        return None;
    }
    let typed = field.map_or(state.filter.as_str(), |f| f.text());
    let mut spans = vec![canvas.span(Slot::Key, " / "), canvas.span(Slot::Text, typed.to_owned())];
    let unknown = state.unknown_fields();
    if !unknown.is_empty() {
        let text = format!("   no such field: {}", clip(&unknown.join(" "), 30));
        spans.push(canvas.span(Slot::Risk, text));
    } else if typed.is_empty() {
        spans.push(canvas.span(Slot::Dim, format!("  words, !word, {}", super::filter::FIELDS)));
    }
    let line = Line::from(spans);
    canvas.line(*list, 0, &line);
    let column = field.map_or(0, crate::tui::field::Field::column) as u16 + 3;
    let cursor = Position { x: (list.x + column).min(list.right().saturating_sub(1)), y: list.y };
    *list = Rect { y: list.y + 1, height: list.height - 1, ..*list };
    Some(cursor)
}

/// Why there is no row: filtered away, nothing open, not read yet, not readable, no source. They look different.
fn why_empty(model: &Model, now: DateTime<Utc>) -> (Slot, Vec<String>) {
    let tally = model.floor.queue().tally();
    if tally.open > 0 {
        return (
            Slot::Dim,
            vec!["nothing passes the filter".to_owned(), "esc clears it, u shows everybody's".to_owned()],
        );
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

/// Which columns there are, and how wide.
struct Columns {
    key: usize,
    key_is_short: bool,
    title: usize,
    labels: usize,
    owner: usize,
    next: usize,
    clock: usize,
}

/// The title wants this much before another column may have any.
const TITLE_WANTS: usize = 34;

impl Columns {
    fn fit(model: &Model, width: u16, now: DateTime<Utc>) -> Self {
        let state = &model.queue;
        let page = state.rows.iter().skip(state.cursor.top).take(100);
        let entries = page.filter_map(|place| model.floor.queue().entry(*place));
        let (mut key, mut number) = (6, 2);
        for entry in entries {
            key = key.max(entry.incident.key.short().width());
            number = number.max(entry.incident.key.number.to_string().len() + 1);
        }
        let key = key.min(if width >= 110 { 24 } else { 16 });
        // " ‼✓P0 " before the key, two columns between the others, one at the end.
        let fixed = 7 + words::FIGURE_WIDTH + 2;
        let total = usize::from(width);
        let mut columns = Self { key, key_is_short: false, title: 0, labels: 0, owner: 0, next: 0, clock: 0 };
        let mut left = total.saturating_sub(fixed + key + 2);
        let mut grant = |wanted: usize, title: usize| {
            let fits = left >= title + wanted + 2;
            left -= if fits { wanted + 2 } else { 0 };
            if fits { wanted } else { 0 }
        };
        columns.clock = grant(7, TITLE_WANTS - 8);
        columns.owner = grant(10, TITLE_WANTS + 6);
        let next = next_width(model, now);
        columns.next = if 0 < next { grant(next, TITLE_WANTS) } else { 0 };
        columns.labels = grant(22, TITLE_WANTS + 30);
        if left < 20 {
            columns.key_is_short = true;
            left += key.saturating_sub(number);
            columns.key = number;
        }
        columns.title = left;
        columns
    }

    /// Columns of the selection bar: sign, priority, key and title.
    fn bar(&self) -> u16 {
        (7 + self.key + 1 + self.title) as u16
    }

    fn line(&self, canvas: &Canvas<'_>, entry: &Entry, model: &Model, now: DateTime<Utc>) -> Line<'static> {
        let pressing = entry.pressing(now);
        let grade = entry.verdict.grade;
        let slot = words::state_slot(pressing.state);
        let incident = &entry.incident;
        let key =
            if self.key_is_short { format!("#{}", incident.key.number) } else { words::key(&incident.key, self.key) };
        let mut spans = vec![
            Span::raw(" "),
            canvas.span(slot, words::sign(canvas.theme, pressing.state, grade)),
            canvas.span(Slot::Good, ack_sign(canvas, entry, model)),
            canvas.span(words::grade_slot(grade), format!("{:<3}", grade.word())),
            canvas.span(Slot::Dim, format!("{} ", fit_left(&key, self.key))),
            canvas.span(
                title_slot(pressing.state),
                fit_left(&clip_words(incident.title.as_str(), self.title), self.title),
            ),
        ];
        if self.labels > 0 {
            let labels: Vec<&str> = incident.labels.iter().map(|l| l.as_str()).collect();
            spans.push(canvas.span(Slot::Dim, format!("  {}", fit_left(&labels.join(" "), self.labels))));
        }
        if self.owner > 0 {
            let owner = words::owner(entry).unwrap_or_else(|| "–".to_owned());
            spans.push(canvas.span(Slot::Dim, format!("  {}", fit_left(&owner, self.owner))));
        }
        if self.next > 0 {
            let next = next_told(entry, model, now).unwrap_or_default();
            spans.push(canvas.span(Slot::Risk, format!("  {}", fit_left(&next, self.next))));
        }
        if self.clock > 0 {
            let word = words::clock_word(pressing.clock, grade);
            spans.push(canvas.span(Slot::Dim, format!("  {}", fit_left(word, self.clock))));
        }
        let figure = fit_right(&words::pressing_figure(entry, &pressing), words::FIGURE_WIDTH);
        spans.push(canvas.span(slot, format!(" {figure} ")));
        Line::from(spans)
    }
}

/// Columns that `next: ben.i in 4m` takes in the zoomed list; none where no row on the page has somebody to be told.
fn next_width(model: &Model, now: DateTime<Utc>) -> usize {
    if !(model.is_zoomed && model.focus == Pane::Queue) {
        return 0;
    }
    let page = model.queue.rows.iter().skip(model.queue.cursor.top).take(100);
    let entries = page.filter_map(|place| model.floor.queue().entry(*place));
    let widths = entries.filter_map(|entry| next_told(entry, model, now)).map(|next| next.width());
    widths.max().unwrap_or(0).min(24)
}

/// Whom the escalation of an unacknowledged incident tells next.
fn next_told(entry: &Entry, model: &Model, now: DateTime<Utc>) -> Option<String> {
    let (at, people) = model.floor.next_told(&entry.incident.key, now)?;
    Some(format!("next: {}", detail::ladder::told(&people, at, now)))
}

fn title_slot(state: ClockState) -> Slot {
    if state == ClockState::Paused { Slot::Paused } else { Slot::Text }
}

/// `✓` taken on, `…` on its way to disk.
fn ack_sign(canvas: &Canvas<'_>, entry: &Entry, model: &Model) -> &'static str {
    if model.queue.acking.contains(&entry.incident.key) {
        canvas.theme.sign("…", ".")
    } else if entry.acked.is_some() {
        canvas.theme.sign("✓", "v")
    } else {
        " "
    }
}

/// The queue in one line.
pub fn one_line(canvas: &Canvas<'_>, model: &Model, now: DateTime<Utc>) -> Vec<Span<'static>> {
    let mut runs = counts(canvas, model);
    let first = model.floor.queue().order().first().and_then(|place| model.floor.queue().entry(*place));
    if let Some(entry) = first {
        let pressing = entry.pressing(now);
        let text = format!("{} {}", entry.incident.key.short(), words::pressing_figure(entry, &pressing));
        runs.push(canvas.span(Slot::Dim, "  first "));
        runs.push(canvas.span(words::state_slot(pressing.state), text));
    }
    runs
}
