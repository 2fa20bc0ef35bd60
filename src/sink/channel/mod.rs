//! Messages as bytes, one file for each kind of channel. No address, no key: those are put in where it is sent.

pub mod alertmanager;
pub mod github;
pub mod json;
pub mod mail;
pub mod pagerduty;
pub mod plain;
pub mod slack;
pub mod template;

use crate::domain::{
    notify::{Kind, Message, message::Marks},
    time::rfc3339,
};

/// What stands before a title: the state, and the marks.
pub fn heading(message: &Message, marks: Marks) -> String {
    let drill = if message.is_drill { "DRILL " } else { "" };
    let state = match message.kind {
        Kind::Firing => "FIRING",
        Kind::Resolved => "RESOLVED",
        Kind::Escalation => "ESCALATION",
        Kind::Word => "NOTE",
        Kind::Digest => "STORM",
    };
    let late = marks.late_since.map(|at| format!(" (late: {})", rfc3339(at))).unwrap_or_default();
    let repeated = if marks.is_maybe_repeated { " (maybe repeated)" } else { "" };
    format!("{drill}{state}{late}{repeated}: {}", message.title)
}
