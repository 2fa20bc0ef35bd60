//! A folder with a file that is written, and two that read it: ours, and `tail -F` where it is installed.

use std::{
    collections::BTreeMap,
    fs::{self, OpenOptions},
    io::Write as _,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use chrono::TimeDelta;
use watchfloor::{
    domain::{time::plus, zone::Zone},
    shell::{
        clock::Clock,
        feeds::metric::MetricFile,
        follow::lines::{Gap, Reached},
    },
    source::metrics::shape::Hint,
};

/// What came of one scenario.
pub struct Row {
    pub fault: &'static str,
    pub what: &'static str,
    pub written: usize,
    pub ours: (usize, usize),
    pub tail: Option<(usize, usize)>,
    pub note: String,
}

pub struct Scene {
    pub folder: tempfile::TempDir,
    pub path: PathBuf,
    pub file: MetricFile,
    pub seen: Vec<u64>,
    pub gaps: Vec<Gap>,
    pub n_bad: usize,
    pub last_error: Option<String>,
    /// How far ahead of the wall clock we say it is.
    pub ahead: TimeDelta,
    tail: Option<(Child, PathBuf)>,
    next: u64,
}

impl Scene {
    pub fn new() -> Self {
        Self::at("app.csv", true)
    }

    /// A file of this name; with its header, or not there yet.
    pub fn at(name: &str, begins: bool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        if begins {
            fs::write(&path, "time,value\n").unwrap();
        }
        let file = MetricFile::new(&path, Hint::default(), Zone::utc(), Vec::new());
        let told = folder.path().join("told-by-tail");
        let tail = Command::new("tail")
            .args(["-n", "+1", "-s", "0.05", "-F"])
            .arg(&path)
            .stdout(fs::File::create(&told).unwrap())
            .stderr(Stdio::null())
            .spawn();
        let mut scene = Self {
            path,
            file,
            seen: Vec::new(),
            gaps: Vec::new(),
            n_bad: 0,
            last_error: None,
            ahead: TimeDelta::zero(),
            tail: tail.ok().map(|tail| (tail, told)),
            folder,
            next: 0,
        };
        scene.pause();
        scene
    }

    pub fn beside(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The next `n` lines; each says which one it is.
    pub fn lines(&mut self, n: u64) -> String {
        let from = self.next;
        self.next += n;
        (from..self.next).map(|id| format!("{},{id}\n", 1_700_000_000 + id / 10)).collect()
    }

    pub fn append_to(&mut self, path: &Path, text: &[u8]) {
        OpenOptions::new().append(true).create(true).open(path).unwrap().write_all(text).unwrap();
    }

    pub fn append(&mut self, n: u64) {
        let (path, lines) = (self.path.clone(), self.lines(n));
        self.append_to(&path, lines.as_bytes());
    }

    /// A new file with a header and `n` lines.
    pub fn write_new(&mut self, n: u64) {
        let lines = format!("time,value\n{}", self.lines(n));
        fs::write(&self.path, lines).unwrap();
    }

    /// Gives `tail` the time it needs.
    pub fn pause(&mut self) {
        if self.tail.is_some() {
            sleep(Duration::from_millis(250));
        }
    }

    /// One round of ours, and time for the other.
    pub fn look(&mut self) {
        loop {
            match self.file.look(plus(Clock::Wall.now(), self.ahead)) {
                Ok((round, reached)) => {
                    self.last_error = None;
                    self.seen.extend(round.samples.iter().map(|s| s.value as u64));
                    self.gaps.extend(round.gaps);
                    self.n_bad += round.n_skipped;
                    if reached == Reached::End {
                        break;
                    }
                }
                Err((_, why)) => {
                    self.last_error = Some(why);
                    break;
                }
            }
        }
        self.pause();
    }

    /// Ends it and counts lines lost and doubled.
    pub fn done(mut self, fault: &'static str, what: &'static str, note: &str) -> Row {
        self.look();
        let tail = self.tail.take().map(|(mut tail, told)| {
            sleep(Duration::from_millis(300));
            let _ = tail.kill();
            let _ = tail.wait();
            let told = fs::read(told).unwrap();
            let told = String::from_utf8_lossy(&told).into_owned();
            let ids = told.lines().filter_map(|l| l.trim_end().split_once(',')?.1.parse().ok()).collect::<Vec<u64>>();
            lost_and_doubled(self.next, &ids)
        });
        let gaps = match self.gaps.len() {
            0 => String::new(),
            n => format!("{n} gap{} said", if n == 1 { "" } else { "s" }),
        };
        let note = [note.to_owned(), gaps].into_iter().filter(|n| !n.is_empty()).collect::<Vec<_>>().join("; ");
        Row {
            fault,
            what,
            written: usize::try_from(self.next).unwrap(),
            ours: lost_and_doubled(self.next, &self.seen),
            tail,
            note,
        }
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        if let Some((tail, _)) = &mut self.tail {
            let _ = tail.kill();
            let _ = tail.wait();
        }
    }
}

/// How many of the lines `0..written` are missing, and how many came more than once.
pub fn lost_and_doubled(written: u64, seen: &[u64]) -> (usize, usize) {
    let mut times = BTreeMap::<u64, usize>::new();
    seen.iter().for_each(|id| *times.entry(*id).or_default() += 1);
    let lost = (0..written).filter(|id| !times.contains_key(id)).count();
    (lost, times.values().filter(|n| **n > 1).count())
}

pub fn table(rows: &[Row]) -> String {
    let mut out = format!(
        "{:<5} {:<58} {:>7} {:>6} {:>8} {:>10} {:>12}  {}\n",
        "fault", "scenario", "written", "lost", "doubled", "tail lost", "tail doubled", "note"
    );
    for row in rows {
        let (lost, doubled) = row.tail.map_or(("-".into(), "-".into()), |(l, d)| (l.to_string(), d.to_string()));
        out += &format!(
            "{:<5} {:<58} {:>7} {:>6} {:>8} {:>10} {:>12}  {}\n",
            row.fault, row.what, row.written, row.ours.0, row.ours.1, lost, doubled, row.note
        );
    }
    out
}

/// Waits until something holds.
pub fn wait_for(longest: Duration, mut holds: impl FnMut() -> bool) -> Option<Duration> {
    let begun = Instant::now();
    while begun.elapsed() < longest {
        if holds() {
            return Some(begun.elapsed());
        }
        sleep(Duration::from_millis(50));
    }
    None
}
