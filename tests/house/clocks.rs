//! The clocks as the command line shows them, around a deadline that falls on closing time.

#![cfg(test)]

use std::process::Command;

use serde_json::{Value, json};

const SETTINGS: &str = r#"
team = "orders"
zone = "Europe/Berlin"

[sla]
maintainers = ["ana-r"]

[calendar.office]
zone = "Europe/Berlin"
hours = [{ days = "weekdays", from = "09:00", to = "17:00" }]

[priorities.P1]
calendar = "office"
response = "8h"
fix = "40h"

[[source]]
kind = "history"
path = "history.jsonl"
repository = "acme/api"
"#;

/// One open issue, labeled P1 as it was opened on Friday at 09:00 in Berlin: its response is due at closing time.
fn history() -> String {
    let at = "2026-11-20T08:00:00Z";
    let (user, label) = (json!({"login": "rita", "type": "User"}), json!({"name": "P1"}));
    let labeled = json!({"event": "labeled", "actor": user, "created_at": at, "label": label});
    let issue = json!({
        "number": 4, "state": "open", "title": "Slow search", "user": user, "labels": [label], "assignees": [],
        "author_association": "NONE", "comments": 0, "closed_at": null, "created_at": at, "updated_at": at,
        "html_url": "https://github.com/acme/api/issues/4", "repository_url": "https://api.github.com/repos/acme/api"
    });
    format!("{}\n", json!({"type": "issue", "issue": issue, "events": [labeled]}))
}

fn run(arguments: &[&str]) -> String {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("watchfloor.toml"), SETTINGS).unwrap();
    std::fs::write(folder.path().join("history.jsonl"), history()).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_watchfloor"))
        .arg("sla")
        .args(arguments)
        .args(["--config", "watchfloor.toml"])
        .current_dir(folder.path())
        .env("COLUMNS", "80")
        .output()
        .expect("the program runs");
    String::from_utf8(output.stdout).expect("text")
}

#[test]
fn over_a_weekend_a_promise_due_at_closing_time_claims_no_time_left() {
    for at in ["2026-11-20T16:00:01Z", "2026-11-20T18:00:00Z", "2026-11-22T12:00:00Z", "2026-11-23T08:00:00Z"] {
        let told = run(&["status", "--at", at]);
        assert!(told.contains("NEXT DEADLINES\n  0s left  api#4  respond  Slow search\n"), "{at}: {told}");
        let page: Value = serde_json::from_str(&run(&["status", "--at", at, "--json"])).expect("JSON");
        let next = &page["sla"]["next"][0];
        let found = json!([next["state"], next["left_s"], next["deadline"]]);
        assert_eq!(found, json!(["at_risk", 0, "2026-11-20T16:00:00Z"]), "{at}");
    }
}

#[test]
fn it_goes_over_at_the_opening_and_open_hours_are_shown_as_hours() {
    let why = run(&["why", "4", "--at", "2026-11-23T08:05:00Z"]);
    assert!(why.contains("  23 Nov 09:00  response  goes over  time ran out"), "{why}");
    assert!(why.lines().all(|line| !line.contains('…')), "{why}");
    let status = run(&["status", "--at", "2026-11-23T08:05:00Z"]);
    assert!(status.contains("  P1      8h open  40h open     1     0     1 "), "{status}");
    let page: Value = serde_json::from_str(&run(&["matrix", "--json"])).expect("JSON");
    let row = &page["matrix"]["rows"][1];
    assert_eq!(json!([row["calendar"], row["calendar_name"]]), json!(["business", "office"]));
}
