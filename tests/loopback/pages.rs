//! Pages that lead nowhere good: without end, in a circle, to somebody else's host.

use github_world::{fault::Fault, server::Server};

use crate::host::{CANARY, compared, host, keeper, mirror, server};
use watchfloor::shell::{keeper::Place, store::Round};

fn by_rest(n_open: usize) -> Server {
    let server = server(1, n_open);
    server.world().rules.graphql = false;
    server
}

#[tokio::test]
async fn pages_without_end_and_pages_in_a_circle_are_left() {
    let page = |server: &Server, n: usize| {
        Fault::LinkTo(format!(
            "{}/repos/acme/service-000/issues?state=open&per_page=30&page={}",
            server.url(),
            2 + n % 2
        ))
    };
    for fault in [|_: &Server, _| Fault::EndlessLink, page] {
        let (server, keeper) = (by_rest(120), keeper(Place::Memory));
        for n in 0..5_000 {
            server.ambush("GET", "issues?", fault(&server, n));
        }
        let was_whole = host(&server, &keeper).read_once().await;
        let n = server.log().iter().filter(|seen| seen.request.target.contains("issues?")).count();
        assert!(n < 50, "{n} requests");
        // What could not be read to its end is not passed off as everything.
        let round = mirror(&keeper).await.round.map(|(round, _)| round);
        let is_said = match &round {
            Some(Round::Failed { why, .. }) => why.as_str().contains("the pages of"),
            Some(Round::Told { skipped, .. }) => skipped.iter().any(|one| one.why.as_str().contains("the pages of")),
            None => false,
        };
        assert!(!was_whole && is_said, "{n} requests: {round:?}");
        server.call_off();
        assert!(host(&server, &keeper).read_once().await);
        let (copy, so) = compared(&server, &keeper).await;
        assert_eq!(copy, so);
    }
}

#[tokio::test]
async fn no_other_host_is_ever_asked_by_a_link_or_a_redirect() {
    let stranger = server(1, 5);
    let stray = |path: &str| format!("{}{path}", stranger.url());
    for graphql in [true, false] {
        for fault in [
            Fault::LinkTo(stranger.url()),
            Fault::Redirect(301, stray("/repositories/1/issues")),
            Fault::Redirect(302, stray("/repos/acme/service-000/issues")),
            Fault::Redirect(307, stray("/graphql")),
            Fault::Redirect(308, stray("/user")),
            // The same host by another name or another port is another origin.
            Fault::Redirect(307, stranger.url().replace("127.0.0.1", "localhost")),
        ] {
            let (server, keeper) = (server(1, 30), keeper(Place::Memory));
            server.world().rules.graphql = graphql;
            server.weather(Some(fault.clone()));
            let was_whole = host(&server, &keeper).read_once().await;
            assert!(stranger.log().is_empty(), "{fault:?}: {:?}", stranger.log());
            assert!(!server.leaks(CANARY));
            // A repository that cannot be read for it is named.
            let is_named = match mirror(&keeper).await.round {
                Some((Round::Told { skipped, .. }, _)) => !skipped.is_empty(),
                Some((Round::Failed { .. }, _)) => true,
                None => false,
            };
            if !is_named {
                assert!(was_whole, "{fault:?}");
                let (copy, so) = compared(&server, &keeper).await;
                assert_eq!(copy, so, "{fault:?}: it is told as everything");
            }
        }
    }
}

#[tokio::test]
async fn a_list_that_cannot_be_read_is_no_empty_list() {
    for fault in [Fault::Portal, Fault::Garbage] {
        for is_known in [false, true] {
            let (server, keeper) = (by_rest(12), keeper(Place::Memory));
            if is_known {
                assert!(host(&server, &keeper).read_once().await);
            }
            for _ in 0..20 {
                server.ambush("GET", "issues?", fault.clone());
            }
            assert!(!host(&server, &keeper).read_once().await, "{fault:?}, known before: {is_known}");
            let round = mirror(&keeper).await.round.map(|(round, _)| round);
            assert!(matches!(round, Some(Round::Failed { .. })), "{fault:?}: {round:?}");
            server.call_off();
            assert!(host(&server, &keeper).read_once().await);
            let (copy, so) = compared(&server, &keeper).await;
            assert_eq!(copy, so);
        }
    }
}

#[tokio::test]
async fn redirects_without_end_are_left() {
    let (server, keeper) = (by_rest(12), keeper(Place::Memory));
    for n in 0..2_000 {
        let next = format!("{}/repos/acme/service-000/issues?hop={n}", server.url());
        server.ambush("GET", "/repos/acme/service-000", Fault::Redirect(302, next));
    }
    host(&server, &keeper).read_once().await;
    let n = server.log().iter().filter(|seen| seen.request.target.contains("/repos/")).count();
    assert!(n < 40, "{n} requests");
    let round = mirror(&keeper).await.round.map(|(round, _)| round);
    assert!(!matches!(&round, Some(Round::Told { skipped, .. }) if skipped.is_empty()), "{round:?}");
}
