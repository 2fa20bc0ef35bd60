//! What people want of hosts: written down, then delivered by the process that asks them.

use std::{path::PathBuf, sync::Arc};

use chrono::{DateTime, Utc};
use tokio::time::Instant;

use super::Engine;
use crate::{
    domain::{
        delivery::repo_of,
        incident::{Login, Repo},
        intent::{Draft, Intent, OpId, Progress, Target},
        sla::RepoPattern,
    },
    floor::fact::{Fact, Role, Went},
    shell::{
        clock::Clock,
        delivery::{self, Delivery, Host, Line, Tell, Waker},
        http::Http,
        keeper,
        store::{Store, StoreError, outbox::Step},
    },
    text::Text,
};

/// Where changes are delivered to.
#[derive(Debug, Default)]
pub struct Post {
    /// Hosts, in the order of the settings.
    pub hosts: Vec<Host>,
    /// What each of them watches: repositories, and patterns of them.
    pub watched: Vec<(Vec<Repo>, Vec<RepoPattern>)>,
    /// The state folder; nothing = nothing is delivered.
    pub folder: Option<PathBuf>,
    /// The door to the network.
    pub http: Arc<Http>,
    /// At work while this process is the one that asks hosts.
    delivery: Option<Delivery>,
}

impl Post {
    /// A post for these hosts, not yet at work.
    pub fn new(
        hosts: Vec<Host>,
        watched: Vec<(Vec<Repo>, Vec<RepoPattern>)>,
        folder: Option<PathBuf>,
        http: Arc<Http>,
    ) -> Self {
        Self { hosts, watched, folder, http, delivery: None }
    }
}

/// Writes drafts down as one batch. `source_of` names the source of a target that the store does not know.
///
/// # Errors
/// A target that no source has, and the disk; then nothing is wanted.
fn written(
    drafts: Vec<Draft>,
    source_of: &dyn Fn(&Repo) -> Option<Text>,
    me: &Login,
    store: &mut Store,
) -> Result<Vec<Intent>, Text> {
    let said = |error: StoreError| Text::scrub(&error.to_string());
    let now = Clock::Wall.now();
    let mut intents: Vec<Intent> = Vec::new();
    for draft in drafts {
        let known = match &draft.target {
            Target::Incident(key) => store.source_of(key).map_err(said)?,
            Target::Repository(_) => None,
        };
        let source = known.or_else(|| source_of(repo_of(&draft.target)));
        let source = source.ok_or_else(|| Text::scrub(&format!("no host in the settings has {}", draft.target)))?;
        let id = OpId::new(now, store.random().map_err(said)?);
        let batch = intents.first().map_or_else(|| id.clone(), |first| first.batch.clone());
        let (by, progress) = (me.clone(), Progress::new());
        intents.push(Intent { id, batch, source, target: draft.target, act: draft.act, by, at: now, progress });
    }
    store.intend(&intents).map_err(said)?;
    Ok(intents)
}

impl Engine {
    /// Gives it the hosts that changes are delivered to.
    #[must_use]
    pub fn with_post(mut self, post: Post) -> Self {
        self.post = post;
        self
    }

    /// Has changes written down; they come as facts once they are on disk.
    pub(super) fn intend(&self, drafts: Vec<Draft>) {
        let keys: Vec<_> = drafts
            .iter()
            .filter_map(|draft| match &draft.target {
                Target::Incident(key) => Some(key.clone()),
                Target::Repository(_) => None,
            })
            .collect();
        let (hosts, watched) = (self.post.hosts.clone(), self.post.watched.clone());
        let (me, tell, keeper, waker) = (self.me.clone(), self.tell.clone(), self.keeper.clone(), self.waker());
        tokio::spawn(async move {
            let source_of = move |repo: &Repo| {
                let fits = |(repos, patterns): &(Vec<Repo>, Vec<RepoPattern>)| {
                    repos.contains(repo) || patterns.iter().any(|pattern| pattern.fits(repo))
                };
                hosts.get(watched.iter().position(fits)?).map(|host| host.source.clone())
            };
            let done = keeper.with(move |store| written(drafts, &source_of, &me, store)).await;
            waker.wake();
            if let Ok(Err(why)) | Err(why) = done {
                // When nobody listens any more the program is ending.
                drop(tell.send(Fact::NotIntended { keys, why }).await);
            }
        });
    }

    /// Takes an intent back, or has it tried now.
    pub(super) fn step(&self, id: OpId, is_cancelled: bool) {
        let (tell, keeper, waker) = (self.tell.clone(), self.keeper.clone(), self.waker());
        tokio::spawn(async move {
            let change = move |store: &mut Store| {
                let now = Clock::Wall.now();
                if is_cancelled { store.cancel(&id, now) } else { store.hurry(&id, now) }
            };
            let why = match keeper.with(change).await {
                Ok(Ok(Step::Taken(_))) => return waker.wake(),
                Ok(Ok(Step::Stays(progress))) => format!("not done: it is {}", progress.code()),
                Ok(Ok(Step::Missing)) => "not done: it is not in the outbox any more".to_owned(),
                Ok(Err(error)) => error.to_string(),
                Err(why) => why.to_string(),
            };
            drop(tell.send(Fact::Told { what: Text::scrub(&why), went: Went::Badly }).await);
        });
    }

    /// Wakes whatever delivers in this process.
    fn waker(&self) -> Waker {
        self.post.delivery.as_ref().map(Delivery::waker).unwrap_or_default()
    }

    /// Begins to deliver where this process has come to be the one that does, and stops where it no longer is.
    pub(super) fn mind_post(&mut self) {
        let leads = *self.keeper.role().borrow() == Role::Syncs;
        if !leads {
            self.post.delivery = None;
            return;
        }
        if self.post.delivery.is_some() || self.post.hosts.is_empty() {
            return;
        }
        let started = self
            .lines()
            .map_err(|error| error.to_string())
            .and_then(|lines| Delivery::start(lines.unwrap_or_default()).map_err(|error| error.to_string()));
        match started {
            Ok(delivery) => self.post.delivery = Some(delivery),
            Err(why) => {
                let what = Text::scrub(&format!("nothing is delivered: {why}"));
                let _ = self.tell.try_send(Fact::Told { what, went: Went::Badly });
            }
        }
    }

    /// Stops delivering once what was begun is over: for a process that asked a host and ends.
    pub(super) async fn end_post(&mut self) {
        if let Some(delivery) = self.post.delivery.take() {
            delivery.end().await;
        }
    }

    /// Delivers what waits, here and now, for a process that asks hosts and ends. A host out of reach is left alone.
    ///
    /// # Errors
    /// As the disk fails.
    pub async fn deliver(&self, until: Instant) -> Result<(), StoreError> {
        match self.lines()? {
            Some(lines) => delivery::drain(lines, until, true).await,
            None => Ok(()),
        }
    }

    /// What waits in the outbox, and what ended there at `since` or later.
    ///
    /// # Errors
    /// As the disk fails.
    pub async fn outbox(&self, since: DateTime<Utc>) -> Result<Vec<Intent>, Text> {
        let read = self.keeper.with(move |store| store.outbox(since)).await?;
        read.map_err(|error| keeper::in_words(&error))
    }

    fn lines(&self) -> Result<Option<Vec<Line>>, StoreError> {
        let Some(folder) = &self.post.folder else { return Ok(None) };
        let tell = || -> Tell {
            let tell = self.tell.clone();
            // Progress comes from the record, like everything that is on disk; what went wrong there comes from here.
            Box::new(move |fact| {
                if matches!(fact, Fact::Told { .. }) {
                    let _ = tell.try_send(fact);
                }
            })
        };
        // What waits for a host that this run may only read is left to one that may do more.
        let hosts: Vec<Host> = self.post.hosts.iter().filter(|host| !host.is_read_only).cloned().collect();
        Line::all(&hosts, folder, &self.post.http, Clock::Wall, tell).map(Some)
    }
}
