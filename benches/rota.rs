//! The rota: a seat as busy as any, over ten years, and with far too many exceptions.

use std::hint::black_box;

use chrono::{DateTime, NaiveTime, TimeDelta, Utc, Weekday};
use criterion::{Criterion, criterion_group};
use watchfloor::{
    domain::{
        rota::{Advance, Layer, Override, OverrideKind, Person, Restriction, Roster, Schedule, ShiftLength, ShiftUnit},
        time::{parse_rfc3339, plus},
        zone::Zones,
    },
    text::Text,
};

use crate::now;

criterion_group!(benches, rota);

fn person(i: usize) -> Person {
    Text::scrub(&format!("person.{}", i % 24))
}

fn rotation(zone: &str, n: u32, unit: ShiftUnit, level: i32, restrictions: Vec<Restriction>) -> Layer {
    Layer {
        name: Text::scrub(&format!("{n} {unit:?} in {zone}")),
        zone: Zones::bundled().find(zone).unwrap(),
        anchor: "2026-01-05T09:00:00".parse().unwrap(),
        shift: ShiftLength { n, unit },
        participants: (0..8).map(|i| vec![person(i + zone.len())]).collect(),
        level,
        start: None,
        end: None,
        restrictions,
        advance: Advance::Always,
    }
}

/// Six rotations, three of them within hours, in five zones, and 200 exceptions of all kinds over ten years.
fn busy_seat() -> Schedule {
    use Weekday::{Fri, Mon, Sat, Sun, Thu, Tue, Wed};
    let clock = |h| NaiveTime::from_hms_opt(h, 0, 0).unwrap();
    let window =
        |days: &[Weekday], from, until| Restriction { days: days.to_vec(), start: clock(from), end: clock(until) };
    let (workdays, every_day) = ([Mon, Tue, Wed, Thu, Fri], [Mon, Tue, Wed, Thu, Fri, Sat, Sun]);
    let layers = vec![
        rotation("Europe/Berlin", 1, ShiftUnit::Weeks, 0, vec![]),
        rotation("America/New_York", 1, ShiftUnit::Days, 1, vec![window(&workdays, 9, 17)]),
        rotation("Asia/Tokyo", 12, ShiftUnit::Hours, 1, vec![window(&every_day, 20, 8)]),
        rotation("Australia/Sydney", 1, ShiftUnit::Days, 2, vec![window(&[Sat, Sun], 6, 18)]),
        rotation("America/Los_Angeles", 2, ShiftUnit::Weeks, 0, vec![]),
        rotation("Europe/Berlin", 12, ShiftUnit::Hours, 0, vec![]),
    ];
    let overrides = (0..200_i32).map(|i| {
        let start = plus(ten_years().0, TimeDelta::hours(437 * i64::from(i)));
        let who = usize::try_from(i).unwrap();
        Override {
            kind: match i % 4 {
                0 => OverrideKind::ReplaceAll(vec![person(who)]),
                1 => OverrideKind::ReplaceUser { user: person(who), with: person(who + 1) },
                2 => OverrideKind::Add(person(who)),
                _ => OverrideKind::Remove(person(who)),
            },
            start,
            end: plus(start, TimeDelta::hours(8 + 16 * i64::from(i % 40))),
            level: i % 2,
            created: None,
            note: None,
        }
    });
    Schedule::new(Text::scrub("primary"), layers, overrides.collect())
}

fn ten_years() -> (DateTime<Utc>, DateTime<Utc>) {
    (parse_rfc3339("2026-01-01T00:00:00Z").unwrap(), parse_rfc3339("2036-01-01T00:00:00Z").unwrap())
}

fn rota(c: &mut Criterion) {
    let seat = busy_seat();
    let (start, end) = ten_years();
    c.bench_function("rota: final schedule, 10 years, 6 layers, 200 overrides", |b| {
        b.iter(|| black_box(&seat).segments(start, end));
    });
    c.bench_function("rota: who is on call, 6 layers, 200 overrides", |b| {
        b.iter(|| black_box(&seat).on_call(black_box(now())));
    });
    c.bench_function("rota: who, since when, until when, who next", |b| {
        b.iter(|| black_box(&seat).duty(black_box(now())));
    });
    let roster = Roster::new(Zones::bundled().find("Europe/Berlin").unwrap(), vec![], vec![seat]);
    let a_year_on = plus(now(), TimeDelta::days(365));
    c.bench_function("rota: audit of a year", |b| b.iter(|| black_box(&roster).audit(now(), a_year_on)));
    c.bench_function("rota: fairness of a year", |b| b.iter(|| black_box(&roster).fairness(now(), a_year_on)));
    let mut crowded = busy_seat();
    let overlapping = (0..40_000).map(|i| Override {
        kind: if i % 2 == 0 { OverrideKind::Add(person(i)) } else { OverrideKind::ReplaceAll(vec![person(i)]) },
        start: plus(now(), TimeDelta::seconds(i64::try_from(i).unwrap())),
        end: plus(now(), TimeDelta::days(30)),
        level: 0,
        created: None,
        note: None,
    });
    crowded.overrides.extend(overlapping);
    let mut group = c.benchmark_group("rota");
    group.sample_size(10);
    group.bench_function("40 000 overrides that overlap, 60 days", |b| {
        b.iter(|| black_box(&crowded).segments(now(), plus(now(), TimeDelta::days(60))));
    });
    group.finish();
}
