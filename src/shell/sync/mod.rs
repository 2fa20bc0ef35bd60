//! Carries the planner's questions to a host and hands back the answers: one task a host, at most four questions at once.
//!
//! What comes out goes to the keeper, which puts it on record and then tells it. Only the process that leads on its state
//! folder asks; another takes over where that one stood.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use tokio::{sync::mpsc, task::JoinSet, time::Instant};
use url::Url;

use crate::{
<<<<<<< HEAD
    config::{self, GithubMore, IncidentSource},
    domain::{
        incident::IncidentKey,
        time::{between, plus},
        trouble::Trouble,
    },
    floor::fact::{Quota, Role, SourceId},
    shell::{
        chores,
        clock::Clock,
        http::{Http, HttpError},
        keeper::Keeper,
        store,
        token::{Found, Tokens},
    },
    source::github::sync::{Kept, Next, Outcome, Plan, Sync, WayFault},
=======
    config::{GithubMore, IncidentSource},
    domain::incident::IncidentKey,
    floor::fact::{Role, SourceId},
    shell::{clock::Clock, http::Http, keeper::Keeper, token::Tokens},
    source::github::{
        feeds,
        sync::{Kept, Plan, Sync},
    },
>>>>>>> sync
    text::Text,
};

/// How long a command that prints and ends reads a host.
const PATIENCE: Duration = Duration::from_secs(180);

mod trip;

use trip::Trip;

/// One source of a host.
#[derive(Debug, Clone)]
struct Feed {
    name: Text,
    plan: Plan,
    more: GithubMore,
}

/// Sources of one host that share a token.
#[derive(Debug)]
pub struct HostSync {
    api_url: Url,
    feeds: Vec<Feed>,
    http: Arc<Http>,
    tokens: Tokens,
    keeper: Keeper,
    clock: Clock,
}

/// What the task of a host is told.
#[derive(Debug)]
enum Word {
    Nudge(SourceId),
    LookAt(IncidentKey),
}

/// A running host.
#[derive(Debug, Clone)]
pub struct Handle {
    words: mpsc::UnboundedSender<Word>,
}

impl Handle {
    /// Has a source look for changes now.
    pub fn nudge(&self, source: SourceId) {
        // A task that ended has nothing to look for.
        let _ = self.words.send(Word::Nudge(source));
    }

    /// Has an incident read again: it was changed just now.
    pub fn look_at(&self, key: &IncidentKey) {
        let _ = self.words.send(Word::LookAt(key.clone()));
    }
}

/// Groups sources by host and token. `tokens` says where a source's token is looked for.
pub fn hosts(
    sources: &[(SourceId, IncidentSource)],
    tokens: impl Fn(&IncidentSource) -> Tokens,
    http: &Arc<Http>,
    keeper: &Keeper,
    clock: Clock,
) -> Vec<HostSync> {
    let mut hosts: Vec<HostSync> = Vec::new();
    let mut of_token: BTreeMap<String, usize> = BTreeMap::new();
    for (id, source) in sources {
        let IncidentSource::Github { name, api_url, repositories, every, with_pull_requests, more } = source else {
            continue;
        };
        let plan = Plan {
            source: id.0,
            api_url: api_url.clone(),
            host: more.is_further_host.then(|| config::host_name(api_url)),
            repos: repositories.clone(),
            every: *every,
            with_pull_requests: *with_pull_requests,
        };
        let feed = Feed { name: name.clone(), plan, more: (**more).clone() };
        // What stands in settings is no secret: it says where a token is, never what it is.
        let shared = format!("{api_url} {:?}", more.token);
        match of_token.get(&shared).and_then(|at| hosts.get_mut(*at)) {
            Some(host) => host.feeds.push(feed),
            None => {
                of_token.insert(shared, hosts.len());
                let (http, keeper, tokens) = (Arc::clone(http), keeper.clone(), tokens(source));
                hosts.push(HostSync { api_url: api_url.clone(), feeds: vec![feed], http, tokens, keeper, clock });
            }
        }
    }
    hosts
}

impl HostSync {
    /// The sources it reads.
    pub fn sources(&self) -> impl Iterator<Item = SourceId> {
        self.feeds.iter().map(|feed| SourceId(feed.plan.source))
    }

    /// Where its token came from; nothing while there is none.
    pub async fn token_from(&self) -> Option<String> {
        let found = self.tokens.find(&self.api_url).await.ok().flatten();
        found.map(|found| found.from.to_string())
    }

    /// Asks from now on, while this process leads, until the handle is gone.
    pub fn start(self) -> Handle {
        let (words, heard) = mpsc::unbounded_channel();
        tokio::spawn(self.run(heard));
        Handle { words }
    }

    async fn run(self, mut words: mpsc::UnboundedReceiver<Word>) {
        let mut role = self.keeper.role();
        loop {
            while matches!(*role.borrow_and_update(), Role::Follows { .. }) {
                tokio::select! {
                    changed = role.changed() => if changed.is_err() { return },
                    word = words.recv() => if word.is_none() { return },
                }
            }
            let mut round = self.begin().await;
            if !round.go(&mut role, &mut words).await {
                return;
            }
        }
    }

    /// Reads everything once; what it brings is on record when this returns. Returns whether all of it was read in time.
    pub async fn read_once(&self) -> bool {
        let mut trip = self.begin().await;
        let is_whole = tokio::time::timeout(PATIENCE, trip.until_settled()).await.is_ok_and(|settled| settled);
        // What was handed over is on record, and told, when this comes back.
        let _ = self.keeper.with(|_| ()).await;
        is_whole
    }

    async fn begin(&self) -> Trip<'_> {
        let started = self.clock.now();
        let mut sync = Sync::new(self.feeds.iter().map(|feed| feed.plan.clone()).collect());
        let mut trip_heard = Vec::new();
        for feed in &self.feeds {
            let source = feed.plan.source;
            for chore in chores::of(&feed.plan, &feed.more) {
                sync.add_chore(source, chore);
            }
            let name = feed.name.clone();
            let kept =
                self.keeper.with(move |store| Some((store.mirror(&name).ok()?, store.cursors(&name).ok()?))).await;
            // Without a store everything is read from the beginning.
            let Ok(Some((mirror, cursors))) = kept else { continue };
            let kept: Vec<Kept> = mirror.items.iter().map(Kept::of).collect();
            let text = |value: Vec<u8>| String::from_utf8_lossy(&value).into_owned();
            let cursors: Vec<(String, String)> = cursors.into_iter().map(|(name, value)| (name, text(value))).collect();
            trip_heard.extend(sync.take_up(source, &kept, &cursors, started));
        }
        let trip = Trip {
            host: self,
            sync,
            started,
            began: Instant::now(),
            found: None,
            looked_at: None,
            is_doubtful: false,
            noted: BTreeMap::new(),
            waiting: JoinSet::new(),
            failed: None,
        };
        for heard in trip_heard {
            trip.record(heard);
        }
        trip
    }
}
<<<<<<< HEAD

/// One time of leading: the planner, and what is on its way.
struct Trip<'a> {
    host: &'a HostSync,
    sync: Sync,
    started: DateTime<Utc>,
    began: Instant,
    found: Option<Found>,
    looked_at: Option<DateTime<Utc>>,
    /// The token that was found did not serve.
    is_doubtful: bool,
    /// When a round that brought nothing was last put on record, and what it said.
    noted: BTreeMap<usize, (DateTime<Utc>, crate::floor::fact::Reach, usize)>,
    waiting: JoinSet<(u64, Result<Response, HttpError>)>,
    /// When a source last failed.
    failed: Option<DateTime<Utc>>,
}

impl Trip<'_> {
    /// The planner's time: it runs even where the clock is set or stands still.
    fn now(&self) -> DateTime<Utc> {
        plus(self.started, TimeDelta::from_std(self.began.elapsed()).unwrap_or_default())
    }

    /// Asks while this process leads; whether it should go on after another has led.
    async fn go(&mut self, role: &mut watch::Receiver<Role>, words: &mut mpsc::UnboundedReceiver<Word>) -> bool {
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
    async fn until_settled(&mut self) -> bool {
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
    fn is_worth_noting(&mut self, heard: &crate::source::github::sync::Heard, now: DateTime<Utc>) -> bool {
        let Some(round) = &heard.round else { return true };
        let is_news = !heard.items.is_empty() || !heard.gone.is_empty() || !heard.cursors.is_empty();
        let before = self.noted.get(&heard.source);
        let is_same = before.is_some_and(|(at, reach, n_skipped)| {
            between(*at, now) < NOTED_EVERY && *reach == round.reach && *n_skipped == round.skipped.len()
        });
        if is_news || !is_same {
            self.noted.insert(heard.source, (now, round.reach, round.skipped.len()));
        }
        is_news || !is_same
    }

    fn record(&self, mut heard: crate::source::github::sync::Heard) {
        let feed = self.host.feeds.iter().find(|feed| feed.plan.source == heard.source);
        if feed.is_some_and(|feed| feed.more.has_reviews_only) {
            heard.keep_for_review();
        }
        let as_of = self.host.clock.now();
        self.put(heard.source, |record| {
            record.items = heard.items;
            record.gone = heard.gone;
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
=======
>>>>>>> sync
