//! Facts: what happened outside, past tense. The only way anything reaches the floor.

use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    domain::{
        diff::DiffLine,
        incident::{Incident, IncidentKey, Login},
        release::{Checklist, Digest, Release},
        rota::{OverrideChange, Roster},
        series::{Sample, Signal},
        trouble::{Skipped, Trouble},
    },
    text::Text,
};

/// Names a source for the life of the process: its place in the list of sources.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceId(pub usize);

/// Names a signal for the life of the process: its place in the list of signals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SignalId(pub usize);

/// Something that happened.
#[derive(Debug, Clone, PartialEq)]
pub enum Fact {
    /// Time went by. Deadlines are judged, polls fall due.
    Tick,
    /// The wall clock moved by more than time did (NTP, suspend).
    ClockJumped {
        /// Forward is positive.
        by: TimeDelta,
    },
    /// A source was asked and has not answered yet.
    Asked(SourceId),
    /// A source answered with incidents.
    Polled(Polled),
    /// A source answered that nothing has changed (304, or a file of the same size and time).
    Unchanged {
        /// Which.
        source: SourceId,
        /// What is left of the host's request budget, where it says.
        budget: Option<Quota>,
    },
    /// A source could not be read; what it said before stays.
    Failed {
        /// Which.
        source: SourceId,
        /// What kind of trouble.
        trouble: Trouble,
        /// What went wrong, a lower-case fragment.
        why: Text,
    },
    /// The roster was read.
    RosterRead {
        /// Which source.
        source: SourceId,
        /// The roster.
        roster: Box<Roster>,
    },
    /// What a source's last answer held that could not be used, all of it.
    LeftOut {
        /// Which.
        source: SourceId,
        /// What was left out, and why.
        skipped: Vec<Skipped>,
    },
    /// The release and its checklists were read.
    ReleaseRead {
        /// Which source.
        source: SourceId,
        /// The release, without blockers: the floor finds those in the queue.
        release: Box<Release>,
    },
    /// A signal to show was declared.
    SignalAdded {
        /// Which source feeds it.
        source: SourceId,
        /// What it is.
        signal: Box<Signal>,
    },
    /// A signal's file brought samples.
    Sampled {
        /// Which.
        signal: SignalId,
        /// Finite samples, oldest first.
        samples: Vec<Sample>,
        /// Lines left out, named.
        skipped: Vec<Skipped>,
        /// Lines left out altogether, since the file was opened.
        n_skipped: usize,
    },
    /// Somebody took an incident on, and that is on disk.
    Acknowledged {
        /// What.
        key: IncidentKey,
        /// Who.
        by: Login,
        /// When.
        at: DateTime<Utc>,
    },
    /// An acknowledgement could not be recorded.
    AckFailed {
        /// What.
        key: IncidentKey,
        /// Why not.
        why: Text,
    },
    /// A checklist's box was changed in its file.
    Toggled {
        /// The file as it is now.
        checklist: Box<Checklist>,
        /// The item's line.
        line: usize,
    },
    /// A checklist's box could not be changed; the file is as it was.
    ToggleFailed {
        /// The file.
        path: Text,
        /// The item's line.
        line: usize,
        /// Why not.
        why: Text,
    },
    /// What a change of a seat's exceptions would do to the roster file; nothing is written yet.
    OverridePreviewed {
        /// The seat.
        seat: Text,
        /// The change it is the preview of.
        change: OverrideChange,
        /// The lines that would differ, with their surroundings.
        diff: Vec<DiffLine>,
        /// The version of the file the preview was made of.
        seen: Digest,
    },
    /// A seat's exceptions were changed in the roster file; the roster is read again.
    OverrideWritten {
        /// The seat.
        seat: Text,
        /// The change.
        change: OverrideChange,
    },
    /// A seat's exceptions could not be changed, or the change not be previewed; the file is as it was.
    OverrideFailed {
        /// Why not, and what to do.
        why: Text,
    },
    /// Something small was done or not done, worth one line in the footer.
    Told {
        /// What.
        what: Text,
        /// Whether it went well.
        went: Went,
    },
}

/// How a small thing went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Went {
    /// Done.
    Well,
    /// Not done.
    Badly,
}

/// Incidents from one source, all of them or one part of a longer answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Polled {
    /// Which source.
    pub source: SourceId,
    /// What it told.
    pub items: Vec<Incident>,
    /// Records left out, named.
    pub skipped: Vec<Skipped>,
    /// Records left out altogether in this part.
    pub n_skipped: usize,
    /// Whether this part ends the answer, and whether the answer was all there is.
    pub part: Part,
    /// When the answer was true: now for a live answer, earlier for one from disk.
    pub as_of: DateTime<Utc>,
    /// What is left of the host's request budget, where it says.
    pub budget: Option<Quota>,
}

/// Where a part stands in an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// More follows.
    More,
    /// The last part of a whole answer: what the source no longer names is gone from the queue.
    Last,
    /// The last part of an answer that broke off: nothing is taken away.
    Broken,
    /// The last part of an answer kept on disk from an earlier run: shown until the source is heard.
    Cached,
}

/// A host's request budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// Requests left.
    pub remaining: u64,
    /// Requests in all.
    pub limit: u64,
}
