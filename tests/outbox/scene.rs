//! The program in a folder of its own, with a host on this machine.

use std::{
    path::PathBuf,
    process::{Command, Output},
    time::Duration,
};

use watchfloor::{domain::intent::Intent, shell::store::Store};

use crate::host::Host;

/// How long a second of patience lasts in these tests.
pub const SECOND: Duration = Duration::from_millis(80);

pub struct Scene {
    pub folder: tempfile::TempDir,
    pub host: Host,
    /// How long a second of patience lasts.
    second: Duration,
}

impl Scene {
    /// A host whose lists lag by more than the first look waits, and less than the second.
    pub fn new() -> Self {
        Self::with("")
    }

    /// With more settings.
    pub fn with(more: &str) -> Self {
        Self::paced(more, SECOND)
    }

    /// With more settings, and seconds of another length.
    pub fn paced(more: &str, second: Duration) -> Self {
        let scene = Self { folder: tempfile::tempdir().unwrap(), host: Host::start(second * 12), second };
        let host = format!("[[github]]\napi_url = \"http://{}\"\nrepos = [\"acme/api\"]\n", scene.host.address);
        std::fs::write(scene.folder.path().join("settings.toml"), format!("{more}\n{host}")).unwrap();
        scene
    }

    pub fn state(&self) -> PathBuf {
        self.folder.path().join("state")
    }

    /// The program with these words, in an environment of its own.
    pub fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_watchfloor"));
        self.equip(&mut command);
        command.arg("--config").arg(self.folder.path().join("settings.toml")).args(words);
        command
    }

    /// What the program is run with.
    pub fn equip(&self, command: &mut Command) {
        command.env_clear().current_dir(self.folder.path());
        command.env("WATCHFLOOR_GITHUB_TOKEN", "canary").env("WATCHFLOOR_STATE", self.state());
        command.env("WATCHFLOOR_LOOPBACK_SECOND_MS", self.second.as_millis().to_string()).env("WATCHFLOOR_USER", "me");
        command.env("HOME", self.folder.path());
    }

    pub fn run(&self, words: &[&str]) -> (i32, String) {
        let Output { status, stdout, stderr } = self.command(words).output().unwrap();
        let said = String::from_utf8(stdout).unwrap() + &String::from_utf8(stderr).unwrap();
        (status.code().unwrap(), said)
    }

    pub fn store(&self) -> Store {
        Store::open(&self.state(), now()).unwrap()
    }

    /// Everything in the outbox, what ended too.
    pub fn intents(&self) -> Vec<Intent> {
        self.store().outbox(chrono::DateTime::UNIX_EPOCH).unwrap()
    }

    /// How many comments of an issue hold this text.
    pub fn comments(&self, number: u64, text: &str) -> usize {
        let truth = self.host.truth.lock().unwrap();
        let comments = truth.issues.get(&number).map(|issue| issue.comments.as_slice()).unwrap_or_default();
        comments.iter().filter(|(_, body, _)| body.contains(text)).count()
    }
}

pub fn now() -> chrono::DateTime<chrono::Utc> {
    watchfloor::shell::clock::Clock::Wall.now()
}
