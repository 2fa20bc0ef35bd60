//! Outages and availability from checks of services.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::summary::{Summary, mean, seconds};
use crate::{domain::time::between, text::Text};

/// One check of one service.
#[derive(Debug, Clone, PartialEq)]
pub struct Check {
    /// When.
    pub at: DateTime<Utc>,
    /// Of what.
    pub service: Text,
    /// What it found.
    pub status: Status,
    /// How long the answer took, in milliseconds.
    pub response_ms: Option<f64>,
}

/// What a check found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// It answered.
    Up,
    /// It answered badly or late: that neither begins an outage nor ends one.
    Degraded,
    /// It did not answer.
    Down,
}

/// From the first check that found a service down to the next that found it up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outage {
    /// The first check that found it down.
    pub start: DateTime<Utc>,
    /// The next check that found it up; nothing while it is down.
    pub end: Option<DateTime<Utc>>,
}

/// One service over the time it was checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Service {
    /// Checks.
    pub checks: usize,
    /// Of those: found it down.
    pub down_checks: usize,
    /// Its outages in order.
    pub outages: Vec<Outage>,
    /// Seconds down, an outage that goes on up to the last check of the file.
    pub down_s: f64,
    /// Seconds from its first check to the last check of the file.
    pub window_s: f64,
    /// The share of the window in which it was up; nothing where the window has no length.
    pub availability: Option<f64>,
    /// Mean length of the outages that are over, in seconds.
    pub mttr_s: Option<f64>,
    /// Answer times of the checks that found it up, in milliseconds.
    pub response_ms: Summary,
}

/// All services, by name, and the last check of the file.
pub fn services(checks: Vec<Check>) -> (BTreeMap<Text, Service>, Option<DateTime<Utc>>) {
    let as_of = checks.iter().map(|check| check.at).max();
    let mut by_name: BTreeMap<Text, Vec<Check>> = BTreeMap::new();
    for check in checks {
        by_name.entry(check.service.clone()).or_default().push(check);
    }
    let Some(until) = as_of else { return (BTreeMap::new(), None) };
    let services = by_name.into_iter().map(|(name, mut checks)| {
        checks.sort_by_key(|check| check.at);
        (name, Service::of(&checks, until))
    });
    (services.collect(), as_of)
}

impl Outage {
    /// Its length in seconds; one that goes on is as long as it is known to be at `until`.
    pub fn seconds(&self, until: DateTime<Utc>) -> f64 {
        seconds(between(self.start, self.end.unwrap_or(until)))
    }
}

impl Service {
    /// The figures of its checks, in order of time, up to `until`.
    fn of(checks: &[Check], until: DateTime<Utc>) -> Self {
        let mut outages: Vec<Outage> = Vec::new();
        for check in checks {
            let open = outages.last_mut().filter(|outage| outage.end.is_none());
            match (open, check.status) {
                (Some(outage), Status::Up) => outage.end = Some(check.at),
                (None, Status::Down) => outages.push(Outage { start: check.at, end: None }),
                (Some(_), Status::Down) | (None, Status::Up) | (_, Status::Degraded) => {}
            }
        }
        let window_s = checks.first().map_or(0.0, |first| seconds(between(first.at, until)));
        let down_s: f64 = outages.iter().map(|outage| outage.seconds(until)).sum();
        let over: Vec<f64> = outages.iter().filter(|o| o.end.is_some()).map(|o| o.seconds(until)).collect();
        Self {
            checks: checks.len(),
            down_checks: checks.iter().filter(|check| check.status == Status::Down).count(),
            down_s,
            window_s,
            availability: (0.0 < window_s).then(|| 1.0 - down_s / window_s),
            mttr_s: mean(&over),
            response_ms: Summary::of_some(
                checks.iter().filter(|check| check.status == Status::Up).map(|check| check.response_ms),
            ),
            outages,
        }
    }

    /// Whether it was down at the last check.
    pub fn is_down(&self) -> bool {
        self.outages.last().is_some_and(|outage| outage.end.is_none())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(s: i64, service: &str, is_up: bool) -> Check {
        let at = DateTime::from_timestamp(s, 0).unwrap();
        let status = if is_up { Status::Up } else { Status::Down };
        Check { at, service: Text::scrub(service), status, response_ms: is_up.then_some(100.0) }
    }

    #[test]
    fn further_checks_inside_an_outage_start_no_other() {
        let checks = [check(300, "a", true), check(0, "a", true), check(100, "a", false), check(200, "a", false)];
        let more = [check(1_000, "b", true), check(900, "a", false)];
        let (services, as_of) = services(checks.into_iter().chain(more).collect());
        let a = &services[&Text::scrub("a")];
        assert_eq!((a.outages.len(), a.down_checks, a.down_s, a.window_s), (2, 3, 300.0, 1_000.0));
        assert_eq!((a.mttr_s, a.is_down(), a.availability), (Some(200.0), true, Some(0.7)));
        assert_eq!(as_of.map(|at| at.timestamp()), Some(1_000));
    }

    #[test]
    fn a_bad_answer_neither_begins_nor_ends_an_outage() {
        let degraded = |s| Check { status: Status::Degraded, ..check(s, "a", true) };
        let checks = vec![degraded(0), check(100, "a", false), degraded(200), check(300, "a", true), degraded(400)];
        let (services, _) = services(checks);
        let a = &services[&Text::scrub("a")];
        assert_eq!((a.checks, a.outages.len(), a.down_s, a.response_ms.n), (5, 1, 200.0, 1));
    }

    #[test]
    fn one_check_is_no_window() {
        let (services, _) = services(vec![check(5, "a", true)]);
        assert_eq!(services[&Text::scrub("a")].availability, None);
        assert_eq!(super::services(Vec::new()), (BTreeMap::new(), None));
    }
}
