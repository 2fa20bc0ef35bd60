//! Draws the phases side by side.
//!
//! ```text
//!  T-7     T-6     T-3     T-2     T-1     T-0     T+1
//!  Sun 15  Mon 16  Thu 19  Fri 20  Sat 21  Sun 22  Mon 23
//!  ✓ 6/6   ✓ 4/4   ‼ 4/5   3/5     0/3     0/4     0/2
//!                          ▲ now
//! ```

use chrono::{DateTime, TimeDelta, Utc};
use ratatui::text::{Line, Span};

use crate::{
    domain::{
        release::{
            calendar::When,
            week::{Stage, Week},
        },
        time::minus,
        zone::Zone,
    },
    text::{clip, fit_left},
    tui::{canvas::Canvas, theme::Slot},
};

/// Rows of the strip where there is room for all of it.
pub const ROWS: usize = 4;

/// The longest label.
const LABEL: usize = 11;

/// One phase as its column has it.
struct Column {
    label: String,
    date: String,
    count: String,
    slot: Slot,
    is_now: bool,
    is_past: bool,
}

impl Column {
    fn width(&self) -> usize {
        let wide = |text: &str| text.chars().count();
        wide(&self.label).max(wide(&self.date)).max(wide(&self.count))
    }
}

/// The whole strip: labels, dates, counts, now. Where not all fit, the phases long past leave first.
pub fn lines(canvas: &Canvas<'_>, week: &Week, zone: &Zone, width: u16, now: DateTime<Utc>) -> Vec<Line<'static>> {
    let columns: Vec<Column> = week.stages.iter().map(|stage| column(canvas, stage, zone, now)).collect();
    let (first, shown) = fitting(&columns, usize::from(width).saturating_sub(1));
    let mut rows: [Vec<Span<'static>>; ROWS] = std::array::from_fn(|_| vec![Span::raw(" ")]);
    let mut is_said = false;
    for column in columns.iter().skip(first).take(shown) {
        let wide = column.width() + GAP;
        let label = if column.is_now { Slot::Accent } else { Slot::Text };
        let is_next = !column.is_now && !column.is_past && !columns.iter().any(|column| column.is_now);
        let mark = match () {
            () if column.is_now => canvas.theme.sign("▲ now", "^ now"),
            () if is_next && !is_said => canvas.theme.sign("◂ now", "< now"),
            () => "",
        };
        is_said |= !mark.is_empty();
        let cells = [
            (label, column.label.as_str()),
            (Slot::Dim, column.date.as_str()),
            (column.slot, column.count.as_str()),
            (Slot::Accent, mark),
        ];
        for (row, (slot, text)) in rows.iter_mut().zip(cells) {
            row.push(canvas.span(slot, fit_left(text, wide.max(text.chars().count()))));
        }
    }
    let left_out = columns.len().saturating_sub(first + shown);
    if left_out > 0 {
        rows[0].push(canvas.span(Slot::Dim, format!("+{left_out}")));
    }
    rows.into_iter().map(Line::from).collect()
}

/// Blanks between two columns.
const GAP: usize = 2;

/// The first column shown, and how many are.
fn fitting(columns: &[Column], room: usize) -> (usize, usize) {
    let fits = |from: usize| {
        let mut used = 0;
        let fitting = columns.iter().skip(from).take_while(|column| {
            used += column.width() + GAP;
            used <= room
        });
        fitting.count()
    };
    let n_past = columns.iter().take_while(|column| column.is_past).count();
    // One phase before now stays where it can.
    let most = n_past.saturating_sub(1);
    let first = (0..=most).find(|from| from + fits(*from) >= columns.len()).unwrap_or(most);
    (first, fits(first))
}

fn column(canvas: &Canvas<'_>, stage: &Stage, zone: &Zone, now: DateTime<Utc>) -> Column {
    let phase = &stage.phase;
    let progress = phase.progress;
    let is_done = progress.done == progress.total;
    let is_past = phase.end.is_some_and(|end| end <= now);
    let (slot, sign) = match () {
        () if is_done => (Slot::Good, canvas.theme.sign("✓ ", "+ ")),
        () if stage.n_overdue > 0 => (Slot::Over, canvas.theme.sign("‼ ", "! ")),
        () if stage.is_now => (Slot::Risk, ""),
        () => (Slot::Dim, ""),
    };
    Column {
        label: clip(phase.label.as_str(), LABEL),
        date: date(stage, zone),
        count: format!("{sign}{}/{}", progress.done, progress.total),
        slot,
        is_now: stage.is_now,
        is_past,
    }
}

/// `Sun 15`, `15-21 Nov`, `08:00`.
fn date(stage: &Stage, zone: &Zone) -> String {
    let (start, end) = (stage.phase.start, stage.phase.end);
    let last = |end| zone.local(minus(end, TimeDelta::seconds(1))).date();
    match (stage.phase.when, start, end) {
        (Some(When::Hours(_)), _, Some(end)) => zone.local(end).format("%H:%M").to_string(),
        (Some(When::Days(span)), Some(start), Some(_)) if span.first == span.last => {
            zone.local(start).format("%a %-d").to_string()
        }
        (Some(When::Days(_)), Some(start), Some(end)) => {
            format!("{}-{}", zone.local(start).format("%-d"), last(end).format("%-d %b"))
        }
        (_, None, Some(end)) => format!("by {}", last(end).format("%-d %b")),
        (_, Some(start), None) => format!("from {}", zone.local(start).format("%-d %b")),
        _ => String::new(),
    }
}

/// The strip in two lines of little cells, for the pane at a glance.
pub fn cells(canvas: &Canvas<'_>, week: &Week, width: u16, now: DateTime<Utc>) -> Vec<Line<'static>> {
    let short = |stage: &Stage| match stage.phase.when {
        Some(When::Days(span)) if span.first == span.last && span.first == 0 => "0".to_owned(),
        Some(When::Days(span)) if span.first == span.last => format!("{:+}", span.first),
        Some(When::Days(span)) => format!("{:+}..{:+}", span.first, span.last),
        _ => clip(stage.phase.label.as_str(), 8),
    };
    let columns: Vec<Column> = week
        .stages
        .iter()
        .map(|stage| Column {
            label: short(stage),
            date: "  ".to_owned(),
            count: String::new(),
            ..column(canvas, stage, &Zone::utc(), now)
        })
        .collect();
    let (first, shown) = fitting(&columns, usize::from(width));
    let (mut numbers, mut cells) = (Vec::new(), Vec::new());
    for (stage, column) in week.stages.iter().zip(&columns).skip(first).take(shown) {
        let wide = column.width();
        let sign = if column.is_now { canvas.theme.sign("▸", ">") } else { " " };
        let slot = if column.is_now { Slot::Accent } else { Slot::Dim };
        numbers.push(canvas.span(slot, format!("{sign}{} ", fit_left(&column.label, wide))));
        let (slot, sign) = cell(canvas, stage, column);
        cells.push(canvas.span(slot, format!(" {} ", sign.repeat(wide))));
    }
    vec![Line::from(numbers), Line::from(cells)]
}

fn cell(canvas: &Canvas<'_>, stage: &Stage, column: &Column) -> (Slot, &'static str) {
    let progress = stage.phase.progress;
    match (progress.done == progress.total, progress.done > 0) {
        (true, _) => (Slot::Good, canvas.theme.sign("█", "#")),
        (false, true) if column.is_past => (Slot::Over, canvas.theme.sign("▓", "=")),
        (false, true) => (Slot::Risk, canvas.theme.sign("▓", "=")),
        (false, false) if column.is_past => (Slot::Over, canvas.theme.sign("░", ".")),
        (false, false) => (if column.is_now { Slot::Risk } else { Slot::Border }, canvas.theme.sign("░", ".")),
    }
}
