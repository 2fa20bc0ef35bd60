//! Everything that fires or is about to, whatever judges it: rules, bounds of signals, objectives.

use chrono::{DateTime, Utc};

use crate::{
    domain::{
        alert::{
            ALERTNAME, Alert, AlertId, AlertState, Condition, NO_DATA, RUNBOOK, SEVERITY, rule::AnyRule,
            template::Template,
        },
        notify::message::{BOUND, DRILL, DRILL_ID, VALUE},
        sample::Labels,
        series::{Reading, Side, Signal, figure},
        slo::burn::Severity,
        stats::noise::Page,
        time::short_span,
    },
    floor::{
        Floor,
        freshness::{Feed, RULES, Source},
        metrics::Gauge,
        slos::Watched,
    },
    text::Text,
};

/// The label with the service something is promised of.
const SERVICE: &str = "service";

/// The label with the objective's name.
const SLO: &str = "slo";

impl Floor {
    /// Every alert that fires or is pending: those of rules first, then bounds of signals, then objectives. None comes
    /// twice.
    pub fn alarms(&self, now: DateTime<Utc>) -> Vec<Alert> {
        let of_rules = self.book().alerts().cloned();
        let of_gauges = self.gauges().iter().filter(|gauge| gauge.signal.threshold.is_some());
        let of_gauges = of_gauges.map(|gauge| {
            let own = of_gauge(gauge, now);
            // What nothing is there to judge by fires on with whoever saw it begin (R39): a process that came later goes by that.
            let is_blind = own.state == AlertState::Inactive && !matches!(gauge.reading(now), Reading::Fresh(_));
            is_blind.then(|| self.fired_elsewhere(own.id)).flatten().cloned().unwrap_or(own)
        });
        let of_slos = self.slos().iter().flat_map(|watched| of_slo(watched, now));
        let mut seen = std::collections::BTreeSet::new();
        let all = of_rules.chain(of_gauges).chain(of_slos);
        all.filter(|alert| alert.state != AlertState::Inactive && seen.insert(alert.id)).collect()
    }

    /// What people are told of: every alert, and the duties that are due or late. Those have a page of their own, and are
    /// no incidents.
    pub fn told_of(&self, now: DateTime<Utc>) -> Vec<Alert> {
        let mut all = self.alarms(now);
        all.extend(self.duty_alerts(now));
        all
    }

    /// What fired, of rules, bounds and objectives: each time is a page. Of objectives only what fires now is known.
    pub fn pages(&self, now: DateTime<Utc>) -> Vec<(Text, Page)> {
        let mut pages = self.book().pages();
        let page = |alert: &Alert, at: DateTime<Utc>, resolved_at: Option<DateTime<Utc>>| {
            let is_acked = resolved_at.is_none() && self.taken_on(alert.id).is_some();
            let key = Text::scrub(&format!("{}{}", alert.rule, alert.labels));
            (alert.rule.clone(), Page { key, at, resolved_at, is_acked, is_actionable: is_acked })
        };
        for gauge in self.gauges().iter().filter(|gauge| gauge.signal.threshold.is_some()) {
            let alert = of_gauge(gauge, now);
            pages.extend(gauge.ended_runs().map(|run| page(&alert, run.fired_at, Some(run.until))));
            pages.extend(alert.fired_at.map(|at| page(&alert, at, None)));
        }
        for alert in self.slos().iter().flat_map(|watched| of_slo(watched, now)) {
            pages.extend(alert.fired_at.map(|at| page(&alert, at, None)));
        }
        pages
    }

    /// Whether nothing is there to judge an alert by: that it does not fire then says nothing (R39). One in whose place an alert
    /// about missing data stands is neither over for it.
    pub fn is_blind_to(&self, alert: &Alert, now: DateTime<Utc>) -> bool {
        if self.book().is_handed_over(alert.id) {
            return true;
        }
        let of_gauge =
            self.gauges().iter().filter(|gauge| gauge.signal.threshold.is_some() && gauge.signal.name == alert.rule);
        if of_gauge
            .into_iter()
            .any(|gauge| of_gauge_id(gauge) == alert.id && !matches!(gauge.reading(now), Reading::Fresh(_)))
        {
            return true;
        }
        if self.is_blind_to_duty(alert) || self.is_without_its_rule(alert) {
            return true;
        }
        self.slos().iter().filter(|watched| watched.slo.name == alert.rule).any(|watched| {
            let is_this = of_slo(watched, now).iter().any(|known| known.id == alert.id);
            let severity =
                Severity::ALL.into_iter().find(|one| alert.severity().is_some_and(|s| s.as_str() == one.word()));
            let judged = watched.standing.as_ref().zip(severity);
            let is_unknown = judged.is_none_or(|(standing, severity)| {
                // What it fired by is gone, and what came since is not enough to say that it is over.
                let is_gone = standing.since.is_none_or(|since| alert.since < since);
                standing.condition(severity) == Condition::NoData || (is_gone && standing.is_short_for(severity, now))
            });
            is_this && !alert.is_no_data() && is_unknown
        })
    }

    /// Whether nobody has the rule of an alert any more, while not all rule files could be read: it may stand there.
    fn is_without_its_rule(&self, alert: &Alert) -> bool {
        let is_unread =
            |source: &Source| source.name.as_str() == RULES && (source.heard_at.is_none() || !source.is_whole());
        self.sources_of(Feed::Metrics).any(is_unread)
            && !self.gauges().iter().any(|gauge| gauge.signal.name == alert.rule)
            && !self.slos().iter().any(|watched| watched.slo.name == alert.rule)
            && !self.book().rules().any(|view| *view.rule.name() == alert.rule)
    }

    /// Whether this very run of a bound's alert is known to be over, even where the bound is broken again by now.
    pub fn has_ended(&self, alert: &Alert) -> bool {
        let of_rule = self.gauges().iter().filter(|gauge| gauge.signal.name == alert.rule);
        of_rule.into_iter().any(|gauge| of_gauge_id(gauge) == alert.id && gauge.has_ended(alert.since))
    }

    /// A rehearsal of an alert that is configured: as it would be told, marked. Without a name the first bound, rule or
    /// objective that has a runbook; where nothing is configured, an alert of nothing. `number` tells it from the one before.
    ///
    /// # Errors
    /// Nothing is called like that.
    pub fn rehearsed(&self, name: Option<&str>, number: u64, now: DateTime<Utc>) -> Result<Alert, String> {
        let of_rules = self.book().rules().filter_map(|view| of_rule(view.rule, now));
        let of_gauges = self.gauges().iter().filter(|gauge| gauge.signal.threshold.is_some());
        let of_gauges = of_gauges.map(|gauge| of_gauge(gauge, now));
        let of_slos = self.slos().iter().filter_map(|watched| of_slo(watched, now).into_iter().next());
        let mut all: Vec<Alert> = of_gauges.chain(of_rules).chain(of_slos).collect();
        all.sort_by_key(|alert| alert.runbook().is_none());
        let mut meant = all.into_iter().filter(|alert| name.is_none_or(|name| alert.rule.as_str() == name));
        let alert = match (meant.next(), name) {
            (Some(alert), _) => alert,
            (None, Some(name)) => {
                return Err(format!("no signal with a bound, no rule and no objective is called {name}"));
            }
            (None, None) => {
                let rule = Text::scrub("Drill");
                let labels = named([(ALERTNAME, rule.clone()), (SEVERITY, Text::scrub(Severity::Page.word()))]);
                alert_of(&rule, labels, Labels::default(), AlertState::Inactive, None, now)
            }
        };
        Ok(marked(&alert, number, now))
    }
}

/// The alert, firing now and marked as a rehearsal.
fn marked(alert: &Alert, number: u64, now: DateTime<Utc>) -> Alert {
    let own = [(DRILL, Text::scrub("true")), (DRILL_ID, Text::scrub(&format!("{number:x}")))];
    let kept = alert.labels.iter().filter(|(name, _)| ![DRILL, DRILL_ID].contains(&name.as_str()));
    let labels: Labels = own
        .map(|(name, value)| (Text::scrub(name), value))
        .into_iter()
        .chain(kept.map(|(n, v)| (n.clone(), v.clone())))
        .collect();
    let summary = Text::scrub(&format!("DRILL, nothing is wrong: {}", alert.summary()));
    // The first of a name holds.
    let said = [(Text::scrub("summary"), summary)].into_iter();
    let annotations = said.chain(alert.annotations.iter().map(|(n, v)| (n.clone(), v.clone()))).collect();
    Alert {
        id: AlertId::of(&alert.rule, &labels),
        labels,
        annotations,
        state: AlertState::Firing { since: now, fired_at: now, kept_since: None, blind_since: None },
        since: now,
        fired_at: Some(now),
        resolved_at: None,
        last_seen: now,
        ..alert.clone()
    }
}

/// An alert of a rule as it would be without anything measured.
fn of_rule(rule: &AnyRule, now: DateTime<Utc>) -> Option<Alert> {
    let AnyRule::Alert(rule) = rule else { return None };
    let fill = |(name, template): &(Text, Template)| (name.clone(), template.outline());
    let name = [(Text::scrub(ALERTNAME), rule.name.clone())];
    let labels = name.into_iter().chain(rule.labels.iter().map(fill)).collect();
    let annotations = rule.annotations.iter().map(fill).collect();
    Some(alert_of(&rule.name, labels, annotations, AlertState::Inactive, None, now))
}

/// An alert that no rule of the book judges.
pub(super) fn alert_of(
    rule: &Text,
    labels: Labels,
    annotations: Labels,
    state: AlertState,
    value: Option<(f64, DateTime<Utc>)>,
    now: DateTime<Utc>,
) -> Alert {
    let (since, fired_at) = match state {
        AlertState::Firing { since, fired_at, .. } => (since, Some(fired_at)),
        AlertState::Pending { since } => (since, None),
        AlertState::Inactive => (now, None),
    };
    Alert {
        id: AlertId::of(rule, &labels),
        rule: rule.clone(),
        labels,
        annotations,
        state,
        value: value.map_or(f64::NAN, |(value, _)| value),
        since,
        fired_at,
        resolved_at: None,
        last_seen: value.map_or(since, |(_, at)| at),
    }
}

/// The labels of a bound's alert.
fn labels_of(signal: &Signal) -> Labels {
    named([(ALERTNAME, signal.name.clone()), (SEVERITY, Text::scrub(Severity::Page.word()))])
}

pub(super) fn of_gauge_id(gauge: &Gauge) -> AlertId {
    AlertId::of(&gauge.signal.name, &labels_of(&gauge.signal))
}

/// The alert of a signal's bound as it stands. A bound wakes somebody: its severity is `page`.
pub fn of_gauge(gauge: &Gauge, now: DateTime<Utc>) -> Alert {
    let signal = &gauge.signal;
    let last = gauge.series.last();
    let measured = last.map(|sample| (VALUE, with_unit(&figure(sample.value), signal)));
    let bound = bound_of(signal).map(|bound| (BOUND, bound));
    let runbook = signal.runbook.clone().map(|runbook| (RUNBOOK, runbook));
    let annotations = named(runbook.into_iter().chain(bound).chain(measured));
    alert_of(
        &signal.name,
        labels_of(signal),
        annotations,
        gauge.alert,
        last.map(|sample| (sample.value, sample.at())),
        now,
    )
}

/// The alerts of an objective as they stand: page, ticket, and silence.
pub fn of_slo(watched: &Watched, now: DateTime<Utc>) -> Vec<Alert> {
    let slo = &watched.slo;
    let labels = |severity: Severity, is_absent: bool| {
        let pairs = [
            (ALERTNAME, slo.name.clone()),
            (SLO, slo.name.clone()),
            (SERVICE, slo.service.clone()),
            (SEVERITY, Text::scrub(severity.word())),
        ];
        named(pairs.into_iter().chain(is_absent.then(|| (NO_DATA, Text::scrub("true")))))
    };
    let runbook = || slo.runbook.clone().map(|runbook| (RUNBOOK, runbook));
    let of_burn = |severity: Severity| {
        // The rate and its limit are of one row: that which fires, otherwise the first that would.
        let rows =
            || watched.standing.iter().flat_map(|standing| &standing.rows).filter(|it| it.row.severity == severity);
        let row = rows().find(|row| row.condition == Condition::True).or_else(|| rows().next());
        let rate = row.and_then(|row| row.rates.0).map(|rate| rate.to_f64());
        let long = row.map(|row| short_span(row.row.long)).unwrap_or_default();
        let summary = format!("{}: the error budget burns too fast", slo.name);
        let bound = row.map(|row| format!("burn rate above {}", figure(row.factor.to_f64())));
        let pairs = [("summary", Text::scrub(&summary))].into_iter().chain(runbook());
        let pairs = pairs.chain(bound.map(|bound| (BOUND, Text::scrub(&bound))));
        let said = rate.map(|rate| Text::scrub(&format!("burn rate {} over {long}", figure(rate))));
        let pairs = pairs.chain(said.map(|said| (VALUE, said)));
        let value = rate.map(|rate| (rate, watched.standing.as_ref().and_then(|s| s.heard_at).unwrap_or(now)));
        alert_of(&slo.name, labels(severity, false), named(pairs), watched.alert(severity), value, now)
    };
    let summary = format!("{}: nothing is heard that could be judged", slo.name);
    let pairs = [("summary", Text::scrub(&summary))].into_iter().chain(runbook());
    let absent = alert_of(&slo.name, labels(Severity::Page, true), named(pairs), watched.absent, None, now);
    Severity::ALL.map(of_burn).into_iter().chain([absent]).collect()
}

/// Labels of these names.
pub(super) fn named<'a>(pairs: impl IntoIterator<Item = (&'a str, Text)>) -> Labels {
    pairs.into_iter().map(|(name, value)| (Text::scrub(name), value)).collect()
}

fn bound_of(signal: &Signal) -> Option<Text> {
    let threshold = signal.threshold?;
    let side = match threshold.bad {
        Side::Above => "above",
        Side::Below => "below",
    };
    Some(Text::scrub(&format!("{side} {}", with_unit(&figure(threshold.bound), signal))))
}

fn with_unit(figure: &str, signal: &Signal) -> Text {
    Text::scrub(format!("{figure} {}", signal.unit).trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::{sla::Policy, trouble::Trouble, zone::Zone},
        floor::fact::{Fact, SourceId},
    };

    #[test]
    fn an_alert_whose_rule_stands_in_a_file_that_cannot_be_read_is_not_over() {
        let now = DateTime::from_timestamp(1_795_165_200, 0).unwrap();
        let rules = Source::new(Text::scrub(RULES), Feed::Metrics, chrono::TimeDelta::seconds(2));
        let mut floor = Floor::new(Text::default(), Zone::utc(), Policy::standard(), vec![rules]);
        let labels = Labels::new([(Text::scrub(ALERTNAME), Text::scrub("Down"))]);
        let alert =
            alert_of(&Text::scrub("Down"), labels, Labels::default(), AlertState::Pending { since: now }, None, now);
        assert!(floor.is_blind_to(&alert, now), "nobody has looked yet");
        let source = SourceId(0);
        floor.apply(Fact::Failed { source, trouble: Trouble::Garbled, why: Text::scrub("r.yml: no YAML") }, now);
        assert!(floor.is_blind_to(&alert, now));
        floor.apply(Fact::Unchanged { source, budget: None }, now);
        assert!(!floor.is_blind_to(&alert, now), "all was read, and nobody asks for it any more");
    }
}
