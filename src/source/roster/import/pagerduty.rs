//! PagerDuty, the answer of `GET /schedules/{id}`.
//!
//! * A reading lists layers from the highest to the lowest, the other way round than a writing does (PagerDuty's
//!   public-support-scripts, pull request 60, read 2026-11), and a higher layer hides the lower ones. So the last layer has
//!   level 0. Where layers bear the names they are given ("Layer 1", "Layer 2") and these run the other way, that is said.
//! * Turn lengths are seconds; whole weeks, days and hours are read as such, by the wall clock (SEMANTICS R2). Others are
//!   refused.
//! * Hours are seconds after a start by the wall clock.
//! * Overrides: `overrides`, or else what of them was rendered into `overrides_subschedule`.

use std::collections::BTreeMap;

use chrono::Weekday;
use serde_json::Value;

use super::{ImportError, LeftOut, field, window};
use crate::{
    domain::{
        rota::{
            Advance, Contact, Layer, Override, OverrideKind, Person, Restriction, Roster, Schedule, ShiftLength,
            ShiftUnit,
        },
        zone::{Zone, Zones},
    },
    text::Text,
};

/// Users by PagerDuty's id.
type Users = BTreeMap<String, Contact>;

pub(super) fn read(
    written: &Value,
    document: &Value,
    zones: &Zones,
    left_out: &mut LeftOut,
) -> Result<Roster, ImportError> {
    let zone = super::zone_of(written.get("time_zone"), "time_zone", zones)?;
    let listed = field::list(written, "schedule_layers");
    let overrides = [
        document.get("overrides"),
        written.get("overrides"),
        written.pointer("/overrides_subschedule/rendered_schedule_entries"),
    ];
    let overrides = overrides.into_iter().flatten().find_map(Value::as_array).map_or(&[][..], Vec::as_slice);
    let members = listed.iter().flat_map(|layer| field::list(layer, "users")).filter_map(|member| member.get("user"));
    let (users, people) = everybody(members.chain(overrides.iter().filter_map(|one| one.get("user"))));
    let mut layers = Vec::new();
    for (nth, value) in listed.iter().enumerate() {
        let level = i32::try_from(listed.len().saturating_sub(nth).saturating_sub(1)).unwrap_or(i32::MAX);
        let name =
            field::text(value, "name").unwrap_or_else(|| Text::scrub(&format!("layer {}", level.saturating_add(1))));
        layers.extend(left_out.keep(name.as_str(), layer(value, &name, level, &zone, &users)));
    }
    if runs_the_other_way(&layers) {
        left_out.note(
            "schedule_layers",
            "the layers' names count up, but a reading lists the highest first: check which level is which",
        );
    }
    // Lowest first, as people read them.
    layers.reverse();
    let mut exceptions = Vec::new();
    for (nth, value) in (1..).zip(overrides) {
        exceptions.extend(left_out.keep(&format!("override {nth}"), exception(value, &users)));
    }
    let name = field::text(written, "name").or_else(|| field::text(written, "summary"));
    let name = name.unwrap_or_else(|| Text::scrub("primary"));
    Ok(Roster::new(zone, people, vec![Schedule::new(name, layers, exceptions)]))
}

/// Everybody named, by id and in order. Their short name is what PagerDuty shows, or its id where two show the same.
fn everybody<'v>(users: impl Iterator<Item = &'v Value>) -> (Users, Vec<Contact>) {
    let mut found: Vec<(String, Option<Text>, Option<Text>)> = Vec::new();
    for user in users {
        let Some(id) = user.get("id").and_then(Value::as_str) else { continue };
        let (name, email) =
            (field::text(user, "summary").or_else(|| field::text(user, "name")), field::text(user, "email"));
        match found.iter_mut().find(|(known, ..)| known == id) {
            Some((_, known_name, known_email)) => {
                *known_name = known_name.take().or(name);
                *known_email = known_email.take().or(email);
            }
            None => found.push((id.to_owned(), name, email)),
        }
    }
    let is_single = |name: &Text| found.iter().filter(|(_, other, _)| other.as_ref() == Some(name)).count() == 1;
    let mut people: Vec<Contact> = Vec::new();
    for (nth, (id, name, email)) in (1..).zip(&found) {
        let short = name.clone().filter(is_single).unwrap_or_else(|| Text::scrub(id));
        let (login, reach, zone) = (None, None, None);
        let short = single(short, nth, &people);
        people.push(Contact {
            id: short,
            name: name.clone().unwrap_or_default(),
            login,
            reach,
            email: email.clone(),
            zone,
        });
    }
    let users = found.into_iter().map(|(id, ..)| id).zip(people.iter().cloned()).collect();
    (users, people)
}

/// A short name that is to be seen and that nobody has yet: ids may differ in signs alone that are not shown.
fn single(short: Text, nth: usize, people: &[Contact]) -> Text {
    let is_free = |id: &Text| !id.is_blank() && people.iter().all(|known| known.id != *id);
    let others = (nth..).map(|n| Text::scrub(&format!("user {n}")));
    std::iter::once(short).chain(others).find(is_free).unwrap_or_default()
}

fn person(value: Option<&Value>, users: &Users) -> Result<Person, String> {
    let id = value.and_then(|user| user.get("id")).and_then(Value::as_str).ok_or("a user has no id")?;
    users.get(id).map(|contact| contact.id.clone()).ok_or_else(|| format!("there is no user {id}"))
}

fn layer(value: &Value, name: &Text, level: i32, zone: &Zone, users: &Users) -> Result<Layer, String> {
    let members = field::list(value, "users");
    if members.is_empty() {
        return Err("nobody takes turns".to_owned());
    }
    let turns = members.iter().map(|member| person(member.get("user"), users).map(|person| vec![person]));
    let first = field::instant(value, "rotation_virtual_start")?;
    let (start, end) = (field::instant_if_any(value, "start")?, field::instant_if_any(value, "end")?);
    if start.zip(end).is_some_and(|(start, end)| end <= start) {
        return Err("it does not end after it starts".to_owned());
    }
    let mut restrictions = Vec::new();
    for one in field::list(value, "restrictions") {
        restrictions.extend(restriction(one)?);
    }
    Ok(Layer {
        name: name.clone(),
        zone: zone.clone(),
        anchor: field::anchor(first, "rotation_virtual_start", zone)?,
        shift: turn_length(value)?,
        participants: turns.collect::<Result<_, _>>()?,
        level,
        start,
        end,
        restrictions,
        advance: Advance::Always,
    })
}

fn turn_length(value: &Value) -> Result<ShiftLength, String> {
    let seconds = value.get("rotation_turn_length_seconds").and_then(Value::as_u64);
    match seconds.ok_or("rotation_turn_length_seconds is no whole number")? {
        0 => Err("a turn lasts no time".to_owned()),
        s if s % 604_800 == 0 => field::shift(s / 604_800, ShiftUnit::Weeks),
        s if s % 86_400 == 0 => field::shift(s / 86_400, ShiftUnit::Days),
        s if s % 3_600 == 0 => field::shift(s / 3_600, ShiftUnit::Hours),
        s => Err(format!("a turn of {s} seconds is no whole number of hours, and a roster knows no shorter unit")),
    }
}

fn restriction(value: &Value) -> Result<Vec<Restriction>, String> {
    let start = field::hour(value, "start_time_of_day")?;
    let seconds = value.get("duration_seconds").and_then(Value::as_u64).and_then(|s| u32::try_from(s).ok());
    let seconds = seconds.ok_or("duration_seconds of its hours is no whole number")?;
    match value.get("type").and_then(Value::as_str) {
        Some("daily_restriction") => window::daily(start, seconds),
        Some("weekly_restriction") => {
            // ISO 8601: Monday is 1.
            let day = value.get("start_day_of_week").and_then(Value::as_u64).and_then(|day| day.checked_sub(1));
            let day = day.and_then(|day| u8::try_from(day).ok()).and_then(|day| Weekday::try_from(day).ok());
            window::weekly(day.ok_or("start_day_of_week of its hours is none of 1 to 7")?, start, seconds)
        }
        _ => Err(format!("its hours are of no kind we know: {}", field::shown(value))),
    }
}

fn exception(value: &Value, users: &Users) -> Result<Override, String> {
    let kind = OverrideKind::ReplaceAll(vec![person(value.get("user"), users)?]);
    let (start, end) = (field::instant(value, "start")?, field::instant(value, "end")?);
    if end <= start {
        return Err("it does not end after it starts".to_owned());
    }
    Ok(Override { kind, start, end, level: 0, created: None, note: None })
}

/// Whether the names given by default count up where they should count down.
fn runs_the_other_way(layers: &[Layer]) -> bool {
    let number = |layer: &Layer| layer.name.as_str().strip_prefix("Layer ").and_then(|n| n.parse::<u32>().ok());
    let numbers: Option<Vec<u32>> = layers.iter().map(number).collect();
    numbers.is_some_and(|numbers| numbers.len() > 1 && numbers.is_sorted())
}
