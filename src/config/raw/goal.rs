//! Goals, as they are written.

use schemars::JsonSchema;

/// A figure and what it should come to.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Goal {
    /// Its name: one of its kind.
    pub name: String,
    /// What it is for.
    pub why: Option<String>,
    /// What is measured.
    pub figure: Figure,
    /// Which figure of many values; of times and signals. Default: "median" of times, "mean" of signals.
    pub stat: Option<Stat>,
    /// Which incidents count, in the words of the queue: "priority:P0,P1 label:api". Default: all.
    pub query: Option<String>,
    /// Of "open": older than this only.
    pub older_than: Option<String>,
    /// Of "kept": one clock only. Default: both.
    pub clock: Option<Clock>,
    /// Of "signal": the name of a signal.
    pub signal: Option<String>,
    /// Of "slo": the name of an objective.
    pub slo: Option<String>,
    /// Of "file": the file in which the number stands.
    pub file: Option<String>,
    /// A regular expression whose first group is the number. Or `key`.
    pub pattern: Option<String>,
    /// The names on the way to the number in a JSON file, with dots between. Or `pattern`.
    pub key: Option<String>,
    /// No more than this: a length ("3d") of times, a share ("95%") of shares, else a number.
    pub at_most: Option<Amount>,
    /// No less than this, written likewise.
    pub at_least: Option<Amount>,
    /// Lower than the baseline by this share of it: "30%".
    pub below_baseline_by: Option<String>,
    /// The baseline, written as `at_most` is. Or `baseline_from` and `baseline_until`, or `baseline_file`.
    pub baseline: Option<Amount>,
    /// The baseline is the same figure from this day on: "2026-06-01".
    pub baseline_from: Option<String>,
    /// Up to this day, which does not count any more.
    pub baseline_until: Option<String>,
    /// The file in which the baseline stands, found by `baseline_pattern` or `baseline_key`.
    pub baseline_file: Option<String>,
    /// A regular expression whose first group is the baseline.
    pub baseline_pattern: Option<String>,
    /// The names on the way to the baseline in a JSON file, with dots between.
    pub baseline_key: Option<String>,
    /// What one is in that file, of times and shares: "1m", "1h", "1%". Default: "1s" of times, 1 of shares.
    pub baseline_unit: Option<String>,
    /// Over what time: back from now ("30d"), or the last whole "month" or "quarter". Default: "30d".
    pub window: Option<String>,
    /// So many calendar months in a row, 1 to 24, each judged on its own. Default: the window alone.
    #[schemars(range(min = 1, max = 24))]
    pub months_running: Option<f64>,
    /// Whose it is.
    pub owner: Option<String>,
    /// Nothing before this day counts: "2026-09-01".
    pub since: Option<String>,
    /// Until the end of this day it may be on the way.
    pub by: Option<String>,
    /// The IANA zone of its months. Default: the zone at the top of the file, or UTC.
    pub zone: Option<String>,
}

/// A number, or one with a unit.
#[derive(Debug, JsonSchema)]
#[schemars(untagged)]
pub enum Amount {
    /// A number.
    Number(f64),
    /// With its unit.
    Written(String),
}

/// What a goal measures.
#[derive(Debug, JsonSchema)]
#[schemars(rename_all = "lowercase")]
pub enum Figure {
    /// Time to acknowledge.
    Mtta,
    /// Time to resolve.
    Mttr,
    /// Time to detect.
    Mttd,
    /// The share of promises kept.
    Kept,
    /// Open incidents.
    Open,
    /// Incidents opened.
    Opened,
    /// Incidents opened, less those closed.
    Growth,
    /// The share of those opened that were opened again.
    Reopened,
    /// The share of open incidents with an owner.
    Owned,
    /// A signal.
    Signal,
    /// What is left of an error budget.
    Slo,
    /// A number in a file.
    File,
}

/// Which figure of many values.
#[derive(Debug, JsonSchema)]
#[schemars(rename_all = "lowercase")]
pub enum Stat {
    /// The middle one.
    Median,
    /// Their mean.
    Mean,
    /// Nine of ten are at most this.
    P90,
    /// The greatest.
    Max,
    /// The least.
    Min,
    /// The newest.
    Last,
}

/// Which promise.
#[derive(Debug, JsonSchema)]
#[schemars(rename_all = "lowercase")]
pub enum Clock {
    /// The response.
    Response,
    /// The fix.
    Fix,
}
