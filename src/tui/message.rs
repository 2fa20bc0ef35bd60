//! The footer's message.

use chrono::{DateTime, TimeDelta, Utc};

use crate::{domain::time::between, floor::fact::Went, text::Text};

/// One line in the footer about what just happened.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// What.
    pub text: Text,
    /// How it went.
    pub went: Went,
    /// Since when it stands there.
    pub at: DateTime<Utc>,
}

impl Message {
    /// Whether it still stands there: ten seconds are enough to read a line, and the keys come back.
    pub fn is_shown(&self, now: DateTime<Utc>) -> bool {
        between(self.at, now) <= TimeDelta::seconds(10)
    }
}
