//! The matrix of promises, the mean times with their definitions, the next deadlines.

use chrono::{DateTime, Utc};

use super::{Depth, Page, Side, TITLE, Table, words};
use crate::{
    domain::{
        priority::Grade,
        stats::{
            summary::{Summary, length},
            survival::Median,
            times::Times,
        },
        time::{open_span, short_span},
    },
    sink::{
        board::{Judged, Sla, SlaCounts, SlaRow},
        words::{IN_TIME, KEPT, MTTA, MTTR},
    },
    text::grouped,
};

/// Deadlines named.
const NEXT: usize = 10;

/// Writes the section; `incidents` in the order in which promises break.
pub fn write(page: &mut Page, sla: &Sla<'_>, incidents: &[Judged<'_>], depth: Depth, now: DateTime<Utc>) {
    page.line("SLA  open incidents by their worse clock; met to kept: clocks over 30 days");
    let mut table = Table::new([(Side::Left, 6)].into_iter().chain([(Side::Right, 10); 9]).collect::<Vec<_>>());
    let head = ["", "respond", "fix", "open", "risk", "over", "met", "missed", "in time", "kept"];
    table.row(head.map(str::to_owned));
    sla.rows.iter().for_each(|r| table.row(row(r, sla.is_known)));
    page.table(&table);
    let none = |what| if sla.is_known { what } else { "not known" };
    mean(page, "MTTA", &sla.times.tta, none("nothing answered in 30 days"));
    mean(page, "MTTR", &sla.times.ttr, none("nothing closed in 30 days"));
    if sla.is_known && depth == Depth::Whole {
        page.line(&format!("        {}", beside(&sla.times)));
    }
    if depth == Depth::Whole {
        page.blank();
        deadlines(page, incidents, none("none runs"), now);
        page.blank();
        page.line("DEFINITIONS");
        for (name, definition) in [("MTTA", MTTA), ("MTTR", MTTR), ("in time", IN_TIME), ("kept", KEPT)] {
            page.line(&format!("  {name:<8} {definition}"));
        }
        page.line("  p90      linear between closest ranks (type 7)");
    }
}

/// Writes the matrix alone: by priority, then by rule, then what the columns mean.
pub fn matrix(page: &mut Page, sla: &Sla<'_>) {
    page.line("MATRIX  open incidents by their worse clock; clocks over 30 days");
    let columns = [(Side::Left, 24)].into_iter().chain([(Side::Right, 12); 8]);
    let mut table = Table::new(columns.collect::<Vec<_>>());
    table.row(["", "open", "at risk", "over", "still over", "met", "missed", "in time", "kept"].map(str::to_owned));
    let mut line = |name: &str, counts: SlaCounts| {
        let count = |n| words::count(n, sla.is_known);
        table.row([
            name.to_owned(),
            count(counts.open),
            count(counts.at_risk),
            count(counts.over),
            count(counts.still_over),
            count(counts.met),
            count(counts.missed),
            words::percent(counts.in_time),
            words::percent(counts.kept),
        ]);
    };
    for row in &sla.rows {
        line(if row.grade == Grade::Untriaged { "triage" } else { row.grade.word() }, row.counts);
    }
    for (name, counts) in &sla.rules {
        line(&format!("rule {name}"), *counts);
    }
    page.table(&table);
    page.blank();
    page.line("  over        open incidents with a clock over; still over: those clocks");
    page.line("  rule        what the rule judges; its priority's row counts it as well");
    page.line(&format!("  in time     {IN_TIME}"));
    page.line(&format!("  kept        {KEPT}"));
    page.blank();
}

fn row(row: &SlaRow<'_>, is_known: bool) -> [String; 10] {
    let count = |n| words::count(n, is_known);
    let promise = |length| {
        let said = |l| if row.is_business { open_span(l) + " open" } else { short_span(l) };
        Option::map_or(length, words::NOTHING.to_owned(), said)
    };
    [
        if row.grade == Grade::Untriaged { "triage" } else { row.grade.word() }.to_owned(),
        promise(row.response),
        promise(row.fix),
        count(row.counts.open),
        count(row.counts.at_risk),
        count(row.counts.over),
        count(row.counts.met),
        count(row.counts.missed),
        words::percent(row.counts.in_time),
        words::percent(row.counts.kept),
    ]
}

fn mean(page: &mut Page, name: &str, summary: &Summary, none: &str) {
    if summary.n == 0 {
        page.line(&format!("  {name}  {}  {none}", words::NOTHING));
        return;
    }
    let [median, p90, mean, max] =
        [summary.median, summary.p90, summary.mean, summary.max].map(|s| words::span(s.map(length)));
    page.line(&format!("  {name}  median {median}, p90 {p90}, mean {mean}, max {max}, n {} in 30 days", summary.n));
}

/// What the closed ones alone do not tell (R34).
fn beside(times: &Times) -> String {
    let half = match times.km_ttr {
        Median::At(seconds) => format!("half closed in {}", words::span(Some(length(seconds)))),
        Median::NotReached => "half closed: not yet".to_owned(),
        Median::Nothing => format!("half closed {}", words::NOTHING),
    };
    format!(
        "opened in 30 days: {} still open; {half}; cancelled: {}",
        grouped(times.still_open),
        grouped(times.cancelled)
    )
}

fn deadlines(page: &mut Page, incidents: &[Judged<'_>], none: &str, now: DateTime<Utc>) {
    page.line("NEXT DEADLINES");
    let mut table = Table::new([(Side::Right, 12), (Side::Left, 18), (Side::Left, 7), (Side::Left, TITLE)]);
    for judged in incidents.iter().filter(|judged| judged.is_running()).take(NEXT) {
        let incident = judged.incident;
        table.row([
            words::figure(judged, now),
            incident.key.short(),
            words::clock(judged).to_owned(),
            incident.title.to_string(),
        ]);
    }
    if table.is_empty() {
        page.line(&format!("  {none}"));
    }
    page.table(&table);
}
