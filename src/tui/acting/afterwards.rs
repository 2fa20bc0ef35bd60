//! What is taken back, what may not be done, and what waits.

use super::{desk::Desk, *};
use crate::{
    domain::{incident::CloseReason, intent::Progress},
    floor::fact::{Fact, Host, SourceId},
    tui::{Msg, input::Key, update},
};

#[test]
fn the_last_act_is_taken_back_as_far_as_it_can_be() {
    let mut desk = Desk::new();
    desk.on("acme/api#812").press("x<enter>yZ");
    assert_eq!(desk.question().doing, ["api#812 close as completed: cancelled, it was not sent"]);
    desk.press("y").wait(3);
    assert!(desk.entry("acme/api#812").incident.is_open());
    desk.press("Z");
    assert_eq!(desk.said(), "nothing was done here that could be taken back");
    desk.on("acme/web#1204").press("x<enter>y").wait(4).press("Z");
    assert_eq!(desk.question().doing, ["web#1204: reopen"]);
    desk.press("y").wait(4);
    assert!(desk.entry("acme/web#1204").incident.is_open());
}

#[test]
fn a_comment_stays() {
    let mut desk = Desk::new();
    desk.writes = Some("Seen.\n".to_owned());
    desk.on("acme/api#812").press("ny").wait(4);
    desk.press("Z");
    assert!(desk.said().ends_with("a comment stays: others have read it"), "{}", desk.said());
    assert!(desk.model.overlays.is_empty());
}

#[test]
fn taking_on_is_taken_back_here_and_at_the_host() {
    let mut desk = Desk::new();
    desk.on("acme/web#1204").press("a").wait(3).press("Zy").wait(3);
    let entry = desk.entry("acme/web#1204");
    assert!(entry.acked.is_none() && !entry.incident.assignees.contains(&desk.model.me));
}

#[test]
fn in_a_read_only_run_every_acting_key_says_why_and_does_nothing() {
    let mut desk = Desk::new();
    desk.model.acting.rights.is_read_only = true;
    for key in ["a", "U", "A", "L", "!", "n", "c", "x", "X", "D", "s", "w", "C", "Z"] {
        desk.press(key);
        assert!(desk.asked.is_empty() && desk.model.overlays.is_empty(), "{key}");
        assert_eq!(desk.said(), READ_ONLY, "{key}");
    }
    desk.press("O");
    assert!(matches!(desk.model.overlays.last(), Some(Overlay::Outbox(_))), "looking is no act");
}

#[test]
fn a_host_that_may_only_be_read_takes_nothing_and_an_ack_stays_here() {
    let mut desk = Desk::new();
    desk.model.acting.rights.read_only.push(SourceId(0));
    desk.on("acme/web#1204").press("x");
    assert!(desk.model.overlays.is_empty());
    assert_eq!(desk.said(), "web#1204: read-only: the settings say so for github");
    desk.press("a");
    assert!(desk.entry("acme/web#1204").acked.is_some() && desk.acts().is_empty());
}

#[test]
fn a_repository_that_can_only_be_read_is_told_before_anything_is_chosen() {
    let mut desk = Desk::new();
    let host = Host { read_only: vec![Repo::new("acme/web")], ..Host::default() };
    desk.hear(Fact::HostKnown { source: SourceId(0), host: Box::new(host) });
    desk.on("acme/web#1204").press("L");
    assert!(desk.model.overlays.is_empty() && desk.said().contains("acme/web can only be read"), "{}", desk.said());
}

#[test]
fn a_new_incident_has_the_first_line_as_its_title() {
    let mut desk = Desk::new();
    desk.writes = Some("Disk fills on pg-main\n\n## What\n91 %\n".to_owned());
    desk.press("Cweb<enter>");
    assert_eq!(desk.question().order, "create \"Disk fills on pg-main\" in acme/web");
    desk.press("y").wait(4);
    let [(target, act)] = &desk.acts()[..] else { panic!() };
    assert_eq!((target.as_str(), act.as_str()), ("acme/web", "create \"Disk fills on pg-main\""));
    let is_new = |e: &&crate::floor::entry::Entry| e.incident.title.as_str() == "Disk fills on pg-main";
    assert!(desk.model.floor.queue().entries().iter().any(|e| is_new(&e)));
}

#[test]
fn a_signal_that_fires_is_what_a_new_incident_begins_with() {
    let mut desk = Desk::new();
    desk.press("5C<enter>");
    let Some(Effect::Compose { first, .. }) = desk.asked.last() else { panic!("{:?}", desk.asked) };
    let gauge = &desk.model.floor.gauges()[desk.model.metrics.cursor.at];
    let begins = first.as_str().starts_with(&format!("{} fires", gauge.signal.name));
    assert_eq!(begins, gauge.is_firing(), "{}", first.as_str());
}

#[test]
fn quitting_waits_for_the_disk_and_not_for_the_host() {
    let mut desk = Desk::new();
    let now = desk.now;
    let effects = go(&mut desk.model, Deed::Reopen, &[IncidentKey::parse("acme/api#788").unwrap()], now);
    assert!(effects.is_empty());
    let effects = update(&mut desk.model, Msg::Key(Key::Char('y')), now);
    assert!(matches!(effects[..], [Effect::Intend(_)]));
    let asked = update(&mut desk.model, Msg::Key(Key::Char('q')), now);
    assert!(asked.is_empty() && desk.said().contains("not saved yet"), "{}", desk.said());
    desk.model.has_asked_to_quit = false;
    desk.perform(effects);
    assert_eq!(update(&mut desk.model, Msg::Key(Key::Char('q')), now), [Effect::Quit]);
}

#[test]
fn what_could_not_be_written_down_is_said_and_not_waited_for() {
    let mut desk = Desk::new();
    let key = IncidentKey::parse("acme/api#812").unwrap();
    let now = desk.now;
    go(&mut desk.model, Deed::Close(CloseReason::Completed), std::slice::from_ref(&key), now);
    update(&mut desk.model, Msg::Key(Key::Char('y')), now);
    assert_eq!(known::mark(&desk.model, &key, now).as_deref(), Some("… closing"));
    desk.hear(Fact::NotIntended { keys: vec![key.clone()], why: Text::scrub("the disk is full") });
    assert_eq!(known::mark(&desk.model, &key, now), None);
    assert_eq!(desk.said(), "api#812: not done, and not written down: the disk is full");
}

#[test]
fn while_nobody_answers_it_waits_with_its_reason_and_is_done_later() {
    let mut desk = Desk::new();
    desk.wait(18 * 60 + 31);
    let key = (0..desk.model.queue.rows.len()).find_map(|at| {
        let entry = desk.model.queue.entry_at(at, &desk.model.floor)?;
        (entry.incident.key.repo.full() == "acme/web").then(|| entry.incident.key.to_string())
    });
    let key = key.unwrap();
    desk.on(&key).press("Lslow<enter>").wait(3);
    let waiting = desk.model.floor.outbox().pending().next().unwrap();
    assert!(
        matches!(&waiting.progress, Progress::Waiting { why: Some(why), .. } if why.as_str().contains("no answer"))
    );
    assert!(desk.said().contains("waits: no answer from the host"), "{}", desk.said());
    desk.wait(120);
    assert_eq!(desk.model.floor.outbox().n_pending(), 0);
    assert!(desk.entry(&key).incident.has_label("slow"));
}

#[test]
fn what_waits_can_be_cancelled_in_the_outbox() {
    let mut desk = Desk::new();
    desk.wait(18 * 60 + 31).on("acme/api#812").press("Lslow<enter>").wait(2).press("O");
    desk.model.settle(desk.now);
    desk.press("d");
    assert_eq!(desk.model.floor.outbox().n_pending(), 0);
    assert!(desk.said().contains("cancelled"), "{}", desk.said());
    desk.wait(120);
    assert!(!desk.entry("acme/api#812").incident.has_label("slow"));
}
