//! An alert from a followed file, as a person at a console meets it: it fires, is taken on, silenced, and clears.

use std::{fs, io::Write as _, path::Path, process::Command};

use serde_json::Value;
use watchfloor::shell::clock::Clock;

use crate::terminal::{PROGRAM, Run, Start};

const SETTINGS: &str = "team = \"Acme\"\nzone = \"UTC\"\n[[signal]]\nname = \"latency\"\nfile = \"latency.csv\"\n\
    unit = \"ms\"\nabove = 250\nrunbook = \"slow.md\"\n";

fn measure(folder: &Path, value: u32) {
    // Two in one second would be of one instant, and the worse of them would count.
    let at = Clock::Wall.now().to_rfc3339_opts(chrono::SecondsFormat::Millis, true);
    let line = format!("{at},{value}\n");
    let file = fs::OpenOptions::new().append(true).create(true).open(folder.join("latency.csv"));
    file.unwrap().write_all(line.as_bytes()).unwrap();
}

/// A console on a folder where `ann` sits.
fn console() -> Run {
    let start = Start::new(&["--config", "settings.toml", "--state-dir", "state"]).size(120, 36);
    fs::write(start.folder().join("settings.toml"), SETTINGS).unwrap();
    fs::write(start.folder().join("slow.md"), "# Slow\n\n1. Look at the queue\n").unwrap();
    fs::write(start.folder().join("latency.csv"), "timestamp,value\n").unwrap();
    measure(start.folder(), 120);
    start.env("WATCHFLOOR_USER", "ann").run()
}

/// What another process on the folder says of the alert.
fn alert(folder: &Path) -> Value {
    let mut command = Command::new(PROGRAM);
    command.args(["--config", "settings.toml", "--state-dir", "state", "queue", "--json"]).env_clear();
    let output = command.env("HOME", folder).current_dir(folder).output().unwrap();
    let page: Value = serde_json::from_slice(&output.stdout).unwrap();
    page["alerts"][0].clone()
}

#[test]
fn an_alert_fires_is_taken_on_silenced_and_clears() {
    let mut run = console();
    run.sees("5 Metrics").sees("latency");
    measure(run.folder(), 900);
    run.sees("▲ 1 firing").sees("▲    latency").sees("900 ms, above 250 ms");
    run.keys("a").sees("taken on until it clears (saved)").sees("▲✓").loses("▲ 1 firing");
    let known = alert(run.folder());
    assert_eq!((&known["taken_by"], &known["state"]), (&"ann".into(), &"firing".into()));
    run.keys("b").sees("Look at the queue").keys("\x1b").loses("Look at the queue");
    run.keys("s")
        .sees("Silence latency")
        .keys("cache is filling\r")
        .sees("y/N")
        .keys("y")
        .sees("silence 1 (saved)")
        .sees("silent");
    let known = alert(run.folder());
    assert_eq!(
        (&known["silence"]["author"], &known["silence"]["comment"]),
        (&"ann".into(), &"cache is filling".into())
    );
    run.keys("w").sees("ended at").loses("silent");
    measure(run.folder(), 100);
    run.loses("▲✓");
    // It is another one when it fires again, and nobody has it.
    measure(run.folder(), 950);
    run.sees("▲ 1 firing");
    assert_eq!(alert(run.folder())["taken_by"], Value::Null);
    run.keys("a").sees("▲✓").keys("U").sees("given back (saved)").sees("▲ 1 firing");
    assert_eq!(run.keys("q").end(), 0);
}

#[test]
fn what_the_command_silences_and_another_console_took_on_shows_here() {
    let mut run = console();
    measure(run.folder(), 900);
    run.sees("▲ 1 firing");
    let folder = run.folder().to_path_buf();
    let mut command = Command::new(PROGRAM);
    command.args(["--config", "settings.toml", "--state-dir", "state", "silence", "add", "alertname=latency"]);
    command.args(["--for", "1h", "--comment", "known", "--author", "ben"]).env_clear().env("HOME", &folder);
    assert!(command.current_dir(&folder).status().unwrap().success());
    run.sees("silent").loses("▲ 1 firing");
    run.keys("g\r").sees("by ben: known");
    run.keys("\x1b").loses("by ben: known");
    assert_eq!(run.keys("q").end(), 0);
}
