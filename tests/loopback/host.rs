//! Reading a GitHub host over the loopback: by GraphQL, by REST alone, and through whatever goes wrong on the way.

use std::{ffi::OsString, sync::Arc, time::Duration};

use chrono::TimeDelta;
use github_world::{
    World,
    fault::Fault,
    life::populate,
    server::{Clock as WorldClock, Server},
};
use url::Url;
use watchfloor::{
    config::IncidentSource,
    domain::{
        incident::{Incident, Repo},
        trouble::Trouble,
    },
    floor::fact::{Reach, SourceId},
    shell::{
        clock::Clock,
        http::{Http, Limits},
        keeper::{Keeper, Place},
        store::{Mirror, Round},
        sync::{HostSync, hosts},
        token::Tokens,
    },
    text::Text,
};

pub const CANARY: &str = "ghp_canary0123456789";

pub fn server(n_repos: usize, n_open: usize) -> Server {
    let mut world = World::new(3);
    let clock = WorldClock::real();
    let now = clock.now();
    populate(&mut world, n_repos, n_open, now, 3);
    world.rules.tokens = vec![CANARY.to_owned()];
    Server::start(world, clock).unwrap()
}

pub fn host(server: &Server, keeper: &Keeper) -> HostSync {
    let token =
        |name: &str| (name == "GITHUB_TOKEN" || name == "GITHUB_ENTERPRISE_TOKEN").then(|| OsString::from(CANARY));
    host_with(server, keeper, Tokens::of(token))
}

/// As [`host`], with the token of another place.
pub fn host_with(server: &Server, keeper: &Keeper, tokens: Tokens) -> HostSync {
    let repositories = server.world().repos.iter().map(|repo| Repo::new(&repo.full())).collect();
    let source = IncidentSource::Github {
        name: Text::scrub("github"),
        api_url: Url::parse(&server.url()).unwrap(),
        repositories,
        every: TimeDelta::seconds(30),
        with_pull_requests: true,
        more: Box::default(),
    };
    let tokens = std::cell::Cell::new(Some(tokens));
    let limits = Limits { connect: Duration::from_secs(1), total: Duration::from_secs(2), ..Limits::default() };
    let http = Arc::new(Http::new(limits));
    let mut found = hosts(&[(SourceId(0), source)], |_| tokens.take().unwrap(), &http, keeper, Clock::Wall);
    assert_eq!(found.len(), 1);
    found.remove(0)
}

pub fn keeper(place: Place) -> Keeper {
    let (tell, _) = tokio::sync::mpsc::channel(1);
    Keeper::start(place, Clock::Wall, vec![Text::scrub("github")], tell)
}

pub async fn mirror(keeper: &Keeper) -> Mirror {
    keeper.with(|store| store.mirror(&Text::scrub("github")).unwrap()).await.unwrap()
}

/// Key, title and labels of what is open, sorted, by copy and by host.
pub async fn compared(server: &Server, keeper: &Keeper) -> (Vec<String>, Vec<String>) {
    let told = |item: &Incident| {
        let mut labels: Vec<&str> = item.labels.iter().map(|label| label.as_str()).collect();
        labels.sort_unstable();
        assert!(item.has_timeline, "{}", item.key);
        format!("{} {} {labels:?} {}", item.key, item.title, item.comments)
    };
    let mirror = mirror(keeper).await;
    let mut copy: Vec<String> = mirror.items.iter().filter(|item| item.is_open()).map(told).collect();
    let world = server.world();
    let mut so = Vec::new();
    for repo in &world.repos {
        for issue in repo.issues.values().filter_map(|slot| slot.now.as_deref()).filter(|issue| issue.open) {
            let mut labels = issue.labels.clone();
            labels.sort();
            let is_comment = |event: &&github_world::Happened| matches!(event.did, github_world::Did::Commented(_));
            let comments = issue.events.iter().filter(is_comment).count();
            so.push(format!("{}#{} {} {labels:?} {comments}", repo.full(), issue.number, issue.title));
        }
    }
    copy.sort();
    so.sort();
    (copy, so)
}

#[tokio::test]
async fn a_host_is_read_whole_by_graphql_and_the_next_time_it_costs_next_to_nothing() {
    let (server, folder) = (server(3, 150), tempfile::tempdir().unwrap());
    let keeper = keeper(Place::Folder(folder.path().to_path_buf()));
    assert!(host(&server, &keeper).read_once().await);
    let (copy, so) = compared(&server, &keeper).await;
    assert_eq!(copy, so);
    let round = mirror(&keeper).await.round.map(|(round, _)| round);
    assert!(matches!(round, Some(Round::Told { reach: Reach::Whole, .. })), "{round:?}");
    let before = server.world().meter;
    assert!(host(&server, &keeper).read_once().await);
    let again = server.world().meter.since(&before);
    assert!(again.points <= 3 && again.requests <= 9, "{again:?}");
    assert_eq!(compared(&server, &keeper).await.0, so);
}

#[tokio::test]
async fn a_repository_that_was_renamed_keeps_what_is_known_of_its_incidents() {
    let server = server(2, 60);
    let keeper = keeper(Place::Memory);
    let host = host(&server, &keeper);
    assert!(host.read_once().await);
    server.world().rename_repository(0, "acme/renamed");
    let before = server.world().meter;
    assert!(host.read_once().await);
    let (copy, so) = compared(&server, &keeper).await;
    assert_eq!(copy, so);
    assert!(server.world().meter.since(&before).points <= 3, "its incidents are not read again");
    let missing = mirror(&keeper).await.host.unwrap().missing;
    let says = |what: &Text| what.as_str().contains(" is called acme/renamed now: write acme/renamed in the settings");
    assert!(missing.iter().any(says), "{missing:?}");
}

#[tokio::test]
async fn where_graphql_is_refused_rest_reads_the_same() {
    let server = server(2, 60);
    server.world().rules.graphql = false;
    let keeper = keeper(Place::Memory);
    assert!(host(&server, &keeper).read_once().await);
    let (copy, so) = compared(&server, &keeper).await;
    assert_eq!(copy, so);
    let missing = mirror(&keeper).await.host.unwrap().missing;
    assert!(missing.iter().any(|what| what.as_str().contains("asked by REST")), "{missing:?}");
}

#[tokio::test]
async fn what_goes_wrong_with_one_answer_is_made_good_by_the_next_pass() {
    for fault in [
        Fault::ResetBefore,
        Fault::ResetWhileReading,
        Fault::CutBody,
        Fault::Status(502),
        Fault::Status(500),
        Fault::BlackHole,
        Fault::Noise,
        Fault::GzipBomb(64),
        Fault::LongHeader(200_000),
    ] {
        let server = server(2, 60);
        let keeper = keeper(Place::Memory);
        server.ambush("POST", "/graphql", fault.clone());
        let was_whole = host(&server, &keeper).read_once().await;
        let is_whole = was_whole || host(&server, &keeper).read_once().await;
        assert!(is_whole, "{fault:?}: {:?}", mirror(&keeper).await.round);
        let (copy, so) = compared(&server, &keeper).await;
        assert_eq!(copy, so, "{fault:?}");
    }
}

#[tokio::test]
async fn a_host_that_is_away_is_told_of_and_what_it_told_stays() {
    let server = server(1, 20);
    let keeper = keeper(Place::Memory);
    assert!(host(&server, &keeper).read_once().await);
    let (_, so) = compared(&server, &keeper).await;
    server.weather(Some(Fault::Refuse));
    assert!(!host(&server, &keeper).read_once().await);
    let told = mirror(&keeper).await;
    assert!(matches!(told.round, Some((Round::Failed { .. }, _))), "{:?}", told.round);
    assert_eq!(compared(&server, &keeper).await.0, so);
}

#[tokio::test]
async fn the_token_shows_in_nothing_that_is_printed_or_kept() {
    let (server, folder) = (server(1, 20), tempfile::tempdir().unwrap());
    let keeper = keeper(Place::Folder(folder.path().to_path_buf()));
    let host = host(&server, &keeper);
    assert!(host.read_once().await);
    let printed = format!("{host:?} {keeper:?} {:?}", mirror(&keeper).await);
    assert!(!printed.contains(CANARY));
    assert!(!server.leaks(CANARY));
    for file in std::fs::read_dir(folder.path()).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        assert!(!bytes.windows(CANARY.len()).any(|part| part == CANARY.as_bytes()));
    }
}

#[tokio::test]
async fn what_a_host_asked_to_be_waited_for_holds_in_the_next_process_and_is_said() {
    for (n_repos, words) in [(3, ["retry-after", "90"]), (1, ["retry-after", "90"]), (3, ["primary-limit", "600"])] {
        let server = server(n_repos, 20);
        let keeper = keeper(Place::Memory);
        server.weather(Fault::read(&words));
        assert!(!host(&server, &keeper).read_once().await);
        server.weather(None);
        let n_asked = server.log().len();
        assert!(!host(&server, &keeper).read_once().await, "{words:?}");
        assert_eq!(server.log().len(), n_asked, "{words:?}: it is not asked sooner");
        let round = mirror(&keeper).await.round.map(|(round, _)| round);
        let Some(Round::Failed { trouble: Trouble::Limited { until }, why }) = round else { panic!("{round:?}") };
        let left = (until - watchfloor::shell::clock::Clock::Wall.now()).num_seconds();
        assert!((80..=600).contains(&left), "{words:?}: {left}");
        assert_eq!(why.as_str(), "it asked for patience when it was asked before: it is not asked sooner");
    }
}

#[tokio::test]
async fn plans_that_a_host_denies_are_not_asked_for_by_each_process_but_when_somebody_wants_them() {
    let (server, keeper) = (server(1, 20), keeper(Place::Memory));
    server.ambush("GET", "/milestones", Fault::Status(404));
    server.ambush("GET", "/releases", Fault::Status(404));
    assert!(host(&server, &keeper).read_once().await);
    assert_eq!(server.n_ambushes(), 0);
    let asks_plans = |seen: &github_world::server::Seen| {
        ["/milestones", "/releases"].iter().any(|list| format!("{seen:?}").contains(list))
    };
    let n = |server: &Server| server.log().iter().filter(|seen| asks_plans(seen)).count();
    let before = n(&server);
    assert!(host(&server, &keeper).read_once().await);
    assert_eq!(n(&server), before, "the next process knows");
    let handle = host(&server, &keeper).start();
    handle.nudge(SourceId(0));
    for _ in 0..100 {
        if before < n(&server) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(n(&server), before + 2, "somebody asked for it");
}
