//! What is promised and how its clocks run, as it is written.

use schemars::JsonSchema;

use super::Share;

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
