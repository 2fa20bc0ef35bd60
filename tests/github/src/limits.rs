//! The API's limits: primary windows of an hour, secondary ones of a minute.

use std::collections::VecDeque;

use chrono::{DateTime, TimeDelta, Utc};

/// A primary window.
#[derive(Debug, Clone, Default)]
pub struct Window {
    /// When the next one opens.
    pub reset: Option<DateTime<Utc>>,
    /// Used in this one.
    pub used: u64,
}

impl Window {
    /// Opens the next window where this one is over.
    pub fn turn(&mut self, now: DateTime<Utc>) {
        if self.reset.is_none_or(|reset| reset <= now) {
            (self.reset, self.used) = (Some(now + TimeDelta::hours(1)), 0);
        }
    }

    /// Seconds since 1970 at which the next window opens.
    pub fn reset_stamp(&self) -> i64 {
        self.reset.map_or(0, |at| at.timestamp())
    }
}

/// What was used lately.
#[derive(Debug, Clone, Default)]
pub struct Limits {
    /// REST.
    pub core: Window,
    /// GraphQL.
    pub graphql: Window,
    /// REST search, a window of a minute.
    pub search: VecDeque<DateTime<Utc>>,
    rest_points: VecDeque<(DateTime<Utc>, u64)>,
    graphql_points: VecDeque<(DateTime<Utc>, u64)>,
    contents: VecDeque<DateTime<Utc>>,
}

impl Limits {
    /// Counts a REST request of so many points; whether a secondary limit is overstepped by it.
    pub fn rest(&mut self, points: u64, makes_content: bool, now: DateTime<Utc>) -> bool {
        self.rest_points.push_back((now, points));
        if makes_content {
            self.contents.push_back(now);
        }
        while self.contents.front().is_some_and(|at| *at + TimeDelta::hours(1) <= now) {
            self.contents.pop_front();
        }
        let lately = self.contents.iter().filter(|at| **at + TimeDelta::minutes(1) > now).count();
        sum(&mut self.rest_points, now) > 900 || lately > 80 || self.contents.len() > 500
    }

    /// Counts a GraphQL request of so many points; whether a secondary limit is overstepped by it.
    pub fn graphql(&mut self, points: u64, now: DateTime<Utc>) -> bool {
        self.graphql_points.push_back((now, points));
        sum(&mut self.graphql_points, now) > 2_000
    }

    /// Counts a search; whether there were more than thirty in a minute.
    pub fn search(&mut self, now: DateTime<Utc>) -> bool {
        self.search.push_back(now);
        while self.search.front().is_some_and(|at| *at + TimeDelta::minutes(1) <= now) {
            self.search.pop_front();
        }
        self.search.len() > 30
    }
}

fn sum(window: &mut VecDeque<(DateTime<Utc>, u64)>, now: DateTime<Utc>) -> u64 {
    while window.front().is_some_and(|(at, _)| *at + TimeDelta::minutes(1) <= now) {
        window.pop_front();
    }
    window.iter().map(|(_, points)| points).sum()
}
