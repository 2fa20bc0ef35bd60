//! Changes as requests to GitHub's REST API: one request a change, and what to ask to see whether a lost one arrived.
//!
//! Names from outside become one percent-encoded part of a path each, so that a label called `sev/2` cannot mean another
//! address. The answers are read in `source::github::receipt`. Nothing here ever sees a token.
//!
//! Read from GitHub's REST description (`@octokit/openapi` 23.0.2) on 2026-11-20.

use serde_json::{Value, json};
use url::Url;

use crate::{
    domain::{
        incident::{IncidentKey, Login, Numbering, Repo},
        intent::{Act, Intent, Target},
    },
    text::{Passage, Text},
    wire::{Method, Request},
};

/// What to ask so that a change is made.
///
/// # Errors
/// Why it cannot be asked for at this API: an alert is no conversation, a name cannot stand in an address.
pub fn request(api_url: &Url, intent: &Intent) -> Result<Request, Text> {
    if let Target::Repository(repo) = &intent.target {
        let Act::Create { title, body, labels } = &intent.act else { return Err(misplaced(intent)) };
        let mut sent = json!({ "title": title.as_str(), "body": marked(body, intent) });
        if let (Some(sent), false) = (sent.as_object_mut(), labels.is_empty()) {
            sent.insert("labels".to_owned(), labels.iter().map(|label| label.as_str()).collect());
        }
        return Ok(ask(Method::Post, issues(api_url, repo, &[])?, Some(&sent)));
    }
    let Target::Incident(key) = &intent.target else { return Err(misplaced(intent)) };
    let at = |following: &[&str]| issue(api_url, key, following);
    Ok(match &intent.act {
        Act::Assign(who) => ask(Method::Post, at(&["assignees"])?, Some(&json!({ "assignees": names(who) }))),
        Act::Unassign(who) => ask(Method::Delete, at(&["assignees"])?, Some(&json!({ "assignees": names(who) }))),
        Act::Label(which) => {
            let labels: Vec<&str> = which.iter().map(|label| label.as_str()).collect();
            ask(Method::Post, at(&["labels"])?, Some(&json!({ "labels": labels })))
        }
        Act::Unlabel(which) => ask(Method::Delete, at(&["labels", which.as_str()])?, None),
        Act::Comment(text) => ask(Method::Post, at(&["comments"])?, Some(&json!({ "body": marked(text, intent) }))),
        Act::Close(reason) => {
            ask(Method::Patch, at(&[])?, Some(&json!({ "state": "closed", "state_reason": reason.code() })))
        }
        // Without a reason: the host knows it, and refuses "reopened" for what is open already.
        Act::Reopen => ask(Method::Patch, at(&[])?, Some(&json!({ "state": "open" }))),
        Act::Create { .. } => return Err(misplaced(intent)),
    })
}

/// What to ask to see whether a comment or a new incident is there: the first page, newest first where the host can.
///
/// # Errors
/// As [`request`].
pub fn look(api_url: &Url, intent: &Intent) -> Result<Request, Text> {
    let mut url = match &intent.target {
        Target::Incident(key) => issue(api_url, key, &["comments"])?,
        Target::Repository(repo) => {
            let mut url = issues(api_url, repo, &[])?;
            url.query_pairs_mut().append_pair("state", "all").append_pair("sort", "created");
            url.query_pairs_mut().append_pair("direction", "desc");
            url
        }
    };
    // No `since`: our clock and the host's may be hours apart, and what is not seen would be made again.
    url.query_pairs_mut().append_pair("per_page", "100");
    Ok(ask(Method::Get, url, None))
}

/// What to ask to see how an incident stands.
///
/// # Errors
/// As [`request`].
pub fn state(api_url: &Url, intent: &Intent) -> Result<Request, Text> {
    let Target::Incident(key) = &intent.target else { return Err(misplaced(intent)) };
    issue_of(api_url, key)
}

/// What to ask for an incident itself.
///
/// # Errors
/// As [`request`].
pub fn issue_of(api_url: &Url, key: &IncidentKey) -> Result<Request, Text> {
    Ok(ask(Method::Get, issue(api_url, key, &[])?, None))
}

/// What to ask to see whose token it is.
pub fn viewer(api_url: &Url) -> Request {
    let mut url = api_url.clone();
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().push("user");
    }
    ask(Method::Get, url, None)
}

/// A request to another address, where the host says it has gone to; the same otherwise.
pub fn moved(request: &Request, url: Url) -> Request {
    Request { url, ..request.clone() }
}

/// Words of somebody else, to be put into a text of ours: as code, so that no name in them is called and nothing in them acts.
pub fn quoted(outside: &str) -> String {
    let line = Text::scrub(outside);
    let longest = line.as_str().split(|sign| sign != '`').map(str::len).max().unwrap_or_default();
    let fence = "`".repeat(longest + 1);
    let is_open = line.as_str().is_empty() || line.as_str().starts_with('`') || line.as_str().ends_with('`');
    let pad = if is_open { " " } else { "" };
    format!("{fence}{pad}{line}{pad}{fence}")
}

/// A text with the mark that it is found by.
fn marked(text: &Passage, intent: &Intent) -> String {
    let text = text.as_str().trim_end();
    let gap = if text.is_empty() { "" } else { "\n\n" };
    format!("{text}{gap}{}", intent.id.marker())
}

fn names(who: &[Login]) -> Vec<&str> {
    who.iter().map(|login| login.as_str()).collect()
}

fn misplaced(intent: &Intent) -> Text {
    Text::scrub(&format!("{} cannot be done to {}", intent.act.words(), intent.target))
}

fn issue(api_url: &Url, key: &IncidentKey, following: &[&str]) -> Result<Url, Text> {
    if key.numbering != Numbering::Issues {
        return Err(Text::scrub(&format!("{key} is no issue and no pull request: it is changed on its own page")));
    }
    let number = key.number.to_string();
    let whole: Vec<&str> = std::iter::once(number.as_str()).chain(following.iter().copied()).collect();
    issues(api_url, &key.repo, &whole)
}

/// `API/repos/OWNER/NAME/issues`, and what follows it.
fn issues(api_url: &Url, repo: &Repo, following: &[&str]) -> Result<Url, Text> {
    let parts: Vec<&str> = repo.on_host().split('/').collect();
    let is_name = |part: &str| part.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'));
    // An address takes "." and ".." for steps: taking off a label of that name would take off every label.
    let is_step = |part: &str| part.is_empty() || matches!(part, "." | "..");
    if parts.len() != 2 || !parts.iter().all(|part| is_name(part) && !is_step(part)) {
        return Err(Text::scrub(&format!("\"{repo}\" is no repository: write owner/name")));
    }
    if let Some(name) = following.iter().find(|part| is_step(part)) {
        return Err(Text::scrub(&format!("\"{name}\" cannot stand in an address: do it on the page")));
    }
    let mut url = api_url.clone();
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.set_fragment(None);
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().push("repos").extend(parts).push("issues").extend(following);
    }
    Ok(url)
}

fn ask(method: Method, url: Url, body: Option<&Value>) -> Request {
    let mut headers = vec![
        ("accept", "application/vnd.github+json".to_owned()),
        ("x-github-api-version", "2022-11-28".to_owned()),
        ("user-agent", concat!("watchfloor/", env!("CARGO_PKG_VERSION")).to_owned()),
    ];
    let body = body.map(|body| {
        headers.push(("content-type", "application/json".to_owned()));
        body.to_string().into_bytes()
    });
    Request { method, url, headers, body: body.unwrap_or_default() }
}

#[cfg(test)]
mod tests;
