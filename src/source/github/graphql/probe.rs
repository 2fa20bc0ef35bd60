//! What changed, in many repositories at once: ids and times, and what else fits into the same point.

use std::fmt::Write as _;

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::Value;

use super::{
    Answer,
    details::next_of,
    text::{instant, quoted, repository, whole},
};
use crate::source::github::field::Time;

/// What is asked about one repository.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Part {
    /// `owner/name`.
    pub name: String,
    /// Whether to ask what it is: its number, what may be done there.
    pub with_head: bool,
    /// Issues changed since, the latest change first.
    pub issues: Option<Since>,
    /// The pull requests changed last: how many, and behind which cursor.
    pub pulls: Option<(usize, Option<String>)>,
    /// Whether to count open issues.
    pub with_count: bool,
    /// Whether to count open pull requests.
    pub with_pull_count: bool,
    /// Whether to list labels.
    pub with_labels: bool,
    /// Open issues with these times and later are counted, each for itself: where do host and copy differ?
    pub buckets: Vec<DateTime<Utc>>,
    /// Open issues by themselves, the earliest change first: from when on, and behind which cursor, each for itself.
    pub sweep: Vec<(Option<DateTime<Utc>>, Option<String>)>,
}

/// Which issues count as changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Since {
    /// Those changed then or later.
    pub at: DateTime<Utc>,
    /// How many, 1 to 100.
    pub first: usize,
    /// Behind which cursor.
    pub after: Option<String>,
}

impl Part {
    /// A question about a repository that asks nothing yet.
    pub(crate) fn of(name: &str) -> Self {
        Self { name: name.to_owned(), ..Self::default() }
    }

    /// Requests by GitHub's formula: one for each list.
    pub(crate) fn lists(&self) -> usize {
        usize::from(self.issues.is_some())
            + usize::from(self.pulls.is_some())
            + usize::from(self.with_count)
            + usize::from(self.with_pull_count)
            + usize::from(self.with_labels)
            + self.sweep.len()
            + self.buckets.len()
    }
}

/// What a repository told.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Told {
    /// Its name now.
    pub name: String,
    /// Its id for GraphQL.
    pub id: String,
    /// Its number in REST addresses.
    pub number: Option<u64>,
    /// What the viewer may do there, as GitHub calls it: `READ`, `WRITE`.
    pub permission: Option<String>,
    /// Whether it is archived.
    pub is_archived: bool,
    /// Whether it has issues at all.
    pub has_issues: bool,
    /// Issues that changed.
    pub issues: Listed,
    /// Pull requests that changed.
    pub pulls: Listed,
    /// Open issues.
    pub count: Option<usize>,
    /// Open pull requests.
    pub pull_count: Option<usize>,
    /// Labels: id and name.
    pub labels: Option<Vec<(String, String)>>,
    /// Counts by the buckets that were asked for.
    pub buckets: Vec<Option<usize>>,
    /// Open issues of a sweep, as they were asked for.
    pub swept: Vec<Listed>,
}

/// A list of ids.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Listed {
    /// Items, in the order of the list.
    pub items: Vec<Brief>,
    /// The cursor of what follows.
    pub next: Option<String>,
}

/// An item, in brief.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Brief {
    /// Its number.
    pub number: u64,
    #[serde(rename = "updatedAt")]
    updated: Time,
    state: String,
}

impl Brief {
    /// When it last changed.
    pub(crate) fn updated_at(&self) -> DateTime<Utc> {
        self.updated.0
    }

    /// Whether it is open.
    pub(crate) fn is_open(&self) -> bool {
        self.state == "OPEN"
    }
}

/// The query for these parts; `with_viewer` asks as well who asks.
pub(crate) fn query(parts: &[Part], with_viewer: bool) -> String {
    let mut fields = String::new();
    if with_viewer {
        fields.push_str("viewer{login} rateLimit{limit cost remaining resetAt} ");
    }
    for (at, part) in parts.iter().enumerate() {
        repository(&mut fields, &format!("r{at}"), &part.name);
        fields.push_str("{id nameWithOwner ");
        write_part(&mut fields, part);
        fields.push_str("} ");
    }
    whole(&fields, "")
}

const BRIEF: &str = "{pageInfo{hasNextPage endCursor} nodes{number updatedAt state}}";

fn behind(cursor: Option<&str>) -> String {
    cursor.map(|cursor| format!(",after:{}", quoted(cursor))).unwrap_or_default()
}

fn write_part(out: &mut String, part: &Part) {
    // Writing to a string does not fail.
    if part.with_head {
        out.push_str("databaseId viewerPermission isArchived hasIssuesEnabled ");
    }
    if let Some(Since { at, first, after }) = &part.issues {
        let _ = write!(
            out,
            "changed:issues(first:{first}{},orderBy:{{field:UPDATED_AT,direction:DESC}},filterBy:{{since:{}}}){BRIEF} ",
            behind(after.as_deref()),
            instant(*at)
        );
    }
    if let Some((first, after)) = &part.pulls {
        let order = "orderBy:{field:UPDATED_AT,direction:DESC}";
        let _ = write!(out, "pulls:pullRequests(first:{first}{},{order}){BRIEF} ", behind(after.as_deref()));
    }
    if part.with_count {
        out.push_str("open:issues(states:[OPEN]){totalCount} ");
    }
    if part.with_pull_count {
        out.push_str("openPulls:pullRequests(states:[OPEN]){totalCount} ");
    }
    if part.with_labels {
        out.push_str("labels(first:100){nodes{id name}} ");
    }
    for (at, since) in part.buckets.iter().enumerate() {
        let _ = write!(out, "b{at}:issues(states:[OPEN],filterBy:{{since:{}}}){{totalCount}} ", instant(*since));
    }
    for (at, (since, after)) in part.sweep.iter().enumerate() {
        let since = since.map(|at| format!(",filterBy:{{since:{}}}", instant(at))).unwrap_or_default();
        let order = "orderBy:{field:UPDATED_AT,direction:ASC}";
        let _ = write!(out, "w{at}:issues(first:100{},states:[OPEN],{order}{since}){BRIEF} ", behind(after.as_deref()));
    }
}

/// Who asks, where the answer says.
pub(crate) fn viewer(answer: &Answer) -> Option<&str> {
    answer.data.get("viewer")?.get("login")?.as_str()
}

/// Reads what one repository told; nothing where it is not there (or not shown).
pub(crate) fn read(answer: &Answer, at: usize, part: &Part) -> Option<Told> {
    let repo = answer.data.get(&format!("r{at}"))?.as_object()?;
    let text = |name: &str| repo.get(name).and_then(Value::as_str).map(str::to_owned);
    let flag = |name: &str, default| repo.get(name).and_then(Value::as_bool).unwrap_or(default);
    let count = |name: &str| {
        let n = repo.get(name)?.get("totalCount")?.as_u64()?;
        usize::try_from(n).ok()
    };
    Some(Told {
        name: text("nameWithOwner")?,
        id: text("id")?,
        number: repo.get("databaseId").and_then(Value::as_u64),
        permission: text("viewerPermission"),
        is_archived: flag("isArchived", false),
        has_issues: flag("hasIssuesEnabled", true),
        issues: listed(repo.get("changed")),
        pulls: listed(repo.get("pulls")),
        count: count("open"),
        pull_count: count("openPulls"),
        labels: repo.get("labels").and_then(labels),
        buckets: (0..part.buckets.len()).map(|bucket| count(&format!("b{bucket}"))).collect(),
        swept: (0..part.sweep.len()).map(|span| listed(repo.get(&format!("w{span}")))).collect(),
    })
}

fn listed(list: Option<&Value>) -> Listed {
    let Some(list) = list else { return Listed::default() };
    let nodes = list.get("nodes").and_then(Value::as_array);
    let items = nodes.into_iter().flatten().filter_map(|node| Brief::deserialize(node).ok()).collect();
    Listed { items, next: next_of(list) }
}

fn labels(list: &Value) -> Option<Vec<(String, String)>> {
    #[derive(Deserialize)]
    struct Label {
        id: String,
        name: String,
    }
    let nodes = list.get("nodes")?.as_array()?;
    let read = nodes.iter().filter_map(|node| Label::deserialize(node).ok());
    Some(read.map(|label| (label.id, label.name)).collect())
}
