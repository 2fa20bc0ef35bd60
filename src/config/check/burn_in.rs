//! `[[burn_in]]`: so many days in a row that something must hold.

use std::collections::BTreeSet;

use crate::{
    config::{
        Context, SignalSource,
        check::{Most, named, release::day, zone},
        paths,
        problems::Report,
        secrets::quoted,
        walk::{Said, Table},
    },
    domain::{burn_in::BurnIn, computed::Computed, duty::Duty, series::Signal, slo::Slo, trouble::nearest, zone::Zone},
    text::Text,
};

/// How long it takes where the file does not say.
const DAYS: u32 = 30;

/// More than one or two at a time would be a plan of their own.
const MOST: Most = Most { n: 20, kept: "burn-ins are kept", hint: "take those that are over out" };

/// What burn-ins may name.
pub(super) struct Known<'a> {
    pub(super) home: Option<&'a Zone>,
    pub(super) duties: &'a [Duty],
    pub(super) signals: &'a [SignalSource],
    pub(super) computed: &'a [(Computed, Option<String>)],
    pub(super) slos: &'a [Slo],
}

/// Reads every burn-in.
pub(super) fn all(
    tables: Vec<Table<'_>>,
    known: &Known<'_>,
    context: &Context<'_>,
    report: &mut Report,
) -> Vec<BurnIn> {
    named("burn-in", &MOST, tables, report, |table, names, report| burn_in(table, known, names, context, report))
}

fn burn_in(
    mut table: Table<'_>,
    known: &Known<'_>,
    names: &mut Vec<Said<Text>>,
    context: &Context<'_>,
    report: &mut Report,
) -> Option<BurnIn> {
    let place = table.place();
    for (name, hint) in [("name", "write name = \"thirty calm days\""), ("start", "write start = \"2026-11-02\"")] {
        if !table.has(name) {
            table.missing(name, hint, report);
        }
    }
    let name = table.filled("name", report).map(|said| said.with(Text::scrub(said.value)));
    names.extend(name.clone());
    let start = table.value("start", report).and_then(|said| day(&said, report));
    let days = table.number("days", report).map_or(Some(DAYS), |said| length(&said, report));
    let zone = table
        .filled("zone", report)
        .map_or_else(|| Some(known.home.cloned().unwrap_or_else(Zone::utc)), |said| zone(&said, context, report));
    let duty = table.filled("duty", report).map(|said| duty(&said, known, report));
    let hint = "write signals = [\"integrity\"], or leave the key out";
    let signals = table.some_texts("signals", hint, report).map(|list| list.value).unwrap_or_default();
    let signals: Vec<Text> = signals.iter().filter_map(|said| signal(said, known, report)).collect();
    let hint = "write slos = [\"availability\"], or leave the key out";
    let slos = table.some_texts("slos", hint, report).map(|list| list.value).unwrap_or_default();
    let slos: Vec<Text> = slos.iter().filter_map(|said| slo(said, known, report)).collect();
    let hint = "write freeze = [\"config/*.toml\"], or leave the key out";
    let freeze = table.some_texts("freeze", hint, report).map(|list| list.value).unwrap_or_default();
    let freeze: Vec<String> = freeze.iter().filter_map(|said| paths::pattern(said, context, report)).collect();
    if !["duty", "signals", "slos", "freeze"].iter().any(|key| table.has(key)) {
        report.fault(
            &place,
            "asks for nothing",
            "write duty, signals, slos or freeze: what must hold on each of its days",
        );
    }
    table.finish(report);
    let (name, duty) = (name?.value, duty.flatten());
    Some(BurnIn { name, start: start?, days: days?, zone: zone?, duty, signals, slos, freeze })
}

fn length(said: &Said<f64>, report: &mut Report) -> Option<u32> {
    let is_whole = said.value.fract() == 0.0 && (1.0..=366.0).contains(&said.value);
    if !is_whole {
        report.fault(said, "is no whole number of days from 1 to 366", "write days = 30");
    }
    is_whole.then_some(said.value as u32)
}

fn duty(said: &Said<&str>, known: &Known<'_>, report: &mut Report) -> Option<Text> {
    let found = known.duties.iter().find(|duty| duty.name.as_str() == said.value);
    if found.is_none() {
        let near = nearest(said.value, known.duties.iter().map(|duty| duty.name.as_str()));
        let hint = near.map_or("write the name of a [[duty]]".to_owned(), |near| format!("did you mean \"{near}\"?"));
        report.fault(said, &format!("is {}, and no duty is called so", quoted(said.value)), &hint);
    }
    found.map(|duty| duty.name.clone())
}

fn slo(said: &Said<&str>, known: &Known<'_>, report: &mut Report) -> Option<Text> {
    let found = known.slos.iter().find(|slo| slo.name.as_str() == said.value);
    if found.is_none() {
        let near = nearest(said.value, known.slos.iter().map(|slo| slo.name.as_str()));
        let hint = near.map_or("write the name of an [[slo]]".to_owned(), |near| format!("did you mean \"{near}\"?"));
        report.fault(said, &format!("is {}, and no objective is called so", quoted(said.value)), &hint);
    }
    found.map(|slo| slo.name.clone())
}

fn signal(said: &Said<&str>, known: &Known<'_>, report: &mut Report) -> Option<Text> {
    let all = || {
        let read = known.signals.iter().map(|source| &source.signal);
        read.chain(known.computed.iter().map(|(computed, _)| &computed.signal))
    };
    let found: Option<&Signal> = all().find(|signal| signal.name.as_str() == said.value);
    match found {
        None => {
            let names: BTreeSet<&str> = all().map(|signal| signal.name.as_str()).collect();
            let near = nearest(said.value, names);
            let hint =
                near.map_or("write the name of a [[signal]]".to_owned(), |near| format!("did you mean \"{near}\"?"));
            report.fault(said, &format!("is {}, and no signal is called so", quoted(said.value)), &hint);
        }
        Some(signal) if signal.threshold.is_none() => {
            report.fault(
                said,
                &format!("is {}, a signal without a bound", quoted(said.value)),
                "give it above or below",
            );
            return None;
        }
        Some(_) => {}
    }
    found.map(|signal| signal.name.clone())
}
