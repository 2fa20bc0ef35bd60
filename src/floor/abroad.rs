//! What other servers tell of their alerts, each the last time it answered; and the rows that come of it.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};

use crate::{
    domain::{
        alert::{
            Alert, AlertId,
            abroad::{self, Abroad, Row, Unheard},
            alarm::{self, Alarm},
        },
        remote::{RemoteSilence, Told},
    },
    floor::{
        Floor,
        fact::SourceId,
        freshness::{Feed, Source, Worth},
    },
    text::Text,
};

/// Servers with what they told, and what that comes to.
#[derive(Debug, Default)]
pub(super) struct Servers {
    heard: BTreeMap<SourceId, Heard>,
    rows: Vec<Row>,
}

/// What one server told.
#[derive(Debug)]
struct Heard {
    told: Told,
    /// It answered when it was asked last; of a pair one of them did.
    is_answered: bool,
    /// It has answered the question that is being asked: a failure that is told now is another one's of the pair.
    is_answering: bool,
}

impl Servers {
    fn told(&mut self, source: SourceId, told: Told) {
        self.heard.insert(source, Heard { told, is_answered: true, is_answering: true });
        let all: Vec<&Told> = self.heard.values().map(|heard| &heard.told).collect();
        self.rows = abroad::rows(&all);
    }

    /// Notes that a question to a server has ended in a failure, or without one.
    pub(super) fn asked(&mut self, source: SourceId, has_failed: bool) {
        if let Some(heard) = self.heard.get_mut(&source) {
            let is_answer = std::mem::take(&mut heard.is_answering) || !has_failed;
            heard.is_answered = is_answer;
        }
    }
}

impl Floor {
    /// Each server that has told of alerts, with what it told last; in the order of the settings. Nothing here judges it.
    pub fn abroad(&self) -> impl Iterator<Item = (&Source, &Told)> {
        self.alerts.servers.heard.iter().filter_map(|(id, heard)| Some((self.sources.get(id.0)?, &heard.told)))
    }

    /// A silence of another server by its name, with the server's name.
    pub fn silence_abroad(&self, id: &Text) -> Option<(&Text, &RemoteSilence)> {
        self.abroad().find_map(|(source, told)| {
            told.silences.iter().find(|silence| silence.id == *id).map(|silence| (&source.name, silence))
        })
    }

    pub(super) fn remote_told(&mut self, source: SourceId, told: Told, now: DateTime<Utc>) {
        self.with(source, |source| source.heard(now, now));
        self.alerts.servers.told(source, told);
    }

    /// Servers whose alerts are not known as they are now: never heard, or not lately.
    pub fn unheard_servers(&self, now: DateTime<Utc>) -> Vec<&Source> {
        let numbered = self.sources.iter().enumerate().filter(|(_, source)| source.feed == Feed::Alerts);
        let is_unheard = |(n, source): &(usize, &Source)| match source.worth(now) {
            Worth::Never => true,
            Worth::Reading => false,
            Worth::Fresh(_) | Worth::Stale(_) => self.unheard(SourceId(*n), source, now).is_some(),
        };
        numbered.filter(is_unheard).map(|(_, source)| source).collect()
    }

    /// Since when a server was not heard, and why; nothing where it answered when it was asked last.
    fn unheard(&self, id: SourceId, source: &Source, now: DateTime<Utc>) -> Option<Unheard> {
        let since = source.heard_at?;
        let is_answered = self.alerts.servers.heard.get(&id).is_some_and(|heard| heard.is_answered);
        // One of a pair that is away is trouble, and no reason to doubt the other.
        if is_answered && source.is_heard_lately(now) {
            return None;
        }
        let why = source.trouble.as_ref().map(|(_, _, why)| why.clone()).unwrap_or_default();
        Some(Unheard { since, why })
    }

    /// Alerts that other servers tell of, each once, with the names of what was put together.
    fn alerts_abroad(&self, now: DateTime<Utc>) -> Vec<(Alert, Abroad, &[AlertId])> {
        let ids: Vec<SourceId> = self.alerts.servers.heard.keys().copied().collect();
        let known: Vec<_> = ids
            .iter()
            .map(|id| {
                let source = self.sources.get(id.0)?;
                Some((&source.name, source.heard_at, self.unheard(*id, source, now)))
            })
            .collect();
        let server = |place: usize| known.get(place).cloned().flatten();
        let rows = self.alerts.servers.rows.iter();
        rows.map(|row| {
            let (alert, abroad) = row.told(server, now);
            (alert, abroad, row.ids.as_slice())
        })
        .collect()
    }

    /// Alerts of other servers under each name that somebody may have taken them on by.
    pub(super) fn told_abroad(&self, now: DateTime<Utc>) -> Vec<Alert> {
        let all = self.alerts_abroad(now).into_iter();
        all.flat_map(|(alert, _, ids)| ids.iter().map(move |id| Alert { id: *id, ..alert.clone() })).collect()
    }

    /// Every alert that fires or is pending, here or at another server, with what people did about it, in the order of
    /// lists. An alert of ours that another server tells of as well is one.
    pub fn alarm_rows(&self, now: DateTime<Utc>) -> Vec<Alarm> {
        let mut alarms: Vec<Alarm> = self.alarms(now).into_iter().map(|alert| self.handled(alert, now)).collect();
        let places: BTreeMap<AlertId, usize> = alarms.iter().enumerate().map(|(n, a)| (a.alert.id, n)).collect();
        let mut seen = BTreeSet::new();
        for (alert, abroad, ids) in self.alerts_abroad(now) {
            match ids.iter().find_map(|id| places.get(id)).and_then(|place| alarms.get_mut(*place)) {
                Some(own) => own.abroad = Some(Box::new(Abroad { is_own: true, ..abroad })),
                None if seen.insert(alert.id) => alarms.push(self.handled_abroad(alert, abroad, ids, now)),
                None => {}
            }
        }
        alarm::sort(&mut alarms);
        alarms
    }

    /// An alert of another server with what people did about it. What an Alertmanager knows is held back by its silences;
    /// where only a Prometheus tells of it, by those made here.
    fn handled_abroad(&self, alert: Alert, abroad: Abroad, ids: &[AlertId], now: DateTime<Utc>) -> Alarm {
        let mut alarm = self.handled(alert, now);
        let taken = ids.iter().find_map(|id| self.taken_on(*id)).filter(|_| alarm.alert.is_firing());
        alarm.taken = taken.cloned();
        if abroad.manager.is_some() {
            alarm.silence = abroad.silences.first().filter(|_| abroad.is_held()).map(abroad::as_silence);
        }
        alarm.abroad = Some(Box::new(abroad));
        alarm
    }
}
