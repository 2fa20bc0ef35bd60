//! Series of machines with their labelled faults, judged by three rules that are the same for every file: what of the faults
//! is noticed, and how much of what is said is right. The rules know a day of the past and nothing of the labels.

use std::path::Path;

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use watchfloor::{
    domain::{
        alert::{
            Became,
            book::Book,
            rule::{AnyRule, NO_DATA_HOLD, NoData, Rule},
        },
        expr::Expr,
        pool::Pool,
        sample::{Labelled, Labels, SeriesKey},
        series::{MetricFormat, Sample},
    },
    text::Text,
};

use crate::metrics::{data, follow, json};

/// What is judged of every series: a value far from its day, a level that moved, values that jump more than they did.
const RULES: [(&str, &str); 3] = [
    ("far", "abs(m - avg_over_time(m[1d])) > 5 * stddev_over_time(m[1d]) and count_over_time(m[1d]) > 100"),
    (
        "moved",
        "abs(avg_over_time(m[2h]) - avg_over_time(m[1d] offset 2h)) > 3 * stddev_over_time(m[1d] offset 2h) \
         and count_over_time(m[1d] offset 2h) > 100",
    ),
    (
        "restless",
        "stddev_over_time(m[2h]) > 5 * stddev_over_time(m[1d] offset 2h) and count_over_time(m[1d] offset 2h) > 100",
    ),
];

/// An alert goes on for so long after its condition, and what happens meanwhile is not another one.
const KEEP: TimeDelta = TimeDelta::hours(3);

/// The share of a series that is there to learn from: what is said in it counts for nothing.
const PROBATION: f64 = 0.15;

fn rule(name: &str, expr: &str) -> AnyRule {
    AnyRule::Alert(Box::new(Rule {
        name: Text::scrub(name),
        // Rules of a group are evaluated together: all of these at every sample.
        group: Text::scrub("nab"),
        origin: Text::default(),
        expr: Expr::read(expr).unwrap(),
        every: TimeDelta::seconds(1),
        hold: TimeDelta::zero(),
        keep_firing: KEEP,
        no_data: NoData::Ok,
        no_data_hold: NO_DATA_HOLD,
        labels: Vec::new(),
        annotations: Vec::new(),
    }))
}

/// When alerts of a series began, and when they were over.
fn judged(samples: &[Sample]) -> Vec<(DateTime<Utc>, DateTime<Utc>)> {
    let mut book = Book::new(RULES.iter().map(|(name, expr)| rule(name, expr)).collect());
    let mut pool = Pool::default();
    book.ask(&mut pool);
    let key = SeriesKey { name: Text::scrub("m"), labels: Labels::default() };
    let (mut found, mut open, mut last) = (Vec::new(), Vec::new(), i64::MIN);
    for sample in samples {
        let now = sample.at();
        pool.take(Labelled { key: key.clone(), at_ms: sample.at_ms, value: sample.value }, now);
        // A clock that was set back by an hour repeats it: what was judged is not judged again.
        if sample.at_ms <= last {
            continue;
        }
        last = sample.at_ms;
        for step in book.evaluate(&mut pool, now) {
            match step.became {
                Became::Firing => open.push((step.alert.id, step.at)),
                Became::Resolved => {
                    let place = open.iter().position(|(id, _)| *id == step.alert.id).unwrap();
                    found.push((open.remove(place).1, step.at));
                }
                _ => {}
            }
        }
        pool.forget(now);
    }
    let end = samples.last().map_or(DateTime::UNIX_EPOCH, |sample| sample.at());
    found.extend(open.into_iter().map(|(_, begun)| (begun, end)));
    found.sort();
    found
}

type Window = (DateTime<Utc>, DateTime<Utc>);

#[derive(Default)]
struct Count {
    windows: usize,
    noticed: usize,
    alerts: usize,
    right: usize,
    /// Seconds after the probation, and those of them inside windows.
    seconds: i64,
    labelled: i64,
}

impl Count {
    fn of(samples: &[Sample], windows: &[Window]) -> Self {
        let (first, last) = (samples.first().unwrap().at(), samples.last().unwrap().at());
        let learned = first + TimeDelta::seconds(((last - first).num_seconds() as f64 * PROBATION) as i64);
        let alerts: Vec<Window> = judged(samples).into_iter().filter(|(begun, _)| learned <= *begun).collect();
        let is_inside = |at: &DateTime<Utc>| windows.iter().any(|(from, until)| from <= at && at <= until);
        let is_noticed = |window: &&Window| alerts.iter().any(|(begun, _)| window.0 <= *begun && *begun <= window.1);
        Self {
            windows: windows.len(),
            noticed: windows.iter().filter(is_noticed).count(),
            alerts: alerts.len(),
            right: alerts.iter().filter(|(begun, _)| is_inside(begun)).count(),
            seconds: (last - learned).num_seconds(),
            labelled: windows.iter().map(|(from, until)| (*until - *from).num_seconds()).sum(),
        }
    }

    fn add(&mut self, other: &Self) {
        self.windows += other.windows;
        self.noticed += other.noticed;
        self.alerts += other.alerts;
        self.right += other.right;
        self.seconds += other.seconds;
        self.labelled += other.labelled;
    }

    /// Of what was said, how much was right; nothing where nothing was said.
    fn precision(&self) -> Option<f64> {
        (self.alerts > 0).then(|| self.right as f64 / self.alerts as f64)
    }

    fn recall(&self) -> Option<f64> {
        (self.windows > 0).then(|| self.noticed as f64 / self.windows as f64)
    }

    fn row(&self, name: &str) -> String {
        let share = |share: Option<f64>| share.map_or("-".to_owned(), |share| format!("{share:.2}"));
        let Self { windows, noticed, alerts, right, .. } = self;
        let (precision, recall) = (share(self.precision()), share(self.recall()));
        format!("{name:<52} {windows:>7} {noticed:>7} {alerts:>6} {right:>5} {precision:>9} {recall:>6}")
    }
}

fn samples(path: &Path) -> Vec<Sample> {
    let format = MetricFormat::Csv { time: "timestamp".into(), value: "value".into() };
    let bytes = std::fs::read(path).unwrap();
    follow(&bytes, &format, bytes.len()).0
}

fn instant(written: &serde_json::Value) -> DateTime<Utc> {
    NaiveDateTime::parse_from_str(written.as_str().unwrap(), "%Y-%m-%d %H:%M:%S%.f").unwrap().and_utc()
}

#[test]
fn the_same_three_rules_notice_most_labelled_faults_of_machines_and_are_right_far_above_chance() {
    let Some(data) = data() else { return };
    let folder = data.join("metrics/nab");
    let labels = json(&folder.join("labels.combined_windows.json"));
    let (mut all, mut n_files) = (Count::default(), 0);
    println!("{:<52} windows noticed alerts right precision recall", "file");
    for (name, windows) in labels.as_object().unwrap() {
        let path = folder.join(name);
        if !path.exists() {
            continue;
        }
        let windows: Vec<Window> =
            windows.as_array().unwrap().iter().map(|pair| (instant(&pair[0]), instant(&pair[1]))).collect();
        let count = Count::of(&samples(&path), &windows);
        println!("{}", count.row(name));
        all.add(&count);
        n_files += 1;
    }
    let by_chance = all.labelled as f64 / all.seconds as f64;
    println!("{}", all.row(&format!("{n_files} files")));
    println!("an alert at any instant would be right with {by_chance:.2}");
    let (precision, recall) = (all.precision().unwrap(), all.recall().unwrap());
    assert!(2.5 * by_chance < precision, "right {precision:.2} of the time, by chance {by_chance:.2}");
    assert!(0.5 < recall, "noticed {recall:.2}");
}

#[test]
fn a_planted_fault_is_one_alert_at_its_first_sample_and_a_calm_series_none() {
    let at = |n: i64| 1_795_165_200_000 + n * 300_000;
    let calm = |n: i64| Sample { at_ms: at(n), value: f64::from(i32::try_from(n % 7).unwrap()) };
    let series: Vec<Sample> = (0..1_000).map(calm).collect();
    assert_eq!(judged(&series), []);
    let planted: Vec<Sample> =
        series.iter().map(|s| if s.at_ms == at(700) { Sample { value: 90.0, ..*s } } else { *s }).collect();
    let found = judged(&planted);
    assert!(!found.is_empty() && found.iter().all(|(begun, _)| begun.timestamp_millis() == at(700)), "{found:?}");
}
