//! A Prometheus, or what speaks its HTTP API (Mimir, Thanos, VictoriaMetrics): what to ask, and how to read the answer.
//!
//! Source: prometheus.io "HTTP API", version 1. Numbers come as texts, for JSON has no NaN and no infinity; times are seconds.

mod answer;
mod told;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;
use url::Url;

pub use self::{
    answer::{Answer, Refusal},
    told::{alerts, rules},
};
use crate::{
    domain::{
        sample::{Labelled, Labels, SeriesKey},
        series::Sample,
    },
    text::Text,
    wire::{Method, Request, Response},
};

/// A question longer than this goes in the body: some proxies cut addresses at 2,000 characters.
const LONGEST_ADDRESS: usize = 1_900;

/// The most points of one series that a server gives (Prometheus refuses above 11,000).
pub const MOST_POINTS: i64 = 10_000;

/// Asks what an expression comes to at an instant.
pub fn query(base: &Url, expr: &str, at: DateTime<Utc>) -> Request {
    ask(base, "api/v1/query", &[("query", expr), ("time", &seconds(at.timestamp_millis()))])
}

/// Asks what an expression came to from one instant to another, both included, every `step`.
///
/// The step is made longer where the server would refuse so many points.
pub fn query_range(base: &Url, expr: &str, from: DateTime<Utc>, to: DateTime<Utc>, step: TimeDelta) -> Request {
    let span = to.timestamp_millis().saturating_sub(from.timestamp_millis()).max(0);
    let step = step.num_milliseconds().max(span / MOST_POINTS).max(1);
    let (start, end) = (seconds(from.timestamp_millis()), seconds(to.timestamp_millis()));
    ask(base, "api/v1/query_range", &[("query", expr), ("start", &start), ("end", &end), ("step", &seconds(step))])
}

/// Asks for the rules and how they fare.
pub fn rules_request(base: &Url) -> Request {
    ask(base, "api/v1/rules", &[])
}

/// Asks for the alerts that fire or are pending.
pub fn alerts_request(base: &Url) -> Request {
    ask(base, "api/v1/alerts", &[])
}

/// Asks whether the server is ready to answer.
pub fn ready_request(base: &Url) -> Request {
    ask(base, "-/ready", &[])
}

/// Whether a server that was asked is ready; not every one that speaks the API says so.
pub fn is_ready(answer: &Response) -> bool {
    (200..300).contains(&answer.status)
}

/// Puts a path below an address, whose own path is a prefix: `/prometheus` of Mimir, `/select/0/prometheus`.
pub(in crate::source) fn below(base: &Url, path: &str) -> Url {
    let mut at = base.clone();
    at.set_path(&format!("{}/{path}", base.path().trim_end_matches('/')));
    at
}

fn ask(base: &Url, path: &str, pairs: &[(&str, &str)]) -> Request {
    let mut url = below(base, path);
    let accept = ("accept", "application/json".to_owned());
    let form = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    if form.len() > LONGEST_ADDRESS {
        let kind = ("content-type", "application/x-www-form-urlencoded".to_owned());
        return Request { method: Method::Post, url, headers: vec![accept, kind], body: form.into_bytes() };
    }
    url.set_query((!form.is_empty()).then_some(form.as_str()));
    Request::get(url, vec![accept])
}

/// Epoch milliseconds as the API takes them: seconds with three decimals.
fn seconds(ms: i64) -> String {
    format!("{}{}.{:03}", if ms < 0 { "-" } else { "" }, ms.unsigned_abs() / 1_000, ms.unsigned_abs() % 1_000)
}

/// Reads what an expression came to: elements of a vector, the points of a matrix, or a number, which has no labels. Values
/// may be NaN or infinite. Of a native histogram nothing is read; it is counted in the warnings.
///
/// # Errors
/// The server refused, or answered something else.
pub fn samples(answer: &Response) -> Result<Answer<Vec<Labelled>>, Refusal> {
    let Answer { found, mut warnings } = answer::data(answer)?;
    let result = found.get("result").unwrap_or(&Value::Null);
    let mut samples = Vec::new();
    let mut n_histograms = 0_usize;
    match found.get("resultType").and_then(Value::as_str) {
        Some("vector" | "matrix") => {
            for element in result.as_array().ok_or_else(odd)? {
                let key = key(element.get("metric").unwrap_or(&Value::Null)).ok_or_else(odd)?;
                n_histograms += usize::from(element.get("histogram").is_some() || element.get("histograms").is_some());
                let one = element.get("value").into_iter();
                let many = element.get("values").and_then(Value::as_array).into_iter().flatten();
                for pair in one.chain(many) {
                    let (at_ms, value) = point(pair).ok_or_else(odd)?;
                    samples.push(Labelled { key: key.clone(), at_ms, value });
                }
            }
        }
        Some("scalar") => {
            let key = SeriesKey { name: Text::default(), labels: Labels::default() };
            let (at_ms, value) = point(result).ok_or_else(odd)?;
            samples.push(Labelled { key, at_ms, value });
        }
        Some("string") => return Err(Refusal::garbled("the expression comes to a text: it has no value to show")),
        _ => return Err(odd()),
    }
    if 0 < n_histograms {
        warnings.push(Text::scrub(&format!("{n_histograms} native histograms have no value of their own")));
    }
    Ok(Answer { found: samples, warnings })
}

fn odd() -> Refusal {
    Refusal::garbled("it answered a result that cannot be read")
}

/// A time and a value: `[1795165200.5, "NaN"]`.
fn point(pair: &Value) -> Option<(i64, f64)> {
    let [at, value] = pair.as_array()?.as_slice() else { return None };
    let at_ms = (at.as_f64()? * 1_000.0).round();
    Some((at_ms as i64, number(value.as_str()?)?))
}

/// A number as the API writes it.
pub(super) fn number(written: &str) -> Option<f64> {
    match written {
        "+Inf" | "Inf" => Some(f64::INFINITY),
        "-Inf" => Some(f64::NEG_INFINITY),
        other => other.parse().ok(),
    }
}

fn key(metric: &Value) -> Option<SeriesKey> {
    let pairs = metric.as_object()?;
    let name = pairs.get("__name__").and_then(Value::as_str).map(Text::scrub).unwrap_or_default();
    let labels = pairs.iter().filter(|(name, _)| *name != "__name__");
    let labels = labels.map(|(name, value)| Some((Text::scrub(name), Text::scrub(value.as_str()?))));
    Some(SeriesKey { name, labels: labels.collect::<Option<_>>()? })
}

/// Labels of an object of texts; nothing of what is no text.
pub(in crate::source) fn labels(found: Option<&Value>) -> Labels {
    let pairs = found.and_then(Value::as_object).into_iter().flatten();
    pairs.filter_map(|(name, value)| Some((Text::scrub(name), Text::scrub(value.as_str()?)))).collect()
}

/// The one series that a signal is made of, its finite values oldest first. NaN and infinity are no data.
///
/// # Errors
/// A part of what lies behind the server did not answer, so that what it says may be wrong: a hole is true (fault 35).
/// Or there is more than one series, and nobody says which is meant.
pub fn one_series(answer: Answer<Vec<Labelled>>) -> Result<Vec<Sample>, Refusal> {
    let Answer { found, warnings } = answer;
    if let Some(first) = warnings.first() {
        return Err(Refusal {
            trouble: crate::domain::trouble::Trouble::Away,
            why: Text::scrub(&format!("it answered in part, and that is not taken: {first}")),
        });
    }
    let mut keys: Vec<&SeriesKey> = found.iter().map(|sample| &sample.key).collect();
    keys.sort_unstable();
    keys.dedup();
    if let [first, second, ..] = keys.as_slice() {
        let why = format!(
            "expr comes to {} series, such as {first} and {second}, and a signal is one: write sum(...) or max(...) around it",
            keys.len()
        );
        return Err(Refusal { trouble: crate::domain::trouble::Trouble::Refused, why: Text::scrub(&why) });
    }
    let finite = found.iter().filter(|sample| sample.value.is_finite());
    let mut samples: Vec<Sample> = finite.map(|s| Sample { at_ms: s.at_ms, value: s.value }).collect();
    samples.sort_by_key(|sample| sample.at_ms);
    Ok(samples)
}

#[cfg(test)]
mod tests;
