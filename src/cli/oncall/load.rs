//! The roster that a command asks: one file alone, or what the settings name.

use std::path::Path;

use chrono::{DateTime, SubsecRound as _, TimeDelta, Utc};

use crate::{
    cli::{
        args::{Asked, Common, Moment, Span},
        exit,
        failure::{Failure, complain},
        setup::{self, Setup},
        then::Then,
    },
    domain::{
        rota::{Roster, Schedule, Segment, watched::Watched},
        time::{between, minus, plus, rfc3339},
        trouble::{Problem, Skipped, Trouble, nearest},
        zone::{Zone, Zones, advice::advice},
    },
    floor::freshness::{Feed, Source},
    shell::{clock::Clock, disk, feeds, past::Known},
    sink::rota::About,
    source::{
        ical::{self, CalendarError},
        roster::{self, calendar::from_calendar, import},
    },
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
    /// From when until when the shifts of calendars are known.
    calendars: (DateTime<Utc>, DateTime<Utc>),
    /// What is on record of the stretch that was looked up.
    seen: Vec<Watched>,
    /// What the roster could not be read with: it may say less than it should.
    pub doubts: Vec<Text>,
    /// What is known of the instant asked about, where it is past and the settings' roster is asked.
    pub known: Option<Known>,
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
pub async fn load(asked: &Asked, span: Span, common: &Common, zones: &Zones) -> Result<Rota, Failure> {
    let tz = asked.tz.as_ref().map(|name| zone(name, zones)).transpose()?;
    let now = common.now.unwrap_or_else(|| Clock::Wall.now());
    let now = now.trunc_subsecs(0);
    let at = asked.at.unwrap_or(now);
    let Some(path) = &asked.roster else {
        return of_settings(setup::set_up(common, zones)?, asked, zones).await;
    };
    let name = Text::scrub(&path.to_string_lossy());
    let days = tz.clone().unwrap_or_else(Zone::utc);
    let window = window(span, at);
    let (roster, doubts) = read(path, window, &days, zones)?;
    let calendars = if feeds::is_calendar(path) { window } else { feeds::window(middle(window)) };
    let shown = tz.unwrap_or_else(|| roster.zone.clone());
    seated(
        Rota {
            roster,
            name,
            shown,
            at,
            now,
            setup: None,
            seat: None,
            calendars,
            seen: Vec::new(),
            doubts,
            known: None,
        },
        asked,
    )
}

/// Reads the roster that settings name.
///
/// # Errors
/// As [`load`].
pub async fn of_settings(mut setup: Setup, asked: &Asked, zones: &Zones) -> Result<Rota, Failure> {
    let Some(path) = setup.engine.roster().map(Path::to_path_buf) else {
        let hint = "name one with --roster FILE, or in the settings: [roster] and file = \"oncall.toml\"";
        return Err(Failure::new(exit::CONFIG, "find a roster: the settings name none", hint));
    };
    if setup.floor.on_call().is_none() {
        if let Some(what) = setup.engine.unrecorded() {
            complain(&format!("note: {what}"));
        }
        setup.read_feed(Feed::Roster).await;
    }
    let now = setup.clock.now().trunc_subsecs(0);
    if let Some(on_call) = setup.floor.on_call() {
        let roster = on_call.roster.clone();
        let shown = match &asked.tz {
            Some(name) => zone(name, zones)?,
            None => roster.zone.clone(),
        };
        let doubts = setup.floor.sources_of(Feed::Roster).flat_map(doubts).collect();
        let (name, at) = (Text::scrub(&path.to_string_lossy()), asked.at.unwrap_or(now));
        let calendars = feeds::window(now);
        let (setup, seen) = (Some(setup), Vec::new());
        return seated(
            Rota { roster, name, shown, at, now, setup, seat: None, calendars, seen, doubts, known: None },
            asked,
        );
    }
    // The floor keeps the first problem; whoever repairs the file wants them all.
    read(&path, (now, now), &Zone::utc(), zones)?;
    let trouble = setup.floor.sources_of(Feed::Roster).find_map(|source| source.trouble.as_ref());
    let (code, why) = match trouble {
        Some((Trouble::Garbled, _, why)) => (exit::CONFIG, why.to_string()),
        Some((_, _, why)) => (exit::COULD_NOT_JUDGE, why.to_string()),
        None => (exit::COULD_NOT_JUDGE, "it did not answer".to_owned()),
    };
    Err(Failure::new(code, format!("read the roster: {why}"), "see watchfloor doctor"))
}

fn seated(rota: Rota, asked: &Asked) -> Result<Rota, Failure> {
    let roster = &rota.roster;
    let seat = asked.seat.as_ref().map(|seat| Text::scrub(seat));
    if let Some(seat) = seat.as_ref().filter(|seat| !roster.schedules.iter().any(|s| s.name == **seat)) {
        return Err(no_such_seat(seat, roster));
    }
    Ok(Rota { seat, ..rota })
}

/// The time that a calendar is read for: what is asked, and more than a duty looks to both sides.
fn window(span: Span, at: DateTime<Utc>) -> (DateTime<Utc>, DateTime<Utc>) {
    // Whose clock a wall time is read by is not known yet; a zone is a day away at most.
    let rough = |moment: Moment| moment.at(&Zone::utc());
    let (from, to) = (span.from.map_or(at, |from| rough(from).min(at)), span.to.map_or(at, |to| rough(to).max(at)));
    (minus(from.min(to), BESIDE), plus(to.max(from), BESIDE))
}

/// Beside what is asked: the longest default stretch and the sixty days that a duty looks ahead.
const BESIDE: TimeDelta = TimeDelta::days(400);

/// Why an answer of a source is not whole: its trouble, and each record that was left out of it.
fn doubts(source: &Source) -> Vec<Text> {
    let trouble = source.trouble.as_ref();
    let trouble = trouble.map(|(trouble, _, why)| Text::scrub(&format!("{}: {}: {why}", source.name, trouble.word())));
    trouble.into_iter().chain(source.left_out().iter().map(|what| Text::scrub(what))).collect()
}

/// Reads one file, by its ending: a calendar (`.ics`) within a window, its days those of `days`; an exported schedule
/// (`.json`); anything else as a roster.
///
/// Returns what had to be left out beside it.
fn read(
    path: &Path,
    window: (DateTime<Utc>, DateTime<Utc>),
    days: &Zone,
    zones: &Zones,
) -> Result<(Roster, Vec<Text>), Failure> {
    let name = Text::scrub(&path.to_string_lossy());
    let ending = path.extension().map(|ending| ending.to_string_lossy().to_ascii_lowercase());
    let is_calendar = feeds::is_calendar(path);
    let limit = if is_calendar { ical::LIMIT_BYTES } else { LIMIT_BYTES };
    let bytes = disk::read(path, limit).map_err(|error| {
        let hint = "give the path of a roster: see docs/guide/roster.md";
        Failure::new(exit::COULD_NOT_JUDGE, format!("read the roster {name}: {}", disk::why(&error)), hint)
    })?;
    if is_calendar {
        return calendar(path, &bytes, window, days, zones);
    }
    if ending.as_deref() == Some("json") {
        let (roster, skipped) = import::read(&bytes, zones).map_err(|error| {
            let hint = "export it again, or write a roster: see docs/guide/roster.md";
            Failure::new(exit::CONFIG, format!("read the exported schedule {name}: {error}"), hint)
        })?;
        return Ok((roster, all(&skipped)));
    }
    let written = String::from_utf8(bytes).map_err(|_| {
        Failure::new(exit::CONFIG, format!("read the roster {name}: it is not UTF-8"), "save the file as UTF-8")
    })?;
    let written = written.strip_prefix('\u{feff}').unwrap_or(&written);
    let (roster, asked) = roster::read_with_feeds(written, zones).map_err(|problems| refused(&name, &problems))?;
    if asked.is_empty() {
        return Ok((roster, Vec::new()));
    }
    let once = feeds::read_once(path, zones, middle(window)).map_err(|(_, why)| {
        Failure::new(exit::COULD_NOT_JUDGE, format!("read the roster {name}: {why}"), "see watchfloor doctor")
    })?;
    let mut doubts = all(&once.skipped);
    doubts.extend(once.trouble);
    Ok((once.roster, doubts))
}

/// The instant that calendars are read around: what was asked lies as far before it as they reach back.
fn middle(window: (DateTime<Utc>, DateTime<Utc>)) -> DateTime<Utc> {
    plus(window.0, BESIDE)
}

/// A calendar alone as a roster of one seat, its days those of its own zone, or else of `days`.
fn calendar(
    path: &Path,
    bytes: &[u8],
    window: (DateTime<Utc>, DateTime<Utc>),
    days: &Zone,
    zones: &Zones,
) -> Result<(Roster, Vec<Text>), Failure> {
    let name = Text::scrub(&path.to_string_lossy());
    let zone = ical::own_zone(bytes, zones).unwrap_or_else(|| days.clone());
    let read = ical::read(bytes, window, &zone, zones).and_then(ical::Calendar::with_sense).map_err(|error| {
        // Half a calendar says nothing of what the whole one holds.
        let is_part = matches!(error, CalendarError::CutOff(_) | CalendarError::Unreadable(_));
        let code = if is_part { exit::COULD_NOT_JUDGE } else { exit::CONFIG };
        Failure::new(code, format!("read the calendar {name}: {error}"), "export it again")
    })?;
    let stem = Text::scrub(&path.file_stem().map(|stem| stem.to_string_lossy()).unwrap_or_default());
    let (roster, strangers) = from_calendar(&read, &stem, &zone);
    let mut doubts = all(&read.skipped);
    doubts.extend(all(&strangers));
    Ok((roster, doubts))
}

fn all(skipped: &[Skipped]) -> Vec<Text> {
    skipped.iter().map(|skipped| Text::scrub(&format!("{}: {}", skipped.at, skipped.why))).collect()
}

/// Says every problem of a file.
fn refused(name: &Text, problems: &[Problem]) -> Failure {
    for problem in problems {
        complain(&format!("error: {name}: {problem}"));
    }
    complain(&format!("{} in {name}", counted(problems.len(), "problem", "problems")));
    Failure::Said(exit::CONFIG)
}

fn zone(name: &str, zones: &Zones) -> Result<Zone, Failure> {
    zones.find(name).ok_or_else(|| {
        Failure::new(exit::USAGE, format!("--tz {}: no zone of that name", Text::scrub(name)), advice(name))
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
    /// The roster as it was known at the instant asked about, where that is past and on record; else it stays today's, and
    /// that is said.
    ///
    /// # Errors
    /// The seat asked about was not in it.
    pub fn as_known_then(mut self, asked: &Asked, zones: &Zones) -> Result<Self, Failure> {
        let at = self.at;
        let Some(setup) = self.setup.as_ref().filter(|_| asked.at.is_some() && at < self.now) else { return Ok(self) };
        let Ok(then) = Then::of(setup, at, zones) else { return Ok(self) };
        self.known = Some(then.known);
        let Some(on_call) = then.floor.on_call() else {
            complain("note: the roster of that time is not on record: by the roster of today");
            return Ok(self);
        };
        self.roster = on_call.roster.clone();
        self.doubts = then.floor.sources_of(Feed::Roster).flat_map(doubts).collect();
        seated(self, asked)
    }

    /// Since when things are on record, for a document about the past.
    pub fn recorded_since(&self) -> Option<String> {
        self.known.and_then(|known| known.since).map(rfc3339)
    }

    /// The seats asked about, in the order of the roster.
    pub fn seats(&self) -> impl Iterator<Item = &Schedule> {
        self.roster.schedules.iter().filter(|schedule| self.seat.as_ref().is_none_or(|seat| schedule.name == *seat))
    }

    /// What an answer says of itself.
    pub fn about(&self) -> About<'_> {
        About { roster: &self.name, zone: &self.roster.zone, shown: &self.shown, at: self.at, doubts: &self.doubts }
    }

    /// The instant that an option names; a wall clock is that of the zone times are printed in. Says what is odd about it.
    pub fn read(&self, option: &str, moment: Moment) -> DateTime<Utc> {
        if let Some(oddity) = moment.oddity(&self.shown) {
            complain(&format!("note: {option} in {}: {}", self.shown.name(), oddity.word()));
        }
        moment.at(&self.shown)
    }

    /// The stretch of time asked about.
    ///
    /// # Errors
    /// Exit code 2 where it ends before it begins, or is longer than twenty years.
    pub fn span(&mut self, span: Span, default: Default) -> Result<(DateTime<Utc>, DateTime<Utc>), Failure> {
        let at = self.at;
        let (from, to) = (span.from.map(|m| self.read("--from", m)), span.to.map(|m| self.read("--to", m)));
        let (from, to) = match (from, to, default) {
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
        let (first, last) = self.calendars;
        if (from < first || last < to) && self.seats().any(|seat| !seat.calendars.is_empty()) {
            let day = |at| self.roster.zone.local(at).format("%-d %b %Y");
            let said = format!("calendars are read from {} to {} only", day(first), day(last));
            self.doubts.push(Text::scrub(&said));
        }
        Ok((from, to))
    }

    /// Looks up the record of `[from, to)`, as far as it is past. One that cannot be read is a doubt: the answer goes by the
    /// roster of today, and is not whole. Nothing where one file is asked alone: no record is kept of that.
    pub fn look_up(&mut self, from: DateTime<Utc>, to: DateTime<Utc>) {
        let Some(setup) = self.setup.as_ref().filter(|_| from < self.now) else { return };
        match setup.engine.recorded(from, to.min(self.now)) {
            Ok((seen, lost)) => {
                self.seen = seen;
                let said =
                    |what| format!("part of the record of duties is lost, and the roster of today is used: {what}");
                self.doubts.extend(lost.map(|what| Text::scrub(&said(what))));
            }
            Err(why) => {
                let said = format!("the record of duties cannot be read, and the roster of today is used: {why}");
                self.doubts.push(Text::scrub(&said));
            }
        }
    }

    /// What was seen of a seat in the time that was looked up.
    pub fn recorded(&self, seat: &Text) -> Vec<Segment> {
        let of_seat = self.seen.iter().filter(|watched| watched.seat == *seat);
        // Reports speak in whole seconds; a part of one is left out rather than shown as a stretch without length.
        let whole = of_seat.map(|Watched { people, start, end, .. }| {
            let up = if start.timestamp_subsec_nanos() == 0 { *start } else { plus(*start, TimeDelta::seconds(1)) };
            Segment { start: up.trunc_subsecs(0), end: end.trunc_subsecs(0), people: people.clone() }
        });
        whole.filter(|segment| segment.start < segment.end).collect()
    }

    /// The exit code of an answer: what was printed is whole only if the roster was read whole. Says what is missing.
    pub fn code(&self) -> u8 {
        for doubt in &self.doubts {
            complain(&format!("note: not whole: {doubt}"));
        }
        if self.doubts.is_empty() { exit::DONE } else { exit::COULD_NOT_JUDGE }
    }
}
