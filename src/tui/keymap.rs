//! From a key to what it means, here.

use crate::tui::{
    Model, Overlay, Pane,
    action::{Action, Scope, TABLE},
    input::Key,
};

/// What a key means where these scopes hold, the nearest first.
pub fn meaning(key: &Key, scopes: &[Scope]) -> Option<Action> {
    let name = key.name();
    scopes.iter().find_map(|scope| {
        TABLE.iter().find(|spec| spec.scope == *scope && spec.keys.contains(&name.as_str())).map(|spec| spec.action)
    })
}

/// The scopes that hold, the nearest first.
pub fn scopes(model: &Model) -> Vec<Scope> {
    match model.overlays.last() {
        Some(Overlay::Detail(_)) => vec![Scope::Incidents, Scope::Rows, Scope::Everywhere],
        Some(Overlay::Alert(_)) => vec![Scope::Alerts, Scope::Rows, Scope::Everywhere],
        Some(Overlay::Outbox(_)) => vec![Scope::Outbox, Scope::Rows, Scope::Everywhere],
        Some(Overlay::Runbook(_)) => vec![Scope::Runbook, Scope::Rows, Scope::Everywhere],
        Some(Overlay::Work(_)) => vec![Scope::Work, Scope::Rows, Scope::Everywhere],
        Some(Overlay::Telling(_)) => vec![Scope::Announcement, Scope::ReleaseParts, Scope::Rows, Scope::Everywhere],
        Some(Overlay::TakingBack(_)) => vec![Scope::Release, Scope::Rows, Scope::Everywhere],
        Some(_) => vec![Scope::Rows, Scope::Everywhere],
        None => match model.focus {
            Pane::Queue | Pane::Sla if model.queue.alarm().is_some() => {
                vec![Scope::Alerts, Scope::Incidents, Scope::Rows, Scope::Everywhere]
            }
            Pane::Queue | Pane::Sla => vec![Scope::Incidents, Scope::Rows, Scope::Everywhere],
            Pane::Rota if model.is_zoomed => vec![Scope::RotaParts, Scope::Rota, Scope::Rows, Scope::Everywhere],
            Pane::Rota => vec![Scope::Rota, Scope::Rows, Scope::Everywhere],
            Pane::Release if model.is_zoomed => {
                vec![Scope::ReleaseParts, Scope::Release, Scope::Rows, Scope::Everywhere]
            }
            Pane::Release => vec![Scope::Release, Scope::Rows, Scope::Everywhere],
            Pane::Metrics if model.is_zoomed => {
                vec![Scope::Metrics, Scope::Signals, Scope::Rows, Scope::Everywhere]
            }
            Pane::Metrics => vec![Scope::Signals, Scope::Rows, Scope::Everywhere],
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plus_zooms_the_pane_and_inside_the_metrics_the_time() {
        let plus = Key::Char('+');
        assert_eq!(meaning(&plus, &[Scope::Rows, Scope::Everywhere]), Some(Action::Zoom));
        assert_eq!(meaning(&plus, &[Scope::Metrics, Scope::Everywhere]), Some(Action::TimeIn));
    }
}
