//! Sections, what is typed on top of them, headings, orders and what is selected, as a person sees them.

use chrono::{DateTime, TimeDelta, Utc};
use ratatui::{buffer::Buffer, layout::Rect};
use unicode_width::UnicodeWidthStr as _;
use watchfloor::{
    demo::{USUAL_INCIDENTS, World},
    domain::{
        incident::{Login, Repo},
        query::{Query, Section},
        time::{parse_rfc3339, plus},
        zone::Zones,
    },
    floor::fact::Fact,
    text::Text,
    tui::{
        Model, Msg,
        input::Key,
        queue::tabs::Tabs,
        theme::{Glyphs, Theme},
        update,
        view::view,
    },
};

fn now() -> DateTime<Utc> {
    parse_rfc3339("2026-11-20T02:12:00Z").unwrap()
}

fn demo_of(n: usize, width: u16, height: u16, glyphs: Glyphs) -> Model {
    let mut world = World::new(7, now(), n, &Zones::bundled());
    let mut floor = world.floor();
    for fact in world.opening() {
        floor.apply(fact, now());
    }
    let mut model = Model::new(floor, Login::new("kai.n"), Theme::shipped("midnight", glyphs));
    update(&mut model, Msg::Resized { width, height }, now());
    model.settle(now());
    model
}

fn demo(width: u16, height: u16) -> Model {
    demo_of(USUAL_INCIDENTS, width, height, Glyphs::Unicode)
}

/// Presses keys: single characters, or names in angle brackets.
fn press(model: &mut Model, keys: &str) {
    let mut rest = keys;
    while let Some(c) = rest.chars().next() {
        let (name, after) = match rest.strip_prefix('<').and_then(|r| r.split_once('>')) {
            Some((name, after)) if Key::parse(name).is_some() => (name.to_owned(), after),
            _ => (if c == ' ' { "space".to_owned() } else { c.to_string() }, &rest[c.len_utf8()..]),
        };
        update(model, Msg::Key(Key::parse(&name).unwrap_or_else(|| panic!("no key {name}"))), now());
        rest = after;
    }
    model.settle(now());
}

fn rows(model: &mut Model) -> Vec<String> {
    model.settle(now());
    let mut buffer = Buffer::empty(Rect::new(0, 0, model.size.width, model.size.height));
    view(model, &mut buffer, now());
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

fn screen(model: &mut Model) -> String {
    rows(model).join("\n")
}

fn selected(model: &Model) -> u64 {
    model.queue.selected.as_ref().map_or(0, |key| key.number)
}

#[test]
fn wide_titles_name_every_section_and_narrow_ones_the_one_looked_at() {
    let wide = screen(&mut demo(200, 60));
    assert!(wide.contains("1 Incidents ‹All 45›  Mine "), "{wide}");
    for section in [" Pressing 8 ", " Untriaged "] {
        assert!(wide.contains(section), "{section}\n{wide}");
    }
    assert!(!wide.contains("Snoozed"), "{wide}");
    let mut narrow = demo(80, 24);
    press(&mut narrow, "ll");
    let found = screen(&mut narrow);
    assert!(found.contains("1 Incidents ‹Pressing 8› 3/4 ") && found.contains("8 of 45 open"), "{found}");
    press(&mut narrow, "<left>h");
    assert!(screen(&mut narrow).contains("‹All 45› 1/4"));
}

#[test]
fn another_section_begins_at_its_first_row_and_selects_nothing() {
    let mut model = demo(120, 36);
    press(&mut model, "jj<space>l");
    assert!(model.queue.picked.is_empty() && model.queue.cursor.at == 0);
}

#[test]
fn sections_of_ones_own_stand_in_their_order() {
    let mut model = demo(120, 36);
    let section = |name: &str, query: &str| Section::new(name, Query::strict(query).unwrap());
    model.queue.tabs = Tabs::new(vec![section("Web", "repo:web"), section("None", "no-such-word")]);
    let found = screen(&mut model);
    assert!(found.contains("‹Web ") && !found.contains("api#812  Login"), "{found}");
    press(&mut model, "l");
    let found = screen(&mut model);
    assert!(found.contains("nothing in None: no-such-word") && found.contains("h and l go to"), "{found}");
}

#[test]
fn what_is_typed_asks_on_top_of_the_section() {
    let mut model = demo(120, 36);
    press(&mut model, "ll/p:0,1 -login");
    let n = model.queue.n_shown;
    assert!(0 < n && n < 8, "{n}");
    assert!(screen(&mut model).contains(&format!("{n} of 45 open")));
    press(&mut model, "<esc>");
    assert_eq!(model.queue.n_shown, 8);
}

#[test]
fn what_cannot_be_read_is_said_with_its_column_and_what_is_not_finished_is_no_fault() {
    let mut model = demo(80, 24);
    press(&mut model, "/login lable:bug");
    let found = screen(&mut model);
    assert!(found.contains("column 7: no field \"lable\": did you mean label:?"), "{found}");
    let mut model = demo(80, 24);
    press(&mut model, "/is:");
    let found = screen(&mut model);
    assert!(!found.contains("column") && found.contains("as in is:over") && model.queue.n_shown == 45, "{found}");
}

#[test]
fn headings_count_and_the_cursor_passes_over_them() {
    let mut model = demo(120, 36);
    press(&mut model, "Wr");
    let found = screen(&mut model);
    assert!(found.contains(" ─ acme/api  "), "{found}");
    assert_eq!(selected(&model), 812);
    let mut seen = Vec::new();
    for _ in 0..60 {
        seen.push(selected(&model));
        press(&mut model, "j");
    }
    seen.dedup();
    assert_eq!(seen.len(), 45);
    press(&mut model, "g");
    assert!(screen(&mut model).contains(" ─ acme/api  "), "the first heading comes back");
    press(&mut model, "Wn");
    assert!(!screen(&mut model).contains(" ─ acme/api  "));
}

#[test]
fn the_cursor_stays_on_its_incident_through_every_order_and_heading() {
    let mut model = demo(120, 36);
    press(&mut model, "jjjj");
    let at = selected(&model);
    for keys in ["Sa", "Sa", "Sp", "Wl", "Sr", "Wo", "Su", "Wp", "Sc", "Wn", "Sb"] {
        press(&mut model, keys);
        assert_eq!(selected(&model), at, "{keys}");
    }
    press(&mut model, "Sa");
    assert!(screen(&mut model).contains("oldest first"));
    press(&mut model, "S");
    let found = screen(&mut model);
    assert!(found.contains(" sort ") && found.contains("<a age>"), "{found}");
}

#[test]
fn what_is_selected_has_a_sign_and_is_counted_and_escape_lets_it_go_first() {
    let mut model = demo(120, 36);
    press(&mut model, "/api<enter><space>j<space>");
    let found = screen(&mut model);
    assert!(found.contains("2 selected"), "{found}");
    assert_eq!(found.matches("│●").count(), 2, "{found}");
    assert_eq!(model.queue.targets().len(), 2);
    press(&mut model, "<esc>");
    assert!(model.queue.picked.is_empty() && model.queue.filter == "api");
    press(&mut model, "<esc>");
    assert!(model.queue.filter.is_empty());
    press(&mut model, "vjj");
    assert!(screen(&mut model).contains("3 selected, range"));
    press(&mut model, "v<ctrl-a>");
    assert_eq!(model.queue.targets().len(), 45);
    press(&mut model, "*");
    assert_eq!(model.queue.targets().len(), 1, "the one under the cursor");
    let mut ascii = demo_of(USUAL_INCIDENTS, 120, 36, Glyphs::Ascii);
    press(&mut ascii, "<space>Wr");
    let found = screen(&mut ascii);
    assert!(found.contains("|*") && found.contains("<All 45>") && found.is_ascii(), "{found}");
}

#[test]
fn an_incident_that_is_hidden_by_what_is_typed_is_not_acted_on() {
    let mut model = demo(120, 36);
    press(&mut model, "<ctrl-a>/is:over");
    assert_eq!(model.queue.targets().len(), 3);
    press(&mut model, "<enter><esc><esc>");
    assert_eq!((model.queue.n_shown, model.queue.targets().len()), (45, 1));
}

#[test]
fn a_snoozed_incident_goes_out_of_sight_into_a_section_of_its_own() {
    let mut model = demo(200, 60);
    let key = model.queue.selected.clone().unwrap();
    let until = plus(now(), TimeDelta::hours(3));
    let fact = Fact::Snoozed { key: key.clone(), until, by: Login::new("kai.n"), at: now() };
    update(&mut model, Msg::Fact(fact), now());
    model.settle(now());
    assert_eq!(model.queue.n_shown, 44);
    let found = screen(&mut model);
    assert!(found.contains(" Snoozed 1 ") && found.contains("44 of 45 open"), "{found}");
    press(&mut model, "h");
    model.settle(now());
    assert_eq!(model.queue.targets(), [key]);
    model.settle(until);
    assert_eq!((model.queue.n_shown, model.queue.tabs.current().name.as_str()), (0, "Snoozed"));
}

#[test]
fn rows_and_the_whole_tell_of_milestone_review_and_kind_where_there_is_room() {
    use watchfloor::{
        domain::incident::{IncidentKey, Kind, Numbering},
        floor::fact::{Part, Polled, SourceId},
    };
    let mut model = demo(200, 60);
    let mut incident = model.floor.queue().entries()[0].incident.clone();
    incident.key = IncidentKey::issue(Repo::new("acme/api"), 9_001);
    incident.kind = Kind::PullRequest;
    incident.title = Text::scrub("Zebra: an index");
    incident.closed_at = None;
    incident.timeline.clear();
    incident.milestone = Some(Text::scrub("4.9.9"));
    incident.reviewers = vec![Login::new("ben.i"), Login::new("cy.o")];
    let mut alert = incident.clone();
    alert.key = IncidentKey { repo: Repo::new("acme/api"), number: 41, numbering: Numbering::Dependabot };
    alert.kind = Kind::Dependabot;
    let items = vec![incident, alert];
    let (skipped, part) = (Vec::new(), Part::More);
    let polled = Polled { source: SourceId(0), items, skipped, n_skipped: 0, part, as_of: now(), budget: None };
    update(&mut model, Msg::Fact(Fact::Polled(polled)), now());
    press(&mut model, "+p/zebra<enter>");
    let found = screen(&mut model);
    assert!(found.contains("PR Zebra"), "{found}");
    assert!(found.contains("4.9.9") && found.contains("ben.i +1 asked"), "{found}");
    assert!(found.contains("api#dependabot-41 dep Zebra"), "{found}");
    let mut narrow = demo(80, 24);
    let items = vec![model.floor.queue().entries().last().unwrap().incident.clone()];
    let polled =
        Polled { source: SourceId(0), items, skipped: Vec::new(), n_skipped: 0, part, as_of: now(), budget: None };
    update(&mut narrow, Msg::Fact(Fact::Polled(polled)), now());
    press(&mut narrow, "/zebra<enter>");
    let found = screen(&mut narrow);
    assert!(found.contains("dependabot-41") && found.contains("Zebra"), "{found}");
    press(&mut model, "Gk<enter>");
    let found = screen(&mut model);
    assert!(found.contains("milestone 4.9.9") && found.contains("review asked of ben.i, cy.o"), "{found}");
}

#[test]
fn every_size_and_number_of_rows_is_drawn() {
    for n in [0, 1, 3_000] {
        let mut model = demo_of(n, 80, 24, Glyphs::Unicode);
        for keys in ["Wr", "l", "Sa", "v", "G", "+", "/is:over lable:x"] {
            press(&mut model, keys);
            for (width, height) in [(1, 1), (2, 40), (40, 10), (41, 11), (60, 20), (80, 24), (200, 60), (500, 3)] {
                update(&mut model, Msg::Resized { width, height }, now());
                let lines = rows(&mut model);
                assert!(lines.iter().all(|line| line.width() <= usize::from(width)), "{n} {width}x{height}");
            }
            update(&mut model, Msg::Resized { width: 80, height: 24 }, now());
        }
    }
}
