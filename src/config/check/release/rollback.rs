//! `[release.rollback]`: when the release is to be taken back (SEMANTICS R51).

use chrono::TimeDelta;

use crate::{
    config::{
        check::{Range, span},
        problems::Report,
        walk::Table,
    },
    domain::{
        expr::Expr,
        release::rollback::{Condition, Watching},
    },
    text::Text,
};

const BAKE_RANGE: Range = Range { least: TimeDelta::minutes(1), most: TimeDelta::days(7) };

const BASELINE_RANGE: Range = Range { least: TimeDelta::minutes(10), most: TimeDelta::days(4) };

/// Reads what is declared before T-0.
pub(super) fn watching(mut table: Table<'_>, report: &mut Report) -> Watching {
    let usual = Watching::default();
    let owner = table.filled("owner", report).map(|said| Text::scrub(said.value)).unwrap_or_default();
    let bake = span(&mut table, "bake", BAKE_RANGE, report).map_or(usual.bake, |said| said.value);
    let baseline = span(&mut table, "baseline", BASELINE_RANGE, report).map_or(usual.baseline, |said| said.value);
    let times = table.number("times", report).map_or(usual.times, |said| {
        if said.value < 1.0 || 1_000.0 < said.value {
            report.fault(&said, "is no number from 1 to 1000", "write times = 2");
            return usual.times;
        }
        said.value
    });
    let conditions = table.tables("when", report).into_iter().filter_map(|table| condition(table, report)).collect();
    table.finish(report);
    Watching { owner, bake, times, baseline, conditions, is_declared: true }
}

fn condition(mut table: Table<'_>, report: &mut Report) -> Option<Condition> {
    const HINTS: [(&str, &str); 3] = [
        ("name", "write name = \"sync broken\""),
        ("expr", "write expr = \"sync_ok == 0\""),
        ("for", "write for = \"30m\": longer than that is too long"),
    ];
    for (name, hint) in HINTS {
        if !table.has(name) {
            table.missing(name, hint, report);
        }
    }
    let name = table.filled("name", report).map(|said| Text::scrub(said.value));
    let hold = span(&mut table, "for", BAKE_RANGE, report).map(|said| said.value);
    let expr = table.filled("expr", report).and_then(|said| {
        let read = Expr::read(said.value).map_err(|fault| format!("cannot be read: {fault}"));
        let read =
            read.and_then(|expr| if expr.is_condition() { Ok(expr) } else { Err("compares nothing".to_owned()) });
        read.map_err(|what| report.fault(&said, &what, "write a condition, as in \"sync_ok == 0\"")).ok()
    });
    table.finish(report);
    Some(Condition { name: name?, expr: expr?, hold: hold? })
}
