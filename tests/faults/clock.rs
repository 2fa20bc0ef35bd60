//! Faults 79 to 81: the clock of this machine is set, or stood still.

use std::fs;

use crate::scene::{Scene, Watching, can, row, sleep, until};

const NO_FAKETIME: &str = "left out: faketime is not here";

fn library() -> Option<&'static str> {
    let known = [
        "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1",
        "/usr/lib/aarch64-linux-gnu/faketime/libfaketimeMT.so.1",
        "/usr/lib64/faketime/libfaketimeMT.so.1",
    ];
    known.into_iter().find(|path| fs::exists(path).unwrap_or_default())
}

/// A watcher whose wall clock is set by a file; what runs on steadily is left alone.
fn watch(scene: &Scene, library: &str) -> Watching {
    set(scene, "+0");
    let file = scene.folder.path().join("clock").display().to_string();
    let vars = [
        ("LD_PRELOAD", library),
        ("FAKETIME_TIMESTAMP_FILE", file.as_str()),
        ("FAKETIME_NO_CACHE", "1"),
        ("FAKETIME_DONT_FAKE_MONOTONIC", "1"),
    ];
    scene.watch_behind(&[], &vars)
}

fn set(scene: &Scene, by: &str) {
    let (file, next) = (scene.folder.path().join("clock"), scene.folder.path().join("clock-next"));
    fs::write(&next, by).unwrap();
    fs::rename(next, file).unwrap();
}

fn stepped(by: &str) -> String {
    let Some(library) = library().filter(|_| can("faketime", &["-f", "+1d", "true"])) else {
        return NO_FAKETIME.to_owned();
    };
    let scene = Scene::new();
    let watching = watch(&scene, library);
    until(15, "it is read", || scene.queue()["items"].as_array().unwrap().len() == 3);
    let n_before = watching.log().lines().count();
    set(&scene, by);
    let took = until(10, "the step is said", || watching.log().contains("clock"));
    let before = scene.asked("", "");
    sleep(12);
    let n_asked = scene.asked("", "") - before;
    let log = watching.log();
    let n_lines = log.lines().count() - n_before;
    assert!(n_lines < 20, "{log}");
    assert!((1..=12).contains(&n_asked), "{n_asked} requests in 12 s");
    let seen = watching.end();
    seen.has_code(143);
    let queue = scene.queue();
    let age = queue["sources"][0]["age_s"].as_i64().unwrap_or_default();
    assert!(age >= 0, "{queue:#}");
    let line = seen.text.lines().find(|line| line.contains("clock")).unwrap_or_default();
    format!("\"{line}\" after {:.1} s; {n_lines} lines, {n_asked} requests in 12 s, no age below 0", took.as_secs_f64())
}

#[test]
fn fault_79_a_clock_that_is_set_back_is_said() {
    row(79, "clock steps back 1 h", "said; no age below 0; questions go on", || stepped("-3600"));
}

#[test]
fn fault_80_a_clock_that_is_set_forward_is_said() {
    row(80, "clock steps forward 1 h, 1 y", "said; no storm", || {
        let hour = stepped("+3600");
        let _ = stepped("+1y");
        hour
    });
}

#[test]
fn fault_81_after_a_sleep_everything_is_asked_at_once() {
    row(81, "asleep 8 h, awake", "everything asked within 5 s", || {
        let Some(library) = library() else { return NO_FAKETIME.to_owned() };
        let scene = Scene::new();
        let watching = watch(&scene, library);
        until(15, "it is read", || scene.queue()["items"].as_array().unwrap().len() == 3);
        until(20, "a round ends", || scene.asked("", "") > 3);
        sleep(1);
        watching.signal("STOP");
        set(&scene, "+28800");
        let before = scene.asked("", "");
        sleep(1);
        watching.signal("CONT");
        let took = until(6, "the host is asked", || scene.asked("", "") > before);
        watching.end().has_code(143);
        format!("asked {:.1} s after it woke (stopped, and its clock set 8 h ahead)", took.as_secs_f64())
    });
}
