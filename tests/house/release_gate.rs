//! The release as a release manager and as CI see it: a run that is red, then green, then cannot be judged; the memo; the
//! notes; the snippets of the guide.

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
};

use saphyr::{LoadableYamlNode as _, Yaml};
use serde_json::{Value, json};
use tempfile::TempDir;

const COMMIT: &str = "1a2b3c4d5e6f708192a3b4c5d6e7f80912345678";
const OTHER: &str = "ffffffffffffffffffffffffffffffffffffffff";

/// A GitHub that has one repository without issues, and runs of one workflow.
struct Host {
    address: SocketAddr,
    is_away: Arc<AtomicBool>,
    n_green: Arc<AtomicUsize>,
}

impl Host {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let host = Self { address, is_away: Arc::default(), n_green: Arc::default() };
        let (is_away, n_green) = (Arc::clone(&host.is_away), Arc::clone(&host.n_green));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if is_away.load(Ordering::Relaxed) {
                    continue;
                }
                let n_green = n_green.load(Ordering::Relaxed);
                thread::spawn(move || serve(stream, n_green));
            }
        });
        host
    }
}

fn serve(stream: TcpStream, n_green: usize) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut stream = stream;
    loop {
        let (mut first, mut line, mut length) = (String::new(), String::new(), 0);
        if reader.read_line(&mut first).unwrap_or(0) == 0 {
            return;
        }
        while reader.read_line(&mut line).unwrap_or(0) > 2 {
            if let Some(n) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = n.trim().parse().unwrap();
            }
            line.clear();
        }
        std::io::copy(&mut std::io::Read::take(&mut reader, length), &mut std::io::sink()).unwrap();
        let target = first.split(' ').nth(1).unwrap_or_default().to_owned();
        let (status, body) = answer(&target, n_green);
        let body = body.to_string();
        let head = format!(
            "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ndate: {}\r\nx-ratelimit-limit: 5000\r\nx-ratelimit-remaining: 4900\r\nx-ratelimit-reset: 4102444800\r\ncontent-length: {}\r\n\r\n",
            chrono_date(),
            body.len()
        );
        if stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body.as_bytes())).is_err() {
            return;
        }
    }
}

fn chrono_date() -> String {
    watchfloor::shell::clock::Clock::Wall.now().format("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

fn answer(target: &str, n_green: usize) -> (u16, Value) {
    let path = target.split('?').next().unwrap();
    match path {
        "/user" => (200, json!({"login": "ana", "id": 1, "type": "User"})),
        "/rate_limit" => {
            (200, json!({"resources": {"core": {"limit": 5000, "remaining": 4900, "reset": 4102444800_u64}}}))
        }
        "/repos/acme/api" => (
            200,
            json!({"id": 1, "full_name": "acme/api", "name": "api", "open_issues_count": 0, "archived": false, "has_issues": true,
                "permissions": {"pull": true, "push": true, "triage": true}}),
        ),
        "/repos/acme/api/actions/runs" => {
            let run = |n: usize, conclusion: &str| {
                json!({"id": n, "name": "CI", "path": ".github/workflows/ci.yml", "head_sha": COMMIT,
                    "status": "completed", "conclusion": conclusion, "run_started_at": format!("2026-11-20T{n:02}:00:00Z")})
            };
            let failed = std::iter::once(run(1, "failure"));
            let runs: Vec<Value> = failed.chain((0..n_green).map(|n| run(n + 2, "success"))).rev().collect();
            (200, json!({"total_count": runs.len(), "workflow_runs": runs}))
        }
        path if path.starts_with("/repos/acme/api/") => (200, json!([])),
        _ => (404, json!({"message": "Not Found"})),
    }
}

struct Place(TempDir);

impl Place {
    fn new(files: &[(&str, &str)]) -> Self {
        let place = Self(tempfile::tempdir().unwrap());
        for (name, text) in files {
            fs::write(place.path(name), text).unwrap();
        }
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.env_clear().current_dir(self.0.path()).env("HOME", self.0.path()).env("WATCHFLOOR_USER", "ana");
        command.env("WATCHFLOOR_GITHUB_TOKEN", "canary").env("WATCHFLOOR_STATE", self.path("state"));
        command.env("WATCHFLOOR_LOOPBACK_SECOND_MS", "80");
        command.env("PATH", std::env::var("PATH").unwrap_or_default()).env("COLUMNS", "200");
        command
    }

    fn run(&self, words: &[&str]) -> (i32, String) {
        let output = self.command(env!("CARGO_BIN_EXE_watchfloor")).args(words).output().unwrap();
        let said = String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
        (output.status.code().unwrap(), said)
    }

    fn json(&self, words: &[&str]) -> Value {
        let output = self.command(env!("CARGO_BIN_EXE_watchfloor")).args(words).arg("--json").output().unwrap();
        serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(&output.stderr)))
    }
}

const PLAN: &str =
    "# Release 1.4.0\n\n- [x] Tests are green {#tests}\n- [ ] Change log {#notes}\n- [x] Versions {#versions}\n";

fn settings(host: &Host, more: &str) -> String {
    format!(
        r#"
[[github]]
api_url = "http://{}"
repos = ["acme/api"]

[release]
name = "1.4.0"
checklists = ["RELEASE.md"]
{more}

[release.gate]
may_waive = ["ana"]

[[release.role]]
name = "qa"
members = ["cy"]

[[release.role]]
name = "release"
members = ["ana"]

[[release.job]]
name = "CI"
on = "acme/api@main"

[[release.freeze]]
name = "holidays"
from = "2020-01-01T00:00:00Z"
until = "2100-01-01T00:00:00Z"

[[release.evidence]]
step = "notes"
changelog = "CHANGELOG.md"

[[release.evidence]]
step = "versions"
versions = [{{ file = "Cargo.toml", pattern = '^version = "(.+)"' }}, {{ file = "package.json", pattern = '"version": "(.+?)"' }}]
"#,
        host.address
    )
}

/// The whole way of a release through CI: red with every reason, then green, then nobody can say.
#[test]
fn a_ci_run_is_red_with_all_reasons_then_green_and_never_green_while_the_host_is_away() {
    let host = Host::start();
    let place = Place::new(&[
        ("RELEASE.md", PLAN),
        ("CHANGELOG.md", "# Changelog\n\n## Unreleased\n"),
        ("Cargo.toml", "version = \"1.4.0\"\n"),
        ("package.json", "{\"version\": \"1.3.9\"}\n"),
    ]);
    fs::write(place.path("watchfloor.toml"), settings(&host, "")).unwrap();
    let gate = ["--config", "watchfloor.toml", "release", "gate", "--ref", COMMIT];
    let (code, said) = place.run(&gate);
    assert_eq!(code, 1, "{said}");
    for reason in [
        "NO GO  1.4.0 at 1a2b3c4d5e6f708192a3b4c5d6e7f80912345678: 6 reasons",
        "- not done: Change log (notes)",
        "- ticked, but ",
        "package.json says 1.3.9",
        "- qa has not signed off",
        "- release has not signed off",
        "- CI CI: 0 of 3 runs in a row succeeded",
        "- the freeze holidays holds until 2100-01-01 00:00 UTC",
    ] {
        assert!(said.contains(reason), "{reason}\n{said}");
    }
    assert_eq!(said.lines().filter(|line| line.starts_with("- ")).count(), 6, "{said}");
    let document = place.json(&gate);
    assert_eq!((&document["gate"]["go"], &document["gate"]["verdict"]), (&json!(false), &json!("no-go")));
    let codes: Vec<&str> =
        document["gate"]["reasons"].as_array().unwrap().iter().map(|r| r["code"].as_str().unwrap()).collect();
    let wanted = ["item:notes", "evidence:versions", "missing:qa", "missing:release", "ci:CI", "freeze:holidays"];
    assert_eq!(codes, wanted);
    let contradicted = document["gate"]["evidence"].as_array().unwrap().iter();
    let contradicted: Vec<&Value> = contradicted.filter(|e| e["contradicts"] == true).map(|e| &e["step"]).collect();
    assert_eq!(contradicted, [&json!("versions")]);

    // One after the other is put right; a sign-off of another commit stays stale.
    fs::write(place.path("CHANGELOG.md"), "# Changelog\n\n## 1.4.0\n").unwrap();
    fs::write(place.path("package.json"), "{\"version\": \"1.4.0\"}\n").unwrap();
    host.n_green.store(3, Ordering::Relaxed);
    let record = |words: &[&str]| {
        let (code, said) = place.run(&[&["release"], words, &["--file", "RELEASE.md"]].concat());
        assert_eq!(code, 0, "{said}");
    };
    record(&["sign", "qa", "--by", "cy", "--commit", OTHER]);
    record(&["sign", "release", "--by", "ana", "--commit", COMMIT]);
    record(&["except", "holidays", "--by", "ana", "--reason", "the board agreed"]);
    let (code, said) = place.run(&gate);
    let left = "NO GO  1.4.0 at 1a2b3c4d5e6f708192a3b4c5d6e7f80912345678: 1 reason\n- qa signed off ffffffffffffffffffffffffffffffffffffffff, which is another commit: what lies between cannot be told: the plan lies in no repository that git can read\n";
    assert!(code == 1 && said.starts_with(left), "{code} {said}");
    record(&["sign", "qa", "--by", "cy", "--commit", COMMIT]);
    let (code, said) = place.run(&gate);
    assert!(code == 0 && said.starts_with("GO  1.4.0 at 1a2b3c4"), "{code} {said}");

    // A veto stands until it is withdrawn; somebody who is no member changes nothing.
    record(&["sign", "qa", "--veto", "--by", "cy", "--reason", "crash on start", "--commit", COMMIT]);
    record(&["sign", "qa", "--by", "mallory", "--commit", COMMIT]);
    let (code, said) = place.run(&gate);
    assert!(code == 1 && said.contains("- cy vetoes for qa: crash on start"), "{code} {said}");
    record(&["sign", "qa", "--by", "cy", "--commit", COMMIT]);
    assert_eq!(place.run(&gate).0, 0);

    // The host goes: nothing known stands against it, and nobody can say go.
    host.is_away.store(true, Ordering::Relaxed);
    let (code, said) = place.run(&gate);
    assert!(code == 4 && said.starts_with("COULD NOT JUDGE"), "{code} {said}");
    assert_eq!(place.json(&gate)["gate"]["verdict"], "cannot-judge");
    // A new console without anything remembered can say no more.
    fs::remove_dir_all(place.path("state")).unwrap();
    assert_eq!(place.run(&gate).0, 4);
    host.is_away.store(false, Ordering::Relaxed);
    assert_eq!(place.run(&gate).0, 0);
}

#[test]
fn a_plan_alone_is_judged_by_its_steps_and_one_without_any_is_an_error() {
    let place = Place::new(&[
        ("open.md", "- [x] a\n- [ ] b\n"),
        ("done.md", "- [x] a\n- [X] b\n"),
        ("empty.md", "# nothing\n"),
        ("odd[1]*.md", "- [x] a\n"),
    ]);
    let gate = |file: &str| place.run(&["release", "gate", "--file", file]);
    let (code, said) = gate("open.md");
    assert!(code == 1 && said.starts_with("NO GO  open.md: 1 reason\n- not done: b ("), "{code} {said}");
    assert_eq!(gate("done.md"), (0, "GO  done.md\n".to_owned()));
    assert_eq!(gate("odd[1]*.md").0, 0);
    let (code, said) = gate("empty.md");
    assert!(code == 3 && said.contains("nothing to judge by"), "{code} {said}");
    let (code, said) = gate("gone.md");
    assert!(code == 4 && said.contains("gone.md"), "{code} {said}");
    // A record that cannot be read whole is never a go.
    fs::write(place.path("done.md.record"), "2026-12-03T15:00:00Z ana sign role=qa say=g").unwrap();
    assert_eq!(gate("done.md").0, 4);
}

#[test]
fn nothing_to_judge_by_is_the_same_error_for_the_gate_and_for_all_gates() {
    let settings = "[release]\nname = \"1.4.0\"\nchecklists = [\"R.md\"]\n";
    let place = Place::new(&[("watchfloor.toml", settings), ("R.md", "# R\n")]);
    for words in [["release", "gate"], ["check", "release"]] {
        let (code, said) = place.run(&[&["--config", "watchfloor.toml"], &words[..]].concat());
        assert!(code == 3 && said.contains("there is nothing to judge by"), "{words:?} {code} {said}");
    }
}

/// What is allowed is known to be broken: a day ahead, or one that held, is not.
#[test]
fn a_day_of_a_burn_in_is_allowed_when_it_is_broken_and_not_before() {
    let settings =
        "zone = \"UTC\"\n[[burn_in]]\nname = \"calm\"\nstart = \"2026-11-18\"\ndays = 5\nfreeze = [\"a.toml\"]\n";
    let place = Place::new(&[("watchfloor.toml", settings), ("a.toml", "x")]);
    let written = chrono::DateTime::parse_from_rfc3339("2026-11-19T10:00:00Z").unwrap();
    fs::File::options().write(true).open(place.path("a.toml")).unwrap().set_modified(written.into()).unwrap();
    for (day, allowed) in
        [("2026-11-19", 0), ("2026-11-18", 0), ("2026-11-20", 2), ("2026-11-21", 2), ("2026-11-22", 2)]
    {
        let now = ["--config", "watchfloor.toml", "--now", "2026-11-21T12:00:00Z"];
        let words = [&now[..], &["burn-in", "allow", "calm", day, "--reason", "a fix"]].concat();
        let (code, said) = place.run(&words);
        assert_eq!(code, allowed, "{day} {said}");
    }
}

#[test]
fn steps_after_the_day_are_not_waited_for_on_the_day() {
    let plan = "## T-1\n- [x] a\n## T0\n- [x] b\n## T+1\n- [ ] c\n";
    let place = Place::new(&[("plan.md", plan)]);
    let gate = |now: &str| {
        let words = ["--now", now, "release", "gate", "--file", "plan.md", "--date", "2026-12-03", "--zone", "UTC"];
        place.run(&words).0
    };
    assert_eq!([gate("2026-12-03T12:00:00Z"), gate("2026-12-04T12:00:00Z")], [0, 0]);
    assert_eq!(gate("2026-12-05T00:00:00Z"), 1, "its day is over");
    assert_eq!(place.run(&["release", "gate", "--file", "plan.md"]).0, 1, "without a day everything counts");
}

fn sync_failure(minutes: i64) -> Place {
    let at = |minute: i64| {
        let t0 = chrono::DateTime::parse_from_rfc3339("2026-12-03T10:00:00Z").unwrap();
        (t0 + chrono::TimeDelta::minutes(minute)).to_rfc3339()
    };
    let lines = (-30..=50).map(|minute| {
        let ok = i64::from(!(5..=5 + minutes).contains(&minute));
        format!("{{\"ts\": \"{}\", \"sync_ok\": {ok}}}\n", at(minute))
    });
    let settings = r#"
[[signal]]
name = "sync_ok"
file = "sync.jsonl"
field = "sync_ok"
time_field = "ts"

[release]
name = "1.4.0"
day = "2026-12-03"
time = "10:00"
zone = "UTC"
checklists = ["plan.md"]
blocker_labels = []

[release.rollback]
owner = "ana"

[[release.rollback.when]]
name = "sync broken"
expr = "sync_ok == 0"
for = "30m"
"#;
    let plan = "## T0\n- [x] ship\n\n## Rollback\n\n1. Stop the rollout\n2. Restore 1.3.9\n";
    let place = Place::new(&[("watchfloor.toml", settings), ("plan.md", plan)]);
    fs::write(place.path("sync.jsonl"), lines.collect::<String>()).unwrap();
    place
}

#[test]
fn a_sync_failure_of_31_minutes_recommends_a_rollback_29_do_not_and_the_memo_names_it() {
    let memo = |place: &Place| {
        let words = ["--config", "watchfloor.toml", "--now", "2026-12-03T10:50:00Z", "release", "memo"];
        let (code, said) = place.run(&words);
        assert_eq!(code, 0, "{said}");
        (said, place.json(&words))
    };
    let (said, document) = memo(&sync_failure(29));
    assert_eq!(document["gate"]["rollback"]["recommended"], false, "{said}");
    let place = sync_failure(31);
    let (said, document) = memo(&place);
    assert_eq!(document["gate"]["rollback"]["recommended"], true, "{said}");
    assert_eq!(document["gate"]["rollback"]["waiting"], true);
    assert!(said.contains("**ROLL BACK recommended&#58; sync broken &gt; 30m \\(for 31m\\)"), "{said}");
    assert!(said.contains("- sync broken &gt; 30m: met at 2026-12-03T10:35:00Z, for 31m"), "{said}");
    // A person decides, and it is on record.
    let words = ["--now", "2026-12-03T10:45:00Z", "release", "decide", "stay", "--file", "plan.md", "--by", "ana"];
    let (code, out) = place.run(&[&words[..], &["--reason", "the upstream is to blame"]].concat());
    assert_eq!(code, 0, "{out}");
    let (said, document) = memo(&place);
    assert_eq!(document["gate"]["rollback"]["waiting"], false, "{said}");
    assert!(said.contains("ana: stay: the upstream is to blame"), "{said}");
}

/// What was met in the bake window stays met, whenever it is asked, from the files and from the record.
#[test]
fn a_recommendation_to_take_it_back_does_not_go_away_with_time() {
    let place = sync_failure(34);
    let at = |now: &str| {
        place.json(&["--config", "watchfloor.toml", "--now", now, "release", "gate"])["gate"]["rollback"].clone()
    };
    for now in ["2026-12-03T10:45:00Z", "2026-12-03T12:20:00Z", "2026-12-03T15:00:00Z", "2026-12-05T10:00:00Z"] {
        let back = at(now);
        assert_eq!((&back["recommended"], &back["waiting"]), (&json!(true), &json!(true)), "{now} {back}");
        let met: Vec<&Value> = back["criteria"].as_array().unwrap().iter().filter(|c| c["state"] == "met").collect();
        assert_eq!((met.len(), &met[0]["since"]), (1, &json!("2026-12-03T10:35:00Z")), "{now} {back}");
    }
    // Its data are gone, and it was put on record by whoever led then.
    fs::write(place.path("sync.jsonl"), "").unwrap();
    assert_eq!(at("2026-12-05T10:00:00Z")["recommended"], false);
    let words = ["--config", "watchfloor.toml", "--now", "2026-12-05T10:00:00Z", "release", "memo"];
    let said = place.run(&words).1;
    assert!(!said.contains("nothing was met"), "{said}");
    fs::create_dir_all(place.path("state")).unwrap();
    let line = "- 2026-12-03T10:35:00Z met \"1.4.0\": sync broken > 30m: for 34m\n";
    fs::write(place.path("state/duties-seen.md"), line).unwrap();
    let back = at("2026-12-05T10:00:00Z");
    assert_eq!((&back["recommended"], &back["waiting"]), (&json!(true), &json!(true)), "{back}");
    let said = place.run(&words).1;
    assert!(said.contains("nobody has decided since"), "{said}");
}

/// An objective that burned for an hour after T-0 paged then, whoever asks and however late; a decision answers it.
#[test]
fn a_page_of_the_bake_window_is_found_when_it_is_over_and_a_decision_stills_it() {
    let settings = r#"
zone = "UTC"
[[signal]]
name = "bad"
file = "bad.csv"
[[signal]]
name = "total"
file = "total.csv"
[[slo]]
name = "avail"
target = "99%"
time_window = "28d"
sli = { ratio = { bad = "bad", total = "total", counter = false } }
min_total = 10
[release]
name = "1.4.0"
day = "2026-11-05"
time = "10:00"
zone = "UTC"
checklists = ["R.md"]
[release.rollback]
owner = "ana"
"#;
    let place = Place::new(&[("watchfloor.toml", settings), ("R.md", "# R\n\n- [x] go\n")]);
    let begun = chrono::DateTime::parse_from_rfc3339("2026-11-04T00:00:00Z").unwrap();
    let rows = |value: &dyn Fn(i64) -> i64| {
        let row = |n: i64| format!("{},{}\n", (begun + chrono::TimeDelta::minutes(n)).to_rfc3339(), value(n));
        "time,value\n".to_owned() + &(0..3 * 1_440).map(row).collect::<String>()
    };
    let t0 = 1_440 + 600;
    fs::write(place.path("total.csv"), rows(&|_| 10)).unwrap();
    fs::write(place.path("bad.csv"), rows(&|n| if (t0..t0 + 60).contains(&n) { 5 } else { 0 })).unwrap();
    let at = |now: &str| {
        place.json(&["--config", "watchfloor.toml", "--now", now, "release", "gate"])["gate"]["rollback"].clone()
    };
    let since = |back: &Value| -> Vec<Value> {
        back["criteria"].as_array().unwrap().iter().map(|c| c["since"].clone()).collect()
    };
    let first = at("2026-11-05T11:10:00Z");
    assert!(since(&first)[0].is_string() && since(&first)[2] == json!("2026-11-05T10:00:00Z"), "{first}");
    for now in ["2026-11-05T12:30:00Z", "2026-11-06T23:00:00Z"] {
        let back = at(now);
        assert_eq!(
            (&back["recommended"], &back["waiting"], since(&back)),
            (&json!(true), &json!(true), since(&first)),
            "{now} {back}"
        );
    }
    let words =
        ["--now", "2026-11-05T11:05:00Z", "release", "decide", "stay", "--file", "R.md", "--reason", "the upstream"];
    assert_eq!(place.run(&words).0, 0);
    for now in ["2026-11-05T11:10:00Z", "2026-11-06T23:00:00Z"] {
        assert_eq!(at(now)["waiting"], false, "{now}");
    }
}

/// A rule that pages and fired for ten minutes of the bake window: whoever asks, with a state folder that nobody has used,
/// hears the same, while it fires and afterwards.
#[test]
fn what_paged_in_the_bake_window_is_told_alike_by_every_command() {
    let settings = r#"
[[signal]]
name = "latency"
file = "l.csv"
[[alert]]
name = "Slow"
expr = "latency > 300"
severity = "page"
runbook = "https://wiki.example/slow"
[release]
name = "1.4.0"
day = "2026-11-05"
time = "10:00"
zone = "UTC"
checklists = ["R.md"]
[release.rollback]
owner = "ana"
bake = "90m"
"#;
    let begun = chrono::DateTime::parse_from_rfc3339("2026-11-05T09:40:00Z").unwrap();
    let row = |n: i64| {
        let ms = if (40 * 12..50 * 12).contains(&n) { 400 } else { 100 };
        format!("{},{ms}\n", (begun + chrono::TimeDelta::seconds(5 * n)).to_rfc3339())
    };
    let rows = "time,value\n".to_owned() + &(0..70 * 12).map(row).collect::<String>();
    let place = Place::new(&[("watchfloor.toml", settings), ("R.md", "# R\n\n- [x] go\n"), ("l.csv", &rows)]);
    for (nth, now) in ["2026-11-05T10:25:00Z", "2026-11-05T10:45:00Z"].into_iter().enumerate() {
        let commands: [&[&str]; 4] = [&["release"], &["release", "status"], &["status"], &["release", "memo"]];
        for command in commands {
            let state = place.path(&format!("state{nth}{}", command.join("-")));
            let state = state.to_str().unwrap();
            let words = [&["--config", "watchfloor.toml", "--state-dir", state, "--now", now], command].concat();
            let said = place.run(&words).1;
            assert!(said.contains("ROLL BACK") && said.contains("Slow paged"), "{command:?} at {now}: {said}");
        }
    }
}

#[test]
fn notes_credit_people_suggest_a_version_and_escape_hostile_titles() {
    let hostile = "feat: [x](javascript:alert(1)) <img src=x> @everyone | `a`";
    let record = |number: u64, title: &str, author: &str| {
        json!({"number": number, "title": title, "author": author, "createdAt": "2026-11-10T00:00:00Z",
            "updatedAt": "2026-11-20T00:00:00Z", "closedAt": "2026-11-20T00:00:00Z",
            "url": format!("https://github.com/acme/api/issues/{number}")})
    };
    let mut pull = record(1, hostile, "zoe");
    (pull["state"], pull["mergedAt"]) = (json!("MERGED"), json!("2026-11-20T00:00:00Z"));
    let mut issue = record(2, "Crash on start", "kim");
    issue["state"] = json!("CLOSED");
    let archive = json!({"magic": "m", "timestamp": "2026-11-21T00:00:00Z", "repo": "acme/api", "labels": [],
        "issues": [issue], "pulls": [pull]});
    let place = Place::new(&[(
        "watchfloor.toml",
        "[[source]]\nkind = \"history\"\npath = \"issues.json\"\nrepository = \"acme/api\"\n",
    )]);
    fs::write(place.path("issues.json"), archive.to_string()).unwrap();
    let now = ["--config", "watchfloor.toml", "--now", "2026-11-21T00:00:00Z"];
    let words = [&now[..], &["release", "notes", "--since", "2026-11-01"]].concat();
    let (code, said) = place.run(&words);
    assert!(code == 0 && said.contains("Crash on start") && said.contains("## Added"), "{code} {said}");
    assert!(said.contains("## Thanks to\n\n- zoe\n"), "{said}");
    assert!(!said.contains("<img") && !said.contains("@everyone") && !said.contains("](javascript"), "{said}");
    let document = place.json(&words);
    assert_eq!(document["notes"]["merged"][0]["step"], "minor", "{said}");
    assert_eq!(document["notes"]["contributors"], json!(["zoe"]));
    assert_eq!(document["notes"]["closed"].as_array().unwrap().len(), 1);
    // Without any pull request nobody knows what was merged.
    let issues = fs::read_to_string(place.path("issues.json")).unwrap();
    let mut archive: Value = serde_json::from_str(&issues).unwrap();
    archive["pulls"] = json!([]);
    fs::write(place.path("issues.json"), archive.to_string()).unwrap();
    let (code, out) = place.run(&words);
    assert!(code == 4 && out.contains("no pull request is known"), "{code} {out}");
    fs::write(place.path("issues.json"), issues).unwrap();
    let (code, said) = place.run(&["--config", "watchfloor.toml", "release", "notes", "--since", "v9"]);
    assert!(code == 2 && said.contains("no such tag"), "{code} {said}");
}

/// The way that the guide describes: sign what is checked out, commit the record with the plan, ask about the new commit.
#[test]
fn a_sign_off_holds_for_the_commit_that_only_brings_the_record_and_for_no_other() {
    let place = Place::new(&[
        ("RELEASE.md", "# R\n\n- [x] done\n"),
        ("lib.rs", "fn a() {}\n"),
        ("watchfloor.toml", "[release]\nname = \"1.4.0\"\nchecklists = [\"RELEASE.md\"]\nsign_off = [\"qa\"]\n"),
    ]);
    let git = |words: &[&str]| {
        let output =
            place.command("git").args(["-c", "user.name=a", "-c", "user.email=a@b"]).args(words).output().unwrap();
        assert!(output.status.success(), "{words:?} {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    };
    let commit = |what: &str| {
        git(&["add", "-A", "--", "RELEASE.md", "RELEASE.md.record", "lib.rs", "watchfloor.toml"]);
        git(&["commit", "-qm", what]);
        git(&["rev-parse", "HEAD"])
    };
    let gate = |place: &Place, at: &str| {
        place.run(&["--config", "watchfloor.toml", "release", "gate", "--file", "RELEASE.md", "--ref", at])
    };
    git(&["init", "-q"]);
    fs::write(place.path("RELEASE.md.record"), "").unwrap();
    let first = commit("ready");
    let (code, said) = place.run(&["release", "sign", "qa", "--file", "RELEASE.md"]);
    assert_eq!(code, 0, "{said}");
    let second = commit("record");
    assert_ne!(first, second);
    let (code, said) = gate(&place, &second);
    assert_eq!(code, 0, "{said}");
    // A clone that has but the last commit does not know what lies between.
    let clone = Place::new(&[]);
    let from = format!("file://{}", place.0.path().display());
    let output = clone.command("git").args(["clone", "-q", "--depth", "1", &from, "."]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let (code, said) = gate(&clone, &second);
    assert!(code == 1 && said.contains("which is another commit") && said.contains("fetch-depth: 0"), "{code} {said}");
    fs::write(place.path("lib.rs"), "fn b() {}\n").unwrap();
    let third = commit("code");
    let (code, said) = gate(&place, &third);
    assert!(code == 1 && said.contains("which is another commit: lib.rs changed since"), "{code} {said}");
    let (code, said) = gate(&place, OTHER);
    assert!(code == 1 && said.contains(&format!("{OTHER} is not here")), "{code} {said}");
}

/// The blocks of a language in the guide's page on CI.
fn blocks(language: &str) -> Vec<String> {
    let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/guide/gate.md")).unwrap();
    let fence = format!("```{language}\n");
    let parts = page.split(&fence).skip(1);
    parts.map(|part| part.split("```").next().unwrap().to_owned()).collect()
}

/// Runs a snippet of a shell with this program in the path, on a plan.
fn snippet(place: &Place, script: &str) -> i32 {
    let bin = Path::new(env!("CARGO_BIN_EXE_watchfloor")).parent().unwrap();
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
    let output = place
        .command("sh")
        .args(["-e", "-c", script])
        .env("PATH", path)
        .env("GITHUB_SHA", COMMIT)
        .env("GITHUB_STEP_SUMMARY", place.path("summary.md"))
        .output()
        .unwrap();
    output.status.code().unwrap()
}

#[test]
fn the_snippets_of_the_guide_run_and_end_as_they_say() {
    let action = blocks("yaml").into_iter().find(|block| block.contains("release gate")).unwrap();
    let documents = Yaml::load_from_str(&action).unwrap();
    let steps = documents[0]["jobs"]["gate"]["steps"].as_vec().unwrap();
    let script = steps.iter().filter_map(|step| step.as_mapping_get("run")?.as_str());
    let script = script.into_iter().find(|script| script.contains("release gate")).unwrap().to_owned();
    let shell = blocks("sh").into_iter().find(|block| block.contains("case $?")).unwrap();
    for (plan, wanted) in [("- [x] a\n", 0), ("- [ ] a\n", 1)] {
        for script in [&script, &shell] {
            let place = Place::new(&[("x", "")]);
            fs::create_dir(place.path("docs")).unwrap();
            fs::write(place.path("docs/RELEASE.md"), plan).unwrap();
            assert_eq!(snippet(&place, script), wanted, "{script}");
        }
    }
}
