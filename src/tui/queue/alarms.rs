//! The alerts among the incidents: which are shown, above them, in the order of lists.

use chrono::{DateTime, Utc};

use crate::{
    domain::{
        alert::{AlertId, alarm::Alarm},
        notify::Matcher,
        query::{Me, Query},
    },
    floor::Floor,
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

    /// Those that all of these matchers fit.
    pub fn held_by(&self, matchers: &[Matcher]) -> impl Iterator<Item = &Alarm> {
        self.all
            .iter()
            .filter(move |alarm| !matchers.is_empty() && matchers.iter().all(|m| m.fits(&alarm.alert.labels)))
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
