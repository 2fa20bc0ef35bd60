//! A stream of JSON events, one object a line: a number in each, or how many there are a minute.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::{
    domain::series::{Measure, Sample},
    source::metrics::{Read, stamp},
};

/// Where a time is looked for when none is configured.
const TIME_FIELDS: [&str; 5] = ["timestamp", "time", "ts", "at", "@timestamp"];

const MINUTE_MS: i64 = 60_000;

/// How many minutes back a late line is still counted: writers with several threads mix their lines by seconds.
const LATE_MINUTES: i64 = 5;

/// Reads one file of JSON lines.
#[derive(Debug, Clone, PartialEq)]
pub struct JsonlReader {
    time: Option<String>,
    measure: Measure,
    filter: Option<(String, String)>,
    minutes: Minutes,
}

impl JsonlReader {
    /// Reads events as `MetricFormat::Jsonl` describes them.
    pub fn new(time: Option<&str>, measure: &Measure, filter: Option<&(String, String)>) -> Self {
        Self {
            time: time.map(str::to_owned),
            measure: measure.clone(),
            filter: filter.cloned(),
            minutes: Minutes::default(),
        }
    }

    /// Reads one line without its end.
    ///
    /// Counting: a minute `[12:00, 12:01)` is stamped with its start, and is a sample once it has ended, which a line of
    /// a later minute proves, or [`JsonlReader::until`]. Every readable line proves that the writer was alive in its
    /// minute, so a minute with lines of which none matches the filter counts 0. A minute without any line is a gap:
    /// silence and an outage look the same. A late line gives the sample of its minute again, corrected.
    pub fn read(&mut self, line: &str) -> Read {
        if line.trim().is_empty() {
            return Read::Nothing;
        }
        let event: Value = match serde_json::from_str(line) {
            Ok(event @ Value::Object(_)) => event,
            Ok(_) => return skip("it is JSON, but no object"),
            Err(_) => return skip("it is not JSON, or holds a number that is too large"),
        };
        let is_match = self.filter.as_ref().is_none_or(|(path, text)| has_text(&event, path, text));
        let at_ms = match &self.time {
            _ if !is_match && self.measure != Measure::CountPerMinute => return Read::Nothing,
            Some(path) => at(&event, path).map(time_of),
            None => TIME_FIELDS.iter().find_map(|path| at(&event, path)).map(time_of),
        };
        let at_ms = match at_ms {
            Some(Some(at_ms)) => at_ms,
            Some(None) => return skip("its time cannot be read"),
            None => return skip("it has no time"),
        };
        match &self.measure {
            Measure::CountPerMinute => {
                self.minutes.count(at_ms.div_euclid(MINUTE_MS), is_match).map_or(Read::Nothing, Read::Sample)
            }
            Measure::Field(path) => match at(&event, path).map(number_of) {
                Some(Some(value)) => Read::Sample(Sample { at_ms, value }),
                Some(None) => Read::Skip(format!("its \"{path}\" is not a finite number").into()),
                None => Read::Skip(format!("it has no \"{path}\"").into()),
            },
        }
    }

    /// Forgets the minutes counted so far: their lines will be read again.
    pub fn forget_counts(&mut self) {
        self.minutes = Minutes::default();
    }

    /// Gives the counted minute that had ended at `now`, unless it was given before. Nothing while it runs.
    pub fn until(&mut self, now: DateTime<Utc>) -> Option<Sample> {
        self.minutes.until(now.timestamp_millis())
    }
}

/// Events counted by minutes since the epoch.
#[derive(Debug, Clone, PartialEq, Default)]
struct Minutes {
    open: Option<Open>,
    /// Minutes that ended, for late lines.
    ended: BTreeMap<i64, u32>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Open {
    minute: i64,
    n: u32,
    /// The clock said that it ended, and its sample was given.
    is_told: bool,
}

impl Minutes {
    /// Counts a line; each gives at most one sample.
    fn count(&mut self, minute: i64, is_match: bool) -> Option<Sample> {
        let more = u32::from(is_match);
        let Some(open) = &mut self.open else {
            self.open = Some(Open { minute, n: more, is_told: false });
            return None;
        };
        if open.minute == minute {
            open.n = open.n.saturating_add(more);
            return open.is_told.then(|| sample(open.minute, open.n));
        }
        if minute < open.minute && open.minute - minute <= LATE_MINUTES {
            let n = self.ended.entry(minute).or_default();
            *n = n.saturating_add(more);
            return Some(sample(minute, *n));
        }
        // A later minute ends the open one. So does a much earlier one: the open one had a wrong stamp, or a clock was
        // set back, and what comes now is what the writer believes.
        let before = *open;
        self.ended.insert(before.minute, before.n);
        self.ended.retain(|ended, _| (minute - ended).abs() <= LATE_MINUTES);
        let n = self.ended.remove(&minute).unwrap_or(0).saturating_add(more);
        self.open = Some(Open { minute, n, is_told: false });
        Some(sample(before.minute, before.n))
    }

    fn until(&mut self, now_ms: i64) -> Option<Sample> {
        let open = self.open.as_mut().filter(|open| !open.is_told && (open.minute + 1) * MINUTE_MS <= now_ms)?;
        open.is_told = true;
        Some(sample(open.minute, open.n))
    }
}

fn sample(minute: i64, n: u32) -> Sample {
    Sample { at_ms: minute * MINUTE_MS, value: f64::from(n) }
}

fn skip(why: &'static str) -> Read {
    Read::Skip(why.into())
}

/// The value at a dotted path. A key that holds dots itself (`http.status`, as OpenTelemetry writes them) goes first.
fn at<'a>(value: &'a Value, path: &str) -> Option<&'a Value> {
    if let Some(found) = step(value, path) {
        return Some(found);
    }
    let (first, rest) = path.split_once('.')?;
    at(step(value, first)?, rest)
}

fn step<'a>(value: &'a Value, key: &str) -> Option<&'a Value> {
    match value {
        Value::Object(fields) => fields.get(key),
        Value::Array(items) => key.parse::<usize>().ok().and_then(|i| items.get(i)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    }
}

fn has_text(event: &Value, path: &str, text: &str) -> bool {
    match at(event, path) {
        Some(Value::String(found)) => found == text,
        Some(Value::Number(found)) => found.to_string() == text,
        Some(Value::Bool(found)) => found.to_string() == text,
        Some(Value::Null | Value::Array(_) | Value::Object(_)) | None => false,
    }
}

fn time_of(value: &Value) -> Option<i64> {
    match value {
        Value::String(written) => stamp::from_text(written),
        Value::Number(n) => n.as_i64().map_or_else(|| n.as_f64().and_then(stamp::from_number), stamp::from_whole),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// A number, or text that is one: some loggers write every field as text.
fn number_of(value: &Value) -> Option<f64> {
    match value {
        Value::Number(n) => n.as_f64(),
        Value::String(written) => written.trim().parse().ok(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
    .filter(|value| value.is_finite())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn field(path: &str) -> JsonlReader {
        JsonlReader::new(None, &Measure::Field(path.to_owned()), None)
    }

    fn counter(filter: Option<(&str, &str)>) -> JsonlReader {
        let filter = filter.map(|(path, text)| (path.to_owned(), text.to_owned()));
        JsonlReader::new(None, &Measure::CountPerMinute, filter.as_ref())
    }

    fn read(at_ms: i64, value: f64) -> Read {
        Read::Sample(Sample { at_ms, value })
    }

    /// An event at minute and second.
    fn event(minute: i64, second: i64) -> String {
        format!(r#"{{"ts": {}, "level": "error"}}"#, minute * 60 + second)
    }

    #[test]
    fn a_number_is_found_at_its_path() {
        let lines = [
            ("a.b", r#"{"time":"1970-01-01T00:00:01Z","a":{"b":2}}"#),
            ("a.b", r#"{"@timestamp":1,"a.b":"2"}"#),
            ("a.1.c", r#"{"ts":1000000000000,"a":[0,{"c":2e0}]}"#),
            ("a.b.c", r#"{"at":"1","a":{"b.c":2}}"#),
        ];
        let found = lines.map(|(path, line)| field(path).read(line));
        assert_eq!(found, [read(1_000, 2.0), read(1_000, 2.0), read(1_000_000_000_000, 2.0), read(1_000, 2.0)]);
    }

    #[test]
    fn what_is_no_sample_is_left_out_with_its_reason() {
        let why = [
            r#"{"ts":1,"v":1e400}"#,
            r#"{"ts":1,"v":NaN}"#,
            r#"{"ts":1,"v":"NaN"}"#,
            r#"{"ts":1,"v":null}"#,
            r#"{"ts":1}"#,
            r#"{"v":1}"#,
            r#"{"ts":"soon","v":1}"#,
            "[1]",
            "{",
            "",
        ]
        .map(|line| match field("v").read(line) {
            Read::Skip(why) => why.into_owned(),
            other => format!("{other:?}"),
        });
        assert_eq!(
            why,
            [
                "it is not JSON, or holds a number that is too large",
                "it is not JSON, or holds a number that is too large",
                "its \"v\" is not a finite number",
                "its \"v\" is not a finite number",
                "it has no \"v\"",
                "it has no time",
                "its time cannot be read",
                "it is JSON, but no object",
                "it is not JSON, or holds a number that is too large",
                "Nothing",
            ]
        );
    }

    #[test]
    fn only_matching_lines_are_measured() {
        let filter = ("http.status".to_owned(), "500".to_owned());
        let mut reader = JsonlReader::new(Some("when"), &Measure::Field("v".into()), Some(&filter));
        assert_eq!(reader.read(r#"{"when":1,"v":7,"http":{"status":500}}"#), read(1_000, 7.0));
        assert_eq!(reader.read(r#"{"when":1,"v":7,"http":{"status":200}}"#), Read::Nothing);
        assert_eq!(reader.read(r#"{"when":1,"v":7}"#), Read::Nothing);
    }

    #[test]
    fn a_minute_is_counted_once_it_has_ended() {
        let mut reader = counter(None);
        let found: Vec<_> = [(1, 0), (1, 59), (2, 0), (4, 0)].map(|(m, s)| reader.read(&event(m, s))).into();
        assert_eq!(found, [Read::Nothing, Read::Nothing, read(60_000, 2.0), read(120_000, 1.0)]);
        let now = |seconds| DateTime::from_timestamp(seconds, 0).unwrap();
        assert_eq!(reader.until(now(299)), None);
        assert_eq!(reader.until(now(300)), Some(Sample { at_ms: 240_000, value: 1.0 }));
        assert_eq!(reader.until(now(301)), None);
        assert_eq!(reader.read(&event(4, 59)), read(240_000, 2.0));
    }

    #[test]
    fn a_minute_of_other_lines_counts_zero_and_a_silent_one_is_a_gap() {
        let mut reader = counter(Some(("level", "error")));
        reader.read(&event(1, 0));
        assert_eq!(reader.read(r#"{"ts":120,"level":"info"}"#), read(60_000, 1.0));
        assert_eq!(reader.read(&event(9, 0)), read(120_000, 0.0));
    }

    #[test]
    fn a_late_line_corrects_its_minute() {
        let mut reader = counter(None);
        reader.read(&event(1, 0));
        reader.read(&event(2, 0));
        assert_eq!(reader.read(&event(1, 30)), read(60_000, 2.0));
        assert_eq!(reader.read(&event(2, 30)), Read::Nothing);
        assert_eq!(reader.read(&event(3, 0)), read(120_000, 2.0));
    }

    #[test]
    fn one_stamp_from_the_future_does_not_end_the_counting() {
        let mut reader = counter(None);
        reader.read(&event(1, 0));
        assert_eq!(reader.read(&event(1_000_000, 0)), read(60_000, 1.0));
        assert_eq!(reader.read(&event(2, 0)), read(60_000_000_000, 1.0));
        assert_eq!(reader.read(&event(3, 0)), read(120_000, 1.0));
    }

    proptest! {
        #[test]
        fn no_line_panics(line in "\\PC{0,60}|[\\[{\"a:,1e.}\\]]{0,60}", path in "[a.0]{0,8}") {
            field(&path).read(&line);
            counter(None).read(&line);
        }

        #[test]
        fn every_event_is_counted_in_its_minute(seconds in proptest::collection::vec(0i64..290, 1..100)) {
            let mut reader = counter(None);
            let mut found = BTreeMap::new();
            for second in &seconds {
                if let Read::Sample(s) = reader.read(&event(0, *second)) {
                    found.insert(s.at_ms, s.value);
                }
            }
            found.extend(reader.until(DateTime::<Utc>::MAX_UTC).map(|s| (s.at_ms, s.value)));
            let mut expected = BTreeMap::new();
            for second in seconds {
                *expected.entry(second / 60 * MINUTE_MS).or_insert(0.0) += 1.0;
            }
            prop_assert_eq!(found, expected);
        }
    }
}
