//! The record, as the engine sees it: what is put there, and the floor of an earlier instant.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};

use super::{Engine, told_badly};
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
        fact::{Fact, Going, Gone, SourceId, Went},
    },
    shell::{
        files::{FileSource, lock},
        keeper::in_words,
        past::{self, Known, Note, Rebuilt, Tales, Today, Told, Wanted},
        store::{Heard, Store, StoreError},
    },
    text::Text,
};

impl Engine {
    /// Has notes put on record; nobody waits for the disk.
    pub fn put_on_record(&self, notes: &[Note]) {
        let entries: Vec<_> = notes.iter().flat_map(Note::entries).collect();
        if !entries.is_empty() {
            let at = self.clock.now();
            self.keeper.write_aside(move |store| store.put(&entries, at).map(drop));
        }
    }

    /// Has what a history told put on record; nobody waits for the disk.
    pub fn put_history_on_record(&self, told: Told) {
        let at = self.clock.now();
        self.keeper.write_aside(move |store| put_history(store, &told, at));
    }

    /// Puts notes on record and waits for the disk; tells only where that failed.
    pub fn put_now(&self, notes: &[Note]) -> Option<Fact> {
        let entries: Vec<_> = notes.iter().flat_map(Note::entries).collect();
        let at = self.clock.now();
        failure(self.keeper.with_now(move |store| store.put(&entries, at).map(drop)))
    }

    /// Puts on record what a history told and waits for the disk; tells only where that failed.
    pub fn put_history_now(&self, told: Told) -> Option<Fact> {
        let at = self.clock.now();
        failure(self.keeper.with_now(move |store| put_history(store, &told, at)))
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
        let today = Today { zones: zones.clone(), zone_of_calendars, roster, release, signals };
        let empty = Floor::new(floor.team.clone(), floor.zone.clone(), floor.policy.clone(), Vec::new());
        let mut filled = std::mem::replace(floor, empty);
        let (back, rebuilt) = self.keeper.with_now(move |store| {
            let rebuilt = past::rebuild(store, &mut filled, today, at);
            (filled, rebuilt)
        })?;
        *floor = back;
        rebuilt.map_err(|error| in_words(&error))
    }

    /// What is known of an instant, without reading any of it.
    ///
    /// # Errors
    /// Why the record cannot be read, in words.
    pub fn known(&self, at: DateTime<Utc>) -> Result<Known, Text> {
        let since = self.keeper.with_now(|store| store.record_begins())?;
        since.map(|since| Known { at, since }).map_err(|error| in_words(&error))
    }

    /// Every incident that anything is on record of.
    ///
    /// # Errors
    /// Why the record cannot be read, in words.
    pub fn recorded_keys(&self) -> Result<Vec<IncidentKey>, Text> {
        self.keeper.with_now(|store| store.recorded_keys())?.map_err(|error| in_words(&error))
    }

    /// What happened, as the record tells it.
    ///
    /// # Errors
    /// Why the record cannot be read, in words.
    pub fn tales(&self, wanted: &Wanted, policy: &Policy) -> Result<Tales, Text> {
        let (wanted, policy) = (wanted.clone(), policy.clone());
        self.keeper.with_now(move |store| past::tales(store, &wanted, &policy))?.map_err(|error| in_words(&error))
    }

    /// Has a little of what is older than `keep` forgotten, and a little of what is a day old thinned. What it says comes later: whether nothing is left that is too old.
    pub fn forget(&self, keep: TimeDelta) -> tokio::sync::oneshot::Receiver<bool> {
        let now = self.clock.now();
        let cut = minus(now, keep);
        let (say, done) = tokio::sync::oneshot::channel();
        let mut say = Some(say);
        self.keeper.write_aside(move |store| {
            let (forgot, thinned) = (store.forget_before(cut)?, store.thin(now)?);
            if let Some(say) = say.take() {
                // Whoever asked may have gone.
                let _ = say.send(forgot.is_all && thinned.is_all);
            }
            Ok(())
        });
        done
    }

    /// Which of these sources whoever leads has heard since an instant.
    ///
    /// # Errors
    /// Why the record cannot be read, in words.
    pub fn heard_since(&self, at: DateTime<Utc>) -> Result<Vec<Text>, Text> {
        self.keeper.with_now(move |store| store.heard_since(at))?.map_err(|error| in_words(&error))
    }
}

fn failure(done: Result<Result<(), StoreError>, Text>) -> Option<Fact> {
    match done {
        Ok(Ok(())) => None,
        Ok(Err(error)) => Some(told_badly(&error)),
        Err(what) => Some(Fact::Told { what, went: Went::Badly }),
    }
}

fn put_history(store: &mut Store, told: &Told, at: DateTime<Utc>) -> Result<(), StoreError> {
    let mut heard = Heard { items: told.items.clone(), ..Heard::of(told.source.clone()) };
    if let Some(only) = &told.only {
        let known = store.keys_of(heard.source.as_str())?;
        let keys = known.iter().filter_map(|key| IncidentKey::parse(key));
        heard.gone = keys.filter(|key| !only.contains(key)).map(|key| Gone { key, how: Going::Deleted }).collect();
    }
    store.record(&heard, at).map(drop)
}

/// What a metric file says, with nothing that came later: a minute that is counted is known when it is over.
fn samples_until(file: &FileSource, source: SourceId, at: DateTime<Utc>) -> Vec<Fact> {
    let FileSource::Metric { settings, signal, .. } = file else { return Vec::new() };
    // Read from its beginning, wherever whoever follows it is.
    let (signal, followed) = (*signal, BTreeMap::new());
    let mut file = FileSource::Metric { signal, settings: settings.clone(), followed, n_skipped: 0, shared: None };
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
        MetricFormat::Jsonl { .. }
        | MetricFormat::Csv { .. }
        | MetricFormat::Prometheus { .. }
        | MetricFormat::Remote { .. } => 0,
    }
}
