//! `watchfloor sla stats` on real files against figures that were worked out by other means: every number of them.
//!
//! Needs the folder that `WATCHFLOOR_DATA` names; without it the checks are left out, and the tests say so.

#![cfg(test)]

use std::{
    collections::HashMap,
    fs::File,
    io::Read as _,
    path::{Path, PathBuf},
    process::Command,
};

use flate2::read::GzDecoder;
use serde_json::Value;
use watchfloor::domain::time::parse_rfc3339;

fn data() -> Option<PathBuf> {
    let folder = std::env::var_os("WATCHFLOOR_DATA").map(PathBuf::from);
    if folder.is_none() {
        println!("left out: WATCHFLOOR_DATA is not set, no statistics were compared");
    }
    folder
}

fn run(arguments: &[&str]) -> (Option<i32>, String) {
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_watchfloor"))
        .args(["sla", "stats"])
        .args(arguments)
        .current_dir(folder.path())
        .env("COLUMNS", "80")
        .output()
        .expect("the program runs");
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    (output.status.code(), String::from_utf8(output.stdout).expect("text"))
}

fn json_of(arguments: &[&str]) -> Value {
    let (code, out) = run(&[arguments, &["--json"]].concat());
    assert_eq!(code, Some(0), "{arguments:?}");
    serde_json::from_str(&out).expect("JSON")
}

fn expected(data: &Path, name: &str) -> Value {
    let path = data.join("expected").join(name);
    serde_json::from_slice(&std::fs::read(&path).expect("expected figures")).expect("JSON")
}

/// What was compared, and what differs.
#[derive(Default)]
struct Compared {
    n: usize,
    differences: Vec<String>,
}

impl Compared {
    /// Everything that is expected must be found. Means are rounded in both, to the thousandth; shares to the millionth.
    fn all(&mut self, at: &str, expected: &Value, found: &Value) {
        match (expected, found) {
            (Value::Object(fields), Value::Object(theirs)) => {
                if at.ends_with("monthly") || at.ends_with("new_comments") || at.ends_with("by_priority") {
                    self.one(at, fields.len() == theirs.len(), expected, found);
                }
                for (key, value) in fields {
                    let Some(theirs) = theirs.get(key) else {
                        self.one(&format!("{at}/{key}"), false, value, &Value::Null);
                        continue;
                    };
                    self.all(&format!("{at}/{key}"), value, theirs);
                }
            }
            (Value::Array(items), Value::Array(theirs)) if items.len() == theirs.len() => {
                for (i, (item, theirs)) in items.iter().zip(theirs).enumerate() {
                    self.all(&format!("{at}/{i}"), item, theirs);
                }
                self.n += usize::from(items.is_empty());
            }
            (Value::Number(a), Value::Number(b)) => {
                let (a, b) = (a.as_f64().unwrap(), b.as_f64().unwrap());
                let slack = if at.ends_with("availability") { 1e-9 } else { 0.002 };
                self.one(at, (a - b).abs() <= slack, expected, found);
            }
            (Value::String(a), Value::String(b)) if parse_rfc3339(a).is_some() => {
                let micros = |written: &str| parse_rfc3339(written).map(|at| at.timestamp_micros());
                self.one(at, micros(a) == micros(b), expected, found);
            }
            _ => self.one(at, expected == found, expected, found),
        }
    }

    fn one(&mut self, at: &str, is_same: bool, expected: &Value, found: &Value) {
        self.n += 1;
        if !is_same {
            self.differences.push(format!("{at}: expected {expected}, found {found}"));
        }
    }

    fn end(self, name: &str) {
        println!("{name}: {} figures compared, {} differ", self.n, self.differences.len());
        assert!(0 < self.n, "{name}: nothing was compared");
        assert!(self.differences.is_empty(), "{name}:\n{}", self.differences.join("\n"));
    }
}

#[test]
fn every_figure_of_the_real_histories_agrees() {
    let Some(data) = data() else { return };
    let files = expected(&data, "issue_stats.json");
    assert_eq!(files.as_object().unwrap().len(), 4);
    for (name, figures) in files.as_object().unwrap() {
        let path = data.join("issues").join(name);
        let found = json_of(&["--history", path.to_str().unwrap()]);
        let mut compared = Compared::default();
        compared.all("", figures, &found);
        compared.end(name);
        let mut compared = Compared::default();
        rows(&data, name, &found, &mut compared);
        compared.end(&format!("{name}, item by item"));
    }
}

/// Each row of the table of items.
fn rows(data: &Path, name: &str, found: &Value, compared: &mut Compared) {
    let stem = name.trim_end_matches(".gz").trim_end_matches(".jsonl").trim_end_matches(".json");
    let path = data.join("expected/items").join(format!("{stem}.per_item.csv.gz"));
    let mut csv = String::new();
    GzDecoder::new(File::open(&path).expect("expected rows")).read_to_string(&mut csv).expect("text");
    let items = found["items"].as_array().expect("items");
    let by_number: HashMap<(&str, u64), &Value> =
        items.iter().map(|item| ((item["kind"].as_str().unwrap(), item["number"].as_u64().unwrap()), item)).collect();
    let mut lines = csv.lines();
    let columns: Vec<&str> = lines.next().unwrap().split(',').collect();
    let mut n_rows = 0;
    for line in lines {
        n_rows += 1;
        let cells: HashMap<&str, &str> = columns.iter().copied().zip(line.split(',')).collect();
        let item = by_number[&(cells["kind"], cells["number"].parse().unwrap())];
        for column in &columns {
            let wanted = match (cells[column], cells[column].parse::<f64>()) {
                ("", _) => Value::Null,
                (_, Ok(number)) => number.into(),
                (word, Err(_)) => word.into(),
            };
            compared.all(&format!("{line}/{column}"), &wanted, &item[*column]);
        }
    }
    assert_eq!((n_rows, items.len()), (by_number.len(), by_number.len()), "{name}");
}

#[test]
fn tickets_checks_and_changes_agree() {
    let Some(data) = data() else { return };
    let path = |name: &str| data.join(name).to_str().unwrap().to_owned();
    let tickets = path("tickets/servicenow_incident_event_log.part1.csv");
    let checks = path("uptime/manticore_checks.jsonl");
    let (old, new) = (
        path("issues/moq-transport.snapshot-2024-01-21.archive.json.gz"),
        path("issues/moq-transport.snapshot-2024-01-23.archive.json.gz"),
    );
    for (name, found) in [
        ("tickets.json", json_of(&["--history", &tickets])),
        ("uptime.json", json_of(&["--history", &checks])),
        ("issue_deltas.json", json_of(&["--history", &old, "--against", &new])),
        // The older one is known by its own time.
        ("issue_deltas.json", json_of(&["--history", &new, "--against", &old])),
    ] {
        let mut compared = Compared::default();
        compared.all("", &expected(&data, name), &found);
        compared.end(name);
    }
}

#[test]
fn groups_go_by_the_labels_of_that_instant_and_not_by_those_of_today() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("late.jsonl");
    let line = r#"{"issue":{"number":1,"title":"t","state":"open","user":{"login":"rita","type":"User"},"labels":[{"name":"P0"},{"name":"bug"}],"created_at":"2026-03-01T00:00:00Z","updated_at":"2026-05-24T15:30:00Z"},"events":[{"event":"labeled","created_at":"2026-05-01T00:00:00Z","actor":{"login":"mia","type":"User"},"label":{"name":"P0"}}]}"#;
    std::fs::write(&path, line).unwrap();
    let names = |at: &str| {
        let found = json_of(&["--history", path.to_str().unwrap(), "--by", "priority,label", "--at", at]);
        ["priority", "label"].map(|by| {
            let rows = found["by"][by].as_array().unwrap();
            rows.iter().map(|row| row["name"].as_str().unwrap_or("none").to_owned()).collect::<Vec<_>>().join(" ")
        })
    };
    assert_eq!(names("2026-04-01T00:00:00Z"), ["none", "bug"]);
    assert_eq!(names("2026-05-01T00:00:00Z"), ["P0", "P0 bug"]);
}

#[test]
fn the_text_stays_within_its_page_and_defines_its_figures() {
    let Some(data) = data() else { return };
    let path = |name: &str| data.join(name).to_str().unwrap().to_owned();
    let gui = path("issues/bitcoin-core-gui.opened-before-2022.jsonl.gz");
    let (code, text) = run(&["--history", &gui, "--by", "quarter,priority", "--by", "label"]);
    assert_eq!(code, Some(0));
    for begin in ["BY QUARTER", "BY PRIORITY", "BY LABEL", "DEFINITIONS", "  MTTD  not recorded", "  months of UTC"] {
        assert!(text.lines().any(|l| l.starts_with(begin)), "no line {begin:?} in\n{text}");
    }
    let quarter = text.lines().find(|line| line.starts_with("  2020-Q3")).expect("a row of the third quarter");
    let cells: Vec<&str> = quarter.split_whitespace().collect();
    let months = &expected(&data, "issue_stats.json")["bitcoin-core-gui.opened-before-2022.jsonl.gz"]["all"]["monthly"];
    let opened: u64 =
        ["2020-07", "2020-08", "2020-09"].map(|month| months[month]["opened"].as_u64().unwrap()).iter().sum();
    assert_eq!(cells[1], opened.to_string(), "{quarter}");
    assert!(text.contains("69 still open; half closed in 42d"), "{text}");
    for name in ["tickets/servicenow_incident_event_log.part1.csv", "uptime/manticore_checks.jsonl"] {
        let (code, text) = run(&["--history", &path(name)]);
        assert_eq!((code, text.contains("DEFINITIONS")), (Some(0), true), "{name}");
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{name}");
    }
}

#[test]
fn a_past_month_does_not_change() {
    let Some(data) = data() else { return };
    let gui = data.join("issues/bitcoin-core-gui.opened-before-2022.jsonl.gz");
    let gui = gui.to_str().unwrap();
    let month = |at: &str| {
        let found = json_of(&["--history", gui, "--at", at, "--by", "month"]);
        let rows = found["by"]["month"].as_array().unwrap().clone();
        rows.into_iter().find(|row| row["name"] == "2020-07").unwrap()["times"]["ttr"].clone()
    };
    let then = month("2020-08-01T00:00:00Z");
    assert!(then["n"].as_u64().unwrap() > 0, "{then}");
    // One that was closed in July and opened again later has its last close elsewhere now.
    assert!(month("2026-01-01T00:00:00Z")["n"].as_u64() <= then["n"].as_u64());
    let before = json_of(&["--history", gui, "--at", "2020-06-01T00:00:00Z"]);
    assert_eq!((&before["all"]["count"], &before["all"]["response"]["any"]["median"]), (&0.into(), &Value::Null));
}

#[test]
fn the_guide_names_every_known_robot() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/guide/statistics.md");
    let guide = std::fs::read_to_string(path).expect("the guide");
    for robot in watchfloor::domain::stats::robots::STANDARD {
        assert!(guide.contains(robot), "{robot}");
    }
}

#[test]
fn what_was_never_heard_is_not_zero() {
    let folder = tempfile::tempdir().unwrap();
    let settings = folder.path().join("watchfloor.toml");
    let source = "[[source]]\nkind = \"history\"\nname = \"gone\"\npath = \"gone.jsonl\"\nrepository = \"a/b\"\n";
    for (text, why) in [
        (format!("version = 1\n{source}"), "no source of incidents was heard"),
        ("version = 1\n".to_owned(), "the settings name no source of incidents"),
    ] {
        std::fs::write(&settings, text).unwrap();
        let output = Command::new(env!("CARGO_BIN_EXE_watchfloor"))
            .args(["sla", "stats", "--json", "--config"])
            .arg(&settings)
            .arg("--state-dir")
            .arg(folder.path())
            .current_dir(folder.path())
            .output()
            .expect("the program runs");
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!((output.status.code(), output.stdout.is_empty()), (Some(4), true), "{told}");
        assert!(told.contains(why), "{told}");
    }
}

#[test]
fn the_sources_in_the_settings_give_the_same_figures_as_their_file() {
    let Some(data) = data() else { return };
    let folder = tempfile::tempdir().unwrap();
    let settings = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/real/watchfloor.toml");
    let output = Command::new(env!("CARGO_BIN_EXE_watchfloor"))
        .args(["sla", "stats", "--json", "--now", "2026-08-21T20:00:04Z", "--by", "repository", "--config"])
        .arg(&settings)
        .arg("--state-dir")
        .arg(folder.path())
        .env("WATCHFLOOR_DATA", &data)
        .current_dir(folder.path())
        .output()
        .expect("the program runs");
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let found: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let wanted = &expected(&data, "issue_stats.json")["bitcoin-core-gui.opened-before-2022.jsonl.gz"]["issues"];
    let mut compared = Compared::default();
    for part in ["count", "open", "closed", "close", "first_close", "reopened", "monthly", "business", "awaiting_nobot"]
    {
        compared.all(part, &wanted[part], &found["issues"][part]);
    }
    for who in ["any", "nobot", "team"] {
        compared.all(who, &wanted["response"][who], &found["issues"]["response"][who]);
    }
    compared.end("sources");
    let rows = found["by"]["repository"].as_array().unwrap();
    assert_eq!((rows.len(), &rows[0]["times"]["opened"]), (1, &wanted["count"]));
    assert_eq!(&rows[0]["times"]["still_open"], &wanted["open"]);
}
