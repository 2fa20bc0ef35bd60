//! How deployments go: the four keys and the rework rate of DORA.

use chrono::{DateTime, Utc};

use super::{
    period::Period,
    summary::{median, seconds},
};
use crate::domain::time::between;

/// One deployment.
#[derive(Debug, Clone, PartialEq)]
pub struct Deployment {
    /// When it was out.
    pub at: DateTime<Utc>,
    /// When the commits in it were made.
    pub commits: Vec<DateTime<Utc>>,
    /// Whether it did harm.
    pub is_failed: bool,
    /// When its harm was over.
    pub recovered_at: Option<DateTime<Utc>>,
    /// Whether it only repaired what an earlier one broke.
    pub is_unplanned: bool,
}

/// The keys of a period. Rates are shares from 0 to 1, lengths seconds; of no deployment, nothing.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Keys {
    /// Deployments in the period.
    pub deployments: usize,
    /// Deployments a day of 24 hours; nothing where the period has no length.
    pub per_day: Option<f64>,
    /// Median time from a commit to the deployment that holds it.
    pub lead_time_median: Option<f64>,
    /// The share that failed.
    pub change_fail_rate: Option<f64>,
    /// Median time from a failed deployment to the end of its harm.
    pub recovery_median: Option<f64>,
    /// Failed ones whose harm is not over: counted, since their time is not known.
    pub unrecovered: usize,
    /// The share that was not planned.
    pub rework_rate: Option<f64>,
}

/// The keys of the deployments in `period`.
pub fn keys(deployments: &[Deployment], period: &Period) -> Keys {
    let held: Vec<_> = deployments.iter().filter(|one| period.holds(one.at)).collect();
    let days = seconds(between(period.start, period.end)) / 86_400.0;
    let share = |n: usize| (!held.is_empty()).then(|| n as f64 / held.len() as f64);
    let failed: Vec<_> = held.iter().filter(|one| one.is_failed).collect();
    let recovery = |at: DateTime<Utc>, over: Option<DateTime<Utc>>| over.map(|over| seconds(between(at, over)));
    Keys {
        deployments: held.len(),
        per_day: (0.0 < days).then(|| held.len() as f64 / days),
        lead_time_median: median(
            held.iter().flat_map(|one| one.commits.iter().map(|commit| seconds(between(*commit, one.at)))),
        ),
        change_fail_rate: share(failed.len()),
        recovery_median: median(failed.iter().filter_map(|one| recovery(one.at, one.recovered_at))),
        unrecovered: failed.iter().filter(|one| one.recovered_at.is_none()).count(),
        rework_rate: share(held.iter().filter(|one| one.is_unplanned).count()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_deployment_has_no_rate() {
        let found = keys(&[], &Period::between(DateTime::UNIX_EPOCH, DateTime::UNIX_EPOCH));
        assert_eq!((found.deployments, found.per_day, found.change_fail_rate), (0, None, None));
    }

    #[test]
    fn a_failure_without_an_end_is_counted_and_not_measured() {
        let failed = Deployment {
            at: DateTime::UNIX_EPOCH,
            commits: Vec::new(),
            is_failed: true,
            recovered_at: None,
            is_unplanned: false,
        };
        let found = keys(&[failed], &Period::always());
        assert_eq!((found.unrecovered, found.recovery_median, found.change_fail_rate), (1, None, Some(1.0)));
    }
}
