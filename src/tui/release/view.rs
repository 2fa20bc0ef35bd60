//! Draws the release: at a glance the phases, what is due, who signed, the verdict; zoomed, the week as a board.
//!
//! ```text
//! ╭ 4 Release 4.9.9 ──────────────────────────────── T-2 · 27/41 · 1 overdue ╮
//! │ T-0 Sun 22 Nov 10:00 Europe/Berlin, in 2d 6h          NO GO: 4 reasons   │
//! │  T-7     T-3     T-2     T-1     T-0     T+1                             │
//! │  Sun 15  Thu 19  Fri 20  Sat 21  Sun 22  Mon 23                          │
//! │  ✓ 6/6   ‼ 4/5   3/5     0/3     0/4     0/2                             │
//! │                  ▲ now                                                   │
//! │  2 due today · 1 overdue · announce (n): administrators, due, 20h left   │
//! │─ Today · Plan · Gate · After T-0 ────────────────────────────────────────│
//! │ [ ] Dry run of the migrations           cy.o        ✗ overdue 3h         │
//! ╰──────────────────────────────────────────────────────────────────────────╯
//! ```

use chrono::{DateTime, Utc};
use ratatui::{
    layout::Rect,
    text::{Line, Span},
};

use crate::{
    domain::{
        release::{Release, gate::Verdict, phase_label, rollback::Stage},
        time::{between, short_span},
    },
    floor::freshness::Feed,
    text::{clip, clip_words, counted},
    tui::{
        Model, Pane,
        canvas::{Canvas, spread},
        release::{Part, after, after::view::Long, gate, glance, list, strip},
        sources::trouble,
        theme::Slot,
        words,
    },
};

/// The parts of the zoomed board.
struct Board {
    head: Rect,
    list: Rect,
    details: Rect,
    side: Option<Rect>,
}

/// Columns from which a second column stands beside the list.
const WIDE: u16 = 110;

/// Rows of all there is to say of the step under the cursor.
const DETAILS: u16 = 5;

/// The same where rows are few.
const FEW: u16 = 4;

/// Where everything stands in the zoomed pane.
fn board(model: &Model, inside: Rect) -> Board {
    let is_loud = model.floor.rollback().is_some_and(|watch| watch.is_waiting());
    let strip = if inside.height < 14 { 1 } else { strip::view::ROWS as u16 };
    let head = (u16::from(is_loud) + strip + 3).min(inside.height);
    let body = Rect { y: inside.y + head, height: inside.height - head, ..inside };
    let is_wide = inside.width >= WIDE && body.height >= 10;
    let beside = if is_wide { (inside.width * 2 / 5).min(76) } else { 0 };
    let left = Rect { width: body.width - beside, ..body };
    let top = match model.release.part {
        Part::After if !is_wide => watched_rows(model, body.height),
        _ => 0,
    };
    let list = Rect { y: left.y + top, height: left.height - top, ..left };
    let below = if model.release.part == Part::Gate || list.height < 7 {
        0
    } else {
        (if list.height < 16 { FEW } else { DETAILS }).min(list.height - 3)
    };
    let side = is_wide.then(|| Rect { x: left.right() + 1, width: beside - 1, ..body });
    Board {
        head: Rect { height: head, ..inside },
        list: Rect { height: list.height - below, ..list },
        details: Rect { y: list.bottom() - below, height: below, ..list },
        side,
    }
}

/// Rows above the follow-ups: what is watched, at most the half.
fn watched_rows(model: &Model, height: u16) -> u16 {
    let Some(watch) = model.floor.rollback() else { return 2 };
    let n = 2
        + watch.criteria.len()
        + usize::from(watch.is_recommended() && !watch.is_waiting())
        + usize::from(!watch.is_declared)
        + usize::from(watch.decided.is_some());
    (n as u16).min(height / 2)
}

/// Rows of the list on the screen.
pub fn list_rows(model: &Model, area: Rect) -> usize {
    let inside = Rect {
        x: area.x + 1,
        y: area.y + 1,
        width: area.width.saturating_sub(2),
        height: area.height.saturating_sub(2),
    };
    if !model.is_zoomed {
        return usize::from(inside.height);
    }
    let list = board(model, inside).list;
    // The gate's first row is its verdict.
    usize::from(list.height.saturating_sub(u16::from(model.release.part == Part::Gate)))
}

/// Draws the pane.
pub fn render(canvas: &mut Canvas<'_>, area: Rect, model: &Model, now: DateTime<Utc>) {
    let Some(release) = model.floor.release() else {
        let inside = canvas.pane_frame(area, Pane::Release, "", Vec::new(), model.focus == Pane::Release);
        let (slot, lines) = why_empty(model);
        canvas.note(inside, slot, &lines);
        return;
    };
    let title = if release.name.is_blank() { String::new() } else { format!(" {}", clip(release.name.as_str(), 20)) };
    let mut counts: Vec<Span<'static>> = trouble(canvas, model, Feed::Release).into_iter().collect();
    counts.extend(release.phase_today(now).map(|phase| canvas.span(Slot::Text, phase_label(phase))));
    if model.is_zoomed {
        let progress = model.release.sheet.week.progress;
        counts.push(canvas.span(Slot::Text, format!("{} of {} done", progress.done, progress.total)));
    }
    let counts = canvas.dotted(counts);
    let inside = canvas.pane_frame(area, Pane::Release, &title, counts, model.focus == Pane::Release);
    if model.is_zoomed {
        zoomed(canvas, inside, release, model, now);
    } else {
        glance::view::render(canvas, inside, release, model, now);
    }
}

pub(super) fn why_empty(model: &Model) -> (Slot, Vec<String>) {
    match model.floor.sources_of(Feed::Release).next() {
        None => {
            let hint =
                "name one in watchfloor.toml: [release] checklists; looked for RELEASE*.md and release*checklist*.md";
            (Slot::Dim, vec!["no release checklist".to_owned(), hint.to_owned()])
        }
        Some(source) => match &source.trouble {
            Some((trouble, _, why)) => (Slot::Over, vec![format!("checklist {}: {why}", trouble.word())]),
            None => (Slot::Dim, vec!["reading…".to_owned()]),
        },
    }
}

/// `T-0 Sun 22 Nov 10:00 Europe/Berlin, in 2d 6h`.
pub(super) fn day_line(
    canvas: &Canvas<'_>,
    release: &Release,
    width: u16,
    now: DateTime<Utc>,
) -> Option<Span<'static>> {
    let day = release.day?;
    let hour = release.at.map(|at| release.zone.local(at).format(" %H:%M").to_string()).unwrap_or_default();
    let away = release.at.map(|at| {
        let span = short_span(between(now, at));
        if now < at { format!(", in {span}") } else { format!(", {span} ago") }
    });
    let whole = format!(" T-0 {}{hour} {}", words::day(day), release.zone.name());
    let with_away = format!("{whole}{}", away.unwrap_or_default());
    let text = if with_away.chars().count() <= usize::from(width) { with_away } else { whole };
    Some(canvas.span(Slot::Dim, clip(&text, usize::from(width))))
}

/// Progress, where there are no phases to show it by.
pub(super) fn bar(canvas: &Canvas<'_>, model: &Model, width: u16) -> Line<'static> {
    let progress = model.release.sheet.week.progress;
    let share = if progress.total == 0 { 0.0 } else { progress.done as f64 / progress.total as f64 };
    let mut spans = vec![Span::raw(" ")];
    spans.extend(words::bar(canvas, share, usize::from(width).saturating_sub(2).min(40), Slot::Good));
    Line::from(spans)
}

/// What is due and what is late, counted.
pub(super) fn pressing(canvas: &Canvas<'_>, model: &Model, is_narrow: bool) -> Vec<Span<'static>> {
    let week = &model.release.sheet.week;
    let due = if is_narrow { "today" } else { "due today" };
    let mut runs = Vec::new();
    if week.n_due > 0 {
        runs.push(canvas.span(Slot::Risk, format!("{} {due}", week.n_due)));
    }
    if week.n_overdue > 0 {
        runs.push(canvas.span(Slot::Over, format!("{} overdue", week.n_overdue)));
    }
    runs
}

/// The announcement that presses most.
pub(super) fn announcement(
    canvas: &Canvas<'_>,
    model: &Model,
    width: u16,
    now: DateTime<Utc>,
) -> Option<Line<'static>> {
    let sheet = &model.release.sheet;
    let next = sheet.announcements.get(sheet.next_announcement(now)?)?;
    let (slot, _, said) = after::view::pressing(canvas, next, now);
    let head = format!(" announce {}: ", next.when.label());
    let right = format!("{said} ");
    let room = usize::from(width).saturating_sub(head.chars().count() + right.chars().count() + 1);
    let left = vec![canvas.span(Slot::Dim, head), canvas.span(Slot::Text, clip_words(next.name.as_str(), room))];
    Some(spread(left, vec![canvas.span(slot, right)], width))
}

/// The gate's verdict in words, with its slot: "go" is only said when everything it is judged by was heard.
pub(super) fn verdict_words(release: &Release, model: &Model, now: DateTime<Utc>) -> (Slot, String) {
    let Some(outcome) = model.floor.gate() else { return (Slot::Dim, "not judged yet".to_owned()) };
    let n = outcome.reasons.len();
    match outcome.verdict {
        Verdict::Go => (Slot::Good, "GO".to_owned()),
        Verdict::NoGo if release.at.is_some_and(|at| at <= now) => {
            (Slot::Over, format!("NO GO: {} (T-0 is over)", counted(n, "reason", "reasons")))
        }
        Verdict::NoGo => (Slot::Over, format!("NO GO: {}", counted(n, "reason", "reasons"))),
        Verdict::CannotJudge => {
            let first = outcome.doubts().next().map(ToString::to_string).unwrap_or_default();
            let more = if 1 < n { format!(" (and {} more)", n - 1) } else { String::new() };
            (Slot::Risk, format!("COULD NOT JUDGE: {first}{more}"))
        }
    }
}

/// The board over the whole screen.
fn zoomed(canvas: &mut Canvas<'_>, inside: Rect, release: &Release, model: &Model, now: DateTime<Utc>) {
    let board = board(model, inside);
    head(canvas, board.head, release, model, now);
    if model.release.part == Part::After && board.side.is_none() {
        let rows = board.list.y.saturating_sub(board.head.bottom());
        let watched = Rect { y: board.head.bottom(), height: rows, ..inside };
        let lines = after::view::lines(canvas, model, watched.width, Long::Cut, now);
        for (row, line) in lines.iter().enumerate().take(usize::from(rows.saturating_sub(1))) {
            canvas.line(watched, row as u16, line);
        }
        canvas.text(watched, rows.saturating_sub(1), Slot::Heading, " follow-ups");
    }
    match model.release.part {
        Part::Gate => gate::view::render(canvas, board.list, model, Some(model.release.cursor()), now),
        Part::Today | Part::Plan | Part::After => list::view::render(canvas, board.list, model, now),
    }
    if board.details.height > 0 {
        list::view::details(canvas, board.details, model, now);
    }
    if let Some(side) = board.side {
        beside(canvas, side, model, now);
    }
}

/// Day and verdict, the strip, what presses, the parts.
fn head(canvas: &mut Canvas<'_>, area: Rect, release: &Release, model: &Model, now: DateTime<Utc>) {
    let mut lines: Vec<Line<'static>> = after::view::banner(canvas, model, area.width, now).into_iter().collect();
    let n_loud = lines.len();
    let (slot, verdict) = verdict_words(release, model, now);
    let verdict = clip(&verdict, usize::from(area.width / 2));
    let room = usize::from(area.width).saturating_sub(verdict.chars().count() + 3);
    let day = day_line(canvas, release, room as u16, now);
    let day = day.unwrap_or_else(|| canvas.span(Slot::Risk, " no date is set: [release] day, or a milestone"));
    lines.push(spread(vec![day], vec![canvas.span(slot, format!("{verdict} "))], area.width));
    let week = &model.release.sheet.week;
    let n_strip = usize::from(area.height).saturating_sub(n_loud + 3);
    if week.stages.is_empty() {
        lines.push(bar(canvas, model, area.width));
        lines.extend(std::iter::repeat_n(Line::default(), n_strip.saturating_sub(1)));
    } else {
        let strip = strip::view::lines(canvas, week, &release.zone, area.width, now);
        let is_short = n_strip < strip::view::ROWS;
        // One line alone is the counts, with the names of the phases in the plan below.
        lines.extend(strip.into_iter().skip(if is_short { 2 } else { 0 }).take(n_strip));
    }
    let runs = pressing(canvas, model, area.width < 60);
    let mut left = vec![Span::raw(" ")];
    left.extend(canvas.dotted(runs));
    // Nothing stands before the sign, or nothing behind it: then it parts nothing.
    let dot = (left.len() > 1).then(|| canvas.span(Slot::Dim, canvas.theme.sign(" ·", " -")));
    let used: usize = left.iter().chain(&dot).map(Span::width).sum();
    let room = (usize::from(area.width).saturating_sub(used)) as u16;
    if let Some(line) = announcement(canvas, model, room, now) {
        left.extend(dot);
        left.extend(line.spans);
    }
    lines.push(Line::from(left));
    lines.push(tabs(canvas, model, area.width));
    for (row, line) in lines.iter().enumerate() {
        canvas.line(area, row as u16, line);
    }
}

/// `─ Today · Plan · Gate · After T-0 ─────`.
fn tabs(canvas: &Canvas<'_>, model: &Model, width: u16) -> Line<'static> {
    let flat = canvas.theme.sign("─", "-");
    let title = |part: Part| {
        let is_here = part == model.release.part;
        // The colour alone would not say it.
        let name = if is_here { format!("[{}]", part.title()) } else { part.title().to_owned() };
        canvas.span(if is_here { Slot::Accent } else { Slot::Dim }, name)
    };
    let mut spans = vec![canvas.span(Slot::Border, flat), Span::raw(" ")];
    spans.extend(canvas.dotted(Part::ALL.iter().map(|part| title(*part)).collect()));
    spans.push(Span::raw(" "));
    let used: usize = spans.iter().map(Span::width).sum();
    spans.push(canvas.span(Slot::Border, flat.repeat(usize::from(width).saturating_sub(used))));
    Line::from(spans)
}

/// What stands beside the list where there is room: the gate, what is watched, what is told.
fn beside(canvas: &mut Canvas<'_>, area: Rect, model: &Model, now: DateTime<Utc>) {
    let tall = canvas.theme.sign("│", "|");
    for row in 0..area.height {
        let line = Line::from(canvas.span(Slot::Border, tall));
        canvas.at(area.x.saturating_sub(1), area.y + row, 1, &line);
    }
    let mut below = after::view::lines(canvas, model, area.width, Long::Wrapped, now);
    let announcements = &model.release.sheet.announcements;
    if !announcements.is_empty() {
        below.push(Line::from(canvas.span(Slot::Heading, " announcements (n)")));
        below.extend(announcements.iter().map(|it| after::view::announcement(canvas, it, area.width, now)));
    }
    let is_gate = model.release.part == Part::Gate;
    // Once it is out, what is watched matters more than what held it back.
    let is_out = model.floor.rollback().is_some_and(|watch| watch.stage != Stage::Before);
    let most = if is_out { area.height * 2 / 3 } else { area.height / 2 };
    let n = if is_gate { area.height } else { (below.len() as u16 + 1).min(most) };
    let top = if is_out || is_gate { area.y } else { area.bottom() - n + 1 };
    let watched = Rect { y: top, height: if is_gate { n } else { n.saturating_sub(1) }, ..area };
    for (row, line) in below.iter().enumerate() {
        canvas.line(watched, row as u16, line);
    }
    if !is_gate {
        let rest = area.height - n;
        let gate = Rect { y: if is_out { area.y + n } else { area.y }, height: rest, ..area };
        gate::view::render(canvas, gate, model, None, now);
    }
}
