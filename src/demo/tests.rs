use proptest::prelude::*;

use super::*;
use crate::domain::{
    alert::AlertState,
    incident::{CloseReason, Incident, Label, What},
    intent::{Act, Draft, OpId, Progress, Target},
    priority::{Grade, Priority},
    release::week,
    series::Reading,
    sla::{ClockState, Step, WhichClock},
    time::{between, parse_rfc3339, plus},
};

fn at(written: &str) -> DateTime<Utc> {
    parse_rfc3339(written).unwrap()
}

fn start() -> DateTime<Utc> {
    at("2026-11-20T09:00:00Z")
}

fn world(seed: u64, n: usize) -> World {
    World::new(seed, start(), n, &Zones::bundled())
}

/// A world and a floor that has heard its opening, settled at the start.
fn opened(seed: u64, n: usize) -> (World, Floor) {
    let mut world = world(seed, n);
    let mut floor = world.floor();
    for fact in world.opening() {
        floor.apply(fact, start());
    }
    floor.settle(start());
    (world, floor)
}

/// Plays until an instant as a shell would: facts, then a tick, then whatever the floor wants done.
fn play(world: &mut World, floor: &mut Floor, now: DateTime<Utc>, wants: impl Fn(&Fact) -> bool) -> usize {
    let facts = world.until(now);
    let n = facts.len();
    for fact in facts.into_iter().filter(wants) {
        floor.apply(fact, now);
    }
    for effect in floor.apply(Fact::Tick, now) {
        for fact in world.perform(&effect, now) {
            floor.apply(fact, now);
        }
    }
    floor.settle(now);
    n
}

fn api(number: u64) -> IncidentKey {
    IncidentKey::issue(crate::domain::incident::Repo::new("acme/api"), number)
}

#[test]
fn at_the_start_three_are_over_five_at_risk_one_is_held_whatever_the_seed() {
    for seed in 0..20 {
        let (_, floor) = opened(seed, USUAL_INCIDENTS);
        let tally = floor.queue().tally();
        assert_eq!((tally.open, tally.over, tally.at_risk), (45, 3, 5), "seed {seed}");
        assert_eq!(tally.rows.map(|row| row.open), [1, 7, 21, 12, 4], "seed {seed}");
        let entries = floor.queue().entries();
        let held = entries.iter().filter(|e| e.pressing(start()).state == ClockState::Paused).count();
        assert_eq!((entries.len(), held), (60, 1), "seed {seed}");
        assert!(tally.ack.n > 30 && tally.fix.n >= 11, "seed {seed}: {tally:?}");
    }
}

#[test]
fn one_clock_breaks_within_four_minutes_and_another_within_the_hour() {
    let (_, floor) = opened(7, USUAL_INCIDENTS);
    let order = floor.queue().order().iter().filter_map(|place| floor.queue().entry(*place));
    let pressing = order.map(|e| (e.incident.key.short(), e.pressing(start())));
    let left = pressing.filter_map(|(key, p)| Some((key, p.clock, p.left?))).filter(|l| l.2 > TimeDelta::zero());
    let next: Vec<_> = left.take(2).map(|(key, clock, left)| (key, clock, left.num_seconds())).collect();
    assert_eq!(
        next,
        [("api#799".to_owned(), WhichClock::Response, 184), ("web#1204".to_owned(), WhichClock::Fix, 47 * 60)]
    );
}

#[test]
fn every_event_lies_between_opening_and_start_and_labels_agree_with_their_history() {
    for incident in world(3, 2_000).store.all(&world(3, 2_000).teller) {
        let times: Vec<_> = incident.timeline.iter().map(|e| e.at).collect();
        let key = incident.key.short();
        assert!(times.is_sorted(), "{key}");
        assert!(times.iter().all(|t| incident.opened_at <= *t && *t <= start()), "{key} {incident:#?}");
        let mut labels = incident.labels_at_opening();
        for event in &incident.timeline {
            match &event.what {
                What::Labeled(label) => labels.push(label.clone()),
                What::Unlabeled(label) => labels.retain(|l| l != label),
                _ => {}
            }
        }
        labels.sort_by(|a, b| a.as_str().cmp(b.as_str()));
        let mut now = incident.labels.clone();
        now.sort_by(|a, b| a.as_str().cmp(b.as_str()));
        assert_eq!(labels, now, "{key}");
        assert_eq!(incident.updated_at, times.last().copied().unwrap_or(incident.opened_at), "{key}");
        let comments = incident.timeline.iter().filter(|e| matches!(e.what, What::Commented | What::Reviewed)).count();
        assert_eq!(incident.comments as usize, comments, "{key}");
    }
}

#[test]
fn the_evidence_shows_a_reopening_a_pause_and_a_breach() {
    let (_, floor) = opened(7, USUAL_INCIDENTS);
    let steps = |key: &IncidentKey| floor.evidence(key, start()).into_iter().map(|e| e.step).collect::<Vec<_>>();
    assert!(steps(&api(812)).contains(&Step::Breach));
    let held = floor.queue().entries().iter().find(|e| e.incident.key.short() == "web#1177").unwrap();
    let found = steps(&held.incident.key);
    assert_eq!(found.iter().filter(|s| **s == Step::Pause).count(), 2, "{found:?}");
    assert_eq!(found.iter().filter(|s| **s == Step::Resume).count(), 1, "{found:?}");
}

#[test]
fn the_release_waits_for_one_overdue_step_two_due_ones_two_words_and_two_blockers() {
    let (_, floor) = opened(7, USUAL_INCIDENTS);
    let release = floor.release().unwrap();
    let progress = release.progress();
    assert_eq!((progress.done, progress.total, release.phase_today(start())), (27, 41, Some(-2)));
    let week = week::of(&release.courses, start());
    assert_eq!((week.n_due, week.n_overdue), (2, 1));
    assert_eq!(release.blockers.len(), 2);
    assert_eq!(release.at, Some(at("2026-11-22T09:00:00Z")));
}

#[test]
fn one_alert_fires_at_the_start_and_slow_frames_fire_and_resolve_later() {
    let (mut world, mut floor) = opened(7, USUAL_INCIDENTS);
    let firing = |floor: &Floor| {
        floor.gauges().iter().filter(|g| g.is_firing()).map(|g| g.signal.name.as_str().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(firing(&floor), ["disk pg-main"]);
    assert_eq!(floor.gauges().len(), 12);
    assert!(matches!(floor.gauges()[11].reading(start()), Reading::Stale(_)));
    let mut seen = Vec::new();
    for second in (0..600).step_by(5) {
        play(&mut world, &mut floor, plus(start(), TimeDelta::seconds(second)), |_| true);
        if seen.last() != Some(&firing(&floor)) {
            seen.push(firing(&floor));
        }
    }
    assert_eq!(seen, [vec!["disk pg-main"], vec!["frame p95", "disk pg-main"], vec!["disk pg-main"]]);
    assert!(matches!(floor.gauges()[0].alert, AlertState::Inactive));
    let budgets: Vec<_> = floor.gauges().iter().filter_map(|g| g.budget?.left).collect();
    assert!(budgets.len() == 2 && budgets.iter().all(|left| 0.1 < *left && *left < 0.8), "{budgets:?}");
}

#[test]
fn to_acknowledge_tells_once_and_can_be_taken_back() {
    let (mut world, mut floor) = opened(7, USUAL_INCIDENTS);
    let now = plus(start(), TimeDelta::seconds(30));
    let effect = Effect::Acknowledge(api(799));
    let facts: Vec<Fact> = [world.perform(&effect, now), world.perform(&effect, now)].concat();
    let acked = |fact: &&Fact| matches!(fact, Fact::Acknowledged { .. });
    assert_eq!(facts.iter().filter(acked).count(), 1);
    for fact in facts {
        floor.apply(fact, now);
    }
    let on_call = floor.on_call().unwrap().roster.schedules[0].on_call(now);
    let acked = |floor: &Floor| floor.queue().find(&api(799)).unwrap().acked.as_ref().map(|a| a.0.to_string());
    assert_eq!(acked(&floor).as_deref(), Some(on_call[0].as_str()));
    for fact in world.perform(&Effect::TakeBackAck(api(799)), now) {
        floor.apply(fact, now);
    }
    assert_eq!(acked(&floor), None);
    assert!(matches!(world.perform(&Effect::Acknowledge(api(1)), now)[..], [Fact::AckFailed { .. }]));
    assert!(matches!(world.perform(&Effect::Acknowledge(api(788)), now)[..], [Fact::AckFailed { .. }]));
}

/// What is wanted of the host, from one draft each, and how each ended.
fn ends(world: &mut World, acts: Vec<(Target, Act)>, from: DateTime<Utc>, seconds: i64) -> Vec<(OpId, Vec<Progress>)> {
    let drafts = acts.into_iter().map(|(target, act)| Draft { target, act }).collect();
    let mut told: Vec<(OpId, Vec<Progress>)> = Vec::new();
    let mut facts = world.perform(&Effect::Intend(drafts), from);
    for second in 0..=seconds {
        facts.extend(world.until(plus(from, TimeDelta::seconds(second))));
    }
    for fact in facts {
        match fact {
            Fact::Intended(intents) => told.extend(intents.into_iter().map(|intent| (intent.id, Vec::new()))),
            Fact::Progressed { id, progress, .. } => {
                told.iter_mut().find(|(known, _)| *known == id).unwrap().1.push(progress);
            }
            _ => {}
        }
    }
    told
}

#[test]
fn what_is_wanted_is_sent_in_turn_and_done_within_two_seconds_of_it() {
    let (mut world, _) = opened(7, USUAL_INCIDENTS);
    let target = || Target::Incident(api(812));
    let acts = vec![(target(), Act::Label(vec![Label::new("hot")])), (target(), Act::Close(CloseReason::Completed))];
    let told = ends(&mut world, acts, start(), 6);
    assert!(told[0].0 < told[1].0);
    for (_, steps) in &told {
        assert!(matches!(steps[..], [Progress::Sending { .. }, Progress::Done { .. }]), "{steps:?}");
    }
    let Some(Progress::Done { at: first, .. }) = told[0].1.last() else { panic!() };
    let [Progress::Sending { since: second, .. }, _] = told[1].1[..] else { panic!() };
    assert!(*first <= second, "the second is sent when the first has arrived");
    assert!(!world.store.living(&api(812)).unwrap().is_open());
    let again =
        ends(&mut world, vec![(target(), Act::Close(CloseReason::Completed))], plus(start(), TimeDelta::seconds(9)), 4);
    assert!(matches!(again[0].1.last(), Some(Progress::Done { .. })), "closing twice is closing");
}

#[test]
fn an_archived_repository_and_a_locked_conversation_are_refused() {
    let (mut world, _) = opened(7, USUAL_INCIDENTS);
    let docs = Target::Incident(IncidentKey::issue(crate::domain::incident::Repo::new("acme/docs"), 29));
    let locked = (700..900).map(api).find(|key| world.is_locked(key) && world.store.living(key).is_some()).unwrap();
    let comment = Act::Comment(Box::new(crate::text::Passage::scrub("hello")));
    let acts = vec![(docs, Act::Reopen), (Target::Incident(locked), comment)];
    for (_, steps) in ends(&mut world, acts, start(), 6) {
        assert!(matches!(steps.last(), Some(Progress::Refused { .. })), "{steps:?}");
    }
}

#[test]
fn while_nobody_answers_what_is_wanted_waits_and_polls_fail() {
    let (mut world, _) = opened(7, USUAL_INCIDENTS);
    let silent = plus(start(), TimeDelta::seconds(18 * 60 + 40));
    assert!(world.is_silent(silent) && !world.is_silent(start()));
    assert!(matches!(world.perform(&Effect::Poll(GITHUB), silent)[..], [Fact::Failed { .. }]));
    let told = ends(&mut world, vec![(Target::Incident(api(812)), Act::Label(vec![Label::new("hot")]))], silent, 120);
    let steps = &told[0].1;
    assert!(matches!(&steps[0], Progress::Waiting { tries: 1, why: Some(_), .. }), "{steps:?}");
    assert!(matches!(steps.last(), Some(Progress::Done { .. })), "{steps:?}");
}

#[test]
fn what_a_demo_cannot_do_it_says() {
    let mut world = world(7, 3);
    let told = world.perform(&Effect::Browse(Text::scrub("https://git.example/1")), start());
    let what = Text::scrub("the demo has no browser: https://git.example/1");
    assert_eq!(told, [Fact::Told { what, went: Went::Badly }]);
    assert_eq!(world.perform(&Effect::Quit, start()), []);
}

#[test]
fn a_busy_week_stays_within_bounds() {
    let (mut world, mut floor) = opened(11, USUAL_INCIDENTS);
    // A series is bounded by itself; a week of samples would only make the test slow.
    let is_about_incidents = |fact: &Fact| !matches!(fact, Fact::Sampled { .. });
    let mut now = start();
    let mut arrived = 0;
    for _ in 0..7 * 24 * 4 {
        now = plus(now, TimeDelta::minutes(15));
        assert!(play(&mut world, &mut floor, now, is_about_incidents) <= FACTS_PER_CALL + 12);
        arrived = arrived.max(floor.queue().entries().len());
        let tally = floor.queue().tally();
        assert!(20 <= tally.open && tally.open <= 45 + 60, "{} open at {now}", tally.open);
    }
    let held = floor.queue().entries();
    assert!(arrived > 200 && held.len() <= 420, "{arrived} {}", held.len());
    assert!(held.iter().all(|e| e.incident.timeline.len() <= 60));
    assert!(world.plan.n_due() < 400 && world.acks.len() <= 420);
    for entry in held {
        assert_eq!(world.store.living(&entry.incident.key), Some(&mut entry.incident.clone()), "floor and world agree");
    }
}

#[test]
fn a_long_absence_is_told_in_bounded_parts() {
    let mut world = world(7, USUAL_INCIDENTS);
    let now = plus(start(), TimeDelta::days(2));
    let (mut calls, mut all) = (0, 0);
    loop {
        let n = world.until(now).len();
        if n == 0 {
            break;
        }
        assert!(n <= FACTS_PER_CALL + 12);
        calls += 1;
        all += n;
    }
    assert!(calls > 20 && all > 150_000, "{calls} {all}");
}

#[test]
fn a_crowd_is_mostly_open_has_distinct_keys_and_can_be_acknowledged() {
    let (mut world, floor) = opened(5, 3_000);
    let entries = floor.queue().entries();
    assert_eq!(entries.len(), 3_000);
    assert!(floor.queue().tally().open > 2_600);
    let last: &Incident = &entries.iter().rfind(|e| e.incident.is_open()).unwrap().incident;
    let facts = world.perform(&Effect::Acknowledge(last.key.clone()), start());
    assert!(matches!(facts[0], Fact::Acknowledged { .. }));
    assert_eq!(world.store.all(&world.teller).len(), 3_000);
    let p2 = floor.queue().tally().rows[Grade::Set(Priority::P2).index()].open;
    assert!((1_000..1_700).contains(&p2), "{p2}");
}

#[test]
fn fewer_incidents_are_the_most_telling_ones() {
    let (_, floor) = opened(7, 2);
    assert_eq!(floor.queue().order().len(), 2);
    assert_eq!(opened(7, 0).1.queue().order(), [0_usize; 0]);
}

#[test]
fn any_start_will_do() {
    let zones = Zones::bundled();
    for written in ["1970-01-01T00:00:00Z", "2026-03-29T00:59:59Z", "2028-02-29T23:59:59Z", "2100-12-31T23:59:59Z"] {
        let mut world = World::new(1, at(written), 60, &zones);
        let mut floor = world.floor();
        for fact in world.opening() {
            floor.apply(fact, at(written));
        }
        floor.settle(at(written));
        assert_eq!(floor.release().unwrap().phase_today(at(written)), Some(-2), "{written}");
        assert!(between(at(written), floor.release().unwrap().at.unwrap()) > TimeDelta::hours(30), "{written}");
    }
    for edge in [DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC] {
        let mut world = World::new(1, edge, 60, &zones);
        assert!(!world.opening().is_empty());
        world.until(edge);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn how_often_one_asks_does_not_change_what_happened(seed: u64, cuts in prop::collection::vec(0_i64..7_200, 0..12)) {
        let at = |s: i64| plus(start(), TimeDelta::seconds(s));
        let mut cuts = cuts;
        cuts.sort_unstable();
        let (mut once, mut often) = (world(seed, 60), world(seed, 60));
        prop_assert_eq!(once.opening(), often.opening());
        let all = |world: &mut World, until: i64| {
            let mut facts = Vec::new();
            loop {
                let more = world.until(at(until));
                if more.is_empty() {
                    return facts;
                }
                facts.extend(more);
            }
        };
        let told: Vec<Fact> = cuts.into_iter().chain([7_200]).flat_map(|s| all(&mut often, s)).collect();
        prop_assert_eq!(all(&mut once, 7_200), told);
    }
}
