//! Timelines: which are read, when, and what becomes of the rest.

use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};
use watchfloor::{
    domain::{incident::What, trouble::Trouble},
    floor::fact::{Fact, Part},
};

use crate::{
    server::{Reply, Seen, answer},
    world::{World, issue, page, polled, whole},
};

const ONE: [&str; 1] = ["acme/api"];

fn comment() -> String {
    json!([{"event": "commented", "created_at": "2026-11-20T11:00:00Z", "user": {"login": "ann"},
        "author_association": "MEMBER"}])
    .to_string()
}

fn is_timeline(seen: &Seen) -> bool {
    seen.target.contains("/timeline")
}

fn n_timelines(world: &World) -> usize {
    world.server.news().iter().filter(|seen| is_timeline(seen)).count()
}

#[test]
fn an_incident_gets_its_timeline_once_per_change() {
    let n_lists = AtomicUsize::new(0);
    let script = move |seen: &Seen| {
        if is_timeline(seen) {
            assert_eq!(seen.target, "/repos/acme/api/issues/7/timeline?per_page=100");
            return match seen.header("if-none-match") {
                Some("\"t\"") => answer(304, &[], ""),
                _ => answer(200, &[("etag", "\"t\"")], comment()),
            };
        }
        let changed = if n_lists.fetch_add(1, Ordering::SeqCst) < 2 { "12:00:00" } else { "13:00:00" };
        answer(200, &[], format!("[{}]", issue(7, &format!("2026-11-20T{changed}Z"))))
    };
    let mut world = World::new(&ONE, script);
    let facts = world.poll();
    let [incident] = &polled(&facts).items[..] else { panic!("{facts:?}") };
    assert!(incident.has_timeline && matches!(incident.timeline[..], [ref event] if event.what == What::Commented));
    assert_eq!(n_timelines(&world), 1);
    world.poll();
    assert_eq!(n_timelines(&world), 0);
    let facts = world.poll();
    assert_eq!(n_timelines(&world), 1);
    // Unchanged is whole as well.
    assert!(polled(&facts).items[0].has_timeline && polled(&facts).items[0].timeline.len() == 1);
}

#[test]
fn a_round_reads_forty_of_the_latest_and_the_next_the_rest() {
    let script = |seen: &Seen| {
        if is_timeline(seen) {
            return answer(200, &[], "[]");
        }
        if seen.header("if-none-match").is_some() {
            return answer(304, &[], "");
        }
        let issues: Vec<Value> = (0..50).map(|n| issue(n, &format!("2026-11-20T12:00:{n:02}Z"))).collect();
        answer(200, &[("etag", "\"l\"")], Value::from(issues).to_string())
    };
    let mut world = World::new(&ONE, script);
    let with_timeline = |facts: &[Fact]| -> Vec<u64> {
        polled(facts).items.iter().filter(|i| i.has_timeline).map(|i| i.key.number).collect()
    };
    assert_eq!(with_timeline(&world.poll()), (10..50).collect::<Vec<_>>());
    assert_eq!(n_timelines(&world), 40);
    // Nothing in the list has changed, but ten incidents have.
    assert_eq!(with_timeline(&world.poll()).len(), 50);
    assert_eq!(n_timelines(&world), 10);
    assert!(matches!(world.poll()[..], [Fact::Unchanged { .. }]));
}

#[test]
fn timelines_leave_the_last_of_the_budget_to_the_lists() {
    let budget = |left: &'static str| {
        move |seen: &Seen| {
            let headers =
                [("x-ratelimit-remaining", left), ("x-ratelimit-limit", "5000"), ("x-ratelimit-reset", "1795181400")];
            answer(200, &headers, if is_timeline(seen) { "[]".to_owned() } else { page([1, 2]) })
        }
    };
    for (left, n_read) in [("200", 0), ("201", 2)] {
        let mut world = World::new(&ONE, budget(left));
        assert_eq!(whole(&world.poll()), [1, 2]);
        assert_eq!(n_timelines(&world), n_read, "{left}");
    }
}

#[test]
fn a_change_of_this_very_second_is_read_again() {
    let script = |seen: &Seen| {
        let date = ("date", "Fri, 20 Nov 2026 14:00:01 GMT");
        if is_timeline(seen) {
            answer(200, &[date], "[]")
        } else {
            answer(200, &[], format!("[{}]", issue(1, "2026-11-20T14:00:00Z")))
        }
    };
    let mut world = World::new(&ONE, script);
    assert!(polled(&world.poll()).items[0].has_timeline);
    world.poll();
    assert_eq!(n_timelines(&world), 2);
}

#[test]
fn a_timeline_that_cannot_be_read_costs_nothing_but_itself() {
    for (status, n_asked_again) in [(404, 0), (410, 0), (500, 1)] {
        let script = move |seen: &Seen| match () {
            () if seen.target.contains("/2/timeline") => answer(status, &[], "{}"),
            () if is_timeline(seen) => answer(200, &[], comment()),
            () => answer(200, &[], page([1, 2])),
        };
        let mut world = World::new(&ONE, script);
        let facts = world.poll();
        assert_eq!(whole(&facts), [1, 2]);
        let told = polled(&facts);
        assert!(!told.items[1].has_timeline && told.n_skipped == 1, "{told:?}");
        assert_eq!(told.skipped[0].at.as_str(), "acme/api#2");
        world.server.news();
        world.poll();
        let again = world.server.news().into_iter().filter(|seen| seen.target.contains("/2/timeline")).count();
        assert_eq!(again, n_asked_again, "{status}");
    }
}

#[test]
fn a_limit_met_among_timelines_is_told_after_the_whole_list() {
    let script = |seen: &Seen| {
        if is_timeline(seen) { answer(403, &[("retry-after", "60")], "{}") } else { answer(200, &[], page([1, 2])) }
    };
    let mut world = World::new(&ONE, script);
    let facts = world.poll();
    assert_eq!((polled(&facts).part, n_timelines(&world)), (Part::Last, 1));
    assert!(matches!(facts[1], Fact::Failed { trouble: Trouble::Limited { .. }, .. }), "{facts:?}");
}

#[test]
fn a_long_timeline_is_followed_for_ten_pages_on_its_own_host() {
    let n_pages = AtomicUsize::new(0);
    let script = move |seen: &Seen| {
        if !is_timeline(seen) {
            return answer(200, &[], page([1]));
        }
        let next = format!("</x/timeline?page={}>; rel=\"next\"", n_pages.fetch_add(1, Ordering::SeqCst) + 2);
        answer(200, &[("link", &next)], comment())
    };
    let mut world = World::new(&ONE, script);
    let facts = world.poll();
    assert_eq!(n_timelines(&world), 10);
    let incident = &polled(&facts).items[0];
    assert!(incident.timeline.len() == 10 && !incident.has_timeline && polled(&facts).n_skipped == 1);

    let stranger = crate::server::Server::start(|_: &Seen| answer(200, &[], "[]"));
    let link = format!("<{}/timeline>; rel=\"next\"", stranger.url());
    let script = move |seen: &Seen| -> Reply {
        if is_timeline(seen) { answer(200, &[("link", &link)], "[]") } else { answer(200, &[], page([1])) }
    };
    assert_eq!(whole(&World::new(&ONE, script).poll()), [1]);
    assert!(stranger.seen().is_empty());
}
