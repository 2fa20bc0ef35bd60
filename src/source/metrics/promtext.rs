//! The Prometheus text exposition: version 0.0.4, and what differs from it in OpenMetrics 1.0.
//!
//! Source: prometheus.io "Exposition formats" and the OpenMetrics 1.0 specification (prometheus.io/docs/specs), including
//! quoted UTF-8 names. Read line by line: a bad line is left out and named, the rest is kept.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::{domain::sample::Kind, source::metrics::quoted::quoted};

/// One sample line. The names are keys to look up, never shown.
#[derive(Debug, Clone, PartialEq)]
pub struct PromSample {
    /// The metric's name, with its suffix (`_total`, `_bucket`).
    pub name: String,
    /// Labels, sorted by name; no name comes twice.
    pub labels: Vec<(String, String)>,
    /// May be NaN or infinite: a scrape says so for an empty summary.
    pub value: f64,
    /// Epoch milliseconds, where the line says when.
    pub at_ms: Option<i64>,
    /// The line, from 1.
    pub line: u64,
}

/// What a scrape holds.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Exposition {
    /// Good samples, in the order of the scrape.
    pub samples: Vec<PromSample>,
    /// Lines left out: their number from 1, and why.
    pub bad: Vec<(u64, &'static str)>,
    /// Metric families: declared by `# HELP`, `# TYPE` or `# UNIT`, or implied by a sample that belongs to none of them.
    pub families: usize,
    /// What families are, by their names, where a `# TYPE` line says it.
    pub kinds: BTreeMap<String, Kind>,
}

/// A scrape whose samples are found by their names: for many who each want one of them.
#[derive(Debug, Clone)]
pub struct Indexed<'a> {
    by_name: HashMap<&'a str, Vec<&'a PromSample>>,
    /// Lines left out: their number from 1, and why.
    pub bad: &'a [(u64, &'static str)],
}

impl Exposition {
    /// The same, to look up.
    pub fn indexed(&self) -> Indexed<'_> {
        let mut by_name: HashMap<&str, Vec<&PromSample>> = HashMap::new();
        for sample in &self.samples {
            by_name.entry(sample.name.as_str()).or_default().push(sample);
        }
        Indexed { by_name, bad: &self.bad }
    }
}

impl<'a> Indexed<'a> {
    /// The samples of a metric, in the order of the scrape.
    pub fn named(&self, name: &str) -> &[&'a PromSample] {
        self.by_name.get(name).map_or(&[], Vec::as_slice)
    }
}

/// What a sample's name may add to the name of its family.
const SUFFIXES: [&str; 8] = ["_total", "_bucket", "_count", "_sum", "_created", "_info", "_gcount", "_gsum"];

/// Reads a scrape. Total: any bytes give samples and bad lines, never an error.
///
/// A scrape that ends with `# EOF` is OpenMetrics, whose timestamps are seconds; otherwise they are milliseconds.
pub fn parse(bytes: &[u8]) -> Exposition {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let is_openmetrics = bytes.trim_ascii_end().rsplit(|b| *b == b'\n').next() == Some(b"# EOF");
    let unit = if is_openmetrics { Unit::Seconds } else { Unit::Milliseconds };
    let mut out = Exposition::default();
    let mut families = BTreeSet::new();
    for (line, ended) in (1..).zip(bytes.split_inclusive(|b| *b == b'\n')) {
        let Ok(written) = std::str::from_utf8(ended) else {
            out.bad.push((line, "it is not UTF-8"));
            continue;
        };
        let written = written.trim_matches([' ', '\t', '\r', '\n']);
        if let Some(comment) = written.strip_prefix('#') {
            if let Some((family, kind)) = declared(comment) {
                out.kinds.extend(kind.map(|kind| (family.clone(), kind)));
                families.insert(family);
            }
        } else if !written.is_empty() && !ended.ends_with(b"\n") {
            // `up 1` may be the start of `up 12` in a file that is just being written; the format asks for the newline.
            out.bad.push((line, "no newline ends it: it may be cut"));
        } else if !written.is_empty() {
            match sample(written, unit, line) {
                Ok(sample) => out.samples.push(sample),
                Err(why) => out.bad.push((line, why)),
            }
        }
    }
    let implied: BTreeSet<&str> =
        out.samples.iter().map(|s| s.name.as_str()).filter(|name| !belongs(name, &families)).collect();
    out.families = families.len() + implied.len();
    out
}

#[derive(Clone, Copy)]
enum Unit {
    Seconds,
    Milliseconds,
}

/// The family a comment declares, and what it is where it says that.
fn declared(comment: &str) -> Option<(String, Option<Kind>)> {
    let mut cursor = Cursor { rest: comment };
    cursor.blanks();
    let keyword = cursor.word();
    if !matches!(keyword, "HELP" | "TYPE" | "UNIT") {
        return None;
    }
    cursor.blanks();
    let name = if cursor.rest.starts_with('"') { cursor.quoted().ok() } else { Some(cursor.word().to_owned()) };
    let name = name.filter(|name| !name.is_empty())?;
    cursor.blanks();
    Some((name, (keyword == "TYPE").then(|| kind_of(cursor.word()))))
}

/// OpenMetrics knows more kinds: those that say nothing of how values behave are unknown ones or gauges here.
fn kind_of(word: &str) -> Kind {
    match word {
        "counter" => Kind::Counter,
        "gauge" | "info" | "stateset" | "gaugehistogram" => Kind::Gauge,
        "histogram" => Kind::Histogram,
        "summary" => Kind::Summary,
        _ => Kind::Unknown,
    }
}

fn belongs(name: &str, families: &BTreeSet<String>) -> bool {
    families.contains(name)
        || SUFFIXES.iter().any(|suffix| name.strip_suffix(suffix).is_some_and(|stem| families.contains(stem)))
}

/// `name {a="b",…} value timestamp # {…} exemplar`, or `{"name", a="b"} …`.
fn sample(written: &str, unit: Unit, line: u64) -> Result<PromSample, &'static str> {
    let mut cursor = Cursor { rest: written };
    let mut name = cursor.name(|c| c == ':').map(str::to_owned);
    let is_apart = cursor.rest.starts_with([' ', '\t', '{']);
    cursor.blanks();
    let mut labels = Vec::new();
    if cursor.eat('{') {
        cursor.labels(&mut name, &mut labels)?;
    }
    let name = name.ok_or("it begins with no metric name")?;
    if !is_apart {
        return Err("its name holds a character that names must quote, or it has no value");
    }
    labels.sort();
    if labels.windows(2).any(|pair| matches!(pair, [a, b] if a.0 == b.0)) {
        return Err("a label comes twice");
    }
    cursor.blanks();
    let value = number(cursor.word())?;
    cursor.blanks();
    // An exemplar belongs to OpenMetrics; it is not a sample of its own.
    let at_ms = if cursor.rest.is_empty() || cursor.rest.starts_with('#') {
        None
    } else {
        Some(timestamp(cursor.word(), unit)?)
    };
    cursor.blanks();
    if !cursor.rest.is_empty() && !cursor.rest.starts_with("# {") {
        return Err("something stands behind its value and time");
    }
    Ok(PromSample { name, labels, value, at_ms, line })
}

/// A value as Go's `ParseFloat` takes it, without its hexadecimal and underscore forms.
fn number(word: &str) -> Result<f64, &'static str> {
    if word.starts_with('{') {
        return Err("its value is a native histogram, which is not read");
    }
    let value: f64 = word.parse().map_err(|_| "its value is not a number")?;
    if value.is_infinite() && word.bytes().any(|b| b.is_ascii_digit()) {
        return Err("its value is too large");
    }
    Ok(value)
}

fn timestamp(word: &str, unit: Unit) -> Result<i64, &'static str> {
    const WHY: &str = "its time is not a number of the right size";
    match unit {
        Unit::Milliseconds => word.parse().map_err(|_| WHY),
        Unit::Seconds => {
            let ms = word.parse::<f64>().map_err(|_| WHY)? * 1_000.0;
            // Below 2^53 every millisecond is exact.
            if ms.abs() < 9_007_199_254_740_992.0 { Ok(ms.round() as i64) } else { Err(WHY) }
        }
    }
}

struct Cursor<'a> {
    rest: &'a str,
}

impl<'a> Cursor<'a> {
    fn blanks(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t']);
    }

    fn eat(&mut self, c: char) -> bool {
        let eaten = self.rest.strip_prefix(c);
        self.rest = eaten.unwrap_or(self.rest);
        eaten.is_some()
    }

    fn take(&mut self, bytes: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at_checked(bytes).unwrap_or((self.rest, ""));
        self.rest = rest;
        taken
    }

    /// Up to the next blank.
    fn word(&mut self) -> &'a str {
        self.take(self.rest.find([' ', '\t']).unwrap_or(self.rest.len()))
    }

    /// `[a-zA-Z_][a-zA-Z0-9_]*`, and what `also` allows anywhere.
    fn name(&mut self, also: fn(char) -> bool) -> Option<&'a str> {
        let is_in = |c: char| c.is_ascii_alphanumeric() || c == '_' || also(c);
        if !self.rest.starts_with(|c: char| is_in(c) && !c.is_ascii_digit()) {
            return None;
        }
        Some(self.take(self.rest.find(|c| !is_in(c)).unwrap_or(self.rest.len())))
    }

    fn quoted(&mut self) -> Result<String, &'static str> {
        let (text, rest) = quoted(self.rest)?;
        self.rest = rest;
        Ok(text)
    }

    /// Everything between `{` and `}`; quoted text without `=` is the metric's name.
    fn labels(&mut self, name: &mut Option<String>, labels: &mut Vec<(String, String)>) -> Result<(), &'static str> {
        loop {
            self.blanks();
            if self.eat('}') {
                return Ok(());
            }
            let key = if self.rest.starts_with('"') {
                self.quoted()?
            } else {
                self.name(|_| false).ok_or("a label's name cannot be read")?.to_owned()
            };
            self.blanks();
            if self.eat('=') {
                self.blanks();
                labels.push((key, self.quoted()?));
            } else if name.is_none() && labels.is_empty() && !key.is_empty() {
                *name = Some(key);
            } else {
                return Err("a label has no value");
            }
            self.blanks();
            if !self.eat(',') && !self.rest.starts_with('}') {
                return Err("no comma stands between its labels");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn one(line: &str) -> PromSample {
        let found = parse(format!("{line}\n").as_bytes());
        assert_eq!((found.samples.len(), found.bad.as_slice()), (1, &[][..]), "{line}");
        found.samples[0].clone()
    }

    fn labels(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect()
    }

    #[test]
    fn a_line_has_a_name_labels_a_value_and_perhaps_a_time() {
        assert_eq!(
            one(" up { job = \"a\\\\b\\\"c\\nd\" , host=\"\u{fc}} #\", }  1.5e3\t1700000000000\r"),
            PromSample {
                name: "up".into(),
                labels: labels(&[("host", "\u{fc}} #"), ("job", "a\\b\"c\nd")]),
                value: 1_500.0,
                at_ms: Some(1_700_000_000_000),
                line: 1,
            }
        );
        assert_eq!(one("a:b_1 18446744073709551615").value, 18_446_744_073_709_551_615.0);
        assert_eq!(one("a{}1").value, 1.0);
        assert_eq!(
            ["+Inf", "-Inf", "Inf"].map(|v| one(&format!("a {v}")).value),
            [f64::INFINITY, -f64::INFINITY, f64::INFINITY]
        );
        assert!(one("a NaN").value.is_nan());
    }

    #[test]
    fn quoted_names_may_hold_anything() {
        let found = one("{\"my.metric \u{e4}\", \"a.b\"=\"c\"} 1");
        assert_eq!((found.name.as_str(), found.labels), ("my.metric \u{e4}", labels(&[("a.b", "c")])));
    }

    #[test]
    fn openmetrics_writes_seconds_and_exemplars() {
        let found = parse(b"# TYPE a counter\na_total 1 1520879607.789 # {id=\"x\"} 0.5 1.0\na_created 1\n# EOF\n");
        let times: Vec<_> = found.samples.iter().map(|s| s.at_ms).collect();
        assert_eq!((times, found.bad, found.families), (vec![Some(1_520_879_607_789), None], vec![], 1));
        assert_eq!(parse(b"a 1 # {id=\"x\"} 0.5\n").samples.len(), 1);
    }

    #[test]
    fn a_bad_line_is_named_and_the_rest_is_kept() {
        let lines = [
            "good 1",
            "1bad 1",
            "a",
            "a 1 2 3",
            "a one",
            "a 1e400",
            "a{b} 1",
            "a{b=\"c\" d=\"e\"} 1",
            "a{b=\"c} 1",
            "a{b=\"1\",b=\"2\"} 1",
            "{b=\"c\"} 1",
            "a 1 1.5",
            "a.b 1",
            "a{\"b\"} 1",
            "a {count:1} 2",
            "{} 1",
            "a+1",
            "a-b 1",
            "a{1=\"\"} 1",
        ];
        let found = parse(format!("{}\n", lines.join("\n")).as_bytes());
        assert_eq!(found.samples.len(), 1);
        let numbers: Vec<u64> = found.bad.iter().map(|(n, _)| *n).collect();
        assert_eq!(numbers, (2..=19).collect::<Vec<_>>());
        assert_eq!(parse(b"a 1\n\xff 2\n").bad, [(2, "it is not UTF-8")]);
    }

    #[test]
    fn a_last_line_without_newline_may_be_cut_and_is_not_believed() {
        let found = parse(b"a 1\nb 1");
        assert_eq!((found.samples.len(), found.bad), (1, vec![(2, "no newline ends it: it may be cut")]));
        assert_eq!(parse(b"a 1\n# EOF").bad, []);
    }

    #[test]
    fn families_are_declared_or_implied() {
        let text =
            "# HELP a words\n# TYPE a histogram\na_bucket{le=\"1\"} 1\na_sum 1\na_count 1\nb 1\nb{c=\"d\"} 2\n# note\n";
        assert_eq!(parse(text.as_bytes()).families, 2);
    }

    proptest! {
        #[test]
        fn any_bytes_give_samples_or_bad_lines(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let found = parse(&bytes);
            prop_assert!(found.samples.len() + found.bad.len() <= bytes.len());
        }

        #[test]
        fn nearly_right_lines_do_not_panic(text in "[a-z{}\"\\\\=, 0-9.#\\n\u{e4}]{0,120}") {
            parse(text.as_bytes());
        }

        #[test]
        fn what_is_written_reads_back(
            name in "[a-z_:][a-z0-9_:]{0,8}",
            pairs in proptest::collection::btree_map("[a-z_][a-z0-9_]{0,5}", "\\PC{0,8}|[\\\\\"\\n]{0,4}", 0..5),
            value in any::<f64>(), at_ms in proptest::option::of(any::<i64>()),
        ) {
            let written: Vec<_> = pairs
                .iter()
                .map(|(n, v)| format!("{n}=\"{}\"", v.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")))
                .collect();
            let time = at_ms.map(|at| format!(" {at}")).unwrap_or_default();
            let found = one(&format!("{name}{{{}}} {value}{time}", written.join(",")));
            prop_assert_eq!((found.name, found.at_ms), (name, at_ms));
            prop_assert_eq!(found.labels, pairs.into_iter().collect::<Vec<_>>());
            prop_assert!(found.value == value || value.is_nan());
        }
    }
}
