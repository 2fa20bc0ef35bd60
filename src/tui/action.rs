//! What a person can mean. This one table makes the keymap, the help page, the palette and `docs/keys.md`.

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
    /// Show or hide the preview.
    Preview,
    /// Tick or untick a checklist item.
    Toggle,
    /// Open the checklist at the item in the editor.
    Edit,
    /// Open the runbook of the signal.
    Runbook,
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
    /// In the on-call pane.
    Rota,
    /// In the on-call pane when it is zoomed: its parts and its list of overrides.
    RotaParts,
    /// In the release pane.
    Release,
    /// In the metrics pane.
    Signals,
    /// In the metrics pane when it is zoomed: the chart's time.
    Metrics,
}

impl Scope {
    /// Every scope, in the order of the help page.
    pub const ALL: [Self; 8] = [
        Self::Everywhere,
        Self::Rows,
        Self::Incidents,
        Self::Rota,
        Self::RotaParts,
        Self::Release,
        Self::Signals,
        Self::Metrics,
    ];

    /// As the help page titles it.
    pub fn title(self) -> &'static str {
        match self {
            Self::Everywhere => "Everywhere",
            Self::Rows => "In lists",
            Self::Incidents => "Incidents and SLA",
            Self::Rota => "On call",
            Self::RotaParts => "On call, zoomed",
            Self::Release => "Release",
            Self::Signals => "Metrics",
            Self::Metrics => "Metrics, zoomed",
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

const fn spec(
    action: Action,
    name: &'static str,
    keys: &'static [&'static str],
    scope: Scope,
    short: &'static str,
    help: &'static str,
) -> Spec {
    Spec { action, name, keys, scope, short, help }
}

/// Every action, in the order of the help page.
pub const TABLE: &[Spec] = &[
    spec(
        Action::Acknowledge,
        "incident.ack",
        &["a"],
        Scope::Incidents,
        "ack",
        "Take the incident on, in your name; recorded here",
    ),
    spec(Action::Open, "list.open", &["enter"], Scope::Rows, "open", "Open what is selected"),
    spec(
        Action::Filter,
        "list.filter",
        &["/"],
        Scope::Incidents,
        "filter",
        "Filter: words, !word, p:1 repo:api label:bug owner:ana is:over",
    ),
    spec(
        Action::Mine,
        "incident.mine",
        &["u"],
        Scope::Incidents,
        "mine",
        "Show only what is mine: assigned to me, or taken on by me",
    ),
    spec(
        Action::Preview,
        "incident.preview",
        &["p"],
        Scope::Incidents,
        "preview",
        "Show or hide the preview in the zoomed list",
    ),
    spec(
        Action::Pick,
        "incident.pick",
        &["space"],
        Scope::Incidents,
        "pick",
        "Pick the incident for acting on several at once",
    ),
    spec(
        Action::PickRange,
        "incident.pick-range",
        &["v"],
        Scope::Incidents,
        "range",
        "Pick from here to where the cursor goes; again keeps the range",
    ),
    spec(
        Action::PickAll,
        "incident.pick-all",
        &["ctrl-a"],
        Scope::Incidents,
        "all",
        "Pick every incident that is shown",
    ),
    spec(
        Action::PickOthers,
        "incident.pick-others",
        &["*"],
        Scope::Incidents,
        "others",
        "Pick those that are not picked, and let the others go",
    ),
    spec(Action::CopyKey, "incident.copy-key", &["y"], Scope::Incidents, "copy", "Copy the incident's key"),
    spec(Action::CopyUrl, "incident.copy-url", &["Y"], Scope::Incidents, "copy URL", "Copy the incident's address"),
    spec(
        Action::Browse,
        "incident.browse",
        &["o"],
        Scope::Incidents,
        "browser",
        "Open the incident's page in a browser",
    ),
    spec(
        Action::Override,
        "oncall.override",
        &["o"],
        Scope::Rota,
        "override",
        "Put an override into the roster: a form, then what it changes, then yes or no",
    ),
    spec(
        Action::RemoveOverride,
        "oncall.remove-override",
        &["d", "delete"],
        Scope::RotaParts,
        "remove",
        "Take the selected override out of the roster; shows what that changes and asks",
    ),
    spec(
        Action::NextSection,
        "oncall.next-part",
        &["l", "right"],
        Scope::RotaParts,
        "next part",
        "The next part: schedule, layers, overrides, fairness, leave, warnings",
    ),
    spec(
        Action::PreviousSection,
        "oncall.previous-part",
        &["h", "left"],
        Scope::RotaParts,
        "previous part",
        "The previous part",
    ),
    spec(Action::Toggle, "release.toggle", &["space"], Scope::Release, "tick", "Tick or untick the item, in its file"),
    spec(
        Action::Edit,
        "release.edit",
        &["e"],
        Scope::Release,
        "edit",
        "Open the checklist at this item in your editor",
    ),
    spec(Action::Runbook, "metrics.runbook", &["b"], Scope::Signals, "runbook", "Open the runbook of the signal"),
    spec(
        Action::TimeIn,
        "metrics.zoom-in",
        &["+", "="],
        Scope::Metrics,
        "zoom in",
        "Look at a shorter stretch of time",
    ),
    spec(Action::TimeOut, "metrics.zoom-out", &["-"], Scope::Metrics, "zoom out", "Look at a longer stretch of time"),
    spec(Action::TimeBack, "metrics.back", &["["], Scope::Metrics, "earlier", "Look further back"),
    spec(Action::TimeForward, "metrics.forward", &["]"], Scope::Metrics, "later", "Look less far back"),
    spec(Action::TimeNow, "metrics.now", &["0"], Scope::Metrics, "now", "Back to now and to the usual stretch"),
    spec(Action::Down, "list.down", &["j", "down"], Scope::Rows, "down", "One row down"),
    spec(Action::Up, "list.up", &["k", "up"], Scope::Rows, "up", "One row up"),
    spec(Action::Top, "list.top", &["g", "home"], Scope::Rows, "top", "To the first row"),
    spec(Action::Bottom, "list.bottom", &["G", "end"], Scope::Rows, "bottom", "To the last row"),
    spec(Action::HalfPageDown, "list.half-down", &["ctrl-d"], Scope::Rows, "½ down", "Half a page down"),
    spec(Action::HalfPageUp, "list.half-up", &["ctrl-u"], Scope::Rows, "½ up", "Half a page up"),
    spec(Action::PageDown, "list.page-down", &["pgdown"], Scope::Rows, "page down", "A page down"),
    spec(Action::PageUp, "list.page-up", &["pgup"], Scope::Rows, "page up", "A page up"),
    spec(Action::Focus(Pane::Queue), "pane.incidents", &["1"], Scope::Everywhere, "incidents", "Go to the incidents"),
    spec(Action::Focus(Pane::Sla), "pane.sla", &["2"], Scope::Everywhere, "SLA", "Go to the SLA clocks"),
    spec(Action::Focus(Pane::Rota), "pane.oncall", &["3"], Scope::Everywhere, "on call", "Go to who is on call"),
    spec(Action::Focus(Pane::Release), "pane.release", &["4"], Scope::Everywhere, "release", "Go to the release"),
    spec(Action::Focus(Pane::Metrics), "pane.metrics", &["5"], Scope::Everywhere, "metrics", "Go to the metrics"),
    spec(Action::NextPane, "pane.next", &["tab", "ctrl-right"], Scope::Everywhere, "next pane", "Go to the next pane"),
    spec(
        Action::PreviousPane,
        "pane.previous",
        &["shift-tab", "ctrl-left"],
        Scope::Everywhere,
        "previous",
        "Go to the previous pane",
    ),
    spec(Action::Zoom, "pane.zoom", &["+", "z"], Scope::Everywhere, "zoom", "Give the pane the whole screen"),
    spec(Action::Unzoom, "pane.unzoom", &["_"], Scope::Everywhere, "unzoom", "Show all five panes"),
    spec(
        Action::Back,
        "back",
        &["esc"],
        Scope::Everywhere,
        "back",
        "Close, clear the filter, leave the zoom; never quits",
    ),
    spec(Action::Palette, "palette", &[":"], Scope::Everywhere, "command", "Find an action by its name"),
    spec(Action::Help, "help", &["?"], Scope::Everywhere, "help", "These keys; type to search them"),
    spec(
        Action::Sources,
        "sources",
        &["i"],
        Scope::Everywhere,
        "sources",
        "Where the data comes from and how old it is",
    ),
    spec(Action::Refresh, "refresh", &["r"], Scope::Everywhere, "refresh", "Ask this pane's sources now"),
    spec(Action::RefreshAll, "refresh.all", &["R"], Scope::Everywhere, "refresh all", "Ask every source now"),
    spec(
        Action::Freeze,
        "freeze",
        &["f"],
        Scope::Everywhere,
        "freeze",
        "Hold the picture still; data goes on arriving",
    ),
    spec(Action::NextTheme, "theme.next", &["T"], Scope::Everywhere, "theme", "The next theme"),
    spec(Action::Redraw, "redraw", &["ctrl-l"], Scope::Everywhere, "redraw", "Paint the screen anew"),
    spec(
        Action::Suspend,
        "suspend",
        &["ctrl-z"],
        Scope::Everywhere,
        "suspend",
        "Stop, as a shell job; `fg` comes back",
    ),
    spec(Action::Quit, "quit", &["q", "ctrl-c"], Scope::Everywhere, "quit", "End Watchfloor"),
];

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
