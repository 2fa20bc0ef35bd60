//! The texts of queries.

use std::fmt::Write as _;

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::Dialect;
use crate::domain::time::rfc3339;

/// Kinds of timeline entries that an issue is asked for: what moves a clock, and what shows that somebody did something.
const ISSUE_KINDS: &str = "ISSUE_COMMENT,LABELED_EVENT,UNLABELED_EVENT,ASSIGNED_EVENT,UNASSIGNED_EVENT,CLOSED_EVENT,\
    REOPENED_EVENT,RENAMED_TITLE_EVENT,MILESTONED_EVENT,DEMILESTONED_EVENT,LOCKED_EVENT,MARKED_AS_DUPLICATE_EVENT,\
    CONVERTED_TO_DISCUSSION_EVENT,TRANSFERRED_EVENT";

/// What a pull request has besides.
const PULL_KINDS: &str = ",PULL_REQUEST_REVIEW,MERGED_EVENT,REVIEW_REQUESTED_EVENT,READY_FOR_REVIEW_EVENT,\
    CONVERT_TO_DRAFT_EVENT";

/// Entries of a timeline that one answer holds.
const ENTRIES: usize = 100;

/// Whether something is an issue or a pull request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Lane {
    /// Issues.
    Issues,
    /// Pull requests.
    Pulls,
}

impl Lane {
    /// Connections that one item's fields have: what it costs, in requests of GitHub's formula.
    pub(crate) fn connections(self) -> usize {
        match self {
            Self::Issues => 3,
            Self::Pulls => 4,
        }
    }

    /// The field of a repository that finds one by its number.
    pub(super) fn field(self) -> &'static str {
        match self {
            Self::Issues => "issue",
            Self::Pulls => "pullRequest",
        }
    }

    /// The fragment with an item's fields.
    pub(super) fn fragment(self) -> &'static str {
        match self {
            Self::Issues => "...I",
            Self::Pulls => "...P",
        }
    }
}

/// A string as GraphQL writes it: JSON's escapes are among GraphQL's.
pub(super) fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

/// An instant as GraphQL writes it.
pub(super) fn instant(at: DateTime<Utc>) -> String {
    quoted(&rfc3339(at))
}

/// `r3:repository(owner:"acme",name:"api")`, without its fields.
pub(super) fn repository(out: &mut String, alias: &str, name: &str) {
    let (owner, name) = name.split_once('/').unwrap_or((name, ""));
    // Writing to a string does not fail.
    let _ = write!(out, "{alias}:repository(owner:{},name:{})", quoted(owner), quoted(name));
}

/// `timelineItems(…)` of a lane, from a cursor on.
pub(super) fn timeline(lane: Lane, after: Option<&str>, dialect: Dialect) -> String {
    let after = after.map(|cursor| format!(",after:{}", quoted(cursor))).unwrap_or_default();
    let more = if lane == Lane::Pulls { PULL_KINDS } else { "" };
    format!(
        "timelineItems(first:{ENTRIES}{after},itemTypes:[{ISSUE_KINDS}{more}]){{pageInfo{{hasNextPage endCursor}} \
         nodes{{__typename {}}}}}",
        entries(lane, dialect)
    )
}

fn entries(lane: Lane, dialect: Dialect) -> String {
    let reason = if dialect == Dialect::Full { " stateReason" } else { "" };
    let mut out = String::from(
        "...on IssueComment{createdAt author{...A} authorAssociation} \
         ...on LabeledEvent{createdAt actor{...A} label{name}} \
         ...on UnlabeledEvent{createdAt actor{...A} label{name}} \
         ...on AssignedEvent{createdAt actor{...A} assignee{...W}} \
         ...on UnassignedEvent{createdAt actor{...A} assignee{...W}} \
         ",
    );
    let _ = write!(out, "...on ClosedEvent{{createdAt actor{{...A}}{reason}}} ");
    let mut plain = vec![
        "ReopenedEvent",
        "RenamedTitleEvent",
        "MilestonedEvent",
        "DemilestonedEvent",
        "LockedEvent",
        "MarkedAsDuplicateEvent",
        "ConvertedToDiscussionEvent",
        "TransferredEvent",
    ];
    if lane == Lane::Pulls {
        out.push_str("...on PullRequestReview{submittedAt author{...A} authorAssociation reviewState:state} ");
        plain.extend(["MergedEvent", "ReviewRequestedEvent", "ReadyForReviewEvent", "ConvertToDraftEvent"]);
    }
    for kind in plain {
        let _ = write!(out, "...on {kind}{{createdAt actor{{...A}}}} ");
    }
    out
}

/// The fragments that a query with these lanes needs.
pub(super) fn fragments(dialect: Dialect, lanes: &[Lane], with_items: bool) -> String {
    let mut out = String::from(
        " fragment A on Actor{login __typename} fragment W on Assignee{__typename ...on User{login} ...on Bot{login} \
         ...on Mannequin{login} ...on Organization{login}}",
    );
    let common = "id number title createdAt updatedAt closedAt url body author{...A} repository{nameWithOwner} \
                  milestone{title} labels(first:100){nodes{name}} assignees(first:10){nodes{login}}";
    if with_items && lanes.contains(&Lane::Issues) {
        let reason = if dialect == Dialect::Full { " stateReason(enableDuplicate:true)" } else { "" };
        let _ = write!(out, " fragment I on Issue{{{common} state{reason} {}}}", timeline(Lane::Issues, None, dialect));
    }
    if with_items && lanes.contains(&Lane::Pulls) {
        let reviewers = "reviewRequests(first:30){nodes{requestedReviewer{__typename ...on User{login} ...on Bot{login} \
                         ...on Mannequin{login} ...on Team{combinedSlug}}}}";
        let _ = write!(
            out,
            " fragment P on PullRequest{{{common} pullState:state isDraft {reviewers} {}}}",
            timeline(Lane::Pulls, None, dialect)
        );
    }
    out
}

/// A whole query.
pub(super) fn whole(fields: &str, fragments: &str) -> String {
    format!("query{{{fields}}}{fragments}")
}
