//! A plan in a folder of its own, and the program on it.

use std::{
    path::PathBuf,
    process::{Command, Output, Stdio},
};

use watchfloor::{domain::release::record::Record, shell::plan_record};

/// The plan: boxes, and a step without one.
pub const PLAN: &str = "# R\n\n## T-1\n\n- [ ] one\n- [ ] two\n\n## T0\n\n1. Open the doors {#open}\n";

pub struct Scene(tempfile::TempDir);

impl Scene {
    pub fn new(plan: &str) -> Self {
        let scene = Self(tempfile::tempdir().unwrap());
        std::fs::write(scene.plan(), plan).unwrap();
        scene
    }

    pub fn plan(&self) -> PathBuf {
        self.0.path().join("plan.md")
    }

    pub fn text(&self) -> String {
        std::fs::read_to_string(self.plan()).unwrap()
    }

    pub fn record(&self) -> Record {
        plan_record::read(&self.plan()).unwrap()
    }

    pub fn record_bytes(&self) -> Vec<u8> {
        std::fs::read(plan_record::path_of(&self.plan())).unwrap_or_default()
    }

    /// Files in the folder that are neither the plan nor its record.
    pub fn n_left_over(&self) -> usize {
        std::fs::read_dir(self.0.path())
            .unwrap()
            .filter(|entry| !entry.as_ref().unwrap().file_name().to_string_lossy().starts_with("plan.md"))
            .count()
    }

    fn equip(&self, command: &mut Command) {
        command.env_clear().current_dir(self.0.path()).env("HOME", self.0.path()).env("WATCHFLOOR_USER", "ana");
        command.env("PATH", std::env::var("PATH").unwrap_or_default()).stdin(Stdio::null());
    }

    pub fn run(&self, words: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_watchfloor"));
        self.equip(&mut command);
        command.args(words).output().unwrap()
    }

    /// Runs it behind strace, which does this to its system calls.
    pub fn run_with(&self, call: &str, fault: &str, words: &[&str]) -> Output {
        let mut command = Command::new("strace");
        self.equip(&mut command);
        command.args(["-f", "-qq", "-o", "/dev/null", "-e", &format!("trace={call}")]);
        command.args(["-e", &format!("inject={call}:{fault}"), env!("CARGO_BIN_EXE_watchfloor")]);
        command.args(words).output().unwrap()
    }
}

/// Whether everything is asked for.
pub fn is_whole() -> bool {
    std::env::var_os("WATCHFLOOR_PLANS").is_some()
}

/// Whether strace is here and may look into a process of ours.
pub fn has_strace() -> bool {
    let words = ["-f", "-o", "/dev/null", "-e", "inject=getppid:signal=SIGKILL:when=1", "true"];
    let tried = Command::new("strace").args(words).stdout(Stdio::null()).stderr(Stdio::null()).status();
    tried.is_ok_and(|status| status.success())
}
