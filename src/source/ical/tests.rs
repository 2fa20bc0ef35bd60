use std::time::Instant;

use proptest::prelude::*;

use super::*;
use crate::domain::time::{parse_rfc3339, rfc3339};

fn at(written: &str) -> DateTime<Utc> {
    parse_rfc3339(written).unwrap()
}

fn wide() -> (DateTime<Utc>, DateTime<Utc>) {
    (at("2026-01-01T00:00:00Z"), at("2027-01-01T00:00:00Z"))
}

fn calendar(events: &str) -> Calendar {
    let berlin = Zones::bundled().find("Europe/Berlin").unwrap();
    let file = format!("BEGIN:VCALENDAR\r\n{}\r\nEND:VCALENDAR\r\n", events.replace('\n', "\r\n"));
    read(file.as_bytes(), wide(), &berlin, &Zones::bundled()).unwrap()
}

fn event(inside: &str) -> Calendar {
    calendar(&format!("BEGIN:VEVENT\nUID:1\nSUMMARY:ana\n{inside}\nEND:VEVENT"))
}

fn times(calendar: &Calendar) -> Vec<String> {
    assert!(calendar.skipped.is_empty(), "{:?}", calendar.skipped);
    calendar.occurrences.iter().map(|o| format!("{} {}", rfc3339(o.start), rfc3339(o.end))).collect()
}

fn why(inside: &str) -> String {
    let found = event(inside);
    assert!(found.occurrences.is_empty(), "{inside}: {:?}", found.occurrences);
    found.skipped.iter().map(|s| format!("{}: {}", s.at, s.why)).collect::<Vec<_>>().join("; ")
}

#[test]
fn what_is_no_calendar_says_what_it_looks_like() {
    let error = |bytes: &[u8]| {
        read(bytes, wide(), &Zone::utc(), &Zones::bundled()).map(|c| format!("{c:?}")).unwrap_err().to_string()
    };
    assert_eq!(error(b" \r\n"), "it is empty, and no calendar");
    let page = b"<!DOCTYPE html><html><body>Please log in</body></html>";
    assert_eq!(error(page), "it is no calendar: it looks like a web page, perhaps one to log in");
    assert_eq!(error(b"\xef\xbb\xbf{\"error\": 1}"), "it is no calendar: it looks like JSON");
    assert!(error(b"BEGIN:VCARD\nEND:VCARD").contains("address book"));
    assert!(error(b"hello").contains("begins with BEGIN:VCALENDAR"));
    assert_eq!(error(&vec![b' '; LIMIT_BYTES + 1]), "it is longer than 16 MiB");
}

#[test]
fn one_broken_event_costs_nobody_else_anything() {
    let good = "BEGIN:VEVENT\nUID:2\nSUMMARY:ben\nDTSTART:20260105T090000Z\nDURATION:PT8H\nEND:VEVENT";
    for broken in
        ["DTSTART:never", "X", "DTSTART:20260101T090000Z\nRRULE:FREQ=HOURLY", "DTSTART;TZID=Mars:20260101T090000"]
    {
        let found = calendar(&format!("BEGIN:VEVENT\nUID:1\n{broken}\nEND:VEVENT\n{good}"));
        assert_eq!((found.occurrences.len(), found.skipped.len()), (1, 1), "{broken}");
        assert_eq!(found.skipped[0].at.as_str(), "line 2 (1)");
    }
    let cut = calendar(&format!("BEGIN:VEVENT\nUID:1\nDTSTART:20260101T0900\n{good}"));
    assert_eq!((cut.occurrences.len(), cut.skipped.len()), (1, 1));
}

#[test]
fn an_event_is_refused_with_its_reason_rather_than_guessed() {
    assert_eq!(why("DTEND:20260101T100000Z"), "line 2 (1): it has no DTSTART");
    assert!(why("DTSTART:20260101T100000Z\nDTEND:20260101T090000Z").ends_with("it ends before it begins"));
    assert!(why("DTSTART:20260101T100000Z\nDURATION:-PT1H").ends_with("its length is negative"));
    assert!(why("DTSTART:20260101T100000Z\nDURATION:PT1H\nDTEND:20260101T110000Z").contains("both a DTEND"));
    assert!(why("DTSTART;VALUE=DATE:20260101\nDTEND:20260101T110000Z").contains("begins on a day and ends at a time"));
    assert!(why("DTSTART:20260101T100000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY;BYHOUR=9").contains("BYHOUR=9"));
    assert!(why("DTSTART:20260101T100000Z\nDURATION:PT1H\nEXRULE:FREQ=DAILY").contains("EXRULE"));
    assert!(why("DTSTART:20260101T100000Z\nDURATION:PT1H\nEXDATE:soon").contains("its EXDATE is no time: `soon`"));
    assert!(why("DTSTART;TZID=Mars/Base:20260101T100000").contains("`Mars/Base` is no IANA and no Windows name"));
}

#[test]
fn exceptions_take_out_instants_and_whole_days() {
    let daily = "DTSTART;TZID=Europe/Berlin:20260105T090000\nDURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=5";
    let found = event(&format!(
        "{daily}\nEXDATE;TZID=America/New_York:20260106T030000,20260107T030000\nEXDATE;VALUE=DATE:20260108"
    ));
    assert_eq!(
        times(&found),
        ["2026-01-05T08:00:00Z 2026-01-05T09:00:00Z", "2026-01-09T08:00:00Z 2026-01-09T09:00:00Z"]
    );
}

#[test]
fn dates_are_added_and_periods_have_their_own_end() {
    let found = event(
        "DTSTART:20260105T090000Z\nDURATION:PT1H\nRDATE:20260107T090000Z\n\
         RDATE;VALUE=PERIOD:20260109T090000Z/PT3H,20260110T090000Z/20260110T100000Z",
    );
    let found = times(&found);
    assert_eq!(found.len(), 4);
    assert_eq!(found[2], "2026-01-09T09:00:00Z 2026-01-09T12:00:00Z");
}

#[test]
fn an_instance_is_moved_cancelled_or_refused_and_never_shown_twice() {
    let series = "BEGIN:VEVENT\nUID:1\nSUMMARY:ana\nDTSTART:20260105T090000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=4\nEND:VEVENT";
    let instead = |inside: &str| format!("BEGIN:VEVENT\nUID:1\nRECURRENCE-ID:20260106T090000Z\n{inside}\nEND:VEVENT");
    let starts = |events: &str| calendar(events).occurrences.iter().map(|o| rfc3339(o.start)).collect::<Vec<_>>();
    let moved = starts(&format!("{series}\n{}", instead("DTSTART:20260106T120000Z\nDURATION:PT1H")));
    assert_eq!(moved.len(), 4);
    assert!(moved.contains(&"2026-01-06T12:00:00Z".into()) && !moved.contains(&"2026-01-06T09:00:00Z".into()));
    assert_eq!(starts(&format!("{series}\n{}", instead("DTSTART:20260106T090000Z\nSTATUS:CANCELLED"))).len(), 3);
    let broken = calendar(&format!("{series}\n{}", instead("DTSTART:nowhere")));
    assert_eq!((broken.occurrences.len(), broken.skipped.len()), (3, 1));
}

#[test]
fn this_and_all_later_instances_are_left_out_with_the_reason() {
    let found = calendar(
        "BEGIN:VEVENT\nUID:1\nDTSTART:20260105T090000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=4\nEND:VEVENT\n\
         BEGIN:VEVENT\nUID:1\nRECURRENCE-ID;RANGE=THISANDFUTURE:20260107T090000Z\nDTSTART:20260107T120000Z\nDURATION:PT1H\nEND:VEVENT",
    );
    assert_eq!((found.occurrences.len(), found.skipped.len()), (2, 1));
    assert!(found.skipped[0].why.as_str().contains("THISANDFUTURE"));
}

#[test]
fn of_two_versions_of_an_event_the_later_counts() {
    let version = |n: u8, hour: &str| {
        format!("BEGIN:VEVENT\nUID:1\nSEQUENCE:{n}\nDTSTART:20260105T{hour}0000Z\nDURATION:PT1H\nEND:VEVENT\n")
    };
    let found = calendar(&(version(2, "12") + &version(1, "09")));
    assert_eq!(times(&found), ["2026-01-05T12:00:00Z 2026-01-05T13:00:00Z"]);
}

#[test]
fn days_of_a_duration_are_days_of_the_calendar_and_hours_are_hours() {
    // Berlin's clocks go back on 2026-10-25.
    let lasts = |length: &str| times(&event(&format!("DTSTART;TZID=Europe/Berlin:20261024T090000\nDURATION:{length}")));
    assert_eq!(lasts("P1D"), ["2026-10-24T07:00:00Z 2026-10-25T08:00:00Z"]);
    assert_eq!(lasts("PT24H"), ["2026-10-24T07:00:00Z 2026-10-25T07:00:00Z"]);
    assert_eq!(lasts("P1DT1H"), ["2026-10-24T07:00:00Z 2026-10-25T09:00:00Z"]);
}

#[test]
fn an_end_is_a_time_of_the_clock_in_every_occurrence() {
    // Berlin's clocks go back on 2026-10-25: nine in the morning to nine in the morning lasts 25 hours then.
    let found = event(
        "DTSTART;TZID=Europe/Berlin:20261023T090000\nDTEND;TZID=Europe/Berlin:20261024T090000\nRRULE:FREQ=DAILY;COUNT=3",
    );
    assert_eq!(
        times(&found),
        [
            "2026-10-23T07:00:00Z 2026-10-24T07:00:00Z",
            "2026-10-24T07:00:00Z 2026-10-25T08:00:00Z",
            "2026-10-25T08:00:00Z 2026-10-26T08:00:00Z",
        ]
    );
}

#[test]
fn until_includes_its_own_instant_and_its_own_day() {
    let days = |until: &str| {
        event(&format!("DTSTART;TZID=Europe/Berlin:20260105T090000\nDURATION:PT1H\nRRULE:FREQ=DAILY;UNTIL={until}"))
            .occurrences
            .len()
    };
    assert_eq!((days("20260107T080000Z"), days("20260107T075959Z"), days("20260107")), (3, 2, 3));
    let whole = event("DTSTART;VALUE=DATE:20260105\nRRULE:FREQ=DAILY;UNTIL=20260107T000000Z");
    assert_eq!(whole.occurrences.len(), 3);
}

#[test]
fn an_event_without_length_is_a_moment_and_nobody_is_on_call_for_it() {
    let found = event("DTSTART:20260105T090000Z\nDTEND:20260105T090000Z");
    assert_eq!((found.occurrences.len(), found.moments.len()), (0, 1));
    let day = event("DTSTART;VALUE=DATE:20260105\nDTEND;VALUE=DATE:20260105");
    assert_eq!(times(&day), ["2026-01-04T23:00:00Z 2026-01-05T23:00:00Z"]);
}

#[test]
fn people_are_named_but_not_those_who_declined_nor_rooms() {
    let found = event(
        "DTSTART:20260105T090000Z\nDURATION:PT1H\nORGANIZER;CN=Boss:MAILTO:boss@example.org\n\
         ATTENDEE;CN=\"Ruiz, Ana\";PARTSTAT=ACCEPTED:mailto:ana@example.org\n\
         ATTENDEE;PARTSTAT=DECLINED:mailto:ben@example.org\nATTENDEE;CUTYPE=ROOM:mailto:room@example.org",
    );
    let ana = Named { mail: Some(Text::scrub("ana@example.org")), name: Some(Text::scrub("Ruiz, Ana")) };
    assert_eq!(found.occurrences[0].attendees, [ana]);
    assert_eq!(
        found.occurrences[0].organizer.as_ref().and_then(|o| o.mail.as_ref()).unwrap().as_str(),
        "boss@example.org"
    );
}

#[test]
fn a_hostile_summary_is_scrubbed() {
    let found = event("DTSTART:20260105T090000Z\nDURATION:PT1H\nSUMMARY:a\u{1b}[2Jb\u{202e}c");
    assert!(!format!("{found:?}").contains(['\u{1b}', '\u{202e}']));
}

#[test]
fn a_file_cut_short_anywhere_is_no_calendar_with_and_without_what_a_file_system_leaves() {
    let file = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nX-WR-TIMEZONE:Europe/Berlin\r\nBEGIN:VEVENT\r\nUID:a\r\n\
        DTSTART:20261001T000000Z\r\nDTEND:20261008T000000Z\r\nRRULE:FREQ=WEEKLY\r\nSUMMARY:ana\r\nEND:VEVENT\r\n\
        BEGIN:VEVENT\r\nUID:b\r\nDTSTART;VALUE=DATE:20261101\r\nSUMMARY:ben\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
    let read = |bytes: &[u8]| read(bytes, wide(), &Zone::utc(), &Zones::bundled());
    assert!(read(file.as_bytes()).is_ok() && read(file.trim_end().as_bytes()).is_ok());
    for at in 0..file.trim_end().len() {
        let cut = &file.as_bytes()[..at];
        assert!(read(cut).is_err(), "{at}");
        assert!(read(&[cut, &[0; 50]].concat()).is_err(), "{at}");
    }
    let why = read(&file.as_bytes()[..200]).unwrap_err().to_string();
    assert_eq!(why, "it ends in the middle: a BEGIN:VCALENDAR has no END:VCALENDAR");
    assert!(read(&[file.as_bytes(), b"\0"].concat()).unwrap_err().to_string().contains("NUL"));
}

#[test]
fn a_calendar_of_noise_makes_no_sense_and_an_empty_one_does() {
    let noise = event("DTSTART:never").with_sense().unwrap_err();
    assert_eq!(noise.to_string(), "none of its events can be read (1)");
    let bytes =
        b"BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:1\nSUMMARY:an\xe4\nDTSTART:20260105T090000Z\nEND:VEVENT\nEND:VCALENDAR";
    let latin = read(bytes, wide(), &Zone::utc(), &Zones::bundled()).unwrap();
    assert!(latin.with_sense().is_err());
    assert!(calendar("").with_sense().is_ok());
    let one_of_two =
        "BEGIN:VEVENT\nUID:1\nDTSTART:never\nEND:VEVENT\nBEGIN:VEVENT\nUID:2\nDTSTART:20260105T090000Z\nEND:VEVENT";
    assert!(calendar(one_of_two).with_sense().is_ok());
}

#[test]
fn a_hostile_calendar_takes_no_longer_than_a_moment() {
    let one = |nth: usize, rule: &str| {
        format!("BEGIN:VEVENT\nUID:{nth}\nDTSTART:00010101T000000Z\nDURATION:P3650D\nRRULE:{rule}\nEND:VEVENT\n")
    };
    let mut file = String::from("BEGIN:VCALENDAR\n");
    for nth in 0..2_000 {
        file += &one(nth, "FREQ=DAILY;COUNT=1000000000");
        file += &one(nth, "FREQ=YEARLY;UNTIL=99991231T235959Z;BYDAY=MO,TU,WE,TH,FR,SA,SU");
    }
    file += &format!("X-LONG:{}\nEND:VCALENDAR\n", "x".repeat(10 << 20));
    let began = Instant::now();
    let found = read(file.as_bytes(), wide(), &Zone::utc(), &Zones::bundled()).unwrap();
    assert!(found.occurrences.len() <= MOST_OCCURRENCES && !found.skipped.is_empty());
    assert!(began.elapsed().as_secs() < 20, "{:?}", began.elapsed());
}

#[test]
fn holidays_are_whole_days_of_every_year() {
    let file = "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:1\nDTSTART;VALUE=DATE:20251225\nDTEND;VALUE=DATE:20251227\n\
        RRULE:FREQ=YEARLY\nEND:VEVENT\nBEGIN:VEVENT\nUID:2\nSUMMARY:party\nDTSTART:20251224T180000Z\nDURATION:PT3H\n\
        RRULE:FREQ=YEARLY\nEND:VEVENT\nEND:VCALENDAR";
    let (days, skipped) = holidays(file.as_bytes(), &Zones::bundled()).unwrap();
    let day = |y, m, d| NaiveDate::from_ymd_opt(y, m, d).unwrap();
    assert!(
        days.contains(&day(2025, 12, 25)) && days.contains(&day(2060, 12, 26)) && !days.contains(&day(2026, 12, 27))
    );
    assert_eq!(days.len(), 2 * 36);
    assert_eq!(
        skipped.iter().map(|s| s.why.as_str()).collect::<Vec<_>>(),
        ["it has a time of day, and is no whole day"]
    );
    assert!(holidays(b"<html>", &Zones::bundled()).is_err());
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = read(&bytes, wide(), &Zone::utc(), &Zones::bundled());
        let mut file = b"BEGIN:VCALENDAR\nBEGIN:VEVENT\n".to_vec();
        file.extend(&bytes);
        let _ = read(&file, wide(), &Zone::utc(), &Zones::bundled());
    }

    #[test]
    fn no_property_makes_it_panic_and_no_occurrence_ends_before_it_begins(
        key in "DTSTART|DTEND|DURATION|RRULE|RDATE|EXDATE|RECURRENCE-ID|ATTENDEE",
        params in "(;VALUE=DATE|;TZID=Europe/Berlin|;TZID=\"|;X=é)?",
        value in "(FREQ=(DAILY|WEEKLY|YEARLY);(COUNT|INTERVAL|BYDAY|UNTIL)=)?[-+0-9A-Z,;/]{0,24}",
        windows in 0i64..4_000_000_000,
    ) {
        let file = format!(
            "BEGIN:VCALENDAR\nBEGIN:VEVENT\n{key}{params}:{value}\nDTSTART:20260105T090000Z\nEND:VEVENT\nEND:VCALENDAR"
        );
        let start = DateTime::from_timestamp(windows, 0).unwrap();
        let end = crate::domain::time::plus(start, chrono::TimeDelta::days(300));
        let found = read(file.as_bytes(), (start, end), &Zone::utc(), &Zones::bundled()).unwrap();
        for occurrence in &found.occurrences {
            prop_assert!(occurrence.start <= occurrence.end);
            prop_assert!(occurrence.start < end && start <= occurrence.end);
        }
    }
}
