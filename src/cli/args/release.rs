//! `watchfloor release`.

use std::path::PathBuf;

use chrono::NaiveDate;
use clap::{Args, Subcommand, ValueEnum};

use super::Printed;
use crate::{
    domain::release::{calendar::Mode, plan::Steps},
    text::Text,
};

/// About the release.
#[derive(Debug, Clone, Args)]
pub struct Release {
    /// What about it; nothing = its status.
    #[command(subcommand)]
    pub command: Option<ReleaseCommand>,
    /// How it is printed.
    #[command(flatten)]
    pub printed: Printed,
}

/// What about the release.
#[derive(Debug, Clone, Subcommand)]
pub enum ReleaseCommand {
    /// Progress, what is due, the verdict
    Status {
        /// Judge this plan alone; of the settings, only those named with --config count
        #[arg(long, value_name = "FILE")]
        file: Option<PathBuf>,
        /// How the plan is read.
        #[command(flatten)]
        plan: OnPlan,
        /// How it is printed.
        #[command(flatten)]
        printed: Printed,
    },
    /// Tick or untick an item in its file
    Toggle {
        /// The checklist file
        #[arg(long, value_name = "FILE")]
        file: PathBuf,
        /// The item's line, from 1
        line: usize,
    },
    /// A step is done: its box in the file, or an entry on record where it has none
    Tick(Act),
    /// A step is not done after all
    Untick(Act),
    /// Say go for a role, or no
    Sign {
        /// The role
        role: String,
        /// No go
        #[arg(long, conflicts_with = "withdraw")]
        veto: bool,
        /// What you said before does not count any more
        #[arg(long)]
        withdraw: bool,
        /// Where it is written.
        #[command(flatten)]
        on: OnRecord,
    },
    /// Pass over a failing CI job; the reason must be said
    Waive {
        /// The job
        what: String,
        /// Where it is written.
        #[command(flatten)]
        on: OnRecord,
    },
    /// Write down a decision: go, no-go, roll-back, stay, or a few words of your own
    Decide {
        /// What was decided
        what: String,
        /// Where it is written.
        #[command(flatten)]
        on: OnRecord,
    },
    /// An announcement went out
    Announce {
        /// Which: a step of the plan, or a name
        what: String,
        /// Where it is written.
        #[command(flatten)]
        on: OnRecord,
    },
    /// A freeze does not hold for this release; the reason must be said
    Except {
        /// The freeze
        freeze: String,
        /// Where it is written.
        #[command(flatten)]
        on: OnRecord,
    },
    /// Whether it may go out, with every reason: exit code 0 yes, 1 no, 3 nothing to judge by, 4 could not judge
    Gate(Judged),
    /// The memo for the decision, as Markdown: risks, open items, sign-offs, budgets, how it is taken back
    Memo(Judged),
    /// What went in since a tag or a day, as Markdown: merged pull requests, closed issues, whom to thank, the next version
    Notes {
        /// A tag that was published, a day, or an instant; otherwise the last release
        #[arg(long, value_name = "TAG|DATE")]
        since: Option<String>,
        /// The repository whose releases and changes count, where several are watched
        #[arg(long, value_name = "OWNER/NAME")]
        repository: Option<String>,
        /// How it is printed.
        #[command(flatten)]
        printed: Printed,
    },
}

/// What is judged.
#[derive(Debug, Clone, Args)]
pub struct Judged {
    /// Judge this plan alone; of the settings, only those named with --config count
    #[arg(long, value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// The commit that is to go out, by its signs or any name that its repository has for it: HEAD, a branch, a tag; sign-offs and runs of others do not count
    #[arg(long = "ref", value_name = "COMMIT", value_parser = commit)]
    pub commit: Option<String>,
    /// How the plan is read.
    #[command(flatten)]
    pub plan: OnPlan,
    /// How it is printed.
    #[command(flatten)]
    pub printed: Printed,
}

/// A step ticked or unticked.
#[derive(Debug, Clone, Args)]
pub struct Act {
    /// The step: its identity, L and its line (L12), or its whole text
    pub step: String,
    /// Which items are steps
    #[arg(long, value_enum)]
    pub steps: Option<StepsWord>,
    /// Although a step before it is open, where the plan goes in strict order
    #[arg(long)]
    pub anyway: bool,
    /// Where it is written.
    #[command(flatten)]
    pub on: OnRecord,
}

/// An entry on record.
#[derive(Debug, Clone, Args)]
pub struct OnRecord {
    /// The plan's file; the record is beside it, FILE.record
    #[arg(long, value_name = "FILE")]
    pub file: PathBuf,
    /// Who; otherwise you
    #[arg(long, value_name = "LOGIN")]
    pub by: Option<String>,
    /// Of which commit
    #[arg(long, value_name = "SHA", value_parser = commit)]
    pub commit: Option<String>,
    /// Why
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
}

/// Reads the name of a commit. A blank one is what a variable of CI leaves that is not set: to take it for none at all would
/// let sign-offs of every commit count.
fn commit(written: &str) -> Result<String, String> {
    let name = written.trim();
    if Text::scrub(name).is_blank() {
        return Err("it is blank: name the commit, or leave the option out; is the variable set?".to_owned());
    }
    Ok(name.to_owned())
}

/// How a plan is read.
#[derive(Debug, Clone, Default, Args)]
pub struct OnPlan {
    /// Which items are steps: those with a box, or all under headings of phases
    #[arg(long, value_enum)]
    pub steps: Option<StepsWord>,
    /// The day of T-0
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub date: Option<NaiveDate>,
    /// The IANA zone of the days
    #[arg(long, value_name = "ZONE")]
    pub zone: Option<String>,
    /// How days from T-0 are counted
    #[arg(long, value_enum)]
    pub days: Option<DaysWord>,
}

/// Which items are steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum StepsWord {
    /// Task items, with a box
    Boxes,
    /// Numbered and bulleted items under headings of phases too
    All,
}

/// How days are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum DaysWord {
    /// Every date
    Calendar,
    /// Monday to Friday
    Business,
    /// Dates as long as they last anywhere on earth
    Aoe,
}

impl From<StepsWord> for Steps {
    fn from(word: StepsWord) -> Self {
        match word {
            StepsWord::Boxes => Self::Boxes,
            StepsWord::All => Self::All,
        }
    }
}

impl From<DaysWord> for Mode {
    fn from(word: DaysWord) -> Self {
        match word {
            DaysWord::Calendar => Self::Calendar,
            DaysWord::Business => Self::Business,
            DaysWord::Aoe => Self::Aoe,
        }
    }
}
