//! The store against the receivers: what stands there as told was taken, and nothing is left.

use std::{collections::BTreeSet, path::Path};

use crate::channel::Heard;

/// Where the store and a receiver differ.
pub fn differences(state: &Path, channel: &str, heard: &[Heard]) -> Vec<String> {
    let db = rusqlite::Connection::open(state.join("signals.sqlite")).unwrap();
    let mut asked = db.prepare("SELECT id, state, ifnull(why, '') FROM notice WHERE channel = ?1").unwrap();
    let rows = asked.query_map([channel], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).unwrap();
    let rows: Vec<(String, String, String)> = rows.map(Result::unwrap).collect();
    let told = heard.iter().filter(|one| one.is_taken).filter_map(|one| one.body["notices"].as_array());
    let taken: BTreeSet<&str> = told.flatten().filter_map(|id| id.as_str()).collect();
    let mut found = Vec::new();
    for (id, state, why) in &rows {
        match (state.as_str(), taken.contains(id.as_str())) {
            ("sent", true) => {}
            ("sent", false) => found.push(format!("{channel}: {id} is sent by the store, and never arrived")),
            (other, _) => found.push(format!("{channel}: {id} is {other} at the end: {why}")),
        }
    }
    let known: BTreeSet<&str> = rows.iter().map(|(id, _, _)| id.as_str()).collect();
    found.extend(taken.difference(&known).map(|id| format!("{channel}: {id} arrived, and the store does not know it")));
    println!("{channel}: the store has {} notices, the receiver took {}", rows.len(), taken.len());
    found
}
