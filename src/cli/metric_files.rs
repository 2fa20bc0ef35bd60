//! `watchfloor metrics check FILE...`: files read as they would be followed, and every record that is left out.

use std::{fmt::Write as _, path::Path};

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use crate::{
    cli::{
        args::{CheckFiles, Common},
        exit,
        failure::{Failure, print},
    },
    domain::{
        time::rfc3339,
        zone::{Zone, Zones},
    },
    shell::{clock::Clock, disk, feeds::metric::MetricFile, follow::lines::Reached},
    sink::json::Document,
    source::metrics::{
        bad::{Bad, BadRecords},
        openmetrics,
        shape::Hint,
    },
    text::{Text, counted, grouped},
};

/// An exposition longer than this is not held to the letter of OpenMetrics, for it is read whole.
const LARGEST: usize = 64 * 1024 * 1024;

/// Faults of OpenMetrics named at most.
const FAULTS: usize = 40;

/// What a file turned out to be.
struct Found {
    path: Text,
    shape: Option<Text>,
    n_samples: usize,
    n_series: usize,
    bad: BadRecords,
    /// Why it could not be read at all, and is no bad file.
    away: Option<Text>,
    faults: Vec<openmetrics::Fault>,
}

impl Found {
    fn is_good(&self) -> bool {
        self.bad.is_empty() && self.away.is_none() && self.faults.is_empty()
    }
}

/// Reads the files and says what is wrong with them.
///
/// # Errors
/// The answer could not be written.
pub fn check(asked: &CheckFiles, common: &Common, zones: &Zones) -> Result<u8, Failure> {
    let now = common.now.unwrap_or_else(|| Clock::Wall.now());
    let found: Vec<Found> = asked.files.iter().flat_map(|named| looked_at(named, now)).collect();
    if asked.printed.json {
        let files: Vec<Value> = found.iter().map(as_json).collect();
        let version = Text::scrub(zones.version());
        let document = Document::new("metric_files", env!("CARGO_PKG_VERSION"), &version, now).with("files", files);
        print(&format!("{:#}", document.value()))?;
    } else {
        print(&found.iter().map(as_text).collect::<Vec<_>>().join("\n"))?;
    }
    Ok(if found.iter().all(Found::is_good) { exit::DONE } else { exit::NO })
}

/// What a path or a pattern names; where it names nothing, why.
fn looked_at(named: &Path, now: DateTime<Utc>) -> Vec<Found> {
    let pattern = named.to_string_lossy();
    let why = match disk::expand(&pattern) {
        // A path that is no text has no pattern in it.
        _ if named.to_str().is_none() => return vec![look(named, now)],
        Ok(found) if found.paths.is_empty() => found.unread.unwrap_or_else(|| "no file matches it".to_owned()),
        Ok(found) => return found.paths.iter().map(|path| look(path, now)).collect(),
        Err(why) => why,
    };
    let (path, away) = (Text::scrub(&pattern), Some(Text::scrub(&why)));
    let bad = BadRecords::default();
    vec![Found { path, shape: None, n_samples: 0, n_series: 0, bad, away, faults: Vec::new() }]
}

fn look(path: &Path, now: DateTime<Utc>) -> Found {
    let mut file = MetricFile::new(path, Hint::default(), Zone::utc(), Vec::new());
    let (mut n_samples, mut away) = (0, None);
    let mut series = std::collections::HashSet::new();
    loop {
        match file.look(now) {
            Ok((round, reached)) => {
                n_samples += round.samples.len();
                series.extend(round.samples.into_iter().map(|sample| sample.key));
                if reached == Reached::End {
                    break;
                }
            }
            Err((_, why)) => {
                away = file.bad().whole().is_none().then(|| Text::scrub(&why));
                break;
            }
        }
    }
    let (mut faults, mut called) = (Vec::new(), "Prometheus text");
    if file.is_exposition()
        && let Ok(bytes) = disk::read(path, LARGEST)
        && openmetrics::is_claimed(&bytes)
    {
        (faults, called) = (openmetrics::faults(&bytes), "OpenMetrics");
    }
    let shape = if file.is_exposition() { Some(Text::scrub(called)) } else { file.shape().map(|s| s.said()) };
    let path = Text::scrub(&path.to_string_lossy());
    Found { path, shape, n_samples, n_series: series.len(), bad: file.bad().clone(), away, faults }
}

fn as_text(found: &Found) -> String {
    let mut out = String::new();
    let shape = found.shape.as_ref().map_or("its shape is not known", Text::as_str);
    let (samples, series) = (grouped(found.n_samples), counted(found.n_series, "series", "series"));
    // Writing to a string cannot fail.
    let _ = writeln!(out, "{}: {shape}; {samples} samples of {series}", found.path);
    if let Some(why) = &found.away {
        let _ = writeln!(out, "  cannot be read: {}", in_settings(why.as_str()));
    }
    if let Some(bad) = found.bad.whole() {
        let _ = writeln!(out, "  the whole file: {}", in_settings(bad.why.as_str()));
    }
    if let 1.. = found.bad.len() {
        let _ = writeln!(out, "  {} left out", counted(found.bad.len(), "record", "records"));
        for bad in found.bad.iter() {
            let _ = writeln!(out, "  {}: {}", bad.at, bad.why);
        }
        if found.bad.n_between() > 0 {
            let _ = writeln!(out, "  and {} more, of which only the number is kept", grouped(found.bad.n_between()));
        }
    }
    if !found.faults.is_empty() {
        let _ = writeln!(out, "  {} of OpenMetrics", counted(found.faults.len(), "fault", "faults"));
        for (line, why) in found.faults.iter().take(FAULTS) {
            let _ = writeln!(out, "  line {line}: {why}");
        }
    }
    if found.is_good() {
        let _ = writeln!(out, "  nothing is left out");
    }
    out
}

/// What a summary's flags say, a signal's keys do: this command has no such flag.
fn in_settings(why: &str) -> String {
    const KEYS: [(&str, &str); 3] = [
        ("--time names the column", "time_column of its [[signal]] names the column"),
        ("--time names the field", "time_field of its [[signal]] names the field"),
        ("--value names the one that is meant", "value_column or field of its [[signal]] names the one that is meant"),
    ];
    KEYS.iter().fold(why.to_owned(), |said, (flag, key)| said.replace(flag, key))
}

fn as_json(found: &Found) -> Value {
    let record = |bad: &Bad| json!({ "at": bad.at.as_str(), "why": bad.why.as_str(), "noticed": rfc3339(bad.noticed) });
    json!({
        "path": found.path.as_str(),
        "shape": found.shape.as_ref().map(Text::as_str),
        "samples": found.n_samples,
        "series": found.n_series,
        "unreadable": found.away.as_ref().or(found.bad.whole().map(|bad| &bad.why)).map(Text::as_str),
        "n_left_out": found.bad.len(),
        "left_out": found.bad.iter().map(record).collect::<Vec<_>>(),
        "openmetrics_faults": found.faults.iter().map(|(line, why)| json!({ "line": line, "why": why })).collect::<Vec<_>>(),
    })
}
