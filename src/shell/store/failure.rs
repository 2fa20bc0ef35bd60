//! What can go wrong with the state file, by what to do about it.

use std::{
    io,
    path::{Path, PathBuf},
};

use rusqlite::ErrorCode;
use thiserror::Error;

use crate::text::Text;

/// Why something could not be read from, or put on, disk.
#[derive(Debug, Error)]
pub enum StoreError {
    /// The folder or the file cannot be made or looked at.
    #[error("cannot use \"{}\" for state", shown(.path))]
    Folder {
        /// The folder or file.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// Another account can write to the folder, or owns it: it could swap the file.
    #[error("\"{}\" must belong to you, and nobody else may write to it", shown(.path))]
    Shared {
        /// The folder.
        path: PathBuf,
    },
    /// The state file is a link, or no file at all: what is written would go elsewhere.
    #[error("\"{}\" is not a plain file", shown(.path))]
    Link {
        /// The file.
        path: PathBuf,
    },
    /// A later version of this program wrote the file; it is left as it is.
    #[error("\"{}\" was written by a later version (format {found}; this one knows {known})", shown(.path))]
    Newer {
        /// The file.
        path: PathBuf,
        /// The file's format.
        found: i64,
        /// The latest format known here.
        known: i64,
    },
    /// No room on the disk, or no more allowed.
    #[error("no room on the disk for \"{}\"", shown(.path))]
    Full {
        /// The file.
        path: PathBuf,
    },
    /// The file, or its file system, cannot be written.
    #[error("\"{}\" cannot be written", shown(.path))]
    ReadOnly {
        /// The file.
        path: PathBuf,
    },
    /// Another process holds the file.
    #[error("another process holds \"{}\"", shown(.path))]
    Busy {
        /// The file.
        path: PathBuf,
    },
    /// The file is damaged, or no state file.
    #[error("\"{}\" is damaged: {why}", shown(.path))]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What SQLite says.
        why: Text,
    },
    /// There is no place for a state file.
    #[error("{why}")]
    Nowhere {
        /// Why, and what to do.
        why: Text,
    },
    /// Anything else.
    #[error("\"{}\" failed: {why}", shown(.path))]
    Failed {
        /// The file.
        path: PathBuf,
        /// What SQLite says.
        why: Text,
    },
}

impl StoreError {
    /// The same error, for somebody else who asks.
    pub fn again(&self) -> Self {
        let path = PathBuf::clone;
        match self {
            Self::Folder { path: at, source } => {
                Self::Folder { path: path(at), source: io::Error::new(source.kind(), source.to_string()) }
            }
            Self::Shared { path: at } => Self::Shared { path: path(at) },
            Self::Link { path: at } => Self::Link { path: path(at) },
            Self::Newer { path: at, found, known } => Self::Newer { path: path(at), found: *found, known: *known },
            Self::Full { path: at } => Self::Full { path: path(at) },
            Self::ReadOnly { path: at } => Self::ReadOnly { path: path(at) },
            Self::Busy { path: at } => Self::Busy { path: path(at) },
            Self::Damaged { path: at, why } => Self::Damaged { path: path(at), why: why.clone() },
            Self::Nowhere { why } => Self::Nowhere { why: why.clone() },
            Self::Failed { path: at, why } => Self::Failed { path: path(at), why: why.clone() },
        }
    }

    /// What the reader can do about it; nothing where there is no remedy of theirs.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Folder { .. } | Self::ReadOnly { .. } => Some("name a folder of your own with --state-dir"),
            Self::Shared { .. } => Some("run `chmod 700` on it, or name a folder of your own with --state-dir"),
            Self::Link { .. } => Some("move it away"),
            Self::Newer { .. } => Some("use the later version, or another folder with --state-dir"),
            Self::Full { .. } => Some("make room; what is on the screen stays until then"),
            Self::Busy { .. } => Some("end the other one, if it hangs"),
            Self::Damaged { .. } => Some("start again: the file is then set aside and a new one begun"),
            Self::Failed { .. } => Some("if it stays so, see whether the disk is full, over its quota or failing"),
            Self::Nowhere { .. } => None,
        }
    }
}

/// Reads what SQLite says of a file.
pub(in crate::shell) fn read(path: &Path, error: &rusqlite::Error) -> StoreError {
    let why = || Text::scrub(&error.to_string());
    let path = path.to_owned();
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => StoreError::Full { path },
        Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied | ErrorCode::CannotOpen) => {
            StoreError::ReadOnly { path }
        }
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => StoreError::Busy { path },
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => StoreError::Damaged { path, why: why() },
        Some(_) | None => StoreError::Failed { path, why: why() },
    }
}

fn shown(path: &Path) -> Text {
    Text::scrub(&path.to_string_lossy())
}
