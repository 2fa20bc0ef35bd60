//! What a host told since it was last heard, and what of this process others see.

use chrono::{DateTime, Utc};

use crate::{
    domain::incident::IncidentKey,
    floor::{
        Floor,
        entry::Entry,
        fact::{Changed, Reach, Role},
        glance::Glance,
        queue::Queue,
    },
    text::{Passage, Text},
};

/// What is known of the opening text of the incident that was last opened.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Opening<'a> {
    /// Nothing: it is being read.
    #[default]
    Unread,
    /// It has none.
    None,
    /// This.
    Text(&'a Passage),
}

/// The opening text that was read last: only what is looked at is held.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct LastRead(Option<(IncidentKey, Option<Box<Passage>>)>);

/// What waits for the disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unsaved {
    /// How much of what people did.
    pub n: usize,
    /// Why, and what to do.
    pub why: Text,
}

impl Floor {
    /// Takes incidents that were judged elsewhere, by this floor's own policy: what the store remembered, before anything is
    /// heard. How old that is comes as a fact of its own.
    pub fn adopt(&mut self, entries: Vec<Entry>, now: DateTime<Utc>) {
        let keys: Vec<IncidentKey> = entries.iter().map(|entry| entry.incident.key.clone()).collect();
        self.queue.adopt(entries);
        let (escalations, ground) = self.escalating();
        escalations.hear(&keys, ground, now);
        self.version = self.version.wrapping_add(1);
    }

    /// Takes what is shown before all is read. [`Fact::Recalled`](crate::floor::fact::Fact::Recalled) brings the rest; whoever
    /// glances sees to it that nothing else tells of incidents before.
    pub fn glance(&mut self, glance: Glance) {
        self.queue.glance(glance);
        self.version = self.version.wrapping_add(1);
    }

    pub(super) fn recalled(&mut self, all: Queue, now: DateTime<Utc>) {
        // Whoever knows more by now keeps it.
        if !self.queue.is_glance() && !self.queue.entries().is_empty() {
            return;
        }
        self.queue.recall(all);
        let (escalations, ground) = self.escalating();
        escalations.hear_all(ground, now);
    }

    pub(super) fn changed(&mut self, changed: Changed, now: DateTime<Utc>) {
        let Changed { source, items, gone, reach, as_of, budget } = changed;
        if !items.is_empty() || !gone.is_empty() {
            let keys: Vec<IncidentKey> = items.iter().map(|incident| incident.key.clone()).collect();
            // What was read may have been changed with the rest.
            if self.last_read.0.as_ref().is_some_and(|(of, _)| keys.contains(of)) {
                self.last_read = LastRead::default();
            }
            self.queue.take(source, items, &self.policy, now);
            self.queue.take_away(&gone);
            let (escalations, ground) = self.escalating();
            escalations.hear(&keys, ground, now);
            if !gone.is_empty() {
                self.escalations.drop_gone(&self.queue);
            }
        }
        self.with(source, |s| {
            s.heard(as_of, now);
            s.reach = Some(reach);
            // Whoever asks remembers it for as long as it holds; an older one says nothing of now.
            s.budget = budget;
        });
    }

    pub(super) fn ack_taken_back(&mut self, key: &IncidentKey, now: DateTime<Utc>) {
        self.queue.take_ack_back(key);
        let (escalations, ground) = self.escalating();
        escalations.hear([key], ground, now);
    }

    pub(super) fn body_read(&mut self, key: IncidentKey, body: Option<Box<Passage>>) {
        self.last_read = LastRead(Some((key, body)));
    }

    /// The opening text of an incident, as far as it is known: its source told it, or it was read from disk.
    pub fn opening(&self, key: &IncidentKey) -> Opening<'_> {
        let told = self.queue.find(key).and_then(|entry| entry.incident.body.as_deref());
        let read = self.last_read.0.as_ref().filter(|(of, _)| of == key).map(|(_, body)| body.as_deref());
        match (told, read) {
            (Some(text), _) | (None, Some(Some(text))) if !text.is_blank() => Opening::Text(text),
            (Some(_), _) | (None, Some(_)) => Opening::None,
            (None, None) => Opening::Unread,
        }
    }

    /// Which part this process plays among those on the same state folder; nothing = it has not said.
    pub fn role(&self) -> Option<&Role> {
        self.role.as_ref()
    }

    /// What waits for the disk, and why; nothing while all is saved.
    pub fn unsaved(&self) -> Option<&Unsaved> {
        self.unsaved.as_ref()
    }

    /// Whether a source has told part of what is asked for, and the rest is still being read.
    pub fn is_part_told(&self) -> bool {
        self.sources.iter().any(|source| matches!(source.reach, Some(Reach::Part { .. })))
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;
    use crate::{
        demo::World,
        domain::{
            incident::{Incident, Login},
            time::{parse_rfc3339, plus},
            zone::Zones,
        },
        floor::fact::{Fact, Going, Gone, SourceId},
    };

    const SOURCE: SourceId = SourceId(0);

    fn now() -> DateTime<Utc> {
        parse_rfc3339("2026-11-20T02:12:00Z").unwrap()
    }

    /// A floor of the demo's world and all it knows.
    fn floor() -> Floor {
        let mut world = World::new(7, now(), 60, &Zones::bundled());
        let mut floor = world.floor();
        for fact in world.opening() {
            floor.apply(fact, now());
        }
        floor.settle(now());
        floor
    }

    fn changed(items: Vec<Incident>, gone: Vec<Gone>) -> Fact {
        Fact::Changed(Changed { source: SOURCE, items, gone, reach: Reach::Whole, as_of: now(), budget: None })
    }

    fn first(floor: &Floor) -> Incident {
        floor.queue().entry(floor.queue().order()[0]).unwrap().incident.clone()
    }

    #[test]
    fn what_is_snoozed_leaves_the_order_is_counted_and_comes_back_by_itself() {
        let mut floor = floor();
        let (before, key) = (floor.queue().tally().clone(), first(&floor).key);
        let n = floor.queue().order().len();
        let until = plus(now(), TimeDelta::minutes(30));
        floor.apply(Fact::Snoozed { key: key.clone(), until, by: Login::new("me"), at: now() }, now());
        floor.settle(now());
        let tally = floor.queue().tally();
        // Its clocks run on: what is over is over.
        assert_eq!((tally.snoozed, tally.open, tally.over), (1, before.open, before.over));
        assert_eq!((floor.queue().order().len(), first(&floor).key == key), (n - 1, false));
        floor.settle(plus(until, TimeDelta::seconds(-1)));
        assert_eq!(floor.queue().tally().snoozed, 1);
        floor.settle(until);
        assert_eq!((floor.queue().tally().snoozed, floor.queue().order().len()), (0, n));
        floor.apply(
            Fact::Snoozed {
                key: key.clone(),
                until: plus(until, TimeDelta::hours(1)),
                by: Login::new("me"),
                at: until,
            },
            until,
        );
        floor.apply(Fact::Woken { key, by: Login::new("me"), at: until }, until);
        floor.settle(until);
        assert_eq!((floor.queue().tally().snoozed, floor.queue().order().len()), (0, n));
    }

    #[test]
    fn what_a_host_changed_is_changed_and_the_rest_stays() {
        let mut floor = floor();
        let (n, mut item) = (floor.queue().entries().len(), first(&floor));
        item.title = Text::scrub("another title");
        let second = floor.queue().entry(floor.queue().order()[1]).unwrap().incident.key.clone();
        floor.apply(Fact::Acknowledged { key: second.clone(), by: Login::new("me"), at: now() }, now());
        let mut moved = item.key.clone();
        moved.number = 999_999;
        let gone = Gone { key: second.clone(), how: Going::Moved(moved.clone()) };
        let there = Incident { key: moved.clone(), ..item.clone() };
        floor.apply(changed(vec![item.clone(), there], vec![gone]), now());
        floor.settle(now());
        assert_eq!(floor.queue().entries().len(), n);
        assert_eq!(floor.queue().find(&item.key).unwrap().incident.title.as_str(), "another title");
        assert!(floor.queue().find(&second).is_none());
        // What was done to it here goes with it.
        assert!(floor.queue().find(&moved).unwrap().acked.is_some());
    }

    #[test]
    fn an_opening_text_is_read_once_and_again_after_a_change() {
        let mut floor = floor();
        let item = Incident { body: None, ..first(&floor) };
        let key = item.key.clone();
        floor.apply(changed(vec![item.clone()], Vec::new()), now());
        assert_eq!(floor.opening(&key), Opening::Unread);
        let text = Passage::scrub("It fails.");
        floor.apply(Fact::BodyRead { key: key.clone(), body: Some(Box::new(text.clone())) }, now());
        assert_eq!(floor.opening(&key), Opening::Text(&text));
        floor.apply(changed(vec![item], Vec::new()), now());
        assert_eq!(floor.opening(&key), Opening::Unread);
        floor.apply(Fact::BodyRead { key: key.clone(), body: None }, now());
        assert_eq!(floor.opening(&key), Opening::None);
    }

    #[test]
    fn what_the_store_remembered_is_judged_as_if_it_were_told() {
        let mut told = floor();
        let items: Vec<_> = told.queue().entries().iter().map(|entry| entry.incident.clone()).collect();
        let source = told.queue().entries()[0].source;
        let entries = items.into_iter().map(|item| Entry::judged(item, source, &told.policy, now())).collect();
        let world = World::new(7, now(), 60, &Zones::bundled());
        let mut adopted = world.floor();
        adopted.adopt(entries, now());
        adopted.settle(now());
        told.settle(now());
        assert_eq!(adopted.queue().order(), told.queue().order());
        assert_eq!(adopted.queue().tally().rows, told.queue().tally().rows);
    }
}
