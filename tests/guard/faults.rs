//! Planted faults: each rule must bite where it should, and nowhere else.

use super::{
    lexer::Source,
    rules::{faults, of_this_machine},
};

/// The one fault of a text, without its place.
fn fault(path: &str, text: &str) -> String {
    let found = faults(&Source::read(path, text));
    assert_eq!(found.len(), 1, "{path}: {text}: {found:?}");
    found[0].splitn(3, ':').nth(2).unwrap_or_default().trim().to_owned()
}

fn assert_bites(cases: &[(&str, &str, &str)]) {
    for (path, text, expected) in cases {
        assert_eq!(fault(path, text), *expected, "{path}: {text}");
    }
}

fn assert_clean(cases: &[(&str, &str)]) {
    for (path, text) in cases {
        assert_eq!(faults(&Source::read(path, text)), Vec::<String>::new(), "{path}: {text}");
    }
}

#[test]
fn an_import_upwards_is_found_however_it_is_written() {
    assert_bites(&[
        ("src/domain/sla/run.rs", "use crate::floor::Floor;", "`domain` imports `floor`"),
        ("src/domain/time.rs", "fn f() { crate::shell::clock::now(); }", "`domain` imports `shell`"),
        ("src/floor/queue.rs", "use crate::{domain::sla, tui::{action::Action}};", "`floor` imports `tui`"),
        ("src/source/roster/mod.rs", "use super::super::sink;", "`source` imports `sink`"),
        ("src/sink/plain.rs", "use super::super::source::Batch;", "`sink` imports `source`"),
        ("src/source/mod.rs", "pub(crate) use crate::floor::fact::Fact as F;", "`source` imports `floor`"),
        ("src/tui/view.rs", "use crate::source::Batch;", "`tui` imports `source`"),
        ("src/tui/view.rs", "use watchfloor::shell;", "`tui` imports `shell`"),
        ("src/demo/mod.rs", "use crate::config::Settings;", "`demo` imports `config`"),
        ("src/config/mod.rs", "use crate::floor::Floor;", "`config` imports `floor`"),
        ("src/shell/engine.rs", "use crate::cli::args::Cli;", "`shell` imports `cli`"),
        ("src/text.rs", "use crate::domain::time;", "`text` imports `domain`"),
        ("src/wire.rs", "use crate::text::Text;", "`wire` imports `text`"),
        ("src/main.rs", "fn main() { watchfloor::shell::run() }", "`main` imports `shell`"),
        ("src/domain/mod.rs", "use crate as house;", "the whole crate under another name"),
        ("src/domain/mod.rs", "use crate::*;", "the whole crate under another name"),
        ("src/utils/mod.rs", "use crate::text;", "`utils` stands in no row of the import table"),
        ("src/domain/mod.rs", "macro_rules! m { () => { $crate::tui::x() } }", "`domain` imports `tui`"),
    ]);
}

#[test]
fn a_pure_folder_that_reaches_the_world_is_found() {
    let pure = |what: &str| format!("`floor` is pure, yet {what}");
    for (text, what) in [
        ("use std::fs;", "names std::fs"),
        ("use std::{collections::BTreeMap, time::{Duration, Instant}};", "names std::time::Instant"),
        ("fn f() { std::env::var(x); }", "names std::env::var"),
        ("use std::{net::IpAddr};", "names std::net::IpAddr"),
        ("use std as s;", "names std"),
        ("use std::time;", "names std::time"),
        ("use std::*;", "names std::*"),
        ("use std::time::SystemTime as T;", "names std::time::SystemTime"),
        ("fn f() { std::process::exit(1) }", "names std::process::exit"),
        ("fn f() { ::std::thread::spawn(g); }", "names std::thread::spawn"),
        ("fn f() { let now = Utc::now(); }", "names Utc::now"),
        ("fn f() { let now = chrono::Utc::now(); }", "names chrono::Utc::now"),
        ("use chrono::{DateTime, Local};", "names chrono::Local"),
        ("use std::io; fn f() { io::stdout(); }", "names io::stdout"),
        ("use glob::*;", "names glob::*"),
        ("use tokio::sync::mpsc;", "names tokio::sync::mpsc"),
        ("extern crate tokio as quiet;", "names tokio"),
        ("use reqwest::Client;", "names reqwest::Client"),
        ("use rusqlite as db;", "names rusqlite"),
        ("use crossterm::event;", "names crossterm::event"),
        ("use rustix::fs;", "names rustix::fs"),
        ("fn f(p: &Path) -> bool { p.exists() }", "looks at the disk: .exists()"),
    ] {
        assert_eq!(fault("src/floor/mod.rs", text), pure(what), "{text}");
    }
    for path in ["domain/time.rs", "source/mod.rs", "sink/mod.rs", "config/mod.rs", "demo/mod.rs", "text.rs", "wire.rs"]
    {
        assert_eq!(faults(&Source::read(&format!("src/{path}"), "use std::fs;")).len(), 1, "{path}");
    }
    assert_bites(&[("src/floor/mod.rs", "use ratatui::layout::Rect;", "`floor` draws: ratatui::layout::Rect")]);
    assert_bites(&[("src/cli/mod.rs", "use ratatui::init;", "`cli` draws: ratatui::init")]);
}

#[test]
fn panes_that_know_each_other_and_drawing_outside_views_are_found() {
    assert_bites(&[
        ("src/tui/sla/view.rs", "use crate::tui::queue;", "pane `sla` imports pane `queue`"),
        ("src/tui/rota/mod.rs", "use super::release::State;", "pane `rota` imports pane `release`"),
        ("src/tui/metrics/view.rs", "fn f() { super::super::queue::g() }", "pane `metrics` imports pane `queue`"),
        ("src/tui/rota/mod.rs", "use ratatui::layout::Rect;", "ratatui::layout::Rect is not for this file"),
        ("src/tui/mod.rs", "use ratatui::buffer::Buffer;", "ratatui::buffer::Buffer is not for this file"),
        (
            "src/tui/keymap.rs",
            "fn f() { ratatui::style::Color::Red; }",
            "ratatui::style::Color::Red is not for this file",
        ),
        ("src/tui/view.rs", "use ratatui::Terminal;", "ratatui::Terminal is not for this file"),
        ("src/tui/view.rs", "use ratatui::*;", "ratatui::* is not for this file"),
        ("src/tui/queue/view.rs", "use ratatui as r;", "ratatui:: is not for this file"),
        ("src/tui/theme.rs", "use ratatui::text::Span;", "ratatui::text::Span is not for this file"),
    ]);
}

#[test]
fn wire_shapes_sudden_ends_silence_and_length_are_found() {
    let lines = "x;\n".repeat(401);
    assert_bites(&[
        ("src/domain/incident.rs", "#[derive(Debug, Serialize)] struct A;", "a wire shape in the domain: Serialize"),
        ("src/domain/incident.rs", "impl<'a> Deserialize<'a> for A {}", "a wire shape in the domain: Deserialize"),
        ("src/cli/mod.rs", "fn f() { x.unwrap(); }", "`unwrap` may end the program"),
        ("src/cli/mod.rs", "fn f() { x.map(Option::unwrap); }", "`unwrap` may end the program"),
        ("src/cli/mod.rs", "fn f() { x.expect(\"y\"); }", "`expect` may end the program"),
        ("src/cli/mod.rs", "fn f() { panic!(\"y\") }", "`panic` may end the program"),
        ("src/cli/mod.rs", "fn f() { todo!() }", "`todo` may end the program"),
        ("src/cli/mod.rs", "fn f() { std::unimplemented!() }", "`unimplemented` may end the program"),
        ("src/cli/mod.rs", "#[allow(dead_code)] fn f() {}", "a lint allowed"),
        ("src/cli/mod.rs", "#![cfg_attr(unix, allow(dead_code))]", "a lint allowed"),
        ("src/cli/mod.rs", concat!("#[cfg(test)] mod tests { #[test] #[", "ignore] fn f() {} }"), "an ignored test"),
        ("src/cli/mod.rs", "#[cfg(test)] mod tests { #[cfg_attr(x, ignore)] fn f() {} }", "an ignored test"),
        ("src/cli/mod.rs", "#[path = \"../x.rs\"] mod x;", "a module from elsewhere"),
        ("src/cli/mod.rs", &lines, "401 lines before its tests, at most 400"),
    ]);
}

#[test]
fn a_clean_house_passes() {
    let lines = format!("{}#[cfg(test)]\nmod tests {{\n{}}}\n", "x;\n".repeat(400), "y;\n".repeat(900));
    assert_clean(&[
        ("src/main.rs", "fn main() -> ExitCode { ExitCode::from(watchfloor::cli::run()) }"),
        ("src/cli/mod.rs", "use crate::{shell, tui::Model, source::Batch, sink, wire}; use std::{env, fs};"),
        ("src/shell/clock.rs", "use std::time::Instant; fn now() { Utc::now() } use ratatui::buffer::Buffer;"),
        ("src/source/mod.rs", "use crate::{domain::trouble, text::Text, wire::Response}; use std::io::BufRead;"),
        ("src/demo/mod.rs", "use crate::floor::fact::Fact; use chrono::{DateTime, TimeDelta, Utc};"),
        ("src/config/units.rs", "use std::time::Duration; fn f() -> std::time::Duration { x.expect_it() }"),
        (
            "src/floor/mod.rs",
            "//! Never std::fs, never x.unwrap().\n/* use crate::tui; */ const A: &str = \"use tokio::x\";",
        ),
        (
            "src/floor/mod.rs",
            "fn f() { x.unwrap_or(1); y.unwrap_or_default(); #[expect(clippy::x, reason = \"y\")] z; }",
        ),
        (
            "src/floor/mod.rs",
            "#[cfg(test)] mod tests { use crate::source; use std::fs; fn f() { x.unwrap(); panic!() } }",
        ),
        (
            "src/tui/sla/view.rs",
            "use crate::tui::{detail, canvas::Canvas, sla}; use ratatui::{layout::Rect, text::Line};",
        ),
        ("src/tui/mod.rs", "use crate::tui::{queue, sla}; use ratatui::layout::Rect;"),
        ("src/tui/metrics/chart.rs", "use ratatui::{layout::Rect, style::Style};"),
        ("src/domain/mod.rs", "pub mod sla; pub(crate) use self::sla::judge; fn f() { super::domain::sla::g() }"),
        ("src/text.rs", &lines),
    ]);
}

#[test]
fn a_path_of_one_machine_is_found() {
    let (work, home, beside) = (concat!("/wo", "rk/main"), concat!("/ro", "ot/.cargo"), concat!("../sha", "red/data"));
    for text in [format!("see {work}"), format!("\"{home}\""), format!("in {beside}"), format!("cd `{work}`")] {
        assert_eq!(of_this_machine("README.md", &text).len(), 1, "{text}");
    }
    for text in [format!("out{work}"), format!("https://example.org{home}"), "/workshop/".to_owned()] {
        assert_eq!(of_this_machine("README.md", &text), Vec::<String>::new(), "{text}");
    }
}
