//! One rule with its alerts.

use std::collections::{BTreeMap, HashSet};

use chrono::{DateTime, Utc};

use crate::domain::{
    alert::{
        Alert, Became, Condition, Transition,
        book::instance::{Instance, ended, labels_of, missing},
        rule::{NoData, Rule},
    },
    expr::Item,
    pool::Pool,
    sample::Labels,
    time::{between, plus},
};

/// The most alerts of one rule; a rule that makes more is a mistake, and says so.
pub const ALERTS_OF_ONE: usize = 5_000;

/// How a rule stands.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Standing {
    /// Its alerts, by the labels of the value.
    pub instances: BTreeMap<Labels, Instance>,
    /// The rule as a whole has had nothing to judge by since then.
    pub blind_since: Option<DateTime<Utc>>,
    /// The alert about that.
    pub blind: Option<Alert>,
    /// Why the last evaluation came to nothing.
    pub error: Option<String>,
    /// The last evaluation.
    pub last_at: Option<DateTime<Utc>>,
    /// How many elements the last evaluation looked at, those that were filtered out among them.
    pub n_judged: usize,
    /// It was taken up again then; until its ranges are full again, "false" may be a lie.
    pub restored_at: Option<DateTime<Utc>>,
}

/// What was measured, by its labels.
type Values = BTreeMap<Labels, f64>;

impl Standing {
    /// Judges the rule once; with `lacking`, why some of what it means is not there, or `doubt`, why some of it may not be what
    /// it was: what is broken is, and nothing is taken for kept.
    pub(super) fn judge(
        &mut self,
        rule: &Rule,
        (items, lacking, doubt): (Result<Vec<Item>, String>, Option<String>, Option<String>),
        pool: &Pool,
        told: &mut Vec<Transition>,
        now: DateTime<Utc>,
    ) {
        self.last_at = Some(now);
        let seen = items.and_then(|items| self.sorted(rule, items));
        let (truths, falses) = match seen {
            Ok(seen) => {
                self.error.clone_from(&lacking);
                seen
            }
            Err(why) => {
                self.n_judged = 0;
                self.error = Some(why);
                (BTreeMap::new(), BTreeMap::new())
            }
        };
        let is_blank = self.error.is_some();
        let is_short = self.is_filling(rule, pool, now) || lacking.is_some();
        let (is_doubtful, mut is_held) = (is_short || doubt.is_some(), false);
        // Where nothing is compared, that there is something is the condition.
        let is_kept_without = !is_blank && (rule.no_data == NoData::Ok || !rule.expr.is_condition());
        self.instances.retain(|source, instance| {
            let (condition, value) = match (truths.get(source), falses.get(source)) {
                (Some(value), _) => (Condition::True, Some(*value)),
                (None, Some(_)) if is_doubtful => {
                    is_held |= !is_short;
                    (Condition::NoData, None)
                }
                (None, Some(value)) => (Condition::False, Some(*value)),
                (None, None) if is_kept_without && !is_doubtful => (Condition::False, None),
                (None, None) => {
                    is_held |= is_kept_without && !is_short;
                    (Condition::NoData, None)
                }
            };
            instance.judge(rule, (source, condition, value), told, now)
        });
        self.error = self.error.take().or(doubt.filter(|_| is_held));
        for (source, value) in truths {
            if self.instances.contains_key(&source) {
                continue;
            }
            if self.instances.len() >= ALERTS_OF_ONE {
                self.error = Some(format!("more than {ALERTS_OF_ONE} alerts: the rest is left out"));
                break;
            }
            let mut instance = Instance::new(rule, &source, value, now);
            if instance.judge(rule, (&source, Condition::True, Some(value)), told, now) {
                self.instances.insert(source, instance);
            }
        }
        self.watch_data(rule, told, now);
    }

    /// Sorts what was found into broken and kept.
    fn sorted(&mut self, rule: &Rule, items: Vec<Item>) -> Result<(Values, Values), String> {
        self.n_judged = items.len();
        let (mut truths, mut falses) = (BTreeMap::new(), BTreeMap::new());
        for item in items {
            if !item.is_kept {
                if !self.instances.is_empty() && self.instances.contains_key(&item.labels) {
                    falses.insert(item.labels, item.value);
                }
            } else if truths.insert(item.labels.clone(), item.value).is_some() {
                return Err(format!("two alerts would have the same labels {}", item.labels));
            }
        }
        // Two values may become one alert by what the rule does to their labels.
        if truths.len() > 1 && !rule.labels.is_empty() {
            let mut seen = HashSet::new();
            for (source, value) in &truths {
                let labels = labels_of(rule, *value, source, None);
                if !seen.insert(labels.clone()) {
                    return Err(format!("two alerts would have the same labels {labels}"));
                }
            }
        }
        Ok((truths, falses))
    }

    /// Whether the ranges of a rule that was taken up again are not full yet.
    fn is_filling(&mut self, rule: &Rule, pool: &Pool, now: DateTime<Utc>) -> bool {
        let Some(restored_at) = self.restored_at else { return false };
        let at_ms = now.timestamp_millis();
        let is_short = rule.expr.needs().iter().any(|need| {
            let range = chrono::TimeDelta::milliseconds(need.range_ms);
            let is_early = now < plus(restored_at, range);
            is_early
                && pool.oldest(need.name.as_ref()).is_none_or(|oldest| oldest > at_ms.saturating_sub(need.range_ms))
        });
        if !is_short {
            self.restored_at = None;
        }
        is_short
    }

    /// A rule that never has anything to judge by says so where it is asked to.
    fn watch_data(&mut self, rule: &Rule, told: &mut Vec<Transition>, now: DateTime<Utc>) {
        if self.n_judged > 0 || !self.instances.is_empty() {
            self.blind_since = None;
            told.extend(self.blind.take().map(|alert| ended(alert, Became::Resolved, now)));
            return;
        }
        let since = *self.blind_since.get_or_insert(now);
        if rule.no_data == NoData::Alert && self.blind.is_none() && between(since, now) >= rule.no_data_hold {
            let alert = missing(rule, &Labels::default(), since, now);
            told.push(Transition { alert: alert.clone(), became: Became::Firing, at: now });
            self.blind = Some(alert);
        }
    }

    /// Walks what fires or is pending. An alert that was handed over is told by the one in its place.
    pub(super) fn alerts(&self) -> impl Iterator<Item = &Alert> {
        let own = self.instances.values().map(|instance| instance.blind.as_ref().unwrap_or(&instance.alert));
        own.chain(&self.blind)
    }
}
