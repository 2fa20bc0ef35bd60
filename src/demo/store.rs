//! Where the world keeps its incidents: those that live, and a crowd that is told anew whenever somebody asks.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};

use crate::{
    demo::{
        incidents::Teller,
        random::Dice,
        story::{self, REPOS, STORIES},
    },
    domain::{
        incident::{Incident, IncidentKey},
        time::minus,
    },
    floor::tally::month_before,
};

/// Closed incidents kept at most: some pages to scroll, and a bound for a play that runs for weeks.
const CLOSED_KEPT: usize = 300;
/// What is left of them when the bound is reached, so that it is not reached again at once.
const CLOSED_LEFT: usize = 200;

/// Every incident there is.
#[derive(Debug, Clone)]
pub struct Store {
    live: Vec<Incident>,
    places: HashMap<IncidentKey, usize>,
    /// How many are in the crowd: they never change by themselves, and only their number is kept.
    n_crowd: usize,
    /// Those of the crowd that came to life because somebody did something to them.
    woken: BTreeSet<usize>,
    /// The next free number of each repository.
    next: [u64; REPOS.len()],
    /// How many were open when the play began.
    n_open_first: usize,
}

impl Store {
    /// The first `n` incidents: up to sixty curated ones, and a crowd behind them.
    pub fn new(teller: &Teller, n: usize) -> Self {
        let live: Vec<Incident> = (0..n.min(STORIES.len())).filter_map(|place| teller.curated(place)).collect();
        let n_crowd = n.saturating_sub(STORIES.len());
        let rows = n_crowd.div_ceil(REPOS.len()) as u64;
        let n_open_first = live.iter().filter(|i| i.is_open()).count();
        let mut next = [0; REPOS.len()];
        for (repo, number) in next.iter_mut().enumerate() {
            *number = story::first_free(repo) + rows;
        }
        let mut store = Self { live, places: HashMap::new(), n_crowd, woken: BTreeSet::new(), next, n_open_first };
        store.index();
        store
    }

    /// All of them, as a whole answer names them.
    pub fn all(&self, teller: &Teller) -> Vec<Incident> {
        let mut all = Vec::with_capacity(self.live.len() + self.n_crowd);
        all.extend_from_slice(&self.live);
        let asleep = (0..self.n_crowd).filter(|place| !self.woken.contains(place));
        all.extend(asleep.map(|place| teller.crowd(place, crowd_key(place))));
        all
    }

    /// One of them, to read or to change; one of the crowd comes to life by it.
    pub fn find(&mut self, teller: &Teller, key: &IncidentKey) -> Option<&mut Incident> {
        if !self.places.contains_key(key) {
            let place = self.crowd_place(key).filter(|place| self.woken.insert(*place))?;
            self.add(teller.crowd(place, crowd_key(place)));
        }
        let place = self.places.get(key)?;
        self.live.get_mut(*place)
    }

    /// A living one, if it is still there.
    pub fn living(&mut self, key: &IncidentKey) -> Option<&mut Incident> {
        self.places.get(key).and_then(|place| self.live.get_mut(*place))
    }

    /// Takes a new one.
    pub fn add(&mut self, incident: Incident) {
        self.places.insert(incident.key.clone(), self.live.len());
        self.live.push(incident);
    }

    /// The next free number of a repository, which is then taken.
    pub fn take_number(&mut self, repo: usize) -> u64 {
        self.next.get_mut(repo).map_or(0, |next| {
            *next += 1;
            *next - 1
        })
    }

    /// How many of the living are open beyond those at the beginning.
    pub fn n_surplus(&self) -> usize {
        self.live.iter().filter(|i| i.is_open()).count().saturating_sub(self.n_open_first)
    }

    /// Any living one that is open, by chance; nothing when the dice find none.
    pub fn any_open(&self, dice: &mut Dice) -> Option<&Incident> {
        let open = |_: usize| self.live.get(dice.below(self.live.len() as u64) as usize).filter(|i| i.is_open());
        (0..12).find_map(open)
    }

    /// Forgets what was closed more than 30 days ago, and more when there is too much. Names what is gone.
    pub fn sweep(&mut self, now: DateTime<Utc>) -> Vec<IncidentKey> {
        let mut closed: Vec<DateTime<Utc>> = self.live.iter().filter_map(|i| i.closed_at).collect();
        closed.sort_unstable();
        let mut before = month_before(now);
        if closed.len() > CLOSED_KEPT {
            let oldest_kept = closed.get(closed.len() - CLOSED_LEFT).copied().unwrap_or(now);
            before = before.max(minus(oldest_kept, chrono::TimeDelta::milliseconds(1)));
        }
        let mut gone = Vec::new();
        self.live.retain(|incident| {
            let is_kept = incident.closed_at.is_none_or(|at| at >= before);
            if !is_kept {
                gone.push(incident.key.clone());
            }
            is_kept
        });
        if !gone.is_empty() {
            self.index();
        }
        gone
    }

    fn index(&mut self) {
        self.places = self.live.iter().enumerate().map(|(place, i)| (i.key.clone(), place)).collect();
    }

    /// The place in the crowd of a key.
    fn crowd_place(&self, key: &IncidentKey) -> Option<usize> {
        let repo = REPOS.iter().position(|name| *name == key.repo.full())?;
        let row = usize::try_from(key.number.checked_sub(story::first_free(repo))?).ok()?;
        let place = row.checked_mul(REPOS.len())?.checked_add(repo)?;
        (place < self.n_crowd).then_some(place)
    }
}

/// The repository and number of a place in the crowd: repositories in turn, numbers after the curated ones.
fn crowd_key(place: usize) -> (usize, u64) {
    let (row, repo) = (place / REPOS.len(), place % REPOS.len());
    (repo, story::first_free(repo) + row as u64)
}
