use super::*;
use crate::{
    domain::{
        alert::{
            AlertState, Became,
            rule::{NO_DATA_HOLD, NoData, Rule},
            template::Template,
        },
        expr::Expr,
        notify::message::Said,
        sample::Telling,
    },
    text::Text,
};

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_165_200 + seconds, 0).unwrap()
}

fn rule(name: &str, expr: &str, hold: i64) -> Rule {
    Rule {
        name: Text::scrub(name),
        group: Text::scrub("g"),
        origin: Text::scrub("here"),
        expr: Expr::read(expr).unwrap(),
        every: TimeDelta::seconds(60),
        hold: TimeDelta::seconds(hold),
        keep_firing: TimeDelta::zero(),
        no_data: NoData::Hold,
        no_data_hold: NO_DATA_HOLD,
        labels: vec![(Text::scrub("severity"), Template::plain("page"))],
        annotations: vec![(Text::scrub("summary"), Template::read("{{ $labels.host }} is at {{ $value }}").unwrap())],
    }
}

fn book(rules: Vec<Rule>) -> Book {
    Book::new(rules.into_iter().map(|rule| AnyRule::Alert(Box::new(rule))).collect())
}

fn put(pool: &mut Pool, host: &str, seconds: i64, value: f64) {
    let labels = [(Text::scrub("host"), Text::scrub(host))].into_iter().collect();
    let key = SeriesKey { name: Text::scrub("m"), labels };
    pool.take(Labelled { key, at_ms: at(seconds).timestamp_millis(), value }, at(seconds));
}

fn became(told: &[Transition]) -> Vec<Became> {
    told.iter().map(|transition| transition.became).collect()
}

#[test]
fn each_set_of_labels_is_an_alert_of_its_own() {
    let (mut book, mut pool) = (book(vec![rule("High", "m > 10", 120)]), Pool::default());
    for minute in 0..4 {
        put(&mut pool, "a", minute * 60, 20.0);
        put(&mut pool, "b", minute * 60, if minute == 1 { 5.0 } else { 20.0 });
        let told = book.evaluate(&mut pool, at(minute * 60));
        let expected = match minute {
            0 => vec![Became::Pending, Became::Pending],
            1 => vec![Became::Dropped],
            2 => vec![Became::Firing, Became::Pending],
            _ => vec![],
        };
        assert_eq!(became(&told), expected, "minute {minute}");
        if minute == 2 {
            let alert = &told[0].alert;
            assert_eq!(alert.labels.to_string(), r#"{alertname="High",host="a",severity="page"}"#);
            assert_eq!(alert.summary().as_str(), "a is at 20");
            assert_eq!((alert.since, alert.fired_at), (at(0), Some(at(120))));
            assert_eq!(alert.id, AlertId::of(&alert.rule, &alert.labels));
        }
    }
    assert_eq!(book.alerts().filter(|alert| alert.is_firing()).count(), 1);
}

#[test]
fn without_data_a_firing_alert_stays_then_hands_over_and_comes_back() {
    let (mut book, mut pool) = (book(vec![rule("High", "m > 10", 0)]), Pool::default());
    put(&mut pool, "a", 0, 20.0);
    assert_eq!(became(&book.evaluate(&mut pool, at(0))), [Became::Firing]);
    let id = book.alerts().next().unwrap().id;
    let mut seen = Vec::new();
    for minute in 1..=20 {
        let told = book.evaluate(&mut pool, at(minute * 60));
        seen.extend(told.into_iter().map(|t| (minute, t.became, t.alert.is_no_data())));
    }
    // Blind from the fifth minute on, when the last value is too old; ten minutes later it is an alert of its own.
    assert_eq!(seen, [(5, Became::Stale, false), (15, Became::HandedOver, false), (15, Became::Firing, true)]);
    assert!(book.alerts().all(Alert::is_no_data));
    assert!(book.is_handed_over(id), "nobody knows whether it is over");
    let mut again = self::book(vec![rule("High", "m > 10", 0)]);
    again.restore(book.snapshot(), at(20 * 60));
    assert!(again.is_handed_over(id), "nor after a restart");
    put(&mut pool, "a", 21 * 60, 20.0);
    let told = book.evaluate(&mut pool, at(21 * 60));
    assert_eq!(became(&told), [Became::Resolved, Became::Firing]);
    assert_eq!((told[0].alert.is_no_data(), told[1].alert.id, told[1].alert.since), (true, id, at(0)));
    assert!(!book.is_handed_over(id));
    put(&mut pool, "a", 22 * 60, 1.0);
    assert_eq!(became(&book.evaluate(&mut pool, at(22 * 60))), [Became::Resolved]);
}

#[test]
fn zero_by_zero_is_no_data_and_not_kept() {
    let (mut book, mut pool) = (book(vec![rule("Ratio", "m / m < 10", 0)]), Pool::default());
    put(&mut pool, "a", 0, 20.0);
    assert_eq!(became(&book.evaluate(&mut pool, at(0))), [Became::Firing]);
    put(&mut pool, "a", 60, 0.0);
    assert_eq!(became(&book.evaluate(&mut pool, at(60))), [Became::Stale]);
}

#[test]
fn a_rule_whose_series_found_no_room_says_so_and_takes_nothing_for_kept() {
    let rules = vec![
        rule("Gone", "gone > 0", 0),
        rule("Absent", "absent(gone)", 0),
        rule("High", "m > 10", 0),
        rule("Other", "other > 10", 0),
    ];
    let (mut book, mut pool) = (book(rules), Pool::default());
    put(&mut pool, "a", 0, 20.0);
    put(&mut pool, "b", 0, 5.0);
    let fill = |pool: &mut Pool, name: &str, n: usize| {
        let labels = [(Text::scrub("n"), Text::scrub(&n.to_string()))].into_iter().collect();
        let key = SeriesKey { name: Text::scrub(name), labels };
        pool.take(Labelled { key, at_ms: at(0).timestamp_millis(), value: 1.0 }, at(0));
    };
    (0..50_000).for_each(|n| fill(&mut pool, "filler", n));
    fill(&mut pool, "gone", 1);
    put(&mut pool, "c", 0, 20.0);
    let told = book.evaluate(&mut pool, at(0));
    assert_eq!(told.iter().map(|step| step.alert.rule.as_str()).collect::<Vec<_>>(), ["High"]);
    let errors: Vec<bool> = book.rules().map(|view| view.standing.error.is_some()).collect();
    assert_eq!(errors, [true, true, true, false]);
    // What fires is not over because what is there keeps the bound.
    put(&mut pool, "a", 60, 1.0);
    assert_eq!(became(&book.evaluate(&mut pool, at(60))), [Became::Stale]);
}

#[test]
fn a_value_that_is_no_number_is_said() {
    for (expr, wanted) in [("m / 0 > 10", "+Inf"), ("-m / 0 < 10", "-Inf"), ("m / 0 - m / 0", "NaN"), ("m > 10", "20")]
    {
        let (mut book, mut pool) = (book(vec![rule("Odd", expr, 0)]), Pool::default());
        put(&mut pool, "a", 0, 20.0);
        let told = book.evaluate(&mut pool, at(0));
        assert_eq!(Said::of(&told[0].alert).value.as_ref().map(Text::as_str), Some(wanted), "{expr}");
    }
}

#[test]
fn prometheus_own_way_ends_what_is_not_there_any_more() {
    let mut plain = rule("High", "m > 10", 0);
    plain.no_data = NoData::Ok;
    let (mut book, mut pool) = (book(vec![plain]), Pool::default());
    put(&mut pool, "a", 0, 20.0);
    book.evaluate(&mut pool, at(0));
    assert_eq!(became(&book.evaluate(&mut pool, at(600))), [Became::Resolved]);
}

#[test]
fn a_rule_that_never_had_data_says_so_where_it_is_asked_to() {
    let mut silent = rule("High", "m > 10", 0);
    silent.no_data = NoData::Alert;
    let (mut book, mut pool) = (book(vec![silent]), Pool::default());
    let told: Vec<Transition> = (0..=10).flat_map(|minute| book.evaluate(&mut pool, at(minute * 60))).collect();
    assert_eq!(became(&told), [Became::Firing]);
    assert!(told[0].alert.is_no_data() && told[0].at == at(600));
    put(&mut pool, "a", 660, 1.0);
    assert_eq!(became(&book.evaluate(&mut pool, at(660))), [Became::Resolved]);
}

#[test]
fn two_alerts_with_the_same_labels_are_an_error_and_change_nothing() {
    let mut same = rule("High", "m > 10", 0);
    same.labels.push((Text::scrub("host"), Template::plain("all")));
    let (mut book, mut pool) = (book(vec![same]), Pool::default());
    put(&mut pool, "a", 0, 20.0);
    assert_eq!(became(&book.evaluate(&mut pool, at(0))), [Became::Firing]);
    put(&mut pool, "b", 60, 20.0);
    assert_eq!(became(&book.evaluate(&mut pool, at(60))), [Became::Stale]);
    assert!(book.rules().next().unwrap().standing.error.as_ref().unwrap().contains("same labels"));
}

#[test]
fn time_in_which_nobody_watched_does_not_count_towards_for() {
    let rules = || vec![rule("High", "m > 10", 600)];
    let (mut first, mut pool) = (book(rules()), Pool::default());
    for minute in 0..=5 {
        put(&mut pool, "a", minute * 60, 20.0);
        first.evaluate(&mut pool, at(minute * 60));
    }
    let mut second = book(rules());
    assert_eq!(second.restore(first.snapshot(), at(35 * 60)), 0);
    let mut fired = None;
    for minute in 35..60 {
        put(&mut pool, "a", minute * 60, 20.0);
        let told = second.evaluate(&mut pool, at(minute * 60));
        fired = fired.or(told.iter().any(|t| t.became == Became::Firing).then_some(minute));
    }
    // Five minutes were served before the gap; the sixth is the first evaluation after it.
    assert_eq!(fired, Some(39));
}

#[test]
fn a_restart_between_two_evaluations_changes_nothing() {
    let rules = || {
        vec![
            rule("High", "m > 10", 120),
            rule("Rate", "rate(m[5m]) > 0.01", 60),
            rule("Sum", "sum(m) > 15", 0),
            rule("Gone", "absent(m{host=\"c\"})", 0),
        ]
    };
    let (mut whole, mut cut, mut pool) = (book(rules()), book(rules()), Pool::default());
    let (mut told_whole, mut told_cut) = (Vec::new(), Vec::new());
    for minute in 0..240_i64 {
        for (host, phase) in [("a", 7), ("b", 11)] {
            put(&mut pool, host, minute * 60, f64::from(u32::try_from((minute * phase) % 23).unwrap()));
        }
        told_whole.extend(whole.evaluate(&mut pool, at(minute * 60)));
        let mut again = book(rules());
        assert_eq!(again.restore(cut.snapshot(), at(minute * 60)), 0);
        cut = again;
        told_cut.extend(cut.evaluate(&mut pool, at(minute * 60)));
        assert_eq!(whole.snapshot(), cut.snapshot(), "minute {minute}");
    }
    assert!(told_whole.len() > 50, "{}", told_whole.len());
    assert_eq!(told_whole, told_cut);
}

#[test]
fn what_fires_again_and_again_flaps_and_is_counted() {
    let (mut book, mut pool) = (book(vec![rule("High", "m > 10", 0)]), Pool::default());
    for minute in 0..12 {
        put(&mut pool, "a", minute * 60, if minute % 4 == 0 { 20.0 } else { 1.0 });
        book.evaluate(&mut pool, at(minute * 60));
    }
    let pages = book.pages();
    assert_eq!(pages.len(), 3);
    let id = book.episodes().next().unwrap().id;
    assert!(book.is_flapping(id, at(720)) && !book.is_flapping(id, at(3_700)));
    let pages: Vec<_> = pages.into_iter().map(|(_, page)| page).collect();
    let noise = crate::domain::stats::noise::audit(&pages, TimeDelta::hours(12));
    assert_eq!((noise.pages, noise.refired, noise.self_resolved_unacked, noise.is_over_budget), (3, 2, 3, true));
}

#[test]
fn what_was_taken_on_is_until_it_clears() {
    let (mut book, mut pool) = (book(vec![rule("High", "m > 10", 0)]), Pool::default());
    put(&mut pool, "a", 0, 20.0);
    book.evaluate(&mut pool, at(0));
    let id = book.alerts().next().unwrap().id;
    assert!(book.take_on(id, Text::scrub("ann"), at(30)));
    assert!(!book.take_on(AlertId(1), Text::scrub("ann"), at(30)));
    put(&mut pool, "a", 60, 1.0);
    book.evaluate(&mut pool, at(60));
    assert_eq!(book.taken(id), None);
    assert!(book.episodes().all(|episode| episode.is_acked));
}

#[test]
fn a_recorded_series_can_be_used_by_the_next_rule_and_ends_with_its_source() {
    let recording = AnyRule::Record(Box::new(Recording {
        name: Text::scrub("host:m:sum"),
        group: Text::scrub("g"),
        origin: Text::scrub("here"),
        expr: Expr::read("sum(m)").unwrap(),
        every: TimeDelta::seconds(60),
        labels: vec![(Text::scrub("kind"), Text::scrub("sum"))],
    }));
    let alert = AnyRule::Alert(Box::new(rule("High", "host:m:sum{kind=\"sum\"} > 30", 0)));
    let (mut book, mut pool) = (Book::new(vec![recording, alert]), Pool::default());
    put(&mut pool, "a", 0, 20.0);
    put(&mut pool, "b", 0, 20.0);
    assert_eq!(became(&book.evaluate(&mut pool, at(0))), [Became::Firing]);
    assert_eq!(became(&book.evaluate(&mut pool, at(600))), [Became::Stale]);
}

#[test]
fn a_clock_that_was_set_back_stops_no_rule() {
    let (mut book, mut pool) = (book(vec![rule("High", "m > 10", 60)]), Pool::default());
    put(&mut pool, "a", 3_600, 20.0);
    book.evaluate(&mut pool, at(3_600));
    put(&mut pool, "a", 0, 20.0);
    book.evaluate(&mut pool, at(0));
    put(&mut pool, "a", 60, 20.0);
    book.evaluate(&mut pool, at(60));
    assert!(matches!(book.alerts().next().unwrap().state, AlertState::Firing { .. }));
}

fn tell(pool: &mut Pool, seconds: i64, values: &[(&str, f64)]) {
    let key = |host: &str| {
        let labels = [(Text::scrub("host"), Text::scrub(host))].into_iter().collect();
        SeriesKey { name: Text::scrub("m"), labels }
    };
    let at_ms = at(seconds).timestamp_millis();
    let samples = values.iter().map(|(host, value)| Labelled { key: key(host), at_ms, value: *value });
    pool.take_all(samples.collect(), Telling::Instead, at(seconds));
}

#[test]
fn a_writer_that_stops_ends_no_alert_of_a_sum_until_it_ends_or_is_back() {
    for end in [f64::from_bits(ENDED), 1.0] {
        let rules = vec![rule("Sum", "sum(m) > 100", 0), rule("Top", "count(m > 5) > 1", 0)];
        let (mut book, mut pool) = (book(rules), Pool::default());
        tell(&mut pool, 0, &[("a", 60.0), ("b", 60.0)]);
        assert_eq!(became(&book.evaluate(&mut pool, at(0))), [Became::Firing; 2]);
        let mut seen = Vec::new();
        for minute in 1..240 {
            tell(&mut pool, minute * 60, &[("b", 60.0)]);
            let told = book.evaluate(&mut pool, at(minute * 60));
            pool.forget(at(minute * 60));
            seen.extend(told.into_iter().map(|t| t.became));
        }
        assert!(!seen.contains(&Became::Resolved) && seen.contains(&Became::HandedOver), "{seen:?}");
        let why = book.rules().next().unwrap().standing.error.clone().unwrap();
        assert!(why.starts_with("m{host=\"a\"} was not heard of since"), "{why}");
        tell(&mut pool, 240 * 60, &[("a", end), ("b", 60.0)]);
        let told = became(&book.evaluate(&mut pool, at(240 * 60)));
        assert!(told.iter().filter(|became| **became == Became::Resolved).count() >= 2, "{told:?}");
        assert_eq!(book.alerts().count(), 0);
    }
}

#[test]
fn what_cannot_be_read_ends_no_alert_and_what_is_broken_fires_all_the_same() {
    let record = |name: &str, expr: &str| {
        AnyRule::Record(Box::new(Recording {
            name: Text::scrub(name),
            group: Text::scrub("g"),
            origin: Text::scrub("here"),
            expr: Expr::read(expr).unwrap(),
            every: TimeDelta::seconds(60),
            labels: Vec::new(),
        }))
    };
    let alert = |rule: Rule| AnyRule::Alert(Box::new(rule));
    let missing_is_kept = Rule { no_data: NoData::Ok, ..rule("Ok", "sum(m) > 100", 0) };
    let rules = vec![
        record("m:sum", "sum(m)"),
        alert(rule("Sum", "sum(m) > 100", 0)),
        alert(rule("Recorded", "m:sum > 100", 0)),
        alert(missing_is_kept),
        alert(rule("Few", "sum(m) < 100", 0)),
    ];
    let (mut book, mut pool) = (Book::new(rules), Pool::default());
    tell(&mut pool, 0, &[("a", 60.0), ("b", 60.0)]);
    assert_eq!(became(&book.evaluate(&mut pool, at(0))), [Became::Firing; 3]);
    let torn = pool
        .named(None)
        .map(|(key, _)| key.clone())
        .filter(|key| key.to_string().contains("\"b\""))
        .collect::<Vec<_>>();
    pool.doubt(Text::scrub("x.prom"), torn, Some(Text::scrub("1 line cannot be read")));
    tell(&mut pool, 60, &[("a", 10.0)]);
    let told = book.evaluate(&mut pool, at(60));
    let names: Vec<_> = told.iter().map(|t| (t.alert.rule.as_str(), t.became)).collect();
    assert_eq!(
        names,
        [("Sum", Became::Stale), ("Recorded", Became::Stale), ("Ok", Became::Resolved), ("Few", Became::Firing)]
    );
    let why = book.rules().nth(1).unwrap().standing.error.clone().unwrap();
    assert_eq!(why, "m{host=\"b\"} cannot be read: x.prom: 1 line cannot be read");
    pool.doubt(Text::scrub("x.prom"), [], None);
    tell(&mut pool, 120, &[("a", 10.0), ("b", 10.0)]);
    let told = book.evaluate(&mut pool, at(120));
    assert_eq!(became(&told), [Became::Resolved, Became::Resolved]);
}
