//! A line of cells without quotes: cut at its delimiters, the few cells that matter read in place.

use crate::source::metrics::{
    scan::{Keys, Row, number, recent::Recent, stamp::Clock},
    shape::Columns,
};

/// Where the cells stand that matter.
#[derive(Debug)]
pub(super) struct Cells {
    pub(super) delimiter: u8,
    width: usize,
    time: usize,
    name: Option<usize>,
    value: Option<usize>,
    /// The wanted label: outer nothing = none is wanted; inner nothing = the table has no such column.
    label: Option<Option<usize>>,
    names: Recent<4>,
}

/// Where a line's cells are.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cut<'a> {
    /// What the line is a part of.
    pub text: &'a [u8],
    /// Where the line begins.
    pub start: usize,
    /// Where each cell ends, the last one before the line's end.
    pub ends: &'a [u32],
}

impl Cut<'_> {
    /// Where a cell begins and ends.
    #[inline]
    fn cell(&self, nth: usize) -> Option<(usize, usize)> {
        let to = *self.ends.get(nth)? as usize;
        let from = match nth.checked_sub(1) {
            Some(before) => *self.ends.get(before)? as usize + 1,
            None => self.start,
        };
        let is_last = nth + 1 == self.ends.len();
        let to = if is_last && to > from && self.text.get(to - 1) == Some(&b'\r') { to - 1 } else { to };
        Some((from, to))
    }
}

impl Cells {
    pub(super) fn new(columns: &Columns, seed: u64) -> Self {
        Self {
            delimiter: columns.delimiter,
            width: columns.width,
            time: columns.time,
            name: columns.name,
            value: columns.value,
            label: columns.labels.first().copied(),
            names: Recent::new(seed),
        }
    }

    /// The first of the marks, where they are the ends of the cells of one line of the right width.
    #[inline]
    pub(super) fn ends<'m>(&self, text: &[u8], marks: &'m [u32]) -> Option<&'m [u32]> {
        let (ends, _) = marks.split_at_checked(self.width)?;
        let (last, inner) = ends.split_last()?;
        let is_end = |place: &u32| text.get(*place as usize) == Some(&b'\n');
        let has_end = inner.iter().fold(false, |has, place| has | is_end(place));
        (is_end(last) && !has_end).then_some(ends)
    }

    /// Reads a line without a quote; nothing = the full parser must.
    #[inline]
    pub(super) fn read(&mut self, cut: Cut<'_>, name_of_all: &str, clock: &mut Clock, keys: &mut Keys) -> Option<Row> {
        if cut.ends.len() != self.width {
            return None;
        }
        let (from, to) = cut.cell(self.time)?;
        let at_ms = clock.read(cut.text.get(from..to)?)?;
        let value = match self.value {
            Some(place) => {
                let (from, to) = cut.cell(place)?;
                Some(number::between(cut.text, from, to)?)
            }
            None => None,
        };
        let key = match (self.name, self.label) {
            (Some(place), None) => self.named(cut, place, keys)?,
            (name, label) => {
                let cell = |place| cut.cell(place).and_then(|(from, to)| plain(cut.text.get(from..to)?));
                let name = match name {
                    Some(place) => cell(place)?,
                    None => name_of_all.as_bytes(),
                };
                let label = match label {
                    Some(Some(place)) => Some(cell(place)?),
                    Some(None) => Some(&b""[..]),
                    None => None,
                };
                keys.of(name, label)
            }
        };
        Some(Row { at_ms: Some(at_ms), key, value })
    }

    #[inline]
    fn named(&mut self, cut: Cut<'_>, place: usize, keys: &mut Keys) -> Option<u32> {
        let (from, to) = cut.cell(place)?;
        let behind = cut.text.get(from..)?;
        if let Some(key) = self.names.find(behind, to - from) {
            return Some(key);
        }
        let key = keys.of(plain(behind.get(..to - from)?)?, None);
        self.names.put(behind, to - from, key);
        Some(key)
    }
}

/// A cell with nothing around it that would be trimmed away.
#[inline]
fn plain(cell: &[u8]) -> Option<&[u8]> {
    let is_ink = |b: Option<&u8>| b.is_none_or(|b| b.is_ascii_graphic());
    (is_ink(cell.first()) && is_ink(cell.last())).then_some(cell)
}
