//! Draws steps.
//!
//! ```text
//!  [x] Restore yesterday's backup to an empty host        cy.o     ✓ proven
//!  [ ] Dry run of the migrations on a copy                cy.o       overdue 3h
//!  ( ) 3. Deploy                                          ben.i      after 2.
//! ```

use chrono::{DateTime, TimeDelta, Utc};
use ratatui::{
    layout::Rect,
    text::{Line, Span},
};

use crate::{
    domain::{
        release::{
            calendar::When,
            course::Course,
            evidence::{Finding, Judged},
            plan::{Mark, Step},
            week::{Row, State as Stands},
        },
        time::{between, minus, short_span},
    },
    text::{clip, clip_words, fit_left},
    tui::{
        Model,
        canvas::{Canvas, spread, wrap},
        release::Part,
        theme::Slot,
        words,
    },
};

/// Columns of the word that says how a step stands.
const WORD: usize = 15;

/// Columns of an owner at most, in a list that is wide and in one that is not.
const OWNER: (usize, usize) = (18, 10);

/// Draws the rows of the part that is looked at.
pub fn render(canvas: &mut Canvas<'_>, area: Rect, model: &Model, now: DateTime<Utc>) {
    let state = &model.release;
    let (rows, cursor) = (state.n_rows(), state.cursor());
    if rows == 0 {
        return canvas.note(area, Slot::Dim, &nothing(model, now));
    }
    let courses = state.sheet.courses(&model.floor);
    for line in 0..usize::from(area.height) {
        let at = cursor.top + line;
        let Some(row) = state.row(at) else { break };
        let Some(course) = courses.get(row.course) else { continue };
        let Some(step) = course.plan.steps.get(row.step) else { continue };
        let drawn = one(canvas, model, (course, step, row), area.width, now);
        canvas.line(area, line as u16, &drawn);
        if at == cursor.at {
            let style = canvas.style(Slot::Selection);
            canvas.tint(Rect { y: area.y + line as u16, height: 1, ..area }, style);
        }
    }
    canvas.scroll_mark(area, cursor.top, rows);
}

/// Why there is no row.
fn nothing(model: &Model, now: DateTime<Utc>) -> Vec<String> {
    let week = &model.release.sheet.week;
    if week.rows.is_empty() {
        return vec![
            "no step was found in the plan".to_owned(),
            "steps = \"all\" in [release] reads numbered and bulleted items too".to_owned(),
        ];
    }
    match model.release.part {
        Part::After => vec!["the plan names nothing to do after T-0".to_owned()],
        _ => {
            let next = week.stages.iter().find(|stage| stage.phase.start.is_some_and(|start| now < start));
            let next = next.and_then(|stage| Some((stage.phase.label.as_str(), stage.phase.start?)));
            let coming = next.map_or("and nothing comes any more".to_owned(), |(label, start)| {
                format!("{label} begins in {}", short_span(between(now, start)))
            });
            vec!["nothing is due today".to_owned(), coming]
        }
    }
}

/// A step, its owner, its evidence, how it stands.
fn one(
    canvas: &Canvas<'_>,
    model: &Model,
    (course, step, row): (&Course, &Step, &Row),
    width: u16,
    now: DateTime<Utc>,
) -> Line<'static> {
    let is_wide = width >= 90;
    let (slot, word) = stands(course, step, row, now);
    let is_saving =
        model.release.saving.as_ref().is_some_and(|(path, line)| *path == course.plan.path && *line == step.line);
    let indent = "  ".repeat(usize::from(step.depth.min(6)));
    let number = step.number.map(|n| format!("{n}. ")).unwrap_or_default();
    let mark = boxed(course, step, is_saving);
    let text = if row.is_done() { Slot::Dim } else { Slot::Text };
    let owner = model.release.sheet.owner_columns.min(if is_wide { OWNER.0 } else { OWNER.1 });
    let said = step.owner.as_ref().map(|owner| owner.to_string()).unwrap_or_default();
    let (proof, sign) = evidence(canvas, course, step);
    let right = vec![
        canvas.span(Slot::Dim, format!("{} ", fit_left(&said, owner))),
        canvas.span(proof, format!("{sign} ")),
        canvas.span(slot, fit_left(&word, WORD)),
    ];
    let left_width = usize::from(width).saturating_sub(owner + WORD + 4);
    let head = format!(" {indent}{mark} {number}");
    let room = left_width.saturating_sub(head.chars().count());
    let left = vec![canvas.span(slot, head), canvas.span(text, clip_words(without_owner(step), room))];
    spread(left, right, width)
}

/// `[x]` for a box in the file, `(x)` for a step that is kept on record.
fn boxed(course: &Course, step: &Step, is_saving: bool) -> &'static str {
    match (is_saving, step.mark, course.is_ticked(step)) {
        (true, ..) => "[…]",
        (false, Mark::Box { .. }, true) => "[x]",
        (false, Mark::Box { .. }, false) => "[ ]",
        (false, Mark::None, true) => "(x)",
        (false, Mark::None, false) => "( )",
    }
}

/// A step's text without the owner at its end, who is shown at the right.
pub fn without_owner(step: &Step) -> &str {
    let text = step.text.as_str();
    let owner = step.owner.as_ref().map(|owner| format!("@{owner}")).unwrap_or_default();
    if owner.is_empty() { text } else { text.strip_suffix(&owner).unwrap_or(text).trim_end() }
}

/// How a step stands, in a word or two.
pub fn stands(course: &Course, step: &Step, row: &Row, now: DateTime<Utc>) -> (Slot, String) {
    let zone = course.calendar.as_ref().map(|calendar| &calendar.zone);
    let last = row.window.end.zip(zone).map(|(end, zone)| zone.local(minus(end, TimeDelta::seconds(1))).date());
    let day = last.map(|last| last.format("%a %-d %b").to_string()).unwrap_or_default();
    match row.state {
        Stands::Contradicted => (Slot::Over, "ticked, not so".to_owned()),
        Stands::Overdue => {
            let by = row.window.end.map(|end| short_span(between(end, now))).unwrap_or_default();
            (Slot::Over, format!("overdue {by}"))
        }
        Stands::Done => (Slot::Good, "done".to_owned()),
        Stands::Proven => (Slot::Good, "proven".to_owned()),
        Stands::Due | Stands::Running | Stands::Later if row.held_by.is_some() => {
            let before = row.held_by.and_then(|place| course.plan.steps.get(place));
            let before = before.and_then(|step| step.number).map_or("another".to_owned(), |n| format!("{n}."));
            (Slot::Dim, format!("after {before}"))
        }
        Stands::Due => match (course.plan.when(step), row.window.end.zip(zone)) {
            (Some(When::Hours(_)), Some((end, zone))) => {
                (Slot::Risk, format!("due {}", zone.local(end).format("%H:%M")))
            }
            _ => (Slot::Risk, "due today".to_owned()),
        },
        Stands::Running => (Slot::Text, format!("by {day}")),
        Stands::Later if row.window.start.is_some() && !day.is_empty() => (Slot::Dim, day),
        Stands::Later => (Slot::Dim, String::new()),
    }
}

/// One sign for all the evidence of a step, the worst first.
fn evidence(canvas: &Canvas<'_>, course: &Course, step: &Step) -> (Slot, &'static str) {
    let findings = || course.evidence.iter().filter(|judged| judged.step == step.id).map(|judged| judged.finding);
    match () {
        () if findings().any(|finding| finding == Finding::Fails) => found(canvas, Finding::Fails),
        () if findings().any(|finding| finding == Finding::NotJudged) => found(canvas, Finding::NotJudged),
        () if findings().next().is_some() => found(canvas, Finding::Holds),
        () => (Slot::Dim, " "),
    }
}

/// The sign and the colour of what came of evidence.
fn found(canvas: &Canvas<'_>, finding: Finding) -> (Slot, &'static str) {
    match finding {
        Finding::Holds => (Slot::Good, canvas.theme.sign("✓", "+")),
        Finding::Fails => (Slot::Over, canvas.theme.sign("✗", "x")),
        Finding::NotJudged => (Slot::Risk, "?"),
    }
}

/// All there is to say of the step under the cursor.
pub fn details(canvas: &mut Canvas<'_>, area: Rect, model: &Model, now: DateTime<Utc>) {
    let Some((course, step, row)) = model.release.selected(&model.floor) else { return };
    let flat = canvas.theme.sign("─", "-").repeat(usize::from(area.width));
    canvas.text(area, 0, Slot::Border, &flat);
    let mut lines: Vec<(Slot, String)> = vec![(Slot::Text, step.text.to_string())];
    lines.push((Slot::Dim, place(course, step)));
    if let Some(before) = row.held_by.and_then(|place| course.plan.steps.get(place)).filter(|_| !row.is_done()) {
        lines.push((Slot::Risk, format!("in strict order: \"{}\" (line {}) comes first", before.text, before.line)));
    }
    let judged = course.evidence.iter().filter(|judged| judged.step == step.id);
    lines.extend(judged.map(|judged| proof(canvas, judged, course.is_ticked(step), now)));
    if let Some(entry) = course.record.tick(&step.id) {
        let when = words::moment(entry.at, &model.floor.zone, now);
        lines.push((Slot::Dim, format!("on record: {} by {}, {when}", entry.deed.words(), entry.by)));
    }
    let room = usize::from(area.width).saturating_sub(3);
    let rows = usize::from(area.height).saturating_sub(1);
    // A long text leaves room for what else there is to say.
    let most = rows.saturating_sub(lines.len() - 1).max(1);
    let mut wrapped: Vec<(Slot, String)> = Vec::new();
    for (nth, (slot, text)) in lines.into_iter().enumerate() {
        let parts = wrap(&text, room);
        let n = if nth == 0 { most } else { 1 };
        let is_cut = parts.len() > n;
        wrapped.extend(
            parts
                .into_iter()
                .take(n)
                .enumerate()
                .map(|(at, part)| (slot, if is_cut && at + 1 == n { clip(&format!("{part} …"), room) } else { part })),
        );
    }
    for (at, (slot, text)) in wrapped.into_iter().take(rows).enumerate() {
        canvas.text(area, at as u16 + 1, slot, &format!(" {text}"));
    }
}

/// Where a step stands and who has it: `T-2 · dee.w · line 57, in the file`.
fn place(course: &Course, step: &Step) -> String {
    let when = course.plan.when(step).map(When::label);
    let owner = step.owner.as_ref().map(|owner| owner.to_string());
    let kept = match step.mark {
        Mark::Box { .. } => "in the file",
        Mark::None => "on record",
    };
    let kept = format!("line {}, kept {kept}", step.line);
    let optional = (!step.is_required).then(|| "optional".to_owned());
    [when, owner, optional, Some(kept)].into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// What evidence says, and how old that is.
fn proof(canvas: &Canvas<'_>, judged: &Judged, is_ticked: bool, now: DateTime<Utc>) -> (Slot, String) {
    let (slot, sign) = found(canvas, judged.finding);
    let word = match (judged.finding, is_ticked) {
        (Finding::Holds, _) => "evidence holds",
        (Finding::Fails, true) => "ticked, but the evidence says otherwise",
        (Finding::Fails, false) => "evidence does not hold",
        (Finding::NotJudged, _) => "evidence could not be judged",
    };
    let age = judged.as_of.map(|at| format!(" ({})", words::ago(at, now))).unwrap_or_default();
    (slot, format!("{sign} {word}: {}{age}", judged.said))
}

/// One step in the pane at a glance.
pub fn brief(canvas: &Canvas<'_>, found: (&Course, &Step, &Row), width: u16, now: DateTime<Utc>) -> Line<'static> {
    let (course, step, row) = found;
    let (slot, word) = stands(course, step, row, now);
    let sign = match row.state {
        Stands::Overdue | Stands::Contradicted => canvas.theme.sign("‼", "!"),
        Stands::Due => canvas.theme.sign("●", "*"),
        _ => canvas.theme.sign("·", "."),
    };
    let owner = step.owner.as_ref().map(|owner| format!(" @{}", clip(owner.as_str(), 12))).unwrap_or_default();
    let word = match row.state {
        Stands::Overdue => "overdue".to_owned(),
        Stands::Due => "today".to_owned(),
        _ => word,
    };
    let right = format!("{word}{owner} ");
    let room = usize::from(width).saturating_sub(right.chars().count() + 4);
    let text = if matches!(row.state, Stands::Later) { Slot::Dim } else { Slot::Text };
    let left: Vec<Span<'static>> =
        vec![canvas.span(slot, format!(" {sign} ")), canvas.span(text, clip_words(without_owner(step), room))];
    spread(left, vec![canvas.span(slot, right)], width)
}
