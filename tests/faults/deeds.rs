//! Faults 29, 30 and 73 to 77: what is done at a host, exactly once.

use std::{process::Stdio, time::Duration};

use github_world::fault::Fault;

use crate::scene::{Scene, row, until};

const COMMENT: [&str; 5] = ["incident", "acme/api#1", "comment", "--body", "on it"];

/// A scene whose issues are known.
fn known() -> Scene {
    let scene = Scene::new();
    scene.pass().has_code(0);
    scene
}

#[test]
fn fault_29_a_comment_whose_answer_is_lost_is_there_once() {
    row(29, "POST comment: answer lost", "the marker is looked for; exactly one comment", || {
        for fault in [Fault::ResetAfter, Fault::StatusAfter(502), Fault::HangAfter] {
            let scene = known();
            scene.server.ambush("POST", "/comments", fault);
            scene.run(&COMMENT).has_code(0);
            assert_eq!((scene.comments("on it"), scene.asked("POST", "/comments")), (1, 1));
        }
        let scene = known();
        scene.server.ambush("POST", "/comments", Fault::ResetBefore);
        scene.run(&COMMENT).has_code(0);
        assert_eq!(scene.comments("on it"), 1);
        "reset, 502 and silence after it was taken: 1 comment, 1 POST; reset before: 1 comment".to_owned()
    });
}

#[test]
fn fault_30_a_comment_that_is_refused_keeps_its_text() {
    row(30, "POST 422, 403", "the text is kept, not sent again unchanged", || {
        let mut seen = Vec::new();
        for status in [422, 403] {
            let scene = known();
            scene.server.ambush(
                "POST",
                "/comments",
                Fault::Refusal(status, Vec::new(), "Validation Failed".to_owned()),
            );
            let said = scene.run(&COMMENT);
            said.has_code(1);
            scene.run(&["outbox", "send"]).ended_well();
            assert_eq!((scene.comments("on it"), scene.asked("POST", "/comments")), (0, 1));
            let listed = scene.run(&["outbox", "list", "--all", "--json"]).json();
            assert_eq!(
                (&listed["outbox"][0]["text"], &listed["outbox"][0]["state"]),
                (&"on it".into(), &"refused".into())
            );
            seen.push(said.text.lines().next().unwrap_or_default().to_owned());
        }
        format!("exit 1, 1 POST, text kept: \"{}\"", seen[0])
    });
}

/// Runs the comment and kills it once the host has seen the request.
fn killed_at_the_request(scene: &Scene) {
    let n = scene.asked("POST", "/comments");
    let mut command = scene.command(&[], &COMMENT);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    until(20, "the host is asked", || scene.asked("POST", "/comments") > n);
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn fault_73_what_was_killed_before_the_host_heard_is_sent() {
    row(73, "kill -9 before the send", "sent after the restart", || {
        let scene = known();
        scene.server.weather(Some(Fault::BlackHole));
        killed_at_the_request(&scene);
        scene.server.weather(None);
        assert_eq!(scene.comments("on it"), 0);
        let sent = scene.run(&["outbox", "send"]);
        sent.has_code(0).says("1 done");
        assert_eq!(scene.comments("on it"), 1);
        format!(
            "1 comment {} after the restart, at 80 ms for each second of patience; alerts: not built",
            sent.seconds()
        )
    });
}

#[test]
fn fault_74_what_was_killed_after_the_host_heard_is_found() {
    row(74, "kill -9 after the send, before the record", "marker found, not sent again", || {
        let scene = known();
        scene.server.ambush("POST", "/comments", Fault::HangAfter);
        killed_at_the_request(&scene);
        scene.run(&["outbox", "send"]).has_code(0).says("1 done");
        assert_eq!((scene.comments("on it"), scene.asked("POST", "/comments")), (1, 1));
        "1 comment, 1 POST; channels without a look-up belong to alerting".to_owned()
    });
}

#[test]
fn fault_75_what_is_on_record_is_not_done_again() {
    row(75, "kill -9 after the record", "nothing", || {
        let scene = known();
        scene.run(&COMMENT).has_code(0);
        let watch = scene.watch();
        crate::scene::sleep(2);
        drop(watch);
        scene.run(&["outbox", "send"]).has_code(0);
        assert_eq!((scene.comments("on it"), scene.asked("POST", "/comments")), (1, 1));
        "1 comment, 1 POST".to_owned()
    });
}

#[test]
fn fault_76_ten_kills_leave_one_comment_each() {
    row(76, "crash loop: 10 kills", "each comment exactly once", || {
        let scene = known();
        for n in 0..10_u64 {
            let body = format!("round {n}.");
            let words = ["incident", "acme/api#1", "comment", "--body", &body];
            let mut command = scene.command(&[], &words);
            let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
            std::thread::sleep(Duration::from_millis(40 + 45 * n));
            let _ = child.kill();
            child.wait().unwrap();
        }
        let kept = scene.run(&["outbox", "list", "--all", "--json"]).json();
        let kept: Vec<String> = kept["outbox"].as_array().unwrap().iter().map(|i| i["text"].to_string()).collect();
        scene.run(&["outbox", "send"]).has_code(0);
        let of = |n: u64| scene.comments(&format!("round {n}."));
        for n in 0..10 {
            let was_kept = kept.iter().any(|text| text.contains(&format!("round {n}.")));
            assert_eq!(of(n), usize::from(was_kept), "round {n}: {kept:?}");
        }
        format!("{} of 10 were on disk when killed; each of them is there once, no other is", kept.len())
    });
}

#[test]
fn fault_77_what_waited_through_a_reboot_is_delivered() {
    row(77, "host reboot with something to send", "delivered within 120 s of the start", || {
        let scene = known();
        scene.server.weather(Some(Fault::Refuse));
        scene.run(&COMMENT).has_code(4).says("it is kept as ");
        // What is left of it is what is on disk; logs beside the file as a sudden end leaves them.
        scene.server.weather(None);
        let _watch = scene.watch();
        let took = until(120, "it is delivered", || scene.comments("on it") == 1);
        format!("{:.1} s after the start; alerts with their original time: not built", took.as_secs_f64())
    });
}
