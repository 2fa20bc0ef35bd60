use proptest::prelude::*;

use super::*;
use crate::domain::sample::{Labelled, SeriesKey};

const NOW: i64 = 1_795_165_200_000;

/// Samples of `name{host}`, a minute apart, the last one now.
fn pool(series: &[(&str, &str, &[f64])]) -> Pool {
    let mut pool = Pool::default();
    pool.ask(None, 86_400_000);
    let now = chrono::DateTime::from_timestamp_millis(NOW).unwrap();
    for (name, host, values) in series {
        let labels = [(Text::scrub("host"), Text::scrub(host))].into_iter().collect();
        let key = SeriesKey { name: Text::scrub(name), labels };
        let n = i64::try_from(values.len()).unwrap();
        for (i, value) in (1..).zip(*values) {
            pool.take(Labelled { key: key.clone(), at_ms: NOW - (n - i) * 60_000, value: *value }, now);
        }
    }
    pool
}

/// What an expression comes to: host, value, whether it is kept.
fn found(pool: &Pool, expr: &str) -> Vec<(String, f64, bool)> {
    let Value::Vector(items) = Expr::read(expr).unwrap().eval(pool, NOW).unwrap() else { panic!("{expr}") };
    let host = |item: &Item| item.labels.get("host").map(|host| host.as_str().to_owned()).unwrap_or_default();
    let mut found: Vec<_> = items.iter().map(|item| (host(item), item.value, item.is_kept)).collect();
    found.sort_by(|a, b| a.partial_cmp(b).unwrap());
    found
}

fn said(host: &str, value: f64, is_kept: bool) -> (String, f64, bool) {
    (host.to_owned(), value, is_kept)
}

#[test]
fn what_is_not_evaluated_is_refused_by_its_name() {
    let fault = |expr: &str| Expr::read(expr).unwrap_err().to_string();
    assert_eq!(fault("predict_linear(free[1h], 3600) < 0"), "expr uses predict_linear(): not supported here");
    assert_eq!(fault("up @ 1234"), "expr uses the @ modifier: not supported here");
    assert_eq!(
        fault("rat(up[5m])"),
        "expr cannot be read at character 1: there is no function rat; did you mean rate?"
    );
    assert_eq!(fault("up["), "expr cannot be read at character 4: a length such as 5m is expected");
    assert_eq!(fault("rate(up)"), "expr cannot be read at character 1: rate takes series over a range, not series");
    assert_eq!(fault("up{host=~\"(\"}").split(": ").next(), Some("expr cannot be read at character 10"));
}

#[test]
fn what_was_measured_and_left_out_is_false_and_what_is_missing_is_neither() {
    let pool = pool(&[("m", "a", &[20.0]), ("m", "b", &[5.0]), ("n", "a", &[0.0])]);
    assert_eq!(found(&pool, "m > 10"), [said("a", 20.0, true), said("b", 5.0, false)]);
    assert_eq!(found(&pool, "m > 10 and n == 0"), [said("a", 20.0, true), said("b", 5.0, false)]);
    // Nothing is known of n on b: true and unknown is unknown.
    assert_eq!(found(&pool, "m > 1 and n == 0"), [said("a", 20.0, true)]);
    assert_eq!(found(&pool, "m > 1 unless n == 0"), [said("a", 20.0, false), said("b", 5.0, true)]);
    assert_eq!(found(&pool, "n / n < 1"), []);
    let [(_, value, is_kept)] = found(&pool, "sum(m > 100)")[..] else { panic!("one group") };
    assert!(value.is_nan() && !is_kept);
    assert_eq!(found(&pool, "count(m > 10) > 0"), [said("", 1.0, true)]);
    assert_eq!(found(&pool, "absent(m)"), [said("", 1.0, false)]);
    assert_eq!(found(&pool, "absent(k{host=\"z\"})"), [said("z", 1.0, true)]);
    assert_eq!(found(&pool, "topk(1, m) > 1"), [said("a", 20.0, true), said("b", 5.0, false)]);
}

#[test]
fn what_compares_nothing_cannot_come_to_false() {
    let can_fail = |expr: &str| Expr::read(expr).unwrap().can_fail();
    for expr in [
        "a > 1",
        "a > 1 and b",
        "a unless b",
        "absent(a)",
        "sum(a > 1)",
        "(a > 1) or (b < 2)",
        "-(a > 1)",
        "a + (b > 1)",
    ] {
        assert!(can_fail(expr), "{expr}");
    }
    for expr in [
        "a",
        "1",
        "-1",
        "a - b",
        "a and b",
        "a or b > 1",
        "a > bool 1",
        "sum(a)",
        "scalar(a > 1)",
        "vector(1)",
        "time()",
    ] {
        assert!(!can_fail(expr), "{expr}");
    }
}

#[test]
fn a_counter_that_begins_again_goes_on_growing() {
    let pool = pool(&[("c_total", "a", &[100.0, 160.0, 10.0, 70.0, 130.0])]);
    // 60, then 10 after the reset, then 60 twice: 190 in four minutes, carried on to the range's five.
    assert_eq!(found(&pool, "increase(c_total[5m])"), [said("a", 190.0 / 4.0 * 5.0, true)]);
    assert_eq!(found(&pool, "resets(c_total[5m])"), [said("a", 1.0, true)]);
    assert_eq!(found(&pool, "irate(c_total[5m])"), [said("a", 1.0, true)]);
}

#[test]
fn what_an_expression_needs_is_told_with_its_name() {
    let needs = Expr::read("rate(a_total[5m] offset 1h) > on() b or avg_over_time(c[1h:1m])").unwrap().needs();
    let told: Vec<_> = needs.iter().map(|need| (need.name.as_ref().unwrap().as_str(), need.back_ms / 1_000)).collect();
    assert_eq!(told, [("a_total", 3_900), ("b", 300), ("c", 3_960)]);
    assert_eq!(needs.iter().map(|need| need.range_ms / 1_000).collect::<Vec<_>>(), [3_900, 0, 3_660]);
    assert!(Expr::read("a > 1").unwrap().is_condition() && !Expr::read("a").unwrap().is_condition());
}

#[test]
fn lengths_are_read_as_prometheus_writes_them() {
    let read = ["5m", "1h30m", "1d", "500ms", "1m1h", "5", "m", "", "1.5h", "2m2m"].map(length_ms);
    let some = |ms| Some(ms);
    assert_eq!(read, [some(300_000), some(5_400_000), some(86_400_000), some(500), None, None, None, None, None, None]);
}

proptest! {
    #[test]
    fn no_text_panics(written in "[a-z0-9_(){}\\[\\]\"'=~!<>+*/^%,:. @-]{0,60}") {
        if let Ok(expr) = Expr::read(&written) {
            let _ = expr.eval(&Pool::default(), NOW);
        }
    }

    #[test]
    fn nesting_does_not_exhaust_the_stack(n in 0usize..3_000) {
        let _ = Expr::read(&format!("{}1{}", "(".repeat(n), ")".repeat(n)));
        let _ = Expr::read(&format!("{}1", "-".repeat(n)));
        let _ = Expr::read(&format!("1{}", "+1".repeat(n))).map(|expr| expr.eval(&Pool::default(), NOW));
    }
}

#[test]
fn what_is_remembered_of_matchers_changes_nothing_as_series_begin_and_are_forgotten() {
    let expr = Expr::read("sum by (host) (a{host=~\"h[0-4]\"}) / on (host) b{host!=\"h1\"} or a{host=\"h9\"}").unwrap();
    let (mut pool, chosen) = (Pool::default(), Chosen::default());
    let (mut n_seen, mut marks) = (std::collections::BTreeSet::new(), std::collections::BTreeSet::new());
    for hour in 0..40 {
        let now = chrono::DateTime::from_timestamp_millis(NOW + hour * 3_600_000).unwrap();
        // Each host comes for a while, goes for longer than the pool keeps it, and comes again in another order.
        for host in (0..10).filter(|host| (hour / 8 + host * 3) % 4 != 0) {
            for name in ["a", "b"] {
                let labels = [(Text::scrub("host"), Text::scrub(&format!("h{host}")))].into_iter().collect();
                let key = SeriesKey { name: Text::scrub(name), labels };
                pool.take(Labelled { key, at_ms: now.timestamp_millis(), value: (hour + host) as f64 }, now);
            }
        }
        pool.forget(now);
        let at_ms = now.timestamp_millis();
        assert_eq!(expr.eval_again(&pool, &chosen, at_ms), expr.eval(&pool, at_ms), "hour {hour}");
        n_seen.insert(pool.n_series());
        marks.insert(pool.mark());
    }
    assert!(n_seen.len() > 1 && marks.len() > 4, "series began and were forgotten: {n_seen:?}, {}", marks.len());
}

#[test]
fn an_expression_of_many_terms_over_many_series_is_too_dear_and_one_of_few_is_not() {
    let (mut pool, now) = (Pool::default(), chrono::DateTime::from_timestamp_millis(NOW).unwrap());
    for n in 0..6_000 {
        let labels = [(Text::scrub("n"), Text::scrub(&n.to_string()))].into_iter().collect();
        pool.take(Labelled { key: SeriesKey { name: Text::scrub("x"), labels }, at_ms: NOW, value: 1.0 }, now);
    }
    let terms = |n: usize| Expr::read(&format!("{} > 0", vec!["x"; n].join("+"))).unwrap().eval(&pool, NOW);
    assert!(terms(10).is_ok());
    assert_eq!(terms(200), Err("too dear (more than 1 000 000 steps: terms times series)".to_owned()));
}
