//! Draws the sections in the title of their pane.

use ratatui::text::Span;
use unicode_width::UnicodeWidthStr;

use super::Tabs;
use crate::{
    text::{clip, grouped},
    tui::{canvas::Canvas, theme::Slot},
};

/// How much a section holds; `?` while that is not known.
fn figure(n: Option<usize>) -> String {
    n.map_or_else(|| "?".to_owned(), grouped)
}

/// The columns that the section that is looked at takes by itself.
pub fn least(tabs: &Tabs) -> usize {
    let shown: Vec<_> = tabs.shown().collect();
    let current = shown.iter().find(|(place, ..)| *place == tabs.at);
    let n = current.map_or(0, |(_, _, n)| figure(*n).len());
    clip(tabs.current().name.as_str(), 20).width() + n + 3 + format!(" {}/{} ", shown.len(), shown.len()).len()
}

/// The sections in at most `room` columns: each with what it holds, the current one in the accent and between signs;
/// where they do not fit, the current one alone with its place among them.
pub fn spans(canvas: &Canvas<'_>, tabs: &Tabs, is_focused: bool, room: usize) -> Vec<Span<'static>> {
    let shown: Vec<_> = tabs.shown().collect();
    let (open, close) = (canvas.theme.sign("‹", "<"), canvas.theme.sign("›", ">"));
    let accent = if is_focused { Slot::Accent } else { Slot::Text };
    let mut spans = Vec::with_capacity(shown.len());
    for (place, section, n) in &shown {
        let name = clip(section.name.as_str(), 20);
        let text = format!("{name} {}", figure(*n));
        spans.push(if *place == tabs.at {
            canvas.span(accent, format!("{open}{text}{close} "))
        } else {
            canvas.span(Slot::Dim, format!(" {text}  "))
        });
    }
    if spans.iter().map(Span::width).sum::<usize>() <= room {
        return spans;
    }
    let place = shown.iter().position(|(place, ..)| *place == tabs.at).unwrap_or_default() + 1;
    let of = format!(" {place}/{}", shown.len());
    let n = shown.get(place - 1).map(|(_, _, n)| figure(*n)).unwrap_or_default();
    let name = clip(tabs.current().name.as_str(), room.saturating_sub(of.width() + 1 + n.len() + 3).min(20));
    let current = canvas.span(accent, format!("{open}{name} {n}{close}"));
    let mut narrow = vec![current, canvas.span(Slot::Dim, format!("{of} "))];
    while narrow.iter().map(Span::width).sum::<usize>() > room && !narrow.is_empty() {
        narrow.pop();
    }
    narrow
}
