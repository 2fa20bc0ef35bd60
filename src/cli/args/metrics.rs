//! What can be typed behind `watchfloor metrics`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::Printed;

/// About the signals and about metric files.
#[derive(Debug, Clone, Args)]
pub struct Metrics {
    /// What about them; nothing = the signals of the settings.
    #[command(subcommand)]
    pub command: Option<MetricsCommand>,
    /// How it is printed.
    #[command(flatten)]
    pub printed: Printed,
}

/// What about metric files.
#[derive(Debug, Clone, Subcommand)]
pub enum MetricsCommand {
    /// Read files as they would be followed: their shape, and every record that is left out and why; exit code 1 where one is
    Check(CheckFiles),
}

/// Which files are checked.
#[derive(Debug, Clone, Args)]
pub struct CheckFiles {
    /// CSV, JSON Lines, Prometheus text or OpenMetrics
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// How it is printed.
    #[command(flatten)]
    pub printed: Printed,
}
