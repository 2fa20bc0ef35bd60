//! One metric file as labelled samples: read once, however many signals use it, with where we are kept on disk.

mod earlier;
mod format;
pub mod measuring;
pub mod tap;
mod ways;

use std::{
    collections::{BTreeMap, HashSet},
    path::{Path, PathBuf},
};

use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    domain::{
        rollup::Gathered,
        sample::{Kind, Labelled, SeriesKey, Telling},
        time::{between, plus},
        trouble::{Skipped, Trouble},
        zone::Zone,
    },
    floor::{fact::SignalId, metrics::FUTURE},
    shell::{
        disk,
        feeds::metric::{
            format::{by_ending, has_names},
            tap::{Taken, Tap},
        },
        follow::{
            lines::{Gap, Heard, LineFile, Reached},
            retold::Retold,
        },
        stamp::open_regular,
        store::StoreError,
        telemetry::Telemetry,
    },
    source::{
        SKIPS_NAMED,
        metrics::{
            bad::BadRecords,
            labelled::{LabelledReader, scrape},
            promtext, refusal,
            shape::{self, Format, Hint, Layout, Shape},
            tail::Place,
        },
    },
    text::Text,
};

/// The longest exposition read; node_exporter's are under a megabyte.
const LARGEST_SCRAPE: usize = 64 * 1024 * 1024;

/// What was gathered goes to disk at most this often.
pub const WRITE_EVERY: TimeDelta = TimeDelta::seconds(3);

/// Gathered rollups that go to disk at once, so that they do not fill the memory.
const MOST_GATHERED: usize = 100_000;

/// How much of a file is looked at to tell its format.
const HEAD: usize = 64 * 1024;

/// The value that says that a series has ended: the NaN Prometheus uses for it.
pub(super) const ENDED: f64 = f64::from_bits(0x7ff0_0000_0000_0002);

/// What one look at a file brought.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Round {
    /// Its samples, in the order of the file. A series that an exposition does not hold any more ends with the mark of
    /// [`is_stale_marker`](crate::domain::sample::is_stale_marker).
    pub samples: Vec<Labelled>,
    /// What families are, where this look told it.
    pub kinds: BTreeMap<Text, Kind>,
    /// Records that were left out, some of them named.
    pub skipped: Vec<Skipped>,
    /// How many were left out.
    pub n_skipped: usize,
    /// Stretches that may have held lines nobody can read any more.
    pub gaps: Vec<Gap>,
    /// What each signal takes of it by itself.
    pub tapped: BTreeMap<SignalId, Taken>,
    /// How its samples are told; what signals take tells so by itself.
    pub telling: Telling,
}

/// A metric file that is followed.
pub struct MetricFile {
    path: PathBuf,
    hint: Hint,
    zone: Zone,
    format: Option<Format>,
    lines: LineFile,
    readers: BTreeMap<u64, LabelledReader>,
    taps: BTreeMap<SignalId, Tap>,
    /// By file, the first line that no earlier process has counted.
    known: BTreeMap<u64, u64>,
    /// Whether all that an earlier process has counted was told again.
    is_level: bool,
    is_shed: bool,
    /// An exposition as it was last read.
    scraped: Option<Place>,
    retold: Retold,
    /// Whether this process has read it, an exposition.
    is_scraped: bool,
    /// The series that an exposition held when it was last read.
    alive: HashSet<SeriesKey>,
    bad: BadRecords,
    gathered: Gathered,
    written: Vec<Place>,
    written_at: Option<DateTime<Utc>>,
    /// Of what is counted anew the record knows nothing yet.
    is_counted_anew: bool,
}

impl MetricFile {
    /// A file of which this much is told; `places` is where an earlier process stood ([`Telemetry::places`]).
    pub fn new(path: &Path, hint: Hint, zone: Zone, places: Vec<Place>) -> Self {
        Self {
            path: path.to_path_buf(),
            format: hint.format.or_else(|| by_ending(path)),
            hint,
            zone,
            lines: LineFile::new(path, places.clone()),
            readers: BTreeMap::new(),
            taps: BTreeMap::new(),
            known: BTreeMap::new(),
            is_level: true,
            is_shed: false,
            scraped: places.last().cloned(),
            retold: Retold::default(),
            is_scraped: false,
            alive: HashSet::new(),
            bad: BadRecords::default(),
            gathered: Gathered::default(),
            written: places,
            written_at: None,
            is_counted_anew: false,
        }
    }

    /// With what signals take of it. Their lines are told from the file's start, and counted from where an earlier process
    /// stood.
    pub fn with_taps(mut self, taps: BTreeMap<SignalId, Tap>) -> Self {
        if taps.values().any(Tap::reads_lines) {
            self.is_level = self.written.is_empty();
            self.lines = LineFile::new(&self.path, self.written.clone()).again();
        }
        self.is_counted_anew = taps.values().any(|tap| tap.begins_anew().is_some());
        self.taps = taps;
        self
    }

    /// With the series that it held when an earlier process put that on record, where it is an exposition.
    pub fn holding(mut self, held: HashSet<SeriesKey>) -> Self {
        self.alive = held;
        self
    }

    /// Takes the place of one that told what this one is about to tell again.
    pub fn follows(&mut self, before: &Self) {
        self.retold = Retold::after(&before.retold);
        for (signal, tap) in &mut self.taps {
            before.taps.get(signal).into_iter().for_each(|before| tap.follows(before));
        }
    }

    /// Where it was read to when it was last put on disk, or when it was begun.
    pub fn written(&self) -> &[Place] {
        &self.written
    }

    /// Forgets what was gathered for the disk: whoever leads gathers by itself.
    pub fn gather_nothing(&mut self) {
        self.gathered = Gathered::default();
        self.taps.values_mut().for_each(Tap::forget_counted);
    }

    /// The signals that begin to be counted with what the file holds now, though it was read before.
    pub fn counted_anew(&self) -> impl Iterator<Item = &Text> {
        let taps = self.taps.values().filter(|_| self.is_counted_anew && !self.written.is_empty());
        taps.filter_map(Tap::begins_anew)
    }

    /// How many rollups wait for the disk.
    pub fn n_gathered(&self) -> usize {
        self.gathered.len()
    }

    /// Forgets what was gathered, at once or where that has become much: then it is not to be put on disk any more.
    pub fn shed(&mut self, at_once: bool) {
        let is_some = !self.gathered.is_empty() || self.taps.values().any(Tap::has_counted);
        if is_some && (at_once || self.gathered.len() >= MOST_GATHERED) {
            self.gather_nothing();
            self.is_shed = true;
        }
    }

    /// Whether all that was gathered since it was begun or last put on disk is there.
    pub fn is_whole(&self) -> bool {
        !self.is_shed
    }

    /// Its bad records.
    pub fn bad(&self) -> &BadRecords {
        &self.bad
    }

    /// What its lines look like, once that is known; nothing for an exposition.
    pub fn shape(&self) -> Option<&Shape> {
        self.readers.values().last().and_then(LabelledReader::shape)
    }

    /// For each signal whose columns the settings do not name, those that were found: of the time, and of the value.
    pub fn inferred(&self) -> impl Iterator<Item = (SignalId, (&str, &str))> {
        self.taps.iter().filter_map(|(signal, tap)| Some((*signal, tap.inferred()?)))
    }

    /// Whether it is read whole whenever it changes.
    pub fn is_exposition(&self) -> bool {
        self.format == Some(Format::Prometheus)
    }

    /// Reads what is new: all of it for [`Reached::End`].
    ///
    /// # Errors
    /// What kind of trouble the file is in, and why.
    pub fn look(&mut self, now: DateTime<Utc>) -> Result<(Round, Reached), (Trouble, String)> {
        let mut found = self.find_format().and_then(|()| match self.format {
            None => Ok((Round::default(), Reached::End)),
            Some(Format::Prometheus) => self.scrape().map(|round| (round, Reached::End)),
            Some(Format::Csv | Format::Jsonl) => self.follow(now),
        });
        if let Ok((round, reached)) = &mut found {
            round.tapped = self.taps.iter_mut().map(|(signal, tap)| (*signal, tap.take(now))).collect();
            round.telling = if self.is_exposition() { Telling::Instead } else { self.retold.telling() };
            self.is_level |= *reached == Reached::End;
            if *reached == Reached::End {
                self.retold.settle();
                self.taps.values_mut().for_each(Tap::settle);
            }
        }
        match &found {
            Ok((round, _)) => {
                self.bad.add(&round.skipped, round.n_skipped, now);
                self.bad.set_whole(None, now);
                round.samples.iter().for_each(|sample| self.gathered.add(sample));
            }
            // A file that is away is no bad file.
            Err((Trouble::Garbled, why)) => self.bad.set_whole(Some(why), now),
            Err(_) => {}
        }
        found
    }

    /// Puts what was gathered on disk with where the file was read to, in one transaction; tells whether it did. Without
    /// `at_once` it does so every few seconds, and not where nothing is new.
    ///
    /// # Errors
    /// As the disk fails; then it is kept and tried again.
    pub fn write(&mut self, telemetry: &mut Telemetry, at_once: bool, now: DateTime<Utc>) -> Result<bool, StoreError> {
        let is_due = self.written_at.is_none_or(|at| between(at, now) >= WRITE_EVERY);
        // Lines whose shape is not known yet are taken, and not counted: a restart must read them again.
        let is_waiting = self.readers.values().any(LabelledReader::is_waiting);
        if is_waiting || !self.is_level || !(at_once || is_due || self.gathered.len() >= MOST_GATHERED) {
            return Ok(false);
        }
        let places = if self.is_exposition() { self.scraped.iter().cloned().collect() } else { self.lines.places() };
        let is_counted = self.is_counted_anew || self.taps.values().any(Tap::has_counted);
        if self.gathered.is_empty() && places == self.written && !is_counted {
            return Ok(false);
        }
        let countings: Vec<_> = self.taps.values().flat_map(Tap::counted).collect();
        telemetry.write(&self.path, &places, &self.gathered, &countings)?;
        self.taps.values_mut().for_each(Tap::forget_counted);
        self.is_counted_anew = false;
        (self.gathered, self.written, self.written_at) = (Gathered::default(), places, Some(now));
        Ok(true)
    }

    fn find_format(&mut self) -> Result<(), (Trouble, String)> {
        if self.format.is_some() {
            return Ok(());
        }
        let head = self.head().map_err(|e| (Trouble::Away, disk::why(&e)))?;
        if !head.contains(&b'\n') && refusal(&head).is_none() {
            return Ok(());
        }
        let shape =
            shape::infer(&head, &self.hint).map_err(|why| (Trouble::Garbled, format!("{}: {}", why.why, why.hint)))?;
        self.format = Some(match shape.layout {
            Layout::Jsonl(_) => Format::Jsonl,
            Layout::Csv(_) => Format::Csv,
            Layout::Prometheus { .. } => Format::Prometheus,
        });
        Ok(())
    }

    fn head(&self) -> std::io::Result<Vec<u8>> {
        use std::io::Read as _;
        let mut head = Vec::new();
        open_regular(&self.path)?.take(HEAD as u64).read_to_end(&mut head)?;
        Ok(head)
    }

    fn follow(&mut self, now: DateTime<Utc>) -> Result<(Round, Reached), (Trouble, String)> {
        let Self { lines, readers, hint, zone, taps, known, gathered, retold, .. } = self;
        let mut round = Round::default();
        // What is stamped later counts nothing: its time has not come.
        let latest = plus(now, FUTURE).timestamp_millis();
        let reached = lines.look(now, &mut |heard| match heard {
            Heard::Began { file, why, head, known: n } => {
                taps.values_mut().for_each(|tap| tap.begin(file, why, &head));
                known.insert(file, n);
                retold.begin();
                let mut reader = LabelledReader::new(hint.clone(), zone.clone());
                reader.begin(&head);
                readers.insert(file, reader);
            }
            Heard::Lines { file, mut lines } => {
                let known = known.get(&file).copied().unwrap_or(0);
                for tap in taps.values_mut() {
                    tap.read(file, &lines, known, latest).iter().for_each(|sample| gathered.add(sample));
                }
                lines.items.retain(|line| known <= line.number);
                let Some(reader) = readers.get_mut(&file) else { return };
                // Values without a name of their own are the signals': two files must not become one series.
                if !taps.is_empty() && !reader.shape().is_some_and(has_names) {
                    return;
                }
                let batch = reader.read(lines);
                batch.items.iter().for_each(|sample| retold.see(sample.at_ms));
                round.samples.extend(batch.items);
                round.n_skipped += batch.n_skipped;
                let room = SKIPS_NAMED.saturating_sub(round.skipped.len());
                round.skipped.extend(batch.skipped.into_iter().take(room.max(1)));
            }
            Heard::Gap(gap) => round.gaps.push(gap),
            Heard::Ended { file } => {
                taps.values_mut().for_each(|tap| tap.end(file));
                // Of a file that was cut the reader goes on with its copy.
                if readers.len() > 1 {
                    readers.remove(&file);
                }
            }
        });
        let why = readers.values().last().and_then(LabelledReader::why);
        match (reached, why) {
            (Ok(_), Some(why)) if round.samples.is_empty() && self.taps.is_empty() => {
                Err((Trouble::Garbled, format!("{}: {}", why.why, why.hint)))
            }
            (Ok(reached), _) => Ok((round, reached)),
            // What a handle still gave counts; the trouble is told by the next look.
            (Err(_), _) if !round.samples.is_empty() || !round.gaps.is_empty() => Ok((round, Reached::End)),
            (Err(failed), _) => Err(failed),
        }
    }

    /// Reads an exposition whole, when it changed.
    fn scrape(&mut self) -> Result<Round, (Trouble, String)> {
        let away = |e: std::io::Error| (Trouble::Away, disk::why(&e));
        let seen = crate::shell::follow::seen_of(&open_regular(&self.path).map_err(away)?).map_err(away)?;
        let stamp = |place: &Place| (place.identity, place.offset, place.line);
        let found = (seen.identity, seen.length, seen.modified_ms.cast_unsigned());
        let is_known = self.scraped.as_ref().is_some_and(|place| stamp(place) == found);
        if is_known && self.is_scraped {
            return Ok(Round::default());
        }
        let bytes = disk::read(&self.path, LARGEST_SCRAPE).map_err(away)?;
        if let Some(why) = refusal(bytes.get(..bytes.len().min(512)).unwrap_or_default()) {
            return Err((Trouble::Garbled, why.to_owned()));
        }
        if !self.taps.is_empty() {
            let found = promtext::parse(&bytes);
            let found = found.indexed();
            self.taps.values_mut().for_each(|tap| tap.pick(&found, seen.modified_ms));
        }
        let mut read = scrape(&bytes, seen.modified_ms);
        let now_alive: HashSet<SeriesKey> = read.batch.items.iter().map(|sample| sample.key.clone()).collect();
        let gone = self.alive.difference(&now_alive);
        gone.clone().for_each(|key| self.gathered.hold(key, false));
        now_alive.difference(&self.alive).for_each(|key| self.gathered.hold(key, true));
        let ended = gone.map(|key| Labelled { key: key.clone(), at_ms: seen.modified_ms, value: ENDED });
        read.batch.items.extend(ended);
        (self.alive, self.is_scraped) = (now_alive, true);
        let (identity, offset, line) = found;
        self.scraped = Some(Place { identity, offset, line, head: Vec::new(), before: Vec::new(), is_inside: false });
        if is_known {
            // An earlier process has counted it; only what it says of now is wanted.
            return Ok(Round { kinds: read.kinds, ..Round::default() });
        }
        let (samples, skipped, n_skipped) = (read.batch.items, read.batch.skipped, read.batch.n_skipped);
        Ok(Round { samples, kinds: read.kinds, skipped, n_skipped, ..Round::default() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{domain::sample::is_stale_marker, shell::clock::Clock};

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).unwrap()
    }

    fn file(path: &Path, places: Vec<Place>) -> MetricFile {
        MetricFile::new(path, Hint::default(), Zone::utc(), places)
    }

    fn values(round: &Round) -> Vec<f64> {
        round.samples.iter().map(|s| s.value).collect()
    }

    #[test]
    fn a_restart_neither_reads_again_nor_loses() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.csv");
        let mut telemetry = Telemetry::in_memory().unwrap();
        std::fs::write(&path, "time,value\n1,10\n2,20\n3,3").unwrap();
        let mut one = file(&path, telemetry.places(&path).unwrap());
        assert_eq!(values(&one.look(Clock::Wall.now()).unwrap().0), [10.0, 20.0]);
        assert!(one.write(&mut telemetry, true, at(0)).unwrap());
        std::fs::write(&path, "time,value\n1,10\n2,20\n3,30\n").unwrap();
        let mut other = file(&path, telemetry.places(&path).unwrap());
        assert_eq!(values(&other.look(Clock::Wall.now()).unwrap().0), [30.0]);
    }

    #[test]
    fn a_restart_after_a_rotation_reads_the_rest_of_the_old_file_first() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.csv");
        let mut telemetry = Telemetry::in_memory().unwrap();
        std::fs::write(&path, "time,value\n1,10\n").unwrap();
        let mut one = file(&path, Vec::new());
        one.look(Clock::Wall.now()).unwrap();
        one.write(&mut telemetry, true, at(0)).unwrap();
        let old = folder.path().join("x.csv.1");
        std::fs::rename(&path, &old).unwrap();
        std::fs::write(&old, "time,value\n1,10\n2,20\n").unwrap();
        std::fs::write(&path, "time,value\n3,30\n").unwrap();
        let mut other = file(&path, telemetry.places(&path).unwrap());
        let round = other.look(Clock::Wall.now()).unwrap().0;
        assert_eq!((values(&round), round.gaps), (vec![20.0, 30.0], vec![]));
    }

    #[test]
    fn a_restart_after_two_rotations_reads_all_three_files_and_says_what_it_cannot_read() {
        for packed in [false, true] {
            let folder = tempfile::tempdir().unwrap();
            let named = |name: &str| folder.path().join(name);
            let path = named("x.csv");
            let mut telemetry = Telemetry::in_memory().unwrap();
            std::fs::write(&path, "time,value\n1,10\n").unwrap();
            let mut one = file(&path, Vec::new());
            one.look(Clock::Wall.now()).unwrap();
            one.write(&mut telemetry, true, at(0)).unwrap();
            std::fs::write(&path, "time,value\n1,10\n2,20\n").unwrap();
            std::fs::rename(&path, named("x.csv.2")).unwrap();
            std::thread::sleep(std::time::Duration::from_millis(20));
            std::fs::write(named("x.csv.1"), "time,value\n3,30\n").unwrap();
            std::fs::write(&path, "time,value\n4,40\n").unwrap();
            if packed {
                use std::io::Write as _;
                let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
                gz.write_all(&std::fs::read(named("x.csv.2")).unwrap()).unwrap();
                std::fs::write(named("x.csv.2.gz"), gz.finish().unwrap()).unwrap();
                let written = std::fs::metadata(named("x.csv.2")).unwrap().modified().unwrap();
                let copy = std::fs::File::options().write(true).open(named("x.csv.2.gz")).unwrap();
                copy.set_modified(written).unwrap();
                std::fs::remove_file(named("x.csv.2")).unwrap();
            }
            let mut other = file(&path, telemetry.places(&path).unwrap());
            let round = other.look(Clock::Wall.now()).unwrap().0;
            assert_eq!((values(&round), round.gaps), (vec![20.0, 30.0, 40.0], vec![]), "packed: {packed}");
            for name in ["x.csv.2", "x.csv.2.gz"] {
                let _ = std::fs::remove_file(named(name));
            }
            let mut late = file(&path, telemetry.places(&path).unwrap());
            let round = late.look(Clock::Wall.now()).unwrap().0;
            assert_eq!((values(&round), round.gaps.len()), (vec![40.0], 1));
        }
    }

    #[test]
    fn a_series_that_an_exposition_does_not_hold_any_more_ends() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.prom");
        std::fs::write(&path, "up 1\ndisk{name=\"a\"} 5\n").unwrap();
        let mut file = file(&path, Vec::new());
        assert_eq!(values(&file.look(at(0)).unwrap().0), [1.0, 5.0]);
        assert!(file.look(at(0)).unwrap().0.samples.is_empty());
        std::fs::write(&path, "up 1\n").unwrap();
        let round = file.look(at(0)).unwrap().0;
        let (up, disk) = (round.samples[0].value, round.samples[1].value);
        assert!(round.samples.len() == 2 && up == 1.0 && is_stale_marker(disk));
    }

    #[test]
    fn a_bad_file_is_one_row_and_bad_lines_are_kept_to_look_at() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.csv");
        std::fs::write(&path, b"\xff\xfet\0i\0m\0e\0\n\0").unwrap();
        let mut file = file(&path, Vec::new());
        assert!(file.look(at(0)).is_err());
        assert_eq!(file.bad().whole().map(|bad| bad.why.as_str()), Some("it is UTF-16: write it as UTF-8"));
        std::fs::write(&path, "time,value\n1,x\n2,2\n").unwrap();
        assert_eq!(values(&file.look(at(0)).unwrap().0), [2.0]);
        let bad: Vec<_> = file.bad().iter().map(|bad| bad.to_owned()).collect();
        assert_eq!((bad.len(), bad[0].at.as_str(), file.bad().whole()), (1, "line 2", None));
    }
}
