//! Faults 22 to 28: what is answered has a shape that nobody asked for.

use std::{sync::Arc, time::Duration};

use github_world::fault::Fault;

use crate::scene::{Scene, TOKEN, row};

#[test]
fn fault_22_a_redirect_takes_no_token_along() {
    row(22, "redirect to another host, loop, downgrade", "no credential leaves; bounded", || {
        let mut seen = Vec::new();
        for graphql in [true, false] {
            let (scene, stranger) = (Scene::new(), Scene::new());
            scene.server.world().rules.graphql = graphql;
            scene.pass().has_code(0);
            let stray = format!("{}/repos/acme/api/issues", stranger.url);
            for status in [301, 302, 307, 308] {
                scene.server.weather(Some(Fault::Redirect(status, stray.clone())));
                scene.pass().has_code(4).says("3 open");
            }
            let shown = stranger.server.log().iter().any(|asked| asked.request.header("authorization").is_some());
            assert!(!shown && !stranger.server.leaks(TOKEN), "the token went elsewhere");
            let before = scene.asked("", "");
            scene.server.weather(Some(Fault::Redirect(302, format!("{}/repos/acme/api", scene.url))));
            let looped = scene.pass();
            looped.ended_well().says("3 open");
            let n = scene.asked("", "") - before;
            assert!(n < 40, "{n} requests in a loop");
            seen.push(format!("{n}"));
        }
        format!("another host heard no token; a loop cost {} requests (GraphQL), {} (REST)", seen[0], seen[1])
    });
}

#[test]
fn fault_23_pages_without_end_or_elsewhere_are_not_followed() {
    row(23, "Link to another host, endless pages", "same origin; a cap on pages", || {
        let (scene, stranger) = (Scene::rest(), Scene::new());
        for _ in 0..6 {
            scene.server.ambush("GET", "/issues?", Fault::LinkTo(stranger.url.clone()));
        }
        let seen = scene.pass();
        seen.ended_well().says("3 open");
        assert!(stranger.server.log().is_empty(), "the other host was asked");
        let endless = Scene::rest();
        endless.pass().has_code(0);
        let before = endless.asked("", "");
        for _ in 0..2_000 {
            endless.server.ambush("GET", "/issues?", Fault::EndlessLink);
        }
        let looped = endless.run(&["watch", "--once", "--within", "20s"]);
        looped.ended_well().says("3 open");
        let n = endless.asked("", "") - before;
        assert!(n < 1_500, "{n} pages were followed");
        format!("the other host was asked nothing; endless pages: {n} requests, {}", looped.seconds())
    });
}

#[test]
fn fault_24_an_issue_that_moves_between_pages_is_there_once() {
    row(24, "paging drift", "each once, none missing", || {
        let scene = Scene::of(&["acme/api"], 250);
        scene.server.world().rules.graphql = false;
        scene.server.world().rules.secondary = false;
        scene.server.ambush("GET", "page=2", Fault::Latency(Duration::from_millis(1_500)));
        let server = &scene.server;
        let seen = std::thread::scope(|threads| {
            threads.spawn(|| {
                // The last becomes the first, while the second page is on its way.
                crate::scene::until(30, "the second page is asked for", || scene.asked("GET", "page=2") > 0);
                for number in 1..=5 {
                    let now = server.now();
                    server.world().comment((0, number), "moves it up", Some("kim"), now);
                }
            });
            scene.pass()
        });
        seen.ended_well();
        scene.pass().ended_well();
        let queue = scene.queue();
        let mut keys: Vec<_> = queue["items"].as_array().unwrap().iter().map(|i| i["key"].to_string()).collect();
        keys.sort();
        let n = keys.len();
        keys.dedup();
        assert_eq!((keys.len(), n), (250, 250));
        format!("250 of 250, each once; the first pass took {}", seen.seconds())
    });
}

#[test]
fn fault_25_what_is_unchanged_costs_nothing() {
    row(25, "304", "data kept, costs nothing", || {
        let scene = Scene::rest();
        scene.pass().has_code(0);
        // The first pass reads all that is open, the second what changes, and gets the tag of that list.
        scene.pass().has_code(0);
        scene.server.news();
        let before = scene.server.world().meter;
        scene.pass().has_code(0).says("3 open");
        let log = scene.server.news();
        let n = log.iter().filter(|seen| seen.status == 304).count();
        assert!(n > 0, "{:?}", log.iter().map(|s| (s.status, s.request.target.clone())).collect::<Vec<_>>());
        let cost = scene.server.world().meter.since(&before);
        assert_eq!(cost.unmodified, n as u64);
        assert!(cost.rest <= cost.requests - cost.unmodified, "{cost:?}");
        format!("{n} of {} answers of the third pass were 304; {} charged; 3 open", log.len(), cost.rest)
    });
}

#[test]
fn fault_26_half_an_answer_of_graphql_is_used_and_its_hole_named() {
    row(26, "GraphQL 200 with errors, part, null", "part used, the hole named; never \"0 incidents\"", || {
        let scene = Scene::new();
        scene.settle(&["acme/api", "acme/none"], "");
        let seen = scene.pass();
        seen.has_code(4).says("3 open").says("left out: acme/none: ");
        let line = seen.text.lines().find(|line| line.contains("left out: ")).unwrap_or_default().trim().to_owned();
        let null = Scene::new();
        null.pass().has_code(0);
        // 200, and nothing in it but a message.
        null.server.weather(Some(Fault::Refusal(200, Vec::new(), "Something went wrong".to_owned())));
        null.pass().has_code(4).says("3 open");
        format!("3 open and \"{line}\"; 200 without data: exit 4, 3 open kept")
    });
}

#[test]
fn fault_27_what_nobody_knows_yet_is_shown_as_unknown() {
    row(27, "unknown words, null where new", "shown, not refused", || {
        for graphql in [true, false] {
            let scene = Scene::new();
            {
                let mut world = scene.server.world();
                world.rules.graphql = graphql;
                world.person("eve", "ALIEN");
                let now = scene_now();
                let place = 0;
                let number = world.open(place, "from elsewhere", "eve", None, now);
                let slot = world.repos[place].issues.get_mut(&number).unwrap();
                let mut issue = slot.now.as_deref().unwrap().clone();
                (issue.author, issue.reason) = (None, Some("banished".to_owned()));
                slot.put(Some(Arc::new(issue)), now);
            }
            scene.pass().has_code(0).says("4 open");
        }
        "a state, an association and an author that nobody knows: exit 0, 4 open".to_owned()
    });
}

fn scene_now() -> chrono::DateTime<chrono::Utc> {
    github_world::server::Clock::real().now()
}

#[test]
fn fault_28_bombs_end_at_their_limits() {
    row(28, "gzip bomb, 1 MB header, deep JSON", "a limit, said; last data", || {
        let mut seen = Vec::new();
        for fault in
            [Fault::GzipBomb(200), Fault::LongHeader(1 << 20), Fault::DeepJson(200_000), Fault::Garbage, Fault::Noise]
        {
            let scene = Scene::new();
            scene.pass().has_code(0);
            scene.server.weather(Some(fault));
            // An address space in which the bomb would not fit.
            let before = ["prlimit", "--as=1500000000"];
            let now = scene.run_behind(&before, &["watch", "--once"]);
            scene.server.weather(None);
            seen.push(scene.is_back_after(&now, "not heard now"));
        }
        seen.remove(0)
    });
}
