//! Scanning lines: a megabyte or so of each format, by the scanner and by the full parser that stands behind it.

use std::{fmt::Write as _, hint::black_box};

use criterion::{Criterion, Throughput, criterion_group};
use watchfloor::{
    domain::zone::Zone,
    source::metrics::{
        record::LineReader,
        scan::{Keys, Scanned, Scanner},
        shape::{Hint, infer},
    },
};

criterion_group!(benches, scan);

const LINES: u64 = 10_000;

/// A line of each format, by its number.
fn text(format: &str) -> String {
    let mut out = String::new();
    for i in 0..LINES {
        let (second, ms, name, host, value) =
            (i / 200, i % 200 * 5, i % 20, i % 8, (i * 7_919 % 100_000) as f64 / 100.0);
        let stamp = format!("2026-11-20T12:00:{second:02}.{ms:03}Z");
        match format {
            "jsonl" => writeln!(
                out,
                "{{\"ts\":\"{stamp}\",\"name\":\"name_{name}\",\"value\":{value},\"labels\":{{\"host\":\"host-{host}\"}}}}"
            ),
            "csv" if i == 0 => writeln!(out, "timestamp,name,value,host"),
            "csv" => writeln!(out, "{stamp},name_{name},{value},host-{host}"),
            _ => writeln!(out, "name_{name}{{host=\"host-{host}\",job=\"api\"}} {value} {}", 1_795_176_000_000 + i),
        }
        .unwrap();
    }
    out
}

fn scan(c: &mut Criterion) {
    let mut group = c.benchmark_group("scan");
    for format in ["jsonl", "csv", "prom"] {
        let text = text(format);
        let shape = infer(text.as_bytes(), &Hint::default()).unwrap();
        group.throughput(Throughput::Bytes(text.len() as u64));
        let (mut scanner, mut keys) = (Scanner::new(&shape, &Zone::utc()), Keys::new(7));
        group.bench_function(format!("{format}, scanner"), |b| {
            b.iter(|| {
                let mut sum = 0.0;
                scanner.scan(text.as_bytes(), &mut keys, |_, scanned| {
                    if let Scanned::Row(row) = scanned {
                        sum += row.value.unwrap_or(0.0);
                    }
                });
                black_box(sum)
            });
        });
        let full = LineReader::new(&shape, &Zone::utc());
        group.bench_function(format!("{format}, full parser"), |b| {
            b.iter(|| {
                let values = text.lines().filter_map(|line| full.read(line.as_bytes()).ok().flatten()?.value);
                black_box(values.sum::<f64>())
            });
        });
    }
    group.finish();
}
