//! What the disk would not take at once: kept in memory, in order, and written as soon as it can be. Who tells waits half a
//! second for the disk, once.

use std::{collections::VecDeque, path::Path, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::{Connection, ErrorCode};

use crate::{
    domain::{
        alert::{Alert, AlertId},
        notify::{GroupKey, LogEntry, Notice, message::NoticeId},
        time::plus,
    },
    shell::{
        channels::ledger::{Done, FILE, Ledger, State},
        clock::Clock,
        disk,
        store::open,
    },
    text::Text,
};

/// How long the one who tells waits for a file that another process holds; where it is still held, not at all.
const HASTE: Duration = Duration::from_millis(500);

/// How long a command waits for others that hold the file.
const LONG: Duration = Duration::from_secs(30);

/// Pieces of work that are kept; beyond it the oldest are forgotten.
const KEPT: usize = 20_000;

/// Beside the file: what was told is not all in it. Who reads it next tells nothing again without saying so.
const DOUBT: &str = "signals.doubt";

/// How long after the record was lost what is told may have been told before.
const IN_DOUBT: TimeDelta = TimeDelta::minutes(5);

/// Something to be written.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Late {
    /// As [`Ledger::intend`].
    Intend { notices: Vec<Notice>, told: Vec<(GroupKey, Text, LogEntry)>, at: DateTime<Utc> },
    /// As [`Ledger::mark`].
    Mark { ids: Vec<NoticeId>, state: State, attempts: u32, why: Option<Text>, at: DateTime<Utc> },
    /// As [`Ledger::keep_fired`].
    Fired { fires: Vec<Alert>, over: Vec<AlertId> },
}

impl Ledger {
    /// Has it wait for nobody longer than half a second.
    pub(super) fn hasty(self) -> Self {
        // A connection that is open takes any wait.
        let _ = self.db.busy_timeout(HASTE);
        self
    }

    /// Has it wait half a minute: for a command that has nothing else to do.
    pub(super) fn patient(self) -> Self {
        let _ = self.db.busy_timeout(LONG);
        self
    }

    /// Writes something after all that waits; for intents the answer is as [`Ledger::intend`]'s.
    ///
    /// # Errors
    /// The disk refuses: it is kept in memory.
    pub(super) fn put(&mut self, work: Late) -> Done<Vec<bool>> {
        let done = self.catch_up().and_then(|()| self.tried(|ledger| ledger.perform(&work)));
        if done.is_err() {
            if self.late.is_empty() {
                self.doubt("the disk refused");
            }
            if KEPT <= self.late.len() {
                self.late.pop_front();
            }
            self.late.push_back(work);
        }
        done
    }

    /// Writes what the disk would not take before.
    ///
    /// # Errors
    /// It still does not.
    pub(super) fn catch_up(&mut self) -> Done {
        let n = self.late.len();
        while let Some(work) = self.late.pop_front() {
            if let Err(why) = self.tried(|ledger| ledger.perform(&work)) {
                self.late.push_front(work);
                return Err(why);
            }
        }
        if 0 < n {
            self.is_doubted = false;
            if let Some(folder) = &self.folder {
                // One that stays makes somebody read "maybe repeated" once too often.
                let _ = std::fs::remove_file(folder.join(DOUBT));
            }
        }
        Ok(())
    }

    /// Does something, and waits for the disk only where it took what came before.
    ///
    /// # Errors
    /// The disk refuses.
    pub(super) fn tried<T>(&mut self, work: impl FnOnce(&mut Self) -> Done<T>) -> Done<T> {
        let done = work(self);
        if done.is_err() != std::mem::replace(&mut self.is_refused, done.is_err()) {
            let _ = self.db.busy_timeout(if done.is_err() { Duration::ZERO } else { HASTE });
        }
        done
    }

    /// Why what was told may not all stand here, if so; from then on it is as told as it says.
    ///
    /// # Errors
    /// The disk refuses.
    pub(super) fn take_doubt(&mut self, now: DateTime<Utc>) -> Done<Option<Text>> {
        let Some(path) = self.folder.as_ref().map(|folder| folder.join(DOUBT)) else { return Ok(None) };
        let Some(why) = doubt_in(&path) else { return Ok(None) };
        self.repeats_until = Some(plus(now, IN_DOUBT));
        let sql = "UPDATE notice SET maybe = 1 WHERE state IN ('waiting', 'sending', 'unsure')";
        // A disk that takes nothing still: the word stays, for whoever comes after us.
        if self.db.execute(sql, []).is_ok() {
            let _ = std::fs::remove_file(&path);
        } else {
            self.is_doubted = true;
        }
        Ok(Some(why))
    }

    /// Goes by the word that was left in a folder whose file cannot be opened.
    pub(super) fn doubt_as(&mut self, folder: &Path, now: DateTime<Utc>) {
        self.repeats_until = doubt_in(&folder.join(DOUBT)).map(|_| plus(now, IN_DOUBT));
    }

    fn doubt(&mut self, why: &str) {
        if let Some(folder) = self.folder.as_ref().filter(|_| !std::mem::replace(&mut self.is_doubted, true)) {
            note_doubt(folder, why);
        }
    }

    fn perform(&mut self, work: &Late) -> Done<Vec<bool>> {
        match work {
            Late::Intend { notices, told, at } => self.intend(notices, told, *at),
            Late::Mark { ids, state, attempts, why, at } => {
                self.mark(ids, *state, *attempts, why.as_ref(), *at).map(|()| Vec::new())
            }
            Late::Fired { fires, over } => self.keep_fired(fires, over).map(|()| Vec::new()),
        }
    }
}

/// Moves a damaged file out of the way and leaves word of it; one that cannot be looked at now is left where it is.
pub(super) fn put_aside_if_damaged(folder: &Path) {
    let path = folder.join(FILE);
    // One at a time: a second look finds the new file.
    let Ok(_one) = open::MENDING.lock() else { return };
    let Some(why) = damage(&path) else { return };
    if let Ok(aside) = open::set_aside(&path, Clock::Wall.now()) {
        let name = aside.file_name().unwrap_or_default().to_string_lossy().into_owned();
        note_doubt(folder, &format!("{why}; put aside as {name}"));
        // It is made anew, for its owner only.
        let _ = disk::private_new(&path);
    }
}

fn damage(path: &Path) -> Option<String> {
    let look = || -> rusqlite::Result<Option<String>> {
        let db = Connection::open(path)?;
        db.busy_timeout(HASTE)?;
        db.query_row("SELECT count(*) FROM sqlite_master", [], |_| Ok(()))?;
        for table in ["notice", "told", "fired", "silence"] {
            if !db.table_exists(None, table)? {
                continue;
            }
            let said: String = db.query_row(&format!("PRAGMA quick_check({table})"), [], |row| row.get(0))?;
            if said != "ok" {
                return Ok(Some(said.lines().next().unwrap_or_default().to_owned()));
            }
        }
        Ok(None)
    };
    match look() {
        Ok(found) => found,
        Err(error) => match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Some(error.to_string()),
            _ => None,
        },
    }
}

/// Leaves word, beside the file, that what was told does not all stand in it.
pub(in crate::shell) fn note_doubt(folder: &Path, why: &str) {
    let path = folder.join(DOUBT);
    if disk::put(&path, format!("{FILE}: {why}\n").as_bytes()).is_err() {
        // A full disk has room for a name. One that takes not even this says so elsewhere.
        let _ = disk::private_new(&path);
    }
}

/// The word that was left; a name alone says that there was no room for more.
fn doubt_in(path: &Path) -> Option<Text> {
    let why = std::fs::read_to_string(path).ok()?;
    let why = Some(why.trim()).filter(|why| !why.is_empty()).unwrap_or("the disk took nothing");
    Some(Text::scrub(why))
}

/// What waits to be written.
pub(super) type Waiting = VecDeque<Late>;

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;
    use crate::sink::channel::plain::tests::{message, now};

    fn notice(n: u64) -> Notice {
        Notice { id: NoticeId(n), channel: Text::scrub("chat"), since: now(), message: message(), parts: Vec::new() }
    }

    fn intend(n: u64) -> Late {
        Late::Intend { notices: vec![notice(n)], told: Vec::new(), at: now() }
    }

    fn mark(n: u64, state: State) -> Late {
        Late::Mark { ids: vec![NoticeId(n)], state, attempts: 1, why: None, at: now() }
    }

    #[test]
    fn a_file_that_another_process_holds_is_waited_for_once_and_written_when_it_is_free() {
        let folder = tempfile::tempdir().unwrap();
        let mut ledger = Ledger::open(folder.path()).unwrap().hasty();
        let other = Connection::open(folder.path().join(FILE)).unwrap();
        other.execute_batch("BEGIN IMMEDIATE").unwrap();
        let began = Instant::now();
        for n in 0..20 {
            assert!(ledger.put(intend(n)).is_err());
            assert!(ledger.put(mark(n, State::Sent)).is_err());
        }
        assert!(began.elapsed() < Duration::from_secs(3), "{:?}", began.elapsed());
        other.execute_batch("ROLLBACK").unwrap();
        assert_eq!(ledger.put(intend(20)), Ok(vec![true]));
        assert_eq!(ledger.counts().unwrap(), [("sent".to_owned(), 20), ("waiting".to_owned(), 1)]);
        assert_eq!(ledger.take_doubt(now()), Ok(None), "all of it is on disk");
    }

    #[test]
    fn what_was_sent_while_the_disk_refused_is_maybe_repeated_to_whoever_comes_after_a_crash() {
        let folder = tempfile::tempdir().unwrap();
        let mut ledger = Ledger::open(folder.path()).unwrap().hasty();
        ledger.put(intend(1)).unwrap();
        let other = Connection::open(folder.path().join(FILE)).unwrap();
        other.execute_batch("BEGIN IMMEDIATE").unwrap();
        assert!(ledger.put(mark(1, State::Sent)).is_err());
        drop(ledger);
        other.execute_batch("ROLLBACK").unwrap();
        let mut again = Ledger::open(folder.path()).unwrap();
        assert!(again.take_doubt(now()).unwrap().is_some());
        let left = again.left().unwrap();
        assert_eq!(left.iter().map(|left| (left.notice.id.0, left.is_maybe_repeated)).collect::<Vec<_>>(), [(1, true)]);
    }

    #[test]
    fn on_a_disk_that_takes_nothing_a_name_is_word_enough_and_stays_until_it_takes_something() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(DOUBT);
        let mut ledger = Ledger::open(folder.path()).unwrap().hasty();
        ledger.put(intend(1)).unwrap();
        disk::private_new(&path).unwrap();
        ledger.db.pragma_update(None, "query_only", true).unwrap();
        assert_eq!(ledger.take_doubt(now()), Ok(Some(Text::scrub("the disk took nothing"))));
        assert_eq!((ledger.repeats_until, path.exists()), (Some(plus(now(), IN_DOUBT)), true));
        assert!(ledger.left().unwrap().iter().all(|left| left.is_maybe_repeated));
        let mut none = Ledger::in_memory().unwrap();
        none.doubt_as(folder.path(), now());
        assert_eq!(none.repeats_until, Some(plus(now(), IN_DOUBT)));
        ledger.db.pragma_update(None, "query_only", false).unwrap();
        assert!(ledger.take_doubt(now()).unwrap().is_some() && !path.exists());
    }

    #[test]
    fn a_command_waits_where_the_watcher_goes_on() {
        for (is_patient, is_written) in [(false, false), (true, true)] {
            let folder = tempfile::tempdir().unwrap();
            let ledger = Ledger::open(folder.path()).unwrap();
            let mut ledger = if is_patient { ledger.patient() } else { ledger.hasty() };
            let other = Connection::open(folder.path().join(FILE)).unwrap();
            other.execute_batch("BEGIN IMMEDIATE").unwrap();
            let held = std::thread::spawn(move || {
                std::thread::sleep(HASTE * 3);
                other.execute_batch("COMMIT").unwrap();
            });
            let done = ledger.ask_drills(&[], now(), now());
            assert_eq!(done.is_ok(), is_written, "{done:?}");
            held.join().unwrap();
        }
    }

    #[test]
    fn a_damaged_file_is_put_aside_and_what_is_told_next_may_have_been_told() {
        for cut in [0, 5_000] {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join(FILE);
            let mut ledger = Ledger::open(folder.path()).unwrap();
            (0..50).for_each(|n| drop(ledger.put(intend(n)).unwrap()));
            ledger.db.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
            drop(ledger);
            let mut bytes = std::fs::read(&path).unwrap();
            bytes[cut..].fill(7);
            std::fs::write(&path, bytes).unwrap();
            let mut again = Ledger::open(folder.path()).unwrap();
            let why = again.take_doubt(now()).unwrap().unwrap();
            assert!(why.as_str().contains("put aside as signals.sqlite.corrupt-"), "{why}");
            assert_eq!(again.repeats_until, Some(plus(now(), IN_DOUBT)));
            assert_eq!((again.put(intend(1)), again.take_doubt(now())), (Ok(vec![true]), Ok(None)));
        }
    }
}
