//! What is done for a host, and what may come of it.

use chrono::{DateTime, TimeDelta, Utc};

use crate::{domain::intent::OpId, text::Text};

/// What came of asking for a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The host has it.
    Done {
        /// The page of what was made.
        url: Option<Text>,
    },
    /// The host does not want it, and will not want it later.
    Refused {
        /// Why, and what to do.
        why: Text,
    },
    /// The host was not reached: nothing can have been done.
    Away {
        /// Why not.
        why: Text,
    },
    /// The host was reached, or may have been, and did not say what came of it.
    Lost {
        /// What happened instead.
        why: Text,
        /// The host asks to be left alone until then.
        until: Option<DateTime<Utc>>,
    },
    /// The host asks for patience; nothing was done.
    Limited {
        /// Ask no sooner.
        until: DateTime<Utc>,
    },
    /// The host does not know the token, or there is none; nothing was done.
    Unknown {
        /// What it says, and what to do.
        why: Text,
    },
}

/// What was seen when the host was looked at for a change whose answer was lost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sight {
    /// It is there.
    Found {
        /// Its page.
        url: Option<Text>,
    },
    /// It is not there, as far as the host tells.
    Absent,
    /// The host could not be looked at.
    Failed(Outcome),
}

/// What to do now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Nothing waits.
    Idle,
    /// One is being asked for.
    Busy,
    /// Nothing before then.
    Wait(DateTime<Utc>),
    /// Ask for this one: [`super::Deliverer::begin`] first.
    Send(OpId),
    /// Look whether this one is there: [`super::Deliverer::looked`].
    Look(OpId),
}

/// How long a second lasts towards a host: a second, but in a rehearsal on this machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// Its length.
    pub second: TimeDelta,
}

impl Default for Pace {
    fn default() -> Self {
        Self { second: TimeDelta::seconds(1) }
    }
}

impl Pace {
    pub(super) fn seconds(self, n: i32) -> TimeDelta {
        self.second.checked_mul(n).unwrap_or(TimeDelta::MAX)
    }
}
