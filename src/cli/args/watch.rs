//! `watchfloor watch`.

use chrono::TimeDelta;
use clap::Args;

use super::history::span;

/// The watcher.
#[derive(Debug, Clone, Copy, Args)]
pub struct Watch {
    /// One whole pass, a summary, and the end: exit code 0, 4 where a source was not heard whole or a change waits, 1 where a host refused a change
    #[arg(long)]
    pub once: bool,
    /// With --once: how long it may take at most
    #[arg(long, value_name = "SPAN", requires = "once", default_value = "10m", value_parser = span)]
    pub within: TimeDelta,
}
