//! `watchfloor metrics compare`: records against a baseline, name by name.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde_json::json;

use crate::{
    cli::{
        args::{Common, Compare as Args, Direction},
        board, exit,
        failure::{Failure, print},
        summarize::{inputs, left_out, options, summed, zone},
    },
    domain::{
        compare::{Figures, Rule, Side, Verdict, judge},
        time::minus,
        zone::Zones,
    },
    shell::{
        bulk::{Input, Options, Summary},
        clock::Clock,
    },
    sink::compare::{self, Compared},
    text::Text,
};

/// One side: where from, of which times, and which value of the label.
struct Part<'a> {
    inputs: &'a [Input],
    within: (i64, i64),
    tag: Option<&'a str>,
}

/// What is read of one side, and whether a file of it could not be read.
type Sides = (BTreeMap<String, Side>, bool);

/// Compares and prints.
///
/// # Errors
/// There is no baseline, a time is not possible, or there is no summary at all.
pub fn run(args: &Args, common: &Common, zones: &Zones) -> Result<u8, Failure> {
    let now = common.now.map_or(Clock::Wall, Clock::Fixed).now();
    let options =
        Options { has_median: true, ..options(&args.reading, args.tag.as_ref(), zone(&args.reading.zone, zones)?) };
    let within = times(args, now)?;
    let (own, are_missing) = inputs(&args.files);
    let (theirs, are_theirs_missing) = inputs(&args.baseline);
    let is_elsewhere = !args.baseline.is_empty();
    let before = args
        .ago
        .map_or(within, |ago| (earlier(within.0, ago.num_milliseconds()), earlier(within.1, ago.num_milliseconds())));
    let is = Part { inputs: &own, within, tag: args.is.as_deref() };
    let was = Part { inputs: if is_elsewhere { &theirs } else { &own }, within: before, tag: args.was.as_deref() };
    let (is, is_broken) = sides(&is, &options, now)?;
    let (was, was_broken) = sides(&was, &options, now)?;
    let rule = Rule { bound: args.bound, least: args.least };
    let mut names: Vec<&String> = is.keys().chain(was.keys()).collect();
    names.sort_unstable();
    names.dedup();
    let row = |name: &&String| {
        let (is, was) = (is.get(*name).copied(), was.get(*name).copied());
        Compared { name: Text::scrub(name), is, was, verdict: judge(is.as_ref(), was.as_ref(), rule) }
    };
    let rows: Vec<Compared> = names.iter().map(row).collect();
    let is_whole = !(are_missing || are_theirs_missing || is_broken || was_broken);
    let code = verdict(&rows, args.fail_on, is_whole);
    if args.csv {
        let written = exit::write_out(&compare::csv(&rows));
        return Ok(if written == exit::DONE { code } else { written });
    }
    if args.json {
        let document = board::document("metrics_compare", zones, now).with("names", compare::json(&rows));
        let document = document.with("bound_percent", json!(rule.bound)).with("least", rule.least);
        let document = document.with("whole", is_whole).with("passed", passed(code, args.fail_on));
        print(&board::pretty(&document.value()))?;
        return Ok(code);
    }
    let nothing = "nothing to compare: no record on either side".to_owned();
    let table = if rows.is_empty() { nothing } else { compare::plain(&rows) };
    print(&format!("{table}\n{}", compare::rule(rule)))?;
    Ok(code)
}

/// Whether the gate passed; nothing where none was asked for, or it could not judge.
fn passed(code: u8, fail_on: Option<Direction>) -> serde_json::Value {
    match (fail_on, code) {
        (Some(_), exit::DONE) => json!(true),
        (Some(_), exit::NO) => json!(false),
        _ => serde_json::Value::Null,
    }
}

/// The times of what is compared: from, and before, epoch milliseconds.
fn times(args: &Args, now: DateTime<Utc>) -> Result<(i64, i64), Failure> {
    if args.baseline.is_empty() && args.ago.is_none() && args.tag.is_none() {
        let hint = "write --baseline FILE, --ago 7d, or --tag version --is 2.0 --was 1.9";
        return Err(Failure::new(exit::USAGE, "compare: nothing says what with", hint));
    }
    let until = args.until.map(|until| until.instant(now));
    let from = args.from.map(|from| from.instant(now));
    let from = from.or_else(|| args.ago.map(|ago| minus(until.unwrap_or(now), ago)));
    let until = until.or_else(|| args.ago.map(|_| now));
    if from.zip(until).is_some_and(|(from, until)| until <= from) {
        return Err(Failure::new(exit::USAGE, "compare: --until is not after --from", "write --from before --until"));
    }
    // All of it is one bucket from 1970 on; what is older has no clock to speak of.
    let ms = |at: DateTime<Utc>| at.timestamp_millis().max(0);
    Ok((from.map_or(0, ms), until.map_or(i64::MAX, ms)))
}

fn earlier(at: i64, by: i64) -> i64 {
    if at == i64::MAX { at } else { at.saturating_sub(by).max(0) }
}

fn sides(part: &Part<'_>, options: &Options, now: DateTime<Utc>) -> Result<Sides, Failure> {
    let options = Options { within: part.within, ..options.clone() };
    let summary: Summary = summed(part.inputs, &options, now)?;
    let is_broken = left_out(&summary);
    let mut found = BTreeMap::new();
    for row in &summary.rows {
        let Some(key) = summary.keys.get(row.key as usize) else { continue };
        if part.tag.is_some() && key.label.as_deref() != part.tag {
            continue;
        }
        let of = row.figures.of_values.zip(row.p50);
        let figures = of.map(|(of, p50)| Figures { mean: of.mean, p50, p95: of.p95, max: of.max });
        found.insert(key.name.to_string(), Side { count: row.figures.count, figures });
    }
    Ok((found, is_broken))
}

/// The exit code: a gate that could not judge has not passed.
fn verdict(rows: &[Compared], fail_on: Option<Direction>, is_whole: bool) -> u8 {
    let is_bad = |verdict: Verdict| match fail_on {
        Some(Direction::Higher) => matches!(verdict, Verdict::Higher | Verdict::Mixed),
        Some(Direction::Lower) => matches!(verdict, Verdict::Lower | Verdict::Mixed),
        Some(Direction::Either) => matches!(verdict, Verdict::Higher | Verdict::Lower | Verdict::Mixed),
        None => false,
    };
    match () {
        () if rows.iter().any(|row| is_bad(row.verdict)) => exit::NO,
        () if !is_whole => exit::COULD_NOT_JUDGE,
        () if fail_on.is_some() && !rows.iter().any(|row| row.verdict.is_judged()) => exit::COULD_NOT_JUDGE,
        () => exit::DONE,
    }
}
