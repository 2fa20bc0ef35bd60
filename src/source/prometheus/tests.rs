use super::*;
use crate::domain::{remote::RemoteState, sample::is_stale_marker, trouble::Trouble};

fn base(written: &str) -> Url {
    Url::parse(written).unwrap()
}

fn at(ms: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(ms).unwrap()
}

fn answer(status: u16, body: &str) -> Response {
    Response { status, headers: Vec::new(), body: body.as_bytes().to_vec() }
}

fn success(data: &str) -> Response {
    answer(200, &format!("{{\"status\":\"success\",\"data\":{data}}}"))
}

#[test]
fn questions_go_below_the_prefix_of_the_address() {
    let asked = query(&base("https://mimir.example/prometheus/"), "sum(rate(x[5m])) > 1", at(1_795_165_200_050));
    let expected =
        "https://mimir.example/prometheus/api/v1/query?query=sum%28rate%28x%5B5m%5D%29%29+%3E+1&time=1795165200.050";
    assert_eq!((asked.method, asked.url.as_str()), (Method::Get, expected));
    let ready = ready_request(&base("http://127.0.0.1:9090"));
    assert_eq!(ready.url.as_str(), "http://127.0.0.1:9090/-/ready");
}

#[test]
fn a_range_has_no_more_points_than_a_server_gives() {
    let step = |days: i64, step: i64| {
        let asked = query_range(&base("http://[::1]"), "x", at(0), at(days * 86_400_000), TimeDelta::seconds(step));
        asked.url.query_pairs().find(|(name, _)| name == "step").unwrap().1.into_owned()
    };
    assert_eq!([step(1, 15), step(30, 15)], ["15.000", "259.200"]);
}

#[test]
fn a_long_question_goes_in_the_body() {
    let long = format!("sum({})", "x+".repeat(1_500));
    let asked = query(&base("https://a.example"), &long, at(0));
    assert_eq!((asked.method, asked.url.query()), (Method::Post, None));
    assert!(asked.body.starts_with(b"query=sum%28x%2B"));
}

#[test]
fn vectors_matrices_and_numbers_are_read_with_what_json_has_no_numbers_for() {
    let vector = "{\"resultType\":\"vector\",\"result\":[{\"metric\":{\"__name__\":\"up\",\"job\":\"a\"},\"value\":[1.5,\"NaN\"]},\
                  {\"metric\":{},\"value\":[1435781451.781,\"+Inf\"]}]}";
    let found = samples(&success(vector)).unwrap().found;
    assert_eq!((found[0].key.to_string().as_str(), found[0].at_ms), ("up{job=\"a\"}", 1_500));
    assert!(found[0].value.is_nan() && !is_stale_marker(found[0].value));
    assert_eq!((found[1].at_ms, found[1].value), (1_435_781_451_781, f64::INFINITY));
    let matrix =
        "{\"resultType\":\"matrix\",\"result\":[{\"metric\":{},\"values\":[[1,\"2\"],[2,\"-Inf\"],[3,\"1e-3\"]]}]}";
    let values: Vec<f64> = samples(&success(matrix)).unwrap().found.iter().map(|sample| sample.value).collect();
    assert_eq!(values, [2.0, f64::NEG_INFINITY, 0.001]);
    let scalar = samples(&success("{\"resultType\":\"scalar\",\"result\":[7,\"1\"]}")).unwrap().found;
    assert_eq!((scalar.len(), scalar[0].at_ms, scalar[0].value), (1, 7_000, 1.0));
}

#[test]
fn a_refusal_says_what_to_do_next_in_the_servers_words() {
    let said = |status: u16, body: &str| {
        let refusal = samples(&answer(status, body)).unwrap_err();
        (refusal.trouble, refusal.why.to_string())
    };
    let error =
        "{\"status\":\"error\",\"errorType\":\"bad_data\",\"error\":\"1:4: parse error: unexpected \\u001b[31m\"}";
    let (trouble, why) = said(400, error);
    assert_eq!(trouble, Trouble::Refused);
    assert!(
        why.starts_with("it cannot evaluate that (bad_data): 1:4: parse error") && !why.contains('\u{1b}'),
        "{why}"
    );
    assert_eq!(said(503, "<html>").0, Trouble::Away);
    assert_eq!(said(401, "").0, Trouble::Refused);
    assert!(said(404, "404 page not found").1.contains("prefix"));
    assert_eq!(said(200, "hello"), (Trouble::Garbled, "it answered something that is no JSON".to_owned()));
    assert_eq!(said(200, "{\"status\":\"success\"}").0, Trouble::Garbled);
    assert_eq!(said(200, error).0, Trouble::Away);
}

#[test]
fn what_was_answered_in_part_is_a_hole_and_more_than_one_series_is_nobodys() {
    let partial = "{\"status\":\"success\",\"warnings\":[\"store-2: no answer\"],\
                   \"data\":{\"resultType\":\"scalar\",\"result\":[7,\"1\"]}}";
    let refused = one_series(samples(&answer(200, partial)).unwrap()).unwrap_err();
    assert_eq!(refused.why.as_str(), "it answered in part, and that is not taken: store-2: no answer");
    let two = "{\"resultType\":\"vector\",\"result\":[{\"metric\":{\"a\":\"1\"},\"value\":[1,\"1\"]},{\"metric\":{\"a\":\"2\"},\"value\":[1,\"1\"]}]}";
    let refused = one_series(samples(&success(two)).unwrap()).unwrap_err();
    assert!(refused.trouble == Trouble::Refused && refused.why.as_str().contains("comes to 2 series"), "{refused:?}");
    let matrix =
        "{\"resultType\":\"matrix\",\"result\":[{\"metric\":{},\"values\":[[2,\"5\"],[1,\"4\"],[3,\"NaN\"]]}]}";
    let one = one_series(samples(&success(matrix)).unwrap()).unwrap();
    assert_eq!(one, [Sample { at_ms: 1_000, value: 4.0 }, Sample { at_ms: 2_000, value: 5.0 }]);
    assert_eq!(one_series(samples(&success("{\"resultType\":\"vector\",\"result\":[]}")).unwrap()), Ok(Vec::new()));
}

#[test]
fn alerts_and_rules_are_read_and_a_bad_one_is_left_out() {
    let told = "{\"alerts\":[{\"labels\":{\"alertname\":\"Slow\",\"host\":\"a\"},\"annotations\":{\"summary\":\"s\"},\
                \"state\":\"firing\",\"activeAt\":\"2026-11-21T10:00:00.5Z\",\"value\":\"1.5e+00\"},{\"state\":\"odd\"}]}";
    let found = alerts(&success(told)).unwrap().found;
    assert_eq!((found.items.len(), found.n_skipped), (1, 1));
    let one = &found.items[0];
    assert_eq!((one.name().as_str(), one.state, one.value), ("Slow", RemoteState::Firing, Some(1.5)));
    let told = "{\"groups\":[{\"name\":\"g\",\"rules\":[{\"type\":\"alerting\",\"name\":\"Slow\",\"query\":\"x > 1\",\"lastError\":\"boom\"},\
                {\"type\":\"recording\",\"name\":\"r\",\"query\":\"sum(x)\"},{}]}]}";
    let found = rules(&success(told)).unwrap().found;
    let said: Vec<_> =
        found.items.iter().map(|rule| (rule.name.as_str(), rule.is_alert, rule.error.is_some())).collect();
    assert_eq!(said, [("Slow", true, true), ("r", false, false)]);
    assert_eq!(found.n_skipped, 1);
}

proptest::proptest! {
    #[test]
    fn whatever_comes_is_read_or_refused(status in 0_u16..600, body in "\\PC{0,200}") {
        let came = answer(status, &body);
        let _ = samples(&came);
        let _ = alerts(&came);
        let _ = rules(&came);
    }
}
