//! What a term asks, and how it is written.

use std::fmt;

use chrono::TimeDelta;

use super::{
    pattern::Pattern,
    span::{Side, written},
    word::quoted,
};
use crate::domain::{
    incident::Kind,
    key::Numbering,
    priority::{Grade, Priority},
};

/// One term: all terms of a query must hold.
#[derive(Debug, Clone, PartialEq)]
pub struct Term {
    /// Turned round by `-` or `!`.
    pub is_negated: bool,
    /// What it asks; of several values one must hold.
    pub test: Test,
}

/// What a term asks.
#[derive(Debug, Clone, PartialEq)]
pub enum Test {
    /// A word, in lower case: stands in the title, the key, a label or an owner.
    Word(String),
    /// `is:`
    Is(Vec<State>),
    /// `priority:`
    Grade(Vec<Grade>),
    /// `kind:`
    Kind(Vec<Kind>),
    /// `key:`, `number:`
    Key(Vec<KeyIs>),
    /// A field that holds names.
    Named(NameField, Vec<Name>),
    /// `breach:`: the next breach of any clock.
    Breach(Vec<ClockIs>),
    /// `response:`
    Response(Vec<ClockIs>),
    /// `fix:`
    Fix(Vec<ClockIs>),
    /// `age:`: time since it was opened.
    Age(Side, TimeDelta),
    /// `updated:`: time since the source last saw it change.
    Updated(Side, TimeDelta),
    /// `comments:`; without a side, exactly so many.
    Comments(Option<Side>, u64),
}

/// A field whose values are names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NameField {
    /// `repo:`
    Repo,
    /// `owner:`, `assignee:`
    Owner,
    /// `author:`
    Author,
    /// `reviewer:`
    Reviewer,
    /// `label:`
    Label,
    /// `milestone:`
    Milestone,
    /// `host:`
    Host,
    /// `source:`
    Source,
    /// `rule:`
    Rule,
}

/// A value of a field of names.
#[derive(Debug, Clone, PartialEq)]
pub enum Name {
    /// `@me`
    Me,
    /// `none`: there is no such name.
    Nothing,
    /// A name.
    Fits(Pattern),
}

/// What `is:` asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Not closed. What a query means that says neither this nor `closed`.
    Open,
    /// Closed.
    Closed,
    /// A clock is over.
    Over,
    /// A clock is at risk and none is over.
    Risk,
    /// A clock is held.
    Paused,
    /// Without a priority.
    Untriaged,
    /// Taken on.
    Acked,
    /// Assigned to me, or taken on by me.
    Mine,
    /// Out of sight until later. A query that does not say this shows none of them.
    Snoozed,
    /// A change to it waits to be delivered.
    Pending,
    /// A pull request.
    PullRequest,
    /// An issue.
    Issue,
    /// A security alert.
    Alert,
    /// A pull request not yet meant for review.
    Draft,
    /// A pull request whose review is asked for or missing.
    WaitingForReview,
    /// Nobody of the team has acted on it yet, as far as is known.
    Unanswered,
}

/// A value of `breach:`, `response:` or `fix:`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClockIs {
    /// This much is left until it breaks; what is over has less than nothing left.
    Left(Side, TimeDelta),
    /// In time or at risk.
    Running,
    /// At risk.
    Risk,
    /// Over.
    Over,
    /// Held.
    Paused,
    /// Stopped in time.
    Met,
    /// Stopped too late.
    Missed,
    /// Nothing is promised, or the clock has not begun or was called off.
    Nothing,
    /// The history that would tell was not read.
    Unknown,
}

/// A value of `key:`.
#[derive(Debug, Clone, PartialEq)]
pub struct KeyIs {
    /// The repository, full or short; nothing = any.
    pub repo: Option<Pattern>,
    /// What is numbered so.
    pub numbering: Numbering,
    /// The number.
    pub number: u64,
}

/// The words of `is:`, first the one that is printed.
pub(super) const STATES: &[(&str, State)] = &[
    ("open", State::Open),
    ("closed", State::Closed),
    ("over", State::Over),
    ("breached", State::Over),
    ("risk", State::Risk),
    ("at-risk", State::Risk),
    ("paused", State::Paused),
    ("untriaged", State::Untriaged),
    ("acked", State::Acked),
    ("mine", State::Mine),
    ("snoozed", State::Snoozed),
    ("pending", State::Pending),
    ("pr", State::PullRequest),
    ("pull-request", State::PullRequest),
    ("issue", State::Issue),
    ("alert", State::Alert),
    ("draft", State::Draft),
    ("waiting-for-review", State::WaitingForReview),
    ("unanswered", State::Unanswered),
];

/// The words of `kind:`.
pub(super) const KINDS: &[(&str, Kind)] = &[
    ("issue", Kind::Issue),
    ("pr", Kind::PullRequest),
    ("pull-request", Kind::PullRequest),
    ("pull_request", Kind::PullRequest),
    ("dependabot", Kind::Dependabot),
    ("code-scanning", Kind::CodeScanning),
    ("code_scanning", Kind::CodeScanning),
    ("advisory", Kind::Advisory),
    ("notification", Kind::Notification),
    ("inbox", Kind::Notification),
];

/// The words of `priority:`.
pub(super) const GRADES: &[(&str, Grade)] = &[
    ("p0", Grade::Set(Priority::P0)),
    ("p1", Grade::Set(Priority::P1)),
    ("p2", Grade::Set(Priority::P2)),
    ("p3", Grade::Set(Priority::P3)),
    ("none", Grade::Untriaged),
    ("0", Grade::Set(Priority::P0)),
    ("1", Grade::Set(Priority::P1)),
    ("2", Grade::Set(Priority::P2)),
    ("3", Grade::Set(Priority::P3)),
    ("untriaged", Grade::Untriaged),
    ("?", Grade::Untriaged),
    ("??", Grade::Untriaged),
];

/// The words of `breach:`, `response:` and `fix:`.
pub(super) const CLOCKS: &[(&str, ClockIs)] = &[
    ("running", ClockIs::Running),
    ("risk", ClockIs::Risk),
    ("at-risk", ClockIs::Risk),
    ("over", ClockIs::Over),
    ("breached", ClockIs::Over),
    ("paused", ClockIs::Paused),
    ("met", ClockIs::Met),
    ("missed", ClockIs::Missed),
    ("none", ClockIs::Nothing),
    ("unknown", ClockIs::Unknown),
];

impl NameField {
    /// As it is written.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Repo => "repo",
            Self::Owner => "owner",
            Self::Author => "author",
            Self::Reviewer => "reviewer",
            Self::Label => "label",
            Self::Milestone => "milestone",
            Self::Host => "host",
            Self::Source => "source",
            Self::Rule => "rule",
        }
    }

    /// Whether its names are people's, so that one of them can be me.
    pub(super) fn is_of_people(self) -> bool {
        matches!(self, Self::Owner | Self::Author | Self::Reviewer)
    }
}

impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_negated {
            f.write_str("-")?;
        }
        match &self.test {
            Test::Word(word) if is_bare(word) => f.write_str(word),
            Test::Word(word) => f.write_str(&quoted(word)),
            Test::Is(states) => list(f, "is", states, |state| word_of(STATES, *state)),
            Test::Grade(grades) => list(f, "priority", grades, |grade| word_of(GRADES, *grade)),
            Test::Kind(kinds) => list(f, "kind", kinds, |kind| word_of(KINDS, *kind)),
            Test::Key(keys) => list(f, "key", keys, ToString::to_string),
            Test::Named(field, names) => list(f, field.word(), names, ToString::to_string),
            Test::Breach(clocks) => list(f, "breach", clocks, ToString::to_string),
            Test::Response(clocks) => list(f, "response", clocks, ToString::to_string),
            Test::Fix(clocks) => list(f, "fix", clocks, ToString::to_string),
            Test::Age(side, length) => write!(f, "age:{side}{}", written(*length)),
            Test::Updated(side, length) => write!(f, "updated:{side}{}", written(*length)),
            Test::Comments(side, n) => {
                write!(f, "comments:{}{n}", side.map(|side| side.to_string()).unwrap_or_default())
            }
        }
    }
}

/// Whether a word is read back as it is without quotes.
fn is_bare(word: &str) -> bool {
    !word.is_empty()
        && !word.starts_with(['-', '!'])
        && !word.contains(|c: char| c.is_whitespace() || matches!(c, '"' | ':'))
}

fn list<T>(f: &mut fmt::Formatter<'_>, field: &str, values: &[T], word: impl Fn(&T) -> String) -> fmt::Result {
    write!(f, "{field}:{}", values.iter().map(word).collect::<Vec<_>>().join(","))
}

fn word_of<T: Copy + PartialEq>(words: &[(&str, T)], meaning: T) -> String {
    let found = words.iter().find(|(_, known)| *known == meaning);
    found.map(|(word, _)| (*word).to_owned()).unwrap_or_default()
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Me => f.write_str("@me"),
            Self::Nothing => f.write_str("none"),
            Self::Fits(pattern) => pattern.fmt(f),
        }
    }
}

impl fmt::Display for ClockIs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Left(side, length) => write!(f, "{side}{}", written(*length)),
            word => f.write_str(&word_of(CLOCKS, *word)),
        }
    }
}

impl fmt::Display for KeyIs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = crate::domain::key::IncidentKey {
            repo: crate::domain::key::Repo::new(""),
            number: self.number,
            numbering: self.numbering,
        };
        match &self.repo {
            Some(repo) => write!(f, "{repo}#{}", key.name()),
            None => f.write_str(&key.name()),
        }
    }
}
