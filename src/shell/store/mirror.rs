//! The current copy of what a source told, for the first frame and for a source that goes on where it stood.

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OpenFlags, OptionalExtension as _, params};

use super::{
    Names, Store, StoreError, codec, failure,
    heard::{self, Round},
};
use crate::{
    domain::{
        incident::{Incident, IncidentKey},
        plans::Plans,
    },
    floor::fact::Host,
    text::{Passage, Text},
};

/// A source as the store knows it.
#[derive(Debug, Clone, PartialEq)]
pub struct Mirror<T = Incident> {
    /// Its incidents, open and closed, in no order, without their opening texts. One that was changed while this was read
    /// may be there as it was before or after.
    pub items: Vec<T>,
    /// How it was last asked, and when that was recorded; nothing = it was never heard.
    pub round: Option<(Round, DateTime<Utc>)>,
    /// How it last answered, where it was asked in vain since.
    pub told: Option<Round>,
    /// What is known of the host.
    pub host: Option<Box<Host>>,
    /// Milestones and releases of its repositories.
    pub plans: Vec<Plans>,
    /// The number of the last fact that is in here for certain: [`Store::facts_after`] it is what is new.
    pub seq: i64,
}

impl<T> Default for Mirror<T> {
    fn default() -> Self {
        Self { items: Vec::new(), round: None, told: None, host: None, plans: Vec::new(), seq: 0 }
    }
}

/// How a source stands in its row: the round, when that was recorded, the host, the last round that told something.
type KnownRow = (Option<Vec<u8>>, Option<i64>, Option<Vec<u8>>, Option<Vec<u8>>);

/// About how much an incident holds outside its own struct: title, address, history, words.
const BYTES_AN_INCIDENT: usize = 512;

/// The largest piece of memory asked of a heap at once.
const PIECE: usize = 24 << 20;

/// Places kept for incidents at the start: their numbers may have gaps, and memory that is only spoken for is not free everywhere.
const RESERVED_AT_MOST: usize = 200_000;

/// With more incidents than this, a second thread reads half of them.
const BY_ONE_THREAD: i64 = 3_000;

impl Store {
    /// A source's current copy. Incidents that a later version wrote in a way not known here are left out.
    ///
    /// # Errors
    /// As the disk fails.
    pub fn mirror(&self, source: &Text) -> Result<Mirror, StoreError> {
        self.mirror_as(source, &|incident| incident)
    }

    /// As [`Store::mirror`], with something made of each incident by the thread that read it.
    ///
    /// # Errors
    /// As the disk fails.
    pub fn mirror_as<T: Send>(
        &self,
        source: &Text,
        make: &(dyn Fn(Incident) -> T + Sync),
    ) -> Result<Mirror<T>, StoreError> {
        // How far it is is asked first: what is recorded meanwhile is told again, and nothing is missed.
        let known = self.mirror_without_items(source)?;
        Ok(Mirror { items: self.items(source.as_str(), make)?, ..known })
    }

    /// As [`Store::mirror`], without any incidents.
    ///
    /// # Errors
    /// As the disk fails.
    pub fn mirror_without_items<T>(&self, source: &Text) -> Result<Mirror<T>, StoreError> {
        let name = source.as_str();
        let failed = |error: rusqlite::Error| self.failed(&error);
        let seq = heard::last_seq(&self.db).map_err(failed)?;
        let sql = "SELECT round, round_at, host, told FROM source WHERE name = ?1";
        let known: Option<KnownRow> = self
            .db
            .prepare_cached(sql)
            .and_then(|mut asked| {
                asked.query_row([name], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))).optional()
            })
            .map_err(failed)?;
        let (round, at, host, told) = known.unwrap_or_default();
        let round = round.and_then(|body| codec::read_round(&body)).zip(at.and_then(DateTime::from_timestamp_micros));
        let host = host.and_then(|body| codec::read_host(&body)).map(Box::new);
        let has_failed = matches!(round, Some((Round::Failed { .. }, _)));
        let told = told.filter(|_| has_failed).and_then(|body| codec::read_round(&body));
        let plans = self.plans(name).map_err(failed)?;
        Ok(Mirror { items: Vec::new(), round, told, host, plans, seq })
    }

    fn plans(&self, source: &str) -> rusqlite::Result<Vec<Plans>> {
        // `;` follows `:`, so that the index finds them.
        let sql = "SELECT name, value FROM cursor WHERE source = ?1 AND name >= 'plans:' AND name < 'plans;'";
        let mut asked = self.db.prepare_cached(sql)?;
        let rows = asked.query_map([source], |row| Ok((row.get::<_, String>(0)?, row.get::<_, Vec<u8>>(1)?)))?;
        let read = |(name, body): (String, Vec<u8>)| codec::read_plans(name.strip_prefix(heard::PLANS)?, &body);
        Ok(rows.collect::<Result<Vec<_>, _>>()?.into_iter().filter_map(read).collect())
    }

    /// What is remembered of a source, by name.
    ///
    /// # Errors
    /// As the disk fails.
    pub fn cursors(&self, source: &Text) -> Result<Vec<(String, Vec<u8>)>, StoreError> {
        let rows = || -> rusqlite::Result<Vec<_>> {
            let sql = "SELECT name, value FROM cursor WHERE source = ?1 ORDER BY name";
            let mut asked = self.db.prepare_cached(sql)?;
            asked.query_map([source.as_str()], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
        };
        rows().map_err(|error| self.failed(&error))
    }

    /// The opening text of an incident; nothing = it has none, or none was told.
    ///
    /// # Errors
    /// As the disk fails.
    pub fn opening_text(&self, key: &IncidentKey) -> Result<Option<Passage>, StoreError> {
        heard::opening(&self.db, key).map_err(|error| self.failed(&error))
    }

    fn items<T: Send>(&self, source: &str, make: &(dyn Fn(Incident) -> T + Sync)) -> Result<Vec<T>, StoreError> {
        let failed = |error: rusqlite::Error| self.failed(&error);
        // Counting them would read the whole table once more: the span of their numbers says enough.
        let end = |which: &str| -> rusqlite::Result<i64> {
            self.db.query_row(&format!("SELECT coalesce({which}(id), 0) FROM item"), [], |row| row.get(0))
        };
        let (first, last) = (end("min").map_err(failed)?, end("max").map_err(failed)?);
        let n = last.saturating_sub(first).saturating_add(1);
        let is_file = self.path.is_absolute() || self.path.exists();
        if n <= BY_ONE_THREAD || !is_file {
            return part(&self.db, source, (first, last), n, make).map_err(failed);
        }
        let middle = first.midpoint(last);
        let path = &self.path;
        let (lower, upper) = std::thread::scope(|scope| {
            let upper = scope.spawn(move || -> rusqlite::Result<Vec<T>> {
                let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
                let db = Connection::open_with_flags(path, flags)?;
                db.busy_timeout(super::open::PATIENCE)?;
                reserve(n / 2);
                part(&db, source, (middle + 1, last), n / 2, make)
            });
            reserve(n / 2);
            let lower = part(&self.db, source, (first, middle), n, make);
            // A thread that broke has read nothing.
            let upper = upper.join().unwrap_or_else(|_| Err(rusqlite::Error::InvalidQuery));
            (lower, upper)
        });
        let mut items = lower.map_err(|error| failure::read(&self.path, &error))?;
        items.extend(upper.map_err(|error| failure::read(&self.path, &error))?);
        Ok(items)
    }
}

/// Has this thread's heap grow once instead of page by page. Where every thread has a heap of its own (glibc), each growth is
/// a call of the system that all threads of the process wait for; a hundred thousand incidents took seventeen thousand.
/// What is given back here stays in the heap, and no page is touched before it is used.
fn reserve(n_incidents: i64) {
    let n_bytes = usize::try_from(n_incidents).unwrap_or_default().saturating_mul(BYTES_AN_INCIDENT);
    // A single piece above the heap's own limit is never part of the heap. The first one given back raises that limit.
    let piece = n_bytes.min(PIECE);
    drop(std::hint::black_box(Vec::<u8>::with_capacity(piece)));
    let pieces: Vec<Vec<u8>> = (0..n_bytes.div_ceil(PIECE).min(2)).map(|_| Vec::with_capacity(piece)).collect();
    drop(std::hint::black_box(pieces));
}

/// The incidents of a source between two places of the table, both of them included.
fn part<T>(
    db: &Connection,
    source: &str,
    (first, last): (i64, i64),
    expected: i64,
    make: &(dyn Fn(Incident) -> T + Sync),
) -> rusqlite::Result<Vec<T>> {
    let mut names = Names::default();
    let sql = "SELECT source, incident, body FROM item WHERE id BETWEEN ?1 AND ?2";
    let mut asked = db.prepare_cached(sql)?;
    let mut rows = asked.query(params![first, last])?;
    // Growing would move all of it again and again.
    let mut items = Vec::with_capacity(usize::try_from(expected).unwrap_or_default().min(RESERVED_AT_MOST));
    while let Some(row) = rows.next()? {
        if row.get_ref(0)?.as_str()? != source {
            continue;
        }
        let Some(key) = names.key(row.get_ref(1)?.as_str()?) else { continue };
        items.extend(codec::read_incident(key, row.get_ref(2)?.as_blob()?, &mut names).map(make));
    }
    Ok(items)
}
