//! Real calendars: a collection of awkward ones, and one that a release team keeps.
//!
//! Needs the folder that `WATCHFLOOR_DATA` names; without it the checks are left out, and the tests say so.

#![cfg(test)]

use std::{io::Read as _, path::PathBuf};

use chrono::{DateTime, Datelike as _, TimeDelta, Utc, Weekday};
use flate2::read::GzDecoder;
use watchfloor::{
    domain::{
        time::{minus, parse_rfc3339, rfc3339},
        zone::{Zone, Zones},
    },
    source::ical::{self, Calendar},
};

fn data() -> Option<PathBuf> {
    let folder = std::env::var_os("WATCHFLOOR_DATA").map(PathBuf::from);
    if folder.is_none() {
        println!("left out: WATCHFLOOR_DATA is not set, no real calendar was read");
    }
    folder.map(|folder| folder.join("ical"))
}

fn at(written: &str) -> DateTime<Utc> {
    parse_rfc3339(written).expect("an instant")
}

/// Every file of a tar archive (ustar): its name and its bytes.
fn untar(tar: &[u8]) -> Vec<(String, Vec<u8>)> {
    let text = |bytes: &[u8]| {
        let end = bytes.iter().position(|b| *b == 0).unwrap_or(bytes.len());
        String::from_utf8_lossy(&bytes[..end]).trim().to_owned()
    };
    let (mut files, mut from) = (Vec::new(), 0);
    while from + 512 <= tar.len() && tar[from] != 0 {
        let header = &tar[from..from + 512];
        let length = usize::from_str_radix(&text(&header[124..136]), 8).expect("an octal length");
        let body = from + 512;
        if matches!(header[156], b'0' | 0) {
            files.push((text(&header[..100]), tar[body..body + length].to_vec()));
        }
        from = body + length.div_ceil(512) * 512;
    }
    files
}

fn read(bytes: &[u8], from: &str, until: &str) -> Result<Calendar, ical::CalendarError> {
    let zones = Zones::bundled();
    let berlin = zones.find("Europe/Berlin").expect("a zone");
    ical::read(bytes, (at(from), at(until)), &berlin, &zones)
}

#[test]
fn every_awkward_calendar_is_read_or_refused_with_its_reason() {
    let Some(folder) = data() else { return };
    let packed = std::fs::read(folder.join("icalendar_tests.tar.gz")).expect("the archive");
    let mut tar = Vec::new();
    GzDecoder::new(packed.as_slice()).read_to_end(&mut tar).expect("a gzip file");
    let files: Vec<_> = untar(&tar).into_iter().filter(|(name, _)| name.ends_with(".ics")).collect();
    assert_eq!(files.len(), 82);
    let (mut n_read, mut n_refused, mut n_occurrences, mut n_skipped) = (0, 0, 0, 0);
    for (name, bytes) in &files {
        match read(bytes, "1970-01-01T00:00:00Z", "2038-01-01T00:00:00Z") {
            Ok(calendar) => {
                n_read += 1;
                n_occurrences += calendar.occurrences.len() + calendar.moments.len();
                n_skipped += calendar.skipped.len();
                let n_events = String::from_utf8_lossy(bytes).matches("BEGIN:VEVENT").count();
                let told = calendar.occurrences.len() + calendar.moments.len() + calendar.skipped.len();
                println!("read     {name}: {n_events} events, {told} told of, {} left out", calendar.skipped.len());
                for skipped in &calendar.skipped {
                    assert!(!skipped.why.is_blank(), "{name}: {}", skipped.at);
                    println!("           {}: {}", skipped.at, skipped.why);
                }
                for occurrence in calendar.occurrences.iter().chain(&calendar.moments) {
                    assert!(occurrence.start <= occurrence.end, "{name}");
                }
            }
            Err(error) => {
                n_refused += 1;
                println!("refused  {name}: {error}");
            }
        }
    }
    println!("82 files: {n_read} read, {n_refused} refused; {n_occurrences} occurrences, {n_skipped} events left out");
    // Refused: zones, alarms and journals alone, what is no calendar at all, and four without END:VCALENDAR.
    assert_eq!((n_read, n_refused), (70, 12));
}

#[test]
fn the_kubernetes_release_calendar_says_what_its_page_says() {
    let Some(folder) = data() else { return };
    let bytes = std::fs::read(folder.join("sig-release.release-1.35.schedule.ics")).expect("the calendar");
    let calendar = read(&bytes, "2025-01-01T00:00:00Z", "2026-01-01T00:00:00Z").expect("a calendar");
    assert_eq!((calendar.occurrences.len(), calendar.moments.len(), calendar.skipped.len()), (25, 6, 0));
    assert!(calendar.occurrences.iter().all(|event| event.is_all_day));
    // "Thursday, anywhere on earth" ends on Friday at 12:00 UTC.
    for freeze in calendar.moments.iter().filter(|event| !event.summary.as_str().contains("Docs")) {
        let written = rfc3339(freeze.start);
        assert!(written.ends_with("T12:00:00Z") && freeze.start == freeze.end, "{written}");
        assert_eq!(freeze.start.weekday(), Weekday::Fri, "{}", freeze.summary);
        let anywhere = minus(freeze.start, TimeDelta::hours(12) + TimeDelta::seconds(1));
        assert_eq!(anywhere.weekday(), Weekday::Thu);
    }
    let docs =
        calendar.moments.iter().find(|event| event.summary.as_str().contains("Docs Freeze")).expect("the freeze");
    assert_eq!((rfc3339(docs.start).as_str(), docs.start.weekday()), ("2025-12-03T12:00:00Z", Weekday::Wed));
    let find = |word: &str| {
        calendar
            .occurrences
            .iter()
            .find(|event| event.summary.as_str().contains(word))
            .unwrap_or_else(|| panic!("{word}"))
    };
    let released = find("RELEASED");
    assert_eq!(
        (rfc3339(released.start).as_str(), rfc3339(released.end).as_str()),
        ("2025-12-16T23:00:00Z", "2025-12-17T23:00:00Z")
    );
    let kubecon = find("KubeCon");
    assert_eq!((kubecon.end - kubecon.start).num_days(), 4);
    let (days, skipped) = ical::holidays(&bytes, &Zones::bundled()).expect("days");
    assert_eq!((days.len(), skipped.len()), (23, 6));
    let utc =
        ical::read(&bytes, (at("2025-12-17T00:00:00Z"), at("2025-12-18T00:00:00Z")), &Zone::utc(), &Zones::bundled());
    assert_eq!(utc.expect("a calendar").occurrences.len(), 2);
}

#[test]
fn a_page_to_log_in_is_no_calendar() {
    let error = read(b"<!doctype html>\n<title>Sign in</title>", "2025-01-01T00:00:00Z", "2026-01-01T00:00:00Z");
    assert_eq!(
        error.expect_err("refused").to_string(),
        "it is no calendar: it looks like a web page, perhaps one to log in"
    );
}
