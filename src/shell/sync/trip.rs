//! One time of leading: questions go out, answers come in, what they bring goes to the keeper.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use tokio::{
    sync::{mpsc, watch},
    task::JoinSet,
    time::Instant,
};

use super::{HostSync, Word};
use crate::{
    domain::{
        time::{between, plus},
        trouble::Trouble,
    },
    floor::fact::{Quota, Reach, Role},
    shell::{http::HttpError, store, token::Found},
    source::github::sync::{Heard, Next, Outcome, Sync, WayFault},
    text::Text,
    wire::Response,
};

/// A token that was refused is looked for again no sooner than this.
const LOOKED_EVERY: TimeDelta = TimeDelta::seconds(30);

/// Rounds that bring nothing new are put on record this often: consoles that follow see by them that it is still so.
const NOTED_EVERY: TimeDelta = TimeDelta::seconds(25);

/// One time of leading: the planner, and what is on its way.
pub(super) struct Trip<'a> {
    pub(super) host: &'a HostSync,
    pub(super) sync: Sync,
    pub(super) started: DateTime<Utc>,
    pub(super) began: Instant,
    pub(super) found: Option<Found>,
    pub(super) looked_at: Option<DateTime<Utc>>,
    /// The token that was found did not serve.
    pub(super) is_doubtful: bool,
    /// When a round that brought nothing was last put on record, and what it said.
    pub(super) noted: BTreeMap<usize, (DateTime<Utc>, Reach, usize)>,
    pub(super) waiting: JoinSet<(u64, Result<Response, HttpError>)>,
    /// When a source last failed.
    pub(super) failed: Option<DateTime<Utc>>,
}

impl Trip<'_> {
    /// The planner's time: it runs even where the clock is set or stands still.
    fn now(&self) -> DateTime<Utc> {
        plus(self.started, TimeDelta::from_std(self.began.elapsed()).unwrap_or_default())
    }

    /// Asks while this process leads; whether it should go on after another has led.
    pub(super) async fn go(
        &mut self,
        role: &mut watch::Receiver<Role>,
        words: &mut mpsc::UnboundedReceiver<Word>,
    ) -> bool {
        loop {
            let until = self.ask().await;
            tokio::select! {
                Some(answer) = self.waiting.join_next() => self.hear(answer),
                word = words.recv() => match word {
                    Some(word) => self.obey(&word),
                    None => return false,
                },
                changed = role.changed() => {
                    if changed.is_err() {
                        return false;
                    }
                    if matches!(*role.borrow_and_update(), Role::Follows { .. }) {
                        return true;
                    }
                }
                () = tokio::time::sleep(until) => {}
            }
        }
    }

    /// Asks until everything was told once, or until it is clear that it cannot be now.
    pub(super) async fn until_settled(&mut self) -> bool {
        loop {
            let until = self.ask().await;
            if self.waiting.is_empty() {
                if self.sync.is_settled() {
                    return true;
                }
                // A command does not wait for a host that is away, or for a window to open.
                if self.failed.is_some() || until > Duration::from_secs(5) {
                    return false;
                }
            }
            tokio::select! {
                Some(answer) = self.waiting.join_next() => self.hear(answer),
                () = tokio::time::sleep(until) => {}
            }
        }
    }

    fn obey(&mut self, word: &Word) {
        let now = self.now();
        match word {
            Word::Nudge(source) => self.sync.nudge(source.0, now),
            Word::LookAt(key) => drop(self.sync.look_at(key)),
        }
    }

    /// Sends what the planner wants to ask; says how long it then waits.
    async fn ask(&mut self) -> Duration {
        loop {
            let now = self.now();
            let asks = match self.sync.next(now) {
                Next::Ask(asks) => asks,
                Next::Wait(until) => {
                    let wait = between(now, until).max(TimeDelta::milliseconds(20));
                    return wait.to_std().unwrap_or(Duration::from_secs(1));
                }
            };
            if let Err(why) = self.find_token(now).await {
                for ask in asks {
                    let fault = WayFault { trouble: Trouble::Refused, why: why.clone(), is_general: true };
                    let outcomes = self.sync.answered(ask.id, Err(fault), now);
                    self.tell(outcomes);
                }
                continue;
            }
            for ask in asks {
                let http = Arc::clone(&self.host.http);
                let credential = self.found.as_ref().map(|found| found.credential.clone());
                self.waiting.spawn(async move { (ask.id, http.perform(&ask.request, credential.as_ref()).await) });
            }
        }
    }

    /// Looks for a token, if there is none or it did not serve.
    async fn find_token(&mut self, now: DateTime<Utc>) -> Result<(), Text> {
        let is_rested = |at: DateTime<Utc>| LOOKED_EVERY <= between(at, now);
        if self.looked_at.is_none_or(|at| self.is_doubtful && is_rested(at)) {
            self.looked_at = Some(now);
            let found = self.host.tokens.find(&self.host.api_url).await;
            self.is_doubtful = found.is_err();
            self.found = found.map_err(|error| Text::scrub(&error.to_string()))?;
        }
        Ok(())
    }

    fn hear(&mut self, answer: Result<(u64, Result<Response, HttpError>), tokio::task::JoinError>) {
        // A task that broke has said so; its question is asked again when the process is started again.
        let Ok((id, answer)) = answer else { return };
        let now = self.now();
        if let Ok(response) = &answer {
            self.is_doubtful |= response.status == 401;
        }
        let answer = answer.map_err(|error| {
            let hint = error.hint().map(|hint| format!("; {hint}")).unwrap_or_default();
            let is_own = matches!(
                error,
                HttpError::Cut { .. }
                    | HttpError::Timeout { .. }
                    | HttpError::Garbled { .. }
                    | HttpError::BodyTooBig { .. }
                    | HttpError::HeadersTooBig { .. }
            );
            WayFault { trouble: error.trouble(), why: Text::scrub(&format!("{error}{hint}")), is_general: !is_own }
        });
        let outcomes = self.sync.answered(id, answer, now);
        self.tell(outcomes);
    }

    fn tell(&mut self, outcomes: Vec<Outcome>) {
        let now = self.now();
        for outcome in outcomes {
            match outcome {
                Outcome::Heard(heard) => {
                    self.failed = None;
                    if self.is_worth_noting(&heard, now) {
                        self.record(heard);
                    }
                }
                Outcome::Host { source, host } => self.put(source, |heard| heard.host = Some(host)),
                Outcome::Failed { source, trouble, why } => {
                    self.failed = Some(now);
                    let why = match (trouble, &self.found) {
                        (Trouble::Refused, None) => Text::scrub(&format!("{why}; it was asked without a token")),
                        _ => why,
                    };
                    self.put(source, |heard| heard.round = Some(store::Round::Failed { trouble, why }));
                }
            }
        }
    }

    /// Whether something is put on record: not each of the rounds that bring nothing.
    fn is_worth_noting(&mut self, heard: &Heard, now: DateTime<Utc>) -> bool {
        let Some(round) = &heard.round else { return true };
        let is_news =
            !heard.items.is_empty() || !heard.gone.is_empty() || !heard.plans.is_empty() || !heard.cursors.is_empty();
        let before = self.noted.get(&heard.source);
        let is_same = before.is_some_and(|(at, reach, n_skipped)| {
            between(*at, now) < NOTED_EVERY && *reach == round.reach && *n_skipped == round.skipped.len()
        });
        if is_news || !is_same {
            self.noted.insert(heard.source, (now, round.reach, round.skipped.len()));
        }
        is_news || !is_same
    }

    pub(super) fn record(&self, mut heard: Heard) {
        let feed = self.host.feeds.iter().find(|feed| feed.plan.source == heard.source);
        if feed.is_some_and(|feed| feed.more.has_reviews_only) {
            heard.keep_for_review();
        }
        let as_of = self.host.clock.now();
        self.put(heard.source, |record| {
            record.items = heard.items;
            record.gone = heard.gone;
            record.plans = heard.plans;
            record.cursors =
                heard.cursors.into_iter().map(|(name, value)| (name, value.map(String::into_bytes))).collect();
            record.round = heard.round.map(|round| store::Round::Told {
                reach: round.reach,
                as_of,
                budget: round.budget.map(|budget| Quota { remaining: budget.remaining, limit: budget.limit }),
                skipped: round.skipped,
            });
        });
    }

    fn put(&self, source: usize, fill: impl FnOnce(&mut store::Heard)) {
        let Some(feed) = self.host.feeds.iter().find(|feed| feed.plan.source == source) else { return };
        let mut record = store::Heard::of(feed.name.clone());
        fill(&mut record);
        self.host.keeper.record(record);
    }
}
