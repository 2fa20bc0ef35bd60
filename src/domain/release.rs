//! A release: checklist, phases, blockers, verdict (SEMANTICS section 7, R48–R50).
//!
//! CONTRACT: types settled, functions to be written.

use chrono::{DateTime, NaiveDate, Utc};

use crate::{
    domain::{incident::IncidentKey, zone::Zone},
    text::Text,
};

/// A checklist file as read: its task items in order.
#[derive(Debug, Clone, PartialEq)]
pub struct Checklist {
    /// The file, as configured or found.
    pub path: Text,
    /// The first heading, or blank.
    pub title: Text,
    /// Task items in file order (R49).
    pub items: Vec<Item>,
    /// What tells this version of the file from another (length and hash of its bytes).
    pub digest: Digest,
}

/// Tells two versions of a file apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Digest {
    /// Bytes in the file.
    pub length: u64,
    /// FNV-1a 64 of its bytes.
    pub hash: u64,
}

/// One task item.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// Whether its box is ticked.
    pub is_done: bool,
    /// Its text, without Markdown marks.
    pub text: Text,
    /// How deep it is nested: 0 for the outermost list.
    pub depth: u16,
    /// The heading above it; blank where there is none.
    pub section: Text,
    /// Days from T-0, from the nearest heading that says `T-2`, `T+1`, `T0`; nothing where none does.
    pub phase: Option<i32>,
    /// Who, where the text names somebody as `@name`.
    pub owner: Option<Text>,
    /// Line in the file, from 1.
    pub line: usize,
    /// Offset in the file of the one byte between the brackets.
    pub byte: usize,
}

/// Progress in figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Progress {
    /// Task items.
    pub total: usize,
    /// Ticked ones.
    pub done: usize,
}

/// A release as the board shows it.
#[derive(Debug, Clone, PartialEq)]
pub struct Release {
    /// Its name, `4.9.9`.
    pub name: Text,
    /// The day of T-0 in `zone`; nothing = no date set.
    pub day: Option<NaiveDate>,
    /// The instant of T-0, where an hour is set.
    pub at: Option<DateTime<Utc>>,
    /// The zone its days are counted in.
    pub zone: Zone,
    /// Its checklists, in configured order.
    pub checklists: Vec<Checklist>,
    /// Roles whose "go" it needs, and what each said.
    pub sign_offs: Vec<SignOff>,
    /// Open incidents that block it.
    pub blockers: Vec<IncidentKey>,
}

/// One role's word on the release.
#[derive(Debug, Clone, PartialEq)]
pub struct SignOff {
    /// The role: `engineering`, `qa`.
    pub role: Text,
    /// What it said.
    pub word: Word,
}

/// What a role said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Word {
    /// Nothing yet.
    Silent,
    /// Go.
    Go,
    /// No go.
    Veto,
}

/// One reason against release.
#[derive(Debug, Clone, PartialEq)]
pub enum Reason {
    /// Task items up to and including today's phase (or all, where no phases or past T-0) are not done.
    ItemsOpen(usize),
    /// Items of phases before today's are not done.
    ItemsOverdue(usize),
    /// A role has not said go.
    NotSigned(Text),
    /// A role said no.
    Vetoed(Text),
    /// An open incident blocks.
    Blocked(IncidentKey),
    /// There is nothing to judge by: no task item was found (a gate without criteria is an error, R50).
    NothingToJudge,
}

// To be written here:
//
//   impl Checklist { pub fn progress(&self) -> Progress; pub fn sections(&self) -> Vec<(Text, Progress)> }
//   impl Release {
//       pub fn progress(&self) -> Progress;
//       pub fn phase_today(&self, now) -> Option<i32>;                 // difference of local dates (R48)
//       pub fn phase_window(&self, phase: i32) -> Option<(DateTime<Utc>, DateTime<Utc>)>;   // through Zone::resolve
//       pub fn phases(&self) -> Vec<PhaseCell { phase, progress }>;    // those that occur, ascending
//       pub fn due_today(&self, now) -> Vec<&Item>;  pub fn overdue(&self, now) -> Vec<&Item>;
//       pub fn reasons_against(&self, now) -> Vec<Reason>;             // empty = go
//   }
//   pub fn phase_of_heading(heading: &str) -> Option<i32>;             // "T-2", "T−2", "Day T+1:", "T0", "T-0"; not "AT-2", "T-shirt"
