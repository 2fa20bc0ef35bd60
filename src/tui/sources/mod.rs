//! Where the data comes from: one row a source, with its age and its trouble.

pub mod view;

use chrono::{DateTime, Utc};
use ratatui::text::Span;

use crate::{
    domain::trouble::Trouble,
    floor::{
        effect::Effect,
        fact::{Reach, SourceId, Went},
        freshness::{self, Feed},
    },
    text::{counted, grouped},
    tui::{Model, canvas::Canvas, message, theme::Slot},
};

/// `part 3 400 of 10 000`, while a source has not told everything once.
pub fn part(source: &freshness::Source) -> Option<String> {
    match source.reach? {
        Reach::Whole => None,
        Reach::Part { told, of: Some(of) } => Some(format!("part {} of {}", grouped(told), grouped(of))),
        Reach::Part { told, of: None } => Some(format!("part {}", grouped(told))),
    }
}

/// What is wrong with a pane's source while the pane still shows what it last told.
pub fn trouble(canvas: &Canvas<'_>, model: &Model, feed: Feed) -> Option<Span<'static>> {
    let (trouble, since, _) = model.floor.sources_of(feed).find_map(|s| s.trouble.as_ref())?;
    let since = model.floor.zone.local(*since).format("%H:%M");
    Some(canvas.span(Slot::Over, format!("{} since {since}", trouble.word())))
}

/// Asks the sources of these feeds now, but for those that were asked already or asked us to wait.
pub fn refresh(model: &mut Model, feeds: &[Feed], now: DateTime<Utc>) -> Vec<Effect> {
    let asked: Vec<SourceId> = freshness::numbered(&model.floor.sources)
        .filter(|(_, s)| feeds.contains(&s.feed) && !s.is_asked && !is_limited(s, now))
        .map(|(id, _)| id)
        .collect();
    let text = match asked.len() {
        0 => "nothing to ask: no source here, already asked, or the host asked us to wait".to_owned(),
        n => format!("asking {}", counted(n, "source", "sources")),
    };
    message::say(model, text, Went::Well, now);
    asked.into_iter().map(Effect::Poll).collect()
}

/// A host that asked us to wait is not asked, however often `r` is pressed.
fn is_limited(source: &freshness::Source, now: DateTime<Utc>) -> bool {
    matches!(source.trouble, Some((Trouble::Limited { until }, _, _)) if until > now)
}
