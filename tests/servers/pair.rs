//! Our alerts in a pair of Alertmanagers: there once for each group, held back there and marked here, over there when they
//! are over here, whichever of the three is killed in between.

use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpListener,
    path::{Path, PathBuf},
    process::Command,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use serde_json::Value;
use url::Url;
use watchfloor::{
    domain::remote::{RemoteAlert, RemoteState},
    shell::clock::Clock,
    source::alertmanager,
    text::Text,
};

use crate::server::{Server, free_ports, json, left_out, perform, program, wait_for};

/// Whom the Alertmanagers tell.
struct Hook {
    port: u16,
    heard: Arc<Mutex<Vec<Value>>>,
}

impl Hook {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let heard = Arc::new(Mutex::new(Vec::new()));
        let theirs = Arc::clone(&heard);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let mut reader = BufReader::new(&stream);
                let (mut line, mut length) = (String::new(), 0);
                while reader.read_line(&mut line).is_ok_and(|n| 2 < n) {
                    if let Some((_, n)) = line.to_ascii_lowercase().split_once("content-length:") {
                        length = n.trim().parse().unwrap();
                    }
                    line.clear();
                }
                let mut body = vec![0; length];
                if reader.read_exact(&mut body).is_ok() {
                    theirs.lock().unwrap().push(serde_json::from_slice(&body).unwrap());
                    let _ = (&stream).write_all(b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n");
                }
            }
        });
        Self { port, heard }
    }

    /// The last word on a group.
    fn last(&self, name: &str) -> Option<String> {
        let heard = self.heard.lock().unwrap();
        let last = heard.iter().rev().find(|one| one["groupLabels"]["alertname"] == name)?;
        Some(last["status"].as_str()?.to_owned())
    }
}

/// One of the pair.
struct Manager {
    server: Server,
    base: Url,
}

impl Manager {
    fn start(home: &Path, program: &Path, port: u16, cluster: u16, peer: u16) -> Self {
        let (home, program) = (home.to_owned(), program.to_owned());
        let log = home.join(format!("{port}.log"));
        let server = Server::start(&log, move || {
            let mut command = Command::new(&program);
            command.arg(format!("--config.file={}", home.join("alertmanager.yml").display()));
            command.arg(format!("--storage.path={}", home.join(port.to_string()).display()));
            command.arg(format!("--web.listen-address=127.0.0.1:{port}"));
            command.arg(format!("--cluster.listen-address=127.0.0.1:{cluster}"));
            command.arg(format!("--cluster.advertise-address=127.0.0.1:{cluster}"));
            command.arg(format!("--cluster.peer=127.0.0.1:{peer}"));
            command.args(["--cluster.gossip-interval=50ms", "--cluster.reconnect-interval=1s"]);
            command.args(["--cluster.pushpull-interval=2s", "--cluster.peer-timeout=2s"]);
            command
        });
        let base = Url::parse(&format!("http://127.0.0.1:{port}")).unwrap();
        Self { server, base }
    }

    /// Its alerts by their names, sorted; nothing while it does not answer.
    fn alerts(&self) -> Option<Vec<RemoteAlert>> {
        let read = alertmanager::alerts(&perform(&alertmanager::alerts_request(&self.base))?).ok()?;
        assert_eq!(read.n_skipped, 0, "{:?}", read.skipped);
        let mut alerts = read.items;
        alerts.sort_by_key(RemoteAlert::name);
        Some(alerts)
    }

    fn names(&self) -> Option<Vec<String>> {
        Some(self.alerts()?.iter().map(|alert| alert.name().to_string()).collect())
    }

    fn is_ready(&self) -> Option<()> {
        let status = json(&format!("{}api/v2/status", self.base))?;
        (status["cluster"]["peers"].as_array()?.len() == 2).then_some(())
    }
}

struct Scene {
    folder: tempfile::TempDir,
    settings: PathBuf,
}

impl Scene {
    /// Appends a value to a signal's file.
    fn measure(&self, signal: &str, value: usize) {
        let now = Clock::Wall.now().timestamp_millis() as f64 / 1_000.0;
        let path = self.folder.path().join(format!("{signal}.csv"));
        let mut file = fs::File::options().append(true).open(path).unwrap();
        writeln!(file, "{now:.3},{value}").unwrap();
    }

    fn watcher(&self) -> Server {
        let (settings, state) = (self.settings.clone(), self.folder.path().join("state"));
        Server::start(&self.folder.path().join("watch.log"), move || {
            let mut command = Command::new(env!("CARGO_BIN_EXE_watchfloor"));
            command.args(["watch", "--config"]).arg(&settings).arg("--state-dir").arg(&state);
            command
        })
    }

    fn program(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_watchfloor"));
        command.args(arguments).arg("--config").arg(&self.settings);
        command.arg("--state-dir").arg(self.folder.path().join("state"));
        command
    }
}

/// A pair that has found each other, signals that are well, and settings that name both.
fn scene(hook: &Hook, program: &Path) -> (Scene, Manager, Manager) {
    let folder = tempfile::tempdir().unwrap();
    let told = format!(
        "route: {{receiver: hook, group_by: [alertname], group_wait: 1s, group_interval: 2s, repeat_interval: 1h}}\n\
         receivers: [{{name: hook, webhook_configs: [{{url: 'http://127.0.0.1:{}/', send_resolved: true}}]}}]\n",
        hook.port
    );
    fs::write(folder.path().join("alertmanager.yml"), told).unwrap();
    let [one, two, one_cluster, two_cluster] = free_ports();
    let one = Manager::start(folder.path(), program, one, one_cluster, two_cluster);
    let two = Manager::start(folder.path(), program, two, two_cluster, one_cluster);
    for manager in [&one, &two] {
        wait_for("the pair has found each other", Duration::from_secs(20), || manager.is_ready());
    }
    let scene = Scene { settings: folder.path().join("watchfloor.toml"), folder };
    fs::write(&scene.settings, settings([&one.base, &two.base])).unwrap();
    for name in SIGNALS {
        fs::write(scene.folder.path().join(format!("{name}.csv")), "timestamp,value\n").unwrap();
        scene.measure(name, 1);
    }
    (scene, one, two)
}

const SIGNALS: [&str; 2] = ["errors", "latency"];

fn settings(urls: [&Url; 2]) -> String {
    let urls = urls.map(|url| format!("\"{url}\"")).join(", ");
    let mut text = format!("[[channel]]\nname = \"pair\"\nkind = \"alertmanager\"\nurls = [{urls}]\n");
    text.push_str(&format!("[[alertmanager]]\nname = \"pair\"\nurls = [{urls}]\ntimeout = \"3s\"\n"));
    for name in SIGNALS {
        text.push_str(&format!(
            "[[signal]]\nname = \"{name}\"\nfile = \"{name}.csv\"\nabove = 100\nrunbook = \"https://wiki.example/{name}\"\n"
        ));
    }
    text
}

/// Waits until both of a pair know these alerts and no others.
fn known(managers: &[&Manager], what: &str, expected: &[&str]) {
    for manager in managers {
        let log = || manager.server.log();
        let is_so = || (manager.names()? == expected).then_some(());
        let until = Instant::now() + Duration::from_secs(25);
        while is_so().is_none() {
            assert!(Instant::now() < until, "{what}: {} knows {:?}\n{}", manager.base, manager.names(), log());
            std::thread::sleep(Duration::from_millis(100));
        }
    }
}

#[test]
fn alerts_in_a_pair_of_alertmanagers_are_told_once_held_back_and_over_whatever_is_killed() {
    let Some(program) = program(&["prometheus-alertmanager", "alertmanager"]) else {
        return left_out("prometheus-alertmanager");
    };
    let began = Instant::now();
    let hook = Hook::start();
    let (scene, mut one, mut two) = scene(&hook, &program);
    let mut watcher = scene.watcher();
    let step = |what: &str| println!("{:>5.1} s  {what}", began.elapsed().as_secs_f64());
    step("the pair and the watcher run");

    scene.measure("errors", 150);
    known(&[&one, &two], "a breach", &["errors"]);
    wait_for("the breach is told", Duration::from_secs(15), || hook.last("errors"));
    step("a breach is known to both and told");
    // An Alertmanager that dies the moment it told has told nobody that it did: the other tells again, by its design.
    std::thread::sleep(Duration::from_secs(2));

    one.server.kill();
    scene.measure("latency", 150);
    known(&[&two], "a breach while one of the pair is dead", &["errors", "latency"]);
    one.server.begin();
    known(&[&one, &two], "after one was dead", &["errors", "latency"]);
    step("the first was killed and knows both again");

    // The same again: whichever told of it is to have told its peer before one of them is killed.
    wait_for("the second breach is told", Duration::from_secs(15), || hook.last("latency"));
    std::thread::sleep(Duration::from_secs(2));

    held_back(&scene, [&one, &two]);
    step("held back in both, and marked here");

    two.server.kill();
    watcher.kill();
    watcher.begin();
    two.server.begin();
    wait_for("the second is back", Duration::from_secs(20), || two.is_ready());
    known(&[&one, &two], "after the second and the watcher were killed", &["errors", "latency"]);
    step("the second and the watcher were killed, and both know both");

    // Whatever was killed: nobody heard of a group twice.
    std::thread::sleep(Duration::from_secs(6));
    for name in SIGNALS {
        let heard = hook.heard.lock().unwrap();
        assert_eq!(hook_count(&heard, name), (1, 0), "{name}: {heard:?}\n{}", watcher.log());
    }
    step("told once, and of no end");

    for name in SIGNALS {
        scene.measure(name, 1);
    }
    known(&[&one, &two], "all is over", &[]);
    // A server of a pair that looked just before the end may repeat the beginning: the last word is what counts.
    wait_for("the end is told", Duration::from_secs(20), || (hook.last("latency")? == "resolved").then_some(()));
    std::thread::sleep(Duration::from_secs(5));
    assert_eq!(hook.last("latency").as_deref(), Some("resolved"));
    assert_eq!(hook.last("errors").as_deref(), Some("firing"), "what is silenced has no further word");
    step("over in both, and told");
    assert!(began.elapsed() < Duration::from_secs(90), "it took {:?}", began.elapsed());
}

#[test]
fn one_of_a_pair_that_hangs_holds_up_nobody() {
    let Some(program) = program(&["prometheus-alertmanager", "alertmanager"]) else {
        return left_out("prometheus-alertmanager");
    };
    let began = Instant::now();
    let hook = Hook::start();
    let (scene, mut one, mut two) = scene(&hook, &program);
    let watcher = scene.watcher();
    std::thread::sleep(Duration::from_secs(3));

    one.server.signal("STOP");
    let soon = |name: &str, names: &[&str]| {
        let measured = Instant::now();
        scene.measure(name, 150);
        wait_for("the other knows it", Duration::from_secs(8), || (two.names()? == names).then_some(()));
        println!("{:>5.1} s  {name}: the other knew it after {:?}", began.elapsed().as_secs_f64(), measured.elapsed());
    };
    soon("errors", &["errors"]);
    // While it hangs over the first.
    std::thread::sleep(Duration::from_secs(2));
    soon("latency", &["errors", "latency"]);
    let asked = Instant::now();
    let taken =
        scene.program(&["alerts", "ack", "errors", "--author", "ann", "--comment", "one of the pair hangs"]).output();
    let taken = taken.unwrap();
    assert!(taken.status.success(), "{taken:?}");
    assert!(asked.elapsed() < Duration::from_secs(8), "{:?}", asked.elapsed());
    wait_for("the silence holds in the other", Duration::from_secs(5), || {
        let alerts = two.alerts()?;
        (alerts[0].state == RemoteState::Suppressed).then_some(())
    });

    one.server.signal("CONT");
    known(&[&one, &two], "after one hung", &["errors", "latency"]);
    two.server.kill();
    scene.measure("errors", 1);
    known(&[&one], "an end while the other is dead", &["latency"]);
    println!("{:>5.1} s  the one that hung knows all; the other is dead", began.elapsed().as_secs_f64());
    wait_for("the log names the dead one", Duration::from_secs(15), || {
        watcher.log().contains(&format!("pair at {} takes nothing", two.base.authority())).then_some(())
    });
}

/// Takes an alert on here: it is held back in both, and marked here, once.
fn held_back(scene: &Scene, managers: [&Manager; 2]) {
    let taken =
        scene.program(&["alerts", "ack", "errors", "--author", "ann", "--comment", "the pair is tested"]).output();
    let taken = taken.unwrap();
    let said = String::from_utf8_lossy(&taken.stdout).into_owned();
    assert!(taken.status.success(), "{taken:?}");
    let id = Text::scrub(said.split_whitespace().next().unwrap());
    for manager in managers {
        wait_for("the silence holds in both", Duration::from_secs(15), || {
            let alerts = manager.alerts()?;
            let states: Vec<RemoteState> = alerts.iter().map(|alert| alert.state).collect();
            let is_so = states == [RemoteState::Suppressed, RemoteState::Firing];
            (is_so && alerts[0].silenced_by == [id.clone()]).then_some(())
        });
    }
    let here = scene.program(&["alerts", "--json"]).output().unwrap();
    let here: Value = serde_json::from_slice(&here.stdout).unwrap();
    let marked = &here["remote"][0];
    let states: Vec<_> = marked["alerts"].as_array().unwrap().iter().map(|a| (&a["name"], &a["state"])).collect();
    assert_eq!(marked["origin"], "pair");
    assert!(states.iter().any(|(name, state)| *name == "errors" && *state == "suppressed"), "{states:?}");
    assert!(states.iter().any(|(name, state)| *name == "latency" && *state == "firing"), "{states:?}");
    assert_eq!(states.len(), 2, "an alert that both know is listed once: {states:?}");
    assert_eq!(marked["silences"][0]["author"], "ann");
}

/// How often a group was told of as firing, and as resolved.
fn hook_count(heard: &[Value], name: &str) -> (usize, usize) {
    let of = |status: &str| {
        heard.iter().filter(|one| one["groupLabels"]["alertname"] == name && one["status"] == status).count()
    };
    (of("firing"), of("resolved"))
}
