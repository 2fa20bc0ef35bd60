//! A desk on the demo's world, for tests: keys in, effects out, and what comes of them.

use chrono::TimeDelta;

use super::*;
use crate::{
    demo::{USUAL_INCIDENTS, World},
    domain::{
        incident::Login,
        time::{parse_rfc3339, plus},
        zone::Zones,
    },
    floor::fact::Fact,
    tui::{
        Msg,
        input::Key,
        theme::{Glyphs, Theme},
        update,
    },
};

/// A console on the demo's world, with a desk whose editor writes what the test says.
pub(super) struct Desk {
    pub(super) world: World,
    pub(super) model: Model,
    pub(super) now: DateTime<Utc>,
    pub(super) writes: Option<String>,
    pub(super) asked: Vec<Effect>,
}

impl Desk {
    pub(super) fn new() -> Self {
        let now = parse_rfc3339("2026-11-20T03:12:00Z").unwrap();
        let mut world = World::new(7, now, USUAL_INCIDENTS, &Zones::bundled());
        let mut floor = world.floor();
        for fact in world.opening() {
            floor.apply(fact, now);
        }
        let me = Login::new(floor.on_call().unwrap().seats[0].duty.people[0].as_str());
        let account = Some(me.clone());
        let mut model = Model::new(floor, me, Theme::shipped("midnight", Glyphs::Unicode));
        model.acting.ack.assigns = true;
        model.acting.account = account;
        update(&mut model, Msg::Resized { width: 120, height: 36 }, now);
        model.settle(now);
        Self { world, model, now, writes: None, asked: Vec::new() }
    }

    /// Presses keys: single characters, or names in angle brackets; performs what they ask for.
    pub(super) fn press(&mut self, keys: &str) -> &mut Self {
        let mut rest = keys;
        while let Some(c) = rest.chars().next() {
            let (name, after) = match rest.strip_prefix('<').and_then(|r| r.split_once('>')) {
                Some((name, after)) => (name.to_owned(), after),
                None => (c.to_string(), &rest[c.len_utf8()..]),
            };
            let key = if c == ' ' { Key::Char(' ') } else { Key::parse(&name).unwrap() };
            self.key(key);
            rest = after;
        }
        self
    }

    pub(super) fn key(&mut self, key: Key) {
        let effects = update(&mut self.model, Msg::Key(key), self.now);
        self.perform(effects);
    }

    pub(super) fn perform(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            self.asked.push(effect.clone());
            let facts = match effect {
                Effect::Compose { about, first } => match &self.writes {
                    Some(text) => {
                        let text = Passage::scrub(&format!("{text}{}", first.as_str()));
                        vec![Fact::Composed { about, text }]
                    }
                    None => vec![Fact::Composed { about, text: first }],
                },
                effect => self.world.perform(&effect, self.now),
            };
            for fact in facts {
                self.hear(fact);
            }
        }
    }

    pub(super) fn hear(&mut self, fact: Fact) {
        let effects = update(&mut self.model, Msg::Fact(fact), self.now);
        self.perform(effects);
        self.model.settle(self.now);
    }

    /// Lets time pass.
    pub(super) fn wait(&mut self, seconds: i64) -> &mut Self {
        for _ in 0..seconds {
            self.now = plus(self.now, TimeDelta::seconds(1));
            for fact in self.world.until(self.now) {
                self.hear(fact);
            }
        }
        self
    }

    pub(super) fn on(&mut self, key: &str) -> &mut Self {
        let key = IncidentKey::parse(key).unwrap();
        let (queue, floor) = (&self.model.queue, &self.model.floor);
        let is_it = |at: &usize| queue.entry_at(*at, floor).is_some_and(|entry| entry.incident.key == key);
        let at = (0..queue.rows.len()).find(is_it);
        self.model.queue.cursor.at = at.unwrap_or_else(|| panic!("{key} is not listed"));
        self.model.queue.selected = Some(key);
        self.model.settle(self.now);
        self
    }

    pub(super) fn said(&self) -> &str {
        self.model.message.as_ref().map_or("", |message| message.text.as_str())
    }

    pub(super) fn acts(&self) -> Vec<(String, String)> {
        let drafts =
            self.asked.iter().flat_map(|effect| if let Effect::Intend(d) = effect { d.clone() } else { vec![] });
        drafts.map(|draft| (draft.target.to_string(), draft.act.words())).collect()
    }

    pub(super) fn question(&self) -> &confirm::State {
        match self.model.overlays.last() {
            Some(Overlay::Confirming(state)) => state,
            other => panic!("no question: {}, {}", other.is_some(), self.said()),
        }
    }

    pub(super) fn entry(&self, key: &str) -> &crate::floor::entry::Entry {
        self.model.floor.queue().find(&IncidentKey::parse(key).unwrap()).unwrap()
    }
}

pub(super) fn pair(target: &str, act: &str) -> (String, String) {
    (target.to_owned(), act.to_owned())
}
