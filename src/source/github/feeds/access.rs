//! Whose token it is, and in which repositories it may do no more than read.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use url::Url;

use crate::{
    domain::{
        host::Host,
        incident::{IncidentKey, Login, Repo},
    },
    source::github::{
        sync::{Chore, HostPart, Plan, Step},
        trouble::SourceError,
    },
    wire::{Method, Request, Response},
};

use super::{address, get, object, of_repo, text};

/// Rights change by the week, and the planner hears of most of them by the way.
const EVERY: TimeDelta = TimeDelta::hours(6);

/// Repositories asked about in one GraphQL query; it costs one point.
const TOGETHER: usize = 50;

/// Repositories asked about one by one where the host has no GraphQL.
const ONE_BY_ONE: usize = 30;

/// What is being asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ask {
    /// A group of repositories, and who we are.
    Together(usize),
    /// Who we are, over REST.
    User,
    /// One repository, over REST.
    One(usize),
}

/// Who we are, and what we may.
#[derive(Debug)]
pub struct Access {
    graphql_url: Url,
    api_url: Url,
    /// By their names in keys.
    repos: Vec<Repo>,
    ask: Ask,
    has_graphql: bool,
    host: Host,
}

impl Access {
    /// Asks for the repositories that the settings name.
    pub fn new(plan: &Plan) -> Self {
        let repos = plan.repos.iter().map(|repo| plan.keyed(repo.on_host())).collect();
        let (graphql_url, api_url) = (plan.graphql_url(), plan.api_url.clone());
        Self { graphql_url, api_url, repos, ask: Ask::Together(0), has_graphql: true, host: Host::default() }
    }

    fn group(&self, at: usize) -> &[Repo] {
        self.repos.chunks(TOGETHER).nth(at).unwrap_or_default()
    }

    fn question(&self) -> Request {
        match self.ask {
            Ask::Together(at) => {
                let mut query = "query{viewer{login}".to_owned();
                for (i, repo) in self.group(at).iter().enumerate() {
                    let (owner, name) = repo.on_host().split_once('/').unwrap_or((repo.on_host(), ""));
                    // JSON writes a text as GraphQL does.
                    let (owner, name) = (json!(owner), json!(name));
                    query.push_str(&format!(
                        " r{i}:repository(owner:{owner},name:{name}){{viewerPermission isArchived}}"
                    ));
                }
                query.push('}');
                let mut request = get(self.graphql_url.clone());
                request.method = Method::Post;
                request.headers.push(("content-type", "application/json".to_owned()));
                request.body = json!({ "query": query }).to_string().into_bytes();
                request
            }
            Ask::User => get(address(&self.api_url, &["user"], "")),
            Ask::One(at) => match self.repos.get(at) {
                Some(repo) => get(of_repo(&self.api_url, repo, &[], "")),
                None => get(address(&self.api_url, &["user"], "")),
            },
        }
    }

    fn note(&mut self, at: usize, is_read_only: bool) {
        if let Some(repo) = self.repos.get(at).filter(|_| is_read_only) {
            self.host.read_only.push(repo.clone());
        }
    }

    fn read_together(&mut self, at: usize, body: &Value) {
        self.host.viewer = text(body, "/data/viewer/login").map(Login::new).or(self.host.viewer.take());
        for i in 0..self.group(at).len() {
            let right = text(body, &format!("/data/r{i}/viewerPermission"));
            let is_archived = body.pointer(&format!("/data/r{i}/isArchived")).and_then(Value::as_bool);
            // Whoever may triage may label, assign and close. A right that is not told is not denied.
            let is_read_only = right == Some("READ") || is_archived == Some(true);
            self.note(at * TOGETHER + i, is_read_only);
        }
    }

    fn read_one(&mut self, at: usize, body: &Value) {
        let may = |right: &str| body.pointer(&format!("/permissions/{right}")).and_then(Value::as_bool);
        let is_archived = body.get("archived").and_then(Value::as_bool) == Some(true);
        let is_reader = may("push") == Some(false) && may("triage") != Some(true);
        self.note(at, is_reader || is_archived);
    }

    /// The next question, or the end of the round.
    fn after(&mut self) -> Step {
        self.ask = match self.ask {
            Ask::Together(at) if (at + 1) * TOGETHER < self.repos.len() => Ask::Together(at + 1),
            Ask::User if !self.repos.is_empty() => Ask::One(0),
            Ask::One(at) if at + 1 < self.repos.len().min(ONE_BY_ONE) => Ask::One(at + 1),
            Ask::Together(_) | Ask::User | Ask::One(_) => {
                let host = std::mem::take(&mut self.host);
                return Step { host: Some(HostPart { missing: Vec::new(), host }), ..Step::default() };
            }
        };
        Step { next: Some(self.question()), ..Step::default() }
    }
}

impl Chore for Access {
    fn name(&self) -> &str {
        "access"
    }

    fn every(&self) -> TimeDelta {
        EVERY
    }

    fn request(&mut self, _: DateTime<Utc>) -> Request {
        self.ask = if self.has_graphql { Ask::Together(0) } else { Ask::User };
        self.host = Host::default();
        self.question()
    }

    fn read(&mut self, response: &Response, _: DateTime<Utc>) -> Result<Step, SourceError> {
        let body = match (object(&response.body), self.ask) {
            // A gateway that answers with a page of its own knows no GraphQL.
            (Err(_), Ask::Together(_)) => return self.refused(&SourceError::NotFound, DateTime::<Utc>::MIN_UTC),
            (body, _) => body?,
        };
        match self.ask {
            Ask::Together(at) => self.read_together(at, &body),
            Ask::User => self.host.viewer = text(&body, "/login").map(Login::new),
            Ask::One(at) => self.read_one(at, &body),
        }
        Ok(self.after())
    }

    /// As it was: the round goes on, and what this answer said is told from nothing else. Only REST has tags, and there the
    /// repository stays as the planner knows it.
    fn unchanged(&mut self, _: DateTime<Utc>) -> Step {
        self.after()
    }

    fn refused(&mut self, error: &SourceError, _: DateTime<Utc>) -> Result<Step, SourceError> {
        match (self.ask, error) {
            (_, SourceError::Unauthorized { .. }) => Err(error.clone()),
            (Ask::Together(_), _) => {
                (self.has_graphql, self.ask) = (false, Ask::User);
                Ok(Step { next: Some(self.question()), ..Step::default() })
            }
            // An app's token is nobody's, and a repository that is not shown is told by its own list.
            (Ask::User | Ask::One(_), _) => Ok(self.after()),
        }
    }

    fn owns(&self, _: &IncidentKey) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{answer, now, plan};

    use super::*;

    #[test]
    fn one_question_tells_who_we_are_and_what_we_may() {
        let mut plan = plan(Some("git.acme.example"));
        plan.repos = ["acme/api", "acme/web", "acme/docs", "acme/old"].map(Repo::new).into();
        let mut access = Access::new(&plan);
        let request = access.request(now());
        assert_eq!((request.method, request.url.as_str()), (Method::Post, "https://api.github.com/graphql"));
        let body: Value = serde_json::from_slice(&request.body).unwrap();
        let query = body["query"].as_str().unwrap();
        assert!(query.starts_with("query{viewer{login} r0:repository(owner:\"acme\",name:\"api\"){"), "{query}");
        let said = json!({"data": {"viewer": {"login": "casey"}, "r0": {"viewerPermission": "READ", "isArchived": false},
            "r1": {"viewerPermission": "TRIAGE", "isArchived": false}, "r2": null,
            "r3": {"viewerPermission": "ADMIN", "isArchived": true}}, "errors": [{"type": "NOT_FOUND"}]});
        let step = access.read(&answer(200, &[], &said), now()).unwrap();
        let host = step.host.unwrap().host;
        assert_eq!(host.viewer, Some(Login::new("casey")));
        let read_only: Vec<_> = host.read_only.iter().map(Repo::full).collect();
        assert_eq!(read_only, ["git.acme.example/acme/api", "git.acme.example/acme/old"]);
        assert_eq!(step.next, None);
    }

    #[test]
    fn two_hundred_repositories_are_four_questions() {
        let mut plan = plan(None);
        plan.repos = (0..200).map(|n| Repo::new(&format!("acme/r{n}"))).collect();
        let mut access = Access::new(&plan);
        let mut next = Some(access.request(now()));
        let mut asked = 0;
        while next.is_some() {
            asked += 1;
            next =
                access.read(&answer(200, &[], &json!({"data": {"viewer": {"login": "casey"}}})), now()).unwrap().next;
        }
        assert_eq!(asked, 4);
    }

    #[test]
    fn a_host_without_graphql_is_asked_one_by_one() {
        let mut access = Access::new(&plan(None));
        let _ = access.request(now());
        let html = Response { status: 200, headers: Vec::new(), body: b"<html>".to_vec() };
        let user = access.read(&html, now()).unwrap().next.unwrap();
        assert_eq!(user.url.as_str(), "https://api.github.com/user");
        let next = access.read(&answer(200, &[], &json!({"login": "casey"})), now()).unwrap().next.unwrap();
        assert_eq!(next.url.as_str(), "https://api.github.com/repos/acme/api");
        let rights = json!({"permissions": {"push": false, "triage": false, "pull": true}, "archived": false});
        let host = access.read(&answer(200, &[], &rights), now()).unwrap().host.unwrap().host;
        assert_eq!((host.viewer, host.read_only), (Some(Login::new("casey")), vec![Repo::new("acme/api")]));
        // And it is remembered: the next round begins there.
        assert_eq!(access.request(now()).url.path(), "/user");
    }
}
