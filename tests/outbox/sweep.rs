//! Kill -9 at any moment: every comment exactly once, every label and close applied, nothing said to be done that is not.

use std::{
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

use crate::scene::{SECOND, Scene, now};

/// Actions that wait at once.
const QUEUED: u64 = 200;

/// System calls at which the program is killed, where strace is there.
const CALLS: [&str; 8] = ["pwrite64", "fdatasync", "connect", "sendto", "writev", "recvfrom", "ftruncate", "write"];

fn batch(round: u64, seed: u64) -> Vec<Intent> {
    let at = now();
    let of = |n: u64| {
        let number = n % 20 + 1;
        let act = match n % 5 {
            0 | 1 => Act::Comment(Box::new(Passage::scrub(&format!("round {round} comment {n}.")))),
            2 => Act::Label(vec![Label::new(&format!("sev/{n}"))]),
            3 if 20 <= n => Act::Unlabel(Label::new(&format!("sev/{}", n - 21))),
            3 => Act::Assign(vec![Login::new("ann")]),
            _ => Act::Close(CloseReason::Completed),
        };
        let id = OpId::new(at, (u128::from(seed) << 20) | (u128::from(round) << 10) | u128::from(n));
        let target = Target::Incident(IncidentKey::issue(Repo::new("acme/api"), number));
        let (source, by) = (Text::scrub("github"), Login::new("me"));
        Intent { batch: id.clone(), id, source, target, act, by, at, progress: Progress::new() }
    };
    (0..QUEUED).map(of).collect()
}

fn number_of(intent: &Intent) -> u64 {
    match &intent.target {
        Target::Incident(key) => key.number,
        Target::Repository(_) => panic!("not among these"),
    }
}

/// Whether the host shows what an intent wanted. Labels come and go, so only comments and closes are certain meanwhile.
fn is_at_the_host(scene: &Scene, intent: &Intent) -> bool {
    match &intent.act {
        Act::Comment(_) => scene.comments(number_of(intent), intent.id.as_str()) == 1,
        Act::Close(_) => scene.host.truth.lock().unwrap().issues[&number_of(intent)].is_closed,
        _ => true,
    }
}

fn nothing_false_is_said(scene: &Scene) -> usize {
    let intents = scene.intents();
    for intent in &intents {
        if matches!(intent.progress, Progress::Done { .. }) {
            assert!(is_at_the_host(scene, intent), "said to be done and is not: {intent:?}");
        }
        assert!(!matches!(intent.progress, Progress::Refused { .. }), "{intent:?}");
    }
    intents.iter().filter(|intent| !intent.progress.is_over()).count()
}

fn dice(state: &mut u64) -> u64 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    *state
}

fn has_strace() -> bool {
    let words = ["-f", "-o", "/dev/null", "-e", "inject=getppid:signal=SIGKILL:when=1", "true"];
    let tried = Command::new("strace").args(words).stdout(Stdio::null()).stderr(Stdio::null()).status();
    tried.is_ok_and(|status| status.success())
}

/// Lets the program deliver and kills it: after some time, or at some system call.
fn kill(scene: &Scene, seed: &mut u64, with_strace: bool) {
    let plain = scene.command(&["outbox", "send"]);
    if with_strace && dice(seed) % 2 == 0 {
        let call = CALLS[(dice(seed) % CALLS.len() as u64) as usize];
        let inject = format!("inject={call}:signal=SIGKILL:when={}", dice(seed) % 60 + 1);
        let mut command = Command::new("strace");
        scene.equip(&mut command);
        command.args(["-f", "-o", "/dev/null", "-e", &format!("trace={call}"), "-e", &inject]);
        command.arg(plain.get_program()).args(plain.get_args());
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let until = Instant::now() + Duration::from_secs(4);
        // A call that is not made so often lets it live: then it is ended like the others.
        while child.try_wait().unwrap().is_none() && Instant::now() < until {
            thread::sleep(Duration::from_millis(5));
        }
        // The tracer's end alone would leave the program running.
        let id = child.id();
        let traced = std::fs::read_to_string(format!("/proc/{id}/task/{id}/children")).unwrap_or_default();
        for traced in traced.split_whitespace() {
            let _ = Command::new("kill").args(["-KILL", traced]).stderr(Stdio::null()).status();
        }
        let _ = child.kill();
        let _ = child.wait();
    } else {
        let mut plain = plain;
        let mut child = plain.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        thread::sleep(Duration::from_millis(dice(seed) % 600));
        let _ = child.kill();
        let _ = child.wait();
    }
}

#[test]
fn however_often_it_is_killed_every_comment_is_made_once() {
    let rounds: u64 = std::env::var("WATCHFLOOR_ROUNDS").ok().and_then(|n| n.parse().ok()).unwrap_or(50);
    let mut seed = std::env::var("WATCHFLOOR_SEED").ok().and_then(|n| n.parse().ok()).unwrap_or(0x5EED_u64 | 1);
    let (scene, with_strace) = (Scene::new(), has_strace());
    if !with_strace {
        println!("strace is not there: kills come at random moments only");
    }
    scene.host.be_rough(true);
    let mut all = Vec::new();
    for round in 0..rounds {
        if nothing_false_is_said(&scene) == 0 {
            let wanted = batch(round, seed);
            scene.store().intend(&wanted).unwrap();
            all.extend(wanted);
        }
        kill(&scene, &mut seed, with_strace);
    }
    scene.host.be_rough(false);
    let until = Instant::now() + Duration::from_secs(120);
    while 0 < nothing_false_is_said(&scene) {
        assert!(Instant::now() < until, "not drained: {:?}", scene.intents());
        scene.run(&["outbox", "send"]);
        thread::sleep(SECOND);
    }
    let mut comments = 0;
    for intent in &all {
        assert!(is_at_the_host(&scene, intent), "{intent:?}");
        comments += usize::from(matches!(intent.act, Act::Comment(_)));
    }
    let truth = scene.host.truth.lock().unwrap();
    let n: usize = truth.issues.values().map(|issue| issue.comments.len()).sum();
    assert_eq!(n, comments, "comments at the host, and comments wanted");
    for (number, issue) in &truth.issues {
        // In the order in which they were wanted.
        let place = |body: &str| all.iter().position(|intent| body.contains(intent.id.as_str())).unwrap();
        let places: Vec<usize> = issue.comments.iter().map(|(_, body, _)| place(body)).collect();
        assert!(places.is_sorted(), "{number}: {places:?}");
        let wanted = all.iter().filter(|intent| number_of(intent) == *number);
        let mut labels = std::collections::BTreeSet::new();
        for act in wanted.map(|intent| &intent.act) {
            match act {
                Act::Label(which) => labels.extend(which.iter().map(ToString::to_string)),
                Act::Unlabel(which) => drop(labels.remove(which.as_str())),
                _ => {}
            }
        }
        assert_eq!(issue.labels, labels, "labels of {number}");
    }
    println!("{rounds} kills, {} actions, {n} comments, each once", all.len());
}
