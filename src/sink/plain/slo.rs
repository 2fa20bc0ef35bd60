//! Objectives as rows, and one objective with everything it is judged by.

use chrono::{DateTime, Utc};

use super::{ANY, Page, Side, Table, words};
use crate::{
    domain::{
        alert::{AlertState, Condition},
        series::figure,
        slo::{
            exact::Ratio,
            ledger::{EVENT, Tally},
            standing::{Exhausted, RowStanding},
            window::TimeWindow,
        },
        time::{between, short_span},
        zone::Zone,
    },
    sink::slo::{Slo, State, length_name, method_word, sli_in_words, unit_of, window_name},
    text::counted,
};

/// Writes all objectives, one a row.
pub fn list(page: &mut Page, slos: &[Slo<'_>], zone: &Zone) {
    let n = |state| slos.iter().filter(|slo| slo.state() == state).count();
    let all = counted(slos.len(), "objective", "objectives");
    let [pages, tickets, silent] = [State::Page, State::Ticket, State::Silent].map(n);
    let blind = n(State::NoData);
    // One that pages is exhausted too.
    let exhausted = slos.iter().filter(|told| told.standing.exhausted == Exhausted::Already).count();
    page.line(&format!(
        "SLO  {all}: {pages} paging, {tickets} with a ticket, {exhausted} exhausted, {silent} silent, {blind} without data"
    ));
    let left = [(Side::Left, 2), (Side::Left, 24), (Side::Right, 9), (Side::Left, 8)];
    let figures = [(Side::Right, 10); 5];
    let mut table = Table::new([&left[..], &figures, &[(Side::Left, 17), (Side::Left, ANY)]].concat());
    table.row(
        ["", "", "objective", "window", "left", "burn 1h", "6h", "1d", "3d", "exhausted", "state"].map(str::to_owned),
    );
    for told in slos {
        let (slo, standing) = (told.slo, told.standing);
        let state = told.state();
        let [hour, six, day, three] = standing.burns.map(|burn| rate(burn.rate));
        table.row([
            state.mark().to_owned(),
            slo.name.to_string(),
            format!("{} %", slo.target.percent()),
            window_name(&slo.window),
            left_of(standing.left),
            hour,
            six,
            day,
            three,
            gone(told, zone),
            state.on_paper().to_owned(),
        ]);
    }
    page.table(&table);
}

/// Writes one objective: figures, windows, factors, which row fires, and what it all rests on.
pub fn why(page: &mut Page, told: &Slo<'_>, zone: &Zone, now: DateTime<Utc>) {
    let (slo, standing) = (told.slo, told.standing);
    page.line(&format!("{}  {}", slo.name, told.state().on_paper()));
    if !slo.description.is_blank() {
        page.line(&format!("  {}", slo.description));
    }
    let service = if slo.service.is_blank() { String::new() } else { format!(" of {}", slo.service) };
    page.line(&format!("  promised    {} %{service} over {}", slo.target.percent(), over(&slo.window)));
    page.line(&format!(
        "  measured    {}, by {}: {}",
        sli_in_words(&slo.sli),
        method_word(slo.method),
        unit_of(slo.method)
    ));
    let moment = |at| words::moment(at, zone);
    let from = standing.since.map_or("no data in it".to_owned(), |since| {
        format!("data since {}, {}", moment(since), short_span(standing.covered(now)))
    });
    let (start, end) = (moment(standing.stretch.from), moment(standing.stretch.until));
    page.line(&format!("  window      {start} to {end}; {from}"));
    page.line(&format!("  budget      {}", budget(told)));
    page.line(&format!("  exhausted   {}", forecast(told, zone, now)));
    page.line(&format!("  heard       {}", heard(told, zone, now)));
    if slo.min_total > 0 {
        page.line(&format!(
            "  floor       a window with fewer than {} {} is not judged",
            slo.min_total,
            unit_of(slo.method)
        ));
    }
    if told.n_late > 0 {
        page.line(&format!(
            "  late        {} left out: told again, out of order, or for minutes folded to hours already",
            told.n_late
        ));
    }
    page.blank();
    rows(page, told);
    alerts(page, told, zone, now);
    page.blank();
    page.line("DEFINITIONS");
    page.line(
        "  burn        bad share of the window, divided by the budget; 1 spends exactly the budget over its window",
    );
    page.line("  limit       share of the budget the long window may spend x budget's time / long window; both must be over it");
    page.line("  left        1 - bad / (budget x total); below zero: overspent");
    if let Some(runbook) = &slo.runbook {
        page.line(&format!("RUNBOOK  {runbook}"));
    }
}

fn rows(page: &mut Page, told: &Slo<'_>) {
    if told.standing.rows.is_empty() {
        page.line("ALERT  none: alert = false");
        return;
    }
    page.line("ALERT  a row fires while both its windows burn faster than its limit");
    let columns =
        [(Side::Left, 2), (Side::Left, 8), (Side::Right, 8), (Side::Right, 8), (Side::Right, 16), (Side::Right, 16)];
    let mut table = Table::new([&columns[..], &[(Side::Right, 8), (Side::Left, ANY)]].concat());
    table.row(["", "", "limit", "budget", "long", "short", "burn", "says"].map(str::to_owned));
    for row in &told.standing.rows {
        let mark = if row.condition == Condition::True { "!!" } else { "" };
        let (long, short) = row.rates;
        table.row([
            mark.to_owned(),
            row.row.severity.word().to_owned(),
            figure(row.factor.to_f64()),
            format!("{} %", figure(row.row.budget.to_f64() * 100.0)),
            format!("{} {}", length_name(row.row.long), seen(row.seen.long)),
            format!("{} {}", length_name(row.row.short), seen(row.seen.short)),
            format!("{} / {}", rate(long), rate(short)),
            says(row, told.slo.min_total),
        ]);
    }
    page.table(&table);
}

fn says(row: &RowStanding, min_total: u64) -> String {
    match row.condition {
        Condition::True => "fires".to_owned(),
        Condition::False => "calm".to_owned(),
        Condition::NoData => {
            let floor = min_total.saturating_mul(EVENT);
            let is_few = [row.seen.long, row.seen.short].iter().all(|tally| 0 < tally.total) && floor > 0;
            if is_few { "too few to judge".to_owned() } else { "no data".to_owned() }
        }
    }
}

fn alerts(page: &mut Page, told: &Slo<'_>, zone: &Zone, now: DateTime<Utc>) {
    let named = told.alerts.iter().map(|(severity, alert)| (severity.word(), *alert)).chain([("silence", told.absent)]);
    for (name, alert) in named {
        if let AlertState::Firing { since, blind_since, .. } = alert {
            let blind = blind_since.map(|at| format!(", without data since {}", words::moment(at, zone)));
            let since = format!("{} ({})", words::moment(since, zone), short_span(between(since, now)));
            page.line(&format!("  {name}: fires since {since}{}", blind.unwrap_or_default()));
        }
    }
}

fn over(window: &TimeWindow) -> String {
    match window {
        TimeWindow::Rolling(length) => format!("the last {}", length_name(*length)),
        TimeWindow::Calendar { unit, zone, .. } => format!("each {} in {}", unit.word(), zone.name()),
    }
}

fn budget(told: &Slo<'_>) -> String {
    let (slo, standing) = (told.slo, told.standing);
    let unit = unit_of(slo.method);
    let seen = format!("{} bad of {} {unit}", amount(standing.tally.bad), amount(standing.tally.total));
    let may = slo.target.budget().to_f64() * standing.tally.total as f64 / EVENT as f64;
    if let Some(why) = &standing.doubt {
        return format!("{}: {why}", words::NOTHING);
    }
    match standing.left {
        None if standing.tally.total == 0 => format!("{}: nothing was measured", words::NOTHING),
        None => format!("{}: {seen} are too few to judge", words::NOTHING),
        Some(left) if left < 0.0 => {
            format!("overspent by {} %: {seen}, {} may be", figure(-left * 100.0), figure(may))
        }
        Some(left) => format!("{} left: {seen}, {} may be", left_of(Some(left)), figure(may)),
    }
}

fn forecast(told: &Slo<'_>, zone: &Zone, now: DateTime<Utc>) -> String {
    match told.standing.exhausted {
        Exhausted::Unknown => format!("{}: the last hour says nothing", words::NOTHING),
        Exhausted::NotSoon => "not within the window, if the last hour goes on".to_owned(),
        Exhausted::At(at) => {
            format!("{}, in {}, if the last hour goes on", words::moment(at, zone), short_span(between(now, at)))
        }
        Exhausted::Already => "already".to_owned(),
    }
}

fn heard(told: &Slo<'_>, zone: &Zone, now: DateTime<Utc>) -> String {
    let after = short_span(told.standing.silence);
    match told.standing.heard_at {
        None => "never".to_owned(),
        Some(at) => {
            let age = short_span(between(at, now));
            format!("{}, {age} ago; silence is an alert after {after}", words::moment(at, zone))
        }
    }
}

fn gone(told: &Slo<'_>, zone: &Zone) -> String {
    match told.standing.exhausted {
        Exhausted::Unknown => words::NOTHING.to_owned(),
        Exhausted::NotSoon => "not soon".to_owned(),
        Exhausted::At(at) => words::moment(at, zone),
        Exhausted::Already => "already".to_owned(),
    }
}

/// Rounded down: a budget that is spent in part is never shown whole, and one that is overspent never as none.
fn left_of(left: Option<f64>) -> String {
    left.map_or(words::NOTHING.to_owned(), |left| format!("{} %", figure((left * 1000.0).floor() / 10.0)))
}

fn rate(rate: Option<Ratio>) -> String {
    rate.map_or(words::NOTHING.to_owned(), |rate| figure(rate.to_f64()))
}

fn seen(tally: Tally) -> String {
    format!("{}/{}", amount(tally.bad), amount(tally.total))
}

fn amount(millionths: u64) -> String {
    figure(millionths as f64 / EVENT as f64)
}
