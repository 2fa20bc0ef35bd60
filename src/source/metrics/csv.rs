//! A table of measurements with a header line, one sample a line.

use std::borrow::Cow;

use crate::{
    domain::series::Sample,
    source::metrics::{
        Read,
        record::cells,
        shape::{self, Columns, DELIMITERS, Format, Hint, Layout, Why},
        stamp,
    },
};

/// The column of the time, where there is one of this name and the settings name none.
const TIME: &str = "timestamp";

/// The column of the value, likewise.
const VALUE: &str = "value";

/// Reads one CSV file, line by line: cells between commas, tabs, semicolons or bars, quotes as in RFC 4180; a quoted cell may
/// not hold a newline.
#[derive(Debug, Clone, PartialEq)]
pub struct CsvReader {
    time: Option<String>,
    value: Option<String>,
    header: Header,
    /// The columns of the time and of the value as they were last known: what comes later is read by these names.
    known: Option<(String, String)>,
}

#[derive(Debug, Clone, PartialEq)]
enum Header {
    /// No line was read yet.
    Awaited,
    /// A header that is told its columns by the first line below it that does; as it is written.
    Open(String),
    /// Where the columns stand and what they are called, how many there are, and what stands between them.
    Known { time: (usize, String), value: (usize, String), width: usize, delimiter: u8 },
    /// It does not name the columns: no line can be read.
    Unusable(String),
}

impl CsvReader {
    /// Reads the columns of these names (exact, surrounding white space aside). One that is not named is found as
    /// [`shape::infer`] finds it: by the names such columns go by, else the only one that fits.
    pub fn new(time: Option<&str>, value: Option<&str>) -> Self {
        let trimmed = |name: Option<&str>| name.map(|name| name.trim().to_owned());
        Self { time: trimmed(time), value: trimmed(value), header: Header::Awaited, known: None }
    }

    /// Whether the header line is still to come.
    pub fn awaits_header(&self) -> bool {
        matches!(self.header, Header::Awaited)
    }

    /// Expects a header line again: the file starts over.
    pub fn start_over(&mut self) {
        self.header = Header::Awaited;
    }

    /// The columns of the time and of the value, once they are known; nothing where both are named by the settings.
    pub fn inferred(&self) -> Option<(&str, &str)> {
        match &self.header {
            Header::Known { time, value, .. } if self.time.is_none() || self.value.is_none() => {
                Some((&time.1, &value.1))
            }
            _ => None,
        }
    }

    /// Reads one line without its end.
    pub fn read(&mut self, line: &str) -> Read {
        if line.trim().is_empty() {
            return Read::Nothing;
        }
        if self.is_header_again(line) {
            self.begin(self.header_in(line));
            return match &self.header {
                Header::Unusable(why) => Read::Skip(why.clone().into()),
                Header::Awaited | Header::Open(_) | Header::Known { .. } => Read::Nothing,
            };
        }
        let delimiter = match &self.header {
            Header::Known { delimiter, .. } => *delimiter,
            Header::Unusable(why) => return Read::Skip(why.clone().into()),
            Header::Awaited => {
                if cells(line, b',').is_none() {
                    return skip("its quotes do not close");
                }
                self.begin(self.header_in(line));
                return match &self.header {
                    Header::Unusable(why) => Read::Skip(why.clone().into()),
                    Header::Awaited | Header::Open(_) | Header::Known { .. } => Read::Nothing,
                };
            }
            Header::Open(written) => {
                let delimiter = shape::delimiter(&[written, line]);
                let (Some(header), Some(cells)) = (cells(written, delimiter), cells(line, delimiter)) else {
                    return skip("its quotes do not close");
                };
                if cells.len() != header.len() {
                    return wrong_width(cells.len(), header.len());
                }
                match self.columns(written, line, delimiter) {
                    Ok(known) => self.begin(known),
                    Err(why) => return Read::Skip(why.into()),
                }
                delimiter
            }
        };
        match cells(line, delimiter) {
            Some(cells) => self.sample(&cells),
            None => skip("its quotes do not close"),
        }
    }

    fn begin(&mut self, header: Header) {
        if let Header::Known { time, value, .. } = &header
            && self.known.is_none()
        {
            self.known = Some((time.1.clone(), value.1.clone()));
        }
        self.header = header;
    }

    /// Whether a line below the header is one again: a writer that begins anew writes its own, perhaps with other columns. It
    /// names one that is read, and holds neither a time nor a number.
    fn is_header_again(&self, line: &str) -> bool {
        let Some((time, value)) = &self.known else { return false };
        // Nearly no line is one: that must cost nothing.
        if !line.contains(time.as_str()) && !line.contains(value.as_str()) {
            return false;
        }
        let is_one = |delimiter: &u8| {
            let cells = cells(line, *delimiter).unwrap_or_default();
            let is_name = |cell: &Cow<'_, str>| cell.trim() == time || cell.trim() == value;
            let is_told =
                |cell: &Cow<'_, str>| stamp::from_text(cell.trim()).is_some() || cell.trim().parse::<f64>().is_ok();
            cells.iter().any(is_name) && !cells.iter().any(is_told)
        };
        !self.awaits_header() && DELIMITERS.iter().any(is_one)
    }

    fn sample(&self, cells: &[Cow<'_, str>]) -> Read {
        let Header::Known { time, value, width, .. } = &self.header else { return Read::Nothing };
        if cells.len() != *width {
            return wrong_width(cells.len(), *width);
        }
        let cell = |i: usize| cells.get(i).map_or("", |cell| cell.trim());
        let (at, measured) = (cell(time.0), cell(value.0));
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

    fn header_in(&self, line: &str) -> Header {
        let found = |delimiter: &u8| {
            let cells = cells(line, *delimiter).unwrap_or_default();
            let place = |name: &str| {
                let mut places = cells.iter().enumerate().filter(|(_, cell)| cell.trim() == name).map(|(i, _)| i);
                match (places.next(), places.next()) {
                    (Some(i), None) => Ok((i, name.to_owned())),
                    (None, _) => Err(format!("the header has no column \"{name}\"")),
                    (Some(_), Some(_)) => Err(format!("the header has more than one column \"{name}\"")),
                }
            };
            let has = |name: &&str| cells.iter().any(|cell| cell.trim() == *name);
            let meant = |named: &Option<String>, known: Option<&String>, usual| {
                let named = named.as_deref().or(known.map(String::as_str));
                named.or(Some(usual).filter(has)).map(place).transpose()
            };
            let (time, value) = self.known.as_ref().map(|(time, value)| (time, value)).unzip();
            match (meant(&self.time, time, TIME), meant(&self.value, value, VALUE)) {
                (Ok(Some(time)), Ok(Some(value))) => {
                    Header::Known { time, value, width: cells.len(), delimiter: *delimiter }
                }
                (Err(why), _) | (_, Err(why)) => Header::Unusable(why),
                (Ok(_), Ok(_)) => Header::Open(line.to_owned()),
            }
        };
        let mut all: Vec<Header> = DELIMITERS.iter().map(found).collect();
        // Names that are there tell what stands between them.
        let rank = |header: &Header| match header {
            Header::Known { .. } => 0,
            Header::Open(_) => 1,
            Header::Awaited | Header::Unusable(_) => 2,
        };
        all.sort_by_key(rank);
        match all.into_iter().next() {
            Some(Header::Unusable(_)) | None => found(&shape::delimiter(&[line])),
            Some(header) => header,
        }
    }

    /// The columns of a header by the first line below it.
    fn columns(&self, written: &str, line: &str, delimiter: u8) -> Result<Header, String> {
        let (time_is, value_is) =
            ("time_column names the one that is meant", "value_column names the one that is meant");
        let header = cells(written, delimiter).unwrap_or_default();
        let has = |name: &&str| header.iter().any(|cell| cell.trim() == *name);
        let meant = |named: &Option<String>, usual: &str| named.clone().or(Some(usual).filter(has).map(str::to_owned));
        let (time, value) = (meant(&self.time, TIME), meant(&self.value, VALUE));
        // What is empty here may hold the numbers of other lines.
        if value.is_none()
            && cells(line, delimiter).is_some_and(|cells| cells.iter().any(|cell| cell.trim().is_empty()))
        {
            return Err(format!("a cell is empty: {value_is}"));
        }
        let hint = Hint { format: Some(Format::Csv), time, value, ..Hint::default() };
        let which = |why: &Why| if why.why.as_str().contains("value") { value_is } else { time_is };
        let found = shape::infer(format!("{written}\n{line}\n").as_bytes(), &hint);
        let found = found.map_err(|why| format!("{}: {}", why.why, which(&why)))?;
        let Layout::Csv(Columns { time, value, header: Some(header), width, delimiter, .. }) = found.layout else {
            return Err(format!("it has no header line: {time_is}"));
        };
        let named = |place: usize| (place, header.get(place).cloned().unwrap_or_default());
        let value = value.ok_or_else(|| format!("none of its columns is a number: {value_is}"))?;
        Ok(Header::Known { time: named(time), value: named(value), width, delimiter })
    }
}

fn wrong_width(cells: usize, width: usize) -> Read {
    Read::Skip(format!("it has {cells} cells, the header has {width}").into())
}

fn skip(why: &'static str) -> Read {
    Read::Skip(why.into())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(lines: &[&str]) -> Vec<Read> {
        let mut reader = CsvReader::new(Some("timestamp"), Some("value"));
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
        let mut reader = CsvReader::new(Some("timestamp"), Some("value"));
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

    #[test]
    fn the_usual_names_need_no_line_to_tell_them() {
        let mut reader = CsvReader::new(None, None);
        assert_eq!(reader.read("note,timestamp,value,other"), Read::Nothing);
        assert_eq!(reader.inferred(), Some(("timestamp", "value")));
        assert_eq!(reader.read("a,1,,5"), skip("its value is empty"));
        let mut open = CsvReader::new(None, None);
        open.read("ts,a,b");
        assert!(matches!(open.read("2026-11-20T12:00:00Z,,5"), Read::Skip(why) if why.contains("a cell is empty")));
        assert_eq!(open.inferred(), None);
    }

    #[test]
    fn cells_stand_between_whatever_a_summary_would_find() {
        for sign in [",", ";", "\t", "|"] {
            for (time, value) in
                [(None, None), (Some("When"), None), (None, Some("Used")), (Some("When"), Some("Used"))]
            {
                let mut reader = CsvReader::new(time, value);
                let lines = ["When;host;Used", "1970-01-01T00:00:01Z;\"a;,|b\";70.5", "1970-01-01T00:00:02Z;a;71"];
                let found = lines.map(|line| reader.read(&line.replace(";", sign).replace("a,,", "a;,")));
                assert_eq!(
                    found,
                    [Read::Nothing, sample(1_000, 70.5), sample(2_000, 71.0)],
                    "{sign} {time:?} {value:?}"
                );
            }
            let mut usual = CsvReader::new(None, None);
            let found = ["timestamp;value", "1;2.5"].map(|line| usual.read(&line.replace(";", sign)));
            assert_eq!(found, [Read::Nothing, sample(1_000, 2.5)]);
        }
        let mut decimals = CsvReader::new(None, None);
        let found = ["When;Used, GB", "1970-01-01T00:00:01Z;70"].map(|line| decimals.read(line));
        assert_eq!(found, [Read::Nothing, sample(1_000, 70.0)]);
        let mut named = CsvReader::new(Some("When"), Some("Free"));
        let none = Read::Skip("the header has no column \"Free\"".into());
        assert_eq!(named.read("When;Used"), none);
    }

    #[test]
    fn columns_that_are_not_named_are_found_as_a_summary_finds_them() {
        let mut reader = CsvReader::new(None, None);
        let lines = [
            "host,ts,latency",
            "a,soon,1",
            "a,2026-11-20T12:00:00Z,1.5",
            "host,ts,latency",
            "b,1970-01-01T00:00:02Z,2",
        ];
        let read = lines.map(|line| reader.read(line));
        assert_eq!(read[0], Read::Nothing);
        assert!(matches!(&read[1], Read::Skip(why) if why.contains("time_column")), "{:?}", read[1]);
        assert_eq!(read[2..], [sample(1_795_176_000_000, 1.5), Read::Nothing, sample(2_000, 2.0)]);
        assert_eq!(reader.inferred(), Some(("ts", "latency")));
        let mut two = CsvReader::new(None, None);
        two.read("when,a,b");
        let Read::Skip(why) = two.read("2026-11-20T12:00:00Z,1,2") else { panic!("which one is meant?") };
        assert!(why.contains("a, b") && why.contains("value_column"), "{why}");
        let mut named = CsvReader::new(None, Some("b"));
        named.read("when,a,b");
        assert_eq!(named.read("1970-01-01T00:00:01Z,1,2"), sample(1_000, 2.0));
        assert_eq!(CsvReader::new(Some("timestamp"), Some("value")).inferred(), None);
    }

    #[test]
    fn a_header_in_the_middle_is_read_by_from_there_on_whatever_the_order_of_its_columns() {
        for named in [None, Some("value")] {
            let mut reader = CsvReader::new(None, named);
            let lines =
                ["timestamp,value,other", "1,900,1", "timestamp,other,value", "2,1,900", "value;timestamp", "7;3"];
            let read = lines.map(|line| reader.read(line));
            let samples = [sample(1_000, 900.0), sample(2_000, 900.0), sample(3_000, 7.0)];
            assert_eq!([&read[1], &read[3], &read[5]], [&samples[0], &samples[1], &samples[2]], "{named:?}");
            assert_eq!([&read[0], &read[2], &read[4]], [&Read::Nothing; 3]);
        }
    }

    #[test]
    fn where_the_column_that_was_read_is_gone_no_other_one_is_taken_for_it() {
        let gone = Read::Skip("the header has no column \"value\"".into());
        for is_rotated in [false, true] {
            let mut reader = CsvReader::new(None, None);
            assert_eq!(["timestamp,value,other", "1,900,1"].map(|line| reader.read(line))[1], sample(1_000, 900.0));
            if is_rotated {
                reader.start_over();
            }
            assert_eq!(["timestamp,other", "2,1"].map(|line| reader.read(line)), [gone.clone(), gone.clone()]);
            let back = ["other,timestamp,value", "1,3,900"].map(|line| reader.read(line));
            assert_eq!(back, [Read::Nothing, sample(3_000, 900.0)]);
        }
        let mut found = CsvReader::new(None, None);
        let _ = ["ts,latency", "1970-01-01T00:00:01Z,5"].map(|line| found.read(line));
        let lines = ["ts,size", "1970-01-01T00:00:02Z,6", "size,latency,ts", "6,5,1970-01-01T00:00:02Z"];
        assert_eq!(
            lines.map(|line| found.read(line))[1..],
            [Read::Skip("the header has no column \"latency\"".into()), Read::Nothing, sample(2_000, 5.0),]
        );
    }

    proptest! {
        #[test]
        fn unnamed_columns_never_panic(lines in proptest::collection::vec("\\PC{0,30}|[\",0-9a-z]{0,30}", 0..10)) {
            let mut reader = CsvReader::new(None, None);
            for line in lines {
                reader.read(&line);
            }
        }

        #[test]
        fn no_line_panics(lines in proptest::collection::vec("\\PC{0,30}|[\",0-9a-z]{0,30}", 0..10)) {
            let mut reader = CsvReader::new(Some("a"), Some("b"));
            reader.read("a,b");
            for line in lines {
                reader.read(&line);
            }
        }
    }
}
