//! Rows of cells under each other, none of them cut but for titles.

use unicode_width::UnicodeWidthStr;

use super::{LEAST, WHOLE};
use crate::text::{clip, fit_left, fit_right, wrap};

/// Which side of its column a cell stands on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Left,
    Right,
}

/// As wide as it needs to be.
pub(super) const ANY: usize = usize::MAX;

/// The title of an incident in the last column: one line where the page is narrow, cut to what the others leave.
pub(super) const TITLE: usize = usize::MAX - 1;

/// Rows of cells. A column is as wide as its widest cell. Where the page has no room for that, columns of text shrink to
/// their limit and what is too long goes on below; figures are never broken.
#[derive(Debug)]
pub(super) struct Table {
    columns: Vec<(Side, usize)>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table with these columns: the side of the cells, and the width that text shrinks to where there is no room.
    pub(super) fn new(columns: impl Into<Vec<(Side, usize)>>) -> Self {
        Self { columns: columns.into(), rows: Vec::new() }
    }

    pub(super) fn row(&mut self, cells: impl Into<Vec<String>>) {
        self.rows.push(cells.into());
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The rows as lines for a page of `width` columns.
    pub(super) fn lines(&self, width: usize) -> Vec<String> {
        let widths = self.widths(width);
        self.rows.iter().flat_map(|row| self.row_lines(row, &widths, width)).collect()
    }

    /// Natural widths; where those are too much, the last column gives way first, then all shrink to their limits.
    fn widths(&self, width: usize) -> Vec<usize> {
        let needs = |place: usize| self.rows.iter().filter_map(|row| row.get(place)).map(|cell| cell.width()).max();
        let mut widths: Vec<usize> = (0..self.columns.len()).map(|place| needs(place).unwrap_or(0)).collect();
        if self.yields(&mut widths, width) {
            return widths;
        }
        let last = widths.len().saturating_sub(1);
        for (columns, (_, most)) in widths.iter_mut().zip(&self.columns).take(last) {
            *columns = (*columns).min(*most);
        }
        self.yields(&mut widths, width);
        widths
    }

    /// Gives the last column, if it is text, what the others leave; says whether that is enough.
    fn yields(&self, widths: &mut [usize], width: usize) -> bool {
        let last = widths.len().saturating_sub(1);
        let others = total(widths.get(..last).unwrap_or_default());
        if let (Some(of_last), Some((Side::Left, _))) = (widths.get_mut(last), self.columns.get(last)) {
            *of_last = (*of_last).min(width.saturating_sub(others + 2).max(LEAST));
        }
        total(widths) <= width
    }

    fn row_lines(&self, row: &[String], widths: &[usize], width: usize) -> Vec<String> {
        let last = row.len().saturating_sub(1);
        let is_too_wide = |(cell, columns): (&String, &usize)| cell.width() > *columns;
        if row.iter().zip(widths).skip(1).take(last.saturating_sub(1)).any(is_too_wide) {
            return self.loose(row, width);
        }
        let mut lines = Vec::new();
        let mut cells: Vec<Vec<String>> = row.iter().map(|cell| vec![cell.clone()]).collect();
        // A name that is too long for its column has a line of its own: a name in pieces is hard to find.
        if let Some(first) = cells.first_mut().filter(|_| last > 0 && row.iter().zip(widths).take(1).any(is_too_wide)) {
            lines.extend(indented("  ", &std::mem::take(first).concat(), width));
        }
        let edge = total(widths.get(..last).unwrap_or_default()) + 2;
        let mut below = Vec::new();
        if let (Some(cell), Some(text), Some(columns)) = (cells.last_mut(), row.last(), widths.get(last)) {
            let room = (*columns).min(width.saturating_sub(edge));
            match text.width() > room {
                true if self.is_title(width) => *cell = vec![clip(text, room)],
                true if room < LEAST || text.split_whitespace().any(|word| word.width() > room) => {
                    below = indented("      ", &std::mem::take(cell).concat(), width);
                }
                true => *cell = wrap(text, room),
                false => {}
            }
        }
        let height = cells.iter().map(Vec::len).max().unwrap_or(0);
        lines.extend((0..height).map(|at| self.one_line(&cells, widths, at)));
        lines.extend(below);
        lines
    }

    fn is_title(&self, width: usize) -> bool {
        width < WHOLE && matches!(self.columns.last(), Some((_, TITLE)))
    }

    /// Cells one after the other, for a row that the columns have no room for.
    fn loose(&self, row: &[String], width: usize) -> Vec<String> {
        let (title, others) = match row.split_last() {
            Some((title, others)) if self.is_title(width) => (title.as_str(), others),
            _ => ("", row),
        };
        let cells: Vec<&str> = others.iter().map(String::as_str).filter(|cell| !cell.is_empty()).collect();
        let mut lines = indented("  ", &cells.join("  "), width);
        if let Some(line) = lines.last_mut().filter(|_| !title.is_empty()) {
            let room = width.saturating_sub(line.width() + 2);
            line.push_str("  ");
            line.push_str(&clip(title, room));
        }
        lines
    }

    fn one_line(&self, cells: &[Vec<String>], widths: &[usize], at: usize) -> String {
        let mut line = String::new();
        for (cell, (columns, (side, _))) in cells.iter().zip(widths.iter().zip(&self.columns)) {
            if *columns > 0 {
                let text = cell.get(at).map(String::as_str).unwrap_or_default();
                let fit = if *side == Side::Left { fit_left } else { fit_right };
                line.push_str("  ");
                line.push_str(&fit(text, *columns));
            }
        }
        line.trim_end().to_owned()
    }
}

/// Text in lines: the first after `lead`, the others six columns in.
fn indented(lead: &str, text: &str, width: usize) -> Vec<String> {
    let parts = wrap(text, width.saturating_sub(6)).into_iter().enumerate();
    parts.map(|(place, part)| format!("{}{part}", if place == 0 { lead } else { "      " })).collect()
}

/// What columns take, with the blanks before each.
fn total(widths: &[usize]) -> usize {
    widths.iter().filter(|columns| **columns > 0).fold(0, |sum, columns| sum.saturating_add(*columns + 2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_under_each_other_and_only_a_title_is_cut() {
        let rows = |last: usize| {
            let mut table = Table::new([(Side::Left, 5), (Side::Right, 9), (Side::Left, last)]);
            table.row(["P0".to_owned(), "42m over".to_owned(), "x".repeat(100)]);
            table.row(["triage".to_owned(), "–".to_owned(), "日本".to_owned()]);
            table
        };
        let second = "  triage         –  日本";
        let title = rows(TITLE).lines(80);
        assert_eq!(title, [format!("  P0      42m over  {}…", "x".repeat(59)), second.to_owned()]);
        let below = rows(ANY).lines(80);
        let parts = ["x".repeat(74), "x".repeat(26)].map(|part| format!("      {part}"));
        assert_eq!(below, [&["  P0      42m over".to_owned()], parts.as_slice(), &[second.to_owned()]].concat());
        assert_eq!(rows(TITLE).lines(WHOLE).join("").matches('x').count(), 100);
    }

    #[test]
    fn figures_and_names_are_whole_however_narrow_the_page() {
        let mut table = Table::new([(Side::Left, 6), (Side::Right, 12), (Side::Left, 12), (Side::Left, ANY)]);
        let name = "someone-with-a-very-long-name";
        table.row([name.to_owned(), "+122 345.6".to_owned(), "ana.kowalska".to_owned(), "why ".repeat(12)]);
        let lines = table.lines(60);
        assert_eq!(lines[0].trim(), name);
        let mut narrow = Table::new([(Side::Left, 6), (Side::Right, 4), (Side::Left, 12)]);
        narrow.row([name.to_owned(), "+122 345.6".to_owned(), name.to_owned()]);
        let loose = narrow.lines(60);
        assert_eq!(loose, [format!("  {name} +122 345.6"), format!("      {name}")]);
        let text = lines.join("\n");
        assert!(text.contains("+122 345.6") && !text.contains('…'), "{text}");
        assert_eq!(text.matches("why").count(), 12);
    }
}
