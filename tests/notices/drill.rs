//! Rehearsals and one look, as whole programs.

#[cfg(test)]
mod tests {
    use std::{
        fs,
        path::Path,
        process::{Child, Command, Output, Stdio},
        time::{Duration, Instant},
    };

    use serde_json::Value;
    use watchfloor::shell::clock::Clock;

    use crate::channel::{Mode, Receiver};

    fn command(folder: &Path, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_watchfloor"));
        command.args(words).arg("--config").arg(folder.join("watchfloor.toml"));
        command.arg("--state-dir").arg(folder.join("state")).stdin(Stdio::null());
        command
    }

    fn run(folder: &Path, words: &[&str]) -> Output {
        command(folder, words).output().unwrap()
    }

    fn measure(folder: &Path, value: f64) {
        use std::io::Write as _;
        let now = Clock::Wall.now().timestamp_micros() as f64 / 1e6;
        let mut file = fs::File::options().append(true).open(folder.join("s.csv")).unwrap();
        writeln!(file, "{now:.3},{value}").unwrap();
    }

    fn scene(more: &str) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("run.md"), "# What to do\n").unwrap();
        fs::write(folder.path().join("s.csv"), "timestamp,value\n").unwrap();
        let settings = format!(
            "[[signal]]\nname = \"latency\"\nfile = \"s.csv\"\nabove = 100\nrunbook = \"run.md\"\n\
             [[channel]]\nname = \"log\"\nkind = \"file\"\npath = \"told.jsonl\"\n\
             [[route]]\nchannels = [\"log\"]\ngroup_wait = \"1s\"\ngroup_interval = \"1s\"\nwhere = ['severity=\"page\"']\n{more}"
        );
        fs::write(folder.path().join("watchfloor.toml"), settings).unwrap();
        folder
    }

    fn told(folder: &Path) -> Vec<Value> {
        let text = fs::read_to_string(folder.join("told.jsonl")).unwrap_or_default();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    fn of(output: &Output) -> Value {
        serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)))
    }

    struct Watcher(Child);

    impl Drop for Watcher {
        fn drop(&mut self) {
            let _ = self.0.kill();
            let _ = self.0.wait();
        }
    }

    #[test]
    fn a_drill_says_of_each_channel_what_it_took_and_ends_what_it_began() {
        let scene = scene("");
        let output = run(scene.path(), &["drill", "breach", "--json"]);
        let report = of(&output);
        assert_eq!(output.status.code(), Some(0), "{report:#}");
        assert_eq!((&report["by"], &report["ok"]), (&"command".into(), &true.into()));
        assert_eq!(
            (&report["channels"][0]["state"], &report["runbook"]["readable"]),
            (&"delivered".into(), &true.into())
        );
        assert!(
            (1_000..60_000).contains(&report["latency_ms"].as_i64().unwrap()),
            "the group waits a second: {report:#}"
        );
        let told = told(scene.path());
        assert_eq!(told.iter().map(|one| one["status"].as_str().unwrap()).collect::<Vec<_>>(), ["firing", "resolved"]);
        assert!(told.iter().all(|one| one["drill"] == true && one["text"].as_str().unwrap().contains("DRILL")));
        assert_eq!(told[0]["alerts"][0]["labels"]["alertname"], "latency");
    }

    #[test]
    fn a_channel_that_takes_nothing_and_a_runbook_that_is_gone_fail_a_drill() {
        let receiver = Receiver::start(Mode::DeadFor(Duration::from_secs(600)));
        let dead = format!(
            "[[channel]]\nname = \"dead\"\nkind = \"webhook\"\nurl = \"http://127.0.0.1:{}/\"\ntimeout = \"1s\"\n",
            receiver.port
        );
        let scene = scene(&dead);
        let path = scene.path().join("watchfloor.toml");
        let settings = fs::read_to_string(&path).unwrap().replace("[\"log\"]", "[\"log\", \"dead\"]");
        fs::write(&path, settings).unwrap();
        fs::remove_file(scene.path().join("run.md")).unwrap();
        let output = run(scene.path(), &["drill", "breach", "--json", "--within", "5s"]);
        let report = of(&output);
        assert_eq!(output.status.code(), Some(1));
        let states: Vec<_> =
            report["channels"].as_array().unwrap().iter().map(|one| one["state"].as_str().unwrap()).collect();
        assert_eq!(states, ["delivered", "not_delivered"], "{report:#}");
        assert_eq!(report["runbook"]["readable"], false);
    }

    #[test]
    fn a_rehearsed_rollback_says_how_soon_it_is_known_and_whether_the_way_back_is_written_down() {
        let scene = scene("");
        let words = ["drill", "rollback", "--of", "latency", "--json"];
        let without = of(&run(scene.path(), &words));
        assert_eq!((&without["ok"], &without["runbook"]["steps"]), (&false.into(), &0.into()), "{without:#}");
        fs::write(scene.path().join("run.md"), "# Back\n1. stop the sync\n2. deploy the release before\n").unwrap();
        let output = run(scene.path(), &words);
        let report = of(&output);
        assert_eq!(output.status.code(), Some(0), "{report:#}");
        assert_eq!((&report["drill"], &report["runbook"]["steps"]), (&"rollback".into(), &2.into()));
        assert_eq!(report["release"], "not_judged");
        let ms = |name: &str| report[name].as_i64().unwrap();
        assert_eq!(ms("total_ms"), ms("noticed_ms") + ms("latency_ms"));
        let told = told(scene.path());
        assert!(told.iter().all(|one| one["drill"] == true), "{told:#?}");
        let unknown = run(scene.path(), &["drill", "rollback", "--of", "nothing"]);
        assert_eq!(unknown.status.code(), Some(2));
    }

    #[test]
    fn a_drill_goes_over_mail() {
        let server = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = server.local_addr().unwrap().port();
        let scene = scene(&format!(
            "[[channel]]\nname = \"post\"\nkind = \"mail\"\nhost = \"127.0.0.1\"\nport = {port}\ntls = \"none\"\n\
             from = \"watch@acme.example\"\nto = [\"ann@acme.example\"]\n\
             [[route]]\nchannels = [\"log\", \"post\"]\ngroup_wait = \"1s\"\ngroup_interval = \"1s\"\n"
        ));
        let settings = fs::read_to_string(scene.path().join("watchfloor.toml")).unwrap();
        fs::write(
            scene.path().join("watchfloor.toml"),
            settings.replacen("channels = [\"log\"]", "channels = [\"post\"]", 1),
        )
        .unwrap();
        let letters = std::sync::Arc::new(std::sync::Mutex::new(String::new()));
        let heard = std::sync::Arc::clone(&letters);
        std::thread::spawn(move || {
            for stream in server.incoming() {
                let Ok(stream) = stream else { return };
                let heard = std::sync::Arc::clone(&heard);
                std::thread::spawn(move || smtp(stream, &heard));
            }
        });
        let report = of(&run(scene.path(), &["drill", "breach", "--json"]));
        let post = report["channels"].as_array().unwrap().iter().find(|one| one["name"] == "post").unwrap().clone();
        assert_eq!((&post["kind"], &post["state"]), (&"mail".into(), &"delivered".into()), "{report:#}");
        let letters = letters.lock().unwrap().clone();
        assert!(letters.contains("Subject: DRILL FIRING:") && letters.contains("Message-ID: <"), "{letters}");
    }

    /// A mail server that takes everything.
    fn smtp(stream: std::net::TcpStream, heard: &std::sync::Mutex<String>) {
        use std::io::{BufRead as _, BufReader, Write as _};
        let mut out = stream.try_clone().unwrap();
        let mut say = |line: &str| out.write_all(format!("{line}\r\n").as_bytes()).unwrap();
        say("220 here");
        let mut is_letter = false;
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            match (is_letter, line.as_str()) {
                (true, ".") => {
                    is_letter = false;
                    say("250 queued");
                }
                (true, line) => {
                    let mut heard = heard.lock().unwrap();
                    heard.push_str(line);
                    heard.push('\n');
                }
                (false, "DATA") => {
                    is_letter = true;
                    say("354 go on");
                }
                (false, "QUIT") => return say("221 bye"),
                (false, _) => say("250 ok"),
            }
        }
    }

    #[test]
    fn where_a_watcher_runs_it_tells_the_drill() {
        let scene = scene("");
        measure(scene.path(), 1.0);
        let watcher = command(scene.path(), &["watch"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let _watcher = Watcher(watcher);
        let until = Instant::now() + Duration::from_secs(20);
        while !scene.path().join("state/signals.sqlite").exists() && Instant::now() < until {
            std::thread::sleep(Duration::from_millis(100));
        }
        let output = run(scene.path(), &["drill", "breach", "--json"]);
        let report = of(&output);
        assert_eq!((output.status.code(), &report["by"]), (Some(0), &"watcher".into()), "{report:#}");
        assert_eq!(told(scene.path()).iter().filter(|one| one["status"] == "firing").count(), 1);
    }

    #[test]
    fn where_a_watcher_runs_it_tells_a_storm_too() {
        let scene = scene("");
        let path = scene.path().join("watchfloor.toml");
        let settings = fs::read_to_string(&path).unwrap();
        let grouped = settings.replace("channels = [\"log\"]", "channels = [\"log\"]\ngroup_by = [\"alertname\"]");
        fs::write(&path, grouped).unwrap();
        measure(scene.path(), 1.0);
        let _watcher = watcher(scene.path());
        wait_for("the watcher", || on_disk(scene.path()).is_some());
        let report = of(&run(scene.path(), &["drill", "storm", "--alerts", "30", "--json", "--within", "70s"]));
        assert_eq!(report["by"], "watcher", "{report:#}");
        assert_eq!(report["channels"][0]["state"], "delivered", "{report:#}");
        let n_messages = told(scene.path()).iter().filter(|one| one["status"] == "firing").count();
        assert_eq!(report["channels"][0]["messages"], n_messages, "{report:#}");
    }

    #[test]
    fn one_look_tells_what_fires_and_the_next_what_is_over() {
        let scene = scene("");
        measure(scene.path(), 200.0);
        let first = run(scene.path(), &["watch", "--once"]);
        assert_eq!(first.status.code(), Some(0), "{}", String::from_utf8_lossy(&first.stdout));
        let again = run(scene.path(), &["watch", "--once"]);
        assert_eq!((again.status.code(), told(scene.path()).len()), (Some(0), 1), "the same is not told again");
        measure(scene.path(), 1.0);
        run(scene.path(), &["watch", "--once"]);
        let told = told(scene.path());
        assert_eq!(told.iter().map(|one| one["status"].as_str().unwrap()).collect::<Vec<_>>(), ["firing", "resolved"]);
        assert_eq!(told[0]["labels"]["severity"], "page");
    }

    #[test]
    fn one_look_after_a_signal_is_no_longer_asked_for_ends_its_alert() {
        let scene = scene("");
        measure(scene.path(), 200.0);
        run(scene.path(), &["watch", "--once"]);
        let path = scene.path().join("watchfloor.toml");
        let settings = fs::read_to_string(&path).unwrap().replace("name = \"latency\"", "name = \"other\"");
        fs::write(&path, settings.replace("above = 100", "above = 1000")).unwrap();
        run(scene.path(), &["watch", "--once"]);
        let told = told(scene.path());
        assert_eq!(
            told.last().map(|one| (one["status"].clone(), one["labels"]["alertname"].clone())),
            Some(("resolved".into(), "latency".into()))
        );
    }

    #[test]
    fn one_look_that_reached_nobody_says_so_by_its_exit_code() {
        let scene = scene("");
        let path = scene.path().join("watchfloor.toml");
        let settings = fs::read_to_string(&path).unwrap().replace("told.jsonl", "no/such/folder/told.jsonl");
        fs::write(&path, settings).unwrap();
        measure(scene.path(), 200.0);
        let output = run(scene.path(), &["watch", "--once", "--within", "4s"]);
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.code() == Some(4) && said.contains("1 message could not be delivered"), "{said}");
    }

    /// What the store says: how many alerts it knows to fire, and how many messages are to be told.
    fn on_disk(folder: &Path) -> Option<(i64, i64)> {
        let db = rusqlite::Connection::open(folder.join("state/signals.sqlite")).ok()?;
        let count = |table: &str| db.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).ok();
        Some((count("fired")?, count("notice")?))
    }

    fn wait_for(what: &str, mut is_there: impl FnMut() -> bool) {
        let until = Instant::now() + Duration::from_secs(60);
        while !is_there() {
            assert!(Instant::now() < until, "waited a minute for this: {what}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    fn watcher(folder: &Path) -> Watcher {
        Watcher(command(folder, &["watch"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap())
    }

    /// The scene, where a group waits for longer than a watcher here lives.
    fn patient_scene() -> tempfile::TempDir {
        let scene = scene("");
        let path = scene.path().join("watchfloor.toml");
        let settings = fs::read_to_string(&path).unwrap().replace("group_wait = \"1s\"", "group_wait = \"6s\"");
        fs::write(&path, settings).unwrap();
        scene
    }

    #[test]
    fn what_was_seen_and_not_told_yet_when_the_watcher_was_killed_is_told_by_the_next() {
        let scene = patient_scene();
        measure(scene.path(), 200.0);
        let first = watcher(scene.path());
        wait_for("the alert on disk", || on_disk(scene.path()).is_some_and(|(n_fired, _)| n_fired == 1));
        drop(first);
        assert_eq!(on_disk(scene.path()), Some((1, 0)), "killed before the group was told");
        let _second = watcher(scene.path());
        wait_for("the message", || !told(scene.path()).is_empty());
        assert_eq!(told(scene.path())[0]["status"], "firing");
    }

    #[test]
    fn what_ended_and_broke_again_while_nobody_watched_is_told_as_both() {
        let scene = scene("");
        measure(scene.path(), 200.0);
        let first = watcher(scene.path());
        wait_for("the first message", || told(scene.path()).len() == 1);
        drop(first);
        measure(scene.path(), 1.0);
        std::thread::sleep(Duration::from_millis(20));
        measure(scene.path(), 300.0);
        let _second = watcher(scene.path());
        wait_for("three messages", || told(scene.path()).len() == 3);
        let told: Vec<(Value, Value)> =
            told(scene.path()).iter().map(|one| (one["status"].clone(), one["alerts"][0]["value"].clone())).collect();
        let statuses: Vec<&str> = told.iter().map(|(status, _)| status.as_str().unwrap()).collect();
        assert_eq!(statuses, ["firing", "resolved", "firing"]);
        assert_ne!(told[0].1, told[2].1, "the second breach is told with its own value");
    }
}
