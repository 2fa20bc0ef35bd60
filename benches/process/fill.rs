//! Fills a state folder as a console would have left it: `fill FOLDER N [SOURCE]`. For measure.py.

use std::{env, error::Error, path::Path};

use watchfloor::{
    demo::World,
    domain::{host::Reach, time::parse_rfc3339, zone::Zones},
    floor::fact::Fact,
    shell::store::{Heard, Round, Store},
    text::Text,
};

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = env::args().collect();
    let [_, folder, n, rest @ ..] = args.as_slice() else { return Err("usage: fill FOLDER N [SOURCE]".into()) };
    let source = Text::scrub(rest.first().map_or("github", String::as_str));
    let now = parse_rfc3339("2026-11-20T03:12:00Z").ok_or("no such instant")?;
    let mut world = World::new(7, now, n.parse()?, &Zones::bundled());
    let items = world
        .opening()
        .into_iter()
        .filter_map(|fact| if let Fact::Polled(told) = fact { Some(told.items) } else { None });
    let items: Vec<_> = items.flatten().collect();
    let mut store = Store::open(Path::new(folder), now)?;
    for part in items.chunks(1_000) {
        store.record(&Heard { items: part.to_vec(), ..Heard::of(source.clone()) }, now)?;
    }
    let round = Round::Told { reach: Reach::Whole, as_of: now, budget: None, skipped: Vec::new() };
    store.record(&Heard { round: Some(round), ..Heard::of(source) }, now)?;
    Ok(())
}
