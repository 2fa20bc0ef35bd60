//! Reads every checklist in the folder that `WATCHFLOOR_DATA` names and compares totals, dones and sections with what
//! GitHub's own renderer made of the same files.
//!
//! Without the variable nothing is read, and the test says so.

use std::{collections::BTreeSet, fs, path::PathBuf};

use serde_json::Value;
use watchfloor::{
    domain::release::Checklist,
    source::checklist::{read, toggle},
    text::Text,
};

type Section = (Text, u64, u64);

fn data() -> Option<PathBuf> {
    let folder = std::env::var_os("WATCHFLOOR_DATA").map(PathBuf::from);
    if folder.is_none() {
        println!("left out: WATCHFLOOR_DATA is not set, no checklist was read");
    }
    folder
}

fn files(data: &std::path::Path) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<_> = fs::read_dir(data.join("checklists"))
        .expect("a folder of checklists")
        .map(|entry| entry.expect("a folder entry"))
        .filter(|entry| entry.path().extension().is_some_and(|e| e == "md"))
        .map(|entry| {
            (entry.file_name().to_string_lossy().into_owned(), fs::read(entry.path()).expect("a readable file"))
        })
        .collect();
    files.sort();
    files
}

fn expected_sections(file: &Value) -> Vec<Section> {
    let section = |s: &Value| {
        let heading = s["heading"].as_str().expect("a heading");
        (Text::scrub(heading), s["done"].as_u64().expect("done"), s["tasks"].as_u64().expect("tasks"))
    };
    file["sections"].as_array().expect("sections").iter().map(section).collect()
}

fn found_sections(checklist: &Checklist) -> Vec<Section> {
    checklist.sections().into_iter().map(|(name, p)| (name, p.done as u64, p.total as u64)).collect()
}

#[test]
fn every_checklist_counts_as_its_renderer_counts() {
    let Some(data) = data() else { return };
    let expected = fs::read(data.join("expected").join("checklists.json")).expect("expected counts");
    let expected: Value = serde_json::from_slice(&expected).expect("JSON");
    let files = files(&data);
    let names: BTreeSet<_> = files.iter().map(|(name, _)| name.as_str()).collect();
    let known: BTreeSet<_> = expected.as_object().expect("an object").keys().map(String::as_str).collect();
    assert_eq!(names, known, "files and expected counts go together");
    let mut n_items = 0;
    for (name, bytes) in &files {
        let checklist = read(name, bytes).expect("a checklist");
        let (progress, file) = (checklist.progress(), &expected[name]);
        let figures = (Some(progress.total as u64), Some(progress.done as u64));
        assert_eq!(figures, (file["tasks"].as_u64(), file["done"].as_u64()), "{name}");
        assert_eq!(found_sections(&checklist), expected_sections(file), "{name}");
        n_items += progress.total;
    }
    println!("{} checklists, {n_items} task items", files.len());
}

#[test]
fn every_box_of_every_checklist_flips_alone() {
    let Some(data) = data() else { return };
    let mut n_ticks = 0;
    for (name, bytes) in files(&data) {
        let before = read(&name, &bytes).expect("a checklist");
        for (nth, item) in before.items.iter().enumerate() {
            let once = toggle(&bytes, item, before.digest).expect("a box");
            let n_changed = bytes.iter().zip(&once).filter(|(old, new)| old != new).count();
            assert_eq!((once.len(), n_changed), (bytes.len(), 1), "{name} line {}", item.line);
            let after = read(&name, &once).expect("a checklist");
            let mut expected = before.items.clone();
            expected[nth].is_done = !item.is_done;
            assert_eq!(after.items, expected, "{name} line {}", item.line);
            n_ticks += 1;
        }
    }
    println!("{n_ticks} boxes ticked");
}
