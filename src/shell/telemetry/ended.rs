//! Which series an exposition holds, and when series have ended: what it does not hold any more is not restored as if it were
//! there.

use std::{collections::HashSet, path::Path};

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::{Transaction, params};

use super::{Telemetry, path_bytes, read_key};
use crate::{domain::sample::SeriesKey, domain::time::minus, shell::store::StoreError};

/// Made wherever they are missing: the file is of format 1 with them and without.
pub(super) const TABLES: &str = "
CREATE TABLE IF NOT EXISTS held ( -- what an exposition held when it was last put on record
    path BLOB NOT NULL, -- as the system has it
    series INTEGER NOT NULL REFERENCES series,
    PRIMARY KEY (path, series)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS held_series ON held (series);
CREATE TABLE IF NOT EXISTS ended ( -- its exposition did not hold a series any more
    series INTEGER NOT NULL REFERENCES series,
    at INTEGER NOT NULL, -- milliseconds since 1970, UTC
    PRIMARY KEY (series, at)
) STRICT, WITHOUT ROWID;
";

impl Telemetry {
    /// The series that an exposition held when it was last put on record.
    ///
    /// # Errors
    /// As the disk fails.
    pub fn held(&self, path: &Path) -> Result<HashSet<SeriesKey>, StoreError> {
        let sql = "SELECT s.name, s.labels FROM held h JOIN series s ON s.id = h.series WHERE h.path = ?1";
        let rows = || -> rusqlite::Result<HashSet<_>> {
            self.db.prepare_cached(sql)?.query_map([path_bytes(path)], read_key)?.collect()
        };
        rows().map_err(|error| self.failed(&error))
    }

    /// When series have ended, in epoch milliseconds, ascending.
    pub(super) fn ends(&self) -> Result<Vec<(SeriesKey, i64)>, StoreError> {
        let sql = "SELECT s.name, s.labels, e.at FROM ended e JOIN series s ON s.id = e.series ORDER BY e.at";
        let rows = || -> rusqlite::Result<Vec<_>> {
            self.db.prepare_cached(sql)?.query_map([], |row| Ok((read_key(row)?, row.get(2)?)))?.collect()
        };
        rows().map_err(|error| self.failed(&error))
    }
}

/// Puts on record that an exposition holds a series, or not any more.
pub(super) fn put_held(change: &Transaction<'_>, path: &Path, id: i64, is_held: bool) -> rusqlite::Result<()> {
    let sql = match is_held {
        true => "INSERT OR IGNORE INTO held VALUES (?1, ?2)",
        false => "DELETE FROM held WHERE path = ?1 AND series = ?2",
    };
    change.prepare_cached(sql)?.execute(params![path_bytes(path), id]).map(drop)
}

/// Puts the end of a series on record.
pub(super) fn put_end(change: &Transaction<'_>, id: i64, at_ms: i64) -> rusqlite::Result<()> {
    change.prepare_cached("INSERT OR IGNORE INTO ended VALUES (?1, ?2)")?.execute([id, at_ms]).map(drop)
}

/// Forgets ends that lie longer ago than what is kept by the minute, and those of series of which nothing else is left.
pub(super) fn forget(change: &Transaction<'_>, keep: TimeDelta, now: DateTime<Utc>) -> rusqlite::Result<()> {
    change.execute("DELETE FROM ended WHERE at < ?1", [minus(now, keep).timestamp_millis()])?;
    let alone = "DELETE FROM ended WHERE NOT EXISTS (SELECT 1 FROM rollup r WHERE r.series = ended.series)";
    change.execute(alone, []).map(drop)
}
