//! What kind of file it is.

use std::path::Path;

use crate::{
    domain::series::MetricFormat,
    source::metrics::shape::{Format, Hint, Layout, Shape},
};

/// Whether a line says what it measures.
pub(super) fn has_names(shape: &Shape) -> bool {
    match &shape.layout {
        Layout::Jsonl(paths) => paths.name.is_some(),
        Layout::Csv(columns) => columns.name.is_some(),
        Layout::Prometheus { .. } => true,
    }
}

/// The format that a file's ending tells.
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
