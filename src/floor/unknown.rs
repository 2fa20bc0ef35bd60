//! Names that rules, objectives and worked-out signals ask for, and nobody has: slips of the pen, as a rule.

use std::collections::BTreeSet;

use crate::{
    domain::{
        alert::rule::AnyRule,
        slo::{Sli, feed::Feed},
        trouble::nearest,
    },
    floor::{Floor, freshness},
    text::Text,
};

impl Floor {
    /// A sentence for each name of a series that is asked for and was not read, with a name near to it. Nothing while a file is
    /// in trouble or none was read: then nobody can say what is missing.
    pub fn unknown_names(&self) -> Vec<String> {
        let is_whole = |feed| self.sources_of(feed).all(|source| source.trouble.is_none());
        let read: BTreeSet<&Text> = self.pool().named(None).map(|(key, _)| &key.name).collect();
        if read.is_empty() || !is_whole(freshness::Feed::Metrics) {
            return Vec::new();
        }
        let made = self.book().rules().filter_map(|view| match view.rule {
            AnyRule::Record(rule) => Some(&rule.name),
            AnyRule::Alert(_) => None,
        });
        let of_signals = self.gauges().iter().map(|gauge| &gauge.signal.name);
        let worked_out = self.computed.iter().map(|working| working.name());
        let known: BTreeSet<&Text> = read.into_iter().chain(made).chain(of_signals).chain(worked_out).collect();
        let asked_by_rules = self.book().rules().flat_map(|view| {
            let who = format!("rule {}", view.rule.name());
            view.rule.expr().needs().into_iter().filter_map(move |need| Some((who.clone(), need.name?)))
        });
        let asked_by_signals = self.computed.iter().flat_map(|working| {
            let who = format!("signal {}", working.name());
            working.needs().into_iter().filter_map(move |need| Some((who.clone(), need.name?)))
        });
        let asked_by_slos = self.slos().iter().flat_map(|watched| {
            let of = match &watched.slo.sli {
                Sli::Ratio { part, total, .. } => vec![&part.of, &total.of],
                Sli::Threshold { of, .. } => vec![of],
            };
            let name = |feed: &Feed| match feed {
                Feed::Series(selector) => Some(selector.name.clone()),
                Feed::Signal(_) | Feed::Minutes(_) => None,
            };
            let who = format!("objective {}", watched.slo.name);
            of.into_iter().filter_map(name).map(move |name| (who.clone(), name))
        });
        let conditions = self.release_rules().watching.conditions.iter();
        let asked_by_release = conditions.flat_map(|condition| {
            let who = format!("roll-back {}", condition.name);
            condition.expr.needs().into_iter().filter_map(move |need| Some((who.clone(), need.name?)))
        });
        let asked = asked_by_rules.chain(asked_by_signals).chain(asked_by_slos).chain(asked_by_release);
        let asked: BTreeSet<(String, Text)> = asked.collect();
        let unknown = asked.into_iter().filter(|(_, name)| !known.contains(name));
        unknown.map(|(who, name)| format!("{who}: {}", none_is_called(&name, known.iter().copied()))).collect()
    }
}

/// That no series has a name, and which one is near.
pub fn none_is_called<'a>(name: &Text, known: impl IntoIterator<Item = &'a Text>) -> String {
    match nearest(name.as_str(), known.into_iter().map(Text::as_str)) {
        Some(near) => format!("no series is called {name} in what was read; near: {near}"),
        None => format!("no series is called {name} in what was read"),
    }
}
