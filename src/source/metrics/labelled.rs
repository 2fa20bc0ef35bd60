//! Lines and expositions as labelled samples: what many signals read of one file that is read once.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::{
    domain::{
        sample::{Kind, Labelled, Labels, SeriesKey},
        zone::Zone,
    },
    source::{
        Batch,
        metrics::{
            BOM, promtext,
            record::LineReader,
            shape::{self, Hint, Shape, Why},
            tail::Line,
        },
    },
    text::Text,
};

/// Keys remembered at most; a writer that puts a request's number into a label must not fill the memory.
const KEYS: usize = 200_000;

/// Characters of a label's value that is too long to be kept whole.
const CUT: usize = 100;

/// The value of an event that has none: a rollup's count says how many there were.
pub const EVENT: f64 = 1.0;

/// Lines that wait until the shape is known, at most.
const WAITING: usize = 200;

/// Makes labelled samples of the lines of one file, whose shape is configured or inferred once.
#[derive(Debug, Clone)]
pub struct LabelledReader {
    hint: Hint,
    zone: Zone,
    lines: Option<LineReader>,
    waiting: Vec<Line>,
    why: Option<Why>,
    keys: Keys,
}

/// Keys by what a line says of them, so that a series has one key that is shared.
#[derive(Debug, Clone, Default)]
struct Keys {
    known: HashMap<String, SeriesKey>,
    asked: String,
}

impl Keys {
    fn of<'a>(&mut self, name: &str, labels: impl Iterator<Item = (&'a str, &'a str)> + Clone) -> SeriesKey {
        self.asked.clear();
        self.asked.push_str(name);
        for (label, value) in labels.clone() {
            // Neither stands in a name or a value that was scrubbed.
            self.asked.extend(["\u{0}", label, "\u{1}", value]);
        }
        if let Some(key) = self.known.get(&self.asked) {
            return key.clone();
        }
        if self.known.len() >= KEYS {
            self.known.clear();
        }
        let labels: Labels = labels.map(|(label, value)| (Text::scrub(label), told_apart(value))).collect();
        let key = SeriesKey { name: Text::scrub(name), labels };
        self.known.insert(self.asked.clone(), key.clone());
        key
    }
}

/// A label's value as it is shown, so that two that differ are shown as two: of what has no picture of its own the number
/// is written, `a<U+200B>`, and one that is cut ends with a digest of all of it.
fn told_apart(value: &str) -> Text {
    let shown = Text::scrub(value);
    if shown.as_str() == value {
        return shown;
    }
    let is_lost =
        |c: char| !matches!(Text::scrub(c.encode_utf8(&mut [0; 4])).as_str().chars().next(), Some(s) if s == c);
    let mut written = String::with_capacity(value.len());
    for c in value.chars() {
        if is_lost(c) { written.push_str(&format!("<U+{:04X}>", u32::from(c))) } else { written.push(c) }
    }
    let shown = Text::scrub(&written);
    if shown.as_str() == written {
        return shown;
    }
    let digest = value
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    let kept: String = shown.as_str().chars().take(CUT).collect();
    Text::scrub(&format!("{kept}…{digest:016x}"))
}

impl LabelledReader {
    /// Reads lines of which this much is told; stamps without an offset are wall clock time of `zone`.
    pub fn new(hint: Hint, zone: Zone) -> Self {
        Self { hint, zone, lines: None, waiting: Vec::new(), why: None, keys: Keys::default() }
    }

    /// A file begins so: its shape is inferred from its head where that holds a whole line, else from the lines to come.
    pub fn begin(&mut self, head: &[u8]) {
        (self.lines, self.why) = (None, None);
        self.waiting.clear();
        if head.contains(&b'\n') {
            self.infer(head);
        }
    }

    /// The shape of the file's lines, once it is known.
    pub fn shape(&self) -> Option<&Shape> {
        self.lines.as_ref().map(LineReader::shape)
    }

    /// Why the file cannot be read as a whole, where that is so.
    pub fn why(&self) -> Option<&Why> {
        self.why.as_ref()
    }

    /// Whether lines wait for their shape.
    pub fn is_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Reads lines in their order. While the shape is not known they wait.
    pub fn read(&mut self, lines: Batch<Line>) -> Batch<Labelled> {
        let mut out = Batch { items: Vec::new(), skipped: lines.skipped, n_skipped: lines.n_skipped };
        let mut lines = lines.items;
        if self.lines.is_none() {
            let mut all = std::mem::take(&mut self.waiting);
            all.append(&mut lines);
            let head: Vec<u8> = all.iter().take(WAITING).flat_map(|l| l.bytes.iter().chain(b"\n")).copied().collect();
            if all.iter().any(|line| !line.bytes.trim_ascii().is_empty()) {
                self.infer(&head);
            }
            if self.lines.is_none() {
                // A file that nobody understands must not fill the memory either.
                let n_over = all.len().saturating_sub(WAITING);
                out.n_skipped += n_over;
                all.truncate(WAITING);
                self.waiting = all;
                return out;
            }
            lines = all;
        }
        let Some(reader) = self.lines.clone() else { return out };
        for line in lines {
            self.read_line(&reader, &line, &mut out);
        }
        out
    }

    fn infer(&mut self, head: &[u8]) {
        match shape::infer(head, &self.hint) {
            Ok(shape) => (self.lines, self.why) = (Some(LineReader::new(&shape, &self.zone)), None),
            Err(why) => self.why = Some(why),
        }
    }

    fn read_line(&mut self, reader: &LineReader, line: &Line, out: &mut Batch<Labelled>) {
        let bytes = if line.number == 1 { line.bytes.strip_prefix(BOM).unwrap_or(&line.bytes) } else { &line.bytes };
        match reader.read(bytes) {
            Ok(None) => {}
            Err(why) => out.skip(&format!("line {}", line.number), &why),
            Ok(Some(record)) => {
                let Some(at_ms) = record.at_ms else {
                    return out.skip(&format!("line {}", line.number), "it has no time");
                };
                let names = self.hint.labels.iter().map(String::as_str);
                let labels = names.zip(record.labels.iter().map(AsRef::as_ref)).filter(|(_, value)| !value.is_empty());
                let key = self.keys.of(&record.name, labels);
                out.items.push(Labelled { key, at_ms, value: record.value.unwrap_or(EVENT) });
            }
        }
    }
}

/// A whole exposition.
#[derive(Debug, Clone, PartialEq)]
pub struct Scrape {
    /// Its samples, and the lines that were left out. Values may be NaN or infinite.
    pub batch: Batch<Labelled>,
    /// What each family is, by its declared name.
    pub kinds: BTreeMap<Text, Kind>,
    /// How many lines could not be read at all: which series they are of is not known.
    pub n_unread: usize,
}

/// Reads a whole exposition; samples without a time take `modified_ms`, the file's modification time (epoch
/// milliseconds). Of a series that comes twice at one time the first is kept.
pub fn scrape(bytes: &[u8], modified_ms: i64) -> Scrape {
    let found = promtext::parse(bytes);
    let (mut batch, mut keys, mut seen) = (Batch::new(), Keys::default(), HashSet::new());
    for sample in &found.samples {
        let pairs = sample.labels.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let key = keys.of(&sample.name, pairs.filter(|(_, value)| !value.is_empty()));
        let at_ms = sample.at_ms.unwrap_or(modified_ms);
        if seen.insert((key.clone(), at_ms)) {
            batch.items.push(Labelled { key, at_ms, value: sample.value });
        } else {
            batch.skip(&format!("line {}", sample.line), "the same series was given before");
        }
    }
    for (line, why) in &found.bad {
        batch.skip(&format!("line {line}"), why);
    }
    let kinds = found.kinds.into_iter().map(|(name, kind)| (Text::scrub(&name), kind)).collect();
    Scrape { batch, kinds, n_unread: found.bad.len() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(from: u64, text: &str) -> Batch<Line> {
        let items = (from..).zip(text.lines()).map(|(number, l)| Line { number, bytes: l.as_bytes().to_vec() });
        Batch { items: items.collect(), skipped: Vec::new(), n_skipped: 0 }
    }

    fn reader(labels: &[&str]) -> LabelledReader {
        let hint = Hint { labels: labels.iter().map(|l| (*l).to_owned()).collect(), ..Hint::default() };
        LabelledReader::new(hint, Zone::utc())
    }

    fn shown(batch: &Batch<Labelled>) -> Vec<String> {
        batch.items.iter().map(|s| format!("{} {} {}", s.key, s.at_ms, s.value)).collect()
    }

    #[test]
    fn a_table_gives_samples_with_the_labels_asked_for() {
        let mut reader = reader(&["host"]);
        reader.begin(b"time,name,value,host\n");
        let found = reader.read(lines(1, "time,name,value,host\n1,up,2,a\n2,up,x,a\n3,up,4,\n"));
        assert_eq!(shown(&found), ["up{host=\"a\"} 1000 2", "up 3000 4"]);
        assert_eq!((found.n_skipped, found.skipped[0].at.as_str()), (1, "line 3"));
    }

    #[test]
    fn events_without_a_value_count_and_the_shape_is_known_in_the_middle_of_a_file() {
        let head = "{\"ts\":1,\"event\":\"crash\",\"app\":{\"build\":\"b2\"}}\n";
        let mut reader = reader(&["app.build"]);
        reader.begin(head.as_bytes());
        let found = reader.read(lines(900, "{\"ts\":5,\"event\":\"crash\",\"app\":{\"build\":\"b3\"}}\n"));
        assert_eq!(shown(&found), ["crash{app.build=\"b3\"} 5000 1"]);
    }

    #[test]
    fn labels_that_differ_in_what_has_no_picture_are_two_series() {
        let long = "x".repeat(100_000);
        let written = format!(
            "x{{n=\"a\"}} 1\nx{{n=\"a\u{200b}\"}} 9\nx{{n=\"a\u{2060}\"}} 5\ny{{n=\"{long}1\"}} 1\ny{{n=\"{long}2\"}} 2\n"
        );
        let batch = scrape(written.as_bytes(), 7).batch;
        assert_eq!(shown(&batch)[..3], ["x{n=\"a\"} 7 1", "x{n=\"a<U+200B>\"} 7 9", "x{n=\"a<U+2060>\"} 7 5"]);
        assert_eq!((batch.items.len(), batch.n_skipped), (5, 0));
        assert_ne!(batch.items[3].key, batch.items[4].key);
        assert_eq!(shown(&scrape("x{n=\"größe 3\"} 1\n".as_bytes(), 7).batch), ["x{n=\"größe 3\"} 7 1"]);
    }

    #[test]
    fn lines_wait_until_the_shape_can_be_told() {
        let mut reader = reader(&[]);
        reader.begin(b"");
        assert_eq!(reader.read(lines(1, "time,value\n")).items, []);
        let found = reader.read(lines(2, "1,5\n2,6\n"));
        assert_eq!(shown(&found), ["value 1000 5", "value 2000 6"]);
    }

    #[test]
    fn an_exposition_gives_every_series_once_with_its_kind() {
        let text = "# TYPE a counter\na_total{b=\"1\",c=\"\"} 1\na_total{b=\"1\"} 2\nbad\nt NaN 9\n";
        let found = scrape(text.as_bytes(), 7);
        assert_eq!(shown(&found.batch), ["a_total{b=\"1\"} 7 1", "t 9 NaN"]);
        assert_eq!(found.batch.n_skipped, 2);
        assert_eq!(found.kinds.get(&Text::scrub("a")), Some(&Kind::Counter));
    }
}
