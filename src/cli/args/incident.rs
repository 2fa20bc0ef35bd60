//! `watchfloor incident KEY …` and `watchfloor outbox …`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::Printed;
use crate::domain::{incident::CloseReason, priority::Priority};

/// About one incident.
#[derive(Debug, Clone, Args)]
pub struct Incident {
    /// Its key: acme/api#812, or api#812 or 812 where that is enough; for create a repository, acme/api
    pub key: String,
    /// What about it; nothing = show.
    #[command(subcommand)]
    pub command: Option<IncidentCommand>,
    /// How it is printed.
    #[command(flatten)]
    pub printed: Printed,
}

/// What about an incident.
#[derive(Debug, Clone, Subcommand)]
pub enum IncidentCommand {
    /// What is known of it, its clocks and its escalation
    Show(Printed),
    /// What moved its clocks: each start, pause, resume and stop, by whom, under which rule
    Why(Printed),
    /// Take it on: recorded here, and at the host what the settings say under `ack`
    Ack {
        /// Record it here, and do nothing at the host
        #[arg(long)]
        only_here: bool,
        /// How it is printed.
        #[command(flatten)]
        printed: Printed,
    },
    /// Give it back
    Unack(Printed),
    /// Assign people; @me is you
    Assign {
        /// Their accounts
        #[arg(required = true, value_name = "LOGIN")]
        logins: Vec<String>,
        /// How it is printed.
        #[command(flatten)]
        printed: Printed,
    },
    /// Take people off; without names, everybody who is known to be assigned
    Unassign {
        /// Their accounts
        #[arg(value_name = "LOGIN")]
        logins: Vec<String>,
        /// How it is printed.
        #[command(flatten)]
        printed: Printed,
    },
    /// Set labels
    Label {
        /// Their names
        #[arg(required = true, value_name = "LABEL")]
        labels: Vec<String>,
        /// How it is printed.
        #[command(flatten)]
        printed: Printed,
    },
    /// Take labels off
    Unlabel {
        /// Their names
        #[arg(required = true, value_name = "LABEL")]
        labels: Vec<String>,
        /// How it is printed.
        #[command(flatten)]
        printed: Printed,
    },
    /// Set the label of a priority and take off those of the others
    Priority {
        /// The priority: P0 to P3, or none
        #[arg(value_parser = wanted_priority)]
        priority: WantedPriority,
        /// How it is printed.
        #[command(flatten)]
        printed: Printed,
    },
    /// Comment on it; without a text, in your editor
    Comment {
        /// What is written.
        #[command(flatten)]
        body: Body,
        /// How it is printed.
        #[command(flatten)]
        printed: Printed,
    },
    /// Close it
    Close {
        /// Why
        #[arg(long, value_enum, default_value_t = Reason::Completed)]
        reason: Reason,
        /// How it is printed.
        #[command(flatten)]
        printed: Printed,
    },
    /// Open it again
    Reopen(Printed),
    /// Close it as a duplicate of another one, with a comment that says of which
    Duplicate {
        /// The key of the other one
        of: String,
        /// How it is printed.
        #[command(flatten)]
        printed: Printed,
    },
    /// Put it out of sight until a time, here and for everybody on this state folder
    Snooze {
        /// Until when: 30m, 4h, 2d, or an instant such as 2026-11-20T08:00:00Z
        until: String,
        /// How it is printed.
        #[command(flatten)]
        printed: Printed,
    },
    /// Bring a snoozed one back
    Wake(Printed),
    /// Open its page in a browser
    Open,
    /// Open a new incident in a repository: watchfloor incident acme/api create --title TEXT
    Create {
        /// Its title
        #[arg(long)]
        title: String,
        /// Its opening text.
        #[command(flatten)]
        body: Body,
        /// A label it gets; may be given again
        #[arg(long = "label", value_name = "LABEL")]
        labels: Vec<String>,
        /// How it is printed.
        #[command(flatten)]
        printed: Printed,
    },
}

impl IncidentCommand {
    /// Whether its own `--json` was given.
    pub fn is_json(&self) -> bool {
        match self {
            Self::Show(printed) | Self::Why(printed) | Self::Unack(printed) => printed.json,
            Self::Reopen(printed) | Self::Wake(printed) => printed.json,
            Self::Ack { printed, .. } | Self::Assign { printed, .. } | Self::Unassign { printed, .. } => printed.json,
            Self::Label { printed, .. } | Self::Unlabel { printed, .. } | Self::Priority { printed, .. } => {
                printed.json
            }
            Self::Comment { printed, .. } | Self::Close { printed, .. } | Self::Duplicate { printed, .. } => {
                printed.json
            }
            Self::Snooze { printed, .. } | Self::Create { printed, .. } => printed.json,
            Self::Open => false,
        }
    }
}

/// A text.
#[derive(Debug, Clone, Default, Args)]
pub struct Body {
    /// The text itself; - is standard input
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    pub body: Option<String>,
    /// A file that holds the text; - is standard input
    #[arg(long, value_name = "FILE", conflicts_with = "body")]
    pub body_file: Option<PathBuf>,
}

/// Why an incident is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Reason {
    /// It is done
    Completed,
    /// It will not be done
    #[value(alias = "not_planned")]
    NotPlanned,
    /// Something else covers it
    Duplicate,
}

impl Reason {
    /// As the domain knows it.
    pub fn meant(self) -> CloseReason {
        match self {
            Self::Completed => CloseReason::Completed,
            Self::NotPlanned => CloseReason::NotPlanned,
            Self::Duplicate => CloseReason::Duplicate,
        }
    }
}

/// A priority, or that there is to be none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WantedPriority(pub Option<Priority>);

fn wanted_priority(written: &str) -> Result<WantedPriority, String> {
    if written.eq_ignore_ascii_case("none") {
        return Ok(WantedPriority(None));
    }
    let priority = Priority::parse(written).ok_or_else(|| "write P0, P1, P2, P3 or none".to_owned())?;
    Ok(WantedPriority(Some(priority)))
}

/// What waits for the hosts.
#[derive(Debug, Clone, Args)]
pub struct Outbox {
    /// What about it; nothing = list.
    #[command(subcommand)]
    pub command: Option<OutboxCommand>,
    /// How it is printed.
    #[command(flatten)]
    pub printed: Printed,
}

/// What about the outbox.
#[derive(Debug, Clone, Subcommand)]
pub enum OutboxCommand {
    /// What waits, why and since when; with --all what ended within seven days as well
    List {
        /// What ended as well
        #[arg(long)]
        all: bool,
        /// How it is printed.
        #[command(flatten)]
        printed: Printed,
    },
    /// Take one out that was not asked for yet
    Cancel {
        /// Its name, as the list shows it
        id: String,
    },
    /// Try one that waits now
    Retry {
        /// Its name, as the list shows it
        id: String,
    },
    /// Deliver what waits, here and now
    Send,
}
