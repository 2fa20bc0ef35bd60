//! Carries the planner's questions to a host and hands back the answers: one task a host, at most four questions at once.
//!
//! What comes out goes to the keeper, which puts it on record and then tells it. Only the process that leads on its state
//! folder asks; another takes over where that one stood.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use tokio::{sync::mpsc, task::JoinSet, time::Instant};
use url::Url;

use crate::{
    config::{self, GithubMore, IncidentSource},
    domain::incident::IncidentKey,
    floor::fact::{Role, SourceId},
    shell::{chores, clock::Clock, http::Http, keeper::Keeper, token::Tokens},
    source::github::sync::{Kept, Plan, Sync, Waits},
    text::Text,
};

/// How long a command that prints and ends reads a host.
const PATIENCE: Duration = Duration::from_secs(180);

mod trip;
pub(in crate::shell) mod waits;

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
        let (mut trip_heard, mut marks) = (Vec::new(), BTreeMap::new());
        let mut waits = Waits::default();
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
            let mark = cursors.iter().find(|(name, _)| name == trip::MARK);
            waits = waits::later(waits, waits::read(&cursors, started));
            if !cursors.is_empty() {
                // Tags of which nobody knows whose token they are of are of none.
                marks.insert(source, mark.map(|(_, mark)| mark.clone()).unwrap_or_default());
            }
            trip_heard.extend(sync.take_up(source, &kept, &cursors, started));
        }
        sync.take_up_waits(waits);
        let trip = Trip {
            host: self,
            sync,
            waits,
            told_to_wait: waits.last(),
            started,
            began: Instant::now(),
            found: None,
            looked_at: None,
            has_looked: false,
            is_doubtful: false,
            no_token: None,
            refused_until: None,
            known: self.http.patience().known(&self.api_url),
            marks,
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
