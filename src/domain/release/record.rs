//! The record beside a plan: who did what and when, for all that has no box in the file. Only ever appended to.
//!
//! [`mod@line`] has the format.

pub mod line;

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};

use super::plan::StepId;
use crate::{
    domain::time::{plus, rfc3339},
    text::Text,
};

/// One entry: a line of the record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// When it was written, to the second.
    pub at: DateTime<Utc>,
    /// Who: a login.
    pub by: Text,
    /// What was done.
    pub deed: Deed,
    /// The commit it was said of; nothing = none was named.
    pub commit: Option<Text>,
    /// Why; blank = nothing was said.
    pub reason: Text,
}

/// What an entry says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Deed {
    /// A step without a box is done, or is not any more.
    Tick {
        /// The step.
        step: StepId,
        /// Its text at that time, for readers.
        text: Text,
        /// Whether it is done.
        is_done: bool,
    },
    /// A role's word on the release.
    SignOff {
        /// The role.
        role: Text,
        /// What it says.
        say: Say,
    },
    /// Something that fails is passed over: a CI job, by name.
    Waiver {
        /// What is waived.
        what: Text,
    },
    /// Somebody decided; the reason says why.
    Decision {
        /// What was decided.
        what: Decided,
    },
    /// An announcement went out.
    Announced {
        /// The step that asks for it, or a free name.
        what: Text,
    },
    /// A freeze does not hold for this release.
    FreezeException {
        /// The freeze's name.
        freeze: Text,
    },
}

/// What a role says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Say {
    /// Go, for the commit named.
    Go,
    /// No: a veto, until the same person says otherwise.
    Veto,
    /// What this person said before does not count any more.
    Withdrawn,
}

/// What was decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decided {
    /// It goes out.
    Go,
    /// It does not.
    NoGo,
    /// It is taken back.
    RollBack,
    /// It stays, though a roll-back was recommended.
    Stay,
    /// Something else, in a word or a few.
    Other(Text),
}

/// A line of the record that could not be read. It counts for nothing, and everybody is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unread {
    /// The line, from 1.
    pub line: usize,
    /// Why not, in words.
    pub why: Text,
}

/// What stands in a record.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Record {
    /// The entries: by time, those of the same second as they stand in the file.
    entries: Vec<Entry>,
    /// Lines that could not be read.
    unread: Vec<Unread>,
    /// Where in `entries` the last tick of a step stands, of those that count.
    ticks: HashMap<StepId, usize>,
    /// How many of the entries count, from the oldest: see [`Record::count_until`].
    n_counted: usize,
}

impl Entry {
    /// Whether a line of it could be read back: nothing that must be named is blank.
    pub fn is_whole(&self) -> bool {
        line::read(line::write(self).as_bytes()).entries().len() == 1
    }

    /// Why it does not count, where it is one of [`Record::ahead`].
    pub fn why_ahead(&self) -> String {
        let Self { by, deed, at, .. } = self;
        let what = format!("{}, by {by}, is of {}", deed.words(), rfc3339(*at));
        format!("{what}, later than now: it does not count; is a clock wrong?")
    }

    /// Whether two entries say the same, to the second that a line keeps.
    pub fn is_same(&self, other: &Self) -> bool {
        let said = |entry: &Self| line::write(entry);
        said(self) == said(other)
    }
}

impl Deed {
    /// Whether it counts only with a reason: what stops a release or lets something by, for the command line and the console.
    pub fn needs_reason(&self) -> bool {
        match self {
            Self::SignOff { say, .. } => *say == Say::Veto,
            Self::Decision { what } => matches!(what, Decided::NoGo | Decided::RollBack | Decided::Stay),
            Self::Waiver { .. } | Self::FreezeException { .. } => true,
            Self::Tick { .. } | Self::Announced { .. } => false,
        }
    }

    /// In words, for whoever did it: `qa: go`, `waived: lint`.
    pub fn words(&self) -> String {
        match self {
            Self::Tick { text, is_done: true, .. } => format!("{text}: done"),
            Self::Tick { text, is_done: false, .. } => format!("{text}: open again"),
            Self::SignOff { role, say } => format!("{role}: {}", say.word()),
            Self::Waiver { what } => format!("waived: {what}"),
            Self::Decision { what } => format!("decided: {}", what.word()),
            Self::Announced { what } => format!("announced: {what}"),
            Self::FreezeException { freeze } => format!("exception from the freeze {freeze}"),
        }
    }
}

impl Record {
    /// A record of these entries, in file order.
    pub fn new(mut entries: Vec<Entry>, unread: Vec<Unread>) -> Self {
        // Two branches that were merged may stand one below the other: the time decides.
        entries.sort_by_key(|entry| entry.at);
        let (ticks, n_counted) = (ticks_of(&entries), entries.len());
        Self { entries, unread, ticks, n_counted }
    }

    /// Lets count what is of this instant or before, and as far ahead of it as clocks differ: the rest is of a time that is
    /// still to come, by a wrong clock or a date that was typed. Whether that are others than before.
    pub fn count_until(&mut self, now: DateTime<Utc>) -> bool {
        let latest = plus(now, TOLERANCE);
        let n = self.entries.partition_point(|entry| entry.at <= latest);
        if n == self.n_counted {
            return false;
        }
        self.n_counted = n;
        self.ticks = ticks_of(self.entries());
        true
    }

    /// The record as it was at an instant, by its stamps: what was entered later is left out.
    pub fn until(self, at: DateTime<Utc>) -> Self {
        let entries = self.entries.into_iter().filter(|entry| entry.at <= at).collect();
        Self::new(entries, self.unread)
    }

    /// The entries that count, the oldest first.
    pub fn entries(&self) -> &[Entry] {
        self.entries.get(..self.n_counted).unwrap_or(&self.entries)
    }

    /// The entries of a time that is still to come. They count for nothing, and everybody is told.
    pub fn ahead(&self) -> &[Entry] {
        self.entries.get(self.n_counted..).unwrap_or_default()
    }

    /// Lines that could not be read, in file order.
    pub fn unread(&self) -> &[Unread] {
        &self.unread
    }

    /// The last that was said of a step without a box.
    pub fn tick(&self, step: &StepId) -> Option<&Entry> {
        self.entries.get(*self.ticks.get(step)?)
    }

    /// Whether the last that was said of a step is that it is done.
    pub fn is_done(&self, step: &StepId) -> bool {
        self.tick(step).is_some_and(|entry| matches!(entry.deed, Deed::Tick { is_done: true, .. }))
    }

    /// What each person last said for a role, the oldest first; what was withdrawn is left out.
    pub fn says(&self, role: &str) -> Vec<(&Entry, Say)> {
        says_of(self.entries(), role, |_| true)
    }

    /// As [`Record::says`], where a veto is lifted only by what was said of a commit that `lifts` holds for: a word on another
    /// one lifts nothing.
    pub fn says_for(&self, role: &str, lifts: impl Fn(Option<&Text>) -> bool) -> Vec<(&Entry, Say)> {
        says_of(self.entries(), role, lifts)
    }

    /// The last decision.
    pub fn decision(&self) -> Option<(&Entry, &Decided)> {
        self.entries().iter().rev().find_map(|entry| match &entry.deed {
            Deed::Decision { what } => Some((entry, what)),
            _ => None,
        })
    }

    /// When something was announced, and by whom: the last time.
    pub fn announced(&self, wanted: &str) -> Option<&Entry> {
        self.entries()
            .iter()
            .rev()
            .find(|entry| matches!(&entry.deed, Deed::Announced { what } if same(what.as_str(), wanted)))
    }
}

fn ticks_of(entries: &[Entry]) -> HashMap<StepId, usize> {
    let tick = |(nth, entry): (usize, &Entry)| match &entry.deed {
        Deed::Tick { step, .. } => Some((step.clone(), nth)),
        _ => None,
    };
    entries.iter().enumerate().filter_map(tick).collect()
}

/// Clocks of two machines differ by no more than this.
pub const TOLERANCE: TimeDelta = TimeDelta::minutes(5);

fn says_of<'a>(entries: &'a [Entry], role: &str, lifts: impl Fn(Option<&Text>) -> bool) -> Vec<(&'a Entry, Say)> {
    let mut last: Vec<(&Entry, Say)> = Vec::new();
    for entry in entries {
        let Deed::SignOff { role: of, say } = &entry.deed else { continue };
        if !same(of.as_str(), role) {
            continue;
        }
        let is_vetoed =
            last.iter().any(|(earlier, say)| *say == Say::Veto && same(earlier.by.as_str(), entry.by.as_str()));
        if is_vetoed && *say != Say::Veto && !lifts(entry.commit.as_ref()) {
            continue;
        }
        last.retain(|(earlier, _)| !same(earlier.by.as_str(), entry.by.as_str()));
        if *say != Say::Withdrawn {
            last.push((entry, *say));
        }
    }
    last
}

/// Logins and names of roles are compared without regard to case, as hosts do.
pub(super) fn same(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other) || one.to_lowercase() == other.to_lowercase()
}
