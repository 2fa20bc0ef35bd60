//! `watchfloor` and `watchfloor demo`: the console.

use std::{
    env,
    io::{self, IsTerminal as _},
    time::Instant,
};

use chrono::TimeDelta;

use crate::{
    cli::{
        args::{Common, Demo},
        exit,
        failure::{Failure, complain},
        look,
        setup::{self, Setup},
    },
    demo::World,
    domain::{incident::Login, zone::Zones},
    floor::{
        Floor,
        fact::{Fact, Went},
        freshness::Feed,
    },
    shell::{clock::Clock, console, engine::Outside, paint::Depth, terminal},
    text::{Text, counted},
    tui::{self, Model, Msg},
};

/// Opens the console on settings or on what stands around.
///
/// # Errors
/// No terminal, or wrong settings.
pub async fn live(common: &Common, zones: &Zones) -> Result<u8, Failure> {
    let setup = setup::set_up(common, zones)?;
    let depth = a_terminal("watchfloor status")?;
    let Setup {
        floor,
        mut engine,
        facts,
        first,
        clock,
        me,
        theme,
        notes,
        rights,
        warnings,
        sections,
        keep,
        acting,
        notify,
        ..
    } = setup;
    let mut model = Model::new(floor, me, look::theme(common, &theme, depth != Depth::None));
    model.acting = rights;
    model.queue.tabs = tui::queue::tabs::Tabs::new(sections);
    model.notes = warnings.iter().cloned().chain(notes.iter().map(|note| Text::scrub(note))).collect();
    let policy = model.floor.policy.clone();
    // A first frame of anything but the queue's own order, or with incidents of files in it, needs all that is remembered.
    let is_plain = model.queue.tabs.current().is_the_queue() && model.floor.sources_of(Feed::History).next().is_none();
    let remembered = if is_plain { engine.glance(policy).await } else { engine.remembered_by(policy).await };
    match remembered.glance {
        Some(glance) => model.floor.glance(glance),
        None => model.floor.adopt(remembered.entries, clock.now()),
    }
    for fact in first.into_iter().chain(remembered.facts) {
        tui::update(&mut model, Msg::Fact(fact), clock.now());
    }
    if !notes.is_empty() {
        let what = Text::scrub("no watchfloor.toml: read off the repository instead, i tells what was found");
        tui::update(&mut model, Msg::Fact(Fact::Told { what, went: Went::Well }), clock.now());
    }
    for what in warnings {
        tui::update(&mut model, Msg::Fact(Fact::Told { what, went: Went::Badly }), clock.now());
    }
    let keeper = engine.keeper().clone();
    keeper.stand();
    engine.handle_alerts(acting.folder, notify.silences);
    let measuring = engine.measuring();
    let ended = run(model, Outside::Live(Box::new(engine)), Some(facts), clock, depth, keep).await;
    if let Some(measuring) = measuring {
        measuring.end(clock.now());
    }
    // What was done is on disk before we go, or it is said that it is not.
    match keeper.close(PATIENCE) {
        Some(0) => {}
        Some(n) => {
            complain(&format!("warning: {} not saved: the disk refused", counted(n, "action was", "actions were")))
        }
        None => complain("warning: the disk does not answer: what was done last may not be saved"),
    }
    ended
}

/// How long the end waits for a disk.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(5);

/// Opens the console on a simulated world, or prints its board.
///
/// # Errors
/// No terminal.
pub async fn demo(common: &Common, demo: &Demo, zones: &Zones) -> Result<u8, Failure> {
    let depth = a_terminal("watchfloor demo --status")?;
    let start = common.now.unwrap_or_else(|| Clock::Wall.now());
    let (world, floor) = world(demo, start, zones);
    let clock = if demo.paused {
        Clock::Fixed(start)
    } else {
        Clock::Simulated { start, began: Instant::now(), speed: demo.speed }
    };
    let me = on_call(&floor).unwrap_or_else(|| Login::new("you"));
    let theme = look::theme(common, &Text::scrub("midnight"), depth != Depth::None);
    let mut model = Model::new(floor, me, theme);
    model.acting.ack.assigns = true;
    model.acting.account = Some(model.me.clone());
    model.badge = Some(if demo.paused { "demo · paused" } else { "demo" });
    run(model, Outside::Demo(Box::new(world)), None, clock, depth, TimeDelta::MAX).await
}

/// A simulated world with everything before its start told.
pub fn world(demo: &Demo, start: chrono::DateTime<chrono::Utc>, zones: &Zones) -> (World, Floor) {
    let mut world = World::new(demo.seed, start, demo.incidents as usize, zones);
    let mut floor = world.floor();
    for fact in world.opening() {
        floor.apply(fact, start);
    }
    floor.settle(start);
    (world, floor)
}

/// Whoever holds the first seat.
fn on_call(floor: &Floor) -> Option<Login> {
    let seat = floor.on_call()?.seats.first()?;
    let person = seat.duty.people.first()?;
    let contact = floor.on_call()?.roster.people.iter().find(|c| c.id == *person);
    let login = contact.and_then(|c| c.login.as_ref()).unwrap_or(person);
    Some(Login::new(login.as_str()))
}

/// How many colours the terminal has; refuses where there is none to draw on.
fn a_terminal(instead: &str) -> Result<Depth, Failure> {
    let term = env::var("TERM").ok();
    if let Some(why) = terminal::refuse_reason(io::stdin().is_terminal(), io::stdout().is_terminal(), term.as_deref()) {
        let hint = format!("for text without a terminal: {instead}, with --json for a program");
        return Err(Failure::new(exit::USAGE, format!("open the console: {why}"), hint));
    }
    Ok(terminal::depth(|name| env::var(name).ok()))
}

async fn run(
    model: Model,
    outside: Outside,
    facts: Option<tokio::sync::mpsc::Receiver<Fact>>,
    clock: Clock,
    depth: Depth,
    keep: TimeDelta,
) -> Result<u8, Failure> {
    console::run(model, outside, facts, clock, depth, keep).await.map_err(|e| {
        let hint = "run it in a terminal; for text: watchfloor status";
        Failure::new(exit::USAGE, format!("take over the terminal: {e}"), hint)
    })
}
