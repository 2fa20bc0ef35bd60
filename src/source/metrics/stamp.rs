//! When a sample was taken, as people and machines write it: text or number in, epoch milliseconds out.

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};

use crate::domain::zone::Zone;

/// 0000-01-01T00:00:00Z: RFC 3339 has no year before it.
const FIRST_MS: i64 = -62_167_219_200_000;

/// 10000-01-01T00:00:00Z, the first instant that RFC 3339 cannot write.
const END_MS: i64 = 253_402_300_800_000;

/// A bare number closer to zero than this is seconds: the year 5138, or March 1973 if it were milliseconds. A thousand
/// times as much parts milliseconds from microseconds, and those from nanoseconds.
const SECONDS_BELOW: i64 = 100_000_000_000;

/// Reads an instant as [`in_zone`] does, in UTC.
pub fn from_text(written: &str) -> Option<i64> {
    in_zone(written, &Zone::utc())
}

/// Reads an instant: RFC 3339 with any offset, the same without an offset (then it is wall clock time of `zone`, SEMANTICS
/// R1), with a space or a `T`, with `-` or `/` between the parts of its date, a point or a comma before the fraction; or a
/// number as [`from_number`] does.
///
/// Returns epoch milliseconds within the years 0 to 9999; finer digits are cut. Nothing when it is none of these.
pub fn in_zone(written: &str, zone: &Zone) -> Option<i64> {
    let written = written.trim();
    if let Some((wall, is_utc)) = fixed_shape(written.as_bytes()) {
        return within(if is_utc { wall.and_utc().timestamp_millis() } else { at_wall(wall, zone) });
    }
    if let Ok(number) = written.parse::<i64>() {
        return from_whole(number);
    }
    if let Ok(number) = written.parse::<f64>() {
        return from_number(number);
    }
    let stamped = DateTime::parse_from_rfc3339(written).map(|at| at.timestamp_millis());
    let shapes = ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y/%m/%d %H:%M:%S%.f"];
    let wall = || shapes.iter().find_map(|shape| NaiveDateTime::parse_from_str(written, shape).ok());
    stamped.ok().or_else(|| wall().map(|wall| at_wall(wall, zone))).and_then(within)
}

fn at_wall(wall: NaiveDateTime, zone: &Zone) -> i64 {
    zone.resolve(wall).timestamp_millis()
}

/// Reads an epoch number: seconds while it is below 100,000,000,000, then milliseconds, from a thousand times as much on
/// microseconds, and again nanoseconds.
pub fn from_number(number: f64) -> Option<i64> {
    if !number.is_finite() {
        return None;
    }
    let (size, below) = (number.abs(), SECONDS_BELOW as f64);
    let ms = match size {
        _ if size < below => number * 1_000.0,
        _ if size < below * 1e3 => number,
        _ if size < below * 1e6 => number / 1e3,
        _ => number / 1e6,
    };
    // In range before the cast, so that the cast is exact enough to be checked again.
    (ms.abs() < END_MS as f64).then(|| ms.round() as i64).and_then(within)
}

/// As [`from_number`], for a number without a fraction.
pub fn from_whole(number: i64) -> Option<i64> {
    let (size, below) = (number.unsigned_abs(), SECONDS_BELOW.unsigned_abs());
    match size {
        _ if size < below => number.checked_mul(1_000),
        _ if size < below * 1_000 => Some(number),
        _ if size < below * 1_000_000 => Some(number.div_euclid(1_000)),
        _ => Some(number.div_euclid(1_000_000)),
    }
    .and_then(within)
}

fn within(ms: i64) -> Option<i64> {
    (FIRST_MS..END_MS).contains(&ms).then_some(ms)
}

/// `YYYY-MM-DD?HH:MM:SS` with an optional fraction and `Z`, the shape of nearly every line: chrono's general parser takes
/// several times as long.
///
/// Returns the wall clock, and whether a `Z` says that it is UTC.
fn fixed_shape(b: &[u8]) -> Option<(NaiveDateTime, bool)> {
    let (head, rest) = b.split_at_checked(19)?;
    let &[y1, y2, y3, y4, b'-', o1, o2, b'-', d1, d2, b'T' | b' ', h1, h2, b':', m1, m2, b':', s1, s2] = head else {
        return None;
    };
    let year = digits(&[y1, y2, y3, y4])?;
    let day = NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, digits(&[o1, o2])?, digits(&[d1, d2])?)?;
    let time = NaiveTime::from_hms_opt(digits(&[h1, h2])?, digits(&[m1, m2])?, digits(&[s1, s2])?)?;
    let (zone, fraction_ms) = match rest {
        [b'.' | b',', b, zone @ ..] => {
            let more = zone.iter().take_while(|d| d.is_ascii_digit()).count();
            let place = |i: usize| zone.get(i).filter(|_| i < more).copied().unwrap_or(b'0');
            (zone.get(more..)?, digits(&[*b, place(0), place(1)])?)
        }
        zone => (zone, 0),
    };
    let is_utc = match zone {
        b"" => false,
        b"Z" | b"z" => true,
        _ => return None,
    };
    Some((day.and_time(time).checked_add_signed(TimeDelta::milliseconds(i64::from(fraction_ms)))?, is_utc))
}

fn digits(written: &[u8]) -> Option<u32> {
    written.iter().try_fold(0, |n, d| d.is_ascii_digit().then(|| n * 10 + u32::from(d - b'0')))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOON: i64 = 1_795_176_000_000;

    #[test]
    fn the_usual_shapes_are_the_same_instant() {
        for written in [
            "2026-11-20T12:00:00Z",
            "2026-11-20 12:00:00",
            "2026-11-20T12:00:00",
            " 2026-11-20T14:30:00+02:30 ",
            "2026-11-20t12:00:00.0000000004z",
            "1795176000",
            "1795176000.0",
            "1795176000000",
            "1795176000000000",
            "1795176000000000000",
            "1795176000000000.0",
            "2026-11-20 12:00:00,000",
            "2026/11/20 12:00:00",
        ] {
            assert_eq!(from_text(written), Some(NOON), "{written}");
        }
        assert_eq!(from_text("2026-11-20 12:00:00.25"), Some(NOON + 250));
        assert_eq!(from_text("2026-11-20T13:00:00.2509999+01:00"), Some(NOON + 250));
        assert_eq!(from_text("1795176000.25"), Some(NOON + 250));
    }

    #[test]
    fn what_is_no_instant_is_refused() {
        for written in [
            "",
            "noon",
            "2026-02-30 12:00:00",
            "2026-11-20 25:00:00",
            "2026-11-20",
            "12026-11-20T12:00:00Z",
            "NaN",
            "inf",
            "1e400",
            "2026-11-20 12:00:00 CET",
            "2026-11-20T12:00:00.",
            "9999-12-31T23:59:59-01:00",
            "0000-01-01T00:00:00+01:00",
            "２０26-11-20 12:00:00",
        ] {
            assert_eq!(from_text(written), None, "{written}");
        }
    }

    #[test]
    fn the_first_and_the_last_instant_are_in_range() {
        assert_eq!(from_text("0000-01-01T00:00:00Z"), Some(FIRST_MS));
        assert_eq!(from_text("9999-12-31T23:59:59.999Z"), Some(END_MS - 1));
        assert_eq!(from_number(-62_167_219_200.0), Some(FIRST_MS));
        assert_eq!(from_whole(99_999_999_999), Some(99_999_999_999_000));
        assert_eq!(from_whole(100_000_000_000), Some(100_000_000_000));
    }

    #[test]
    fn a_time_without_an_offset_is_the_zones_wall_clock() {
        let east = Zone::listed("east", 3_600, &[]);
        for written in ["2026-11-20 13:00:00", "2026-11-20T13:00:00.000", "2026/11/20 13:00:00", "2026-11-20T12:00:00Z"]
        {
            assert_eq!(in_zone(written, &east), Some(NOON), "{written}");
        }
        assert_eq!(in_zone("1795176000", &east), Some(NOON));
    }

    #[test]
    fn a_leap_second_is_the_second_after_it() {
        assert_eq!(from_text("2016-12-31T23:59:60Z"), from_text("2017-01-01T00:00:00Z"));
    }

    proptest! {
        #[test]
        fn every_instant_reads_back(ms in FIRST_MS..END_MS, minutes in -1_439i32..1_440) {
            let at = DateTime::from_timestamp_millis(ms).unwrap();
            prop_assert_eq!(from_text(&at.format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()), Some(ms));
            prop_assert_eq!(from_text(&at.format("%Y-%m-%d %H:%M:%S%.3f").to_string()), Some(ms));
            let zone = chrono::FixedOffset::east_opt(minutes * 60).unwrap();
            let local = at.with_timezone(&zone).format("%Y-%m-%dT%H:%M:%S%.3f%:z").to_string();
            if local.len() == 29 && !local.starts_with(['-', '+']) {
                prop_assert_eq!(from_text(&local), Some(ms), "{}", local);
            }
        }

        #[test]
        fn nothing_panics(s in "\\PC{0,40}|[0-9TZ:. +-]{0,40}", n in any::<f64>(), w in any::<i64>()) {
            from_text(&s);
            from_number(n);
            from_whole(w);
        }
    }
}
