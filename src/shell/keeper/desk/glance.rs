//! The first rows before all is read, and what is kept for that.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};

use super::Desk;
use crate::{
    domain::{
        incident::{IncidentKey, Login},
        sla::Policy,
    },
    floor::{
        brief::Brief,
        entry::Entry,
        fact::{Fact, SourceId},
        glance::{Gatherer, Glance},
        queue::Queue,
    },
    shell::store::{Deed, Did, Kept, Names, Store, StoreError},
    text::Text,
};

/// Rows that are read for the first frame: more than any screen has.
const FIRST_ROWS: usize = 256;

/// Fewer incidents than this are read as quickly without anything kept in brief.
const WORTH_KEEPING: usize = 2_000;

/// What is kept in brief is kept anew once this much was recorded since.
const KEPT_ANEW: i64 = 500;

/// What people did that still stands.
#[derive(Default)]
struct Done {
    acks: HashMap<IncidentKey, (Login, DateTime<Utc>)>,
    snoozes: HashMap<IncidentKey, (DateTime<Utc>, Login)>,
}

impl Done {
    fn of(deeds: Vec<Did>) -> Self {
        let mut done = Self::default();
        for Did { key, deed, by, at } in deeds {
            match deed {
                Deed::TakeOn => drop(done.acks.insert(key, (by, at))),
                Deed::Snooze(until) => drop(done.snoozes.insert(key, (until, by))),
                Deed::GiveBack | Deed::Wake => {}
            }
        }
        done
    }
}

/// The first rows and the figures over all incidents of these sources; nothing where what is kept in brief does not give them.
pub(super) fn glance(
    store: &Store,
    sources: &[(Text, SourceId)],
    policy: &Policy,
    now: DateTime<Utc>,
) -> Result<Option<Glance>, StoreError> {
    let Some(mut briefs) = store.briefs(policy.mark(), now)? else { return Ok(None) };
    let done = Done::of(store.deeds(now)?);
    // What is out of sight stands in no order: it is read whole.
    briefs.changed.extend(done.snoozes.keys().cloned());
    // An incident that two sources tell of is the later one's.
    let mut seen = (1 < sources.len()).then(HashSet::new);
    let mut all = Gatherer::new(now);
    let (mut from, mut doubles) = (HashMap::new(), false);
    let is_read = briefs.each(sources, &mut |source, key, brief| {
        doubles |= seen.as_mut().is_some_and(|seen| !seen.insert(key.clone()));
        if source != SourceId(0) {
            from.insert(key.clone(), source);
        }
        all.add(key, &brief, true);
    });
    if is_read.is_none() || doubles {
        return Ok(None);
    }
    let (mut names, mut whole) = (Names::default(), HashMap::new());
    let name_of = |id: SourceId| sources.iter().find(|(_, known)| *known == id).map(|(name, _)| name);
    let mut read = |key: &IncidentKey, source: SourceId| -> Result<Option<Entry>, StoreError> {
        let Some(name) = name_of(source) else { return Ok(None) };
        let incident = store.incident(name, key, &mut names)?;
        Ok(incident.map(|incident| {
            let mut entry = Entry::judged(incident, source, policy, now);
            entry.acked = done.acks.get(key).cloned();
            entry
        }))
    };
    for key in &briefs.changed {
        for (_, source) in sources {
            let Some(entry) = read(key, *source)? else { continue };
            all.add(key.clone(), &Brief::of(&entry, now), !done.snoozes.contains_key(key));
            if whole.insert(key.clone(), entry).is_some() {
                return Ok(None);
            }
        }
    }
    let mut entries = Vec::with_capacity(FIRST_ROWS);
    for key in all.first(FIRST_ROWS) {
        let source = from.get(&key).copied().unwrap_or(SourceId(0));
        let entry = match whole.remove(&key) {
            Some(entry) => Some(entry),
            None => read(&key, source)?,
        };
        // What is kept in brief and the copy do not agree: then all is read.
        let Some(entry) = entry else { return Ok(None) };
        entries.push(entry);
    }
    entries.extend(done.snoozes.keys().filter_map(|key| whole.remove(key)));
    Ok(Some(all.done(entries)))
}

/// Every incident of these sources, judged, with what people did to them.
fn all(
    store: &Store,
    sources: &[(Text, SourceId)],
    policy: &Policy,
    now: DateTime<Utc>,
) -> Result<Queue, StoreError> {
    let mut entries: Vec<Entry> = Vec::new();
    for (name, id) in sources {
        let items = store.mirror_as(name, &|incident| Entry::judged(incident, *id, policy, now))?.items;
        if entries.is_empty() {
            entries = items;
        } else {
            entries.extend(items);
        }
    }
    let Done { acks, snoozes } = Done::of(store.deeds(now)?);
    Ok(Queue::ready(entries, acks, snoozes, now))
}

/// Keeps in brief what is known of these sources, where there is much of it and what is kept is old; for the next first frame.
///
/// # Errors
/// As the disk fails.
pub fn keep_briefs(
    store: &mut Store,
    sources: &[(Text, SourceId)],
    policy: &Policy,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let is_young = store.briefs_age(policy.mark())?.is_some_and(|age| age < KEPT_ANEW);
    if is_young || store.n_incidents_at_most()? < WORTH_KEEPING || store.writable().is_err() {
        return Ok(());
    }
    let seq = store.last_seq()?;
    let queue = all(store, sources, policy, now)?;
    store.keep_briefs(&Kept::of((policy.mark(), seq), sources, queue.entries(), now))
}

impl Desk {
    /// Reads what a first frame showed the beginning of, and tells it; then keeps it in brief for the next one.
    pub(super) fn recall(&mut self, policy: Box<Policy>) {
        let (now, sources) = (self.clock.now(), self.teller.sources());
        let Ok(store) = &mut self.store else {
            self.recalls = Some(policy);
            return;
        };
        let read = store.last_seq().and_then(|seq| Ok((seq, all(store, &sources, &policy, now)?)));
        let (seq, queue) = match read {
            Ok(read) => read,
            Err(error) => {
                self.recalls = Some(policy);
                return self.refused(error);
            }
        };
        let is_old = store.briefs_age(policy.mark()).is_ok_and(|age| age.is_none_or(|age| KEPT_ANEW <= age));
        let is_worth = is_old && WORTH_KEEPING <= queue.entries().len() && store.writable().is_ok();
        let kept = is_worth.then(|| Kept::of((policy.mark(), seq), &sources, queue.entries(), now));
        self.say(Fact::Recalled(Box::new(queue)));
        if let (Some(kept), Ok(store)) = (kept, &mut self.store) {
            // It is no loss if the disk refuses: the next start reads all.
            let _ = store.keep_briefs(&kept);
        }
    }

    /// Keeps in brief what is known, for the next start: for a process that ends, or has run for long.
    pub(super) fn keep_briefs(&mut self, policy: &Policy) {
        let (now, sources) = (self.clock.now(), self.teller.sources());
        if let Ok(store) = &mut self.store {
            // It is no loss if the disk refuses: the next start reads all.
            let _ = keep_briefs(store, &sources, policy, now);
        }
    }
}
