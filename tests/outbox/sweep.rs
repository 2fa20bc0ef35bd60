//! Kill -9 at any moment: every comment exactly once, every label and close applied, nothing said to be done that is not.
//!
//! Two ways. By chance: 200 actions wait, and `watch --once` is killed at a random moment or a random system call. In order:
//! six actions wait, one of each kind, and it is killed at the first, second, third … write, fsync, connection and request
//! until it makes no further one. strace counts the calls of each thread for itself; whichever thread gets there first is
//! killed with all others.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    os::unix::process::ExitStatusExt as _,
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use watchfloor::{
    domain::{
        incident::{CloseReason, IncidentKey, Label, Login, Repo},
        intent::{Act, Intent, OpId, Progress, Target},
    },
    text::{Passage, Text},
};

use crate::scene::{Scene, now};

/// Actions that wait at once.
const QUEUED: u64 = 200;

/// Kills in CI; `WATCHFLOOR_ROUNDS=1000` is the night's form, and its walk through the calls has no bound.
const ROUNDS: u64 = 50;

/// A second of patience here.
const SHORT: Duration = Duration::from_millis(40);

/// Incidents that actions go to; no multiple of the five kinds, so that each incident meets every kind.
const INCIDENTS: u64 = 16;

/// System calls at which the program is killed, where strace is there: the state file is written by `pwrite64`, made safe by
/// `fsync` and put away by `ftruncate` and `unlink`; a request is sent by `writev` and its answer taken by `recvfrom`; `write`
/// wakes threads.
const CALLS: [&str; 8] = ["pwrite64", "fsync", "writev", "recvfrom", "connect", "ftruncate", "unlink", "write"];

/// Those at which a kill must have taken effect: each write, each flush, each request, each answer.
const BOUNDARIES: [&str; 5] = ["pwrite64", "fsync", "writev", "recvfrom", "connect"];

/// Those made for each action: a random one of them is nearly always reached.
const FREQUENT: [&str; 5] = ["pwrite64", "fsync", "recvfrom", "write", "writev"];

fn label(round: u64, n: u64) -> Label {
    Label::new(&format!("sev/{round}-{n}"))
}

fn batch(round: u64, seed: u64, size: u64) -> Vec<Intent> {
    let at = now();
    let of = |n: u64| {
        let act = match n % 5 {
            0 => Act::Comment(Box::new(Passage::scrub(&format!("round {round} comment {n}.")))),
            1 => Act::Assign(vec![Login::new("ann")]),
            2 => Act::Label(vec![label(round, n)]),
            3 if INCIDENTS <= n => Act::Unlabel(label(round, n - INCIDENTS)),
            3 => Act::Comment(Box::new(Passage::scrub(&format!("round {round} note {n}.")))),
            _ => Act::Close(CloseReason::Completed),
        };
        let id = OpId::new(at, (u128::from(seed) << 24) | (u128::from(round) << 10) | u128::from(n));
        let target = Target::Incident(IncidentKey::issue(Repo::new("acme/api"), n % INCIDENTS + 1));
        let (source, by) = (Text::scrub("github"), Login::new("me"));
        Intent { batch: id.clone(), id, source, target, act, by, at, progress: Progress::new() }
    };
    // In order, an action of each kind and one label that is taken off again.
    let all: Vec<u64> = if size < QUEUED { vec![0, 1, 2, 3, 4, 18] } else { (0..size).collect() };
    all.into_iter().map(of).collect()
}

fn number_of(intent: &Intent) -> u64 {
    match &intent.target {
        Target::Incident(key) => key.number,
        Target::Repository(_) => panic!("not among these"),
    }
}

/// Whether the host shows what an intent wanted. `all` = everything that was wanted: a label may be taken off again.
fn is_at_the_host(scene: &Scene, intent: &Intent, all: &[Intent]) -> bool {
    let truth = scene.host.truth.lock().unwrap();
    let Some(issue) = truth.issues.get(&number_of(intent)) else { return matches!(intent.act, Act::Unlabel(_)) };
    match &intent.act {
        Act::Comment(_) => issue.comments.iter().filter(|(_, body, _)| body.contains(intent.id.as_str())).count() == 1,
        Act::Close(_) => issue.is_closed,
        Act::Assign(who) => who.iter().all(|login| issue.assignees.contains(login.as_str())),
        Act::Label(which) => which.iter().all(|label| {
            let is_taken_off = all.iter().any(|other| matches!(&other.act, Act::Unlabel(off) if off == label));
            is_taken_off || issue.labels.contains(label.as_str())
        }),
        Act::Unlabel(label) => !issue.labels.contains(label.as_str()),
        act => panic!("not among these: {act:?}"),
    }
}

/// Looks at the store: nothing is said to be done that the host has not. Returns how many are not over.
fn nothing_false_is_said(scene: &Scene, all: &[Intent]) -> usize {
    let intents = scene.intents();
    for intent in &intents {
        if matches!(intent.progress, Progress::Done { .. }) {
            assert!(is_at_the_host(scene, intent, all), "said to be done and is not: {intent:?}");
        }
        assert!(!matches!(intent.progress, Progress::Refused { .. }), "{intent:?}");
    }
    assert_eq!(intents.len(), all.len(), "an action is lost");
    intents.iter().filter(|intent| !intent.progress.is_over()).count()
}

/// What is wanted of one incident: its comments, labels and owners, and whether it is closed.
type Wanted<'a> = (Vec<&'a str>, BTreeSet<String>, BTreeSet<String>, bool);

/// Delivers the rest in peace, then compares the host with everything that was wanted.
fn everything_arrived_once(scene: &Scene, all: &[Intent]) -> usize {
    scene.host.be_rough(false);
    let until = Instant::now() + Duration::from_secs(120);
    while 0 < nothing_false_is_said(scene, all) {
        assert!(Instant::now() < until, "not drained: {:?}", scene.intents());
        scene.run(&["watch", "--once"]);
    }
    let mut wanted: BTreeMap<u64, Wanted<'_>> = BTreeMap::new();
    for intent in all {
        let (comments, labels, assignees, is_closed) = wanted.entry(number_of(intent)).or_default();
        match &intent.act {
            Act::Comment(_) => comments.push(intent.id.as_str()),
            Act::Label(which) => labels.extend(which.iter().map(ToString::to_string)),
            Act::Unlabel(which) => drop(labels.remove(which.as_str())),
            Act::Assign(who) => assignees.extend(who.iter().map(ToString::to_string)),
            Act::Close(_) => *is_closed = true,
            act => panic!("not among these: {act:?}"),
        }
    }
    let truth = scene.host.truth.lock().unwrap();
    assert!(truth.issues.keys().eq(wanted.keys()), "incidents at the host, and incidents wanted");
    let mut n = 0;
    for (number, (comments, labels, assignees, is_closed)) in &wanted {
        let issue = &truth.issues[number];
        let id = |body: &str| all.iter().map(|i| i.id.as_str()).find(|id| body.contains(id)).unwrap_or("?");
        let there: Vec<&str> = issue.comments.iter().map(|(_, body, _)| id(body)).collect();
        assert_eq!(&there, comments, "comments of {number}: each once, in the order wanted");
        assert_eq!((&issue.labels, &issue.assignees, &issue.is_closed), (labels, assignees, is_closed), "{number}");
        n += there.len();
    }
    n
}

fn dice(state: &mut u64) -> u64 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    *state
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok().and_then(|n| n.parse().ok())
}

fn has_strace() -> bool {
    let words = ["-f", "-o", "/dev/null", "-e", "inject=getppid:signal=SIGKILL:when=1", "true"];
    let tried = Command::new("strace").args(words).stdout(Stdio::null()).stderr(Stdio::null()).status();
    let has = tried.is_ok_and(|status| status.success());
    if !has {
        println!("left out: kills at system calls (strace is not there, or may not trace)");
    }
    has
}

/// Lets `watch --once` run until it makes a system call for the `when`th time; whether that killed it.
fn killed_at(scene: &Scene, call: &str, when: u64) -> bool {
    let plain = scene.command(&["watch", "--once"]);
    let mut command = Command::new("strace");
    scene.equip(&mut command);
    let inject = format!("inject={call}:signal=SIGKILL:when={when}");
    command.args(["-f", "-o", "/dev/null", "-e", &format!("trace={call}"), "-e", &inject]);
    command.arg(plain.get_program()).args(plain.get_args());
    // strace ends as what it traced ended. Nothing else kills: a run that is not killed ends by itself.
    let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap();
    status.signal() == Some(9)
}

/// Lets `watch --once` run for some time; whether it was still running then.
fn killed_after(scene: &Scene, time: Duration) -> bool {
    let mut child = scene.command(&["watch", "--once"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    thread::sleep(time);
    let _ = child.kill();
    child.wait().unwrap().signal() == Some(9)
}

/// What was killed how often: runs, and those in which the kill took effect.
#[derive(Default)]
struct Tally(BTreeMap<String, (u64, u64)>);

impl Tally {
    fn note(&mut self, how: &str, is_killed: bool) {
        let (runs, kills) = self.0.entry(how.to_owned()).or_default();
        *runs += 1;
        *kills += u64::from(is_killed);
    }

    fn kills(&self) -> u64 {
        self.0.values().map(|(_, kills)| kills).sum()
    }

    fn print(&self, what: &str, n_actions: usize, n_comments: usize) {
        let mut table =
            format!("{what}: {} kills took effect, {n_actions} actions, {n_comments} comments", self.kills());
        for (how, (runs, kills)) in &self.0 {
            write!(table, "\n  {how:<10} {kills:>5} of {runs:>5} runs killed").unwrap();
        }
        println!("{table}");
    }
}

#[test]
fn however_often_it_is_killed_every_comment_is_made_once() {
    let rounds = number("WATCHFLOOR_ROUNDS").unwrap_or(ROUNDS);
    let mut seed = number("WATCHFLOOR_SEED").unwrap_or(0x5EED) | 1;
    let (scene, with_strace) = (Scene::paced("", SHORT), has_strace());
    // In CI the other half of the kills goes through the calls in order.
    let wanted = if rounds == ROUNDS && with_strace { rounds / 2 } else { rounds };
    scene.host.be_rough(true);
    let (mut all, mut tally, mut n_batches) = (Vec::new(), Tally::default(), 0);
    while tally.kills() < wanted {
        if nothing_false_is_said(&scene, &all) == 0 {
            let more = batch(n_batches, seed, QUEUED);
            scene.store().intend(&more).unwrap();
            all.extend(more);
            n_batches += 1;
        }
        if with_strace && dice(&mut seed).is_multiple_of(2) {
            let call = FREQUENT[(dice(&mut seed) % FREQUENT.len() as u64) as usize];
            tally.note(call, killed_at(&scene, call, dice(&mut seed) % 60 + 1));
        } else {
            let time = Duration::from_millis(dice(&mut seed) % 600);
            tally.note("by time", killed_after(&scene, time));
        }
    }
    let n = everything_arrived_once(&scene, &all);
    tally.print("by chance", all.len(), n);
}

#[test]
fn killed_at_each_write_and_each_request_in_turn_it_does_everything_once() {
    if !has_strace() {
        return;
    }
    let rounds = number("WATCHFLOOR_ROUNDS").unwrap_or(ROUNDS);
    let is_whole = rounds != ROUNDS;
    let scene = Scene::paced("", SHORT);
    scene.host.be_rough(true);
    let (mut all, mut tally, mut n_batches) = (Vec::<Intent>::new(), Tally::default(), 0);
    // In CI the steps widen, so that each call's end is reached: 1, 2, 4, 7, 11 …
    let mut next: BTreeMap<&str, (u64, u64)> = CALLS.iter().map(|call| (*call, (1, 1))).collect();
    while !next.is_empty() && (is_whole || tally.kills() < rounds / 2) {
        for call in CALLS {
            let Some((when, step)) = next.get(call).copied() else { continue };
            if nothing_false_is_said(&scene, &all) < 6 {
                let more = batch(n_batches, 1, 6);
                scene.store().intend(&more).unwrap();
                all.extend(more);
                n_batches += 1;
            }
            let is_killed = killed_at(&scene, call, when);
            tally.note(call, is_killed);
            nothing_false_is_said(&scene, &all);
            if is_killed {
                next.insert(call, if is_whole { (when + 1, 1) } else { (when + step, step + 1) });
            } else {
                next.remove(call);
            }
        }
    }
    let n = everything_arrived_once(&scene, &all);
    tally.print("in order", all.len(), n);
    // A system on which the calls are others would make this a sweep of nothing.
    for call in BOUNDARIES {
        assert!(tally.0.get(call).is_some_and(|(_, kills)| 0 < *kills), "never killed at {call}");
    }
    for (call, (when, _)) in next {
        println!("  not walked to its end within so few kills: {call}, before its call {when}");
    }
}
