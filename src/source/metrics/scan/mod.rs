//! Reading many lines fast: a scanner for the shape that nearly every line of a file has, the full parser
//! ([`LineReader`]) behind it for all others.
//!
//! What the scanner gives is what the full parser would have given, to the bit; what it is not sure of it hands over.

mod csv;
mod jsonl;
pub mod keys;
mod marks;
mod number;
mod prom;
mod recent;
mod stamp;
mod words;

pub use keys::Keys;

use self::marks::Marks;
use crate::{
    domain::zone::Zone,
    source::metrics::{
        record::{LineReader, Record, Skip},
        shape::{Layout, Shape},
    },
};

/// What a line says, its name and label as a number of [`Keys`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Row {
    /// Epoch milliseconds; nothing where a Prometheus line says no time.
    pub at_ms: Option<i64>,
    /// The name with its label.
    pub key: u32,
    /// A finite number; nothing = an event that has none.
    pub value: Option<f64>,
}

/// What became of a line.
#[derive(Debug, Clone, PartialEq)]
pub enum Scanned {
    /// It is a record.
    Row(Row),
    /// It is blank, a comment or a header.
    Nothing,
    /// It is left out, for this reason. Outside text.
    Skip(Skip),
}

/// Scans the lines of one file. Whoever scans several lines hands over the same [`Keys`] each time.
#[derive(Debug)]
pub struct Scanner {
    lines: Lines,
    marks: Marks,
}

#[derive(Debug)]
struct Lines {
    full: LineReader,
    fast: Fast,
    clock: stamp::Clock,
}

#[derive(Debug)]
enum Fast {
    Jsonl(jsonl::Templates),
    Csv(csv::Cells),
    Prometheus(prom::Texts),
}

/// Where texts are kept that were looked up; whoever makes them all meet there makes the scanner slower by a look-up.
const SEED: u64 = 0x5bd1_e995;

impl Scanner {
    /// Scans lines of this shape; stamps without an offset are wall clock time of `zone`. Of the labels of the shape the
    /// first is a part of the key.
    pub fn new(shape: &Shape, zone: &Zone) -> Self {
        let fast = match &shape.layout {
            Layout::Jsonl(_) => Fast::Jsonl(jsonl::Templates::default()),
            Layout::Csv(columns) => Fast::Csv(csv::Cells::new(columns, SEED)),
            Layout::Prometheus { unit, .. } => Fast::Prometheus(prom::Texts::new(*unit, SEED)),
        };
        let lines = Lines { full: LineReader::new(shape, zone), fast, clock: stamp::Clock::new(zone) };
        Self { lines, marks: Marks::default() }
    }

    /// Scans every line of `text`, whose last line may have no end; `each` is told the line's number in it, from 0.
    ///
    /// Returns how many lines there were.
    pub fn scan(&mut self, text: &[u8], keys: &mut Keys, mut each: impl FnMut(u64, Scanned)) -> u64 {
        // Checked once for all lines, because that is much faster; where one is not UTF-8, each is looked at.
        let is_utf8 = text.is_ascii() || std::str::from_utf8(text).is_ok();
        let has_quotes = matches!(self.lines.fast, Fast::Csv(_)) && memchr::memchr(b'"', text).is_some();
        let (mut rest, mut number) = (text, 0);
        if is_utf8 && !has_quotes && let Some(wanted) = self.lines.wanted() {
            while rest.len() >= wanted.len() {
                let marks = self.marks.find(rest, wanted);
                let (seen, used) = self.lines.marked(rest, marks, number, keys, &mut each);
                if used == 0 {
                    break;
                }
                number += seen;
                rest = rest.get(used..).unwrap_or_default();
            }
        }
        while !rest.is_empty() {
            let end = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
            let (line, after) = rest.split_at_checked(end).unwrap_or((rest, &[]));
            rest = after.get(1..).unwrap_or_default();
            let is_good = (is_utf8 || std::str::from_utf8(line).is_ok()) && !(has_quotes && line.contains(&b'"'));
            match if is_good { self.lines.fast(line, &mut self.marks, keys) } else { None } {
                Some(row) => each(number, Scanned::Row(row)),
                None => each(number, self.lines.slow(line, keys)),
            }
            number += 1;
        }
        number
    }

    /// Scans one line without its newline.
    pub fn line(&mut self, line: &[u8], keys: &mut Keys) -> Scanned {
        let mut out = Scanned::Nothing;
        self.scan(line, keys, |_, scanned| out = scanned);
        out
    }
}

impl Lines {
    /// What to mark in many lines at once; nothing where that is of no use.
    fn wanted(&self) -> Option<[u8; 2]> {
        match &self.fast {
            Fast::Jsonl(_) => None,
            Fast::Csv(cells) => Some([cells.delimiter, b'\n']),
            Fast::Prometheus(_) => Some(*b" \n"),
        }
    }

    /// Scans the lines that end at a mark. Says how many there are, and how long they are together.
    #[inline]
    fn marked(
        &mut self,
        text: &[u8],
        marks: &[u32],
        first: u64,
        keys: &mut Keys,
        each: &mut impl FnMut(u64, Scanned),
    ) -> (u64, usize) {
        let (mut start, mut seen, mut left) = (0, 0, marks);
        loop {
            let found = match &mut self.fast {
                Fast::Csv(cells) => cells.ends(text, left).and_then(|ends| {
                    let cut = csv::Cut { text, start, ends };
                    cells.read(cut, &self.full.shape().name, &mut self.clock, keys).map(|row| (row, ends.len()))
                }),
                Fast::Prometheus(texts) => texts.read_marked(text, start, left),
                Fast::Jsonl(_) => None,
            };
            let (scanned, n_marks) = match found {
                Some((row, n_marks)) => (Scanned::Row(row), n_marks),
                None => {
                    let is_end = |place: &u32| text.get(*place as usize) == Some(&b'\n');
                    let Some(last) = left.iter().position(is_end) else { return (seen, start) };
                    let end = left.get(last).map_or(start, |place| *place as usize);
                    (self.unusual(text.get(start..end).unwrap_or_default(), keys), last + 1)
                }
            };
            each(first + seen, scanned);
            seen += 1;
            let Some((of_line, rest)) = left.split_at_checked(n_marks) else { return (seen, start) };
            start = of_line.last().map_or(start, |end| *end as usize + 1);
            left = rest;
        }
    }

    /// A line that its marks did not tell.
    #[cold]
    fn unusual(&mut self, line: &[u8], keys: &mut Keys) -> Scanned {
        let row = match &self.fast {
            Fast::Prometheus(texts) => texts.read(line.strip_suffix(b"\r").unwrap_or(line)),
            _ => None,
        };
        row.map_or_else(|| self.slow(line, keys), Scanned::Row)
    }

    #[inline]
    fn fast(&mut self, line: &[u8], marks: &mut Marks, keys: &mut Keys) -> Option<Row> {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        match &mut self.fast {
            Fast::Jsonl(templates) => templates.read(line, &mut self.clock, keys),
            Fast::Csv(cells) => {
                let cut = csv::Cut { text: line, start: 0, ends: marks.cells(line, cells.delimiter)? };
                cells.read(cut, &self.full.shape().name, &mut self.clock, keys)
            }
            Fast::Prometheus(texts) => texts.read(line),
        }
    }

    #[cold]
    fn slow(&mut self, line: &[u8], keys: &mut Keys) -> Scanned {
        let record = match self.full.read(line) {
            Err(why) => return Scanned::Skip(why),
            Ok(None) => return Scanned::Nothing,
            Ok(Some(record)) => record,
        };
        let row = row_of(&record, keys);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        match (&mut self.fast, &self.full.shape().layout) {
            (Fast::Jsonl(templates), Layout::Jsonl(paths)) => templates.learn(line, paths, &self.full.shape().name),
            (Fast::Prometheus(texts), _) => texts.learn(line, &record, row.key),
            _ => {}
        }
        Scanned::Row(row)
    }
}

fn row_of(record: &Record<'_>, keys: &mut Keys) -> Row {
    let label = record.labels.first().map(|label| label.as_bytes());
    Row { at_ms: record.at_ms, key: keys.of(record.name.as_bytes(), label), value: record.value }
}
