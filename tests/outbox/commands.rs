//! What the commands do, and what they say of it.

use std::time::Instant;

use chrono::{SecondsFormat, TimeDelta};
use serde_json::Value;
use watchfloor::{
    shell::store::{
        Heard,
        lead::{Claim, Part},
    },
    text::Text,
};

use crate::{
    host::Fault,
    scene::{SECOND, Scene, now},
};

#[test]
fn a_comment_arrives_and_its_page_is_told() {
    let scene = Scene::new();
    let (code, said) = scene.run(&["incident", "acme/api#1", "comment", "--body", "on it"]);
    assert_eq!(code, 0, "{said}");
    assert!(said.starts_with("acme/api#1: comment: done, https://host.example/c/"), "{said}");
    assert_eq!(scene.comments(1, "on it\n\n<!-- wf:op="), 1);
    assert!(!said.contains("canary"));
}

#[test]
fn a_comment_is_taken_from_standard_input_and_a_reason_as_github_writes_it() {
    let scene = Scene::new();
    let piped = scene.folder.path().join("piped");
    std::fs::write(&piped, "from elsewhere\n").unwrap();
    for (n, words) in [["--body", "-"], ["--body-file", "-"]].into_iter().enumerate() {
        let mut command = scene.command(&[["incident", "acme/api#1", "comment"].as_slice(), &words].concat());
        let ended = command.stdin(std::fs::File::open(&piped).unwrap()).output().unwrap();
        assert_eq!((ended.status.code(), scene.comments(1, "from elsewhere")), (Some(0), n + 1), "{ended:?}");
    }
    let (code, said) = scene.run(&["incident", "acme/api#1", "close", "--reason", "not_planned"]);
    assert_eq!(code, 0, "{said}");
}

#[test]
fn a_comment_whose_answer_is_lost_is_found_and_not_made_again() {
    for lost in [Fault::LostAfter, Fault::TroubleAfter] {
        let scene = Scene::new();
        scene.host.plan(&[lost]);
        let (code, said) = scene.run(&["incident", "acme/api#1", "comment", "--body", "on it"]);
        assert_eq!((code, scene.comments(1, "on it")), (0, 1), "{said}");
    }
}

#[test]
fn a_comment_that_got_lost_is_made_again_once_that_is_certain() {
    for lost in [Fault::LostBefore, Fault::TroubleBefore] {
        let scene = Scene::new();
        scene.host.plan(&[lost]);
        let begun = Instant::now();
        let (code, said) = scene.run(&["incident", "acme/api#1", "comment", "--body", "on it"]);
        assert_eq!((code, scene.comments(1, "on it")), (0, 1), "{said}");
        assert!(SECOND * 25 <= begun.elapsed());
    }
}

#[test]
fn a_new_incident_is_opened_once() {
    let scene = Scene::new();
    scene.host.plan(&[Fault::LostAfter]);
    let (code, said) = scene.run(&["incident", "acme/api", "create", "--title", "down", "--body", "all of it"]);
    assert_eq!((code, scene.host.truth.lock().unwrap().opened.len()), (0, 1), "{said}");
}

#[test]
fn what_the_host_does_not_want_is_said_in_its_words() {
    let scene = Scene::new();
    let (code, said) = scene.run(&["incident", "api#1", "assign", "ghost"]);
    assert!(code == 1 && said.contains("ghost is not assigned"), "{said}");
    let permission = "x-accepted-github-permissions: issues=write\r\n";
    scene.host.plan(&[Fault::Answer(403, permission, "Resource not accessible by personal access token")]);
    let (code, said) = scene.run(&["incident", "api#1", "comment", "--body", "x"]);
    assert!(code == 1 && said.contains("it needs issues=write"), "{said}");
    // The text is kept for the person.
    let (_, said) = scene.run(&["outbox", "list", "--all", "--json"]);
    let listed: Value = serde_json::from_str(&said).unwrap();
    assert_eq!(listed["outbox"][1]["text"], "x");
    assert_eq!(listed["outbox"][1]["state"], "refused");
    assert_eq!(scene.comments(1, "x"), 0);
}

#[test]
fn a_host_that_told_a_reader_to_wait_is_sent_nothing_by_a_command_before_that_is_over() {
    let scene = Scene::new();
    let until = |seconds: i64| (now() + TimeDelta::seconds(seconds)).to_rfc3339_opts(SecondsFormat::Secs, true);
    let wait = |seconds| {
        let source = Text::scrub("github");
        let cursors = vec![("wait".to_owned(), Some(until(seconds).into_bytes()))];
        scene.store().record(&Heard { cursors, ..Heard::of(source) }, now()).unwrap();
    };
    wait(600);
    let (code, said) = scene.run(&["incident", "acme/api#1", "comment", "--body", "later"]);
    assert!(code == 4 && said.contains("it is kept as "), "{code} {said}");
    assert_eq!(scene.comments(1, "later"), 0);
    wait(-1);
    let (code, said) = scene.run(&["outbox", "send"]);
    assert_eq!((code, scene.comments(1, "later")), (0, 1), "{said}");
}

#[test]
fn what_cannot_be_sent_now_is_kept_and_sent_later() {
    let scene = Scene::new();
    scene.host.plan(&[Fault::Answer(403, "retry-after: 600\r\n", "secondary rate limit")]);
    let (code, said) = scene.run(&["incident", "acme/api#1", "comment", "--body", "later"]);
    assert!(code == 4 && said.contains("it is kept as ") && said.contains("asks for patience"), "{said}");
    let (code, said) = scene.run(&["outbox"]);
    assert!(code == 0 && said.contains("waiting") && said.contains("asks for patience"), "{said}");
    let id = scene.intents()[0].id.to_string();
    let (code, said) = scene.run(&["outbox", "cancel", &id[20..]]);
    assert!(code == 0 && said.contains("taken back"), "{said}");
    let (code, said) = scene.run(&["outbox", "retry", &id]);
    assert!(code == 1 && said.contains("it is cancelled"), "{said}");
    assert_eq!((scene.run(&["outbox", "send"]).0, scene.comments(1, "later")), (0, 0));
}

#[test]
fn a_host_that_is_away_gets_it_when_it_is_back() {
    let scene = Scene::new();
    let settings = scene.folder.path().join("settings.toml");
    let right = std::fs::read_to_string(&settings).unwrap();
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    std::fs::write(&settings, right.replace(&scene.host.address.to_string(), &closed.to_string())).unwrap();
    let (code, said) = scene.run(&["incident", "acme/api#1", "label", "sev/2"]);
    assert!(code == 4 && said.contains("refuses connections"), "{said}");
    std::fs::write(&settings, right).unwrap();
    let (code, said) = scene.run(&["outbox", "send"]);
    assert_eq!((code, said.as_str()), (0, "1 done, 0 refused or taken back, 0 waiting\n"));
    assert!(scene.host.truth.lock().unwrap().issues[&1].labels.contains("sev/2"));
}

#[test]
fn a_token_that_the_host_does_not_know_loses_nothing() {
    let scene = Scene::new();
    let unknown = Fault::Answer(401, "", "Bad credentials");
    scene.host.plan(&[unknown]);
    let (code, said) = scene.run(&["incident", "acme/api#1", "close"]);
    // Thirty seconds, which are shorter here, and then it works.
    assert_eq!(code, 0, "{said}");
    assert!(scene.host.truth.lock().unwrap().issues[&1].is_closed);
}

#[test]
fn acknowledging_does_at_the_host_what_the_settings_say() {
    let scene = Scene::with("[ack]\nassign = true\nlabel = \"acked/by us\"\ncomment = \"Looking into it.\"");
    let (code, said) = scene.run(&["incident", "acme/api#1", "ack"]);
    assert!(code == 0 && said.contains("acme/api#1: taken on by me"), "{said}");
    {
        let truth = scene.host.truth.lock().unwrap();
        let issue = &truth.issues[&1];
        assert!(issue.assignees.contains("octo") && issue.labels.contains("acked/by us"));
        assert_eq!(issue.comments.len(), 1);
    }
    assert_eq!(scene.store().acknowledgements().unwrap().len(), 1);
    let (code, said) = scene.run(&["incident", "acme/api#1", "unack"]);
    assert!(code == 0 && said.contains("given back by me"), "{said}");
    assert!(scene.host.truth.lock().unwrap().issues[&1].assignees.is_empty());
    assert!(scene.store().acknowledgements().unwrap().is_empty());
    let (code, said) = scene.run(&["incident", "acme/api#2", "ack", "--only-here"]);
    assert!(code == 0 && scene.store().acknowledgements().unwrap().len() == 1, "{said}");
    assert!(!scene.host.truth.lock().unwrap().issues.contains_key(&2));
}

#[test]
fn a_priority_is_one_label_and_no_other() {
    let scene = Scene::new();
    let labels = |all: &[&str]| -> std::collections::BTreeSet<String> { all.iter().map(|l| (*l).to_owned()).collect() };
    scene.host.truth.lock().unwrap().issues.entry(1).or_default().labels = labels(&["P0", "bug", "status-triage"]);
    let (code, said) = scene.run(&["incident", "acme/api#1", "priority", "P2"]);
    assert_eq!(code, 0, "{said}");
    let now = scene.host.truth.lock().unwrap().issues[&1].labels.clone();
    assert!(now.contains("bug") && !now.contains("P0") && !now.contains("status-triage") && now.len() == 2, "{now:?}");
    let (_, said) = scene.run(&["incident", "acme/api#1", "priority", "none"]);
    assert_eq!(scene.host.truth.lock().unwrap().issues[&1].labels, labels(&["bug"]), "{said}");
}

#[test]
fn a_read_only_run_changes_nothing() {
    let scene = Scene::new();
    for words in [["comment", "--body", "x", "--read-only"].as_slice(), &["close", "--read-only"]] {
        let (code, said) = scene.run(&[&["incident", "acme/api#1"], words].concat());
        assert!(code == 1 && said.contains("read-only"), "{said}");
    }
    let mut command = scene.command(&["incident", "acme/api#1", "reopen"]);
    assert_eq!(command.env("WATCHFLOOR_READ_ONLY", "1").output().unwrap().status.code(), Some(1));
    let scene = Scene::with("read_only = true");
    assert_eq!(scene.run(&["incident", "acme/api#1", "ack"]).0, 1);
    assert!(scene.host.truth.lock().unwrap().writes.is_empty() && !scene.state().join("watchfloor.lock").exists());
}

#[test]
fn changes_of_several_commands_keep_their_distance() {
    let scene = Scene::new();
    for words in [["label", "a", "b"].as_slice(), &["unlabel", "a", "b"], &["close"], &["reopen"]] {
        assert_eq!(scene.run(&[&["incident", "acme/api#1"], words].concat()).0, 0);
    }
    let truth = scene.host.truth.lock().unwrap();
    let pairs = truth.writes.windows(2).map(|pair| pair[1].0 - pair[0].0);
    // Between the request's beginning and its arrival a little time passes.
    assert!(pairs.clone().all(|apart| SECOND - SECOND / 8 <= apart), "{:?}", pairs.collect::<Vec<_>>());
    assert_eq!(truth.writes.len(), 5);
}

#[test]
fn another_process_that_delivers_is_waited_for() {
    let scene = Scene::new();
    let mut store = scene.store();
    let mut claim = Claim::new();
    assert_eq!(claim.try_lead(&scene.state(), &mut store).unwrap(), Part::Leads);
    let mut child = scene.command(&["incident", "acme/api#1", "comment", "--body", "x"]).spawn().unwrap();
    let begun = Instant::now();
    while scene.intents().is_empty() {
        assert!(begun.elapsed().as_secs() < 10);
        std::thread::sleep(SECOND / 4);
    }
    assert!(child.try_wait().unwrap().is_none());
    assert_eq!(scene.comments(1, "x"), 0);
    // The other one ends: the command takes over.
    drop(claim);
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert_eq!(scene.comments(1, "x"), 1);
}
