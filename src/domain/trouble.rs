//! What went wrong with something from outside, in the words that decide what to do next.

use chrono::{DateTime, Utc};

use crate::text::Text;

/// One record that was left out, and why; the rest was kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skipped {
    /// Where it stood: `line 12`, `#812`, `page 2, item 7`.
    pub at: Text,
    /// Why it could not be read.
    pub why: Text,
}

/// What kind of trouble a source is in: what matters is what to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// It does not answer, or the file is not there: ask again later.
    Away,
    /// It asked us to wait until then.
    Limited {
        /// Ask no sooner.
        until: DateTime<Utc>,
    },
    /// It refuses us: somebody must change a token or a right.
    Refused,
    /// It answered with something that is not what it should be.
    Garbled,
}

impl Trouble {
    /// One word for a header or a table.
    pub fn word(self) -> &'static str {
        match self {
            Self::Away => "away",
            Self::Limited { .. } => "limited",
            Self::Refused => "refused",
            Self::Garbled => "unreadable",
        }
    }
}

/// One thing wrong with a file a person wrote (settings, roster), in the words that help to put it right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Line in the file, from 1; nothing where the fault is that something is not there.
    pub line: Option<usize>,
    /// The dotted key, `priorities.P1.response`; blank where the file could not be read that far.
    pub key: String,
    /// What is wrong. Never a whole source line: a secret may stand on it.
    pub what: Text,
    /// What to do about it.
    pub hint: Option<Text>,
}
