//! The whole host: what is in it, and who may ask how much.

use std::{
    collections::{BTreeMap, HashMap},
    hash::{Hash, Hasher},
    sync::Arc,
};

use chrono::{DateTime, TimeDelta, Timelike, Utc};
use serde_json::json;

use crate::{
    graphql,
    limits::Limits,
    meter::Meter,
    rest,
    rules::{Denial, Rules},
    state::{Issue, Label, Person, Pull, Repository, Slot, Thread},
    wire::{Answer, Request, http_date},
};

/// A host with all that is in it.
#[derive(Debug, Clone)]
pub struct World {
    /// Repositories; a place never changes its meaning.
    pub repos: Vec<Repository>,
    /// `owner/name` in lower case, to a place: names of today and of before.
    pub names: HashMap<String, usize>,
    /// Issues and pull requests by GraphQL's name for them: place and number.
    pub nodes: HashMap<String, (usize, u64)>,
    /// Accounts by login.
    pub people: BTreeMap<String, Person>,
    /// Who asks.
    pub viewer: String,
    /// The viewer's inbox.
    pub inbox: Vec<Thread>,
    /// How the host behaves.
    pub rules: Rules,
    /// What was used of the limits.
    pub limits: Limits,
    /// What was asked.
    pub meter: Meter,
    /// Whether the meter compresses bodies to know their size.
    pub measures_gzip: bool,
    /// Address of the API as its answers write it, without a trailing slash.
    pub api: String,
    /// Address of the pages.
    pub web: String,
    last_id: u64,
    n_asked: u64,
    seed: u64,
}

impl World {
    /// An empty host.
    pub fn new(seed: u64) -> Self {
        let mut world = Self {
            repos: Vec::new(),
            names: HashMap::new(),
            nodes: HashMap::new(),
            people: BTreeMap::new(),
            viewer: "ona".to_owned(),
            inbox: Vec::new(),
            rules: Rules::default(),
            limits: Limits::default(),
            meter: Meter::default(),
            measures_gzip: false,
            api: "https://api.github.com".to_owned(),
            web: "https://github.com".to_owned(),
            // Beyond what a client may hold in 32 bits.
            last_id: 21_000_000_000,
            n_asked: 0,
            seed,
        };
        world.person("ona", "MEMBER");
        world
    }

    /// A number that was never given.
    pub fn next_id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }

    /// An account; `association` is the same everywhere.
    pub fn person(&mut self, login: &str, association: &str) {
        let id = self.next_id();
        let person = Person { id, login: login.to_owned(), association: association.to_owned() };
        self.people.insert(login.to_owned(), person);
    }

    /// The standing of an account.
    pub fn association(&self, login: Option<&str>) -> &str {
        login.and_then(|login| self.people.get(login)).map_or("NONE", |person| person.association.as_str())
    }

    /// A repository named `owner/name`; gives its place.
    pub fn repository(&mut self, full: &str) -> usize {
        let (owner, name) = full.split_once('/').unwrap_or((full, full));
        let id = self.next_id();
        let assignable = self.people.values().filter(|p| p.association == "MEMBER").map(|p| p.login.clone()).collect();
        self.repos.push(Repository {
            id,
            node: format!("R_{id}"),
            owner: owner.to_owned(),
            name: name.to_owned(),
            permission: "WRITE".to_owned(),
            assignable,
            ..Repository::default()
        });
        let place = self.repos.len() - 1;
        self.names.insert(full.to_lowercase(), place);
        place
    }

    /// The place of a repository, by a name of today or before.
    pub fn place(&self, full: &str) -> Option<usize> {
        self.names.get(&full.to_lowercase()).copied().filter(|place| !self.repos[*place].deleted)
    }

    /// Declares a label where it is new; its name as declared.
    pub fn label(&mut self, place: usize, name: &str) -> String {
        if let Some(known) = self.repos[place].labels.iter().find(|label| label.name.eq_ignore_ascii_case(name)) {
            return known.name.clone();
        }
        let id = self.next_id();
        let color = format!("{:06x}", (id * 7_919) % 0xff_ffff);
        self.repos[place].labels.push(Label { id, name: name.to_owned(), color });
        name.to_owned()
    }

    /// Opens an issue or, with `pull`, a pull request; gives its number.
    pub fn open(&mut self, place: usize, title: &str, author: &str, pull: Option<Pull>, now: DateTime<Utc>) -> u64 {
        let now = now.with_nanosecond(0).unwrap_or(now);
        let id = self.next_id();
        let repo = &mut self.repos[place];
        repo.last_number += 1;
        let number = repo.last_number;
        let kind = if pull.is_some() { "PR" } else { "I" };
        let issue = Issue {
            id,
            node: format!("{kind}_{id}"),
            number,
            title: title.to_owned(),
            body: String::new(),
            author: Some(author.to_owned()),
            labels: Vec::new(),
            assignees: Vec::new(),
            milestone: None,
            open: true,
            reason: None,
            created_at: now,
            updated_at: now,
            closed_at: None,
            events: Vec::new(),
            pull,
        };
        self.nodes.insert(issue.node.clone(), (place, number));
        let mut slot = Slot::default();
        slot.put(Some(Arc::new(issue)), now);
        repo.issues.insert(number, slot);
        number
    }

    /// Answers a request and counts it.
    pub fn answer(&mut self, request: &Request, now: DateTime<Utc>) -> Answer {
        self.n_asked += 1;
        let mut answer = self.guarded(request, now);
        answer.headers.push(("date".into(), http_date(now)));
        answer.headers.push(("server".into(), "github.com".into()));
        answer.headers.push(("x-github-request-id".into(), format!("{:04X}:{:X}", self.seed & 0xffff, self.n_asked)));
        if let Some(version) = &self.rules.enterprise {
            answer.headers.push(("x-github-enterprise-version".into(), version.clone()));
        }
        self.meter.count(request, &answer, self.measures_gzip);
        answer
    }

    /// The age of this answer, if it is a list's: up to what the rules allow, by seed.
    pub fn as_of(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        let most = self.rules.lag.num_seconds();
        let mut hasher = std::hash::DefaultHasher::new();
        (self.seed, self.n_asked).hash(&mut hasher);
        let age = if most > 0 { (hasher.finish() % (most as u64 + 1)) as i64 } else { 0 };
        now - TimeDelta::seconds(age)
    }

    fn guarded(&mut self, request: &Request, now: DateTime<Utc>) -> Answer {
        if request.header("user-agent").is_none_or(|agent| agent.trim().is_empty()) {
            let mut answer = Answer::refusal(403, "");
            answer.body = b"\r\nRequest forbidden by administrative rules. Please make sure your request has a \
                User-Agent header (https://docs.github.com/rest/overview/resources-in-the-rest-api).\r\n"
                .to_vec();
            return answer;
        }
        let is_known = match request.token() {
            Some(token) => self.rules.tokens.is_empty() || self.rules.tokens.iter().any(|known| known == token),
            None => self.rules.anonymous,
        };
        if !is_known {
            let message = if request.token().is_some() { "Bad credentials" } else { "Requires authentication" };
            return Answer::refusal(401, message);
        }
        let denied = self.rules.denials.iter().find(|(piece, _)| request.target.contains(piece.as_str()));
        if let Some((_, denial)) = denied {
            return self.denied(*denial, now);
        }
        if request.path().ends_with("/graphql") {
            return graphql::answer(self, request, now);
        }
        rest::answer(self, request, now)
    }

    fn denied(&mut self, denial: Denial, now: DateTime<Utc>) -> Answer {
        match denial {
            Denial::Permission => Answer::refusal(403, "Resource not accessible by personal access token")
                .with("x-accepted-github-permissions", "issues=write"),
            Denial::SingleSignOn => Answer::refusal(
                403,
                "Resource protected by organization SAML enforcement. You must grant your Personal \
                    Access token access to this organization.",
            )
            .with("x-github-sso", format!("required; url={}/orgs/acme/sso?authorization_request=A", self.web)),
            Denial::Admin => Answer::refusal(403, "Must have admin rights to Repository."),
            Denial::PrimaryLimit => {
                self.limits.core.turn(now);
                Answer::refusal(403, "API rate limit exceeded for user ID 1.")
                    .with("x-ratelimit-limit", self.rules.core_limit.to_string())
                    .with("x-ratelimit-remaining", "0")
                    .with("x-ratelimit-reset", self.limits.core.reset_stamp().to_string())
            }
            Denial::SecondaryLimit(wait) => secondary(403, wait),
            Denial::NotFound => Answer::refusal(404, "Not Found"),
            Denial::Gone => Answer::refusal(410, "Issues are disabled for this repo"),
            Denial::BadCredentials => Answer::refusal(401, "Bad credentials"),
            Denial::Invalid => {
                Answer::json(422, &json!({"message": "Validation Failed", "errors": [], "status": "422"}))
            }
            Denial::Busy => Answer::refusal(503, "Service unavailable"),
        }
    }
}

/// A refusal by a secondary limit; a wait of 0 is not told.
pub fn secondary(status: u16, wait: u64) -> Answer {
    let answer = Answer::refusal(
        status,
        "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.",
    );
    if wait == 0 { answer } else { answer.with("retry-after", wait.to_string()) }
}
