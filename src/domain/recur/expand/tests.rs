use std::time::Instant;

use proptest::prelude::*;

use super::*;

fn wall(written: &str) -> NaiveDateTime {
    written.parse().unwrap()
}

fn dates(rule: &str, start: &str, from: &str, to: &str) -> Vec<String> {
    let rule = Rule::read(rule).unwrap();
    let wanted =
        Wanted { start: wall(start), from: wall(from), to: wall(to), is_after: &|at, until| until < at.and_utc() };
    let found = starts(&rule, &wanted, &mut Work(10_000_000)).unwrap();
    found.into_iter().map(|at| at.format("%y-%m-%d").to_string()).collect()
}

/// From a start on, within the next hundred years.
fn first(rule: &str, start: &str) -> Vec<String> {
    dates(rule, start, start, "2126-01-01T00:00:00")
}

#[test]
fn the_examples_of_the_standard_are_met() {
    let start = "1997-09-02T09:00:00";
    assert_eq!(first("FREQ=WEEKLY;COUNT=4;BYDAY=TU,TH", start), ["97-09-02", "97-09-04", "97-09-09", "97-09-11"]);
    let friday = "1997-09-05T09:00:00";
    assert_eq!(first("FREQ=MONTHLY;COUNT=3;BYDAY=1FR", friday), ["97-09-05", "97-10-03", "97-11-07"]);
    let two = "FREQ=MONTHLY;INTERVAL=2;COUNT=4;BYDAY=1SU,-1SU";
    assert_eq!(first(two, "1997-09-07T09:00:00"), ["97-09-07", "97-09-28", "97-11-02", "97-11-30"]);
    let third_from_end = "FREQ=MONTHLY;BYMONTHDAY=-3;COUNT=3";
    assert_eq!(first(third_from_end, "1997-09-28T09:00:00"), ["97-09-28", "97-10-29", "97-11-28"]);
    let twentieth_monday = "FREQ=YEARLY;BYDAY=20MO;COUNT=3";
    assert_eq!(first(twentieth_monday, "1997-05-19T09:00:00"), ["97-05-19", "98-05-18", "99-05-17"]);
    let election = "FREQ=YEARLY;INTERVAL=4;BYMONTH=11;BYDAY=TU;BYMONTHDAY=2,3,4,5,6,7,8;COUNT=3";
    assert_eq!(first(election, "1996-11-05T09:00:00"), ["96-11-05", "00-11-07", "04-11-02"]);
    let last_workday = "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1;COUNT=3";
    assert_eq!(first(last_workday, "1997-09-30T09:00:00"), ["97-09-30", "97-10-31", "97-11-28"]);
    let fridays_the_13th = "FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13;COUNT=3";
    assert_eq!(first(fridays_the_13th, "1998-02-13T09:00:00"), ["98-02-13", "98-03-13", "98-11-13"]);
    let in_january = "FREQ=DAILY;BYMONTH=1;UNTIL=19990103T140000Z";
    assert_eq!(first(in_january, "1998-01-30T09:00:00"), ["98-01-30", "98-01-31", "99-01-01", "99-01-02", "99-01-03"]);
}

#[test]
fn the_first_instance_counts_even_where_the_rule_does_not_name_it() {
    assert_eq!(first("FREQ=WEEKLY;BYDAY=MO;COUNT=2", "2026-11-20T09:00:00"), ["26-11-20", "26-11-23"]);
}

#[test]
fn a_day_that_a_month_does_not_have_is_left_out_not_moved() {
    assert_eq!(first("FREQ=MONTHLY;COUNT=3", "2026-01-31T09:00:00"), ["26-01-31", "26-03-31", "26-05-31"]);
}

#[test]
fn a_rule_without_end_costs_what_its_window_costs() {
    let found = dates("FREQ=DAILY", "0001-01-01T00:00:00", "2026-01-01T00:00:00", "2026-01-03T00:00:00");
    assert_eq!(found, ["26-01-01", "26-01-02", "26-01-03"]);
    let never = dates(
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
        "2000-01-01T00:00:00",
        "2001-01-01T00:00:00",
        "9999-01-01T00:00:00",
    );
    assert!(never.is_empty());
}

#[test]
fn a_billion_instances_end_with_the_window_or_with_the_work() {
    let began = Instant::now();
    let rule = Rule::read("FREQ=DAILY;COUNT=1000000000").unwrap();
    let to = wall("9999-12-31T00:00:00");
    let wanted = Wanted { start: wall("0001-01-01T00:00:00"), from: to, to, is_after: &|_, _| false };
    assert!(starts(&rule, &wanted, &mut Work(1_000_000)).is_err());
    let far = Rule::read("FREQ=YEARLY;INTERVAL=4294967295;UNTIL=99991231T000000Z").unwrap();
    assert!(starts(&far, &wanted, &mut Work(1_000)).unwrap().is_empty());
    assert!(began.elapsed().as_secs() < 5);
}

/// Whether a rule without positions names a day: worked out for that day alone, by the words of the standard.
fn names(rule: &Rule, start: NaiveDate, day: NaiveDate) -> bool {
    let n = i64::from(rule.interval);
    let months = |d: NaiveDate| i64::from(d.year()) * 12 + i64::from(d.month0());
    let in_turn = match rule.every {
        Every::Day => (day - start).num_days() % n == 0,
        Every::Week => {
            let week = |d: NaiveDate| d - chrono::TimeDelta::days(i64::from(d.weekday().days_since(rule.week_start)));
            (week(day) - week(start)).num_days() / 7 % n == 0
        }
        Every::Month => (months(day) - months(start)) % n == 0,
        Every::Year => i64::from(day.year() - start.year()) % n == 0,
    };
    let of_month = rule.months.is_empty() || rule.months.contains(&day.month());
    let last = i32::from(day.num_days_in_month());
    let date = day.day() as i32;
    let of_date = rule.month_days.iter().any(|d| if *d > 0 { *d == date } else { last + d + 1 == date });
    let in_year = rule.every == Every::Year && rule.months.is_empty() && rule.month_days.is_empty();
    let (at, length) =
        if in_year { (day.ordinal() as i32, if day.leap_year() { 366 } else { 365 }) } else { (date, last) };
    let of_week = rule.days.iter().any(|(nth, weekday)| {
        *weekday == day.weekday()
            && match nth {
                None => true,
                Some(nth) if *nth > 0 => (at - 1) / 7 + 1 == *nth,
                Some(nth) => (length - at) / 7 + 1 == -nth,
            }
    });
    let by_date = match (rule.month_days.is_empty(), rule.days.is_empty()) {
        (false, false) => of_date && of_week,
        (false, true) => of_date,
        (true, false) => of_week,
        (true, true) => match rule.every {
            Every::Day => true,
            Every::Week => day.weekday() == start.weekday(),
            Every::Month => day.day() == start.day(),
            Every::Year => day.day() == start.day() && (!rule.months.is_empty() || day.month() == start.month()),
        },
    };
    in_turn && of_month && by_date
}

fn any_rule() -> impl Strategy<Value = Rule> {
    let every = prop_oneof![Just(Every::Day), Just(Every::Week), Just(Every::Month), Just(Every::Year)];
    let weekday = (0u8..7).prop_map(|n| Weekday::try_from(n).unwrap());
    let days = proptest::collection::vec((proptest::option::of(prop_oneof![-5..0, 1..6]), weekday.clone()), 0..3);
    let month_days = proptest::collection::vec(prop_oneof![-31..0, 1..32], 0..4);
    let months = proptest::collection::vec(1u32..13, 0..3);
    (every, 1u32..6, months, month_days, days, proptest::option::of(1u64..12), weekday).prop_map(
        |(every, interval, months, month_days, mut days, count, week_start)| {
            if matches!(every, Every::Day | Every::Week) {
                days.iter_mut().for_each(|(nth, _)| *nth = None);
            }
            let month_days = if every == Every::Week { Vec::new() } else { month_days };
            Rule { every, interval, months, month_days, days, positions: Vec::new(), count, until: None, week_start }
        },
    )
}

proptest! {
    #[test]
    fn a_rule_agrees_with_asking_every_single_day(
        rule in any_rule(), start in 0u64..3_000, from in 0u64..1_500, length in 0u64..1_500,
    ) {
        let start = NaiveDate::from_ymd_opt(2019, 1, 1).unwrap() + Days::new(start);
        let nine = chrono::NaiveTime::from_hms_opt(9, 0, 0).unwrap();
        let from = start + Days::new(from);
        let to = from + Days::new(length);
        let mut naive = vec![start];
        naive.extend(start.iter_days().skip(1).take_while(|day| *day <= to).filter(|day| names(&rule, start, *day)));
        if let Some(count) = rule.count {
            naive.truncate(count as usize);
        }
        naive.retain(|day| from <= *day && *day <= to);
        let wanted = Wanted { start: start.and_time(nine), from: from.and_time(nine), to: to.and_time(nine), is_after: &|_, _| false };
        let found = starts(&rule, &wanted, &mut Work(1_000_000)).unwrap();
        prop_assert_eq!(found.into_iter().map(|at| at.date()).collect::<Vec<_>>(), naive);
    }

    #[test]
    fn a_window_shows_what_the_whole_shows(rule in any_rule(), from in 0u64..4_000) {
        let start = wall("2020-02-29T23:30:00");
        let end = wall("2034-01-01T00:00:00");
        let from = start + chrono::TimeDelta::days(from as i64);
        let all = starts(&rule, &Wanted { start, from: start, to: end, is_after: &|_, _| false }, &mut Work(1_000_000)).unwrap();
        let some = starts(&rule, &Wanted { start, from, to: end, is_after: &|_, _| false }, &mut Work(1_000_000)).unwrap();
        prop_assert_eq!(all.into_iter().filter(|at| from <= *at).collect::<Vec<_>>(), some);
    }
}
