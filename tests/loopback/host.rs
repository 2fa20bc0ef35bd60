//! Lists: pages, refusals, limits, broken answers, strangers.

use std::{
    io::Write,
    net::TcpListener,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use watchfloor::{
    domain::trouble::Trouble,
    floor::fact::{Fact, Part, Quota, SourceId},
    shell::{
        http::{Http, Limits},
        hub::Hub,
        store::Store,
        token::Tokens,
    },
};

use crate::{
    server::{Reply, Seen, Server, answer},
    world::{CANARY, World, at, failed, hub_at, issue, limits, lists, numbers, page, polled, source, wait, whole},
};

const ONE: [&str; 1] = ["acme/api"];

/// Two pages with entity tags; a page whose tag is sent back is unchanged.
fn two_pages(seen: &Seen) -> Reply {
    let (tag, body, link) = if seen.target.contains("page=2&x") {
        ("\"two\"", page([3, 1]), None)
    } else {
        ("\"one\"", page([2, 3]), Some(r#"</repositories/1/issues?page=2&x>; rel="next""#))
    };
    let budget =
        [("x-ratelimit-remaining", "4990"), ("x-ratelimit-limit", "5000"), ("x-ratelimit-reset", "1795181400")];
    let headers: Vec<_> = [("etag", tag)].into_iter().chain(link.map(|link| ("link", link))).chain(budget).collect();
    if seen.header("if-none-match") == Some(tag) {
        // As some hosts do: without the link.
        return answer(304, &[("etag", tag)], "");
    }
    answer(200, &headers, body)
}

#[test]
fn every_page_is_followed_and_each_incident_told_once() {
    let mut world = World::new(&ONE, lists(two_pages));
    let facts = world.poll();
    assert_eq!(whole(&facts), [2, 3, 1]);
    assert_eq!(polled(&facts).budget, Some(Quota { remaining: 4990, limit: 5000 }));
    let asked = world.asked();
    assert!(
        asked[0].starts_with("/repos/acme/api/issues?") && asked[1] == "/repositories/1/issues?page=2&x",
        "{asked:?}"
    );
    // The list may have shifted while it was read: its first page is asked for once more.
    assert_eq!((asked.len(), &asked[2]), (3, &asked[0]));
}

#[test]
fn a_round_of_unchanged_pages_is_one_short_fact() {
    let mut world = World::new(&ONE, lists(two_pages));
    world.poll();
    world.server.news();
    let facts = world.poll();
    let budget = Some(Quota { remaining: 4990, limit: 5000 });
    assert_eq!(facts, [Fact::Unchanged { source: SourceId(0), budget }]);
    let tags: Vec<_> = world.server.seen().iter().map(|seen| seen.header("if-none-match").map(str::to_owned)).collect();
    assert_eq!(tags, [Some("\"one\"".to_owned()), Some("\"two\"".to_owned())]);
}

#[test]
fn an_issue_that_slips_past_the_reader_is_still_told() {
    let n_asked = AtomicUsize::new(0);
    let script = move |seen: &Seen| {
        let slipped = issue(1, "2026-11-20T13:59:00Z");
        match (seen.target.contains("page=2"), n_asked.fetch_add(1, Ordering::SeqCst)) {
            (false, 0) => answer(200, &[("link", r#"</x?page=2>; rel="next""#)], page([3, 2])),
            (false, _) => answer(200, &[("link", r#"</x?page=2>; rel="next""#)], format!("[{slipped}]")),
            (true, _) => answer(200, &[], page([2])),
        }
    };
    assert_eq!(whole(&World::new(&ONE, lists(script)).poll()), [3, 2, 1]);
}

#[test]
fn of_two_tellings_the_later_change_counts() {
    let script = |seen: &Seen| {
        if seen.target.contains("page=2") {
            answer(200, &[], format!("[{}]", issue(1, "2026-11-20T13:00:00Z")))
        } else {
            answer(200, &[("link", r#"</x?page=2>; rel="next""#)], page([1]))
        }
    };
    let facts = World::new(&ONE, lists(script)).poll();
    assert_eq!(polled(&facts).items[0].updated_at, at("2026-11-20T13:00:00Z"));
    assert_eq!(whole(&facts), [1]);
}

#[test]
fn a_long_answer_comes_in_parts() {
    let script = |seen: &Seen| {
        let n: u64 = seen.target.rsplit("page=").next().and_then(|n| n.parse().ok()).unwrap_or(1);
        let n = if seen.target.starts_with("/x") { n } else { 1 };
        let next = format!("</x?page={}>; rel=\"next\"", n + 1);
        let link: &[_] = if n < 3 { &[("link", next.as_str())] } else { &[] };
        answer(200, link, page(n * 1000..n * 1000 + 999))
    };
    let mut world = World::new(&ONE, lists(script));
    let facts = wait(world.hub.poll_lists(SourceId(0), || world.now.get()));
    let parts: Vec<_> = facts
        .iter()
        .map(
            |fact| if let Fact::Polled(polled) = fact { (polled.items.len(), polled.part) } else { panic!("{fact:?}") },
        )
        .collect();
    assert_eq!(parts, [(2000, Part::More), (997, Part::Last)]);
}

#[test]
fn a_refused_token_stops_the_round_and_is_looked_for_again_after_half_a_minute() {
    let script = |seen: &Seen| match seen.header("authorization") {
        Some("Bearer renewed") => answer(200, &[], "[]"),
        _ => answer(401, &[], r#"{"message":"Bad credentials"}"#),
    };
    let mut world = World::new(&[], script);
    let token = Arc::new(Mutex::new(CANARY));
    let now_there = Arc::clone(&token);
    let tokens = Tokens::of(move |name| (name == "GH_ENTERPRISE_TOKEN").then(|| (*now_there.lock().unwrap()).into()));
    let http = Arc::new(Http::new(limits()));
    let two = source(&world.server.url(), &["a/one", "a/two"]);
    world.hub = Hub::of(&two, http, tokens, world.store.salt().clone()).unwrap();
    let facts = world.poll();
    let (trouble, why) = failed(&facts);
    assert_eq!((trouble, world.asked().len()), (Trouble::Refused, 1));
    assert!(why.contains("Bad credentials") && why.contains("; give a token"), "{why}");
    assert_eq!(world.hub.token_from(), Some("GH_ENTERPRISE_TOKEN"));
    *token.lock().unwrap() = "renewed";
    world.later(29);
    assert_eq!(failed(&world.poll()).0, Trouble::Refused);
    world.later(1);
    let facts = wait(world.hub.poll(SourceId(0), || world.now.get()));
    assert_eq!(whole(&facts), [] as [u64; 0]);
}

#[test]
fn a_token_that_is_none_is_told_by_the_name_of_its_place_and_never_sent() {
    let mut world = World::new(&[], |_: &Seen| answer(200, &[], "[]"));
    let tokens = Tokens::of(|name| (name == "GH_ENTERPRISE_TOKEN").then(|| format!("{CANARY}\r\nx: y").into()));
    let one = source(&world.server.url(), &ONE);
    world.hub = Hub::of(&one, Arc::new(Http::new(limits())), tokens, world.store.salt().clone()).unwrap();
    let facts = world.poll();
    let (trouble, why) = failed(&facts);
    assert!(trouble == Trouble::Refused && why.starts_with("GH_ENTERPRISE_TOKEN holds no token"), "{why}");
    assert!(world.server.seen().is_empty());
}

#[test]
fn a_limit_is_kept_to_and_nothing_is_asked_before_its_end() {
    let reset = at("2026-11-20T14:10:00Z").timestamp().to_string();
    let spent: Vec<(&str, String)> = vec![("x-ratelimit-remaining", "0".into()), ("x-ratelimit-reset", reset)];
    let retry: Vec<(&str, String)> = vec![("retry-after", "600".into())];
    for headers in [spent, retry] {
        let script = move |_: &Seen| {
            let headers: Vec<_> = headers.iter().map(|(n, v)| (*n, v.as_str())).collect();
            answer(403, &headers, r#"{"message":"API rate limit exceeded"}"#)
        };
        let mut world = World::new(&["a/one", "a/two"], script);
        let until = at("2026-11-20T14:10:00Z");
        assert_eq!(failed(&world.poll()).0, Trouble::Limited { until });
        assert_eq!(world.asked().len(), 1);
        world.later(599);
        assert_eq!(failed(&world.poll()).0, Trouble::Limited { until });
        assert_eq!(world.asked().len(), 0);
        world.later(1);
        world.poll();
        assert_eq!(world.asked().len(), 1);
    }
}

#[test]
fn one_broken_repository_does_not_silence_the_others() {
    for (status, body, trouble, word) in [
        (404, "{}", Trouble::Refused, "acme/lost: the host does not show this repository"),
        (410, r#"{"message":"Issues are disabled"}"#, Trouble::Refused, "Issues are disabled"),
        (403, r#"{"message":"Resource not accessible by personal access token"}"#, Trouble::Refused, "read access"),
        (500, "{}", Trouble::Away, "acme/lost: the host has trouble of its own (500)"),
        (502, "<html><body>Unicorn!</body></html>", Trouble::Away, "(502)"),
        (200, "\x1b]0;garbage", Trouble::Garbled, "acme/lost: the answer is not a list of issues"),
        (200, "<html>Sign in to the hotel</html>", Trouble::Garbled, "it is an HTML page"),
        (200, "", Trouble::Garbled, "it is empty"),
    ] {
        let script = move |seen: &Seen| {
            if seen.target.contains("/lost/") { answer(status, &[], body) } else { answer(200, &[], page([1])) }
        };
        let mut world = World::new(&["acme/lost", "acme/api"], lists(script));
        let facts = world.poll();
        assert_eq!((numbers(&polled(&facts).items), polled(&facts).part), (vec![1], Part::Broken));
        let (told, why) = failed(&facts[1..]);
        assert!(told == trouble && why.contains(word) && !why.contains('\x1b'), "{status}: {told:?} {why}");
    }
}

#[test]
fn after_a_failure_the_next_good_round_is_whole() {
    let n_asked = AtomicUsize::new(0);
    let script = move |seen: &Seen| match n_asked.fetch_add(1, Ordering::SeqCst) {
        0 => answer(200, &[("etag", "\"e\"")], page([1])),
        1 => answer(503, &[], ""),
        _ if seen.header("if-none-match") == Some("\"e\"") => answer(304, &[], ""),
        _ => panic!("the entity tag is lost"),
    };
    let mut world = World::new(&ONE, lists(script));
    assert_eq!(whole(&world.poll()), [1]);
    assert_eq!(failed(&world.poll()).0, Trouble::Away);
    assert_eq!(world.poll(), [Fact::Unchanged { source: SourceId(0), budget: None }]);
}

#[test]
fn a_cut_body_is_not_taken_for_a_list() {
    let cut = |_: &Seen| Reply::Bytes(b"HTTP/1.1 200 OK\r\ncontent-length: 4000\r\n\r\n[]".to_vec());
    let facts = World::new(&ONE, cut).poll();
    let (trouble, why) = failed(&facts);
    assert!(trouble == Trouble::Away && why.contains("broke off"), "{why}");
    let gone = |_: &Seen| Reply::Bytes(Vec::new());
    assert_eq!(failed(&World::new(&ONE, gone).poll()).0, Trouble::Away);
    let noise = |_: &Seen| Reply::Bytes(b"220 mail.example ESMTP\r\n".to_vec());
    assert_eq!(failed(&World::new(&ONE, noise).poll()).0, Trouble::Garbled);
}

#[test]
fn a_compressed_page_is_read_and_a_bomb_is_stopped() {
    let zipped = |bytes: &[u8], times: usize| {
        let mut zip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        (0..times).for_each(|_| zip.write_all(bytes).unwrap());
        zip.finish().unwrap()
    };
    let good = zipped(page([1]).as_bytes(), 1);
    let script = move |_: &Seen| answer(200, &[("content-encoding", "gzip")], &good);
    assert_eq!(whole(&World::new(&ONE, lists(script)).poll()), [1]);
    let bomb = zipped(&vec![b' '; 1 << 20], 200);
    assert!(bomb.len() < 2 << 20);
    let facts = World::new(&ONE, move |_: &Seen| answer(200, &[("content-encoding", "gzip")], &bomb)).poll();
    let (trouble, why) = failed(&facts);
    assert!(trouble == Trouble::Garbled && why.contains("longer than 32 MiB"), "{why}");
    let cut = zipped(page([1]).as_bytes(), 1);
    let cut = cut[..cut.len() - 9].to_vec();
    let facts = World::new(&ONE, move |_: &Seen| answer(200, &[("content-encoding", "gzip")], &cut)).poll();
    assert_ne!(failed(&facts).0, Trouble::Refused);
}

#[test]
fn a_megabyte_of_headers_is_stopped() {
    let long = "x".repeat(1 << 20);
    let facts = World::new(&ONE, move |_: &Seen| answer(200, &[("x-long", &long)], "[]")).poll();
    assert_eq!(failed(&facts).0, Trouble::Garbled);
    let many: Vec<(String, String)> = (0..100).map(|n| (format!("x-{n}"), "y".repeat(1000))).collect();
    let script =
        move |_: &Seen| answer(200, &many.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect::<Vec<_>>(), "[]");
    let facts = World::new(&ONE, script).poll();
    assert!(failed(&facts).1.contains("longer than 64 KiB"), "{facts:?}");
}

#[test]
fn pages_without_end_and_pages_in_a_circle_are_left() {
    let n_asked = AtomicUsize::new(0);
    let endless = move |_: &Seen| {
        let n = n_asked.fetch_add(1, Ordering::SeqCst) as u64;
        answer(200, &[("link", &format!("</x?page={}>; rel=\"next\"", n + 2))], page([n]))
    };
    let mut world = World::new(&ONE, lists(endless));
    let facts = wait(world.hub.poll_lists(SourceId(0), || world.now.get()));
    assert_eq!((polled(&facts).items.len(), polled(&facts).part, world.asked().len()), (100, Part::Broken, 100));
    assert!(failed(&facts[1..]).1.contains("longer than 100 pages"), "{facts:?}");

    let circle = |seen: &Seen| {
        let next = if seen.target.starts_with("/x?a") { "</x?b>; rel=\"next\"" } else { "</x?a>; rel=\"next\"" };
        answer(200, &[("link", next)], page([1]))
    };
    let mut world = World::new(&ONE, lists(circle));
    let facts = world.poll();
    assert!(failed(&facts[1..]).1.contains("in a circle") && world.asked().len() == 3, "{facts:?}");
}

#[test]
fn no_other_host_is_ever_asked() {
    let stranger = Arc::new(Server::start(|_: &Seen| answer(200, &[], "[]")));
    let elsewhere = format!("{}/repos/acme/api/issues", stranger.url());
    for (status, header) in [(200, "link"), (301, "location"), (302, "location"), (307, "location"), (308, "location")]
    {
        let value = if header == "link" { format!("<{elsewhere}>; rel=\"next\"") } else { elsewhere.clone() };
        let mut world = World::new(&ONE, lists(move |_: &Seen| answer(status, &[(header, &value)], page([1]))));
        let facts = world.poll();
        let (trouble, why) = failed(&facts);
        assert!(trouble == Trouble::Refused && why.contains("another host"), "{why}");
        assert!(stranger.seen().is_empty(), "{:?}", stranger.seen());
    }
}

#[test]
fn a_renamed_repository_is_followed_on_its_own_host() {
    let script = |seen: &Seen| {
        if seen.target.starts_with("/repos/") {
            return answer(301, &[("location", "/repositories/7/issues?state=open")], "");
        }
        let is_known = seen.header("if-none-match") == Some("\"e\"");
        if is_known { answer(304, &[], "") } else { answer(200, &[("etag", "\"e\"")], page([1])) }
    };
    let mut world = World::new(&ONE, lists(script));
    assert_eq!(whole(&world.poll()), [1]);
    assert!(matches!(world.poll()[..], [Fact::Unchanged { .. }]));
    let n_asked = AtomicUsize::new(0);
    let endless =
        move |_: &Seen| answer(302, &[("location", &format!("/{}", n_asked.fetch_add(1, Ordering::SeqCst)))], "");
    let mut world = World::new(&ONE, endless);
    assert_eq!((failed(&world.poll()).0, world.asked().len()), (Trouble::Garbled, 6));
}

#[test]
fn a_silent_host_is_left_in_time_and_asked_once_a_round() {
    let limits = Limits { total: Duration::from_millis(200), ..limits() };
    let mut world = World::with(&["a/one", "a/two", "a/three"], limits, |_: &Seen| Reply::Silence);
    let start = Instant::now();
    let facts = world.poll();
    let (trouble, why) = failed(&facts);
    assert!(trouble == Trouble::Away && why.contains("did not answer within 0.2 s"), "{why}");
    assert!(start.elapsed() < Duration::from_secs(5) && world.asked().len() == 1);
}

#[test]
fn a_refused_connection_names_the_host_and_nothing_else() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let store = Store::in_memory().unwrap();
    let mut hub = hub_at(&format!("http://{closed}/secret-path"), &ONE, limits(), &store);
    let facts = wait(hub.poll(SourceId(0), || at("2026-11-20T14:00:00Z")));
    let (trouble, why) = failed(&facts);
    assert!(trouble == Trouble::Away && why.contains("\"127.0.0.1\" refuses connections"), "{why}");
    assert!(!why.contains("secret-path") && !format!("{facts:?} {hub:?}").contains(CANARY));
}

#[test]
fn a_host_that_cannot_prove_itself_is_not_spoken_to() {
    let server = Server::start(|_: &Seen| answer(200, &[], "[]"));
    let store = Store::in_memory().unwrap();
    let mut hub = hub_at(&format!("https://{}", server.address), &ONE, limits(), &store);
    let facts = wait(hub.poll(SourceId(0), || at("2026-11-20T14:00:00Z")));
    assert_eq!(failed(&facts).0, Trouble::Away);
    assert!(server.seen().is_empty() && !format!("{facts:?}").contains(CANARY));
}
