//! Draws what is wrong or odd.

use chrono::{DateTime, Utc};
use ratatui::text::Line;
use unicode_width::UnicodeWidthStr;

use crate::{
    domain::rota::audit::Severity,
    text::clip,
    tui::{
        Model,
        canvas::Canvas,
        rota::odd::{Said, all_said},
        theme::Slot,
    },
};

/// Every finding in a line, the worst first.
pub fn lines(canvas: &Canvas<'_>, model: &Model, width: u16, now: DateTime<Utc>) -> Vec<Line<'static>> {
    let to = canvas.theme.sign("–", "-");
    let said = all_said(&model.rota.findings, &model.floor.zone, to, now);
    let lines: Vec<Line<'static>> = said.iter().map(|said| line(canvas, said, width)).collect();
    if lines.is_empty() {
        return vec![Line::from(canvas.span(Slot::Good, " nothing in the next two weeks"))];
    }
    lines
}

/// One finding; a word in colour says how bad it is, and a sign says so without.
pub fn line(canvas: &Canvas<'_>, said: &Said, width: u16) -> Line<'static> {
    let (slot, sign) = match said.severity {
        Severity::Fails => (Slot::Over, "!"),
        Severity::Warns => (Slot::Risk, "!"),
        Severity::Notes => (Slot::Dim, " "),
    };
    let room = usize::from(width).saturating_sub(4);
    let what = clip(&said.what, room);
    let rest = clip(&said.rest, room.saturating_sub(what.width() + 2));
    Line::from(vec![canvas.span(slot, format!(" {sign} {what}")), canvas.span(Slot::Dim, format!("  {rest}"))])
}
