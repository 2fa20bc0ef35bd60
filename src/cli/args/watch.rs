//! `watchfloor watch`.

use chrono::TimeDelta;
use clap::Args;

use super::history::span;

/// The watcher.
#[derive(Debug, Clone, Copy, Args)]
pub struct Watch {
    /// One whole pass, a summary, and the end: exit code 0, or 4 where a source was not heard whole or something waits
    #[arg(long)]
    pub once: bool,
    /// With --once: how long it may take at most
    #[arg(long, value_name = "SPAN", requires = "once", default_value = "10m", value_parser = span)]
    pub within: TimeDelta,
}
