//! The host of the play takes changes: a second or two after they were wanted, one after the other, and not all of them.
//!
//! Now and then nobody answers for a while: then what is wanted waits, and is done when somebody does again.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    demo::{
        World,
        incidents::happen,
        life::{Happening, told},
        story::{REPOS, UNTRIAGED},
    },
    domain::{
        incident::{Actor, IncidentKey, Label, Login, What},
        intent::{Act, Draft, Intent, OpId, Progress, Target},
        time::{between, plus},
    },
    floor::fact::{Fact, Went},
    text::Text,
};

/// What is wanted of the host, and when the next of it may be sent.
#[derive(Debug, Clone, Default)]
pub struct Outbox {
    intents: BTreeMap<OpId, Intent>,
    free_at: Option<DateTime<Utc>>,
    n_made: u64,
    /// Until when what was put out of sight stays there.
    snoozes: BTreeMap<IncidentKey, DateTime<Utc>>,
}

/// Between two changes the host wants this much.
const PACE: TimeDelta = TimeDelta::seconds(1);
/// An answer takes this long, and a second more at most.
const ANSWER_MS: i64 = 500;
/// Each hour of the play nobody answers from then on, for so long.
const SILENCE: (i64, i64) = (18 * 60 + 30, 90);
/// The longest pause after a change that was not answered.
const LONGEST_PAUSE: i64 = 20;
/// The repository that can only be read.
const LOCKED_REPO: usize = REPOS.len() - 1;

impl World {
    /// Whether nobody answers at that instant.
    pub fn is_silent(&self, at: DateTime<Utc>) -> bool {
        let second = between(self.start, at).num_seconds().rem_euclid(3_600);
        (SILENCE.0..SILENCE.0 + SILENCE.1).contains(&second)
    }

    /// Writes changes down; they are sent in turn.
    pub(super) fn intend(&mut self, drafts: &[Draft], now: DateTime<Utc>) -> Vec<Fact> {
        let by = self.on_call(now).login;
        let mut batch = None;
        let mut intents = Vec::new();
        for draft in drafts {
            self.outbox.n_made += 1;
            // The count comes first, so that names sort as they were made.
            let id = OpId::new(now, (u128::from(self.outbox.n_made) << 40) | u128::from(self.dice.below(1 << 40)));
            let intent = Intent {
                batch: batch.get_or_insert(id.clone()).clone(),
                source: Text::scrub("github"),
                target: draft.target.clone(),
                act: draft.act.clone(),
                by: by.clone(),
                at: now,
                progress: Progress::new(),
                id: id.clone(),
            };
            let free = self.outbox.free_at.unwrap_or(now).max(now);
            self.plan.add(free, Happening::Send(id.clone()));
            self.outbox.free_at = Some(plus(free, PACE));
            self.outbox.intents.insert(id, intent.clone());
            intents.push(intent);
        }
        vec![Fact::Intended(intents)]
    }

    /// Takes a change back that was not sent yet.
    pub(super) fn cancel(&mut self, id: &OpId, now: DateTime<Utc>) -> Vec<Fact> {
        match self.outbox.intents.get(id).map(|intent| &intent.progress) {
            Some(Progress::Waiting { .. }) => vec![self.progressed(id, Progress::Cancelled { at: now }, now)],
            _ => vec![Fact::Told { what: Text::scrub("too late: it is sent or over"), went: Went::Badly }],
        }
    }

    /// Tries a change that waits now.
    pub(super) fn retry(&mut self, id: &OpId, now: DateTime<Utc>) -> Vec<Fact> {
        let tries = match self.outbox.intents.get(id).map(|intent| &intent.progress) {
            Some(Progress::Waiting { tries, .. }) => *tries,
            _ => return vec![Fact::Told { what: Text::scrub("it does not wait"), went: Went::Badly }],
        };
        self.plan.add(now, Happening::Send(id.clone()));
        vec![self.progressed(id, Progress::Waiting { tries, not_before: None, why: None }, now)]
    }

    /// Sends a change whose turn has come.
    pub(super) fn send(&mut self, id: &OpId, at: DateTime<Utc>) -> Vec<Fact> {
        let Some(intent) = self.outbox.intents.get(id) else { return Vec::new() };
        let Progress::Waiting { tries, not_before, .. } = &intent.progress else { return Vec::new() };
        if not_before.is_some_and(|not_before| at < not_before) {
            return Vec::new();
        }
        let tries = tries.saturating_add(1);
        let is_before = |other: &&Intent| other.target == intent.target && other.id < *id && !other.progress.is_over();
        if self.outbox.intents.values().any(|other| is_before(&other)) {
            // What was wanted of it earlier comes first.
            self.plan.add(plus(at, PACE), Happening::Send(id.clone()));
            return Vec::new();
        }
        if self.is_silent(at) {
            let pause = 5_i64.saturating_mul(i64::from(tries)).min(LONGEST_PAUSE);
            let next = plus(at, TimeDelta::seconds(pause));
            self.plan.add(next, Happening::Send(id.clone()));
            let why = Some(Text::scrub("no answer from the host"));
            return vec![self.progressed(id, Progress::Waiting { tries, not_before: Some(next), why }, at)];
        }
        let wait = TimeDelta::milliseconds(ANSWER_MS + self.dice.within(0, 1_000));
        self.plan.add(plus(at, wait), Happening::Answer(id.clone()));
        vec![self.progressed(id, Progress::Sending { since: at, tries }, at)]
    }

    /// The host answers a change that was sent.
    pub(super) fn answer(&mut self, id: &OpId, at: DateTime<Utc>) -> Vec<Fact> {
        let Some(intent) = self.outbox.intents.get(id).cloned() else { return Vec::new() };
        let (progress, news) = match self.refusal(&intent) {
            Some(why) => (Progress::Refused { at, why }, None),
            None => self.done(&intent, at),
        };
        let first = self.progressed(id, progress, at);
        std::iter::once(first).chain(news).collect()
    }

    fn progressed(&mut self, id: &OpId, progress: Progress, at: DateTime<Utc>) -> Fact {
        if let Some(intent) = self.outbox.intents.get_mut(id) {
            intent.progress = progress.clone();
        }
        Fact::Progressed { id: id.clone(), progress, at }
    }

    /// Why the host does not want a change; nothing = it does it.
    fn refusal(&mut self, intent: &Intent) -> Option<Text> {
        let repo = match &intent.target {
            Target::Incident(key) => &key.repo,
            Target::Repository(repo) => repo,
        };
        if REPOS.get(LOCKED_REPO).is_some_and(|locked| *locked == repo.full()) {
            return Some(Text::scrub(&format!("{repo} was archived: it can only be read")));
        }
        let Target::Incident(key) = &intent.target else { return None };
        let is_locked = matches!(intent.act, Act::Comment(_)) && self.is_locked(key);
        if is_locked {
            let why = "the conversation is locked: somebody who may unlock it does so on its page";
            return Some(Text::scrub(why));
        }
        match self.store.find(&self.teller, key) {
            Some(_) => None,
            None => Some(Text::scrub("there is no such incident any more")),
        }
    }

    /// Whether an incident's conversation is locked: one in nine, as the seed has it.
    pub fn is_locked(&self, key: &IncidentKey) -> bool {
        self.seed.wrapping_mul(31).wrapping_add(key.number) % 9 == 4
    }

    fn done(&mut self, intent: &Intent, at: DateTime<Utc>) -> (Progress, Option<Fact>) {
        let who = self.teller.cast.by_login(&intent.by);
        let (key, act) = match (&intent.target, &intent.act) {
            (Target::Repository(repo), Act::Create { title, body, .. }) => {
                return self.created(repo.full(), title, body.as_str(), &who, at);
            }
            (Target::Incident(key), act) => (key.clone(), act.clone()),
            (Target::Repository(_), _) => return (Progress::Done { at, url: None }, None),
        };
        let Some(incident) = self.store.find(&self.teller, &key) else {
            return (Progress::Done { at, url: None }, None);
        };
        let mut url = None;
        match act {
            Act::Assign(whom) => {
                let assigned = |login: Login| What::Assigned(Some(login));
                whom.into_iter().for_each(|login| happen(incident, at, &who, assigned(login)));
            }
            Act::Unassign(whom) => {
                whom.into_iter().for_each(|login| happen(incident, at, &who, What::Unassigned(Some(login))));
            }
            Act::Label(labels) => {
                let new: Vec<Label> = labels.into_iter().filter(|label| !incident.labels.contains(label)).collect();
                new.into_iter().for_each(|label| happen(incident, at, &who, What::Labeled(label)));
            }
            Act::Unlabel(label) if incident.labels.contains(&label) => {
                happen(incident, at, &who, What::Unlabeled(label));
            }
            Act::Comment(_) => {
                happen(incident, at, &who, What::Commented);
                url = Some(Text::scrub(&format!("{}#comment-{}", incident.url, incident.comments)));
            }
            Act::Close(reason) if incident.is_open() => happen(incident, at, &who, What::Closed(reason)),
            Act::Reopen if !incident.is_open() => happen(incident, at, &who, What::Reopened),
            Act::Unlabel(_) | Act::Close(_) | Act::Reopen | Act::Create { .. } => {}
        }
        (Progress::Done { at, url }, Some(told(incident, at)))
    }

    fn created(
        &mut self,
        repo: &str,
        title: &Text,
        body: &str,
        who: &Actor,
        at: DateTime<Utc>,
    ) -> (Progress, Option<Fact>) {
        let place = REPOS.iter().position(|name| *name == repo).unwrap_or(0);
        let number = self.store.take_number(place);
        let mut incident = self.teller.open((place, number), title.as_str(), who, at);
        incident.labels.push(Label::new(UNTRIAGED));
        incident.body = Some(Box::new(crate::text::Passage::scrub(body)));
        let url = Some(incident.url.clone());
        let fact = told(&incident, at);
        self.store.add(incident);
        (Progress::Done { at, url }, Some(fact))
    }

    /// Puts incidents out of sight.
    pub(super) fn snooze(&mut self, keys: &[IncidentKey], until: DateTime<Utc>, now: DateTime<Utc>) -> Vec<Fact> {
        let by = self.on_call(now).login;
        self.outbox.snoozes.extend(keys.iter().map(|key| (key.clone(), until)));
        let snoozed = |key: &IncidentKey| Fact::Snoozed { key: key.clone(), until, by: by.clone(), at: now };
        keys.iter().map(snoozed).collect()
    }

    /// Brings them back.
    pub(super) fn wake(&mut self, keys: &[IncidentKey], now: DateTime<Utc>) -> Vec<Fact> {
        let by = self.on_call(now).login;
        let mut facts = Vec::new();
        for key in keys {
            if self.outbox.snoozes.remove(key).is_some() {
                facts.push(Fact::Woken { key: key.clone(), by: by.clone(), at: now });
            }
        }
        facts
    }
}
