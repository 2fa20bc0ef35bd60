//! Open issues from GitHub's REST API: what to ask, how to read a page.
//!
//! A list shows labels and owners but no history, so its incidents have no timeline. The list is ordered by change, newest
//! first, and may shift while it is read: the caller follows [`Step::next`], stops after [`MAX_PAGES`], and keeps one
//! incident per key. Nothing here ever sees a token; the shell adds it, and every follow-up stays on the first origin.
//!
//! Read from GitHub's REST description (`@octokit/openapi` 23.0.2) and documentation on 2026-11-20.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::Value;
use url::Url;

use crate::{
    domain::incident::{Incident, Kind, Repo},
    source::Batch,
    text::{Text, clip},
    wire::{Request, Response},
};

pub(crate) mod event;
pub mod feeds;
pub(crate) mod field;
pub(crate) mod graphql;
pub(crate) mod issue;
pub mod limit;
mod link;
pub(crate) mod names;
pub mod receipt;
mod refusal;
pub mod sync;
pub mod timeline;
pub mod trouble;

use limit::Budget;
use trouble::SourceError;

/// Pages a caller follows before it gives up: 10,000 issues, where GitHub itself stops paging.
pub const MAX_PAGES: usize = 100;

/// The longest entity tag sent back, in bytes; GitHub's have 68.
const MAX_ETAG: usize = 256;

/// Columns kept of a host's own words.
const MESSAGE_COLUMNS: usize = 200;

/// Where a listing stands: which page to ask for next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    /// `https://api.github.com`, `https://HOST/api/v3`; a trailing slash does not matter.
    pub api_url: Url,
    /// The repository that is listed.
    pub repository: Repo,
    /// Whether pull requests are kept; GitHub lists them among the issues.
    pub with_pull_requests: bool,
    /// A page as the host linked it, on the origin of `api_url`; nothing = the first.
    pub page_url: Option<Url>,
    /// The entity tag this page had last time, for this token.
    pub etag: Option<String>,
}

/// What one page brought.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// The page's incidents, and what was left out of it.
    pub batch: Batch<Incident>,
    /// The page after this one, or where the host has moved this one to.
    pub next: Option<Cursor>,
    /// This page's entity tag; printable ASCII.
    pub etag: Option<String>,
    /// Whether the page is as it was when the cursor's entity tag was given (304); the batch is then empty.
    ///
    /// This speaks of one page only: an issue of a later page can be closed without a change to the first.
    pub unchanged: bool,
    /// Whether the host only said where the page is now; the batch is then empty and `next` the new place.
    pub moved: bool,
    /// What is left of the rate limit, where the host says.
    pub budget: Option<Budget>,
}

/// The beginning of a listing of a repository's open issues.
pub fn first(api_url: &Url, repository: &Repo, with_pull_requests: bool) -> Cursor {
    Cursor { api_url: api_url.clone(), repository: repository.clone(), with_pull_requests, page_url: None, etag: None }
}

/// What to ask for the cursor's page.
pub fn request(cursor: &Cursor) -> Request {
    ask(page_url(cursor), cursor.etag.as_deref())
}

/// Reads the answer to the cursor's request. Good items are kept; a malformed one is left out and named.
///
/// # Errors
/// One variant of [`SourceError`] per remedy. A page of nothing but malformed items is [`SourceError::Garbled`]: an empty
/// list would read as "all quiet".
pub fn read(response: &Response, cursor: &Cursor, now: DateTime<Utc>) -> Result<Step, SourceError> {
    let mut step = Step {
        batch: Batch::new(),
        next: None,
        etag: response.header("etag").and_then(sendable),
        unchanged: false,
        moved: false,
        budget: limit::budget(response, now),
    };
    match response.status {
        200..=299 => {
            step.next = next_page(response, &page_url(cursor))?.map(|url| cursor.at(url));
            step.batch = items(&response.body, cursor)?;
            Ok(step)
        }
        304 => {
            step.next = next_page(response, &page_url(cursor))?.map(|url| cursor.at(url));
            step.unchanged = true;
            Ok(step)
        }
        301 | 302 | 307 | 308 => {
            step.next = Some(cursor.at(redirected(response, &page_url(cursor))?));
            step.etag = None;
            step.moved = true;
            Ok(step)
        }
        _ => Err(refusal::read(response, now)),
    }
}

impl Cursor {
    fn at(&self, url: Url) -> Self {
        Self { page_url: Some(url), etag: None, ..self.clone() }
    }
}

fn page_url(cursor: &Cursor) -> Url {
    if let Some(page) = &cursor.page_url {
        return page.clone();
    }
    let mut url = issues_of(&cursor.api_url, &cursor.repository, &[]);
    url.set_query(Some("state=open&sort=updated&direction=desc&per_page=100"));
    url
}

/// `API/repos/OWNER/NAME/issues`, and what follows it.
fn issues_of(api_url: &Url, repository: &Repo, following: &[&str]) -> Url {
    let mut url = without_credentials(api_url.clone());
    // An address that cannot have a path is refused by the configuration; here it stays as it is.
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().push("repos").extend(repository.on_host().splitn(2, '/')).push("issues").extend(following);
    }
    url
}

fn ask(url: Url, etag: Option<&str>) -> Request {
    let mut headers = vec![
        ("accept", "application/vnd.github+json".to_owned()),
        ("x-github-api-version", "2022-11-28".to_owned()),
        ("user-agent", concat!("watchfloor/", env!("CARGO_PKG_VERSION")).to_owned()),
    ];
    if let Some(etag) = etag.and_then(sendable) {
        headers.push(("if-none-match", etag));
    }
    Request::get(url, headers)
}

fn without_credentials(mut url: Url) -> Url {
    // Both fail only for addresses without a host, which cannot carry credentials.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.set_fragment(None);
    url
}

/// An entity tag that may be sent back as it is.
fn sendable(etag: &str) -> Option<String> {
    let etag = etag.trim();
    let is_plain = !etag.is_empty() && etag.len() <= MAX_ETAG && etag.bytes().all(|b| (b' '..=b'~').contains(&b));
    is_plain.then(|| etag.to_owned())
}

/// The page after the one at `here`, on the same origin.
fn next_page(response: &Response, here: &Url) -> Result<Option<Url>, SourceError> {
    let links = response.headers.iter().filter(|(name, _)| name == "link");
    let Some(target) = links.filter_map(|(_, value)| link::next(value)).next() else { return Ok(None) };
    let Ok(url) = here.join(target).map(without_credentials) else {
        return Err(garbled("its link to the next page is no address"));
    };
    if url.origin() != here.origin() {
        return Err(SourceError::ForeignLink { host: origin(&url) });
    }
    if url == *here {
        return Err(garbled("its link to the next page leads to itself"));
    }
    Ok(Some(url))
}

/// Where the page at `here` is now, on the same origin.
fn redirected(response: &Response, here: &Url) -> Result<Url, SourceError> {
    let status = response.status;
    let written = response.header("location").unwrap_or_default();
    let nowhere = || SourceError::Moved { status, to: short(written) };
    if written.trim().is_empty() {
        return Err(nowhere());
    }
    let url = here.join(written).map(without_credentials).map_err(|_| nowhere())?;
    if url.origin() != here.origin() {
        return Err(SourceError::ForeignRedirect { host: origin(&url) });
    }
    if url == *here {
        return Err(nowhere());
    }
    Ok(url)
}

fn origin(url: &Url) -> Text {
    let ascii = url.origin().ascii_serialization();
    // An opaque origin (`data:`, `javascript:`) has no host to name.
    short(if ascii == "null" { url.scheme() } else { &ascii })
}

/// A body's records: a JSON list.
fn records(body: &[u8]) -> Result<Vec<Value>, SourceError> {
    match serde_json::from_slice::<Value>(body) {
        Ok(Value::Array(list)) => Ok(list),
        Ok(other) => Err(garbled(kind_of(&other))),
        Err(_) if body.trim_ascii_start().starts_with(b"<") => Err(garbled("it is an HTML page")),
        Err(_) if body.trim_ascii().is_empty() => Err(garbled("it is empty")),
        Err(error) => Err(garbled(&error.to_string())),
    }
}

fn items(body: &[u8], cursor: &Cursor) -> Result<Batch<Incident>, SourceError> {
    let list = records(body)?;
    let (mut batch, mut names, mut n_read) = (Batch::new(), names::Names::default(), 0_usize);
    for (i, item) in list.iter().enumerate() {
        let at = || match item.get("number").and_then(Value::as_u64) {
            Some(number) => format!("#{number}"),
            None => format!("item {}", i + 1),
        };
        let read = serde_path_to_error::deserialize::<_, issue::Issue<'_>>(item)
            .map_err(|error| error.to_string())
            .and_then(|issue| {
                let incident = issue.incident(issue.kind(), Some(&cursor.repository), &mut names)?;
                Ok((incident, issue.has_labels()))
            });
        match read {
            Ok((incident, has_labels)) => {
                n_read += 1;
                // It stays in the queue, and nobody can say that it blocks nothing.
                if !has_labels {
                    batch.skip(&at(), "labels: null or missing, taken as none");
                }
                if cursor.with_pull_requests || incident.kind == Kind::Issue {
                    batch.items.push(incident);
                }
            }
            Err(why) => batch.skip(&at(), &why),
        }
    }
    match batch.skipped.first() {
        Some(skipped) if n_read == 0 => Err(garbled(&format!("{}: {}", skipped.at, skipped.why))),
        _ => Ok(batch),
    }
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Object(_) => "it is one object",
        Value::Array(_) => "it is a list",
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => "it is a single value",
    }
}

fn garbled(why: &str) -> SourceError {
    SourceError::Garbled { why: short(why) }
}

/// A host's words, scrubbed and cut to a line.
fn short(outside: &str) -> Text {
    Text::scrub(&clip(Text::scrub(outside.trim()).as_str(), MESSAGE_COLUMNS))
}

/// What the host says for itself: the `message` of its JSON.
fn message(body: &[u8]) -> Option<Text> {
    #[derive(Deserialize)]
    struct Said {
        message: String,
    }
    serde_json::from_slice::<Said>(body).ok().map(|said| short(&said.message)).filter(|said| !said.is_blank())
}

#[cfg(test)]
mod tests;
