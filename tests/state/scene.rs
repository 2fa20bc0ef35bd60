//! A child that plays a part, and what is put between it and the system.

use std::{
    env,
    path::Path,
    process::{Child, Command, Stdio},
};

/// What a child is to do, and where.
pub const PART: &str = "WATCHFLOOR_TEST_PART";
pub const FOLDER: &str = "WATCHFLOOR_TEST_FOLDER";

/// A child that plays a part in a folder, behind strace where faults are asked for.
pub fn child(part: &str, folder: &Path, faults: &[&str]) -> Child {
    let this = env::current_exe().unwrap();
    let mut command = if faults.is_empty() {
        Command::new(&this)
    } else {
        let mut command = Command::new("strace");
        command.args(["-f", "-qq", "-o", "/dev/null"]);
        for fault in faults {
            command.args(["-e", fault]);
        }
        command.arg(&this);
        command
    };
    command.args(["--exact", "child::plays_its_part", "--nocapture", "--test-threads=1"]);
    command.env(PART, part).env(FOLDER, folder).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    command.spawn().unwrap()
}

/// Whether strace is here and may look into a process of ours.
pub fn has_strace() -> bool {
    let tried = Command::new("strace").args(["-qq", "-o", "/dev/null", "true"]).stderr(Stdio::null()).status();
    tried.is_ok_and(|status| status.success())
}
