//! The plain form: `{tz, layers: [{anchor_local, shift: {unit, n}, participants, level, …}], overrides: [{kind, …}]}`.

use chrono::Weekday;
use serde_json::Value;

use super::{ImportError, LeftOut, field, stranger};
use crate::{
    domain::{
        rota::{Advance, Layer, Override, OverrideKind, Person, Restriction, Roster, Schedule, ShiftUnit},
        zone::{Zone, Zones},
    },
    text::Text,
};

/// The fields of an override that are no person.
const NO_PERSON: [&str; 6] = ["kind", "user", "start", "end", "created", "note"];

pub(super) fn read(written: &Value, zones: &Zones, left_out: &mut LeftOut) -> Result<Roster, ImportError> {
    let zone = super::zone_of(written.get("tz"), "tz", zones)?;
    let mut layers = Vec::new();
    for (nth, value) in (1..).zip(field::list(written, "layers")) {
        layers.extend(left_out.keep(&format!("layer {nth}"), layer(value, nth, &zone, zones)));
    }
    let mut overrides = Vec::new();
    for (nth, value) in (1..).zip(field::list(written, "overrides")) {
        overrides.extend(left_out.keep(&format!("override {nth}"), exception(value)));
    }
    let name = field::text(written, "name").unwrap_or_else(|| Text::scrub("primary"));
    let mut people: Vec<Person> = Vec::new();
    let turns = layers.iter().flat_map(|layer: &Layer| layer.participants.iter().flatten());
    for person in turns.chain(overrides.iter().flat_map(named)) {
        if !people.contains(person) {
            people.push(person.clone());
        }
    }
    let people = people.into_iter().map(stranger).collect();
    Ok(Roster::new(zone, people, vec![Schedule::new(name, layers, overrides)]))
}

fn named(exception: &Override) -> Vec<&Person> {
    match &exception.kind {
        OverrideKind::ReplaceAll(people) => people.iter().collect(),
        OverrideKind::ReplaceUser { user, with } => vec![user, with],
        OverrideKind::Add(user) | OverrideKind::Remove(user) => vec![user],
    }
}

fn layer(value: &Value, nth: usize, zone: &Zone, zones: &Zones) -> Result<Layer, String> {
    let zone = match value.get("tz") {
        None | Some(Value::Null) => zone.clone(),
        own => field::zone(own, zones)?,
    };
    let shift = value.get("shift").ok_or("shift is missing")?;
    let unit = match shift.get("unit").and_then(Value::as_str) {
        Some("hours") => ShiftUnit::Hours,
        Some("days") => ShiftUnit::Days,
        Some("weeks") => ShiftUnit::Weeks,
        Some("months") => ShiftUnit::Months,
        Some(_) | None => return Err(format!("shift has no unit we know: {}", field::shown(shift))),
    };
    let n = shift.get("n").and_then(Value::as_u64).ok_or("shift.n is no whole number")?;
    let participants: Vec<_> = field::list(value, "participants").iter().map(turn).collect::<Result<_, _>>()?;
    if participants.is_empty() {
        return Err("nobody takes turns".to_owned());
    }
    let (start, end) = (field::instant_if_any(value, "start")?, field::instant_if_any(value, "end")?);
    if start.zip(end).is_some_and(|(start, end)| end <= start) {
        return Err("it does not end after it starts".to_owned());
    }
    Ok(Layer {
        name: field::text(value, "name").unwrap_or_else(|| Text::scrub(&format!("layer {nth}"))),
        zone,
        anchor: field::wall(value, "anchor_local")?,
        shift: field::shift(n, unit)?,
        participants,
        level: level(value)?,
        start,
        end,
        restrictions: field::list(value, "restrictions").iter().map(restriction).collect::<Result<_, _>>()?,
        advance: Advance::Always,
    })
}

fn level(value: &Value) -> Result<i32, String> {
    match value.get("level") {
        None | Some(Value::Null) => Ok(0),
        Some(level) => {
            let number = level.as_i64().and_then(|n| i32::try_from(n).ok());
            number.ok_or_else(|| format!("level is no whole number: {}", field::shown(level)))
        }
    }
}

/// A name, or a group of names.
fn turn(value: &Value) -> Result<Vec<Person>, String> {
    let group = match value {
        Value::Array(group) => group.iter().map(person).collect::<Result<Vec<_>, _>>()?,
        one => vec![person(one)?],
    };
    if group.is_empty() { Err("a turn is taken by nobody, which a roster cannot say".to_owned()) } else { Ok(group) }
}

fn person(value: &Value) -> Result<Person, String> {
    let name = value.as_str().map(Text::scrub).filter(|name| !name.is_blank());
    name.ok_or_else(|| format!("{} is nobody's name", field::shown(value)))
}

fn restriction(value: &Value) -> Result<Restriction, String> {
    let day = |day: &Value| {
        let read = day.as_str().and_then(|day| day.parse::<Weekday>().ok());
        read.ok_or_else(|| format!("{} is no day of the week", field::shown(day)))
    };
    let mut days: Vec<_> = field::list(value, "days").iter().map(day).collect::<Result<_, _>>()?;
    if days.is_empty() {
        return Err("hours name no day".to_owned());
    }
    days.sort_by_key(Weekday::num_days_from_monday);
    days.dedup();
    Ok(Restriction { days, start: field::hour(value, "start")?, end: field::hour(value, "end")? })
}

fn exception(value: &Value) -> Result<Override, String> {
    let user = || person(value.get("user").unwrap_or(&Value::Null));
    let kind = match value.get("kind").and_then(Value::as_str) {
        Some("replace_all") | None => {
            let people: Vec<_> = field::list(value, "users").iter().map(person).collect::<Result<_, _>>()?;
            if people.is_empty() {
                return Err("it names nobody".to_owned());
            }
            OverrideKind::ReplaceAll(people)
        }
        Some("replace_user") => OverrideKind::ReplaceUser { user: user()?, with: stand_in(value)? },
        Some("add") => OverrideKind::Add(user()?),
        Some("remove") => OverrideKind::Remove(user()?),
        Some(other) => return Err(format!("no override is of kind \"{other}\"")),
    };
    let (start, end) = (field::instant(value, "start")?, field::instant(value, "end")?);
    if end <= start {
        return Err("it does not end after it starts".to_owned());
    }
    let created = field::instant_if_any(value, "created")?;
    Ok(Override { kind, start, end, level: level(value)?, created, note: field::text(value, "note") })
}

/// The stand-in has no fixed field: it is the one text beside those that have one.
fn stand_in(value: &Value) -> Result<Person, String> {
    let fields = value.as_object().into_iter().flatten();
    let mut others = fields.filter(|(key, value)| value.is_string() && !NO_PERSON.contains(&key.as_str()));
    match (others.next(), others.next()) {
        (Some((_, name)), None) => person(name),
        _ => Err("it does not say who steps in".to_owned()),
    }
}
