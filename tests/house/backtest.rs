//! A policy tried on a real history. The figures were counted by a small script of its own, not copied from a run.

use std::{fs::File, io::BufReader, path::Path};

use watchfloor::{
    config,
    domain::{sla::backtest::backtest, time::parse_rfc3339, zone::Zone},
    source::history,
};

#[test]
fn the_triage_clock_of_a_real_history_agrees_with_a_count_of_its_own() {
    let Some(data) = std::env::var_os("WATCHFLOOR_DATA") else {
        println!("left out: the backtest of a real history (WATCHFLOOR_DATA is not set)");
        return;
    };
    let path = Path::new(&data).join("issues/bitcoin-core-gui.opened-before-2022.jsonl.gz");
    let read = history::read(BufReader::new(File::open(path).unwrap()), None, false).unwrap();
    let policy = config::standard(&|_| None).policy;
    let as_of = parse_rfc3339("2026-08-21T20:00:04Z").unwrap();
    let found = backtest(&read.batch.items, &policy, &Zone::utc(), 5, as_of);
    assert_eq!((found.n_judged, found.n_untriaged, found.n_later), (200, 200, 0));
    // First comment of a member who is neither the author nor a robot, closed time left out, against 48 hours.
    let [response, fix] = found.all;
    assert_eq!((response.met, response.missed, response.over), (62, 49, 35));
    assert_eq!((response.unanswered, response.in_time, response.total()), (54, 0, 200));
    assert_eq!((fix.unpromised + fix.cancelled, fix.kept()), (200, None));
    assert_eq!(found.months.iter().map(|month| month.n_opened).sum::<usize>(), 200);
    assert!(found.worst.is_sorted_by_key(|worst| std::cmp::Reverse(worst.over)) && found.worst.len() == 5);
    let earlier = backtest(&read.batch.items, &policy, &Zone::utc(), 0, parse_rfc3339("2021-01-01T00:00:00Z").unwrap());
    assert_eq!(earlier.n_judged, found.months.iter().filter(|m| m.year == 2020).map(|m| m.n_opened).sum::<usize>());
    assert_eq!(earlier.n_judged + earlier.n_later, 200);
}
