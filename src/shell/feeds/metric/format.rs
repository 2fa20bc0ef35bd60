//! What the format of a metric file is told by, and what it tells.

use std::path::Path;

use crate::{
    domain::series::MetricFormat,
    floor::fact::SignalId,
    shell::feeds::metric::MetricFile,
    source::metrics::{
        labelled::LabelledReader,
        shape::{Format, Hint, Layout, Shape},
    },
};

impl MetricFile {
    /// What its lines look like, once that is known; nothing for an exposition.
    pub fn shape(&self) -> Option<&Shape> {
        self.readers.values().last().and_then(LabelledReader::shape)
    }

    /// For each signal whose columns the settings do not name, those that were found: of the time, and of the value.
    pub fn inferred(&self) -> impl Iterator<Item = (SignalId, (&str, &str))> {
        self.taps.iter().filter_map(|(signal, tap)| Some((*signal, tap.inferred()?)))
    }

    /// Whether it is read whole whenever it changes.
    pub fn is_exposition(&self) -> bool {
        self.format == Some(Format::Prometheus)
    }
}

/// Whether a line says what it measures.
pub(super) fn has_names(shape: &Shape) -> bool {
    match &shape.layout {
        Layout::Jsonl(paths) => paths.name.is_some(),
        Layout::Csv(columns) => columns.name.is_some(),
        Layout::Prometheus { .. } => true,
    }
}

/// The format that a file's name tells.
pub(super) fn by_ending(path: &Path) -> Option<Format> {
    match path.extension()?.to_string_lossy().to_ascii_lowercase().as_str() {
        "csv" => Some(Format::Csv),
        "jsonl" | "ndjson" | "json" => Some(Format::Jsonl),
        "prom" | "txt" => Some(Format::Prometheus),
        _ => None,
    }
}

/// What signals tell of the shape of their file; where they differ, the file tells.
pub(super) fn hint<'a>(formats: impl Iterator<Item = &'a MetricFormat>) -> Hint {
    let mut hint = Hint::default();
    for format in formats {
        hint.format = Some(match format {
            MetricFormat::Csv { .. } => Format::Csv,
            MetricFormat::Jsonl { .. } => Format::Jsonl,
            MetricFormat::Prometheus { .. } => Format::Prometheus,
            MetricFormat::Remote { .. } => continue,
        });
        if let MetricFormat::Jsonl { time: Some(time), .. } = format {
            hint.time = Some(time.clone());
        }
    }
    hint
}
