//! What fires on the floor, as alerts: what became of them since the last look.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use crate::domain::alert::{Alert, AlertId, AlertState};

/// The alerts that fired at the last look.
#[derive(Debug, Default)]
pub(super) struct Seen {
    firing: BTreeMap<AlertId, Alert>,
}

impl Seen {
    /// Begins with what fired when the last process ended. What of it does not fire any more, because it is over or because
    /// nobody asks for it any longer, is told as over at the first look: whoever heard of the one is to hear of the other.
    pub(super) fn with(firing: Vec<Alert>) -> Self {
        Self { firing: firing.into_iter().map(|alert| (alert.id, alert)).collect() }
    }

    /// What began to fire and what is over, of everything that fires or is pending now. What cannot be judged is not over
    /// (R39).
    pub(super) fn look(
        &mut self,
        now_there: Vec<Alert>,
        is_blind: &dyn Fn(&Alert) -> bool,
        now: DateTime<Utc>,
    ) -> Vec<Alert> {
        let mut firing: BTreeMap<AlertId, Alert> =
            now_there.into_iter().filter(Alert::is_firing).map(|alert| (alert.id, alert)).collect();
        let mut changed = Vec::new();
        changed.extend(firing.values().filter(|alert| !self.firing.contains_key(&alert.id)).cloned());
        for (id, before) in std::mem::take(&mut self.firing) {
            if firing.contains_key(&id) {
                continue;
            }
            if is_blind(&before) {
                firing.insert(id, before);
            } else {
                changed.push(Alert { state: AlertState::Inactive, resolved_at: Some(now), ..before });
            }
        }
        self.firing = firing;
        changed
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

    fn ids(alerts: &[Alert]) -> Vec<(u64, bool)> {
        alerts.iter().map(|alert| (alert.id.0, alert.is_firing())).collect()
    }

    #[test]
    fn what_fired_before_a_restart_and_does_no_more_is_over_and_what_still_does_is_no_news() {
        let mut seen = Seen::with(vec![alert(1), alert(2)]);
        let changed = seen.look(vec![alert(2), alert(3)], &|_| false, at());
        assert_eq!(ids(&changed), [(3, true), (1, false)]);
        assert_eq!((changed[1].resolved_at, changed[1].fired_at), (Some(at()), Some(at())));
        assert!(seen.look(vec![alert(2), alert(3)], &|_| false, at()).is_empty());
    }

    #[test]
    fn what_cannot_be_judged_after_a_restart_is_not_over() {
        let mut seen = Seen::with(vec![alert(1)]);
        assert!(seen.look(Vec::new(), &|_| true, at()).is_empty() && seen.fires(AlertId(1)));
        assert_eq!(ids(&seen.look(Vec::new(), &|_| false, at())), [(1, false)]);
    }
}
