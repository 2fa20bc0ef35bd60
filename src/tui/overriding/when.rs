//! Times as a tired person types them: `18:00`, `tomorrow 09:00`, `fri 9:00`, `2026-11-24 09:00`, `+12h`.

use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Timelike, Utc, Weekday};

use crate::domain::{
    time::{parse_rfc3339, plus, rfc3339},
    zone::Zone,
};

pub use crate::domain::zone::wall::{Oddity, Reading};

/// What can be typed, for the line under a field that cannot be read.
pub const EXAMPLES: &str = "18:00, tomorrow 09:00, fri 09:00, 2026-11-24 09:00, +12h or now";

/// Reads what was typed, in the zone of the screen; nothing where it is no time.
///
/// A clock time alone, and a weekday, mean the next one after `base`; `today` and `tomorrow` are days of `now`. `+` counts
/// from `base`: hours and minutes as time passes, days and weeks by the wall clock.
pub fn read(typed: &str, zone: &Zone, base: DateTime<Utc>, now: DateTime<Utc>) -> Option<Reading> {
    let typed = typed.trim().to_lowercase();
    if typed == "now" {
        return Some(Reading { at: whole_minute(now), oddity: None });
    }
    if let Some(length) = typed.strip_prefix('+') {
        return later(length, zone, base);
    }
    if let Some(at) = parse_rfc3339(&typed.to_uppercase()) {
        return Some(Reading { at, oddity: None });
    }
    let (day, clock) = match typed.split_once([' ', 't']).filter(|(day, _)| day.contains('-')) {
        Some((day, clock)) => (Some(day), clock),
        None => match typed.split_once(' ') {
            Some((day, clock)) => (Some(day), clock),
            None if clock_time(&typed).is_some() => (None, typed.as_str()),
            None => (Some(typed.as_str()), "00:00"),
        },
    };
    let clock = clock_time(clock.trim())?;
    let today = zone.local(now).date();
    let base_day = zone.local(base).date();
    let wall = match day {
        None => {
            let tonight = base_day.and_time(clock);
            let is_past = zone.resolve(tonight) <= base;
            if is_past { base_day.succ_opt()?.and_time(clock) } else { tonight }
        }
        Some("today") => today.and_time(clock),
        Some("tomorrow" | "tom") => today.succ_opt()?.and_time(clock),
        Some(day) => match weekday(day) {
            Some(weekday) => next_weekday(weekday, clock, zone, base)?,
            None => NaiveDate::parse_from_str(day, "%Y-%m-%d").ok()?.and_time(clock),
        },
    };
    Some(zone.on_the_wall(wall))
}

/// As the field shows an instant, so that reading it again gives the same minute.
pub fn written(at: DateTime<Utc>, zone: &Zone) -> String {
    let wall = zone.local(at);
    // The second pass of a repeated hour has no name on the wall.
    if zone.resolve(wall) == at { wall.format("%Y-%m-%d %H:%M").to_string() } else { rfc3339(at) }
}

/// The minute an instant lies in: files read better without seconds.
pub fn whole_minute(at: DateTime<Utc>) -> DateTime<Utc> {
    at.with_second(0).and_then(|at| at.with_nanosecond(0)).unwrap_or(at)
}

/// `18:00`, `9:00`, `0900`; `24:00` is none.
fn clock_time(typed: &str) -> Option<NaiveTime> {
    let (hour, minute) = match typed.split_once(':') {
        Some(parts) => parts,
        None if typed.len() == 4 => typed.split_at_checked(2)?,
        None => return None,
    };
    let is_figures =
        |part: &str, most: usize| (1..=most).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
    (is_figures(hour, 2) && is_figures(minute, 2) && minute.len() == 2).then_some(())?;
    NaiveTime::from_hms_opt(hour.parse().ok()?, minute.parse().ok()?, 0)
}

/// A weekday by three letters or more of its English name.
fn weekday(typed: &str) -> Option<Weekday> {
    const NAMES: [(&str, Weekday); 7] = [
        ("monday", Weekday::Mon),
        ("tuesday", Weekday::Tue),
        ("wednesday", Weekday::Wed),
        ("thursday", Weekday::Thu),
        ("friday", Weekday::Fri),
        ("saturday", Weekday::Sat),
        ("sunday", Weekday::Sun),
    ];
    let is_enough = typed.len() >= 3;
    NAMES.iter().find(|(name, _)| is_enough && name.starts_with(typed)).map(|(_, weekday)| *weekday)
}

fn next_weekday(weekday: Weekday, clock: NaiveTime, zone: &Zone, base: DateTime<Utc>) -> Option<NaiveDateTime> {
    let day = zone.local(base).date();
    let ahead = u64::from(weekday.days_since(day.weekday()));
    let first = day.checked_add_days(Days::new(ahead))?.and_time(clock);
    if zone.resolve(first) > base { Some(first) } else { first.checked_add_days(Days::new(7)) }
}

/// `12h`, `1d 4h`, `90m`, `2w`: at least one figure with a unit, nothing else.
fn later(length: &str, zone: &Zone, base: DateTime<Utc>) -> Option<Reading> {
    let (mut days, mut exact, mut figure, mut has_any) = (0_u64, TimeDelta::zero(), String::new(), false);
    for c in length.chars().filter(|c| *c != ' ') {
        if c.is_ascii_digit() && figure.len() < 6 {
            figure.push(c);
            continue;
        }
        let n: i64 = figure.parse().ok()?;
        figure.clear();
        has_any = true;
        match c {
            'w' => days = days.checked_add(u64::try_from(n).ok()?.checked_mul(7)?)?,
            'd' => days = days.checked_add(u64::try_from(n).ok()?)?,
            'h' => exact = exact.checked_add(&TimeDelta::try_hours(n)?)?,
            'm' => exact = exact.checked_add(&TimeDelta::try_minutes(n)?)?,
            _ => return None,
        }
    }
    (has_any && figure.is_empty()).then_some(())?;
    let start = if days == 0 {
        Reading { at: base, oddity: None }
    } else {
        zone.on_the_wall(zone.local(base).checked_add_days(Days::new(days))?)
    };
    Some(Reading { at: plus(start.at, exact), ..start })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::zone::Zones;
    use proptest::prelude::*;

    fn at(written: &str) -> DateTime<Utc> {
        parse_rfc3339(written).unwrap()
    }

    fn berlin() -> Zone {
        Zones::bundled().find("Europe/Berlin").unwrap()
    }

    fn read_at(typed: &str, now: &str) -> Option<String> {
        read(typed, &berlin(), at(now), at(now)).map(|r| rfc3339(r.at))
    }

    #[test]
    fn every_way_to_say_a_time_is_read_in_the_zone_of_the_screen() {
        // A Saturday, 11:12 in Berlin.
        let now = "2026-11-21T10:12:33Z";
        for (typed, expected) in [
            ("now", "2026-11-21T10:12:00Z"),
            ("18:00", "2026-11-21T17:00:00Z"),
            ("9:00", "2026-11-22T08:00:00Z"),
            ("0900", "2026-11-22T08:00:00Z"),
            ("today 09:00", "2026-11-21T08:00:00Z"),
            ("tomorrow 09:00", "2026-11-22T08:00:00Z"),
            ("Tomorrow", "2026-11-21T23:00:00Z"),
            ("fri 09:00", "2026-11-27T08:00:00Z"),
            ("saturday 09:00", "2026-11-28T08:00:00Z"),
            ("sat 12:00", "2026-11-21T11:00:00Z"),
            ("2026-11-24 09:00", "2026-11-24T08:00:00Z"),
            ("2026-11-24T09:00", "2026-11-24T08:00:00Z"),
            ("2026-11-24", "2026-11-23T23:00:00Z"),
            ("2026-11-24T09:00:00Z", "2026-11-24T09:00:00Z"),
            ("+12h", "2026-11-21T22:12:33Z"),
            ("+1d 4h", "2026-11-22T14:12:33Z"),
            ("+90m", "2026-11-21T11:42:33Z"),
            ("+2w", "2026-12-05T10:12:33Z"),
        ] {
            assert_eq!(read_at(typed, now).as_deref(), Some(expected), "{typed}");
        }
    }

    #[test]
    fn what_is_no_time_is_not_guessed_at() {
        for typed in ["", "soon", "25:00", "9:0", "24:00", "+", "+h", "+12", "+1y", "2026-02-30 09:00", "fr", "today"] {
            let expected = if typed == "today" { Some("2026-11-20T23:00:00Z".to_owned()) } else { None };
            assert_eq!(read_at(typed, "2026-11-21T10:12:33Z"), expected, "{typed}");
        }
    }

    #[test]
    fn days_ahead_keep_the_wall_clock_and_hours_do_not() {
        let eve = "2026-10-24T10:00:00Z";
        assert_eq!(read_at("+1d", eve).as_deref(), Some("2026-10-25T11:00:00Z"));
        assert_eq!(read_at("+24h", eve).as_deref(), Some("2026-10-25T10:00:00Z"));
    }

    #[test]
    fn a_time_that_is_skipped_or_shown_twice_says_so() {
        let odd = |typed: &str| read(typed, &berlin(), at("2026-01-01T00:00:00Z"), at("2026-01-01T00:00:00Z")).unwrap();
        assert_eq!(odd("2026-10-25 02:30").oddity, Some(Oddity::Twice));
        assert_eq!(odd("2026-03-29 02:30").oddity, Some(Oddity::Skipped));
        assert_eq!(odd("2026-03-29 03:30").oddity, None);
    }

    proptest! {
        #[test]
        fn nothing_typed_breaks_it(typed in ".{0,24}", seconds in -4_000_000_000_i64..8_000_000_000) {
            let base = DateTime::from_timestamp(seconds, 0).unwrap();
            let _ = read(&typed, &berlin(), base, base);
        }

        #[test]
        fn what_a_field_is_filled_with_reads_as_the_same_minute(minutes in 20_000_000_i64..40_000_000) {
            let at = DateTime::from_timestamp(minutes * 60, 0).unwrap();
            let zone = berlin();
            let read = read(&written(at, &zone), &zone, at, at).unwrap();
            prop_assert_eq!(read.at, at);
        }
    }
}
