//! How the load is shared, as text.

use chrono::TimeDelta;

use super::{ANY, Page, Side, Table, rota::stamp, words};
use crate::{
    domain::{
        rota::fairness::{Evenness, Fairness},
        time::{between, short_span},
    },
    sink::{
        rota::{About, Known},
        words::FAIRNESS,
    },
    text::counted,
};

/// Pairs that are printed; JSON has them up to 200 people.
const PAIRS: usize = 10;

/// Writes how the load is shared, and what each figure counts.
pub fn write(page: &mut Page, about: &About<'_>, fairness: &Fairness, known: Known) {
    page.line(&format!("FAIRNESS  {}  {}", about.roster, about.shown.name()));
    page.line(&format!("  from {} to {}", stamp(fairness.start, about.shown), stamp(fairness.end, about.shown)));
    page.line(&format!("  {}", known_from(known, between(fairness.start, fairness.end))));
    page.blank();
    people(page, fairness);
    page.blank();
    let (total, nights, weekends) = (balance(fairness.total), balance(fairness.nights), balance(fairness.weekends));
    page.line(&format!("  balance  hours {total}, nights {nights}, weekends {weekends}"));
    if !fairness.pairs.is_empty() {
        page.blank();
        pairs(page, fairness);
    }
    page.blank();
    for (name, means) in FAIRNESS {
        page.line(&format!("  {name:<9} {means}"));
    }
}

/// What was seen and what was not, of the time of all seats together.
fn known_from(known: Known, span: TimeDelta) -> String {
    if known.recorded.is_zero() {
        return "nothing of it is on record: all is worked out from the roster of now".to_owned();
    }
    let all = known.recorded.checked_add(&known.computed).unwrap_or(TimeDelta::MAX);
    let seats = all.num_seconds().checked_div(span.num_seconds()).and_then(|n| usize::try_from(n).ok()).unwrap_or(1);
    let of = if seats > 1 {
        format!("{} of {} each: ", counted(seats, "seat", "seats"), short_span(span))
    } else {
        String::new()
    };
    let recorded = short_span(known.recorded);
    if known.computed.is_zero() {
        return format!("{of}all {recorded} on record");
    }
    format!("{of}{recorded} on record, {} worked out from the roster of now", short_span(known.computed))
}

fn people(page: &mut Page, fairness: &Fairness) {
    let right = (Side::Right, 12);
    let mut table = Table::new([(Side::Left, 24), right, right, right, right, right, right]);
    table.row(["", "hours", "nights", "weekends", "shifts", "share", "to the mean"].map(str::to_owned));
    for load in &fairness.people {
        table.row([
            load.person.to_string(),
            hours(load.total),
            hours(load.nights),
            hours(load.weekends),
            load.n_shifts.to_string(),
            words::percent(load.share),
            signed(load.deviation),
        ]);
    }
    page.table(&table);
}

fn pairs(page: &mut Page, fairness: &Fairness) {
    let n = fairness.pairs_left_out.saturating_add(fairness.pairs.len() as u64);
    let cut = if PAIRS < fairness.pairs.len() { format!(", {PAIRS} of {n}") } else { String::new() };
    page.line(&format!("  two and two, furthest apart first{cut}: how many hours the first has more"));
    let right = (Side::Right, 12);
    let mut table = Table::new([(Side::Left, 24), (Side::Left, 24), right, right, right, (Side::Left, ANY)]);
    for pair in fairness.pairs.iter().take(PAIRS) {
        table.row([
            pair.first.to_string(),
            pair.second.to_string(),
            signed(pair.total),
            format!("nights {}", signed(pair.nights)),
            format!("weekends {}", signed(pair.weekends)),
        ]);
    }
    page.table(&table);
}

/// Tenths of hours, cut: `167.5`.
fn hours(length: TimeDelta) -> String {
    let tenths = length.num_minutes() / 6;
    format!("{}.{}", tenths / 10, (tenths % 10).abs())
}

fn signed(length: TimeDelta) -> String {
    let sign = if length < TimeDelta::zero() { "-" } else { "+" };
    if length.num_minutes() / 6 == 0 { "0.0".to_owned() } else { format!("{sign}{}", hours(length.abs())) }
}

fn balance(of: Evenness) -> String {
    words::percent(of.balance)
}
