//! A plan being worked through: how far it is, its phases, every step.

use chrono::{DateTime, NaiveTime, TimeDelta, Utc};

use super::{Page, words};
use crate::{
    domain::{
        release::{
            Progress,
            course::{Course, PhaseStatus, Standing},
            plan::{CriterionKind, Mark, Plan, Step},
        },
        time::minus,
        zone::Zone,
    },
    text::{Text, counted},
};

/// Writes it.
pub fn write(page: &mut Page, course: &Course, now: DateTime<Utc>) {
    let plan = &course.plan;
    let title = if plan.title.is_blank() { String::new() } else { format!(" ({})", plan.title) };
    page.line(&format!("{}{title}  {}", plan.path, progress(course.progress())));
    if plan.is_mended {
        page.line("  its encoding is broken; it is shown mended, and left as it is");
    }
    for doubt in plan.doubts() {
        page.line(&format!("  {doubt}"));
    }
    for unread in course.record.unread() {
        page.line(&format!("  the record's line {} is not read: {}", unread.line, unread.why));
    }
    for entry in course.record.ahead() {
        page.line(&format!("  the record: {}", entry.why_ahead()));
    }
    for line in besides(&course.plan) {
        page.line(&format!("  {line}"));
    }
    for status in course.phases() {
        page.line(&format!("  {}", phase(course, &status, now)));
    }
    if course.calendar.is_some() {
        let (due, overdue) = (course.due_now(now).len(), course.overdue(now).len());
        page.line(&format!("  {due} due now, {overdue} overdue"));
    }
    steps(page, course);
}

/// Writes every step under its heading.
pub fn steps(page: &mut Page, course: &Course) {
    for run in course.plan.steps.chunk_by(|one, next| one.section == next.section) {
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
    let is_now = status.when.is_some_and(|when| calendar.window(when).holds(now));
    let mark = if is_now { "  now" } else { "" };
    match span(&calendar.zone, status.start, status.end) {
        Some(when) => format!("{}  {when}  {done}{mark}", status.label),
        None => format!("{}  {done}{mark}", status.label),
    }
}

/// A stretch of time in words: whole days by their first and their last, anything else by its moments; nothing where the
/// plan gives neither end.
fn span(zone: &Zone, start: Option<DateTime<Utc>>, end: Option<DateTime<Utc>>) -> Option<String> {
    let is_day = |at: DateTime<Utc>| zone.local(at).time() == NaiveTime::MIN;
    let day = |at: DateTime<Utc>| zone.local(at).format("%a %-d %b").to_string();
    let moment = |at: DateTime<Utc>| if is_day(at) { day(at) } else { words::moment(at, zone) };
    match (start, end) {
        (None, None) => None,
        (None, Some(end)) => Some(format!("before {}", moment(end))),
        (Some(start), None) => Some(format!("from {}", moment(start))),
        (Some(start), Some(end)) if is_day(start) && is_day(end) => {
            // The end is the first moment that is not in it.
            let (first, last) = (day(start), day(minus(end, TimeDelta::seconds(1))));
            Some(if first == last { first } else { format!("{first} to {last}") })
        }
        (Some(start), Some(end)) => Some(format!("{} to {}", words::moment(start, zone), words::moment(end, zone))),
    }
}

/// What was read that is no step, and what to do where there is no step at all.
fn besides(plan: &Plan) -> Vec<String> {
    let mut lines = Vec::new();
    if plan.steps.is_empty() {
        lines.push("no step was read: it has no boxes. --steps all takes the items below headings that are phases; phases in [release] names more such headings".to_owned());
    }
    let of = |kind: CriterionKind| plan.criteria.iter().filter(|c| c.kind == kind).count();
    let counts = [
        (of(CriterionKind::Entry), "criterion to begin", "criteria to begin"),
        (of(CriterionKind::Success), "criterion of success", "criteria of success"),
        (of(CriterionKind::Rollback), "criterion for a roll-back", "criteria for a roll-back"),
        (plan.rollback.len(), "step of a roll-back", "steps of a roll-back"),
        (plan.milestones.len(), "milestone", "milestones"),
        (plan.duties.len(), "duty", "duties"),
    ];
    let told: Vec<_> =
        counts.into_iter().filter(|(n, ..)| *n > 0).map(|(n, one, more)| counted(n, one, more)).collect();
    if !told.is_empty() {
        lines.push(format!("besides: {}", told.join(", ")));
    }
    lines
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
    if progress.total == 0 {
        return "no steps".to_owned();
    }
    format!("{} of {} done", progress.done, progress.total)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{time::parse_rfc3339, zone::Zones};

    fn berlin(start: Option<&str>, end: Option<&str>) -> Option<String> {
        let at = |written: Option<&str>| written.map(|w| parse_rfc3339(w).unwrap());
        span(&Zones::bundled().find("Europe/Berlin").unwrap(), at(start), at(end))
    }

    #[test]
    fn whole_days_are_told_by_the_first_and_the_last_of_them() {
        let (wednesday, thursday) = ("2026-11-24T23:00:00Z", "2026-11-25T23:00:00Z");
        assert_eq!(berlin(Some(wednesday), Some(thursday)).unwrap(), "Wed 25 Nov");
        assert_eq!(berlin(Some("2026-11-17T23:00:00Z"), Some(wednesday)).unwrap(), "Wed 18 Nov to Tue 24 Nov");
        assert_eq!(berlin(None, Some(wednesday)).unwrap(), "before Wed 25 Nov");
        assert_eq!(berlin(Some(thursday), None).unwrap(), "from Thu 26 Nov");
        assert_eq!(berlin(None, None), None);
    }

    #[test]
    fn an_hour_is_told_by_its_moments() {
        let told = berlin(Some("2026-11-25T08:00:00Z"), Some("2026-11-25T09:00:00Z")).unwrap();
        assert!(told.contains("09:00") && told.contains("10:00"), "{told}");
    }
}
