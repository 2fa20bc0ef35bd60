//! What sources answer: incidents, nothing new, or why not.

use chrono::{DateTime, Utc};

use crate::{
    domain::{incident::IncidentKey, trouble::Trouble},
    floor::{
        Floor,
        fact::{Part, Polled, Quota, SourceId},
    },
    text::Text,
};

impl Floor {
    /// Takes an answer, or a part of one.
    pub(super) fn polled(&mut self, polled: Polled, now: DateTime<Utc>) {
        let Polled { source, items, skipped, n_skipped, part, as_of, budget } = polled;
        let keys: Vec<IncidentKey> = items.iter().map(|incident| incident.key.clone()).collect();
        self.queue.take(source, items, &self.policy, now);
        let (escalations, ground) = self.escalating();
        escalations.hear(&keys, ground, now);
        match part {
            Part::More => {}
            Part::Last => {
                self.queue.end_whole_answer(source);
                self.escalations.drop_gone(&self.queue);
            }
            Part::Broken | Part::Cached => self.queue.next_round(source),
        }
        self.with(source, |s| {
            match part {
                Part::More => {}
                // Something was heard, if not all: the rest is not asked for less and less often.
                Part::Broken => {
                    s.heard_at = Some(as_of);
                    s.is_cached = false;
                    s.failures = 0;
                }
                Part::Last => {
                    s.is_dated = as_of < now;
                    s.heard(as_of, now);
                }
                Part::Cached => {
                    s.heard_at = Some(as_of);
                    s.is_cached = true;
                }
            }
            s.n_skipped = n_skipped;
            s.skipped = skipped;
            s.budget = budget.or(s.budget);
        });
    }
    /// Notes that a source has told nothing new.
    pub(super) fn unchanged(&mut self, source: SourceId, budget: Option<Quota>, now: DateTime<Utc>) {
        self.alerts.servers.asked(source, false);
        self.with(source, |s| {
            s.unchanged(now);
            s.budget = budget.or(s.budget);
        });
    }

    /// Notes that a source could not be asked, or not read.
    pub(super) fn failed(&mut self, source: SourceId, trouble: Trouble, why: Text, now: DateTime<Utc>) {
        self.alerts.servers.asked(source, true);
        self.with(source, |s| s.failed(trouble, why, now));
    }
}
