//! Stores in folders of their own.

use std::fs;

use chrono::TimeDelta;

use super::*;
use crate::domain::incident::Repo;
use crate::{
    domain::{
        rota::watched::Watched,
        time::{parse_rfc3339, plus},
    },
    text::Text,
};

fn now() -> DateTime<Utc> {
    parse_rfc3339("2026-11-20T14:00:00.123456Z").unwrap()
}

fn incident(number: u64) -> IncidentKey {
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
    let store = Store::open(&state, now()).unwrap();
    store.acknowledge(&incident(7), &Login::new("ann"), now()).unwrap();
    store.acknowledge(&incident(7), &Login::new("bo"), now()).unwrap();
    drop(store);
    let store = Store::open(&state, now()).unwrap();
    let expected = [(incident(7), Login::new("ann"), now()), (incident(7), Login::new("bo"), now())];
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
        let store = Store::open(folder.path(), now()).unwrap();
        let aside = store.set_aside().unwrap_or_else(|| panic!("{what}")).to_owned();
        assert_eq!(aside.file_name().unwrap(), "watchfloor.db.corrupt-20261120T140000.123456Z");
        assert_eq!(fs::read(&aside).unwrap(), bytes);
        store.acknowledge(&incident(1), &Login::new("ann"), now()).unwrap();
        drop(store);
        let store = Store::open(folder.path(), now()).unwrap();
        assert_eq!((store.set_aside(), store.acknowledgements().unwrap().len()), (None, 1), "{what}");
    }
}

#[test]
fn a_file_of_a_later_version_is_refused_and_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path(), now()).unwrap();
    store.db.pragma_update(None, "user_version", 9).unwrap();
    drop(store);
    let file = folder.path().join("watchfloor.db");
    let before = fs::read(&file).unwrap();
    let refused = Store::open(folder.path(), now()).unwrap_err();
    assert!(matches!(refused, StoreError::Newer { found: 9, known: 2, .. }), "{refused}");
    assert_eq!(fs::read(&file).unwrap(), before);
}

#[test]
fn a_file_of_the_first_version_keeps_what_it_holds_and_learns_to_record_duties() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path(), now()).unwrap();
    store.acknowledge(&incident(7), &Login::new("ann"), now()).unwrap();
    store.db.execute_batch("DROP TABLE on_call; PRAGMA user_version = 1").unwrap();
    drop(store);
    let mut store = Store::open(folder.path(), now()).unwrap();
    let seen = Watched {
        seat: Text::scrub("primary"),
        people: Vec::new(),
        start: now(),
        end: plus(now(), TimeDelta::hours(1)),
    };
    store.saw_on_call("oncall.toml", std::slice::from_ref(&seen)).unwrap();
    assert_eq!(store.seen_on_call("oncall.toml", now(), plus(now(), TimeDelta::hours(2))).unwrap(), [seen]);
    assert_eq!(store.acknowledgements().unwrap(), [(incident(7), Login::new("ann"), now())]);
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

#[cfg(unix)]
mod unix {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn folder_and_file_are_their_owners_only() {
        let folder = tempfile::tempdir().unwrap();
        let state = folder.path().join("state");
        let store = Store::open(&state, now()).unwrap();
        store.acknowledge(&incident(1), &Login::new("ann"), now()).unwrap();
        assert_eq!(mode(&state), 0o700);
        for file in ["watchfloor.db", "watchfloor.db-wal", "watchfloor.db-shm"] {
            assert_eq!(mode(&state.join(file)), 0o600, "{file}");
        }
    }

    #[test]
    fn a_file_others_could_read_is_closed_to_them() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("watchfloor.db");
        fs::write(&file, b"").unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
        drop(Store::open(folder.path(), now()).unwrap());
        assert_eq!(mode(&file), 0o600);
    }

    #[test]
    fn a_folder_others_can_write_to_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o777)).unwrap();
        let refused = Store::open(folder.path(), now()).unwrap_err();
        assert!(matches!(refused, StoreError::Shared { .. }), "{refused}");
        assert!(fs::read_dir(folder.path()).unwrap().next().is_none());
    }

    #[test]
    fn a_link_in_place_of_the_file_is_refused() {
        let (folder, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        symlink(elsewhere.path().join("target"), folder.path().join("watchfloor.db")).unwrap();
        let refused = Store::open(folder.path(), now()).unwrap_err();
        assert!(matches!(refused, StoreError::Link { .. }), "{refused}");
        assert!(!elsewhere.path().join("target").exists());
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_named() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("file"), b"").unwrap();
        let refused = Store::open(&folder.path().join("file/state"), now()).unwrap_err();
        assert!(
            matches!(&refused, StoreError::Folder { .. }) && refused.to_string().contains("file/state"),
            "{refused}"
        );
    }

    #[test]
    fn a_full_disk_is_an_error_and_what_was_there_stays() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path(), now()).unwrap();
        store.acknowledge(&incident(1), &Login::new("ann"), now()).unwrap();
        let pages: i64 = store.db.pragma_query_value(None, "page_count", |row| row.get(0)).unwrap();
        store.db.pragma_update_and_check(None, "max_page_count", pages, |_| Ok(())).unwrap();
        let long = Login::new(&"x".repeat(4000));
        let full = (2..20).find_map(|n| store.acknowledge(&incident(n), &long, now()).err()).unwrap();
        assert!(matches!(&full, StoreError::Full { .. }) && full.to_string().contains("watchfloor.db"), "{full}");
        assert_eq!(store.acknowledgements().unwrap()[0].0, incident(1));
    }
}
