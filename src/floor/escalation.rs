//! Who is to be told of which incident, kept up with the clock.
//!
//! One watch for each open incident that escalates, and an ordered set of what falls due next: a second in which nothing does
//! costs one look at its head. Nothing is delivered from here: what falls due becomes an effect, and the console says it.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use chrono::{DateTime, Utc};

use crate::{
    domain::{
        escalation::{
            self, Policy, Target,
            engine::{Act, Decision, Escalation, Happened, replay},
            events,
            ladder::Ladder,
        },
        incident::IncidentKey,
        priority::Grade,
        rota::{Person, Roster},
        sla,
    },
    floor::{
        entry::Entry,
        fact::{Fact, Went},
        queue::Queue,
    },
    text::{Text, counted},
};

/// A step or an alarm that fell due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// For which incident.
    pub key: IncidentKey,
    /// How urgent it is.
    pub grade: Grade,
    /// What is to be done.
    pub decision: Decision,
}

/// Decisions of one incident that are kept for its ladder.
const KEPT: usize = 80;

/// One open incident that escalates.
#[derive(Debug)]
struct Watch {
    events: Vec<Happened>,
    escalation: Escalation,
    log: Vec<Decision>,
    /// Instants of the decisions that this console has said.
    said: Vec<DateTime<Utc>>,
}

/// Every escalation that may fall due.
#[derive(Debug, Default)]
pub struct Escalations {
    watches: HashMap<IncidentKey, Watch>,
    due: BTreeSet<(DateTime<Utc>, IncidentKey)>,
    /// Fell due before anybody looked: of each, the last is said once (R17).
    overdue: BTreeSet<IncidentKey>,
}

/// What an escalation is worked out from.
#[derive(Clone, Copy)]
pub(super) struct Ground<'a> {
    pub(super) queue: &'a Queue,
    pub(super) roster: Option<&'a Roster>,
    pub(super) promises: &'a sla::Policy,
}

impl Ground<'_> {
    fn policies(&self) -> &[Policy] {
        self.roster.map_or(&[], |roster| roster.escalations.as_slice())
    }

    fn people(&self, target: &Target, at: DateTime<Utc>) -> Vec<Person> {
        self.roster.map(|roster| escalation::people_of(roster, target, at)).unwrap_or_default()
    }
}

impl Escalations {
    /// Looks at these incidents again, after something was told of them.
    pub(super) fn hear<'k>(
        &mut self,
        keys: impl IntoIterator<Item = &'k IncidentKey>,
        ground: Ground<'_>,
        now: DateTime<Utc>,
    ) {
        for key in keys {
            self.hear_one(key, ground, now);
        }
    }

    /// Looks at every incident again, after the roster changed.
    pub(super) fn hear_all(&mut self, ground: Ground<'_>, now: DateTime<Utc>) {
        if ground.policies().is_empty() {
            *self = Self::default();
            return;
        }
        self.drop_gone(ground.queue);
        for entry in ground.queue.entries() {
            self.hear_one(&entry.incident.key, ground, now);
        }
    }

    /// Works every escalation out anew, after the clock was moved; what was said is not said again.
    pub(super) fn begin_again(&mut self, ground: Ground<'_>, now: DateTime<Utc>) {
        for watch in self.watches.values_mut() {
            let who = |target: &Target, at| ground.people(target, at);
            (watch.escalation, watch.log) = replay(&watch.escalation.policy, &watch.events, &who, now);
        }
        self.due.clear();
        let lasts = self.watches.iter().filter_map(|(key, watch)| Some((watch.escalation.due_at()?, key.clone())));
        self.due.extend(lasts);
        let unsaid = self.watches.iter().filter(|(_, watch)| watch.is_overdue()).map(|(key, _)| key.clone());
        self.overdue.extend(unsaid);
    }

    /// Forgets incidents that their source no longer names.
    pub(super) fn drop_gone(&mut self, queue: &Queue) {
        let gone: Vec<IncidentKey> = self.watches.keys().filter(|key| queue.find(key).is_none()).cloned().collect();
        gone.iter().for_each(|key| self.forget(key));
    }

    /// What falls due by `now`, the most urgent first.
    pub(super) fn tick(&mut self, ground: Ground<'_>, now: DateTime<Utc>) -> Vec<Due> {
        let mut found = Vec::new();
        for key in std::mem::take(&mut self.overdue) {
            let Some(watch) = self.watches.get_mut(&key) else { continue };
            let Some(decision) = watch.log.last().filter(|_| watch.is_overdue()).cloned() else { continue };
            watch.said.push(decision.at);
            found.extend(due(ground.queue, key, decision));
        }
        while let Some((_, key)) = self.due.first().filter(|(at, _)| *at <= now).cloned() {
            self.due.pop_first();
            let Some(watch) = self.watches.get_mut(&key) else { continue };
            let who = |target: &Target, at| ground.people(target, at);
            let decisions = watch.escalation.advance(&who, now);
            watch.said.extend(decisions.last().map(|decision| decision.at));
            watch.log.extend(decisions.iter().cloned());
            watch.log.drain(..watch.log.len().saturating_sub(KEPT));
            watch.said.drain(..watch.said.len().saturating_sub(KEPT));
            self.due.extend(watch.escalation.due_at().map(|at| (at, key.clone())));
            // A skip alone is no news: whoever is next is told in the same instant.
            let news = decisions.into_iter().filter(|decision| !matches!(decision.act, Act::Skip { .. }));
            found.extend(news.filter_map(|decision| due(ground.queue, key.clone(), decision)));
        }
        found.sort_by(|a, b| (a.grade, &a.key).cmp(&(b.grade, &b.key)));
        found
    }

    /// The ladder of an incident; nothing = it does not escalate.
    pub(super) fn ladder(&self, entry: &Entry, ground: Ground<'_>, now: DateTime<Utc>) -> Option<Ladder> {
        let who = |target: &Target, at| ground.people(target, at);
        if let Some(watch) = self.watches.get(&entry.incident.key) {
            let (mut escalation, mut log) = (watch.escalation.clone(), watch.log.clone());
            log.extend(escalation.advance(&who, now));
            let is_said = |decision: &Decision| watch.said.contains(&decision.at);
            return Some(Ladder::of(&escalation, &log, &watch.events, &is_said, &who, now));
        }
        let policy = escalation::policy_for(ground.policies(), entry.verdict.grade)?;
        if !is_known(entry) {
            return Some(Ladder::unknown(policy.name.clone()));
        }
        let (policy, events) = events_of(entry, ground, now)?;
        let (escalation, log) = replay(&Arc::new(policy.clone()), &events, &who, now);
        Some(Ladder::of(&escalation, &log, &events, &|_| false, &who, now))
    }

    fn hear_one(&mut self, key: &IncidentKey, ground: Ground<'_>, now: DateTime<Utc>) {
        let entry = ground.queue.find(key).filter(|entry| entry.incident.is_open() && is_known(entry));
        let case = entry
            .filter(|entry| escalation::policy_for(ground.policies(), entry.verdict.grade).is_some())
            .and_then(|entry| events_of(entry, ground, now));
        let Some((policy, events)) = case else {
            self.forget(key);
            return;
        };
        let known = self.watches.get(key);
        if known.is_some_and(|watch| watch.events == events) {
            return;
        }
        // The same trigger keeps the policy that was in force then (R16), and what was said of it.
        let same = known.filter(|watch| watch.events.first() == events.first());
        let policy = same.map_or_else(|| Arc::new(policy.clone()), |watch| Arc::clone(&watch.escalation.policy));
        let said = same.map(|watch| watch.said.clone()).unwrap_or_default();
        self.forget(key);
        let who = |target: &Target, at| ground.people(target, at);
        let (escalation, log) = replay(&policy, &events, &who, now);
        let watch = Watch { events, escalation, log, said };
        if watch.is_overdue() {
            self.overdue.insert(key.clone());
        }
        self.due.extend(watch.escalation.due_at().map(|at| (at, key.clone())));
        self.watches.insert(key.clone(), watch);
    }

    fn forget(&mut self, key: &IncidentKey) {
        if let Some(watch) = self.watches.remove(key) {
            if let Some(at) = watch.escalation.due_at() {
                self.due.remove(&(at, key.clone()));
            }
            self.overdue.remove(key);
        }
    }
}

impl Watch {
    /// Whether its last decision still stands, and nobody has said it.
    fn is_overdue(&self) -> bool {
        let is_held = matches!(
            self.escalation.phase,
            escalation::engine::Phase::Held { .. } | escalation::engine::Phase::Resolved
        );
        !is_held && self.log.last().is_some_and(|decision| !self.said.contains(&decision.at))
    }
}

/// Whether it can be known if somebody acknowledged: a list without timelines does not tell.
fn is_known(entry: &Entry) -> bool {
    entry.incident.has_timeline || entry.acked.is_some()
}

fn events_of<'a>(entry: &Entry, ground: Ground<'a>, now: DateTime<Utc>) -> Option<(&'a Policy, Vec<Happened>)> {
    let policies = ground.roster.map_or(&[] as &[Policy], |roster| roster.escalations.as_slice());
    events::of(&entry.incident, ground.promises, policies, entry.acked.as_ref().map(|(_, at)| *at), now)
}

fn due(queue: &Queue, key: IncidentKey, decision: Decision) -> Option<Due> {
    let grade = queue.find(&key)?.verdict.grade;
    Some(Due { key, grade, decision })
}

impl Due {
    /// `P0 api#812 unacknowledged: step 2, ben.i, is due`.
    pub fn words(&self) -> String {
        let names = |people: &[Person]| people.iter().map(Text::as_str).collect::<Vec<_>>().join(", ");
        let reserve = |reserve: &Option<Person>| match reserve {
            Some(person) => format!("; the reserve is {person}"),
            None => String::new(),
        };
        let what = match &self.decision.act {
            Act::Notify { step, people } => {
                format!("step {}, {}, is due", step.saturating_add(1), names(people))
            }
            Act::Skip { step } => format!("nobody is on call for step {}", step.saturating_add(1)),
            Act::NobodyOnCall { reserve: person } => format!("nobody is on call for any step{}", reserve(person)),
            Act::Exhausted { reserve: person } => format!("every step was due{}", reserve(person)),
        };
        format!("{} {} unacknowledged: {what}", self.grade.word(), self.key.short())
    }
}

/// What the console says of all that fell due in one instant: the most urgent, and how many more.
pub fn said(due: &[Due]) -> Option<Fact> {
    let (first, rest) = due.split_first()?;
    let more = match rest.len() {
        0 => String::new(),
        n => format!("; and {}", counted(n, "more", "more")),
    };
    Some(Fact::Told { what: Text::scrub(&format!("{}{more}", first.words())), went: Went::Badly })
}
