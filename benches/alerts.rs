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
    shell::channels::Ledger,
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

/// What the kernel says we were given of a processor, in nanoseconds; nothing where it does not say.
fn on_cpu() -> Option<Duration> {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    Some(Duration::from_nanos(told.split_whitespace().next()?.parse().ok()?))
}

/// A second book that was taken up from the disk, and goes on beside the first.
struct Restarted {
    book: Book,
    /// The tick until which it goes on.
    until: i64,
}

/// What was counted of restarts.
#[derive(Default)]
struct Restarts {
    n: usize,
    /// What was written down and what was taken up are not the same.
    n_unlike: usize,
    /// Ticks at which the two told something else.
    n_told_otherwise: usize,
    n_ticks: usize,
    /// Ends at which the two did not stand alike.
    n_end_unlike: usize,
}

/// How a book stands, as text: a value that is no number is like itself there.
fn standing(book: &Book) -> String {
    format!("{:?}", book.snapshot())
}

/// Writes the book down as the watcher does, and takes it up again as one that begins.
fn restarted(book: &Book, folder: &std::path::Path, now: DateTime<Utc>) -> Book {
    Ledger::open(folder).unwrap().keep_book(&book.snapshot(), now).unwrap();
    let (_, kept) = Ledger::open(folder).unwrap().book(None).unwrap().unwrap();
    let mut again = Book::new(rules());
    assert_eq!(again.restore(kept, now), 0, "alerts were lost");
    again
}

/// Restarts of a day.
const RESTARTS: i64 = 5;

fn main() {
    let seconds: i64 = std::env::args().filter_map(|arg| arg.parse().ok()).next().unwrap_or(86_400);
    let folder = tempfile::tempdir().unwrap();
    let (keys, mut pool, mut book) = (keys(), Pool::default(), Book::new(rules()));
    book.ask(&mut pool);
    println!("{} rules, {} series, {seconds} ticks of one second", book.rules().len(), keys.len());
    let start = DateTime::<Utc>::from_timestamp(1_795_165_200, 0).unwrap();
    let mut counters = vec![0.0; keys.len()];
    let mut ticks: Vec<Duration> = Vec::new();
    let (mut taking, mut judging, mut cpu, mut steps) = (Duration::ZERO, Duration::ZERO, Duration::ZERO, 0);
    let (mut other, mut restarts): (Option<Restarted>, Restarts) = (None, Restarts::default());
    for second in 0..seconds {
        let now = start + TimeDelta::seconds(second);
        let samples = measured(&keys, &mut counters, second, now);
        let (begun, cpu_before) = (Instant::now(), on_cpu());
        for sample in samples {
            pool.take(sample, now);
        }
        let taken = begun.elapsed();
        let told = book.evaluate(&mut pool, now);
        if second % 60 == 0 {
            pool.forget(now);
        }
        let all = begun.elapsed();
        cpu += on_cpu().zip(cpu_before).map(|(after, before)| after.saturating_sub(before)).unwrap_or_default();
        steps += told.len();
        taking += taken;
        judging += all.saturating_sub(taken);
        ticks.push(all);
        if let Some(again) = &mut other {
            restarts.n_ticks += 1;
            let told_again = again.book.evaluate(&mut pool, now);
            restarts.n_told_otherwise += usize::from(format!("{told_again:?}") != format!("{told:?}"));
        }
        if other.as_ref().is_some_and(|again| again.until == second) {
            restarts.n_end_unlike += usize::from(other.take().is_some_and(|a| standing(&a.book) != standing(&book)));
        }
        // From then on the one that was taken up must say the same as the one that went on.
        let between = (seconds / (RESTARTS + 1)).max(2);
        if second > 0 && second % between == 0 && second / between <= RESTARTS {
            let again = restarted(&book, folder.path(), now);
            restarts.n += 1;
            restarts.n_unlike += usize::from(standing(&again) != standing(&book));
            other = Some(Restarted { book: again, until: second + 900.min(between - 1) });
        }
    }
    ticks.sort();
    let n = u32::try_from(ticks.len()).unwrap().max(1);
    let at = |share: f64| ticks.get((share * f64::from(n - 1)) as usize).copied().unwrap_or_default();
    println!("a tick: mean {:?} (taking {:?}, judging {:?})", (taking + judging) / n, taking / n, judging / n);
    println!("        on a processor {:?}; p50 {:?}, p99 {:?}, highest {:?}", cpu / n, at(0.5), at(0.99), at(1.0));
    println!("memory: {:?} kB now, {:?} kB at most", memory("VmRSS"), memory("VmHWM"));
    println!("{} samples kept, {steps} steps, {} alerts now", pool.n_samples(), book.alerts().count());
    println!(
        "{} restarts: {} stood otherwise at once, {} of {} ticks told otherwise, {} stood otherwise after that",
        restarts.n, restarts.n_unlike, restarts.n_told_otherwise, restarts.n_ticks, restarts.n_end_unlike
    );
    assert_eq!((restarts.n_unlike, restarts.n_told_otherwise, restarts.n_end_unlike), (0, 0, 0), "a restart is felt");
    assert!(0 < steps, "nothing was ever broken: nothing was measured");
}

/// What comes in one second: a sample of each series.
fn measured(keys: &[SeriesKey], counters: &mut [f64], second: i64, now: DateTime<Utc>) -> Vec<Labelled> {
    let at_ms = now.timestamp_millis();
    let seed = u64::try_from(second).unwrap() << 16;
    let one = |(n, (key, counter)): (usize, (&SeriesKey, &mut f64))| {
        let value = noise(seed | u64::try_from(n).unwrap());
        *counter = if value < 0.000_1 { 0.0 } else { *counter + value * 2.0 };
        let value = if (n / HOSTS).is_multiple_of(2) { *counter } else { value };
        Labelled { key: key.clone(), at_ms, value }
    };
    keys.iter().zip(counters).enumerate().map(one).collect()
}
