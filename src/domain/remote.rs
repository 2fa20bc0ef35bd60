//! Alerts, rules and silences of other servers: a Prometheus, an Alertmanager. They are shown with their origin; nothing here
//! judges them.

use std::fmt;

use chrono::{DateTime, Utc};

use crate::{domain::sample::Labels, text::Text};

/// Where an alert of another server stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum RemoteState {
    /// It fires, and people are told.
    Firing,
    /// It fires, and a silence or another alert holds it back.
    Suppressed,
    /// Broken, and not yet for long enough.
    Pending,
}

impl RemoteState {
    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Firing => "firing",
            Self::Suppressed => "suppressed",
            Self::Pending => "pending",
        }
    }
}

/// An alert that another server tells of.
#[derive(Debug, Clone, PartialEq)]
pub struct RemoteAlert {
    /// The server's own name for it; of a Prometheus, which has none, the labels as they are written.
    pub id: Text,
    /// Its labels, `alertname` among them.
    pub labels: Labels,
    /// What the rule says about it.
    pub annotations: Labels,
    /// Where it stands.
    pub state: RemoteState,
    /// Since when it is broken, by the server's clock.
    pub since: DateTime<Utc>,
    /// What was measured; nothing where the server does not say or it is no finite number.
    pub value: Option<f64>,
    /// Ids of the silences that hold it back.
    pub silenced_by: Vec<Text>,
    /// How many other alerts hold it back.
    pub n_inhibiting: usize,
}

impl RemoteAlert {
    /// The rule's name; blank where the alert has none.
    pub fn name(&self) -> Text {
        self.labels.get("alertname").cloned().unwrap_or_default()
    }
}

/// A rule that another server evaluates.
#[derive(Debug, Clone, PartialEq)]
pub struct RemoteRule {
    /// Its name.
    pub name: Text,
    /// The group it stands in.
    pub group: Text,
    /// Whether it makes alerts; otherwise it records a series.
    pub is_alert: bool,
    /// The expression as the server writes it.
    pub expr: Text,
    /// Why the server could not evaluate it; nothing where it could.
    pub error: Option<Text>,
}

/// Where a silence of another server stands, in its word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RemoteStatus {
    /// It has not begun.
    Pending,
    /// It holds.
    Active,
    /// It is over.
    Expired,
}

impl fmt::Display for RemoteStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pending => "pending",
            Self::Active => "active",
            Self::Expired => "expired",
        })
    }
}

/// A silence that stands in another server.
#[derive(Debug, Clone, PartialEq)]
pub struct RemoteSilence {
    /// The server's name for it.
    pub id: Text,
    /// Its matchers as they are written: `env="prod"`.
    pub matchers: Vec<Text>,
    /// When it begins.
    pub from: DateTime<Utc>,
    /// When it is over.
    pub until: DateTime<Utc>,
    /// Who wants it.
    pub author: Text,
    /// Why.
    pub comment: Text,
    /// Where it stands, as the server says.
    pub status: RemoteStatus,
}

/// What one server told, the last time it answered.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Told {
    /// Its alerts.
    pub alerts: Vec<RemoteAlert>,
    /// Its rules.
    pub rules: Vec<RemoteRule>,
    /// Its silences that are not over.
    pub silences: Vec<RemoteSilence>,
    /// Whether it is an Alertmanager: it knows what is held back, and takes silences.
    pub is_manager: bool,
}

impl Told {
    /// Puts together what the servers of a pair told: an alert that both know is one alert, with the silences of both; it
    /// is held back only where every server that knows it holds it back. A silence that both know is one.
    pub fn joined(parts: Vec<Self>) -> Self {
        let mut whole = Self::default();
        for part in parts {
            for alert in part.alerts {
                match whole.alerts.iter_mut().find(|known| known.labels == alert.labels) {
                    Some(known) => {
                        known.state = known.state.min(alert.state);
                        known.since = known.since.min(alert.since);
                        known.n_inhibiting = known.n_inhibiting.max(alert.n_inhibiting);
                        let new = alert.silenced_by.into_iter().filter(|id| !known.silenced_by.contains(id));
                        let new: Vec<Text> = new.collect();
                        known.silenced_by.extend(new);
                    }
                    None => whole.alerts.push(alert),
                }
            }
            for silence in part.silences {
                if !whole.silences.iter().any(|known| known.id == silence.id) {
                    whole.silences.push(silence);
                }
            }
            whole.rules.extend(part.rules);
            whole.is_manager |= part.is_manager;
        }
        whole
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alert(name: &str, state: RemoteState, silenced_by: &[&str]) -> RemoteAlert {
        RemoteAlert {
            id: Text::scrub("f00"),
            labels: [(Text::scrub("alertname"), Text::scrub(name))].into_iter().collect(),
            annotations: Labels::default(),
            state,
            since: DateTime::from_timestamp(100, 0).unwrap(),
            value: None,
            silenced_by: silenced_by.iter().map(|id| Text::scrub(id)).collect(),
            n_inhibiting: 0,
        }
    }

    #[test]
    fn an_alert_that_both_of_a_pair_know_is_one_and_held_back_only_where_both_hold_it_back() {
        let told = |alerts| Told { alerts, ..Told::default() };
        let firing = told(vec![alert("a", RemoteState::Firing, &[])]);
        let held =
            told(vec![alert("a", RemoteState::Suppressed, &["s1"]), alert("b", RemoteState::Suppressed, &["s1"])]);
        let joined = Told::joined(vec![firing, held.clone()]);
        let states: Vec<_> = joined.alerts.iter().map(|alert| (alert.name().to_string(), alert.state)).collect();
        assert_eq!(states, [("a".to_owned(), RemoteState::Firing), ("b".to_owned(), RemoteState::Suppressed)]);
        assert_eq!(joined.alerts[0].silenced_by, [Text::scrub("s1")]);
        let both = Told::joined(vec![held.clone(), held]);
        assert!(both.alerts.len() == 2 && both.alerts.iter().all(|alert| alert.silenced_by.len() == 1));
    }
}
