//! `alert` and `burn`: whether an objective alerts, and by which windows (SEMANTICS R38).

use chrono::TimeDelta;

use crate::{
    config::{
        check::{Range, choice, span},
        problems::Report,
        walk::Table,
    },
    domain::slo::{
        burn::{Row, Severity},
        exact::{Ratio, Target},
    },
};

/// Counts are kept by the minute for four days.
const WINDOW_RANGE: Range = Range { least: TimeDelta::minutes(1), most: TimeDelta::days(4) };

const SEVERITIES: [(&str, Severity); 2] = [("page", Severity::Page), ("ticket", Severity::Ticket)];

/// The rows of an objective's alert: the usual four, its own, or none.
pub(super) fn rows(table: &mut Table<'_>, report: &mut Report) -> Vec<Row> {
    let wants = table.flag("alert", report);
    let own = table.tables("burn", report);
    if let Some(said) = wants.filter(|said| !said.value) {
        if table.has("burn") {
            report.fault(
                &said,
                "is false, and there are windows to alert by",
                "take out alert = false, or the burn tables",
            );
        }
        return Vec::new();
    }
    if own.is_empty() {
        return Row::usual();
    }
    own.into_iter().filter_map(|table| row(table, report)).collect()
}

fn row(mut table: Table<'_>, report: &mut Report) -> Option<Row> {
    const HINTS: [(&str, &str); 4] = [
        ("severity", "write severity = \"page\" or \"ticket\""),
        ("long", "write long = \"1h\""),
        ("short", "write short = \"5m\", a twelfth of the long window"),
        ("budget", "write budget = \"2%\": the share of the budget that the long window may spend"),
    ];
    for (name, hint) in HINTS {
        if !table.has(name) {
            table.missing(name, hint, report);
        }
    }
    let severity = table.filled("severity", report).and_then(|said| choice(&said, &SEVERITIES, report));
    let long = span(&mut table, "long", WINDOW_RANGE, report);
    let short = span(&mut table, "short", WINDOW_RANGE, report);
    let budget = table.filled("budget", report).and_then(|said| {
        let share = Target::read(said.value).ok().map(Target::ratio).filter(|share| *share != Ratio::ZERO);
        if share.is_none() {
            report.fault(&said, "is no share between 0% and 100%, both excluded", "write budget = \"2%\"");
        }
        share
    });
    table.finish(report);
    let (long, short) = (long?, short?);
    for said in [&long, &short] {
        if said.value != TimeDelta::minutes(said.value.num_minutes()) {
            report.fault(said, "is no whole number of minutes", "counts are kept by the minute");
            return None;
        }
    }
    if long.value <= short.value {
        report.fault(&short, "is not shorter than long", "write about a twelfth of the long window");
        return None;
    }
    Some(Row { severity: severity?, long: long.value, short: short.value, budget: budget? })
}
