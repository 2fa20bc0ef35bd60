//! What fires on the floor, as alerts: what became of them since the last look.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use crate::domain::alert::{Alert, AlertId, AlertState};

/// The alerts that fired at the last look.
#[derive(Debug, Default)]
pub(super) struct Seen {
    firing: BTreeMap<AlertId, Alert>,
    /// What fires was not looked at by this process yet.
    is_restored: bool,
}

/// What the floor knows of an alert that was seen before.
pub(super) struct Known<'a> {
    /// Nothing is there to judge it by.
    pub(super) is_blind: &'a dyn Fn(&Alert) -> bool,
    /// Its run is over, whether or not another one has begun.
    pub(super) has_ended: &'a dyn Fn(&Alert) -> bool,
}

impl Seen {
    /// Begins with what fired when the last process ended. What of it does not fire any more, because it is over or because
    /// nobody asks for it any longer, is told as over at the first look: whoever heard of the one is to hear of the other.
    pub(super) fn with(firing: Vec<Alert>) -> Self {
        Self { firing: firing.into_iter().map(|alert| (alert.id, alert)).collect(), is_restored: true }
    }

    /// What began to fire and what is over, of everything that fires or is pending now. What cannot be judged is not over
    /// (R39).
    ///
    /// At the first look of a process everything that fires is among it: that it was seen by the one before does not say
    /// that anybody was told, and what was told already is for the dispatcher's log to know. An alert that ended and broke
    /// again while nobody watched is over at that look, and begins to fire at the next.
    pub(super) fn look(&mut self, now_there: Vec<Alert>, known: &Known<'_>, now: DateTime<Utc>) -> Vec<Alert> {
        let is_first = std::mem::take(&mut self.is_restored);
        let mut firing: BTreeMap<AlertId, Alert> =
            now_there.into_iter().filter(Alert::is_firing).map(|alert| (alert.id, alert)).collect();
        let mut over = Vec::new();
        let before = std::mem::take(&mut self.firing);
        let was_there = |id: &AlertId| !is_first && before.contains_key(id);
        let mut changed: Vec<Alert> = firing.values().filter(|alert| !was_there(&alert.id)).cloned().collect();
        for (id, before) in before {
            let is_renewed = is_first && firing.contains_key(&id) && (known.has_ended)(&before);
            if firing.contains_key(&id) && !is_renewed {
                continue;
            }
            if !is_renewed && (known.is_blind)(&before) {
                if is_first {
                    changed.push(before.clone());
                }
                firing.insert(id, before);
                continue;
            }
            firing.remove(&id);
            changed.retain(|alert| alert.id != id);
            over.push(Alert { state: AlertState::Inactive, resolved_at: Some(now), ..before });
        }
        self.firing = firing;
        changed.extend(over);
        changed
    }

    /// Those that fire.
    pub(super) fn firing(&self) -> impl Iterator<Item = &Alert> {
        self.firing.values()
    }

    /// How many fire.
    pub(super) fn n_firing(&self) -> usize {
        self.firing.len()
    }

    /// Whether this one fires.
    pub(super) fn fires(&self, id: AlertId) -> bool {
        self.firing.contains_key(&id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shell::channels::samples::{alert, at};

    /// All can be judged, and no run has ended unseen.
    const JUDGED: Known<'static> = Known { is_blind: &|_| false, has_ended: &|_| false };

    fn ids(alerts: &[Alert]) -> Vec<(u64, bool)> {
        alerts.iter().map(|alert| (alert.id.0, alert.is_firing())).collect()
    }

    #[test]
    fn what_fired_before_a_restart_and_does_no_more_is_over_and_what_still_does_is_looked_at_once_more() {
        let mut seen = Seen::with(vec![alert(1), alert(2)]);
        let changed = seen.look(vec![alert(2), alert(3)], &JUDGED, at());
        assert_eq!(ids(&changed), [(2, true), (3, true), (1, false)], "whether 2 was told is for the log to say");
        assert_eq!((changed[2].resolved_at, changed[2].fired_at), (Some(at()), Some(at())));
        assert!(seen.look(vec![alert(2), alert(3)], &JUDGED, at()).is_empty());
    }

    #[test]
    fn what_cannot_be_judged_after_a_restart_is_not_over() {
        let mut seen = Seen::with(vec![alert(1)]);
        let blind = Known { is_blind: &|_| true, has_ended: &|_| false };
        assert_eq!(ids(&seen.look(Vec::new(), &blind, at())), [(1, true)]);
        assert!(seen.look(Vec::new(), &blind, at()).is_empty() && seen.fires(AlertId(1)));
        assert_eq!(ids(&seen.look(Vec::new(), &JUDGED, at())), [(1, false)]);
    }

    #[test]
    fn what_ended_and_broke_again_while_nobody_watched_is_over_first_and_fires_at_the_next_look() {
        let ended = Known { is_blind: &|_| false, has_ended: &|_| true };
        let mut seen = Seen::with(vec![alert(1)]);
        assert_eq!(ids(&seen.look(vec![alert(1)], &ended, at())), [(1, false)]);
        assert_eq!(ids(&seen.look(vec![alert(1)], &ended, at())), [(1, true)]);
        assert!(seen.look(vec![alert(1)], &ended, at()).is_empty(), "who watches folds what is shorter than a look");
    }
}
