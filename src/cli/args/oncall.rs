//! `watchfloor oncall …`.

use std::path::PathBuf;

use chrono::{DateTime, Utc};
use clap::{Args, Subcommand};

use super::moment::{Moment, instant, moment};

/// Who is on call.
#[derive(Debug, Clone, Args)]
pub struct Oncall {
    /// What about it; nothing = the board of the settings' roster, or now where a roster, an instant, a zone or a seat is named.
    #[command(subcommand)]
    pub command: Option<OncallCommand>,
    /// Which roster, for which instant, in which zone.
    #[command(flatten)]
    pub asked: Asked,
}

/// Which roster, for which instant, in which zone, printed how.
#[derive(Debug, Clone, Default, Args)]
pub struct Asked {
    /// Versioned JSON instead of text (docs/json.md)
    #[arg(long, global = true)]
    pub json: bool,
    /// Ask this file alone, without any settings: a roster (.toml), a calendar (.ics) or an exported schedule (.json)
    #[arg(long, global = true, value_name = "FILE")]
    pub roster: Option<PathBuf>,
    /// The instant asked about; otherwise now
    #[arg(long, global = true, value_name = "RFC3339", value_parser = instant)]
    pub at: Option<DateTime<Utc>>,
    /// Print times in this zone; otherwise in the roster's
    #[arg(long, global = true, value_name = "ZONE")]
    pub tz: Option<String>,
    /// Only this seat
    #[arg(long, global = true, value_name = "NAME")]
    pub seat: Option<String>,
}

impl Asked {
    /// Whether nothing is asked but the settings' roster, now.
    pub fn is_plain(&self) -> bool {
        self.roster.is_none() && self.at.is_none() && self.tz.is_none() && self.seat.is_none()
    }
}

/// A stretch of time.
#[derive(Debug, Clone, Copy, Default, Args)]
pub struct Span {
    /// From when, included; without an offset by the clock of --tz, else of the roster's zone
    #[arg(long, value_name = "TIME", value_parser = moment)]
    pub from: Option<Moment>,
    /// Until when, excluded
    #[arg(long, value_name = "TIME", value_parser = moment)]
    pub to: Option<Moment>,
}

/// What about the rota.
#[derive(Debug, Clone, Subcommand)]
pub enum OncallCommand {
    /// Who is on call, since when, until when
    Now,
    /// Who follows, and when
    Next,
    /// The final schedule of a stretch of time; otherwise of the next fourteen days
    Schedule(Span),
    /// Gaps, unmeant overlaps, duty within leave, overrides that change nothing, the page that no longer matches
    Check {
        /// The stretch that is checked; otherwise the next ninety days.
        #[command(flatten)]
        span: Span,
        /// The on-call page that `export --page` wrote: it must still say what the roster says
        #[arg(long, value_name = "FILE")]
        page: Option<PathBuf>,
    },
    /// Hours, nights and weekends of each person; otherwise of the last ninety days
    Fairness(Span),
    /// Exceptions: add, remove, list
    Override {
        /// What about them.
        #[command(subcommand)]
        command: OverrideCommand,
    },
    /// The schedule as a calendar (.ics) or as the on-call page (Markdown), on standard output or into a file
    Export {
        /// The stretch that is written; otherwise 15 days back and 180 ahead, for the page eight weeks from today.
        #[command(flatten)]
        span: Span,
        /// The Markdown page instead of the calendar
        #[arg(long)]
        page: bool,
        /// Write into this file; a calendar written before is updated, shifts that are gone are cancelled in it
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// A roster (TOML, on standard output) from an exported schedule: PagerDuty or Opsgenie JSON, or a plain one
    Import {
        /// The file
        file: PathBuf,
    },
}

/// What about overrides.
#[derive(Debug, Clone, Subcommand)]
pub enum OverrideCommand {
    /// Write an override into the roster file, its comments kept
    Add {
        /// Who steps in; several with commas
        #[arg(long, value_name = "PERSON", value_delimiter = ',', required = true)]
        user: Vec<String>,
        /// Instead of this person only; otherwise instead of everybody
        #[arg(long, value_name = "PERSON", conflicts_with_all = ["extra", "away"])]
        instead_of: Option<String>,
        /// As well as whoever is on call
        #[arg(long, conflicts_with = "away")]
        extra: bool,
        /// The person is taken off, nobody steps in
        #[arg(long)]
        away: bool,
        /// From when, included; without an offset by the clock of --tz, else of the roster's zone
        #[arg(long, value_name = "TIME", value_parser = moment)]
        from: Moment,
        /// Until when, excluded
        #[arg(long, value_name = "TIME", value_parser = moment)]
        to: Moment,
        /// Why
        #[arg(long)]
        note: Option<String>,
        /// Show the change, write nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// Take an override out of the roster file
    Remove {
        /// Its number, as `list` prints it
        #[arg(value_parser = number)]
        number: usize,
        /// Show the change, write nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// Every override of the file, with its number
    List,
}

fn number(written: &str) -> Result<usize, String> {
    written.parse().map_err(|_| "write the number that `watchfloor oncall override list` prints, such as 2".to_owned())
}
