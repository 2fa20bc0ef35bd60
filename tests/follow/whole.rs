//! The whole watcher: killed while it reads, and started again.

use std::{
    fs::{self, OpenOptions},
    io::Write as _,
    path::Path,
    process::{Child, Command, Stdio},
    thread::sleep,
    time::Duration,
};

use chrono::DateTime;
use watchfloor::{
    domain::rollup::Step,
    shell::{clock::Clock, telemetry::Telemetry},
};

fn start(folder: &Path) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_watchfloor"));
    let settings = folder.join("watchfloor.toml");
    let command = command.arg("watch").arg("--config").arg(settings).arg("--state-dir").arg(folder.join("state"));
    command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

/// What is on record of the signals and of the events that have names: how many samples, and their sum.
fn kept(folder: &Path) -> Vec<(String, u64, f64)> {
    let Ok(telemetry) = Telemetry::open(&folder.join("state"), Clock::Wall.now()) else { return Vec::new() };
    let mut found = Vec::new();
    for key in telemetry.series(None).unwrap() {
        let (from, until) = (DateTime::UNIX_EPOCH, DateTime::<chrono::Utc>::MAX_UTC);
        let rollups = telemetry.rollups(&key, Step::Hour, from, until).unwrap();
        let n = rollups.iter().map(|(_, rollup)| rollup.count).sum();
        found.push((key.name.to_string(), n, rollups.iter().map(|(_, rollup)| rollup.sum).sum()));
    }
    found
}

#[test]
fn a_watcher_that_is_killed_again_and_again_counts_every_line_once() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let signal = "[[signal]]\nname = \"load\"\nfile = \"load.csv\"\ntime_column = \"time\"\n\
                  [[signal]]\nname = \"payments\"\nfile = \"events.jsonl\"\ncount = true\n\
                  [[signal]]\nname = \"paid\"\nmetric = \"paid\"\naggregate = \"count\"\n";
    fs::write(folder.join("watchfloor.toml"), signal).unwrap();
    let append = |name: &str, line: &str| {
        let file = OpenOptions::new().append(true).create(true).open(folder.join(name));
        file.unwrap().write_all(line.as_bytes()).unwrap();
    };
    append("load.csv", "time,value\n");
    let mut n = 0_u32;
    let mut write = |times: u32| {
        for _ in 0..times {
            let at = Clock::Wall.now().timestamp_millis();
            n += 1;
            append("load.csv", &format!("{at},{n}\n"));
            append("events.jsonl", &format!("{{\"time\":{at},\"event\":\"paid\"}}\n"));
            sleep(Duration::from_millis(10));
        }
        n
    };
    for round in 0..4 {
        let mut watcher = start(folder);
        write(100 + 130 * (round % 3));
        watcher.kill().unwrap();
        watcher.wait().unwrap();
        write(20);
    }
    let mut watcher = start(folder);
    let n = write(10);
    let wanted = [
        ("load".to_owned(), u64::from(n), f64::from(n * (n + 1) / 2)),
        ("paid".to_owned(), u64::from(n), f64::from(n)),
    ];
    let has_all = (0..150).any(|_| {
        sleep(Duration::from_millis(100));
        kept(folder) == wanted
    });
    watcher.kill().unwrap();
    watcher.wait().unwrap();
    assert!(has_all, "{:?} instead of {wanted:?}", kept(folder));
}
