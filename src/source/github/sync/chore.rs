//! A question that is asked again and again beside the issues: alerts, releases, an inbox, who may do what.
//!
//! The planner asks it when it is due and the budget allows, with the entity tag it had, and passes on what it brings. A
//! chore knows neither clock nor net; it is told the time.

use std::fmt;

use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    domain::{
        host::Host,
        incident::{Incident, IncidentKey, Repo},
        trouble::Skipped,
    },
    source::github::trouble::SourceError,
    text::Text,
    wire::{Request, Response},
};

/// A recurring question.
pub trait Chore: fmt::Debug + Send {
    /// Its name for good, of its own among the chores of a source: what it remembers is kept under it.
    fn name(&self) -> &str;

    /// How often it is asked. A host that asks for longer (`x-poll-interval`) is obeyed.
    fn every(&self) -> TimeDelta;

    /// The first request of a round. A `GET` gets the entity tag its address last had (`if-none-match`) from the planner.
    fn request(&mut self, now: DateTime<Utc>) -> Request;

    /// Reads the answer to a request of this round: 200 to 299. (The planner deals with 304, limits, redirects and broken
    /// ways.)
    ///
    /// # Errors
    /// What is wrong with the answer; the round is then over and what was told stays.
    fn read(&mut self, response: &Response, now: DateTime<Utc>) -> Result<Step, SourceError>;

    /// Hears that the answer is as it was (304); the default is that nothing has changed, and that the round is over.
    fn unchanged(&mut self, _now: DateTime<Utc>) -> Step {
        Step::default()
    }

    /// Hears that it is refused (401, 403, 404, 410, 422): what to tell of it. The default is to tell it as trouble of the
    /// source.
    fn refused(&mut self, error: &SourceError, _now: DateTime<Utc>) -> Result<Step, SourceError> {
        Err(error.clone())
    }

    /// Whether an incident that the store remembers is one of this chore's, so that it is noticed when it is no longer told.
    fn owns(&self, key: &IncidentKey) -> bool;

    /// Whether it could find this repository (as the host knows it): what the store remembers of one is kept until the chore
    /// has looked.
    fn finds(&self, _repo: &Repo) -> bool {
        false
    }

    /// What is to be asked of a repository that it found, beside its issues.
    fn of_found(&self, _repo: &Repo) -> Vec<Box<dyn Chore>> {
        Vec::new()
    }
}

/// What one answer brought.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Step {
    /// Incidents as they are now.
    pub items: Vec<Incident>,
    /// Of the chore's incidents, those named in this round are all there are: the others are gone, once the round is over.
    pub is_all: bool,
    /// What is left out, and why.
    pub skipped: Vec<Skipped>,
    /// What is known of the host: parts that are blank leave what was known.
    pub host: Option<HostPart>,
    /// Repositories that this chore finds are watched from now on; those it found before and not now, no more.
    pub repos: Option<Vec<Repo>>,
    /// The next request of this round (a further page); nothing = the round is over.
    pub next: Option<Request>,
}

/// What one chore knows of the host; each chore's part stands beside the others'.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct HostPart {
    /// What is missing, by feature: `Dependabot alerts need ...`.
    pub missing: Vec<Text>,
    /// Everything else, merged into what other chores know: checks and repositories that may only be read are added.
    pub host: Host,
}
