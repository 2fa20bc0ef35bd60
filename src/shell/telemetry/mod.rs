//! What was measured, on disk: how far each file was read, and rollups of every series.
//!
//! One SQLite file, `signals.sqlite`, in the state folder; the current format is 1. A file's position and what was read up
//! to it are written in one transaction: whoever is killed between two of them reads again what was not counted, and
//! nothing that was. Commits reach the log, not the disk itself: a power cut may take the last seconds of both, which are
//! in the files still.

mod counted;
mod ended;
mod gaps;
mod recall;
mod tables;

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
};

pub use self::{
    counted::{Counting, Covered, Named},
    gaps::Gaps,
    recall::{Recalled, Want},
};

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::{Connection, OpenFlags, OptionalExtension, Transaction, TransactionBehavior, params};

use crate::{
    domain::{
        rollup::{Gathered, Rollup, Step},
        sample::{Labels, SeriesKey},
        sketch::Sketch,
        time::minus,
    },
    shell::channels::note_doubt,
    shell::store::{StoreError, failure, filesystem, open},
    source::metrics::tail::Place,
    text::Text,
};

/// The name of the file in the state folder.
pub const FILE: &str = "signals.sqlite";

/// The format this version writes.
const VERSION: i64 = 1;

/// Series whose numbers are remembered; more are asked for again.
const REMEMBERED: usize = 200_000;

/// How long rollups are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keep {
    /// Those of a second.
    pub seconds: TimeDelta,
    /// Those of a minute.
    pub minutes: TimeDelta,
    /// Those of an hour.
    pub hours: TimeDelta,
}

impl Default for Keep {
    fn default() -> Self {
        Self { seconds: TimeDelta::days(2), minutes: TimeDelta::days(30), hours: TimeDelta::days(400) }
    }
}

impl Keep {
    fn of(self, step: Step) -> TimeDelta {
        match step {
            Step::Second => self.seconds,
            Step::Minute => self.minutes,
            Step::Hour => self.hours,
        }
    }
}

/// The file of measurements, open.
#[derive(Debug)]
pub struct Telemetry {
    db: Connection,
    path: PathBuf,
    set_aside: Option<PathBuf>,
    ids: HashMap<SeriesKey, i64>,
}

impl Telemetry {
    /// Opens the file in a folder, and makes both if need be, for their owner only. One that is damaged is set aside.
    ///
    /// # Errors
    /// As [`Store::open`](crate::shell::store::Store::open); a file of a later version is [`StoreError::Newer`].
    pub fn open(folder: &Path, now: DateTime<Utc>) -> Result<Self, StoreError> {
        open::private_folder(folder)?;
        let path = folder.join(FILE);
        open::private_file(&path)?;
        let _one = open::MENDING.lock();
        match opened(&path, filesystem::remote(folder)) {
            Err(StoreError::Damaged { why, .. }) => {
                let aside = open::set_aside(&path, now)?;
                note_doubt(folder, why.as_str());
                open::private_file(&path)?;
                let found = opened(&path, filesystem::remote(folder))?;
                Ok(Self { set_aside: Some(aside), ..found })
            }
            done => done,
        }
    }

    /// One that ends with the process.
    ///
    /// # Errors
    /// [`StoreError::Failed`] when SQLite has no memory.
    pub fn in_memory() -> Result<Self, StoreError> {
        let path = Path::new(":memory:");
        let db = Connection::open_in_memory().map_err(|error| failure::read(path, &error))?;
        prepared(db, path, None)
    }

    /// Where a damaged file was moved to when this one was opened.
    pub fn set_aside(&self) -> Option<&Path> {
        self.set_aside.as_deref()
    }

    /// Where the files that a path has had were read to, the present one last.
    ///
    /// # Errors
    /// As the disk fails.
    pub fn places(&self, path: &Path) -> Result<Vec<Place>, StoreError> {
        let sql =
            "SELECT device, inode, offset, line, head, before, is_inside FROM position WHERE path = ?1 ORDER BY place";
        let rows = || -> rusqlite::Result<Vec<_>> {
            self.db.prepare_cached(sql)?.query_map([path_bytes(path)], place)?.collect()
        };
        rows().map_err(|error| self.failed(&error))
    }

    /// Puts on disk what was gathered from a file, what objectives count of it, and where it was read to, in one transaction.
    /// What another process wrote of the same step is added to, not replaced.
    ///
    /// # Errors
    /// As the disk fails; then neither is kept.
    pub fn write(
        &mut self,
        path: &Path,
        places: &[Place],
        gathered: &Gathered,
        countings: &[Counting<'_>],
    ) -> Result<(), StoreError> {
        let Self { db, ids, .. } = self;
        if ids.len() > REMEMBERED {
            ids.clear();
        }
        let mut new_ids = Vec::new();
        let mut write = || -> rusqlite::Result<()> {
            let change = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
            for (key, steps) in gathered.iter() {
                let id = match ids.get(key) {
                    Some(id) => *id,
                    None => {
                        let id = series_id(&change, key)?;
                        new_ids.push((key.clone(), id));
                        id
                    }
                };
                for ((step, start), rollup) in steps {
                    add(&change, id, step, start, rollup)?;
                }
            }
            for (key, is_held) in gathered.held() {
                let id = series_id(&change, key)?;
                ended::put_held(&change, path, id, is_held)?;
            }
            for (key, at_ms) in gathered.ended() {
                let id = series_id(&change, key)?;
                ended::put_end(&change, id, at_ms)?;
            }
            change.prepare_cached("DELETE FROM position WHERE path = ?1")?.execute([path_bytes(path)])?;
            for (i, place) in places.iter().enumerate() {
                put_place(&change, path, i, place)?;
            }
            counted::put(&change, path, countings)?;
            change.commit()
        };
        let done = write();
        // Numbers given in a transaction that failed are nobody's.
        if done.is_ok() {
            ids.extend(new_ids);
        }
        done.map_err(|error| self.failed(&error))
    }

    /// What a series did in each step that begins in `[from, until)`, by the step's start in epoch seconds, ascending. A step
    /// without a sample is not there.
    ///
    /// # Errors
    /// As the disk fails.
    pub fn rollups(
        &self,
        key: &SeriesKey,
        step: Step,
        from: DateTime<Utc>,
        until: DateTime<Utc>,
    ) -> Result<Vec<(i64, Rollup)>, StoreError> {
        let sql = "SELECT r.start, r.count, r.sum, r.min, r.max, r.last_at, r.last, r.sketch FROM rollup r \
                   JOIN series s ON s.id = r.series WHERE s.name = ?1 AND s.labels = ?2 \
                   AND r.step = ?3 AND r.start >= ?4 AND r.start < ?5 ORDER BY r.start";
        let found =
            params![key.name.as_str(), labels_json(&key.labels), step.seconds(), from.timestamp(), until.timestamp()];
        let rows = || -> rusqlite::Result<Vec<_>> {
            self.db.prepare_cached(sql)?.query_map(found, |row| Ok((row.get(0)?, rollup(row, 1)?)))?.collect()
        };
        rows().map_err(|error| self.failed(&error))
    }

    /// The series of a name, or all of them, in the order of name and labels.
    ///
    /// # Errors
    /// As the disk fails.
    pub fn series(&self, name: Option<&str>) -> Result<Vec<SeriesKey>, StoreError> {
        let sql = "SELECT name, labels FROM series WHERE ?1 IS NULL OR name = ?1 ORDER BY name, labels";
        let rows =
            || -> rusqlite::Result<Vec<_>> { self.db.prepare_cached(sql)?.query_map([name], read_key)?.collect() };
        rows().map_err(|error| self.failed(&error))
    }

    /// Forgets rollups that are older than they are kept, and series of which nothing is left; returns how many rollups.
    ///
    /// # Errors
    /// As the disk fails; what was forgotten before that stays so.
    pub fn forget(&mut self, keep: Keep, now: DateTime<Utc>) -> Result<usize, StoreError> {
        let mut n = 0;
        let mut forget = || -> rusqlite::Result<()> {
            let change = self.db.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let ids: Vec<i64> =
                change.prepare("SELECT id FROM series")?.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
            {
                let mut old = change.prepare("DELETE FROM rollup WHERE series = ?1 AND step = ?2 AND start < ?3")?;
                for id in ids {
                    for step in Step::ALL {
                        n += old.execute(params![id, step.seconds(), minus(now, keep.of(step)).timestamp()])?;
                    }
                }
            }
            ended::forget(&change, keep.minutes, now)?;
            let none_left = "DELETE FROM series WHERE NOT EXISTS (SELECT 1 FROM rollup WHERE series = id) \
                             AND NOT EXISTS (SELECT 1 FROM held WHERE series = id)";
            change.execute(none_left, [])?;
            counted::forget(&change, keep.minutes.max(keep.hours), now)?;
            gaps::forget(&change, keep.minutes, now)?;
            change.commit()
        };
        let done = forget();
        self.ids.clear();
        done.map(|()| n).map_err(|error| self.failed(&error))
    }

    fn failed(&self, error: &rusqlite::Error) -> StoreError {
        failure::read(&self.path, error)
    }
}

fn opened(path: &Path, remote: Option<&'static str>) -> Result<Telemetry, StoreError> {
    let look = || -> rusqlite::Result<(Connection, i64, String)> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let db = Connection::open_with_flags(path, flags)?;
        db.busy_timeout(open::PATIENCE)?;
        let found = open::version(&db)?;
        let health = match found {
            0..=VERSION => db.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?,
            _ => "ok".to_owned(),
        };
        Ok((db, found, health))
    };
    let (db, found, health) = look().map_err(|error| failure::read(path, &error))?;
    if !(0..=VERSION).contains(&found) {
        return Err(StoreError::Newer { path: path.to_owned(), found, known: VERSION });
    }
    if health != "ok" {
        return Err(StoreError::Damaged { path: path.to_owned(), why: Text::scrub(&health) });
    }
    prepared(db, path, remote)
}

fn prepared(mut db: Connection, path: &Path, remote: Option<&'static str>) -> Result<Telemetry, StoreError> {
    let mut prepare = || -> rusqlite::Result<()> {
        open::journal(&db, remote)?;
        db.pragma_update(None, "synchronous", "NORMAL")?;
        let change = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        for (to, step) in [(1, tables::FIRST)] {
            // Asked within the transaction: another process may have been quicker.
            if open::version(&change)? < to {
                change.execute_batch(step)?;
            }
        }
        change.execute_batch(counted::TABLES)?;
        change.execute_batch(ended::TABLES)?;
        change.execute_batch(gaps::TABLE)?;
        change.commit()
    };
    prepare().map_err(|error| failure::read(path, &error))?;
    Ok(Telemetry { db, path: path.to_owned(), set_aside: None, ids: HashMap::new() })
}

/// A series by its name and its labels.
fn read_key(row: &rusqlite::Row<'_>) -> rusqlite::Result<SeriesKey> {
    let (name, labels): (String, String) = (row.get(0)?, row.get(1)?);
    let pairs: Vec<(String, String)> = serde_json::from_str(&labels).unwrap_or_default();
    let labels = pairs.iter().map(|(name, value)| (Text::scrub(name), Text::scrub(value))).collect();
    Ok(SeriesKey { name: Text::scrub(&name), labels })
}

fn series_id(change: &Transaction<'_>, key: &SeriesKey) -> rusqlite::Result<i64> {
    let (name, labels) = (key.name.as_str(), labels_json(&key.labels));
    let known = "SELECT id FROM series WHERE name = ?1 AND labels = ?2";
    if let Some(id) = change.prepare_cached(known)?.query_row(params![name, labels], |row| row.get(0)).optional()? {
        return Ok(id);
    }
    let new = "INSERT INTO series (name, labels) VALUES (?1, ?2) RETURNING id";
    change.prepare_cached(new)?.query_row(params![name, labels], |row| row.get(0))
}

fn add(change: &Transaction<'_>, id: i64, step: Step, start: i64, more: Rollup) -> rusqlite::Result<()> {
    let known =
        "SELECT count, sum, min, max, last_at, last, sketch FROM rollup WHERE series = ?1 AND step = ?2 AND start = ?3";
    let mut known = change.prepare_cached(known)?;
    let there = known.query_row(params![id, step.seconds(), start], |row| rollup(row, 0)).optional()?;
    let whole = match there {
        Some(mut there) => {
            there.merge(&more);
            there
        }
        None => more,
    };
    // One value needs no distribution: it is its own.
    let sketch = (whole.min < whole.max).then(|| whole.sketch.to_bytes());
    let put = "INSERT OR REPLACE INTO rollup VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
    let count = i64::try_from(whole.count).unwrap_or(i64::MAX);
    let (last_at, last) = whole.last;
    let values = params![id, step.seconds(), start, count, whole.sum, whole.min, whole.max, last_at, last, sketch];
    change.prepare_cached(put)?.execute(values).map(drop)
}

fn put_place(change: &Transaction<'_>, path: &Path, i: usize, place: &Place) -> rusqlite::Result<()> {
    let put = "INSERT OR REPLACE INTO position VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
    let values = params![
        path_bytes(path),
        place.identity.0.cast_signed(),
        place.identity.1.cast_signed(),
        place.offset.cast_signed(),
        place.line.cast_signed(),
        place.head,
        place.before,
        place.is_inside,
        i64::try_from(i).unwrap_or(i64::MAX),
    ];
    change.prepare_cached(put)?.execute(values).map(drop)
}

fn place(row: &rusqlite::Row<'_>) -> rusqlite::Result<Place> {
    let number = |i: usize| row.get::<_, i64>(i).map(i64::cast_unsigned);
    Ok(Place {
        identity: (number(0)?, number(1)?),
        offset: number(2)?,
        line: number(3)?,
        head: row.get(4)?,
        before: row.get(5)?,
        is_inside: row.get(6)?,
    })
}

fn rollup(row: &rusqlite::Row<'_>, first: usize) -> rusqlite::Result<Rollup> {
    let count = row.get::<_, i64>(first)?.cast_unsigned();
    let (min, max): (f64, f64) = (row.get(first + 2)?, row.get(first + 3)?);
    let bytes: Option<Vec<u8>> = row.get(first + 6)?;
    let sketch = match bytes {
        Some(bytes) => Sketch::from_bytes(&bytes).unwrap_or_default(),
        None => Sketch::of_one(min, count),
    };
    let last = (row.get(first + 4)?, row.get(first + 5)?);
    Ok(Rollup { count, sum: row.get(first + 1)?, min, max, last, sketch })
}

fn labels_json(labels: &Labels) -> String {
    let pairs: Vec<(&str, &str)> = labels.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    serde_json::to_string(&pairs).unwrap_or_else(|_| "[]".to_owned())
}

#[cfg(unix)]
fn path_bytes(path: &Path) -> &[u8] {
    use std::os::unix::ffi::OsStrExt as _;
    path.as_os_str().as_bytes()
}

#[cfg(not(unix))]
fn path_bytes(path: &Path) -> &[u8] {
    path.as_os_str().as_encoded_bytes()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::sample::Labelled;

    fn key(name: &str, host: &str) -> SeriesKey {
        SeriesKey { name: Text::scrub(name), labels: Labels::new([(Text::scrub("host"), Text::scrub(host))]) }
    }

    fn gathered(samples: &[(i64, f64)]) -> Gathered {
        let mut out = Gathered::default();
        for (at_ms, value) in samples {
            out.add(&Labelled { key: key("up", "a"), at_ms: *at_ms, value: *value });
        }
        out
    }

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).unwrap()
    }

    fn place(offset: u64) -> Place {
        Place {
            identity: (u64::MAX, 7),
            offset,
            line: 3,
            head: b"time,v\n".into(),
            before: b"1,2\n".into(),
            is_inside: false,
        }
    }

    #[test]
    fn what_was_gathered_and_where_it_ended_is_there_after_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let path = Path::new("/tmp/x.csv");
        {
            let mut file = Telemetry::open(folder.path(), at(0)).unwrap();
            file.write(path, &[place(10)], &gathered(&[(1_000, 1.0), (1_500, 3.0), (61_000, 5.0)]), &[]).unwrap();
            file.write(path, &[place(8), place(20)], &gathered(&[(1_900, 9.0), (62_000, f64::NAN)]), &[]).unwrap();
        }
        let file = Telemetry::open(folder.path(), at(0)).unwrap();
        assert_eq!(file.places(path).unwrap(), [place(20)], "one file has one place");
        let minutes = file.rollups(&key("up", "a"), Step::Minute, at(0), at(3_600)).unwrap();
        let found: Vec<_> = minutes.iter().map(|(start, r)| (*start, r.count, r.sum, r.min, r.max, r.last.1)).collect();
        assert_eq!(found, [(0, 3, 13.0, 1.0, 9.0, 9.0), (60, 1, 5.0, 5.0, 5.0, 5.0)]);
        assert!(file.rollups(&key("up", "b"), Step::Minute, at(0), at(3_600)).unwrap().is_empty());
        assert_eq!(file.series(Some("up")).unwrap(), [key("up", "a")]);
        let mode = std::fs::metadata(folder.path().join(FILE)).unwrap().permissions();
        assert!(!mode.readonly());
    }

    #[test]
    fn what_is_too_old_is_forgotten_by_its_step() {
        let mut file = Telemetry::in_memory().unwrap();
        file.write(Path::new("x"), &[], &gathered(&[(0, 1.0), (86_400_000, 2.0)]), &[]).unwrap();
        let keep = Keep { seconds: TimeDelta::hours(1), minutes: TimeDelta::hours(25), hours: TimeDelta::days(9) };
        assert_eq!(file.forget(keep, at(90_001)).unwrap(), 3, "both seconds, and the older minute");
        let n = |step| file.rollups(&key("up", "a"), step, at(0), at(1_000_000)).unwrap().len();
        assert_eq!(Step::ALL.map(n), [0, 1, 2]);
        assert_eq!(file.forget(keep, at(10_000_000)).unwrap(), 3);
        assert!(file.series(None).unwrap().is_empty());
    }

    #[test]
    fn a_file_of_a_later_version_is_left_alone_and_a_damaged_one_is_set_aside() {
        let folder = tempfile::tempdir().unwrap();
        drop(Telemetry::open(folder.path(), at(0)).unwrap());
        let path = folder.path().join(FILE);
        Connection::open(&path).unwrap().pragma_update(None, "user_version", 9).unwrap();
        assert!(matches!(Telemetry::open(folder.path(), at(0)), Err(StoreError::Newer { found: 9, .. })));
        for journal in ["signals.sqlite-wal", "signals.sqlite-shm"] {
            let _ = std::fs::remove_file(folder.path().join(journal));
        }
        std::fs::write(&path, [7; 5_000]).unwrap();
        let opened = Telemetry::open(folder.path(), at(0)).unwrap();
        assert!(opened.set_aside().is_some_and(Path::exists));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn pieces_written_one_by_one_are_the_whole(
            samples in proptest::collection::vec((0i64..10_000_000, 0.1f64..1e6), 1..60), cut in 0usize..60,
        ) {
            let (one, other) = samples.split_at(cut.min(samples.len()));
            let read = |pieces: &[&[(i64, f64)]]| {
                let mut file = Telemetry::in_memory().unwrap();
                for piece in pieces {
                    file.write(Path::new("x"), &[], &gathered(piece), &[]).unwrap();
                }
                Step::ALL.map(|step| {
                    let found = file.rollups(&key("up", "a"), step, at(0), at(20_000)).unwrap();
                    found.into_iter().map(|(s, r)| (s, r.count, r.min, r.max, r.last, r.sketch)).collect::<Vec<_>>()
                })
            };
            prop_assert_eq!(read(&[one, other]), read(&[samples.as_slice()]));
        }
    }
}
