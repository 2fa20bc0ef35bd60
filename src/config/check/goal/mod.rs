//! `[[goal]]`: a figure and what it should come to.

mod figure;
mod target;

use chrono::{NaiveDate, TimeDelta};

use crate::{
    config::{
        Context, SignalSource,
        check::{Most, Range, named, release::day, zone},
        problems::Report,
        secrets::quoted,
        units,
        walk::{Said, Table},
    },
    domain::{
        computed::Computed,
        goal::{Goal, Window},
        query::Query,
        slo::Slo,
        stats::period::Unit,
        zone::Zone,
    },
    text::Text,
};

/// More than anybody steers by.
const MOST: Most = Most { n: 50, kept: "goals are kept", hint: "take those that are over out" };

/// The window where the file does not say.
const WINDOW: TimeDelta = TimeDelta::days(30);

const WINDOW_RANGE: Range = Range { least: TimeDelta::hours(1), most: TimeDelta::days(732) };

/// What goals may name.
pub(super) struct Known<'a> {
    pub(super) home: Option<&'a Zone>,
    pub(super) signals: &'a [SignalSource],
    pub(super) computed: &'a [(Computed, Option<String>)],
    pub(super) slos: &'a [Slo],
}

/// Reads every goal.
pub(super) fn all(tables: Vec<Table<'_>>, known: &Known<'_>, context: &Context<'_>, report: &mut Report) -> Vec<Goal> {
    named("goal", &MOST, tables, report, |table, names, report| goal(table, known, names, context, report))
}

fn goal(
    mut table: Table<'_>,
    known: &Known<'_>,
    names: &mut Vec<Said<Text>>,
    context: &Context<'_>,
    report: &mut Report,
) -> Option<Goal> {
    if !table.has("name") {
        table.missing("name", "write name = \"time to repair\"", report);
    }
    let name = table.filled("name", report).map(|said| said.with(Text::scrub(said.value)));
    names.extend(name.clone());
    let why = table.filled("why", report).map(|said| Text::scrub(said.value)).unwrap_or_default();
    let figure = figure::read(&mut table, known, context, report);
    let months = table.number("months_running", report).and_then(|said| months(&said, report));
    let filter = filter(&mut table, figure.as_ref().map(|f| f.is_of_incidents()), months.is_some(), report);
    let target = target::read(&mut table, figure.as_ref(), context, report);
    let window = window(&mut table, figure.as_ref().map(|f| f.is_of_an_instant()), months.as_ref(), report);
    if let (Some(figure), Some(said)) = (&figure, &months)
        && !figure.has_months()
    {
        let what =
            format!("has no meaning with figure = \"{}\": of a month that is over nobody knows it", figure.word());
        report.fault(said, &what, "leave it out");
    }
    let owner = table.filled("owner", report).map(|said| Text::scrub(said.value));
    let (since, by) = days(&mut table, ("since", "by"), report);
    let zone = table
        .filled("zone", report)
        .map_or_else(|| Some(known.home.cloned().unwrap_or_else(Zone::utc)), |said| zone(&said, context, report));
    table.finish(report);
    let months_running = months.map_or(0, |said| said.value);
    let (name, figure, filter, target) = (name?.value, figure?, filter?, target?);
    Some(Goal { name, why, figure, filter, target, window: window?, months_running, owner, since, by, zone: zone? })
}

fn months(said: &Said<f64>, report: &mut Report) -> Option<Said<u32>> {
    let read = (1..=24_u32).find(|n| (f64::from(*n) - said.value).abs() < f64::EPSILON);
    if read.is_none() {
        report.fault(said, "is no whole number of months from 1 to 24", "write months_running = 2");
    }
    read.map(|n| said.with(n))
}

fn filter(
    table: &mut Table<'_>,
    is_of_incidents: Option<bool>,
    has_months: bool,
    report: &mut Report,
) -> Option<Query> {
    if is_of_incidents == Some(false) {
        table.misplaced(&["query"], "with a figure that is not of incidents", "leave it out", report);
        return Some(Query::default().of_all());
    }
    let Some(said) = table.text("query", report) else {
        return (!table.has("query")).then(|| Query::default().of_all());
    };
    let query = Query::read(said.value);
    for fault in query.faults() {
        report.fault(&said, &format!("column {}: {}", fault.from + 1, fault.what), fault.hint.as_str());
    }
    if query.says_me() {
        report.fault(&said, "asks for whoever looks, and a goal is the team's", "name the owner, or leave it out");
    }
    if has_months && query.is_of_the_moment() {
        let what = "asks how incidents stand now, and of months that are over that is not known";
        report.fault(&said, what, "ask by priority, label, repo, author or kind");
    }
    query.faults().is_empty().then(|| query.of_all())
}

fn window(
    table: &mut Table<'_>,
    is_of_an_instant: Option<bool>,
    months: Option<&Said<u32>>,
    report: &mut Report,
) -> Option<Window> {
    let Some(said) = table.filled("window", report) else {
        let usual = if months.is_some() { Window::Calendar(Unit::Month) } else { Window::Rolling(WINDOW) };
        return (!table.has("window")).then_some(usual);
    };
    if is_of_an_instant == Some(true) && months.is_none() {
        report.fault(&said, "has no meaning with a figure of one instant", "leave it out");
    }
    let read = match said.value {
        "month" => Window::Calendar(Unit::Month),
        "quarter" => Window::Calendar(Unit::Quarter),
        written => Window::Rolling(rolling(&said, written, report)?),
    };
    if months.is_some() && read != Window::Calendar(Unit::Month) {
        report.fault(&said, "does not go with months_running, which judges calendar months", "leave it out");
    }
    Some(read)
}

fn rolling(said: &Said<&str>, written: &str, report: &mut Report) -> Option<TimeDelta> {
    let length = units::span(written).ok().filter(|length| (WINDOW_RANGE.least..=WINDOW_RANGE.most).contains(length));
    if length.is_none() {
        let what = format!("is {}, which is no stretch of time from 1h to 732d", quoted(written));
        report.fault(said, &what, "write \"30d\", \"month\" or \"quarter\"");
    }
    length
}

/// Two days of which the second must not be the earlier one.
fn days(
    table: &mut Table<'_>,
    (first, second): (&'static str, &'static str),
    report: &mut Report,
) -> (Option<NaiveDate>, Option<NaiveDate>) {
    let from = table.value(first, report).and_then(|said| day(&said, report));
    let to = table.value(second, report).and_then(|said| Some(said.with(day(&said, report)?)));
    if let (Some(from), Some(to)) = (from, &to)
        && to.value < from
    {
        report.fault(to, &format!("is before {first}"), "write a later day, or leave it out");
    }
    (from, to.map(|said| said.value))
}
