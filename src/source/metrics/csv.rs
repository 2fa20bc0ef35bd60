//! A table of measurements with a header line, one sample a line.

use std::borrow::Cow;

use crate::{
    domain::series::Sample,
    source::metrics::{Read, stamp},
};

/// Reads one CSV file, line by line: comma separated, quotes as in RFC 4180, a quoted cell may not hold a newline.
#[derive(Debug, Clone, PartialEq)]
pub struct CsvReader {
    time: String,
    value: String,
    header: Header,
}

#[derive(Debug, Clone, PartialEq)]
enum Header {
    /// No line was read yet.
    Awaited,
    /// Where the columns stand, and how many there are.
    Known { time: usize, value: usize, width: usize },
    /// It does not name the columns: no line can be read.
    Unusable(String),
}

impl CsvReader {
    /// Reads the columns of these names (exact, surrounding white space aside).
    pub fn new(time: &str, value: &str) -> Self {
        Self { time: time.trim().to_owned(), value: value.trim().to_owned(), header: Header::Awaited }
    }

    /// Expects a header line again: the file starts over.
    pub fn start_over(&mut self) {
        self.header = Header::Awaited;
    }

    /// Reads one line without its end.
    pub fn read(&mut self, line: &str) -> Read {
        if line.trim().is_empty() {
            return Read::Nothing;
        }
        let Some(cells) = cells(line) else { return skip("its quotes do not close") };
        let (time, value, width) = match &self.header {
            Header::Known { time, value, width } => (*time, *value, *width),
            Header::Unusable(why) => return Read::Skip(why.clone().into()),
            Header::Awaited => {
                self.header = self.header_in(&cells);
                return match &self.header {
                    Header::Unusable(why) => Read::Skip(why.clone().into()),
                    Header::Awaited | Header::Known { .. } => Read::Nothing,
                };
            }
        };
        if cells.len() != width {
            return Read::Skip(format!("it has {} cells, the header has {width}", cells.len()).into());
        }
        let cell = |i: usize| cells.get(i).map_or("", |cell| cell.trim());
        let (at, measured) = (cell(time), cell(value));
        if at == self.time && measured == self.value {
            // Rotated files put together repeat their header.
            return Read::Nothing;
        }
        let Some(at_ms) = stamp::from_text(at) else { return skip("its time cannot be read") };
        if measured.is_empty() {
            return skip("its value is empty");
        }
        match measured.parse::<f64>() {
            Ok(value) if value.is_finite() => Read::Sample(Sample { at_ms, value }),
            Ok(_) => skip("its value is not a finite number"),
            Err(_) => skip("its value is not a number"),
        }
    }

    fn header_in(&self, cells: &[Cow<'_, str>]) -> Header {
        let place = |name: &str| {
            let mut places = cells.iter().enumerate().filter(|(_, cell)| cell.trim() == name).map(|(i, _)| i);
            match (places.next(), places.next()) {
                (Some(i), None) => Ok(i),
                (None, _) => Err(format!("the header has no column \"{name}\"")),
                (Some(_), Some(_)) => Err(format!("the header has more than one column \"{name}\"")),
            }
        };
        match (place(&self.time), place(&self.value)) {
            (Ok(time), Ok(value)) => Header::Known { time, value, width: cells.len() },
            (Err(why), _) | (_, Err(why)) => Header::Unusable(why),
        }
    }
}

fn skip(why: &'static str) -> Read {
    Read::Skip(why.into())
}

/// The cells of a line; nothing when a quoted cell does not end.
fn cells(line: &str) -> Option<Vec<Cow<'_, str>>> {
    if !line.contains('"') {
        return Some(line.split(',').map(Cow::Borrowed).collect());
    }
    // The parser ends an open quote at the end of its input; an odd number of quotes tells that one was open.
    if !line.bytes().filter(|b| *b == b'"').count().is_multiple_of(2) {
        return None;
    }
    let mut reader =
        csv::ReaderBuilder::new().has_headers(false).buffer_capacity(line.len().max(1)).from_reader(line.as_bytes());
    let mut record = csv::StringRecord::new();
    match reader.read_record(&mut record) {
        Ok(true) => Some(record.iter().map(|cell| Cow::Owned(cell.to_owned())).collect()),
        Ok(false) | Err(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(lines: &[&str]) -> Vec<Read> {
        let mut reader = CsvReader::new("timestamp", "value");
        lines.iter().map(|line| reader.read(line)).collect()
    }

    fn sample(at_ms: i64, value: f64) -> Read {
        Read::Sample(Sample { at_ms, value })
    }

    #[test]
    fn columns_are_found_by_their_names() {
        let lines = ["host,value, timestamp", "a,1.5,1970-01-01 00:00:01", "", "b,-2e3,2"];
        assert_eq!(read(&lines), [Read::Nothing, sample(1_000, 1.5), Read::Nothing, sample(2_000, -2_000.0)]);
    }

    #[test]
    fn quoted_cells_may_hold_commas_and_quotes() {
        let lines = ["\"timestamp\",\"value\",note", "1,\"2.5\",\"a, \"\"b\"\"\"", "1,2,\"open"];
        assert_eq!(read(&lines), [Read::Nothing, sample(1_000, 2.5), skip("its quotes do not close")]);
    }

    #[test]
    fn what_is_no_sample_is_left_out_with_its_reason() {
        let mut reader = CsvReader::new("timestamp", "value");
        reader.read("timestamp,value");
        let why =
            ["1", "1,2,3", "1,", "1,NaN", "1,-inf", "1,1e400", "1,1.5 ms", "soon,1", "timestamp,value"].map(|line| {
                match reader.read(line) {
                    Read::Skip(why) => why.into_owned(),
                    other => format!("{other:?}"),
                }
            });
        assert_eq!(
            why,
            [
                "it has 1 cells, the header has 2",
                "it has 3 cells, the header has 2",
                "its value is empty",
                "its value is not a finite number",
                "its value is not a finite number",
                "its value is not a finite number",
                "its value is not a number",
                "its time cannot be read",
                "Nothing",
            ]
        );
    }

    #[test]
    fn a_header_without_the_column_says_so_for_every_line() {
        let why = Read::Skip("the header has no column \"value\"".into());
        assert_eq!(read(&["timestamp,latency", "1,2"]), [why.clone(), why]);
        let twice = Read::Skip("the header has more than one column \"value\"".into());
        assert_eq!(read(&["timestamp,value,value"]), [twice]);
    }

    proptest! {
        #[test]
        fn no_line_panics(lines in proptest::collection::vec("\\PC{0,30}|[\",0-9a-z]{0,30}", 0..10)) {
            let mut reader = CsvReader::new("a", "b");
            reader.read("a,b");
            for line in lines {
                reader.read(&line);
            }
        }
    }
}
