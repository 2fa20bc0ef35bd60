//! The repositories of an owner that fit a pattern.

use std::mem;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;
use url::Url;

use crate::{
    domain::{
        host::Host,
        incident::{IncidentKey, Repo},
        sla::RepoPattern,
        trouble::Skipped,
    },
    source::github::{
        records,
        sync::{Chore, HostPart, Plan, Step},
        trouble::SourceError,
    },
    text::Text,
    wire::{Request, Response},
};

use super::{
    MAX_PAGES, address, following, get,
    memory::{Memory, afresh},
    missing::{Feature, lacking},
    text,
};

/// New repositories are no emergency.
const EVERY: TimeDelta = TimeDelta::hours(1);

/// What an owner is: each has its own list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum As {
    Organization,
    User,
}

/// One owner's repositories, by all patterns that name them.
#[derive(Debug)]
pub struct Owner {
    name: String,
    plan: Plan,
    with_alerts: bool,
    owner: String,
    patterns: Vec<RepoPattern>,
    is: As,
    here: Url,
    used: Vec<Url>,
    memory: Memory<Repo>,
    found: Vec<Repo>,
}

impl Owner {
    /// One for each owner that a pattern names.
    /// Alerts of what is found are asked for where `with_alerts` says so.
    pub fn all(plan: &Plan, patterns: &[RepoPattern], with_alerts: bool) -> Vec<Self> {
        let mut owners: Vec<Self> = Vec::new();
        for pattern in patterns {
            let known = owners.iter_mut().find(|known| known.owner.eq_ignore_ascii_case(pattern.owner()));
            match known {
                Some(known) => known.patterns.push(pattern.clone()),
                None => owners.push(Self::new(plan, pattern, with_alerts)),
            }
        }
        owners
    }

    fn new(plan: &Plan, pattern: &RepoPattern, with_alerts: bool) -> Self {
        Self {
            name: format!("repositories {}", pattern.owner().to_ascii_lowercase()),
            plan: plan.clone(),
            with_alerts,
            owner: pattern.owner().to_owned(),
            patterns: vec![pattern.clone()],
            is: As::Organization,
            here: plan.api_url.clone(),
            used: Vec::new(),
            memory: Memory::default(),
            found: Vec::new(),
        }
    }

    fn first(&self) -> Url {
        let of = match self.is {
            As::Organization => "orgs",
            As::User => "users",
        };
        address(&self.plan.api_url, &[of, &self.owner, "repos"], "per_page=100&sort=full_name")
    }

    fn take(&mut self, repos: Vec<Repo>, next: Option<Url>) -> Step {
        self.used.push(self.here.clone());
        self.found.extend(repos);
        let is_cut = next.is_some() && MAX_PAGES <= self.used.len();
        if let Some(next) = next.filter(|_| !is_cut) {
            self.here = next.clone();
            return Step { next: Some(get(next)), ..Step::default() };
        }
        self.memory.retain(&self.used);
        let mut repos = mem::take(&mut self.found);
        repos.sort();
        repos.dedup();
        let why = "there are more than 2,000 repositories: the rest is left out";
        let cut = Skipped { at: Text::scrub(&self.name), why: Text::scrub(why) };
        Step {
            repos: Some(repos),
            skipped: is_cut.then_some(cut).into_iter().collect(),
            host: Some(HostPart { missing: Vec::new(), host: Host::default() }),
            ..Step::default()
        }
    }

    /// A repository that fits and lives: not archived, not switched off.
    fn fitting(&self, record: &Value) -> Option<Repo> {
        let is = |key: &str| record.get(key).and_then(Value::as_bool).unwrap_or(false);
        let full = text(record, "/full_name").filter(|_| !is("archived") && !is("disabled"))?;
        let is_plain = |part: &str| {
            !part.is_empty()
                && !matches!(part, "." | "..")
                && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
        };
        let (owner, name) = full.split_once('/')?;
        let repo = Repo::new(full);
        (is_plain(owner) && is_plain(name) && self.patterns.iter().any(|pattern| pattern.fits(&repo))).then_some(repo)
    }
}

impl Chore for Owner {
    fn name(&self) -> &str {
        &self.name
    }

    fn every(&self) -> TimeDelta {
        EVERY
    }

    fn request(&mut self, _: DateTime<Utc>) -> Request {
        self.here = self.first();
        self.used.clear();
        self.found.clear();
        get(self.here.clone())
    }

    fn read(&mut self, response: &Response, _: DateTime<Utc>) -> Result<Step, SourceError> {
        let fitting: Vec<Repo> = records(&response.body)?.iter().filter_map(|record| self.fitting(record)).collect();
        let next = following(response, &self.here)?;
        self.memory.keep(&self.here, fitting.clone(), next.clone());
        Ok(self.take(fitting, next))
    }

    fn unchanged(&mut self, now: DateTime<Utc>) -> Step {
        match self.memory.known(&self.here) {
            Some((repos, next)) => self.take(repos, next),
            // The tag is of an earlier run of this program, and what it stands for is forgotten.
            None => {
                self.here = afresh(&self.here, now);
                Step { next: Some(get(self.here.clone())), ..Step::default() }
            }
        }
    }

    fn refused(&mut self, error: &SourceError, _: DateTime<Utc>) -> Result<Step, SourceError> {
        if *error == SourceError::NotFound && self.is == As::Organization {
            self.is = As::User;
            self.here = self.first();
            return Ok(Step { next: Some(get(self.here.clone())), ..Step::default() });
        }
        self.is = As::Organization;
        if *error == SourceError::NotFound {
            let what = format!("there is no owner {}, or the token may not see them", self.owner);
            return Ok(lacking(vec![Text::scrub(&what)]));
        }
        Ok(lacking(Feature::Repositories.refused(&self.owner, error)?.into_iter().collect()))
    }

    fn owns(&self, _: &IncidentKey) -> bool {
        false
    }

    fn finds(&self, repo: &Repo) -> bool {
        self.patterns.iter().any(|pattern| pattern.fits(repo))
    }

    fn of_found(&self, repo: &Repo) -> Vec<Box<dyn Chore>> {
        // One that the settings name as well has its own.
        let is_named = self.plan.repos.iter().any(|named| named.on_host().eq_ignore_ascii_case(repo.on_host()));
        if self.with_alerts && !is_named { super::of_repository(&self.plan, repo) } else { Vec::new() }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::samples::{answer, now, plan};

    use super::*;

    fn owners(patterns: &[&str]) -> Vec<Owner> {
        let patterns: Vec<_> = patterns.iter().map(|pattern| RepoPattern::parse(pattern).unwrap()).collect();
        Owner::all(&plan(None), &patterns, false)
    }

    fn repo(full: &str) -> Value {
        json!({"full_name": full, "archived": false})
    }

    #[test]
    fn an_owners_repositories_that_fit_and_live_are_found_over_all_pages() {
        let mut all = owners(&["acme/*-api", "ACME/web", "other/*"]);
        assert_eq!(all.len(), 2);
        let acme = &mut all[0];
        let first = acme.request(now());
        assert_eq!(first.url.as_str(), "https://api.github.com/orgs/acme/repos?per_page=100&sort=full_name");
        let mut archived = repo("acme/old-api");
        archived["archived"] = true.into();
        let page = json!([repo("acme/pay-api"), archived, repo("acme/docs"), repo("acme/../x-api"), {"id": 7}]);
        let link = r#"<https://api.github.com/organizations/1/repos?per_page=100&page=2>; rel="next""#;
        let step = acme.read(&answer(200, &[("link", link)], &page), now()).unwrap();
        assert_eq!((step.repos, step.next.is_some()), (None, true));
        let step = acme.read(&answer(200, &[], &json!([repo("acme/web")])), now()).unwrap();
        assert_eq!(step.repos, Some(vec![Repo::new("acme/pay-api"), Repo::new("acme/web")]));
        // Unchanged pages mean what they said.
        let _ = acme.request(now());
        assert!(acme.unchanged(now()).next.is_some());
        assert_eq!(acme.unchanged(now()).repos.map(|repos| repos.len()), Some(2));
    }

    #[test]
    fn an_owner_who_is_no_organization_is_a_user() {
        let mut acme = owners(&["casey/*"]).remove(0);
        let _ = acme.request(now());
        let next = acme.refused(&SourceError::NotFound, now()).unwrap().next.unwrap();
        assert!(next.url.as_str().starts_with("https://api.github.com/users/casey/repos?"));
        let step = acme.refused(&SourceError::NotFound, now()).unwrap();
        assert!(step.host.unwrap().missing[0].as_str().contains("no owner casey"));
    }

    #[test]
    fn a_tag_from_an_earlier_run_does_not_hide_the_repositories() {
        let mut acme = owners(&["acme/*"]).remove(0);
        let first = acme.request(now());
        let again = acme.unchanged(now()).next.unwrap();
        assert_ne!(again.url, first.url);
        let step = acme.read(&answer(200, &[], &json!([repo("acme/api")])), now()).unwrap();
        assert_eq!(step.repos, Some(vec![Repo::new("acme/api")]));
    }
}
