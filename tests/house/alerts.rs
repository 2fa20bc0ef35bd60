//! Alerts at the prompt: every command lists the same ones, with the same times, whoever asks and whenever.

use std::{
    fmt::Write as _,
    fs,
    path::Path,
    process::{Command, Output},
};

use serde_json::Value;

/// Midday, in seconds.
const NOON: i64 = 1_795_176_000;

const SETTINGS: &str = r#"
zone = "UTC"
[[signal]]
name = "latency"
file = "latency.csv"
above = 500
for = "1m"
[[signal]]
name = "worked out"
expr = "max_over_time(latency[1m])"
above = 500
for = "1m"
[[alert]]
name = "Slow"
expr = "latency > 500"
for = "1m"
runbook = "https://example.org/slow"
[[slo]]
name = "fast"
sli = { threshold = { signal = "latency", op = "lte", value = 500 } }
target = "99%"
"#;

fn program(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_watchfloor"));
    command.args(arguments).args(["--config", "watchfloor.toml", "--state-dir", "state"]);
    command.env_clear().env("HOME", folder).current_dir(folder).output().unwrap()
}

fn text(folder: &Path, arguments: &[&str]) -> String {
    String::from_utf8(program(folder, arguments).stdout).unwrap()
}

fn alerts(folder: &Path, arguments: &[&str]) -> Vec<Value> {
    let output = program(folder, arguments);
    let page: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{e}: {output:?}"));
    let mut found = page["alerts"].as_array().unwrap_or_else(|| panic!("{page}")).clone();
    found.retain(|alert| alert["state"] == "firing");
    found
}

fn times(alerts: &[Value]) -> Vec<[String; 3]> {
    let mut found: Vec<_> =
        alerts.iter().map(|alert| ["id", "since", "fired_at"].map(|key| alert[key].to_string())).collect();
    found.sort();
    found
}

/// Two hours of a sample each 10 s; slow for the last forty minutes.
fn world() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let mut latency = "timestamp,value\n".to_owned();
    for n in 0..720_i64 {
        writeln!(latency, "{},{}", NOON + n * 10, if n < 480 { 100 } else { 900 }).unwrap();
    }
    fs::write(folder.path().join("latency.csv"), latency).unwrap();
    fs::write(folder.path().join("watchfloor.toml"), SETTINGS).unwrap();
    folder
}

#[test]
fn since_when_an_alert_fires_does_not_depend_on_when_somebody_asks() {
    let folder = world();
    let at = |now: &str| alerts(folder.path(), &["alerts", "--json", "--now", now]);
    let first = at("2026-11-20T14:00:05Z");
    let names: std::collections::BTreeSet<&str> = first.iter().filter_map(|alert| alert["rule"].as_str()).collect();
    assert_eq!(names.into_iter().collect::<Vec<_>>(), ["Slow", "fast", "latency", "worked out"], "{first:#?}");
    for now in ["2026-11-20T14:00:12Z", "2026-11-20T14:00:27Z", "2026-11-20T14:00:41Z"] {
        assert_eq!(times(&at(now)), times(&first), "{now}");
    }
    // It began at 13:20; whatever judges it looks once a minute at least, and a budget burns for some minutes first.
    for alert in &first {
        let since = alert["since"].as_str().unwrap();
        let latest = if alert["rule"] == "fast" { "2026-11-20T13:29:00" } else { "2026-11-20T13:22:01" };
        assert!(("2026-11-20T13:19:59"..latest).contains(&since), "{alert}");
    }
}

#[test]
fn every_command_lists_the_same_alerts() {
    let folder = world();
    let now = ["--now", "2026-11-20T14:00:05Z"];
    let of = |words: &[&str]| times(&alerts(folder.path(), &[words, &now].concat()));
    let all = of(&["alerts", "--json"]);
    assert!(3 < all.len(), "{all:?}");
    assert_eq!(of(&["queue", "--json"]), all);
    assert_eq!(of(&["status", "--json"]), all);
    // The board counts them all and shows the first.
    let board = text(folder.path(), &[&["status"], now.as_slice()].concat());
    assert!(board.contains(&format!("{} firing; the first 3", all.len())), "{board}");
    for command in ["alerts", "queue"] {
        let page = text(folder.path(), &[&[command], now.as_slice()].concat());
        for name in ["Slow", "fast", "latency", "worked out"] {
            assert!(page.contains(&format!("alertname=\"{name}\"")), "{command}: {name}: {page}");
        }
    }
    for name in ["Slow", "fast", "latency", "worked out"] {
        let output = program(folder.path(), &[&["alerts", "why", name], now.as_slice()].concat());
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success() && said.contains("firing"), "{name}: {output:?}");
        let told = alerts(folder.path(), &[&["alerts", "why", name, "--json"], now.as_slice()].concat());
        assert!(!told.is_empty(), "{name}");
    }
    let noise = text(folder.path(), &[&["alerts", "noise"], now.as_slice()].concat());
    assert!(["Slow", "fast", "latency"].iter().all(|name| noise.contains(name)), "{noise}");
}

#[test]
fn a_file_that_was_written_this_very_second_is_judged() {
    let folder = tempfile::tempdir().unwrap();
    let rule = "[[signal]]\nname = \"tw\"\nfile = \"x.prom\"\nmetric = \"tw\"\n\
                [[alert]]\nname = \"High\"\nexpr = \"tw > 100\"\nrunbook = \"https://example.org/high\"\n";
    fs::write(folder.path().join("watchfloor.toml"), rule).unwrap();
    for _ in 0..5 {
        // A while after the full second: the page names that second.
        let past = watchfloor::shell::clock::Clock::Wall.now().timestamp_subsec_millis();
        std::thread::sleep(std::time::Duration::from_millis(u64::from(1_200 - past)));
        fs::write(folder.path().join("x.prom"), "tw 900\n").unwrap();
        let found = alerts(folder.path(), &["alerts", "--json"]);
        assert_eq!(found.len(), 1, "{found:?}");
    }
}
