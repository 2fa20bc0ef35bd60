//! Objectives, as they are written.

use schemars::JsonSchema;

use super::Share;

/// One objective, in OpenSLO's words.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Slo {
    /// Its name.
    pub name: String,
    /// The service it promises something of.
    pub service: Option<String>,
    /// What it is about.
    pub description: Option<String>,
    /// What is measured.
    pub sli: Sli,
    /// How much of it should be good: 0.999 or "99.9%". Below 1: that would leave no budget.
    pub target: Share,
    /// How the budget is counted. Default: "Occurrences" for a ratio and a latency, "Timeslices" for a threshold.
    pub budgeting_method: Option<Method>,
    /// How long a slice is; divides an hour. Default: "1m".
    pub time_slice: Option<String>,
    /// Timeslices: how much of a slice should be good for it to be a good one. Default: 1.
    pub time_slice_target: Option<Share>,
    /// What a slice with nothing in it counts as. Default: "left-out".
    pub empty_slices: Option<Empty>,
    /// Over what time: "28d" back from now, or a part of the calendar. Default: "28d".
    pub time_window: Option<TimeWindow>,
    /// A window with fewer events (or slices) is not judged. Default: 0.
    pub min_total: Option<f64>,
    /// Silence of this length is an alert. Default: as long as an outage would need to page, at least "10m".
    pub absent_after: Option<String>,
    /// Whether it alerts. Default: true.
    pub alert: Option<bool>,
    /// The windows it alerts by, in place of the usual four rows.
    pub burn: Option<Vec<Burn>>,
    /// Where to read what to do: an http(s) address or a file.
    pub runbook: Option<String>,
}

/// What is measured: one of these.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Sli {
    /// Bad or good events among all events.
    pub ratio: Option<Ratio>,
    /// Values that keep a bound.
    pub threshold: Option<Threshold>,
    /// Requests that are fast enough.
    pub latency: Option<Latency>,
}

/// Bad or good events among all events.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Ratio {
    /// What counts the bad ones: a signal's name, or a metric such as http_requests_total{code=~"5.."}.
    pub bad: Option<String>,
    /// What counts the good ones.
    pub good: Option<String>,
    /// What counts all of them.
    pub total: String,
    /// Whether the counts only grow. Default: true for prometheus, false for csv and jsonl.
    pub counter: Option<bool>,
}

/// Values that keep a bound.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Threshold {
    /// The signal's name, or a metric.
    pub signal: String,
    /// How a good value compares with the bound.
    pub op: Op,
    /// The bound.
    pub value: f64,
}

/// Requests that are fast enough.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Latency {
    /// A signal with one value a request.
    pub signal: Option<String>,
    /// A histogram: its buckets are counted, and `below` is the bound of one of them.
    pub histogram: Option<String>,
    /// A request below this is good.
    pub below: f64,
}

/// How a good value compares with the bound.
#[derive(Debug, JsonSchema)]
#[schemars(rename_all = "lowercase")]
pub enum Op {
    /// Less than.
    Lt,
    /// At most.
    Lte,
    /// More than.
    Gt,
    /// At least.
    Gte,
}

/// How a budget is counted.
#[derive(Debug, JsonSchema)]
pub enum Method {
    /// Bad events of all events.
    Occurrences,
    /// Bad slices of all slices.
    Timeslices,
    /// The mean of the slices' ratios.
    RatioTimeslices,
}

/// What a slice with nothing in it counts as.
#[derive(Debug, JsonSchema)]
#[schemars(rename_all = "kebab-case")]
pub enum Empty {
    /// It does not count.
    LeftOut,
    /// A good one.
    Good,
    /// A bad one.
    Bad,
}

/// Over what time.
#[derive(Debug, JsonSchema)]
#[schemars(untagged)]
pub enum TimeWindow {
    /// So much time back from now.
    Rolling(String),
    /// The running part of the calendar.
    Calendar(Calendar),
}

/// The running part of the calendar.
#[derive(Debug, JsonSchema)]
#[schemars(rename = "SloCalendar", deny_unknown_fields)]
pub struct Calendar {
    /// How much of it.
    pub calendar: Unit,
    /// When one begins, on the wall clock: "2026-01-01" or "2026-01-01 12:00". Default: a Monday, or the first of January.
    pub start: Option<String>,
    /// The IANA zone of that clock. Default: UTC.
    pub zone: Option<String>,
}

/// A part of the calendar.
#[derive(Debug, JsonSchema)]
#[schemars(rename_all = "lowercase")]
pub enum Unit {
    /// Seven days.
    Week,
    /// A month.
    Month,
    /// Three months.
    Quarter,
    /// A year.
    Year,
}

/// One row of an alert: both windows burn faster than the budget share allows.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Burn {
    /// What it wants of people.
    pub severity: Severity,
    /// The long window, at most 4d.
    pub long: String,
    /// The short window.
    pub short: String,
    /// The share of the budget that the long window may spend: "2%".
    pub budget: String,
}

/// What an alert wants of people.
#[derive(Debug, JsonSchema)]
#[schemars(rename_all = "lowercase")]
pub enum Severity {
    /// Somebody is woken.
    Page,
    /// Somebody looks at it in working hours.
    Ticket,
}
