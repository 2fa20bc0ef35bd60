//! How long the functions take that a key or a tick waits for. `cargo bench --bench functions`.
#![expect(clippy::unwrap_used, reason = "a bench that cannot be set up has nothing to measure")]

use std::hint::black_box;

use chrono::{DateTime, NaiveTime, TimeDelta, Utc, Weekday};
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use ratatui::{buffer::Buffer, layout::Rect};
use watchfloor::{
    demo::{USUAL_INCIDENTS, World},
    domain::{
        incident::Login,
        rota::{Advance, Layer, Override, OverrideKind, Person, Restriction, Roster, Schedule, ShiftLength, ShiftUnit},
        sla,
        time::{parse_rfc3339, plus},
        zone::Zones,
    },
    floor::Floor,
    shell::paint::{Depth, Painter},
    text::Text,
    tui::{
        Model, Msg,
        input::Key,
        theme::{Glyphs, Theme},
        update,
        view::view,
    },
};

fn now() -> DateTime<Utc> {
    parse_rfc3339("2026-11-20T02:12:00Z").unwrap()
}

fn floor(n_incidents: usize) -> Floor {
    let mut world = World::new(7, now(), n_incidents, &Zones::bundled());
    let mut floor = world.floor();
    for fact in world.opening() {
        floor.apply(fact, now());
    }
    floor.settle(now());
    floor
}

fn model(n_incidents: usize, width: u16, height: u16) -> Model {
    let theme = Theme::shipped("midnight", Glyphs::Unicode);
    let mut model = Model::new(floor(n_incidents), Login::new("kai.n"), theme);
    update(&mut model, Msg::Resized { width, height }, now());
    model.settle(now());
    model
}

fn draw(model: &Model) -> Buffer {
    let mut buffer = Buffer::empty(model.size);
    view(model, &mut buffer, now());
    buffer
}

fn clocks(c: &mut Criterion) {
    let floor = floor(USUAL_INCIDENTS);
    let longest = floor.queue().entries().iter().max_by_key(|e| e.incident.timeline.len()).unwrap().incident.clone();
    c.bench_function("sla::judge, the longest timeline of the demo", |b| {
        b.iter(|| sla::judge(black_box(&longest), &floor.policy, now()));
    });
}

fn ticks(c: &mut Criterion) {
    let mut floor = floor(100_000);
    c.bench_function("floor.settle, 100 000 incidents, nothing due", |b| b.iter(|| floor.settle(now())));
    let mut later = now();
    c.bench_function("floor.settle, 100 000 incidents, something due", |b| {
        b.iter(|| {
            later = plus(later, TimeDelta::minutes(11));
            floor.settle(later);
        });
    });
}

fn keys(c: &mut Criterion) {
    for n in [10_000, 100_000] {
        let mut model = model(n, 120, 40);
        c.bench_function(&format!("a letter typed in the filter, {n} incidents"), |b| {
            b.iter(|| {
                for key in [Key::Char('/'), Key::Char('e'), Key::Esc] {
                    update(&mut model, Msg::Key(key), now());
                }
                model.settle(now());
            });
        });
    }
}

fn frames(c: &mut Criterion) {
    for (width, height) in [(80, 24), (200, 60)] {
        let model = model(USUAL_INCIDENTS, width, height);
        c.bench_function(&format!("view, {width}x{height}"), |b| b.iter(|| draw(black_box(&model))));
        let buffer = draw(&model);
        c.bench_function(&format!("paint a whole frame, {width}x{height}"), |b| {
            b.iter_batched(
                || Painter::new(Depth::TrueColor),
                |mut painter| painter.frame(&buffer, None).len(),
                BatchSize::SmallInput,
            );
        });
    }
    let mut painter = Painter::new(Depth::TrueColor);
    let blank = Buffer::empty(Rect::new(0, 0, 80, 24));
    painter.frame(&blank, None);
    c.bench_function("paint nothing new, 80x24", |b| b.iter(|| painter.frame(black_box(&blank), None).len()));
}

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

criterion_group!(benches, rota, clocks, ticks, keys, frames);
criterion_main!(benches);
