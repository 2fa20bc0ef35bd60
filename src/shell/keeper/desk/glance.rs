//! The first rows before all is read, and what is kept for that.

use std::{
    collections::{HashMap, HashSet},
    time::{Duration, Instant},
};

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
        fact::{Fact, Role, SourceId},
        glance::{Gatherer, Glance},
        queue::Queue,
    },
    shell::store::{Deed, Did, Kept, Names, Store, StoreError},
    text::Text,
};

/// Rows that are read for the first frame: more than any screen has.
const FIRST_ROWS: usize = 256;

/// Deadlines ahead that are read for it.
const NEXT: usize = 48;

/// Fewer incidents than this are read as quickly without anything kept in brief.
const WORTH_KEEPING: usize = 2_000;

/// What is kept in brief is kept anew once this much was recorded since.
const KEPT_ANEW: i64 = 500;

/// How often it is asked whether what is kept in brief has become too old.
pub(super) const EVERY: Duration = Duration::from_secs(600);

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
    let mut entries = Vec::with_capacity(FIRST_ROWS + NEXT);
    let (first, next) = all.first(FIRST_ROWS, NEXT);
    let n_rows = first.len();
    for key in first.into_iter().chain(next) {
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
    Ok(Some(all.done(n_rows, entries)))
}

/// Every incident of these sources, judged, with what people did to them.
fn all(store: &Store, sources: &[(Text, SourceId)], policy: &Policy, now: DateTime<Utc>) -> Result<Queue, StoreError> {
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
fn keep_briefs(
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
        self.policy = Some(policy);
    }

    /// Keeps in brief what is known, now and then, where this process leads.
    pub(super) fn keep_briefs_if_due(&mut self, now: Instant) {
        if self.next_kept <= now && *self.role.borrow() == Role::Syncs {
            self.next_kept = now + EVERY;
            if let Some(policy) = self.policy.take() {
                self.keep_briefs(&policy);
                self.policy = Some(policy);
            }
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

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;
    use crate::{
        demo::World,
        domain::{
            incident::{Event, Incident, What},
            sla::{ClockState, Start},
            time::{minus, parse_rfc3339, plus},
            zone::Zones,
        },
        floor::{
            Floor,
            fact::{Going, Gone},
        },
        shell::store::Heard,
    };

    fn now() -> DateTime<Utc> {
        parse_rfc3339("2026-11-20T03:12:00Z").unwrap()
    }

    fn sources() -> Vec<(Text, SourceId)> {
        vec![(Text::scrub("github"), SourceId(0))]
    }

    fn heard(items: Vec<Incident>) -> Heard {
        Heard { items, ..Heard::of(Text::scrub("github")) }
    }

    fn world() -> Vec<Incident> {
        let mut world = World::new(7, now(), 2_400, &Zones::bundled());
        let facts = world.opening().into_iter();
        facts.filter_map(|fact| if let Fact::Polled(told) = fact { Some(told.items) } else { None }).flatten().collect()
    }

    /// A store of many incidents, some taken on and some out of sight, of which all is kept in brief.
    fn store(policy: &Policy) -> (Store, Vec<Incident>) {
        let (mut store, items) = (Store::in_memory().unwrap(), world());
        assert!(WORTH_KEEPING < items.len());
        store.record(&heard(items.clone()), now()).unwrap();
        let by = Login::new("ann");
        let key = |n: usize| items[n].key.clone();
        let until = plus(now(), TimeDelta::hours(2));
        let deeds = [(3, Deed::TakeOn), (5, Deed::Snooze(until)), (9, Deed::TakeOn), (9, Deed::Snooze(until))];
        let deeds = deeds.map(|(n, deed)| Did { key: key(n), deed, by: by.clone(), at: now() });
        store.did(&deeds).unwrap();
        keep_briefs(&mut store, &sources(), policy, now()).unwrap();
        assert_eq!(store.briefs_age(policy.mark()).unwrap(), Some(0));
        (store, items)
    }

    fn floor(policy: &Policy) -> Floor {
        let mut floor = World::new(7, now(), 60, &Zones::bundled()).floor();
        floor.policy = policy.clone();
        floor
    }

    /// A first frame's floor, and one that has read all.
    fn both(store: &Store, policy: &Policy, at: DateTime<Utc>) -> Option<(Floor, Floor)> {
        let (mut first, mut whole) = (floor(policy), floor(policy));
        first.glance(glance(store, &sources(), policy, at).unwrap()?);
        let deeds = store.deeds(at).unwrap().into_iter().map(crate::shell::keeper::tell::told);
        for fact in deeds {
            first.apply(fact, at);
        }
        whole.apply(Fact::Recalled(Box::new(all(store, &sources(), policy, at).unwrap())), at);
        first.settle(at);
        whole.settle(at);
        Some((first, whole))
    }

    fn keys(floor: &Floor) -> Vec<String> {
        let entries = floor.queue().order().iter().filter_map(|place| floor.queue().entry(*place));
        entries.take(FIRST_ROWS).map(|entry| entry.incident.key.to_string()).collect()
    }

    /// What breaks next.
    fn next(floor: &Floor, at: DateTime<Utc>) -> Vec<String> {
        let entries = floor.queue().order().iter().filter_map(|place| floor.queue().entry(*place));
        let runs = |entry: &&Entry| matches!(entry.pressing(at).state, ClockState::Ok | ClockState::AtRisk);
        entries.filter(runs).take(NEXT).map(|entry| entry.incident.key.to_string()).collect()
    }

    /// The rows and the figures of a first frame are those of the whole.
    fn assert_same((first, whole): &(Floor, Floor), at: DateTime<Utc>) {
        assert!(first.queue().is_glance() && !whole.queue().is_glance());
        assert_eq!(keys(first), keys(whole));
        let rows = |floor: &Floor| -> Vec<Entry> {
            let queue = floor.queue();
            queue.order().iter().take(FIRST_ROWS).filter_map(|place| queue.entry(*place)).cloned().collect()
        };
        assert_eq!(rows(first), rows(whole));
        assert_eq!(first.queue().rows(), first.queue().order().get(..FIRST_ROWS).unwrap());
        assert_eq!(whole.queue().rows(), whole.queue().order());
        assert_eq!(next(first, at), next(whole, at));
        assert_eq!(first.queue().tally(), whole.queue().tally());
    }

    #[test]
    fn the_first_rows_and_the_figures_are_those_of_the_whole_at_any_later_time() {
        let policy = Policy::standard();
        let (store, _) = store(&policy);
        for minutes in [0, 1, 90, 121, 3_000, 9_000] {
            let at = plus(now(), TimeDelta::minutes(minutes));
            let found = both(&store, &policy, at).unwrap();
            assert_same(&found, at);
            assert_eq!(keys(&found.0).len(), FIRST_ROWS);
            assert!(found.0.queue().entries().len() < FIRST_ROWS + NEXT + 3 && 2_000 < found.1.queue().entries().len());
        }
    }

    #[test]
    fn what_changed_since_it_was_kept_is_shown_as_it_is_now() {
        let policy = Policy::standard();
        let (mut store, items) = store(&policy);
        let (first, _) = both(&store, &policy, now()).unwrap();
        let top: Vec<IncidentKey> = keys(&first).iter().filter_map(|key| IncidentKey::parse(key)).collect();
        let find = |key: &IncidentKey| items.iter().find(|item| item.key == *key).unwrap().clone();
        // One is closed, one is gone, one is new, one is opened again, one has another title; one is taken on and one given back.
        let closed = Incident { closed_at: Some(minus(now(), TimeDelta::minutes(3))), ..find(&top[0]) };
        let mut new = find(&top[1]);
        new.key.number = 900_001;
        let again = items.iter().find(|item| !item.is_open()).unwrap();
        let again = Incident { closed_at: None, ..again.clone() };
        let renamed = Incident { title: Text::scrub("another title"), ..find(&top[2]) };
        let gone = Gone { key: top[3].clone(), how: Going::Deleted };
        store.record(&Heard { gone: vec![gone], ..heard(vec![closed, new, again, renamed]) }, now()).unwrap();
        let did = |key: &IncidentKey, deed| Did { key: key.clone(), deed, by: Login::new("ann"), at: now() };
        store.did(&[did(&top[4], Deed::TakeOn), did(&items[3].key, Deed::GiveBack)]).unwrap();
        let at = plus(now(), TimeDelta::minutes(5));
        let found = both(&store, &policy, at).unwrap();
        assert_same(&found, at);
        assert!(!keys(&found.0).contains(&top[0].to_string()) && !keys(&found.0).contains(&top[3].to_string()));
        assert!(found.0.queue().entries().iter().any(|entry| entry.incident.key.number == 900_001));
    }

    #[test]
    fn what_is_told_of_the_future_is_judged_when_its_time_has_come() {
        let policy = Policy::standard();
        let (mut store, items) = (Store::in_memory().unwrap(), world());
        let mut items = items;
        for item in items.iter_mut().filter(|item| item.is_open()).take(40) {
            let actor = item.timeline.iter().find_map(|event| event.actor.clone());
            item.timeline.push(Event { at: plus(now(), TimeDelta::minutes(10)), actor, what: What::Commented });
        }
        store.record(&heard(items), now()).unwrap();
        keep_briefs(&mut store, &sources(), &policy, now()).unwrap();
        for minutes in [0, 20] {
            let at = plus(now(), TimeDelta::minutes(minutes));
            assert_same(&both(&store, &policy, at).unwrap(), at);
        }
    }

    #[test]
    fn what_does_not_hold_any_more_is_not_used() {
        let policy = Policy::standard();
        let (mut store, items) = store(&policy);
        let glance = |store: &Store, policy: &Policy, at| glance(store, &sources(), policy, at).unwrap().is_some();
        assert!(glance(&store, &policy, now()));
        // Another promise, an earlier time, a later week, another source.
        assert!(!glance(&store, &Policy { start: Start::Labeled, ..policy.clone() }, now()));
        assert!(!glance(&store, &policy, minus(now(), TimeDelta::seconds(1))));
        assert!(!glance(&store, &policy, plus(now(), TimeDelta::days(8))));
        let others = [sources(), vec![(Text::scrub("second"), SourceId(1))]].concat();
        assert!(super::glance(&store, &others, &policy, now()).unwrap().is_none());
        // More changed than is worth looking up one by one.
        for round in 1..=2 {
            let renamed = |item: &Incident| Incident { comments: item.comments + round, ..item.clone() };
            let mut renamed: Vec<_> = items.iter().map(renamed).collect();
            for (n, item) in renamed.iter_mut().enumerate().filter(|_| round == 2) {
                item.key.number = 1_000_000 + n as u64;
            }
            store.record(&heard(renamed), now()).unwrap();
        }
        assert!(!glance(&store, &policy, now()));
    }

    #[test]
    fn all_is_there_once_it_was_recalled_and_what_is_kept_grows_no_older_than_it_may() {
        let policy = Policy::standard();
        let (mut store, items) = store(&policy);
        let (mut first, whole) = both(&store, &policy, now()).unwrap();
        let selected = first.queue().entry(first.queue().order()[7]).unwrap().incident.key.clone();
        let versions = (first.queue().version(), first.queue().content());
        first.apply(Fact::Recalled(Box::new(whole.queue().clone())), now());
        first.settle(now());
        assert!(!first.queue().is_glance() && first.queue() == whole.queue());
        assert_eq!((first.queue().order(), first.queue().tally()), (whole.queue().order(), whole.queue().tally()));
        assert!(versions.0 < first.queue().version() && versions.1 < first.queue().content());
        assert!(first.queue().find(&selected).is_some());
        let few: Vec<_> = items.iter().take(600).map(|item| Incident { comments: 77, ..item.clone() }).collect();
        store.record(&heard(few), now()).unwrap();
        assert!(KEPT_ANEW <= store.briefs_age(policy.mark()).unwrap().unwrap());
        keep_briefs(&mut store, &sources(), &policy, now()).unwrap();
        assert_eq!(store.briefs_age(policy.mark()).unwrap(), Some(0));
    }
}
