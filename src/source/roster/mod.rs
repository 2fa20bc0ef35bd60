//! The roster file: who there is, the seats, their rotations and exceptions; every problem reported at once.
//!
//! ```toml
//! zone = "Europe/Berlin"                # The zone of every wall clock below, unless a layer names its own.
//!
//! [[person]]
//! id = "ana"                            # The short name used below.
//! name = "Ana Ruiz"                     # Optional, as are login, reach and zone.
//! login = "ana-r"                       # On the code host.
//! reach = "+49 30 555 0100"
//! zone = "Europe/Madrid"                # Where she lives.
//!
//! [[person]]
//! id = "ben"
//!
//! [[person]]
//! id = "cleo"
//!
//! [[schedule]]                          # One for each seat, the most important first.
//! name = "primary"
//!
//! [[schedule.layer]]
//! name = "weeks"
//! anchor = 2026-01-05T09:00:00          # A hand-off, by the wall clock of the layer's zone.
//! shift = "1 week"                      # Or "12 hours", "1 day", "2 months".
//! people = ["ana", ["ben", "cleo"]]     # Turns, in order; a list in the list takes its turn together.
//!
//! [[schedule.layer]]
//! name = "nights"
//! zone = "America/New_York"
//! level = 1                             # Hides lower levels while it is active; equal levels unite. Default 0.
//! anchor = 2026-01-05                   # A date alone is its midnight.
//! shift = "1 day"
//! people = ["cleo", "ben"]
//! start = 2026-02-01T00:00:00           # Silent before; `end` likewise. Local time, or with an offset.
//! advance = "active-days"               # Step only on the days of `hours`; default "always".
//! hours = [
//!     { days = "weekdays", from = "20:00", to = "08:00" },    # `to` not after `from` is on the next day.
//!     { days = ["sat", "sun"], from = "00:00", to = "24:00" },
//! ]
//!
//! [[schedule.override]]
//! kind = "replace-all"                  # The default; else "replace" (user, with), "add" (user), "remove" (user).
//! people = ["ana"]
//! from = 2026-12-24T00:00:00            # The wall clock of the roster's zone, or with an offset.
//! to = 2026-12-27T00:00:00+01:00
//! note = "holidays"                     # `level` and `created` decide between overlapping ones.
//! ```

mod exception;
mod layer;
mod reader;

use crate::{
    domain::{
        rota::{Contact, Roster, Schedule},
        trouble::Problem,
        zone::Zones,
    },
    source::roster::reader::{Reader, Table},
    text::Text,
};

/// Reads a roster file.
///
/// # Errors
/// Every problem at once, in the order of their lines. A file that is no TOML is reported as that alone, one problem a line.
pub fn read(file: &str, zones: &Zones) -> Result<Roster, Vec<Problem>> {
    let (document, broken) = toml::de::DeTable::parse_recoverable(file);
    let mut reader = Reader::new(file, zones);
    for error in &broken {
        reader.complain(error.span().unwrap_or_default(), "", error.message(), None);
    }
    if !broken.is_empty() {
        let mut problems = reader.into_problems();
        // What follows the first fault of a line is mostly its echo.
        problems.dedup_by_key(|problem| problem.line);
        return Err(problems);
    }
    let roster = roster(&mut reader, &Table::top(&document));
    let problems = reader.into_problems();
    match roster {
        Some(roster) if problems.is_empty() => Ok(roster),
        _ => Err(problems),
    }
}

fn roster(reader: &mut Reader, top: &Table) -> Option<Roster> {
    reader.only(top, &["zone", "person", "schedule"]);
    reader.need(top, "zone", "write the zone the rota is kept in, such as zone = \"Europe/Berlin\"");
    let zone = reader.zone(top, "zone");
    // Everybody is known before the first layer names somebody.
    let people: Vec<_> = reader.tables(top, "person").iter().map(|person| contact(reader, person)).collect();
    // A broken zone is one problem, not one more for every clock that would be read in it.
    let clocks = zone.clone().unwrap_or(crate::domain::zone::Zone::utc());
    let seats = reader.tables(top, "schedule");
    if seats.is_empty() && !top.has("schedule") {
        reader.complain(0..0, "schedule", "there is no schedule", Some("write one [[schedule]] for each seat"));
    }
    let mut names: Vec<Text> = Vec::new();
    let mut schedules = Vec::new();
    for seat in &seats {
        reader.only(seat, &["name", "layer", "override"]);
        let name = reader.name(seat, "name", &mut names);
        let layers: Vec<_> = (1..)
            .zip(reader.tables(seat, "layer"))
            .map(|(nth, table)| layer::read(reader, &table, nth, &clocks))
            .collect();
        let overrides: Vec<_> =
            reader.tables(seat, "override").iter().map(|table| exception::read(reader, table, &clocks)).collect();
        if layers.is_empty() && overrides.is_empty() {
            reader.complain(seat.span(), &seat.path, "nobody is ever on call", Some("add a [[schedule.layer]]"));
        }
        schedules.push(name.zip(layers.into_iter().collect()).zip(overrides.into_iter().collect()));
    }
    let schedules: Option<Vec<_>> = schedules
        .into_iter()
        .map(|parts| parts.map(|((name, layers), overrides)| Schedule::new(name, layers, overrides)))
        .collect();
    Some(Roster::new(zone?, people.into_iter().collect::<Option<_>>()?, schedules?))
}

fn contact(reader: &mut Reader, person: &Table) -> Option<Contact> {
    reader.only(person, &["id", "name", "login", "reach", "email", "zone"]);
    let mut known = std::mem::take(&mut reader.people);
    let id = reader.name(person, "id", &mut known);
    reader.people = known;
    let name = reader.text(person, "name").unwrap_or_default();
    let login = reader.text(person, "login");
    let reach = reader.text(person, "reach");
    let zone = reader.zone(person, "zone");
    let email = reader.text(person, "email");
    Some(Contact { id: id?, name, login, reach, email, zone })
}

#[cfg(test)]
mod tests;
