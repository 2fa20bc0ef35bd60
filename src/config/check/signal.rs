//! `[[signal]]`: metric files, how they are read, and how their values are judged.

use chrono::TimeDelta;
use toml::de::DeValue;

use crate::{
    config::{
        Context, SignalSource, Trust,
        check::{Range, choice, no_duplicates, span},
        paths,
        problems::Report,
        remote::{RemoteKind, RemoteServer},
        secrets::quoted,
        units,
        walk::{self, Said, Table},
    },
    domain::{
        series::{Measure, MetricFormat, Side, Signal, Threshold},
        trouble::nearest,
    },
    text::Text,
};

/// A value older than this is stale, where the file does not say.
const STALE_AFTER: TimeDelta = TimeDelta::minutes(10);

/// How far back a sparkline looks, where the file does not say.
const WINDOW: TimeDelta = TimeDelta::hours(1);

/// Below a second every value would be stale before it is drawn.
const STALE_RANGE: Range = Range { least: TimeDelta::seconds(1), most: TimeDelta::days(366) };

/// Zero fires at once (SEMANTICS R41).
const HOLD_RANGE: Range = Range { least: TimeDelta::zero(), most: TimeDelta::days(7) };

/// A slice of an objective is a minute; a year is enough to look back on.
const WINDOW_RANGE: Range = Range { least: TimeDelta::minutes(1), most: TimeDelta::days(366) };

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

/// Reads every signal.
pub(super) fn all(
    tables: Vec<Table<'_>>,
    servers: &[RemoteServer],
    context: &Context<'_>,
    report: &mut Report,
) -> Vec<SignalSource> {
    let (mut names, mut signals) = (Vec::new(), Vec::new());
    for mut table in tables {
        if let Some((name, signal)) = one(&mut table, servers, context, report) {
            names.push(name);
            signals.push(signal);
        }
        table.finish(report);
    }
    no_duplicates("signal", &names, report);
    signals
}

fn one(
    table: &mut Table<'_>,
    servers: &[RemoteServer],
    context: &Context<'_>,
    report: &mut Report,
) -> Option<(Said<Text>, SignalSource)> {
    let is_remote = table.has("prometheus") || table.has("expr");
    if !table.has("name") {
        table.missing("name", "write name = \"latency\"", report);
    }
    if !is_remote && !table.has("file") {
        table.missing("file", "write file = \"latency.csv\"", report);
    }
    let name = table.filled("name", report).map(|said| said.with(Text::scrub(said.value)));
    let (files, format) = if is_remote {
        (Some(String::new()), remote(table, servers, context, report))
    } else {
        // Asked for all the same, so that a slip in their names is told from an unknown key.
        for key in ["prometheus", "expr"] {
            table.value(key, report);
        }
        let file = table.filled("file", report);
        let files = file.as_ref().and_then(|said| paths::pattern(said, context, report));
        (files, lines(table, file.as_ref(), report).and_then(|lines| format(table, lines, report)))
    };
    let unit = table.text("unit", report).map(|said| Text::scrub(said.value.trim()));
    let threshold = threshold(table, report);
    let hold = span(table, "for", HOLD_RANGE, report);
    let keep_firing = span(table, "keep_firing", HOLD_RANGE, report);
    let stale_after = span(table, "stale_after", STALE_RANGE, report);
    let window = span(table, "window", WINDOW_RANGE, report);
    let objective = table.value("objective", report).and_then(|said| objective(&said, report));
    if threshold.is_none() && !table.has("above") && !table.has("below") {
        let without = "without above or below";
        table.misplaced(&["for", "keep_firing", "objective"], without, "write above = 250 or below = 99", report);
    }
    let runbook = table.filled("runbook", report).and_then(|said| runbook(&said, context, report));
    let name = name?;
    let signal = Signal {
        name: name.value.clone(),
        unit: unit.unwrap_or_default(),
        threshold,
        stale_after: stale_after.map_or(STALE_AFTER, |said| said.value),
        hold: hold.map_or(TimeDelta::zero(), |said| said.value),
        keep_firing: keep_firing.map_or(TimeDelta::zero(), |said| said.value),
        window: window.map_or(WINDOW, |said| said.value),
        objective,
        runbook,
    };
    Some((name, SignalSource { signal, files: files?, format: format? }))
}

/// Reads an expression and who evaluates it.
fn remote(
    table: &mut Table<'_>,
    servers: &[RemoteServer],
    context: &Context<'_>,
    report: &mut Report,
) -> Option<MetricFormat> {
    let keys: Vec<&'static str> =
        ["file", "format"].into_iter().chain(CSV_KEYS).chain(JSONL_KEYS).chain(PROMETHEUS_KEYS).collect();
    table.misplaced(&keys, "with prometheus and expr", "it is for files: leave it out", report);
    for (name, hint) in [
        ("prometheus", "write prometheus = \"NAME\", the name of a [[prometheus]]"),
        ("expr", "write expr = \"sum(rate(http_requests_total[5m]))\""),
    ] {
        if !table.has(name) {
            table.missing(name, hint, report);
        }
    }
    let expr = table.filled("expr", report).map(|said| Text::scrub(said.value));
    let said = table.filled("prometheus", report)?;
    let known = || servers.iter().filter(|server| server.kind == RemoteKind::Prometheus);
    let server = known().find(|server| server.name.as_str() == said.value);
    if server.is_none() && context.trusted == Trust::User {
        let hint = match nearest(said.value, known().map(|server| server.name.as_str())) {
            Some(name) => format!("did you mean {}?", quoted(name)),
            None => "write a [[prometheus]] with that name and its url".to_owned(),
        };
        report.fault(&said, &format!("is {}, and no [[prometheus]] is called that", quoted(said.value)), &hint);
    } else if server.is_none() {
        let what = "may not be set by a file that came with a repository: it would choose whom we ask";
        report.fault(&said, what, "set the signal in your own settings file");
    }
    Some(MetricFormat::Remote { server: server?.name.clone(), expr: expr? })
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
            let mut column = |name, default: &str| {
                table.filled(name, report).map_or_else(|| default.to_owned(), |said| said.value.to_owned())
            };
            Some(MetricFormat::Csv { time: column("time_column", "timestamp"), value: column("value_column", "value") })
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

fn threshold(table: &mut Table<'_>, report: &mut Report) -> Option<Threshold> {
    let above = table.number("above", report);
    let below = table.number("below", report);
    match (above, below) {
        (Some(above), Some(_)) => {
            let hint = "keep one; a band is two signals on the same file";
            report.fault(&above, "is given together with below", hint);
            None
        }
        (Some(said), None) => Some(Threshold { bad: Side::Above, bound: said.value }),
        (None, Some(said)) => Some(Threshold { bad: Side::Below, bound: said.value }),
        (None, None) => None,
    }
}

/// Reads `99.5` or `"99.5%"` as 0.995. 100 leaves no budget (SEMANTICS section 5).
fn objective(said: &Said<&DeValue<'_>>, report: &mut Report) -> Option<f64> {
    const HINT: &str = "write percent, such as objective = 99.5";
    let percent = match said.value {
        DeValue::String(text) => match units::percent(text) {
            Some(percent) => percent,
            None => {
                report.fault(said, &format!("is {}", quoted(text)), HINT);
                return None;
            }
        },
        _ => walk::finite(said, report)?,
    };
    if !(0.0 < percent && percent < 100.0) {
        report.fault(said, "is not between 0 and 100 percent, both excluded", HINT);
        return None;
    }
    if percent <= 1.0 {
        // 0.995 is nearly always meant as a share; taken as percent it would never fire.
        report.fault(said, "is at most 1 percent", HINT);
        return None;
    }
    Some(percent / 100.0)
}

/// Reads an http(s) URL or a path.
pub(super) fn runbook(said: &Said<&str>, context: &Context<'_>, report: &mut Report) -> Option<Text> {
    if !said.value.contains(':') || said.value.starts_with('/') {
        return paths::path(said, context, report).map(|path| Text::scrub(&path.to_string_lossy()));
    }
    match url::Url::parse(said.value) {
        Ok(url) if matches!(url.scheme(), "http" | "https") && url.username().is_empty() => {
            Some(Text::scrub(said.value))
        }
        _ => {
            let what = format!("is {}, which is neither a path nor an http(s) URL", quoted(said.value));
            report.fault(said, &what, "write runbook = \"docs/latency.md\" or an https:// address without a user");
            None
        }
    }
}
