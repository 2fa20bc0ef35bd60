//! What a figure should come to.

use chrono::TimeDelta;
use toml::de::DeValue;

use super::{days, figure};
use crate::{
    config::{
        Context,
        check::{Range, span_of},
        problems::Report,
        secrets::quoted,
        units,
        walk::{self, Said, Table},
    },
    domain::{
        goal::{Baseline, Figure, Measure, Target},
        stats::summary::seconds,
    },
};

const LENGTH_RANGE: Range = Range { least: TimeDelta::zero(), most: TimeDelta::days(3_650) };

const ONE_OF: &str = "write at_most = ..., at_least = ..., or below_baseline_by = \"30%\" and a baseline";

const KEYS: [&str; 3] = ["at_most", "at_least", "below_baseline_by"];

const BASELINES: [&str; 7] = [
    "baseline",
    "baseline_from",
    "baseline_until",
    "baseline_file",
    "baseline_pattern",
    "baseline_key",
    "baseline_unit",
];

/// Reads it.
pub(super) fn read(
    table: &mut Table<'_>,
    figure: Option<&Figure>,
    context: &Context<'_>,
    report: &mut Report,
) -> Option<Target> {
    // Whatever else is wrong, these keys are known.
    for key in BASELINES {
        let _ = table.value(key, report);
    }
    let given: Vec<&'static str> = KEYS.into_iter().filter(|key| table.has(key)).collect();
    let key = match given.as_slice() {
        [] => {
            report.fault(&table.place(), "says nothing that the figure should come to", ONE_OF);
            None
        }
        [key] => Some(*key),
        [key, others @ ..] => {
            table.misplaced(others, &format!("with {key}"), "keep one of them", report);
            Some(*key)
        }
    };
    if key != Some("below_baseline_by") {
        table.misplaced(&BASELINES, "without below_baseline_by", "leave it out", report);
    }
    let key = key?;
    let said = table.value(key, report)?;
    // What a number is, is not known of a figure that is not.
    let measure = figure?.measure();
    match key {
        "at_most" => amount(&said, measure, report).map(Target::AtMost),
        "at_least" => amount(&said, measure, report).map(Target::AtLeast),
        _ => {
            let by = below(&said, report);
            let baseline = baseline(table, measure, context, report);
            Some(Target::Below { by: by?, baseline: baseline? })
        }
    }
}

/// A number of a figure, as people write it.
fn amount(said: &Said<&DeValue<'_>>, measure: Measure, report: &mut Report) -> Option<f64> {
    match (measure, said.value.as_str()) {
        (Measure::Length, _) => span_of(said, LENGTH_RANGE, report).map(seconds),
        (Measure::Share, Some(text)) => {
            let share =
                units::percent(text).map(|percent| percent / 100.0).filter(|share| (-10.0..=10.0).contains(share));
            if share.is_none() {
                report.fault(said, &format!("is {}, which is no share", quoted(text)), "write \"95%\"");
            }
            share
        }
        (Measure::Share, None) => {
            let hint = "write it with its sign, as in \"95%\"";
            if walk::finite(said, report).is_some() {
                report.fault(said, "is a number without a sign", hint);
            }
            None
        }
        (Measure::Count, None) => {
            let value = walk::finite(said, report)?;
            let is_whole = value.fract() == 0.0;
            if !is_whole {
                report.fault(said, "is no whole number of incidents", "write 0, or another whole number");
            }
            is_whole.then_some(value)
        }
        (Measure::Number, None) => walk::finite(said, report),
        (Measure::Count | Measure::Number, Some(text)) => {
            report.fault(said, &format!("is {}, which is no number", quoted(text)), "write a number without quotes");
            None
        }
    }
}

fn below(said: &Said<&DeValue<'_>>, report: &mut Report) -> Option<f64> {
    let share = said.value.as_str().and_then(units::percent).map(|percent| percent / 100.0);
    let share = share.filter(|share| (0.0..=1.0).contains(share));
    if share.is_none() {
        report.fault(said, "is no share from 0% to 100%", "write below_baseline_by = \"30%\"");
    }
    share
}

fn baseline(table: &mut Table<'_>, measure: Measure, context: &Context<'_>, report: &mut Report) -> Option<Baseline> {
    let is_days = table.has("baseline_from") || table.has("baseline_until");
    match (table.has("baseline"), is_days, table.has("baseline_file")) {
        (true, false, false) => {
            let said = table.value("baseline", report)?;
            amount(&said, measure, report).map(Baseline::Value)
        }
        (false, true, false) => {
            for key in ["baseline_from", "baseline_until"] {
                if !table.has(key) {
                    table.missing(key, &format!("write {key} = \"2026-06-01\""), report);
                }
            }
            let (from, until) = days(table, ("baseline_from", "baseline_until"), report);
            Some(Baseline::Days(from?, until?))
        }
        (false, false, true) => {
            let keys = ("baseline_file", "baseline_pattern", "baseline_key");
            let place = figure::place(table, keys, context, report);
            let unit = table.value("baseline_unit", report);
            let worth = unit.map_or(Some(1.0), |said| amount(&said, measure, report));
            Some(Baseline::File(place?, worth?))
        }
        (false, false, false) => {
            table.missing(
                "baseline",
                "write baseline = \"45m\", or baseline_from and baseline_until, or baseline_file",
                report,
            );
            None
        }
        _ => {
            report.fault(
                &table.place(),
                "has several baselines",
                "keep one of baseline, baseline_from and baseline_file",
            );
            None
        }
    }
}
