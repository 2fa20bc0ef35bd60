//! `watchfloor silence`.

use chrono::TimeDelta;
use clap::{Args, Subcommand};

use super::history::span;

/// Silences.
#[derive(Debug, Clone, Args)]
pub struct Silence {
    /// What about them.
    #[command(subcommand)]
    pub what: SilenceCommand,
}

/// What to do about silences.
#[derive(Debug, Clone, Subcommand)]
pub enum SilenceCommand {
    /// Have nobody told of what fits: silence add 'alertname="latency"' --for 2h --comment "cache is filling"
    Add {
        /// What alerts must fit, all of it: env="prod", env!="dev", host=~"web.*", host!~"db.*"
        #[arg(required = true, value_name = "MATCHER")]
        matchers: Vec<String>,
        /// How long, at most 90 days
        #[arg(long = "for", value_name = "SPAN", value_parser = span)]
        length: TimeDelta,
        /// Why; whoever finds the silence at night reads it
        #[arg(long)]
        comment: String,
        /// Who wants it; otherwise you
        #[arg(long)]
        author: Option<String>,
        /// Make it in this Alertmanager of the settings instead of here
        #[arg(long, value_name = "NAME")]
        at: Option<String>,
    },
    /// Every silence that has not ended
    List {
        /// Those that have ended as well
        #[arg(long)]
        all: bool,
        /// Versioned JSON instead of text (docs/json.md)
        #[arg(long)]
        json: bool,
    },
    /// End one now
    Expire {
        /// Its name, as list shows it
        id: String,
    },
}
