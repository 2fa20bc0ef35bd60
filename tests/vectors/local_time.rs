//! local_time.json: a wall clock, and the instants it means under each reading.

use serde_json::{Value, json};
use watchfloor::domain::time::rfc3339;

use crate::{Ran, read};

/// Judges one vector.
pub fn judge(vector: &Value, file: &Value) -> Result<Ran, String> {
    read::excuse_old_zone_data(compare(vector), vector, file)
}

fn compare(vector: &Value) -> Result<Ran, String> {
    let zone = read::zone(&vector["tz"])?;
    let wall = read::wall(&vector["wall"])?;
    let instants: Vec<String> = zone.instants(wall).into_iter().map(rfc3339).collect();
    let kind = match instants.as_slice() {
        [] => "gap",
        [_] => "unique",
        [_, _, ..] => "ambiguous",
    };
    let expected: Value = ["kind", "instants", "first_at_or_after", "rfc5545"]
        .into_iter()
        .map(|key| (key.to_owned(), vector[key].clone()))
        .collect::<serde_json::Map<_, _>>()
        .into();
    let found = json!({
        "kind": kind,
        "instants": instants,
        "first_at_or_after": rfc3339(zone.resolve(wall)),
        "rfc5545": rfc3339(zone.rfc5545(wall)),
    });
    read::agree(&expected, &found)
}
