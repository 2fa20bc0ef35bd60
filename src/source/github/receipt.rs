//! What GitHub answers to a change, and what it shows of one whose answer was lost.
//!
//! A change is done only when the answer shows it: a hotel's page with status 200 is none, and GitHub itself drops assignees
//! and labels without a word where the token may not set them.

use chrono::{DateTime, Utc};
use serde_json::Value;
use url::Url;

use crate::{
    domain::{
        delivery::Outcome,
        incident::{Label, Login},
        intent::{Act, Intent},
        notify::thread::Stands,
    },
    text::Text,
    wire::Response,
};

use super::{limit, message, next_page, redirected, refusal, short, trouble::SourceError};

/// What an answer to a change means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Receipt {
    /// What came of it.
    Came(Outcome),
    /// It is to be asked for at another address of the same host.
    Moved(Url),
    /// It may be so already: look how the incident stands, then ask [`already`]. Otherwise this came of it.
    Check(Outcome),
}

/// What a page of comments or incidents shows of a change whose answer was lost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seen {
    /// It is there.
    Found {
        /// Its page.
        url: Option<Text>,
    },
    /// Not on this page; the next one, if there is one.
    NotHere(Option<Url>),
    /// The page is at another address of the same host.
    Moved(Url),
    /// The page could not be read.
    Failed(Outcome),
}

/// Reads the answer to a change that was asked for at `here`.
pub fn read(response: &Response, intent: &Intent, here: &Url, now: DateTime<Utc>) -> Receipt {
    match response.status {
        200..=299 => Receipt::Came(shown(response, intent)),
        // The method and the body stay: what is asked for is the same change at the incident's new place.
        301 | 302 | 307 | 308 => match redirected(response, here) {
            Ok(url) => Receipt::Moved(url),
            Err(error) => Receipt::Came(Outcome::Refused { why: Text::scrub(&format!("{error}; do it on the page")) }),
        },
        status => {
            let outcome = failed(response, &intent.target.to_string(), now);
            let may_be_so =
                matches!((status, &intent.act), (404, Act::Unlabel(_)) | (422, Act::Reopen | Act::Close(_)));
            if may_be_so { Receipt::Check(outcome) } else { Receipt::Came(outcome) }
        }
    }
}

/// Whether an incident stands as the change wants it, by the answer to a question for the incident itself.
pub fn already(response: &Response, act: &Act) -> bool {
    let Some(issue) = json(response).filter(|_| response.status == 200) else { return false };
    match act {
        Act::Unlabel(label) => listed(issue.get("labels"), "name").is_some_and(|all| !has(&all, label.as_str())),
        Act::Reopen => issue.get("state").and_then(Value::as_str) == Some("open"),
        Act::Close(reason) => {
            let said = issue.get("state_reason").and_then(Value::as_str);
            issue.get("state").and_then(Value::as_str) == Some("closed")
                && said.is_none_or(|said| said == reason.code())
        }
        Act::Assign(_) | Act::Unassign(_) | Act::Label(_) | Act::Comment(_) | Act::Create { .. } => false,
    }
}

/// Reads a page of comments, or of incidents, for the mark of a change.
pub fn look(response: &Response, intent: &Intent, here: &Url, now: DateTime<Utc>) -> Seen {
    match response.status {
        200 => {}
        301 | 302 | 307 | 308 => {
            return match redirected(response, here) {
                Ok(url) => Seen::Moved(url),
                Err(error) => Seen::Failed(lost(&error.to_string())),
            };
        }
        _ => return Seen::Failed(failed(response, &intent.target.to_string(), now)),
    }
    let Some(Value::Array(list)) = json(response) else { return Seen::Failed(not_github()) };
    let marker = intent.id.marker();
    let is_it = |one: &&Value| one.get("body").and_then(Value::as_str).is_some_and(|body| body.contains(&marker));
    if let Some(found) = list.iter().find(is_it) {
        return Seen::Found { url: page_of(found) };
    }
    match next_page(response, here) {
        Ok(next) => Seen::NotHere(next),
        Err(error) => Seen::Failed(lost(&error.to_string())),
    }
}

/// What the answer to a question for an issue says of how it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// So.
    Is(Stands),
    /// It is to be asked for at another address of the same host.
    Moved(Url),
    /// That cannot be said.
    Failed(Outcome),
}

/// Reads how an issue stands.
pub fn stands(response: &Response, target: &str, here: &Url, now: DateTime<Utc>) -> Standing {
    match response.status {
        200 => match json(response).as_ref().and_then(|issue| issue.get("state")?.as_str()) {
            Some("open") => Standing::Is(Stands::Open),
            Some("closed") => Standing::Is(Stands::Closed),
            _ => Standing::Failed(not_github()),
        },
        301 | 302 | 307 | 308 => match redirected(response, here) {
            Ok(url) => Standing::Moved(url),
            Err(error) => Standing::Failed(lost(&error.to_string())),
        },
        404 | 410 => Standing::Is(Stands::Gone),
        _ => Standing::Failed(failed(response, target, now)),
    }
}

/// The labels that an incident carries, by the answer to a question for the incident itself.
pub fn labels(response: &Response) -> Option<Vec<Label>> {
    let issue = json(response).filter(|_| response.status == 200)?;
    Some(listed(issue.get("labels"), "name")?.into_iter().map(Label::new).collect())
}

/// Reads whose token it is.
///
/// # Errors
/// What the answer means for whoever needs to know: a token of an app belongs to nobody.
pub fn viewer(response: &Response, now: DateTime<Utc>) -> Result<Login, Outcome> {
    if response.status != 200 {
        return Err(failed(response, "whose token it is", now));
    }
    let login = json(response).and_then(|who| Some(Login::new(who.get("login")?.as_str()?)));
    login.filter(|login| !login.as_str().is_empty()).ok_or_else(not_github)
}

/// A good answer: whether it shows the change.
fn shown(response: &Response, intent: &Intent) -> Outcome {
    let Some(answer) = json(response) else { return not_github() };
    let done = Outcome::Done { url: None };
    match &intent.act {
        Act::Comment(_) | Act::Create { .. } => {
            // What is not ours, or is no comment at all, proves nothing.
            let is_ours = answer.get("id").is_some_and(Value::is_u64)
                && answer.get("body").and_then(Value::as_str).is_none_or(|body| body.contains(&intent.id.marker()));
            if is_ours { Outcome::Done { url: page_of(&answer) } } else { not_github() }
        }
        Act::Assign(who) => match listed(answer.get("assignees"), "login") {
            None => not_github(),
            Some(all) => match who.iter().find(|login| !has(&all, login.as_str())) {
                None => done,
                Some(login) => ignored(&unassignable(login)),
            },
        },
        Act::Unassign(who) => match listed(answer.get("assignees"), "login") {
            None => not_github(),
            Some(all) if who.iter().any(|login| has(&all, login.as_str())) => {
                ignored("they are still assigned: the token may not change assignees there")
            }
            Some(_) => done,
        },
        Act::Label(which) => match listed(Some(&answer), "name") {
            None => not_github(),
            Some(all) => match which.iter().find(|label| !has(&all, label.as_str())) {
                None => done,
                Some(label) => ignored(&format!("{label} is not set: the token may not set labels there")),
            },
        },
        Act::Unlabel(label) => match listed(Some(&answer), "name") {
            None => not_github(),
            Some(all) if has(&all, label.as_str()) => {
                ignored(&format!("{label} is still set: the token may not take labels off there"))
            }
            Some(_) => done,
        },
        Act::Close(_) => state(&answer, "closed"),
        Act::Reopen => state(&answer, "open"),
    }
}

fn unassignable(login: &Login) -> String {
    format!("{login} is not assigned: they cannot be assigned there (no access to the repository, or no such account)")
}

fn state(answer: &Value, wanted: &str) -> Outcome {
    match answer.get("state").and_then(Value::as_str) {
        Some(said) if said == wanted => Outcome::Done { url: None },
        Some(said) => ignored(&format!("it is still {said}: the token may not change that there")),
        None => not_github(),
    }
}

/// The host took the request and did not do it.
fn ignored(why: &str) -> Outcome {
    Outcome::Refused { why: Text::scrub(&format!("the host ignored it: {why}")) }
}

/// An answer that is no good one.
fn failed(response: &Response, target: &str, now: DateTime<Utc>) -> Outcome {
    let refused = |why: String| Outcome::Refused { why: short(&why) };
    // A host in trouble may have taken the change all the same, whatever patience it asks for.
    if let status @ 500.. = response.status {
        return Outcome::Lost {
            why: short(&format!("the host has trouble of its own ({status})")),
            until: response.header("retry-after").and_then(|_| limit::until(response, None, now)),
        };
    }
    match refusal::read(response, now) {
        SourceError::Unauthorized { message } => Outcome::Unknown {
            why: short(&format!("the host does not accept the token (401): {message}; give it another")),
        },
        SourceError::RateLimited { until } => Outcome::Limited { until },
        SourceError::NotFound => {
            refused(format!("{target} is not there, or the token may not change it (404): check the key and the token"))
        }
        SourceError::Gone { message } => refused(format!("{target} is gone (410): {message}")),
        SourceError::Forbidden { message, .. } => {
            let needs = response.header("x-accepted-github-permissions").map(|needs| format!("; it needs {needs}"));
            let signs =
                response.header("x-github-sso").map(|_| "; sign in to the organisation for this token".to_owned());
            let what = needs.or(signs).unwrap_or_default();
            refused(format!("the host does not allow it (403): {message}{what}"))
        }
        _ => refused(format!("the host rejects it ({}): {}", response.status, reasons(response))),
    }
}

/// What is wrong with a request, in the host's words, each fault by itself.
fn reasons(response: &Response) -> String {
    let said = message(&response.body).unwrap_or_else(|| Text::scrub("no reason given"));
    let Some(answer) = json(response) else { return said.to_string() };
    let one = |fault: &Value| match fault {
        Value::String(words) => Some(words.clone()),
        other => {
            let word = |name| other.get(name).and_then(Value::as_str);
            let words = [word("message"), word("field"), word("code")];
            let words: Vec<&str> = words.into_iter().flatten().collect();
            (!words.is_empty()).then(|| words.join(" "))
        }
    };
    let faults: Vec<String> =
        answer.get("errors").and_then(Value::as_array).into_iter().flatten().filter_map(one).collect();
    if faults.is_empty() { said.to_string() } else { format!("{said}: {}", faults.join(", ")) }
}

fn lost(why: &str) -> Outcome {
    Outcome::Lost { why: short(why), until: None }
}

fn not_github() -> Outcome {
    lost("the answer is not GitHub's: something stands between this machine and the host")
}

fn json(response: &Response) -> Option<Value> {
    serde_json::from_slice(&response.body).ok()
}

/// The names in a list of accounts or labels; nothing where it is no list.
fn listed<'a>(list: Option<&'a Value>, name: &str) -> Option<Vec<&'a str>> {
    let list = list?.as_array()?;
    Some(list.iter().filter_map(|one| one.as_str().or_else(|| one.get(name)?.as_str())).collect())
}

fn has(all: &[&str], name: &str) -> bool {
    all.iter().any(|known| known.eq_ignore_ascii_case(name))
}

fn page_of(made: &Value) -> Option<Text> {
    let url = made.get("html_url")?.as_str()?;
    let is_page = Url::parse(url).is_ok_and(|url| matches!(url.scheme(), "https" | "http"));
    is_page.then(|| Text::scrub(url))
}

#[cfg(test)]
mod tests;
