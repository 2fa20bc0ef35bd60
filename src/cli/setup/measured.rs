//! What is read of metric files beside what signals show: for expressions, rules and objectives.

use std::{collections::BTreeMap, path::PathBuf, sync::Arc};

use chrono::TimeDelta;

use crate::{
    cli::setup::FILES_EVERY,
    config::Settings,
    domain::{
        alert::rule::AnyRule,
        computed::Computed,
        expr::{Expr, Need},
        goal::{Figure, Goal},
        series::MetricFormat,
        slo::{PERIOD, Sli, Slo, feed::Feed as Fed, meter::Counted},
    },
    floor::{
        burn_in::LOOKED_BACK,
        fact::{Fact, SignalId, SourceId},
        freshness::{Feed, Source},
    },
    shell::{
        feeds::metric::measuring::{Measuring, Plan},
        files::FileSource,
        rules,
        telemetry::{Keep, Want},
    },
};

/// The alert rules of the settings and of the rule files they name.
pub(super) fn rules(settings: &Settings) -> Vec<AnyRule> {
    let own = settings.alerts.iter().map(|rule| AnyRule::Alert(Box::new(rule.clone())));
    own.chain(rules::read(&settings.rule_files).rules).collect()
}

/// What is read, what is wanted of the past, and where it is kept.
pub(super) fn plan(settings: &Settings, rules: &[AnyRule], folder: Option<PathBuf>) -> Plan {
    let taps = settings
        .signals
        .iter()
        .enumerate()
        // What another server evaluates is read of no file.
        .filter(|(_, source)| !matches!(source.format, MetricFormat::Remote { .. }))
        .map(|(n, source)| (SignalId(n), source.signal.name.clone(), source.files.clone(), source.format.clone()));
    let mut wants: Vec<Want> = rules.iter().flat_map(|rule| needed(rule.expr())).collect();
    let looked_at: Vec<Want> = wants.clone();
    wants.extend(settings.computed.iter().flat_map(|(computed, _)| shown(computed, &looked_at)));
    wants.extend(settings.slos.iter().flat_map(|slo| {
        let back = looked_back_on(settings, slo);
        counted(slo).into_iter().map(move |want| Want { back: want.back.max(back), ..want })
    }));
    for (computed, _) in &settings.computed {
        let fed = settings
            .slos
            .iter()
            .filter(|slo| slo.sli.is_fed_by(&computed.signal.name))
            .map(|slo| slo.longest_reach().max(looked_back_on(settings, slo)));
        let Some(reach) = fed.max() else { continue };
        let back = |want: Want| Want { back: want.back.checked_add(&reach).unwrap_or(want.back), ..want };
        wants.extend(needed(&computed.expr).into_iter().map(back));
    }
    let [seconds, minutes, hours] = settings.keep_measured;
    let keep = Keep { seconds, minutes, hours };
    Plan { taps: taps.collect(), wants, counted: ways(settings), zone: settings.zone.clone(), folder, keep }
}

/// In which ways objectives count signals, and how far back.
fn ways(settings: &Settings) -> Vec<(SignalId, Counted, TimeDelta)> {
    let mut ways = Vec::new();
    for (n, signal) in settings.signals.iter().map(|source| &source.signal).enumerate() {
        if let Some(threshold) = signal.threshold.filter(|_| signal.objective.is_some()) {
            ways.push((SignalId(n), Counted::of_bound(threshold), PERIOD));
        }
        for slo in &settings.slos {
            let back = slo.longest_reach().max(looked_back_on(settings, slo));
            let is_meant = |feed: &Fed| matches!(feed, Fed::Signal(name) if *name == signal.name);
            let counted = slo.sli.counted().into_iter().filter(|(feed, _)| is_meant(feed));
            ways.extend(counted.map(|(_, counted)| (SignalId(n), counted, back)));
        }
    }
    // Two objectives may count one signal in one way: the longer looks back for both.
    ways.sort_by_key(|(_, _, back)| std::cmp::Reverse(*back));
    let mut found: Vec<(SignalId, Counted, TimeDelta)> = Vec::new();
    for way in ways {
        if !found.iter().any(|known| known.0 == way.0 && known.1.is_as(&way.1)) {
            found.push(way);
        }
    }
    found
}

/// Declares the signals that are worked out, and adds the files that are read for them to the sources.
pub(super) fn computed(
    settings: &Settings,
    measuring: &Arc<Measuring>,
    sources: &mut Vec<Source>,
    files: &mut BTreeMap<SourceId, FileSource>,
) -> Vec<Fact> {
    let mut read: Vec<&String> = settings.signals.iter().map(|source| &source.files).collect();
    let mut facts = Vec::new();
    for (computed, pattern) in &settings.computed {
        // A file that something else reads anyhow needs no source of its own.
        if let Some(pattern) = pattern.as_ref().filter(|pattern| !read.contains(pattern)) {
            read.push(pattern);
            let id = SourceId(sources.len());
            sources.push(Source::new(computed.signal.name.clone(), Feed::Metrics, FILES_EVERY));
            files.insert(id, FileSource::Measured { files: pattern.clone(), shared: Arc::clone(measuring) });
        }
        facts.push(Fact::ComputedAdded(Box::new(computed.clone())));
    }
    if !settings.groups.is_empty() {
        facts.push(Fact::Grouped(settings.groups.clone()));
    }
    facts
}

/// What a signal's rows look back on, as far as its sparkline, and as far as rules look back on the signal.
fn shown(computed: &Computed, looked_at: &[Want]) -> Vec<Want> {
    let of_rules = looked_at.iter().filter(|want| want.name.as_ref() == Some(&computed.signal.name));
    let window = of_rules.map(|want| want.back).fold(computed.signal.window, TimeDelta::max);
    needed(&computed.expr)
        .into_iter()
        .map(|want| Want { back: want.back.checked_add(&window).unwrap_or(want.back), ..want })
        .collect()
}

/// What an expression looks back on.
fn needed(expr: &Expr) -> Vec<Want> {
    let want = |need: Need| Want { name: need.name, back: TimeDelta::milliseconds(need.back_ms) };
    expr.needs().into_iter().map(want).collect()
}

/// How far burn-ins and goals look back on an objective.
fn looked_back_on(settings: &Settings, slo: &Slo) -> TimeDelta {
    let is_burning = settings.burn_ins.iter().any(|burn_in| burn_in.slos.contains(&slo.name));
    let of_burn_ins = is_burning.then_some(LOOKED_BACK);
    let is_of = |goal: &&Goal| matches!(&goal.figure, Figure::Budget(name) if *name == slo.name);
    let months = settings.goals.iter().filter(is_of).map(|goal| (i64::from(goal.months_running) + 1) * 31);
    of_burn_ins.into_iter().chain(months.map(TimeDelta::days)).max().unwrap_or_default()
}

/// What an objective counts by series of its own: as long as any window it has.
fn counted(slo: &Slo) -> Vec<Want> {
    let feeds = match &slo.sli {
        Sli::Ratio { part, total, .. } => vec![&part.of, &total.of],
        Sli::Threshold { of, .. } => vec![of],
    };
    let back = slo.longest_reach();
    let name = |feed: &&Fed| match feed {
        Fed::Series(selector) => Some(selector.name.clone()),
        Fed::Signal(_) | Fed::Minutes(_) => None,
    };
    feeds.iter().filter_map(name).map(|name| Want { name: Some(name), back: back.max(PERIOD) }).collect()
}
