//! Rosters and slips drawn at random: what is written is read back, and nothing panics.

use chrono::Weekday;
use proptest::prelude::*;

use super::{
    tests::{OPSGENIE, PAGERDUTY, UNITS, hm},
    *,
};
use crate::{
    domain::{
        escalation::{Policy, Step, Target},
        priority::Priority,
        rota::{Advance, Layer, Leave, Off, Override, OverrideKind, Restriction, Schedule, ShiftLength},
    },
    source::roster::{self, write},
};

fn urgent() -> Policy {
    Policy {
        name: Text::scrub("urgent"),
        priorities: vec![Priority::P0, Priority::P3],
        steps: vec![Step {
            delay: chrono::TimeDelta::seconds(90),
            targets: vec![Target::Seat(Text::scrub("seat 0")), Target::Person(Text::scrub("ana"))],
        }],
        repeat: 3,
        ack_timeout: Some(chrono::TimeDelta::hours(5)),
        reserve: Some(Text::scrub("ana")),
    }
}

/// Any roster that a file could say.
fn rosters() -> impl Strategy<Value = Roster> {
    let name = "[a-z#\"'\\\\äß=\\[\\]{} ]{1,8}".prop_map(|s| Text::scrub(&format!("x{s}")));
    let zone = prop::sample::select(vec!["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"]);
    let zone = zone.prop_map(|name| Zones::bundled().find(name).unwrap());
    let instant = (0_i64..4_000_000_000).prop_map(|s| chrono::DateTime::from_timestamp(s, 0).unwrap());
    let hours = (1_u8..128, 0_u32..1440, 0_u32..1440).prop_map(|(days, from, to)| {
        let at = |minutes: u32| hm(minutes / 60, minutes % 60);
        let day = |n: u8| Weekday::try_from(n).unwrap();
        Restriction { days: (0..7).filter(|n| days >> n & 1 == 1).map(day).collect(), start: at(from), end: at(to) }
    });
    let layer = (
        (name.clone(), zone.clone(), 0_i64..4_000_000_000, 1_u32..99, 0..4_u8),
        prop::collection::vec(prop::collection::vec(0..3_usize, 1..3), 1..4),
        (-3..4_i32, prop::option::of(instant.clone()), prop::collection::vec(hours.clone(), 0..3), any::<bool>()),
    );
    let exception = (
        0..4_u8,
        instant.clone(),
        1_i64..900_000,
        -2..3_i32,
        prop::option::of(instant.clone()),
        prop::option::of(name.clone()),
    );
    let seat = (prop::collection::vec(layer, 1..3), prop::collection::vec(exception, 0..3), prop::option::of(hours));
    (zone, prop::collection::vec(seat, 1..3), prop::option::of(name), prop::option::of(instant)).prop_map(
        |(zone, seats, note, leave)| {
            let people: Vec<Text> = ["ana", "ben \"b\" \\", "çy"].map(Text::scrub).into();
            let person = |n: usize| people[n].clone();
            let schedules = seats.into_iter().enumerate().map(|(nth, (layers, exceptions, off))| {
                let layers = layers.into_iter().map(
                    |((name, zone, anchor, n, unit), turns, (level, start, restrictions, active))| {
                        let is_active = active && unit == 1 && !restrictions.is_empty();
                        Layer {
                            name,
                            zone,
                            anchor: chrono::DateTime::from_timestamp(anchor, 0).unwrap().naive_utc(),
                            shift: ShiftLength { n, unit: UNITS[usize::from(unit)] },
                            participants: turns.into_iter().map(|t| t.into_iter().map(person).collect()).collect(),
                            level,
                            start,
                            end: start.map(|start| crate::domain::time::plus(start, chrono::TimeDelta::days(3))),
                            restrictions,
                            advance: if is_active { Advance::ActiveDays } else { Advance::Always },
                        }
                    },
                );
                let exceptions = exceptions.into_iter().map(|(kind, start, seconds, level, created, note)| {
                    let kind = match kind {
                        0 => OverrideKind::ReplaceAll(vec![person(0), person(2)]),
                        1 => OverrideKind::ReplaceUser { user: person(1), with: person(0) },
                        2 => OverrideKind::Add(person(2)),
                        _ => OverrideKind::Remove(person(1)),
                    };
                    let end = crate::domain::time::plus(start, chrono::TimeDelta::seconds(seconds));
                    Override { kind, start, end, level, created, note }
                });
                let name = Text::scrub(&format!("seat {nth}"));
                let mut schedule = Schedule::new(name, layers.collect(), exceptions.collect());
                schedule.off = off
                    .map(|hours| Off { zone: zone.clone(), hours: vec![hours], note: note.clone() })
                    .into_iter()
                    .collect();
                schedule
            });
            let schedules = schedules.collect();
            let contacts = people.iter().map(|id| Contact {
                reach: note.clone(),
                zone: Some(zone.clone()),
                ..stranger(id.clone())
            });
            let mut roster = Roster::new(zone.clone(), contacts.collect(), schedules);
            roster.leave.extend(leave.map(|start| Leave {
                user: person(0),
                start,
                end: crate::domain::time::plus(start, chrono::TimeDelta::days(9)),
                note: note.clone(),
            }));
            roster.escalations.push(urgent());
            roster
        },
    )
}

proptest! {
    #[test]
    fn every_roster_is_written_and_read_back_equal(roster in rosters()) {
        let file = write::render(&roster);
        let back = roster::read(&file, &Zones::bundled());
        prop_assert_eq!(back, Ok(roster), "{}", file);
    }

    #[test]
    fn no_slip_in_an_export_makes_it_panic(at in 0_usize..2_400, slip in "\\PC{0,3}", which in any::<bool>()) {
        let file = if which { PAGERDUTY } else { OPSGENIE };
        let mut chars: Vec<char> = file.chars().collect();
        let at = at.min(chars.len() - 1);
        chars.splice(at..=at, slip.chars());
        let _ = read(chars.into_iter().collect::<String>().as_bytes(), &Zones::bundled());
    }
}
