//! What a host tells besides incidents: what went, how far it is, what it is itself.

use chrono::{DateTime, Utc};

use crate::{
    domain::{
        incident::{IncidentKey, Login, Repo},
        release::gate::Run,
    },
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
    /// How workflows ended on the refs that a release is judged by.
    pub runs: Vec<RefRuns>,
    /// Artefacts that a release is judged by.
    pub artefacts: Vec<Artefact>,
    /// Repositories whose milestones it does not tell now, with when it told them last: what it told then may not be so.
    pub untold: Vec<(Repo, Option<DateTime<Utc>>)>,
}

/// The latest runs of workflows on one ref.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefRuns {
    /// The repository.
    pub repo: Repo,
    /// The branch, as it was asked for.
    pub name: Text,
    /// The runs, the oldest first.
    pub runs: Vec<WorkflowRun>,
    /// When that was true.
    pub as_of: DateTime<Utc>,
}

/// One run of a workflow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkflowRun {
    /// The workflow's name.
    pub workflow: Text,
    /// The workflow's file in the repository.
    pub path: Text,
    /// The commit it ran on.
    pub commit: Text,
    /// How it ended.
    pub ended: Run,
    /// When it was begun.
    pub at: DateTime<Utc>,
}

/// What a repository keeps of artefacts of one name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Artefact {
    /// The repository.
    pub repo: Repo,
    /// Their name.
    pub name: Text,
    /// Each that is or was kept, the newest first.
    pub kept: Vec<Kept>,
    /// When that was true.
    pub as_of: DateTime<Utc>,
}

/// One artefact of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// The commit it was made of, where the host says.
    pub commit: Option<Text>,
    /// Whether it is gone.
    pub is_expired: bool,
    /// Until when it is kept, where the host says.
    pub until: Option<DateTime<Utc>>,
}

impl RefChecks {
    /// How they stand together: a failure outweighs all, and what is not known is never passed.
    pub fn standing(&self) -> Standing {
        if !self.failed.is_empty() {
            Standing::Failed
        } else if 0 < self.n_unknown {
            Standing::Unknown
        } else if !self.pending.is_empty() {
            Standing::Pending
        } else if 0 < self.n_passed {
            Standing::Passed
        } else {
            Standing::None
        }
    }

    /// The counts in words: `2 failed, 1 running, 14 passed`.
    pub fn words(&self) -> String {
        let counts = [
            (self.failed.len(), "failed"),
            (self.n_unknown, "not known"),
            (self.pending.len(), "running"),
            (self.n_passed, "passed"),
        ];
        let said: Vec<String> = counts.iter().filter(|(n, _)| 0 < *n).map(|(n, word)| format!("{n} {word}")).collect();
        if said.is_empty() { "no checks".to_owned() } else { said.join(", ") }
    }
}

/// How the checks of a ref stand together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// One failed.
    Failed,
    /// None that is known failed, and not all are known.
    Unknown,
    /// None failed, and some still run.
    Pending,
    /// All there are passed.
    Passed,
    /// There are none.
    None,
}

impl Standing {
    /// One word for a row or a program.
    pub fn word(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::Unknown => "unknown",
            Self::Pending => "pending",
            Self::Passed => "passed",
            Self::None => "none",
        }
    }
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

/// A host's request budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// Requests left.
    pub remaining: u64,
    /// Requests in all.
    pub limit: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_outweighs_all_and_nothing_unknown_passes() {
        let text = |names: &[&str]| names.iter().map(|name| Text::scrub(name)).collect::<Vec<_>>();
        let stand = |n_passed, failed: &[&str], pending: &[&str], n_unknown| {
            let (repo, name, commit) = (Repo::new("acme/api"), Text::scrub("main"), Text::scrub("abc"));
            let (failed, pending, as_of) = (text(failed), text(pending), DateTime::<Utc>::MIN_UTC);
            let checks = RefChecks { repo, name, commit, n_passed, failed, pending, n_unknown, as_of };
            (checks.standing(), checks.words())
        };
        assert_eq!(
            stand(3, &["a"], &["b"], 1),
            (Standing::Failed, "1 failed, 1 not known, 1 running, 3 passed".into())
        );
        assert_eq!(stand(3, &[], &["b"], 1).0, Standing::Unknown);
        assert_eq!(stand(3, &[], &["b"], 0), (Standing::Pending, "1 running, 3 passed".into()));
        assert_eq!(stand(3, &[], &[], 0), (Standing::Passed, "3 passed".into()));
        assert_eq!(stand(0, &[], &[], 0), (Standing::None, "no checks".into()));
    }
}
