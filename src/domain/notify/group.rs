//! Groups of alerts that are told together, and what of them was told already.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    domain::{
        alert::{Alert, AlertId},
        sample::Labels,
        time::{minus, plus},
    },
    text::Text,
};

/// What tells one group from another, across restarts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GroupKey {
    /// The route.
    pub route: Text,
    /// The labels its alerts agree in.
    pub labels: Labels,
}

impl GroupKey {
    /// A hash of it: the key by which a receiver knows it again (R43).
    pub fn hash(&self) -> u64 {
        AlertId::of(&self.route, &self.labels).0
    }
}

impl fmt::Display for GroupKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.route, self.labels)
    }
}

/// What a channel was last told of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogEntry {
    /// When.
    pub at: DateTime<Utc>,
    /// What fired then.
    pub firing: BTreeSet<AlertId>,
    /// What was over then.
    pub resolved: BTreeSet<AlertId>,
}

/// Whether a channel that was told this needs to be told that; nothing = it was never told anything.
///
/// It does where something fires that it does not know of, where all is over that it took for firing, where something more
/// is over (and it wants to hear of that), and when it was last told longer ago than `repeat`.
pub fn needs(
    told: Option<&LogEntry>,
    firing: &BTreeSet<AlertId>,
    resolved: &BTreeSet<AlertId>,
    sends_resolved: bool,
    repeat: TimeDelta,
    now: DateTime<Utc>,
) -> bool {
    let Some(told) = told else { return !firing.is_empty() };
    if !firing.is_subset(&told.firing) {
        return true;
    }
    if firing.is_empty() {
        // Even one that is not told of ends has to forget what fired, or it would not be told when it fires again.
        return !told.firing.is_empty();
    }
    if sends_resolved && !resolved.is_subset(&told.resolved) {
        return true;
    }
    told.at < minus(now, repeat)
}

/// What every channel was last told of every group.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Log {
    entries: BTreeMap<(GroupKey, Text), LogEntry>,
}

impl Log {
    /// What a channel was last told of a group.
    pub fn entry(&self, group: &GroupKey, channel: &Text) -> Option<&LogEntry> {
        self.entries.get(&(group.clone(), channel.clone()))
    }

    /// Puts down what a channel is told now.
    pub fn put(&mut self, group: GroupKey, channel: Text, entry: LogEntry) {
        self.entries.insert((group, channel), entry);
    }

    /// Whether some channel takes this alert of this group for firing.
    pub fn holds(&self, group: &GroupKey, id: AlertId) -> bool {
        let of_group = self.entries.iter().filter(|((known, _), _)| known == group);
        of_group.into_iter().any(|(_, entry)| entry.firing.contains(&id))
    }

    /// Moves every time by as much as the clock was moved.
    pub fn jumped(&mut self, by: TimeDelta) {
        self.entries.values_mut().for_each(|entry| entry.at = plus(entry.at, by));
    }

    /// Forgets what ended before an instant.
    pub fn forget_before(&mut self, at: DateTime<Utc>) {
        self.entries.retain(|_, entry| !entry.firing.is_empty() || at <= entry.at);
    }

    /// Every entry.
    pub fn iter(&self) -> impl Iterator<Item = (&GroupKey, &Text, &LogEntry)> {
        self.entries.iter().map(|((group, channel), entry)| (group, channel, entry))
    }
}

/// Alerts that are told together.
#[derive(Debug, Clone)]
pub struct Group {
    /// The place of its route.
    pub route: usize,
    /// Its alerts; those that are over stay until that was looked at.
    pub alerts: BTreeMap<AlertId, Alert>,
    /// When it is looked at next.
    pub next: DateTime<Utc>,
    /// Whether it was looked at.
    pub is_begun: bool,
    /// What a mute window held back when it was last looked at.
    pub muted: BTreeSet<AlertId>,
}

impl Group {
    /// When it is looked at after now: a look that was missed is not made up for.
    pub fn look_again(&mut self, interval: TimeDelta, now: DateTime<Utc>) {
        self.is_begun = true;
        let next = plus(self.next, interval);
        self.next = if now < next { next } else { plus(now, interval) };
    }
}
