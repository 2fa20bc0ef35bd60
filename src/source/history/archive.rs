//! An `archive.json`: one object with a repository's issues and pull requests, in GraphQL's spelling.

use chrono::{DateTime, Utc};
use serde::Deserialize;

use crate::{
    domain::{
        incident::{Actor, CloseReason, Event, Incident, IncidentKey, Kind, Repo, What},
        time::parse_rfc3339,
    },
    source::github::{
        field::{Str, Time, close_reason, page, standing},
        names::Names,
    },
    text::{Passage, Text},
};

use super::json;

/// One issue or pull request of an archive, not yet read.
pub(super) struct Item<'a> {
    /// Where it stands: `issues, item 12`.
    pub(super) at: String,
    kind: Kind,
    json: &'a [u8],
}

/// An archive's items, the time it was taken, and its repository.
pub(super) type Parts<'a> = (Vec<Item<'a>>, Option<DateTime<Utc>>, Option<String>);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Issue<'a> {
    number: u64,
    #[serde(borrow)]
    title: Str<'a>,
    #[serde(borrow)]
    body: Option<Str<'a>>,
    #[serde(borrow)]
    url: Option<Str<'a>>,
    #[serde(borrow)]
    state: Str<'a>,
    #[serde(borrow)]
    state_reason: Option<Str<'a>>,
    #[serde(borrow)]
    author: Option<Str<'a>>,
    #[serde(borrow)]
    assignees: Option<Vec<Str<'a>>>,
    #[serde(borrow)]
    labels: Option<Vec<Str<'a>>>,
    created_at: Time,
    updated_at: Option<Time>,
    closed_at: Option<Time>,
    merged_at: Option<Time>,
    #[serde(borrow)]
    merged_by: Option<Str<'a>>,
    #[serde(borrow)]
    comments: Option<Vec<Comment<'a>>>,
    #[serde(borrow)]
    reviews: Option<Vec<Review<'a>>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Comment<'a> {
    #[serde(borrow)]
    author: Option<Str<'a>>,
    #[serde(borrow)]
    author_association: Option<Str<'a>>,
    created_at: Time,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Review<'a> {
    #[serde(borrow)]
    author: Option<Str<'a>>,
    #[serde(borrow)]
    author_association: Option<Str<'a>>,
    #[serde(borrow)]
    state: Option<Str<'a>>,
    created_at: Time,
    submitted_at: Option<Time>,
    comments: Option<Vec<ReviewComment>>,
}

/// A comment of a review; it belongs to the review's author.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ReviewComment {
    created_at: Time,
}

/// Takes an archive apart.
pub(super) fn parts(bytes: &[u8]) -> Result<Parts<'_>, String> {
    let (mut items, mut as_of, mut repo, mut is_archive) = (Vec::new(), None, None, false);
    for (key, value) in json::object(bytes)? {
        let text = || serde_json::from_slice::<String>(value).ok();
        let (kind, group) = match key {
            b"timestamp" => {
                as_of = text().as_deref().and_then(parse_rfc3339);
                continue;
            }
            b"repo" => {
                repo = text().filter(|full| full.contains('/'));
                continue;
            }
            b"issues" => (Kind::Issue, "issues"),
            b"pulls" => (Kind::PullRequest, "pulls"),
            _ => continue,
        };
        is_archive = true;
        let list = json::list(value).map_err(|why| format!("{group}: {why}"))?;
        items.extend(list.into_iter().enumerate().map(|(i, json)| Item {
            at: format!("{group}, item {}", i + 1),
            kind,
            json,
        }));
    }
    if is_archive { Ok((items, as_of, repo)) } else { Err("it holds neither issues nor pulls".to_owned()) }
}

/// Reads one item.
pub(super) fn read(item: &Item<'_>, repository: Option<&Repo>, names: &mut Names) -> Result<Incident, String> {
    let issue: Issue<'_> = serde_json::from_slice(item.json).map_err(|plain| path_to_fault(item.json, &plain))?;
    let is_closed = match issue.state.as_str() {
        "OPEN" => false,
        "CLOSED" | "MERGED" => true,
        _ => return Err("state: neither OPEN, CLOSED nor MERGED".to_owned()),
    };
    let repo = repository.cloned().ok_or("the archive does not say which repository it is of")?;
    let updated_at = issue.updated_at.unwrap_or(issue.created_at).0;
    let closed_at = is_closed.then(|| issue.closed_at.or(issue.merged_at).map_or(updated_at, |at| at.0));
    let reason = close_reason(issue.state_reason.as_ref().map(Str::as_str)).unwrap_or(CloseReason::Completed);
    let mut timeline = issue.timeline(names);
    timeline.extend(closed_at.map(|at| Event { at, actor: None, what: What::Closed(reason) }));
    timeline.sort_by_key(|event| event.at);
    let body = issue.body.as_ref().map(|body| Passage::scrub(body.as_str())).filter(|body| !body.is_blank());
    Ok(Incident {
        key: IncidentKey::issue(repo, issue.number),
        kind: item.kind,
        title: Text::scrub(issue.title.as_str()),
        author: issue.author.as_ref().and_then(said).map(|login| names.login(login)),
        labels: issue.labels.iter().flatten().filter_map(said).map(|name| names.label(name)).collect(),
        assignees: issue.assignees.iter().flatten().filter_map(said).map(|login| names.login(login)).collect(),
        reviewers: Vec::new(),
        milestone: None,
        is_draft: false,
        opened_at: issue.created_at.0,
        updated_at,
        closed_at,
        close_reason: is_closed.then_some(reason),
        comments: issue.comments.as_ref().map_or(0, |list| u32::try_from(list.len()).unwrap_or(u32::MAX)),
        url: page(issue.url.as_ref().map(Str::as_str)),
        body: body.map(Box::new),
        timeline,
        has_timeline: true,
    })
}

impl Issue<'_> {
    /// Comments, reviews and the merge, in the file's order.
    fn timeline(&self, names: &mut Names) -> Vec<Event> {
        let mut timeline = Vec::new();
        for comment in self.comments.iter().flatten() {
            let actor = actor(comment.author.as_ref(), comment.author_association.as_ref(), names);
            timeline.push(Event { at: comment.created_at.0, actor, what: What::Commented });
        }
        for review in self.reviews.iter().flatten().filter(|review| !review.is_pending()) {
            let actor = actor(review.author.as_ref(), review.author_association.as_ref(), names);
            let at = review.submitted_at.unwrap_or(review.created_at).0;
            timeline.push(Event { at, actor: actor.clone(), what: What::Reviewed });
            for comment in review.comments.iter().flatten() {
                timeline.push(Event { at: comment.created_at.0, actor: actor.clone(), what: What::Commented });
            }
        }
        if let Some(Time(at)) = self.merged_at {
            timeline.push(Event { at, actor: actor(self.merged_by.as_ref(), None, names), what: What::Merged });
        }
        timeline
    }
}

impl Review<'_> {
    fn is_pending(&self) -> bool {
        self.state.as_ref().is_some_and(|state| state.as_str() == "PENDING")
    }
}

/// The text, unless it is blank.
fn said<'a>(text: &'a Str<'_>) -> Option<&'a str> {
    Some(text.as_str()).filter(|text| !text.trim().is_empty())
}

fn actor(login: Option<&Str<'_>>, association: Option<&Str<'_>>, names: &mut Names) -> Option<Actor> {
    names.actor_named(login.map(Str::as_str), standing(association.map(Str::as_str)))
}

fn path_to_fault(json: &[u8], plain: &serde_json::Error) -> String {
    let mut json = serde_json::Deserializer::from_slice(json);
    match serde_path_to_error::deserialize::<_, Issue<'_>>(&mut json) {
        Err(error) => error.to_string(),
        Ok(_) => plain.to_string(),
    }
}
