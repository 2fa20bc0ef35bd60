//! The person's inbox: threads that name them and are unread.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;
use url::Url;

use crate::{
    domain::{
        host::Host,
        incident::{Incident, IncidentKey, Kind, Label, Numbering},
    },
    source::{
        Batch,
        github::{
            field::page,
            records,
            sync::{Chore, HostPart, Plan, Step},
            trouble::SourceError,
        },
    },
    text::Text,
    wire::{Request, Response},
};

use super::{
    address, following, get,
    missing::{Feature, lacking},
    text, time,
};

/// As often as GitHub lets anybody ask; where it wants more patience it says so, and is obeyed.
const EVERY: TimeDelta = TimeDelta::seconds(60);

/// Pages of 50 threads that are read.
const PAGES: usize = 10;

/// The inbox of whoever the token is.
#[derive(Debug)]
pub struct Inbox {
    plan: Plan,
    first: Url,
    here: Url,
    pages: usize,
    n_skipped: usize,
    /// When the list last changed, in the host's words.
    modified: Option<String>,
}

impl Inbox {
    /// The inbox at a host.
    pub fn new(plan: &Plan) -> Self {
        let first = address(&plan.api_url, &["notifications"], "participating=true&per_page=50");
        Self { plan: plan.clone(), here: first.clone(), first, pages: 0, n_skipped: 0, modified: None }
    }

    fn thread(&self, record: &Value) -> Result<Option<Incident>, &'static str> {
        if record.get("unread").and_then(Value::as_bool) == Some(false) {
            return Ok(None);
        }
        let id = text(record, "/id").and_then(|id| id.parse().ok()).ok_or("id: missing, or no number")?;
        let full = text(record, "/repository/full_name").ok_or("repository.full_name: missing")?;
        let title = text(record, "/subject/title").ok_or("subject.title: missing")?;
        let updated_at = time(record, "/updated_at").ok_or("updated_at: missing, or no time")?;
        let kind = text(record, "/subject/type").unwrap_or("Thread");
        Ok(Some(Incident {
            key: IncidentKey { repo: self.plan.keyed(full), number: id, numbering: Numbering::Inbox },
            kind: Kind::Notification,
            title: Text::scrub(&format!("{kind}: {title}")),
            author: None,
            labels: text(record, "/reason").map(Label::new).into_iter().collect(),
            assignees: Vec::new(),
            reviewers: Vec::new(),
            milestone: None,
            is_draft: false,
            opened_at: updated_at,
            updated_at,
            closed_at: None,
            close_reason: None,
            comments: 0,
            url: page(web_page(record).as_deref()),
            body: None,
            timeline: Vec::new(),
            has_timeline: true,
        }))
    }
}

/// The page of what a thread is about: the API's address says which issue or pull request of the repository it is.
fn web_page(record: &Value) -> Option<String> {
    let repository = text(record, "/repository/html_url")?;
    let about = text(record, "/subject/url").and_then(|url| url.split("/repos/").nth(1)).unwrap_or_default();
    let mut segments = about.split('/').skip(2);
    let number =
        |n: Option<&str>| n.filter(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit())).map(str::to_owned);
    let below = match segments.next() {
        Some("issues") => number(segments.next()).map(|n| format!("/issues/{n}")),
        Some("pulls") => number(segments.next()).map(|n| format!("/pull/{n}")),
        _ => None,
    };
    Some(format!("{repository}{}", below.unwrap_or_default()))
}

impl Chore for Inbox {
    fn name(&self) -> &str {
        "inbox"
    }

    fn every(&self) -> TimeDelta {
        EVERY
    }

    fn request(&mut self, _: DateTime<Utc>) -> Request {
        (self.here, self.pages, self.n_skipped) = (self.first.clone(), 0, 0);
        let mut request = get(self.first.clone());
        if let Some(modified) = &self.modified {
            request.headers.push(("if-modified-since", modified.clone()));
        }
        request
    }

    fn read(&mut self, response: &Response, _: DateTime<Utc>) -> Result<Step, SourceError> {
        let mut batch = Batch::new();
        for (i, record) in records(&response.body)?.iter().enumerate() {
            match self.thread(record) {
                Ok(thread) => batch.items.extend(thread),
                Err(why) => batch.skip(&format!("inbox, item {}", i + 1), why),
            }
        }
        if self.pages == 0 {
            let is_plain = |date: &&str| date.len() < 64 && date.bytes().all(|b| (b' '..=b'~').contains(&b));
            self.modified = response.header("last-modified").filter(is_plain).map(str::to_owned);
        }
        self.pages += 1;
        self.n_skipped += batch.n_skipped;
        let next = following(response, &self.here)?;
        let is_cut = next.is_some() && PAGES <= self.pages;
        if is_cut {
            batch.skip("inbox", "it is longer than 500 threads: the rest is left out");
        }
        let next = next.filter(|_| !is_cut);
        if let Some(next) = &next {
            self.here = next.clone();
        }
        Ok(Step {
            items: batch.items,
            is_all: next.is_none() && !is_cut && self.n_skipped == 0,
            skipped: batch.skipped,
            host: Some(HostPart { missing: Vec::new(), host: Host::default() }),
            repos: None,
            next: next.map(get),
        })
    }

    fn refused(&mut self, error: &SourceError, _: DateTime<Utc>) -> Result<Step, SourceError> {
        self.modified = None;
        Ok(lacking(Feature::Inbox.refused("", error)?.into_iter().collect()))
    }

    fn owns(&self, key: &IncidentKey) -> bool {
        key.numbering == Numbering::Inbox
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::samples::{answer, now, plan};

    use super::*;

    fn thread(id: &str, about: &str) -> Value {
        json!({"id": id, "unread": true, "reason": "review_requested", "updated_at": "2026-11-20T10:00:00Z",
            "subject": {"title": "Fix \u{1b}[2J", "url": about, "type": "PullRequest"},
            "repository": {"full_name": "acme/api", "html_url": "https://github.com/acme/api"}})
    }

    #[test]
    fn unread_threads_are_told_with_the_page_they_are_about() {
        let mut inbox = Inbox::new(&plan(None));
        let request = inbox.request(now());
        assert_eq!(request.url.as_str(), "https://api.github.com/notifications?participating=true&per_page=50");
        let mut read = thread("3", "");
        read["unread"] = false.into();
        let pull = "https://api.github.com/repos/acme/api/pulls/12";
        let list = json!([thread("1", pull), thread("2", "https://api.github.com/repos/acme/api/commits/abc"), read]);
        let modified = ("last-modified", "Fri, 20 Nov 2026 10:00:00 GMT");
        let step = inbox.read(&answer(200, &[modified], &list), now()).unwrap();
        let told: Vec<_> = step.items.iter().map(|item| (item.key.to_string(), item.url.as_str())).collect();
        assert_eq!(told[0], ("acme/api#inbox-1".to_owned(), "https://github.com/acme/api/pull/12"));
        assert_eq!(told[1], ("acme/api#inbox-2".to_owned(), "https://github.com/acme/api"));
        assert_eq!((told.len(), step.is_all), (2, true));
        assert!(!step.items[0].title.as_str().contains('\u{1b}'));
        // The next question says since when.
        let headers = inbox.request(now()).headers;
        assert!(headers.contains(&("if-modified-since", modified.1.to_owned())), "{headers:?}");
    }

    #[test]
    fn a_thread_that_cannot_be_read_is_named_and_takes_nothing_away() {
        let mut inbox = Inbox::new(&plan(Some("git.acme.example")));
        let _ = inbox.request(now());
        let step = inbox.read(&answer(200, &[], &json!([thread("x", ""), thread("7", "")])), now()).unwrap();
        assert_eq!((step.items.len(), step.skipped.len(), step.is_all), (1, 1, false));
        assert_eq!(step.items[0].key.to_string(), "git.acme.example/acme/api#inbox-7");
    }

    #[test]
    fn a_token_that_may_not_read_it_is_told() {
        let mut inbox = Inbox::new(&plan(None));
        let step = inbox.refused(&SourceError::NotFound, now()).unwrap();
        assert!(step.host.unwrap().missing[0].as_str().contains("classic token with notifications"));
    }
}
