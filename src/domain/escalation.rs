//! Who is told when nobody acknowledges (SEMANTICS section 2, R13–R18).

use chrono::TimeDelta;

use crate::{
    domain::{priority::Priority, rota::Person},
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
