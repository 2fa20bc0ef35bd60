//! Opening the state file: whose it is, which version, whether it is whole.

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::Duration,
};

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use rusqlite::{Connection, OpenFlags, OptionalExtension, TransactionBehavior};

use super::{
    Journal, Salt, Store,
    failure::{self, StoreError},
    filesystem, tables,
};
use crate::{
    domain::time::{between, rfc3339},
    shell::clock::Clock,
    text::Text,
};

const FILE: &str = "watchfloor.db";

/// The format this version writes.
const VERSION: i64 = 3;

/// How long another process may hold the file before we give up; its writes take milliseconds, on a busy disk seconds.
pub(in crate::shell) const PATIENCE: Duration = Duration::from_secs(5);

/// A file longer than this is looked through after the first frame ([`Store::check`]), not before it.
const LOOKED_THROUGH_FIRST: u64 = 1 << 20;

/// How well a file is looked through before it is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Looks {
    /// If that takes no time.
    IfShort,
    /// Whole: there is reason to doubt it.
    Whole,
}

pub(super) fn in_folder(folder: &Path, looks: Looks, now: DateTime<Utc>) -> Result<Store, StoreError> {
    private_folder(folder)?;
    let path = folder.join(FILE);
    let was_empty = is_emptied(&path);
    private_file(&path)?;
    let remote = filesystem::remote(folder);
    let opened = |aside: Option<PathBuf>| {
        let (db, found) = connected(&path, looks)?;
        if found > VERSION {
            return read_only(&path, Some(found));
        }
        Ok(Store { was_empty, ..prepared(db, &path, aside, remote)? })
    };
    match opened(None) {
        Err(StoreError::Damaged { .. }) => {
            let aside = set_aside(&path, now)?;
            private_file(&path)?;
            opened(Some(aside))
        }
        // What is there can still be shown.
        Err(StoreError::ReadOnly { .. }) => read_only(&path, None),
        done => done,
    }
}

/// A file without a byte that is younger than this may be another process's, which is just beginning it.
const BEGINNING: TimeDelta = TimeDelta::seconds(10);

/// Whether a file is there and holds nothing, though nobody begins it now: what was in it is gone.
fn is_emptied(path: &Path) -> bool {
    let Ok(found) = fs::symlink_metadata(path) else { return false };
    let changed = found.modified().map(DateTime::<Utc>::from);
    let is_old = changed.is_ok_and(|at| BEGINNING < between(at, Clock::Wall.now()));
    found.is_file() && found.len() == 0 && is_old
}

/// Makes a connection ready: the tables are there, and every commit is on disk when it returns.
pub(super) fn prepared(
    mut db: Connection,
    path: &Path,
    set_aside: Option<PathBuf>,
    remote: Option<&'static str>,
) -> Result<Store, StoreError> {
    let mut prepare = || -> rusqlite::Result<(Salt, Journal)> {
        let journal = journal(&db, remote)?;
        db.pragma_update(None, "synchronous", "FULL")?;
        if version(&db)? < VERSION {
            bring_up(&mut db)?;
        }
        Ok((salt(&db)?, journal))
    };
    let (salt, journal) = prepare().map_err(|error| failure::read(path, &error))?;
    Ok(Store {
        db,
        path: path.to_owned(),
        set_aside,
        was_empty: false,
        salt,
        newer: None,
        is_read_only: false,
        journal,
    })
}

/// Chooses how commits are made whole. A log beside the file lets readers go on while somebody writes; it needs memory that
/// all processes share, which a file system over a network does not give.
pub(in crate::shell) fn journal(db: &Connection, remote: Option<&'static str>) -> rusqlite::Result<Journal> {
    let ask = |mode: &str| {
        let mut answer = String::new();
        db.pragma_update_and_check(None, "journal_mode", mode, |row| {
            answer = row.get(0)?;
            Ok(())
        })?;
        Ok::<_, rusqlite::Error>(answer)
    };
    if let Some(kind) = remote {
        ask("DELETE")?;
        return Ok(Journal::Rollback(kind));
    }
    match ask("WAL") {
        Ok(mode) if mode == "wal" => Ok(Journal::Log),
        // In memory, or a file system that refuses: its own way is as safe and slower.
        Ok(mode) if mode == "memory" => Ok(Journal::Log),
        Ok(_) => Ok(Journal::Rollback("a file system without shared memory")),
        Err(error) if is_about_locks(&error) => {
            ask("DELETE")?;
            Ok(Journal::Rollback("a file system without locks"))
        }
        Err(error) => Err(error),
    }
}

/// Whether an error is about locks or shared memory that the file system does not give.
fn is_about_locks(error: &rusqlite::Error) -> bool {
    use rusqlite::ffi;
    let shm = [ffi::SQLITE_IOERR_SHMOPEN, ffi::SQLITE_IOERR_SHMMAP, ffi::SQLITE_IOERR_SHMLOCK];
    let lock = [ffi::SQLITE_IOERR_LOCK, ffi::SQLITE_IOERR_RDLOCK, ffi::SQLITE_IOERR_CHECKRESERVEDLOCK];
    error.sqlite_error().is_some_and(|e| shm.contains(&e.extended_code) || lock.contains(&e.extended_code))
}

/// Brings a file of an earlier version to this one: one step a version, so that a file of any age comes to the same end.
fn bring_up(db: &mut Connection) -> rusqlite::Result<()> {
    let change = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let steps = [(1, tables::FIRST), (2, tables::ON_CALL), (3, tables::MIRROR)];
    for (to, step) in steps {
        // Asked within the transaction: another process may have been quicker.
        if version(&change)? < to {
            change.execute_batch(step)?;
        }
    }
    change.commit()
}

fn salt(db: &Connection) -> rusqlite::Result<Salt> {
    let salt = db.query_row("SELECT value FROM setting WHERE name = 'salt'", [], |row| row.get(0)).optional()?;
    Ok(Salt(salt.unwrap_or_default()))
}

/// Opens a file for reading only: of a later version, or on a disk that cannot be written. Nothing in it is changed.
fn read_only(path: &Path, newer: Option<i64>) -> Result<Store, StoreError> {
    let open = |name: &str, flags: OpenFlags| -> rusqlite::Result<(Connection, Salt)> {
        let db = Connection::open_with_flags(name, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
        db.busy_timeout(PATIENCE)?;
        let salt = salt(&db)?;
        Ok((db, salt))
    };
    let name = path.to_string_lossy();
    let plain = open(&name, OpenFlags::SQLITE_OPEN_READ_ONLY);
    // A disk that cannot be written has no room for the memory that readers share; then nobody writes there either.
    let unchanging = || {
        let escaped = name.replace('%', "%25").replace('?', "%3f").replace('#', "%23");
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
        open(&format!("file:{escaped}?immutable=1"), flags)
    };
    let (db, salt) = plain.or_else(|error| if newer.is_some() { Err(error) } else { unchanging() }).map_err(
        |error| match newer {
            Some(found) => StoreError::Newer { path: path.to_owned(), found, known: VERSION },
            None => match failure::read(path, &error) {
                StoreError::Failed { .. } => StoreError::ReadOnly { path: path.to_owned() },
                error => error,
            },
        },
    )?;
    let path = path.to_owned();
    let journal = Journal::Log;
    Ok(Store { db, path, set_aside: None, was_empty: false, salt, newer, is_read_only: true, journal })
}

impl Store {
    /// Why nothing can be written here, where that is so.
    ///
    /// # Errors
    /// [`StoreError::Newer`] for a file of a later version, [`StoreError::ReadOnly`] on a disk that cannot be written.
    pub fn writable(&self) -> Result<(), StoreError> {
        let path = || self.path.clone();
        match self.newer {
            Some(found) => Err(StoreError::Newer { path: path(), found, known: VERSION }),
            None if self.is_read_only => Err(StoreError::ReadOnly { path: path() }),
            None => Ok(()),
        }
    }

    /// What was lost when this one was opened, in words; nothing = nothing was.
    pub fn loss(&self) -> Option<Text> {
        let shown = |path: &Path| path.to_string_lossy().into_owned();
        let said = match &self.set_aside {
            Some(aside) => format!("the state file was damaged; it is kept as {}", shown(aside)),
            None if self.was_empty => {
                format!("the state file was empty: what was in it is gone ({})", shown(&self.path))
            }
            None => return None,
        };
        Some(Text::scrub(&said))
    }

    /// What was lost within the last seven days, whichever process found out, in words, and when: for as long as the damaged
    /// file lies beside the one in use.
    pub fn loss_lately(&self, now: DateTime<Utc>) -> Option<(DateTime<Utc>, Text)> {
        let aside = self.path.parent().and_then(last_aside);
        let aside = aside.filter(|(at, _)| between(*at, now) < TimeDelta::days(7));
        let told = aside.map(|(at, path)| {
            let what = format!(
                "the state file was damaged and begun anew at {}; the damaged one is kept as {}",
                rfc3339(at),
                path.to_string_lossy()
            );
            (at, Text::scrub(&what))
        });
        told.or_else(|| Some((now, self.loss()?)))
    }

    /// A number that differs from the last one once another connection has written; costs next to nothing.
    ///
    /// # Errors
    /// As the disk fails.
    pub fn data_version(&self) -> Result<i64, StoreError> {
        let mark = self.db.pragma_query_value(None, "data_version", |row| row.get(0));
        mark.map_err(|error| self.failed(&error))
    }

    /// Looks the whole file through, which takes a while where it is long.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] when it is, else as the disk fails.
    pub fn check(&self) -> Result<(), StoreError> {
        let health: String =
            self.db.query_row("PRAGMA quick_check(1)", [], |row| row.get(0)).map_err(|error| self.failed(&error))?;
        if health == "ok" {
            return Ok(());
        }
        Err(StoreError::Damaged { path: self.path.clone(), why: Text::scrub(&health) })
    }
}

/// Opens a file that may be damaged or of another version, and changes nothing in it.
fn connected(path: &Path, looks: Looks) -> Result<(Connection, i64), StoreError> {
    let is_long = looks == Looks::IfShort && fs::metadata(path).is_ok_and(|found| found.len() > LOOKED_THROUGH_FIRST);
    let look = || -> rusqlite::Result<(Connection, i64, String)> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let db = Connection::open_with_flags(path, flags)?;
        db.busy_timeout(PATIENCE)?;
        let found = version(&db)?;
        let health = if found <= VERSION && !is_long {
            db.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?
        } else {
            "ok".to_owned()
        };
        Ok((db, found, health))
    };
    let (db, found, health) = look().map_err(|error| failure::read(path, &error))?;
    if found < 0 {
        return Err(StoreError::Newer { path: path.to_owned(), found, known: VERSION });
    }
    if health != "ok" {
        return Err(StoreError::Damaged { path: path.to_owned(), why: Text::scrub(&health) });
    }
    Ok((db, found))
}

pub(in crate::shell) fn version(db: &Connection) -> rusqlite::Result<i64> {
    db.pragma_query_value(None, "user_version", |row| row.get(0))
}

/// Held while a file is looked at for damage and moved: whoever comes second finds the new one.
pub(in crate::shell) static MENDING: std::sync::Mutex<()> = std::sync::Mutex::new(());

/// What the name of a file that was put aside ends in, and when that was.
const ASIDE: &str = ".corrupt-";
const STAMP: &str = "%Y%m%dT%H%M%S%.6fZ";

/// The file of a folder that was put aside last, and when; nothing = none lies there.
fn last_aside(folder: &Path) -> Option<(DateTime<Utc>, PathBuf)> {
    let aside = |name: &str| {
        let stamp = name.strip_prefix(FILE)?.strip_prefix(ASIDE)?;
        Some(NaiveDateTime::parse_from_str(stamp, STAMP).ok()?.and_utc())
    };
    let found = fs::read_dir(folder).ok()?.flatten();
    let found = found.filter_map(|entry| Some((aside(entry.file_name().to_str()?)?, entry.path())));
    found.max_by_key(|(at, _)| *at)
}

/// Moves a damaged file and its journal out of the way; nothing is ever deleted.
pub(in crate::shell) fn set_aside(path: &Path, now: DateTime<Utc>) -> Result<PathBuf, StoreError> {
    let with = |ending: &str| {
        let mut name = path.as_os_str().to_owned();
        name.push(ending);
        PathBuf::from(name)
    };
    let mark = format!("{ASIDE}{}", now.format(STAMP));
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
pub(in crate::shell) fn private_folder(folder: &Path) -> Result<(), StoreError> {
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
pub(in crate::shell) fn private_folder(folder: &Path) -> Result<(), StoreError> {
    fs::create_dir_all(folder).map_err(|source| StoreError::Folder { path: folder.to_owned(), source })
}

/// Makes the file if need be, readable by its owner only; SQLite gives its journals the same mode.
#[cfg(unix)]
pub(in crate::shell) fn private_file(path: &Path) -> Result<(), StoreError> {
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
pub(in crate::shell) fn private_file(path: &Path) -> Result<(), StoreError> {
    let opened = fs::OpenOptions::new().append(true).create(true).open(path);
    opened.map(|_| ()).map_err(|source| StoreError::Folder { path: path.to_owned(), source })
}
