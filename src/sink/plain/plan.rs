//! A plan being worked through: how far it is, its phases, every step.

use chrono::{DateTime, Utc};

use super::{Page, words};
use crate::{
    domain::release::{
        Progress,
        course::{Course, PhaseStatus, Standing},
        plan::{Mark, Step},
    },
    text::Text,
};

/// Writes it.
pub fn write(page: &mut Page, course: &Course, now: DateTime<Utc>) {
    let plan = &course.plan;
    let title = if plan.title.is_blank() { String::new() } else { format!(" ({})", plan.title) };
    page.line(&format!("{}{title}  {}", plan.path, progress(course.progress())));
    if plan.is_mended {
        page.line("  its encoding is broken; it is shown mended, and left as it is");
    }
    for unread in course.record.unread() {
        page.line(&format!("  the record's line {} is not read: {}", unread.line, unread.why));
    }
    for status in course.phases() {
        page.line(&format!("  {}", phase(course, &status, now)));
    }
    if course.calendar.is_some() {
        let (due, overdue) = (course.due_now(now).len(), course.overdue(now).len());
        page.line(&format!("  {due} due now, {overdue} overdue"));
    }
    for run in plan.steps.chunk_by(|one, next| one.section == next.section) {
        let Some(first) = run.first() else { continue };
        if !first.section.is_blank() {
            let done = run.iter().filter(|step| course.is_done(step)).count();
            page.line(&format!("  {}  {}", first.section, progress(Progress { total: run.len(), done })));
        }
        for step in run {
            page.line(&line(course, step));
        }
    }
}

fn phase(course: &Course, status: &PhaseStatus, now: DateTime<Utc>) -> String {
    let done = progress(status.progress);
    let Some(calendar) = &course.calendar else { return format!("{}  {done}", status.label) };
    let moment = |at: Option<DateTime<Utc>>| {
        at.map_or_else(|| words::NOTHING.to_owned(), |at| words::moment(at, &calendar.zone))
    };
    let is_now = status.when.is_some_and(|when| calendar.window(when).holds(now));
    let mark = if is_now { "  now" } else { "" };
    format!("{}  {} to {}  {done}{mark}", status.label, moment(status.start), moment(status.end))
}

fn line(course: &Course, step: &Step) -> String {
    let indent = "  ".repeat(usize::from(step.depth.min(8)));
    let mark = match (step.mark, course.is_done(step)) {
        (Mark::Box { .. }, true) => "[x]",
        (Mark::Box { .. }, false) => "[ ]",
        (Mark::None, true) => "(x)",
        (Mark::None, false) => "( )",
    };
    let number = step.number.map(|number| format!("{number}. ")).unwrap_or_default();
    let when = step.own_when.map(|when| format!("{}  ", when.label())).unwrap_or_default();
    let who = step.owner.as_ref().filter(|who| !said(&step.text, who));
    let who = who.map(|who| format!("  @{who}")).unwrap_or_default();
    let doubt = match course.standing(step) {
        Standing::Contradicted => "  (its evidence says otherwise)",
        Standing::Open | Standing::Done | Standing::Proven => "",
    };
    format!("    {indent}{mark} {when}{number}{}{who}{doubt}", step.text)
}

/// Whether a text names somebody itself.
fn said(text: &Text, who: &Text) -> bool {
    text.as_str().contains(who.as_str())
}

fn progress(progress: Progress) -> String {
    format!("{} of {} done", progress.done, progress.total)
}
