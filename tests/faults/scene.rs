//! The program, a host and a folder; what a fault did is a row of the table.

use std::{
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    time::{Duration, Instant},
};

use github_world::{
    World,
    fault::Fault,
    server::{Clock, Server},
};
use serde_json::Value;

pub const TOKEN: &str = "canary-of-the-faults";

/// Prints the row of a fault; `seen` fails by panicking, and begins with "left out" where the fault cannot be made here.
pub fn row(number: u32, fault: &str, expected: &str, seen: impl FnOnce() -> String) {
    if std::env::var_os("WATCHFLOOR_FAULTS").is_none() {
        println!("\n{number:>2} | {fault} | {expected} | left out: WATCHFLOOR_FAULTS=1 makes them");
        return;
    }
    match catch_unwind(AssertUnwindSafe(seen)) {
        Ok(seen) => println!("\n{number:>2} | {fault} | {expected} | {seen}"),
        Err(panic) => {
            println!("\n{number:>2} | {fault} | {expected} | FAILED");
            resume_unwind(panic);
        }
    }
}

/// What the program said, and how it ended.
#[derive(Debug)]
pub struct Said {
    /// Nothing = killed.
    pub code: Option<i32>,
    pub text: String,
    pub took: Duration,
}

impl Said {
    /// The line of the host in a pass's summary.
    pub fn line(&self) -> String {
        let line = self.text.lines().find(|line| line.trim_start().starts_with("github:"));
        line.unwrap_or(&self.text).trim().to_owned()
    }

    pub fn seconds(&self) -> String {
        format!("{:.1} s", self.took.as_secs_f64())
    }

    /// Ended by its own will, without a fault of the program.
    pub fn ended_well(&self) -> &Self {
        let code = self.code.unwrap_or_else(|| panic!("killed: {self:?}"));
        assert!(!matches!(code, 70 | 101 | 134 | 139) && !self.text.contains("panicked"), "{self:?}");
        assert!(!self.text.contains(TOKEN), "the token is shown: {self:?}");
        self
    }

    pub fn has_code(&self, code: i32) -> &Self {
        self.ended_well();
        assert_eq!(self.code, Some(code), "{self:?}");
        self
    }

    pub fn says(&self, what: &str) -> &Self {
        assert!(self.text.contains(what), "it does not say {what:?}: {self:?}");
        self
    }

    pub fn json(&self) -> Value {
        let from = self.text.find('{').unwrap_or_default();
        let mut read = serde_json::Deserializer::from_str(&self.text[from..]).into_iter::<Value>();
        read.next().unwrap_or_else(|| panic!("no JSON: {self:?}")).unwrap_or_else(|e| panic!("{e}: {self:?}"))
    }
}

pub struct Scene {
    pub folder: tempfile::TempDir,
    pub server: Server,
    /// The host's address as the settings have it.
    pub url: String,
}

impl Scene {
    /// A host with one repository of three issues.
    pub fn new() -> Self {
        Self::of(&["acme/api"], 3)
    }

    /// The same without GraphQL.
    pub fn rest() -> Self {
        let scene = Self::new();
        scene.server.world().rules.graphql = false;
        scene
    }

    pub fn of(repos: &[&str], n: usize) -> Self {
        let clock = Clock::real();
        let now = clock.now();
        let mut world = World::new(1);
        world.rules.tokens = vec![TOKEN.to_owned()];
        for name in repos {
            let place = world.repository(name);
            for i in 1..=n {
                let at = now - chrono::TimeDelta::minutes(600 - i as i64);
                world.open(place, &format!("issue {i}"), "kim", None, at);
            }
        }
        let server = Server::start(world, clock).unwrap();
        let url = server.url();
        let scene = Self { folder: tempfile::tempdir().unwrap(), server, url };
        scene.settle(repos, "");
        scene
    }

    /// Writes the settings.
    pub fn settle(&self, repos: &[&str], more: &str) {
        self.settle_at(&self.url, repos, more);
    }

    pub fn settle_at(&self, url: &str, repos: &[&str], more: &str) {
        let text =
            format!("[[github]]\nname = \"github\"\napi_url = \"{url}\"\nrepos = {repos:?}\nevery = \"10s\"\n{more}\n");
        std::fs::write(self.folder.path().join("settings.toml"), text).unwrap();
    }

    /// One more issue at the host.
    pub fn open(&self, title: &str) -> u64 {
        let now = self.server.now();
        self.server.world().open(0, title, "kim", None, now)
    }

    pub fn state(&self) -> PathBuf {
        self.folder.path().join("state")
    }

    pub fn database(&self) -> PathBuf {
        self.state().join("watchfloor.db")
    }

    /// The program, behind other words where there are any (`strace -f …`).
    pub fn command(&self, before: &[&str], words: &[&str]) -> Command {
        let program = env!("CARGO_BIN_EXE_watchfloor");
        let mut command = Command::new(before.first().copied().unwrap_or(program));
        if let Some((_, rest)) = before.split_first() {
            command.args(rest).arg(program);
        }
        command.env_clear().current_dir(self.folder.path()).stdin(Stdio::null());
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default()).env("HOME", self.folder.path());
        command.env("WATCHFLOOR_GITHUB_TOKEN", TOKEN).env("WATCHFLOOR_STATE", self.state());
        command.env("WATCHFLOOR_LOOPBACK_SECOND_MS", "80").env("WATCHFLOOR_USER", "me");
        command.arg("--config").arg(self.folder.path().join("settings.toml")).args(words);
        command
    }

    pub fn run_behind(&self, before: &[&str], words: &[&str]) -> Said {
        said(&mut self.command(before, words))
    }

    pub fn run(&self, words: &[&str]) -> Said {
        self.run_behind(&[], words)
    }

    /// One pass.
    pub fn pass(&self) -> Said {
        self.run(&["watch", "--once", "--within", "40s"])
    }

    /// The queue as JSON.
    pub fn queue(&self) -> Value {
        self.run(&["queue", "--json"]).ended_well().json()
    }

    /// The watcher, running; what it says goes to a file.
    pub fn watch(&self) -> Watching {
        self.watch_behind(&[], &[])
    }

    pub fn watch_behind(&self, before: &[&str], vars: &[(&str, &str)]) -> Watching {
        let log = self.folder.path().join(format!("log-{}", self.server.now().timestamp_micros()));
        let out = std::fs::File::create(&log).unwrap();
        let mut command = self.command(before, &["watch"]);
        command.stdout(out.try_clone().unwrap()).stderr(out).envs(vars.iter().copied());
        Watching { child: command.spawn().unwrap(), log }
    }

    /// How many comments of #1 hold this text.
    pub fn comments(&self, text: &str) -> usize {
        let world = self.server.world();
        let issue = world.repos[0].issue(1).unwrap();
        let is_it = |did: &github_world::Did| matches!(did, github_world::Did::Commented(body) if body.contains(text));
        issue.events.iter().filter(|event| is_it(&event.did)).count()
    }

    /// How many requests of a method, with this in their address, came.
    pub fn asked(&self, method: &str, piece: &str) -> usize {
        let fits = |seen: &&github_world::server::Seen| {
            (method.is_empty() || seen.request.method == method) && seen.request.target.contains(piece)
        };
        self.server.log().iter().filter(fits).count()
    }

    /// All is well, then the fault: what was known stays, with its age, and it is said; then all is well again.
    pub fn keeps(&self, fault: Fault, why: &str) -> String {
        self.pass().has_code(0).says("3 open");
        self.server.weather(Some(fault));
        let seen = self.pass();
        self.server.weather(None);
        self.is_back_after(&seen, why)
    }

    /// The rest of that, where the fault is made in another way.
    pub fn is_back_after(&self, seen: &Said, why: &str) -> String {
        seen.has_code(4).says("not heard now").says("3 open").says(why);
        assert!(seen.took < Duration::from_secs(25), "{seen:?}");
        self.open("after it");
        let after = self.pass();
        after.has_code(0).says("4 open");
        format!("exit 4 after {}: \"{}\"; next pass {}: exit 0, 4 open", seen.seconds(), seen.line(), after.seconds())
    }
}

pub fn said(command: &mut Command) -> Said {
    let began = Instant::now();
    let Output { status, stdout, stderr } = command.output().unwrap();
    let text = String::from_utf8_lossy(&stdout).into_owned() + &String::from_utf8_lossy(&stderr);
    Said { code: status.code(), text, took: began.elapsed() }
}

/// A watcher, killed when this goes.
pub struct Watching {
    pub child: Child,
    pub log: PathBuf,
}

impl Watching {
    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// The program itself, where something stands before it.
    pub fn pid(&self) -> u32 {
        let of = |pid: u32| {
            let path = format!("/proc/{pid}/task/{pid}/children");
            std::fs::read_to_string(path).ok()?.split_whitespace().next()?.parse::<u32>().ok()
        };
        let is_ours = |pid: u32| {
            let exe = std::fs::read_link(format!("/proc/{pid}/exe")).unwrap_or_default();
            exe == Path::new(env!("CARGO_BIN_EXE_watchfloor"))
        };
        let own = self.child.id();
        if is_ours(own) { own } else { of(own).unwrap_or(own) }
    }

    /// Whether it is the one that asks and delivers: its number stands in the lock's file.
    pub fn leads(&self, scene: &Scene) -> bool {
        let name = std::fs::read_to_string(scene.state().join("watchfloor.lock")).unwrap_or_default();
        name == format!("pid {}", self.pid())
    }

    pub fn signal(&self, name: &str) {
        let _ = Command::new("kill").arg(format!("-{name}")).arg(self.pid().to_string()).status();
    }

    /// Ends it in order; what it said and its code.
    pub fn end(mut self) -> Said {
        let began = Instant::now();
        self.signal("TERM");
        let status = self.child.wait().unwrap();
        Said { code: status.code(), text: self.log(), took: began.elapsed() }
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        self.signal("KILL");
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Waits until it is so; how long that took.
pub fn until(limit: u64, what: &str, is_so: impl Fn() -> bool) -> Duration {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < Duration::from_secs(limit), "not within {limit} s: {what}");
        std::thread::sleep(Duration::from_millis(100));
    }
    began.elapsed()
}

pub fn sleep(seconds: u64) {
    std::thread::sleep(Duration::from_secs(seconds));
}

/// Whether a program is here and does this.
pub fn can(program: &str, words: &[&str]) -> bool {
    let mut command = Command::new(program);
    command.args(words).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

pub fn has_strace() -> bool {
    can("strace", &["-qq", "-o", "/dev/null", "true"])
}

pub fn has_namespaces() -> bool {
    can("unshare", &["-n", "-m", "sh", "-c", "ip link set lo up && ip link add name wa type veth peer name wb"])
}

pub const NO_STRACE: &str = "left out: strace is not here or may not trace";
pub const NO_NAMESPACES: &str = "left out: network namespaces cannot be made here (they need root)";
