//! Every metric file once, however many signals use it: what it brings goes to the floor and, from the process that leads, to
//! `signals.sqlite`.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::watch;

use crate::{
    domain::{
        sample::SeriesKey,
        series::MetricFormat,
        slo::meter::Counted,
        time::{between, plus, rfc3339},
        trouble::Trouble,
        zone::Zone,
    },
    floor::fact::{Fact, Role, SignalId, SourceId, Went},
    shell::{
        disk::{self, Expanded},
        feeds::metric::{
            MetricFile,
            earlier::Earlier,
            tap::{Taken, Tap},
            ways,
        },
        files::lock,
        follow::lines::Reached,
        keeper::in_words,
        store::StoreError,
        telemetry::{Covered, Gaps, Keep, Telemetry, Want},
    },
    source::metrics::{
        shape::{Format, Hint},
        tail::Place,
    },
    text::Text,
};

/// Signals that fall due together look at a file once.
const TOGETHER: TimeDelta = TimeDelta::milliseconds(250);

/// What is too old is forgotten this often.
const FORGET_EVERY: TimeDelta = TimeDelta::days(1);

/// Whoever has followed for so long holds nothing for the disk any more: whoever leads has written since.
const HELD_FOR: TimeDelta = TimeDelta::minutes(1);

/// A file that no pattern has found for so long is not followed any more.
const LEFT_AFTER: TimeDelta = TimeDelta::minutes(10);

/// Files, of which this much is wanted, with where they are kept.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    /// Signals with their names, files (a path or a pattern) and formats.
    pub taps: Vec<(SignalId, Text, String, MetricFormat)>,
    /// What is wanted of the past.
    pub wants: Vec<Want>,
    /// In which ways objectives count signals, and how far back.
    pub counted: Vec<(SignalId, Counted, TimeDelta)>,
    /// The zone of stamps without an offset.
    pub zone: Option<Zone>,
    /// Where `signals.sqlite` is; nothing = nothing is kept.
    pub folder: Option<PathBuf>,
    /// How long it is kept.
    pub keep: Keep,
}

/// Metric files, each read once.
pub struct Measuring {
    pub(super) plan: Plan,
    role: watch::Receiver<Role>,
    files: Mutex<BTreeMap<PathBuf, Arc<Mutex<Shared>>>>,
    pub(super) kept: Mutex<Kept>,
}

/// One file with what waits for the signals that use it.
struct Shared {
    file: MetricFile,
    looked_at: Option<DateTime<Utc>>,
    waiting: BTreeMap<SignalId, Taken>,
    trouble: Option<(Trouble, String)>,
    /// Whether it was seen that nobody else has written of it since it was begun.
    is_own: bool,
    /// Since when another process leads.
    follows_since: Option<DateTime<Utc>>,
}

#[derive(Default)]
pub(super) struct Kept {
    pub(super) telemetry: Option<Telemetry>,
    pub(super) places: HashMap<PathBuf, Vec<Place>>,
    pub(super) covered: HashMap<PathBuf, Covered>,
    pub(super) gaps: Gaps,
    pub(super) earlier: Earlier,
    pub(super) is_begun: bool,
    is_troubled: bool,
    forget_at: Option<DateTime<Utc>>,
}

impl Measuring {
    /// Begins with nothing read; `role` is the part that this process plays.
    pub fn new(plan: Plan, role: watch::Receiver<Role>) -> Self {
        Self { plan, role, files: Mutex::default(), kept: Mutex::default() }
    }

    pub(super) fn leads(&self) -> bool {
        *self.role.borrow() == Role::Syncs
    }

    /// Looks at the files of a pattern and tells what they bring; `signal` takes some of it by itself.
    pub fn poll(
        &self,
        files: &str,
        signal: Option<SignalId>,
        n_skipped: &mut usize,
        source: SourceId,
        now: DateTime<Utc>,
        tell: &mut dyn FnMut(Fact),
    ) {
        self.begin(now, tell);
        let (Expanded { paths, unread }, mut trouble) = match disk::expand(files) {
            Ok(expanded) => (expanded, None),
            Err(why) => (Expanded::default(), Some(failed(source, Trouble::Garbled, &format!("`{files}`: {why}")))),
        };
        if paths.is_empty() {
            trouble = trouble.or_else(|| Some(failed(source, Trouble::Away, &format!("no file matches {files}"))));
        }
        let (mut all, n_files) = (Taken::NOTHING, paths.len());
        trouble = unread.map(|why| failed(source, Trouble::Away, &why)).or(trouble);
        for path in paths {
            let shared = self.file(&path);
            let mut shared = lock(&shared);
            self.look(&path, &mut shared, now, tell);
            let waiting = signal.and_then(|signal| shared.waiting.get_mut(&signal));
            waiting.into_iter().for_each(|waiting| all.join(std::mem::replace(waiting, Taken::NOTHING)));
            if let Some((kind, why)) = &shared.trouble {
                trouble = Some(failed(source, *kind, &format!("{}: {why}", name_of(&path))));
            }
        }
        *n_skipped += all.new.n_skipped;
        if let Some(signal) = signal {
            let n_files = trouble.is_none().then_some(n_files);
            self.tell_taken(signal, all, n_files, *n_skipped, tell);
        }
        tell(trouble.unwrap_or(Fact::Unchanged { source, budget: None }));
    }

    /// What was found of the columns that the settings do not name, a sentence for each signal's file.
    pub fn inferred(&self) -> Vec<Text> {
        let files = lock(&self.files);
        let mut found = Vec::new();
        for (path, shared) in files.iter() {
            // A file that holds its thread has told nothing yet.
            let Ok(shared) = shared.try_lock() else { continue };
            for (signal, (time, value)) in shared.file.inferred() {
                let Some((_, name, _, _)) = self.plan.taps.iter().find(|(id, ..)| *id == signal) else { continue };
                let said = format!("{name}: {}: time \"{time}\", value \"{value}\"", name_of(path));
                found.push(Text::scrub(&said));
            }
        }
        found
    }

    /// Puts on disk what was gathered, whenever that was last done: for a process that ends.
    pub fn end(&self, now: DateTime<Utc>) {
        let files: Vec<_> = lock(&self.files).iter().map(|(path, file)| (path.clone(), Arc::clone(file))).collect();
        for (path, file) in files {
            // A file that holds its thread is read again from where it was last put on disk.
            if let Ok(mut shared) = file.try_lock() {
                self.write(&path, &mut shared, true, now, &mut |_| {});
            }
        }
    }

    /// A file with what is taken of it; made where it was never asked for.
    fn file(&self, path: &Path) -> Arc<Mutex<Shared>> {
        if let Some(known) = lock(&self.files).get(path) {
            return Arc::clone(known);
        }
        let kept = lock(&self.kept);
        let places = kept.places.get(path).cloned().unwrap_or_default();
        let held = kept.telemetry.as_ref().and_then(|telemetry| telemetry.held(path).ok()).unwrap_or_default();
        let mut begun = self.begun(path, places, &kept.covered, held);
        // What an earlier process could not read is missing in what it counted, too.
        for (at, said) in kept.gaps.get(path).into_iter().flatten() {
            begun
                .waiting
                .values_mut()
                .for_each(|waiting| waiting.new.skip(&format!("{}, {}", name_of(path), rfc3339(*at)), said.as_str()));
        }
        drop(kept);
        let shared = Arc::new(Mutex::new(begun));
        Arc::clone(lock(&self.files).entry(path.to_path_buf()).or_insert(shared))
    }

    fn begun(
        &self,
        path: &Path,
        places: Vec<Place>,
        covered: &HashMap<PathBuf, Covered>,
        held: HashSet<SeriesKey>,
    ) -> Shared {
        let means =
            |files: &String| disk::expand(files).is_ok_and(|found| found.paths.iter().any(|there| there == path));
        let meant = self.plan.taps.iter().filter(|(_, _, files, _)| means(files));
        let tap = |(id, name, _, format): &(SignalId, Text, String, MetricFormat)| {
            let ways = ways::of_signal(&self.plan, *id, path, !places.is_empty(), covered);
            (*id, Tap::new(name, format).counting(ways))
        };
        let taps: BTreeMap<_, _> = meant.map(tap).collect();
        let hint = hint(taps.values().map(Tap::format));
        let zone = self.plan.zone.clone().unwrap_or(Zone::utc());
        let waiting = taps.keys().map(|id| (*id, Taken::NOTHING)).collect();
        let file = MetricFile::new(path, hint, zone, places).with_taps(taps).holding(held);
        Shared { file, looked_at: None, waiting, trouble: None, is_own: false, follows_since: None }
    }

    /// Reads what is new, unless that was just done for another signal.
    fn look(&self, path: &Path, shared: &mut Shared, now: DateTime<Utc>, tell: &mut dyn FnMut(Fact)) {
        if shared.looked_at.is_some_and(|at| between(at, now).abs() < TOGETHER) {
            return;
        }
        shared.looked_at = Some(now);
        loop {
            let found = shared.file.look(now);
            let is_more = matches!(found, Ok((_, Reached::Part)));
            match found {
                Ok((round, _)) => {
                    shared.trouble = None;
                    if !round.samples.is_empty() {
                        tell(Fact::Measured(round.samples, round.telling));
                    }
                    let gaps = ways::lost(&round.gaps);
                    self.note_gaps(path, &gaps, now, tell);
                    for (signal, taken) in round.tapped {
                        let waiting = shared.waiting.entry(signal).or_insert(Taken::NOTHING);
                        waiting.join(taken);
                        gaps.iter().for_each(|gap| waiting.new.skip(&name_of(path), gap));
                    }
                }
                Err(trouble) => shared.trouble = Some(trouble),
            }
            self.write(path, shared, false, now, tell);
            if !is_more {
                return;
            }
        }
    }

    /// Puts on disk what was gathered, where this process leads.
    fn write(&self, path: &Path, shared: &mut Shared, at_once: bool, now: DateTime<Utc>, tell: &mut dyn FnMut(Fact)) {
        let Some(folder) = &self.plan.folder else { return shared.file.gather_nothing() };
        if !self.leads() {
            shared.is_own = false;
            // Whoever leads has it; a process that takes over reads again from where that one stood.
            let since = *shared.follows_since.get_or_insert(now);
            return shared.file.shed(HELD_FOR <= between(since, now));
        }
        shared.follows_since = None;
        let mut kept = lock(&self.kept);
        let mut write = || -> Result<(), StoreError> {
            if kept.telemetry.is_none() {
                kept.telemetry = Some(Telemetry::open(folder, now)?);
            }
            let Kept { telemetry: Some(telemetry), forget_at, .. } = &mut *kept else { return Ok(()) };
            if !shared.is_own {
                let places = telemetry.places(path)?;
                if !shared.file.is_whole() || places != shared.file.written() {
                    let covered = telemetry.covered()?;
                    let held = telemetry.held(path)?;
                    let mut begun = Shared { is_own: true, ..self.begun(path, places, &covered, held) };
                    begun.file.follows(&shared.file);
                    *shared = begun;
                    return Ok(());
                }
                shared.is_own = true;
            }
            let anew = ways::said_anew(&shared.file);
            if shared.file.write(telemetry, at_once, now)? {
                anew.into_iter().for_each(&mut *tell);
            }
            if forget_at.is_none_or(|at| at <= now) {
                *forget_at = Some(plus(now, FORGET_EVERY));
                telemetry.forget(self.plan.keep, now)?;
            }
            Ok(())
        };
        match write() {
            Ok(()) => kept.is_troubled = false,
            Err(error) => kept.trouble(&error, tell),
        }
        drop(kept);
        let is_left = |file: &Arc<Mutex<Shared>>| {
            let at = file.try_lock().ok().and_then(|shared| shared.looked_at);
            at.is_some_and(|at| LEFT_AFTER < between(at, now))
        };
        lock(&self.files).retain(|_, file| !is_left(file));
    }
}

impl Kept {
    /// Says once that nothing is kept.
    pub(super) fn trouble(&mut self, error: &StoreError, tell: &mut dyn FnMut(Fact)) {
        if !std::mem::replace(&mut self.is_troubled, true) {
            let what = Text::scrub(&format!("measurements are not kept: {}", in_words(error)));
            tell(Fact::Told { what, went: Went::Badly });
        }
    }
}

/// What signals tell of the shape of their file; where they differ, the file tells.
fn hint<'a>(formats: impl Iterator<Item = &'a MetricFormat>) -> Hint {
    let mut hint = Hint::default();
    for format in formats {
        hint.format = Some(match format {
            MetricFormat::Csv { .. } => Format::Csv,
            MetricFormat::Jsonl { .. } => Format::Jsonl,
            MetricFormat::Prometheus { .. } => Format::Prometheus,
            MetricFormat::Remote { .. } => continue,
        });
        if let MetricFormat::Jsonl { time: Some(time), .. } = format {
            hint.time = Some(time.clone());
        }
    }
    hint
}

fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

fn failed(source: SourceId, trouble: Trouble, why: &str) -> Fact {
    Fact::Failed { source, trouble, why: Text::scrub(why) }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;
    use crate::{
        domain::{
            rollup::{Past, Step},
            sample::{Labelled, Labels, SeriesKey},
            series::Measure,
            sla::Policy,
        },
        floor::{Floor, recorded::Recorded},
        shell::clock::Clock,
    };

    struct Bench {
        folder: tempfile::TempDir,
        role: watch::Sender<Role>,
        now: DateTime<Utc>,
    }

    #[derive(Debug, Default, PartialEq)]
    struct Told {
        sampled: BTreeMap<SignalId, Vec<f64>>,
        measured: Vec<Labelled>,
        past: Vec<Past>,
        failed: Vec<String>,
    }

    fn bench() -> Bench {
        let now = DateTime::from_timestamp(Clock::Wall.now().timestamp(), 0).unwrap();
        Bench { folder: tempfile::tempdir().unwrap(), role: watch::Sender::new(Role::Syncs), now }
    }

    impl Bench {
        fn path(&self, name: &str) -> PathBuf {
            self.folder.path().join(name)
        }

        fn begin(&self, taps: &[(&str, &str, MetricFormat)]) -> Measuring {
            let tap = |(n, (name, file, format)): (usize, &(&str, &str, MetricFormat))| {
                (SignalId(n), Text::scrub(name), self.path(file).to_string_lossy().into_owned(), format.clone())
            };
            let plan = Plan {
                taps: taps.iter().enumerate().map(tap).collect(),
                wants: vec![Want { name: None, back: TimeDelta::hours(3) }],
                folder: Some(self.path("state")),
                ..Plan::default()
            };
            Measuring::new(plan, self.role.subscribe())
        }

        fn poll(&self, measuring: &Measuring, seconds: i64) -> Told {
            let mut told = Told::default();
            for (signal, _, files, _) in &measuring.plan.taps {
                measuring.poll(
                    files,
                    Some(*signal),
                    &mut 0,
                    SourceId(0),
                    plus(self.now, TimeDelta::seconds(seconds)),
                    &mut |fact| match fact {
                        Fact::OnRecord(Recorded::Samples { signal, known, samples, .. }) => {
                            let all = known.samples.iter().chain(&samples).map(|sample| sample.value);
                            told.sampled.entry(signal).or_default().extend(all);
                        }
                        Fact::Sampled { signal, samples, .. } => {
                            told.sampled.entry(signal).or_default().extend(samples.iter().map(|sample| sample.value));
                        }
                        Fact::Measured(samples, _) => told.measured.extend(samples),
                        Fact::Remeasured(past) => told.past.extend(past),
                        Fact::Failed { why, .. } => told.failed.push(why.to_string()),
                        _ => {}
                    },
                );
            }
            told
        }

        fn append(&self, name: &str, text: &str) {
            let file = std::fs::OpenOptions::new().append(true).create(true).open(self.path(name));
            file.unwrap().write_all(text.as_bytes()).unwrap();
        }

        fn line(&self, ago: i64, rest: &str) -> String {
            format!("{}{rest}\n", self.now.timestamp() - ago)
        }

        fn n_kept(&self, key: &SeriesKey) -> u64 {
            let telemetry = Telemetry::open(&self.path("state"), self.now).unwrap();
            let until = plus(self.now, TimeDelta::hours(1));
            let rollups = telemetry.rollups(key, Step::Hour, DateTime::UNIX_EPOCH, until).unwrap();
            rollups.iter().map(|(_, rollup)| rollup.count).sum()
        }
    }

    fn csv(value: &str) -> MetricFormat {
        MetricFormat::Csv { time: Some("time".to_owned()), value: Some(value.to_owned()) }
    }

    fn own(name: &str) -> SeriesKey {
        SeriesKey::on_record(&Text::scrub(name))
    }

    #[test]
    fn two_signals_of_one_file_get_each_their_own_of_one_reading() {
        let bench = bench();
        bench.append("x.csv", &format!("time,a,b\n{}{}", bench.line(20, ",1,10"), bench.line(10, ",2,20")));
        let measuring = bench.begin(&[("one", "x.csv", csv("a")), ("other", "x.csv", csv("b"))]);
        let told = bench.poll(&measuring, 0);
        assert_eq!(told.sampled, [(SignalId(0), vec![1.0, 2.0]), (SignalId(1), vec![10.0, 20.0])].into());
        assert_eq!((told.measured, told.failed), (vec![], vec![]), "columns have no name: they are the signals'");
        assert_eq!(lock(&measuring.files).len(), 1);
        bench.append("x.csv", &bench.line(5, ",3,30"));
        assert_eq!(bench.poll(&measuring, 2).sampled, [(SignalId(0), vec![3.0]), (SignalId(1), vec![30.0])].into());
    }

    #[test]
    fn who_is_killed_between_two_writes_counts_nothing_twice_and_loses_nothing() {
        let bench = bench();
        bench.append("x.csv", &format!("time,a\n{}{}", bench.line(20, ",1"), bench.line(10, ",2")));
        let taps = [("one", "x.csv", csv("a"))];
        let first = bench.begin(&taps);
        bench.poll(&first, 0);
        assert_eq!(bench.n_kept(&own("one")), 2);
        bench.append("x.csv", &bench.line(5, ",3"));
        // Read, and not written yet: here it is killed.
        assert_eq!(bench.poll(&first, 2).sampled, [(SignalId(0), vec![3.0])].into());
        assert_eq!(bench.n_kept(&own("one")), 2);
        let second = bench.begin(&taps);
        assert_eq!(bench.poll(&second, 4).sampled, [(SignalId(0), vec![1.0, 2.0, 3.0])].into(), "the chart is whole");
        assert_eq!(bench.n_kept(&own("one")), 3);
        bench.append("x.csv", &bench.line(4, ",4"));
        bench.poll(&second, 6);
        second.end(bench.now);
        assert_eq!(bench.n_kept(&own("one")), 4);
    }

    #[test]
    fn an_exposition_is_known_after_a_restart_with_what_it_said_before() {
        let bench = bench();
        let up = MetricFormat::Prometheus { metric: "up".to_owned(), labels: Vec::new() };
        let taps = [("up", "x.prom", up)];
        let first = bench.begin(&taps);
        for (n, second) in [(1, 0), (2, 4)] {
            std::fs::write(
                bench.path("x.prom"),
                format!("up {n} {}\nother{{a=\"b\"}} {n}\n", (bench.now.timestamp() + second) * 1_000),
            )
            .unwrap();
            // A file's time may be told by the hundredth of a second only.
            std::thread::sleep(std::time::Duration::from_millis(20));
            let told = bench.poll(&first, second);
            assert_eq!((told.sampled, told.measured.len()), ([(SignalId(0), vec![f64::from(n)])].into(), 2));
        }
        let second = bench.begin(&taps);
        let told = bench.poll(&second, 5);
        assert_eq!(told.sampled, [(SignalId(0), vec![1.0, 2.0, 2.0])].into(), "what was, and what the file says");
        assert!(told.measured.is_empty(), "it was counted");
        let values: Vec<_> =
            told.past.iter().filter(|past| past.key.name.as_str() == "up").map(|past| past.rollup.last.1).collect();
        assert_eq!(values, [1.0, 2.0]);
    }

    #[test]
    fn who_follows_for_long_holds_nothing_for_the_disk_and_takes_over_all_the_same() {
        let bench = bench();
        bench.append("x.csv", "time,a\n");
        let taps = [("one", "x.csv", csv("a"))];
        bench.role.send_replace(Role::Follows { who: Text::scrub("pid 1") });
        let follower = bench.begin(&taps);
        let held = |measuring: &Measuring| -> usize {
            lock(&measuring.files).values().map(|shared| lock(shared).file.n_gathered()).sum()
        };
        for second in 0..300 {
            bench.append("x.csv", &bench.line(-second, ",1"));
            bench.poll(&follower, second);
            assert!(held(&follower) <= 61, "{} after {second} s", held(&follower));
        }
        assert_eq!(held(&follower), 0);
        bench.role.send_replace(Role::Syncs);
        for second in [300, 304] {
            bench.poll(&follower, second);
        }
        follower.end(bench.now);
        assert_eq!(bench.n_kept(&own("one")), 300, "the other wrote nothing: all of it is read again");
    }

    #[test]
    fn who_follows_writes_nothing_and_takes_over_where_the_other_stood() {
        let bench = bench();
        let event = |ago: i64| format!("{{\"time\":{},\"event\":\"paid\"}}\n", bench.now.timestamp() - ago);
        let format = MetricFormat::Jsonl { time: None, measure: Measure::CountPerMinute, filter: None };
        let taps = [("paid", "x.jsonl", format)];
        let paid = SeriesKey { name: Text::scrub("paid"), labels: Labels::default() };
        bench.append("x.jsonl", &event(30));
        let leader = bench.begin(&taps);
        assert_eq!(bench.poll(&leader, 0).measured.len(), 1);
        bench.role.send_replace(Role::Follows { who: Text::scrub("pid 1") });
        let follower = bench.begin(&taps);
        bench.append("x.jsonl", &event(20));
        let told = bench.poll(&follower, 2);
        assert_eq!((told.measured.len(), told.past.len(), bench.n_kept(&paid)), (1, 1, 1));
        bench.role.send_replace(Role::Syncs);
        bench.poll(&leader, 4);
        leader.end(bench.now);
        assert_eq!(bench.n_kept(&paid), 2);
        bench.append("x.jsonl", &event(10));
        for seconds in [6, 8, 12] {
            bench.poll(&follower, seconds);
        }
        follower.end(bench.now);
        assert_eq!(bench.n_kept(&paid), 3, "what the other counted is not counted again");
    }

    /// What a floor with two signals of one file, and with what a log's events are called, comes to.
    struct Seen {
        floor: Floor,
    }

    impl Seen {
        fn new() -> Self {
            let mut floor = Floor::new(Text::default(), Zone::utc(), Policy::standard(), Vec::new());
            for name in ["ms", "paid"] {
                let signal = crate::domain::series::Signal {
                    name: Text::scrub(name),
                    unit: Text::default(),
                    threshold: None,
                    stale_after: TimeDelta::hours(1),
                    hold: TimeDelta::zero(),
                    keep_firing: TimeDelta::zero(),
                    window: TimeDelta::hours(1),
                    objective: None,
                    runbook: None,
                };
                floor.apply(
                    Fact::SignalAdded { source: SourceId(0), signal: Box::new(signal) },
                    DateTime::<Utc>::MIN_UTC,
                );
            }
            Self { floor }
        }

        fn poll(&mut self, bench: &Bench, measuring: &Measuring, seconds: i64) {
            let now = plus(bench.now, TimeDelta::seconds(seconds));
            for (signal, _, files, _) in &measuring.plan.taps {
                measuring.poll(files, Some(*signal), &mut 0, SourceId(0), now, &mut |fact| {
                    self.floor.apply(fact, now);
                });
            }
        }

        fn asked(&self, bench: &Bench, expr: &str, seconds: i64) -> f64 {
            let at_ms = plus(bench.now, TimeDelta::seconds(seconds)).timestamp_millis();
            let pool = self.floor.pool();
            let n = |name: &str| {
                let ring = pool.named(Some(&Text::scrub(name))).next().map(|(_, ring)| ring);
                ring.and_then(|ring| ring.sum(at_ms - 300_000, at_ms))
            };
            let (name, of) = expr.split_once(' ').unwrap();
            n(name).map_or(0.0, |sum| match of {
                "count" => sum.n as f64,
                "max" => sum.high,
                _ => (sum.sum.0 + sum.sum.1) / sum.n as f64,
            })
        }
    }

    #[test]
    fn every_line_of_an_instant_counts_once_live_after_a_takeover_and_after_a_restart() {
        let bench = bench();
        let line = |ms: i64| format!("{{\"ts\":{},\"event\":\"paid\",\"ms\":{ms}}}\n", bench.now.timestamp() - 20);
        let format = MetricFormat::Jsonl { time: None, measure: Measure::Field("ms".to_owned()), filter: None };
        let taps = [("ms", "x.jsonl", format.clone())];
        let all = |seen: &Seen, n: f64, mean: f64, seconds: i64| {
            let found = ["count", "max", "avg"].map(|of| seen.asked(&bench, &format!("ms {of}"), seconds));
            // Of a second on disk the values between its least and its most are known by a sketch, to a hundredth.
            assert!(found[..2] == [n, 900.0] && (found[2] - mean).abs() < mean / 100.0, "{found:?}");
            assert_eq!((seen.floor.gauges()[0].series.len() as f64, seen.asked(&bench, "paid count", seconds)), (n, n));
        };
        bench.append("x.jsonl", &line(900).repeat(5));
        bench.role.send_replace(Role::Follows { who: Text::scrub("pid 1") });
        let first = bench.begin(&taps);
        let mut seen = Seen::new();
        seen.poll(&bench, &first, 0);
        bench.append("x.jsonl", &(line(900).repeat(4) + &line(10)));
        seen.poll(&bench, &first, 2);
        all(&seen, 10.0, 811.0, 2);
        let other = bench.begin(&taps);
        bench.role.send_replace(Role::Syncs);
        Seen::new().poll(&bench, &other, 3);
        other.end(bench.now);
        for seconds in [4, 8, 12] {
            seen.poll(&bench, &first, seconds);
        }
        all(&seen, 10.0, 811.0, 12);
        bench.append("x.jsonl", &line(811).repeat(2));
        seen.poll(&bench, &first, 16);
        all(&seen, 12.0, 811.0, 16);
        first.end(bench.now);
        assert_eq!(bench.n_kept(&SeriesKey { name: Text::scrub("paid"), labels: Labels::default() }), 12);
        let mut again = Seen::new();
        again.poll(&bench, &bench.begin(&taps), 20);
        all(&again, 12.0, 811.0, 20);
    }

    #[test]
    fn a_table_that_is_written_anew_is_corrected_and_one_that_is_put_aside_goes_on() {
        let bench = bench();
        let taps = [("ms", "x.csv", csv("a"))];
        let measuring = bench.begin(&taps);
        let mut seen = Seen::new();
        bench.append("x.csv", &format!("time,a\n{}{}", bench.line(20, ",999"), bench.line(10, ",2").repeat(3)));
        seen.poll(&bench, &measuring, 0);
        let table = format!("time,a\n{}{}", bench.line(20, ",9"), bench.line(10, ",2").repeat(3));
        std::fs::write(bench.path("y"), table).unwrap();
        std::fs::rename(bench.path("y"), bench.path("x.csv")).unwrap();
        for seconds in [2, 4] {
            seen.poll(&bench, &measuring, seconds);
        }
        let found = ["ms count", "ms max"].map(|of| seen.asked(&bench, of, 4));
        assert_eq!((found, seen.floor.gauges()[0].series.len()), ([4.0, 9.0], 4));
        std::fs::rename(bench.path("x.csv"), bench.path("x.csv.1")).unwrap();
        bench.append("x.csv", &format!("time,a\n{}", bench.line(10, ",2").repeat(2)));
        for seconds in [6, 8] {
            seen.poll(&bench, &measuring, seconds);
        }
        assert_eq!((seen.asked(&bench, "ms count", 8), seen.floor.gauges()[0].series.len()), (6.0, 6));
    }

    /// Every series of these names with how many samples it has and what they sum up to.
    fn looked_back_on(seen: &Seen, names: &[&str]) -> Vec<(String, usize, f64)> {
        let pool = seen.floor.pool();
        let of = |name: &&str| {
            let name = Text::scrub(name);
            let rings = pool.named(Some(&name));
            let found = rings.map(|(key, ring)| {
                let values: Vec<f64> = ring.walk(i64::MIN, i64::MAX).map(|(_, value)| value).collect();
                (key.to_string(), values.len(), values.iter().sum::<f64>())
            });
            found.collect::<Vec<_>>()
        };
        let mut all: Vec<_> = names.iter().flat_map(of).collect();
        all.sort_by(|a, b| a.0.cmp(&b.0));
        all
    }

    #[test]
    fn what_is_looked_back_on_is_the_same_after_a_restart_whatever_became_of_the_file() {
        let jsonl = MetricFormat::Jsonl { time: None, measure: Measure::Field("v".to_owned()), filter: None };
        let up = MetricFormat::Prometheus { metric: "up".to_owned(), labels: Vec::new() };
        let taps = [("ms", "c.csv", csv("a")), ("paid", "j.jsonl", jsonl), ("seen", "x.prom", up)];
        for how in ["keep", "rename", "delete", "rewrite", "away"] {
            let bench = bench();
            let line = |ago: i64, v: i64| format!("{{\"ts\":{},\"v\":{v}}}\n", bench.now.timestamp() - ago);
            let table: String = (1..100).map(|n| bench.line(200 - n, &format!(",{n}"))).collect();
            bench.append("c.csv", &format!("time,a\n{table}"));
            bench.append("j.jsonl", &(1..100).map(|n| line(200 - n, n).repeat(2)).collect::<String>());
            bench.append("x.prom", "up 1\nup{h=\"b\"} 2\n");
            let first = bench.begin(&taps);
            let mut seen = Seen::new();
            seen.poll(&bench, &first, 0);
            let names = ["ms", "paid", "up"];
            let before = looked_back_on(&seen, &names);
            assert_eq!(
                before.iter().map(|(key, n, _)| (key.as_str(), *n)).collect::<Vec<_>>(),
                [("ms", 99), ("paid", 198), ("up", 1), ("up{h=\"b\"}", 1)]
            );
            first.end(bench.now);
            for name in ["c.csv", "j.jsonl"] {
                let (path, old) = (bench.path(name), bench.path(&format!("{name}.1")));
                match how {
                    "keep" => {}
                    "rename" => std::fs::rename(&path, old).unwrap(),
                    "rewrite" => {
                        std::fs::copy(&path, &old).unwrap();
                        std::fs::rename(old, path).unwrap();
                    }
                    "away" => std::fs::rename(&path, bench.path(&format!("aside-{name}"))).unwrap(),
                    _ => std::fs::remove_file(&path).unwrap(),
                }
            }
            if how == "rename" {
                bench.append("c.csv", "time,a\n");
                bench.append("j.jsonl", "");
            }
            let second = bench.begin(&taps);
            let mut seen = Seen::new();
            seen.poll(&bench, &second, 1);
            assert_eq!(looked_back_on(&seen, &names), before, "{how}");
            if how == "away" {
                for name in ["c.csv", "j.jsonl"] {
                    std::fs::rename(bench.path(&format!("aside-{name}")), bench.path(name)).unwrap();
                }
                seen.poll(&bench, &second, 3);
                assert_eq!(looked_back_on(&seen, &names), before, "it was found again");
            }
        }
    }

    #[test]
    fn of_several_files_each_is_told_once_where_one_was_put_aside() {
        let bench = bench();
        let taps = [("ms", "x*.csv", csv("a"))];
        for (name, v) in [("x1.csv", 1), ("x2.csv", 5)] {
            let lines: String = (1..100).map(|n| bench.line(200 - n, &format!(",{}", v + n % 3))).collect();
            bench.append(name, &format!("time,a\n{lines}"));
        }
        let first = bench.begin(&taps);
        let mut seen = Seen::new();
        seen.poll(&bench, &first, 0);
        let before = looked_back_on(&seen, &["ms"]);
        first.end(bench.now);
        std::fs::rename(bench.path("x1.csv"), bench.path("x1.csv.1")).unwrap();
        bench.append("x1.csv", "time,a\n");
        let mut seen = Seen::new();
        seen.poll(&bench, &bench.begin(&taps), 1);
        assert_eq!((looked_back_on(&seen, &["ms"]), before[0].1), (before, 198));
    }

    #[test]
    fn a_series_that_left_its_exposition_is_not_there_after_a_restart() {
        let up = MetricFormat::Prometheus { metric: "other".to_owned(), labels: Vec::new() };
        let taps = [("seen", "x.prom", up)];
        for is_watched in [true, false] {
            let bench = bench();
            let alive = |seen: &Seen| {
                let at_ms = plus(Clock::Wall.now(), TimeDelta::seconds(1)).timestamp_millis();
                let name = Text::scrub("up");
                let found = seen.floor.pool().named(Some(&name));
                found.filter_map(|(_, ring)| ring.latest(at_ms - 300_000, at_ms)).map(|(_, v)| v).collect::<Vec<_>>()
            };
            std::fs::write(bench.path("x.prom"), "up{h=\"a\"} 1\nup{h=\"b\"} 2\n").unwrap();
            let first = bench.begin(&taps);
            let mut seen = Seen::new();
            seen.poll(&bench, &first, 0);
            assert_eq!(alive(&seen), [1.0, 2.0]);
            std::thread::sleep(std::time::Duration::from_millis(20));
            let write = |text: &str| std::fs::write(bench.path("x.prom"), text).unwrap();
            if is_watched {
                write("up{h=\"a\"} 1\n");
                seen.poll(&bench, &first, 4);
                assert_eq!(alive(&seen), [1.0]);
            }
            first.end(bench.now);
            if !is_watched {
                write("up{h=\"a\"} 1\n");
            }
            for seconds in [5, 9] {
                let (next, mut seen) = (bench.begin(&taps), Seen::new());
                seen.poll(&bench, &next, seconds);
                assert_eq!(alive(&seen), [1.0], "watched: {is_watched}, after {seconds} s");
                next.end(bench.now);
            }
            std::thread::sleep(std::time::Duration::from_millis(20));
            write("up{h=\"a\"} 1\nup{h=\"b\"} 7\n");
            let third = bench.begin(&taps);
            let mut seen = Seen::new();
            seen.poll(&bench, &third, 12);
            third.end(bench.now);
            let mut again = Seen::new();
            again.poll(&bench, &bench.begin(&taps), 13);
            assert_eq!((alive(&seen), alive(&again)), (vec![1.0, 7.0], vec![1.0, 7.0]), "it has come back");
        }
    }

    /// What an objective on the signal of a log comes to: bad and all.
    fn counted(bench: &Bench, measuring: &Measuring, seconds: i64) -> (u64, u64) {
        use crate::domain::slo::{
            self, Sli, Slo,
            exact::Target,
            feed::Feed,
            ledger::{EVENT, Method},
            window::TimeWindow,
        };
        let Some((_, Counted::Values(op, value), _)) = measuring.plan.counted.first().copied() else { panic!() };
        let mut seen = Seen::new();
        let slo = Slo {
            name: Text::scrub("fast"),
            service: Text::default(),
            description: Text::default(),
            sli: Sli::Threshold { of: Feed::Signal(Text::scrub("ms")), op, value },
            method: Method::Occurrences,
            window: TimeWindow::Rolling(slo::PERIOD),
            target: Target::read("0.9").unwrap(),
            min_total: 0,
            absent_after: None,
            rows: Vec::new(),
            runbook: None,
        };
        seen.floor.apply(Fact::SloAdded(Box::new(slo)), DateTime::<Utc>::MIN_UTC);
        seen.poll(bench, measuring, seconds);
        let ledger = seen.floor.slos()[0].ledger();
        let tally = ledger.sum(0, i64::MAX / 100_000);
        (tally.bad / EVENT, tally.total / EVENT)
    }

    #[test]
    fn what_objectives_counted_outlives_the_file_it_was_read_from() {
        use crate::domain::slo::meter::Op;
        let bench = bench();
        let line = |ago: i64, ms: i64| format!("{{\"ts\":{},\"ms\":{ms}}}\n", bench.now.timestamp() - ago);
        let format = MetricFormat::Jsonl { time: None, measure: Measure::Field("ms".to_owned()), filter: None };
        let begin = |bound: f64| {
            let mut measuring = bench.begin(&[("ms", "x.jsonl", format.clone())]);
            measuring.plan.counted = vec![(SignalId(0), Counted::Values(Op::Lt, bound), TimeDelta::days(28))];
            measuring
        };
        bench.append("x.jsonl", &(line(300, 900).repeat(5) + &line(200, 249).repeat(3)));
        let first = begin(250.0);
        assert_eq!(counted(&bench, &first, 0), (5, 8), "all that the file holds");
        first.end(bench.now);
        bench.append("x.jsonl", &line(100, 900));
        assert_eq!(counted(&bench, &begin(250.0), 1), (6, 9), "a restart counts nothing twice");
        // What was not read of the old file is, and the new one as well.
        std::fs::rename(bench.path("x.jsonl"), bench.path("x.jsonl.1")).unwrap();
        bench.append("x.jsonl", &line(50, 10).repeat(2));
        bench.role.send_replace(Role::Follows { who: Text::scrub("pid 1") });
        for _ in 0..2 {
            assert_eq!(counted(&bench, &begin(250.0), 2), (6, 11), "who follows writes nothing");
        }
        bench.role.send_replace(Role::Syncs);
        let second = begin(250.0);
        assert_eq!(counted(&bench, &second, 2), (6, 11));
        second.end(bench.now);
        std::fs::remove_file(bench.path("x.jsonl.1")).unwrap();
        std::fs::write(bench.path("x.jsonl"), line(40, 10) + &line(39, 900)).unwrap();
        let third = begin(250.0);
        assert_eq!(counted(&bench, &third, 3), (7, 13), "the files of before are gone");
        third.end(bench.now);
        let other = begin(5.0);
        assert_eq!(counted(&bench, &other, 4), (2, 2), "counted in another way it begins anew");
    }

    #[test]
    fn an_objective_on_a_bound_outlives_the_file_it_was_read_from() {
        let bench = bench();
        let threshold = crate::domain::series::Threshold { bad: crate::domain::series::Side::Above, bound: 250.0 };
        let budget = |seconds: i64| {
            let mut measuring = bench.begin(&[("ms", "x.csv", csv("a"))]);
            measuring.plan.counted = vec![(SignalId(0), Counted::of_bound(threshold), TimeDelta::days(28))];
            let mut seen = Seen::new();
            let signal = crate::domain::series::Signal {
                threshold: Some(threshold),
                objective: Some(0.9),
                ..seen.floor.gauges()[0].signal.clone()
            };
            seen.floor = Floor::new(Text::default(), Zone::utc(), Policy::standard(), Vec::new());
            seen.floor
                .apply(Fact::SignalAdded { source: SourceId(0), signal: Box::new(signal) }, DateTime::<Utc>::MIN_UTC);
            seen.poll(&bench, &measuring, seconds);
            measuring.end(plus(bench.now, TimeDelta::seconds(seconds)));
            seen.floor.gauges()[0].budget.map(|budget| (budget.bad, budget.slices))
        };
        let lines =
            [(360, ",900"), (300, ",251"), (240, ",250"), (180, ",1")].map(|(ago, value)| bench.line(ago, value));
        bench.append("x.csv", &format!("time,a\n{}", lines.concat()));
        assert_eq!(budget(0), Some((2, 4)));
        // What was written before it was put aside, while nobody watched, stands in the middle of the old file.
        bench.append("x.csv", &bench.line(120, ",900"));
        std::fs::rename(bench.path("x.csv"), bench.path("x.csv.1")).unwrap();
        bench.append("x.csv", &format!("time,a\n{}", bench.line(60, ",1")));
        assert_eq!([budget(1), budget(2)], [Some((3, 6)), Some((3, 6))]);
    }
}
