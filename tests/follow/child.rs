//! A process that follows a file and writes down what it read, until it is killed.

use std::{
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread::sleep,
    time::Duration,
};

use chrono::{DateTime, Utc};
use watchfloor::{
    domain::{
        rollup::{Rollup, Step},
        zone::Zone,
    },
    shell::{clock::Clock, feeds::metric::MetricFile, telemetry::Telemetry},
    source::metrics::shape::Hint,
};

const FILE: &str = "WATCHFLOOR_FOLLOW_FILE";
const STATE: &str = "WATCHFLOOR_FOLLOW_STATE";

/// Starts one, behind another program (`strace …`) where that is asked for.
pub fn start(file: &Path, state: &Path, behind: &[String], uid: Option<u32>) -> Child {
    let this = std::env::current_exe().unwrap();
    let mut command = match behind.split_first() {
        Some((program, arguments)) => {
            let mut command = Command::new(program);
            command.args(arguments).arg(&this);
            command
        }
        None => Command::new(&this),
    };
    if let Some(uid) = uid {
        use std::os::unix::process::CommandExt as _;
        command.uid(uid).gid(uid);
    }
    let command = command.args(["--exact", "child::follows_until_killed", "--test-threads", "1"]);
    command.env(FILE, file).env(STATE, state).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

/// What children wrote down of the series `value`: how many samples and their sum.
pub fn counted(state: &Path) -> (u64, f64) {
    Telemetry::open(state, Clock::Wall.now()).map_or((0, 0.0), |telemetry| counted_in(&telemetry))
}

/// How many samples a child says that it has counted: for a state folder that is not ours.
pub fn told(state: &Path) -> u64 {
    std::fs::read_to_string(state.join("told")).ok().and_then(|told| told.parse().ok()).unwrap_or(0)
}

fn counted_in(telemetry: &Telemetry) -> (u64, f64) {
    let mut all: Option<Rollup> = None;
    for key in telemetry.series(Some("value")).unwrap() {
        for (_, rollup) in telemetry.rollups(&key, Step::Hour, DateTime::UNIX_EPOCH, DateTime::<Utc>::MAX_UTC).unwrap()
        {
            match &mut all {
                Some(all) => all.merge(&rollup),
                None => all = Some(rollup),
            }
        }
    }
    all.map_or((0, 0.0), |all| (all.count, all.sum))
}

/// Run by this binary itself; without its variables it does nothing.
#[test]
fn follows_until_killed() {
    let (Some(file), Some(state)) = (std::env::var_os(FILE), std::env::var_os(STATE)) else { return };
    let (file, state) = (PathBuf::from(file), PathBuf::from(state));
    let mut telemetry = Telemetry::open(&state, Clock::Wall.now()).unwrap();
    let places = telemetry.places(&file).unwrap();
    let mut followed = MetricFile::new(&file, Hint::default(), Zone::utc(), places);
    loop {
        let _ = followed.look(Clock::Wall.now());
        // Another process may still hold the file: it is tried again.
        if followed.write(&mut telemetry, true, Clock::Wall.now()).is_ok_and(|wrote| wrote) {
            std::fs::write(state.join("told"), counted_in(&telemetry).0.to_string()).unwrap();
        }
        sleep(Duration::from_millis(40));
    }
}
