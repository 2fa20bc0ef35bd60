//! Expressions here and there over the same scrapes: a real Prometheus scrapes, gives out what it scraped as it is, and both
//! evaluate. What comes out must be the same.

use std::{
    collections::BTreeMap,
    fs,
    process::Command,
    sync::atomic::Ordering,
    time::{Duration, Instant},
};

use chrono::DateTime;
use url::Url;
use watchfloor::{
    domain::{
        expr::{Expr, Value},
        pool::Pool,
        sample::{Labelled, SeriesKey},
    },
    shell::clock::Clock,
    source::prometheus,
    wire::Request,
};

use crate::{
    exporter,
    server::{Server, free_ports, left_out, perform, program, wait_for},
};

/// Expressions, each in one line.
const EXPRESSIONS: &[&str] = &[
    "requests_total",
    "requests_total{code=~\"5..\"}",
    "rate(requests_total[10s])",
    "irate(requests_total[10s])",
    "increase(requests_total[12s])",
    "delta(temperature[10s])",
    "idelta(temperature[10s])",
    "changes(temperature[12s])",
    "resets(requests_total[18s])",
    "sum by (code) (rate(requests_total[10s]))",
    "sum without (code) (increase(requests_total[10s]))",
    "sum(rate(requests_total{code=\"500\"}[10s])) / sum(rate(requests_total[10s]))",
    "sum by (host) (rate(requests_total{code=\"500\"}[10s])) / on (host) sum by (host) (rate(requests_total[10s]))",
    "histogram_quantile(0.9, sum by (le) (rate(latency_seconds_bucket[10s])))",
    "histogram_quantile(0.5, rate(latency_seconds_bucket[10s]))",
    "histogram_quantile(0.99, sum by (host, le) (increase(latency_seconds_bucket[15s])))",
    "rate(latency_seconds_sum[10s]) / rate(latency_seconds_count[10s])",
    "avg_over_time(temperature[10s])",
    "min_over_time(temperature[10s])",
    "max_over_time(temperature[10s])",
    "sum_over_time(temperature[10s])",
    "count_over_time(temperature[10s])",
    "last_over_time(temperature[10s])",
    "stddev_over_time(temperature[10s])",
    "stdvar_over_time(temperature[10s])",
    "quantile_over_time(0.9, temperature[10s])",
    "present_over_time(temperature[20s])",
    "avg(temperature)",
    "stddev(temperature)",
    "quantile(0.5, temperature)",
    "topk(1, temperature)",
    "bottomk(2, requests_total)",
    "count by (room) (temperature)",
    "count(temperature)",
    "temperature > 20",
    "temperature > bool 20",
    "temperature offset 6s",
    "rate(requests_total[8s] offset 4s)",
    "max_over_time(sum(temperature)[10s:2s])",
    "temperature and on (room) (temperature > 20)",
    "temperature unless on (room) (temperature > 20)",
    "absent(nobody_measures_this)",
    "absent(temperature)",
    "nothing",
    "clamp_max(temperature, 19)",
    "round(temperature, 0.5)",
    "timestamp(temperature)",
    "label_replace(temperature, \"floor\", \"$1\", \"room\", \"(.).*\")",
    "scalar(sum(requests_total)) * 2",
    "-temperature ^ 2",
    "time()",
];

/// Elements by their name and labels.
type Found = BTreeMap<String, f64>;

#[test]
fn expressions_come_to_the_same_here_and_in_a_prometheus_over_the_same_scrapes() {
    let Some(program) = program(&["prometheus"]) else { return left_out("prometheus") };
    let began = Instant::now();
    let folder = tempfile::tempdir().unwrap();
    let (exporter, n_scrapes) = exporter::start();
    let [port] = free_ports();
    let settings = format!(
        "global: {{scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}}\nrule_files: [rules.yml]\n\
         scrape_configs: [{{job_name: test, static_configs: [{{targets: ['127.0.0.1:{exporter}']}}]}}]\n"
    );
    fs::write(folder.path().join("prometheus.yml"), settings).unwrap();
    let rules = "groups: [{name: g, rules: [{alert: Warm, expr: 'temperature > 0', labels: {severity: page}}, \
                 {record: 'heat:sum', expr: sum(temperature)}]}]\n";
    fs::write(folder.path().join("rules.yml"), rules).unwrap();
    let home = folder.path().to_owned();
    // Below a prefix, as behind Mimir and Thanos.
    let _server = Server::start(&home.join("log"), {
        let home = home.clone();
        move || {
            let mut command = Command::new(&program);
            command.arg(format!("--config.file={}", home.join("prometheus.yml").display()));
            command.arg(format!("--storage.tsdb.path={}", home.join("data").display()));
            command.arg(format!("--web.listen-address=127.0.0.1:{port}")).arg("--web.route-prefix=/metrics/api");
            command.current_dir(&home);
            command
        }
    });
    let base = Url::parse(&format!("http://127.0.0.1:{port}/metrics/api")).unwrap();
    wait_for("prometheus is ready", Duration::from_secs(20), || {
        perform(&prometheus::ready_request(&base)).filter(prometheus::is_ready)
    });
    wait_for("twenty-two scrapes", Duration::from_secs(40), || (22 <= n_scrapes.load(Ordering::Relaxed)).then_some(()));
    let newest = last_scrape(&base);
    let pool = scraped(&base, newest);
    let mut faults = Vec::new();
    let mut n_values = 0;
    // Never on a scrape: whether a range holds both its ends differs between Prometheus 2 and 3, and on none between them.
    for back in [0, 3_000, 6_000, 9_000] {
        let at_ms = newest - back + 337;
        for expression in EXPRESSIONS {
            let theirs = there(&base, expression, at_ms);
            let ours = here(&pool, expression, at_ms);
            n_values += theirs.len();
            faults.extend(differences(expression, at_ms, &ours, &theirs));
        }
    }
    println!(
        "{} expressions at 4 instants, {n_values} values, {} series, {} samples, {:.0} s",
        EXPRESSIONS.len(),
        pool.n_series(),
        pool.n_samples(),
        began.elapsed().as_secs_f64()
    );
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(EXPRESSIONS.len() * 4 < n_values, "most expressions came to something: {n_values}");
    ranges(&base, newest);
    told(&base);
    signal(&base, folder.path());
}

/// The whole range at once is the same as its instants one by one.
fn ranges(base: &Url, newest: i64) {
    let (from, to) = (time(newest - 5_000 + 337), time(newest + 337));
    let request = prometheus::query_range(base, "sum(temperature)", from, to, chrono::TimeDelta::seconds(1));
    let ranged = prometheus::one_series(prometheus::samples(&perform(&request).unwrap()).unwrap()).unwrap();
    assert_eq!(ranged.len(), 6);
    for sample in ranged {
        assert_eq!(there(base, "sum(temperature)", sample.at_ms).get(""), Some(&sample.value));
    }
}

/// Rules and alerts are read, and what cannot be evaluated is refused in the server's words.
fn told(base: &Url) {
    let alerts = prometheus::alerts(&perform(&prometheus::alerts_request(base)).unwrap()).unwrap().found;
    assert_eq!((alerts.items.len(), alerts.n_skipped), (2, 0), "north and south: {alerts:?}");
    assert!(alerts.items.iter().all(|alert| alert.name().as_str() == "Warm" && alert.value.is_some()));
    let rules = prometheus::rules(&perform(&prometheus::rules_request(base)).unwrap()).unwrap().found;
    let kinds: Vec<bool> = rules.items.iter().map(|rule| rule.is_alert).collect();
    assert_eq!((kinds, rules.n_skipped), (vec![true, false], 0));
    let refused = prometheus::samples(&perform(&prometheus::query(base, "sum(", time(0))).unwrap()).unwrap_err();
    assert!(refused.why.as_str().contains("parse error"), "{refused:?}");
    let many = prometheus::samples(&perform(&prometheus::query(base, "up or temperature", Clock::Wall.now())).unwrap());
    assert!(prometheus::one_series(many.unwrap()).is_err());
}

/// A signal that the server evaluates has its window and its newest value, and a slip in its expression has the server's word.
fn signal(base: &Url, folder: &std::path::Path) {
    let settings = format!(
        "[[prometheus]]\nname = \"far\"\nurl = \"{base}\"\nevery = \"1s\"\nalerts = true\nheaders = {{ X-Scope-OrgID = \"team\" }}\n\
         [[signal]]\nname = \"heat\"\nprometheus = \"far\"\nexpr = \"sum(temperature)\"\nabove = 1\nwindow = \"5m\"\n\
         [[signal]]\nname = \"slip\"\nprometheus = \"far\"\nexpr = \"sum(\"\n"
    );
    let file = folder.join("watchfloor.toml");
    fs::write(&file, settings).unwrap();
    let run = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_watchfloor"));
        command.args(arguments).arg("--config").arg(&file).arg("--state-dir").arg(folder.join("state"));
        command.output().unwrap()
    };
    let shown = run(&["metrics", "--json"]);
    let shown: serde_json::Value = serde_json::from_slice(&shown.stdout).unwrap_or_else(|_| panic!("{shown:?}"));
    let text = shown.to_string();
    assert!(text.contains("\"heat\"") && text.contains("parse error"), "{text}");
    println!("{}", String::from_utf8_lossy(&run(&["metrics"]).stdout));
    let listed = run(&["alerts"]);
    let listed = String::from_utf8_lossy(&listed.stdout);
    assert!(listed.contains("AT far  2 firing") && listed.contains("Warm"), "{listed}");
}

fn time(ms: i64) -> DateTime<chrono::Utc> {
    DateTime::from_timestamp_millis(ms).unwrap()
}

fn asked(base: &Url, expression: &str, at_ms: i64) -> Vec<Labelled> {
    let request: Request = prometheus::query(base, expression, time(at_ms));
    let answer = perform(&request).unwrap_or_else(|| panic!("no answer to {expression}"));
    let read = prometheus::samples(&answer).unwrap_or_else(|refused| panic!("{expression}: {refused:?}"));
    assert_eq!(read.warnings, [], "{expression}");
    read.found
}

/// When the newest scrape was made.
fn last_scrape(base: &Url) -> i64 {
    let now = Clock::Wall.now().timestamp_millis();
    asked(base, "up[30s]", now).iter().map(|sample| sample.at_ms).max().unwrap()
}

/// Everything that was scraped, as it was; a series that a later scrape did not hold has ended there.
fn scraped(base: &Url, newest: i64) -> Pool {
    let mut raw = asked(base, "{job=\"test\", alertname=\"\"}[2m]", newest);
    raw.sort_by_key(|sample| sample.at_ms);
    let mut scrapes: Vec<i64> =
        raw.iter().filter(|sample| sample.key.name.as_str() == "up").map(|sample| sample.at_ms).collect();
    scrapes.dedup();
    assert!(20 <= scrapes.len(), "{} scrapes", scrapes.len());
    let mut last: BTreeMap<SeriesKey, i64> = BTreeMap::new();
    for sample in &raw {
        last.insert(sample.key.clone(), sample.at_ms);
    }
    let ended = last.into_iter().filter_map(|(key, at)| {
        let next = scrapes.iter().find(|scrape| at < **scrape)?;
        Some(Labelled { key, at_ms: *next, value: f64::from_bits(0x7ff0_0000_0000_0002) })
    });
    let ended: Vec<Labelled> = ended.collect();
    assert_eq!(ended.len(), 1, "the cellar alone has gone away: {ended:?}");
    let mut pool = Pool::default();
    for sample in raw.into_iter().chain(ended) {
        pool.take(sample, time(newest));
    }
    assert_eq!(pool.refused(), Default::default());
    pool
}

fn there(base: &Url, expression: &str, at_ms: i64) -> Found {
    asked(base, expression, at_ms).into_iter().map(|sample| (sample.key.to_string(), sample.value)).collect()
}

fn here(pool: &Pool, expression: &str, at_ms: i64) -> Found {
    let read = Expr::read(expression).unwrap_or_else(|fault| panic!("{expression}: {fault}"));
    match read.eval(pool, at_ms).unwrap_or_else(|why| panic!("{expression}: {why}")) {
        Value::Scalar(value) => [(String::new(), value)].into(),
        Value::Vector(items) => {
            let kept = items.into_iter().filter(|item| item.is_kept);
            kept.map(|item| {
                let key = SeriesKey { name: item.name.unwrap_or_default(), labels: item.labels };
                (key.to_string(), item.value)
            })
            .collect()
        }
        Value::Text(text) => panic!("{expression} comes to the text {text}"),
    }
}

/// Where they differ: in their elements, or in a value by more than 1e-9 of it.
fn differences(expression: &str, at_ms: i64, ours: &Found, theirs: &Found) -> Vec<String> {
    let mut found = Vec::new();
    if !ours.keys().eq(theirs.keys()) {
        found.push(format!("{expression} at {at_ms}: here {ours:?}, there {theirs:?}"));
        return found;
    }
    for ((key, here), there) in ours.iter().zip(theirs.values()) {
        let is_same = here == there
            || (here.is_nan() && there.is_nan())
            || (here - there).abs() <= 1e-9 * here.abs().max(there.abs()).max(1.0);
        if !is_same {
            found.push(format!("{expression} at {at_ms}: {key}: here {here}, there {there}"));
        }
    }
    found
}
