//! `watchfloor history`.

use chrono::{DateTime, TimeDelta, Utc};
use clap::Args;

use super::{Printed, moment::instant};
use crate::{config, domain::time::minus};

/// What changed.
#[derive(Debug, Clone, Args)]
pub struct History {
    /// One incident only: acme/api#812, or api#812 or 812 where that is enough
    pub key: Option<String>,
    /// From when: an instant, or so long ago (36h, 7d); otherwise a day ago, for one incident from the beginning
    #[arg(long, value_name = "SPAN|RFC3339", value_parser = when)]
    pub since: Option<When>,
    /// Until when; otherwise now
    #[arg(long, value_name = "SPAN|RFC3339", value_parser = when)]
    pub until: Option<When>,
    /// At most so many lines, the newest
    #[arg(long, value_name = "N", default_value_t = 200, value_parser = lines)]
    pub limit: usize,
    /// How it is printed.
    #[command(flatten)]
    pub printed: Printed,
}

/// An instant, or how long ago.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// The instant.
    At(DateTime<Utc>),
    /// So long ago.
    Ago(TimeDelta),
}

impl When {
    /// The instant.
    pub fn instant(self, now: DateTime<Utc>) -> DateTime<Utc> {
        match self {
            Self::At(at) => at,
            Self::Ago(span) => minus(now, span),
        }
    }
}

/// Reads an instant, or how long ago.
///
/// # Errors
/// It is neither.
pub(super) fn when(written: &str) -> Result<When, String> {
    match config::read_span(written) {
        Some(span) => Ok(When::Ago(span)),
        None => instant(written).map(When::At).map_err(|why| format!("{why}; or how long ago, such as 36h or 7d")),
    }
}

/// Reads a length of time.
///
/// # Errors
/// It is none.
pub(super) fn span(written: &str) -> Result<TimeDelta, String> {
    config::read_span(written).ok_or_else(|| "write a length of time such as 90s, 10m or 2h".to_owned())
}

fn lines(written: &str) -> Result<usize, String> {
    written
        .parse()
        .ok()
        .filter(|n| (1..=100_000).contains(n))
        .ok_or_else(|| "write a number from 1 to 100000".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::{parse_rfc3339, rfc3339};

    #[test]
    fn a_stretch_is_told_by_instants_or_by_how_long_ago() {
        let now = parse_rfc3339("2026-11-20T09:00:00Z").unwrap();
        let read = |written| when(written).map(|when| rfc3339(when.instant(now)));
        assert_eq!(read("36h").unwrap(), "2026-11-18T21:00:00Z");
        assert_eq!(read("2026-11-19T09:00:00+01:00").unwrap(), "2026-11-19T08:00:00Z");
        assert!(read("yesterday").unwrap_err().ends_with("or how long ago, such as 36h or 7d"));
        assert_eq!((lines("0").is_err(), lines("25")), (true, Ok(25)));
    }
}
