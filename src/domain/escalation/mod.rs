//! Who is told when nobody acknowledges (SEMANTICS section 2, R13–R18).
//!
//! The types are here. [`engine`] is the state machine, [`events`] reads an incident's history as its events, and
//! [`ladder`] lays out what was due, what is due next, and whom it would tell.

pub mod engine;
pub mod events;
pub mod ladder;
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

/// Says whom a target means at an instant; nobody = an empty list.
pub type Who<'a> = &'a dyn Fn(&Target, DateTime<Utc>) -> Vec<Person>;

/// Whom a target means at an instant, by the rota as it stands (R16). A seat that the roster does not know has nobody.
pub fn people_of(roster: &Roster, target: &Target, at: DateTime<Utc>) -> Vec<Person> {
    match target {
        Target::Person(person) => vec![person.clone()],
        Target::Seat(name) => {
            let seat = roster.schedules.iter().find(|schedule| schedule.name == *name);
            seat.map(|schedule| schedule.on_call(at)).unwrap_or_default()
        }
    }
}

/// The policy that judges a grade: the first that names its priority. Nothing = it does not escalate (R18).
pub fn policy_for(policies: &[Policy], grade: Grade) -> Option<&Policy> {
    match grade {
        Grade::Set(priority) => policies.iter().find(|policy| policy.priorities.contains(&priority)),
        Grade::Untriaged => None,
    }
}

impl Step {
    /// Everybody it tells at an instant, in the order of its targets, each once.
    pub fn people(&self, who: Who<'_>, at: DateTime<Utc>) -> Vec<Person> {
        let mut people: Vec<Person> = Vec::new();
        for person in self.targets.iter().flat_map(|target| who(target, at)) {
            if !people.contains(&person) {
                people.push(person);
            }
        }
        people
    }
}
