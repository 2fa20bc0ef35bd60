//! Security alerts of one repository, each kind a list of its own, the last changed first.
//!
//! The first round reads the whole list; later ones only what has changed since, for every change of an alert moves it to
//! the front.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;
use url::Url;

use crate::{
    domain::{
        host::Host,
        incident::{Incident, IncidentKey, Numbering, Repo},
        time::{between, minus},
    },
    source::{
        Batch,
        github::{
            garbled, records,
            sync::{Chore, HostPart, Step},
            trouble::SourceError,
        },
    },
    wire::{Request, Response},
};

use super::{
    CLOSED_FOR, MAX_PAGES, following, get,
    missing::{Feature, lacking},
    of_repo,
};

mod record;

/// A list is read on until what was seen before, and this much more: replicas of a host lag.
const OVERLAP: TimeDelta = TimeDelta::minutes(15);

/// Which alerts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// Dependencies with a known weakness.
    Dependabot,
    /// Findings in the code.
    CodeScanning,
    /// The repository's own advisories.
    Advisories,
}

impl Which {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Dependabot, Self::CodeScanning, Self::Advisories];

    fn word(self) -> &'static str {
        match self {
            Self::Dependabot => "dependabot",
            Self::CodeScanning => "code-scanning",
            Self::Advisories => "advisories",
        }
    }

    fn feature(self) -> Feature {
        match self {
            Self::Dependabot => Feature::Dependabot,
            Self::CodeScanning => Feature::CodeScanning,
            Self::Advisories => Feature::Advisories,
        }
    }

    fn numbering(self) -> Numbering {
        match self {
            Self::Dependabot => Numbering::Dependabot,
            Self::CodeScanning => Numbering::CodeScanning,
            Self::Advisories => Numbering::Advisories,
        }
    }

    fn segments(self) -> &'static [&'static str] {
        match self {
            Self::Dependabot => &["dependabot", "alerts"],
            Self::CodeScanning => &["code-scanning", "alerts"],
            Self::Advisories => &["security-advisories"],
        }
    }

    /// Advisories change by the week; what a dependency brings should be seen soon.
    fn every(self) -> TimeDelta {
        match self {
            Self::Dependabot | Self::CodeScanning => TimeDelta::minutes(10),
            Self::Advisories => TimeDelta::hours(1),
        }
    }
}

/// One kind of alert of one repository.
#[derive(Debug)]
pub struct Alerts {
    which: Which,
    name: String,
    repo: Repo,
    first: Url,
    here: Url,
    pages: usize,
    /// The latest change seen in whole rounds; nothing until there was one.
    known_until: Option<DateTime<Utc>>,
    /// The latest change seen in this round.
    seen_until: Option<DateTime<Utc>>,
}

impl Alerts {
    /// Alerts of a repository, by its name in keys.
    pub fn new(which: Which, api_url: &Url, repo: &Repo) -> Self {
        // No page number and no state: a list of alerts has cursors alone, and says of each how it stands.
        let first = of_repo(api_url, repo, which.segments(), "sort=updated&direction=desc&per_page=100");
        let name = format!("{} {}", which.word(), repo);
        Self {
            which,
            name,
            repo: repo.clone(),
            here: first.clone(),
            first,
            pages: 0,
            known_until: None,
            seen_until: None,
        }
    }

    fn record(&self, record: &Value) -> Result<Incident, &'static str> {
        match self.which {
            Which::Dependabot => record::dependabot(record, &self.repo),
            Which::CodeScanning => record::code_scanning(record, &self.repo),
            Which::Advisories => record::advisory(record, &self.repo),
        }
    }

    fn batch(&self, list: &[Value]) -> Result<Batch<Incident>, SourceError> {
        let mut batch = Batch::new();
        for (i, record) in list.iter().enumerate() {
            match self.record(record) {
                Ok(incident) => batch.items.push(incident),
                Err(why) => batch.skip(&format!("{}, item {}", self.name, i + 1), why),
            }
        }
        match batch.skipped.first() {
            // A list of nothing but faults would read as "no alerts".
            Some(skipped) if batch.items.is_empty() => Err(garbled(&format!("{}: {}", skipped.at, skipped.why))),
            _ => Ok(batch),
        }
    }
}

impl Chore for Alerts {
    fn name(&self) -> &str {
        &self.name
    }

    fn every(&self) -> TimeDelta {
        self.which.every()
    }

    fn request(&mut self, _: DateTime<Utc>) -> Request {
        (self.here, self.pages, self.seen_until) = (self.first.clone(), 0, None);
        get(self.first.clone())
    }

    fn read(&mut self, response: &Response, now: DateTime<Utc>) -> Result<Step, SourceError> {
        let mut batch = self.batch(&records(&response.body)?)?;
        self.pages += 1;
        self.seen_until = batch.items.iter().map(|alert| alert.updated_at).chain(self.seen_until).max();
        let oldest = batch.items.iter().map(|alert| alert.updated_at).min();
        let meets_known = self.known_until.zip(oldest).is_some_and(|(known, oldest)| oldest < minus(known, OVERLAP));
        let next = following(response, &self.here)?.filter(|_| !meets_known);
        let is_cut = next.is_some() && MAX_PAGES <= self.pages;
        if is_cut {
            batch.skip(&self.name, "it is longer than 2,000 alerts: the rest, long unchanged, is left out");
        }
        let next = next.filter(|_| !is_cut);
        let is_whole = next.is_none() && !is_cut && self.known_until.is_none();
        if next.is_none() {
            self.known_until = self.seen_until.max(self.known_until);
        }
        let is_told = |alert: &Incident| alert.closed_at.is_none_or(|at| between(at, now) < CLOSED_FOR);
        batch.items.retain(is_told);
        if let Some(next) = &next {
            self.here = next.clone();
        }
        Ok(Step {
            items: batch.items,
            is_all: is_whole && batch.n_skipped == 0,
            skipped: batch.skipped,
            host: Some(HostPart { missing: Vec::new(), host: Host::default() }),
            repos: None,
            next: next.map(get),
        })
    }

    fn refused(&mut self, error: &SourceError, _: DateTime<Utc>) -> Result<Step, SourceError> {
        let missing = self.which.feature().refused(self.repo.full(), error)?;
        self.known_until = None;
        let is_off = missing.is_none();
        // Where the feature is switched off there are no alerts; where a right is missing, nobody knows.
        Ok(Step { is_all: is_off, ..lacking(missing.into_iter().collect()) })
    }

    fn owns(&self, key: &IncidentKey) -> bool {
        key.numbering == self.which.numbering() && key.repo == self.repo
    }
}

#[cfg(test)]
mod tests;
