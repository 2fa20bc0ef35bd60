//! What fired when: for flapping and for the audit of noise (R47).

use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    domain::{
        alert::{AlertId, Became, Transition, book::Book},
        stats::noise::Page,
        time::minus,
    },
    text::Text,
};

/// One time an alert fired.
#[derive(Debug, Clone, PartialEq)]
pub struct Episode {
    /// Which alert.
    pub id: AlertId,
    /// Its rule.
    pub rule: Text,
    /// Its labels, as a selector.
    pub labels: Text,
    /// When it began to fire.
    pub at: DateTime<Utc>,
    /// When it was over.
    pub resolved_at: Option<DateTime<Utc>>,
    /// Somebody took it on.
    pub is_acked: bool,
}

/// The most that are remembered.
const REMEMBERED: usize = 10_000;

/// For how long they are.
const REMEMBERED_FOR: TimeDelta = TimeDelta::days(31);

/// An alert that fires so often within [`FLAPPING_IN`] flaps.
const FLAPPING: usize = 3;

/// See [`FLAPPING`].
const FLAPPING_IN: TimeDelta = TimeDelta::hours(1);

impl Book {
    /// Remembers what began and ended.
    pub(super) fn note(&mut self, told: &[Transition], now: DateTime<Utc>) {
        for transition in told {
            let id = transition.alert.id;
            let open = self.episodes.iter_mut().rev().find(|episode| episode.id == id && episode.resolved_at.is_none());
            match (transition.became, open) {
                (Became::Firing, None) => self.episodes.push_back(Episode {
                    id,
                    rule: transition.alert.rule.clone(),
                    labels: Text::scrub(&transition.alert.labels.to_string()),
                    at: transition.at,
                    resolved_at: None,
                    is_acked: false,
                }),
                (Became::Resolved, Some(open)) => open.resolved_at = Some(transition.at),
                _ => {}
            }
            if transition.became == Became::Resolved {
                self.taken.remove(&id);
            }
        }
        if told.is_empty() {
            return;
        }
        let from = minus(now, REMEMBERED_FOR);
        while self.episodes.len() > REMEMBERED || self.episodes.front().is_some_and(|oldest| oldest.at < from) {
            self.episodes.pop_front();
        }
    }

    /// Walks what fired, the oldest first.
    pub fn episodes(&self) -> impl ExactSizeIterator<Item = &Episode> {
        self.episodes.iter()
    }

    /// Whether an alert fires again and again: three times within an hour.
    pub fn is_flapping(&self, id: AlertId, now: DateTime<Utc>) -> bool {
        let from = minus(now, FLAPPING_IN);
        let recent = self.episodes.iter().rev().take_while(|episode| episode.at >= from);
        recent.filter(|episode| episode.id == id).count() >= FLAPPING
    }

    /// What fired as pages, by rule and labels. Whoever was taken on had somebody act on it.
    pub fn pages(&self) -> Vec<(Text, Page)> {
        let page = |episode: &Episode| {
            let page = Page {
                key: Text::scrub(&format!("{}{}", episode.rule, episode.labels)),
                at: episode.at,
                resolved_at: episode.resolved_at,
                is_acked: episode.is_acked,
                is_actionable: episode.is_acked,
            };
            (episode.rule.clone(), page)
        };
        self.episodes.iter().map(page).collect()
    }
}
