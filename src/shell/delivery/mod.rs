//! Delivers what waits in the outbox: one [`Line`] a host, in the one process that asks hosts.
//!
//! What is about to be asked for is on disk before the request goes out, and what came of it right after. Intents that other
//! processes write down are noticed within a second.

use std::{
    collections::{BTreeMap, HashSet},
    hash::{BuildHasher as _, RandomState},
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use tokio::{sync::Notify, time::Instant};
use url::Url;

use crate::{
    domain::{
        delivery::{Deliverer, Outcome, Pace, Step},
        intent::{Intent, OpId, Progress},
        time::{between, minus},
    },
    floor::fact::{Fact, Went},
    shell::{
        clock::Clock,
        http::{Http, Known, is_here},
        store::{Store, StoreError, outbox},
        sync::waits,
        token::Tokens,
    },
    text::Text,
};

mod ask;
mod thread;

use ask::Asker;
pub use ask::{labels_of, stands};
pub use thread::{Delivery, Waker};

/// A host that changes are delivered to, as the settings name it.
#[derive(Debug, Clone)]
pub struct Host {
    /// The source's name.
    pub source: Text,
    /// The address of its API.
    pub api_url: Url,
    /// Where its token is looked for.
    pub tokens: Arc<Tokens>,
    /// Nothing is ever changed there.
    pub is_read_only: bool,
}

/// Where facts about a delivery go.
pub type Tell = Box<dyn FnMut(Fact) + Send>;

/// How long a second lasts towards a host on this machine, in milliseconds: for rehearsals. Any other host is given whole
/// seconds, whatever this says.
const REHEARSAL: &str = "WATCHFLOOR_LOOPBACK_SECOND_MS";

/// What has ended is forgotten this often, and once at the beginning.
const COMPACTED_EVERY: TimeDelta = TimeDelta::hours(6);

/// How often the outbox is looked at for what other processes wrote down.
const LOOKS_EVERY: Duration = Duration::from_secs(1);

/// The pause after a disk failed.
const DISK_PAUSE: Duration = Duration::from_secs(5);

/// One host's delivery.
pub struct Line {
    store: Store,
    clock: Clock,
    askers: BTreeMap<String, Asker>,
    http: Arc<Http>,
    /// An address of the host.
    address: Url,
    /// What was known of the host when it was last looked at: others ask it as well.
    known: Known,
    deliverer: Deliverer,
    tell: Tell,
    mark: Option<i64>,
    told: HashSet<OpId>,
    jitter: RandomState,
    n_asked: u64,
    compacted_at: Option<DateTime<Utc>>,
}

/// What a turn of a line came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// Something was done.
    Did,
    /// Nothing is due before then; nothing = nothing waits.
    Rests(Option<DateTime<Utc>>),
}

impl Line {
    /// The hosts' lines, those of one address together, each with the state file for itself.
    ///
    /// # Errors
    /// As the disk fails.
    pub fn all(
        hosts: &[Host],
        folder: &Path,
        http: &Arc<Http>,
        clock: Clock,
        tell: impl Fn() -> Tell,
    ) -> Result<Vec<Self>, StoreError> {
        let mut by_address: BTreeMap<String, (&Url, Vec<&Host>)> = BTreeMap::new();
        for host in hosts {
            let of_one = by_address.entry(host.api_url.origin().ascii_serialization());
            of_one.or_insert_with(|| (&host.api_url, Vec::new())).1.push(host);
        }
        let line = |(address, hosts): (&Url, Vec<&Host>)| {
            let store = Store::open(folder, clock.now())?;
            // What was told to an earlier process that read there holds for changes as well.
            hosts.iter().for_each(|host| waits::hold(http.patience(), address, &store, &host.source, clock.now()));
            let askers = hosts.iter().map(|host| (host.source.to_string(), Asker::new(host, Arc::clone(http))));
            Ok(Self {
                store,
                clock,
                askers: askers.collect(),
                http: Arc::clone(http),
                address: address.clone(),
                known: http.patience().known(address),
                deliverer: Deliverer::new(pace(address)),
                tell: tell(),
                mark: None,
                told: HashSet::new(),
                jitter: RandomState::new(),
                n_asked: 0,
                compacted_at: None,
            })
        };
        by_address.into_values().map(line).collect()
    }

    /// Whether it delivers for a source.
    pub fn serves(&self, source: &Text) -> bool {
        self.askers.contains_key(source.as_str())
    }

    /// How far an intent is, on disk.
    ///
    /// # Errors
    /// As the disk fails.
    pub fn intent(&self, id: &OpId) -> Result<Option<Intent>, StoreError> {
        self.store.intent(id)
    }

    /// Does what is due now, one thing at a time.
    ///
    /// # Errors
    /// As the disk fails: then nothing was asked for that is not on disk.
    pub async fn turn(&mut self) -> Result<Turn, StoreError> {
        self.hear()?;
        self.hear_of_others();
        match self.deliverer.next(self.clock.now()) {
            Step::Idle => Ok(Turn::Rests(None)),
            Step::Wait(at) => Ok(Turn::Rests(Some(at))),
            Step::Send(id) => self.send(&id).await.map(|()| Turn::Did),
            Step::Look(id) => self.look(&id).await.map(|()| Turn::Did),
            // Between two turns nothing is under way.
            Step::Busy => Ok(Turn::Rests(None)),
        }
    }

    /// Takes over what others who ask this host were told.
    fn hear_of_others(&mut self) {
        let known = self.http.patience().known(&self.address);
        // Changes are asked for by REST.
        if let Some(until) = known.all.max(known.rest) {
            self.deliverer.hold(until);
        }
        if known.n_refused != self.known.n_refused || known.n_found != self.known.n_found {
            self.askers.values_mut().for_each(Asker::doubt);
        }
        if known.n_found != self.known.n_found {
            self.deliverer.token_changed();
        }
        self.known = known;
    }

    /// Takes in what stands on disk, if somebody else wrote there since.
    fn hear(&mut self) -> Result<(), StoreError> {
        let now = self.clock.now();
        if self.compacted_at.is_none_or(|at| COMPACTED_EVERY < between(at, now)) {
            self.store.compact_outbox(now)?;
            self.compacted_at = Some(now);
        }
        let mark = self.store.change_mark()?;
        if self.mark == Some(mark) {
            return Ok(());
        }
        // What was made within the hour counts for the host's limits.
        let intents = self.store.outbox(minus(now, TimeDelta::hours(1)))?;
        for intent in intents.into_iter().filter(|intent| self.askers.contains_key(intent.source.as_str())) {
            let is_new = !intent.progress.is_over() && self.told.insert(intent.id.clone());
            let (id, said) = (intent.id.clone(), intent.clone());
            let unsure = self.deliverer.take(intent, now);
            if let Some(progress) = &unsure {
                self.store.progress(&id, progress, now)?;
            }
            if is_new {
                let progress = unsure.unwrap_or_else(|| said.progress.clone());
                (self.tell)(Fact::Intended(vec![Intent { progress, ..said }]));
            }
        }
        self.mark = Some(mark);
        Ok(())
    }

    async fn send(&mut self, id: &OpId) -> Result<(), StoreError> {
        let now = self.clock.now();
        let Some(intent) = self.deliverer.intent(id).cloned() else { return Ok(()) };
        let Some(sending) = self.deliverer.begin(id, now) else { return Ok(()) };
        match self.store.progress(id, &sending, now) {
            Ok(outbox::Step::Taken(progress)) => self.say(id, progress, now),
            Ok(outbox::Step::Stays(progress)) => {
                self.deliverer.forget(id);
                self.say(id, progress, now);
                return Ok(());
            }
            Ok(outbox::Step::Missing) => {
                self.deliverer.forget(id);
                return Ok(());
            }
            Err(error) => {
                self.deliverer.held_back(id, intent.progress, now);
                return Err(error);
            }
        }
        let outcome = match self.askers.get_mut(intent.source.as_str()) {
            Some(asker) => asker.ask(&intent, self.clock).await,
            None => Outcome::Refused { why: Text::scrub("the settings name no such host any more") },
        };
        let (jitter, now) = (self.jitter(), self.clock.now());
        let progress = self.deliverer.answered(id, outcome, jitter, now);
        self.tell_others();
        self.keep(id, progress, now)
    }

    async fn look(&mut self, id: &OpId) -> Result<(), StoreError> {
        let Some(intent) = self.deliverer.intent(id).cloned() else { return Ok(()) };
        let Some(asker) = self.askers.get_mut(intent.source.as_str()) else { return Ok(()) };
        let sight = asker.look(&intent, self.clock).await;
        let (jitter, now) = (self.jitter(), self.clock.now());
        let progress = self.deliverer.looked(id, sight, jitter, now);
        self.tell_others();
        // "Still unsure" is not written again and again.
        self.keep(id, progress.filter(|progress| *progress != intent.progress), now)
    }

    /// What this one was told itself is no news to it.
    fn tell_others(&mut self) {
        self.known.n_refused = self.http.patience().known(&self.address).n_refused;
    }

    /// Puts on disk how far an intent is, then says it.
    fn keep(&mut self, id: &OpId, progress: Option<Progress>, now: DateTime<Utc>) -> Result<(), StoreError> {
        let Some(progress) = progress else { return Ok(()) };
        match self.store.progress(id, &progress, now) {
            Ok(outbox::Step::Taken(progress) | outbox::Step::Stays(progress)) => self.say(id, progress, now),
            Ok(outbox::Step::Missing) => {}
            Err(error) => {
                // On disk it is as it was: forgotten here, it is taken in again and looked for.
                self.deliverer.forget(id);
                self.mark = None;
                return Err(error);
            }
        }
        Ok(())
    }

    fn say(&mut self, id: &OpId, progress: Progress, at: DateTime<Utc>) {
        (self.tell)(Fact::Progressed { id: id.clone(), progress, at });
    }

    fn jitter(&mut self) -> f64 {
        self.n_asked = self.n_asked.wrapping_add(1);
        (self.jitter.hash_one(self.n_asked) >> 11) as f64 / (1_u64 << 53) as f64
    }
}

fn pace(api_url: &Url) -> Pace {
    let ms = std::env::var(REHEARSAL).ok().and_then(|ms| ms.parse::<i64>().ok());
    match ms.and_then(TimeDelta::try_milliseconds) {
        Some(second) if is_here(api_url) && TimeDelta::zero() <= second => Pace { second },
        _ => Pace::default(),
    }
}

impl Line {
    /// Delivers until these are over, nothing can come of waiting until `until`, or it is then.
    ///
    /// What waits after a failure is given up sooner than what is unsure: it is kept, and nothing is in doubt.
    ///
    /// # Errors
    /// As the disk fails.
    pub async fn deliver(&mut self, ids: &[OpId], until: Instant) -> Result<(), StoreError> {
        loop {
            let turn = self.turn().await?;
            let mut open = Vec::new();
            for id in ids {
                open.extend(self.store.intent(id)?.filter(|intent| !intent.progress.is_over()));
            }
            let has_failed = |intent: &Intent| matches!(intent.progress, Progress::Waiting { tries: 3.., .. });
            if open.is_empty() || open.iter().any(has_failed) || !rests(self.clock, turn, until).await {
                return Ok(());
            }
        }
    }

    /// Delivers until nothing waits, nothing can come of waiting until `until`, or it is then; where it `gives_up`, also until
    /// the host is out of reach.
    ///
    /// # Errors
    /// As the disk fails.
    pub async fn drain(&mut self, until: Instant, gives_up: bool) -> Result<(), StoreError> {
        loop {
            let turn = self.turn().await?;
            let is_given_up = gives_up && turn != Turn::Did && self.deliverer.is_out_of_reach(self.clock.now());
            if is_given_up || turn == Turn::Rests(None) || !rests(self.clock, turn, until).await {
                return Ok(());
            }
        }
    }

    /// Delivers for as long as `goes_on`, looking at the outbox each second, and at once when it is woken.
    async fn run(mut self, goes_on: Arc<AtomicBool>, wake: Arc<Notify>) {
        let mut is_said = false;
        while goes_on.load(Ordering::Relaxed) {
            let rest = match self.turn().await {
                Ok(Turn::Did) => {
                    is_said = false;
                    continue;
                }
                Ok(Turn::Rests(at)) => {
                    let wait = at.and_then(|at| between(self.clock.now(), at).to_std().ok());
                    wait.map_or(LOOKS_EVERY, |wait| wait.min(LOOKS_EVERY))
                }
                Err(error) => {
                    if !is_said {
                        let what = Text::scrub(&format!("nothing is delivered: {error}"));
                        (self.tell)(Fact::Told { what, went: Went::Badly });
                    }
                    is_said = true;
                    DISK_PAUSE
                }
            };
            tokio::select! {
                () = tokio::time::sleep(rest) => {}
                () = wake.notified() => {}
            }
        }
    }
}

/// Waits as a turn says; whether there is still time.
async fn rests(clock: Clock, turn: Turn, until: Instant) -> bool {
    let left = until.saturating_duration_since(Instant::now());
    let wait = match turn {
        Turn::Did => Duration::ZERO,
        Turn::Rests(Some(at)) => between(clock.now(), at).to_std().unwrap_or(Duration::ZERO),
        Turn::Rests(None) => LOOKS_EVERY,
    };
    if left <= wait {
        return false;
    }
    // A clock that does not run brings no deadline nearer.
    if !clock.runs() && !wait.is_zero() {
        return false;
    }
    tokio::time::sleep(wait).await;
    true
}

/// Delivers on every line until nothing waits there, nothing can come of waiting until `until`, or it is then; where it
/// `gives_up`, also until its host is out of reach.
///
/// # Errors
/// As the disk fails, once every line has ended.
pub async fn drain(lines: Vec<Line>, until: Instant, gives_up: bool) -> Result<(), StoreError> {
    let mut all = tokio::task::JoinSet::new();
    for mut line in lines {
        all.spawn(async move { line.drain(until, gives_up).await });
    }
    let mut done = Ok(());
    while let Some(ended) = all.join_next().await {
        // A task that broke has said so.
        done = done.and(ended.unwrap_or(Ok(())));
    }
    done
}
