//! `watchfloor incident KEY …`.

use clap::{Args, Subcommand};

use super::Printed;

/// About one incident.
#[derive(Debug, Clone, Args)]
pub struct Incident {
    /// Its key: acme/api#812, or api#812 or 812 where that is enough
    pub key: String,
    /// What about it; nothing = show.
    #[command(subcommand)]
    pub command: Option<IncidentCommand>,
    /// How it is printed.
    #[command(flatten)]
    pub printed: Printed,
}

/// What about an incident.
#[derive(Debug, Clone, Copy, Subcommand)]
pub enum IncidentCommand {
    /// What is known of it, its clocks and its escalation
    Show(Printed),
    /// What moved its clocks: each start, pause, resume and stop, by whom, under which rule
    Why(Printed),
}
