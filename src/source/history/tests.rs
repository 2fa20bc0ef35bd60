//! Records and archives made up for these tests.

use std::io::Write as _;

use flate2::{Compression, write::GzEncoder};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::domain::incident::{Actor, CloseReason, Event, Label, Login, Standing, What};

fn at(written: &str) -> DateTime<Utc> {
    parse_rfc3339(written).unwrap()
}

fn record(number: u64, events: Value) -> Value {
    json!({"type": "issue", "issue": {
        "number": number, "title": "Login loops", "state": "open", "created_at": "2026-01-01T00:00:00Z",
        "updated_at": "2026-01-05T00:00:00Z", "user": {"login": "kim", "type": "User"}, "labels": [{"name": "bug"}],
        "assignees": [], "comments": 1, "body": null, "html_url": "https://github.com/acme/api/issues/1",
        "repository_url": "https://api.github.com/repos/acme/api", "state_reason": null, "closed_at": null,
    }, "events": events})
}

fn lines(records: &[Value]) -> String {
    records.iter().map(|record| format!("{record}\n")).collect()
}

fn read_text(text: &str) -> Result<History, HistoryError> {
    read(text.as_bytes(), None, true)
}

fn only(history: History) -> Incident {
    let [incident] = <[_; 1]>::try_from(history.batch.items).expect("one incident");
    incident
}

fn gzipped(bytes: &[u8]) -> Vec<u8> {
    let mut gz = GzEncoder::new(Vec::new(), Compression::fast());
    gz.write_all(bytes).unwrap();
    gz.finish().unwrap()
}

fn user(login: &str) -> Value {
    json!({"login": login, "type": "User"})
}

fn actor(login: &str, standing: Standing) -> Option<Actor> {
    Some(Actor { login: Login::new(login), standing, is_robot: false })
}

#[test]
fn a_timeline_keeps_what_clocks_and_readers_need_oldest_first() {
    let events = json!([
        {"event": "renamed", "created_at": "2026-01-04T00:00:00Z", "actor": user("kim"), "rename": {"from": "a"}},
        {"event": "commented", "created_at": "2026-01-02T00:00:00Z", "actor": user("ann"), "user": user("ann"),
            "author_association": "MEMBER", "body": "looking"},
        {"event": "labeled", "created_at": "2026-01-02T00:00:00Z", "actor": user("ann"), "label": {"name": "P1"}},
        {"event": "subscribed", "created_at": "2026-01-02T00:00:00Z", "actor": user("ann")},
        {"event": "reviewed", "created_at": null, "submitted_at": "2026-01-03T00:00:00Z", "user": user("bob"),
            "state": "APPROVED", "author_association": "NONE"},
        {"event": "reviewed", "state": "PENDING", "user": user("bob")},
        {"event": "commented", "created_at": "2026-01-03T01:00:00Z", "actor": null, "user": null},
        {"event": "assigned", "created_at": "2026-01-03T02:00:00Z", "actor": user("bob"), "assignee": user("bob")},
        {"event": "unassigned", "created_at": "2026-01-03T03:00:00Z", "assignee": null, "assigner": user("ann")},
        {"event": "brand_new_kind", "created_at": "2026-01-03T04:00:00Z", "anything": {"at": ["all"]}},
    ]);
    let incident = only(read_text(&lines(&[record(1, events)])).unwrap());
    let event = |when: &str, actor, what| Event { at: at(when), actor, what };
    assert_eq!(
        incident.timeline,
        [
            event("2026-01-02T00:00:00Z", actor("ann", Standing::Member), What::Commented),
            event("2026-01-02T00:00:00Z", actor("ann", Standing::Unsaid), What::Labeled(Label::new("P1"))),
            event("2026-01-03T00:00:00Z", actor("bob", Standing::Outsider), What::Reviewed),
            event("2026-01-03T01:00:00Z", None, What::Commented),
            event("2026-01-03T02:00:00Z", None, What::Assigned(Some(Login::new("bob")))),
            event("2026-01-03T02:00:00Z", actor("bob", Standing::Unsaid), What::Acted),
            event("2026-01-03T03:00:00Z", actor("ann", Standing::Unsaid), What::Unassigned(None)),
            event("2026-01-04T00:00:00Z", actor("kim", Standing::Unsaid), What::Renamed),
        ]
    );
    assert!(incident.has_timeline && incident.body.is_none());
    assert_eq!(incident.key.to_string(), "acme/api#1");
}

#[test]
fn robots_are_marked_by_type_or_ending() {
    let by = |user: Value| json!([{"event": "commented", "created_at": "2026-01-02T00:00:00Z", "user": user}]);
    for (who, is_robot) in [
        (json!({"login": "ci", "type": "Bot"}), true),
        (json!({"login": "renovate[bot]"}), true),
        (json!({"login": "DrahtBot", "type": "User"}), false),
    ] {
        let incident = only(read_text(&lines(&[record(1, by(who))])).unwrap());
        assert_eq!(incident.timeline[0].actor.as_ref().unwrap().is_robot, is_robot);
    }
}

#[test]
fn a_review_comment_counts_as_a_comment_of_its_author() {
    let mut pull = record(3, json!([]));
    let mut inner = pull["issue"].take();
    inner["url"] = "https://api.github.com/repos/acme/api/pulls/3".into();
    inner.as_object_mut().unwrap().remove("repository_url");
    let pull = json!({"type": "pull", "pull": inner, "events": [],
        "comments": [{"created_at": "2026-01-02T00:00:00Z", "user": user("ann"), "author_association": "OWNER"}]});
    let incident = only(read_text(&lines(std::slice::from_ref(&pull))).unwrap());
    assert_eq!(incident.kind, Kind::PullRequest);
    assert_eq!(incident.timeline[0].actor, actor("ann", Standing::Member));
    let without = read(lines(&[pull, record(1, json!([]))]).as_bytes(), None, false).unwrap();
    assert_eq!(only(without).kind, Kind::Issue);
}

#[test]
fn a_close_without_a_reason_takes_the_issues_own() {
    let closes = |last: Value| {
        let mut record = record(
            1,
            json!([
                {"event": "closed", "created_at": "2026-01-02T00:00:00Z"},
                {"event": "reopened", "created_at": "2026-01-03T00:00:00Z"},
                {"event": "closed", "created_at": "2026-01-04T00:00:00Z", "state_reason": last},
            ]),
        );
        for (key, value) in
            [("state", "closed"), ("closed_at", "2026-01-04T00:00:00Z"), ("state_reason", "not_planned")]
        {
            record["issue"][key] = value.into();
        }
        let incident = only(read_text(&lines(&[record])).unwrap());
        incident.timeline.iter().map(|event| event.what.clone()).collect::<Vec<_>>()
    };
    let completed = What::Closed(CloseReason::Completed);
    let with = |last| vec![completed.clone(), What::Reopened, What::Closed(last)];
    assert_eq!(closes(Value::Null), with(CloseReason::NotPlanned));
    assert_eq!(closes(json!("duplicate")), with(CloseReason::Duplicate));
}

#[test]
fn bad_lines_are_named_and_the_others_kept() {
    let mut odd = record(2, json!([]));
    odd["issue"]["user"] = json!({"login": 5});
    let text = format!("{}\n\r\n{{\"cut\": \n{odd}\n{{}}\nnot json\n{}", record(1, json!([])), record(9, json!([])));
    let batch = read_text(&text).unwrap().batch;
    let numbers: Vec<_> = batch.items.iter().map(|incident| incident.key.number).collect();
    let named: Vec<_> = batch.skipped.iter().map(|skipped| skipped.at.as_str()).collect();
    assert_eq!((numbers, named, batch.n_skipped), (vec![1, 9], vec!["line 3", "line 4", "line 5", "line 6"], 4));
    assert!(batch.skipped[1].why.as_str().starts_with("issue.user.login: invalid type: integer `5`, expected text"));
}

#[test]
fn an_event_without_a_time_is_reported_but_does_not_cost_the_incident() {
    let events = json!([{"event": "labeled", "created_at": "2026-01-02T00:00:00Z"}, {"event": "closed"}]);
    let batch = read_text(&lines(&[record(1, events)])).unwrap().batch;
    assert_eq!((batch.items.len(), batch.n_skipped), (1, 1));
    assert!(batch.skipped[0].why.as_str().starts_with("2 events without"));
}

#[test]
fn a_record_without_a_timeline_says_so() {
    let mut bare = record(1, json!([]));
    bare.as_object_mut().unwrap().remove("events");
    assert!(!only(read_text(&lines(&[bare])).unwrap()).has_timeline);
}

#[test]
fn the_given_repository_serves_where_the_record_is_silent() {
    let mut silent = record(1, json!([]));
    for key in ["repository_url", "html_url"] {
        silent["issue"][key] = Value::Null;
    }
    let text = lines(&[silent]);
    let repo = Repo::new("acme/web");
    let given = read(text.as_bytes(), Some(&repo), true).unwrap();
    assert_eq!(only(given).key.repo, repo);
    assert!(matches!(read_text(&text), Err(HistoryError::NotHistory { .. })));
}

#[test]
fn gzip_is_told_by_its_first_bytes_even_in_several_members() {
    let mut bytes = gzipped(lines(&[record(1, json!([]))]).as_bytes());
    bytes.extend(gzipped(lines(&[record(2, json!([]))]).as_bytes()));
    // One byte at a time: the form must not hang on how the bytes arrive.
    let slow = BufReader::with_capacity(1, &bytes[..]);
    assert_eq!(read(slow, None, true).unwrap().batch.items.len(), 2);
}

#[test]
fn a_compressed_file_cut_short_is_broken_not_shorter() {
    let records: Vec<_> = (1..200).map(|n| record(n, json!([{"event": "x", "id": n * 7_919}]))).collect();
    let bytes = gzipped(lines(&records).as_bytes());
    let error = read(&bytes[..bytes.len() - 20], None, true).unwrap_err();
    assert!(matches!(error, HistoryError::Broken { .. }) && error.trouble() == Trouble::Garbled);
}

#[test]
fn what_is_no_history_is_told_apart() {
    for empty in ["", " \n\r\n", "\u{feff}"] {
        assert!(matches!(read_text(empty), Err(HistoryError::Empty)), "{empty:?}");
    }
    for other in
        ["<html>", "[1,2]", "{}", "{\"issues\": 5}", "{\"repo\": \"a/b\"}", "{\"issues\": [{]}", "{\"issues\": [{}]}"]
    {
        assert!(matches!(read_text(other), Err(HistoryError::NotHistory { .. })), "{other}");
    }
}

#[test]
fn depth_costs_no_stack() {
    let deep = "[".repeat(300_000) + &"]".repeat(300_000);
    let mut odd = record(2, json!([]));
    odd["issue"]["number"] = "2".into();
    let with_depth = |record: &Value| record.to_string().replacen('{', &format!("{{\"extra\": {deep}, "), 1);
    let text = format!("{}\n{}\n", with_depth(&record(1, json!([]))), with_depth(&odd));
    let batch = read_text(&text).unwrap().batch;
    assert_eq!((batch.items.len(), batch.n_skipped), (1, 1));
    let archive = read_text(&archive().to_string().replace("\"m\"", &deep)).unwrap();
    assert_eq!(archive.batch.items.len(), 3);
}

#[test]
fn every_error_fits_a_sentence_and_has_a_hint() {
    let broken = |kind: io::ErrorKind| HistoryError::Broken { line: 3, source: kind.into() };
    let errors = [HistoryError::Empty, not_history("line 1: no"), HistoryError::TooLong { limit_mib: 4096 }];
    for error in errors.into_iter().chain([broken(io::ErrorKind::UnexpectedEof)]) {
        let shown = error.to_string();
        assert!(shown.starts_with(char::is_lowercase) && !shown.ends_with('.') && !error.hint().is_empty(), "{shown}");
        assert_eq!(error.trouble(), Trouble::Garbled, "{shown}");
    }
    assert_eq!(broken(io::ErrorKind::TimedOut).trouble(), Trouble::Away);
}

#[test]
fn limits_hold() {
    let text = format!("{}\n{}\n{}", "x".repeat(5_000), record(1, json!([])), "y".repeat(3_000));
    let with = |line, total, archive| {
        let limits = Limits { line, total, archive };
        Wanted { repository: None, with_pull_requests: true, limits }
            .read(&mut BufReader::with_capacity(7, text.as_bytes()))
    };
    let batch = with(1_000, 10_000, 0).unwrap().batch;
    let named: Vec<_> = batch.skipped.iter().map(|skipped| skipped.at.as_str()).collect();
    assert_eq!((batch.items.len(), named), (1, vec!["line 1", "line 3"]));
    assert!(matches!(with(1_000, 8_000, 0), Err(HistoryError::TooLong { .. })));
    assert!(matches!(with(1_000, 4_000, 0), Err(HistoryError::TooLong { .. })));
    let limits = Limits { archive: 10, ..Limits::default() };
    let archive = Wanted { repository: None, with_pull_requests: true, limits }.read(&mut &b"{\"issues\": [   ]}"[..]);
    assert!(matches!(archive, Err(HistoryError::TooLong { .. })));
}

fn archive() -> Value {
    json!({"magic": "m", "timestamp": "2026-01-10T01:16:47.597809+00:00", "repo": "acme/draft", "labels": [],
        "issues": [
            {"number": 1, "title": "One", "state": "CLOSED", "author": "kim", "assignees": ["ann"], "labels": ["P1", ""],
                "body": "b", "createdAt": "2026-01-01T00:00:00Z", "updatedAt": "2026-01-05T00:00:00Z",
                "closedAt": "2026-01-04T00:00:00Z", "url": "https://github.com/acme/draft/issues/1", "comments": [
                    {"author": "ann", "authorAssociation": "MEMBER", "createdAt": "2026-01-02T00:00:00Z"},
                    {"author": null, "createdAt": "2026-01-06T00:00:00Z"}]},
            {"number": 2, "title": "Two", "state": "AJAR", "author": "kim", "createdAt": "2026-01-01T00:00:00Z"},
            {"number": 3, "title": "Three", "state": "OPEN", "author": null, "createdAt": "2026-01-01T00:00:00Z"}],
        "pulls": [
            {"number": 4, "title": "Four", "state": "MERGED", "author": "kim", "createdAt": "2026-01-01T00:00:00Z",
                "closedAt": "2026-01-03T00:00:00Z", "mergedAt": "2026-01-03T00:00:00Z", "mergedBy": "ann", "reviews": [
                    {"author": "bob", "authorAssociation": "NONE", "state": "APPROVED", "createdAt": "2026-01-02T00:00:00Z",
                        "comments": [{"createdAt": "2026-01-01T12:00:00Z"}]},
                    {"author": "bob", "state": "PENDING", "createdAt": "2026-01-02T00:00:00Z", "comments": []}]}]})
}

#[test]
fn an_archive_gives_comments_reviews_merges_and_a_close() {
    for text in [archive().to_string(), serde_json::to_string_pretty(&archive()).unwrap()] {
        let history = read_text(&text).unwrap();
        assert_eq!(history.as_of, Some(at("2026-01-10T01:16:47.597809Z")));
        let numbers: Vec<_> = history.batch.items.iter().map(|incident| incident.key.to_string()).collect();
        assert_eq!(numbers, ["acme/draft#1", "acme/draft#3", "acme/draft#4"]);
        assert_eq!(history.batch.skipped[0].at.as_str(), "issues, item 2");
        let event = |when: &str, actor, what| Event { at: at(when), actor, what };
        assert_eq!(
            history.batch.items[0].timeline,
            [
                event("2026-01-02T00:00:00Z", actor("ann", Standing::Member), What::Commented),
                event("2026-01-04T00:00:00Z", None, What::Closed(CloseReason::Completed)),
                event("2026-01-06T00:00:00Z", None, What::Commented),
            ]
        );
        assert_eq!(
            history.batch.items[2].timeline,
            [
                event("2026-01-01T12:00:00Z", actor("bob", Standing::Outsider), What::Commented),
                event("2026-01-02T00:00:00Z", actor("bob", Standing::Outsider), What::Reviewed),
                event("2026-01-03T00:00:00Z", actor("ann", Standing::Unsaid), What::Merged),
                event("2026-01-03T00:00:00Z", None, What::Closed(CloseReason::Completed)),
            ]
        );
        assert!(history.batch.items[1].is_open() && history.batch.items[1].author.is_none());
    }
}

#[test]
fn an_archive_cut_short_is_no_history() {
    let text = archive().to_string();
    assert!(matches!(read_text(&text[..text.len() - 2]), Err(HistoryError::NotHistory { .. })));
}

#[test]
fn the_time_of_a_backup_is_read_from_its_state() {
    let state = br#"{"version": 2, "last_backup": "2026-08-21T20:00:04.123640606Z", "failed_issues": []}"#;
    assert_eq!(as_of(state), Some(at("2026-08-21T20:00:04.123640606Z")));
    assert_eq!(as_of(archive().to_string().as_bytes()), Some(at("2026-01-10T01:16:47.597809Z")));
    for bad in [&b"{}"[..], b"", b"[]", br#"{"last_backup": "then"}"#, br#"{"last_backup": 5}"#] {
        assert_eq!(as_of(bad), None);
    }
}

proptest! {
    #[test]
    fn any_bytes_can_be_read(bytes in prop_oneof![
        prop::collection::vec(any::<u8>(), 0..120),
        "(\\{\"(issues|type|pulls|repo)\":)?[\\[\\]{}\":,a1\n ]{0,60}".prop_map(String::into_bytes),
        prop::collection::vec(any::<u8>(), 0..40).prop_map(|tail| [&[0x1f, 0x8b][..], &tail].concat()),
        prop::collection::vec(any::<u8>(), 0..40).prop_map(|plain| gzipped(&plain)),
    ]) {
        let _ = (read(&bytes[..], None, true), as_of(&bytes));
    }

    #[test]
    fn one_field_of_any_shape_never_costs_the_other_lines(
        (part, key) in prop::sample::select(vec![("issue", "number"), ("issue", "user"), ("issue", "labels"),
            ("issue", "created_at"), ("issue", "state")]),
        value in prop_oneof![Just(Value::Null), any::<i64>().prop_map(Value::from), "\\PC{0,9}".prop_map(Value::from),
            Just(json!([])), Just(json!({})), Just(json!([[1]]))],
    ) {
        let mut odd = record(7, json!([]));
        odd[part][key] = value;
        let batch = read_text(&lines(&[record(1, json!([])), odd, record(2, json!([]))])).unwrap().batch;
        prop_assert_eq!(batch.items.first().map(|incident| incident.key.number), Some(1));
        prop_assert_eq!(batch.items.last().map(|incident| incident.key.number), Some(2));
    }
}
