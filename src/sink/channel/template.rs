//! A webhook's body by a template: `{{title}}` and the like, each put in as JSON text without its quotes.

use serde_json::Value;

use crate::{
    domain::{
        notify::{Kind, Notice, message::Marks},
        time::rfc3339,
    },
    sink::channel::{heading, plain},
    text::Text,
};

/// The names a template may have.
pub const NAMES: [&str; 9] = ["title", "heading", "text", "status", "key", "id", "runbook", "link", "since"];

/// Names in a template that mean nothing.
pub fn unknown(template: &str) -> Vec<String> {
    let holes = template.split("{{").skip(1).filter_map(|rest| rest.split_once("}}"));
    holes.map(|(name, _)| name.trim().to_owned()).filter(|name| !NAMES.contains(&name.as_str())).collect()
}

/// Fills a template. What is put in cannot close the quotes around it.
pub fn filled(template: &str, notice: &Notice, marks: Marks) -> String {
    let message = &notice.message;
    let of = |name: &str| -> Option<String> {
        let first = message.alerts.first();
        Some(match name {
            "title" => message.title.to_string(),
            "heading" => heading(message, marks),
            "text" => plain::render(message, marks),
            "status" => if message.kind == Kind::Resolved { "resolved" } else { "firing" }.to_owned(),
            "key" => format!("{:016x}", message.key),
            "id" => notice.id.to_string(),
            "runbook" => first.and_then(|said| said.runbook.as_ref()).map(Text::to_string).unwrap_or_default(),
            "link" => message.link.as_ref().map(Text::to_string).unwrap_or_default(),
            "since" => rfc3339(notice.since),
            _ => return None,
        })
    };
    let mut parts = template.split("{{");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        match part.split_once("}}").and_then(|(name, rest)| Some((of(name.trim())?, rest))) {
            Some((value, rest)) => {
                let quoted = Value::String(value).to_string();
                out.push_str(quoted.get(1..quoted.len().saturating_sub(1)).unwrap_or_default());
                out.push_str(rest);
            }
            None => {
                out.push_str("{{");
                out.push_str(part);
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::notify::message::NoticeId,
        sink::channel::plain::tests::{message, now},
    };

    #[test]
    fn what_is_put_in_cannot_close_its_quotes() {
        let mut message = message();
        message.title = Text::scrub("a\" , \"x\": \"b\\");
        let notice = Notice { id: NoticeId(1), channel: Text::scrub("hook"), since: now(), message, parts: Vec::new() };
        let body =
            filled("{\"t\": \"{{ title }}\", \"k\": \"{{key}}\", \"o\": \"{{odd}}\"}", &notice, Marks::default());
        let read: Value = serde_json::from_str(&body).unwrap();
        assert_eq!(read["t"], "a\" , \"x\": \"b\\");
        assert_eq!((&read["k"], &read["o"]), (&Value::from("00000000000000ff"), &Value::from("{{odd}}")));
        assert_eq!(unknown("{{title}} {{odd}} {{ key }}"), ["odd"]);
    }
}
