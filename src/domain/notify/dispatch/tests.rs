use super::*;
use crate::domain::notify::{
    matcher::Matcher,
    mute::When,
    route::{GroupBy, Timing},
    samples::{alert, labels},
};

fn at(second: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_165_200 + second, 0).unwrap()
}

fn route(name: &str, matchers: &[&str]) -> Route {
    Route {
        name: Text::scrub(name),
        matchers: matchers.iter().map(|written| Matcher::parse(written).unwrap()).collect(),
        group_by: GroupBy::Labels(vec![Text::scrub("alertname")]),
        channels: vec![Text::scrub("chat")],
        timing: Timing::default(),
        sends_resolved: true,
        goes_on: false,
        is_ticket: false,
    }
}

fn plan() -> Plan {
    Plan { routes: vec![route("all", &[])], ..Plan::default() }
}

/// The seconds in which something is said, with how many alerts, over a span of seconds.
fn said(dispatcher: &mut Dispatcher, plan: &Plan, seconds: std::ops::Range<i64>) -> Vec<(i64, Kind, usize)> {
    let mut said = Vec::new();
    for second in seconds {
        let notices = dispatcher.tick(plan, &[], at(second));
        said.extend(notices.iter().map(|notice| (second, notice.message.kind, notice.message.alerts.len())));
    }
    said
}

#[test]
fn a_group_waits_ten_seconds_and_what_joins_it_at_most_sixty() {
    let (mut dispatcher, plan) = (Dispatcher::default(), plan());
    dispatcher.take(&plan, &alert("High", &[("host", "a")], at(0), None), at(0));
    assert_eq!(said(&mut dispatcher, &plan, 0..12), [(10, Kind::Firing, 1)]);
    dispatcher.take(&plan, &alert("High", &[("host", "b")], at(12), None), at(12));
    assert_eq!(said(&mut dispatcher, &plan, 12..3_600), [(70, Kind::Firing, 2)]);
}

#[test]
fn what_no_route_takes_goes_the_last_way() {
    let plan = Plan { routes: vec![route("a", &["x=1"]), route("b", &["x=2"])], ..Plan::default() };
    let alert = alert("High", &[("x", "3")], at(0), None);
    assert_eq!(taken(&plan.routes, &alert), [1]);
    let mut goes_on = plan.routes.clone();
    goes_on[0].matchers.clear();
    goes_on[0].goes_on = true;
    assert_eq!(taken(&goes_on, &alert), [0]);
}

#[test]
fn after_a_restart_nothing_is_told_twice_and_what_ended_meanwhile_is_told() {
    let (mut dispatcher, plan) = (Dispatcher::default(), plan());
    for host in ["a", "b"] {
        dispatcher.take(&plan, &alert("High", &[("host", host)], at(0), None), at(0));
    }
    assert_eq!(said(&mut dispatcher, &plan, 0..20).len(), 1);
    let mut again = Dispatcher::with_log(dispatcher.log().clone());
    for host in ["a", "b"] {
        again.take(&plan, &alert("High", &[("host", host)], at(0), None), at(30));
    }
    assert_eq!(said(&mut again, &plan, 30..200), []);
    let mut again = Dispatcher::with_log(dispatcher.log().clone());
    again.take(&plan, &alert("High", &[("host", "a")], at(0), Some(at(25))), at(30));
    assert_eq!(said(&mut again, &plan, 30..40), [(30, Kind::Resolved, 1)]);
    let mut other = Dispatcher::with_log(dispatcher.log().clone());
    other.take(&plan, &alert("Low", &[], at(0), Some(at(25))), at(30));
    assert_eq!(said(&mut other, &plan, 30..40), []);
}

#[test]
fn what_fires_when_a_mute_window_ends_is_told_again() {
    let mute = Mute {
        name: Text::scrub("move"),
        matchers: vec![Matcher::parse("host=a").unwrap()],
        when: When::Once { from: at(20), until: at(300) },
    };
    let plan = Plan { mutes: vec![mute], ..plan() };
    let mut dispatcher = Dispatcher::default();
    dispatcher.take(&plan, &alert("High", &[("host", "a")], at(0), None), at(0));
    assert_eq!(said(&mut dispatcher, &plan, 0..3_000), [(10, Kind::Firing, 1), (310, Kind::Firing, 1)]);
    let mut dispatcher = Dispatcher::default();
    dispatcher.take(&plan, &alert("High", &[("host", "a")], at(30), None), at(30));
    dispatcher.take(&plan, &alert("High", &[("host", "a")], at(30), Some(at(200))), at(200));
    assert_eq!(said(&mut dispatcher, &plan, 30..3_000), []);
}

#[test]
fn a_clock_that_is_moved_moves_no_wait() {
    for by in [-3_600, 3_600] {
        let (mut dispatcher, plan) = (Dispatcher::default(), plan());
        dispatcher.take(&plan, &alert("High", &[], at(0), None), at(0));
        dispatcher.jumped(TimeDelta::seconds(by));
        assert_eq!(said(&mut dispatcher, &plan, by..by + 600), [(by + 10, Kind::Firing, 1)]);
    }
}

#[test]
fn what_stands_in_for_missing_data_is_told_where_the_alert_was_and_before_it() {
    let mut each = route("all", &[]);
    each.group_by = GroupBy::All;
    let plan = Plan { routes: vec![each], ..Plan::default() };
    let mut dispatcher = Dispatcher::default();
    let old = |over| alert("Down", &[("host", "a")], at(0), over);
    let blind = |over| alert("Down", &[("host", "a"), ("no_data", "true")], at(100), over);
    dispatcher.take(&plan, &old(None), at(0));
    assert_eq!(said(&mut dispatcher, &plan, 0..100), [(10, Kind::Firing, 1)]);
    dispatcher.take(&plan, &blind(None), at(100));
    let notices: Vec<_> = (100..200).flat_map(|second| dispatcher.tick(&plan, &[], at(second))).collect();
    let [notice] = notices.as_slice() else { panic!("told {} times", notices.len()) };
    assert_eq!((notice.message.kind, notice.message.alerts.len()), (Kind::Firing, 2));
    assert!(notice.message.alerts[0].labels.get("no_data").is_some(), "what is new comes first");
    for over in [old(Some(at(300))), blind(Some(at(300)))] {
        dispatcher.take(&plan, &over, at(300));
    }
    assert_eq!(said(&mut dispatcher, &plan, 300..500), [(300, Kind::Resolved, 2)]);
}

#[test]
fn a_sleep_of_hours_is_one_message_a_group() {
    let (mut dispatcher, plan) = (Dispatcher::default(), plan());
    dispatcher.take(&plan, &alert("High", &[], at(0), None), at(0));
    assert_eq!(said(&mut dispatcher, &plan, 8 * 3_600..9 * 3_600), [(8 * 3_600, Kind::Firing, 1)]);
}

#[test]
fn a_message_says_the_gravest_first_and_how_many_more() {
    let (mut dispatcher, plan) = (Dispatcher::default(), plan());
    for n in 0..50 {
        let host = n.to_string();
        let severity = if n == 30 { "page" } else { "ticket" };
        dispatcher.take(&plan, &alert("High", &[("host", &host), ("severity", severity)], at(0), None), at(0));
    }
    let notices = dispatcher.tick(&plan, &[], at(10));
    let message = &notices[0].message;
    assert_eq!((message.alerts.len(), message.n_more), (20, 30));
    assert_eq!(message.alerts[0].labels.get("host").map(Text::as_str), Some("30"));
    assert_eq!(message.common, labels(&[("alertname", "High")]));
    assert_eq!(message.title.as_str(), "High, and 49 more");
}

#[test]
fn a_notice_of_what_merely_fires_on_says_so() {
    let (mut dispatcher, plan) = (Dispatcher::default(), plan());
    let repeats = |dispatcher: &mut Dispatcher, seconds: std::ops::Range<i64>| -> Vec<bool> {
        let notices = seconds.step_by(10).flat_map(|second| dispatcher.tick(&plan, &[], at(second)));
        notices.map(|notice| notice.message.is_repeat).collect()
    };
    dispatcher.take(&plan, &alert("High", &[("host", "a")], at(0), None), at(0));
    assert_eq!(repeats(&mut dispatcher, 0..15_000), [false, true]);
    dispatcher.take(&plan, &alert("High", &[("host", "b")], at(15_000), None), at(15_000));
    assert_eq!(repeats(&mut dispatcher, 15_000..15_100), [false], "something joined");
    for host in ["a", "b"] {
        dispatcher.take(&plan, &alert("High", &[("host", host)], at(0), Some(at(15_200))), at(15_200));
    }
    assert_eq!(repeats(&mut dispatcher, 15_200..15_300), [false], "it is over");
}
