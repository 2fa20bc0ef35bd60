//! A line of cells without quotes: cut at its delimiters, the few cells that matter read in place.

use crate::source::metrics::{
    scan::{Keys, Row, number, stamp::Clock},
    shape::Columns,
};

/// Where the cells stand that matter.
#[derive(Debug)]
pub(super) struct Cells {
    delimiter: u8,
    width: usize,
    time: usize,
    name: Option<usize>,
    value: Option<usize>,
    /// The wanted label: outer nothing = none is wanted; inner nothing = the table has no such column.
    label: Option<Option<usize>>,
}

impl Cells {
    pub(super) fn new(columns: &Columns) -> Self {
        Self {
            delimiter: columns.delimiter,
            width: columns.width,
            time: columns.time,
            name: columns.name,
            value: columns.value,
            label: columns.labels.first().copied(),
        }
    }

    /// Reads a line; nothing = the full parser must.
    #[inline]
    pub(super) fn read(&self, line: &[u8], name_of_all: &str, clock: &mut Clock, keys: &mut Keys) -> Option<Row> {
        let (mut time, mut name, mut value, mut label): (&[u8], &[u8], &[u8], &[u8]) = (b"", b"", b"", b"");
        let (mut place, mut from) = (0, 0);
        for at in memchr::memchr2_iter(self.delimiter, b'"', line).chain(std::iter::once(line.len())) {
            if line.get(at) == Some(&b'"') {
                return None;
            }
            let cell = line.get(from..at)?;
            if place == self.time {
                time = cell;
            }
            if Some(place) == self.name {
                name = cell;
            }
            if Some(place) == self.value {
                value = cell;
            }
            if Some(Some(place)) == self.label {
                label = cell;
            }
            place += 1;
            from = at + 1;
        }
        if place != self.width {
            return None;
        }
        let at_ms = clock.read(time)?;
        let value = match self.value {
            Some(_) => Some(number::all(value)?),
            None => None,
        };
        let name = if self.name.is_some() { plain(name)? } else { name_of_all.as_bytes() };
        let label = match self.label {
            Some(_) => Some(plain(label)?),
            None => None,
        };
        Some(Row { at_ms: Some(at_ms), key: keys.of(name, label), value })
    }
}

/// A cell with nothing around it that would be trimmed away.
#[inline]
fn plain(cell: &[u8]) -> Option<&[u8]> {
    let is_ink = |b: Option<&u8>| b.is_none_or(|b| b.is_ascii_graphic());
    (is_ink(cell.first()) && is_ink(cell.last())).then_some(cell)
}
