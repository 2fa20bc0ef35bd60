//! Sparklines and the braille chart: peaks are kept, gaps are gaps.

use chrono::{DateTime, TimeDelta, Utc};
use ratatui::{
    layout::Rect,
    text::{Line, Span},
};
use unicode_width::UnicodeWidthStr;

use crate::{
    domain::{
        series::{Column, Slice, Threshold, figure},
        time::{between, minus, plus},
        zone::Zone,
    },
    floor::metrics::Gauge,
    text::clip,
    tui::{
        canvas::Canvas,
        metrics::{
            axis::{self, Scale},
            mark::Mark,
        },
        theme::Slot,
        words,
    },
};

/// A sparkline of `width` columns that ends at `until`; a gap shows `╌`.
pub fn sparkline(canvas: &Canvas<'_>, gauge: &Gauge, width: usize, until: DateTime<Utc>) -> Vec<Span<'static>> {
    let from = minus(until, gauge.signal.window);
    let columns = gauge.series.slices(from, until, width);
    let Some((low, high)) = range(&columns, None).map(|(low, high)| calm(low, high)) else {
        return vec![canvas.span(Slot::Border, canvas.theme.sign("╌", "-").repeat(width))];
    };
    let threshold = gauge.signal.threshold;
    let mut spans: Vec<Span<'static>> = Vec::new();
    for column in &columns {
        let (slot, sign) = match column {
            Slice::Gap => (Slot::Border, canvas.theme.sign("╌", " ")),
            Slice::Between(value) => (Slot::Spark, bar(canvas, *value, low, high)),
            Slice::Measured(column) => {
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
    words::column(canvas, if high > low { (value - low) / (high - low) } else { 0.4 })
}

/// Lowest and highest of what is there, with the bound inside.
fn range(columns: &[Slice], threshold: Option<Threshold>) -> Option<(f64, f64)> {
    let mut found: Option<(f64, f64)> = None;
    for column in columns.iter().filter_map(Slice::measured) {
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

/// Where a chart or a sparkline of a `span` ends: now; of a signal that is silent at most a quarter of it is left empty, so
/// that what was heard last stays in sight.
pub fn edge(gauge: &Gauge, span: TimeDelta, now: DateTime<Utc>) -> DateTime<Utc> {
    let last = gauge.series.last().map_or(now, |sample| sample.at());
    plus(last, span / 4).min(now)
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
    /// The column that is read out, from the right edge.
    pub look: Option<u16>,
    /// Whether the value axis counts in powers of ten.
    pub is_logarithmic: bool,
    /// What happened meanwhile.
    pub marks: &'a [Mark],
}

/// Columns of the value axis.
const AXIS: u16 = 9;

impl Chart<'_> {
    /// Draws the chart: values at the left, times below, the bound as a dashed line, on the time axis what happened.
    pub fn render(&self, canvas: &mut Canvas<'_>, area: Rect) {
        if area.width < AXIS + 12 || area.height < 5 {
            return;
        }
        let plot = Rect { x: area.x + AXIS, width: area.width - AXIS - 1, height: area.height - 2, ..area };
        let from = minus(self.until, self.span);
        let dots = usize::from(plot.width) * 2;
        let columns = self.gauge.series.slices(from, self.until, dots);
        let Some((low, high)) = range(&columns, self.gauge.signal.threshold) else {
            canvas.note(area, Slot::Dim, &["no sample in this stretch of time".to_owned()]);
            return;
        };
        let scale = Scale::new(low, high, self.is_logarithmic, usize::from(plot.height));
        self.values(canvas, area, plot, scale);
        self.gaps(canvas, plot, &columns);
        self.bound(canvas, plot, scale);
        self.dots(canvas, plot, scale, &columns);
        self.times(canvas, area, plot, from);
        self.marks(canvas, plot, from);
        if let Some(look) = self.look {
            self.read_out(canvas, plot, from, &columns, look);
        }
    }

    /// Where nothing was measured, the ground is hatched from top to bottom: a gap is not a low value.
    fn gaps(&self, canvas: &mut Canvas<'_>, plot: Rect, columns: &[Slice]) {
        let hatch = Line::from(canvas.span(Slot::Border, canvas.theme.sign("░", ".")));
        for x in 0..plot.width {
            let is_empty = |side: usize| columns.get(usize::from(x) * 2 + side).is_none_or(|one| *one == Slice::Gap);
            if is_empty(0) && is_empty(1) {
                for row in 0..plot.height {
                    canvas.at(plot.x + x, plot.y + row, 1, &hatch);
                }
            }
        }
    }

    /// The column of an instant, if it is on the chart.
    fn column_of(&self, at: DateTime<Utc>, from: DateTime<Utc>, plot: Rect) -> Option<u16> {
        let share = between(from, at).num_milliseconds() as f64 / self.span.num_milliseconds().max(1) as f64;
        (0.0..=1.0).contains(&share).then(|| ((share * f64::from(plot.width)) as u16).min(plot.width.saturating_sub(1)))
    }

    /// On the time axis: how long alerts fired, and what began when.
    fn marks(&self, canvas: &mut Canvas<'_>, plot: Rect, from: DateTime<Utc>) {
        for mark in self.marks.iter().filter(|mark| mark.until.is_some()) {
            let until = mark.until.unwrap_or(self.until).min(self.until);
            let Some(last) = self.column_of(until, from, plot) else { continue };
            if mark.at > self.until || until < from {
                continue;
            }
            let first = self.column_of(mark.at, from, plot).unwrap_or(0);
            let run = canvas.theme.sign("━", "=").repeat(usize::from(last.saturating_sub(first)) + 1);
            let line = Line::from(canvas.span(mark.kind.slot(), run));
            canvas.at(plot.x + first, plot.bottom(), plot.width - first, &line);
        }
        for mark in self.marks.iter().filter(|mark| mark.until.is_none()) {
            let Some(x) = self.column_of(mark.at, from, plot) else { continue };
            let line = Line::from(canvas.span(mark.kind.slot(), mark.kind.sign(canvas)));
            canvas.at(plot.x + x, plot.bottom(), 1, &line);
        }
    }

    /// One column in words, at the top of the plot, and a line through it.
    fn read_out(&self, canvas: &mut Canvas<'_>, plot: Rect, from: DateTime<Utc>, columns: &[Slice], look: u16) {
        let x = plot.width.saturating_sub(1).saturating_sub(look);
        let style = canvas.style(Slot::Selection);
        canvas.tint(Rect { x: plot.x + x, width: 1, ..plot }, style);
        let slice = self.span / i32::from(plot.width.max(1));
        let starts = plus(from, slice * i32::from(x));
        let ends = plus(starts, slice);
        let sides = [columns.get(usize::from(x) * 2), columns.get(usize::from(x) * 2 + 1)];
        let there: Vec<Column> = sides.into_iter().flatten().filter_map(Slice::measured).copied().collect();
        let is_between = sides.into_iter().flatten().any(|slice| matches!(slice, Slice::Between(_)));
        let unit = self.gauge.signal.unit.as_str();
        let value = match there.as_slice() {
            [] if is_between => "between two samples".to_owned(),
            [] => "nothing measured".to_owned(),
            some => {
                let low = some.iter().map(|c| c.low).fold(f64::INFINITY, f64::min);
                let high = some.iter().map(|c| c.high).fold(f64::NEG_INFINITY, f64::max);
                let (low, high) = (figure(low), figure(high));
                if low == high { format!("{low} {unit}") } else { format!("{low} to {high} {unit}") }
            }
        };
        let form = if self.span > TimeDelta::days(2) { "%-d %b %H:%M" } else { "%H:%M:%S" };
        let mut text = format!(" {}  {} ", self.zone.local(starts).format(form), value.trim_end());
        for mark in self.marks.iter().filter(|mark| mark.at < ends && mark.until.unwrap_or(mark.at) >= starts).take(2) {
            text.push_str(&format!(" {} ", mark.what));
        }
        let text = clip(&text, usize::from(plot.width));
        let wide = text.width() as u16;
        // Beside the column, on the side that has room.
        let start = if x + 1 + wide <= plot.width { x + 1 } else { x.saturating_sub(wide) };
        let line = Line::from(canvas.span(Slot::Accent, text));
        canvas.at(plot.x + start, plot.y, plot.width - start.min(plot.width), &line);
    }

    fn values(&self, canvas: &mut Canvas<'_>, area: Rect, plot: Rect, scale: Scale) {
        let marks = scale.marks(usize::from(AXIS) - 2);
        for row in 0..plot.height {
            let mark = marks.iter().find(|(at, _)| *at == row);
            if let Some((_, word)) = mark {
                canvas.text(area, row, Slot::Dim, &format!("{word} "));
            }
            let sign = if mark.is_some() { ("┤", "+") } else { ("│", "|") };
            let line = Line::from(canvas.span(Slot::Border, canvas.theme.sign(sign.0, sign.1)));
            canvas.at(plot.x - 1, plot.y + row, 1, &line);
        }
    }

    fn bound(&self, canvas: &mut Canvas<'_>, plot: Rect, scale: Scale) {
        let Some(threshold) = self.gauge.signal.threshold else { return };
        let row = (scale.dot_of(threshold.bound) / 4) as u16;
        let dashes = canvas.theme.sign("╌", "-").repeat(usize::from(plot.width));
        canvas.text(plot, row.min(plot.height - 1), Slot::Risk, &dashes);
    }

    fn dots(&self, canvas: &mut Canvas<'_>, plot: Rect, scale: Scale, columns: &[Slice]) {
        let threshold = self.gauge.signal.threshold;
        // A slice is drawn down or up to the mean of the one before it, so that the eye sees a line; a gap breaks it.
        let mut before: Option<f64> = None;
        for x in 0..plot.width {
            let pair = [columns.get(usize::from(x) * 2), columns.get(usize::from(x) * 2 + 1)];
            let mut is_broken = false;
            let mut cells = vec![0u8; usize::from(plot.height)];
            for (side, column) in pair.into_iter().enumerate() {
                let column = match column {
                    Some(Slice::Measured(column)) => *column,
                    Some(Slice::Between(value)) => Column { low: *value, high: *value, mean: *value },
                    Some(Slice::Gap) | None => {
                        before = None;
                        continue;
                    }
                };
                is_broken |= threshold.is_some_and(|t| t.is_broken(worst(&column, threshold)));
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
        // What is written does not touch what was written before it.
        let mut free = plot.x - 1;
        for (at, text) in axis::times(from, self.span, plot.width, self.zone) {
            let Some(x) = self.column_of(at, from, plot) else { continue };
            let tick = Line::from(canvas.span(Slot::Border, canvas.theme.sign("┬", "+")));
            canvas.at(plot.x + x, plot.bottom(), 1, &tick);
            let width = text.width() as u16;
            let start = (plot.x + x).saturating_sub(width / 2).min(area.right().saturating_sub(width));
            if start < free {
                continue;
            }
            let line = Line::from(canvas.span(Slot::Dim, text));
            canvas.at(start, plot.bottom() + 1, width, &line);
            free = start + width + 1;
        }
    }
}

/// Bits of a braille cell, by column and row of its dots.
const DOTS: [[u8; 4]; 2] = [[0x01, 0x02, 0x04, 0x40], [0x08, 0x10, 0x20, 0x80]];
