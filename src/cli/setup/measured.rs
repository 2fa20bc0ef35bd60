//! What is read of metric files beside what signals show: for expressions, rules and objectives.

use std::path::PathBuf;

use chrono::TimeDelta;

use crate::{
    config::Settings,
    domain::{
        alert::rule::AnyRule,
        expr::Expr,
        slo::{PERIOD, Sli, Slo, feed::Feed},
    },
    floor::fact::SignalId,
    shell::{
        feeds::measuring::Plan,
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
        .map(|(n, source)| (SignalId(n), source.signal.name.clone(), source.files.clone(), source.format.clone()));
    let mut wants: Vec<Want> = rules.iter().flat_map(|rule| needed(rule.expr())).collect();
    wants.extend(settings.slos.iter().flat_map(counted));
    Plan { taps: taps.collect(), wants, zone: settings.zone.clone(), folder, keep: Keep::default() }
}

/// What an expression looks back on.
fn needed(expr: &Expr) -> Vec<Want> {
    let want = |need: crate::domain::expr::Need| Want { name: need.name, back: TimeDelta::milliseconds(need.back_ms) };
    expr.needs().into_iter().map(want).collect()
}

/// What an objective counts by series of its own: as long as any window it has.
fn counted(slo: &Slo) -> Vec<Want> {
    let feeds = match &slo.sli {
        Sli::Ratio { part, total, .. } => vec![&part.of, &total.of],
        Sli::Threshold { of, .. } => vec![of],
    };
    let longest = slo.rows.iter().map(|row| row.long).max().unwrap_or_default();
    let back = match slo.window {
        crate::domain::slo::window::TimeWindow::Rolling(period) => period.max(longest),
        crate::domain::slo::window::TimeWindow::Calendar { .. } => longest.max(LONGEST),
    };
    let name = |feed: &&Feed| match feed {
        Feed::Series(selector) => Some(selector.name.clone()),
        Feed::Signal(_) => None,
    };
    feeds.iter().filter_map(name).map(|name| Want { name: Some(name), back: back.max(PERIOD) }).collect()
}

/// A calendar window is a year at most.
const LONGEST: TimeDelta = TimeDelta::days(367);
