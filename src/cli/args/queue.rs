//! `watchfloor queue`.

use chrono::{DateTime, Utc};
use clap::Args;

use super::{Printed, moment::instant};

/// The incidents: all that are open, or some.
#[derive(Debug, Clone, Default, Args)]
pub struct Queue {
    /// Which ones.
    #[command(flatten)]
    pub ask: Ask,
    /// How they are printed.
    #[command(flatten)]
    pub printed: Printed,
    /// As it was known at this instant, by the record; otherwise now
    #[arg(long, value_name = "RFC3339", value_parser = instant)]
    pub at: Option<DateTime<Utc>>,
}

/// Which incidents, in which order.
#[derive(Debug, Clone, Default, Args)]
pub struct Ask {
    /// Only what passes, such as 'is:over,risk repo:acme/* -label:question' (docs/guide/queries.md)
    #[arg(long, value_name = "QUERY", allow_hyphen_values = true)]
    pub query: Option<String>,
    /// A section of the settings, or of the usual ones, by its name; with --query, what passes both
    #[arg(long, value_name = "NAME")]
    pub section: Option<String>,
    /// Put together by repository, label, owner or priority
    #[arg(long, value_name = "WORD")]
    pub group: Option<String>,
    /// Sorted by breach, priority, age, updated, repository or comments; with - before it, the other way round
    #[arg(long, value_name = "WORD", allow_hyphen_values = true)]
    pub sort: Option<String>,
}

impl Ask {
    /// Whether nothing is asked for in particular.
    pub fn is_plain(&self) -> bool {
        self.query.is_none() && self.section.is_none() && self.group.is_none() && self.sort.is_none()
    }
}
