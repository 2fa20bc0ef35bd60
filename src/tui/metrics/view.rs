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
    floor::{freshness::Feed, metrics::Gauge, slos::Watched},
    text::{clip, counted},
    tui::{
        Model, Pane,
        canvas::{Canvas, spread},
        layout::CHART_ROWS,
        metrics::{
            chart::{Chart, edge},
            mark, row,
        },
        theme::Slot,
        words,
    },
};

/// Rows of signals on the screen.
pub fn list_rows(model: &Model, area: Rect) -> usize {
    let inside = Rect { height: area.height.saturating_sub(2), ..area };
    usize::from(split(model, without_slos(model, inside).0).0.height)
}

/// The room of the signals, and below it that of the objectives: no more than a third.
fn without_slos(model: &Model, area: Rect) -> (Rect, Rect) {
    let n = u16::try_from(model.floor.slos().len()).unwrap_or(u16::MAX).min(area.height / 3);
    let height = area.height - n;
    (Rect { height, ..area }, Rect { y: area.y + height, height: n, ..area })
}

/// Objectives, those that fire or have least left first where there is no room for all.
fn objectives(canvas: &mut Canvas<'_>, area: Rect, model: &Model) {
    let mut slos: Vec<_> = model.floor.slos().iter().collect();
    if usize::from(area.height) < slos.len() {
        let left = |slo: &&Watched| slo.standing.as_ref().and_then(|s| s.left).map_or(i64::MIN, |l| (l * 1e6) as i64);
        slos.sort_by_key(|slo| (!slo.is_firing(), left(slo)));
    }
    let name = row::objective_width(model.floor.slos());
    for (row, slo) in (0..area.height).zip(slos) {
        let line = row::objective(canvas, slo, name, area.width);
        canvas.line(Rect { y: area.y + row, height: 1, ..area }, 0, &line);
    }
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
    let inside = canvas.pane_frame(area, Pane::Metrics, "", counts, model.focus == Pane::Metrics);
    let (inside, below) = without_slos(model, inside);
    objectives(canvas, below, model);
    let gauges = super::rows(&model.floor, now);
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
    let shape = row::Shape::of(&gauges, now);
    for (i, gauge) in gauges.iter().enumerate().skip(top).take(rows * usize::from(columns)) {
        let (column, row) = ((i - top) / rows.max(1), (i - top) % rows.max(1));
        let place = Rect { x: list.x + column as u16 * width, y: list.y + row as u16, width, height: 1 };
        let line = row::line(canvas, gauge, shape, width, now);
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
    let gauges = super::rows(&model.floor, now);
    let chosen = gauges.iter().find(|g| g.is_firing()).or(gauges.get(model.metrics.cursor.at));
    if let (true, Some(gauge)) = (used + CHART_ROWS <= list.height, chosen) {
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
    let left_out = model.floor.pool().n_left_out();
    if left_out > 0 {
        runs.push(canvas.span(Slot::Over, counted(left_out, "series left out", "series left out")));
    }
    if runs.is_empty() && !gauges.is_empty() {
        runs.push(canvas.span(Slot::Good, "all in bounds"));
    }
    canvas.dotted(runs)
}

/// One signal, large: what it says in words, then the chart.
fn large(canvas: &mut Canvas<'_>, area: Rect, gauge: &Gauge, model: &Model, now: DateTime<Utc>) {
    let (span, back) = model.metrics.stretch(gauge.signal.window);
    let is_own = model.is_zoomed;
    let span = if is_own { span } else { gauge.signal.window };
    let newest = if is_own && model.metrics.is_at_now { now } else { edge(gauge, span, now) };
    let until = if is_own { minus(newest, back) } else { newest };
    let group = if gauge.group.is_blank() { String::new() } else { format!("{}: ", gauge.group) };
    let mut spans = vec![canvas.span(Slot::Heading, format!(" {group}{}", gauge.signal.name))];
    spans.push(canvas.span(Slot::Dim, format!("  {} shown", short_span(span))));
    if until < now {
        // Not the present: so that nobody reads an old picture as what is so now.
        let ends = words::moment(until, &model.floor.zone, now);
        spans.push(canvas.span(Slot::Stale, format!(", until {ends}, not now")));
    }
    spans.extend(alert_words(canvas, gauge, model, now));
    let marks = mark::marks(&model.floor, gauge, minus(until, span), until);
    let signs = mark::legend(&marks, canvas).into_iter();
    let signs = signs.map(|(slot, text)| canvas.span(slot, format!("{text}  "))).collect();
    let line = spread(spans, signs, area.width);
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
    let state = &model.metrics;
    let look = state.look.filter(|_| is_own);
    let zone = &model.floor.zone;
    Chart { gauge, span, until, zone, look, is_logarithmic: is_own && state.is_logarithmic, marks: &marks }
        .render(canvas, plot);
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
    if let Some(note) = &gauge.note {
        lines.push(Line::from(canvas.span(Slot::Risk, clip(&format!(" {note}"), 200))));
    }
    if gauge.n_future > 0 {
        let text = counted(gauge.n_future, "sample", "samples");
        lines.push(Line::from(canvas.span(Slot::Risk, format!(" {text} set aside: stamped later than now"))));
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
