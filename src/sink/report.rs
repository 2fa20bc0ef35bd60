//! What a report of statistics shows: figures of the domain, and where they come from. Sinks write it.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use crate::{
    domain::{
        incident::Repo,
        stats::{
            cases::{By, Row},
            delta::Changes,
            items::{Group, Item},
            outage::Service,
            ticket,
            times::Times,
        },
        trouble::Skipped,
        zone::Zone,
    },
    text::Text,
};

/// Records that were left out.
#[derive(Debug, Clone, Default)]
pub struct Left {
    /// How many.
    pub n: usize,
    /// Those that are named.
    pub named: Vec<Skipped>,
}

/// Issues and pull requests.
#[derive(Debug)]
pub struct Items {
    /// The repositories they are of.
    pub repositories: Vec<Repo>,
    /// As of when.
    pub as_of: DateTime<Utc>,
    /// Where that is from.
    pub as_of_from: &'static str,
    /// In which form they were read.
    pub format: &'static str,
    /// Whose months are counted.
    pub zone: Zone,
    /// Which hours the business figures count.
    pub hours: String,
    /// Each of them.
    pub items: Vec<Item>,
    /// The issues among them.
    pub issues: Group,
    /// The pull requests among them.
    pub pulls: Group,
    /// All of them.
    pub all: Group,
    /// Whether first closes and reopenings are known.
    pub knows_turns: bool,
    /// Whether acts beside comments are known.
    pub knows_acts: bool,
    /// Time to acknowledge, to resolve, to detect.
    pub times: Times,
    /// The same by group.
    pub by: Vec<(By, Vec<Row>)>,
    /// What was left out.
    pub left: Left,
}

/// Tickets of a log.
#[derive(Debug)]
pub struct Tickets {
    /// Lines of the log.
    pub rows: usize,
    /// Tickets.
    pub n: usize,
    /// As of when.
    pub as_of: DateTime<Utc>,
    /// Where that is from.
    pub as_of_from: &'static str,
    /// Whose wall clock the times are of.
    pub zone: Zone,
    /// Moments before the opening: until taken on, until resolved, until closed.
    pub before_opening: [usize; 3],
    /// All of them.
    pub all: ticket::Group,
    /// By priority as written.
    pub by_priority: BTreeMap<Text, ticket::Group>,
    /// By calendar month.
    pub monthly: BTreeMap<String, ticket::Month>,
    /// Time to acknowledge, to resolve.
    pub times: Times,
    /// The same by group.
    pub by: Vec<(By, Vec<Row>)>,
    /// What was left out.
    pub left: Left,
}

/// Services that were checked.
#[derive(Debug)]
pub struct Uptime {
    /// The last check of the file.
    pub as_of: Option<DateTime<Utc>>,
    /// By name.
    pub services: BTreeMap<Text, Service>,
    /// What was left out.
    pub left: Left,
}

/// What changed between two looks.
#[derive(Debug)]
pub struct Deltas {
    /// The repositories.
    pub repositories: Vec<Repo>,
    /// When the earlier look was taken, where that is known.
    pub old: Option<DateTime<Utc>>,
    /// When the later one was.
    pub new: Option<DateTime<Utc>>,
    /// Among the issues.
    pub issues: Changes,
    /// Among the pull requests.
    pub pulls: Changes,
    /// What was left out of either.
    pub left: Left,
}
