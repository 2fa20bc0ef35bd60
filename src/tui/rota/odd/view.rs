//! Draws what is wrong or odd.

use chrono::{DateTime, Utc};
use ratatui::text::Line;
use unicode_width::UnicodeWidthStr;

use crate::{
    domain::rota::audit::Severity,
    tui::{
        Model,
        canvas::{Canvas, wrap},
        rota::odd::{Said, all_said},
        theme::Slot,
    },
};

/// Every finding, the worst first.
pub fn lines(canvas: &Canvas<'_>, model: &Model, width: u16, now: DateTime<Utc>) -> Vec<Line<'static>> {
    let to = canvas.theme.sign("–", "-");
    let all = all_said(&model.rota.findings, &model.floor.zone, to, now);
    let lines: Vec<Line<'static>> = all.iter().flat_map(|one| said(canvas, one, width)).collect();
    if lines.is_empty() {
        return vec![Line::from(canvas.span(Slot::Good, " nothing in the next two weeks"))];
    }
    lines
}

/// One finding, its stretch of time below it where there is no room beside; a word in colour says how bad it is, and a sign
/// says so without.
pub fn said(canvas: &Canvas<'_>, said: &Said, width: u16) -> Vec<Line<'static>> {
    let (slot, sign) = match said.severity {
        Severity::Fails => (Slot::Over, "!"),
        Severity::Warns => (Slot::Risk, "!"),
        Severity::Notes => (Slot::Dim, " "),
    };
    let room = usize::from(width).saturating_sub(4);
    let mut lines: Vec<Line<'static>> = wrap(&said.what, room)
        .into_iter()
        .enumerate()
        .map(|(place, part)| Line::from(canvas.span(slot, format!(" {} {part}", if place == 0 { sign } else { " " }))))
        .collect();
    match lines.last_mut() {
        Some(line) if line.width() + 2 + said.rest.width() <= room + 3 => {
            line.push_span(canvas.span(Slot::Dim, format!("  {}", said.rest)));
        }
        _ => {
            let rest = wrap(&said.rest, room).into_iter();
            lines.extend(rest.map(|part| Line::from(canvas.span(Slot::Dim, format!("   {part}")))));
        }
    }
    lines
}
