//! The language in which a part of the queue is asked for: `is:open priority:P0,P1 repo:acme/* owner:@me -label:y text`.
//!
//! Terms stand between blanks and all must hold; `-` or `!` turns one round; of values with a comma between them one must
//! hold. Reading never fails, for somebody may be typing: what could not be read is told with its column
//! ([`Query::faults`]), and settings and commands insist on there being none ([`Query::strict`]).

mod alarm;
mod holds;
mod order;
mod pattern;
mod read;
mod section;
mod span;
mod term;
mod word;

use std::fmt;

use chrono::{DateTime, TimeDelta, Utc};

pub use self::{
    holds::{Me, Seen},
    order::{By, Group, Sort},
    section::{Section, usual},
};
use self::{
    read::FIELDS,
    term::{ClockIs, Name, NameField, State, Term, Test},
};
use crate::text::Text;

/// A query, read once.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Query {
    terms: Vec<Term>,
    sort: Option<Sort>,
    group: Option<Group>,
    faults: Vec<Fault>,
    /// Whether it says `open` or `closed`; otherwise it means what is open.
    says_open: bool,
    /// Whether it says `snoozed`; otherwise it means what is in sight.
    says_snoozed: bool,
}

/// Something in a query that could not be read, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The first column of the term, from 0, in characters.
    pub from: usize,
    /// The column behind it.
    pub to: usize,
    /// What is wrong, a sentence without its period.
    pub what: Text,
    /// What to write instead.
    pub hint: Text,
    /// Whether more typing may put it right: no fault while somebody types.
    pub is_unfinished: bool,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "column {}: {} ({})", self.from.saturating_add(1), self.what, self.hint)
    }
}

impl Query {
    /// Reads what was typed. Never fails: a field that is not known is taken as text, a value that is not is left out,
    /// and [`Query::faults`] tells of both.
    pub fn read(typed: &str) -> Self {
        read::read(typed)
    }

    /// Reads a query that is written down: in settings or on a command line.
    ///
    /// # Errors
    /// Everything in it that could not be read; never empty.
    pub fn strict(written: &str) -> Result<Self, Vec<Fault>> {
        let query = Self::read(written);
        if query.faults.is_empty() { Ok(query) } else { Err(query.faults) }
    }

    /// What could not be read, in the order of columns.
    pub fn faults(&self) -> &[Fault] {
        &self.faults
    }

    /// The order it asks for.
    pub fn sort(&self) -> Option<Sort> {
        self.sort
    }

    /// The headings it asks for.
    pub fn group(&self) -> Option<Group> {
        self.group
    }

    /// Whether it lets through everything that is open and in sight.
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// Whether something that is closed can pass.
    pub fn says_open(&self) -> bool {
        self.says_open
    }

    /// Whether something that is out of sight can pass.
    pub fn says_snoozed(&self) -> bool {
        self.says_snoozed
    }

    /// The same for everything there is: what is closed and what is out of sight among it.
    #[must_use]
    pub fn of_all(mut self) -> Self {
        (self.says_open, self.says_snoozed) = (true, true);
        self
    }

    /// Whether it asks how something stands at the moment: a clock, an age, who has it. Of another moment it says nothing.
    pub fn is_of_the_moment(&self) -> bool {
        self.terms.iter().any(|term| match &term.test {
            Test::Age(..) | Test::Updated(..) | Test::Breach(_) | Test::Response(_) | Test::Fix(_) => true,
            Test::Is(states) => {
                states.iter().any(|state| !matches!(state, State::PullRequest | State::Issue | State::Alert))
            }
            Test::Comments(..) => true,
            Test::Named(field, _) => matches!(field, NameField::Owner | NameField::Reviewer),
            Test::Word(_) | Test::Grade(_) | Test::Kind(_) | Test::Key(_) => false,
        })
    }

    /// Whether it asks for the person who looks.
    pub fn says_me(&self) -> bool {
        let is_me = |test: &Test| match test {
            Test::Is(states) => states.contains(&State::Mine),
            Test::Named(_, names) => names.contains(&Name::Me),
            _ => false,
        };
        self.terms.iter().any(|term| is_me(&term.test))
    }

    /// Forgets the headings it asks for.
    pub fn ungroup(&mut self) {
        self.group = None;
    }

    /// Whether the answer changes as time goes by, though nothing happens.
    pub fn is_timed(&self) -> bool {
        let is_left = |clocks: &[ClockIs]| clocks.iter().any(|clock| matches!(clock, ClockIs::Left(..)));
        self.terms.iter().any(|term| match &term.test {
            Test::Age(..) | Test::Updated(..) => true,
            Test::Breach(clocks) | Test::Response(clocks) | Test::Fix(clocks) => is_left(clocks),
            _ => false,
        })
    }

    /// Whether the answer depends on what waits to be delivered.
    pub fn says_pending(&self) -> bool {
        self.says(&[State::Pending])
    }

    /// Both at once: what passes one and the other. The second one's order and headings go before the first one's.
    pub fn and(&self, other: &Self) -> Self {
        let mut both = self.clone();
        both.terms.extend(other.terms.iter().cloned());
        both.faults.extend(other.faults.iter().cloned());
        both.sort = other.sort.or(self.sort);
        both.group = other.group.or(self.group);
        both.note_states();
        both
    }

    /// Whether an incident passes at `now`.
    pub fn passes(&self, seen: &Seen<'_>, me: &Me, now: DateTime<Utc>) -> bool {
        (self.says_open || seen.incident.is_open())
            && (self.says_snoozed || !seen.is_snoozed(now))
            && self.terms.iter().all(|term| seen.holds(&term.test, me, now) != term.is_negated)
    }

    fn note_states(&mut self) {
        (self.says_open, self.says_snoozed) = (self.says(&[State::Open, State::Closed]), self.says(&[State::Snoozed]));
    }

    fn says(&self, wanted: &[State]) -> bool {
        let is_wanted = |states: &[State]| states.iter().any(|state| wanted.contains(state));
        self.terms.iter().any(|term| matches!(&term.test, Test::Is(states) if is_wanted(states)))
    }
}

impl fmt::Display for Query {
    /// As it is read back: `Query::read(&query.to_string())` asks the same.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let terms = self.terms.iter().map(ToString::to_string);
        let sort = self.sort.map(|sort| format!("sort:{sort}"));
        let group = self.group.map(|group| format!("group:{group}"));
        let all: Vec<String> = terms.chain(sort).chain(group).collect();
        f.write_str(&all.join(" "))
    }
}

/// Reads a length of time: `90s`, `2h`, `3d`, `1w`, `1d12h`; nothing where it is none.
pub fn length(written: &str) -> Option<TimeDelta> {
    span::length(written)
}

/// The fields there are, each once, in the order of their use.
pub fn fields() -> impl Iterator<Item = &'static str> {
    let mut known = Vec::new();
    FIELDS.iter().filter_map(move |(name, field)| {
        let is_new = !known.contains(field);
        known.push(*field);
        is_new.then_some(*name)
    })
}

/// The words that `is:` knows, each once.
pub fn states() -> impl Iterator<Item = &'static str> {
    let mut known = Vec::new();
    term::STATES.iter().filter_map(move |(word, state)| {
        let is_new = !known.contains(state);
        known.push(*state);
        is_new.then_some(*word)
    })
}

#[cfg(test)]
mod tests;
