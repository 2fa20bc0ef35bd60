//! Marks of a merge that nobody settled: where they stand in Markdown, and what only looks like one.

use pulldown_cmark::{Event, Options, Parser, Tag};

use crate::domain::release::merge;

/// The first mark of a merge in Markdown that begins at `start`, and its line, from 1.
///
/// `=======` below a heading's text underlines it, `|||||||` may be a row of a table, and code may show either.
pub(in crate::source) fn first(source: &str, start: usize) -> Option<(usize, &'static str)> {
    let mut at = 0;
    let mut found = Vec::new();
    for (nth, line) in source.split_inclusive('\n').enumerate() {
        if let Some(mark) = merge::mark_of(line.trim_end_matches(['\n', '\r'])) {
            found.push((at, nth + 1, mark));
        }
        at += line.len();
    }
    if found.is_empty() {
        return None;
    }
    let body = source.get(start..).unwrap_or_default();
    let mut innocent = Vec::new();
    for (event, range) in Parser::new_ext(body, Options::ENABLE_TABLES).into_offset_iter() {
        let marks: &[&str] = match event {
            Event::Start(Tag::Heading { .. }) => &["======="],
            Event::Start(Tag::Table(_)) => &["|||||||"],
            Event::Start(Tag::CodeBlock(_)) => &["=======", "|||||||"],
            _ => continue,
        };
        innocent.push((start + range.start..start + range.end, marks));
    }
    let is_innocent =
        |at: usize, mark: &str| innocent.iter().any(|(range, marks)| range.contains(&at) && marks.contains(&mark));
    found.into_iter().find(|(at, _, mark)| !is_innocent(*at, mark)).map(|(_, line, mark)| (line, mark))
}
