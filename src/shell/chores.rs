//! What the settings ask of a host beside its issues, as questions for the planner.

use crate::{
    config::GithubMore,
    source::github::{
        feeds::{self, Asked},
        sync::{Chore, Plan},
    },
};

/// The questions for one source.
pub fn of(plan: &Plan, more: &GithubMore) -> Vec<Box<dyn Chore>> {
    let asked = Asked {
        patterns: &more.patterns,
        searches: &more.searches,
        refs: &more.refs,
        runs: &more.runs,
        artefacts: &more.artefacts,
        with_notifications: more.with_notifications,
        with_alerts: more.with_alerts,
    };
    feeds::chores(plan, &asked)
}
