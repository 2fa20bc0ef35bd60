//! `[[slo]]`: objectives in OpenSLO's words, judged by the signals they name (SEMANTICS R36–R40).

mod alert;
mod window;

use std::collections::HashMap;

use chrono::TimeDelta;
use toml::de::DeValue;

use crate::{
    config::{
        Context, SignalSource,
        check::{Range, choice, no_duplicates, signal, span},
        problems::Report,
        secrets::quoted,
        units,
        walk::{self, Said, Table, Wanted},
    },
    domain::{
        computed::Computed,
        series::MetricFormat,
        slo::{
            Count, Sli, Slo,
            exact::{NoTarget, Ratio, Target},
            feed::{Feed, Selector},
            ledger::{Empty, Marked, Method, Slices},
            meter::{Counting, Op},
        },
        trouble::nearest,
    },
    text::Text,
};

/// How long a slice may be: whole minutes that divide an hour.
const SLICE_RANGE: Range = Range { least: TimeDelta::minutes(1), most: TimeDelta::hours(1) };

/// Silence shorter than two readings of a file would be no silence.
const SILENCE_RANGE: Range = Range { least: TimeDelta::minutes(1), most: TimeDelta::days(7) };

const TARGET_HINT: &str = "write target = 0.999 or target = \"99.9%\"";

/// OpenSLO's words for how a budget is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Counted {
    Occurrences,
    Timeslices,
    RatioTimeslices,
}

const COUNTED: [(&str, Counted); 3] = [
    ("Occurrences", Counted::Occurrences),
    ("Timeslices", Counted::Timeslices),
    ("RatioTimeslices", Counted::RatioTimeslices),
];

const EMPTY: [(&str, Empty); 3] = [("left-out", Empty::LeftOut), ("good", Empty::Good), ("bad", Empty::Bad)];

/// Names of signals, each with how it feeds an objective.
struct Known<'a>(HashMap<&'a str, Feeds<'a>>);

/// How a signal feeds an objective.
#[derive(Debug, Clone, Copy)]
enum Feeds<'a> {
    /// By its samples, counted so where nothing is said.
    Samples(Counting),
    /// By what it comes to at the end of each minute.
    Minutes,
    /// Not at all: it is no one number, but one for each value of a label.
    Rows(&'a Text),
}

/// Reads every objective.
pub(super) fn all(
    tables: Vec<Table<'_>>,
    signals: &[SignalSource],
    computed: &[(Computed, Option<String>)],
    context: &Context<'_>,
    report: &mut Report,
) -> Vec<Slo> {
    let feeds = |source: &SignalSource| match source.format {
        MetricFormat::Prometheus { .. } => Feeds::Samples(Counting::Increases),
        MetricFormat::Csv { .. } | MetricFormat::Jsonl { .. } => Feeds::Samples(Counting::Deltas),
        MetricFormat::Remote { .. } => Feeds::Minutes,
    };
    let read = signals.iter().map(|source| (source.signal.name.as_str(), feeds(source)));
    let worked_out = computed
        .iter()
        .map(|(computed, _)| (computed.signal.name.as_str(), computed.by.first().map_or(Feeds::Minutes, Feeds::Rows)));
    let known = Known(read.chain(worked_out).collect());
    let (mut names, mut slos) = (Vec::new(), Vec::new());
    for mut table in tables {
        if let Some((name, slo)) = one(&mut table, &known, context, report) {
            names.push(name);
            slos.push(slo);
        }
        table.finish(report);
    }
    no_duplicates("slo", &names, report);
    slos
}

fn one(
    table: &mut Table<'_>,
    known: &Known<'_>,
    context: &Context<'_>,
    report: &mut Report,
) -> Option<(Said<Text>, Slo)> {
    const SLI_HINT: &str = "write sli = { ratio = { bad = \"errors\", total = \"requests\" } }";
    for (name, hint) in [("name", "write name = \"api-availability\""), ("sli", SLI_HINT), ("target", TARGET_HINT)] {
        if !table.has(name) {
            table.missing(name, hint, report);
        }
    }
    let name = table.filled("name", report).map(|said| said.with(Text::scrub(said.value)));
    let service = table.text("service", report).map(|said| Text::scrub(said.value.trim()));
    let description = table.text("description", report).map(|said| Text::scrub(said.value.trim()));
    let sli = table.table("sli", report).and_then(|table| sli(table, known, report));
    let target = table.value("target", report).and_then(|said| target(&said, report));
    let usual = sli.as_ref().map_or(Counted::Timeslices, |(_, usual)| *usual);
    let method = method(table, usual, report);
    let window = table.value("time_window", report);
    let window = window.map_or(Some(window::usual()), |_| window::read(table, context, report));
    let min_total = table.number("min_total", report).and_then(|said| whole(&said, report));
    let absent_after = span(table, "absent_after", SILENCE_RANGE, report).map(|said| said.value);
    let rows = alert::rows(table, report);
    let runbook = table.filled("runbook", report).and_then(|said| signal::runbook(&said, context, report));
    let name = name?;
    let slo = Slo {
        name: name.value.clone(),
        service: service.unwrap_or_default(),
        description: description.unwrap_or_default(),
        sli: sli?.0,
        method: method?,
        window: window?,
        target: target?,
        min_total: min_total.unwrap_or(0),
        absent_after,
        rows,
        runbook,
    };
    Some((name, slo))
}

/// Reads what is measured, one of three kinds, with how it is counted where nothing is said.
fn sli(mut table: Table<'_>, known: &Known<'_>, report: &mut Report) -> Option<(Sli, Counted)> {
    let place = table.place();
    let ratio = table.table("ratio", report);
    let threshold = table.table("threshold", report);
    let latency = table.table("latency", report);
    table.finish(report);
    match (ratio, threshold, latency) {
        (Some(ratio), None, None) => Some((self::ratio(ratio, known, report)?, Counted::Occurrences)),
        (None, Some(threshold), None) => Some((self::threshold(threshold, known, report)?, Counted::Timeslices)),
        (None, None, Some(latency)) => Some((self::latency(latency, known, report)?, Counted::Occurrences)),
        (None, None, None) => {
            let hint = "write sli = { ratio = ... }, { threshold = ... } or { latency = ... }";
            report.fault(&place, "says nothing that is measured", hint);
            None
        }
        _ => {
            report.fault(&place, "measures several things", "keep one of ratio, threshold and latency");
            None
        }
    }
}

fn ratio(mut table: Table<'_>, known: &Known<'_>, report: &mut Report) -> Option<Sli> {
    let place = table.place();
    let (bad, good) = (table.filled("bad", report), table.filled("good", report));
    let total = table.filled("total", report);
    if total.is_none() && !table.has("total") {
        table.missing("total", "write total = \"requests\", a signal's name", report);
    }
    let counter = table.flag("counter", report).map(|said| said.value);
    table.finish(report);
    let part = match (bad, good) {
        (Some(bad), None) => Some((Marked::Bad, bad)),
        (None, Some(good)) => Some((Marked::Good, good)),
        (Some(bad), Some(_)) => {
            report.fault(&bad, "is given together with good", "keep one: the other is what is left of the total");
            None
        }
        (None, None) => {
            report.fault(&place, "has neither bad nor good", "write bad = \"errors\", a signal's name");
            None
        }
    };
    let counting = |usual| match counter {
        None => usual,
        Some(true) => Counting::Increases,
        Some(false) => Counting::Deltas,
    };
    let count = |said: Said<&str>, report: &mut Report| {
        let (of, usual) = known.find(&said, report)?;
        Some(Count { of, counting: counting(usual) })
    };
    let part = part.and_then(|(marked, said)| Some((marked, count(said, report)?)));
    let total = total.and_then(|said| count(said, report));
    let (marked, part) = part?;
    Some(Sli::Ratio { marked, part, total: total? })
}

fn threshold(mut table: Table<'_>, known: &Known<'_>, report: &mut Report) -> Option<Sli> {
    const HINTS: [(&str, &str); 3] = [
        ("signal", "write signal = \"latency\", a signal's name"),
        ("op", "write op = \"lte\": a value that compares so is good"),
        ("value", "write value = 250"),
    ];
    for (name, hint) in HINTS {
        if !table.has(name) {
            table.missing(name, hint, report);
        }
    }
    let signal = table.filled("signal", report);
    let op = table.filled("op", report).and_then(|said| choice(&said, &Op::ALL, report));
    let value = table.number("value", report).map(|said| said.value);
    table.finish(report);
    let (of, _) = signal.and_then(|said| known.find(&said, report))?;
    Some(Sli::Threshold { of, op: op?, value: value? })
}

fn latency(mut table: Table<'_>, known: &Known<'_>, report: &mut Report) -> Option<Sli> {
    let place = table.place();
    if !table.has("below") {
        table.missing("below", "write below = 0.3", report);
    }
    let signal = table.filled("signal", report);
    let histogram = table.filled("histogram", report);
    let below = table.number("below", report).map(|said| said.value);
    table.finish(report);
    match (signal, histogram) {
        (Some(signal), None) => {
            let (of, _) = known.find(&signal, report)?;
            Some(Sli::Threshold { of, op: Op::Lt, value: below? })
        }
        (None, Some(said)) => {
            let found = Selector::read(said.value);
            if let Err(why) = &found {
                let what = format!("is {}, which names no histogram: {why}", quoted(said.value));
                report.fault(&said, &what, "write histogram = \"http_request_duration_seconds\"");
            }
            let (good, all) = found.ok()?.of_histogram(below?).ok()?;
            let count = |selector| Count { of: Feed::Series(selector), counting: Counting::Increases };
            Some(Sli::Ratio { marked: Marked::Good, part: count(good), total: count(all) })
        }
        (Some(signal), Some(_)) => {
            report.fault(&signal, "is given together with histogram", "keep one of the two");
            None
        }
        (None, None) => {
            let hint = "write signal = \"took\", one value a request, or histogram = \"http_request_duration_seconds\"";
            report.fault(&place, "names nothing that is timed", hint);
            None
        }
    }
}

impl Known<'_> {
    /// What feeds a count: a signal of that name, or series by a selector.
    fn find(&self, said: &Said<&str>, report: &mut Report) -> Option<(Feed, Counting)> {
        let name = Text::scrub(said.value);
        match self.0.get(name.as_str()) {
            Some(Feeds::Samples(counting)) => return Some((Feed::Signal(name), *counting)),
            Some(Feeds::Minutes) => return Some((Feed::Minutes(name), Counting::Deltas)),
            Some(Feeds::Rows(label)) => {
                let what = format!(
                    "is {}, a signal with a row for each {label}: an objective needs one number",
                    quoted(said.value)
                );
                report.fault(said, &what, "write a [[signal]] without by, of one value of that label or of all");
                return None;
            }
            None => {}
        }
        let near = nearest(said.value, self.0.keys().copied());
        let what = match (near, Selector::read(said.value)) {
            // A bare word may be a metric, and more often is a slip in a signal's name.
            (Some(_), _) if !said.value.contains('{') => "and no signal is called so".to_owned(),
            (_, Ok(selector)) => return Some((Feed::Series(selector), Counting::Increases)),
            (_, Err(why)) => format!("which is neither a signal's name nor a selector: {why}"),
        };
        let hint = match near {
            Some(name) => format!("did you mean \"{name}\"?"),
            None => "write the name of a [[signal]], or a metric such as http_requests_total{code=~\"5..\"}".to_owned(),
        };
        report.fault(said, &format!("is {}, {what}", quoted(said.value)), &hint);
        None
    }
}

/// Reads `0.999` or `"99.9%"`, exactly as written; one leaves no budget.
fn target(said: &Said<&DeValue<'_>>, report: &mut Report) -> Option<Target> {
    let read = share(said, report)?;
    match read {
        Ok(target) => return Some(target),
        Err(NoTarget::Whole) => {
            let hint = "nothing may ever fail then, and there is no budget to judge by: write less, such as 0.999";
            report.fault(said, "is 1, which leaves no budget", hint);
        }
        Err(NoTarget::Outside) => {
            report.fault(
                said,
                "is not in [0, 1)",
                "write a share such as 0.999, or percent in quotes such as \"99.9%\"",
            );
        }
        Err(NoTarget::Unreadable) => report.fault(said, "is no share with at most twelve decimals", TARGET_HINT),
    }
    None
}

fn share(said: &Said<&DeValue<'_>>, report: &mut Report) -> Option<Result<Target, NoTarget>> {
    match said.value {
        DeValue::String(text) => Some(Target::read(text)),
        DeValue::Integer(whole) => Some(Target::read(whole.as_str())),
        // The digits as they stand: binary would make 0.999 a little less.
        DeValue::Float(float) => Some(Target::read(&float.as_str().replace('_', ""))),
        DeValue::Boolean(_) | DeValue::Datetime(_) | DeValue::Array(_) | DeValue::Table(_) => {
            walk::wrong_type(said, Wanted::Number, report);
            None
        }
    }
}

/// How the budget is counted: events for a ratio and a latency, slices for a bound, where nothing is said.
fn method(table: &mut Table<'_>, usual: Counted, report: &mut Report) -> Option<Method> {
    let counted = match table.filled("budgeting_method", report) {
        Some(said) => choice(&said, &COUNTED, report),
        None => Some(usual),
    }?;
    let why = "where events are counted";
    let hint = "it is for budgeting_method = \"Timeslices\" or \"RatioTimeslices\"";
    if counted == Counted::Occurrences {
        table.misplaced(&["time_slice", "time_slice_target", "empty_slices"], why, hint, report);
        return Some(Method::Occurrences);
    }
    let minutes = match span(table, "time_slice", SLICE_RANGE, report) {
        None => Some(1),
        Some(said) => slice(&said, report),
    };
    let empty = match table.filled("empty_slices", report) {
        None => Some(Empty::LeftOut),
        Some(said) => choice(&said, &EMPTY, report),
    };
    if counted == Counted::RatioTimeslices {
        table.misplaced(&["time_slice_target"], "for RatioTimeslices", "it is for Timeslices", report);
        return Some(Method::RatioTimeslices { slices: Slices { minutes: minutes?, empty: empty? } });
    }
    let allowed = match table.value("time_slice_target", report) {
        // One bad value makes a slice bad.
        None => Some(Ratio::ZERO),
        Some(said) => match share(&said, report)? {
            Ok(target) => Some(target.budget()),
            Err(NoTarget::Whole) => Some(Ratio::ZERO),
            Err(NoTarget::Outside | NoTarget::Unreadable) => {
                report.fault(&said, "is no share in [0, 1]", "write time_slice_target = 0.95 or \"95%\"");
                None
            }
        },
    };
    Some(Method::Timeslices { slices: Slices { minutes: minutes?, empty: empty? }, allowed: allowed? })
}

fn slice(said: &Said<TimeDelta>, report: &mut Report) -> Option<u8> {
    let minutes = said.value.num_minutes();
    let is_part = said.value == TimeDelta::minutes(minutes) && 60 % minutes.max(1) == 0;
    if !is_part {
        let what = format!("is {}, which does not divide an hour", units::written(said.value));
        report.fault(said, &what, "write 1m, 2m, 3m, 4m, 5m, 6m, 10m, 12m, 15m, 20m, 30m or 1h");
    }
    u8::try_from(minutes).ok().filter(|_| is_part)
}

fn whole(said: &Said<f64>, report: &mut Report) -> Option<u64> {
    let is_whole = said.value >= 0.0 && said.value <= 1e12 && said.value.fract() == 0.0;
    if !is_whole {
        report.fault(said, "is no whole number of events", "write min_total = 100, or 0 for no floor");
    }
    is_whole.then_some(said.value as u64)
}
