//! The roster that a command asks: one file alone, or what the settings name.

use std::path::Path;

use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    cli::{
        args::{Asked, Common, Span},
        exit,
        failure::{Failure, complain},
        setup::{self, Setup},
    },
    domain::{
        rota::{Roster, Schedule, Segment, watched::Watched},
        time::{between, minus, plus},
        trouble::{Problem, Trouble, nearest},
        zone::{Zone, Zones},
    },
    floor::freshness::Feed,
    shell::{clock::Clock, disk},
    sink::rota::About,
    source::roster,
    text::{Text, counted},
};

/// A roster with what a command needs beside it.
pub struct Rota {
    /// The roster.
    pub roster: Roster,
    /// Its file, as it was named.
    pub name: Text,
    /// The zone that times are printed in.
    pub shown: Zone,
    /// The instant asked about.
    pub at: DateTime<Utc>,
    /// What time it is.
    pub now: DateTime<Utc>,
    /// The settings' floor and engine; nothing where one file was asked alone.
    pub setup: Option<Setup>,
    /// Only this seat is wanted.
    seat: Option<Text>,
}

/// The longest roster that is read, in bytes.
const LIMIT_BYTES: usize = 4 * 1024 * 1024;

/// The longest stretch that is worked out; a slip in a year must not fill the memory.
const LONGEST_SPAN: TimeDelta = TimeDelta::days(20 * 366);

/// Reads the roster of `--roster`, or else the one that the settings name.
///
/// # Errors
/// Exit code 4 for a file that cannot be read, 3 for one with problems (all of them are said) or for settings without a
/// roster, 2 for a zone or a seat that is not known.
pub async fn load(asked: &Asked, common: &Common, zones: &Zones) -> Result<Rota, Failure> {
    let (roster, name, setup) = match &asked.roster {
        Some(path) => (read(path, zones)?, Text::scrub(&path.to_string_lossy()), None),
        None => of_settings(common, zones).await?,
    };
    let now = common.now.unwrap_or_else(|| Clock::Wall.now());
    let shown = match &asked.tz {
        Some(name) => zone(name, zones)?,
        None => roster.zone.clone(),
    };
    let seat = asked.seat.as_ref().map(|seat| Text::scrub(seat));
    if let Some(seat) = seat.as_ref().filter(|seat| !roster.schedules.iter().any(|s| s.name == **seat)) {
        return Err(no_such_seat(seat, &roster));
    }
    Ok(Rota { roster, name, shown, at: asked.at.unwrap_or(now), now, setup, seat })
}

/// Reads one roster file, by its ending.
///
/// # Errors
/// Exit code 4 where it cannot be read, 3 where it has problems: each is said with its line and its key.
pub fn read(path: &Path, zones: &Zones) -> Result<Roster, Failure> {
    let name = Text::scrub(&path.to_string_lossy());
    let bytes = disk::read(path, LIMIT_BYTES).map_err(|error| {
        let hint = "give the path of a roster: see docs/guide/roster.md";
        Failure::new(exit::COULD_NOT_JUDGE, format!("read the roster {name}: {}", disk::why(&error)), hint)
    })?;
    let written = String::from_utf8(bytes).map_err(|_| {
        Failure::new(exit::CONFIG, format!("read the roster {name}: it is not UTF-8"), "save the file as UTF-8")
    })?;
    let written = written.strip_prefix('\u{feff}').unwrap_or(&written);
    roster::read(written, zones).map_err(|problems| refused(&name, &problems))
}

/// Says every problem of a file.
fn refused(name: &Text, problems: &[Problem]) -> Failure {
    for problem in problems {
        complain(&format!("error: {name}: {problem}"));
    }
    complain(&format!("{} in {name}", counted(problems.len(), "problem", "problems")));
    Failure::Said(exit::CONFIG)
}

async fn of_settings(common: &Common, zones: &Zones) -> Result<(Roster, Text, Option<Setup>), Failure> {
    let mut setup = setup::set_up(common, zones)?;
    let Some(path) = setup.engine.roster().map(Path::to_path_buf) else {
        let hint = "name one with --roster FILE, or in the settings: [roster] and file = \"oncall.toml\"";
        return Err(Failure::new(exit::CONFIG, "find a roster: the settings name none", hint));
    };
    setup.read_feed(Feed::Roster).await;
    if let Some(on_call) = setup.floor.on_call() {
        return Ok((on_call.roster.clone(), Text::scrub(&path.to_string_lossy()), Some(setup)));
    }
    // The floor keeps the first problem; whoever repairs the file wants them all.
    read(&path, zones)?;
    let trouble = setup.floor.sources_of(Feed::Roster).find_map(|source| source.trouble.as_ref());
    let (code, why) = match trouble {
        Some((Trouble::Garbled, _, why)) => (exit::CONFIG, why.to_string()),
        Some((_, _, why)) => (exit::COULD_NOT_JUDGE, why.to_string()),
        None => (exit::COULD_NOT_JUDGE, "it did not answer".to_owned()),
    };
    Err(Failure::new(code, format!("read the roster: {why}"), "see watchfloor doctor"))
}

fn zone(name: &str, zones: &Zones) -> Result<Zone, Failure> {
    zones.find(name).ok_or_else(|| {
        let hint = match zones.nearest(name) {
            Some(near) => format!("did you mean {near}?"),
            None => "write an IANA name such as Europe/Berlin, or UTC".to_owned(),
        };
        Failure::new(exit::USAGE, format!("--tz {}: no zone of that name", Text::scrub(name)), hint)
    })
}

fn no_such_seat(seat: &Text, roster: &Roster) -> Failure {
    let names = || roster.schedules.iter().map(|s| s.name.as_str());
    let hint = match nearest(seat.as_str(), names()) {
        Some(near) => format!("did you mean {near}?"),
        None => format!("the seats are {}", names().collect::<Vec<_>>().join(", ")),
    };
    Failure::new(exit::USAGE, format!("--seat {seat}: the roster has no seat of that name"), hint)
}

/// Which part of time is asked for where `--from` or `--to` is left out.
#[derive(Debug, Clone, Copy)]
pub enum Default {
    /// So long from the instant asked about.
    Ahead(TimeDelta),
    /// So long up to the instant asked about.
    Back(TimeDelta),
}

impl Rota {
    /// The seats asked about, in the order of the roster.
    pub fn seats(&self) -> impl Iterator<Item = &Schedule> {
        self.roster.schedules.iter().filter(|schedule| self.seat.as_ref().is_none_or(|seat| schedule.name == *seat))
    }

    /// What an answer says of itself.
    pub fn about(&self) -> About<'_> {
        About { roster: &self.name, zone: &self.roster.zone, shown: &self.shown, at: self.at }
    }

    /// The stretch of time asked about.
    ///
    /// # Errors
    /// Exit code 2 where it ends before it begins, or is longer than twenty years.
    pub fn span(&self, span: Span, default: Default) -> Result<(DateTime<Utc>, DateTime<Utc>), Failure> {
        let at = self.at;
        let (from, to) = match (span.from, span.to, default) {
            (Some(from), Some(to), _) => (from, to),
            (Some(from), None, Default::Back(_)) if from < at => (from, at),
            (Some(from), None, Default::Ahead(length) | Default::Back(length)) => (from, plus(from, length)),
            (None, Some(to), Default::Ahead(_)) if at < to => (at, to),
            (None, Some(to), Default::Ahead(length) | Default::Back(length)) => (minus(to, length), to),
            (None, None, Default::Ahead(length)) => (at, plus(at, length)),
            (None, None, Default::Back(length)) => (minus(at, length), at),
        };
        if to <= from {
            let hint = "--from is included and --to is not: --to must be later";
            return Err(Failure::new(exit::USAGE, "--to is not after --from", hint));
        }
        if LONGEST_SPAN < between(from, to) {
            return Err(Failure::new(exit::USAGE, "from --from to --to is more than twenty years", "ask for less"));
        }
        Ok((from, to))
    }

    /// What was seen of a seat in `[from, to)`. Nothing where one file is asked alone: no record is kept of that.
    ///
    /// # Errors
    /// Exit code 4 where the record cannot be read.
    pub fn recorded(&self, seat: &Text, from: DateTime<Utc>, to: DateTime<Utc>) -> Result<Vec<Segment>, Failure> {
        let Some(setup) = &self.setup else { return Ok(Vec::new()) };
        let seen = setup.engine.recorded(from, to.min(self.now)).map_err(|error| {
            let hint = error.hint().unwrap_or("see watchfloor doctor");
            Failure::new(exit::COULD_NOT_JUDGE, format!("read the record of duties: {error}"), hint)
        })?;
        let of_seat = seen.into_iter().filter(|watched| watched.seat == *seat);
        Ok(of_seat.map(|Watched { people, start, end, .. }| Segment { start, end, people }).collect())
    }

    /// The exit code of an answer: what was printed is whole only if the roster was heard whole.
    pub fn code(&self) -> u8 {
        let floor = self.setup.iter().flat_map(|setup| setup.floor.sources_of(Feed::Roster));
        let mut doubts = floor.filter(|source| source.trouble.is_some() || 0 < source.n_skipped).peekable();
        if doubts.peek().is_none() {
            return exit::DONE;
        }
        for source in doubts {
            let why = match &source.trouble {
                Some((trouble, _, why)) => format!("{}: {why}", trouble.word()),
                None => format!("{} left out", counted(source.n_skipped, "record was", "records were")),
            };
            complain(&format!("note: {}: {why}", source.name));
        }
        exit::COULD_NOT_JUDGE
    }
}
