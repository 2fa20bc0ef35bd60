//! Lengths of time, shares and times of day as people write them.

use std::time::Duration;

use chrono::{NaiveDate, NaiveTime, TimeDelta};

/// What a length of time looks like, for hints.
pub(super) const SPAN_EXAMPLE: &str = "write a duration such as \"30m\", \"4h\" or \"2 weeks\"";

/// Why a length of time could not be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SpanFault {
    /// No number with a unit.
    Unreadable,
    /// A month or a year: they have no fixed length.
    NoFixedLength,
    /// Parts of a second, or more than can be counted.
    OutOfRange,
}

impl SpanFault {
    /// What to do about it.
    pub(super) fn hint(self) -> &'static str {
        match self {
            Self::Unreadable => SPAN_EXAMPLE,
            Self::NoFixedLength => {
                "months and years differ in length: write days or weeks, such as \"30d\" (m is minutes)"
            }
            Self::OutOfRange => "write whole seconds or longer, such as \"30s\"",
        }
    }
}

/// Reads `"30m"`, `"1h 30m"`, `"2 weeks"`: whole seconds; months and years are refused.
pub(super) fn span(written: &str) -> Result<TimeDelta, SpanFault> {
    const NO_FIXED_LENGTH: [&str; 8] = ["M", "month", "months", "y", "yr", "yrs", "year", "years"];
    // humantime takes a bare 0; ours always has a unit, so that nobody wonders which.
    if !written.contains(|c: char| c.is_ascii_alphabetic()) {
        return Err(SpanFault::Unreadable);
    }
    if written.split(|c: char| !c.is_alphabetic()).any(|word| NO_FIXED_LENGTH.contains(&word)) {
        return Err(SpanFault::NoFixedLength);
    }
    let length = humantime::parse_duration(written.trim()).map_err(|_| SpanFault::Unreadable)?;
    if length.subsec_nanos() != 0 {
        return Err(SpanFault::OutOfRange);
    }
    TimeDelta::from_std(Duration::from_secs(length.as_secs())).map_err(|_| SpanFault::OutOfRange)
}

/// Prints a length of time so that [`span`] reads it back, for hints: `90s`, `2h`, `7d`.
pub(super) fn written(length: TimeDelta) -> String {
    let s = length.num_seconds();
    for (unit, size) in [("d", 86_400), ("h", 3_600), ("m", 60)] {
        if s != 0 && s % size == 0 {
            return format!("{}{unit}", s / size);
        }
    }
    format!("{s}s")
}

/// Reads `"75%"` as 75.
pub(super) fn percent(written: &str) -> Option<f64> {
    let number = written.trim().strip_suffix('%')?.trim_end();
    // Rust reads "inf" and "nan" as numbers.
    number.starts_with(|c: char| c.is_ascii_digit()).then(|| number.parse().ok()).flatten()
}

/// Reads `2026-11-22`.
pub(super) fn day(written: &str) -> Option<NaiveDate> {
    // chrono takes "2026-1-2" and "+2026-01-02" too; one way of writing is enough.
    (written.len() == 10).then(|| NaiveDate::parse_from_str(written, "%Y-%m-%d").ok()).flatten()
}

/// Reads `10:00`.
pub(super) fn hour(written: &str) -> Option<NaiveTime> {
    (written.len() == 5).then(|| NaiveTime::parse_from_str(written, "%H:%M").ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn durations_are_read_as_people_write_them() {
        for (text, seconds) in [
            ("30m", 1_800),
            ("24h", 86_400),
            ("7d", 604_800),
            ("1 week", 604_800),
            ("2 weeks", 1_209_600),
            ("1h 30m", 5_400),
            (" 60s ", 60),
            ("0s", 0),
        ] {
            assert_eq!(span(text), Ok(TimeDelta::seconds(seconds)), "{text}");
        }
    }

    #[test]
    fn months_years_and_bare_numbers_are_refused() {
        for text in ["1M", "1 month", "2months", "1y", "3 years", "1d 1M"] {
            assert_eq!(span(text), Err(SpanFault::NoFixedLength), "{text}");
        }
        for text in ["90", "0", "", "30 minuts", "h", "-5m", "5 m x"] {
            assert_eq!(span(text), Err(SpanFault::Unreadable), "{text}");
        }
        for text in ["500ms", "1s 1ns", "99999999999999999s"] {
            assert_eq!(span(text), Err(SpanFault::OutOfRange), "{text}");
        }
    }

    #[test]
    fn shares_days_and_hours() {
        assert_eq!(
            (percent("75%"), percent("99.5 %"), percent("75"), percent("inf%")),
            (Some(75.0), Some(99.5), None, None)
        );
        assert_eq!(day("2026-11-22"), NaiveDate::from_ymd_opt(2026, 11, 22));
        assert_eq!((day("2026-02-29"), day("2026-1-2"), day("22.11.2026")), (None, None, None));
        assert_eq!(hour("10:00"), NaiveTime::from_hms_opt(10, 0, 0));
        assert_eq!((hour("24:00"), hour("10"), hour("9:00")), (None, None, None));
    }

    proptest! {
        #[test]
        fn what_is_printed_is_read_back(seconds in 0i64..1_000_000_000) {
            let length = TimeDelta::seconds(seconds);
            prop_assert_eq!(span(&written(length)), Ok(length));
        }

        #[test]
        fn no_text_panics(text in ".{0,24}") {
            let _ = (span(&text), percent(&text), day(&text), hour(&text));
        }
    }
}
