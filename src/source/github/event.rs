//! One entry of an issue's timeline as GitHub's REST API writes it.

use serde::Deserialize;

use crate::domain::incident::{CloseReason, Event, What};

use super::{
    field::{Str, Tag, Time, User, close_reason, standing},
    names::Names,
};

/// An entry of the timeline; which fields it has depends on its kind.
#[derive(Deserialize)]
pub(crate) struct Happened<'a> {
    #[serde(borrow)]
    event: Option<Str<'a>>,
    created_at: Option<Time>,
    submitted_at: Option<Time>,
    #[serde(borrow)]
    actor: Option<User<'a>>,
    #[serde(borrow)]
    user: Option<User<'a>>,
    #[serde(borrow)]
    author_association: Option<Str<'a>>,
    #[serde(borrow)]
    state: Option<Str<'a>>,
    #[serde(borrow)]
    state_reason: Option<Str<'a>>,
    #[serde(borrow)]
    label: Option<Tag<'a>>,
    #[serde(borrow)]
    assignee: Option<User<'a>>,
    #[serde(borrow)]
    assigner: Option<User<'a>>,
}

/// What became of an entry.
pub(crate) enum Entry {
    /// It matters to a clock or a reader.
    Kept(Event),
    /// It is of a kind that matters to neither.
    Unneeded,
    /// It should matter, but lacks its time or its label.
    Unusable,
}

impl Happened<'_> {
    /// Whether it is a close with its reason.
    pub(crate) fn says_why_it_closed(&self) -> bool {
        self.is("closed") && self.state_reason.is_some()
    }

    fn is(&self, kind: &str) -> bool {
        self.event.as_ref().is_some_and(|event| event.as_str() == kind)
    }

    /// What happened.
    pub(crate) fn event(&self, names: &mut Names) -> Entry {
        let label = self.label.as_ref().and_then(Tag::name);
        let what = match self.event.as_ref().map(Str::as_str).unwrap_or_default() {
            "commented" => What::Commented,
            "reviewed" if self.is_pending() => return Entry::Unneeded,
            "reviewed" => What::Reviewed,
            "labeled" | "unlabeled" if label.is_none() => return Entry::Unusable,
            "labeled" => What::Labeled(names.label(label.unwrap_or_default())),
            "unlabeled" => What::Unlabeled(names.label(label.unwrap_or_default())),
            "assigned" => What::Assigned(names.login_of(self.assignee.as_ref())),
            "unassigned" => What::Unassigned(names.login_of(self.assignee.as_ref())),
            "closed" => What::Closed(self.reason().unwrap_or(CloseReason::Completed)),
            "reopened" => What::Reopened,
            "merged" => What::Merged,
            "renamed" => What::Renamed,
            _ => return Entry::Unneeded,
        };
        let Some(Time(at)) = self.submitted_at.or(self.created_at) else { return Entry::Unusable };
        let standing = standing(self.author_association.as_ref().map(Str::as_str));
        let who = match what {
            // The timeline's actor of an assignment is who was assigned; who did it is `assigner`, mostly absent.
            What::Assigned(_) | What::Unassigned(_) => self.assigner.as_ref(),
            _ => self.actor.as_ref().or(self.user.as_ref()),
        };
        Entry::Kept(Event { at, actor: names.actor(who, standing), what })
    }

    /// Acts that move no clock, for those who ask whether anybody did anything: milestones, locks, drafts; and who assigned,
    /// where the timeline names nobody but its actor.
    pub(crate) fn act(&self, names: &mut Names) -> Option<Event> {
        let is_act = match self.event.as_ref().map(Str::as_str).unwrap_or_default() {
            "milestoned" | "demilestoned" | "review_requested" | "locked" | "marked_as_duplicate" => true,
            "converted_to_discussion" | "convert_to_draft" | "ready_for_review" => true,
            "assigned" | "unassigned" => self.assigner.is_none() && self.actor.is_some(),
            _ => false,
        };
        let Time(at) = self.created_at.filter(|_| is_act)?;
        let standing = standing(self.author_association.as_ref().map(Str::as_str));
        Some(Event { at, actor: names.actor(self.actor.as_ref(), standing), what: What::Acted })
    }

    fn is_pending(&self) -> bool {
        self.state.as_ref().is_some_and(|state| state.as_str().eq_ignore_ascii_case("pending"))
    }

    fn reason(&self) -> Option<CloseReason> {
        close_reason(self.state_reason.as_ref().map(Str::as_str))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_was_assigned_is_not_who_assigned() {
        let who = |assigner: &str| {
            let entry = format!(
                r#"{{"event":"assigned","created_at":"2026-03-06T12:00:00Z","actor":{{"login":"mia"}},"assignee":{{"login":"mia"}}{assigner}}}"#
            );
            let happened: Happened<'_> = serde_json::from_str(&entry).unwrap();
            match happened.event(&mut Names::default()) {
                Entry::Kept(event) => event.actor.map(|actor| actor.login.to_string()),
                Entry::Unneeded | Entry::Unusable => panic!("an assignment is kept"),
            }
        };
        assert_eq!(who(""), None);
        assert_eq!(who(r#","assigner":{"login":"rita"}"#), Some("rita".to_owned()));
    }
}
