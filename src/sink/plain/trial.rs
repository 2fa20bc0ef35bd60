//! Policies tried on a history: a table for each, then what differs, month by month.

use super::{ANY, Page, Side, Table, words};
use crate::{
    domain::{
        priority::Grade,
        sla::backtest::{Counts, Month},
        time::{open_span, rfc3339, short_span},
    },
    sink::{
        trial::{Change, KEPT, Trial, Trials},
        words::clock,
    },
    text::{counted, grouped},
};

const DEFINITIONS: [(&str, &str); 8] = [
    ("kept", KEPT),
    ("met", "stopped in time; missed: stopped too late"),
    ("over", "had not stopped by then, and was over"),
    ("runs", "had not stopped by then, and was in time"),
    ("out", "response: closed without an answer; fix: closed as not planned, duplicate"),
    ("free", "nothing was promised"),
    ("breach", "how often clocks went over, those put right later included"),
    ("points", "change of kept in percentage points; broken: missed and over"),
];

/// Writes the report.
pub fn write(page: &mut Page, trials: &Trials<'_>) {
    let judged = trials.tried.first().map_or(0, |trial| trial.found.n_judged);
    page.line(&format!(
        "BACKTEST  {} judged as of {}",
        counted(judged, "incident", "incidents"),
        rfc3339(trials.as_of)
    ));
    page.line(&format!("  {}", trials.as_of_from));
    page.line(&format!("  {}", trials.history));
    for skipped in trials.skipped.iter().take(3) {
        page.line(&format!("  left out: {}: {}", skipped.at, skipped.why));
    }
    for (place, trial) in trials.tried.iter().enumerate() {
        page.blank();
        policy(page, &label(trials, place), trial);
    }
    if let Some((first, others)) = trials.tried.split_first().filter(|(_, others)| !others.is_empty()) {
        page.blank();
        page.line("DIFFERENCE  against A");
        let mut table = Table::new([[(Side::Left, 10)].as_slice(), &[(Side::Right, 14); 4]].concat());
        table.row(["", "kept A", "kept", "points", "broken"].map(str::to_owned));
        for (place, other) in (1..).zip(others) {
            difference(&mut table, &label(trials, place), first, other);
        }
        page.table(&table);
    }
    page.blank();
    months(page, trials);
    page.blank();
    page.line("DEFINITIONS");
    for (name, definition) in DEFINITIONS {
        page.line(&format!("  {name:<8} {definition}"));
    }
    page.line(&format!("  month    of the opening, in {}", trials.zone.name()));
}

/// `A`, `B` and so on; beyond `Z`, numbers.
fn label(trials: &Trials<'_>, place: usize) -> String {
    let letter = u8::try_from(place).ok().filter(|place| *place < 26).map(|place| char::from(b'A' + place));
    match letter {
        Some(letter) if trials.tried.len() > 1 => letter.to_string(),
        Some(_) => "policy".to_owned(),
        None => (place + 1).to_string(),
    }
}

fn policy(page: &mut Page, label: &str, trial: &Trial<'_>) {
    let found = &trial.found;
    page.line(&format!("{label}  {}", trial.name));
    let n = |n: usize| grouped(n);
    page.line(&format!("  {} had no priority: judged as untriaged", n(found.n_untriaged)));
    for (count, what) in
        [(found.n_defaulted, "had none: judged by the default priority"), (found.n_later, "opened later: left out")]
    {
        if count > 0 {
            page.line(&format!("  {} {what}", n(count)));
        }
    }
    let rules = trial.policy.rules.iter().zip(&found.by_rule).filter(|(_, n)| **n > 0);
    for (rule, judged) in rules {
        page.line(&format!("  rule {} judged {}", rule.name, n(*judged)));
    }
    let columns = [[(Side::Left, 8), (Side::Left, 6)].as_slice(), &[(Side::Right, 9); 9]].concat();
    let mut table = Table::new(columns);
    let is_all_known = found.all.iter().all(|counts| counts.unknown == 0);
    let unknown = if is_all_known { "" } else { "unknown" };
    let head = ["", "", "kept", "met", "missed", "over", "runs", "out", "free", "breach", unknown];
    table.row(head.map(str::to_owned));
    for (place, name) in ["response", "fix"].into_iter().enumerate() {
        let of = |rows: &[Counts; 2]| rows.get(place).copied().unwrap_or_default();
        table.row(row(name, "all", &of(&found.all), is_all_known));
        for (grade, rows) in Grade::ALL.iter().zip(&found.by_grade) {
            let counts = of(rows);
            if counts.total() > 0 {
                let grade = if *grade == Grade::Untriaged { "triage" } else { grade.word() };
                table.row(row("", grade, &counts, is_all_known));
            }
        }
    }
    page.table(&table);
    if found.worst.is_empty() {
        return;
    }
    page.line("  furthest over:");
    let mut table =
        Table::new([(Side::Right, 12), (Side::Left, 8), (Side::Left, 3), (Side::Left, 12), (Side::Left, ANY)]);
    for worst in &found.worst {
        let rule = trial.policy.rule_name(worst.rule).map(|name| format!("rule {name}")).unwrap_or_default();
        let end = if worst.is_open { "still runs" } else { "stopped" };
        table.row([
            if worst.is_business { open_span(worst.over) + " open" } else { short_span(worst.over) },
            clock(worst.clock).to_owned(),
            worst.grade.word().to_owned(),
            end.to_owned(),
            format!("{}  {rule}", worst.key),
        ]);
    }
    page.table(&table);
}

fn row(clock: &str, grade: &str, counts: &Counts, is_all_known: bool) -> [String; 11] {
    let n = |n: usize| grouped(n);
    [
        clock.to_owned(),
        grade.to_owned(),
        words::percent(counts.kept()),
        n(counts.met),
        n(counts.missed),
        n(counts.over),
        n(counts.in_time),
        n(counts.unanswered + counts.cancelled),
        n(counts.unpromised),
        n(counts.breaches),
        if is_all_known { String::new() } else { n(counts.unknown) },
    ]
}

fn difference(table: &mut Table, label: &str, first: &Trial<'_>, other: &Trial<'_>) {
    for (name, (before, after)) in ["response", "fix"].into_iter().zip(first.found.all.iter().zip(&other.found.all)) {
        let change = Change::between(before, after);
        let points = change.points().map_or(words::NOTHING.to_owned(), |points| format!("{points:+.1}"));
        let (was, is) = change.broken;
        table.row([
            format!("{label} {name}"),
            words::percent(change.kept.0),
            words::percent(change.kept.1),
            points,
            format!("{} → {}", grouped(was), grouped(is)),
        ]);
    }
}

/// One line a month; for each policy, what was kept of both clocks.
fn months(page: &mut Page, trials: &Trials<'_>) {
    page.line("MONTHS  of the opening; promises kept");
    let Some(first) = trials.tried.first() else { return };
    if first.found.months.is_empty() {
        page.line("  nothing was opened");
        return;
    }
    let columns = [[(Side::Left, 7), (Side::Right, 7)].as_slice(), &vec![(Side::Right, 11); trials.tried.len() * 2]];
    let mut table = Table::new(columns.concat());
    let mut head = vec!["month".to_owned(), "opened".to_owned()];
    for place in 0..trials.tried.len() {
        let label = if trials.tried.len() > 1 { format!("{} ", label(trials, place)) } else { String::new() };
        head.extend([format!("{label}response"), format!("{label}fix")]);
    }
    table.row(head);
    for (place, month) in first.found.months.iter().enumerate() {
        let mut cells = vec![format!("{:04}-{:02}", month.year, month.month), grouped(month.n_opened)];
        // The same incidents were judged under each policy, so their months are the same.
        let of_each = trials.tried.iter().filter_map(|trial| trial.found.months.get(place));
        cells.extend(of_each.flat_map(|month: &Month| month.clocks.map(|counts| words::percent(counts.kept()))));
        table.row(cells);
    }
    page.table(&table);
}
