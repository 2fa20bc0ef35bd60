//! Alerts: what a rule says of one set of labels, from the first broken evaluation until it is over (SEMANTICS section 6).

pub mod abroad;
pub mod alarm;
pub mod book;
pub mod rule;
mod step;
pub mod template;

use std::fmt;

use chrono::{DateTime, Utc};

pub use self::step::{AlertState, Condition, step};
use crate::{domain::sample::Labels, text::Text};

/// Names an alert for as long as its rule and labels stay the same, across restarts and machines: the FNV-1a hash of
/// its labels, `alertname` among them. It is the key by which receivers tell a repetition from a new alert (R43).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AlertId(pub u64);

impl AlertId {
    /// Hashes a rule's name and labels; the order in which labels were written does not matter.
    pub fn of(rule: &Text, labels: &Labels) -> Self {
        let mut hash = 0xcbf2_9ce4_8422_2325_u64;
        let mut eat = |word: &str| {
            // 0xff is in no UTF-8 text: `ab`+`c` and `a`+`bc` differ.
            for byte in word.bytes().chain([0xff]) {
                hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
            }
        };
        eat(rule.as_str());
        for (name, value) in labels.iter() {
            eat(name.as_str());
            eat(value.as_str());
        }
        Self(hash)
    }
}

impl fmt::Display for AlertId {
    /// Sixteen hexadecimal digits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// One alert: a rule's name with one set of labels.
#[derive(Debug, Clone, PartialEq)]
pub struct Alert {
    /// What tells it from all others.
    pub id: AlertId,
    /// The rule's name, as written; also its label `alertname`.
    pub rule: Text,
    /// Its labels: those of the value, those the rule adds, `alertname`, `severity` where the rule has one.
    ///
    /// An alert about missing data has `no_data="true"` among them.
    pub labels: Labels,
    /// What the rule says about it, filled in: `summary`, `description`, `runbook_url`.
    pub annotations: Labels,
    /// Where it stands; resolved is [`AlertState::Inactive`] with `resolved_at`.
    pub state: AlertState,
    /// What was measured at the last evaluation that could measure; NaN where there never was one.
    pub value: f64,
    /// The first broken evaluation of this run.
    pub since: DateTime<Utc>,
    /// When it began to fire; nothing while it is pending.
    pub fired_at: Option<DateTime<Utc>>,
    /// When it was over; nothing before that.
    pub resolved_at: Option<DateTime<Utc>>,
    /// The last evaluation that had data for it.
    pub last_seen: DateTime<Utc>,
}

impl Alert {
    /// Whether it fires, with or without fresh data.
    pub fn is_firing(&self) -> bool {
        matches!(self.state, AlertState::Firing { .. })
    }

    /// Since when it fires without data to judge by; nothing where it is judged (R39).
    pub fn stale_since(&self) -> Option<DateTime<Utc>> {
        match self.state {
            AlertState::Firing { blind_since, .. } => blind_since,
            AlertState::Inactive | AlertState::Pending { .. } => None,
        }
    }

    /// Whether it is about data that is missing.
    pub fn is_no_data(&self) -> bool {
        self.labels.get(NO_DATA).is_some()
    }

    /// How grave the rule says it is: the label `severity`.
    pub fn severity(&self) -> Option<&Text> {
        self.labels.get(SEVERITY)
    }

    /// Where to read what to do: the annotation `runbook_url` (R44).
    pub fn runbook(&self) -> Option<&Text> {
        self.annotations.get(RUNBOOK)
    }

    /// What is wrong in one line: the annotation `summary`, else the rule's name.
    pub fn summary(&self) -> &Text {
        self.annotations.get("summary").unwrap_or(&self.rule)
    }
}

/// The label that marks an alert about data that is missing; its value is `true`.
pub const NO_DATA: &str = "no_data";

/// The label with the rule's name.
pub const ALERTNAME: &str = "alertname";

/// The label that says how grave an alert is.
pub const SEVERITY: &str = "severity";

/// The annotation that says where to read what to do.
pub const RUNBOOK: &str = "runbook_url";

/// What an alert became at one evaluation. Pending alerts that end without having fired tell [`Became::Dropped`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Became {
    /// Broken, and not yet for long enough.
    Pending,
    /// It fires, for the first time or again.
    Firing,
    /// It goes on firing, without data to judge by.
    Stale,
    /// It fires with data again.
    Seen,
    /// It was blind for longer than `no_data_hold`: an alert with `no_data="true"` fires in its place. Not an end: nobody
    /// knows whether it is over.
    HandedOver,
    /// It fired and is over.
    Resolved,
    /// It was pending and is over.
    Dropped,
}

/// One alert's step from one state to another.
#[derive(Debug, Clone, PartialEq)]
pub struct Transition {
    /// The alert as it stands after the step.
    pub alert: Alert,
    /// What it became.
    pub became: Became,
    /// The evaluation at which it did.
    pub at: DateTime<Utc>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(pairs: &[(&str, &str)]) -> Labels {
        pairs.iter().map(|(name, value)| (Text::scrub(name), Text::scrub(value))).collect()
    }

    #[test]
    fn the_same_labels_in_any_order_are_the_same_alert() {
        let rule = Text::scrub("High");
        let one = AlertId::of(&rule, &labels(&[("a", "1"), ("b", "2")]));
        assert_eq!(one, AlertId::of(&rule, &labels(&[("b", "2"), ("a", "1")])));
        assert_ne!(one, AlertId::of(&rule, &labels(&[("a", "12"), ("b", "")])));
        assert_ne!(one, AlertId::of(&Text::scrub("Higher"), &labels(&[("a", "1"), ("b", "2")])));
        assert_eq!(AlertId(255).to_string(), "00000000000000ff");
    }
}
