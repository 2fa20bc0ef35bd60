//! What happened to one issue: what to ask, how to read a page of its timeline.
//!
//! The list of issues tells neither when somebody answered nor when a label was set; this does. GitHub gives the oldest
//! entries first, and names no assigners here.
//!
//! Read from GitHub's REST description (`@octokit/openapi` 23.0.2) on 2026-11-20.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use url::Url;

use super::{
    ask,
    event::{Entry, Happened},
    garbled, issues_of,
    limit::{self, Budget},
    names::Names,
    next_page, records, redirected, refusal, sendable,
    trouble::SourceError,
};
use crate::{
    domain::incident::{Event, IncidentKey},
    wire::{Request, Response},
};

/// Pages a caller follows before it gives up: a thousand entries.
pub const MAX_PAGES: usize = 10;

/// Where the reading of a timeline stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    /// As in [`super::Cursor`].
    pub api_url: Url,
    /// Whose timeline.
    pub key: IncidentKey,
    /// A page as the host linked it, on the origin of `api_url`; nothing = the first.
    pub page_url: Option<Url>,
    /// The entity tag this page had last time, for this token.
    pub etag: Option<String>,
}

/// What one page brought.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// What matters of the page, in its order.
    pub events: Vec<Event>,
    /// Entries that should matter but lack their time or label.
    pub n_left_out: usize,
    /// The page after this one, or where the host has moved this one to.
    pub next: Option<Cursor>,
    /// This page's entity tag; printable ASCII.
    pub etag: Option<String>,
    /// Whether the page is as it was when the cursor's entity tag was given (304); there are no events then.
    pub unchanged: bool,
    /// Whether the host only said where the page is now.
    pub moved: bool,
    /// What is left of the rate limit, where the host says.
    pub budget: Option<Budget>,
    /// When the page was true, by the host's clock where it tells it, for comparison with its own times.
    pub host_time: DateTime<Utc>,
}

/// The beginning of an incident's timeline.
pub fn first(api_url: &Url, key: &IncidentKey) -> Cursor {
    Cursor { api_url: api_url.clone(), key: key.clone(), page_url: None, etag: None }
}

/// What to ask for the cursor's page.
pub fn request(cursor: &Cursor) -> Request {
    ask(page_url(cursor), cursor.etag.as_deref())
}

/// Reads the answer to the cursor's request. Entries of kinds that do not matter are passed over.
///
/// # Errors
/// One variant of [`SourceError`] per remedy, as for a list.
pub fn read(response: &Response, cursor: &Cursor, now: DateTime<Utc>) -> Result<Step, SourceError> {
    let mut step = Step {
        events: Vec::new(),
        n_left_out: 0,
        next: None,
        etag: response.header("etag").and_then(sendable),
        unchanged: false,
        moved: false,
        budget: limit::budget(response, now),
        host_time: limit::host_time(response, now),
    };
    let here = page_url(cursor);
    let at = |url| Cursor { page_url: Some(url), etag: None, ..cursor.clone() };
    match response.status {
        200..=299 => {
            step.next = next_page(response, &here)?.map(at);
            (step.events, step.n_left_out) = events(&response.body)?;
        }
        304 => {
            step.next = next_page(response, &here)?.map(at);
            step.unchanged = true;
        }
        301 | 302 | 307 | 308 => {
            step.next = Some(at(redirected(response, &here)?));
            step.etag = None;
            step.moved = true;
        }
        _ => return Err(refusal::read(response, now)),
    }
    Ok(step)
}

fn page_url(cursor: &Cursor) -> Url {
    if let Some(page) = &cursor.page_url {
        return page.clone();
    }
    let mut url = issues_of(&cursor.api_url, &cursor.key.repo, &[&cursor.key.number.to_string(), "timeline"]);
    url.set_query(Some("per_page=100"));
    url
}

fn events(body: &[u8]) -> Result<(Vec<Event>, usize), SourceError> {
    let list = records(body)?;
    let (mut events, mut n_left_out, mut n_read, mut names) = (Vec::new(), 0, 0_usize, Names::default());
    for entry in &list {
        match Happened::deserialize(entry).map(|entry| entry.event(&mut names)) {
            Ok(Entry::Kept(event)) => {
                n_read += 1;
                events.push(event);
            }
            Ok(Entry::Unneeded) => n_read += 1,
            Ok(Entry::Unusable) | Err(_) => n_left_out += 1,
        }
    }
    if n_read == 0 && n_left_out > 0 {
        return Err(garbled("none of its entries can be read"));
    }
    Ok((events, n_left_out))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        incident::{Label, Repo, Standing, What},
        time::parse_rfc3339,
    };

    fn now() -> DateTime<Utc> {
        parse_rfc3339("2026-11-20T14:00:00Z").unwrap()
    }

    fn cursor() -> Cursor {
        let api_url = Url::parse("https://ghe.example/api/v3/").unwrap();
        first(&api_url, &IncidentKey::issue(Repo::new("acme/api"), 812))
    }

    fn answer(status: u16, headers: &[(&str, &str)], body: &str) -> Response {
        let headers = headers.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        Response { status, headers, body: body.as_bytes().to_vec() }
    }

    #[test]
    fn a_timeline_is_asked_for_by_its_issue() {
        let asked = request(&Cursor { etag: Some("\"e\"".to_owned()), ..cursor() });
        assert_eq!(asked.url.as_str(), "https://ghe.example/api/v3/repos/acme/api/issues/812/timeline?per_page=100");
        assert!(asked.headers.contains(&("if-none-match", "\"e\"".to_owned())));
    }

    #[test]
    fn entries_that_matter_are_kept_and_the_others_passed_over() {
        let body = r#"[
            {"event":"labeled","created_at":"2026-11-20T10:00:00Z","label":{"name":"P1"},"actor":{"login":"ann"}},
            {"event":"subscribed","created_at":"2026-11-20T10:01:00Z","actor":{"login":"bo"}},
            {"event":"cross-referenced","created_at":"2026-11-20T10:01:30Z"},
            {"event":"commented","created_at":"2026-11-20T10:02:00Z","user":{"login":"bo","type":"User"},
             "actor":{"login":"bo","type":"User"},"author_association":"MEMBER","body":"on it"},
            {"event":"labeled","created_at":"2026-11-20T10:03:00Z"},
            {"event":7}, 5]"#;
        let step = read(&answer(200, &[("date", "Fri, 20 Nov 2026 14:00:05 GMT")], body), &cursor(), now()).unwrap();
        let whats: Vec<_> = step.events.iter().map(|event| event.what.clone()).collect();
        assert_eq!(whats, [What::Labeled(Label::new("P1")), What::Commented]);
        assert_eq!(step.events[1].actor.as_ref().unwrap().standing, Standing::Member);
        assert_eq!((step.n_left_out, step.host_time), (3, parse_rfc3339("2026-11-20T14:00:05Z").unwrap()));
    }

    #[test]
    fn pages_and_moves_stay_on_their_host() {
        let link = ("link", r#"</repositories/1/issues/812/timeline?per_page=100&page=2>; rel="next""#);
        let next = read(&answer(200, &[link], "[]"), &cursor(), now()).unwrap().next.unwrap();
        assert_eq!(request(&next).url.path(), "/repositories/1/issues/812/timeline");
        let moved = read(&answer(301, &[("location", "/x")], ""), &cursor(), now()).unwrap();
        assert!(moved.moved && request(&moved.next.unwrap()).url.path() == "/x");
        for (status, header) in
            [(200, ("link", r#"<https://evil.example/>; rel="next""#)), (301, ("location", "http://ghe.example/"))]
        {
            assert!(read(&answer(status, &[header], "[]"), &cursor(), now()).is_err());
        }
    }

    #[test]
    fn what_is_no_timeline_is_refused() {
        for body in ["", "{}", "<html>", r#"[{"event":"labeled"}]"#, "[1]"] {
            assert!(
                matches!(read(&answer(200, &[], body), &cursor(), now()), Err(SourceError::Garbled { .. })),
                "{body}"
            );
        }
        assert_eq!(read(&answer(404, &[], ""), &cursor(), now()), Err(SourceError::NotFound));
    }
}
