//! Objectives on signals that are worked out, at the prompt, on files whose figures are worked out by hand here.

use std::{
    fmt::Write as _,
    fs,
    process::{Command, Output},
};

use serde_json::Value;

/// Midday, in seconds; the files begin a quarter of a minute later.
const NOON: i64 = 1_795_176_000;

const SETTINGS: &str = r#"
zone = "UTC"
[[signal]]
name = "took"
file = "took.csv"
[[signal]]
name = "slowest"
metric = "took"
aggregate = "max"
over = "1m"
[[signal]]
name = "failed"
file = "failed.csv"
[[signal]]
name = "asked"
file = "asked.csv"
[[signal]]
name = "share"
expr = "sum_over_time(failed[1m]) / sum_over_time(asked[1m])"
[[signal]]
name = "all"
expr = "sum_over_time(asked[1m])"
[[signal]]
name = "bad"
expr = "sum_over_time(failed[1m])"

[[slo]]
name = "fast"
sli = { threshold = { signal = "slowest", op = "lte", value = 250 } }
target = "95%"
[[slo]]
name = "few errors"
sli = { threshold = { signal = "share", op = "lt", value = 0.1 } }
target = "90%"
[[slo]]
name = "answers"
sli = { ratio = { bad = "bad", total = "all" } }
target = "99%"
"#;

fn program(folder: &std::path::Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_watchfloor"));
    command.args(arguments).args(["--config", "watchfloor.toml"]).env_clear().env("HOME", folder);
    command.current_dir(folder).output().unwrap()
}

#[test]
fn signals_that_are_worked_out_feed_objectives_and_every_command_says_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let [mut took, mut failed, mut asked] = [(); 3].map(|()| "timestamp,value\n".to_owned());
    // Two hours, a sample each 30 s, a quarter of a minute after the minute and three quarters after it.
    for n in 0..240_i64 {
        let at = NOON + 15 + n * 30;
        let minute = n / 2;
        // Three minutes have one slow sample each.
        let slow = n % 2 == 0 && [10, 50, 90].contains(&minute);
        writeln!(took, "{at},{}", if slow { 900 } else { 120 }).unwrap();
        // Nobody asks in the last hour but for its first half; 5 of 10 fail in four minutes.
        if minute < 90 {
            writeln!(asked, "{at},5").unwrap();
            writeln!(failed, "{at},{}", if (20..24).contains(&minute) && n % 2 == 1 { 5 } else { 0 }).unwrap();
        } else {
            writeln!(asked, "{at},0").unwrap();
            writeln!(failed, "{at},0").unwrap();
        }
    }
    for (name, text) in [("took", took), ("failed", failed), ("asked", asked)] {
        fs::write(folder.path().join(format!("{name}.csv")), text).unwrap();
    }
    fs::write(folder.path().join("watchfloor.toml"), SETTINGS).unwrap();
    let now = ["--now", "2026-11-20T14:00:30Z"];
    let output = program(folder.path(), &[&["slo", "--json"], now.as_slice()].concat());
    let page: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{e}: {output:?}"));
    let left = |name: &str| {
        let all = page["slos"].as_array().unwrap();
        let found = all.iter().find(|slo| slo["name"] == name).unwrap_or_else(|| panic!("{page}"));
        (found["left"].as_f64().unwrap() * 1e6).round() / 1e6
    };
    // 120 minutes, 3 of them bad; 5 % may be: 6. Half is left.
    assert_eq!(left("fast"), 0.5, "{page}");
    // 90 minutes have a share, 4 of them a half; 10 % may be bad: 9. The last 30 say nothing, and count as nothing.
    assert_eq!(left("few errors"), 0.555_556, "{page}");
    // 900 were asked and 20 failed; 1 % may fail: 9. More than twice the budget is gone.
    assert_eq!(left("answers"), -1.222_222, "{page}");

    let check = program(folder.path(), &[&["check", "slo"], now.as_slice()].concat());
    assert_eq!(check.status.code(), Some(1), "{check:?}");
    let said = String::from_utf8_lossy(&check.stdout).into_owned() + &String::from_utf8_lossy(&check.stderr);
    assert!(said.contains("answers"), "{said}");
    let settings = program(folder.path(), &["config", "check"]);
    assert!(settings.status.success(), "{settings:?}");
    let plain = program(folder.path(), &[&["slo"], now.as_slice()].concat());
    assert!(String::from_utf8_lossy(&plain.stdout).contains("50"), "{plain:?}");
}
