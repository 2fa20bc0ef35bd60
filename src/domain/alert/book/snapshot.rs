//! The book as it is written down, and taken up again (R42).

use chrono::{DateTime, Utc};

use crate::domain::{
    alert::{
        Alert, AlertId,
        book::{Book, Episode, Instance, Taken},
        rule::AnyRule,
    },
    sample::Labels,
};

/// All a book knows that cannot be worked out from data and rules.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Snapshot {
    /// Rules with alerts, or with a time of their own.
    pub rules: Vec<KeptRule>,
    /// What fired.
    pub episodes: Vec<Episode>,
    /// Who took what on.
    pub taken: Vec<(AlertId, Taken)>,
}

/// One rule of a snapshot.
#[derive(Debug, Clone, PartialEq)]
pub struct KeptRule {
    /// Names the rule: its group, name and labels, not its expression, so that a changed bound keeps its alerts.
    pub key: u64,
    /// The last evaluation.
    pub last_at: Option<DateTime<Utc>>,
    /// Without data since then.
    pub blind_since: Option<DateTime<Utc>>,
    /// The alert about that.
    pub blind: Option<Alert>,
    /// Its alerts, by the labels of the value.
    pub instances: Vec<(Labels, Instance)>,
}

/// Names a rule by its group, name and labels.
pub(super) fn named(rule: &AnyRule) -> u64 {
    let labels = match rule {
        AnyRule::Alert(alert) => {
            let filled = |(name, template): &(crate::text::Text, crate::domain::alert::template::Template)| {
                (name.clone(), template.fill(0.0, &Labels::default()))
            };
            alert.labels.iter().map(filled).collect::<Labels>()
        }
        AnyRule::Record(record) => record.labels.iter().cloned().collect(),
    };
    AlertId::of(rule.group(), &labels).0.rotate_left(17) ^ AlertId::of(rule.name(), &labels).0
}

impl Book {
    /// Writes the book down.
    pub fn snapshot(&self) -> Snapshot {
        let kept = |task: &super::Task| KeptRule {
            key: task.key,
            last_at: task.standing.last_at,
            blind_since: task.standing.blind_since,
            blind: task.standing.blind.clone(),
            instances: task.standing.instances.iter().map(|(source, kept)| (source.clone(), kept.clone())).collect(),
        };
        Snapshot {
            rules: self.tasks.iter().map(kept).collect(),
            episodes: self.episodes.iter().cloned().collect(),
            taken: self.taken.iter().map(|(id, taken)| (*id, taken.clone())).collect(),
        }
    }

    /// Takes up what was written down; says how many alerts belong to rules that are no more.
    ///
    /// Alerts go on as they were. What they wait for counts only while somebody watched, and until the ranges of their
    /// expressions are full again "false" is taken for "no data".
    pub fn restore(&mut self, snapshot: Snapshot, now: DateTime<Utc>) -> usize {
        let mut n_lost = 0;
        for kept in snapshot.rules {
            let Some(task) = self.tasks.iter_mut().find(|task| task.key == kept.key) else {
                n_lost += kept.instances.len() + usize::from(kept.blind.is_some());
                continue;
            };
            task.standing.last_at = kept.last_at;
            task.standing.blind_since = kept.blind_since;
            task.standing.blind = kept.blind;
            task.standing.instances = kept.instances.into_iter().collect();
            task.standing.restored_at = Some(now);
            // The same evaluation is not made twice: a restart within one changes nothing.
            let every = task.rule.every().num_milliseconds().max(1);
            task.slot = kept.last_at.map(|at| at.timestamp_millis().saturating_sub(task.offset).div_euclid(every));
        }
        self.episodes = snapshot.episodes.into();
        self.taken = snapshot.taken.into_iter().collect();
        n_lost
    }
}
