//! How long the functions take that a key or a tick waits for. `cargo bench --bench functions`.
#![expect(clippy::unwrap_used, reason = "a bench that cannot be set up has nothing to measure")]

use std::hint::black_box;

use chrono::{DateTime, TimeDelta, Utc};
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use ratatui::{buffer::Buffer, layout::Rect};
use watchfloor::{
    demo::{USUAL_INCIDENTS, World},
    domain::{
        incident::Login,
        sla,
        time::{parse_rfc3339, plus},
        zone::Zones,
    },
    floor::Floor,
    shell::paint::{Depth, Painter},
    tui::{
        Model, Msg,
        input::Key,
        theme::{Glyphs, Theme},
        update,
        view::view,
    },
};

mod rota;

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

criterion_group!(benches, clocks, ticks, keys, frames);
criterion_main!(benches, rota::benches);
