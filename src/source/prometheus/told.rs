//! The rules and alerts of a Prometheus.

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::{
    answer::{Answer, Refusal, data, shown},
    labels, number,
};
use crate::{
    domain::remote::{RemoteAlert, RemoteRule, RemoteState},
    source::Batch,
    text::Text,
    wire::Response,
};

/// Reads the alerts that fire or are pending. One that cannot be read is left out and named.
///
/// # Errors
/// The server refused, or answered something else.
pub fn alerts(answer: &Response) -> Result<Answer<Batch<RemoteAlert>>, Refusal> {
    let Answer { found, warnings } = data(answer)?;
    let list = found.get("alerts").and_then(Value::as_array);
    let list = list.ok_or_else(|| Refusal::garbled("it answered no list of alerts"))?;
    let mut batch = Batch::new();
    for (n, written) in (1..).zip(list) {
        match alert(written) {
            Ok(alert) => batch.items.push(alert),
            Err(why) => batch.skip(&format!("alert {n}"), why),
        }
    }
    Ok(Answer { found: batch, warnings })
}

fn alert(written: &Value) -> Result<RemoteAlert, &'static str> {
    let state = match written.get("state").and_then(Value::as_str) {
        Some("firing") => RemoteState::Firing,
        Some("pending") => RemoteState::Pending,
        _ => return Err("it says neither firing nor pending"),
    };
    let since =
        written.get("activeAt").and_then(Value::as_str).and_then(instant).ok_or("it does not say since when")?;
    let labels = labels(written.get("labels"));
    Ok(RemoteAlert {
        id: Text::scrub(&labels.to_string()),
        annotations: super::labels(written.get("annotations")),
        state,
        since,
        value: written.get("value").and_then(Value::as_str).and_then(number).filter(|value| value.is_finite()),
        silenced_by: Vec::new(),
        n_inhibiting: 0,
        labels,
    })
}

/// Reads the rules, and why the server could not evaluate one. One that cannot be read is left out and named.
///
/// # Errors
/// The server refused, or answered something else.
pub fn rules(answer: &Response) -> Result<Answer<Batch<RemoteRule>>, Refusal> {
    let Answer { found, warnings } = data(answer)?;
    let groups = found.get("groups").and_then(Value::as_array);
    let groups = groups.ok_or_else(|| Refusal::garbled("it answered no groups of rules"))?;
    let mut batch = Batch::new();
    for group in groups {
        let word = |of: &Value, key: &str| of.get(key).and_then(Value::as_str).map(Text::scrub);
        let name = word(group, "name").unwrap_or_default();
        for (n, rule) in (1..).zip(group.get("rules").and_then(Value::as_array).into_iter().flatten()) {
            let Some((called, expr)) = word(rule, "name").zip(word(rule, "query")) else {
                batch.skip(&format!("{name}, rule {n}"), "it has no name or no expression");
                continue;
            };
            let error = rule.get("lastError").and_then(Value::as_str).filter(|said| !said.is_empty());
            batch.items.push(RemoteRule {
                name: called,
                group: name.clone(),
                is_alert: rule.get("type").and_then(Value::as_str) == Some("alerting"),
                expr,
                error: error.map(shown),
            });
        }
    }
    Ok(Answer { found: batch, warnings })
}

/// An instant as both servers write it.
pub(in crate::source) fn instant(written: &str) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc3339(written).ok().map(|at| at.to_utc())
}
