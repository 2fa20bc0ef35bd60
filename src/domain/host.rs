//! What a host tells besides incidents: what went, how far it is, what it is itself.

use chrono::{DateTime, Utc};

use crate::{
    domain::incident::{IncidentKey, Login, Repo},
    text::Text,
};

/// An incident that is not at its place any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gone {
    /// Which.
    pub key: IncidentKey,
    /// Where it went.
    pub how: Going,
}

/// How an incident went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Going {
    /// It was deleted, or is not shown to us any more.
    Deleted,
    /// It was moved to another repository, or its repository was renamed.
    Moved(IncidentKey),
    /// It became a discussion.
    Converted,
    /// It is no longer asked for: the settings name its repository no more, or it is no longer what is asked for.
    Unwatched,
}

/// How much of what is asked for a host has told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Some; the rest is being read.
    Part {
        /// Incidents told.
        told: usize,
        /// Incidents there are, where the host says.
        of: Option<usize>,
    },
    /// All of it.
    Whole,
}

/// What is known of a host itself.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Host {
    /// Whose token it is, as the host knows them.
    pub viewer: Option<Login>,
    /// What is missing, by feature: `Dependabot alerts need ...`.
    pub missing: Vec<Text>,
    /// Repositories that may only be read: nothing can be done there.
    pub read_only: Vec<Repo>,
    /// How checks stand on the refs that are watched.
    pub checks: Vec<RefChecks>,
}

/// How the checks of one ref stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefChecks {
    /// The repository.
    pub repo: Repo,
    /// The ref: a branch or tag.
    pub name: Text,
    /// The commit it was at.
    pub commit: Text,
    /// Passed, and neutral or skipped ones.
    pub n_passed: usize,
    /// Failed, timed out, cancelled, in need of an action, stale.
    pub failed: Vec<Text>,
    /// Still running or queued.
    pub pending: Vec<Text>,
    /// Checks that the host did not tell of, or that are of a kind not known.
    pub n_unknown: usize,
    /// When that was true.
    pub as_of: DateTime<Utc>,
}
