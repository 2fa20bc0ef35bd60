//! A first reading, a quiet hour, a busy hour; what each costs, and whether what is shown is so.

use chrono::TimeDelta;
use github_world::{life::Life, meter::Meter};

use crate::watcher::Watcher;

/// Open issues of a host: ten thousand where `WATCHFLOOR_LEDGER` is set, which takes a minute; else as many as take a moment.
fn open() -> usize {
    if is_full() { 10_000 } else { 1_000 }
}

fn is_full() -> bool {
    std::env::var_os("WATCHFLOOR_LEDGER").is_some()
}

/// What may be spent in an hour, in GraphQL points; in the quiet hour of one repository, in REST requests as well.
struct Bounds {
    n_repos: usize,
    quiet: u64,
    busy: u64,
}

fn row(name: &str, n_repos: usize, meter: &Meter) {
    println!("{n_repos:>5} {name:<12} {meter}");
}

fn hours(bounds: &Bounds) {
    let Bounds { n_repos, quiet, busy } = *bounds;
    let mut watcher = Watcher::new(n_repos, open(), 5);
    watcher.world.measures_gzip = true;
    println!("{:>5} {:<12} {}", "repos", "", Meter::head());

    let cold = watcher.cost(Watcher::settle);
    row("cold", n_repos, &cold);
    println!(
        "      first rows after {:?} trips, all after {} s",
        watcher.first_rows,
        (watcher.now - watcher.began).num_seconds()
    );
    let found = watcher.difference();
    assert!(found.is_none() && watcher.failures.is_empty(), "{found} {:?}", watcher.failures);

    // The hour begins when the first looks after the reading are over.
    watcher.live(20);
    let still = watcher.cost(|watcher| watcher.live(60));
    row("quiet hour", n_repos, &still);
    assert!(watcher.difference().is_none(), "{}", watcher.difference());

    watcher.life = Life::new(9, 60.0);
    let lively = watcher.cost(|watcher| watcher.live(60));
    row("busy hour", n_repos, &lively);
    println!("      {:?}", watcher.life.done);
    // Nothing happens any more; what lags, what moved and what is lost shows at the next sweep.
    watcher.life.per_minute = 0.0;
    watcher.live(61);
    let found = watcher.difference();
    println!("      {found}");
    assert!(found.is_none(), "{found}");

    assert!(watcher.first_rows.is_some_and(|n| n <= 2), "{:?}", watcher.first_rows);
    if !is_full() {
        // A tenth of the issues for a tenth of the price, and one question for every forty repositories.
        let of_repos = n_repos as u64 / 40;
        assert!(cold.requests <= 21 + of_repos && cold.points <= 42 + of_repos, "cold {cold}");
        println!("      left out: what an hour may cost (WATCHFLOOR_LEDGER is not set, the host is small)");
        return;
    }
    assert!(cold.requests <= 210 && cold.points <= 420, "cold {cold}");
    assert!(still.points <= quiet && (n_repos > 1 || still.rest == 0), "quiet {still}");
    assert!(lively.points <= busy, "busy {lively}");
}

#[test]
fn one_repository() {
    hours(&Bounds { n_repos: 1, quiet: 0, busy: 370 });
}

#[test]
fn twenty_repositories() {
    hours(&Bounds { n_repos: 20, quiet: 240, busy: 250 });
}

#[test]
fn two_hundred_repositories() {
    hours(&Bounds { n_repos: 200, quiet: 600, busy: 700 });
}

#[test]
fn a_change_is_seen_within_two_cadences_once_it_can_be() {
    for n_repos in [1, 20] {
        let mut watcher = Watcher::new(n_repos, 400, 7);
        watcher.settle();
        watcher.live(10);
        let mut latest = TimeDelta::zero();
        for n in 0..40_usize {
            watcher.live(1);
            let place = n % n_repos;
            let (number, _) = watcher.world.repos[place]
                .issues
                .iter()
                .find(|(_, slot)| slot.now.as_ref().is_some_and(|i| i.open))
                .unwrap();
            let (number, title) = (*number, format!("seen {n}"));
            watcher.now += TimeDelta::milliseconds(n as i64 * 731 % 30_000);
            let at = watcher.now;
            watcher.world.retitle((place, number), &title, "ann", at);
            let end = at + TimeDelta::minutes(5);
            while !watcher.copy.values().any(|incident| incident.title.as_str() == title) {
                watcher.step(end);
                assert!(watcher.now < end, "{title} is not seen");
            }
            latest = latest.max(watcher.now - at);
        }
        println!("{n_repos} repositories: seen after {} s at the latest, lists up to 20 s old", latest.num_seconds());
        assert!(latest <= TimeDelta::seconds(60), "{latest}");
    }
}

#[test]
fn what_was_kept_is_taken_up_without_a_second_first_reading() {
    let mut watcher = Watcher::new(20, 600, 3);
    watcher.settle();
    watcher.life = Life::new(4, 60.0);
    watcher.live(5);
    watcher.restart();
    let warm = watcher.cost(|watcher| watcher.live(5));
    watcher.life.per_minute = 0.0;
    watcher.live(61);
    assert!(watcher.difference().is_none(), "{}", watcher.difference());
    assert!(warm.points + warm.rest <= 40, "{warm}");
}
