//! What the lines of a metric file look like: told by the person, or inferred from the file's first lines.

mod json;
mod table;

pub(super) use self::table::{DELIMITERS, delimiter};

use crate::{
    domain::zone::Zone,
    source::metrics::{promtext, refusal},
    text::Text,
};

/// What is told of a file beforehand; what is not is inferred.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Hint {
    /// The format.
    pub format: Option<Format>,
    /// Dotted path or column of the time.
    pub time: Option<String>,
    /// Dotted path or column of the name.
    pub name: Option<String>,
    /// Dotted path or column of the value.
    pub value: Option<String>,
    /// Labels that are wanted with each record: names, dotted paths or columns.
    pub labels: Vec<String>,
    /// Whether the file ends in `# EOF`, where the head is not all of it: its times are seconds.
    pub is_openmetrics: bool,
}

/// A format of lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// One JSON object a line.
    Jsonl,
    /// Cells between delimiters.
    Csv,
    /// The Prometheus text exposition, or OpenMetrics.
    Prometheus,
}

/// The unit of an exposition's timestamps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// OpenMetrics.
    Seconds,
    /// Prometheus text.
    Milliseconds,
}

/// What the lines of a file look like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shape {
    /// Where things stand in a line.
    pub layout: Layout,
    /// What a record is called whose line has no name: the value's path or column, or `events`.
    pub name: String,
    /// How times are written, from the first line that has one.
    pub stamps: Stamps,
}

/// Where things stand in a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Layout {
    /// One JSON object a line.
    Jsonl(Paths),
    /// Cells between delimiters.
    Csv(Columns),
    /// The Prometheus text exposition, or OpenMetrics.
    Prometheus {
        /// What its timestamps count.
        unit: Unit,
        /// The labels that are wanted.
        labels: Vec<String>,
    },
}

/// Dotted paths into an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paths {
    /// The time.
    pub time: String,
    /// The name.
    pub name: Option<String>,
    /// The value; nothing = lines are only counted.
    pub value: Option<String>,
    /// The wanted labels.
    pub labels: Vec<String>,
}

/// Columns of a table, from 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Columns {
    /// What stands between cells.
    pub delimiter: u8,
    /// The cells of the header line, trimmed; nothing = the file has none.
    pub header: Option<Vec<String>>,
    /// How many cells a line has.
    pub width: usize,
    /// The time.
    pub time: usize,
    /// The name.
    pub name: Option<usize>,
    /// The value; nothing = lines are only counted.
    pub value: Option<usize>,
    /// The wanted labels; nothing where the table has no such column.
    pub labels: Vec<Option<usize>>,
}

/// How times are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stamps {
    /// With an offset from UTC.
    Zoned,
    /// A wall clock without an offset.
    Zoneless,
    /// An epoch number: the word for its unit.
    Epoch(&'static str),
    /// No line says one.
    Absent,
}

/// Why a file's shape is not known, and what to do. Scrubbed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub struct Why {
    /// What is wrong with the file.
    pub why: Text,
    /// What to do about it.
    pub hint: Text,
}

impl Why {
    fn new(why: &str, hint: &str) -> Self {
        Self { why: Text::scrub(why), hint: Text::scrub(hint) }
    }
}

/// How many lines are looked at.
const LINES: usize = 200;

/// Names a time goes by, the likeliest first; letters' case aside.
const TIMES: [&str; 14] = [
    "timestamp",
    "time",
    "ts",
    "at",
    "@timestamp",
    "datetime",
    "date",
    "t",
    "_time",
    "created_at",
    "asctime",
    "eventtime",
    "observed_at",
    "epoch",
];

/// Names a metric's or an event's name goes by.
const NAMES: [&str; 13] = [
    "name",
    "metric",
    "metric_name",
    "metricname",
    "__name__",
    "series",
    "event",
    "measurement",
    "signal",
    "sensor",
    "key",
    "event_name",
    "counter",
];

/// Names a value goes by.
const VALUES: [&str; 6] = ["value", "val", "v", "reading", "sample", "y"];

/// Tells the shape of a file from its first bytes, some thousand of them; a last line that is cut is not looked at. They
/// are unpacked already where the file is compressed.
///
/// # Errors
/// [`Why`] where it is no text, holds no line that can be read, or several things could be the value.
pub fn infer(head: &[u8], hint: &Hint) -> Result<Shape, Why> {
    if let Some(why) = refusal(head) {
        return Err(Why::new(why, "give it as text, .gz or .zst"));
    }
    let head = head.strip_prefix(super::BOM).unwrap_or(head);
    let text = String::from_utf8_lossy(head);
    let whole = if text.contains('\n') { text.rfind('\n').unwrap_or(text.len()) } else { text.len() };
    let lines: Vec<&str> = text
        .get(..whole)
        .unwrap_or("")
        .lines()
        .map(|l| l.trim_matches('\0'))
        .filter(|l| !l.trim().is_empty())
        .take(LINES)
        .collect();
    if lines.is_empty() {
        return Err(Why::new("it has no line", "nothing was written to it yet"));
    }
    match hint.format.unwrap_or_else(|| format_of(&lines)) {
        Format::Jsonl => json::infer(&lines, hint),
        Format::Csv => table::infer(&lines, hint),
        Format::Prometheus => exposition(&text, hint),
    }
}

/// The format of which the first lines are.
fn format_of(lines: &[&str]) -> Format {
    let is_json =
        |line: &&&str| line.trim_start().starts_with('{') && serde_json::from_str::<serde_json::Value>(line).is_ok();
    if lines.iter().take(20).any(|line| is_json(&line)) {
        return Format::Jsonl;
    }
    let is_declared = |line: &&str| ["# HELP ", "# TYPE ", "# UNIT "].iter().any(|word| line.starts_with(word));
    let body = lines.iter().filter(|line| !line.starts_with('#')).take(20).copied().collect::<Vec<_>>();
    let good = promtext::parse(format!("{}\n", body.join("\n")).as_bytes()).samples.len();
    if lines.first().is_some_and(is_declared) || (good > 0 && good * 2 > body.len()) {
        return Format::Prometheus;
    }
    if lines.iter().filter(|line| line.trim_start().starts_with('{')).count() * 2 > lines.len() {
        return Format::Jsonl;
    }
    Format::Csv
}

fn exposition(text: &str, hint: &Hint) -> Result<Shape, Why> {
    let has_end = hint.is_openmetrics || text.trim_end().ends_with("\n# EOF");
    let times =
        promtext::parse(format!("{}\n# EOF\n", text.get(..text.rfind('\n').unwrap_or(0)).unwrap_or("")).as_bytes());
    // Milliseconds are whole; in their place seconds have fractions.
    let has_fraction = times.samples.iter().filter_map(|s| s.at_ms).any(|ms| ms.rem_euclid(1_000) != 0);
    let unit = if has_end || has_fraction { Unit::Seconds } else { Unit::Milliseconds };
    let stamps = match (times.samples.iter().any(|s| s.at_ms.is_some()), unit) {
        (false, _) => Stamps::Absent,
        (true, Unit::Seconds) => Stamps::Epoch("seconds"),
        (true, Unit::Milliseconds) => Stamps::Epoch("milliseconds"),
    };
    let layout = Layout::Prometheus { unit, labels: hint.labels.clone() };
    Ok(Shape { layout, name: "events".to_owned(), stamps })
}

/// How a stamp is written.
fn stamps(written: &str) -> Stamps {
    let written = written.trim();
    if let Ok(number) = written.parse::<f64>() {
        let size = number.abs();
        return Stamps::Epoch(match size {
            _ if size < 1e11 => "seconds",
            _ if size < 1e14 => "milliseconds",
            _ if size < 1e17 => "microseconds",
            _ => "nanoseconds",
        });
    }
    // Zoneless text means another instant in another zone.
    let read = |zone: &Zone| super::stamp::in_zone(written, zone);
    let east = Zone::listed("east", 3_600, &[]);
    if read(&Zone::utc()) == read(&east) { Stamps::Zoned } else { Stamps::Zoneless }
}

impl Shape {
    /// The shape in words, for `--explain`. Scrubbed.
    pub fn said(&self) -> Text {
        let stamps = match self.stamps {
            Stamps::Zoned => "with an offset",
            Stamps::Zoneless => "without an offset",
            Stamps::Epoch(unit) => unit,
            Stamps::Absent => "none: the file's own time",
        };
        let or_none = |path: Option<&str>| path.map_or_else(|| "none".to_owned(), |p| format!("\"{p}\""));
        Text::scrub(&match &self.layout {
            Layout::Prometheus { .. } => format!("Prometheus text; time {stamps}"),
            Layout::Jsonl(paths) => format!(
                "JSON Lines; time \"{}\" ({stamps}), name {}, value {}",
                paths.time,
                or_none(paths.name.as_deref()),
                or_none(paths.value.as_deref())
            ),
            Layout::Csv(columns) => {
                let column = |place: usize| match columns.header.as_ref().and_then(|h| h.get(place)) {
                    Some(name) => format!("\"{name}\""),
                    None => format!("column {}", place + 1),
                };
                let delimiter = match columns.delimiter {
                    b'\t' => "tab".to_owned(),
                    other => format!("'{}'", char::from(other)),
                };
                let header = if columns.header.is_some() { "a header" } else { "no header" };
                format!(
                    "CSV, delimiter {delimiter}, {header}; time {} ({stamps}), name {}, value {}",
                    column(columns.time),
                    columns.name.map_or_else(|| "none".to_owned(), column),
                    columns.value.map_or_else(|| "none".to_owned(), column)
                )
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use proptest::prelude::*;

    use super::*;
    use crate::source::metrics::record::LineReader;

    fn said(head: &str, hint: &Hint) -> String {
        infer(head.as_bytes(), hint).map_or_else(|why| format!("{}; {}", why.why, why.hint), |s| s.said().to_string())
    }

    /// What the first line that is a record says.
    fn first(head: &str, hint: &Hint) -> (Option<i64>, String, Option<f64>, Vec<String>) {
        let shape = infer(head.as_bytes(), hint).unwrap();
        let reader = LineReader::new(&shape, &Zone::utc());
        let skip = usize::from(matches!(&shape.layout, Layout::Csv(columns) if columns.header.is_some()));
        let record = head.lines().skip(skip).find_map(|line| reader.read(line.as_bytes()).unwrap()).unwrap();
        let labels = record.labels.into_iter().map(Cow::into_owned).collect();
        (record.at_ms, record.name.into_owned(), record.value, labels)
    }

    fn by(label: &str) -> Hint {
        Hint { labels: vec![label.to_owned()], ..Hint::default() }
    }

    #[test]
    fn json_of_many_makers_is_told_by_its_fields() {
        let plain = r#"{"ts":"2026-11-20T12:00:00Z","name":"latency","value":2.5,"labels":{"host":"a"}}"#;
        assert_eq!(first(plain, &by("host")), (Some(1_795_176_000_000), "latency".into(), Some(2.5), vec!["a".into()]));
        let structlog = r#"{"event":"paid","timestamp":"2026-11-20T12:00:00Z","level":"info","status":200}"#;
        assert_eq!(first(structlog, &by("level")), (Some(1_795_176_000_000), "paid".into(), None, vec!["info".into()]));
        let bare = r#"{"t":1795176000000000,"ms":3}"#;
        assert_eq!(first(bare, &Hint::default()), (Some(1_795_176_000_000), "ms".into(), Some(3.0), vec![]));
        let nested = r#"{"meta":{"time":1795176000},"data":{"metric":"cpu","val":"7"}}"#;
        assert_eq!(first(nested, &Hint::default()), (Some(1_795_176_000_000), "cpu".into(), Some(7.0), vec![]));
    }

    #[test]
    fn tables_are_told_by_their_header_or_their_cells() {
        let semicolons = "time;metric;host;value\n2026-11-20 12:00:00;cpu;a;1.5\n2026-11-20 12:00:01;cpu;b;2\n";
        assert_eq!(
            said(semicolons, &by("host")),
            "CSV, delimiter ';', a header; time \"time\" (without an offset), name \"metric\", value \"value\""
        );
        assert_eq!(
            first(semicolons, &by("host")),
            (Some(1_795_176_000_000), "cpu".into(), Some(1.5), vec!["a".into()])
        );
        let bare = "1795176000000\tcpu\t1\n1795176001000\tmem\t2\n";
        assert_eq!(first(bare, &Hint::default()), (Some(1_795_176_000_000), "cpu".into(), Some(1.0), vec![]));
        let one = "timestamp,latency\n1795176000,4\n";
        assert_eq!(first(one, &Hint::default()), (Some(1_795_176_000_000), "latency".into(), Some(4.0), vec![]));
    }

    #[test]
    fn expositions_are_told_by_their_lines_and_their_end() {
        let prom = "# TYPE up gauge\nup{job=\"a\"} 1 1795176000000\n";
        assert_eq!(first(prom, &by("job")), (Some(1_795_176_000_000), "up".into(), Some(1.0), vec!["a".into()]));
        let open = "# TYPE up gauge\nup{job=\"a\"} 1 1795176000\n# EOF\n";
        assert_eq!(first(open, &by("none")), (Some(1_795_176_000_000), "up".into(), Some(1.0), vec![String::new()]));
        assert_eq!(first("up 1\ndown 2\n", &Hint::default()), (None, "up".into(), Some(1.0), vec![]));
    }

    #[test]
    fn what_cannot_be_told_is_asked_for() {
        for (head, why) in [
            ("", "it has no line; nothing was written to it yet"),
            ("{\"a\":1}\n", "none of its fields is a time; --time names the field"),
            (
                "{\"ts\":1,\"cpu\":1,\"mem\":2}\n",
                "several of its fields could be the value: cpu, mem; --value names the one that is meant",
            ),
            ("a,b\nc,d\n", "none of its columns is a time; --time names the column"),
            (
                "time,a,b\n1795176000,1,2\n",
                "several of its columns could be the value: a, b; --value names the one that is meant",
            ),
        ] {
            assert_eq!(said(head, &Hint::default()), why, "{head}");
        }
        let hint = Hint { value: Some("c".to_owned()), ..Hint::default() };
        assert_eq!(said("time,a\n1795176000,1\n", &hint), "its header has no column \"c\"; it has: time, a");
        let gzip = infer(b"\x1f\x8b\x08", &Hint::default()).unwrap_err();
        assert_eq!(gzip.why.as_str(), "it is compressed (gzip): unpack it first");
    }

    proptest! {
        #[test]
        fn no_head_panics(head in proptest::collection::vec(any::<u8>(), 0..200), text in "[a-z{}\":,;0-9 #\n]{0,120}") {
            for head in [head, text.into_bytes()] {
                if let Ok(shape) = infer(&head, &by("a")) {
                    let reader = LineReader::new(&shape, &Zone::utc());
                    for line in head.split(|b| *b == b'\n') {
                        let _ = reader.read(line);
                    }
                    let _ = shape.said();
                }
            }
        }
    }
}
