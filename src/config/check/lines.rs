//! How the lines of a signal's file are read.

use crate::{
    config::{
        check::choice,
        problems::Report,
        secrets::quoted,
        walk::{Said, Table},
    },
    domain::series::{Measure, MetricFormat},
};

const CSV_KEYS: [&str; 2] = ["time_column", "value_column"];
const JSONL_KEYS: [&str; 4] = ["time_field", "field", "count", "where"];
const PROMETHEUS_KEYS: [&str; 2] = ["metric", "labels"];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lines {
    Csv,
    Jsonl,
    Prometheus,
}

const LINES: [(&str, Lines); 3] = [("csv", Lines::Csv), ("jsonl", Lines::Jsonl), ("prometheus", Lines::Prometheus)];

/// The keys that say it, of every format.
pub(super) fn keys() -> impl Iterator<Item = &'static str> {
    CSV_KEYS.into_iter().chain(JSONL_KEYS).chain(PROMETHEUS_KEYS).chain(["format"])
}

/// Reads how lines are read.
pub(super) fn read(table: &mut Table<'_>, file: Option<&Said<&str>>, report: &mut Report) -> Option<MetricFormat> {
    lines(table, file, report).and_then(|lines| format(table, lines, report))
}

/// How lines are read: as the file says, or by the ending of the path.
fn lines(table: &mut Table<'_>, file: Option<&Said<&str>>, report: &mut Report) -> Option<Lines> {
    if table.has("format") {
        let read = table.filled("format", report).and_then(|said| choice(&said, &LINES, report));
        return read.or_else(|| any_format(table, report));
    }
    // Asked for all the same, so that a slip in its name is told from an unknown key.
    table.value("format", report);
    let Some(file) = file else { return any_format(table, report) };
    let ending = file.value.rsplit(['/', '.']).next().unwrap_or_default().to_ascii_lowercase();
    match ending.as_str() {
        "csv" => Some(Lines::Csv),
        "jsonl" | "ndjson" | "json" => Some(Lines::Jsonl),
        "prom" | "txt" => Some(Lines::Prometheus),
        _ => {
            let what = format!("is {}, and its ending does not tell the format", quoted(file.value));
            report.fault(file, &what, "write format = \"csv\", \"jsonl\" or \"prometheus\"");
            any_format(table, report)
        }
    }
}

/// Where the format is not known, the keys of none of them are unknown.
fn any_format(table: &mut Table<'_>, report: &Report) -> Option<Lines> {
    for name in CSV_KEYS.into_iter().chain(JSONL_KEYS).chain(PROMETHEUS_KEYS) {
        table.value(name, report);
    }
    None
}

fn format(table: &mut Table<'_>, lines: Lines, report: &mut Report) -> Option<MetricFormat> {
    for (keys, theirs, word) in [
        (&CSV_KEYS[..], Lines::Csv, "csv"),
        (&JSONL_KEYS[..], Lines::Jsonl, "jsonl"),
        (&PROMETHEUS_KEYS[..], Lines::Prometheus, "prometheus"),
    ] {
        if theirs != lines {
            let ours = LINES.iter().find(|(_, l)| *l == lines).map_or("", |(word, _)| *word);
            let why = format!("for format = \"{ours}\"");
            table.misplaced(keys, &why, &format!("it is for format = \"{word}\""), report);
        }
    }
    match lines {
        Lines::Csv => {
            let mut column = |name| table.filled(name, report).map(|said| said.value.to_owned());
            Some(MetricFormat::Csv { time: column("time_column"), value: column("value_column") })
        }
        Lines::Jsonl => jsonl(table, report),
        Lines::Prometheus => {
            if !table.has("metric") {
                table.missing("metric", "write metric = \"http_requests_total\"", report);
            }
            let labels = table.pairs("labels", report).map(|said| said.value).unwrap_or_default();
            let metric = table.filled("metric", report)?.value.to_owned();
            Some(MetricFormat::Prometheus { metric, labels })
        }
    }
}

fn jsonl(table: &mut Table<'_>, report: &mut Report) -> Option<MetricFormat> {
    const EXAMPLE: &str = "write field = \"latency_ms\", or count = true to count lines a minute";
    let time = table.filled("time_field", report).map(|said| said.value.to_owned());
    let filter = table.pairs("where", report);
    if let Some(said) = filter.as_ref().filter(|said| said.value.len() != 1) {
        report.fault(said, "does not hold exactly one condition", "write where = { event = \"crash\" }");
    }
    let filter = filter.and_then(|said| said.value.into_iter().next());
    let field = table.filled("field", report);
    let count = table.flag("count", report);
    if !table.has("field") && !table.has("count") {
        table.missing("field", EXAMPLE, report);
    }
    let measure = match (field, count) {
        (Some(field), Some(count)) if count.value => {
            report.fault(&field, "is given together with count = true", "keep one of the two");
            return None;
        }
        (Some(field), _) => Measure::Field(field.value.to_owned()),
        (None, Some(count)) if count.value => Measure::CountPerMinute,
        (None, Some(count)) => {
            if !table.has("field") {
                report.fault(&count, "is false, and there is no field", EXAMPLE);
            }
            return None;
        }
        (None, None) => return None,
    };
    Some(MetricFormat::Jsonl { time, measure, filter })
}
