//! The words, signs and colours of the screen's language: said once, used by every pane.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use ratatui::text::Span;

use crate::{
    domain::{
        incident::IncidentKey,
        priority::{Grade, Priority},
        sla::{ClockState, WhichClock},
        time::{between, near_span, short_span},
        zone::Zone,
    },
    floor::entry::{Entry, Pressing},
    text::clip,
    tui::{
        canvas::Canvas,
        theme::{Slot, Theme},
    },
};

/// The slot of a priority.
pub fn grade_slot(grade: Grade) -> Slot {
    match grade {
        Grade::Set(Priority::P0) => Slot::P0,
        Grade::Set(Priority::P1) => Slot::P1,
        Grade::Set(Priority::P2) => Slot::P2,
        Grade::Set(Priority::P3) => Slot::P3,
        Grade::Untriaged => Slot::Untriaged,
    }
}

/// The slot of a clock's state.
pub fn state_slot(state: ClockState) -> Slot {
    match state {
        ClockState::Breached | ClockState::Missed => Slot::Over,
        ClockState::AtRisk => Slot::Risk,
        ClockState::Met => Slot::Good,
        ClockState::Paused => Slot::Paused,
        ClockState::Ok => Slot::Text,
        ClockState::NotStarted | ClockState::Unanswered | ClockState::Cancelled | ClockState::BestEffort => Slot::Dim,
    }
}

/// One sign before a row: `‼` over, `!` at risk, `‖` paused, `?` untriaged.
pub fn sign(theme: &Theme, state: ClockState, grade: Grade) -> &'static str {
    match state {
        ClockState::Breached => theme.sign("‼", "X"),
        ClockState::AtRisk => "!",
        ClockState::Paused => theme.sign("‖", "="),
        _ if grade == Grade::Untriaged => "?",
        _ => " ",
    }
}

/// What a clock is called: for an incident nobody has triaged, the response clock is the triage clock.
pub fn clock_word(which: WhichClock, grade: Grade) -> &'static str {
    match (which, grade) {
        (WhichClock::Response, Grade::Untriaged) => "triage",
        (WhichClock::Response, Grade::Set(_)) => "respond",
        (WhichClock::Fix, _) => "fix",
    }
}

/// What a clock says, in at most twelve columns: `42m over`, `9m 05s left`, `5d 3h`, `paused`, `best effort`.
///
/// "left" is said where it presses; a figure alone is time enough.
pub fn clock_figure(state: ClockState, left: Option<TimeDelta>) -> String {
    match (state, left) {
        (ClockState::Breached, Some(left)) => format!("{} over", short_span(left)),
        (ClockState::AtRisk, Some(left)) => format!("{} left", near_span(left)),
        (ClockState::Ok, Some(left)) => near_span(left),
        (ClockState::BestEffort, _) => "best effort".to_owned(),
        (state, _) => state.word().to_owned(),
    }
}

/// The columns of [`clock_figure`].
pub const FIGURE_WIDTH: usize = 12;

/// The figure of the clock that matters now.
pub fn pressing_figure(entry: &Entry, pressing: &Pressing) -> String {
    // Best effort on one clock must not look like peace while the other could not be judged.
    if pressing.state == ClockState::BestEffort && !entry.is_known(WhichClock::Response) {
        return "unknown".to_owned();
    }
    clock_figure(pressing.state, pressing.left)
}

/// Who owns an incident: its first assignee, who took it on, or nobody.
pub fn owner(entry: &Entry) -> Option<String> {
    let incident = &entry.incident;
    match (incident.assignees.as_slice(), &entry.acked) {
        ([], Some((by, _))) => Some(by.to_string()),
        ([], None) => None,
        ([only], _) => Some(only.to_string()),
        ([first, rest @ ..], _) => Some(format!("{first} +{}", rest.len())),
    }
}

/// An incident's key in at most `columns`: the repository gives way, the number never does.
pub fn key(key: &IncidentKey, columns: usize) -> String {
    let number = format!("#{}", key.name());
    let room = columns.saturating_sub(number.len());
    format!("{}{number}", clip(key.repo.short(), room))
}

/// `09:00` today, `Fri 09:00` within six days, else `20 Nov 09:00`; with the year where it is another one.
pub fn moment(at: DateTime<Utc>, zone: &Zone, now: DateTime<Utc>) -> String {
    let (there, here) = (zone.local(at), zone.local(now));
    let days = there.date().signed_duration_since(here.date()).num_days();
    if days == 0 {
        there.format("%H:%M").to_string()
    } else if days.abs() <= 6 {
        there.format("%a %H:%M").to_string()
    } else if chrono::Datelike::year(&there) == chrono::Datelike::year(&here) {
        there.format("%-d %b %H:%M").to_string()
    } else {
        there.format("%-d %b %Y").to_string()
    }
}

/// `Fri 20 Nov`.
pub fn day(date: NaiveDate) -> String {
    date.format("%a %-d %b").to_string()
}

/// A length in hours, with minutes where there are any: `25 h`, `23 h 30 m`.
pub fn length(length: TimeDelta) -> String {
    let (hours, minutes) = (length.num_minutes() / 60, length.num_minutes() % 60);
    if minutes == 0 { format!("{hours} h") } else { format!("{hours} h {minutes} m") }
}

/// An age in coarse steps, so that a screen that only waits stays still: `<1m`, `3m`, `2h 5m`.
pub fn age(length: TimeDelta) -> String {
    if length < TimeDelta::minutes(1) { "<1m".to_owned() } else { short_span(length) }
}

/// How long ago, in words: `3m ago`.
pub fn ago(at: DateTime<Utc>, now: DateTime<Utc>) -> String {
    format!("{} ago", age(between(at, now)))
}

/// `97.1 %`, `100 %`, or a dash where there is nothing to divide.
pub fn percent(share: Option<f64>) -> String {
    match share {
        None => "–".to_owned(),
        Some(share) if share >= 1.0 => "100 %".to_owned(),
        // Never rounds a miss away: 99.96 % is not 100 %.
        Some(share) => format!("{:.1} %", (share * 1000.0).floor() / 10.0),
    }
}

/// A bar of `width` cells, `share` of it full; what is overspent shows as empty.
pub fn bar(canvas: &Canvas<'_>, share: f64, width: usize, slot: Slot) -> Vec<Span<'static>> {
    let full = ((share.clamp(0.0, 1.0) * width as f64).round() as usize).min(width);
    let (on, off) = (canvas.theme.sign("█", "#"), canvas.theme.sign("░", "."));
    vec![canvas.span(slot, on.repeat(full)), canvas.span(Slot::Border, off.repeat(width - full))]
}

/// A meter of one thin line: many of them below each other stay lines.
pub fn meter(canvas: &Canvas<'_>, share: f64, width: usize, slot: Slot) -> Vec<Span<'static>> {
    let full = ((share.clamp(0.0, 1.0) * width as f64).round() as usize).min(width);
    let (on, off) = (canvas.theme.sign("━", "="), canvas.theme.sign("╌", "."));
    vec![canvas.span(slot, on.repeat(full)), canvas.span(Slot::Border, off.repeat(width - full))]
}

/// Bars of a trend. The full block is not among them: a trend would run into the one in the row above.
const BARS: [(&str, &str); 7] = [("▁", "_"), ("▂", "_"), ("▃", "."), ("▄", "."), ("▅", "-"), ("▆", "="), ("▇", "#")];

/// A bar of a trend, as high as `share`: 0 to 1.
pub fn column(canvas: &Canvas<'_>, share: f64) -> &'static str {
    let step = ((share * 6.0).round() as usize).min(BARS.len() - 1);
    let (unicode, ascii) = BARS.get(step).copied().unwrap_or(("▁", "_"));
    canvas.theme.sign(unicode, ascii)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::parse_rfc3339;

    #[test]
    fn a_moment_says_as_much_as_is_needed() {
        let now = parse_rfc3339("2026-11-20T02:12:00Z").unwrap();
        let zone = Zone::utc();
        let shown = ["2026-11-20T09:00:00Z", "2026-11-21T09:00:00Z", "2026-12-24T09:00:00Z", "2027-01-02T09:00:00Z"]
            .map(|at| moment(parse_rfc3339(at).unwrap(), &zone, now));
        assert_eq!(shown, ["09:00", "Sat 09:00", "24 Dec 09:00", "2 Jan 2027"]);
    }

    #[test]
    fn a_miss_is_never_rounded_away() {
        assert_eq!([None, Some(1.0), Some(0.9996), Some(0.0)].map(percent), ["–", "100 %", "99.9 %", "0.0 %"]);
    }

    #[test]
    fn figures_fit_their_column() {
        for left in [-94_608_000_i64, -2_520, -50, 5, 545, 7_920, 187_000, 5_000_000, 94_608_000] {
            for state in [ClockState::Breached, ClockState::Ok, ClockState::AtRisk, ClockState::Paused] {
                let figure = clock_figure(state, Some(TimeDelta::seconds(left)));
                assert!(figure.chars().count() <= FIGURE_WIDTH, "{figure}");
            }
        }
    }
}
