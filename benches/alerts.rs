//! A day of ticks of one second: 200 rules over 2,000 series. `cargo bench --bench alerts`, `-- SECONDS` for less than a day.
#![expect(clippy::unwrap_used, reason = "a bench that cannot be set up has nothing to measure")]
#![expect(clippy::print_stdout, reason = "the figures are what it is for")]

use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use watchfloor::{
    domain::{
        alert::{
            book::Book,
            rule::{AnyRule, EVERY, NO_DATA_HOLD, NoData, Rule},
            template::Template,
        },
        expr::Expr,
        pool::Pool,
        sample::{Labelled, SeriesKey},
    },
    text::Text,
};

/// Metrics; even ones are counters, odd ones gauges.
const METRICS: usize = 20;

/// Series of each.
const HOSTS: usize = 100;

fn keys() -> Vec<SeriesKey> {
    let key = |metric: usize, host: usize| {
        let labels =
            [("host", format!("host-{host}")), ("zone", format!("zone-{}", host % 5)), ("job", "api".to_owned())];
        let labels = labels.iter().map(|(name, value)| (Text::scrub(name), Text::scrub(value))).collect();
        SeriesKey { name: Text::scrub(&format!("metric_{metric}")), labels }
    };
    (0..METRICS).flat_map(|metric| (0..HOSTS).map(move |host| key(metric, host))).collect()
}

/// Ten rules a metric.
fn rules() -> Vec<AnyRule> {
    let mut rules = Vec::new();
    for metric in 0..METRICS {
        let m = format!("metric_{metric}");
        let of_counter = [
            format!("rate({m}[5m]) > 1.45"),
            format!("increase({m}[10m]) > 870"),
            format!("sum by (zone) (rate({m}[5m])) > 28"),
            format!("sum(rate({m}{{zone=\"zone-1\"}}[5m])) / sum(rate({m}[5m])) > 0.3"),
            format!("irate({m}[1m]) > 1.9"),
            format!("resets({m}[5m]) > 3"),
            format!("rate({m}{{host=~\"host-1.*\"}}[15m]) > 1.4"),
            format!("absent({m}{{host=\"host-1\"}})"),
            format!("sum without (host) (increase({m}[5m])) < 0"),
            format!("topk(3, rate({m}[5m])) > 1.5"),
        ];
        let of_gauge = [
            format!("{m} > 0.99"),
            format!("avg_over_time({m}[10m]) > 0.6"),
            format!("max_over_time({m}[5m]) < 0.1"),
            format!("min_over_time({m}[5m]) > 0.5"),
            format!("avg by (zone) ({m}) > 0.9"),
            format!("quantile(0.9, {m}) > 0.98"),
            format!("stddev_over_time({m}[10m]) > 0.4"),
            format!("{m} > on (host) group_left () (max by (host) ({m}) + 1)"),
            format!("count({m} > 0.9) > 30"),
            format!("sum_over_time({m}{{zone=\"zone-2\"}}[15m]) > 600"),
        ];
        let expressions = if metric % 2 == 0 { of_counter } else { of_gauge };
        for (n, expr) in expressions.iter().enumerate() {
            // One rule looks back an hour.
            let expr = if (metric, n) == (0, 0) { expr.replace("5m", "1h") } else { expr.clone() };
            rules.push(rule(&format!("Rule{metric}x{n}"), &expr));
        }
    }
    rules
}

fn rule(name: &str, expr: &str) -> AnyRule {
    AnyRule::Alert(Box::new(Rule {
        name: Text::scrub(name),
        group: Text::scrub(name),
        origin: Text::default(),
        expr: Expr::read(expr).unwrap(),
        every: EVERY,
        hold: TimeDelta::minutes(1),
        keep_firing: TimeDelta::minutes(2),
        no_data: NoData::Hold,
        no_data_hold: NO_DATA_HOLD,
        labels: vec![(Text::scrub("severity"), Template::plain("page"))],
        annotations: vec![(
            Text::scrub("summary"),
            Template::read("{{ $labels.host }}: {{ $value | humanize }}").unwrap(),
        )],
    }))
}

/// A figure in [0, 1) that jumps about, the same in every run.
fn noise(seed: u64) -> f64 {
    let mixed = (seed ^ (seed >> 31)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mixed = (mixed ^ (mixed >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    f64::from(u32::try_from(mixed >> 32).unwrap()) / 4_294_967_296.0
}

/// What the kernel says of us, in kilobytes: `VmRSS`, `VmHWM`; nothing where there is no such file.
fn memory(what: &str) -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    status.lines().find(|line| line.starts_with(what))?.split_whitespace().nth(1)?.parse().ok()
}

fn main() {
    let seconds: i64 = std::env::args().filter_map(|arg| arg.parse().ok()).next().unwrap_or(86_400);
    let (keys, mut pool, mut book) = (keys(), Pool::default(), Book::new(rules()));
    book.ask(&mut pool);
    println!("{} rules, {} series, {seconds} ticks of one second", book.rules().len(), keys.len());
    let start = DateTime::<Utc>::from_timestamp(1_795_165_200, 0).unwrap();
    let mut counters = vec![0.0; keys.len()];
    let mut ticks: Vec<Duration> = Vec::new();
    let (mut taking, mut judging, mut steps) = (Duration::ZERO, Duration::ZERO, 0);
    let half = seconds / 2;
    let mut other: Option<Book> = None;
    let mut differences = 0;
    for second in 0..seconds {
        let now = start + TimeDelta::seconds(second);
        let at_ms = now.timestamp_millis();
        let seed = u64::try_from(second).unwrap() << 16;
        let samples: Vec<Labelled> = keys
            .iter()
            .zip(&mut counters)
            .enumerate()
            .map(|(n, (key, counter))| {
                let value = noise(seed | u64::try_from(n).unwrap());
                *counter = if value < 0.000_1 { 0.0 } else { *counter + value * 2.0 };
                let value = if (n / HOSTS).is_multiple_of(2) { *counter } else { value };
                Labelled { key: key.clone(), at_ms, value }
            })
            .collect();
        let begun = Instant::now();
        for sample in samples {
            pool.take(sample, now);
        }
        let taken = begun.elapsed();
        let told = book.evaluate(&mut pool, now);
        if second % 60 == 0 {
            pool.forget(now);
        }
        let all = begun.elapsed();
        steps += told.len();
        taking += taken;
        judging += all.saturating_sub(taken);
        ticks.push(all);
        // A restart in the middle: the book that was taken up again says the same from then on.
        if second == half {
            let mut again = Book::new(rules());
            again.restore(book.snapshot(), now);
            other = Some(again);
        } else if let Some(other) = other.as_mut().filter(|_| second < half + 900) {
            differences += usize::from(other.evaluate(&mut pool, now) != told);
        }
    }
    ticks.sort();
    let n = u32::try_from(ticks.len()).unwrap().max(1);
    let at = |share: f64| ticks.get((share * f64::from(n - 1)) as usize).copied().unwrap_or_default();
    println!("a tick: mean {:?} (taking {:?}, judging {:?})", (taking + judging) / n, taking / n, judging / n);
    println!("        p50 {:?}, p99 {:?}, highest {:?}", at(0.5), at(0.99), at(1.0));
    println!("memory: {:?} kB now, {:?} kB at most", memory("VmRSS"), memory("VmHWM"));
    println!("{} samples kept, {steps} steps, {} alerts now", pool.n_samples(), book.alerts().count());
    println!("after a restart: {differences} ticks of 900 told otherwise");
}
