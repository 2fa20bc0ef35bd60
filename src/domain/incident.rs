//! An incident and its life: what happened to it, by whom, when.

use std::{fmt, sync::Arc};

use chrono::{DateTime, Utc};

use crate::text::{Passage, Text};

/// A repository, `owner/name`, as its host spells it. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Repo(Arc<str>);

impl Repo {
    /// Takes a repository's full name, scrubbed.
    pub fn new(full: &str) -> Self {
        Self(Text::scrub(full.trim()).as_str().into())
    }

    /// `owner/name`.
    pub fn full(&self) -> &str {
        &self.0
    }

    /// The name without its owner: `api` of `acme/api`.
    pub fn short(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or(&self.0)
    }
}

impl fmt::Display for Repo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// What names an incident for good: its repository and number. Titles change, this does not.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IncidentKey {
    /// Where it lives.
    pub repo: Repo,
    /// Its number there.
    pub number: u64,
}

impl IncidentKey {
    /// `api#812`, as a row shows it.
    pub fn short(&self) -> String {
        format!("{}#{}", self.repo.short(), self.number)
    }
}

impl fmt::Display for IncidentKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{}", self.repo, self.number)
    }
}

/// A person's or robot's account name, scrubbed. Cheap to clone; compared without regard to ASCII case, as GitHub does.
#[derive(Debug, Clone, Eq)]
pub struct Login(Arc<str>);

impl Login {
    /// Takes a login as written outside.
    pub fn new(outside: &str) -> Self {
        Self(Text::scrub(outside.trim()).as_str().into())
    }

    /// The login.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl PartialEq for Login {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}

impl std::hash::Hash for Login {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        for b in self.0.bytes() {
            b.to_ascii_lowercase().hash(state);
        }
    }
}

impl PartialOrd for Login {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Login {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        let lower = |login: &Self| login.0.bytes().map(|b| b.to_ascii_lowercase()).collect::<Vec<_>>();
        lower(self).cmp(&lower(other))
    }
}

impl fmt::Display for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// A label's name. Compared without regard to ASCII case, as GitHub matches labels. Cheap to clone.
#[derive(Debug, Clone, Eq)]
pub struct Label(Arc<str>);

impl Label {
    /// Takes a label's name as written outside.
    pub fn new(outside: &str) -> Self {
        Self(Text::scrub(outside).as_str().into())
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl PartialEq for Label {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// What kind of thing waits in the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A GitHub issue.
    Issue,
    /// A pull request.
    PullRequest,
}

/// What the source said of an actor's place in the project (GitHub's `author_association`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Standing {
    /// OWNER, MEMBER or COLLABORATOR.
    Member,
    /// CONTRIBUTOR, FIRST_TIMER, NONE and the like.
    Outsider,
    /// The source did not say.
    Unsaid,
}

/// Who did something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// The account.
    pub login: Login,
    /// The account's place in the project, as the source recorded it with this event.
    pub standing: Standing,
    /// The source says the account is a robot (type `Bot`, or a `[bot]` login). Policies may know more robots.
    pub is_robot: bool,
}

/// Why an issue was closed (GitHub's `state_reason`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CloseReason {
    /// Done. Also what a source that gives no reason means.
    Completed,
    /// Will not be done.
    NotPlanned,
    /// Something else already covers it.
    Duplicate,
}

/// One thing that happened to an incident.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// When, by the source's clock.
    pub at: DateTime<Utc>,
    /// Who did it; nothing where the account was deleted or the source does not say.
    pub actor: Option<Actor>,
    /// What it was.
    pub what: What,
}

/// The kinds of event that a clock or a reader cares about, named as GitHub's timeline names them.
#[derive(Debug, Clone, PartialEq)]
pub enum What {
    /// A label was set.
    Labeled(Label),
    /// A label was taken off.
    Unlabeled(Label),
    /// Somebody was assigned. The event's actor is the *assigner*, where known (SEMANTICS R28).
    Assigned(Option<Login>),
    /// Somebody was unassigned.
    Unassigned(Option<Login>),
    /// A comment.
    Commented,
    /// A pull-request review was submitted.
    Reviewed,
    /// It was closed.
    Closed(CloseReason),
    /// It was opened again.
    Reopened,
    /// It was merged (pull requests).
    Merged,
    /// Its title was changed.
    Renamed,
}

/// One thing in the queue: an issue or a pull request with its history.
#[derive(Debug, Clone, PartialEq)]
pub struct Incident {
    /// Its name for good.
    pub key: IncidentKey,
    /// Issue or pull request.
    pub kind: Kind,
    /// Its title now.
    pub title: Text,
    /// Who opened it; nothing where the account was deleted.
    pub author: Option<Login>,
    /// Labels it carries now.
    pub labels: Vec<Label>,
    /// Who owns it now.
    pub assignees: Vec<Login>,
    /// When it was opened.
    pub opened_at: DateTime<Utc>,
    /// When the source last saw it change.
    pub updated_at: DateTime<Utc>,
    /// When it was (last) closed; nothing while it is open.
    pub closed_at: Option<DateTime<Utc>>,
    /// Why it was closed.
    pub close_reason: Option<CloseReason>,
    /// Comments counted by the source.
    pub comments: u32,
    /// The page to open in a browser: http or https, or empty.
    pub url: Text,
    /// The opening text.
    pub body: Option<Box<Passage>>,
    /// What happened, oldest first, equal times in the source's order.
    pub timeline: Vec<Event>,
    /// Whether the timeline is the whole history, or nothing but what a list shows (clocks then say so).
    pub has_timeline: bool,
}

impl Incident {
    /// Whether it is open.
    pub fn is_open(&self) -> bool {
        self.closed_at.is_none()
    }

    /// Whether it carries a label of this name.
    pub fn has_label(&self, name: &str) -> bool {
        self.labels.iter().any(|l| l.as_str().eq_ignore_ascii_case(name))
    }

    /// The labels it was opened with: today's, with every recorded change undone.
    pub fn labels_at_opening(&self) -> Vec<Label> {
        self.labels_on_opening().into_iter().cloned().collect()
    }

    /// As [`Incident::labels_at_opening`], without copies.
    pub fn labels_on_opening(&self) -> Vec<&Label> {
        let mut labels: Vec<&Label> = self.labels.iter().collect();
        for event in self.timeline.iter().rev() {
            match &event.what {
                What::Labeled(label) => labels.retain(|l| *l != label),
                What::Unlabeled(label) if !labels.contains(&label) => labels.push(label),
                What::Unlabeled(_) | What::Assigned(_) | What::Unassigned(_) | What::Commented | What::Reviewed => {}
                What::Closed(_) | What::Reopened | What::Merged | What::Renamed => {}
            }
        }
        labels
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_prints_short_and_long() {
        let key = IncidentKey { repo: Repo::new("acme/api"), number: 812 };
        assert_eq!((key.short(), key.to_string()), ("api#812".to_owned(), "acme/api#812".to_owned()));
    }

    #[test]
    fn logins_and_labels_ignore_case() {
        assert_eq!(Login::new("DrahtBot"), Login::new("drahtbot"));
        assert_eq!(Label::new("Bug"), Label::new("bug"));
    }
}
