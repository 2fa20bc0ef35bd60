//! The record, as the engine sees it: what is put there, and the floor of an earlier instant.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};

use super::{Engine, in_words, lock, told_badly};
use crate::{
    config::SignalSource,
    domain::{
        incident::IncidentKey,
        series::{Measure, MetricFormat},
        sla::Policy,
        time::minus,
        zone::{Zone, Zones},
    },
    floor::{
        Floor,
        fact::{Fact, Going, Gone, SourceId},
    },
    shell::{
        files::FileSource,
        past::{self, Known, Note, Rebuilt, Tales, Today, Wanted},
        store::{Forgot, Heard},
    },
    text::Text,
};

impl Engine {
    /// Puts notes on record; tells only where that failed.
    pub fn put_on_record(&self, notes: &[Note]) -> Option<Fact> {
        let store = self.store.as_ref().ok().filter(|_| !notes.is_empty())?;
        let entries: Vec<_> = notes.iter().flat_map(Note::entries).collect();
        lock(store).put(&entries, self.clock.now()).err().map(|error| told_badly(&error))
    }

    /// Puts on record what a history told; tells only where that failed.
    pub fn put_history_on_record(&self, told: past::Told) -> Option<Fact> {
        let store = self.store.as_ref().ok()?;
        let mut store = lock(store);
        let mut heard = Heard { items: told.items, ..Heard::of(told.source) };
        if let Some(only) = told.only {
            let known = match store.keys_of(heard.source.as_str()) {
                Ok(known) => known,
                Err(error) => return Some(told_badly(&error)),
            };
            let keys = known.iter().filter_map(|key| IncidentKey::parse(key));
            heard.gone = keys.filter(|key| !only.contains(key)).map(|key| Gone { key, how: Going::Deleted }).collect();
        }
        store.record(&heard, self.clock.now()).err().map(|error| told_badly(&error))
    }

    /// Fills an empty floor with what was known at an instant; `signals` are declared first.
    ///
    /// # Errors
    /// Why the record cannot be read, in words.
    pub fn rebuild(
        &self,
        floor: &mut Floor,
        signals: Vec<Fact>,
        zones: &Zones,
        at: DateTime<Utc>,
    ) -> Result<Rebuilt, Text> {
        let store = lock(self.store.as_ref().map_err(Clone::clone)?);
        let mut signals = signals;
        let (mut roster, mut zone_of_calendars) = (None, Zone::utc());
        for (id, file) in &self.files {
            let mut file = lock(file);
            signals.extend(samples_until(&file, *id, at));
            if let Some(source) = file.as_roster() {
                (roster, zone_of_calendars) = (Some(*id), source.zone().clone());
            }
        }
        let release = self.release.clone();
        let today = Today { zones, zone_of_calendars, roster, release, signals };
        past::rebuild(&store, floor, today, at).map_err(|error| in_words(&error))
    }

    /// What is known of an instant, without reading any of it.
    ///
    /// # Errors
    /// Why the record cannot be read, in words.
    pub fn known(&self, at: DateTime<Utc>) -> Result<Known, Text> {
        let store = lock(self.store.as_ref().map_err(Clone::clone)?);
        store.record_begins().map(|since| Known { at, since }).map_err(|error| in_words(&error))
    }

    /// Every incident that anything is on record of.
    ///
    /// # Errors
    /// Why the record cannot be read, in words.
    pub fn recorded_keys(&self) -> Result<Vec<IncidentKey>, Text> {
        let store = lock(self.store.as_ref().map_err(Clone::clone)?);
        store.recorded_keys().map_err(|error| in_words(&error))
    }

    /// What happened, as the record tells it.
    ///
    /// # Errors
    /// Why the record cannot be read, in words.
    pub fn tales(&self, wanted: &Wanted, policy: &Policy) -> Result<Tales, Text> {
        let store = lock(self.store.as_ref().map_err(Clone::clone)?);
        past::tales(&store, wanted, policy).map_err(|error| in_words(&error))
    }

    /// Forgets a little of what is older than `keep`. Nothing where there is no store.
    ///
    /// # Errors
    /// Why it cannot, in words.
    pub fn forget(&self, keep: TimeDelta) -> Result<Option<Forgot>, Text> {
        let Ok(store) = &self.store else { return Ok(None) };
        let forgot = lock(store).forget_before(minus(self.clock.now(), keep));
        forgot.map(Some).map_err(|error| in_words(&error))
    }
}

/// What a metric file says, with nothing that came later: a minute that is counted is known when it is over.
fn samples_until(file: &FileSource, source: SourceId, at: DateTime<Utc>) -> Vec<Fact> {
    let FileSource::Metric { settings, signal, .. } = file else { return Vec::new() };
    // Read from its beginning, wherever whoever follows it is.
    let (signal, followed) = (*signal, BTreeMap::new());
    let mut file = FileSource::Metric { signal, settings: settings.clone(), followed, n_skipped: 0 };
    let latest = minus(at, TimeDelta::milliseconds(known_after_ms(settings))).timestamp_millis();
    let mut facts = Vec::new();
    file.poll(source, at, &mut |fact| facts.push(fact));
    for fact in &mut facts {
        if let Fact::Sampled { samples, .. } = fact {
            samples.retain(|sample| sample.at_ms <= latest);
        }
    }
    facts
}

fn known_after_ms(settings: &SignalSource) -> i64 {
    match &settings.format {
        MetricFormat::Jsonl { measure: Measure::CountPerMinute, .. } => 60_000,
        MetricFormat::Jsonl { .. } | MetricFormat::Csv { .. } | MetricFormat::Prometheus { .. } => 0,
    }
}
