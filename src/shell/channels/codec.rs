//! Notices as they stand in the store: what is sent as JSON, read back.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use crate::{
    domain::{
        alert::{
            Alert, AlertId, AlertState,
            book::{Episode, Instance, KeptRule, Snapshot, Taken},
        },
        incident::Login,
        notify::{Kind, Message, Said},
        sample::{Labels, SIGNAL},
        time::parse_rfc3339,
    },
    sink::channel::json as written,
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
        is_repeat: value["repeat"].as_bool().unwrap_or(false),
        accounts: value["accounts"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .map(Login::new)
            .collect(),
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

/// Writes an alert down, whole.
pub(super) fn put_alert(alert: &Alert) -> Value {
    json!({
        "id": alert.id.to_string(),
        "rule": alert.rule.as_str(),
        "labels": written::labels(&alert.labels),
        "annotations": written::labels(&alert.annotations),
        "state": put_state(alert.state),
        // As bits: JSON has no NaN.
        "value": format!("{:x}", alert.value.to_bits()),
        "since": micros(alert.since),
        "fired_at": alert.fired_at.map(micros),
        "resolved_at": alert.resolved_at.map(micros),
        "last_seen": micros(alert.last_seen),
    })
}

/// Reads an alert; nothing where a part is missing that must be there, or where it is of a series that the record alone knows:
/// earlier versions judged those beside the signals themselves.
pub(super) fn alert(value: &Value) -> Option<Alert> {
    let labels_there = labels(&value["labels"]);
    if labels_there.get(SIGNAL).is_some() {
        return None;
    }
    Some(Alert {
        id: AlertId(hex(&value["id"])?),
        rule: text(&value["rule"]),
        labels: labels_there,
        annotations: labels(&value["annotations"]),
        state: state(&value["state"])?,
        value: f64::from_bits(hex(&value["value"])?),
        since: moment(&value["since"])?,
        fired_at: moment(&value["fired_at"]),
        resolved_at: moment(&value["resolved_at"]),
        last_seen: moment(&value["last_seen"])?,
    })
}

fn put_state(state: AlertState) -> Value {
    match state {
        AlertState::Inactive => json!({}),
        AlertState::Pending { since } => json!({ "pending": micros(since) }),
        AlertState::Firing { since, fired_at, kept_since, blind_since } => json!({
            "since": micros(since),
            "fired_at": micros(fired_at),
            "kept_since": kept_since.map(micros),
            "blind_since": blind_since.map(micros),
        }),
    }
}

fn state(value: &Value) -> Option<AlertState> {
    if let Some(since) = moment(&value["pending"]) {
        return Some(AlertState::Pending { since });
    }
    let Some(since) = moment(&value["since"]) else {
        return value.as_object().is_some_and(serde_json::Map::is_empty).then_some(AlertState::Inactive);
    };
    Some(AlertState::Firing {
        since,
        fired_at: moment(&value["fired_at"])?,
        kept_since: moment(&value["kept_since"]),
        blind_since: moment(&value["blind_since"]),
    })
}

/// Writes the book of the rules down.
pub(super) fn put_book(book: &Snapshot) -> Value {
    let instance = |(source, kept): &(Labels, Instance)| {
        json!({
            "of": written::labels(source),
            "alert": put_alert(&kept.alert),
            "judged_at": micros(kept.judged_at),
            "blind": kept.blind.as_ref().map(put_alert),
        })
    };
    let rule = |rule: &KeptRule| {
        json!({
            "key": format!("{:016x}", rule.key),
            "last_at": rule.last_at.map(micros),
            "blind_since": rule.blind_since.map(micros),
            "blind": rule.blind.as_ref().map(put_alert),
            "alerts": rule.instances.iter().map(instance).collect::<Vec<_>>(),
        })
    };
    let episode = |one: &Episode| {
        json!({
            "id": one.id.to_string(),
            "rule": one.rule.as_str(),
            "labels": one.labels.as_str(),
            "at": micros(one.at),
            "resolved_at": one.resolved_at.map(micros),
            "acked": one.is_acked,
        })
    };
    let taken = |(id, taken): &(AlertId, Taken)| json!({ "id": id.to_string(), "by": taken.by.as_str(), "at": micros(taken.at) });
    json!({
        "rules": book.rules.iter().map(rule).collect::<Vec<_>>(),
        "episodes": book.episodes.iter().map(episode).collect::<Vec<_>>(),
        "taken": book.taken.iter().map(taken).collect::<Vec<_>>(),
    })
}

/// Reads the book of the rules; what cannot be read of it is left out.
pub(super) fn book(value: &Value) -> Snapshot {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let instance = |value: &Value| {
        let blind = alert(&value["blind"]);
        let kept = Instance { alert: alert(&value["alert"])?, judged_at: moment(&value["judged_at"])?, blind };
        Some((labels(&value["of"]), kept))
    };
    let rule = |value: &Value| {
        Some(KeptRule {
            key: hex(&value["key"])?,
            last_at: moment(&value["last_at"]),
            blind_since: moment(&value["blind_since"]),
            blind: alert(&value["blind"]),
            instances: list(&value["alerts"]).iter().filter_map(instance).collect(),
        })
    };
    let episode = |value: &Value| {
        Some(Episode {
            id: AlertId(hex(&value["id"])?),
            rule: text(&value["rule"]),
            labels: Some(text(&value["labels"])).filter(|labels| !labels.as_str().contains(SIGNAL))?,
            at: moment(&value["at"])?,
            resolved_at: moment(&value["resolved_at"]),
            is_acked: value["acked"].as_bool().unwrap_or(false),
        })
    };
    let taken = |value: &Value| {
        Some((AlertId(hex(&value["id"])?), Taken { by: text(&value["by"]), at: moment(&value["at"])? }))
    };
    Snapshot {
        rules: list(&value["rules"]).iter().filter_map(rule).collect(),
        episodes: list(&value["episodes"]).iter().filter_map(episode).collect(),
        taken: list(&value["taken"]).iter().filter_map(taken).collect(),
    }
}

fn micros(at: DateTime<Utc>) -> i64 {
    at.timestamp_micros()
}

fn moment(value: &Value) -> Option<DateTime<Utc>> {
    value.as_i64().and_then(DateTime::from_timestamp_micros)
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
        (sent.is_repeat, sent.accounts) = (true, vec![Login::new("ana-r")]);
        assert_eq!(message(&body(&sent)), Some(sent));
        assert_eq!(message(&serde_json::json!({ "kind": "firing" })), None);
    }

    #[test]
    fn an_alert_and_the_book_are_read_back_as_they_were_written() {
        let at = samples::now();
        let firing = AlertState::Firing { since: at, fired_at: at, kept_since: None, blind_since: Some(at) };
        let one = |state, value| Alert {
            id: AlertId(u64::MAX),
            rule: Text::scrub("High"),
            labels: [(Text::scrub("host"), Text::scrub("a\"b"))].into_iter().collect(),
            annotations: Labels::default(),
            state,
            value,
            since: at,
            fired_at: None,
            resolved_at: Some(at),
            last_seen: at,
        };
        for state in [AlertState::Inactive, AlertState::Pending { since: at }, firing] {
            let kept = one(state, 0.1);
            assert_eq!(alert(&put_alert(&kept)), Some(kept));
        }
        assert!(alert(&put_alert(&one(firing, f64::NAN))).unwrap().value.is_nan());
        assert_eq!(alert(&json!({ "id": "1" })), None);
        let labels = [(Text::scrub(SIGNAL), Text::scrub("ms"))].into_iter().collect();
        assert_eq!(alert(&put_alert(&Alert { labels, ..one(firing, 0.1) })), None, "of what the record alone knows");
        let instance = Instance { alert: one(firing, 3.0), judged_at: at, blind: Some(one(firing, 4.0)) };
        let rule = KeptRule {
            key: 7,
            last_at: Some(at),
            blind_since: None,
            blind: None,
            instances: vec![(Labels::default(), instance)],
        };
        let (by, rule_name) = (Text::scrub("ann"), Text::scrub("High"));
        let labels = Text::scrub("{}");
        let episode = Episode { id: AlertId(3), rule: rule_name, labels, at, resolved_at: None, is_acked: true };
        let taken = vec![(AlertId(3), Taken { by, at })];
        let kept = Snapshot { rules: vec![rule], episodes: vec![episode], taken };
        assert_eq!(book(&put_book(&kept)), kept);
    }
}
