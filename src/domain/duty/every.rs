//! How often, as people write it: `day`, `week` on `["monday", "thursday"]`, `month` on `last friday`, or a rule (RFC 5545).
//!
//! A day that a month does not have is its last day, as for hand-offs (SEMANTICS R4).

use chrono::Weekday;

use crate::domain::recur::{Every, Rule};

/// What cannot be understood, and what to write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Whether it is about `on`, and not about `every`.
    pub is_on: bool,
    /// What is wrong, behind the key's name.
    pub what: String,
    /// What to do.
    pub hint: &'static str,
}

const EVERY_HINT: &str =
    "write \"day\", \"week\", \"month\", \"quarter\", \"year\", or a rule such as \"FREQ=MONTHLY;BYDAY=1MO\"";
const DAY_HINT: &str = "a day takes on = \"weekdays\", or nothing";
const WEEK_HINT: &str = "write on = \"monday\", or on = [\"monday\", \"thursday\"]";
const MONTH_HINT: &str = "write on = \"1\", \"15\", \"last\", \"first monday\" or \"last friday\"";
const YEAR_HINT: &str = "write on = \"12-01\": month and day";

/// Makes a rule of `every` and `on`.
///
/// # Errors
/// What is missing, unknown or contradicts itself.
pub fn rule(every: &str, on: &[&str]) -> Result<Rule, Fault> {
    let fault = |is_on: bool, what: String, hint: &'static str| Err(Fault { is_on, what, hint });
    if every.to_ascii_uppercase().contains("FREQ=") {
        if !on.is_empty() {
            return fault(true, "has no meaning beside a rule".to_owned(), "put it into the rule: BYDAY, BYMONTHDAY");
        }
        let written = every.trim().trim_start_matches("RRULE:");
        let rule = Rule::read(written).map_err(|what| Fault {
            is_on: false,
            what: format!("cannot be followed: {what}"),
            hint: EVERY_HINT,
        })?;
        if rule.count.is_some() || rule.until.is_some() {
            return fault(
                false,
                "ends by itself".to_owned(),
                "leave COUNT and UNTIL out, and write until = \"2027-12-31\"",
            );
        }
        return Ok(rule);
    }
    match every {
        "day" => daily(on),
        "week" => weekly(on),
        "month" => monthly(on, Every::Month, None),
        "quarter" => monthly(on, Every::Month, Some([[1, 4, 7, 10], [3, 6, 9, 12]])),
        "year" => yearly(on),
        _ => fault(false, "is no length of time that comes again".to_owned(), EVERY_HINT),
    }
}

fn refused(on: &[&str], hint: &'static str) -> Fault {
    let what = match on {
        [] => "is missing".to_owned(),
        [one] => format!("is \"{}\", which is not known here", short(one)),
        _ => "names several days".to_owned(),
    };
    Fault { is_on: true, what, hint }
}

fn short(written: &str) -> String {
    written.chars().take(40).collect()
}

const WORKING: [Weekday; 5] = [Weekday::Mon, Weekday::Tue, Weekday::Wed, Weekday::Thu, Weekday::Fri];

fn daily(on: &[&str]) -> Result<Rule, Fault> {
    let days = match on {
        [] => Vec::new(),
        ["weekdays"] => WORKING.map(|day| (None, day)).to_vec(),
        _ => return Err(refused(on, DAY_HINT)),
    };
    Ok(Rule { days, ..Rule::plain(Every::Day) })
}

fn weekly(on: &[&str]) -> Result<Rule, Fault> {
    let mut days = Vec::new();
    for written in on {
        let day = weekday(written).ok_or_else(|| refused(&[*written], WEEK_HINT))?;
        if !days.contains(&(None, day)) {
            days.push((None, day));
        }
    }
    if days.is_empty() { Err(refused(on, WEEK_HINT)) } else { Ok(Rule { days, ..Rule::plain(Every::Week) }) }
}

/// Of a quarter the first month is meant, and with `last` the last one.
fn monthly(on: &[&str], every: Every, quarters: Option<[[u32; 4]; 2]>) -> Result<Rule, Fault> {
    let written = match on {
        [] if quarters.is_some() => "1",
        [one] => *one,
        _ => return Err(refused(on, MONTH_HINT)),
    };
    let is_last = written == "last" || written.starts_with("last ");
    let months = quarters.map(|[first, last]| if is_last { last } else { first }).map(Vec::from).unwrap_or_default();
    let plain = Rule { months, ..Rule::plain(every) };
    if written == "last" {
        return Ok(Rule { month_days: vec![-1], ..plain });
    }
    if let Ok(day) = written.parse::<i32>()
        && (1..=31).contains(&day)
    {
        return Ok(Rule { month_days: clamped(day), positions: positions(day), ..plain });
    }
    let nth = written.split_once(' ').and_then(|(nth, day)| Some((ordinal(nth)?, weekday(day.trim())?)));
    let (nth, day) = nth.ok_or_else(|| refused(on, MONTH_HINT))?;
    Ok(Rule { days: vec![(Some(nth), day)], ..plain })
}

fn yearly(on: &[&str]) -> Result<Rule, Fault> {
    let [written] = on else { return Err(refused(on, YEAR_HINT)) };
    let read = written.split_once('-').and_then(|(month, day)| {
        let (month, day): (u32, i32) = (month.parse().ok()?, day.parse().ok()?);
        // A leap year, so that the 29th of February may be meant.
        chrono::NaiveDate::from_ymd_opt(2024, month, u32::try_from(day).ok()?).map(|_| (month, day))
    });
    let (month, day) = read.ok_or_else(|| refused(on, YEAR_HINT))?;
    let plain = Rule::plain(Every::Year);
    Ok(Rule { months: vec![month], month_days: clamped(day), positions: positions(day), ..plain })
}

/// The day and those it gives way to where a month is shorter.
fn clamped(day: i32) -> Vec<i32> {
    if day > 28 { (28..=day).collect() } else { vec![day] }
}

fn positions(day: i32) -> Vec<i32> {
    if day > 28 { vec![-1] } else { Vec::new() }
}

fn ordinal(word: &str) -> Option<i32> {
    Some(match word {
        "first" => 1,
        "second" => 2,
        "third" => 3,
        "fourth" => 4,
        "last" => -1,
        _ => return None,
    })
}

fn weekday(word: &str) -> Option<Weekday> {
    // chrono knows short and whole names in any case, and nothing in between.
    word.parse().ok()
}

/// Whether a rule without a first day would mean different days by different readers: every second of something has to be
/// counted from a day, and so has a rule that takes its day from where it begins.
pub fn needs_start(rule: &Rule) -> bool {
    let is_bare = rule.days.is_empty() && rule.month_days.is_empty();
    1 < rule.interval
        || (is_bare && rule.every != Every::Day)
        || (rule.every == Every::Year && rule.months.is_empty() && rule.days.is_empty())
}

#[cfg(test)]
mod tests {
    use super::{
        super::{Duty, samples},
        *,
    };

    fn days(every: &str, on: &[&str]) -> Vec<String> {
        let duty = Duty { rule: rule(every, on).unwrap(), ..samples::duty("FREQ=DAILY") };
        let turns = duty.turns(samples::day("2026-01-01"), samples::day("2026-12-31"));
        turns.iter().take(5).map(|turn| turn.day.format("%m-%d").to_string()).collect()
    }

    #[test]
    fn words_are_rules() {
        assert_eq!(days("day", &["weekdays"]), ["01-01", "01-02", "01-05", "01-06", "01-07"]);
        assert_eq!(days("week", &["monday", "Thu"]), ["01-01", "01-05", "01-08", "01-12", "01-15"]);
        assert_eq!(days("month", &["first monday"]), ["01-05", "02-02", "03-02", "04-06", "05-04"]);
        assert_eq!(days("month", &["last"]), ["01-31", "02-28", "03-31", "04-30", "05-31"]);
        assert_eq!(days("quarter", &[]), ["01-01", "04-01", "07-01", "10-01"]);
        assert_eq!(days("quarter", &["last friday"]), ["03-27", "06-26", "09-25", "12-25"]);
        assert_eq!(days("year", &["12-01"]), ["12-01"]);
        assert_eq!(days("RRULE:FREQ=MONTHLY;BYDAY=2WE", &[])[0], "01-14");
    }

    #[test]
    fn a_day_that_a_month_does_not_have_is_its_last() {
        assert_eq!(days("month", &["31"]), ["01-31", "02-28", "03-31", "04-30", "05-31"]);
        assert_eq!(days("month", &["29"]), ["01-29", "02-28", "03-29", "04-29", "05-29"]);
        assert_eq!(days("year", &["02-29"]), ["02-28"]);
    }

    #[test]
    fn what_is_not_understood_says_what_to_write() {
        let what = |every: &str, on: &[&str]| rule(every, on).unwrap_err().what;
        assert_eq!(what("fortnight", &[]), "is no length of time that comes again");
        assert_eq!(what("week", &[]), "is missing");
        assert_eq!(what("week", &["someday"]), "is \"someday\", which is not known here");
        assert_eq!(what("month", &["32"]), "is \"32\", which is not known here");
        assert_eq!(what("day", &["monday", "friday"]), "names several days");
        assert_eq!(what("FREQ=DAILY;COUNT=3", &[]), "ends by itself");
        assert!(what("FREQ=HOURLY", &[]).starts_with("cannot be followed"));
        assert_eq!(what("FREQ=DAILY", &["monday"]), "has no meaning beside a rule");
    }

    #[test]
    fn every_second_week_needs_a_first_day() {
        let needs = |written: &str| needs_start(&Rule::read(written).unwrap());
        assert!(needs("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO") && needs("FREQ=WEEKLY") && needs("FREQ=MONTHLY"));
        assert!(
            !needs("FREQ=DAILY") && !needs("FREQ=MONTHLY;BYDAY=1MO") && !needs("FREQ=YEARLY;BYMONTH=3;BYMONTHDAY=1")
        );
    }
}
