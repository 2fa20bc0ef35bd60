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
    shell::{
        http::{HttpError, Known},
        store,
        token::Found,
    },
    source::github::sync::{Heard, Next, Outcome, Sync, Waits, WayFault},
    text::Text,
    wire::Response,
};

/// Looks of one pass at most; each goes after what the one before left in doubt.
const LOOKS: u32 = 12;

/// A token that does not serve is looked for again this often.
const LOOKED_EVERY: TimeDelta = TimeDelta::seconds(15);

/// A host that refused a token is asked with that same token no sooner than this: it may have been wrong.
const REFUSED_FOR: TimeDelta = TimeDelta::seconds(60);

/// Rounds that bring nothing new are put on record this often: consoles that follow see by them that it is still so.
const NOTED_EVERY: TimeDelta = TimeDelta::seconds(25);

/// The cursor that says which token the entity tags are of.
pub(super) const MARK: &str = "token";

/// One time of leading: the planner, and what is on its way.
pub(super) struct Trip<'a> {
    pub(super) host: &'a HostSync,
    pub(super) sync: Sync,
    pub(super) started: DateTime<Utc>,
    pub(super) began: Instant,
    pub(super) found: Option<Found>,
    pub(super) looked_at: Option<DateTime<Utc>>,
    /// It was looked for before, found or not.
    pub(super) has_looked: bool,
    /// The token that was found did not serve, or none was where one should be.
    pub(super) is_doubtful: bool,
    /// Why there is no token where there should be one.
    pub(super) no_token: Option<Text>,
    /// Until when the host is not asked with the token that it refused.
    pub(super) refused_until: Option<DateTime<Utc>>,
    /// What is known of the host was last looked at so: others ask it as well.
    pub(super) known: Known,
    /// The mark of the token that the entity tags on disk are of, by source.
    pub(super) marks: BTreeMap<usize, String>,
    /// When a round that brought nothing was last put on record, and what it said.
    pub(super) noted: BTreeMap<usize, (DateTime<Utc>, Reach, usize)>,
    pub(super) waiting: JoinSet<(u64, Result<Response, HttpError>)>,
    /// What is waited for, as it was last put on record.
    pub(super) waits: Waits,
    /// Until when an earlier process was told to wait, while nobody was told of it.
    pub(super) told_to_wait: Option<DateTime<Utc>>,
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
        self.sync.hurry();
        let mut looks = 0;
        loop {
            let until = self.ask().await;
            if self.waiting.is_empty() {
                if self.sync.is_settled() {
                    // What is gone leaves no trace but a count that differs: that is gone after until it is clear.
                    let now = self.now();
                    if looks == LOOKS || !self.sync.clear_doubts(now) {
                        // What the host itself tells late is not waited for.
                        return !self.sync.is_sweeping();
                    }
                    looks += 1;
                    continue;
                }
                // A command does not wait for a host that is away, or for a window to open.
                if self.failed.is_some() || until > Duration::from_secs(5) {
                    // All was told once, and the budget has no room for a closer look.
                    return self.failed.is_none() && looks > 0 && !self.sync.is_sweeping();
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
            Word::Nudge(source) => {
                // Somebody asked for it, perhaps because the token serves now.
                self.refused_until = None;
                self.looked_at = self.looked_at.filter(|_| !self.is_doubtful);
                self.sync.nudge(source.0, now);
            }
            Word::LookAt(key) => drop(self.sync.look_at(key)),
        }
    }

    /// Sends what the planner wants to ask; says how long it then waits.
    async fn ask(&mut self) -> Duration {
        loop {
            let now = self.now();
            self.hear_of_others(now);
            self.mind_token(now).await;
            let looks_at = self.looked_at.filter(|_| self.is_doubtful).map(|at| plus(at, LOOKED_EVERY));
            let wait = |until: DateTime<Utc>| {
                let until = looks_at.map_or(until, |at| at.min(until));
                between(now, until).max(TimeDelta::milliseconds(20)).to_std().unwrap_or(Duration::from_secs(1))
            };
            if let Some(until) = self.refused_until.filter(|until| now < *until) {
                return wait(until);
            }
            let asks = match self.sync.next(now) {
                Next::Ask(asks) => asks,
                Next::Wait(until) => {
                    self.say_wait(now);
                    return wait(until);
                }
            };
            if let Some(why) = self.no_token.clone() {
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

    /// Looks for a token, if none was looked for or it did not serve.
    async fn mind_token(&mut self, now: DateTime<Utc>) {
        let is_rested = |at: DateTime<Utc>| LOOKED_EVERY <= between(at, now);
        if self.looked_at.is_some_and(|at| !self.is_doubtful || !is_rested(at)) {
            return;
        }
        self.looked_at = Some(now);
        let is_first = !std::mem::replace(&mut self.has_looked, true);
        let (before, had_none) = (self.found.take(), self.no_token.take().is_some());
        match self.host.tokens.find(&self.host.api_url).await {
            Ok(found) => self.found = found,
            Err(error) => self.no_token = Some(Text::scrub(&error.to_string())),
        }
        let is_same = match (&before, &self.found) {
            (Some(before), Some(found)) => before.credential.is_same(&found.credential),
            (None, None) => true,
            _ => false,
        };
        if self.no_token.is_some() || (is_same && self.is_doubtful && !had_none) {
            self.is_doubtful = true;
            return;
        }
        self.is_doubtful = false;
        self.refused_until = None;
        if !is_first {
            self.sync.token_changed(now);
            self.host.http.patience().found(&self.host.api_url);
            self.known = self.host.http.patience().known(&self.host.api_url);
        }
        self.mind_mark(now).await;
    }

    /// An entity tag that was given to one token says nothing to another: tags of an earlier run are dropped where that one
    /// asked with another.
    async fn mind_mark(&mut self, now: DateTime<Utc>) {
        let token = self.found.as_ref().map(|found| found.credential.token().clone());
        let Ok(mark) = self.host.keeper.with(move |store| store.salt().mark(token.as_ref())).await else { return };
        if self.marks.values().any(|known| *known != mark) {
            self.sync.token_changed(now);
        }
        for feed in &self.host.feeds {
            let source = feed.plan.source;
            if self.marks.insert(source, mark.clone()).is_none_or(|known| known != mark) {
                let cursors = vec![(MARK.to_owned(), Some(mark.clone().into_bytes()))];
                self.put(source, |heard| heard.cursors = cursors);
            }
        }
    }

    /// Takes over what was told to others who ask this host, and tells them what was told here.
    fn hear_of_others(&mut self, now: DateTime<Utc>) {
        let (patience, url, wall) = (self.host.http.patience(), &self.host.api_url, self.host.clock.now());
        let known = patience.known(url);
        let here = |until: DateTime<Utc>| plus(now, between(wall, until));
        let held = self.sync.held(now).0.unwrap_or(now);
        for (until, rest_alone) in [(known.all, false), (known.rest, true)] {
            if let Some(until) = until.filter(|until| wall < *until) {
                self.sync.hold(here(until), rest_alone);
            }
        }
        if let Some(until) = known.all.filter(|until| plus(held, TimeDelta::seconds(1)) < here(*until)) {
            self.failed = Some(now);
            let why = Text::scrub("it asked for patience when something was to be changed there");
            for feed in &self.host.feeds {
                let round = store::Round::Failed { trouble: Trouble::Limited { until }, why: why.clone() };
                self.put(feed.plan.source, |heard| heard.round = Some(round));
            }
        }
        if known.n_refused != self.known.n_refused || known.n_found != self.known.n_found {
            // Somebody's token was refused, or somebody found another: it is looked for before anything else is asked.
            self.is_doubtful = true;
            self.looked_at = None;
        }
        self.known = known;
        let (all, rest) = self.sync.held(now);
        for (until, rest_alone) in [(all, false), (rest, true)] {
            if let Some(until) = until {
                patience.hold(url, plus(wall, between(now, until)), rest_alone);
            }
        }
    }

    fn hear(&mut self, answer: Result<(u64, Result<Response, HttpError>), tokio::task::JoinError>) {
        // A task that broke has said so; its question is asked again when the process is started again.
        let Ok((id, answer)) = answer else { return };
        let now = self.now();
        let is_refused = answer.as_ref().is_ok_and(|response| response.status == 401) && self.found.is_some();
        if is_refused {
            self.is_doubtful = true;
            self.refused_until = Some(plus(now, REFUSED_FOR));
            self.host.http.patience().refused(&self.host.api_url);
            self.known = self.host.http.patience().known(&self.host.api_url);
            // Whatever else is asked meets the same: no other way is to be tried with this token.
            let why = Text::scrub("the host does not accept the token (401); give a token that is valid on this host");
            let fault = WayFault { trouble: Trouble::Refused, why, is_general: true };
            let outcomes = self.sync.answered(id, Err(fault), now);
            return self.tell(outcomes);
        }
        if answer.as_ref().is_ok_and(|response| response.status < 400) {
            self.is_doubtful = false;
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
        self.keep_waits(now);
    }

    fn tell(&mut self, outcomes: Vec<Outcome>) {
        let now = self.now();
        for outcome in outcomes {
            match outcome {
                Outcome::Heard(heard) => {
                    // Part of what was asked says nothing of the rest.
                    if heard.round.is_some() {
                        self.failed = None;
                    }
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

    pub(super) fn put(&self, source: usize, fill: impl FnOnce(&mut store::Heard)) {
        let Some(feed) = self.host.feeds.iter().find(|feed| feed.plan.source == source) else { return };
        let mut record = store::Heard::of(feed.name.clone());
        fill(&mut record);
        self.host.keeper.record(record);
    }
}
