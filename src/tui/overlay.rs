//! What lies over the panes.

use crate::tui::{alerts, confirm, cursor, detail, help, outbox, overriding, palette, pick, release, runbook, work};

/// What lies over the panes. The last of the list is on top.
#[derive(Debug)]
pub enum Overlay {
    /// One incident, whole.
    Detail(detail::State),
    /// One alert, whole.
    Alert(Box<alerts::State>),
    /// A silence that is being made.
    Silencing(Box<alerts::silencing::State>),
    /// The keys.
    Help(help::State),
    /// The actions.
    Palette(palette::State),
    /// The sources.
    Sources(cursor::Scroll),
    /// A change of the roster's overrides.
    Overriding(Box<overriding::State>),
    /// A choice for an act.
    Picking(Box<pick::State>),
    /// A question before an act.
    Confirming(Box<confirm::State>),
    /// What waits to be done at hosts.
    Outbox(outbox::State),
    /// A runbook.
    Runbook(runbook::State),
    /// The standing work.
    Work(work::State),
    /// What goes on record of the release.
    Saying(Box<release::saying::State>),
    /// An announcement of the release.
    Telling(release::telling::State),
    /// How the release is taken back.
    TakingBack(cursor::Scroll),
}
