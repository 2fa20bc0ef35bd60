//! The board as aligned plain text: no escapes, no colors, nothing in color alone. It reads well in a ticket.

pub mod escalation;
pub mod evidence;
pub mod fairness;
pub mod gate;
pub mod incident;
pub mod metrics;
pub mod oncall;
pub mod release;
pub mod rota;
pub mod sla;
pub mod source;
pub mod stats;
pub mod trial;
mod words;

use chrono::{DateTime, Utc};
use unicode_width::UnicodeWidthStr;

use crate::{
    domain::zone::Zone,
    text::{Text, clip, fit_left, fit_right},
};

/// The narrowest page, in columns.
const NARROWEST: usize = 80;

/// A page of lines, none wider than the page, none with a control character.
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

    /// Adds an empty line between sections.
    pub fn blank(&mut self) {
        self.text.push('\n');
    }

    /// Adds one line, clipped to the page.
    pub fn line(&mut self, line: &str) {
        // The last door: what was scrubbed stays as it is, what was overlooked is scrubbed here.
        let safe = Text::scrub(line);
        self.text.push_str(clip(safe.as_str(), self.width).trim_end());
        self.text.push('\n');
    }

    /// Adds one line that is never clipped: a message whose end says what to do.
    pub fn whole_line(&mut self, line: &str) {
        self.text.push_str(Text::scrub(line).as_str().trim_end());
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
            self.line(&line);
        }
    }
}

/// Which side of its column a cell stands on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Left,
    Right,
}

/// Rows of cells under each other. A column is as wide as its widest cell, up to its limit; the last takes what is left.
#[derive(Debug)]
struct Table {
    columns: Vec<(Side, usize)>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table with these columns: the side of the cells, and the most columns of the screen they take.
    fn new(columns: impl Into<Vec<(Side, usize)>>) -> Self {
        Self { columns: columns.into(), rows: Vec::new() }
    }

    fn row(&mut self, cells: impl Into<Vec<String>>) {
        self.rows.push(cells.into());
    }

    fn lines(&self, width: usize) -> impl Iterator<Item = String> + '_ {
        let widths: Vec<usize> = self
            .columns
            .iter()
            .enumerate()
            .map(|(i, (_, most))| {
                let cells = self.rows.iter().filter_map(|row| row.get(i));
                cells.map(|cell| cell.width()).max().unwrap_or(0).min(*most)
            })
            .collect();
        self.rows.iter().map(move |row| {
            let mut line = String::new();
            let last = row.len().saturating_sub(1);
            for (i, ((cell, columns), (side, _))) in row.iter().zip(&widths).zip(&self.columns).enumerate() {
                if *columns == 0 {
                    continue;
                }
                line.push_str("  ");
                let room = if i == last { width.saturating_sub(line.width()).min(*columns) } else { *columns };
                line.push_str(&match side {
                    Side::Left => fit_left(cell, room),
                    Side::Right => fit_right(cell, room),
                });
            }
            line
        })
    }
}

/// As wide as it needs to be.
const ANY: usize = usize::MAX;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_under_each_other_and_the_last_one_is_clipped() {
        let mut table = Table::new([(Side::Left, 5), (Side::Right, 9), (Side::Left, ANY)]);
        table.row(["P0".to_owned(), "42m over".to_owned(), "x".repeat(200)]);
        table.row(["triage".to_owned(), "–".to_owned(), "日本".to_owned()]);
        let mut page = Page::new(0);
        page.table(&table);
        let wanted = format!("  P0     42m over  {}…\n  tria…         –  日本\n", "x".repeat(60));
        assert_eq!(page.finish(), wanted);
    }

    #[test]
    fn what_was_overlooked_is_scrubbed_at_the_door() {
        let mut page = Page::new(100);
        page.line("a\u{1b}[31m\nb\u{202e}c");
        assert_eq!(page.finish(), "a␛[31m␊b·c\n");
    }
}
