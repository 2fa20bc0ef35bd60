//! Parts of the queue with a name.

use super::{Group, Query, Sort};
use crate::text::Text;

/// A part of the queue with a name: what a query finds, in an order and under headings of its own.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Section {
    /// Its name.
    pub name: Text,
    /// What it holds.
    pub query: Query,
    /// What its rows are put together by; nothing = what the query says, or nothing at all.
    pub group: Option<Group>,
    /// What its rows are sorted by; nothing = what the query says, or next breach first.
    pub sort: Option<Sort>,
    /// It is shown only while it holds something.
    pub hides_empty: bool,
}

impl Section {
    /// A section with this name.
    pub fn new(name: &str, query: Query) -> Self {
        Self { name: Text::scrub(name), query, ..Self::default() }
    }

    /// Whether it holds everything that is open and in sight, in the queue's own order and without headings.
    pub fn is_the_queue(&self) -> bool {
        self.query.is_empty() && self.sorted() == Sort::USUAL && self.grouped().is_none()
    }

    /// What its rows are put together by.
    pub fn grouped(&self) -> Option<Group> {
        self.group.or(self.query.group())
    }

    /// What its rows are sorted by.
    pub fn sorted(&self) -> Sort {
        self.sort.or(self.query.sort()).unwrap_or(Sort::USUAL)
    }
}

/// The sections there are where the settings name none. All but the first four are shown only while they hold something.
const USUAL: &[(&str, &str)] = &[
    ("All", ""),
    ("Mine", "is:mine"),
    ("Pressing", "is:over,risk"),
    ("Untriaged", "is:untriaged"),
    ("Review", "is:waiting-for-review"),
    ("Alerts", "is:alert"),
    ("Inbox", "kind:notification"),
    ("Snoozed", "is:snoozed"),
];

/// The sections there are where the settings name none.
pub fn usual() -> Vec<Section> {
    let section = |(place, (name, query)): (usize, &(&str, &str))| Section {
        hides_empty: 4 <= place,
        ..Section::new(name, Query::read(query))
    };
    USUAL.iter().enumerate().map(section).collect()
}
