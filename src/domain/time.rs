//! Time that cannot panic: chrono's `+` overflows loudly, ours saturates.

use chrono::{DateTime, TimeDelta, Utc};

/// `at + by`, held at the ends of representable time.
pub fn plus(at: DateTime<Utc>, by: TimeDelta) -> DateTime<Utc> {
    at.checked_add_signed(by).unwrap_or(if by < TimeDelta::zero() {
        DateTime::<Utc>::MIN_UTC
    } else {
        DateTime::<Utc>::MAX_UTC
    })
}

/// `at - by`, held at the ends of representable time.
pub fn minus(at: DateTime<Utc>, by: TimeDelta) -> DateTime<Utc> {
    at.checked_sub_signed(by).unwrap_or(if by < TimeDelta::zero() {
        DateTime::<Utc>::MAX_UTC
    } else {
        DateTime::<Utc>::MIN_UTC
    })
}

/// `until - from`: never panics, for any two instants.
pub fn between(from: DateTime<Utc>, until: DateTime<Utc>) -> TimeDelta {
    until.signed_duration_since(from)
}

/// Prints a length of time in at most two units: `2d 4h`, `5h 10m`, `42m`, `38s`, `3.2y`.
///
/// Days are 24 hours: this is elapsed time, not the calendar. A negative length prints as its absolute value;
/// the word beside it ("over", "left", "ago") carries the sign.
pub fn short_span(length: TimeDelta) -> String {
    let s = length.num_seconds().unsigned_abs();
    let (m, h, d) = (s / 60, s / 3_600, s / 86_400);
    if s < 60 {
        format!("{s}s")
    } else if h == 0 {
        format!("{m}m")
    } else if d == 0 {
        two(h, "h", m % 60, "m")
    } else if d < 14 {
        two(d, "d", h % 24, "h")
    } else if d < 700 {
        format!("{d}d")
    } else {
        // A year and a half is not "1y"; tenths are as much as anybody wants to know.
        format!("{}.{}y", d / 365, d % 365 * 10 / 365)
    }
}

/// As [`short_span`], with the hours of a fortnight and more too: for what is held against a limit.
pub fn exact_span(length: TimeDelta) -> String {
    let h = length.num_seconds().unsigned_abs() / 3_600;
    if h < 14 * 24 { short_span(length) } else { two(h / 24, "d", h % 24, "h") }
}

/// Prints a length of open hours: `40h`, `12h 30m`, `42m`, `38s`. Never in days: nobody can say how long a day is there
/// (SEMANTICS R31). A negative length prints as its absolute value.
pub fn open_span(length: TimeDelta) -> String {
    let s = length.num_seconds().unsigned_abs();
    let (m, h) = (s / 60, s / 3_600);
    if h == 0 {
        short_span(length)
    } else {
        // Beyond a thousand hours minutes tell nothing, and eight columns would not hold them.
        two(h, "h", if h < 1_000 { m % 60 } else { 0 }, "m")
    }
}

/// As [`short_span`], with seconds while less than ten minutes are left (`9m 05s`): only then do they matter.
pub fn near_span(length: TimeDelta) -> String {
    let s = length.num_seconds().unsigned_abs();
    if (60..600).contains(&s) { format!("{}m {:02}s", s / 60, s % 60) } else { short_span(length) }
}

fn two(big: u64, big_unit: &str, small: u64, small_unit: &str) -> String {
    if small == 0 { format!("{big}{big_unit}") } else { format!("{big}{big_unit} {small}{small_unit}") }
}

/// Reads an RFC 3339 instant with any offset, as UTC.
pub fn parse_rfc3339(written: &str) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc3339(written).ok().map(|t| t.with_timezone(&Utc))
}

/// The whole second an instant lies in, as `2026-11-20T14:00:00Z`.
pub fn rfc3339(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_have_at_most_two_units() {
        let spans: Vec<_> = [0, 38, 60, 2_520, 18_600, 7_200, 187_200, 1_209_600, 94_608_000]
            .map(|s| short_span(TimeDelta::seconds(s)))
            .into();
        assert_eq!(spans, ["0s", "38s", "1m", "42m", "5h 10m", "2h", "2d 4h", "14d", "3.0y"]);
        assert_eq!(near_span(TimeDelta::seconds(545)), "9m 05s");
    }

    #[test]
    fn open_hours_never_become_days() {
        let spans =
            [0, 38, 2_520, 28_800, 86_400, 145_800, -145_800, 3_601_800].map(|s| open_span(TimeDelta::seconds(s)));
        assert_eq!(spans, ["0s", "38s", "42m", "8h", "24h", "40h 30m", "40h 30m", "1000h"]);
    }

    #[test]
    fn the_ends_of_time_hold() {
        assert_eq!(plus(DateTime::<Utc>::MAX_UTC, TimeDelta::days(1)), DateTime::<Utc>::MAX_UTC);
        assert_eq!(minus(DateTime::<Utc>::MIN_UTC, TimeDelta::days(1)), DateTime::<Utc>::MIN_UTC);
    }
}
