//! Keys in, effects out, on the demo's world: what is asked, what is done, what is said.

use chrono::TimeDelta;

use super::*;
use crate::{
    demo::{USUAL_INCIDENTS, World},
    domain::{
        incident::{CloseReason, Kind, Label, Login},
        intent::Progress,
        time::{parse_rfc3339, plus},
        zone::Zones,
    },
    floor::fact::{Fact, Host, SourceId},
    tui::{
        Msg,
        input::Key,
        theme::{Glyphs, Theme},
        update,
    },
};

/// A console on the demo's world, with a desk whose editor writes what the test says.
struct Desk {
    world: World,
    model: Model,
    now: DateTime<Utc>,
    writes: Option<String>,
    asked: Vec<Effect>,
}

impl Desk {
    fn new() -> Self {
        let now = parse_rfc3339("2026-11-20T03:12:00Z").unwrap();
        let mut world = World::new(7, now, USUAL_INCIDENTS, &Zones::bundled());
        let mut floor = world.floor();
        for fact in world.opening() {
            floor.apply(fact, now);
        }
        let me = Login::new(floor.on_call().unwrap().seats[0].duty.people[0].as_str());
        let account = Some(me.clone());
        let mut model = Model::new(floor, me, Theme::shipped("midnight", Glyphs::Unicode));
        model.acting.ack.assigns = true;
        model.acting.account = account;
        update(&mut model, Msg::Resized { width: 120, height: 36 }, now);
        model.settle(now);
        Self { world, model, now, writes: None, asked: Vec::new() }
    }

    /// Presses keys: single characters, or names in angle brackets; performs what they ask for.
    fn press(&mut self, keys: &str) -> &mut Self {
        let mut rest = keys;
        while let Some(c) = rest.chars().next() {
            let (name, after) = match rest.strip_prefix('<').and_then(|r| r.split_once('>')) {
                Some((name, after)) => (name.to_owned(), after),
                None => (c.to_string(), &rest[c.len_utf8()..]),
            };
            let key = if c == ' ' { Key::Char(' ') } else { Key::parse(&name).unwrap() };
            self.key(key);
            rest = after;
        }
        self
    }

    fn key(&mut self, key: Key) {
        let effects = update(&mut self.model, Msg::Key(key), self.now);
        self.perform(effects);
    }

    fn perform(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            self.asked.push(effect.clone());
            let facts = match effect {
                Effect::Compose { about, first } => match &self.writes {
                    Some(text) => {
                        let text = Passage::scrub(&format!("{text}{}", first.as_str()));
                        vec![Fact::Composed { about, text }]
                    }
                    None => vec![Fact::Composed { about, text: first }],
                },
                effect => self.world.perform(&effect, self.now),
            };
            for fact in facts {
                self.hear(fact);
            }
        }
    }

    fn hear(&mut self, fact: Fact) {
        let effects = update(&mut self.model, Msg::Fact(fact), self.now);
        self.perform(effects);
        self.model.settle(self.now);
    }

    /// Lets time pass.
    fn wait(&mut self, seconds: i64) -> &mut Self {
        for _ in 0..seconds {
            self.now = plus(self.now, TimeDelta::seconds(1));
            for fact in self.world.until(self.now) {
                self.hear(fact);
            }
        }
        self
    }

    fn on(&mut self, key: &str) -> &mut Self {
        let key = IncidentKey::parse(key).unwrap();
        let (queue, floor) = (&self.model.queue, &self.model.floor);
        let is_it = |at: &usize| queue.entry_at(*at, floor).is_some_and(|entry| entry.incident.key == key);
        let at = (0..queue.rows.len()).find(is_it);
        self.model.queue.cursor.at = at.unwrap_or_else(|| panic!("{key} is not listed"));
        self.model.queue.selected = Some(key);
        self.model.settle(self.now);
        self
    }

    fn said(&self) -> &str {
        self.model.message.as_ref().map_or("", |message| message.text.as_str())
    }

    fn acts(&self) -> Vec<(String, String)> {
        let drafts =
            self.asked.iter().flat_map(|effect| if let Effect::Intend(d) = effect { d.clone() } else { vec![] });
        drafts.map(|draft| (draft.target.to_string(), draft.act.words())).collect()
    }

    fn question(&self) -> &confirm::State {
        match self.model.overlays.last() {
            Some(Overlay::Confirming(state)) => state,
            other => panic!("no question: {}, {}", other.is_some(), self.said()),
        }
    }

    fn entry(&self, key: &str) -> &crate::floor::entry::Entry {
        self.model.floor.queue().find(&IncidentKey::parse(key).unwrap()).unwrap()
    }
}

fn pair(target: &str, act: &str) -> (String, String) {
    (target.to_owned(), act.to_owned())
}

#[test]
fn closing_several_asks_once_with_the_count_and_enter_means_no() {
    let mut desk = Desk::new();
    desk.press("<space><space>x<enter>");
    assert_eq!(desk.question().order, "close 2 incidents as completed");
    assert_eq!(desk.question().doing.len(), 2);
    for no in ["<enter>", "<esc>", "n", "q"] {
        desk.press(no);
        assert!(desk.model.overlays.is_empty() && desk.acts().is_empty(), "{no}");
        desk.press("x<enter>");
    }
    desk.key(Key::Paste("y\ny\r".to_owned()));
    assert!(desk.acts().is_empty(), "nothing pasted answers");
    desk.press("y");
    assert_eq!(desk.acts(), [pair("acme/api#812", "close as completed"), pair("acme/web#1151", "close as completed")]);
    assert!(desk.model.queue.picked.is_empty(), "what was acted on is let go");
}

#[test]
fn a_close_is_pending_until_the_host_has_it() {
    let mut desk = Desk::new();
    desk.on("acme/api#812").press("x<enter>y");
    let key = IncidentKey::parse("acme/api#812").unwrap();
    assert_eq!(known::mark(&desk.model, &key, desk.now).as_deref(), Some("… closing"));
    assert!(desk.entry("acme/api#812").incident.is_open());
    assert_eq!(desk.said(), "close api#812 as completed: waiting to be sent");
    desk.wait(4);
    assert!(!desk.entry("acme/api#812").incident.is_open());
    assert_eq!(known::mark(&desk.model, &key, desk.now), None);
    assert_eq!(desk.said(), "api#812 close as completed (sent)");
}

#[test]
fn a_refusal_takes_the_mark_away_and_says_why() {
    let mut desk = Desk::new();
    desk.on("acme/docs#29").press("x<enter>y").wait(4);
    assert!(desk.entry("acme/docs#29").incident.is_open());
    assert_eq!(desk.said(), "docs#29 close as completed: refused: acme/docs was archived: it can only be read");
    assert_eq!(outbox::n_refused(&desk.model.floor), 1);
    desk.press("O");
    desk.model.settle(desk.now);
    assert_eq!(desk.model.acting.refusals_seen, 1);
    desk.press("r");
    assert!(desk.said().contains("not tried again"), "{}", desk.said());
}

#[test]
fn what_is_left_out_is_said_with_its_reason_before_yes() {
    let mut desk = Desk::new();
    let mut alert = desk.entry("acme/api#799").incident.clone();
    alert.key = IncidentKey::parse("acme/api#dependabot-3").unwrap();
    alert.kind = Kind::Dependabot;
    let keys =
        ["acme/api#812", "acme/api#dependabot-3", "acme/api#788", "acme/api#1"].map(|k| IncidentKey::parse(k).unwrap());
    desk.hear(Fact::Polled(crate::floor::fact::Polled {
        source: SourceId(0),
        items: vec![alert],
        skipped: vec![],
        n_skipped: 0,
        part: crate::floor::fact::Part::Broken,
        as_of: desk.now,
        budget: None,
    }));
    let now = desk.now;
    go(&mut desk.model, Deed::Close(CloseReason::NotPlanned), &keys, now);
    let question = desk.question();
    assert_eq!(question.order, "close api#812 as not planned");
    let whys: Vec<&str> = question.skipped.iter().map(String::as_str).collect();
    assert_eq!(
        whys,
        [
            "api#dependabot-3: a Dependabot alert is handled on its own page: o opens it",
            "api#788: it is closed already",
            "api#1: it is not in the queue any more"
        ]
    );
}

#[test]
fn taking_on_records_here_and_does_at_the_host_what_the_settings_say() {
    let mut desk = Desk::new();
    desk.model.acting.ack.label = Some(Label::new("acked"));
    desk.model.acting.ack.comment = Some(Text::scrub("On it."));
    let me = desk.model.me.clone();
    desk.on("acme/api#812").press("a");
    assert_eq!(desk.entry("acme/api#812").acked.as_ref().unwrap().0, me);
    let expected = [("assign ".to_owned() + me.as_str()), "label acked".to_owned(), "comment".to_owned()];
    let acts: Vec<String> = desk.acts().into_iter().map(|(_, act)| act).collect();
    assert_eq!(acts, expected);
    desk.wait(6);
    assert!(desk.entry("acme/api#812").incident.assignees.contains(&me));
    desk.asked.clear();
    desk.press("U");
    assert!(desk.entry("acme/api#812").acked.is_none());
    let acts: Vec<String> = desk.acts().into_iter().map(|(_, act)| act).collect();
    assert_eq!(acts, ["unassign ".to_owned() + me.as_str(), "unlabel acked".to_owned()], "a comment stays");
}

#[test]
fn who_i_am_at_a_host_the_host_says() {
    let mut desk = Desk::new();
    desk.model.acting.account = None;
    desk.on("acme/web#1204").press("a");
    assert_eq!(desk.acts(), [pair("acme/web#1204", "assign @me")], "not known yet: whoever delivers asks");
    desk.asked.clear();
    let host = Host { viewer: Some(Login::new("octo-ana")), ..Host::default() };
    desk.hear(Fact::HostKnown { source: SourceId(0), host: Box::new(host) });
    desk.on("acme/web#1210").press("a");
    assert_eq!(desk.acts(), [pair("acme/web#1210", "assign octo-ana")]);
}

#[test]
fn a_list_of_people_begins_with_me_and_takes_an_account_that_is_typed() {
    let mut desk = Desk::new();
    let me = desk.model.me.clone();
    desk.on("acme/web#1204").press("A<enter>");
    assert_eq!(desk.acts(), [pair("acme/web#1204", &format!("assign {me}"))]);
    desk.asked.clear();
    desk.wait(4).press("Abrand-new<enter>");
    assert_eq!(desk.acts(), [pair("acme/web#1204", "assign brand-new")]);
}

#[test]
fn several_labels_are_turned_and_a_new_one_is_made() {
    let mut desk = Desk::new();
    desk.on("acme/api#812");
    let first = desk.entry("acme/api#812").incident.labels[0].clone();
    desk.press("L<enter>");
    assert!(desk.acts().is_empty(), "no label is set by chance");
    desk.press("<down><tab>quite new<tab><enter>");
    assert_eq!(
        desk.acts(),
        [pair("acme/api#812", "label quite new"), pair("acme/api#812", &format!("unlabel {first}"))]
    );
}

#[test]
fn a_priority_is_the_label_that_means_it_and_takes_the_others_off() {
    let mut desk = Desk::new();
    desk.on("acme/api#812").press("!p2<enter>");
    assert_eq!(
        desk.acts(),
        [pair("acme/api#812", "label priority-medium"), pair("acme/api#812", "unlabel priority-critical")]
    );
    desk.asked.clear();
    desk.on("acme/api#815").press("!p3<enter>");
    assert_eq!(
        desk.acts(),
        [pair("acme/api#815", "label priority-low"), pair("acme/api#815", "unlabel status-triage")],
        "what is triaged says so no longer"
    );
}

#[test]
fn a_priority_leaves_the_label_that_says_how_severe_an_alert_is() {
    let mut desk = Desk::new();
    desk.on("acme/api#812").press("Lsecurity-high<enter>").wait(3);
    assert!(desk.entry("acme/api#812").incident.has_label("security-high"));
    desk.asked.clear();
    desk.on("acme/api#812").press("!p2<enter>");
    assert_eq!(
        desk.acts(),
        [pair("acme/api#812", "label priority-medium"), pair("acme/api#812", "unlabel priority-critical")]
    );
}

#[test]
fn what_the_store_tells_one_by_one_settles_one_by_one() {
    let mut desk = Desk::new();
    let keys: Vec<IncidentKey> = ["acme/api#812", "acme/api#799"].map(|key| IncidentKey::parse(key).unwrap()).to_vec();
    let now = desk.now;
    let deed = Deed::Label { on: vec![Label::new("slow")], off: Vec::new() };
    assert!(go(&mut desk.model, deed, &keys, now).is_empty());
    let effects = update(&mut desk.model, Msg::Key(Key::Char('y')), now);
    assert_eq!(desk.model.acting.n_in_memory(), 2);
    let facts: Vec<Fact> = effects.iter().flat_map(|effect| desk.world.perform(effect, now)).collect();
    let mut intents: Vec<_> =
        facts.into_iter().flat_map(|fact| if let Fact::Intended(all) = fact { all } else { vec![] }).collect();
    assert_eq!(intents.len(), 2);
    let last = intents.pop().unwrap();
    desk.hear(Fact::Intended(intents));
    assert_eq!(desk.model.acting.n_in_memory(), 1);
    assert!(!desk.said().contains("waiting to be sent"), "{}", desk.said());
    desk.hear(Fact::Intended(vec![last.clone()]));
    desk.hear(Fact::Intended(vec![last]));
    assert_eq!(desk.model.acting.n_in_memory(), 0);
    assert_eq!(desk.said(), "set slow on 2 incidents: waiting to be sent");
    desk.wait(6);
    assert!(keys.iter().all(|key| known::mark(&desk.model, key, desk.now).is_none()));
    desk.press("Z");
    assert_eq!(desk.question().doing, ["api#799: unlabel slow", "api#812: unlabel slow"]);
}

#[test]
fn a_filter_half_typed_does_not_lose_the_cursor() {
    let mut desk = Desk::new();
    let others = IncidentKey::parse("acme/web#1204").unwrap();
    desk.on("acme/web#1204").press("/");
    for c in "is:".chars() {
        desk.press(&c.to_string());
        desk.model.settle(desk.now);
    }
    for c in "open".chars() {
        desk.press(&c.to_string());
        desk.model.settle(desk.now);
    }
    assert_eq!(desk.model.queue.selected, Some(others));
    desk.press("<ctrl-u>");
    for c in "repo:acme/api".chars() {
        desk.press(&c.to_string());
        desk.model.settle(desk.now);
    }
    assert_eq!(desk.model.queue.cursor.at, 0, "what it stood on is not found: the first that is");
}

#[test]
fn a_comment_is_written_shown_and_sent_with_its_headings() {
    let mut desk = Desk::new();
    desk.writes = Some("# Looked at\n\nRolled back.\n".to_owned());
    desk.on("acme/api#812").press("n");
    assert_eq!(desk.question().text.as_ref().unwrap().as_str(), "# Looked at\n\nRolled back.");
    desk.press("<enter>");
    assert!(desk.acts().is_empty() && desk.said().contains("the text is kept"), "{}", desk.said());
    // Written again, what was kept stands there.
    desk.writes = None;
    desk.press("c");
    assert_eq!(desk.question().text.as_ref().unwrap().as_str(), "# Looked at\n\nRolled back.");
    desk.press("y");
    assert_eq!(desk.acts(), [pair("acme/api#812", "comment")]);
    assert_eq!(desk.model.acting.kept, None);
}

#[test]
fn an_empty_text_sends_nothing() {
    let mut desk = Desk::new();
    desk.on("acme/api#812").press("n");
    assert!(desk.model.overlays.is_empty() && desk.acts().is_empty());
    assert_eq!(desk.said(), "an empty text: nothing is sent");
}

#[test]
fn a_duplicate_is_named_by_number_or_title() {
    let mut desk = Desk::new();
    desk.on("acme/api#812").press("D799<enter>");
    assert_eq!(desk.question().order, "close api#812 as a duplicate of api#799");
    desk.press("y");
    let Some(Effect::Intend(drafts)) = desk.asked.last() else { panic!() };
    let comment = Act::Comment(Box::new(Passage::scrub("Duplicate of #799")));
    assert_eq!(drafts.iter().map(|d| d.act.clone()).collect::<Vec<_>>(), [comment, Act::Close(CloseReason::Duplicate)]);
    desk.on("acme/web#1204").press("Dacme/api#799<enter>");
    assert_eq!(desk.question().order, "close web#1204 as a duplicate of api#799");
}

#[test]
fn what_is_snoozed_wakes_at_its_hour_or_by_hand() {
    let mut desk = Desk::new();
    desk.on("acme/web#1204").press("s+2h<enter>");
    let key = IncidentKey::parse("acme/web#1204").unwrap();
    let until = known::snoozed(&desk.model.floor, &key, desk.now);
    assert_eq!(until, Some(plus(desk.now, TimeDelta::hours(2))));
    assert_eq!(known::snoozed(&desk.model.floor, &key, plus(desk.now, TimeDelta::hours(2))), None);
    assert!(desk.said().contains("snoozed until"), "{}", desk.said());
    let is_listed = |desk: &Desk| {
        let mut rows = 0..desk.model.queue.rows.len();
        rows.any(|at| desk.model.queue.entry_at(at, &desk.model.floor).is_some_and(|e| e.incident.key == key))
    };
    assert!(!is_listed(&desk), "out of sight");
    let now = desk.now;
    let effects = go(&mut desk.model, Deed::Wake, std::slice::from_ref(&key), now);
    desk.perform(effects);
    assert_eq!(known::snoozed(&desk.model.floor, &key, desk.now), None);
    desk.model.settle(desk.now);
    assert!(is_listed(&desk));
    desk.on("acme/web#1204").press("w");
    assert_eq!(desk.said(), "web#1204: it is not snoozed");
}

#[test]
fn the_last_act_is_taken_back_as_far_as_it_can_be() {
    let mut desk = Desk::new();
    desk.on("acme/api#812").press("x<enter>yZ");
    assert_eq!(desk.question().doing, ["api#812 close as completed: cancelled, it was not sent"]);
    desk.press("y").wait(3);
    assert!(desk.entry("acme/api#812").incident.is_open());
    desk.press("Z");
    assert_eq!(desk.said(), "nothing was done here that could be taken back");
    desk.on("acme/web#1204").press("x<enter>y").wait(4).press("Z");
    assert_eq!(desk.question().doing, ["web#1204: reopen"]);
    desk.press("y").wait(4);
    assert!(desk.entry("acme/web#1204").incident.is_open());
}

#[test]
fn a_comment_stays() {
    let mut desk = Desk::new();
    desk.writes = Some("Seen.\n".to_owned());
    desk.on("acme/api#812").press("ny").wait(4);
    desk.press("Z");
    assert!(desk.said().ends_with("a comment stays: others have read it"), "{}", desk.said());
    assert!(desk.model.overlays.is_empty());
}

#[test]
fn taking_on_is_taken_back_here_and_at_the_host() {
    let mut desk = Desk::new();
    desk.on("acme/web#1204").press("a").wait(3).press("Zy").wait(3);
    let entry = desk.entry("acme/web#1204");
    assert!(entry.acked.is_none() && !entry.incident.assignees.contains(&desk.model.me));
}

#[test]
fn in_a_read_only_run_every_acting_key_says_why_and_does_nothing() {
    let mut desk = Desk::new();
    desk.model.acting.rights.is_read_only = true;
    for key in ["a", "U", "A", "L", "!", "n", "c", "x", "X", "D", "s", "w", "C", "Z"] {
        desk.press(key);
        assert!(desk.asked.is_empty() && desk.model.overlays.is_empty(), "{key}");
        assert_eq!(desk.said(), READ_ONLY, "{key}");
    }
    desk.press("O");
    assert!(matches!(desk.model.overlays.last(), Some(Overlay::Outbox(_))), "looking is no act");
}

#[test]
fn a_host_that_may_only_be_read_takes_nothing_and_an_ack_stays_here() {
    let mut desk = Desk::new();
    desk.model.acting.rights.read_only.push(SourceId(0));
    desk.on("acme/web#1204").press("x");
    assert!(desk.model.overlays.is_empty());
    assert_eq!(desk.said(), "web#1204: read-only: the settings say so for github");
    desk.press("a");
    assert!(desk.entry("acme/web#1204").acked.is_some() && desk.acts().is_empty());
}

#[test]
fn a_repository_that_can_only_be_read_is_told_before_anything_is_chosen() {
    let mut desk = Desk::new();
    let host = Host { read_only: vec![Repo::new("acme/web")], ..Host::default() };
    desk.hear(Fact::HostKnown { source: SourceId(0), host: Box::new(host) });
    desk.on("acme/web#1204").press("L");
    assert!(desk.model.overlays.is_empty() && desk.said().contains("acme/web can only be read"), "{}", desk.said());
}

#[test]
fn a_new_incident_has_the_first_line_as_its_title() {
    let mut desk = Desk::new();
    desk.writes = Some("Disk fills on pg-main\n\n## What\n91 %\n".to_owned());
    desk.press("Cweb<enter>");
    assert_eq!(desk.question().order, "create \"Disk fills on pg-main\" in acme/web");
    desk.press("y").wait(4);
    let [(target, act)] = &desk.acts()[..] else { panic!() };
    assert_eq!((target.as_str(), act.as_str()), ("acme/web", "create \"Disk fills on pg-main\""));
    let is_new = |e: &&crate::floor::entry::Entry| e.incident.title.as_str() == "Disk fills on pg-main";
    assert!(desk.model.floor.queue().entries().iter().any(|e| is_new(&e)));
}

#[test]
fn a_signal_that_fires_is_what_a_new_incident_begins_with() {
    let mut desk = Desk::new();
    desk.press("5C<enter>");
    let Some(Effect::Compose { first, .. }) = desk.asked.last() else { panic!("{:?}", desk.asked) };
    let gauge = &desk.model.floor.gauges()[desk.model.metrics.cursor.at];
    let begins = first.as_str().starts_with(&format!("{} fires", gauge.signal.name));
    assert_eq!(begins, gauge.is_firing(), "{}", first.as_str());
}

#[test]
fn quitting_waits_for_the_disk_and_not_for_the_host() {
    let mut desk = Desk::new();
    let now = desk.now;
    let effects = go(&mut desk.model, Deed::Reopen, &[IncidentKey::parse("acme/api#788").unwrap()], now);
    assert!(effects.is_empty());
    let effects = update(&mut desk.model, Msg::Key(Key::Char('y')), now);
    assert!(matches!(effects[..], [Effect::Intend(_)]));
    let asked = update(&mut desk.model, Msg::Key(Key::Char('q')), now);
    assert!(asked.is_empty() && desk.said().contains("not saved yet"), "{}", desk.said());
    desk.model.has_asked_to_quit = false;
    desk.perform(effects);
    assert_eq!(update(&mut desk.model, Msg::Key(Key::Char('q')), now), [Effect::Quit]);
}

#[test]
fn what_could_not_be_written_down_is_said_and_not_waited_for() {
    let mut desk = Desk::new();
    let key = IncidentKey::parse("acme/api#812").unwrap();
    let now = desk.now;
    go(&mut desk.model, Deed::Close(CloseReason::Completed), std::slice::from_ref(&key), now);
    update(&mut desk.model, Msg::Key(Key::Char('y')), now);
    assert_eq!(known::mark(&desk.model, &key, now).as_deref(), Some("… closing"));
    desk.hear(Fact::NotIntended { keys: vec![key.clone()], why: Text::scrub("the disk is full") });
    assert_eq!(known::mark(&desk.model, &key, now), None);
    assert_eq!(desk.said(), "api#812: not done, and not written down: the disk is full");
}

#[test]
fn while_nobody_answers_it_waits_with_its_reason_and_is_done_later() {
    let mut desk = Desk::new();
    desk.wait(18 * 60 + 31);
    let key = (0..desk.model.queue.rows.len()).find_map(|at| {
        let entry = desk.model.queue.entry_at(at, &desk.model.floor)?;
        (entry.incident.key.repo.full() == "acme/web").then(|| entry.incident.key.to_string())
    });
    let key = key.unwrap();
    desk.on(&key).press("Lslow<enter>").wait(3);
    let waiting = desk.model.floor.outbox().pending().next().unwrap();
    assert!(
        matches!(&waiting.progress, Progress::Waiting { why: Some(why), .. } if why.as_str().contains("no answer"))
    );
    assert!(desk.said().contains("waits: no answer from the host"), "{}", desk.said());
    desk.wait(120);
    assert_eq!(desk.model.floor.outbox().n_pending(), 0);
    assert!(desk.entry(&key).incident.has_label("slow"));
}

#[test]
fn what_waits_can_be_cancelled_in_the_outbox() {
    let mut desk = Desk::new();
    desk.wait(18 * 60 + 31).on("acme/api#812").press("Lslow<enter>").wait(2).press("O");
    desk.model.settle(desk.now);
    desk.press("d");
    assert_eq!(desk.model.floor.outbox().n_pending(), 0);
    assert!(desk.said().contains("cancelled"), "{}", desk.said());
    desk.wait(120);
    assert!(!desk.entry("acme/api#812").incident.has_label("slow"));
}
