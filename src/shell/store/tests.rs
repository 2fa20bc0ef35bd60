//! Stores in folders of their own.

use std::fs;

use chrono::TimeDelta;

use super::*;
use crate::{
    domain::{
        incident::{Incident, IncidentKey, Kind, Label, Login, Repo},
        rota::watched::Watched,
        time::{parse_rfc3339, plus},
    },
    floor::fact::{Going, Gone, Host, Reach},
    text::{Passage, Text},
};

pub(super) fn now() -> DateTime<Utc> {
    parse_rfc3339("2026-11-20T14:00:00.123456Z").unwrap()
}

pub(super) fn incident(number: u64) -> IncidentKey {
    IncidentKey::issue(Repo::new("acme/api"), number)
}

fn a_page(url: &str, token_mark: &str) -> Page {
    Page {
        list: "https://h/list".to_owned(),
        url: url.to_owned(),
        token_mark: token_mark.to_owned(),
        etag: Some("W/\"e\"".to_owned()),
        link: None,
        version: String::new(),
        body: b"[]".to_vec(),
        heard_at: now(),
    }
}

fn github() -> Text {
    Text::scrub("github")
}

fn told(number: u64, title: &str) -> Incident {
    Incident {
        key: incident(number),
        kind: Kind::Issue,
        title: Text::scrub(title),
        author: Some(Login::new("ann")),
        labels: vec![Label::new("P1"), Label::new("bug")],
        assignees: vec![Login::new("bo")],
        reviewers: Vec::new(),
        milestone: Some(Text::scrub("v2")),
        is_draft: false,
        opened_at: now(),
        updated_at: plus(now(), TimeDelta::minutes(3)),
        closed_at: None,
        close_reason: None,
        comments: 2,
        url: Text::scrub("https://github.com/acme/api/issues/7"),
        body: None,
        timeline: Vec::new(),
        has_timeline: true,
    }
}

fn with_text(mut incident: Incident, text: &str) -> Incident {
    incident.body = Some(Box::new(Passage::scrub(text)));
    incident
}

fn sorts(store: &Store) -> Vec<Sort> {
    store.facts_after(0).unwrap().iter().map(|row| row.sort).collect()
}

fn keep(store: &mut Store, pages: &[Page]) {
    let change = store.change().unwrap();
    for (place, page) in pages.iter().enumerate() {
        change.keep_page(page, place).unwrap();
    }
    change.done().unwrap();
}

#[test]
fn acknowledgements_survive_reopening_in_their_order() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state/watchfloor");
    let mut store = Store::open(&state, now()).unwrap();
    store.acknowledge(&incident(8), &Login::new("ann"), now()).unwrap();
    store.acknowledge(&incident(7), &Login::new("bo"), now()).unwrap();
    drop(store);
    let store = Store::open(&state, now()).unwrap();
    let expected = [(incident(8), Login::new("ann"), now()), (incident(7), Login::new("bo"), now())];
    assert_eq!(store.acknowledgements().unwrap(), expected);
    assert_eq!(store.set_aside(), None);
}

#[test]
fn kept_pages_come_back_in_order_and_by_token() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = Store::open(folder.path(), now()).unwrap();
    let pages = [a_page("https://h/b", "m"), a_page("https://h/a", "m")];
    keep(&mut store, &pages);
    drop(store);
    let store = Store::open(folder.path(), now()).unwrap();
    assert_eq!(store.pages("https://h/list").unwrap(), pages);
    assert_eq!(store.page("https://h/a", "m").unwrap().as_ref(), pages.get(1));
    assert_eq!(store.page("https://h/a", "other").unwrap(), None);
}

#[test]
fn of_two_tokens_the_one_heard_last_counts() {
    let mut store = Store::in_memory().unwrap();
    let old = Page { heard_at: DateTime::default(), ..a_page("https://h/a", "old") };
    keep(&mut store, &[old, a_page("https://h/a", "new")]);
    let marks: Vec<_> = store.pages("https://h/list").unwrap().into_iter().map(|page| page.token_mark).collect();
    assert_eq!(marks, ["new"]);
}

#[test]
fn pages_a_list_no_longer_has_are_forgotten() {
    let mut store = Store::in_memory().unwrap();
    let other = Page { list: "https://h/other".to_owned(), ..a_page("https://h/c", "m") };
    keep(&mut store, &[a_page("https://h/a", "m"), a_page("https://h/b", "m"), other]);
    let change = store.change().unwrap();
    change.forget_pages_not_in("https://h/list", &["https://h/b"]).unwrap();
    change.done().unwrap();
    let urls = |list| store.pages(list).unwrap().into_iter().map(|page| page.url).collect::<Vec<_>>();
    assert_eq!(
        (urls("https://h/list"), urls("https://h/other")),
        (vec!["https://h/b".into()], vec!["https://h/c".into()])
    );
}

#[test]
fn a_change_that_is_not_done_changes_nothing() {
    let mut store = Store::in_memory().unwrap();
    keep(&mut store, &[a_page("https://h/a", "m")]);
    let change = store.change().unwrap();
    change.forget_pages_before(DateTime::<Utc>::MAX_UTC).unwrap();
    drop(change);
    assert_eq!(store.pages("https://h/list").unwrap().len(), 1);
}

#[test]
fn a_damaged_file_is_set_aside_and_a_new_one_begun() {
    let good = tempfile::tempdir().unwrap();
    drop(Store::open(good.path(), now()).unwrap());
    let whole = fs::read(good.path().join("watchfloor.db")).unwrap();
    let mut torn = whole.clone();
    torn.truncate(4096);
    let mut flipped = whole.clone();
    flipped[4096..].fill(0x55);
    let mut nul = whole;
    nul.fill(0);
    for (what, bytes) in [
        ("text", b"not a database, but long enough to look at".to_vec()),
        ("torn", torn),
        ("flipped", flipped),
        ("nul", nul),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("watchfloor.db");
        fs::write(&file, &bytes).unwrap();
        let mut store = Store::open(folder.path(), now()).unwrap();
        let aside = store.set_aside().unwrap_or_else(|| panic!("{what}")).to_owned();
        assert_eq!(aside.file_name().unwrap(), "watchfloor.db.corrupt-20261120T140000.123456Z");
        assert_eq!(fs::read(&aside).unwrap(), bytes);
        store.acknowledge(&incident(1), &Login::new("ann"), now()).unwrap();
        drop(store);
        let store = Store::open(folder.path(), now()).unwrap();
        assert_eq!((store.set_aside(), store.acknowledgements().unwrap().len()), (None, 1), "{what}");
        assert_eq!(store.loss(), None, "{what}");
        let (at, said) = store.loss_lately(plus(now(), TimeDelta::days(6))).unwrap();
        assert!(at == now() && said.as_str().contains("watchfloor.db.corrupt-"), "{what}: {at} {said}");
        assert_eq!(store.loss_lately(plus(now(), TimeDelta::days(7))), None, "{what}: that is long ago");
        fs::remove_file(aside).unwrap();
        assert_eq!(store.loss_lately(now()), None, "{what}: nobody needs it any more");
    }
}

#[test]
fn a_file_that_was_emptied_is_told_of_and_one_that_somebody_begins_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let file = fs::File::create(folder.path().join("watchfloor.db")).unwrap();
    assert_eq!(Store::open(folder.path(), now()).unwrap().loss(), None, "it was made just now");
    file.set_len(0).unwrap();
    let a_minute_ago = plus(crate::shell::clock::Clock::Wall.now(), TimeDelta::minutes(-1));
    file.set_modified(a_minute_ago.into()).unwrap();
    for beside in ["watchfloor.db-wal", "watchfloor.db-shm"] {
        let _ = fs::remove_file(folder.path().join(beside));
    }
    let said = Store::open(folder.path(), now()).unwrap().loss().unwrap();
    assert!(said.as_str().starts_with("the state file was empty"), "{said}");
    assert_eq!(Store::open(folder.path(), now()).unwrap().loss(), None, "it is begun anew");
}

#[test]
fn a_file_of_a_later_version_is_shown_and_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = Store::open(folder.path(), now()).unwrap();
    store.acknowledge(&incident(7), &Login::new("ann"), now()).unwrap();
    store.record(&Heard { items: vec![told(7, "old")], ..Heard::of(github()) }, now()).unwrap();
    store.db.pragma_update(None, "user_version", 9).unwrap();
    drop(store);
    let file = folder.path().join("watchfloor.db");
    let before = fs::read(&file).unwrap();
    let mut store = Store::open(folder.path(), now()).unwrap();
    assert_eq!(store.acknowledgements().unwrap().len(), 1);
    assert_eq!(store.mirror(&github()).unwrap().items, [told(7, "old")]);
    let refused = store.acknowledge(&incident(8), &Login::new("ann"), now()).unwrap_err();
    assert!(matches!(refused, StoreError::Newer { found: 9, known: 3, .. }), "{refused}");
    let refused = store.record(&Heard { items: vec![told(7, "new")], ..Heard::of(github()) }, now()).unwrap_err();
    assert!(matches!(refused, StoreError::Newer { .. }), "{refused}");
    assert!(matches!(store.change(), Err(StoreError::Newer { .. })));
    drop(store);
    assert_eq!(fs::read(&file).unwrap(), before);
}

/// Makes a file as an earlier version left it.
fn of_version(folder: &Path, version: i64) -> Connection {
    let db = Connection::open(folder.join("watchfloor.db")).unwrap();
    db.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(())).unwrap();
    db.execute_batch(tables::FIRST).unwrap();
    if version > 1 {
        db.execute_batch(tables::ON_CALL).unwrap();
    }
    for (number, by) in [(7, "ann"), (8, "bo"), (7, "cy")] {
        let at = now().timestamp_micros() + number;
        let sql = "INSERT INTO acknowledgement (incident, by, at) VALUES (?1, ?2, ?3)";
        db.execute(sql, params![format!("acme/api#{number}"), by, at]).unwrap();
    }
    db
}

#[test]
fn a_file_of_an_earlier_version_keeps_what_it_holds_and_learns_what_is_new() {
    for version in [1, 2] {
        let folder = tempfile::tempdir().unwrap();
        let db = of_version(folder.path(), version);
        assert_eq!(db.pragma_query_value(None, "user_version", |row| row.get::<_, i64>(0)).unwrap(), version);
        drop(db);
        let mut store = Store::open(folder.path(), now()).unwrap();
        let after = |micros| plus(now(), TimeDelta::microseconds(micros));
        let expected = [(incident(8), Login::new("bo"), after(8)), (incident(7), Login::new("cy"), after(7))];
        assert_eq!(store.acknowledgements().unwrap(), expected);
        assert_eq!(store.facts_after(0).unwrap().len(), 3);
        let seen = Watched {
            seat: Text::scrub("primary"),
            people: Vec::new(),
            start: now(),
            end: plus(now(), TimeDelta::hours(1)),
        };
        store.saw_on_call("oncall.toml", std::slice::from_ref(&seen)).unwrap();
        assert_eq!(store.seen_on_call("oncall.toml", now(), plus(now(), TimeDelta::hours(2))).unwrap(), [seen]);
        store.record(&Heard { items: vec![told(7, "x")], ..Heard::of(github()) }, now()).unwrap();
        drop(store);
        let store = Store::open(folder.path(), now()).unwrap();
        assert_eq!((store.facts_after(0).unwrap().len(), store.acknowledgements().unwrap().len()), (4, 2));
    }
}

#[test]
fn what_a_source_told_is_on_record_and_is_the_current_copy() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = Store::open(folder.path(), now()).unwrap();
    let round = Round::Told { reach: Reach::Whole, as_of: now(), budget: None, skipped: Vec::new() };
    let heard = Heard {
        items: vec![with_text(told(1, "one"), "It fails.\nOften."), told(2, "two")],
        host: Some(Box::new(Host { viewer: Some(Login::new("ann")), ..Host::default() })),
        round: Some(round.clone()),
        cursors: vec![("acme/api".to_owned(), Some(b"c1".to_vec())), ("etag".to_owned(), Some(b"e".to_vec()))],
        ..Heard::of(github())
    };
    assert_eq!(store.record(&heard, now()).unwrap(), 1..=4);
    drop(store);
    let mut store = Store::open(folder.path(), now()).unwrap();
    let mirror = store.mirror(&github()).unwrap();
    assert_eq!(mirror.items, [told(1, "one"), told(2, "two")]);
    assert_eq!((mirror.round, mirror.seq), (Some((round.clone(), now())), 4));
    assert_eq!(mirror.host, heard.host);
    assert_eq!(store.mirror(&Text::scrub("other")).unwrap(), Mirror { seq: 4, ..Mirror::default() });
    assert_eq!(store.opening_text(&incident(1)).unwrap(), Some(Passage::scrub("It fails.\nOften.")));
    assert_eq!(store.opening_text(&incident(2)).unwrap(), None);
    // The same again is no news; what it asked last is.
    let again = Heard { cursors: vec![("etag".to_owned(), None)], ..heard };
    assert_eq!(store.record(&again, now()).unwrap(), 5..=5);
    assert_eq!(store.cursors(&github()).unwrap(), [("acme/api".to_owned(), b"c1".to_vec())]);
    let gone = vec![Gone { key: incident(1), how: Going::Deleted }, Gone { key: incident(9), how: Going::Converted }];
    let heard = Heard { items: vec![told(2, "two, renamed")], gone, ..Heard::of(github()) };
    assert_eq!(store.record(&heard, now()).unwrap(), 6..=7);
    assert_eq!(store.mirror(&github()).unwrap().items, [told(2, "two, renamed")]);
    assert_eq!(store.opening_text(&incident(1)).unwrap(), None);
    use Sort::{Gone as Went, Host as OfHost, Item, Round as OfRound};
    assert_eq!(sorts(&store), [Item, Item, OfHost, OfRound, OfRound, Item, Went]);
    let said: Vec<_> =
        store.facts_after(5).unwrap().iter().map(|row| row.said(&mut Names::default()).unwrap()).collect();
    assert_eq!(said[0], Said::Item(Box::new(told(2, "two, renamed"))));
    assert!(matches!(&said[1], Said::Gone(gone) if gone.key == incident(1)));
}

#[test]
fn a_recorded_fact_is_never_changed_and_never_forgotten() {
    let mut store = Store::in_memory().unwrap();
    store.acknowledge(&incident(1), &Login::new("ann"), now()).unwrap();
    for sql in ["UPDATE fact SET at = 0", "DELETE FROM fact"] {
        assert!(store.db.execute(sql, []).unwrap_err().to_string().contains("never"), "{sql}");
    }
    assert_eq!(sorts(&store), [Sort::Ack]);
}

#[test]
fn what_was_given_back_or_brought_back_no_longer_stands() {
    let mut store = Store::in_memory().unwrap();
    let did = |number, deed| Did { key: incident(number), deed, by: Login::new("ann"), at: now() };
    let later = plus(now(), TimeDelta::hours(1));
    store.did(&[did(1, Deed::TakeOn), did(2, Deed::TakeOn), did(3, Deed::Snooze(later))]).unwrap();
    store.did(&[did(1, Deed::GiveBack), did(4, Deed::Snooze(later)), did(3, Deed::Wake)]).unwrap();
    assert_eq!(store.deeds(now()).unwrap(), [did(2, Deed::TakeOn), did(4, Deed::Snooze(later))]);
    assert_eq!(store.deeds(later).unwrap(), [did(2, Deed::TakeOn)]);
}

#[test]
fn what_waits_for_a_disk_holds_each_thing_once_and_the_later_telling_counts() {
    let mut waiting = Heard { items: vec![with_text(told(1, "a"), "text"), told(2, "b")], ..Heard::of(github()) };
    waiting.cursors = vec![("c".to_owned(), Some(b"1".to_vec()))];
    waiting.absorb(Heard {
        items: vec![told(1, "a2"), told(3, "c")],
        gone: vec![Gone { key: incident(2), how: Going::Deleted }],
        cursors: vec![("c".to_owned(), None), ("d".to_owned(), Some(b"2".to_vec()))],
        ..Heard::of(github())
    });
    waiting.items.sort_by(|a, b| a.key.cmp(&b.key));
    assert_eq!(waiting.items, [with_text(told(1, "a2"), "text"), told(3, "c")]);
    assert_eq!((waiting.gone.len(), waiting.cursors.len()), (1, 2));
    waiting.absorb(Heard { items: vec![told(2, "back")], ..Heard::of(github()) });
    assert_eq!((waiting.gone.len(), waiting.items.len()), (0, 3));
}

#[test]
fn a_large_copy_is_read_by_two_threads_as_by_one() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = Store::open(folder.path(), now()).unwrap();
    let items: Vec<_> = (0..7_001).map(|n| told(n, &format!("incident {n}"))).collect();
    store.record(&Heard { items: items.clone(), ..Heard::of(github()) }, now()).unwrap();
    store.record(&Heard { items: vec![told(1, "another's")], ..Heard::of(Text::scrub("ghe")) }, now()).unwrap();
    assert_eq!(store.mirror(&github()).unwrap().items, items);
}

#[test]
fn a_mark_tells_tokens_apart_and_shows_none() {
    let (store, other) = (Store::in_memory().unwrap(), Store::in_memory().unwrap());
    let mark = |store: &Store, token: &str| store.salt().mark(Some(&SecretString::from(token)));
    assert_eq!(mark(&store, "canary"), mark(&store, "canary"));
    assert_ne!(mark(&store, "canary"), mark(&store, "canarz"));
    assert_ne!(mark(&store, "canary"), mark(&other, "canary"));
    assert_eq!((mark(&store, "canary").len(), store.salt().mark(None).as_str()), (16, "none"));
}
