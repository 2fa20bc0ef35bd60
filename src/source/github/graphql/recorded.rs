//! Answers that another program's tests hold, opened and read as ours are.
//!
//! Needs the folder that `WATCHFLOOR_DATA` names; without it the checks are left out, and the tests say so.

use std::{collections::BTreeMap, path::Path};

use serde_json::{Value, json};

use super::{
    Answer, Fault,
    details::{List, read_page},
    read,
    text::Lane,
};
use crate::{domain::time::parse_rfc3339, source::github::names::Names, wire::Response};

/// The files of the archive, by their path in it.
fn files() -> Option<BTreeMap<String, Vec<u8>>> {
    let Some(data) = std::env::var_os("WATCHFLOOR_DATA") else {
        println!("left out: recorded GraphQL answers (WATCHFLOOR_DATA is not set)");
        return None;
    };
    let archive = Path::new(&data).join("github-api/gh_cli_graphql_fixtures.tar.gz");
    let place = tempfile::tempdir().unwrap();
    let done = std::process::Command::new("tar").arg("-xzf").arg(&archive).arg("-C").arg(place.path()).status();
    assert!(done.unwrap().success(), "cannot unpack {}", archive.display());
    let (mut found, mut folders) = (BTreeMap::new(), vec![place.path().to_path_buf()]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(place.path()).unwrap().to_string_lossy().into_owned();
                found.insert(name, std::fs::read(path).unwrap());
            }
        }
    }
    Some(found)
}

fn opened(body: &[u8]) -> Result<Answer, Fault> {
    let now = parse_rfc3339("2026-11-20T14:00:00Z").unwrap();
    read(&Response { status: 200, headers: Vec::new(), body: body.to_vec() }, now)
}

/// Issues and pull requests wherever they stand in an answer: what has a number and a title.
fn items<'v>(value: &'v Value, found: &mut Vec<&'v Value>) {
    match value {
        Value::Object(fields) => {
            let is_item = value["number"].is_u64() && value["title"].is_string();
            found.extend(is_item.then_some(value));
            fields.values().for_each(|value| items(value, found));
        }
        Value::Array(list) => list.iter().for_each(|value| items(value, found)),
        _ => {}
    }
}

fn listed(nodes: &[Value]) -> List {
    let Value::Object(data) = json!({"r0": {"list": {"nodes": nodes}}}) else { panic!() };
    read_page(&Answer { data, errors: Vec::new() }, 0, Lane::Issues, &mut Names::default()).unwrap()
}

/// What we ask for and the other program does not.
fn completed(item: &Value) -> Value {
    let mut item = item.clone();
    let given = [
        ("state", json!("OPEN")),
        ("createdAt", json!("2020-01-01T00:00:00Z")),
        ("updatedAt", json!("2020-01-01T00:00:00Z")),
        ("repository", json!({"nameWithOwner": "OWNER/REPO"})),
        ("timelineItems", json!({"nodes": []})),
    ];
    for (name, value) in given {
        let is_there = item.get(name).is_some_and(|known| !known.is_null() && known != "");
        if !is_there {
            item[name] = value;
        }
    }
    item
}

#[test]
fn answers_recorded_for_another_program_are_opened_and_a_list_is_no_answer() {
    let Some(files) = files() else { return };
    let (mut n_opened, mut refused, mut with_errors) = (0, Vec::new(), Vec::new());
    for (name, body) in &files {
        match opened(body) {
            Ok(answer) => {
                n_opened += 1;
                let file: Value = serde_json::from_slice(body).unwrap();
                assert!(answer.data.keys().eq(file["data"].as_object().unwrap().keys()), "{name}");
                if !answer.errors.is_empty() {
                    assert_eq!(answer.errors.len(), file["errors"].as_array().unwrap().len(), "{name}");
                    with_errors.push(name.as_str());
                }
            }
            Err(_) => refused.push(name.as_str()),
        }
    }
    assert_eq!((files.len(), n_opened), (50, 48));
    assert_eq!(refused, ["status/fixtures/events.json", "status/fixtures/notifications.json"]);
    assert_eq!(with_errors, ["status/fixtures/search_forbidden.json"]);
}

#[test]
fn items_recorded_for_another_program_are_read_as_they_stand_or_named() {
    let Some(files) = files() else { return };
    let (mut n_items, mut n_labels, mut n_people, mut n_closed) = (0, 0, 0, 0);
    for (name, body) in &files {
        let Ok(answer) = opened(body) else { continue };
        let (data, mut found) = (Value::Object(answer.data), Vec::new());
        items(&data, &mut found);
        let as_it_is = listed(&found.iter().map(|item| (*item).clone()).collect::<Vec<_>>());
        assert!(as_it_is.told.is_empty() && as_it_is.skipped.len() == found.len(), "{name}: it lacks what we ask for");
        let whole: Vec<Value> = found.iter().map(|item| completed(item)).collect();
        let list = listed(&whole);
        assert_eq!(list.skipped, [], "{name}");
        for (item, told) in whole.iter().zip(&list.told) {
            let told = &told.incident;
            let size = |list: &str| item[list]["nodes"].as_array().map_or(0, Vec::len);
            assert_eq!(Some(told.key.number), item["number"].as_u64(), "{name}");
            assert_eq!(Some(told.title.as_str()), item["title"].as_str(), "{name}");
            assert_eq!((told.labels.len(), told.assignees.len()), (size("labels"), size("assignees")), "{name}");
            assert_eq!(told.is_open(), item["state"] == "OPEN", "{name}");
            n_items += 1;
            n_labels += told.labels.len();
            n_people += told.assignees.len();
            n_closed += usize::from(!told.is_open());
        }
    }
    assert_eq!((n_items, n_labels, n_people, n_closed), (74, 18, 4, 11));
}
