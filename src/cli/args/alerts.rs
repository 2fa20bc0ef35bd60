//! `watchfloor alerts …`.

use chrono::TimeDelta;
use clap::{Args, Subcommand};

use super::Printed;

/// Alerts: what fires, why, and which rules are judged.
#[derive(Debug, Clone, Args)]
pub struct Alerts {
    /// What about them; nothing = list.
    #[command(subcommand)]
    pub command: Option<AlertsCommand>,
    /// How it is printed.
    #[command(flatten)]
    pub printed: Printed,
}

/// What about alerts.
#[derive(Debug, Clone, Subcommand)]
pub enum AlertsCommand {
    /// What fires and what is pending
    List(Printed),
    /// One alert: its rule, its labels, what was measured, since when
    Why {
        /// The first characters of its id, or its rule's name
        id: String,
        /// How it is printed.
        #[command(flatten)]
        printed: Printed,
    },
    /// Take on an alert of an Alertmanager: a silence is made there, for all who look at it
    Ack {
        /// The first characters of its id there, or its name where only one is called that
        id: String,
        /// How long nobody is told of it, at most 90 days
        #[arg(long = "for", value_name = "SPAN", value_parser = super::history::span, default_value = "2h")]
        length: TimeDelta,
        /// Why; whoever finds the silence reads it
        #[arg(long, default_value = "taken on")]
        comment: String,
        /// Who takes it on; otherwise you
        #[arg(long)]
        author: Option<String>,
    },
    /// Every rule: evaluated or refused, and what is wrong; exit code 1 where a rule is not evaluated or has no runbook
    Check(Printed),
    /// How loud each rule was, as far as the files reach back
    Noise(Printed),
}
