//! How the checks of one ref stand: check runs and commit statuses, two worlds that GitHub keeps apart.
//!
//! A gate must not be fooled: a conclusion that is not known counts as unknown, and so does what the host counts but does not
//! show.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;
use url::Url;

use crate::{
    domain::{
        host::{Host, RefChecks},
        incident::{IncidentKey, Repo},
    },
    source::github::{
        sync::{Chore, HostPart, Step},
        trouble::SourceError,
    },
    text::Text,
    wire::{Request, Response},
};

use super::{
    MAX_PAGES, following, get,
    memory::{Memory, afresh},
    missing::Feature,
    object, of_repo, text,
};

/// Both questions are free while nothing changes, so a round costs two requests and seldom any budget.
const EVERY: TimeDelta = TimeDelta::minutes(2);

/// Names of failed and of pending checks that are kept.
const NAMES: usize = 100;

/// Which of the two worlds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum World {
    Runs,
    Statuses,
}

/// How one check stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stands {
    Passed,
    Failed,
    Pending,
    Unknown,
}

/// What one page told.
#[derive(Debug, Clone, PartialEq)]
struct Told {
    checks: Vec<(Text, Stands)>,
    commit: Option<Text>,
    /// How many there are in all, as the host counts.
    total: usize,
}

/// The checks of one ref.
#[derive(Debug)]
pub struct Checks {
    name: String,
    api_url: Url,
    repo: Repo,
    of: String,
    world: World,
    here: Url,
    used: Vec<Url>,
    memory: Memory<Told>,
    /// What this round told so far.
    told: Vec<(World, Told)>,
    missing: Vec<Text>,
    /// Check runs that are not shown to us.
    n_hidden: usize,
}

impl Checks {
    /// The checks of a ref of a repository, by its name in keys.
    pub fn new(api_url: &Url, repo: &Repo, of: &str) -> Self {
        let mut checks = Self {
            name: format!("checks {repo}@{of}"),
            api_url: api_url.clone(),
            repo: repo.clone(),
            of: of.to_owned(),
            world: World::Runs,
            here: api_url.clone(),
            used: Vec::new(),
            memory: Memory::default(),
            told: Vec::new(),
            missing: Vec::new(),
            n_hidden: 0,
        };
        checks.here = checks.first(World::Runs);
        checks
    }

    fn first(&self, world: World) -> Url {
        match world {
            World::Runs => {
                let query = "filter=latest&per_page=100";
                of_repo(&self.api_url, &self.repo, &["commits", &self.of, "check-runs"], query)
            }
            World::Statuses => of_repo(&self.api_url, &self.repo, &["commits", &self.of, "status"], "per_page=100"),
        }
    }

    fn place(&self) -> String {
        format!("{}@{}", self.repo, self.of)
    }

    /// Goes on after a page: to the next one, to the other world, or to the end.
    fn after(&mut self, next: Option<Url>, now: DateTime<Utc>) -> Step {
        let next = next.filter(|_| self.used.len() < MAX_PAGES);
        match (next, self.world) {
            (Some(next), _) => self.ask(next),
            (None, World::Runs) => {
                self.world = World::Statuses;
                let first = self.first(World::Statuses);
                self.ask(first)
            }
            (None, World::Statuses) => {
                self.memory.retain(&self.used);
                let checks = vec![self.stand(now)];
                let host = Host { checks, ..Host::default() };
                Step { host: Some(HostPart { missing: self.missing.clone(), host }), ..Step::default() }
            }
        }
    }

    fn ask(&mut self, url: Url) -> Step {
        self.here = url.clone();
        Step { next: Some(get(url)), ..Step::default() }
    }

    fn stand(&self, now: DateTime<Utc>) -> RefChecks {
        let all = || self.told.iter().flat_map(|(_, told)| &told.checks);
        let named = |wanted: Stands| -> Vec<Text> {
            let names = all().filter(|(_, stands)| *stands == wanted).map(|(name, _)| name.clone());
            names.take(NAMES).collect()
        };
        let count = |wanted: Stands| all().filter(|(_, stands)| *stands == wanted).count();
        let unseen = |world: World| {
            let of = self.told.iter().filter(|(of, _)| *of == world).map(|(_, told)| told);
            let (shown, total) = of.fold((0, 0), |(n, total), told| (n + told.checks.len(), told.total.max(total)));
            total.saturating_sub(shown)
        };
        let commits = self.told.iter().rev().filter_map(|(_, told)| told.commit.clone());
        RefChecks {
            repo: self.repo.clone(),
            name: Text::scrub(&self.of),
            commit: commits.take(1).next().unwrap_or_default(),
            n_passed: count(Stands::Passed),
            failed: named(Stands::Failed),
            pending: named(Stands::Pending),
            n_unknown: count(Stands::Unknown) + unseen(World::Runs) + unseen(World::Statuses) + self.n_hidden,
            as_of: now,
        }
    }

    fn take(&mut self, told: Told, next: Option<Url>, now: DateTime<Utc>) -> Step {
        self.used.push(self.here.clone());
        self.told.push((self.world, told));
        self.after(next, now)
    }
}

impl Chore for Checks {
    fn name(&self) -> &str {
        &self.name
    }

    fn every(&self) -> TimeDelta {
        EVERY
    }

    fn request(&mut self, _: DateTime<Utc>) -> Request {
        self.world = World::Runs;
        self.here = self.first(World::Runs);
        self.used.clear();
        self.told.clear();
        self.missing.clear();
        self.n_hidden = 0;
        get(self.here.clone())
    }

    fn read(&mut self, response: &Response, now: DateTime<Utc>) -> Result<Step, SourceError> {
        let told = told(&object(&response.body)?, self.world);
        let next = following(response, &self.here)?;
        self.memory.keep(&self.here, vec![told.clone()], next.clone());
        Ok(self.take(told, next, now))
    }

    fn unchanged(&mut self, now: DateTime<Utc>) -> Step {
        match self.memory.known(&self.here) {
            Some((told, next)) => match told.into_iter().next() {
                Some(told) => self.take(told, next, now),
                None => Step::default(),
            },
            // The tag is of an earlier run of this program, and what it stands for is forgotten.
            None => self.ask(afresh(&self.here, now)),
        }
    }

    fn refused(&mut self, error: &SourceError, now: DateTime<Utc>) -> Result<Step, SourceError> {
        let place = self.place();
        let no_such = matches!(error, SourceError::NotFound | SourceError::Rejected { status: 422, .. });
        if no_such && self.told.is_empty() {
            let what = format!("checks of {place}: there is no such ref, or the token may not see it");
            self.missing = vec![Text::scrub(&what)];
            let host = Some(HostPart { missing: self.missing.clone(), host: Host::default() });
            return Ok(Step { host, ..Step::default() });
        }
        let feature = if self.world == World::Runs { Feature::Checks } else { Feature::Statuses };
        self.missing.extend(feature.refused(&place, error)?);
        // What is hidden may have failed.
        self.n_hidden += 1;
        Ok(self.after(None, now))
    }

    fn owns(&self, _: &IncidentKey) -> bool {
        false
    }
}

fn told(body: &Value, world: World) -> Told {
    let list = match world {
        World::Runs => "/check_runs",
        World::Statuses => "/statuses",
    };
    let records: &[Value] = body.pointer(list).and_then(Value::as_array).map_or(&[], Vec::as_slice);
    let total = body.get("total_count").and_then(Value::as_u64).and_then(|n| usize::try_from(n).ok());
    let check = |record: &Value| match world {
        World::Runs => (Text::scrub(text(record, "/name").unwrap_or("(no name)")), of_run(record)),
        World::Statuses => (Text::scrub(text(record, "/context").unwrap_or("(no name)")), of_status(record)),
    };
    Told {
        checks: records.iter().map(check).collect(),
        commit: text(body, "/sha").or_else(|| text(records.first()?, "/head_sha")).map(Text::scrub),
        total: total.unwrap_or(0),
    }
}

fn of_run(run: &Value) -> Stands {
    match text(run, "/status") {
        Some("queued" | "in_progress" | "waiting" | "requested" | "pending") => Stands::Pending,
        Some("completed") => match text(run, "/conclusion") {
            Some("success" | "neutral" | "skipped") => Stands::Passed,
            Some("failure" | "cancelled" | "timed_out" | "action_required" | "stale" | "startup_failure") => {
                Stands::Failed
            }
            _ => Stands::Unknown,
        },
        _ => Stands::Unknown,
    }
}

fn of_status(status: &Value) -> Stands {
    match text(status, "/state") {
        Some("success") => Stands::Passed,
        Some("failure" | "error") => Stands::Failed,
        Some("pending") => Stands::Pending,
        _ => Stands::Unknown,
    }
}

#[cfg(test)]
mod tests;
