//! Draws the release: phases, progress, what is due, who signed, the verdict; zoomed, the checklist itself.
//!
//! ```text
//! ╭ 4 Release 4.9.9 ─────────────────── T-2 ╮
//! │  T-0 Sun 22 Nov 10:00 Europe/Berlin     │
//! │  -7 -5 -3 -2 -1  0 +1 +3 +7             │
//! │  ██ ██ ██ ▓▓ ░░ ░░ ░░ ░░ ░░             │
//! │  27 of 41 done · 2 due today · 1 overdue│
//! │  NO GO: 4 reasons                       │
//! ╰─────────────────────────────────────────╯
//! ```

use chrono::{DateTime, Utc};
use ratatui::{
    layout::Rect,
    text::{Line, Span},
};

use crate::{
    domain::host::{RefChecks, Standing},
    domain::release::{Item, Progress, Reason, Release, Word, phase_label},
    floor::freshness::Feed,
    text::{Text, clip, clip_words, counted, fit_left},
    tui::{
        Model, Pane,
        canvas::{Canvas, spread},
        release::items,
        sources::trouble,
        theme::Slot,
        words,
    },
};

/// Rows of the checklist on the screen.
pub fn list_rows(model: &Model, area: Rect) -> usize {
    let inside = area.height.saturating_sub(2);
    usize::from(inside.saturating_sub(if model.is_zoomed { ZOOMED_HEAD } else { 0 }))
}

/// Rows above the checklist in the zoomed pane.
const ZOOMED_HEAD: u16 = 6;

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
    let counts = canvas.dotted(counts);
    let inside = canvas.pane_frame(area, Pane::Release, &title, counts, model.focus == Pane::Release);
    if model.is_zoomed && inside.height > ZOOMED_HEAD + 3 {
        zoomed(canvas, inside, release, model, now);
        return;
    }
    let mut lines = head(canvas, release, inside.width, now);
    lines.extend(model.floor.checks().take(CHECKS).map(|checks| self::checks(canvas, checks, inside.width)));
    let verdict = verdict(canvas, release, model, now);
    let room = usize::from(inside.height).saturating_sub(lines.len() + 2);
    let due = due_lines(canvas, release, model, inside.width, now);
    let rest = room.saturating_sub(usize::from(!release.sign_offs.is_empty()));
    lines.extend(due.into_iter().take(rest));
    if !release.sign_offs.is_empty() {
        lines.push(sign_offs(canvas, release, inside.width));
    }
    if lines.len() + 2 <= usize::from(inside.height) {
        lines.push(Line::default());
    }
    lines.truncate(usize::from(inside.height).saturating_sub(1));
    lines.push(verdict);
    for (row, line) in lines.iter().enumerate() {
        canvas.line(inside, row as u16, line);
    }
}

fn why_empty(model: &Model) -> (Slot, Vec<String>) {
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

/// Refs that have a line of their own in the pane.
const CHECKS: usize = 3;

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

/// Date, phase strip (or a bar where there are no phases), progress.
fn head(canvas: &Canvas<'_>, release: &Release, width: u16, now: DateTime<Utc>) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    if let Some(day) = release.day {
        let hour = release.at.map(|at| release.zone.local(at).format(" %H:%M").to_string()).unwrap_or_default();
        let text = format!(" T-0 {}{hour} {}", words::day(day), release.zone.name());
        lines.push(Line::from(canvas.span(Slot::Dim, clip(&text, usize::from(width)))));
    }
    let phases = release.phases();
    let today = release.phase_today(now);
    if phases.len() > 1 {
        let room = (usize::from(width).saturating_sub(2) / 4).max(1);
        let skipped = phases.len().saturating_sub(room);
        // Where not all fit, the phases long past leave first.
        let shown = phases.iter().skip(skipped.min(phases.iter().take_while(|p| Some(p.phase) < today).count()));
        let (mut numbers, mut cells) = (vec![Span::raw(" ")], vec![Span::raw(" ")]);
        for cell in shown.take(room) {
            let is_today = Some(cell.phase) == today;
            let number = if cell.phase == 0 { " 0".to_owned() } else { format!("{:+}", cell.phase) };
            numbers.push(canvas.span(if is_today { Slot::Accent } else { Slot::Dim }, format!("{number:>3} ")));
            cells.push(Span::raw(" "));
            cells.push(phase_cell(canvas, cell.progress, is_today, today.is_some_and(|t| cell.phase < t)));
            cells.push(Span::raw(" "));
        }
        lines.push(Line::from(numbers));
        lines.push(Line::from(cells));
    } else {
        let progress = release.progress();
        let share = if progress.total == 0 { 0.0 } else { progress.done as f64 / progress.total as f64 };
        let mut spans = vec![Span::raw(" ")];
        spans.extend(words::bar(canvas, share, usize::from(width).saturating_sub(2).min(40), Slot::Good));
        lines.push(Line::from(spans));
    }
    lines.push(progress_line(canvas, release, width, now));
    lines
}

fn phase_cell(canvas: &Canvas<'_>, progress: Progress, is_today: bool, is_past: bool) -> Span<'static> {
    let is_done = progress.done == progress.total;
    let (sign, slot) = match (is_done, progress.done > 0) {
        (true, _) => (canvas.theme.sign("██", "##"), Slot::Good),
        (false, true) => (canvas.theme.sign("▓░", "=."), if is_past { Slot::Over } else { Slot::Risk }),
        (false, false) if is_past => (canvas.theme.sign("░░", ".."), Slot::Over),
        (false, false) => (canvas.theme.sign("░░", ".."), if is_today { Slot::Risk } else { Slot::Border }),
    };
    canvas.span(slot, sign)
}

fn progress_line(canvas: &Canvas<'_>, release: &Release, width: u16, now: DateTime<Utc>) -> Line<'static> {
    let progress = release.progress();
    let is_narrow = width < 48;
    let done = if is_narrow {
        format!("{}/{} done", progress.done, progress.total)
    } else {
        format!("{} of {} done", progress.done, progress.total)
    };
    let mut runs = vec![canvas.span(Slot::Text, done)];
    let (due, overdue) = (release.due_today(now).len(), release.overdue(now).len());
    if due > 0 {
        let word = if is_narrow { "today" } else { "due today" };
        runs.push(canvas.span(Slot::Risk, format!("{due} {word}")));
    }
    if overdue > 0 {
        runs.push(canvas.span(Slot::Over, format!("{overdue} overdue")));
    }
    let mut spans = vec![Span::raw(" ")];
    spans.extend(canvas.dotted(runs));
    Line::from(spans)
}

/// What stands in the way, the worst first: vetoes, blockers, overdue, due today, and what comes next.
fn due_lines(
    canvas: &Canvas<'_>,
    release: &Release,
    model: &Model,
    width: u16,
    now: DateTime<Utc>,
) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    let cross = canvas.theme.sign("✗", "x");
    for key in &release.blockers {
        let title = model.floor.queue().find(key).map(|e| e.incident.title.as_str()).unwrap_or_default();
        let short = key.short();
        let room = usize::from(width).saturating_sub(short.len() + 14);
        let left = vec![
            canvas.span(Slot::Over, format!(" {cross} {short} ")),
            canvas.span(Slot::Text, clip_words(title, room)),
        ];
        lines.push(spread(left, vec![canvas.span(Slot::Over, "blocker ")], width));
    }
    let (overdue, due) = (release.overdue(now), release.due_today(now));
    let open = items(release).map(|(_, item)| item).filter(|item| !item.is_done);
    let later = open.filter(|item| !overdue.contains(item) && !due.contains(item));
    let rows = overdue
        .iter()
        .map(|item| (*item, Slot::Over, "overdue"))
        .chain(due.iter().map(|item| (*item, Slot::Risk, "today")))
        .chain(later.map(|item| (item, Slot::Dim, "")));
    for (item, slot, word) in rows.take(40) {
        lines.push(item_line(canvas, item, slot, word, width));
    }
    lines
}

fn item_line(canvas: &Canvas<'_>, item: &Item, slot: Slot, word: &str, width: u16) -> Line<'static> {
    let phase = item.phase.map(|p| format!("{} ", phase_label(p))).unwrap_or_default();
    let owner = item.owner.as_ref().map(|o| format!(" @{}", clip(o.as_str(), 14))).unwrap_or_default();
    let right_text = if word.is_empty() { format!("{phase}{owner}") } else { format!("{word}{owner}") };
    let sign = if word.is_empty() { canvas.theme.sign("·", ".") } else { canvas.theme.sign("✗", "x") };
    let room = usize::from(width).saturating_sub(right_text.chars().count() + 5);
    let left = vec![
        canvas.span(slot, format!(" {sign} ")),
        canvas.span(if word.is_empty() { Slot::Dim } else { Slot::Text }, clip_words(without_owner(item), room)),
    ];
    spread(left, vec![canvas.span(slot, format!("{} ", right_text.trim()))], width)
}

/// An item's text without the owner at its end, who is shown at the right.
fn without_owner(item: &Item) -> &str {
    let text = item.text.as_str();
    let owner = item.owner.as_ref().map(|o| format!("@{o}")).unwrap_or_default();
    if owner.is_empty() { text } else { text.strip_suffix(&owner).unwrap_or(text).trim_end() }
}

fn sign_offs(canvas: &Canvas<'_>, release: &Release, width: u16) -> Line<'static> {
    let mut spans = vec![canvas.span(Slot::Dim, " sign-off")];
    // Every role stays on the line; names give way, down to three letters.
    let room = usize::from(width).saturating_sub(10) / release.sign_offs.len().max(1);
    for sign_off in &release.sign_offs {
        let (slot, sign) = match sign_off.word {
            Word::Silent => (Slot::Dim, canvas.theme.sign("–", "-")),
            Word::Go => (Slot::Good, canvas.theme.sign("✓", "go")),
            Word::Veto => (Slot::Over, canvas.theme.sign("✗ no", "no")),
        };
        let role = clip(sign_off.role.as_str(), room.saturating_sub(3).clamp(4, 14));
        spans.push(canvas.span(Slot::Text, format!(" {role} ")));
        spans.push(canvas.span(slot, sign));
    }
    Line::from(spans)
}

/// The verdict in words, with its slot: "go" is only said when everything it is judged by was heard.
fn verdict_words(release: &Release, model: &Model, now: DateTime<Utc>) -> (Slot, String) {
    let unheard = model.floor.release_unheard(now);
    let n = release.reasons_against(now).len() + model.floor.against_release().len();
    let doubt = model.floor.release_doubts().into_iter().next();
    match (n, unheard.first(), doubt) {
        (0, Some(source), _) => (Slot::Risk, format!("NOT JUDGED: {} is not fresh or not whole", source.name)),
        (0, None, Some(doubt)) => (Slot::Risk, format!("NOT JUDGED: {doubt}")),
        (0, None, None) => (Slot::Good, "GO".to_owned()),
        _ => (Slot::Over, format!("NO GO: {}", counted(n, "reason", "reasons"))),
    }
}

fn verdict(canvas: &Canvas<'_>, release: &Release, model: &Model, now: DateTime<Utc>) -> Line<'static> {
    let (slot, words) = verdict_words(release, model, now);
    Line::from(canvas.span(slot, format!(" {words}")))
}

/// A reason in words.
pub fn reason(reason: &Reason) -> String {
    match reason {
        Reason::ItemsOpen(n) => format!("{} open", counted(*n, "item", "items")),
        Reason::ItemsOverdue(n) => format!("{} overdue", counted(*n, "item", "items")),
        Reason::NotSigned(role) => format!("no word from {role}"),
        Reason::Vetoed(role) => format!("{role} said no"),
        Reason::Blocked(key) => format!("blocked by {}", key.short()),
        Reason::NothingIn(path) => format!("no task item in {}", path.as_str().rsplit('/').next().unwrap_or_default()),
        Reason::NothingToJudge => "nothing to judge by: no task item was found".to_owned(),
    }
}

fn zoomed(canvas: &mut Canvas<'_>, area: Rect, release: &Release, model: &Model, now: DateTime<Utc>) {
    let mut top = head(canvas, release, area.width, now);
    top.truncate(usize::from(ZOOMED_HEAD) - 2);
    let mut judged = verdict(canvas, release, model, now);
    let reasons = release.reasons_against(now);
    let against = model.floor.against_release();
    if !reasons.is_empty() || !against.is_empty() {
        let all = reasons.iter().map(reason).chain(against.iter().map(Text::to_string));
        let text = all.collect::<Vec<_>>().join(canvas.theme.sign(" · ", " - "));
        judged.spans.push(canvas.span(Slot::Dim, format!("  {text}")));
    }
    let judged = spread(judged.spans, Vec::new(), area.width);
    top.push(judged);
    for (row, line) in top.iter().enumerate() {
        canvas.line(area, row as u16, line);
    }
    let flat = canvas.theme.sign("─", "-").repeat(usize::from(area.width));
    canvas.text(area, ZOOMED_HEAD - 1, Slot::Border, &flat);
    let list = Rect { y: area.y + ZOOMED_HEAD, height: area.height - ZOOMED_HEAD, ..area };
    checklist(canvas, list, release, model, now);
}

/// The items as a tree; the heading they stand under at the right.
fn checklist(canvas: &mut Canvas<'_>, area: Rect, release: &Release, model: &Model, now: DateTime<Utc>) {
    let state = &model.release;
    let total = items(release).count();
    if total == 0 {
        canvas.note(area, Slot::Risk, &["no task item was found in the checklist".to_owned()]);
        return;
    }
    let today = release.phase_today(now);
    let mut last = None;
    for (row, (list, item)) in items(release).skip(state.cursor.top).take(usize::from(area.height)).enumerate() {
        let is_saving = state.saving.as_ref().is_some_and(|(path, line)| *path == list.path && *line == item.line);
        let boxed = match (is_saving, item.is_done) {
            (true, _) => "[…]",
            (false, true) => "[x]",
            (false, false) => "[ ]",
        };
        let is_late = !item.is_done && item.phase.is_some_and(|p| today.is_some_and(|t| p < t));
        let is_due = !item.is_done && item.phase.is_some() && item.phase == today;
        let slot = match (item.is_done, is_late, is_due) {
            (true, ..) => Slot::Good,
            (_, true, _) => Slot::Over,
            (_, _, true) => Slot::Risk,
            _ => Slot::Text,
        };
        let word = if is_late {
            "overdue "
        } else if is_due {
            "today "
        } else {
            ""
        };
        let phase = item.phase.map(phase_label).unwrap_or_default();
        // A heading is said once, at its first item on the page.
        let section = if last == Some(&item.section) { "" } else { item.section.as_str() };
        last = Some(&item.section);
        let side = (usize::from(area.width) / 3).min(44);
        let mut right = vec![canvas.span(slot, word), canvas.span(Slot::Dim, format!("{phase:>4}  "))];
        if area.width >= 70 {
            right.push(canvas.span(Slot::Dim, fit_left(&clip_words(section, side), side)));
        }
        let indent = "  ".repeat(usize::from(item.depth.min(6)));
        let text_slot = if item.is_done { Slot::Dim } else { Slot::Text };
        let left = vec![
            canvas.span(slot, format!(" {indent}{boxed} ")),
            canvas.span(text_slot, item.text.as_str().to_owned()),
        ];
        let line = spread(left, right, area.width);
        canvas.line(area, row as u16, &line);
        if state.cursor.top + row == state.cursor.at {
            let style = canvas.style(Slot::Selection);
            canvas.tint(Rect { y: area.y + row as u16, height: 1, ..area }, style);
        }
    }
    canvas.scroll_mark(area, state.cursor.top, total);
}

/// The release in one line.
pub fn one_line(canvas: &Canvas<'_>, model: &Model, now: DateTime<Utc>) -> Vec<Span<'static>> {
    let Some(release) = model.floor.release() else {
        let (slot, lines) = why_empty(model);
        return vec![canvas.span(slot, lines.first().cloned().unwrap_or_default())];
    };
    let progress = release.progress();
    let phase = release.phase_today(now).map(|p| format!(" {}", phase_label(p))).unwrap_or_default();
    let verdict = verdict_words(release, model, now);
    let mut runs = vec![
        canvas.span(Slot::Text, format!("{}{phase}", clip(release.name.as_str(), 16)).trim().to_owned()),
        canvas.span(verdict.0, verdict.1),
        canvas.span(Slot::Text, format!("{}/{}", progress.done, progress.total)),
    ];
    let (due, overdue) = (release.due_today(now).len(), release.overdue(now).len());
    if due > 0 {
        runs.push(canvas.span(Slot::Risk, format!("{due} due today")));
    }
    if overdue > 0 {
        runs.push(canvas.span(Slot::Over, format!("{overdue} overdue")));
    }
    runs.retain(|run| !run.content.is_empty());
    canvas.dotted(runs)
}
