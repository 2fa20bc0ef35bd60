//! The record as it stood at an instant, what happened in a stretch of time, and how long all that is kept.
//!
//! What was known at an instant is what had been recorded by then: every fact up to the last one recorded by that instant.
//! Where a clock was set back, the order in which facts were recorded counts, and not their times.

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension as _, params};

use super::{
    Store, StoreError,
    heard::{Recorded, append},
    row::{Row, Sort},
};
use crate::{domain::incident::IncidentKey, text::Text};

/// A fact to be put on record, whose body is the affair of who records it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// What it is about.
    pub sort: Sort,
    /// The source's name; empty where there is none.
    pub source: String,
    /// The subject; empty where there is none.
    pub subject: String,
    /// What it says.
    pub body: Vec<u8>,
}

/// A place in the record: everything up to that fact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Bound(i64);

impl Bound {
    /// All that was recorded.
    pub const ALL: Self = Self(i64::MAX);
}

/// What a step of forgetting did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Forgot {
    /// Facts that are gone.
    pub n: usize,
    /// Whether nothing is left that is too old.
    pub is_all: bool,
}

/// Looked at in one step of forgetting: a few milliseconds.
const STEP: i64 = 500;

/// Where the record begins, once its beginning was forgotten: microseconds since 1970, UTC.
const BEGINS: &str = "record_begins";

const COLUMNS: &str = "seq, at, kind, source, subject, body";

impl Store {
    /// Puts entries on record, in order. One that says what the last one of its sort, source and subject says is left out;
    /// contents are kept once. A beat is always recorded.
    ///
    /// # Errors
    /// As the disk fails; then nothing is recorded.
    pub fn put(&mut self, entries: &[Entry], at: DateTime<Utc>) -> Result<Recorded, StoreError> {
        self.write(|change| {
            for entry in entries {
                if !is_said(change, entry)? {
                    append(change, entry.sort, &entry.source, &entry.subject, &entry.body, at)?;
                }
            }
            Ok(())
        })
    }

    /// Keys of a source's incidents in the current copy.
    ///
    /// # Errors
    /// As the disk fails.
    pub fn keys_of(&self, source: &str) -> Result<Vec<String>, StoreError> {
        let keys = || -> rusqlite::Result<Vec<String>> {
            let mut asked = self.db.prepare_cached("SELECT incident FROM item WHERE source = ?1")?;
            asked.query_map([source], |row| row.get(0))?.collect()
        };
        keys().map_err(|error| self.failed(&error))
    }

    /// Names of the hosts that were heard, or asked in vain, since an instant, whoever asked them.
    ///
    /// # Errors
    /// As the disk fails.
    pub fn heard_since(&self, at: DateTime<Utc>) -> Result<Vec<Text>, StoreError> {
        let names = || -> rusqlite::Result<Vec<String>> {
            let mut asked = self.db.prepare_cached("SELECT name FROM source WHERE round_at >= ?1")?;
            asked.query_map([at.timestamp_micros()], |row| row.get(0))?.collect()
        };
        let names = names().map_err(|error| self.failed(&error))?;
        Ok(names.iter().map(|name| Text::scrub(name)).collect())
    }

    /// Every incident that anything is on record of.
    ///
    /// # Errors
    /// As the disk fails.
    pub fn recorded_keys(&self) -> Result<Vec<IncidentKey>, StoreError> {
        let keys = || -> rusqlite::Result<Vec<String>> {
            let sql = "SELECT DISTINCT subject FROM fact WHERE kind IN ('item', 'gone', 'ack', 'snooze')";
            let mut asked = self.db.prepare_cached(sql)?;
            asked.query_map([], |row| row.get(0))?.collect()
        };
        let keys = keys().map_err(|error| self.failed(&error))?;
        Ok(keys.iter().filter_map(|key| IncidentKey::parse(key)).collect())
    }

    /// Since when it is on record how everything stood; nothing = nothing is.
    ///
    /// # Errors
    /// As the disk fails.
    pub fn record_begins(&self) -> Result<Option<DateTime<Utc>>, StoreError> {
        let look = || -> rusqlite::Result<Option<i64>> {
            let moved: Option<i64> = begins(&self.db)?;
            let sql = "SELECT at FROM fact WHERE kind = ?1 AND subject = '' ORDER BY seq LIMIT 1";
            let first = |sort: Sort| -> rusqlite::Result<Option<i64>> {
                self.db.prepare_cached(sql)?.query_row([sort.word()], |row| row.get(0)).optional()
            };
            let firsts = [first(Sort::Round)?, first(Sort::Stand)?, first(Sort::File)?, first(Sort::Beat)?];
            Ok(moved.or_else(|| firsts.into_iter().flatten().min()))
        };
        let begins = look().map_err(|error| self.failed(&error))?;
        Ok(begins.and_then(DateTime::from_timestamp_micros))
    }

    /// The place in the record at an instant: the last fact recorded by then. Nothing = there was none.
    ///
    /// # Errors
    /// As the disk fails.
    pub fn bound(&self, at: DateTime<Utc>) -> Result<Option<Bound>, StoreError> {
        let sql = "SELECT seq FROM fact WHERE at = (SELECT max(at) FROM fact WHERE at <= ?1) ORDER BY seq DESC LIMIT 1";
        let found = self
            .db
            .prepare_cached(sql)
            .and_then(|mut asked| asked.query_row([at.timestamp_micros()], |row| row.get(0)).optional());
        found.map(|seq| seq.map(Bound)).map_err(|error| self.failed(&error))
    }

    /// The last version of each incident of each source by then, those that were gone left out; in no order.
    ///
    /// # Errors
    /// As the disk fails.
    pub fn items_at(&self, bound: Bound) -> Result<Vec<Row>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM fact WHERE kind = 'item' AND seq IN (SELECT max(seq) FROM fact \
             WHERE kind IN ('item', 'gone') AND seq <= ?1 GROUP BY source, subject)"
        );
        self.rows(&sql, [bound.0])
    }

    /// The last facts of a sort by then, one for each source and subject, in the order in which they were recorded.
    ///
    /// # Errors
    /// As the disk fails.
    pub fn last_at(&self, sort: Sort, bound: Bound) -> Result<Vec<Row>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM fact WHERE seq IN (SELECT max(seq) FROM fact \
             WHERE kind = ?1 AND seq <= ?2 GROUP BY source, subject) ORDER BY seq"
        );
        self.rows(&sql, params![sort.word(), bound.0])
    }

    /// Every fact of a sort by then, in the order in which they were recorded.
    ///
    /// # Errors
    /// As the disk fails.
    pub fn all_at(&self, sort: Sort, bound: Bound) -> Result<Vec<Row>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM fact WHERE kind = ?1 AND seq <= ?2 ORDER BY seq");
        self.rows(&sql, params![sort.word(), bound.0])
    }

    /// How a host was heard by then, in order: its last good round, and every failure since.
    ///
    /// # Errors
    /// As the disk fails.
    pub fn rounds_at(&self, source: &str, bound: Bound) -> Result<Vec<Row>, StoreError> {
        // Newest first, until one went well; rounds of one source are neighbours in the index.
        let sql = format!(
            "SELECT {COLUMNS} FROM fact WHERE kind = 'round' AND subject = '' AND source = ?1 AND seq <= ?2 \
             AND seq >= coalesce((SELECT seq FROM fact WHERE kind = 'round' AND subject = '' AND source = ?1 \
             AND seq <= ?2 AND json_extract(body, '$.went') = 'told' ORDER BY seq DESC LIMIT 1), 0) ORDER BY seq"
        );
        self.rows(&sql, params![source, bound.0])
    }

    /// The last beat by then, and the first after it.
    ///
    /// # Errors
    /// As the disk fails.
    pub fn beats_around(&self, bound: Bound) -> Result<(Option<Row>, Option<Row>), StoreError> {
        let one = |sql: String| self.rows(&sql, [bound.0]).map(|rows| rows.into_iter().next());
        let of_beats = format!("SELECT {COLUMNS} FROM fact WHERE kind = 'beat' AND subject = ''");
        let last = one(format!("{of_beats} AND seq <= ?1 ORDER BY seq DESC LIMIT 1"))?;
        Ok((last, one(format!("{of_beats} AND seq > ?1 ORDER BY seq LIMIT 1"))?))
    }

    /// What a file held that has this digest; nothing = it was forgotten, or never recorded.
    ///
    /// # Errors
    /// As the disk fails.
    pub fn content(&self, digest: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let sql = "SELECT body FROM fact WHERE kind = 'content' AND subject = ?1 LIMIT 1";
        let found =
            self.db.prepare_cached(sql).and_then(|mut asked| asked.query_row([digest], |row| row.get(0)).optional());
        found.map_err(|error| self.failed(&error))
    }

    /// Facts recorded in `[since, until)` that somebody may want to read of, newest first, at most so many: about one
    /// subject, or about all. Rounds that went well, beats and contents are none.
    ///
    /// # Errors
    /// As the disk fails.
    pub fn happened(
        &self,
        since: DateTime<Utc>,
        until: DateTime<Utc>,
        subject: Option<&str>,
        before: Option<i64>,
        n: usize,
    ) -> Result<Vec<Row>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM fact WHERE at >= ?1 AND at < ?2 AND (?3 IS NULL OR subject = ?3 \
             OR (kind IN ('intent', 'progress') AND subject IN (SELECT subject FROM fact WHERE kind = 'intent' \
             AND json_extract(CAST(body AS TEXT), '$.target') = ?3))) \
             AND (?4 IS NULL OR seq < ?4) AND kind NOT IN ('beat', 'content', 'host') \
             AND NOT (kind = 'round' AND json_extract(body, '$.went') = 'told') ORDER BY seq DESC LIMIT ?5"
        );
        let n = i64::try_from(n).unwrap_or(i64::MAX);
        self.rows(&sql, params![since.timestamp_micros(), until.timestamp_micros(), subject, before, n])
    }

    /// The fact of one of these sorts that was recorded last before this one, about the same.
    ///
    /// # Errors
    /// As the disk fails.
    pub fn before(&self, row: &Row, sorts: &[Sort]) -> Result<Option<Row>, StoreError> {
        let mut found: Option<Row> = None;
        for sort in sorts {
            let sql = format!(
                "SELECT {COLUMNS} FROM fact WHERE kind = ?1 AND subject = ?2 AND seq < ?3 AND source = ?4 \
                 ORDER BY seq DESC LIMIT 1"
            );
            let rows = self.rows(&sql, params![sort.word(), row.subject, row.seq, row.source])?;
            found = found.into_iter().chain(rows).max_by_key(|row| row.seq);
        }
        Ok(found)
    }

    /// The next round of a host after this one.
    ///
    /// # Errors
    /// As the disk fails.
    pub fn round_after(&self, row: &Row) -> Result<Option<Row>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM fact WHERE kind = 'round' AND subject = '' AND seq > ?1 AND source = ?2 \
             ORDER BY seq LIMIT 1"
        );
        Ok(self.rows(&sql, params![row.seq, row.source])?.into_iter().next())
    }

    /// Forgets a little of what is older than `cut`: of everything the last version before it stays, so that it is known
    /// how all stood then. The record begins at `cut` from then on. Call it again until all is done.
    ///
    /// # Errors
    /// As the disk fails; then nothing is forgotten.
    pub fn forget_before(&mut self, cut: DateTime<Utc>) -> Result<Forgot, StoreError> {
        let mut forgot = Forgot { n: 0, is_all: true };
        self.write(|change| {
            forgot = forget(change, cut.timestamp_micros())?;
            Ok(())
        })?;
        Ok(forgot)
    }
}

pub(super) fn begins(db: &Connection) -> rusqlite::Result<Option<i64>> {
    let sql = "SELECT CAST(CAST(value AS TEXT) AS INTEGER) FROM setting WHERE name = ?1";
    db.prepare_cached(sql)?.query_row([BEGINS], |row| row.get(0)).optional()
}

fn is_said(change: &Connection, entry: &Entry) -> rusqlite::Result<bool> {
    if entry.sort == Sort::Beat {
        return Ok(false);
    }
    let sql = "SELECT body = ?4 FROM fact WHERE kind = ?1 AND subject = ?2 AND source = ?3 ORDER BY seq DESC LIMIT 1";
    let with = params![entry.sort.word(), entry.subject, entry.source, entry.body];
    let said: Option<bool> = change.prepare_cached(sql)?.query_row(with, |row| row.get(0)).optional()?;
    Ok(said == Some(true))
}

/// Which later fact makes an older one about the same needless.
const FOLLOWED: &str = "
    (f.kind IN ('item', 'gone') AND EXISTS (SELECT 1 FROM fact l WHERE l.kind IN ('item', 'gone')
        AND l.subject = f.subject AND l.seq > f.seq AND l.at < ?1 AND l.source = f.source))
    OR (f.kind IN ('ack', 'unack') AND EXISTS (SELECT 1 FROM fact l WHERE l.kind IN ('ack', 'unack')
        AND l.subject = f.subject AND l.seq > f.seq AND l.at < ?1))
    OR (f.kind IN ('snooze', 'wake') AND EXISTS (SELECT 1 FROM fact l WHERE l.kind IN ('snooze', 'wake')
        AND l.subject = f.subject AND l.seq > f.seq AND l.at < ?1))
    OR (f.kind IN ('host', 'file', 'stand', 'beat') AND EXISTS (SELECT 1 FROM fact l WHERE l.kind = f.kind
        AND l.subject = f.subject AND l.seq > f.seq AND l.at < ?1 AND l.source = f.source))
    OR (f.kind = 'round' AND EXISTS (SELECT 1 FROM fact l WHERE l.kind = 'round'
        AND l.subject = f.subject AND l.seq > f.seq AND l.at < ?1 AND l.source = f.source
        AND json_extract(l.body, '$.went') = 'told'))
    OR (f.kind IN ('intent', 'progress') AND EXISTS (SELECT 1 FROM fact l WHERE l.kind = 'progress'
        AND l.subject = f.subject AND l.at < ?1 AND NOT EXISTS
        (SELECT 1 FROM outbox o WHERE o.id = f.subject AND o.is_over = 0)))
    OR (f.kind = 'gone')
    OR (f.kind = 'content' AND NOT EXISTS (SELECT 1 FROM fact l WHERE l.kind = 'file' AND l.seq > f.seq
        AND instr(CAST(l.body AS TEXT), f.subject) > 0))";

fn forget(change: &Connection, cut: i64) -> rusqlite::Result<Forgot> {
    let is_there = "SELECT EXISTS (SELECT 1 FROM fact WHERE at < ?1)";
    if !change.prepare_cached(is_there)?.query_row([cut], |row| row.get::<_, bool>(0))? {
        return Ok(Forgot { n: 0, is_all: true });
    }
    // What stays before the cut is looked at again in each round; where the last step stopped is remembered.
    let from: i64 = change
        .prepare_cached("SELECT CAST(CAST(value AS TEXT) AS INTEGER) FROM setting WHERE name = 'forgot_to'")?
        .query_row([], |row| row.get(0))
        .optional()?
        .unwrap_or(0);
    let sql =
        "SELECT coalesce(max(seq), 0) FROM (SELECT seq FROM fact WHERE seq > ?1 AND at < ?2 ORDER BY seq LIMIT ?3)";
    let to: i64 = change.prepare_cached(sql)?.query_row(params![from, cut, STEP], |row| row.get(0))?;
    let is_all = to == 0;
    let mut n = 0;
    if !is_all {
        change.execute("INSERT OR REPLACE INTO setting VALUES ('forgets', x'01')", [])?;
        let sql = format!("DELETE FROM fact AS f WHERE f.seq > ?2 AND f.seq <= ?3 AND f.at < ?1 AND ({FOLLOWED})");
        n = change.prepare_cached(&sql)?.execute(params![cut, from, to])?;
        change.execute("DELETE FROM setting WHERE name = 'forgets'", [])?;
    }
    keep_setting(change, "forgot_to", to)?;
    let begins = begins(change)?.map_or(cut, |known| known.max(cut));
    keep_setting(change, BEGINS, begins)?;
    Ok(Forgot { n, is_all })
}

pub(super) fn keep_setting(change: &Connection, name: &str, value: i64) -> rusqlite::Result<()> {
    let sql = "INSERT OR REPLACE INTO setting VALUES (?1, CAST(?2 AS BLOB))";
    change.prepare_cached(sql)?.execute(params![name, value.to_string()]).map(drop)
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;
    use crate::{
        domain::{
            incident::{Incident, Kind, Login, Repo},
            time::{parse_rfc3339, plus},
        },
        floor::fact::{Going, Gone, Reach},
        shell::store::{Deed, Did, Heard, Names, Round, Said},
    };

    fn day(n: i64) -> DateTime<Utc> {
        plus(parse_rfc3339("2026-11-01T00:00:00Z").unwrap(), TimeDelta::days(n))
    }

    fn key(number: u64) -> IncidentKey {
        IncidentKey::issue(Repo::new("acme/api"), number)
    }

    fn incident(number: u64, title: &str) -> Incident {
        Incident {
            key: key(number),
            kind: Kind::Issue,
            title: Text::scrub(title),
            author: None,
            labels: Vec::new(),
            assignees: Vec::new(),
            reviewers: Vec::new(),
            milestone: None,
            is_draft: false,
            opened_at: day(0),
            updated_at: day(0),
            closed_at: None,
            close_reason: None,
            comments: 0,
            url: Text::default(),
            body: None,
            timeline: Vec::new(),
            has_timeline: true,
        }
    }

    fn heard(items: Vec<Incident>, gone: Vec<u64>) -> Heard {
        let gone = gone.into_iter().map(|n| Gone { key: key(n), how: Going::Deleted }).collect();
        let round = Round::Told { reach: Reach::Whole, as_of: day(0), budget: None, skipped: Vec::new() };
        Heard { items, gone, round: Some(round), ..Heard::of(Text::scrub("github")) }
    }

    fn titles(store: &Store, at: DateTime<Utc>) -> Vec<String> {
        let Some(bound) = store.bound(at).unwrap() else { return Vec::new() };
        let mut names = Names::default();
        let mut titles: Vec<_> = store
            .items_at(bound)
            .unwrap()
            .iter()
            .map(|row| match row.said(&mut names) {
                Some(Said::Item(incident)) => format!("{} {}", incident.key.number, incident.title),
                other => panic!("{other:?}"),
            })
            .collect();
        titles.sort();
        titles
    }

    fn entry(sort: Sort, subject: &str, body: &str) -> Entry {
        let (source, subject) = ("roster".to_owned(), subject.to_owned());
        Entry { sort, source, subject, body: body.as_bytes().to_vec() }
    }

    #[test]
    fn incidents_are_as_they_were_known_and_gone_ones_are_gone_from_then_on() {
        let mut store = Store::in_memory().unwrap();
        store.record(&heard(vec![incident(1, "a"), incident(2, "b")], vec![]), day(1)).unwrap();
        store.record(&heard(vec![incident(1, "A")], vec![]), day(2)).unwrap();
        store.record(&heard(vec![], vec![2]), day(3)).unwrap();
        store.record(&heard(vec![incident(2, "b again")], vec![]), day(4)).unwrap();
        assert_eq!(titles(&store, day(0)), Vec::<String>::new());
        assert_eq!(titles(&store, day(1)), ["1 a", "2 b"]);
        assert_eq!(titles(&store, day(2)), ["1 A", "2 b"]);
        assert_eq!(titles(&store, day(3)), ["1 A"]);
        assert_eq!(titles(&store, day(9)), ["1 A", "2 b again"]);
        assert_eq!(store.record_begins().unwrap(), Some(day(1)));
    }

    #[test]
    fn what_was_said_is_not_said_again_and_contents_are_kept_once() {
        let mut store = Store::in_memory().unwrap();
        let n = |store: &Store| store.last_seq().unwrap();
        store.put(&[entry(Sort::Stand, "", "fine"), entry(Sort::Content, "d1", "x")], day(1)).unwrap();
        store.put(&[entry(Sort::Stand, "", "fine"), entry(Sort::Content, "d1", "x")], day(2)).unwrap();
        assert_eq!(n(&store), 2);
        store.put(&[entry(Sort::Stand, "", "away"), entry(Sort::Stand, "", "fine")], day(3)).unwrap();
        store.put(&[entry(Sort::Beat, "", "b"), entry(Sort::Beat, "", "b")], day(4)).unwrap();
        assert_eq!(
            (n(&store), store.content("d1").unwrap(), store.content("d2").unwrap()),
            (6, Some(b"x".into()), None)
        );
    }

    #[test]
    fn rounds_of_a_host_are_the_last_good_one_and_the_failures_since() {
        let mut store = Store::in_memory().unwrap();
        let failed = |why: &str| Heard {
            round: Some(Round::Failed { trouble: crate::domain::trouble::Trouble::Away, why: Text::scrub(why) }),
            ..Heard::of(Text::scrub("github"))
        };
        for (n, round) in
            [failed("0"), heard(vec![], vec![]), failed("2"), failed("3"), heard(vec![], vec![])].iter().enumerate()
        {
            store.record(round, day(n as i64)).unwrap();
        }
        let count = |n: i64| store.rounds_at("github", store.bound(day(n)).unwrap().unwrap()).unwrap().len();
        assert_eq!([count(0), count(1), count(2), count(3), count(4)], [1, 1, 2, 3, 1]);
        assert_eq!(store.rounds_at("other", store.bound(day(4)).unwrap().unwrap()).unwrap(), []);
    }

    /// A month of changes, with all sorts of facts.
    fn month() -> Store {
        let mut store = Store::in_memory().unwrap();
        for n in 0..30_u64 {
            let at = day(n as i64);
            let gone = if n == 6 { vec![3] } else { vec![] };
            store.record(&heard(vec![incident(n % 5, &format!("t{n}")), incident(100, "same")], gone), at).unwrap();
            let done = |deed| Did { key: key(n % 3), deed, by: Login::new("ana"), at };
            store.did(&[done(if n % 2 == 0 { Deed::TakeOn } else { Deed::GiveBack })]).unwrap();
            let files = [
                entry(Sort::Content, &format!("digest{n}"), &format!("roster {n}")),
                entry(Sort::File, "", &format!("{{\"files\":[\"digest{n}\"]}}")),
                entry(Sort::Beat, "", &format!("{n}")),
            ];
            store.put(&files, at).unwrap();
        }
        store
    }

    #[test]
    fn forgetting_keeps_how_everything_stood_at_the_cut_and_all_that_came_after() {
        let (mut store, whole) = (month(), month());
        let cut = day(20);
        let mut n = 0;
        loop {
            let forgot = store.forget_before(cut).unwrap();
            n += forgot.n;
            if forgot.is_all {
                break;
            }
        }
        assert!(n > 60, "{n}");
        assert_eq!(store.record_begins().unwrap(), Some(cut));
        let state = |store: &Store, at| {
            let bound = store.bound(at).unwrap().unwrap();
            let said = |rows: Vec<Row>| rows.into_iter().map(|row| (row.subject, row.body)).collect::<Vec<_>>();
            let files = said(store.last_at(Sort::File, bound).unwrap());
            let digest = |body: &[u8]| String::from_utf8_lossy(body).split('"').nth(3).unwrap().to_owned();
            let contents: Vec<_> = files.iter().map(|(_, body)| store.content(&digest(body)).unwrap()).collect();
            (titles(store, at), files, contents, said(store.last_at(Sort::Host, bound).unwrap()))
        };
        for n in 20..30 {
            assert_eq!(state(&store, day(n)), state(&whole, day(n)), "day {n}");
        }
        assert!(state(&store, day(29)).2.iter().all(Option::is_some));
        assert_eq!(store.acknowledgements().unwrap(), whole.acknowledgements().unwrap());
        // A second round takes the contents that no file names any more; then there is nothing left to take.
        while !store.forget_before(cut).unwrap().is_all {}
        assert_eq!((store.forget_before(cut).unwrap().n, store.content("digest3").unwrap()), (0, None));
        let direct = store.db.execute("DELETE FROM fact", []);
        assert!(direct.unwrap_err().to_string().contains("never forgotten"));
    }

    #[test]
    fn nothing_is_forgotten_while_nothing_is_too_old() {
        let mut store = month();
        assert_eq!(store.forget_before(day(0)).unwrap(), Forgot { n: 0, is_all: true });
        assert_eq!(store.record_begins().unwrap(), Some(day(0)));
    }
}
