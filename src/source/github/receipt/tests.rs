use super::*;
use crate::{
    domain::{
        incident::{CloseReason, IncidentKey, Label},
        intent::{OpId, Progress, Target},
        time::parse_rfc3339,
    },
    text::Passage,
};

fn now() -> DateTime<Utc> {
    parse_rfc3339("2026-11-20T14:00:00Z").unwrap()
}

fn intent(act: Act) -> Intent {
    let id = OpId::new(now(), 7);
    let target = Target::Incident(IncidentKey::parse("acme/api#12").unwrap());
    let (source, by) = (Text::scrub("github"), Login::new("me"));
    Intent { batch: id.clone(), id, source, target, act, by, at: now(), progress: Progress::new() }
}

fn here() -> Url {
    Url::parse("https://api.github.com/repos/acme/api/issues/12/comments").unwrap()
}

fn answer(status: u16, headers: &[(&str, &str)], body: &str) -> Response {
    let headers = headers.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
    Response { status, headers, body: body.as_bytes().to_vec() }
}

fn came(act: Act, status: u16, headers: &[(&str, &str)], body: &str) -> Outcome {
    match read(&answer(status, headers, body), &intent(act), &here(), now()) {
        Receipt::Came(outcome) | Receipt::Check(outcome) => outcome,
        Receipt::Moved(url) => panic!("moved to {url}"),
    }
}

fn comment() -> Act {
    Act::Comment(Box::new(Passage::scrub("on it")))
}

fn why(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Refused { why } | Outcome::Unknown { why } | Outcome::Lost { why, .. } => why.to_string(),
        other => format!("{other:?}"),
    }
}

#[test]
fn a_change_is_done_only_where_the_answer_shows_it() {
    let ann = || Act::Assign(vec![Login::new("ann")]);
    let done = Outcome::Done { url: None };
    assert_eq!(came(ann(), 201, &[], r#"{"assignees":[{"login":"Ann"}]}"#), done);
    assert!(why(&came(ann(), 201, &[], r#"{"assignees":[]}"#)).contains("ann is not assigned"));
    let sev = || Act::Label(vec![Label::new("sev/2")]);
    assert_eq!(came(sev(), 200, &[], r#"[{"name":"SEV/2"},{"name":"x"}]"#), done);
    assert!(why(&came(sev(), 200, &[], r#"[{"name":"x"}]"#)).contains("sev/2 is not set"));
    assert_eq!(came(Act::Close(CloseReason::Completed), 200, &[], r#"{"state":"closed"}"#), done);
    assert!(why(&came(Act::Close(CloseReason::Completed), 200, &[], r#"{"state":"open"}"#)).contains("still open"));
    assert_eq!(came(Act::Reopen, 200, &[], r#"{"state":"open"}"#), done);
    assert_eq!(came(Act::Unassign(vec![Login::new("ann")]), 200, &[], r#"{"assignees":[]}"#), done);
}

#[test]
fn a_page_in_place_of_the_host_does_nothing() {
    for act in [comment(), Act::Reopen, Act::Label(vec![Label::new("x")]), Act::Unlabel(Label::new("x"))] {
        assert!(matches!(came(act, 200, &[], "<html>sign in</html>"), Outcome::Lost { .. }));
    }
    assert!(matches!(came(comment(), 200, &[], "{}"), Outcome::Lost { .. }));
}

#[test]
fn a_comment_tells_its_page() {
    let body = r#"{"id":3,"html_url":"https://github.com/acme/api/issues/12#issuecomment-3","body":"on it BODY"}"#;
    let ours = body.replace("BODY", &intent(comment()).id.marker());
    let url = Some(Text::scrub("https://github.com/acme/api/issues/12#issuecomment-3"));
    assert_eq!(came(comment(), 201, &[], &ours), Outcome::Done { url });
    assert!(matches!(came(comment(), 201, &[], body), Outcome::Lost { .. }));
    let script = r#"{"id":3,"html_url":"javascript:alert(1)"}"#;
    assert_eq!(came(comment(), 201, &[], script), Outcome::Done { url: None });
}

#[test]
fn each_refusal_says_what_to_do() {
    let said = |status, headers: &[(&str, &str)], body: &str| why(&came(comment(), status, headers, body));
    assert!(said(404, &[], "{}").contains("acme/api#12 is not there"));
    assert!(said(410, &[], r#"{"message":"This issue was deleted"}"#).contains("gone (410): This issue was deleted"));
    let permission = [("x-accepted-github-permissions", "issues=write")];
    let body = r#"{"message":"Resource not accessible by personal access token"}"#;
    assert!(said(403, &permission, body).ends_with("it needs issues=write"));
    let body = r#"{"message":"Validation Failed","errors":[{"field":"body","code":"missing"},"too long"]}"#;
    assert_eq!(said(422, &[], body), "the host rejects it (422): Validation Failed: body missing, too long");
    assert!(matches!(came(comment(), 401, &[], "{}"), Outcome::Unknown { .. }));
}

#[test]
fn limits_are_no_refusals_and_trouble_is_not_knowing() {
    let limited = came(comment(), 403, &[("retry-after", "90")], "{}");
    assert_eq!(limited, Outcome::Limited { until: parse_rfc3339("2026-11-20T14:01:30Z").unwrap() });
    let body = r#"{"message":"You have exceeded a secondary rate limit"}"#;
    assert!(matches!(came(comment(), 403, &[], body), Outcome::Limited { .. }));
    let until = parse_rfc3339("2026-11-20T14:00:20Z");
    assert!(matches!(came(comment(), 503, &[("retry-after", "20")], ""), Outcome::Lost { until: u, .. } if u == until));
    assert!(matches!(came(comment(), 502, &[], "<html>"), Outcome::Lost { until: None, .. }));
}

#[test]
fn what_is_so_already_is_done() {
    let gone = Act::Unlabel(Label::new("sev/2"));
    let read = |act: &Act, status| read(&answer(status, &[], "{}"), &intent(act.clone()), &here(), now());
    assert!(matches!(read(&gone, 404), Receipt::Check(Outcome::Refused { .. })));
    assert!(matches!(read(&comment(), 404), Receipt::Came(_)));
    assert!(matches!(read(&Act::Reopen, 422), Receipt::Check(_)));
    let open = |labels: &str| answer(200, &[], &format!(r#"{{"state":"open","labels":{labels}}}"#));
    assert!(already(&open("[]"), &gone) && already(&open("[]"), &Act::Reopen));
    assert!(!already(&open(r#"[{"name":"Sev/2"}]"#), &gone));
    assert!(!already(&open("[]"), &Act::Close(CloseReason::Completed)));
    assert!(!already(&answer(404, &[], "{}"), &gone));
}

#[test]
fn a_redirect_is_followed_on_the_same_host_only() {
    let moved = |to: &str| read(&answer(307, &[("location", to)], ""), &intent(comment()), &here(), now());
    let there = "https://api.github.com/repositories/9/issues/12/comments";
    assert_eq!(moved(there), Receipt::Moved(Url::parse(there).unwrap()));
    assert!(matches!(moved("https://evil.example/x"), Receipt::Came(Outcome::Refused { .. })));
}

#[test]
fn a_lost_comment_is_known_by_its_mark_alone() {
    let wanted = intent(comment());
    let page = |bodies: &[&str], link: &[(&str, &str)]| {
        let list: Vec<Value> = bodies.iter().map(|b| serde_json::json!({"id": 1, "body": b})).collect();
        look(&answer(200, link, &Value::Array(list).to_string()), &wanted, &here(), now())
    };
    let marker = wanted.id.marker();
    assert_eq!(page(&["x", &format!("on it\n\n{marker}")], &[]), Seen::Found { url: None });
    assert_eq!(page(&["on it"], &[]), Seen::NotHere(None));
    let next = "<https://api.github.com/repositories/9/issues/12/comments?page=2>; rel=\"next\"";
    assert!(matches!(page(&[], &[("link", next)]), Seen::NotHere(Some(_))));
    let foreign = "<https://evil.example/?page=2>; rel=\"next\"";
    assert!(matches!(page(&[], &[("link", foreign)]), Seen::Failed(Outcome::Lost { .. })));
    let html = look(&answer(200, &[], "<html>"), &wanted, &here(), now());
    assert!(matches!(html, Seen::Failed(Outcome::Lost { .. })));
}
