//! `[[signal]]` that is worked out: `expr`, or the friendly form that is written as one.

use chrono::TimeDelta;

use crate::{
    config::{
        check::{Range, choice, span},
        problems::Report,
        secrets::quoted,
        walk::{Said, Table},
    },
    domain::{
        computed::EVERY,
        expr::{Expr, Fault},
        slo::feed::Selector,
    },
    text::Text,
};

/// How far back an aggregate looks where the file does not say.
const OVER: TimeDelta = TimeDelta::minutes(5);

/// Shorter than two readings of a file nothing grows; a day of every second is what is kept to look back on.
const OVER_RANGE: Range = Range { least: TimeDelta::seconds(5), most: TimeDelta::days(1) };

const EVERY_RANGE: Range = Range { least: TimeDelta::seconds(1), most: TimeDelta::hours(1) };

const METRIC_HINT: &str = "write metric = \"http_requests_total\", a metric or another [[signal]]'s name";

/// What is made of a series over a stretch of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Aggregate {
    Rate,
    Increase,
    Avg,
    Min,
    Max,
    Sum,
    Count,
    Quantile(&'static str),
}

const AGGREGATES: [(&str, Aggregate); 11] = [
    ("rate", Aggregate::Rate),
    ("increase", Aggregate::Increase),
    ("avg", Aggregate::Avg),
    ("min", Aggregate::Min),
    ("max", Aggregate::Max),
    ("sum", Aggregate::Sum),
    ("count", Aggregate::Count),
    ("p50", Aggregate::Quantile("0.5")),
    ("p90", Aggregate::Quantile("0.9")),
    ("p95", Aggregate::Quantile("0.95")),
    ("p99", Aggregate::Quantile("0.99")),
];

/// What a signal comes to.
pub(super) struct Worked {
    pub(super) expr: Expr,
    pub(super) by: Vec<Text>,
    pub(super) every: TimeDelta,
}

/// Its keys that no other signal has.
pub(super) const KEYS: [&str; 7] = ["expr", "aggregate", "over", "by", "ratio_of", "to", "every"];

/// Whether a signal is worked out, and not read as it stands.
pub(super) fn is_meant(table: &Table<'_>) -> bool {
    ["expr", "aggregate", "ratio_of"].iter().any(|key| table.has(key))
}

/// Reads what it comes to.
pub(super) fn read(table: &mut Table<'_>, report: &mut Report) -> Option<Worked> {
    let every = span(table, "every", EVERY_RANGE, report).map_or(EVERY, |said| said.value);
    let by = table.some_texts("by", "write by = [\"service\"], or leave the key out", report);
    let by: Vec<Text> =
        by.map(|said| said.value.iter().map(|label| Text::scrub(label.value)).collect()).unwrap_or_default();
    let expr = if table.has("expr") { whole(table, report) } else { friendly(table, &by, report) };
    Some(Worked { expr: expr?, by, every })
}

fn whole(table: &mut Table<'_>, report: &mut Report) -> Option<Expr> {
    let hint = "expr says all of it: put it into the expression";
    table.misplaced(&["metric", "labels", "where", "aggregate", "over", "ratio_of", "to"], "beside expr", hint, report);
    let said = table.filled("expr", report)?;
    expression(&said, said.value, report)
}

/// Reads an expression, or says what is wrong with it where it stands.
pub(super) fn expression<T>(said: &Said<T>, written: &str, report: &mut Report) -> Option<Expr> {
    match Expr::read(written) {
        Ok(expr) => Some(expr),
        Err(Fault::Unsupported(what)) => {
            let hint = "docs/guide/alerts.md lists what is evaluated";
            report.fault(said, &format!("uses {what}: not supported here"), hint);
            None
        }
        Err(Fault::Wrong { at, what }) => {
            let hint = "write it as for Prometheus, such as sum(rate(http_requests_total[5m]))";
            report.fault(said, &format!("cannot be read at character {}: {what}", at + 1), hint);
            None
        }
    }
}

fn friendly(table: &mut Table<'_>, by: &[Text], report: &mut Report) -> Option<Expr> {
    let over = span(table, "over", OVER_RANGE, report).map_or(OVER, |said| said.value);
    let over = format!("{}s", over.num_seconds());
    let by: Vec<&str> = by.iter().map(Text::as_str).collect();
    if table.has("ratio_of") {
        let hint =
            "ratio_of and to are two metrics: put labels into them, such as 'http_requests_total{code=~\"5..\"}'";
        table.misplaced(&["metric", "labels", "where"], "beside ratio_of", hint, report);
        if !table.has("to") {
            table.missing("to", "write to = \"http_requests_total\": what the ratio is of", report);
        }
        let aggregate = match table.filled("aggregate", report) {
            Some(said) => choice(&said, &AGGREGATES, report),
            None => Some(Aggregate::Rate),
        };
        let (part, all) = (table.filled("ratio_of", report), table.filled("to", report));
        let (part, all) = (part.and_then(|said| selector(said, report)), all.and_then(|said| selector(said, report)));
        let (part, all, aggregate) = (part?, all?, aggregate?);
        let of = |selector: &str| aggregate.written(selector, &over, &by);
        return expression(&part, &format!("{} / {}", of(&part.value), of(&all.value)), report);
    }
    table.misplaced(&["to"], "without ratio_of", "write ratio_of = \"http_errors_total\" as well", report);
    if !table.has("metric") {
        table.missing("metric", METRIC_HINT, report);
    }
    let metric = table.filled("metric", report);
    let aggregate = table.filled("aggregate", report).and_then(|said| choice(&said, &AGGREGATES, report));
    let wheres = table.pairs("where", report);
    let labels = table.pairs("labels", report);
    if let (Some(said), Some(_)) = (&wheres, &labels) {
        report.fault(said, "is given together with labels", "keep one of the two: they mean the same");
        return None;
    }
    let labels = wheres.or(labels).map(|said| said.value).unwrap_or_default();
    let (metric, aggregate) = (metric?, aggregate?);
    let escaped = |text: &str| text.replace('\\', "\\\\").replace('"', "\\\"");
    let pairs: Vec<_> = labels.iter().map(|(name, value)| format!("{name}=\"{}\"", escaped(value))).collect();
    let selector = match pairs.as_slice() {
        [] => metric.value.to_owned(),
        pairs => format!("{}{{{}}}", metric.value, pairs.join(",")),
    };
    if let Err(why) = Selector::read(&selector) {
        report.fault(&metric, &format!("is {}: {why}", quoted(metric.value)), METRIC_HINT);
        return None;
    }
    expression(&metric, &aggregate.written(&selector, &over, &by), report)
}

fn selector(said: Said<&str>, report: &mut Report) -> Option<Said<String>> {
    match Selector::read(said.value) {
        Ok(selector) => Some(said.with(selector.to_string())),
        Err(why) => {
            let key = said.key.rsplit('.').next().unwrap_or_default();
            let hint = format!("write {key} = \"http_requests_total\", or one with labels in braces");
            report.fault(&said, &format!("is {}, which is no metric: {why}", quoted(said.value)), &hint);
            None
        }
    }
}

impl Aggregate {
    /// The expression of it. Of several series the sum is meant, the mean of means, or the extreme.
    fn written(self, selector: &str, over: &str, by: &[&str]) -> String {
        let grouped = if by.is_empty() { String::new() } else { format!(" by ({})", by.join(", ")) };
        let metric = selector.split('{').next().unwrap_or(selector);
        match self {
            Self::Rate => format!("sum{grouped} (rate({selector}[{over}]))"),
            Self::Increase => format!("sum{grouped} (increase({selector}[{over}]))"),
            Self::Avg => format!("avg{grouped} (avg_over_time({selector}[{over}]))"),
            Self::Min => format!("min{grouped} (min_over_time({selector}[{over}]))"),
            Self::Max => format!("max{grouped} (max_over_time({selector}[{over}]))"),
            Self::Sum => format!("sum{grouped} (sum_over_time({selector}[{over}]))"),
            Self::Count => format!("sum{grouped} (count_over_time({selector}[{over}]))"),
            Self::Quantile(q) if metric.ends_with("_bucket") => {
                let labels: Vec<&str> = std::iter::once("le").chain(by.iter().copied()).collect();
                format!("histogram_quantile({q}, sum by ({}) (rate({selector}[{over}])))", labels.join(", "))
            }
            // Percentiles of several series have no mean: the highest is shown.
            Self::Quantile(q) => format!("max{grouped} (quantile_over_time({q}, {selector}[{over}]))"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_aggregate_is_an_expression_that_can_be_read() {
        for (word, aggregate) in AGGREGATES {
            for (selector, by) in [("m", &[][..]), ("m_bucket{a=\"b\\\"c\"}", &["service", "zone"][..])] {
                let written = aggregate.written(selector, "300s", by);
                assert!(Expr::read(&written).is_ok(), "{word}: {written}");
            }
        }
        let p95 = Aggregate::Quantile("0.95");
        let of_buckets = "histogram_quantile(0.95, sum by (le, service) (rate(m_bucket[60s])))";
        assert_eq!(p95.written("m_bucket", "60s", &["service"]), of_buckets);
        assert_eq!(p95.written("m", "60s", &[]), "max (quantile_over_time(0.95, m[60s]))");
        assert_eq!(Aggregate::Rate.written("m", "300s", &["code"]), "sum by (code) (rate(m[300s]))");
    }
}
