//! What an earlier process kept, for one that begins: where every file was read to, and what series did, of one instant.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    path::PathBuf,
};

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::params;

use super::{Covered, Keep, Named, Telemetry, place};
use crate::{
    domain::{
        rollup::{Past, Rollup, Step},
        sample::SeriesKey,
        slo::{meter::Counted, record::Recounted},
        time::minus,
    },
    shell::store::StoreError,
    source::metrics::tail::Place,
    text::Text,
};

/// Seconds are recalled this far back, and minutes and hours before.
const FINE: TimeDelta = TimeDelta::hours(1);

/// What is wanted of the past: a metric, or all of them, and how far back.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Want {
    /// The metric's name; nothing = every series.
    pub name: Option<Text>,
    /// How far back.
    pub back: TimeDelta,
}

/// What an earlier process kept.
#[derive(Debug, Default)]
pub struct Recalled {
    /// Where the files that each path has had were read to, the present one last.
    pub places: HashMap<PathBuf, Vec<Place>>,
    /// What series did, each in the order of time, in steps that do not overlap.
    pub past: Vec<Past>,
    /// The same of signals that are read of lines, by the signal's name: their files may hold it still.
    pub of_signals: BTreeMap<Text, Vec<Past>>,
    /// When series ended, in epoch milliseconds.
    pub ends: Vec<(SeriesKey, i64)>,
    /// What was counted of signals.
    pub recounted: Vec<Recounted>,
    /// By file, how all of it up to its position is counted.
    pub covered: HashMap<PathBuf, Covered>,
}

impl Telemetry {
    /// Reads where every file was read to and what these series did before, as it was at one instant.
    ///
    /// # Errors
    /// As the disk fails.
    pub fn recall(
        &mut self,
        wants: &[Want],
        countings: &[(Named, Counted, TimeDelta)],
        keep: Keep,
        now: DateTime<Utc>,
    ) -> Result<Recalled, StoreError> {
        let begin = self.db.execute_batch("BEGIN DEFERRED");
        begin.map_err(|error| self.failed(&error))?;
        let read = self.recall_now(wants, keep, now).and_then(|mut found| {
            found.covered = self.covered()?;
            for (named, counted, back) in countings {
                let newest = found.covered.values().filter_map(|files| files.get(named).copied().flatten());
                let newest = newest.max_by_key(|sample| sample.at_ms);
                let recounted = self.recounted(named, *counted, *back, now)?;
                found.recounted.extend(recounted.map(|recounted| Recounted { newest, ..recounted }));
            }
            Ok(found)
        });
        // Nothing was written: there is nothing that a failure here could lose.
        let _ = self.db.execute_batch("ROLLBACK");
        read
    }

    fn recall_now(&self, wants: &[Want], keep: Keep, now: DateTime<Utc>) -> Result<Recalled, StoreError> {
        let mut longest: BTreeMap<SeriesKey, TimeDelta> = BTreeMap::new();
        for want in wants.iter().collect::<BTreeSet<_>>() {
            for key in self.series(want.name.as_ref().map(Text::as_str))? {
                let back = longest.entry(key).or_insert(want.back);
                *back = want.back.max(*back);
            }
        }
        let mut found = Recalled { places: self.all_places()?, ..Recalled::default() };
        let is_meant = |key: &SeriesKey, at_ms: i64| {
            longest.get(key).is_some_and(|back| minus(now, *back).timestamp_millis() <= at_ms)
        };
        found.ends.extend(self.ends()?.into_iter().filter(|(key, at_ms)| is_meant(key, *at_ms)));
        for (key, back) in longest {
            let past = self.past_of(&key, back, keep, now)?;
            if key.is_signal() {
                found.of_signals.entry(key.name).or_default().extend(past);
                continue;
            }
            found.past.extend(past);
        }
        Ok(found)
    }

    /// What a series did since `back` ago, in the order of time: seconds of the last hour, minutes and hours before.
    ///
    /// # Errors
    /// As the disk fails.
    pub fn past_of(
        &self,
        key: &SeriesKey,
        back: TimeDelta,
        keep: Keep,
        now: DateTime<Utc>,
    ) -> Result<Vec<Past>, StoreError> {
        let hour = |at: DateTime<Utc>| Step::Hour.start_of(at.timestamp_millis());
        let (fine, coarse) = (hour(minus(now, FINE)), hour(minus(now, keep.minutes)));
        let from = minus(now, back).timestamp();
        let mut past = Vec::new();
        for (step, begin, end) in [
            (Step::Hour, from, coarse),
            (Step::Minute, from.max(coarse), fine),
            (Step::Second, from.max(fine), i64::MAX),
        ] {
            let rows = self.between(key, step, begin, end)?;
            past.extend(rows.into_iter().map(|(start, rollup)| Past { key: key.clone(), step, start, rollup }));
        }
        Ok(past)
    }

    fn between(&self, key: &SeriesKey, step: Step, from: i64, until: i64) -> Result<Vec<(i64, Rollup)>, StoreError> {
        let at = |seconds: i64| DateTime::from_timestamp(seconds, 0).unwrap_or(DateTime::<Utc>::MAX_UTC);
        if until <= from { Ok(Vec::new()) } else { self.rollups(key, step, at(from), at(until)) }
    }

    /// Where every path's files were read to.
    fn all_places(&self) -> Result<HashMap<PathBuf, Vec<Place>>, StoreError> {
        let sql =
            "SELECT device, inode, offset, line, head, before, is_inside, path FROM position ORDER BY path, place";
        let rows = || -> rusqlite::Result<Vec<(Vec<u8>, Place)>> {
            self.db.prepare_cached(sql)?.query_map(params![], |row| Ok((row.get(7)?, place(row)?)))?.collect()
        };
        let mut found: HashMap<PathBuf, Vec<Place>> = HashMap::new();
        for (path, place) in rows().map_err(|error| self.failed(&error))? {
            found.entry(path_of(path)).or_default().push(place);
        }
        Ok(found)
    }
}

#[cfg(unix)]
pub(super) fn path_of(bytes: Vec<u8>) -> PathBuf {
    use std::os::unix::ffi::OsStringExt as _;
    std::ffi::OsString::from_vec(bytes).into()
}

#[cfg(not(unix))]
pub(super) fn path_of(bytes: Vec<u8>) -> PathBuf {
    String::from_utf8_lossy(&bytes).into_owned().into()
}
