use super::*;
use crate::{
    domain::{
        incident::{IncidentKey, Label, Login, Repo},
        time::parse_rfc3339,
    },
    text::Passage,
};

fn at(seconds: i64) -> DateTime<Utc> {
    plus(parse_rfc3339("2026-11-20T14:00:00Z").unwrap(), TimeDelta::seconds(seconds))
}

fn intent(n: u128, number: u64, act: Act) -> Intent {
    let id = OpId::new(at(0), n);
    let target = Target::Incident(IncidentKey::issue(Repo::new("acme/api"), number));
    let (source, by) = (Text::scrub("github"), Login::new("me"));
    Intent { batch: id.clone(), id, source, target, act, by, at: at(0), progress: Progress::new() }
}

fn comment(n: u128, number: u64) -> Intent {
    intent(n, number, Act::Comment(Box::new(Passage::scrub("on it"))))
}

fn label(n: u128, number: u64) -> Intent {
    intent(n, number, Act::Label(vec![Label::new("x")]))
}

fn with(intents: &[Intent]) -> Deliverer {
    let mut deliverer = Deliverer::new(Pace::default());
    for intent in intents {
        deliverer.take(intent.clone(), at(0));
    }
    deliverer
}

fn sends(deliverer: &Deliverer, now: DateTime<Utc>) -> Option<OpId> {
    match deliverer.next(now) {
        Step::Send(id) => Some(id),
        _ => None,
    }
}

fn answered(deliverer: &mut Deliverer, id: &OpId, outcome: Outcome, now: DateTime<Utc>) -> Progress {
    assert!(matches!(deliverer.begin(id, now), Some(Progress::Sending { .. })));
    assert_eq!(deliverer.next(now), Step::Busy);
    deliverer.answered(id, outcome, 0.0, now).unwrap()
}

fn done() -> Outcome {
    Outcome::Done { url: None }
}

fn lost() -> Outcome {
    Outcome::Lost { why: Text::scrub("502"), until: None }
}

#[test]
fn changes_of_one_incident_go_in_their_order_a_second_apart() {
    let (first, second, other) = (label(1, 1), comment(2, 1), label(3, 2));
    let mut deliverer = with(&[first.clone(), second.clone(), other.clone()]);
    assert_eq!(sends(&deliverer, at(0)), Some(first.id.clone()));
    // The first one fails: the second waits for it, another incident does not.
    let limited = answered(&mut deliverer, &first.id, Outcome::Lost { why: Text::scrub("502"), until: None }, at(0));
    assert!(matches!(limited, Progress::Waiting { tries: 1, not_before: Some(_), .. }));
    assert_eq!(sends(&deliverer, at(1)), Some(other.id.clone()));
    answered(&mut deliverer, &other.id, done(), at(1));
    assert_eq!(deliverer.next(at(1)), Step::Wait(at(2)));
    assert_eq!(sends(&deliverer, at(2)), Some(first.id.clone()));
    answered(&mut deliverer, &first.id, done(), at(2));
    assert_eq!((sends(&deliverer, at(2)), sends(&deliverer, at(3))), (None, Some(second.id)));
}

#[test]
fn a_lost_comment_is_looked_for_twice_before_it_is_sent_again() {
    let wanted = comment(1, 1);
    let mut deliverer = with(std::slice::from_ref(&wanted));
    let unsure = answered(&mut deliverer, &wanted.id, lost(), at(0));
    assert!(matches!(unsure, Progress::Unsure { tries: 1, .. }));
    assert_eq!(deliverer.next(at(5)), Step::Wait(at(10)));
    assert_eq!(deliverer.next(at(10)), Step::Look(wanted.id.clone()));
    // Absent now proves nothing: lists lag.
    assert!(matches!(deliverer.looked(&wanted.id, Sight::Absent, 0.0, at(10)), Some(Progress::Unsure { .. })));
    assert_eq!(deliverer.next(at(12)), Step::Wait(at(25)));
    assert_eq!(deliverer.next(at(25)), Step::Look(wanted.id.clone()));
    let mut other = with(&[]);
    std::mem::swap(&mut other, &mut deliverer);
    let found = Sight::Found { url: Some(Text::scrub("https://x/1")) };
    assert!(matches!(other.looked(&wanted.id, found, 0.0, at(25)), Some(Progress::Done { url: Some(_), .. })));
    assert!(other.is_idle());
}

#[test]
fn a_comment_that_is_not_there_is_sent_again() {
    let wanted = comment(1, 1);
    let mut deliverer = with(std::slice::from_ref(&wanted));
    answered(&mut deliverer, &wanted.id, lost(), at(0));
    deliverer.looked(&wanted.id, Sight::Absent, 0.0, at(10));
    let back = deliverer.looked(&wanted.id, Sight::Absent, 0.0, at(25));
    assert!(matches!(back, Some(Progress::Waiting { tries: 1, not_before: None, .. })));
    assert_eq!(sends(&deliverer, at(26)), Some(wanted.id.clone()));
}

#[test]
fn what_was_being_asked_for_when_the_process_ended_is_unsure() {
    let mut wanted = comment(1, 1);
    wanted.progress = Progress::Sending { since: at(0), tries: 1 };
    let mut deliverer = Deliverer::new(Pace::default());
    let news = deliverer.take(wanted.clone(), at(3));
    assert!(matches!(news, Some(Progress::Unsure { since, tries: 1, .. }) if since == at(0)));
    assert_eq!(deliverer.next(at(3)), Step::Wait(at(10)));
    assert_eq!(deliverer.next(at(10)), Step::Look(wanted.id));
    // A label is set again at once: that does no harm.
    let mut wanted = label(2, 2);
    wanted.progress = Progress::Sending { since: at(0), tries: 1 };
    let mut deliverer = Deliverer::new(Pace::default());
    deliverer.take(wanted.clone(), at(3));
    assert_eq!(sends(&deliverer, at(3)), Some(wanted.id));
}

#[test]
fn failures_make_pauses_longer_and_one_good_answer_ends_them() {
    let wanted = label(1, 1);
    let mut deliverer = with(std::slice::from_ref(&wanted));
    let away = || Outcome::Away { why: Text::scrub("refuses connections") };
    let (mut now, mut pauses) = (at(0), Vec::new());
    for _ in 0..9 {
        let waits = answered(&mut deliverer, &wanted.id, away(), now);
        let Progress::Waiting { not_before: Some(until), .. } = waits else { panic!("{waits:?}") };
        pauses.push(between(now, until).num_seconds());
        assert_eq!(deliverer.next(minus(until, TimeDelta::milliseconds(1))), Step::Wait(until));
        now = until;
    }
    assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 60, 60, 60]);
    answered(&mut deliverer, &wanted.id, done(), now);
    assert_eq!(deliverer.next(now), Step::Idle);
    // Jitter only makes a pause longer.
    let mut deliverer = with(std::slice::from_ref(&wanted));
    deliverer.begin(&wanted.id, at(0));
    let waits = deliverer.answered(&wanted.id, away(), 1.0, at(0));
    let until = plus(at(1), TimeDelta::milliseconds(500));
    assert!(matches!(waits, Some(Progress::Waiting { not_before: Some(u), .. }) if u == until));
}

#[test]
fn a_limit_holds_for_everything_at_the_host_and_is_never_shortened() {
    let (first, other) = (label(1, 1), comment(2, 2));
    let mut deliverer = with(&[first.clone(), other.clone()]);
    answered(&mut deliverer, &first.id, Outcome::Limited { until: at(600) }, at(0));
    assert_eq!(deliverer.next(at(599)), Step::Wait(at(600)));
    assert_eq!(hurried(&deliverer.intent(&first.id).unwrap().progress).map(|_| ()), Some(()));
    let mut hurry = first.clone();
    hurry.progress = hurried(&deliverer.intent(&first.id).unwrap().progress).unwrap();
    deliverer.take(hurry, at(10));
    assert_eq!(deliverer.next(at(10)), Step::Wait(at(600)));
    // Limited again and again: the pause grows where the host does not say more.
    answered(&mut deliverer, &other.id, Outcome::Limited { until: at(660) }, at(600));
    assert_eq!(deliverer.next(at(660)), Step::Wait(at(720)));
}

#[test]
fn a_token_that_the_host_does_not_know_is_tried_again_every_half_minute() {
    let wanted = comment(1, 1);
    let mut deliverer = with(std::slice::from_ref(&wanted));
    let unknown = Outcome::Unknown { why: Text::scrub("401") };
    assert!(matches!(answered(&mut deliverer, &wanted.id, unknown, at(0)), Progress::Waiting { .. }));
    assert_eq!((deliverer.next(at(29)), sends(&deliverer, at(30))), (Step::Wait(at(30)), Some(wanted.id)));
}

#[test]
fn another_token_is_tried_at_once_and_a_limit_stays() {
    let wanted = comment(1, 1);
    let mut deliverer = with(std::slice::from_ref(&wanted));
    let unknown = Outcome::Unknown { why: Text::scrub("401") };
    answered(&mut deliverer, &wanted.id, unknown, at(0));
    assert_eq!((deliverer.next(at(5)), deliverer.is_out_of_reach(at(5))), (Step::Wait(at(30)), true));
    deliverer.token_changed();
    assert_eq!((sends(&deliverer, at(5)), deliverer.is_out_of_reach(at(5))), (Some(wanted.id), false));
    deliverer.hold(at(60));
    deliverer.hold(at(40));
    deliverer.token_changed();
    assert_eq!(deliverer.next(at(5)), Step::Wait(at(60)));
}

#[test]
fn what_other_processes_created_within_the_minute_counts() {
    let mut deliverer = Deliverer::new(Pace::default());
    for n in 0..PER_MINUTE as u64 {
        let progress = Progress::Done { at: at(0), url: None };
        deliverer.take(Intent { progress, ..comment(u128::from(n), n) }, at(1));
    }
    let wanted = comment(9999, 9999);
    deliverer.take(wanted.clone(), at(10));
    assert_eq!((deliverer.next(at(10)), sends(&deliverer, at(60))), (Step::Wait(at(60)), Some(wanted.id)));
}

#[test]
fn content_is_created_at_most_so_often() {
    let mut deliverer = Deliverer::new(Pace { second: TimeDelta::seconds(1) });
    let mut now = at(0);
    for n in 0..=PER_HOUR as u64 {
        let wanted = comment(u128::from(n), n);
        deliverer.take(wanted.clone(), now);
        if let Step::Wait(until) = deliverer.next(now) {
            now = until;
        }
        answered(&mut deliverer, &wanted.id, done(), now);
    }
    // One a second, and the 501st an hour after the first.
    assert_eq!(now, at(3600));
    let labels = label(9999, 9999);
    deliverer.take(labels.clone(), now);
    assert_eq!(sends(&deliverer, at(3601)), Some(labels.id));
}

#[test]
fn what_is_refused_is_not_sent_again_and_frees_what_waits_behind_it() {
    let (first, second) = (label(1, 1), comment(2, 1));
    let mut deliverer = with(&[first.clone(), second.clone()]);
    let refused = answered(&mut deliverer, &first.id, Outcome::Refused { why: Text::scrub("403") }, at(0));
    assert!(refused.is_over());
    assert_eq!(sends(&deliverer, at(1)), Some(second.id));
}

#[test]
fn only_what_waits_can_be_taken_back_or_hurried() {
    assert_eq!(cancelled(&Progress::new(), at(0)), Some(Progress::Cancelled { at: at(0) }));
    for other in [Progress::Sending { since: at(0), tries: 1 }, Progress::Done { at: at(0), url: None }] {
        assert_eq!((cancelled(&other, at(0)), hurried(&other)), (None, None));
    }
    let wanted = comment(1, 1);
    let mut deliverer = with(std::slice::from_ref(&wanted));
    deliverer.take(Intent { progress: Progress::Cancelled { at: at(0) }, ..wanted }, at(0));
    assert_eq!(deliverer.next(at(0)), Step::Idle);
}

#[test]
fn a_beginning_that_is_not_on_disk_is_none() {
    let wanted = comment(1, 1);
    let mut deliverer = with(std::slice::from_ref(&wanted));
    deliverer.begin(&wanted.id, at(0));
    deliverer.held_back(&wanted.id, wanted.progress.clone(), at(0));
    assert_eq!((deliverer.next(at(4)), sends(&deliverer, at(5))), (Step::Wait(at(5)), Some(wanted.id)));
}

#[test]
fn a_clock_that_is_put_back_does_not_stop_anything() {
    let (first, second) = (label(1, 1), label(2, 2));
    let mut deliverer = with(&[first.clone(), second.clone()]);
    answered(&mut deliverer, &first.id, done(), at(3600));
    assert_eq!(sends(&deliverer, at(0)), Some(second.id));
}
