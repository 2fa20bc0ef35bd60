//! REST: pages, tags, limits, refusals, moves, writes.

use chrono::TimeDelta;
use github_world::{Request, rules::Denial};
use serde_json::json;

use crate::scene::{AGENT, TOKEN, after, get, numbers, send, start, world};

fn next(link: Option<&str>) -> Option<String> {
    let link = link?;
    let (before, _) = link.split_once("; rel=\"next\"")?;
    let url = before.rsplit('<').next()?.trim_end_matches('>');
    Some(url.trim_start_matches("https://api.github.com").to_owned())
}

#[test]
fn an_issue_list_has_cursors_and_no_last_page() {
    let mut world = world(250);
    let (mut target, mut all, mut n) =
        (Some("/repos/acme/api/issues?per_page=100&sort=updated".to_owned()), Vec::new(), 0);
    while let Some(asked) = target {
        let answer = get(&mut world, &asked, after(60));
        assert_eq!(answer.status, 200);
        let link = answer.header("link").unwrap_or_default().to_owned();
        assert!(!link.contains("rel=\"last\""), "{link}");
        all.extend(numbers(&answer.value()));
        target = next(Some(&link));
        assert!(target.iter().all(|t| t.starts_with("/repositories/") && t.contains("after=")), "{target:?}");
        n += 1;
    }
    assert_eq!((n, all), (3, (1..=250).rev().collect::<Vec<_>>()));
    let comments = get(&mut world, "/repos/acme/api/issues/comments?per_page=1", after(60));
    assert_eq!(comments.header("link"), None);
}

#[test]
fn comments_have_numbered_pages_with_a_last_one() {
    let mut world = world(1);
    for i in 0..5 {
        world.comment((0, 1), &format!("c{i}"), Some("ann"), after(i));
    }
    let answer = get(&mut world, "/repos/acme/api/issues/1/comments?per_page=2&page=2", after(60));
    let link = answer.header("link").unwrap();
    let rels: Vec<&str> = link.split("rel=").skip(1).map(|rel| rel.split('"').nth(1).unwrap()).collect();
    assert_eq!(rels, ["prev", "next", "last", "first"]);
    assert_eq!(answer.value()[0]["body"], "c2");
}

#[test]
fn an_unchanged_list_is_free_for_those_who_say_who_they_are() {
    let mut world = world(3);
    let target = "/repos/acme/api/issues?state=all";
    let first = get(&mut world, target, start());
    let tag = first.header("etag").unwrap().to_owned();
    assert!(tag.starts_with("W/\"") && tag.len() == 68, "{tag}");
    let asked = Request::get(target, &[TOKEN, AGENT, ("if-none-match", &tag)]);
    let again = world.answer(&asked, after(30));
    assert_eq!((again.status, again.body.len(), again.header("x-ratelimit-used")), (304, 0, Some("1")));
    let other = Request::get(target, &[("authorization", "Bearer other"), AGENT, ("if-none-match", &tag)]);
    assert_eq!(world.answer(&other, after(30)).status, 200);
    world.add_label((0, 2), "P0", "ann", after(40));
    let changed = world.answer(&asked, after(50));
    assert_eq!((changed.status, changed.header("x-ratelimit-used")), (200, Some("3")));
    assert_eq!((world.meter.requests, world.meter.unmodified, world.meter.rest), (4, 1, 3));
    let anonymous = world.answer(&Request::get(target, &[AGENT]), after(60));
    assert_eq!(anonymous.header("x-ratelimit-limit"), Some("60"));
}

#[test]
fn the_primary_limit_ends_with_its_hour() {
    let mut world = world(1);
    world.rules.core_limit = 2;
    let ask = |world: &mut github_world::World, at| get(world, "/repos/acme/api/issues/1", at);
    assert_eq!((ask(&mut world, start()).status, ask(&mut world, start()).status), (200, 200));
    let refused = ask(&mut world, after(5));
    assert_eq!((refused.status, refused.header("x-ratelimit-remaining")), (403, Some("0")));
    assert_eq!(
        refused.header("x-ratelimit-reset"),
        Some((start() + TimeDelta::hours(1)).timestamp().to_string().as_str())
    );
    assert_eq!(ask(&mut world, after(3_600)).status, 200);
}

#[test]
fn too_many_writes_in_a_minute_meet_the_secondary_limit() {
    let mut world = world(1);
    let mut post = |at| send(&mut world, "POST", "/repos/acme/api/issues/1/comments", &json!({"body": "x"}), at);
    assert!((0..80).all(|_| post(start()).status == 201));
    let refused = post(start());
    assert_eq!((refused.status, refused.header("retry-after")), (403, Some("60")));
    assert!(String::from_utf8(refused.body).unwrap().contains("secondary rate limit"));
    assert_eq!(post(after(61)).status, 201);
}

#[test]
fn a_refusal_has_five_meanings() {
    let mut world = world(1);
    for (denial, status, header) in [
        (Denial::Permission, 403, Some("x-accepted-github-permissions")),
        (Denial::SingleSignOn, 403, Some("x-github-sso")),
        (Denial::PrimaryLimit, 403, Some("x-ratelimit-reset")),
        (Denial::SecondaryLimit(7), 403, Some("retry-after")),
        (Denial::Admin, 403, None),
        (Denial::NotFound, 404, None),
        (Denial::Gone, 410, None),
    ] {
        world.rules.denials = vec![("/acme/api".to_owned(), denial)];
        let answer = get(&mut world, "/repos/acme/api/issues", start());
        assert_eq!(answer.status, status, "{denial:?}");
        assert!(header.is_none_or(|name| answer.header(name).is_some()), "{denial:?}");
    }
    world.rules.denials.clear();
    assert_eq!(world.answer(&Request::get("/repos/acme/api/issues", &[TOKEN]), start()).status, 403);
    world.rules.tokens = vec!["another".to_owned()];
    assert_eq!(get(&mut world, "/repos/acme/api/issues", start()).status, 401);
}

#[test]
fn what_was_renamed_or_moved_or_deleted_says_so() {
    let mut world = world(3);
    let other = world.repository("acme/web");
    world.rename_repository(0, "acme/api-two");
    let answer = get(&mut world, "/repos/acme/api/issues?state=all&per_page=5", start());
    let id = world.repos[0].id;
    let there = format!("https://api.github.com/repositories/{id}/issues?state=all&per_page=5");
    assert_eq!((answer.status, answer.header("location")), (301, Some(there.as_str())));
    let followed = get(&mut world, &there["https://api.github.com".len()..], start());
    assert_eq!(numbers(&followed.value()).len(), 3);
    let number = world.transfer((0, 2), other, "ann", after(1)).unwrap();
    let answer = get(&mut world, "/repos/acme/api-two/issues/2", after(2));
    assert!(answer.status == 301 && answer.header("location").unwrap().ends_with(&format!("/issues/{number}")));
    world.delete((0, 3), after(3));
    assert_eq!(get(&mut world, "/repos/acme/api-two/issues/3", after(4)).status, 410);
    assert_eq!(get(&mut world, "/repos/acme/api-two/issues/9", after(4)).status, 404);
    assert_eq!(numbers(&get(&mut world, "/repos/acme/api-two/issues", after(4)).value()), [1]);
}

#[test]
fn writes_move_the_issue_and_its_timeline() {
    let mut world = world(1);
    let at = |i: i64| after(60 * i);
    let one = "/repos/acme/api/issues/1";
    let created = send(&mut world, "POST", &format!("{one}/comments"), &json!({"body": "on it"}), at(1));
    assert_eq!((created.status, created.value()["user"]["login"].as_str()), (201, Some("ona")));
    let labels = send(&mut world, "POST", &format!("{one}/labels"), &json!({"labels": ["sev/2", "new"]}), at(2));
    assert_eq!(labels.value()[0]["name"], "sev/2");
    assert_eq!(send(&mut world, "DELETE", &format!("{one}/labels/sev%2F2"), &json!(null), at(3)).status, 200);
    assert_eq!(send(&mut world, "DELETE", &format!("{one}/labels/sev%2F2"), &json!(null), at(3)).status, 404);
    let assigned = send(&mut world, "POST", &format!("{one}/assignees"), &json!({"assignees": ["ann", "kim"]}), at(4));
    assert_eq!(assigned.value()["assignees"].as_array().unwrap().len(), 1);
    let closed =
        send(&mut world, "PATCH", one, &json!({"state": "closed", "state_reason": "not_planned"}), at(5)).value();
    assert_eq!((closed["state"].as_str(), closed["state_reason"].as_str()), (Some("closed"), Some("not_planned")));
    assert_eq!(closed["updated_at"], "2026-11-20T14:05:00Z");
    let opened = send(&mut world, "PATCH", one, &json!({"state": "open"}), at(6)).value();
    assert_eq!((opened["state_reason"].as_str(), &opened["closed_at"]), (Some("reopened"), &json!(null)));
    assert_eq!(send(&mut world, "PATCH", one, &json!({"state_reason": "reopened"}), at(6)).status, 422);
    let timeline = get(&mut world, &format!("{one}/timeline"), at(7)).value();
    let told: Vec<&str> = timeline.as_array().unwrap().iter().map(|entry| entry["event"].as_str().unwrap()).collect();
    assert_eq!(told, ["commented", "labeled", "labeled", "unlabeled", "assigned", "closed", "reopened"]);
    assert_eq!((timeline[4]["actor"]["login"].as_str(), &timeline[4]["assigner"]), (Some("ann"), &json!(null)));
    let events = get(&mut world, "/repos/acme/api/issues/events?per_page=5", at(7)).value();
    assert_eq!((events[0]["event"].as_str(), events[2]["assigner"]["login"].as_str()), (Some("reopened"), Some("ona")));
    let made = send(&mut world, "POST", "/repos/acme/api/issues", &json!({"title": "t", "labels": ["P1"]}), at(8));
    assert_eq!((made.status, made.value()["number"].as_u64()), (201, Some(2)));
    assert_eq!(send(&mut world, "POST", "/repos/acme/api/issues", &json!({"title": " "}), at(8)).status, 422);
}

#[test]
fn a_list_may_be_a_few_seconds_old_and_a_single_issue_never_is() {
    let mut world = world(1);
    world.rules.lag = TimeDelta::seconds(20);
    world.add_label((0, 1), "P0", "ann", after(100));
    let mut n_old = 0;
    for _ in 0..40 {
        let list = get(&mut world, "/repos/acme/api/issues", after(105)).value();
        n_old += usize::from(list[0]["labels"].as_array().unwrap().is_empty());
        let one = get(&mut world, "/repos/acme/api/issues/1", after(105)).value();
        assert_eq!(one["labels"][0]["name"], "P0");
    }
    assert!((15..40).contains(&n_old), "{n_old}");
    let list = get(&mut world, "/repos/acme/api/issues", after(121)).value();
    assert_eq!(list[0]["labels"][0]["name"], "P0");
}

#[test]
fn a_label_renamed_moves_nothing() {
    let mut world = world(1);
    world.add_label((0, 1), "P0", "ann", after(1));
    world.rename_label(0, "P0", "prio: now", after(60));
    let one = get(&mut world, "/repos/acme/api/issues/1", after(61)).value();
    assert_eq!(
        (one["labels"][0]["name"].as_str(), one["updated_at"].as_str()),
        (Some("prio: now"), Some("2026-11-20T14:00:01Z"))
    );
    let timeline = get(&mut world, "/repos/acme/api/issues/1/timeline", after(61)).value();
    assert_eq!(timeline[0]["label"]["name"], "P0");
}
