//! What of the past is not there, in words.

use super::{Pool, Refused, SAMPLES_KEPT, SERIES_KEPT};
use crate::text::{Text, counted, grouped};

impl Pool {
    /// How many series found no room and were heard of lately; as many as are counted at most.
    pub fn n_left_out(&self) -> usize {
        self.left_out.n()
    }

    /// That series found no room, in words; nothing where all did.
    pub fn left_out(&self) -> Option<String> {
        let more = if self.left_out.is_full() { "more than " } else { "" };
        (0 < self.n_left_out())
            .then(|| format!("{more}{} left out: {}", counted(self.n_left_out(), "series is", "series are"), room()))
    }

    /// That series are stamped more than two minutes ahead, in words; nothing where none is.
    pub fn ahead(&self) -> Option<String> {
        self.ahead.words()
    }

    /// Why what an expression makes of these names may be wrong: series of one of them found no room.
    pub fn lacks(&self, name: Option<&Text>) -> Option<String> {
        let what = match name {
            None => "series".to_owned(),
            Some(name) => format!("series of {name}"),
        };
        self.left_out.has(name).then(|| format!("{what} are left out: {}", room()))
    }

    /// What was not kept.
    pub fn refused(&self) -> Refused {
        self.refused
    }
}

/// What there is room for.
fn room() -> String {
    format!("at most {} series and {} samples are kept", grouped(SERIES_KEPT), grouped(SAMPLES_KEPT))
}
