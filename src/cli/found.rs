//! Signals made of files that nobody described.

use std::{collections::BTreeMap, path::Path};

use chrono::TimeDelta;

use crate::{
    config::SignalSource,
    domain::series::{Measure, MetricFormat, Signal},
    shell::disk,
    source::metrics::promtext,
    text::Text,
};

/// A telemetry file nobody described: how many events a minute it gets.
pub fn counted_events(path: &Path) -> SignalSource {
    let name = path.file_stem().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    SignalSource {
        signal: plain_signal(&name, "/min"),
        files: path.to_string_lossy().into_owned(),
        format: MetricFormat::Jsonl { time: None, measure: Measure::CountPerMinute, filter: None },
    }
}

/// What people look at first, in metric names; the earlier in the list, the sooner.
const TELLING: [&str; 9] =
    ["load1", "error", "fail", "MemAvailable", "queue", "latency", "resident_memory", "open_fds", "up"];

/// Some gauges of an exposition nobody described: those with one series, so that the name says it all, the telling first.
pub fn exposed(path: &Path) -> Vec<SignalSource> {
    let Ok(bytes) = disk::read(path, 16 * 1024 * 1024) else { return Vec::new() };
    let exposition = promtext::parse(&bytes);
    let mut names: Vec<&str> = exposition.samples.iter().map(|s| s.name.as_str()).collect();
    names.sort_unstable();
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for name in &names {
        *counts.entry(name).or_default() += 1;
    }
    let single = |name: &&str| counts.get(*name) == Some(&1);
    let rank = |name: &str| TELLING.iter().position(|word| name.contains(word)).unwrap_or(TELLING.len());
    let mut chosen: Vec<&str> = names.into_iter().filter(single).collect();
    chosen.sort_by_key(|name| rank(name));
    chosen.truncate(6);
    chosen
        .into_iter()
        .map(|name| SignalSource {
            signal: plain_signal(name, ""),
            files: path.to_string_lossy().into_owned(),
            format: MetricFormat::Prometheus { metric: name.to_owned(), labels: Vec::new() },
        })
        .collect()
}

fn plain_signal(name: &str, unit: &str) -> Signal {
    Signal {
        name: Text::scrub(name),
        unit: Text::scrub(unit),
        threshold: None,
        stale_after: TimeDelta::minutes(10),
        hold: TimeDelta::zero(),
        keep_firing: TimeDelta::zero(),
        window: TimeDelta::hours(1),
        objective: None,
        runbook: None,
    }
}
