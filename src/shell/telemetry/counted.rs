//! What objectives count of signals, by the minute, with the position of the file it was read from.
//!
//! A way of counting that is not asked for any more is forgotten whole: when it comes again, it begins anew.

use std::{
    collections::{BTreeMap, HashMap},
    path::{Path, PathBuf},
};

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::{OptionalExtension as _, Transaction, params};

use super::{Telemetry, path_bytes, recall::path_of};
use crate::{
    domain::{
        series::Sample,
        slo::{
            meter::Counted,
            record::{Minute, Recounted, Tally},
        },
        time::minus,
    },
    shell::store::StoreError,
    text::Text,
};

/// Made wherever they are missing: the file is of format 1 with them and without.
pub(super) const TABLES: &str = "
CREATE TABLE IF NOT EXISTS counting ( -- a way in which a signal is counted
    id INTEGER PRIMARY KEY,
    signal TEXT NOT NULL,
    definition TEXT NOT NULL, -- how it is read and counted
    UNIQUE (signal, definition)
) STRICT;
CREATE TABLE IF NOT EXISTS counting_file ( -- all of the file up to its position is counted so
    counting INTEGER NOT NULL REFERENCES counting,
    path BLOB NOT NULL,
    newest_at INTEGER, -- milliseconds since 1970, UTC
    newest REAL,
    PRIMARY KEY (counting, path)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS counted (
    counting INTEGER NOT NULL REFERENCES counting,
    minute INTEGER NOT NULL, -- since 1970, UTC
    marked INTEGER NOT NULL, -- millionths
    total INTEGER NOT NULL, -- millionths
    PRIMARY KEY (counting, minute)
) STRICT, WITHOUT ROWID;
";

/// A way in which a signal is counted, as it is told apart on disk.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Named {
    /// The signal's name.
    pub signal: Text,
    /// How it is read and counted.
    pub definition: String,
}

/// How all of a file is counted, with the newest sample that was.
pub type Covered = BTreeMap<Named, Option<Sample>>;

/// What is to be put on record of it.
pub type Counting<'a> = (&'a Named, &'a Tally);

impl Telemetry {
    /// By file, how all of it up to its position is counted.
    ///
    /// # Errors
    /// As the disk fails.
    pub fn covered(&self) -> Result<HashMap<PathBuf, Covered>, StoreError> {
        let sql = "SELECT f.path, c.signal, c.definition, f.newest_at, f.newest \
                   FROM counting_file f JOIN counting c ON c.id = f.counting";
        type Row = (Vec<u8>, Named, Option<Sample>);
        let one = |row: &rusqlite::Row<'_>| -> rusqlite::Result<Row> {
            let signal = Text::scrub(&row.get::<_, String>(1)?);
            Ok((row.get(0)?, Named { signal, definition: row.get(2)? }, newest(row, 3)?))
        };
        let rows = || -> rusqlite::Result<Vec<Row>> { self.db.prepare_cached(sql)?.query_map([], one)?.collect() };
        let mut found: HashMap<PathBuf, Covered> = HashMap::new();
        for (path, named, newest) in rows().map_err(|error| self.failed(&error))? {
            found.entry(path_of(path)).or_default().insert(named, newest);
        }
        Ok(found)
    }

    /// What was counted so, since `back` ago; nothing where it never was.
    ///
    /// # Errors
    /// As the disk fails.
    pub fn recounted(
        &self,
        named: &Named,
        counted: Counted,
        back: TimeDelta,
        now: DateTime<Utc>,
    ) -> Result<Option<Recounted>, StoreError> {
        let from = minus(now, back).timestamp().div_euclid(60);
        let sql = "SELECT k.minute, k.marked, k.total FROM counted k JOIN counting c ON c.id = k.counting \
                   WHERE c.signal = ?1 AND c.definition = ?2 AND k.minute >= ?3 ORDER BY k.minute";
        let values = params![named.signal.as_str(), named.definition, from];
        let minute = |row: &rusqlite::Row<'_>| -> rusqlite::Result<(i64, Minute)> {
            let amount = |i: usize| row.get::<_, i64>(i).map(|n| u64::try_from(n).unwrap_or_default());
            Ok((row.get(0)?, Minute { marked: amount(1)?, total: amount(2)?, is_whole: false }))
        };
        let read = || -> rusqlite::Result<Vec<_>> { self.db.prepare_cached(sql)?.query_map(values, minute)?.collect() };
        let minutes = read().map_err(|error| self.failed(&error))?;
        let found = Recounted { signal: named.signal.clone(), counted, newest: None, minutes };
        Ok((!found.minutes.is_empty()).then_some(found))
    }
}

/// Puts on record what was counted of a file, and forgets what is counted of it no more.
pub(super) fn put(change: &Transaction<'_>, path: &Path, countings: &[Counting<'_>]) -> rusqlite::Result<()> {
    let mut ids = Vec::new();
    for (named, tally) in countings {
        let known = "SELECT id FROM counting WHERE signal = ?1 AND definition = ?2";
        let values = params![named.signal.as_str(), named.definition];
        let id = match change.prepare_cached(known)?.query_row(values, |row| row.get::<_, i64>(0)).optional()? {
            Some(id) => id,
            None => {
                let new = "INSERT INTO counting (signal, definition) VALUES (?1, ?2) RETURNING id";
                change.prepare_cached(new)?.query_row(values, |row| row.get(0))?
            }
        };
        ids.push(id);
        let newest = tally.newest();
        let put = "INSERT OR REPLACE INTO counting_file VALUES (?1, ?2, ?3, ?4)";
        let values = params![id, path_bytes(path), newest.map(|s| s.at_ms), newest.map(|s| s.value)];
        change.prepare_cached(put)?.execute(values)?;
        for (minute, found) in tally.fresh() {
            let amount = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
            let put = match found.is_whole {
                false => {
                    "INSERT INTO counted VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO UPDATE \
                     SET marked = marked + excluded.marked, total = total + excluded.total"
                }
                // Of a minute that was counted twice in part the larger part stays.
                true => {
                    "INSERT INTO counted VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO UPDATE \
                     SET marked = excluded.marked, total = max(total, excluded.total)"
                }
            };
            change.prepare_cached(put)?.execute(params![id, minute, amount(found.marked), amount(found.total)])?;
        }
    }
    let known = "SELECT counting FROM counting_file WHERE path = ?1";
    let known: Vec<i64> =
        change.prepare_cached(known)?.query_map([path_bytes(path)], |row| row.get(0))?.collect::<Result<_, _>>()?;
    for gone in known.iter().filter(|id| !ids.contains(id)) {
        for forget in [
            "DELETE FROM counted WHERE counting = ?1",
            "DELETE FROM counting_file WHERE counting = ?1",
            "DELETE FROM counting WHERE id = ?1",
        ] {
            change.prepare_cached(forget)?.execute([gone])?;
        }
    }
    Ok(())
}

/// Forgets minutes that no objective looks back on.
pub(super) fn forget(change: &Transaction<'_>, keep: TimeDelta, now: DateTime<Utc>) -> rusqlite::Result<()> {
    let oldest = minus(now, keep).timestamp().div_euclid(60);
    change.execute("DELETE FROM counted WHERE minute < ?1", [oldest]).map(drop)
}

fn newest(row: &rusqlite::Row<'_>, first: usize) -> rusqlite::Result<Option<Sample>> {
    let (at_ms, value): (Option<i64>, Option<f64>) = (row.get(first)?, row.get(first + 1)?);
    Ok(at_ms.zip(value).map(|(at_ms, value)| Sample { at_ms, value }))
}
