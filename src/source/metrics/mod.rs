//! Metric files: followed as they grow, read line by line or as a whole scrape. Bytes in, samples out.
//!
//! [`tail`] says which bytes to read and cuts them into lines, a [`Reader`] makes samples of the lines ([`csv`],
//! [`jsonl`]), [`read_scrape`] reads a whole Prometheus exposition ([`promtext`]), and [`stamp`] reads times.

use std::{borrow::Cow, collections::BTreeSet};

use chrono::{DateTime, Utc};

use crate::{
    domain::series::{MetricFormat, Sample},
    source::Batch,
};

pub mod bad;
pub mod csv;
pub mod jsonl;
pub mod labelled;
pub mod openmetrics;
pub mod promtext;
mod quoted;
pub mod record;
pub mod scan;
pub mod shape;
pub mod stamp;
pub mod tail;

/// What became of a line.
#[derive(Debug, Clone, PartialEq)]
pub enum Read {
    /// It is, or completes, a sample.
    Sample(Sample),
    /// It is a header, blank, not meant, or counted for later.
    Nothing,
    /// It is left out, for this reason. Outside text: goes through [`Batch::skip`].
    Skip(Cow<'static, str>),
}

/// Makes samples of the lines of one file.
#[derive(Debug, Clone, PartialEq)]
pub struct Reader {
    lines: Lines,
}

#[derive(Debug, Clone, PartialEq)]
enum Lines {
    Csv(csv::CsvReader),
    Jsonl(jsonl::JsonlReader),
}

impl Reader {
    /// Reads lines of this format; nothing for a Prometheus exposition, which is read whole by [`read_scrape`], and for what
    /// is in no file.
    pub fn new(format: &MetricFormat) -> Option<Self> {
        let lines = match format {
            MetricFormat::Csv { time, value } => Lines::Csv(csv::CsvReader::new(time.as_deref(), value.as_deref())),
            MetricFormat::Jsonl { time, measure, filter } => {
                Lines::Jsonl(jsonl::JsonlReader::new(time.as_deref(), measure, filter.as_ref()))
            }
            MetricFormat::Prometheus { .. } | MetricFormat::Remote { .. } => return None,
        };
        Some(Self { lines })
    }

    /// Reads one line, numbered from 1, without its newline. A carriage return at its end and a byte-order mark at the
    /// start of the file are no part of it.
    pub fn read(&mut self, line_no: u64, line: &[u8]) -> Read {
        let line = if line_no == 1 {
            if let Some(why) = refusal(line) {
                return Read::Skip(why.into());
            }
            line.strip_prefix(BOM).unwrap_or(line)
        } else {
            line
        };
        let Ok(written) = std::str::from_utf8(line.strip_suffix(b"\r").unwrap_or(line)) else {
            return Read::Skip("it is not UTF-8".into());
        };
        match &mut self.lines {
            Lines::Csv(reader) => reader.read(written),
            Lines::Jsonl(reader) => reader.read(written),
        }
    }

    /// Reads the lines a [`tail::Tail`] gave, and carries over what it left out.
    pub fn read_all(&mut self, lines: Batch<tail::Line>) -> Batch<Sample> {
        let mut out = Batch { items: Vec::new(), skipped: lines.skipped, n_skipped: lines.n_skipped };
        for line in lines.items {
            match self.read(line.number, &line.bytes) {
                Read::Sample(sample) => out.items.push(sample),
                Read::Nothing => {}
                Read::Skip(why) => out.skip(&format!("line {}", line.number), &why),
            }
        }
        out
    }

    /// The columns of the time and of the value where the settings do not name both, once they are known.
    pub fn inferred(&self) -> Option<(&str, &str)> {
        match &self.lines {
            Lines::Csv(reader) => reader.inferred(),
            Lines::Jsonl(_) => None,
        }
    }

    /// Gives the sample of a counted minute that had ended at `now`; ask about once a minute.
    pub fn until(&mut self, now: DateTime<Utc>) -> Option<Sample> {
        match &mut self.lines {
            Lines::Csv(_) => None,
            Lines::Jsonl(reader) => reader.until(now),
        }
    }

    /// A reader for late lines of the file it has read so far, which was renamed; nothing where this one goes on across
    /// files, because it counts by time.
    pub fn former(&self) -> Option<Self> {
        match &self.lines {
            Lines::Csv(_) => Some(self.clone()),
            Lines::Jsonl(_) => None,
        }
    }

    /// Goes on in the middle of a file that begins with `head`: a table's header stands there.
    pub fn go_on_in(&mut self, head: &[u8]) {
        if let Lines::Csv(reader) = &self.lines
            && reader.awaits_header()
            && let Some(end) = head.iter().position(|byte| *byte == b'\n')
        {
            let _ = self.read(1, head.get(..end).unwrap_or_default());
        }
    }

    /// Expects the start of a file, because its [`tail::Tail`] starts over.
    ///
    /// A minute that was being counted goes on in a new file; lines that were rewritten are counted anew, or they would
    /// count twice.
    pub fn start_over(&mut self, why: tail::Why) {
        match (&mut self.lines, why) {
            (Lines::Csv(reader), _) => reader.start_over(),
            (Lines::Jsonl(_), tail::Why::Rotated | tail::Why::Truncated) => {}
            (Lines::Jsonl(reader), tail::Why::Rewritten) => reader.forget_counts(),
        }
    }
}

/// The UTF-8 byte-order mark.
const BOM: &[u8] = b"\xef\xbb\xbf";

/// How much of a file's start is looked at to tell text from the rest.
const HEAD_BYTES: usize = 512;

/// Says why a file that begins with `head` cannot be read as lines of text; nothing when it can.
///
/// Ask it about the first bytes of every file before they go to a [`tail::Tail`], which would call UTF-16 torn lines.
pub fn refusal(head: &[u8]) -> Option<&'static str> {
    match head {
        [0x1f, 0x8b, ..] => return Some("it is compressed (gzip): unpack it first"),
        [0x28, 0xb5, 0x2f, 0xfd, ..] => return Some("it is compressed (zstd): unpack it first"),
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => return Some("it is UTF-16: write it as UTF-8"),
        [b'P', b'K', 3, 4, ..] => return Some("it is a zip archive: unpack it first"),
        _ => {}
    }
    // A file that was cut under its writer begins with a block of NUL bytes; the text comes after it.
    let nuls = head.iter().take_while(|b| **b == 0).count();
    let text = head.get(nuls..).unwrap_or_default();
    let text = text.get(..HEAD_BYTES).unwrap_or(text);
    // A torn line may hold a block of NUL bytes as well, so only scattered ones count, each as the start of a block.
    let blocks = text.windows(2).filter(|pair| matches!(pair, [b, 0] if *b != 0)).count();
    if blocks * 4 > text.len() {
        return Some("it is UTF-16: write it as UTF-8");
    }
    let controls = text.iter().filter(|b| matches!(b, 1..=8 | 0x0e..=0x1a | 0x1c..=0x1f)).count();
    (controls * 10 > text.len() || blocks * 10 > text.len()).then_some("it is binary, not text")
}

/// Reads one metric out of a whole scrape; samples without a time take `modified_ms`, the file's modification time
/// (epoch milliseconds).
///
/// The configured labels must match exactly, a missing one as if it were empty; others may be there. When several series
/// match, none is used: adding or choosing would invent a figure.
pub fn read_scrape(bytes: &[u8], format: &MetricFormat, modified_ms: i64) -> Batch<Sample> {
    let mut out = Batch::new();
    let MetricFormat::Prometheus { .. } = format else {
        out.skip("the file", "it is not configured as a Prometheus exposition");
        return out;
    };
    if let Some(why) = refusal(bytes) {
        out.skip("the file", why);
        return out;
    }
    pick(&promtext::parse(bytes).indexed(), format, modified_ms)
}

/// As [`read_scrape`], of an exposition that was parsed once for many signals.
pub fn pick(found: &promtext::Indexed<'_>, format: &MetricFormat, modified_ms: i64) -> Batch<Sample> {
    let mut out = Batch::new();
    let MetricFormat::Prometheus { metric, labels } = format else { return out };
    let fits = |sample: &&&promtext::PromSample| labels.iter().all(|(name, value)| has(sample, name, value));
    let matching: Vec<_> = found.named(metric).iter().filter(fits).copied().collect();
    let n_series = matching.iter().map(|sample| &sample.labels).collect::<BTreeSet<_>>().len();
    if n_series > 1 {
        out.skip(metric, &format!("{n_series} series match; add labels"));
    } else {
        take_one_series(&matching, modified_ms, &mut out);
    }
    // After what concerns the metric itself: only the first few reasons are kept.
    for (line, why) in found.bad {
        out.skip(&format!("line {line}"), why);
    }
    out
}

/// Whether a label has this value; a label that is not there is empty, as Prometheus matches.
fn has(sample: &promtext::PromSample, name: &str, value: &str) -> bool {
    sample.labels.iter().find(|(n, _)| n == name).map_or("", |(_, v)| v) == value
}

fn take_one_series(series: &[&promtext::PromSample], modified_ms: i64, out: &mut Batch<Sample>) {
    let mut stamps = BTreeSet::new();
    for sample in series {
        let at = format!("line {}", sample.line);
        if !sample.value.is_finite() {
            out.skip(&at, "its value is not a finite number");
        } else if !stamps.insert(sample.at_ms) {
            out.skip(&at, "the same series was given before");
        } else {
            out.items.push(Sample { at_ms: sample.at_ms.unwrap_or(modified_ms), value: sample.value });
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::series::Measure;

    fn csv() -> Reader {
        Reader::new(&MetricFormat::Csv { time: Some("timestamp".into()), value: Some("value".into()) }).unwrap()
    }

    fn scrape(text: &str, labels: &[(&str, &str)]) -> (Vec<Sample>, Vec<String>) {
        let labels = labels.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        let format = MetricFormat::Prometheus { metric: "up".into(), labels };
        let batch = read_scrape(text.as_bytes(), &format, 7);
        assert_eq!(batch.n_skipped, batch.skipped.len());
        (batch.items, batch.skipped.iter().map(|s| format!("{}: {}", s.at, s.why)).collect())
    }

    #[test]
    fn a_byte_order_mark_and_carriage_returns_are_no_part_of_a_line() {
        let mut reader = csv();
        assert_eq!(reader.read(1, b"\xef\xbb\xbftimestamp,value\r"), Read::Nothing);
        assert_eq!(reader.read(2, b"1,2\r"), Read::Sample(Sample { at_ms: 1_000, value: 2.0 }));
        assert_eq!(reader.read(3, b"1,\xff"), Read::Skip("it is not UTF-8".into()));
    }

    #[test]
    fn what_is_not_utf8_text_is_refused_with_what_to_do() {
        let utf16: Vec<u8> = "timestamp,value".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(refusal(&utf16), Some("it is UTF-16: write it as UTF-8"));
        assert_eq!(refusal(b"\x1f\x8b\x08"), Some("it is compressed (gzip): unpack it first"));
        assert_eq!(refusal(b"\x7fELF\x02\x01\x01\x03\x05\x06\x01"), Some("it is binary, not text"));
        for text in
            [&b""[..], b"\0\0\0\0", b"\0\0\0timestamp,value\n", b"a,b\n1,\0\0\0\0\0\0\0\0\0\n", "\u{fc}".as_bytes()]
        {
            assert_eq!(refusal(text), None, "{text:?}");
        }
    }

    #[test]
    fn a_scrape_gives_the_one_series_that_matches() {
        let text = "up{job=\"a\"} 1\nup{job=\"b\"} 0 99\nup 3\nother 4\n";
        assert_eq!(scrape(text, &[("job", "a")]), (vec![Sample { at_ms: 7, value: 1.0 }], vec![]));
        assert_eq!(scrape(text, &[("job", "b")]), (vec![Sample { at_ms: 99, value: 0.0 }], vec![]));
        assert_eq!(scrape(text, &[("job", "")]), (vec![Sample { at_ms: 7, value: 3.0 }], vec![]));
        assert_eq!(scrape(text, &[("job", "c")]), (vec![], vec![]));
        assert_eq!(scrape(text, &[]), (vec![], vec!["up: 3 series match; add labels".to_owned()]));
    }

    #[test]
    fn one_series_may_have_many_times_but_not_two_values_for_one() {
        let (samples, why) = scrape("up 1 1000\nup 2 2000\nup 3 2000\nup NaN 3000\n!\n", &[]);
        assert_eq!(samples, [Sample { at_ms: 1_000, value: 1.0 }, Sample { at_ms: 2_000, value: 2.0 }]);
        assert_eq!(
            why,
            [
                "line 3: the same series was given before",
                "line 4: its value is not a finite number",
                "line 5: it begins with no metric name",
            ]
        );
    }

    #[test]
    fn lines_go_from_the_tail_to_samples() {
        let mut tail = tail::Tail::default();
        let bytes = b"timestamp,value\n1,2\n1,x\n\0\0\0";
        let seen = tail::Seen { length: bytes.len() as u64, identity: (1, 1), modified_ms: 0 };
        let batch = csv().read_all(tail.take(seen, 0, bytes).unwrap());
        assert_eq!((batch.items, batch.n_skipped), (vec![Sample { at_ms: 1_000, value: 2.0 }], 2));
    }

    #[test]
    fn a_count_goes_on_across_a_rotation_and_anew_after_a_rewrite() {
        let format = MetricFormat::Jsonl { time: None, measure: Measure::CountPerMinute, filter: None };
        for (why, n) in [(tail::Why::Rotated, 2.0), (tail::Why::Rewritten, 1.0)] {
            let mut reader = Reader::new(&format).unwrap();
            reader.read(1, b"{\"ts\":60}");
            reader.start_over(why);
            reader.read(1, b"{\"ts\":61}");
            assert_eq!(reader.read(2, b"{\"ts\":120}"), Read::Sample(Sample { at_ms: 60_000, value: n }));
        }
    }

    proptest! {
        #[test]
        fn no_bytes_panic(lines in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..80), 0..6)) {
            let format = MetricFormat::Jsonl { time: None, measure: Measure::CountPerMinute, filter: None };
            let (mut one, mut other) = (csv(), Reader::new(&format).unwrap());
            for (number, line) in (1..).zip(&lines) {
                one.read(number, line);
                other.read(number, line);
            }
        }
    }
}
