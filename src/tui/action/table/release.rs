//! The rows of the release.

use super::spec;
use crate::tui::action::{Action, Scope, Spec};

/// Ticks.
pub(super) const TOGGLE: Spec = spec(
    Action::Toggle,
    "release.toggle",
    &["space"],
    Scope::Release,
    "tick",
    "Tick or untick the step: its box in the file, or an entry on record",
);

/// Edits.
pub(super) const EDIT: Spec = spec(
    Action::Edit,
    "release.edit",
    &["e"],
    Scope::Release,
    "edit",
    "Open the checklist at this item in your editor",
);

/// Signs.
pub(super) const SIGN: Spec =
    spec(Action::SignOff, "release.sign", &["s"], Scope::Release, "sign", "Say go for a role, or no; asks first");

/// Shows an announcement.
pub(super) const ANNOUNCEMENT: Spec = spec(
    Action::Announcement,
    "release.announcement",
    &["n"],
    Scope::Release,
    "announce",
    "The next announcement: its text, and whether it is out",
);

/// Waives.
pub(super) const WAIVE: Spec = spec(
    Action::Waive,
    "release.waive",
    &["w"],
    Scope::Release,
    "waive",
    "Pass over the failing job or the freeze selected at the gate, with a reason; asks first",
);

/// Decides.
pub(super) const DECIDE: Spec = spec(
    Action::Decide,
    "release.decide",
    &["d"],
    Scope::Release,
    "decide",
    "Put a decision on record: go, no-go, roll-back, stay; asks first",
);

/// Shows the roll-back.
pub(super) const TAKE_BACK: Spec = spec(
    Action::TakeBack,
    "release.roll-back",
    &["b"],
    Scope::Release,
    "roll-back",
    "How it is taken back: what is watched, and the steps",
);

/// The next part.
pub(super) const NEXT: Spec = spec(
    Action::NextBoard,
    "release.next-part",
    &["l", "right"],
    Scope::ReleaseParts,
    "next part",
    "The next part: today, plan, gate, after T-0; on an announcement the next one",
);

/// The part before.
pub(super) const PREVIOUS: Spec = spec(
    Action::PreviousBoard,
    "release.previous-part",
    &["h", "left"],
    Scope::ReleaseParts,
    "part before",
    "The part before; on an announcement the one before",
);

/// Marks as sent.
pub(super) const SENT: Spec = spec(
    Action::MarkSent,
    "announcement.sent",
    &["m"],
    Scope::Announcement,
    "sent",
    "Put on record that it is out, and tick its step; asks first",
);

/// Copies the text.
pub(super) const COPY: Spec =
    spec(Action::CopyText, "announcement.copy", &["y"], Scope::Announcement, "copy", "Copy its text");
