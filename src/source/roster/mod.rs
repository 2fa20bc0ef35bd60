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
//!
//! [[schedule.off]]                      # Hours at which nobody needs to be on call: they are no gap.
//! days = "weekend"                      # As in `hours` of a layer; default every day.
//! from = "00:00"
//! to = "24:00"
//! note = "the vendor covers weekends"   # `zone` may name another clock than the roster's.
//!
//! [[leave]]                             # Somebody is away; it moves nobody by itself; duty in it fails `oncall check`.
//! user = "cleo"
//! from = 2026-08-03
//! to = 2026-08-17
//! note = "summer"
//!
//! [[escalation]]                        # Who is told when nobody acknowledges.
//! name = "urgent"
//! priorities = ["P0", "P1"]             # The default; the first policy that names a priority judges it.
//! repeat = 2                            # Two more rounds after the first; 0 to 9, default 0.
//! ack_timeout = "30m"                   # An acknowledgement lapses; default never.
//! reserve = "ana"                       # Told when a whole round finds nobody, or all rounds are through.
//!
//! [[escalation.step]]
//! notify = ["seat:primary"]             # Whoever is on call on a seat, or a person.
//! delay = "5m"                          # Until the next step, while nobody acknowledged.
//!
//! [[escalation.step]]
//! notify = ["seat:primary", "ben"]
//! delay = "10m"
//! ```

pub mod calendar;
pub mod edit;
mod escalation;
mod exception;
pub mod import;
mod layer;
mod reader;
pub mod write;

use crate::{
    domain::{
        rota::{Contact, Leave, Off, Roster, Schedule},
        trouble::Problem,
        zone::{Zone, Zones},
    },
    source::roster::{
        calendar::Feed,
        reader::{MOST_AT_ONCE, MOST_LAYERS, MOST_PEOPLE, Reader, Table},
    },
    text::Text,
};

/// Reads a roster file. The calendars it asks for are not in it: see [`read_with_feeds`].
///
/// # Errors
/// Every problem at once, in the order of their lines. A file that is no TOML is reported as that alone, one problem a line.
pub fn read(file: &str, zones: &Zones) -> Result<Roster, Vec<Problem>> {
    read_with_feeds(file, zones).map(|(roster, _)| roster)
}

/// Reads a roster file, and which calendars its seats ask for: their shifts are still missing from the roster.
///
/// # Errors
/// As [`read`].
pub fn read_with_feeds(file: &str, zones: &Zones) -> Result<(Roster, Vec<Feed>), Vec<Problem>> {
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
    let mut feeds = Vec::new();
    let roster = roster(&mut reader, &Table::top(&document), &mut feeds);
    let problems = reader.into_problems();
    match roster {
        Some(roster) if problems.is_empty() => Ok((roster, feeds)),
        _ => Err(problems),
    }
}

fn roster(reader: &mut Reader, top: &Table, feeds: &mut Vec<Feed>) -> Option<Roster> {
    reader.only(top, &["zone", "person", "schedule", "leave", "escalation"]);
    reader.need(top, "zone", "write the zone the rota is kept in, such as zone = \"Europe/Berlin\"");
    let zone = reader.zone(top, "zone");
    // Everybody is known before the first layer names somebody.
    let people = reader.tables(top, "person");
    if let Some(value) = top.get("person")
        && reader.is_over(value.span(), "person", people.len(), MOST_PEOPLE, "people")
    {
        return None;
    }
    let people: Vec<_> = people.iter().map(|person| contact(reader, person)).collect();
    // A broken zone is one problem, not one more for every clock that would be read in it.
    let clocks = zone.clone().unwrap_or(crate::domain::zone::Zone::utc());
    let seats = reader.tables(top, "schedule");
    if seats.is_empty() && !top.has("schedule") {
        reader.complain(0..0, "schedule", "there is no schedule", Some("write one [[schedule]] for each seat"));
    }
    let n_layers = seats.iter().filter_map(|seat| seat.get("layer")?.get_ref().as_array()).map(|layers| layers.len());
    if let Some(value) = top.get("schedule")
        && reader.is_over(value.span(), "schedule", n_layers.sum(), MOST_LAYERS, "layers")
    {
        return None;
    }
    let mut names: Vec<Text> = Vec::new();
    let mut schedules = Vec::new();
    for (nth, seat) in seats.iter().enumerate() {
        reader.only(seat, &["name", "layer", "calendar", "override", "off"]);
        let name = reader.name(seat, "name", &mut names);
        let layers: Vec<_> = (1..)
            .zip(reader.tables(seat, "layer"))
            .map(|(nth, table)| layer::read(reader, &table, nth, &clocks))
            .collect();
        let overrides: Vec<_> =
            reader.tables(seat, "override").iter().map(|table| exception::read(reader, table, &clocks)).collect();
        let off: Vec<_> = reader.tables(seat, "off").iter().map(|table| off_hours(reader, table, &clocks)).collect();
        let calendars = reader.tables(seat, "calendar");
        feeds.extend((1..).zip(&calendars).filter_map(|(n, table)| calendar::read(reader, table, n, nth)));
        if layers.is_empty() && overrides.is_empty() && calendars.is_empty() {
            reader.complain(seat.span(), &seat.path, "nobody is ever on call", Some("add a [[schedule.layer]]"));
        }
        let parts = name.zip(layers.into_iter().collect()).zip(overrides.into_iter().collect());
        let off: Option<Vec<_>> = off.into_iter().collect();
        schedules.push(parts.zip(off).map(|(((name, layers), overrides), off)| {
            let mut schedule = Schedule::new(name, layers, overrides);
            schedule.off = off;
            schedule
        }));
    }
    let layers = schedules.iter().flatten().flat_map(|seat| &seat.layers);
    let at_once = layers.map(|layer| layer.participants.iter().map(Vec::len).max().unwrap_or_default()).sum();
    if let Some(value) = top.get("schedule") {
        reader.is_over(value.span(), "schedule", at_once, MOST_AT_ONCE, "people on call at once");
    }
    let leave: Vec<_> = reader.tables(top, "leave").iter().map(|table| absence(reader, table, &clocks)).collect();
    let escalations = escalation::read_all(reader, top, &names);
    let people = people.into_iter().collect::<Option<_>>();
    let mut roster = Roster::new(zone?, people?, schedules.into_iter().collect::<Option<_>>()?);
    roster.leave = leave.into_iter().collect::<Option<_>>()?;
    roster.escalations = escalations?;
    Some(roster)
}

/// `[[schedule.off]]`: hours at which nobody needs to be on call.
fn off_hours(reader: &mut Reader, table: &Table, roster_zone: &Zone) -> Option<Off> {
    reader.only(table, &["days", "from", "to", "zone", "note"]);
    let own_zone = reader.zone(table, "zone");
    let has_zone = own_zone.is_some() || !table.has("zone");
    let hours = layer::hours_of(reader, table);
    let note = reader.text(table, "note");
    has_zone.then_some(())?;
    Some(Off { zone: own_zone.unwrap_or_else(|| roster_zone.clone()), hours: vec![hours?], note })
}

/// `[[leave]]`: somebody is away.
fn absence(reader: &mut Reader, table: &Table, zone: &Zone) -> Option<Leave> {
    reader.only(table, &["user", "from", "to", "note"]);
    for (key, hint) in
        [("user", "write user = \"ana\""), ("from", "write from = 2026-08-03"), ("to", "write to = 2026-08-17")]
    {
        reader.need(table, key, hint);
    }
    let user = table.get("user").and_then(|value| reader.person(value, &table.key("user")));
    let start = reader.instant(table, "from", zone);
    let end = reader.instant(table, "to", zone);
    if let (Some(start), Some(end), Some(value)) = (start, end, table.get("to"))
        && end <= start
    {
        let hint = "the first day back: a leave of one day ends on the next";
        reader.complain(value.span(), &table.key("to"), "not after from", Some(hint));
    }
    let note = reader.text(table, "note");
    Some(Leave { user: user?, start: start?, end: end?, note })
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
