//! Where there is no terminal to draw on, and where the output goes nowhere.

use std::{
    fs::File,
    io,
    process::{Command, Output, Stdio},
};

use crate::terminal::{PROGRAM, Start};

fn demo() -> Command {
    let mut command = Command::new(PROGRAM);
    command.args(["demo", "--paused"]).stdin(Stdio::null()).env("TERM", "xterm-256color");
    command
}

fn assert_refused(output: &Output) {
    let words = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{words}");
    assert!(words.contains("watchfloor demo --status"), "no hint: {words}");
    assert!(output.stdout.is_empty(), "{:?}", output.stdout);
    assert!(!output.stderr.contains(&0x1b));
}

#[test]
fn no_terminal_is_refused_with_the_headless_hint_and_no_escape() {
    assert_refused(&demo().output().unwrap());
}

#[test]
fn dumb_and_unknown_terminals_are_refused_with_the_headless_hint_and_no_escape() {
    for start in [Start::demo().env("TERM", "dumb"), Start::demo().without("TERM"), Start::demo().env("TERM", "")] {
        let mut run = start.size(200, 24).run();
        assert_eq!(run.end(), 2);
        run.sees("watchfloor demo --status");
        assert!(!run.raw().contains(&0x1b), "{:?}", String::from_utf8_lossy(run.raw()));
        run.assert_given_back();
    }
}

#[test]
fn a_reader_that_went_away_is_no_trouble() {
    let (reader, writer) = io::pipe().unwrap();
    drop(reader);
    let output = demo().arg("--status").stdout(writer).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert_eq!(output.status.code(), Some(0));
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_is_told() {
    let full = File::options().write(true).open("/dev/full").unwrap();
    let output = demo().arg("--status").stdout(full).output().unwrap();
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success());
    assert!(words.starts_with("error: ") && words.contains("hint: "), "{words}");
}
