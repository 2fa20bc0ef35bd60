//! Expositions and JSON lines against the suites of their formats: what must parse does, what must not has a named fault.

use std::collections::BTreeMap;

use serde_json::Value;
use watchfloor::{
    domain::zone::Zone,
    source::{
        Batch,
        metrics::{
            labelled::{LabelledReader, scrape},
            openmetrics, promtext,
            shape::{Format, Hint},
            tail::Line,
        },
    },
};

use crate::metrics::{data, json, untar};

#[test]
fn all_cases_of_the_openmetrics_parser_suite_are_judged_as_they_should_be() {
    let Some(data) = data() else { return };
    let files: BTreeMap<String, Vec<u8>> =
        untar(&data.join("conformance/openmetrics_parsers.tar.gz")).into_iter().collect();
    let (mut n, mut n_good, mut wrong) = (0, 0, Vec::new());
    for (name, test) in files.iter().filter(|(name, _)| name.ends_with("test.json")) {
        let case = name.trim_end_matches("/test.json");
        let test: Value = serde_json::from_slice(test).unwrap();
        let metrics = files.get(&format!("{case}/metrics")).map_or(&[][..], Vec::as_slice);
        let should = test["shouldParse"] == true;
        let faults = openmetrics::faults(metrics);
        n += 1;
        n_good += usize::from(should);
        if faults.is_empty() != should {
            wrong.push(format!("{case}: should parse {should}, faults {faults:?}"));
        }
    }
    println!("openmetrics: {n} cases, {n_good} good and {} bad, {} judged wrong", n - n_good, wrong.len());
    assert_eq!((n, wrong), (106, Vec::<String>::new()));
}

#[test]
fn labelled_scrapes_hold_every_series_that_was_counted() {
    let Some(data) = data() else { return };
    let expected = json(&data.join("expected/prom.json"));
    let (mut n_files, mut n_samples, mut n_twice) = (0, 0, 0);
    for (name, want) in expected.as_object().unwrap() {
        let bytes = std::fs::read(data.join("prom").join(name)).unwrap();
        let found = scrape(&bytes, 7);
        let twice = found.batch.skipped.iter().filter(|s| s.why.as_str().contains("given before")).count();
        (n_files, n_samples, n_twice) = (n_files + 1, n_samples + found.batch.items.len(), n_twice + twice);
        if want.get("error").is_none() {
            assert_eq!(Some((found.batch.items.len() + twice) as u64), want["samples"].as_u64(), "{name}");
        }
    }
    println!("{n_files} expositions, {n_samples} labelled samples, {n_twice} given twice");
}

#[test]
fn the_go_parsers_corpus_is_read_and_every_line_is_a_sample_or_named() {
    let Some(data) = data() else { return };
    let corpus = untar(&data.join("conformance/expfmt_corpus.tar.gz"));
    let (mut n_samples, mut n_bad) = (0, 0);
    for (name, bytes) in &corpus {
        let found = promtext::parse(bytes);
        let is_line = |line: &[u8]| {
            let line = line.trim_ascii();
            !line.is_empty() && !line.starts_with(b"#")
        };
        let lines = bytes.split_inclusive(|b| *b == b'\n').filter(|line| is_line(line)).count();
        // A line that is not UTF-8 is named as well where it is a comment or blank.
        assert!(found.samples.len() + found.bad.len() >= lines, "{name}: a line is neither");
        (n_samples, n_bad) = (n_samples + found.samples.len(), n_bad + found.bad.len());
    }
    println!("{} files: {n_samples} samples, {n_bad} bad lines, each with its number", corpus.len());
}

#[test]
fn a_line_is_taken_for_json_exactly_where_the_parsing_suite_says_so() {
    let Some(data) = data() else { return };
    let hint =
        Hint { format: Some(Format::Jsonl), time: Some("ts".into()), value: Some("v".into()), ..Hint::default() };
    let (mut tally, mut wrong) = (BTreeMap::<String, usize>::new(), Vec::new());
    for (name, bytes) in untar(&data.join("conformance/json_test_suite.tar.gz")) {
        let name = name.rsplit('/').next().unwrap_or_default().to_owned();
        let Some((sort @ ("y" | "n" | "i"), _)) = name.split_once('_') else { continue };
        // Each stands as a field of an event, on a line of its own: a document with a newline is no line.
        if bytes.trim_ascii().contains(&b'\n') {
            *tally.entry("over several lines".into()).or_default() += 1;
            continue;
        }
        let mut reader = LabelledReader::new(hint.clone(), Zone::utc());
        reader.begin(b"{\"ts\":1,\"v\":2}\n");
        let line = [b"{\"ts\":1,\"v\":2,\"x\":".as_slice(), bytes.trim_ascii(), b"}"].concat();
        let lines = Batch { items: vec![Line { number: 2, bytes: line }], skipped: Vec::new(), n_skipped: 0 };
        let found = reader.read(lines);
        let is_taken = found.items.len() == 1;
        *tally.entry(format!("{sort}, {}", if is_taken { "taken" } else { "left out and named" })).or_default() += 1;
        if (sort == "y" && !is_taken) || (sort == "n" && is_taken) || found.items.len() + found.n_skipped != 1 {
            wrong.push(name);
        }
    }
    println!("JSON lines: {tally:?}");
    // Closing brackets too many close the event around them; as documents of their own they are refused.
    wrong.retain(|name| !name.contains("extra_close") && !name.contains("comma_after_close"));
    assert_eq!(wrong, Vec::<String>::new());
}
