//! A token that is refused, that changes, and what was said to the one before.

use std::{fs, os::unix::fs::PermissionsExt as _, path::Path, time::Duration};

use github_world::server::Server;
use watchfloor::{
    config::TokenSource,
    domain::trouble::Trouble,
    shell::{
        keeper::{Keeper, Place},
        store::Round,
        sync::HostSync,
        token::Tokens,
    },
};

use crate::host::{CANARY, compared, host_with, keeper, mirror, server};

const NEW: &str = "ghp_new9876543210";

fn write(path: &Path, token: &str) {
    fs::write(path, token).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
}

fn from_file(server: &Server, keeper: &Keeper, path: &Path) -> HostSync {
    let source = TokenSource::File(path.to_path_buf());
    host_with(server, keeper, Tokens::of(|_| None).as_set(Some(&source), false))
}

fn used(server: &Server) -> Vec<String> {
    server.log().iter().filter_map(|seen| seen.request.header("authorization").map(str::to_owned)).collect()
}

/// Waits until it is so.
async fn until(what: &str, is_so: impl AsyncFn() -> bool) {
    let began = std::time::Instant::now();
    while !is_so().await {
        assert!(began.elapsed() < Duration::from_secs(40), "not within 40 s: {what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn refused(keeper: &Keeper) -> Option<String> {
    match mirror(keeper).await.round {
        Some((Round::Failed { trouble: Trouble::Refused, why }, _)) => Some(why.to_string()),
        _ => None,
    }
}

#[tokio::test]
async fn a_refused_token_is_said_not_sent_on_and_looked_for_again() {
    let folder = tempfile::tempdir().unwrap();
    let (path, script, n_run) =
        (folder.path().join("token"), folder.path().join("helper"), folder.path().join("n_run"));
    let words = format!("#!/bin/sh\necho x >> '{}'\ncat '{}'\n", n_run.display(), path.display());
    fs::write(&script, words).unwrap();
    fs::set_permissions(&script, fs::Permissions::from_mode(0o700)).unwrap();
    let command = TokenSource::Command(vec![script.to_str().unwrap().to_owned()]);
    for source in [TokenSource::File(path.clone()), command] {
        let (server, keeper) = (server(1, 20), keeper(Place::Memory));
        write(&path, "ghp_revoked");
        let tokens = Tokens::of(|name| (name == "PATH").then(|| "/usr/bin:/bin".into())).as_set(Some(&source), false);
        let handle = host_with(&server, &keeper, tokens).start();
        until("it is said", async || refused(&keeper).await.is_some()).await;
        let why = refused(&keeper).await.unwrap();
        assert!(why.contains("401") && !why.contains("ghp_revoked"), "{why}");
        let n_before = server.log().len();
        tokio::time::sleep(Duration::from_secs(8)).await;
        // Those that were on their way when it was refused, and no more with the same token.
        assert!(server.log().len() <= n_before + 3, "{} more", server.log().len() - n_before);
        write(&path, CANARY);
        let (since, n_before) = (std::time::Instant::now(), server.log().len());
        until("all is read with the new one", async || {
            let (copy, so) = compared(&server, &keeper).await;
            copy == so
        })
        .await;
        assert!(since.elapsed() < Duration::from_secs(30), "{:?}", since.elapsed());
        let later = used(&server).split_off(n_before);
        assert!(later.iter().all(|header| *header == format!("Bearer {CANARY}")), "{later:?}");
        drop(handle);
    }
    assert!(fs::read_to_string(n_run).unwrap().lines().count() >= 2, "the program was run again");
}

#[tokio::test]
async fn a_place_without_a_token_is_said_by_its_name_and_nothing_is_asked() {
    let (folder, server, keeper) = (tempfile::tempdir().unwrap(), server(1, 5), keeper(Place::Memory));
    let path = folder.path().join("token");
    assert!(!from_file(&server, &keeper, &path).read_once().await);
    let why = refused(&keeper).await.unwrap();
    assert!(why.contains("no token from token_file"), "{why}");
    assert!(server.log().is_empty());
    write(&path, "two words");
    assert!(!from_file(&server, &keeper, &path).read_once().await);
    let why = refused(&keeper).await.unwrap();
    assert!(why.contains("holds no token") && !why.contains("two words"), "{why}");
    assert!(server.log().is_empty());
}

#[tokio::test]
async fn another_token_is_sent_no_entity_tag_of_the_first_and_reads_by_its_own_rights() {
    let (folder, server) = (tempfile::tempdir().unwrap(), server(1, 20));
    server.world().rules.tokens.push(NEW.to_owned());
    let (state, path) = (folder.path().join("state"), folder.path().join("token"));
    let has_tag = |server: &Server| {
        let log = server.news();
        assert!(!log.is_empty());
        log.iter().any(|seen| seen.request.header("if-none-match").is_some())
    };
    for graphql in [false, true] {
        server.world().rules.graphql = graphql;
        let place = || Place::Folder(state.join(if graphql { "graphql" } else { "rest" }));
        write(&path, CANARY);
        for _ in 0..3 {
            let keeper = keeper(place());
            assert!(from_file(&server, &keeper, &path).read_once().await);
            keeper.close(Duration::from_secs(5));
        }
        assert!(has_tag(&server), "by now the same token asks whether anything changed");
        write(&path, NEW);
        let keeper = keeper(place());
        let before = server.world().meter;
        assert!(from_file(&server, &keeper, &path).read_once().await);
        assert_eq!(server.world().meter.since(&before).unmodified, 0);
        assert!(!has_tag(&server), "a tag of the first token went out with the second");
        let (copy, so) = compared(&server, &keeper).await;
        assert_eq!(copy, so);
        // From now on the tags are of the new one.
        assert!(from_file(&server, &keeper, &path).read_once().await);
        assert!(from_file(&server, &keeper, &path).read_once().await);
        assert!(has_tag(&server));
        keeper.close(Duration::from_secs(5));
    }
}
