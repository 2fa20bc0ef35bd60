//! Metric files: every series and every exposition of the data set, against counts made by other programs.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::Read as _,
    path::{Path, PathBuf},
};

use serde_json::Value;
use watchfloor::{
    domain::series::{Measure, MetricFormat, Sample, Series},
    source::metrics::{
        Read, Reader, promtext, read_scrape, refusal,
        tail::{Plan, Seen, Tail},
    },
};

pub(crate) fn data() -> Option<PathBuf> {
    let found = std::env::var_os("WATCHFLOOR_DATA").map(PathBuf::from);
    if found.is_none() {
        println!("left out: WATCHFLOOR_DATA is not set, no real data was read");
    }
    found
}

pub(crate) fn json(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))).unwrap()
}

/// Follows a file that grows by `chunk` bytes between reads; the samples in its order, and how many lines were left out.
pub(crate) fn follow(bytes: &[u8], format: &MetricFormat, chunk: usize) -> (Vec<Sample>, usize) {
    let (mut tail, mut reader) = (Tail::default(), Reader::new(format).unwrap());
    let (mut samples, mut n_skipped) = (Vec::new(), 0);
    for length in (0..bytes.len()).step_by(chunk).chain([bytes.len()]) {
        let seen = Seen { length: length as u64, identity: (1, 1), modified_ms: 0 };
        let batch = match tail.plan(seen) {
            Plan::Read { from } => tail.take(seen, from, &bytes[usize::try_from(from).unwrap()..length]).unwrap(),
            Plan::Nothing => continue,
            Plan::StartOver { why } => panic!("started over: {why:?}"),
        };
        let batch = reader.read_all(batch);
        samples.extend(batch.items);
        n_skipped += batch.n_skipped;
    }
    // Some of these files end without a newline, and nobody writes them any more.
    if let Some(line) = tail.settle()
        && let Read::Sample(sample) = reader.read(line.number, &line.bytes)
    {
        samples.push(sample);
    }
    (samples, n_skipped)
}

fn close(found: f64, expected: &Value) -> bool {
    let expected = expected.as_f64().unwrap();
    (found - expected).abs() <= expected.abs().max(1e-12) * 1e-9
}

#[test]
fn every_csv_series_reads_as_counted() {
    let Some(data) = data() else { return };
    let format = MetricFormat::Csv { time: Some("timestamp".into()), value: Some("value".into()) };
    let expected = json(&data.join("expected/metrics.json"));
    let mut differences = Vec::new();
    let mut n_samples = 0;
    for (name, want) in expected.as_object().unwrap() {
        let bytes = fs::read(data.join("metrics/nab").join(name)).unwrap();
        let (samples, n_skipped) = follow(&bytes, &format, 777);
        n_samples += samples.len();
        assert_eq!(follow(&bytes, &format, bytes.len()), (samples.clone(), n_skipped), "{name}: pieces change it");
        let values = samples.iter().map(|s| s.value);
        let steps: Vec<i64> = samples.windows(2).map(|pair| pair[1].at_ms - pair[0].at_ms).collect();
        let mut often = BTreeMap::<i64, usize>::new();
        for step in &steps {
            *often.entry(*step).or_default() += 1;
        }
        let most = often.iter().max_by_key(|(_, n)| **n).map_or(0, |(step, _)| *step);
        let distinct: BTreeSet<i64> = samples.iter().map(|s| s.at_ms).collect();
        let mut series = Series::default();
        for sample in &samples {
            series.push(*sample);
        }
        let at = |sample: &Sample| sample.at().format("%Y-%m-%dT%H:%M:%S+00:00").to_string();
        let checks = [
            ("rows", want["rows"] == samples.len()),
            ("skipped", n_skipped == 0),
            ("first", want["first"] == at(&samples[0])),
            ("last", want["last"] == at(&samples[samples.len() - 1])),
            ("min", close(values.clone().fold(f64::INFINITY, f64::min), &want["min"])),
            ("max", close(values.clone().fold(f64::NEG_INFINITY, f64::max), &want["max"])),
            ("mean", close(values.sum::<f64>() / samples.len() as f64, &want["mean"])),
            ("step", want["step_s"].as_f64() == Some(most as f64 / 1_000.0)),
            ("gaps", want["gaps"] == steps.iter().filter(|step| **step * 2 > most * 3).count()),
            // Counted by other programs as neighbours of one stamp; one file also repeats the hour of a set-back clock.
            ("duplicates", want["duplicate_timestamps"] == steps.iter().filter(|step| **step == 0).count()),
            ("out of order", want["out_of_order"] == steps.iter().filter(|step| **step < 0).count()),
            ("series", series.iter().map(|s| s.at_ms).eq(distinct.iter().copied())),
        ];
        differences.extend(checks.iter().filter(|(_, ok)| !ok).map(|(what, _)| format!("{name}: {what}")));
    }
    println!("{} series, {n_samples} samples", expected.as_object().unwrap().len());
    assert!(differences.is_empty(), "{differences:#?}");
}

#[test]
fn every_exposition_reads_as_counted() {
    let Some(data) = data() else { return };
    let expected = json(&data.join("expected/prom.json"));
    let mut differences = Vec::new();
    for (name, want) in expected.as_object().unwrap() {
        let found = promtext::parse(&fs::read(data.join("prom").join(name)).unwrap());
        if want.get("error").is_some() {
            if found.bad.is_empty() {
                differences.push(format!("{name}: expected a bad line"));
            }
            continue;
        }
        let samples = &found.samples;
        let count = |is: fn(&promtext::PromSample) -> bool| samples.iter().filter(|s| is(s)).count();
        let names: BTreeSet<&str> = samples.iter().map(|s| s.name.as_str()).collect();
        let sum: f64 = samples.iter().map(|s| s.value).filter(|v| v.is_finite()).sum();
        let counts = [
            ("families", found.families),
            ("samples", samples.len()),
            ("names", names.len()),
            ("nan", count(|s| s.value.is_nan())),
            ("inf", count(|s| s.value.is_infinite())),
            ("with_timestamp", count(|s| s.at_ms.is_some())),
            ("max_labels", samples.iter().map(|s| s.labels.len()).max().unwrap_or(0)),
        ];
        for (what, n) in counts {
            if want[what] != n {
                differences.push(format!("{name}: {what}: expected {}, found {n}", want[what]));
            }
        }
        if !close(sum, &want["sum_finite"]) {
            differences.push(format!("{name}: sum_finite: expected {}, found {sum}", want["sum_finite"]));
        }
        if !found.bad.is_empty() {
            differences.push(format!("{name}: bad lines: {:?}", found.bad));
        }
    }
    println!("{} expositions", expected.as_object().unwrap().len());
    assert!(differences.is_empty(), "{differences:#?}");
}

/// The regular files of a gzipped ustar archive.
pub(crate) fn untar(path: &Path) -> Vec<(String, Vec<u8>)> {
    let mut tar = Vec::new();
    flate2::read::GzDecoder::new(fs::File::open(path).unwrap()).read_to_end(&mut tar).unwrap();
    let (mut files, mut rest) = (Vec::new(), tar.as_slice());
    while rest.len() >= 512 && rest[0] != 0 {
        let (head, body) = rest.split_at(512);
        let field = |from: usize, until: usize| {
            String::from_utf8_lossy(&head[from..until]).split('\0').next().unwrap_or_default().trim().to_owned()
        };
        let size = usize::from_str_radix(&field(124, 136), 8).unwrap();
        if matches!(head[156], 0 | b'0') {
            files.push((field(0, 100), body[..size].to_vec()));
        }
        rest = &body[size.next_multiple_of(512).min(body.len())..];
    }
    assert!(!files.is_empty(), "{} holds no files", path.display());
    files
}

#[test]
fn no_exposition_of_the_parsers_own_corpora_panics() {
    let Some(data) = data() else { return };
    let prometheus = MetricFormat::Prometheus { metric: "foo".into(), labels: vec![] };
    let corpus = untar(&data.join("conformance/expfmt_corpus.tar.gz"));
    for (_, bytes) in &corpus {
        promtext::parse(bytes);
        read_scrape(bytes, &prometheus, 0);
    }
    let cases: BTreeMap<String, Vec<u8>> =
        untar(&data.join("conformance/openmetrics_parsers.tar.gz")).into_iter().collect();
    let mut tally = BTreeMap::<(bool, bool), Vec<&str>>::new();
    for (name, test) in cases.iter().filter(|(name, _)| name.ends_with("test.json")) {
        let folder = name.trim_end_matches("test.json");
        let should: Value = serde_json::from_slice(test).unwrap();
        let Some(metrics) = cases.get(&format!("{folder}metrics")) else { continue };
        let clean = promtext::parse(metrics).bad.is_empty();
        tally.entry((should["shouldParse"] == true, clean)).or_default().push(folder);
    }
    let n = |should, clean| tally.get(&(should, clean)).map_or(0, Vec::len);
    println!("{} files of the expfmt corpus read without a panic", corpus.len());
    println!("openmetrics: {} of {} that should parse do", n(true, true), n(true, true) + n(true, false));
    println!(
        "openmetrics: {} of {} that should not parse have a bad line; the rest is invalid as a whole, not by a line",
        n(false, false),
        n(false, true) + n(false, false)
    );
    // One line of it says 12345678901234567890 seconds, which no instant of ours can hold: the line is left out, and named.
    let bad = cases.get("timestamps/metrics").map(|bytes| promtext::parse(bytes).bad);
    assert_eq!(
        tally.get(&(true, false)).map(Vec::as_slice),
        Some(&["timestamps/"][..]),
        "should parse, and has bad lines"
    );
    assert_eq!(bad, Some(vec![(6, "its time is not a number of the right size")]));
}

#[test]
fn no_json_of_the_parsing_test_suite_panics() {
    let Some(data) = data() else { return };
    let files = untar(&data.join("conformance/json_test_suite.tar.gz"));
    let format = |measure| MetricFormat::Jsonl { time: None, measure, filter: Some(("a".into(), "b".into())) };
    let mut n_refused = 0;
    for (_, bytes) in &files {
        n_refused += usize::from(refusal(bytes).is_some());
        let ended = [bytes.as_slice(), b"\n"].concat();
        follow(&ended, &format(Measure::CountPerMinute), 1_000);
        follow(&ended, &format(Measure::Field("a.0".into())), 1_000);
    }
    println!("{} files, {n_refused} refused as a whole (UTF-16 or binary)", files.len());
}
