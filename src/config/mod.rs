//! `watchfloor.toml` in, [`Settings`] out: every problem at once, with its line, its key and a hint.
//!
//! CONTRACT: `Settings` is what the rest of the house uses; `raw` mirrors the file; `check` turns one into the other.

use std::path::PathBuf;

use chrono::{NaiveDate, NaiveTime, TimeDelta};

use crate::{
    domain::{
        incident::Repo,
        series::{MetricFormat, Signal},
        sla::Policy,
        zone::Zone,
    },
    text::Text,
};

/// A configuration that is valid by construction.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// The team's name in the header; blank = none.
    pub team: Text,
    /// The zone clocks and dates are shown in; nothing = the host's.
    pub zone: Option<Zone>,
    /// The theme's name; one of the files in `themes/`.
    pub theme: Text,
    /// What is promised.
    pub policy: Policy,
    /// Where incidents come from.
    pub incidents: Vec<IncidentSource>,
    /// Signals with the files they are read from.
    pub signals: Vec<SignalSource>,
    /// The roster file.
    pub roster: Option<PathBuf>,
    /// The release in preparation.
    pub release: Option<ReleaseSettings>,
}

/// Where incidents come from.
#[derive(Debug, Clone, PartialEq)]
pub enum IncidentSource {
    /// A GitHub host, asked over REST.
    Github {
        /// The source's name on screen: `github`, or as configured.
        name: Text,
        /// `https://api.github.com`, `https://HOST/api/v3`; plain http on loopback only. No trailing slash needed.
        api_url: url::Url,
        /// Repositories to list; charset checked (`[A-Za-z0-9._-]+/[A-Za-z0-9._-]+`).
        repositories: Vec<Repo>,
        /// How often to ask.
        every: TimeDelta,
        /// Whether pull requests are listed as well.
        with_pull_requests: bool,
    },
    /// A file of issue histories: REST records as JSON Lines (may be gzipped), or an `archive.json`.
    History {
        /// The source's name on screen.
        name: Text,
        /// The file.
        path: PathBuf,
        /// The repository its records belong to, where they do not say.
        repository: Option<Repo>,
        /// Whether pull requests are listed as well.
        with_pull_requests: bool,
    },
}

/// A signal and the files it is read from.
#[derive(Debug, Clone, PartialEq)]
pub struct SignalSource {
    /// What to show and how to judge it.
    pub signal: Signal,
    /// A path, or a pattern with `*`, `?`, `**`.
    pub files: String,
    /// How lines are read.
    pub format: MetricFormat,
}

/// The release in preparation.
#[derive(Debug, Clone, PartialEq)]
pub struct ReleaseSettings {
    /// Its name.
    pub name: Text,
    /// The day of T-0.
    pub day: Option<NaiveDate>,
    /// The hour of T-0.
    pub time: Option<NaiveTime>,
    /// The zone of both; nothing = the display zone.
    pub zone: Option<Zone>,
    /// Checklist files or patterns.
    pub checklists: Vec<String>,
    /// Open incidents with one of these labels block it.
    pub blocker_labels: Vec<String>,
    /// Roles that must say go.
    pub sign_off: Vec<Text>,
}
