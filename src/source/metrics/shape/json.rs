//! Where things stand in JSON objects.

use serde_json::Value;

use super::{Hint, Layout, NAMES, Paths, Shape, TIMES, VALUES, Why, stamps};
use crate::{
    domain::zone::Zone,
    source::metrics::record::{at, time_of},
};

/// Objects that hold labels.
const HOLDERS: [&str; 6] = ["labels", "tags", "attributes", "dimensions", "fields", "context"];

pub(super) fn infer(lines: &[&str], hint: &Hint) -> Result<Shape, Why> {
    let events: Vec<Value> =
        lines.iter().filter_map(|line| serde_json::from_str(line).ok()).filter(Value::is_object).collect();
    if events.is_empty() {
        return Err(Why::new("none of its first lines is a JSON object", "is it JSON Lines? one object a line"));
    }
    let time = match &hint.time {
        Some(path) => path.clone(),
        None => known(&events, &TIMES, |v| time_of(v, &Zone::utc()).is_some())
            .ok_or_else(|| Why::new("none of its fields is a time", "--time names the field"))?,
    };
    let is_text = |v: &Value| matches!(v, Value::String(_) | Value::Number(_) | Value::Bool(_));
    let name = hint.name.clone().or_else(|| known(&events, &NAMES, is_text).filter(|path| *path != time));
    let value = match &hint.value {
        Some(path) => Some(path.clone()),
        None => match known(&events, &VALUES, is_number).filter(|path| *path != time) {
            Some(path) => Some(path),
            // An event's numbers are codes, ids and sizes: which one is measured only the person knows.
            None if name.is_some() => None,
            None => only_number(&events, &time)?,
        },
    };
    let labels = hint.labels.iter().map(|label| label_path(&events, label)).collect();
    let written = events.iter().find_map(|event| at(event, &time)).map(|found| match found {
        Value::String(written) => written.clone(),
        other => other.to_string(),
    });
    let name_of_all = value.clone().unwrap_or_else(|| "events".to_owned());
    let layout = Layout::Jsonl(Paths { time, name, value, labels });
    Ok(Shape { layout, name: name_of_all, stamps: stamps(&written.unwrap_or_default()) })
}

fn is_number(value: &Value) -> bool {
    match value {
        Value::Number(_) => true,
        Value::String(written) => written.trim().parse::<f64>().is_ok(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => false,
    }
}

/// The path of a field that goes by one of these names, at the top or one level below, and is right in most of the
/// events that have it.
fn known(events: &[Value], names: &[&str], is_right: impl Fn(&Value) -> bool) -> Option<String> {
    let holds = |path: &str| {
        let found =
            events.iter().filter_map(|event| at(event, path)).map(|v| usize::from(is_right(v))).collect::<Vec<_>>();
        !found.is_empty() && found.iter().sum::<usize>() * 2 > found.len()
    };
    let keys = |value: &Value| match value {
        Value::Object(fields) => fields.keys().cloned().collect::<Vec<_>>(),
        _ => Vec::new(),
    };
    let mut top: Vec<String> = events.iter().take(20).flat_map(keys).collect();
    top.sort_unstable();
    top.dedup();
    let mut below = Vec::new();
    for holder in &top {
        for event in events.iter().take(20) {
            let nested = event.get(holder).map(keys).unwrap_or_default();
            below.extend(nested.into_iter().map(|key| format!("{holder}.{key}")));
        }
    }
    below.sort_unstable();
    below.dedup();
    let last = |path: &str| path.rsplit('.').next().unwrap_or(path).to_ascii_lowercase();
    let find = |paths: &[String]| {
        names.iter().find_map(|name| {
            let wanted = |path: &&String| path.eq_ignore_ascii_case(name) || last(path) == *name;
            paths.iter().find(|path| wanted(path) && holds(path)).cloned()
        })
    };
    find(&top).or_else(|| find(&below))
}

/// The only field at the top that is a number, other than the time.
fn only_number(events: &[Value], time: &str) -> Result<Option<String>, Why> {
    let mut numbers: Vec<&String> = Vec::new();
    for event in events {
        if let Value::Object(fields) = event {
            numbers.extend(fields.iter().filter(|(key, v)| v.is_number() && key.as_str() != time).map(|(key, _)| key));
        }
    }
    numbers.sort_unstable();
    numbers.dedup();
    match numbers.as_slice() {
        [] => Ok(None),
        [one] => Ok(Some((*one).clone())),
        many => {
            let names = many.iter().take(6).map(|n| n.as_str()).collect::<Vec<_>>().join(", ");
            Err(Why::new(
                &format!("several of its fields could be the value: {names}"),
                "--value names the one that is meant",
            ))
        }
    }
}

/// A label by its path, or inside one of the objects that hold labels.
fn label_path(events: &[Value], label: &str) -> String {
    let has = |path: &str| events.iter().any(|event| at(event, path).is_some());
    if has(label) {
        return label.to_owned();
    }
    let nested = HOLDERS.iter().map(|holder| format!("{holder}.{label}"));
    nested.into_iter().find(|path| has(path)).unwrap_or_else(|| label.to_owned())
}
