//! `watchfloor goals`.

use chrono::{DateTime, Utc};
use clap::{Args, Subcommand};

use super::{Printed, moment::instant};

/// Goals.
#[derive(Debug, Clone, Args)]
pub struct Goals {
    /// What about them; nothing = how they stand.
    #[command(subcommand)]
    pub command: Option<GoalsCommand>,
    /// As of when, as the record or the histories of today tell of it; otherwise now
    #[arg(long, global = true, value_name = "RFC3339", value_parser = instant)]
    pub at: Option<DateTime<Utc>>,
    /// How it is printed.
    #[command(flatten)]
    pub printed: Printed,
}

/// What about goals.
#[derive(Debug, Clone, Subcommand)]
pub enum GoalsCommand {
    /// One goal: its figure, what it is made of, month by month
    Show {
        /// Its name
        name: String,
        /// How it is printed.
        #[command(flatten)]
        printed: Printed,
    },
}
