//! The plans that `WATCHFLOOR_PLANS` names, as their teams wrote them: each is opened in the console and worked through by
//! keys; afterwards its file differs in the boxes that were ticked, and the record has what was entered. Nothing else.

use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

use watchfloor::{
    domain::release::{
        course::Course,
        plan::{CriterionKind, Mark, Plan, Reading, Steps},
        record::{Decided, Deed, Entry, Say, line},
        words::{PhaseWords, parse_when},
    },
    shell::clock::Clock,
    source::plan,
    text::Text,
};

use crate::terminal::{Run, Start};

/// Words of headings that the plans use for a part of their work and that say no time by themselves.
const PHASES: [(&str, &str); 6] = [
    ("Tasks (P1)", "T-7..T-1"),
    ("Success Criteria", "T+1..T+7"),
    ("Entry Criteria", "T-7"),
    ("Work Breakdown", "T-6..T-1"),
    ("Exit Criteria", "T0"),
    ("Monitoring", "after"),
];

/// Steps that are ticked in each plan.
const TICKS: usize = 4;

fn plans() -> Vec<PathBuf> {
    let Some(folder) = std::env::var_os("WATCHFLOOR_PLANS") else {
        println!("left out: WATCHFLOOR_PLANS is not set, no plan was opened");
        return Vec::new();
    };
    let is_plan = |path: &PathBuf| path.extension().is_some_and(|it| it == "md") && !path.ends_with("README.md");
    let mut found: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|it| it.unwrap().path()).filter(is_plan).collect();
    found.sort();
    assert!(found.len() >= 5, "{found:?}");
    found
}

fn reading() -> Reading {
    let words = PHASES.map(|(word, when)| (word.to_owned(), parse_when(when).unwrap()));
    Reading { steps: Steps::All, words: PhaseWords::new(words), roles: Vec::new() }
}

fn read(path: &Path) -> Plan {
    plan::read(&path.to_string_lossy(), &fs::read(path).unwrap(), &reading()).unwrap()
}

#[test]
fn every_plan_is_worked_through_by_keys_and_only_what_was_done_is_written() {
    let mut table = String::new();
    for path in plans() {
        let start = Start::new(&["--config", "watchfloor.toml"]).size(120, 40).env("WATCHFLOOR_USER", "ana");
        let name = path.file_name().unwrap().to_str().unwrap();
        let copy = start.folder().join(name);
        // Its bytes alone: material may be read-only, and a plan that is worked through is not.
        fs::write(&copy, fs::read(&path).unwrap()).unwrap();
        fs::write(start.folder().join("watchfloor.toml"), settings(name)).unwrap();
        let plan = read(&copy);
        tell(&mut table, name, &plan);
        let before = fs::read(&copy).unwrap();
        let mut run = start.run();
        let ticked = work(&mut run, &plan);
        assert_eq!(run.keys("q").end(), 0);
        let wrote = written(&copy, &before, &plan, &ticked);
        writeln!(table, "  worked through by keys: {wrote}\n").unwrap();
    }
    print!("{table}");
    if let Some(file) = std::env::var_os("WATCHFLOOR_PLANS_TABLE") {
        fs::write(file, table).unwrap();
    }
}

fn settings(name: &str) -> String {
    let today = Clock::Wall.now().format("%Y-%m-%d");
    let phases = PHASES.map(|(word, when)| format!("{word:?} = {when:?}")).join(", ");
    format!(
        "zone = \"UTC\"\n[release]\nname = \"5.0\"\nday = \"{today}\"\nsteps = \"all\"\nchecklists = [{name:?}]\n\
         sign_off = [\"qa\"]\nphases = {{ {phases} }}\n\
         [[release.announcement]]\nname = \"first notice\"\nwhen = \"T-30\"\ntext = \"{{release}} goes out on {{day}}.\"\n"
    )
}

/// Works through the board: ticks, an order that is kept, a sign-off, an announcement, a decision. The places of the steps
/// that were ticked.
fn work(run: &mut Run, plan: &Plan) -> Vec<usize> {
    let total = plan.steps.len();
    let done = Course::new(plan.clone()).progress().done;
    run.sees_all_panes().sees(&format!("{done}/{total} done"));
    run.keys("4+").sees("[Today]").keys("l").sees("[Plan]").sees(&format!("{done} of {total} done"));
    let ticked: Vec<usize> = strict(plan).unwrap_or_else(|| (0..total.min(TICKS)).collect());
    let mut at = 0;
    if let Some(second) = strict(plan).and_then(|places| places.get(1).copied()) {
        run.keys(&"j".repeat(second)).keys(" ").sees("in strict order");
        at = second;
    }
    for (nth, place) in ticked.iter().enumerate() {
        let way = if at <= *place { "j".repeat(place - at) } else { "k".repeat(at - place) };
        run.keys(&way).keys(" ").sees(&format!("{} of {total} done", done + nth + 1));
        at = *place;
    }
    run.keys("s").sees("[Gate]").keys("s").sees("qa signs off").keys("looks well\r").sees("Put on record: qa: go? y/N");
    run.keys("y").sees("go, ana");
    run.keys("n").sees("first notice").sees("5.0 goes out on").keys("m").sees("announced: first notice? y/N");
    run.keys("y").sees("sent").sees("by ana").keys("\x1b").loses("mark as sent");
    run.keys("d")
        .sees("a decision")
        .keys("it is time\r")
        .sees("decided: go? y/N")
        .keys("y")
        .sees("decided: go, by ana");
    ticked
}

/// The first two numbered steps of the outermost list of a phase that goes in strict order.
fn strict(plan: &Plan) -> Option<Vec<usize>> {
    let phase = plan.phases.iter().position(|phase| phase.is_strict)?;
    let is_ours = |place: &usize| {
        let step = &plan.steps[*place];
        step.phase == Some(phase) && step.number.is_some() && step.depth == 0
    };
    let found: Vec<usize> = (0..plan.steps.len()).filter(is_ours).take(2).collect();
    (found.len() == 2).then_some(found)
}

/// Asserts that the file differs in the boxes that were ticked alone, and that the record has what was entered, in its order.
fn written(copy: &Path, before: &[u8], plan: &Plan, ticked: &[usize]) -> String {
    let after = fs::read(copy).unwrap();
    assert_eq!(after.len(), before.len());
    let steps = || ticked.iter().map(|place| &plan.steps[*place]);
    let mut boxes: Vec<usize> =
        steps().filter_map(|step| if let Mark::Box { byte, .. } = step.mark { Some(byte) } else { None }).collect();
    boxes.sort_unstable();
    let differ: Vec<usize> = (0..after.len()).filter(|at| after[*at] != before[*at]).collect();
    assert_eq!(differ, boxes, "{}", copy.display());
    assert!(boxes.iter().all(|at| (before[*at], after[*at]) == (b' ', b'x')));
    let record = fs::read(copy.with_file_name(format!("{}.record", copy.file_name().unwrap().display()))).unwrap();
    let record = line::read(&record);
    assert_eq!(record.unread(), []);
    let on_record = steps().filter(|step| step.mark == Mark::None);
    let mut wanted: Vec<(Deed, &str)> = on_record
        .map(|step| (Deed::Tick { step: step.id.clone(), text: step.text.clone(), is_done: true }, ""))
        .collect();
    wanted.push((Deed::SignOff { role: Text::scrub("qa"), say: Say::Go }, "looks well"));
    wanted.push((Deed::Announced { what: Text::scrub("first notice") }, ""));
    wanted.push((Deed::Decision { what: Decided::Go }, "it is time"));
    let said: Vec<(Deed, &str)> =
        record.entries().iter().map(|entry| (entry.deed.clone(), entry.reason.as_str())).collect();
    assert_eq!(said, wanted, "{}", copy.display());
    assert!(record.entries().iter().all(|Entry { by, .. }| by.as_str() == "ana"));
    format!("{} bytes of the file changed, {} entries on record", differ.len(), said.len())
}

/// What was read of a plan.
fn tell(table: &mut String, name: &str, plan: &Plan) {
    let course = Course::new(plan.clone());
    let boxes = plan.steps.iter().filter(|step| step.mark != Mark::None).count();
    writeln!(table, "{name}{}", if plan.is_mended { " (encoding mended for the screen)" } else { "" }).unwrap();
    writeln!(table, "  steps: {}, {boxes} of them boxes in the file", plan.steps.len()).unwrap();
    for phase in course.phases() {
        let when = phase.when.map_or("no time".to_owned(), |when| when.label());
        writeln!(
            table,
            "  phase: {:<44} {when:<12} {} of {}",
            phase.label.as_str(),
            phase.progress.done,
            phase.progress.total
        )
        .unwrap();
    }
    let own = plan.steps.iter().filter(|step| step.own_when.is_some());
    for step in own {
        let when = step.own_when.map(|when| when.label()).unwrap_or_default();
        let text: String = step.text.as_str().chars().take(60).collect();
        writeln!(table, "  own time: {when:<8} {text}").unwrap();
    }
    let strict: Vec<&str> = plan.phases.iter().filter(|it| it.is_strict).map(|it| it.label.as_str()).collect();
    writeln!(table, "  strict order: {}", if strict.is_empty() { "none".to_owned() } else { strict.join(", ") })
        .unwrap();
    let mut owners: Vec<&str> = plan.steps.iter().filter_map(|step| Some(step.owner.as_ref()?.as_str())).collect();
    let n_owned = owners.len();
    owners.sort_unstable();
    owners.dedup();
    writeln!(table, "  owners: {n_owned} steps have one: {}", owners.join(", ")).unwrap();
    for duty in &plan.duties {
        writeln!(table, "  role: {} ({})", duty.who, duty.what).unwrap();
    }
    for milestone in &plan.milestones {
        writeln!(table, "  milestone: {} [{}]: {}", milestone.name, milestone.owner, milestone.criteria).unwrap();
    }
    for (kind, word) in
        [(CriterionKind::Entry, "entry"), (CriterionKind::Success, "success"), (CriterionKind::Rollback, "roll-back")]
    {
        let n = plan.criteria.iter().filter(|it| it.kind == kind).count();
        writeln!(table, "  criteria of {word}: {n}").unwrap();
    }
    writeln!(table, "  steps of a roll-back: {}", plan.rollback.len()).unwrap();
}
