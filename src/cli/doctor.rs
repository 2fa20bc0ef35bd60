//! `watchfloor doctor`: what was found, which zone data, which colours, which paths.

use std::{
    env,
    io::{self, IsTerminal as _},
    path::Path,
};

use serde_json::json;

mod hosts;

use crate::{
    cli::{
        args::Common,
        board, exit,
        failure::{Failure, print},
        setup,
    },
    domain::zone::{Origin, Zones},
    floor::freshness::Worth,
    shell::{
        clock::Clock,
        keeper::{in_words, on_a_network},
        paint::Depth,
        store::{Journal, Store, lead},
        terminal, zones as host_zones,
    },
    sink::json::FORMAT,
    text::Text,
};

/// Prints it.
///
/// # Errors
/// Standard output is full. Wrong settings are part of the report, and exit code 3.
pub async fn run(json: bool, common: &Common, zones: &Zones) -> Result<u8, Failure> {
    let mut rows = Vec::new();
    let mut row = |name: &'static str, value: String| rows.push((name, Text::scrub(&value)));
    row("version", env!("CARGO_PKG_VERSION").to_owned());
    let origin = match zones.origin() {
        Origin::Bundled => "bundled, not older than the host's",
        Origin::Host => "the host's, newer than the bundled copy",
    };
    row("zone data", format!("{} ({origin})", zones.version()));
    let host = host_zones::host_version(Path::new("/usr/share/zoneinfo"));
    row("host zone data", host.unwrap_or_else(|| "none, or it does not say".to_owned()));
    row("host zone", host_zones::of_host(zones).name().to_owned());
    for (name, value) in screen() {
        row(name, value);
    }
    let path = |p: Option<std::path::PathBuf>| {
        p.map_or("unknown: HOME is not set".to_owned(), |p| p.to_string_lossy().into_owned())
    };
    row("settings folder", path(setup::config_folder()));
    row("state folder", path(setup::state_folder(common)));
    if let Some(folder) = setup::state_folder(common) {
        row("state file", state_file(&folder));
        row("state lock", lead::told_of(&folder));
    }
    for name in ["HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY"] {
        if env::var_os(name).or_else(|| env::var_os(name.to_lowercase())).is_some() {
            row("proxy", format!("{name} is set; never used for loopback"));
        }
    }
    let settings = setup::find_settings(common);
    row("settings", settings.as_ref().map_or("none".to_owned(), |(p, _)| p.to_string_lossy().into_owned()));
    let mut exit = exit::DONE;
    match setup::set_up(common, zones) {
        Ok(mut setup) => {
            for note in setup.notes.clone() {
                row("found", note);
            }
            row("zone on screen", setup.floor.zone.name().to_owned());
            setup.read_all().await;
            let now = setup.clock.now();
            for source in &setup.floor.sources {
                let state = match (&source.trouble, source.worth(now)) {
                    (Some((trouble, _, why)), _) => {
                        exit = exit::COULD_NOT_JUDGE;
                        format!("{}: {}: {why}", source.name, trouble.word())
                    }
                    (None, Worth::Reading) => format!("{}: not asked", source.name),
                    (None, _) => format!("{}: heard", source.name),
                };
                row("source", state);
                for left_out in source.left_out() {
                    row("left out", left_out);
                }
            }
            setup.floor.replay_alerts(now);
            for doubt in setup.floor.doubts() {
                exit = exit::COULD_NOT_JUDGE;
                row("in doubt", doubt);
            }
            let told = hosts::rows(common, zones, setup.clock.now()).await;
            let missing = hosts::missing(&setup.floor, &told);
            for (name, value) in told.into_iter().chain(missing).chain(columns(&setup)) {
                row(name, value);
            }
            let tally = setup.floor.queue().tally();
            let counts = format!("{} open, {} over, {} at risk", tally.open, tally.over, tally.at_risk);
            row("incidents", if setup.floor.knows_incidents() { counts } else { "nothing heard".to_owned() });
        }
        Err(failure) => {
            exit = failure.report();
            row("settings are wrong", "see standard error".to_owned());
        }
    }
    said(&rows, json, common, zones)?;
    Ok(exit)
}

/// What the terminal is, whether the console opens in it, and in how many colors.
fn screen() -> [(&'static str, String); 3] {
    let var = |name: &str| env::var(name).ok();
    let term = var("TERM");
    let words = term.clone().unwrap_or_else(|| "TERM is not set".to_owned());
    let refusal = terminal::refuse_reason(io::stdin().is_terminal(), io::stdout().is_terminal(), term.as_deref());
    let opens = refusal.map_or("opens here".to_owned(), |why| format!("does not open here: {why}"));
    let colors = match terminal::depth(var) {
        Depth::TrueColor => "24-bit",
        Depth::Ansi256 => "256",
        Depth::Ansi16 => "16",
        Depth::None => "none: NO_COLOR, or a terminal without",
    };
    [("terminal", words), ("console", opens), ("colors", colors.to_owned())]
}

/// The columns that were found where the settings do not name them.
fn columns(setup: &setup::Setup) -> Vec<hosts::Row> {
    let found = setup.engine.measuring().map(|measuring| measuring.inferred()).unwrap_or_default();
    found.into_iter().map(|columns| ("columns", columns.to_string())).collect()
}

/// How the state file is kept, and who leads there. Opens it as a console would.
fn state_file(folder: &Path) -> String {
    let store = match Store::open(folder, Clock::Wall.now()) {
        Ok(store) => store,
        Err(error) => return format!("not usable: {}", in_words(&error)),
    };
    let how = match store.journal() {
        _ if store.writable().is_err() => "read only",
        Journal::Log => "with a log beside it",
        Journal::Rollback(kind) => return on_a_network(kind),
    };
    let refused = store.writable().err().map(|error| format!(": {}", in_words(&error))).unwrap_or_default();
    format!("{how}{refused}")
}

fn said(rows: &[(&'static str, Text)], json: bool, common: &Common, zones: &Zones) -> Result<(), Failure> {
    if json {
        let rows: Vec<_> = rows.iter().map(|(n, v)| json!({ "name": n, "value": v.as_str() })).collect();
        let now = common.now.unwrap_or_else(|| Clock::Wall.now());
        let document = board::document("doctor", zones, now).with("format", FORMAT).with("rows", rows);
        print(&board::pretty(&document.value()))
    } else {
        let lines: String = rows.iter().map(|(name, value)| format!("{name:<16} {value}\n")).collect();
        print(&lines)
    }
}
