//! A hub on a host of ours, and what both have said.

use std::{cell::Cell, ffi::OsString, sync::Arc, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use url::Url;
use watchfloor::{
    config::IncidentSource,
    domain::{
        incident::{Incident, Repo},
        time::{parse_rfc3339, plus},
        trouble::Trouble,
    },
    floor::fact::{Fact, Part, Polled, SourceId},
    shell::{
        http::{Http, Limits},
        hub::Hub,
        store::Store,
        token::Tokens,
    },
    text::Text,
};

use crate::server::{Reply, Seen, Server, answer};

pub const CANARY: &str = "canary-7f3a9b";

pub struct World {
    pub server: Server,
    pub hub: Hub,
    pub store: Store,
    pub now: Cell<DateTime<Utc>>,
}

pub fn at(written: &str) -> DateTime<Utc> {
    parse_rfc3339(written).unwrap()
}

pub fn wait<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

pub fn source(url: &str, repositories: &[&str]) -> IncidentSource {
    IncidentSource::Github {
        name: Text::scrub("github"),
        api_url: Url::parse(url).unwrap(),
        repositories: repositories.iter().map(|full| Repo::new(full)).collect(),
        every: TimeDelta::minutes(1),
        with_pull_requests: false,
        more: Box::default(),
    }
}

pub fn tokens() -> Tokens {
    Tokens::of(|name| (name == "WATCHFLOOR_GITHUB_TOKEN").then(|| OsString::from(CANARY)))
}

pub fn limits() -> Limits {
    Limits { connect: Duration::from_secs(2), total: Duration::from_secs(10), ..Limits::default() }
}

pub fn hub_at(url: &str, repositories: &[&str], limits: Limits, store: &Store) -> Hub {
    let http = Arc::new(Http::new(limits));
    Hub::of(&source(url, repositories), http, tokens(), store.salt().clone()).unwrap()
}

impl World {
    pub fn new(repositories: &[&str], script: impl Fn(&Seen) -> Reply + Send + Sync + 'static) -> Self {
        Self::with(repositories, limits(), script)
    }

    pub fn with(
        repositories: &[&str],
        limits: Limits,
        script: impl Fn(&Seen) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let (server, store) = (Server::start(script), Store::in_memory().unwrap());
        let hub = hub_at(&server.url(), repositories, limits, &store);
        Self { server, hub, store, now: Cell::new(at("2026-11-20T14:00:00Z")) }
    }

    /// One round, and its rules: the token is with its own host only, and nothing printable shows it.
    pub fn poll(&mut self) -> Vec<Fact> {
        let facts = wait(self.hub.poll(SourceId(0), || self.now.get()));
        assert!(!format!("{facts:?} {:?} {:?}", self.hub, self.store).contains(CANARY));
        let bearer = format!("Bearer {CANARY}");
        for seen in self.server.seen() {
            assert_eq!(seen.header("authorization"), Some(bearer.as_str()), "{seen:?}");
            assert!(
                !seen.target.contains(CANARY) && seen.header("referer").is_none() && seen.header("cookie").is_none()
            );
        }
        facts
    }

    pub fn later(&self, seconds: i64) {
        self.now.set(plus(self.now.get(), TimeDelta::seconds(seconds)));
    }

    /// The targets asked for since the last look, without timelines.
    pub fn asked(&self) -> Vec<String> {
        let news = self.server.news().into_iter().map(|seen| seen.target);
        news.filter(|target| !target.contains("/timeline")).collect()
    }
}

/// A script for lists; timelines are empty.
pub fn lists(
    script: impl Fn(&Seen) -> Reply + Send + Sync + 'static,
) -> impl Fn(&Seen) -> Reply + Send + Sync + 'static {
    move |seen| if seen.target.contains("/timeline") { answer(200, &[], "[]") } else { script(seen) }
}

pub fn issue(number: u64, updated_at: &str) -> Value {
    json!({
        "number": number, "title": format!("issue {number}"), "state": "open", "user": {"login": "kim"},
        "labels": [], "assignees": [], "comments": 0, "created_at": "2026-11-20T09:00:00Z", "updated_at": updated_at,
    })
}

pub fn page(numbers: impl IntoIterator<Item = u64>) -> String {
    Value::from(numbers.into_iter().map(|n| issue(n, "2026-11-20T12:00:00Z")).collect::<Vec<_>>()).to_string()
}

/// The one part of an answer.
pub fn polled(facts: &[Fact]) -> &Polled {
    let mut polled = facts.iter().filter_map(|fact| if let Fact::Polled(polled) = fact { Some(polled) } else { None });
    let only = polled.next().unwrap_or_else(|| panic!("no answer in {facts:?}"));
    assert!(polled.next().is_none(), "one part in {facts:?}");
    only
}

pub fn numbers(items: &[Incident]) -> Vec<u64> {
    items.iter().map(|incident| incident.key.number).collect()
}

/// A whole answer with these incidents and no failure.
pub fn whole(facts: &[Fact]) -> Vec<u64> {
    assert_eq!((facts.len(), polled(facts).part), (1, Part::Last), "{facts:?}");
    numbers(&polled(facts).items)
}

/// Nothing but a failure: its trouble, and why.
pub fn failed(facts: &[Fact]) -> (Trouble, &str) {
    match facts {
        [Fact::Failed { trouble, why, .. }] => (*trouble, why.as_str()),
        other => panic!("one failure, not {other:?}"),
    }
}
