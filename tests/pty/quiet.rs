//! What is not written, and what does not happen.

use std::time::{Duration, Instant};

use crate::{sieve, terminal::Start};

/// A paste that would do harm as keys: it quits, opens, takes on.
fn paste() -> String {
    format!("\x1b[200~{}\x1b[201~", "q\na\r \x03".repeat(100 * 1024 / 6))
}

#[test]
fn a_paste_of_100_kilobytes_fires_no_action() {
    let mut run = Start::demo().run();
    run.sees_all_panes().sees("q quit");
    let first = run.text();
    run.keys(&paste()).keys("?").sees("type to search").keys("\x1b").loses("type to search");
    run.shows(&first);
    assert_eq!(run.ended(), None);
    assert_eq!(run.keys("q").end(), 0);
}

#[test]
fn a_paste_into_the_filter_is_text() {
    let mut run = Start::demo().run();
    run.sees_all_panes().keys("/\x1b[200~web#1151\nq\x1b[201~").sees("nothing passes the filter");
    assert_eq!(run.ended(), None);
    run.keys("\x1b").loses("nothing passes").sees("api#812");
    assert_eq!(run.keys("q").end(), 0);
}

#[test]
fn late_answers_of_the_terminal_are_no_keys() {
    let mut run = Start::demo().run();
    run.sees_all_panes().sees("q quit");
    let first = run.text();
    for answer in
        ["\x1b[?62;1;4c", "\x1b[12;40R", "\x1b]11;rgb:0000/0000/0000\x1b\\", "\x1bP>|term q a\x1b\\", "\x1b[I\x1b[O"]
    {
        run.keys(answer);
    }
    run.keys("?").sees("type to search").keys("\x1b").loses("type to search");
    run.shows(&first);
    assert_eq!(run.ended(), None);
}

#[test]
fn the_terminal_is_never_asked_anything() {
    let mut run = Start::demo().size(120, 40).run();
    run.sees_all_panes();
    for keys in
        ["?", "\x1b", ":", "\x1b", "/a\r", "\x1b", "\r", "\x1b", "+", "jjjG", "_", "5+", "_", "T", "\x0c", "i", "\x1b"]
    {
        run.keys(keys).quiet(Duration::from_millis(60));
    }
    assert_eq!(run.keys("q").end(), 0);
    // The sieve lets nothing through that asks: no report, no attributes, no OSC, no DCS.
    assert_eq!(sieve::leftovers(run.raw(), false), Vec::<String>::new());
}

#[test]
fn while_nothing_changes_nothing_is_written() {
    let mut run = Start::demo().size(120, 40).run();
    run.sees_all_panes().quiet(Duration::from_millis(300));
    let before = run.raw().len();
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(2) {
        run.receive(Duration::from_millis(100));
    }
    assert_eq!(run.raw().len() - before, 0);
}

#[test]
fn a_key_that_changes_nothing_writes_nothing() {
    let mut run = Start::demo().run();
    run.sees_all_panes().keys("g").quiet(Duration::from_millis(300));
    let before = run.raw().len();
    run.keys("k").quiet(Duration::from_millis(300));
    assert_eq!(run.raw().len() - before, 0);
}

#[test]
fn no_color_leaves_bold_and_reverse_but_no_color() {
    let mut run = Start::demo().env("NO_COLOR", "1").env("COLORTERM", "truecolor").run();
    run.sees_all_panes().keys("j").quiet(Duration::from_millis(200));
    let screen = run.screen();
    let cells = || (0..24).flat_map(|y| (0..80).map(move |x| (y, x))).filter_map(|(y, x)| screen.cell(y, x));
    let is_marked = |y: u16| (1..79).filter_map(|x| screen.cell(y, x)).any(|c| c.inverse());
    let selected = (0..24).find(|y| is_marked(*y) && screen.contents_between(*y, 0, *y, 80).contains("web#1151"));
    assert!(selected.is_some(), "the selected row does not stand out\n{}", screen.contents());
    assert!(cells().any(|cell| cell.bold()));
    let colors: Vec<String> = sieve::pens(run.raw()).into_iter().filter(|pen| sieve::has_color(pen)).collect();
    assert_eq!(colors, Vec::<String>::new());
}
