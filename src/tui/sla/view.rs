//! Draws the promises: the matrix and the next deadlines; zoomed, both clocks of every incident with their evidence.
//!
//! ```text
//! ╭ 2 SLA ───────────────────────────────╮
//! │         open  risk  over  in time 30d│
//! │  P0        1     –     1       97.1 %│
//! │  next   38m  api#799   respond       │
//! │  MTTA 12m median, 31m mean, n 44     │
//! ╰──────────────────────────────────────╯
//! ```

use chrono::{DateTime, Utc};
use ratatui::{
    layout::Rect,
    text::{Line, Span},
};

use crate::{
    domain::{
        priority::Grade,
        sla::{ClockState, WhichClock},
        time::short_span,
    },
    floor::{
        entry::Entry,
        tally::{self, Spread},
    },
    text::{clip_words, fit_left, fit_right, grouped},
    tui::{
        Model, Pane,
        canvas::{Canvas, spread},
        detail,
        theme::Slot,
        words,
    },
};

/// Draws the pane.
pub fn render(canvas: &mut Canvas<'_>, area: Rect, model: &Model, now: DateTime<Utc>) {
    let inside = canvas.pane_frame(area, Pane::Sla, "", Vec::new(), model.focus == Pane::Sla);
    if model.is_zoomed && inside.width >= 60 && inside.height >= 14 {
        zoomed(canvas, inside, model, now);
        return;
    }
    let mut row = matrix(canvas, inside, model);
    let stats = means(canvas, model, inside.width >= 46);
    let for_stats = if inside.height >= row + 5 { stats.len() as u16 } else { 0 };
    let for_next = inside.height.saturating_sub(row + for_stats + 1);
    for line in next_deadlines(canvas, model, usize::from(for_next), inside.width, now) {
        row += 1;
        canvas.line(inside, row, &line);
    }
    if for_stats > 0 {
        for (i, line) in stats.iter().enumerate() {
            canvas.line(inside, inside.height - for_stats + i as u16, line);
        }
    }
}

/// The matrix; returns the first free row.
fn matrix(canvas: &mut Canvas<'_>, area: Rect, model: &Model) -> u16 {
    let tally = model.floor.queue().tally();
    let is_wide = area.width >= 36;
    let tail = if is_wide { " in time 30d" } else { "" };
    canvas.text(area, 0, Slot::Dim, &format!("        {:>6}{:>6}{:>6}{tail}", "open", "risk", "over"));
    let mut row = 1;
    for grade in Grade::ALL {
        let counts = tally::row(tally, grade);
        let word = if grade == Grade::Untriaged { "triage" } else { grade.word() };
        let is_known = model.floor.knows_incidents();
        let figure = |n: usize, slot: Slot| {
            if !is_known {
                canvas.span(Slot::Stale, format!("{:>6}", "?"))
            } else if n == 0 {
                canvas.span(Slot::Dim, format!("{:>6}", "–"))
            } else {
                canvas.span(slot, fit_right(&grouped(n), 6))
            }
        };
        let mut spans = vec![
            canvas.span(words::grade_slot(grade), format!(" {word:<7}")),
            figure(counts.open, Slot::Text),
            figure(counts.at_risk, Slot::Risk),
            figure(counts.over, Slot::Over),
        ];
        if is_wide {
            spans.push(canvas.span(Slot::Text, format!("{:>12}", words::percent(counts.in_time()))));
        }
        let line = Line::from(spans);
        canvas.line(area, row, &line);
        row += 1;
    }
    row
}

fn next_deadlines(
    canvas: &Canvas<'_>,
    model: &Model,
    room: usize,
    width: u16,
    now: DateTime<Utc>,
) -> Vec<Line<'static>> {
    let queue = model.floor.queue();
    let running = queue
        .order()
        .iter()
        .filter_map(|place| queue.entry(*place))
        .filter(|entry| matches!(entry.pressing(now).state, ClockState::Ok | ClockState::AtRisk));
    let mut lines = Vec::new();
    for (i, entry) in running.take(room).enumerate() {
        let pressing = entry.pressing(now);
        let slot = words::state_slot(pressing.state);
        let head = if i == 0 { " next " } else { "      " };
        let left = pressing.left.map(crate::domain::time::near_span).unwrap_or_default();
        let mut spans = vec![
            canvas.span(Slot::Dim, head),
            canvas.span(slot, fit_right(&left, 7)),
            canvas.span(Slot::Text, format!("  {}", fit_left(&words::key(&entry.incident.key, 11), 11))),
            canvas.span(Slot::Dim, format!(" {:<7}", words::clock_word(pressing.clock, entry.verdict.grade))),
        ];
        let used: usize = spans.iter().map(Span::width).sum();
        let room = usize::from(width).saturating_sub(used + 3);
        if room >= 14 {
            let title = clip_words(entry.incident.title.as_str(), room);
            spans.push(canvas.span(Slot::Dim, format!("  {title}")));
        }
        lines.push(Line::from(spans));
    }
    lines
}

/// MTTA and MTTR with what they are of. Nothing to measure is said, never shown as zero.
fn means(canvas: &Canvas<'_>, model: &Model, with_mean: bool) -> Vec<Line<'static>> {
    let tally = model.floor.queue().tally();
    if !model.floor.knows_incidents() {
        return vec![Line::from(canvas.span(Slot::Stale, " MTTA, MTTR: not known, nothing heard yet"))];
    }
    let figure = |name: &str, spread: Spread, what: &str| {
        let mut spans = vec![canvas.span(Slot::Dim, format!(" {name} "))];
        match (spread.median, spread.mean) {
            (Some(median), Some(mean)) => {
                spans.push(canvas.span(Slot::Text, format!("{} median", short_span(median))));
                let mean = if with_mean { format!(", {} mean", short_span(mean)) } else { String::new() };
                spans.push(canvas.span(Slot::Dim, format!("{mean}, n {}", spread.n)));
            }
            _ => spans.push(canvas.span(Slot::Dim, format!("– {what}"))),
        }
        Line::from(spans)
    };
    vec![figure("MTTA", tally.ack, "no first response in 30 d"), figure("MTTR", tally.fix, "nothing closed in 30 d")]
}

/// Every incident with both clocks; below, the evidence of the one under the cursor.
fn zoomed(canvas: &mut Canvas<'_>, area: Rect, model: &Model, now: DateTime<Utc>) {
    let matrix_width = 48.min(area.width);
    let upper = Rect { height: 6, width: matrix_width, ..area };
    matrix(canvas, upper, model);
    if area.width >= matrix_width + 44 {
        let side = Rect { x: area.x + matrix_width + 2, width: area.width - matrix_width - 2, height: 6, ..area };
        for (i, line) in definitions(canvas, model).iter().enumerate() {
            canvas.line(side, i as u16, line);
        }
    }
    let rest = Rect { y: area.y + 7, height: area.height - 7, ..area };
    let evidence_height = (rest.height / 2).min(14);
    let list = Rect { height: rest.height - evidence_height, ..rest };
    clocks(canvas, list, model, now);
    if let Some(entry) = model.queue.entry(&model.floor) {
        let below = Rect { y: list.bottom(), height: evidence_height, ..rest };
        let flat = canvas.theme.sign("─", "-").repeat(usize::from(area.width));
        canvas.text(below, 0, Slot::Border, &flat);
        let inner = Rect { y: below.y + 1, height: below.height.saturating_sub(1), ..below };
        for (i, line) in detail::view::evidence(canvas, entry, model, now).iter().enumerate() {
            canvas.line(inner, i as u16, line);
        }
    }
}

fn definitions(canvas: &Canvas<'_>, model: &Model) -> Vec<Line<'static>> {
    let tally = model.floor.queue().tally();
    let mut lines = means(canvas, model, true);
    let open = format!("n {} closed, {} still open", tally.fix.n, grouped(tally.open));
    lines.push(Line::from(canvas.span(Slot::Dim, format!(" {open}"))));
    for text in [
        "MTTA: opened in 30 d, opening to the team's first act",
        "MTTR: closed in 30 d, opening to close, cancelled left out",
        "in time: clocks that stopped in 30 d, met of all",
    ] {
        lines.push(Line::from(canvas.span(Slot::Dim, format!(" {text}"))));
    }
    lines
}

fn clocks(canvas: &mut Canvas<'_>, area: Rect, model: &Model, now: DateTime<Utc>) {
    let head = format!("     {:<12}{:<9}{:>12}   {:<9}{:>12}   {}", "incident", "response", "", "fix", "", "title");
    canvas.text(area, 0, Slot::Dim, &head);
    let list = Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area };
    let state = &model.queue;
    let page = usize::from(list.height);
    // The page of the incidents list is longer than this one: follow the cursor, not its page.
    let top = state.cursor.at.saturating_sub(page.saturating_sub(1)).max(state.cursor.top.min(state.cursor.at));
    for (row, place) in state.rows.iter().skip(top).take(page).enumerate() {
        let Some(entry) = model.floor.queue().entry(*place) else { continue };
        let line = clock_row(canvas, entry, list.width, now);
        canvas.line(list, row as u16, &line);
        if top + row == state.cursor.at {
            let style = canvas.style(Slot::Selection);
            canvas.tint(Rect { y: list.y + row as u16, height: 1, ..list }, style);
        }
    }
    canvas.scroll_mark(list, top, state.rows.len());
}

fn clock_row(canvas: &Canvas<'_>, entry: &Entry, width: u16, now: DateTime<Utc>) -> Line<'static> {
    let grade = entry.verdict.grade;
    let mut spans = vec![
        canvas.span(words::grade_slot(grade), format!(" {:<3} ", grade.word())),
        canvas.span(Slot::Text, fit_left(&words::key(&entry.incident.key, 11), 12)),
    ];
    for which in [WhichClock::Response, WhichClock::Fix] {
        let clock = entry.clock(which);
        let state = clock.state_at(now);
        if !entry.is_known(which) {
            spans.push(canvas.span(Slot::Stale, format!("{:<9}{}   ", "unknown", " ".repeat(words::FIGURE_WIDTH))));
            continue;
        }
        let figure = match (state, clock.stopped_at) {
            (ClockState::Met | ClockState::Missed, Some(_)) => short_span(clock.elapsed),
            _ => words::clock_figure(state, clock.left(now)),
        };
        let slot = words::state_slot(state);
        let word = match state {
            ClockState::Breached => "over",
            ClockState::BestEffort => "",
            ClockState::Paused => "",
            state => state.word(),
        };
        spans.push(canvas.span(slot, format!("{word:<9}{}   ", fit_right(&figure, words::FIGURE_WIDTH))));
    }
    let used: usize = spans.iter().map(Span::width).sum();
    let title = clip_words(entry.incident.title.as_str(), usize::from(width).saturating_sub(used + 1));
    spans.push(canvas.span(Slot::Dim, title));
    spread(spans, Vec::new(), width)
}

/// The promises in one line.
pub fn one_line(canvas: &Canvas<'_>, model: &Model, now: DateTime<Utc>) -> Vec<Span<'static>> {
    let tally = model.floor.queue().tally();
    let mut runs = Vec::new();
    for grade in Grade::ALL {
        let counts = tally::row(tally, grade);
        let word = if grade == Grade::Untriaged { "triage" } else { grade.word() };
        let text = match (counts.over, counts.at_risk) {
            (0, 0) => continue,
            (over, 0) => format!("{word} {} over", grouped(over)),
            (0, risk) => format!("{word} {} at risk", grouped(risk)),
            (over, risk) => format!("{word} {} over, {} at risk", grouped(over), grouped(risk)),
        };
        runs.push(canvas.span(if counts.over > 0 { Slot::Over } else { Slot::Risk }, text));
    }
    if runs.is_empty() && !model.floor.knows_incidents() {
        runs.push(canvas.span(Slot::Stale, "nothing heard yet"));
    } else if runs.is_empty() {
        runs.push(canvas.span(Slot::Good, "all in time"));
    }
    let queue = model.floor.queue();
    let next = queue
        .order()
        .iter()
        .filter_map(|place| queue.entry(*place))
        .find(|e| matches!(e.pressing(now).state, ClockState::Ok | ClockState::AtRisk));
    if let Some(entry) = next {
        let left = entry.pressing(now).left.map(crate::domain::time::near_span).unwrap_or_default();
        runs.push(canvas.span(Slot::Text, format!("next {left} {}", entry.incident.key.short())));
    }
    canvas.dotted(runs)
}
