//! local_time.json: a wall clock, and the instants it means under each reading.

use std::{fs, path::PathBuf};

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

#[test]
fn a_year_of_hand_offs_in_eight_zones_agrees() {
    let Some(folder) = std::env::var_os("WATCHFLOOR_DATA").map(PathBuf::from) else {
        println!("left out: WATCHFLOOR_DATA is not set, no hand-off was compared");
        return;
    };
    let table = fs::read_to_string(folder.join("expected/tz_handoffs.csv")).expect("the table of hand-offs");
    let mut differences = Vec::new();
    let mut n_rows = 0;
    for row in table.lines().skip(1) {
        let [zone, _rule, local, kind, utc, utc2] = row.split(',').collect::<Vec<_>>().try_into().expect("six columns");
        let zone = read::zone(&zone.into()).expect("a zone");
        let wall = read::wall(&format!("{local}:00").into()).expect("a wall clock");
        let instants: Vec<String> = zone.instants(wall).into_iter().map(rfc3339).collect();
        let agrees = rfc3339(zone.resolve(wall)) == utc
            && match kind {
                "normal" => instants == [utc],
                "fold" => instants == [utc, utc2],
                "gap" => instants.is_empty() && rfc3339(zone.rfc5545(wall)) == utc2,
                other => panic!("kind {other}"),
            };
        n_rows += 1;
        if !agrees {
            differences.push(format!("{row}: found {} of {instants:?}", rfc3339(zone.resolve(wall))));
        }
    }
    println!("tz_handoffs.csv: {n_rows} hand-offs, {} differ", differences.len());
    assert!(differences.is_empty() && 0 < n_rows, "{}", differences.join("\n"));
}
