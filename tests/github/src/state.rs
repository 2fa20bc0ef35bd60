//! What there is: repositories, issues and what happened to them.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};

use chrono::{DateTime, TimeDelta, Utc};

/// How long a version of an issue that was replaced can still be listed.
const REMEMBERED: TimeDelta = TimeDelta::seconds(1_200);

/// One thing that happened to an issue.
#[derive(Debug, Clone, PartialEq)]
pub struct Happened {
    /// Its number, unique in the world; beyond 32 bits, as GitHub's.
    pub id: u64,
    /// When; whole seconds.
    pub at: DateTime<Utc>,
    /// Who; nothing = a deleted account.
    pub by: Option<String>,
    /// What.
    pub did: Did,
}

/// What can happen to an issue or pull request.
#[derive(Debug, Clone, PartialEq)]
pub enum Did {
    /// A label, by the name it had then.
    Labeled(String),
    /// A label, by the name it had then.
    Unlabeled(String),
    /// Who was assigned.
    Assigned(String),
    /// Who was unassigned.
    Unassigned(String),
    /// A milestone's title.
    Milestoned(String),
    /// A milestone's title.
    Demilestoned(String),
    /// The comment's text.
    Commented(String),
    /// `completed`, `not_planned`, `duplicate`; nothing for a pull request.
    Closed(Option<String>),
    /// Opened again.
    Reopened,
    /// Old and new title.
    Renamed(String, String),
    /// Came from another repository, `owner/name`.
    Transferred(String),
    /// State (`approved`, `changes_requested`, `commented`) and text.
    Reviewed(String, String),
    /// Whose review is wished.
    ReviewRequested(String),
    /// A pull request's end.
    Merged,
    /// Mentioned elsewhere; of no interest.
    Referenced,
    /// Somebody listens; of no interest, and nothing moves by it.
    Subscribed,
}

/// What a pull request has besides.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Pull {
    /// Not yet meant for review.
    pub draft: bool,
    /// Merged when.
    pub merged_at: Option<DateTime<Utc>>,
    /// People asked for a review.
    pub reviewers: Vec<String>,
    /// Teams asked for a review, by slug.
    pub teams: Vec<String>,
    /// The head commit.
    pub head: String,
}

/// An issue or pull request.
#[derive(Debug, Clone, PartialEq)]
pub struct Issue {
    /// Unique in the world.
    pub id: u64,
    /// GraphQL's name for it.
    pub node: String,
    /// Its number in its repository.
    pub number: u64,
    /// Its title.
    pub title: String,
    /// Its opening text.
    pub body: String,
    /// Who opened it; nothing = a deleted account.
    pub author: Option<String>,
    /// Names of its labels.
    pub labels: Vec<String>,
    /// Logins.
    pub assignees: Vec<String>,
    /// A milestone's number.
    pub milestone: Option<u64>,
    /// Whether it is open.
    pub open: bool,
    /// `completed`, `not_planned`, `duplicate`, `reopened`.
    pub reason: Option<String>,
    /// When it was opened.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
    /// When it was closed.
    pub closed_at: Option<DateTime<Utc>>,
    /// What happened, oldest first.
    pub events: Vec<Happened>,
    /// What makes it a pull request.
    pub pull: Option<Pull>,
}

impl Issue {
    /// The number of comments.
    pub fn comments(&self) -> usize {
        self.events.iter().filter(|e| matches!(e.did, Did::Commented(_))).count()
    }
}

/// Where an issue went.
#[derive(Debug, Clone, PartialEq)]
pub enum Gone {
    /// Deleted, or made a discussion.
    Deleted,
    /// The place of its new repository, and its number there.
    Transferred(usize, u64),
}

/// An issue's place: what it is now, and what it was a moment ago.
#[derive(Debug, Clone, Default)]
pub struct Slot {
    /// What it is now.
    pub now: Option<Arc<Issue>>,
    /// What became of it.
    pub gone: Option<Gone>,
    /// Former versions with the instant they were replaced, oldest first.
    past: VecDeque<(DateTime<Utc>, Option<Arc<Issue>>)>,
}

impl Slot {
    /// Puts another version in its place.
    pub fn put(&mut self, next: Option<Arc<Issue>>, now: DateTime<Utc>) {
        let old = std::mem::replace(&mut self.now, next);
        self.past.push_back((now, old));
        while self.past.front().is_some_and(|(at, _)| *at + REMEMBERED < now) {
            self.past.pop_front();
        }
    }

    /// Forgets former versions.
    pub fn forget(&mut self) {
        self.past.clear();
    }

    /// The version that stood at an instant of the last minutes.
    pub fn at(&self, at: DateTime<Utc>) -> Option<&Arc<Issue>> {
        let former = self.past.iter().find(|(until, _)| at < *until).map(|(_, then)| then);
        former.unwrap_or(&self.now).as_ref()
    }
}

/// A label as the repository declares it.
#[derive(Debug, Clone, PartialEq)]
pub struct Label {
    /// Unique in the world.
    pub id: u64,
    /// Its name.
    pub name: String,
    /// Six hex digits.
    pub color: String,
}

/// A milestone.
#[derive(Debug, Clone, PartialEq)]
pub struct Milestone {
    /// Unique in the world.
    pub id: u64,
    /// Its number in the repository.
    pub number: u64,
    /// Its title.
    pub title: String,
    /// When it is due.
    pub due_on: Option<DateTime<Utc>>,
    /// Whether it is open.
    pub open: bool,
}

/// A release.
#[derive(Debug, Clone, PartialEq)]
pub struct Release {
    /// Unique in the world.
    pub id: u64,
    /// Its tag.
    pub tag: String,
    /// Its name.
    pub name: String,
    /// Not published.
    pub draft: bool,
    /// For testers.
    pub prerelease: bool,
    /// When it was published.
    pub published_at: Option<DateTime<Utc>>,
}

/// A check run on a commit.
#[derive(Debug, Clone, PartialEq)]
pub struct CheckRun {
    /// Unique in the world.
    pub id: u64,
    /// Its name.
    pub name: String,
    /// The app that ran it, by slug.
    pub app: String,
    /// `queued`, `in_progress`, `completed`.
    pub status: String,
    /// `success`, `failure`, `neutral`, `skipped`, …; nothing while it runs.
    pub conclusion: Option<String>,
    /// When it began.
    pub started_at: DateTime<Utc>,
}

/// A commit status.
#[derive(Debug, Clone, PartialEq)]
pub struct Status {
    /// Unique in the world.
    pub id: u64,
    /// Its name.
    pub context: String,
    /// `success`, `failure`, `error`, `pending`.
    pub state: String,
    /// When it was set.
    pub at: DateTime<Utc>,
}

/// A branch or tag and what ran on its commit.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Head {
    /// The commit, forty hex digits.
    pub oid: String,
    /// Check runs.
    pub runs: Vec<CheckRun>,
    /// Commit statuses.
    pub statuses: Vec<Status>,
}

/// An alert of Dependabot or of code scanning, or an advisory.
#[derive(Debug, Clone, PartialEq)]
pub struct Alert {
    /// Its number in the repository.
    pub number: u64,
    /// `open`, `dismissed`, `fixed`, `auto_dismissed`; advisories: `published`, `draft`, `triage`, `closed`.
    pub state: String,
    /// `low`, `medium`, `high`, `critical`; nothing where nobody has judged.
    pub severity: Option<String>,
    /// What it is about, in a line.
    pub summary: String,
    /// The package (Dependabot), the rule (code scanning).
    pub what: String,
    /// `GHSA-…`.
    pub ghsa: String,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
}

/// A repository.
#[derive(Debug, Clone, Default)]
pub struct Repository {
    /// Unique in the world.
    pub id: u64,
    /// GraphQL's name for it.
    pub node: String,
    /// Its owner.
    pub owner: String,
    /// Its name.
    pub name: String,
    /// Issues and pull requests by number; numbers have holes.
    pub issues: BTreeMap<u64, Slot>,
    /// The number given last.
    pub last_number: u64,
    /// Declared labels.
    pub labels: Vec<Label>,
    /// Milestones.
    pub milestones: Vec<Milestone>,
    /// Releases, newest first.
    pub releases: Vec<Release>,
    /// Branches and tags by short name.
    pub heads: BTreeMap<String, Head>,
    /// Dependabot alerts.
    pub dependabot: Vec<Alert>,
    /// Code scanning alerts; nothing = never analysed.
    pub scanning: Option<Vec<Alert>>,
    /// Repository advisories.
    pub advisories: Vec<Alert>,
    /// Only for those with access.
    pub private: bool,
    /// Read-only for everybody.
    pub archived: bool,
    /// Issues are switched off.
    pub issues_off: bool,
    /// Nobody sees it any more.
    pub deleted: bool,
    /// `ADMIN`, `MAINTAIN`, `WRITE`, `TRIAGE`, `READ`: what the viewer may.
    pub permission: String,
    /// Who can be assigned.
    pub assignable: Vec<String>,
}

impl Repository {
    /// `owner/name`.
    pub fn full(&self) -> String {
        format!("{}/{}", self.owner, self.name)
    }

    /// The issue of that number, now.
    pub fn issue(&self, number: u64) -> Option<&Arc<Issue>> {
        self.issues.get(&number)?.now.as_ref()
    }

    /// Every issue and pull request that stood at an instant.
    pub fn listed(&self, at: DateTime<Utc>) -> impl Iterator<Item = &Arc<Issue>> {
        self.issues.values().filter_map(move |slot| slot.at(at))
    }

    /// Whether the viewer may label, assign, close.
    pub fn may_triage(&self) -> bool {
        matches!(self.permission.as_str(), "ADMIN" | "MAINTAIN" | "WRITE" | "TRIAGE")
    }
}

/// An account.
#[derive(Debug, Clone, PartialEq)]
pub struct Person {
    /// Unique in the world.
    pub id: u64,
    /// The login; an app's ends in `[bot]`.
    pub login: String,
    /// `OWNER`, `MEMBER`, `COLLABORATOR`, `CONTRIBUTOR`, `NONE`.
    pub association: String,
}

impl Person {
    /// Whether it is an app.
    pub fn is_bot(&self) -> bool {
        self.login.ends_with("[bot]")
    }
}

/// A thread of the viewer's inbox.
#[derive(Debug, Clone, PartialEq)]
pub struct Thread {
    /// Unique in the world.
    pub id: u64,
    /// The repository's place.
    pub repo: usize,
    /// The issue's number.
    pub number: u64,
    /// `mention`, `assign`, `review_requested`, …
    pub reason: String,
    /// Whether it waits.
    pub unread: bool,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
}
