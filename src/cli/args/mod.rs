//! What can be typed on the command line.

mod alerts;
mod board;
mod burn_in;
mod drill;
mod duties;
mod goals;
mod history;
mod incident;
mod metrics;
mod moment;
mod oncall;
mod queue;
mod release;
mod silence;
mod sla;
mod slo;
mod watch;

use std::path::PathBuf;

use chrono::{DateTime, Utc};
use clap::{Args, Parser, Subcommand, ValueEnum};

use self::moment::instant;
pub use self::moment::moment;
pub use self::{
    alerts::{Alerts, AlertsCommand},
    board::Board,
    burn_in::{BurnIn, BurnInCommand},
    drill::{Drill, DrillCommand, How},
    duties::{Done, Duties, DutiesCommand},
    goals::{Goals, GoalsCommand},
    history::{History, When},
    incident::{Body, Incident, IncidentCommand, Outbox, OutboxCommand, Reason, WantedPriority},
    metrics::{CheckFiles, Compare, Direction, FormatWord, Metrics, MetricsCommand, Reading, Summarize},
    moment::Moment,
    oncall::{Asked, Oncall, OncallCommand, OverrideCommand, Span},
    queue::{Ask, Queue},
    release::{Act, DaysWord, Judged, OnPlan, OnRecord, Release, ReleaseCommand, StepsWord},
    silence::{Silence, SilenceCommand},
    sla::{Backtest, Between, Edge, Sla, SlaCommand, Stats, StatsBy},
    slo::{Slo, SloCommand},
    watch::Watch,
};

/// One screen for the person who carries the pager: incidents, SLA clocks, on-call, releases and metrics.
#[derive(Debug, Parser)]
#[command(name = "watchfloor", version, disable_help_subcommand = true, after_help = AFTER)]
pub struct Cli {
    /// What every command takes.
    #[command(flatten)]
    pub common: Common,
    /// What to do; nothing = the console.
    #[command(subcommand)]
    pub command: Option<Command>,
}

const AFTER: &str = "\
Examples:
  watchfloor                 the console, on watchfloor.toml or on the repository you stand in
  watchfloor demo            the console on a simulated world: no network, no token, no configuration
  watchfloor status          the whole board as text, once
  watchfloor queue --json    the incidents, for a program
  watchfloor history         what changed since yesterday
  watchfloor doctor          what was found, and what was not

Exit codes: 0 done or go, 1 the gate says no, 2 usage, 3 configuration, 4 could not judge, 70 our fault, 130 interrupted";

/// What every command takes.
#[derive(Debug, Clone, Args)]
pub struct Common {
    /// The settings file; otherwise watchfloor.toml here or above, then the one in your configuration folder
    #[arg(long, short, global = true, value_name = "FILE", env = "WATCHFLOOR_CONFIG")]
    pub config: Option<PathBuf>,
    /// What time it is: fixes the clock, for rehearsals and for reading an old backup
    #[arg(long, global = true, value_name = "RFC3339", value_parser = instant)]
    pub now: Option<DateTime<Utc>>,
    /// The theme: midnight, daylight, high-contrast or mono
    #[arg(long, global = true, value_name = "NAME", env = "WATCHFLOOR_THEME",
          value_parser = clap::builder::PossibleValuesParser::new(crate::config::THEMES))]
    pub theme: Option<String>,
    /// Where what must outlast the program is kept; otherwise your state folder
    #[arg(long, global = true, value_name = "FOLDER", env = "WATCHFLOOR_STATE")]
    pub state_dir: Option<PathBuf>,
    /// Draw with ASCII signs only, other letters as ?; otherwise chosen by the locale
    #[arg(long, global = true)]
    pub ascii: bool,
    /// Change nothing at any host, whatever is asked for
    #[arg(long, global = true, env = "WATCHFLOOR_READ_ONLY", value_parser = clap::builder::FalseyValueParser::new())]
    pub read_only: bool,
}

/// What to do.
#[derive(Debug, Clone, Subcommand)]
pub enum Command {
    /// The console on a simulated world: no network, no token, no configuration
    Demo(Demo),
    /// The whole board as text, once
    Status(Board),
    /// The incidents, next breach first; or a section, or what a query finds
    Queue(Queue),
    /// One incident: what is known of it, why its clocks stand as they do, and what is done to it
    Incident(Incident),
    /// What waits for the hosts: changes that were asked for and are not done yet
    Outbox(Outbox),
    /// The response and fix clocks: matrix, evidence, statistics, backtest
    Sla(Sla),
    /// The objectives: budget left, burn rates, forecast, why; import of OpenSLO
    Slo(Slo),
    /// The alerts: what fires, why, which rules are judged, how loud they were
    #[command(visible_alias = "alert")]
    Alerts(Alerts),
    /// Who is on call: now, next, schedule, checks, fairness, overrides, import and export
    Oncall(Oncall),
    /// Gates for CI: exit code 0 passes, 1 does not, 4 could not judge
    Check(Check),
    /// The release: progress, what is due, the verdict
    Release(Release),
    /// The standing work: what is due, late and done; tick it, a month of it, export
    #[command(visible_alias = "duty")]
    Duties(Duties),
    /// Burn-in: so many days in a row that something must hold; begin anew, allow a day
    BurnIn(BurnIn),
    /// The goals: figures, what they should come to, month by month
    #[command(visible_alias = "goal")]
    Goals(Goals),
    /// What changed: incidents, sources, the roster; the newest last
    History(History),
    /// Without a terminal: asks the hosts, puts everything on record, delivers what waits
    Watch(Watch),
    /// The signals, their bounds and budgets; sums of metric files, and what is wrong with them
    Metrics(Metrics),
    /// Silences: have nobody told of some alerts for a while
    Silence(Silence),
    /// Rehearsals over the real channels, marked as such: a breach, a storm, the sign of life
    Drill(Drill),
    /// What was found, which zone data, which colors, which paths
    Doctor(Printed),
    /// The settings: check them, or print the documented default or the schema
    Config {
        /// What about them.
        #[command(subcommand)]
        what: ConfigCommand,
    },
    /// Completions for your shell, on standard output
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
    /// Manual pages
    Man {
        /// Write one page a command into this folder; otherwise the main page goes to standard output
        #[arg(long, value_name = "FOLDER")]
        dir: Option<PathBuf>,
    },
}

/// How a command that prints prints.
#[derive(Debug, Clone, Copy, Default, Args)]
pub struct Printed {
    /// Versioned JSON instead of text (docs/json.md)
    #[arg(long)]
    pub json: bool,
}

/// Gates for CI.
#[derive(Debug, Clone, Copy, Args)]
pub struct Check {
    /// What is checked.
    #[arg(value_enum, default_value_t = CheckWhat::All)]
    pub what: CheckWhat,
    /// How it is printed.
    #[command(flatten)]
    pub printed: Printed,
}

/// What a gate checks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum CheckWhat {
    /// No breach older than the grace, no P0 without a response
    Sla,
    /// No gap, nobody unknown, no override that changes nothing, zone data new enough, the page still right
    Oncall,
    /// No page of an objective fires, no error budget is overspent
    Slo,
    /// The release may go out
    Release,
    /// No duty is late, and each can be judged
    Duties,
    /// All days of each burn-in are over, and held
    BurnIn,
    /// No goal is missed, and each can be judged
    Goals,
    /// The settings and every file they name
    Config,
    /// All of these
    All,
}

/// The simulated world.
#[derive(Debug, Clone, Args)]
pub struct Demo {
    /// The world's seed: the same seed and start tell the same story
    #[arg(long, default_value_t = 7)]
    pub seed: u64,
    /// Hold the world and its clock still
    #[arg(long)]
    pub paused: bool,
    /// How many of its seconds pass in one of yours
    #[arg(long, default_value_t = 1.0, value_parser = speed)]
    pub speed: f64,
    /// How many incidents it begins with
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u32).range(0..=1_000_000))]
    pub incidents: u32,
    /// Print its board as text instead of opening the console
    #[arg(long)]
    pub status: bool,
    /// With --status: versioned JSON
    #[arg(long, requires = "status")]
    pub json: bool,
}

fn speed(written: &str) -> Result<f64, String> {
    written
        .parse::<f64>()
        .ok()
        .filter(|s| (0.01..=100_000.0).contains(s))
        .ok_or_else(|| "write a number from 0.01 to 100000".to_owned())
}

/// What about the settings.
#[derive(Debug, Clone, Copy, Subcommand, ValueEnum)]
pub enum ConfigCommand {
    /// Read them and name every problem at once
    Check,
    /// Print the documented default
    Default,
    /// Print the JSON schema, for editors
    Schema,
    /// Print which file is in force
    Path,
}
