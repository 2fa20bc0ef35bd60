//! The alerts among the incidents: which are shown, above them, in the order of lists.

use chrono::{DateTime, Utc};

use crate::{
    domain::{
        alert::{AlertId, alarm::Alarm},
        notify::Matcher,
        query::{Me, Query},
    },
    floor::Floor,
    text::Text,
};

/// The alerts of the queue.
#[derive(Debug, Default)]
pub struct Alarms {
    all: Vec<Alarm>,
    shown: Vec<Alarm>,
    /// What they were made of: the floor's version and the second.
    of: Option<(u64, i64)>,
}

impl Alarms {
    /// Brings them up to the floor; what does not pass the query is not shown.
    pub(super) fn settle(&mut self, floor: &Floor, query: &Query, me: &Me, now: DateTime<Utc>) {
        let of = (floor.version(), now.timestamp());
        if self.of != Some(of) {
            self.all = floor.alarm_rows(now);
            self.of = Some(of);
        }
        self.shown = self.all.iter().filter(|alarm| query.passes_alarm(alarm, me, now)).cloned().collect();
    }

    /// Those that are shown, in order.
    pub fn shown(&self) -> &[Alarm] {
        &self.shown
    }

    /// An alert, shown or not.
    pub fn find(&self, id: AlertId) -> Option<&Alarm> {
        self.all.iter().find(|alarm| alarm.alert.id == id)
    }

    /// Those that a silence of these matchers would hold back: one at an Alertmanager those that it tells of, one made here
    /// all the others.
    pub fn held_by(&self, matchers: &[Matcher], server: Option<&Text>) -> impl Iterator<Item = &Alarm> {
        let is_there = move |alarm: &Alarm| {
            let manager = alarm.abroad.as_deref().and_then(|abroad| abroad.manager.as_ref());
            if server.is_some() { manager == server } else { alarm.elsewhere().is_none() || manager.is_none() }
        };
        let fits = |alarm: &Alarm| !matchers.is_empty() && matchers.iter().all(|m| m.fits(&alarm.alert.labels));
        self.all.iter().filter(move |alarm| is_there(alarm) && fits(alarm))
    }

    /// How many of all of them somebody has to do something about.
    pub fn n_pressing(&self) -> usize {
        self.all.iter().filter(|alarm| alarm.presses()).count()
    }

    /// How many of all of them are silenced.
    pub fn n_silenced(&self) -> usize {
        self.all.iter().filter(|alarm| alarm.silence.is_some()).count()
    }
}
