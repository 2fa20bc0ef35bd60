//! `watchfloor sla backtest`: what a policy would have meant on a recorded history.

use std::{
    collections::HashMap,
    io::BufReader,
    path::{Path, PathBuf},
};

use chrono::{DateTime, Utc};

use super::{page, scene};
use crate::{
    cli::{
        args::{Backtest, Common, Sla},
        board, exit,
        failure::{Failure, complain, print},
        setup, show,
    },
    config::{self, Trust},
    domain::{
        incident::Incident,
        sla::{Policy, backtest::backtest},
        trouble::{Skipped, Trouble},
        zone::{Zone, Zones},
    },
    shell::{clock::Clock, disk, stamp::open_regular},
    sink::trial::{Trial, Trials},
    source::history,
    text::Text,
};

/// A `state.json` is a few lines.
const STATE_BYTES: usize = 1 << 20;

/// A history, whole.
struct Recorded {
    incidents: Vec<Incident>,
    taken: Option<(DateTime<Utc>, &'static str)>,
    n_skipped: usize,
    skipped: Vec<Skipped>,
}

/// Runs it.
///
/// # Errors
/// The history or a policy cannot be read, or a zone is not known.
pub fn run(asked: &Backtest, json: bool, sla: &Sla, common: &Common, zones: &Zones) -> Result<u8, Failure> {
    let policies = policies(&asked.policy, common, zones)?;
    let recorded = read(&asked.history, asked.pull_requests)?;
    let now = common.now.unwrap_or_else(|| Clock::Wall.now());
    let (as_of, as_of_from) = as_of(&recorded, sla.at, now);
    let zone = match scene::zone(sla.tz.as_deref(), zones)? {
        Some(zone) => zone,
        None => policies.first().and_then(|(_, _, zone)| zone.clone()).unwrap_or_else(Zone::utc),
    };
    let tried: Vec<Trial<'_>> = policies
        .iter()
        .map(|(name, policy, _)| Trial {
            name,
            policy,
            found: backtest(&recorded.incidents, policy, &zone, asked.worst, as_of),
        })
        .collect();
    let history = Text::scrub(&asked.history.to_string_lossy());
    let (skipped, n_skipped) = (&recorded.skipped[..], recorded.n_skipped);
    let trials = Trials { history: &history, as_of, as_of_from, zone: &zone, skipped, n_skipped, tried };
    if json {
        print(&board::pretty(&page::backtest_json(&trials, zones.version(), now)))?;
    } else {
        print(&page::backtest_plain(&trials, show::width()))?;
    }
    if n_skipped > 0 {
        complain(&format!("note: {} left out of the history", crate::text::counted(n_skipped, "record", "records")));
        return Ok(exit::COULD_NOT_JUDGE);
    }
    Ok(exit::DONE)
}

/// The policies that are tried, each with its name and its settings' zone; the settings in force where none is named.
fn policies(files: &[PathBuf], common: &Common, zones: &Zones) -> Result<Vec<(Text, Policy, Option<Zone>)>, Failure> {
    let read = |path: &Path, trust| {
        let settings = setup::read_settings(path, trust, zones)?;
        Ok((Text::scrub(&path.to_string_lossy()), settings.policy, settings.zone))
    };
    if !files.is_empty() {
        return files.iter().map(|path| read(path, Trust::User)).collect();
    }
    if let Some((path, trust)) = setup::find_settings(common) {
        return Ok(vec![read(&path, trust)?]);
    }
    let standard = config::standard(&|name| zones.find(name));
    Ok(vec![(Text::scrub("the standard policy"), standard.policy, standard.zone)])
}

fn read(path: &Path, with_pull_requests: bool) -> Result<Recorded, Failure> {
    let shown = path.to_string_lossy();
    let file = open_regular(path).map_err(|error| {
        let what = format!("read the history {shown}: {}", disk::why(&error));
        Failure::new(exit::COULD_NOT_JUDGE, what, "give JSON Lines of issue records, or an archive.json")
    })?;
    let history = history::read(BufReader::with_capacity(64 << 10, file), None, with_pull_requests).map_err(|e| {
        let code = if e.trouble() == Trouble::Away { exit::COULD_NOT_JUDGE } else { exit::NO };
        Failure::new(code, format!("read the history {shown}: {e}"), e.hint())
    })?;
    let said = history.as_of.map(|at| (at, "the file says so"));
    let taken = said.or_else(|| state_beside(path).map(|at| (at, "the state.json beside the file")));
    let (n_skipped, skipped) = (history.batch.n_skipped, history.batch.skipped);
    Ok(Recorded { incidents: newest(history.batch.items), taken, n_skipped, skipped })
}

/// One incident a key: a backup that was added to holds the newer record as well.
fn newest(items: Vec<Incident>) -> Vec<Incident> {
    let mut places: HashMap<_, usize> = HashMap::with_capacity(items.len());
    let mut kept: Vec<Incident> = Vec::with_capacity(items.len());
    for item in items {
        match places.get(&item.key).and_then(|place| kept.get_mut(*place)) {
            Some(known) if known.updated_at <= item.updated_at => *known = item,
            Some(_) => {}
            None => {
                places.insert(item.key.clone(), kept.len());
                kept.push(item);
            }
        }
    }
    kept
}

/// As of when: never later than the history knows, else what was asked, else the last moment in it.
fn as_of(recorded: &Recorded, asked: Option<DateTime<Utc>>, now: DateTime<Utc>) -> (DateTime<Utc>, &'static str) {
    match (recorded.taken, asked) {
        (Some((taken, _)), Some(at)) if at < taken => (at, "as asked"),
        (Some(taken), _) => taken,
        (None, Some(at)) => (at, "as asked"),
        (None, None) => {
            let moments = |i: &Incident| [Some(i.updated_at), i.closed_at, i.timeline.last().map(|e| e.at)];
            let last = recorded.incidents.iter().flat_map(moments).flatten().max();
            (last.unwrap_or(now), "the last moment in the file, which does not say when it was taken")
        }
    }
}

/// When a backup was taken: `<name>.state.json` beside it, for the longest beginning of its name that has one.
fn state_beside(path: &Path) -> Option<DateTime<Utc>> {
    let mut stem = path.file_name()?.to_str()?;
    while let Some((shorter, _)) = stem.rsplit_once('.') {
        stem = shorter;
        if let Ok(bytes) = disk::read(&path.with_file_name(format!("{stem}.state.json")), STATE_BYTES) {
            return history::as_of(&bytes);
        }
    }
    None
}
