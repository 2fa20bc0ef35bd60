//! Alertmanager's API, version 2: alerts as it takes them (R44).

use serde_json::{Value, json};

use crate::{domain::notify::handover::Handed, sink::channel::json::labels};

/// The path below a server's address.
pub const PATH: &str = "api/v2/alerts";

/// Annotations that change with every look are no part of what tells one alert from another, so they may go along; labels
/// are the rule's own, without values or times.
pub fn alerts(handed: &[Handed]) -> Value {
    let one = |handed: &Handed| {
        let alert = &handed.alert;
        json!({
            "labels": labels(&alert.labels),
            "annotations": labels(&alert.annotations),
            "startsAt": alert.fired_at.unwrap_or(alert.since).to_rfc3339(),
            "endsAt": handed.ends_at.to_rfc3339(),
            "generatorURL": "",
        })
    };
    Value::Array(handed.iter().map(one).collect())
}
