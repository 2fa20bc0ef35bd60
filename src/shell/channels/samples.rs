//! Alerts, for tests.

use chrono::{DateTime, Utc};

use crate::{
    domain::{
        alert::{Alert, AlertId, AlertState},
        sample::Labels,
    },
    text::Text,
};

pub(super) fn at() -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_183_200, 0).unwrap_or_default()
}

/// An alert that fires since then.
pub(super) fn alert(n: u64) -> Alert {
    let state = AlertState::Firing { since: at(), fired_at: at(), kept_since: None, blind_since: None };
    Alert {
        id: AlertId(n),
        rule: Text::scrub("High"),
        labels: Labels::default(),
        annotations: Labels::default(),
        state,
        value: 1.0,
        since: at(),
        fired_at: Some(at()),
        resolved_at: None,
        last_seen: at(),
    }
}
