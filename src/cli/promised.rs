//! How long each signal's alert takes to be told, at worst, against the promise of two minutes (SEMANTICS R43).

use chrono::TimeDelta;

use crate::{
    config::{Settings, SignalSource},
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
        series::MetricFormat,
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
    looked_at: TimeDelta,
    evaluation: TimeDelta,
    hold: TimeDelta,
}

/// Signals and rules of the settings whose alert may take longer than two minutes to be told, each with how long and what to
/// do. Routes marked `ticket` promise nothing.
pub(super) fn broken(settings: &Settings) -> Vec<String> {
    let signals = settings.signals.iter().filter(|source| source.signal.threshold.is_some());
    let signals = signals.map(|source| Told {
        what: "signal",
        name: &source.signal.name,
        labels: named(&source.signal.name, [(Text::scrub(SEVERITY), Text::scrub(Severity::Page.word()))].into_iter()),
        looked_at: looked_at(source, settings),
        evaluation: EVALUATION,
        hold: source.signal.hold,
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
    let labels = named(&rule.name, filled);
    Told { what: "alert", name: &rule.name, labels, looked_at: SCRAPE, evaluation: rule.every, hold: rule.hold }
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
    let parts = Parts { scrape: told.looked_at, evaluation: told.evaluation, hold, timing, channel };
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

/// How long until a value is seen: files are looked at every two seconds, another server is asked each `every` and may take
/// its `timeout`. How old its own values are is not known here.
fn looked_at(source: &SignalSource, settings: &Settings) -> TimeDelta {
    let MetricFormat::Remote { server, .. } = &source.format else { return SCRAPE };
    let server = settings.servers.iter().find(|known| known.name == *server);
    server.and_then(|server| server.every.checked_add(&server.timeout)).unwrap_or(SCRAPE)
}
