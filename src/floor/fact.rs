//! Facts: what happened outside, past tense. The only way anything reaches the floor.

use std::{collections::BTreeMap, sync::Arc};

use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    domain::{
        alert::{AlertId, rule::AnyRule},
        burn_in::BurnIn,
        computed::Computed,
        diff::DiffLine,
        duty::Duty,
        goal::{Goal, Place},
        incident::{IncidentKey, Login, Repo},
        intent::{Intent, OpId, Progress},
        plans::Plans,
        release::{Digest, Release, gate::Kin, judging::Seen, plan::StepId},
        remote::Told,
        rollup::Past,
        rota::{OverrideChange, Roster},
        sample::{Labelled, SeriesKey, Telling},
        series::{Sample, Signal},
        slo::Slo,
        trouble::{Skipped, Trouble},
    },
    floor::{duties::DutiesRead, handled, queue::Queue, recorded::Recorded, standing::Standing},
    text::{Passage, Text},
};

mod answer;

pub use answer::{Changed, Part, Polled};

pub use crate::domain::host::{Going, Gone, Host, Quota, Reach, RefChecks};

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
    /// Files were read anew: what they held, for the record. What they say comes as a fact of its own.
    FilesRead {
        /// Which source.
        source: SourceId,
        /// The files, the first being the one that the settings name.
        files: Vec<FileRead>,
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
    /// Files that evidence of the release asks for were looked at: what they held, by the place of what asks in the settings.
    EvidenceRead(SourceId, Vec<(usize, Seen)>),
    /// What lies between commits on record of the release and the one that is to go out.
    Compared(Vec<(Text, Kin)>),
    /// A duty to tend was declared.
    DutyAdded(Box<Duty>),
    /// A burn-in was declared.
    BurnInAdded(Box<BurnIn>),
    /// There is a goal.
    GoalAdded(Box<Goal>),
    /// Numbers that goals look for in files: each place with what stands there.
    FiguresRead(SourceId, Vec<(Place, Result<f64, Text>)>),
    /// The record and the evidence of the duties were read.
    DutiesRead(Box<DutiesRead>),
    /// A signal to show was declared.
    SignalAdded {
        /// Which source feeds it.
        source: SourceId,
        /// What it is.
        signal: Box<Signal>,
    },
    /// A signal that is worked out was declared.
    ComputedAdded(Box<Computed>),
    /// Which signals stand together: by the signal's name, the group's. Told once, after all signals.
    Grouped(BTreeMap<Text, Text>),
    /// An objective on signals that were declared before.
    SloAdded(Box<Slo>),
    /// A followed file brought samples that say what they are of, told so.
    Measured(Vec<Labelled>, Telling),
    /// What a file that was read before this process began says of now: it is counted already.
    Standing(Vec<Labelled>),
    /// Which series of a metric file cannot be read now, in place of those told before.
    Doubted {
        /// The file's name.
        file: Text,
        /// All of them.
        series: Vec<SeriesKey>,
        /// Why not; nothing where all can be.
        why: Option<Text>,
    },
    /// What series did before this process began, each in the order of time; told once, before any of their samples.
    Remeasured(Vec<Past>),
    /// What an earlier process knew of signals.
    OnRecord(Recorded),
    /// Alert rules were read: they take the place of those before.
    RulesRead(Vec<AnyRule>),
    /// Another server told of its alerts, rules and silences.
    RemoteTold {
        /// Which source.
        source: SourceId,
        /// All that it told: it takes the place of what it told before.
        told: Box<Told>,
    },
    /// A signal's file brought samples.
    Sampled {
        /// Which.
        signal: SignalId,
        /// Finite samples, oldest first.
        samples: Vec<Sample>,
        /// How they are told.
        telling: Telling,
        /// Lines left out, named.
        skipped: Vec<Skipped>,
        /// Lines left out altogether, since the file was opened.
        n_skipped: usize,
    },
    /// Another server said what a signal came to at the ends of minutes: for the objectives that count it.
    Minutes {
        /// The signal's name.
        signal: Text,
        /// Oldest first.
        samples: Vec<Sample>,
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
        /// The file.
        path: Text,
        /// The item.
        step: StepId,
        /// Its line in the file as it is now.
        line: usize,
        /// Whether it is ticked now.
        is_done: bool,
        /// The version of the file it was changed in.
        from: Digest,
        /// The version that was written.
        to: Digest,
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
    /// A host told what has changed: only that, for its source keeps the rest.
    Changed(Changed),
    /// How a source stood when whoever asked it last was heard: for one whose last round failed.
    Stood {
        /// Which source.
        source: SourceId,
        /// How it stood, with when it was really heard and since when it is in trouble.
        standing: Box<Standing>,
    },
    /// What is known of a host itself.
    HostKnown {
        /// Which source.
        source: SourceId,
        /// What is known.
        host: Box<Host>,
    },
    /// All that the store remembers was read, after the first rows of it were shown.
    Recalled(Box<Queue>),
    /// What a repository has planned and published.
    Planned {
        /// Which source.
        source: SourceId,
        /// Its milestones and releases.
        plans: Box<Plans>,
    },
    /// The opening text of an incident was read from disk.
    BodyRead {
        /// Which.
        key: IncidentKey,
        /// The text; nothing = it has none.
        body: Option<Box<Passage>>,
    },
    /// A runbook's page was read, or could not be.
    RunbookRead {
        /// The page, as it was asked for.
        page: Text,
        /// Its text, or why there is none.
        read: Result<Box<Passage>, Text>,
    },
    /// What people did about alerts was read from disk: who took which on, which silences there are.
    AlertsKept(Box<handled::Kept>),
    /// How far the notices are that tell of an alert was read, or could not be.
    NoticesRead(AlertId, Result<Vec<handled::NoticeStep>, Text>),
    /// Somebody gave an incident back that they had taken on.
    AckTakenBack {
        /// What.
        key: IncidentKey,
        /// Who.
        by: Login,
        /// When.
        at: DateTime<Utc>,
    },
    /// An incident was put out of sight until an instant, for everybody on this store.
    Snoozed {
        /// What.
        key: IncidentKey,
        /// Until when.
        until: DateTime<Utc>,
        /// Who.
        by: Login,
        /// When.
        at: DateTime<Utc>,
    },
    /// A snoozed incident was brought back before its time.
    Woken {
        /// What.
        key: IncidentKey,
        /// Who.
        by: Login,
        /// When.
        at: DateTime<Utc>,
    },
    /// Intents were written down: they are on disk.
    Intended(Vec<Intent>),
    /// An intent got further.
    Progressed {
        /// Which.
        id: OpId,
        /// How far it is now.
        progress: Progress,
        /// When.
        at: DateTime<Utc>,
    },
    /// Something asked for could not be written down; nothing of it is done.
    NotIntended {
        /// What it was about.
        keys: Vec<IncidentKey>,
        /// Why not, and what to do.
        why: Text,
    },
    /// A text was written in the person's editor, to be used as asked for.
    Composed {
        /// What it is for.
        about: Compose,
        /// The text; blank = the person thought better of it.
        text: Passage,
    },
    /// Which part this process plays among those on the same state folder.
    Plays(Role),
    /// What was done here waits for the disk, or does so no longer.
    Unsaved {
        /// How much of what people did waits; what hosts tell can be asked again and is not counted.
        n: usize,
        /// Why, and what to do; nothing = all is saved.
        why: Option<Text>,
    },
    /// Something small was done or not done, worth one line in the footer.
    Told {
        /// What.
        what: Text,
        /// Whether it went well.
        went: Went,
    },
}

/// One file, or one calendar at an address, as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileRead {
    /// Its path, or a name for its address that does not give the address away. Not for a screen.
    pub name: String,
    /// What it held when it was last good; nothing where it never was.
    pub bytes: Option<Arc<[u8]>>,
    /// Why that is not what it says now, where it is not.
    pub doubt: Option<Text>,
}

/// What a text from the person's editor is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Compose {
    /// A comment on these.
    Comment(Vec<IncidentKey>),
    /// A new incident in a repository; the first line is the title.
    Create(Repo),
}

/// Which part a process plays among those that share a state folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Role {
    /// It asks the hosts and delivers.
    Syncs,
    /// Another process does, and this one shows what that one wrote down.
    Follows {
        /// Its process, where known: `pid 1234`.
        who: Text,
    },
    /// There is no store to share: it asks the hosts for itself and can deliver nothing.
    Alone,
}

/// How a small thing went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Went {
    /// Done.
    Well,
    /// Not done.
    Badly,
}
