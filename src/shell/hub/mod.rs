//! One GitHub host: asks for every repository's open issues and their timelines, and brings back facts.
//!
//! A round asks for every page of every repository, one request after the other, each with the entity tag it had; a page
//! that is unchanged costs the host's budget nothing. The list may shift while it is read, so after a list of several
//! changed pages the first is asked for once more, and of two tellings of one incident the later change counts.
//!
//! Then timelines: the list tells neither when somebody answered nor when a label was set. They are read for incidents
//! that changed since theirs was read, the latest change first, at most [`TIMELINES_PER_ROUND`] a round and only while more
//! than [`BUDGET_RESERVED`] requests are left; the rest follow in later rounds, and until then say that they have no
//! timeline. A timeline read within [`SETTLES_WITHIN`] of the change is read again: the host's times have whole seconds.
//!
//! What was heard is kept in memory, and on disk by [`Hub::keep`] between rounds, so that a round never waits for a disk.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use chrono::{DateTime, TimeDelta, Utc};
use url::Url;

use crate::{
    config::IncidentSource,
    domain::{
        incident::{Incident, IncidentKey, Repo},
        time::{between, minus},
        trouble::{Skipped, Trouble},
    },
    floor::fact::{Fact, Part, Polled, SourceId},
    shell::{
        http::Http,
        store::{Salt, Store, StoreError},
        token::Tokens,
    },
    source::SKIPS_NAMED,
    text::{Text, counted},
};

mod asker;
mod list;
mod page;
mod timeline;
mod trip;

use asker::Asker;
use list::List;
use timeline::Timeline;
use trip::Trip;

/// Timelines read in one round: with a poll a minute, 2,400 of GitHub's 5,000 requests an hour.
pub const TIMELINES_PER_ROUND: usize = 40;

/// Requests left to the lists, and to the person's other tools that share the token, before timelines are read.
pub const BUDGET_RESERVED: u64 = 200;

/// How close to a change a timeline may have been read and still lack it: GitHub's times have whole seconds.
pub const SETTLES_WITHIN: TimeDelta = TimeDelta::seconds(3);

/// Incidents in one fact: the console draws between two.
const CHUNK: usize = 2_000;

/// Unchanged pages are noted on disk as still true this often.
const NOTED_EVERY: TimeDelta = TimeDelta::minutes(5);

/// Pages of which nothing was heard for this long are forgotten.
const FORGOTTEN_AFTER: TimeDelta = TimeDelta::days(30);

/// A GitHub host, and what it last said.
#[derive(Debug)]
pub struct Hub {
    api_url: Url,
    asker: Asker,
    lists: Vec<List>,
    timelines: HashMap<IncidentKey, Timeline>,
    round: Round,
    /// The floor knows the whole of what is in the lists.
    is_told: bool,
    /// Timelines on disk of incidents that are gone, by the address of their first page.
    gone: Vec<String>,
    noted_at: DateTime<Utc>,
}

/// How the last round went.
#[derive(Debug, Default)]
struct Round {
    failed: Vec<Failed>,
    is_stopped: bool,
    is_changed: bool,
    /// Timelines that could not be read or used whole.
    unread: Vec<Skipped>,
}

#[derive(Debug)]
struct Failed {
    trouble: Trouble,
    why: String,
}

impl Hub {
    /// A hub for a source, which was never asked; nothing for a source that is a file.
    pub fn of(source: &IncidentSource, http: Arc<Http>, tokens: Tokens, salt: Salt) -> Option<Self> {
        let IncidentSource::Github { api_url, repositories, with_pull_requests, .. } = source else { return None };
        let list = |repository: &Repo| List::new(api_url, repository, *with_pull_requests);
        Some(Self {
            api_url: api_url.clone(),
            asker: Asker::new(api_url, http, tokens, salt),
            lists: repositories.iter().map(list).collect(),
            timelines: HashMap::new(),
            round: Round::default(),
            is_told: false,
            gone: Vec::new(),
            noted_at: DateTime::<Utc>::MIN_UTC,
        })
    }

    /// Where the token in use came from: a variable's name, `gh auth token` or what the settings name; nothing while there
    /// is none.
    pub fn token_from(&self) -> Option<&str> {
        self.asker.token_from()
    }

    /// Takes up what an earlier run kept on disk; nothing where it kept nothing. Call it before the first poll.
    ///
    /// # Errors
    /// As the disk fails; the host can be asked all the same.
    pub fn cached(&mut self, store: &Store, source: SourceId) -> Result<Option<Fact>, StoreError> {
        for list in &mut self.lists {
            list.take_up(store)?;
        }
        let Some(as_of) = self.lists.iter().filter_map(List::heard_since).min() else { return Ok(None) };
        for incident in self.shown() {
            if let Some(timeline) = Timeline::kept(store, &self.api_url, &incident.key)? {
                self.timelines.insert(incident.key, timeline);
            }
        }
        let items = self.shown();
        let (skipped, n_skipped) = self.left_out();
        let part = Part::Cached;
        Ok(Some(Fact::Polled(Polled { source, items, skipped, n_skipped, part, as_of, budget: None })))
    }

    /// Asks for everything once: lists, then timelines. Never fails: what goes wrong is among the facts.
    pub async fn poll(&mut self, source: SourceId, now: impl Fn() -> DateTime<Utc>) -> Vec<Fact> {
        self.ask_lists(&now).await;
        self.ask_timelines(&now).await;
        self.told(source, now())
    }

    /// The first half of [`Hub::poll`]: the lists. For a caller that shows them before the timelines are read.
    pub async fn poll_lists(&mut self, source: SourceId, now: impl Fn() -> DateTime<Utc>) -> Vec<Fact> {
        self.ask_lists(&now).await;
        self.told(source, now())
    }

    /// The second half of [`Hub::poll`]: timelines. No facts where it brought nothing new.
    pub async fn poll_timelines(&mut self, source: SourceId, now: impl Fn() -> DateTime<Utc>) -> Vec<Fact> {
        // What the lists brought is told already: a failure told twice would make the source wait twice as long.
        self.round.is_changed = false;
        self.round.failed.clear();
        self.ask_timelines(&now).await;
        let is_news = self.round.is_changed || !self.round.failed.is_empty();
        if is_news { self.told(source, now()) } else { Vec::new() }
    }

    /// Puts on disk what the rounds since the last call have brought.
    ///
    /// # Errors
    /// As the disk fails; then all of it is tried again at the next call.
    pub fn keep(&mut self, store: &mut Store, now: DateTime<Utc>) -> Result<(), StoreError> {
        let notes = !(TimeDelta::zero()..NOTED_EVERY).contains(&between(self.noted_at, now));
        let is_new = self.lists.iter().any(List::is_unkept) || self.timelines.values().any(Timeline::is_unkept);
        if !notes && !is_new && self.gone.is_empty() {
            return Ok(());
        }
        let change = store.change()?;
        for list in &self.lists {
            list.keep(&change, notes)?;
        }
        for timeline in self.timelines.values() {
            timeline.keep(&change)?;
        }
        for name in &self.gone {
            change.forget_pages_not_in(name, &[])?;
        }
        change.forget_pages_before(minus(now, FORGOTTEN_AFTER))?;
        change.done()?;
        self.lists.iter_mut().for_each(List::is_kept);
        self.timelines.values_mut().for_each(Timeline::is_kept);
        self.gone.clear();
        if notes {
            self.noted_at = now;
        }
        Ok(())
    }

    async fn ask_lists(&mut self, now: &impl Fn() -> DateTime<Utc>) {
        self.round = Round::default();
        self.lists.iter_mut().for_each(List::begin);
        if let Err(trip) = self.asker.begin(now()).await {
            self.trip(&trip, None);
            return;
        }
        for at in 0..self.lists.len() {
            let Some(list) = self.lists.get_mut(at) else { break };
            match list.ask(&mut self.asker, now).await {
                Ok(is_changed) => self.round.is_changed |= is_changed,
                Err(trip) => {
                    let repository = list.repository().clone();
                    self.trip(&trip, Some(&repository));
                    if self.round.is_stopped {
                        return;
                    }
                }
            }
        }
        if self.round.failed.is_empty() {
            self.forget_gone();
        }
    }

    async fn ask_timelines(&mut self, now: &impl Fn() -> DateTime<Utc>) {
        if self.round.is_stopped {
            return;
        }
        let mut wanted: Vec<(DateTime<Utc>, IncidentKey)> = self
            .listed()
            .into_iter()
            .filter(|incident| self.timelines.get(&incident.key).is_none_or(|known| known.is_older(incident)))
            .map(|incident| (incident.updated_at, incident.key.clone()))
            .collect();
        wanted.sort_by(|a, b| b.cmp(a));
        for (changed_at, key) in wanted.into_iter().take(TIMELINES_PER_ROUND) {
            if self.asker.budget().is_some_and(|budget| budget.remaining <= BUDGET_RESERVED) {
                return;
            }
            let timeline = self.timelines.entry(key.clone()).or_insert_with(|| Timeline::new(&self.api_url, &key));
            match timeline.ask(&mut self.asker, changed_at, now).await {
                Ok(is_changed) => self.round.is_changed |= is_changed,
                Err(trip) if trip.must_wait() => {
                    self.trip(&trip, None);
                    return;
                }
                Err(trip) => {
                    let why = Text::scrub(&format!("its timeline could not be read: {trip}"));
                    self.round.unread.push(Skipped { at: Text::scrub(&key.to_string()), why });
                    self.round.is_changed = true;
                    // The host has trouble, or the way to it: the next timeline would meet the same.
                    if trip.trouble() == Trouble::Away {
                        return;
                    }
                }
            }
        }
    }

    /// Notes what went wrong. A fault that is the repository's own is told with its name.
    fn trip(&mut self, trip: &Trip, repository: Option<&Repo>) {
        self.asker.note(trip);
        self.round.is_stopped |= trip.stops_round();
        let mut why = trip.to_string();
        if let Some(repository) = repository.filter(|_| !trip.stops_round()) {
            why = format!("{repository}: {why}");
        }
        if let Some(hint) = trip.hint() {
            why = format!("{why}; {hint}");
        }
        if trip.trouble() == Trouble::Refused && self.asker.token_from().is_none() {
            why = format!("{why}; it was asked without a token");
        }
        self.round.failed.push(Failed { trouble: trip.trouble(), why });
    }

    fn forget_gone(&mut self) {
        let open: HashSet<IncidentKey> = self.listed().into_iter().map(|incident| incident.key.clone()).collect();
        let gone = self.timelines.extract_if(|key, _| !open.contains(key));
        self.gone.extend(gone.map(|(_, timeline)| timeline.name().to_owned()));
    }

    /// The facts of the last round.
    fn told(&mut self, source: SourceId, now: DateTime<Utc>) -> Vec<Fact> {
        let budget = self.asker.quota();
        let is_whole = self.lists.iter().all(List::is_whole);
        let mut facts = Vec::new();
        if is_whole && self.is_told && !self.round.is_changed {
            facts.push(Fact::Unchanged { source, budget });
        } else if is_whole || self.lists.iter().any(|list| list.heard_since().is_some()) {
            self.is_told = is_whole;
            let mut items = self.shown();
            let (skipped, n_skipped) = self.left_out();
            let polled =
                |items, part| Polled { source, items, skipped: Vec::new(), n_skipped: 0, part, as_of: now, budget };
            while items.len() > CHUNK {
                let rest = items.split_off(CHUNK);
                facts.push(Fact::Polled(polled(std::mem::replace(&mut items, rest), Part::More)));
            }
            let part = if is_whole { Part::Last } else { Part::Broken };
            facts.push(Fact::Polled(Polled { skipped, n_skipped, ..polled(items, part) }));
        }
        facts.extend(self.failed(source));
        facts
    }

    /// One fact for all failures of a round: each fact would make the source wait twice as long.
    fn failed(&self, source: SourceId) -> Option<Fact> {
        // What stopped the round decides when to ask again; else the first.
        let failed = if self.round.is_stopped { self.round.failed.last() } else { self.round.failed.first() }?;
        let why = match self.round.failed.len() {
            1 => failed.why.clone(),
            n => format!("{}; {} more", failed.why, counted(n - 1, "failure", "failures")),
        };
        Some(Fact::Failed { source, trouble: failed.trouble, why: Text::scrub(&why) })
    }

    /// Each incident of the pages heard, once, in the order of the lists: the telling with the later change.
    fn listed(&self) -> Vec<&Incident> {
        let (mut places, mut listed) = (HashMap::new(), Vec::<&Incident>::new());
        for incident in self.lists.iter().flat_map(List::incidents) {
            match places.get(&incident.key).and_then(|place: &usize| listed.get_mut(*place)) {
                Some(known) if known.updated_at < incident.updated_at => *known = incident,
                Some(_) => {}
                None => {
                    places.insert(&incident.key, listed.len());
                    listed.push(incident);
                }
            }
        }
        listed
    }

    /// As [`Hub::listed`], with what is known of each one's history.
    fn shown(&self) -> Vec<Incident> {
        let with_timeline = |incident: &Incident| match self.timelines.get(&incident.key) {
            Some(timeline) => timeline.given_to(incident),
            None => incident.clone(),
        };
        self.listed().into_iter().map(with_timeline).collect()
    }

    fn left_out(&self) -> (Vec<Skipped>, usize) {
        let of_lists: usize = self.lists.iter().map(List::n_left_out).sum();
        let of_timelines =
            self.timelines.values().filter_map(Timeline::left_out).chain(self.round.unread.iter().cloned());
        let of_timelines: Vec<Skipped> = of_timelines.collect();
        let n_skipped = of_lists + of_timelines.len();
        let named = self.lists.iter().flat_map(List::left_out).chain(of_timelines);
        (named.take(SKIPS_NAMED).collect(), n_skipped)
    }
}
