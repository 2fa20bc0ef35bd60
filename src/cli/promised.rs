//! How long each signal's alert takes to be told, at worst, against the promise of two minutes (SEMANTICS R43).

use chrono::TimeDelta;

use crate::{
    config::{Settings, SignalSource},
    domain::{
        alert::ALERTNAME,
        notify::{
            Parts, Route,
            latency::{excess, worst},
            matcher::all_fit,
        },
        sample::Labels,
        series::MetricFormat,
        time::near_span,
    },
    shell::channels::duty::SCRAPE,
    text::Text,
};

/// Between two evaluations: each second.
const EVALUATION: TimeDelta = TimeDelta::seconds(1);

/// Signals whose alert may take longer than two minutes to be told, each with how long and what to do. Routes marked
/// `ticket` promise nothing.
pub(super) fn broken(settings: &Settings) -> Vec<String> {
    let notify = &settings.notify;
    let mut broken = Vec::new();
    for source in settings.signals.iter().filter(|source| source.signal.threshold.is_some()) {
        let signal = &source.signal;
        let labels: Labels = [(Text::scrub(ALERTNAME), signal.name.clone())].into_iter().collect();
        let fits = |route: &&Route| all_fit(&route.matchers, &labels);
        let Some(route) = notify.plan.routes.iter().find(fits).or(notify.plan.routes.last()) else { continue };
        let timeouts = notify.channels.iter().filter(|channel| route.channels.contains(&channel.name));
        let channel = timeouts.map(|channel| channel.timeout).max().unwrap_or_default();
        let (hold, timing) = (signal.hold, route.timing);
        let parts = Parts { scrape: looked_at(source, settings), evaluation: EVALUATION, hold, timing, channel };
        if !route.is_ticket && excess(parts).is_some() {
            broken.push(format!(
                "signal {}: its alert may take {} to be told by route {}, more than 2 minutes: shorten `for` or \
                 group_interval, or write ticket = true in the route",
                signal.name,
                near_span(worst(parts)),
                route.name
            ));
        }
    }
    broken
}

/// How long until a value is seen: files are looked at every two seconds, another server is asked each `every` and may take
/// its `timeout`. How old its own values are is not known here.
fn looked_at(source: &SignalSource, settings: &Settings) -> TimeDelta {
    let MetricFormat::Remote { server, .. } = &source.format else { return SCRAPE };
    let server = settings.servers.iter().find(|known| known.name == *server);
    server.and_then(|server| server.every.checked_add(&server.timeout)).unwrap_or(SCRAPE)
}
