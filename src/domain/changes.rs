//! What changed between two versions of one incident, in words a person would use.

use std::fmt;

use chrono::{DateTime, Utc};

use crate::{
    domain::{
        incident::{CloseReason, Event, Incident, IncidentKey, Label, Login, What},
        priority::Grade,
        sla::Policy,
        time::{between, short_span},
    },
    text::{Text, counted},
};

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// It was opened; nothing is known of it before.
    Opened,
    /// It was seen for the first time, long after it was opened.
    FirstSeen {
        /// When it was opened.
        opened_at: DateTime<Utc>,
    },
    /// Its labels say another priority.
    Priority {
        /// What it was.
        from: Grade,
        /// What it is.
        to: Grade,
    },
    /// A label was set that says no priority.
    Labeled(Label),
    /// A label was taken off that said no priority.
    Unlabeled(Label),
    /// Somebody owns it now.
    Assigned(Login),
    /// Somebody owns it no more.
    Unassigned(Login),
    /// Somebody's review is waited for.
    ReviewAsked(Login),
    /// Somebody's review is waited for no more.
    ReviewOver(Login),
    /// It has another title.
    Renamed {
        /// What it was.
        from: Text,
        /// What it is.
        to: Text,
    },
    /// It belongs to another milestone, or to none.
    Milestone(Option<Text>),
    /// It became a draft, or is one no more.
    Draft(bool),
    /// It was closed.
    Closed(Option<CloseReason>),
    /// It was opened again.
    Reopened,
    /// Comments came, or went.
    Comments {
        /// How many there were.
        from: u32,
        /// How many there are.
        to: u32,
    },
}

/// A difference, with who made it where the history tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// What changed.
    pub change: Change,
    /// Who did it; nothing where it is not told.
    pub by: Option<Login>,
}

/// An incident that is opened no longer ago than this when it is first seen was seen being opened.
const NEW_S: i64 = 60 * 60;

/// What is to be said of the first version that was seen, recorded at `now`.
pub fn first(incident: &Incident, now: DateTime<Utc>) -> Told {
    let is_new = between(incident.opened_at, now).num_seconds() <= NEW_S;
    let change = if is_new { Change::Opened } else { Change::FirstSeen { opened_at: incident.opened_at } };
    Told { change, by: incident.author.clone() }
}

/// What changed from one version to the next, the weightiest first; empty where only what nobody reads did.
pub fn between_versions(old: &Incident, new: &Incident, policy: &Policy) -> Vec<Told> {
    let mut found = Vec::new();
    let mut tell = |change: Change| {
        let by = done_by(&change, old, new);
        found.push(Told { change, by });
    };
    match (old.is_open(), new.is_open()) {
        (true, false) => tell(Change::Closed(new.close_reason)),
        (false, true) => tell(Change::Reopened),
        // It was opened and closed again between two looks.
        (false, false) if old.closed_at != new.closed_at => tell(Change::Closed(new.close_reason)),
        (false, false) | (true, true) => {}
    }
    let (from, to) = (policy.grade_of(&old.labels), policy.grade_of(&new.labels));
    if from != to {
        tell(Change::Priority { from, to });
    }
    let plain = |label: &&Label| policy.priority_of(label).is_none();
    added(&old.labels, &new.labels).filter(plain).for_each(|label| tell(Change::Labeled(label.clone())));
    added(&new.labels, &old.labels).filter(plain).for_each(|label| tell(Change::Unlabeled(label.clone())));
    added(&old.assignees, &new.assignees).for_each(|who| tell(Change::Assigned(who.clone())));
    added(&new.assignees, &old.assignees).for_each(|who| tell(Change::Unassigned(who.clone())));
    added(&old.reviewers, &new.reviewers).for_each(|who| tell(Change::ReviewAsked(who.clone())));
    added(&new.reviewers, &old.reviewers).for_each(|who| tell(Change::ReviewOver(who.clone())));
    if old.title != new.title {
        tell(Change::Renamed { from: old.title.clone(), to: new.title.clone() });
    }
    if old.milestone != new.milestone {
        tell(Change::Milestone(new.milestone.clone()));
    }
    if old.is_draft != new.is_draft {
        tell(Change::Draft(new.is_draft));
    }
    if old.comments != new.comments {
        tell(Change::Comments { from: old.comments, to: new.comments });
    }
    found
}

/// What is in the second list only.
fn added<'a, T: PartialEq>(old: &'a [T], new: &'a [T]) -> impl Iterator<Item = &'a T> {
    new.iter().filter(|one| !old.contains(one))
}

/// Who did it, by the newest event of the kind that the old version did not have.
fn done_by(change: &Change, old: &Incident, new: &Incident) -> Option<Login> {
    let fits = |event: &Event| match (change, &event.what) {
        (Change::Closed(_), What::Closed(_) | What::Merged) => true,
        (Change::Reopened, What::Reopened) => true,
        (Change::Renamed { .. }, What::Renamed) => true,
        (Change::Comments { from, to }, What::Commented) => from < to,
        (Change::Labeled(label), What::Labeled(other)) => label == other,
        (Change::Unlabeled(label), What::Unlabeled(other)) => label == other,
        (Change::Assigned(who), What::Assigned(Some(other))) => who == other,
        (Change::Unassigned(who), What::Unassigned(Some(other))) => who == other,
        (Change::Priority { .. }, What::Labeled(label)) => {
            new.has_label(label.as_str()) && !old.has_label(label.as_str())
        }
        _ => false,
    };
    let event = new.timeline.iter().rev().filter(|event| !old.timeline.contains(event)).find(|event| fits(event));
    event.and_then(|event| event.actor.as_ref()).map(|actor| actor.login.clone())
}

impl Change {
    /// One word for a program.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::FirstSeen { .. } => "first_seen",
            Self::Priority { .. } => "priority",
            Self::Labeled(_) => "labeled",
            Self::Unlabeled(_) => "unlabeled",
            Self::Assigned(_) => "assigned",
            Self::Unassigned(_) => "unassigned",
            Self::ReviewAsked(_) => "review_asked",
            Self::ReviewOver(_) => "review_over",
            Self::Renamed { .. } => "renamed",
            Self::Milestone(_) => "milestone",
            Self::Draft(_) => "draft",
            Self::Closed(_) => "closed",
            Self::Reopened => "reopened",
            Self::Comments { .. } => "comments",
        }
    }
}

/// As a reader reads it: `priority P2 → P0`, `closed as not planned`.
impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Opened => f.write_str("opened"),
            Self::FirstSeen { opened_at } => {
                write!(f, "first seen, opened on {}", opened_at.format("%-d %b %Y"))
            }
            Self::Priority { from, to } => write!(f, "priority {} → {}", from.word(), to.word()),
            Self::Labeled(label) => write!(f, "label {label} set"),
            Self::Unlabeled(label) => write!(f, "label {label} taken off"),
            Self::Assigned(who) => write!(f, "assigned to {who}"),
            Self::Unassigned(who) => write!(f, "taken from {who}"),
            Self::ReviewAsked(who) => write!(f, "review asked of {who}"),
            Self::ReviewOver(who) => write!(f, "review of {who} no longer waited for"),
            Self::Renamed { from, to } => write!(f, "renamed from \"{from}\" to \"{to}\""),
            Self::Milestone(Some(name)) => write!(f, "milestone {name}"),
            Self::Milestone(None) => f.write_str("no milestone any more"),
            Self::Draft(true) => f.write_str("a draft now"),
            Self::Draft(false) => f.write_str("ready, no draft any more"),
            Self::Closed(Some(CloseReason::NotPlanned)) => f.write_str("closed as not planned"),
            Self::Closed(Some(CloseReason::Duplicate)) => f.write_str("closed as a duplicate"),
            Self::Closed(Some(CloseReason::Completed)) => f.write_str("closed as completed"),
            Self::Closed(None) => f.write_str("closed"),
            Self::Reopened => f.write_str("opened again"),
            Self::Comments { from, to } if from < to => {
                let n = usize::try_from(to.saturating_sub(*from)).unwrap_or(usize::MAX);
                write!(f, "{}, {to} in all", counted(n, "comment more", "comments more"))
            }
            Self::Comments { from, to } => {
                let n = usize::try_from(from.saturating_sub(*to)).unwrap_or(usize::MAX);
                write!(f, "{}, {to} in all", counted(n, "comment fewer", "comments fewer"))
            }
        }
    }
}

/// As a reader reads it, with who did it: `closed as completed, by ana`.
impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.by {
            Some(by) => write!(f, "{}, by {by}", self.change),
            None => write!(f, "{}", self.change),
        }
    }
}

/// What happened beside the versions of an incident, as a reader reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Beside {
    /// It is not at its place any more.
    Gone(Option<IncidentKey>),
    /// Somebody took it on.
    Acknowledged(Login),
    /// Somebody gave it back.
    GivenBack(Login),
    /// It was put out of sight.
    Snoozed {
        /// Who did it.
        by: Login,
        /// For how long.
        until: DateTime<Utc>,
        /// When it was done.
        at: DateTime<Utc>,
    },
    /// It was brought back before its time.
    Woken(Login),
}

impl Beside {
    /// One word for a program.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Gone(None) => "gone",
            Self::Gone(Some(_)) => "moved",
            Self::Acknowledged(_) => "acknowledged",
            Self::GivenBack(_) => "given_back",
            Self::Snoozed { .. } => "snoozed",
            Self::Woken(_) => "woken",
        }
    }
}

impl fmt::Display for Beside {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gone(None) => f.write_str("not there any more"),
            Self::Gone(Some(to)) => write!(f, "moved to {to}"),
            Self::Acknowledged(by) => write!(f, "taken on, by {by}"),
            Self::GivenBack(by) => write!(f, "given back, by {by}"),
            Self::Snoozed { by, until, at } => {
                write!(f, "snoozed for {}, by {by}", short_span(between(*at, *until)))
            }
            Self::Woken(by) => write!(f, "brought back, by {by}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::{
        incident::{Actor, Kind, Repo, Standing},
        time::parse_rfc3339,
    };

    fn at(clock: &str) -> DateTime<Utc> {
        parse_rfc3339(&format!("2026-11-20T{clock}:00Z")).unwrap()
    }

    fn incident() -> Incident {
        Incident {
            key: IncidentKey::issue(Repo::new("acme/api"), 812),
            kind: Kind::Issue,
            title: Text::scrub("Login returns 500"),
            author: Some(Login::new("mia")),
            labels: vec![Label::new("P2"), Label::new("bug")],
            assignees: Vec::new(),
            reviewers: Vec::new(),
            milestone: None,
            is_draft: false,
            opened_at: at("09:00"),
            updated_at: at("09:00"),
            closed_at: None,
            close_reason: None,
            comments: 2,
            url: Text::default(),
            body: None,
            timeline: Vec::new(),
            has_timeline: true,
        }
    }

    fn event(clock: &str, who: &str, what: What) -> Event {
        let actor = Actor { login: Login::new(who), standing: Standing::Member, is_robot: false };
        Event { at: at(clock), actor: Some(actor), what }
    }

    fn words(old: &Incident, new: &Incident) -> Vec<String> {
        between_versions(old, new, &Policy::standard()).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_triage_is_told_in_the_words_of_a_person_with_who_did_it() {
        let (old, mut new) = (incident(), incident());
        new.labels = vec![Label::new("P0"), Label::new("auth")];
        new.assignees = vec![Login::new("ana")];
        new.comments = 4;
        new.title = Text::scrub("Login returns 500 for everybody");
        new.timeline = vec![
            event("09:10", "ana", What::Labeled(Label::new("P0"))),
            event("09:11", "ben", What::Assigned(Some(Login::new("ana")))),
            event("09:12", "mia", What::Renamed),
        ];
        let told = [
            "priority P2 → P0, by ana",
            "label auth set",
            "label bug taken off",
            "assigned to ana, by ben",
            "renamed from \"Login returns 500\" to \"Login returns 500 for everybody\", by mia",
            "2 comments more, 4 in all",
        ];
        assert_eq!(words(&old, &new), told);
    }

    #[test]
    fn a_close_names_its_reason_and_an_older_close_is_no_news() {
        let (old, mut closed) = (incident(), incident());
        closed.closed_at = Some(at("10:00"));
        closed.close_reason = Some(CloseReason::NotPlanned);
        closed.timeline = vec![event("10:00", "ben", What::Closed(CloseReason::NotPlanned))];
        assert_eq!(words(&old, &closed), ["closed as not planned, by ben"]);
        assert_eq!(words(&closed, &closed), Vec::<String>::new());
        assert_eq!(words(&closed, &old), ["opened again"]);
        let mut again = closed.clone();
        again.closed_at = Some(at("11:00"));
        again.close_reason = Some(CloseReason::Completed);
        assert_eq!(words(&closed, &again), ["closed as completed"]);
    }

    #[test]
    fn what_was_open_for_long_is_first_seen_and_not_opened() {
        assert_eq!(first(&incident(), at("09:30")).to_string(), "opened, by mia");
        assert_eq!(first(&incident(), at("12:00")).to_string(), "first seen, opened on 20 Nov 2026, by mia");
    }

    #[test]
    fn a_snooze_says_how_long_it_was_meant_to_be() {
        let snoozed = Beside::Snoozed { by: Login::new("ana"), until: at("13:00"), at: at("09:00") };
        assert_eq!((snoozed.to_string(), snoozed.code()), ("snoozed for 4h, by ana".to_owned(), "snoozed"));
        let moved = Beside::Gone(Some(IncidentKey::issue(Repo::new("acme/web"), 3)));
        assert_eq!((moved.to_string(), moved.code()), ("moved to acme/web#3".to_owned(), "moved"));
    }

    fn any_incident() -> impl Strategy<Value = Incident> {
        let labels = prop::sample::subsequence(vec!["P0", "P1", "bug", "auth"], 0..=4);
        let owners = prop::sample::subsequence(vec!["ana", "ben"], 0..=2);
        (labels, owners, prop::option::of(0_u8..3), 0_u32..4, any::<bool>()).prop_map(
            |(labels, owners, closed, comments, is_draft)| Incident {
                labels: labels.into_iter().map(Label::new).collect(),
                assignees: owners.into_iter().map(Login::new).collect(),
                closed_at: closed.map(|hour| at(&format!("1{hour}:00"))),
                comments,
                is_draft,
                ..incident()
            },
        )
    }

    proptest! {
        #[test]
        fn nothing_is_told_of_what_is_alike_and_something_of_what_is_not(old in any_incident(), new in any_incident()) {
            let is_alike = old == new;
            let grade = |incident: &Incident| Policy::standard().grade_of(&incident.labels);
            // Of two priority labels the more urgent counts: the other may come and go unseen.
            let is_seen = grade(&old) != grade(&new)
                || Incident { labels: Vec::new(), ..old.clone() } != Incident { labels: Vec::new(), ..new.clone() }
                || ["bug", "auth"].iter().any(|label| old.has_label(label) != new.has_label(label));
            let told = words(&old, &new);
            prop_assert!(!is_alike || told.is_empty());
            prop_assert_eq!(!told.is_empty(), is_seen);
        }
    }
}
