//! Reading many lines fast: a scanner for the shape that nearly every line of a file has, the full parser
//! ([`LineReader`]) behind it for all others.
//!
//! What the scanner gives is what the full parser would have given, to the bit; what it is not sure of it hands over.

mod csv;
mod jsonl;
pub mod keys;
mod number;
mod prom;
mod stamp;
mod words;

pub use keys::Keys;

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

/// Scans the lines of one file.
#[derive(Debug)]
pub struct Scanner {
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

impl Scanner {
    /// Scans lines of this shape; stamps without an offset are wall clock time of `zone`. Of the labels of the shape the
    /// first is a part of the key.
    pub fn new(shape: &Shape, zone: &Zone) -> Self {
        let fast = match &shape.layout {
            Layout::Jsonl(_) => Fast::Jsonl(jsonl::Templates::default()),
            Layout::Csv(columns) => Fast::Csv(csv::Cells::new(columns)),
            Layout::Prometheus { unit, .. } => Fast::Prometheus(prom::Texts::new(*unit)),
        };
        Self { full: LineReader::new(shape, zone), fast, clock: stamp::Clock::new(zone) }
    }

    /// Scans every line of `text`, whose last line may have no end; `each` is told the line's number in it, from 0.
    ///
    /// Returns how many lines there were.
    pub fn scan(&mut self, text: &[u8], keys: &mut Keys, mut each: impl FnMut(u64, Scanned)) -> u64 {
        // Checked once for all lines, because that is much faster; where one is not UTF-8, each is looked at.
        let is_utf8 = text.is_ascii() || std::str::from_utf8(text).is_ok();
        let has_quotes = matches!(self.fast, Fast::Csv(_)) && memchr::memchr(b'"', text).is_some();
        let (mut rest, mut number) = (text, 0);
        while !rest.is_empty() {
            let end = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
            let (line, after) = rest.split_at_checked(end).unwrap_or((rest, &[]));
            rest = after.get(1..).unwrap_or_default();
            let is_good = (is_utf8 || std::str::from_utf8(line).is_ok()) && !(has_quotes && line.contains(&b'"'));
            match if is_good { self.fast(line, keys) } else { None } {
                Some(row) => each(number, Scanned::Row(row)),
                None => each(number, self.slow(line, keys)),
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

    #[inline]
    fn fast(&mut self, line: &[u8], keys: &mut Keys) -> Option<Row> {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        match &mut self.fast {
            Fast::Jsonl(templates) => templates.read(line, &mut self.clock, keys),
            Fast::Csv(cells) => cells.read(line, &self.full.shape().name, &mut self.clock, keys),
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
