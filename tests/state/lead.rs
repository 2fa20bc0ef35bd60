//! Several processes on one folder: one leads, and when it dies another one does.

use std::{
    io::{BufRead as _, BufReader},
    process::Child,
    sync::mpsc::{self, Receiver},
    thread,
    time::{Duration, Instant},
};

use crate::scene::has_strace;

/// What a child says, line by line, as it says it.
fn lines(process: &mut Child) -> Receiver<String> {
    let (tell, told) = mpsc::channel();
    let out = process.stdout.take().unwrap();
    thread::spawn(move || {
        for line in BufReader::new(out).lines().map_while(Result::ok) {
            // Nobody listens any more: the test is over.
            let _ = tell.send(line);
        }
    });
    told
}

fn wait_for(told: &Receiver<String>, what: &str, limit: Duration) -> Duration {
    let began = Instant::now();
    while let Ok(line) = told.recv_timeout(limit.saturating_sub(began.elapsed())) {
        if line.starts_with(what) {
            return began.elapsed();
        }
    }
    panic!("it never said {what:?}");
}

const START: Duration = Duration::from_secs(30);

#[test]
fn when_the_one_that_leads_is_killed_another_one_does_within_five_seconds() {
    let folder = tempfile::tempdir().unwrap();
    let mut first = crate::scene::child("stands", folder.path(), &[]);
    wait_for(&lines(&mut first), "leads", START);
    let mut others: Vec<Child> = (0..2).map(|_| crate::scene::child("stands", folder.path(), &[])).collect();
    let told: Vec<_> = others.iter_mut().map(lines).collect();
    for told in &told {
        wait_for(told, "follows", START);
    }
    first.kill().unwrap();
    let began = Instant::now();
    first.wait().unwrap();
    let mut n_leading = 0;
    while began.elapsed() < Duration::from_secs(5) {
        for told in &told {
            while let Ok(line) = told.try_recv() {
                if line.starts_with("leads") {
                    println!("taken over {:.1} s after kill -9", began.elapsed().as_secs_f64());
                    n_leading += 1;
                }
            }
        }
        thread::sleep(Duration::from_millis(10));
    }
    others.iter_mut().for_each(|child| child.kill().unwrap());
    others.iter_mut().for_each(|child| drop(child.wait()));
    assert_eq!(n_leading, 1);
}

#[test]
fn where_the_file_system_has_no_locks_a_lease_takes_their_place_and_that_is_said() {
    if !has_strace() {
        println!("left out: a file system without locks (strace is not here or may not trace)");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let no_locks = ["inject=flock:error=ENOLCK"];
    let mut first = crate::scene::child("stands", folder.path(), &no_locks);
    let told = lines(&mut first);
    wait_for(&told, "told no file locks in the state folder", START);
    wait_for(&told, "leads", START);
    let mut second = crate::scene::child("stands", folder.path(), &no_locks);
    let told = lines(&mut second);
    wait_for(&told, "follows", START);
    // strace lets go of the process when it is killed itself; both must end.
    end(&mut first);
    let taken = wait_for(&told, "leads", Duration::from_secs(7));
    println!("the lease was taken over {:.1} s after kill -9", taken.as_secs_f64());
    end(&mut second);
}

#[test]
fn with_a_disk_that_takes_seconds_nobody_waits_to_hand_something_over() {
    if !has_strace() {
        println!("left out: a slow disk (strace is not here or may not trace)");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let slow = ["inject=fsync,fdatasync:delay_enter=2000000"];
    let mut process = crate::scene::child("acts", folder.path(), &slow);
    let (out, tell) = (process.stdout.take().unwrap(), mpsc::channel());
    thread::spawn(move || {
        for line in BufReader::new(out).lines().map_while(Result::ok) {
            let _ = tell.0.send(line);
        }
    });
    let line = loop {
        let line = tell.1.recv_timeout(START).unwrap();
        if line.starts_with("handed over in ") {
            break line;
        }
    };
    end(&mut process);
    let millis: u64 = line.trim_start_matches("handed over in ").trim_end_matches(" ms").parse().unwrap();
    assert!(millis < 200, "{line}");
}

/// Ends what strace runs, and strace.
fn end(process: &mut Child) {
    let pid = process.id().to_string();
    let children = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
    for child in children.split_whitespace() {
        let _ = std::process::Command::new("kill").args(["-9", child]).status();
    }
    let _ = process.kill();
    let _ = process.wait();
}
