//! What must outlive the process: recorded facts, the current copy of what hosts told, the outbox, the record of duties.
//!
//! One SQLite file, `watchfloor.db`, in the state folder; the current format is 3. What happened is a row of `fact`, never
//! changed and never forgotten, numbered in the order in which all processes on the folder recorded it. `item` is the
//! current copy of each incident, `opening` its opening text, `cursor` what a source remembers. [`Store::record`] changes
//! all of them in one transaction, [`Store::mirror`] reads the copy back, [`Store::facts_after`] tells what is new.
//! Whatever a call recorded is on disk when it returns.
//!
//! A call may wait for a slow disk: only the store's own thread and commands that print and end make them.

use std::{
    hash::{DefaultHasher, Hasher},
    path::{Path, PathBuf},
};

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};
use secrecy::{ExposeSecret, SecretString};

mod briefs;
mod codec;
mod deeds;
pub(in crate::shell) mod failure;
pub(in crate::shell) mod filesystem;
mod heard;
pub mod lead;
mod mirror;
pub(in crate::shell) mod open;
pub mod outbox;
mod past;
mod record;
mod row;
mod tables;
mod thin;

pub use briefs::{Briefs, Kept};
pub use codec::Names;
pub use deeds::Did;
pub use failure::StoreError;
pub use heard::{Heard, Recorded, Round};
pub use mirror::Mirror;
pub use past::{Bound, Entry, Forgot};
pub use row::{Deed, Row, Said, Sort};

/// How commits are made whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Journal {
    /// By a log beside the file: readers go on while somebody writes.
    Log,
    /// By a copy of what is overwritten, because of the file system named: slower, and as safe.
    Rollback(&'static str),
}

/// The last good answer to one question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// The address of the list's first page; names the list.
    pub list: String,
    /// The page's own address.
    pub url: String,
    /// Which token it was asked with ([`Salt::mark`]); an entity tag is good for that token only.
    pub token_mark: String,
    /// Its entity tag.
    pub etag: Option<String>,
    /// Its `Link` header, as received: an answer "unchanged" may leave it out.
    pub link: Option<String>,
    /// For a part of something larger, the version of that which the page belongs to; else empty.
    pub version: String,
    /// Its body, decoded.
    pub body: Vec<u8>,
    /// When a host last said that this is how it is; kept to the microsecond.
    pub heard_at: DateTime<Utc>,
}

/// Makes marks of tokens that mean nothing outside this store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Salt(Vec<u8>);

impl Salt {
    /// 64 bits that tell one token from another; no way leads back to the token. `none` where there is no token.
    pub fn mark(&self, token: Option<&SecretString>) -> String {
        let Some(token) = token else { return "none".to_owned() };
        let mut hasher = DefaultHasher::new();
        hasher.write(&self.0);
        hasher.write(token.expose_secret().as_bytes());
        format!("{:016x}", hasher.finish())
    }
}

/// The state file, open.
#[derive(Debug)]
pub struct Store {
    db: Connection,
    path: PathBuf,
    set_aside: Option<PathBuf>,
    /// The file was there, without a byte.
    was_empty: bool,
    salt: Salt,
    /// The file's version, where it is later than ours.
    newer: Option<i64>,
    is_read_only: bool,
    journal: Journal,
}

impl Store {
    /// Opens the state file in a folder, and makes both if need be: the folder for its owner only (0700), the file too (0600).
    /// A file that is damaged is set aside, see [`Store::set_aside`]. One of a later version, or on a disk that cannot be
    /// written, is opened for reading only, see [`Store::writable`].
    ///
    /// # Errors
    /// [`StoreError::Folder`], [`StoreError::Shared`] and [`StoreError::Link`] for a folder or file that cannot or must not be
    /// used, [`StoreError::Newer`] for a file of a later version that cannot even be read; else as the disk fails.
    pub fn open(folder: &Path, now: DateTime<Utc>) -> Result<Self, StoreError> {
        open::in_folder(folder, open::Looks::IfShort, now)
    }

    /// As [`Store::open`], for a file that there is reason to doubt: all of it is looked through first, however long it is.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub fn open_doubted(folder: &Path, now: DateTime<Utc>) -> Result<Self, StoreError> {
        open::in_folder(folder, open::Looks::Whole, now)
    }

    /// A store that ends with the process.
    ///
    /// # Errors
    /// [`StoreError::Failed`] when SQLite has no memory.
    pub fn in_memory() -> Result<Self, StoreError> {
        let path = Path::new(":memory:");
        let db = Connection::open_in_memory().map_err(|error| failure::read(path, &error))?;
        open::prepared(db, path, None, None)
    }

    /// Where a damaged state file was moved to when this one was opened: worth telling, for acknowledgements are in it.
    pub fn set_aside(&self) -> Option<&Path> {
        self.set_aside.as_deref()
    }

    /// What token marks are made with.
    pub fn salt(&self) -> &Salt {
        &self.salt
    }

    /// How commits are made whole.
    pub fn journal(&self) -> Journal {
        self.journal
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The page kept for an address and a token.
    ///
    /// # Errors
    /// As the disk fails.
    pub fn page(&self, url: &str, token_mark: &str) -> Result<Option<Page>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM page WHERE url = ?1 AND token_mark = ?2");
        let page = self.db.query_row(&sql, [url, token_mark], page).optional();
        page.map_err(|error| self.failed(&error))
    }

    /// The pages of a list in their order, for the token that was heard last.
    ///
    /// # Errors
    /// As the disk fails.
    pub fn pages(&self, list: &str) -> Result<Vec<Page>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM page WHERE list = ?1 AND token_mark = \
             (SELECT token_mark FROM page WHERE list = ?1 ORDER BY heard_at DESC LIMIT 1) ORDER BY place"
        );
        let rows = || -> rusqlite::Result<Vec<_>> { self.db.prepare_cached(&sql)?.query_map([list], page)?.collect() };
        rows().map_err(|error| self.failed(&error))
    }

    /// Begins a set of changes: all of them are kept, or none.
    ///
    /// # Errors
    /// As the disk fails, or [`StoreError::Busy`] when another process writes for longer than five seconds.
    pub fn change(&mut self) -> Result<Change<'_>, StoreError> {
        self.writable()?;
        let begun = self.db.transaction_with_behavior(TransactionBehavior::Immediate);
        let path = &self.path;
        begun.map(|open| Change { open, path }).map_err(|error| failure::read(path, &error))
    }

    /// Lets the file grow no more, as on a full disk, until it is opened anew.
    #[cfg(test)]
    pub(in crate::shell) fn fill_up(&mut self) {
        let pages: i64 = self.db.pragma_query_value(None, "page_count", |row| row.get(0)).unwrap();
        self.db.pragma_update_and_check(None, "max_page_count", pages, |_| Ok(())).unwrap();
    }

    fn failed(&self, error: &rusqlite::Error) -> StoreError {
        failure::read(&self.path, error)
    }
}

/// Changes to the kept pages that are not on disk before [`Change::done`].
#[derive(Debug)]
pub struct Change<'a> {
    open: rusqlite::Transaction<'a>,
    path: &'a Path,
}

impl Change<'_> {
    /// Keeps a page in place of what was kept for its address and token. `place` orders the pages of a list, from 0.
    ///
    /// # Errors
    /// As the disk fails.
    pub fn keep_page(&self, page: &Page, place: usize) -> Result<(), StoreError> {
        self.run(
            "INSERT OR REPLACE INTO page (list, place, url, token_mark, etag, link, version, body, heard_at) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            params![
                page.list,
                i64::try_from(place).unwrap_or(i64::MAX),
                page.url,
                page.token_mark,
                page.etag,
                page.link,
                page.version,
                page.body,
                page.heard_at.timestamp_micros(),
            ],
        )
    }

    /// Notes that a page is still as it was kept.
    ///
    /// # Errors
    /// As the disk fails.
    pub fn keep_on(&self, page: &Page, place: usize) -> Result<(), StoreError> {
        let place = i64::try_from(place).unwrap_or(i64::MAX);
        let at = page.heard_at.timestamp_micros();
        self.run(
            "UPDATE page SET heard_at = ?1, place = ?2, version = ?3 WHERE url = ?4 AND token_mark = ?5",
            params![at, place, page.version, page.url, page.token_mark],
        )
    }

    /// Forgets the pages of a list that are not among these addresses, for every token.
    ///
    /// # Errors
    /// As the disk fails.
    pub fn forget_pages_not_in(&self, list: &str, urls: &[&str]) -> Result<(), StoreError> {
        let urls = serde_json::to_string(urls).unwrap_or_else(|_| "[]".to_owned());
        let sql = "DELETE FROM page WHERE list = ?1 AND url NOT IN (SELECT value FROM json_each(?2))";
        self.run(sql, params![list, urls])
    }

    /// Forgets pages of which nothing was heard since.
    ///
    /// # Errors
    /// As the disk fails.
    pub fn forget_pages_before(&self, at: DateTime<Utc>) -> Result<(), StoreError> {
        self.run("DELETE FROM page WHERE heard_at < ?1", params![at.timestamp_micros()])
    }

    /// Puts the changes on disk.
    ///
    /// # Errors
    /// As the disk fails; then everything is as before.
    pub fn done(self) -> Result<(), StoreError> {
        let Self { open, path } = self;
        open.commit().map_err(|error| failure::read(path, &error))
    }

    fn run(&self, sql: &str, values: impl rusqlite::Params) -> Result<(), StoreError> {
        let done = self.open.prepare_cached(sql).and_then(|mut asked| asked.execute(values));
        done.map(|_| ()).map_err(|error| failure::read(self.path, &error))
    }
}

const COLUMNS: &str = "list, url, token_mark, etag, link, version, body, heard_at";

fn page(row: &rusqlite::Row<'_>) -> rusqlite::Result<Page> {
    Ok(Page {
        list: row.get(0)?,
        url: row.get(1)?,
        token_mark: row.get(2)?,
        etag: row.get(3)?,
        link: row.get(4)?,
        version: row.get(5)?,
        body: row.get(6)?,
        heard_at: DateTime::from_timestamp_micros(row.get(7)?).unwrap_or_default(),
    })
}

#[cfg(test)]
mod folder;
#[cfg(test)]
mod tests;
