//! The colour, the sign and the figure of an alert, wherever it is shown.

use chrono::{DateTime, Utc};

use crate::{
    domain::{
        alert::alarm::{Alarm, Stands},
        time::between,
        zone::Zone,
    },
    tui::{canvas::Canvas, theme::Slot, words},
};

/// The colour of an alert.
pub fn slot(alarm: &Alarm) -> Slot {
    match alarm.stands() {
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

/// For how long it stands so; of a silenced one until when it does.
pub fn figure(alarm: &Alarm, zone: &Zone, now: DateTime<Utc>) -> String {
    match &alarm.silence {
        Some(silence) => format!("to {}", words::moment(silence.until, zone, now)),
        None => words::age(between(alarm.since(), now)),
    }
}
