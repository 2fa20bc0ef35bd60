//! A process is killed at each of its writes and flushes: the state is the old one or the new one, whole.

use std::{
    io::{BufRead as _, BufReader},
    thread,
    time::Duration,
};

use crate::{
    child::{self, recorded},
    scene::has_strace,
};

const ROUNDS: usize = 50;

#[test]
fn killed_at_any_write_or_flush_the_state_is_whole_and_what_was_said_to_be_saved_is() {
    let is_aimed = has_strace();
    if !is_aimed {
        println!("left out: kills at system calls (strace is not here or may not trace); killed by time instead");
    }
    let (mut n_killed, mut n_cut) = (0, 0);
    for round in 0..ROUNDS {
        let folder = tempfile::tempdir().unwrap();
        // Writes of the log, its flushes, and those of the file itself: whatever comes as the nth.
        let call = ["pwrite64", "fdatasync,fsync"][round % 2];
        let nth = 1 + round / 2 * if round % 2 == 0 { 17 } else { 1 };
        let fault = format!("inject={call}:signal=SIGKILL:when={nth}");
        let faults: Vec<&str> = if is_aimed { vec![&fault] } else { Vec::new() };
        let mut process = crate::scene::child("records", folder.path(), &faults);
        if !is_aimed {
            thread::sleep(Duration::from_millis(40 + 7 * round as u64));
            process.kill().unwrap();
        }
        let said = BufReader::new(process.stdout.take().unwrap()).lines().map_while(Result::ok);
        let saved = said.filter_map(|line| line.strip_prefix("saved ")?.parse().ok()).max().unwrap_or(0);
        let is_killed = !process.wait().unwrap().success();
        let found = recorded(folder.path());
        assert!(saved <= found && found <= saved + 1, "round {round}: {saved} said, {found} found");
        n_killed += usize::from(is_killed);
        n_cut += usize::from(is_killed && saved < 8);
        // Whoever comes next goes on from there.
        if found < 8 && round % 10 == 0 {
            let mut store = watchfloor::shell::store::Store::open(folder.path(), child::now()).unwrap();
            store.record(&child::heard(found + 1), child::now()).unwrap();
            drop(store);
            assert_eq!(recorded(folder.path()), found + 1);
        }
    }
    println!("{ROUNDS} rounds, {n_killed} killed, {n_cut} of them before the end");
    assert!(n_cut >= ROUNDS / 3, "only {n_cut} of {ROUNDS} rounds were cut short: the faults do not hit");
}
