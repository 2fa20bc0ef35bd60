use super::*;
use crate::{
    domain::{
        incident::{CloseReason, IncidentKey, Label, Login, Repo},
        intent::{Act, Target},
        time::{parse_rfc3339, plus},
    },
    text::{Passage, Text},
};

fn now() -> DateTime<Utc> {
    parse_rfc3339("2026-11-20T14:00:00.123456Z").unwrap()
}

fn acts() -> Vec<Act> {
    let body = || Box::new(Passage::scrub("first\n\n> \"quoted\" \u{1f600}\n"));
    vec![
        Act::Assign(vec![Login::new("ann"), Login::new("bob")]),
        Act::Unassign(vec![Login::new("ann")]),
        Act::Label(vec![Label::new("sev/2"), Label::new("тревога")]),
        Act::Unlabel(Label::new("sev/2")),
        Act::Comment(body()),
        Act::Close(CloseReason::Completed),
        Act::Close(CloseReason::NotPlanned),
        Act::Close(CloseReason::Duplicate),
        Act::Reopen,
        Act::Create { title: Text::scrub("down"), body: body(), labels: vec![Label::new("P0")] },
    ]
}

fn intents() -> Vec<Intent> {
    let batch = OpId::new(now(), 0);
    let of = |(n, act): (usize, Act)| {
        let target = match act {
            Act::Create { .. } => Target::Repository(Repo::new("ghe.example/acme/api")),
            _ => Target::Incident(IncidentKey::parse("acme/api#12").unwrap()),
        };
        let (source, by, id) = (Text::scrub("github"), Login::new("me"), OpId::new(now(), n as u128));
        Intent { id, batch: batch.clone(), source, target, act, by, at: now(), progress: Progress::new() }
    };
    acts().into_iter().enumerate().map(of).collect()
}

fn all(store: &Store) -> Vec<Intent> {
    store.outbox(DateTime::<Utc>::UNIX_EPOCH).unwrap()
}

#[test]
fn intents_come_back_as_they_were_written_down_and_in_their_order() {
    let folder = tempfile::tempdir().unwrap();
    let wanted = intents();
    Store::open(folder.path(), now()).unwrap().intend(&wanted).unwrap();
    let store = Store::open(folder.path(), now()).unwrap();
    assert_eq!(all(&store), wanted);
    for intent in wanted {
        assert_eq!(read_intent(write_intent(&intent).as_bytes()), Some(intent));
    }
}

#[test]
fn all_of_a_batch_is_written_down_or_none() {
    let mut store = Store::in_memory().unwrap();
    let (mut wanted, mut seen) = (intents(), Vec::new());
    wanted.truncate(2);
    store.intend(&wanted).unwrap();
    wanted[0].id = OpId::new(now(), 99);
    assert!(store.intend(&wanted).is_err());
    seen.extend(all(&store));
    assert_eq!(seen.len(), 2);
}

#[test]
fn every_step_is_kept() {
    let mut store = Store::in_memory().unwrap();
    let wanted = intents();
    store.intend(&wanted).unwrap();
    let why = || Text::scrub("the host has trouble of its own (502)");
    let steps = [
        Progress::Waiting { tries: 2, not_before: Some(now()), why: Some(why()) },
        Progress::Sending { since: now(), tries: 3 },
        Progress::Unsure { since: now(), tries: 3, why: why() },
        Progress::Done { at: now(), url: Some(Text::scrub("https://github.com/x")) },
    ];
    for step in &steps {
        assert_eq!(store.progress(&wanted[0].id, step, now()).unwrap(), Step::Taken(step.clone()));
        assert_eq!(store.intent(&wanted[0].id).unwrap().unwrap().progress, *step);
    }
    for over in [Progress::Refused { at: now(), why: why() }, Progress::Cancelled { at: now() }] {
        assert_eq!(read_progress(&write_progress(&over)), Some(over));
    }
    let n: i64 = store.db.query_row("SELECT count(*) FROM fact", [], |row| row.get(0)).unwrap();
    assert_eq!(n as usize, wanted.len() + steps.len());
}

#[test]
fn what_is_over_stays_over_and_what_is_sent_is_not_taken_back() {
    let mut store = Store::in_memory().unwrap();
    let wanted = intents();
    store.intend(&wanted).unwrap();
    let (first, second) = (&wanted[0].id, &wanted[1].id);
    assert_eq!(store.cancel(first, now()).unwrap(), Step::Taken(Progress::Cancelled { at: now() }));
    let sending = Progress::Sending { since: now(), tries: 1 };
    assert_eq!(store.progress(first, &sending, now()).unwrap(), Step::Stays(Progress::Cancelled { at: now() }));
    store.progress(second, &sending, now()).unwrap();
    assert_eq!(store.cancel(second, now()).unwrap(), Step::Stays(sending.clone()));
    assert_eq!(store.hurry(second, now()).unwrap(), Step::Stays(sending));
    assert_eq!(store.cancel(&OpId::new(now(), 77), now()).unwrap(), Step::Missing);
}

#[test]
fn what_ended_is_forgotten_after_a_week_and_what_waits_never() {
    let mut store = Store::in_memory().unwrap();
    let wanted = intents();
    store.intend(&wanted).unwrap();
    store.progress(&wanted[0].id, &Progress::Done { at: now(), url: None }, now()).unwrap();
    store.compact_outbox(plus(now(), TimeDelta::days(6))).unwrap();
    assert_eq!(all(&store).len(), wanted.len());
    store.compact_outbox(plus(now(), TimeDelta::days(8))).unwrap();
    assert_eq!(all(&store).len(), wanted.len() - 1);
}

#[test]
fn another_process_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = Store::open(folder.path(), now()).unwrap();
    let reader = Store::open(folder.path(), now()).unwrap();
    let before = reader.change_mark().unwrap();
    assert_eq!(reader.change_mark().unwrap(), before);
    writer.intend(&intents()).unwrap();
    assert_ne!(reader.change_mark().unwrap(), before);
    assert_ne!(writer.random().unwrap(), writer.random().unwrap());
}
