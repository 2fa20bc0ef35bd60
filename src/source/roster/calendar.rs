//! `[[schedule.calendar]]`: shifts that a calendar names one by one, and who its events name.

use std::{collections::BTreeMap, fmt};

use chrono::TimeDelta;
use url::{Host, Url};

use super::reader::{Reader, Table};
use crate::{
    domain::{
        rota::{CalendarLayer, CalendarShift, Contact, Person, Roster, Schedule},
        trouble::{Skipped, nearest},
        zone::Zone,
    },
    source::ical::{Calendar, Occurrence},
    text::Text,
};

/// A calendar that a roster asks for; whoever reads the roster brings its bytes.
#[derive(Debug, Clone, PartialEq)]
pub struct Feed {
    /// Which of the roster's schedules it belongs to, from 0.
    pub seat: usize,
    /// Its name.
    pub name: Text,
    /// Where it is.
    pub place: Place,
    /// The level of its shifts, where their titles name none.
    pub level: i32,
    /// Names that its events use for people of the roster, in lower case.
    pub people: Vec<(String, Person)>,
    /// How often an address is asked.
    pub every: TimeDelta,
}

/// Where a calendar is.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// A file, relative to the roster's folder.
    File(String),
    /// An address: `https`, or `http` on this machine. Its path is often a secret; only its host is ever shown.
    Address(Url),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "{}", Text::scrub(path)),
            Self::Address(url) => write!(f, "{}", Text::scrub(url.host_str().unwrap_or_default())),
        }
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// How often an address is asked where the roster does not say; publishers of calendars change them by the hour.
const EVERY: TimeDelta = TimeDelta::minutes(5);

/// No host is asked more often.
const SOONEST: TimeDelta = TimeDelta::minutes(1);

/// Reads the `nth` calendar (from 1) of a seat.
pub(super) fn read(reader: &mut Reader, table: &Table, nth: usize, seat: usize) -> Option<Feed> {
    reader.only(table, &["name", "file", "url", "level", "people", "every"]);
    let name = reader.text(table, "name").unwrap_or_else(|| Text::scrub(&format!("calendar {nth}")));
    let place = place(reader, table);
    let level = reader.level(table);
    let people = people(reader, table);
    let every = match table.get("every") {
        None => Some(EVERY),
        Some(value) => reader.length(table, "every").filter(|every| {
            let is_fine = SOONEST <= *every;
            if !is_fine {
                reader.complain(value.span(), &table.key("every"), "too often", Some("write at least \"1m\""));
            }
            is_fine
        }),
    };
    Some(Feed { seat, name, place: place?, level, people: people?, every: every? })
}

fn place(reader: &mut Reader, table: &Table) -> Option<Place> {
    match (table.get("file"), table.get("url")) {
        (Some(value), None) => {
            let path = reader.string(value, &table.key("file"))?;
            if path.trim().is_empty() {
                reader.complain(value.span(), &table.key("file"), "blank", Some("write file = \"oncall.ics\""));
                return None;
            }
            Some(Place::File(path.to_owned()))
        }
        (None, Some(value)) => {
            let written = reader.string(value, &table.key("url"))?;
            match address(written) {
                Ok(url) => Some(Place::Address(url)),
                Err((what, hint)) => {
                    reader.complain(value.span(), &table.key("url"), what, Some(hint));
                    None
                }
            }
        }
        (Some(value), Some(_)) => {
            reader.complain(value.span(), &table.path, "both file and url", Some("a calendar is at one place"));
            None
        }
        (None, None) => {
            let hint = "write file = \"oncall.ics\" or url = \"https://…\"";
            reader.complain(table.span(), &table.path, "neither file nor url", Some(hint));
            None
        }
    }
}

/// Reads an address; what is wrong is said without repeating it.
fn address(written: &str) -> Result<Url, (&'static str, &'static str)> {
    let written = written.trim();
    // webcal says no more than that a calendar is behind it.
    let secure = match written.get(..9).filter(|head| head.eq_ignore_ascii_case("webcal://")) {
        Some(_) => format!("https://{}", written.get(9..).unwrap_or_default()),
        None => written.to_owned(),
    };
    let url = Url::parse(&secure).map_err(|_| ("no address", "write https://HOST/…"))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(("has a user name in it", "ask for the calendar's private address"));
    }
    match url.scheme() {
        "https" => Ok(url),
        "http" if is_here(&url) => Ok(url),
        "http" => Err(("plain http: anybody on the way could read and change the rota", "write https://")),
        _ => Err(("neither https nor webcal", "write https://HOST/…")),
    }
}

fn is_here(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

/// `people = { "Ana R" = "ana" }`.
fn people(reader: &mut Reader, table: &Table) -> Option<Vec<(String, Person)>> {
    let Some(value) = table.get("people") else { return Some(Vec::new()) };
    let key = table.key("people");
    let Some(entries) = value.get_ref().as_table() else {
        let hint = "write people = { \"Ana R\" = \"ana\" }: the calendar's name, then the person's id";
        reader.complain(value.span(), &key, "not a table of names", Some(hint));
        return None;
    };
    let found: Vec<_> = entries
        .iter()
        .map(|(name, person)| {
            let key = format!("{key}.\"{}\"", name.get_ref());
            Some((folded(name.get_ref()), reader.person(person, &key)?))
        })
        .collect();
    found.into_iter().collect()
}

/// A name as it is compared: case and outer spaces do not count.
fn folded(name: &str) -> String {
    Text::scrub(name.trim().trim_matches('"').trim()).as_str().to_lowercase()
}

impl Feed {
    /// The shifts of a calendar whose people are known, one layer for each level, and the events that name nobody known.
    pub fn layers(&self, calendar: &Calendar, people: &[Contact]) -> (Vec<CalendarLayer>, Vec<Skipped>) {
        let known = Known::of(&self.people, people);
        let mut levels: BTreeMap<i32, Vec<CalendarShift>> = BTreeMap::new();
        let mut skipped = Vec::new();
        let mut told = std::collections::BTreeSet::new();
        for occurrence in calendar.occurrences.iter().filter(|occurrence| occurrence.start < occurrence.end) {
            let (level, title) = level_of(occurrence.summary.as_str());
            match known.people_of(occurrence, title) {
                Ok(people) => {
                    let shift = CalendarShift { start: occurrence.start, end: occurrence.end, people };
                    levels.entry(level.unwrap_or(self.level)).or_default().push(shift);
                }
                // A series names the same stranger every week; once is enough.
                Err(why) if told.insert((occurrence.line, occurrence.summary.clone())) => {
                    let at = format!("{}, line {} ({})", self.name, occurrence.line, occurrence.summary);
                    skipped.push(Skipped { at: Text::scrub(&at), why: Text::scrub(&why) });
                }
                Err(_) => {}
            }
        }
        let layer = |(level, shifts)| CalendarLayer { name: self.name.clone(), level, shifts };
        (levels.into_iter().map(layer).collect(), skipped)
    }
}

/// People by the names a calendar may use.
struct Known {
    by_name: BTreeMap<String, Person>,
}

impl Known {
    /// The calendar's own names first, then ids, names, logins and mail addresses. A name of two people is nobody's.
    fn of(mapped: &[(String, Person)], people: &[Contact]) -> Self {
        let mut by_name: BTreeMap<String, Option<Person>> = BTreeMap::new();
        let spoken = |contact: &Contact| {
            [Some(contact.name.clone()), contact.login.clone(), contact.email.clone()]
                .into_iter()
                .flatten()
                .map(|name| folded(name.as_str()))
                .collect::<Vec<_>>()
        };
        for contact in people {
            for name in spoken(contact).into_iter().filter(|name| !name.is_empty()) {
                let entry = by_name.entry(name).or_insert_with(|| Some(contact.id.clone()));
                if entry.as_ref() != Some(&contact.id) {
                    *entry = None;
                }
            }
        }
        for contact in people {
            by_name.insert(folded(contact.id.as_str()), Some(contact.id.clone()));
        }
        for (name, person) in mapped {
            by_name.insert(name.clone(), Some(person.clone()));
        }
        Self { by_name: by_name.into_iter().filter_map(|(name, person)| Some((name, person?))).collect() }
    }

    fn find(&self, name: &str) -> Option<&Person> {
        self.by_name.get(&folded(name))
    }

    /// Who an event names: its attendees, else its title.
    fn people_of(&self, occurrence: &Occurrence, title: &str) -> Result<Vec<Person>, String> {
        let mut found: Vec<Person> = Vec::new();
        for attendee in &occurrence.attendees {
            let names = [&attendee.mail, &attendee.name];
            found.extend(names.into_iter().flatten().find_map(|name| self.find(name.as_str())).cloned());
        }
        if found.is_empty() {
            found = self.in_title(title)?;
        }
        found.sort();
        found.dedup();
        Ok(found)
    }

    /// `Ana (primary)`, `On call: Ana`, `ana, ben`. Of several names every one must be known: half a shift is a wrong one.
    fn in_title(&self, title: &str) -> Result<Vec<Person>, String> {
        if let Some(person) = spellings(title).find_map(|name| self.find(name)) {
            return Ok(vec![person.clone()]);
        }
        let parts = names_in(title);
        if parts.is_empty() {
            return Err("it has no title and nobody takes part in it".to_owned());
        }
        parts
            .iter()
            .map(|part| spellings(part).find_map(|name| self.find(name)).cloned().ok_or(part))
            .collect::<Result<_, _>>()
            .map_err(|part| {
                let near = nearest(part, self.by_name.keys().map(String::as_str)).and_then(|name| self.find(name));
                match near {
                    Some(near) => format!("nobody is called \"{part}\"; did it mean {near}? Map it under people"),
                    None => {
                        format!("nobody of the roster is called \"{part}\": map it under people, or add the person")
                    }
                }
            })
    }
}

/// The names of a title, as far as its signs part them.
fn names_in(title: &str) -> Vec<String> {
    let parts = title.split([',', ';', '&', '/', '+']).flat_map(|part| part.split(" and "));
    parts.map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

/// What of a title may be a name: all of it, without brackets, behind a colon, on either side of a dash.
fn spellings(title: &str) -> impl Iterator<Item = &str> {
    let plain = title.split(['(', '[']).next().unwrap_or(title);
    let behind = Some(behind_the_seat(plain)).filter(|behind| *behind != plain);
    let dashed = plain.split_once(" - ");
    [Some(title), Some(plain), behind, dashed.map(|(name, _)| name), dashed.map(|(_, name)| name)].into_iter().flatten()
}

/// `On call: Ana`, and `primary: Ana` as our own exports write it: whoever stands behind the seat.
fn behind_the_seat(title: &str) -> &str {
    title.rsplit_once(": ").map(|(_, name)| name.trim()).filter(|name| !name.is_empty()).unwrap_or(title)
}

/// `[L1] ana`: the level in a title, and the rest of it.
fn level_of(title: &str) -> (Option<i32>, &str) {
    let level = title.trim().strip_prefix(['[']).and_then(|rest| rest.split_once(']')).and_then(|(inside, rest)| {
        let digits = inside.trim().strip_prefix(['L', 'l'])?;
        Some((digits.parse::<u8>().ok()?, rest.trim()))
    });
    match level {
        Some((level, rest)) => (Some(i32::from(level)), rest),
        None => (None, title),
    }
}

/// A roster of one seat, made of a calendar alone: its people are whoever its titles name.
///
/// Where an event has no title, its attendees are on call. Events that name nobody are skipped.
pub fn from_calendar(calendar: &Calendar, name: &Text, zone: &Zone) -> (Roster, Vec<Skipped>) {
    let mut people: Vec<Contact> = Vec::new();
    let mut skipped = Vec::new();
    for occurrence in &calendar.occurrences {
        let (_, title) = level_of(occurrence.summary.as_str());
        let title = behind_the_seat(title);
        let mails =
            || occurrence.attendees.iter().filter_map(|who| Some((who.name.as_ref().or(who.mail.as_ref())?, who)));
        let plain = |part: &String| part.split(['(', '[']).next().unwrap_or(part).trim().to_owned();
        let mut named: Vec<String> = names_in(title).iter().map(plain).filter(|name| !name.is_empty()).collect();
        if named.is_empty() {
            named = mails().map(|(name, _)| name.as_str().to_owned()).collect();
        }
        for id in named.iter().map(|name| Text::scrub(name)) {
            if people.iter().all(|known| folded(known.id.as_str()) != folded(id.as_str())) {
                let email = mails().find(|(name, _)| **name == id).and_then(|(_, who)| who.mail.clone());
                people.push(Contact { id, name: Text::default(), login: None, reach: None, email, zone: None });
            }
        }
    }
    let feed = Feed {
        seat: 0,
        name: calendar.name.clone().unwrap_or_else(|| name.clone()),
        place: Place::File(name.as_str().to_owned()),
        level: 0,
        people: Vec::new(),
        every: EVERY,
    };
    let (layers, unknown) = feed.layers(calendar, &people);
    skipped.extend(unknown);
    let mut seat = Schedule::new(feed.name, Vec::new(), Vec::new());
    seat.calendars = layers;
    (Roster::new(zone.clone(), people, vec![seat]), skipped)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::{time::parse_rfc3339, zone::Zones},
        source::{ical, roster},
    };

    const ROSTER: &str = "zone = \"Europe/Berlin\"\n[[person]]\nid = \"ana\"\nname = \"Ana Ruiz\"\nemail = \"ana@example.org\"\n\
        [[person]]\nid = \"ben\"\nlogin = \"ben-k\"\n[[schedule]]\nname = \"primary\"\n[[schedule.calendar]]\n";

    fn feeds(keys: &str) -> Result<Vec<Feed>, Vec<String>> {
        roster::read_with_feeds(&format!("{ROSTER}{keys}\n"), &Zones::bundled())
            .map(|(_, feeds)| feeds)
            .map_err(|problems| problems.iter().map(|problem| problem.to_string()).collect())
    }

    fn calendar(events: &[(&str, &str)]) -> Calendar {
        let events: Vec<String> = events
            .iter()
            .map(|(title, more)| {
                format!("BEGIN:VEVENT\nDTSTART:20261120T090000Z\nDURATION:PT8H\nSUMMARY:{title}\n{more}\nEND:VEVENT")
            })
            .collect();
        let file = format!("BEGIN:VCALENDAR\nX-WR-CALNAME:Team\n{}\nEND:VCALENDAR", events.join("\n"));
        let window = ["2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z"].map(|at| parse_rfc3339(at).unwrap());
        ical::read(file.as_bytes(), (window[0], window[1]), &Zone::utc(), &Zones::bundled()).unwrap()
    }

    /// Who is on call by a title, or why nobody is.
    fn who(title: &str, more: &str) -> String {
        let (roster, _) = roster::read_with_feeds(&format!("{ROSTER}file = \"x.ics\""), &Zones::bundled()).unwrap();
        let feed = feeds("file = \"x.ics\"\npeople = { \"A. R.\" = \"ana\" }").unwrap().remove(0);
        let (layers, skipped) = feed.layers(&calendar(&[(title, more)]), &roster.people);
        let named = |layer: &CalendarLayer| {
            let people: Vec<_> = layer.shifts[0].people.iter().map(Text::as_str).collect();
            format!("{} {}", layer.level, people.join("+"))
        };
        layers.first().map(named).unwrap_or_else(|| skipped[0].why.to_string())
    }

    #[test]
    fn people_are_found_by_the_names_that_calendars_use() {
        for title in
            ["ana", "ANA ", "Ana Ruiz", "Ana (primary)", "On call: Ana", "Ana - week 3", "a. r.", "ana@example.org"]
        {
            assert_eq!(who(title, ""), "0 ana", "{title}");
        }
        for title in ["ana, ben-k", "Ben & Ana Ruiz", "ben and ana", "ben/ana (night)"] {
            assert_eq!(who(title, "").split_once(' ').unwrap().1, "ana+ben", "{title}");
        }
        assert_eq!(who("[L2] ben", ""), "2 ben");
        let attendee = "ATTENDEE;CN=Somebody:mailto:ANA@example.org\nATTENDEE:mailto:stranger@example.org";
        assert_eq!(who("Support shift", attendee), "0 ana");
    }

    #[test]
    fn a_stranger_is_left_out_with_the_reason_and_is_half_a_shift_no_shift() {
        assert_eq!(who("anna", ""), "nobody is called \"anna\"; did it mean ana? Map it under people");
        assert!(who("ana, zoe", "").starts_with("nobody of the roster is called \"zoe\""));
        assert_eq!(who("", ""), "it has no title and nobody takes part in it");
    }

    #[test]
    fn an_address_is_encrypted_or_here_and_never_shown() {
        let place = |url: &str| feeds(&format!("url = \"{url}\"")).map(|feeds| format!("{:?}", feeds[0]));
        let secret = place("webcal://cal.example/private-12345/basic.ics?key=678").unwrap();
        assert!(secret.contains("cal.example") && !secret.contains("12345") && !secret.contains("678"), "{secret}");
        assert!(place("http://127.0.0.1:8080/x.ics").is_ok());
        for refused in ["http://cal.example/s3cret.ics", "https://me:s3cret@cal.example/", "file:///s3cret", "s3cret"] {
            let problems = place(refused).unwrap_err().join("\n");
            assert!(
                problems.contains("line 12: schedule[0].calendar[0].url") && !problems.contains("s3cret"),
                "{problems}"
            );
        }
    }

    #[test]
    fn a_calendar_is_at_one_place_and_is_asked_now_and_then() {
        assert!(feeds("level = 1").unwrap_err()[0].contains("neither file nor url"));
        assert!(feeds("file = \"a\"\nurl = \"https://x.org\"").unwrap_err()[0].contains("both file and url"));
        assert!(feeds("url = \"https://x.org\"\nevery = \"2s\"").unwrap_err()[0].contains("too often"));
        assert!(feeds("file = \"a\"\npeople = { Zoe = \"zoe\" }").unwrap_err()[0].contains("nobody is called \"zoe\""));
        let feed = feeds("url = \"https://x.org\"\nevery = \"15m\"\nlevel = 3\nname = \"vendor\"").unwrap().remove(0);
        assert_eq!((feed.every, feed.level, feed.name.as_str()), (TimeDelta::minutes(15), 3, "vendor"));
    }

    #[test]
    fn a_calendar_alone_is_a_roster_of_one_seat() {
        let (roster, skipped) = from_calendar(
            &calendar(&[("Ana (x)", ""), ("ana, Ben", ""), ("", "")]),
            &Text::scrub("file"),
            &Zone::utc(),
        );
        assert_eq!(roster.people.iter().map(|p| p.id.as_str()).collect::<Vec<_>>(), ["Ana", "Ben"]);
        assert_eq!(roster.schedules[0].name.as_str(), "Team");
        assert_eq!((roster.schedules[0].calendars[0].shifts.len(), skipped.len()), (2, 1));
    }

    #[test]
    fn a_seat_before_a_name_is_no_part_of_the_name() {
        let titles = [("On call: Ben Ito", ""), ("backup: Cho Lam, Ben Ito", ""), ("Cho Lam", "")];
        let (roster, skipped) = from_calendar(&calendar(&titles), &Text::scrub("file"), &Zone::utc());
        assert_eq!(roster.people.iter().map(|p| p.id.as_str()).collect::<Vec<_>>(), ["Ben Ito", "Cho Lam"]);
        let shifts = &roster.schedules[0].calendars[0].shifts;
        assert_eq!((shifts[1].people.len(), shifts.len(), skipped.len()), (2, 3, 0));
    }
}
