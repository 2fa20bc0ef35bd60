//! `[[escalation]]`: who is told when nobody acknowledges.

use super::reader::{Reader, Table, Value};
use crate::{
    domain::{
        escalation::{Policy, Step, Target},
        priority::Priority,
        trouble,
    },
    text::Text,
};

const KEYS: [&str; 6] = ["name", "priorities", "step", "repeat", "ack_timeout", "reserve"];

/// What begins the name of a seat among people.
const SEAT: &str = "seat:";

/// As many rounds as PagerDuty allows after the first (SEMANTICS 2).
const MOST_ROUNDS: u32 = 9;

/// Reads every policy; `seats` are the names of the schedules.
pub(super) fn read_all(reader: &mut Reader, top: &Table, seats: &[Text]) -> Option<Vec<Policy>> {
    let mut names = Vec::new();
    let policies: Vec<_> =
        reader.tables(top, "escalation").iter().map(|table| policy(reader, table, seats, &mut names)).collect();
    policies.into_iter().collect()
}

fn policy(reader: &mut Reader, table: &Table, seats: &[Text], names: &mut Vec<Text>) -> Option<Policy> {
    reader.only(table, &KEYS);
    let name = reader.name(table, "name", names);
    let priorities = match table.get("priorities") {
        None => Some(vec![Priority::P0, Priority::P1]),
        Some(value) => priorities(reader, value, &table.key("priorities")),
    };
    let steps = reader.tables(table, "step");
    if steps.is_empty() && !table.has("step") {
        let hint = "add an [[escalation.step]] with notify and delay";
        reader.complain(table.span(), &table.key("step"), "nobody is ever told", Some(hint));
    }
    let steps: Vec<_> = steps.iter().map(|step| read_step(reader, step, seats)).collect();
    let repeat = reader.count(table, "repeat", 0..=MOST_ROUNDS).unwrap_or_default();
    let ack_timeout = reader.length(table, "ack_timeout");
    let reserve = table.get("reserve").and_then(|value| reader.person(value, &table.key("reserve")));
    let steps: Option<Vec<_>> = steps.into_iter().collect();
    Some(Policy { name: name?, priorities: priorities?, steps: steps?, repeat, ack_timeout, reserve })
}

fn priorities(reader: &mut Reader, value: &Value, key: &str) -> Option<Vec<Priority>> {
    let items = reader.items(value, key);
    if items.is_empty() && value.get_ref().is_array() {
        reader.complain(value.span(), key, "no priority is named", Some("leave priorities out for P0 and P1"));
        return None;
    }
    let mut found = Vec::new();
    for (nth, item) in items.into_iter().enumerate() {
        let key = format!("{key}[{nth}]");
        let written = reader.string(item, &key)?;
        let priority = Priority::parse(written);
        if priority.is_none() {
            let what = format!("\"{written}\" is no priority");
            reader.complain(item.span(), &key, &what, Some("write \"P0\", \"P1\", \"P2\" or \"P3\""));
        }
        found.push(priority);
    }
    let mut found: Vec<Priority> = found.into_iter().collect::<Option<_>>()?;
    found.sort_unstable();
    found.dedup();
    Some(found)
}

fn read_step(reader: &mut Reader, table: &Table, seats: &[Text]) -> Option<Step> {
    reader.only(table, &["notify", "delay"]);
    reader.need(table, "notify", "write who is told: notify = [\"seat:primary\"]");
    reader.need(table, "delay", "write how long to wait before the next step: delay = \"5m\"");
    let delay = reader.length(table, "delay");
    let value = table.get("notify")?;
    let key = table.key("notify");
    let items = reader.items(value, &key);
    if items.is_empty() && value.get_ref().is_array() {
        reader.complain(value.span(), &key, "nobody is told", Some("name a seat or a person"));
        return None;
    }
    let targets: Vec<_> =
        (0_usize..).zip(items).map(|(nth, item)| target(reader, item, &format!("{key}[{nth}]"), seats)).collect();
    let targets: Option<Vec<_>> = targets.into_iter().collect();
    Some(Step { delay: delay?, targets: targets? })
}

/// `seat:primary`, or a person.
fn target(reader: &mut Reader, item: &Value, key: &str, seats: &[Text]) -> Option<Target> {
    let written = reader.string(item, key)?;
    if let Some(seat) = written.strip_prefix(SEAT) {
        let seat = Text::scrub(seat.trim());
        if seats.contains(&seat) {
            return Some(Target::Seat(seat));
        }
        let hint = match trouble::nearest(seat.as_str(), seats.iter().map(Text::as_str)) {
            Some(near) => format!("did you mean \"{SEAT}{near}\"?"),
            None => format!("seats: {}", seats.iter().map(Text::as_str).collect::<Vec<_>>().join(", ")),
        };
        reader.complain(item.span(), key, &format!("no seat is called \"{seat}\""), Some(&hint));
        return None;
    }
    let name = Text::scrub(written);
    if seats.contains(&name) && !reader.people.contains(&name) {
        let hint = format!("write \"{SEAT}{name}\" for whoever is on call there");
        reader.complain(item.span(), key, &format!("\"{name}\" is a seat, not a person"), Some(&hint));
        return None;
    }
    reader.person(item, key).map(Target::Person)
}
