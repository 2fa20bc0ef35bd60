//! Times on the command line: instants, and the wall clock where a roster says whose.

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, Utc};

use crate::domain::{
    time::parse_rfc3339,
    zone::{Zone, wall::Oddity},
};

/// A time as it was typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// With a zone or an offset.
    Instant(DateTime<Utc>),
    /// Without: what a clock on the wall shows.
    Wall(NaiveDateTime),
}

impl Moment {
    /// The instant, a wall clock being that of `zone` (SEMANTICS R1).
    pub fn at(self, zone: &Zone) -> DateTime<Utc> {
        match self {
            Self::Instant(at) => at,
            Self::Wall(wall) => zone.resolve(wall),
        }
    }

    /// What a clock change in `zone` does to it, where somebody should know.
    pub fn oddity(self, zone: &Zone) -> Option<Oddity> {
        match self {
            Self::Instant(_) => None,
            Self::Wall(wall) => zone.on_the_wall(wall).oddity,
        }
    }
}

/// Reads an instant.
///
/// # Errors
/// What is missing or wrong, and an example.
pub fn instant(written: &str) -> Result<DateTime<Utc>, String> {
    match moment(written)? {
        Moment::Instant(at) => Ok(at),
        Moment::Wall(wall) if is_date(written) => {
            Err(format!("a date alone is no instant: add the time and its zone, {}", shown(wall)))
        }
        Moment::Wall(wall) => Err(format!("it does not say in which zone: add Z or an offset, {}", shown(wall))),
    }
}

/// Reads an instant, or a time of the wall clock; a date alone is its midnight.
///
/// # Errors
/// What is wrong, and an example.
pub fn moment(written: &str) -> Result<Moment, String> {
    let written = written.trim();
    let instant = parse_rfc3339(written).or_else(|| to_the_minute(written));
    let wall = || wall(written).map(Moment::Wall);
    instant.map(Moment::Instant).or_else(wall).ok_or_else(|| why_not(written))
}

/// `2026-11-20T03:12Z`: RFC 3339 without its seconds.
fn to_the_minute(written: &str) -> Option<DateTime<Utc>> {
    let (clock, offset) = (written.get(..16)?, written.get(16..)?);
    matches!(offset.as_bytes(), [b'Z' | b'z'] | [b'+' | b'-', ..]).then_some(())?;
    parse_rfc3339(&format!("{clock}:00{offset}"))
}

fn wall(written: &str) -> Option<NaiveDateTime> {
    if let Some(date) = date(written) {
        return Some(date.and_time(NaiveTime::MIN));
    }
    let (day, clock) = written.split_once(['T', 't', ' '])?;
    let clock = ["%H:%M", "%H:%M:%S"].iter().find_map(|form| NaiveTime::parse_from_str(clock, form).ok())?;
    Some(date(day)?.and_time(clock))
}

/// A day written out: four figures, two, two.
fn date(written: &str) -> Option<NaiveDate> {
    has_shape(written, "0000-00-00").then(|| NaiveDate::parse_from_str(written, "%Y-%m-%d").ok())?
}

fn is_date(written: &str) -> bool {
    date(written.trim()).is_some()
}

/// Whether it has a figure for each `0` of the pattern, and else the same signs.
fn has_shape(written: &str, pattern: &str) -> bool {
    let same = |(a, b): (u8, u8)| if b == b'0' { a.is_ascii_digit() } else { a == b };
    written.len() == pattern.len() && written.bytes().zip(pattern.bytes()).all(same)
}

/// How this wall clock would be written as an instant.
fn shown(wall: NaiveDateTime) -> String {
    let east = FixedOffset::east_opt(3600).map(|offset| offset.to_string()).unwrap_or_default();
    let wall = wall.format("%Y-%m-%dT%H:%M:%S");
    format!("such as {wall}Z or {wall}{east}")
}

const EXAMPLE: &str = "write it as 2026-11-20T03:12:00Z or 2026-11-20T04:12:00+01:00";

fn why_not(written: &str) -> String {
    let day = written.get(..10).filter(|day| has_shape(day, "0000-00-00"));
    match day {
        Some(day) if date(day).is_none() => format!("no calendar has the day {day}"),
        Some(day) if day.len() < written.len() => format!("no time of day follows the date; {EXAMPLE}"),
        _ => format!("it is no date with a time; {EXAMPLE}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{time::rfc3339, zone::Zones};

    #[test]
    fn an_instant_has_a_zone() {
        let read = |written| instant(written).map(rfc3339);
        assert_eq!(read("2026-11-20T03:12:00Z").unwrap(), "2026-11-20T03:12:00Z");
        assert_eq!(read("2026-11-20T04:12:00+01:00").unwrap(), "2026-11-20T03:12:00Z");
        assert_eq!(read("2026-11-20T04:12+01:00").unwrap(), "2026-11-20T03:12:00Z");
        assert_eq!(read("2026-11-20T03:12Z").unwrap(), "2026-11-20T03:12:00Z");
    }

    #[test]
    fn what_is_missing_or_wrong_is_said() {
        for (written, why) in [
            (
                "2026-11-20T03:12:00",
                "it does not say in which zone: add Z or an offset, such as 2026-11-20T03:12:00Z or",
            ),
            ("2026-11-20", "a date alone is no instant"),
            ("2026-02-30T10:00:00Z", "no calendar has the day 2026-02-30"),
            ("2026-02-30", "no calendar has the day 2026-02-30"),
            ("2026-11-20T25:00:00Z", "no time of day follows the date"),
            ("2026-11-20Tnoon", "no time of day follows the date"),
            ("tomorrow", "it is no date with a time; write it as 2026-11-20T03:12:00Z or 2026-11-20T04:12:00+01:00"),
            ("", "it is no date with a time"),
            ("2026-1-2", "it is no date with a time"),
        ] {
            let said = instant(written).unwrap_err();
            assert!(said.starts_with(why), "{written}: {said}");
        }
    }

    #[test]
    fn a_wall_clock_is_read_in_a_zone_and_a_clock_change_is_told() {
        let berlin = Zones::bundled().find("Europe/Berlin").unwrap();
        let read = |written: &str| {
            let moment = moment(written).unwrap();
            (rfc3339(moment.at(&berlin)), moment.oddity(&berlin))
        };
        assert_eq!(read("2026-11-20 09:00"), ("2026-11-20T08:00:00Z".to_owned(), None));
        assert_eq!(read("2026-11-20"), ("2026-11-19T23:00:00Z".to_owned(), None));
        assert_eq!(read("2026-03-29T02:30"), ("2026-03-29T01:00:00Z".to_owned(), Some(Oddity::Skipped)));
        assert_eq!(read("2026-10-25T02:30:00"), ("2026-10-25T00:30:00Z".to_owned(), Some(Oddity::Twice)));
    }

    proptest::proptest! {
        #[test]
        fn nothing_typed_breaks_it(typed in ".{0,30}") {
            let _ = (moment(&typed), instant(&typed));
        }
    }
}
