//! One entry of a timeline as GraphQL writes it.

use serde::Deserialize;

use crate::{
    domain::incident::{Actor, CloseReason, Event, Login, Standing, What},
    source::github::{
        event::Entry,
        field::{Str, Tag, Time, close_reason, standing},
        names::Names,
    },
};

/// An account. GraphQL leaves out the `[bot]` that REST puts behind an app's login.
#[derive(Debug, Deserialize)]
pub(super) struct Who<'a> {
    #[serde(rename = "__typename", borrow)]
    kind: Option<Str<'a>>,
    #[serde(borrow)]
    login: Option<Str<'a>>,
    #[serde(rename = "combinedSlug", borrow)]
    slug: Option<Str<'a>>,
}

impl Who<'_> {
    fn is_robot(&self) -> bool {
        self.kind.as_ref().is_some_and(|kind| kind.as_str() == "Bot")
    }

    /// The account as REST would name it; a team as `owner/team`.
    pub(super) fn name(&self, names: &mut Names) -> Option<Login> {
        let written = self.login.as_ref().or(self.slug.as_ref()).map(Str::as_str)?;
        if written.trim().is_empty() {
            return None;
        }
        Some(match self.is_robot() && !written.ends_with("[bot]") {
            true => names.login(&format!("{written}[bot]")),
            false => names.login(written),
        })
    }

    fn actor(&self, standing: Standing, names: &mut Names) -> Option<Actor> {
        let login = self.name(names)?;
        let is_robot = self.is_robot() || login.as_str().ends_with("[bot]");
        Some(Actor { login, standing, is_robot })
    }
}

/// An entry; which fields it has depends on its kind.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Happened<'a> {
    #[serde(rename = "__typename", borrow)]
    kind: Option<Str<'a>>,
    created_at: Option<Time>,
    submitted_at: Option<Time>,
    #[serde(borrow)]
    actor: Option<Who<'a>>,
    #[serde(borrow)]
    author: Option<Who<'a>>,
    #[serde(borrow)]
    author_association: Option<Str<'a>>,
    #[serde(borrow)]
    label: Option<Tag<'a>>,
    #[serde(borrow)]
    assignee: Option<Who<'a>>,
    #[serde(borrow)]
    state_reason: Option<Str<'a>>,
    #[serde(borrow)]
    review_state: Option<Str<'a>>,
}

impl Happened<'_> {
    /// What happened.
    pub(super) fn event(&self, names: &mut Names) -> Entry {
        let label = self.label.as_ref().and_then(Tag::name);
        let kind = self.kind.as_ref().map(Str::as_str).unwrap_or_default();
        let is_pending = self.review_state.as_ref().is_some_and(|state| state.as_str() == "PENDING");
        let mut assignee = || self.assignee.as_ref().and_then(|who| who.name(names));
        let what = match kind {
            "IssueComment" => What::Commented,
            "PullRequestReview" if is_pending => return Entry::Unneeded,
            "PullRequestReview" => What::Reviewed,
            "LabeledEvent" | "UnlabeledEvent" if label.is_none() => return Entry::Unusable,
            "LabeledEvent" => What::Labeled(names.label(label.unwrap_or_default())),
            "UnlabeledEvent" => What::Unlabeled(names.label(label.unwrap_or_default())),
            "AssignedEvent" => What::Assigned(assignee()),
            "UnassignedEvent" => What::Unassigned(assignee()),
            "ClosedEvent" => What::Closed(self.reason()),
            "ReopenedEvent" => What::Reopened,
            "MergedEvent" => What::Merged,
            "RenamedTitleEvent" => What::Renamed,
            "MilestonedEvent" | "DemilestonedEvent" | "LockedEvent" | "MarkedAsDuplicateEvent" => What::Acted,
            "ConvertedToDiscussionEvent" | "TransferredEvent" | "ReviewRequestedEvent" => What::Acted,
            "ReadyForReviewEvent" | "ConvertToDraftEvent" => What::Acted,
            _ => return Entry::Unneeded,
        };
        let Some(Time(at)) = self.submitted_at.or(self.created_at) else { return Entry::Unusable };
        let standing = standing(self.author_association.as_ref().map(Str::as_str));
        let who = self.author.as_ref().or(self.actor.as_ref());
        Entry::Kept(Event { at, actor: who.and_then(|who| who.actor(standing, names)), what })
    }

    fn reason(&self) -> CloseReason {
        close_reason(self.state_reason.as_ref().map(Str::as_str)).unwrap_or(CloseReason::Completed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Entry {
        serde_json::from_str::<Happened<'_>>(json).unwrap().event(&mut Names::default())
    }

    #[test]
    fn an_app_has_the_name_that_rest_gives_it() {
        let json = r#"{"__typename":"IssueComment","createdAt":"2026-01-01T00:00:00Z","authorAssociation":"NONE",
            "author":{"__typename":"Bot","login":"renovate"}}"#;
        let Entry::Kept(event) = read(json) else { panic!() };
        let actor = event.actor.unwrap();
        assert_eq!((actor.login.as_str(), actor.is_robot, actor.standing), ("renovate[bot]", true, Standing::Outsider));
    }

    #[test]
    fn who_assigned_is_not_who_was_assigned() {
        let json = r#"{"__typename":"AssignedEvent","createdAt":"2026-01-01T00:00:00Z","actor":{"login":"lead"},
            "assignee":{"__typename":"User","login":"ann"}}"#;
        let Entry::Kept(event) = read(json) else { panic!() };
        assert_eq!(event.actor.unwrap().login, Login::new("lead"));
        assert_eq!(event.what, What::Assigned(Some(Login::new("ann"))));
    }

    #[test]
    fn deleted_accounts_pending_reviews_and_kinds_not_known_do_no_harm() {
        let deleted = r#"{"__typename":"ClosedEvent","createdAt":"2026-01-01T00:00:00Z","actor":null,
            "stateReason":"NOT_PLANNED"}"#;
        let Entry::Kept(event) = read(deleted) else { panic!() };
        assert_eq!((event.actor, event.what), (None, What::Closed(CloseReason::NotPlanned)));
        let pending = r#"{"__typename":"PullRequestReview","submittedAt":null,"reviewState":"PENDING"}"#;
        assert!(matches!(read(pending), Entry::Unneeded));
        assert!(matches!(read(r#"{"__typename":"IssueTypeAddedEvent"}"#), Entry::Unneeded));
        assert!(matches!(read(r#"{"__typename":"LabeledEvent","createdAt":"2026-01-01T00:00:00Z"}"#), Entry::Unusable));
    }
}
