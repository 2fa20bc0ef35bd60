//! How long each signal's alert takes to be told, at worst, against the promise of two minutes (SEMANTICS R43).

use chrono::TimeDelta;

use crate::{
    config::{Settings, SignalSource},
    domain::{
        alert::{
            ALERTNAME, SEVERITY,
            rule::{AnyRule, Rule},
        },
        expr::Expr,
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
pub(super) fn broken(settings: &Settings, rules: &[AnyRule]) -> Vec<String> {
    let ground = Ground { settings, rules };
    let signals = settings.signals.iter().filter(|source| source.signal.threshold.is_some());
    let signals = signals.map(|source| Told {
        what: "signal",
        name: &source.signal.name,
        labels: paging(&source.signal.name),
        looked_at: looked_at(source, settings),
        evaluation: EVALUATION,
        hold: source.signal.hold,
    });
    let worked_out = settings.computed.iter().map(|(computed, _)| computed);
    let worked_out = worked_out.filter(|computed| computed.signal.threshold.is_some()).map(|computed| Told {
        what: "signal",
        name: &computed.signal.name,
        labels: paging(&computed.signal.name),
        looked_at: ground.age_of(&computed.expr, None, &[&computed.signal.name]),
        evaluation: computed.every,
        hold: computed.signal.hold,
    });
    let alerts = settings.alerts.iter().map(|rule| ground.of_rule(rule));
    signals.chain(worked_out).chain(alerts).filter_map(|told| too_late(&told, settings)).collect()
}

/// The same of rules of rule files: these may be written for a server, so it is no more than worth knowing.
pub(super) fn slow(rules: &[AnyRule], settings: &Settings) -> Vec<String> {
    let ground = Ground { settings, rules };
    let alerts = rules.iter().filter_map(|rule| match rule {
        AnyRule::Alert(rule) => Some(ground.of_rule(rule)),
        AnyRule::Record(_) => None,
    });
    alerts.filter_map(|told| too_late(&told, settings)).collect()
}

/// What a rule's figures may come from.
struct Ground<'a> {
    settings: &'a Settings,
    rules: &'a [AnyRule],
}

impl<'a> Ground<'a> {
    fn of_rule(&self, rule: &'a Rule) -> Told<'a> {
        let filled = rule.labels.iter().map(|(name, value)| (name.clone(), value.fill(f64::NAN, &Labels::default())));
        let labels = named(&rule.name, filled);
        let looked_at = self.age_of(&rule.expr, Some(&rule.group), &[]);
        Told { what: "alert", name: &rule.name, labels, looked_at, evaluation: rule.every, hold: rule.hold }
    }

    /// How old, at worst, what an expression looks at is when it is looked at: that of the slowest of its series. `within` is
    /// the group of rules it is evaluated in; `met` are names on the way here.
    fn age_of(&self, expr: &Expr, within: Option<&Text>, met: &[&Text]) -> TimeDelta {
        let names: Vec<Text> = expr.needs().into_iter().filter_map(|need| need.name).collect();
        names.iter().map(|name| self.age(name, within, met)).fold(SCRAPE, TimeDelta::max)
    }

    fn age(&self, name: &Text, within: Option<&Text>, met: &[&Text]) -> TimeDelta {
        if met.contains(&name) {
            return SCRAPE;
        }
        let met: Vec<&Text> = met.iter().copied().chain([name]).collect();
        let later = |every: TimeDelta, age: TimeDelta| every.checked_add(&age).unwrap_or(TimeDelta::MAX);
        let of_signals = self.settings.signals.iter().filter(|source| source.signal.name == *name);
        let of_signals = of_signals.map(|source| looked_at(source, self.settings));
        let worked_out = self.settings.computed.iter().filter(|(computed, _)| computed.signal.name == *name);
        let worked_out = worked_out.map(|(one, _)| later(one.every, self.age_of(&one.expr, None, &met)));
        let recorded = self.rules.iter().filter_map(|rule| match rule {
            AnyRule::Record(rule) if rule.name == *name => {
                // Those of a group are evaluated together, in their order.
                let every = if within == Some(&rule.group) { TimeDelta::zero() } else { rule.every };
                Some(later(every, self.age_of(&rule.expr, Some(&rule.group), &met)))
            }
            _ => None,
        });
        of_signals.chain(worked_out).chain(recorded).fold(SCRAPE, TimeDelta::max)
    }
}

fn paging(name: &Text) -> Labels {
    named(name, [(Text::scrub(SEVERITY), Text::scrub(Severity::Page.word()))].into_iter())
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
        "{} {}: its alert may take {} to be told by route {}, more than 2 minutes: shorten \
         `for`, group_interval or the `every` of what it looks at, or \
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
