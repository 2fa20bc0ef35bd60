//! Rules: what is judged, how often, and what is said of it.

use std::fmt;

use chrono::TimeDelta;

use crate::{
    domain::{alert::template::Template, expr::Expr},
    text::Text,
};

/// What an alert does while there is nothing to judge it by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum NoData {
    /// It stays as it is, and becomes an alert about missing data after `no_data_hold` (R39).
    #[default]
    Hold,
    /// The same, and a rule that never had data alerts after `no_data_hold` too.
    Alert,
    /// Missing is as good as kept: Prometheus' own way.
    Ok,
}

/// An alert rule.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// Its name; alerts carry it as `alertname`.
    pub name: Text,
    /// Rules of a group are evaluated together, in their order.
    pub group: Text,
    /// Where it was written, for people: `rules/db.yml:12`.
    pub origin: Text,
    /// What is broken where it comes to anything.
    pub expr: Expr,
    /// How often it is evaluated.
    pub every: TimeDelta,
    /// For how long it must be broken before it fires.
    pub hold: TimeDelta,
    /// How long it keeps firing after the first evaluation that finds it kept.
    pub keep_firing: TimeDelta,
    /// What it does without data.
    pub no_data: NoData,
    /// For how long a firing alert may be blind before it becomes one about missing data.
    pub no_data_hold: TimeDelta,
    /// Labels every alert of it has, over those of the value.
    pub labels: Vec<(Text, Template)>,
    /// What is said of its alerts.
    pub annotations: Vec<(Text, Template)>,
}

/// A rule that keeps what an expression comes to as a series of its own.
#[derive(Debug, Clone, PartialEq)]
pub struct Recording {
    /// The name of the series.
    pub name: Text,
    /// Rules of a group are evaluated together, in their order.
    pub group: Text,
    /// Where it was written, for people.
    pub origin: Text,
    /// What is kept.
    pub expr: Expr,
    /// How often it is evaluated.
    pub every: TimeDelta,
    /// Labels its series have, over those of the value.
    pub labels: Vec<(Text, Text)>,
}

/// One or the other.
#[derive(Debug, Clone, PartialEq)]
pub enum AnyRule {
    /// It alerts.
    Alert(Box<Rule>),
    /// It records.
    Record(Box<Recording>),
}

impl AnyRule {
    /// Its name.
    pub fn name(&self) -> &Text {
        match self {
            Self::Alert(rule) => &rule.name,
            Self::Record(rule) => &rule.name,
        }
    }

    /// Its group.
    pub fn group(&self) -> &Text {
        match self {
            Self::Alert(rule) => &rule.group,
            Self::Record(rule) => &rule.group,
        }
    }

    /// What it evaluates.
    pub fn expr(&self) -> &Expr {
        match self {
            Self::Alert(rule) => &rule.expr,
            Self::Record(rule) => &rule.expr,
        }
    }

    /// How often.
    pub fn every(&self) -> TimeDelta {
        match self {
            Self::Alert(rule) => rule.every,
            Self::Record(rule) => rule.every,
        }
    }

    /// Where it was written.
    pub fn origin(&self) -> &Text {
        match self {
            Self::Alert(rule) => &rule.origin,
            Self::Record(rule) => &rule.origin,
        }
    }
}

/// How often a rule is evaluated where nobody says.
pub const EVERY: TimeDelta = TimeDelta::seconds(15);

/// For how long a firing alert may be blind where nobody says (R39).
pub const NO_DATA_HOLD: TimeDelta = TimeDelta::minutes(10);

impl fmt::Display for NoData {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Hold => "hold",
            Self::Alert => "alert",
            Self::Ok => "ok",
        })
    }
}
