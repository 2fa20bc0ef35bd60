//! What is done to a plan from the command line: a box ticked in its file, an entry on the record beside it.

use std::path::Path;

use super::{known, status};
use crate::{
    cli::{
        args::{Act, Common, OnRecord},
        exit,
        failure::{Failure, complain, print},
        setup,
    },
    domain::{
        release::{
            Progress,
            course::Course,
            plan::{Mark, Step},
            record::{Deed, Entry},
        },
        zone::Zones,
    },
    shell::{
        engine::{self, Wanted},
        git, git_head, plan_record,
    },
    text::Text,
};

/// Changes the box on a line.
///
/// # Errors
/// The file cannot be read, there is no task item, it could not be changed.
pub fn toggle(file: &Path, line: usize) -> Result<u8, Failure> {
    let list = status::course(file, &crate::domain::release::plan::Reading::default())?.plan.checklist();
    let Some(item) = list.items.iter().find(|item| item.line == line) else {
        let lines: Vec<String> = list.items.iter().take(12).map(|i| i.line.to_string()).collect();
        let hint =
            format!("lines with a task item: {}", if lines.is_empty() { "none".into() } else { lines.join(", ") });
        return Err(Failure::new(exit::USAGE, format!("tick line {line}: there is no task item"), hint));
    };
    change(file, &Wanted::of(&list, item), list.progress())
}

/// Ticks or unticks a step, in its file or on record.
///
/// # Errors
/// The plan cannot be read, there is no such step, one before it is open, it could not be written.
pub fn tick(act: &Act, is_done: bool, common: &Common, zones: &Zones) -> Result<u8, Failure> {
    let file = &act.on.file;
    let mut reading = status::known(common, zones)?.plan.reading;
    reading.steps = act.steps.map_or(reading.steps, Into::into);
    let mut course = status::course(file, &reading)?;
    course.record.count_until(status::now(common));
    if let Some(twin) = course.plan.twin(&act.step) {
        let what = format!("find the step `{}`: {}", twin.name, twin.words());
        let hint = format!("give each a name of its own, or name one by its line: L{}", twin.lines.0);
        return Err(Failure::new(exit::USAGE, what, hint));
    }
    let step = course.plan.find(&act.step).ok_or_else(|| {
        let what = format!("find the step `{}`", Text::scrub(&act.step));
        Failure::new(exit::USAGE, what, "give its identity, its line as L12, or its whole text; watchfloor release status --file FILE --json lists them, --steps all those without a box")
    })?;
    if course.is_ticked(step) == is_done {
        let word = if is_done { "done" } else { "open" };
        print(&format!("{} is {word} already", step.text))?;
        return Ok(exit::DONE);
    }
    if is_done && let Some(before) = course.held_by(step).filter(|_| !act.anyway) {
        let what =
            format!("tick `{}`: `{}` (line {}) comes before it and is open", step.text, before.text, before.line);
        return Err(Failure::new(
            exit::NO,
            what,
            "this plan goes in strict order; with --anyway it is ticked all the same",
        ));
    }
    match step.mark {
        mark @ Mark::Box { .. } => {
            let boxes = course.plan.steps.iter().filter(|step| step.mark != Mark::None);
            let progress = boxes.fold(Progress::default(), |sum, step| Progress {
                total: sum.total + 1,
                done: sum.done + usize::from(course.is_ticked(step)),
            });
            let wanted = Wanted { line: step.line, mark, seen: course.plan.digest, step: step.id.clone() };
            change(file, &wanted, progress)
        }
        Mark::None => on_record(&course, step, is_done, act, common, zones),
    }
}

fn on_record(
    course: &Course,
    step: &Step,
    is_done: bool,
    act: &Act,
    common: &Common,
    zones: &Zones,
) -> Result<u8, Failure> {
    let deed = Deed::Tick { step: step.id.clone(), text: step.text.clone(), is_done };
    enter(deed, &act.on, common, zones)?;
    let progress = course.progress();
    let done = if is_done { progress.done + 1 } else { progress.done.saturating_sub(1) };
    print(&format!("{done} of {} done", progress.total))?;
    Ok(exit::DONE)
}

/// Changes a box; `before` is how many were ticked in the version that was seen.
fn change(file: &Path, wanted: &Wanted, before: Progress) -> Result<u8, Failure> {
    let line = wanted.line;
    let ticked = engine::toggle_file(file, wanted)
        .map_err(|why| Failure::new(exit::NO, format!("tick line {line}: {why}"), "look at the file and try again"))?;
    warn(file, ticked.doubt.as_deref());
    let Progress { total, done } = ticked.merged.map_or_else(
        || {
            let done = if ticked.is_done { before.done + 1 } else { before.done.saturating_sub(1) };
            Progress { done, ..before }
        },
        |merged| merged.progress(),
    );
    let state = if ticked.is_done { "done" } else { "open" };
    print(&format!("line {} is {state} now: {done} of {total} done", ticked.line))?;
    Ok(exit::DONE)
}

/// Puts an entry on record beside a plan.
///
/// # Errors
/// It counts only with a reason and none is said; the plan is not there, a name is blank or nobody knows it, it could not be
/// written.
pub fn enter(deed: Deed, on: &OnRecord, common: &Common, zones: &Zones) -> Result<u8, Failure> {
    if deed.needs_reason() && on.reason.as_deref().is_none_or(|reason| reason.trim().is_empty()) {
        let what = format!("put on record `{}`: it counts only with a reason", deed.words());
        return Err(Failure::new(exit::USAGE, what, "say why: --reason \"known flake, issue 12\""));
    }
    put(deed, on, common, zones)
}

fn put(deed: Deed, on: &OnRecord, common: &Common, zones: &Zones) -> Result<u8, Failure> {
    let scrub = |said: &Option<String>| said.as_deref().map(|said| Text::scrub(said.trim())).filter(|s| !s.is_blank());
    // A word on the release is about a commit: where none is named, the one that is checked out where the plan lies.
    let named = on.commit.as_deref().map(|commit| named(&on.file, commit)).transpose()?;
    let head = match deed {
        Deed::SignOff { .. } if named.is_none() => git_head::of(&on.file),
        _ => None,
    };
    let of_head = head.as_ref().map(|commit| format!(", of the commit {commit} that is checked out here"));
    let mut entry = Entry {
        at: status::now(common),
        by: scrub(&on.by).unwrap_or_else(|| Text::scrub(&setup::person())),
        deed,
        commit: named.or(head),
        reason: scrub(&on.reason).unwrap_or_default(),
    };
    if !entry.is_whole() {
        return Err(Failure::new(
            exit::USAGE,
            "put on record: a name is blank".to_owned(),
            "name the role, the job, the freeze or the decision",
        ));
    }
    entry.deed = known::checked(entry.deed, &on.file, common, zones)?;
    let what = entry.deed.words();
    let doubt = plan_record::append(&on.file, &entry).map_err(|why| {
        let hint = if why.contains(plan_record::ALREADY) {
            "nothing was written: it counts as it stands there"
        } else {
            "nothing was written; look at the folder of the plan and try again"
        };
        Failure::new(exit::NO, format!("put on record `{what}`: {why}"), hint)
    })?;
    warn(&on.file, doubt.as_deref());
    print(&format!("on record: {what}, by {}{}", entry.by, of_head.unwrap_or_default()))?;
    Ok(exit::DONE)
}

/// The commit that a word is about: a slip of the pen would make it stale for ever, or of nobody knows what.
fn named(file: &Path, commit: &str) -> Result<Text, Failure> {
    let asked = git_head::named(file, commit);
    let found = asked.or_else(|why| git::commit_of(&[file.to_path_buf()], commit).map_err(|_| why));
    found.map_err(|why| {
        let hint = "git rev-parse HEAD says the one that is checked out";
        Failure::new(exit::USAGE, format!("put it on record: {why}"), hint)
    })
}

fn warn(file: &Path, doubt: Option<&str>) {
    if let Some(doubt) = doubt {
        complain(&format!("warning: {}: {doubt}", Text::scrub(&file.to_string_lossy())));
    }
}
