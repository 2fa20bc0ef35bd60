//! Where things stand in a table of cells.

use super::{Columns, Hint, Layout, NAMES, Shape, TIMES, VALUES, Why, stamps};
use crate::{
    domain::zone::Zone,
    source::metrics::{record::cells, stamp},
};

/// What may stand between cells, the likeliest first.
pub(in crate::source::metrics) const DELIMITERS: [u8; 4] = [b',', b'\t', b';', b'|'];

pub(super) fn infer(lines: &[&str], hint: &Hint) -> Result<Shape, Why> {
    let delimiter = delimiter(lines);
    let rows: Vec<Vec<String>> = lines
        .iter()
        .filter_map(|line| cells(line, delimiter))
        .map(|row| row.iter().map(|cell| cell.trim().to_owned()).collect())
        .collect();
    let Some(first) = rows.first() else {
        return Err(Why::new("none of its first lines has cells", "is it CSV?"));
    };
    let (width, is_header) = (first.len(), !first.iter().any(|cell| is_time(cell) || is_number(cell)));
    let header = is_header.then(|| first.clone());
    let body: Vec<&Vec<String>> = rows.iter().skip(usize::from(is_header)).filter(|row| row.len() == width).collect();
    let table = Table { header: header.as_deref(), body: &body, width };
    let time = match &hint.time {
        Some(name) => table.place(name)?,
        None => table
            .known(&TIMES, is_time)
            .or_else(|| (0..width).find(|place| table.most(*place, is_instant)))
            .ok_or_else(|| Why::new("none of its columns is a time", "--time names the column"))?,
    };
    let name = match &hint.name {
        Some(name) => Some(table.place(name)?),
        None => table.known(&NAMES, |_| true).filter(|place| *place != time).or_else(|| table.only_text(time)),
    };
    let value = match &hint.value {
        Some(name) => Some(table.place(name)?),
        None => match table.known(&VALUES, is_number).filter(|place| *place != time) {
            Some(place) => Some(place),
            None => table.only_number(time, name)?,
        },
    };
    let labels = hint.labels.iter().map(|label| table.place(label).ok()).collect();
    let called =
        |place: usize| header.as_ref().and_then(|h| h.get(place)).cloned().unwrap_or_else(|| "value".to_owned());
    let name_of_all = value.map_or_else(|| "events".to_owned(), called);
    let written = body.iter().find_map(|row| row.get(time)).cloned().unwrap_or_default();
    let columns = Columns { delimiter, header, width, time, name, value, labels };
    Ok(Shape { layout: Layout::Csv(columns), name: name_of_all, stamps: stamps(&written) })
}

struct Table<'a> {
    header: Option<&'a [String]>,
    body: &'a [&'a Vec<String>],
    width: usize,
}

impl Table<'_> {
    /// A column by its name, or by its number from 1 where there is no header.
    fn place(&self, name: &str) -> Result<usize, Why> {
        let Some(header) = self.header else {
            let number = name.parse::<usize>().ok().and_then(|n| n.checked_sub(1)).filter(|place| *place < self.width);
            return number.ok_or_else(|| {
                Why::new(&format!("it has no header, so no column \"{name}\""), "give the column's number, from 1")
            });
        };
        let mut found = header.iter().enumerate().filter(|(_, cell)| cell.as_str() == name.trim()).map(|(i, _)| i);
        match (found.next(), found.next()) {
            (Some(place), None) => Ok(place),
            (Some(_), Some(_)) => {
                Err(Why::new(&format!("its header has more than one column \"{name}\""), "name another column"))
            }
            (None, _) => {
                let has = header.iter().take(12).map(String::as_str).collect::<Vec<_>>().join(", ");
                Err(Why::new(&format!("its header has no column \"{name}\""), &format!("it has: {has}")))
            }
        }
    }

    fn most(&self, place: usize, is_right: impl Fn(&str) -> bool) -> bool {
        let good = self.body.iter().filter(|row| row.get(place).is_some_and(|cell| is_right(cell))).count();
        good * 2 > self.body.len()
    }

    /// The first column with one of these names; a file that so far is nothing but its header is believed.
    fn known(&self, names: &[&str], is_right: impl Fn(&str) -> bool) -> Option<usize> {
        let header = self.header?;
        let good =
            |place: usize| self.body.iter().filter(|row| row.get(place).is_some_and(|cell| is_right(cell))).count();
        // A name weighs as much as half of the cells.
        let holds = |place: usize| self.body.len() <= good(place) * 2;
        names.iter().find_map(|name| {
            header.iter().position(|cell| cell.eq_ignore_ascii_case(name)).filter(|place| holds(*place))
        })
    }

    /// Without a header, the first column that is neither the time nor a number.
    fn only_text(&self, time: usize) -> Option<usize> {
        let is_text = |cell: &str| !is_number(cell) && !is_instant(cell);
        (0..self.width).find(|place| self.header.is_none() && *place != time && self.most(*place, is_text))
    }

    fn only_number(&self, time: usize, name: Option<usize>) -> Result<Option<usize>, Why> {
        let numbers: Vec<usize> =
            (0..self.width).filter(|p| *p != time && Some(*p) != name && self.most(*p, is_number)).collect();
        match numbers.as_slice() {
            [] => Ok(None),
            [one] => Ok(Some(*one)),
            many => {
                let called = |place: &usize| match self.header.and_then(|h| h.get(*place)) {
                    Some(name) => name.clone(),
                    None => (place + 1).to_string(),
                };
                let names = many.iter().take(6).map(called).collect::<Vec<_>>().join(", ");
                let why = format!("several of its columns could be the value: {names}");
                Err(Why::new(&why, "--value names the one that is meant"))
            }
        }
    }
}

/// The delimiter that cuts most lines into the same number of cells, more than one.
pub(in crate::source::metrics) fn delimiter(lines: &[&str]) -> u8 {
    let fit = |delimiter: u8| {
        let widths: Vec<usize> = lines.iter().map(|line| cells(line, delimiter).map_or(0, |c| c.len())).collect();
        let width = widths.first().copied().unwrap_or(0);
        if width < 2 { 0 } else { widths.iter().filter(|w| **w == width).count() }
    };
    let best = DELIMITERS.iter().rev().max_by_key(|d| fit(**d));
    best.copied().filter(|d| fit(*d) > 0).unwrap_or(b',')
}

fn is_time(cell: &str) -> bool {
    stamp::in_zone(cell, &Zone::utc()).is_some()
}

/// A time that is surely one: not any number.
fn is_instant(cell: &str) -> bool {
    let is_recent = |n: f64| n >= 1e9;
    is_time(cell) && cell.parse::<f64>().map_or(true, is_recent)
}

fn is_number(cell: &str) -> bool {
    cell.parse::<f64>().is_ok()
}
