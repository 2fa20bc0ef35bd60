//! What is asked of a GitHub host beside issues and pull requests: security alerts, checks of refs, an inbox, an owner's
//! repositories, saved searches, and what the token may do.
//!
//! Each is a [`Chore`] of the planner: it says what to ask, reads the answer, and keeps no more than it needs to go on.
//!
//! Read from GitHub's REST description (`@octokit/openapi` 23.0.2) and documentation on 2026-11-20.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;
use url::Url;

use crate::{
    domain::{incident::Repo, sla::RepoPattern},
    source::github::{
        ask, garbled, next_page, refusal,
        sync::{Chore, Plan},
        trouble::SourceError,
        without_credentials,
    },
    text::Text,
    wire::{Request, Response},
};

pub mod access;
pub mod alert;
pub mod checks;
pub mod inbox;
mod memory;
pub mod missing;
pub mod owner;
pub mod rights;
pub mod runs;
#[cfg(test)]
mod samples;
pub mod search;

use access::Access;
use alert::{Alerts, Which};
use checks::Checks;
use inbox::Inbox;
use owner::Owner;
use runs::Runs;
use search::Search;

/// Pages of a list that a chore reads in one round; 100 records each.
const MAX_PAGES: usize = 20;

/// What the settings ask of a host beside issues.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// Repositories by pattern.
    pub patterns: &'a [RepoPattern],
    /// Saved searches.
    pub searches: &'a [Text],
    /// Refs whose checks are watched.
    pub refs: &'a [(Repo, Text)],
    /// Branches whose runs of workflows a release is judged by.
    pub runs: &'a [(Repo, Text)],
    /// Artefacts that a release is judged by, by name.
    pub artefacts: &'a [(Repo, Text)],
    /// Whether the inbox is read.
    pub with_notifications: bool,
    /// Whether security alerts are read.
    pub with_alerts: bool,
}

/// Everything that is asked of a host beside issues, for the repositories that its plan names.
pub fn chores(plan: &Plan, more: &Asked<'_>) -> Vec<Box<dyn Chore>> {
    let mut chores: Vec<Box<dyn Chore>> = vec![Box::new(Access::new(plan))];
    for (repo, name) in more.refs {
        let keyed = plan.keyed(repo.on_host());
        chores.push(Box::new(Checks::new(&plan.api_url, &keyed, name.as_str())));
    }
    for (repo, of) in more.runs {
        chores.push(Box::new(Runs::on(&plan.api_url, &plan.keyed(repo.on_host()), of)));
    }
    for (repo, of) in more.artefacts {
        chores.push(Box::new(Runs::artefacts(&plan.api_url, &plan.keyed(repo.on_host()), of)));
    }
    let owners = Owner::all(plan, more.patterns, more.with_alerts);
    chores.extend(owners.into_iter().map(|owner| Box::new(owner) as Box<dyn Chore>));
    if !more.searches.is_empty() {
        chores.push(Box::new(Search::new(plan, more.patterns, more.searches)));
    }
    if more.with_notifications {
        chores.push(Box::new(Inbox::new(plan)));
    }
    if more.with_alerts {
        plan.repos.iter().for_each(|repo| chores.extend(of_repository(plan, repo)));
    }
    chores
}

/// What an answer to a chore's question says is missing, and the question that it leads to, where it was refused.
pub fn lacks(chore: &mut dyn Chore, response: &Response, now: DateTime<Utc>) -> (Vec<Text>, Option<Request>) {
    if (200..400).contains(&response.status) {
        return (Vec::new(), None);
    }
    let error = refusal::read(response, now);
    match chore.refused(&error, now) {
        Ok(step) => (step.host.map(|part| part.missing).unwrap_or_default(), step.next),
        Err(error) => (vec![Text::scrub(&format!("{}: {error}", chore.name()))], None),
    }
}

/// What is asked of each repository where alerts are wanted; for one that a pattern finds later, too.
pub fn of_repository(plan: &Plan, repo: &Repo) -> Vec<Box<dyn Chore>> {
    let keyed = plan.keyed(repo.on_host());
    Which::ALL.map(|which| Box::new(Alerts::new(which, &plan.api_url, &keyed)) as Box<dyn Chore>).into()
}

/// An address below the API's root, by its segments, each percent-encoded; `query` as it is written.
fn address(api_url: &Url, segments: &[&str], query: &str) -> Url {
    let mut url = without_credentials(api_url.clone());
    // An address that cannot have a path is refused by the configuration; here it stays as it is.
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().extend(segments);
    }
    url.set_query((!query.is_empty()).then_some(query));
    url
}

/// An address below a repository.
fn of_repo(api_url: &Url, repo: &Repo, segments: &[&str], query: &str) -> Url {
    let (owner, name) = repo.on_host().split_once('/').unwrap_or((repo.on_host(), ""));
    let all: Vec<&str> = ["repos", owner, name].into_iter().chain(segments.iter().copied()).collect();
    address(api_url, &all, query)
}

/// A question; the planner adds the entity tag.
fn get(url: Url) -> Request {
    ask(url, None)
}

/// The page after the one that was asked for, on the same origin.
fn following(response: &Response, here: &Url) -> Result<Option<Url>, SourceError> {
    next_page(response, here)
}

/// A body that is one JSON object.
fn object(body: &[u8]) -> Result<Value, SourceError> {
    match serde_json::from_slice::<Value>(body) {
        Ok(value @ Value::Object(_)) => Ok(value),
        Ok(_) => Err(garbled("it is no object")),
        Err(_) if body.trim_ascii_start().starts_with(b"<") => Err(garbled("it is an HTML page")),
        Err(error) => Err(garbled(&error.to_string())),
    }
}

/// A text at a pointer, not yet scrubbed; nothing where it is missing, null or blank.
fn text<'a>(value: &'a Value, at: &str) -> Option<&'a str> {
    value.pointer(at).and_then(Value::as_str).filter(|text| !text.trim().is_empty())
}

/// A time at a pointer.
fn time(value: &Value, at: &str) -> Option<DateTime<Utc>> {
    crate::domain::time::parse_rfc3339(text(value, at)?)
}

/// How long a closed alert is told of; older ones have no clock that anybody looks at.
const CLOSED_FOR: TimeDelta = TimeDelta::days(90);
