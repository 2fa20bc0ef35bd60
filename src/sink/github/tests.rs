use proptest::prelude::*;

use super::*;
use crate::domain::{
    incident::{CloseReason, Label},
    intent::{OpId, Progress},
    time::parse_rfc3339,
};

fn intent(target: &str, act: Act) -> Intent {
    let at = parse_rfc3339("2026-11-20T14:00:00Z").unwrap();
    let id = OpId::new(at, 7);
    let target = match IncidentKey::parse(target) {
        Some(key) => Target::Incident(key),
        None => Target::Repository(Repo::new(target)),
    };
    let (source, by) = (Text::scrub("github"), Login::new("me"));
    Intent { batch: id.clone(), id, source, target, act, by, at, progress: Progress::new() }
}

fn asked(target: &str, act: Act) -> (Method, String, String) {
    let api = Url::parse("https://ghe.example/api/v3").unwrap();
    let request = request(&api, &intent(target, act)).unwrap();
    (request.method, request.url.path().to_owned(), String::from_utf8(request.body).unwrap())
}

#[test]
fn each_change_is_one_request() {
    let who = || vec![Login::new("ann")];
    let at = "/api/v3/repos/acme/api/issues";
    let is = |act, method, path: &str, body: &str| {
        assert_eq!(asked("acme/api#12", act), (method, format!("{at}{path}"), body.to_owned()));
    };
    is(Act::Assign(who()), Method::Post, "/12/assignees", r#"{"assignees":["ann"]}"#);
    is(Act::Unassign(who()), Method::Delete, "/12/assignees", r#"{"assignees":["ann"]}"#);
    is(Act::Label(vec![Label::new("sev/2")]), Method::Post, "/12/labels", r#"{"labels":["sev/2"]}"#);
    is(Act::Unlabel(Label::new("sev/2 ?#%")), Method::Delete, "/12/labels/sev%2F2%20%3F%23%25", "");
    let closed = r#"{"state":"closed","state_reason":"not_planned"}"#;
    is(Act::Close(CloseReason::NotPlanned), Method::Patch, "/12", closed);
    is(Act::Reopen, Method::Patch, "/12", r#"{"state":"open"}"#);
    let id = intent("acme/api#12", Act::Reopen).id;
    let text = Act::Comment(Box::new(Passage::scrub("line\n\"two\"\n")));
    let body = format!("{{\"body\":\"line\\n\\\"two\\\"\\n\\n<!-- wf:op={id} -->\"}}");
    is(text, Method::Post, "/12/comments", &body);
}

#[test]
fn a_repository_of_another_host_is_asked_for_without_it() {
    let act = Act::Create { title: Text::scrub("down"), body: Box::default(), labels: vec![Label::new("P1")] };
    let (method, path, body) = asked("ghe.example/acme/api", act);
    assert_eq!((method, path.as_str()), (Method::Post, "/api/v3/repos/acme/api/issues"));
    let body: Value = serde_json::from_str(&body).unwrap();
    assert_eq!((body["title"].as_str(), body["labels"][0].as_str()), (Some("down"), Some("P1")));
    assert!(body["body"].as_str().unwrap().starts_with("<!-- wf:op="));
}

#[test]
fn what_has_no_address_is_not_asked_for() {
    let api = Url::parse("https://api.github.com").unwrap();
    for (target, act) in [
        ("acme/api#dependabot-3", Act::Reopen),
        ("acme/api#3", Act::Unlabel(Label::new(".."))),
        ("acme/api#3", Act::Unlabel(Label::new("."))),
        ("acme/api#3", Act::Unlabel(Label::new(""))),
        ("acme/..#3", Act::Reopen),
        ("acme/a?b#3", Act::Reopen),
        ("acme/api", Act::Reopen),
    ] {
        assert!(request(&api, &intent(target, act)).is_err(), "{target}");
    }
}

#[test]
fn a_lost_one_is_looked_for_by_no_clock() {
    let api = Url::parse("https://api.github.com").unwrap();
    let url = |target| look(&api, &intent(target, Act::Reopen)).unwrap().url.to_string();
    assert_eq!(url("acme/api#12"), "https://api.github.com/repos/acme/api/issues/12/comments?per_page=100");
    assert!(url("acme/api").ends_with("/issues?state=all&sort=created&direction=desc&per_page=100"));
}

#[test]
fn quoted_words_call_nobody() {
    assert_eq!(quoted("@ann fixes #1"), "`@ann fixes #1`");
    assert_eq!(quoted("a ``x`` b"), "```a ``x`` b```");
    assert_eq!(quoted("`"), "`` ` ``");
}

proptest! {
    #[test]
    fn no_label_leaves_its_part_of_the_path(label in "\\PC{1,40}") {
        let api = Url::parse("https://api.github.com").unwrap();
        let label = Label::new(&label);
        if let Ok(request) = request(&api, &intent("acme/api#3", Act::Unlabel(label))) {
            let parts: Vec<&str> = request.url.path_segments().unwrap().collect();
            prop_assert_eq!(parts.len(), 7);
            prop_assert_eq!(&parts[..6], ["repos", "acme", "api", "issues", "3", "labels"]);
            prop_assert!(request.url.query().is_none() && request.url.fragment().is_none());
        }
    }

    #[test]
    fn what_is_quoted_stays_inside(outside in "[`@#a ]{0,30}") {
        let text = quoted(&outside);
        let fence = text.chars().take_while(|sign| *sign == '`').count();
        let inner = &text[fence..text.len() - fence];
        prop_assert!(text.ends_with(&"`".repeat(fence)) && !inner.contains(&"`".repeat(fence)));
    }
}
