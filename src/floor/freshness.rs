//! Sources: when each was last heard, what trouble it is in, when to ask again.

use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    domain::{
        time::{between, plus},
        trouble::{Skipped, Trouble},
    },
    floor::fact::{Quota, Reach, SourceId},
    text::{Text, counted},
};

/// The name of the source that the rule files are.
pub const RULES: &str = "rules";

/// What a source feeds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Feed {
    /// Incidents from a live host.
    Host,
    /// Incidents from a file.
    History,
    /// The roster.
    Roster,
    /// The release checklists.
    Release,
    /// What is measured: metric files, and what other servers measure.
    Metrics,
    /// Alerts of other servers.
    Alerts,
    /// The record and the evidence of duties.
    Duties,
}

impl Feed {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::Host, Self::History, Self::Roster, Self::Release, Self::Metrics, Self::Alerts, Self::Duties];
}

/// A source and how it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Source {
    /// Its name on screen.
    pub name: Text,
    /// What it feeds.
    pub feed: Feed,
    /// What people call the host that is asked; nothing where none is.
    pub host: Option<Text>,
    /// How often it is asked.
    pub every: TimeDelta,
    /// When what it told was true; nothing = it never answered.
    pub heard_at: Option<DateTime<Utc>>,
    /// What it told bears a date of its own (a backup): looking at the file again does not make it younger.
    pub is_dated: bool,
    /// What it last told comes from an earlier run's copy on disk.
    pub is_cached: bool,
    /// It was asked and has not answered.
    pub is_asked: bool,
    /// Once it was asked, whoever asks it knows by himself when to ask again.
    pub asks_itself: bool,
    /// This process has asked it: what an earlier one left on disk is no answer to that.
    pub is_begun: bool,
    /// The trouble it is in, since when, and why.
    pub trouble: Option<(Trouble, DateTime<Utc>, Text)>,
    /// Failures in a row; each doubles the wait, up to ten minutes.
    pub failures: u32,
    /// Ask no sooner than then.
    pub next_at: DateTime<Utc>,
    /// Records left out of its last answer.
    pub n_skipped: usize,
    /// Some of them, named.
    pub skipped: Vec<Skipped>,
    /// What is left of the host's budget.
    pub budget: Option<Quota>,
    /// How much of what is asked for it has told; nothing where it does not say.
    pub reach: Option<Reach>,
}

/// However often a source fails, it is asked again within this time.
const LONGEST_WAIT: TimeDelta = TimeDelta::minutes(10);

/// What a source's data is worth now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Worth {
    /// Nothing was ever heard, and it has been asked.
    Reading,
    /// Nothing was ever heard, and asking failed.
    Never,
    /// Heard within three rounds of asking.
    Fresh(TimeDelta),
    /// Older than that, or from disk, or in trouble.
    Stale(TimeDelta),
}

impl Source {
    /// A source that has never been asked.
    pub fn new(name: Text, feed: Feed, every: TimeDelta) -> Self {
        Self {
            name,
            feed,
            host: None,
            every,
            heard_at: None,
            is_dated: false,
            is_cached: false,
            is_asked: false,
            asks_itself: false,
            is_begun: false,
            trouble: None,
            failures: 0,
            next_at: DateTime::<Utc>::MIN_UTC,
            n_skipped: 0,
            skipped: Vec::new(),
            budget: None,
            reach: None,
        }
    }

    /// What was left out of its last answer: the records that are named, each with where it stood and why, and how many more.
    pub fn left_out(&self) -> Vec<String> {
        let named = self.skipped.iter().map(|skipped| format!("{}: {}: {}", self.name, skipped.at, skipped.why));
        let unnamed = self.n_skipped.saturating_sub(self.skipped.len());
        let more = || format!("{}: {} left out", self.name, counted(unnamed, "more record was", "more records were"));
        named.chain((0 < unnamed).then(more)).collect()
    }

    /// Whether what it told last is all there is: no trouble, nothing left out, nothing still being read.
    pub fn is_whole(&self) -> bool {
        self.trouble.is_none() && self.n_skipped == 0 && !matches!(self.reach, Some(Reach::Part { .. }))
    }

    /// What its data is worth.
    pub fn worth(&self, now: DateTime<Utc>) -> Worth {
        let Some(heard) = self.heard_at else {
            return if self.trouble.is_some() { Worth::Never } else { Worth::Reading };
        };
        let age = between(heard, now).max(TimeDelta::zero());
        if self.trouble.is_none() && self.is_heard_lately(now) { Worth::Fresh(age) } else { Worth::Stale(age) }
    }

    /// Whether it was heard within three of its rounds, a minute at least, whatever trouble it is in; what is out of a
    /// cache was not heard.
    pub fn is_heard_lately(&self, now: DateTime<Utc>) -> bool {
        let patience = self.every.checked_mul(3).unwrap_or(self.every).max(TimeDelta::minutes(1));
        !self.is_cached && self.heard_at.is_some_and(|heard| between(heard, now) <= patience)
    }

    /// Notes that it was asked.
    pub fn asked(&mut self, now: DateTime<Utc>) {
        (self.is_asked, self.is_begun) = (true, true);
        self.next_at = plus(now, self.every);
    }

    /// Notes an answer that was true at `as_of`.
    pub fn heard(&mut self, as_of: DateTime<Utc>, now: DateTime<Utc>) {
        self.heard_at = Some(as_of);
        self.is_cached = false;
        self.is_asked = false;
        self.trouble = None;
        self.failures = 0;
        self.next_at = plus(now, self.every);
    }

    /// Notes that nothing has changed since the last answer.
    pub fn unchanged(&mut self, now: DateTime<Utc>) {
        let as_of = self.heard_at.filter(|_| self.is_dated).unwrap_or(now);
        self.heard(as_of, now);
    }

    /// Notes a failure; waits longer after each, or as long as the host asked for.
    pub fn failed(&mut self, trouble: Trouble, why: Text, now: DateTime<Utc>) {
        self.is_asked = false;
        let since = match &self.trouble {
            Some((before, since, _)) if before.word() == trouble.word() => *since,
            Some(_) | None => now,
        };
        self.trouble = Some((trouble, since, why));
        // A host is spared; a file costs nothing to look at, and should be seen as soon as it is there.
        let doublings = if self.feed == Feed::Host { self.failures.min(10) } else { 0 };
        let factor = 1_i32.checked_shl(doublings).unwrap_or(1024);
        self.failures = self.failures.saturating_add(1);
        let wait = self.every.checked_mul(factor).unwrap_or(LONGEST_WAIT).min(LONGEST_WAIT.max(self.every));
        self.next_at = match trouble {
            Trouble::Limited { until } => plus(until, TimeDelta::seconds(1)).max(plus(now, TimeDelta::seconds(1))),
            Trouble::Away | Trouble::Refused | Trouble::Garbled => plus(now, wait),
        };
    }

    /// Whether it should be asked now.
    pub fn is_due(&self, now: DateTime<Utc>) -> bool {
        if self.asks_itself { !self.is_begun } else { !self.is_asked && self.next_at <= now }
    }
}

/// A source with its name for the life of the process.
pub fn numbered(sources: &[Source]) -> impl Iterator<Item = (SourceId, &Source)> {
    sources.iter().enumerate().map(|(i, s)| (SourceId(i), s))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::parse_rfc3339;

    fn at(written: &str) -> DateTime<Utc> {
        parse_rfc3339(written).unwrap()
    }

    #[test]
    fn a_host_of_which_something_is_remembered_is_asked_all_the_same() {
        let now = at("2026-11-20T09:00:00Z");
        let mut source = Source::new(Text::scrub("github"), Feed::Host, TimeDelta::minutes(1));
        source.asks_itself = true;
        source.heard(now, now);
        assert!(source.is_due(now));
        source.is_begun = true;
        assert!(!source.is_due(plus(now, TimeDelta::hours(1))));
    }

    #[test]
    fn failures_wait_longer_and_an_answer_forgives_them() {
        let now = at("2026-11-20T09:00:00Z");
        let mut source = Source::new(Text::scrub("github"), Feed::Host, TimeDelta::minutes(1));
        let mut waits = Vec::new();
        for _ in 0..6 {
            source.failed(Trouble::Away, Text::scrub("no answer"), now);
            waits.push(between(now, source.next_at).num_minutes());
        }
        assert_eq!(waits, [1, 2, 4, 8, 10, 10]);
        source.heard(now, now);
        assert_eq!((source.failures, source.trouble.clone(), source.is_due(now)), (0, None, false));
    }

    #[test]
    fn never_heard_and_stale_and_fresh_differ() {
        let now = at("2026-11-20T09:00:00Z");
        let mut source = Source::new(Text::scrub("github"), Feed::Host, TimeDelta::minutes(1));
        assert_eq!(source.worth(now), Worth::Reading);
        source.heard(now, now);
        assert_eq!(source.worth(plus(now, TimeDelta::minutes(3))), Worth::Fresh(TimeDelta::minutes(3)));
        assert_eq!(source.worth(plus(now, TimeDelta::minutes(4))), Worth::Stale(TimeDelta::minutes(4)));
        source.failed(Trouble::Refused, Text::scrub("token rejected"), now);
        assert_eq!(source.worth(now), Worth::Stale(TimeDelta::zero()));
    }

    #[test]
    fn who_asks_by_himself_is_begun_once_whatever_an_earlier_run_left() {
        let now = at("2026-11-20T09:00:00Z");
        let mut source = Source::new(Text::scrub("github"), Feed::Host, TimeDelta::minutes(1));
        source.asks_itself = true;
        source.heard(at("2026-11-20T08:59:50Z"), now);
        assert!(source.is_due(now));
        source.asked(now);
        source.heard(now, now);
        assert!(!source.is_due(plus(now, TimeDelta::hours(1))));
    }

    #[test]
    fn a_limit_is_waited_for() {
        let now = at("2026-11-20T09:00:00Z");
        let mut source = Source::new(Text::scrub("github"), Feed::Host, TimeDelta::minutes(1));
        source.failed(Trouble::Limited { until: at("2026-11-20T09:40:00Z") }, Text::scrub("limit"), now);
        assert!(!source.is_due(at("2026-11-20T09:40:00Z")) && source.is_due(at("2026-11-20T09:40:01Z")));
    }
}
