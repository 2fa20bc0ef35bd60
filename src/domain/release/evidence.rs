//! What a step can be tied to so that it judges itself. Here is what is asked and what came of it; readers are elsewhere.

use chrono::{DateTime, TimeDelta, Utc};

use super::plan::StepId;
use crate::{domain::incident::Repo, text::Text};

/// What a step is judged by.
#[derive(Debug, Clone, PartialEq)]
pub enum Evidence {
    /// A job was green so often in a row on a ref of a repository (R50 asks for three).
    ChecksGreen {
        /// The repository.
        repo: Repo,
        /// Branch, tag or commit.
        at: Text,
        /// The job's name as the host tells it; blank = all together.
        job: Text,
        /// Runs in a row that must have succeeded, at least 1.
        in_a_row: u32,
    },
    /// A milestone has no open issue left.
    MilestoneEmpty {
        /// The repository.
        repo: Repo,
        /// The milestone's title.
        title: Text,
    },
    /// A file exists and, where an age is given, was changed no longer ago than that.
    FileFresh {
        /// The file, as configured.
        path: Text,
        /// The greatest age; nothing = any.
        within: Option<TimeDelta>,
    },
    /// The same version stands in several files.
    VersionsAgree {
        /// The places, at least one.
        places: Vec<VersionPlace>,
        /// The version they must name; nothing = it is enough that they agree.
        version: Option<Text>,
    },
    /// A change log has an entry of a version.
    ChangelogHas {
        /// The file.
        path: Text,
        /// The version.
        version: Text,
    },
    /// A figure in a file is at least so large: a coverage report.
    FigureAtLeast {
        /// The file.
        path: Text,
        /// A regular expression whose first group is the figure.
        pattern: Text,
        /// The least that will do.
        least: f64,
    },
    /// A workflow of a repository left an artefact that has not expired.
    Artefact {
        /// The repository.
        repo: Repo,
        /// Its name.
        name: Text,
    },
    /// An expression over the signals, or an objective by name, holds.
    Condition {
        /// The expression as written in the settings.
        expression: Text,
    },
}

/// One file in which a version stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionPlace {
    /// The file.
    pub path: Text,
    /// A regular expression whose first group is the version.
    pub pattern: Text,
}

/// A step tied to its evidence. A step may have several: all must hold.
#[derive(Debug, Clone, PartialEq)]
pub struct Tie {
    /// Which step, as the settings name it: see [`super::plan::Plan::find`].
    pub step: Text,
    /// What it is judged by.
    pub evidence: Evidence,
}

/// What came of evidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finding {
    /// It holds.
    Holds,
    /// It does not.
    Fails,
    /// It could not be judged: never read as holding.
    NotJudged,
}

/// Evidence as judged.
#[derive(Debug, Clone, PartialEq)]
pub struct Judged {
    /// The step it speaks for.
    pub step: StepId,
    /// Where in the plan's steps it stands.
    pub place: usize,
    /// What was asked.
    pub evidence: Evidence,
    /// What came of it.
    pub finding: Finding,
    /// What was found, in words: `3 of 3 green on 1a2b3c`, `no such file`.
    pub said: Text,
    /// As of when; nothing = never read.
    pub as_of: Option<DateTime<Utc>>,
}
