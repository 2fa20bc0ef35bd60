//! Faults 31 to 33, 35 and 78: whom alerts are told, what is asked of a Prometheus, and a watcher that is stuck.

use std::{
    fs,
    io::Write as _,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use serde_json::Value;
use watchfloor::shell::clock::Clock;

use crate::{
    receiver::{Receiver, free_port},
    scene::{NO_STRACE, Scene, has_strace, row, sleep, until},
};

/// Signals, a file channel, and what else; groups wait a second.
fn settle(scene: &Scene, signals: &[&str], channels: &[&str], more: &str) {
    let mut text = String::from("[[channel]]\nname = \"log\"\nkind = \"file\"\npath = \"told.jsonl\"\n");
    text.push_str(&format!("[[route]]\nchannels = {channels:?}\ngroup_wait = \"1s\"\ngroup_interval = \"1s\"\n"));
    for name in signals {
        text.push_str(&format!(
            "[[signal]]\nname = \"{name}\"\nfile = \"{name}.csv\"\nabove = 100\nrunbook = \"https://wiki.example/{name}\"\n"
        ));
        fs::write(scene.folder.path().join(format!("{name}.csv")), "timestamp,value\n").unwrap();
        measure(scene, name, 1);
    }
    scene.settle(&["acme/api"], &(text + more));
}

fn measure(scene: &Scene, signal: &str, value: usize) {
    let now = Clock::Wall.now().timestamp_millis() as f64 / 1_000.0;
    let path = scene.folder.path().join(format!("{signal}.csv"));
    writeln!(fs::File::options().append(true).open(path).unwrap(), "{now:.3},{value}").unwrap();
}

/// What the file channel was told.
fn told(scene: &Scene) -> Vec<Value> {
    let text = fs::read_to_string(scene.folder.path().join("told.jsonl")).unwrap_or_default();
    text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

fn manager(port: u16) -> String {
    format!(
        "[[channel]]\nname = \"am\"\nkind = \"alertmanager\"\nurls = [\"http://127.0.0.1:{port}\"]\ntimeout = \"2s\"\n"
    )
}

fn hook(port: u16) -> String {
    format!("[[channel]]\nname = \"hook\"\nkind = \"webhook\"\nurl = \"http://127.0.0.1:{port}/\"\ntimeout = \"2s\"\n")
}

/// What began to fire before this stood still is told by now.
fn fires(scene: &Scene, name: &str) -> bool {
    told(scene).iter().any(|one| one["labels"]["alertname"] == name && one["status"] == "firing")
}

/// Longer than the promise of two minutes, and than the longest pause between attempts.
const OUTAGE: Duration = Duration::from_secs(125);

#[test]
fn fault_31_what_waited_for_a_channel_that_was_down_comes_in_order_and_marked_late() {
    let expected = "on disk meanwhile; in order <= 15 s after it is back; late, with the original time";
    row(31, "webhook and Alertmanager down (125 s; watcher killed once)", expected, || {
        let scene = Scene::new();
        let (hook_port, am_port) = (free_port(), free_port());
        settle(&scene, &["a", "b"], &["log", "hook"], &(hook(hook_port) + &manager(am_port)));
        let down = Instant::now();
        let watch = scene.watch();
        sleep(3);
        measure(&scene, "a", 150);
        until(20, "a is told where it can be", || fires(&scene, "a"));
        measure(&scene, "b", 150);
        until(20, "b is told where it can be", || fires(&scene, "b"));
        let began = told(&scene)[0]["alerts"][0]["starts_at"].clone();
        measure(&scene, "a", 1);
        until(20, "the end of a is told where it can be", || 3 <= told(&scene).len());
        let log = watch.log();
        assert!(log.contains("hook takes nothing") && log.contains("am takes nothing"), "{log}");
        // It dies meanwhile: what waits is on disk.
        drop(watch);
        let _watch = scene.watch();
        std::thread::sleep(OUTAGE.saturating_sub(down.elapsed()));
        let (hook, am) = (Receiver::start(hook_port), Receiver::start(am_port));
        let hooked = until(15, "the webhook heard all", || 3 <= hook.heard().len());
        let handed = until(15, "the Alertmanager knows b", || !am.handed("b").is_empty());
        sleep(3);
        let seen: Vec<(String, String)> = hook
            .heard()
            .iter()
            .map(|one| (one.body["labels"]["alertname"].to_string(), one.body["status"].to_string()))
            .map(|(name, status)| (name.replace('"', ""), status.replace('"', "")))
            .collect();
        let of_a: Vec<&str> = seen.iter().filter(|(name, _)| name == "a").map(|(_, status)| status.as_str()).collect();
        assert_eq!((seen.len(), of_a), (3, vec!["firing", "resolved"]), "{seen:?}");
        let first = &hook.heard()[0].body;
        assert_eq!((&first["late"], &first["alerts"][0]["starts_at"]), (&true.into(), &began), "{first}");
        let of_b = &am.handed("b")[0].2;
        let b = hook.heard().into_iter().find(|one| one.body["labels"]["alertname"] == "b").unwrap();
        let at = |written: &Value| chrono::DateTime::parse_from_rfc3339(written.as_str().unwrap()).unwrap();
        // A message says whole seconds, a hand-over all there are.
        assert_eq!(at(&of_b["startsAt"]).timestamp(), at(&b.body["alerts"][0]["starts_at"]).timestamp());
        format!(
            "3 messages {:.1} s after it was back, each once, a's end behind its beginning, marked late with its time; \
             Alertmanager: what still fires after {:.1} s",
            hooked.as_secs_f64(),
            handed.as_secs_f64()
        )
    });
}

#[test]
fn fault_32_what_is_refused_is_said_and_what_may_be_later_is_tried_again() {
    row(32, "Alertmanager 4xx", "408, 425, 429: again; other 4xx: given up, loudly, and no other with it", || {
        let scene = Scene::new();
        let am = Receiver::start(0);
        settle(&scene, &["good", "poison"], &["log"], &manager(am.port));
        let mut later = [408_u16, 425, 429].into_iter();
        am.answers(move |_, _| (later.next().unwrap_or(200), "{}".to_owned()));
        let watch = scene.watch();
        sleep(3);
        measure(&scene, "good", 150);
        until(40, "it is taken after three that say later", || am.handed("good").iter().any(|(_, taken, _)| *taken));
        let statuses: Vec<u16> = am.heard().iter().map(|one| one.status).collect();
        assert_eq!(statuses, [408, 425, 429, 200]);
        until(5, "it is said that it is back", || watch.log().contains("am is back"));
        // Both are due at once: the end of the one, and the one that is refused.
        am.answers(|_, body| {
            let is_bad = |alert: &Value| alert["labels"]["alertname"] == "poison";
            let refuses = body.as_array().is_some_and(|alerts| alerts.iter().any(is_bad));
            if refuses { (400, "\"bad alert\"".to_owned()) } else { (200, "{}".to_owned()) }
        });
        measure(&scene, "poison", 150);
        measure(&scene, "good", 1);
        let is_over = |alert: &Value| {
            let ends = chrono::DateTime::parse_from_rfc3339(alert["endsAt"].as_str().unwrap()).unwrap();
            ends <= Clock::Wall.now()
        };
        until(20, "the end of the good one is taken", || {
            am.handed("good").iter().any(|(_, taken, alert)| *taken && is_over(alert))
        });
        let loud = "am will not be told: it answered 400: poison fires";
        until(20, "the log says it", || watch.log().contains(loud));
        until(20, "another channel says it", || {
            told(&scene)
                .iter()
                .any(|one| one["title"].as_str().is_some_and(|title| title.contains("was never told of")))
        });
        let n = am.handed("poison").len();
        sleep(10);
        assert_eq!(am.handed("poison").len(), n, "it is not sent again at once as it is");
        assert_eq!(watch.log().matches(loud).count(), 1, "{}", watch.log());
        format!(
            "408, 425, 429, then taken; 400: \"{loud}\", once, and over the other channel; {n} attempts, none in the next 10 s"
        )
    });
}

#[test]
fn fault_33_an_alertmanager_that_forgot_is_told_again() {
    let expected = "what fires is handed again each minute; what is over too, for 15 minutes";
    row(33, "Alertmanager accepts, then restarts", expected, || {
        let scene = Scene::new();
        let am = Receiver::start(0);
        settle(&scene, &["a"], &["log"], &manager(am.port));
        let _watch = scene.watch();
        sleep(3);
        measure(&scene, "a", 150);
        until(20, "it is handed over", || am.handed("a").len() == 1);
        until(70, "it is handed over again", || am.handed("a").len() == 2);
        measure(&scene, "a", 1);
        until(20, "its end is handed over", || am.handed("a").len() == 3);
        until(70, "its end is handed over again", || am.handed("a").len() == 4);
        let handed = am.handed("a");
        let ends: Vec<_> = handed.iter().map(|(_, _, alert)| alert["endsAt"].clone()).collect();
        assert!(ends[2] == ends[3] && ends[0] != ends[1], "{ends:?}");
        let apart: Vec<u64> = handed.windows(2).map(|two| (two[1].0 - two[0].0).as_secs()).collect();
        assert!((58..=63).contains(&apart[0]) && (58..=63).contains(&apart[2]), "{apart:?}");
        format!("again after {} s while it fired, its end again after {} s", apart[0], apart[2])
    });
}

fn success(answer: &str) -> (u16, String) {
    (200, format!(r#"{{"status":"success",{answer}}}"#))
}

#[test]
fn fault_35_a_prometheus_that_refuses_or_answers_in_part_leaves_a_hole() {
    row(35, "Prometheus 422, 503, warnings", "the hole is visible; the objective is not judged", || {
        let scene = Scene::new();
        let server = Receiver::start(0);
        let settings = format!(
            "[[prometheus]]\nname = \"far\"\nurl = \"http://127.0.0.1:{}\"\nevery = \"1s\"\ntimeout = \"2s\"\n\
             [[signal]]\nname = \"heat\"\nprometheus = \"far\"\nexpr = \"sum(temperature)\"\nabove = 90\n\
             [[slo]]\nname = \"cool\"\nsli = {{ threshold = {{ signal = \"heat\", op = \"lte\", value = 90 }} }}\ntarget = 0.9\n",
            server.port
        );
        scene.settle(&["acme/api"], &settings);
        let at = || Clock::Wall.now().timestamp();
        let values = move |target: &str| {
            let point = |at: i64| format!("[{at},\"42\"]");
            if target.contains("query_range") {
                let asked = |name: &str| {
                    let found = target.split(['?', '&']).find_map(|part| part.strip_prefix(name)).unwrap_or_default();
                    found.parse::<f64>().unwrap_or_else(|_| panic!("{name} in {target}")) as i64
                };
                let (end, step) = (asked("end="), asked("step="));
                let points: Vec<String> = (0..60).map(|n| point(end - step * (59 - n))).collect();
                format!(
                    r#""data":{{"resultType":"matrix","result":[{{"metric":{{}},"values":[{}]}}]}}"#,
                    points.join(",")
                )
            } else {
                format!(r#""data":{{"resultType":"vector","result":[{{"metric":{{}},"value":{}}}]}}"#, point(at()))
            }
        };
        let refused =
            |status| (status, r#"{"status":"error","errorType":"execution","error":"too many samples"}"#.to_owned());
        let mut seen = Vec::new();
        for (name, word) in
            [("422", "too many samples"), ("503", "answered 503"), ("warnings", "store gateway is away")]
        {
            server.answers(move |target, _| match name {
                "422" => refused(422),
                "503" => refused(503),
                _ => success(&format!(r#""warnings":["store gateway is away"],{}"#, values(target))),
            });
            let shown = scene.run(&["metrics"]);
            shown.has_code(4).says("no data").says(word);
            let slo = scene.run(&["slo", "--json"]);
            let slo = &slo.ended_well().json()["slos"][0];
            assert_eq!((&slo["state"], &slo["left"]), (&"no_data".into(), &Value::Null), "{name}");
            scene.run(&["check", "slo"]).has_code(4);
            seen.push(name);
        }
        server.answers(move |target, _| success(&values(target)));
        scene.run(&["metrics"]).says("42");
        let slo = scene.run(&["slo", "--json"]);
        assert_ne!(slo.json()["slos"][0]["state"], "no_data", "{slo:?}");
        // A watcher asks for the hole once the server is back.
        let _watch = scene.watch();
        until(20, "it asks for now", || {
            server.heard().iter().filter(|one| !one.target.contains("query_range")).count() > 2
        });
        server.answers(move |_, _| refused(503));
        sleep(8);
        let n = server.heard().len();
        server.answers(move |target, _| success(&values(target)));
        until(30, "it asks for the hole", || {
            server.heard().iter().skip(n).any(|one| one.target.contains("query_range"))
        });
        format!("{}: no data, its words, exit 4; then the value, and the hole is asked for", seen.join(", "))
    });
}

#[test]
fn fault_78_a_watcher_that_is_stuck_ends_and_its_heartbeat_stops() {
    let expected = "its own watchdog ends it, not with 0; the heartbeat stops";
    row(78, "watcher alive but stuck (its disk takes 10 min for a write)", expected, || {
        if !has_strace() {
            return NO_STRACE.to_owned();
        }
        let scene = Scene::new();
        let beat = "[watch]\nheartbeat_file = \"alive\"\nheartbeat_every = \"5s\"\n";
        settle(&scene, &["a"], &["log"], beat);
        let mut watch = scene.watch();
        let alive = || fs::read_to_string(scene.folder.path().join("alive")).unwrap_or_default();
        until(20, "it gives signs of life", || !alive().is_empty());
        let first = alive();
        until(20, "it goes on giving them", || alive() != first);
        let mut strace = Command::new("strace");
        strace.args(["-f", "-qq", "-o", "/dev/null", "-e", "inject=fsync,fdatasync:delay_enter=600000000"]);
        let pid = watch.pid().to_string();
        let mut strace = strace.args(["-p", &pid]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        sleep(2);
        measure(&scene, "a", 150);
        let took = until(90, "its watchdog says so", || watch.log().contains("stood still"));
        sleep(1);
        // It has ended itself by now; what delays its disk is also what its parent would hear of the end from.
        let _ = strace.kill();
        let _ = strace.wait();
        let code = watch.child.wait().unwrap().code();
        let last = chrono::DateTime::parse_from_rfc3339(alive().trim()).unwrap();
        let silent = (Clock::Wall.now() - last.to_utc()).num_seconds();
        assert_eq!(code, Some(70), "{}", watch.log());
        assert!(50 <= silent, "the last sign of life was {silent} s ago");
        let log = watch.log();
        let line = log.lines().find(|line| line.contains("stood still")).unwrap_or_else(|| panic!("{log}"));
        format!("exit 70 after {:.0} s: \"{line}\"; last sign of life {silent} s before", took.as_secs_f64())
    });
}
