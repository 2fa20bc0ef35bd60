use super::*;
use crate::domain::{
    escalation::{Policy, Step, Target},
    rota::{
        CalendarLayer, CalendarShift, Contact, Leave, Override, OverrideKind, Schedule, ShiftUnit,
        tests::{EVERY_DAY, at, exception, layer, names, person, schedule, window, zone},
    },
    time::{between, rfc3339},
};

const FROM: &str = "2026-11-16T00:00:00Z";
const UNTIL: &str = "2026-12-14T00:00:00Z";

fn roster(seats: Vec<Schedule>) -> Roster {
    let contact =
        |id: &&str| Contact { id: person(id), name: person(""), login: None, reach: None, email: None, zone: None };
    Roster::new(zone("Europe/Berlin"), ["ana", "ben", "cem", "eve"].iter().map(contact).collect(), seats)
}

fn weekly(people: &[&str]) -> crate::domain::rota::Layer {
    layer("UTC", "2026-11-16T00:00:00", 1, ShiftUnit::Weeks, people)
}

fn audit(seats: Vec<Schedule>) -> Vec<Finding> {
    roster(seats).audit(at(FROM), at(UNTIL))
}

fn all(who: &str, start: &str, end: &str) -> Override {
    exception(OverrideKind::ReplaceAll(vec![person(who)]), start, end)
}

fn day(at: DateTime<Utc>) -> String {
    rfc3339(at).get(5..13).unwrap().to_owned()
}

#[test]
fn a_plain_rotation_has_no_findings() {
    assert_eq!(audit(vec![schedule(vec![weekly(&["ana", "ben"])], vec![])]), []);
}

#[test]
fn overrides_are_numbered_through_all_seats() {
    let one = || exception(OverrideKind::Remove(person("ana")), "2026-11-17T00:00:00Z", "2026-11-18T00:00:00Z");
    let mut seats = [schedule(vec![], vec![one(), one()]), schedule(vec![], vec![]), schedule(vec![], vec![one()])];
    for (seat, name) in seats.iter_mut().zip(["a", "b", "c"]) {
        seat.name = person(name);
    }
    let roster = Roster::new(crate::domain::zone::Zone::utc(), vec![], seats.into());
    let numbers = |name: &str, index| roster.override_number(&person(name), index);
    let found = [numbers("a", 0), numbers("a", 1), numbers("b", 0), numbers("c", 0), numbers("c", 1), numbers("d", 0)];
    assert_eq!(found, [Some(1), Some(2), None, Some(3), None, None]);
    let listed: Vec<_> = roster.numbered_overrides().map(|(n, seat, _)| (n, seat.name.as_str())).collect();
    assert_eq!(listed, [(1, "a"), (2, "a"), (3, "c")]);
}

#[test]
fn gaps_fail_and_so_does_an_override_that_changes_nothing() {
    let mut days = weekly(&["ana", "ben"]);
    days.restrictions = vec![window(&EVERY_DAY, "08:00:00", "00:00:00")];
    let away = exception(OverrideKind::Remove(person("nobody")), "2026-11-17T00:00:00Z", "2026-11-18T00:00:00Z");
    let found = audit(vec![schedule(vec![days], vec![away])]);
    assert_eq!(found.iter().filter(|f| matches!(f, Finding::Gap { .. })).count(), 28);
    assert_eq!(found[0].severity(), Severity::Fails);
    let place = Place::Override { seat: person("primary"), index: 0 };
    assert!(found.contains(&Finding::UnknownPerson { person: person("nobody"), place }));
    let idle = found.iter().find(|f| matches!(f, Finding::OverrideWithoutEffect { index: 0, .. }));
    assert_eq!(idle.map(Finding::severity), Some(Severity::Fails));
    assert!(found.is_sorted_by_key(|f| (f.severity(), f.start())));
}

#[test]
fn two_layers_of_one_level_are_an_overlap_and_two_people_of_one_turn_are_not() {
    let mut both = weekly(&[]);
    both.participants = vec![vec![person("ana"), person("ben")]];
    assert_eq!(audit(vec![schedule(vec![both.clone()], vec![])]), []);
    let mut other = weekly(&["cem"]);
    other.name = person("other");
    (other.start, other.end) = (Some(at("2026-11-18T00:00:00Z")), Some(at("2026-11-20T00:00:00Z")));
    let found = audit(vec![schedule(vec![both.clone(), other.clone()], vec![])]);
    let [Finding::Overlap { layers, people, start, end, .. }] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!((names(layers), names(people)), (vec!["layer", "other"], vec!["ana", "ben", "cem"]));
    assert_eq!((day(*start), day(*end)), ("11-18T00".into(), "11-20T00".into()));
    other.level = 1;
    assert_eq!(audit(vec![schedule(vec![both, other], vec![])]), [], "of two levels one hides the other");
}

#[test]
fn a_calendar_beside_a_layer_overlaps_unless_both_name_the_same_person() {
    let mut seat = schedule(vec![weekly(&["ana"])], vec![]);
    let shift =
        |start: &str, end: &str, who: &str| CalendarShift { start: at(start), end: at(end), people: vec![person(who)] };
    seat.calendars = vec![CalendarLayer {
        name: person("feed"),
        level: 0,
        shifts: vec![
            shift("2026-11-17T00:00:00Z", "2026-11-18T00:00:00Z", "ana"),
            shift("2026-11-18T00:00:00Z", "2026-11-19T00:00:00Z", "ben"),
            shift("2026-11-19T00:00:00Z", "2026-11-20T00:00:00Z", "zed"),
        ],
    }];
    let found = audit(vec![seat]);
    let place = Place::Calendar { seat: person("primary"), calendar: person("feed") };
    assert_eq!(found[0], Finding::UnknownPerson { person: person("zed"), place });
    let [Finding::Overlap { people, start, end, .. }] = &found[1..] else { panic!("{found:?}") };
    assert_eq!(names(people), ["ana", "ben", "zed"]);
    assert_eq!((day(*start), day(*end)), ("11-18T00".into(), "11-20T00".into()));
}

#[test]
fn somebody_on_two_seats_at_once_is_found_for_as_long_as_it_lasts() {
    let mut backup =
        schedule(vec![weekly(&["ben", "ana"])], vec![all("ana", "2026-11-20T00:00:00Z", "2026-11-24T00:00:00Z")]);
    backup.name = person("backup");
    let found = audit(vec![schedule(vec![weekly(&["ana", "ben"])], vec![]), backup]);
    let [Finding::OnSeveralSeats { person: who, seats, start, end }] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!((who.as_str(), names(seats)), ("ana", vec!["primary", "backup"]));
    // From the 23rd on she holds backup alone: the week after, ben has primary.
    assert_eq!((day(*start), day(*end)), ("11-20T00".into(), "11-23T00".into()));
}

#[test]
fn duty_on_leave_names_the_person_the_seat_and_the_stretch() {
    let mut roster = roster(vec![schedule(
        vec![weekly(&["ana", "ben"])],
        vec![all("ben", "2026-11-18T00:00:00Z", "2026-11-19T00:00:00Z")],
    )]);
    roster.leave = vec![
        Leave { user: person("cem"), start: at(FROM), end: at(UNTIL), note: None },
        Leave {
            user: person("ana"),
            start: at("2026-11-17T12:00:00Z"),
            end: at("2026-11-30T12:00:00Z"),
            note: Some(person("Corsica")),
        },
    ];
    let found: Vec<_> = roster.duties_in_leave(at(FROM), at(UNTIL));
    let told: Vec<_> = found.iter().map(|d| (d.leave, day(d.start), day(d.end))).collect();
    assert_eq!(
        told,
        [
            (1, "11-17T12".into(), "11-18T00".into()),
            (1, "11-19T00".into(), "11-23T00".into()),
            (1, "11-30T00".into(), "11-30T12".into()),
        ]
    );
    assert!(found.iter().all(|d| d.person.as_str() == "ana" && d.seat.as_str() == "primary"));
    let leaves = roster.audit(at(FROM), at(UNTIL)).into_iter().filter(|f| matches!(f, Finding::DutyInLeave(_)));
    assert_eq!(leaves.count(), 3);
}

#[test]
fn overrides_that_contradict_one_another_are_told_with_the_one_that_wins() {
    let (start, end) = ("2026-11-17T00:00:00Z", "2026-11-19T00:00:00Z");
    let replace = |with: &str, end: &str| {
        exception(OverrideKind::ReplaceUser { user: person("ben"), with: person(with) }, "2026-11-24T00:00:00Z", end)
    };
    let mut low = all("ben", start, end);
    low.level = -1;
    let overrides = vec![
        all("cem", "2026-11-18T00:00:00Z", "2026-11-20T00:00:00Z"),
        low,
        all("cem", start, "2026-11-18T12:00:00Z"),
        replace("eve", "2026-11-26T00:00:00Z"),
        replace("cem", "2026-11-25T00:00:00Z"),
    ];
    let found = audit(vec![schedule(vec![weekly(&["ana", "ben"])], overrides)]);
    let clashes: Vec<_> = found
        .iter()
        .filter_map(|f| match f {
            Finding::OverridesClash { winner, loser, start, end, .. } => {
                Some((*winner, *loser, day(*start), day(*end)))
            }
            _ => None,
        })
        .collect();
    let clash = |w, l, s: &str, e: &str| (w, l, s.to_owned(), e.to_owned());
    assert_eq!(
        clashes,
        [
            clash(2, 1, "11-17T00", "11-18T12"),
            clash(2, 0, "11-18T00", "11-18T12"),
            clash(0, 1, "11-18T12", "11-19T00"),
            clash(4, 3, "11-24T00", "11-25T00"),
        ]
    );
}

#[test]
fn overrides_of_one_person_clash_whatever_their_kinds_and_one_of_everybody_hides_them() {
    let during = |kind| exception(kind, "2026-11-24T00:00:00Z", "2026-11-25T00:00:00Z");
    let replace = |user: &str, with: &str| during(OverrideKind::ReplaceUser { user: person(user), with: person(with) });
    let remove = |who: &str| during(OverrideKind::Remove(person(who)));
    let add = |who: &str| during(OverrideKind::Add(person(who)));
    let everybody = |who: &str| during(OverrideKind::ReplaceAll(vec![person(who)]));
    let pairs = |overrides: Vec<Override>| -> Vec<(usize, usize)> {
        let found = audit(vec![schedule(vec![weekly(&["ana", "ben"])], overrides)]);
        let clash = |f: &Finding| match f {
            Finding::OverridesClash { winner, loser, .. } => Some((*winner, *loser)),
            _ => None,
        };
        found.iter().filter_map(clash).collect()
    };
    assert_eq!(pairs(vec![remove("ben"), replace("ben", "cem")]), [(1, 0)]);
    assert_eq!(pairs(vec![remove("ben"), add("ben")]), [(1, 0)]);
    assert_eq!(pairs(vec![remove("ben"), remove("ben")]), [(0, 1)]);
    assert_eq!(pairs(vec![replace("ben", "cem"), remove("cem")]), [(0, 1)]);
    assert_eq!(pairs(vec![everybody("ben"), everybody("ben")]), [(1, 0)]);
    assert_eq!(pairs(vec![everybody("cem"), remove("ben"), add("eve")]), [(0, 1), (0, 2)]);
    // Each stands in for the other; and different people are nobody's clash.
    assert_eq!(pairs(vec![replace("ana", "ben"), replace("ben", "ana")]), []);
    assert_eq!(pairs(vec![remove("ana"), add("cem"), replace("ben", "eve")]), []);
}

#[test]
fn an_override_that_changes_nothing_is_found_even_where_only_a_part_of_it_is_asked_for() {
    let overrides = vec![
        all("ana", "2026-11-17T00:00:00Z", "2026-11-18T00:00:00Z"),
        // It does change the week before the window.
        all("ana", "2026-11-10T00:00:00Z", "2026-11-17T00:00:00Z"),
        exception(OverrideKind::Remove(person("cem")), "2026-11-17T00:00:00Z", "2026-11-30T00:00:00Z"),
        exception(OverrideKind::Add(person("ben")), "2026-11-19T00:00:00Z", "2026-11-30T00:00:00Z"),
        all("ben", "2026-11-20T00:00:00Z", "2026-11-20T00:00:00Z"),
        all("cem", "2027-11-20T00:00:00Z", "2027-11-21T00:00:00Z"),
    ];
    let found = audit(vec![schedule(vec![weekly(&["ana", "ben"])], overrides)]);
    let idle: Vec<_> = found
        .iter()
        .filter_map(|f| match f {
            Finding::OverrideWithoutEffect { index, .. } => Some(*index),
            _ => None,
        })
        .collect();
    assert_eq!(idle, [0, 2, 4]);
}

#[test]
fn a_hidden_layer_and_a_turn_that_never_comes_are_found() {
    let mut above = weekly(&["ana", "ben"]);
    (above.name, above.level) = (person("above"), 1);
    let found = audit(vec![schedule(vec![above.clone(), weekly(&["cem", "eve"])], vec![])]);
    assert_eq!(found, [Finding::LayerNeverOn { seat: person("primary"), layer: person("layer") }]);
    // Seven people by the day, on Mondays and Tuesdays only: five of them never come.
    let mut early = layer("UTC", "2026-11-16T00:00:00", 1, ShiftUnit::Days, &["ana", "ben", "cem", "eve"]);
    early.participants.extend([vec![person("ana")], vec![person("ben")], vec![person("cem")]]);
    early.restrictions = vec![window(&EVERY_DAY[..2], "00:00:00", "00:00:00")];
    let found = audit(vec![schedule(vec![early], vec![])]);
    let never = found.iter().filter(|f| matches!(f, Finding::TurnNeverOn { .. })).count();
    assert_eq!(never, 5);
    // Five people by the day, on Mondays and Tuesdays only: each of them comes within five weeks.
    let mut turning = layer("UTC", "2026-11-16T00:00:00", 1, ShiftUnit::Days, &["ana", "ben", "cem", "eve", "ana"]);
    turning.restrictions = vec![window(&EVERY_DAY[..2], "00:00:00", "00:00:00")];
    let found = audit(vec![schedule(vec![turning], vec![])]);
    assert!(!found.iter().any(|f| matches!(f, Finding::TurnNeverOn { .. })), "{found:?}");
    // A layer whose turns do not all come within the window says nothing of the others.
    assert_eq!(audit(vec![schedule(vec![weekly(&["ana", "ben", "cem", "eve", "ana", "ben"])], vec![])]), []);
}

#[test]
fn turns_over_a_clock_change_are_told_with_both_lengths() {
    let week = layer("Europe/Berlin", "2026-01-05T09:00:00", 1, ShiftUnit::Weeks, &["ana", "ben"]);
    let mut nights = layer("America/New_York", "2026-01-05T00:00:00", 1, ShiftUnit::Days, &["cem"]);
    (nights.name, nights.level) = (person("nights"), -1);
    nights.restrictions = vec![window(&EVERY_DAY, "20:00:00", "06:00:00")];
    let seat = schedule(vec![week, nights], vec![]);
    let found = roster(vec![seat]).audit(at("2026-03-01T00:00:00Z"), at("2026-04-01T00:00:00Z"));
    let lengths: Vec<_> = found
        .iter()
        .filter_map(|f| match f {
            Finding::OddLength { layer, start, end, nominal, actual, .. } => {
                assert_eq!(between(*start, *end), *actual);
                Some((layer.as_str(), day(*start), nominal.num_hours(), actual.num_hours()))
            }
            _ => None,
        })
        .collect();
    // Of the nights only the part within one turn, from midnight to six.
    assert_eq!(lengths, [("nights", "03-08T05".into(), 6, 5), ("layer", "03-23T08".into(), 168, 167)]);
}

#[test]
fn hand_offs_at_a_time_that_is_missing_or_comes_twice_are_told() {
    let daily = layer("America/New_York", "2026-01-05T02:30:00", 1, ShiftUnit::Days, &["ana", "ben"]);
    let mut hours = daily.clone();
    hours.anchor = "2026-01-05T12:00:00".parse().unwrap();
    hours.restrictions = vec![window(&EVERY_DAY, "01:15:00", "02:45:00")];
    let year = |layer| {
        roster(vec![schedule(vec![layer], vec![])]).audit(at("2026-01-01T00:00:00Z"), at("2027-01-01T00:00:00Z"))
    };
    let odd = |found: Vec<Finding>| -> Vec<(String, String, WallTime)> {
        let told = found.into_iter().filter_map(|f| match f {
            Finding::OddWallTime { wall, at, how, .. } => Some((wall.to_string(), rfc3339(at), how)),
            _ => None,
        });
        told.collect()
    };
    let missing = |wall: &str| (wall.to_owned(), "2026-03-08T07:00:00Z".to_owned(), WallTime::Missing);
    assert_eq!(odd(year(daily)), [missing("2026-03-08 02:30:00")], "02:30 comes once in autumn");
    let twice = WallTime::Twice(at("2026-11-01T06:15:00Z"));
    assert_eq!(
        odd(year(hours)),
        [missing("2026-03-08 02:45:00"), ("2026-11-01 01:15:00".to_owned(), "2026-11-01T05:15:00Z".to_owned(), twice)]
    );
}

#[test]
fn a_turn_inside_a_gap_is_skipped_and_told() {
    let hourly = layer("America/New_York", "2026-03-08T00:00:00", 1, ShiftUnit::Hours, &["ana", "ben", "cem", "eve"]);
    let found =
        roster(vec![schedule(vec![hourly], vec![])]).audit(at("2026-03-08T00:00:00Z"), at("2026-03-09T00:00:00Z"));
    let skipped = found.iter().find_map(|f| match f {
        Finding::OddLength { people, nominal, actual, .. } => Some((names(people), *nominal, *actual)),
        _ => None,
    });
    assert_eq!(skipped, Some((vec!["cem"], TimeDelta::hours(1), TimeDelta::zero())));
}

#[test]
fn escalations_and_leave_name_only_people_and_seats_that_are_there() {
    let mut roster = roster(vec![schedule(vec![weekly(&["ana", "ben"])], vec![])]);
    roster.leave = vec![Leave { user: person("gus"), start: at(FROM), end: at(UNTIL), note: None }];
    let targets = vec![
        Target::Seat(person("primary")),
        Target::Seat(person("backup")),
        Target::Person(person("ana")),
        Target::Person(person("hal")),
    ];
    roster.escalations = vec![Policy {
        name: person("pages"),
        priorities: vec![],
        steps: vec![Step { delay: TimeDelta::minutes(5), targets }],
        repeat: 0,
        ack_timeout: None,
        reserve: Some(person("ida")),
    }];
    let unknown = |who: &str, place| Finding::UnknownPerson { person: person(who), place };
    let pages = || Place::Escalation(person("pages"));
    assert_eq!(
        roster.audit(at(FROM), at(UNTIL)),
        [
            unknown("gus", Place::Leave(0)),
            unknown("hal", pages()),
            unknown("ida", pages()),
            Finding::UnknownSeat { seat: person("backup"), policy: person("pages") },
        ]
    );
}

#[test]
fn nothing_is_found_in_no_time() {
    let roster = roster(vec![schedule(vec![weekly(&["ana"])], vec![all("ana", FROM, UNTIL)])]);
    assert_eq!(roster.audit(at(FROM), at(FROM)), []);
    assert_eq!(roster.audit(at(UNTIL), at(FROM)), []);
}
