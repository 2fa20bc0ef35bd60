//! Keys in, effects out, on the demo's world: what is asked, what is done, what is said.

use chrono::TimeDelta;

use super::{
    desk::{Desk, pair},
    *,
};
use crate::{
    domain::{
        incident::{CloseReason, Kind, Label, Login},
        time::plus,
    },
    floor::fact::{Fact, Host, SourceId},
    tui::{Msg, input::Key, update},
};

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
