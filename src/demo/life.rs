//! What goes on in the world as time passes: things that are due, in order, and what each of them does.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    demo::{
        GITHUB, World,
        incidents::{happen, owner},
        signals,
        story::{REPOS, STORIES, UNTRIAGED, WAITING},
    },
    domain::{
        incident::{Actor, CloseReason, Incident, IncidentKey, Label, What},
        intent::OpId,
        priority::Grade,
        sample::Telling,
        time::plus,
    },
    floor::fact::{Fact, Part, Polled, SignalId},
};

/// New incidents stop coming while so many more are open than at the beginning.
const SURPLUS: usize = 60;
/// An incident of which so much is told is left in peace.
const LONG_TIMELINE: usize = 40;
/// How often what is old is forgotten.
const SWEEP_EVERY: TimeDelta = TimeDelta::hours(1);

/// Something that will happen.
#[derive(Debug, Clone, PartialEq)]
pub enum Happening {
    /// Every writer adds a line to its metric file.
    Lines,
    /// Somebody reports something new.
    Arrival,
    /// Somebody says something, somewhere.
    Chatter,
    /// What is old is forgotten.
    Sweep,
    /// Something is done to one incident.
    Act(IncidentKey, Act),
    /// A change that the person at the keyboard wants is sent.
    Send(OpId),
    /// The host answers it.
    Answer(OpId),
}

/// What is done to one incident.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// The person on call gives it a priority, takes it on and says so.
    Triage(Grade),
    /// A robot comments.
    Robot,
    /// Its author comments.
    Reply,
    /// Its owner waits for its author.
    Hold,
    /// The person on call takes on what the play was opened with.
    Handle,
    /// Its owner closes it.
    Close,
    /// Its author opens it again.
    Reopen,
}

/// What is due when, in order; what is due at the same instant happens in the order in which it was decided.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    due: BTreeMap<(DateTime<Utc>, u64), Happening>,
    decided: u64,
}

impl Plan {
    /// Adds something.
    pub fn add(&mut self, at: DateTime<Utc>, happening: Happening) {
        self.due.insert((at, self.decided), happening);
        self.decided = self.decided.wrapping_add(1);
    }

    /// Takes the next thing that is due by `now`.
    pub fn take(&mut self, now: DateTime<Utc>) -> Option<(DateTime<Utc>, Happening)> {
        let entry = self.due.first_entry().filter(|entry| entry.key().0 <= now)?;
        Some((entry.key().0, entry.remove()))
    }

    /// How much is planned.
    #[cfg(test)]
    pub fn n_due(&self) -> usize {
        self.due.len()
    }
}

impl World {
    /// Plans what keeps the play going, and what becomes of the incidents one should look at.
    pub(super) fn begin(&mut self) {
        let start = self.start;
        self.plan.add(plus(start, signals::EVERY), Happening::Lines);
        self.plan.add(plus(start, TimeDelta::seconds(75)), Happening::Arrival);
        self.plan.add(plus(start, TimeDelta::seconds(40)), Happening::Chatter);
        self.plan.add(plus(start, SWEEP_EVERY), Happening::Sweep);
        let mut at = plus(start, TimeDelta::minutes(75));
        for story in STORIES.iter().filter(|s| s.plot.is_staged()) {
            let key = self.teller.key((story.repo, story.number));
            if self.store.living(&key).is_some() {
                self.plan.add(at, Happening::Act(key.clone(), Act::Handle));
                self.staged.push(key);
                at = plus(at, TimeDelta::minutes(self.dice.within(12, 35)));
            }
        }
    }

    /// Lets one thing happen; while the host does not answer, nobody hears of its incidents before it is asked again.
    pub(super) fn step(&mut self, at: DateTime<Utc>, happening: Happening, facts: &mut Vec<Fact>) {
        let n_before = facts.len();
        self.happens(at, happening, facts);
        if self.is_silent(at) {
            let told = facts.drain(n_before..).collect::<Vec<_>>();
            let is_of_host = |fact: &Fact| matches!(fact, Fact::Polled(_));
            self.has_swept |= told.iter().any(is_of_host);
            facts.extend(told.into_iter().filter(|fact| !is_of_host(fact)));
        }
    }

    fn happens(&mut self, at: DateTime<Utc>, happening: Happening, facts: &mut Vec<Fact>) {
        match happening {
            Happening::Lines => {
                facts.extend(signals::lines(self.seed, self.start, at).map(|(place, sample)| Fact::Sampled {
                    signal: SignalId(place),
                    samples: vec![sample],
                    telling: Telling::Instead,
                    skipped: Vec::new(),
                    n_skipped: 0,
                }));
                self.plan.add(plus(at, signals::EVERY), Happening::Lines);
            }
            Happening::Arrival => {
                facts.extend(self.arrive(at));
                let pause = TimeDelta::seconds(self.dice.within(150, 480));
                self.plan.add(plus(at, pause), Happening::Arrival);
            }
            Happening::Chatter => {
                facts.extend(self.chatter(at));
                let pause = TimeDelta::seconds(self.dice.within(45, 150));
                self.plan.add(plus(at, pause), Happening::Chatter);
            }
            Happening::Sweep => {
                for key in self.store.sweep(at) {
                    self.acks.remove(&key);
                    self.has_swept = true;
                }
                self.plan.add(plus(at, SWEEP_EVERY), Happening::Sweep);
            }
            Happening::Act(key, act) => facts.extend(self.act(&key, act, at)),
            Happening::Send(id) => facts.extend(self.send(&id, at)),
            Happening::Answer(id) => facts.extend(self.answer(&id, at)),
        }
    }

    /// Somebody reports something new, and its life is decided.
    fn arrive(&mut self, at: DateTime<Utc>) -> Option<Fact> {
        if self.store.n_surplus() >= SURPLUS {
            return None;
        }
        // Most of it is about the API and the web shop.
        let repo = [0, 1, 1, 0, 2, 0, 1, 3].get(self.dice.below(8) as usize).copied().unwrap_or(0);
        let number = self.store.take_number(repo.min(REPOS.len() - 1));
        let (incident, grade) = self.teller.arrival(&mut self.dice, (repo, number), at);
        let key = incident.key.clone();
        if self.dice.once_in(2) {
            self.later(at, TimeDelta::seconds(8), &key, Act::Robot);
        }
        if grade == Grade::Untriaged {
            // Nobody dares: it waits for the weekly triage, and is closed by then.
            let wait = TimeDelta::hours(self.dice.within(3, 30));
            self.later(at, wait, &key, Act::Close);
        } else {
            let triage = TimeDelta::seconds(self.dice.within(100, 1_400));
            self.later(at, triage, &key, Act::Triage(grade));
            if self.dice.once_in(8) {
                self.later(at, TimeDelta::seconds(1_500), &key, Act::Hold);
                let wait = TimeDelta::minutes(self.dice.within(35, 90));
                self.later(at, wait, &key, Act::Reply);
            }
            let minutes = if self.dice.once_in(15) { self.dice.within(600, 4_000) } else { self.dice.within(40, 220) };
            self.later(at, TimeDelta::minutes(minutes), &key, Act::Close);
        }
        let fact = told(&incident, at);
        self.store.add(incident);
        Some(fact)
    }

    fn later(&mut self, at: DateTime<Utc>, wait: TimeDelta, key: &IncidentKey, act: Act) {
        self.plan.add(plus(at, wait), Happening::Act(key.clone(), act));
    }

    /// Somebody says something, somewhere, and now and then something old is done.
    fn chatter(&mut self, at: DateTime<Utc>) -> Option<Fact> {
        let incident = self.store.any_open(&mut self.dice)?;
        let key = incident.key.clone();
        let is_told = incident.timeline.len() >= LONG_TIMELINE || self.staged.contains(&key);
        let chance = self.dice.below(24);
        if is_told {
            return None;
        }
        match chance {
            0 => self.act(&key, Act::Close, at),
            1..=3 => self.act(&key, Act::Robot, at),
            4..=12 => self.act(&key, Act::Reply, at),
            _ => self.comment_of_owner(&key, at),
        }
    }

    fn comment_of_owner(&mut self, key: &IncidentKey, at: DateTime<Utc>) -> Option<Fact> {
        let incident = self.store.living(key)?;
        let owner = self.teller.cast.by_login(owner(incident)?);
        happen(incident, at, &owner, What::Commented);
        Some(told(incident, at))
    }

    /// Does something to one incident, if it is still there and in a state that allows it.
    fn act(&mut self, key: &IncidentKey, act: Act, at: DateTime<Utc>) -> Option<Fact> {
        let on_call = self.on_call(at);
        let robot = self.teller.cast.robot(self.dice.below(3) as usize);
        let luck = self.dice.within(8, 170);
        let incident = self.store.living(key)?;
        let author = incident.author.as_ref().map_or_else(|| on_call.clone(), |login| self.teller.cast.by_login(login));
        let owner =
            incident.assignees.first().map_or_else(|| on_call.clone(), |login| self.teller.cast.by_login(login));
        let waiting = Label::new(WAITING);
        if incident.is_open() == (act == Act::Reopen) {
            return None;
        }
        let mut then = None;
        match act {
            Act::Triage(grade) => {
                happen(incident, at, &on_call, What::Unlabeled(Label::new(UNTRIAGED)));
                happen(incident, at, &on_call, What::Labeled(self.teller.label(grade)));
                take_on(incident, &on_call, at);
            }
            Act::Robot => happen(incident, at, &robot, What::Commented),
            Act::Reply => happen(incident, at, &author, What::Commented),
            Act::Hold if incident.labels.contains(&waiting) => return None,
            Act::Hold => {
                happen(incident, at, &owner, What::Commented);
                happen(incident, at, &owner, What::Labeled(waiting));
            }
            Act::Handle => {
                if incident.labels.contains(&waiting) {
                    happen(incident, at, &author, What::Commented);
                    happen(incident, at, &owner, What::Unlabeled(waiting));
                } else {
                    take_on(incident, &on_call, at);
                }
                then = Some((TimeDelta::minutes(luck), Act::Close));
            }
            Act::Close => {
                let reason = if luck < 16 { CloseReason::Duplicate } else { CloseReason::Completed };
                happen(incident, at, &owner, What::Closed(reason));
                then = (luck > 158).then_some((TimeDelta::minutes(luck / 6), Act::Reopen));
            }
            Act::Reopen => {
                happen(incident, at, &author, What::Reopened);
                happen(incident, at, &author, What::Commented);
                then = Some((TimeDelta::minutes(luck), Act::Close));
            }
        }
        let fact = told(incident, at);
        if let Some((wait, act)) = then {
            self.later(at, wait, key, act);
        }
        if act == Act::Handle {
            self.staged.retain(|staged| staged != key);
        }
        Some(fact)
    }
}

/// Somebody owns it and says so.
pub fn take_on(incident: &mut Incident, who: &Actor, at: DateTime<Utc>) {
    if incident.assignees.is_empty() {
        happen(incident, at, who, What::Assigned(Some(who.login.clone())));
    }
    happen(incident, at, who, What::Commented);
}

/// Word of one incident that changed. Nothing is taken away by it: it names only what is new.
pub fn told(incident: &Incident, at: DateTime<Utc>) -> Fact {
    Fact::Polled(Polled {
        source: GITHUB,
        items: vec![incident.clone()],
        skipped: Vec::new(),
        n_skipped: 0,
        part: Part::Broken,
        as_of: at,
        budget: None,
    })
}
