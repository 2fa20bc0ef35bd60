//! Keepers on folders of their own. Facts are waited for with a limit: a disk has its own pace.

use std::path::Path;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::mpsc::{Receiver, error::TryRecvError};

use super::*;
use crate::{
    domain::{
        host::Reach,
        incident::{Incident, Kind, Login, Repo},
        time::{minus, parse_rfc3339, plus},
        trouble::Trouble,
    },
    floor::fact::SourceId,
    shell::store::{Deed, Round},
    text::Passage,
};

fn now() -> DateTime<Utc> {
    parse_rfc3339("2026-11-20T14:00:00Z").unwrap()
}

fn key(number: u64) -> IncidentKey {
    IncidentKey::issue(Repo::new("acme/api"), number)
}

fn did(number: u64, deed: Deed) -> Did {
    Did { key: key(number), deed, by: Login::new("ann"), at: now() }
}

fn item(number: u64) -> Incident {
    Incident {
        key: key(number),
        kind: Kind::Issue,
        title: Text::scrub("Login returns 500"),
        author: None,
        labels: Vec::new(),
        assignees: Vec::new(),
        reviewers: Vec::new(),
        milestone: None,
        is_draft: false,
        opened_at: now(),
        updated_at: now(),
        closed_at: None,
        close_reason: None,
        comments: 0,
        url: Text::default(),
        body: None,
        timeline: Vec::new(),
        has_timeline: true,
    }
}

fn told(reach: Reach) -> Option<Round> {
    Some(Round::Told { reach, as_of: now(), budget: None, skipped: Vec::new() })
}

/// A console's keeper, and what it tells. The floor knows what was there before.
fn stand(folder: &Path) -> (Keeper, Receiver<Fact>, Vec<Fact>) {
    let (tell, facts) = tokio::sync::mpsc::channel(256);
    let place = Place::Folder(folder.to_owned());
    let keeper = Keeper::start(place, Clock::Fixed(now()), vec![Text::scrub("github")], tell);
    let (reply, mut answer) = oneshot::channel();
    keeper.send(Job::Remember(Asked::Facts, reply));
    keeper.stand();
    let until = Instant::now() + Duration::from_secs(20);
    let remembered = loop {
        if let Ok(facts) = answer.try_recv() {
            break facts.facts;
        }
        assert!(Instant::now() < until);
        std::thread::sleep(Duration::from_millis(2));
    };
    (keeper, facts, remembered)
}

/// Facts up to the one that is waited for.
fn until(facts: &mut Receiver<Fact>, is_it: impl Fn(&Fact) -> bool) -> Vec<Fact> {
    let (limit, mut all) = (Instant::now() + Duration::from_secs(20), Vec::new());
    loop {
        match facts.try_recv() {
            Ok(fact) => {
                let is_last = is_it(&fact);
                all.push(fact);
                if is_last {
                    return all;
                }
            }
            Err(TryRecvError::Empty) if Instant::now() < limit => std::thread::sleep(Duration::from_millis(2)),
            Err(error) => panic!("{error} after {all:#?}"),
        }
    }
}

fn is_taken_on(number: u64) -> impl Fn(&Fact) -> bool {
    move |fact| matches!(fact, Fact::Acknowledged { key: of, .. } if *of == key(number))
}

#[test]
fn what_one_console_does_and_hears_another_shows_within_two_seconds() {
    let folder = tempfile::tempdir().unwrap();
    let (first, mut of_first, _) = stand(folder.path());
    until(&mut of_first, |fact| *fact == Fact::Plays(Role::Syncs));
    let (second, mut of_second, _) = stand(folder.path());
    until(&mut of_second, |fact| matches!(fact, Fact::Plays(Role::Follows { .. })));
    let began = Instant::now();
    let mut with_text = item(1);
    with_text.body = Some(Box::new(Passage::scrub("It fails.")));
    first.record(Heard { items: vec![with_text], round: told(Reach::Whole), ..Heard::of(Text::scrub("github")) });
    first.did(vec![did(1, Deed::Snooze(plus(now(), TimeDelta::hours(1))))]);
    second.did(vec![did(1, Deed::TakeOn)]);
    for facts in [&mut of_first, &mut of_second] {
        let mut seen = Vec::new();
        let (mut is_changed, mut is_snoozed, mut is_acked) = (false, false, false);
        while !(is_changed && is_snoozed && is_acked) {
            seen.extend(until(facts, |_| true));
            is_changed =
                seen.iter().any(|f| matches!(f, Fact::Changed(c) if c.items == [item(1)] && c.source == SourceId(0)));
            is_snoozed = seen.iter().any(|fact| matches!(fact, Fact::Snoozed { .. }));
            is_acked = seen.iter().any(is_taken_on(1));
        }
    }
    assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
    second.read_body(key(1));
    let read = until(&mut of_second, |fact| matches!(fact, Fact::BodyRead { .. })).pop().unwrap();
    assert_eq!(read, Fact::BodyRead { key: key(1), body: Some(Box::new(Passage::scrub("It fails."))) });
    assert_eq!((first.close(Duration::from_secs(5)), second.close(Duration::from_secs(5))), (Some(0), Some(0)));
    // A third one begins where they ended.
    let (_third, _, remembered) = stand(folder.path());
    assert!(remembered.iter().any(is_taken_on(1)) && remembered.iter().any(|f| matches!(f, Fact::Snoozed { .. })));
    assert!(remembered.iter().any(|f| matches!(f, Fact::Changed(c) if c.items.len() == 1 && c.reach == Reach::Whole)));
}

#[test]
fn while_the_disk_is_full_what_people_did_waits_and_is_never_shown_as_saved() {
    let folder = tempfile::tempdir().unwrap();
    let (keeper, mut facts, _) = stand(folder.path());
    until(&mut facts, |fact| matches!(fact, Fact::Plays(_)));
    keeper.with_now(Store::fill_up).unwrap();
    let long = Did { by: Login::new(&"x".repeat(4_000)), ..did(1, Deed::TakeOn) };
    keeper.did(vec![long.clone(), long.clone(), long]);
    keeper.did(vec![did(2, Deed::TakeOn)]);
    keeper.record(Heard { items: vec![item(9)], round: told(Reach::Whole), ..Heard::of(Text::scrub("github")) });
    // What the host told is shown all the same; what people did is not.
    let before = until(&mut facts, |fact| matches!(fact, Fact::Changed(_)));
    assert!(!before.iter().any(|fact| matches!(fact, Fact::Acknowledged { .. })), "{before:#?}");
    let unsaved: Vec<_> = before
        .iter()
        .filter_map(|fact| if let Fact::Unsaved { n, why } = fact { Some((*n, why)) } else { None })
        .collect();
    assert_eq!(unsaved.iter().map(|(n, _)| *n).collect::<Vec<_>>(), [3, 4]);
    assert!(unsaved[0].1.as_ref().unwrap().as_str().contains("no room on the disk"), "{unsaved:?}");
    // The connection opened anew has room again: all of it is saved, in order, and said.
    let after = until(&mut facts, |fact| matches!(fact, Fact::Unsaved { n: 0, why: None }));
    let acks: Vec<_> =
        after.iter().filter_map(|f| if let Fact::Acknowledged { key, .. } = f { Some(key) } else { None }).collect();
    assert_eq!(acks, [&key(1), &key(1), &key(1), &key(2)]);
    assert_eq!(keeper.close(Duration::from_secs(5)), Some(0));
}

#[test]
fn a_store_that_is_locked_at_the_start_is_opened_later() {
    let folder = tempfile::tempdir().unwrap();
    drop(Store::open(folder.path(), now()).unwrap());
    let file = folder.path().join("watchfloor.db");
    let other = rusqlite::Connection::open(&file).unwrap();
    other.execute_batch("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE").unwrap();
    let (keeper, mut facts, remembered) = stand(folder.path());
    let why = remembered.iter().find_map(|fact| if let Fact::Unsaved { why, .. } = fact { why.clone() } else { None });
    assert!(why.unwrap().as_str().contains("another process holds"), "{remembered:?}");
    keeper.did(vec![did(1, Deed::TakeOn)]);
    until(&mut facts, |fact| matches!(fact, Fact::Unsaved { n: 1, .. }));
    drop(other);
    let after = until(&mut facts, |fact| matches!(fact, Fact::Unsaved { n: 0, why: None }));
    assert!(after.iter().any(is_taken_on(1)), "{after:#?}");
    until(&mut facts, |fact| *fact == Fact::Plays(Role::Syncs));
}

#[test]
fn in_a_file_of_a_later_version_nothing_is_saved_and_that_is_said_at_once() {
    let folder = tempfile::tempdir().unwrap();
    drop(Store::open(folder.path(), now()).unwrap());
    let other = rusqlite::Connection::open(folder.path().join("watchfloor.db")).unwrap();
    other.pragma_update(None, "user_version", 7).unwrap();
    drop(other);
    let (keeper, mut facts, remembered) = stand(folder.path());
    let is_said = |fact: &Fact| matches!(fact, Fact::Told { what, .. } if what.as_str().contains("later version"));
    assert!(remembered.iter().any(is_said), "{remembered:?}");
    keeper.did(vec![did(1, Deed::TakeOn)]);
    let refused = until(&mut facts, |fact| matches!(fact, Fact::AckFailed { .. }));
    assert!(!refused.iter().any(|fact| matches!(fact, Fact::Plays(Role::Syncs))), "{refused:?}");
    assert_eq!(keeper.close(Duration::from_secs(5)), Some(0));
}

#[test]
fn a_round_that_failed_and_rows_of_sources_not_configured_here_are_told_as_what_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let (keeper, mut facts, _) = stand(folder.path());
    keeper.record(Heard { items: vec![item(5)], ..Heard::of(Text::scrub("elsewhere")) });
    let failed = Round::Failed { trouble: Trouble::Refused, why: Text::scrub("token rejected") };
    keeper.record(Heard { round: Some(failed), ..Heard::of(Text::scrub("github")) });
    let all = until(&mut facts, |fact| matches!(fact, Fact::Failed { .. }));
    assert!(!all.iter().any(|fact| matches!(fact, Fact::Changed(_))), "{all:?}");
}

#[test]
fn nobody_waits_for_a_slow_disk_to_hand_something_over() {
    let folder = tempfile::tempdir().unwrap();
    let (keeper, mut facts, _) = stand(folder.path());
    keeper.write(|_| {
        std::thread::sleep(Duration::from_secs(2));
        Ok(())
    });
    let began = Instant::now();
    keeper.did(vec![did(1, Deed::TakeOn)]);
    keeper.read_body(key(1));
    assert!(began.elapsed() < Duration::from_millis(200), "{:?}", began.elapsed());
    until(&mut facts, is_taken_on(1));
}

#[test]
fn what_was_told_before_a_failure_keeps_its_age_in_the_next_run() {
    let folder = tempfile::tempdir().unwrap();
    let (first, mut facts, _) = stand(folder.path());
    let hour_ago = minus(now(), TimeDelta::hours(1));
    let heard = Round::Told { reach: Reach::Whole, as_of: hour_ago, budget: None, skipped: Vec::new() };
    first.record(Heard { items: vec![item(5)], round: Some(heard), ..Heard::of(Text::scrub("github")) });
    let failed = Round::Failed { trouble: Trouble::Away, why: Text::scrub("no answer") };
    first.record(Heard { round: Some(failed), ..Heard::of(Text::scrub("github")) });
    until(&mut facts, |fact| matches!(fact, Fact::Failed { .. }));
    assert_eq!(first.close(Duration::from_secs(5)), Some(0));
    let (_second, _, remembered) = stand(folder.path());
    let ages: Vec<_> = remembered
        .iter()
        .filter_map(|fact| match fact {
            Fact::Changed(changed) => Some((changed.as_of, changed.reach)),
            _ => None,
        })
        .collect();
    assert_eq!(ages, [(hour_ago, Reach::Whole)]);
    assert!(
        matches!(remembered.last(), Some(Fact::Stood { standing, .. }) if standing.trouble.is_some()),
        "{remembered:?}"
    );
    assert!(remembered.iter().any(|fact| matches!(fact, Fact::Failed { .. })), "{remembered:?}");
}
