//! Slack's incoming webhooks, and what takes the same (Mattermost, Rocket.Chat, Discord with `/slack`).

use serde_json::{Value, json};

use crate::{
    domain::{
        notify::{Message, message::Marks},
        time::rfc3339,
    },
    sink::channel::{heading, plain},
    text::{Text, clip, grouped},
};

/// The longest text of one message; Slack cuts at 40,000.
const LONGEST: usize = 12_000;

/// What is posted. Nothing from outside can call anybody: `<!channel>` and its like are taken apart.
pub fn body(message: &Message, marks: Marks) -> Value {
    let mut lines = vec![format!("*{}*", escaped(&heading(message, marks)))];
    let (shown, n_more) = message.shown();
    for said in shown {
        let mut line = format!("• {}", escaped(&said.headline()));
        line.push_str(&match said.resolved_at {
            Some(at) => format!(", over since {}", rfc3339(at)),
            None => format!(", since {}", rfc3339(said.since)),
        });
        line.extend(plain::measured(said).map(|measured| format!(", {}", escaped(&measured))));
        lines.push(line);
        if !said.remedy.is_blank() {
            lines.push(format!("   do: {}", escaped(said.remedy.as_str())));
        }
        lines.extend(said.runbook.as_ref().map(|at| format!("   runbook: {}", link(at))));
    }
    if 0 < n_more {
        lines.push(format!("and {} more", grouped(n_more)));
    }
    if !message.on_call.is_empty() {
        let names: Vec<String> = message.on_call.iter().map(|name| escaped(name.as_str())).collect();
        lines.push(format!("on call: {}", names.join(", ")));
    }
    lines.extend(message.link.as_ref().map(|at| format!("look: {}", link(at))));
    let text = lines.join("\n");
    json!({ "text": clipped(&text), "link_names": 0, "parse": "none" })
}

fn clipped(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or(text)),
        None => text.to_owned(),
    }
}

/// An address that can be clicked; anything but http(s) stays text.
fn link(at: &Text) -> String {
    let is_address = at.as_str().starts_with("https://") || at.as_str().starts_with("http://");
    let is_plain = !at.as_str().contains(['<', '>', '|', ' ']);
    if is_address && is_plain { format!("<{}>", escaped(at.as_str())) } else { escaped(&clip(at.as_str(), 400)) }
}

/// Slack's three signs, and the marks by which other chats call people: a zero-width sign would be scrubbed elsewhere, so an
/// `@` before a letter gets a space behind it.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            // Bold and code marks of ours must not be closed from outside.
            '*' | '`' => out.push(if c == '*' { '∗' } else { 'ˋ' }),
            '@' if chars.peek().is_some_and(|next| next.is_alphanumeric()) => out.push_str("@ "),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sink::channel::plain::tests::message;

    #[test]
    fn nothing_from_outside_calls_anybody() {
        let body = body(&message(), Marks::default());
        let text = body["text"].as_str().unwrap();
        assert!(!text.contains("<!") && !text.contains("@everyone"), "{text}");
        assert!(text.contains("&lt;!channel&gt;") && text.contains("<https://wiki.example/p99>"), "{text}");
        assert!(text.contains("value 312 ms, bad above 250 ms") && text.contains("on call: primary: ann"), "{text}");
    }

    #[test]
    fn what_is_no_address_is_no_link() {
        for odd in ["javascript:x", "https://x|y", "docs/run book.md"] {
            assert!(!link(&Text::scrub(odd)).contains('<'), "{odd}");
        }
    }
}
