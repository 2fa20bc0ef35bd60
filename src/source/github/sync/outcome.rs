//! What the planner takes up at its start, and what it brings.

use chrono::{DateTime, Utc};

use crate::{
    domain::{
        host::{Going, Gone, Host, Reach},
        incident::{Incident, IncidentKey, Kind, Label, What},
        plans::Plans,
        trouble::{Skipped, Trouble},
    },
    source::github::limit::Budget,
    text::Text,
};

/// What one answer brought, for whoever records it and then tells it.
#[derive(Debug, Clone, PartialEq)]
pub struct Heard {
    /// Which source: the place that its plan named.
    pub source: usize,
    /// When it was true.
    pub at: DateTime<Utc>,
    /// Incidents as they are now. What is not named stays as it was.
    pub items: Vec<Incident>,
    /// Incidents that are not there any more. One that moved within the host keeps all that is known of it.
    pub gone: Vec<Gone>,
    /// Milestones and releases of repositories, where they are otherwise than before.
    pub plans: Vec<Plans>,
    /// What is to be remembered for the next start, by name; nothing = forget it.
    pub cursors: Vec<(String, Option<String>)>,
    /// How the round ended, where one did with this.
    pub round: Option<Round>,
}

impl Heard {
    /// Keeps of the pull requests those that wait for a review, or were closed after one; the others are not watched.
    pub fn keep_for_review(&mut self) {
        let was_reviewed = |pull: &Incident| pull.timeline.iter().any(|event| event.what == What::Reviewed);
        let is_kept = |item: &Incident| match (item.kind, item.is_open()) {
            (Kind::PullRequest, true) => !item.is_draft && !item.reviewers.is_empty(),
            (Kind::PullRequest, false) => !item.reviewers.is_empty() || was_reviewed(item),
            _ => true,
        };
        let (kept, others) = std::mem::take(&mut self.items).into_iter().partition(is_kept);
        self.items = kept;
        let unwatched = |item: Incident| Gone { key: item.key, how: Going::Unwatched };
        self.gone.extend(Vec::<Incident>::into_iter(others).map(unwatched));
    }
}

/// The end of a round.
#[derive(Debug, Clone, PartialEq)]
pub struct Round {
    /// How much of what is asked for was told.
    pub reach: Reach,
    /// What is left of the budget that this source lives on.
    pub budget: Option<Budget>,
    /// What could not be used.
    pub skipped: Vec<Skipped>,
}

/// Something that came of an answer.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// The host told something, or that nothing has changed.
    Heard(Heard),
    /// The host told of itself.
    Host {
        /// Which source.
        source: usize,
        /// All that is known of it.
        host: Box<Host>,
    },
    /// A source could not be read; what it told stays.
    Failed {
        /// Which source.
        source: usize,
        /// What kind of trouble.
        trouble: Trouble,
        /// What went wrong and what to do, a lower-case fragment.
        why: Text,
    },
}

/// What the store remembers of one incident: as much as the planner needs.
#[derive(Debug, Clone, PartialEq)]
pub struct Kept {
    /// Its key.
    pub key: IncidentKey,
    /// Whether it is a pull request.
    pub is_pull: bool,
    /// When the host last saw it change, as far as was told.
    pub updated_at: DateTime<Utc>,
    /// Whether it is open.
    pub is_open: bool,
    /// Whether its history was read.
    pub has_timeline: bool,
    /// Its labels: one that is renamed concerns those who carry it.
    pub labels: Vec<Label>,
}

impl Kept {
    /// What is to be known of an incident.
    pub fn of(incident: &Incident) -> Self {
        Self {
            key: incident.key.clone(),
            is_pull: incident.kind == Kind::PullRequest,
            updated_at: incident.updated_at,
            is_open: incident.is_open(),
            has_timeline: incident.has_timeline,
            labels: incident.labels.clone(),
        }
    }
}

/// Why a request had no answer, as whoever carried it says.
#[derive(Debug, Clone, PartialEq)]
pub struct WayFault {
    /// What kind of trouble.
    pub trouble: Trouble,
    /// What went wrong and what to do.
    pub why: Text,
    /// Whether any other request would meet the same: the way or the token is at fault, not this question.
    pub is_general: bool,
}

#[cfg(test)]
mod tests {
    use serde::Deserialize as _;
    use serde_json::json;

    use super::*;
    use crate::{
        domain::incident::{Event, Login},
        source::github::{issue::Issue, names::Names},
    };

    #[test]
    fn only_pull_requests_that_wait_for_a_review_are_watched() {
        let item = |number: u64, kind, state: &str| {
            let record = json!({"number": number, "title": "t", "state": state, "created_at": "2026-01-01T00:00:00Z",
                "repository_url": "https://api.github.com/repos/a/b"});
            Issue::deserialize(&record).unwrap().incident(kind, None, &mut Names::default()).unwrap()
        };
        let waiting = |number, state: &str| {
            let mut pull = item(number, Kind::PullRequest, state);
            pull.reviewers = vec![Login::new("casey")];
            pull
        };
        let mut draft = waiting(3, "open");
        draft.is_draft = true;
        let mut reviewed = item(4, Kind::PullRequest, "closed");
        reviewed.timeline = vec![Event { at: reviewed.opened_at, actor: None, what: What::Reviewed }];
        let items = vec![
            item(1, Kind::Issue, "open"),
            waiting(2, "open"),
            draft,
            reviewed,
            item(5, Kind::PullRequest, "open"),
            item(6, Kind::PullRequest, "closed"),
        ];
        let at = DateTime::<Utc>::MIN_UTC;
        let mut heard =
            Heard { source: 0, at, items, gone: Vec::new(), plans: Vec::new(), cursors: Vec::new(), round: None };
        heard.keep_for_review();
        let kept: Vec<_> = heard.items.iter().map(|item| item.key.number).collect();
        let gone: Vec<_> = heard.gone.iter().map(|gone| gone.key.number).collect();
        assert_eq!((kept, gone), (vec![1, 2, 4], vec![3, 5, 6]));
    }
}
