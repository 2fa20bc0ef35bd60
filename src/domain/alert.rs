//! Pending, firing, resolved, no data (SEMANTICS section 6, R39, R41).
//!
//! CONTRACT: `step` to be written.

use chrono::{DateTime, Utc};

/// Three-valued condition: "could not judge" is never "false" (R39).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Condition {
    /// The bound is broken.
    True,
    /// The bound is kept.
    False,
    /// Nothing fresh to judge by.
    NoData,
}

/// Where an alert stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AlertState {
    /// Nothing is wrong, as far as data says.
    Inactive,
    /// Broken since then, not yet for long enough.
    Pending {
        /// First broken evaluation.
        since: DateTime<Utc>,
    },
    /// It fires.
    Firing {
        /// First broken evaluation of this run.
        since: DateTime<Utc>,
        /// When it began to fire.
        fired_at: DateTime<Utc>,
        /// First kept evaluation, while `keep_firing` holds it.
        kept_since: Option<DateTime<Utc>>,
        /// No data since then: the alert stays, marked stale.
        blind_since: Option<DateTime<Utc>>,
    },
}

// To be written here:
//   pub fn step(state: AlertState, condition: Condition, hold: TimeDelta, keep_firing: TimeDelta, now) -> AlertState
//   (prom_for.json vectors: inclusive `for`, keep_firing_for from the first false, reset by a true, NoData holds)
