//! The floor of an earlier instant, made of the record: what every source had told by then, how it stood, who had taken on
//! what. Settings are those of today, and so are metric files, whose later samples are left out.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, TimeDelta, Utc};

use super::note::{read_beat, read_files, read_standing};
use crate::{
    config::ReleaseSettings,
    domain::{
        incident::{Incident, IncidentKey},
        intent::{Intent, OpId},
        sla::Policy,
        time::plus,
        zone::{Zone, Zones},
    },
    floor::{
        Floor,
        fact::{Changed, Fact, Part, Polled, SourceId},
        freshness::{Feed, Source},
        standing::Standing,
    },
    shell::{
        evidence, feeds, files,
        store::{Bound, Deed, Names, Round, Row, Said, Sort, Store, StoreError, outbox},
    },
    text::Text,
};

/// What is known of an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Known {
    /// The instant.
    pub at: DateTime<Utc>,
    /// Since when things are on record; nothing = nothing ever was.
    pub since: Option<DateTime<Utc>>,
}

impl Known {
    /// Whether anything is known of it at all.
    pub fn is_known(&self) -> bool {
        self.since.is_some_and(|since| since <= end_of(self.at))
    }
}

/// What of today is needed to read the record: settings, and what metric files say.
pub struct Today {
    /// The zones there are.
    pub zones: Zones,
    /// The zone of a calendar that is the roster itself and names none.
    pub zone_of_calendars: Zone,
    /// The roster's source.
    pub roster: Option<SourceId>,
    /// The release's source, and its settings.
    pub release: Option<(SourceId, ReleaseSettings)>,
    /// What metric files say, with nothing that came later; the signals themselves first.
    pub signals: Vec<Fact>,
}

/// What became of the record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rebuilt {
    /// What is known of the instant.
    pub known: Known,
    /// Records that could not be read: a later version wrote them, or somebody edited the file.
    pub n_unread: usize,
}

/// Fills an empty floor with what was known at an instant, and settles it. Where nothing was, it stays empty.
///
/// # Errors
/// As the disk fails.
pub fn rebuild(store: &Store, floor: &mut Floor, today: Today, at: DateTime<Utc>) -> Result<Rebuilt, StoreError> {
    let known = Known { at, since: store.record_begins()? };
    let mut rebuilt = Rebuilt { known, n_unread: 0 };
    let Some(bound) = store.bound(end_of(at))?.filter(|_| known.is_known()) else { return Ok(rebuilt) };
    let mut names = Names::default();
    let Today { zones, zone_of_calendars, roster, release, signals } = today;
    for fact in signals {
        floor.apply(fact, at);
    }
    for fact in deeds(store, bound, at, &mut names)? {
        floor.apply(fact, at);
    }
    floor.apply(Fact::Intended(intents(store, bound)?), at);
    let mut items = items(store, bound, &mut names, &mut rebuilt.n_unread)?;
    let looked_at = looked_at(store, bound, at)?;
    let stands = by_source(store.last_at(Sort::Stand, bound)?);
    let hosts = by_source(store.last_at(Sort::Host, bound)?);
    let read = by_source(store.last_at(Sort::File, bound)?);
    let plans = store.last_at(Sort::Plans, bound)?;
    let sources: Vec<_> = floor.sources.iter().map(|s| (s.name.as_str().to_owned(), s.feed)).collect();
    for (n, (name, feed)) in sources.iter().enumerate() {
        let id = SourceId(n);
        let standing = stands.get(name).and_then(|row| read_standing(row, looked_at));
        // Whoever looked had not heard it: what had been heard before them was not known to them.
        let is_unheard = standing.as_ref().is_some_and(|standing| standing.heard_at.is_none());
        if let Some(items) = items.remove(&recorded_as(name, *feed)).filter(|_| !is_unheard) {
            let part = Part::More;
            let skipped = Vec::new();
            let polled = Polled { source: id, items, skipped, n_skipped: 0, part, as_of: at, budget: None };
            floor.apply(Fact::Polled(polled), at);
        }
        if let Some(Said::Host(host)) = hosts.get(name).and_then(|row| row.said(&mut names)) {
            floor.apply(Fact::HostKnown { source: id, host }, at);
        }
        for row in plans.iter().filter(|row| row.source == *name) {
            if let Some(Said::Plans(plans)) = row.said(&mut names) {
                floor.apply(Fact::Planned { source: id, plans }, at);
            }
        }
        for (fact, heard) in rounds(store, name, id, bound, &mut names)? {
            floor.apply(fact, heard);
        }
        let files = read.get(name).filter(|_| !is_unheard).map(|row| read_files(row, store)).transpose()?.flatten();
        let fact = files.and_then(|files| match feed {
            Feed::Roster if roster == Some(id) => {
                let (roster, _) = feeds::of_files(&files, &zone_of_calendars, &zones, at)?;
                Some(Fact::RosterRead { source: id, roster: Box::new(roster) })
            }
            Feed::Release => {
                let (_, settings) = release.as_ref().filter(|(release, _)| *release == id)?;
                let release = files::release_of_files(settings, &floor.zone, &files, at)?;
                Some(Fact::ReleaseRead { source: id, release: Box::new(release) })
            }
            _ => None,
        });
        if let Some(fact) = fact {
            floor.apply(fact, at);
        }
        // What evidence is read from stands beside the plans and is not put on record.
        let ties = release.as_ref().filter(|(of, _)| *feed == Feed::Release && *of != id);
        if let Some((_, settings)) = ties {
            floor.apply(Fact::EvidenceRead(id, evidence::not_known(&settings.rules.ties, at)), at);
        }
        if let (Some(standing), Some(source)) = (standing, floor.sources.get_mut(n)) {
            source.stand(standing);
        }
    }
    floor.settle(at);
    Ok(rebuilt)
}

/// Up to when things count as recorded by an instant. Instants are written to the second, and a page is of the second that
/// it names: what was recorded within it counts.
fn end_of(at: DateTime<Utc>) -> DateTime<Utc> {
    if at.timestamp_subsec_nanos() == 0 { plus(at, TimeDelta::microseconds(999_999)) } else { at }
}

/// The name under which a source's incidents are on record: a history's copy there is no host's.
pub(super) fn recorded_as(name: &str, feed: Feed) -> String {
    if feed == Feed::History { format!("{HISTORY}{name}") } else { name.to_owned() }
}

/// What stands before the name of a history.
pub(super) const HISTORY: &str = "history:";

fn by_source(rows: Vec<Row>) -> HashMap<String, Row> {
    rows.into_iter().map(|row| (row.source.clone(), row)).collect()
}

/// The incidents of each source as they were known.
fn items(
    store: &Store,
    bound: Bound,
    names: &mut Names,
    n_unread: &mut usize,
) -> Result<HashMap<String, Vec<Incident>>, StoreError> {
    let mut items: HashMap<String, Vec<Incident>> = HashMap::new();
    for row in store.items_at(bound)? {
        match row.said(names) {
            Some(Said::Item(incident)) => items.entry(row.source).or_default().push(*incident),
            _ => *n_unread += 1,
        }
    }
    Ok(items)
}

/// When files were looked at last: right then, if somebody watched them without a break; else at the last beat.
fn looked_at(store: &Store, bound: Bound, at: DateTime<Utc>) -> Result<Option<DateTime<Utc>>, StoreError> {
    let (last, next) = store.beats_around(bound)?;
    let is_watched = next.as_ref().and_then(read_beat).is_some_and(|since| since <= at);
    Ok(if is_watched { Some(at) } else { last.map(|row| row.at.min(at)) })
}

/// What of the deeds by then still stood at the instant, as facts.
fn deeds(store: &Store, bound: Bound, at: DateTime<Utc>, names: &mut Names) -> Result<Vec<Fact>, StoreError> {
    let mut standing = |made: Sort, undone: Sort| -> Result<Vec<Fact>, StoreError> {
        let mut rows = store.all_at(made, bound)?;
        rows.extend(store.all_at(undone, bound)?);
        rows.sort_by_key(|row| row.seq);
        let mut last: BTreeMap<IncidentKey, (i64, Fact)> = BTreeMap::new();
        for row in rows {
            let Some(Said::Done(key, deed, by)) = row.said(names) else { continue };
            let fact = match deed {
                Deed::TakeOn => Some(Fact::Acknowledged { key: key.clone(), by, at: row.at }),
                Deed::Snooze(until) if at < until => Some(Fact::Snoozed { key: key.clone(), until, by, at: row.at }),
                Deed::GiveBack | Deed::Wake | Deed::Snooze(_) => None,
            };
            match fact {
                Some(fact) => drop(last.insert(key, (row.seq, fact))),
                None => drop(last.remove(&key)),
            }
        }
        let mut facts: Vec<_> = last.into_values().collect();
        facts.sort_by_key(|(seq, _)| *seq);
        Ok(facts.into_iter().map(|(_, fact)| fact).collect())
    };
    let mut facts = standing(Sort::Ack, Sort::Unack)?;
    facts.extend(standing(Sort::Snooze, Sort::Wake)?);
    Ok(facts)
}

/// What was wanted of hosts by then and how far each of it was, in the order it was wanted; without what was over.
fn intents(store: &Store, bound: Bound) -> Result<Vec<Intent>, StoreError> {
    let mut rows = store.all_at(Sort::Intent, bound)?;
    rows.extend(store.all_at(Sort::Progress, bound)?);
    rows.sort_by_key(|row| row.seq);
    let (mut wanted, mut order): (HashMap<OpId, Intent>, Vec<OpId>) = Default::default();
    for fact in rows.iter().filter_map(outbox::fact_of) {
        match fact {
            Fact::Intended(intents) => {
                order.extend(intents.iter().map(|intent| intent.id.clone()));
                wanted.extend(intents.into_iter().map(|intent| (intent.id.clone(), intent)));
            }
            Fact::Progressed { id, progress, .. } => {
                if let Some(intent) = wanted.get_mut(&id).filter(|intent| !intent.progress.is_over()) {
                    intent.progress = progress;
                }
            }
            _ => {}
        }
    }
    let waits = order.iter().filter_map(|id| wanted.remove(id)).filter(|intent| !intent.progress.is_over());
    Ok(waits.collect())
}

/// How a host stands by the record: when it was last heard, since when it is in trouble.
///
/// # Errors
/// As the disk fails.
pub fn stands(store: &Store, name: &Text) -> Result<Option<Standing>, StoreError> {
    let sources = vec![Source::new(name.clone(), Feed::Host, TimeDelta::seconds(60))];
    let mut floor = Floor::new(Text::default(), Zone::utc(), Policy::standard(), sources);
    for (fact, at) in rounds(store, name.as_str(), SourceId(0), Bound::ALL, &mut Names::default())? {
        floor.apply(fact, at);
    }
    Ok(floor.sources.first().map(Source::standing))
}

/// How a host was heard by then, as facts, each with the time at which it was recorded.
fn rounds(
    store: &Store,
    name: &str,
    source: SourceId,
    bound: Bound,
    names: &mut Names,
) -> Result<Vec<(Fact, DateTime<Utc>)>, StoreError> {
    let fact = |row: Row, names: &mut Names| {
        let Some(Said::Round(round)) = row.said(names) else { return Vec::new() };
        let facts = match round {
            Round::Failed { trouble, why } => vec![Fact::Failed { source, trouble, why }],
            Round::Told { reach, as_of, budget, skipped } => {
                let (items, gone) = (Vec::new(), Vec::new());
                let told = Fact::Changed(Changed { source, items, gone, reach, as_of, budget });
                vec![told, Fact::LeftOut { source, skipped }]
            }
        };
        facts.into_iter().map(|fact| (fact, row.at)).collect()
    };
    let rows = store.rounds_at(name, bound)?;
    Ok(rows.into_iter().flat_map(|row| fact(row, names)).collect())
}
