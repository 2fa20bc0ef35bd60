//! Goals on a real history, against what `sla stats` says of it; the gate; files; what `watch --once` notes of duties.
//!
//! Some need the folder that `WATCHFLOOR_DATA` names; without it they are left out, and say so.

#![cfg(test)]

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;
use tempfile::TempDir;

struct Place(TempDir);

impl Place {
    fn new(settings: &str) -> Self {
        let place = Self(tempfile::tempdir().unwrap());
        place.write("watchfloor.toml", settings);
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    fn run(&self, arguments: &[&str]) -> (Option<i32>, String, String) {
        let output = Command::new(env!("CARGO_BIN_EXE_watchfloor"))
            .args(arguments)
            .arg("--state-dir")
            .arg(self.path("state"))
            .current_dir(self.0.path())
            .env("COLUMNS", "120")
            .env_remove("WATCHFLOOR_CONFIG")
            .output()
            .expect("the program runs");
        let text = |bytes| String::from_utf8(bytes).expect("text");
        (output.status.code(), text(output.stdout), text(output.stderr))
    }

    fn json(&self, arguments: &[&str]) -> (Option<i32>, Value) {
        let (code, out, err) = self.run(&[arguments, &["--json"]].concat());
        (code, serde_json::from_str(&out).unwrap_or_else(|_| panic!("{arguments:?}: {out}{err}")))
    }
}

fn history() -> Option<String> {
    let Some(data) = std::env::var_os("WATCHFLOOR_DATA") else {
        println!("left out: WATCHFLOOR_DATA is not set, goals were not compared with sla stats");
        return None;
    };
    let path = Path::new(&data).join("issues/bitcoin-core-gui.opened-before-2022.jsonl.gz");
    Some(path.to_str().unwrap().to_owned())
}

fn goals(history: &str) -> String {
    format!(
        r#"
zone = "UTC"

[[source]]
kind = "history"
path = "{history}"
repository = "bitcoin-core/gui"
pull_requests = true

[[goal]]
name = "repair"
figure = "mttr"
at_most = "10d"
months_running = 3

[[goal]]
name = "repair, mean"
figure = "mttr"
stat = "mean"
at_most = "10d"
months_running = 3

[[goal]]
name = "first act"
figure = "mtta"
stat = "p90"
at_most = "3d"
months_running = 3

[[goal]]
name = "opened"
figure = "opened"
at_most = 0
months_running = 3

[[goal]]
name = "growth"
figure = "growth"
at_most = 0
months_running = 3

[[goal]]
name = "open"
figure = "open"
at_most = 500
"#
    )
}

const AT: &str = "2021-12-20T00:00:00Z";

#[test]
fn each_month_of_a_goal_is_what_sla_stats_says_of_that_month() {
    let Some(history) = history() else { return };
    let place = Place::new(&goals(&history));
    let (_, told) = place.json(&["goals", "--now", AT]);
    let (_, stats) = place.json(&["sla", "stats", "--by", "month", "--now", AT]);
    let rows = stats["by"]["month"].as_array().unwrap();
    let near = |found: &Value, wanted: &Value| match (found.as_f64(), wanted.as_f64()) {
        (None, None) => true,
        (Some(found), Some(wanted)) => (found - wanted).abs() < 0.001,
        _ => false,
    };
    let mut n = 0;
    for goal in told["goals"].as_array().unwrap().iter().take(5) {
        let months = goal["months"].as_array().unwrap();
        assert_eq!(months.len(), 7, "{}", goal["name"]);
        assert_eq!(months[6]["state"], "running");
        for month in months {
            let row = rows.iter().find(|row| row["name"] == month["month"]).unwrap_or_else(|| panic!("{month}"));
            let times = &row["times"];
            let wanted = match goal["name"].as_str().unwrap() {
                "repair" => times["ttr"]["median"].clone(),
                "repair, mean" => times["ttr"]["mean"].clone(),
                "first act" => times["tta"]["p90"].clone(),
                "opened" => times["opened"].clone(),
                _ => {
                    let of = |value: &Value| value.as_i64().unwrap();
                    let closed = of(&times["ttr"]["n"]) + of(&times["ttr"]["missing"]) + of(&times["cancelled"]);
                    Value::from(of(&times["opened"]) - closed)
                }
            };
            assert!(near(&month["value"], &wanted), "{} {month}: {wanted}", goal["name"]);
            n += 1;
        }
    }
    assert_eq!(n, 35);
    let open = &told["goals"][5];
    assert_eq!(open["value"].as_f64(), stats["all"]["open"].as_f64(), "{open}");
    println!("compared {n} months of five figures, and the open ones");
}

#[test]
fn a_past_month_gives_the_same_figures_whenever_one_asks() {
    let Some(history) = history() else { return };
    let place = Place::new(&goals(&history));
    let month = |at: &str| {
        let (_, told) = place.json(&["goals", "--at", at]);
        let months = told["goals"][0]["months"].as_array().unwrap().clone();
        months.into_iter().find(|month| month["month"] == "2021-09").unwrap()
    };
    let (then, later) = (month("2021-10-05T00:00:00Z"), month("2021-12-20T00:00:00Z"));
    assert_eq!((&then["value"], &then["n"], &then["state"]), (&later["value"], &later["n"], &later["state"]));
}

#[test]
fn what_lies_before_the_record_is_not_judged() {
    let Some(history) = history() else { return };
    let place = Place::new(&goals(&history));
    // The first of them was opened in June 2020: July is the one whole month on record.
    let (code, told) = place.json(&["goals", "--at", "2020-08-10T00:00:00Z"]);
    let opened = &told["goals"][3];
    assert_eq!((code, opened["verdict"].as_str()), (Some(4), Some("missed")), "{opened}");
    let repair = &told["goals"][0];
    let first = &repair["months"][0];
    assert_eq!((first["state"].as_str(), first["value"].as_f64()), (Some("not_judged"), None), "{first}");
    assert!(first["why"].as_str().unwrap().starts_with("not on record: the first incident known is of 20"), "{first}");
    let (code, _, _) = place.run(&["goals", "show", "growt"]);
    assert_eq!(code, Some(2));
}

#[test]
fn the_gate_says_no_for_a_miss_and_never_passes_what_it_cannot_judge() {
    let settings = |least: u32, file: &str| {
        format!(
            "[[goal]]\nname = \"coverage\"\nfigure = \"file\"\nfile = \"{file}\"\nkey = \"totals.percent\"\nat_least = {least}\nowner = \"ana\"\n"
        )
    };
    let place = Place::new(&settings(90, "coverage.json"));
    let verdict = |place: &Place| {
        let (code, told) = place.json(&["check", "goals"]);
        (code, told["verdict"].as_str().unwrap().to_owned())
    };
    assert_eq!(verdict(&place), (Some(4), "not_judged".to_owned()));
    place.write("coverage.json", r#"{"totals": {"percent": 91.5}}"#);
    assert_eq!(verdict(&place), (Some(0), "pass".to_owned()));
    let (code, page, _) = place.run(&["goals", "show", "Coverage"]);
    assert!(code == Some(0) && page.contains("coverage  MET") && page.contains("91.5"), "{page}");
    place.write("watchfloor.toml", &settings(92, "coverage.json"));
    assert_eq!(verdict(&place), (Some(1), "fail".to_owned()));
    let (_, page, _) = place.run(&["check", "goals"]);
    assert!(page.contains("coverage: missed: coverage.json 91.5, at least 92"), "{page}");
    place.write("coverage.json", "{");
    assert_eq!(verdict(&place), (Some(4), "not_judged".to_owned()));
    place.write("watchfloor.toml", "");
    assert_eq!(verdict(&place), (Some(4), "not_configured".to_owned()));
    assert_eq!(place.run(&["goals"]).0, Some(3));
}

#[test]
fn a_signal_over_its_window_is_judged_and_one_that_is_known_too_briefly_is_not() {
    let settings = |window: &str| {
        format!(
            "[[signal]]\nname = \"integrity\"\nfile = \"integrity.csv\"\n[[goal]]\nname = \"integrity\"\nfigure = \"signal\"\nsignal = \"integrity\"\nstat = \"max\"\nat_most = 1\nwindow = \"{window}\"\n"
        )
    };
    let place = Place::new(&settings("14d"));
    let days: Vec<String> = (1..=20).map(|day| format!("2026-11-{day:02}T06:00:00Z,0.{day:02}\n")).collect();
    place.write("integrity.csv", &format!("timestamp,value\n{}", days.concat()));
    let told = |at: &str| {
        let (code, told) = place.json(&["goals", "--now", at]);
        (code, told["goals"][0].clone())
    };
    let (code, goal) = told("2026-11-20T09:00:00Z");
    assert_eq!((code, goal["value"].as_f64(), goal["n"].as_i64()), (Some(0), Some(0.2), Some(14)), "{goal}");
    place.write("watchfloor.toml", &settings("30d"));
    let (code, goal) = told("2026-11-20T09:00:00Z");
    assert_eq!((code, goal["verdict"].as_str()), (Some(4), Some("not_judged")), "{goal}");
    assert!(goal["because"].as_str().unwrap().contains("known since 2026-11-01 only"), "{goal}");
}

#[test]
fn one_pass_of_the_watcher_notes_what_files_prove_of_duties() {
    let place = Place::new(
        "[[duty]]\nname = \"audit\"\nevery = \"day\"\ntime = \"06:00\"\nowner = \"ana\"\nstart = \"2026-01-01\"\nfile = \"audit.json\"\nmax_age = \"30d\"\n",
    );
    place.write("audit.json", "{}");
    let now = watchfloor::shell::clock::Clock::Wall.now();
    let a_day_ago = std::time::SystemTime::from(watchfloor::domain::time::minus(now, chrono::TimeDelta::days(1)));
    fs::File::options().write(true).open(place.path("audit.json")).unwrap().set_modified(a_day_ago).unwrap();
    let (code, out, err) = place.run(&["watch", "--once"]);
    assert_eq!(code, Some(0), "{out}{err}");
    let seen = fs::read_to_string(place.path("state/duties-seen.md")).unwrap_or_default();
    assert!(seen.contains("seen \"audit\" for "), "{seen}{out}{err}");
}

#[test]
fn a_day_that_is_none_of_a_burn_ins_is_not_allowed() {
    let place = Place::new(
        "zone = \"UTC\"\n\n[[burn_in]]\nname = \"a calm week\"\nstart = \"2026-12-01\"\ndays = 7\nfreeze = [\"f.toml\"]\n",
    );
    let allow = |day: &str| {
        let now = ["--now", "2026-12-05T12:00:00Z", "burn-in", "allow", "A calm week"];
        place.run(&[&now[..], &[day, "--reason", "an incident"]].concat())
    };
    for day in ["2026-11-30", "2026-12-08", "2025-12-03"] {
        let (code, _, err) = allow(day);
        assert!(code == Some(2) && err.contains(&format!("allow {day}: it is no day of a calm week")), "{err}");
        assert!(err.contains("its days are 2026-12-01 to 2026-12-07"), "{err}");
    }
    let (code, _, err) = allow("2026-12-03");
    assert_eq!(code, Some(0), "{err}");
}

#[test]
fn a_duty_that_is_late_stands_among_the_alerts() {
    let duty = "[[duty]]\nname = \"audit\"\nevery = \"day\"\ntime = \"06:00\"\nowner = \"ana\"\nstart = \"2026-11-01\"\ngrace = \"1h\"\n";
    let place = Place::new(duty);
    let (code, out, err) = place.run(&["alerts", "--now", "2026-11-20T09:00:00Z"]);
    assert_eq!(code, Some(0), "{out}{err}");
    assert!(out.contains("the duty audit, due Fri 20 Nov 06:00, ana"), "{out}{err}");
    let (_, told) = place.json(&["alerts", "--now", "2026-11-20T09:00:00Z"]);
    assert_eq!(
        (told["late_duties"][0]["name"].as_str(), told["late_duties"][0]["state"].as_str()),
        (Some("audit"), Some("late")),
        "{told}"
    );
    let (_, told) = place.json(&["alerts", "--now", "2026-11-20T06:30:00Z"]);
    assert_eq!(told["late_duties"].as_array().unwrap().len(), 0, "{told}");
    // Turns of another year are told with it.
    let (_, out, _) =
        place.run(&["duties", "list", "--from", "2026-12-31", "--to", "2027-01-01", "--now", "2026-11-20T06:30:00Z"]);
    assert!(out.contains("Thu 31 Dec 06:00") && out.contains("Fri 1 Jan 2027 06:00"), "{out}");
}

#[test]
fn a_signal_with_one_sample_in_its_window_is_not_judged() {
    let goal = "[[signal]]\nname = \"depth\"\nfile = \"depth.csv\"\n[[goal]]\nname = \"depth\"\nfigure = \"signal\"\nsignal = \"depth\"\nat_most = 1\nwindow = \"2d\"\n";
    let place = Place::new(goal);
    let rows = "2026-11-17T23:00:00Z,0.1\n2026-11-18T00:00:00Z,0.1\n2026-11-20T08:00:00Z,0.2\n";
    place.write("depth.csv", &format!("timestamp,value\n{rows}"));
    let told = || place.json(&["goals", "--now", "2026-11-20T09:00:00Z"]).1["goals"][0].clone();
    let goal = told();
    assert_eq!(goal["verdict"].as_str(), Some("not_judged"), "{goal}");
    assert!(
        goal["because"].as_str().unwrap().contains("too little is known of depth: 1 sample, 3 are needed"),
        "{goal}"
    );
    let hours: Vec<String> =
        (0..=57).map(|hour| format!("2026-11-{:02}T{:02}:00:00Z,0.1\n", 18 + hour / 24, hour % 24)).collect();
    place.write("depth.csv", &format!("timestamp,value\n{}", hours.concat()));
    assert_eq!(told()["verdict"].as_str(), Some("met"), "{}", told());
}
