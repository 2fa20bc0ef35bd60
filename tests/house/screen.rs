//! The screen as a person sees it: keys in, rows out, at every size, with every hostile text.

use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;
use ratatui::{buffer::Buffer, layout::Rect};
use unicode_width::UnicodeWidthStr as _;
use watchfloor::{
    demo::{USUAL_INCIDENTS, World},
    domain::{
        escalation,
        incident::{Actor, Event, Incident, IncidentKey, Kind, Label, Login, Repo, Standing, What},
        priority::Priority,
        release::{
            Checklist, Digest, Item, Release, SignOff, Word,
            calendar::{Calendar, DayFrom},
            course::Course,
            plan::StepId,
        },
        rota::{Contact, Layer, Leave, Off, Override, OverrideKind, Roster, Schedule, ShiftLength, ShiftUnit},
        sample::Telling,
        series::{Sample, Side, Signal, Threshold},
        sla::Policy,
        time::{minus, parse_rfc3339},
        trouble::{Skipped, Trouble},
        zone::{Zone, Zones},
    },
    floor::{
        Floor,
        effect::Effect,
        fact::{Fact, Part, Polled, SignalId, SourceId},
        freshness::{Feed, Source},
    },
    text::{Passage, Text},
    tui::{
        Model, Msg,
        input::Key,
        theme::{Glyphs, Theme},
        update,
        view::view,
    },
};

fn at(written: &str) -> DateTime<Utc> {
    parse_rfc3339(written).unwrap()
}

fn now() -> DateTime<Utc> {
    at("2026-11-20T02:12:00Z")
}

/// The demo's console at its first instant.
fn demo(width: u16, height: u16) -> Model {
    let mut world = World::new(7, now(), USUAL_INCIDENTS, &Zones::bundled());
    let mut floor = world.floor();
    for fact in world.opening() {
        floor.apply(fact, now());
    }
    let mut model = Model::new(floor, Login::new("kai.n"), Theme::shipped("midnight", Glyphs::Unicode));
    update(&mut model, Msg::Resized { width, height }, now());
    model
}

/// Presses keys: single characters, or names in angle brackets.
fn press(model: &mut Model, keys: &str) -> Vec<Effect> {
    let mut effects = Vec::new();
    let mut rest = keys;
    while let Some(c) = rest.chars().next() {
        let (name, after) = match rest.strip_prefix('<').and_then(|r| r.split_once('>')) {
            Some((name, after)) => (name.to_owned(), after),
            None => (c.to_string(), &rest[c.len_utf8()..]),
        };
        let key = Key::parse(&name).unwrap_or_else(|| panic!("no key {name}"));
        effects.extend(update(model, Msg::Key(key), now()));
        rest = after;
    }
    effects
}

fn draw(model: &mut Model) -> Buffer {
    model.settle(now());
    let mut buffer = Buffer::empty(Rect::new(0, 0, model.size.width, model.size.height));
    view(model, &mut buffer, now());
    buffer
}

/// The screen's rows, trailing blanks cut.
fn rows(model: &mut Model) -> Vec<String> {
    let buffer = draw(model);
    (0..buffer.area.height)
        .map(|y| {
            let (mut row, mut x) = (String::new(), 0);
            while x < buffer.area.width {
                let symbol = buffer[(x, y)].symbol();
                row.push_str(symbol);
                x += symbol.width().max(1) as u16;
            }
            row.trim_end().to_owned()
        })
        .collect()
}

fn screen(width: u16, height: u16, keys: &str) -> String {
    let mut model = demo(width, height);
    press(&mut model, keys);
    rows(&mut model).join("\n")
}

#[test]
fn at_80x24_the_board_answers_at_a_glance() {
    let found = screen(80, 24, "");
    for expected in [
        "watchfloor  payments",
        "▲ 1 ",
        "▲    disk pg-main 91.14 %, above 85 %                 firing       10h 28m",
        "1 Incidents ‹All 45› 1/4 ─",
        "45 open · 3 over · 5 at risk",
        "‼ P0 api#812  Login returns 500 after deploy 4.9.8",
        "42m over",
        " 2 SLA ",
        " 3 On call   kai.n › ben.i in 5h 48m",
        " 4 Release   4.9.9 T-2 · NO GO: 14 reasons · 27/41",
        "5 Metrics ─",
        "1 firing",
    ] {
        assert!(found.contains(expected), "{expected} is not in\n{found}");
    }
}

#[test]
fn a_filter_leaves_what_it_names_and_escape_clears_it() {
    let found = screen(120, 36, "/is:over<enter>");
    assert!(found.contains("3 of 45 open") && !found.contains("api#799  [security]"), "{found}");
    let found = screen(120, 36, "/zzz-nothing");
    assert!(found.contains("nothing passes the filter"), "{found}");
    let found = screen(120, 36, "/is:over<enter><esc>");
    assert!(found.contains("45 open"), "{found}");
}

#[test]
fn rows_that_come_back_above_the_cursor_are_seen() {
    let mut model = demo(80, 24);
    press(&mut model, "/web#1151<enter><esc>");
    let found = rows(&mut model);
    assert!(found[2].contains("disk pg-main") && found[3].contains("api#812"), "{}", found.join("\n"));
    assert_eq!(model.queue.selected.as_ref().map(|key| key.number), Some(1_151));
}

#[test]
fn keys_typed_into_a_filter_do_nothing_else() {
    let mut model = demo(120, 36);
    assert_eq!(press(&mut model, "/qaxR"), []);
    assert_eq!(model.queue.filter, "qaxR");
}

#[test]
fn on_a_screen_too_small_to_see_nothing_acts_and_one_can_leave() {
    for keys in ["a", "4<space>", "3oy"] {
        assert_eq!(press(&mut demo(10, 3), keys), [], "{keys}");
    }
    assert_eq!(press(&mut demo(10, 3), "q"), [Effect::Quit]);
}

#[test]
fn acknowledging_is_an_effect_once_and_shows_as_pending_until_it_is_saved() {
    let mut model = demo(120, 36);
    let key = IncidentKey::issue(Repo::new("acme/api"), 812);
    assert_eq!(press(&mut model, "aa"), [Effect::Acknowledge(key.clone())]);
    assert!(rows(&mut model)[3].contains("‼…P0 api#812"), "{}", rows(&mut model)[3]);
    let fact = Fact::Acknowledged { key, by: Login::new("kai.n"), at: now() };
    update(&mut model, Msg::Fact(fact), now());
    let after = rows(&mut model);
    assert!(after[3].contains("‼✓P0 api#812"), "{}", after[3]);
    assert!(after[35].contains("api#812 taken on by kai.n at 03:12 (saved)"), "{}", after[35]);
}

/// The demo with one more P0, opened twelve minutes ago and answered by nobody.
fn unanswered(width: u16, height: u16) -> Model {
    let mut model = demo(width, height);
    let known = IncidentKey::issue(Repo::new("acme/api"), 812);
    let mut fresh = model.floor.queue().find(&known).unwrap().incident.clone();
    fresh.key.number = 9_998;
    fresh.opened_at = minus(now(), TimeDelta::minutes(12));
    fresh.timeline.clear();
    let (source, items, skipped, part) = (SourceId(0), vec![fresh], Vec::new(), Part::Broken);
    let polled = Polled { source, items, skipped, n_skipped: 0, part, as_of: now(), budget: None };
    update(&mut model, Msg::Fact(Fact::Polled(polled)), now());
    model
}

#[test]
fn the_detail_shows_the_ladder_of_an_unanswered_incident_at_80x24() {
    let mut model = unanswered(80, 24);
    press(&mut model, "/9998<enter><enter>");
    let found = rows(&mut model).join("\n");
    for expected in [
        "escalation urgent: unacknowledged, next ana.k in 8m",
        "  step 1          03:00        12m ago     kai.n              fell due",
        "  step 2          03:10        2m ago      dee.w              fell due",
        "  step 3          03:20        in 8m       ana.k",
        "  step 1, round 2 03:30        in 18m      kai.n",
        "  alarm           04:00        in 48m      if unacknowledged; reserve tui.p",
    ] {
        assert!(found.contains(expected), "{expected:?} not in\n{found}");
    }
}

#[test]
fn the_zoomed_list_says_who_is_told_next_where_there_is_room() {
    let mut model = unanswered(120, 36);
    press(&mut model, "z");
    assert!(rows(&mut model).join("\n").contains("next: ana.k in 8m"), "{}", rows(&mut model).join("\n"));
    let mut narrow = unanswered(60, 20);
    press(&mut narrow, "z");
    assert!(!rows(&mut narrow).join("\n").contains("next:"));
}

#[test]
fn the_cursor_stays_on_its_incident_when_the_order_changes() {
    let mut model = demo(120, 36);
    press(&mut model, "jjj");
    let before = model.queue.selected.clone();
    let entry = model.floor.queue().find(before.as_ref().unwrap()).unwrap().incident.clone();
    // An older breach arrives above it.
    let mut late = entry.clone();
    late.key.number = 9_999;
    late.labels = vec![Label::new("priority-critical")];
    late.opened_at = at("2026-01-01T00:00:00Z");
    late.timeline.clear();
    let polled = Polled {
        source: SourceId(0),
        items: vec![late],
        skipped: Vec::new(),
        n_skipped: 0,
        part: Part::Broken,
        as_of: now(),
        budget: None,
    };
    update(&mut model, Msg::Fact(Fact::Polled(polled)), now());
    model.settle(now());
    assert_eq!(model.queue.selected, before);
    // Below the alert.
    assert_eq!(model.queue.cursor.at, 5);
}

#[test]
fn space_in_the_release_pane_asks_for_one_box_of_the_version_that_was_seen() {
    let mut model = demo(120, 36);
    // Unzoomed, there is no cursor to be seen: the first space only shows it.
    assert_eq!(press(&mut model, "4<space>"), []);
    let effects = press(&mut model, "<space>");
    let digest = model.floor.release().unwrap().courses[0].plan.digest;
    assert!(matches!(effects.as_slice(), [Effect::Toggle { seen, .. }] if *seen == digest), "{effects:?}");
    // Until it is answered, another one waits.
    assert_eq!(press(&mut model, "<space>"), []);
}

#[test]
fn escape_never_quits_and_q_does() {
    let mut model = demo(80, 24);
    assert_eq!(press(&mut model, "<esc><esc>3<esc><esc>"), []);
    assert_eq!(press(&mut model, "?q"), [], "q closes the help first");
    assert_eq!(press(&mut model, "q"), [Effect::Quit]);
}

#[test]
fn quitting_with_something_unsaved_asks_once() {
    let mut model = demo(80, 24);
    press(&mut model, "a");
    assert_eq!(press(&mut model, "q"), []);
    assert!(rows(&mut model)[23].contains("1 action is not saved yet"));
    assert_eq!(press(&mut model, "q"), [Effect::Quit]);
}

#[test]
fn who_is_on_call_is_worked_out_again_when_the_clock_is_set_back() {
    let mut model = demo(80, 24);
    let seat = |model: &Model| model.floor.on_call().unwrap().seats[0].duty.people.clone();
    let before = seat(&model);
    let earlier = minus(now(), TimeDelta::hours(8));
    update(&mut model, Msg::Fact(Fact::ClockJumped { by: TimeDelta::hours(-8) }), earlier);
    let expected = model.floor.on_call().unwrap().roster.schedules[0].duty(earlier).people;
    assert_eq!(seat(&model), expected);
    assert_ne!(seat(&model), before, "somebody else held that turn");
}

/// A console on the demo, and the world that answers it.
fn played(width: u16, height: u16) -> (Model, World) {
    let mut world = World::new(7, now(), USUAL_INCIDENTS, &Zones::bundled());
    let mut model = Model::new(world.floor(), Login::new("kai.n"), Theme::shipped("midnight", Glyphs::Unicode));
    for fact in world.opening() {
        update(&mut model, Msg::Fact(fact), now());
    }
    update(&mut model, Msg::Resized { width, height }, now());
    (model, world)
}

/// Presses keys and lets the world answer.
fn play(model: &mut Model, world: &mut World, keys: &str) {
    for effect in press(model, keys) {
        for fact in world.perform(&effect, now()) {
            update(model, Msg::Fact(fact), now());
        }
    }
}

#[test]
fn an_override_is_typed_looked_at_written_and_taken_out_again() {
    for (width, height) in [(80, 24), (120, 36), (200, 60)] {
        let (mut model, mut world) = played(width, height);
        let before = model.floor.on_call().unwrap().roster.clone();
        play(&mut model, &mut world, "3zocy<enter>");
        let found = rows(&mut model).join("\n");
        assert!(found.contains("kai.n → cy.o") && found.contains("+ people = [\"cy.o\"]"), "{found}");
        assert_eq!(model.floor.on_call().unwrap().roster, before, "nothing is written before y");
        play(&mut model, &mut world, "y");
        let found = rows(&mut model).join("\n");
        assert!(found.contains("override written (saved)") && found.contains("primary  cy.o"), "{found}");
        assert!(model.overlays.is_empty());
        play(&mut model, &mut world, "lld");
        let found = rows(&mut model).join("\n");
        assert!(found.contains("cy.o → kai.n") && found.contains("- people = [\"cy.o\"]"), "{found}");
        play(&mut model, &mut world, "<enter>");
        assert_ne!(model.floor.on_call().unwrap().roster, before, "the answer to a key pressed too fast is no");
        play(&mut model, &mut world, "d");
        play(&mut model, &mut world, "y");
        assert_eq!(model.floor.on_call().unwrap().roster, before);
    }
}

#[test]
fn escape_leaves_the_form_and_everything_as_it_was() {
    let (mut model, mut world) = played(80, 24);
    play(&mut model, &mut world, "3z");
    let before = rows(&mut model);
    play(&mut model, &mut world, "oben<tab><tab>x<esc>");
    assert_eq!(rows(&mut model), before);
    assert_eq!(press(&mut model, "ojq"), [], "a letter in the form is a letter");
}

#[test]
fn quitting_while_an_override_is_written_asks_once() {
    let mut model = demo(80, 24);
    let effects = press(&mut model, "3ocy<enter>");
    let [Effect::PreviewOverride { seat, change }] = effects.as_slice() else { panic!("{effects:?}") };
    let seen = Digest { length: 1, hash: 1 };
    let fact = Fact::OverridePreviewed { seat: seat.clone(), change: change.clone(), diff: Vec::new(), seen };
    update(&mut model, Msg::Fact(fact), now());
    assert!(matches!(press(&mut model, "y").as_slice(), [Effect::WriteOverride { .. }]));
    let why = Text::scrub("the roster has changed since the preview");
    update(&mut model, Msg::Fact(Fact::OverrideFailed { why }), now());
    let found = rows(&mut model).join("\n");
    assert!(found.contains("! the roster has changed since the preview") && found.contains("cy.o"), "{found}");
}

#[test]
fn a_form_that_was_left_hears_of_its_write_in_the_footer() {
    let mut model = demo(80, 24);
    let why = Text::scrub("the file is read-only");
    update(&mut model, Msg::Fact(Fact::OverrideFailed { why }), now());
    assert!(rows(&mut model)[23].contains("override not written: the file is read-only"));
}

#[test]
fn on_call_zoomed_says_who_when_why_and_what_is_wrong_at_80x24() {
    let found = screen(80, 24, "3+");
    for expected in ["kai.n", "then ben.i", "P0 P1", "gap: no backup", "[schedule]", "Berlin", "09:00 ben.i", "gap  "] {
        assert!(found.contains(expected), "{expected} is not in\n{found}");
    }
    let parts = [
        ("3+l", "not its hours"),
        ("3+ll", "note   swapped: dentist"),
        ("3+lll", "weekends"),
        ("3+llll", "moving house"),
        ("3+lllll", "while away"),
        ("3+h", "while away"),
    ];
    for (keys, expected) in parts {
        let found = screen(80, 24, keys);
        assert!(found.contains(expected), "{keys}: {expected} is not in\n{found}");
    }
}

#[test]
fn every_seat_of_the_schedule_is_reached_at_80x24() {
    let found = screen(80, 24, "3z");
    assert!(found.contains("support below"), "{found}");
    let mut model = demo(80, 24);
    press(&mut model, "3z");
    let is_seen = (0..60).any(|_| {
        press(&mut model, "j");
        rows(&mut model).iter().any(|row| row.contains("Berlin") && row.contains("support") && !row.contains("below"))
    });
    assert!(is_seen);
}

#[test]
fn a_remark_about_a_time_is_whole_at_80x24() {
    let until = |typed: &str| screen(80, 24, &format!("3o<tab><tab><ctrl-u>{}", typed.replace(' ', "<space>")));
    let found = until("2027-03-28 02:30");
    assert!(found.contains("the clock skips that time: the first after it"), "{found}");
    let found = until("2026-11-01 09:00");
    assert!(found.contains("not after it begins"), "{found}");
}

#[test]
fn the_glance_counts_steps_and_breaks_lines_but_cuts_no_name() {
    let found = screen(120, 36, "");
    let pane: Vec<String> = found.lines().map(|line| line.chars().take(39).collect()).collect();
    let of = |what: &str| pane.iter().find(|line| line.contains(what)).cloned().unwrap_or_default();
    assert!(of("P0 P1").contains("› +1") && !of("P0 P1").contains('…'), "{found}");
    assert!(of("while away").contains("dee.w is backup while away  "), "{found}");
    assert!(!pane.iter().any(|line| line.contains("cy.!") || line.contains("cy. ")), "{found}");
}

#[test]
fn off_hours_and_gaps_look_different_without_colour() {
    let found = screen(120, 36, "3+");
    assert!(found.contains("·off") && found.contains("02:00 gap"), "{found}");
}

#[test]
fn the_sla_pane_zoomed_shows_both_clocks_and_why_at_every_size() {
    for (width, height) in [(80, 24), (120, 36), (200, 60)] {
        let found = screen(width, height, "2+");
        for expected in ["response", "fix", "42m over", "MTTA", "n 43", "goes over", "time ran out", "R26"] {
            assert!(found.contains(expected), "{expected} is not in {width}x{height}\n{found}");
        }
    }
}

#[test]
fn a_step_in_a_list_redraws_little() {
    for keys in ["3+ll", "2+"] {
        let mut model = demo(200, 60);
        press(&mut model, keys);
        let before = draw(&mut model);
        assert!(draw(&mut model) == before, "the same moment is the same picture");
        press(&mut model, "j");
        let after = draw(&mut model);
        let rows: std::collections::HashSet<u16> = before
            .content()
            .iter()
            .zip(after.content())
            .enumerate()
            .filter(|(_, (a, b))| a != b)
            .map(|(i, _)| (i / 200) as u16)
            .collect();
        // Two rows of the list, and what is said of the row under the cursor.
        assert!((2..=16).contains(&rows.len()), "{keys}: {} rows", rows.len());
    }
}

#[test]
fn a_roster_of_a_thousand_people_and_one_of_none_are_drawn() {
    let person = |n: usize| Text::scrub(&format!("person-{n}"));
    let layer = |n_people: usize| Layer {
        name: Text::scrub("all"),
        zone: Zone::utc(),
        anchor: at("2026-01-01T00:00:00Z").naive_utc(),
        shift: ShiftLength { n: 1, unit: ShiftUnit::Hours },
        participants: (0..n_people).map(|n| vec![person(n)]).collect(),
        level: 0,
        start: None,
        end: None,
        restrictions: Vec::new(),
        advance: watchfloor::domain::rota::Advance::Always,
    };
    let crowd = Schedule::new(Text::scrub("crowd"), vec![layer(1_000)], Vec::new());
    let many = (0..60).map(|n| Schedule::new(person(n), vec![layer(3)], Vec::new())).collect();
    let rosters = [
        Roster::new(Zone::utc(), Vec::new(), vec![crowd]),
        Roster::new(Zone::utc(), Vec::new(), many),
        Roster::new(Zone::utc(), Vec::new(), Vec::new()),
    ];
    for roster in rosters {
        for (width, height) in [(200, 60), (80, 24), (41, 11)] {
            let mut model = demo(width, height);
            let fact = Fact::RosterRead { source: SourceId(1), roster: Box::new(roster.clone()) };
            update(&mut model, Msg::Fact(fact), now());
            for keys in ["", "3", "z", "l", "l", "d", "l", "l", "l", "o", "person-9", "<enter>", "<esc>", "<esc>"] {
                press(&mut model, keys);
                draw(&mut model);
            }
        }
    }
}

#[test]
fn the_strip_is_in_the_zone_of_whoever_looks() {
    let zones = Zones::bundled();
    let mut world = World::new(7, now(), USUAL_INCIDENTS, &zones);
    let mut floor = world.floor();
    floor.zone = zones.find("Pacific/Auckland").unwrap();
    for fact in world.opening() {
        floor.apply(fact, now());
    }
    let mut model = Model::new(floor, Login::new("me"), Theme::shipped("midnight", Glyphs::Unicode));
    update(&mut model, Msg::Resized { width: 120, height: 36 }, now());
    press(&mut model, "3+");
    let found = rows(&mut model).join("\n");
    assert!(found.contains("Auckland") && found.contains("21:00 ben.i"), "{found}");
}

#[test]
fn every_theme_says_the_same_words() {
    let mut model = demo(120, 36);
    let said = rows(&mut model);
    for theme in ["daylight", "high-contrast", "mono"] {
        model.theme = Theme::shipped(theme, Glyphs::Unicode);
        assert_eq!(rows(&mut model), said, "{theme}");
    }
}

#[test]
fn ascii_signs_leave_nothing_but_ascii() {
    let mut model = demo(120, 36);
    model.theme = Theme::shipped("mono", Glyphs::Ascii);
    let shown = rows(&mut model).join("\n");
    assert!(shown.is_ascii(), "{shown}");
    // Our own signs have stand-ins; only other people's letters are lost.
    let ours = shown.lines().filter(|r| !r.contains("web#"));
    assert!(ours.clone().count() > 20 && !ours.collect::<String>().contains("???"), "{shown}");
}

#[test]
fn a_source_that_failed_says_why_in_its_own_pane() {
    let zone = Zone::utc();
    let sources = vec![
        Source::new(Text::scrub("github"), Feed::Host, TimeDelta::minutes(1)),
        Source::new(Text::scrub("roster"), Feed::Roster, TimeDelta::minutes(1)),
    ];
    let mut floor = Floor::new(Text::scrub("t"), zone, Policy::standard(), sources);
    let failed = |source, trouble, why: &str| Fact::Failed { source: SourceId(source), trouble, why: Text::scrub(why) };
    floor.apply(failed(0, Trouble::Refused, "401: the token was rejected"), now());
    floor.apply(failed(1, Trouble::Garbled, "line 3: layer[0].shift: \"1 wek\" is no length"), now());
    let mut model = Model::new(floor, Login::new("me"), Theme::shipped("mono", Glyphs::Unicode));
    update(&mut model, Msg::Resized { width: 120, height: 36 }, now());
    let found = rows(&mut model).join("\n");
    assert!(found.contains("github: refused: 401: the token was rejected"), "{found}");
    assert!(found.contains("roster unreadable: line 3:"), "{found}");
    assert!(found.contains("no release checklist"), "{found}");
}

/// Texts that try to steer a terminal, forge rows, or break widths.
fn hostile() -> Vec<String> {
    let mut texts: Vec<String> = [
        "\u{1b}]0;owned\u{7}\u{1b}[2J\u{1b}[1;1H",
        "\u{9b}31mred\u{9d}0;x\u{9c}",
        "row one\nrow two\r\n\u{2028}three\u{85}four",
        "\u{202e}gnp.exe\u{202c}\u{2066}x\u{2069}",
        "a\u{200b}\u{200d}\u{feff}\u{ad}\u{e0041}b",
        "\0\u{7f}\t\u{8}\u{c}",
        "👩‍👩‍👧‍👦🏳️‍🌈🇩🇪️⃣",
        "ﷺ﷽𒐫",
        "日本語テキスト表示日本語テキスト表示日本語テキスト表示",
        "</script><!-- &#27;[31m -->",
        "",
        "   ",
    ]
    .map(str::to_owned)
    .into();
    texts.push(format!("e{}", "\u{301}\u{489}".repeat(50_000)));
    texts.push("x".repeat(1_000_000));
    match std::env::var_os("WATCHFLOOR_DATA") {
        Some(folder) => {
            let path = std::path::Path::new(&folder).join("conformance/blns.json");
            let naughty: Vec<String> = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
            println!("hostile: {} naughty strings", naughty.len());
            texts.extend(naughty);
        }
        None => println!("left out: WATCHFLOOR_DATA is not set, only our own hostile strings were tried"),
    }
    texts
}

fn hostile_incident(n: usize, text: &str) -> Incident {
    let label = Label::new(text);
    let actor = Actor { login: Login::new(text), standing: Standing::Member, is_robot: false };
    Incident {
        key: IncidentKey::issue(Repo::new(text), n as u64),
        kind: Kind::Issue,
        title: Text::scrub(text),
        author: Some(Login::new(text)),
        labels: vec![label.clone(), Label::new("P1")],
        assignees: vec![Login::new(text)],
        reviewers: Vec::new(),
        milestone: None,
        is_draft: false,
        opened_at: minus(now(), TimeDelta::hours(n as i64 % 300)),
        updated_at: now(),
        closed_at: None,
        close_reason: None,
        comments: 3,
        url: Text::scrub(text),
        body: Some(Box::new(Passage::scrub(text))),
        timeline: vec![Event {
            at: minus(now(), TimeDelta::minutes(3)),
            actor: Some(actor),
            what: What::Labeled(label),
        }],
        has_timeline: n.is_multiple_of(2),
    }
}

fn hostile_floor(texts: &[String]) -> Floor {
    let one = |n: usize| Text::scrub(&texts[n % texts.len()]);
    let feeds = [Feed::Host, Feed::Roster, Feed::Release, Feed::Metrics];
    let sources = feeds.iter().enumerate().map(|(n, f)| Source::new(one(n), *f, TimeDelta::minutes(1))).collect();
    let mut floor = Floor::new(one(0), Zone::utc(), Policy::standard(), sources);
    let items = texts.iter().enumerate().map(|(n, text)| hostile_incident(n, text)).collect();
    let skipped = texts.iter().map(|t| Skipped { at: Text::scrub(t), why: Text::scrub(t) }).take(20).collect();
    let polled =
        Polled { source: SourceId(0), items, skipped, n_skipped: 20, part: Part::Last, as_of: now(), budget: None };
    floor.apply(Fact::Polled(polled), now());
    let layer = Layer {
        name: one(3),
        zone: Zone::utc(),
        anchor: at("2026-01-01T00:00:00Z").naive_utc(),
        shift: ShiftLength { n: 1, unit: ShiftUnit::Days },
        participants: texts.iter().map(|t| vec![Text::scrub(t)]).collect(),
        level: 0,
        start: None,
        end: None,
        restrictions: Vec::new(),
        advance: watchfloor::domain::rota::Advance::Always,
    };
    let people = texts
        .iter()
        .map(|t| Contact {
            id: Text::scrub(t),
            name: Text::scrub(t),
            login: None,
            reach: Some(Text::scrub(t)),
            email: None,
            zone: None,
        })
        .collect();
    let mut schedules = vec![Schedule::new(one(1), vec![layer], Vec::new())];
    schedules[0].overrides = texts.iter().map(|t| hostile_override(t)).collect();
    schedules[0].off = vec![Off { zone: Zone::utc(), hours: Vec::new(), note: Some(one(4)) }];
    let mut roster = Roster::new(Zone::utc(), people, schedules);
    roster.leave = texts.iter().map(|t| hostile_leave(t)).collect();
    roster.escalations = vec![hostile_escalation(texts)];
    floor.apply(Fact::RosterRead { source: SourceId(1), roster: Box::new(roster) }, now());
    floor.apply(Fact::ReleaseRead { source: SourceId(2), release: Box::new(hostile_release(texts)) }, now());
    for (n, text) in texts.iter().enumerate().take(40) {
        let signal = Signal {
            name: Text::scrub(text),
            unit: one(n + 1),
            threshold: Some(Threshold { bad: Side::Above, bound: 1.0 }),
            stale_after: TimeDelta::minutes(10),
            hold: TimeDelta::zero(),
            keep_firing: TimeDelta::zero(),
            window: TimeDelta::hours(1),
            objective: Some(0.99),
            runbook: Some(one(n + 2)),
        };
        floor.apply(Fact::SignalAdded { source: SourceId(3), signal: Box::new(signal) }, now());
        let samples = (0..50).map(|i| Sample { at_ms: now().timestamp_millis() - i * 60_000, value: i as f64 * 1e9 });
        let skipped = vec![Skipped { at: one(n), why: one(n) }];
        let fact = Fact::Sampled {
            signal: SignalId(n),
            samples: samples.rev().collect(),
            telling: Telling::Instead,
            skipped,
            n_skipped: 1,
        };
        floor.apply(fact, now());
    }
    floor.apply(Fact::Failed { source: SourceId(3), trouble: Trouble::Away, why: one(5) }, now());
    floor
}

fn hostile_override(text: &str) -> Override {
    Override {
        kind: OverrideKind::ReplaceUser { user: Text::scrub(text), with: Text::scrub(text) },
        start: now(),
        end: at("2026-11-22T00:00:00Z"),
        level: 0,
        created: None,
        note: Some(Text::scrub(text)),
    }
}

fn hostile_leave(text: &str) -> Leave {
    Leave { user: Text::scrub(text), start: now(), end: at("2026-11-25T00:00:00Z"), note: Some(Text::scrub(text)) }
}

fn hostile_escalation(texts: &[String]) -> escalation::Policy {
    let target = |t: &String| escalation::Target::Person(Text::scrub(t));
    let step = |t: &String| escalation::Step { delay: TimeDelta::minutes(5), targets: vec![target(t)] };
    escalation::Policy {
        name: Text::scrub(&texts[0]),
        priorities: vec![Priority::P0],
        steps: texts.iter().map(step).collect(),
        repeat: 2,
        ack_timeout: None,
        reserve: Some(Text::scrub(&texts[3])),
    }
}

fn hostile_release(texts: &[String]) -> Release {
    let items = texts.iter().enumerate().map(|(n, text)| Item {
        id: StepId::new(text),
        is_done: n % 3 == 0,
        text: Text::scrub(text),
        depth: (n % 70) as u16,
        section: Text::scrub(text),
        phase: Some(n as i32 % 9 - 4),
        owner: Some(Text::scrub(text)),
        line: n + 1,
        byte: n,
    });
    let path = Text::scrub(&texts[0]);
    let list = Checklist {
        path,
        title: Text::scrub(&texts[1]),
        items: items.collect(),
        digest: Digest { length: 1, hash: 1 },
    };
    let day = now().date_naive().succ_opt().unwrap();
    let calendar = Calendar::new(day, Zone::utc(), DayFrom::Settings);
    Release {
        name: Text::scrub(&texts[2]),
        day: Some(day),
        at: None,
        zone: Zone::utc(),
        courses: vec![Course::of_checklist(&list, Some(calendar))],
        sign_offs: texts.iter().take(30).map(|t| SignOff { role: Text::scrub(t), word: Word::Silent }).collect(),
        blockers: Vec::new(),
    }
}

/// Every way to look at a floor.
const LOOKS: [&str; 21] = [
    "",
    "+",
    "2+",
    "3",
    "3+",
    "3+l",
    "3+ll",
    "3+lll",
    "3+llll",
    "3+lllll",
    "3o",
    "3ox<down><down><enter>",
    "3+lld",
    "4+",
    "5+",
    "<enter>",
    "?",
    ":",
    "i",
    "/abc",
    "5+jj---[[",
];

fn assert_clean(buffer: &Buffer, what: &str) {
    for cell in buffer.content() {
        for c in cell.symbol().chars() {
            let is_odd = c.is_control()
                || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}');
            assert!(!is_odd, "{c:?} on the screen: {what}");
        }
        assert!(cell.symbol().len() <= 64, "{} bytes in one cell: {what}", cell.symbol().len());
    }
}

#[test]
fn nothing_hostile_reaches_a_cell_in_any_pane_at_any_size() {
    let texts = hostile();
    for (width, height) in [(200, 60), (120, 36), (80, 24), (60, 20), (41, 11), (12, 3)] {
        for look in LOOKS {
            let mut model =
                Model::new(hostile_floor(&texts), Login::new("me"), Theme::shipped("midnight", Glyphs::Unicode));
            update(&mut model, Msg::Resized { width, height }, now());
            press(&mut model, look);
            assert_clean(&draw(&mut model), look);
            press(&mut model, "jGk");
            assert_clean(&draw(&mut model), look);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn no_size_and_no_key_breaks_the_console(
        sizes in proptest::collection::vec((0u16..260, 0u16..90), 1..4),
        keys in proptest::collection::vec(proptest::sample::select(vec![
            "j", "k", "g", "G", "1", "2", "3", "4", "5", "+", "_", "<enter>", "<esc>", "/", "a", "?", ":", "i", "f", "T",
            "<tab>", "<space>", "u", "p", "o", "d", "l", "h", "y", "<down>", "<right>", "-", "[", "]", "0", "<ctrl-d>", "<pgup>", "x",
        ]), 0..30),
    ) {
        let mut model = demo(80, 24);
        for (width, height) in sizes {
            update(&mut model, Msg::Resized { width, height }, now());
            for key in &keys {
                press(&mut model, key);
                draw(&mut model);
            }
        }
    }
}
