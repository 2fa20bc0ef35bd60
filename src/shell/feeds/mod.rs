//! The roster with the calendars it asks for: files beside it, and addresses with a last good copy.
//!
//! What was last good stays: a calendar that cannot be read keeps its shifts, and the source says why and how old they are.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use url::Url;

use crate::{
    domain::{
        rota::{Roster, Unheard},
        time::{between, minus, plus, short_span},
        trouble::{Problem, Skipped, Trouble},
        zone::{Zone, Zones},
    },
    floor::fact::{Fact, SourceId},
    shell::{
        disk,
        feed_copy::{self, Copy},
        files::SMALL_FILE,
        http::Http,
        keeper::Keeper,
        stamp::{Stamp, changed},
    },
    source::{
        ical,
        roster::{
            self,
            calendar::{Feed, Place, from_calendar},
        },
    },
    text::Text,
    wire::{Request, Response},
};

mod ask;
pub mod metric;
mod past;

pub use self::{ask::ask, past::of_files};

/// From how long ago until how far ahead shifts of calendars are worked out.
const BACK: TimeDelta = TimeDelta::days(130);
const AHEAD: TimeDelta = TimeDelta::days(400);

/// A roster file and its calendars, as they are followed.
pub struct RosterSource {
    path: PathBuf,
    zones: Zones,
    /// The zone of a calendar that is the roster itself and names none.
    zone: Zone,
    /// Asks addresses; nothing where the roster may not name any.
    http: Option<Arc<Http>>,
    keeper: Option<Keeper>,
    stamp: Option<Stamp>,
    read: Option<Read>,
    /// What the file held then.
    bytes: Option<Arc<[u8]>>,
    copies: BTreeMap<Place, Copy>,
    /// The day whose window was told.
    told_on: Option<NaiveDate>,
    /// Why no address is asked, where none is.
    why_silent: &'static str,
    /// Which calendars were told as not heard, by their seats.
    told_unheard: Vec<(usize, Unheard)>,
}

/// A roster as its file says it, the calendars it asks for, and what was left out of it.
type Read = (Roster, Vec<Feed>, Vec<Skipped>);

/// One question to a calendar's host.
pub struct Question {
    place: Place,
    /// What to ask.
    pub request: Request,
}

impl RosterSource {
    /// A roster that names no addresses: one that came with a repository must not choose whom we talk to.
    pub fn new(path: PathBuf, zones: Zones) -> Self {
        Self {
            path,
            zones,
            zone: Zone::utc(),
            http: None,
            keeper: None,
            stamp: None,
            read: None,
            bytes: None,
            copies: BTreeMap::new(),
            told_on: None,
            why_silent: "a roster that came with a repository names no addresses: keep it among your own settings",
            told_unheard: Vec::new(),
        }
    }

    /// The same roster, whose calendars may be at addresses.
    pub fn with_http(mut self, http: Arc<Http>) -> Self {
        self.http = Some(http);
        self
    }

    /// The same roster; a calendar that is the roster itself and names no zone is read in this one.
    pub fn in_zone(mut self, zone: Zone) -> Self {
        self.zone = zone;
        self
    }

    /// Keeps copies of what addresses answer.
    pub fn keep_in(&mut self, keeper: Keeper) {
        self.keeper = Some(keeper);
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What asks the addresses.
    pub fn http(&self) -> Option<Arc<Http>> {
        self.http.clone()
    }

    /// Looks at the files and tells what is new. A calendar at an address that was never heard is waited for: see
    /// [`RosterSource::questions`].
    pub fn poll(&mut self, source: SourceId, now: DateTime<Utc>, tell: &mut dyn FnMut(Fact)) {
        let mut is_new = self.told_on != Some(now.date_naive());
        match changed(&self.path, &self.stamp) {
            Err(error) => {
                let why = format!("{}: {}", self.path.to_string_lossy(), disk::why(&error));
                return tell(failed(source, Trouble::Away, &why));
            }
            Ok(None) if !(is_new && is_calendar(&self.path)) => {}
            Ok(found) => match self.read_file(now) {
                Ok((read, bytes)) => {
                    (self.read, self.bytes) = (Some(read), Some(bytes.into()));
                    self.stamp = found.or(self.stamp);
                    is_new = true;
                }
                Err((trouble, why)) => {
                    let name = self.path.file_name().unwrap_or(self.path.as_os_str()).to_string_lossy().into_owned();
                    return tell(failed(source, trouble, &format!("{name}: {why}")));
                }
            },
        }
        self.recall();
        is_new |= self.look_at_files();
        for copy in self.copies.values_mut() {
            is_new |= copy.take_news();
        }
        // Without a calendar that is still being asked for, the rota would show gaps that are none.
        if self.copies.values().any(Copy::is_awaited) {
            return;
        }
        let unheard = self.unheard();
        is_new |= unheard != self.told_unheard;
        let Some((roster, left_out)) = self.whole(now).filter(|_| is_new) else {
            return match self.trouble(now) {
                Some((trouble, why)) => tell(failed(source, trouble, &why)),
                None => tell(Fact::Unchanged { source, budget: None }),
            };
        };
        (self.told_on, self.told_unheard) = (Some(now.date_naive()), unheard);
        tell(Fact::FilesRead { source, files: self.files_read() });
        tell(Fact::RosterRead { source, roster: Box::new(roster) });
        tell(Fact::LeftOut { source, skipped: left_out });
        if let Some((trouble, why)) = self.trouble(now) {
            tell(failed(source, trouble, &why));
        }
    }

    /// The roster as the file alone says it, or of a calendar the whole of it; and the file.
    fn read_file(&self, now: DateTime<Utc>) -> Result<(Read, Vec<u8>), (Trouble, String)> {
        let limit = if is_calendar(&self.path) { ical::LIMIT_BYTES } else { SMALL_FILE };
        let bytes = disk::read(&self.path, limit).map_err(|error| (Trouble::Away, disk::why(&error)))?;
        self.read_bytes(&bytes, now).map(|read| (read, bytes))
    }

    fn read_bytes(&self, bytes: &[u8], now: DateTime<Utc>) -> Result<Read, (Trouble, String)> {
        if is_calendar(&self.path) {
            let name = self.path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            let garbled = |error: ical::CalendarError| (Trouble::Garbled, error.to_string());
            let (roster, skipped) =
                of_calendar(bytes, &Text::scrub(&name), &self.zone, &self.zones, now).map_err(garbled)?;
            return Ok((roster, Vec::new(), skipped));
        }
        let file = std::str::from_utf8(bytes).map_err(|_| (Trouble::Garbled, "it is not UTF-8".to_owned()))?;
        let file = file.strip_prefix('\u{feff}').unwrap_or(file);
        let (roster, feeds) =
            roster::read_with_feeds(file, &self.zones).map_err(|problems| (Trouble::Garbled, first_of(&problems)))?;
        Ok((roster, feeds, Vec::new()))
    }

    /// Begins with what the store kept of each address, and forgets calendars the roster names no more.
    fn recall(&mut self) {
        let Some((_, feeds, _)) = &self.read else { return };
        self.copies.retain(|place, _| feeds.iter().any(|feed| feed.place == *place));
        for feed in feeds {
            if self.copies.contains_key(&feed.place) {
                continue;
            }
            let copy = match (&feed.place, &self.http) {
                (Place::File(_), _) => Copy::default(),
                (Place::Address(_), None) => Copy::refused(self.why_silent),
                (Place::Address(url), Some(_)) => {
                    let kept = self.keeper.as_ref().and_then(|keeper| self.kept(keeper, url));
                    kept.unwrap_or_else(Copy::awaited)
                }
            };
            self.copies.insert(feed.place.clone(), copy);
        }
    }

    /// Reads the calendar files that changed; whether one did.
    fn look_at_files(&mut self) -> bool {
        let folder = self.path.parent().map(Path::to_path_buf).unwrap_or_default();
        let mut is_new = false;
        for (place, copy) in &mut self.copies {
            let Place::File(file) = place else { continue };
            let path = folder.join(file);
            match changed(&path, &copy.stamp) {
                Ok(None) => {}
                Ok(found) => {
                    match disk::read(&path, ical::LIMIT_BYTES) {
                        Ok(bytes) => is_new |= copy.take(bytes, None, &self.zones),
                        Err(error) => copy.trouble = Some((Trouble::Away, disk::why(&error))),
                    }
                    copy.stamp = found;
                }
                Err(error) => {
                    copy.trouble = Some((Trouble::Away, disk::why(&error)));
                    copy.stamp = None;
                }
            }
        }
        is_new
    }

    /// The roster with the shifts of every calendar that was ever read, and what was left out of them.
    fn whole(&self, now: DateTime<Utc>) -> Option<(Roster, Vec<Skipped>)> {
        let (roster, feeds, skipped) = self.read.as_ref()?;
        let (mut roster, mut skipped) = (roster.clone(), skipped.clone());
        for feed in feeds {
            let Some(bytes) = self.copies.get(&feed.place).and_then(|copy| copy.bytes.as_deref()) else { continue };
            // What is kept was a calendar when it was taken.
            let Ok(calendar) = ical::read(bytes, window(now), &roster.zone, &self.zones) else { continue };
            let (layers, strangers) = feed.layers(&calendar, &roster.people);
            let named =
                |s: &Skipped| Skipped { at: Text::scrub(&format!("{}, {}", feed.name, s.at)), why: s.why.clone() };
            skipped.extend(calendar.skipped.iter().map(named));
            skipped.extend(strangers);
            if let Some(seat) = roster.schedules.get_mut(feed.seat) {
                seat.calendars.extend(layers);
            }
        }
        for (seat, unheard) in self.unheard() {
            if let Some(seat) = roster.schedules.get_mut(seat) {
                seat.unheard.push(unheard);
            }
        }
        Some((roster, skipped))
    }

    /// The calendars that do not say what they say now, with the seat that rests on each.
    fn unheard(&self) -> Vec<(usize, Unheard)> {
        let Some((_, feeds, _)) = &self.read else { return Vec::new() };
        let of_feed = |feed: &Feed| {
            let copy = self.copies.get(&feed.place)?;
            let why = Text::scrub(copy.doubt()?);
            Some((feed.seat, Unheard { calendar: feed.name.clone(), why, has_copy: copy.bytes.is_some() }))
        };
        feeds.iter().filter_map(of_feed).collect()
    }

    /// The first calendar in trouble, with the age of what is shown instead.
    fn trouble(&self, now: DateTime<Utc>) -> Option<(Trouble, String)> {
        let (_, feeds, _) = self.read.as_ref()?;
        feeds.iter().find_map(|feed| {
            let copy = self.copies.get(&feed.place)?;
            let (trouble, why) = copy.trouble.as_ref()?;
            let instead = match (&copy.bytes, copy.heard_at) {
                (None, _) => "its shifts are missing".to_owned(),
                (Some(_), Some(at)) => format!("its copy of {} ago is used", short_span(between(at, now))),
                (Some(_), None) => "what it last said is used".to_owned(),
            };
            Some((*trouble, format!("calendar {} ({}): {why}; {instead}", feed.name, feed.place)))
        })
    }

    /// The addresses that are due; each is given out once and expected back in [`RosterSource::answered`].
    pub fn questions(&mut self, now: DateTime<Utc>) -> Vec<Question> {
        let Some((_, feeds, _)) = self.read.as_ref().filter(|_| self.http.is_some()) else { return Vec::new() };
        let mut due = Vec::new();
        for feed in feeds {
            let Place::Address(url) = &feed.place else { continue };
            let Some(copy) = self.copies.get_mut(&feed.place) else { continue };
            if copy.asked_at.is_none_or(|at| plus(at, feed.every) <= now) {
                copy.asked_at = Some(now);
                due.push(Question { place: feed.place.clone(), request: copy.request(url) });
            }
        }
        due
    }

    /// Takes an answer; keeps a copy of it on disk.
    pub fn answered(&mut self, question: &Question, answer: Result<Response, (Trouble, String)>, now: DateTime<Utc>) {
        let Some(copy) = self.copies.get_mut(&question.place) else { return };
        copy.answered(answer, now, &self.zones);
        if let (Place::Address(url), Some(keeper)) = (&question.place, &self.keeper) {
            // A copy that cannot be kept costs a later start its first picture, no more.
            let (url, copy) = (url.clone(), copy.clone());
            keeper.write_aside(move |store| feed_copy::keep(store, &url, &copy));
        }
    }

    /// The copy of an address that an earlier run kept.
    fn kept(&self, keeper: &Keeper, url: &Url) -> Option<Copy> {
        let (url, zones) = (url.clone(), self.zones.clone());
        keeper.with_now(move |store| feed_copy::kept(store, &url, &zones)).ok().flatten()
    }
}

/// A roster read once, for commands that print and end.
pub struct Once {
    /// The roster, with the shifts of its calendar files.
    pub roster: Roster,
    /// Events that were left out.
    pub skipped: Vec<Skipped>,
    /// What is missing, and why, if anything: a calendar that cannot be read, or one at an address, which is not asked.
    pub trouble: Option<Text>,
}

/// Reads a roster file (`.toml`, or `.ics` for a calendar alone) with its calendar files, and asks no host.
///
/// # Errors
/// What kind of trouble the roster file itself is in, and why.
pub fn read_once(path: &Path, zones: &Zones, now: DateTime<Utc>) -> Result<Once, (Trouble, Text)> {
    let mut source = RosterSource::new(path.to_path_buf(), zones.clone());
    source.why_silent = "--roster reads files and asks no address: name this roster in settings of your own";
    let (mut read, mut left_out, mut trouble) = (None, Vec::new(), None);
    source.poll(SourceId(0), now, &mut |fact| match fact {
        Fact::RosterRead { roster, .. } => read = Some(*roster),
        Fact::LeftOut { skipped, .. } => left_out = skipped,
        Fact::Failed { trouble: kind, why, .. } => trouble = Some((kind, why)),
        _ => {}
    });
    match (read, trouble) {
        (Some(roster), trouble) => Ok(Once { roster, skipped: left_out, trouble: trouble.map(|(_, why)| why) }),
        (None, Some(trouble)) => Err(trouble),
        (None, None) => Err((Trouble::Away, Text::scrub("it did not answer"))),
    }
}

/// Reads a calendar as a roster of one seat, in its own zone or else in `zone`.
///
/// # Errors
/// The bytes are no calendar.
pub fn of_calendar(
    bytes: &[u8],
    name: &Text,
    zone: &Zone,
    zones: &Zones,
    now: DateTime<Utc>,
) -> Result<(Roster, Vec<Skipped>), ical::CalendarError> {
    let zone = ical::own_zone(bytes, zones).unwrap_or_else(|| zone.clone());
    let calendar = ical::read(bytes, window(now), &zone, zones)?.with_sense()?;
    let (roster, strangers) = from_calendar(&calendar, name, &zone);
    Ok((roster, calendar.skipped.into_iter().chain(strangers).collect()))
}

/// Whether a path is a calendar by its ending.
pub fn is_calendar(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("ics") || ending.eq_ignore_ascii_case("ical"))
}

/// From when until when shifts of calendars are worked out.
pub fn window(now: DateTime<Utc>) -> (DateTime<Utc>, DateTime<Utc>) {
    (minus(now, BACK), plus(now, AHEAD))
}

/// The first problem with how many more there are; `watchfloor config check` lists them all.
fn first_of(problems: &[Problem]) -> String {
    let first = problems.first().map(|p| p.to_string().replace('\n', ";")).unwrap_or_default();
    match problems.len() {
        0 | 1 => first,
        n => format!("{first} (and {} more)", n - 1),
    }
}

fn failed(source: SourceId, trouble: Trouble, why: &str) -> Fact {
    Fact::Failed { source, trouble, why: Text::scrub(why) }
}

#[cfg(test)]
mod tests;
