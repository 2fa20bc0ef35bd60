//! Draws the release at a glance: one pane of five, or one line.
//!
//! ```text
//! ╭ 4 Release 4.9.9 ─────────────────── T-2 ╮
//! │  T-0 Sun 22 Nov 10:00 Europe/Berlin     │
//! │  -7 -5 -3▸-2 -1  0 +1 +3 +7             │
//! │  ██ ██ ▓▓ ▓▓ ░░ ░░ ░░ ░░ ░░             │
//! │  27 of 41 done · 2 due today · 1 overdue│
//! │  announce T-2: administrators  due, 20h │
//! │  NO GO: 4 reasons                       │
//! ╰─────────────────────────────────────────╯
//! ```

use chrono::{DateTime, Utc};
use ratatui::{
    layout::Rect,
    text::{Line, Span},
};

use crate::{
    domain::{
        host::{RefChecks, Standing},
        release::{Release, phase_label, rollback::Stage, week::State as Stands},
    },
    text::{clip, clip_words},
    tui::{
        Model,
        canvas::{Canvas, spread},
        release::{
            after, gate, list, strip,
            view::{announcement, bar, day_line, pressing, verdict_words, why_empty},
        },
        theme::Slot,
    },
};

/// Refs that have a line of their own in the pane.
const CHECKS: usize = 3;

/// Draws the pane among others.
pub fn render(canvas: &mut Canvas<'_>, inside: Rect, release: &Release, model: &Model, now: DateTime<Utc>) {
    let week = &model.release.sheet.week;
    let mut lines: Vec<Line<'static>> = after::view::banner(canvas, model, inside.width, now).into_iter().collect();
    lines.extend(day_line(canvas, release, inside.width, now).map(Line::from));
    if week.stages.len() > 1 {
        lines.extend(strip::view::cells(canvas, week, inside.width, now));
    } else {
        lines.push(bar(canvas, model, inside.width));
    }
    lines.push(progress_line(canvas, model, inside.width));
    lines.extend(baking(canvas, model, inside.width, now));
    lines.extend(announcement(canvas, model, inside.width, now));
    lines.extend(model.floor.checks().take(CHECKS).map(|checks| self::checks(canvas, checks, inside.width)));
    let height = usize::from(inside.height);
    let signed = gate::view::sign_offs(canvas, model, inside.width);
    let room = height.saturating_sub(lines.len() + 1 + usize::from(signed.is_some()));
    lines.extend(due_lines(canvas, release, model, inside.width, room, now));
    lines.extend(signed);
    if lines.len() + 2 <= height {
        lines.push(Line::default());
    }
    lines.truncate(height.saturating_sub(1));
    let (slot, words) = verdict_words(release, model, now);
    lines.push(Line::from(canvas.span(slot, format!(" {words}"))));
    for (row, line) in lines.iter().enumerate() {
        canvas.line(inside, row as u16, line);
    }
}

/// How the checks of one ref stand: a sign, a word, the counts.
fn checks(canvas: &Canvas<'_>, checks: &RefChecks, width: u16) -> Line<'static> {
    let standing = checks.standing();
    let (slot, unicode, ascii) = match standing {
        Standing::Failed => (Slot::Over, "✗", "x"),
        Standing::Unknown => (Slot::Risk, "?", "?"),
        Standing::Pending => (Slot::Dim, "…", "."),
        Standing::Passed => (Slot::Good, "✓", "+"),
        Standing::None => (Slot::Dim, "-", "-"),
    };
    let sign = canvas.theme.sign(unicode, ascii);
    let of = format!("{}@{} ", checks.repo.short(), checks.name);
    let counts = checks.words();
    let room = usize::from(width).saturating_sub(of.len() + 4);
    Line::from(vec![
        canvas.span(slot, format!(" {sign} ")),
        canvas.span(Slot::Text, of),
        canvas.span(slot, clip(&counts, room)),
    ])
}

fn progress_line(canvas: &Canvas<'_>, model: &Model, width: u16) -> Line<'static> {
    let progress = model.release.sheet.week.progress;
    let is_narrow = width < 48;
    let done = if is_narrow {
        format!("{}/{} done", progress.done, progress.total)
    } else {
        format!("{} of {} done", progress.done, progress.total)
    };
    let mut runs = vec![canvas.span(Slot::Text, done)];
    runs.extend(pressing(canvas, model, is_narrow));
    let mut spans = vec![Span::raw(" ")];
    spans.extend(canvas.dotted(runs));
    Line::from(spans)
}

/// While it is watched: how long it still is, where nothing shouts.
fn baking(canvas: &Canvas<'_>, model: &Model, width: u16, now: DateTime<Utc>) -> Option<Line<'static>> {
    let watch = model.floor.rollback().filter(|it| it.stage == Stage::Baking && !it.is_waiting())?;
    let said = clip(&watch.line(now), usize::from(width).saturating_sub(2));
    Some(Line::from(canvas.span(Slot::Risk, format!(" {said}"))))
}

/// What stands in the way, the worst first: blockers, what is late, due, running, and what comes next.
fn due_lines(
    canvas: &Canvas<'_>,
    release: &Release,
    model: &Model,
    width: u16,
    room: usize,
    now: DateTime<Utc>,
) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    let cross = canvas.theme.sign("✗", "x");
    for key in release.blockers.iter().take(room) {
        let title = model.floor.queue().find(key).map(|e| e.incident.title.as_str()).unwrap_or_default();
        let short = key.short();
        let room = usize::from(width).saturating_sub(short.len() + 14);
        let left = vec![
            canvas.span(Slot::Over, format!(" {cross} {short} ")),
            canvas.span(Slot::Text, clip_words(title, room)),
        ];
        lines.push(spread(left, vec![canvas.span(Slot::Over, "blocker ")], width));
    }
    let sheet = &model.release.sheet;
    let courses = sheet.courses(&model.floor);
    let rows = || sheet.week.rows.iter();
    let presses = |state| matches!(state, Stands::Overdue | Stands::Contradicted | Stands::Due | Stands::Running);
    let today = sheet.week.today.iter().filter_map(|at| sheet.week.rows.get(*at)).filter(|row| presses(row.state));
    let later = rows().filter(|row| row.state == Stands::Later);
    for row in today.chain(later).take(room.saturating_sub(lines.len())) {
        let Some(course) = courses.get(row.course) else { continue };
        let Some(step) = course.plan.steps.get(row.step) else { continue };
        lines.push(list::view::brief(canvas, (course, step, row), width, now));
    }
    lines
}

/// The release in one line.
pub fn one_line(canvas: &Canvas<'_>, model: &Model, now: DateTime<Utc>) -> Vec<Span<'static>> {
    let Some(release) = model.floor.release() else {
        let (slot, lines) = why_empty(model);
        return vec![canvas.span(slot, lines.first().cloned().unwrap_or_default())];
    };
    let progress = model.release.sheet.week.progress;
    let phase = release.phase_today(now).map(|p| format!(" {}", phase_label(p))).unwrap_or_default();
    let verdict = verdict_words(release, model, now);
    let mut runs = vec![
        canvas.span(Slot::Text, format!("{}{phase}", clip(release.name.as_str(), 16)).trim().to_owned()),
        canvas.span(verdict.0, verdict.1),
        canvas.span(Slot::Text, format!("{}/{}", progress.done, progress.total)),
    ];
    if let Some(watch) = model.floor.rollback().filter(|watch| watch.is_waiting()) {
        let sign = canvas.theme.sign("‼", "!!");
        runs.insert(1, canvas.span(Slot::Over, format!("{sign} {}", watch.line(now))));
    }
    runs.extend(pressing(canvas, model, false));
    runs.retain(|run| !run.content.is_empty());
    canvas.dotted(runs)
}
