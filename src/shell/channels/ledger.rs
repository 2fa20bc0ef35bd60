//! What is to be told, on disk before it is sent; what was told; silences. `signals.sqlite` in the state folder.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::{Connection, TransactionBehavior, params};
use serde_json::{Value, json};

use crate::{
    domain::{
        alert::AlertId,
        notify::{GroupKey, Log, LogEntry, Notice, message::NoticeId},
        time::minus,
    },
    shell::{
        channels::{
            codec,
            late::{self, Waiting},
        },
        disk,
    },
    sink::channel::json as written,
    text::Text,
};

/// The file.
pub const FILE: &str = "signals.sqlite";

/// The tables of this room; other rooms have theirs in the same file.
const TABLES: &str = "
CREATE TABLE IF NOT EXISTS notice (
    id TEXT PRIMARY KEY,
    channel TEXT NOT NULL,
    since INTEGER NOT NULL, -- what it tells of, microseconds since 1970, UTC
    made INTEGER NOT NULL, -- when it was written down
    state TEXT NOT NULL, -- waiting, sending, unsure, sent, given up
    attempts INTEGER NOT NULL DEFAULT 0,
    changed INTEGER NOT NULL, -- when the state was written
    maybe INTEGER NOT NULL DEFAULT 0, -- it may have been told before
    why TEXT,
    body TEXT NOT NULL -- JSON
) STRICT;
CREATE INDEX IF NOT EXISTS notice_by_state ON notice (state, made);
CREATE TABLE IF NOT EXISTS told (
    route TEXT NOT NULL,
    labels TEXT NOT NULL, -- JSON
    channel TEXT NOT NULL,
    at INTEGER NOT NULL,
    firing TEXT NOT NULL, -- JSON list of fingerprints
    resolved TEXT NOT NULL,
    PRIMARY KEY (route, labels, channel)
) STRICT;
CREATE TABLE IF NOT EXISTS silence (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    matchers TEXT NOT NULL, -- JSON list
    begins INTEGER NOT NULL,
    ends INTEGER NOT NULL,
    author TEXT NOT NULL,
    comment TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS fired ( -- what fires, and what is over and was not told yet
    id TEXT PRIMARY KEY,
    body TEXT NOT NULL -- JSON
) STRICT;
CREATE TABLE IF NOT EXISTS book ( -- the alert rules as they stood
    one INTEGER PRIMARY KEY CHECK (one = 1),
    at INTEGER NOT NULL,
    body TEXT NOT NULL -- JSON
) STRICT;
CREATE TABLE IF NOT EXISTS drill (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    made INTEGER NOT NULL,
    until INTEGER NOT NULL,
    taken INTEGER, -- when a watcher took it up
    body TEXT NOT NULL -- the alert, JSON
) STRICT;
CREATE TABLE IF NOT EXISTS taken_on ( -- who took on which alert
    id TEXT PRIMARY KEY,
    who TEXT NOT NULL,
    at INTEGER NOT NULL
) STRICT;
";

/// How long another process may hold the file.
const PATIENCE: Duration = Duration::from_secs(5);

/// The same while it is opened: nobody is told before it is.
const OPENING: Duration = Duration::from_secs(2);

/// How long what was told is kept.
const KEPT: TimeDelta = TimeDelta::days(30);

/// How far a notice is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It was not sent, or was and did not arrive.
    Waiting,
    /// It is being sent.
    Sending,
    /// The process ended while it was being sent, or no answer came: it may have arrived.
    Unsure,
    /// The channel took it.
    Sent,
    /// The channel refused it, or would not take it for a day.
    GivenUp,
}

impl State {
    /// Its word, here and in the store.
    pub fn word(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Sending => "sending",
            Self::Unsure => "unsure",
            Self::Sent => "sent",
            Self::GivenUp => "given up",
        }
    }
}

/// A notice that was not told yet.
#[derive(Debug, Clone, PartialEq)]
pub struct Left {
    /// The notice.
    pub notice: Notice,
    /// When it was written down.
    pub made: DateTime<Utc>,
    /// How often it was tried.
    pub attempts: u32,
    /// It may have arrived already.
    pub is_maybe_repeated: bool,
}

/// The file, open.
#[derive(Debug)]
pub struct Ledger {
    pub(super) db: Connection,
    /// Where it is; nothing for one that ends with the process.
    pub(super) folder: Option<PathBuf>,
    /// What the disk would not take yet.
    pub(super) late: Waiting,
    /// It refused the last time.
    pub(super) is_refused: bool,
    /// It is on record that not everything is.
    pub(super) is_doubted: bool,
    /// What is told until then may have been told before: the record of it was lost.
    pub(super) repeats_until: Option<DateTime<Utc>>,
}

pub(super) type Done<T = ()> = Result<T, String>;

impl Ledger {
    /// Opens it in a folder that is there.
    ///
    /// # Errors
    /// Why it cannot be used, a lower-case fragment.
    pub fn open(folder: &Path) -> Done<Self> {
        let path = folder.join(FILE);
        match disk::private_new(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => return Err(disk::why(&error)),
            _ => {}
        }
        late::put_aside_if_damaged(folder);
        Self::prepared(Connection::open(&path), Some(folder))
    }

    /// A ledger that ends with the process.
    ///
    /// # Errors
    /// No memory is left.
    pub fn in_memory() -> Done<Self> {
        Self::prepared(Connection::open_in_memory(), None)
    }

    fn prepared(opened: rusqlite::Result<Connection>, folder: Option<&Path>) -> Done<Self> {
        let prepare = || -> rusqlite::Result<Self> {
            let db = opened?;
            db.busy_timeout(OPENING)?;
            db.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
            db.pragma_update(None, "synchronous", "FULL")?;
            db.execute_batch(TABLES)?;
            db.execute_batch(super::threads::TABLES)?;
            db.busy_timeout(PATIENCE)?;
            let folder = folder.map(Path::to_path_buf);
            Ok(Self { db, folder, late: Waiting::new(), is_refused: false, is_doubted: false, repeats_until: None })
        };
        prepare().map_err(in_words)
    }

    /// Writes down what is to be told, with what will count as told once it is: all of it or nothing. One that stands there
    /// already stays as it is; returns for each notice whether it is new.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn intend(
        &mut self,
        notices: &[Notice],
        told: &[(GroupKey, Text, LogEntry)],
        now: DateTime<Utc>,
    ) -> Done<Vec<bool>> {
        let at = now.timestamp_micros();
        let mut write = || -> rusqlite::Result<Vec<bool>> {
            let mut are_new = Vec::with_capacity(notices.len());
            let change = self.db.transaction_with_behavior(TransactionBehavior::Immediate)?;
            for notice in notices {
                let n = change.prepare_cached(
                    "INSERT OR IGNORE INTO notice (id, channel, since, made, state, changed, body) VALUES (?1, ?2, ?3, ?4, 'waiting', ?4, ?5)",
                )?.execute(params![
                    notice.id.to_string(),
                    notice.channel.as_str(),
                    notice.since.timestamp_micros(),
                    at,
                    written::body(&notice.message).to_string(),
                ])?;
                are_new.push(n == 1);
            }
            for (group, channel, entry) in told {
                change.prepare_cached("INSERT OR REPLACE INTO told VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?.execute(
                    params![
                        group.route.as_str(),
                        written::labels(&group.labels).to_string(),
                        channel.as_str(),
                        entry.at.timestamp_micros(),
                        ids(&entry.firing),
                        ids(&entry.resolved),
                    ],
                )?;
            }
            change.commit()?;
            Ok(are_new)
        };
        write().map_err(in_words)
    }

    /// Notes how far notices are.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn mark(
        &mut self,
        notices: &[NoticeId],
        state: State,
        attempts: u32,
        why: Option<&Text>,
        now: DateTime<Utc>,
    ) -> Done {
        let mut write = || -> rusqlite::Result<()> {
            let change = self.db.transaction_with_behavior(TransactionBehavior::Immediate)?;
            for id in notices {
                change.prepare_cached(
                    "UPDATE notice SET state = ?2, attempts = ?3, why = ?4, changed = ?5, maybe = maybe OR ?2 = 'unsure' WHERE id = ?1",
                )?.execute(params![
                    id.to_string(),
                    state.word(),
                    attempts,
                    why.map(Text::as_str),
                    now.timestamp_micros()
                ])?;
            }
            change.commit()
        };
        write().map_err(in_words)
    }

    /// What was not told yet, the oldest first. What was being sent when the process ended may have arrived: it is unsure.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn left(&mut self) -> Done<Vec<Left>> {
        let read = || -> rusqlite::Result<Vec<Left>> {
            // A disk that takes nothing now can be read all the same.
            let _ = self.db.execute("UPDATE notice SET state = 'unsure', maybe = 1 WHERE state = 'sending'", []);
            let mut asked = self.db.prepare(
                "SELECT id, channel, since, made, attempts, maybe OR state = 'sending' OR ?1, body FROM notice \
                 WHERE state IN ('waiting', 'sending', 'unsure') ORDER BY made, rowid",
            )?;
            let rows = asked.query_map([self.repeats_until.is_some()], |row| {
                let (id, channel, body): (String, String, String) = (row.get(0)?, row.get(1)?, row.get(6)?);
                let (since, made): (i64, i64) = (row.get(2)?, row.get(3)?);
                let notice = serde_json::from_str::<Value>(&body).ok().and_then(|body| {
                    Some(Notice {
                        id: NoticeId(u64::from_str_radix(&id, 16).ok()?),
                        channel: Text::scrub(&channel),
                        since: DateTime::from_timestamp_micros(since)?,
                        message: codec::message(&body)?,
                        parts: Vec::new(),
                    })
                });
                let made = DateTime::from_timestamp_micros(made).unwrap_or_default();
                Ok(notice.map(|notice| (notice, made, row.get(4), row.get(5))))
            })?;
            let mut left = Vec::new();
            for (notice, made, attempts, maybe) in rows.collect::<rusqlite::Result<Vec<_>>>()?.into_iter().flatten() {
                left.push(Left { notice, made, attempts: attempts?, is_maybe_repeated: maybe? });
            }
            Ok(left)
        };
        read().map_err(in_words)
    }

    /// What every channel was told of every group.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn log(&self) -> Done<Log> {
        let read = || -> rusqlite::Result<Log> {
            let mut asked = self.db.prepare("SELECT route, labels, channel, at, firing, resolved FROM told")?;
            let mut rows = asked.query([])?;
            let mut log = Log::default();
            while let Some(row) = rows.next()? {
                let text = |place| row.get::<_, String>(place);
                let labels = serde_json::from_str(&text(1)?).map(|value| codec::labels(&value)).unwrap_or_default();
                let group = GroupKey { route: Text::scrub(&text(0)?), labels };
                let at = DateTime::from_timestamp_micros(row.get(3)?).unwrap_or_default();
                let entry = LogEntry { at, firing: read_ids(&text(4)?), resolved: read_ids(&text(5)?) };
                log.put(group, Text::scrub(&text(2)?), entry);
            }
            Ok(log)
        };
        read().map_err(in_words)
    }

    /// How many notices are in each state, by the word of the state.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn counts(&self) -> Done<Vec<(String, u64)>> {
        let read = || -> rusqlite::Result<Vec<(String, u64)>> {
            let mut asked = self.db.prepare("SELECT state, count(*) FROM notice GROUP BY state ORDER BY state")?;
            let counted =
                |row: &rusqlite::Row<'_>| Ok((row.get(0)?, u64::try_from(row.get::<_, i64>(1)?).unwrap_or(0)));
            asked.query_map([], counted)?.collect()
        };
        read().map_err(in_words)
    }

    /// Forgets what was told long ago; what was not told stays.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn forget(&mut self, now: DateTime<Utc>) -> Done {
        let before = minus(now, KEPT).timestamp_micros();
        let sql = "DELETE FROM notice WHERE state IN ('sent', 'given up') AND changed < ?1";
        let old = "DELETE FROM silence WHERE ends < ?1";
        let done = self.db.execute(sql, [before]).and_then(|_| self.db.execute(old, [before]));
        done.map(|_| ()).map_err(in_words)?;
        self.forget_threads(now)
    }
}

fn ids(ids: &BTreeSet<AlertId>) -> String {
    json!(ids.iter().map(ToString::to_string).collect::<Vec<_>>()).to_string()
}

fn read_ids(written: &str) -> BTreeSet<AlertId> {
    let words: Vec<String> = serde_json::from_str(written).unwrap_or_default();
    words.iter().filter_map(|word| u64::from_str_radix(word, 16).ok()).map(AlertId).collect()
}

/// What SQLite says, without the file's path.
pub(super) fn in_words(error: rusqlite::Error) -> String {
    Text::scrub(&format!("{FILE}: {error}")).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::notify::{Matcher, Silence, SilenceId};
    use crate::{
        domain::time::plus,
        sink::channel::plain::tests::{message, now},
    };

    fn notice(n: u64) -> Notice {
        Notice { id: NoticeId(n), channel: Text::scrub("chat"), since: now(), message: message(), parts: Vec::new() }
    }

    fn entry() -> (GroupKey, Text, LogEntry) {
        let group = GroupKey { route: Text::scrub("all"), labels: message().common };
        let firing = [AlertId(7), AlertId(u64::MAX)].into();
        (group, Text::scrub("chat"), LogEntry { at: now(), firing, resolved: BTreeSet::new() })
    }

    #[test]
    fn what_was_intended_is_there_after_a_crash_and_what_was_being_sent_is_unsure() {
        let folder = tempfile::tempdir().unwrap();
        let mut ledger = Ledger::open(folder.path()).unwrap();
        ledger.intend(&[notice(1), notice(2), notice(3), notice(4)], &[entry()], now()).unwrap();
        ledger.intend(&[notice(1)], &[], plus(now(), TimeDelta::hours(1))).unwrap();
        ledger.mark(&[NoticeId(2)], State::Sending, 1, None, now()).unwrap();
        ledger.mark(&[NoticeId(3)], State::Sent, 1, None, now()).unwrap();
        ledger.mark(&[NoticeId(4)], State::GivenUp, 1, Some(&Text::scrub("gone")), now()).unwrap();
        // As a process that is killed leaves it: nothing is closed.
        let mut again = Ledger::open(folder.path()).unwrap();
        let left = again.left().unwrap();
        assert_eq!(left.iter().map(|left| left.notice.id.0).collect::<Vec<_>>(), [1, 2]);
        assert_eq!(left.iter().map(|left| left.is_maybe_repeated).collect::<Vec<_>>(), [false, true]);
        assert_eq!((&left[0].notice, left[0].made, left[1].attempts), (&notice(1), now(), 1));
        let (group, channel, told) = entry();
        assert_eq!(again.log().unwrap().entry(&group, &channel), Some(&told));
        drop(ledger);
    }

    #[test]
    fn a_silence_is_kept_until_somebody_ends_it() {
        let mut ledger = Ledger::in_memory().unwrap();
        let silence = Silence {
            id: SilenceId(0),
            matchers: vec![Matcher::parse("env=~\"a|b\"").unwrap(), Matcher::parse("x!=\"\\\"\"").unwrap()],
            from: now(),
            until: plus(now(), TimeDelta::hours(2)),
            author: Text::scrub("ann"),
            comment: Text::scrub("why"),
        };
        let id = ledger.add_silence(&silence).unwrap();
        assert_eq!(ledger.silences().unwrap(), [Silence { id, ..silence.clone() }]);
        let later = plus(now(), TimeDelta::hours(1));
        assert_eq!((ledger.expire(id, later), ledger.expire(id, later)), (Ok(true), Ok(false)));
        assert_eq!(ledger.silences().unwrap()[0].until, later);
        assert_eq!(ledger.expire(SilenceId(99), later), Ok(false));
    }

    #[test]
    fn what_was_told_is_forgotten_in_time_and_what_was_not_never() {
        let mut ledger = Ledger::in_memory().unwrap();
        ledger.intend(&[notice(1), notice(2)], &[], now()).unwrap();
        ledger.mark(&[NoticeId(1)], State::Sent, 1, None, now()).unwrap();
        ledger.forget(plus(now(), TimeDelta::days(31))).unwrap();
        assert_eq!(ledger.counts().unwrap(), [("waiting".to_owned(), 1)]);
    }
}
