//! In which ways objectives count signals that are read of lines, and which of them the record knows of a file.
//!
//! An exposition holds only the present: its past is the record of its series.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
};

use chrono::{DateTime, TimeDelta, Utc};

use super::{
    MetricFile,
    measuring::{Measuring, Plan},
};
use crate::{
    domain::{
        series::{Measure, MetricFormat, Sample},
        slo::meter::Counted,
    },
    floor::fact::{Fact, SignalId, Went},
    shell::{
        files::lock,
        follow::lines::Gap,
        telemetry::{Covered, Named},
    },
    text::Text,
};

/// Every way in which a signal is counted, as the record calls it, with how far back it is looked on.
pub(super) fn named(plan: &Plan) -> Vec<(Named, Counted, TimeDelta)> {
    let of = |(signal, counted, back): &(SignalId, Counted, TimeDelta)| {
        Some((name_of(plan, *signal, counted)?, *counted, *back))
    };
    plan.counted.iter().filter_map(of).collect()
}

/// The ways in which a signal is counted of a file, each with the newest sample that was counted so and whether all of the file
/// that was read before is.
pub(super) fn of_signal(
    plan: &Plan,
    signal: SignalId,
    path: &Path,
    is_read: bool,
    covered: &HashMap<PathBuf, Covered>,
) -> Vec<(Named, Counted, Option<Sample>, bool)> {
    let mut found: Vec<(Named, Counted, Option<Sample>, bool)> = Vec::new();
    for (_, counted, _) in plan.counted.iter().filter(|(id, ..)| *id == signal) {
        let Some(named) = name_of(plan, signal, counted) else { continue };
        if found.iter().any(|(known, ..)| *known == named) {
            continue;
        }
        let of_file = covered.get(path).and_then(|ways| ways.get(&named));
        // A file that nobody has read goes on where the one before it ended.
        let of_others = covered.values().filter_map(|ways| ways.get(&named).copied().flatten());
        let newest = match of_file {
            Some(newest) => *newest,
            None if is_read => None,
            None => of_others.max_by_key(|sample| sample.at_ms),
        };
        found.push((named, *counted, newest, of_file.is_some()));
    }
    found
}

/// What nobody can read any more, in words.
pub(super) fn lost(gaps: &[Gap]) -> Vec<String> {
    gaps.iter().filter(|gap| gap.found_in.is_none()).map(Gap::said).collect()
}

impl Measuring {
    /// Says that lines of a file are lost, and notes it for whoever asks later.
    pub(super) fn note_gaps(&self, path: &Path, gaps: &[String], now: DateTime<Utc>, tell: &mut dyn FnMut(Fact)) {
        if gaps.is_empty() || !self.leads() {
            return;
        }
        let mut kept = lock(&self.kept);
        for gap in gaps {
            let what = format!("{}: {gap}", path.to_string_lossy());
            tell(Fact::Told { what: Text::scrub(&what), went: Went::Badly });
            // Where the disk refuses, the log has it.
            let _ = kept.telemetry.as_mut().map(|telemetry| telemetry.note_gap(path, gap, now));
        }
    }
}

/// What is said where signals are counted anew though their file was read before.
pub(super) fn said_anew(file: &MetricFile) -> Vec<Fact> {
    let said = |signal: &Text| {
        let what =
            format!("what objectives count of {signal} was not recorded so: it begins with what its file holds now");
        Fact::Told { what: Text::scrub(&what), went: Went::Well }
    };
    file.counted_anew().map(said).collect()
}

fn name_of(plan: &Plan, signal: SignalId, counted: &Counted) -> Option<Named> {
    let (_, name, files, format) = plan.taps.iter().find(|(id, ..)| *id == signal)?;
    let read = match format {
        MetricFormat::Csv { time, value } => {
            format!("csv time {} value {}", said(time.as_deref()), said(value.as_deref()))
        }
        MetricFormat::Jsonl { time, measure, filter } => {
            let what = match measure {
                Measure::Field(path) => format!("field {path}"),
                Measure::CountPerMinute => "events a minute".to_owned(),
            };
            let only = filter.as_ref().map(|(path, text)| format!(" where {path} = {text}")).unwrap_or_default();
            format!("jsonl time {} {what}{only}", said(time.as_deref()))
        }
        MetricFormat::Prometheus { .. } | MetricFormat::Remote { .. } => return None,
    };
    Some(Named { signal: name.clone(), definition: format!("{} of {read} in {files}", counted.said()) })
}

fn said(column: Option<&str>) -> &str {
    column.unwrap_or("as told by its lines")
}
