//! One repository as the planner knows it: what its copy holds, and where reading it stands.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    domain::{
        incident::{Incident, Kind, Label, Login, Repo},
        plans::{Milestone, Plans, Release},
        time::{between, parse_rfc3339, rfc3339},
    },
    source::github::graphql::text::Lane,
};

/// One issue or pull request of the copy.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Seen {
    /// When the host last saw it change, as far as was told.
    pub updated_at: DateTime<Utc>,
    /// Whether it is open.
    pub is_open: bool,
    /// Which lane it is of.
    pub lane: Lane,
    /// Whether its history was read.
    pub has_timeline: bool,
    /// Its labels.
    pub labels: Box<[Label]>,
}

impl Seen {
    /// As an incident was told.
    pub(super) fn of(incident: &Incident) -> Self {
        Self {
            updated_at: incident.updated_at,
            is_open: incident.is_open(),
            lane: if incident.kind == Kind::PullRequest { Lane::Pulls } else { Lane::Issues },
            has_timeline: incident.has_timeline,
            labels: incident.labels.clone().into(),
        }
    }
}

/// Where the first reading of a lane stands.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) enum Cold {
    /// Nothing was read.
    #[default]
    Ahead,
    /// Pages were read up to this cursor (GraphQL) or address (REST).
    Behind(String),
    /// All of it was read.
    Done,
}

/// Whether a repository can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// It was not asked yet.
    Unasked,
    /// It is there.
    There,
    /// The host does not show it.
    Missing,
    /// A chore found it once, and finds it no more.
    Dropped,
}

/// What is in flight or planned to find what the copy has too much.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) enum Sweep {
    /// Nothing.
    #[default]
    None,
    /// Count by these bounds, and compare.
    Counting(Vec<DateTime<Utc>>),
    /// Go through the open ones of these spans: what is not named is missing.
    Going(Vec<Span>),
}

/// A span of time whose open issues are gone through.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Span {
    /// From when on; nothing = from the beginning.
    pub from: Option<DateTime<Utc>>,
    /// Before when; nothing = to the end.
    pub to: Option<DateTime<Utc>>,
    /// Where its list goes on.
    pub after: Option<String>,
    /// Issues named so far.
    pub named: Vec<u64>,
}

/// What REST knows of its lists, by address.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Tags(pub BTreeMap<String, String>);

/// One repository.
#[derive(Debug, Clone)]
pub(super) struct Place {
    /// As the settings (or a chore) name it, `owner/name`.
    pub asked: String,
    /// As the host names it now.
    pub name: String,
    /// As keys name it.
    pub key: Repo,
    /// Its id for GraphQL, which no renaming changes.
    pub id: Option<String>,
    /// Its number in REST addresses.
    pub number: Option<u64>,
    pub standing: Standing,
    /// Why it cannot be read, for people.
    pub why: String,
    /// Nothing can be done there.
    pub is_read_only: bool,
    pub issues: Cold,
    pub pulls: Cold,
    /// Pages of the first reading are on their way.
    pub is_asked: bool,
    /// Issues that the first reading told in this run; nothing where it began in an earlier one.
    pub n_read: Option<usize>,
    /// Pull requests that it told.
    pub n_pulls_read: Option<usize>,
    /// Open issues that the host counted.
    pub n_open: Option<usize>,
    /// Open pull requests that the host counted when it was first heard.
    pub n_open_pulls: Option<usize>,
    /// Open issues and pull requests, as REST counted them.
    pub n_open_of_all: Option<usize>,
    /// The latest change that was told.
    pub since: Option<DateTime<Utc>>,
    /// A later one, told by a list that is not read to its end.
    pub since_ahead: Option<DateTime<Utc>>,
    pub copy: HashMap<u64, Seen>,
    /// When something was last seen to change.
    pub changed_at: Option<DateTime<Utc>>,
    pub probed_at: Option<DateTime<Utc>>,
    pub wide_at: Option<DateTime<Utc>>,
    pub counted_at: Option<DateTime<Utc>>,
    pub labels_at: Option<DateTime<Utc>>,
    /// Counts in a row that differed from the copy.
    pub n_differing: u8,
    pub sweep: Sweep,
    /// Open ones named so far by a REST list that is gone through to find what is missing.
    pub named: std::collections::HashSet<u64>,
    /// Who is asked to review open pull requests, as a REST list told; nothing before it did.
    pub reviewers: Option<HashMap<u64, Vec<Login>>>,
    /// Milestones and releases, as they were last read; nothing before they were.
    pub milestones: Option<Vec<Milestone>>,
    pub releases: Option<Vec<Release>>,
    pub plans_told: Option<Plans>,
    pub plans_at: Option<DateTime<Utc>>,
    /// When the host last said by REST that there are no milestones, or no releases, for us to read.
    pub no_milestones_at: Option<DateTime<Utc>>,
    pub no_releases_at: Option<DateTime<Utc>>,
    /// When milestones were last told.
    pub milestones_at: Option<DateTime<Utc>>,
    /// Whether what was last asked of milestones came to nothing that could be read.
    pub has_unread_milestones: bool,
    /// Labels by id.
    pub labels: HashMap<String, String>,
    /// Entity tags of REST lists.
    pub tags: Tags,
    /// What was kept on disk last.
    pub kept: Option<String>,
    /// The host's clock when it was last heard.
    pub heard: Option<DateTime<Utc>>,
}

/// What the names of marks begin with; the repository as it is asked for follows.
pub(super) const MARK: &str = "repo:";

/// How long after a change a repository counts as lively.
const LIVELY: TimeDelta = TimeDelta::minutes(20);

impl Place {
    pub(super) fn new(asked: &str, key: Repo) -> Self {
        Self {
            asked: asked.to_owned(),
            name: asked.to_owned(),
            key,
            id: None,
            number: None,
            standing: Standing::Unasked,
            why: String::new(),
            is_read_only: false,
            issues: Cold::Ahead,
            pulls: Cold::Ahead,
            is_asked: false,
            n_read: Some(0),
            n_pulls_read: Some(0),
            n_open: None,
            n_open_pulls: None,
            n_open_of_all: None,
            since: None,
            since_ahead: None,
            copy: HashMap::new(),
            changed_at: None,
            probed_at: None,
            wide_at: None,
            counted_at: None,
            labels_at: None,
            n_differing: 0,
            sweep: Sweep::None,
            named: std::collections::HashSet::new(),
            reviewers: None,
            milestones: None,
            releases: None,
            plans_told: None,
            plans_at: None,
            no_milestones_at: None,
            no_releases_at: None,
            milestones_at: None,
            has_unread_milestones: false,
            labels: HashMap::new(),
            tags: Tags::default(),
            kept: None,
            heard: None,
        }
    }

    /// Whether the host does not tell its milestones now.
    pub(super) fn tells_no_milestones(&self) -> bool {
        self.no_milestones_at.is_some() || self.has_unread_milestones
    }

    /// Notes that milestones were told.
    pub(super) fn note_milestones(&mut self, milestones: Vec<Milestone>, now: DateTime<Utc>) {
        (self.milestones, self.milestones_at) = (Some(milestones), Some(now));
        (self.no_milestones_at, self.has_unread_milestones) = (None, false);
    }

    /// Whether all open ones were read once.
    pub(super) fn is_whole(&self, with_pulls: bool) -> bool {
        self.issues == Cold::Done && (!with_pulls || self.pulls == Cold::Done)
    }

    /// Where the first reading of a lane stands.
    pub(super) fn cold(&mut self, lane: Lane) -> &mut Cold {
        match lane {
            Lane::Issues => &mut self.issues,
            Lane::Pulls => &mut self.pulls,
        }
    }

    /// Open ones of a lane that the first reading has not told yet, as far as anybody knows.
    pub(super) fn n_left(&self, lane: Lane) -> Option<usize> {
        let (open, read) = match lane {
            Lane::Issues => (self.n_open, self.n_read),
            Lane::Pulls => (self.n_open_pulls, self.n_pulls_read),
        };
        // A reading that began in an earlier run does not know how many it has told.
        Some(open?.saturating_sub(read?))
    }

    /// A lane with nothing open needs no first reading.
    pub(super) fn pass_over_empty(&mut self) {
        for lane in [Lane::Issues, Lane::Pulls] {
            if *self.cold(lane) == Cold::Ahead && self.n_left(lane) == Some(0) {
                *self.cold(lane) = Cold::Done;
            }
        }
    }

    /// Notes that the first reading told so many of a lane.
    pub(super) fn note_read(&mut self, lane: Lane, n: usize) {
        let read = match lane {
            Lane::Issues => &mut self.n_read,
            Lane::Pulls => &mut self.n_pulls_read,
        };
        *read = read.map(|read| read.saturating_add(n));
    }

    /// Whether something changed there lately.
    pub(super) fn is_lively(&self, now: DateTime<Utc>) -> bool {
        self.changed_at.is_some_and(|at| between(at, now) < LIVELY)
    }

    /// Open issues in the copy.
    pub(super) fn n_copied(&self) -> usize {
        self.copy.values().filter(|seen| seen.is_open && seen.lane == Lane::Issues).count()
    }

    /// Notes the latest change told.
    pub(super) fn note_since(&mut self, at: DateTime<Utc>) {
        self.since_ahead = self.since_ahead.max(Some(at));
    }

    /// The lists were read to their ends: the latest change counts.
    pub(super) fn settle_since(&mut self) {
        self.since = self.since.max(self.since_ahead);
        self.since_ahead = None;
    }
}

/// What is kept on disk of a repository's reading.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Mark {
    name: String,
    #[serde(default)]
    id: Option<String>,
    #[serde(default)]
    number: Option<u64>,
    #[serde(default)]
    issues: Cold,
    #[serde(default)]
    pulls: Cold,
    #[serde(default)]
    since: Option<String>,
    #[serde(default)]
    heard: Option<String>,
    #[serde(default)]
    labels: BTreeMap<String, String>,
    #[serde(default)]
    tags: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    no_milestones_at: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    no_releases_at: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    milestones_at: Option<String>,
}

impl Place {
    /// The name under which its mark is kept.
    pub(super) fn mark_name(&self) -> String {
        format!("{MARK}{}", self.asked.to_ascii_lowercase())
    }

    /// The mark to be kept, if it differs from what was kept last.
    pub(super) fn mark(&mut self) -> Option<(String, Option<String>)> {
        let mark = Mark {
            name: self.name.clone(),
            id: self.id.clone(),
            number: self.number,
            issues: self.issues.clone(),
            pulls: self.pulls.clone(),
            since: self.since.map(rfc3339),
            // To the minute: a mark that changes with every tick would be written with every tick.
            heard: self.heard.map(|at| rfc3339(at).get(..16).map(|minute| format!("{minute}:00Z")).unwrap_or_default()),
            labels: self.labels.iter().map(|(id, name)| (id.clone(), name.clone())).collect(),
            tags: self.tags.0.clone(),
            no_milestones_at: self.no_milestones_at.map(rfc3339),
            no_releases_at: self.no_releases_at.map(rfc3339),
            milestones_at: self.milestones_at.map(rfc3339),
        };
        // Plain fields always become JSON.
        let written = serde_json::to_string(&mark).unwrap_or_default();
        if self.kept.as_ref() == Some(&written) {
            return None;
        }
        self.kept = Some(written.clone());
        Some((self.mark_name(), Some(written)))
    }

    /// Takes up a mark that an earlier run kept; one that cannot be read is as none.
    pub(super) fn take_up(&mut self, written: &str, key: impl Fn(&str) -> Repo) {
        let Ok(mark) = serde_json::from_str::<Mark>(written) else { return };
        self.key = key(&mark.name);
        self.name = mark.name;
        self.id = mark.id;
        self.number = mark.number;
        self.n_read = (mark.issues == Cold::Ahead).then_some(0);
        self.n_pulls_read = (mark.pulls == Cold::Ahead).then_some(0);
        self.issues = mark.issues;
        self.pulls = mark.pulls;
        self.since = mark.since.as_deref().and_then(parse_rfc3339);
        self.heard = mark.heard.as_deref().and_then(parse_rfc3339);
        self.labels = mark.labels.into_iter().collect();
        self.tags = Tags(mark.tags);
        self.no_milestones_at = mark.no_milestones_at.as_deref().and_then(parse_rfc3339);
        self.milestones_at = mark.milestones_at.as_deref().and_then(parse_rfc3339);
        self.no_releases_at = mark.no_releases_at.as_deref().and_then(parse_rfc3339);
        self.kept = Some(written.to_owned());
    }
}
