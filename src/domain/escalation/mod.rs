//! Who is told when nobody acknowledges (SEMANTICS section 2, R13–R18).
//!
//! The types are here. [`engine`] is the state machine, [`replay`] runs it over a history, [`events`] reads an incident's history as its events, and
//! [`ladder`] lays out what was due, what is due next, and whom it would tell.

pub mod engine;
pub mod events;
pub mod ladder;
pub mod replay;
#[cfg(test)]
mod samples;

use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    domain::{
        priority::{Grade, Priority},
        rota::{Person, Roster},
    },
    text::Text,
};

/// Whom to tell, in which order, how long to wait in between.
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    /// Its name.
    pub name: Text,
    /// Incidents of these priorities escalate; others do not (R18).
    pub priorities: Vec<Priority>,
    /// The steps, the first at once; at least one.
    pub steps: Vec<Step>,
    /// How many more rounds follow the first (R13).
    pub repeat: u32,
    /// An acknowledgement lapses after this long without a resolve (R14); nothing = never.
    pub ack_timeout: Option<TimeDelta>,
    /// Who is told when a whole round finds nobody, or all rounds are through; beside the alarm (R15).
    pub reserve: Option<Person>,
}

/// One rung: whom to tell, and how long to wait before the next.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// Until the next step, while unacknowledged; more than zero.
    pub delay: TimeDelta,
    /// Who; looked up when the step fires (R16).
    pub targets: Vec<Target>,
}

/// Whom a step tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// Whoever is on call on a seat (a schedule's name) at that moment.
    Seat(Text),
    /// One person.
    Person(Person),
}

/// Says whom a target means. A function of target and instant does.
pub trait OnCall {
    /// Whom it means at an instant; nobody = an empty list.
    fn people(&self, target: &Target, at: DateTime<Utc>) -> Vec<Person>;

    /// The first instant of `[from, until)` at which it may mean somebody; nothing = it means nobody in there. An answer that
    /// is too early costs time; one that is too late would leave somebody untold.
    fn staffed_from(&self, target: &Target, from: DateTime<Utc>, until: DateTime<Utc>) -> Option<DateTime<Utc>>;
}

/// Who says whom a target means.
pub type Who<'a> = &'a dyn OnCall;

impl<F: Fn(&Target, DateTime<Utc>) -> Vec<Person>> OnCall for F {
    fn people(&self, target: &Target, at: DateTime<Utc>) -> Vec<Person> {
        self(target, at)
    }

    fn staffed_from(&self, _target: &Target, from: DateTime<Utc>, until: DateTime<Utc>) -> Option<DateTime<Utc>> {
        (from < until).then_some(from)
    }
}

/// By the rota as it stands (R16). A seat that the roster does not know has nobody.
impl OnCall for Roster {
    fn people(&self, target: &Target, at: DateTime<Utc>) -> Vec<Person> {
        match target {
            Target::Person(person) => vec![person.clone()],
            Target::Seat(name) => {
                let seat = self.schedules.iter().find(|schedule| schedule.name == *name);
                seat.map(|schedule| schedule.on_call(at)).unwrap_or_default()
            }
        }
    }

    fn staffed_from(&self, target: &Target, from: DateTime<Utc>, until: DateTime<Utc>) -> Option<DateTime<Utc>> {
        match target {
            Target::Person(_) => (from < until).then_some(from),
            Target::Seat(name) => {
                self.schedules.iter().find(|schedule| schedule.name == *name)?.staffed_from(from, until)
            }
        }
    }
}

/// Whom a target means at an instant, by the rota as it stands (R16). A seat that the roster does not know has nobody.
pub fn people_of(roster: &Roster, target: &Target, at: DateTime<Utc>) -> Vec<Person> {
    roster.people(target, at)
}

/// The policy that judges a grade: the first that names its priority. Nothing = it does not escalate (R18).
pub fn policy_for(policies: &[Policy], grade: Grade) -> Option<&Policy> {
    match grade {
        Grade::Set(priority) => policies.iter().find(|policy| policy.priorities.contains(&priority)),
        Grade::Untriaged => None,
    }
}

impl Policy {
    /// How long after a round that found nobody the next is tried: the last step's delay, at least a second (R15).
    pub fn retry(&self) -> TimeDelta {
        self.steps.last().map_or(TimeDelta::minutes(1), |step| step.delay).max(TimeDelta::seconds(1))
    }
}

impl Step {
    /// Everybody it tells at an instant, in the order of its targets, each once.
    pub fn people(&self, who: Who<'_>, at: DateTime<Utc>) -> Vec<Person> {
        let mut people: Vec<Person> = Vec::new();
        for person in self.targets.iter().flat_map(|target| who.people(target, at)) {
            if !people.contains(&person) {
                people.push(person);
            }
        }
        people
    }
}
