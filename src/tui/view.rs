//! Draws the whole screen: header, panes, overlays, footer. Reads, never decides.

use chrono::{DateTime, Utc};
use ratatui::{
    buffer::Buffer,
    layout::{Position, Rect},
    text::Line,
};
use unicode_width::UnicodeWidthStr;

use crate::tui::{
    Model, Overlay, Pane, alerts,
    canvas::{Canvas, spread},
    confirm, detail, footer, header, help,
    layout::{Place, Room},
    metrics, outbox, overriding, palette, pick, queue, release, rota, runbook, sla, sources,
    theme::{Glyphs, Slot},
    work,
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
    header::view::render(&mut canvas, layout.header, model, now);
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
            Overlay::Alert(state) => alerts::view::render(&mut canvas, layout.body, state, model, now),
            Overlay::Silencing(state) => alerts::silencing::view::render(&mut canvas, layout.body, state, model, now),
            Overlay::Help(state) => help::view::render(&mut canvas, layout.body, state),
            Overlay::Palette(state) => palette::view::render(&mut canvas, layout.body, state),
            Overlay::Overriding(state) => overriding::view::render(&mut canvas, layout.body, state, model, now),
            Overlay::Picking(state) => pick::view::render(&mut canvas, layout.body, state, model),
            Overlay::Confirming(state) => {
                confirm::view::render(&mut canvas, layout.body, state);
                None
            }
            Overlay::Outbox(state) => {
                outbox::view::render(&mut canvas, layout.body, state, model, now);
                None
            }
            Overlay::Runbook(state) => {
                runbook::view::render(&mut canvas, layout.body, state, model);
                None
            }
            Overlay::Work(state) => {
                work::view::render(&mut canvas, layout.body, state, model, now);
                None
            }
            Overlay::Saying(state) => release::saying::view::render(&mut canvas, layout.body, state),
            Overlay::Telling(state) => {
                release::telling::view::render(&mut canvas, layout.body, state, model, now);
                None
            }
            Overlay::TakingBack(scroll) => {
                release::back::view::render(&mut canvas, layout.body, *scroll, model, now);
                None
            }
            Overlay::Sources(scroll) => sources::view::render(&mut canvas, layout.body, *scroll, model, now),
        };
    }
    footer::view::render(&mut canvas, layout.footer, model, now);
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
        Pane::Sla if model.is_zoomed => sla::page(area),
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
        Pane::Release => release::glance::view::one_line(canvas, model, now),
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
