//! Sparklines and the braille chart: peaks are kept, gaps are gaps.

use chrono::{DateTime, TimeDelta, Utc};
use ratatui::{
    layout::Rect,
    text::{Line, Span},
};

use crate::{
    domain::{
        series::{Column, Threshold, figure},
        time::minus,
        zone::Zone,
    },
    floor::metrics::Gauge,
    text::fit_right,
    tui::{canvas::Canvas, theme::Slot},
};

const BARS: [&str; 8] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];
const ASCII_BARS: [&str; 8] = ["_", "_", ".", ".", "-", "-", "=", "#"];

/// A sparkline of `width` columns that ends at `until`; a slice with nothing in it shows `╌`.
pub fn sparkline(canvas: &Canvas<'_>, gauge: &Gauge, width: usize, until: DateTime<Utc>) -> Vec<Span<'static>> {
    let from = minus(until, gauge.signal.window);
    let columns = gauge.series.columns(from, until, width);
    let Some((low, high)) = range(&columns, None).map(|(low, high)| calm(low, high)) else {
        return vec![canvas.span(Slot::Border, canvas.theme.sign("╌", "-").repeat(width))];
    };
    let threshold = gauge.signal.threshold;
    let mut spans: Vec<Span<'static>> = Vec::new();
    for column in &columns {
        let (slot, sign) = match column {
            None => (Slot::Border, canvas.theme.sign("╌", " ")),
            Some(column) => {
                let value = worst(column, threshold);
                let is_broken = threshold.is_some_and(|t| t.is_broken(value));
                (if is_broken { Slot::Over } else { Slot::Spark }, bar(canvas, value, low, high))
            }
        };
        let style = canvas.style(slot);
        match spans.last_mut() {
            Some(last) if last.style == style => last.content.to_mut().push_str(sign),
            _ => spans.push(Span::styled(sign.to_owned(), style)),
        }
    }
    spans
}

/// The value of a slice that matters: the side on which the bound lies, so that no peak is lost.
fn worst(column: &Column, threshold: Option<Threshold>) -> f64 {
    match threshold.map(|t| t.bad) {
        Some(crate::domain::series::Side::Below) => column.low,
        Some(crate::domain::series::Side::Above) | None => column.high,
    }
}

fn bar(canvas: &Canvas<'_>, value: f64, low: f64, high: f64) -> &'static str {
    let share = if high > low { (value - low) / (high - low) } else { 0.4 };
    let step = ((share * 7.0).round() as usize).min(7);
    let (unicode, ascii) = (BARS.get(step).copied().unwrap_or("▁"), ASCII_BARS.get(step).copied().unwrap_or("_"));
    canvas.theme.sign(unicode, ascii)
}

/// Lowest and highest of what is there, with the bound inside.
fn range(columns: &[Option<Column>], threshold: Option<Threshold>) -> Option<(f64, f64)> {
    let mut found: Option<(f64, f64)> = None;
    for column in columns.iter().flatten() {
        let (low, high) = found.unwrap_or((column.low, column.high));
        found = Some((low.min(column.low), high.max(column.high)));
    }
    let (low, high) = found?;
    Some(threshold.map_or((low, high), |t| (low.min(t.bound), high.max(t.bound))))
}

/// Widens a range that hardly moves, so that noise does not look like drama: a fifth of the value fills the row.
fn calm(low: f64, high: f64) -> (f64, f64) {
    let middle = f64::midpoint(low, high);
    let least = middle.abs() * 0.4;
    if high - low >= least { (low, high) } else { (middle - least / 2.0, middle + least / 2.0) }
}

/// What the chart draws.
pub struct Chart<'a> {
    /// The signal.
    pub gauge: &'a Gauge,
    /// The stretch of time shown.
    pub span: TimeDelta,
    /// Where it ends.
    pub until: DateTime<Utc>,
    /// The zone of the time axis.
    pub zone: &'a Zone,
}

/// Columns of the value axis.
const AXIS: u16 = 9;

impl Chart<'_> {
    /// Draws the chart: values at the left, times below, the bound as a dashed line.
    pub fn render(&self, canvas: &mut Canvas<'_>, area: Rect) {
        if area.width < AXIS + 12 || area.height < 5 {
            return;
        }
        let plot = Rect { x: area.x + AXIS, width: area.width - AXIS - 1, height: area.height - 2, ..area };
        let from = minus(self.until, self.span);
        let dots = usize::from(plot.width) * 2;
        let columns = self.gauge.series.columns(from, self.until, dots);
        let Some((low, high)) = range(&columns, self.gauge.signal.threshold) else {
            canvas.note(area, Slot::Dim, &["no sample in this stretch of time".to_owned()]);
            return;
        };
        let pad = if high > low { (high - low) * 0.05 } else { high.abs().max(1.0) * 0.1 };
        let scale = Scale { low: low - pad, high: high + pad, rows: usize::from(plot.height) };
        self.values(canvas, area, plot, scale);
        self.bound(canvas, plot, scale);
        self.dots(canvas, plot, scale, &columns);
        self.times(canvas, area, plot, from);
    }

    fn values(&self, canvas: &mut Canvas<'_>, area: Rect, plot: Rect, scale: Scale) {
        let middle = plot.height / 2;
        for row in [0, middle, plot.height - 1] {
            let value = scale.value_of(row);
            let text = format!("{} ", fit_right(&figure(value), usize::from(AXIS) - 2));
            canvas.text(area, row, Slot::Dim, &text);
        }
        for row in 0..plot.height {
            let line = Line::from(canvas.span(Slot::Border, canvas.theme.sign("│", "|")));
            canvas.at(plot.x - 1, plot.y + row, 1, &line);
        }
    }

    fn bound(&self, canvas: &mut Canvas<'_>, plot: Rect, scale: Scale) {
        let Some(threshold) = self.gauge.signal.threshold else { return };
        let row = (scale.dot_of(threshold.bound) / 4) as u16;
        let dashes = canvas.theme.sign("╌", "-").repeat(usize::from(plot.width));
        canvas.text(plot, row.min(plot.height - 1), Slot::Risk, &dashes);
    }

    fn dots(&self, canvas: &mut Canvas<'_>, plot: Rect, scale: Scale, columns: &[Option<Column>]) {
        let threshold = self.gauge.signal.threshold;
        // A slice is drawn down or up to the mean of the one before it, so that the eye sees a line; a gap breaks it.
        let mut before: Option<f64> = None;
        for x in 0..plot.width {
            let pair = [columns.get(usize::from(x) * 2), columns.get(usize::from(x) * 2 + 1)];
            let mut is_broken = false;
            let mut cells = vec![0u8; usize::from(plot.height)];
            for (side, column) in pair.into_iter().enumerate() {
                let Some(Some(column)) = column else {
                    before = None;
                    continue;
                };
                is_broken |= threshold.is_some_and(|t| t.is_broken(worst(column, threshold)));
                let from = before.replace(column.mean).unwrap_or(column.mean);
                for dot in scale.dot_of(column.high.max(from))..=scale.dot_of(column.low.min(from)) {
                    if let Some(cell) = cells.get_mut(dot / 4) {
                        *cell |= DOTS.get(side).and_then(|d| d.get(dot % 4)).copied().unwrap_or(0);
                    }
                }
            }
            let slot = if is_broken { Slot::Over } else { Slot::Spark };
            for (row, cell) in cells.iter().enumerate().filter(|(_, cell)| **cell != 0) {
                let braille = char::from_u32(0x2800 + u32::from(*cell)).unwrap_or('·');
                let sign = if canvas.theme.sign("u", "a") == "a" { "*".to_owned() } else { braille.to_string() };
                let line = Line::from(canvas.span(slot, sign));
                canvas.at(plot.x + x, plot.y + row as u16, 1, &line);
            }
        }
    }

    fn times(&self, canvas: &mut Canvas<'_>, area: Rect, plot: Rect, from: DateTime<Utc>) {
        let flat = canvas.theme.sign("─", "-").repeat(usize::from(plot.width));
        let corner = canvas.theme.sign("└", "+");
        let base = Line::from(canvas.span(Slot::Border, format!("{corner}{flat}")));
        canvas.at(plot.x - 1, plot.bottom(), plot.width + 1, &base);
        let form = if self.span > TimeDelta::days(2) {
            "%-d %b"
        } else if self.span < TimeDelta::minutes(10) {
            "%H:%M:%S"
        } else {
            "%H:%M"
        };
        let n = (plot.width / 16).max(1);
        for i in 0..=n {
            let x = plot.x + (plot.width.saturating_sub(1)) * i / n;
            let share = f64::from(x - plot.x) / f64::from(plot.width.max(1));
            let offset = TimeDelta::milliseconds((self.span.num_milliseconds() as f64 * share) as i64);
            let at = crate::domain::time::plus(from, offset);
            let text = self.zone.local(at).format(form).to_string();
            let width = text.len() as u16;
            let start = x.saturating_sub(width / 2).max(plot.x - 1).min(area.right().saturating_sub(width));
            let line = Line::from(canvas.span(Slot::Dim, text));
            canvas.at(start, plot.bottom() + 1, width, &line);
        }
    }
}

/// Bits of a braille cell, by column and row of its dots.
const DOTS: [[u8; 4]; 2] = [[0x01, 0x02, 0x04, 0x40], [0x08, 0x10, 0x20, 0x80]];

#[derive(Clone, Copy)]
struct Scale {
    low: f64,
    high: f64,
    rows: usize,
}

impl Scale {
    /// The dot row of a value, 0 at the top.
    fn dot_of(self, value: f64) -> usize {
        let dots = self.rows * 4;
        let share = ((self.high - value) / (self.high - self.low)).clamp(0.0, 1.0);
        ((share * (dots - 1) as f64).round() as usize).min(dots - 1)
    }

    fn value_of(self, row: u16) -> f64 {
        let share = f64::from(row) / (self.rows.max(2) - 1) as f64;
        self.high - (self.high - self.low) * share
    }
}
