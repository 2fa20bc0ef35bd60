//! The release: progress, verdict with its reasons; whole, every item.

use chrono::{DateTime, TimeDelta, Utc};

use super::{Depth, Page, plan, source, words};
use crate::{
    domain::release::{
        Progress, Release, Word,
        course::{Course, Standing},
        evidence::Finding,
        gate::{Reason, Verdict},
        phase_label,
        plan::Step,
        week::State,
    },
    domain::time::{between, short_span},
    sink::board::{ReleaseBoard, Source},
    text::{Text, clip, counted},
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
    let week = &board.week;
    page.line(&format!("  {}, {} due today, {} overdue", progress(week.progress), week.n_due, week.n_overdue));
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
    located(page, "OVERDUE", board.steps(State::Overdue));
    located(page, "DUE TODAY", board.steps(State::Due));
    for course in &release.courses {
        page.blank();
        let plan = &course.plan;
        let title = if plan.title.is_blank() { String::new() } else { format!(" ({})", plan.title) };
        page.line(&format!("{}{title}  {}", plan.path, progress(course.progress())));
        plan::steps(page, course);
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
    let most = if depth == Depth::Short { SHORT } else { usize::MAX };
    let n = board.outcome.reasons.len();
    match board.outcome.verdict {
        Verdict::Go => page.line("  GO"),
        Verdict::NoGo => page.line(&format!("  NO GO: {}", counted(n, "reason", "reasons"))),
        Verdict::CannotJudge => {
            page.line(&format!("  COULD NOT JUDGE: {} not known", counted(n, "thing is", "things are")));
        }
    }
    reasons(page, board, most);
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

/// What stands against it: what somebody must act on before the steps that are not done, which are many and have their list.
fn reasons(page: &mut Page, board: &ReleaseBoard<'_>, most: usize) {
    let is_step = |reason: &&Reason| matches!(reason, Reason::Item { .. });
    let all = &board.outcome.reasons;
    for reason in all.iter().filter(|reason| !is_step(reason)).chain(all.iter().filter(is_step)).take(most) {
        let said = Text::scrub(&reason.words());
        // Among others a reason has one line: what there is whole is told by the release alone.
        let room = if most == usize::MAX { usize::MAX } else { page.columns().saturating_sub(4) };
        page.line(&format!("  - {}", clip(said.as_str(), room)));
    }
    if most < all.len() {
        page.line(&format!("  - and {}", counted(all.len() - most, "more reason", "more reasons")));
    }
}

fn located<'a>(page: &mut Page, head: &str, steps: impl Iterator<Item = (&'a Course, &'a Step)>) {
    for (nth, (course, step)) in steps.enumerate() {
        if nth == 0 {
            page.blank();
            page.line(head);
        }
        let when = course.plan.when(step).map(|when| format!("{}  ", when.label())).unwrap_or_default();
        page.line(&format!("  {}:{}  {when}{}", course.plan.path, step.line, step.text));
    }
}

fn progress(progress: Progress) -> String {
    format!("{} of {} done", progress.done, progress.total)
}
