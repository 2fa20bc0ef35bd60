//! `watchfloor slo …`: objectives as they stand, why, and where they come from.

pub mod check;
mod import;

use chrono::{DateTime, Utc};

use crate::{
    cli::{
        args::{Common, Slo, SloCommand},
        board, exit,
        failure::{Failure, complain, print},
        setup, show,
    },
    domain::{slo::burn::Severity, trouble::nearest, zone::Zones},
    floor::{
        Floor,
        freshness::{Feed, Source},
        slos::Watched,
    },
    sink::{
        json,
        plain::{self, Page},
        slo,
    },
    text::Text,
};

/// Runs it.
///
/// # Errors
/// Wrong settings; a name that is none; a file that cannot be read.
pub async fn run(asked: &Slo, common: &Common, zones: &Zones) -> Result<u8, Failure> {
    let json = asked.printed.json;
    let (name, json) = match &asked.command {
        Some(SloCommand::Import { files }) => return import::run(files, zones),
        None => (None, json),
        Some(SloCommand::List(printed)) => (None, json || printed.json),
        Some(SloCommand::Why { name, printed }) => (Some(name.as_str()), json || printed.json),
    };
    let mut setup = setup::set_up(common, zones)?;
    // Hosts have no part in it, and are not asked.
    setup.recall().await;
    setup.read_feed(Feed::Metrics).await;
    if setup.floor.slos().is_empty() {
        let hint = "write [[slo]] in watchfloor.toml, or import some: watchfloor slo import FILE";
        return Err(Failure::new(exit::CONFIG, "find an objective: the settings name none", hint));
    }
    let now = setup.printed_at();
    setup.floor.settle(now);
    for note in setup.notes.iter().map(ToString::to_string).chain(troubles(&setup.floor)) {
        complain(&format!("note: {}", Text::scrub(&note)));
    }
    match name {
        None => print_all(&setup.floor, json, zones, now)?,
        Some(name) => print_one(&setup.floor, name, json, zones, now)?,
    }
    let is_whole = setup.floor.sources_of(Feed::Metrics).all(Source::is_whole);
    Ok(if is_whole { exit::DONE } else { exit::COULD_NOT_JUDGE })
}

/// Sources of signals that could not be read, or not whole: each is a reason for the exit code.
fn troubles(floor: &Floor) -> Vec<String> {
    let away = |s: &Source| s.trouble.as_ref().map(|(t, _, why)| format!("{}: {}: {why}", s.name, t.word()));
    floor.sources_of(Feed::Metrics).flat_map(|s| away(s).into_iter().chain(s.left_out())).collect()
}

/// The objectives of a settled floor, for a sink.
pub fn told(floor: &Floor) -> Vec<slo::Slo<'_>> {
    floor.slos().iter().filter_map(one).collect()
}

fn one(watched: &Watched) -> Option<slo::Slo<'_>> {
    Some(slo::Slo {
        slo: &watched.slo,
        standing: watched.standing.as_ref()?,
        alerts: Severity::ALL.map(|severity| (severity, watched.alert(severity))),
        absent: watched.absent,
        n_late: watched.n_late(),
    })
}

fn print_all(floor: &Floor, json: bool, zones: &Zones, now: DateTime<Utc>) -> Result<(), Failure> {
    let told = told(floor);
    if json {
        let on_wire: Vec<_> = told.iter().map(json::slo::Slo::of).collect();
        return print(&board::pretty(&board::document("slo", zones, now).with("slos", on_wire).value()));
    }
    let mut page = Page::new(show::width());
    page.heading(&floor.team, &floor.zone, now);
    page.blank();
    plain::slo::list(&mut page, &told, &floor.zone);
    print(&page.finish())
}

fn print_one(floor: &Floor, name: &str, json: bool, zones: &Zones, now: DateTime<Utc>) -> Result<(), Failure> {
    let told = told(floor);
    let Some(found) = told.iter().find(|told| told.slo.name.as_str().eq_ignore_ascii_case(name.trim())) else {
        let near = nearest(name, told.iter().map(|told| told.slo.name.as_str()));
        let hint = near.map_or("watchfloor slo lists them".to_owned(), |near| format!("did you mean {near}?"));
        let what = format!("find an objective called {}", Text::scrub(name));
        return Err(Failure::new(exit::USAGE, what, &hint));
    };
    if json {
        let document = board::document("slo_why", zones, now).with("slo", json::slo::Slo::of(found));
        return print(&board::pretty(&document.value()));
    }
    let mut page = Page::new(show::width());
    page.heading(&floor.team, &floor.zone, now);
    page.blank();
    plain::slo::why(&mut page, found, &floor.zone, now);
    print(&page.finish())
}
