//! One signal in one row: sign, name, sparkline, value, bound, budget.

use chrono::{DateTime, Utc};
use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthStr;

use crate::{
    domain::{
        alert::AlertState,
        series::{Reading, Side, figure},
        slo::standing::BudgetState,
        time::between,
    },
    floor::{metrics::Gauge, slos::Watched},
    text::{clip_words, fit_left, fit_right},
    tui::{
        canvas::{Canvas, spread},
        metrics::chart::{edge, sparkline},
        theme::Slot,
        words,
    },
};

/// Sign, name, sparkline, value, bound, budget: the last ones leave first.
pub fn line(canvas: &Canvas<'_>, gauge: &Gauge, shape: Shape, width: u16, now: DateTime<Utc>) -> Line<'static> {
    let total = usize::from(width);
    let name = shape.name.min(total * 2 / 5).min(total.saturating_sub(3 + 1 + 4 + shape.value + 3 + 1));
    let has_budget = total >= 78;
    let bound = if total >= 48 { 9 } else { 0 };
    let budget = if has_budget { 26 } else { 0 };
    let spark = total.saturating_sub(3 + name + 1 + shape.value + 3 + bound + budget + 1).clamp(4, 48);
    let reading = gauge.reading(now);
    let (sign, slot) = state_sign(canvas, gauge, reading);
    let mut spans = vec![
        canvas.span(slot, format!(" {sign} ")),
        canvas.span(
            if slot == Slot::Text { Slot::Text } else { slot },
            fit_left(&tail(gauge.signal.name.as_str(), name), name),
        ),
        Span::raw(" "),
    ];
    let until = edge(gauge, gauge.signal.window, now);
    let line = sparkline(canvas, gauge, spark, until);
    match reading {
        Reading::Stale(_) => spans.extend(line.into_iter().map(|s| canvas.span(Slot::Stale, s.content.into_owned()))),
        Reading::Fresh(_) | Reading::Nothing => spans.extend(line),
    }
    spans.push(value_span(canvas, gauge, reading, slot, shape.value, now));
    if bound > 0 {
        spans.push(canvas.span(Slot::Dim, fit_left(&bound_text(gauge), bound)));
    }
    if has_budget {
        spans.extend(budget_spans(canvas, gauge));
    }
    spread(spans, Vec::new(), width)
}

/// A metric's name that is too long keeps its end, where such names differ; a name in words keeps its first words.
fn tail(name: &str, columns: usize) -> String {
    if name.width() <= columns {
        return name.to_owned();
    }
    if !name.contains('_') || name.contains(' ') {
        return clip_words(name, columns);
    }
    let mut kept: Vec<char> = Vec::new();
    let mut used = 1;
    for c in name.chars().rev() {
        used += unicode_width::UnicodeWidthChar::width(c).unwrap_or(0);
        if used > columns {
            break;
        }
        kept.push(c);
    }
    std::iter::once('…').chain(kept.into_iter().rev()).collect()
}

/// Columns that all rows share, so that figures stand under each other.
#[derive(Clone, Copy)]
pub struct Shape {
    name: usize,
    value: usize,
}

impl Shape {
    /// The shape that fits these signals.
    pub fn of(gauges: &[&Gauge], now: DateTime<Utc>) -> Self {
        let name = gauges.iter().map(|g| g.signal.name.width()).max().unwrap_or(0).clamp(6, 18);
        let value = gauges.iter().map(|g| value_text(g, g.reading(now)).width()).max().unwrap_or(0).clamp(5, 14);
        Self { name, value }
    }
}

fn value_text(gauge: &Gauge, reading: Reading) -> String {
    match reading {
        Reading::Fresh(sample) => format!("{} {}", glance(sample.value), gauge.signal.unit).trim_end().to_owned(),
        Reading::Stale(_) | Reading::Nothing => "no data".to_owned(),
    }
}

/// A figure for a row: three digits are what an eye takes in; the zoomed pane says more.
fn glance(value: f64) -> String {
    let size = value.abs();
    let decimals = match size {
        s if s == 0.0 || s >= 100.0 => return figure(value.round()),
        s if s >= 10.0 => 1,
        s if s >= 0.01 => 2,
        _ => return figure(value),
    };
    let scale = 10f64.powi(decimals);
    figure((value * scale).round() / scale)
}

fn value_span(
    canvas: &Canvas<'_>,
    gauge: &Gauge,
    reading: Reading,
    slot: Slot,
    width: usize,
    now: DateTime<Utc>,
) -> Span<'static> {
    match reading {
        Reading::Fresh(sample) => {
            let text = value_text(gauge, Reading::Fresh(sample));
            canvas.span(slot, format!(" {}  ", fit_right(&text, width)))
        }
        Reading::Stale(sample) => {
            let at = chrono::DateTime::from_timestamp_millis(sample.at_ms).unwrap_or(now);
            let text = format!("{} {}", canvas.theme.sign("–", "-"), words::age(between(at, now)));
            canvas.span(Slot::Stale, format!(" {}  ", fit_right(&text, width)))
        }
        Reading::Nothing => canvas.span(Slot::Stale, format!(" {}  ", fit_right("no data", width))),
    }
}

fn state_sign(canvas: &Canvas<'_>, gauge: &Gauge, reading: Reading) -> (&'static str, Slot) {
    match (gauge.alert, reading) {
        (AlertState::Firing { .. }, _) => (canvas.theme.sign("▲", "^"), Slot::Over),
        (_, Reading::Stale(_) | Reading::Nothing) => ("?", Slot::Stale),
        (AlertState::Pending { .. }, Reading::Fresh(_)) => (canvas.theme.sign("△", "~"), Slot::Risk),
        (AlertState::Inactive, Reading::Fresh(_)) => (" ", Slot::Text),
    }
}

fn bound_text(gauge: &Gauge) -> String {
    match gauge.signal.threshold {
        None => String::new(),
        Some(threshold) => {
            let sign = match threshold.bad {
                Side::Above => "<=",
                Side::Below => ">=",
            };
            format!("{sign} {}", figure(threshold.bound))
        }
    }
}

fn budget_spans(canvas: &Canvas<'_>, gauge: &Gauge) -> Vec<Span<'static>> {
    let Some(budget) = gauge.budget else { return Vec::new() };
    let Some(left) = budget.left else { return vec![canvas.span(Slot::Dim, " budget –")] };
    let slot = if left <= 0.0 {
        Slot::Over
    } else if left < 0.25 {
        Slot::Risk
    } else {
        Slot::Good
    };
    let mut spans = vec![Span::raw(" ")];
    spans.extend(words::bar(canvas, left, 8, slot));
    let said = if left <= 0.0 { "spent".to_owned() } else { format!("{:.0} %", (left * 100.0).floor()) };
    spans.push(canvas.span(slot, fit_right(&said, 6)));
    let burn = budget.burn.map_or("–".to_owned(), |b| format!("{b:.1}"));
    spans.push(canvas.span(Slot::Dim, format!(" burn {burn}")));
    spans
}

/// How wide the longest name is, within reason.
pub fn objective_width(slos: &[Watched]) -> usize {
    slos.iter().map(|slo| slo.slo.name.width()).max().unwrap_or(0).clamp(6, 18)
}

/// Columns of what is left as a bar, and the fewest that say anything.
const BAR: usize = 10;
const LEAST_BAR: usize = 4;

/// An objective in one row: `SLO login  ███████░░░  71 % left  burn 0.8 ▲`. Rounded down: what is spent in part is never shown whole.
pub fn objective(canvas: &Canvas<'_>, slo: &Watched, name: usize, width: u16) -> Line<'static> {
    let standing = slo.standing.as_ref();
    let (state, left) = standing.map_or((BudgetState::Unknown, None), |s| (s.budget, s.left));
    let slot = match state {
        _ if slo.is_firing() => Slot::Over,
        BudgetState::Unknown => Slot::Stale,
        BudgetState::Healthy => Slot::Good,
        BudgetState::AtRisk => Slot::Risk,
        BudgetState::Exhausted => Slot::Over,
    };
    let burn = standing.and_then(|s| s.burns.first()).and_then(|burn| burn.rate);
    let burn = burn.map_or("–".to_owned(), |rate| format!("{:.1}", rate.to_f64()));
    let mut tail = vec![canvas.span(Slot::Dim, format!("  burn {burn}"))];
    if slo.is_absent() {
        tail.push(canvas.span(Slot::Over, "  silent"));
    } else if slo.is_firing() {
        tail.push(canvas.span(Slot::Over, format!(" {}", canvas.theme.sign("▲", "^"))));
    }
    let said = match left {
        None => "no data".to_owned(),
        Some(left) if left <= 0.0 => "spent".to_owned(),
        Some(left) => format!("{:.0} % left", (left * 100.0).floor()),
    };
    // The bar only repeats the words: it gives way first, then the name.
    let words: usize = 17 + tail.iter().map(Span::width).sum::<usize>();
    let room = usize::from(width).saturating_sub(words);
    let name = name.min(room);
    let bar = room.saturating_sub(name).min(BAR);
    let named = fit_left(&clip_words(slo.slo.name.as_str(), name), name);
    let mut spans = vec![canvas.span(Slot::Dim, " SLO "), canvas.span(Slot::Text, named), Span::raw(" ")];
    match left {
        Some(left) if LEAST_BAR <= bar => spans.extend(words::bar(canvas, left, bar, slot)),
        _ => spans.push(Span::raw(" ".repeat(bar))),
    }
    spans.push(canvas.span(slot, fit_right(&said, 11)));
    spans.extend(tail);
    spread(spans, Vec::new(), width)
}
