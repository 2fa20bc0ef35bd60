//! Real issue histories against figures that were worked out by other means.
//!
//! Needs the folder that `WATCHFLOOR_DATA` names; without it the checks are left out, and the tests say so.

#![cfg(test)]

use std::{
    fs::File,
    io::{BufReader, Read as _},
    path::{Path, PathBuf},
};

use chrono::{DateTime, Utc};
use flate2::read::GzDecoder;
use watchfloor::{
    domain::{
        incident::{Incident, Kind, Login, Standing, What},
        time::{between, parse_rfc3339},
    },
    source::history::{self, History},
};

/// Robots under ordinary accounts, as the figures' definitions list them; the archives drop the `[bot]` ending.
const ROBOTS: [&str; 10] = [
    "DrahtBot",
    "gitcoinbot",
    "weekly-digest",
    "codecov-io",
    "coveralls",
    "github-actions",
    "dependabot",
    "copilot",
    "Copilot",
    "CLAassistant",
];

const GUI: &str = "bitcoin-core-gui.opened-before-2022";
const MLS: &str = "mls-protocol.archive";
const MOQ_OLD: &str = "moq-transport.snapshot-2024-01-21.archive";
const MOQ_NEW: &str = "moq-transport.snapshot-2024-01-23.archive";

fn data() -> Option<PathBuf> {
    let folder = std::env::var_os("WATCHFLOOR_DATA").map(PathBuf::from);
    if folder.is_none() {
        println!("left out: WATCHFLOOR_DATA is not set, no real history was read");
    }
    folder
}

fn load(data: &Path, name: &str) -> History {
    let ending = if name == GUI { "jsonl.gz" } else { "json.gz" };
    let path = data.join("issues").join(format!("{name}.{ending}"));
    let file = File::open(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    history::read(BufReader::new(file), None, true).expect("a history")
}

/// Number, open, closed of one kind.
fn counts(history: &History, kind: Kind) -> (usize, usize, usize) {
    let of_kind = || history.batch.items.iter().filter(|incident| incident.kind == kind);
    let n_open = of_kind().filter(|incident| incident.is_open()).count();
    (of_kind().count(), n_open, of_kind().count() - n_open)
}

#[test]
fn every_record_of_the_real_files_is_read() {
    let Some(data) = data() else { return };
    for (name, issues, pulls, as_of) in [
        (GUI, (200, 69, 131), (268, 0, 268), None),
        (MLS, (303, 0, 303), (582, 0, 582), Some("2024-03-28T01:09:06.239800Z")),
        (MOQ_OLD, (195, 70, 125), (147, 5, 142), Some("2024-01-21T01:16:47.597809Z")),
        (MOQ_NEW, (195, 68, 127), (149, 3, 146), Some("2024-01-23T01:12:55.110329Z")),
    ] {
        let history = load(&data, name);
        assert_eq!(history.batch.n_skipped, 0, "{name}: {:?}", history.batch.skipped);
        assert_eq!((counts(&history, Kind::Issue), counts(&history, Kind::PullRequest)), (issues, pulls), "{name}");
        assert_eq!(history.as_of, as_of.and_then(parse_rfc3339), "{name}");
        println!("{name}: {} incidents", history.batch.items.len());
    }
    let state = std::fs::read(data.join("issues/bitcoin-core-gui.state.json")).expect("the backup's state");
    assert_eq!(history::as_of(&state), parse_rfc3339("2026-08-21T20:00:04.123640606Z"));
}

#[test]
fn reopened_and_merged_incidents_are_known() {
    let Some(data) = data() else { return };
    let history = load(&data, GUI);
    let with = |kind, what: What| {
        let has = |incident: &&Incident| incident.kind == kind && incident.timeline.iter().any(|e| e.what == what);
        history.batch.items.iter().filter(has).count()
    };
    assert_eq!((with(Kind::Issue, What::Reopened), with(Kind::PullRequest, What::Reopened)), (5, 26));
    assert_eq!((with(Kind::Issue, What::Merged), with(Kind::PullRequest, What::Merged)), (0, 168));
    let mls = load(&data, MLS);
    assert_eq!(mls.batch.items.iter().filter(|i| i.timeline.iter().any(|e| e.what == What::Merged)).count(), 505);
}

#[test]
fn a_clock_can_rely_on_every_real_timeline() {
    let Some(data) = data() else { return };
    for name in [GUI, MLS, MOQ_OLD, MOQ_NEW] {
        for incident in load(&data, name).batch.items {
            let key = &incident.key;
            assert!(incident.timeline.windows(2).all(|pair| pair[0].at <= pair[1].at), "{key}: not oldest first");
            let mut turns = incident.timeline.iter().rev().filter_map(|event| match event.what {
                What::Closed(_) => Some(Some(event.at)),
                What::Reopened => Some(None),
                _ => None,
            });
            // GitHub stamps the issue first and the event after: in these files at most a second later.
            let is_near = |(event, issue)| (0..=1).contains(&between(issue, event).num_seconds());
            let last = turns.next().flatten();
            assert_eq!(last.is_some(), !incident.is_open(), "{key}: its last turn is not its state");
            assert!(
                last.zip(incident.closed_at).is_none_or(is_near),
                "{key}: {last:?} is not {:?}",
                incident.closed_at
            );
        }
    }
}

/// Who counts in a response.
#[derive(Clone, Copy, PartialEq)]
enum Who {
    Any,
    NoRobot,
    Team,
}

/// The first comment or review by somebody else, at or after the opening; a deleted account is "ghost".
fn first_response(incident: &Incident, who: Who) -> Option<DateTime<Utc>> {
    let author = incident.author.clone().unwrap_or_else(|| Login::new("ghost"));
    let counts = |event: &&watchfloor::domain::incident::Event| {
        let login = event.actor.as_ref().map_or_else(|| Login::new("ghost"), |actor| actor.login.clone());
        let is_robot = event.actor.as_ref().is_some_and(|actor| actor.is_robot)
            || ROBOTS.iter().any(|robot| login == Login::new(robot));
        let is_team = event.actor.as_ref().is_some_and(|actor| actor.standing == Standing::Member);
        matches!(event.what, What::Commented | What::Reviewed)
            && login != author
            && event.at >= incident.opened_at
            && (who == Who::Any || !is_robot)
            && (who != Who::Team || is_team)
    };
    incident.timeline.iter().find(counts).map(|event| event.at)
}

#[test]
fn first_responses_agree_item_by_item() {
    let Some(data) = data() else { return };
    for name in [GUI, MLS, MOQ_OLD, MOQ_NEW] {
        let path = data.join("expected/items").join(format!("{name}.per_item.csv.gz"));
        let mut csv = String::new();
        GzDecoder::new(File::open(&path).expect("expected figures")).read_to_string(&mut csv).expect("text");
        let history = load(&data, name);
        let (mut n_issues, mut n_pulls, mut differences) = (0, 0, Vec::new());
        for row in csv.lines().skip(1) {
            let [kind, number, state, opened, any, nobot, team, closed, ..] = row.split(',').collect::<Vec<_>>()[..]
            else {
                panic!("{row}")
            };
            let kind = if kind == "issue" { Kind::Issue } else { Kind::PullRequest };
            *(if kind == Kind::Issue { &mut n_issues } else { &mut n_pulls }) += 1;
            let mut items = history.batch.items.iter();
            let found = items.find(|i| i.kind == kind && i.key.number.to_string() == number).expect("every item");
            let read = [
                Some(found.opened_at),
                first_response(found, Who::Any),
                first_response(found, Who::NoRobot),
                first_response(found, Who::Team),
                found.closed_at,
            ];
            if read != [opened, any, nobot, team, closed].map(parse_rfc3339) || found.is_open() != (state == "open") {
                differences.push(format!("{row}: {read:?}"));
            }
        }
        println!("{name}: {n_issues} issues and {n_pulls} pull requests compared, {} differ", differences.len());
        assert!(differences.is_empty(), "{name}: {}", differences.join("\n"));
        assert_eq!(n_issues + n_pulls, history.batch.items.len());
    }
}
