//! Things happen: a host's past, and what goes on in it, by seed.

use std::collections::VecDeque;

use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    state::{Did, Pull},
    world::World,
};

/// Labels that name a priority, most urgent first.
pub const PRIORITIES: [&str; 4] = ["P0", "P1", "P2", "P3"];

/// Labels that name anything else.
const LABELS: [&str; 7] = ["bug", "sev/2", "регрессия", "🔥 hot", "needs info", "area: net", "good first issue"];

/// People of the house, outsiders, apps.
const PEOPLE: [(&str, &str); 10] = [
    ("ann", "MEMBER"),
    ("bo", "MEMBER"),
    ("cleo", "OWNER"),
    ("dario", "COLLABORATOR"),
    ("kim", "NONE"),
    ("lou", "CONTRIBUTOR"),
    ("mo", "NONE"),
    ("nia", "FIRST_TIME_CONTRIBUTOR"),
    ("renovate[bot]", "NONE"),
    ("stale[bot]", "CONTRIBUTOR"),
];

/// Numbers by seed: the same seed, the same numbers.
#[derive(Debug, Clone)]
pub struct Dice(u64);

impl Dice {
    /// Dice of a seed.
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x1234_5678_9abc_def1)
    }

    /// Any number.
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Below a bound; 0 where it is 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        if bound == 0 { 0 } else { self.next() % bound }
    }

    /// One of several.
    pub fn of<'a, T: ?Sized>(&mut self, all: &[&'a T]) -> &'a T {
        all[self.below(all.len() as u64) as usize]
    }
}

/// Fills a host: so many repositories of `acme`, so many open issues in all, with a past of 90 days.
///
/// Every tenth has been answered and closed besides, every twentieth is a pull request.
pub fn populate(world: &mut World, n_repos: usize, n_open: usize, now: DateTime<Utc>, seed: u64) {
    let mut dice = Dice::new(seed);
    for (login, association) in PEOPLE {
        world.person(login, association);
    }
    for i in 0..n_repos {
        let place = world.repository(&format!("acme/service-{i:03}"));
        for label in PRIORITIES.iter().chain(&LABELS) {
            world.label(place, label);
        }
        world.repos[place].assignable = ["ann", "bo", "cleo", "dario", "ona"].map(str::to_owned).to_vec();
    }
    let first = world.repos.len() - n_repos;
    for i in 0..n_open + n_open / 10 {
        let place = first + i % n_repos.max(1);
        let opened = now - TimeDelta::seconds(3_600 + dice.below(90 * 86_400) as i64);
        let author = dice.of(&["kim", "lou", "mo", "nia", "ann"]);
        let pull = (i % 20 == 19).then(|| Pull { head: format!("{:040x}", dice.next()), ..Pull::default() });
        let number =
            world.open(place, &format!("{} fails on {i}", dice.of(&["login", "sync", "build"])), author, pull, opened);
        let at = (place, number);
        let later = |dice: &mut Dice, minutes: u64| {
            (opened + TimeDelta::seconds(dice.below(minutes * 60) as i64)).min(now - TimeDelta::minutes(5))
        };
        if dice.below(10) < 7 {
            let when = later(&mut dice, 30);
            world.add_label(at, dice.of(&PRIORITIES), "ann", when);
        }
        if dice.below(10) < 5 {
            let when = later(&mut dice, 60);
            world.add_label(at, dice.of(&LABELS), "bo", when);
        }
        if dice.below(10) < 5 {
            let when = later(&mut dice, 120);
            world.assign(at, dice.of(&["ann", "bo", "cleo"]), "ann", when);
        }
        if dice.below(10) < 4 {
            let when = later(&mut dice, 600);
            world.comment(at, "Can confirm.", Some(dice.of(&["kim", "ann", "renovate[bot]"])), when);
        }
        if i >= n_open {
            let when = now - TimeDelta::minutes(10 + dice.below(80 * 1_440) as i64);
            world.close(at, "completed", "ann", when.max(opened));
        }
        in_order(world, at);
    }
}

/// A past that was made in any order, put in order.
fn in_order(world: &mut World, at: (usize, u64)) {
    let Some(issue) = world.repos[at.0].issue(at.1).cloned() else { return };
    let last = issue.events.iter().map(|event| event.at).chain([issue.created_at]).max().unwrap_or(issue.created_at);
    world.change(at, None, last, |issue| {
        issue.events.sort_by_key(|event| (event.at, event.id));
        issue.updated_at = last;
        Vec::new()
    });
    // Nothing of the making can be listed any more.
    if let Some(slot) = world.repos[at.0].issues.get_mut(&at.1) {
        slot.forget();
    }
}

/// What goes on.
#[derive(Debug, Clone)]
pub struct Life {
    dice: Dice,
    /// Changes a minute.
    pub per_minute: f64,
    /// Whether labels and repositories are renamed, and issues moved, deleted, converted.
    pub has_upheaval: bool,
    next: Option<DateTime<Utc>>,
    recent: VecDeque<(usize, u64)>,
    /// What was done, by name.
    pub done: std::collections::BTreeMap<&'static str, u64>,
}

impl Life {
    /// A life by seed.
    pub fn new(seed: u64, per_minute: f64) -> Self {
        let done = std::collections::BTreeMap::new();
        Self { dice: Dice::new(seed), per_minute, has_upheaval: true, next: None, recent: VecDeque::new(), done }
    }

    /// Lets happen what is due up to an instant; how much that was.
    pub fn advance(&mut self, world: &mut World, until: DateTime<Utc>) -> usize {
        let mut n = 0;
        if self.per_minute <= 0.0 {
            self.next = None;
            return 0;
        }
        loop {
            let at = *self.next.get_or_insert(until);
            if at > until {
                return n;
            }
            self.step(world, at);
            n += 1;
            let mean = 60_000.0 / self.per_minute;
            let spread = self.dice.below(2_000) as f64 / 1_000.0;
            self.next = Some(at + TimeDelta::milliseconds((mean * spread) as i64));
        }
    }

    /// One change.
    pub fn step(&mut self, world: &mut World, now: DateTime<Utc>) {
        let what = self.dice.below(1_000);
        let what = if self.has_upheaval { what } else { what.min(949) };
        let name = match what {
            0..90 => self.opens(world, now),
            90..260 => self.labels(world, now),
            260..310 => self.unlabels(world, now),
            310..450 => self.prioritises(world, now),
            450..540 => self.assigns(world, now),
            540..570 => self.unassigns(world, now),
            570..790 => self.comments(world, now),
            790..880 => self.closes(world, now),
            880..920 => self.reopens(world, now),
            920..950 => self.retitles(world, now),
            950..956 => self.transfers(world, now),
            956..962 => self.deletes(world, now),
            962..964 => self.renames_label(world, now),
            964..965 => self.renames_repository(world),
            _ => self.listens(world, now),
        };
        *self.done.entry(name).or_default() += 1;
    }

    fn member(&mut self) -> &'static str {
        self.dice.of(&["ann", "bo", "cleo", "dario"])
    }

    /// An issue that is open (or not); now and then one that was changed a moment ago.
    fn pick(&mut self, world: &World, is_open: bool) -> Option<(usize, u64)> {
        for _ in 0..200 {
            let at = if self.dice.below(5) == 0 && !self.recent.is_empty() {
                self.recent[self.dice.below(self.recent.len() as u64) as usize]
            } else {
                let place = self.dice.below(world.repos.len() as u64) as usize;
                (place, 1 + self.dice.below(world.repos[place].last_number))
            };
            if world.repos[at.0].issue(at.1).is_some_and(|issue| issue.open == is_open) {
                self.recent.push_back(at);
                if self.recent.len() > 20 {
                    self.recent.pop_front();
                }
                return Some(at);
            }
        }
        None
    }

    fn opens(&mut self, world: &mut World, now: DateTime<Utc>) -> &'static str {
        let place = self.dice.below(world.repos.len() as u64) as usize;
        let author = self.dice.of(&["kim", "lou", "mo", "ann", "renovate[bot]"]);
        let is_pull = self.dice.below(8) == 0;
        let reviewer = self.member().to_owned();
        let pull = is_pull.then(|| Pull { reviewers: vec![reviewer], ..Pull::default() });
        let title = format!("new trouble {}", self.dice.below(100_000));
        let number = world.open(place, &title, author, pull, now);
        self.recent.push_back((place, number));
        if self.dice.below(3) == 0 {
            let (label, by) = (self.dice.of(&PRIORITIES), self.member());
            world.add_label((place, number), label, by, now);
        }
        if is_pull { "pull request opened" } else { "opened" }
    }

    fn labels(&mut self, world: &mut World, now: DateTime<Utc>) -> &'static str {
        let Some(at) = self.pick(world, true) else { return "nothing" };
        let known: Vec<String> = world.repos[at.0].labels.iter().map(|label| label.name.clone()).collect();
        let known: Vec<&str> = known.iter().map(String::as_str).filter(|name| !PRIORITIES.contains(name)).collect();
        if known.is_empty() {
            return "nothing";
        }
        let (label, by) = (self.dice.of(&known), self.member());
        world.add_label(at, label, by, now);
        "labelled"
    }

    fn unlabels(&mut self, world: &mut World, now: DateTime<Utc>) -> &'static str {
        let Some(at) = self.pick(world, true) else { return "nothing" };
        let on = world.repos[at.0].issue(at.1).map_or(Vec::new(), |issue| issue.labels.clone());
        let Some(label) = on.get(self.dice.below(on.len() as u64) as usize) else { return "nothing" };
        world.remove_label(at, label, self.member(), now);
        "unlabelled"
    }

    fn prioritises(&mut self, world: &mut World, now: DateTime<Utc>) -> &'static str {
        let Some(at) = self.pick(world, true) else { return "nothing" };
        let (label, by) = (self.dice.of(&PRIORITIES), self.member());
        // Now and then two stand side by side.
        if self.dice.below(6) > 0 {
            for other in PRIORITIES.iter().filter(|other| **other != label) {
                world.remove_label(at, other, by, now);
            }
        }
        world.add_label(at, label, by, now);
        "prioritised"
    }

    fn assigns(&mut self, world: &mut World, now: DateTime<Utc>) -> &'static str {
        let Some(at) = self.pick(world, true) else { return "nothing" };
        let (login, by) = (self.member(), self.member());
        world.assign(at, login, by, now);
        "assigned"
    }

    fn unassigns(&mut self, world: &mut World, now: DateTime<Utc>) -> &'static str {
        let Some(at) = self.pick(world, true) else { return "nothing" };
        let Some(login) = world.repos[at.0].issue(at.1).and_then(|issue| issue.assignees.first().cloned()) else {
            return "nothing";
        };
        world.unassign(at, &login, self.member(), now);
        "unassigned"
    }

    fn comments(&mut self, world: &mut World, now: DateTime<Utc>) -> &'static str {
        let Some(at) = self.pick(world, true) else { return "nothing" };
        let by = self.dice.of(&["ann", "bo", "cleo", "kim", "lou", "renovate[bot]"]);
        let is_pull = world.repos[at.0].issue(at.1).is_some_and(|issue| issue.pull.is_some());
        if is_pull && self.dice.below(2) == 0 {
            let state = self.dice.of(&["approved", "changes_requested", "commented"]).to_owned();
            world.change(at, Some(by), now, |_| vec![Did::Reviewed(state, "Read it.".to_owned())]);
            return "reviewed";
        }
        world.comment(at, "Looking at it.\r\n- [ ] cause", Some(by), now);
        "commented"
    }

    fn closes(&mut self, world: &mut World, now: DateTime<Utc>) -> &'static str {
        let Some(at) = self.pick(world, true) else { return "nothing" };
        let (reason, by) = (self.dice.of(&["completed", "completed", "not_planned", "duplicate"]), self.member());
        let is_merged = self.dice.below(2) == 0;
        if is_merged && world.repos[at.0].issue(at.1).is_some_and(|issue| issue.pull.is_some()) {
            world.change(at, Some(by), now, |issue| {
                if let Some(pull) = &mut issue.pull {
                    pull.merged_at = Some(now);
                }
                vec![Did::Merged]
            });
        }
        world.close(at, reason, by, now);
        "closed"
    }

    fn reopens(&mut self, world: &mut World, now: DateTime<Utc>) -> &'static str {
        let Some(at) = self.pick(world, false) else { return "nothing" };
        world.reopen(at, self.member(), now);
        "reopened"
    }

    fn retitles(&mut self, world: &mut World, now: DateTime<Utc>) -> &'static str {
        let Some(at) = self.pick(world, true) else { return "nothing" };
        let title = format!("better said {}", self.dice.below(100_000));
        world.retitle(at, &title, self.member(), now);
        "retitled"
    }

    fn transfers(&mut self, world: &mut World, now: DateTime<Utc>) -> &'static str {
        let Some(at) = self.pick(world, true) else { return "nothing" };
        let to = self.dice.below(world.repos.len() as u64) as usize;
        let is_issue = world.repos[at.0].issue(at.1).is_some_and(|issue| issue.pull.is_none());
        if to == at.0 || !is_issue {
            return "nothing";
        }
        world.transfer(at, to, self.member(), now);
        "transferred"
    }

    fn deletes(&mut self, world: &mut World, now: DateTime<Utc>) -> &'static str {
        let Some(at) = self.pick(world, true) else { return "nothing" };
        if world.repos[at.0].issue(at.1).is_some_and(|issue| issue.pull.is_some()) {
            return "nothing";
        }
        world.delete(at, now);
        if self.dice.below(3) == 0 { "made a discussion" } else { "deleted" }
    }

    fn renames_label(&mut self, world: &mut World, now: DateTime<Utc>) -> &'static str {
        let place = self.dice.below(world.repos.len() as u64) as usize;
        let is_there = |name: &str| world.repos[place].labels.iter().any(|label| label.name == name);
        let (old, new) = match (is_there("needs info"), is_there("waits for reporter")) {
            (true, false) => ("needs info", "waits for reporter"),
            (false, true) => ("waits for reporter", "needs info"),
            _ => return "nothing",
        };
        world.rename_label(place, old, new, now);
        "label renamed"
    }

    fn renames_repository(&mut self, world: &mut World) -> &'static str {
        let place = self.dice.below(world.repos.len() as u64) as usize;
        let full = format!("{}-r{}", world.repos[place].full(), self.dice.below(1_000));
        world.rename_repository(place, &full);
        "repository renamed"
    }

    fn listens(&mut self, world: &mut World, now: DateTime<Utc>) -> &'static str {
        let Some(at) = self.pick(world, true) else { return "nothing" };
        world.change(at, Some("mo"), now, |_| vec![Did::Subscribed]);
        "subscribed"
    }
}
