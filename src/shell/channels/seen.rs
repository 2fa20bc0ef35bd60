//! What fires on the floor, as alerts: what became of them since the last look.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use crate::{
    domain::{
        alert::{ALERTNAME, Alert, AlertId, AlertState, RUNBOOK},
        notify::message::{BOUND, VALUE},
        sample::Labels,
        series::{Side, Signal, figure},
    },
    floor::{Floor, metrics::Gauge},
    text::Text,
};

/// The alerts that fired at the last look.
#[derive(Debug, Default)]
pub(super) struct Seen {
    firing: BTreeMap<AlertId, Alert>,
    is_begun: bool,
}

impl Seen {
    /// What began to fire and what is over. At the first look what does not fire is told as over as well: before a restart
    /// it may have fired, and whoever was told of that is to hear the end of it.
    pub(super) fn look(&mut self, floor: &Floor, now: DateTime<Utc>) -> Vec<Alert> {
        let is_first = !std::mem::replace(&mut self.is_begun, true);
        let mut changed = Vec::new();
        for gauge in floor.gauges().iter().filter(|gauge| gauge.signal.threshold.is_some()) {
            let alert = alert_of(gauge, now);
            let was_firing = self.firing.contains_key(&alert.id);
            match (was_firing, gauge.is_firing()) {
                (false, true) => {
                    self.firing.insert(alert.id, alert.clone());
                    changed.push(alert);
                }
                (true, false) => {
                    let before = self.firing.remove(&alert.id);
                    let fired_at = before.as_ref().and_then(|before| before.fired_at);
                    let since = before.map_or(alert.since, |before| before.since);
                    changed.push(Alert { resolved_at: Some(now), fired_at, since, ..alert });
                }
                (false, false) if is_first => changed.push(Alert { resolved_at: Some(now), ..alert }),
                _ => {}
            }
        }
        changed
    }

    /// How many fire.
    pub(super) fn n_firing(&self) -> usize {
        self.firing.len()
    }
}

/// A signal's alert as it stands.
pub(super) fn alert_of(gauge: &Gauge, now: DateTime<Utc>) -> Alert {
    let (rule, labels) = (gauge.signal.name.clone(), labels_of(&gauge.signal));
    let (since, fired_at) = match gauge.alert {
        AlertState::Firing { since, fired_at, .. } => (since, Some(fired_at)),
        AlertState::Pending { since } => (since, None),
        AlertState::Inactive => (now, None),
    };
    let last = gauge.series.last();
    let mut annotations = vec![];
    annotations.extend(gauge.signal.runbook.clone().map(|runbook| (Text::scrub(RUNBOOK), runbook)));
    annotations.extend(bound_of(&gauge.signal).map(|bound| (Text::scrub(BOUND), bound)));
    let measured = last.map(|sample| with_unit(&figure(sample.value), &gauge.signal));
    annotations.extend(measured.map(|value| (Text::scrub(VALUE), value)));
    Alert {
        id: AlertId::of(&rule, &labels),
        rule,
        labels,
        annotations: annotations.into_iter().collect(),
        state: gauge.alert,
        value: last.map_or(f64::NAN, |sample| sample.value),
        since,
        fired_at,
        resolved_at: None,
        last_seen: last.map_or(since, |sample| sample.at()),
    }
}

fn labels_of(signal: &Signal) -> Labels {
    [(Text::scrub(ALERTNAME), signal.name.clone())].into_iter().collect()
}

fn bound_of(signal: &Signal) -> Option<Text> {
    let threshold = signal.threshold?;
    let side = match threshold.bad {
        Side::Above => "above",
        Side::Below => "below",
    };
    Some(Text::scrub(&format!("{side} {}", with_unit(&figure(threshold.bound), signal))))
}

fn with_unit(figure: &str, signal: &Signal) -> Text {
    Text::scrub(format!("{figure} {}", signal.unit).trim_end())
}
