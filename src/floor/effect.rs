//! Effects: what should be done outside, imperative. Plain data: printable, comparable, storable.

use chrono::{DateTime, NaiveDate, Utc};

use crate::{
    domain::{
        alert::AlertId,
        incident::IncidentKey,
        intent::{Draft, OpId},
        notify::{Silence, SilenceId},
        record::Act,
        release::{
            Digest,
            plan::{Mark, StepId},
            record,
        },
        rota::{OverrideChange, watched::Watched},
    },
    floor::{
        escalation::Due,
        fact::{Compose, SourceId},
    },
    text::{Passage, Text},
};

/// A line for the record, but for who says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// What it says.
    pub act: Act,
    /// Of what.
    pub name: Text,
    /// Of which day's turn.
    pub day: Option<NaiveDate>,
    /// When it was so; nothing = now.
    pub at: Option<DateTime<Utc>>,
    /// The reason or a note; may be blank.
    pub note: Text,
}

/// Something the shell should do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Ask a source again.
    Poll(SourceId),
    /// Record that the person at the keyboard takes an incident on.
    Acknowledge(IncidentKey),
    /// Change one box in a checklist file: if the file is still the one that was shown, or if what has changed in it is
    /// elsewhere and the box is as it was shown.
    Toggle {
        /// The file.
        path: Text,
        /// The item's line, from 1.
        line: usize,
        /// The version of the file the person saw.
        seen: Digest,
        /// The item's box in that version.
        mark: Mark,
        /// The item.
        step: StepId,
    },
    /// Append to the record beside a plan: a step without a box, a sign-off, a decision.
    Enter {
        /// The plan's file.
        path: Text,
        /// What was done.
        deed: record::Deed,
        /// The commit it is said of.
        commit: Option<Text>,
        /// Why; blank = nothing was said.
        reason: Text,
    },
    /// Put on record who was seen on call.
    RecordDuty(Vec<Watched>),
    /// Add a line to the record: what the person at the keyboard did, or what was seen of evidence.
    Note(Note),
    /// Say which steps of which escalations fell due; never empty. A console says it; who watches and leads has it delivered.
    Escalate(Vec<Due>),
    /// Say what a change of a seat's exceptions would do to the roster file; write nothing.
    PreviewOverride {
        /// The seat.
        seat: Text,
        /// The change.
        change: OverrideChange,
    },
    /// Change a seat's exceptions in the roster file, if the file is still the one that was previewed.
    WriteOverride {
        /// The seat.
        seat: Text,
        /// The change.
        change: OverrideChange,
        /// The version of the file the preview was made of.
        seen: Digest,
    },
    /// Give an incident back that the person has taken on.
    TakeBackAck(IncidentKey),
    /// Put incidents out of sight until an instant.
    Snooze {
        /// Which.
        keys: Vec<IncidentKey>,
        /// Until when.
        until: DateTime<Utc>,
    },
    /// Bring snoozed incidents back.
    Wake(Vec<IncidentKey>),
    /// Write these changes down, in this order, and have them done.
    Intend(Vec<Draft>),
    /// Take an intent back, if it was not asked for yet.
    Cancel(OpId),
    /// Try an intent that waits now.
    Retry(OpId),
    /// Have the person write a text in their editor, beginning with this one.
    Compose {
        /// What it is for.
        about: Compose,
        /// What stands there at first.
        first: Passage,
    },
    /// Read the opening text of an incident from disk.
    ReadBody(IncidentKey),
    /// Read a runbook's page: a path that the settings name.
    ReadRunbook(Text),
    /// Record that the person at the keyboard takes an alert on, until it clears.
    TakeAlert {
        /// Which.
        id: AlertId,
        /// Since when it fires: whoever took it on before that took on another episode.
        since: DateTime<Utc>,
    },
    /// Give an alert back that somebody has taken on.
    GiveAlertBack(AlertId),
    /// Keep a silence.
    Silence(Box<Silence>),
    /// End a silence now.
    EndSilence(SilenceId),
    /// Make a silence at another server.
    SilenceAbroad {
        /// The server's name.
        server: Text,
        /// The silence.
        silence: Box<Silence>,
    },
    /// End a silence of another server now.
    EndSilenceAbroad {
        /// The server's name.
        server: Text,
        /// Its own name for the silence.
        id: Text,
    },
    /// These alerts cleared: nobody has them any more. Whoever leads writes it down.
    AlertsCleared(Vec<AlertId>),
    /// Read how far the notices are that tell of an alert.
    ReadNotices {
        /// Which.
        id: AlertId,
        /// Those made since then.
        since: DateTime<Utc>,
    },
    /// Put text on the person's clipboard.
    Copy(Text),
    /// Put a text of many lines on the person's clipboard.
    CopyAll(Passage),
    /// Open an address in a browser.
    Browse(Text),
    /// Open a file at a line in the person's editor.
    Edit {
        /// The file.
        path: Text,
        /// The line, from 1.
        line: usize,
    },
    /// Give the terminal back and stop until continued.
    Suspend,
    /// Paint the whole screen again.
    Redraw,
    /// End.
    Quit,
}
