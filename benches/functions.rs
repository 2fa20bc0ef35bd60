//! How long the functions take that a key or a tick waits for. `cargo bench --bench functions`.
#![expect(clippy::unwrap_used, reason = "a bench that cannot be set up has nothing to measure")]
#![expect(clippy::print_stdout, reason = "what was left out is said where the figures are")]

use std::{
    hint::black_box,
    time::{Duration, Instant},
};

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use ratatui::{buffer::Buffer, layout::Rect};
use watchfloor::{
    demo::{USUAL_INCIDENTS, World},
    domain::{
        incident::{Actor, CloseReason, Event, Incident, IncidentKey, Kind, Label, Login, Repo, Standing, What},
        priority::Priority,
        query::{Me, Query, Sort, usual},
        release::{
            calendar::{Calendar, DayFrom},
            course::Course,
            plan::Reading,
        },
        sla::{self, backtest::backtest},
        time::{minus, parse_rfc3339, plus},
        zone::{Zone, Zones},
    },
    floor::{
        Floor,
        fact::{Fact, Part, Polled, SourceId},
        freshness::{Feed, Source},
        listing,
    },
    shell::{
        engine::{Wanted, toggle_file},
        paint::{Depth, Painter},
    },
    source::{history, plan},
    text::Text,
    tui::{
        Model, Msg,
        input::Key,
        theme::{Glyphs, Theme},
        update,
        view::view,
    },
};

mod first;
mod rota;
mod scan;

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

/// An issue of ten events, each issue with people, labels and a life of its own.
fn issue_of_ten_events(n: u64) -> Incident {
    let opened_at = minus(now(), TimeDelta::minutes(10_000 + i64::try_from(n).unwrap() % 60_000));
    let actor = |login: &str, standing| Some(Actor { login: Login::new(login), standing, is_robot: false });
    let label = |name: &str| Label::new(name);
    let priority = ["P0", "P1", "P2", "P3"].get(usize::try_from(n % 4).unwrap()).unwrap();
    let outsider = format!("user-{}", n % 5_000);
    let acts = [
        (actor(&outsider, Standing::Outsider), What::Labeled(label("bug"))),
        (actor(&outsider, Standing::Outsider), What::Commented),
        (actor("ana", Standing::Member), What::Labeled(label(priority))),
        (actor("stale[bot]", Standing::Unsaid), What::Commented),
        (actor("ana", Standing::Member), What::Assigned(Some(Login::new("ben")))),
        (actor("ben", Standing::Member), What::Labeled(label("waiting"))),
        (actor(&outsider, Standing::Outsider), What::Commented),
        (actor("ben", Standing::Member), What::Unlabeled(label("waiting"))),
        (actor("ben", Standing::Member), What::Renamed),
        (actor("ben", Standing::Member), What::Closed(CloseReason::Completed)),
    ];
    let step = TimeDelta::minutes(20 + i64::try_from(n % 900).unwrap());
    let mut at = opened_at;
    let timeline: Vec<Event> = acts
        .into_iter()
        .map(|(actor, what)| {
            at = plus(at, step);
            // Every second one never closes.
            let what = if n.is_multiple_of(2) && matches!(what, What::Closed(_)) { What::Commented } else { what };
            Event { at, actor, what }
        })
        .collect();
    Incident {
        key: IncidentKey::issue(Repo::new("acme/api"), n),
        kind: Kind::Issue,
        title: Text::scrub("Login returns 500"),
        author: Some(Login::new(&outsider)),
        labels: vec![label("bug"), label(priority)],
        assignees: vec![Login::new("ben")],
        reviewers: Vec::new(),
        milestone: None,
        is_draft: false,
        opened_at,
        updated_at: at,
        closed_at: (n % 2 == 1).then_some(at),
        close_reason: (n % 2 == 1).then_some(CloseReason::Completed),
        comments: 3,
        url: Text::default(),
        body: None,
        timeline,
        has_timeline: true,
    }
}

fn judging(c: &mut Criterion) {
    let incidents: Vec<Incident> = (0..100_000).map(issue_of_ten_events).collect();
    let mut policy = watchfloor::config::standard(&|_| None).policy;
    policy.pause_labels = vec!["waiting".to_owned()];
    c.bench_function("judge 100 000 incidents of 10 events, cold", |b| {
        b.iter(|| {
            let verdicts = incidents.iter().map(|incident| sla::judge(incident, &policy, now()));
            verdicts.filter(sla::Verdict::is_over).count()
        });
    });
}

/// From the file's bytes to the report's figures, under two policies.
fn backtests(c: &mut Criterion) {
    let Some(data) = std::env::var_os("WATCHFLOOR_DATA") else {
        println!("left out: the backtest of the largest history (WATCHFLOOR_DATA is not set)");
        return;
    };
    let path = std::path::Path::new(&data).join("issues/bitcoin-core-gui.opened-before-2022.jsonl.gz");
    let bytes = std::fs::read(path).unwrap();
    let standard = watchfloor::config::standard(&|_| None).policy;
    let mut stricter = standard.clone();
    stricter.default_priority = Some(Priority::P1);
    let as_of = parse_rfc3339("2026-08-21T20:00:04Z").unwrap();
    c.bench_function("backtest of the largest history", |b| {
        b.iter(|| {
            let read = history::read(bytes.as_slice(), None, true).unwrap();
            [&standard, &stricter].map(|policy| backtest(&read.batch.items, policy, &Zone::utc(), 10, as_of).n_judged)
        });
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

/// Incidents whose response falls due one a second from now on.
fn floor_due_each_second() -> Floor {
    let source = Source::new(Text::scrub("github"), Feed::Host, TimeDelta::seconds(60));
    let policy = watchfloor::config::standard(&|_| None).policy;
    let mut floor = Floor::new(Text::default(), Zone::utc(), policy, vec![source]);
    let items = (0..100_000).map(|n| {
        let mut incident = issue_of_ten_events(n);
        incident.timeline.clear();
        incident.closed_at = None;
        incident.labels = vec![Label::new("P0")];
        incident.opened_at = plus(minus(now(), TimeDelta::hours(24)), TimeDelta::seconds(i64::try_from(n).unwrap()));
        incident
    });
    let (items, skipped) = (items.collect(), Vec::new());
    let polled =
        Polled { source: SourceId(0), items, skipped, n_skipped: 0, part: Part::Last, as_of: now(), budget: None };
    floor.apply(Fact::Polled(polled), now());
    floor.settle(now());
    floor
}

fn one_second(c: &mut Criterion) {
    let mut floor = floor_due_each_second();
    let (mut second, end) = (now(), plus(now(), TimeDelta::seconds(90_000)));
    c.bench_function("one second's tick over 100 000 incidents", |b| {
        b.iter_custom(|ticks| {
            let mut took = Duration::ZERO;
            for _ in 0..ticks {
                if second == end {
                    // Nothing more falls due: begin again, which is not what is measured.
                    second = now();
                    floor.apply(Fact::ClockJumped { by: TimeDelta::hours(-25) }, second);
                    floor.settle(second);
                }
                second = plus(second, TimeDelta::seconds(1));
                let began = Instant::now();
                floor.settle(second);
                took += began.elapsed();
            }
            took
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

/// What the console's sections cost whenever the queue changes, and a query with all kinds of terms.
fn queries(c: &mut Criterion) {
    let floor = floor(100_000);
    let me = Me::new([Login::new("kai.n")]);
    let sections = usual();
    c.bench_function("counts of the usual sections, 100 000 incidents", |b| {
        b.iter(|| listing::counts(&floor, &sections, &me, now()));
    });
    for asked in [
        "is:over,risk -is:acked",
        "is:open priority:P0,P1 repo:acme/* owner:@me label:bug -label:docs breach:<2h age:>3d login",
        "sort:age group:label",
    ] {
        let query = Query::read(asked);
        c.bench_function(&format!("listing, 100 000 incidents: {asked}"), |b| {
            b.iter(|| {
                let sort = query.sort().unwrap_or(Sort::USUAL);
                listing::listing(&floor, black_box(&query), sort, query.group(), &me, now()).places.len()
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

/// A plan of 50,000 boxes under ten phases, with a heading for every hundred.
fn long_plan() -> String {
    let mut text = String::from("# Release 9\n");
    for n in 0..50_000 {
        if n % 5_000 == 0 {
            text += &format!("\n## T-{}\n", 9 - n / 5_000);
        }
        if n % 100 == 0 {
            text += &format!("\n### Part {}\n\n", n / 100);
        }
        text += &format!(
            "- [{}] Check item {n} of the service in its region (@user{})\n",
            if n % 3 == 0 { 'x' } else { ' ' },
            n % 40
        );
    }
    text
}

fn plans(c: &mut Criterion) {
    let text = long_plan();
    let mut group = c.benchmark_group("a plan of 50,000 boxes");
    group.sample_size(20);
    group.bench_function("plan::read", |b| {
        b.iter(|| plan::read("plan.md", black_box(text.as_bytes()), &Reading::default()).unwrap());
    });
    let mut course = Course::new(plan::read("plan.md", text.as_bytes(), &Reading::default()).unwrap());
    let day = NaiveDate::from_ymd_opt(2026, 11, 22).unwrap();
    course.calendar = Some(Calendar::new(day, Zone::utc(), DayFrom::Asked));
    group.bench_function("progress, phases, what is due and overdue", |b| {
        b.iter(|| (course.progress(), course.phases(), course.due_now(now()).len(), course.overdue(now()).len()));
    });
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("plan.md");
    std::fs::write(&path, &text).unwrap();
    let mut list = course.plan.checklist();
    group.bench_function("toggle_file, with its two flushes", |b| {
        b.iter(|| {
            let wanted = Wanted::of(&list, list.items.get(100).unwrap());
            let ticked = toggle_file(&path, &wanted).unwrap();
            list.items.get_mut(100).unwrap().is_done = ticked.is_done;
            list.digest = ticked.to;
        });
    });
    group.finish();
}

criterion_group!(benches, clocks, judging, backtests, ticks, one_second, keys, queries, frames, plans);
criterion_main!(benches, rota::benches, first::benches, scan::benches);
