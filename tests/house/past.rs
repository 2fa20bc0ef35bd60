//! The past: what `--at` shows of an instant is what was printed at that instant, byte for byte but for the mark.
//!
//! A simulated week: incidents come, change, close and go; the roster and the checklist are edited; files are away or
//! broken; people take incidents on. At random instants a pass is put on record, and what the board said is kept.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use tempfile::TempDir;
use watchfloor::{
    cli::{
        args::Common,
        board::{self, Part},
        setup, show,
        then::{self, Then},
    },
    domain::{
        incident::{IncidentKey, Login},
        time::{minus, parse_rfc3339, plus, rfc3339},
        zone::Zones,
    },
    floor::fact::Role,
    shell::{
        past::Recorder,
        store::{Deed, Did, Store},
    },
    sink::plain,
};

const SETTINGS: &str = r#"
team = "Acme"
zone = "Europe/Berlin"

[[source]]
kind = "history"
name = "backup"
path = "issues.jsonl"

[roster]
file = "oncall.toml"

[release]
name = "5.0"
day = "2026-11-20"
time = "10:00"
checklists = ["RELEASE.md"]
blocker_labels = ["release-blocker"]

[[signal]]
name = "latency"
file = "latency.csv"
unit = "ms"
above = 250
for = "5m"

[[signal]]
name = "events"
file = "events.jsonl"
count = true
above = 3
"#;

const LADDER: &str = r#"
[[escalation]]
name = "urgent"
priorities = ["P0", "P1"]
repeat = 1

[[escalation.step]]
notify = ["seat:primary"]
delay = "10m"

[[escalation.step]]
notify = ["seat:backup"]
delay = "20m"
"#;

const ROSTER: &str = include_str!("../real/oncall.toml");

const PARTS: [Part; 4] = [Part::Status, Part::Queue, Part::Sla, Part::OnCall];

/// Numbers that look random and are the same each time (xorshift).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % sides
    }

    fn pick<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.roll(of.len() as u64) as usize]
    }
}

/// An incident as its host would write it.
struct Issue {
    number: u64,
    title: String,
    opened_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    closed_at: Option<DateTime<Utc>>,
    labels: Vec<String>,
    owners: Vec<String>,
    comments: usize,
    events: Vec<Value>,
}

impl Issue {
    fn record(&self) -> Value {
        let user = |login: &str| json!({"login": login, "type": "User"});
        json!({"type": "issue", "issue": {
            "number": self.number, "title": self.title, "state": if self.closed_at.is_some() { "closed" } else { "open" },
            "created_at": rfc3339(self.opened_at), "updated_at": rfc3339(self.updated_at), "user": user("rita"),
            "labels": self.labels.iter().map(|name| json!({"name": name})).collect::<Vec<_>>(),
            "assignees": self.owners.iter().map(|login| user(login)).collect::<Vec<_>>(),
            "comments": self.comments, "body": null, "closed_at": self.closed_at.map(rfc3339),
            "state_reason": self.closed_at.map(|_| "completed"),
            "html_url": format!("https://github.com/acme/api/issues/{}", self.number),
            "repository_url": "https://api.github.com/repos/acme/api",
        }, "events": self.events})
    }

    fn happens(&mut self, at: DateTime<Utc>, event: &str, who: &str, more: Value) {
        let mut written = json!({"event": event, "created_at": rfc3339(at), "actor": {"login": who, "type": "User"},
            "user": {"login": who, "type": "User"}, "author_association": "MEMBER"});
        for (name, value) in more.as_object().unwrap() {
            written[name] = value.clone();
        }
        self.events.push(written);
        self.updated_at = at;
    }
}

/// A team's files, changed as time goes by.
struct Team {
    folder: TempDir,
    dice: Dice,
    issues: Vec<Issue>,
    next: u64,
    ticked: usize,
    override_n: usize,
}

impl Team {
    fn new(seed: u64) -> Self {
        let team = Self {
            folder: tempfile::tempdir().unwrap(),
            dice: Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1),
            issues: Vec::new(),
            next: 1,
            ticked: 0,
            override_n: 0,
        };
        fs::write(team.path("watchfloor.toml"), SETTINGS).unwrap();
        fs::write(team.path("latency.csv"), "timestamp,value\n").unwrap();
        fs::write(team.path("events.jsonl"), "").unwrap();
        team.write_roster();
        team.write_checklist();
        team
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write_roster(&self) {
        let mut roster = format!("{ROSTER}{LADDER}");
        if 0 < self.override_n {
            let day = 14 + self.override_n % 10;
            let (from, to) = (format!("2026-11-{day}T09:00:00+01:00"), format!("2026-11-{day}T18:00:00+01:00"));
            let entry = format!(
                "[[schedule.override]]\nkind = \"replace\"\nuser = \"ana.k\"\nwith = \"dee.w\"\nfrom = \"{from}\"\nto = \"{to}\"\n\n"
            );
            roster = roster.replacen(
                "[[schedule]]\nname = \"backup\"",
                &format!("{entry}[[schedule]]\nname = \"backup\""),
                1,
            );
        }
        fs::write(self.path("oncall.toml"), roster).unwrap();
    }

    fn write_checklist(&self) {
        let line = |n: usize| format!("- [{}] step {n} @ana.k\n", if n < self.ticked { "x" } else { " " });
        let lines: String = (0..8).map(line).collect();
        fs::write(self.path("RELEASE.md"), format!("# Release 5.0\n\n## T-2 Before\n\n{lines}")).unwrap();
    }

    fn write_issues(&self) {
        let lines: String = self.issues.iter().map(|issue| format!("{}\n", issue.record())).collect();
        fs::write(self.path("issues.jsonl"), lines).unwrap();
    }

    /// Something happens to some incident.
    fn something_happens(&mut self, at: DateTime<Utc>) {
        if self.issues.len() < 3 || self.dice.roll(5) == 0 {
            let (number, opened_at) = (self.next, minus(at, TimeDelta::minutes(self.dice.roll(600) as i64)));
            self.next += 1;
            let title = format!("{} {number}", self.dice.pick(&["Login loops", "Build is red", "Disk fills up"]));
            let mut issue = Issue {
                number,
                title,
                opened_at,
                updated_at: opened_at,
                closed_at: None,
                labels: Vec::new(),
                owners: Vec::new(),
                comments: 0,
                events: Vec::new(),
            };
            let label = self.dice.pick(&["P0", "P1", "P2", "P3", "release-blocker"]).to_owned();
            issue.happens(at, "labeled", "rita", json!({"label": {"name": label}}));
            issue.labels.push(label);
            return self.issues.push(issue);
        }
        let place = self.dice.roll(self.issues.len() as u64) as usize;
        let (what, who) = (self.dice.roll(8), self.dice.pick(&["ana", "ben", "cy"]));
        let label = self.dice.pick(&["P0", "P1", "bug", "release-blocker"]).to_owned();
        let issue = &mut self.issues[place];
        match what {
            0 => {
                issue.closed_at = Some(at);
                issue.happens(at, "closed", who, json!({"state_reason": "completed"}));
            }
            1 if issue.closed_at.is_some() => {
                issue.closed_at = None;
                issue.happens(at, "reopened", who, json!({}));
            }
            2 | 3 if !issue.labels.contains(&label) => {
                issue.labels.push(label.clone());
                issue.happens(at, "labeled", who, json!({"label": {"name": label}}));
            }
            4 if issue.labels.contains(&label) => {
                issue.labels.retain(|on| *on != label);
                issue.happens(at, "unlabeled", who, json!({"label": {"name": label}}));
            }
            5 if !issue.owners.iter().any(|owner| owner == who) => {
                issue.owners.push(who.to_owned());
                issue.happens(at, "assigned", who, json!({"assignee": {"login": who}}));
            }
            6 => {
                let from = issue.title.clone();
                issue.title = format!("{from}!");
                issue.happens(at, "renamed", who, json!({"rename": {"from": from}}));
            }
            7 if self.dice.roll(6) == 0 => drop(self.issues.remove(place)),
            _ => {
                issue.comments += 1;
                issue.happens(at, "commented", who, json!({"body": "looking"}));
            }
        }
    }

    /// Time goes by until an instant.
    fn live_until(&mut self, from: DateTime<Utc>, at: DateTime<Utc>) {
        let minutes = (at - from).num_minutes().max(1);
        for _ in 0..self.dice.roll(9) {
            let then = plus(from, TimeDelta::minutes(self.dice.roll(minutes as u64) as i64));
            self.something_happens(then);
        }
        match self.dice.roll(5) {
            0 => self.override_n += 1,
            1 => self.ticked = (self.ticked + 1) % 9,
            _ => {}
        }
        self.write_roster();
        self.write_checklist();
        self.write_issues();
        // Trouble with files: gone, or something else than what they should be.
        match self.dice.roll(9) {
            0 => fs::remove_file(self.path("issues.jsonl")).unwrap(),
            1 => fs::write(self.path("issues.jsonl"), "no history\n").unwrap(),
            2 => fs::write(self.path("oncall.toml"), "zone = 7\n").unwrap(),
            3 => fs::remove_file(self.path("RELEASE.md")).unwrap(),
            _ => {}
        }
        let (mut latency, mut events) = (String::new(), String::new());
        for minute in (0..20).rev() {
            let stamp = minus(at, TimeDelta::minutes(minute));
            if from < stamp {
                latency.push_str(&format!("{},{}\n", rfc3339(stamp), 200 + self.dice.roll(100)));
                for _ in 0..self.dice.roll(6) {
                    events.push_str(&format!("{{\"time\":\"{}\"}}\n", rfc3339(stamp)));
                }
            }
        }
        for (name, more) in [("latency.csv", latency), ("events.jsonl", events)] {
            let before = fs::read_to_string(self.path(name)).unwrap();
            fs::write(self.path(name), before + &more).unwrap();
        }
    }

    fn common(&self, now: DateTime<Utc>) -> Common {
        let (config, state_dir) = (Some(self.path("watchfloor.toml")), Some(self.path("state")));
        Common { config, now: Some(now), theme: None, state_dir, ascii: true, read_only: false }
    }

    /// Runs the program on the team's files.
    fn watchfloor(&self, words: &[&str]) -> (i32, String, String) {
        let folder: &Path = self.folder.path();
        let mut command = Command::new(env!("CARGO_BIN_EXE_watchfloor"));
        command.current_dir(folder).env_clear().env("HOME", folder).env("COLUMNS", "120");
        let Output { status, stdout, stderr } = command.args(["--state-dir", "state"]).args(words).output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (status.code().unwrap(), text(stdout), text(stderr))
    }
}

pub fn at(written: &str) -> DateTime<Utc> {
    parse_rfc3339(written).unwrap()
}

/// What the board said of one instant: of each part its text and its JSON.
pub type Said = Vec<(String, Value)>;

pub fn said(floor: &watchfloor::floor::Floor, zones: &Zones, now: DateTime<Utc>) -> Said {
    let of = |part| (board::plain(floor, part, plain::WHOLE, now), board::json(floor, part, zones.version(), now));
    PARTS.map(of).into()
}

/// Asserts that an instant is shown again as the board was then, but for the mark.
pub fn shown_again(then: &Then, before: &Said, zones: &Zones, what: &str) {
    assert!(then.known.is_known());
    for (part, (text, document)) in PARTS.iter().zip(before) {
        let again = then::plain_of(then, *part, plain::WHOLE);
        let (mark, board) = again.split_once('\n').unwrap();
        assert!(mark.starts_with("AS KNOWN THEN  recorded since Mon 16 Nov 2026"), "{mark}");
        assert_eq!(board, text, "{what}, {part:?}");
        let mut json = then::json_of(then, *part, zones);
        let marks = ["at", "recorded_since"].map(|name| json.as_object_mut().unwrap().remove(name).unwrap());
        assert_eq!(marks[0], json!(rfc3339(then.known.at)));
        assert_eq!(&json, document, "{what}, {part:?}");
    }
}

/// One pass at an instant, put on record; returns what the board said.
async fn pass(team: &mut Team, zones: &Zones, now: DateTime<Utc>) -> Said {
    let common = team.common(now);
    let mut setup = setup::set_up(&common, zones).unwrap_or_else(|failure| panic!("{failure:?}"));
    setup.recorder = Recorder::new(true, true);
    setup.recorder.plays(&Role::Syncs);
    if let Some(number) = team.issues.first().map(|issue| issue.number).filter(|_| team.dice.roll(3) == 0) {
        let key = IncidentKey::parse(&format!("acme/api#{number}")).unwrap();
        let did = |deed| Did { key: key.clone(), deed, by: Login::new("ana"), at: now };
        let mut deeds = vec![did(Deed::TakeOn)];
        match team.dice.roll(6) {
            0 => deeds.push(did(Deed::GiveBack)),
            1 => deeds.push(did(Deed::Snooze(plus(now, TimeDelta::hours(9))))),
            _ => {}
        }
        Store::open(&team.path("state"), now).unwrap().did(&deeds).unwrap();
    }
    setup.read_all().await;
    setup.engine.keeper().close(std::time::Duration::from_secs(5)).unwrap();
    said(&setup.floor, zones, now)
}

/// Passes of a week at random instants.
async fn week(team: &mut Team, zones: &Zones, n: usize) -> Vec<(DateTime<Utc>, Said)> {
    let (mut now, mut passes) = (at("2026-11-16T06:00:00Z"), Vec::new());
    for _ in 0..n {
        let before = now;
        let step = 1 + team.dice.roll(2 * 7 * 24 * 60 * 60 / n as u64) as i64;
        now = plus(now, TimeDelta::seconds(step));
        team.live_until(before, now);
        passes.push((now, pass(team, zones, now).await));
    }
    passes
}

#[test]
fn the_board_of_an_instant_is_shown_again_as_it_was_for_a_simulated_week() {
    let zones = Zones::bundled();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (mut n_troubled, mut n_acked) = (0, 0);
    for seed in [1, 2, 3] {
        let mut team = Team::new(seed);
        let passes = runtime.block_on(week(&mut team, &zones, 40));
        let end = plus(passes.last().unwrap().0, TimeDelta::days(1));
        let setup = setup::set_up(&team.common(end), &zones).unwrap_or_else(|failure| panic!("{failure:?}"));
        for (instant, before) in &passes {
            let then = Then::of(&setup, *instant, &zones).unwrap_or_else(|failure| panic!("{failure:?}"));
            shown_again(&then, before, &zones, &format!("seed {seed}, {}", rfc3339(*instant)));
            for (text, document) in before {
                n_troubled += usize::from(text.contains("unreadable since") || text.contains("away since"));
                n_acked += usize::from(document.to_string().contains("\"acknowledged\":{"));
            }
        }
    }
    // The week held what it was made for.
    assert!(0 < n_troubled, "no file was in trouble");
    println!("{n_troubled} boards with trouble, {n_acked} with something taken on");
}

#[test]
fn between_two_looks_nothing_is_newer_than_the_last_one_and_its_age_is_said() {
    let zones = Zones::bundled();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut team = Team::new(5);
    let first = at("2026-11-16T06:00:00Z");
    team.issues.clear();
    team.something_happens(first);
    team.write_issues();
    runtime.block_on(pass(&mut team, &zones, first));
    let setup =
        setup::set_up(&team.common(plus(first, TimeDelta::days(2))), &zones).unwrap_or_else(|f| panic!("{f:?}"));
    let of = |instant| Then::of(&setup, instant, &zones).unwrap_or_else(|failure| panic!("{failure:?}"));
    let later = of(plus(first, TimeDelta::hours(5)));
    let document = then::json_of(&later, Part::Queue, &zones);
    assert_eq!(document["sources"][0]["age_s"], 5 * 3_600);
    assert_eq!(document["sources"][0]["worth"], "stale");
    assert_eq!(then::code(&later, Part::Queue), 0);
    let before = of(minus(first, TimeDelta::seconds(1)));
    assert!(!before.known.is_known());
    assert_eq!(then::code(&before, Part::Status), 4);
    let document = then::json_of(&before, Part::Status, &zones);
    assert_eq!((document.get("queue"), document["recorded_since"].clone()), (None, json!(rfc3339(first))));
    let text = then::plain_of(&before, Part::Status, 100);
    assert!(text.starts_with("NOT KNOWN  nothing was recorded then; recorded since Mon 16 Nov 2026 07:00\n"), "{text}");
    assert!(!text.contains("open"), "{text}");
    let _ = show::width();
}

#[test]
fn the_program_shows_again_what_it_printed_and_tells_what_changed() {
    let mut team = Team::new(7);
    let instants = ["2026-11-16T08:00:00Z", "2026-11-17T09:30:00Z", "2026-11-18T21:15:00Z", "2026-11-19T04:00:00Z"];
    let mut printed = Vec::new();
    let mut before = at("2026-11-16T02:00:00Z");
    for instant in instants {
        team.live_until(before, at(instant));
        before = at(instant);
        let (code, summary, noise) = team.watchfloor(&["--now", instant, "watch", "--once"]);
        assert!(code == 0 || code == 4, "{code} {noise}");
        assert!(summary.starts_with(&format!("{instant} one pass\n  backup: ")), "{summary}");
        let status = team.watchfloor(&["--now", instant, "status"]);
        let queue = team.watchfloor(&["--now", instant, "queue", "--json"]);
        printed.push((instant, status, queue));
    }
    let later = ["--now", "2026-11-20T00:00:00Z"];
    for (instant, status, queue) in printed {
        let (code, text, noise) = team.watchfloor(&[&later[..], &["status", "--at", instant]].concat());
        let (mark, board) = text.split_once('\n').unwrap();
        assert!(mark.starts_with("AS KNOWN THEN  recorded since Mon 16 Nov 2026 09:00"), "{mark}");
        assert_eq!((code, board), (status.0, status.1.as_str()), "{instant} {noise}");
        let (code, text, _) = team.watchfloor(&[&later[..], &["queue", "--json", "--at", instant]].concat());
        let mut json: Value = serde_json::from_str(&text).unwrap();
        for mark in ["at", "recorded_since"] {
            json.as_object_mut().unwrap().remove(mark).unwrap();
        }
        assert_eq!((code, json), (queue.0, serde_json::from_str(&queue.1).unwrap()), "{instant}");
    }
    let (code, _, noise) = team.watchfloor(&[&later[..], &["status", "--at", "2026-11-21T00:00:00Z"]].concat());
    assert!(code == 2 && noise.contains("has not come"), "{code} {noise}");
    let (code, text, _) = team.watchfloor(&[&later[..], &["history", "--since", "5d"]].concat());
    assert_eq!(code, 0, "{text}");
    assert!(
        text.starts_with("HISTORY  Sun 15 Nov 01:00 to Fri 20 Nov 01:00\n  recorded since Mon 16 Nov 09:00 only\n"),
        "{text}"
    );
    let (_, json, _) = team.watchfloor(&[&later[..], &["history", "--since", "5d", "--json", "--limit", "3"]].concat());
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!((json["kind"].as_str(), json["is_cut"].as_bool()), (Some("history"), Some(true)));
    let lines = json["lines"].as_array().unwrap();
    assert_eq!(lines.len(), 3);
    assert!(lines.is_sorted_by_key(|line| line["at"].as_str().unwrap().to_owned()), "{json}");
}
