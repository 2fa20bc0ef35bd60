//! Stretches of followed files that nobody can read any more, for whoever asks later.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
};

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::{Transaction, params};

use super::{Telemetry, path_bytes, recall::path_of};
use crate::{domain::time::minus, shell::store::StoreError, text::Text};

/// Made wherever it is missing.
pub(super) const TABLE: &str = "
CREATE TABLE IF NOT EXISTS gap (
    path BLOB NOT NULL,
    at INTEGER NOT NULL, -- microseconds since 1970, UTC: when it was noticed
    said TEXT NOT NULL
) STRICT;
";

/// By file, the gaps of it: when each was noticed, and what it is.
pub type Gaps = HashMap<PathBuf, Vec<(DateTime<Utc>, Text)>>;

impl Telemetry {
    /// Notes a gap.
    ///
    /// # Errors
    /// As the disk fails.
    pub fn note_gap(&mut self, path: &Path, said: &str, now: DateTime<Utc>) -> Result<(), StoreError> {
        let put = "INSERT INTO gap VALUES (?1, ?2, ?3)";
        let done = self.db.execute(put, params![path_bytes(path), now.timestamp_micros(), said]);
        done.map(drop).map_err(|error| self.failed(&error))
    }

    /// The gaps that are kept.
    ///
    /// # Errors
    /// As the disk fails.
    pub fn gaps(&self) -> Result<Gaps, StoreError> {
        let rows = || -> rusqlite::Result<Vec<(Vec<u8>, i64, String)>> {
            let mut asked = self.db.prepare("SELECT path, at, said FROM gap ORDER BY at")?;
            asked.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?.collect()
        };
        let mut found = Gaps::new();
        for (path, at, said) in rows().map_err(|error| self.failed(&error))? {
            let at = DateTime::from_timestamp_micros(at).unwrap_or_default();
            found.entry(path_of(path)).or_default().push((at, Text::scrub(&said)));
        }
        Ok(found)
    }
}

/// Forgets gaps that lie longer ago than what is kept by the minute.
pub(super) fn forget(change: &Transaction<'_>, keep: TimeDelta, now: DateTime<Utc>) -> rusqlite::Result<()> {
    change.execute("DELETE FROM gap WHERE at < ?1", [minus(now, keep).timestamp_micros()]).map(drop)
}
