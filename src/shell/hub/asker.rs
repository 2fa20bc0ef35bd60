//! Asks one host, with its token and within its limits.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use url::Url;

use crate::{
    domain::{time::between, trouble::Trouble},
    floor::fact::Quota,
    shell::{
        http::Http,
        store::Salt,
        token::{Found, TokenError, Tokens},
    },
    source::github::{limit::Budget, trouble::SourceError},
    wire::{Request, Response},
};

use super::trip::Trip;

/// A token that was refused is looked for again no sooner than this.
const LOOKED_EVERY: TimeDelta = TimeDelta::seconds(30);

#[derive(Debug)]
pub(super) struct Asker {
    api_url: Url,
    http: Arc<Http>,
    tokens: Tokens,
    salt: Salt,
    found: Result<Option<Found>, TokenError>,
    looked_at: Option<DateTime<Utc>>,
    /// What was found did not serve.
    is_doubtful: bool,
    mark: String,
    budget: Option<Budget>,
    limited_until: Option<DateTime<Utc>>,
}

impl Asker {
    pub(super) fn new(api_url: &Url, http: Arc<Http>, tokens: Tokens, salt: Salt) -> Self {
        let mark = salt.mark(None);
        let api_url = api_url.clone();
        let (found, looked_at, budget, limited_until) = (Ok(None), None, None, None);
        Self { api_url, http, tokens, salt, found, looked_at, is_doubtful: false, mark, budget, limited_until }
    }

    pub(super) fn token_from(&self) -> Option<&str> {
        self.found.as_ref().ok()?.as_ref().map(|found| found.from.as_str())
    }

    /// The mark of the token that requests are made with.
    pub(super) fn mark(&self) -> &str {
        &self.mark
    }

    pub(super) fn budget(&self) -> Option<Budget> {
        self.budget
    }

    pub(super) fn quota(&self) -> Option<Quota> {
        self.budget.map(|budget| Quota { remaining: budget.remaining, limit: budget.limit })
    }

    /// Makes ready for a round: a token, unless there is none, and no limit that still holds.
    pub(super) async fn begin(&mut self, now: DateTime<Utc>) -> Result<(), Trip> {
        if let Some(until) = self.limited_until.filter(|until| now < *until) {
            return Err(SourceError::RateLimited { until }.into());
        }
        self.limited_until = None;
        let is_rested = |at: DateTime<Utc>| !(TimeDelta::zero()..LOOKED_EVERY).contains(&between(at, now));
        if self.looked_at.is_none_or(|at| self.is_doubtful && is_rested(at)) {
            self.found = self.tokens.find(&self.api_url).await;
            self.looked_at = Some(now);
            self.is_doubtful = self.found.is_err();
            let token = self.found.as_ref().ok().and_then(Option::as_ref).map(|found| found.credential.token());
            self.mark = self.salt.mark(token);
        }
        self.found.as_ref().map(|_| ()).map_err(|error| error.clone().into())
    }

    /// Learns from a failure: when to ask again, and whether the token serves.
    pub(super) fn note(&mut self, trip: &Trip) {
        if let Trip::Answer(SourceError::RateLimited { until }) = trip {
            self.limited_until = Some(*until);
        }
        let is_unauthorized = matches!(trip, Trip::Answer(SourceError::Unauthorized { .. }));
        self.is_doubtful |= is_unauthorized || (trip.trouble() == Trouble::Refused && self.token_from().is_none());
    }

    pub(super) fn note_budget(&mut self, budget: Option<Budget>) {
        self.budget = budget.or(self.budget);
    }

    /// Asks. An answer "unchanged" that leaves out its links has those that the page had: they are part of the page.
    pub(super) async fn ask(&self, request: &Request, known_link: Option<&str>) -> Result<Response, Trip> {
        let credential = self.found.as_ref().ok().and_then(Option::as_ref).map(|found| &found.credential);
        let mut response = self.http.perform(request, credential).await?;
        if let Some(link) = known_link.filter(|_| response.status == 304 && response.header("link").is_none()) {
            response.headers.push(("link".to_owned(), link.to_owned()));
        }
        Ok(response)
    }
}
