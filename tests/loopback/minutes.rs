//! A signal that a Prometheus works out, for objectives: what it came to at the end of each minute, each asked for once.

use chrono::{DateTime, TimeDelta};
use watchfloor::{
    config::remote::{RemoteKind, RemoteServer},
    domain::series::Sample,
    floor::fact::{Fact, SignalId, SourceId},
    shell::remote::Remote,
    text::Text,
};

use crate::server::{Server, answer};

const START: i64 = 1_795_165_200;

/// What is asked between `start=` and the next parameter.
fn number(target: &str, name: &str) -> f64 {
    let (_, rest) = target.split_once(&format!("{name}=")).unwrap();
    rest.split('&').next().unwrap().parse().unwrap()
}

fn minutes(facts: &[Fact]) -> Vec<(i64, f64)> {
    let found = facts.iter().filter_map(|fact| match fact {
        Fact::Minutes { signal, samples } if signal.as_str() == "errors" => Some(samples),
        _ => None,
    });
    found.flatten().map(|Sample { at_ms, value }| (at_ms - START * 1_000, *value)).collect()
}

fn settings(url: &str) -> RemoteServer {
    RemoteServer {
        name: Text::scrub("prom"),
        kind: RemoteKind::Prometheus,
        urls: vec![url.parse().unwrap()],
        headers: Vec::new(),
        token: None,
        every: TimeDelta::seconds(15),
        timeout: TimeDelta::seconds(5),
        with_alerts: false,
    }
}

#[tokio::test]
async fn four_weeks_are_asked_for_minute_by_minute_and_nothing_else_is_taken() {
    let server = Server::start(|seen| {
        let mut points = Vec::new();
        if seen.target.contains("query_range") {
            let (start, end, step) =
                (number(&seen.target, "start"), number(&seen.target, "end"), number(&seen.target, "step"));
            // One before and one behind what was asked for, and one between two minutes.
            let n = ((end - start) / step) as i64;
            points.extend((-1..=n + 1).map(|n| format!("[{},\"1\"]", start + n as f64 * step)));
            points.push(format!("[{},\"9\"]", start + 30.0));
        }
        let points = points.join(",");
        let body = format!(
            r#"{{"status":"success","data":{{"resultType":"matrix","result":[{{"metric":{{}},"values":[{points}]}}]}}}}"#
        );
        answer(200, &[("content-type", "application/json")], body)
    });
    let remote = Remote::signal(settings(&server.url()), SignalId(0), Text::scrub("errors"), TimeDelta::minutes(10));
    let mut remote = remote.by_the_minute(Text::scrub("errors"), TimeDelta::days(28));
    let facts = remote.poll(SourceId(0), DateTime::from_timestamp(START + 70, 0).unwrap()).await;
    let found = minutes(&facts);
    assert_eq!((found.len(), found.iter().map(|(_, value)| value).sum::<f64>()), (28 * 1_440, 28.0 * 1_440.0));
    assert!(found.iter().all(|(at_ms, _)| at_ms.rem_euclid(60_000) == 59_999), "each at the end of a minute");
    let targets: Vec<String> = server.seen().iter().map(|seen| seen.target.clone()).collect();
    let asked = targets.iter().filter(|target| number(target, "step") == 60.0 && target.contains("query_range"));
    assert_eq!(asked.count(), 5, "{targets:?}");
    let said = facts.iter().find_map(|fact| match fact {
        Fact::LeftOut { skipped, .. } => skipped.first().map(|left_out| left_out.why.to_string()),
        _ => None,
    });
    assert_eq!(said.as_deref(), Some("15 values are of instants that were not asked for: they do not count"));
}

#[tokio::test]
async fn a_minute_is_asked_for_once_and_stands_for_what_there_was_at_its_end() {
    let server = Server::start(|seen| {
        let points = if seen.target.contains("query_range") {
            let (start, end, step) =
                (number(&seen.target, "start"), number(&seen.target, "end"), number(&seen.target, "step"));
            let n = ((end - start) / step) as i64;
            // NaN is no data, and stays none.
            let value = |n: i64| if n == 1 { "NaN" } else { "3" };
            (0..=n).map(|n| format!("[{},\"{}\"]", start + n as f64 * step, value(n))).collect::<Vec<_>>().join(",")
        } else {
            String::new()
        };
        let body = format!(
            r#"{{"status":"success","data":{{"resultType":"matrix","result":[{{"metric":{{}},"values":[{points}]}}]}}}}"#
        );
        answer(200, &[("content-type", "application/json")], body)
    });
    let settings = settings(&server.url());
    let remote = Remote::signal(settings, SignalId(0), Text::scrub("errors"), TimeDelta::minutes(10));
    let mut remote = remote.by_the_minute(Text::scrub("errors"), TimeDelta::minutes(4));
    let at = |second: i64| DateTime::from_timestamp(START + second, 0).unwrap();
    let first = minutes(&remote.poll(SourceId(0), at(249)).await);
    // Ends at 60, 120 (no number) and 180 s; that at 240 s waits until it can be whole.
    assert_eq!(first, [(59_999, 3.0), (179_999, 3.0)]);
    assert_eq!(minutes(&remote.poll(SourceId(0), at(249)).await), []);
    assert_eq!(minutes(&remote.poll(SourceId(0), at(264)).await), [(239_999, 3.0)]);
    let ranges: Vec<String> = server.seen().iter().map(|seen| seen.target.clone()).collect();
    let by_minute = ranges.iter().filter(|target| target.contains("query_range") && target.contains("step=60.000"));
    assert_eq!(by_minute.count(), 2, "{ranges:?}");
}
