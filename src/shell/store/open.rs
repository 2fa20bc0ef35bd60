//! Opening the state file: whose it is, which version, whether it is whole.

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::Duration,
};

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OpenFlags, OptionalExtension, TransactionBehavior};

use super::{
    Salt, Store,
    failure::{self, StoreError},
};
use crate::text::Text;

const FILE: &str = "watchfloor.db";

/// The format this version writes.
const VERSION: i64 = 3;

/// How long another process may hold the file before we give up; its writes take milliseconds.
const PATIENCE: Duration = Duration::from_secs(2);

const TABLES: &str = "
CREATE TABLE setting (name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO setting VALUES ('salt', randomblob(16));
CREATE TABLE acknowledgement (
    id INTEGER PRIMARY KEY,
    incident TEXT NOT NULL,
    by TEXT NOT NULL,
    at INTEGER NOT NULL -- microseconds since 1970, UTC
) STRICT;
CREATE TABLE page (
    url TEXT NOT NULL,
    token_mark TEXT NOT NULL,
    list TEXT NOT NULL,
    place INTEGER NOT NULL,
    etag TEXT,
    link TEXT,
    version TEXT NOT NULL,
    body BLOB NOT NULL,
    heard_at INTEGER NOT NULL, -- microseconds since 1970, UTC
    PRIMARY KEY (url, token_mark)
) STRICT;
CREATE INDEX page_of_list ON page (list, heard_at);
PRAGMA user_version = 1;
";

/// What version 2 adds: who was seen on call.
const ON_CALL: &str = "
CREATE TABLE on_call (
    id INTEGER PRIMARY KEY,
    roster TEXT NOT NULL, -- the file it stood in
    seat TEXT NOT NULL,
    people TEXT NOT NULL, -- a JSON list of names
    since INTEGER NOT NULL, -- microseconds since 1970, UTC
    until INTEGER NOT NULL
) STRICT;
CREATE INDEX on_call_by_end ON on_call (roster, until);
PRAGMA user_version = 2;
";

/// What version 3 adds: recorded facts, the current copy of what hosts told, the outbox.
const MIRROR: &str = "
CREATE TABLE fact (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL, -- when it was recorded, microseconds since 1970, UTC
    kind TEXT NOT NULL, -- item, gone, round, host, file, ack, unack, snooze, wake, intent, progress
    source TEXT NOT NULL, -- the source's name; empty where there is none
    subject TEXT NOT NULL, -- an incident's key, a file's path, an intent's name; empty where there is none
    body BLOB NOT NULL
) STRICT;
CREATE INDEX fact_of_subject ON fact (kind, subject, seq);
CREATE INDEX fact_by_time ON fact (at);
CREATE TRIGGER fact_is_never_changed BEFORE UPDATE ON fact BEGIN SELECT RAISE(ABORT, 'a recorded fact is never changed'); END;
CREATE TABLE item (
    source TEXT NOT NULL,
    incident TEXT NOT NULL,
    body BLOB NOT NULL, -- without its opening text
    PRIMARY KEY (source, incident)
) STRICT, WITHOUT ROWID;
CREATE TABLE opening (
    source TEXT NOT NULL,
    incident TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (source, incident)
) STRICT, WITHOUT ROWID;
CREATE TABLE cursor (
    source TEXT NOT NULL,
    name TEXT NOT NULL, -- what is remembered: where a repository's reading stands, an entity tag
    value BLOB NOT NULL,
    PRIMARY KEY (source, name)
) STRICT, WITHOUT ROWID;
CREATE TABLE outbox (
    place INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    batch TEXT NOT NULL,
    source TEXT NOT NULL,
    target TEXT NOT NULL,
    act TEXT NOT NULL, -- JSON
    by TEXT NOT NULL,
    at INTEGER NOT NULL,
    progress TEXT NOT NULL, -- JSON
    is_over INTEGER NOT NULL,
    changed_at INTEGER NOT NULL
) STRICT;
CREATE INDEX outbox_waiting ON outbox (is_over, place);
CREATE TABLE delivery (
    id TEXT PRIMARY KEY,
    channel TEXT NOT NULL,
    due INTEGER NOT NULL,
    body TEXT NOT NULL,
    progress TEXT NOT NULL,
    is_over INTEGER NOT NULL,
    changed_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE read_position (
    path TEXT PRIMARY KEY,
    position TEXT NOT NULL, -- JSON
    changed_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
PRAGMA user_version = 3;
";

pub(super) fn in_folder(folder: &Path, now: DateTime<Utc>) -> Result<Store, StoreError> {
    private_folder(folder)?;
    let path = folder.join(FILE);
    private_file(&path)?;
    match connected(&path) {
        Err(StoreError::Damaged { .. }) => {
            let aside = set_aside(&path, now)?;
            private_file(&path)?;
            prepared(connected(&path)?, &path, Some(aside))
        }
        Err(error) => Err(error),
        Ok(db) => prepared(db, &path, None),
    }
}

/// Makes a connection ready: the tables are there, and every commit is on disk when it returns.
pub(super) fn prepared(mut db: Connection, path: &Path, set_aside: Option<PathBuf>) -> Result<Store, StoreError> {
    let mut prepare = || -> rusqlite::Result<Salt> {
        // A file system without shared memory (NFS) answers with another mode, which is as safe and slower.
        db.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
        db.pragma_update(None, "synchronous", "FULL")?;
        let change = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        // One step a version, so that a file of any age comes to the same end.
        if version(&change)? < 1 {
            change.execute_batch(TABLES)?;
        }
        if version(&change)? < 2 {
            change.execute_batch(ON_CALL)?;
        }
        if version(&change)? < 3 {
            change.execute_batch(MIRROR)?;
        }
        let salt =
            change.query_row("SELECT value FROM setting WHERE name = 'salt'", [], |row| row.get(0)).optional()?;
        change.commit()?;
        Ok(Salt(salt.unwrap_or_default()))
    };
    let salt = prepare().map_err(|error| failure::read(path, &error))?;
    Ok(Store { db, path: path.to_owned(), set_aside, salt })
}

/// Opens a file that may be damaged or of another version, and changes nothing in it.
fn connected(path: &Path) -> Result<Connection, StoreError> {
    let look = || -> rusqlite::Result<(Connection, i64, String)> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let db = Connection::open_with_flags(path, flags)?;
        db.busy_timeout(PATIENCE)?;
        let found = version(&db)?;
        let health = if found <= VERSION {
            db.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?
        } else {
            "ok".to_owned()
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
    Ok(db)
}

fn version(db: &Connection) -> rusqlite::Result<i64> {
    db.pragma_query_value(None, "user_version", |row| row.get(0))
}

/// Moves a damaged file and its journal out of the way; nothing is ever deleted.
fn set_aside(path: &Path, now: DateTime<Utc>) -> Result<PathBuf, StoreError> {
    let with = |ending: &str| {
        let mut name = path.as_os_str().to_owned();
        name.push(ending);
        PathBuf::from(name)
    };
    let mark = format!(".corrupt-{}", now.format("%Y%m%dT%H%M%S%.6fZ"));
    let aside = with(&mark);
    for journal in ["", "-wal", "-shm"] {
        match fs::rename(with(journal), with(&format!("{mark}{journal}"))) {
            Err(error) if !journal.is_empty() && error.kind() == io::ErrorKind::NotFound => {}
            done => done.map_err(|source| StoreError::Folder { path: with(journal), source })?,
        }
    }
    Ok(aside)
}

#[cfg(unix)]
fn private_folder(folder: &Path) -> Result<(), StoreError> {
    use std::os::unix::fs::{DirBuilderExt, MetadataExt};
    let path = || folder.to_owned();
    let failed = |source| StoreError::Folder { path: path(), source };
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(failed)?;
    let found = fs::metadata(folder).map_err(failed)?;
    // Mode bits of a folder that was there before are its owner's business, unless others may write: they could put
    // another file in the place of ours.
    let is_ours = found.uid() == rustix::process::geteuid().as_raw() || found.uid() == 0;
    if is_ours && found.mode() & 0o022 == 0 { Ok(()) } else { Err(StoreError::Shared { path: path() }) }
}

#[cfg(not(unix))]
fn private_folder(folder: &Path) -> Result<(), StoreError> {
    fs::create_dir_all(folder).map_err(|source| StoreError::Folder { path: folder.to_owned(), source })
}

/// Makes the file if need be, readable by its owner only; SQLite gives its journals the same mode.
#[cfg(unix)]
fn private_file(path: &Path) -> Result<(), StoreError> {
    use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
    let failed = |source: io::Error| match source.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => StoreError::Full { path: path.to_owned() },
        io::ErrorKind::ReadOnlyFilesystem => StoreError::ReadOnly { path: path.to_owned() },
        _ => StoreError::Folder { path: path.to_owned(), source },
    };
    match fs::symlink_metadata(path) {
        Ok(found) if !found.is_file() => Err(StoreError::Link { path: path.to_owned() }),
        Ok(found) if found.permissions().mode() & 0o077 != 0 => {
            fs::set_permissions(path, fs::Permissions::from_mode(0o600)).map_err(failed)
        }
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            // `create_new` follows no link; a second process that made the file in between is as good.
            match fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
                Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(failed(error)),
                Ok(_) | Err(_) => Ok(()),
            }
        }
        Err(error) => Err(failed(error)),
    }
}

#[cfg(not(unix))]
fn private_file(path: &Path) -> Result<(), StoreError> {
    let opened = fs::OpenOptions::new().append(true).create(true).open(path);
    opened.map(|_| ()).map_err(|source| StoreError::Folder { path: path.to_owned(), source })
}
