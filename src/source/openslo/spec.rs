//! OpenSLO v1 and v1alpha.

use chrono::{NaiveDateTime, TimeDelta};

use super::{Told, node::Node, query};
use crate::{
    domain::{
        slo::{
            Count, Sli, Slo,
            burn::Row,
            exact::{NoTarget, Ratio, Target},
            ledger::{Empty, Marked, Method, Slices},
            meter::{Counting, Op},
            window::{PERIOD, TimeWindow, Unit},
        },
        zone::Zone,
    },
    text::Text,
};

/// Reads one SLO: an objective of ours for each of its objectives. `all` are the file's documents, for indicators that
/// are named.
pub(super) fn read(root: Node<'_>, all: &[Node<'_>], zones: &dyn Fn(&str) -> Option<Zone>, told: &mut Told<'_>) {
    let Some(spec) = root.at(&["spec"]) else { return told.skip("it has no spec") };
    let window = match window(spec, zones, told) {
        Ok(window) => window,
        Err(why) => return told.skip(&why),
    };
    let name = root.text_at(&["metadata", "name"]).unwrap_or_default();
    let objectives = spec.list_at(&["objectives"]);
    if objectives.is_empty() {
        return told.skip("it has no objectives");
    }
    if name.is_empty() {
        return told.skip("it has no metadata.name");
    }
    for (n, objective) in objectives.iter().enumerate() {
        let name = if objectives.len() == 1 { name.clone() } else { format!("{name}-{}", n + 1) };
        let about = objective.text_at(&["displayName"]).or_else(|| spec.text_at(&["description"]));
        match one(spec, *objective, all, told) {
            Ok((sli, method, target)) => told.read.slos.push(Slo {
                name: Text::scrub(&name),
                service: Text::scrub(&spec.text_at(&["service"]).unwrap_or_default()),
                description: Text::scrub(&about.unwrap_or_default()),
                sli,
                method,
                window: window.clone(),
                target,
                min_total: 0,
                absent_after: None,
                rows: Row::usual(),
                runbook: None,
            }),
            Err(why) => told.skip(&format!("objective {}: {why}", n + 1)),
        }
    }
}

fn one(
    spec: Node<'_>,
    objective: Node<'_>,
    all: &[Node<'_>],
    told: &mut Told<'_>,
) -> Result<(Sli, Method, Target), String> {
    let target = target(objective)?;
    let method = method(spec, objective)?;
    Ok((sli(spec, objective, all, told)?, method, target))
}

/// What is measured: in the SLO itself, in an indicator that it names, or (v1alpha) in the objective.
fn sli(spec: Node<'_>, objective: Node<'_>, all: &[Node<'_>], told: &mut Told<'_>) -> Result<Sli, String> {
    let named = |name: String| {
        let is_it = |root: &&Node<'_>| {
            root.text_at(&["kind"]).as_deref() == Some("SLI")
                && root.text_at(&["metadata", "name"]).as_ref() == Some(&name)
        };
        let found = all.iter().find(is_it).and_then(|root| root.at(&["spec"]));
        found.ok_or_else(|| format!("its indicatorRef {name} is not in this file"))
    };
    let indicator = match (spec.at(&["indicator", "spec"]), spec.text_at(&["indicatorRef"])) {
        (Some(indicator), _) => indicator,
        (None, Some(name)) => named(name)?,
        (None, None) => spec.at(&["indicator"]).unwrap_or(objective),
    };
    if let Some(ratio) = indicator.at(&["ratioMetric"]).or_else(|| objective.at(&["ratioMetrics"])) {
        return self::ratio(ratio, told);
    }
    let Some(metric) = indicator.at(&["thresholdMetric"]) else {
        return Err("it has neither ratioMetric nor thresholdMetric".to_owned());
    };
    let op = objective.text_at(&["op"]).ok_or("a thresholdMetric needs op in its objective")?;
    let op = Op::ALL.iter().find(|(word, _)| *word == op).map(|(_, op)| *op);
    let value = objective.number_at(&["value"]).ok_or("a thresholdMetric needs a value in its objective")?;
    Ok(Sli::Threshold { of: query::valued(&text_of(metric, told)?)?, op: op.ok_or("its op is not known")?, value })
}

fn ratio(ratio: Node<'_>, told: &mut Told<'_>) -> Result<Sli, String> {
    if ratio.at(&["raw"]).is_some() {
        return Err("a raw ratio is no count of events, and means of ratios are not exact: give good or bad and total"
            .to_owned());
    }
    let (marked, part) = match (ratio.at(&["bad"]), ratio.at(&["good"])) {
        (Some(bad), _) => (Marked::Bad, bad),
        (None, Some(good)) => (Marked::Good, good),
        (None, None) => return Err("its ratioMetric has neither good nor bad".to_owned()),
    };
    let total = ratio.at(&["total"]).ok_or("its ratioMetric has no total")?;
    let is_counter = ratio.text_at(&["counter"]).as_deref() != Some("false");
    let count = |node, told: &mut Told<'_>| {
        let found = query::counted(&text_of(node, told)?)?;
        let counting = if is_counter { Counting::Increases } else { Counting::Deltas };
        Ok::<_, String>(Count { counting, ..found })
    };
    Ok(Sli::Ratio { marked, part: count(part, told)?, total: count(total, told)? })
}

/// The query of a metric source, wherever the version of the format has it.
fn text_of(metric: Node<'_>, told: &mut Told<'_>) -> Result<String, String> {
    let kind = metric.text_at(&["metricSource", "type"]).or_else(|| metric.text_at(&["source"]));
    if let Some(kind) = kind.filter(|kind| !kind.eq_ignore_ascii_case("prometheus")) {
        told.note(&format!("its metric source is {kind}; the query is taken as PromQL"));
    }
    let query = metric.text_at(&["metricSource", "spec", "query"]).or_else(|| metric.text_at(&["query"]));
    query.ok_or_else(|| "its metric source has no query".to_owned())
}

fn target(objective: Node<'_>) -> Result<Target, String> {
    let percent = || objective.text_at(&["targetPercent"]).map(|percent| format!("{percent}%"));
    let written = objective.text_at(&["target"]).or_else(percent).ok_or("it has no target")?;
    Target::read(&written).map_err(|fault| match fault {
        NoTarget::Whole => format!("its target {written} leaves no budget"),
        NoTarget::Outside | NoTarget::Unreadable => format!("its target {written} is not in [0, 1)"),
    })
}

fn method(spec: Node<'_>, objective: Node<'_>) -> Result<Method, String> {
    let slices = || -> Result<Slices, String> {
        let written = objective.text_at(&["timeSliceWindow"]).unwrap_or_else(|| "1m".to_owned());
        let minutes = query::span(&written).map(|length| length.num_minutes());
        let minutes = minutes.filter(|m| *m <= 60 && 60 % m == 0).and_then(|m| u8::try_from(m).ok());
        let minutes = minutes.ok_or_else(|| format!("its timeSliceWindow {written} does not divide an hour"))?;
        Ok(Slices { minutes, empty: Empty::LeftOut })
    };
    match spec.text_at(&["budgetingMethod"]).as_deref() {
        None | Some("Occurrences") => Ok(Method::Occurrences),
        Some("RatioTimeslices") => Ok(Method::RatioTimeslices { slices: slices()? }),
        Some("Timeslices") => {
            let written = objective.text_at(&["timeSliceTarget"]).ok_or("Timeslices need a timeSliceTarget")?;
            let allowed = match Target::read(&written) {
                Ok(target) => target.budget(),
                Err(NoTarget::Whole) => Ratio::ZERO,
                Err(NoTarget::Outside | NoTarget::Unreadable) => {
                    return Err(format!("its timeSliceTarget {written} is not in [0, 1]"));
                }
            };
            Ok(Method::Timeslices { slices: slices()?, allowed })
        }
        Some(other) => Err(format!("its budgetingMethod {other} is not known")),
    }
}

fn window(spec: Node<'_>, zones: &dyn Fn(&str) -> Option<Zone>, told: &mut Told<'_>) -> Result<TimeWindow, String> {
    let windows = [spec.list_at(&["timeWindow"]), spec.list_at(&["timeWindows"])].concat();
    let window = match windows.as_slice() {
        [] => return Ok(TimeWindow::Rolling(PERIOD)),
        [window] => *window,
        _ => return Err("it has several time windows, and OpenSLO allows one".to_owned()),
    };
    let length = match window.text_at(&["duration"]) {
        Some(written) => Length::read(&written),
        None => Length::counted(window.number_at(&["count"]), window.text_at(&["unit"])),
    };
    let length = length.ok_or("its time window has no length that is known here")?;
    let Some(calendar) = window.at(&["calendar"]) else {
        let length = match length {
            Length::Span(length) => Some(length),
            Length::Of(Unit::Week) => Some(TimeDelta::weeks(1)),
            Length::Of(_) => None,
        };
        return length
            .map(TimeWindow::Rolling)
            .ok_or_else(|| "a rolling month or year differs in length: write days".to_owned());
    };
    let unit = match length {
        Length::Of(unit) => unit,
        Length::Span(length) if length == TimeDelta::weeks(1) => Unit::Week,
        Length::Span(length) if length == TimeDelta::minutes(1) => {
            told.note("its calendar window of 1m is read as a month, which OpenSLO writes 1M");
            Unit::Month
        }
        Length::Span(_) => {
            return Err("its calendar window is neither a week, a month, a quarter nor a year".to_owned());
        }
    };
    let start = match calendar.text_at(&["startTime"]) {
        None => Unit::usual_start(),
        Some(written) => {
            let read = ["%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S"].iter();
            let mut read = read.filter_map(|format| NaiveDateTime::parse_from_str(&written, format).ok());
            read.next().ok_or_else(|| format!("its startTime {written} is no time of the wall clock"))?
        }
    };
    let named = calendar.text_at(&["timeZone"]).unwrap_or_else(|| "UTC".to_owned());
    let zone = zones(&named).ok_or_else(|| format!("its timeZone {named} is not known"))?;
    Ok(TimeWindow::Calendar { unit, start, zone })
}

/// A length as OpenSLO writes them: some have no fixed number of days.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Length {
    Span(TimeDelta),
    Of(Unit),
}

impl Length {
    fn read(written: &str) -> Option<Self> {
        match written {
            "1M" => Some(Self::Of(Unit::Month)),
            "1Q" => Some(Self::Of(Unit::Quarter)),
            "1Y" => Some(Self::Of(Unit::Year)),
            _ => query::span(written).map(Self::Span),
        }
    }

    fn counted(count: Option<f64>, unit: Option<String>) -> Option<Self> {
        let n = count.filter(|n| n.fract() == 0.0 && (1.0..=366.0).contains(n))? as i64;
        match (n, unit?.to_ascii_lowercase().as_str()) {
            (1, "month") => Some(Self::Of(Unit::Month)),
            (1, "quarter") => Some(Self::Of(Unit::Quarter)),
            (1, "year") => Some(Self::Of(Unit::Year)),
            (n, "day") => Some(Self::Span(TimeDelta::try_days(n)?)),
            (n, "week") => Some(Self::Span(TimeDelta::try_weeks(n)?)),
            _ => None,
        }
    }
}
