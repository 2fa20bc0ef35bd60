//! `metrics compare` and the promise of two minutes, as whole programs.

#![cfg(test)]

use std::{fs, path::Path, process::Command};

use serde_json::{Value, json};

fn run(folder: &Path, words: &[&str]) -> (i32, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_watchfloor"));
    command.current_dir(folder).env_clear().env("HOME", folder).args(["--now", "2026-11-21T12:00:00Z"]).args(words);
    let output = command.output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

/// Records a minute apart from then on: these values of this name and version.
fn records(from: &str, name: &str, version: &str, values: impl Iterator<Item = f64>) -> String {
    let from: chrono::DateTime<chrono::Utc> = from.parse().unwrap();
    let line = |(n, value): (i32, f64)| {
        let at = from + chrono::TimeDelta::minutes(1) * n;
        json!({ "time": at.to_rfc3339(), "name": name, "value": value, "version": version }).to_string() + "\n"
    };
    (0..).zip(values).map(line).collect()
}

fn steps(to: u32) -> impl Iterator<Item = f64> {
    (1..=to).map(f64::from)
}

#[test]
fn a_file_is_compared_with_another_name_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let at = "2026-11-20T10:00:00Z";
    let old = records(at, "latency", "1", steps(100))
        + &records(at, "size", "1", steps(50))
        + &records(at, "gone", "1", steps(30));
    let new = records(at, "latency", "1", steps(100).map(|v| v * 1.5))
        + &records(at, "size", "1", steps(50))
        + &records(at, "rare", "1", steps(3));
    fs::write(folder.path().join("old.jsonl"), old).unwrap();
    fs::write(folder.path().join("new.jsonl"), new).unwrap();
    let words = ["metrics", "compare", "new.jsonl", "--baseline", "old.jsonl"];
    let (code, said, errors) = run(folder.path(), &[&words[..], &["--json"]].concat());
    assert_eq!((code, errors.as_str()), (0, ""), "{said}");
    let document: Value = serde_json::from_str(&said).unwrap();
    assert_eq!(
        (&document["kind"], &document["passed"], &document["whole"]),
        (&json!("metrics_compare"), &Value::Null, &json!(true))
    );
    let verdicts: Vec<(&str, &str)> = document["names"]
        .as_array()
        .unwrap()
        .iter()
        .map(|n| (n["name"].as_str().unwrap(), n["verdict"].as_str().unwrap()))
        .collect();
    assert_eq!(verdicts, [("gone", "gone"), ("latency", "higher"), ("rare", "new"), ("size", "same")]);
    let latency = &document["names"][1];
    // Of 1 to 100: mean and middle 50.5, p95 95.05 by the rule (n - 1) * q.
    assert_eq!(latency["baseline"], json!({ "count": 100, "mean": 50.5, "p50": 50.5, "p95": 95.05, "max": 100.0 }));
    assert_eq!((&latency["now"]["p50"], &latency["delta_percent"]["mean"]), (&json!(75.75), &json!(50.0)));
    assert_eq!(run(folder.path(), &[&words[..], &["--fail-on", "higher"]].concat()).0, 1);
    assert_eq!(run(folder.path(), &[&words[..], &["--fail-on", "lower"]].concat()).0, 0);
    assert_eq!(run(folder.path(), &[&words[..], &["--fail-on", "either", "--bound", "51"]].concat()).0, 0);
    let (code, csv, _) = run(folder.path(), &[&words[..], &["--csv"]].concat());
    assert_eq!((code, csv.lines().count()), (0, 5), "{csv}");
    assert!(csv.contains("\nsize,same,50,50,25.5,25.5,0,"), "{csv}");
}

#[test]
fn a_stretch_of_time_is_compared_with_the_one_a_week_before() {
    let folder = tempfile::tempdir().unwrap();
    let text = records("2026-11-14T10:00:00Z", "latency", "1", steps(60))
        + &records("2026-11-21T10:00:00Z", "latency", "2", steps(60).map(|v| v / 2.0));
    fs::write(folder.path().join("all.jsonl"), text).unwrap();
    let of = |words: &[&str]| {
        let (code, said, _) = run(folder.path(), &[&["metrics", "compare", "all.jsonl", "--json"], words].concat());
        let document: Value = serde_json::from_str(&said).unwrap();
        let name = &document["names"][0];
        (code, name["verdict"].clone(), name["now"]["count"].clone(), name["baseline"]["count"].clone())
    };
    assert_eq!(of(&["--ago", "7d"]), (0, json!("lower"), json!(60), json!(60)));
    // Times are half-open: the record at 10:30 is not in it.
    let half = ["--from", "2026-11-21T10:00:00Z", "--until", "2026-11-21T10:30:00Z", "--ago", "7d"];
    assert_eq!(of(&half), (0, json!("lower"), json!(30), json!(30)));
    assert_eq!(
        of(&["--tag", "version", "--is", "2", "--was", "1", "--fail-on", "lower"]),
        (1, json!("lower"), json!(60), json!(60))
    );
    assert_eq!(of(&["--from", "5m", "--ago", "7d", "--fail-on", "either"]).0, 4, "nothing to judge is no pass");
}

#[test]
fn what_says_nothing_to_compare_with_is_refused_and_a_file_that_is_gone_does_not_pass() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("new.jsonl"), records("2026-11-21T10:00:00Z", "latency", "1", steps(60))).unwrap();
    let (code, _, errors) = run(folder.path(), &["metrics", "compare", "new.jsonl"]);
    assert!(code == 2 && errors.contains("--baseline FILE"), "{errors}");
    let words = ["metrics", "compare", "new.jsonl", "--baseline", "nowhere.jsonl", "--fail-on", "higher"];
    let (code, _, errors) = run(folder.path(), &words);
    assert!(code == 4 && errors.contains("nowhere.jsonl"), "{code} {errors}");
}

#[test]
fn config_check_names_every_rule_that_may_take_longer_than_two_minutes_to_be_told() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("s.csv"), "timestamp,value\n2026-11-21T11:59:59Z,1\n").unwrap();
    fs::write(folder.path().join("run.md"), "1. look\n").unwrap();
    let settings = |hold: &str, ticket: bool| {
        format!(
            "[[channel]]\nname = \"log\"\nkind = \"file\"\npath = \"told.jsonl\"\n\
             [[route]]\nname = \"all\"\nchannels = [\"log\"]\nticket = {ticket}\n\
             [[signal]]\nname = \"latency\"\nfile = \"s.csv\"\nabove = 100\nfor = \"{hold}\"\nrunbook = \"run.md\"\n\
             [[alert]]\nname = \"High\"\nexpr = \"latency > 1\"\nfor = \"{hold}\"\nrunbook = \"run.md\"\n"
        )
    };
    let check = |hold: &str, ticket: bool| {
        fs::write(folder.path().join("watchfloor.toml"), settings(hold, ticket)).unwrap();
        let (code, out, errors) = run(folder.path(), &["--config", "watchfloor.toml", "config", "check"]);
        (code, out + &errors)
    };
    let (code, said) = check("90s", false);
    assert_ne!(code, 0, "{said}");
    for what in ["signal latency: its alert may take", "alert High: its alert may take"] {
        assert!(said.contains(what), "{said}");
    }
    assert!(said.contains("by route all, more than 2 minutes: shorten `for`"), "{said}");
    assert_eq!(check("90s", true).0, 0);
    assert_eq!(check("20s", false).0, 0);
}
