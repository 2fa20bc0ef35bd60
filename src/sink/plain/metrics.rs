//! Signals as rows: state, value with its age, bound, budget.

use chrono::{DateTime, Utc};

use super::{ANY, Depth, Page, Side, Table, source, words};
use crate::{
    domain::{
        alert::AlertState,
        series::{Reading, Side as Bad, Threshold, figure},
        time::{between, short_span},
        zone::Zone,
    },
    sink::board::{Signal, Source},
    text::{counted, grouped},
};

/// Signals on a larger board.
const SHORT: usize = 4;

/// Writes the section; `sources` are those that read metric files.
pub fn write(
    page: &mut Page,
    signals: &[Signal<'_>],
    sources: &[Source<'_>],
    zone: &Zone,
    depth: Depth,
    now: DateTime<Utc>,
) {
    if signals.is_empty() {
        page.line(&format!("METRICS  {}", source::silence(sources, "no signal")));
        return;
    }
    let most = if depth == Depth::Short { SHORT } else { usize::MAX };
    let cut = if most < signals.len() { format!("; {most} shown:") } else { String::new() };
    page.line(&format!("METRICS  {}{cut}", counts(signals)));
    let columns = [(Side::Left, 2), (Side::Left, 16), (Side::Right, 12), (Side::Left, 16), (Side::Left, 14)];
    let mut table = Table::new([columns.as_slice(), &[(Side::Left, ANY)]].concat());
    // What fires comes first where not all are shown.
    let mut shown: Vec<&Signal<'_>> = signals.iter().collect();
    if depth == Depth::Short {
        shown.sort_by_key(|signal| urgency(signal));
    }
    shown.iter().take(most).for_each(|signal| table.row(row(signal, now)));
    page.table(&table);
    if depth == Depth::Whole {
        details(page, signals, zone);
    }
}

fn counts(signals: &[Signal<'_>]) -> String {
    let n = |is: fn(&Signal<'_>) -> bool| signals.iter().filter(|s| is(s)).count();
    let firing = n(|s| matches!(s.alert, AlertState::Firing { .. }));
    let pending = n(|s| matches!(s.alert, AlertState::Pending { .. }));
    let stale = n(|s| matches!(s.reading, Reading::Stale(_)));
    let silent = n(|s| matches!(s.reading, Reading::Nothing));
    let all = counted(signals.len(), "signal", "signals");
    format!("{all}: {firing} firing, {pending} pending, {stale} stale, {silent} without data")
}

fn urgency(signal: &Signal<'_>) -> u8 {
    match (signal.alert, signal.reading) {
        (AlertState::Firing { .. }, _) => 0,
        (AlertState::Pending { .. }, _) => 1,
        (AlertState::Inactive, Reading::Stale(_) | Reading::Nothing) => 2,
        (AlertState::Inactive, Reading::Fresh(_)) => 3,
    }
}

fn row(gauge: &Signal<'_>, now: DateTime<Utc>) -> [String; 6] {
    let signal = gauge.signal;
    let (value, age) = match gauge.reading {
        Reading::Fresh(sample) | Reading::Stale(sample) => {
            let unit = signal.unit.as_str();
            let age = short_span(between(sample.at(), now));
            let is_stale = matches!(gauge.reading, Reading::Stale(_));
            let age = if is_stale { format!("stale {age}") } else { format!("{age} old") };
            (format!("{} {unit}", figure(sample.value)).trim_end().to_owned(), age)
        }
        Reading::Nothing => (words::NOTHING.to_owned(), "no data".to_owned()),
    };
    [
        mark(gauge).to_owned(),
        signal.name.to_string(),
        value,
        signal.threshold.map(bound).unwrap_or_default(),
        age,
        [alert(gauge.alert, now), budget(gauge)].into_iter().flatten().collect::<Vec<_>>().join(", "),
    ]
}

/// `!!` fires, `!` out of bounds, `?` nothing fresh to judge by.
fn mark(signal: &Signal<'_>) -> &'static str {
    match urgency(signal) {
        0 => "!!",
        1 => "!",
        2 => "?",
        _ => "",
    }
}

fn bound(threshold: Threshold) -> String {
    match threshold.bad {
        Bad::Above => format!("at most {}", figure(threshold.bound)),
        Bad::Below => format!("at least {}", figure(threshold.bound)),
    }
}

fn alert(alert: AlertState, now: DateTime<Utc>) -> Option<String> {
    match alert {
        AlertState::Inactive => None,
        AlertState::Pending { since } => Some(format!("out {}", short_span(between(since, now)))),
        AlertState::Firing { since, .. } => Some(format!("FIRING {}", short_span(between(since, now)))),
    }
}

fn budget(signal: &Signal<'_>) -> Option<String> {
    signal.signal.objective?;
    let left = signal.budget.and_then(|b| b.left);
    // Rounded down: a budget that is spent in part is never shown whole.
    let percent = |left: f64| figure((left * 1000.0).floor() / 10.0);
    Some(match left {
        None => format!("budget {}", words::NOTHING),
        Some(left) if left <= 0.0 => "budget spent".to_owned(),
        Some(left) => format!("budget {} %", percent(left)),
    })
}

/// Budgets with their definition, runbooks of what fires, lines left out.
fn details(page: &mut Page, signals: &[Signal<'_>], zone: &Zone) {
    for gauge in signals {
        let signal = gauge.signal;
        if let (Some(budget), Some(objective)) = (gauge.budget, signal.objective) {
            let burn = budget.burn.map_or(words::NOTHING.to_owned(), figure);
            let left = budget.left.map_or(words::NOTHING.to_owned(), |left| format!("{} %", figure(left * 100.0)));
            let (name, promised) = (&signal.name, figure(objective * 100.0));
            let [bad, measured] = [budget.bad, budget.slices].map(|n| grouped(n as usize));
            page.line(&format!("  {name}: objective {promised} % of minutes in bounds over 28 days"));
            page.line(&format!("    {bad} bad of {measured} measured since {} ago", short_span(budget.covered)));
            page.line(&format!("    {left} of the budget left; burn rate of the last hour {burn}"));
        }
        if let AlertState::Firing { since, blind_since, .. } = gauge.alert {
            let blind = blind_since.map(|at| format!(", no data since {}", words::moment(at, zone)));
            let since = words::moment(since, zone);
            page.line(&format!("  {}: fires, out of bounds since {since}{}", signal.name, blind.unwrap_or_default()));
        }
        if let (0, Some(runbook)) = (urgency(gauge), &signal.runbook) {
            page.line(&format!("  {}: runbook {runbook}", signal.name));
        }
        if let Some(note) = gauge.note {
            page.line(&format!("  {}: {note}", signal.name));
        }
        if 0 < gauge.n_skipped {
            let n = counted(gauge.n_skipped, "line left out", "lines left out");
            let last = gauge.skipped.last().map(|skip| format!(", last {}: {}", skip.at, skip.why)).unwrap_or_default();
            page.line(&format!("  {}: {n}{last}", signal.name));
        }
    }
}
