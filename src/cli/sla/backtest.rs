//! `watchfloor sla backtest`: what a policy would have meant on a recorded history.

use std::{
    io::BufReader,
    path::{Path, PathBuf},
};

use super::{page, scene};
use crate::{
    cli::{
        args::{Backtest, Common, Sla},
        board, exit,
        failure::{Failure, complain, print},
        past::{self, AsOf},
        setup, show,
    },
    config::{self, Trust},
    domain::{
        incident::Incident,
        sla::{Policy, backtest::backtest},
        trouble::Skipped,
        zone::{Zone, Zones},
    },
    shell::{clock::Clock, disk, stamp::open_regular},
    sink::trial::{Trial, Trials},
    source::history,
    text::Text,
};

/// A history, whole.
struct Recorded {
    incidents: Vec<Incident>,
    taken: Option<AsOf>,
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
    let last = || past::last_moment(&recorded.incidents);
    let (as_of, as_of_from) = past::as_of(recorded.taken, sla.at.or(common.now), last, now);
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
    let (repository, input) = (past::named_after(path), BufReader::with_capacity(64 << 10, file));
    let history = history::read(input, repository.as_ref(), with_pull_requests)
        .map_err(|e| Failure::new(exit::COULD_NOT_JUDGE, format!("read the history {shown}: {e}"), e.hint()))?;
    let taken = past::taken(history.as_of, path);
    let (n_skipped, skipped) = (history.batch.n_skipped, history.batch.skipped);
    Ok(Recorded { incidents: past::newest(history.batch.items), taken, n_skipped, skipped })
}
