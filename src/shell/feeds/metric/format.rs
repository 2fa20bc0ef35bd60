//! What the format of a metric file is told by, and what it tells.

use std::path::Path;

use crate::source::metrics::shape::{Format, Layout, Shape};

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
