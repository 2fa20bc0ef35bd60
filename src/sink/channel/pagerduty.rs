//! PagerDuty's Events API, version 2: one event a notice. The routing key is put in where it is sent.

use serde_json::{Value, json};

use crate::{
    domain::{
        notify::{Kind, Message, message::Marks},
        time::rfc3339,
    },
    sink::channel::{heading, json::body, plain},
    text::{Text, clip},
};

/// The longest summary that is taken, in characters.
const SUMMARY: usize = 1_024;

/// The field in which the routing key goes.
pub const KEY_FIELD: &str = "routing_key";

/// The event. The same group has the same `dedup_key` from its first word to its last, so that a repetition makes no second
/// incident there.
pub fn event(message: &Message, marks: Marks) -> Value {
    let is_over = message.kind == Kind::Resolved;
    let first = message.alerts.first();
    let severity = first.and_then(|said| said.labels.get("severity")).map(Text::as_str).unwrap_or_default();
    let runbook = first.and_then(|said| said.runbook.as_ref()).filter(|at| at.as_str().starts_with("http"));
    let mut links: Vec<Value> =
        runbook.map(|at| json!({ "href": at.as_str(), "text": "runbook" })).into_iter().collect();
    links.extend(message.link.as_ref().map(|at| json!({ "href": at.as_str(), "text": "watchfloor" })));
    let mut payload = json!({
        "summary": clip(&heading(message, marks), SUMMARY),
        "source": first.and_then(|said| said.labels.get("instance")).map_or("watchfloor", Text::as_str),
        "severity": word_of(severity),
        "group": message.common.to_string(),
        "class": first.and_then(|said| said.labels.get("alertname")).map(Text::as_str),
        "custom_details": { "text": plain::render(message, marks), "message": body(message) },
    });
    if let (Some(said), Some(fields)) = (first, payload.as_object_mut()) {
        fields.insert("timestamp".to_owned(), json!(rfc3339(said.since)));
    }
    json!({
        KEY_FIELD: "",
        "event_action": if is_over { "resolve" } else { "trigger" },
        "dedup_key": format!("watchfloor-{:016x}", message.key),
        "client": "watchfloor",
        "links": links,
        "payload": payload,
    })
}

/// The event that takes a group on.
pub fn acknowledge(key: u64) -> Value {
    json!({ KEY_FIELD: "", "event_action": "acknowledge", "dedup_key": format!("watchfloor-{key:016x}") })
}

/// One of the four words that are taken.
fn word_of(severity: &str) -> &'static str {
    match severity.to_ascii_lowercase().as_str() {
        "info" | "ticket" | "none" | "p3" => "info",
        "warning" | "warn" | "p2" => "warning",
        "error" | "p1" => "error",
        // Who says nothing wants to be heard.
        _ => "critical",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sink::channel::plain::tests::message;

    #[test]
    fn one_key_from_the_first_word_to_the_last() {
        let fired = event(&message(), Marks::default());
        let over = event(&Message { kind: Kind::Resolved, ..message() }, Marks::default());
        assert_eq!((&fired["event_action"], &over["event_action"]), (&json!("trigger"), &json!("resolve")));
        assert_eq!(fired["dedup_key"], json!("watchfloor-00000000000000ff"));
        assert_eq!(over["dedup_key"], fired["dedup_key"]);
        assert_eq!(acknowledge(255)["dedup_key"], fired["dedup_key"]);
        assert_eq!(fired["payload"]["severity"], json!("critical"));
        assert_eq!(fired["links"][0]["href"], json!("https://wiki.example/p99"));
    }
}
