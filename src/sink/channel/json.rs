//! A message as our own JSON, format 1: for webhooks, commands, files, and for the store.

use serde_json::{Map, Value, json};

use crate::{
    domain::{
        notify::{Kind, Message, Notice, Said, message::Marks},
        sample::Labels,
        time::rfc3339,
    },
    sink::channel::heading,
    text::Text,
};

/// A notice as it is sent.
pub fn notice(notice: &Notice, marks: Marks) -> Value {
    let message = &notice.message;
    let mut value = body(message);
    let mut put = |name: &str, of: Value| {
        if let Some(fields) = value.as_object_mut() {
            fields.insert(name.to_owned(), of);
        }
    };
    put("format", json!(1));
    put("id", json!(notice.id.to_string()));
    let parts = if notice.parts.is_empty() { std::slice::from_ref(&notice.id) } else { &notice.parts };
    put("notices", json!(parts.iter().map(ToString::to_string).collect::<Vec<_>>()));
    put("channel", json!(notice.channel.as_str()));
    put("happened_at", json!(rfc3339(notice.since)));
    put("late", json!(marks.late_since.is_some()));
    put("maybe_repeated", json!(marks.is_maybe_repeated));
    put("text", json!(heading(message, marks)));
    value
}

/// What a message says, without what became of it on its way.
pub fn body(message: &Message) -> Value {
    let texts = |list: &[Text]| -> Vec<Value> { list.iter().map(|text| json!(text.as_str())).collect() };
    json!({
        "kind": message.kind.word(),
        "status": if message.kind == Kind::Resolved { "resolved" } else { "firing" },
        "key": format!("{:016x}", message.key),
        "title": message.title.as_str(),
        "labels": labels(&message.common),
        "alerts": message.alerts.iter().map(alert).collect::<Vec<_>>(),
        "more": message.n_more,
        "on_call": texts(&message.on_call),
        "link": message.link.as_ref().map(Text::as_str),
        "drill": message.is_drill,
        "repeat": message.is_repeat,
        "accounts": message.accounts.iter().map(|login| json!(login.as_str())).collect::<Vec<_>>(),
    })
}

fn alert(said: &Said) -> Value {
    json!({
        "fingerprint": said.id.to_string(),
        "labels": labels(&said.labels),
        "summary": said.summary.as_str(),
        "remediation": said.remedy.as_str(),
        "runbook": said.runbook.as_ref().map(Text::as_str),
        "value": said.value.as_ref().map(Text::as_str),
        "threshold": said.bound.as_str(),
        "starts_at": rfc3339(said.since),
        "ends_at": said.resolved_at.map(rfc3339),
    })
}

/// Labels as an object.
pub fn labels(labels: &Labels) -> Value {
    Value::Object(labels.iter().map(|(name, value)| (name.to_string(), json!(value.as_str()))).collect::<Map<_, _>>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::time::{parse_rfc3339, plus},
        sink::channel::plain::tests as samples,
    };

    #[test]
    fn instants_are_whole_seconds_in_utc() {
        let mut sent = samples::message();
        let at = plus(parse_rfc3339("2026-11-22T00:08:29Z").unwrap(), chrono::TimeDelta::microseconds(651_493));
        sent.alerts.truncate(1);
        (sent.alerts[0].since, sent.alerts[0].resolved_at) = (at, Some(at));
        let said = &body(&sent)["alerts"][0];
        assert_eq!(
            (&said["starts_at"], &said["ends_at"]),
            (&"2026-11-22T00:08:29Z".into(), &"2026-11-22T00:08:29Z".into())
        );
    }
}
