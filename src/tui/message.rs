//! The footer's message: what just happened, once.

use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    domain::{
        rota::OverrideChange,
        time::{between, short_span},
    },
    floor::fact::{Fact, Went},
    text::Text,
    tui::{Model, Overlay, acting, overriding::State},
};

/// One line in the footer about what just happened.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// What.
    pub text: Text,
    /// How it went.
    pub went: Went,
    /// Since when it stands there.
    pub at: DateTime<Utc>,
}

impl Message {
    /// Whether it still stands there: ten seconds are enough to read a line, and the keys come back.
    pub fn is_shown(&self, now: DateTime<Utc>) -> bool {
        between(self.at, now) <= TimeDelta::seconds(10)
    }
}

/// What a fact means for the console itself: pending marks and the footer.
pub fn notice(model: &mut Model, fact: &Fact, now: DateTime<Utc>) {
    match fact {
        Fact::Acknowledged { key, by, at } if model.queue.acking.remove(key) => {
            let local = model.floor.zone.local(*at).format("%H:%M");
            say(model, format!("{} taken on by {by} at {local} (saved)", key.short()), Went::Well, now);
        }
        Fact::AckFailed { key, why } => {
            model.queue.acking.remove(key);
            say(model, format!("{} not taken on: {why}", key.short()), Went::Badly, now);
        }
        Fact::Toggled { path, line, is_done, .. } => {
            model.release.saving = None;
            let word = if *is_done { "done" } else { "open again" };
            say(model, format!("{path} line {line}: {word} (saved)"), Went::Well, now);
        }
        Fact::ToggleFailed { path, line, why } => {
            model.release.saving = None;
            say(model, format!("{path} line {line} not changed: {why}"), Went::Badly, now);
        }
        Fact::OverridePreviewed { change, diff, seen, .. } => {
            if let Some(form) = form(model) {
                form.previewed(change, diff, *seen);
            }
        }
        Fact::OverrideWritten { seat, change } => {
            let is_it = |overlay: &Overlay| matches!(overlay, Overlay::Overriding(form) if form.is_writing());
            model.overlays.retain(|overlay| !is_it(overlay));
            let what = match change {
                OverrideChange::Add(_) => "override written",
                OverrideChange::Remove { .. } => "override taken out",
            };
            say(model, format!("{seat}: {what} (saved)"), Went::Well, now);
        }
        Fact::OverrideFailed { why } => match form(model) {
            Some(form) => form.failed(why),
            None => say(model, format!("override not written: {why}"), Went::Badly, now),
        },
        Fact::Told { what, went } => say(model, what.as_str().to_owned(), *went, now),
        Fact::ClockJumped { by } => {
            let way = if by.num_seconds() < 0 { "back" } else { "forward" };
            let length = short_span(*by);
            say(model, format!("the clock went {way} {length}: everything is judged anew"), Went::Badly, now);
        }
        fact => acting::heard::notice(model, fact, now),
    }
}

/// The form that waits for an answer, if one is open.
fn form(model: &mut Model) -> Option<&mut State> {
    model.overlays.iter_mut().find_map(|overlay| match overlay {
        Overlay::Overriding(form) => Some(form.as_mut()),
        _ => None,
    })
}

/// Puts a message in the footer.
pub fn say(model: &mut Model, text: String, went: Went, now: DateTime<Utc>) {
    model.message = Some(Message { text: Text::scrub(&text), went, at: now });
}
