//! `watchfloor burn-in`.

use chrono::NaiveDate;
use clap::{Args, Subcommand};

use super::{Printed, duties::day};

/// Burn-ins.
#[derive(Debug, Clone, Args)]
pub struct BurnIn {
    /// What about them; nothing = how they stand.
    #[command(subcommand)]
    pub command: Option<BurnInCommand>,
    /// How it is printed.
    #[command(flatten)]
    pub printed: Printed,
}

/// What about burn-ins.
#[derive(Debug, Clone, Subcommand)]
pub enum BurnInCommand {
    /// Begin one anew on the day after, and put on record why
    Reset {
        /// Its name
        name: String,
        /// Why
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
    /// Let a broken day count all the same, and put on record why
    Allow {
        /// Its name
        name: String,
        /// The day: 2026-11-20
        #[arg(value_parser = day)]
        day: NaiveDate,
        /// Why: the incident that made it necessary
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
}
