//! Notices as they stand in the store: what is sent as JSON, read back.

use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::{
    domain::{
        alert::AlertId,
        notify::{Kind, Message, Said},
        sample::Labels,
        time::parse_rfc3339,
    },
    text::Text,
};

/// Reads a message; nothing where a part is missing that must be there.
pub(super) fn message(value: &Value) -> Option<Message> {
    let kind = value["kind"].as_str()?;
    Some(Message {
        kind: Kind::WORDS.iter().find(|(word, _)| *word == kind).map(|(_, kind)| *kind)?,
        key: hex(&value["key"])?,
        title: text(&value["title"]),
        common: labels(&value["labels"]),
        alerts: value["alerts"].as_array()?.iter().map(said).collect::<Option<_>>()?,
        n_more: value["more"].as_u64().and_then(|n| usize::try_from(n).ok()).unwrap_or(0),
        on_call: value["on_call"].as_array().into_iter().flatten().map(text).collect(),
        link: filled(&value["link"]),
        is_drill: value["drill"].as_bool().unwrap_or(false),
    })
}

fn said(value: &Value) -> Option<Said> {
    Some(Said {
        id: AlertId(hex(&value["fingerprint"])?),
        labels: labels(&value["labels"]),
        summary: text(&value["summary"]),
        remedy: text(&value["remediation"]),
        runbook: filled(&value["runbook"]),
        value: filled(&value["value"]),
        bound: text(&value["threshold"]),
        since: instant(&value["starts_at"])?,
        resolved_at: instant(&value["ends_at"]),
    })
}

/// Reads labels; what is no text is left out.
pub(super) fn labels(value: &Value) -> Labels {
    let pairs = value.as_object().into_iter().flatten();
    pairs.filter_map(|(name, value)| Some((Text::scrub(name), Text::scrub(value.as_str()?)))).collect()
}

fn text(value: &Value) -> Text {
    Text::scrub(value.as_str().unwrap_or_default())
}

fn filled(value: &Value) -> Option<Text> {
    value.as_str().map(Text::scrub)
}

fn instant(value: &Value) -> Option<DateTime<Utc>> {
    value.as_str().and_then(parse_rfc3339)
}

fn hex(value: &Value) -> Option<u64> {
    u64::from_str_radix(value.as_str()?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sink::channel::{json::body, plain::tests as samples};

    #[test]
    fn what_is_written_is_read_back() {
        let mut sent = samples::message();
        assert_eq!(message(&body(&sent)), Some(sent.clone()));
        sent.alerts[0].resolved_at = Some(samples::now());
        (sent.link, sent.alerts[0].value, sent.alerts[0].runbook, sent.is_drill) = (None, None, None, true);
        assert_eq!(message(&body(&sent)), Some(sent));
        assert_eq!(message(&serde_json::json!({ "kind": "firing" })), None);
    }
}
