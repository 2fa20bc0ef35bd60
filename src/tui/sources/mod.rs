//! Where the data comes from: one row a source, with its age and its trouble.

pub mod view;

use ratatui::text::Span;

use crate::{
    floor::freshness::Feed,
    tui::{Model, canvas::Canvas, theme::Slot},
};

/// What is wrong with a pane's source while the pane still shows what it last told.
pub fn trouble(canvas: &Canvas<'_>, model: &Model, feed: Feed) -> Option<Span<'static>> {
    let (trouble, since, _) = model.floor.sources_of(feed).find_map(|s| s.trouble.as_ref())?;
    let since = model.floor.zone.local(*since).format("%H:%M");
    Some(canvas.span(Slot::Over, format!("{} since {since}", trouble.word())))
}
