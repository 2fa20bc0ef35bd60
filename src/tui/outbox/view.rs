//! Draws the outbox.
//!
//! ```text
//! ╭ Outbox ──────────────────────────── 2 waiting · 1 refused ╮
//! │ … waiting  api#812  close as completed       since 03:12  │
//! │            2 tries, next 03:14: no answer from the host   │
//! │ ✓ done     web#12   assign mia               03:11        │
//! ╰───────────────────────────────────────────────────────────╯
//! ```

use chrono::{DateTime, Utc};
use ratatui::{
    layout::Rect,
    text::{Line, Span},
};

use crate::{
    domain::intent::{Intent, Progress},
    text::{clip, counted, fit_left},
    tui::{
        Model,
        acting::{deed::act_words, undo::short},
        canvas::{Canvas, padded, spread, wrap},
        outbox::{State, n_refused, n_waiting, rows},
        theme::Slot,
        words,
    },
};

/// Draws the overlay over the whole body.
pub fn render(canvas: &mut Canvas<'_>, area: Rect, state: &State, model: &Model, now: DateTime<Utc>) {
    canvas.clear(area);
    let title = Line::from(canvas.span(Slot::Accent, " Outbox "));
    let counts = counts(canvas, model);
    let inside = canvas.frame(area, title, Line::from(counts), true);
    let rows = rows(&model.floor);
    if rows.is_empty() {
        let lines = [
            "nothing waits, and nothing was sent within a day".to_owned(),
            "what you do to incidents stands here until its host has it".to_owned(),
        ];
        return canvas.note(inside, Slot::Dim, &lines);
    }
    let mut lines: Vec<(Option<usize>, Line<'static>)> = Vec::new();
    for (place, intent) in rows.iter().enumerate() {
        lines.push((Some(place), head(canvas, intent, inside.width, model, now)));
        let why = because(intent, model, now);
        for part in why.iter().flat_map(|why| wrap(why, usize::from(inside.width).saturating_sub(14).max(8))) {
            lines.push((None, Line::from(canvas.span(Slot::Dim, format!("            {part}")))));
        }
    }
    let at = lines.iter().position(|(place, _)| *place == Some(state.cursor.at)).unwrap_or(0);
    let page = usize::from(inside.height);
    // The selected one is seen with its reason, wherever the page stands.
    let top = if at + 2 < page { 0 } else { (at + 3 - page).min(lines.len().saturating_sub(page)) };
    for (row, (_, line)) in lines.iter().skip(top).take(page).enumerate() {
        canvas.line(inside, row as u16, line);
        if top + row == at {
            let style = canvas.style(Slot::Selection);
            canvas.tint(Rect { y: inside.y + row as u16, height: 1, ..inside }, style);
        }
    }
    canvas.scroll_mark(inside, top, lines.len());
}

fn counts(canvas: &Canvas<'_>, model: &Model) -> Vec<Span<'static>> {
    let (waiting, refused) = (n_waiting(&model.floor), n_refused(&model.floor));
    let mut runs = Vec::new();
    if waiting > 0 {
        runs.push(canvas.span(Slot::Risk, format!("{waiting} waiting")));
    }
    if refused > 0 {
        runs.push(canvas.span(Slot::Over, format!("{refused} refused")));
    }
    padded(canvas.dotted(runs))
}

/// A sign, a word and a colour of how far an intent is.
fn state_of(canvas: &Canvas<'_>, intent: &Intent) -> (Slot, &'static str, &'static str) {
    let sign = |unicode, ascii| canvas.theme.sign(unicode, ascii);
    match &intent.progress {
        Progress::Waiting { .. } => (Slot::Risk, sign("…", "."), "waiting"),
        Progress::Sending { .. } => (Slot::Risk, sign("›", ">"), "sending"),
        Progress::Unsure { .. } => (Slot::Risk, "?", "unsure"),
        Progress::Done { .. } => (Slot::Good, sign("✓", "v"), "done"),
        Progress::Refused { .. } => (Slot::Over, sign("✗", "x"), "refused"),
        Progress::Cancelled { .. } => (Slot::Dim, sign("–", "-"), "cancelled"),
    }
}

fn head(canvas: &Canvas<'_>, intent: &Intent, width: u16, model: &Model, now: DateTime<Utc>) -> Line<'static> {
    let (slot, sign, word) = state_of(canvas, intent);
    let zone = &model.floor.zone;
    let when = match crate::tui::outbox::ended_at(intent) {
        Some(at) => zone.local(at).format("%H:%M:%S ").to_string(),
        None => format!("since {} ({}) ", zone.local(intent.at).format("%H:%M:%S"), words::ago(intent.at, now)),
    };
    let by = if intent.by == model.me { String::new() } else { format!("  by {}", clip(intent.by.as_str(), 16)) };
    let left = vec![
        canvas.span(slot, format!(" {sign} {word:<9} ")),
        canvas.span(Slot::Text, format!("{} ", fit_left(&short(intent), if width < 100 { 14 } else { 24 }))),
        canvas.span(Slot::Text, act_words(&intent.act)),
        canvas.span(Slot::Dim, by),
    ];
    spread(left, vec![canvas.span(Slot::Dim, when)], width)
}

/// Why it waits or was refused, how often it was tried and when it is tried again.
fn because(intent: &Intent, model: &Model, now: DateTime<Utc>) -> Option<String> {
    let zone = &model.floor.zone;
    let tried = |tries: u32| counted(tries as usize, "try", "tries");
    match &intent.progress {
        Progress::Waiting { tries: 0, not_before: None, why: None } => None,
        Progress::Waiting { tries, not_before, why } => {
            let next =
                not_before.filter(|at| now < *at).map(|at| format!("next at {}", zone.local(at).format("%H:%M:%S")));
            let why = why.as_ref().map(ToString::to_string);
            let tried = (*tries > 0).then(|| tried(*tries));
            Some(tried.into_iter().chain(next).chain(why).collect::<Vec<_>>().join(", "))
        }
        Progress::Unsure { tries, why, .. } => {
            Some(format!("{}, not known whether it arrived: {why}; the host is looked at first", tried(*tries)))
        }
        Progress::Refused { why, .. } => Some(why.to_string()),
        Progress::Done { url: Some(url), .. } => Some(url.to_string()),
        Progress::Sending { .. } | Progress::Done { url: None, .. } | Progress::Cancelled { .. } => None,
    }
}
