//! What changed, on the wire.

use serde::Serialize;

use super::{Document, Said, instant};
use crate::{domain::time::rfc3339, sink::history};

#[derive(Debug, Serialize)]
struct Line {
    at: String,
    key: Option<Said>,
    source: Option<Said>,
    change: &'static str,
    text: Said,
    by: Option<Said>,
    title: Option<Said>,
}

/// Adds a stretch of the history to a document.
pub fn history(document: Document, history: &history::History<'_>) -> Document {
    let line = |line: &history::Line<'_>| Line {
        at: rfc3339(line.at),
        key: line.key.map(Said::from),
        source: super::unless_blank(line.source),
        change: line.code,
        text: Said::from(line.what),
        by: line.by.map(Said::from),
        title: line.title.map(Said::from),
    };
    document
        .with("since", rfc3339(history.since))
        .with("until", rfc3339(history.until))
        .with("recorded_since", instant(history.recorded_since))
        .with("key", history.key.map(Said::from))
        .with("lines", history.lines.iter().map(line).collect::<Vec<_>>())
        .with("n_first_seen", history.n_first_seen)
        .with("is_cut", history.is_cut)
}
