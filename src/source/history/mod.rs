//! Issue histories from a file: REST records as JSON Lines, or an `archive.json`; either may be gzipped.
//!
//! Records are read one line at a time, so a long history needs memory for its incidents only. An archive is one object
//! and is held whole. A number that occurs twice stays twice: the caller keeps one incident per key.

use std::io::{self, BufRead, BufReader, Cursor, Read};

use chrono::{DateTime, Utc};
use flate2::bufread::MultiGzDecoder;
use serde::Deserialize;
use thiserror::Error;

use crate::{
    domain::{
        incident::{Incident, Kind, Repo},
        time::parse_rfc3339,
        trouble::Trouble,
    },
    source::{Batch, github::names::Names},
    text::Text,
};

mod archive;
mod json;
mod line;
mod rest;

use line::{Line, Lines};

/// The longest record read; GitHub's busiest issues (2,500 comments) are near 10 MiB.
const LINE_BYTES: usize = 16 << 20;

/// The most read from one file, after decompression: a few kilobytes can pretend to be more than a disk.
const TOTAL_BYTES: u64 = 4 << 30;

/// The largest archive held in memory, after decompression. The IETF's largest repositories are near 100 MiB.
const ARCHIVE_BYTES: u64 = 512 << 20;

/// How much of a file's beginning is looked at to tell its form.
const HEAD_BYTES: u64 = 64 << 10;

/// What a file holds.
#[derive(Debug, Clone, PartialEq)]
pub struct History {
    /// Its incidents in the order of the file, and the records left out.
    ///
    /// From records, timelines are complete but for assigners, whom GitHub's timeline does not name. An archive knows
    /// comments, reviews, the last close and the merge; its label and owner changes are unknown, so labels and owners of
    /// today count as those of the opening.
    pub batch: Batch<Incident>,
    /// When the history was taken; an archive says so itself, records do not (see [`as_of`]).
    pub as_of: Option<DateTime<Utc>>,
    /// In which form it was written.
    pub form: Form,
}

/// The form of a history, which says what can be known from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// REST records with their timelines: every act is known.
    Records,
    /// An `archive.json`: comments, reviews, the last close and the merge are known.
    Archive,
}

/// Why nothing could be read from a history.
#[derive(Debug, Error)]
pub enum HistoryError {
    /// Not one byte that is not white space: a backup that failed looks like this, and must not read as "all quiet".
    #[error("the file is empty")]
    Empty,
    /// Neither records nor an archive.
    #[error("the file is no issue history: {why}")]
    NotHistory {
        /// What is wrong with it, by its place.
        why: Text,
    },
    /// More than is read from one file.
    #[error("the file is longer than {limit_mib} MiB (after decompression, if it is compressed)")]
    TooLong {
        /// The limit, in MiB.
        limit_mib: u64,
    },
    /// Reading stopped half-way: a compressed file cut short, or a disk in trouble.
    #[error("the file cannot be read past line {line}")]
    Broken {
        /// Lines read before; 0 in an archive.
        line: u64,
        /// What the reader says.
        #[source]
        source: io::Error,
    },
}

impl HistoryError {
    /// What kind of trouble the source is in.
    pub fn trouble(&self) -> Trouble {
        match self {
            Self::Empty | Self::NotHistory { .. } | Self::TooLong { .. } => Trouble::Garbled,
            Self::Broken { source, .. } => match source.kind() {
                io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput | io::ErrorKind::UnexpectedEof => {
                    Trouble::Garbled
                }
                _ => Trouble::Away,
            },
        }
    }

    /// What the reader can do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Empty => "make the backup again; an empty repository has no file",
            Self::NotHistory { .. } => {
                "give JSON Lines of REST records (type, issue or pull, events), or an archive.json"
            }
            Self::TooLong { .. } => "split the file, and name each part as a source of its own",
            Self::Broken { .. } => "make the backup again, or check the disk",
        }
    }
}

/// Reads a history in whichever form it has, told by its first bytes. `repository` is used where a record does not say.
///
/// Records that cannot be read are counted and named by line and field; the others are kept.
///
/// # Errors
/// [`HistoryError::Empty`] and [`HistoryError::NotHistory`] when not one record is readable, [`HistoryError::TooLong`]
/// beyond 4 GiB (an archive: 512 MiB), [`HistoryError::Broken`] when the bytes end in an error.
pub fn read<R: BufRead>(
    mut input: R,
    repository: Option<&Repo>,
    with_pull_requests: bool,
) -> Result<History, HistoryError> {
    let head = head(&mut input, 2).map_err(|source| HistoryError::Broken { line: 0, source })?;
    let is_gzip = head == [0x1f, 0x8b];
    let mut input = Cursor::new(head).chain(input);
    let mut wanted = Wanted { repository, with_pull_requests, limits: Limits::default() };
    if is_gzip {
        let mut plain = BufReader::with_capacity(HEAD_BYTES as usize, MultiGzDecoder::new(input));
        wanted.read(&mut plain)
    } else {
        wanted.read(&mut input)
    }
}

/// When a backup was taken: `last_backup` of a `state.json`, or an archive's `timestamp`.
pub fn as_of(state_json: &[u8]) -> Option<DateTime<Utc>> {
    #[derive(Deserialize)]
    struct State {
        last_backup: Option<String>,
        timestamp: Option<String>,
    }
    let state: State = serde_json::from_slice(state_json).ok()?;
    state.last_backup.or(state.timestamp).as_deref().and_then(parse_rfc3339)
}

#[derive(Clone, Copy)]
struct Limits {
    line: usize,
    total: u64,
    archive: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { line: LINE_BYTES, total: TOTAL_BYTES, archive: ARCHIVE_BYTES }
    }
}

/// What is asked of a file.
struct Wanted<'a> {
    repository: Option<&'a Repo>,
    with_pull_requests: bool,
    limits: Limits,
}

impl Wanted<'_> {
    fn read(&mut self, input: &mut dyn BufRead) -> Result<History, HistoryError> {
        let head = head(input, HEAD_BYTES).map_err(|source| HistoryError::Broken { line: 0, source })?;
        let is_archive = json::keys(&head).find_map(|key| match key {
            b"magic" | b"timestamp" | b"repo" | b"issues" | b"pulls" => Some(true),
            b"type" | b"issue" | b"pull" | b"events" => Some(false),
            _ => None,
        });
        let mut input = Cursor::new(head).chain(input);
        if is_archive == Some(true) { self.archive(&mut input) } else { self.records(&mut input) }
    }

    fn records(&self, input: &mut dyn BufRead) -> Result<History, HistoryError> {
        let (mut batch, mut names, mut n_read) = (Batch::new(), Names::default(), 0_u64);
        let mut lines = Lines::new(input, self.limits.line, self.limits.total);
        while let Some((number, line)) = lines.next()? {
            let at = || format!("line {number}");
            let line = match line {
                Line::Whole(line) => line,
                Line::TooLong => {
                    batch.skip(&at(), &format!("longer than {} MiB", self.limits.line >> 20));
                    continue;
                }
            };
            match rest::read(line, self.repository, &mut names) {
                Ok(record) => {
                    n_read += 1;
                    if self.wants(record.incident.kind) {
                        batch.items.push(record.incident);
                        if let Some(why) = record.left_out {
                            batch.skip(&at(), &why);
                        }
                    }
                }
                Err(why) => batch.skip(&at(), &why),
            }
        }
        match batch.skipped.first() {
            None if n_read == 0 => Err(HistoryError::Empty),
            Some(first) if n_read == 0 => Err(not_history(&format!("{}: {}", first.at, first.why))),
            _ => Ok(History { batch, as_of: None, form: Form::Records }),
        }
    }

    fn archive(&self, input: &mut dyn BufRead) -> Result<History, HistoryError> {
        let mut bytes = Vec::new();
        let broken = |source| HistoryError::Broken { line: 0, source };
        input.take(self.limits.archive.saturating_add(1)).read_to_end(&mut bytes).map_err(broken)?;
        if bytes.len() as u64 > self.limits.archive {
            return Err(HistoryError::TooLong { limit_mib: self.limits.archive >> 20 });
        }
        let (items, as_of, own_repo) = archive::parts(&bytes).map_err(|why| not_history(&why))?;
        let (mut batch, mut names, mut n_read) = (Batch::new(), Names::default(), 0_u64);
        let own_repo = own_repo.map(|full| Repo::new(&full));
        let repository = own_repo.as_ref().or(self.repository);
        for item in items {
            match archive::read(&item, repository, &mut names) {
                Ok(incident) => {
                    n_read += 1;
                    if self.wants(incident.kind) {
                        batch.items.push(incident);
                    }
                }
                Err(why) => batch.skip(&item.at, &why),
            }
        }
        match batch.skipped.first() {
            Some(first) if n_read == 0 => Err(not_history(&format!("{}: {}", first.at, first.why))),
            _ => Ok(History { batch, as_of, form: Form::Archive }),
        }
    }

    fn wants(&self, kind: Kind) -> bool {
        self.with_pull_requests || kind == Kind::Issue
    }
}

fn not_history(why: &str) -> HistoryError {
    HistoryError::NotHistory { why: Text::scrub(why) }
}

fn head(input: &mut (impl BufRead + ?Sized), bytes: u64) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    let mut limited = input.take(bytes);
    limited.read_to_end(&mut head)?;
    Ok(head)
}

#[cfg(test)]
mod tests;
