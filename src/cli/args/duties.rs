//! `watchfloor duties`.

use std::path::PathBuf;

use chrono::NaiveDate;
use clap::{Args, Subcommand};

use super::{Moment, Printed, moment};

/// The standing work.
#[derive(Debug, Clone, Args)]
pub struct Duties {
    /// What about it; nothing = list.
    #[command(subcommand)]
    pub command: Option<DutiesCommand>,
    /// How it is printed.
    #[command(flatten)]
    pub printed: Printed,
}

/// What about the standing work.
#[derive(Debug, Clone, Subcommand)]
pub enum DutiesCommand {
    /// Each duty as it stands; with --from or --to its turns on these days
    List {
        /// The first day: 2026-11-01; otherwise a week ago
        #[arg(long, value_name = "DAY", value_parser = day)]
        from: Option<NaiveDate>,
        /// The last day; otherwise 30 days on
        #[arg(long, value_name = "DAY", value_parser = day)]
        to: Option<NaiveDate>,
        /// How it is printed.
        #[command(flatten)]
        printed: Printed,
    },
    /// Put on record that a duty is done, in your name
    Done(Done),
    /// A month, day by day
    Calendar {
        /// Which: 2026-11; otherwise this one
        #[arg(value_parser = month)]
        month: Option<NaiveDate>,
    },
    /// The turns ahead as a calendar (iCalendar); one that was exported before is brought up to date
    Export {
        /// The file; otherwise standard output
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
        /// The first day; otherwise 15 days ago
        #[arg(long, value_name = "DAY", value_parser = day)]
        from: Option<NaiveDate>,
        /// The last day; otherwise half a year on
        #[arg(long, value_name = "DAY", value_parser = day)]
        to: Option<NaiveDate>,
    },
}

/// Put on record that a duty is done.
#[derive(Debug, Clone, Args)]
pub struct Done {
    /// Its name, in any case of its letters
    pub name: String,
    /// When it was done: 2026-11-20T08:12:00Z, or 2026-11-20T09:12 by the duty's own clock; otherwise now
    #[arg(long, value_name = "TIME", value_parser = moment)]
    pub at: Option<Moment>,
    /// Which turn is meant, by its day; otherwise the one that is due
    #[arg(long, value_name = "DAY", value_parser = day)]
    pub day: Option<NaiveDate>,
    /// A note for whoever reads the record
    #[arg(long, value_name = "TEXT")]
    pub note: Option<String>,
    /// It was not done after all
    #[arg(long, requires = "day")]
    pub undo: bool,
}

pub(super) fn day(written: &str) -> Result<NaiveDate, String> {
    let read = (written.len() == 10).then(|| NaiveDate::parse_from_str(written, "%Y-%m-%d").ok()).flatten();
    read.ok_or_else(|| "write a day of the calendar such as 2026-11-20".to_owned())
}

fn month(written: &str) -> Result<NaiveDate, String> {
    let read = (written.len() == 7).then(|| NaiveDate::parse_from_str(&format!("{written}-01"), "%Y-%m-%d").ok());
    read.flatten().ok_or_else(|| "write a month such as 2026-11".to_owned())
}
