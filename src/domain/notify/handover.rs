//! Alerts handed to Alertmanager: it groups, silences and tells; we say again and again what fires (R44).
//!
//! Who stops saying so has died, and Alertmanager then takes the alerts for over by itself.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::{
    alert::{Alert, AlertId},
    time::{between, plus},
};

/// How often what fires, or is over since a short time, is said again.
pub const RESEND: TimeDelta = TimeDelta::minutes(1);

/// For how long it is said that an alert is over.
pub const RETENTION: TimeDelta = TimeDelta::minutes(15);

/// Keeps up what Alertmanager was told.
#[derive(Debug, Clone, Default)]
pub struct Handover {
    alerts: BTreeMap<AlertId, (Alert, Option<DateTime<Utc>>)>,
}

/// An alert as it is handed over.
#[derive(Debug, Clone, PartialEq)]
pub struct Handed {
    /// The alert.
    pub alert: Alert,
    /// When it ends, or will be taken for over if nothing more is heard.
    pub ends_at: DateTime<Utc>,
}

impl Handover {
    /// Takes an alert as it stands. What never fired is not told.
    pub fn take(&mut self, alert: &Alert) {
        let before = self.alerts.get(&alert.id);
        if !alert.is_firing() && alert.resolved_at.is_none() {
            return;
        }
        // The end is told at once, and so is a new beginning.
        let sent = before.filter(|(known, _)| known.is_firing() == alert.is_firing()).and_then(|(_, sent)| *sent);
        self.alerts.insert(alert.id, (alert.clone(), sent));
    }

    /// What is to be said now; `every` is the time between evaluations. It counts as said: whoever fails to says it again.
    pub fn due(&mut self, every: TimeDelta, now: DateTime<Utc>) -> Vec<Handed> {
        self.alerts.retain(|_, (alert, _)| {
            let over = alert.resolved_at.filter(|_| !alert.is_firing());
            over.is_none_or(|at| between(at, now) <= RETENTION)
        });
        let mut due = Vec::new();
        for (alert, sent) in self.alerts.values_mut() {
            // A clock that was set back must not hold it up.
            if sent.is_some_and(|at| at <= now && between(at, now) < RESEND) {
                continue;
            }
            *sent = Some(now);
            let lapses = plus(now, every.max(RESEND).checked_mul(4).unwrap_or(TimeDelta::MAX));
            let ends_at = alert.resolved_at.filter(|_| !alert.is_firing()).unwrap_or(lapses);
            due.push(Handed { alert: alert.clone(), ends_at });
        }
        due
    }

    /// Has everything said again at the next look: not every server took it.
    pub fn failed(&mut self) {
        self.alerts.values_mut().for_each(|(_, sent)| *sent = None);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::notify::samples::alert;

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_795_165_200 + second, 0).unwrap()
    }

    fn said(handover: &mut Handover, second: i64) -> Vec<i64> {
        let every = TimeDelta::seconds(15);
        handover.due(every, at(second)).iter().map(|h| between(at(second), h.ends_at).num_seconds()).collect()
    }

    #[test]
    fn what_fires_is_said_each_minute_with_an_end_four_minutes_ahead() {
        let mut handover = Handover::default();
        handover.take(&alert("a", &[], at(0), None));
        assert_eq!(
            [said(&mut handover, 0), said(&mut handover, 59), said(&mut handover, 60)],
            [vec![240], vec![], vec![240]]
        );
        handover.take(&alert("a", &[], at(0), None));
        assert_eq!(said(&mut handover, 61), [0; 0]);
        handover.failed();
        assert_eq!(said(&mut handover, 62), [240]);
    }

    #[test]
    fn an_end_is_said_at_once_and_then_for_a_quarter_of_an_hour() {
        let mut handover = Handover::default();
        handover.take(&alert("a", &[], at(0), None));
        assert_eq!(said(&mut handover, 0), [240]);
        handover.take(&alert("a", &[], at(0), Some(at(10))));
        let ends: usize = (11..2_000).map(|second| said(&mut handover, second).len()).sum();
        assert_eq!(ends, 15);
    }
}
