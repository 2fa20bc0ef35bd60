//! One look after hours in which nobody watched, as `watch --once` takes it.

use chrono::TimeDelta;
use github_world::life::Life;
use watchfloor::{
    domain::{sla::RepoPattern, trouble::Trouble},
    source::github::{
        feeds::{Asked, chores},
        sync::{Next, Plan, Sync, WayFault},
    },
    text::Text,
};

use crate::watcher::{Watcher, carried};

/// Looks of one pass at most.
const LOOKS: usize = 12;

/// Everything is asked once, and then what that left in doubt.
fn look_once(watcher: &mut Watcher) {
    watcher.restart();
    watcher.sync.hurry();
    for _ in 0..LOOKS {
        watcher.settle();
        if !watcher.sync.clear_doubts(watcher.now) {
            return;
        }
    }
    panic!("what is in doubt stays so");
}

#[test]
fn what_was_moved_or_deleted_meanwhile_is_gone_after_one_look() {
    for (n_repos, n_open, with_graphql) in [(1, 60, true), (3, 200, true), (60, 900, true), (3, 200, false)] {
        let mut watcher = Watcher::new(n_repos, n_open, 5);
        watcher.world.rules.graphql = with_graphql;
        watcher.settle();
        for minutes in [10, 5, 30] {
            watcher.life = Life::new(7, 20.0);
            watcher.now += TimeDelta::minutes(minutes);
            watcher.life.advance(&mut watcher.world, watcher.now);
            // What lists lag by is over.
            watcher.life = Life::new(7, 0.0);
            watcher.now += TimeDelta::minutes(1);
            let cost = watcher.cost(look_once);
            let wrong = watcher.difference();
            assert!(
                wrong.is_none(),
                "{n_repos} repositories, {minutes} minutes, GraphQL {with_graphql}: {wrong} {cost}"
            );
        }
    }
}

#[test]
fn what_was_asked_with_a_list_that_broke_off_does_not_end_the_wait_for_it() {
    let mut watcher = Watcher::new(1, 20, 5);
    watcher.world.rules.graphql = false;
    watcher.settle();
    watcher.restart();
    let broken = loop {
        let Next::Ask(asks) = watcher.sync.next(watcher.now) else {
            watcher.now += TimeDelta::seconds(1);
            continue;
        };
        let (lists, beside): (Vec<_>, Vec<_>) =
            asks.into_iter().partition(|ask| ask.request.url.path().ends_with("/issues"));
        for ask in &lists {
            let why = Text::scrub("the answer broke off");
            let fault = WayFault { trouble: Trouble::Away, why, is_general: false };
            watcher.sync.answered(ask.id, Err(fault), watcher.now);
        }
        for ask in &beside {
            let answer = carried(&mut watcher.world, &ask.request, watcher.now);
            watcher.sync.answered(ask.id, Ok(answer), watcher.now);
        }
        if !lists.is_empty() {
            assert_ne!(beside.len(), 0, "nothing was asked beside it");
            break watcher.now;
        }
    };
    match watcher.sync.next(broken) {
        Next::Wait(until) => assert!(until - broken >= TimeDelta::seconds(5), "{until} after {broken}"),
        Next::Ask(asks) => panic!("asked at once: {asks:?}"),
    }
    watcher.settle();
    assert!(watcher.difference().is_none(), "{}", watcher.difference());
}

#[test]
fn where_there_is_nothing_but_a_search_its_answer_is_all_there_is() {
    let mut watcher = Watcher::new(2, 40, 3);
    let plan = Plan { repos: Vec::new(), ..watcher.plan.clone() };
    watcher.sync = Sync::new(vec![plan.clone()]);
    let searches = [watchfloor::text::Text::scrub("org:acme is:open")];
    let patterns: [RepoPattern; 0] = [];
    let asked = Asked {
        patterns: &patterns,
        searches: &searches,
        refs: &[],
        runs: &[],
        artefacts: &[],
        with_notifications: false,
        with_alerts: false,
    };
    for chore in chores(&plan, &asked) {
        watcher.sync.add_chore(0, chore);
    }
    watcher.settle();
    assert!(!watcher.copy.is_empty());
}
