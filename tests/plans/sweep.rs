//! Killed at each call, and each call failing: the plan is the old one or the new one, the record too, and what was said to
//! be done is done.

use std::{collections::BTreeMap, os::unix::process::ExitStatusExt as _, process::Output};

use crate::scene::{PLAN, Scene, has_strace, is_whole};

/// What somebody does to a plan: a box, a step without one, a word on the release.
const DEEDS: [(&str, &[&str]); 3] = [
    ("tick", &["release", "tick", "--file", "plan.md", "two"]),
    ("tick on record", &["release", "tick", "--file", "plan.md", "--steps", "all", "--anyway", "open"]),
    ("sign", &["release", "sign", "--file", "plan.md", "--commit", "1a2b3c4", "--reason", "all green", "qa"]),
];

/// Calls that change something on the disk. `write` is also how standard output is written and how threads are woken.
const CHANGES: [&str; 3] = ["write", "fsync,fdatasync", "?rename,?renameat,?renameat2"];

/// Calls around them.
const AROUND: [&str; 6] = ["openat", "flock", "fchmod", "fchown", "?unlink,?unlinkat", "lseek"];

/// No command makes so many of one call.
const MOST: u32 = 400;

/// Where a deed stands after a run.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Found {
    Old,
    New,
}

/// The plan and the record before a deed, and what it makes of them.
struct Before {
    plan: String,
    record: Vec<u8>,
    n_entries: usize,
}

impl Before {
    fn of(scene: &Scene) -> Self {
        let n_entries = scene.record().entries().len();
        Self { plan: scene.text(), record: scene.record_bytes(), n_entries }
    }

    /// Looks at what is there now; anything but the old or the new is an error.
    fn found(&self, scene: &Scene, what: &str) -> Found {
        let (plan, record) = (scene.text(), scene.record());
        assert!(scene.record_bytes().starts_with(&self.record), "{what}: the record lost something");
        let ticked = self.plan.replace("- [ ] two", "- [x] two");
        let is_ticked = plan == ticked && plan != self.plan;
        assert!(is_ticked || plan == self.plan, "{what}: neither the old plan nor the new one: {plan:?}");
        let n = record.entries().len();
        assert!(n == self.n_entries || n == self.n_entries + 1, "{what}: {n} entries");
        // Half a line is told, counts for nothing, and is the last.
        assert!(record.unread().len() <= 1, "{what}: {:?}", record.unread());
        if is_ticked || n > self.n_entries { Found::New } else { Found::Old }
    }
}

fn said(output: &Output) -> bool {
    let said = String::from_utf8_lossy(&output.stdout);
    output.status.success() || said.contains("is done now") || said.contains("on record: ")
}

#[derive(Default)]
struct Row {
    n_runs: u32,
    n_hit: u32,
    found: BTreeMap<Found, u32>,
    /// Said to be done, and not so.
    n_lost: u32,
}

fn print(what: &str, rows: &BTreeMap<String, Row>) {
    println!("{what}\n  {:<44} {:>5} {:>5} {:>5} {:>5} {:>5}", "deed, call", "runs", "hit", "old", "new", "lost");
    for (name, row) in rows {
        let of = |found| row.found.get(&found).copied().unwrap_or(0);
        let (old, new) = (of(Found::Old), of(Found::New));
        println!("  {name:<44} {:>5} {:>5} {old:>5} {new:>5} {:>5}", row.n_runs, row.n_hit, row.n_lost);
    }
    assert!(rows.values().all(|row| row.n_lost == 0), "something that was said to be done is lost");
}

/// Does each deed with the nth call of each kind broken, for every n, on a plan with and without a record.
fn sweep(calls: &[(&str, &str)], is_hit: impl Fn(&Output) -> bool) -> BTreeMap<String, Row> {
    let mut rows: BTreeMap<String, Row> = BTreeMap::new();
    for (name, words) in DEEDS {
        for (call, fault) in calls {
            let row = rows.entry(format!("{name}, {}", call.replace('?', ""))).or_default();
            for nth in 1..=MOST {
                let scene = Scene::new(PLAN);
                if nth % 2 == 0 {
                    assert!(scene.run(&["release", "decide", "--file", "plan.md", "go"]).status.success());
                }
                let before = Before::of(&scene);
                let output = scene.run_with(call, &format!("{fault}:when={nth}"), words);
                let what = format!("{name}, {call} {fault}, call {nth}");
                let found = before.found(&scene, &what);
                let is_said = said(&output);
                if is_said && found == Found::Old {
                    println!("{what}: said to be done and is not: {output:?}");
                    row.n_lost += 1;
                }
                row.n_runs += 1;
                // Whoever comes next goes on from there, and clears what was left lying about.
                if found == Found::Old {
                    let again = scene.run(words);
                    assert!(again.status.success(), "{what}: then {again:?}");
                    assert_eq!(before.found(&scene, &format!("{what}, then again")), Found::New);
                    assert!(!words.contains(&"two") || scene.n_left_over() == 0, "{what}: something is left");
                }
                *row.found.entry(found).or_default() += 1;
                // There is no nth call of the kind any more.
                if !is_hit(&output) {
                    break;
                }
                row.n_hit += 1;
            }
        }
    }
    rows
}

#[test]
fn killed_at_any_call_the_plan_and_its_record_are_the_old_or_the_new_and_what_was_said_is_so() {
    if !has_strace() {
        println!("  kills at system calls                        left out: strace is not here or may not trace");
        return;
    }
    let mut calls: Vec<(&str, &str)> = CHANGES.iter().map(|call| (*call, "signal=SIGKILL")).collect();
    if is_whole() {
        calls.extend(AROUND.iter().map(|call| (*call, "signal=SIGKILL")));
    } else {
        println!("  kills around them                            left out: WATCHFLOOR_PLANS=1 runs them");
    }
    let rows = sweep(&calls, |output| output.status.signal() == Some(9));
    print("killed at each call", &rows);
    // A system on which the calls are others would make this a sweep of nothing.
    for (name, row) in &rows {
        let must = name.contains("write") || name.contains("fsync") || name == "tick, rename,renameat,renameat2";
        assert!(!must || 0 < row.n_hit, "never killed: {name}");
        assert!(row.n_hit < MOST, "not swept to its end: {name}");
    }
}

#[test]
fn a_disk_that_is_full_read_only_or_broken_leaves_the_old_or_the_new_and_says_so() {
    if !has_strace() {
        println!("  failing system calls                         left out: strace is not here or may not trace");
        return;
    }
    let faults = [
        ("write", "error=ENOSPC"),
        ("fsync,fdatasync", "error=EIO"),
        ("?rename,?renameat,?renameat2", "error=EROFS"),
        ("openat", "error=EROFS"),
    ];
    let faults = if is_whole() { &faults[..] } else { &faults[..3] };
    // A failing call is not seen from outside where it does no harm: so many of each are tried.
    let n_tried = std::cell::Cell::new(0);
    let n_most = if is_whole() { 60 } else { 8 };
    let rows = sweep(faults, |_| {
        n_tried.set(n_tried.get() + 1);
        n_tried.get() % n_most != 0
    });
    print("each call failing", &rows);
}

#[test]
fn a_write_protected_plan_is_left_alone_and_said_to_be_so() {
    let scene = Scene::new(PLAN);
    let mut permissions = std::fs::metadata(scene.plan()).unwrap().permissions();
    permissions.set_readonly(true);
    std::fs::set_permissions(scene.plan(), permissions).unwrap();
    let output = scene.run(DEEDS[0].1);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stderr).contains("it may not be read or written"), "{output:?}");
    assert_eq!((scene.text().as_str(), scene.n_left_over()), (PLAN, 0));
}
