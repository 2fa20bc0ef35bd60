//! Acts as a person sees them: marks in rows, counts in the header, questions, and hosts with what is known of them.

use chrono::{DateTime, TimeDelta, Utc};
use ratatui::{buffer::Buffer, layout::Rect};
use watchfloor::{
    demo::{USUAL_INCIDENTS, World},
    domain::{
        incident::{Login, Repo},
        time::parse_rfc3339,
        zone::Zones,
    },
    floor::{
        fact::{Changed, Fact, Host, Quota, Reach, Role, SourceId},
        freshness::{Feed, Source},
    },
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

fn demo(width: u16, height: u16, glyphs: Glyphs) -> Model {
    let mut world = World::new(7, now(), USUAL_INCIDENTS, &Zones::bundled());
    let mut floor = world.floor();
    for fact in world.opening() {
        floor.apply(fact, now());
    }
    let mut model = Model::new(floor, Login::new("kai.n"), Theme::shipped("mono", glyphs));
    update(&mut model, Msg::Resized { width, height }, now());
    model
}

fn press(model: &mut Model, keys: &[Key]) {
    for key in keys {
        update(model, Msg::Key(key.clone()), now());
    }
}

fn screen(model: &mut Model) -> String {
    model.settle(now());
    let mut buffer = Buffer::empty(Rect::new(0, 0, model.size.width, model.size.height));
    view(model, &mut buffer, now());
    let row = |y| (0..buffer.area.width).map(|x| buffer[(x, y)].symbol()).collect::<String>();
    (0..buffer.area.height).map(row).collect::<Vec<_>>().join("\n")
}

const CLOSE: [Key; 3] = [Key::Char('x'), Key::Enter, Key::Char('y')];

#[test]
fn what_is_wanted_is_marked_by_sign_and_word_and_counted_at_every_size() {
    for (width, height) in [(40, 10), (80, 24), (120, 36), (200, 60)] {
        let mut model = demo(width, height, Glyphs::Unicode);
        press(&mut model, &CLOSE);
        let found = screen(&mut model);
        assert!(found.contains("… closing"), "{width}x{height}\n{found}");
        assert!(width < 80 || found.contains("1 waiting"), "{width}x{height}\n{found}");
        assert!(found.contains("#812"), "it is still there\n{found}");
    }
    let mut model = demo(80, 24, Glyphs::Ascii);
    press(&mut model, &CLOSE);
    let found = screen(&mut model);
    assert!(found.is_ascii(), "{found}");
    assert!(found.contains(". closing"), "{found}");
}

#[test]
fn a_question_is_seen_whole_on_the_smallest_screen() {
    let mut model = demo(40, 10, Glyphs::Unicode);
    press(&mut model, &[Key::Char(' '), Key::Char(' '), Key::Char('x'), Key::Enter]);
    let found = screen(&mut model);
    assert!(found.contains("Close 2 incidents as completed? y/N"), "{found}");
    assert!(found.contains("enter no"), "{found}");
}

#[test]
fn a_read_only_run_has_a_badge_and_offers_no_acting_key() {
    let mut model = demo(120, 36, Glyphs::Unicode);
    assert!(screen(&mut model).contains(" a ack "));
    model.acting.rights.is_read_only = true;
    let found = screen(&mut model);
    let footer = found.lines().last().unwrap();
    assert!(found.contains(" read-only ") && footer.contains(" filter"), "{found}");
    for word in ["ack", "note", "assign", "close", "snooze"] {
        assert!(!footer.contains(&format!(" {word} ")), "{footer}");
    }
}

#[test]
fn an_empty_outbox_says_so_in_words() {
    let mut model = demo(80, 24, Glyphs::Unicode);
    press(&mut model, &[Key::Char('O')]);
    let found = screen(&mut model);
    assert!(found.contains("nothing waits, and nothing was sent within a day"), "{found}");
}

/// A console on two hosts, one of which has told a part.
fn two_hosts(width: u16) -> Model {
    let mut model = demo(width, 40, Glyphs::Unicode);
    model.floor.sources.push(Source::new(Text::scrub("ghe"), Feed::Host, TimeDelta::seconds(30)));
    let budget = Some(Quota { remaining: 4_988, limit: 5_000 });
    let reach = Reach::Part { told: 3_400, of: Some(10_000) };
    let id = SourceId(model.floor.sources.len() - 1);
    let changed = Changed { source: id, items: vec![], gone: vec![], reach, as_of: now(), budget };
    update(&mut model, Msg::Fact(Fact::Changed(changed)), now());
    let host = Host {
        viewer: Some(Login::new("octo-kai")),
        missing: vec![Text::scrub("Dependabot alerts need the permission security_events")],
        read_only: vec![Repo::new("ghe/acme/legacy")],
        ..Host::default()
    };
    update(&mut model, Msg::Fact(Fact::HostKnown { source: id, host: Box::new(host) }), now());
    let who = Text::scrub("pid 123");
    update(&mut model, Msg::Fact(Fact::Plays(Role::Follows { who })), now());
    model
}

#[test]
fn the_header_names_each_host_with_its_budget_and_how_far_it_is() {
    let found = screen(&mut two_hosts(200));
    let header = found.lines().next().unwrap();
    assert!(header.contains("github <1m 4 999/5 000"), "{header}");
    assert!(header.contains("ghe <1m part 3 400 of 10 000 4 988/5 000"), "{header}");
    assert!(header.contains("follows pid 123"), "{header}");
    for width in [40, 76, 80, 100, 120, 140] {
        let found = screen(&mut two_hosts(width));
        let header = found.lines().next().unwrap();
        assert!(header.contains("03:12"), "the clock stays: {header}");
        assert!(!header.contains("4 98 ") && !header.contains("10 0 "), "no number is cut: {header}");
    }
}

#[test]
fn the_sources_tell_of_token_permissions_and_what_can_only_be_read() {
    let mut model = two_hosts(120);
    press(&mut model, &[Key::Char('i')]);
    let found = screen(&mut model);
    for expected in [
        "pid 123 asks the hosts",
        "the token is octo-kai's",
        "Dependabot alerts need the permission security_events",
        "can only be read: ghe/acme/legacy",
        "part 3 400 of 10 000: the rest is being read",
    ] {
        assert!(found.contains(expected), "{expected}\n{found}");
    }
}
