//! Recorded facts as the floor hears them: sources by number, changes of one source in one piece.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use crate::{
    floor::fact::{Changed, Fact, Quota, Reach, SourceId},
    shell::store::{Deed, Did, Heard, Mirror, Names, Round, Row, Said, outbox},
    text::Text,
};

/// Turns rows into facts. Remembers how far each source was, for rows that do not say.
#[derive(Debug, Default)]
pub struct Teller {
    ids: BTreeMap<Text, SourceId>,
    reached: BTreeMap<SourceId, (Reach, DateTime<Utc>, Option<Quota>)>,
    left_out: BTreeMap<SourceId, usize>,
    names: Names,
}

/// Incidents in one fact: the console draws between two.
const PART: usize = 2_000;

impl Teller {
    /// For sources of these names, by their numbers.
    pub fn new(names: Vec<Text>) -> Self {
        let ids = names.into_iter().enumerate().map(|(n, name)| (name, SourceId(n))).collect();
        Self { ids, ..Self::default() }
    }

    /// The names of the sources, with their numbers.
    pub fn sources(&self) -> Vec<(Text, SourceId)> {
        self.ids.iter().map(|(name, id)| (name.clone(), *id)).collect()
    }

    /// What rows say, in their order; what several of them say of one source comes as one change, before that source's
    /// round. Sources that this process does not have are left out, and so is what cannot be read.
    pub fn facts(&mut self, rows: &[Row]) -> Vec<Fact> {
        let mut facts = Vec::new();
        let mut open: BTreeMap<SourceId, Changed> = BTreeMap::new();
        for row in rows {
            if let Some(fact) = outbox::fact_of(row) {
                facts.push(fact);
                continue;
            }
            let Some(said) = row.said(&mut self.names) else { continue };
            let source = self.ids.get(&row.source()).copied();
            match (said, source) {
                (Said::Done(key, deed, by), _) => facts.push(told(Did { key, deed, by, at: row.at })),
                (Said::Item(item), Some(source)) => {
                    let change = self.open(&mut open, source, row.at);
                    if let Some(known) = change.items.iter_mut().rev().take(64).find(|known| known.key == item.key) {
                        *known = *item;
                    } else {
                        change.items.push(*item);
                    }
                }
                (Said::Gone(gone), Some(source)) => {
                    let change = self.open(&mut open, source, row.at);
                    change.items.retain(|item| item.key != gone.key);
                    change.gone.push(gone);
                }
                (Said::Round(round), Some(source)) => {
                    let change = open.remove(&source);
                    facts.extend(self.round(source, round, change));
                }
                (Said::Host(host), Some(source)) => facts.push(Fact::HostKnown { source, host }),
                (Said::Plans(plans), Some(source)) => facts.push(Fact::Planned { source, plans }),
                (Said::Item(_) | Said::Gone(_) | Said::Round(_) | Said::Host(_) | Said::Plans(_), None)
                | (Said::Other, _) => {}
            }
        }
        facts.extend(open.into_values().map(Fact::Changed));
        facts
    }

    /// What a source told, for the floor, without the store: the disk refuses.
    pub fn directly(&mut self, heard: &Heard, now: DateTime<Utc>) -> Vec<Fact> {
        let Some(source) = self.ids.get(&heard.source).copied() else { return Vec::new() };
        let mut open = BTreeMap::new();
        if !heard.items.is_empty() || !heard.gone.is_empty() {
            let change = self.open(&mut open, source, now);
            change.items = heard.items.clone();
            change.gone = heard.gone.clone();
        }
        let mut facts: Vec<Fact> = Vec::new();
        if let Some(round) = &heard.round {
            facts.extend(self.round(source, round.clone(), open.remove(&source)));
        }
        facts.extend(open.into_values().map(Fact::Changed));
        facts.extend(heard.host.clone().map(|host| Fact::HostKnown { source, host }));
        facts.extend(heard.plans.iter().map(|plans| Fact::Planned { source, plans: Box::new(plans.clone()) }));
        facts
    }

    /// A source as the store knew it at the start. Nothing where it was never heard.
    pub fn mirrored(&mut self, name: &Text, mirror: Mirror) -> Vec<Fact> {
        let Some(source) = self.ids.get(name).copied() else { return Vec::new() };
        let mut facts: Vec<Fact> = Vec::new();
        let at = mirror.round.as_ref().map_or(DateTime::UNIX_EPOCH, |(_, at)| *at);
        let mut open = BTreeMap::new();
        if !mirror.items.is_empty() {
            self.open(&mut open, source, at).items = mirror.items;
        }
        facts.extend(mirror.host.map(|host| Fact::HostKnown { source, host }));
        facts.extend(mirror.plans.into_iter().map(|plans| Fact::Planned { source, plans: Box::new(plans) }));
        if let Some(told) = mirror.told {
            facts.extend(self.round(source, told, open.remove(&source)));
        }
        if let Some((round, _)) = mirror.round {
            facts.extend(self.round(source, round, open.remove(&source)));
        }
        facts.extend(open.into_values().map(Fact::Changed));
        facts
    }

    fn open<'a>(
        &self,
        open: &'a mut BTreeMap<SourceId, Changed>,
        source: SourceId,
        at: DateTime<Utc>,
    ) -> &'a mut Changed {
        // Before a round ended nobody knows how much there is.
        let unknown = (Reach::Part { told: 0, of: None }, at, None);
        let (reach, as_of, budget) = self.reached.get(&source).copied().unwrap_or(unknown);
        open.entry(source).or_insert(Changed { source, items: Vec::new(), gone: Vec::new(), reach, as_of, budget })
    }

    fn round(&mut self, source: SourceId, round: Round, change: Option<Changed>) -> Vec<Fact> {
        match round {
            Round::Told { reach, as_of, budget, skipped } => {
                self.reached.insert(source, (reach, as_of, budget));
                let (items, gone) = change.map(|change| (change.items, change.gone)).unwrap_or_default();
                let n_before = self.left_out.insert(source, skipped.len()).unwrap_or_default();
                let left_out = (n_before + skipped.len() > 0).then_some(Fact::LeftOut { source, skipped });
                let changed = Fact::Changed(Changed { source, items, gone, reach, as_of, budget });
                std::iter::once(changed).chain(left_out).collect()
            }
            Round::Failed { trouble, why } => {
                let failed = Fact::Failed { source, trouble, why };
                change.map(Fact::Changed).into_iter().chain([failed]).collect()
            }
        }
    }
}

/// A deed as the floor hears it.
pub(super) fn told(did: Did) -> Fact {
    let Did { key, deed, by, at } = did;
    match deed {
        Deed::TakeOn => Fact::Acknowledged { key, by, at },
        Deed::GiveBack => Fact::AckTakenBack { key, by, at },
        Deed::Snooze(until) => Fact::Snoozed { key, until, by, at },
        Deed::Wake => Fact::Woken { key, by, at },
    }
}

/// Large changes in parts, so that keys are answered between two of them.
pub(super) fn in_parts(facts: Vec<Fact>) -> impl Iterator<Item = Fact> {
    facts.into_iter().flat_map(|fact| match fact {
        Fact::Changed(change) if change.items.len() > PART => {
            let Changed { source, items, gone, reach, as_of, budget } = change;
            let (mut rest, mut parts) = (items.into_iter(), Vec::new());
            loop {
                let items: Vec<_> = rest.by_ref().take(PART).collect();
                if items.is_empty() {
                    break;
                }
                parts.push(Fact::Changed(Changed { source, items, gone: Vec::new(), reach, as_of, budget }));
            }
            parts.push(Fact::Changed(Changed { source, items: Vec::new(), gone, reach, as_of, budget }));
            parts
        }
        fact => vec![fact],
    })
}
