//! The release: progress, verdict with its reasons; whole, every item.

use chrono::{DateTime, TimeDelta, Utc};

use super::{Depth, Page, source, words};
use crate::{
    domain::release::{
        Checklist, Item, Progress, Release, Word, course::Standing, evidence::Finding, phase_label, phase_of_heading,
    },
    domain::time::{between, short_span},
    sink::{
        board::{Judgement, ReleaseBoard, Source},
        words::reason,
    },
    text::{Text, counted},
};

/// Reasons on a larger board.
const SHORT: usize = 4;

/// Writes the section; `sources` are those that tell of the release.
pub fn write(
    page: &mut Page,
    board: Option<&ReleaseBoard<'_>>,
    sources: &[Source<'_>],
    depth: Depth,
    now: DateTime<Utc>,
) {
    let Some(board) = board else {
        page.line(&format!("RELEASE  {}", source::silence(sources, "no release checklist")));
        return;
    };
    let release = board.release;
    page.line(&format!("RELEASE  {}", title(release, now)));
    let (due, overdue) = (release.due_today(now), release.overdue(now));
    let done = progress(release.progress());
    page.line(&format!("  {done}, {} due today, {} overdue", due.len(), overdue.len()));
    verdict(page, board, depth, now);
    for checks in &board.checks {
        let (word, counts) = (checks.standing().word(), checks.words());
        let age = short_span(between(checks.as_of, now).max(TimeDelta::zero()));
        page.line(&format!("  checks of {}@{}: {word} ({counts}), {age} old", checks.repo, checks.name));
        for name in checks.failed.iter().take(SHORT) {
            page.line(&format!("    failed: {name}"));
        }
    }
    if depth == Depth::Short {
        return;
    }
    for sign_off in &release.sign_offs {
        let word = match sign_off.word {
            Word::Silent => words::NOTHING,
            Word::Go => "go",
            Word::Veto => "no go",
        };
        page.line(&format!("  sign-off {}: {word}", sign_off.role));
    }
    located(page, "OVERDUE", &board.located(overdue));
    located(page, "DUE TODAY", &board.located(due));
    for list in &release.checklists {
        page.blank();
        checklist(page, list);
    }
}

/// Writes one checklist: its progress, and every item under its heading.
pub fn checklist(page: &mut Page, checklist: &Checklist) {
    let title = if checklist.title.is_blank() { String::new() } else { format!(" ({})", checklist.title) };
    page.line(&format!("{}{title}  {}", checklist.path, progress(checklist.progress())));
    let sections = checklist.sections();
    for ((name, count), items) in sections.iter().zip(checklist.items.chunk_by(|a, b| a.section == b.section)) {
        if !name.is_blank() {
            page.line(&format!("  {name}  {}", progress(*count)));
        }
        for item in items {
            page.line(&boxed(item, name));
        }
    }
}

fn title(release: &Release, now: DateTime<Utc>) -> String {
    let name = if release.name.is_blank() { "no name" } else { release.name.as_str() };
    let today = release.phase_today(now).map(|phase| format!(", {} today", phase_label(phase))).unwrap_or_default();
    let day = match (release.at, release.day) {
        (Some(at), _) => format!(", T-0 {} {}", words::moment(at, &release.zone), release.zone.name()),
        (None, Some(day)) => format!(", T-0 {} {}", day.format("%a %-d %b"), release.zone.name()),
        (None, None) => ", no date set".to_owned(),
    };
    format!("{name}{today}{day}")
}

fn verdict(page: &mut Page, board: &ReleaseBoard<'_>, depth: Depth, now: DateTime<Utc>) {
    let (judgement, reasons) = board.judge(now);
    let most = if depth == Depth::Short { SHORT } else { usize::MAX };
    let reasons: Vec<Text> = reasons.iter().map(reason).chain(board.against.iter().cloned()).collect();
    match judgement {
        Judgement::Go => page.line("  GO"),
        Judgement::NoGo => page.line(&format!("  NO GO: {}", counted(reasons.len(), "reason", "reasons"))),
        Judgement::NotJudged => {
            let stale = board.unheard.iter().map(|name| name.as_str()).collect::<Vec<_>>().join(", ");
            let stale = if stale.is_empty() { stale } else { format!("not fresh: {stale}") };
            let all: Vec<&str> = [stale.as_str()]
                .into_iter()
                .filter(|s| !s.is_empty())
                .chain(board.doubts.iter().map(Text::as_str))
                .collect();
            page.line(&format!("  NOT JUDGED: {}", all.join("; ")));
        }
    }
    for reason in reasons.iter().take(most) {
        page.line(&format!("  - {reason}"));
    }
    if most < reasons.len() {
        page.line(&format!("  - and {}", counted(reasons.len() - most, "more reason", "more reasons")));
    }
    if let Some(watch) = board.rollback.filter(|watch| watch.is_recommended() || watch.is_declared) {
        page.line(&format!("  {}", Text::scrub(&watch.line(now))));
    }
    for (step, judged, standing) in &board.evidence {
        let mark = match (standing, judged.finding) {
            (Standing::Contradicted, Finding::Fails) => "TICKED, BUT ITS EVIDENCE SAYS OTHERWISE",
            (_, Finding::Holds) => "holds",
            (_, Finding::Fails) => "does not hold",
            (_, Finding::NotJudged) => "not judged",
        };
        page.line(&format!("  evidence of \"{step}\": {mark}: {}", judged.said));
    }
}

fn located(page: &mut Page, head: &str, items: &[(&Text, &Item)]) {
    if items.is_empty() {
        return;
    }
    page.blank();
    page.line(head);
    for (path, item) in items {
        page.line(&format!("  {path}:{}  {}", item.line, described(item)));
    }
}

fn boxed(item: &Item, section: &Text) -> String {
    let indent = "  ".repeat(usize::from(item.depth.min(8)));
    let mark = if item.is_done { "[x]" } else { "[ ]" };
    // A heading that names the phase need not be repeated at each of its items.
    let is_said = item.phase == phase_of_heading(section.as_str());
    let text = if is_said { item.text.to_string() } else { described(item) };
    format!("    {indent}{mark} {text}")
}

fn described(item: &Item) -> String {
    item.phase.map_or(item.text.to_string(), |phase| format!("{}  {}", phase_label(phase), item.text))
}

fn progress(progress: Progress) -> String {
    format!("{} of {} done", progress.done, progress.total)
}
