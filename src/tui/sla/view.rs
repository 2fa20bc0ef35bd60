//! Draws the promises: the matrix and the next deadlines; zoomed, both clocks of every incident with their evidence.
//!
//! ```text
//! ╭ 2 SLA ───────────────────────────────╮
//! │         open  risk  over    kept 30d │
//! │  P0        1     –     1      97.1 % │
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
        alert::alarm::Alarm,
        priority::Grade,
        sla::{Clock, ClockState, WhichClock},
        time::short_span,
    },
    floor::{
        entry::Entry,
        tally::{self, Spread},
    },
    text::{clip_words, counted, fit_left, fit_right, grouped},
    tui::{
        Model, Pane,
        alerts::sign,
        canvas::{Canvas, spread},
        detail,
        sla::plan::view::{CLOCK, HEAD, MATRIX, bar_width, is_compact, parts},
        theme::Slot,
        words,
    },
};

/// Draws the pane.
pub fn render(canvas: &mut Canvas<'_>, area: Rect, model: &Model, now: DateTime<Utc>) {
    // Zoomed, the list is that of the incidents: its section is said, for the same keys change it here.
    let section = if model.is_zoomed && model.focus == Pane::Sla { model.queue.says() } else { String::new() };
    let inside = canvas.pane_frame(area, Pane::Sla, &section, Vec::new(), model.focus == Pane::Sla);
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
    let tail = if is_wide { "   kept 30d" } else { "" };
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
            spans.push(canvas.span(Slot::Text, format!("{:>11}", words::percent(counts.kept()))));
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
    let running: Vec<&Entry> = running.take(room).collect();
    // As wide as the longest key where there is room for it: two that are cut alike are not told apart.
    let longest = running.iter().map(|entry| entry.incident.key.short().len()).max().unwrap_or_default();
    let columns = longest.min(usize::from(width).saturating_sub(24)).max(11);
    let mut lines = Vec::new();
    for (i, entry) in running.into_iter().enumerate() {
        let pressing = entry.pressing(now);
        let slot = words::state_slot(pressing.state);
        let head = if i == 0 { " next " } else { "      " };
        let left = pressing.left.map(crate::domain::time::near_span).unwrap_or_default();
        let mut spans = vec![
            canvas.span(Slot::Dim, head),
            canvas.span(slot, fit_right(&left, 7)),
            canvas.span(Slot::Text, format!("  {}", fit_left(&words::key(&entry.incident.key, columns), columns))),
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

/// Every incident with both clocks; beside or below, why the clocks of the one under the cursor say what they say.
fn zoomed(canvas: &mut Canvas<'_>, area: Rect, model: &Model, now: DateTime<Utc>) {
    let (list, evidence) = parts(area);
    if is_compact(area) {
        let line = Line::from(canvas.dotted(trouble(canvas, model)));
        canvas.line(Rect { x: area.x + 1, width: area.width.saturating_sub(1), ..area }, 0, &line);
        let means = means(canvas, model, area.width >= 90).into_iter().map(|line| line.spans);
        let means: Vec<Vec<Span<'static>>> = means.collect();
        canvas.line(area, 1, &Line::from(means.join(&Span::raw("  "))));
    } else {
        let upper = Rect { height: HEAD - 1, width: MATRIX.min(area.width), ..area };
        matrix(canvas, upper, model);
        let side = Rect { x: area.x + MATRIX + 3, width: area.width - MATRIX - 3, height: HEAD - 1, ..area };
        for (i, line) in definitions(canvas, model).iter().enumerate() {
            canvas.line(side, i as u16, line);
        }
    }
    clocks(canvas, list, model, now);
    let is_below = evidence.y > list.y;
    if is_below {
        let flat = canvas.theme.sign("─", "-").repeat(usize::from(area.width));
        canvas.text(evidence, 0, Slot::Border, &flat);
    } else {
        for row in 0..evidence.height {
            let line = Line::from(canvas.span(Slot::Border, canvas.theme.sign("│", "|")));
            canvas.at(evidence.x, evidence.y + row, 1, &line);
        }
    }
    let inner = if is_below {
        Rect {
            x: evidence.x + 1,
            y: evidence.y + 1,
            width: evidence.width.saturating_sub(1),
            height: evidence.height.saturating_sub(1),
        }
    } else {
        Rect { x: evidence.x + 2, width: evidence.width.saturating_sub(2), ..evidence }
    };
    if let Some(entry) = model.queue.entry(&model.floor) {
        why(canvas, inner, entry, model, now);
    }
}

/// The incident, both clocks, and each step with the event, who caused it and the rule.
fn why(canvas: &mut Canvas<'_>, area: Rect, entry: &Entry, model: &Model, now: DateTime<Utc>) {
    let key = words::key(&entry.incident.key, 24);
    let title = clip_words(entry.incident.title.as_str(), usize::from(area.width).saturating_sub(key.len() + 3));
    let mut lines =
        vec![Line::from(vec![canvas.span(Slot::Accent, format!("{key}  ")), canvas.span(Slot::Heading, title)])];
    lines.extend(detail::view::clocks(canvas, entry, model, now));
    if area.height >= 9 {
        lines.push(Line::default());
    }
    let steps = detail::view::evidence(canvas, entry, model, now);
    let room = usize::from(area.height).saturating_sub(lines.len());
    let skipped = if steps.len() > room { steps.len() - room.saturating_sub(1) } else { 0 };
    if skipped > 0 {
        let text = format!("{} earlier, enter shows all", counted(skipped, "step", "steps"));
        lines.push(Line::from(canvas.span(Slot::Dim, text)));
    }
    // The last steps say why a clock stands where it stands.
    lines.extend(steps.into_iter().skip(skipped));
    for (i, line) in lines.iter().take(usize::from(area.height)).enumerate() {
        canvas.line(area, i as u16, line);
    }
}

fn definitions(canvas: &Canvas<'_>, model: &Model) -> Vec<Line<'static>> {
    let tally = model.floor.queue().tally();
    let mut lines = means(canvas, model, true);
    if model.floor.knows_incidents() {
        let text = format!(" MTTR leaves out the {} still open", grouped(tally.open));
        lines.push(Line::from(canvas.span(Slot::Dim, text)));
    }
    for text in [
        "MTTA: opened in 30 d, to the team's first act",
        "MTTR: closed in 30 d, from opening, not cancelled",
        "kept: of promises settled in 30 d or broken now",
    ] {
        lines.push(Line::from(canvas.span(Slot::Dim, format!(" {text}"))));
    }
    lines
}

fn clocks(canvas: &mut Canvas<'_>, area: Rect, model: &Model, now: DateTime<Utc>) {
    let bar = bar_width(area.width);
    let cell = CLOCK + bar;
    let head = format!("     {:<12}{:<cell$}{:<cell$}{}", "incident", "response", "fix", "title");
    canvas.text(area, 0, Slot::Dim, &head);
    let list = Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area };
    let state = &model.queue;
    if state.rows.is_empty() {
        canvas.text(list, 0, Slot::Dim, "     nothing to show");
    }
    let page = usize::from(list.height);
    let top = state.cursor.at.saturating_sub(page.saturating_sub(1)).max(state.cursor.top.min(state.cursor.at));
    for row in 0..page.min(state.rows.len().saturating_sub(top)) {
        let line = match (state.entry_at(top + row, &model.floor), state.heading_at(top + row)) {
            (Some(entry), _) => clock_row(canvas, entry, list.width, bar, now),
            (None, Some(heading)) => {
                let text = format!("{}  {}", heading.name, grouped(heading.n));
                Line::from(canvas.span(Slot::Heading, format!(" {text}")))
            }
            (None, None) => match state.alarm_at(top + row) {
                Some(alarm) => alarm_row(canvas, alarm, model, now),
                None => continue,
            },
        };
        canvas.line(list, row as u16, &line);
        if top + row == state.cursor.at {
            let style = canvas.style(Slot::Selection);
            canvas.tint(Rect { y: list.y + row as u16, height: 1, ..list }, style);
        }
    }
    canvas.scroll_mark(Rect { width: list.width.saturating_sub(1), ..list }, top, state.rows.len());
}

/// An alert has no clocks: its name, and how it stands.
fn alarm_row(canvas: &Canvas<'_>, alarm: &Alarm, model: &Model, now: DateTime<Utc>) -> Line<'static> {
    let name = crate::text::clip(alarm.alert.rule.as_str(), 30);
    let age = sign::figure(alarm, &model.floor.zone, now);
    Line::from(vec![
        canvas.span(sign::slot(alarm), format!(" {}   {name}  {} {age}", sign::sign(canvas, alarm), alarm.word())),
        canvas.span(Slot::Dim, format!("  {}{}", sign::origin(alarm, now), alarm.line())),
    ])
}

fn clock_row(canvas: &Canvas<'_>, entry: &Entry, width: u16, bar: usize, now: DateTime<Utc>) -> Line<'static> {
    let grade = entry.verdict.grade;
    let mut spans = vec![
        canvas.span(words::grade_slot(grade), format!(" {:<3} ", grade.word())),
        canvas.span(Slot::Text, fit_left(&words::key(&entry.incident.key, 11), 12)),
    ];
    for which in [WhichClock::Response, WhichClock::Fix] {
        let clock = entry.clock(which);
        let state = clock.state_at(now);
        if !entry.is_known(which) {
            spans.push(canvas.span(Slot::Stale, fit_left("unknown", CLOCK + bar)));
            continue;
        }
        let figure = match (state, clock.stopped_at) {
            (ClockState::Met | ClockState::Missed, Some(_)) => clock.span(clock.elapsed),
            _ => words::clock_figure(state, clock.left(now)),
        };
        let slot = words::state_slot(state);
        let word = match state {
            ClockState::Breached => "over",
            ClockState::BestEffort => "",
            ClockState::Paused => "",
            state => state.word(),
        };
        spans.push(canvas.span(slot, format!("{word:<9}{} ", fit_right(&figure, words::FIGURE_WIDTH))));
        if bar > 0 {
            spans.extend(used_bar(canvas, clock, state, bar - 1, now));
            spans.push(Span::raw(" "));
        }
        spans.push(Span::raw("  "));
    }
    let used: usize = spans.iter().map(Span::width).sum();
    let title = clip_words(entry.incident.title.as_str(), usize::from(width).saturating_sub(used + 2));
    spans.push(canvas.span(Slot::Dim, title));
    spread(spans, Vec::new(), width)
}

/// How much of the promised time is used; blank where nothing was promised, and once the clock has stopped.
fn used_bar(
    canvas: &Canvas<'_>,
    clock: &Clock,
    state: ClockState,
    width: usize,
    now: DateTime<Utc>,
) -> Vec<Span<'static>> {
    let is_running = matches!(state, ClockState::Ok | ClockState::AtRisk | ClockState::Breached | ClockState::Paused);
    let Some(share) = clock.used(now).filter(|_| is_running) else {
        return vec![Span::raw(" ".repeat(width))];
    };
    let slot = if state == ClockState::Ok { Slot::Spark } else { words::state_slot(state) };
    words::meter(canvas, share, width, slot)
}

/// The promises in one line.
pub fn one_line(canvas: &Canvas<'_>, model: &Model, now: DateTime<Utc>) -> Vec<Span<'static>> {
    let mut runs = trouble(canvas, model);
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

/// What is over and at risk, a run a priority; that all is well, or not known, where there is nothing.
fn trouble(canvas: &Canvas<'_>, model: &Model) -> Vec<Span<'static>> {
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
    runs
}
