//! Effects: what should be done outside, imperative. Plain data: printable, comparable, storable.

use crate::{
    domain::{
        incident::IncidentKey,
        release::Digest,
        rota::{OverrideChange, watched::Watched},
    },
    floor::{escalation::Due, fact::SourceId},
    text::Text,
};

/// Something the shell should do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Ask a source again.
    Poll(SourceId),
    /// Record that the person at the keyboard takes an incident on.
    Acknowledge(IncidentKey),
    /// Change one box in a checklist file, if the file is still the one that was shown.
    Toggle {
        /// The file.
        path: Text,
        /// The item's line, from 1.
        line: usize,
        /// The version of the file the person saw.
        seen: Digest,
    },
    /// Say which steps of which escalations fell due; never empty. Nothing is delivered to anybody: who runs this says it.
    Escalate(Vec<Due>),
    /// Put on record who was seen on call.
    RecordDuty(Vec<Watched>),
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
    /// Put text on the person's clipboard.
    Copy(Text),
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
