//! One line of a metric file as a record: the full parser, for lines of any shape.

use std::borrow::Cow;

use serde_json::{Map, Value};

use crate::{
    domain::zone::Zone,
    source::metrics::{
        promtext,
        shape::{Columns, Layout, Paths, Shape, Unit},
        stamp,
    },
};

/// What a line says. The texts are keys to look up and compare; whoever shows them makes them a `Text` first.
#[derive(Debug, Clone, PartialEq)]
pub struct Record<'a> {
    /// Epoch milliseconds; nothing where a Prometheus line says no time.
    pub at_ms: Option<i64>,
    /// The metric's or event's name.
    pub name: Cow<'a, str>,
    /// A finite number; nothing = an event that has none and is only counted.
    pub value: Option<f64>,
    /// The values of the labels that the shape asks for, in its order; empty where a line has none.
    pub labels: Vec<Cow<'a, str>>,
}

/// Why a line is left out. Outside text may be in it: goes through [`Text`](crate::text::Text).
pub type Skip = Cow<'static, str>;

/// Reads lines of one shape, one after the other.
#[derive(Debug, Clone, PartialEq)]
pub struct LineReader {
    shape: Shape,
    zone: Zone,
}

impl LineReader {
    /// Reads lines of this shape; stamps without an offset are wall clock time of `zone`.
    pub fn new(shape: &Shape, zone: &Zone) -> Self {
        Self { shape: shape.clone(), zone: zone.clone() }
    }

    /// The shape it reads.
    pub fn shape(&self) -> &Shape {
        &self.shape
    }

    /// The zone of stamps without an offset.
    pub fn zone(&self) -> &Zone {
        &self.zone
    }

    /// Reads one line without its newline. Blank lines, comments and repeated headers are nothing.
    ///
    /// # Errors
    /// Why the line is left out.
    pub fn read<'a>(&self, line: &'a [u8]) -> Result<Option<Record<'a>>, Skip> {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let Ok(written) = std::str::from_utf8(line) else { return Err("it is not UTF-8".into()) };
        if written.trim().is_empty() {
            return Ok(None);
        }
        match &self.shape.layout {
            Layout::Jsonl(paths) => self.json(written, paths).map(Some),
            Layout::Csv(columns) => self.cells(written, columns),
            Layout::Prometheus { unit, labels } => exposed(written, *unit, labels),
        }
    }

    fn json<'a>(&self, line: &'a str, paths: &Paths) -> Result<Record<'a>, Skip> {
        let event: Map<String, Value> = match serde_json::from_str(line) {
            Ok(Value::Object(event)) => event,
            Ok(_) => return Err("it is JSON, but no object".into()),
            Err(_) => return Err("it is not JSON, or holds a number that is too large".into()),
        };
        let event = Value::Object(event);
        let at_ms = match at(&event, &paths.time) {
            None => return Err(format!("it has no time (\"{}\")", paths.time).into()),
            Some(found) => time_of(found, &self.zone).ok_or("its time cannot be read")?,
        };
        let name = match paths.name.as_deref().map(|path| at(&event, path)) {
            None => Cow::Owned(self.shape.name.clone()),
            Some(Some(found)) => text_of(found).ok_or("its name is no text")?,
            Some(None) => return Err(format!("it has no name (\"{}\")", paths.name.as_deref().unwrap_or("")).into()),
        };
        let value = match paths.value.as_deref().and_then(|path| at(&event, path)) {
            None => None,
            Some(found) => Some(value_of(found)?),
        };
        let labels = paths.labels.iter().map(|path| at(&event, path).and_then(text_of).unwrap_or_default()).collect();
        Ok(Record { at_ms: Some(at_ms), name: Cow::Owned(name.into_owned()), value, labels })
    }

    fn cells<'a>(&self, line: &'a str, columns: &Columns) -> Result<Option<Record<'a>>, Skip> {
        let cells = cells(line, columns.delimiter).ok_or("its quotes do not close")?;
        if cells.len() != columns.width {
            return Err(format!("it has {} cells, the header has {}", cells.len(), columns.width).into());
        }
        let cell = |place: usize| cells.get(place).map_or("", |cell| cell.trim());
        // Rotated files put together repeat their header.
        if columns.header.as_ref().is_some_and(|header| header.iter().zip(&cells).all(|(h, c)| h == c.trim())) {
            return Ok(None);
        }
        let at_ms = stamp::in_zone(cell(columns.time), &self.zone).ok_or("its time cannot be read")?;
        let value = match columns.value.map(cell) {
            None => None,
            Some("") => return Err("its value is empty".into()),
            Some(written) => Some(finite(written)?),
        };
        let own = |place: usize| Cow::Owned(cell(place).to_owned());
        let name = columns.name.map_or_else(|| Cow::Owned(self.shape.name.clone()), own);
        let labels = columns.labels.iter().map(|place| place.map_or(Cow::Borrowed(""), own)).collect();
        Ok(Some(Record { at_ms: Some(at_ms), name, value, labels }))
    }
}

/// A line of a Prometheus exposition.
fn exposed<'a>(line: &str, unit: Unit, labels: &[String]) -> Result<Option<Record<'a>>, Skip> {
    // The reader of whole scrapes reads one line as well; the end says whose unit of time it is.
    let end = if unit == Unit::Seconds { "\n# EOF\n" } else { "\n" };
    let found = promtext::parse(format!("{line}{end}").as_bytes());
    if let Some((_, why)) = found.bad.first() {
        return Err((*why).into());
    }
    let Some(sample) = found.samples.into_iter().next() else { return Ok(None) };
    if !sample.value.is_finite() {
        return Err("its value is not a finite number".into());
    }
    let label = |wanted: &String| {
        let found = sample.labels.iter().find(|(name, _)| name == wanted);
        found.map_or(Cow::Borrowed(""), |(_, value)| Cow::Owned(value.clone()))
    };
    let labels = labels.iter().map(label).collect();
    Ok(Some(Record { at_ms: sample.at_ms, name: Cow::Owned(sample.name), value: Some(sample.value), labels }))
}

/// The cells of a line; nothing when a quoted cell does not end.
pub(super) fn cells(line: &str, delimiter: u8) -> Option<Vec<Cow<'_, str>>> {
    if !line.contains('"') {
        return Some(line.split(char::from(delimiter)).map(Cow::Borrowed).collect());
    }
    // The parser ends an open quote at the end of its input; an odd number of quotes tells that one was open.
    if !line.bytes().filter(|b| *b == b'"').count().is_multiple_of(2) {
        return None;
    }
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .delimiter(delimiter)
        .buffer_capacity(line.len().max(1))
        .from_reader(line.as_bytes());
    let mut record = csv::StringRecord::new();
    match reader.read_record(&mut record) {
        Ok(true) => Some(record.iter().map(|cell| Cow::Owned(cell.to_owned())).collect()),
        Ok(false) | Err(_) => None,
    }
}

/// The value at a dotted path. A key that holds dots itself (`http.status`, as OpenTelemetry writes them) goes first.
pub(super) fn at<'v>(value: &'v Value, path: &str) -> Option<&'v Value> {
    if let Some(found) = step(value, path) {
        return Some(found);
    }
    let (first, rest) = path.split_once('.')?;
    at(step(value, first)?, rest)
}

fn step<'v>(value: &'v Value, key: &str) -> Option<&'v Value> {
    match value {
        Value::Object(fields) => fields.get(key),
        Value::Array(items) => key.parse::<usize>().ok().and_then(|i| items.get(i)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    }
}

pub(super) fn time_of(value: &Value, zone: &Zone) -> Option<i64> {
    match value {
        Value::String(written) => stamp::in_zone(written, zone),
        Value::Number(n) => n.as_i64().map_or_else(|| n.as_f64().and_then(stamp::from_number), stamp::from_whole),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

fn text_of<'a>(value: &Value) -> Option<Cow<'a, str>> {
    match value {
        Value::String(written) => Some(Cow::Owned(written.clone())),
        Value::Number(n) => Some(Cow::Owned(n.to_string())),
        Value::Bool(b) => Some(Cow::Borrowed(if *b { "true" } else { "false" })),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// A number, or text that is one: some loggers write every field as text.
pub(super) fn value_of(value: &Value) -> Result<f64, Skip> {
    match value {
        Value::Number(n) => {
            n.as_f64().filter(|v| v.is_finite()).ok_or_else(|| "its value is not a finite number".into())
        }
        Value::String(written) => finite(written.trim()),
        Value::Null => Err("its value is null".into()),
        Value::Bool(_) | Value::Array(_) | Value::Object(_) => Err("its value is not a number".into()),
    }
}

fn finite(written: &str) -> Result<f64, Skip> {
    match written.parse::<f64>() {
        Ok(value) if value.is_finite() => Ok(value),
        Ok(_) => Err("its value is not a finite number".into()),
        Err(_) => Err("its value is not a number".into()),
    }
}
