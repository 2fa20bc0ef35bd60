//! What is to be told is told: breaches against slow, failing, busy and dead channels, while the watcher is killed every few
//! seconds and its clock is set. Every breach must arrive over every channel, in time where the channel was up, and what
//! comes twice must say so. At the end the store and the receivers are held against each other.
//!
//! Small by default; `WATCHFLOOR_NOTICES=full` runs a thousand breaches and an outage of ten minutes.

#[cfg(test)]
mod channel;
#[cfg(test)]
mod drill;
#[cfg(test)]
mod ledger;

#[cfg(test)]
mod tests {
    use std::{
        collections::BTreeMap,
        fs,
        path::Path,
        process::{Child, Command, Stdio},
        time::{Duration, Instant},
    };

    use watchfloor::shell::clock::Clock;

    use crate::{
        channel::{Heard, Mode, Receiver},
        ledger,
    };

    /// How much is asked of it.
    struct Size {
        signals: usize,
        rounds: usize,
        outage: Duration,
        round: Duration,
    }

    fn size() -> Size {
        if std::env::var_os("WATCHFLOOR_NOTICES").is_some_and(|said| said == "full") {
            let (outage, round) = (Duration::from_secs(600), Duration::from_secs(60));
            Size { signals: 125, rounds: 8, outage, round }
        } else {
            let (outage, round) = (Duration::from_secs(20), Duration::from_secs(24));
            Size { signals: 6, rounds: 2, outage, round }
        }
    }

    fn faketime() -> Option<&'static str> {
        let known = [
            "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1",
            "/usr/lib/aarch64-linux-gnu/faketime/libfaketimeMT.so.1",
        ];
        known.into_iter().find(|path| Path::new(path).exists())
    }

    /// The watcher, with a clock that a file sets where this machine can do that.
    struct Watcher {
        child: Child,
    }

    impl Watcher {
        fn start(folder: &Path) -> Self {
            let log = fs::File::options().create(true).append(true).open(folder.join("log")).unwrap();
            let mut command = Command::new(env!("CARGO_BIN_EXE_watchfloor"));
            command.args(["watch", "--config"]).arg(folder.join("watchfloor.toml"));
            command.arg("--state-dir").arg(folder.join("state"));
            command.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log);
            if let Some(library) = faketime() {
                command.env("LD_PRELOAD", library).env("FAKETIME_TIMESTAMP_FILE", folder.join("clock"));
                command.env("FAKETIME_NO_CACHE", "1").env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
            }
            Self { child: command.spawn().unwrap() }
        }

        fn kill(mut self) {
            self.child.kill().unwrap();
            self.child.wait().unwrap();
        }
    }

    struct Scene {
        folder: tempfile::TempDir,
        offset: i64,
    }

    impl Scene {
        fn set_clock(&mut self, offset: i64) {
            self.offset = if faketime().is_some() { offset } else { 0 };
            let (file, next) = (self.folder.path().join("clock"), self.folder.path().join("clock-next"));
            fs::write(&next, format!("{:+}", self.offset)).unwrap();
            fs::rename(next, file).unwrap();
        }

        /// Appends a value to a signal's file, stamped by the clock that the watcher sees.
        fn measure(&self, signal: usize, value: usize) {
            use std::io::Write as _;
            let at = Clock::Wall.now().timestamp_micros() as f64 / 1e6 + self.offset as f64;
            let path = self.folder.path().join(format!("s{signal}.csv"));
            let mut file = fs::File::options().append(true).open(path).unwrap();
            writeln!(file, "{at:.3},{value}").unwrap();
        }
    }

    fn settings(size: &Size, channels: &[(&str, u16)]) -> String {
        let mut text = String::from("[[route]]\ngroup_by = [\"...\"]\ngroup_wait = \"1s\"\ngroup_interval = \"1s\"\n");
        let names: Vec<String> = channels.iter().map(|(name, _)| format!("\"{name}\"")).collect();
        text.push_str(&format!("channels = [{}]\n", names.join(", ")));
        for (name, port) in channels {
            text.push_str(&format!(
                "[[channel]]\nname = \"{name}\"\nkind = \"webhook\"\nurl = \"http://127.0.0.1:{port}/\"\ntimeout = \"4s\"\n"
            ));
        }
        for n in 0..size.signals {
            text.push_str(&format!("[[signal]]\nname = \"s{n}\"\nfile = \"s{n}.csv\"\nabove = 100\nrunbook = \"https://wiki.example/s{n}\"\n"));
        }
        text
    }

    /// What a breach is known by: its signal, and its value, which no other breach of that signal has.
    type Breach = (String, String);

    fn breach(signal: usize, round: usize) -> (Breach, usize) {
        let value = 101 + round;
        ((format!("s{signal}"), value.to_string()), value)
    }

    /// Every message of a breach that a channel took, in the order of their coming.
    fn by_breach(heard: &[Heard]) -> BTreeMap<Breach, Vec<&Heard>> {
        let mut found: BTreeMap<Breach, Vec<&Heard>> = BTreeMap::new();
        for one in heard.iter().filter(|one| one.is_taken && one.body["status"] == "firing") {
            // A digest also lists what is over.
            for alert in one.body["alerts"].as_array().into_iter().flatten().filter(|alert| alert["ends_at"].is_null())
            {
                let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
                found.entry((text(&alert["labels"]["alertname"]), text(&alert["value"]))).or_default().push(one);
            }
        }
        found
    }

    #[test]
    fn every_breach_arrives_over_every_channel_whatever_happens_to_the_watcher() {
        if std::env::var_os("WATCHFLOOR_NOTICES").is_none() {
            println!("left out: a minute of breaches and kills (WATCHFLOOR_NOTICES=small, or full)");
            return;
        }
        let size = size();
        let mut scene = Scene { folder: tempfile::tempdir().unwrap(), offset: 0 };
        scene.set_clock(0);
        let receivers = [
            ("slow", Receiver::start(Mode::Slow)),
            ("failing", Receiver::start(Mode::Failing)),
            ("busy", Receiver::start(Mode::Busy)),
            ("dead", Receiver::start(Mode::DeadFor(size.outage))),
        ];
        let channels: Vec<(&str, u16)> = receivers.iter().map(|(name, receiver)| (*name, receiver.port)).collect();
        fs::write(scene.folder.path().join("watchfloor.toml"), settings(&size, &channels)).unwrap();
        for n in 0..size.signals {
            fs::write(scene.folder.path().join(format!("s{n}.csv")), "timestamp,value\n").unwrap();
            scene.measure(n, 1);
        }
        let began = Instant::now();
        let mut watcher = Watcher::start(scene.folder.path());
        let (mut written, mut kills) = (BTreeMap::new(), 0);
        for round in 0..size.rounds {
            // Forward an hour, and back, each for a whole round.
            scene.set_clock(if round % 2 == 1 { 3_600 } else { 0 });
            for is_high in [true, false] {
                for signal in 0..size.signals {
                    let (name, value) = breach(signal, round);
                    scene.measure(signal, if is_high { value } else { 1 });
                    if is_high {
                        written.insert(name, Instant::now());
                    }
                }
                let until = Instant::now() + size.round / 2;
                while Instant::now() < until {
                    // A watcher needs its time to begin, and then is killed wherever it is.
                    std::thread::sleep(Duration::from_millis(4_000 + 370 * (kills % 5)));
                    watcher.kill();
                    watcher = Watcher::start(scene.folder.path());
                    kills += 1;
                }
            }
        }
        // Once more without kills: what is left is told.
        let n_breaches = size.signals * size.rounds;
        let is_whole = |receiver: &Receiver| by_breach(&receiver.heard()).len() == n_breaches;
        let deadline = Instant::now() + Duration::from_secs(120) + size.outage.saturating_sub(began.elapsed());
        while !receivers.iter().all(|(_, receiver)| is_whole(receiver)) && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(200));
        }
        std::thread::sleep(Duration::from_secs(6));
        watcher.kill();
        let log = fs::read_to_string(scene.folder.path().join("log")).unwrap();
        println!("{n_breaches} breaches, {kills} kills, {:.0} s", began.elapsed().as_secs_f64());
        if faketime().is_none() {
            println!("left out: no faketime on this machine, the clock was not set");
        }
        let mut faults = Vec::new();
        for (name, receiver) in &receivers {
            faults.extend(judged(name, receiver, &written, &scene, n_breaches));
        }
        assert!(faults.is_empty(), "{}\n{log}", faults.join("\n"));
    }

    /// How many took at most so many seconds, and more than the one before.
    fn histogram(seconds: &[f64]) -> String {
        let edges = [1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 120.0, f64::INFINITY];
        let mut below = 0;
        let bar = |edge: &f64| {
            let n = seconds.iter().filter(|took| *took <= edge).count() - below;
            below += n;
            if edge.is_finite() { format!("<={edge:.0} s {n}") } else { format!("more {n}") }
        };
        edges.iter().map(bar).collect::<Vec<_>>().join("  ")
    }

    /// What is wrong with what one channel heard; prints its figures.
    fn judged(
        name: &str,
        receiver: &Receiver,
        written: &BTreeMap<Breach, Instant>,
        scene: &Scene,
        n_breaches: usize,
    ) -> Vec<String> {
        let heard = receiver.heard();
        let found = by_breach(&heard);
        let mut faults = Vec::new();
        let missing: Vec<&Breach> = written.keys().filter(|breach| !found.contains_key(*breach)).collect();
        if !missing.is_empty() {
            faults.push(format!("{name}: {} of {n_breaches} never arrived: {missing:?}", missing.len()));
        }
        let mut seconds: Vec<f64> = Vec::new();
        let (mut n_marked, mut n_unmarked) = (0, 0);
        for (breach, times) in &found {
            let Some((first, at)) = times.first().zip(written.get(breach)) else { continue };
            // The time of a channel counts from when it was up.
            let from = receiver.up_since().map_or(*at, |up| up.max(*at));
            seconds.push(first.at.saturating_duration_since(from).as_secs_f64());
            let ids = |one: &Heard| one.body["notices"].as_array().cloned().unwrap_or_default();
            let is_same = |again: &&&Heard| ids(again).iter().any(|id| ids(first).contains(id));
            for again in times.iter().skip(1).filter(is_same) {
                if again.body["maybe_repeated"] == true { n_marked += 1 } else { n_unmarked += 1 }
            }
        }
        seconds.sort_by(f64::total_cmp);
        let at =
            |share: f64| seconds.get(((seconds.len().max(1) - 1) as f64 * share) as usize).copied().unwrap_or(f64::NAN);
        println!(
            "{name}: {} arrived, {} answers refused; p50 {:.1} s, p90 {:.1} s, p100 {:.1} s; repeated {n_marked} marked, {n_unmarked} not",
            found.len(),
            heard.iter().filter(|one| !one.is_taken).count(),
            at(0.5),
            at(0.9),
            at(1.0),
        );
        println!("{name}: {}", histogram(&seconds));
        if at(1.0) > 120.0 {
            faults.push(format!("{name}: the slowest took {:.1} s", at(1.0)));
        }
        if 0 < n_unmarked {
            faults.push(format!("{name}: {n_unmarked} came twice without a mark"));
        }
        faults.extend(ledger::differences(&scene.folder.path().join("state"), name, &heard));
        faults
    }
}
