//! What to ask a GitHub host next, and when: a state machine without clock or net.
//!
//! Whoever carries its questions calls [`Sync::next`], asks, and hands each answer to [`Sync::answered`]; what comes out is to
//! be put on record and then told. Many repositories are watched in batches by GraphQL, one by conditional REST, which costs
//! nothing while it is quiet; where GraphQL is refused, REST is all there is.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    domain::{incident::IncidentKey, time::plus},
    source::github::limit::Budget,
    wire::{Request, Response},
};

pub mod chore;
pub mod outcome;
mod place;
pub mod plan;
mod purse;
mod watch;

pub use chore::{Chore, HostPart, Step};
pub use outcome::{Heard, Kept, Outcome, Round, WayFault};
pub use plan::Plan;
pub use purse::Waits;
use purse::{Coin, Purse};
use watch::{Job, Watch};

/// Questions on their way to one host at once.
pub const AT_ONCE: usize = 4;

/// A question, to be answered by its number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ask {
    /// The number under which the answer is handed back.
    pub id: u64,
    /// The source that asks.
    pub source: usize,
    /// What to ask.
    pub request: Request,
}

/// What to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// Ask these.
    Ask(Vec<Ask>),
    /// Nothing before then, unless an answer comes.
    Wait(DateTime<Utc>),
}

/// The sources of one host that share a token.
#[derive(Debug)]
pub struct Sync {
    watches: Vec<Watch>,
    purse: Purse,
    under_way: BTreeMap<u64, (usize, Job)>,
    last_id: u64,
    /// Whose turn it is: nobody waits for ever because another has much to ask.
    turn: usize,
}

impl Sync {
    /// A host that was never asked.
    pub fn new(plans: Vec<Plan>) -> Self {
        let watches = plans.into_iter().map(Watch::new).collect();
        Self { watches, purse: Purse::default(), under_way: BTreeMap::new(), last_id: 0, turn: 0 }
    }

    /// Adds a recurring question of a source. Before [`Sync::take_up`].
    pub fn add_chore(&mut self, source: usize, chore: Box<dyn Chore>) {
        if let Some(watch) = self.watch_mut(source) {
            watch.add_chore(chore);
        }
    }

    /// Takes up what the store remembers of a source. Gives what it remembers of repositories that are asked for no more.
    pub fn take_up(
        &mut self,
        source: usize,
        kept: &[Kept],
        cursors: &[(String, String)],
        now: DateTime<Utc>,
    ) -> Option<Heard> {
        let watch = self.watch_mut(source)?;
        watch.take_up(kept, cursors);
        let gone = watch.unwatched(kept);
        let heard =
            Heard { source, at: now, items: Vec::new(), gone, plans: Vec::new(), cursors: Vec::new(), round: None };
        (!heard.gone.is_empty()).then_some(heard)
    }

    /// What to ask now, or how long to wait.
    pub fn next(&mut self, now: DateTime<Utc>) -> Next {
        let (mut asks, mut wake) = (Vec::new(), plus(now, TimeDelta::minutes(1)));
        let n = self.watches.len();
        let mut n_idle = 0;
        while self.under_way.len() < AT_ONCE && n_idle < n {
            let at = self.turn % n.max(1);
            self.turn = self.turn.wrapping_add(1);
            let Some(watch) = self.watches.get_mut(at) else { break };
            match watch.next(&self.purse, now) {
                watch::Next::Ask(asked) => {
                    let (request, job) = *asked;
                    n_idle = 0;
                    self.last_id += 1;
                    self.under_way.insert(self.last_id, (at, job));
                    asks.push(Ask { id: self.last_id, source: watch.plan.source, request });
                }
                watch::Next::Wait(until) => {
                    n_idle += 1;
                    wake = wake.min(until.unwrap_or(wake));
                }
            }
        }
        if asks.is_empty() { Next::Wait(wake.max(now)) } else { Next::Ask(asks) }
    }

    /// Hears the answer to a question. A number that is not (or no longer) on its way is passed over.
    pub fn answered(&mut self, id: u64, answer: Result<Response, WayFault>, now: DateTime<Utc>) -> Vec<Outcome> {
        let Some((at, job)) = self.under_way.remove(&id) else { return Vec::new() };
        let Some(watch) = self.watches.get_mut(at) else { return Vec::new() };
        watch.answered(job, answer, &mut self.purse, now)
    }

    /// Whether everything asked for was told once, and nothing is left to ask before the next round.
    pub fn is_settled(&self) -> bool {
        self.watches.iter().all(Watch::is_settled)
    }

    /// Tells that there will be one look only, as of a command that prints and ends.
    pub fn hurry(&mut self) {
        self.watches.iter_mut().for_each(Watch::hurry);
    }

    /// Has the sources look again whose copy is in doubt: counts differ, or items are to be asked for by their number.
    /// Whether there are any.
    pub fn clear_doubts(&mut self, now: DateTime<Utc>) -> bool {
        let in_doubt = self.watches.iter_mut().filter(|watch| watch.is_in_doubt());
        in_doubt.map(|watch| watch.nudge(now)).count() > 0
    }

    /// Whether counts differ, and what differs is not found yet.
    pub fn is_sweeping(&self) -> bool {
        self.watches.iter().any(Watch::is_sweeping)
    }

    /// How far a source is.
    pub fn reach(&self, source: usize) -> Option<crate::domain::host::Reach> {
        self.watches.iter().find(|watch| watch.plan.source == source).map(Watch::reach)
    }

    /// Has a source look for changes now: somebody asked for it.
    pub fn nudge(&mut self, source: usize, now: DateTime<Utc>) {
        if let Some(watch) = self.watch_mut(source) {
            watch.nudge(now);
            watch.forget_missing_plans();
        }
    }

    /// Reads an incident again as soon as can be, because somebody changed it just now. Whether it is one of ours.
    pub fn look_at(&mut self, key: &IncidentKey) -> bool {
        self.watches.iter_mut().any(|watch| watch.look_at(key))
    }

    /// What is left of the host's budgets, where it says: of REST requests, of GraphQL points.
    pub fn budgets(&self) -> (Option<Budget>, Option<Budget>) {
        (self.purse.budget(Coin::Rest), self.purse.budget(Coin::Point))
    }

    /// The host wants to be left alone, as somebody else who asks it was told; `rest_alone` = only by REST.
    pub fn hold(&mut self, until: DateTime<Utc>, rest_alone: bool) {
        self.purse.hold(rest_alone.then_some(Coin::Rest), until);
    }

    /// Until when the host wants to be left alone: by everybody, by REST.
    pub fn held(&self, now: DateTime<Utc>) -> (Option<DateTime<Utc>>, Option<DateTime<Utc>>) {
        self.purse.held(now)
    }

    /// All that the host wants to be waited for.
    pub fn waits(&self, now: DateTime<Utc>) -> Waits {
        self.purse.waits(now)
    }

    /// Waits for what an earlier process was told to wait for.
    pub fn take_up_waits(&mut self, waits: Waits) {
        for (coin, until) in [(None, waits.all), (Some(Coin::Rest), waits.rest), (Some(Coin::Point), waits.points)] {
            if let Some(until) = until {
                self.purse.hold(coin, until);
            }
        }
    }

    /// There is another token: what failed for the old one is asked now, and nothing that was said of pages to the old one
    /// holds for the new.
    pub fn token_changed(&mut self, now: DateTime<Utc>) {
        self.purse.begin_anew();
        for watch in &mut self.watches {
            watch.token_changed(now);
        }
    }

    /// Learns from an answer to somebody else's REST request at this host what is left of the budget.
    pub fn learn(&mut self, response: &Response, now: DateTime<Utc>) {
        self.purse.learn(response, Coin::Rest, 1, now);
    }

    fn watch_mut(&mut self, source: usize) -> Option<&mut Watch> {
        self.watches.iter_mut().find(|watch| watch.plan.source == source)
    }
}
