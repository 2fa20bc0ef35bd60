//! What following a path may have missed.

use chrono::{DateTime, Utc};

use crate::{source::metrics::tail::Why, text::Text};

/// A stretch of a file that may have held lines we did not see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    /// What happened.
    pub why: Why,
    /// How far the file had been read, in bytes.
    pub offset: u64,
    /// The file in which the rest was found; then only what was written between the copy and the cut can be missing.
    pub found_in: Option<Text>,
    /// When it was last looked at before.
    pub from: Option<DateTime<Utc>>,
    /// When it was noticed.
    pub until: DateTime<Utc>,
}

impl Gap {
    /// What it means, for whoever reads the figures.
    pub fn said(&self) -> String {
        let offset = self.offset;
        match &self.found_in {
            Some(name) => format!("it was cut; the rest after byte {offset} was found in {name}"),
            None => format!("it was cut or replaced: what was written after byte {offset} and before that is lost"),
        }
    }
}
