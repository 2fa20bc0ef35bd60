//! An incident and its life: what happened to it, by whom, when.

use std::{fmt, sync::Arc};

use chrono::{DateTime, Utc};

pub use crate::domain::key::{IncidentKey, Numbering, Repo};
use crate::text::{Passage, Text};

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
    /// A Dependabot alert: a dependency with a known weakness.
    Dependabot,
    /// A code scanning alert.
    CodeScanning,
    /// A security advisory of the repository's own.
    Advisory,
    /// A thread of the person's inbox.
    Notification,
}

impl Kind {
    /// As a reader reads it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Issue => "issue",
            Self::PullRequest => "pull request",
            Self::Dependabot => "Dependabot alert",
            Self::CodeScanning => "code scanning alert",
            Self::Advisory => "security advisory",
            Self::Notification => "notification",
        }
    }

    /// As a program reads it.
    pub fn code(self) -> &'static str {
        match self {
            Self::Issue => "issue",
            Self::PullRequest => "pull_request",
            Self::Dependabot => "dependabot",
            Self::CodeScanning => "code_scanning",
            Self::Advisory => "advisory",
            Self::Notification => "notification",
        }
    }

    /// Whether it is an issue or a pull request: what can be commented on, assigned and closed at its host.
    pub fn is_conversation(self) -> bool {
        matches!(self, Self::Issue | Self::PullRequest)
    }

    /// Whether it is a security alert.
    pub fn is_alert(self) -> bool {
        matches!(self, Self::Dependabot | Self::CodeScanning | Self::Advisory)
    }
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

impl CloseReason {
    /// As GitHub writes it.
    pub fn code(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::NotPlanned => "not_planned",
            Self::Duplicate => "duplicate",
        }
    }

    /// As a reader reads it.
    pub fn words(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::NotPlanned => "not planned",
            Self::Duplicate => "a duplicate",
        }
    }
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
    /// Something else was done to it: a milestone, a lock, a review asked for. It moves no clock.
    Acted,
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
    /// Whose review it waits for (pull requests): people, and teams as `owner/team`.
    pub reviewers: Vec<Login>,
    /// The milestone it belongs to.
    pub milestone: Option<Text>,
    /// Whether it is not yet meant for review (pull requests).
    pub is_draft: bool,
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

    /// The labels it carried at an instant.
    pub fn labels_at(&self, at: DateTime<Utc>) -> Vec<&Label> {
        let mut labels = self.labels_on_opening();
        for event in self.timeline.iter().filter(|event| event.at <= at) {
            match &event.what {
                What::Labeled(label) if !labels.contains(&label) => labels.push(label),
                What::Unlabeled(label) => labels.retain(|on| *on != label),
                _ => {}
            }
        }
        labels
    }

    /// The incident as it was at an instant: what came later has not happened. Nothing where it was opened later.
    ///
    /// The title and, where the timeline is cut, the assignees stay those of today: no event tells of them.
    pub fn as_of(&self, at: DateTime<Utc>) -> Option<Self> {
        if at < self.opened_at {
            return None;
        }
        let mut then = self.clone();
        then.labels = self.labels_at(at).into_iter().cloned().collect();
        for event in self.timeline.iter().rev().filter(|event| at < event.at) {
            match &event.what {
                What::Assigned(Some(login)) => then.assignees.retain(|owner| owner != login),
                What::Unassigned(Some(login)) if !then.assignees.contains(login) => then.assignees.push(login.clone()),
                What::Commented => then.comments = then.comments.saturating_sub(1),
                _ => {}
            }
        }
        then.timeline.retain(|event| event.at <= at);
        let turn = then.timeline.iter().rev().find_map(|event| match event.what {
            What::Closed(reason) => Some(Some((event.at, reason))),
            What::Reopened => Some(None),
            _ => None,
        });
        // A close that only the list knows of stays where it lies before the instant.
        let listed = self.closed_at.filter(|closed| *closed <= at).map(|closed| (closed, self.close_reason));
        let close = match (turn, listed) {
            (Some(Some((closed, reason))), _) => Some((closed, Some(reason))),
            (Some(None) | None, listed) => listed,
        };
        (then.closed_at, then.close_reason) = (close.map(|(closed, _)| closed), close.and_then(|(_, reason)| reason));
        then.updated_at = then.updated_at.min(at);
        Some(then)
    }

    /// As [`Incident::labels_at_opening`], without copies.
    pub fn labels_on_opening(&self) -> Vec<&Label> {
        let mut labels: Vec<&Label> = self.labels.iter().collect();
        for event in self.timeline.iter().rev() {
            match &event.what {
                What::Labeled(label) => labels.retain(|l| *l != label),
                What::Unlabeled(label) if !labels.contains(&label) => labels.push(label),
                What::Unlabeled(_) | What::Assigned(_) | What::Unassigned(_) | What::Commented | What::Reviewed => {}
                What::Closed(_) | What::Reopened | What::Merged | What::Renamed | What::Acted => {}
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
        let key = IncidentKey::issue(Repo::new("acme/api"), 812);
        assert_eq!((key.short(), key.to_string()), ("api#812".to_owned(), "acme/api#812".to_owned()));
    }

    fn moment(minute: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(minute * 60, 0).unwrap()
    }

    fn life() -> Incident {
        let what = |minute, what| Event { at: moment(minute), actor: None, what };
        let timeline = vec![
            what(1, What::Labeled(Label::new("P0"))),
            what(2, What::Assigned(Some(Login::new("mia")))),
            what(3, What::Closed(CloseReason::Duplicate)),
            what(4, What::Reopened),
            what(5, What::Commented),
            what(6, What::Unlabeled(Label::new("P0"))),
            what(7, What::Closed(CloseReason::Completed)),
        ];
        Incident {
            key: IncidentKey::issue(Repo::new("acme/api"), 812),
            kind: Kind::Issue,
            title: Text::scrub("Login returns 500"),
            author: None,
            labels: vec![Label::new("bug")],
            assignees: vec![Login::new("mia")],
            reviewers: Vec::new(),
            milestone: None,
            is_draft: false,
            opened_at: moment(0),
            updated_at: moment(7),
            closed_at: Some(moment(7)),
            close_reason: Some(CloseReason::Completed),
            comments: 1,
            url: Text::default(),
            body: None,
            timeline,
            has_timeline: true,
        }
    }

    #[test]
    fn what_came_later_has_not_happened() {
        let seen = |minute| {
            let then = life().as_of(moment(minute)).unwrap();
            let labels: Vec<_> = then.labels.iter().map(Label::to_string).collect();
            (labels.join(" "), then.assignees.len(), then.is_open(), then.comments)
        };
        assert_eq!(life().as_of(moment(-1)), None);
        assert_eq!(seen(0), ("bug".to_owned(), 0, true, 0));
        assert_eq!(seen(2), ("bug P0".to_owned(), 1, true, 0));
        assert_eq!(seen(3), ("bug P0".to_owned(), 1, false, 0));
        assert_eq!(seen(5), ("bug P0".to_owned(), 1, true, 1));
        assert_eq!(seen(6), ("bug".to_owned(), 1, true, 1));
        assert_eq!(life().as_of(moment(7)), Some(life()));
        assert_eq!(life().as_of(moment(3)).unwrap().close_reason, Some(CloseReason::Duplicate));
    }

    #[test]
    fn a_close_that_no_event_tells_of_stays_in_its_time() {
        let mut listed = life();
        listed.timeline.clear();
        assert!(listed.as_of(moment(6)).unwrap().is_open());
        assert_eq!(listed.as_of(moment(8)).unwrap().closed_at, Some(moment(7)));
    }

    #[test]
    fn logins_and_labels_ignore_case() {
        assert_eq!(Login::new("DrahtBot"), Login::new("drahtbot"));
        assert_eq!(Label::new("Bug"), Label::new("bug"));
    }
}
