//! What sources of incidents answer.

use chrono::{DateTime, Utc};

use crate::{
    domain::incident::IncidentKey,
    floor::{
        Floor,
        fact::{Part, Polled},
    },
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
}
