//! What waits for a host, by incident, as the store and whoever delivers have told.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    domain::{
        incident::{IncidentKey, Repo},
        intent::{Intent, OpId, Progress, Target},
        time::minus,
    },
    text::Text,
};

/// How long what has ended stays in sight: long enough to be read and taken back.
const SHOWN: TimeDelta = TimeDelta::hours(24);

/// Every intent that is known: those that wait, and those that ended lately.
#[derive(Debug, Default)]
pub struct Outbox {
    /// By name, which is by age.
    intents: BTreeMap<OpId, Intent>,
    of: HashMap<IncidentKey, Vec<OpId>>,
    unwritten: Vec<(Vec<IncidentKey>, Text)>,
}

impl Outbox {
    /// Intents that were written down. One that is known already stays as far as it is, if it is further.
    pub fn intend(&mut self, intents: Vec<Intent>, now: DateTime<Utc>) {
        for intent in intents {
            if let Some(known) = self.intents.get_mut(&intent.id) {
                if !known.progress.is_over() {
                    known.progress = intent.progress;
                }
                continue;
            }
            if let Target::Incident(key) = &intent.target {
                self.of.entry(key.clone()).or_default().push(intent.id.clone());
            }
            self.intents.insert(intent.id.clone(), intent);
        }
        self.forget(now);
    }

    /// An intent got further. What is over stays over, however late the news.
    pub fn progress(&mut self, id: &OpId, progress: Progress, now: DateTime<Utc>) {
        if let Some(known) = self.intents.get_mut(id).filter(|known| !known.progress.is_over()) {
            known.progress = progress;
        }
        self.forget(now);
    }

    /// Something could not be written down.
    pub fn not_written(&mut self, keys: Vec<IncidentKey>, why: Text) {
        self.unwritten = vec![(keys, why)];
    }

    /// What could not be written down the last time, and why; nothing of it is done.
    pub fn last_unwritten(&self) -> Option<(&[IncidentKey], &Text)> {
        self.unwritten.first().map(|(keys, why)| (keys.as_slice(), why))
    }

    /// One of them.
    pub fn find(&self, id: &OpId) -> Option<&Intent> {
        self.intents.get(id)
    }

    /// All that is known, oldest first: what waits and what ended within a day.
    pub fn all(&self) -> impl DoubleEndedIterator<Item = &Intent> {
        self.intents.values()
    }

    /// What is not over, oldest first.
    pub fn pending(&self) -> impl DoubleEndedIterator<Item = &Intent> {
        self.all().filter(|intent| !intent.progress.is_over())
    }

    /// What is not over and changes this incident, oldest first.
    pub fn pending_on<'a>(&'a self, key: &IncidentKey) -> impl Iterator<Item = &'a Intent> + use<'a> {
        let ids = self.of.get(key).map(Vec::as_slice).unwrap_or_default();
        ids.iter().filter_map(|id| self.intents.get(id)).filter(|intent| !intent.progress.is_over())
    }

    /// New incidents that are wanted in a repository and are not there yet.
    pub fn pending_in<'a>(&'a self, repo: &'a Repo) -> impl Iterator<Item = &'a Intent> {
        self.pending().filter(move |intent| matches!(&intent.target, Target::Repository(at) if at == repo))
    }

    /// The last batch that is done whole or in part: what "undo" takes back. The last asked for comes first.
    pub fn last_done(&self) -> Vec<&Intent> {
        let is_done = |intent: &&Intent| matches!(intent.progress, Progress::Done { .. });
        let Some(last) = self.all().rev().find(is_done) else { return Vec::new() };
        self.all().rev().filter(|intent| intent.batch == last.batch).filter(is_done).collect()
    }

    /// How many are not over.
    pub fn n_pending(&self) -> usize {
        self.pending().count()
    }

    fn forget(&mut self, now: DateTime<Utc>) {
        let oldest = minus(now, SHOWN);
        let ended = |progress: &Progress| match progress {
            Progress::Done { at, .. } | Progress::Refused { at, .. } | Progress::Cancelled { at } => Some(*at),
            _ => None,
        };
        let old: Vec<OpId> = self
            .intents
            .values()
            .filter(|intent| ended(&intent.progress).is_some_and(|at| at < oldest))
            .map(|intent| intent.id.clone())
            .collect();
        for id in old {
            let Some(Intent { target: Target::Incident(key), .. }) = self.intents.remove(&id) else { continue };
            if let Some(ids) = self.of.get_mut(&key) {
                ids.retain(|known| *known != id);
                if ids.is_empty() {
                    self.of.remove(&key);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::{
            incident::Login,
            intent::{Act, undo_of},
            time::{parse_rfc3339, plus},
        },
        text::Passage,
    };

    fn now() -> DateTime<Utc> {
        parse_rfc3339("2026-11-20T14:00:00Z").unwrap()
    }

    fn intent(n: u8, number: u64, act: Act) -> Intent {
        let id = OpId::new(now(), u128::from(n));
        let target = Target::Incident(IncidentKey::issue(Repo::new("acme/api"), number));
        Intent {
            batch: id.clone(),
            id,
            source: Text::scrub("github"),
            target,
            act,
            by: Login::new("me"),
            at: now(),
            progress: Progress::new(),
        }
    }

    #[test]
    fn an_incident_tells_what_waits_for_it_until_the_host_has_it() {
        let key = IncidentKey::issue(Repo::new("acme/api"), 1);
        let mut outbox = Outbox::default();
        let comment = intent(1, 1, Act::Comment(Box::new(Passage::scrub("x"))));
        outbox.intend(vec![comment.clone(), intent(2, 2, Act::Reopen)], now());
        assert_eq!(outbox.pending_on(&key).count(), 1);
        outbox.progress(&comment.id, Progress::Done { at: now(), url: None }, now());
        assert_eq!((outbox.pending_on(&key).count(), outbox.n_pending()), (0, 1));
        // News that comes late takes nothing back.
        outbox.progress(&comment.id, Progress::new(), now());
        outbox.intend(vec![comment.clone()], now());
        assert!(outbox.find(&comment.id).unwrap().progress.is_over());
        outbox.progress(&intent(2, 2, Act::Reopen).id, Progress::new(), plus(now(), TimeDelta::days(2)));
        assert!(outbox.find(&comment.id).is_none() && outbox.n_pending() == 1);
    }

    #[test]
    fn the_last_batch_that_was_done_can_be_taken_back() {
        let mut outbox = Outbox::default();
        let (mut assign, close) = (intent(1, 1, Act::Assign(vec![Login::new("me")])), intent(2, 1, Act::Reopen));
        assign.batch = close.id.clone();
        outbox.intend(vec![assign.clone(), close.clone()], now());
        assert!(outbox.last_done().is_empty());
        outbox.progress(&assign.id, Progress::Done { at: now(), url: None }, now());
        let undone: Vec<_> = outbox.last_done().into_iter().flat_map(undo_of).map(|draft| draft.act).collect();
        assert_eq!(undone, vec![Act::Unassign(vec![Login::new("me")])]);
    }
}
