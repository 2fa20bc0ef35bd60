//! The planner against a simulated GitHub: what it asks for, what that costs, and whether its copy is right.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use github_world::{
    World,
    life::{Life, populate},
    meter::Meter,
    truth::{Difference, Told, compare, truth},
};
use url::Url;
use watchfloor::{
    domain::{
        host::Going,
        incident::{Incident, IncidentKey, Repo, Standing, What},
        time::{parse_rfc3339, plus},
    },
    source::github::sync::{Next, Outcome, Plan, Sync},
    wire::{Method, Request, Response},
};

/// How long a question takes.
const LATENCY: TimeDelta = TimeDelta::milliseconds(300);

fn start() -> DateTime<Utc> {
    parse_rfc3339("2026-11-20T09:00:00Z").unwrap()
}

/// A planner, a host, and what the planner told of it.
pub struct Run {
    pub world: World,
    pub life: Option<Life>,
    pub sync: Sync,
    pub now: DateTime<Utc>,
    copy: BTreeMap<IncidentKey, Incident>,
    under_way: Vec<(DateTime<Utc>, u64, Response)>,
    pub n_round_trips_to_first: Option<u64>,
    pub failures: Vec<String>,
    pub whole: bool,
}

impl Run {
    pub fn new(n_repos: usize, n_open: usize, seed: u64) -> Self {
        let mut world = World::new(seed);
        populate(&mut world, n_repos, n_open, start(), seed);
        let repos = world.repos.iter().map(|repo| Repo::new(&repo.full())).collect();
        let plan = Plan {
            source: 0,
            api_url: Url::parse("https://api.github.com").unwrap(),
            host: None,
            repos,
            every: TimeDelta::seconds(30),
            with_pull_requests: false,
        };
        Self {
            world,
            life: None,
            sync: Sync::new(vec![plan]),
            now: start(),
            copy: BTreeMap::new(),
            under_way: Vec::new(),
            n_round_trips_to_first: None,
            failures: Vec::new(),
            whole: false,
        }
    }

    /// Lets time pass.
    pub fn until(&mut self, end: DateTime<Utc>) {
        while self.now < end && !self.step(end) {}
        self.now = self.now.max(end);
    }

    /// Lets time pass until everything was told once.
    pub fn until_settled(&mut self, limit: TimeDelta) {
        let end = plus(self.now, limit);
        while self.now < end && !self.sync.is_settled() {
            self.step(end);
        }
        assert!(self.sync.is_settled(), "not settled within {limit}: {:?}", self.failures);
    }

    /// One question, answer or wait; whether the end is reached.
    fn step(&mut self, end: DateTime<Utc>) -> bool {
        match self.sync.next(self.now) {
            Next::Ask(asks) => {
                for ask in asks {
                    let answered_at = plus(self.now, LATENCY);
                    if let Some(life) = &mut self.life {
                        life.advance(&mut self.world, self.now);
                    }
                    let answer = self.world.answer(&asked(&ask.request), self.now);
                    let response = Response { status: answer.status, headers: answer.headers, body: answer.body };
                    self.under_way.push((answered_at, ask.id, response));
                }
            }
            Next::Wait(until) => {
                let first = self.under_way.iter().map(|(at, ..)| *at).min();
                let next =
                    first.map_or(until, |first| first.min(until)).max(plus(self.now, TimeDelta::milliseconds(1)));
                if next >= end {
                    self.now = end;
                    return true;
                }
                self.now = next;
            }
        }
        let now = self.now;
        while let Some(at) = self.under_way.iter().position(|(at, ..)| *at <= now) {
            let (_, id, response) = self.under_way.remove(at);
            for outcome in self.sync.answered(id, Ok(response), now) {
                self.hear(outcome);
            }
        }
        false
    }

    fn hear(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::Heard(heard) => {
                for gone in heard.gone {
                    let was = self.copy.remove(&gone.key);
                    if let (Going::Moved(to), Some(mut was)) = (gone.how, was) {
                        was.key = to.clone();
                        self.copy.entry(to).or_insert(was);
                    }
                }
                if !heard.items.is_empty() && self.n_round_trips_to_first.is_none() {
                    let passed = (self.now - start()).num_milliseconds();
                    self.n_round_trips_to_first = Some(passed.div_euclid(LATENCY.num_milliseconds()).unsigned_abs());
                }
                self.copy.extend(heard.items.into_iter().map(|item| (item.key.clone(), item)));
                if let Some(round) = heard.round {
                    self.whole |= round.reach == watchfloor::domain::host::Reach::Whole;
                }
            }
            Outcome::Failed { why, .. } => self.failures.push(why.to_string()),
            Outcome::Host { .. } => {}
        }
    }

    /// How the copy differs from what is so.
    pub fn difference(&self) -> Difference {
        let so = truth(&self.world, start(), false, |repo, issue| format!("{}#{}", repo.full(), issue.number));
        let copy = self.copy.values().map(|item| (item.key.to_string(), told(item))).collect();
        compare(&so, &copy)
    }
}

fn asked(request: &Request) -> github_world::Request {
    let method = match request.method {
        Method::Get => "GET",
        Method::Post => "POST",
        Method::Patch => "PATCH",
        Method::Put => "PUT",
        Method::Delete => "DELETE",
    };
    let query = request.url.query().map(|query| format!("?{query}")).unwrap_or_default();
    let mut headers: Vec<(&str, &str)> = request.headers.iter().map(|(n, v)| (*n, v.as_str())).collect();
    headers.push(("authorization", "Bearer canary"));
    github_world::Request::new(method, &format!("{}{query}", request.url.path()), &headers, request.body.clone())
}

fn told(item: &Incident) -> Told {
    let mut told = Told { title: item.title.to_string(), is_open: item.is_open(), ..Told::default() };
    told.labels = item.labels.iter().map(|label| label.as_str().to_owned()).collect();
    told.assignees = item.assignees.iter().map(|login| login.as_str().to_owned()).collect();
    for event in &item.timeline {
        let is_priority = |name: &str| github_world::life::PRIORITIES.contains(&name);
        match &event.what {
            What::Labeled(label) if is_priority(label.as_str()) => {
                told.priorities.push((event.at, true, label.as_str().to_owned()));
            }
            What::Unlabeled(label) if is_priority(label.as_str()) => {
                told.priorities.push((event.at, false, label.as_str().to_owned()));
            }
            What::Commented | What::Reviewed if told.answered.is_none() => {
                let actor = event.actor.as_ref().filter(|actor| actor.standing == Standing::Member && !actor.is_robot);
                let actor = actor.filter(|actor| item.author.as_ref() != Some(&actor.login));
                told.answered = actor.map(|actor| (event.at, actor.login.as_str().to_owned()));
            }
            _ => {}
        }
    }
    told.sorted()
}

fn since(run: &Run, before: &Meter) -> Meter {
    run.world.meter.since(before)
}

/// Points that a quiet and a busy hour may cost.
const BOUNDS: [(usize, u64, u64); 3] = [(1, 0, 370), (20, 240, 250), (200, 600, 700)];

#[test]
fn ten_thousand_issues_are_read_and_watched_within_the_budget_and_right() {
    println!("{:>5} {:>6} {}", "repos", "phase", Meter::head());
    for (n_repos, quiet_bound, busy_bound) in BOUNDS {
        let mut run = Run::new(n_repos, 10_000, 7);
        run.until_settled(TimeDelta::minutes(20));
        let cold = run.world.meter;
        println!("{n_repos:>5} {:>6} {cold}", "cold");
        assert!(cold.requests <= 210 && cold.points <= 420, "{n_repos}: {cold:?}");
        assert!(run.n_round_trips_to_first.is_some_and(|n| n <= 2), "{:?}", run.n_round_trips_to_first);
        let found = run.difference();
        assert!(found.missing.is_empty() && found.wrong.is_empty(), "{n_repos} cold: {found:?}");

        let end = plus(run.now, TimeDelta::hours(1));
        let before = run.world.meter;
        run.until(end);
        let quiet = since(&run, &before);
        println!("{n_repos:>5} {:>6} {quiet}", "quiet");
        assert!(quiet.points <= quiet_bound, "{n_repos}: {quiet:?}");

        run.world.rules.lag = TimeDelta::seconds(20);
        let mut life = Life::new(11, 60.0);
        life.advance(&mut run.world, run.now);
        run.life = Some(life);
        let before = run.world.meter;
        let end = plus(run.now, TimeDelta::hours(1));
        run.until(end);
        let busy = since(&run, &before);
        println!("{n_repos:>5} {:>6} {busy}", "busy");
        // The last changes need their two cadences; deletions are found by counting.
        run.life = None;
        let end = plus(run.now, TimeDelta::minutes(12));
        run.until(end);
        let found = run.difference();
        println!("{n_repos:>5} compared {}, missing {}, wrong {}", found.n, found.missing.len(), found.wrong.len());
        assert!(found.missing.is_empty() && found.wrong.is_empty(), "{n_repos} busy: {found:#?}");
        assert!(busy.points <= busy_bound, "{n_repos}: {busy:?}");
        assert_eq!(run.failures, Vec::<String>::new());
    }
}
