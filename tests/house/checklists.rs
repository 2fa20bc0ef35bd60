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

#[test]
fn every_example_of_the_task_list_extension_counts_as_its_page_does() {
    let Some(data) = data() else { return };
    let packed = fs::File::open(data.join("conformance").join("gfm_examples.json.gz")).expect("the examples");
    let examples: Value = serde_json::from_reader(flate2::read::GzDecoder::new(packed)).expect("JSON");
    let mut n_examples = 0;
    for example in examples.as_array().expect("a list") {
        let (markdown, html) = (example["markdown"].as_str().expect("text"), example["html"].as_str().expect("HTML"));
        // A box that the example itself writes as HTML is no task.
        if markdown.contains("<input") || !html.contains("type=\"checkbox\"") {
            continue;
        }
        let inputs: Vec<&str> = html.split("<input").skip(1).filter_map(|rest| rest.split('>').next()).collect();
        let done = inputs.iter().filter(|input| input.contains("checked")).count();
        let progress = read("example.md", markdown.as_bytes()).expect("a checklist").progress();
        assert_eq!((progress.total, progress.done), (inputs.len(), done), "{markdown}");
        n_examples += 1;
    }
    assert!(0 < n_examples, "no example has a box");
    println!("{n_examples} examples with boxes");
}
