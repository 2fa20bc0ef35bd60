//! How workflows ended on a branch, and which artefacts are kept: what a release is judged by.
//!
//! A gate must not be fooled: a run that was cancelled, skipped, neutral or has not ended is no success and no failure.
//!
//! Read from GitHub's REST documentation (actions/workflow-runs, actions/artifacts) on 2026-11-21.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;
use url::{Url, form_urlencoded};

use super::{
    following, get,
    memory::{Memory, afresh},
    object, of_repo, text, time,
};
use crate::{
    domain::{
        host::{Artefact, Host, Kept, RefRuns, WorkflowRun},
        incident::{IncidentKey, Repo},
        release::gate::Run,
    },
    source::github::{
        garbled,
        sync::{Chore, HostPart, Step},
        trouble::SourceError,
    },
    text::Text,
    wire::{Request, Response},
};

/// A question is free while nothing changes.
const EVERY: TimeDelta = TimeDelta::minutes(2);

/// Pages of a hundred runs: three in a row of a job are further down where others run more often.
const MOST_PAGES: usize = 5;

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Asked {
    /// Runs on a branch, or on a commit.
    Runs,
    /// Artefacts of a name.
    Artefacts,
}

/// Either record, as a page holds them.
#[derive(Debug, Clone, PartialEq)]
enum Told {
    /// With its number, where the host gives it one.
    Run(Option<u64>, WorkflowRun),
    Kept(Kept),
}

/// The runs on one ref, or the artefacts of one name.
#[derive(Debug)]
pub struct Runs {
    name: String,
    api_url: Url,
    repo: Repo,
    /// The ref, or the artefact's name.
    of: Text,
    asked: Asked,
    here: Url,
    used: Vec<Url>,
    memory: Memory<Told>,
    told: Vec<Told>,
}

impl Runs {
    /// Runs of workflows on a branch of a repository, by its name in keys. A commit's full name stands for itself.
    pub fn on(api_url: &Url, repo: &Repo, of: &Text) -> Self {
        Self::new(api_url, repo, of, Asked::Runs, format!("runs {repo}@{of}"))
    }

    /// Artefacts of a name.
    pub fn artefacts(api_url: &Url, repo: &Repo, of: &Text) -> Self {
        Self::new(api_url, repo, of, Asked::Artefacts, format!("artefacts {repo} {of}"))
    }

    fn new(api_url: &Url, repo: &Repo, of: &Text, asked: Asked, name: String) -> Self {
        let (here, used, memory) = (api_url.clone(), Vec::new(), Memory::default());
        Self {
            name,
            api_url: api_url.clone(),
            repo: repo.clone(),
            of: of.clone(),
            asked,
            here,
            used,
            memory,
            told: Vec::new(),
        }
    }

    fn first(&self) -> Url {
        let of = self.of.as_str();
        let is_commit = of.len() == 40 && of.bytes().all(|b| b.is_ascii_hexdigit());
        let (list, key) = match self.asked {
            Asked::Runs => ("runs", if is_commit { "head_sha" } else { "branch" }),
            Asked::Artefacts => ("artifacts", "name"),
        };
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair(key, of);
        if self.asked == Asked::Runs {
            query.append_pair("exclude_pull_requests", "true");
        }
        query.append_pair("per_page", "100");
        of_repo(&self.api_url, &self.repo, &["actions", list], &query.finish())
    }

    fn take(&mut self, told: Vec<Told>, next: Option<Url>, now: DateTime<Utc>) -> Step {
        self.used.push(self.here.clone());
        self.told.extend(told);
        match next.filter(|_| self.used.len() < MOST_PAGES) {
            Some(next) => self.ask(next),
            None => {
                self.memory.retain(&self.used);
                Step { host: Some(HostPart { host: self.known(now), ..HostPart::default() }), ..Step::default() }
            }
        }
    }

    fn ask(&mut self, url: Url) -> Step {
        self.here = url.clone();
        Step { next: Some(get(url)), ..Step::default() }
    }

    fn known(&self, as_of: DateTime<Utc>) -> Host {
        let (repo, name) = (self.repo.clone(), self.of.clone());
        match self.asked {
            Asked::Runs => {
                // A page that moved on between two questions tells a run twice: it is one all the same.
                let mut known = BTreeSet::new();
                let run = |told: &Told| match told {
                    Told::Run(id, run) if id.is_none_or(|id| known.insert(id)) => Some(run.clone()),
                    Told::Run(..) | Told::Kept(_) => None,
                };
                let mut runs: Vec<WorkflowRun> = self.told.iter().filter_map(run).collect();
                runs.sort_by_key(|run| run.at);
                Host { runs: vec![RefRuns { repo, name, runs, as_of }], ..Host::default() }
            }
            Asked::Artefacts => {
                let one = |told: &Told| if let Told::Kept(kept) = told { Some(kept.clone()) } else { None };
                let kept = self.told.iter().filter_map(one).collect();
                Host { artefacts: vec![Artefact { repo, name, kept, as_of }], ..Host::default() }
            }
        }
    }
}

impl Chore for Runs {
    fn name(&self) -> &str {
        &self.name
    }

    fn every(&self) -> TimeDelta {
        EVERY
    }

    fn request(&mut self, _: DateTime<Utc>) -> Request {
        self.here = self.first();
        self.used.clear();
        self.told.clear();
        get(self.here.clone())
    }

    fn read(&mut self, response: &Response, now: DateTime<Utc>) -> Result<Step, SourceError> {
        let told = told(&object(&response.body)?, self)?;
        let next = following(response, &self.here)?;
        self.memory.keep(&self.here, told.clone(), next.clone());
        Ok(self.take(told, next, now))
    }

    fn unchanged(&mut self, now: DateTime<Utc>) -> Step {
        match self.memory.known(&self.here) {
            Some((told, next)) => self.take(told, next, now),
            // The tag is of an earlier run of this program, and what it stands for is forgotten.
            None => self.ask(afresh(&self.here, now)),
        }
    }

    fn refused(&mut self, error: &SourceError, _: DateTime<Utc>) -> Result<Step, SourceError> {
        let what = format!("{}: {error}; the token needs to read Actions", self.name);
        // What was told before is not known any more: a gate that went on by it would be fooled.
        let part = HostPart { missing: vec![Text::scrub(&what)], host: Host::default() };
        Ok(Step { host: Some(part), ..Step::default() })
    }

    fn owns(&self, _: &IncidentKey) -> bool {
        false
    }
}

fn told(body: &Value, of: &Runs) -> Result<Vec<Told>, SourceError> {
    let at = match of.asked {
        Asked::Runs => "/workflow_runs",
        Asked::Artefacts => "/artifacts",
    };
    let records = body.pointer(at).and_then(Value::as_array).ok_or_else(|| garbled("it has no list of records"))?;
    Ok(match of.asked {
        Asked::Runs => {
            let ours = records.iter().filter(|record| is_own(record, &of.repo));
            ours.map(|record| Told::Run(record.pointer("/id").and_then(Value::as_u64), run(record))).collect()
        }
        Asked::Artefacts => {
            let is_named = |record: &&Value| text(record, "/name").is_none_or(|name| name == of.of.as_str());
            let ours = records.iter().filter(is_named).filter(|record| is_made_here(record));
            ours.map(|record| Told::Kept(kept(record))).collect()
        }
    })
}

/// Whether a run is one of the repository itself. A fork names its branches as it likes, and anybody may open a pull request
/// from one: its runs are listed with those of the branch of that name.
fn is_own(record: &Value, repo: &Repo) -> bool {
    let id = |at: &str| record.pointer(at).and_then(Value::as_u64);
    match (record.get("head_repository"), text(record, "/head_repository/full_name")) {
        (Some(_), _) if id("/head_repository/id").is_some() && id("/repository/id").is_some() => {
            id("/head_repository/id") == id("/repository/id")
        }
        (Some(_), Some(name)) => {
            let here = text(record, "/repository/full_name").unwrap_or(repo.on_host());
            name.eq_ignore_ascii_case(here)
        }
        // A fork that was deleted is told as nothing.
        (Some(_), None) => false,
        (None, _) => !text(record, "/event").is_some_and(|event| event.starts_with("pull_request")),
    }
}

/// Whether an artefact was made by a run of the repository itself, as far as the host says.
fn is_made_here(record: &Value) -> bool {
    let id = |at: &str| record.pointer(at).and_then(Value::as_u64);
    id("/workflow_run/repository_id").is_none_or(|here| id("/workflow_run/head_repository_id") == Some(here))
}

fn run(record: &Value) -> WorkflowRun {
    let said = |at: &str| text(record, at).map(Text::scrub).unwrap_or_default();
    let ended = match (text(record, "/status"), text(record, "/conclusion")) {
        (Some("completed"), Some("success")) => Run::Success,
        (Some("completed"), Some("failure" | "timed_out" | "startup_failure" | "action_required")) => Run::Failure,
        _ => Run::Other,
    };
    let at = time(record, "/run_started_at").or_else(|| time(record, "/created_at")).unwrap_or_default();
    WorkflowRun { workflow: said("/name"), path: said("/path"), commit: said("/head_sha"), ended, at }
}

fn kept(record: &Value) -> Kept {
    Kept {
        commit: text(record, "/workflow_run/head_sha").map(Text::scrub),
        // What does not say that it is kept is not.
        is_expired: record.pointer("/expired").and_then(Value::as_bool).unwrap_or(true),
        until: time(record, "/expires_at"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{
        super::samples::{answer, now, plan},
        *,
    };

    fn runs() -> Runs {
        Runs::on(&plan(None).api_url, &Repo::new("acme/api"), &Text::scrub("release/1.4"))
    }

    #[test]
    fn runs_are_told_oldest_first_and_only_a_success_is_one() {
        let mut runs = runs();
        let first = runs.request(now());
        let base = "https://api.github.com/repos/acme/api/actions/runs";
        let query = "branch=release%2F1.4&exclude_pull_requests=true&per_page=100";
        assert_eq!(first.url.as_str(), format!("{base}?{query}"));
        let run = |status: &str, conclusion: Option<&str>, hour: u32| {
            json!({"name": "CI", "path": ".github/workflows/ci.yml", "head_sha": "abc", "status": status,
                "conclusion": conclusion, "run_started_at": format!("2026-11-20T{hour:02}:00:00Z")})
        };
        let list = [
            run("in_progress", None, 9),
            run("completed", Some("success"), 8),
            run("completed", Some("cancelled"), 7),
            run("completed", Some("skipped"), 6),
            run("completed", Some("timed_out"), 5),
            run("completed", Some("levitated"), 4),
        ];
        let body = json!({"total_count": 6, "workflow_runs": list});
        let step = runs.read(&answer(200, &[], &body), now()).unwrap();
        let host = step.host.unwrap().host;
        let ended: Vec<Run> = host.runs[0].runs.iter().map(|run| run.ended).collect();
        assert_eq!(ended, [Run::Other, Run::Failure, Run::Other, Run::Other, Run::Success, Run::Other]);
        assert_eq!(host.runs[0].name.as_str(), "release/1.4");
        runs.request(now());
        let again = runs.unchanged(now()).host.unwrap().host;
        assert_eq!(again.runs[0].runs.len(), 6, "304 says the same again");
    }

    #[test]
    fn runs_of_forks_are_none_of_the_branch_and_one_that_is_listed_twice_is_one() {
        let run = |id: u64, owner: Value| {
            json!({"id": id, "name": "CI", "head_sha": "abc", "status": "completed", "conclusion": "success",
                "event": "push", "head_repository": owner, "repository": {"id": 1, "full_name": "acme/api"}})
        };
        let own = || json!({"id": 1, "full_name": "Acme/api"});
        let told = |list: Vec<Value>| {
            let mut runs = runs();
            runs.request(now());
            let step = runs.read(&answer(200, &[], &json!({"workflow_runs": list})), now()).unwrap();
            step.host.unwrap().host.runs[0].runs.len()
        };
        assert_eq!(told(vec![run(1, own()), run(2, json!({"full_name": "acme/API"})), run(1, own())]), 2);
        for fork in [json!({"id": 2, "full_name": "acme/api"}), json!({"full_name": "evil/api"}), Value::Null] {
            assert_eq!(told(vec![run(1, fork.clone())]), 0, "{fork}");
        }
        let bare = |event: &str| json!({"id": 1, "event": event, "status": "completed", "conclusion": "success"});
        assert_eq!([told(vec![bare("push")]), told(vec![bare("pull_request")])], [1, 0]);
    }

    #[test]
    fn a_refusal_takes_back_what_was_told_and_says_what_is_missing() {
        let mut runs = runs();
        runs.request(now());
        let step = runs.refused(&SourceError::NotFound, now()).unwrap().host.unwrap();
        assert!(step.host.runs.is_empty() && step.missing[0].as_str().contains("read Actions"));
        runs.request(now());
        assert!(runs.read(&answer(200, &[], &json!({"message": "hello"})), now()).is_err());
    }

    #[test]
    fn artefacts_are_kept_unless_the_host_says_otherwise_or_nothing() {
        let mut runs = Runs::artefacts(&plan(None).api_url, &Repo::new("acme/api"), &Text::scrub("a b"));
        let url = runs.request(now()).url;
        assert_eq!(url.query(), Some("name=a+b&per_page=100"));
        let mut list = json!({"artifacts": [
            {"expired": false, "expires_at": "2026-12-20T00:00:00Z", "workflow_run": {"head_sha": "abc"}}, {"id": 1}
        ]});
        list["artifacts"].as_array_mut().unwrap().extend([
            json!({"name": "A B", "expired": false}),
            json!({"name": "a b", "expired": false, "workflow_run": {"repository_id": 1, "head_repository_id": 2}}),
        ]);
        let host = runs.read(&answer(200, &[], &list), now()).unwrap().host.unwrap().host;
        let kept: Vec<bool> = host.artefacts[0].kept.iter().map(|kept| kept.is_expired).collect();
        assert_eq!(kept, [false, true]);
    }
}
