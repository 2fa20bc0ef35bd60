//! Draws the sources.

use chrono::{DateTime, Utc};
use ratatui::{
    layout::{Position, Rect},
    text::Line,
};
use unicode_width::UnicodeWidthStr as _;

use crate::{
    domain::trouble::Trouble,
    floor::{
        fact::{Role, SourceId},
        freshness::{self, Feed, Source, Worth},
    },
    text::{counted, fit_left, grouped},
    tui::{
        Model,
        acting::deed::listed,
        canvas::{Canvas, wrap},
        cursor::Scroll,
        sources::part,
        theme::Slot,
        words,
    },
};

/// The columns of a source's name; a longer one has a line of its own.
const NAME: usize = 22;

/// Draws the page.
pub fn render(
    canvas: &mut Canvas<'_>,
    body: Rect,
    scroll: Scroll,
    model: &Model,
    now: DateTime<Utc>,
) -> Option<Position> {
    let width = body.width.min(110);
    let mut lines = Vec::new();
    for (id, source) in freshness::numbered(&model.floor.sources) {
        lines.extend(describe(canvas, source, model, width.saturating_sub(2), now));
        if source.feed == Feed::Host {
            lines.extend(host(canvas, id, model, width.saturating_sub(2)));
        }
    }
    lines.extend(store(canvas, model, width));
    for note in &model.notes {
        for part in wrap(note.as_str(), usize::from(width).saturating_sub(4)) {
            lines.push(Line::from(canvas.span(Slot::Dim, format!(" {part}"))));
        }
    }
    let height = (lines.len().max(3) as u16 + 2).min(body.height);
    let area = Rect { x: body.x + (body.width - width) / 2, y: body.y + (body.height - height) / 6, width, height };
    canvas.clear(area);
    let title = Line::from(canvas.span(Slot::Accent, " Sources "));
    let hint = Line::from(canvas.span(Slot::Dim, " r asks again, esc closes "));
    let inside = canvas.frame(area, title, hint, true);
    if model.floor.sources.is_empty() {
        canvas.note(inside, Slot::Dim, &["no source is configured".to_owned()]);
    }
    let page = usize::from(inside.height);
    let top = scroll.held(lines.len(), page);
    for (row, line) in lines.iter().skip(top).take(page).enumerate() {
        canvas.line(inside, row as u16, line);
    }
    canvas.scroll_mark(inside, top, lines.len());
    None
}

/// Which part this process plays, and what waits for the disk.
fn store(canvas: &Canvas<'_>, model: &Model, width: u16) -> Vec<Line<'static>> {
    let part = match model.floor.role() {
        Some(Role::Syncs) => Some("this process asks the hosts and delivers".to_owned()),
        Some(Role::Follows { who }) if who.is_blank() => Some("another process asks the hosts and delivers".to_owned()),
        Some(Role::Follows { who }) => Some(format!("{who} asks the hosts and delivers; this one follows it")),
        Some(Role::Alone) => Some("nothing is shared: this process asks the hosts for itself".to_owned()),
        None => None,
    };
    let mut lines: Vec<_> =
        part.into_iter().map(|part| Line::from(canvas.span(Slot::Dim, format!(" {part}")))).collect();
    if let Some(unsaved) = model.floor.unsaved() {
        let n = counted(unsaved.n, "action waits", "actions wait");
        let text = if unsaved.n > 0 {
            format!("{n} to be saved: {}", unsaved.why)
        } else {
            format!("not saved: {}", unsaved.why)
        };
        for part in wrap(&text, usize::from(width).saturating_sub(4)) {
            lines.push(Line::from(canvas.span(Slot::Over, format!(" {part}"))));
        }
    }
    lines
}

/// What is known of a host itself.
fn host(canvas: &Canvas<'_>, id: SourceId, model: &Model, width: u16) -> Vec<Line<'static>> {
    let mut told: Vec<(Slot, String)> = Vec::new();
    if model.acting.rights.is_read_only || model.acting.rights.read_only.contains(&id) {
        told.push((Slot::Dim, "read-only: nothing is done there".to_owned()));
    }
    if let Some(part) = model.floor.sources.get(id.0).and_then(part) {
        told.push((Slot::Risk, format!("{part}: the rest is being read")));
    }
    if let Some(host) = model.floor.host(id) {
        let viewer = host.viewer.as_ref().map(|viewer| (Slot::Dim, format!("the token is {viewer}'s")));
        told.extend(viewer);
        told.extend(host.missing.iter().map(|missing| (Slot::Risk, missing.to_string())));
        if !host.read_only.is_empty() {
            let names = listed(host.read_only.iter().map(|repo| repo.full()));
            told.push((Slot::Dim, format!("can only be read: {names}")));
        }
    }
    let columns = usize::from(width).saturating_sub(4);
    let wrapped =
        told.into_iter().flat_map(|(slot, text)| wrap(&text, columns).into_iter().map(move |part| (slot, part)));
    wrapped.map(|(slot, part)| Line::from(canvas.span(slot, format!("   {part}")))).collect()
}

fn describe(canvas: &Canvas<'_>, source: &Source, model: &Model, width: u16, now: DateTime<Utc>) -> Vec<Line<'static>> {
    let zone = &model.floor.zone;
    let (slot, state) = match source.worth(now) {
        Worth::Reading => (Slot::Dim, "reading…".to_owned()),
        Worth::Never => (Slot::Over, "never heard".to_owned()),
        Worth::Fresh(age) => (Slot::Good, format!("heard {} ago", words::age(age))),
        Worth::Stale(age) => {
            let from = if source.is_cached { "from disk, true " } else { "stale, heard " };
            (Slot::Risk, format!("{from}{} ago", words::age(age)))
        }
    };
    let mut lines = Vec::new();
    let mut name = source.name.as_str();
    if name.width() > NAME {
        let parts = wrap(name, usize::from(width).saturating_sub(2)).into_iter();
        lines.extend(parts.map(|part| Line::from(canvas.span(Slot::Text, format!(" {part}")))));
        name = "";
    }
    let mut first =
        vec![canvas.span(Slot::Text, format!(" {} ", fit_left(name, NAME))), canvas.span(slot, fit_left(&state, 26))];
    if let Some(at) = source.heard_at {
        first.push(canvas.span(Slot::Dim, format!(" at {}", zone.local(at).format("%a %-d %b %H:%M:%S"))));
    }
    lines.push(Line::from(first));
    if let Some(b) = source.budget {
        let text = format!("   {} of {} requests left", grouped(b.remaining as usize), grouped(b.limit as usize));
        lines.push(Line::from(canvas.span(Slot::Dim, text)));
    }
    if let Some((trouble, since, why)) = &source.trouble {
        let since = words::moment(*since, zone, now);
        let next = match trouble {
            Trouble::Limited { until } => format!("asks again at {}", words::moment(*until, zone, now)),
            // What asks by itself knows its own waits.
            Trouble::Refused if source.asks_itself => "asks again within five minutes, R asks now".to_owned(),
            Trouble::Away | Trouble::Garbled if source.asks_itself => {
                "asks again within a minute, R asks now".to_owned()
            }
            Trouble::Away | Trouble::Refused | Trouble::Garbled => {
                format!("asks again at {}", zone.local(source.next_at).format("%H:%M:%S"))
            }
        };
        let text = format!("{} since {since}: {why}; {next}", trouble.word());
        for part in wrap(&text, usize::from(width).saturating_sub(4)) {
            lines.push(Line::from(canvas.span(Slot::Over, format!("   {part}"))));
        }
    }
    if source.n_skipped > 0 {
        let n = counted(source.n_skipped, "record left out", "records left out");
        lines.push(Line::from(canvas.span(Slot::Risk, format!("   {n}"))));
        for skip in source.skipped.iter().take(5) {
            let parts = wrap(&format!("{}: {}", skip.at, skip.why), usize::from(width).saturating_sub(6)).into_iter();
            lines.extend(parts.map(|part| Line::from(canvas.span(Slot::Dim, format!("     {part}")))));
        }
    }
    lines
}
