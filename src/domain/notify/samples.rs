//! Alerts, for tests.

use chrono::{DateTime, Utc};

use crate::{
    domain::{
        alert::{Alert, AlertId, AlertState},
        sample::Labels,
    },
    text::Text,
};

/// Labels of pairs.
pub(super) fn labels(pairs: &[(&str, &str)]) -> Labels {
    pairs.iter().map(|(name, value)| (Text::scrub(name), Text::scrub(value))).collect()
}

/// An alert that fires since an instant, or is over.
pub(super) fn alert(rule: &str, pairs: &[(&str, &str)], since: DateTime<Utc>, over: Option<DateTime<Utc>>) -> Alert {
    let name = Text::scrub(rule);
    let labels: Labels = labels(pairs)
        .iter()
        .map(|(n, v)| (n.clone(), v.clone()))
        .chain([(Text::scrub("alertname"), name.clone())])
        .collect();
    let firing = AlertState::Firing { since, fired_at: since, kept_since: None, blind_since: None };
    Alert {
        id: AlertId::of(&name, &labels),
        rule: name,
        labels,
        annotations: Labels::default(),
        state: if over.is_some() { AlertState::Inactive } else { firing },
        value: 1.0,
        since,
        fired_at: Some(since),
        resolved_at: over,
        last_seen: since,
    }
}
