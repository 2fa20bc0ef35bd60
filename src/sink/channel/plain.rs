//! A message as plain text: for mail, and for people who read what a command or a file got.

use crate::{
    domain::{
        notify::{Message, Said, message::Marks},
        time::rfc3339,
    },
    sink::channel::heading,
    text::{Text, grouped},
};

/// What, since when, the value against its bound, what to do, where to read on, who is on call, where to look.
pub fn render(message: &Message, marks: Marks) -> String {
    let mut lines = vec![heading(message, marks)];
    let (shown, n_more) = message.shown();
    for said in shown {
        lines.push(String::new());
        lines.extend(alert(said));
    }
    if 0 < n_more {
        lines.push(String::new());
        lines.push(format!("and {} more", grouped(n_more)));
    }
    if !message.on_call.is_empty() {
        let names: Vec<&str> = message.on_call.iter().map(Text::as_str).collect();
        lines.push(String::new());
        lines.push(format!("on call: {}", names.join(", ")));
    }
    lines.extend(message.link.as_ref().map(|link| format!("look: {link}")));
    lines.push(String::new());
    lines.join("\n")
}

/// The lines of one alert.
pub fn alert(said: &Said) -> Vec<String> {
    let mut lines = vec![said.headline()];
    match said.resolved_at {
        Some(at) => lines.push(format!("  over since {}; it fired at {}", rfc3339(at), rfc3339(said.since))),
        None => lines.push(format!("  since {}", rfc3339(said.since))),
    }
    if let Some(measured) = measured(said) {
        lines.push(format!("  {measured}"));
    }
    if !said.labels.is_empty() {
        lines.push(format!("  {}", said.labels));
    }
    if !said.remedy.is_blank() {
        lines.push(format!("  do: {}", said.remedy));
    }
    lines.extend(said.runbook.as_ref().map(|runbook| format!("  runbook: {runbook}")));
    lines
}

/// `value 312 ms, should not be above 250 ms`.
pub fn measured(said: &Said) -> Option<String> {
    match (&said.value, said.bound.is_blank()) {
        (Some(value), false) => Some(format!("value {value}, bad {}", said.bound)),
        (Some(value), true) => Some(format!("value {value}")),
        (None, false) => Some(format!("no value; bad {}", said.bound)),
        (None, true) => None,
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use chrono::{DateTime, TimeDelta, Utc};

    use super::*;
    use crate::domain::{alert::AlertId, notify::Kind, sample::Labels, time::plus};

    pub(crate) fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_795_165_200, 0).unwrap()
    }

    /// A message with something hostile in every part that comes from outside.
    pub(crate) fn message() -> Message {
        let text = Text::scrub;
        let labels: Labels = [("alertname", "High"), ("env", "<!channel> & \"q\"")]
            .map(|(n, v)| (text(n), text(v)))
            .into_iter()
            .collect();
        Message {
            kind: Kind::Firing,
            key: 255,
            title: text("p99 is high <!channel> @everyone"),
            common: labels.clone(),
            alerts: vec![Said {
                id: AlertId(7),
                labels,
                summary: text("p99 is high"),
                remedy: text("roll back *now*"),
                runbook: Some(text("https://wiki.example/p99")),
                value: Some(text("312 ms")),
                bound: text("above 250 ms"),
                since: now(),
                resolved_at: None,
            }],
            n_more: 3,
            on_call: vec![text("primary: ann")],
            link: Some(text("https://watch.example/")),
            is_drill: false,
            is_repeat: false,
            accounts: Vec::new(),
        }
    }

    #[test]
    fn a_message_says_what_since_when_how_much_what_to_do_and_who() {
        let marks = Marks { late_since: Some(plus(now(), TimeDelta::minutes(-9))), is_maybe_repeated: true };
        let expected = "FIRING (late: 2026-11-20T09:31:00Z) (maybe repeated): p99 is high <!channel> @everyone\n\n\
            p99 is high\n  since 2026-11-20T09:40:00Z\n  value 312 ms, bad above 250 ms\n  \
            {alertname=\"High\",env=\"<!channel> & \\\"q\\\"\"}\n  do: roll back *now*\n  \
            runbook: https://wiki.example/p99\n\nand 3 more\n\non call: primary: ann\nlook: https://watch.example/\n";
        let shown = render(&message(), marks);
        let at = |text: &str| text.replace("2026-11-20T09:31:00Z", "LATE").replace("2026-11-20T09:40:00Z", "SINCE");
        let (late, since) = (rfc3339(plus(now(), TimeDelta::minutes(-9))), rfc3339(now()));
        assert_eq!(shown.replace(&late, "LATE").replace(&since, "SINCE"), at(expected));
    }
}
