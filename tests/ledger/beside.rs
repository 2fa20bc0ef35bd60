//! What is asked beside issues: reviews by REST alone, alerts of repositories that a pattern finds.

use chrono::TimeDelta;
use github_world::{
    state::{Alert, Did, Milestone, Release},
    wire::instant,
};
use watchfloor::{
    domain::{
        incident::{Login, Repo},
        sla::RepoPattern,
    },
    source::github::{
        feeds::{Asked, chores},
        sync::{Kept, Plan, Sync},
    },
};

use crate::watcher::{Watcher, start};

fn reviewers(watcher: &Watcher, key: &str) -> Vec<Login> {
    let (_, pull) = watcher.copy.iter().find(|(known, _)| known.to_string() == key).unwrap();
    pull.reviewers.clone()
}

#[test]
fn by_rest_alone_it_is_known_who_is_asked_for_a_review() {
    let mut watcher = Watcher::new(2, 80, 3);
    watcher.world.rules.graphql = false;
    let pulls: Vec<u64> = watcher.world.repos[1]
        .issues
        .iter()
        .filter_map(|(number, slot)| slot.now.as_ref().filter(|it| it.pull.is_some() && it.open).map(|_| *number))
        .collect();
    let ask = |watcher: &mut Watcher, number: u64, login: &str| {
        let (now, did) = (watcher.now, vec![Did::ReviewRequested(login.to_owned())]);
        watcher.world.change((1, number), Some("ann"), now, |issue| {
            issue.pull.as_mut().unwrap().reviewers = vec![login.to_owned()];
            did
        });
    };
    ask(&mut watcher, pulls[0], "bo");
    watcher.world.repos[1].issues.get_mut(&pulls[0]).unwrap().forget();
    watcher.settle();
    let key = |number: u64| format!("acme/service-001#{number}");
    assert_eq!(reviewers(&watcher, &key(pulls[0])), [Login::new("bo")]);
    assert_eq!(reviewers(&watcher, &key(pulls[1])), []);

    watcher.live(5);
    ask(&mut watcher, pulls[1], "cleo");
    ask(&mut watcher, pulls[0], "dario");
    watcher.live(5);
    assert_eq!(reviewers(&watcher, &key(pulls[1])), [Login::new("cleo")]);
    assert_eq!(reviewers(&watcher, &key(pulls[0])), [Login::new("dario")]);
    assert!(watcher.difference().is_none(), "{}", watcher.difference());

    // Quiet lists cost nothing.
    let quiet = watcher.cost(|watcher| watcher.live(5));
    assert_eq!((quiet.rest, quiet.requests > 0), (0, true), "{quiet}");
}

#[test]
fn a_token_that_may_not_list_pull_requests_still_reads_issues() {
    let mut watcher = Watcher::new(1, 40, 3);
    watcher.world.rules.graphql = false;
    watcher.world.rules.denials.push(("/pulls".to_owned(), github_world::rules::Denial::Permission));
    watcher.settle();
    assert!(watcher.difference().is_none(), "{}", watcher.difference());
}

#[test]
fn what_is_asked_beside_issues_follows_a_repository_that_was_renamed() {
    let mut watcher = Watcher::new(2, 40, 3);
    let plan = watcher.plan.clone();
    let asked = Asked {
        patterns: &[],
        searches: &[],
        refs: &[],
        runs: &[],
        artefacts: &[],
        with_notifications: false,
        with_alerts: true,
    };
    watcher.world.repos[1].dependabot.push(Alert {
        number: 1,
        state: "open".to_owned(),
        severity: Some("high".to_owned()),
        summary: "A bad one".to_owned(),
        what: "leftpad".to_owned(),
        ghsa: "GHSA-aaaa-bbbb-cccc".to_owned(),
        created_at: start() - TimeDelta::days(1),
        updated_at: start() - TimeDelta::days(1),
    });
    watcher.world.rename_repository(1, "acme/renamed");
    watcher.sync = Sync::new(vec![plan.clone()]);
    for chore in chores(&plan, &asked) {
        watcher.sync.add_chore(0, chore);
    }
    watcher.live(3);
    watcher.settle();
    let keys: Vec<String> = watcher.copy.keys().map(ToString::to_string).collect();
    assert!(keys.iter().any(|key| key.ends_with("#dependabot-1")), "{:?} {keys:?}", watcher.failures);
}

/// A planner for what `acme/*` finds, with alerts.
fn finder(watcher: &Watcher) -> (Plan, Sync) {
    let plan = Plan { repos: Vec::new(), ..watcher.plan.clone() };
    let mut sync = Sync::new(vec![plan.clone()]);
    let patterns = [RepoPattern::parse("acme/*").unwrap()];
    let asked = Asked {
        patterns: &patterns,
        searches: &[],
        refs: &[],
        runs: &[],
        artefacts: &[],
        with_notifications: false,
        with_alerts: true,
    };
    for chore in chores(&plan, &asked) {
        sync.add_chore(0, chore);
    }
    (plan, sync)
}

#[test]
fn alerts_of_repositories_that_a_pattern_finds_are_read_and_go_with_them() {
    let mut watcher = Watcher::new(2, 40, 3);
    let at = start() - TimeDelta::days(1);
    for repo in &mut watcher.world.repos {
        repo.dependabot.push(Alert {
            number: 1,
            state: "open".to_owned(),
            severity: Some("high".to_owned()),
            summary: "A bad one".to_owned(),
            what: "leftpad".to_owned(),
            ghsa: "GHSA-aaaa-bbbb-cccc".to_owned(),
            created_at: at,
            updated_at: at,
        });
    }
    watcher.sync = finder(&watcher).1;
    // Until the owner's list has come there is nothing to settle.
    watcher.live(1);
    watcher.settle();
    let alerts = |watcher: &Watcher| {
        let keys = watcher.copy.keys().map(ToString::to_string);
        keys.filter(|key| key.contains("dependabot")).collect::<Vec<_>>()
    };
    assert_eq!(alerts(&watcher), ["acme/service-000#dependabot-1", "acme/service-001#dependabot-1"]);
    assert!(watcher.copy.len() > 40);

    // After a restart all that was found counts until the owner's list has come again.
    let (kept, before) = (watcher.copy.values().map(Kept::of).collect::<Vec<_>>(), watcher.copy.clone());
    let cursors: Vec<(String, String)> = watcher.cursors.clone().into_iter().collect();
    watcher.sync = finder(&watcher).1;
    assert_eq!(watcher.sync.take_up(0, &kept, &cursors, watcher.now), None);
    let again = watcher.cost(|watcher| watcher.live(3));
    assert!(watcher.copy.keys().eq(before.keys()));
    assert!(again.points <= 10, "{again}");

    watcher.world.repos[1].deleted = true;
    watcher.live(61);
    assert_eq!(alerts(&watcher), ["acme/service-000#dependabot-1"]);
    assert!(watcher.copy.keys().all(|key| key.repo.full() == "acme/service-000"));
}

/// Gives a repository a milestone with some in it, one that is over, and two releases.
fn plan_something(watcher: &mut Watcher, place: usize) {
    let repo = &mut watcher.world.repos[place];
    let due_on = instant("2026-12-01T08:00:00Z");
    repo.milestones = vec![
        Milestone { id: 71, number: 1, title: "4.9".to_owned(), due_on, open: true },
        Milestone { id: 72, number: 2, title: "4.8".to_owned(), due_on: None, open: false },
    ];
    let published_at = instant("2026-11-18T08:00:00Z");
    let release = |id, tag: &str, published_at| Release {
        id,
        tag: tag.to_owned(),
        name: String::new(),
        draft: false,
        prerelease: id == 81,
        published_at,
    };
    repo.releases = vec![release(81, "v4.9-rc1", published_at), release(82, "v4.8", published_at)];
    let all: Vec<_> = repo.issues.values().filter_map(|slot| slot.now.clone()).collect();
    let (pulls, issues): (Vec<_>, Vec<_>) = all.iter().partition(|it| it.pull.is_some());
    let open = issues.iter().filter(|it| it.open).take(3).chain(pulls.iter().filter(|it| it.open).take(1));
    let within: Vec<u64> = open.chain(issues.iter().filter(|it| !it.open).take(1)).map(|it| it.number).collect();
    for number in within {
        let at = watcher.began - TimeDelta::hours(1);
        watcher.world.change((place, number), None, at, |issue| {
            issue.milestone = Some(1);
            Vec::new()
        });
    }
}

#[test]
fn milestones_and_releases_are_told_by_whichever_way_a_host_has() {
    for (n_repos, graphql) in [(1, true), (2, true), (1, false), (2, false)] {
        let mut watcher = Watcher::new(n_repos, 80, 3);
        watcher.world.rules.graphql = graphql;
        let place = n_repos - 1;
        plan_something(&mut watcher, place);
        watcher.settle();
        let key = Repo::new(&watcher.world.repos[place].full());
        let plans = watcher.plans.get(&key).unwrap_or_else(|| panic!("{n_repos} {graphql}")).clone();
        let told: Vec<_> = plans
            .milestones
            .iter()
            .map(|it| (it.number, it.title.as_str(), it.is_open, it.due.is_some(), it.n_open, it.n_closed))
            .collect();
        let closed_counts = if graphql && n_repos > 1 { (None, None) } else { (Some(0), Some(0)) };
        let second = (2, "4.8", false, false, closed_counts.0, closed_counts.1);
        assert_eq!(told, [(1, "4.9", true, true, Some(4), Some(1)), second], "{n_repos} {graphql}");
        let releases: Vec<_> =
            plans.releases.iter().map(|it| (it.tag.as_str(), it.is_prerelease, it.is_out())).collect();
        assert_eq!(releases, [("v4.9-rc1", true, true), ("v4.8", false, true)]);

        // What has not changed is not told again; what has is, within the hour.
        watcher.plans.clear();
        watcher.live(61);
        assert!(watcher.plans.is_empty(), "{n_repos} {graphql}");
        watcher.world.repos[place].milestones[0].open = false;
        watcher.live(61);
        let words: Vec<String> = watcher.plans[&key].changes(&plans).into_iter().map(|(_, what)| what).collect();
        assert_eq!(words, ["milestone 4.9 closed"], "{n_repos} {graphql}");
    }
}
