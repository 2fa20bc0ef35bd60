//! What a person can mean. The one table of actions makes the keymap, the help page, the palette and `docs/keys.md`.

mod table;

pub use table::TABLE;

use crate::tui::Pane;

/// Something the person at the keyboard means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// End.
    Quit,
    /// Close the top overlay, clear the filter, leave the zoom; never ends the program.
    Back,
    /// The list of keys.
    Help,
    /// The list of actions.
    Palette,
    /// Where the data comes from and how old it is.
    Sources,
    /// Move the focus to a pane.
    Focus(Pane),
    /// The next pane.
    NextPane,
    /// The previous pane.
    PreviousPane,
    /// Give the pane the whole screen.
    Zoom,
    /// Give it back.
    Unzoom,
    /// Ask the sources of this pane now.
    Refresh,
    /// Ask every source now.
    RefreshAll,
    /// Hold the picture still.
    Freeze,
    /// The next theme.
    NextTheme,
    /// Paint the screen anew.
    Redraw,
    /// Stop, as a shell job.
    Suspend,
    /// One row down.
    Down,
    /// One row up.
    Up,
    /// To the first row.
    Top,
    /// To the last row.
    Bottom,
    /// Half a page down.
    HalfPageDown,
    /// Half a page up.
    HalfPageUp,
    /// A page down.
    PageDown,
    /// A page up.
    PageUp,
    /// Open what is selected.
    Open,
    /// Type to filter the list.
    Filter,
    /// Take the incident on.
    Acknowledge,
    /// Give an incident back that was taken on.
    GiveBack,
    /// Choose who owns the incidents.
    Assign,
    /// Choose their labels.
    Label,
    /// Choose their priority.
    Prioritize,
    /// Comment, in the person's editor.
    Comment,
    /// Close, for a reason.
    Close,
    /// Open again.
    Reopen,
    /// Close as a duplicate of another one.
    Duplicate,
    /// Put out of sight until an instant.
    Snooze,
    /// Bring what was snoozed back.
    Wake,
    /// Open a new incident at a host: from what is selected, or from nothing.
    Create,
    /// Take the last act back, where that is possible.
    Undo,
    /// What waits to be done at hosts, and what came of the rest.
    Outbox,
    /// Take what waits out of the outbox.
    CancelIntent,
    /// Try what waits in the outbox now.
    RetryIntent,
    /// The standing work: what is due, late and done.
    Duties,
    /// Open the goals: figures and what they should come to.
    Goals,
    /// Put on record that the selected duty is done, or that it is not.
    DutyDone,
    /// The next part of the standing work: duties, calendar, goals, burn-in.
    NextWork,
    /// The part before.
    PreviousWork,
    /// The month before.
    MonthBack,
    /// The month after.
    MonthForward,
    /// Only what is mine to do.
    Mine,
    /// Copy the incident's key.
    CopyKey,
    /// Copy the incident's address.
    CopyUrl,
    /// Open the incident's page.
    Browse,
    /// Pick the incident out, or let it go.
    Pick,
    /// Pick from here to where the cursor goes.
    PickRange,
    /// Pick all that are shown.
    PickAll,
    /// Pick those that are not picked.
    PickOthers,
    /// The next section of the queue.
    NextTab,
    /// The section before.
    PreviousTab,
    /// Choose the order of the rows.
    Sort,
    /// Choose what rows are put together by.
    Group,
    /// Show or hide the preview.
    Preview,
    /// Take the alert on.
    TakeAlert,
    /// Give an alert back that was taken on.
    GiveAlertBack,
    /// Open the form that silences the alert.
    Silence,
    /// End the silence that holds the alert back.
    EndSilence,
    /// Open the runbook of the alert.
    AlertRunbook,
    /// Copy the alert's labels.
    CopyAlert,
    /// Copy the address of the alert's runbook.
    CopyAlertLink,
    /// Tick or untick a step.
    Toggle,
    /// Say go for a role, or no.
    SignOff,
    /// Pass over a failing job, or a freeze.
    Waive,
    /// Put a decision on record.
    Decide,
    /// Look at the announcement that presses most.
    Announcement,
    /// Put on record that the announcement is out.
    MarkSent,
    /// Copy the announcement's text.
    CopyText,
    /// Look at how the release is taken back.
    TakeBack,
    /// The next part of the release.
    NextBoard,
    /// The part before.
    PreviousBoard,
    /// Open the checklist at the item in the editor.
    Edit,
    /// Open the runbook of the signal.
    Runbook,
    /// Open the runbook that the incident names.
    IncidentRunbook,
    /// Tick or untick a runbook's step.
    Tick,
    /// Copy the command below a runbook's step.
    CopyCommand,
    /// Comment on the incident what was done of its runbook.
    NoteSteps,
    /// Open the form that adds an override to the roster.
    Override,
    /// Take the selected override out of the roster.
    RemoveOverride,
    /// The next part of the zoomed pane.
    NextSection,
    /// The previous part of the zoomed pane.
    PreviousSection,
    /// Look at a shorter stretch of time.
    TimeIn,
    /// Look at a longer stretch of time.
    TimeOut,
    /// Look further back.
    TimeBack,
    /// Look less far back.
    TimeForward,
    /// Back to now.
    TimeNow,
    /// Read out the column before.
    LookLeft,
    /// Read out the column after.
    LookRight,
    /// Count values in powers of ten, or evenly.
    Scale,
}

/// Where a key means an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// Everywhere but in a text field.
    Everywhere,
    /// Wherever rows are.
    Rows,
    /// In the incidents pane and the incident detail, and in the SLA pane.
    Incidents,
    /// On an alert: in the incidents pane and in its detail.
    Alerts,
    /// In the on-call pane.
    Rota,
    /// In the on-call pane when it is zoomed: its parts and its list of overrides.
    RotaParts,
    /// In the release pane.
    Release,
    /// In the release pane when it is zoomed: its parts.
    ReleaseParts,
    /// On an announcement of the release.
    Announcement,
    /// In the metrics pane.
    Signals,
    /// In the metrics pane when it is zoomed: the chart's time.
    Metrics,
    /// In the outbox.
    Outbox,
    /// In a runbook.
    Runbook,
    /// In the standing work.
    Work,
}

impl Scope {
    /// Every scope, in the order of the help page.
    pub const ALL: [Self; 14] = [
        Self::Everywhere,
        Self::Rows,
        Self::Incidents,
        Self::Alerts,
        Self::Rota,
        Self::RotaParts,
        Self::Release,
        Self::ReleaseParts,
        Self::Announcement,
        Self::Signals,
        Self::Metrics,
        Self::Outbox,
        Self::Runbook,
        Self::Work,
    ];

    /// As the help page titles it.
    pub fn title(self) -> &'static str {
        match self {
            Self::Everywhere => "Everywhere",
            Self::Rows => "In lists",
            Self::Incidents => "Incidents and SLA",
            Self::Alerts => "On an alert",
            Self::Rota => "On call",
            Self::RotaParts => "On call, zoomed",
            Self::Release => "Release",
            Self::ReleaseParts => "Release, zoomed",
            Self::Announcement => "On an announcement",
            Self::Signals => "Metrics",
            Self::Metrics => "Metrics, zoomed",
            Self::Outbox => "Outbox",
            Self::Runbook => "Runbook",
            Self::Work => "Duties, goals and burn-in",
        }
    }
}

/// One row of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spec {
    /// What is meant.
    pub action: Action,
    /// Its stable name, for the palette and for key bindings.
    pub name: &'static str,
    /// Keys that mean it, first the one shown.
    pub keys: &'static [&'static str],
    /// Where they do.
    pub scope: Scope,
    /// One or two words for the footer.
    pub short: &'static str,
    /// One sentence for the help page, without its period.
    pub help: &'static str,
}

/// The row of an action.
pub fn spec_of(action: Action) -> Option<&'static Spec> {
    TABLE.iter().find(|spec| spec.action == action)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::input::Key;
    use std::collections::HashSet;

    #[test]
    fn names_are_unique_and_every_key_is_known() {
        let mut names = HashSet::new();
        for spec in TABLE {
            assert!(names.insert(spec.name), "{} twice", spec.name);
            assert!(!spec.keys.is_empty() && !spec.help.ends_with('.'), "{}", spec.name);
            for key in spec.keys {
                assert!(Key::parse(key).is_some(), "{key} of {}", spec.name);
            }
        }
    }

    #[test]
    fn no_key_means_two_things_in_one_scope() {
        let mut seen = HashSet::new();
        for spec in TABLE {
            for key in spec.keys {
                assert!(seen.insert((spec.scope, *key)), "{key} twice in {:?}", spec.scope);
            }
        }
    }
}
