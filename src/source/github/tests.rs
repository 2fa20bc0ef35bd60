//! Pages and refusals as the API writes them, made up for these tests.

use proptest::prelude::*;
use serde_json::json;

use super::{trouble::Refusal, *};
use crate::domain::{
    incident::{Label, Login},
    time::{parse_rfc3339, plus},
    trouble::Trouble,
};

fn now() -> DateTime<Utc> {
    parse_rfc3339("2026-11-20T14:00:00Z").unwrap()
}

fn cursor() -> Cursor {
    first(&Url::parse("https://api.github.com").unwrap(), &Repo::new("acme/api"), false)
}

fn answer(status: u16, headers: &[(&str, &str)], body: impl AsRef<[u8]>) -> Response {
    let headers = headers.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
    Response { status, headers, body: body.as_ref().to_vec() }
}

fn item(number: u64) -> Value {
    json!({
        "id": 9_000_000_000_u64 + number, "number": number, "title": "Login loops\u{1b}[2J", "state": "open",
        "user": {"login": "kim", "type": "User"}, "labels": [{"name": "priority/P1"}, "sev/2"],
        "assignees": [{"login": "ann"}], "comments": 3, "body": "steps\r\n1. sign in",
        "created_at": "2026-11-19T10:00:00Z", "updated_at": "2026-11-20T12:30:00+02:00", "closed_at": null,
        "html_url": format!("https://github.com/acme/api/issues/{number}"),
        "repository_url": "https://api.github.com/repos/acme/api", "sub_issues_summary": {"total": 0}
    })
}

fn page(items: &[Value]) -> String {
    Value::from(items.to_vec()).to_string()
}

#[test]
fn the_first_request_asks_for_open_issues_latest_change_first() {
    let asked = request(&cursor());
    assert_eq!(
        asked.url.as_str(),
        "https://api.github.com/repos/acme/api/issues?state=open&sort=updated&direction=desc&per_page=100"
    );
    let names: Vec<_> = asked.headers.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, ["accept", "x-github-api-version", "user-agent"]);
    assert!(asked.headers.contains(&("user-agent", format!("watchfloor/{}", env!("CARGO_PKG_VERSION")))));
}

#[test]
fn an_enterprise_address_keeps_its_path_and_loses_its_credentials() {
    for written in ["https://me:secret@ghe.example:8443/api/v3", "https://ghe.example:8443/api/v3/#x"] {
        let asked = request(&first(&Url::parse(written).unwrap(), &Repo::new("a/b"), true));
        assert_eq!(asked.url.origin().ascii_serialization(), "https://ghe.example:8443");
        assert_eq!((asked.url.path(), asked.url.username()), ("/api/v3/repos/a/b/issues", ""));
        assert!(!asked.url.as_str().contains("secret"));
    }
}

#[test]
fn a_known_entity_tag_is_sent_back_unless_it_could_forge_a_header() {
    let tagged = |etag: &str| request(&Cursor { etag: Some(etag.to_owned()), ..cursor() }).headers;
    assert!(tagged("W/\"abc\"").contains(&("if-none-match", "W/\"abc\"".to_owned())));
    for bad in ["", "a\r\nauthorization: x", "é", &"x".repeat(300)] {
        assert!(tagged(bad).iter().all(|(name, _)| *name != "if-none-match"), "{bad}");
    }
}

#[test]
fn a_page_becomes_incidents_without_history() {
    let step = read(&answer(200, &[("etag", "W/\"e\"")], page(&[item(812)])), &cursor(), now()).unwrap();
    let [incident] = &step.batch.items[..] else { panic!("one incident") };
    assert_eq!(incident.key.to_string(), "acme/api#812");
    assert_eq!(incident.title.as_str(), "Login loops␛[2J");
    assert_eq!(incident.labels, [Label::new("priority/P1"), Label::new("sev/2")]);
    assert_eq!((&incident.author, &incident.assignees[..]), (&Some(Login::new("kim")), &[Login::new("ann")][..]));
    assert_eq!(incident.updated_at, parse_rfc3339("2026-11-20T10:30:00Z").unwrap());
    assert_eq!(incident.body.as_ref().unwrap().as_str(), "steps\n1. sign in");
    assert!(!incident.has_timeline && incident.timeline.is_empty() && incident.is_open());
    assert_eq!((step.next, step.etag.as_deref(), step.unchanged), (None, Some("W/\"e\""), false));
}

#[test]
fn pull_requests_are_dropped_or_kept_as_asked() {
    let mut pull = item(2);
    pull["pull_request"] = json!({"url": "https://api.github.com/repos/acme/api/pulls/2"});
    let answer = answer(200, &[], page(&[item(1), pull]));
    let numbers = |cursor: &Cursor| -> Vec<_> {
        read(&answer, cursor, now()).unwrap().batch.items.iter().map(|i| (i.key.number, i.kind)).collect()
    };
    assert_eq!(numbers(&cursor()), [(1, Kind::Issue)]);
    let both = Cursor { with_pull_requests: true, ..cursor() };
    assert_eq!(numbers(&both), [(1, Kind::Issue), (2, Kind::PullRequest)]);
}

#[test]
fn a_page_of_nothing_but_unwanted_pull_requests_is_an_empty_page() {
    let mut pull = item(2);
    pull["pull_request"] = json!({});
    let step = read(&answer(200, &[], page(&[pull])), &cursor(), now()).unwrap();
    assert_eq!((step.batch.items.len(), step.batch.n_skipped), (0, 0));
}

#[test]
fn each_malformed_item_is_left_out_by_name_and_the_good_ones_stay() {
    let changes: [(&str, Value, &str); 10] = [
        ("number", json!("812"), "item 2: number: invalid type: string \"812\", expected u64"),
        ("number", json!(-1), "item 2: number: "),
        ("title", Value::Null, "#7: title: invalid type: null, expected text"),
        ("state", json!("half-open"), "#7: state: neither open nor closed"),
        ("created_at", json!("yesterday"), "#7: created_at: invalid value: string \"yesterday\""),
        ("created_at", Value::Null, "#7: created_at: "),
        ("labels", json!([{"name": "ok"}, 5]), "#7: labels[1]: "),
        ("user", json!("kim"), "#7: user: "),
        ("assignees", json!({}), "#7: assignees: "),
        ("comments", json!(-3), "#7: comments: "),
    ];
    for (key, value, expected) in changes {
        let mut bad = item(7);
        bad[key] = value;
        let step = read(&answer(200, &[], page(&[item(1), bad, item(3)])), &cursor(), now()).unwrap();
        let kept: Vec<_> = step.batch.items.iter().map(|i| i.key.number).collect();
        assert_eq!((kept, step.batch.n_skipped), (vec![1, 3], 1), "{key}");
        let skipped = &step.batch.skipped[0];
        assert!(format!("{}: {}", skipped.at, skipped.why).starts_with(expected), "{key}: {skipped:?}");
    }
}

#[test]
fn optional_fields_may_be_null_or_missing() {
    let bare = json!({"number": 5, "title": "t", "state": "open", "created_at": "2026-11-19T10:00:00Z"});
    let mut nulls = item(6);
    for key in ["user", "labels", "assignees", "comments", "body", "updated_at", "html_url", "repository_url"] {
        nulls[key] = Value::Null;
    }
    let step = read(&answer(200, &[], page(&[bare, nulls])), &cursor(), now()).unwrap();
    let keys: Vec<_> = step.batch.items.iter().map(|i| i.key.to_string()).collect();
    assert_eq!((keys, step.batch.n_skipped), (vec!["acme/api#5".to_owned(), "acme/api#6".to_owned()], 2));
    assert_eq!(step.batch.skipped[0].why.as_str(), "labels: null or missing, taken as none", "kept, and said");
    assert_eq!(step.batch.items[0].updated_at, step.batch.items[0].opened_at);
}

#[test]
fn what_is_no_list_of_issues_is_garbled() {
    for (body, why) in [
        ("<html>sign in</html>", "HTML"),
        ("  <!doctype html>", "HTML"),
        ("", "empty"),
        ("{\"message\":\"hi\"}", "one object"),
        ("7", "single value"),
        ("[{\"number\": 1", "EOF"),
        ("[1, 2]", "item 1"),
        ("\u{feff}[]", "expected value"),
    ] {
        match read(&answer(200, &[], body), &cursor(), now()) {
            Err(SourceError::Garbled { why: found }) => assert!(found.as_str().contains(why), "{body}: {found}"),
            other => panic!("{body}: {other:?}"),
        }
    }
    assert_eq!(read(&answer(200, &[], "[]"), &cursor(), now()).unwrap().batch, Batch::new());
    assert!(matches!(read(&answer(200, &[], "[".repeat(100_000)), &cursor(), now()), Err(SourceError::Garbled { .. })));
}

#[test]
fn the_next_page_is_followed_on_its_own_origin_only() {
    let follow = |link: &str| read(&answer(200, &[("link", link)], page(&[item(1)])), &cursor(), now());
    let after = "https://api.github.com/repositories/1/issues?per_page=100&after=Y3Vyc29yOnYy&page=2";
    let next = follow(&format!("<{after}>; rel=\"next\"")).unwrap().next.unwrap();
    assert_eq!((request(&next).url.as_str(), next.etag.as_deref()), (after, None));
    assert_eq!(next.repository, cursor().repository);
    let relative = follow("</repositories/1/issues?page=2>; rel=next").unwrap().next.unwrap();
    assert_eq!(request(&relative).url.as_str(), "https://api.github.com/repositories/1/issues?page=2");
    let named = follow("<https://u:p@api.github.com/x?page=2>; rel=next").unwrap().next.unwrap();
    assert_eq!(request(&named).url.as_str(), "https://api.github.com/x?page=2");
    for (link, host) in [
        ("<https://evil.example/x>; rel=next", "https://evil.example"),
        ("<http://api.github.com/x>; rel=next", "http://api.github.com"),
        ("<https://api.github.com:444/x>; rel=next", "https://api.github.com:444"),
        ("<//evil.example/x>; rel=next", "https://evil.example"),
        ("<https://api.github.com@evil.example/x>; rel=next", "https://evil.example"),
        ("<javascript:alert(1)>; rel=next", "javascript"),
    ] {
        assert_eq!(follow(link), Err(SourceError::ForeignLink { host: Text::scrub(host) }), "{link}");
    }
    let here = request(&cursor()).url;
    assert!(matches!(follow(&format!("<{here}>; rel=next")), Err(SourceError::Garbled { .. })));
    assert!(matches!(follow("<https://[::1>; rel=next"), Err(SourceError::Garbled { .. })));
    assert_eq!(follow("<https://evil.example/x>; rel=\"last\"").unwrap().next, None);
}

#[test]
fn the_next_link_is_found_in_any_of_several_headers() {
    let links = [("link", "<https://api.github.com/p>; rel=prev"), ("link", "<https://api.github.com/n>; rel=next")];
    let next = read(&answer(200, &links, "[]"), &cursor(), now()).unwrap().next.unwrap();
    assert_eq!(request(&next).url.path(), "/n");
}

#[test]
fn not_modified_brings_nothing_new_and_keeps_the_tag() {
    let step = read(&answer(304, &[("etag", "\"e\"")], ""), &cursor(), now()).unwrap();
    assert_eq!((step.unchanged, step.etag.as_deref(), step.batch.items.len()), (true, Some("\"e\""), 0));
}

#[test]
fn a_redirect_is_followed_on_its_own_origin_only() {
    let redirect = |status, location: &str| read(&answer(status, &[("location", location)], ""), &cursor(), now());
    for status in [301, 302, 307, 308] {
        let step = redirect(status, "https://api.github.com/repositories/1/issues").unwrap();
        assert!(step.moved && step.batch.items.is_empty());
        assert_eq!(request(&step.next.unwrap()).url.path(), "/repositories/1/issues");
        assert_eq!(
            redirect(status, "https://evil.example/repos"),
            Err(SourceError::ForeignRedirect { host: Text::scrub("https://evil.example") })
        );
    }
    let here = request(&cursor()).url;
    for nowhere in ["", here.as_str(), "https://["] {
        assert!(matches!(redirect(301, nowhere), Err(SourceError::Moved { status: 301, .. })), "{nowhere}");
    }
    assert!(matches!(read(&answer(302, &[], ""), &cursor(), now()), Err(SourceError::Moved { .. })));
}

#[test]
fn each_refusal_has_its_own_remedy() {
    let said = |words: &str| json!({ "message": words, "documentation_url": "https://docs" }).to_string();
    let refused = |status, headers: &[(&str, &str)], body: String| {
        read(&answer(status, headers, body), &cursor(), now()).unwrap_err()
    };
    let text = Text::scrub;
    let minute = plus(now(), chrono::TimeDelta::seconds(60));
    let sso = [("x-github-sso", "required; url=https://github.com/orgs/a/sso")];
    let not_accessible = "Resource not accessible by personal access token";
    let cases = [
        (refused(401, &[], said("Bad credentials")), SourceError::Unauthorized { message: text("Bad credentials") }),
        (
            refused(403, &[], said(not_accessible)),
            SourceError::Forbidden { refusal: Refusal::Permission, message: text(not_accessible) },
        ),
        (
            refused(403, &sso, said("Protected")),
            SourceError::Forbidden { refusal: Refusal::SingleSignOn, message: text("Protected") },
        ),
        (
            refused(403, &[], "<html>".to_owned()),
            SourceError::Forbidden { refusal: Refusal::Unsaid, message: text("no reason given") },
        ),
        (refused(403, &[], said("API rate limit exceeded for 1.2.3.4")), SourceError::RateLimited { until: minute }),
        (refused(429, &[], String::new()), SourceError::RateLimited { until: minute }),
        (refused(404, &[], said("Not Found")), SourceError::NotFound),
        (refused(410, &[], said("Issues are disabled")), SourceError::Gone { message: text("Issues are disabled") }),
        (refused(422, &[], said("Bad\u{1b}[m")), SourceError::Rejected { status: 422, message: text("Bad␛[m") }),
        (refused(502, &[], "<html>unicorn".to_owned()), SourceError::Server { status: 502 }),
        (refused(503, &[], String::new()), SourceError::Server { status: 503 }),
        (refused(408, &[], String::new()), SourceError::Server { status: 408 }),
    ];
    for (found, expected) in cases {
        assert_eq!(found, expected);
        let shown = found.to_string();
        assert!(shown.starts_with(char::is_lowercase) && !shown.ends_with('.'), "{shown}");
        let waits = matches!(found.trouble(), Trouble::Limited { .. } | Trouble::Away);
        assert_eq!(found.hint().is_none(), waits, "{shown}");
    }
}

#[test]
fn a_long_message_is_cut() {
    let body = json!({ "message": "x".repeat(10_000) }).to_string();
    let error = read(&answer(401, &[], body), &cursor(), now()).unwrap_err();
    assert!(error.to_string().len() < 300);
}

fn headers() -> impl Strategy<Value = Vec<(String, String)>> {
    let name = prop::sample::select(vec![
        "link",
        "location",
        "etag",
        "retry-after",
        "date",
        "x-ratelimit-remaining",
        "x-ratelimit-limit",
        "x-ratelimit-reset",
        "x-github-sso",
    ]);
    let value = prop_oneof![
        "\\PC{0,40}",
        "-?[0-9]{0,20}",
        "<https?://[a-z.@:]{0,12}/[a-z,;]{0,5}>; ?rel=\"?(next|prev)\"?",
        "(Fri|Sat), [0-9]{2} Nov [0-9]{4} [0-9]{2}:[0-9]{2}:[0-9]{2} GMT",
    ];
    prop::collection::vec((name.prop_map(str::to_owned), value), 0..6)
}

proptest! {
    #[test]
    fn any_answer_can_be_read(
        status in prop_oneof![Just(200_u16), Just(403), Just(301), Just(304), any::<u16>()],
        headers in headers(),
        body in prop_oneof![prop::collection::vec(any::<u8>(), 0..80), "[\\[\\]{}\":,0-9a-z ]{0,80}".prop_map(String::into_bytes)],
    ) {
        match read(&Response { status, headers, body }, &cursor(), now()) {
            Err(error) => {
                let _ = (error.trouble(), error.hint());
                prop_assert!(!error.to_string().chars().any(char::is_control));
            }
            Ok(step) => {
                if let Some(next) = step.next {
                    prop_assert_eq!(request(&next).url.origin(), cursor().api_url.origin());
                }
            }
        }
    }

    #[test]
    fn one_field_of_any_shape_never_costs_the_other_items(
        key in prop::sample::select(vec!["number", "title", "state", "user", "labels", "created_at", "pull_request"]),
        value in prop_oneof![Just(Value::Null), any::<i64>().prop_map(Value::from), "\\PC{0,9}".prop_map(Value::from),
            Just(json!([])), Just(json!({})), Just(json!([null])), Just(json!([[1]]))],
    ) {
        let mut odd = item(7);
        odd[key] = value;
        let step = read(&answer(200, &[], page(&[item(1), odd])), &cursor(), now()).unwrap();
        prop_assert_eq!(step.batch.items.first().map(|i| i.key.number), Some(1));
    }
}
