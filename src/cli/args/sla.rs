//! `watchfloor sla …`.

use std::path::PathBuf;

use chrono::{DateTime, TimeDelta, Utc};
use clap::{Args, Subcommand, ValueEnum};

use super::{
    Printed,
    moment::{Moment, instant, moment},
};
use crate::{
    config,
    domain::{time::minus, zone::Zone},
};

/// The response and fix clocks.
#[derive(Debug, Clone, Args)]
pub struct Sla {
    /// What about them; nothing = status.
    #[command(subcommand)]
    pub command: Option<SlaCommand>,
    /// How it is printed.
    #[command(flatten)]
    pub printed: Printed,
    /// Judge as of this instant; otherwise now
    #[arg(long, global = true, value_name = "RFC3339", value_parser = instant)]
    pub at: Option<DateTime<Utc>>,
    /// Print times and count months in this zone; otherwise in the settings'
    #[arg(long, global = true, value_name = "ZONE")]
    pub tz: Option<String>,
}

/// What about the clocks.
#[derive(Debug, Clone, Subcommand)]
pub enum SlaCommand {
    /// Matrix, next deadlines, compliance
    Status(Printed),
    /// What moved the clocks of one incident
    Why {
        /// Its key: acme/api#812, or api#812 or 812 where that is enough
        key: String,
        /// How it is printed.
        #[command(flatten)]
        printed: Printed,
    },
    /// Priority by state: open, at risk, over
    Matrix(Printed),
    /// Time to respond, to close, to detect: medians, percentiles, months
    Stats(Stats),
    /// What a policy would have meant on a recorded history
    Backtest(Backtest),
}

/// What is counted, and how it is grouped.
#[derive(Debug, Clone, Args)]
pub struct Stats {
    /// Read this file alone, without any settings: a backup of issues, an archive.json, a ticket log (CSV), checks (JSON Lines)
    #[arg(long, value_name = "FILE")]
    pub history: Option<PathBuf>,
    /// With --history: what changed from there to this later one
    #[arg(long, value_name = "FILE", requires = "history")]
    pub against: Option<PathBuf>,
    /// One row for each of these
    #[arg(long, value_enum, value_name = "WHAT", value_delimiter = ',')]
    pub by: Vec<StatsBy>,
    /// Only what was opened or closed in this stretch.
    #[command(flatten)]
    pub span: Between,
    /// Accounts that are robots, beside those known
    #[arg(long, value_name = "LOGIN", value_delimiter = ',')]
    pub robots: Vec<String>,
    /// The zone of the open hours (Mon-Fri 09:00-17:00) in the business figures
    #[arg(long, value_name = "ZONE", default_value = "America/New_York")]
    pub business_zone: String,
    /// How it is printed.
    #[command(flatten)]
    pub printed: Printed,
}

/// A stretch of time between two instants.
#[derive(Debug, Clone, Copy, Default, Args)]
pub struct Between {
    /// From when, included: a day or a time of the zone that is counted in, an instant, or so long ago (7d)
    #[arg(long, value_name = "DAY|TIME|SPAN", value_parser = edge)]
    pub from: Option<Edge>,
    /// Until when, excluded; as --from
    #[arg(long, value_name = "DAY|TIME|SPAN", value_parser = edge)]
    pub to: Option<Edge>,
}

/// An end of a stretch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edge {
    /// A time; a day alone is its midnight.
    Time(Moment),
    /// So long ago.
    Ago(TimeDelta),
}

impl Edge {
    /// The instant; days and times without a zone are those of `zone`.
    pub fn at(self, zone: &Zone, now: DateTime<Utc>) -> DateTime<Utc> {
        match self {
            Self::Time(moment) => moment.at(zone),
            Self::Ago(span) => minus(now, span),
        }
    }
}

fn edge(written: &str) -> Result<Edge, String> {
    match config::read_span(written) {
        Some(span) => Ok(Edge::Ago(span)),
        None => {
            moment(written).map(Edge::Time).map_err(|why| format!("{why}; or a day, 2026-11-20, or how long ago, 7d"))
        }
    }
}

/// How statistics are grouped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum StatsBy {
    /// Calendar months
    Month,
    /// ISO weeks
    Week,
    /// Quarters
    Quarter,
    /// Priorities
    Priority,
    /// Repositories
    Repository,
    /// Labels
    Label,
}

/// A policy tried on a history.
#[derive(Debug, Clone, Args)]
pub struct Backtest {
    /// The recorded history
    #[arg(long, value_name = "FILE")]
    pub history: PathBuf,
    /// Settings files whose policies are tried; otherwise the settings in force. Two stand side by side
    #[arg(long, value_name = "FILE")]
    pub policy: Vec<PathBuf>,
    /// How many of the worst are named
    #[arg(long, default_value_t = 10)]
    pub worst: usize,
    /// Pull requests as well
    #[arg(long)]
    pub pull_requests: bool,
    /// How it is printed.
    #[command(flatten)]
    pub printed: Printed,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        time::{parse_rfc3339, rfc3339},
        zone::Zones,
    };

    #[test]
    fn an_end_of_a_stretch_is_a_day_of_a_zone_an_instant_or_so_long_ago() {
        let now = parse_rfc3339("2026-11-20T09:00:00Z").unwrap();
        let berlin = Zones::bundled().find("Europe/Berlin").unwrap();
        let read = |written| edge(written).map(|edge| rfc3339(edge.at(&berlin, now)));
        assert_eq!(read("2026-11-01").unwrap(), "2026-10-31T23:00:00Z");
        assert_eq!(read("2026-11-01 09:30").unwrap(), "2026-11-01T08:30:00Z");
        assert_eq!(read("2026-11-01T00:00:00Z").unwrap(), "2026-11-01T00:00:00Z");
        assert_eq!(read("7d").unwrap(), "2026-11-13T09:00:00Z");
        let why = read("last week").unwrap_err();
        assert!(why.ends_with("or a day, 2026-11-20, or how long ago, 7d"), "{why}");
    }
}
