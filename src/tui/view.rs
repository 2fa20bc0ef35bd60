//! Draws the whole screen: header, panes, overlays, footer. Reads, never decides.

use chrono::{DateTime, Utc};
use ratatui::{
    buffer::Buffer,
    layout::{Position, Rect},
    text::{Line, Span},
};
use unicode_width::UnicodeWidthStr;

use crate::{
    floor::{
        fact::Went,
        freshness::{Feed, Source, Worth},
    },
    text::{clip, grouped},
    tui::{
        Model, Overlay, Pane,
        action::{Action, spec_of},
        canvas::{Canvas, spread},
        confirm, detail, help,
        layout::{Place, Room},
        metrics, outbox, overriding, palette, pick, queue, release, rota, sla, sources,
        theme::{Glyphs, Slot},
        words,
    },
};

/// Draws the model as it stands at `now`; returns where the cursor blinks, if somebody types.
pub fn view(model: &Model, buffer: &mut Buffer, now: DateTime<Utc>) -> Option<Position> {
    let mut canvas = Canvas { buffer, theme: &model.theme };
    let whole = model.size.intersection(canvas.buffer.area);
    canvas.clear(whole);
    let layout = model.layout();
    if layout.room == Room::TooSmall {
        too_small(&mut canvas, whole);
        return None;
    }
    header(&mut canvas, layout.header, model, now);
    let mut cursor = None;
    for pane in Pane::ALL {
        match layout.place(pane) {
            Place::Box(area) => {
                let found = boxed(&mut canvas, area, pane, model, now);
                cursor = cursor.or(found);
            }
            Place::Line(area) => folded(&mut canvas, area, pane, model, now),
            Place::Hidden => {}
        }
    }
    for overlay in &model.overlays {
        cursor = match overlay {
            Overlay::Detail(state) => detail::view::render(&mut canvas, layout.body, state, model, now),
            Overlay::Help(state) => help::view::render(&mut canvas, layout.body, state),
            Overlay::Palette(state) => palette::view::render(&mut canvas, layout.body, state),
            Overlay::Overriding(state) => overriding::view::render(&mut canvas, layout.body, state, model, now),
            Overlay::Picking(state) => pick::view::render(&mut canvas, layout.body, state, model, now),
            Overlay::Confirming(state) => {
                confirm::view::render(&mut canvas, layout.body, state);
                None
            }
            Overlay::Outbox(state) => {
                outbox::view::render(&mut canvas, layout.body, state, model, now);
                None
            }
            Overlay::Sources(scroll) => sources::view::render(&mut canvas, layout.body, *scroll, model, now),
        };
    }
    footer(&mut canvas, layout.footer, model, now);
    let edge = Rect { x: whole.right().saturating_sub(1), width: whole.width.min(1), ..whole };
    let style = canvas.style(Slot::Edge);
    canvas.tint(edge, style);
    if model.theme.glyphs == Glyphs::Ascii {
        canvas.to_ascii();
    }
    cursor
}

/// How many rows of a pane's list are on the screen: what "a page" means to `update`.
pub fn rows_of(model: &Model, pane: Pane) -> usize {
    let layout = model.layout();
    let Place::Box(area) = layout.place(pane) else { return 1 };
    let inside = usize::from(area.height.saturating_sub(2));
    match pane {
        Pane::Queue => queue::view::list_rows(model, area),
        Pane::Sla if model.is_zoomed => sla::view::page(area),
        Pane::Sla => inside,
        Pane::Rota => rota::zoomed::view::page(area),
        Pane::Release => release::view::list_rows(model, area),
        Pane::Metrics => metrics::view::list_rows(model, area),
    }
}

fn boxed(canvas: &mut Canvas<'_>, area: Rect, pane: Pane, model: &Model, now: DateTime<Utc>) -> Option<Position> {
    match pane {
        Pane::Queue => queue::view::render(canvas, area, model, now),
        Pane::Sla => {
            sla::view::render(canvas, area, model, now);
            None
        }
        Pane::Rota => {
            rota::view::render(canvas, area, model, now);
            None
        }
        Pane::Release => {
            release::view::render(canvas, area, model, now);
            None
        }
        Pane::Metrics => {
            metrics::view::render(canvas, area, model, now);
            None
        }
    }
}

fn folded(canvas: &mut Canvas<'_>, area: Rect, pane: Pane, model: &Model, now: DateTime<Utc>) {
    let mut spans = vec![
        canvas.span(Slot::Key, format!(" {}", pane.index() + 1)),
        canvas.span(Slot::Dim, format!(" {:<10}", pane.title())),
    ];
    spans.extend(match pane {
        Pane::Queue => queue::view::one_line(canvas, model, now),
        Pane::Sla => sla::view::one_line(canvas, model, now),
        Pane::Rota => rota::view::one_line(canvas, model, now),
        Pane::Release => release::view::one_line(canvas, model, now),
        Pane::Metrics => metrics::view::one_line(canvas, model, now),
    });
    let line = spread(spans, Vec::new(), area.width);
    canvas.line(area, 0, &line);
}

fn too_small(canvas: &mut Canvas<'_>, area: Rect) {
    let sentences = ["Watchfloor needs 40 by 10 characters.", "needs 40x10", "40x10", "!"];
    let fits = sentences.iter().find(|s| s.width() <= usize::from(area.width)).unwrap_or(&"");
    let row = area.height / 2;
    let x = area.x + (area.width - (fits.width() as u16).min(area.width)) / 2;
    let line = Line::from(canvas.span(Slot::Text, *fits));
    canvas.at(x, area.y + row, area.width, &line);
}

/// Team, who is on call, sources with their age, the clock. Runs leave from the middle when room is short.
fn header(canvas: &mut Canvas<'_>, area: Rect, model: &Model, now: DateTime<Utc>) {
    let style = canvas.style(Slot::Header);
    canvas.tint(area, style);
    let floor = &model.floor;
    let is_narrow = area.width < 100;
    let mut left = vec![canvas.span(Slot::Accent, " watchfloor")];
    if !floor.team.is_blank() {
        left.push(canvas.span(Slot::Text, format!("  {}", clip(floor.team.as_str(), 24))));
    }
    if let Some(badge) = model.badge {
        left.push(Span::raw("  "));
        left.push(canvas.span(Slot::Badge, format!(" {badge} ")));
    }
    if let Some(unsaved) = floor.unsaved() {
        let n = if unsaved.n > 0 { format!("{} ", grouped(unsaved.n)) } else { String::new() };
        let why = if is_narrow { String::new() } else { format!(": {}", clip(unsaved.why.as_str(), 40)) };
        left.push(canvas.span(Slot::Over, format!("  {n}not saved{why}")));
    }
    if let Some(since) = model.frozen_at {
        left.push(Span::raw("  "));
        left.push(canvas.span(Slot::Badge, format!(" frozen {} ", floor.zone.local(since).format("%H:%M:%S"))));
    }
    left.extend(rota::view::header(canvas, model, is_narrow, now));
    let groups = source_groups(model, now);
    let runs = |with_budget| -> Vec<Span<'static>> {
        groups.iter().map(|(name, worst)| source_run(canvas, name, worst, is_narrow, with_budget, now)).collect()
    };
    let mut right = runs(!is_narrow);
    let clock = floor.zone.local(now);
    let clock_text = if is_narrow {
        clock.format("  %H:%M ").to_string()
    } else {
        format!("   {} {} ", clock.format("%a %-d %b %H:%M"), floor.zone.abbreviation(now))
    };
    let clock_run = canvas.span(Slot::Text, clock_text);
    // The clock always stays; the budget leaves first, then sources, before the left part is cut.
    let width = usize::from(area.width);
    let used = |runs: &[Span<'_>]| runs.iter().map(Span::width).sum::<usize>();
    if used(&left) + used(&right) + clock_run.width() + 2 > width {
        right = runs(false);
    }
    while !right.is_empty() && used(&left) + used(&right) + clock_run.width() + 2 > width {
        right.pop();
    }
    right.push(clock_run);
    let line = spread(left, right, area.width);
    canvas.line(area, 0, &line);
}

/// One group a feed, with the worst of its sources: what the header has room for.
fn source_groups(model: &Model, now: DateTime<Utc>) -> Vec<(String, &Source)> {
    let groups = [
        (Feed::Host, "github"),
        (Feed::History, "history"),
        (Feed::Metrics, "metrics"),
        (Feed::Roster, "roster"),
        (Feed::Release, "checklist"),
    ];
    let mut out = Vec::new();
    for (feed, name) in groups {
        let of_feed = model.floor.sources_of(feed);
        let Some(worst) = of_feed.max_by_key(|s| badness(s, now)) else { continue };
        // Files that are well need no words in the header.
        if matches!(feed, Feed::Roster | Feed::Release) && badness(worst, now) == 0 {
            continue;
        }
        let name = if feed == Feed::Host { worst.name.to_string() } else { name.to_owned() };
        out.push((name, worst));
    }
    out
}

fn badness(source: &Source, now: DateTime<Utc>) -> u8 {
    match source.worth(now) {
        Worth::Fresh(_) => 0,
        Worth::Reading => 1,
        Worth::Stale(_) => 2,
        Worth::Never => 3,
    }
}

fn source_run(
    canvas: &Canvas<'_>,
    name: &str,
    source: &Source,
    is_narrow: bool,
    with_budget: bool,
    now: DateTime<Utc>,
) -> Span<'static> {
    let name = clip(name, if is_narrow { 8 } else { 16 });
    let trouble = source.trouble.as_ref().map(|(t, _, _)| format!(" {}", t.word())).unwrap_or_default();
    let (slot, state) = match source.worth(now) {
        Worth::Reading => (Slot::Dim, "reading…".to_owned()),
        Worth::Never => (Slot::Over, trouble.trim().to_owned()),
        Worth::Fresh(age) => (Slot::Dim, words::age(age)),
        Worth::Stale(age) if source.is_cached => (Slot::Risk, format!("cached {}{trouble}!", words::age(age))),
        Worth::Stale(age) => (Slot::Risk, format!("{}{trouble}!", words::age(age))),
    };
    let budget = source.budget.filter(|_| with_budget);
    let budget = budget.map(|b| format!(" {}/{}", grouped(b.remaining as usize), grouped(b.limit as usize)));
    canvas.span(slot, format!("  {name} {state}{}", budget.unwrap_or_default()))
}

/// The keys that matter here, and what just happened.
fn footer(canvas: &mut Canvas<'_>, area: Rect, model: &Model, now: DateTime<Utc>) {
    let message = model.message.as_ref().filter(|m| m.is_shown(now)).map(|message| {
        let slot = match message.went {
            Went::Well => Slot::Good,
            Went::Badly => Slot::Over,
        };
        let sign = match message.went {
            Went::Well => "",
            Went::Badly => "! ",
        };
        (slot, format!("{sign}{} ", message.text))
    });
    let right = message.map(|(slot, text)| {
        let room = usize::from(area.width).saturating_sub(2);
        canvas.span(slot, clip(&text, room))
    });
    let right_width = right.as_ref().map_or(0, Span::width);
    let room = usize::from(area.width).saturating_sub(right_width + 1);
    let left = key_runs(canvas, model, room);
    let line = spread(left, right.into_iter().collect(), area.width);
    canvas.line(area, 0, &line);
}

/// Keys with a word each, as many as fit. Help and quit are worth more than what stands before them.
fn key_runs(canvas: &Canvas<'_>, model: &Model, room: usize) -> Vec<Span<'static>> {
    let mut pairs: Vec<(&str, &str)> = match model.overlays.last() {
        Some(Overlay::Help(_)) => vec![("esc", "close"), ("up down", "scroll"), ("a-z", "search")],
        Some(Overlay::Overriding(_) | Overlay::Picking(_)) => vec![("esc", "leave it")],
        Some(Overlay::Confirming(_)) => vec![("y", "yes"), ("enter", "no")],
        Some(Overlay::Palette(_)) => vec![("enter", "do it"), ("up down", "choose"), ("esc", "close")],
        Some(Overlay::Detail(_) | Overlay::Sources(_) | Overlay::Outbox(_)) | None => keys_that_matter(model)
            .into_iter()
            .filter_map(spec_of)
            .map(|spec| match spec.action {
                Action::Focus(_) => ("1-5", "pane"),
                _ => (spec.keys.first().copied().unwrap_or_default(), spec.short),
            })
            .collect(),
    };
    let width = |pairs: &[(&str, &str)]| pairs.iter().map(|(key, word)| key.width() + word.width() + 3).sum::<usize>();
    while pairs.len() > 2 && width(&pairs) > room {
        pairs.remove(pairs.len() - 3);
    }
    while width(&pairs) > room {
        pairs.pop();
    }
    let run = |(key, word): (&str, &str)| {
        [canvas.span(Slot::Key, format!(" {key}")), canvas.span(Slot::Dim, format!(" {word} "))]
    };
    pairs.into_iter().flat_map(run).collect()
}

fn keys_that_matter(model: &Model) -> Vec<Action> {
    let pane = Action::Focus(Pane::Queue);
    if model.queue.field.is_some() && model.overlays.is_empty() {
        return vec![Action::Open, Action::Back];
    }
    match model.overlays.last() {
        Some(Overlay::Detail(_)) => {
            vec![Action::Acknowledge, Action::Browse, Action::CopyKey, Action::CopyUrl, Action::Down, Action::Back]
        }
        Some(_) => vec![Action::Back, Action::Down, Action::Up],
        None => {
            let mut keys = match model.focus {
                Pane::Queue | Pane::Sla => vec![Action::Open, Action::Acknowledge, Action::Filter],
                Pane::Rota if model.is_zoomed => {
                    vec![Action::Override, Action::RemoveOverride, Action::NextSection, Action::Down]
                }
                Pane::Rota => vec![Action::Override],
                Pane::Release => vec![Action::Toggle, Action::Edit],
                Pane::Metrics if model.is_zoomed => {
                    vec![Action::Runbook, Action::TimeIn, Action::TimeOut, Action::TimeBack, Action::TimeForward]
                }
                Pane::Metrics => vec![Action::Down, Action::Runbook],
            };
            let zoom = if model.is_zoomed { Action::Unzoom } else { Action::Zoom };
            keys.extend([pane, zoom, Action::Palette, Action::Help, Action::Quit]);
            keys
        }
    }
}
