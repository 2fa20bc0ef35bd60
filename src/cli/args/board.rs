//! `watchfloor status` and `watchfloor queue`.

use chrono::{DateTime, Utc};
use clap::Args;

use super::{Printed, moment::instant};

/// The board, now or as it was known.
#[derive(Debug, Clone, Copy, Default, Args)]
pub struct Board {
    /// How it is printed.
    #[command(flatten)]
    pub printed: Printed,
    /// As it was known at this instant, by the record; otherwise now
    #[arg(long, value_name = "RFC3339", value_parser = instant)]
    pub at: Option<DateTime<Utc>>,
}
