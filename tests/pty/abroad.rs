//! Alerts of an Alertmanager, as a person at a console meets them: a row, taken on by a silence there, stale when it dies.

use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpListener,
    process::Command,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
};

use chrono::TimeDelta;
use serde_json::{Value, json};
use watchfloor::{
    domain::time::{minus, rfc3339},
    shell::clock::Clock,
};

use crate::terminal::{PROGRAM, Start};

/// Speaks as much of an Alertmanager's API as is asked.
struct Manager {
    port: u16,
    is_dead: Arc<AtomicBool>,
    silences: Arc<Mutex<Vec<Value>>>,
}

impl Manager {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (is_dead, silences) = (Arc::new(AtomicBool::new(false)), Arc::new(Mutex::new(Vec::new())));
        let (dead, theirs) = (Arc::clone(&is_dead), Arc::clone(&silences));
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if dead.load(Ordering::SeqCst) {
                    continue;
                }
                let mut reader = BufReader::new(&stream);
                let (mut head, mut line, mut length) = (String::new(), String::new(), 0);
                while reader.read_line(&mut line).is_ok_and(|n| 2 < n) {
                    if let Some((_, n)) = line.to_ascii_lowercase().split_once("content-length:") {
                        length = n.trim().parse().unwrap();
                    }
                    head.push_str(&line);
                    line.clear();
                }
                let mut body = vec![0; length];
                reader.read_exact(&mut body).unwrap();
                let said = answer(&head, &body, &theirs).to_string();
                let whole = format!(
                    "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{said}",
                    said.len()
                );
                let _ = (&stream).write_all(whole.as_bytes());
            }
        });
        Self { port, is_dead, silences }
    }
}

fn answer(head: &str, body: &[u8], silences: &Mutex<Vec<Value>>) -> Value {
    let mut silences = silences.lock().unwrap();
    if head.starts_with("POST /api/v2/silences") {
        let mut made: Value = serde_json::from_slice(body).unwrap();
        (made["id"], made["status"]) = ("s1".into(), json!({"state": "active"}));
        silences.push(made);
        return json!({"silenceID": "s1"});
    }
    if head.starts_with("DELETE /api/v2/silence/s1") {
        silences.clear();
        return Value::Null;
    }
    if head.starts_with("GET /api/v2/silences") {
        return Value::Array(silences.clone());
    }
    let ids: Vec<&Value> = silences.iter().map(|silence| &silence["id"]).collect();
    let state = if ids.is_empty() { "active" } else { "suppressed" };
    let began = rfc3339(minus(Clock::Wall.now(), TimeDelta::minutes(5)));
    json!([{
        "labels": {"alertname": "CheckoutDown", "severity": "critical", "service": "che\u{1b}[31mckout"},
        "annotations": {"summary": "orders are refused", "runbook_url": "https://wiki.example/checkout"},
        "startsAt": began, "endsAt": began, "fingerprint": "f00",
        "status": {"state": state, "silencedBy": ids, "inhibitedBy": []},
    }])
}

#[test]
fn an_alert_of_an_alertmanager_is_a_row_that_is_taken_on_by_a_silence_there_and_stale_when_the_server_dies() {
    let manager = Manager::start();
    let start = Start::new(&["--config", "settings.toml", "--state-dir", "state"]).size(120, 36);
    let settings = format!(
        "team = \"Acme\"\nzone = \"UTC\"\n[[alertmanager]]\nname = \"pair\"\nurls = [\"http://127.0.0.1:{}\"]\n\
         every = \"1s\"\ntimeout = \"2s\"\n",
        manager.port
    );
    fs::write(start.folder().join("settings.toml"), settings).unwrap();
    let mut run = start.env("WATCHFLOOR_USER", "ann").run();
    run.sees("▲ 1 firing").sees("CheckoutDown").sees("critical @pair  orders are refused").keys("1g+");
    run.sees("told by").sees("pair: firing").sees("https://wiki.example/checkout");
    run.keys("a").sees("made at pair, which tells nobody").sees("taken on by ann").keys("\r").sees("at pair until");
    run.keys("n").sees("nothing is done").keys("\x1b").loses("made at pair");
    assert!(manager.silences.lock().unwrap().is_empty(), "without a yes nothing is done");
    run.keys("a").sees("taken on by ann").keys("\r").sees("y/N").keys("y").sees("silenced at pair").sees("silent");
    let made = manager.silences.lock().unwrap()[0].clone();
    assert_eq!((&made["createdBy"], &made["comment"]), (&"ann".into(), &"taken on by ann".into()));
    assert_eq!(made["matchers"].as_array().unwrap().len(), 3, "{made}");
    run.loses("▲ 1 firing").sees("by ann: taken on by ann");

    let mut command = Command::new(PROGRAM);
    command.args(["--config", "settings.toml", "--state-dir", "state", "queue", "--json"]).env_clear();
    let output = command.env("HOME", run.folder()).current_dir(run.folder()).output().unwrap();
    let page: Value = serde_json::from_slice(&output.stdout).unwrap();
    let row = &page["alerts"][0];
    assert_eq!((&row["silence"]["id"], &row["elsewhere"]["servers"][0]), (&"s1".into(), &"pair".into()), "{page}");
    assert_eq!(row["elsewhere"]["state"], "suppressed");
    assert!(!row["labels"]["service"].as_str().unwrap().contains('\u{1b}'), "what comes from outside is scrubbed");

    run.keys("w").sees("its silence at pair is over").sees("▲ 1 firing");
    manager.is_dead.store(true, Ordering::SeqCst);
    run.sees("stale").sees("alerts at pair").sees("CheckoutDown").sees("not heard since").sees("last heard");
    manager.is_dead.store(false, Ordering::SeqCst);
    run.loses("not heard since").sees("pair: firing");
    run.keys("q");
    assert_eq!(run.end(), 0);
    run.assert_given_back();
}
