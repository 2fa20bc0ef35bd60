//! Schedules drawn at random, held against the rules as they are written.

use chrono::TimeDelta;
use proptest::prelude::*;

use super::{tests::*, *};
use crate::domain::time::{minus, plus};

fn any_instant() -> impl Strategy<Value = DateTime<Utc>> {
    // 2025 to 2028, on the minute.
    (28_927_440i64..31_556_880).prop_map(|minutes| DateTime::from_timestamp(minutes * 60, 0).unwrap())
}

fn any_layer() -> impl Strategy<Value = Layer> {
    const ZONES: [&str; 8] = [
        "America/New_York",
        "Europe/Dublin",
        "Africa/Cairo",
        "Australia/Lord_Howe",
        "Africa/Casablanca",
        "America/Havana",
        "Asia/Kolkata",
        "UTC",
    ];
    let units =
        prop_oneof![Just(ShiftUnit::Hours), Just(ShiftUnit::Days), Just(ShiftUnit::Weeks), Just(ShiftUnit::Months)];
    let hours = proptest::collection::vec((0u32..1440, 0u32..1440, 1usize..=7), 0..3);
    let bounds = (proptest::option::of(any_instant()), proptest::option::of(any_instant()));
    (0..ZONES.len(), any_instant(), 1u32..40, units, 1usize..5, (0i32..3, any::<bool>()), hours, bounds).prop_map(
        |(z, anchor, n, unit, n_people, (level, active), hours, (start, end))| {
            let clock = |m: u32| NaiveTime::from_hms_opt(m / 60, m % 60, 0).unwrap();
            let mut made =
                layer(ZONES[z], "2026-01-01T00:00:00", n, unit, &["ana", "ben", "cem", "dia"][..n_people.min(4)]);
            made.anchor = anchor.naive_utc();
            made.level = level;
            made.advance = if active { Advance::ActiveDays } else { Advance::Always };
            made.restrictions = hours
                .into_iter()
                .map(|(a, b, days)| Restriction { days: EVERY_DAY[..days].to_vec(), start: clock(a), end: clock(b) })
                .collect();
            (made.start, made.end) = (start, end);
            made
        },
    )
}

fn any_override() -> impl Strategy<Value = Override> {
    let who = || prop_oneof![Just(person("ana")), Just(person("ben")), Just(person("eve"))];
    let kind = prop_oneof![
        proptest::collection::vec(who(), 0..3).prop_map(OverrideKind::ReplaceAll),
        (who(), who()).prop_map(|(user, with)| OverrideKind::ReplaceUser { user, with }),
        who().prop_map(OverrideKind::Add),
        who().prop_map(OverrideKind::Remove),
    ];
    let created = proptest::option::of(any_instant());
    (kind, any_instant(), 0i64..600_000, 0i32..2, created).prop_map(|(kind, start, minutes, level, created)| Override {
        kind,
        start,
        end: plus(start, TimeDelta::minutes(minutes)),
        level,
        created,
        note: None,
    })
}

/// Shifts in no order, some without length, some that run backwards.
fn any_calendar() -> impl Strategy<Value = CalendarLayer> {
    let shift = (any_instant(), -50_000i64..200_000, proptest::sample::subsequence(vec!["ana", "ben", "gus"], 1..=2));
    let shift = shift.prop_map(|(start, minutes, people)| CalendarShift {
        start,
        end: plus(start, TimeDelta::minutes(minutes)),
        people: people.into_iter().map(person).collect(),
    });
    (proptest::collection::vec(shift, 0..12), 0i32..3).prop_map(|(shifts, level)| CalendarLayer {
        name: person("feed"),
        level,
        shifts,
    })
}

fn any_schedule() -> impl Strategy<Value = Schedule> {
    (
        proptest::collection::vec(any_layer(), 0..4),
        proptest::collection::vec(any_calendar(), 0..3),
        proptest::collection::vec(any_override(), 0..8),
    )
        .prop_map(|(layers, calendars, overrides)| Schedule { calendars, ..schedule(layers, overrides) })
}

/// Who is on call as the rules are written, one after another, for one instant and without any of the machinery.
fn by_the_book(seat: &Schedule, t: DateTime<Utc>) -> Vec<Person> {
    let in_force: Vec<&Override> = seat.overrides.iter().filter(|o| o.start <= t && t < o.end).collect();
    let rank = |o: &Override| (o.level, o.created);
    let whole = in_force.iter().filter_map(|o| match &o.kind {
        OverrideKind::ReplaceAll(people) => Some((rank(o), people)),
        _ => None,
    });
    let mut people: Vec<Person> = match whole.max_by_key(|(rank, _)| *rank) {
        Some((_, people)) => people.clone(),
        None => {
            let of_layers = seat.layers.iter().map(|layer| (layer.level, layer.people_at(t).to_vec()));
            let of_calendars = seat.calendars.iter().map(|calendar| {
                let on = calendar.shifts.iter().filter(|s| s.start <= t && t < s.end);
                (calendar.level, on.flat_map(|s| s.people.clone()).collect())
            });
            let stand_in = |who: &Person| {
                let with = in_force.iter().filter_map(|o| match &o.kind {
                    OverrideKind::ReplaceUser { user, with } if user == who => Some((rank(o), with.clone())),
                    _ => None,
                });
                match with.max_by_key(|(rank, _)| *rank) {
                    Some((_, with)) => Some(with),
                    None if in_force.iter().any(|o| o.kind == OverrideKind::Remove(who.clone())) => None,
                    None => Some(who.clone()),
                }
            };
            let manned: Vec<(i32, Vec<Person>)> = of_layers
                .chain(of_calendars)
                .map(|(level, people): (i32, Vec<Person>)| (level, people.iter().filter_map(stand_in).collect()))
                .filter(|(_, people): &(i32, Vec<Person>)| !people.is_empty())
                .collect();
            let top = manned.iter().map(|(level, _)| *level).max();
            let added = in_force.iter().filter_map(|o| match &o.kind {
                OverrideKind::Add(person) => Some(person.clone()),
                _ => None,
            });
            manned.iter().filter(|(level, _)| Some(*level) == top).flat_map(|(_, p)| p.clone()).chain(added).collect()
        }
    };
    people.sort();
    people.dedup();
    people
}

proptest! {
    #[test]
    fn a_shift_holds_the_instant_it_was_asked_for(layer in any_layer(), t in any_instant()) {
        let shift = layer.shift_at(t).unwrap();
        prop_assert!(shift.start <= t && t < shift.end, "{:?}", shift);
        prop_assert_eq!(layer.shift_at(shift.start).unwrap(), shift.clone());
        prop_assert!(layer.shift_at(shift.end).unwrap().start == shift.end);
    }

    #[test]
    fn segments_cover_the_window_once_and_differ_from_their_neighbours(
        seat in any_schedule(), start in any_instant(), hours in 1i64..2_000,
    ) {
        let end = plus(start, TimeDelta::hours(hours));
        let segments = seat.segments(start, end);
        prop_assert_eq!(segments.first().unwrap().start, start);
        prop_assert_eq!(segments.last().unwrap().end, end);
        for pair in segments.windows(2) {
            prop_assert_eq!(pair[0].end, pair[1].start);
            prop_assert!(pair[0].people != pair[1].people);
        }
        for segment in &segments {
            prop_assert!(segment.start < segment.end);
        }
    }

    #[test]
    fn segments_name_the_people_on_call_at_any_instant(
        seat in any_schedule(), start in any_instant(), hours in 1i64..2_000, picks in proptest::collection::vec(0.0f64..1.0, 8),
    ) {
        let segments = seat.segments(start, plus(start, TimeDelta::hours(hours)));
        let random = picks.iter().map(|p| plus(start, TimeDelta::seconds((p * hours as f64 * 3_600.0) as i64)));
        let edges = segments.iter().take(6).flat_map(|s| [s.start, plus(s.end, TimeDelta::seconds(-1))]);
        for t in random.chain(edges) {
            let segment = segments.iter().find(|s| s.start <= t && t < s.end).unwrap();
            prop_assert_eq!(&segment.people, &seat.on_call(t), "at {}", t);
            prop_assert_eq!(&segment.people, &by_the_book(&seat, t), "at {}", t);
        }
    }

    #[test]
    fn duty_agrees_with_who_is_on_call_before_and_after(seat in any_schedule(), t in any_instant()) {
        let duty = seat.duty(t);
        prop_assert_eq!(&duty.people, &seat.on_call(t));
        if let Some(since) = duty.since {
            prop_assert!(since <= t);
            prop_assert_eq!(&seat.on_call(since), &duty.people);
            prop_assert!(seat.on_call(plus(since, TimeDelta::seconds(-1))) != duty.people);
        }
        if let Some(until) = duty.until {
            prop_assert!(t < until);
            prop_assert_eq!(Some(seat.on_call(until)), duty.next);
        }
    }
}

proptest! {
    #[test]
    fn an_override_has_an_effect_exactly_where_leaving_it_out_changes_somebody(
        seat in any_schedule(), start in any_instant(), hours in 1i64..20_000,
    ) {
        let end = plus(start, TimeDelta::hours(hours));
        let roster = Roster::new(Zone::utc(), vec![], vec![seat.clone()]);
        let idle: Vec<usize> = roster.audit(start, end).into_iter().filter_map(|finding| match finding {
            audit::Finding::OverrideWithoutEffect { index, .. } => Some(index),
            _ => None,
        }).collect();
        for (index, o) in seat.overrides.iter().enumerate() {
            if o.start < end && start < o.end {
                let mut without = seat.clone();
                without.overrides.remove(index);
                let same = seat.segments(o.start, o.end) == without.segments(o.start, o.end);
                let reach = audit::exceptions::REACH;
                let is_in_reach = minus(start, reach) <= o.start && o.end <= plus(end, reach);
                prop_assert_eq!(idle.contains(&index), same && is_in_reach, "override {} of {:?}", index, seat.overrides);
            }
        }
    }
}
