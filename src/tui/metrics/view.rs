//! Draws the signals: a sparkline, the value, the bound, the budget; zoomed, a chart.
//!
//! ```text
//! ╭ 5 Metrics ──────────────────────────── 2 firing ╮
//! │ ! frame p95  ▂▂▃▂▂▃▅▇███▇   19.8 ms   > 16.7    │
//! │   crash rate ▁▁▁▁▂▁▁▁▁▁▁▁   0.12 %              │
//! ╰─────────────────────────────────────────────────╯
//! ```

use chrono::{DateTime, Utc};
use ratatui::{
    layout::Rect,
    text::{Line, Span},
};
use unicode_width::UnicodeWidthStr;

use crate::{
    domain::{
        alert::AlertState,
        series::{Reading, Side, figure},
        time::{between, minus, short_span},
    },
    floor::{freshness::Feed, metrics::Gauge},
    text::{clip, counted, fit_left, fit_right},
    tui::{
        Model, Pane,
        canvas::{Canvas, spread},
        metrics::chart::{Chart, sparkline},
        theme::Slot,
        view::{dotted, pane_frame},
        words,
    },
};

/// Rows of signals on the screen.
pub fn list_rows(model: &Model, area: Rect) -> usize {
    let inside = Rect { height: area.height.saturating_sub(2), ..area };
    usize::from(split(model, inside).0.height)
}

/// The list, and the chart where the pane is zoomed.
fn split(model: &Model, area: Rect) -> (Rect, Option<Rect>) {
    if !(model.is_zoomed && model.focus == Pane::Metrics) || area.height < 14 {
        return (area, None);
    }
    let wanted = model.floor.gauges().len() as u16 + 1;
    let list = wanted.clamp(3, area.height * 2 / 5);
    (Rect { height: list, ..area }, Some(Rect { y: area.y + list, height: area.height - list, ..area }))
}

/// Draws the pane.
pub fn render(canvas: &mut Canvas<'_>, area: Rect, model: &Model, now: DateTime<Utc>) {
    let counts = counts(canvas, model, now);
    let inside = pane_frame(canvas, area, Pane::Metrics, "", counts, model);
    let gauges = model.floor.gauges();
    if gauges.is_empty() {
        let (slot, lines) = why_empty(model);
        canvas.note(inside, slot, &lines);
        return;
    }
    let (list, chart) = split(model, inside);
    let has_focus = model.focus == Pane::Metrics;
    let needs_two = chart.is_none() && gauges.len() > usize::from(list.height) && list.width >= 74;
    let columns: u16 = if needs_two { 2 } else { 1 };
    let width = list.width / columns;
    let rows = usize::from(list.height);
    let top = if has_focus { model.metrics.cursor.top } else { 0 };
    let shape = Shape::of(gauges, now);
    for (i, gauge) in gauges.iter().enumerate().skip(top).take(rows * usize::from(columns)) {
        let (column, row) = ((i - top) / rows.max(1), (i - top) % rows.max(1));
        let place = Rect { x: list.x + column as u16 * width, y: list.y + row as u16, width, height: 1 };
        let line = row_line(canvas, gauge, shape, width, now);
        canvas.line(place, 0, &line);
        if has_focus && i == model.metrics.cursor.at {
            let style = canvas.style(Slot::Selection);
            canvas.tint(place, style);
        }
    }
    if let (Some(area), Some(gauge)) = (chart, gauges.get(model.metrics.cursor.at)) {
        large(canvas, area, gauge, model, now);
    } else if columns == 1 {
        canvas.scroll_mark(list, top, gauges.len());
        spare(canvas, list, gauges.len() as u16, model, now);
    }
}

/// Room below the rows is not wasted: it shows the chart of what fires, or of the row under the cursor.
fn spare(canvas: &mut Canvas<'_>, list: Rect, used: u16, model: &Model, now: DateTime<Utc>) {
    let room = list.height.saturating_sub(used + 1);
    let gauges = model.floor.gauges();
    let chosen = gauges.iter().find(|g| g.is_firing()).or(gauges.get(model.metrics.cursor.at));
    if let (true, Some(gauge)) = (room >= 8, chosen) {
        let area = Rect { y: list.y + used, height: list.height - used, ..list };
        large(canvas, area, gauge, model, now);
    }
}

fn why_empty(model: &Model) -> (Slot, Vec<String>) {
    match model.floor.sources_of(Feed::Metrics).next() {
        None => {
            let hint = "add a [[signal]] to watchfloor.toml; looked for **/*.prom and telemetry *.jsonl";
            (Slot::Dim, vec!["no signal".to_owned(), hint.to_owned()])
        }
        Some(source) => match &source.trouble {
            Some((trouble, _, why)) => (Slot::Over, vec![format!("{} {}: {why}", source.name, trouble.word())]),
            None => (Slot::Dim, vec!["reading…".to_owned()]),
        },
    }
}

fn counts(canvas: &Canvas<'_>, model: &Model, now: DateTime<Utc>) -> Vec<Span<'static>> {
    let gauges = model.floor.gauges();
    let n = |is: &dyn Fn(&&Gauge) -> bool| gauges.iter().filter(is).count();
    let firing = n(&|g| g.is_firing());
    let pending = n(&|g| matches!(g.alert, AlertState::Pending { .. }));
    let stale = n(&|g| matches!(g.reading(now), Reading::Stale(_)));
    let silent = n(&|g| matches!(g.reading(now), Reading::Nothing));
    let skipped: usize = gauges.iter().map(|g| g.n_skipped).sum();
    let mut runs = Vec::new();
    for (n, slot, word) in [
        (firing, Slot::Over, "firing"),
        (pending, Slot::Risk, "pending"),
        (stale, Slot::Stale, "stale"),
        (silent, Slot::Stale, "without data"),
    ] {
        if n > 0 {
            runs.push(canvas.span(slot, format!("{n} {word}")));
        }
    }
    if skipped > 0 {
        runs.push(canvas.span(Slot::Risk, counted(skipped, "line left out", "lines left out")));
    }
    if runs.is_empty() && !gauges.is_empty() {
        runs.push(canvas.span(Slot::Good, "all in bounds"));
    }
    dotted(canvas, runs)
}

/// Sign, name, sparkline, value, bound, budget: the last ones leave first.
fn row_line(canvas: &Canvas<'_>, gauge: &Gauge, shape: Shape, width: u16, now: DateTime<Utc>) -> Line<'static> {
    let total = usize::from(width);
    let name = shape.name.min(total / 3);
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
    let until = match reading {
        // A stale series is shown as it was when it was last heard: dimmed, with its age.
        Reading::Stale(sample) => chrono::DateTime::from_timestamp_millis(sample.at_ms + 1).unwrap_or(now),
        Reading::Fresh(_) | Reading::Nothing => now,
    };
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

/// A name that is too long keeps its end: metric names differ there.
fn tail(name: &str, columns: usize) -> String {
    if name.width() <= columns {
        return name.to_owned();
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
struct Shape {
    name: usize,
    value: usize,
}

impl Shape {
    fn of(gauges: &[Gauge], now: DateTime<Utc>) -> Self {
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
        (AlertState::Firing { .. }, _) => (canvas.theme.sign("▲", "!"), Slot::Over),
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
    spans.push(canvas.span(slot, fit_right(&format!("{:.0} %", left * 100.0), 6)));
    let burn = budget.burn.map_or("–".to_owned(), |b| format!("{b:.1}"));
    spans.push(canvas.span(Slot::Dim, format!(" burn {burn}")));
    spans
}

/// One signal, large: what it says in words, then the chart.
fn large(canvas: &mut Canvas<'_>, area: Rect, gauge: &Gauge, model: &Model, now: DateTime<Utc>) {
    let (span, back) = model.metrics.stretch(gauge.signal.window);
    let is_own = model.is_zoomed;
    let newest = match gauge.reading(now) {
        Reading::Stale(sample) => chrono::DateTime::from_timestamp_millis(sample.at_ms + 1).unwrap_or(now),
        Reading::Fresh(_) | Reading::Nothing => now,
    };
    let (span, until) = if is_own { (span, minus(newest, back)) } else { (gauge.signal.window, newest) };
    let mut spans = vec![canvas.span(Slot::Heading, format!(" {}", gauge.signal.name))];
    spans.push(canvas.span(Slot::Dim, format!("  {} shown", short_span(span))));
    spans.extend(alert_words(canvas, gauge, model, now));
    let line = spread(spans, Vec::new(), area.width);
    canvas.line(area, 0, &line);
    let mut used = 1;
    if is_own {
        for line in particulars(canvas, gauge, model, now) {
            let line = spread(line.spans, Vec::new(), area.width);
            canvas.line(area, used, &line);
            used += 1;
        }
    }
    let plot = Rect { y: area.y + used, height: area.height.saturating_sub(used), ..area };
    Chart { gauge, span, until, zone: &model.floor.zone }.render(canvas, plot);
}

fn alert_words(canvas: &Canvas<'_>, gauge: &Gauge, model: &Model, now: DateTime<Utc>) -> Vec<Span<'static>> {
    let zone = &model.floor.zone;
    match gauge.alert {
        AlertState::Inactive => Vec::new(),
        AlertState::Pending { since } => {
            let left = short_span(between(now, crate::domain::time::plus(since, gauge.signal.hold)));
            vec![canvas.span(
                Slot::Risk,
                format!("  out of bounds since {}, fires in {left}", words::moment(since, zone, now)),
            )]
        }
        AlertState::Firing { since, kept_since, blind_since, .. } => {
            let mut text = format!("  firing since {}", words::moment(since, zone, now));
            if let Some(kept) = kept_since {
                text.push_str(&format!(", back in bounds since {}", words::moment(kept, zone, now)));
            }
            if let Some(blind) = blind_since {
                text.push_str(&format!(", no data since {}", words::moment(blind, zone, now)));
            }
            vec![canvas.span(Slot::Over, text)]
        }
    }
}

/// Bound, budget with its definition, runbook, lines left out.
fn particulars(canvas: &Canvas<'_>, gauge: &Gauge, model: &Model, now: DateTime<Utc>) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    let unit = gauge.signal.unit.as_str();
    let bound = match gauge.signal.threshold {
        None => "no bound".to_owned(),
        Some(t) => {
            let side = match t.bad {
                Side::Above => "at most",
                Side::Below => "at least",
            };
            format!("should be {side} {} {unit}", figure(t.bound))
        }
    };
    let hold = short_span(gauge.signal.hold);
    let newest = gauge.series.last().and_then(|s| chrono::DateTime::from_timestamp_millis(s.at_ms));
    let newest = newest.map_or("nothing read yet".to_owned(), |at| {
        format!("last sample {}, {}", words::moment(at, &model.floor.zone, now), words::ago(at, now))
    });
    lines.push(Line::from(canvas.span(
        Slot::Dim,
        format!(
            " {}, fires after {hold} · {newest} · {} in memory",
            bound.trim_end(),
            counted(gauge.series.len(), "sample", "samples")
        ),
    )));
    if let (Some(budget), Some(objective)) = (gauge.budget, gauge.signal.objective) {
        let left = budget.left.map_or("unknown: no data".to_owned(), |l| format!("{:.1} % left", l * 100.0));
        lines.push(Line::from(canvas.span(
            Slot::Dim,
            format!(
                " objective {} % of minutes in bounds, over 28 d · budget {left} · {} of {} bad, from {} of samples",
                figure(objective * 100.0),
                budget.bad,
                counted(budget.slices as usize, "minute", "minutes"),
                short_span(budget.covered)
            ),
        )));
    }
    if let Some(runbook) = &gauge.signal.runbook {
        lines.push(Line::from(canvas.span(Slot::Dim, format!(" runbook {runbook}"))));
    }
    if let Some(skip) = gauge.skipped.last() {
        let text =
            format!(" {}, last {}: {}", counted(gauge.n_skipped, "line left out", "lines left out"), skip.at, skip.why);
        lines.push(Line::from(canvas.span(Slot::Risk, clip(&text, 200))));
    }
    lines
}

/// The signals in one line.
pub fn one_line(canvas: &Canvas<'_>, model: &Model, now: DateTime<Utc>) -> Vec<Span<'static>> {
    let gauges = model.floor.gauges();
    if gauges.is_empty() {
        let (slot, lines) = why_empty(model);
        return vec![canvas.span(slot, lines.first().cloned().unwrap_or_default())];
    }
    let mut runs = counts(canvas, model, now);
    for gauge in gauges.iter().filter(|g| g.is_firing()).take(2) {
        let value = gauge.series.last().map(|s| figure(s.value)).unwrap_or_default();
        let text = format!("  {} {value} {}", gauge.signal.name, gauge.signal.unit);
        if text.width() < 40 {
            runs.push(canvas.span(Slot::Over, text.trim_end().to_owned()));
        }
    }
    runs
}
