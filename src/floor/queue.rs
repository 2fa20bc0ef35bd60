//! The queue: every incident known, judged, in the order in which promises break.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    domain::{
        incident::{Incident, IncidentKey, Login},
        sla::{self, ClockState, Policy},
        time::plus,
    },
    floor::{
        entry::Entry,
        fact::SourceId,
        tally::{self, Tally},
    },
};

/// Over first (most urgent priority, then longest over), then what breaks next, then what is held, then the rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Rank {
    class: u8,
    first: i64,
    second: i64,
}

/// Within this of a deadline its seconds are shown, and matter.
const SECONDS_SHOWN: TimeDelta = TimeDelta::minutes(10);

/// Every incident known.
#[derive(Debug, Default)]
pub struct Queue {
    entries: Vec<Entry>,
    places: HashMap<IncidentKey, usize>,
    order: Vec<usize>,
    tally: Tally,
    acks: HashMap<IncidentKey, (Login, DateTime<Utc>)>,
    rounds: HashMap<SourceId, u64>,
    is_dirty: bool,
    /// Until then nothing on the board changes by itself.
    settled_until: Option<DateTime<Utc>>,
    /// The first deadline that is not over yet.
    next_deadline: Option<DateTime<Utc>>,
    version: u64,
}

/// Sliding windows (30 days) are looked at again at least this often.
const LONGEST_SETTLED: TimeDelta = TimeDelta::minutes(10);

impl Queue {
    /// Open incidents in order, as places for [`Queue::entry`].
    pub fn order(&self) -> &[usize] {
        &self.order
    }

    /// The entry at a place of [`Queue::order`].
    pub fn entry(&self, place: usize) -> Option<&Entry> {
        self.entries.get(place)
    }

    /// The entry of that key.
    pub fn find(&self, key: &IncidentKey) -> Option<&Entry> {
        self.places.get(key).and_then(|place| self.entries.get(*place))
    }

    /// Every entry, open and closed, in no order.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Counts and figures over the queue.
    pub fn tally(&self) -> &Tally {
        &self.tally
    }

    /// Changes whenever the order or an entry may have changed.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// Takes one part of a source's answer.
    pub fn take(&mut self, source: SourceId, items: Vec<Incident>, policy: &Policy, now: DateTime<Utc>) {
        let round = *self.rounds.entry(source).or_default();
        for incident in items {
            let verdict = sla::judge(&incident, policy, now);
            let acked = self.acks.get(&incident.key).cloned();
            let key = incident.key.clone();
            let entry = Entry::new(incident, verdict, source, acked, round);
            match self.places.get(&key).and_then(|place| self.entries.get_mut(*place)) {
                Some(known) => *known = entry,
                None => {
                    self.places.insert(key, self.entries.len());
                    self.entries.push(entry);
                }
            }
        }
        self.is_dirty = true;
    }

    /// Ends a whole answer: what the source did not name in it is gone.
    pub fn end_whole_answer(&mut self, source: SourceId) {
        let round = *self.rounds.entry(source).or_default();
        self.entries.retain(|e| e.source != source || e.round == round);
        self.reindex();
        self.next_round(source);
    }

    /// Ends an answer that broke off: nothing is taken away.
    pub fn next_round(&mut self, source: SourceId) {
        let round = self.rounds.entry(source).or_default();
        *round = round.wrapping_add(1);
        self.is_dirty = true;
    }

    /// Records who took an incident on; kept for incidents not seen yet.
    pub fn acknowledge(&mut self, key: IncidentKey, by: Login, at: DateTime<Utc>) {
        if let Some(entry) = self.places.get(&key).and_then(|place| self.entries.get_mut(*place)) {
            entry.acked = Some((by.clone(), at));
        }
        self.acks.insert(key, (by, at));
        self.is_dirty = true;
    }

    /// Brings order and figures up to `now`; does nothing while nothing can have changed.
    pub fn settle(&mut self, now: DateTime<Utc>) {
        if !self.is_dirty && self.settled_until.is_some_and(|until| now < until) {
            return;
        }
        let mut ranked: Vec<(Rank, usize)> = self
            .entries
            .iter()
            .enumerate()
            .filter(|(_, e)| e.incident.is_open())
            .map(|(place, e)| (rank(e, now), place))
            .collect();
        let entries = &self.entries;
        let key = |place: usize| entries.get(place).map(|e| &e.incident.key);
        ranked.sort_unstable_by(|a, b| a.0.cmp(&b.0).then_with(|| key(a.1).cmp(&key(b.1))));
        self.order.clear();
        self.order.extend(ranked.into_iter().map(|(_, place)| place));
        self.tally = tally::count(&self.entries, now);
        (self.settled_until, self.next_deadline) = self.next_change(now);
        self.is_dirty = false;
        self.version = self.version.wrapping_add(1);
    }

    /// Whether a deadline is so near that its seconds are shown.
    pub fn is_close(&self, now: DateTime<Utc>) -> bool {
        self.next_deadline.is_some_and(|at| at <= plus(now, SECONDS_SHOWN))
    }

    /// The first instant after `now` at which a clock changes its state by itself, and the first deadline ahead.
    fn next_change(&self, now: DateTime<Utc>) -> (Option<DateTime<Utc>>, Option<DateTime<Utc>>) {
        let (mut next, mut deadline) = (plus(now, LONGEST_SETTLED), None::<DateTime<Utc>>);
        for entry in self.entries.iter().filter(|e| e.incident.is_open()) {
            for clock in [&entry.verdict.response, &entry.verdict.fix] {
                // A deadline itself is still in time; over begins just after it.
                let over_from = clock.over_after.map(|d| plus(d, TimeDelta::milliseconds(1)));
                for at in [clock.at_risk_from, over_from].into_iter().flatten() {
                    if at > now && at < next {
                        next = at;
                    }
                }
                if let Some(at) = clock.deadline.filter(|at| *at >= now) {
                    deadline = Some(deadline.map_or(at, |known| known.min(at)));
                }
            }
        }
        (Some(next), deadline)
    }

    /// Judges everything anew after the clock moved backwards or the policy changed.
    pub fn rejudge(&mut self, policy: &Policy, now: DateTime<Utc>) {
        for entry in &mut self.entries {
            entry.verdict = sla::judge(&entry.incident, policy, now);
        }
        self.is_dirty = true;
    }

    fn reindex(&mut self) {
        self.places = self.entries.iter().enumerate().map(|(i, e)| (e.incident.key.clone(), i)).collect();
        self.is_dirty = true;
    }
}

fn rank(entry: &Entry, now: DateTime<Utc>) -> Rank {
    let pressing = entry.pressing(now);
    let grade = entry.verdict.grade.index();
    let deadline = pressing.deadline.map_or(i64::MAX, |d| d.timestamp());
    match pressing.state {
        ClockState::Breached => Rank { class: 0, first: grade as i64, second: deadline },
        ClockState::Ok | ClockState::AtRisk => Rank { class: 1, first: deadline, second: grade as i64 },
        ClockState::Paused => Rank { class: 2, first: grade as i64, second: entry.incident.opened_at.timestamp() },
        ClockState::NotStarted
        | ClockState::BestEffort
        | ClockState::Met
        | ClockState::Missed
        | ClockState::Unanswered
        | ClockState::Cancelled => Rank { class: 3, first: grade as i64, second: entry.incident.opened_at.timestamp() },
    }
}
