//! `watchfloor drill …`.

use chrono::TimeDelta;
use clap::{Args, Subcommand};

use super::{Printed, history::span};

/// Rehearsals.
#[derive(Debug, Clone, Args)]
pub struct Drill {
    /// What is rehearsed.
    #[command(subcommand)]
    pub what: DrillCommand,
}

/// What is rehearsed.
#[derive(Debug, Clone, Subcommand)]
pub enum DrillCommand {
    /// A marked alert goes the way of every alert: which channel takes it, how fast, and whether its runbook can be read
    Breach {
        /// The signal, rule or objective whose alert it is; otherwise the first that has a runbook
        #[arg(long, value_name = "NAME")]
        of: Option<String>,
        /// What every drill takes.
        #[command(flatten)]
        how: How,
    },
    /// 500 marked alerts within a minute: how many messages become of them
    Storm {
        /// How many
        #[arg(long, value_name = "N", default_value_t = 500, value_parser = clap::value_parser!(u16).range(1..=5_000))]
        alerts: u16,
        /// What every drill takes.
        #[command(flatten)]
        how: How,
    },
    /// A marked breach of what a release is rolled back for: how long until somebody knows, and whether the way back is written down
    Rollback {
        /// The signal, rule or objective that is the criterion; otherwise the first that has a runbook
        #[arg(long, value_name = "NAME")]
        of: Option<String>,
        /// What every drill takes.
        #[command(flatten)]
        how: How,
    },
    /// The sign of life that a dead man's switch waits for
    Deadman {
        /// How it is printed.
        #[command(flatten)]
        printed: Printed,
    },
}

/// What every drill takes.
#[derive(Debug, Clone, Copy, Args)]
pub struct How {
    /// Channels that page people are told as well
    #[arg(long)]
    pub page: bool,
    /// How long channels may take at most
    #[arg(long, value_name = "SPAN", default_value = "3m", value_parser = span)]
    pub within: TimeDelta,
    /// How it is printed.
    #[command(flatten)]
    pub printed: Printed,
}
