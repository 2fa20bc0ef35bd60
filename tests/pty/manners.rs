//! How the program ends, stops and goes on: the terminal is left as it was found on every way.

use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::terminal::{PROGRAM, Run, Start};

#[test]
fn signals_end_it_with_their_exit_code_and_the_terminal_is_given_back() {
    for (signal, code) in [(Signal::TERM, 143), (Signal::HUP, 129), (Signal::INT, 130), (Signal::QUIT, 131)] {
        let mut run = Start::demo().run();
        run.sees_all_panes();
        assert_eq!(run.signal(signal).end(), code);
        run.assert_given_back();
    }
}

#[test]
fn ctrl_c_ends_it_as_q_does() {
    let mut run = Start::demo().run();
    run.sees_all_panes();
    assert_eq!(run.keys("\x03").end(), 0);
    run.assert_given_back();
}

#[test]
fn a_panic_gives_the_terminal_back_before_its_scrubbed_words() {
    let mut run = Start::demo().env("WATCHFLOOR_DRILL", "panic").run();
    assert_eq!(run.end(), 70);
    run.assert_given_back();
    let raw = String::from_utf8_lossy(run.raw()).into_owned();
    assert!(raw.contains("forged") && raw.contains("this is our fault"), "{raw:?}");
    assert!(!raw.contains("\x1b]0;forged"), "{raw:?}");
    let left = raw.find("\x1b[?1049l").unwrap();
    assert!(left < raw.find("forged").unwrap(), "the words would be lost with the other screen");
}

#[test]
fn a_shell_gets_the_terminal_on_ctrl_z_and_fg_comes_back() {
    let mut run = Start::new(&["-i"]).program("/bin/sh").env("PS1", "ready> ").env("ENV", "").run();
    // What is typed before the prompt may be meant for the program, which drops it on leaving.
    let prompt = |run: &mut Run, n: usize| {
        run.until("the prompt", |s| !s.alternate_screen() && s.contents().matches("ready>").count() == n);
    };
    prompt(&mut run, 1);
    run.keys(&format!("{PROGRAM} demo --paused\r")).sees_all_panes().keys("\x1a");
    prompt(&mut run, 2);
    assert!(!run.screen().hide_cursor() && !run.screen().bracketed_paste());
    run.keys("echo pass''word\r").sees("password");
    prompt(&mut run, 3);
    run.keys("fg\r").sees_all_panes().until("ours", |s| s.alternate_screen() && s.bracketed_paste());
    run.keys("2+").until("SLA alone", |s| !s.contents().contains("─ 1 Incidents")).keys("q");
    prompt(&mut run, 4);
    run.keys("echo code $?\r").sees("code 0");
    run.keys("exit 0\r");
    run.end();
}

#[test]
fn without_a_shell_ctrl_z_says_so_and_goes_on() {
    let mut run = Start::demo().run();
    run.sees_all_panes().keys("\x1a").sees("not suspended");
    assert_eq!(run.keys("q").end(), 0);
}

#[test]
fn after_stop_and_cont_the_whole_screen_is_painted_again() {
    let mut run = Start::demo().run();
    run.sees_all_panes().quiet(Duration::from_millis(200));
    let before = run.raw().len();
    run.signal(Signal::STOP).signal(Signal::CONT);
    let start = Instant::now();
    let painted = |raw: &[u8]| {
        let since = String::from_utf8_lossy(&raw[before..]).into_owned();
        since.contains("\x1b[?1049h") && since.contains("\x1b[J") && since.contains("Incidents")
    };
    while !painted(run.raw()) {
        assert!(start.elapsed() < Duration::from_secs(10), "not painted again");
        run.receive(Duration::from_millis(50));
    }
    run.sees_all_panes();
    assert_eq!(run.keys("q").end(), 0);
    run.assert_given_back();
}

#[test]
fn a_terminal_that_is_gone_ends_it_at_once_and_without_spinning() {
    let mut run = Start::demo().run();
    run.sees_all_panes().quiet(Duration::from_millis(100));
    run.hang_up();
    let code = run.end_within(Duration::from_secs(2));
    assert_eq!(code, 129);
}

#[test]
#[cfg(target_os = "linux")]
fn a_gone_terminal_is_seen_even_where_sighup_is_ignored() {
    let script = format!("trap '' HUP; exec {PROGRAM} demo --paused");
    let mut run = Start::new(&["-c", &script]).program("/bin/sh").run();
    run.sees_all_panes().quiet(Duration::from_millis(100));
    run.hang_up();
    run.end_within(Duration::from_secs(2));
}
