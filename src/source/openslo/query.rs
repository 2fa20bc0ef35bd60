//! Queries of Prometheus as what is counted: a sum over the growth of counters is the selector of the counters.

use chrono::TimeDelta;

use crate::domain::{
    expr::Expr,
    slo::{
        Count,
        feed::{Feed, Selector},
        meter::Counting,
    },
};

/// The counters whose events a query counts.
///
/// # Errors
/// It counts anything else, and what.
pub(super) fn counted(query: &str) -> Result<Count, String> {
    let expr = read(query)?;
    let (name, matchers) = expr.summed_growth().or_else(|| expr.selected()).ok_or_else(|| {
        format!("its query is neither a counter nor sum(rate(counter[..])) without by: {}", expr.written())
    })?;
    let of = Feed::Series(Selector { name: name.clone(), matchers: matchers.to_vec() });
    Ok(Count { of, counting: Counting::Increases })
}

/// The series whose values a query gives.
///
/// # Errors
/// It works something out of them.
pub(super) fn valued(query: &str) -> Result<Feed, String> {
    let expr = read(query)?;
    let found = expr.selected().ok_or_else(|| format!("its query is more than a metric: {}", expr.written()))?;
    let (name, matchers) = found;
    Ok(Feed::Series(Selector { name: name.clone(), matchers: matchers.to_vec() }))
}

fn read(query: &str) -> Result<Expr, String> {
    // Generators fill in a window; any will do, as only what is counted is taken.
    let mut filled = query.to_owned();
    for hole in ["{{.window}}", "{{ .window }}", "[[.window]]"] {
        filled = filled.replace(hole, "5m");
    }
    Expr::read(&filled).map_err(|fault| format!("its query cannot be used: {fault}"))
}

/// Reads `2w`, `28d`, `1h`, `1m`.
pub(super) fn span(written: &str) -> Option<TimeDelta> {
    let at = written.find(|c: char| !c.is_ascii_digit())?;
    let (n, unit) = written.split_at_checked(at)?;
    let minutes = match unit {
        "m" => 1,
        "h" => 60,
        "d" => 1_440,
        "w" => 10_080,
        _ => return None,
    };
    TimeDelta::try_minutes(n.parse::<i64>().ok()?.checked_mul(minutes)?).filter(|length| *length > TimeDelta::zero())
}
