//! What somebody wants done at a host: written down before it is asked for, and followed until it is done.
//!
//! An intent is one request's worth of change. Acknowledging an incident may be several of them in one batch. An intent
//! ends in one of three ways: done, refused or cancelled; nothing else is shown as done.

use std::{fmt, sync::Arc};

use chrono::{DateTime, Utc};

use crate::{
    domain::incident::{CloseReason, IncidentKey, Label, Login, Repo},
    text::{Passage, Text},
};

/// Names an intent for good. Travels with a comment, so that it can be found again (RELIABILITY, section 5).
///
/// 26 signs of Crockford's base 32: 48 bits of milliseconds since 1970, then 80 random bits (the ULID specification).
/// Sorts by time. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OpId(Arc<str>);

/// The signs of Crockford's base 32.
const SIGNS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

impl OpId {
    /// A name made of an instant and 80 random bits (higher bits of `random` are not looked at).
    pub fn new(at: DateTime<Utc>, random: u128) -> Self {
        let millis = u128::from(at.timestamp_millis().max(0).unsigned_abs()) & ((1 << 48) - 1);
        let mut rest = (millis << 80) | (random & ((1 << 80) - 1));
        let mut signs = [b'0'; 26];
        for sign in signs.iter_mut().rev() {
            let digit = usize::try_from(rest & 31).unwrap_or_default();
            *sign = SIGNS.get(digit).copied().unwrap_or(b'0');
            rest >>= 5;
        }
        Self(String::from_utf8_lossy(&signs).into())
    }

    /// Reads a name; nothing where it is none.
    pub fn parse(written: &str) -> Option<Self> {
        let is_one = written.len() == 26 && written.bytes().all(|sign| SIGNS.contains(&sign));
        is_one.then(|| Self(written.into()))
    }

    /// As it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What travels at the end of a comment or of a new incident's text, unseen by readers of the page.
    pub fn marker(&self) -> String {
        format!("<!-- wf:op={} -->", self.0)
    }
}

impl fmt::Display for OpId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// One change at a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// Assign these people to it.
    Assign(Vec<Login>),
    /// Take these people off it.
    Unassign(Vec<Login>),
    /// Set these labels.
    Label(Vec<Label>),
    /// Take this label off.
    Unlabel(Label),
    /// Comment.
    Comment(Box<Passage>),
    /// Close it.
    Close(CloseReason),
    /// Open it again.
    Reopen,
    /// Open a new incident.
    Create {
        /// Its title.
        title: Text,
        /// Its opening text.
        body: Box<Passage>,
        /// Its labels.
        labels: Vec<Label>,
    },
}

impl Act {
    /// As a program reads it.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Assign(_) => "assign",
            Self::Unassign(_) => "unassign",
            Self::Label(_) => "label",
            Self::Unlabel(_) => "unlabel",
            Self::Comment(_) => "comment",
            Self::Close(_) => "close",
            Self::Reopen => "reopen",
            Self::Create { .. } => "create",
        }
    }

    /// As a reader reads it: `label sev/2`, `close as duplicate`.
    pub fn words(&self) -> String {
        let logins = |all: &[Login]| all.iter().map(Login::as_str).collect::<Vec<_>>().join(", ");
        let labels = |all: &[Label]| all.iter().map(Label::as_str).collect::<Vec<_>>().join(", ");
        match self {
            Self::Assign(who) => format!("assign {}", logins(who)),
            Self::Unassign(who) => format!("unassign {}", logins(who)),
            Self::Label(which) => format!("label {}", labels(which)),
            Self::Unlabel(which) => format!("unlabel {which}"),
            Self::Comment(_) => "comment".to_owned(),
            Self::Close(reason) => format!("close as {}", reason.words()),
            Self::Reopen => "reopen".to_owned(),
            Self::Create { title, .. } => format!("create \"{title}\""),
        }
    }
}

/// What would take a done intent back: nothing where it is not done, or cannot be taken back (a comment, a new incident).
pub fn undo_of(intent: &Intent) -> Vec<Draft> {
    if !matches!(intent.progress, Progress::Done { .. }) {
        return Vec::new();
    }
    let acts = match &intent.act {
        Act::Assign(who) => vec![Act::Unassign(who.clone())],
        Act::Unassign(who) => vec![Act::Assign(who.clone())],
        Act::Label(which) => which.iter().cloned().map(Act::Unlabel).collect(),
        Act::Unlabel(which) => vec![Act::Label(vec![which.clone()])],
        Act::Close(_) => vec![Act::Reopen],
        Act::Reopen => vec![Act::Close(CloseReason::Completed)],
        Act::Comment(_) | Act::Create { .. } => Vec::new(),
    };
    acts.into_iter().map(|act| Draft { target: intent.target.clone(), act }).collect()
}

/// What a change is made to.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Target {
    /// An incident.
    Incident(IncidentKey),
    /// A repository, in which an incident is created.
    Repository(Repo),
}

/// A change that somebody wants, not yet written down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// What it is made to.
    pub target: Target,
    /// The change.
    pub act: Act,
}

/// A change that somebody wants, as it is written down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Intent {
    /// Its name.
    pub id: OpId,
    /// Which others were asked for with it: the name of the first of them.
    pub batch: OpId,
    /// The name of the source whose host does it.
    pub source: Text,
    /// What it is made to.
    pub target: Target,
    /// The change.
    pub act: Act,
    /// Who wants it.
    pub by: Login,
    /// When it was written down.
    pub at: DateTime<Utc>,
    /// How far it is.
    pub progress: Progress,
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Incident(key) => key.fmt(f),
            Self::Repository(repo) => repo.fmt(f),
        }
    }
}

/// How far an intent is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// It waits for its turn, for the host, or for the pause after a failure.
    Waiting {
        /// Times it was tried.
        tries: u32,
        /// Not sooner than then; nothing = as soon as its turn comes.
        not_before: Option<DateTime<Utc>>,
        /// What went wrong the last time.
        why: Option<Text>,
    },
    /// It is being asked for.
    Sending {
        /// Since when.
        since: DateTime<Utc>,
        /// Times it was tried, this one among them.
        tries: u32,
    },
    /// It was asked for and no answer came: the host is looked at before it is asked for again.
    Unsure {
        /// Since when.
        since: DateTime<Utc>,
        /// Times it was tried.
        tries: u32,
        /// What went wrong.
        why: Text,
    },
    /// The host has it.
    Done {
        /// When it was known.
        at: DateTime<Utc>,
        /// What the host made of it: the page of a comment or of a new incident.
        url: Option<Text>,
    },
    /// The host does not want it; it is not tried again.
    Refused {
        /// When.
        at: DateTime<Utc>,
        /// Why, and what to do.
        why: Text,
    },
    /// Somebody took it back before it was asked for.
    Cancelled {
        /// When.
        at: DateTime<Utc>,
    },
}

impl Progress {
    /// Where every intent begins.
    pub fn new() -> Self {
        Self::Waiting { tries: 0, not_before: None, why: None }
    }

    /// As a program reads it.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Waiting { .. } => "waiting",
            Self::Sending { .. } => "sending",
            Self::Unsure { .. } => "unsure",
            Self::Done { .. } => "done",
            Self::Refused { .. } => "refused",
            Self::Cancelled { .. } => "cancelled",
        }
    }

    /// Whether it has ended: done, refused or cancelled.
    pub fn is_over(&self) -> bool {
        matches!(self, Self::Done { .. } | Self::Refused { .. } | Self::Cancelled { .. })
    }
}

impl Default for Progress {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::parse_rfc3339;

    #[test]
    fn names_sort_by_time_and_are_read_back() {
        let (early, late) =
            (parse_rfc3339("2026-11-20T10:00:00Z").unwrap(), parse_rfc3339("2026-11-20T10:00:01Z").unwrap());
        let (first, second) = (OpId::new(early, u128::MAX), OpId::new(late, 0));
        assert!(first < second);
        assert_eq!(OpId::parse(first.as_str()), Some(first.clone()));
        assert_eq!((first.as_str().len(), OpId::parse("01ABC"), OpId::parse(&"u".repeat(26))), (26, None, None));
    }
}
