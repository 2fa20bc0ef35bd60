//! Faults 14 to 21: the host answers, and does not give what is asked.

use std::{os::unix::fs::PermissionsExt as _, process::Stdio, time::Duration};

use github_world::{fault::Fault, rules::Denial};

use crate::scene::{Scene, TOKEN, row, sleep, until};

fn refusal(status: u16, headers: &[(&str, &str)], words: &str) -> Fault {
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Fault::Refusal(status, headers, words.to_owned())
}

#[test]
fn fault_14_a_sign_in_page_is_no_list() {
    row(14, "captive portal, HTML with 200", "\"not JSON\", last data", || {
        let rest = Scene::rest();
        rest.pass().has_code(0);
        rest.server.weather(Some(Fault::Portal));
        rest.pass().has_code(4).says("3 open");
        Scene::new().keeps(Fault::Portal, "it is an HTML page")
    });
}

#[test]
fn fault_15_a_host_in_trouble_is_asked_less_and_less() {
    row(15, "500, 502, 503, 504", "last data; asked further and further apart; Retry-After obeyed", || {
        let mut seen = Vec::new();
        for status in [500, 502, 503, 504] {
            seen.push(Scene::new().keeps(Fault::Status(status), &status.to_string()));
        }
        let scene = Scene::new();
        scene.server.weather(Some(Fault::Status(503)));
        let _watch = scene.watch();
        sleep(14);
        let n = scene.asked("", "");
        assert!((1..=9).contains(&n), "{n} requests in 14 s");
        let patient = Scene::new();
        patient.server.weather(Some(refusal(503, &[("retry-after", "40")], "Service unavailable")));
        let _other = patient.watch();
        until(10, "it asks", || patient.asked("", "") > 0);
        sleep(2);
        let before = patient.asked("", "");
        sleep(10);
        assert_eq!(patient.asked("", ""), before, "Retry-After: 40 was not obeyed");
        format!("{}; {n} requests in 14 s; none within 12 s of Retry-After: 40", seen.remove(2))
    });
}

#[test]
fn fault_16_a_used_up_limit_is_waited_for() {
    row(16, "primary limit", "no request before the reset; its time is shown; back within reset + 5 s", || {
        let scene = Scene::new();
        scene.pass().has_code(0);
        scene.server.news();
        scene.server.weather(Some(Fault::limit(12)));
        let began = std::time::Instant::now();
        let _watch = scene.watch();
        until(8, "it asks", || scene.asked("", "") > 0);
        sleep(2);
        let n = scene.asked("", "");
        let queue = scene.queue();
        assert!(queue["sources"][0]["limited_until"].is_string(), "{queue:#}");
        sleep(5);
        assert_eq!(scene.asked("", ""), n, "it asked before the reset");
        scene.server.weather(None);
        scene.open("after it");
        until(30, "all is read", || scene.queue()["items"].as_array().unwrap().len() == 4);
        let took = began.elapsed();
        assert!(took < Duration::from_secs(13 + 5 + 10), "{took:?}");
        let until_at = &queue["sources"][0]["limited_until"];
        format!("{n} requests, then none; limited_until {until_at}; all read {:.1} s after", took.as_secs_f64())
    });
}

/// How long a refusal makes the program wait, as its JSON says it; none where it is no limit.
fn wait(fault: Fault) -> Option<i64> {
    let scene = Scene::new();
    scene.pass().has_code(0);
    scene.server.weather(Some(fault));
    let queue = scene.queue();
    let source = &queue["sources"][0];
    let at = |value: &serde_json::Value| chrono::DateTime::parse_from_rfc3339(value.as_str()?).ok();
    Some((at(&source["limited_until"])? - at(&queue["now"])?).num_seconds())
}

const SECONDARY: &str = "You have exceeded a secondary rate limit.";

#[test]
fn fault_17_a_secondary_limit_without_a_time_is_a_minute() {
    row(17, "secondary limit, no header", ">= 60 s; no other request meanwhile", || {
        let seen = wait(refusal(403, &[], SECONDARY)).unwrap();
        assert!((57..=62).contains(&seen), "{seen}");
        let scene = Scene::new();
        scene.server.weather(Some(refusal(429, &[], SECONDARY)));
        let _watch = scene.watch();
        until(8, "it asks", || scene.asked("", "") > 0);
        sleep(2);
        let n = scene.asked("", "");
        sleep(12);
        assert_eq!(scene.asked("", ""), n, "it asked on");
        format!("waits {seen} s; {n} requests, then none for 12 s")
    });
}

#[test]
fn fault_17_what_one_is_told_holds_for_reading_and_for_delivering() {
    row(17, "secondary limit, told to reading or to delivering", "the other waits as well", || {
        let limit = |seconds: &str| refusal(403, &[("retry-after", seconds)], SECONDARY);
        let comment = ["incident", "acme/api#1", "comment", "--body", "on it"];
        let scene = Scene::new();
        let watching = scene.watch();
        until(15, "it is read", || scene.queue()["items"].as_array().unwrap().len() == 3);
        until(10, "it leads", || watching.leads(&scene));
        scene.server.ambush("POST", "/comments", limit("60"));
        let mut child = scene.command(&[], &comment).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        until(15, "the limit is met", || scene.server.n_ambushes() == 0);
        sleep(1);
        let before = scene.asked("", "");
        sleep(14);
        assert_eq!(scene.asked("", ""), before, "reading went on, every 10 s");
        let _ = child.kill();
        let _ = child.wait();
        drop(watching);

        let scene = Scene::new();
        scene.pass().has_code(0);
        scene.server.ambush("", "", limit("12"));
        let watching = scene.watch();
        until(15, "the limit is met", || scene.server.n_ambushes() == 0);
        let began = std::time::Instant::now();
        until(10, "it leads", || watching.leads(&scene));
        scene.run(&comment).has_code(0);
        let took = began.elapsed();
        assert!(Duration::from_secs(10) < took, "delivered {took:?} after the limit");
        assert_eq!(scene.comments("on it"), 1);
        format!(
            "a change that was limited: no reading for 15 s; reading that was: the change {:.1} s later",
            took.as_secs_f64()
        )
    });
}

#[test]
fn fault_18_a_wait_that_is_nonsense_is_a_minute() {
    row(18, "Retry-After garbage, huge, a date", "valid ones obeyed, nonsense = 60 s", || {
        let mut seen = Vec::new();
        let date = (watchfloor::shell::clock::Clock::Wall.now() + chrono::TimeDelta::seconds(200))
            .format("%a, %d %b %Y %H:%M:%S GMT")
            .to_string();
        let values = [("soon", 60), ("99999999999999999999", 60), ("-5", 60), ("0", 60), ("90", 90), (&date, 200)];
        for (value, seconds) in values {
            let waits = wait(refusal(403, &[("retry-after", value)], SECONDARY)).unwrap();
            assert!((seconds - 4..=seconds + 2).contains(&waits), "{value}: {waits}");
            seen.push(format!("{value}: {waits} s"));
        }
        seen.join(", ")
    });
}

#[test]
fn fault_19_a_reset_in_the_past_is_a_minute() {
    row(19, "reset in the past", "a floor of 60 s", || {
        let past = (std::time::UNIX_EPOCH.elapsed().unwrap().as_secs() - 3_600).to_string();
        let headers =
            [("x-ratelimit-limit", "5000"), ("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", past.as_str())];
        let waits = wait(refusal(403, &headers, "API rate limit exceeded for user ID 1.")).unwrap();
        assert!((56..=62).contains(&waits), "{waits}");
        format!("waits {waits} s")
    });
}

#[test]
fn fault_20_a_token_that_ends_stops_the_questions_and_a_new_one_is_taken_up() {
    row(20, "401, token revoked mid-run", "stops asking, said; a new token is taken up within 30 s", || {
        let scene = Scene::new();
        let file = scene.folder.path().join("token");
        std::fs::write(&file, TOKEN).unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
        scene.settle(&["acme/api"], &format!("token_file = {file:?}"));
        let _watch = scene.watch();
        let has = |n| scene.queue()["items"].as_array().unwrap().len() == n;
        until(15, "it is read", || has(3));
        scene.server.world().rules.tokens = vec!["the-new-one".to_owned()];
        until(20, "it is said", || scene.queue()["sources"][0]["trouble"].is_string());
        // What is on its way is answered; then nobody asks with a token that was refused.
        sleep(2);
        let n = scene.asked("", "");
        sleep(8);
        assert_eq!(scene.asked("", ""), n, "it goes on asking with a token that was refused");
        std::fs::write(&file, "the-new-one").unwrap();
        scene.open("after it");
        let took = until(50, "the new token is taken up", || has(4));
        assert!(took < Duration::from_secs(30), "{took:?}");
        let n_more = scene.asked("", "") - n;
        assert!(n_more < 20, "{n_more} requests");
        format!("said; the new token was in use after {:.1} s, {n_more} requests later", took.as_secs_f64())
    });
}

#[test]
fn fault_21_what_one_repository_refuses_is_not_the_others_trouble() {
    row(21, "403 of single sign-on, 404, 410", "told apart from limits; only that one stops", || {
        let mut seen = Vec::new();
        for graphql in [true, false] {
            for denial in [Denial::SingleSignOn, Denial::NotFound, Denial::Gone, Denial::Permission] {
                let scene = Scene::of(&["acme/api", "acme/web"], 3);
                scene.server.world().rules.graphql = graphql;
                if graphql && denial != Denial::NotFound {
                    continue;
                }
                scene.pass().has_code(0).says("6 open");
                if graphql {
                    scene.server.world().repos[1].deleted = true;
                } else {
                    scene.server.world().rules.denials.push(("/repos/acme/web".to_owned(), denial));
                }
                let now = scene.pass();
                now.has_code(4).says("left out: acme/web: ");
                assert!(!now.text.contains("rate limit"), "{now:?}");
                let queue = scene.queue();
                assert!(queue["sources"][0]["limited_until"].is_null(), "{queue:#}");
                let items = queue["items"].as_array().unwrap();
                let of = |name: &str| items.iter().filter(|i| i["key"].as_str().unwrap().starts_with(name)).count();
                assert_eq!(of("acme/api#"), 3, "{queue:#}");
                let line = now.text.lines().find(|line| line.contains("left out: ")).unwrap_or_default();
                seen.push(line.trim().to_owned());
            }
        }
        seen.swap_remove(1)
    });
}

#[test]
fn fault_21_a_repository_that_the_host_never_showed_is_named() {
    row(21, "404 for the only repository", "named, exit 4, never \"0 open\" alone", || {
        for graphql in [true, false] {
            let scene = Scene::new();
            scene.server.world().rules.graphql = graphql;
            scene.settle(&["acme/none"], "");
            let seen = scene.pass();
            seen.has_code(4).says("left out: acme/none: ").says("check its spelling");
            let queue = scene.run(&["queue", "--json"]);
            queue.has_code(4);
            assert_eq!(queue.json()["sources"][0]["skipped"][0]["at"], "acme/none");
        }
        "exit 4, \"left out: acme/none: …; check its spelling, and that the token may see it\"".to_owned()
    });
}

#[test]
fn fault_21_a_listed_issue_without_a_page_does_not_vanish() {
    row(21, "404 for one listed issue", "it stays as listed, and is named", || {
        let scene = Scene::rest();
        scene.server.world().rules.denials.push(("/issues/2".to_owned(), Denial::NotFound));
        let seen = scene.pass();
        seen.has_code(4).says("3 open").says("left out: acme/api#2: the host lists it and shows no page of it (404)");
        scene.server.world().rules.denials.clear();
        scene.pass().has_code(0).says("3 open");
        "exit 4, 3 open, \"acme/api#2: the host lists it and shows no page of it (404)\"; then exit 0".to_owned()
    });
}
