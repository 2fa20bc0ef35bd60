//! Alerts and rules on the wire.

use serde::Serialize;
use serde_json::{Map, Value};

use crate::{
    domain::{
        alert::{Alert, AlertState, abroad::Abroad, alarm::Alarm, book::RuleView, rule::AnyRule},
        remote::RemoteSilence,
        sample::Labels,
        stats::noise::Noise,
        time::rfc3339,
    },
    sink::json::Said,
    text::Text,
};

/// One alert that fires or is pending.
#[derive(Debug, Serialize)]
pub struct Row {
    id: String,
    rule: Said,
    state: &'static str,
    labels: Map<String, Value>,
    annotations: Map<String, Value>,
    /// Nothing where the value is no finite number.
    value: Option<f64>,
    since: String,
    fired_at: Option<String>,
    stale_since: Option<String>,
    last_seen: String,
    no_data: bool,
    flapping: bool,
    taken_by: Option<Said>,
    /// When somebody took it on.
    taken_at: Option<String>,
    /// The silence that holds it back.
    silence: Option<Silenced>,
    /// What other servers tell of it.
    elsewhere: Option<Elsewhere>,
    /// The issue on which people were told of it.
    issue: Option<Told>,
}

/// What other servers tell of an alert.
#[derive(Debug, Serialize)]
pub struct Elsewhere {
    servers: Vec<Said>,
    /// Whether it is judged here as well.
    own: bool,
    state: &'static str,
    silences: Vec<SilencedThere>,
    inhibiting: usize,
    /// Since when none of the servers was heard; nothing where one was.
    unheard_since: Option<String>,
    unheard_why: Option<Said>,
}

/// A silence of another server.
#[derive(Debug, Serialize)]
pub struct SilencedThere {
    id: Said,
    until: String,
    author: Said,
    comment: Said,
}

impl Elsewhere {
    fn of(abroad: &Abroad) -> Self {
        let silence = |silence: &RemoteSilence| SilencedThere {
            id: Said::from(&silence.id),
            until: rfc3339(silence.until),
            author: Said::from(&silence.author),
            comment: Said::from(&silence.comment),
        };
        let why = abroad.unheard.as_ref().map(|unheard| &unheard.why).filter(|why| !why.is_blank());
        Self {
            servers: abroad.servers.iter().map(Said::from).collect(),
            own: abroad.is_own,
            state: abroad.state.word(),
            silences: abroad.silences.iter().map(silence).collect(),
            inhibiting: abroad.n_inhibiting,
            unheard_since: abroad.unheard.as_ref().map(|unheard| rfc3339(unheard.since)),
            unheard_why: why.map(Said::from),
        }
    }
}

/// An issue on which people were told of an alert.
#[derive(Debug, Serialize)]
pub struct Told {
    key: String,
    url: Option<String>,
}

/// A silence that holds an alert back.
#[derive(Debug, Serialize)]
pub struct Silenced {
    id: String,
    until: String,
    author: Said,
    comment: Said,
}

/// The word for a state.
pub fn state(alert: &Alert) -> &'static str {
    match alert.state {
        _ if alert.is_no_data() => "no_data",
        AlertState::Inactive => "inactive",
        AlertState::Pending { .. } => "pending",
        AlertState::Firing { blind_since: Some(_), .. } => "stale",
        AlertState::Firing { .. } => "firing",
    }
}

pub(super) fn map(labels: &Labels) -> Map<String, Value> {
    labels.iter().map(|(name, value)| (name.as_str().to_owned(), value.as_str().into())).collect()
}

impl Row {
    /// An alert with what people did about it.
    pub fn of(alarm: &Alarm) -> Self {
        let alert = &alarm.alert;
        Self {
            id: alert.id.to_string(),
            rule: Said::from(&alert.rule),
            state: if alarm.unheard().is_some() { "stale" } else { state(alert) },
            labels: map(&alert.labels),
            annotations: map(&alert.annotations),
            value: alert.value.is_finite().then_some(alert.value),
            since: rfc3339(alert.since),
            fired_at: alert.fired_at.map(rfc3339),
            stale_since: alert.stale_since().map(rfc3339),
            last_seen: rfc3339(alert.last_seen),
            no_data: alert.is_no_data(),
            flapping: alarm.is_flapping,
            taken_by: alarm.taken.as_ref().map(|taken| Said::from(&taken.by)),
            taken_at: alarm.taken.as_ref().map(|taken| rfc3339(taken.at)),
            silence: alarm.silence.as_ref().map(|silence| Silenced {
                // A silence of another server has its name there.
                id: abroad_id(alarm).unwrap_or_else(|| silence.id.to_string()),
                until: rfc3339(silence.until),
                author: Said::from(&silence.author),
                comment: Said::from(&silence.comment),
            }),
            elsewhere: alarm.abroad.as_deref().map(Elsewhere::of),
            issue: alarm
                .issue
                .as_ref()
                .map(|issue| Told { key: issue.key.to_string(), url: issue.url.as_ref().map(ToString::to_string) }),
        }
    }
}

/// The name of the silence that holds an alert of another server back.
fn abroad_id(alarm: &Alarm) -> Option<String> {
    let abroad = alarm.elsewhere().filter(|abroad| abroad.manager.is_some())?;
    abroad.silences.first().map(|silence| silence.id.as_str().to_owned())
}

/// Every alert of these, those that fire first, then by since when.
pub fn rows(alarms: &[Alarm]) -> Vec<Row> {
    let mut sorted: Vec<&Alarm> = alarms.iter().collect();
    sorted.sort_by_key(|alarm| (!alarm.alert.is_firing(), alarm.alert.since, alarm.alert.id));
    sorted.into_iter().map(Row::of).collect()
}

/// One rule.
#[derive(Debug, Serialize)]
pub struct Rule {
    name: Said,
    kind: &'static str,
    origin: Said,
    expr: Said,
    every_s: i64,
    for_s: Option<i64>,
    error: Option<String>,
    judged: usize,
}

impl Rule {
    /// A rule as it stands.
    pub fn of(view: &RuleView<'_>) -> Self {
        let hold = match view.rule {
            AnyRule::Alert(rule) => Some(rule.hold.num_seconds()),
            AnyRule::Record(_) => None,
        };
        Self {
            name: Said::from(view.rule.name()),
            kind: if hold.is_some() { "alert" } else { "record" },
            origin: Said::from(view.rule.origin()),
            expr: Said::from(view.rule.expr().written()),
            every_s: view.rule.every().num_seconds(),
            for_s: hold,
            error: view.standing.error.clone(),
            judged: view.standing.n_judged,
        }
    }
}

/// How loud a rule was.
#[derive(Debug, Serialize)]
pub struct Loud {
    rule: Said,
    pages: usize,
    pages_per_12h: Option<f64>,
    distinct: usize,
    self_resolved_unacked: usize,
    refired: usize,
    actionable_ratio: Option<f64>,
    never_acked: usize,
    over_budget: bool,
}

impl Loud {
    /// A rule's audit.
    pub fn of(rule: &Text, noise: &Noise) -> Self {
        Self {
            rule: Said::from(rule),
            pages: noise.pages,
            pages_per_12h: noise.per_12_h,
            distinct: noise.distinct,
            self_resolved_unacked: noise.self_resolved_unacked,
            refired: noise.refired,
            actionable_ratio: noise.actionable_ratio,
            never_acked: noise.never_acked,
            over_budget: noise.is_over_budget,
        }
    }
}
