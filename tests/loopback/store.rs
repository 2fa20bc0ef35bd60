//! What one run keeps, the next one shows.

use watchfloor::{
    floor::fact::{Fact, Part, SourceId},
    shell::store::Store,
};

use crate::{
    server::{Seen, answer},
    world::{CANARY, World, at, hub_at, limits, numbers, page, polled, wait},
};

const ONE: [&str; 1] = ["acme/api"];

fn script(seen: &Seen) -> crate::server::Reply {
    let (tag, body, link) = match () {
        () if seen.target.contains("/timeline") => {
            ("\"t\"", r#"[{"event":"commented","created_at":"2026-11-20T11:00:00Z"}]"#.to_owned(), None)
        }
        () if seen.target.contains("page=2") => ("\"two\"", page([1]), None),
        () => ("\"one\"", page([2]), Some(r#"</x?page=2>; rel="next""#)),
    };
    if seen.header("if-none-match") == Some(tag) {
        return answer(304, &[], "");
    }
    answer(200, &[("etag", tag)].into_iter().chain(link.map(|l| ("link", l))).collect::<Vec<_>>(), body)
}

#[test]
fn kept_pages_come_back_before_the_host_is_asked_and_then_cost_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut world = World::new(&ONE, script);
    world.store = Store::open(folder.path(), world.now.get()).unwrap();
    world.hub = hub_at(&world.server.url(), &ONE, limits(), &world.store);
    assert_eq!(world.hub.cached(&world.store, SourceId(0)).unwrap(), None);
    world.poll();
    world.hub.keep(&mut world.store, world.now.get()).unwrap();
    world.store = Store::open(folder.path(), world.now.get()).unwrap();
    for file in std::fs::read_dir(folder.path()).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        assert!(!bytes.windows(CANARY.len()).any(|window| window == CANARY.as_bytes()));
    }

    world.hub = hub_at(&world.server.url(), &ONE, limits(), &world.store);
    world.later(3_600);
    world.server.news();
    let Some(Fact::Polled(cached)) = world.hub.cached(&world.store, SourceId(3)).unwrap() else { panic!("kept") };
    assert_eq!((numbers(&cached.items), cached.part, cached.source), (vec![2, 1], Part::Cached, SourceId(3)));
    assert_eq!(cached.as_of, at("2026-11-20T14:00:00Z"));
    assert!(cached.items.iter().all(|incident| incident.has_timeline && incident.timeline.len() == 1));
    assert!(world.server.seen().is_empty());

    let facts = world.poll();
    assert_eq!((numbers(&polled(&facts).items), polled(&facts).part), (vec![2, 1], Part::Last));
    assert!(polled(&facts).items.iter().all(|incident| incident.has_timeline));
    let asked = world.server.news();
    assert!(asked.len() == 2 && asked.iter().all(|seen| seen.header("if-none-match").is_some()), "{asked:?}");
}

#[test]
fn another_token_sends_no_entity_tag_of_the_first() {
    let mut world = World::new(&ONE, script);
    world.poll();
    world.hub.keep(&mut world.store, world.now.get()).unwrap();
    let http = std::sync::Arc::new(watchfloor::shell::http::Http::new(limits()));
    let other = watchfloor::shell::token::Tokens::of(|name| (name == "GH_ENTERPRISE_TOKEN").then(|| "other".into()));
    let source = crate::world::source(&world.server.url(), &ONE);
    let mut hub = watchfloor::shell::hub::Hub::of(&source, http, other, world.store.salt().clone()).unwrap();
    assert!(hub.cached(&world.store, SourceId(0)).unwrap().is_some());
    world.server.news();
    wait(hub.poll(SourceId(0), || world.now.get()));
    assert_eq!(world.server.seen()[0].header("if-none-match"), None);
    assert_eq!(world.server.seen()[0].header("authorization"), Some("Bearer other"));
}

#[test]
fn what_is_closed_is_forgotten_on_disk_too() {
    let gone = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let is_gone = std::sync::Arc::clone(&gone);
    let mut world = World::new(&ONE, move |seen: &Seen| {
        let is_gone = is_gone.load(std::sync::atomic::Ordering::SeqCst);
        if seen.target.contains("/timeline") {
            answer(200, &[], "[]")
        } else {
            answer(200, &[], page(if is_gone { vec![] } else { vec![1] }))
        }
    });
    let timeline = format!("{}/repos/acme/api/issues/1/timeline?per_page=100", world.server.url());
    world.poll();
    world.hub.keep(&mut world.store, world.now.get()).unwrap();
    assert_eq!(world.store.pages(&timeline).unwrap().len(), 1);
    gone.store(true, std::sync::atomic::Ordering::SeqCst);
    assert_eq!(crate::world::whole(&world.poll()), [] as [u64; 0]);
    world.hub.keep(&mut world.store, world.now.get()).unwrap();
    assert_eq!(world.store.pages(&timeline).unwrap().len(), 0);
}
