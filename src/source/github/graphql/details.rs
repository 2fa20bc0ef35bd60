//! Whole issues and pull requests: by their ids, or page by page where all open ones are read.

use std::fmt::Write as _;

use serde::Deserialize;
use serde_json::Value;

use super::{
    Answer, Dialect,
    event::{Happened, Who},
    text::{Lane, fragments, quoted, repository, timeline, whole},
};
use crate::{
    domain::incident::{CloseReason, Event, Incident, IncidentKey, Kind, What},
    source::github::{
        event::Entry,
        field::{Str, Tag, Time, close_reason, page},
        names::Names,
    },
    text::{Passage, Text},
};

/// A part of a question for pages of open items.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Page {
    /// `owner/name`.
    pub name: String,
    /// Issues or pull requests.
    pub lane: Lane,
    /// How many, 1 to 100.
    pub first: usize,
    /// Behind which cursor; nothing = from the beginning.
    pub after: Option<String>,
}

/// The query for pages of open items, the latest change first.
pub(crate) fn pages(parts: &[Page], dialect: Dialect) -> String {
    let mut fields = String::new();
    for (at, part) in parts.iter().enumerate() {
        let Page { name, lane, first, after } = part;
        repository(&mut fields, &format!("r{at}"), name);
        let list = match lane {
            Lane::Issues => "issues",
            Lane::Pulls => "pullRequests",
        };
        let after = after.as_deref().map(|cursor| format!(",after:{}", quoted(cursor))).unwrap_or_default();
        // Writing to a string does not fail.
        let _ = write!(
            fields,
            "{{list:{list}(first:{first}{after},states:[OPEN],orderBy:{{field:UPDATED_AT,direction:DESC}})\
             {{pageInfo{{hasNextPage endCursor}} nodes{{{}}}}}}} ",
            lane.fragment()
        );
    }
    let lanes: Vec<Lane> = parts.iter().map(|part| part.lane).collect();
    whole(&fields, &fragments(dialect, &lanes, true))
}

/// Items of one repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Group {
    /// `owner/name`.
    pub name: String,
    /// Their numbers and lanes.
    pub numbers: Vec<(u64, Lane)>,
}

/// The query for items by their numbers.
pub(crate) fn by_numbers(groups: &[Group], dialect: Dialect) -> String {
    let mut fields = String::new();
    for (at, group) in groups.iter().enumerate() {
        repository(&mut fields, &format!("r{at}"), &group.name);
        fields.push('{');
        for (number, lane) in &group.numbers {
            let _ = write!(fields, "i{number}:{}(number:{number}){{{}}} ", lane.field(), lane.fragment());
        }
        fields.push_str("} ");
    }
    let lanes: Vec<Lane> = groups.iter().flat_map(|group| group.numbers.iter().map(|(_, lane)| *lane)).collect();
    whole(&fields, &fragments(dialect, &lanes, true))
}

/// A long timeline, and behind which cursor it goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rest {
    /// `owner/name`.
    pub name: String,
    /// The item's number.
    pub number: u64,
    /// Its lane.
    pub lane: Lane,
    /// The cursor.
    pub after: String,
}

/// The query for what follows in long timelines.
pub(crate) fn rest_of(timelines: &[Rest], dialect: Dialect) -> String {
    let mut fields = String::new();
    for (at, rest) in timelines.iter().enumerate() {
        repository(&mut fields, &format!("r{at}"), &rest.name);
        let (number, field) = (rest.number, rest.lane.field());
        let timeline = timeline(rest.lane, Some(&rest.after), dialect);
        let _ = write!(fields, "{{i{number}:{field}(number:{number}){{{timeline}}}}} ");
    }
    whole(&fields, &fragments(dialect, &[], true))
}

/// An item as it was told.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Told {
    /// Itself; its key is not of this host yet, its repository is as the host writes it.
    pub incident: Incident,
    /// Where its timeline goes on.
    pub more: Option<String>,
    /// Entries that should matter and cannot be used.
    pub n_left_out: usize,
}

/// A list with where it goes on.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct List {
    /// What could be read.
    pub told: Vec<Told>,
    /// What could not: where, and why.
    pub skipped: Vec<(String, String)>,
    /// The cursor of what follows.
    pub next: Option<String>,
}

/// Reads the list of one repository out of an answer; nothing where the repository is not there.
pub(crate) fn read_page(answer: &Answer, at: usize, lane: Lane, names: &mut Names) -> Option<List> {
    let list = answer.data.get(&format!("r{at}"))?.get("list")?;
    let mut read = List { next: next_of(list), ..List::default() };
    for node in list.get("nodes").and_then(Value::as_array).into_iter().flatten() {
        match item(node, lane, names) {
            Ok(told) => read.told.push(told),
            Err(why) => read.skipped.push((place_of(node), why)),
        }
    }
    Some(read)
}

/// Reads an item that was asked for by its number; nothing where it is not there.
pub(crate) fn read_number(
    answer: &Answer,
    at: usize,
    number: u64,
    lane: Lane,
    names: &mut Names,
) -> Option<Result<Told, String>> {
    let node = answer.data.get(&format!("r{at}"))?.get(format!("i{number}"))?;
    (!node.is_null()).then(|| item(node, lane, names))
}

/// Whether a repository is there at all.
pub(crate) fn has_repository(answer: &Answer, at: usize) -> bool {
    answer.data.get(&format!("r{at}")).is_some_and(Value::is_object)
}

/// Reads what follows in a long timeline: entries, and where it goes on; nothing where the item is not there.
pub(crate) fn read_rest(
    answer: &Answer,
    at: usize,
    number: u64,
    names: &mut Names,
) -> Option<(Vec<Event>, Option<String>)> {
    let list = answer.data.get(&format!("r{at}"))?.get(format!("i{number}"))?.get("timelineItems")?;
    Some((entries(list, names).0, next_of(list)))
}

/// The cursor of what follows a list.
pub(super) fn next_of(list: &Value) -> Option<String> {
    let info = list.get("pageInfo")?;
    let has_next = info.get("hasNextPage").and_then(Value::as_bool).unwrap_or_default();
    info.get("endCursor").and_then(Value::as_str).filter(|_| has_next).map(str::to_owned)
}

fn place_of(node: &Value) -> String {
    node.get("number").and_then(Value::as_u64).map_or_else(|| "an item".to_owned(), |number| format!("#{number}"))
}

fn entries(list: &Value, names: &mut Names) -> (Vec<Event>, usize) {
    let (mut events, mut n_left_out) = (Vec::new(), 0);
    for node in list.get("nodes").and_then(Value::as_array).into_iter().flatten().filter(|node| !node.is_null()) {
        match Happened::deserialize(node).map(|entry| entry.event(names)) {
            Ok(Entry::Kept(event)) => events.push(event),
            Ok(Entry::Unneeded) => {}
            Ok(Entry::Unusable) | Err(_) => n_left_out += 1,
        }
    }
    (events, n_left_out)
}

#[derive(Deserialize)]
struct Nodes<T> {
    nodes: Option<Vec<Option<T>>>,
}

impl<T> Nodes<T> {
    fn each(&self) -> impl Iterator<Item = &T> {
        self.nodes.iter().flatten().flatten()
    }
}

#[derive(Deserialize)]
struct Titled<'a> {
    #[serde(borrow)]
    title: Option<Str<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Place<'a> {
    #[serde(borrow)]
    name_with_owner: Str<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Request<'a> {
    #[serde(borrow)]
    requested_reviewer: Option<Who<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Item<'a> {
    number: u64,
    #[serde(borrow)]
    title: Str<'a>,
    created_at: Time,
    updated_at: Time,
    closed_at: Option<Time>,
    #[serde(borrow)]
    url: Option<Str<'a>>,
    #[serde(borrow)]
    body: Option<Str<'a>>,
    #[serde(borrow)]
    author: Option<Who<'a>>,
    #[serde(borrow)]
    repository: Place<'a>,
    #[serde(borrow)]
    milestone: Option<Titled<'a>>,
    #[serde(borrow)]
    labels: Option<Nodes<Tag<'a>>>,
    #[serde(borrow)]
    assignees: Option<Nodes<Who<'a>>>,
    #[serde(borrow)]
    state: Option<Str<'a>>,
    #[serde(borrow)]
    pull_state: Option<Str<'a>>,
    #[serde(borrow)]
    state_reason: Option<Str<'a>>,
    is_draft: Option<bool>,
    #[serde(borrow)]
    review_requests: Option<Nodes<Request<'a>>>,
}

fn item(node: &Value, lane: Lane, names: &mut Names) -> Result<Told, String> {
    let item = serde_path_to_error::deserialize::<_, Item<'_>>(node).map_err(|error| error.to_string())?;
    let state = item.state.as_ref().or(item.pull_state.as_ref()).map(Str::as_str).unwrap_or_default();
    let is_closed = match state {
        "OPEN" => false,
        "CLOSED" | "MERGED" => true,
        _ => return Err("state: neither open nor closed".to_owned()),
    };
    let list = node.get("timelineItems").ok_or("timelineItems: missing")?;
    let (timeline, n_left_out) = entries(list, names);
    let more = next_of(list);
    let reason = close_reason(item.state_reason.as_ref().map(Str::as_str)).unwrap_or(CloseReason::Completed);
    let title = |titled: &Titled<'_>| titled.title.as_ref().map(|title| Text::scrub(title.as_str()));
    let reviewer = |request: &Request<'_>, names: &mut Names| request.requested_reviewer.as_ref()?.name(names);
    let mut incident = Incident {
        key: IncidentKey::issue(names.repo(item.repository.name_with_owner.as_str()), item.number),
        kind: if lane == Lane::Pulls { Kind::PullRequest } else { Kind::Issue },
        title: Text::scrub(item.title.as_str()),
        author: item.author.as_ref().and_then(|who| who.name(names)),
        labels: each(item.labels.as_ref()).filter_map(Tag::name).map(|name| names.label(name)).collect(),
        assignees: each(item.assignees.as_ref()).filter_map(|who| who.name(names)).collect(),
        reviewers: each(item.review_requests.as_ref()).filter_map(|request| reviewer(request, names)).collect(),
        milestone: item.milestone.as_ref().and_then(title).filter(|title| !title.is_blank()),
        is_draft: item.is_draft.unwrap_or_default(),
        opened_at: item.created_at.0,
        updated_at: item.updated_at.0,
        closed_at: is_closed.then(|| item.closed_at.map_or(item.updated_at.0, |at| at.0)),
        close_reason: is_closed.then_some(reason),
        comments: 0,
        url: page(item.url.as_ref().map(Str::as_str)),
        // A text that is known to be blank is told as blank, so that an earlier one is taken back.
        body: item.body.as_ref().map(|body| Box::new(Passage::scrub(body.as_str()))),
        timeline,
        has_timeline: more.is_none(),
    };
    count_comments(&mut incident);
    Ok(Told { incident, more, n_left_out })
}

fn each<T>(nodes: Option<&Nodes<T>>) -> impl Iterator<Item = &T> {
    nodes.into_iter().flat_map(Nodes::each)
}

/// Counts comments by the timeline: a counter of the host's would be one more list to pay for.
pub(crate) fn count_comments(incident: &mut Incident) {
    let n = incident.timeline.iter().filter(|event| event.what == What::Commented).count();
    incident.comments = u32::try_from(n).unwrap_or(u32::MAX);
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{domain::incident::Login, source::github::graphql::Answer};

    fn node() -> Value {
        json!({"number": 7, "title": "Paging is late", "createdAt": "2026-11-20T10:00:00Z",
            "updatedAt": "2026-11-20T11:00:00Z", "closedAt": null, "url": "https://github.com/acme/api/issues/7",
            "body": "", "author": null, "repository": {"nameWithOwner": "acme/api"}, "milestone": {"title": "1.0"},
            "labels": {"nodes": [{"name": "P1"}, {"name": "bug"}]}, "assignees": {"nodes": [{"login": "ann"}]},
            "state": "OPEN", "stateReason": "REOPENED",
            "timelineItems": {"pageInfo": {"hasNextPage": true, "endCursor": "c1"}, "nodes": [
                {"__typename": "IssueComment", "createdAt": "2026-11-20T10:05:00Z", "author": {"login": "ann"},
                    "authorAssociation": "MEMBER"}, null, {"__typename": "SubscribedEvent"}]}})
    }

    fn answer(data: Value) -> Answer {
        let Value::Object(data) = data else { panic!() };
        Answer { data, errors: Vec::new() }
    }

    #[test]
    fn an_item_is_read_with_its_history_and_where_that_goes_on() {
        let answer = answer(json!({"r0": {"i7": node(), "i8": null}}));
        let mut names = Names::default();
        let told = read_number(&answer, 0, 7, Lane::Issues, &mut names).unwrap().unwrap();
        assert_eq!((told.more.as_deref(), told.incident.has_timeline), (Some("c1"), false));
        assert_eq!(told.incident.key.to_string(), "acme/api#7");
        assert_eq!((told.incident.comments, told.incident.close_reason), (1, None));
        assert_eq!(told.incident.assignees, [Login::new("ann")]);
        assert_eq!(told.incident.milestone.as_ref().unwrap().as_str(), "1.0");
        assert!(read_number(&answer, 0, 8, Lane::Issues, &mut names).is_none());
        assert!(has_repository(&answer, 0) && !has_repository(&answer, 1));
    }

    #[test]
    fn one_item_that_cannot_be_read_is_left_out_and_named() {
        let mut bad = node();
        bad["state"] = "WEIRD".into();
        let page = json!({"list": {"pageInfo": {"hasNextPage": true, "endCursor": "z"}, "nodes": [bad, node()]}});
        let list = read_page(&answer(json!({"r0": page})), 0, Lane::Issues, &mut Names::default()).unwrap();
        assert_eq!((list.told.len(), list.next.as_deref()), (1, Some("z")));
        assert_eq!(list.skipped, [("#7".to_owned(), "state: neither open nor closed".to_owned())]);
    }
}
