//! The settings file as it is written, for editors: [`crate::config::schema`] makes a JSON schema of it.
//!
//! Nothing is read into these types: one wrong value would hide the problems behind it. Tests hold them to what `read` takes.

use std::collections::BTreeMap;

use schemars::JsonSchema;

mod alert;
mod burn_in;
mod duty;
mod goal;
mod notify;
mod release;
mod remote;
mod sla;
mod slo;
mod source;

pub use alert::{Alert, NoData};
pub use burn_in::BurnIn;
pub use duty::{Duty, On};
pub use goal::Goal;
pub use notify::{Channel, ChannelKind, Inhibit, Mute, Route, Silence, Watch};
pub use release::Release;
pub use remote::{Alertmanager, Asking, Prometheus};
pub use sla::{
    Calendar, Days, Hours, Kind, OnRaise, Priorities, Priority, Promise, Reopen, Rule, RulePromise, Sla, Start,
    TriagePromise,
};
pub use slo::{Slo, TimeWindow};
pub use source::{Github, Host, PullRequests, SomePullRequests, Source, SourceKind};

/// The settings of Watchfloor.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields, title = "watchfloor.toml")]
pub struct File {
    /// The version of this format: 1.
    #[schemars(range(min = 1, max = 1))]
    pub version: Option<u32>,
    /// The team's name in the header.
    pub team: Option<String>,
    /// The IANA zone that clocks and dates are shown in, such as "Europe/Berlin". Default: the host's.
    pub zone: Option<String>,
    /// The oldest release of the zone data that will do, such as "2026a". Default: any.
    pub tzdata_minimum: Option<String>,
    /// The colors.
    pub theme: Option<Theme>,
    /// Whether nothing is ever changed at any host. Default: false.
    pub read_only: Option<bool>,
    /// What acknowledging does at the host, besides the record here.
    pub ack: Option<Ack>,
    /// GitHub hosts that are asked.
    pub github: Option<Vec<Github>>,
    /// Where incidents come from: hosts and files.
    pub source: Option<Vec<Source>>,
    /// Parts of the queue with a name. Default: All, Mine, Pressing, Untriaged, and what else there is.
    #[schemars(length(max = 20))]
    pub section: Option<Vec<Section>>,
    /// How the clocks run.
    pub sla: Option<Sla>,
    /// Open hours by name, for promises that count them alone.
    pub calendar: Option<BTreeMap<String, Calendar>>,
    /// What is promised for each priority.
    pub priorities: Option<Priorities>,
    /// Servers that are asked by expressions. Not in a file that came with a repository.
    pub prometheus: Option<Vec<Prometheus>>,
    /// Alertmanagers whose alerts and silences are shown. Not in a file that came with a repository.
    pub alertmanager: Option<Vec<Alertmanager>>,
    /// Metric files to show and to judge.
    pub signal: Option<Vec<Signal>>,
    /// How long what was measured is kept.
    pub metrics: Option<Metrics>,
    /// What is judged beside the bounds of signals.
    pub alert: Option<Vec<Alert>>,
    /// Prometheus rule files: paths, or patterns with *, ? and **.
    #[schemars(length(min = 1))]
    pub rules: Option<Vec<String>>,
    /// Objectives that are judged by the signals.
    pub slo: Option<Vec<Slo>>,
    /// The ways out. Not in a file that came with a repository.
    pub channel: Option<Vec<Channel>>,
    /// Which alerts go where. Default: all to every channel.
    pub route: Option<Vec<Route>>,
    /// Hours in which alerts are not told.
    pub mute: Option<Vec<Mute>>,
    /// What holds back what.
    pub inhibit: Option<Vec<Inhibit>>,
    /// Silences; more are made with `watchfloor silence`.
    pub silence: Option<Vec<Silence>>,
    /// What `watch` does beside. Not in a file that came with a repository.
    pub watch: Option<Watch>,
    /// Who is on call.
    pub roster: Option<Roster>,
    /// Work that comes again.
    #[schemars(length(max = 200))]
    pub duty: Option<Vec<Duty>>,
    /// So many days in a row that something must hold.
    #[schemars(length(max = 20))]
    pub burn_in: Option<Vec<BurnIn>>,
    /// Figures and what they should come to.
    #[schemars(length(max = 50))]
    pub goal: Option<Vec<Goal>>,
    /// The release in preparation.
    pub release: Option<Release>,
    /// What is put on record. Not in a file that came with a repository.
    pub store: Option<Store>,
}

/// What is put on record.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Store {
    /// How long recorded facts are kept, 7d to 3660d; of what is older the last version stays. Default: "400d".
    pub keep: Option<String>,
}

/// What acknowledging does at the host, besides the record here.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Ack {
    /// Whether you are assigned. Default: false.
    pub assign: Option<bool>,
    /// A label that is set. Default: none.
    #[schemars(length(min = 1, max = 50))]
    pub label: Option<String>,
    /// A comment that is made. Not in a file that came with a repository. Default: none.
    #[schemars(length(min = 1))]
    pub comment: Option<String>,
}

/// A theme's name.
#[derive(Debug, JsonSchema)]
#[schemars(rename_all = "kebab-case")]
pub enum Theme {
    /// Light on dark.
    Midnight,
    /// Dark on light.
    Daylight,
    /// As much contrast as the terminal has.
    HighContrast,
    /// The terminal's own two colors.
    Mono,
}

/// A part of the queue with a name.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Section {
    /// Its name, in the title of the incidents.
    pub name: String,
    /// What it holds, such as "is:over,risk -label:question"; "" is everything that is open.
    pub query: String,
    /// What its rows are put together by: "repository", "label", "owner" or "priority". Default: what the query says, or nothing.
    pub group: Option<String>,
    /// What its rows are sorted by: "breach", "priority", "age", "updated", "repository" or "comments"; with - before it, the other way round. Default: what the query says, or "breach".
    pub sort: Option<String>,
}

/// A number, or a text in percent.
#[derive(Debug, JsonSchema)]
#[schemars(untagged)]
pub enum Share {
    /// A number.
    Number(f64),
    /// A text such as "75%".
    Percent(String),
}

/// One metric and the files it is read from.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Signal {
    /// Its name on screen.
    pub name: String,
    /// The file, or a pattern with *, ? and **. May be left out of a signal that is worked out; not for one that is asked.
    pub file: Option<String>,
    /// The name of the `[[prometheus]]` that evaluates `expr`; without it `expr` is worked out here.
    pub prometheus: Option<String>,
    /// Signals of one group stand together.
    pub group: Option<String>,
    /// An expression as for Prometheus that it comes to: `sum(rate(http_requests_total[5m]))`.
    pub expr: Option<String>,
    /// Without expr: what is made of the metric over a stretch of time.
    pub aggregate: Option<Aggregate>,
    /// How far back an aggregate looks, 5s to 1d. Default: "5m".
    pub over: Option<String>,
    /// A row for each value of these labels; the ten highest are shown.
    #[schemars(length(min = 1))]
    pub by: Option<Vec<String>>,
    /// Without expr: the metric whose share of `to` is meant, by its rate.
    pub ratio_of: Option<String>,
    /// The metric that the ratio is of.
    pub to: Option<String>,
    /// How often it is worked out, 1s to 1h. Default: "5s".
    pub every: Option<String>,
    /// How lines are read. Default: by the file's ending.
    pub format: Option<Format>,
    /// Printed behind the value.
    pub unit: Option<String>,
    /// Values above this are bad.
    pub above: Option<f64>,
    /// Values below this are bad.
    pub below: Option<f64>,
    /// For how long the bound must be broken before it fires. Default: "0s".
    #[schemars(rename = "for")]
    pub hold: Option<String>,
    /// How long it keeps firing after the bound is kept again. Default: "0s".
    pub keep_firing: Option<String>,
    /// A value older than this is stale. Default: "10m".
    pub stale_after: Option<String>,
    /// How far back the sparkline and the objective look. Default: "1h".
    pub window: Option<String>,
    /// The percentage of minutes that should keep the bound: 99.5 or "99.5%".
    pub objective: Option<Share>,
    /// Where to read what to do: an http(s) address or a file.
    pub runbook: Option<String>,
    /// csv: the column of the time. Default: "timestamp", else what the first lines tell.
    pub time_column: Option<String>,
    /// csv: the column of the value. Default: "value", else what the first lines tell.
    pub value_column: Option<String>,
    /// jsonl: the dotted path of the time. Default: the first of timestamp, time, ts, at, @timestamp.
    pub time_field: Option<String>,
    /// jsonl: the dotted path of the number.
    pub field: Option<String>,
    /// jsonl: count lines a minute instead of reading a number.
    pub count: Option<bool>,
    /// jsonl: take only lines whose field has this text.
    #[schemars(rename = "where", length(min = 1, max = 1))]
    pub filter: Option<BTreeMap<String, String>>,
    /// prometheus, and what an aggregate is of: the metric's name.
    pub metric: Option<String>,
    /// prometheus, and what an aggregate is of: labels that must match exactly.
    pub labels: Option<BTreeMap<String, String>>,
}

/// What is made of a metric over a stretch of time.
#[derive(Debug, JsonSchema)]
#[schemars(rename_all = "kebab-case")]
pub enum Aggregate {
    /// What a counter grows by in a second.
    Rate,
    /// What a counter grew by.
    Increase,
    /// The mean.
    Avg,
    /// The lowest.
    Min,
    /// The highest.
    Max,
    /// The sum.
    Sum,
    /// How many samples there are.
    Count,
    /// The median.
    P50,
    /// The 90th percentile.
    P90,
    /// The 95th percentile.
    P95,
    /// The 99th percentile.
    P99,
}

/// How long what was measured is kept.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Metrics {
    /// By the second, 1h to 3660d. Default: "2d".
    pub keep_1s: Option<String>,
    /// By the minute. Default: "30d".
    pub keep_1m: Option<String>,
    /// By the hour. Default: "400d".
    pub keep_1h: Option<String>,
}

/// How a metric file's lines are read.
#[derive(Debug, JsonSchema)]
#[schemars(rename_all = "kebab-case")]
pub enum Format {
    /// Comma-separated values with a header line.
    Csv,
    /// One JSON object a line.
    Jsonl,
    /// Prometheus text exposition.
    Prometheus,
}

/// Who is on call.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Roster {
    /// The roster file.
    pub file: String,
    /// The on-call page in Markdown that `watchfloor oncall export --page` writes; `watchfloor check oncall` compares it.
    pub page: Option<String>,
}
