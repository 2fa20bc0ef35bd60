//! `watchfloor status|queue|sla|oncall|metrics`: the floor, once, as text or JSON.

use std::io::{self, IsTerminal as _};

use chrono::{DateTime, Utc};

use crate::{
    cli::{
        args::{Board, Common, Demo},
        board::{self, Part},
        console, exit,
        failure::{Failure, print, print_json},
        setup, then,
    },
    domain::zone::Zones,
    floor::{
        Floor,
        freshness::{Feed, Source},
    },
    shell::{clock::Clock, terminal},
    sink::plain,
};

/// Columns of plain text: what `COLUMNS` says, else the terminal's, else as many as leave everything whole: a file or a
/// pipe has no edge.
pub fn width() -> usize {
    let said = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    let seen = || io::stdout().is_terminal().then(|| usize::from(terminal::size().0));
    said.or_else(seen).unwrap_or(plain::WHOLE).clamp(80, 400)
}

/// Prints one part of the board as it is, or as it was known at an instant.
///
/// # Errors
/// Wrong settings, or an instant that has not come.
pub async fn now_or_then(part: Part, asked: Board, common: &Common, zones: &Zones) -> Result<u8, Failure> {
    match asked.at {
        Some(at) => then::run(part, at, asked.printed.json, common, zones),
        None => run(part, asked.printed.json, common, zones).await,
    }
}

/// Prints one part of the board.
///
/// # Errors
/// Wrong settings.
pub async fn run(part: Part, json: bool, common: &Common, zones: &Zones) -> Result<u8, Failure> {
    let mut setup = setup::set_up(common, zones)?;
    setup.read_all().await;
    let now = setup.judged_at();
    for note in &setup.notes {
        crate::cli::failure::complain(&format!("note: {}", crate::text::Text::scrub(note)));
    }
    for warning in &setup.warnings {
        crate::cli::failure::complain(&format!("warning: {warning}"));
    }
    print_board(&setup.floor, part, json, zones, now)?;
    Ok(code(&setup.floor, part))
}

/// The exit code: what was printed is whole only if everything it is made of was heard.
pub fn code(floor: &Floor, part: Part) -> u8 {
    let feeds = feeds_of(part);
    let is_whole = floor.sources.iter().filter(|s| feeds.contains(&s.feed)).all(Source::is_whole);
    // What rules look back on may have holes, and a rule may fail.
    let is_whole = is_whole && (!feeds.contains(&Feed::Metrics) || floor.doubts().is_empty());
    if is_whole { exit::DONE } else { exit::COULD_NOT_JUDGE }
}

/// What a part of the board is made of: it is whole only if all of these were heard.
pub fn feeds_of(part: Part) -> &'static [Feed] {
    match part {
        Part::Status => &[Feed::Host, Feed::History, Feed::Roster, Feed::Release, Feed::Metrics, Feed::Alerts],
        Part::Queue => &[Feed::Host, Feed::History, Feed::Alerts],
        Part::Sla => &[Feed::Host, Feed::History],
        Part::OnCall => &[Feed::Roster],
        Part::Release => &[Feed::Release],
        Part::Metrics => &[Feed::Metrics],
    }
}

/// Prints the board of a simulated world.
///
/// # Errors
/// Standard output is full.
pub fn demo(demo: &Demo, common: &Common, zones: &Zones) -> Result<u8, Failure> {
    let now = common.now.unwrap_or_else(|| Clock::Wall.now());
    let (mut world, mut floor) = console::world(demo, now, zones);
    for fact in world.until(now) {
        floor.apply(fact, now);
    }
    floor.settle(now);
    print_board(&floor, Part::Status, demo.json, zones, now)?;
    Ok(exit::DONE)
}

/// Prints a settled floor.
///
/// # Errors
/// Standard output is full or closed.
pub fn print_board(floor: &Floor, part: Part, json: bool, zones: &Zones, now: DateTime<Utc>) -> Result<(), Failure> {
    if json {
        print_json(&board::written(floor, part, zones.version(), now))
    } else {
        print(&board::plain(floor, part, width(), now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{demo::World, domain::time::parse_rfc3339};

    #[test]
    fn a_board_that_is_written_as_it_goes_is_the_same_byte_for_byte() {
        let (now, zones) = (parse_rfc3339("2026-11-20T02:12:00Z").unwrap(), Zones::bundled());
        let mut world = World::new(7, now, 60, &zones);
        let mut floor = world.floor();
        let blank = world.floor();
        for fact in world.opening() {
            floor.apply(fact, now);
        }
        floor.settle(now);
        assert!(floor.release().is_some_and(|release| release.courses.iter().any(|it| !it.plan.steps.is_empty())));
        for (floor, part) in
            [(&floor, Part::Status), (&floor, Part::Release), (&floor, Part::Queue), (&blank, Part::Status)]
        {
            let written = serde_json::to_string_pretty(&board::written(floor, part, "2026a", now)).unwrap();
            assert!(written + "\n" == board::pretty(&board::json(floor, part, "2026a", now)), "{part:?}");
        }
    }
}
