//! Whose the folder and the file are, and what a full disk leaves of them.

#![cfg(unix)]

use std::{
    fs,
    os::unix::fs::{PermissionsExt, symlink},
};

use super::{
    tests::{incident, now},
    *,
};
use crate::domain::incident::Login;

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn folder_and_file_are_their_owners_only() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state");
    let mut store = Store::open(&state, now()).unwrap();
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
    assert!(matches!(&refused, StoreError::Folder { .. }) && refused.to_string().contains("file/state"), "{refused}");
}

#[test]
fn a_full_disk_is_an_error_and_what_was_there_stays() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = Store::open(folder.path(), now()).unwrap();
    store.acknowledge(&incident(1), &Login::new("ann"), now()).unwrap();
    let pages: i64 = store.db.pragma_query_value(None, "page_count", |row| row.get(0)).unwrap();
    store.db.pragma_update_and_check(None, "max_page_count", pages, |_| Ok(())).unwrap();
    let long = Login::new(&"x".repeat(4000));
    let full = (2..20).find_map(|n| store.acknowledge(&incident(n), &long, now()).err()).unwrap();
    assert!(matches!(&full, StoreError::Full { .. }) && full.to_string().contains("watchfloor.db"), "{full}");
    assert_eq!(store.acknowledgements().unwrap()[0].0, incident(1));
}
