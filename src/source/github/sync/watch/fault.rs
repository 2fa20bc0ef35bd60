//! What went wrong, and what to do about it.

use super::*;
use crate::source::github::{
    graphql::{self, Answer},
    limit::host_time,
};

/// The first wait after a failure; it doubles.
const FIRST_WAIT: TimeDelta = TimeDelta::seconds(5);

/// The longest wait after failures: a question that costs the host next to nothing finds out that it is back.
const LONGEST_WAIT: TimeDelta = TimeDelta::seconds(60);

/// The longest wait where the host is there and does not want us.
const LONGEST_REFUSAL: TimeDelta = TimeDelta::minutes(5);

/// Refusals of GraphQL in a row, on a host where it worked, before REST is asked instead.
const REFUSALS: u32 = 3;

/// Answers in a row after which questions grow again.
const GROWS_AFTER: u32 = 30;

/// The largest part of a question's size that is left after halving.
const SMALLEST: usize = 64;

impl Watch {
    /// There was no answer: the question is asked again, later.
    pub(super) fn no_way(&mut self, job: Job, fault: WayFault, bag: &mut Bag, now: DateTime<Utc>) {
        if !fault.is_general && job.coin() == Coin::Point {
            self.halve();
        }
        self.give_back(job);
        self.wait_longer(fault.trouble, now);
        bag.failed = Some((fault.trouble, fault.why));
    }

    /// Opens a GraphQL answer: what it holds, with its question and the host's clock at the time. One that cannot be used has
    /// its question planned again, and what went wrong dealt with.
    pub(super) fn opened<T>(
        &mut self,
        asked: T,
        job: impl FnOnce(T) -> Job,
        response: &Response,
        purse: &mut Purse,
        bag: &mut Bag,
        now: DateTime<Utc>,
    ) -> Option<(Answer, T, DateTime<Utc>)> {
        match graphql::read(response, now) {
            Ok(answer) => {
                self.went_well(now);
                Some((answer, asked, host_time(response, now)))
            }
            Err(fault) => {
                self.fault(job(asked), fault, purse, bag, now);
                None
            }
        }
    }

    /// A GraphQL answer that cannot be used.
    fn fault(&mut self, job: Job, fault: Fault, purse: &mut Purse, bag: &mut Bag, now: DateTime<Utc>) {
        match fault {
            Fault::Limited { until, is_primary } => {
                purse.block(is_primary.then_some(Coin::Point), until, now);
                self.give_back(job);
                bag.failed = Some(told(&SourceError::RateLimited { until }));
            }
            Fault::TooMuch => {
                self.give_back(job);
                if self.divisor >= SMALLEST {
                    self.wait_longer(Trouble::Away, now);
                    bag.failed = Some(told(&SourceError::Server { status: self.status }));
                } else {
                    self.halve();
                    self.retry_at = Some(plus(now, TimeDelta::seconds(1)));
                }
            }
            Fault::Undefined => {
                self.give_back(job);
                match self.way {
                    Way::Graphql(Dialect::Full) => self.way = Way::Graphql(Dialect::Small),
                    _ => self.go_by_rest("the host knows too little of it", now),
                }
            }
            Fault::NoGraphql(error) => {
                self.give_back(job);
                self.graphql_refusals += 1;
                if self.graphql_worked && self.graphql_refusals < REFUSALS {
                    self.wait_longer(error.trouble(), now);
                    bag.failed = Some(told(&error));
                } else {
                    let why = match &error {
                        SourceError::NotFound => "there is nothing at its address (404)".to_owned(),
                        error => error.to_string(),
                    };
                    self.go_by_rest(&why, now);
                }
            }
            Fault::Other(error) => {
                self.give_back(job);
                self.wait_longer(error.trouble(), now);
                bag.failed = Some(told(&error));
            }
        }
    }

    /// A REST answer that cannot be used, and that concerns everything asked.
    pub(super) fn refused(
        &mut self,
        job: Job,
        error: &SourceError,
        purse: &mut Purse,
        bag: &mut Bag,
        now: DateTime<Utc>,
    ) {
        self.give_back(job);
        match error {
            SourceError::RateLimited { until } => {
                let is_primary = purse.budget(Coin::Rest).is_some_and(|budget| budget.remaining == 0);
                purse.block(is_primary.then_some(Coin::Rest), *until, now);
            }
            _ => self.wait_longer(error.trouble(), now),
        }
        bag.failed = Some(told(error));
    }

    /// A GraphQL answer was good.
    fn went_well(&mut self, now: DateTime<Utc>) {
        self.rest_went_well(now);
        self.graphql_worked = true;
        self.graphql_refusals = 0;
        self.n_good += 1;
        if self.divisor > 1 && self.n_good >= GROWS_AFTER {
            self.n_good = 0;
            self.divisor /= 2;
        }
    }

    /// A REST answer was good. One that comes while a failure is waited out was asked before it, and says nothing of what
    /// came after.
    pub(super) fn rest_went_well(&mut self, now: DateTime<Utc>) {
        if self.retry_at.is_none_or(|at| at <= now) {
            (self.failures, self.retry_at, self.is_failing) = (0, None, false);
        }
    }

    fn halve(&mut self) {
        self.divisor = (self.divisor * 2).min(SMALLEST);
        self.n_good = 0;
    }

    pub(super) fn wait_longer(&mut self, trouble: Trouble, now: DateTime<Utc>) {
        let longest = if trouble == Trouble::Refused { LONGEST_REFUSAL } else { LONGEST_WAIT };
        let doubled = FIRST_WAIT.checked_mul(1 << self.failures.min(10)).unwrap_or(longest);
        self.failures = self.failures.saturating_add(1);
        self.retry_at = Some(plus(now, doubled.min(longest)));
    }

    /// From now on REST is asked: GraphQL is refused. What was planned for it is planned anew.
    fn go_by_rest(&mut self, why: &str, now: DateTime<Utc>) {
        self.way = Way::Rest;
        self.retry_at = None;
        let why = format!("this host is asked by REST, which takes longer and costs more: GraphQL is refused: {why}");
        self.no_graphql = Some(Text::scrub(&why));
        self.probes.clear();
        self.rests.clear();
        for place in &mut self.places {
            place.is_asked = false;
            for cold in [&mut place.issues, &mut place.pulls] {
                if *cold != Cold::Done {
                    *cold = Cold::Ahead;
                }
            }
        }
        self.tick_at = now;
    }

    /// Plans a question again that had no usable answer.
    fn give_back(&mut self, job: Job) {
        match job {
            Job::Probe { parts } => {
                for part in parts.into_iter().rev() {
                    self.probes.push_front(part);
                }
            }
            Job::Cold { parts } => {
                for (at, _) in parts {
                    self.free(at);
                }
            }
            Job::Numbers { groups } => {
                for (at, group) in groups {
                    self.wants.extend(group.numbers.into_iter().map(|(number, lane)| ((at, number), lane)));
                }
            }
            Job::Rests { rests } => self.rests.extend(rests),
            Job::Look { look } => self.looks.push(look),
            Job::List { place, list, url } => self.lists.push_front((place, list, url)),
            Job::Timeline { place, number, cursor, pages } => {
                self.reading.insert((place, number));
                self.further.push_front((place, number, cursor, pages));
            }
            Job::Chore { at, request } => {
                if let Some(duty) = self.duties.get_mut(at) {
                    duty.is_asked = false;
                    duty.next = Some(request);
                }
            }
        }
    }

    pub(super) fn free(&mut self, at: usize) {
        if let Some(place) = self.places.get_mut(at) {
            place.is_asked = false;
        }
    }
}

/// A failure as a source tells it.
pub(super) fn told(error: &SourceError) -> (Trouble, Text) {
    let hint = error.hint().map(|hint| format!("; {hint}")).unwrap_or_default();
    (error.trouble(), Text::scrub(&format!("{error}{hint}")))
}
