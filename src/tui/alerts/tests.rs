use super::*;
use crate::{
    demo::{USUAL_INCIDENTS, World},
    domain::{incident::Login, notify::SilenceId, time::parse_rfc3339, zone::Zones},
    floor::fact::{Compose, Fact},
    tui::{
        Msg,
        input::Key,
        theme::{Glyphs, Theme},
    },
};

fn now() -> DateTime<Utc> {
    parse_rfc3339("2026-11-20T02:12:00Z").unwrap()
}

/// A console on the play, and the world that answers it.
struct Desk {
    model: Model,
    world: World,
}

impl Desk {
    /// With the cursor on the alert of the full disk.
    fn new() -> Self {
        let mut world = World::new(7, now(), USUAL_INCIDENTS, &Zones::bundled());
        let mut floor = world.floor();
        for fact in world.opening() {
            floor.apply(fact, now());
        }
        let mut model = Model::new(floor, Login::new("ana.k"), Theme::shipped("mono", Glyphs::Unicode));
        model.settle(now());
        let mut desk = Self { model, world };
        desk.press("g");
        assert_eq!(desk.alarm().alert.rule.as_str(), "disk pg-main");
        desk
    }

    fn alarm(&self) -> Alarm {
        target(&self.model).unwrap().clone()
    }

    fn key(&mut self, key: Key) -> Vec<Effect> {
        let effects = crate::tui::update(&mut self.model, Msg::Key(key), now());
        let facts: Vec<Fact> = effects.iter().flat_map(|effect| self.world.perform(effect, now())).collect();
        for fact in facts {
            crate::tui::update(&mut self.model, Msg::Fact(fact), now());
        }
        self.model.settle(now());
        effects
    }

    fn press(&mut self, keys: &str) -> Vec<Effect> {
        keys.chars().flat_map(|c| self.key(Key::Char(c))).collect()
    }

    fn said(&self) -> String {
        self.model.message.as_ref().map(|message| message.text.to_string()).unwrap_or_default()
    }
}

#[test]
fn the_cursor_begins_on_the_first_incident_and_the_alerts_stand_above_it() {
    let mut desk = Desk::new();
    desk.press("j");
    assert!(target(&desk.model).is_none() && desk.model.queue.selected.is_some());
    assert_eq!(desk.model.queue.cursor.at, 1);
}

#[test]
fn an_alert_is_taken_on_given_back_and_not_taken_on_twice() {
    let mut desk = Desk::new();
    let (id, since) = (desk.alarm().alert.id, desk.alarm().since());
    assert_eq!(desk.press("a"), [Effect::TakeAlert { id, since }]);
    assert!(desk.alarm().taken.is_some());
    assert_eq!(desk.said(), "taken on until it clears (saved)");
    assert_eq!(desk.press("a"), []);
    assert!(desk.said().contains("has taken it on already"), "{}", desk.said());
    assert_eq!(desk.press("U"), [Effect::GiveAlertBack(id)]);
    assert_eq!(desk.alarm().taken, None);
}

#[test]
fn a_silence_needs_a_reason_and_a_yes_and_can_be_ended() {
    let mut desk = Desk::new();
    desk.press("s");
    assert_eq!(desk.key(Key::Enter), []);
    let Some(Overlay::Silencing(form)) = desk.model.overlays.last() else { panic!() };
    assert!(form.fault.as_ref().unwrap().contains("needs a comment"));
    desk.press("being moved");
    desk.key(Key::Enter);
    // No is the answer to enter; the form stays with what was typed.
    assert_eq!(desk.key(Key::Enter), []);
    assert!(
        matches!(desk.model.overlays.last(), Some(Overlay::Silencing(form)) if form.comment.text() == "being moved")
    );
    desk.key(Key::Enter);
    let effects = desk.press("y");
    let [Effect::Silence(silence)] = effects.as_slice() else { panic!("{effects:?}") };
    assert_eq!(silence.selector(), r#"{alertname="disk pg-main",severity="page"}"#);
    assert_eq!((silence.author.as_str(), silence.comment.as_str()), ("ana.k", "being moved"));
    assert_eq!(silence.until, crate::domain::time::plus(now(), TimeDelta::hours(2)));
    assert!(desk.model.overlays.is_empty());
    // It is the last of the alerts now, and in sight.
    assert_eq!((desk.alarm().word(), desk.alarm().alert.rule.as_str()), ("silent", "disk pg-main"));
    assert_eq!(desk.press("w"), [Effect::EndSilence(SilenceId(1))]);
    assert_eq!(desk.alarm().word(), "firing");
}

#[test]
fn a_label_can_be_left_out_of_a_silence_and_all_of_them_cannot() {
    let mut desk = Desk::new();
    desk.press("s");
    desk.press("known");
    for _ in 0..2 {
        desk.key(Key::Down);
    }
    desk.press(" ");
    desk.key(Key::Down);
    desk.press(" ");
    desk.key(Key::Enter);
    let Some(Overlay::Silencing(form)) = desk.model.overlays.last() else { panic!() };
    assert!(form.fault.as_ref().unwrap().contains("silence everything"), "{:?}", form.fault);
}

#[test]
fn the_runbook_the_whole_alert_and_its_labels_are_a_key_away() {
    let mut desk = Desk::new();
    assert_eq!(desk.press("b"), [Effect::ReadRunbook(Text::scrub("runbooks/disk-full.md"))]);
    desk.key(Key::Esc);
    assert_eq!(desk.press("y"), [Effect::Copy(Text::scrub(r#"{alertname="disk pg-main",severity="page"}"#))]);
    let id = desk.alarm().alert.id;
    let effects = desk.key(Key::Enter);
    assert!(matches!(effects.as_slice(), [Effect::ReadNotices { id: of, .. }] if *of == id), "{effects:?}");
    assert!(matches!(desk.model.overlays.last(), Some(Overlay::Alert(state)) if state.notices == Some(Ok(Vec::new()))));
    assert!(matches!(desk.press("a").as_slice(), [Effect::TakeAlert { .. }]));
    assert_eq!(desk.press("b"), [Effect::ReadRunbook(Text::scrub("runbooks/disk-full.md"))]);
}

#[test]
fn an_incident_of_an_alert_begins_with_what_is_known() {
    let mut desk = Desk::new();
    desk.press("C");
    let effects = desk.key(Key::Enter);
    let [Effect::Compose { about: Compose::Create(_), first }] = effects.as_slice() else { panic!("{effects:?}") };
    assert!(
        first.as_str().starts_with("disk pg-main fires\n\nThe alert disk pg-main is firing since "),
        "{}",
        first.as_str()
    );
    assert!(
        first.as_str().contains("\n- fires: above 85 %\n") && first.as_str().contains("Runbook: runbooks/disk-full.md")
    );
}

#[test]
fn what_is_asked_for_hides_alerts_that_do_not_fit_and_finds_those_that_do() {
    let mut desk = Desk::new();
    let n_alerts = |desk: &Desk| desk.model.queue.alarms.shown().len();
    for (query, n) in [("pg-main", 1), ("p:0", 0), ("is:over", 1), ("nothing like it", 0), ("", 1)] {
        desk.model.queue.filter = query.to_owned();
        desk.model.settle(now());
        assert_eq!(n_alerts(&desk), n, "{query}");
    }
}

#[test]
fn read_only_changes_nothing_about_alerts() {
    let mut desk = Desk::new();
    desk.model.acting.rights.is_read_only = true;
    assert_eq!(desk.press("aUsw"), []);
    assert!(desk.model.overlays.is_empty());
}

#[test]
fn a_file_that_a_label_names_is_not_opened() {
    let desk = Desk::new();
    let mut alarm = desk.alarm();
    let rules = vec![AnyRule::Alert(Box::new(crate::domain::alert::rule::Rule {
        name: alarm.alert.rule.clone(),
        group: Text::scrub("g"),
        origin: Text::scrub("here"),
        expr: crate::domain::expr::Expr::read("up == 0").unwrap(),
        every: TimeDelta::seconds(60),
        hold: TimeDelta::zero(),
        keep_firing: TimeDelta::zero(),
        no_data: crate::domain::alert::rule::NoData::Hold,
        no_data_hold: crate::domain::alert::rule::NO_DATA_HOLD,
        labels: Vec::new(),
        annotations: vec![(
            Text::scrub(RUNBOOK),
            crate::domain::alert::template::Template::read("books/{{ $labels.host }}.md").unwrap(),
        )],
    }))];
    let mut floor = desk.model.floor;
    floor.apply(Fact::RulesRead(rules), now());
    alarm.alert.annotations = [(Text::scrub(RUNBOOK), Text::scrub("books/../../etc/passwd.md"))].into_iter().collect();
    assert!(page(&alarm, &floor).is_err());
    alarm.alert.annotations = [(Text::scrub(RUNBOOK), Text::scrub("https://wiki.example/books"))].into_iter().collect();
    assert!(page(&alarm, &floor).is_ok());
}
