//! Counters of good or bad events that were heard and are not any more, while what stood beside them goes on.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::{DateTime, Utc};

use crate::{
    domain::{
        pool::MISSED_MS,
        rollup::Past,
        sample::{Labelled, SeriesKey},
        slo::{
            feed::Selector,
            ledger::Part,
            meter::{Counted, Counting},
            standing::Standing,
        },
    },
    floor::slos::{By, Fed, Watched},
    text::Text,
};

/// Counters, and when each was heard last, in epoch milliseconds.
pub(super) type Missing = BTreeMap<SeriesKey, i64>;

/// Instants by which it is told whether two series were told together.
const COMPARED: usize = 200;

impl Watched {
    /// How it stands: while a counter is missing nothing is known of now.
    pub(super) fn in_doubt(&mut self, standing: Standing, now: DateTime<Utc>) -> Standing {
        self.missing.retain(|_, since| is_missed(*since, now));
        match self.missing.first_key_value() {
            Some((key, _)) => standing.in_doubt(Text::scrub(&format!("{key} was heard before and cannot be read now"))),
            None => standing,
        }
    }

    /// The selectors of counted good or bad events and of all events, where both count what counters grew by.
    fn counters(&self) -> Option<(&Fed, &Selector, &Fed, &Selector)> {
        let counter = |wanted: Part| {
            let is_it = |fed: &&Fed| fed.meter.counted() == Counted::Events(wanted, Counting::Increases);
            self.meters.iter().find(is_it).and_then(|fed| match &fed.by {
                By::Series(selector) => Some((fed, selector)),
                By::Signal(_) | By::Minutes(_) => None,
            })
        };
        let ((part, of_part), (total, of_total)) = (counter(Part::Marked)?, counter(Part::Total)?);
        Some((part, of_part, total, of_total))
    }

    /// Notes which counters of good or bad events are not among samples that were told together with some that stood beside
    /// them the last time; whether there is one. What stood beside them and began again was written by somebody who has
    /// not counted any yet.
    pub(super) fn look_for_missing(&mut self, samples: &[Labelled], latest: i64, now: DateTime<Utc>) -> bool {
        let Some((part, of_part, total, of_total)) = self.counters() else { return false };
        let is_read = |s: &&Labelled| s.at_ms <= latest && s.value.is_finite();
        let meant = |s: &&Labelled| of_part.meets(&s.key) || of_total.meets(&s.key);
        let told: HashMap<&SeriesKey, &Labelled> =
            samples.iter().filter(is_read).filter(meant).map(|s| (&s.key, s)).collect();
        let (mut going, mut begun) = (HashSet::new(), HashSet::new());
        for (key, sample) in told.iter().filter(|(key, _)| of_total.meets(key)) {
            let Some(before) = total.meter.streams().get(*key) else { continue };
            if sample.value < before.last.value {
                begun.insert(before.telling);
            } else if before.last.at_ms < sample.at_ms {
                going.insert(before.telling);
            }
        }
        let mut missing = self.missing.clone();
        missing.retain(|key, _| !told.contains_key(key));
        let mut is_missing = false;
        for (key, stream) in part.meter.streams().iter().filter(|(key, _)| !told.contains_key(key)) {
            if begun.contains(&stream.telling) {
                missing.remove(key);
            } else if going.contains(&stream.telling) && is_missed(stream.last.at_ms, now) {
                missing.insert(key.clone(), stream.last.at_ms);
                is_missing = true;
            }
        }
        if missing != self.missing {
            (self.missing, self.stand_at) = (missing, None);
        }
        is_missing
    }

    /// The same of what was recorded: the counters that are missing, and since when each series that stood beside one does not
    /// count. Samples of one instant were told together.
    pub(super) fn missing_in(&self, past: &[Past], now: DateTime<Utc>) -> (Missing, Missing) {
        let Some((_, of_part, _, of_total)) = self.counters() else { return Default::default() };
        let mut all: BTreeMap<&SeriesKey, Vec<(i64, f64)>> = BTreeMap::new();
        for past in past.iter().filter(|past| of_part.meets(&past.key) || of_total.meets(&past.key)) {
            all.entry(&past.key).or_default().push(past.rollup.last);
        }
        let (mut missing, mut withheld) = (Missing::new(), Missing::new());
        let parts = all.iter().filter(|(key, _)| of_part.meets(key));
        for (key, samples) in parts {
            let Some((since, _)) = samples.last().filter(|(at, _)| is_missed(*at, now)) else { continue };
            let instants: HashSet<i64> = samples.iter().rev().take(COMPARED).map(|(at, _)| *at).collect();
            for (other, samples) in all.iter().filter(|(other, _)| other != &key) {
                let later = samples.partition_point(|(at, _)| at <= since);
                if later == samples.len() {
                    continue;
                }
                let goes_on = samples.iter().skip(later.saturating_sub(1)).is_sorted_by(|one, next| one.1 <= next.1);
                let is_beside = samples.iter().take(later).rev().take(COMPARED).any(|(at, _)| instants.contains(at));
                if is_beside && goes_on {
                    missing.insert((*key).clone(), *since);
                    let from = withheld.entry((*other).clone()).or_insert(*since);
                    *from = (*from).min(*since);
                }
            }
        }
        (missing, withheld)
    }
}

/// Whether what was heard last then is missed, and not long forgotten.
fn is_missed(since_ms: i64, now: DateTime<Utc>) -> bool {
    now.timestamp_millis().saturating_sub(MISSED_MS) <= since_ms
}
