use icalendar::{
    CalendarDateTime, Component as _, DatePerhapsTime,
    parser::{read_calendar, unfold},
};
use proptest::prelude::*;

use super::*;
use crate::domain::{
    rota::{Advance, Contact, Layer, Override, OverrideKind, Schedule, ShiftLength, ShiftUnit},
    time::parse_rfc3339,
    zone::Zones,
};

fn at(written: &str) -> DateTime<Utc> {
    parse_rfc3339(written).unwrap()
}

fn text(written: &str) -> Text {
    Text::scrub(written)
}

fn layer(people: &[&str]) -> Layer {
    Layer {
        name: text("weeks"),
        zone: berlin(),
        anchor: NaiveDate::from_ymd_opt(2026, 1, 5).unwrap().and_hms_opt(9, 0, 0).unwrap(),
        shift: ShiftLength { n: 1, unit: ShiftUnit::Weeks },
        participants: people.iter().map(|person| vec![text(person)]).collect(),
        level: 0,
        start: None,
        end: None,
        restrictions: Vec::new(),
        advance: Advance::Always,
    }
}

fn berlin() -> Zone {
    Zones::bundled().find("Europe/Berlin").unwrap()
}

fn roster() -> Roster {
    let contact = |id: &str, name: &str| Contact {
        id: text(id),
        name: text(name),
        login: None,
        reach: Some(text("+49 30 555; ask for \"Ana\"")),
        email: None,
        zone: None,
    };
    let people = vec![contact("ana", "Ána Ruíz-Ñandú, the older"), contact("ben", "")];
    let primary = Schedule::new(text("primary"), vec![layer(&["ana", "ben"])], Vec::new());
    let backup = Schedule::new(text("backup"), vec![layer(&["ben"])], Vec::new());
    Roster::new(berlin(), people, vec![primary, backup])
}

fn wanted(name: &Text) -> Wanted<'_> {
    Wanted { name, seat: None, from: at("2026-11-06T00:00:00Z"), to: at("2026-12-20T00:00:00Z") }
}

fn cover() -> Override {
    Override {
        kind: OverrideKind::ReplaceAll(vec![text("ben")]),
        start: at("2026-11-22T08:00:00Z"),
        end: at("2026-11-25T08:00:00Z"),
        level: 0,
        created: None,
        note: None,
    }
}

const NOW: &str = "2026-11-21T10:00:00Z";

fn export(roster: &Roster, before: Option<&str>, now: &str) -> String {
    render(roster, &wanted(&text("payments, on call")), before, at(now)).unwrap()
}

/// An event as another reader hears it: uid, summary, start, end, sequence, status.
type Heard = (String, String, DateTime<Utc>, DateTime<Utc>, u32, String);

/// What another reader makes of a calendar.
fn heard(file: &str) -> Vec<Heard> {
    let unfolded = unfold(file);
    let calendar: icalendar::Calendar = read_calendar(&unfolded).unwrap().into();
    let utc = |at: Option<DatePerhapsTime>| match at {
        Some(DatePerhapsTime::DateTime(CalendarDateTime::Utc(at))) => at,
        other => panic!("{other:?}"),
    };
    let events = calendar.components.iter().filter_map(|component| component.as_event());
    events
        .map(|event| {
            let text = |key: &str| event.property_value(key).unwrap().to_owned();
            let (start, end) = (utc(event.get_start()), utc(event.get_end()));
            (text("UID"), text("SUMMARY"), start, end, text("SEQUENCE").parse().unwrap(), text("STATUS"))
        })
        .collect()
}

#[test]
fn another_reader_hears_the_final_schedule_in_utc() {
    let file = export(&roster(), None, NOW);
    let primary: Vec<_> = heard(&file).into_iter().filter(|event| event.1.starts_with("primary")).collect();
    let segments = roster().schedules[0].segments(at("2026-11-02T08:00:00Z"), at("2026-12-21T08:00:00Z"));
    assert_eq!(primary.len(), segments.len());
    for (event, segment) in primary.iter().zip(segments) {
        assert_eq!((event.2, event.3, event.4, event.5.as_str()), (segment.start, segment.end, 0, "CONFIRMED"));
    }
    assert!(!file.contains("RRULE"));
    for line in ["METHOD:PUBLISH", "X-WR-CALNAME:payments\\, on call", "REFRESH-INTERVAL;VALUE=DURATION:PT1H"] {
        assert!(file.contains(&format!("{line}\r\n")), "{line}");
    }
}

#[test]
fn every_line_ends_in_crlf_and_has_at_most_75_octets() {
    let file = export(&roster(), None, NOW);
    assert!(file.ends_with("END:VCALENDAR\r\n") && !file.replace("\r\n", "").contains(['\r', '\n']));
    assert!(file.split("\r\n").all(|line| line.len() <= 75));
}

#[test]
fn an_unchanged_schedule_is_written_unchanged_whenever_it_is_written() {
    let file = export(&roster(), None, NOW);
    assert_eq!(export(&roster(), Some(&file), "2026-11-21T18:00:00Z"), file);
}

#[test]
fn who_is_on_call_for_ever_has_an_event_a_month_with_names_that_stay_as_the_window_moves() {
    let uids = |from: &str, to: &str| {
        let name = text("x");
        let wanted = Wanted { from: at(from), to: at(to), seat: Some(&text("backup")), name: &name };
        heard(&render(&roster(), &wanted, None, at(NOW)).unwrap()).into_iter().map(|e| (e.0, e.2)).collect::<Vec<_>>()
    };
    let first = uids("2026-11-06T00:00:00Z", "2027-02-03T00:00:00Z");
    let starts: Vec<_> = first.iter().map(|(_, start)| start.to_rfc3339()).collect();
    assert_eq!(starts[..2], ["2026-10-31T23:00:00+00:00", "2026-11-30T23:00:00+00:00"]);
    assert_eq!(first.len(), 4);
    assert_eq!(uids("2026-11-17T00:00:00Z", "2027-02-14T00:00:00Z"), first);
}

#[test]
fn a_shift_that_is_gone_is_cancelled_and_one_that_is_back_is_confirmed_with_higher_numbers() {
    let first = export(&roster(), None, NOW);
    let mut covered = roster();
    covered.schedules[0].overrides.push(cover());
    let second = export(&covered, Some(&first), "2026-11-22T10:00:00Z");
    let (before, after) = (heard(&first), heard(&second));
    let of = |events: &[Heard], uid: &str| events.iter().find(|e| e.0 == uid).cloned();
    let numbers: Vec<_> = before.iter().map(|e| of(&after, &e.0).unwrap()).map(|e| (e.4, e.5)).collect();
    let once = |status: &str| numbers.iter().filter(|n| **n == (1, status.to_owned())).count();
    // Ben's week ends later, Ana's does not begin when it did.
    assert_eq!((once("CONFIRMED"), once("CANCELLED")), (1, 1), "{numbers:?}");
    assert_eq!(export(&covered, Some(&second), "2026-11-23T10:00:00Z"), second);
    let third = heard(&export(&roster(), Some(&second), "2026-11-24T10:00:00Z"));
    for event in &before {
        let back = of(&third, &event.0).unwrap();
        assert_eq!((back.5.as_str(), back.3), ("CONFIRMED", event.3));
        assert!(back.4 >= event.4);
    }
    let cancelled: Vec<_> = third.iter().filter(|e| e.5 == "CANCELLED").collect();
    assert!(!cancelled.is_empty());
    for event in cancelled {
        assert_eq!(of(&before, &event.0), None, "only what the override made is cancelled");
    }
}

#[test]
fn what_lies_outside_the_window_is_dropped_and_not_called_cancelled() {
    let first = export(&roster(), None, NOW);
    let name = text("payments, on call");
    let later = Wanted { from: at("2026-11-24T00:00:00Z"), ..wanted(&name) };
    let second = heard(&render(&roster(), &later, Some(&first), at(NOW)).unwrap());
    assert!(second.iter().all(|event| event.5 == "CONFIRMED" && event.3 > later.from));
}

#[test]
fn a_file_of_somebody_else_or_cut_short_is_not_written_over() {
    let file = export(&roster(), None, NOW);
    let name = text("x");
    let over = |before: &str| render(&roster(), &wanted(&name), Some(before), at(NOW)).unwrap_err();
    assert_eq!(over(""), IcsError::NotOurs);
    assert_eq!(over("BEGIN:VCALENDAR\r\nPRODID:other\r\nEND:VCALENDAR\r\n"), IcsError::NotOurs);
    assert_eq!(over(&file[..file.len() / 2]), IcsError::Broken);
    assert_eq!(over(&file.replacen("DTEND", "DTEMD", 1)), IcsError::Broken);
}

proptest! {
    #[test]
    fn any_text_survives_escaping_and_folding(written in "\\PC{0,200}") {
        let value = Text::scrub(&written);
        let line = folded(&format!("SUMMARY:{}", escaped(value.as_str())));
        prop_assert!(line.split("\r\n").all(|part| part.len() <= 75));
        let back = line::unfolded(&line).concat();
        let raw = back.strip_prefix("SUMMARY:").unwrap().to_owned();
        let mut plain = String::new();
        let mut signs = raw.chars();
        while let Some(c) = signs.next() {
            plain.push(if c == '\\' { signs.next().unwrap() } else { c });
        }
        prop_assert_eq!(plain, value.as_str());
    }
}
