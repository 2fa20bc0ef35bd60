//! Factors, burn rates, budgets, methods, windows, and the table of two windows minute by minute.

use chrono::TimeDelta;
use serde_json::{Value, json};
use watchfloor::domain::{
    alert::Condition,
    slo::{
        burn::{self, Row, Seen, Severity},
        exact::{Ratio, Target},
        ledger::{EVENT, Empty, Ledger, Marked, Method, Part, Slices, Tally},
    },
};

use crate::Ran;

/// Some minute to count from.
const ZERO: i64 = 30_000_000;

pub fn judge(vector: &Value, _file: &Value) -> Result<Ran, String> {
    let (input, expect) = (&vector["input"], &vector["expect"]);
    match vector["kind"].as_str().unwrap_or_default() {
        "factor" => {
            let row = Row {
                severity: Severity::Page,
                long: hours(&input["long_window_h"]),
                short: TimeDelta::minutes(5),
                budget: whole(&input["budget_percent"], 100),
            };
            same("factor", row.factor(hours(&input["period_h"])), &expect["factor"])
        }
        "burn_rate" => same("burn_rate", burn::rate(tally(input), target(input)), &expect["burn_rate"]),
        "budget_seconds" => {
            let period = whole(&input["period_days"], 1).times(whole(&json!(86_400), 1));
            same("seconds", period.and_then(|p| p.times(target(input).budget())), &expect["seconds"])
        }
        "budget_remaining" => near("fraction", burn::left(tally(input), target(input)), &expect["fraction"]),
        "time_to_exhaustion" => {
            let lasts = burn::lasts(1.0, decimal(&input["burn_rate"]), days(&input["period_days"]));
            near("hours", lasts.map(|l| l.num_seconds() as f64 / 3_600.0), &expect["hours"])
        }
        "budget_consumed" => {
            let (rate, window) = (decimal(&input["burn_rate"]), hours(&input["window_h"]));
            same("fraction", burn::consumed(rate, window, days(&input["period_days"])), &expect["fraction"])
        }
        "absence_for" => {
            // A factor is a share of the budget by the share of the period: over a day, that of an hour.
            let long = number(&input["long_m"]);
            let budget = whole(&input["factor"], 1).times(whole(&json!(long), 1_440));
            let row = Row {
                severity: Severity::Page,
                long: TimeDelta::minutes(long),
                short: TimeDelta::minutes(5),
                budget: budget.ok_or("a factor")?,
            };
            let wait = TimeDelta::minutes(number(&input["for_m"]));
            let after = burn::absent_after(&row, target(input), TimeDelta::days(1), wait);
            near("minutes_exact", after.map(|a| a.num_milliseconds() as f64 / 60_000.0), &expect["minutes_exact"])
        }
        "budgeting" => budgeting(input, expect),
        "window" => window(input, expect),
        "mwmb" => mwmb(input, expect),
        other => Err(format!("unknown kind {other}")),
    }
}

fn budgeting(input: &Value, expect: &Value) -> Result<Ran, String> {
    let allowed = Target::read(text(&input["time_slice_target"])).map_err(|e| format!("{e:?}"))?.budget();
    let slices = input["slices"].as_array().ok_or("slices")?;
    let good = |method| {
        let mut ledger = Ledger::new(method, Marked::Bad);
        for (minute, slice) in (ZERO..).zip(slices) {
            set(&mut ledger, minute, events(&slice["bad"]), events(&slice["total"]));
        }
        let sum = ledger.sum(ZERO, ZERO + slices.len() as i64);
        Ratio::new(u128::from(sum.total - sum.bad), u128::from(sum.total))
    };
    let by = |empty| Method::Timeslices { slices: Slices { minutes: 1, empty }, allowed };
    let mean = Method::RatioTimeslices { slices: Slices { minutes: 1, empty: Empty::LeftOut } };
    for (name, method) in [
        ("occurrences", Method::Occurrences),
        ("timeslices_excluding_empty", by(Empty::LeftOut)),
        ("ratio_timeslices_excluding_empty", mean),
        ("timeslices_empty_is_good", by(Empty::Good)),
        ("timeslices_empty_is_bad", by(Empty::Bad)),
    ] {
        same(name, good(method), &expect[name])?;
    }
    Ok(Ran::Passed)
}

fn window(input: &Value, expect: &Value) -> Result<Ran, String> {
    let mut ledger = Ledger::new(Method::Occurrences, Marked::Bad);
    let bad = input["daily_bad"].as_array().ok_or("daily_bad")?;
    let first = ZERO - ZERO.rem_euclid(1_440);
    for (day, bad) in (0..).zip(bad) {
        set(&mut ledger, first + day * 1_440, events(bad), events(&input["daily_total"]));
    }
    let until = first + (number(&input["evaluate_at_end_of_day_index"]) + 1) * 1_440;
    let left = |from| burn::left(ledger.sum(from, until), target(input));
    let month = left(first + number(&input["month_starts_at_day_index"]) * 1_440);
    near("rolling_30d_remaining", left(until - 30 * 1_440), &expect["rolling_30d_remaining"])?;
    near("calendar_month_remaining_vs_full_month", month, &expect["calendar_month_remaining_vs_full_month"])?;
    near("calendar_month_remaining", month, &expect["calendar_month_remaining"])
}

fn mwmb(input: &Value, expect: &Value) -> Result<Ran, String> {
    let listed = input["rules"].as_array().ok_or("rules")?;
    let rows: Vec<(Row, Ratio)> = listed.iter().map(row).collect();
    let minutes = number(&input["minutes"]);
    let longest = rows.iter().map(|(row, _)| row.long.num_minutes()).max().unwrap_or_default();
    let mut ledger = Ledger::new(Method::Occurrences, Marked::Bad);
    let healthy = (events(&input["healthy_before"]["bad"]), events(&input["healthy_before"]["total"]));
    for minute in -longest..minutes {
        let piece = input["pieces"].as_array().into_iter().flatten();
        let piece = piece.into_iter().find(|p| (number(&p["from"])..number(&p["to"])).contains(&minute));
        let (bad, total) = piece.map_or(healthy, |p| (events(&p["bad_per_min"]), events(&p["total_per_min"])));
        set(&mut ledger, ZERO + minute, bad, total);
    }
    let (mut changes, mut before, mut firsts) = (Vec::new(), None, [None, None]);
    for after in 1..=minutes {
        let last = |window: TimeDelta| ledger.sum(ZERO + after - window.num_minutes(), ZERO + after);
        let fires = |(row, factor): &(Row, Ratio)| {
            let seen = Seen { long: last(row.long), short: last(row.short) };
            row.judge(seen, *factor, target(input), 0)
        };
        let told: Vec<_> = rows.iter().map(fires).collect();
        let of = |severity| {
            burn::any_of(rows.iter().zip(&told).filter(|((r, _), _)| r.severity == severity).map(|(_, c)| *c))
        };
        let [page, ticket] = Severity::ALL.map(|severity| of(severity) == Condition::True);
        for (first, fires) in firsts.iter_mut().zip([page, ticket]) {
            *first = first.or(fires.then_some(after));
        }
        let firing: Vec<_> = (0..).zip(&told).filter(|(_, c)| **c == Condition::True).map(|(n, _)| n).collect();
        let verdict: (bool, bool, Vec<i64>) = (page, ticket, firing);
        if before.as_ref() != Some(&verdict) {
            let (page, ticket, rules) = verdict.clone();
            changes.push(json!({"after_minute": after, "page": page, "ticket": ticket, "rules": rules}));
            before = Some(verdict);
        }
    }
    let [page, ticket] = firsts;
    let found = json!({"changes": changes, "first_page_after_minute": page, "first_ticket_after_minute": ticket});
    if found == *expect { Ok(Ran::Passed) } else { Err(format!("expected {expect}, found {found}")) }
}

fn row(rule: &Value) -> (Row, Ratio) {
    let minutes = |key: &str| TimeDelta::minutes(number(&rule[key]));
    let severity = if rule["severity"] == "page" { Severity::Page } else { Severity::Ticket };
    let row = Row { severity, long: minutes("long_m"), short: minutes("short_m"), budget: Ratio::ZERO };
    (row, decimal(&rule["factor"]))
}

fn set(ledger: &mut Ledger, minute: i64, bad: u64, total: u64) {
    ledger.set(Part::Marked, minute, bad, ZERO);
    ledger.set(Part::Total, minute, total, ZERO);
}

fn tally(input: &Value) -> Tally {
    Tally { bad: events(&input["bad"]), total: events(&input["total"]) }
}

fn events(n: &Value) -> u64 {
    n.as_u64().expect("a number of events") * EVENT
}

fn number(n: &Value) -> i64 {
    n.as_i64().expect("a whole number")
}

fn text(written: &Value) -> &str {
    written.as_str().expect("a text")
}

fn target(input: &Value) -> Target {
    Target::read(text(&input["objective"])).expect("a target")
}

fn hours(n: &Value) -> TimeDelta {
    TimeDelta::hours(number(n))
}

fn days(n: &Value) -> TimeDelta {
    TimeDelta::days(number(n))
}

fn whole(n: &Value, of: u128) -> Ratio {
    Ratio::new(u128::from(n.as_u64().expect("a number")), of).expect("a fraction")
}

/// A decimal number in a text.
fn decimal(written: &Value) -> Ratio {
    let (number, rest) = text(written).split_once('.').unwrap_or((text(written), ""));
    let num = format!("{number}{rest}").parse().expect("a decimal number");
    Ratio::new(num, 10_u128.pow(rest.len() as u32)).expect("a fraction")
}

fn same(what: &str, found: Option<Ratio>, expect: &Value) -> Result<Ran, String> {
    let num = expect["num"].as_u64().map(u128::from);
    let den = expect["den"].as_u64().map(u128::from);
    let is_same = found.is_some_and(|f| Some(f.num()) == num && Some(f.den()) == den);
    if is_same { Ok(Ran::Passed) } else { Err(format!("{what}: expected {expect}, found {found:?}")) }
}

fn near(what: &str, found: Option<f64>, expect: &Value) -> Result<Ran, String> {
    let (num, den) = (expect["num"].as_f64().unwrap_or(f64::NAN), expect["den"].as_f64().unwrap_or(f64::NAN));
    let is_near = found.is_some_and(|f| (f - num / den).abs() < 1e-12);
    if is_near { Ok(Ran::Passed) } else { Err(format!("{what}: expected {expect}, found {found:?}")) }
}
