//! What an earlier process put on record, for one that begins.
//!
//! A signal that is read of lines is read again from the start of its file: what the file holds is told by the file, and what
//! it does not hold any more by the record. Nothing is told by both.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};

use super::{
    ENDED,
    measuring::{Kept, Measuring},
    tap::Taken,
    ways,
};
use crate::{
    domain::{
        rollup::{Past, Step},
        sample::{Labelled, SeriesKey, Telling},
        series::{MetricFormat, Sample},
    },
    floor::{
        fact::{Fact, SignalId},
        recorded::Recorded,
    },
    shell::{
        files::lock,
        store::StoreError,
        telemetry::{FILE, Keep, Telemetry},
    },
    text::Text,
};

/// What the record has of signals, until their files were read.
#[derive(Debug, Default)]
pub(super) struct Earlier {
    waiting: HashMap<SignalId, Vec<Past>>,
    /// By signal, half-open times in epoch milliseconds that were told without its files.
    pub(super) recalled: HashMap<SignalId, Vec<(i64, i64)>>,
}

impl Earlier {
    /// What is to be told of a signal beside what was taken of its `n_files` files; nothing where that was told before. Of files
    /// that are not all read nobody can tell what they hold: the record tells it, and what they tell later is left out.
    pub(super) fn of(&mut self, signal: SignalId, taken: &Taken, n_files: usize, is_whole: bool) -> Vec<Sample> {
        let Some(past) = self.waiting.remove(&signal) else { return Vec::new() };
        let samples = not_read(&past, taken, n_files);
        if !is_whole {
            let told = past.iter().filter(|past| samples.iter().any(|sample| is_in(past, sample)));
            self.recalled.insert(signal, told.map(span).collect());
        }
        samples
    }
}

impl Measuring {
    /// Recalls what an earlier process kept: once, before anything is read.
    pub(super) fn begin(&self, now: DateTime<Utc>, tell: &mut dyn FnMut(Fact)) {
        let mut kept = lock(&self.kept);
        if std::mem::replace(&mut kept.is_begun, true) {
            return;
        }
        let plan = &self.plan;
        let Some(folder) = plan.folder.as_ref().filter(|folder| folder.join(FILE).exists()) else { return };
        let mut recall = || -> Result<_, StoreError> {
            let mut telemetry = Telemetry::open(folder, now)?;
            let recalled = telemetry.recall(&plan.wants, &ways::named(plan), plan.keep, now)?;
            let signals: Vec<_> =
                plan.taps.iter().filter_map(|tap| of_signal(&telemetry, tap, plan.keep, now)).collect();
            kept.gaps = telemetry.gaps()?;
            kept.telemetry = Some(telemetry);
            Ok((recalled, signals))
        };
        match recall() {
            Ok((mut recalled, signals)) => {
                (kept.places, kept.covered) = (recalled.places, recalled.covered);
                let own = |(id, name, _, format): &(SignalId, Text, String, MetricFormat)| {
                    let of_lines = matches!(format, MetricFormat::Csv { .. } | MetricFormat::Jsonl { .. });
                    Some((*id, recalled.of_signals.remove(name).filter(|_| of_lines)?))
                };
                kept.earlier.waiting = plan.taps.iter().filter_map(own).collect();
                if !recalled.recounted.is_empty() {
                    tell(Fact::OnRecord(Recorded::Counts(recalled.recounted)));
                }
                if !recalled.past.is_empty() {
                    tell(Fact::Remeasured(recalled.past));
                }
                if !recalled.ends.is_empty() {
                    let end = |(key, at_ms)| Labelled { key, at_ms, value: ENDED };
                    tell(Fact::OnRecord(Recorded::Ends(recalled.ends.into_iter().map(end).collect())));
                }
                signals.into_iter().for_each(tell);
            }
            Err(error) => kept.trouble(&error, tell),
        }
    }

    /// Tells what was taken of a signal's files, after what the record alone has of it. `n_files` is nothing where not all of
    /// them could be read.
    pub(super) fn tell_taken(
        &self,
        signal: SignalId,
        taken: Taken,
        n_files: Option<usize>,
        n_skipped: usize,
        tell: &mut dyn FnMut(Fact),
    ) {
        let mut kept = lock(&self.kept);
        let Kept { earlier, .. } = &mut *kept;
        // Of what waits for a file that is away the first look tells, whatever it found.
        let samples = earlier.of(signal, &taken, n_files.unwrap_or(usize::MAX), n_files.is_some());
        let recalled = earlier.recalled.get(&signal).cloned().unwrap_or_default();
        drop(kept);
        if !samples.is_empty() {
            tell(Fact::OnRecord(Recorded::Earlier { signal, samples }));
        }
        taken.told(signal, &recalled, n_skipped).into_iter().for_each(tell);
    }
}

/// What a signal on an exposition showed before: the file itself holds only the present.
fn of_signal(
    telemetry: &Telemetry,
    (signal, _, _, format): &(SignalId, Text, String, MetricFormat),
    keep: Keep,
    now: DateTime<Utc>,
) -> Option<Fact> {
    let MetricFormat::Prometheus { metric, labels } = format else { return None };
    let keys = telemetry.series(Some(metric)).ok()?.into_iter().filter(|key| !key.is_signal());
    let value = |key: &SeriesKey, name: &str| key.labels.get(name).map_or(String::new(), ToString::to_string);
    let mut meant = keys.filter(|key| labels.iter().all(|(name, wanted)| value(key, name) == *wanted));
    // Of several series none is the signal.
    let key = meant.next().filter(|_| meant.next().is_none())?;
    let past = telemetry.past_of(&key, TimeDelta::days(30), keep, now).ok()?;
    let samples: Vec<Sample> =
        past.iter().map(|past| Sample { at_ms: past.rollup.last.0, value: past.rollup.last.1 }).collect();
    let sampled =
        Fact::Sampled { signal: *signal, samples, telling: Telling::Instead, skipped: Vec::new(), n_skipped: 0 };
    (!past.is_empty()).then_some(sampled)
}

/// What the record has of a signal and was not read of its files, oldest first.
///
/// From where a file begins it tells all there is. Of several files each may begin elsewhere: then what was read within a second
/// is left out of what the record has of it.
fn not_read(past: &[Past], taken: &Taken, n_files: usize) -> Vec<Sample> {
    let newest = past.iter().map(|past| past.rollup.last.0).max();
    let first = taken.new.items.iter().map(|sample| sample.at_ms).min();
    // A file whose first new line is older than what is on record was written anew: it tells that again.
    let is_anew = first.zip(newest).is_some_and(|(first, newest)| first < newest);
    let new = if is_anew { taken.new.items.as_slice() } else { &[] };
    let mut read: Vec<Sample> = taken.known.iter().chain(new).copied().collect();
    read.sort_by_key(|sample| sample.at_ms);
    let oldest = read.first().map(|sample| sample.at_ms);
    let mut found = Vec::new();
    for past in past {
        let (start, end) = span(past);
        if n_files <= 1 && oldest.is_some_and(|oldest| oldest < start) {
            break;
        }
        let of_step = read.partition_point(|s| s.at_ms < start)..read.partition_point(|s| s.at_ms < end);
        found.extend(beside(past, read.get(of_step).unwrap_or_default()));
    }
    found
}

/// The samples of a step beside those that were read of it.
fn beside(past: &Past, read: &[Sample]) -> Vec<Sample> {
    let mut samples: Vec<Sample> =
        past.samples().map(|sample| Sample { at_ms: sample.at_ms, value: sample.value }).collect();
    let rollup = &past.rollup;
    if read.len() as u64 >= rollup.count || is_same(past, read) {
        return Vec::new();
    }
    if past.step != Step::Second {
        // Of a longer step the last one alone is told.
        samples.retain(|sample| !read.iter().any(|read| read.at_ms >= sample.at_ms));
        return samples;
    }
    for one in read {
        let far = |sample: &Sample| (sample.value - one.value).abs();
        let place = (0..samples.len()).min_by(|a, b| {
            let of = |place: &usize| samples.get(*place).map_or(f64::INFINITY, far);
            of(a).total_cmp(&of(b))
        });
        if let Some(place) = place {
            samples.remove(place);
        }
    }
    samples
}

/// Whether a step on record is what was read, told several times.
fn is_same(past: &Past, read: &[Sample]) -> bool {
    let rollup = &past.rollup;
    let low = read.iter().map(|sample| sample.value).fold(f64::INFINITY, f64::min);
    let high = read.iter().map(|sample| sample.value).fold(f64::NEG_INFINITY, f64::max);
    let mean = read.iter().map(|sample| sample.value).sum::<f64>() / read.len().max(1) as f64;
    let is_near = (mean - rollup.mean()).abs() <= 1e-9 * mean.abs().max(1.0);
    let n = read.len() as u64;
    0 < n && rollup.count.is_multiple_of(n) && low == rollup.min && high == rollup.max && is_near
}

/// The half-open time of a step, in epoch milliseconds.
fn span(past: &Past) -> (i64, i64) {
    let start = past.start.saturating_mul(1_000);
    (start, start.saturating_add(past.step.seconds().saturating_mul(1_000)))
}

fn is_in(past: &Past, sample: &Sample) -> bool {
    let (start, end) = span(past);
    (start..end).contains(&sample.at_ms)
}
