//! An objective in one row: name, what is left of its budget, how fast it is spent, whether it fires.

use ratatui::text::{Line, Span};

use crate::{
    domain::slo::standing::BudgetState,
    floor::slos::Watched,
    text::{clip_words, fit_left, fit_right},
    tui::{
        canvas::{Canvas, spread},
        theme::Slot,
        words,
    },
};

/// How wide the longest name is, within reason.
pub fn name_width(slos: &[Watched]) -> usize {
    slos.iter().map(|slo| slo.slo.name.width()).max().unwrap_or(0).clamp(6, 18)
}

/// The row: `SLO login  ███████░░░  71 % left  burn 0.8 ▲`. Rounded down: what is spent in part is never shown whole.
pub fn line(canvas: &Canvas<'_>, slo: &Watched, name: usize, width: u16) -> Line<'static> {
    let standing = slo.standing.as_ref();
    let (state, left) = standing.map_or((BudgetState::Unknown, None), |s| (s.budget, s.left));
    let slot = match state {
        _ if slo.is_firing() => Slot::Over,
        BudgetState::Unknown => Slot::Stale,
        BudgetState::Healthy => Slot::Good,
        BudgetState::AtRisk => Slot::Risk,
        BudgetState::Exhausted => Slot::Over,
    };
    let name = name.min(usize::from(width) * 2 / 5);
    let named = fit_left(&clip_words(slo.slo.name.as_str(), name), name);
    let mut spans = vec![canvas.span(Slot::Dim, " SLO "), canvas.span(Slot::Text, named), Span::raw(" ")];
    match left {
        None => spans.push(canvas.span(slot, "no data")),
        Some(left) => {
            spans.extend(words::bar(canvas, left, 10, slot));
            let said = if left <= 0.0 { " spent".to_owned() } else { format!("{:.0} % left", (left * 100.0).floor()) };
            spans.push(canvas.span(slot, fit_right(&said, 11)));
        }
    }
    let burn = standing.and_then(|s| s.burns.first()).and_then(|burn| burn.rate);
    let burn = burn.map_or("–".to_owned(), |rate| format!("{:.1}", rate.to_f64()));
    spans.push(canvas.span(Slot::Dim, format!("  burn {burn}")));
    if slo.is_absent() {
        spans.push(canvas.span(Slot::Over, "  silent"));
    } else if slo.is_firing() {
        spans.push(canvas.span(Slot::Over, format!(" {}", canvas.theme.sign("▲", "!"))));
    }
    spread(spans, Vec::new(), width)
}
