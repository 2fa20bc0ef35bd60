//! `watchfloor slo …`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::Printed;

/// The objectives: budgets, burn rates, forecasts.
#[derive(Debug, Clone, Args)]
pub struct Slo {
    /// What about them; nothing = list.
    #[command(subcommand)]
    pub command: Option<SloCommand>,
    /// How it is printed.
    #[command(flatten)]
    pub printed: Printed,
}

/// What about the objectives.
#[derive(Debug, Clone, Subcommand)]
pub enum SloCommand {
    /// All of them: what is left, how fast it is spent, when it is gone
    List(Printed),
    /// One of them: figures, windows, limits, which row fires
    Why {
        /// Its name
        name: String,
        /// How it is printed.
        #[command(flatten)]
        printed: Printed,
    },
    /// Objectives of OpenSLO (YAML) as `[[slo]]` tables, on standard output; what cannot be said is named
    Import {
        /// The files
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
    },
}
