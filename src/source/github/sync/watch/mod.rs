//! One source: which of its questions is next, and what an answer means for the others.

use std::collections::{BTreeMap, VecDeque};

use chrono::{DateTime, TimeDelta, Utc};
use url::Url;

pub(super) use job::Job;
use job::{Look, Unfinished};

use super::{
    chore::{Chore, HostPart},
    outcome::{Heard, Kept, Outcome, Round, WayFault},
    place::{Cold, Place, Seen, Standing},
    plan::Plan,
    purse::{Coin, Purse},
};
use crate::{
    domain::{
        host::{Gone, Host, Reach},
        incident::{Incident, IncidentKey, Login, Numbering},
        plans::Plans,
        time::{between, minus, plus},
        trouble::{Skipped, Trouble},
    },
    source::github::{
        graphql::{
            Dialect, Fault,
            details::{Group, Page, Rest},
            probe::Part,
            text::Lane,
        },
        names::Names,
        timeline,
        trouble::SourceError,
    },
    text::Text,
    wire::{Request, Response},
};

mod chores;
mod cold;
mod details;
mod fault;
mod job;
mod look;
mod plans;
mod probe;
mod records;
mod repos;
mod rest;
mod settled;
mod sweep;
mod tell;
mod tick;
mod timelines;
mod walk;

/// Repositories asked about in one question.
const GROUP: usize = 50;

/// Lists that one question may hold and still cost one point, by GitHub's rounding.
const LISTS: usize = 149;

/// Incidents asked for by number in one question.
const NUMBERS: usize = 48;

/// Incidents to be read again some time that are not waited for: they come along with others.
const FEW: usize = 100;

/// Incidents on the pages of one question while everything is read for the first time: two points.
const COLD: usize = 80;

/// Questions for such pages at once.
const COLD_AT_ONCE: usize = 3;

/// An answer within this of a change may still lack it: the host's times have whole seconds.
const SETTLES: TimeDelta = TimeDelta::seconds(2);

/// How questions reach the host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// GraphQL, in the words it knows.
    Graphql(Dialect),
    /// REST alone: GraphQL is refused here.
    Rest,
}

/// A REST list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum List {
    /// The latest changes, open and closed.
    Changes,
    /// Everything open.
    Open,
    /// Everything open, to find what is gone.
    Check,
    /// Open pull requests, to know who is asked for a review: lists of issues do not say.
    Pulls,
    /// The repository itself.
    Info,
    /// Its labels.
    Labels,
    /// Its milestones.
    Milestones,
    /// Its releases.
    Releases,
}

impl List {
    /// Whether it is one of milestones or releases.
    fn is_of_plans(self) -> bool {
        matches!(self, Self::Milestones | Self::Releases)
    }

    /// Whether it is one of issues or pull requests.
    fn is_of_records(self) -> bool {
        matches!(self, Self::Changes | Self::Open | Self::Check | Self::Pulls)
    }
}

/// A recurring question and when it is due.
#[derive(Debug)]
struct Duty {
    chore: Box<dyn Chore>,
    due_at: DateTime<Utc>,
    is_asked: bool,
    was_heard: bool,
    /// The next request of the round under way.
    next: Option<Request>,
    told: std::collections::BTreeSet<IncidentKey>,
    named: std::collections::BTreeSet<IncidentKey>,
    host: HostPart,
    /// Repositories that it found, as the host names them.
    repos: Vec<String>,
    /// The repository that it is asked about because another chore found it, in lower case.
    of_found: Option<String>,
    /// It is asked no more.
    is_over: bool,
    skipped: Vec<Skipped>,
    failures: u32,
    /// How often the host has sent this question on.
    n_moves: u32,
}

/// What became of an answer so far.
#[derive(Debug, Default)]
struct Bag {
    items: Vec<Incident>,
    gone: Vec<Gone>,
    plans: Vec<Plans>,
    cursors: Vec<(String, Option<String>)>,
    failed: Option<(Trouble, Text)>,
    is_round_over: bool,
}

/// One source.
#[derive(Debug)]
pub(super) struct Watch {
    pub plan: Plan,
    way: Way,
    names: Names,
    places: Vec<Place>,
    /// What must be read again: by place and number.
    wants: BTreeMap<(usize, u64), Lane>,
    /// What must be read again at the next tick.
    settling: BTreeMap<(usize, u64), Lane>,
    /// What should be read again when there is room in a question: few of them come along, many are asked for.
    later: BTreeMap<(usize, u64), Lane>,
    rests: Vec<Unfinished>,
    looks: Vec<Look>,
    probes: VecDeque<(usize, Part)>,
    lists: VecDeque<(usize, List, Option<Url>)>,
    /// Pages of lists that are being gone through.
    walked: BTreeMap<(usize, List), std::collections::BTreeSet<String>>,
    /// How often a list was redirected in turn.
    hops: BTreeMap<(usize, List), u32>,
    /// Told by a REST list, and waiting for their timelines.
    waiting: BTreeMap<(usize, u64), Incident>,
    /// Timelines that are being read by REST, and those of them that go on.
    reading: std::collections::BTreeSet<(usize, u64)>,
    further: VecDeque<(usize, u64, timeline::Cursor, usize)>,
    duties: Vec<Duty>,
    tags: BTreeMap<String, String>,
    tick_at: DateTime<Utc>,
    retry_at: Option<DateTime<Utc>>,
    failures: u32,
    /// The last question about what is watched failed.
    is_failing: bool,
    /// A list was left before its end since the last tick: whatever else was told, that is no whole round.
    has_broken_off: bool,
    /// Jobs on their way: probes and lists, cold pages, all.
    n_probing: usize,
    n_cold: usize,
    n_asked: usize,
    /// Parts of a whole question's size that the host can bear: 1, 2, 4, ...
    divisor: usize,
    n_good: u32,
    graphql_worked: bool,
    /// The status of the answer that was heard last; where GraphQL gave up within a good one, 504 stands for that.
    status: u16,
    graphql_refusals: u32,
    is_round_open: bool,
    /// This round has asked for no incident by number yet.
    is_tick_open: bool,
    was_round_told: bool,
    /// There is one look only: what a count raises a doubt about is gone through at once.
    is_hurried: bool,
    viewer: Option<Login>,
    no_graphql: Option<Text>,
    host_told: Option<Host>,
    skipped: BTreeMap<(usize, String), Skipped>,
    tick_cost: u64,
}

/// What a source does next.
pub(super) enum Next {
    Ask(Box<(Request, Job)>),
    /// Nothing before then; nothing at all until an answer comes, where there is no time.
    Wait(Option<DateTime<Utc>>),
}

impl Watch {
    pub(super) fn new(plan: Plan) -> Self {
        let places = plan.repos.iter().map(|repo| Place::new(repo.on_host(), plan.keyed(repo.on_host()))).collect();
        Self {
            plan,
            way: Way::Graphql(Dialect::Full),
            names: Names::default(),
            places,
            wants: BTreeMap::new(),
            settling: BTreeMap::new(),
            later: BTreeMap::new(),
            rests: Vec::new(),
            looks: Vec::new(),
            probes: VecDeque::new(),
            lists: VecDeque::new(),
            walked: BTreeMap::new(),
            hops: BTreeMap::new(),
            waiting: BTreeMap::new(),
            reading: std::collections::BTreeSet::new(),
            further: VecDeque::new(),
            duties: Vec::new(),
            tags: BTreeMap::new(),
            tick_at: DateTime::<Utc>::MIN_UTC,
            retry_at: None,
            failures: 0,
            is_failing: false,
            has_broken_off: false,
            n_probing: 0,
            n_cold: 0,
            n_asked: 0,
            divisor: 1,
            n_good: 0,
            graphql_worked: false,
            status: 504,
            graphql_refusals: 0,
            is_round_open: false,
            is_tick_open: false,
            was_round_told: false,
            is_hurried: false,
            viewer: None,
            no_graphql: None,
            host_told: None,
            skipped: BTreeMap::new(),
            tick_cost: 1,
        }
    }

    /// What is next. `purse` says what may be asked.
    pub(super) fn next(&mut self, purse: &Purse, now: DateTime<Utc>) -> Next {
        if let Some(at) = self.retry_at.filter(|at| now < *at) {
            return Next::Wait(Some(at));
        }
        if self.tick_at <= now {
            self.tick(purse, now);
        }
        let mut wake = Some(self.tick_at);
        let mut barred = |until: DateTime<Utc>| wake = wake.min(Some(until)).or(wake);
        let point = purse.wait(Coin::Point, true, now);
        let rest = purse.wait(Coin::Rest, true, now);
        let has_points =
            !self.later.is_empty() || !self.probes.is_empty() || !self.rests.is_empty() || !self.wants.is_empty();
        if let (Way::Graphql(dialect), None) = (self.way, point)
            && let Some(asked) = self.ask_points(dialect)
        {
            return self.on_its_way(asked);
        }
        if has_points && let Some(until) = point {
            barred(until);
        }
        match rest {
            None => {
                if let Some(asked) = self.ask_rest() {
                    return self.on_its_way(asked);
                }
            }
            Some(until) => barred(until),
        }
        if let Some(asked) = self.ask_patiently(purse, now) {
            return self.on_its_way(asked);
        }
        for coin in [Coin::Point, Coin::Rest] {
            if let Some(until) = purse.wait(coin, false, now) {
                barred(until);
            }
        }
        if let Some(due) =
            self.duties.iter().filter(|duty| !duty.is_asked && !duty.is_over).map(|duty| duty.due_at).min()
        {
            barred(due.max(plus(now, TimeDelta::seconds(1))));
        }
        Next::Wait(wake)
    }

    /// What is paid in points and should not wait.
    fn ask_points(&mut self, dialect: Dialect) -> Option<(Request, Job)> {
        self.ask_probe(dialect).or_else(|| self.ask_unfinished(dialect)).or_else(|| self.ask_numbers(dialect))
    }

    /// What is paid in REST requests and should not wait.
    fn ask_rest(&mut self) -> Option<(Request, Job)> {
        self.ask_look().or_else(|| self.ask_list()).or_else(|| self.ask_further())
    }

    /// What can wait: the first reading, timelines by REST, chores.
    fn ask_patiently(&mut self, purse: &Purse, now: DateTime<Utc>) -> Option<(Request, Job)> {
        let may = |coin| purse.wait(coin, false, now).is_none();
        if let Way::Graphql(dialect) = self.way
            && may(Coin::Point)
            && let Some(asked) = self.ask_cold(dialect)
        {
            return Some(asked);
        }
        if may(Coin::Rest)
            && let Some(asked) = self.ask_timeline()
        {
            return Some(asked);
        }
        self.ask_chore(purse, now)
    }

    fn on_its_way(&mut self, (request, job): (Request, Job)) -> Next {
        self.n_asked += 1;
        match &job {
            Job::Probe { .. } | Job::List { .. } => self.n_probing += 1,
            Job::Cold { .. } => self.n_cold += 1,
            _ => {}
        }
        if !matches!(job, Job::Chore { .. }) {
            self.is_round_open = true;
        }
        Next::Ask(Box::new((request, job)))
    }

    /// Hears the answer to a question.
    pub(super) fn answered(
        &mut self,
        job: Job,
        answer: Result<Response, WayFault>,
        purse: &mut Purse,
        now: DateTime<Utc>,
    ) -> Vec<Outcome> {
        self.n_asked = self.n_asked.saturating_sub(1);
        match &job {
            Job::Probe { .. } | Job::List { .. } => self.n_probing = self.n_probing.saturating_sub(1),
            Job::Cold { .. } => self.n_cold = self.n_cold.saturating_sub(1),
            _ => {}
        }
        let mut bag = Bag::default();
        match answer {
            Err(fault) => self.no_way(job, fault, &mut bag, now),
            Ok(response) => {
                self.status = if response.status < 400 { 504 } else { response.status };
                purse.learn(&response, job.coin(), job.cost(), now);
                match job {
                    Job::Probe { parts } => self.probed(parts, &response, purse, &mut bag, now),
                    Job::Cold { parts } => self.cold_told(parts, &response, purse, &mut bag, now),
                    Job::Numbers { groups } => self.numbers_told(groups, &response, purse, &mut bag, now),
                    Job::Rests { rests } => self.rests_told(rests, &response, purse, &mut bag, now),
                    Job::Look { look } => self.looked(look, &response, purse, &mut bag, now),
                    Job::List { place, list, url } => {
                        self.list_told((place, list, url), &response, purse, &mut bag, now)
                    }
                    Job::Timeline { place, number, cursor, pages } => {
                        self.timeline_told((place, number, cursor, pages), &response, purse, &mut bag, now);
                    }
                    Job::Chore { at, request } => self.chore_told(at, request, &response, purse, &mut bag, now),
                }
            }
        }
        self.outcomes(bag, purse, now)
    }
}
