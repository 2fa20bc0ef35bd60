//! Which zone a calendar means by a name: IANA's, one in disguise, one of Windows, or one it defines itself.

use std::collections::BTreeMap;

use chrono::{DateTime, Datelike as _, NaiveDate, NaiveDateTime, TimeDelta, Utc};

use super::{block::Block, value};
use crate::domain::{
    recur::{
        Rule,
        expand::{Wanted, Work, starts},
        stamp::{Written, date_or_time},
    },
    zone::{Zone, Zones, windows_zone},
};

/// The zones of one calendar, each worked out once.
pub(super) struct Places<'a> {
    zones: &'a Zones,
    default: Zone,
    defined: &'a [Block],
    known: BTreeMap<String, Result<Zone, String>>,
    work: Work,
}

/// Steps for all zones that a file defines: some five hundred years of two changes each, for dozens of them.
const WORK: u64 = 20_000_000;

/// The last year whose clock changes are worked out of a calendar's own zone.
const LAST_YEAR: i32 = 2100;

impl<'a> Places<'a> {
    /// The zones a file may name; times without one are read in `default`.
    pub(super) fn new(zones: &'a Zones, default: &Zone, defined: &'a [Block]) -> Self {
        Self { zones, default: default.clone(), defined, known: BTreeMap::new(), work: Work(WORK) }
    }

    /// The zone of times that name none: never the host's.
    pub(super) fn floating(&self) -> Zone {
        self.default.clone()
    }

    /// The zone of a TZID: by its IANA name, by an IANA name at its end, by the place it says it lies in, by Windows' name,
    /// and at last by the file's own definition.
    ///
    /// # Errors
    /// Nobody knows it, or its definition cannot be read.
    pub(super) fn find(&mut self, name: &str) -> Result<Zone, String> {
        let name = name.trim().trim_matches('"');
        if let Some(known) = self.known.get(name) {
            return known.clone();
        }
        let found = self.look(name);
        self.known.insert(name.to_owned(), found.clone());
        found
    }

    fn look(&mut self, name: &str) -> Result<Zone, String> {
        let defined = self.defined.iter().find(|block| block.get("TZID").is_some_and(|id| id.value.trim() == name));
        let said = defined.and_then(|block| block.get("X-LIC-LOCATION")).map(|said| said.value.trim());
        let by_name = self.by_name(name).or_else(|| self.by_name(said?));
        let by_name = by_name.or_else(|| self.zones.find(windows_zone(name)?));
        match (by_name, defined) {
            (Some(zone), _) => Ok(zone),
            (None, Some(block)) => built(name, block, &mut self.work),
            (None, None) => {
                let short: String = name.chars().take(60).collect();
                Err(format!("its zone `{short}` is no IANA and no Windows name, and the file does not define it"))
            }
        }
    }

    /// `Europe/Berlin`, and `/freeassociation.sourceforge.net/Europe/Berlin`.
    fn by_name(&self, name: &str) -> Option<Zone> {
        if ["GMT", "Z", "Etc/GMT"].iter().any(|utc| name.eq_ignore_ascii_case(utc)) {
            return Some(Zone::utc());
        }
        let parts: Vec<&str> = name.split('/').collect();
        let ending = |n: usize| parts.get(parts.len().checked_sub(n)?..).map(|parts| parts.join("/"));
        let endings = [3, 2].into_iter().filter_map(ending);
        std::iter::once(name.to_owned()).chain(endings).find_map(|name| self.zones.find(&name))
    }
}

/// A zone from its STANDARD and DAYLIGHT parts.
fn built(name: &str, block: &Block, work: &mut Work) -> Result<Zone, String> {
    let wrong = |why: &str| format!("the file's own definition of its zone cannot be read: {why}");
    if let Some(fault) = &block.fault {
        return Err(wrong(fault));
    }
    let mut changes: Vec<(i64, i32, &str)> = Vec::new();
    let mut first: Option<(i64, i32)> = None;
    for part in &block.parts {
        let offset = |key: &str| part.get(key).and_then(|said| value::offset(&said.value));
        let before = offset("TZOFFSETFROM").ok_or_else(|| wrong("TZOFFSETFROM"))?;
        let after = offset("TZOFFSETTO").ok_or_else(|| wrong("TZOFFSETTO"))?;
        let called = part.get("TZNAME").map_or("", |said| said.value.as_str());
        for wall in onsets(part, before, work).map_err(|why| wrong(&why))? {
            let at = wall.and_utc().timestamp().saturating_sub(i64::from(before));
            changes.push((at, after, called));
            first = first.filter(|(earliest, _)| *earliest <= at).or(Some((at, before)));
        }
    }
    let Some((_, before)) = first else { return Err(wrong("it has no STANDARD and no DAYLIGHT part")) };
    Ok(Zone::listed(name, before, &changes))
}

/// The wall clocks, by the offset before, at which a part begins.
fn onsets(part: &Block, before: i32, work: &mut Work) -> Result<Vec<NaiveDateTime>, String> {
    let wall = |written: &str| match date_or_time(written.trim()) {
        Some(Written::Time { wall, .. }) => Ok(wall),
        Some(Written::Date(day)) => Ok(day.and_time(chrono::NaiveTime::MIN)),
        None => Err("a time in it".to_owned()),
    };
    let start = wall(&part.get("DTSTART").ok_or("DTSTART")?.value)?;
    let mut found = vec![start];
    for property in part.all("RDATE") {
        for item in property.value.split(',').filter(|item| !item.trim().is_empty()) {
            // A period's start is all that matters here.
            found.push(wall(item.split('/').next().unwrap_or(item))?);
        }
    }
    work.take(found.len())?;
    if let Some(property) = part.get("RRULE") {
        let rule = Rule::read(&property.value)?;
        let to = NaiveDate::from_ymd_opt(LAST_YEAR.max(start.year()), 12, 31).unwrap_or(NaiveDate::MAX);
        let is_after = |at: NaiveDateTime, until: DateTime<Utc>| {
            let at = at.and_utc().checked_sub_signed(TimeDelta::seconds(i64::from(before)));
            at.is_none_or(|at| until < at)
        };
        let wanted = Wanted { start, from: start, to: to.and_time(chrono::NaiveTime::MIN), is_after: &is_after };
        found.extend(starts(&rule, &wanted, work)?);
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{domain::time::rfc3339, source::ical::block::blocks};

    const OWN: &str = "BEGIN:VCALENDAR\nBEGIN:VTIMEZONE\nTZID:ours\nBEGIN:STANDARD\nDTSTART:16010101T030000\n\
        TZOFFSETFROM:+0200\nTZOFFSETTO:+0100\nRRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10\nEND:STANDARD\n\
        BEGIN:DAYLIGHT\nDTSTART:16010101T020000\nTZOFFSETFROM:+0100\nTZOFFSETTO:+0200\nRRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3\n\
        END:DAYLIGHT\nEND:VTIMEZONE\nBEGIN:VTIMEZONE\nTZID:there\nX-LIC-LOCATION:Asia/Tokyo\nEND:VTIMEZONE\nEND:VCALENDAR";

    #[test]
    fn names_are_found_as_they_are_in_disguise_and_by_windows() {
        let found = blocks(OWN.as_bytes());
        let zones = Zones::bundled();
        let mut places = Places::new(&zones, &Zone::utc(), &found.zones);
        let mut name = |written: &str| places.find(written).map(|zone| zone.name().to_owned()).ok();
        assert_eq!(name("europe/berlin").as_deref(), Some("Europe/Berlin"));
        assert_eq!(name("/freeassociation.sourceforge.net/Europe/Berlin").as_deref(), Some("Europe/Berlin"));
        assert_eq!(name("/x/20260101/America/Argentina/Salta").as_deref(), Some("America/Argentina/Salta"));
        assert_eq!(name("W. Europe Standard Time").as_deref(), Some("Europe/Berlin"));
        assert_eq!(name("there").as_deref(), Some("Asia/Tokyo"));
        assert_eq!(name("GMT").as_deref(), Some("UTC"));
        assert_eq!(name("Mars/Olympus"), None);
    }

    #[test]
    fn a_zone_the_file_defines_itself_changes_its_clocks_as_berlin_does() {
        let found = blocks(OWN.as_bytes());
        let zones = Zones::bundled();
        let mut places = Places::new(&zones, &Zone::utc(), &found.zones);
        let ours = places.find("ours").unwrap();
        let berlin = zones.find("Europe/Berlin").unwrap();
        let mut wall = NaiveDate::from_ymd_opt(2024, 1, 1).unwrap().and_hms_opt(2, 30, 0).unwrap();
        for _ in 0..3_000 {
            assert_eq!(rfc3339(ours.rfc5545(wall)), rfc3339(berlin.rfc5545(wall)), "{wall}");
            wall += TimeDelta::hours(7);
        }
    }
}
