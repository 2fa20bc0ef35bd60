//! How long each signal's alert takes to be told, at worst, against the promise of two minutes (SEMANTICS R43).

use chrono::TimeDelta;

use crate::{
    config::Settings,
    domain::{
        alert::{
            ALERTNAME, SEVERITY,
            rule::{AnyRule, Rule},
        },
        notify::{
            Parts, Route,
            latency::{excess, worst},
            matcher::all_fit,
        },
        sample::Labels,
        slo::burn::Severity,
        time::near_span,
    },
    shell::channels::duty::SCRAPE,
    text::Text,
};

/// Between two evaluations of a bound: each second.
pub(super) const EVALUATION: TimeDelta = TimeDelta::seconds(1);

/// What is told, and how long it takes until it fires.
struct Told<'a> {
    what: &'static str,
    name: &'a Text,
    labels: Labels,
    evaluation: TimeDelta,
    hold: TimeDelta,
}

/// Signals and rules of the settings whose alert may take longer than two minutes to be told, each with how long and what to
/// do. Routes marked `ticket` promise nothing.
pub(super) fn broken(settings: &Settings) -> Vec<String> {
    let signals = settings.signals.iter().map(|source| &source.signal).filter(|signal| signal.threshold.is_some());
    let signals = signals.map(|signal| Told {
        what: "signal",
        name: &signal.name,
        labels: named(&signal.name, [(Text::scrub(SEVERITY), Text::scrub(Severity::Page.word()))].into_iter()),
        evaluation: EVALUATION,
        hold: signal.hold,
    });
    let alerts = settings.alerts.iter().map(of_rule);
    signals.chain(alerts).filter_map(|told| too_late(&told, settings)).collect()
}

/// The same of rules of rule files: these may be written for a server, so it is no more than worth knowing.
pub(super) fn slow(rules: &[AnyRule], settings: &Settings) -> Vec<String> {
    let alerts = rules.iter().filter_map(|rule| match rule {
        AnyRule::Alert(rule) => Some(of_rule(rule)),
        AnyRule::Record(_) => None,
    });
    alerts.filter_map(|told| too_late(&told, settings)).collect()
}

fn of_rule(rule: &Rule) -> Told<'_> {
    let filled = rule.labels.iter().map(|(name, value)| (name.clone(), value.fill(f64::NAN, &Labels::default())));
    Told { what: "alert", name: &rule.name, labels: named(&rule.name, filled), evaluation: rule.every, hold: rule.hold }
}

fn named(name: &Text, more: impl Iterator<Item = (Text, Text)>) -> Labels {
    std::iter::once((Text::scrub(ALERTNAME), name.clone())).chain(more).collect()
}

fn too_late(told: &Told<'_>, settings: &Settings) -> Option<String> {
    let notify = &settings.notify;
    let fits = |route: &&Route| all_fit(&route.matchers, &told.labels);
    let route = notify.plan.routes.iter().find(fits).or(notify.plan.routes.last())?;
    let timeouts = notify.channels.iter().filter(|channel| route.channels.contains(&channel.name));
    let channel = timeouts.map(|channel| channel.timeout).max().unwrap_or_default();
    let (hold, timing) = (told.hold, route.timing);
    let parts = Parts { scrape: SCRAPE, evaluation: told.evaluation, hold, timing, channel };
    excess(parts).filter(|_| !route.is_ticket)?;
    Some(format!(
        "{} {}: its alert may take {} to be told by route {}, more than 2 minutes: shorten `for` or group_interval, or \
         write ticket = true in the route",
        told.what,
        told.name,
        near_span(worst(parts)),
        route.name
    ))
}
