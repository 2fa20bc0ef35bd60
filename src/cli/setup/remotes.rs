//! Other servers among the sources: one for each signal that one evaluates, one for each whose alerts are shown.

use std::collections::BTreeMap;

use crate::{
    config::Settings,
    domain::{series::MetricFormat, slo::Slo},
    floor::{
        fact::{SignalId, SourceId},
        freshness::{Feed, Source},
    },
    shell::remote::Remote,
};

/// What is asked of other servers. Signals have their sources already, in their order, from the `first` on.
pub(super) fn all(settings: &Settings, first: usize, sources: &mut Vec<Source>) -> BTreeMap<SourceId, Remote> {
    let mut remotes = BTreeMap::new();
    for (n, signal) in settings.signals.iter().enumerate() {
        let MetricFormat::Remote { server, expr } = &signal.format else { continue };
        let Some(server) = settings.servers.iter().find(|known| known.name == *server) else { continue };
        let id = SourceId(first + n);
        if let Some(source) = sources.get_mut(id.0) {
            source.every = server.every;
        }
        let remote = Remote::signal(server.clone(), SignalId(n), expr.clone(), signal.signal.window);
        let fed = settings.slos.iter().filter(|slo| slo.sli.is_fed_by(&signal.signal.name));
        let remote = match fed.map(Slo::longest_reach).max() {
            Some(back) => remote.by_the_minute(signal.signal.name.clone(), back),
            None => remote,
        };
        remotes.insert(id, remote);
    }
    for server in settings.servers.iter().filter(|server| server.with_alerts) {
        remotes.insert(SourceId(sources.len()), Remote::alerts(server.clone()));
        sources.push(Source::new(server.name.clone(), Feed::Alerts, server.every));
    }
    remotes
}
