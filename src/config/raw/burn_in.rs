//! Burn-ins, as they are written.

use schemars::JsonSchema;

/// So many days in a row that something must hold.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct BurnIn {
    /// Its name; stands in the record.
    pub name: String,
    /// Its first day: "2026-11-02".
    pub start: String,
    /// How many days, 1 to 366. Default: 30.
    pub days: Option<f64>,
    /// The IANA zone of its days. Default: the zone at the top of the file, or UTC.
    pub zone: Option<String>,
    /// A duty whose turn of each day must be done: the job that has to run.
    pub duty: Option<String>,
    /// Signals whose bounds must be kept all day.
    #[schemars(length(min = 1))]
    pub signals: Option<Vec<String>>,
    /// Objectives of which no day may have more bad than they allow.
    #[schemars(length(min = 1))]
    pub slos: Option<Vec<String>>,
    /// Files that must not change: paths, or patterns with *, ? and **.
    #[schemars(length(min = 1))]
    pub freeze: Option<Vec<String>>,
}
