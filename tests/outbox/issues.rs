//! A channel that opens issues, as a whole program: one issue for a group, each notice once, whatever happens in between.

use std::{
    collections::BTreeSet,
    io::Write as _,
    process::{Child, Stdio},
    thread,
    time::{Duration, Instant},
};

use crate::{
    host::{Fault, Issue},
    scene::{Scene, now},
};

/// A signal that is told on issues, and over a file.
fn scene(habits: &str) -> Scene {
    let scene = Scene::with(&format!(
        "[[signal]]\nname = \"latency\"\nfile = \"s.csv\"\nabove = 100\nrunbook = \"https://wiki.example/latency\"\n\
         [[channel]]\nname = \"issues\"\nkind = \"github\"\nrepository = \"acme/api\"\nlabels = [\"alert\"]\n\
         assignees = [\"ann\"]\ntimeout = \"2s\"\n{habits}\n\
         [[channel]]\nname = \"log\"\nkind = \"file\"\npath = \"told.jsonl\"\n\
         [[route]]\nchannels = [\"issues\", \"log\"]\ngroup_wait = \"1s\"\ngroup_interval = \"1s\""
    ));
    std::fs::write(scene.folder.path().join("s.csv"), "timestamp,value\n").unwrap();
    scene
}

fn measure(scene: &Scene, value: f64) {
    let at = now().timestamp_micros() as f64 / 1e6;
    let mut file = std::fs::File::options().append(true).open(scene.folder.path().join("s.csv")).unwrap();
    writeln!(file, "{at:.3},{value}").unwrap();
}

/// A watcher, killed when it is dropped.
struct Watcher(Child);

impl Watcher {
    fn start(scene: &Scene) -> Self {
        let log = std::fs::File::options().create(true).append(true).open(scene.folder.path().join("log")).unwrap();
        let mut command = scene.command(&["watch"]);
        command.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log);
        Self(command.spawn().unwrap())
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The issues that were opened, in their order.
fn opened(scene: &Scene) -> Vec<(u64, Issue)> {
    let truth = scene.host.truth.lock().unwrap();
    let made = truth.issues.iter().filter(|(_, issue)| issue.opened.is_some());
    made.map(|(number, issue)| (*number, issue.clone())).collect()
}

/// What was said of a notice: its channel, its state.
fn notices(scene: &Scene, channel: &str) -> Vec<String> {
    let Ok(db) = rusqlite::Connection::open(scene.state().join("signals.sqlite")) else { return Vec::new() };
    db.busy_timeout(Duration::from_secs(5)).unwrap();
    let Ok(mut asked) = db.prepare("SELECT state FROM notice WHERE channel = ?1 ORDER BY made, rowid") else {
        return Vec::new();
    };
    asked.query_map([channel], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}

fn wait_for(scene: &Scene, what: &str, is_so: impl Fn() -> bool) {
    let until = Instant::now() + Duration::from_secs(60);
    while !is_so() {
        let log = || std::fs::read_to_string(scene.folder.path().join("log")).unwrap_or_default();
        assert!(Instant::now() < until, "{what}\n{}\n{:#?}", log(), opened(scene));
        thread::sleep(Duration::from_millis(100));
    }
}

/// The markers of all comments and openings: each names one request.
fn markers(issue: &Issue) -> Vec<String> {
    let bodies = issue.comments.iter().map(|(_, body, _)| body.clone());
    let all = issue.text.iter().map(|(_, body)| body.clone()).chain(bodies);
    all.map(|body| body.split("<!-- wf:op=").nth(1).unwrap_or_else(|| panic!("no mark: {body}")).to_owned()).collect()
}

/// A breach and its end.
fn once_more(scene: &Scene, n_notices: usize) {
    measure(scene, 200.0);
    wait_for(scene, "it fires", || notices(scene, "issues") == vec!["sent"; n_notices + 1]);
    measure(scene, 1.0);
    wait_for(scene, "it is over", || notices(scene, "issues") == vec!["sent"; n_notices + 2]);
}

#[test]
fn the_first_notice_opens_an_issue_and_the_next_ones_are_comments_on_it() {
    let scene = scene("");
    measure(&scene, 1.0);
    let watcher = Watcher::start(&scene);
    once_more(&scene, 0);
    measure(&scene, 300.0);
    wait_for(&scene, "it fires again", || notices(&scene, "issues") == ["sent"; 3]);
    // Where it is told stands with the alert: the queue may show both.
    let output = scene.command(&["queue", "--json"]).output().unwrap();
    let queue: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let key = format!("acme/api#{}", opened(&scene)[0].0);
    assert_eq!(queue["alerts"][0]["issue"]["key"], key.as_str(), "{:#}", queue["alerts"]);
    measure(&scene, 1.0);
    wait_for(&scene, "it is over", || notices(&scene, "issues") == ["sent"; 4]);
    drop(watcher);
    let made = opened(&scene);
    let [(_, issue)] = made.as_slice() else { panic!("{made:#?}") };
    let (title, body) = issue.text.clone().unwrap();
    assert!(
        title.contains("latency") && body.contains("**FIRING**") && body.contains("bad above 100"),
        "{title} {body}"
    );
    assert!(body.contains("<https://wiki.example/latency>"), "{body}");
    let said: Vec<&str> = issue.comments.iter().map(|(_, body, _)| body.split(':').next().unwrap()).collect();
    assert_eq!(said, ["**RESOLVED**", "**FIRING**", "**RESOLVED**"]);
    assert!(!issue.is_closed && issue.labels.contains("alert") && issue.assignees.contains("ann"));
    let (_, outbox) = scene.run(&["outbox", "list", "--all"]);
    assert!(!outbox.contains("refused"), "{outbox}");
}

#[test]
fn an_issue_is_closed_when_all_is_over_and_the_next_breach_gets_a_new_one() {
    let scene = scene("close_on_resolve = true");
    measure(&scene, 1.0);
    let _watcher = Watcher::start(&scene);
    once_more(&scene, 0);
    once_more(&scene, 2);
    let made = opened(&scene);
    assert_eq!(made.len(), 2, "{made:#?}");
    assert!(made.iter().all(|(_, issue)| issue.is_closed && issue.comments.len() == 1), "{made:#?}");
}

#[test]
fn an_issue_that_people_closed_is_opened_again_where_that_is_wanted() {
    for (habits, n_issues) in [("reopen = true", 1), ("", 2)] {
        let scene = scene(habits);
        measure(&scene, 1.0);
        let _watcher = Watcher::start(&scene);
        once_more(&scene, 0);
        let number = opened(&scene)[0].0;
        scene.host.truth.lock().unwrap().issues.get_mut(&number).unwrap().is_closed = true;
        measure(&scene, 200.0);
        wait_for(&scene, "it fires again", || notices(&scene, "issues") == ["sent"; 3]);
        let made = opened(&scene);
        assert_eq!((made.len(), made[0].1.is_closed), (n_issues, n_issues == 2), "{made:#?}");
        assert_eq!(made[0].1.comments.len(), 3 - n_issues);
    }
}

#[test]
fn a_refusal_is_told_over_the_other_channels_with_what_to_do() {
    let scene = scene("");
    let needs = "x-accepted-github-permissions: issues=write\r\n";
    scene.host.plan(&[Fault::Answer(403, needs, "Resource not accessible by personal access token")]);
    measure(&scene, 200.0);
    let (code, said) = scene.run(&["watch", "--once"]);
    assert_eq!(code, 4, "{said}");
    assert!(said.contains("issues=write") && said.contains("not accessible"), "{said}");
    assert_eq!((notices(&scene, "issues"), opened(&scene).len()), (vec!["given up".to_owned()], 0));
    let told = std::fs::read_to_string(scene.folder.path().join("told.jsonl")).unwrap();
    assert!(told.contains("\"status\":\"firing\""), "the others go on: {told}");
}

#[test]
fn where_nothing_may_be_changed_nothing_is_asked_for() {
    let scene = scene("");
    measure(&scene, 200.0);
    let (code, said) = scene.run(&["--read-only", "watch", "--once"]);
    assert_eq!(code, 4, "{said}");
    assert!(said.contains("may only be read"), "{said}");
    assert!(scene.intents().is_empty() && scene.host.truth.lock().unwrap().writes.is_empty());
}

#[test]
fn a_drill_goes_to_an_issue_that_says_it_is_one_and_one_look_tells_there_too() {
    let scene = scene("");
    // A drill reads the runbook.
    let path = scene.folder.path().join("settings.toml");
    let settings = std::fs::read_to_string(&path).unwrap().replace("https://wiki.example/latency", "run.md");
    std::fs::write(path, settings).unwrap();
    std::fs::write(scene.folder.path().join("run.md"), "# What to do\n").unwrap();
    let (code, said) = scene.run(&["drill", "breach"]);
    assert_eq!(code, 0, "{said}");
    let made = opened(&scene);
    let [(_, issue)] = made.as_slice() else { panic!("{said}\n{made:#?}") };
    let (title, body) = issue.text.clone().unwrap();
    assert!(title.starts_with("DRILL ") && body.contains("nothing is wrong"), "{title} {body}");
    assert!(issue.is_closed && issue.assignees.is_empty(), "{issue:#?}");
    measure(&scene, 200.0);
    let (_, said) = scene.run(&["watch", "--once"]);
    assert_eq!((opened(&scene).len(), notices(&scene, "issues")), (2, vec!["sent".to_owned()]), "{said}");
}

#[test]
fn answers_that_are_lost_make_nothing_twice() {
    let scene = scene("");
    measure(&scene, 1.0);
    let _watcher = Watcher::start(&scene);
    scene.host.plan(&[Fault::LostAfter, Fault::TroubleAfter, Fault::LostBefore, Fault::TroubleBefore]);
    once_more(&scene, 0);
    scene.host.plan(&[
        Fault::Answer(403, "retry-after: 1\r\n", "You have exceeded a secondary rate limit."),
        Fault::LostAfter,
    ]);
    once_more(&scene, 2);
    let made = opened(&scene);
    let [(_, issue)] = made.as_slice() else { panic!("{made:#?}") };
    let marks = markers(issue);
    assert_eq!((marks.len(), marks.iter().collect::<BTreeSet<_>>().len()), (4, 4), "{issue:#?}");
}

/// Breaches in a run of kills; `WATCHFLOOR_ROUNDS` says another number.
fn rounds() -> usize {
    std::env::var("WATCHFLOOR_ROUNDS").ok().and_then(|said| said.parse().ok()).unwrap_or(3)
}

#[test]
fn however_often_the_watcher_is_killed_there_is_one_issue_and_each_notice_is_there_once() {
    let scene = scene("");
    measure(&scene, 1.0);
    scene.host.be_rough(true);
    let (mut dice, mut kills) = (0x9E37_79B9_7F4A_7C15_u64, 0);
    for round in 0..rounds() {
        for value in [200.0 + round as f64, 1.0] {
            measure(&scene, value);
            for _ in 0..4 {
                let watcher = Watcher::start(&scene);
                dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                thread::sleep(Duration::from_millis(600 + (dice >> 33) % 2_500));
                drop(watcher);
                kills += 1;
            }
        }
    }
    let _watcher = Watcher::start(&scene);
    let is_told = || {
        let known = notices(&scene, "issues");
        !known.is_empty() && known.iter().all(|state| state == "sent")
    };
    wait_for(&scene, "all is told", is_told);
    thread::sleep(Duration::from_secs(3));
    wait_for(&scene, "all is told", is_told);
    let (made, n_notices) = (opened(&scene), notices(&scene, "issues").len());
    let [(_, issue)] = made.as_slice() else { panic!("{} issues: {made:#?}", made.len()) };
    let marks = markers(issue);
    println!("{kills} kills, {n_notices} notices, {} comments", issue.comments.len());
    assert_eq!(marks.iter().collect::<BTreeSet<_>>().len(), marks.len(), "something stands there twice: {issue:#?}");
    assert_eq!(marks.len(), n_notices, "{issue:#?}");
}

#[test]
fn a_storm_opens_as_many_issues_as_the_channel_takes_and_each_is_closed_when_all_on_it_is_over() {
    let signals: Vec<String> = (0..8).map(|n| format!("s{n}")).collect();
    let mut settings = String::from(
        "[[channel]]\nname = \"issues\"\nkind = \"github\"\nrepository = \"acme/api\"\nper_minute = 3\n\
         close_on_resolve = true\n\
         [[route]]\nchannels = [\"issues\"]\ngroup_by = [\"...\"]\ngroup_wait = \"1s\"\ngroup_interval = \"1s\"\n",
    );
    for name in &signals {
        settings.push_str(&format!(
            "[[signal]]\nname = \"{name}\"\nfile = \"{name}.csv\"\nabove = 100\nrunbook = \"r.md\"\n"
        ));
    }
    let scene = Scene::with(&settings);
    let measure = |value: u32| {
        for name in &signals {
            let at = now().timestamp_micros() as f64 / 1e6;
            let path = scene.folder.path().join(format!("{name}.csv"));
            let before = std::fs::read_to_string(&path).unwrap_or_else(|_| "timestamp,value\n".to_owned());
            std::fs::write(path, format!("{before}{at:.3},{value}\n")).unwrap();
        }
    };
    measure(1);
    let _watcher = Watcher::start(&scene);
    measure(200);
    wait_for(&scene, "all fires", || notices(&scene, "issues") == vec!["sent"; 8]);
    let made = opened(&scene);
    let is_storm =
        |(_, issue): &&(u64, Issue)| issue.text.as_ref().is_some_and(|(title, _)| title.starts_with("STORM: "));
    assert!((2..=3).contains(&made.len()) && made.iter().filter(is_storm).count() == 1, "{made:#?}");
    measure(1);
    wait_for(&scene, "all is over", || notices(&scene, "issues") == vec!["sent"; 16]);
    let made = opened(&scene);
    assert_eq!(made.iter().map(|(_, issue)| issue.comments.len()).sum::<usize>(), 8, "{made:#?}");
    assert!(made.len() <= 3 && made.iter().all(|(_, issue)| issue.is_closed), "{made:#?}");
}
