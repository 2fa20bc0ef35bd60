//! What a first frame waits for: the first rows of what the store remembers, and all of it.

use criterion::Criterion;
use watchfloor::{
    demo::World,
    domain::{sla::Policy, zone::Zones},
    floor::fact::Fact,
    shell::{
        clock::Clock,
        keeper::{Keeper, Place},
        store::{Heard, Store},
    },
    text::Text,
};

/// Reads 10,000 and 100,000 incidents from a state folder on disk.
pub fn benches() {
    let mut c = Criterion::default().configure_from_args();
    let wait = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let now = super::now();
    for n in [10_000, 100_000] {
        let folder = tempfile::tempdir().unwrap();
        let mut world = World::new(7, now, n, &Zones::bundled());
        let told = world.opening().into_iter();
        let items = told.filter_map(|fact| if let Fact::Polled(polled) = fact { Some(polled.items) } else { None });
        let mut store = Store::open(folder.path(), now).unwrap();
        let name = Text::scrub("github");
        store.record(&Heard { items: items.flatten().collect(), ..Heard::of(name.clone()) }, now).unwrap();
        drop(store);
        let place = Place::Folder(folder.path().to_owned());
        let (tell, _heard) = tokio::sync::mpsc::channel(16);
        let keeper = Keeper::start(place, Clock::Fixed(now), vec![name], tell);
        wait.block_on(keeper.keep_briefs_now(Policy::standard()));
        let glance = || wait.block_on(keeper.glance(Policy::standard()));
        assert!(glance().glance.is_some() && glance().entries.is_empty());
        c.bench_function(&format!("first rows of {n} remembered incidents"), |b| b.iter(glance));
        let mut group = c.benchmark_group("all");
        group.sample_size(10);
        group.bench_function(format!("{n} remembered incidents, judged"), |b| {
            b.iter(|| wait.block_on(keeper.remembered_by(Policy::standard())).entries.len());
        });
        group.finish();
    }
}
