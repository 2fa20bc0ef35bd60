//! Life by seed, truth, and what a reader must live with.

use std::collections::{BTreeMap, BTreeSet};

use chrono::TimeDelta;
use github_world::{
    World,
    life::{Life, populate},
    truth::{Told, compare, truth},
};
use serde_json::{Value, json};

use crate::scene::{after, ask, start};

fn lively(n_repos: usize, n_open: usize) -> World {
    let mut world = World::new(3);
    populate(&mut world, n_repos, n_open, start(), 11);
    world
}

fn whole(world: &World) -> BTreeMap<String, Told> {
    truth(world, start() - TimeDelta::days(1), true, |repo, issue| format!("{}#{}", repo.id, issue.number))
}

#[test]
fn the_same_seed_lives_the_same_life() {
    let live = |seed| {
        let (mut world, mut life) = (lively(5, 200), Life::new(seed, 60.0));
        let n = (0..120).map(|tick| life.advance(&mut world, after(tick * 30))).sum::<usize>();
        (n, life.done, whole(&world))
    };
    let (n, done, one) = live(1);
    assert!((3_200..4_000).contains(&n), "{n}");
    assert_eq!((n, one.clone()), {
        let (n, _, other) = live(1);
        (n, other)
    });
    assert_ne!(one, live(2).2);
    for what in
        ["opened", "closed", "reopened", "transferred", "deleted", "label renamed", "repository renamed", "reviewed"]
    {
        assert!(done.contains_key(what), "{what}: {done:?}");
    }
}

#[test]
fn a_populated_host_has_what_was_asked_for() {
    let world = lively(7, 700);
    let issues: Vec<_> =
        world.repos.iter().flat_map(|repo| repo.issues.values()).filter_map(|slot| slot.now.as_ref()).collect();
    assert_eq!(issues.iter().filter(|issue| issue.open).count(), 700);
    assert_eq!(issues.len(), 770);
    for issue in &issues {
        assert!(issue.events.is_sorted_by_key(|event| event.at) && issue.updated_at < start());
        assert!(issue.events.iter().all(|event| event.at >= issue.created_at && event.at <= issue.updated_at));
    }
}

#[test]
fn a_copy_is_judged_by_each_of_its_parts() {
    let world = lively(2, 100);
    let so = whole(&world);
    assert!(compare(&so, &so).is_none());
    let (key, _) = so.iter().find(|(_, told)| told.is_open && !told.priorities.is_empty()).unwrap();
    for spoil in [
        (|told| told.title.push('x')) as fn(&mut Told),
        |told| told.is_open = false,
        |told| told.labels.push("other".to_owned()),
        |told| told.assignees.push("other".to_owned()),
        |told| told.priorities.clear(),
        |told| told.answered = Some((start(), "nobody".to_owned())),
    ] {
        let mut copy = so.clone();
        spoil(copy.get_mut(key).unwrap());
        let found = compare(&so, &copy);
        assert_eq!((found.wrong.len(), found.missing.len()), (1, 0), "{found}");
    }
    let mut copy = so.clone();
    let lost = copy.remove(key).unwrap();
    copy.insert("1#999".to_owned(), lost);
    let found = compare(&so, &copy);
    assert_eq!((found.missing.len(), found.wrong.len()), (1, 1), "{found}");
}

/// A reader of pages, newest first, without any care: it must miss or repeat something, or the host is too kind.
#[test]
fn pages_drift_while_they_are_read() {
    let (mut world, mut life) = (lively(1, 400), Life::new(5, 600.0));
    let query = "query($after: String) { repository(owner: \"acme\", name: \"service-000\") { issues(first: 20, after: $after,
        states: OPEN, orderBy: {field: UPDATED_AT, direction: DESC}) { pageInfo { hasNextPage endCursor } nodes { number } } } }";
    let (mut cursor, mut seen) = (Value::Null, Vec::new());
    for tick in 0.. {
        let told = ask(&mut world, query, &json!({"after": cursor}), after(tick * 5));
        let issues = &told["data"]["repository"]["issues"];
        seen.extend(issues["nodes"].as_array().unwrap().iter().map(|node| node["number"].as_u64().unwrap()));
        life.has_upheaval = false;
        life.advance(&mut world, after(tick * 5));
        if issues["pageInfo"]["hasNextPage"] != json!(true) {
            break;
        }
        cursor = issues["pageInfo"]["endCursor"].clone();
    }
    let open =
        world.repos[0].issues.values().filter_map(|slot| slot.now.as_ref()).filter(|i| i.open && i.pull.is_none());
    let open: BTreeSet<u64> = open.map(|issue| issue.number).collect();
    let seen: BTreeSet<u64> = seen.into_iter().collect();
    assert!(open.difference(&seen).count() > 0 && seen.difference(&open).count() > 0);
}
