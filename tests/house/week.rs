//! The week of a release at the console: the demo's, by keys, at two sizes, in colour and without.

use chrono::{DateTime, TimeDelta, Utc};
use ratatui::{buffer::Buffer, layout::Rect};
use watchfloor::{
    demo::{USUAL_INCIDENTS, World},
    domain::{
        incident::{Incident, IncidentKey, Kind, Label, Login, Repo},
        release::{
            plan::{Mark, Step, StepId},
            record::{Deed, Say},
        },
        time::{parse_rfc3339, plus},
        zone::Zones,
    },
    floor::{
        effect::Effect,
        fact::{Changed, Fact, Reach, SourceId},
    },
    text::Text,
    tui::{
        Model, Msg,
        input::Key,
        release::Part,
        theme::{Glyphs, Theme},
        update,
        view::view,
    },
};

/// A console on the demo's world.
struct Desk {
    world: World,
    model: Model,
    now: DateTime<Utc>,
    asked: Vec<Effect>,
}

impl Desk {
    fn new(width: u16, height: u16) -> Self {
        Self::drawn_with(width, height, Theme::shipped("midnight", Glyphs::Unicode))
    }

    fn drawn_with(width: u16, height: u16, theme: Theme) -> Self {
        let now = parse_rfc3339("2026-11-20T02:12:00Z").unwrap();
        let mut world = World::new(7, now, USUAL_INCIDENTS, &Zones::bundled());
        let mut floor = world.floor();
        for fact in world.opening() {
            floor.apply(fact, now);
        }
        let mut model = Model::new(floor, Login::new("kai.n"), theme);
        update(&mut model, Msg::Resized { width, height }, now);
        model.settle(now);
        Self { world, model, now, asked: Vec::new() }
    }

    /// Presses keys: single characters, or names in angle brackets; performs what they ask for.
    fn press(&mut self, keys: &str) -> &mut Self {
        let mut rest = keys;
        while let Some(c) = rest.chars().next() {
            let (name, after) = match rest.strip_prefix('<').and_then(|r| r.split_once('>')) {
                Some((name, after)) => (name.to_owned(), after),
                None => (c.to_string(), &rest[c.len_utf8()..]),
            };
            rest = after;
            let key = if c == ' ' { Key::Char(' ') } else { Key::parse(&name).unwrap() };
            for effect in update(&mut self.model, Msg::Key(key), self.now) {
                self.asked.push(effect.clone());
                for fact in self.world.perform(&effect, self.now) {
                    self.hear(fact);
                }
            }
            self.model.settle(self.now);
        }
        self
    }

    fn hear(&mut self, fact: Fact) {
        update(&mut self.model, Msg::Fact(fact), self.now);
        self.model.settle(self.now);
    }

    fn screen(&mut self) -> String {
        self.model.settle(self.now);
        let size = self.model.size;
        let mut buffer = Buffer::empty(Rect::new(0, 0, size.width, size.height));
        view(&self.model, &mut buffer, self.now);
        let row = |y| (0..size.width).map(|x| buffer[(x, y)].symbol()).collect::<String>().trim_end().to_owned();
        (0..size.height).map(row).collect::<Vec<_>>().join("\n")
    }

    fn said(&self) -> &str {
        self.model.message.as_ref().map_or("", |message| message.text.as_str())
    }

    fn entered(&self) -> Vec<Deed> {
        let deed = |effect: &Effect| if let Effect::Enter { deed, .. } = effect { Some(deed.clone()) } else { None };
        self.asked.iter().filter_map(deed).collect()
    }

    /// Puts the cursor on the step with this beginning, in the part that is open.
    fn on(&mut self, begins: &str) -> &mut Self {
        self.press("g");
        for _ in 0..60 {
            let found = self.model.release.selected(&self.model.floor);
            if found.is_some_and(|(_, step, _)| step.text.as_str().starts_with(begins)) {
                return self;
            }
            self.press("j");
        }
        panic!("{begins} is not listed\n{}", self.screen());
    }
}

#[track_caller]
fn assert_shows(screen: &str, wanted: &[&str]) {
    for text in wanted {
        assert!(screen.contains(text), "{text:?} is not in\n{screen}");
    }
}

#[test]
fn the_board_of_today_fits_80x24_and_says_what_is_late_due_and_doubtful() {
    let mut desk = Desk::new(80, 24);
    let screen = desk.press("4+").screen();
    assert_shows(
        &screen,
        &[
            "4 Release 4.9.9",
            "T-2 · 27 of 41 done",
            "T-0 Sun 22 Nov 10:00 Europe/Berlin, in 2d 6h",
            "NO GO: 14 reasons",
            "Fri 20",
            "‼ 4/5",
            "▲ now",
            "2 due today · 1 overdue · announce T-2: administrators",
            "due, 20h 48m left",
            "[Today] · Plan · Gate · After T-0",
            "[ ] Dry run of the migrations",
            "overdue 3h 12m",
            "[x] Put the maintenance window",
            "✗ ticked, not so",
            "[ ] Send the announcement",
            "due today",
        ],
    );
    let screen = desk.on("Put the maintenance").screen();
    assert_shows(&screen, &["ticked, but the evidence says otherwise: there is no such file (<1m ago)"]);
}

#[test]
fn without_colour_and_beyond_ascii_the_board_says_the_same() {
    let mut desk = Desk::drawn_with(80, 24, Theme::shipped("mono", Glyphs::Ascii));
    let screen = desk.press("4+").screen();
    assert!(screen.is_ascii(), "{screen}");
    assert_shows(&screen, &["^ now", "! 4/5", "[Today]", "x ticked, not so", "overdue 3h 12m", "due today"]);
}

#[test]
fn where_there_is_room_the_gate_stands_beside_the_list() {
    let screen = Desk::new(200, 60).press("4+").screen();
    assert_shows(
        &screen,
        &[
            "going out now: NO GO",
            "sign-offs",
            "engineering",
            "no word yet (cy.o, kai.n)",
            "roll-back: watched for 1h from T-0",
        ],
    );
    assert_shows(&screen, &["announcements (n)", "✓ T-5 maintenance window", "T-2h we begin"]);
    assert_shows(&Desk::new(120, 36).press("4+").screen(), &["going out now: NO GO", "administrators", "[Today]"]);
}

#[test]
fn the_pane_among_others_tells_the_phase_the_announcement_and_who_signed() {
    let screen = Desk::new(120, 36).screen();
    assert_shows(&screen, &["▸-2", "27/41 done · 2 today · 1 overdue", "announce T-2:", "NO GO: 14 reasons"]);
}

#[test]
fn a_role_signs_with_one_question_whose_answer_is_no_unless_it_is_yes() {
    let mut desk = Desk::new(120, 36);
    // The first key goes to the role that waits for this person, the second opens the form.
    desk.press("4s");
    assert_eq!(desk.model.release.part, Part::Gate);
    assert_shows(&desk.press("s").screen(), &["security signs off", "it may go out", "veto"]);
    assert_shows(&desk.press("<enter>").screen(), &["Put on record: security: go? y/N"]);
    desk.press("<enter>");
    assert_eq!((desk.entered(), desk.said()), (vec![], "nothing is done"));
    desk.press("<enter>y");
    let go = Deed::SignOff { role: Text::scrub("security"), say: Say::Go };
    assert_eq!(desk.entered(), [go]);
    assert_shows(&desk.screen(), &["✓ security      go, kai.n"]);
}

#[test]
fn a_veto_counts_only_with_a_reason_and_nobody_speaks_for_a_role_of_others() {
    let mut desk = Desk::new(80, 24);
    desk.press("4ss<down><enter>");
    assert_shows(&desk.screen(), &["say why: veto counts only with a reason"]);
    desk.press("crashes<enter>y");
    assert!(matches!(&desk.entered()[..], [Deed::SignOff { say: Say::Veto, .. }]), "{:?}", desk.entered());
    desk.press("gjs");
    assert!(desk.said().contains("engineering is spoken for by ana.k, ben.i"), "{}", desk.said());
}

#[test]
fn an_announcement_is_copied_marked_as_sent_with_its_step_and_never_twice() {
    let mut desk = Desk::new(80, 24);
    let screen = desk.press("4n").screen();
    assert_shows(&screen, &["Announcement", "administrators", "4.9.9 goes out on Sunday, 22 November 2026 at 10:00"]);
    desk.press("y");
    assert!(matches!(&desk.asked[..], [Effect::CopyAll(text)] if text.as_str().contains("\n- check the three")));
    desk.press("m<enter>");
    assert_eq!(desk.entered(), []);
    desk.press("my");
    assert_eq!(desk.entered(), [Deed::Announced { what: Text::scrub("administrators") }]);
    assert!(desk.asked.iter().any(|effect| matches!(effect, Effect::Toggle { .. })), "{:?}", desk.asked);
    assert_shows(&desk.screen(), &["✓ sent", "by kai.n"]);
    desk.press("m");
    assert_eq!(desk.said(), "it is marked as sent already");
    assert_eq!(desk.model.release.sheet.week.progress.done, 28);
}

#[test]
fn what_was_sent_is_marked_as_sent_though_another_step_comes_before_its_own() {
    let mut desk = Desk::new(80, 24);
    desk.press("4");
    let found = desk.model.release.sheet.announcements.iter().find(|it| it.key.as_str() == "administrators");
    let (course, place) = found.unwrap().step.unwrap();
    let mut release = desk.model.floor.release().unwrap().clone();
    let plan = &mut release.courses[course].plan;
    let step = plan.steps[place].clone();
    plan.phases[step.phase.unwrap()].is_strict = true;
    let (id, text) = (StepId::new("before"), Text::scrub("ask the lawyers"));
    plan.steps.insert(place, Step { id, text, mark: Mark::None, number: Some(1), line: step.line - 1, ..step });
    plan.read_from.hash += 1;
    plan.digest.hash += 1;
    desk.hear(Fact::ReleaseRead { source: SourceId(2), release: Box::new(release) });
    let screen = desk.press("nm").screen();
    assert_shows(
        &screen,
        &["Put on record: announced: administrators? y/N", "its step stays open: in strict order: 1."],
    );
    desk.press("y");
    assert_eq!(desk.entered(), [Deed::Announced { what: Text::scrub("administrators") }]);
    assert!(!desk.asked.iter().any(|effect| matches!(effect, Effect::Toggle { .. })), "{:?}", desk.asked);
}

#[test]
fn the_day_goes_in_strict_order_and_says_so() {
    let mut desk = Desk::new(80, 24);
    desk.press("4+l").on("Roll out to everybody").press(" ");
    assert!(desk.asked.is_empty());
    assert_eq!(desk.said(), "in strict order: 1. \"Run the migrations @cy.o\" (line 59) comes first");
    assert_shows(&desk.screen(), &["after 1."]);
    desk.on("Run the migrations").press(" ");
    assert!(matches!(&desk.asked[..], [Effect::Toggle { .. }]));
    assert_shows(&desk.on("Roll out to everybody").screen(), &["after 2."]);
}

#[test]
fn the_days_runbook_opens_at_the_first_step_that_is_open_and_the_cursor_is_the_persons_from_then_on() {
    let mut desk = Desk::new(80, 24);
    desk.now = desk.model.floor.release().unwrap().at.unwrap();
    desk.press("4+l").on("Run the migrations").press(" h");
    let first = |desk: &Desk| desk.model.release.selected(&desk.model.floor).unwrap().2.is_done();
    desk.press("g");
    let (mut again, ticked) = (Desk::new(80, 24), desk.world);
    (again.world, again.now) = (ticked, desk.now);
    for fact in again.world.opening() {
        again.hear(fact);
    }
    again.press("4+");
    assert!(!first(&again), "{}", again.screen());
    again.press("g");
    let top = again.model.release.cursor();
    again.hear(Fact::Tick);
    assert_eq!(again.model.release.cursor(), top, "{}", again.screen());
}

#[test]
fn beside_the_list_what_is_watched_is_told_whole() {
    let mut desk = Desk::new(120, 36);
    desk.now = plus(desk.model.floor.release().unwrap().at.unwrap(), TimeDelta::minutes(20));
    let screen = desk.press("4+").screen();
    let beside: Vec<&str> = screen.lines().filter_map(|row| row.split('│').nth(2)).collect();
    let watched = beside.iter().take_while(|row| !row.contains("announcements"));
    assert!(watched.clone().count() > 3, "{screen}");
    for row in watched {
        assert!(!row.contains('…'), "{row:?} is cut in\n{screen}");
    }
}

#[test]
fn enter_at_the_gate_does_what_the_row_is_for_and_w_finds_what_can_be_passed_over() {
    let mut desk = Desk::new(120, 36);
    desk.press("4+s");
    let at = desk.model.release.cursor().at;
    assert_eq!(desk.model.release.part, Part::Gate);
    let screen = desk.press("<enter>").screen();
    assert_shows(&screen, &["signs off", "it may go out"]);
    desk.press("<esc>");
    assert_eq!((desk.model.overlays.len(), desk.model.release.cursor().at), (0, at));
    // The cursor is on a role: what can be passed over is looked for, and that there is none is said.
    desk.press("w");
    let said = desk.said();
    assert!(!desk.model.overlays.is_empty() || said.contains("pass over") || said.contains("waive"), "{said}");
    assert!(!said.contains("select a failing job"), "{said}");
}

#[test]
fn in_a_read_only_run_nothing_of_the_release_is_changed() {
    let mut desk = Desk::new(120, 36);
    desk.model.acting.rights.is_read_only = true;
    desk.press("4+ sdw");
    assert!(desk.asked.is_empty() && desk.model.overlays.is_empty());
    desk.press("lls<enter>");
    assert!(desk.asked.is_empty() && desk.model.overlays.is_empty());
    desk.press("nm");
    assert!(desk.asked.is_empty() && desk.said().starts_with("read-only"), "{}", desk.said());
}

fn p0(opened_at: DateTime<Utc>) -> Incident {
    Incident {
        key: IncidentKey::issue(Repo::new("acme/api"), 9_001),
        kind: Kind::Issue,
        title: Text::scrub("Refunds are booked twice"),
        author: Some(Login::new("rita")),
        labels: vec![Label::new("priority-critical")],
        assignees: Vec::new(),
        reviewers: Vec::new(),
        milestone: None,
        is_draft: false,
        opened_at,
        updated_at: opened_at,
        closed_at: None,
        close_reason: None,
        comments: 0,
        url: Text::default(),
        body: None,
        timeline: Vec::new(),
        has_timeline: true,
    }
}

#[test]
fn in_a_narrow_pane_the_loud_row_still_says_what_is_broken() {
    for (width, height) in [(120, 36), (100, 30), (80, 24)] {
        let mut desk = Desk::new(width, height);
        let out = desk.model.floor.release().unwrap().at.unwrap();
        desk.now = plus(out, TimeDelta::minutes(20));
        let items = vec![p0(plus(out, TimeDelta::minutes(10)))];
        let (now, reach) = (desk.now, Reach::Whole);
        desk.hear(Fact::Changed(Changed { source: SourceId(0), items, gone: vec![], reach, as_of: now, budget: None }));
        for keys in ["", "4"] {
            let screen = desk.press(keys).screen();
            let is_told =
                ["ROLL BACK: a new P0", "ROLL BACK recommended: a new P0"].iter().any(|said| screen.contains(said));
            assert!(is_told, "{width}x{height} {keys}: {screen}");
        }
    }
}

#[test]
fn a_p0_in_the_bake_window_shouts_until_somebody_decides() {
    let mut desk = Desk::new(80, 24);
    let out = desk.model.floor.release().unwrap().at.unwrap();
    desk.now = plus(out, TimeDelta::minutes(20));
    assert_shows(&desk.press("4+h").screen(), &["After T-0", "follow-ups", "bake window: 40m left"]);
    let items = vec![p0(plus(out, TimeDelta::minutes(10)))];
    let (now, reach) = (desk.now, Reach::Whole);
    desk.hear(Fact::Changed(Changed { source: SourceId(0), items, gone: vec![], reach, as_of: now, budget: None }));
    let loud = "‼ ROLL BACK recommended: a new P0";
    assert_shows(&desk.screen(), &[loud, "b steps, d decide"]);
    desk.press("_1");
    assert_shows(&desk.screen(), &["4 Release", "‼ ROLL BACK recommended"]);
    let screen = desk.press("4b").screen();
    assert_shows(&screen, &["recommended, nobody has decided", "the plan says: take it back when", "steps"]);
    assert_shows(&desk.press("<pgdown>").screen(), &["6. Tell customers on the status page"]);
    // What is recommended is what is offered first.
    assert_shows(&desk.press("d<enter>").screen(), &["say why: roll-back counts only with a reason"]);
    assert_shows(&desk.press("refunds<enter>").screen(), &["Put on record: decided: roll-back? y/N", "refunds"]);
    desk.press("y<esc>");
    assert!(matches!(&desk.entered()[..], [Deed::Decision { .. }]));
    assert!(!desk.screen().contains("b steps, d decide"), "{}", desk.screen());
}
