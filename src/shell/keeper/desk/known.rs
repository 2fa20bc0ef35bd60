//! What the store knows at the start, and what is to be said of it.

use chrono::TimeDelta;

use super::{Desk, glance};
use crate::{
    domain::{sla::Policy, time::minus},
    floor::{
        entry::Entry,
        fact::{Fact, Went},
    },
    shell::{
        keeper::{Remembered, in_words, tell::told},
        past,
        store::{Journal, Mirror, Round, StoreError},
    },
    text::Text,
};

/// What is wanted of what the store knows.
#[derive(Clone, Copy)]
pub(in crate::shell::keeper) enum Wanted<'a> {
    /// Everything as facts.
    Facts,
    /// Incidents judged by a policy.
    Judged(&'a Policy),
    /// The first rows, where they can be had alone; else as [`Wanted::Judged`].
    Glance(&'a Policy),
}

impl Desk {
    /// What the store knows at the start. From here on what is new is told.
    pub(super) fn remembered(&mut self, wanted: Wanted<'_>) -> Remembered {
        self.is_asked = true;
        let nothing = |error: &StoreError| Remembered { facts: unsaved_facts(error), ..Remembered::default() };
        match self.known(wanted) {
            Ok(known) => known,
            Err(StoreError::Damaged { .. }) => {
                self.begin_anew();
                self.known(wanted).unwrap_or_else(|error| nothing(&error))
            }
            Err(error) => {
                self.refusal = Some(in_words(&error));
                self.told_unsaved = (0, self.refusal.clone());
                nothing(&error)
            }
        }
    }

    fn known(&mut self, wanted: Wanted<'_>) -> Result<Remembered, StoreError> {
        let store = match &self.store {
            Ok(store) => store,
            Err(error) => return Err(error.again()),
        };
        // Asked first: what is recorded meanwhile is told again, and nothing is missed.
        let seq = store.last_seq()?;
        let (mut facts, mut entries) = (Vec::new(), Vec::new());
        let now = self.clock.now();
        let sources = self.teller.sources();
        let glance = match wanted {
            Wanted::Glance(policy) => glance::glance(store, &sources, policy, now)?,
            Wanted::Facts | Wanted::Judged(_) => None,
        };
        for (name, id) in sources {
            let mirror = match wanted {
                Wanted::Facts => store.mirror(&name)?,
                Wanted::Glance(_) if glance.is_some() => store.mirror_without_items(&name)?,
                Wanted::Judged(policy) | Wanted::Glance(policy) => {
                    let judged = store.mirror_as(&name, &|incident| Entry::judged(incident, id, policy, now))?;
                    let Mirror { items, round, told, host, plans, seq } = judged;
                    // The first of them is the largest as a rule, and need not be moved.
                    if entries.is_empty() {
                        entries = items;
                    } else {
                        entries.extend(items);
                    }
                    Mirror { items: Vec::new(), round, told, host, plans, seq }
                }
            };
            let has_failed = matches!(mirror.round, Some((Round::Failed { .. }, _)));
            facts.extend(self.teller.mirrored(&name, mirror));
            // A failure is the last word, and not all there is to say: since when it is in trouble.
            let standing = has_failed.then(|| past::stands(store, &name)).transpose()?.flatten();
            let stood = standing.map(|standing| Fact::Stood { source: id, standing: Box::new(standing) });
            facts.extend(stood);
        }
        facts.extend(store.deeds(now)?.into_iter().map(told));
        let intents = store.outbox(minus(now, TimeDelta::days(1)))?;
        facts.extend((!intents.is_empty()).then_some(Fact::Intended(intents)));
        let badly = |what: Text| Fact::Told { what, went: Went::Badly };
        facts.extend(store.loss().map(badly));
        if let Err(error) = store.writable() {
            let why = in_words(&error);
            facts.push(Fact::Unsaved { n: 0, why: Some(why.clone()) });
            facts.push(badly(Text::scrub(&format!("nothing is saved in this run: {why}"))));
            self.refusal = Some(why.clone());
            self.told_unsaved = (0, Some(why));
        }
        if let Journal::Rollback(kind) = store.journal() {
            facts.push(Fact::Told { what: Text::scrub(&on_a_network(kind)), went: Went::Well });
        }
        self.told = Some(seq);
        Ok(Remembered { entries, glance, facts })
    }
}

/// What a console says where there is no store.
pub(in crate::shell::keeper) fn unsaved_from_now_on(why: &Text) -> Fact {
    Fact::Unsaved { n: 0, why: Some(why.clone()) }
}

fn unsaved_facts(error: &StoreError) -> Vec<Fact> {
    let why = in_words(error);
    let what = Text::scrub(&format!("nothing is saved: {why}"));
    vec![unsaved_from_now_on(&why), Fact::Told { what, went: Went::Badly }]
}

/// Says that the file is kept in the slower way.
pub fn on_a_network(kind: &str) -> String {
    format!("the state folder is on {kind}: each change is written twice, which is slower and as safe")
}
