//! The past of a host: a simulated week in which it is asked at random instants, through the real planner and its driver, and
//! `--at` shows each instant again as the board was then.

use std::{fs, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use github_world::{
    World,
    fault::Fault,
    life::{Dice, Life, populate},
    server::{Clock, Server},
    state::{CheckRun, Head},
};
use serde_json::json;
use tempfile::TempDir;
use watchfloor::{
    cli::{args::Common, setup, then::Then},
    domain::{
        incident::{IncidentKey, Label, Login},
        intent::{Act, Intent, OpId, Progress, Target},
        time::{plus, rfc3339},
        zone::Zones,
    },
    floor::fact::{Host, Role, SourceId},
    shell::{
        past::Recorder,
        store::{Deed, Did, Store},
    },
    text::Text,
};

use crate::past::{Said, at, said, shown_again};

const ROSTER: &str = include_str!("../real/oncall.toml");

/// A host, a team's files, and what people did.
struct Team {
    server: Server,
    life: Life,
    dice: Dice,
    folder: TempDir,
    wanted: Vec<OpId>,
}

impl Team {
    fn new(seed: u64, begin: DateTime<Utc>) -> Self {
        let mut world = World::new(seed);
        populate(&mut world, 2, 24, begin, seed);
        let server = Server::start(world, Clock::from(begin, 0.0)).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let settings = format!(
            "team = \"Acme\"\nzone = \"Europe/Berlin\"\n[[github]]\nname = \"github\"\napi_url = \"{}\"\n\
             repos = [\"acme/service-000\", \"acme/service-001\"]\npull_requests = true\nrefs = [\"acme/service-000@main\"]\n\
             [roster]\nfile = \"oncall.toml\"\n[release]\nname = \"5.0\"\nchecklists = [\"RELEASE.md\"]\n\
             blocker_labels = [\"bug\"]\n",
            server.url()
        );
        fs::write(folder.path().join("watchfloor.toml"), settings).unwrap();
        fs::write(folder.path().join("oncall.toml"), ROSTER).unwrap();
        fs::write(folder.path().join("RELEASE.md"), "# 5.0\n\n- [ ] step @ana.k\n").unwrap();
        Self { server, life: Life::new(seed, 1.0), dice: Dice::new(seed), folder, wanted: Vec::new() }
    }

    fn common(&self, now: DateTime<Utc>) -> Common {
        let path = |name: &str| Some(self.folder.path().join(name));
        let (config, state_dir) = (path("watchfloor.toml"), path("state"));
        Common { config, now: Some(now), theme: None, state_dir, ascii: true, read_only: false }
    }

    /// Time goes by at the host.
    fn live_until(&mut self, from: DateTime<Utc>, until: DateTime<Utc>) {
        let seconds = (until - from).num_seconds().max(1) as u64;
        let mut times: Vec<i64> = (0..self.dice.below(12)).map(|_| self.dice.below(seconds) as i64).collect();
        times.sort_unstable();
        for after in times {
            self.life.step(&mut self.server.world(), plus(from, TimeDelta::seconds(after)));
        }
        self.checks_end(until);
        self.server.set_clock(Clock::from(until, 0.0));
        let weather = [Fault::Refuse, Fault::Status(503), Fault::Noise];
        let fault = weather.get(self.dice.below(9) as usize).cloned();
        self.server.weather(fault);
    }

    /// What runs on the commit that is watched ends one way or the other.
    fn checks_end(&mut self, at: DateTime<Utc>) {
        let conclusion = [None, Some("success"), Some("failure")][self.dice.below(3) as usize];
        let run = CheckRun {
            id: 1,
            name: "build".to_owned(),
            app: "actions".to_owned(),
            status: conclusion.map_or("in_progress", |_| "completed").to_owned(),
            conclusion: conclusion.map(str::to_owned),
            started_at: at,
        };
        let head = Head { oid: "5".repeat(40), runs: vec![run], statuses: Vec::new() };
        self.server.world().repos[0].heads.insert("main".to_owned(), head);
    }

    /// What people do here.
    fn act(&mut self, now: DateTime<Utc>) {
        let mut store = Store::open(&self.folder.path().join("state"), now).unwrap();
        let known = store.recorded_keys().unwrap();
        if known.is_empty() {
            return;
        }
        let pick = |dice: &mut Dice| -> IncidentKey { known[dice.below(known.len() as u64) as usize].clone() };
        let mut deeds = Vec::new();
        for _ in 0..self.dice.below(4) {
            let hours = 1 + self.dice.below(60) as i64;
            let deed = match self.dice.below(5) {
                0 | 1 => Deed::TakeOn,
                2 => Deed::GiveBack,
                3 => Deed::Snooze(plus(now, TimeDelta::hours(hours))),
                _ => Deed::Wake,
            };
            deeds.push(Did { key: pick(&mut self.dice), deed, by: Login::new("ann"), at: now });
        }
        store.did(&deeds).unwrap();
        for _ in 0..self.dice.below(3) {
            let id = OpId::new(now, u128::from(self.dice.next()));
            let (target, source) = (Target::Incident(pick(&mut self.dice)), Text::scrub("github"));
            let act = Act::Label(vec![Label::new("sev/2")]);
            let (batch, by, progress) = (id.clone(), Login::new("ann"), Progress::new());
            store.intend(&[Intent { id: id.clone(), batch, source, target, act, by, at: now, progress }]).unwrap();
            self.wanted.push(id);
        }
        if !self.wanted.is_empty() {
            let id = self.wanted[self.dice.below(self.wanted.len() as u64) as usize].clone();
            let progress = match self.dice.below(6) {
                0 => Progress::Sending { since: now, tries: 1 },
                1 => Progress::Unsure { since: now, tries: 1, why: Text::scrub("no answer") },
                2 => Progress::Waiting { tries: 2, not_before: None, why: Some(Text::scrub("the host is away")) },
                3 => Progress::Refused { at: now, why: Text::scrub("it is archived") },
                4 => Progress::Cancelled { at: now },
                _ => Progress::Done { at: now, url: None },
            };
            store.progress(&id, &progress, now).unwrap();
        }
    }
}

/// One pass at an instant, put on record; what the board said, what was known of the host, and how many were snoozed.
async fn pass(team: &mut Team, zones: &Zones, now: DateTime<Utc>) -> (Said, Option<Host>, usize) {
    team.act(now);
    let mut setup = setup::set_up(&team.common(now), zones).unwrap_or_else(|failure| panic!("{failure:?}"));
    setup.recorder = Recorder::new(true, true);
    setup.recorder.plays(&Role::Syncs);
    // The pass before lets go of its lock when its thread has ended.
    while setup.engine.keeper().lead().await != Role::Syncs {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    setup.read_all().await;
    setup.engine.keeper().close(Duration::from_secs(5)).unwrap();
    let n_snoozed = setup.floor.queue().tally().snoozed;
    (said(&setup.floor, zones, now), setup.floor.host(SourceId(0)).cloned(), n_snoozed)
}

#[test]
fn what_a_host_told_and_what_people_wanted_is_shown_again_as_it_was_for_a_simulated_week() {
    let zones = Zones::bundled();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let marks = ["\"pending\":[{", "\"acknowledged\":{", "\"trouble\":\"", "\"checks\":[{"];
    let (mut n_boards_with, mut n_with_snoozed) = ([0; 4], 0);
    for seed in [1, 2, 3] {
        let begin = at("2026-11-16T06:00:00Z");
        let (mut team, mut now, mut passes) = (Team::new(seed, begin), begin, Vec::new());
        for _ in 0..40 {
            let before = now;
            now = plus(now, TimeDelta::seconds(1 + team.dice.below(2 * 7 * 86_400 / 40) as i64));
            team.live_until(before, now);
            passes.push((now, runtime.block_on(pass(&mut team, &zones, now))));
        }
        team.server.weather(None);
        let setup = setup::set_up(&team.common(plus(now, TimeDelta::days(1))), &zones)
            .unwrap_or_else(|failure| panic!("{failure:?}"));
        for (instant, (before, host, n_snoozed)) in &passes {
            let then = Then::of(&setup, *instant, &zones).unwrap_or_else(|failure| panic!("{failure:?}"));
            shown_again(&then, before, &zones, &format!("seed {seed}, {}", rfc3339(*instant)));
            assert_eq!(then.floor.host(SourceId(0)), host.as_ref(), "seed {seed}, {}", rfc3339(*instant));
            assert_eq!(then.floor.queue().tally().snoozed, *n_snoozed, "seed {seed}, {}", rfc3339(*instant));
            n_with_snoozed += usize::from(0 < *n_snoozed);
            let documents = json!(before.iter().map(|(_, document)| document).collect::<Vec<_>>()).to_string();
            for (n, mark) in n_boards_with.iter_mut().zip(marks) {
                *n += usize::from(documents.contains(mark));
            }
        }
        println!("seed {seed}: {:?}", team.life.done);
    }
    for (mark, n) in marks.iter().zip(n_boards_with) {
        println!("{n} of 120 instants with {mark}");
    }
    println!("{n_with_snoozed} of 120 instants with something snoozed");
    assert!(n_boards_with.iter().chain([&n_with_snoozed]).all(|n| 0 < *n), "the week held less than it was made for");
}
