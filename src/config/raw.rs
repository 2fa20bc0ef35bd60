//! The settings file as it is written, for editors: [`crate::config::schema`] makes a JSON schema of it.
//!
//! Nothing is read into these types: one wrong value would hide the problems behind it. Tests hold them to what `read` takes.

use std::collections::BTreeMap;

use schemars::JsonSchema;

mod source;

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
    /// GitHub hosts that are asked.
    pub github: Option<Vec<Github>>,
    /// Where incidents come from: hosts and files.
    pub source: Option<Vec<Source>>,
    /// How the clocks run.
    pub sla: Option<Sla>,
    /// Open hours by name, for promises that count them alone.
    pub calendar: Option<BTreeMap<String, Calendar>>,
    /// What is promised for each priority.
    pub priorities: Option<Priorities>,
    /// Metric files to show and to judge.
    pub signal: Option<Vec<Signal>>,
    /// Who is on call.
    pub roster: Option<Roster>,
    /// The release in preparation.
    pub release: Option<Release>,
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

/// How the clocks run.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Sla {
    /// At risk from this share of the promise on: "75%" or 0.75.
    pub at_risk: Option<Share>,
    /// The priority of an incident without a priority label. Default: none, it is untriaged.
    pub default_priority: Option<Priority>,
    /// Labels that stop the fix clock while they are on.
    pub pause_labels: Option<Vec<String>>,
    /// Logins whose acts count as the team's.
    pub maintainers: Option<Vec<String>>,
    /// Whether members of the repository count as the team as well.
    pub members_are_maintainers: Option<bool>,
    /// Logins that never count, beside those GitHub calls robots.
    pub robots: Option<Vec<String>>,
    /// From when the clocks run.
    pub start: Option<Start>,
    /// What a raised priority does to the time already counted.
    pub on_raise: Option<OnRaise>,
    /// What opening an incident again does to the fix clock.
    pub reopen: Option<Reopen>,
    /// How long a clock may be over before `watchfloor check sla` fails. Default: "0s".
    pub grace: Option<String>,
    /// The calendar that promises count by: a name of `[calendar]`, or "24x7". Default: "24x7".
    pub calendar: Option<String>,
    /// Promises of their own for some incidents; the first rule that fits judges.
    pub rule: Option<Vec<Rule>>,
}

/// Promises of their own for some incidents.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Rule {
    /// Its name, shown wherever it judged.
    pub name: String,
    /// It judges incidents with one of these labels.
    #[schemars(length(min = 1))]
    pub labels: Option<Vec<String>>,
    /// It judges incidents of these repositories: "owner/name", * and ? in both halves.
    #[schemars(length(min = 1))]
    pub repositories: Option<Vec<String>>,
    /// It judges this kind alone.
    pub kind: Option<Kind>,
    /// The calendar its promises count by: a name of `[calendar]`, or "24x7".
    pub calendar: Option<String>,
    /// Time to the first answer: "24h", or "none".
    pub response: Option<String>,
    /// Time to the close: "7d", or "best effort".
    pub fix: Option<String>,
    /// For critical ones.
    #[schemars(rename = "P0")]
    pub p0: Option<RulePromise>,
    /// For high ones.
    #[schemars(rename = "P1")]
    pub p1: Option<RulePromise>,
    /// For medium ones.
    #[schemars(rename = "P2")]
    pub p2: Option<RulePromise>,
    /// For low ones.
    #[schemars(rename = "P3")]
    pub p3: Option<RulePromise>,
    /// For those without a priority.
    pub untriaged: Option<RulePromise>,
}

/// What a rule promises for one priority.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct RulePromise {
    /// Time to the first answer: "24h", or "none".
    pub response: Option<String>,
    /// Time to the close: "7d", or "best effort".
    pub fix: Option<String>,
}

/// A kind of incident.
#[derive(Debug, JsonSchema)]
#[schemars(rename_all = "kebab-case")]
pub enum Kind {
    /// A GitHub issue.
    Issue,
    /// A pull request.
    PullRequest,
    /// A Dependabot alert.
    Dependabot,
    /// A code scanning alert.
    CodeScanning,
    /// A security advisory of the repository's own.
    Advisory,
    /// A thread of the inbox.
    Notification,
}

/// Open hours.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Calendar {
    /// The IANA zone of its wall clock, such as "Europe/Berlin".
    pub zone: String,
    /// When it is open.
    #[schemars(length(min = 1))]
    pub hours: Vec<Hours>,
    /// Days on which it does not open: "2026-12-25".
    pub holidays: Option<Vec<String>>,
    /// An iCalendar file with more of them.
    pub holidays_file: Option<String>,
}

/// One window of the week.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Hours {
    /// "weekdays", "weekend", "daily", a day such as "mon", or a list of days. Default: "daily".
    pub days: Option<Days>,
    /// When it opens: "09:00".
    pub from: String,
    /// When it closes: "17:00"; at or before the opening means the next day.
    pub to: String,
}

/// Days of the week.
#[derive(Debug, JsonSchema)]
#[schemars(untagged)]
pub enum Days {
    /// One word.
    Word(String),
    /// A list of days.
    List(Vec<String>),
}

/// What opening an incident again does to the fix clock.
#[derive(Debug, JsonSchema)]
#[schemars(rename_all = "kebab-case")]
pub enum Reopen {
    /// It goes on from where the close stopped it.
    Resume,
    /// It begins again.
    Restart,
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

/// A priority.
#[derive(Debug, JsonSchema)]
pub enum Priority {
    /// Critical.
    P0,
    /// High.
    P1,
    /// Medium.
    P2,
    /// Low.
    P3,
}

/// From when the clocks run.
#[derive(Debug, JsonSchema)]
#[schemars(rename_all = "kebab-case")]
pub enum Start {
    /// From creation.
    Created,
    /// From the first priority label.
    Labeled,
}

/// What a raised priority does to the time already counted.
#[derive(Debug, JsonSchema)]
#[schemars(rename_all = "kebab-case")]
pub enum OnRaise {
    /// It stays, and is compared with the new promise.
    Keep,
    /// The clocks begin again.
    Restart,
}

/// What is promised for each priority.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Priorities {
    /// Critical.
    #[schemars(rename = "P0")]
    pub p0: Option<Promise>,
    /// High.
    #[schemars(rename = "P1")]
    pub p1: Option<Promise>,
    /// Medium.
    #[schemars(rename = "P2")]
    pub p2: Option<Promise>,
    /// Low.
    #[schemars(rename = "P3")]
    pub p3: Option<Promise>,
    /// No priority label yet.
    pub untriaged: Option<TriagePromise>,
}

/// What is promised for one priority.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Promise {
    /// Labels that mean this priority.
    #[schemars(length(min = 1))]
    pub labels: Option<Vec<String>>,
    /// Time to the first answer: "24h", or "none".
    pub response: Option<String>,
    /// Time to the close: "7d", or "best effort".
    pub fix: Option<String>,
    /// The calendar it counts by: a name of `[calendar]`, or "24x7".
    pub calendar: Option<String>,
}

/// What is promised before there is a priority.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct TriagePromise {
    /// Labels that mean "not triaged yet" where no priority label stands beside them, whatever the default priority.
    pub labels: Option<Vec<String>>,
    /// Time to the first answer: "48h", or "none".
    pub response: Option<String>,
    /// The calendar it counts by: a name of `[calendar]`, or "24x7".
    pub calendar: Option<String>,
}

/// One metric and the files it is read from.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Signal {
    /// Its name on screen.
    pub name: String,
    /// The file, or a pattern with *, ? and **.
    pub file: String,
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
    /// csv: the column of the time. Default: "timestamp".
    pub time_column: Option<String>,
    /// csv: the column of the value. Default: "value".
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
    /// prometheus: the metric's name.
    pub metric: Option<String>,
    /// prometheus: labels that must match exactly.
    pub labels: Option<BTreeMap<String, String>>,
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

/// The release in preparation.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Release {
    /// Its name.
    pub name: String,
    /// The day of T-0: "2026-11-22".
    pub day: Option<String>,
    /// The hour of T-0: "10:00".
    pub time: Option<String>,
    /// The IANA zone of both. Default: the zone at the top of the file.
    pub zone: Option<String>,
    /// Checklists in Markdown: files, or patterns with *, ? and **.
    #[schemars(length(min = 1))]
    pub checklists: Option<Vec<String>>,
    /// Open incidents with one of these labels block it. Default: ["release-blocker"].
    pub blocker_labels: Option<Vec<String>>,
    /// Roles that must say go. Default: none.
    pub sign_off: Option<Vec<String>>,
}
