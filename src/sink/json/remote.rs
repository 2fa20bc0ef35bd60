//! What other servers told of their alerts, on the wire.

use serde::Serialize;
use serde_json::{Map, Value};

use crate::{
    domain::{
        remote::{RemoteAlert, RemoteRule, RemoteSilence, Told},
        time::rfc3339,
    },
    sink::json::Said,
    text::Text,
};

/// One server.
#[derive(Debug, Serialize)]
pub struct Server {
    origin: Said,
    alerts: Vec<Alert>,
    rules: Vec<Rule>,
    silences: Vec<Silence>,
}

#[derive(Debug, Serialize)]
struct Alert {
    id: Said,
    name: Said,
    state: &'static str,
    labels: Map<String, Value>,
    annotations: Map<String, Value>,
    since: String,
    /// Nothing where the server does not say.
    value: Option<f64>,
    silenced_by: Vec<Said>,
    inhibiting: usize,
}

#[derive(Debug, Serialize)]
struct Rule {
    name: Said,
    group: Said,
    kind: &'static str,
    expr: Said,
    error: Option<Said>,
}

#[derive(Debug, Serialize)]
struct Silence {
    id: Said,
    status: String,
    matchers: Vec<Said>,
    from: String,
    until: String,
    author: Said,
    comment: Said,
}

impl Server {
    /// A server with all that it told.
    pub fn of(name: &Text, told: &Told) -> Self {
        Self {
            origin: Said::from(name),
            alerts: told.alerts.iter().map(alert).collect(),
            rules: told.rules.iter().map(rule).collect(),
            silences: told.silences.iter().map(silence).collect(),
        }
    }
}

fn alert(alert: &RemoteAlert) -> Alert {
    Alert {
        id: Said::from(&alert.id),
        name: Said::from(&alert.name()),
        state: alert.state.word(),
        labels: super::alert::map(&alert.labels),
        annotations: super::alert::map(&alert.annotations),
        since: rfc3339(alert.since),
        value: alert.value,
        silenced_by: alert.silenced_by.iter().map(Said::from).collect(),
        inhibiting: alert.n_inhibiting,
    }
}

fn rule(rule: &RemoteRule) -> Rule {
    Rule {
        name: Said::from(&rule.name),
        group: Said::from(&rule.group),
        kind: if rule.is_alert { "alert" } else { "record" },
        expr: Said::from(&rule.expr),
        error: rule.error.as_ref().map(Said::from),
    }
}

fn silence(silence: &RemoteSilence) -> Silence {
    Silence {
        id: Said::from(&silence.id),
        status: silence.status.to_string(),
        matchers: silence.matchers.iter().map(Said::from).collect(),
        from: rfc3339(silence.from),
        until: rfc3339(silence.until),
        author: Said::from(&silence.author),
        comment: Said::from(&silence.comment),
    }
}
