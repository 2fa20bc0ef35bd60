//! The planner, a host, and what the one has heard of the other. Time goes as fast as it can be thought.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use github_world::{
    Request as Asked, World,
    life::{Life, PRIORITIES, populate},
    meter::Meter,
    truth::{Difference, Told, compare, truth},
    wire::instant,
};
use url::Url;
use watchfloor::{
    domain::{
        host::Going,
        incident::{Incident, IncidentKey, Repo, Standing, What},
        plans::Plans,
        trouble::Trouble,
    },
    source::github::sync::{Kept, Next, Outcome, Plan, Sync},
    wire::{Method, Request, Response},
};

/// One way and back.
const TRIP: TimeDelta = TimeDelta::milliseconds(200);

pub struct Watcher {
    pub world: World,
    pub life: Life,
    pub sync: Sync,
    pub copy: BTreeMap<IncidentKey, Incident>,
    pub plans: BTreeMap<Repo, Plans>,
    pub cursors: BTreeMap<String, String>,
    pub now: DateTime<Utc>,
    pub began: DateTime<Utc>,
    /// Trips until the first incident was told.
    pub first_rows: Option<usize>,
    pub failures: Vec<(Trouble, String)>,
    pub plan: Plan,
    n_trips: usize,
}

pub fn start() -> DateTime<Utc> {
    instant("2026-11-20T14:00:00Z").unwrap()
}

impl Watcher {
    pub fn new(n_repos: usize, n_open: usize, seed: u64) -> Self {
        let mut world = World::new(seed);
        populate(&mut world, n_repos, n_open, start(), seed);
        world.rules.lag = TimeDelta::seconds(20);
        let plan = Plan {
            source: 0,
            api_url: Url::parse("https://api.github.com").unwrap(),
            host: None,
            repos: world.repos.iter().map(|repo| Repo::new(&repo.full())).collect(),
            every: TimeDelta::seconds(30),
            with_pull_requests: true,
        };
        Self {
            sync: Sync::new(vec![plan.clone()]),
            world,
            life: Life::new(seed, 0.0),
            copy: BTreeMap::new(),
            plans: BTreeMap::new(),
            cursors: BTreeMap::new(),
            now: start(),
            began: start(),
            first_rows: None,
            failures: Vec::new(),
            plan,
            n_trips: 0,
        }
    }

    /// Everything in memory is lost; what was kept on disk is taken up.
    pub fn restart(&mut self) {
        self.sync = Sync::new(vec![self.plan.clone()]);
        let kept: Vec<Kept> = self.copy.values().map(Kept::of).collect();
        let cursors: Vec<(String, String)> = self.cursors.clone().into_iter().collect();
        assert_eq!(self.sync.take_up(0, &kept, &cursors, self.now), None);
    }

    /// What the world counted while something went on.
    pub fn cost(&mut self, what: impl FnOnce(&mut Self)) -> Meter {
        let before = self.world.meter;
        what(self);
        self.world.meter.since(&before)
    }

    /// Until everything was told once.
    pub fn settle(&mut self) {
        let limit = self.now + TimeDelta::minutes(30);
        while !self.sync.is_settled() {
            self.step(limit);
            assert!(self.now < limit, "it does not settle: {:?}", self.failures);
        }
    }

    /// So long.
    pub fn live(&mut self, minutes: i64) {
        let end = self.now + TimeDelta::minutes(minutes);
        while self.now < end {
            self.step(end);
        }
    }

    /// One trip, or a wait that ends at `end` at the latest.
    pub fn step(&mut self, end: DateTime<Utc>) {
        self.life.advance(&mut self.world, self.now);
        match self.sync.next(self.now) {
            Next::Wait(until) => {
                self.now = until.min(end).max(self.now + TimeDelta::milliseconds(10));
            }
            Next::Ask(asks) => {
                self.n_trips += 1;
                let answers: Vec<_> = asks
                    .iter()
                    .map(|ask| (ask.id, carried(&mut self.world, &ask.request, self.now + TRIP / 2)))
                    .collect();
                self.now += TRIP;
                for (id, answer) in answers {
                    for outcome in self.sync.answered(id, Ok(answer), self.now) {
                        self.hear(outcome);
                    }
                }
            }
        }
    }

    fn hear(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::Heard(heard) => {
                if !heard.items.is_empty() {
                    self.first_rows.get_or_insert(self.n_trips);
                }
                for gone in heard.gone {
                    let known = self.copy.remove(&gone.key);
                    if let (Going::Moved(to), Some(mut known)) = (gone.how, known) {
                        known.key = to.clone();
                        self.copy.entry(to).or_insert(known);
                    }
                }
                for item in heard.items {
                    self.copy.insert(item.key.clone(), item);
                }
                self.plans.extend(heard.plans.into_iter().map(|plans| (plans.repo.clone(), plans)));
                for (name, value) in heard.cursors {
                    match value {
                        Some(value) => self.cursors.insert(name, value),
                        None => self.cursors.remove(&name),
                    };
                }
            }
            Outcome::Failed { trouble, why, .. } => self.failures.push((trouble, why.to_string())),
            Outcome::Host { .. } => {}
        }
    }

    /// How the copy differs from what is so.
    pub fn difference(&self) -> Difference {
        let so = truth(&self.world, self.began, true, |repo, issue| format!("{}#{}", repo.full(), issue.number));
        let copy = self.copy.values().map(|incident| (incident.key.to_string(), told(incident))).collect();
        compare(&so, &copy)
    }
}

/// Carries a request to the world, as the shell would.
pub fn carried(world: &mut World, request: &Request, now: DateTime<Utc>) -> Response {
    let method = match request.method {
        Method::Get => "GET",
        Method::Post => "POST",
        Method::Patch => "PATCH",
        Method::Put => "PUT",
        Method::Delete => "DELETE",
    };
    let target = match request.url.query() {
        Some(query) => format!("{}?{query}", request.url.path()),
        None => request.url.path().to_owned(),
    };
    let headers: Vec<(&str, &str)> = request
        .headers
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .chain([("authorization", "Bearer t0ken")])
        .collect();
    let answer = world.answer(&Asked::new(method, &target, &headers, request.body.clone()), now);
    Response { status: answer.status, headers: answer.headers, body: answer.body }
}

/// What a copy says of an incident.
fn told(incident: &Incident) -> Told {
    let mut told = Told { title: incident.title.to_string(), is_open: incident.is_open(), ..Told::default() };
    told.labels = incident.labels.iter().map(ToString::to_string).collect();
    told.assignees = incident.assignees.iter().map(ToString::to_string).collect();
    for event in &incident.timeline {
        let mut noted = |is_set, label: String| {
            if PRIORITIES.contains(&label.as_str()) {
                told.priorities.push((event.at, is_set, label));
            }
        };
        match &event.what {
            What::Labeled(label) => noted(true, label.to_string()),
            What::Unlabeled(label) => noted(false, label.to_string()),
            What::Commented | What::Reviewed if told.answered.is_none() => {
                let maintainer = event.actor.as_ref().filter(|actor| {
                    actor.standing == Standing::Member
                        && !actor.is_robot
                        && Some(&actor.login) != incident.author.as_ref()
                });
                told.answered = maintainer.map(|actor| (event.at, actor.login.to_string()));
            }
            _ => {}
        }
    }
    told.sorted()
}
