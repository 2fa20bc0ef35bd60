//! A measured series: samples, gaps, thresholds, what a sparkline shows.
//!
//! CONTRACT: types settled, functions to be written.

use chrono::{DateTime, TimeDelta, Utc};

use crate::text::Text;

/// One measurement. `value` is finite.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sample {
    /// When it was taken, in milliseconds since 1970-01-01T00:00:00Z.
    pub at_ms: i64,
    /// What it was.
    pub value: f64,
}

/// A bound a value should keep.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Threshold {
    /// Which side is bad.
    pub bad: Side,
    /// The bound itself is good.
    pub bound: f64,
}

/// Which side of a bound is bad.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Values above it.
    Above,
    /// Values below it.
    Below,
}

/// What a signal says now.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Reading {
    /// A value fresh enough to act on.
    Fresh(Sample),
    /// The last value, older than the signal allows.
    Stale(Sample),
    /// Nothing was ever read.
    Nothing,
}

/// What to show of a named series, and how to judge it.
#[derive(Debug, Clone, PartialEq)]
pub struct Signal {
    /// Its name on screen.
    pub name: Text,
    /// Printed behind the value: `ms`, `%`; may be blank.
    pub unit: Text,
    /// The bound it should keep.
    pub threshold: Option<Threshold>,
    /// A value older than this is stale.
    pub stale_after: TimeDelta,
    /// For how long the bound must be broken before it fires (R41).
    pub hold: TimeDelta,
    /// How long it keeps firing after the bound is kept again.
    pub keep_firing: TimeDelta,
    /// How far back the sparkline looks.
    pub window: TimeDelta,
    /// The share of time slices that should keep the bound, in (0, 1); an SLO.
    pub objective: Option<f64>,
    /// Where to read what to do, http(s) or a path.
    pub runbook: Option<Text>,
}

/// The samples of one signal, oldest first, bounded in number.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Series {
    samples: std::collections::VecDeque<Sample>,
}

/// One column of a sparkline or chart: what happened in its slice of time. Peaks are kept, gaps are gaps.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Column {
    /// Lowest value.
    pub low: f64,
    /// Highest value.
    pub high: f64,
    /// Mean.
    pub mean: f64,
}

// To be written here:
//
//   pub const SAMPLES_KEPT: usize = 50_000;   // with its reason
//   impl Series {
//       pub fn push(&mut self, sample: Sample) -> Pushed;      // in time order; an older stamp is inserted in place; an equal stamp replaces; bounded
//       pub fn last(&self) -> Option<Sample>;  pub fn len/is_empty/iter/since(ms)
//       pub fn columns(&self, from, until, n: usize) -> Vec<Option<Column>>;      // half-open slices; None = gap
//       pub fn reading(&self, stale_after: TimeDelta, now) -> Reading;            // future samples (> 2 min ahead) are set aside
//   }
//   impl Threshold { pub fn is_broken(&self, value: f64) -> bool  (strict) }
