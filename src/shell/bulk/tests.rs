use std::{collections::BTreeMap, fs, io::Write as _, path::Path};

use flate2::{Compression, write::GzEncoder};
use proptest::prelude::*;
use ruzstd::encoding::{CompressionLevel, compress_to_vec};

use super::*;
use crate::{
    domain::{
        summary::{Fold, OfValues, p95},
        time::parse_rfc3339,
    },
    source::metrics::{record::LineReader, shape::infer},
};

fn now() -> DateTime<Utc> {
    parse_rfc3339("2026-11-20T12:00:00Z").unwrap()
}

fn options(threads: usize, room: usize, by: Option<&str>) -> Options {
    let hint = Hint { labels: by.map(str::to_owned).into_iter().collect(), ..Hint::default() };
    Options { every_ms: 60_000, hint, zone: Zone::utc(), threads, room, within: EVER, has_median: false }
}

fn of_file(path: &Path, options: &Options) -> Summary {
    summarize(&[Input::File(path.to_owned())], options, now()).unwrap()
}

/// Bucket, name, label, and the figures.
type Plain = (i64, String, Option<String>, Figures);

fn plain(summary: &Summary) -> Vec<Plain> {
    let own = |text: &str| text.to_owned();
    let row = |row: &Row| {
        let key = &summary.keys[row.key as usize];
        (row.start_ms, own(&key.name), key.label.as_deref().map(own), row.figures)
    };
    summary.rows.iter().map(row).collect()
}

/// The same by the full parser alone, everything in memory; and how many lines are left out.
fn slowly(text: &str, by: Option<&str>) -> (Vec<Plain>, u64) {
    let shape = infer(text.as_bytes(), &options(1, 1, by).hint).unwrap();
    let reader = LineReader::new(&shape, &Zone::utc());
    let mut cells: BTreeMap<_, (u64, Vec<f64>)> = BTreeMap::new();
    let mut skipped = 0;
    for line in text.lines() {
        match reader.read(line.as_bytes()) {
            Err(_) => skipped += 1,
            Ok(None) => {}
            Ok(Some(record)) => {
                let start = record.at_ms.unwrap().div_euclid(60_000) * 60_000;
                let label = by.map(|_| record.labels[0].clone().into_owned());
                let cell = cells.entry((start, record.name.into_owned(), label)).or_default();
                cell.0 += 1;
                cell.1.extend(record.value);
            }
        }
    }
    let rows = cells.into_iter().map(|((start, name, label), (count, mut values))| {
        let mut fold = Fold::default();
        fold.add(&values);
        let of_values =
            fold.mean().map(|mean| OfValues { min: fold.min, max: fold.max, mean, p95: p95(&mut values).unwrap() });
        (start, name, label, Figures { count, of_values })
    });
    (rows.collect(), skipped)
}

fn same(found: &[Plain], expected: &[Plain]) {
    assert_eq!(found.len(), expected.len());
    for (one, other) in found.iter().zip(expected) {
        assert_eq!((&one.0, &one.1, &one.2, one.3.count), (&other.0, &other.1, &other.2, other.3.count));
        let (Some(a), Some(b)) = (one.3.of_values, other.3.of_values) else {
            assert_eq!(one.3.of_values, other.3.of_values);
            continue;
        };
        assert_eq!((a.min, a.max, a.p95), (b.min, b.max, b.p95), "{one:?}");
        assert!((a.mean - b.mean).abs() <= 1e-12 * b.mean.abs(), "{one:?}");
    }
}

/// So many events over ten minutes; in order, or thrown together.
fn events(n: u64, is_ordered: bool) -> String {
    let line = |i: u64| {
        let at = if is_ordered { i * 600_000 / n } else { i * 7_919_993 % 600_000 };
        let at = DateTime::from_timestamp_millis(1_795_176_000_000 + at as i64).unwrap();
        let value = (i * 2_654_435_761 % 100_003) as f64 / 100.0;
        let stamp = at.to_rfc3339_opts(chrono::SecondsFormat::Millis, true);
        match i % 1_009 {
            0 => "{\"broken\":\n".to_owned(),
            1 => format!("{{\"ts\":\"{stamp}\",\"name\":\"n{}\",\"value\":null}}\n", i % 3),
            2 => format!("{{\"ts\":\"{stamp}\",\"name\":\"n{}\"}}\n", i % 3),
            _ => format!(
                "{{\"ts\":\"{stamp}\",\"name\":\"n{}\",\"value\":{value},\"labels\":{{\"host\":\"h{}\"}}}}\n",
                i % 3,
                i % 2
            ),
        }
    };
    (0..n).map(line).collect()
}

#[test]
fn any_number_of_threads_and_any_memory_give_the_same_exact_rows() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("events.jsonl");
    for is_ordered in [true, false] {
        // More than two pieces of a megabyte, so that threads share buckets.
        let text = events(40_000, is_ordered);
        fs::write(&path, &text).unwrap();
        for by in [None, Some("host")] {
            let (expected, skipped) = slowly(&text, by);
            for (threads, room) in [(1, ROOM), (2, ROOM), (1, 500), (3, 3_000), (8, 1)] {
                let found = of_file(&path, &options(threads, room, by));
                assert_eq!((found.lines, found.skipped), (40_000, skipped));
                same(&plain(&found), &expected);
            }
        }
    }
}

#[test]
fn a_bucket_larger_than_memory_has_its_exact_percentile() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("one.csv");
    let mut text = "time,value\n".to_owned();
    for i in 0..700_000_u64 {
        text += &format!("1795176000,{}\n", i * 48_271 % 700_001);
    }
    fs::write(&path, &text).unwrap();
    let expected = slowly(&text, None).0;
    same(&plain(&of_file(&path, &options(2, 10_000, None))), &expected);
}

#[test]
fn packed_files_say_what_they_hold_frame_after_frame() {
    let folder = tempfile::tempdir().unwrap();
    let text = events(6_000, true);
    let (expected, _) = slowly(&text, None);
    let (one, other) = text.split_at(text.len() / 2);
    let gz = |text: &str| {
        let mut packer = GzEncoder::new(Vec::new(), Compression::fast());
        packer.write_all(text.as_bytes()).unwrap();
        packer.finish().unwrap()
    };
    let zst = |text: &str| compress_to_vec(text.as_bytes(), CompressionLevel::Fastest);
    let other_frame = b"\x50\x2a\x4d\x18\x03\x00\x00\x00abc".to_vec();
    for (name, bytes) in [
        ("whole.gz", gz(&text)),
        ("parts.gz", [gz(one), gz(other)].concat()),
        ("whole.zst", zst(&text)),
        ("parts.zst", [zst(one), other_frame, zst(other)].concat()),
    ] {
        let path = folder.path().join(name);
        fs::write(&path, &bytes).unwrap();
        for threads in [1, 2] {
            let found = of_file(&path, &options(threads, ROOM, None));
            assert_eq!((found.inputs[0].failed.as_ref(), found.lines), (None, 6_000), "{name}");
            same(&plain(&found), &expected);
        }
        // Cut in the middle: what came is counted, and the file is named.
        fs::write(&path, &bytes[..bytes.len() * 2 / 3]).unwrap();
        let found = of_file(&path, &options(1, ROOM, None));
        let (why, hint) = found.inputs[0].failed.clone().unwrap_or_default();
        assert!(why.as_str().starts_with("its rest cannot be read: "), "{name}: {why}");
        assert_eq!(hint.as_str(), "what came before is counted");
    }
}

#[test]
fn a_bad_line_is_named_by_its_number_in_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.csv");
    let good = "2026-11-20T12:00:00Z,1\n".repeat(150_000);
    let long = "x".repeat(blocks::LINE + blocks::BLOCK * 2);
    fs::write(&path, format!("\u{feff}time,value\r\n{good}soon,1\n{long}\n{good}2026-11-20T12:00:00Z,NaN\n1,\x1b[2J"))
        .unwrap();
    for threads in [1, 3] {
        let found = of_file(&path, &options(threads, ROOM, None));
        let named: Vec<_> = found.named.iter().map(|left| (left.line, left.why.as_str())).collect();
        assert_eq!(
            named,
            [
                (150_002, "its time cannot be read"),
                (150_003, "it is longer than a megabyte"),
                (300_004, "its value is not a finite number"),
                (300_005, "its value is not a number"),
            ]
        );
        assert_eq!((found.lines, found.skipped, found.rows[0].figures.count), (300_005, 4, 300_000));
    }
}

#[test]
fn a_scrape_without_times_is_of_the_time_it_was_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.prom");
    fs::write(&path, "# TYPE up gauge\nup{job=\"a b}\"} 1\nup{job=\"c\"} NaN\nup 12").unwrap();
    let found = of_file(&path, &options(1, ROOM, Some("job")));
    let modified = fs::metadata(&path).unwrap().modified().unwrap().duration_since(std::time::UNIX_EPOCH).unwrap();
    let start = i64::try_from(modified.as_millis()).unwrap().div_euclid(60_000) * 60_000;
    let rows: Vec<_> = plain(&found).into_iter().map(|row| (row.0, row.2, row.3.count)).collect();
    assert_eq!(rows, [(start, Some("a b}".to_owned()), 1)]);
    let named: Vec<_> = found.named.iter().map(|left| (left.line, left.why.as_str())).collect();
    assert_eq!(named, [(3, "its value is not a finite number"), (4, "no newline ends it: it may be cut")]);
    assert_eq!((found.lines, found.skipped), (4, 2));
}

#[test]
fn a_file_that_is_none_is_named_and_the_others_are_counted() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    fs::write(path("good.csv"), "time,value\n1795176000,1\n").unwrap();
    fs::write(path("empty.csv"), "").unwrap();
    fs::write(path("binary.csv"), b"\x7fELF\x02\x01\x01\x03\x05\x06\x01").unwrap();
    let inputs = ["gone.csv", "good.csv", "empty.csv", "binary.csv", ""].map(|name| Input::File(path(name)));
    let found = summarize(&inputs, &options(2, ROOM, None), now()).unwrap();
    let failed: Vec<_> =
        found.inputs.iter().map(|i| i.failed.as_ref().map(|(why, _)| why.as_str().to_owned())).collect();
    assert!(failed[0].is_some(), "{failed:?}");
    assert_eq!(
        failed[1..],
        [None, Some("it has no line".into()), Some("it is binary, not text".into()), Some("it is a folder".into())]
    );
    assert_eq!((found.rows.len(), found.lines), (1, 2));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn no_bytes_break_it(head in "(ts,value|\\{\"ts\":1,\"v\":2\\}|a 1)\n", bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        fs::write(&path, [head.as_bytes(), &bytes].concat()).unwrap();
        let found = of_file(&path, &options(2, 4, None));
        prop_assert!(found.skipped <= found.lines);
    }
}
