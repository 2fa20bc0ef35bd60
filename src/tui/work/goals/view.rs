//! Draws the goals.
//!
//! ```text
//! ✗ missed     no old P1          3          ≤ 0        ▁▁▃▅▇  ana.k
//! ✓ met        time to repair     2d 4h      ≤ 14d      ▃▂▁▁▂  kai.n  by 1 Dec
//! ─ no old P1 ────────────────────────────────────────────────────────
//!   open over 14d: 3, at most 0
//! ```

use chrono::{DateTime, Utc};
use ratatui::{
    layout::Rect,
    text::{Line, Span},
};

use super::list_rows;
use crate::{
    domain::{
        goal::{
            Goal, Target, Window,
            judge::{Month, Standing, Verdict, Went},
        },
        time::short_span,
    },
    text::{Text, clip, fit_left, fit_right},
    tui::{
        Model,
        canvas::{Canvas, wrap},
        theme::Slot,
        words,
        work::State,
    },
};

/// Months in the trend of a row.
const TREND: usize = 7;

/// Draws the list and what the selected one is made of.
pub fn render(canvas: &mut Canvas<'_>, area: Rect, state: &State, model: &Model, now: DateTime<Utc>) {
    let rows = state.goals.rows();
    if rows.is_empty() {
        let lines = [
            "no goal in the settings".to_owned(),
            "[[goal]] in watchfloor.toml names a figure and what it should come to".to_owned(),
        ];
        return canvas.note(area, Slot::Dim, &lines);
    }
    let list = Rect { height: list_rows(area.height, rows.len()), ..area };
    let cursor = state.goals.cursor;
    let page = usize::from(list.height);
    for (row, (place, (goal, standing))) in rows.iter().enumerate().skip(cursor.top).take(page).enumerate() {
        let line = one(canvas, goal, standing, list.width);
        canvas.line(list, row as u16, &line);
        if place == cursor.at {
            let style = canvas.style(Slot::Selection);
            canvas.tint(Rect { y: list.y + row as u16, height: 1, ..list }, style);
        }
    }
    canvas.scroll_mark(list, cursor.top, rows.len());
    if let Some((goal, standing)) = rows.get(cursor.at) {
        let below = Rect { y: list.bottom(), height: area.height - list.height, ..area };
        details(canvas, below, goal, standing, model, now);
    }
}

/// A sign and a color of a verdict; the word beside it says the same.
fn verdict_of(canvas: &Canvas<'_>, verdict: Verdict) -> (Slot, &'static str) {
    let sign = |unicode, ascii| canvas.theme.sign(unicode, ascii);
    match verdict {
        Verdict::Met => (Slot::Good, sign("✓", "+")),
        Verdict::OnTheWay => (Slot::Accent, sign("○", "o")),
        Verdict::Missed => (Slot::Over, sign("✗", "x")),
        Verdict::NotJudged => (Slot::Risk, "?"),
    }
}

fn one(canvas: &Canvas<'_>, goal: &Goal, standing: &Standing, width: u16) -> Line<'static> {
    let is_wide = width >= 116;
    let (slot, sign) = verdict_of(canvas, standing.verdict);
    let (name, title, target, owner) = if is_wide { (25, 20, 16, 10) } else { (22, 0, 13, 8) };
    let mut spans = vec![
        canvas.span(slot, format!(" {sign} {:<11} ", standing.verdict.word())),
        canvas.span(Slot::Text, format!("{} ", fit_left(goal.name.as_str(), name))),
    ];
    if is_wide {
        spans.push(canvas.span(Slot::Dim, format!("{} ", fit_left(&goal.figure.title(), title))));
    }
    spans.push(canvas.span(slot, fit_right(&standing.said(&goal.figure), 8)));
    spans.push(canvas.span(Slot::Dim, format!(" {} ", fit_left(&target_of(canvas, goal, standing), target))));
    spans.extend(trend(canvas, standing));
    let whose = goal.owner.as_ref().map_or("", Text::as_str);
    spans.push(canvas.span(Slot::Text, format!(" {}", fit_left(whose, owner))));
    if is_wide {
        let by = goal.by.map(|day| format!("by {}", day.format("%-d %b"))).unwrap_or_default();
        spans.push(canvas.span(Slot::Dim, by));
    }
    Line::from(spans)
}

/// What it should come to, short: `≤ 14d ×2`.
fn target_of(canvas: &Canvas<'_>, goal: &Goal, standing: &Standing) -> String {
    let sign = match goal.target {
        Target::AtMost(_) | Target::Below { .. } => canvas.theme.sign("≤", "<="),
        Target::AtLeast(_) => canvas.theme.sign("≥", ">="),
    };
    let limit = standing.limit.map_or("?".to_owned(), |limit| goal.figure.said(limit));
    match goal.months_running {
        0 => format!("{sign} {limit}"),
        n => format!("{sign} {limit} {}{n}", canvas.theme.sign("×", "x")),
    }
}

/// The last months, the running one at the right, from nothing to the greatest of them; a month without a figure is a gap.
fn trend(canvas: &Canvas<'_>, standing: &Standing) -> Vec<Span<'static>> {
    let from = standing.months.len().saturating_sub(TREND);
    let months: Vec<&Month> = standing.months.iter().skip(from).collect();
    let values = || months.iter().filter_map(|month| month.value).chain(standing.limit);
    let (low, high) = (values().fold(0.0_f64, f64::min), values().fold(0.0_f64, f64::max));
    let mut spans = vec![Span::raw(" ".repeat(TREND.saturating_sub(months.len())))];
    spans.extend(months.into_iter().map(|month| match month.value {
        None => canvas.span(Slot::Border, canvas.theme.sign("╌", "-")),
        Some(value) => {
            let share = if low < high { (value - low) / (high - low) } else { 0.0 };
            canvas.span(month_slot(&month.went), words::column(canvas, share))
        }
    }));
    spans
}

fn month_slot(went: &Went) -> Slot {
    match went {
        Went::Met => Slot::Good,
        Went::Missed => Slot::Over,
        Went::Running => Slot::Accent,
        Went::NotJudged(_) => Slot::Risk,
    }
}

fn details(canvas: &mut Canvas<'_>, area: Rect, goal: &Goal, standing: &Standing, model: &Model, now: DateTime<Utc>) {
    let width = usize::from(area.width);
    let rule = canvas.theme.sign("─", "-");
    let title = clip(goal.name.as_str(), width.saturating_sub(6));
    let used = unicode_width::UnicodeWidthStr::width(title.as_str()).saturating_add(3);
    let head = vec![
        canvas.span(Slot::Border, rule),
        canvas.span(Slot::Accent, format!(" {title} ")),
        canvas.span(Slot::Border, rule.repeat(width.saturating_sub(used))),
    ];
    canvas.line(area, 0, &Line::from(head));
    let room = width.saturating_sub(4).max(20);
    let wrapped = told(canvas, goal, standing, model, now);
    let wrapped = wrapped.iter().flat_map(|(slot, text)| wrap(text, room).into_iter().map(|part| (*slot, part)));
    let mut lines: Vec<Line<'static>> =
        wrapped.map(|(slot, part)| Line::from(canvas.span(slot, format!("  {part}")))).collect();
    // Months that nobody can judge for one and the same reason are said once.
    let mut before: Option<&Text> = None;
    for month in standing.months.iter().rev() {
        let why = if let Went::NotJudged(why) = &month.went { Some(why) } else { None };
        if why.is_none() || why != before {
            lines.push(month_line(canvas, goal, month, room));
        }
        before = why;
    }
    for (row, line) in lines.iter().take(usize::from(area.height.saturating_sub(1))).enumerate() {
        canvas.line(area, row as u16 + 1, line);
    }
}

/// What there is to say of one goal.
fn told(
    canvas: &Canvas<'_>,
    goal: &Goal,
    standing: &Standing,
    model: &Model,
    now: DateTime<Utc>,
) -> Vec<(Slot, String)> {
    let (slot, _) = verdict_of(canvas, standing.verdict);
    let mut lines = Vec::new();
    if !goal.why.is_blank() {
        lines.push((Slot::Text, goal.why.to_string()));
    }
    let figure = format!("{} {}: {}", goal.figure.title(), standing.said(&goal.figure), goal.asks(standing.limit));
    lines.push((slot, figure));
    if !standing.why.is_blank() {
        lines.push((slot, standing.why.to_string()));
    }
    if let Some(baseline) = &standing.baseline {
        let said = baseline.as_ref().map_or_else(|why| format!("not known: {why}"), |value| goal.figure.said(*value));
        lines.push((Slot::Dim, format!("the baseline is {said}")));
    }
    if let Ok(found) = &standing.figure {
        let note = if found.note.is_blank() { String::new() } else { format!("; {}", found.note) };
        lines.push((Slot::Dim, format!("{}, n = {}{note}", over(goal, standing, model, now), found.n)));
    }
    lines.push((Slot::Dim, goal.figure.definition().to_owned()));
    let owner = goal.owner.as_ref().map_or("nobody's".to_owned(), |owner| format!("{owner}'s"));
    let since = goal.since.map(|day| format!("since {day}"));
    let by = goal.by.map(|day| format!("by {day}"));
    let days: Vec<String> = [Some(owner), since, by].into_iter().flatten().collect();
    lines.push((Slot::Dim, days.join(", ")));
    lines
}

fn over(goal: &Goal, standing: &Standing, model: &Model, now: DateTime<Utc>) -> String {
    let span = &standing.span;
    let moment = |at| words::moment(at, &model.floor.zone, now);
    match (&goal.window, span.name.is_empty()) {
        _ if span.from == span.until => format!("as of {}", moment(span.until)),
        (Window::Rolling(length), true) => format!("the last {}", short_span(*length)),
        _ => span.name.clone(),
    }
}

fn month_line(canvas: &Canvas<'_>, goal: &Goal, month: &Month, room: usize) -> Line<'static> {
    let value = month.value.map_or("–".to_owned(), |value| goal.figure.said(value));
    let why = if let Went::NotJudged(why) = &month.went { why.as_str() } else { "" };
    let left = format!("  {}  ", month.span.name);
    let rest = room.saturating_sub(42);
    Line::from(vec![
        canvas.span(Slot::Dim, left),
        canvas.span(month_slot(&month.went), format!("{:<10} {} ", month.went.word(), fit_right(&value, 9))),
        canvas.span(Slot::Dim, format!(" n {:<6} {}", month.n, clip(why, rest))),
    ])
}
