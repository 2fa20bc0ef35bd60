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
        if is_utf8
            && !has_quotes
            && let Some(wanted) = self.lines.wanted()
        {
            while !rest.is_empty() {
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
            (Fast::Prometheus(texts), _) => texts.learn(line, &record, row.key, &self.full),
            _ => {}
        }
        Scanned::Row(row)
    }
}

fn row_of(record: &Record<'_>, keys: &mut Keys) -> Row {
    let label = record.labels.first().map(|label| label.as_bytes());
    Row { at_ms: record.at_ms, key: keys.of(record.name.as_bytes(), label), value: record.value }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::source::metrics::shape::{Hint, infer};

    /// What the full parser says of every line.
    fn slowly(text: &[u8], shape: &Shape, keys: &mut Keys) -> Vec<Scanned> {
        let full = LineReader::new(shape, &Zone::utc());
        let lines = text.split_inclusive(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\n").unwrap_or(line));
        lines
            .map(|line| match full.read(line) {
                Err(why) => Scanned::Skip(why),
                Ok(None) => Scanned::Nothing,
                Ok(Some(record)) => Scanned::Row(row_of(&record, keys)),
            })
            .collect()
    }

    fn bytes(pattern: &str) -> impl Strategy<Value = Vec<u8>> + use<> {
        proptest::string::bytes_regex(pattern).unwrap()
    }

    fn cells() -> impl Strategy<Value = Vec<u8>> {
        prop_oneof![
            8 => bytes("2026-11-20T12:0[0-9]:[0-5][0-9]\\.[0-9]{3}Z,[a-c]{1,2}(_[a-z]{30,40})?,-?[0-9]{1,4}(\\.[0-9]{0,6})?,h[0-9]"),
            2 => bytes("[0-9]{10,13},a,[0-9]{1,18},h1"),
            1 => bytes("(ts|12|),( a|b |),(1|x|),(h| )(,[a-z]{0,3}){0,3}"),
            1 => bytes("(?s-u:[\"\\x80-\\xff,a1]{0,20})"),
            1 => Just(b"ts,name,value,host".to_vec()),
        ]
    }

    fn exposed() -> impl Strategy<Value = Vec<u8>> {
        prop_oneof![
            8 => bytes("[ab]{1,2}(\\{host=\"h[0-9]( \\}|_[a-z]{40,70})?\",job=\"j\"\\})? -?[0-9]{1,4}(\\.[0-9]{0,6})?( [0-9]{9,17})?"),
            1 => bytes("[ab]( \\{host=\"h\"\\})?  ?[0-9]{1,3}\\t?[0-9]{0,13} ?"),
            1 => bytes("(# TYPE a gauge|# |a NaN|a|a 1 2 3|\\{\"b c\"\\} 1 1795176000000|)"),
            1 => bytes("(?s-u:[\"\\x80-\\xff{} a1]{0,20})"),
        ]
    }

    /// Scans them together, more than a window of them, and holds every line against the full parser's word.
    fn check(head: &str, lines: &[Vec<u8>], ends: &[bool], label: Option<&str>) -> Result<(), TestCaseError> {
        let hint = Hint { labels: label.map(str::to_owned).into_iter().collect(), ..Hint::default() };
        let shape = infer(head.as_bytes(), &hint).unwrap();
        let mut text = Vec::new();
        while text.len() < 2 * marks::WINDOW {
            for (line, is_crlf) in lines.iter().zip(ends.iter().cycle()) {
                text.extend_from_slice(line);
                text.extend_from_slice(if *is_crlf { b"\r\n" } else { b"\n" });
            }
        }
        text.extend_from_slice(&lines[0]);
        let (mut keys, mut found) = (Keys::new(3), Vec::new());
        let expected = slowly(&text, &shape, &mut keys);
        let mut scanner = Scanner::new(&shape, &Zone::utc());
        let n = scanner.scan(&text, &mut keys, |number, scanned| found.push((number, scanned)));
        prop_assert_eq!(n, expected.len() as u64);
        for ((number, found), (place, expected)) in found.iter().zip((0..).zip(&expected)) {
            prop_assert_eq!((*number, found), (place, expected));
        }
        prop_assert_eq!(found.len(), expected.len());
        Ok(())
    }

    #[test]
    fn a_name_apart_from_its_labels_is_another_series_without_them() {
        let lines = [&b"b {host=\"h1\"} 0"[..], b"b 0", b"b{host=\"h}1\"} 0", b"b{host=\"h1\"} 0"].map(<[u8]>::to_vec);
        for label in [None, Some("host")] {
            check("a{host=\"h1\"} 1 1795176000000\n", &lines, &[false], label).unwrap();
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(96))]
        #[test]
        fn many_lines_of_cells_say_what_each_says_alone(
            lines in proptest::collection::vec(cells(), 1..40), ends in proptest::collection::vec(any::<bool>(), 1..4),
            has_label in any::<bool>(), is_odd in any::<bool>())
        {
            let lines: Vec<_> = lines.into_iter().filter(|line| is_odd || line.is_ascii() && !line.contains(&b'"')).collect();
            prop_assume!(!lines.is_empty());
            let head = "ts,name,value,host\n2026-11-20T12:00:00.000Z,a,1.5,h1\n";
            check(head, &lines, &ends, has_label.then_some("host"))?;
        }

        #[test]
        fn many_lines_of_an_exposition_say_what_each_says_alone(
            lines in proptest::collection::vec(exposed(), 1..40), ends in proptest::collection::vec(any::<bool>(), 1..4),
            has_label in any::<bool>(), is_odd in any::<bool>())
        {
            let lines: Vec<_> = lines.into_iter().filter(|line| is_odd || line.is_ascii()).collect();
            prop_assume!(!lines.is_empty());
            check("a{host=\"h1\",job=\"j\"} 1 1795176000000\n", &lines, &ends, has_label.then_some("host"))?;
        }
    }
}
