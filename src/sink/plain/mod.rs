//! The board as aligned plain text: no escapes, no colors, nothing in color alone. It reads well in a ticket.

pub mod alert;
pub mod duty;
pub mod escalation;
pub mod evidence;
pub mod fairness;
pub mod gate;
pub mod goal;
pub mod history;
pub mod incident;
pub mod metrics;
pub mod oncall;
pub mod outbox;
pub mod plan;
pub mod release;
pub mod rota;
pub mod sla;
pub mod slo;
pub mod source;
pub mod stats;
mod table;
pub mod trial;
mod words;

use chrono::{DateTime, Utc};
use unicode_width::UnicodeWidthStr;

use crate::{
    domain::zone::Zone,
    text::{Text, wrap},
};

use table::{ANY, Side, TITLE, Table};

/// The narrowest page, in columns.
const NARROWEST: usize = 80;

/// From this width on a page cuts not even a title: it is read by programs, or there is room enough to go on below.
pub const WHOLE: usize = 200;

/// A line's first words are its head if they take no more columns than this.
const HEAD: usize = 24;

/// The columns that a wrapped text keeps at least, however much stands before it.
const LEAST: usize = 20;

/// A page of lines, none with a control character. What is too long for a line goes on below it: an answer is never cut.
#[derive(Debug)]
pub struct Page {
    width: usize,
    text: String,
}

/// How much of a section is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// A few lines of a larger board.
    Short,
    /// All there is.
    Whole,
}

impl Page {
    /// An empty page of `width` columns, at least 80.
    pub fn new(width: usize) -> Self {
        Self { width: width.max(NARROWEST), text: String::new() }
    }

    /// Heads the page: the team, and the instant that everything on it is judged at.
    pub fn heading(&mut self, team: &Text, zone: &Zone, now: DateTime<Utc>) {
        let name = if team.is_blank() { "watchfloor" } else { team.as_str() };
        self.line(&format!("{name}  {}", words::whole_moment(now, zone)));
    }

    /// The text, lines ending in `\n`.
    pub fn finish(self) -> String {
        self.text
    }

    /// How wide it is.
    pub fn columns(&self) -> usize {
        self.width
    }

    /// Adds an empty line between sections.
    pub fn blank(&mut self) {
        self.text.push('\n');
    }

    /// Adds one line; what does not fit goes on below, under where its text began.
    pub fn line(&mut self, line: &str) {
        // The last door: what was scrubbed stays as it is, what was overlooked is scrubbed here.
        let safe = Text::scrub(line);
        for part in hung(safe.as_str().trim_end(), self.width) {
            self.push(&part);
        }
    }

    /// Adds one line that is never broken: a message whose end says what to do.
    pub fn whole_line(&mut self, line: &str) {
        self.push(Text::scrub(line).as_str());
    }

    fn push(&mut self, safe: &str) {
        self.text.push_str(safe.trim_end());
        self.text.push('\n');
    }

    /// Adds a paragraph after a lead, its further lines under the first.
    fn wrapped(&mut self, lead: &str, text: &str) {
        let indent = lead.width();
        let room = self.width.saturating_sub(indent).max(20);
        let (mut line, mut lead) = (String::new(), lead.to_owned());
        for word in text.split(' ') {
            if !line.is_empty() && room < line.width() + 1 + word.width() {
                self.line(&format!("{lead}{line}"));
                lead = " ".repeat(indent);
                line.clear();
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
        self.line(&format!("{lead}{line}"));
    }

    /// Adds the rows of a table, indented.
    fn table(&mut self, table: &Table) {
        for line in table.lines(self.width) {
            self.push(Text::scrub(&line).as_str());
        }
    }
}

/// A line in parts of at most `width` columns, the later ones under where the text of the first begins.
fn hung(line: &str, width: usize) -> Vec<String> {
    if line.width() <= width {
        return vec![line.to_owned()];
    }
    let indent = line.len() - line.trim_start().len();
    let rest = line.trim_start();
    // `  MTTA     from the opening to …` goes on under `from`; a line without such a head a little further in.
    let gap = rest.find("  ").and_then(|at| Some((at, rest.get(at..)?.trim_start())));
    let (head, text) = match gap.filter(|(at, _)| *at <= HEAD) {
        Some((_, text)) => rest.split_at(rest.len() - text.len()),
        None => ("", rest),
    };
    let hang = indent + if head.is_empty() { 2 } else { head.width() };
    let lead = format!("{}{head}", " ".repeat(indent));
    let parts = wrap(text, width.saturating_sub(hang).max(LEAST));
    let before = |place: usize| if place == 0 { lead.clone() } else { " ".repeat(hang) };
    parts.into_iter().enumerate().map(|(place, part)| format!("{}{part}", before(place))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_line_goes_on_under_its_text_and_loses_nothing() {
        let mut page = Page::new(0);
        page.line(&format!("  MTTA     {}", "from the opening to the first answer of a person ".repeat(3)));
        page.line(&format!("ESCALATION of ana: {}", "then ".repeat(20)));
        let text = page.finish();
        assert!(text.lines().all(|line| line.width() <= 80), "{text}");
        assert!(!text.contains('…'), "{text}");
        assert_eq!(text.matches("answer of").count(), 3, "{text}");
        let lines: Vec<_> = text.lines().collect();
        assert!(lines[1].starts_with("           ") && !lines[1].starts_with("            "), "{text}");
        assert!(lines.last().unwrap().starts_with("  then"), "{text}");
    }

    #[test]
    fn what_was_overlooked_is_scrubbed_at_the_door() {
        let mut page = Page::new(100);
        page.line("a\u{1b}[31m\nb\u{202e}c");
        assert_eq!(page.finish(), "a␛[31m␊b·c\n");
    }
}
