//! One alert of a rule, and what an evaluation makes of it.

use chrono::{DateTime, Utc};

use crate::{
    domain::{
        alert::{
            ALERTNAME, Alert, AlertId, AlertState, Became, Condition, NO_DATA, Transition,
            rule::{NoData, Rule},
            step,
        },
        notify::message::VALUE,
        sample::Labels,
        time::{between, minus, plus},
    },
    text::Text,
};

/// An alert with what only its rule needs to know.
#[derive(Debug, Clone, PartialEq)]
pub struct Instance {
    /// The alert.
    pub alert: Alert,
    /// The last evaluation that had data for it.
    pub judged_at: DateTime<Utc>,
    /// The alert about missing data that stands in its place.
    pub blind: Option<Alert>,
}

/// Labels of an alert: the rule's name, what the rule adds, what is left of the value's. The first of a name holds.
pub(super) fn labels_of(rule: &Rule, value: f64, source: &Labels, more: Option<(&str, &str)>) -> Labels {
    let own = rule.labels.iter().map(|(name, template)| (name.clone(), template.fill(value, source)));
    let is_ours = |name: &Text| rule.labels.iter().any(|(own, _)| own == name);
    let theirs = source.iter().filter(|(name, _)| !is_ours(name));
    let theirs = theirs.map(|(name, value)| (name.clone(), value.clone()));
    let more = more.map(|(name, value)| (Text::scrub(name), Text::scrub(value)));
    [(Text::scrub(ALERTNAME), rule.name.clone())].into_iter().chain(more).chain(own).chain(theirs).collect()
}

fn annotations(rule: &Rule, value: f64, source: &Labels) -> Labels {
    rule.annotations.iter().map(|(name, template)| (name.clone(), template.fill(value, source))).collect()
}

/// What is said of a measured value: one that is no number is written as Prometheus writes it.
fn said(rule: &Rule, value: f64, source: &Labels) -> Labels {
    let annotations = annotations(rule, value, source);
    if value.is_finite() || annotations.get(VALUE).is_some() {
        return annotations;
    }
    let odd = match value {
        _ if value.is_nan() => "NaN",
        _ if value < 0.0 => "-Inf",
        _ => "+Inf",
    };
    let more = [(Text::scrub(VALUE), Text::scrub(odd))];
    annotations.iter().map(|(name, text)| (name.clone(), text.clone())).chain(more).collect()
}

/// What is said of data that is missing: a summary made for a value would read as if there were one.
fn said_of_nothing(rule: &Rule, source: &Labels) -> Labels {
    let annotations = annotations(rule, f64::NAN, source);
    let written = annotations.iter().filter(|(name, _)| !["summary", VALUE].contains(&name.as_str()));
    let summary = (Text::scrub("summary"), Text::scrub(&format!("{}: no data", rule.name)));
    written.map(|(name, text)| (name.clone(), text.clone())).chain([summary]).collect()
}

/// An alert about data that is missing since `since`.
pub(super) fn missing(rule: &Rule, source: &Labels, since: DateTime<Utc>, now: DateTime<Utc>) -> Alert {
    let labels = labels_of(rule, f64::NAN, source, Some((NO_DATA, "true")));
    Alert {
        id: AlertId::of(&rule.name, &labels),
        rule: rule.name.clone(),
        labels,
        annotations: said_of_nothing(rule, source),
        state: AlertState::Firing { since, fired_at: now, kept_since: None, blind_since: None },
        value: f64::NAN,
        since,
        fired_at: Some(now),
        resolved_at: None,
        last_seen: since,
    }
}

/// The transition that ends an alert.
pub(super) fn ended(mut alert: Alert, became: Became, now: DateTime<Utc>) -> Transition {
    alert.state = AlertState::Inactive;
    alert.resolved_at = Some(now);
    Transition { alert, became, at: now }
}

impl Instance {
    /// An alert that is not there yet.
    pub(super) fn new(rule: &Rule, source: &Labels, value: f64, now: DateTime<Utc>) -> Self {
        let labels = labels_of(rule, value, source, None);
        let alert = Alert {
            id: AlertId::of(&rule.name, &labels),
            rule: rule.name.clone(),
            labels,
            annotations: Labels::default(),
            state: AlertState::Inactive,
            value,
            since: now,
            fired_at: None,
            resolved_at: None,
            last_seen: now,
        };
        Self { alert, judged_at: now, blind: None }
    }

    /// Moves on by one evaluation; false once it is over.
    pub(super) fn judge(
        &mut self,
        rule: &Rule,
        (source, condition, value): (&Labels, Condition, Option<f64>),
        told: &mut Vec<Transition>,
        now: DateTime<Utc>,
    ) -> bool {
        let before = self.moved(rule, condition, now);
        self.alert.state = step(before, condition, rule.hold, rule.keep_firing, now);
        if condition != Condition::NoData {
            self.judged_at = now;
            self.alert.last_seen = now;
        }
        if let Some(value) = value {
            self.alert.value = value;
            // Nobody reads what a kept value would say.
            if condition == Condition::True {
                self.alert.annotations = said(rule, value, source);
            }
        }
        let returned = self.blind.take_if(|_| condition != Condition::NoData);
        let was_handed = returned.is_some();
        told.extend(returned.map(|alert| ended(alert, Became::Resolved, now)));
        let became = match (before, self.alert.state) {
            (AlertState::Inactive, AlertState::Inactive) => return false,
            (AlertState::Pending { .. }, AlertState::Inactive) => {
                told.push(ended(self.alert.clone(), Became::Dropped, now));
                return false;
            }
            (AlertState::Firing { .. }, AlertState::Inactive) => {
                told.push(ended(self.alert.clone(), Became::Resolved, now));
                return false;
            }
            (AlertState::Pending { .. }, AlertState::Pending { .. }) => {
                return self.outlives(rule, condition, told, now);
            }
            (_, AlertState::Pending { since }) => {
                self.alert.since = since;
                Became::Pending
            }
            (AlertState::Firing { blind_since: was, .. }, AlertState::Firing { blind_since, .. }) => {
                match (was, blind_since) {
                    _ if was_handed => Became::Firing,
                    (None, Some(_)) => Became::Stale,
                    (Some(_), None) => Became::Seen,
                    (_, Some(since)) => {
                        self.hand_over(rule, source, since, told, now);
                        return true;
                    }
                    (None, None) => return true,
                }
            }
            (_, AlertState::Firing { since, fired_at, .. }) => {
                self.alert.since = since;
                self.alert.fired_at = Some(fired_at);
                Became::Firing
            }
        };
        told.push(Transition { alert: self.alert.clone(), became, at: now });
        true
    }

    /// The state to go on from. What nobody watched does not count towards `for`: a start before a gap of more than two
    /// evaluations moves by the gap (R42).
    fn moved(&self, rule: &Rule, condition: Condition, now: DateTime<Utc>) -> AlertState {
        let gap = between(self.judged_at, now);
        let is_gap = gap > rule.every + rule.every;
        match self.alert.state {
            AlertState::Pending { since } if condition == Condition::True && is_gap => {
                let since = plus(since, gap - rule.every);
                AlertState::Pending { since: since.min(now) }
            }
            state => state,
        }
    }

    /// A pending alert waits for data as long as a firing one does, and no longer: a series that is gone for good was
    /// never an alert.
    fn outlives(&self, rule: &Rule, condition: Condition, told: &mut Vec<Transition>, now: DateTime<Utc>) -> bool {
        let is_gone = condition == Condition::NoData && minus(now, rule.no_data_hold) >= self.judged_at;
        if is_gone {
            told.push(ended(self.alert.clone(), Became::Dropped, now));
        }
        !is_gone
    }

    /// Blind for too long: an alert about that takes its place (R39).
    fn hand_over(
        &mut self,
        rule: &Rule,
        source: &Labels,
        since: DateTime<Utc>,
        told: &mut Vec<Transition>,
        now: DateTime<Utc>,
    ) {
        let is_due = between(since, now) >= rule.no_data_hold && rule.no_data != NoData::Ok;
        if !is_due || self.blind.is_some() {
            return;
        }
        let blind = missing(rule, source, since, now);
        told.push(Transition { alert: self.alert.clone(), became: Became::HandedOver, at: now });
        told.push(Transition { alert: blind.clone(), became: Became::Firing, at: now });
        self.blind = Some(blind);
    }
}
