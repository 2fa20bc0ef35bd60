//! Several processes on one state folder: one asks the host, all show the same, and when it dies another one takes over.

use std::{
    collections::BTreeSet,
    fs,
    path::Path,
    process::{Command, Output},
    thread,
    time::{Duration, Instant},
};

use chrono::{DateTime, TimeDelta, Utc};
use github_world::{
    World,
    life::populate,
    server::{Clock, Seen, Server},
};
use rustix::process::{Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;
use watchfloor::{
    domain::time::{minus, parse_rfc3339, plus},
    shell::{
        clock,
        store::{Names, Said, Store},
    },
};

use crate::terminal::{PROGRAM, Run, Start};

const PATIENCE: Duration = Duration::from_secs(40);

fn now() -> DateTime<Utc> {
    clock::Clock::Wall.now()
}

/// A host with a repository, and a folder with settings and state that several processes share.
struct Scene {
    server: Server,
    folder: TempDir,
}

impl Scene {
    fn new() -> Self {
        let mut world = World::new(11);
        let real = Clock::real();
        populate(&mut world, 1, 10, real.now(), 11);
        let server = Server::start(world, real).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let settings = format!(
            "team = \"Acme\"\nzone = \"UTC\"\n[[github]]\napi_url = \"{}\"\nrepos = [\"acme/service-000\"]\nevery = \"10s\"\n",
            server.url()
        );
        fs::write(folder.path().join("settings.toml"), settings).unwrap();
        Self { server, folder }
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).to_str().unwrap().to_owned()
    }

    /// What every process here is given, and its own words.
    fn words(&self, words: &[&str]) -> Vec<String> {
        let common = ["--config".to_owned(), self.path("settings.toml"), "--state-dir".to_owned(), self.path("state")];
        common.into_iter().chain(words.iter().map(|&word| word.to_owned())).collect()
    }

    /// A process in a terminal of its own; the host knows it by its token.
    fn start(&self, words: &[&str], token: &str) -> Run {
        let words = self.words(words);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        Start::new(&words).size(200, 50).env("GITHUB_TOKEN", token).run()
    }

    /// As [`Scene::start`], on a file system without locks.
    fn start_without_locks(&self, words: &[&str], token: &str) -> Run {
        let words = self.words(words);
        let strace = ["-f", "-qq", "-o", "/dev/null", "-e", "inject=flock:error=ENOLCK", PROGRAM];
        let words: Vec<&str> = strace.into_iter().chain(words.iter().map(String::as_str)).collect();
        Start::new(&words).program("strace").size(200, 50).env("GITHUB_TOKEN", token).run()
    }

    /// Runs a command to its end.
    fn run(&self, words: &[&str], token: &str) -> (i32, String) {
        let mut command = Command::new(PROGRAM);
        command.args(self.words(words)).env_clear().current_dir(self.folder.path());
        command.env("HOME", self.folder.path()).env("GITHUB_TOKEN", token).env("WATCHFLOOR_USER", "ann");
        let Output { status, stdout, stderr } = command.output().unwrap();
        let said = String::from_utf8(stdout).unwrap() + &String::from_utf8(stderr).unwrap();
        (status.code().unwrap(), said)
    }

    /// A page as JSON.
    fn page(&self, words: &[&str]) -> Value {
        let mut command = Command::new(PROGRAM);
        command.args(self.words(words)).arg("--json").env_clear().current_dir(self.folder.path());
        let output = command.env("HOME", self.folder.path()).env("GITHUB_TOKEN", "t-reader").output().unwrap();
        serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|_| panic!("{words:?}: {}", String::from_utf8_lossy(&output.stderr)))
    }

    /// A page of now. Beside a watcher, of a second in which nothing was put on record after it was printed.
    fn page_of_now(&self, words: &[&str], has_watcher: bool) -> Value {
        loop {
            let page = self.page(words);
            let printed = now();
            let second = parse_rfc3339(page["now"].as_str().unwrap()).unwrap();
            while now() < plus(second, TimeDelta::seconds(1)) {
                thread::sleep(Duration::from_millis(20));
            }
            let store = Store::open(Path::new(&self.path("state")), now()).unwrap();
            let end = plus(second, TimeDelta::seconds(1));
            let rows = store.facts_after(0).unwrap();
            if !has_watcher
                || !rows.iter().any(|row| minus(printed, TimeDelta::milliseconds(300)) <= row.at && row.at < end)
            {
                return page;
            }
        }
    }

    /// Asserts that a page is shown again by `--at`, but for the mark.
    fn is_shown_again(&self, words: &[&str], page: &Value) {
        let at = page["now"].as_str().unwrap();
        let mut again = self.page(&[words, &["--at", at]].concat());
        for mark in ["at", "recorded_since"] {
            again.as_object_mut().unwrap().remove(mark).unwrap();
        }
        assert_eq!(&again, page, "{words:?} at {at}");
    }

    /// Somebody opens an incident at the host.
    fn opens(&self, title: &str) {
        let now = self.server.now();
        let mut world = self.server.world();
        let number = world.open(0, title, "kim", None, now);
        world.add_label((0, number), "P0", "ann", now);
    }

    /// Whose tokens asked since the last look.
    fn asked(&self) -> BTreeSet<String> {
        self.server.news().iter().filter_map(|seen| seen.request.token().map(str::to_owned)).collect()
    }

    /// The first change that the host was asked for; the screens are read meanwhile.
    fn written(&self, runs: &mut [&mut Run]) -> Seen {
        let begun = Instant::now();
        loop {
            let write = self.server.news().into_iter().find(|seen| seen.request.method == "PATCH");
            if let Some(write) = write {
                return write;
            }
            for run in runs.iter_mut() {
                run.receive(Duration::from_millis(4));
            }
            assert!(begun.elapsed() < PATIENCE, "nothing was delivered\n{}", runs[1].text());
        }
    }

    /// When an incident of this title was put on record first.
    fn recorded(&self, title: &str) -> DateTime<Utc> {
        let store = Store::open(Path::new(&self.path("state")), now()).unwrap();
        let mut names = Names::default();
        let rows = store.facts_after(0).unwrap();
        let is_it = |said: Option<Said>| matches!(said, Some(Said::Item(item)) if item.title.as_str() == title);
        rows.iter().find(|row| is_it(row.said(&mut names))).unwrap_or_else(|| panic!("{title} is not on record")).at
    }
}

/// Waits until every screen is as wanted; when each of them was.
fn all_become(runs: &mut [(&str, &mut Run)], what: &str, wanted: impl Fn(&str) -> bool) -> Vec<DateTime<Utc>> {
    let begun = Instant::now();
    let mut seen: Vec<Option<DateTime<Utc>>> = vec![None; runs.len()];
    while seen.iter().any(Option::is_none) {
        for ((name, run), seen) in runs.iter_mut().zip(&mut seen) {
            run.receive(Duration::from_millis(4));
            if seen.is_none() && wanted(&run.text()) {
                *seen = Some(now());
            }
            assert!(begun.elapsed() < PATIENCE, "{name} never showed {what}\n{}", run.text());
        }
    }
    seen.into_iter().flatten().collect()
}

/// Something new at the host is on every screen within two seconds of its being on record.
fn all_show(scene: &Scene, runs: &mut [(&str, &mut Run)], title: &str) {
    scene.opens(title);
    let seen = all_become(runs, title, |text| text.contains(title));
    let recorded = scene.recorded(title);
    for ((name, _), seen) in runs.iter().zip(seen) {
        let after = (seen - recorded).num_milliseconds();
        println!("{title}: {name} shows it {after} ms after it was recorded");
        assert!(after <= 2_000, "{name}: {after} ms");
    }
}

/// Kills whoever asks; says when the host is asked by another one.
fn takes_over(scene: &Scene, killed: &mut Run, token: &str, others: &mut [(&str, &mut Run)]) -> String {
    scene.server.news();
    kill_process(killed.pid(), Signal::KILL).unwrap();
    let begun = Instant::now();
    loop {
        for (_, run) in others.iter_mut() {
            run.receive(Duration::from_millis(4));
        }
        if let Some(next) = scene.asked().into_iter().find(|asking| asking != token) {
            println!("{next} asks {:.1} s after kill -9 of {token}", begun.elapsed().as_secs_f64());
            assert!(begun.elapsed() < Duration::from_secs(5));
            return next;
        }
        assert!(begun.elapsed() < PATIENCE, "nobody took over");
    }
}

#[test]
fn two_consoles_and_a_watcher_show_the_same_and_whoever_dies_is_followed_by_another() {
    let scene = Scene::new();
    let mut watch = scene.start(&["watch"], "t-watch");
    watch.sees("this process asks the hosts").sees("10 open");
    let (mut one, mut two) = (scene.start(&[], "t-one"), scene.start(&[], "t-two"));
    for run in [&mut one, &mut two] {
        run.sees_all_panes().sees("follows pid");
    }
    all_show(&scene, &mut [("watch", &mut watch), ("one", &mut one), ("two", &mut two)], "Pager is on fire");
    assert_eq!(scene.asked().into_iter().collect::<Vec<_>>(), ["t-watch"], "one asks");
    // Asked for in a follower, delivered by the one that leads, seen by all.
    two.keys("gx").sees("Close").keys("\r").sees("y/N").keys("y");
    let write = scene.written(&mut [&mut one, &mut two, &mut watch]);
    assert_eq!(write.request.token(), Some("t-watch"), "the one that leads delivers");
    let (_, number) = write.request.target.rsplit_once('/').unwrap();
    let row = format!("service-000#{number} ");
    let seen = all_become(&mut [("one", &mut one), ("two", &mut two)], "the closing", |text| {
        !text.contains(&row) && !text.contains(" waiting")
    });
    watch.sees(&format!("acme/service-000#{number} closed"));
    for (name, seen) in ["one", "two"].iter().zip(seen) {
        println!("{name} shows the closing {} ms after the host was asked", (seen - write.at).num_milliseconds());
    }
    // One after the other is killed: the next one asks, and shows what comes.
    let next = takes_over(&scene, &mut watch, "t-watch", &mut [("one", &mut one), ("two", &mut two)]);
    all_show(&scene, &mut [("one", &mut one), ("two", &mut two)], "Disk is full");
    assert_eq!(scene.asked().into_iter().collect::<Vec<_>>(), [next.as_str()], "one asks");
    let (mut killed, mut left) = if next == "t-one" { (one, two) } else { (two, one) };
    takes_over(&scene, &mut killed, &next, &mut [("the last", &mut left)]);
    all_show(&scene, &mut [("the last", &mut left)], "Out of inodes");
    assert_eq!(left.keys("q").end(), 0);
}

#[test]
fn a_watcher_ends_by_signals_with_their_codes_and_loses_nothing() {
    let scene = Scene::new();
    for (signal, code) in [(Signal::TERM, 143), (Signal::HUP, 129), (Signal::INT, 130)] {
        let title = format!("Trouble number {code}");
        let mut watch = scene.start(&["watch"], "t-watch");
        // What comes before that line is what it begins with, and no news.
        watch.sees("this process asks the hosts").sees("read: ");
        scene.opens(&title);
        watch.sees(&title);
        let begun = Instant::now();
        assert_eq!(watch.signal(signal).end(), code);
        println!("{code}: ended within {} ms", begun.elapsed().as_millis());
        assert!(String::from_utf8_lossy(watch.raw()).contains("ended by SIG"));
        let (code, told) = scene.run(&["history", "--since", "1h"], "t-reader");
        assert!(code == 0 && told.contains(&title), "{code}\n{told}");
    }
    // What was asked for while nobody delivered waits, and the next pass delivers it.
    scene.server.weather(Some(github_world::fault::Fault::Refuse));
    let (code, said) = scene.run(&["incident", "acme/service-000#1", "comment", "--body", "still on it"], "t-ann");
    assert!(code == 4 && said.contains("it is kept as"), "{code} {said}");
    scene.server.weather(None);
    let (code, said) = scene.run(&["watch", "--once"], "t-once");
    assert_eq!(code, 0, "{said}");
    let comments = scene.server.world().repos[0]
        .issue(1)
        .unwrap()
        .events
        .iter()
        .filter(|e| format!("{e:?}").contains("still on it"))
        .count();
    assert_eq!(comments, 1);
}

#[test]
fn what_was_printed_after_a_pass_is_shown_again_by_at() {
    let scene = Scene::new();
    let mut pages = Vec::new();
    for n in 0..4 {
        scene.opens(&format!("Trouble {n}"));
        assert_eq!(scene.run(&["watch", "--once"], "t-once").0, 0);
        let (code, said) = match n {
            1 => scene.run(&["incident", "acme/service-000#1", "snooze", "1h"], "t-ann"),
            2 => scene.run(&["incident", "acme/service-000#2", "ack"], "t-ann"),
            _ => (0, String::new()),
        };
        assert_eq!(code, 0, "{said}");
        for words in ["status", "queue"] {
            pages.push((words, scene.page_of_now(&[words], false)));
        }
    }
    for (words, page) in &pages {
        scene.is_shown_again(&[words], page);
    }
    let last = pages.last().unwrap().1.to_string();
    assert!(last.contains("Trouble 3") && last.contains("\"acknowledged\":{"), "{last}");
    // What is snoozed is not listed.
    assert!(last.contains("service-000#2\"") && !last.contains("service-000#1\""), "{last}");
    println!("{} pages are shown again as they were printed", pages.len());
}

#[test]
fn what_a_follower_of_a_watcher_printed_is_shown_again_by_at_with_its_files() {
    let scene = Scene::new();
    let roster = scene.folder.path().join("oncall.toml");
    fs::write(&roster, include_str!("../real/oncall.toml")).unwrap();
    let settings = fs::read_to_string(scene.path("settings.toml")).unwrap();
    fs::write(scene.path("settings.toml"), format!("{settings}[roster]\nfile = \"oncall.toml\"\n")).unwrap();
    let mut watch = scene.start(&["watch"], "t-watch");
    watch.sees("this process asks the hosts").sees("10 open");
    let mut pages = Vec::new();
    for n in 0..2 {
        let title = format!("Trouble {n}");
        scene.opens(&title);
        watch.sees(&title);
        for words in ["status", "queue"] {
            pages.push((words, scene.page_of_now(&[words], true)));
        }
    }
    assert_eq!(watch.signal(Signal::TERM).end(), 143);
    for (words, page) in &pages {
        scene.is_shown_again(&[words], page);
    }
}

#[test]
fn a_file_system_without_locks_is_said_and_one_process_asks_all_the_same() {
    let strace = Command::new("strace").args(["-qq", "-o", "/dev/null", "true"]).status();
    if !strace.is_ok_and(|status| status.success()) {
        println!("left out: a file system without locks (strace is not here or may not trace)");
        return;
    }
    let scene = Scene::new();
    let mut watch = scene.start_without_locks(&["watch"], "t-watch");
    watch.sees("no file locks in the state folder").sees("this process asks the hosts").sees("10 open");
    let mut one = scene.start_without_locks(&[], "t-one");
    one.sees("no file locks in the state folder").sees_all_panes().sees("follows pid");
    scene.asked();
    all_show(&scene, &mut [("watch", &mut watch), ("one", &mut one)], "Pager is on fire");
    assert_eq!(scene.asked().into_iter().collect::<Vec<_>>(), ["t-watch"], "one asks");
    let words = scene.words(&["doctor"]);
    let output = Command::new("strace")
        .args(["-f", "-qq", "-o", "/dev/null", "-e", "inject=flock:error=ENOLCK", PROGRAM])
        .args(words)
        .env("HOME", scene.folder.path())
        .current_dir(scene.folder.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.contains("no file locks in the state folder (No locks available"), "{said}");
    let (_, said) = scene.run(&["doctor"], "t-doctor");
    assert!(said.contains("locks work; "), "{said}");
    assert_eq!(one.keys("q").end(), 0);
    watch.keys("\x03");
    assert_eq!(watch.end(), 130);
}
