use chrono::{NaiveDate, NaiveTime, Weekday};

use super::*;
use crate::{
    domain::{
        rota::{OverrideKind, ShiftLength, ShiftUnit},
        time::{parse_rfc3339, rfc3339},
    },
    source::roster::{self, write},
};

pub(super) fn imported(file: &str) -> (Roster, Vec<String>) {
    let (roster, left_out) = read(file.as_bytes(), &Zones::bundled()).unwrap();
    let back = roster::read(&write::render(&roster), &Zones::bundled());
    assert_eq!(back.as_ref(), Ok(&roster), "{}", write::render(&roster));
    (roster, left_out.iter().map(|skipped| format!("{}: {}", skipped.at, skipped.why)).collect())
}

pub(super) fn refused(file: &str) -> String {
    read(file.as_bytes(), &Zones::bundled()).unwrap_err().to_string()
}

pub(super) fn hm(h: u32, m: u32) -> NaiveTime {
    NaiveTime::from_hms_opt(h, m, 0).unwrap()
}

pub(super) const PAGERDUTY: &str = r#"{ "schedule": {
  "id": "PI7DH85", "type": "schedule", "summary": "Payments", "name": "Payments primary", "time_zone": "America/New_York",
  "schedule_layers": [
    { "id": "PL2", "name": "Nights", "start": "2026-01-01T00:00:00-05:00", "end": null,
      "rotation_virtual_start": "2026-01-02T20:00:00-05:00", "rotation_turn_length_seconds": 43200,
      "users": [ { "user": { "id": "PB", "type": "user_reference", "summary": "Ben Ito" } } ],
      "restrictions": [ { "type": "daily_restriction", "start_time_of_day": "20:00:00", "duration_seconds": 43200 } ] },
    { "id": "PL1", "name": "Weeks", "start": "2026-01-01T00:00:00-05:00", "end": "2027-01-01T00:00:00-05:00",
      "rotation_virtual_start": "2026-01-05T09:00:00-05:00", "rotation_turn_length_seconds": 604800,
      "users": [ { "user": { "id": "PA", "summary": "Ana Ruiz", "email": "ana@example.org" } },
                 { "user": { "id": "PB", "summary": "Ben Ito" } } ],
      "restrictions": [ { "type": "weekly_restriction", "start_day_of_week": 5, "start_time_of_day": "17:00:00",
                          "duration_seconds": 226800 } ] } ],
  "overrides_subschedule": { "name": "Overrides", "rendered_schedule_entries": [
    { "start": "2026-11-21T08:00:00-05:00", "end": "2026-11-21T20:00:00-05:00", "user": { "id": "PA", "summary": "Ana Ruiz" } } ] }
} }"#;

#[test]
fn pagerduty_layers_are_levels_from_the_last_one_up() {
    let (roster, left_out) = imported(PAGERDUTY);
    assert!(left_out.is_empty(), "{left_out:?}");
    assert_eq!(roster.zone.name(), "America/New_York");
    let names: Vec<_> = roster.people.iter().map(|p| (p.id.as_str(), p.email.as_ref().map(Text::as_str))).collect();
    assert_eq!(names, [("Ben Ito", None), ("Ana Ruiz", Some("ana@example.org"))]);
    let schedule = &roster.schedules[0];
    assert_eq!(schedule.name.as_str(), "Payments primary");
    let [weeks, nights] = schedule.layers.as_slice() else { panic!("{:?}", schedule.layers) };
    assert_eq!((weeks.name.as_str(), weeks.level, nights.name.as_str(), nights.level), ("Weeks", 0, "Nights", 1));
    assert_eq!(weeks.shift, ShiftLength { n: 1, unit: ShiftUnit::Weeks });
    assert_eq!(nights.shift, ShiftLength { n: 12, unit: ShiftUnit::Hours });
    assert_eq!(weeks.anchor, NaiveDate::from_ymd_opt(2026, 1, 5).unwrap().and_time(hm(9, 0)));
    assert_eq!(weeks.end.map(rfc3339).as_deref(), Some("2027-01-01T05:00:00Z"));
    // Friday 17:00 and 63 hours: until Monday 08:00, cut at midnights.
    let windows: Vec<_> = weeks.restrictions.iter().map(|r| (r.days[0], r.start, r.end)).collect();
    let midnight = NaiveTime::MIN;
    assert_eq!(
        windows,
        [
            (Weekday::Fri, hm(17, 0), midnight),
            (Weekday::Sat, midnight, midnight),
            (Weekday::Sun, midnight, midnight),
            (Weekday::Mon, midnight, hm(8, 0)),
        ]
    );
    let night = &nights.restrictions[0];
    assert_eq!((night.days.len(), night.start, night.end), (7, hm(20, 0), hm(8, 0)));
    let cover = &schedule.overrides[0];
    assert_eq!(cover.kind, OverrideKind::ReplaceAll(vec![Text::scrub("Ana Ruiz")]));
    assert_eq!(rfc3339(cover.start), "2026-11-21T13:00:00Z");
    // Saturday night: the higher layer hides the week's.
    let at = |written| schedule.on_call(parse_rfc3339(written).unwrap());
    assert_eq!(at("2026-11-29T02:00:00Z"), [Text::scrub("Ben Ito")]);
}

#[test]
fn what_pagerduty_says_and_a_roster_cannot_is_named_and_left_out() {
    let odd_turn = PAGERDUTY.replace("43200,\n      \"users\"", "5400,\n      \"users\"");
    let (roster, left_out) = imported(&odd_turn);
    assert_eq!(
        left_out,
        ["Nights: a turn of 5400 seconds is no whole number of hours, and a roster knows no shorter unit"]
    );
    assert_eq!(roster.schedules[0].layers.len(), 1);
    let (_, left_out) = imported(&PAGERDUTY.replace("daily_restriction", "lunar_restriction"));
    assert!(left_out[0].starts_with("Nights: its hours are of no kind we know"), "{left_out:?}");
    let (_, left_out) = imported(&PAGERDUTY.replace("\"start_day_of_week\": 5", "\"start_day_of_week\": 8"));
    assert_eq!(left_out, ["Weeks: start_day_of_week of its hours is none of 1 to 7"]);
    let (_, left_out) = imported(&PAGERDUTY.replace("\"Nights\"", "\"Layer 1\"").replace("\"Weeks\"", "\"Layer 2\""));
    assert!(left_out[0].starts_with("schedule_layers: the layers' names count up"), "{left_out:?}");
    assert_eq!(
        refused(&PAGERDUTY.replace("America/New_York", "America/New_Yrok")),
        "time_zone: no zone is called \"America/New_Yrok\"; did you mean \"America/New_York\"?"
    );
}

#[test]
fn two_people_of_one_name_are_told_apart_by_their_id() {
    let (roster, _) = imported(&PAGERDUTY.replace("Ben Ito", "Ana Ruiz"));
    assert_eq!(roster.people.iter().map(|p| p.id.as_str()).collect::<Vec<_>>(), ["PB", "PA"]);
}

pub(super) const OPSGENIE: &str = r#"{ "data": { "id": "d875", "name": "ops", "timezone": "Europe/Berlin", "enabled": true, "rotations": [
  { "id": "r1", "name": "days", "startDate": "2026-01-05T08:00:00Z", "type": "weekly", "length": 1,
    "participants": [ { "type": "user", "id": "1", "username": "ana@example.org" },
                      { "type": "user", "id": "2", "username": "ben@example.org" } ],
    "timeRestriction": { "type": "weekday-and-time-of-day", "restrictions": [
      { "startDay": "monday", "startHour": 8, "startMin": 0, "endDay": "tuesday", "endHour": 18, "endMin": 30 },
      { "startDay": "saturday", "startHour": 22, "startMin": 0, "endDay": "sunday", "endHour": 6, "endMin": 0 } ] } },
  { "name": "nights", "startDate": "2026-01-05T17:00:00Z", "endDate": "2026-12-01T00:00:00Z", "type": "hourly", "length": 12,
    "participants": [ { "type": "user", "username": "ben@example.org" } ],
    "timeRestriction": { "type": "time-of-day", "restriction": { "startHour": 18, "startMin": 0, "endHour": 8, "endMin": 0 } } }
] }, "took": 0.1 }"#;

#[test]
fn opsgenie_rotations_are_all_told_and_hours_run_over_the_days_between() {
    let (roster, left_out) = imported(OPSGENIE);
    assert!(left_out.is_empty(), "{left_out:?}");
    assert_eq!(roster.people[0].email, Some(Text::scrub("ana@example.org")));
    let [days, nights] = roster.schedules[0].layers.as_slice() else { panic!() };
    assert_eq!((days.level, nights.level), (0, 0));
    assert_eq!((days.anchor.time(), nights.shift), (hm(9, 0), ShiftLength { n: 12, unit: ShiftUnit::Hours }));
    assert_eq!(days.start.map(rfc3339).as_deref(), Some("2026-01-05T08:00:00Z"));
    let windows: Vec<_> = days.restrictions.iter().map(|r| (r.days[0], r.start, r.end)).collect();
    assert_eq!(
        windows,
        [
            (Weekday::Mon, hm(8, 0), NaiveTime::MIN),
            (Weekday::Tue, NaiveTime::MIN, hm(18, 30)),
            (Weekday::Sat, hm(22, 0), hm(6, 0)),
        ]
    );
    assert_eq!((nights.restrictions[0].days.len(), nights.restrictions[0].end), (7, hm(8, 0)));
}

#[test]
fn turns_of_teams_and_of_nobody_are_named_and_left_out() {
    let team = OPSGENIE.replacen("\"type\": \"user\"", "\"type\": \"team\"", 1);
    assert_eq!(imported(&team).1, ["ops: days: a turn is taken by a team, not by a person"]);
    let monthly = OPSGENIE.replace("\"hourly\"", "\"monthly\"");
    assert_eq!(imported(&monthly).1, ["ops: nights: its type is none of hourly, daily, weekly: \"monthly\""]);
}

#[test]
fn what_is_no_schedule_says_so() {
    assert!(refused("<html>").starts_with("it is not readable as JSON: "));
    assert!(refused("{\"incidents\": []}").starts_with("it is no exported schedule"));
    assert_eq!(refused("{\"tz\": \"UTC\", \"layers\": []}"), "nothing in it could be read: it is empty");
    assert_eq!(
        refused("{\"tz\": \"UTC\", \"layers\": [{}]}"),
        "nothing in it could be read: layer 1: shift is missing"
    );
}

pub(super) const UNITS: [ShiftUnit; 4] = [ShiftUnit::Hours, ShiftUnit::Days, ShiftUnit::Weeks, ShiftUnit::Months];

/// A policy that says everything one can say.
/// Everything in it that somebody else wrote.
fn outside(roster: &Roster, left_out: &[Skipped]) -> Vec<String> {
    let of_people = roster.people.iter().flat_map(|p| [Some(&p.id), Some(&p.name), p.email.as_ref(), p.reach.as_ref()]);
    let of_seats = roster.schedules.iter().map(|seat| Some(&seat.name));
    let of_layers = roster
        .schedules
        .iter()
        .flat_map(|seat| &seat.layers)
        .flat_map(|layer| std::iter::once(Some(&layer.name)).chain(layer.participants.iter().flatten().map(Some)));
    let of_notes = left_out.iter().flat_map(|skipped| [Some(&skipped.at), Some(&skipped.why)]);
    of_people.chain(of_seats).chain(of_layers).chain(of_notes).flatten().map(Text::to_string).collect()
}

fn is_foul(text: &str) -> bool {
    let is_hidden = |c: char| matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.chars().any(|c| c.is_control() || is_hidden(c))
}

/// Reads what may be anything; nothing that comes of it, good or bad, may move a terminal's cursor or hide.
fn swallowed(bytes: &[u8]) -> bool {
    let read = read(bytes, &Zones::bundled());
    let said = match &read {
        Ok((roster, left_out)) => outside(roster, left_out),
        Err(error) => vec![error.to_string()],
    };
    for text in said {
        assert!(!is_foul(&text), "{text:?} of {}", String::from_utf8_lossy(bytes));
    }
    read.is_ok()
}

#[test]
fn an_export_torn_anywhere_is_refused_in_clean_words() {
    for file in [PAGERDUTY, OPSGENIE] {
        let whole = file.trim_end().len();
        for end in 0..whole {
            assert!(!swallowed(&file.as_bytes()[..end]), "cut after {end} bytes");
        }
        assert!(swallowed(file.as_bytes()));
    }
}

#[test]
fn no_text_of_an_export_reaches_a_terminal_raw() {
    let evil = "\u{1b}]0;x\u{7}\u{202e}\u{200b}\u{9b}31m|<b>\r\n[[person]]\nid=\"evil\"";
    for file in [PAGERDUTY, OPSGENIE] {
        let whole: Value = serde_json::from_str(file).unwrap();
        let mut places = Vec::new();
        texts(&whole, "", &mut places);
        assert!(places.len() > 10, "{places:?}");
        for place in &places {
            let mut bad = whole.clone();
            *bad.pointer_mut(place).unwrap() = Value::from(evil);
            swallowed(bad.to_string().as_bytes());
        }
        let mut all = whole.clone();
        for place in places.iter().filter(|place| place.ends_with("name") || place.ends_with("summary")) {
            *all.pointer_mut(place).unwrap() = Value::from(evil);
        }
        assert!(swallowed(all.to_string().as_bytes()), "names are only names");
    }
}

/// The places of all texts, as JSON pointers.
fn texts(value: &Value, at: &str, found: &mut Vec<String>) {
    match value {
        Value::String(_) => found.push(at.to_owned()),
        Value::Array(items) => (0..).zip(items).for_each(|(i, item)| texts(item, &format!("{at}/{i}"), found)),
        Value::Object(entries) => entries.iter().for_each(|(key, item)| texts(item, &format!("{at}/{key}"), found)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// The places of all values, as JSON pointers.
fn places(value: &Value, at: &str, found: &mut Vec<String>) {
    found.push(at.to_owned());
    match value {
        Value::Array(items) => (0..).zip(items).for_each(|(i, item)| places(item, &format!("{at}/{i}"), found)),
        Value::Object(entries) => entries.iter().for_each(|(key, item)| places(item, &format!("{at}/{key}"), found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[test]
fn no_value_of_an_export_makes_the_rota_panic() {
    let values = [
        "null",
        "true",
        "-1",
        "0",
        "1",
        "1e300",
        "9223372036854775807",
        "18446744073709551615",
        "\"\"",
        "[]",
        "{}",
        "\"0001-01-01T00:00:00Z\"",
        "\"9999-12-31T23:59:59Z\"",
        "\"2026-02-30T25:61:61Z\"",
        "\"Mars/Phobos\"",
        "[[[]]]",
    ]
    .map(|written| serde_json::from_str::<Value>(written).unwrap());
    let (from, to) = (parse_rfc3339("2026-11-01T00:00:00Z").unwrap(), parse_rfc3339("2026-11-08T00:00:00Z").unwrap());
    for file in [PAGERDUTY, OPSGENIE] {
        let whole: Value = serde_json::from_str(file).unwrap();
        let mut all = Vec::new();
        places(&whole, "", &mut all);
        for (place, value) in all.iter().flat_map(|place| values.iter().map(move |value| (place, value))) {
            let mut bad = whole.clone();
            *bad.pointer_mut(place).unwrap() = value.clone();
            let bytes = bad.to_string();
            swallowed(bytes.as_bytes());
            if let Ok((roster, _)) = read(bytes.as_bytes(), &Zones::bundled()) {
                roster.schedules.iter().for_each(|seat| drop(seat.segments(from, to)));
            }
        }
    }
}

#[test]
fn more_people_or_layers_than_a_roster_holds_are_refused() {
    let whole: Value = serde_json::from_str(OPSGENIE).unwrap();
    let mut places = Vec::new();
    texts(&whole, "", &mut places);
    let place = places.iter().find(|place| place.contains("/participants/")).unwrap();
    let list = place.rsplit_once("/participants/").map(|(before, _)| format!("{before}/participants")).unwrap();
    let mut many = whole.clone();
    let people = (0..5_001).map(|n| serde_json::json!({"type": "user", "username": format!("p{n}")}));
    *many.pointer_mut(&list).unwrap() = people.collect();
    assert!(refused(&many.to_string()).contains("a roster holds at most 5000"), "{}", refused(&many.to_string()));
}

#[test]
fn ids_that_show_nothing_or_the_same_are_people_of_their_own() {
    let user = |id: &str| format!(r#"{{ "user": {{ "id": "{id}" }} }}"#);
    let ids = ["\u{301}", "\u{200b}", "PA", "P\u{200b}A", "user 2", "Zoe\u{301}"];
    let users = ids.map(user).join(", ");
    let file = format!(
        r#"{{ "schedule": {{ "time_zone": "UTC", "schedule_layers": [ {{ "id": "L", "start": "2026-01-01T00:00:00Z",
            "rotation_virtual_start": "2026-01-01T00:00:00Z", "rotation_turn_length_seconds": 86400,
            "users": [ {users} ] }} ] }} }}"#
    );
    let (roster, left_out) = imported(&file);
    let people: Vec<_> = roster.people.iter().map(|p| p.id.as_str()).collect();
    assert_eq!(people, ["user 1", "user 2", "PA", "user 4", "user 5", "Zoe\u{301}"]);
    assert_eq!(left_out, Vec::<String>::new());
    assert_eq!(roster.schedules[0].layers[0].participants.len(), 6);
}
