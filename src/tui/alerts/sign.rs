//! The colour, the sign and the figure of an alert, wherever it is shown.

use chrono::{DateTime, Utc};

use crate::{
    domain::{
        alert::alarm::{Alarm, Stands},
        time::between,
        zone::Zone,
    },
    text::clip,
    tui::{canvas::Canvas, theme::Slot, words},
};

/// The colour of an alert.
pub fn slot(alarm: &Alarm) -> Slot {
    match alarm.stands() {
        _ if alarm.unheard().is_some() => Slot::Stale,
        Stands::Fires if !alarm.is_grave() => Slot::Risk,
        Stands::Fires if alarm.alert.stale_since().is_some() => Slot::Stale,
        Stands::Fires => Slot::Over,
        Stands::TakenOn => Slot::Text,
        Stands::Pending => Slot::Risk,
        Stands::Silenced => Slot::Paused,
    }
}

/// The sign of an alert: `▲` fires, `△` about to, `‖` silenced.
pub fn sign(canvas: &Canvas<'_>, alarm: &Alarm) -> &'static str {
    match alarm.stands() {
        Stands::Fires | Stands::TakenOn => canvas.theme.sign("▲", "^"),
        Stands::Pending => canvas.theme.sign("△", "~"),
        Stands::Silenced => canvas.theme.sign("‖", "="),
    }
}

/// Where an alert of another server comes from, how grave that server says it is, and how old what it says is; blank for
/// one of ours.
pub fn origin(alarm: &Alarm, now: DateTime<Utc>) -> String {
    let Some(abroad) = alarm.elsewhere() else { return String::new() };
    let severity = alarm.alert.severity().map(|word| format!("{} ", clip(word.as_str(), 12))).unwrap_or_default();
    let unheard = alarm.unheard().map(|unheard| format!(", heard {}", words::ago(unheard.since, now)));
    format!("{severity}{}{}  ", clip(&abroad.origin(), 24), unheard.unwrap_or_default())
}

/// For how long it stands so; of a silenced one until when it does.
pub fn figure(alarm: &Alarm, zone: &Zone, now: DateTime<Utc>) -> String {
    match &alarm.silence {
        Some(silence) => format!("to {}", words::moment(silence.until, zone, now)),
        None => words::age(between(alarm.since(), now)),
    }
}
