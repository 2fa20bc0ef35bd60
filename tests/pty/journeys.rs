//! What a person does with the keyboard.

use std::time::Duration;

use crate::terminal::{Start, TITLES};

#[test]
fn the_demo_opens_with_all_five_panes_at_every_size() {
    for (columns, rows) in [(80, 24), (120, 36), (200, 60), (60, 20), (40, 10)] {
        let mut run = Start::demo().size(columns, rows).run();
        run.sees_all_panes();
        assert_eq!(run.keys("q").end(), 0);
    }
}

#[test]
fn q_ends_well_and_the_terminal_is_as_it_was_found() {
    let mut run = Start::demo().run();
    run.sees_all_panes();
    assert!(run.screen().alternate_screen() && run.screen().bracketed_paste());
    assert!(!run.is_as_before());
    assert_eq!(run.keys("q").end(), 0);
    run.assert_given_back();
    assert_eq!(run.text().trim(), "", "nothing of the console is left behind");
}

#[test]
fn help_opens_searches_and_closes() {
    let mut run = Start::demo().run();
    run.sees_all_panes().keys("?").sees("type to search");
    run.keys("theme").sees("The next theme").loses("Half a page down");
    run.until("a cursor where one types", |screen| !screen.hide_cursor());
    run.keys("\x1b").loses("type to search").sees_all_panes();
    assert_eq!(run.keys("q").end(), 0);
}

#[test]
fn the_palette_runs_an_action_by_its_name() {
    let mut run = Start::demo().run();
    run.sees_all_panes().keys(":").sees("Command").keys("theme.next").sees("theme.next").loses("list.open");
    run.keys("\r").sees("theme: ").loses("theme.next");
    assert_eq!(run.keys("q").end(), 0);
}

#[test]
fn the_palette_finds_an_action_by_its_whole_name_first() {
    let mut run = Start::demo().run();
    run.sees_all_panes().keys(":").sees("Command").keys("quit\r");
    assert_eq!(run.end_within(Duration::from_secs(5)), 0);
}

#[test]
fn a_filter_narrows_the_list_and_esc_clears_it() {
    let mut run = Start::demo().run();
    run.sees_all_panes().sees("api#812").sees("web#1151");
    run.keys("/web#1151").sees("1 of 45").loses("api#812 ").sees("Refunds are credited twice");
    run.keys("\r").loses("/ web#1151").keys("\x1b").loses("1 of 45").keys("g").sees("api#812 ");
    assert_eq!(run.keys("q").end(), 0);
}

#[test]
fn q_in_a_filter_is_a_letter() {
    let mut run = Start::demo().run();
    run.sees_all_panes().keys("/qqq").sees("qqq");
    run.keys("\x1b").loses("qqq").sees("api#812");
    assert_eq!(run.keys("q").end(), 0);
}

#[test]
fn numbers_go_to_the_panes_and_plus_gives_one_the_screen() {
    for (number, title) in TITLES.iter().enumerate() {
        let mut run = Start::demo().run();
        run.sees_all_panes();
        if number > 0 {
            run.keys(&(number + 1).to_string());
        }
        run.keys("+").until(title, |screen| {
            let text = screen.contents();
            let others = TITLES.iter().enumerate().filter(|(n, _)| *n != number);
            let framed = |n: usize, title: &str| text.contains(&format!("─ {} {title}", n + 1));
            framed(number, title) && others.map(|(n, title)| framed(n, title)).all(|shown| !shown)
        });
        run.keys("_").sees_all_panes();
        assert_eq!(run.keys("q").end(), 0);
    }
}

#[test]
fn enter_opens_an_incident_and_esc_goes_back_without_ending() {
    let mut run = Start::demo().run();
    run.sees_all_panes()
        .keys("\r")
        .sees("Login returns 500 after deploy 4.9.8")
        .until("the detail", |screen| !screen.contents().contains("─ 1 Incidents"));
    run.keys("\x1b").sees_all_panes();
    run.keys("\x1b\x1b").sees_all_panes();
    assert_eq!(run.ended(), None);
}

#[test]
fn an_incident_is_taken_on() {
    let mut run = Start::demo().run();
    run.sees_all_panes().keys("a").sees("api#812 taken on by").sees("(saved)").sees("‼✓P0 api#812");
    assert_eq!(run.keys("q").end(), 0);
}

#[test]
fn space_ticks_and_unticks_in_the_release() {
    let mut run = Start::demo().size(120, 40).run();
    run.sees_all_panes().sees("27/41 done");
    run.keys("4 ").sees("27 of 41 done");
    run.keys(" ").sees("(saved)").loses("27 of 41 done");
    run.keys(" ").sees("27 of 41 done");
    assert_eq!(run.keys("q").end(), 0);
}

#[test]
fn every_size_shows_what_it_has_room_for() {
    let mut run = Start::demo().run();
    run.sees_all_panes().sees("q quit");
    let first = run.text();
    run.resize(60, 20).sees_all_panes();
    run.resize(20, 5).sees("needs 40x10");
    run.resize(1, 1).until("!", |screen| screen.contents().trim() == "!");
    run.resize(200, 60).sees_all_panes().sees("Login returns 500 after deploy 4.9.8");
    run.resize(80, 24).shows(&first);
    assert_eq!(run.keys("q").end(), 0);
}

#[test]
fn many_sizes_in_a_row_end_in_the_last() {
    let mut run = Start::demo().run();
    run.sees_all_panes().sees("q quit");
    let first = run.text();
    for step in 0..40 {
        run.resize(80 + step, 24 + step % 7);
    }
    run.resize(80, 24).shows(&first);
    assert_eq!(run.keys("q").end(), 0);
}
