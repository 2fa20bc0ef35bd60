//! What the tests of the readers share.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;
use url::Url;

use crate::{domain::incident::Repo, source::github::sync::Plan, wire::Response};

pub(super) fn now() -> DateTime<Utc> {
    "2026-11-20T14:00:00Z".parse().unwrap()
}

/// A plan for `acme/api` at github.com's address.
pub(super) fn plan(host: Option<&str>) -> Plan {
    Plan {
        source: 0,
        api_url: Url::parse("https://api.github.com").unwrap(),
        host: host.map(str::to_owned),
        repos: vec![Repo::new("acme/api")],
        every: TimeDelta::seconds(30),
        with_pull_requests: true,
    }
}

pub(super) fn answer(status: u16, headers: &[(&str, &str)], body: &Value) -> Response {
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Response { status, headers, body: body.to_string().into_bytes() }
}
